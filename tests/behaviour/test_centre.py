"""The contact centre behaves like one: more hands, patience, authority and knowledge do what they do in any centre."""

import pytest

import sim.model.state as s
from sim.engines import run
from sim.inputs.scenario import Scenario
from tests.behaviour.trial import falls, figures, rises

# A busy office: few people who buy often and come back soon, served by one agent who stays (no vacancy blurs the
# comparison), a good part of their contacts about issues.
BUSY = Scenario.load("small_company").change(years=0.25, warm_up=0.0)
BUSY = BUSY.override(
    market_size=300, purchase_gap_mean=8.0, join_probability=0.9, consider_gap_mean=10.0, avoid_mean=0.05,
    issue_ambient=0.15, stake_routine=0.0, word_of_mouth=0.0, employees=1, quit_rate=0.0,
)  # fmt: skip
LONG = {"handling_enquiry": 12.0, "handling_request": 14.0, "handling_minor": 16.0, "handling_major": 22.0}
OVERLOADED = BUSY.override(**LONG)


def test_the_offices_are_as_busy_as_they_say():
    assert 0.1 < figures(BUSY)["occupancy"] < figures(OVERLOADED)["occupancy"] < 1.0
    assert figures(OVERLOADED)["abandonment"] > 0.1


@pytest.mark.parametrize(("measure", "check"), [("asa_s", falls), ("abandonment", falls), ("service_level", rises)])
def test_more_agents_make_for_shorter_waits(measure, check):
    check(OVERLOADED, OVERLOADED.override(employees=3), measure)


@pytest.mark.parametrize(("measure", "check"), [("abandonment", falls), ("asa_s", rises)])
def test_more_patience_means_fewer_abandon_and_longer_waits(measure, check):
    check(OVERLOADED, OVERLOADED.override(patience_mean=20.0), measure)


@pytest.mark.parametrize("measure", ["handoffs_per_case", "escalation_rate", "explanations_per_case"])
def test_more_empowerment_means_fewer_handoffs_and_escalations(measure):
    falls(BUSY.override(empowerment=0.1), BUSY.override(empowerment=0.95), measure)


def test_full_empowerment_never_asks_and_none_always_does():
    assert figures(BUSY.override(empowerment=1.0))["escalation_rate"] == 0.0
    assert figures(BUSY.override(empowerment=0.0))["authority_decided_alone"] == 0.0


@pytest.mark.slow
def test_empowerment_costs_generosity():
    """Agents pay more than the manager would, the more the less they are trained; nothing else differs here."""
    mean = BUSY.override(empowerment=1.0, generosity_trained=0.0, generosity_untrained=0.0)
    rises(mean, mean.override(generosity_trained=0.15, generosity_untrained=0.5), "compensation")


def test_holding_the_line_hands_nobody_on():
    transfer, hold = BUSY.override(hold_share=0.0), BUSY.override(hold_share=1.0)
    falls(transfer, hold, "handoffs_per_case")
    assert figures(hold)["handoffs_per_case"] == 0.0


@pytest.mark.parametrize("measure", ["fcr", "csat"])
def test_a_second_opinion_solves_more_at_once(measure):
    rises(BUSY.override(opinion_use=0.0), BUSY.override(opinion_use=1.0), measure)


def test_rapport_pleases():
    rises(BUSY.override(rapport=0.0), BUSY.override(rapport=1.0), "nps")


@pytest.mark.slow
def test_training_solves_more():
    """By what it adds to competence; a novice's is raised most, an expert's cannot be."""
    novices = BUSY.override(
        learning_days=400.0, novice_competence=0.15, quit_rate=6.0, quit_cap=6.0, hire_lag=1.0, employees=3
    )
    rises(novices, novices.override(training=1.0, training_competence=0.5), "fcr")


def test_promises_kept_please():
    promising = BUSY.override(promise_minor=1.0, promise_major=1.0, complain_minor=0.45, issue_ambient=0.4)
    rises(promising.override(promise_kept=0.5), promising.override(promise_kept=0.95), "csat")
    rises(promising.override(promise_kept=0.5), promising.override(promise_kept=0.95), "promises_kept")


@pytest.mark.slow
def test_a_word_in_advance_softens_a_broken_promise():
    broken = BUSY.override(
        promise_minor=1.0, promise_major=1.0, complain_minor=0.45, issue_ambient=0.4, promise_kept=0.5
    )
    rises(broken.override(promise_told=0.0), broken.override(promise_told=0.9), "csat")


