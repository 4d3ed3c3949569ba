"""What is asked of a search: what is to be best, what it may cost, what has to be kept, and how hard to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, unknown
from sim.inputs.parameters import UnitError, convert
from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.studies.choose import ChoiceError, Constraint, Terms, read_terms
from sim.studies.choose.terms import Goal, goal
from sim.studies.search.pairs import Pairs

TRIALS, REPLICATIONS, CHECK = 100, 5, 30
"""Points tried, replications of the first stage, and fresh ones that decide (and as many again that report)."""
LEAST = 2
"""Fewest replications from which a spread can be told."""
MEASURE = "profit_a_year"
TPE, RANDOM = "tpe", "random"
SAMPLERS = (TPE, RANDOM)
COSTS = ("programmes", "launch")
"""Measures that make up what policies cost."""
ROUNDING = 1e-9
"""Share of a bound by which rounding may exceed it."""


class SearchError(InputError):
    """A search that cannot be made as asked: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Asked:
    """Everything asked of a search; see `sim.search` for what each means.

    ``years`` is the length of the measured period, over which launching is spread.
    """

    measure: str = MEASURE
    against: Goal | None = None
    budget: float | None = None
    constraints: tuple[Constraint, ...] = ()
    trials: int = TRIALS
    replications: int = REPLICATIONS
    check: int = CHECK
    confidence: float = DEFAULT_LEVEL
    sampler: str = TPE
    years: float = 1.0

    @property
    def about(self) -> Measure:
        """The measure."""
        return CATALOGUE[self.measure]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """What is to be best, the measure first."""
        first = Goal(self.measure, -1.0 if self.about.better == "lower" else 1.0)
        return (first,) if self.against is None else (first, self.against)

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that a search looks at, the deciding one first."""
        named = (*(goal.measure for goal in self.goals), *COSTS, *(one.measure for one in self.constraints))
        return tuple(dict.fromkeys(named))

    @property
    def bounds(self) -> tuple[str, ...]:
        """What has to be kept, in words, in the order of `breaches`."""
        told = tuple(f"{one.measure} {one.sense} {one.bound:g}" for one in self.constraints)
        return told if self.budget is None else (f"cost of policies a year <= {self.budget:g}", *told)

    def gains(self, pairs: Pairs) -> NDArray[np.float64]:
        """Return differences from the baseline so that more is better: (goals, replications)."""
        return np.array([goal.sign * pairs.difference(goal.measure) for goal in self.goals])

    def cost(self, pairs: Pairs) -> NDArray[np.float64]:
        """Return what the policies cost a year more than the baseline's, by replication (money)."""
        return sum((pairs.difference(name) for name in COSTS), np.zeros(len(pairs))) / self.years

    def breaches(self, pairs: Pairs) -> NDArray[np.float64]:
        """Return by how much each bound is broken: (bounds, replications), negative where it is kept.

        As shares of the bound (of 1 where it is 0), so that one in money and one in per cent can be added up.
        """
        rows = [] if self.budget is None else [_beyond(self.cost(pairs), self.budget)]
        rows += [-one.sign * _beyond(pairs.level(one.measure), one.bound) for one in self.constraints]
        return np.array(rows).reshape(len(rows), len(pairs))


def read_asked(
    measure: str = MEASURE,
    *,
    against: str | None = None,
    budget: float | str | None = None,
    constraints: Sequence[str | Constraint] = (),
    trials: int = TRIALS,
    replications: int = REPLICATIONS,
    check: int = CHECK,
    confidence: float = DEFAULT_LEVEL,
    sampler: str = TPE,
    years: float = 1.0,
) -> Asked:
    """Read and check what is asked; parameters and errors as `sim.search`."""
    for name, number, least in (("trials", trials, 1), ("replications", replications, LEAST), ("check", check, LEAST)):
        _check_count(name, number, least)
    if sampler not in SAMPLERS:
        raise SearchError(unknown("sampler", sampler, SAMPLERS))
    terms = _terms(measure, constraints, confidence)
    second = None if against is None else _second(against, measure)
    money = None if budget is None else _money(budget)
    return Asked(measure, second, money, terms.constraints, trials, replications, check, confidence, sampler, years)


def _terms(measure: str, constraints: Sequence[str | Constraint], confidence: float) -> Terms:
    """Read what a search has in common with a choice."""
    try:
        return read_terms(measure, subset=True, constraints=constraints, confidence=confidence)
    except ChoiceError as error:
        raise SearchError(str(error)) from error


def _second(text: str, measure: str) -> Goal:
    try:
        found = goal(text)
    except ChoiceError as error:
        raise SearchError(str(error)) from error
    if found.measure == measure:
        raise SearchError(f"against = {text!r} is the measure itself; weigh {measure} against another, such as csat.")
    return found


def _money(given: float | str) -> float:
    try:
        value = convert(given, "money/year")
    except UnitError as error:
        raise SearchError(f"budget: {error}") from error
    if not (isfinite(value) and value >= 0):
        raise SearchError(f"budget = {given!r} is not an amount from 0; give what policies may cost a year.")
    return value


def _check_count(name: str, number: int, least: int) -> None:
    if type(number) is not int or number < least:  # True is an int too
        raise SearchError(f"{name} = {number!r} is not a whole number from {least}; give one, such as {least * 10}.")


def _beyond(values: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """How far values lie above a bound, as a share of it; what rounding does is nothing."""
    scale = abs(bound) or 1.0
    beyond = (values - bound) / scale
    return np.where(np.abs(beyond) <= ROUNDING, 0.0, beyond)
