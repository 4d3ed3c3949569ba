"""What a calibration gives: the scenario, how well it matches, what was filled in, and what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.company.calibration.sizing import Filled
from sim.company.calibration.verdict import MISSED
from sim.company.numbers import Company
from sim.inputs.scenario import Scenario
from sim.outcomes.saved import check_files, write_together
from sim.wording import lower, number, quantity, span

if TYPE_CHECKING:
    import pandas as pd

SCENARIO, NUMBERS, PARAMETERS, MANIFEST = "scenario.toml", "numbers.csv", "parameters.csv", "calibration.json"
COLUMNS = [
    "number", "label", "unit", "asked", "fitted", "ci_low", "ci_high", "confidence", "n", "off", "verdict", "moves",
]  # fmt: skip
PARAMETER_COLUMNS = ["parameter", "unit", "value", "low", "high", "shipped", "shipped_low", "shipped_high", "because"]


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """A company of the model that has the numbers of a real one.

    Attributes
    ----------
    company : what was known.
    scenario : the company, with ranges of what was solved; `sim.futures` and `sim.sensitivity` go by them.
    numbers : a row a number that had to come out: number, label, unit, asked, fitted (mean over replications that were
        not used for solving) with ci_low, ci_high, confidence and n, off (share by which it misses what was asked),
        verdict ("matched" within the tolerance; "within chance", that of the check and of the runs before; "missed"),
        moves (parameters that were moved for it).
    parameters : a row a parameter that was solved: parameter, unit, value with low and high (what the luck of one
        year's numbers leaves open, 95 %), shipped, shipped_low, shipped_high, because (the number it was solved for).
    unknown : a row a parameter that no number says anything of: parameter, unit, value, low, high (as shipped), because
        (the number that would tell). They keep their assumption, and their range goes into many futures.
    filled : what nobody gave, and what was taken for it.
    contradictions : a sentence for each number that contradicts others; empty when all of them go together.
    manifest : how it was made, as in `sim.outcomes.results.describe`.
    """

    company: Company
    scenario: Scenario
    numbers: pd.DataFrame
    parameters: pd.DataFrame
    unknown: pd.DataFrame
    filled: tuple[Filled, ...]
    contradictions: tuple[str, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        missed = int((self.numbers["verdict"] == MISSED).sum())
        return (
            f"Calibration({self.company.name!r}, {len(self.numbers) - missed} of {len(self.numbers)} numbers matched)"
        )

    def summary(self) -> str:
        """Say a sentence for each number, what was filled in, and what nobody knows."""
        return "\n".join([*(_sentence(row) for _, row in self.numbers.iterrows()), *self.remarks()])

    def remarks(self) -> list[str]:
        """Say what else should be known, a sentence each: contradictions first."""
        found = list(self.contradictions)
        if self.filled:
            parts = [f"{lower(one.what)} {one.value} ({one.why})" for one in self.filled]
            found.append(f"Filled in, as nobody gave it: {'; '.join(parts)}.")
        unusual = [self._unusual(row) for _, row in self.parameters.iterrows() if _outside(row)]
        if unusual:
            found.append(
                f"Unusual, beyond what ships as believable: {', '.join(unusual)}. Look whether those numbers are "
                "counted as the file says."
            )
        return [*found, self.open_ends()] if len(self.unknown) else found

    def _unusual(self, row: Any) -> str:
        ends = f"{row['shipped_low']:g} to {row['shipped_high']:g}"
        return f"{row['parameter']} {quantity(row['value'], row['unit'])} ({ends}; from {row['because']})"

    def open_ends(self) -> str:
        """Say which parameters the numbers do not identify."""
        parts = [
            f"{row['parameter']} {quantity(row['value'], row['unit'])} ({row['low']:g} to {row['high']:g}; "
            f"{row['because']} would tell)"
            for _, row in self.unknown.iterrows()
        ]
        return (
            f"Not identified, so kept as assumed: {', '.join(parts)}; and all that no plain number speaks of. Their "
            "ranges go into cxsim futures and cxsim sensitivity."
        )

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write scenario.toml, numbers.csv, parameters.csv and calibration.json into a folder, made if need be.

        Raises
        ------
        FileExistsError : when they are there already, unless ``overwrite`` is true.
        """
        import pandas as pd

        kinds = {"solved": self.parameters, "assumed": self.unknown}
        every = pd.concat([rows.assign(known=kind) for kind, rows in kinds.items() if len(rows)], ignore_index=True)
        texts = {
            SCENARIO: self._head() + self.scenario.to_toml(),
            NUMBERS: self.numbers.to_csv(index=False, lineterminator="\n"),
            PARAMETERS: every.to_csv(index=False, lineterminator="\n"),
            MANIFEST: json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n",
        }
        return write_together(folder, texts, overwrite)

    def _head(self) -> str:
        """Lines of remark above the scenario: what it is, and how well it matches."""
        version = self.manifest["cxsim"]
        told = [f"# {line}" for line in self.summary().splitlines()]
        return "\n".join([f"# {self.company.name}, calibrated by cxsim {version}.", "#", *told, "", ""])


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that a calibration can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Calibration.save`.
    """
    return check_files(folder, (SCENARIO, NUMBERS, PARAMETERS, MANIFEST), overwrite)


def _outside(row: Any) -> bool:
    """Whether a whole interval lies outside of what ships as believable; of parameters moved together, the first."""
    return bool(row["high"] < row["shipped_low"] or row["low"] > row["shipped_high"])


def _sentence(row: Any) -> str:
    unit = row["unit"]
    fitted = f"{number(row['fitted'], unit)} ({span(row['ci_low'], row['ci_high'], unit)})"
    return f"{row['label']}: {fitted}, asked {number(row['asked'], unit)}: {row['verdict']}."
