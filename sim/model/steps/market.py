"""Moments of a person: considering, purchasing, forgiving; and leaving."""

import sim.model.columns as t

# isort: off
from sim.model.draws import (
    BASE_STAY, COMPLAIN, CONSIDER_GAP, DELIVERY, ENQUIRY, EXTRA, ISSUE, JOIN, PURCHASE_GAP, REQUEST, REVIEW,
    ROUTINE_TELL, SEVERITY, uniform,
)  # fmt: skip

# isort: on
from sim.model.draws import occasion as pack
from sim.model.rules.authority import hundredths
from sim.model.rules.care import premium_paid
from sim.model.rules.chance import HALF, clipped, exponential, faded, lognormal
from sim.model.rules.experience import SATISFIED, felt, learned, satisfaction_class
from sim.model.rules.loyalty import base_stay, habit_after
from sim.model.rules.market import appeal, join_chance
from sim.model.rules.promise import broken_chance, promised

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, HUNDRED, YEAR_DAYS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count_of, record
from sim.model.steps.calendar import schedule
from sim.model.steps.cases import close_silent, open_case
from sim.model.steps.causes import cause_at
from sim.model.steps.promises import promise_strain
from sim.model.steps.quality import loyalty_reward, sum_of_weights
from sim.model.steps.referral import ROUTINE_KIND, hear_out, tell_routine
from sim.model.steps.standing import leave
from sim.model.steps.voice import publish


