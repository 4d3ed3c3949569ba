"""What do the rates of a scenario settle at, against what the mean-field of its start expects?

Runs a scenario without policies for some years and prints the ratios that its ``[parameters]`` (or, for the default
company, sim/parameters/start.toml) should hold, so that a run starts where it would end up. Run it again after changing
what people or the centre do.
"""

from __future__ import annotations

import argparse

import numpy as np

from sim import state as s
from sim import table
from sim.engines import History, run
from sim.scenario import Scenario
from sim.settled import mixture, settle_rates, settled_rating

RATIOS = (
    "settled_leave", "settled_grieved", "settled_join", "settled_goodwill", "settled_heard", "settled_rating",
)  # fmt: skip
ROUNDS = 60
DAMPING = 0.7


def observed(history: History, first: int) -> dict[str, float]:
    """Return leaving a customer-year, with a grievance and in all, joining a prospect-year, goodwill, heard, stars."""
    board = history.state.board[:, first:]
    customers = board[s.DAY_CUSTOMERS].sum() / s.YEAR_DAYS
    prospects = board[s.DAY_PROSPECTS].sum() / s.YEAR_DAYS
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
    shares = params[table.SEGMENT_SHARE]
    return {
        "settled_leave": mixture(params, rates)[1],
        "settled_grieved": float(np.average([r.leave * r.grieved for r in rates], weights=shares)),
        "settled_join": float(np.average([r.join for r in rates], weights=shares)),
        "settled_goodwill": float(np.average([r.goodwill for r in rates], weights=shares)),
        "settled_heard": float(np.average([r.heard for r in rates], weights=shares)),
        "settled_rating": settled_rating(params, rates, scenario),
    }


def fit(scenario: Scenario, shown: dict[str, float]) -> dict[str, float]:
    """Find the ratios under which the start has the observed figures (a damped fixed point)."""
    ratios = {name: float(np.atleast_1d(scenario.value(name))[0]) for name in RATIOS}
    for _ in range(ROUNDS):
        start = expected(scenario.override(**ratios))
        ratios = {name: ratios[name] * (shown[name] / start[name]) ** DAMPING for name in RATIOS}
    return ratios


def main() -> None:
    """Print the ratios as lines of TOML."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default="default")
    parser.add_argument("--years", type=float, default=4.0, help="measured years, after two that are left out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenario = Scenario.load(options.scenario).change(years=options.years, warm_up=2.0, seed=options.seed)
    shown = observed(run(scenario), scenario.first_day)
    for name, value in fit(scenario, shown).items():
        print(f"{name} = {value:.3f}  # observed {shown[name]:.4f}")


if __name__ == "__main__":
    main()
