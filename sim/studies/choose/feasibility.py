"""Who keeps the constraints: clearly, not clearly, or clearly not.

Means are looked at after n0, 2 n0, 4 n0 ... replications and at the ceiling, each time by one-sided t intervals. The
chance of error is divided among the looks (alpha / (j (j + 1)) at the j-th, which adds up to less than alpha), and
among policies and constraints (Bonferroni): all that is called clear is right, in all looks together, with the
probability asked for. A mean exactly at its bound stays unclear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from sim.studies.choose.figures import Figures
from sim.studies.condition import Condition

KEPT, UNCLEAR, BROKEN = "kept", "not clear", "broken"


@dataclass(frozen=True)
class Verdict:
    """A constraint on a policy at the last look: mean, its one-sided limits (unit of the measure), and the word."""

    policy: str
    constraint: Condition
    replications: int
    mean: float
    low: float
    high: float
    word: str


def looks(first: int, most: int) -> list[int]:
    """Return the numbers of replications at which constraints are looked at.

    >>> looks(10, 50)
    [10, 20, 40, 50]
    """
    found = [first]
    while 2 * found[-1] < most:
        found.append(2 * found[-1])
    return found if found[-1] == most else [*found, most]


def look(
    found: Figures, place: int, constraints: Sequence[Condition], replications: int, number: int, alpha: float
) -> list[Verdict]:
    """Judge one policy after so many replications.

    Parameters
    ----------
    number : of the look, from 1.
    alpha : chance of any error in all looks of all policies.
    """
    each = alpha / (number * (number + 1)) / (len(found.labels) * len(constraints))
    quantile = -scipy.special.stdtrit(replications - 1, each)
    return [_judged(found, place, one, replications, float(quantile)) for one in constraints]


def word(verdicts: Sequence[Verdict]) -> str:
    """Return the word for all constraints of a policy."""
    words = {verdict.word for verdict in verdicts}
    return BROKEN if BROKEN in words else UNCLEAR if UNCLEAR in words else KEPT


def _judged(found: Figures, place: int, one: Condition, replications: int, quantile: float) -> Verdict:
    figures = found.difference(one.measure, place, 0) if one.difference else found.of(one.measure, place)
    values = figures[:replications]
    mean, half = float(values.mean()), quantile * float(values.std(ddof=1)) / np.sqrt(replications)
    slack = one.direction * (mean - one.bound)
    kept = slack >= half if half == 0.0 else slack > half
    told = KEPT if kept else BROKEN if slack < -half else UNCLEAR
    return Verdict(found.labels[place], one, replications, mean, mean - half, mean + half, told)
