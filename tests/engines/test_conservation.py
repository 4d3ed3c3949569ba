"""Conservation, exactly, whatever the scenario: ordinary, extreme, under policies, and at the corners of the ranges."""

import numpy as np
import pytest
from hypothesis import given

from sim import state as s
from sim.parameters import load
from sim.policies import CATALOGUE, Bundle
from sim.state import DAY_CUSTOMERS, OPEN_CASES, YEAR_DAYS
from tests.engines.balance import check, totals, watched
from tests.engines.worlds import BASE, EXTREMES, scenarios, small


@given(scenarios())
def test_everything_balances_in_any_small_company(scenario):
    check(*watched(scenario))


@pytest.mark.parametrize("name", EXTREMES)
def test_everything_balances_in_an_extreme_company(name):
    check(*watched(small(**EXTREMES[name])))


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
    customers = history.state.board[DAY_CUSTOMERS]
    assert customers.min() >= 0
    assert customers.max() <= 800
    # A backlog that grows without end would be a runaway: fewer cases are open than there are customers.
    assert history.state.company_i[OPEN_CASES] <= customers[-1]
