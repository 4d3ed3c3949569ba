"""Nothing runs away: with every loop at the ends of its ranges the company stays within bounds for ten years.

The loops feed back on themselves. Stress makes agents rude, rudeness makes customers angry, and they make stress;
stress makes agents quit, and those who are left are under pressure; pressure breaks promises and makes mistakes, which
come back as contacts; attitudes drag each other down; what is said brings customers, of whom more is said; causes that
nobody hears of add up; a rating draws those who rate.
"""

from __future__ import annotations

import numpy as np
import pytest

import sim.model.state as s
from sim.engines import History, run
from sim.inputs.parameters import load
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS
from tests.engines import balance

YEARS = 10
PEOPLE = 10_000
BASE = Scenario.load("small_company").change(years=YEARS, warm_up=0.0)
# The end of its range at which a parameter drives its loop hardest.
HIGH = (
    "stress_contact", "stress_pressure", "stress_memory", "courtesy_stress", "angry_enquiry", "angry_request",
    "angry_minor", "angry_major", "angry_repeat", "angry_broken", "angry_discourtesy", "quit_rate", "quit_slope",
    "quit_cap", "hire_lag", "learning_days", "attitude_strain", "attitude_peers", "courtesy_attitude", "cause_rate",
    "cause_excess", "cause_life", "fix_lead", "feedback_times", "tell_dissatisfied", "tell_poor", "tell_delighted",
    "tell_satisfied", "tell_routine", "heard_up", "heard_down", "heard_stranger", "heard_memory", "retell",
    "join_goodwill_slope", "join_rating_slope", "review_probability", "review_extremes", "review_routine",
    "promise_load", "promise_strain", "promise_level", "promise_lift", "pressure_quality", "contact_again",
    "redial_probability", "pest_share", "pest_volume", "pest_anger", "goodwill_weight", "disconfirmation_gain",
    "loss_ratio", "issue_ambient", "issue_misunderstanding", "delivery_promised", "delivery_broken", "argue",
    "argue_anger", "goodwill_slope", "disposition_goodwill_slope", "enquiry_probability",
)  # fmt: skip
LOW = (
    "quit_stress", "attitude_top", "feedback_registered", "fix_effect", "heard_damping", "rating_prior",
    "rating_memory", "solve_enquiry", "solve_issue", "promise_kept", "pressure_reference", "novice_competence",
    "courtesy_base",
)  # fmt: skip
CORNERS = 14
SEED = 20160915


def ends() -> dict[str, tuple[float, float]]:
    """The gentle and the worst end of each parameter's range."""
    known = load()
    found = {name: (known[name].low, known[name].high) for name in HIGH}
    return found | {name: (known[name].high, known[name].low) for name in LOW}


def corners() -> list[dict[str, float]]:
    """All at their worst; what helps at its best and the rest at the worst; then Latin corners, half of each."""
    worst = {name: bad for name, (_, bad) in ends().items()}
    praised = worst | {name: ends()[name][0] for name in ("tell_dissatisfied", "tell_poor", "heard_down")}
    blamed = worst | {
        name: ends()[name][0] for name in ("tell_delighted", "tell_satisfied", "tell_routine", "heard_up")
    }
    rng = np.random.default_rng(SEED)
    latin: list[dict[str, float]] = [{} for _ in range(CORNERS - 3)]
    for name, end in ends().items():
        for k, bad in enumerate(rng.permutation(np.arange(len(latin)) % 2)):
            latin[k][name] = end[bad]
    return [worst, praised, blamed, *latin]


def test_the_corners_stand_at_the_ends_of_the_ranges_and_each_end_is_tried():
    found = corners()
    assert len(found) == CORNERS
    for name, both in ends().items():
        assert {corner[name] for corner in found} == set(both)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CORNERS))
@pytest.mark.parametrize("employees", [2, 3])
def test_nothing_runs_away_at_the_worst_ends_of_the_ranges(number, employees):
    history = run(BASE.override(employees=employees, **corners()[number]), engine="compiled")
    balance.check(history)
    bounded_every_day(history)
    for year in range(YEARS):
        no_gridlock(history.state.board[:, year * YEAR_DAYS : (year + 1) * YEAR_DAYS])
    settled(history)


def bounded_every_day(history: History) -> None:
    board, daily = history.state.board, history.state.board_f
    for row, low, high in (
        (s.DAY_STRESS, 0.0, 1.0), (s.DAY_ATTITUDE, 0.0, 1.0), (s.DAY_RATING, 1.0, 5.0), (s.DAY_EXCESS, 0.0, 1.0),
        (s.DAY_PRESSURE, 0.0, np.inf),
    ):  # fmt: skip
        assert np.isfinite(daily[row]).all()
        assert low <= daily[row].min() <= daily[row].max() <= high
    assert board[s.DAY_CUSTOMERS].max() < PEOPLE
    assert board[s.DAY_CAUSES].max() < s.MOST_CAUSES


def no_gridlock(year: np.ndarray) -> None:
    """Cases go on being answered and closed: no more are left open than there are customers."""
    total = year.sum(axis=1)
    assert total[s.ANSWERED] > 0
    assert year[s.DAY_OPEN_CASES].max() <= year[s.DAY_CUSTOMERS].max()
    assert total[s.CASES_CLOSED] > 0.8 * total[s.CASES_OPENED]


def settled(history: History) -> None:
    """The last two years look like each other, within two points of the market: what went far has come to rest."""
    customers = history.state.board[s.DAY_CUSTOMERS].reshape(YEARS, YEAR_DAYS).mean(axis=1)
    assert abs(customers[-1] - customers[-2]) < 0.02 * PEOPLE
