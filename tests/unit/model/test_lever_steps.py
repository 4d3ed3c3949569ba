"""Steps of the levers on a built state: causes and fixes, reviews, call backs, pests, surveys, updates, follow-ups."""

from __future__ import annotations

import math

import numpy as np
import pytest

import sim.model.columns as t
import sim.model.state as s
from sim.engines import History, run
from sim.engines.start import build
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, HOUR, YEAR_DAYS
from sim.model.rules.experience import DELIGHTED, POOR
from sim.model.rules.handling import expected_wait
from sim.model.steps import causes, contacts, voice
from sim.model.steps.calendar import mean_handling
from sim.model.steps.quality import information_score, outcome_score, promise_score

BASE = Scenario.load("small_company").change(years=1.0, warm_up=0.0)
QUIET = {"cause_rate": 0.0, "market_size": 600}
Z = 4
NOON = 12 * HOUR


def world(**parameters) -> tuple[s.State, np.ndarray]:
    """A state (memoryviews, as the readable engine has it) with nothing open, and its table of parameters."""
    resolved = BASE.override(**{**QUIET, **parameters}).resolve()
    return s.views(build(resolved, 0)), resolved.base


def count(state: s.State, row: int) -> int:
    return int(np.asarray(state.board)[row].sum())


def close_to(found: float, share: float, n: int) -> bool:
    return abs(found / n - share) <= Z * math.sqrt(share * (1.0 - share) / n)


# ---- causes and the register -------------------------------------------------------------------------------------


def open_cause(state: s.State, params: np.ndarray, ends: int = 300) -> int:
    """Open a cause on day 0; return its slot."""
    slot = state.company_i[s.CAUSES]
    causes._open(state, params, 0, 0)
    state.cause_i[s.CAUSE_ENDS, slot] = ends
    return slot


def voiced(state: s.State, params: np.ndarray, slot: int, times: int, now: int = NOON, complained: bool = True) -> int:
    """Close cases that go back to a cause, of one person after the other; return how often it counts as heard."""
    before = count(state, s.REGISTERED)
    for nth in range(times):
        state.case[s.PERSON, 0], state.case[s.KIND, 0] = nth % state.company_i[s.PEOPLE], s.MINOR_CASE
        state.case[s.ORDINAL, 0], state.case[s.CAUSE, 0] = 1 + nth, s.OPEN_CAUSE + slot
        causes.register(state, params, 0, complained, now)
    return count(state, s.REGISTERED) - before


HEARD = {"feedback_registered": 1.0, "feedback_times": 3.0, "fix_lead": 10.0, "fix_effect": 0.8, "cause_excess": 0.5}


def test_the_kth_time_starts_a_fix_and_no_other_while_it_is_under_way():
    state, params = world(**HEARD)
    slot = open_cause(state, params)
    voiced(state, params, slot, 2)
    assert (state.cause_i[s.FIX_DAY, slot], count(state, s.FIXES_STARTED)) == (-1, 0)
    voiced(state, params, slot, 1)
    assert (state.cause_i[s.FIX_DAY, slot], count(state, s.FIXES_STARTED)) == (11, 1)
    voiced(state, params, slot, 9)
    assert (state.cause_i[s.TIMES_HEARD, slot], count(state, s.FIXES_STARTED)) == (12, 1)
    assert count(state, s.FIX_COSTS) == 100 * params[t.FIX_COST, 0]


def test_a_fix_works_after_its_lead_and_what_is_left_may_be_fixed_again():
    state, params = world(**HEARD)
    slot = open_cause(state, params)
    voiced(state, params, slot, 3)
    for day in range(1, 11):
        assert causes.causes_day(state, params, day, day * DAY) == 1
        assert state.company[s.EXCESS] == 0.5
    causes.causes_day(state, params, 11, 11 * DAY)
    assert state.company[s.EXCESS] == pytest.approx(0.1)
    assert (state.cause_i[s.FIX_DAY, slot], state.cause_i[s.TIMES_HEARD, slot]) == (-1, 0)
    voiced(state, params, slot, 3, now=11 * DAY + NOON)
    assert state.cause_i[s.FIX_DAY, slot] == 22
    causes.causes_day(state, params, 22, 22 * DAY)
    assert state.company[s.EXCESS] == pytest.approx(0.02)
    assert (count(state, s.FIXES_DONE), count(state, s.CAUSES_ENDED)) == (2, 0)


