"""Where a company settles against what the mean-field of its start expects: the ratios that a run shows.

A run starts in the long-run mixture of a mean field (`sim.engines.start.steady_state`); waits, lost calls and unequal
goodwill make the truth differ from it by a ratio for each rate, which the subject ``start`` of the parameters holds.
They are read off a run, and hold for companies like it.
"""

from __future__ import annotations

import numpy as np

import sim.model.state as s
from sim.engines import History
from sim.engines.start.steady_state import mixture, settle_rates, settled_rating
from sim.inputs.scenario import Scenario
from sim.model import columns
from sim.model.clock import YEAR_DAYS

RATIOS = (
    "settled_leave", "settled_grieved", "settled_join", "settled_goodwill", "settled_heard", "settled_rating",
)  # fmt: skip
"""Parameters that hold the ratios."""
ROUNDS = 60
"""Most rounds of the fixed point."""
DAMPING = 0.7
"""Share of the way to the next value that a round goes: the ratios work on each other."""
SETTLED = 1e-4
"""Relative change of a figure that is none: far below what a run of a few years tells."""


def observed(history: History) -> dict[str, float]:
    """Return what a run showed after its warm-up, by the parameter that corrects it.

    Leaving a customer-year, with a grievance and in all; joining a prospect-year; goodwill of customers and what
    prospects have heard, at the end; mean public rating (stars).
    """
    first = history.resolved.scenario.first_day
    board = history.state.board[:, first:]
    customers = board[s.DAY_CUSTOMERS].sum() / YEAR_DAYS
    prospects = board[s.DAY_PROSPECTS].sum() / YEAR_DAYS
    grieved = board[s.LEFT_GRIEVED].sum()
    left = grieved + board[s.LEFT_AFTER_CASE].sum() + board[s.LEFT_QUIETLY].sum()
    standing = history.state.status[s.STANDING]
    return {
        "settled_leave": left / customers,
        "settled_grieved": grieved / customers,
        "settled_join": board[s.JOINED].sum() / prospects,
        "settled_goodwill": float(np.mean(history.state.person[s.GOODWILL][standing == s.CUSTOMER])),
        "settled_heard": float(np.mean(history.state.person[s.HEARD][standing == s.PROSPECT])),
        "settled_rating": float(np.mean(history.state.board_f[s.DAY_RATING, first:])),
    }


def expected(scenario: Scenario) -> dict[str, float]:
    """Return the same figures as the start has them, the ratios in force included; segments by their shares."""
    params = scenario.resolve().phases[0][1]
    rates = settle_rates(params, scenario)
    shares = params[columns.SEGMENT_SHARE]
    return {
        "settled_leave": mixture(params, rates)[1],
        "settled_grieved": float(np.average([r.leave * r.grieved for r in rates], weights=shares)),
        "settled_join": float(np.average([r.join for r in rates], weights=shares)),
        "settled_goodwill": float(np.average([r.goodwill for r in rates], weights=shares)),
        "settled_heard": float(np.average([r.heard for r in rates], weights=shares)),
        "settled_rating": settled_rating(params, rates, scenario),
    }


def ratios(scenario: Scenario, shown: dict[str, float]) -> dict[str, float]:
    """Find the ratios under which the start of a scenario has the figures that a run showed (a damped fixed point).

    A ratio of figures of which one is zero or that differ in sign is left as it is: nothing talks, or nobody reviews.
    """
    found = {name: float(np.atleast_1d(scenario.value(name))[0]) for name in RATIOS}
    start = expected(scenario.override(**found))
    for _ in range(ROUNDS):
        found = {name: found[name] * _step(shown[name], start[name]) for name in RATIOS}
        before, start = start, expected(scenario.override(**found))
        if all(abs(start[name] - before[name]) <= SETTLED * abs(before[name]) for name in RATIOS):
            break  # also where a ratio goes on rising and a share is at its end
    return found


def _step(shown: float, start: float) -> float:
    return float((shown / start) ** DAMPING) if shown * start > 0.0 else 1.0
