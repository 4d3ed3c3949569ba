"""Staff at the start: how many positions, agents in mid-life, and the rota."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

import sim.model.columns as t
import sim.model.state as s
from sim.engines.start.tables import day_shapes, weekday_weights
from sim.inputs.scenario import Resolved, Scenario
from sim.model import draws
from sim.model.clock import HALF_HOURS, HOUR, WEEK_DAYS, YEAR_DAYS
from sim.model.state import State


def most_positions(resolved: Resolved) -> int:
    """Positions there is room for: the most planned in any phase, three times as many when following the load."""
    planned = max(int(params[t.EMPLOYEES, 0] + 0.5) for _, params in resolved.phases)
    follows = any(params[t.STAFFING_FOLLOWS, 0] > 0.0 for _, params in resolved.phases)
    return max(1, 3 * planned + 1 if follows else planned)


def hire_staff(state: State, params: NDArray[np.float64]) -> None:
    """Fill the positions with agents whose tenures are those of a staff that has long been turning over."""
    filled = int(params[t.EMPLOYEES, 0] + 0.5)
    state.company_i[s.POSITIONS] = filled
    state.company[s.PRESSURE] = params[t.PRESSURE_REFERENCE, 0]
    state.company[s.LOAD] = _planned_load(params, filled, state.hours)
    position = np.arange(state.agent.shape[1])
    rate = max(float(params[t.QUIT_RATE, 0]), 1e-9)
    tenure = -np.log(draws.uniforms(state.keys, draws.START_AGE, position, 1)) / rate * YEAR_DAYS
    vacant = draws.uniforms(state.keys, draws.START_STANDING, position, 1)
    lag = params[t.HIRE_LAG, 0]
    empty = vacant < lag * rate / (YEAR_DAYS + lag * rate)
    state.agent_i[s.EMPLOYED] = (position < filled) & ~empty
    state.agent_i[s.GENERATION] = 1
    state.agent_i[s.HIRED_DAY] = -np.minimum(tenure, 1e5).astype(np.int64)
    left = draws.uniforms(state.keys, draws.START_PHASE, position, 1) * lag
    state.agent_i[s.VACANT_UNTIL] = np.where(position < filled, 1 + left.astype(np.int64), int(lag))
    state.agent[s.STRESS] = params[t.QUIT_STRESS, 0]
    state.agent[s.ATTITUDE] = params[t.ATTITUDE_TONE, 0]
    state.company[s.MEAN_ATTITUDE] = params[t.ATTITUDE_TONE, 0]


def _planned_load(params: NDArray[np.float64], employees: int, opening: NDArray[np.int64]) -> float:
    """Load (Erlangs) for which the square-root rule would ask for just these employees; a start for its smoothing."""
    hours = 1e-9 + params[t.WEEK_HOURS, 0] * (1.0 - params[t.SHRINKAGE, 0]) * employees
    seats = hours / max(1e-9, float(np.sum(np.diff(opening, axis=1)) / HOUR))
    root = 0.5 * (np.sqrt(params[t.STAFFING_BETA, 0] ** 2 + 4.0 * seats) - params[t.STAFFING_BETA, 0])
    return float(root * root)


def rota(
    scenario: Scenario, params: NDArray[np.float64], hours: NDArray[np.int64], positions: int
) -> NDArray[np.int32]:
    """Seats by half-hour of the week for every number of positions, (positions + 1, 7 * 48)."""
    shapes = day_shapes(scenario, hours) * weekday_weights(scenario)[:, None]
    seats = np.zeros((positions + 1, WEEK_DAYS * HALF_HOURS), dtype=np.int32)
    productive = 2.0 * params[t.WEEK_HOURS, 0] * (1.0 - params[t.SHRINKAGE, 0])
    for n in range(1, positions + 1):
        seats[n] = seats_by_half_hour(shapes.ravel(), n * productive, n, float(params[t.STAFFING_BETA, 0]))
    return seats


def seats_by_half_hour(shape: NDArray[np.float64], half_hours: float, most: int, beta: float) -> NDArray[np.int32]:
    """Spread paid half-hours over the open ones by the square-root rule on their load; at least one seat, at most all.

    Parameters
    ----------
    shape : expected contacts by half-hour (relative), (336,).
    half_hours : seat half-hours to give out; most : agents there are; beta : safety of the square-root rule.
    """
    open_ = shape > 0.0
    share = shape[open_] / shape.sum()

    def wanted(load: float) -> NDArray[np.float64]:
        return np.clip(load * share + beta * np.sqrt(load * share), 1.0, most)

    if half_hours >= most * open_.sum():
        exact = np.full(len(share), float(most))
    elif half_hours <= wanted(0.0).sum():
        exact = wanted(0.0)
    else:
        top = 1.0
        while wanted(top).sum() < half_hours:
            top *= 2.0
        exact = wanted(scipy.optimize.brentq(lambda load: wanted(load).sum() - half_hours, 0.0, top))
    seats = np.floor(exact).astype(np.int32)
    short = round(min(half_hours, exact.sum()) - seats.sum())
    seats[np.argsort(seats - exact, kind="stable")[: max(0, short)]] += 1
    full = np.zeros(len(shape), dtype=np.int32)
    full[open_] = np.minimum(seats, most)
    return full
