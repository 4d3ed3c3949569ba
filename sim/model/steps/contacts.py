"""One touch of a case, from the call to the wrap-up, and what stands open between touches.

sim/engines/transitions.py says which of these steps answers which event; WAIT_AGENT, HOLD, TRANSFER and CALLBACK
are waits that the engine routes.

Log entries of these events, as ``record(..., a, b, c, x, y)``, minutes and money: ARRIVE (touch, kind); ANSWER (agent,
answers so far, rapport, waited, handling); ABANDON (waits for the manager: TRANSFER, waited); HANDLED, only when the
agent cannot help (asks a colleague, chance of a solution); OPINION (helps); HOLD and TRANSFER (amount, limit of
authority); HOLD_EXPIRED (minutes held); MANAGER (HOLD or TRANSFER, pending, waited, minutes); DECIDED (yes, amount);
WRAPPED (pending, solved, refused); LOG_MET_CLOSED and LOG_RETURNS (instant of the next attempt).
"""

import sim.model.columns as t

# isort: off
from sim.model.draws import (
    ANGRY, APPROVE, ARGUE, CONTACT_AGAIN, DECIDE_ALONE, EMPATHY, HANDLING, MANAGER_DUTY, MANAGER_TIME, OPINION_SUCCESS,
    PATIENCE, PROMISE, PROMISE_DUE, PROMISE_TOLD, RAPPORT, REDIAL, REDIAL_DELAY, SOLVE, UPDATE_MISSED, WRONG, occasion,
    uniform,
)  # fmt: skip

# isort: on
from sim.model.draws import CALLBACK as CALLBACK_KEY
from sim.model.draws import EXTRA_STEP as EXTRA_STEP_KEY
from sim.model.draws import FREE_HELP as FREE_HELP_KEY
from sim.model.draws import HOLD as HOLD_KEY
from sim.model.draws import OPINION as OPINION_KEY
from sim.model.draws import PROMISE_KEPT as KEPT_KEY
from sim.model.rules.authority import decides_alone, hundredths, paid_by_agent
from sim.model.rules.chance import HALF, exponential, lognormal
from sim.model.rules.handling import (  # fmt: skip
    expected_wait,
    experience_factor,
    overrun_patience,
    pressure_factor,
    solve_chance,
)
from sim.model.rules.promise import kept_chance, promised_days
from sim.model.rules.staff import angry_chance, stress_after

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, HUNDRED, MINUTE, SECOND
import sim.model.state as s

# isort: on
from sim.model.steps.books import change, count_of, count_of_at, record
from sim.model.steps.calendar import contact_time, is_open, mean_handling, next_open, reopening
from sim.model.steps.promises import promise_strain, raise_hopes
from sim.model.steps.quality import compensation_share

# Where a case waits between touches (STAGE), and the touch after which nobody tries again: the width of a draw's key.
IN_NO_ORBIT, IN_REDIAL, IN_RETURN, IN_PROMISE = range(4)
LAST_TOUCH = 250
# What is logged of a promise.
PROMISE_MADE, PROMISE_KEPT, PROMISE_BROKEN = range(3)


