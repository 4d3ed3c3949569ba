"""Leaving the base of customers."""

from sim import table as t
from sim.draws import AVOID_TIME, CONSIDER_GAP, uniform
from sim.rules.chance import exponential

# isort: off
from sim.state import (
    AVOIDING, AVOIDING_NOW, COHORT_START, COHORTS, CUSTOMERS_NOW, DAY, GOODWILL, HABIT, LAST_DAY,
    LEFT_AFTER_CASE, LEFT_GRIEVED, LOG_AVOIDS, LOG_LEFT, MOMENT, PROSPECT, PROSPECTS_NOW, SEGMENT, SINCE_DAY,
    STANDING, YEAR_DAYS, YEAR_MONTHS, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record
from sim.steps.calendar import schedule


def leave(state: State, params: Params, person: int, now: int, grieved: bool) -> None:
    """Take a customer out of the base: to the prospects, or with a grievance to those who avoid the company."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    today = now // DAY
    _leave_cohorts(state, person, today)
    state.company_i[CUSTOMERS_NOW] -= 1
    state.status[LAST_DAY, person] = today
    state.person[HABIT, person] = 0.0
    if grieved:
        state.status[STANDING, person] = AVOIDING
        state.company_i[AVOIDING_NOW] += 1
        wait = exponential(uniform(state.keys, AVOID_TIME, person, nth), params[t.AVOID_MEAN, segment] * YEAR_DAYS)
        record(state, now, LOG_AVOIDS, person, 0, 0, 0, wait, 0.0)
    else:
        state.status[STANDING, person] = PROSPECT
        state.company_i[PROSPECTS_NOW] += 1
        wait = exponential(uniform(state.keys, CONSIDER_GAP, person, nth), params[t.CONSIDER_GAP_MEAN, segment])
        record(state, now, LOG_LEFT, person, 0, 0, 0, state.person[GOODWILL, person], 0.0)
    schedule(state, person, today + 1 + int(wait))


def _leave_cohorts(state: State, person: int, today: int) -> None:
    """Note the leaver in every yearly cohort that the spell as a customer belongs to."""
    since = state.status[SINCE_DAY, person]
    start = state.company_i[COHORT_START]
    for k in range(state.company_i[COHORTS]):
        if since < start <= today:
            month = (today - start) * YEAR_MONTHS // YEAR_DAYS
            if month < state.cohort.shape[1] - 1:
                state.cohort[k, 1 + month] += 1
        start += YEAR_DAYS


def left_after_case(state: State, params: Params, person: int, now: int, grieved: bool) -> None:
    """Leave at the closure of a case, counted by whether a grievance stays."""
    count(state, LEFT_GRIEVED if grieved else LEFT_AFTER_CASE, 1)
    leave(state, params, person, now, grieved)
