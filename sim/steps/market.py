"""Moments of a person: considering, purchasing, forgiving; and leaving."""

from sim import table as t

# isort: off
from sim.draws import (
    BASE_STAY, COMPLAIN, CONSIDER_GAP, DELIVERY, ENQUIRY, EXTRA, ISSUE, JOIN, PURCHASE_GAP, REQUEST, REVIEW,
    ROUTINE_TELL, SEVERITY, uniform,
)  # fmt: skip

# isort: on
from sim.draws import occasion as pack
from sim.rules.authority import hundredths
from sim.rules.care import premium_paid
from sim.rules.chance import clipped, exponential, faded, lognormal
from sim.rules.experience import SATISFIED, felt, learned, satisfaction_class
from sim.rules.loyalty import base_stay, habit_after
from sim.rules.market import appeal, join_chance
from sim.rules.promise import broken_chance, promised

# isort: off
from sim.state import (
    ACQUISITION_COST, AMBIENT, AVOIDING_NOW, CAUSE_ISSUES, COMPLAINTS, CONSIDERED, CUSTOMER, CUSTOMERS_NOW, DAY,
    DELIVERIES_LATE, DELIVERIES_PROMISED, DELIVERY_BROKEN, DISPOSITION, ENQUIRIES, ENQUIRY_CASE, EXCESS,
    EXPECT_PURCHASE, EXTRAS, FORGIVEN, GESTURE_COSTS, GOODS, GOODWILL, HABIT, HUNDRED, ISSUES, JOINED,
    JOINED_BY_WOM, LAST_DAY, LEFT_QUIETLY, LOG_CONSIDERED, LOG_EXTRA, LOG_FORGIVES, LOG_ISSUE, LOG_JOINED,
    LOG_PURCHASE, LOG_SILENT, MAJOR_CASE, MAJOR_ISSUES, MINOR_CASE, MISUNDERSTANDING, MOMENT, NO_CAUSE, NO_EVENT,
    PEST, PESTERING, PLANNED_DAY, PREMIUM_PAID, PROSPECT, PROSPECTS_NOW, PURCHASES, RATING, RECEIVED, REQUESTS,
    REQUEST_CASE, REVENUE, REWARDS_COST, SEGMENT, SETTLED, SILENCES, SINCE_DAY, SPENT, STANDING, TRAITS, YEAR_DAYS,
    Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record
from sim.steps.calendar import schedule
from sim.steps.cases import close_silent, open_case
from sim.steps.causes import cause_at
from sim.steps.promises import promise_strain
from sim.steps.quality import loyalty_reward, sum_of_weights
from sim.steps.referral import ROUTINE_KIND, hear_out, tell_routine
from sim.steps.standing import leave
from sim.steps.voice import publish


def moment(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Live through a person's moment: an avoider forgives, a prospect considers, a customer purchases."""
    state.status[MOMENT, person] += 1
    standing = state.status[STANDING, person]
    if standing == CUSTOMER:
        if state.tally[TRAITS, person] & PESTERING != 0:
            return pester(state, params, person, now)
        return purchase(state, params, person, now)
    if standing == PROSPECT:
        return consider(state, params, person, now)
    return forgive(state, params, person, now)


def pester(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Ask something more, between purchases."""
    state.tally[TRAITS, person] = PEST
    count(state, ENQUIRIES, 1)
    return open_case(state, params, person, ENQUIRY_CASE, NO_CAUSE, now)


def consider(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Let a prospect consider the company: join and purchase at once, or think again later."""
    segment = state.status[SEGMENT, person]
    nth = state.status[MOMENT, person]
    heard = hear_out(state, params, person, now)
    if params[t.CHANNEL_WORD_OF_MOUTH, 0] == 0.0:
        heard = 0.0
    goodwill = _faded_goodwill(state, params, person, now, segment)
    base = params[t.JOIN_PROBABILITY, segment]
    slope = params[t.JOIN_GOODWILL_SLOPE, segment]
    u = uniform(state.keys, JOIN, person, nth)
    count(state, CONSIDERED, 1)
    shift = _appeal(state, params, segment)
    chance = join_chance(base, slope, goodwill, 0.5, heard, shift)
    record(state, now, LOG_CONSIDERED, person, 0, 0, 0, chance, heard)
    if u >= chance:
        wait = exponential(uniform(state.keys, CONSIDER_GAP, person, nth), params[t.CONSIDER_GAP_MEAN, segment])
        schedule(state, person, now // DAY + 1 + int(wait))
        return NO_EVENT, 0
    if u >= join_chance(base, slope, goodwill, 0.5, 0.0, shift):
        count(state, JOINED_BY_WOM, 1)
    _join(state, params, person, now, segment)
    return buy(state, params, person, now)


def _appeal(state: State, params: Params, segment: int) -> float:
    """Log odds of joining that rating, promises and price add for everybody."""
    stars = state.company[RATING] - params[t.RATING_REFERENCE, 0]
    if params[t.CHANNEL_WORD_OF_MOUTH, 0] == 0.0:
        stars = 0.0
    return appeal(
        stars, params[t.JOIN_RATING_SLOPE, segment],
        params[t.PROMISE_LEVEL, segment], params[t.PROMISE_APPEAL, segment],
        params[t.PREMIUM, segment], params[t.PREMIUM_RESISTANCE, segment],
    )  # fmt: skip


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
    rewarded = loyalty_reward(state, params, person, now)
    _reward(state, params, person, rewarded, segment)
    rate = params[t.HABIT_RATE, segment] * (1.0 + params[t.REWARD_HABIT, segment] * rewarded)
    state.person[HABIT, person] = habit_after(state.person[HABIT, person], rate if rate < 1.0 else 1.0)
    gap = lognormal(
        uniform(state.keys, PURCHASE_GAP, person, nth),
        params[t.PURCHASE_GAP_MEAN, segment],
        params[t.PURCHASE_GAP_CV, segment],
    )
    days = int(gap + 0.5)
    state.status[LAST_DAY, person] = today
    state.status[PLANNED_DAY, person] = today + (days if days > 1 else 1)
    state.status[SETTLED, person] = 0
    late = params[t.DELIVERY_PROMISED, segment] * delivery_broken(state, params, segment)
    cause = _issue(state, params, person, nth, segment, late)
    _count_delivery(state, params, person, nth, segment, cause, late)
    if cause != NO_CAUSE:
        return _suffer(state, params, person, now, cause)
    return _nothing_wrong(state, params, person, now)


def _pay(state: State, params: Params, person: int, now: int, segment: int) -> None:
    price = params[t.PRICE, segment]
    asked = hundredths(price)
    premium = params[t.PREMIUM, segment]
    if premium > 0.0:
        more = premium_paid(price, premium, state.person[GOODWILL, person], params[t.PREMIUM_FROM, segment])
        count(state, PREMIUM_PAID, hundredths(more) - asked)
        asked = hundredths(more)
    state.tally[SPENT, person] += asked
    count(state, PURCHASES, 1)
    count(state, REVENUE, asked)
    count(state, GOODS, hundredths(price * (1.0 - params[t.GROSS_MARGIN, segment])))
    record(state, now, LOG_PURCHASE, person, 0, 0, 0, asked / HUNDRED, 0.0)


def _reward(state: State, params: Params, person: int, level: float, segment: int) -> None:
    """Give a customer of long standing back a share of the price (hundredths)."""
    if level > 0.0:
        back = hundredths(params[t.PRICE, segment] * params[t.REWARD_SHARE, segment] * level)
        state.tally[RECEIVED, person] += back
        count(state, REWARDS_COST, back)


def _issue(state: State, params: Params, person: int, nth: int, segment: int, late: float) -> int:
    """Cause of the issue of this purchase, or none: one draw over the causes laid end to end, open causes last.

    ``late`` is the chance that a date of delivery was promised and is broken.
    """
    if params[t.CHANNEL_ISSUES, 0] == 0.0:
        return NO_CAUSE
    u = uniform(state.keys, ISSUE, person, nth)
    edge = params[t.ISSUE_AMBIENT, segment]
    if u < edge:
        return AMBIENT
    edge += params[t.ISSUE_MISUNDERSTANDING, segment]
    if u < edge:
        return MISUNDERSTANDING
    edge += late
    if u < edge:
        return DELIVERY_BROKEN
    if u < edge + state.company[EXCESS]:
        count(state, CAUSE_ISSUES, 1)
        return cause_at(state, u - edge)
    return NO_CAUSE


def delivery_broken(state: State, params: Params, segment: int) -> float:
    """Chance that a promised date of delivery is broken, under today's promises and pressure."""
    return broken_chance(params[t.DELIVERY_BROKEN, segment], promise_strain(state, params, segment))


def _count_delivery(state: State, params: Params, person: int, nth: int, segment: int, cause: int, late: float) -> None:
    """Keep the ledger of promised dates: who was let down had one, of the others as many as make up the share."""
    if cause == DELIVERY_BROKEN:
        count(state, DELIVERIES_PROMISED, 1)
        count(state, DELIVERIES_LATE, 1)
        return
    share = (params[t.DELIVERY_PROMISED, segment] - late) / (1.0 - late) if late < 1.0 else 0.0
    if uniform(state.keys, DELIVERY, person, nth) < share:
        count(state, DELIVERIES_PROMISED, 1)


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
    extra = _something_extra(state, params, person, nth, segment, now)
    felt_class = _feel_routine(state, params, person, extra, segment, now)
    told = params[t.TELL_ROUTINE, segment]
    if extra > 0.0 and felt_class <= SATISFIED:
        told += params[t.EXTRA_TOLD, segment]
    if uniform(state.keys, ROUTINE_TELL, person, nth) < told:
        tell_routine(state, params, person, now)
    reviews = params[t.REVIEW_ROUTINE, segment]
    if reviews > 0.0 and uniform(state.keys, REVIEW, person, pack(nth, ROUTINE_KIND, 0, 0)) < reviews:
        publish(state, params, person, felt_class, now)
    asks = params[t.ENQUIRY_PROBABILITY, segment]
    asks *= 1.0 - params[t.UPDATES, segment] * params[t.UPDATE_SAVES, segment]
    if uniform(state.keys, ENQUIRY, person, nth) >= asks:
        schedule(state, person, state.status[PLANNED_DAY, person])
        return NO_EVENT, 0
    if uniform(state.keys, REQUEST, person, nth) < params[t.REQUEST_SHARE, segment]:
        count(state, REQUESTS, 1)
        return open_case(state, params, person, REQUEST_CASE, NO_CAUSE, now)
    count(state, ENQUIRIES, 1)
    return open_case(state, params, person, ENQUIRY_CASE, NO_CAUSE, now)


def _something_extra(state: State, params: Params, person: int, nth: int, segment: int, now: int) -> float:
    """Put something small in with a purchase, at times; return what it adds to its quality (score)."""
    chance = params[t.EXTRA_PURCHASE, segment]
    if chance <= 0.0 or uniform(state.keys, EXTRA, person, nth) >= chance:
        return 0.0
    count(state, EXTRAS, 1)
    count(state, GESTURE_COSTS, hundredths(params[t.EXTRA_COST, segment]))
    record(state, now, LOG_EXTRA, person, 0, 0, 0, params[t.EXTRA_COST, segment], 0.0)
    return params[t.EXTRA_QUALITY, segment]


def _feel_routine(state: State, params: Params, person: int, extra: float, segment: int, now: int) -> int:
    """Feel an ordinary purchase against what was promised of it; return the class of what was felt."""
    q = params[t.ROUTINE_QUALITY, segment]
    if params[t.CHANNEL_QUALITY, 0] > 0.0:
        q = clipped(q + extra + _worth_of_reward(state, params, person, segment, now))
    expected = state.person[EXPECT_PURCHASE, person]
    if params[t.CHANNEL_PROMISES, 0] > 0.0:
        expected = promised(
            expected,
            params[t.PROMISE_LEVEL, segment],
            params[t.PROMISE_LIFT, segment],
            params[t.REFERENCE_EXPECTATION, segment],
        )
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
    return satisfaction_class(
        x,
        params[t.BOUND_DELIGHTED, segment],
        params[t.BOUND_SATISFIED, segment],
        params[t.BOUND_DISSATISFIED, segment],
    )


def _worth_of_reward(state: State, params: Params, person: int, segment: int, now: int) -> float:
    """What the reward of long standing adds to the quality of a purchase (score): by the weight of that factor."""
    level = loyalty_reward(state, params, person, now)
    if level <= 0.0:
        return 0.0
    gap = params[t.REWARD_LOYAL, segment] - params[t.REWARD_PLAIN, segment]
    weight = params[t.WEIGHT_REWARD, segment] / sum_of_weights(params, segment)
    return (1.0 - params[t.OUTCOME_WEIGHT, segment]) * weight * level * gap


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
