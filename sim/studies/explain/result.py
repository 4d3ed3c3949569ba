"""What an explanation is: the parts of an effect with their intervals, in a frame, in words, and in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.results import EXPLANATION, EXPLANATION_MANIFEST
from sim.outcomes.saved import check_files, write_together
from sim.outcomes.statistics import Interval
from sim.studies.explain.channels import DIRECT, LABELS
from sim.wording import counted, lower, number, span

COLUMNS = (
    "scenario", "policy", "baseline", "measure", "period", "channel", "label", "value", "low", "high", "se",
    "replications", "orders", "mean_baseline", "confidence",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """A policy's effect on a measure, split by the channels that it works through.

    Parameters
    ----------
    frame : a row a part ("direct", then the channels) and one for their sum ("total"): columns scenario, policy,
        baseline, measure, period, channel, label, value, low, high, se (unit of the measure), replications, orders (in
        which channels were opened, in each replication), mean_baseline and confidence. The interval is Student t over
        replications.
    parts : the same parts in each replication, a row a replication, a column a part; direct and channels add up to
        total in every row, up to rounding in the last digits.
    manifest : scenario, policy, seed, versions and so on, as plain data.
    """

    frame: pd.DataFrame
    parts: pd.DataFrame
    manifest: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        parts: pd.DataFrame,
        baseline: pd.Series,
        manifest: Mapping[str, Any],
        level: float = statistics.DEFAULT_LEVEL,
    ) -> Self:
        """Put the parts of each replication together; ``baseline`` has the measure itself under the baseline."""
        about = {key: manifest[key] for key in ("policy", "baseline", "measure", "period", "orders")}
        about |= {"scenario": manifest["scenario"]["name"], "mean_baseline": float(baseline.mean())}
        rows = []
        for channel in parts.columns:
            found = statistics.mean_interval(parts[channel], level)
            figures = {"value": found.mean, "low": found.low, "high": found.high, "se": found.se}
            rows.append({"channel": channel, "label": LABELS[channel], "replications": found.n} | figures)
        frame = pd.DataFrame(rows).assign(**about, confidence=level)[list(COLUMNS)]
        return cls(frame, parts.rename_axis("replication"), manifest)

    def __repr__(self) -> str:
        about = self.manifest
        return f"Explanation({about['policy']!r}, {about['measure']!r}, {self.total.n} replications)"

    @property
    def total(self) -> Interval:
        """The whole effect, with its interval."""
        row = self.frame.iloc[-1]
        return Interval(int(row["replications"]), *(float(row[name]) for name in ("value", "se", "low", "high")))

    def summary(self) -> str:
        """Say in plain words what came through which channel, the largest first."""
        sentences = (self._effect(), self._clear(), self._unclear(), self._none(), self.basis())
        return "\n".join(sentence for sentence in sentences if sentence)

    def basis(self) -> str:
        """Say what the intervals rest on."""
        about, count = self.manifest, self.total.n
        text = f"{counted(count, 'paired replication')} of {counted(about['years'], 'year')}, seed {about['seed']}; "
        if about["orders"] == about["of_orders"]:
            text += f"channels opened in each of {about['of_orders']:,} orders."
        else:
            text += (
                f"channels opened in {about['orders']:,} of {about['of_orders']:,} orders, drawn anew in each "
                "replication: the intervals hold that error too."
            )
        left = [lower(LABELS[channel]) for channel in about["left_open"]]
        text += f" What came through {_listed(left)} counts as direct." if left else ""
        return text + (" One replication has no interval." if count == 1 else "")

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write explain.csv and explain.json (how it was made) into a folder, made if need be; return its path.

        Raises
        ------
        FileExistsError : when there is an explanation already, unless ``overwrite`` is true.
        """
        table = self.frame.to_csv(index=False, lineterminator="\n")
        made = json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n"
        return write_together(folder, {EXPLANATION: table, EXPLANATION_MANIFEST: made}, overwrite)

    # -- sentences ---------------------------------------------------------------------------------------------

    @property
    def _about(self) -> Measure:
        return CATALOGUE[self.manifest["measure"]]

    def _effect(self) -> str:
        about, total = self.manifest, self.total
        clear = "" if _is_clear(total.low, total.high) or total.n == 1 else ", which is not clear of zero"
        period = "" if about["period"] == "all" else f" in {about['period']}"
        base = number(self.frame["mean_baseline"].iloc[0], self._about.unit)
        return (
            f"{about['scenario']['name']}: {about['policy']} changes {lower(self._about.label)}{period} by "
            f"{self._amount(self.frame.iloc[-1])}{clear}, from {base} ({about['baseline']})."
        )

    def _clear(self) -> str:
        rows = [row for row in self._ordered() if _is_clear(row["low"], row["high"]) or self.total.n == 1]
        told = [(self._amount(row), self._way(row)) for row in rows if row["value"]]
        whole = number(self.total.mean, self._about.unit, "+")
        if not told:
            return f"No part of the {whole} is clear of zero."
        (amount, way), *others = told
        return f"Of the {whole}, {_listed([f'{amount} came {way}', *map(' '.join, others)])}."

    def _unclear(self) -> str:
        rows = [row for row in self._ordered() if row["se"] > 0 and not _is_clear(row["low"], row["high"])]
        told = [f"{self._amount(row)} {self._way(row)}" for row in rows]
        return f"Not clear of zero: {_listed(told)}." if told else ""

    def _none(self) -> str:
        told = [self._way(row) for row in self._ordered() if row["value"] == 0 and not row["se"] > 0]
        return f"Nothing at all came {_listed(told)}." if told else ""

    def _ordered(self) -> list[pd.Series]:
        parts = self.frame.iloc[:-1]
        return [parts.loc[place] for place in parts["value"].abs().sort_values(ascending=False, kind="stable").index]

    def _amount(self, row: pd.Series) -> str:
        unit = self._about.unit
        text = number(row["value"], unit, "+")
        return f"{text} ({span(row['low'], row['high'], unit, '+')})" if self.total.n > 1 else text

    def _way(self, row: pd.Series) -> str:
        return "directly (costs, prices, work)" if row["channel"] == DIRECT else f"through {lower(row['label'])}"


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that an explanation can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Explanation.save`.
    """
    return check_files(folder, (EXPLANATION, EXPLANATION_MANIFEST), overwrite)


def _is_clear(low: float, high: float) -> bool:
    return bool(low > 0 or high < 0)


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
