"""The law of repeat buying by greatest likelihood: BG/NBD, and its variant in which the first purchase may be the last.

The search runs in four coordinates of which two are always settled by the records, the mean rate r / alpha and the
mean chance to leave a / (a + b), and two are not where customers are alike: how much they differ in either, log r and
log(a + b). These two end at a bound when everybody is alike, and count as known there.

The two laws have as many parameters; the one of greater likelihood is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.fitting.likelihood import Peak, Vector, log_intervals, maximise
from sim.fitting.purchases.histories import Histories, Records
from sim.theory import bgnbd_frequency, bgnbd_log_likelihood

LIKE, UNLIKE = 1e4, 1e-2
"""Bounds of r and of a + b: above the one all customers are alike, below the other they are as unlike as can be."""
RATES = (1e-6, 1e2)
"""Bounds of the mean rate, purchases a week."""
CHANCES = (1e-6, 1 - 1e-6)
"""Bounds of the mean chance to leave after a purchase."""
MOST_REPEATS = 400
"""Classes of repeat purchases that are looked at one by one."""


@dataclass(frozen=True, eq=False)
class Law:
    """A fitted law of repeat buying.

    Parameters
    ----------
    at_first : whether the first purchase may be the last (MBG/NBD).
    peak : in the coordinates of `shapes`.
    intervals : of r, alpha, a, b.
    records : those it was fitted to.
    """

    at_first: bool
    peak: Peak
    intervals: tuple[tuple[float, float], ...]
    records: Records

    @property
    def name(self) -> str:
        """As in the literature."""
        return "MBG/NBD" if self.at_first else "BG/NBD"

    @property
    def nobody_leaves(self) -> bool:
        """Whether no leaving can be seen in the records."""
        return bool(self.peak.bound[2])

    @property
    def leave_alike(self) -> bool:
        """Whether it cannot be seen that customers differ in their chance to leave, or how much."""
        return bool(self.peak.bound[3])

    @property
    def shapes(self) -> tuple[float, float, float, float]:
        """Shapes r, alpha (weeks), a, b."""
        return shapes(self.peak.at)


def shapes(at: Vector) -> tuple[float, float, float, float]:
    """Shapes r, alpha, a, b from coordinates log r / alpha, log r, logit a / (a + b), log(a + b).

    >>> [round(shape, 6) for shape in shapes(np.array([0.0, math.log(2.0), 0.0, math.log(3.0)]))]
    [2.0, 2.0, 1.5, 1.5]
    """
    rate, r, chance, total = math.exp(at[0]), math.exp(at[1]), float(scipy.special.expit(at[2])), math.exp(at[3])
    return r, r / rate, chance * total, total - chance * total


def fit_law(of: Records, at_first: bool, level: float) -> Law:
    """Fit one of the two laws; see the module."""

    def loss(at: Vector) -> float:
        return _loss(of, shapes(at), at_first)

    weeks = max(float(of.people @ of.observed), 1.0)
    rate = float(np.clip(of.people @ of.repeats / weeks, *RATES)) * 2  # many of the weeks are those of people who left
    bounds = [
        (math.log(RATES[0]), math.log(RATES[1])), (math.log(UNLIKE), math.log(LIKE)),
        (scipy.special.logit(CHANCES[0]), scipy.special.logit(CHANCES[1])), (math.log(UNLIKE), math.log(LIKE)),
    ]  # fmt: skip
    start = [float(np.clip(math.log(rate), *bounds[0])), 0.0, scipy.special.logit(0.2), math.log(2.0)]
    peak = maximise(loss, start, bounds)
    return Law(at_first, peak, _intervals(of, at_first, peak, level), of)


def _loss(of: Records, own: tuple[float, float, float, float], at_first: bool) -> float:
    each = bgnbd_log_likelihood(*own, of.repeats, of.last, of.observed, at_first)
    return -float(of.people @ each)


def _intervals(of: Records, at_first: bool, peak: Peak, level: float) -> tuple[tuple[float, float], ...]:
    """Intervals of r, alpha, a, b: from the information matrix, or by profile likelihood where it is no good."""
    logs = np.log(shapes(peak.at))
    chance = float(scipy.special.expit(peak.at[2]))
    turn = np.array([[0, 1, 0, 0], [-1, 1, 0, 0], [0, 0, 1 - chance, 1], [0, 0, -chance, 1]])
    covariance = turn @ peak.covariance @ turn.T
    covariance[turn @ peak.bound != 0] = np.nan  # what hangs on a bound has no parabola

    def loss(at: Vector) -> float:
        r, alpha, a, b = np.exp(at).tolist()
        return _loss(of, (r, alpha, a, b), at_first)

    return tuple(log_intervals(loss, logs, covariance, level))


def fit_laws(of: Records, level: float) -> tuple[Law, Law]:
    """Fit both laws, the likelier first."""
    plain, variant = (fit_law(of, at_first, level) for at_first in (False, True))
    return (variant, plain) if variant.peak.log_likelihood > plain.peak.log_likelihood else (plain, variant)


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
            expected[:-1] += people * bgnbd_frequency(*law.shapes, classes - 2, weeks, law.at_first)
        else:
            expected[0] += people
    expected[-1] = max(of.customers - expected[:-1].sum(), 0.0)
    return actual, expected
