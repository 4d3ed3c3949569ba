"""Intervals of figures from records: whole groups of them (days, weeks, customers) are drawn again.

Records of one day have the day in common, so rows are not drawn one by one. A figure is a function of sums over groups;
the sums of each group are computed once, in SQL, and a draw only adds them up again. With few groups the percentiles
of the draws are too near to each other; their level is widened as Student's t is against the normal distribution
(Hesterberg 2015, The American Statistician 69(4) 371-386, section 4.3: the expanded percentile interval).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

DRAWS = 1000
"""Draws: the ends of a 95 % interval then move by a few per cent of its width."""
SEED = 1999
"""Any fixed number makes the intervals repeatable."""
FEW_GROUPS = 10
"""With fewer groups nothing is drawn: draws of a handful never leave what was seen. Student's t does."""
MOST_GROUPS = 2000
"""Groups that are drawn one by one; more (customers) are drawn in bundles of whole groups."""
BUNDLES = 500
"""Bundles that many groups are put into."""

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class Figure(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


def bootstrap(sums: NDArray[np.float64], statistic: Statistic, level: float) -> tuple[NDArray, NDArray]:
    """Interval of a statistic of sums, whole groups drawn with replacement.

    Parameters
    ----------
    sums : array (groups, m): what each group adds.
    statistic : takes (..., m) totals, gives (...) or (..., k) figures.
    level : of the interval.

    Returns
    -------
    tuple : low and high end, each of the shape of one statistic; NaN with a single group.
    """
    if len(sums) < FEW_GROUPS:
        return _jackknife(sums, statistic, level)
    with np.errstate(divide="ignore", invalid="ignore"):  # a draw may miss a whole kind of group: it is left out
        drawn = statistic(_resampling(len(sums)) @ sums)
    tail = _tail(len(sums), level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a figure that no draw has stays NaN
        low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
    return low, high


def _jackknife(sums: NDArray[np.float64], statistic: Statistic, level: float) -> tuple[NDArray, NDArray]:
    """Student's interval by leaving out one group at a time; it stays on the side of zero where all of these are."""
    groups, total = len(sums), sums.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(statistic(total))
        without = np.asarray(statistic(total - sums))
        if groups == 1:
            blank = np.full(value.shape, np.nan)
            return blank, blank
        error = np.sqrt((groups - 1) * without.var(axis=0))
        half = error * scipy.stats.t.ppf((1 + level) / 2, groups - 1)
        low = np.where((without >= 0).all(axis=0), np.maximum(value - half, 0.0), value - half)
    return low, value + half


def _tail(groups: int, level: float) -> float:
    """Share of the draws beyond either end, expanded for few groups."""
    t = scipy.stats.t.ppf((1 + level) / 2, groups - 1) * np.sqrt(groups / (groups - 1))
    return float(scipy.stats.norm.sf(t))


@lru_cache(maxsize=4)
def _resampling(groups: int) -> NDArray[np.float64]:
    """How often each group is drawn in each draw: (DRAWS, groups), of floats for a fast product."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=DRAWS).astype(float)


def measure(sums: NDArray[np.float64], statistic: Statistic, level: float) -> Figure:
    """Value and interval of a single-valued statistic of group sums, see `bootstrap`."""
    low, high = bootstrap(sums, statistic, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Figure(float(statistic(sums.sum(axis=0))), float(low), float(high))


def rates(
    events: NDArray[np.float64], exposure: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Events per unit of exposure with the exact Poisson interval (Garwood 1936); NaN without exposure."""
    tail, unit = (1 - level) / 2, np.where(exposure > 0, exposure, np.nan)
    low = np.where(events > 0, scipy.special.gammaincinv(np.maximum(events, 1), tail), 0)
    return events / unit, low / unit, scipy.special.gammaincinv(events + 1, 1 - tail) / unit


def median_interval(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Interval of a median from order statistics (binomial ranks)."""
    ordered = np.sort(values)
    low, high = scipy.stats.binom.interval(level, len(ordered), 1 / 2)
    return float(ordered[int(low)]), float(ordered[min(int(high), len(ordered) - 1)])


def ratio(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """First of two sums over the second."""
    return totals[..., 0] / totals[..., 1]


def cv(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficient of variation from (count, sum, sum of squares)."""
    return spread(totals) / (totals[..., 1] / totals[..., 0])


def spread(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation from (count, sum, sum of squares)."""
    mean = totals[..., 1] / totals[..., 0]
    return np.sqrt(np.maximum(totals[..., 2] / totals[..., 0] - mean * mean, 0.0))
