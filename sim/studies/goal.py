"""Goals: a measure, and which side of it is better.

A goal is written MEASURE where one side is better by nature, and MEASURE:lower or MEASURE:higher where neither is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.errors import InputError, names, repeated
from sim.outcomes.measures import CATALOGUE, no_measure

SIDES = ("higher", "lower")


class GoalError(InputError):
    """A measure that nothing can be ranked by: the message says why and how to put it right."""


@dataclass(frozen=True)
class Goal:
    """A measure, and which way is better: 1 for more, -1 for less."""

    measure: str
    sign: float


def goal(text: str, observed: Sequence[str] = ()) -> Goal:
    """Read a goal.

    Parameters
    ----------
    observed : measures that are known besides those of `sim.measures`; they need a side.

    Raises
    ------
    GoalError : there is no such measure, or neither side of it is better and none is named.

    Examples
    --------
    >>> goal("churn"), goal("cost:lower")
    (Goal(measure='churn', sign=-1.0), Goal(measure='cost', sign=-1.0))
    """
    name, _, side = (part.strip() for part in str(text).partition(":"))
    if name not in CATALOGUE and name not in observed:
        raise GoalError(no_measure(name))
    better = CATALOGUE[name].better if name in CATALOGUE else "none"
    if side and side not in SIDES:
        raise GoalError(f"{text!r}: {side!r} is not a side; write {name}:higher or {name}:lower.")
    if side and better not in ("none", side):
        raise GoalError(f"{text!r}: of {name} {better} is better; write {name} alone.")
    if not side and better == "none":
        raise GoalError(f"neither more nor less of {name} is better; write {name}:lower or {name}:higher.")
    return Goal(name, -1.0 if (side or better) == "lower" else 1.0)


def frontier_goals(first: Goal, pareto: Iterable[str], observed: Sequence[str] = ()) -> tuple[Goal, ...]:
    """Read the measures of a frontier; one alone is weighed against ``first``, which policies are ranked by.

    >>> [one.measure for one in frontier_goals(goal("profit"), ["csat"])]
    ['profit', 'csat']

    Raises
    ------
    GoalError : as `goal`; a measure appears twice, or there is only one.
    """
    found = tuple(goal(text, observed) for text in names("pareto", pareto, error=GoalError))
    if len(found) == 1:
        found = (first, *found)
    measures = [one.measure for one in found]
    if len(found) == 2 and measures[0] == measures[1]:
        raise GoalError(f"pareto weighs two measures or more, and {measures[0]} is one; add another, such as csat.")
    repeated("measure", measures, error=GoalError)
    return found
