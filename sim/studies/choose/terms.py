"""What is asked of a choice: which figure decides, how sure it must be, and what every choice has to keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.errors import InputError, whole_number
from sim.inputs.parameters import UnitError
from sim.outcomes.measures import named
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.studies.condition import Condition, amount, impossible, read_conditions
from sim.studies.goal import Goal, frontier_goals, goal

MEASURE = "profit_a_year"
PROFIT = Goal(MEASURE, 1.0)
FIRST, MOST = 10, 200
"""Replications of the first stage, and the ceiling, unless given."""
LEAST_FIRST = 3
"""A variance of differences from fewer replications says nothing."""


class ChoiceError(InputError):
    """A choice that cannot be made as asked: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Terms:
    """Everything asked of a choice; see `sim.choose` for what each means.

    `subset` asks for all policies not clearly worse than the best instead of one choice.
    """

    goal: Goal = PROFIT
    indifference: float | None = None
    subset: bool = False
    constraints: tuple[Condition, ...] = ()
    pareto: tuple[Goal, ...] = ()
    confidence: float = DEFAULT_LEVEL
    first: int = FIRST
    most: int = MOST

    @property
    def measure(self) -> str:
        """The measure that policies are ranked by."""
        return self.goal.measure

    @property
    def sign(self) -> float:
        """1 where more of the measure is better, -1 where less is."""
        return self.goal.sign

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that a choice looks at, the deciding one first."""
        named = (*(c.measure for c in self.constraints), *(g.measure for g in self.pareto))
        return tuple(dict.fromkeys((self.measure, *named)))


def read_terms(
    measure: str = MEASURE,
    indifference: float | str | None = None,
    *,
    subset: bool = False,
    constraints: Iterable[str | Condition] = (),
    pareto: Iterable[str] = (),
    confidence: float = DEFAULT_LEVEL,
    first: int = FIRST,
    max_replications: int | None = None,
    observed: bool = False,
) -> Terms:
    """Read and check what is asked; parameters and errors as `sim.choose`. With ``observed`` any name is a measure."""
    more = _names(measure, constraints, pareto) if observed else ()
    ranked = goal(measure, more)
    zone = None if indifference is None else _zone(indifference, ranked.measure)
    if subset and (zone is not None or max_replications is not None):
        raise ChoiceError(
            "subset runs the first stage only and needs no indifference zone: leave out indifference and "
            "max_replications, or leave out subset."
        )
    if not 0 < confidence < 1:
        raise ChoiceError(f"confidence = {confidence!r} is not a probability between 0 and 1; give one, such as 0.95.")
    _check_lengths(first, max_replications)
    ceiling = max(first, MOST) if max_replications is None else max_replications
    kept, weighed = read_conditions(constraints, observed=more), frontier_goals(ranked, pareto, more)
    return Terms(ranked, zone, subset, kept, weighed, confidence, first, ceiling)


def _names(measure: str, constraints: Iterable[str | Condition], pareto: Iterable[str]) -> tuple[str, ...]:
    """Names in a choice that may be of what an observer notes."""
    conditions = [one.measure if isinstance(one, Condition) else one.split()[0] for one in constraints if one]
    return tuple(str(text).partition(":")[0].strip() for text in (measure, *pareto, *conditions))


def _zone(given: float | str, measure: str) -> float:
    about = named(measure)
    try:
        value = amount(given, about)
    except UnitError as error:
        raise ChoiceError(f"indifference = {given!r}: {error}") from error
    if problem := impossible(value, about):
        raise ChoiceError(f"indifference = {given!r}: {problem}.")
    if not value > 0:
        raise ChoiceError(
            f"indifference = {given!r} is not above zero; give the smallest difference in {measure} "
            f"({about.unit}) that matters to you, or ask for a subset, which needs none."
        )
    return value


def _check_lengths(first: int, max_replications: int | None) -> None:
    whole_number("first", first, LEAST_FIRST, example=FIRST, error=ChoiceError)
    if max_replications is None:
        return
    whole_number("max_replications", max_replications, LEAST_FIRST, example=MOST, error=ChoiceError)
    if max_replications < first:
        raise ChoiceError(
            f"max_replications = {max_replications} is less than the first stage of {first}; give at least {first}."
        )
