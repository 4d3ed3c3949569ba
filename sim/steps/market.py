"""Moments of a person: considering, purchasing, forgiving; and leaving."""

from sim import table as t
from sim.draws import (
    BASE_STAY,
    COMPLAIN,
    CONSIDER_GAP,
    ENQUIRY,
    ISSUE,
    JOIN,
    PURCHASE_GAP,
    REQUEST,
    ROUTINE_TELL,
    SEVERITY,
    uniform,
)  # fmt: skip
from sim.rules.authority import hundredths
from sim.rules.chance import exponential, faded, lognormal
from sim.rules.experience import felt, learned
from sim.rules.loyalty import base_stay, habit_after
from sim.rules.market import join_chance

# isort: off
from sim.state import (
    ACQUISITION_COST, AMBIENT, AVOIDING_NOW, COMPLAINTS, CONSIDERED, CUSTOMER, CUSTOMERS_NOW, DAY,
    DELIVERY_BROKEN, DISPOSITION, ENQUIRIES, ENQUIRY_CASE, EXPECT_PURCHASE, FORGIVEN, GOODS, GOODWILL, HABIT,
    ISSUES, JOINED, JOINED_BY_WOM, LAST_DAY, LEFT_QUIETLY, LOG_CONSIDERED, LOG_FORGIVES, LOG_ISSUE, LOG_JOINED,
    LOG_PURCHASE, LOG_SILENT, MAJOR_CASE, MAJOR_ISSUES, MINOR_CASE, MISUNDERSTANDING, MOMENT, NO_CAUSE,
    NO_EVENT, PLANNED_DAY, PROSPECT, PROSPECTS_NOW, PURCHASES, REQUEST_CASE, REQUESTS, REVENUE, SEGMENT,
    SETTLED, SILENCES, SINCE_DAY, SPENT, STANDING, YEAR_DAYS, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record
from sim.steps.calendar import schedule
from sim.steps.cases import close_silent, open_case
from sim.steps.referral import hear_out, tell_routine
from sim.steps.standing import leave


def moment(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Live through a person's moment: an avoider forgives, a prospect considers, a customer purchases."""
    state.status[MOMENT, person] += 1
    standing = state.status[STANDING, person]
    if standing == CUSTOMER:
        return purchase(state, params, person, now)
    if standing == PROSPECT:
        return consider(state, params, person, now)
    return forgive(state, params, person, now)


def consider(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Let a prospect consider the company: join and purchase at once, or think again later."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    heard = hear_out(state, params, person, now)
    goodwill = _faded_goodwill(state, params, person, now, segment)
    base = params[t.JOIN_PROBABILITY, segment]
    slope = params[t.JOIN_GOODWILL_SLOPE, segment]
    u = uniform(state.keys, JOIN, person, nth)
    count(state, CONSIDERED, 1)
    chance = join_chance(base, slope, goodwill, 0.5, heard)
    record(state, now, LOG_CONSIDERED, person, 0, 0, 0, chance, heard)
    if u >= chance:
        wait = exponential(uniform(state.keys, CONSIDER_GAP, person, nth), params[t.CONSIDER_GAP_MEAN, segment])
        schedule(state, person, now // DAY + 1 + int(wait))
        return NO_EVENT, 0
    if u >= join_chance(base, slope, goodwill, 0.5, 0.0):
        count(state, JOINED_BY_WOM, 1)
    _join(state, params, person, now, segment)
    return buy(state, params, person, now)


def _faded_goodwill(state: State, params: Params, person: int, now: int, segment: int) -> float:
    """Bring a prospect's goodwill up to date: it fades to neutral between looks."""
    today = now // DAY
    years = (today - state.status[LAST_DAY, person]) / YEAR_DAYS
    goodwill = 0.5 + faded(state.person[GOODWILL, person] - 0.5, years, params[t.GOODWILL_MEMORY, segment])
    state.person[GOODWILL, person] = goodwill
    state.status[LAST_DAY, person] = today
    return goodwill


def _join(state: State, params: Params, person: int, now: int, segment: int) -> None:
    state.status[STANDING, person] = CUSTOMER
    state.status[SINCE_DAY, person] = now // DAY
    state.person[HABIT, person] = 0.0
    state.company_i[PROSPECTS_NOW] -= 1
    state.company_i[CUSTOMERS_NOW] += 1
    count(state, JOINED, 1)
    count(state, ACQUISITION_COST, hundredths(params[t.ACQUISITION, segment]))
    record(state, now, LOG_JOINED, person, 0, 0, 0, state.person[GOODWILL, person], 0.0)


def purchase(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Notice a customer who has left since the last purchase, or sell.

    An interval that an episode has already decided (SETTLED) is not decided again.
    """
    if state.status[SETTLED, person] == 0:
        segment = state.status[SEGMENT, person]
        years = (now // DAY - state.status[LAST_DAY, person]) / YEAR_DAYS
        stay = base_stay(
            state.person[DISPOSITION, person], years, params[t.DISPOSITION_GOODWILL_SLOPE, segment],
            state.person[GOODWILL, person], params[t.REFERENCE_GOODWILL, segment],
        )  # fmt: skip
        if uniform(state.keys, BASE_STAY, person, state.status[MOMENT, person]) >= stay:
            count(state, LEFT_QUIETLY, 1)
            leave(state, params, person, now, False)
            return NO_EVENT, 0
    return buy(state, params, person, now)


def buy(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Sell to a customer, plan the next purchase, and see what goes wrong or is asked."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    today = now // DAY
    _pay(state, params, person, now, segment)
    state.person[HABIT, person] = habit_after(state.person[HABIT, person], params[t.HABIT_RATE, segment])
    gap = lognormal(
        uniform(state.keys, PURCHASE_GAP, person, nth),
        params[t.PURCHASE_GAP_MEAN, segment],
        params[t.PURCHASE_GAP_CV, segment],
    )
    days = int(gap + 0.5)
    state.status[LAST_DAY, person] = today
    state.status[PLANNED_DAY, person] = today + (days if days > 1 else 1)
    state.status[SETTLED, person] = 0
    cause = _issue(state, params, person, nth, segment)
    if cause != NO_CAUSE:
        return _suffer(state, params, person, now, cause)
    return _nothing_wrong(state, params, person, now)


def _pay(state: State, params: Params, person: int, now: int, segment: int) -> None:
    price = params[t.PRICE, segment]
    state.tally[SPENT, person] += hundredths(price)
    count(state, PURCHASES, 1)
    count(state, REVENUE, hundredths(price))
    count(state, GOODS, hundredths(price * (1.0 - params[t.GROSS_MARGIN, segment])))
    record(state, now, LOG_PURCHASE, person, 0, 0, 0, price, 0.0)


def _issue(state: State, params: Params, person: int, nth: int, segment: int) -> int:
    """Cause of the issue of this purchase, or none: one draw over the causes laid end to end."""
    u = uniform(state.keys, ISSUE, person, nth)
    edge = params[t.ISSUE_AMBIENT, segment]
    if u < edge:
        return AMBIENT
    edge += params[t.ISSUE_MISUNDERSTANDING, segment]
    if u < edge:
        return MISUNDERSTANDING
    edge += params[t.DELIVERY_PROMISED, segment] * params[t.DELIVERY_BROKEN, segment]
    return DELIVERY_BROKEN if u < edge else NO_CAUSE


def _suffer(state: State, params: Params, person: int, now: int, cause: int) -> tuple[int, int]:
    """Complain to the company, or stay silent and let the others know."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    kind = MINOR_CASE
    complain = params[t.COMPLAIN_MINOR, segment]
    count(state, ISSUES, 1)
    if uniform(state.keys, SEVERITY, person, nth) < params[t.MAJOR_SHARE, segment]:
        kind = MAJOR_CASE
        complain = params[t.COMPLAIN_MAJOR, segment]
        count(state, MAJOR_ISSUES, 1)
    record(state, now, LOG_ISSUE, person, kind, cause, 0, 0.0, 0.0)
    if uniform(state.keys, COMPLAIN, person, nth) < complain:
        count(state, COMPLAINTS, 1)
        return open_case(state, params, person, kind, cause, now)
    count(state, SILENCES, 1)
    record(state, now, LOG_SILENT, person, kind, cause, 0, 0.0, 0.0)
    close_silent(state, params, person, kind, cause, now)
    return NO_EVENT, 0


def _nothing_wrong(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Feel an ordinary purchase, then ask something or wait for the next one."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    _feel_routine(state, params, person, segment)
    if uniform(state.keys, ROUTINE_TELL, person, nth) < params[t.TELL_ROUTINE, segment]:
        tell_routine(state, params, person, now)
    if uniform(state.keys, ENQUIRY, person, nth) >= params[t.ENQUIRY_PROBABILITY, segment]:
        schedule(state, person, state.status[PLANNED_DAY, person])
        return NO_EVENT, 0
    if uniform(state.keys, REQUEST, person, nth) < params[t.REQUEST_SHARE, segment]:
        count(state, REQUESTS, 1)
        return open_case(state, params, person, REQUEST_CASE, NO_CAUSE, now)
    count(state, ENQUIRIES, 1)
    return open_case(state, params, person, ENQUIRY_CASE, NO_CAUSE, now)


def _feel_routine(state: State, params: Params, person: int, segment: int) -> None:
    q = params[t.ROUTINE_QUALITY, segment]
    expected = state.person[EXPECT_PURCHASE, person]
    x = felt(
        q,
        expected,
        params[t.TOLERANCE, segment],
        params[t.DISCONFIRMATION_GAIN, segment],
        params[t.LOSS_RATIO, segment],
    )
    state.person[EXPECT_PURCHASE, person] = learned(expected, q, params[t.EXPECTATION_WEIGHT, segment])
    weight = params[t.GOODWILL_WEIGHT, segment] * params[t.ROUTINE_WEIGHT, segment]
    state.person[GOODWILL, person] = learned(state.person[GOODWILL, person], x, weight)


def forgive(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Let bygones be bygones: an avoider becomes a prospect with neutral goodwill."""
    segment = state.status[SEGMENT, person]
    state.status[STANDING, person] = PROSPECT
    state.status[LAST_DAY, person] = now // DAY
    state.person[GOODWILL, person] = 0.5
    state.company_i[AVOIDING_NOW] -= 1
    state.company_i[PROSPECTS_NOW] += 1
    count(state, FORGIVEN, 1)
    record(state, now, LOG_FORGIVES, person, 0, 0, 0, 0.0, 0.0)
    u = uniform(state.keys, CONSIDER_GAP, person, state.status[MOMENT, person])
    schedule(state, person, now // DAY + 1 + int(exponential(u, params[t.CONSIDER_GAP_MEAN, segment])))
    return NO_EVENT, 0
