"""The law of repeat buying by greatest likelihood: BG/NBD and its relatives.

The relatives let the first purchase be the last, let gaps be as regular as they were found to be, or both; see
`sim.theory.buying`. Regularity is taken from the gaps, so that all these laws have four shapes, and the one of greatest
likelihood is used. BG/NBD itself is always told beside it.

The search runs in four coordinates of which two are always settled by the records, the mean rate r / (k alpha) and the
mean chance to leave a / (a + b), and two are not where customers are alike: how much they differ in either, log r and
log(a + b). These two end at a bound when everybody is alike, and count as known there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.likelihood import Loss, Peak, Slope, Vector, log_interval, maximise
from sim.company.fitting.purchases.histories import Histories, Records
from sim.theory import bgnbd_alive, bgnbd_frequency, bgnbd_log_likelihood, bgnbd_rate, bgnbd_score

LIKE, UNLIKE = 1e3, 1e-2
"""Bounds of r and of a + b: above the one customers differ by no more than a few per cent, below the other they are as
unlike as can be."""
MOST_REGULAR = 20
"""The greatest regularity k, of gaps with a CV of 0.22; what is more regular, such as bills, is no free buying."""
RATES = (1e-6, 1e2)
"""Bounds of the mean rate, purchases a week."""
CHANCES = (1e-6, 1 - 1e-6)
"""Bounds of the mean chance to leave after a purchase."""
TOLD = 1.92
"""Gain in log-likelihood from which a coordinate is told from its bound: half the chi-square quantile of 95 %."""
R, ALPHA, A, B = SHAPES = ("r", "alpha", "a", "b")
MOST_REPEATS = 400
"""Classes of repeat purchases that are looked at one by one."""


Shapes = tuple[float, float, float, float]
"""r, alpha, a, b."""


@dataclass(frozen=True, eq=False)
class Law:
    """A fitted law of repeat buying.

    Parameters
    ----------
    at_first : whether the first purchase may be the last.
    regularity : k of the law; 1 is buying at random.
    peak : in the coordinates of `shapes`.
    log_likelihood : of everything, the gaps included, so that laws of different regularity compare.
    records : those it was fitted to.
    """

    at_first: bool
    regularity: int
    peak: Peak
    log_likelihood: float
    records: Records

    @property
    def name(self) -> str:
        """As in the literature."""
        first = "M" if self.at_first else ""
        return f"{first}BG/NBD" if self.regularity == 1 else f"{first}BG/CNBD-{self.regularity}"

    @property
    def nobody_leaves(self) -> bool:
        """Whether no leaving can be seen in the records."""
        return bool(self.peak.bound[2])

    @property
    def leave_alike(self) -> bool:
        """Whether it cannot be seen that customers differ in their chance to leave."""
        return bool(self.peak.bound[3])

    @property
    def shapes(self) -> Shapes:
        """Shapes r, alpha (weeks), a, b."""
        return shapes(self.peak.at)

    def alive(self, own: Shapes | None = None) -> NDArray[np.float64]:
        """Chance of each kind of record not to have left; of other shapes when given."""
        of = self.records
        return bgnbd_alive(*(own or self.shapes), of.repeats, of.last, of.observed, self.at_first, self.regularity)

    def rate(self, own: Shapes | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shape and scale (weeks) of the rate of purchases of each kind of record, if it has not left."""
        of, (r, alpha, _, _) = self.records, own or self.shapes
        return bgnbd_rate(r, alpha, of.repeats, of.last, of.observed, self.regularity)

    def newcomer(self, own: Shapes | None = None) -> tuple[float, float, float, float]:
        """Shape and scale of the rate of a new customer who did not leave at once; a and b of the chance to leave."""
        r, alpha, a, b = own or self.shapes
        shape, scale = bgnbd_rate(r, alpha, 0, 0, 0, self.regularity)
        return float(shape), float(scale), a, b + self.at_first


def shapes(at: Vector) -> Shapes:
    """Shapes r, alpha, a, b from coordinates log r / alpha, log r, logit a / (a + b), log(a + b).

    >>> [round(shape, 6) for shape in shapes(np.array([0.0, math.log(2.0), 0.0, math.log(3.0)]))]
    [2.0, 2.0, 1.5, 1.5]
    """
    rate, r, chance, total = math.exp(at[0]), math.exp(at[1]), float(scipy.special.expit(at[2])), math.exp(at[3])
    return r, r / rate, chance * total, total - chance * total


def fit_law(of: Records, at_first: bool, regularity: int = 1) -> Law:
    """Fit one of the laws; see the module."""

    def loss(at: Vector) -> float:
        return _loss(of, at, at_first, regularity)

    def slope(at: Vector) -> Vector:
        return _slope(of, at, at_first, regularity)

    weeks = max(float(of.people @ of.observed), 1.0)
    rate = float(np.clip(of.people @ of.repeats / weeks, *RATES)) * 2  # many of the weeks are those of people who left
    bounds = [
        (math.log(RATES[0]), math.log(RATES[1])), (math.log(UNLIKE), math.log(LIKE)),
        (scipy.special.logit(CHANCES[0]), scipy.special.logit(CHANCES[1])), (math.log(UNLIKE), math.log(LIKE)),
    ]  # fmt: skip
    start = [float(np.clip(math.log(rate * regularity), *bounds[0])), 0.0, scipy.special.logit(0.2), math.log(2.0)]
    peak = _leaving(maximise(loss, start, bounds, slope), loss, bounds[2][0])
    gaps = float(of.people @ of.repeats)
    whole = (regularity - 1) * of.log_gaps - gaps * scipy.special.gammaln(regularity)
    return Law(at_first, regularity, peak, peak.log_likelihood + float(whole), of)


