"""How well a form fits counts: Pearson's comparison, thin classes put together."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

LEAST_EXPECTED = 5.0
"""Expected in a class of the comparison; classes with less are put together (Cochran 1954)."""


class Pearson(NamedTuple):
    """Statistic, degrees of freedom, and the chance of one as large; NaN without a degree of freedom."""

    value: float
    freedom: int
    p: float


def chi_square(actual: ArrayLike, expected: ArrayLike, fitted: int) -> Pearson:
    """Compare counts with what a form expects; neighbours are put together until each class expects enough.

    Parameters
    ----------
    actual, expected : counts by class, in an order in which neighbours may be put together.
    fitted : parameters that were fitted to them.

    >>> chi_square([12, 8, 1, 1], [10, 10, 1, 1], 0)
    Pearson(value=0.733, freedom=1, p=0.392)
    """
    classes: list[list[float]] = []
    for pair in zip(np.asarray(actual, dtype=float), np.asarray(expected, dtype=float), strict=True):
        if classes and classes[-1][1] < LEAST_EXPECTED:
            classes[-1] = [mine + more for mine, more in zip(classes[-1], pair, strict=True)]
        else:
            classes.append(list(pair))
    if len(classes) > 1 and classes[-1][1] < LEAST_EXPECTED:
        thin = classes.pop()
        classes[-1] = [mine + more for mine, more in zip(classes[-1], thin, strict=True)]
    seen, due = np.array(classes).T
    value, freedom = float(((seen - due) ** 2 / due).sum()), max(len(classes) - 1 - fitted, 0)
    return Pearson(value, freedom, float(scipy.special.chdtrc(freedom, value)) if freedom else math.nan)
