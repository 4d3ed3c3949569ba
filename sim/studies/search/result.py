"""What was found: in frames, in words and in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from sim.inputs.policies import Bundle
from sim.outcomes.result import Result, described
from sim.outcomes.results import about
from sim.outcomes.statistics import mean_interval
from sim.studies.choose.feasibility import BROKEN
from sim.studies.choose.figures import Figures
from sim.studies.choose.pareto import frontier
from sim.studies.levers import Space
from sim.studies.search import words
from sim.studies.search.check import Check, checked_frame
from sim.studies.search.loop import Loop
from sim.studies.search.pairs import Pairs
from sim.studies.search.stages import Trial, keeps
from sim.studies.search.terms import Terms

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

SECOND = "_pareto"
"""How the columns of the second goal end."""
DEFINITIONS = {
    "mean_difference": "paired difference from the baseline",
    "ci_low_difference": "lower end of its interval",
    "ci_high_difference": "upper end of its interval",
    "expected": "what the search expected of it, too good for the best of many",
    "deciding": "mean of the fresh replications that decided among the best",
    "optimism": "expected less the fresh difference, so that more is too good",
    "cost": "of the policies, a year more than the baseline's",
    "n": "replications",
}


@dataclass(frozen=True, eq=False, repr=False)
class Finding(Result):
    """The best levels of some levers.

    Parameters
    ----------
    space, terms : what was searched, and how.
    trials : a row a point that was tried, in order: trial, a column a lever, stage (from 0, -1 where it cannot be
        run), n (replications), mean_difference, ci_low_difference, ci_high_difference (as the search expected, from
        these replications: too good for the best of them), the same of the second goal with ``_pareto`` at the end,
        cost (of the policies a year more than the baseline's), kept (whether bounds are kept on the mean), refused
        (why it cannot be run), and leader, mean_leader, ci_low_leader, ci_high_leader: who led after this trial, and
        what was expected of it then.
    checked : the best few on fresh replications, see `sim.studies.search.check.checked_frame`; empty after Ctrl-C, or
        when no trial keeps the bounds.
    frontier : of two goals on the fresh replications, see `sim.studies.choose.pareto.frontier`; None with one goal.
    tied : numbers of checked trials whose paired difference from the choice is not clear of zero.
    manifest : scenario, levers, seeds, versions and so on, as plain data.
    """

    kind: ClassVar[str] = "search"
    renamed: ClassVar[Mapping[str, str]] = {"title": "headline"}

    space: Space
    terms: Terms
    trials: pd.DataFrame
    checked: pd.DataFrame
    frontier: pd.DataFrame | None
    tied: tuple[int, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        row = self.best
        what = "nothing chosen" if row is None else words.levels(row, self.space)
        return f"Finding({what}; {len(self.trials)} trials by {self.terms.measure})"

    @property
    def best(self) -> pd.Series | None:
        """Row of the choice in `checked`; None when none was made."""
        rows = self.checked[self.checked["chosen"]] if len(self.checked) else self.checked
        return rows.iloc[0] if len(rows) else None

    @property
    def favourite(self) -> pd.Series | None:
        """Row in `trials` of who led at the end of the search, by its own figures; None for nobody."""
        last = self.trials["leader"].iloc[-1]
        return None if np.isnan(last) else self.trials[self.trials["trial"] == last].iloc[0]

    @property
    def levels(self) -> dict[str, float] | None:
        """The levels chosen, by lever."""
        row = self.best
        return None if row is None else {name: float(row[name]) for name in self.space.names}

    @property
    def policy(self) -> Bundle | None:
        """The policies at the levels chosen, for `sim.compare` and others."""
        return None if self.levels is None else self.space.policy(self.levels)

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it."""
        return bool(self.manifest["stopped"])

    @property
    def headline(self) -> str:
        """What was found, in one sentence."""
        return words.headline(self)

    def text(self) -> str:
        """Say in plain words what is best, how sure that is, and what the search had expected."""
        return words.text(self)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return what was checked (unless it was stopped before), every trial, and the frontier of two goals."""
        unit = self.terms.about.unit
        own = ("mean_difference", "ci_low_difference", "ci_high_difference")
        known = dict.fromkeys(own, unit) | {"cost": "money/year"}
        told = {name: text for name, text in DEFINITIONS.items() if name in self.trials}
        found = {"trials": described(self.trials, known, told)}
        if len(self.checked):
            units, definitions = about(self.checked["measure"])
            checked = described(self.checked, units | {"cost": "money/year"}, DEFINITIONS | definitions)
            found = {"checked": checked, **found}
        if self.frontier is not None:
            found["frontier"] = described(self.frontier, *about(self.frontier["measure"]))
        return found

    def figures(self) -> dict[str, Figure]:
        """Draw the progress of the search, or the frontier of two goals, and where the best levels lie."""
        from sim.studies.search import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the progress of the search, or the frontier of two goals."""
        from sim.studies.search import pictures

        return pictures.plot(self, ax)


def finding(loop: Loop, check: Check | None, seed: int, manifest: Mapping[str, Any]) -> Finding:
    """Put together what a search came to; ``seed`` is that of the check."""
    space, terms = loop.space, loop.terms
    checked = pd.DataFrame() if check is None else checked_frame(check, space, terms, seed)
    front = None if check is None or len(terms.goals) == 1 else _frontier(check, terms)
    tied = () if check is None or check.chosen is None else _tied(check, terms)
    told = dict(manifest) | {"stopped": loop.stopped, "finished": len(loop.trials)}
    return Finding(space, terms, _trials_frame(loop), checked, front, tied, told)


def _trials_frame(loop: Loop) -> pd.DataFrame:
    rows = [_trial(trial, loop.terms) for trial in loop.trials]
    return pd.DataFrame(rows).join(pd.DataFrame(_leads(loop)))


def _trial(trial: Trial, terms: Terms) -> dict[str, Any]:
    told: dict[str, Any] = {"trial": trial.number, **trial.point, "stage": trial.stage}
    for place, suffix in enumerate(["_difference", SECOND][: len(terms.goals)]):
        told |= {f"{name}{suffix}": value for name, value in _expected(trial.pairs, terms, place).items()}
    cost = np.nan if trial.pairs is None else float(terms.cost(trial.pairs).mean())
    return told | {
        "n": 0 if trial.pairs is None else len(trial.pairs),
        "cost": cost,
        "kept": keeps(trial, terms),
        "refused": trial.why,
    }


def _expected(pairs: Pairs | None, terms: Terms, place: int) -> dict[str, float]:
    if pairs is None:
        return dict.fromkeys(("mean", "ci_low", "ci_high"), np.nan)
    found = mean_interval(terms.goals[place].sign * terms.gains(pairs)[place], terms.confidence)
    return {"mean": found.mean, "ci_low": found.low, "ci_high": found.high}


def _leads(loop: Loop) -> list[dict[str, float]]:
    """Who led after each trial, with what was expected of it then."""
    rows: list[dict[str, float]] = []
    nobody = dict.fromkeys(("leader", "mean_leader", "ci_low_leader", "ci_high_leader"), np.nan)
    for lead in loop.leads:
        told = nobody
        if lead.leader is not None:
            pairs = loop.trials[lead.leader].pairs
            assert pairs is not None
            expected = _expected(pairs.first(lead.replications), loop.terms, 0)
            told = {"leader": float(lead.leader)} | {f"{name}_leader": value for name, value in expected.items()}
        rows += [told] * (lead.after - len(rows))
    return [*rows, *[rows[-1] if rows else nobody] * (len(loop.trials) - len(rows))]


def _frontier(check: Check, terms: Terms) -> pd.DataFrame:
    """Weigh the goals on the reporting half, the baseline among the points."""
    labels = (words.BASELINE, *(f"trial {trial.number}" for trial in check.trials))
    base = check.reporting[0]
    values = {
        goal.measure: np.column_stack(
            [
                base.level(goal.measure) - base.difference(goal.measure),
                *(p.level(goal.measure) for p in check.reporting),
            ]
        )
        for goal in terms.goals
    }
    found = Figures(labels, values, np.full(len(labels), len(base)))
    able = [0, *(place + 1 for place, said in enumerate(check.words) if said != BROKEN)]
    return frontier(found, terms.goals, able, terms.confidence)


def _tied(check: Check, terms: Terms) -> tuple[int, ...]:
    """Return who cannot be told from the choice: paired differences that hold for all of them together."""
    assert check.chosen is not None
    mine, many = terms.gains(check.reporting[check.chosen])[0], max(1, len(check.trials) - 1)
    found = []
    for place, (trial, pairs) in enumerate(zip(check.trials, check.reporting, strict=True)):
        lead = mine - terms.gains(pairs)[0]
        if place != check.chosen and not mean_interval(lead, 1 - (1 - terms.confidence) / many).low > 0:
            found.append(trial.number)
    return tuple(found)