def test_without_a_lead_a_fix_works_the_next_day_and_one_that_leaves_nothing_ends_the_cause():
    state, params = world(**HEARD | {"feedback_times": 1.0, "fix_lead": 0.0, "fix_effect": 1.0})
    slot = open_cause(state, params)
    voiced(state, params, slot, 1)
    assert causes.causes_day(state, params, 1, DAY) == 0
    assert state.company[s.EXCESS] == 0.0
    assert (count(state, s.FIXES_DONE), count(state, s.CAUSES_ENDED)) == (1, 1)
    assert voiced(state, params, slot, 5) == 0


def test_a_cause_that_ends_before_its_fix_is_not_fixed():
    state, params = world(**HEARD)
    slot = open_cause(state, params, ends=5)
    voiced(state, params, slot, 3)
    assert [causes.causes_day(state, params, day, day * DAY) for day in range(1, 20)] == [1] * 4 + [0] * 15
    assert (count(state, s.FIXES_STARTED), count(state, s.FIXES_DONE), count(state, s.CAUSES_ENDED)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("complained", "feedback", "share"),
    [
        (True, (0.0, 0.0, 0.0), 0.0),
        (True, (1.0, 0.0, 0.0), 1.0),
        (True, (0.5, 0.3, 0.2), 1.0 - 0.5 * 0.7 * 0.8),
        (False, (1.0, 1.0, 0.0), 0.0),
        (False, (0.5, 0.3, 0.2), 0.2),
    ],
)
def test_what_nobody_voices_is_never_fixed(complained, feedback, share):
    registered, team, asked = feedback
    state, params = world(
        **HEARD | {"feedback_registered": registered, "feedback_team": team, "feedback_survey": asked}
    )
    slot = open_cause(state, params)
    heard = voiced(state, params, slot, 2000, complained=complained)
    assert close_to(heard, share, 2000)
    assert count(state, s.FIXES_STARTED) == (1 if heard else 0)


def test_when_all_slots_hold_a_cause_the_oldest_makes_room():
    state, params = world(cause_excess=0.001)
    params[t.CAUSE_RATE] = YEAR_DAYS
    for day in range(s.MOST_CAUSES + 3):
        standing = causes.causes_day(state, params, day, 0)
        state.cause_i[s.CAUSE_ENDS, day % s.MOST_CAUSES] = 10_000
        assert standing == min(day + 1, s.MOST_CAUSES)
    assert state.company[s.EXCESS] == pytest.approx(0.001 * s.MOST_CAUSES)
    assert sorted(state.cause_i[s.CAUSE_OPENED, slot] for slot in range(s.MOST_CAUSES))[0] == 3
    assert (count(state, s.CAUSES_OPENED), count(state, s.CAUSES_ENDED)) == (s.MOST_CAUSES + 3, 3)


def test_as_many_causes_are_open_as_their_rate_and_life_say():
    """At most one opens a day, and a life lasts whole days: 1 + the mean of a geometric number of them."""
    rate, life, days = 50.0, 30.0, 20_000
    state, params = world(cause_rate=rate, cause_life=life)
    standing = np.array([causes.causes_day(state, params, day, 0) for day in range(days)])[1000:]
    lasts = 1.0 + 1.0 / math.expm1(1.0 / life)
    mean = rate / YEAR_DAYS * lasts
    # A Poisson number whose correlation fades over a life.
    assert abs(standing.mean() - mean) < Z * math.sqrt(mean * 2.0 * lasts / days)


def test_an_issue_of_open_causes_falls_on_each_by_its_share():
    state, params = world(cause_excess=0.1)
    slots = [open_cause(state, params) for _ in range(4)]
    state.cause[s.CAUSE_EXCESS, slots[1]], state.cause[s.CAUSE_EXCESS, slots[2]] = 0.0, 0.3
    found = [causes.cause_at(state, u) - s.OPEN_CAUSE for u in (0.0, 0.0999, 0.1001, 0.3999, 0.4001, 0.4999, 0.6)]
    assert found == [0, 0, 2, 2, 3, 3, 3]


# ---- reviews -----------------------------------------------------------------------------------------------------


