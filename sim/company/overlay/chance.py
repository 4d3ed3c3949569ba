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
near enough to normal for that where single months, waits above all, are not: had every month been tested by itself, a
third of all companies that are as projected would have been called different. With these three, and Holm's correction
for all measures at 95 %, it is 2 to 4 % of companies drawn from the default scenario, and 4 to 7 % of those of three
agents on the verge of overload, with 5 to 100 replications, 16 measures and a year of months; rare events (agents who
quit, of three) are the furthest from normal, and bring it up to 8 %. Where a replication has gone as far as the actual
company, whatever the distribution, the probability is at least the share of those that have. A slow test counts again.

Refused: ranks of the actual company's largest deviation among those of the replications (exact, whatever the
distribution), because the largest of hundreds of months drowns a mean that is off by a tenth.
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

ALONE = 10.0
"""Standard deviations that count where one alone differs and the others have no spread to measure it by: beyond any
that has one, and not so far that a rare event drowns the rest. An assumption, as any finite number is."""
ROUNDING = 1e-12
"""Share of a variance below which what is left of it without one replication is rounding."""


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
    of_others = ((n - 1) * variance - own * from_others) / (n - 2)
    of_others = np.where(of_others > ROUNDING * variance, of_others, 0.0)
    scale = np.concatenate([variance[np.newaxis] * (1 + 1 / n), of_others * (1 + 1 / (n - 1))])
    every = np.concatenate([errors[:1], from_others])
    alone = np.where(every == 0, 0.0, np.copysign(ALONE, every))
    return np.divide(every, np.sqrt(scale), out=alone, where=scale > 0)


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
    p_value = 2 * scipy.special.stdtr(len(numbers) - 2, -abs(_t(numbers)))
    return _no_rarer(float(p_value), np.abs(numbers - numbers[1:].mean()))


def _one_sided(numbers: Values) -> float:
    return _no_rarer(float(scipy.special.stdtr(len(numbers) - 2, -_t(numbers))), numbers)


def _no_rarer(p_value: float, distances: Values) -> float:
    """Return a p value, or the share of all companies that went as far, when some of the replications did."""
    as_far = np.count_nonzero(distances[1:] >= distances[0])
    return max(p_value, (1 + as_far) / len(distances)) if as_far else p_value
