"""What is asked of a search: what is to be best, what it may cost, what has to be kept, and how hard to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, one_of, whole_number
from sim.inputs.parameters import UnitError, convert
from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.studies.condition import Condition, read_conditions
from sim.studies.goal import Goal, GoalError, frontier_goals, goal
from sim.studies.levers import ROUNDING
from sim.studies.search.pairs import Pairs

TRIALS, REPLICATIONS, CHECK = 100, 5, 30
"""Points tried, replications of the first stage, and fresh ones that decide (and as many again that report)."""
LEAST = 2
"""Fewest replications from which a spread can be told."""
MEASURE = "profit_a_year"
PROFIT = Goal(MEASURE, 1.0)
TPE, RANDOM = "tpe", "random"
SAMPLERS = (TPE, RANDOM)
COSTS = ("programmes", "launch")
"""Measures that make up what policies cost."""


class SearchError(InputError):
    """A search that cannot be made as asked: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Terms:
    """Everything asked of a search; see `sim.search` for what each means.

    ``years`` is the length of the measured period, over which launching is spread.
    """

    goal: Goal = PROFIT
    pareto: tuple[Goal, ...] = ()
    budget: float | None = None
    constraints: tuple[Condition, ...] = ()
    trials: int = TRIALS
    replications: int = REPLICATIONS
    check: int = CHECK
    confidence: float = DEFAULT_LEVEL
    sampler: str = TPE
    years: float = 1.0

    @property
    def measure(self) -> str:
        """The measure that settings are ranked by."""
        return self.goal.measure

    @property
    def about(self) -> Measure:
        """The measure."""
        return CATALOGUE[self.measure]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """What is to be best, the measure first."""
        return self.pareto or (self.goal,)

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that a search looks at, the deciding one first."""
        named = (*(goal.measure for goal in self.goals), *COSTS, *(one.measure for one in self.constraints))
        return tuple(dict.fromkeys(named))

    @property
    def bounds(self) -> tuple[str, ...]:
        """What has to be kept, in words, in the order of `breaches`."""
        told = tuple(one.text for one in self.constraints)
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
        rows += [-one.direction * _beyond(_kept(pairs, one), one.bound) for one in self.constraints]
        return np.array(rows).reshape(len(rows), len(pairs))


def read_terms(
    measure: str = MEASURE,
    *,
    pareto: Iterable[str] = (),
    budget: float | str | None = None,
    constraints: Iterable[str | Condition] = (),
    trials: int = TRIALS,
    replications: int = REPLICATIONS,
    check: int = CHECK,
    confidence: float = DEFAULT_LEVEL,
    sampler: str = TPE,
    years: float = 1.0,
) -> Terms:
    """Read and check what is asked; parameters and errors as `sim.search`."""
    for name, number, least in (("trials", trials, 1), ("replications", replications, LEAST), ("check", check, LEAST)):
        whole_number(name, number, least, example=least * 10, error=SearchError)
    one_of("sampler", sampler, SAMPLERS, error=SearchError)
    if not 0 < confidence < 1:
        raise SearchError(f"confidence = {confidence!r} is not a probability between 0 and 1; give one, such as 0.95.")
    ranked = goal(measure)
    money = None if budget is None else _money(budget)
    weighed, kept = _pair(ranked, frontier_goals(ranked, pareto)), read_conditions(constraints)
    return Terms(ranked, weighed, money, kept, trials, replications, check, confidence, sampler, years)


def _pair(first: Goal, found: tuple[Goal, ...]) -> tuple[Goal, ...]:
    """Return the two goals of a frontier, the first one being what settings are ranked by."""
    if not found:
        return ()
    others = [one for one in found if one.measure != first.measure]
    if len(found) > 2 or len(others) != 1:
        raise GoalError(
            f"pareto names {', '.join(one.measure for one in found)}, and a search weighs {first.measure} against one "
            "other measure; name that one, or make one of them the measure to rank by."
        )
    return first, others[0]


def _kept(pairs: Pairs, one: Condition) -> NDArray[np.float64]:
    """Return what a condition is about, by replication."""
    return pairs.difference(one.measure) if one.difference else pairs.level(one.measure)


def _money(given: float | str) -> float:
    try:
        value = convert(given, "money/year")
    except UnitError as error:
        raise SearchError(f"budget: {error}") from error
    if not (isfinite(value) and value >= 0):
        raise SearchError(f"budget = {given!r} is not an amount from 0; give what policies may cost a year.")
    return value


def _beyond(values: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """How far values lie above a bound, as a share of it; what rounding does is nothing."""
    scale = abs(bound) or 1.0
    beyond = (values - bound) / scale
    return np.where(np.abs(beyond) <= ROUNDING, 0.0, beyond)