def test_reviews_fade_and_the_rating_goes_back_to_where_it_came_from():
    state, params = world(review_probability=0.0, rating_prior=10.0, rating_memory=0.5, rating_reference=3.5)
    state.company[s.STARS], state.company[s.REVIEW_WEIGHT] = 0.0, 0.0
    for person in range(10):
        voice.publish(state, params, person, DELIGHTED, 0)
    assert state.company[s.REVIEW_WEIGHT] == 10.0
    assert state.company[s.RATING] == pytest.approx(0.5 * (3.5 + params[t.STARS_DELIGHTED, 0]))
    for day in range(YEAR_DAYS):
        voice.fade_reviews(state, params)
        left = 10.0 * math.exp(-(day + 1) / (0.5 * YEAR_DAYS))
        assert state.company[s.REVIEW_WEIGHT] == pytest.approx(left)
        expected = (35.0 + left * params[t.STARS_DELIGHTED, 0]) / (10.0 + left)
        assert state.company[s.RATING] == pytest.approx(expected)
    for _ in range(20 * YEAR_DAYS):
        voice.fade_reviews(state, params)
    assert state.company[s.RATING] == pytest.approx(3.5)


def test_a_reply_takes_weight_off_a_bad_review_only():
    state, params = world(review_reply=0.4)
    before = state.company[s.REVIEW_WEIGHT]
    voice.publish(state, params, 0, POOR, 0)
    assert state.company[s.REVIEW_WEIGHT] - before == pytest.approx(0.6)
    voice.publish(state, params, 1, DELIGHTED, 0)
    assert state.company[s.REVIEW_WEIGHT] - before == pytest.approx(1.6)


# ---- call backs --------------------------------------------------------------------------------------------------


def line_of(state: s.State, people: int) -> None:
    state.company_i[s.ON_DUTY] = state.company_i[s.BUSY] = 2
    state.company_i[s.IN_LINE] = people


def arrivals(state: s.State, params: np.ndarray, callers: int) -> int:
    """Let callers reach the line as it is; return how many of them chose to be called back."""
    for person in range(callers):
        state.case[s.PERSON, 0], state.case[s.ORDINAL, 0] = person, 1
        contacts._offer_callback(state, params, 0, contacts._minutes_to_wait(state, params), 0)
        chosen = state.case[s.CALLBACK_CHOSEN, 0] == 1
        assert (contacts.patience(state, params, 0) == -1) == chosen
    return count(state, s.CALLBACKS_CHOSEN)


def test_a_call_back_is_offered_from_the_threshold_on_and_taken_up_by_a_share():
    state, params = world(callback=0.3, callback_threshold=5.0)
    ahead = math.ceil(5.0 * 2 / mean_handling(params)) - 1
    assert expected_wait(ahead - 1, mean_handling(params), 2) < 5.0 <= expected_wait(ahead, mean_handling(params), 2)
    line_of(state, ahead - 1)
    assert arrivals(state, params, 500) == count(state, s.CALLBACKS_OFFERED) == 0
    line_of(state, ahead)
    assert close_to(arrivals(state, params, 500), 0.3, 500)
    assert count(state, s.CALLBACKS_OFFERED) == 500


def test_nothing_is_offered_to_whom_an_agent_is_free_for_or_when_nobody_is_there():
    state, params = world(callback=1.0, callback_threshold=0.0)
    line_of(state, 0)
    state.company_i[s.BUSY] = 1
    assert arrivals(state, params, 10) == 0
    state.company_i[s.BUSY] = state.company_i[s.ON_DUTY] = 0
    assert arrivals(state, params, 10) == count(state, s.CALLBACKS_OFFERED) == 0


# ---- pests -------------------------------------------------------------------------------------------------------

# Questions only, which never make anybody leave.
QUESTIONS = {
    "market_size": 800, "employees": 5, "enquiry_probability": 1.0, "request_share": 0.0, "issue_ambient": 0.0,
    "issue_misunderstanding": 0.0, "delivery_promised": 0.0, "stake_routine": 0.0, "purchase_gap_mean": 40.0,
    "cause_rate": 0.0,
}  # fmt: skip

LOYAL = {"disposition_alpha": 0.01, "disposition_beta": 1e6}


def chains(history: History, until: int) -> list[int]:
    """Questions after each purchase before a day, person by person."""
    log = history.log_i[np.isin(history.log_i[:, s.LOG_CODE], (s.LOG_PURCHASE, s.LOG_OPENED))]
    found: list[int] = []
    begun = False
    for time, code in log[np.argsort(log[:, s.LOG_PERSON], kind="stable")][:, [s.LOG_TIME, s.LOG_CODE]].tolist():
        if code == s.LOG_PURCHASE:
            begun = time < until * DAY
            found += [0] if begun else []
        elif begun:
            found[-1] += 1
    return found


@pytest.mark.parametrize("volume", [1.0, 4.0])
def test_somebody_who_pesters_asks_as_many_times_as_stated(volume):
    asks = BASE.override(**QUESTIONS, **LOYAL, pest_share=1.0, pest_volume=volume).change(years=2.0, fresh=True)
    found = chains(run(asks, logging=True), until=400)
    spread = math.sqrt(volume * (volume - 1.0))
    assert len(found) > 2000
    assert abs(np.mean(found) - volume) <= Z * spread / math.sqrt(len(found))
    assert min(found) == 1


