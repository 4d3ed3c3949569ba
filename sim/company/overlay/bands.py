"""Where a next company would lie if it were as projected: bands by percentiles of the simulated ones.

The replications are as many companies with the same assumptions and other luck, and a company that is in truth as
projected is one more of them. Of n + 1 numbers any is equally likely to be the k-th, so the next one lies below the
k-th smallest of n with probability k / (n + 1), whatever their distribution (Wilks 1941). A band of 95 % so needs 39
replications; with fewer it is their whole range, which holds a next one in (n - 1) / (n + 1) of all cases.

Source: S. S. Wilks, Determination of sample sizes for setting tolerance limits, Annals of Mathematical Statistics 12,
1941.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FAN = {("pi_low_50", "pi_high_50"): 0.5, ("pi_low_80", "pi_high_80"): 0.8}
"""Levels that a fan shows inside of the one asked for, by the columns of their ends."""


def band(runs: Values, level: float) -> tuple[Values, Values]:
    """Limits between which a next replication lies with this probability, or the range where there are too few.

    Parameters
    ----------
    runs : shape (replications, periods); NaN where undefined, which is left out.

    Examples
    --------
    >>> low, high = band(np.arange(1.0, 40.0).reshape(39, 1), 0.95)
    >>> low.tolist(), high.tolist()
    ([1.0], [39.0])
    """
    tail = (1.0 - level) / 2.0
    low, high = (np.full(runs.shape[1], np.nan) for _ in range(2))
    if not np.isnan(runs).any():
        low, high = np.quantile(runs, [tail, 1.0 - tail], axis=0, method="weibull")
        return low, high
    for place, values in enumerate(runs.T):
        known = values[~np.isnan(values)]
        if known.size:
            low[place], high[place] = np.quantile(known, [tail, 1.0 - tail], method="weibull")
    return low, high


def needed(level: float) -> int:
    """Return how many replications a band of a level needs.

    >>> needed(0.95), needed(0.8)
    (39, 9)
    """
    return math.ceil(round(2.0 / (1.0 - level), 9)) - 1


def reached(level: float, replications: int) -> float:
    """Return the level that a band of so many replications really has.

    >>> reached(0.95, 39), round(reached(0.95, 10), 2)
    (0.95, 0.82)
    """
    return min(level, (replications - 1) / (replications + 1))


def standing(runs: Values, actual: Values) -> Values:
    """Share of the replications that lie below each actual, half of those equal to it; shape (periods,).

    >>> standing(np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([2.0])).tolist()
    [0.375]
    """
    known = np.count_nonzero(~np.isnan(runs), axis=0)
    below = np.count_nonzero(runs < actual, axis=0) + np.count_nonzero(runs == actual, axis=0) / 2
    found = np.divide(below, known, out=np.full(runs.shape[1], np.nan), where=known > 0)
    return np.where(np.isnan(actual), np.nan, found)
