"""Without the mechanisms that were added to it, the company tells the history that it told before it had them."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

import sim.model.state as s
from sim.engines import run
from sim.inputs.policies import policy_from_dict
from sim.inputs.scenario import Scenario
from tests.baseline.record import COMPANY, POLICIES, TOTALS

OFF = (
    "cause_rate", "promise_load", "review_probability", "review_routine", "join_rating_slope", "argue", "pest_share",
    "attitude_spread", "survey_asked",
)  # fmt: skip
# What only a mechanism fills that is off by default, or was switched off above.
ONCE_ABSENT = (
    s.CAUSE_ISSUES, s.CAUSES_OPENED, s.CAUSES_ENDED, s.REGISTERED, s.FIXES_STARTED, s.FIXES_DONE, s.REVIEWS_GOOD,
    s.REVIEWS_BAD, s.STARS_GIVEN, s.LET_GO, s.PEST_CASES, s.UPDATES_SENT, s.UPDATES_MISSED, s.ADMISSIONS, s.ARGUMENTS,
    s.EXTRAS, s.EXTRA_STEPS, s.FREE_HELPS, s.FOLLOW_UPS, s.CALLBACKS_OFFERED, s.CALLBACKS_CHOSEN,
    s.CALLBACKS_ANSWERED, s.CALLBACK_WAIT, s.SURVEYS_SENT, s.SURVEY_ANSWERS, s.SURVEY_POINTS, s.SURVEY_HAPPY,
    s.SURVEY_PROMOTERS, s.SURVEY_DETRACTORS, s.PREMIUM_PAID, s.FIX_COSTS, s.GESTURE_COSTS, s.REWARDS_COST,
    s.FOLLOW_UP_COSTS, s.DAY_FIRED, s.DAY_CAUSES,
)  # fmt: skip
UNUSED = {"SYSTEM_TICKS", "SYSTEM_DONE"}  # of the bare queue


def without_the_new(led: bool) -> Scenario:
    company = Scenario.load(COMPANY).override(**dict.fromkeys(OFF, 0.0))
    for policy in POLICIES if led else ():
        company = company.under(policy_from_dict(policy))
    return company


def recorded() -> dict[str, dict[str, int]]:
    with TOTALS.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return {line["row"]: {k: int(line[k]) for k in ("alone", "led")} for line in csv.DictReader(lines)}


@pytest.mark.parametrize("led", [False, True], ids=["alone", "led"])
def test_without_the_new_mechanisms_it_is_the_history_of_before(led):
    total = run(without_the_new(led)).state.board.sum(axis=1)
    now = {name: int(total[getattr(s, name)]) for name in recorded()}
    assert now == {name: totals["led" if led else "alone"] for name, totals in recorded().items()}
    assert not total[list(ONCE_ABSENT)].any()


@pytest.mark.parametrize("name", [name for name in OFF if name != "join_rating_slope"])
def test_each_mechanism_would_have_been_seen(name):
    """Left on, each tells another history: the comparison above can fail for it (a rating needs reviews to matter)."""
    company = without_the_new(False)
    board = run(company.change(parameters={k: v for k, v in company.parameters.items() if k != name})).state.board
    other = board.sum(axis=1)
    same = all(other[getattr(s, row)] == totals["alone"] for row, totals in recorded().items())
    assert not same or other[list(ONCE_ABSENT)].any()


def test_what_was_recorded_is_a_busy_history():
    idle = {name for name, totals in recorded().items() if not totals["alone"] and not totals["led"]}
    assert idle == UNUSED


def test_what_is_recorded_is_not_replaced_without_a_reason(tmp_path):
    before = TOTALS.read_bytes(), COMPANY.read_bytes()
    script = TOTALS.parent / "record.py"
    done = subprocess.run(
        [sys.executable, script, "--source", tmp_path, "--commit", "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "--reason" in done.stderr
    assert (TOTALS.read_bytes(), COMPANY.read_bytes()) == before