def test_only_the_first_of_many_questions_decides_on_staying_until_the_next_purchase():
    asks = BASE.override(**QUESTIONS | {"market_size": 300}, pest_share=1.0, pest_volume=4.0).change(fresh=True)
    history = run(asks, logging=True)
    rows = np.isin(history.log_i[:, s.LOG_CODE], (s.LOG_PURCHASE, s.LOG_STAYED))
    log, chances = history.log_i[rows], history.log_f[rows, s.LOG_X]
    order = np.argsort(log[:, s.LOG_PERSON], kind="stable")
    codes, chances = log[order, s.LOG_CODE], chances[order]
    decides = codes == s.LOG_STAYED
    first = decides & (np.roll(codes, 1) == s.LOG_PURCHASE)
    assert (chances[first] < 1.0).all()
    assert (chances[decides & ~first] == 1.0).all()
    assert min(first.sum(), (decides & ~first).sum()) > 100


def test_others_ask_once():
    asks = BASE.override(**QUESTIONS, pest_share=0.0, pest_volume=4.0).change(fresh=True)
    assert set(chains(run(asks, logging=True), until=200)) == {1}


# ---- surveys -----------------------------------------------------------------------------------------------------

ANSWERED = (
    "survey_answer_delighted", "survey_answer_satisfied", "survey_answer_dissatisfied", "survey_answer_poor",
)  # fmt: skip
CLASSES = (s.FELT_DELIGHTED, s.FELT_SATISFIED, s.FELT_DISSATISFIED, s.FELT_POOR)
PLAIN = {"survey_asked": 1.0, "survey_leniency": 0.0, "survey_noise": 0.0, "survey_delay": 0.0}


def surveyed(**parameters) -> History:
    """A year of a company in which much is good and much bad."""
    busy = {"market_size": 3000, "issue_ambient": 0.15, "purchase_gap_mean": 30.0, "complain_minor": 0.7}
    return run(BASE.override(**{**busy, **PLAIN, **parameters}))


def nps(history: History) -> tuple[float, float, int]:
    """The net promoter score as measured and as it is, and the number of answers."""
    total = history.state.board.sum(axis=1)
    answers = int(total[s.SURVEY_ANSWERS])
    true = history.state.board_f[[s.PROMOTERS, s.DETRACTORS]].sum(axis=1) / total[s.SURVEYS]
    measured = (total[s.SURVEY_PROMOTERS] - total[s.SURVEY_DETRACTORS]) / answers
    return float(measured), float(true[0] - true[1]), answers


def csat(history: History) -> tuple[float, float]:
    """The share of the satisfied as measured, and as it is."""
    total = history.state.board.sum(axis=1)
    happy = total[s.FELT_DELIGHTED] + total[s.FELT_SATISFIED]
    return float(total[s.SURVEY_HAPPY] / total[s.SURVEY_ANSWERS]), float(happy / total[list(CLASSES)].sum())


def test_a_survey_without_error_shows_what_is():
    history = surveyed(**dict.fromkeys(ANSWERED, 1.0))
    measured, true, answers = nps(history)
    assert answers == history.state.board[s.CASES_CLOSED].sum() > 1000
    # Each answer is +1, 0 or -1: a deviation of 1 at most.
    assert abs(measured - true) <= Z / math.sqrt(answers)
    found, satisfied = csat(history)
    assert found == satisfied


def test_friendlier_answers_than_feelings_raise_what_is_measured_and_nothing_else():
    plain, lenient = (surveyed(**dict.fromkeys(ANSWERED, 1.0), survey_leniency=by) for by in (0.0, 0.1))
    assert csat(lenient)[0] > csat(plain)[0]
    assert nps(lenient)[0] > nps(plain)[0]
    assert (csat(lenient)[1], nps(lenient)[1]) == (csat(plain)[1], nps(plain)[1])


@pytest.mark.parametrize(("speaks", "shown"), [(0, 1.0), (1, 1.0), (2, 0.0), (3, 0.0)])
def test_who_does_not_answer_is_not_seen(speaks, shown):
    history = surveyed(**{name: float(k == speaks) for k, name in enumerate(ANSWERED)})
    total = history.state.board.sum(axis=1)
    assert total[s.SURVEY_ANSWERS] == total[CLASSES[speaks]] > 20
    assert csat(history)[0] == shown


