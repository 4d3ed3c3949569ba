"""One touch of a case, from the call to the wrap-up, and what stands open between touches.

sim/engines/transitions.py says which of these steps answers which event; WAIT_AGENT, HOLD, TRANSFER and CALLBACK
are waits that the engine routes.

Log entries of these events, as ``record(..., a, b, c, x, y)``, minutes and money: ARRIVE (touch, kind); ANSWER (agent,
answers so far, rapport, waited, handling); ABANDON (waits for the manager: TRANSFER, waited); HANDLED, only when the
agent cannot help (asks a colleague, chance of a solution); OPINION (helps); HOLD and TRANSFER (amount, limit of
authority); HOLD_EXPIRED (minutes held); MANAGER (HOLD or TRANSFER, pending, waited, minutes); DECIDED (yes, amount);
WRAPPED (pending, solved, refused); LOG_MET_CLOSED and LOG_RETURNS (instant of the next attempt).
"""

from sim import table as t

# isort: off
from sim.draws import (
    ANGRY, APPROVE, ARGUE, CONTACT_AGAIN, DECIDE_ALONE, EMPATHY, HANDLING, MANAGER_DUTY, MANAGER_TIME, OPINION_SUCCESS,
    PATIENCE, PROMISE, PROMISE_DUE, PROMISE_TOLD, RAPPORT, REDIAL, REDIAL_DELAY, SOLVE, UPDATE_MISSED, WRONG,
    occasion, uniform,
)  # fmt: skip

# isort: on
from sim.draws import CALLBACK as CALLBACK_KEY
from sim.draws import EXTRA_STEP as EXTRA_STEP_KEY
from sim.draws import FREE_HELP as FREE_HELP_KEY
from sim.draws import HOLD as HOLD_KEY
from sim.draws import OPINION as OPINION_KEY
from sim.draws import PROMISE_KEPT as KEPT_KEY
from sim.rules.authority import decides_alone, hundredths, paid_by_agent
from sim.rules.chance import exponential, lognormal
from sim.rules.handling import (
    expected_wait,
    experience_factor,
    overrun_patience,
    pressure_factor,
    solve_chance,
)  # fmt: skip
from sim.rules.promise import kept_chance, promised_days
from sim.rules.staff import angry_chance, stress_after

