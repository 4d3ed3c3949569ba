"""What a comparison of rankings found: a frame, sentences, charts, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.result import Result, described
from sim.studies.rankings import words
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

COLUMNS = [
    "scenario", "measure", "ahead", "behind", "reading", "n", "mean_lead", "ci_low_lead", "ci_high_lead", "p_value",
    "confidence", "clear", "outcome",
]  # fmt: skip
DEFINITIONS = {
    "ahead": "the better of the pair by its mean under the first reading",
    "mean_lead": "by how much it is better under this reading; negative where the order is reversed",
    "ci_low_lead": "lower end of its interval, which holds for all pairs and readings together",
    "ci_high_lead": "upper end of its interval",
    "p_value": "uncorrected, Student t of the paired difference",
    "clear": "whether the interval excludes zero",
    "n": "pairs of replications",
}


@dataclass(frozen=True, eq=False, repr=False)
class Rankings(Result):
    """Whether the ranking of policies is the same under every reading of the evidence.

    Parameters
    ----------
    pairs : one row a scenario, pair and reading: `ahead` (the better of the pair by its mean under the first reading),
        `behind`, `reading`, `n` (pairs of replications), `mean_lead` (by how much `ahead` is better under this
        reading, unit of the measure; negative where the order is reversed), `ci_low_lead`, `ci_high_lead`, `p_value`
        (uncorrected), `confidence` (of the single interval), `clear` (the interval excludes zero) and `outcome`, the
        same in all rows of a pair:

        ==================  =============================================================================
        holds               the same order under every reading, each time clear
        holds, not clearly  the same order in the means of every reading, not clear under some
        swaps, not clearly  the order of the means changes, but is not clear both ways: within noise
        swaps               clear one way under one reading, and clear the other way under another
        tied                no difference under any reading
        ==================  =============================================================================
    manifest : the study's, with measure and level.
    """

    kind: ClassVar[str] = "rankings"

    pairs: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        pairs = self.pairs.drop_duplicates(["scenario", "ahead", "behind"])
        counts = ", ".join(f"{count} {outcome}" for outcome, count in pairs["outcome"].value_counts().items())
        return f"Rankings({self.manifest['measure']}, {counted(len(pairs), 'pair')}: {counts})"

    @property
    def about(self) -> Measure:
        """The measure that policies are ranked by."""
        return CATALOGUE[self.manifest["measure"]]

    @property
    def headline(self) -> str:
        """Whether the ranking survives the readings."""
        return words.headline(self.pairs)

    def text(self) -> str:
        """Say in a paragraph a scenario whether the ranking survives, and which pairs swap."""
        return words.verdict(self.pairs)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the pairs under every reading."""
        units = dict.fromkeys(("mean_lead", "ci_low_lead", "ci_high_lead"), self.about.unit)
        return {"pairs": described(self.pairs, units, DEFINITIONS)}

    def figures(self) -> dict[str, Figure]:
        """Draw the lead in each pair under each reading, a chart a scenario."""
        from sim.studies.rankings import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the lead in each pair under each reading, in the first scenario."""
        from sim.studies.rankings import pictures

        return pictures.plot(self, ax)