def moment(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Live through a person's moment: an avoider forgives, a prospect considers, a customer purchases."""
    state.status[s.MOMENT, person] += 1
    standing = state.status[s.STANDING, person]
    if standing == s.CUSTOMER:
        if state.tally[s.TRAITS, person] & s.PESTERING != 0:
            return pester(state, params, person, now)
        return purchase(state, params, person, now)
    if standing == s.PROSPECT:
        return consider(state, params, person, now)
    return forgive(state, params, person, now)


def pester(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Ask something more, between purchases."""
    state.tally[s.TRAITS, person] = s.PEST
    count_of(state, person, s.ENQUIRIES, 1)
    return open_case(state, params, person, s.ENQUIRY_CASE, s.NO_CAUSE, now)


def consider(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Let a prospect consider the company: join and purchase at once, or think again later."""
    segment = state.status[s.SEGMENT, person]
    nth = state.status[s.MOMENT, person]
    heard = hear_out(state, params, person, now)
    if params[t.CHANNEL_WORD_OF_MOUTH, 0] == 0.0:
        heard = 0.0
    goodwill = _faded_goodwill(state, params, person, now, segment)
    base = params[t.JOIN_PROBABILITY, segment]
    slope = params[t.JOIN_GOODWILL_SLOPE, segment]
    neutral = params[t.GOODWILL_NEUTRAL, segment]
    u = uniform(state.keys, JOIN, person, nth)
    count_of(state, person, s.CONSIDERED, 1)
    shift = _appeal(state, params, segment)
    chance = join_chance(base, slope, goodwill, neutral, heard, shift)
    record(state, now, s.LOG_CONSIDERED, person, 0, 0, 0, chance, heard)
    if u >= chance:
        wait = exponential(uniform(state.keys, CONSIDER_GAP, person, nth), params[t.CONSIDER_GAP_MEAN, segment])
        schedule(state, person, now // DAY + 1 + int(wait))
        return s.NO_EVENT, 0
    if u >= join_chance(base, slope, goodwill, neutral, 0.0, shift):
        count_of(state, person, s.JOINED_BY_WOM, 1)
    _join(state, params, person, now, segment)
    return buy(state, params, person, now)


def _appeal(state: State, params: Params, segment: int) -> float:
    """Log odds of joining that rating, promises and price add for everybody."""
    stars = state.company[s.RATING] - params[t.RATING_REFERENCE, 0]
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
    years = (today - state.status[s.LAST_DAY, person]) / YEAR_DAYS
    neutral = params[t.GOODWILL_NEUTRAL, segment]
    goodwill = neutral + faded(state.person[s.GOODWILL, person] - neutral, years, params[t.GOODWILL_MEMORY, segment])
    state.person[s.GOODWILL, person] = goodwill
    state.status[s.LAST_DAY, person] = today
    return goodwill


def _join(state: State, params: Params, person: int, now: int, segment: int) -> None:
    state.status[s.STANDING, person] = s.CUSTOMER
    state.status[s.SINCE_DAY, person] = now // DAY
    state.person[s.HABIT, person] = 0.0
    state.company_i[s.PROSPECTS_NOW] -= 1
    state.company_i[s.CUSTOMERS_NOW] += 1
    count_of(state, person, s.JOINED, 1)
    count_of(state, person, s.ACQUISITION_COST, hundredths(params[t.ACQUISITION, segment]))
    record(state, now, s.LOG_JOINED, person, 0, 0, 0, state.person[s.GOODWILL, person], 0.0)


def purchase(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Notice a customer who has left since the last purchase, or sell.

    An interval that an episode has already decided (SETTLED) is not decided again.
    """
    if state.status[s.SETTLED, person] == 0:
        segment = state.status[s.SEGMENT, person]
        years = (now // DAY - state.status[s.LAST_DAY, person]) / YEAR_DAYS
        stay = base_stay(
            state.person[s.DISPOSITION, person], years, params[t.DISPOSITION_GOODWILL_SLOPE, segment],
            state.person[s.GOODWILL, person], params[t.REFERENCE_GOODWILL, segment],
        )  # fmt: skip
        if uniform(state.keys, BASE_STAY, person, state.status[s.MOMENT, person]) >= stay:
            count_of(state, person, s.LEFT_QUIETLY, 1)
            leave(state, params, person, now, False)
            return s.NO_EVENT, 0
    return buy(state, params, person, now)


def buy(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Sell to a customer, plan the next purchase, and see what goes wrong or is asked."""
    segment = state.status[s.SEGMENT, person]
    nth = state.status[s.MOMENT, person]
    today = now // DAY
    _pay(state, params, person, now, segment)
    rewarded = loyalty_reward(state, params, person, now)
    _reward(state, params, person, rewarded, segment)
    rate = params[t.HABIT_RATE, segment] * (1.0 + params[t.REWARD_HABIT, segment] * rewarded)
    state.person[s.HABIT, person] = habit_after(state.person[s.HABIT, person], rate if rate < 1.0 else 1.0)
    gap = lognormal(
        uniform(state.keys, PURCHASE_GAP, person, nth),
        params[t.PURCHASE_GAP_MEAN, segment],
        params[t.PURCHASE_GAP_CV, segment],
    )
    days = int(gap + HALF)
    state.status[s.LAST_DAY, person] = today
    state.status[s.PLANNED_DAY, person] = today + (days if days > 1 else 1)
    state.status[s.SETTLED, person] = 0
    late = params[t.DELIVERY_PROMISED, segment] * delivery_broken(state, params, segment)
    cause = _issue(state, params, person, nth, segment, late)
    _count_delivery(state, params, person, nth, segment, cause, late)
    if cause != s.NO_CAUSE:
        return _suffer(state, params, person, now, cause)
    return _nothing_wrong(state, params, person, now)


def _pay(state: State, params: Params, person: int, now: int, segment: int) -> None:
    price = params[t.PRICE, segment]
    asked = hundredths(price)
    premium = params[t.PREMIUM, segment]
    if premium > 0.0:
        more = premium_paid(price, premium, state.person[s.GOODWILL, person], params[t.PREMIUM_FROM, segment])
        count_of(state, person, s.PREMIUM_PAID, hundredths(more) - asked)
        asked = hundredths(more)
    state.tally[s.SPENT, person] += asked
    count_of(state, person, s.PURCHASES, 1)
    count_of(state, person, s.REVENUE, asked)
    count_of(state, person, s.GOODS, hundredths(price * (1.0 - params[t.GROSS_MARGIN, segment])))
    record(state, now, s.LOG_PURCHASE, person, 0, 0, 0, asked / HUNDRED, 0.0)


def _reward(state: State, params: Params, person: int, level: float, segment: int) -> None:
    """Give a customer of long standing back a share of the price (hundredths)."""
    if level > 0.0:
        back = hundredths(params[t.PRICE, segment] * params[t.REWARD_SHARE, segment] * level)
        state.tally[s.RECEIVED, person] += back
        count_of(state, person, s.REWARDS_COST, back)


def _issue(state: State, params: Params, person: int, nth: int, segment: int, late: float) -> int:
    """Cause of the issue of this purchase, or none: one draw over the causes laid end to end, open causes last.

    ``late`` is the chance that a date of delivery was promised and is broken.
    """
    if params[t.CHANNEL_ISSUES, 0] == 0.0:
        return s.NO_CAUSE
    u = uniform(state.keys, ISSUE, person, nth)
    edge = params[t.ISSUE_AMBIENT, segment]
    if u < edge:
        return s.AMBIENT
    edge += params[t.ISSUE_MISUNDERSTANDING, segment]
    if u < edge:
        return s.MISUNDERSTANDING
    edge += late
    if u < edge:
        return s.DELIVERY_BROKEN
    if u < edge + state.company[s.EXCESS]:
        count_of(state, person, s.CAUSE_ISSUES, 1)
        return cause_at(state, u - edge)
    return s.NO_CAUSE


def delivery_broken(state: State, params: Params, segment: int) -> float:
    """Chance that a promised date of delivery is broken, under today's promises and pressure."""
    return broken_chance(params[t.DELIVERY_BROKEN, segment], promise_strain(state, params, segment))


def _count_delivery(state: State, params: Params, person: int, nth: int, segment: int, cause: int, late: float) -> None:
    """Keep the ledger of promised dates: who was let down had one, of the others as many as make up the share."""
    if cause == s.DELIVERY_BROKEN:
        count_of(state, person, s.DELIVERIES_PROMISED, 1)
        count_of(state, person, s.DELIVERIES_LATE, 1)
        return
    share = (params[t.DELIVERY_PROMISED, segment] - late) / (1.0 - late) if late < 1.0 else 0.0
    if uniform(state.keys, DELIVERY, person, nth) < share:
        count_of(state, person, s.DELIVERIES_PROMISED, 1)


def _suffer(state: State, params: Params, person: int, now: int, cause: int) -> tuple[int, int]:
    """Complain to the company, or stay silent and let the others know."""
    segment = state.status[s.SEGMENT, person]
    nth = state.status[s.MOMENT, person]
    kind = s.MINOR_CASE
    complain = params[t.COMPLAIN_MINOR, segment]
    count_of(state, person, s.ISSUES, 1)
    if uniform(state.keys, SEVERITY, person, nth) < params[t.MAJOR_SHARE, segment]:
        kind = s.MAJOR_CASE
        complain = params[t.COMPLAIN_MAJOR, segment]
        count_of(state, person, s.MAJOR_ISSUES, 1)
    record(state, now, s.LOG_ISSUE, person, kind, cause, 0, 0.0, 0.0)
    if uniform(state.keys, COMPLAIN, person, nth) < complain:
        count_of(state, person, s.COMPLAINTS, 1)
        return open_case(state, params, person, kind, cause, now)
    count_of(state, person, s.SILENCES, 1)
    record(state, now, s.LOG_SILENT, person, kind, cause, 0, 0.0, 0.0)
    close_silent(state, params, person, kind, cause, now)
    return s.NO_EVENT, 0


def _nothing_wrong(state: State, params: Params, person: int, now: int) -> tuple[int, int]:
    """Feel an ordinary purchase, then ask something or wait for the next one."""
    segment = state.status[s.SEGMENT, person]
    nth = state.status[s.MOMENT, person]
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
        schedule(state, person, state.status[s.PLANNED_DAY, person])
        return s.NO_EVENT, 0
    if uniform(state.keys, REQUEST, person, nth) < params[t.REQUEST_SHARE, segment]:
        count_of(state, person, s.REQUESTS, 1)
        return open_case(state, params, person, s.REQUEST_CASE, s.NO_CAUSE, now)
    count_of(state, person, s.ENQUIRIES, 1)
    return open_case(state, params, person, s.ENQUIRY_CASE, s.NO_CAUSE, now)


def _something_extra(state: State, params: Params, person: int, nth: int, segment: int, now: int) -> float:
    """Put something small in with a purchase, at times; return what it adds to its quality (score)."""
    chance = params[t.EXTRA_PURCHASE, segment]
    if chance <= 0.0 or uniform(state.keys, EXTRA, person, nth) >= chance:
        return 0.0
    count_of(state, person, s.EXTRAS, 1)
    count_of(state, person, s.GESTURE_COSTS, hundredths(params[t.EXTRA_COST, segment]))
    record(state, now, s.LOG_EXTRA, person, 0, 0, 0, params[t.EXTRA_COST, segment], 0.0)
    return params[t.EXTRA_QUALITY, segment]


def _feel_routine(state: State, params: Params, person: int, extra: float, segment: int, now: int) -> int:
    """Feel an ordinary purchase against what was promised of it; return the class of what was felt."""
    q = params[t.ROUTINE_QUALITY, segment]
    if params[t.CHANNEL_QUALITY, 0] > 0.0:
        q = clipped(q + extra + _worth_of_reward(state, params, person, segment, now))
    expected = state.person[s.EXPECT_PURCHASE, person]
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
    state.person[s.EXPECT_PURCHASE, person] = learned(expected, q, params[t.EXPECTATION_WEIGHT, segment])
    weight = params[t.GOODWILL_WEIGHT, segment] * params[t.ROUTINE_WEIGHT, segment]
    state.person[s.GOODWILL, person] = learned(state.person[s.GOODWILL, person], x, weight)
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
    segment = state.status[s.SEGMENT, person]
    state.status[s.STANDING, person] = s.PROSPECT
    state.status[s.LAST_DAY, person] = now // DAY
    state.person[s.GOODWILL, person] = params[t.GOODWILL_NEUTRAL, segment]
    state.company_i[s.AVOIDING_NOW] -= 1
    state.company_i[s.PROSPECTS_NOW] += 1
    count_of(state, person, s.FORGIVEN, 1)
    record(state, now, s.LOG_FORGIVES, person, 0, 0, 0, 0.0, 0.0)
    u = uniform(state.keys, CONSIDER_GAP, person, state.status[s.MOMENT, person])
    schedule(state, person, now // DAY + 1 + int(exponential(u, params[t.CONSIDER_GAP_MEAN, segment])))
    return s.NO_EVENT, 0
