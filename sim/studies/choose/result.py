"""What a choice is: the decision sheet, the constraints, the frontier, in frames, in words and in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.outcomes.measures import Measure, named
from sim.outcomes.result import Result, described
from sim.outcomes.results import about
from sim.studies.choose import words
from sim.studies.choose.decision import DEFINITIONS, More, sheet, units
from sim.studies.choose.feasibility import BROKEN
from sim.studies.choose.pareto import frontier
from sim.studies.choose.selection import DECIDED, STOPPED, Outcome
from sim.studies.choose.terms import Terms

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


@dataclass(frozen=True, eq=False, repr=False)
class Choice(Result):
    """Which policy is best, and how sure that is.

    Parameters
    ----------
    terms : what was asked.
    outcome : what the replications came to: see `sim.studies.choose.selection.Outcome`.
    sheet : a row a policy, columns in `sim.studies.choose.decision.sheet`.
    ranks : columns policy, rank (1 is the best) and probability.
    more : what one more replication of every policy would buy.
    pareto : a row a policy and measure, see `sim.studies.choose.pareto.frontier`; None unless asked for.
    manifest : scenario, policies, seed, versions and so on, as plain data.
    """

    kind: ClassVar[str] = "choose"

    terms: Terms
    outcome: Outcome
    sheet: pd.DataFrame
    ranks: pd.DataFrame
    more: More
    pareto: pd.DataFrame | None
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Choice({self.chosen!r}, {self.outcome.why}, by {self.terms.measure}, of {len(self.sheet)} policies)"

    @property
    def chosen(self) -> str | None:
        """Label of the policy chosen; None when all break the constraints."""
        return self.outcome.chosen

    @property
    def guaranteed(self) -> bool:
        """Whether the choice has the probability of correct selection that was asked for."""
        return self.outcome.why == DECIDED

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it."""
        return self.outcome.why == STOPPED

    @property
    def about(self) -> Measure:
        """The measure that decides."""
        return named(self.terms.measure)

    @property
    def baseline(self) -> str:
        """Label of the policy that differences are from."""
        return self.outcome.figures.labels[0]

    @property
    def constraints(self) -> pd.DataFrame:
        """Last look at each constraint of each policy.

        Columns policy, measure, sign, bound, difference (from the baseline, or the level), n, mean,
        ci_low_simultaneous, ci_high_simultaneous (one-sided limits that hold for all looks, policies and constraints
        together) and kept.
        """
        columns = [
            "policy", "measure", "sign", "bound", "difference", "n", "mean", "ci_low_simultaneous",
            "ci_high_simultaneous", "kept",
        ]  # fmt: skip
        rows = [
            (v.policy, *astuple(v.constraint), v.replications, v.mean, v.low, v.high, v.word)
            for v in self.outcome.verdicts
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def values(self) -> pd.DataFrame:
        """What every replication came to: columns policy, replication, measure, value."""
        found = self.outcome.figures
        rows = [
            (label, replication, measure, value)
            for measure in found.values
            for place, label in enumerate(found.labels)
            for replication, value in enumerate(found.of(measure, place))
        ]
        return pd.DataFrame(rows, columns=["policy", "replication", "measure", "value"])

    def row(self, policy: str | None) -> pd.Series | None:
        """Row of a policy in the sheet."""
        rows = self.sheet[self.sheet["policy"] == policy]
        return rows.iloc[0] if len(rows) else None

    @property
    def headline(self) -> str:
        """What to choose, by how much it is better, and whether that is decided."""
        return words.headline(self)

    def text(self) -> str:
        """Say in plain words what to choose and how sure that is."""
        return words.text(self)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the decision sheet, places, constraints, frontier (where asked for) and replications."""
        found = {"sheet": described(self.sheet, units(self.about.unit), DEFINITIONS), "ranks": self.ranks}
        found |= {"constraints": self.constraints} if self.terms.constraints else {}
        if self.pareto is not None:
            found |= {"pareto": described(self.pareto, *about(self.pareto["measure"]))}
        return found | {"values": described(self.values, *about(self.values["measure"]))}

    def figures(self) -> dict[str, Figure]:
        """Draw the probability of each place, the differences from the baseline, and the frontiers."""
        from sim.studies.choose import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the difference of each policy from the baseline."""
        from sim.studies.choose import pictures

        return pictures.plot(self, ax)


def choice(outcome: Outcome, terms: Terms, manifest: Mapping[str, Any]) -> Choice:
    """Put together what a contest came to."""
    found, ranks, more = sheet(outcome, terms)
    able = [place for place, label in enumerate(outcome.figures.labels) if outcome.words[label] != BROKEN]
    weighed = frontier(outcome.figures, terms.pareto, able, terms.confidence) if terms.pareto else None
    told = dict(manifest) | {
        "asked": asdict(terms),
        "chosen": outcome.chosen,
        "why": outcome.why,
        "left": list(outcome.left),
        "finished": int(outcome.figures.counts.max()),
        "replications": dict(zip(outcome.figures.labels, map(int, outcome.figures.counts), strict=True)),
        "one_more_replication": asdict(more),
    }
    return Choice(terms, outcome, found, ranks, more, weighed, told)
