"""Laws of retention fitted to survival tables by greatest likelihood: sBG, and BdW with duration dependence.

The search runs in the logit of the mean chance to leave, alpha / (alpha + beta), the log of alpha + beta, and for BdW
the log of c. Customers who do not differ put alpha + beta at its upper bound, where it counts as known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sim.company.fitting.cohorts.tables import Cohort
from sim.company.fitting.goodness import Pearson, chi_square
from sim.company.fitting.likelihood import Peak, Vector, log_interval, maximise
from sim.theory import bdw_survival

CHANCES = (1e-6, 1 - 1e-6)
"""Bounds of the mean chance to leave."""
TOTALS = (1e-2, 1e4)
"""Bounds of alpha + beta: customers as unlike as can be, and alike."""
DEPENDENCES = (0.05, 5.0)
"""Bounds of c: with the upper one everybody leaves at the same age, as far as can be seen."""
SUDDEN = 50.0
"""c above which a greater one changes nothing: everybody leaves at once."""
TINY = 1e-300
"""In the place of a chance of zero, so that its log is finite."""


@dataclass(frozen=True, eq=False)
class Retention:
    """A fitted law of retention.

    Parameters
    ----------
    free : whether c is fitted (BdW) or 1 (sBG).
    peak : in the coordinates of `shapes`.
    intervals : of alpha, beta and c (c only for BdW); NaN when it is not known how many customers there are.
    pearson : customers lost, seen against expected.
    """

    free: bool
    peak: Peak
    intervals: tuple[tuple[float, float], ...]
    pearson: Pearson

    @property
    def name(self) -> str:
        """As in the literature."""
        return "BdW" if self.free else "sBG"

    @property
    def shapes(self) -> tuple[float, float, float]:
        """Alpha, beta and c."""
        return shapes(self.peak.at)

    def likelier_than(self, narrower: Retention) -> float:
        """Chance of a likelihood ratio as large if the narrower law, with one shape less, held."""
        gain = 2 * (self.peak.log_likelihood - narrower.peak.log_likelihood)
        return float(scipy.special.chdtrc(1, max(gain, 0.0)))

    def survival(self, periods: ArrayLike) -> NDArray[np.float64]:
        """Share that is still there after so many renewals."""
        return bdw_survival(*self.shapes, periods)


def shapes(at: Vector) -> tuple[float, float, float]:
    """Alpha, beta and c from coordinates; c is 1 without a third one.

    >>> [round(shape, 6) for shape in shapes(np.array([0.0, math.log(3.0)]))]
    [1.5, 1.5, 1.0]
    """
    chance, total = float(scipy.special.expit(at[0])), math.exp(at[1])
    return chance * total, total - chance * total, math.exp(at[2]) if len(at) > 2 else 1.0


def fit_retention(cohorts: Sequence[Cohort], last: int, level: float, free: bool = False) -> Retention:
    """Fit one law to all these cohorts together.

    Parameters
    ----------
    last : the last period that is fitted; cohorts that end earlier are fitted until their end.
    free : whether to fit c (BdW).
    """
    ends = [min(last, len(cohort.share) - 1) for cohort in cohorts]
    lost = [cohort.lost(end) for cohort, end in zip(cohorts, ends, strict=True)]

    def loss(own: Sequence[float]) -> float:
        logs = [np.log(np.maximum(_chances(own[0], own[1], own[2], end), TINY)) for end in ends]
        return -sum(float(mine @ chance) for mine, chance in zip(lost, logs, strict=True))

    bounds = [tuple(scipy.special.logit(CHANCES)), tuple(np.log(TOTALS)), tuple(np.log(DEPENDENCES))]
    start = [scipy.special.logit(0.2), math.log(2.0), 0.0]
    size = 3 if free else 2
    peak = maximise(lambda at: loss(shapes(at)), start[:size], bounds[:size])
    sized = all(cohort.sized for cohort in cohorts)
    intervals = _intervals(loss, peak, level) if sized else ((math.nan, math.nan),) * size
    due = [mine.sum() * _chances(*shapes(peak.at), end) for mine, end in zip(lost, ends, strict=True)]
    given = size + len(cohorts) - 1  # each cohort has a size of its own
    pearson = chi_square(np.concatenate(lost), np.concatenate(due), given) if sized else Pearson(math.nan, 0, math.nan)
    return Retention(free, peak, intervals, pearson)


def _chances(alpha: float, beta: float, c: float, last: int) -> NDArray[np.float64]:
    """Chance to be lost at each renewal until ``last``, and to be left after it."""
    alive = bdw_survival(alpha, beta, c, np.arange(last + 1))
    return np.append(-np.diff(alive), alive[-1])


def _intervals(loss: Callable[[Sequence[float]], float], peak: Peak, level: float) -> tuple[tuple[float, float], ...]:
    """Intervals of alpha, beta and c: from the information matrix, or by profile likelihood where it is no good.

    A profile is followed in coordinates in which log alpha, or log beta, stands for log(alpha + beta).
    """
    chance, size = float(scipy.special.expit(peak.at[0])), len(peak.at)
    parts = ((1, math.log(chance), 1 - chance), (1, math.log1p(-chance), -chance), (2, 0.0, 0.0))
    found = []
    for (index, share, by_chance), sign in zip(parts[:size], (1, -1, 0), strict=False):
        place, slope = peak.at.copy(), np.zeros(size)
        place[index] += share
        slope[[0, index]] = by_chance, 1
        error = math.sqrt(slope @ peak.covariance @ slope) if not peak.bound[slope != 0].any() else math.nan

        def held(at: Vector, index: int = index, sign: int = sign) -> float:
            usual = at.copy()
            usual[index] -= scipy.special.log_expit(sign * at[0]) if sign else 0.0
            usual[2:] = np.minimum(usual[2:], math.log(SUDDEN))
            return loss(shapes(usual))

        found.append(log_interval(held, place, index, error, level))
    return tuple(found)