def arrive(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Call: come back on the next open day if closed; else join the line, told an expected wait if there is one."""
    case = state.case
    person = case[s.PERSON, c]
    if not is_open(state, now):
        count_of(state, person, s.MET_CLOSED, 1)
        back = reopening(state, person, touch_key(state, c), now)
        record(state, now, s.LOG_MET_CLOSED, person, back, 0, 0, 0.0, 0.0)
        return s.ARRIVE, back - now
    _leave_orbit(state, c, now)
    case[s.TOUCHES, c] += 1
    case[s.ARRIVED_AT, c] = now
    case[s.AGENT, c] = -1
    if case[s.FIRST_AT, c] < 0:
        case[s.FIRST_AT, c] = now
    count_of(state, person, s.OFFERED, 1)
    record(state, now, s.ARRIVE, person, case[s.TOUCHES, c], case[s.KIND, c], 0, 0.0, 0.0)
    change(state, s.IN_SYSTEM, 1, now)
    minutes = _minutes_to_wait(state, params)
    _announce(state, params, c, minutes, now)
    _offer_callback(state, params, c, minutes, now)
    return s.WAIT_AGENT, 0


def touch_key(state: State, c: int) -> int:
    """Occasion of the draws of a case's present touch."""
    return occasion(state.case[s.ORDINAL, c], state.case[s.KIND, c], state.case[s.TOUCHES, c], 0)


def _leave_orbit(state: State, c: int, now: int) -> None:
    if state.case[s.STAGE, c] == IN_REDIAL:
        change(state, s.REDIAL_ORBIT, -1, now)
    if state.case[s.STAGE, c] == IN_RETURN:
        change(state, s.RETURN_ORBIT, -1, now)
    state.case[s.STAGE, c] = IN_NO_ORBIT


def _minutes_to_wait(state: State, params: Params) -> float:
    """Expected wait (minutes) of somebody who calls now, -1 when an agent is free or nobody is there."""
    company = state.company_i
    seats = company[s.ON_DUTY]
    if seats == 0 or company[s.BUSY] < seats:
        return -1.0
    return expected_wait(company[s.IN_LINE], mean_handling(params), seats)


def _announce(state: State, params: Params, c: int, minutes: float, now: int) -> None:
    """Tell a caller who must wait the expected wait (ticks), or -1 when nothing is said."""
    state.case[s.ANNOUNCED, c] = -1
    if params[t.ANNOUNCE, 0] == 0.0 or minutes < 0.0:
        return
    state.case[s.ANNOUNCED, c] = int(minutes * MINUTE)
    record(state, now, s.LOG_ANNOUNCED, state.case[s.PERSON, c], 0, 0, 0, minutes, 0.0)


def _offer_callback(state: State, params: Params, c: int, minutes: float, now: int) -> None:
    """Offer a caller who would wait long a call back in turn; who accepts keeps the place and does not hang up."""
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    chance = params[t.CALLBACK, segment]
    state.case[s.CALLBACK_CHOSEN, c] = 0
    if chance <= 0.0 or minutes < params[t.CALLBACK_THRESHOLD, segment]:
        return
    count_of(state, person, s.CALLBACKS_OFFERED, 1)
    if uniform(state.keys, CALLBACK_KEY, person, touch_key(state, c)) < chance:
        state.case[s.CALLBACK_CHOSEN, c] = 1
        count_of(state, person, s.CALLBACKS_CHOSEN, 1)
        record(state, now, s.LOG_CALLBACK_CHOSEN, person, 0, 0, 0, minutes, 0.0)


def patience(state: State, params: Params, c: int) -> int:
    """Patience of this touch (ticks), with an agent as with a manager; shorter past an announced wait.

    The inverse of a piecewise constant hazard, in means. Who is going to be called back has no limit (-1).
    """
    if state.case[s.CALLBACK_CHOSEN, c] == 1:
        return -1
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    left = exponential(uniform(state.keys, PATIENCE, person, touch_key(state, c)), 1.0)
    last = state.knots.shape[1] - 1
    k = 0
    while k < last and left > state.hazard[segment, k] * (state.knots[segment, k + 1] - state.knots[segment, k]):
        left -= state.hazard[segment, k] * (state.knots[segment, k + 1] - state.knots[segment, k])
        k += 1
    minutes = params[t.PATIENCE_MEAN, segment] * (state.knots[segment, k] + left / state.hazard[segment, k])
    if state.case[s.ANNOUNCED, c] >= 0:
        announced = state.case[s.ANNOUNCED, c] / MINUTE
        minutes = overrun_patience(minutes, announced, params[t.OVERRUN_GROWTH, segment])
    return int(minutes * MINUTE) + 1


def abandon(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hang up: redial later, or give up and let the case end unresolved."""
    case = state.case
    person = case[s.PERSON, c]
    came = case[s.ARRIVED_AT, c]
    since = case[s.ASKED_AT, c] if case[s.ESCALATED, c] == s.TRANSFER else came
    record(state, now, s.ABANDON, case[s.PERSON, c], case[s.ESCALATED, c], 0, 0, (now - since) / MINUTE, 0.0)
    if case[s.ESCALATED, c] == s.TRANSFER:
        count_of(state, person, s.LOST_IN_TRANSFER, 1)
        case[s.WAITED, c] += now - case[s.ASKED_AT, c]
        case[s.ESCALATED, c] = 0
    else:
        _count_abandoned(state, params, c, now, came)
    change(state, s.IN_SYSTEM, -1, now)
    segment = state.status[s.SEGMENT, person]
    key = touch_key(state, c)
    again = uniform(state.keys, REDIAL, person, key) < params[t.REDIAL_PROBABILITY, segment]
    if not again or case[s.TOUCHES, c] >= LAST_TOUCH:
        return s.CLOSE, 0
    count_of(state, person, s.REDIALS, 1)
    change(state, s.REDIAL_ORBIT, 1, now)
    case[s.STAGE, c] = IN_REDIAL
    wait = (
        int(exponential(uniform(state.keys, REDIAL_DELAY, person, key), params[t.REDIAL_DELAY, segment]) * MINUTE) + 1
    )
    record(state, now, s.LOG_RETURNS, person, now + wait, 0, 0, 0.0, 0.0)
    return s.ARRIVE, wait


def _count_abandoned(state: State, params: Params, c: int, now: int, came: int) -> None:
    person = state.case[s.PERSON, c]
    wait = now - came
    state.case[s.WAITED, c] += wait
    _note_overrun(state, c, wait)
    count_of_at(state, person, s.ABANDONED, came, 1)
    count_of_at(state, person, s.WAITED_SOME, came, 1)
    count_of_at(state, person, s.WAIT_ABANDONED, came, wait)
    if wait < params[t.SHORT_ABANDON_SECONDS, 0] * SECOND:
        count_of_at(state, person, s.SHORT_ABANDONED, came, 1)


def _note_overrun(state: State, c: int, wait: int) -> None:
    if 0 <= state.case[s.ANNOUNCED, c] < wait:
        state.case[s.OVERRUN, c] = 1


def answer(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Be answered by an agent: rapport or not, then handling."""
    _count_answered(state, params, c, now)
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = touch_key(state, c)
    agent = state.case[s.AGENT, c]
    competence = state.agent[s.COMPETENCE, agent]
    state.case_f[s.COURTESY_SUM, c] += state.agent[s.COURTESY, agent]
    state.case_f[s.COMPETENCE_SUM, c] += competence
    state.case_f[s.ATTITUDE_SUM, c] += state.agent[s.ATTITUDE, agent]
    minutes = lognormal(
        uniform(state.keys, HANDLING, person, key),
        params[t.HANDLING_ENQUIRY + state.case[s.KIND, c], segment],
        params[t.HANDLING_CV, segment],
    )
    minutes = minutes * experience_factor(
        competence, params[t.EXPERIENCE_SLOW, segment], params[t.EXPERIENCE_GAIN, segment]
    )
    minutes = minutes * _pressure(state, params)
    rapport = uniform(state.keys, RAPPORT, person, key) < params[t.RAPPORT, segment]
    if rapport:
        state.case[s.RAPPORTS, c] += 1
        minutes = minutes * (1.0 - params[t.RAPPORT_SAVING, segment]) + params[t.RAPPORT_MINUTES, segment]
    if state.case[s.EXPLANATIONS, c] > 1:
        minutes = minutes + params[t.EXPLAIN_MINUTES, segment]
    minutes = minutes + _care(state, params, c, key)
    _weigh_on_agent(state, params, c, agent, key)
    waited = (now - state.case[s.ARRIVED_AT, c]) / MINUTE
    record(state, now, s.ANSWER, person, agent, state.case[s.ANSWERS, c], 1 if rapport else 0, waited, minutes)
    if state.case[s.ARGUED, c] == 1 and state.case[s.ANSWERS, c] == 1:
        record(state, now, s.LOG_ARGUED, person, agent, 0, 0, 0.0, 0.0)
    return s.HANDLED, int(minutes * MINUTE) + 1


def _care(state: State, params: Params, c: int, key: int) -> float:
    """Own the case, listen, go a step further, argue or not; return the minutes that it all takes."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    minutes = 0.0
    if case[s.OWNED, c] == 1:
        minutes += params[t.OWNER_MINUTES, segment]
    if listens(state, params, c):
        minutes += params[t.EMPATHY_MINUTES, segment]
    step = params[t.EXTRA_STEP, segment]
    if step > 0.0 and uniform(state.keys, EXTRA_STEP_KEY, person, key) < step:
        minutes += params[t.EXTRA_STEP_MINUTES, segment]
        case[s.WENT_FURTHER, c] = 1
        count_of(state, person, s.EXTRA_STEPS, 1)
    if case[s.ADMITTED, c] == 1 and case[s.ANSWERS, c] == 1:
        count_of(state, person, s.ADMISSIONS, 1)
    if _argues(state, params, c, key):
        minutes += params[t.ARGUE_MINUTES, segment]
        case[s.ARGUED, c] = 1
        count_of(state, person, s.ARGUMENTS, 1)
    return minutes


def listens(state: State, params: Params, c: int) -> bool:
    """Whether the agent takes the customer's view in this touch."""
    person = state.case[s.PERSON, c]
    chance = params[t.EMPATHY, state.status[s.SEGMENT, person]]
    return chance > 0.0 and uniform(state.keys, EMPATHY, person, touch_key(state, c)) < chance


def _argues(state: State, params: Params, c: int, key: int) -> bool:
    """Whether the agent holds the facts against a customer who is mistaken about the terms, at the first answer."""
    case = state.case
    if case[s.CAUSE, c] != s.MISUNDERSTANDING or case[s.ANSWERS, c] != 1:
        return False
    person = case[s.PERSON, c]
    return uniform(state.keys, ARGUE, person, key) < params[t.ARGUE, state.status[s.SEGMENT, person]]


def _count_answered(state: State, params: Params, c: int, now: int) -> None:
    """Count an answer, how long it took, and whether the matter had to be explained: to the owner only once."""
    case = state.case
    person = case[s.PERSON, c]
    came = case[s.ARRIVED_AT, c]
    wait = now - came
    case[s.ANSWERS, c] += 1
    if case[s.OWNED, c] == 0 or case[s.ANSWERS, c] == 1:
        case[s.EXPLANATIONS, c] += 1
        count_of(state, person, s.EXPLAINED, 1)
    count_of_at(state, person, s.ANSWERED, came, 1)
    if wait > 0:
        count_of_at(state, person, s.WAITED_SOME, came, 1)
    if wait <= params[t.TARGET_SECONDS, 0] * SECOND:
        count_of_at(state, person, s.WITHIN_TARGET, came, 1)
    if case[s.CALLBACK_CHOSEN, c] == 1:
        case[s.CALLBACK_CHOSEN, c] = 0
        case[s.WAITED, c] += int(wait * params[t.CALLBACK_FELT, state.status[s.SEGMENT, case[s.PERSON, c]]])
        count_of_at(state, person, s.CALLBACKS_ANSWERED, came, 1)
        count_of_at(state, person, s.CALLBACK_WAIT, came, wait)
        return
    case[s.WAITED, c] += wait
    _note_overrun(state, c, wait)
    count_of_at(state, person, s.WAIT_ANSWERED, came, wait)


def _pressure(state: State, params: Params) -> float:
    return pressure_factor(
        state.company[s.PRESSURE], params[t.PRESSURE_REFERENCE, 0], params[t.PRESSURE_ELASTICITY, 0],
        params[t.PRESSURE_LOWEST, 0], params[t.PRESSURE_HIGHEST, 0],
    )  # fmt: skip


def _weigh_on_agent(state: State, params: Params, c: int, agent: int, key: int) -> None:
    """An angry contact raises the agent's stress."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    broken = params[t.ANGRY_BROKEN, 0] if case[s.BROKEN, c] > 0 or case[s.UPDATES_LATE, c] > 0 else 0.0
    rude = params[t.ANGRY_DISCOURTESY, 0] * (params[t.REFERENCE_COURTESY, segment] - state.agent[s.COURTESY, agent])
    chance = angry_chance(
        params[t.ANGRY_ENQUIRY + case[s.KIND, c], 0],
        case[s.ANSWERS, c] - 1,
        params[t.ANGRY_REPEAT, 0],
        broken,
        rude,
    )
    if case[s.ARGUED, c] == 1 and case[s.ANSWERS, c] == 1:
        chance += params[t.ARGUE_ANGER, segment]
    if state.tally[s.TRAITS, person] > 0:
        chance += params[t.PEST_ANGER, segment]
    if listens(state, params, c):
        chance = chance * (1.0 - params[t.EMPATHY_CALM, segment])
    if uniform(state.keys, ANGRY, person, key) < chance:
        count_of(state, person, s.ANGRY_CONTACTS, 1)
        state.agent[s.STRESS, agent] = stress_after(state.agent[s.STRESS, agent], params[t.STRESS_CONTACT, 0])


def handled(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of handling: the agent can solve the case, or asks a colleague, or cannot."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = touch_key(state, c)
    base = params[t.SOLVE_ISSUE if case[s.KIND, c] >= s.MINOR_CASE else t.SOLVE_ENQUIRY, segment]
    chance = solve_chance(
        base,
        params[t.SOLVE_COMPETENCE, segment],
        state.agent[s.COMPETENCE, case[s.AGENT, c]],
        _pressure(state, params),
        params[t.PRESSURE_QUALITY, 0],
    )  # fmt: skip
    if listens(state, params, c):
        chance += params[t.EMPATHY_SOLVE, segment]
    if uniform(state.keys, SOLVE, person, key) < chance:
        return _authorise(state, params, c, now)
    asks = uniform(state.keys, OPINION_KEY, person, key) < params[t.OPINION_USE, segment]
    record(state, now, s.HANDLED, person, 1 if asks else 0, 0, 0, chance, 0.0)
    if asks:
        count_of(state, person, s.OPINIONS, 1)
        return s.OPINION, int(params[t.OPINION_MINUTES, segment] * MINUTE)
    _help_freely(state, params, c, now)
    return _wrap_up(params, segment)


def opinion(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hear a colleague's second opinion: it solves the case, or nothing is found."""
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    helps = uniform(state.keys, OPINION_SUCCESS, person, touch_key(state, c)) < params[t.OPINION_SUCCESS, segment]
    record(state, now, s.OPINION, person, 1 if helps else 0, 0, 0, 0.0, 0.0)
    if helps:
        return _authorise(state, params, c, now)
    _help_freely(state, params, c, now)
    return _wrap_up(params, segment)


def _help_freely(state: State, params: Params, c: int, now: int) -> bool:
    """Help a customer who asks for something at the company's cost, where it could have said no; return whether.

    Issues are a matter of recovery.
    """
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    chance = params[t.FREE_HELP, segment]
    if case[s.KIND, c] >= s.MINOR_CASE or chance <= 0.0:
        return False
    if uniform(state.keys, FREE_HELP_KEY, person, touch_key(state, c)) >= chance:
        return False
    case[s.HELPED, c] = 1
    case[s.SOLVED, c] = 1
    cents = hundredths(params[t.FREE_HELP_COST, segment])
    count_of(state, person, s.FREE_HELPS, 1)
    count_of(state, person, s.GESTURE_COSTS, cents)
    record(state, now, s.LOG_HELPED, person, 0, 0, 0, cents / HUNDRED, 0.0)
    return True


def _wrap_up(params: Params, segment: int) -> tuple[int, int]:
    return s.WRAPPED, int(params[t.WRAP_MINUTES, segment] * MINUTE)


def _authorise(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Decide within the limit of authority, or ask the manager: hold the line or transfer."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    if case[s.NEEDS_AUTHORITY, c] == 0:
        _remedy(state, params, c, now, case[s.AMOUNT, c])
        return _wrap_up(params, segment)
    count_of(state, person, s.ASKED_AUTHORITY, 1)
    key = touch_key(state, c)
    amount = case[s.AMOUNT, c] / HUNDRED
    u = uniform(state.keys, DECIDE_ALONE, person, key)
    limit = params[t.AUTHORITY_LIMIT, segment]
    if decides_alone(params[t.EMPOWERMENT_FORM, 0], amount, limit, u, params[t.EMPOWERMENT, segment]):
        return _decide_alone(state, params, c, now, amount)
    case[s.ASKED_AT, c] = now
    if uniform(state.keys, HOLD_KEY, person, key) < params[t.HOLD_SHARE, 0]:
        case[s.ESCALATED, c] = s.HOLD
        count_of(state, person, s.HELD, 1)
        record(state, now, s.HOLD, person, 0, 0, 0, amount, limit)
        return s.HOLD, 0
    case[s.ESCALATED, c] = s.TRANSFER
    case[s.HANDOFFS, c] += 1
    count_of(state, person, s.HANDOFFS_MADE, 1)
    count_of(state, person, s.TRANSFERRED, 1)
    record(state, now, s.TRANSFER, person, 0, 0, 0, amount, limit)
    return s.TRANSFER, 0


def _decide_alone(state: State, params: Params, c: int, now: int, amount: float) -> tuple[int, int]:
    """The agent decides: more generously than a manager, and wrongly at times when untrained."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = touch_key(state, c)
    case[s.BY_AGENT, c] = 1
    count_of(state, person, s.DECIDED_ALONE, 1)
    record(state, now, s.LOG_ALONE, person, 0, 0, 0, amount, 0.0)
    if uniform(state.keys, APPROVE, person, key) >= params[t.AGENT_APPROVES, segment]:
        _refuse(state, params, c, now)
        return _wrap_up(params, segment)
    training = params[t.TRAINING, 0]
    mean = params[t.AMOUNT_REQUEST + case[s.KIND, c] - 1, segment] * params[t.AMOUNT_AUTHORITY, segment]
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
        record(state, now, s.LOG_WRONG, person, 0, 0, 0, amount, 0.0)
        _pay(state, params, c, now, granted)
        return _wrap_up(params, segment)
    _remedy(state, params, c, now, granted)
    return _wrap_up(params, segment)


def _refuse(state: State, params: Params, c: int, now: int) -> None:
    """Turn a case down, unless it is helped freely."""
    if _help_freely(state, params, c, now):
        return
    state.case[s.REFUSED, c] = 1
    record(state, now, s.LOG_REFUSED, state.case[s.PERSON, c], state.case[s.BY_AGENT, c], 0, 0, 0.0, 0.0)


def _pay(state: State, params: Params, c: int, now: int, cents: int) -> None:
    """Pay compensation once a case (hundredths): what is usual, times what recovery makes of it for an issue."""
    case = state.case
    person = case[s.PERSON, c]
    if case[s.PAID, c] > 0 or case[s.KIND, c] == 0:
        return
    if case[s.KIND, c] >= s.MINOR_CASE:
        cents = int(cents * compensation_share(state, params, c) + HALF)
    case[s.PAID, c] = cents
    state.tally[s.RECEIVED, case[s.PERSON, c]] += cents
    count_of(state, person, s.COMPENSATION, cents)
    record(state, now, s.LOG_PAID, case[s.PERSON, c], 0, 0, 0, cents / HUNDRED, 0.0)


def _remedy(state: State, params: Params, c: int, now: int, cents: int) -> None:
    """Set things right at once, or promise it by a date."""
    case = state.case
    person = case[s.PERSON, c]
    case[s.NEEDS_AUTHORITY, c] = 0
    _pay(state, params, c, now, cents)
    if case[s.KIND, c] >= s.MINOR_CASE:
        row = t.PROMISE_MINOR if case[s.KIND, c] == s.MINOR_CASE else t.PROMISE_MAJOR
        if uniform(state.keys, PROMISE, person, touch_key(state, c)) < params[row, state.status[s.SEGMENT, person]]:
            case[s.PENDING, c] = s.REMEDY_PENDING
            return
    case[s.SOLVED, c] = 1


def hold_expires(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hold too long: promise to call back with the decision (a hold without limit would be a gridlock)."""
    case = state.case
    person = case[s.PERSON, c]
    case[s.WAITED, c] += now - case[s.ASKED_AT, c]
    case[s.PENDING, c] = s.CALLBACK_PENDING
    count_of(state, person, s.HOLDS_EXPIRED, 1)
    record(state, now, s.HOLD_EXPIRED, case[s.PERSON, c], 0, 0, 0, (now - case[s.ASKED_AT, c]) / MINUTE, 0.0)
    return _wrap_up(params, state.status[s.SEGMENT, case[s.PERSON, c]])


def manager_answers(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Get the manager's ear: breaking off another duty at times, then the time of a decision."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = touch_key(state, c)
    minutes = lognormal(
        uniform(state.keys, MANAGER_TIME, person, key),
        params[t.MANAGER_MINUTES, segment],
        params[t.MANAGER_CV, segment],
    )
    if case[s.ESCALATED, c] == s.TRANSFER:
        minutes = minutes * params[t.MANAGER_TRANSFERRED, segment]
        if case[s.OWNED, c] == 0:
            case[s.EXPLANATIONS, c] += 1
            count_of(state, person, s.EXPLAINED, 1)
    if case[s.PENDING, c] == s.NOTHING_PENDING:
        case[s.WAITED, c] += now - case[s.ASKED_AT, c]
    if uniform(state.keys, MANAGER_DUTY, person, key) < params[t.MANAGER_DUTY_SHARE, segment]:
        minutes = minutes + params[t.MANAGER_DUTY_MINUTES, segment]
    waited = (now - case[s.ASKED_AT, c]) / MINUTE
    record(state, now, s.MANAGER, person, case[s.ESCALATED, c], case[s.PENDING, c], 0, waited, minutes)
    return s.DECIDED, int(minutes * MINUTE) + 1


def decided(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Take the manager's decision: yes, or no."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    count_of(state, person, s.MANAGER_DECISIONS, 1)
    held = case[s.ESCALATED, c] == s.HOLD and case[s.PENDING, c] == s.NOTHING_PENDING
    if case[s.PENDING, c] == s.CALLBACK_PENDING:
        case[s.PENDING, c] = s.NOTHING_PENDING
    case[s.ESCALATED, c] = 0
    approves = uniform(state.keys, APPROVE, person, touch_key(state, c)) < params[t.MANAGER_APPROVES, segment]
    record(state, now, s.DECIDED, person, 1 if approves else 0, 0, 0, case[s.AMOUNT, c] / HUNDRED, 0.0)
    if approves:
        _remedy(state, params, c, now, case[s.AMOUNT, c])
    else:
        _refuse(state, params, c, now)
    return _wrap_up(params, segment) if held else (s.WRAPPED, 0)


def wrapped(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of the touch: a promise stands, or the case ends, or it comes back."""
    case = state.case
    if case[s.STAGE, c] == IN_NO_ORBIT:
        change(state, s.IN_SYSTEM, -1, now)
    else:
        _leave_orbit(state, c, now)
    case[s.ESCALATED, c] = 0
    record(
        state, now, s.WRAPPED, case[s.PERSON, c], case[s.PENDING, c], case[s.SOLVED, c], case[s.REFUSED, c], 0.0, 0.0
    )
    if case[s.PENDING, c] != s.NOTHING_PENDING:
        return _promise(state, params, c, now)
    if case[s.SOLVED, c] == 1 or case[s.REFUSED, c] == 1:
        return s.CLOSE, 0
    return _come_back(state, params, c, now)


def _promise(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Make a promise with a due date in opening hours (ticks)."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    case[s.MADE, c] += 1
    count_of(state, person, s.PROMISES_MADE, 1)
    change(state, s.DUE_PENDING, 1, now)
    case[s.STAGE, c] = IN_PROMISE
    low = params[t.PROMISE_DUE_LOW, segment]
    u = uniform(state.keys, PROMISE_DUE, person, promise_key(state, c))
    days = low + (params[t.PROMISE_DUE_HIGH, segment] - low) * u
    days = promised_days(days, params[t.PROMISE_LEVEL, segment], params[t.PROMISE_HASTE, segment])
    case[s.DUE_AT, c] = next_open(state, now + int(days * DAY))
    record(state, now, s.LOG_PROMISE, person, PROMISE_MADE, case[s.PENDING, c], 0, days, 0.0)
    raise_hopes(state, params, person, case[s.KIND, c])
    _update(state, params, c, promise_key(state, c), now)
    return s.DUE, case[s.DUE_AT, c] - now


def _update(state: State, params: Params, c: int, key: int, now: int) -> None:
    """Keep a customer informed while nothing else happens; an update that does not come is a broken promise."""
    if state.case[s.UPDATED, c] == 0:
        return
    person = state.case[s.PERSON, c]
    missed = uniform(state.keys, UPDATE_MISSED, person, key) < params[t.UPDATE_MISSED, state.status[s.SEGMENT, person]]
    if missed:
        state.case[s.UPDATES_LATE, c] += 1
    count_of(state, person, s.UPDATES_MISSED if missed else s.UPDATES_SENT, 1)
    record(state, now, s.LOG_UPDATE, person, 0 if missed else 1, 0, 0, 0.0, 0.0)


def promise_key(state: State, c: int) -> int:
    """Occasion of the draws of a case's present promise."""
    return touch_key(state, c) + state.case[s.MADE, c]


def due(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """A promise falls due: kept; or broken, with a word in advance and a new date, or without."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = promise_key(state, c)
    change(state, s.DUE_PENDING, -1, now)
    possible = case[s.PENDING, c] != s.CALLBACK_PENDING or state.company_i[s.MANAGERS_ON_DUTY] > 0
    kept = kept_chance(params[t.PROMISE_KEPT, segment], promise_strain(state, params, segment))
    if possible and uniform(state.keys, KEPT_KEY, person, key) < kept:
        return _keep(state, c, now)
    case[s.BROKEN, c] += 1
    count_of(state, person, s.PROMISES_BROKEN, 1)
    record(state, now, s.LOG_PROMISE, person, PROMISE_BROKEN, case[s.PENDING, c], 0, 0.0, 0.0)
    if (
        uniform(state.keys, PROMISE_TOLD, person, key) < params[t.PROMISE_TOLD, segment]
        and case[s.MADE, c] < LAST_TOUCH
    ):
        case[s.TOLD_AHEAD, c] += 1
        count_of(state, person, s.PROMISES_TOLD, 1)
        return _promise(state, params, c, now)
    case[s.PENDING, c] = s.NOTHING_PENDING
    case[s.STAGE, c] = IN_NO_ORBIT
    return _come_back(state, params, c, now)


def _keep(state: State, c: int, now: int) -> tuple[int, int]:
    case = state.case
    person = case[s.PERSON, c]
    case[s.KEPT, c] += 1
    count_of(state, person, s.PROMISES_KEPT, 1)
    record(state, now, s.LOG_PROMISE, person, PROMISE_KEPT, case[s.PENDING, c], 0, 0.0, 0.0)
    if case[s.PENDING, c] == s.CALLBACK_PENDING:
        count_of(state, person, s.CALLED_BACK, 1)
        return s.CALLBACK, 0
    case[s.PENDING, c] = s.NOTHING_PENDING
    case[s.SOLVED, c] = 1
    return s.CLOSE, 0


def _come_back(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Contact again from the next day on about a case that is not solved, or give it up."""
    case = state.case
    person = case[s.PERSON, c]
    key = touch_key(state, c)
    again = uniform(state.keys, CONTACT_AGAIN, person, key) < params[t.CONTACT_AGAIN, state.status[s.SEGMENT, person]]
    if not again or case[s.TOUCHES, c] >= LAST_TOUCH:
        return s.CLOSE, 0
    count_of(state, person, s.RETURNS, 1)
    change(state, s.RETURN_ORBIT, 1, now)
    case[s.STAGE, c] = IN_RETURN
    back = contact_time(state, person, key, now // DAY + 1)
    _update(state, params, c, key, now)
    record(state, now, s.LOG_RETURNS, person, back, 0, 0, 0.0, 0.0)
    return s.ARRIVE, back - now