def test_the_bias_of_who_answers_is_that_of_the_parameters():
    history = surveyed()
    total, base = history.state.board.sum(axis=1), history.resolved.base
    felt = total[list(CLASSES)].astype(float)
    chances = base[t.SURVEY_ANSWER_DELIGHTED : t.SURVEY_ANSWER_POOR + 1, 0]
    answers = int(total[s.SURVEY_ANSWERS])
    happy = float((felt * chances)[:2].sum() / (felt * chances).sum())
    assert close_to(total[s.SURVEY_HAPPY], happy, answers)
    assert abs(answers - (felt * chances).sum()) <= Z * math.sqrt((felt * chances * (1.0 - chances)).sum())


def test_a_survey_changes_nothing_but_what_the_company_sees():
    asked, unasked = (surveyed(survey_asked=share) for share in (1.0, 0.0))
    rows = [row for row in range(s.BOARD_ROWS) if not s.SURVEYS_SENT <= row <= s.SURVEY_DETRACTORS]
    assert (asked.state.board[rows] == unasked.state.board[rows]).all()
    assert asked.state.person.tobytes() == unasked.state.person.tobytes()


# ---- updates -----------------------------------------------------------------------------------------------------


def test_who_is_to_be_kept_informed_waits_in_vain_by_a_chance():
    state, params = world(update_missed=0.3)
    for informed in (1, 0):
        state.case[s.UPDATED, 0] = informed
        for person in range(600):
            state.case[s.PERSON, 0], state.case[s.ORDINAL, 0] = person, 1
            contacts._update(state, params, 0, contacts.touch_key(state, 0), 0)
    assert count(state, s.UPDATES_SENT) + count(state, s.UPDATES_MISSED) == 600
    assert close_to(count(state, s.UPDATES_MISSED), 0.3, 600)
    assert state.case[s.UPDATES_LATE, 0] == count(state, s.UPDATES_MISSED)


def test_an_update_that_does_not_come_informs_nobody_and_breaks_a_promise():
    state, params = world()
    state.case[s.PERSON, 0], state.case[s.EXPLANATIONS, 0], state.case[s.KIND, 0] = 0, 1, s.MINOR_CASE
    segment = state.status[s.SEGMENT, 0]
    seen = {}
    for informed, late in ((0, 0), (1, 0), (1, 1)):
        state.case[s.UPDATED, 0], state.case[s.UPDATES_LATE, 0] = informed, late
        seen[informed, late] = information_score(state, params, 0), promise_score(state, params, 0, segment)
    plain = params[t.INFORMATION_BASE, segment], params[t.PROMISE_NONE, segment]
    assert seen[0, 0] == plain
    assert seen[1, 0] == (params[t.UPDATE_INFORMATION, segment], params[t.PROMISE_NONE, segment])
    assert seen[1, 1] == (params[t.INFORMATION_BASE, segment], params[t.PROMISE_BROKEN_SCORE, segment])


# ---- following up ------------------------------------------------------------------------------------------------


def test_what_a_follow_up_puts_right_was_not_resolved_at_the_first_contact():
    unhelpful = {"solve_issue": 0.0, "solve_enquiry": 0.0, "solve_competence": 0.0, "opinion_use": 0.0}
    follows = {"follow_up": 1.0, "follow_up_success": 1.0, "contact_again": 0.0, "issue_ambient": 0.3}
    total = run(BASE.override(**unhelpful, **follows, market_size=1000)).state.board.sum(axis=1)
    assert total[s.CASES_RESOLVED] == total[s.FOLLOW_UPS] > 10
    assert total[s.CASES_FIRST] == 0


# ---- compensation ------------------------------------------------------------------------------------------------


def ended(level: float, worth: float) -> float:
    """Outcome (score) of a major issue that was put right quickly, with so much of the usual compensation."""
    state, params = world(compensation_level=level, compensation_worth=worth)
    state.case[s.KIND, 0], state.case[s.SOLVED, 0] = s.MAJOR_CASE, 1
    return outcome_score(state, params, 0, s.QUICK)


def test_more_compensation_is_fairer_and_twice_as_much_not_twice_as_fair():
    none, usual, twice, thrice = (ended(level, 0.1) for level in (0.0, 1.0, 2.0, 3.0))
    assert usual == ended(1.0, 0.0)
    assert none == pytest.approx(usual - 0.1)
    assert 0.0 < thrice - twice < twice - usual < usual - none
    assert ended(3.0, 0.0) == ended(0.0, 0.0)
