"""The contest: policies are run on, replication after replication, until one is left or the ceiling is reached.

1. All policies are run for a first stage.
2. Who clearly breaks a constraint is out; who is clearly beaten by one that clearly keeps them is out.
3. The others, and the baseline (every difference is from it), are run on in batches. Within a batch everything is
   decided in the order of replications, as if they had been run one by one, so that neither the size of a batch nor
   who finished first changes the choice.
4. It ends when one policy is left that clearly keeps the constraints, when all break them, or at the ceiling; then
   the best mean is named, without the guarantee.

With constraints each half of the chance of error goes to one of the two questions (who keeps them, who is best).
That only a policy which clearly keeps the constraints may beat others is from S. Andradottir and S.-H. Kim (2010),
"Fully sequential procedures for comparing constrained systems via simulation", Naval Research Logistics 57, 403-421.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.outcomes.measures import named
from sim.studies.choose import feasibility
from sim.studies.choose.feasibility import BROKEN, KEPT, UNCLEAR, Verdict
from sim.studies.choose.figures import Figures, Source, side_by_side
from sim.studies.choose.kim_nelson import KimNelson, Screening, Subset, beaten, kim_nelson, subset
from sim.studies.choose.terms import LEAST_FIRST, ChoiceError, Terms

if TYPE_CHECKING:
    import pandas as pd

DECIDED, CEILING, STOPPED, NONE_KEEPS, SUBSET = "decided", "ceiling", "stopped", "none keeps the constraints", "subset"
MONEY = ("profit", "programmes", "launch")
"""What a return on investment is computed from, where the source has it."""
LEAST_BATCH, BATCH_SHARE = 4, 4
"""A batch is a quarter of the replications so far, and no fewer than this."""


@dataclass(frozen=True)
class Outcome:
    """What a contest came to.

    Parameters
    ----------
    figures : all replications that were run.
    chosen : the policy, or None when every one breaks the constraints.
    why : "decided" (with the probability asked for), "ceiling", "stopped" (by the user), "subset" or "none keeps the
        constraints".
    left : policies that are not out, the chosen among them.
    tied : of these, those that never differ from the chosen.
    out : policy -> after how many replications it was out, and by which other policy it was beaten ("" for one that
        breaks a constraint).
    verdicts : last look at each constraint of each policy.
    words : policy -> "kept", "not clear" or "broken".
    """

    figures: Figures
    chosen: str | None
    why: str
    left: tuple[str, ...]
    tied: tuple[str, ...]
    out: dict[str, tuple[int, str]]
    verdicts: tuple[Verdict, ...]
    words: dict[str, str]


@dataclass
class Selection:
    """State of a contest: who is out, who keeps the constraints, and what was run."""

    source: Source
    terms: Terms
    found: Figures
    out: dict[int, tuple[int, int]] = field(default_factory=dict)
    verdicts: dict[int, list[Verdict]] = field(default_factory=dict)

    @property
    def left(self) -> list[int]:
        """Places of those that are not out."""
        return [place for place in range(len(self.found.labels)) if place not in self.out]

    def word(self, place: int) -> str:
        """Whether a policy keeps the constraints, as far as was looked."""
        if not self.terms.constraints:
            return KEPT
        return feasibility.word(self.verdicts[place]) if place in self.verdicts else UNCLEAR

    def step(self, replications: int, screening: Screening) -> None:
        """Decide what can be decided after so many replications."""
        self._look(replications)
        means = self._means(replications)
        able = np.array([place not in self.out and self.word(place) == KEPT for place in range(len(means))])
        by = beaten(means, screening.distance(replications), able)
        self.out |= {place: (replications, int(by[place])) for place in self.left if by[place] >= 0}

    def over(self, screening: KimNelson) -> bool:
        """Whether there is nothing left to decide: one policy, or some that never differ, clearly feasible."""
        left = self.left
        if not left or (len(left) == 1 and self.word(left[0]) == KEPT):
            return True
        same = not screening.variances[np.ix_(left, left)].any()  # and the same means, or one would be out
        return same and all(self.word(place) == KEPT for place in left)

    def _look(self, replications: int) -> None:
        terms = self.terms
        times = feasibility.looks(terms.first, terms.first if terms.subset else terms.most)
        if not terms.constraints or replications not in times:
            return
        number, alpha = times.index(replications) + 1, alphas(terms)[1]
        for place in self.left:
            judged = feasibility.look(self.found, place, terms.constraints, replications, number, alpha)
            # What was clear stays so: all looks are right together.
            if self.word(place) == UNCLEAR:
                self.verdicts[place] = _clearer(self.verdicts.get(place), judged)
            if self.word(place) == BROKEN:
                self.out[place] = (replications, -1)

    def _means(self, replications: int) -> np.ndarray:
        """Means of those that are left so that more is better, NaN for the others."""
        values = self.terms.sign * self.found.values[self.terms.measure][:replications]
        means = np.full(len(self.found.labels), np.nan)
        means[self.left] = values[:, self.left].mean(axis=0)
        return means


def select(source: Source, terms: Terms) -> Outcome:
    """Run a contest; see the module.

    Raises
    ------
    ChoiceError : fewer than two policies, a probability that a blind choice has too, an undefined figure, or no
        indifference zone: then after the first stage, which the message draws a proposal from.
    KeyboardInterrupt : stopped before three replications of every policy were finished.
    """
    _check_policies(source.labels, terms)
    state = Selection(source, terms, _held(source, terms, source.extend(terms.first)))
    shared = state.found.common(range(len(source.labels)))
    if shared < min(terms.first, LEAST_FIRST):
        raise KeyboardInterrupt
    first_stage = terms.sign * state.found.values[terms.measure][: min(shared, terms.first)]
    if terms.subset:
        return _keep_subset(state, first_stage)
    if terms.indifference is None:
        raise ChoiceError(_proposal(state, first_stage))
    screening = kim_nelson(first_stage, terms.indifference, alphas(terms)[0])
    why = STOPPED if source.stopped else _run_on(state, screening)
    return _outcome(state, why)


def alphas(terms: Terms) -> tuple[float, float]:
    """Chances of error of choosing and of judging constraints, together one less the confidence."""
    error = 1.0 - terms.confidence
    return (error / 2.0, error / 2.0) if terms.constraints else (error, 0.0)


def _run_on(state: Selection, screening: KimNelson) -> str:
    """Run and decide in batches, until it is over; say how it ended."""
    done = state.terms.first
    state.step(done, screening)
    while not state.over(screening):
        if done == state.terms.most:
            return CEILING
        goal = min(state.terms.most, done + max(LEAST_BATCH, done // BATCH_SHARE))
        _extend(state, goal)
        held = min(goal, state.found.common(state.left))
        while done < held and not state.over(screening):
            done += 1
            state.step(done, screening)
        if (held < goal or state.source.stopped) and not state.over(screening):
            return STOPPED
    return DECIDED if state.left else NONE_KEEPS


def _extend(state: Selection, replications: int) -> None:
    labels = state.found.labels
    going_on = [labels[place] for place in dict.fromkeys([0, *state.left])]
    state.found = _held(state.source, state.terms, state.source.extend(replications, going_on))


def _held(source: Source, terms: Terms, frame: pd.DataFrame) -> Figures:
    held = set(frame["measure"])
    money = [name for name in MONEY if name in held]
    return side_by_side(frame, source.labels, tuple(dict.fromkeys((*terms.measures, *money))))


def _keep_subset(state: Selection, values: np.ndarray) -> Outcome:
    """Decide once, after the first stage."""
    screening: Subset = subset(values, alphas(state.terms)[0])
    state.step(len(values), screening)
    why = STOPPED if state.source.stopped else SUBSET
    return _outcome(state, why if state.left else NONE_KEEPS)


def _outcome(state: Selection, why: str) -> Outcome:
    labels = state.found.labels
    chosen = _best(state)
    tied = [] if chosen is None else [p for p in state.left if p != chosen and _same(state, p, chosen)]
    return Outcome(
        figures=state.found,
        chosen=None if chosen is None else labels[chosen],
        why=why,
        left=tuple(labels[place] for place in state.left),
        tied=tuple(labels[place] for place in tied),
        out={labels[p]: (number, labels[by] if by >= 0 else "") for p, (number, by) in sorted(state.out.items())},
        verdicts=tuple(verdict for place in sorted(state.verdicts) for verdict in state.verdicts[place]),
        words={label: state.word(place) for place, label in enumerate(labels)},
    )


def _best(state: Selection) -> int | None:
    """Best by its mean over the replications that all have who are left; those that clearly keep constraints first."""
    sure = [place for place in state.left if state.word(place) == KEPT] or state.left
    if not sure:
        return None
    shared = state.found.common(sure)
    means = state.terms.sign * state.found.values[state.terms.measure][:shared, sure].mean(axis=0)
    return sure[int(means.argmax())]


def _same(state: Selection, place: int, other: int) -> bool:
    return not state.found.difference(state.terms.measure, place, other).any()


def _clearer(before: list[Verdict] | None, now: list[Verdict]) -> list[Verdict]:
    """Keep what was clear at an earlier look."""
    return [old if old.word != UNCLEAR else new for old, new in zip(before or now, now, strict=True)]


def _check_policies(labels: Sequence[str], terms: Terms) -> None:
    if len(labels) < 2:
        raise ChoiceError(f"there is only {labels[0]!r} to choose from; give at least one policy.")
    if 1.0 - alphas(terms)[0] <= 1.0 / len(labels):
        raise ChoiceError(
            f"confidence = {terms.confidence:g} is no more than choosing blindly among {len(labels)} policies has; "
            "give one such as 0.95."
        )


def _proposal(state: Selection, first_stage: np.ndarray) -> str:
    """Say what an indifference zone is, and how many replications some would take, from the first stage."""
    terms, first = state.terms, len(first_stage)
    screening = kim_nelson(first_stage, 1.0, alphas(terms)[0])
    spread = screening.h_squared * float(screening.variances.max())
    sizes = {most: round_up(np.sqrt(spread / most)) for most in (terms.most, 5 * first, 2 * first)}
    proposals = [f"one of {zone:,g} at most {most}" for most, zone in sizes.items()]
    return (
        f"which difference in {terms.measure} would you not mind? Give it as the indifference zone (in "
        f"{named(terms.measure).unit}), or ask for a subset, which needs none. The smaller the zone, the more "
        f"replications of a policy; as far as the first {first} tell, {', '.join(proposals)}."
    )


def round_up(value: float) -> float:
    """Round up to two digits.

    >>> round_up(10123.0), round_up(0.0)
    (11000.0, 0.0)
    """
    if value <= 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / unit) * unit)
