"""What a calibration gives: the scenario, how well it matches, what was filled in, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sim.company.calibration.sizing import Filled
from sim.company.calibration.verdict import MATCHED, MISSED
from sim.company.numbers import Company
from sim.inputs.scenario import Scenario
from sim.outcomes.result import Result
from sim.wording import estimate, listed, lower, number, percent, quantity

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

SCENARIO = "scenario.toml"
DEFINITIONS = {
    "target": "the number that was given",
    "mean": "the model's, over replications that were not used for solving; both in the number's own unit",
    "ci_low": "lower end of its interval",
    "ci_high": "upper end of its interval",
    "off": "share by which the model misses the target",
    "n": "replications",
    "verdict": "matched within the tolerance, within chance, or missed",
}
COLUMNS = [
    "number", "label", "unit", "target", "mean", "ci_low", "ci_high", "confidence", "n", "off", "verdict", "moves",
]  # fmt: skip
PARAMETER_COLUMNS = ["parameter", "unit", "value", "ci_low", "ci_high", "shipped", "range_low", "range_high", "because"]


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Result):
    """A company of the model that has the numbers of a real one.

    Attributes
    ----------
    company : what was known.
    scenario : the company, with ranges of what was solved; `sim.futures` and `sim.sensitivity` go by them.
    numbers : a row a number that had to come out: number, label, unit, target, mean (over replications that were not
        used for solving) with ci_low, ci_high, confidence and n, off (share by which it misses the target),
        verdict ("matched" within the tolerance; "within chance", that of the check and of the runs before; "missed"),
        moves (parameters that were moved for it).
    parameters : a row a parameter that was solved: parameter, unit, value with ci_low and ci_high (what the luck of one
        year's numbers leaves open, 95 %), shipped, range_low, range_high, because (the number it was solved for).
    unknown : a row a parameter that no number says anything of: parameter, unit, value, range_low, range_high (as
        shipped),
        because
        (the number that would tell). They keep their assumption, and their range goes into many futures.
    filled : what nobody gave, and what was taken for it.
    contradictions : a sentence for each number that contradicts others; empty when all of them go together.
    manifest : how it was made, as in `sim.outcomes.results.describe`.
    """

    kind: ClassVar[str] = "calibrate"
    renamed: ClassVar[Mapping[str, str]] = {"summary": "text()"}

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

    @property
    def headline(self) -> str:
        """How many of the numbers the model meets, and how closely."""
        met, every = int((self.numbers["verdict"] == MATCHED).sum()), len(self.numbers)
        how_many = f"all {every}" if met == every else f"{met} of {every}"
        return (
            f"The model meets {how_many} numbers of {self.company.name} to within {percent(self.manifest['tolerance'])}"
        )

    def text(self) -> str:
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
                f"Unusual, beyond what ships as believable: {listed(unusual)}. Check whether those numbers are "
                "counted as the file says."
            )
        return [*found, self.open_ends()] if len(self.unknown) else found

    def _unusual(self, row: Any) -> str:
        ends = f"{row['range_low']:g} to {row['range_high']:g}"
        return f"{row['parameter']} {quantity(row['value'], row['unit'])} ({ends}; from {row['because']})"

    def open_ends(self) -> str:
        """Say which parameters the numbers do not identify."""
        parts = [
            f"{row['parameter']} {quantity(row['value'], row['unit'])} ({row['range_low']:g} to {row['range_high']:g}; "
            f"{row['because']} would tell)"
            for _, row in self.unknown.iterrows()
        ]
        return (
            f"Not identified, so kept as assumed: {', '.join(parts)}; and all that no plain number describes. Their "
            "ranges go into cxsim futures and cxsim sensitivity."
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the numbers, the parameters that were solved, and those that no number says anything of."""
        units = dict(zip(self.numbers["number"], self.numbers["unit"], strict=True))
        numbers = self.numbers.copy(deep=False)
        numbers.attrs = {"units": {"off": "share"}, "definitions": DEFINITIONS, "units of the numbers": units}
        found = {"numbers": numbers, "parameters": self.parameters, "unknown": self.unknown}
        return {name: frame for name, frame in found.items() if len(frame) or name == "numbers"}

    def files(self) -> dict[str, str | bytes]:
        """Return the scenario, as `cxsim compare` and others read it."""
        return {SCENARIO: self._head() + self.scenario.to_toml()}

    def figures(self) -> dict[str, Figure]:
        """Draw by how much each number is missed, with its interval."""
        from sim.company.calibration import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw by how much each number is missed, with its interval."""
        from sim.company.calibration import pictures

        return pictures.plot(self, ax)

    def _head(self) -> str:
        """Lines of remark above the scenario: what it is, and how well it matches."""
        version = self.manifest["cxsim"]
        told = [f"# {line}" for line in self.text().splitlines()]
        return "\n".join([f"# {self.company.name}, calibrated by cxsim {version}.", "#", *told, "", ""])


def _outside(row: Any) -> bool:
    """Whether a whole interval lies outside of what ships as believable; of parameters moved together, the first."""
    return bool(row["ci_high"] < row["range_low"] or row["ci_low"] > row["range_high"])


def _sentence(row: Any) -> str:
    unit = row["unit"]
    mean = estimate(row["mean"], row["ci_low"], row["ci_high"], unit)
    return f"{row['label']}: {mean}, target {number(row['target'], unit)}: {row['verdict']}."
