"""Customers behave as stated: better service never loses any, complaining beats silence, and words move the market."""

import pytest

import sim.model.state as s
from sim.engines import run
from sim.inputs.scenario import Scenario
from tests.behaviour.trial import difference, falls, figures, never_falls, rises

MARKET = Scenario.load("small_company").change(years=1.0, warm_up=0.0)
MARKET = MARKET.override(market_size=600, employees=2, quit_rate=0.0, purchase_gap_mean=25.0, join_probability=0.1)
TROUBLED = MARKET.override(issue_ambient=0.1)
CAREFREE = {"issue_ambient": 0.0, "issue_misunderstanding": 0.0, "delivery_broken": 0.0}


# ---- service and customers ---------------------------------------------------------------------------------------


def test_fewer_issues_keep_customers():
    rises(TROUBLED, MARKET.override(**CAREFREE), "customers_end")


def test_better_routine_quality_keeps_customers():
    rises(MARKET.override(routine_quality=0.5), MARKET.override(routine_quality=0.9), "customers_end")


@pytest.mark.slow
def test_every_issue_resolved_at_once_keeps_more_than_none():
    solving = {"solve_enquiry": 1.0, "solve_issue": 1.0, "promise_minor": 0.0, "promise_major": 0.0}
    never = {"solve_enquiry": 0.0, "solve_issue": 0.0, "solve_competence": 0.0, "opinion_use": 0.0}
    complaining = TROUBLED.override(complain_minor=0.9, complain_major=0.9)
    rises(complaining.override(**never), complaining.override(**solving), "customers_end")


def test_when_recovery_is_good_complaining_keeps_customers_that_silence_loses():
    """The silent get nothing; those who complain get a recovery: getting people to complain is a lever of its own."""
    recovering = TROUBLED.override(solve_issue=1.0, promise_minor=0.0, promise_major=0.0, manager_approves=1.0)
    silent, heard = (recovering.override(complain_minor=c, complain_major=c) for c in (0.05, 0.95))
    rises(silent, heard, "customers_end")
    falls(silent, heard, "silent")
    falls(silent, heard, "avoiding")


def test_nothing_done_for_complainers_reaches_the_silent():
    mute = TROUBLED.override(complain_minor=0.0, complain_major=0.0, enquiry_probability=0.0)
    better = mute.override(solve_issue=1.0, rapport=0.9, training=1.0, employees=4, opinion_use=1.0)
    for measure in ("customers_end", "told_bad", "avoiding", "csat"):
        assert figures(better)[measure] == figures(mute)[measure]


@pytest.mark.slow
def test_habit_keeps_after_an_issue():
    rises(TROUBLED.override(reference_habit=0.95), TROUBLED.override(reference_habit=0.4), "retention_12m", 16)


@pytest.mark.slow
def test_avoiding_longer_leaves_fewer_to_win_back():
    falls(TROUBLED.override(avoid_mean=0.2), TROUBLED.override(avoid_mean=3.2), "customers_end")


# ---- word of mouth -----------------------------------------------------------------------------------------------


def test_without_word_of_mouth_nobody_is_told_and_nobody_joins_by_it():
    found = figures(MARKET.override(word_of_mouth=0.0, heard_memory=0.001))
    assert (found["told_good"], found["told_bad"], found["joined_by_wom"]) == (0.0, 0.0, 0.0)


def test_then_nothing_about_telling_matters():
    mute = MARKET.override(word_of_mouth=0.0)
    loud = mute.override(tell_delighted=1.0, tell_poor=1.0, tell_routine=0.5, retell=0.1)
    one, other = (run(scenario).state.board for scenario in (mute, loud))
    start = figures(mute)["joined"], figures(loud)["joined"]
    assert (
        one[[s.TOLD_GOOD, s.TOLD_BAD, s.TELLERS_GOOD]].sum()
        == other[[s.TOLD_GOOD, s.TOLD_BAD, s.TELLERS_GOOD]].sum()
        == 0
    )
    assert start[0] == start[1]


@pytest.mark.slow
def test_good_words_bring_customers_and_bad_words_keep_them_away():
    talking = MARKET.override(tell_delighted=0.6, tell_satisfied=0.4)
    rises(talking.override(heard_up=0.0), talking.override(heard_up=0.25), "joined")
    furious = TROUBLED.override(tell_poor=0.8, tell_dissatisfied=0.5, heard_memory=2.0)
    falls(furious.override(heard_down=0.0), furious.override(heard_down=0.3), "joined")


@pytest.mark.slow
def test_retelling_reaches_more():
    rises(MARKET.override(retell=0.0), MARKET.override(retell=0.03), "told_good")


# ---- money -------------------------------------------------------------------------------------------------------


def test_a_higher_margin_is_worth_its_money_to_the_last_hundredth():
    """Without anything that depends on money, only the cost of goods moves."""
    low, high = (figures(MARKET.override(gross_margin=margin)) for margin in (0.30, 0.40))
    assert high["profit"] - low["profit"] == pytest.approx(low["goods"] - high["goods"])
    assert high["customers_end"] == low["customers_end"]


@pytest.mark.slow
def test_more_agents_cost_their_wages():
    found = difference(MARKET, MARKET.override(employees=5), "wages_agents", 3)
    assert found.low > 0.0


# ---- signs, with the power to see them ---------------------------------------------------------------------------

MARGIN = 0.02
SIGNS = {
    "better routine quality": {"routine_quality": 0.78},
    "training": {"training": 1.0},
    "better trained to solve": {"solve_enquiry": 0.55, "solve_issue": 0.62},
    "more staff": {"employees": 5},
    "fewer issues": {"issue_ambient": 0.012, "issue_misunderstanding": 0.003},
    "promises kept": {"promise_kept": 0.95},
    "rapport": {"rapport": 0.8},
}
CLEAR = {"better routine quality", "fewer issues"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNS)
def test_better_service_never_loses_customers(name):
    """Not by two per cent of them, at a z of 3; and where the lever is a large one, it clearly wins some."""
    base = MARKET.change(years=2.0).override(market_size=2500, employees=3, purchase_gap_mean=60.0)
    better = base.override(**SIGNS[name])
    never_falls(base, better, "customers_end", MARGIN, 10)
    if name in CLEAR:
        rises(base, better, "customers_end", 10)