@pytest.mark.parametrize(("measure", "check"), [("abandonment", rises), ("asa_s", falls)])
def test_an_announced_wait_that_is_overrun_costs_patience(measure, check):
    growing = OVERLOADED.override(overrun_growth=0.42, patience_mean=20.0)
    check(growing.override(announce=0), growing.override(announce=1), measure)


def test_an_announcement_without_growing_impatience_changes_no_wait():
    calm = OVERLOADED.override(overrun_growth=0.0, overrun_loss=0.0)
    silent, told = (run(calm.override(announce=value)) for value in (0, 1))
    assert silent.digest() == told.digest()


@pytest.mark.parametrize("measure", ["asa_s", "fcr"])
def test_pressure_hurries_agents_and_solves_less(measure):
    """Work pressure above its reference: calls are shorter, so that others wait less, and less is solved at once."""
    loaded = OVERLOADED.override(pressure_reference=0.05, pressure_quality=1.0)
    falls(loaded.override(pressure_elasticity=0.0), loaded.override(pressure_elasticity=-0.64), measure)


def waits_by_segment(scenario: Scenario) -> dict[str, float]:
    """Mean wait (minutes) of the answered contacts of each segment."""
    history = run(scenario, logging=True)
    answered = history.log_i[:, s.LOG_CODE] == s.ANSWER
    person = history.log_i[answered, s.LOG_PERSON]
    segment = history.state.status[s.SEGMENT, person]
    waited = history.log_f[answered, s.LOG_X]
    return {name: float(waited[segment == k].mean()) for k, name in enumerate(scenario.segments)}


def test_priority_callers_wait_less():
    mixed = OVERLOADED.override(patience_mean=500.0, segment_share={"regular": 0.5, "priority": 0.5})
    served = waits_by_segment(mixed.override(priority_class={"regular": 1, "priority": 0}))
    turned = waits_by_segment(mixed.override(priority_class={"regular": 0, "priority": 1}))
    assert served["priority"] < 0.9 * served["regular"]
    assert turned["regular"] < 0.9 * turned["priority"]


def test_a_class_of_ones_own_is_none():
    digests = {run(OVERLOADED.override(priority_class=k)).digest() for k in (0, 5)}
    assert len(digests) == 1


# ---- managers ----------------------------------------------------------------------------------------------------

HELD = BUSY.override(managers=0, hold_share=1.0, empowerment=0.0, authority_request=1.0, request_share=0.5)


def test_without_managers_the_hold_limit_keeps_the_centre_alive():
    board = run(HELD).state.board
    last_weeks = board[:, -28:].sum(axis=1)
    assert board[s.MANAGER_DECISIONS].sum() == 0
    assert board[s.HOLDS_EXPIRED].sum() > 50
    assert last_weeks[s.ANSWERED] > 0.5 * last_weeks[s.OFFERED] > 10


def test_without_a_limit_it_would_be_a_gridlock():
    stuck = run(HELD.override(hold_limit=1e7)).state.board[:, -28:].sum(axis=1)
    assert stuck[s.ANSWERED] == 0 < stuck[s.OFFERED]


@pytest.mark.slow
def test_a_manager_with_more_time_shortens_the_hold():
    asking = BUSY.override(hold_share=1.0, empowerment=0.0, manager_duty_share=0.0)
    falls(asking.override(manager_minutes=20.0), asking.override(manager_minutes=2.0), "occupancy")


# ---- agents ------------------------------------------------------------------------------------------------------

TEAM = BUSY.override(
    employees=12, quit_rate=1.0, quit_slope=4.0, quit_cap=9.0, issue_ambient=0.4, complain_minor=0.9,
    complain_major=0.9,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["stress", "agent_turnover", "hiring"])
def test_more_stress_makes_more_agents_quit(measure):
    rises(TEAM.override(stress_contact=0.0), TEAM.override(stress_contact=0.5, stress_memory=60.0), measure)


@pytest.mark.slow
def test_a_stressed_team_is_less_courteous_and_pleases_less():
    stressed = TEAM.override(stress_contact=0.5, stress_memory=60.0, quit_rate=0.0)
    falls(stressed.override(courtesy_stress=0.0), stressed.override(courtesy_stress=0.6), "csat")


def test_nobody_quits_at_rate_zero():
    assert figures(BUSY)["agent_turnover"] == 0.0
    assert figures(BUSY)["employed"] <= 1.0
