"""What is asked of a choice: which figure decides, how sure it must be, and what every choice has to keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.errors import InputError
from sim.inputs.parameters import UnitError, convert, units
from sim.outcomes.measures import CATALOGUE, Measure, no_measure
from sim.outcomes.statistics import DEFAULT_LEVEL

MEASURE = "profit_a_year"
FIRST, MOST = 10, 200
"""Replications of the first stage, and the ceiling, unless given."""
LEAST_FIRST = 3
"""A variance of differences from fewer replications says nothing."""
LOW, HIGH = "<=", ">="
_WRITTEN = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=|≤|≥|==?|<|>)\s*(.*\S)\s*")
_SIGNS = {"≤": LOW, "≥": HIGH, LOW: LOW, HIGH: HIGH}
_COUNTED_AS = {"share a year": "ratio"}
_BOUNDED = ("share", "probability", "score")


class ChoiceError(InputError):
    """A choice that cannot be made as asked: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Constraint:
    """What every choice has to keep: the mean of a measure at least, or at most, at a bound (unit of the measure)."""

    measure: str
    sense: str
    bound: float

    @property
    def sign(self) -> float:
        """1 where more is kept more safely, -1 where less is."""
        return 1.0 if self.sense == HIGH else -1.0


@dataclass(frozen=True)
class Goal:
    """A measure of a Pareto choice, and which way is better: 1 for more, -1 for less."""

    measure: str
    sign: float


@dataclass(frozen=True)
class Terms:
    """Everything asked of a choice; see `sim.choose` for what each means.

    `subset` asks for all policies that cannot be told from the best instead of one choice.
    """

    measure: str = MEASURE
    indifference: float | None = None
    subset: bool = False
    constraints: tuple[Constraint, ...] = ()
    pareto: tuple[Goal, ...] = ()
    confidence: float = DEFAULT_LEVEL
    first: int = FIRST
    most: int = MOST

    @property
    def sign(self) -> float:
        """1 where more of the measure is better, -1 where less is."""
        return -1.0 if CATALOGUE[self.measure].better == "lower" else 1.0

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
    constraints: Sequence[str | Constraint] = (),
    pareto: Sequence[str] = (),
    confidence: float = DEFAULT_LEVEL,
    first: int = FIRST,
    max_replications: int | None = None,
) -> Terms:
    """Read and check what is asked; parameters and errors as `sim.choose`."""
    about = _directed(measure)
    zone = None if indifference is None else _zone(indifference, about)
    if subset and (zone is not None or max_replications is not None):
        raise ChoiceError(
            "subset runs the first stage only and needs no indifference zone: leave out indifference and "
            "max_replications, or leave out subset."
        )
    if not 0 < confidence < 1:
        raise ChoiceError(f"confidence = {confidence!r} is no probability between 0 and 1; give one, such as 0.95.")
    _check_lengths(first, max_replications)
    ceiling = max(first, MOST) if max_replications is None else max_replications
    return Terms(measure, zone, subset, _kept(constraints), _weighed(pareto), confidence, first, ceiling)


def _kept(constraints: Sequence[str | Constraint]) -> tuple[Constraint, ...]:
    _refuse_one_text("constraints", constraints)
    found = tuple(one if isinstance(one, Constraint) else constraint(one) for one in constraints)
    _refuse_contradictions(found)
    return found


def _weighed(pareto: Sequence[str]) -> tuple[Goal, ...]:
    _refuse_one_text("pareto", pareto)
    found = tuple(goal(text) for text in pareto)
    _check_goals(found)
    return found


def _refuse_one_text(name: str, given: object) -> None:
    if isinstance(given, str):
        raise ChoiceError(f"{name} is one text, not a list; write {name}=[{given!r}].")


