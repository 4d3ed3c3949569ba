"""Greatest likelihood: where it lies, how sure that is, and what follows for whatever is computed from it.

A law's parameters are sought in coordinates that may be any number (logs, logits), between bounds beyond which nothing
that can be seen changes. A coordinate that ends at a bound counts as known there: its own interval is one-sided, by
profile likelihood, and it adds nothing to the spread of what depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Loss = Callable[[Vector], float]

WIDE = 0.5
"""Standard error of a log above which the parabola of the information matrix is no good likeness of the likelihood:
a factor of 2.7 either way at 95 %. The interval is then that of the profile likelihood."""
EDGE = 1e-3
"""Nearness to a bound, in logs, that counts as being at it."""
STEP = float(np.finfo(float).eps ** (1 / 4))
"""Of second differences: balances rounding against curvature for coordinates of the order of one."""
SLOPE_STEP = float(np.finfo(float).eps ** (1 / 3))
"""The same for first differences."""
PROFILE_REACH = 20.0
"""How far in logs a profile interval is followed before its end counts as infinite."""


@dataclass(frozen=True, eq=False)
class Peak:
    """Where a likelihood is greatest.

    Parameters
    ----------
    at : coordinates, (m,).
    log_likelihood : there.
    covariance : (m, m), inverse of the observed information; zero for coordinates at a bound, NaN when the likelihood
        has no peak in the others.
    bound : which coordinates are at a bound, (m,).
    """

    at: Vector
    log_likelihood: float
    covariance: Vector
    bound: NDArray[np.bool_]

    @property
    def sound(self) -> bool:
        """Whether the coordinates inside the bounds are settled by the records."""
        return bool(np.isfinite(self.covariance).all())

    def draws(self, count: int, rng: np.random.Generator) -> Vector:
        """Draw coordinates as the records leave them uncertain: normal around the peak, (count, m)."""
        return rng.multivariate_normal(self.at, self.covariance, count, method="eigh")


def maximise(loss: Loss, start: Sequence[float], bounds: Sequence[tuple[float, float]]) -> Peak:
    """Find the coordinates at which a loss, minus a log-likelihood, is least.

    Parameters
    ----------
    loss : takes coordinates (m,).
    start : m coordinates inside ``bounds``.
    """
    scale = max(1.0, abs(loss(np.asarray(start, dtype=float))))
    found = scipy.optimize.minimize(
        lambda x: loss(x) / scale, start, method="L-BFGS-B", bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000, "maxfun": 100_000},
    )  # fmt: skip
    low, high = np.asarray(bounds, dtype=float).T
    bound = (found.x < low + EDGE) | (found.x > high - EDGE)
    at = _polished(loss, found.x, ~bound, low, high)
    return Peak(at, -loss(at), _covariance(hessian(loss, at), ~bound), bound)


def _polished(loss: Loss, at: Vector, free: NDArray[np.bool_], low: Vector, high: Vector) -> Vector:
    """One Newton step in the free coordinates: the search stops at the noise of its differences."""
    steps = SLOPE_STEP * np.eye(len(at))[free]
    slope = np.array([(loss(at + step) - loss(at - step)) / (2 * SLOPE_STEP) for step in steps])
    inverse = _covariance(hessian(loss, at), free)[np.ix_(free, free)]
    moved = at.copy()
    moved[free] -= inverse @ slope
    return moved if np.isfinite(moved).all() and (moved > low).all() and loss(moved) <= loss(at) else at


def hessian(function: Loss, at: Vector) -> Vector:
    """Matrix (m, m) of second derivatives at a point (m,), by central differences."""

    def second(one: Vector, other: Vector) -> float:
        outer = function(at + one + other) + function(at - one - other)
        return (outer - function(at + one - other) - function(at - one + other)) / (2 * STEP) ** 2

    shifts = STEP * np.eye(len(at))
    return np.array([[second(one, other) for other in shifts] for one in shifts])


def _covariance(information: Vector, free: NDArray[np.bool_]) -> Vector:
    """Inverse of the information of the free coordinates, zero for the others; NaN when it is not definite."""
    covariance = np.zeros_like(information)
    inside = np.ix_(free, free)
    known = information[inside]
    if not np.isfinite(known).all() or (free.any() and np.linalg.eigvalsh(known).min() <= 0):
        return np.full_like(information, np.nan)
    covariance[inside] = np.linalg.inv(known)
    return covariance


def normal_quantile(level: float) -> float:
    """How many standard errors an interval of this level reaches either way.

    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    return float(scipy.special.ndtri((1 + level) / 2))


def log_intervals(loss: Loss, logs: Vector, covariance: Vector, level: float) -> list[tuple[float, float]]:
    """Intervals of positive parameters, by Wald in logs, or by profile likelihood where that is too wide.

    Parameters
    ----------
    loss : of the logs of the parameters, (m,).
    logs, covariance : of the peak, in these logs; NaN or zero variance asks for the profile likelihood.

    Returns
    -------
    Ends of each parameter itself, not of its log; 0 and infinity where the likelihood never falls enough.
    """
    spread = np.sqrt(np.diag(covariance))
    ends = []
    for index, error in enumerate(spread):
        half = normal_quantile(level) * error
        wald = (logs[index] - half, logs[index] + half)
        ends.append(wald if 0 < error <= WIDE else profile(loss, logs, index, level))
    return [(math.exp(low), math.exp(high)) for low, high in ends]


def profile(loss: Loss, at: Vector, index: int, level: float) -> tuple[float, float]:
    """Interval of one coordinate by profile likelihood: where the loss, least over the others, has risen enough.

    Half the chi-square quantile of one degree of freedom (Wilks 1938) is enough. An end is infinite when the loss
    does not rise so much within reach.
    """
    others = np.arange(len(at)) != index
    limit = loss(at) + 0.5 * scipy.special.chdtri(1, 1 - level)
    last = at[others].copy()

    def above(value: float) -> float:
        nonlocal last

        def fixed(rest: Vector) -> float:
            whole = np.empty(len(at))
            whole[index], whole[others] = value, rest
            return loss(whole)

        box = [(place - PROFILE_REACH, place + PROFILE_REACH) for place in at[others]]
        found = scipy.optimize.minimize(fixed, last, method="L-BFGS-B", bounds=box)
        last = found.x
        return float(found.fun) - limit

    ends = []
    for side in (-1, 1):
        last = at[others].copy()
        ends.append(_crossing(above, float(at[index]), side))
    return ends[0], ends[1]


def _crossing(above: Callable[[float], float], start: float, side: int) -> float:
    """Where a rising function crosses zero on one side of a start, doubling the step; infinite beyond reach."""
    inner, step = start, WIDE
    while step <= 2 * PROFILE_REACH:
        outer = start + side * step
        if above(outer) > 0:
            return float(scipy.optimize.brentq(above, inner, outer, xtol=1e-4))
        inner, step = outer, 2 * step
    return side * math.inf


def carried(function: Callable[[Vector], Vector], peak: Peak) -> tuple[Vector, Vector]:
    """Figures computed from the coordinates, and their covariance (delta method).

    Parameters
    ----------
    function : takes coordinates (m,), gives figures (k,) on a scale on which they are nearly normal.

    Returns
    -------
    Figures (k,) and covariance (k, k); NaN where the peak is not sound.
    """
    shifts = SLOPE_STEP * np.eye(len(peak.at))
    slope = np.array([(function(peak.at + one) - function(peak.at - one)) / (2 * SLOPE_STEP) for one in shifts])
    slope[peak.bound] = 0.0  # at a bound nothing that can be seen changes
    return function(peak.at), slope.T @ peak.covariance @ slope