# isort: off
from sim.state import (
    ABANDON, ABANDONED, ADMISSIONS, ADMITTED, AGENT, AMOUNT, ANGRY_CONTACTS, ANNOUNCED, ANSWER, ANSWERED, ANSWERS,
    ARGUED, ARGUMENTS, ARRIVE, ARRIVED_AT, ASKED_AT, ASKED_AUTHORITY, ATTITUDE, ATTITUDE_SUM, BROKEN, BUSY,
    BY_AGENT, CALLBACK, CALLBACKS_ANSWERED, CALLBACKS_CHOSEN, CALLBACKS_OFFERED, CALLBACK_CHOSEN, CALLBACK_PENDING,
    CALLBACK_WAIT, CALLED_BACK, CAUSE, CLOSE, COMPENSATION, COMPETENCE, COMPETENCE_SUM, COURTESY, COURTESY_SUM, DAY,
    DECIDED, DECIDED_ALONE, DUE, DUE_AT, DUE_PENDING, ESCALATED, EXPLAINED, EXPLANATIONS, EXTRA_STEPS, FIRST_AT,
    FREE_HELPS, GESTURE_COSTS, HANDLED, HANDOFFS, HANDOFFS_MADE, HELD, HELPED, HOLD, HOLDS_EXPIRED, HOLD_EXPIRED,
    HUNDRED, IN_LINE, IN_SYSTEM, KEPT, KIND, LOG_ALONE, LOG_ANNOUNCED, LOG_ARGUED, LOG_CALLBACK_CHOSEN, LOG_HELPED,
    LOG_MET_CLOSED, LOG_PAID, LOG_PROMISE, LOG_REFUSED, LOG_RETURNS, LOG_UPDATE, LOG_WRONG, LOST_IN_TRANSFER, MADE,
    MANAGER, MANAGERS_ON_DUTY, MANAGER_DECISIONS, MET_CLOSED, MINOR_CASE, MINUTE, MISUNDERSTANDING, NEEDS_AUTHORITY,
    NOTHING_PENDING, OFFERED, ON_DUTY, OPINION, OPINIONS, ORDINAL, OVERRUN, OWNED, PAID, PENDING, PERSON, PRESSURE,
    PROMISES_BROKEN, PROMISES_KEPT, PROMISES_MADE, PROMISES_TOLD, RAPPORTS, RECEIVED, REDIALS, REDIAL_ORBIT,
    REFUSED, REMEDY_PENDING, RETURNS, RETURN_ORBIT, SECOND, SEGMENT, SHORT_ABANDONED, SOLVED, STAGE, STRESS,
    TOLD_AHEAD, TOUCHES, TRAITS, TRANSFER, TRANSFERRED, UPDATED, UPDATES_LATE, UPDATES_MISSED, UPDATES_SENT, WAITED,
    WAITED_SOME, WAIT_ABANDONED, WAIT_AGENT, WAIT_ANSWERED, WENT_FURTHER, WITHIN_TARGET, WRAPPED, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import change, count, count_at, record
from sim.steps.calendar import contact_time, is_open, mean_handling, next_open, reopening
from sim.steps.promises import promise_strain, raise_hopes
from sim.steps.quality import compensation_share

# Where a case waits between touches (STAGE), and the touch after which nobody tries again: the width of a draw's key.
IN_NO_ORBIT, IN_REDIAL, IN_RETURN, IN_PROMISE = range(4)
LAST_TOUCH = 250


def arrive(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Call: come back on the next open day if closed; else join the line, told an expected wait if there is one."""
    case = state.case
    person = case[PERSON, c]
    if not is_open(state, now):
        count(state, MET_CLOSED, 1)
        back = reopening(state, person, touch_key(state, c), now)
        record(state, now, LOG_MET_CLOSED, person, back, 0, 0, 0.0, 0.0)
        return ARRIVE, back - now
    _leave_orbit(state, c, now)
    case[TOUCHES, c] += 1
    case[ARRIVED_AT, c] = now
    case[AGENT, c] = -1
    if case[FIRST_AT, c] < 0:
        case[FIRST_AT, c] = now
    count(state, OFFERED, 1)
    record(state, now, ARRIVE, person, case[TOUCHES, c], case[KIND, c], 0, 0.0, 0.0)
    change(state, IN_SYSTEM, 1, now)
    minutes = _minutes_to_wait(state, params)
    _announce(state, params, c, minutes, now)
    _offer_callback(state, params, c, minutes, now)
    return WAIT_AGENT, 0


def touch_key(state: State, c: int) -> int:
    """Occasion of the draws of a case's present touch."""
    return occasion(state.case[ORDINAL, c], state.case[KIND, c], state.case[TOUCHES, c], 0)


def _leave_orbit(state: State, c: int, now: int) -> None:
    if state.case[STAGE, c] == IN_REDIAL:
        change(state, REDIAL_ORBIT, -1, now)
    if state.case[STAGE, c] == IN_RETURN:
        change(state, RETURN_ORBIT, -1, now)
    state.case[STAGE, c] = IN_NO_ORBIT


def _minutes_to_wait(state: State, params: Params) -> float:
    """Expected wait (minutes) of somebody who calls now, -1 when an agent is free or nobody is there."""
    company = state.company_i
    seats = company[ON_DUTY]
    if seats == 0 or company[BUSY] < seats:
        return -1.0
    return expected_wait(company[IN_LINE], mean_handling(params), seats)


def _announce(state: State, params: Params, c: int, minutes: float, now: int) -> None:
    """Tell a caller who must wait the expected wait (ticks), or -1 when nothing is said."""
    state.case[ANNOUNCED, c] = -1
    if params[t.ANNOUNCE, 0] == 0.0 or minutes < 0.0:
        return
    state.case[ANNOUNCED, c] = int(minutes * MINUTE)
    record(state, now, LOG_ANNOUNCED, state.case[PERSON, c], 0, 0, 0, minutes, 0.0)


def _offer_callback(state: State, params: Params, c: int, minutes: float, now: int) -> None:
    """Offer a caller who would wait long a call back in turn; who accepts keeps the place and does not hang up."""
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    chance = params[t.CALLBACK, segment]
    state.case[CALLBACK_CHOSEN, c] = 0
    if chance <= 0.0 or minutes < params[t.CALLBACK_THRESHOLD, segment]:
        return
    count(state, CALLBACKS_OFFERED, 1)
    if uniform(state.keys, CALLBACK_KEY, person, touch_key(state, c)) < chance:
        state.case[CALLBACK_CHOSEN, c] = 1
        count(state, CALLBACKS_CHOSEN, 1)
        record(state, now, LOG_CALLBACK_CHOSEN, person, 0, 0, 0, minutes, 0.0)


def patience(state: State, params: Params, c: int) -> int:
    """Patience of this touch (ticks), with an agent as with a manager; shorter past an announced wait.

    The inverse of a piecewise constant hazard, in means. Who is going to be called back has no limit (-1).
    """
    if state.case[CALLBACK_CHOSEN, c] == 1:
        return -1
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    left = exponential(uniform(state.keys, PATIENCE, person, touch_key(state, c)), 1.0)
    last = state.knots.shape[1] - 1
    k = 0
    while k < last and left > state.hazard[segment, k] * (state.knots[segment, k + 1] - state.knots[segment, k]):
        left -= state.hazard[segment, k] * (state.knots[segment, k + 1] - state.knots[segment, k])
        k += 1
    minutes = params[t.PATIENCE_MEAN, segment] * (state.knots[segment, k] + left / state.hazard[segment, k])
    if state.case[ANNOUNCED, c] >= 0:
        announced = state.case[ANNOUNCED, c] / MINUTE
        minutes = overrun_patience(minutes, announced, params[t.OVERRUN_GROWTH, segment])
    return int(minutes * MINUTE) + 1


def abandon(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hang up: redial later, or give up and let the case end unresolved."""
    case = state.case
    came = case[ARRIVED_AT, c]
    since = case[ASKED_AT, c] if case[ESCALATED, c] == TRANSFER else came
    record(state, now, ABANDON, case[PERSON, c], case[ESCALATED, c], 0, 0, (now - since) / MINUTE, 0.0)
    if case[ESCALATED, c] == TRANSFER:
        count(state, LOST_IN_TRANSFER, 1)
        case[WAITED, c] += now - case[ASKED_AT, c]
        case[ESCALATED, c] = 0
    else:
        _count_abandoned(state, params, c, now, came)
    change(state, IN_SYSTEM, -1, now)
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = touch_key(state, c)
    again = uniform(state.keys, REDIAL, person, key) < params[t.REDIAL_PROBABILITY, segment]
    if not again or case[TOUCHES, c] >= LAST_TOUCH:
        return CLOSE, 0
    count(state, REDIALS, 1)
    change(state, REDIAL_ORBIT, 1, now)
    case[STAGE, c] = IN_REDIAL
    wait = (
        int(exponential(uniform(state.keys, REDIAL_DELAY, person, key), params[t.REDIAL_DELAY, segment]) * MINUTE) + 1
    )
    record(state, now, LOG_RETURNS, person, now + wait, 0, 0, 0.0, 0.0)
    return ARRIVE, wait


def _count_abandoned(state: State, params: Params, c: int, now: int, came: int) -> None:
    wait = now - came
    state.case[WAITED, c] += wait
    _note_overrun(state, c, wait)
    count_at(state, ABANDONED, came, 1)
    count_at(state, WAITED_SOME, came, 1)
    count_at(state, WAIT_ABANDONED, came, wait)
    if wait < params[t.SHORT_ABANDON_SECONDS, 0] * SECOND:
        count_at(state, SHORT_ABANDONED, came, 1)


def _note_overrun(state: State, c: int, wait: int) -> None:
    if 0 <= state.case[ANNOUNCED, c] < wait:
        state.case[OVERRUN, c] = 1


def answer(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Be answered by an agent: rapport or not, then handling."""
    _count_answered(state, params, c, now)
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = touch_key(state, c)
    agent = state.case[AGENT, c]
    competence = state.agent[COMPETENCE, agent]
    state.case_f[COURTESY_SUM, c] += state.agent[COURTESY, agent]
    state.case_f[COMPETENCE_SUM, c] += competence
    state.case_f[ATTITUDE_SUM, c] += state.agent[ATTITUDE, agent]
    minutes = lognormal(
        uniform(state.keys, HANDLING, person, key),
        params[t.HANDLING_ENQUIRY + state.case[KIND, c], segment],
        params[t.HANDLING_CV, segment],
    )
    minutes = minutes * experience_factor(
        competence, params[t.EXPERIENCE_SLOW, segment], params[t.EXPERIENCE_GAIN, segment]
    )
    minutes = minutes * _pressure(state, params)
    rapport = uniform(state.keys, RAPPORT, person, key) < params[t.RAPPORT, segment]
    if rapport:
        state.case[RAPPORTS, c] += 1
        minutes = minutes * (1.0 - params[t.RAPPORT_SAVING, segment]) + params[t.RAPPORT_MINUTES, segment]
    if state.case[EXPLANATIONS, c] > 1:
        minutes = minutes + params[t.EXPLAIN_MINUTES, segment]
    minutes = minutes + _care(state, params, c, key)
    _weigh_on_agent(state, params, c, agent, key)
    waited = (now - state.case[ARRIVED_AT, c]) / MINUTE
    record(state, now, ANSWER, person, agent, state.case[ANSWERS, c], 1 if rapport else 0, waited, minutes)
    if state.case[ARGUED, c] == 1 and state.case[ANSWERS, c] == 1:
        record(state, now, LOG_ARGUED, person, agent, 0, 0, 0.0, 0.0)
    return HANDLED, int(minutes * MINUTE) + 1


def _care(state: State, params: Params, c: int, key: int) -> float:
    """Own the case, listen, go a step further, argue or not; return the minutes that it all takes."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    minutes = 0.0
    if case[OWNED, c] == 1:
        minutes += params[t.OWNER_MINUTES, segment]
    if listens(state, params, c):
        minutes += params[t.EMPATHY_MINUTES, segment]
    step = params[t.EXTRA_STEP, segment]
    if step > 0.0 and uniform(state.keys, EXTRA_STEP_KEY, person, key) < step:
        minutes += params[t.EXTRA_STEP_MINUTES, segment]
        case[WENT_FURTHER, c] = 1
        count(state, EXTRA_STEPS, 1)
    if case[ADMITTED, c] == 1 and case[ANSWERS, c] == 1:
        count(state, ADMISSIONS, 1)
    if _argues(state, params, c, key):
        minutes += params[t.ARGUE_MINUTES, segment]
        case[ARGUED, c] = 1
        count(state, ARGUMENTS, 1)
    return minutes


def listens(state: State, params: Params, c: int) -> bool:
    """Whether the agent takes the customer's view in this touch."""
    person = state.case[PERSON, c]
    chance = params[t.EMPATHY, state.status[SEGMENT, person]]
    return chance > 0.0 and uniform(state.keys, EMPATHY, person, touch_key(state, c)) < chance


def _argues(state: State, params: Params, c: int, key: int) -> bool:
    """Whether the agent holds the facts against a customer who is mistaken about the terms, at the first answer."""
    case = state.case
    if case[CAUSE, c] != MISUNDERSTANDING or case[ANSWERS, c] != 1:
        return False
    person = case[PERSON, c]
    return uniform(state.keys, ARGUE, person, key) < params[t.ARGUE, state.status[SEGMENT, person]]


def _count_answered(state: State, params: Params, c: int, now: int) -> None:
    """Count an answer, how long it took, and whether the matter had to be explained: to the owner only once."""
    case = state.case
    came = case[ARRIVED_AT, c]
    wait = now - came
    case[ANSWERS, c] += 1
    if case[OWNED, c] == 0 or case[ANSWERS, c] == 1:
        case[EXPLANATIONS, c] += 1
        count(state, EXPLAINED, 1)
    count_at(state, ANSWERED, came, 1)
    if wait > 0:
        count_at(state, WAITED_SOME, came, 1)
    if wait <= params[t.TARGET_SECONDS, 0] * SECOND:
        count_at(state, WITHIN_TARGET, came, 1)
    if case[CALLBACK_CHOSEN, c] == 1:
        case[CALLBACK_CHOSEN, c] = 0
        case[WAITED, c] += int(wait * params[t.CALLBACK_FELT, state.status[SEGMENT, case[PERSON, c]]])
        count_at(state, CALLBACKS_ANSWERED, came, 1)
        count_at(state, CALLBACK_WAIT, came, wait)
        return
    case[WAITED, c] += wait
    _note_overrun(state, c, wait)
    count_at(state, WAIT_ANSWERED, came, wait)


def _pressure(state: State, params: Params) -> float:
    return pressure_factor(state.company[PRESSURE], params[t.PRESSURE_REFERENCE, 0], params[t.PRESSURE_ELASTICITY, 0])


def _weigh_on_agent(state: State, params: Params, c: int, agent: int, key: int) -> None:
    """An angry contact raises the agent's stress."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    broken = params[t.ANGRY_BROKEN, 0] if case[BROKEN, c] > 0 or case[UPDATES_LATE, c] > 0 else 0.0
    rude = params[t.ANGRY_DISCOURTESY, 0] * (params[t.REFERENCE_COURTESY, segment] - state.agent[COURTESY, agent])
    chance = angry_chance(
        params[t.ANGRY_ENQUIRY + case[KIND, c], 0],
        case[ANSWERS, c] - 1,
        params[t.ANGRY_REPEAT, 0],
        broken,
        rude,
    )
    if case[ARGUED, c] == 1 and case[ANSWERS, c] == 1:
        chance += params[t.ARGUE_ANGER, segment]
    if state.tally[TRAITS, person] > 0:
        chance += params[t.PEST_ANGER, segment]
    if listens(state, params, c):
        chance = chance * (1.0 - params[t.EMPATHY_CALM, segment])
    if uniform(state.keys, ANGRY, person, key) < chance:
        count(state, ANGRY_CONTACTS, 1)
        state.agent[STRESS, agent] = stress_after(state.agent[STRESS, agent], params[t.STRESS_CONTACT, 0])


def handled(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of handling: the agent can solve the case, or asks a colleague, or cannot."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = touch_key(state, c)
    base = params[t.SOLVE_ISSUE if case[KIND, c] >= MINOR_CASE else t.SOLVE_ENQUIRY, segment]
    chance = solve_chance(
        base, params[t.SOLVE_COMPETENCE, segment], state.agent[COMPETENCE, case[AGENT, c]], _pressure(state, params),
        params[t.PRESSURE_QUALITY, 0],
    )  # fmt: skip
    if listens(state, params, c):
        chance += params[t.EMPATHY_SOLVE, segment]
    if uniform(state.keys, SOLVE, person, key) < chance:
        return _authorise(state, params, c, now)
    asks = uniform(state.keys, OPINION_KEY, person, key) < params[t.OPINION_USE, segment]
    record(state, now, HANDLED, person, 1 if asks else 0, 0, 0, chance, 0.0)
    if asks:
        count(state, OPINIONS, 1)
        return OPINION, int(params[t.OPINION_MINUTES, segment] * MINUTE)
    _help_freely(state, params, c, now)
    return _wrap_up(params, segment)


def opinion(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hear a colleague's second opinion: it solves the case, or nothing is found."""
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    helps = uniform(state.keys, OPINION_SUCCESS, person, touch_key(state, c)) < params[t.OPINION_SUCCESS, segment]
    record(state, now, OPINION, person, 1 if helps else 0, 0, 0, 0.0, 0.0)
    if helps:
        return _authorise(state, params, c, now)
    _help_freely(state, params, c, now)
    return _wrap_up(params, segment)


def _help_freely(state: State, params: Params, c: int, now: int) -> bool:
    """Help a customer who asks for something at the company's cost, where it could have said no; return whether.

    Issues are a matter of recovery.
    """
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    chance = params[t.FREE_HELP, segment]
    if case[KIND, c] >= MINOR_CASE or chance <= 0.0:
        return False
    if uniform(state.keys, FREE_HELP_KEY, person, touch_key(state, c)) >= chance:
        return False
    case[HELPED, c] = 1
    case[SOLVED, c] = 1
    cents = hundredths(params[t.FREE_HELP_COST, segment])
    count(state, FREE_HELPS, 1)
    count(state, GESTURE_COSTS, cents)
    record(state, now, LOG_HELPED, person, 0, 0, 0, cents / HUNDRED, 0.0)
    return True


def _wrap_up(params: Params, segment: int) -> tuple[int, int]:
    return WRAPPED, int(params[t.WRAP_MINUTES, segment] * MINUTE)


def _authorise(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Decide within the limit of authority, or ask the manager: hold the line or transfer."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    if case[NEEDS_AUTHORITY, c] == 0:
        _remedy(state, params, c, now, case[AMOUNT, c])
        return _wrap_up(params, segment)
    count(state, ASKED_AUTHORITY, 1)
    key = touch_key(state, c)
    amount = case[AMOUNT, c] / HUNDRED
    u = uniform(state.keys, DECIDE_ALONE, person, key)
    limit = params[t.AUTHORITY_LIMIT, segment]
    if decides_alone(params[t.EMPOWERMENT_FORM, 0], amount, limit, u, params[t.EMPOWERMENT, segment]):
        return _decide_alone(state, params, c, now, amount)
    case[ASKED_AT, c] = now
    if uniform(state.keys, HOLD_KEY, person, key) < params[t.HOLD_SHARE, 0]:
        case[ESCALATED, c] = HOLD
        count(state, HELD, 1)
        record(state, now, HOLD, person, 0, 0, 0, amount, limit)
        return HOLD, 0
    case[ESCALATED, c] = TRANSFER
    case[HANDOFFS, c] += 1
    count(state, HANDOFFS_MADE, 1)
    count(state, TRANSFERRED, 1)
    record(state, now, TRANSFER, person, 0, 0, 0, amount, limit)
    return TRANSFER, 0


def _decide_alone(state: State, params: Params, c: int, now: int, amount: float) -> tuple[int, int]:
    """The agent decides: more generously than a manager, and wrongly at times when untrained."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = touch_key(state, c)
    case[BY_AGENT, c] = 1
    count(state, DECIDED_ALONE, 1)
    record(state, now, LOG_ALONE, person, 0, 0, 0, amount, 0.0)
    if uniform(state.keys, APPROVE, person, key) >= params[t.AGENT_APPROVES, segment]:
        _refuse(state, params, c, now)
        return _wrap_up(params, segment)
    training = params[t.TRAINING, 0]
    mean = params[t.AMOUNT_REQUEST + case[KIND, c] - 1, segment] * params[t.AMOUNT_AUTHORITY, segment]
    granted = hundredths(
        paid_by_agent(
            amount,
            mean,
            params[t.GENEROSITY_TRAINED, segment],
            params[t.GENEROSITY_UNTRAINED, segment],
            training,
        )
    )
    if uniform(state.keys, WRONG, person, key) < params[t.WRONG_UNTRAINED, segment] * (1.0 - training):
        record(state, now, LOG_WRONG, person, 0, 0, 0, amount, 0.0)
        _pay(state, params, c, now, granted)
        return _wrap_up(params, segment)
    _remedy(state, params, c, now, granted)
    return _wrap_up(params, segment)


def _refuse(state: State, params: Params, c: int, now: int) -> None:
    """Turn a case down, unless it is helped freely."""
    if _help_freely(state, params, c, now):
        return
    state.case[REFUSED, c] = 1
    record(state, now, LOG_REFUSED, state.case[PERSON, c], state.case[BY_AGENT, c], 0, 0, 0.0, 0.0)


def _pay(state: State, params: Params, c: int, now: int, cents: int) -> None:
    """Pay compensation once a case (hundredths): what is usual, times what recovery makes of it for an issue."""
    case = state.case
    if case[PAID, c] > 0 or case[KIND, c] == 0:
        return
    if case[KIND, c] >= MINOR_CASE:
        cents = int(cents * compensation_share(state, params, c) + 0.5)
    case[PAID, c] = cents
    state.tally[RECEIVED, case[PERSON, c]] += cents
    count(state, COMPENSATION, cents)
    record(state, now, LOG_PAID, case[PERSON, c], 0, 0, 0, cents / HUNDRED, 0.0)


def _remedy(state: State, params: Params, c: int, now: int, cents: int) -> None:
    """Set things right at once, or promise it by a date."""
    case = state.case
    person = case[PERSON, c]
    case[NEEDS_AUTHORITY, c] = 0
    _pay(state, params, c, now, cents)
    if case[KIND, c] >= MINOR_CASE:
        row = t.PROMISE_MINOR if case[KIND, c] == MINOR_CASE else t.PROMISE_MAJOR
        if uniform(state.keys, PROMISE, person, touch_key(state, c)) < params[row, state.status[SEGMENT, person]]:
            case[PENDING, c] = REMEDY_PENDING
            return
    case[SOLVED, c] = 1


def hold_expires(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hold too long: promise to call back with the decision (a hold without limit would be a gridlock)."""
    case = state.case
    case[WAITED, c] += now - case[ASKED_AT, c]
    case[PENDING, c] = CALLBACK_PENDING
    count(state, HOLDS_EXPIRED, 1)
    record(state, now, HOLD_EXPIRED, case[PERSON, c], 0, 0, 0, (now - case[ASKED_AT, c]) / MINUTE, 0.0)
    return _wrap_up(params, state.status[SEGMENT, case[PERSON, c]])


def manager_answers(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Get the manager's ear: breaking off another duty at times, then the time of a decision."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = touch_key(state, c)
    minutes = lognormal(
        uniform(state.keys, MANAGER_TIME, person, key),
        params[t.MANAGER_MINUTES, segment],
        params[t.MANAGER_CV, segment],
    )
    if case[ESCALATED, c] == TRANSFER:
        minutes = minutes * params[t.MANAGER_TRANSFERRED, segment]
        if case[OWNED, c] == 0:
            case[EXPLANATIONS, c] += 1
            count(state, EXPLAINED, 1)
    if case[PENDING, c] == NOTHING_PENDING:
        case[WAITED, c] += now - case[ASKED_AT, c]
    if uniform(state.keys, MANAGER_DUTY, person, key) < params[t.MANAGER_DUTY_SHARE, segment]:
        minutes = minutes + params[t.MANAGER_DUTY_MINUTES, segment]
    waited = (now - case[ASKED_AT, c]) / MINUTE
    record(state, now, MANAGER, person, case[ESCALATED, c], case[PENDING, c], 0, waited, minutes)
    return DECIDED, int(minutes * MINUTE) + 1


def decided(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Take the manager's decision: yes, or no."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    count(state, MANAGER_DECISIONS, 1)
    held = case[ESCALATED, c] == HOLD and case[PENDING, c] == NOTHING_PENDING
    if case[PENDING, c] == CALLBACK_PENDING:
        case[PENDING, c] = NOTHING_PENDING
    case[ESCALATED, c] = 0
    approves = uniform(state.keys, APPROVE, person, touch_key(state, c)) < params[t.MANAGER_APPROVES, segment]
    record(state, now, DECIDED, person, 1 if approves else 0, 0, 0, case[AMOUNT, c] / HUNDRED, 0.0)
    if approves:
        _remedy(state, params, c, now, case[AMOUNT, c])
    else:
        _refuse(state, params, c, now)
    return _wrap_up(params, segment) if held else (WRAPPED, 0)


def wrapped(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of the touch: a promise stands, or the case ends, or it comes back."""
    case = state.case
    if case[STAGE, c] == IN_NO_ORBIT:
        change(state, IN_SYSTEM, -1, now)
    else:
        _leave_orbit(state, c, now)
    case[ESCALATED, c] = 0
    record(state, now, WRAPPED, case[PERSON, c], case[PENDING, c], case[SOLVED, c], case[REFUSED, c], 0.0, 0.0)
    if case[PENDING, c] != NOTHING_PENDING:
        return _promise(state, params, c, now)
    if case[SOLVED, c] == 1 or case[REFUSED, c] == 1:
        return CLOSE, 0
    return _come_back(state, params, c, now)


def _promise(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Make a promise with a due date in opening hours (ticks)."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    case[MADE, c] += 1
    count(state, PROMISES_MADE, 1)
    change(state, DUE_PENDING, 1, now)
    case[STAGE, c] = IN_PROMISE
    low = params[t.PROMISE_DUE_LOW, segment]
    u = uniform(state.keys, PROMISE_DUE, person, promise_key(state, c))
    days = low + (params[t.PROMISE_DUE_HIGH, segment] - low) * u
    days = promised_days(days, params[t.PROMISE_LEVEL, segment], params[t.PROMISE_HASTE, segment])
    case[DUE_AT, c] = next_open(state, now + int(days * DAY))
    record(state, now, LOG_PROMISE, person, 0, case[PENDING, c], 0, days, 0.0)
    raise_hopes(state, params, person, case[KIND, c])
    _update(state, params, c, promise_key(state, c), now)
    return DUE, case[DUE_AT, c] - now


def _update(state: State, params: Params, c: int, key: int, now: int) -> None:
    """Keep a customer informed while nothing else happens; an update that does not come is a broken promise."""
    if state.case[UPDATED, c] == 0:
        return
    person = state.case[PERSON, c]
    missed = uniform(state.keys, UPDATE_MISSED, person, key) < params[t.UPDATE_MISSED, state.status[SEGMENT, person]]
    if missed:
        state.case[UPDATES_LATE, c] += 1
    count(state, UPDATES_MISSED if missed else UPDATES_SENT, 1)
    record(state, now, LOG_UPDATE, person, 0 if missed else 1, 0, 0, 0.0, 0.0)


def promise_key(state: State, c: int) -> int:
    """Occasion of the draws of a case's present promise."""
    return touch_key(state, c) + state.case[MADE, c]


def due(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """A promise falls due: kept; or broken, with a word in advance and a new date, or without."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = promise_key(state, c)
    change(state, DUE_PENDING, -1, now)
    possible = case[PENDING, c] != CALLBACK_PENDING or state.company_i[MANAGERS_ON_DUTY] > 0
    kept = kept_chance(params[t.PROMISE_KEPT, segment], promise_strain(state, params, segment))
    if possible and uniform(state.keys, KEPT_KEY, person, key) < kept:
        return _keep(state, c, now)
    case[BROKEN, c] += 1
    count(state, PROMISES_BROKEN, 1)
    record(state, now, LOG_PROMISE, person, 2, case[PENDING, c], 0, 0.0, 0.0)
    if uniform(state.keys, PROMISE_TOLD, person, key) < params[t.PROMISE_TOLD, segment] and case[MADE, c] < LAST_TOUCH:
        case[TOLD_AHEAD, c] += 1
        count(state, PROMISES_TOLD, 1)
        return _promise(state, params, c, now)
    case[PENDING, c] = NOTHING_PENDING
    case[STAGE, c] = IN_NO_ORBIT
    return _come_back(state, params, c, now)


def _keep(state: State, c: int, now: int) -> tuple[int, int]:
    case = state.case
    case[KEPT, c] += 1
    count(state, PROMISES_KEPT, 1)
    record(state, now, LOG_PROMISE, case[PERSON, c], 1, case[PENDING, c], 0, 0.0, 0.0)
    if case[PENDING, c] == CALLBACK_PENDING:
        count(state, CALLED_BACK, 1)
        return CALLBACK, 0
    case[PENDING, c] = NOTHING_PENDING
    case[SOLVED, c] = 1
    return CLOSE, 0


def _come_back(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Contact again from the next day on about a case that is not solved, or give it up."""
    case = state.case
    person = case[PERSON, c]
    key = touch_key(state, c)
    again = uniform(state.keys, CONTACT_AGAIN, person, key) < params[t.CONTACT_AGAIN, state.status[SEGMENT, person]]
    if not again or case[TOUCHES, c] >= LAST_TOUCH:
        return CLOSE, 0
    count(state, RETURNS, 1)
    change(state, RETURN_ORBIT, 1, now)
    case[STAGE, c] = IN_RETURN
    back = contact_time(state, person, key, now // DAY + 1)
    _update(state, params, c, key, now)
    record(state, now, LOG_RETURNS, person, back, 0, 0, 0.0, 0.0)
    return ARRIVE, back - now
