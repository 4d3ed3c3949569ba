"""How good a case was for the customer: its outcome and the seven factors, each a score from 0 to 1."""

import sim.model.columns as t
from sim.model.rules.care import closer, fairness, owed
from sim.model.rules.chance import clipped
from sim.model.rules.experience import information_factor, personal_factor, quality, served_factor, speed_factor

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, MINUTE
import sim.model.state as s
# isort: on

# Grades of a case that a score is stated for; their rows follow one another, kind by kind.
OUTCOMES = t.OUTCOME_REQUEST_QUICK - t.OUTCOME_ENQUIRY_QUICK


def quality_of(state: State, params: Params, c: int, grade: int, now: int) -> float:
    """Quality (score) of a case that had contacts: its outcome and the seven factors, in this engine's terms."""
    segment = state.status[s.SEGMENT, state.case[s.PERSON, c]]
    lost = params[t.CHANNEL_WAIT, 0] == 0.0 and state.case[s.ANSWERS, c] == 0
    if lost:
        grade = s.QUICK if state.case[s.KIND, c] < s.MINOR_CASE else s.RESOLVED
    outcome = outcome_score(state, params, c, grade)
    speed = speed_score(state, params, c, now)
    promise = promise_score(state, params, c, segment)
    if lost or params[t.CHANNEL_QUALITY, 0] == 0.0:
        served = served_factor(
            params[t.REFERENCE_COURTESY, segment], params[t.REFERENCE_COMPETENCE, segment],
            params[t.COURTESY_WEIGHT, segment],
        )  # fmt: skip
        factors = weighted_factors(
            params, segment, speed, params[t.PERSONAL_PLAIN, segment], promise, served,
            params[t.INFORMATION_BASE, segment], params[t.ATTITUDE_REFERENCE, 0], params[t.REWARD_PLAIN, segment],
        )  # fmt: skip
    else:
        factors = weighted_factors(
            params, segment, speed, personal_score(state, params, c), promise, served_score(state, params, c),
            information_score(state, params, c), attitude_score(state, params, c), reward_score(state, params, c, now),
        )  # fmt: skip
    return quality(outcome, factors, params[t.OUTCOME_WEIGHT, segment])


def outcome_score(state: State, params: Params, c: int, grade: int) -> float:
    """Score how a case ended for the customer: by kind and grade, a mistake that was admitted, and compensation."""
    case = state.case
    segment = state.status[s.SEGMENT, case[s.PERSON, c]]
    if params[t.CHANNEL_QUALITY, 0] == 0.0 and case[s.KIND, c] < s.MINOR_CASE:
        grade = s.QUICK
    outcome = params[t.OUTCOME_ENQUIRY_QUICK + OUTCOMES * case[s.KIND, c] + (s.QUICK - grade), segment]
    if case[s.ADMITTED, c] == 1 and case[s.ANSWERS, c] > 0:
        outcome = closer(outcome, params[t.ADMIT_GAIN, segment])
    if case[s.KIND, c] >= s.MINOR_CASE and (case[s.SOLVED, c] == 1 or case[s.PAID, c] > 0):
        worth = params[t.COMPENSATION_WORTH, segment] * fairness(compensation_share(state, params, c))
        outcome = clipped(outcome + worth)
    return outcome


def compensation_share(state: State, params: Params, c: int) -> float:
    """Compensation of an issue over what is usual: what recovery makes of it, an admission and an argument."""
    segment = state.status[s.SEGMENT, state.case[s.PERSON, c]]
    claims = params[t.ADMIT_CLAIMS, segment] if state.case[s.ADMITTED, c] == 1 else 1.0
    argued = params[t.ARGUE_SAVES, segment] if state.case[s.ARGUED, c] == 1 else 0.0
    return owed(1.0, params[t.COMPENSATION_LEVEL, segment], claims, argued)


def speed_score(state: State, params: Params, c: int, now: int) -> float:
    """Score speed: minutes on the line, and days until the end, which weigh less on somebody who is kept informed."""
    case = state.case
    segment = state.status[s.SEGMENT, case[s.PERSON, c]]
    wait = case[s.WAITED, c] / MINUTE
    days = (now - case[s.FIRST_AT, c]) / DAY
    if case[s.UPDATED, c] == 1:
        days = days * (1.0 - params[t.UPDATE_CALM, segment])
    if params[t.CHANNEL_WAIT, 0] == 0.0:
        wait = params[t.REFERENCE_WAIT, segment]
        days = 0.0
    return speed_factor(
        wait, params[t.SPEED_WAIT_SCALE, segment], days, params[t.SPEED_DAYS_SCALE, segment],
        params[t.SPEED_WAIT_WEIGHT, segment],
    )  # fmt: skip


def personal_score(state: State, params: Params, c: int) -> float:
    """Score personal interaction, by the share of contacts with rapport."""
    case = state.case
    segment = state.status[s.SEGMENT, case[s.PERSON, c]]
    if case[s.ANSWERS, c] == 0:
        return params[t.UNANSWERED_SCORE, segment]
    plain = params[t.PERSONAL_PLAIN, segment]
    return personal_factor(plain, params[t.PERSONAL_RAPPORT, segment], case[s.RAPPORTS, c] / case[s.ANSWERS, c])


