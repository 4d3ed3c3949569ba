"""Conservation, exactly, whatever the scenario: ordinary, extreme, under policies, and at the corners of the ranges."""

import numpy as np
import pytest
from hypothesis import given

import sim.model.state as s
from sim.inputs.parameters import load
from sim.inputs.policies import CATALOGUE, Bundle
from sim.model.clock import YEAR_DAYS
from tests.engines.balance import check, totals, watched
from tests.engines.worlds import BASE, DAYS, EXTREMES, PUSHED, pushed, scenarios, small

# What the mechanisms of the levers count.
MECHANISMS = (*range(s.DELIVERIES_PROMISED, s.REVENUE), s.FIX_COSTS, s.GESTURE_COSTS, s.REWARDS_COST, s.FOLLOW_UP_COSTS)


@given(scenarios())
def test_everything_balances_in_any_small_company(scenario):
    check(*watched(scenario))


@pytest.mark.parametrize("name", EXTREMES)
def test_everything_balances_in_an_extreme_company(name):
    check(*watched(small(**EXTREMES[name])))


@pytest.mark.parametrize("name", PUSHED)
def test_everything_balances_with_the_mechanisms_driven_as_far_as_they_go(name):
    check(*watched(pushed(name)))


def test_everything_balances_under_all_policies_with_a_ramp_and_a_warm_up():
    policies = Bundle(tuple(kind(start=10, ramp=5) for kind in CATALOGUE.values()))
    scenario = small(issue_ambient=0.2).change(warm_up=20 / YEAR_DAYS).under(policies)
    history, overtime = watched(scenario)
    check(history, overtime)
    assert len(history.resolved.phases) > 2


def test_the_extremes_are_what_they_say():
    def total(name: str) -> np.ndarray:
        return totals(watched(small(**EXTREMES[name]))[0])

    assert total("no agents")[s.ANSWERED] == 0 < total("no agents")[s.ABANDONED]
    assert total("no managers, all held")[s.MANAGER_DECISIONS] == 0 < total("no managers, all held")[s.HOLDS_EXPIRED]
    silent = total("nobody complains")
    assert silent[s.COMPLAINTS] == 0 < silent[s.SILENCES] == silent[s.PURCHASES]
    assert total("every promise broken with a word")[s.PROMISES_KEPT] == 0
    assert total("nothing is ever solved")[s.CASES_QUICK] == 0
    assert total("two people, all tell")[s.RETOLD] >= 0
    assert total("agents quit at once")[s.QUITS] > 10


def test_the_mechanisms_are_driven_as_far_as_they_say():
    def total(name: str) -> np.ndarray:
        return totals(watched(pushed(name))[0])

    every = total("every mechanism")
    assert not [row for row in MECHANISMS if not every[row]]
    at_once = total("heard of once, fixed at once")
    assert 20 < at_once[s.FIXES_STARTED] <= at_once[s.REGISTERED]
    assert at_once[s.FIXES_DONE] > 0.8 * at_once[s.FIXES_STARTED]
    daily = total("a cause every day that hardly ever ends")
    assert daily[s.CAUSES_OPENED] == daily[s.CAUSES_ENDED] == DAYS  # the oldest makes room
    gone = total("everybody pesters, and is let go")
    left = gone[s.LET_GO] + gone[s.LEFT_AFTER_CASE] + gone[s.LEFT_GRIEVED]
    assert gone[s.LET_GO] > 50
    assert gone[s.CASES_CLOSED] - gone[s.CASES_SILENT] <= left <= gone[s.CASES_CLOSED]
    endless = total("everybody pesters without end")
    assert endless[s.ENQUIRIES] > 2 * endless[s.PURCHASES]
    assert total("nobody pesters, all are taken for it")[s.LET_GO] > 50
    called = total("everybody is called back in turn")
    assert 100 < called[s.CALLBACKS_OFFERED] == called[s.CALLBACKS_CHOSEN]
    missed = total("no update ever comes")
    assert missed[s.UPDATES_MISSED] == missed[s.PROMISES_MADE] + missed[s.RETURNS] > 100
    assert missed[s.UPDATES_SENT] == 0
    more, less = total("far more is promised than can be kept"), total("far less is promised than can be kept")
    assert more[s.PROMISES_KEPT] == 0 < more[s.PROMISES_BROKEN]
    assert more[s.DELIVERIES_LATE] == more[s.DELIVERIES_PROMISED] > 100
    assert less[s.PROMISES_BROKEN] == 0 < less[s.PROMISES_KEPT]
    paid = total("all that goodwill is worth is asked")
    assert paid[s.PREMIUM_PAID] > 0.5 * paid[s.GOODS] > 0
    assert total("nobody thinks highly enough to pay more")[s.PREMIUM_PAID] == 0
    said = total("everybody reviews everything")
    assert said[s.REVIEWS_GOOD] + said[s.REVIEWS_BAD] > said[s.CASES_CLOSED] > 100
    asked = total("everybody answers every survey")
    assert 50 < asked[s.SURVEY_ANSWERS] == asked[s.SURVEYS_SENT] == asked[s.CASES_CLOSED]
    argued = total("an argument about everything")
    assert argued[s.ISSUES] == argued[s.PURCHASES] > 100
    assert argued[s.CASES_ANSWERED] <= argued[s.ARGUMENTS]
    care = total("everything for everybody")
    assert care[s.EXTRA_STEPS] == care[s.ANSWERED] > 100
    assert care[s.EXTRAS] == care[s.PURCHASES] - care[s.ISSUES] > 100
    assert care[s.REWARDS_COST] == care[s.REVENUE] > 0


# ---- corners of the ranges ---------------------------------------------------------------------------------------

CORNERS = 12
SUBJECTS = ("staff", "centre", "word_of_mouth", "authority", "loyalty")


def corners() -> list[dict[str, float]]:
    """Latin corners: each parameter stands at its low end in one half of the scenarios, else at its high end."""
    rng = np.random.default_rng(20180501)
    found: list[dict[str, float]] = [{} for _ in range(CORNERS)]
    for parameter in load().values():
        if parameter.subject not in SUBJECTS or parameter.low is None or isinstance(parameter.value, tuple):
            continue
        if parameter.name == "employees" or parameter.name.startswith("repurchase"):
            continue
        for k, high in enumerate(rng.permutation(np.arange(CORNERS) % 2)):
            found[k][parameter.name] = (parameter.low, parameter.high)[high]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CORNERS))
def test_nothing_runs_away_at_a_corner_of_the_ranges(number):
    scenario = BASE.change(years=2.0, warm_up=0.0).override(
        **{"market_size": 800, "employees": 1 + number % 3, **corners()[number]}
    )
    history, overtime = watched(scenario)
    check(history, overtime)
    customers = history.state.board[s.DAY_CUSTOMERS]
    assert customers.min() >= 0
    assert customers.max() <= 800
    # A backlog that grows without end would be a runaway: fewer cases are open than there are customers.
    assert history.state.company_i[s.OPEN_CASES] <= customers[-1]
