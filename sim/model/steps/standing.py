"""Leaving the base of customers."""

import sim.model.columns as t
from sim.model.draws import AVOID_TIME, CONSIDER_GAP, KIND_BITS, LET_GO_TOLD, occasion, uniform
from sim.model.rules.chance import exponential

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, YEAR_DAYS, YEAR_MONTHS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count_of, record
from sim.model.steps.calendar import schedule
from sim.model.steps.referral import spread

# The kind that being let go has among the keys of draws: the one before that of an ordinary purchase.
LET_GO_KIND = (1 << KIND_BITS) - 2


def leave(state: State, params: Params, person: int, now: int, grieved: bool) -> None:
    """Take a customer out of the base: to the prospects, or with a grievance to those who avoid the company."""
    segment = state.status[s.SEGMENT, person]
    nth = state.status[s.MOMENT, person]
    today = now // DAY
    _leave_cohorts(state, person, today)
    state.company_i[s.CUSTOMERS_NOW] -= 1
    state.status[s.LAST_DAY, person] = today
    state.person[s.HABIT, person] = 0.0
    if grieved:
        state.status[s.STANDING, person] = s.AVOIDING
        state.company_i[s.AVOIDING_NOW] += 1
        wait = exponential(uniform(state.keys, AVOID_TIME, person, nth), params[t.AVOID_MEAN, segment] * YEAR_DAYS)
        record(state, now, s.LOG_AVOIDS, person, 0, 0, 0, wait, 0.0)
    else:
        state.status[s.STANDING, person] = s.PROSPECT
        state.company_i[s.PROSPECTS_NOW] += 1
        wait = exponential(uniform(state.keys, CONSIDER_GAP, person, nth), params[t.CONSIDER_GAP_MEAN, segment])
        record(state, now, s.LOG_LEFT, person, 0, 0, 0, state.person[s.GOODWILL, person], 0.0)
    schedule(state, person, today + 1 + int(wait))


def _leave_cohorts(state: State, person: int, today: int) -> None:
    """Note the leaver in every yearly cohort that the spell as a customer belongs to."""
    since = state.status[s.SINCE_DAY, person]
    first = state.status[s.SEGMENT, person] * state.company_i[s.COHORTS]
    start = state.company_i[s.COHORT_START]
    for k in range(state.company_i[s.COHORTS]):
        if since < start <= today:
            month = (today - start) * YEAR_MONTHS // YEAR_DAYS
            if month < state.cohort.shape[1] - 1:
                state.cohort[k, 1 + month] += 1
                state.cohort_by_segment[first + k, 1 + month] += 1
        start += YEAR_DAYS


def left_after_case(state: State, params: Params, person: int, now: int, grieved: bool) -> None:
    """Leave at the closure of a case, counted by whether a grievance stays."""
    count_of(state, person, s.LEFT_GRIEVED if grieved else s.LEFT_AFTER_CASE, 1)
    leave(state, params, person, now, grieved)


def let_go(state: State, params: Params, person: int, now: int) -> None:
    """Let a customer go for good; friends may hear of it."""
    segment = state.status[s.SEGMENT, person]
    key = occasion(state.status[s.MOMENT, person], LET_GO_KIND, 0, 0)
    today = now // DAY
    _leave_cohorts(state, person, today)
    state.company_i[s.CUSTOMERS_NOW] -= 1
    state.company_i[s.FIRED_NOW] += 1
    state.status[s.STANDING, person] = s.FIRED
    state.status[s.LAST_DAY, person] = today
    state.person[s.HABIT, person] = 0.0
    count_of(state, person, s.LET_GO, 1)
    record(state, now, s.LOG_LET_GO, person, 1 if state.tally[s.TRAITS, person] > 0 else 0, 0, 0, 0.0, 0.0)
    chance = params[t.FIRED_TELLS, segment] * params[t.WORD_OF_MOUTH, segment]
    if uniform(state.keys, LET_GO_TOLD, person, key) < chance:
        spread(state, params, person, key, False, now)