def _leaving(peak: Peak, loss: Loss, none: float) -> Peak:
    """Put the chance to leave at its lower bound when nobody leaving at all is as likely, within chance."""
    without = peak.at.copy()
    without[2] = none
    if loss(without) + peak.log_likelihood > TOLD:
        return peak
    covariance, bound = peak.covariance.copy(), peak.bound.copy()
    covariance[2:], covariance[:, 2:], bound[2:] = 0.0, 0.0, True
    return Peak(without, -loss(without), covariance, bound, peak.limits)


def _loss(of: Records, at: Vector, at_first: bool, regularity: int) -> float:
    each = bgnbd_log_likelihood(*shapes(at), of.repeats, of.last, of.observed, at_first, regularity)
    return -float(of.people @ each)


def _slope(of: Records, at: Vector, at_first: bool, regularity: int) -> Vector:
    """Slope of the loss in the coordinates of `shapes`."""
    r, alpha, a, b = shapes(at)
    by_r, by_alpha, by_a, by_b = -(
        bgnbd_score(r, alpha, a, b, of.repeats, of.last, of.observed, at_first, regularity) @ of.people
    )
    spread = a * b / (a + b)  # slope of a, and minus that of b, in the logit of the chance
    return np.array([-alpha * by_alpha, r * by_r + alpha * by_alpha, spread * (by_a - by_b), a * by_a + b * by_b])


def fit_laws(of: Records, cv: float) -> tuple[Law, Law]:
    """Fit BG/NBD and its relatives: the likeliest, and BG/NBD.

    Parameters
    ----------
    cv : of the gaps of one customer; 0 when they are all equal, NaN when it is not known.
    """
    plain = fit_law(of, at_first=False)
    least = MOST_REGULAR**-0.5
    regularity = 1 if math.isnan(cv) else max(round(max(cv, least) ** -2), 1)
    others = [fit_law(of, True, regularity)]
    if regularity > 1:
        others.append(fit_law(of, False, regularity))
    return max([plain, *others], key=lambda law: law.log_likelihood), plain


def intervals(law: Law, level: float) -> tuple[tuple[float, float], ...]:
    """Intervals of r, alpha, a, b: from the information matrix, or by profile likelihood where it is no good.

    A profile is followed in coordinates in which log alpha stands for log r, or log a or log b for log(a + b).
    """
    found = []
    for shape, index in ((R, 1), (ALPHA, 1), (A, 3), (B, 3)):
        place, log_slope = _in_terms_of(shape, law.peak.at)
        settled = not law.peak.bound[log_slope != 0].any()
        error = math.sqrt(log_slope @ law.peak.covariance @ log_slope) if settled else math.nan
        loss, slope = _held(law, shape)
        found.append(log_interval(loss, place, index, error, level, slope))
    return tuple(found)


def _held(law: Law, shape: str) -> tuple[Loss, Slope]:
    """Loss and slope of a law in the coordinates of `_in_terms_of`."""
    given = law.records, law.at_first, law.regularity

    def loss(at: Vector) -> float:
        return _loss(given[0], _back(shape, at), *given[1:])

    def slope(at: Vector) -> Vector:
        own = _slope(given[0], _back(shape, at), *given[1:])
        chance = float(scipy.special.expit(at[2]))
        if shape == ALPHA:
            own[0] += own[1]
        elif shape == A:
            own[2] -= own[3] * (1 - chance)
        elif shape == B:
            own[2] += own[3] * chance
        return own

    return loss, slope


def _in_terms_of(shape: str, at: Vector) -> tuple[Vector, Vector]:
    """Coordinates in which the log of a shape stands in its place, and that log's slope in the usual coordinates."""
    chance = float(scipy.special.expit(at[2]))
    logs: dict[str, tuple[int, float, list[float]]] = {
        R: (1, at[1], [0, 1, 0, 0]),
        ALPHA: (1, at[1] - at[0], [-1, 1, 0, 0]),
        A: (3, at[3] + math.log(chance), [0, 0, 1 - chance, 1]),
        B: (3, at[3] + math.log1p(-chance), [0, 0, -chance, 1]),
    }
    index, log, slope = logs[shape]
    place = at.copy()
    place[index] = log
    return place, np.array(slope, dtype=float)


def _back(shape: str, at: Vector) -> Vector:
    """Usual coordinates from those of `_in_terms_of`."""
    usual = at.copy()
    if shape == ALPHA:
        usual[1] = at[1] + at[0]
    elif shape == A:
        usual[3] = at[3] - scipy.special.log_expit(at[2])
    elif shape == B:
        usual[3] = at[3] - scipy.special.log_expit(-at[2])
    return usual


def histogram(of: Histories, law: Law) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Customers by repeat purchases 0, 1 ..., as they are and as the law expects; the last class is open."""
    (most,) = of.counted("SELECT max(repeats) FROM {people}")
    classes = min(int(most), MOST_REPEATS) + 2
    found = of.frame("SELECT repeats, count(*) AS people FROM {people} GROUP BY 1")
    actual = np.zeros(classes)
    np.add.at(actual, np.minimum(found["repeats"], classes - 1), found["people"])
    times = of.frame("SELECT ($1 - first) / 7.0 AS weeks, count(*) AS people FROM {people} GROUP BY 1", of.end)
    expected = np.zeros(classes)
    for weeks, people in zip(times["weeks"].astype(float), times["people"], strict=True):
        if weeks > 0:
            expected[:-1] += people * bgnbd_frequency(*law.shapes, classes - 2, weeks, law.at_first, law.regularity)
        else:
            expected[0] += people
    expected[-1] = max(of.customers - expected[:-1].sum(), 0.0)
    return actual, expected
