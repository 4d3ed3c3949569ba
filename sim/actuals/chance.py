"""Whether what really happened differs more than one simulated company differs from the others.

Months of one company hang together: a year that begins with many customers goes on with many. So no month is tested.
The course of each measure is boiled down to three numbers, of the actual company as of every simulated one, and a
company that is in truth as projected is one more draw of them:

=======  ==============================================================================================================
level    mean over months of the error (actual less the mean of the replications)
drift    slope of the error over the months, by least squares
scatter  logarithm of the mean square of what level and drift leave of the error, each month in its own standard
         deviations; only a large one counts
=======  ==============================================================================================================

Each is compared with those of the replications by Student's t for the prediction of one more value (n replications,
t = difference from their mean / (s sqrt(1 + 1/n)), n - 1 degrees of freedom). Means, slopes and logarithms of sums are
near enough to normal for that where single months, waits above all, are not: the tests of this project draw companies
from the model itself and count how many are called different. The errors of a replication are from the mean of the
others, as those of the actual company are from the mean of all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

Values = NDArray[np.float64]

FEWEST_RUNS = 3
"""Replications below which no spread of the others is left when one is taken out."""
FEWEST_FOR_DRIFT, FEWEST_FOR_SCATTER = 3, 4
"""Periods below which a line leaves nothing of the error, or what it leaves is too little to be called scatter."""


class Chances(NamedTuple):
    """Probability that chance alone makes a company differ so much in level, drift and scatter; NaN where unknown."""

    level: float
    drift: float
    scatter: float


class Found(NamedTuple):
    """What a measure's course comes to.

    Parameters
    ----------
    mean_error : actual less projected, mean over periods, unit of the measure.
    by_chance : half-width of what chance alone makes of it, at the level asked for.
    drift : slope of the error, unit of the measure a period; NaN with fewer than three periods.
    chances : p values, not corrected.
    """

    mean_error: float
    by_chance: float
    drift: float
    chances: Chances


UNKNOWN = Chances(np.nan, np.nan, np.nan)


def compared(runs: Values, actual: Values, level: float) -> Found:
    """Compare a course with those of the replications.

    Parameters
    ----------
    runs : shape (replications, periods), all defined.
    actual : shape (periods,), all defined, at least one.
    level : of `Found.by_chance`.
    """
    errors = np.concatenate([actual[np.newaxis], runs]) - runs.mean(axis=0)
    levels, slopes, n = errors.mean(axis=1), _slopes(errors), len(runs)
    mean, slope = float(levels[0]), float(slopes[0])
    if n < FEWEST_RUNS:
        return Found(mean, np.nan, slope, UNKNOWN)
    half = float(scipy.special.stdtrit(n - 1, (1 + level) / 2) * levels[1:].std(ddof=1) * np.sqrt(1 + 1 / n))
    chances = Chances(_two_sided(levels), _two_sided(slopes), _one_sided(_scatters(_standard(errors))))
    return Found(mean, half, slope, chances)


def _standard(errors: Values) -> Values:
    """Errors in standard deviations of the replications; of a replication, from the mean and in those of the others."""
    n, own = len(errors) - 1, errors[1:]
    variance = own.var(axis=0, ddof=1)
    from_others = own * n / (n - 1)
    of_others = np.maximum(((n - 1) * variance - own * from_others) / (n - 2), 0.0)
    scale = np.concatenate([variance[np.newaxis] * (1 + 1 / n), of_others * (1 + 1 / (n - 1))])
    every = np.concatenate([errors[:1], from_others])
    return np.divide(every, np.sqrt(scale), out=np.zeros_like(every), where=scale > 0)


def _slopes(errors: Values) -> Values:
    """Slope over the periods, by least squares, of each row; NaN where there are too few."""
    periods = errors.shape[1]
    if periods < FEWEST_FOR_DRIFT:
        return np.full(len(errors), np.nan)
    time = np.arange(periods) - (periods - 1) / 2
    return errors @ time / (time @ time)


def _scatters(errors: Values) -> Values:
    """Logarithm of the mean square that mean and slope leave of each row."""
    periods = errors.shape[1]
    if periods < FEWEST_FOR_SCATTER:
        return np.full(len(errors), np.nan)
    time = np.arange(periods) - (periods - 1) / 2
    left = errors - errors.mean(axis=1, keepdims=True) - np.outer(_slopes(errors), time)
    return np.log(np.maximum((left**2).mean(axis=1), np.finfo(float).tiny))


def _t(numbers: Values) -> float:
    """Student's t of the first number as one more of the others; infinite where these are all the same."""
    one, others = numbers[0], numbers[1:]
    spread = others.std(ddof=1) * np.sqrt(1 + 1 / len(others))
    difference = one - others.mean()
    if np.ptp(others) == 0:
        return 0.0 if difference == 0 else float(np.copysign(np.inf, difference))
    return float(difference / spread)


def _two_sided(numbers: Values) -> float:
    return float(2 * scipy.special.stdtr(len(numbers) - 2, -abs(_t(numbers))))


def _one_sided(numbers: Values) -> float:
    return float(scipy.special.stdtr(len(numbers) - 2, -_t(numbers)))