def constraint(text: str) -> Constraint:
    """Read a constraint such as "service_level >= 80 %".

    >>> constraint("service_level >= 80 %")
    Constraint(measure='service_level', sense='>=', bound=0.8)

    Raises
    ------
    ChoiceError : it cannot be read, there is no such measure, or no mean can lie there.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ChoiceError(f'cannot read the constraint {text!r}; write one such as "service_level >= 80 %".')
    name, sense, bound = match.groups()
    if sense not in _SIGNS:
        raise ChoiceError(
            f"constraint {text!r}: {sense!r} is not a side to keep to; write >= (at least) or <= (at most)."
        )
    about = known(name)
    return Constraint(name, _SIGNS[sense], _quantity(bound, about, f"constraint {text!r}"))


def goal(text: str) -> Goal:
    """Read a measure of a Pareto choice: "retention_12m", or with its better side, "cost:lower".

    >>> goal("churn"), goal("cost:lower")
    (Goal(measure='churn', sign=-1.0), Goal(measure='cost', sign=-1.0))

    Raises
    ------
    ChoiceError : there is no such measure, or neither side of it is better and none is named.
    """
    name, _, side = (part.strip() for part in text.partition(":"))
    better = known(name).better
    if side and side not in ("higher", "lower"):
        raise ChoiceError(f"pareto {text!r}: {side!r} is no side; write {name}:higher or {name}:lower.")
    if side and better not in ("none", side):
        raise ChoiceError(f"pareto {text!r}: of {name} {better} is better; write {name} alone.")
    if not side and better == "none":
        raise ChoiceError(f"neither more nor less of {name} is better; write {name}:lower or {name}:higher.")
    return Goal(name, -1.0 if (side or better) == "lower" else 1.0)


def known(name: str) -> Measure:
    """Return the measure of this name.

    Raises
    ------
    ChoiceError : there is none; the message has the nearest name.
    """
    if name not in CATALOGUE:
        raise ChoiceError(no_measure(name))
    return CATALOGUE[name]


def _directed(name: str) -> Measure:
    about = known(name)
    if about.better == "none":
        raise ChoiceError(
            f"neither more nor less of {name} is better, so no policy is best by it; choose by profit_a_year, or put "
            f"it into pareto as {name}:lower."
        )
    return about


def _quantity(given: float | str, about: Measure, where: str) -> float:
    unit = _COUNTED_AS.get(about.unit, about.unit)
    try:
        value = convert(given, unit if unit in units.CATALOGUE else "points")
    except UnitError as error:
        raise ChoiceError(f"{where}: {error}") from error
    if about.unit in _BOUNDED and (problem := units.limits_problem(value, about.unit)):
        raise ChoiceError(f"{where}: {problem}; 80 per cent is written 80 % or 0.8.")
    return value


def _zone(given: float | str, about: Measure) -> float:
    value = _quantity(given, about, f"indifference = {given!r}")
    if not value > 0:
        raise ChoiceError(
            f"indifference = {given!r} is not above zero; give the smallest difference in {about.name} "
            f"({about.unit}) that matters to you, or ask for a subset, which needs none."
        )
    return value


def _check_lengths(first: int, max_replications: int | None) -> None:
    for name, value in (
        ("first", first),
        ("max_replications", first if max_replications is None else max_replications),
    ):
        if type(value) is not int or value < LEAST_FIRST:  # True is an int too
            raise ChoiceError(
                f"{name} = {value!r} is not a whole number from {LEAST_FIRST}; give one, such as {FIRST}."
            )
    if max_replications is not None and max_replications < first:
        raise ChoiceError(
            f"max_replications = {max_replications} is less than the first stage of {first}; give at least {first}."
        )


def _refuse_contradictions(kept: Sequence[Constraint]) -> None:
    for measure in dict.fromkeys(c.measure for c in kept):
        low = [c.bound for c in kept if c.measure == measure and c.sense == HIGH]
        high = [c.bound for c in kept if c.measure == measure and c.sense == LOW]
        if len(low) > 1 or len(high) > 1:
            raise ChoiceError(f"{measure} is bounded twice from the same side; keep one of the constraints.")
        if low and high and max(low) > min(high):
            raise ChoiceError(f"{measure} cannot be at least {max(low):g} and at most {min(high):g}; leave one out.")


def _check_goals(goals: Iterable[Goal]) -> None:
    names = [g.measure for g in goals]
    if len(names) == 1:
        raise ChoiceError(f"a Pareto choice weighs two or more measures, and {names[0]} is one; add another.")
    if len(set(names)) < len(names):
        raise ChoiceError("a measure stands twice in pareto; keep one.")