def served_score(state: State, params: Params, c: int) -> float:
    """Score courtesy and competence of the agents who answered; an argument about the facts costs."""
    case = state.case
    segment = state.status[s.SEGMENT, case[s.PERSON, c]]
    if case[s.ANSWERS, c] == 0:
        return params[t.UNANSWERED_SCORE, segment]
    weight = params[t.COURTESY_WEIGHT, segment]
    served = (
        served_factor(state.case_f[s.COURTESY_SUM, c], state.case_f[s.COMPETENCE_SUM, c], weight) / case[s.ANSWERS, c]
    )
    if case[s.ARGUED, c] == 1:
        served = served * (1.0 - params[t.ARGUE_LOSS, segment])
    return served


def information_score(state: State, params: Params, c: int) -> float:
    """Score being informed: higher with updates, lower with every explanation after the first."""
    case = state.case
    segment = state.status[s.SEGMENT, case[s.PERSON, c]]
    informed = case[s.UPDATED, c] == 1 and case[s.UPDATES_LATE, c] == 0
    base = params[t.UPDATE_INFORMATION if informed else t.INFORMATION_BASE, segment]
    return information_factor(base, params[t.INFORMATION_REPEAT, segment], case[s.EXPLANATIONS, c])


def attitude_score(state: State, params: Params, c: int) -> float:
    """Score the attitude that was met: of the agents who answered, or the tone from the top where all have that."""
    answers = state.case[s.ANSWERS, c]
    if params[t.ATTITUDE_SPREAD, 0] > 0.0 and answers > 0:
        if params[t.CHANNEL_STAFF, 0] == 0.0:
            return params[t.ATTITUDE_REFERENCE, 0]
        return state.case_f[s.ATTITUDE_SUM, c] / answers
    return params[t.ATTITUDE_TONE, state.status[s.SEGMENT, state.case[s.PERSON, c]]]


def reward_score(state: State, params: Params, c: int, now: int) -> float:
    """Score what the customer got for it: compensation, an extra step, the reward of long standing; the best counts."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    score = params[t.REWARD_COMPENSATED if case[s.PAID, c] > 0 else t.REWARD_PLAIN, segment]
    if case[s.WENT_FURTHER, c] == 1 or case[s.HELPED, c] == 1:
        score = max(score, params[t.EXTRA_STEP_SCORE, segment])
    level = loyalty_reward(state, params, person, now)
    if level > 0.0:
        plain = params[t.REWARD_PLAIN, segment]
        score = max(score, plain + level * (params[t.REWARD_LOYAL, segment] - plain))
    return score


def loyalty_reward(state: State, params: Params, person: int, now: int) -> float:
    """How far (0 to 1) a customer is rewarded for long standing."""
    segment = state.status[s.SEGMENT, person]
    level = params[t.LOYALTY_REWARD, segment]
    if level > 0.0 and now // DAY - state.status[s.SINCE_DAY, person] >= params[t.REWARD_AFTER, segment]:
        return level
    return 0.0


def promise_score(state: State, params: Params, c: int, segment: int) -> float:
    """Score the promises of a case: a broken delivery date or service promise weighs most; an overrun wait costs.

    An update that did not come is a broken promise; word of a late delivery in advance softens it.
    """
    case = state.case
    if params[t.CHANNEL_PROMISES, 0] == 0.0:
        return params[t.PROMISE_NONE, segment]
    score = params[t.PROMISE_NONE, segment]
    if case[s.KEPT, c] > 0:
        score = params[t.PROMISE_KEPT_SCORE, segment]
    late = case[s.CAUSE, c] == s.DELIVERY_BROKEN
    if case[s.BROKEN, c] > 0 or case[s.UPDATES_LATE, c] > 0 or late:
        told = case[s.TOLD_AHEAD, c] >= case[s.BROKEN, c] and case[s.BROKEN, c] > 0
        if case[s.BROKEN, c] == 0 and case[s.UPDATED, c] == 1:
            told = late
        if case[s.UPDATES_LATE, c] > 0:
            told = False
        score = params[t.PROMISE_TOLD_SCORE if told else t.PROMISE_BROKEN_SCORE, segment]
    if case[s.OVERRUN, c] > 0 and params[t.CHANNEL_WAIT, 0] > 0.0:
        score = score - params[t.OVERRUN_LOSS, segment]
    return score if score > 0.0 else 0.0


def weighted_factors(
    params: Params, segment: int, speed: float, personal: float, promise: float, served: float, information: float,
    attitude: float, reward: float,
) -> float:  # fmt: skip
    """Weighted mean (score) of the seven factors."""
    total = params[t.WEIGHT_SPEED, segment] * speed + params[t.WEIGHT_PERSONAL, segment] * personal
    total += params[t.WEIGHT_PROMISE, segment] * promise + params[t.WEIGHT_COMPETENCE, segment] * served
    total += params[t.WEIGHT_INFORMATION, segment] * information
    total += params[t.WEIGHT_ATTITUDE, segment] * attitude
    total += params[t.WEIGHT_REWARD, segment] * reward
    return total / sum_of_weights(params, segment)


def sum_of_weights(params: Params, segment: int) -> float:
    """Sum of the weights of the seven factors."""
    weights = 0.0
    for row in range(t.WEIGHT_SPEED, t.WEIGHT_REWARD + 1):
        weights += params[row, segment]
    return weights
