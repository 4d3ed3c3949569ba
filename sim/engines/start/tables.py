"""Fixed tables of a run: when contacts come, and how long callers wait."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.engines.start.steady_state import NEVER, number
from sim.inputs.scenario import Scenario
from sim.model import draws
from sim.model.clock import HALF_HOUR, HALF_HOURS, HOUR, MINUTE, SECOND, WEEK_DAYS

# Sizes of tables, not quantities of the model.
KERNEL_REACH = 14
PROFILE_KNOTS = 513
Shapes = tuple[NDArray[np.float64], NDArray[np.float64]]


def _list(scenario: Scenario, name: str) -> NDArray[np.float64]:
    return np.array(scenario.value(name), dtype=np.float64)


def opening_hours(scenario: Scenario) -> NDArray[np.int64]:
    """Opening and closing by weekday, ticks of the day: (7, 2)."""
    hours = np.stack([_list(scenario, "open_hour"), _list(scenario, "close_hour")], axis=1) * HOUR
    return hours.astype(np.int64)


def weekday_weights(scenario: Scenario) -> NDArray[np.float64]:
    """Relative number of contacts by weekday: the fitted weights on the days that are open."""
    hours = opening_hours(scenario)
    return np.where(hours[:, 1] > hours[:, 0], np.maximum(_list(scenario, "weekday_weight"), NEVER), 0.0)


def delay_kernel(scenario: Scenario, keys: NDArray[np.uint64], days: int) -> NDArray[np.float64]:
    """Cumulative chance of a contact d days after a cause on each day: delay x weekday x the day's own factor."""
    day = np.arange(days + 2 * KERNEL_REACH)
    cv = number(scenario, "day_factor_cv")
    sigma = np.sqrt(np.log1p(cv * cv))
    normal = scipy.special.ndtri(draws.uniforms(keys, draws.DAY_FACTOR, np.zeros_like(day), day))
    factor = np.exp(sigma * normal - 0.5 * sigma * sigma)
    factor *= weekday_weights(scenario)[day % WEEK_DAYS]
    delay = np.exp(-np.arange(KERNEL_REACH) / max(number(scenario, "contact_delay"), 1e-9))
    ahead = np.lib.stride_tricks.sliding_window_view(factor, KERNEL_REACH)[: days + KERNEL_REACH]
    weights = np.cumsum(ahead * delay, axis=1)
    return np.ascontiguousarray(weights / weights[:, -1:])


def day_shapes(scenario: Scenario, hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of a day's contacts by half-hour: the fitted shape within our own opening hours, (7, 48)."""
    shapes = np.zeros((WEEK_DAYS, HALF_HOURS))
    edges = np.arange(HALF_HOURS + 1) * HALF_HOUR
    for weekday, (opening, closing) in enumerate(hours):
        full = closing - opening > hours[0, 1] - hours[0, 0] - HOUR
        shape = _list(scenario, "profile_full_day" if full else "profile_short_day")
        inside = np.clip(np.minimum(edges[1:], closing) - np.maximum(edges[:-1], opening), 0, None) / HALF_HOUR
        total = (shape * inside).sum()
        if total > 0.0:
            shapes[weekday] = shape * inside / total
    return shapes


def day_profile(scenario: Scenario, hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Quantiles of the time of day (ticks) by weekday, (7, knots)."""
    grid = np.linspace(0.0, 1.0, PROFILE_KNOTS)
    profile = np.zeros((WEEK_DAYS, PROFILE_KNOTS), dtype=np.int64)
    for weekday, shape in enumerate(day_shapes(scenario, hours)):
        opening, closing = hours[weekday]
        if shape.sum() == 0.0:
            continue
        edges = np.clip(np.arange(HALF_HOURS + 1) * HALF_HOUR, opening, closing)
        reached = np.concatenate([[0.0], np.cumsum(shape)])
        profile[weekday] = np.interp(grid, reached, edges).astype(np.int64)
        profile[weekday] = np.clip(profile[weekday], opening, closing - 1)
    return profile


def patience_shape(scenario: Scenario, as_priority: NDArray[np.float64]) -> Shapes:
    """Knots and hazard of patience in units of its mean: (segments, pieces) each.

    Parameters
    ----------
    as_priority : by segment, whether its callers hang up as priority callers do (1) or as regular ones (0).
    """
    inner = _list(scenario, "patience_knots") / (MINUTE / SECOND)
    knots = np.concatenate([[0.0], inner])
    both = [], []  # type: tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]
    for priority in as_priority:
        name = "patience_hazard_priority" if priority > 0.0 else "patience_hazard_regular"
        hazard = _list(scenario, name)
        survival = np.exp(-np.concatenate([[0.0], np.cumsum(hazard[:-1] * np.diff(knots))]))
        ends = np.concatenate([survival[1:], [0.0]])
        whole = survival * np.append(np.diff(knots), np.inf)  # of a piece in which nobody hangs up
        mean = float(np.sum(np.divide(survival - ends, hazard, out=whole, where=hazard > 0.0)))
        both[0].append(knots / mean)
        both[1].append(hazard * mean)
    return np.array(both[0]), np.array(both[1])
