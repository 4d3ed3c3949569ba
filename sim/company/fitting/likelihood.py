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
Slope = Callable[[Vector], Vector]

WIDE = 0.5
"""Standard error of a log above which the parabola of the information matrix is no good likeness of the likelihood:
a factor of 2.7 either way at 95 %. The interval is then that of the profile likelihood."""
EDGE = 1e-3
"""Nearness to a bound, in logs, that counts as being at it."""
STEP = float(np.finfo(float).eps ** (1 / 4))
"""Of second differences: balances rounding against curvature for coordinates of the order of one."""
SLOPE_STEP = float(np.finfo(float).eps ** (1 / 3))
"""The same for first differences."""
BOX = 14.0
"""Bounds of the other coordinates while one is held: logs and logits beyond which nothing changes."""
NEAR_ENOUGH, END_TOLERANCE = 1e-3, 0.01
"""How closely a profile is followed (its slope, in standard errors), and how closely its ends are found (in logs)."""
LEAST, MOST = 1e-5, 1e5
"""Where a profile interval is followed to; beyond, its end counts as 0 or infinite."""


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
    limits : lower and upper bounds, (2, m).
    """

    at: Vector
    log_likelihood: float
    covariance: Vector
    bound: NDArray[np.bool_]
    limits: Vector

    @property
    def sound(self) -> bool:
        """Whether the coordinates inside the bounds are settled by the records."""
        return bool(np.isfinite(self.covariance).all())

    def draws(self, count: int, rng: np.random.Generator) -> Vector:
        """Draw coordinates as the records leave them uncertain, (count, m): normal around the peak, inside bounds."""
        return np.clip(rng.multivariate_normal(self.at, self.covariance, count, method="eigh"), *self.limits)


def maximise(
    loss: Loss, start: Sequence[float], bounds: Sequence[tuple[float, float]], slope: Slope | None = None
) -> Peak:
    """Find the coordinates at which a loss, minus a log-likelihood, is least.

    Parameters
    ----------
    loss : takes coordinates (m,).
    start : m coordinates inside ``bounds``.
    slope : gives the loss's slope (m,); by differences unless given.
    """
    low, high = limits = np.asarray(bounds, dtype=float).T
    own, scale = slope or _by_differences(loss), max(1.0, abs(loss(np.asarray(start, dtype=float))))

    def climbed(x: Vector) -> tuple[float, Vector]:
        inside = np.clip(x, low, high)
        return loss(inside) / scale, own(inside) / scale * (inside == x)

    found = scipy.optimize.minimize(climbed, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    ended = np.clip(found.x, low, high)
    bound = (ended < low + EDGE) | (ended > high - EDGE)
    at = _polished(loss, own, ended, ~bound, low, high)
    information = hessian(loss, at) if slope is None else _curvature(slope, at)
    return Peak(at, -loss(at), _covariance(information, ~bound), bound, limits)


def _by_differences(loss: Loss) -> Slope:
    """Slope of a function by central differences."""

    def slope(at: Vector) -> Vector:
        steps = SLOPE_STEP * np.eye(len(at))
        return np.array([(loss(at + step) - loss(at - step)) / (2 * SLOPE_STEP) for step in steps])

    return slope


def _polished(loss: Loss, slope: Slope, at: Vector, free: NDArray[np.bool_], low: Vector, high: Vector) -> Vector:
    """One Newton step in the free coordinates: the search stops at the noise of its differences."""
    inverse = _covariance(_curvature(slope, at), free)
    moved = at - inverse @ slope(at)
    inside = bool(((moved >= low) & (moved <= high)).all())  # False for NaN
    return moved if inside and loss(moved) <= loss(at) else at


def _curvature(slope: Slope, at: Vector) -> Vector:
    """Matrix (m, m) of second derivatives from slopes."""
    steps = SLOPE_STEP * np.eye(len(at))
    rows = np.array([(slope(at + step) - slope(at - step)) / (2 * SLOPE_STEP) for step in steps])
    return (rows + rows.T) / 2


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


def log_interval(
    loss: Loss, at: Vector, index: int, error: float, level: float, slope: Slope | None = None
) -> tuple[float, float]:
    """Interval of a positive parameter whose log is a coordinate: by Wald, or where that is no good by profile.

    Parameters
    ----------
    loss, at : in coordinates of which one is that log; the peak's place in them.
    index : which one.
    error : its standard error; NaN or 0 where the information matrix tells none.
    slope : the loss's; by differences unless given.

    Returns
    -------
    Ends of the parameter itself; 0 or infinity where the likelihood never falls enough.
    """
    half = normal_quantile(level) * error
    low, high = (at[index] - half, at[index] + half) if 0 < error <= WIDE else profile(loss, at, index, level, slope)
    return math.exp(low), math.exp(high)


def profile(loss: Loss, at: Vector, index: int, level: float, slope: Slope | None = None) -> tuple[float, float]:
    """Interval of one coordinate, a log, by profile likelihood: where the loss, least over the others, is high enough.

    Half the chi-square quantile of one degree of freedom (Wilks 1938) is enough. An end is infinite when the loss does
    not rise so much within reach.
    """
    own = slope or _by_differences(loss)
    least, enough, frame = loss(at), 0.5 * scipy.special.chdtri(1, 1 - level), _frame(own, at, index)
    last = np.zeros(len(at) - 1)

    def above(value: float) -> float:
        nonlocal last

        def place(steps: Vector) -> Vector:
            return np.insert(np.clip(np.delete(at, index) + frame @ steps, -BOX, BOX), index, value)

        found = scipy.optimize.minimize(
            lambda steps: loss(place(steps)) - least, last, method="BFGS",
            jac=lambda steps: np.delete(own(place(steps)), index) @ frame, options={"gtol": NEAR_ENOUGH},
        )  # fmt: skip
        last = found.x
        return float(found.fun - enough)

    ends = []
    for side in (-1, 1):
        last = np.zeros(len(at) - 1)
        ends.append(_crossing(above, float(at[index]), side))
    return ends[0], ends[1]


def _frame(slope: Slope, at: Vector, index: int) -> Vector:
    """Steps of the other coordinates in which the likelihood is about equally curved, (m - 1, m - 1)."""
    curvature = np.delete(np.delete(_curvature(slope, at), index, 0), index, 1)
    values, vectors = np.linalg.eigh(curvature)
    return vectors / np.sqrt(np.maximum(values, 1.0))


def _crossing(above: Callable[[float], float], start: float, side: int) -> float:
    """Where a rising function crosses zero on one side of a start, doubling the step; infinite beyond reach."""
    inner, step, end = start, WIDE, math.log(LEAST if side < 0 else MOST)
    while (end - inner) * side > 0:
        outer = min(inner + step, end) if side > 0 else max(inner - step, end)
        if above(outer) > 0:
            return _halved(above, inner, outer)
        inner, step = outer, 2 * step
    return side * math.inf


def _halved(above: Callable[[float], float], inner: float, outer: float) -> float:
    """Where the function crosses zero between a place below it and one above; the search within it has some noise."""
    while abs(outer - inner) > END_TOLERANCE:
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if above(middle) > 0 else (middle, outer)
    return (inner + outer) / 2


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
    return function(peak.at), slope.T @ peak.covariance @ slope
