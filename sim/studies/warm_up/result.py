"""What a warm-up study found: measure by measure, week by week, in words and in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sim.outcomes.result import Result, described
from sim.outcomes.results import about
from sim.studies.warm_up.words import TOO_SHORT, UNCLEAR, UNSETTLED, sentence
from sim.wording import counted, listed, lower

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

COLUMNS = [
    "measure", "label", "unit", "weeks", "truncation_days", "warm_up_days", "mean", "mean_drift", "ci_low_drift",
    "ci_high_drift", "n", "confidence", "verdict",
]  # fmt: skip
UNITS = {"truncation_days": "days", "warm_up_days": "days", "weeks": "weeks"}
DEFINITIONS = {
    "truncation_days": "first days that MSER-5 leaves out; undefined where it finds no cut",
    "warm_up_days": "the scenario's own warm-up",
    "mean": "mean of the weeks after the warm-up, in the measure's unit",
    "mean_drift": "mean of the first half of these weeks less that of the second half",
    "ci_low_drift": "lower end of its interval, which holds for all measures together",
    "ci_high_drift": "upper end of its interval",
    "n": "replications",
}


@dataclass(frozen=True, eq=False, repr=False)
class WarmUp(Result):
    """What the weeks say about the start of a scenario.

    Attributes
    ----------
    verdicts : a row a measure: measure, label, unit, weeks (looked at), truncation_days (by MSER-5, a multiple of 35;
        NaN when the cut is refused), warm_up_days (the scenario's own), mean (of the weeks after it, to judge the
        drift by), mean_drift (mean of the first half of these weeks less that of the second half, unit of the measure)
        with ci_low_drift, ci_high_drift, n (replications) and confidence, and

        ===============  ======================================================================================
        verdict          when
        ===============  ======================================================================================
        long enough      MSER-5 cuts no later than the warm-up ends, and no drift is clear of zero
        not clear        it cuts later or refuses, and no drift is clear of zero: more replications would tell
        too short        it cuts later, and there is a clear drift after the warm-up
        still drifting   there is a clear drift after the warm-up, and no later cut
        ===============  ======================================================================================
    weeks : a row a measure and week: measure, week (1, 2 ...), n, mean (over replications, unit of the measure),
        ci_low, ci_high, confidence, and smoothed (Welch's moving average).
    manifest : how it was made, as in `sim.outcomes.results.describe`.
    """

    kind: ClassVar[str] = "warm-up"
    renamed: ClassVar[Mapping[str, str]] = {"table": "to_frame()", "course": "weeks", "summary": "text()"}

    verdicts: pd.DataFrame
    weeks: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"WarmUp({', '.join(f'{row.measure}: {row.verdict}' for row in self.verdicts.itertuples())})"

    @property
    def headline(self) -> str:
        """Whether the warm-up is long enough, and for which measures it is not."""
        said = {verdict: list(part["label"].map(lower)) for verdict, part in self.verdicts.groupby("verdict")}
        own = f"a warm-up of {counted(self.verdicts['warm_up_days'].iloc[0], 'day')}"
        count = counted(self.verdicts["n"].iloc[0], "replication")
        if UNSETTLED in said:
            return (
                f"After {own} there is still a drift in {listed(said[UNSETTLED])}: their means are of these years only"
            )
        if TOO_SHORT in said:
            longest = self.verdicts.loc[self.verdicts["verdict"] == TOO_SHORT, "truncation_days"].max()
            return f"Set warm_up to at least {longest:.0f} days: {own} is too short for {listed(said[TOO_SHORT])}"
        if UNCLEAR in said:
            return f"After {own}, {count} show no clear drift; more would settle it for {listed(said[UNCLEAR])}"
        return f"{own[:1].upper()}{own[1:]} is long enough for {counted(len(self.verdicts), 'measure')}"

    def text(self) -> str:
        """Say a sentence a measure, and what it comes to."""
        return "\n".join([*(f"{sentence(row)}." for _, row in self.verdicts.iterrows()), f"{self.headline}."])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the verdicts, and the weeks."""
        units, definitions = about(self.verdicts["measure"])
        return {
            "verdicts": described(self.verdicts, UNITS | units, DEFINITIONS | definitions),
            "weeks": described(self.weeks, units, definitions),
        }

    def figures(self) -> dict[str, Figure]:
        """Draw the course of each measure from the start."""
        from sim.studies.warm_up import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the course of the first measure that is not steady, or of the first of all."""
        from sim.studies.warm_up import pictures

        return pictures.plot(self, ax)
