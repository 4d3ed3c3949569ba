"""A case from occurrence to closure, and what its end does to the customer.

At closure, in this order: quality and surprise, expectation, goodwill, survey, telling others, staying or leaving,
counters. The stay rule reads the goodwill from *before* the episode: the episode itself already speaks through the
curve, and only so does the reference customer bring the published shares back out exactly.
"""

from sim import table as t
from sim.draws import AMOUNT, AUTHORITY, STAY, occasion, uniform
from sim.rules.authority import hundredths
from sim.rules.chance import lognormal
from sim.rules.experience import (
    DISSATISFIED,
    information_factor,
    learned,
    personal_factor,
    quality,
    satisfaction_class,
    speed_factor,
)  # fmt: skip
from sim.rules.experience import felt as felt_experience
from sim.rules.loyalty import anchored, base_stay, promoter_chance, repurchase, stay_after
from sim.state import (
    AMOUNT as CASE_AMOUNT,
)

# isort: off
from sim.state import (
    ANSWERS, ARRIVE, BROKEN, BUCKET_NOW, CASE, CASE_FIELDS, CASE_TICKS, CASES_ANSWERED, CASES_CLOSED, CASES_FIRST,
    CASES_OPENED, CASES_QUICK, CASES_RESOLVED, CASES_SILENT, CASES_UNRESOLVED, CAUSE, COMPETENCE_SUM,
    COURTESY_SUM, DAY, DELIVERY_BROKEN, DETRACTORS, DISPOSITION, EFFORT, ENDED, EXPECT_ENQUIRY, EXPECT_RECOVERY,
    EXPLANATIONS, FELT_DELIGHTED, FIRST_AT, FREE_SLOTS, GOODWILL, HABIT, KEPT, KIND, LAST_DAY, LOG_CLOSED,
    LOG_EXPERIENCE, LOG_OPENED, LOG_STAYED, MAJOR_CASE, MINOR_CASE, MINUTE, MOMENT, NEEDS_AUTHORITY, NO_EVENT,
    OPEN_CASES, OPENED_AT, ORDINAL, OVERRUN, PAID, PERSON, PLANNED_DAY, PRIORITY, PROMOTERS, QUICK,
    QUICK_ISSUES, QUICK_STAYED, RAPPORTS, RESOLVED, SEGMENT, SETTLED, SILENT, SOLVED, STAGE, SURVEYS,
    TOLD_AHEAD, UNRESOLVED, WAITED, YEAR_DAYS, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record
from sim.steps.calendar import contact_time, schedule
from sim.steps.referral import tell
from sim.steps.standing import left_after_case


def open_case(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> tuple[int, int]:
    """Open a case whose first contact follows its cause by the delay kernel; the person's clock stands still."""
    c = _take_slot(state, params, person, kind, cause, now)
    _stake(state, params, c)
    first = contact_time(state, person, occasion(state.case[ORDINAL, c], kind, 0, 0), now // DAY)
    return ARRIVE, first - now if first > now else 0


def _take_slot(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> int:
    company = state.company_i
    company[FREE_SLOTS] -= 1
    c = state.free[company[FREE_SLOTS]]
    case = state.case
    for field in range(CASE_FIELDS):
        case[field, c] = 0
    state.case_f[COURTESY_SUM, c] = 0.0
    state.case_f[COMPETENCE_SUM, c] = 0.0
    case[PERSON, c] = person
    case[KIND, c] = kind
    case[CAUSE, c] = cause
    case[ORDINAL, c] = state.status[MOMENT, person]
    case[PRIORITY, c] = int(params[t.PRIORITY_CLASS, state.status[SEGMENT, person]])
    case[OPENED_AT, c] = now
    case[FIRST_AT, c] = -1
    state.status[CASE, person] = c
    company[OPEN_CASES] += 1
    count(state, CASES_OPENED, 1)
    record(state, now, LOG_OPENED, person, kind, cause, 0, 0.0, 0.0)
    return c


def _stake(state: State, params: Params, c: int) -> None:
    """Draw whether the case needs authority and the amount at stake (hundredths)."""
    kind = state.case[KIND, c]
    if kind == 0:
        return
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = occasion(state.case[ORDINAL, c], kind, 0, 0)
    mean = params[t.AMOUNT_REQUEST + kind - 1, segment]
    if uniform(state.keys, AUTHORITY, person, key) < params[t.AUTHORITY_REQUEST + kind - 1, segment]:
        state.case[NEEDS_AUTHORITY, c] = 1
        mean = mean * params[t.AMOUNT_AUTHORITY, segment]
    u = uniform(state.keys, AMOUNT, person, key)
    state.case[CASE_AMOUNT, c] = hundredths(lognormal(u, mean, params[t.AMOUNT_CV, segment]))


def close_silent(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> None:
    """Open and close at once the case of somebody who suffers an issue and says nothing to the company."""
    c = _take_slot(state, params, person, kind, cause, now)
    count(state, CASES_SILENT, 1)
    segment = state.status[SEGMENT, person]
    row = t.SILENT_MINOR if kind == MINOR_CASE else t.SILENT_MAJOR
    take_in(state, params, c, SILENT, params[row, segment], now)


def close_case(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Close a case with its grade and let it take effect."""
    grade = grade_of(state, params, c, now)
    _count_grade(state, c, grade, now)
    take_in(state, params, c, grade, quality_of(state, params, c, grade, now), now)
    return ENDED, 0


def grade_of(state: State, params: Params, c: int, now: int) -> int:
    """Grade of a case that ends now: quickly resolved within a day of the first contact, resolved, or unresolved."""
    if state.case[SOLVED, c] == 0:
        return UNRESOLVED
    segment = state.status[SEGMENT, state.case[PERSON, c]]
    return QUICK if now - state.case[FIRST_AT, c] <= params[t.QUICK_DAYS, segment] * DAY else RESOLVED


def _count_grade(state: State, c: int, grade: int, now: int) -> None:
    if grade == UNRESOLVED:
        count(state, CASES_UNRESOLVED, 1)
    else:
        count(state, CASES_QUICK if grade == QUICK else CASES_RESOLVED, 1)
        count(state, CASE_TICKS, now - state.case[FIRST_AT, c])
    if state.case[ANSWERS, c] > 0:
        count(state, CASES_ANSWERED, 1)
        if grade != UNRESOLVED and state.case[ANSWERS, c] == 1:
            count(state, CASES_FIRST, 1)


def quality_of(state: State, params: Params, c: int, grade: int, now: int) -> float:
    """Quality (score) of a case that had contacts: its outcome and the seven factors, in this engine's terms."""
    case = state.case
    segment = state.status[SEGMENT, case[PERSON, c]]
    outcome = params[t.OUTCOME_ENQUIRY_QUICK + 3 * case[KIND, c] + (QUICK - grade), segment]
    answers = case[ANSWERS, c]
    wait = case[WAITED, c] / MINUTE
    days = (now - case[FIRST_AT, c]) / DAY
    speed = speed_factor(wait, params[t.SPEED_WAIT_SCALE, segment], days, params[t.SPEED_DAYS_SCALE, segment])
    served = params[t.UNANSWERED_SCORE, segment]
    personal = served
    if answers > 0:
        served = (state.case_f[COURTESY_SUM, c] + state.case_f[COMPETENCE_SUM, c]) / (2 * answers)
        plain = params[t.PERSONAL_PLAIN, segment]
        personal = personal_factor(plain, params[t.PERSONAL_RAPPORT, segment], case[RAPPORTS, c] / answers)
    information = information_factor(
        params[t.INFORMATION_BASE, segment], params[t.INFORMATION_REPEAT, segment], case[EXPLANATIONS, c]
    )
    reward = params[t.REWARD_COMPENSATED if case[PAID, c] > 0 else t.REWARD_PLAIN, segment]
    promise = promise_score(state, params, c, segment)
    factors = weighted_factors(params, segment, speed, personal, promise, served, information, reward)
    return quality(outcome, factors, params[t.OUTCOME_WEIGHT, segment])


def promise_score(state: State, params: Params, c: int, segment: int) -> float:
    """Score the promises of a case: a broken delivery date or service promise weighs most; an overrun wait costs."""
    case = state.case
    score = params[t.PROMISE_NONE, segment]
    if case[KEPT, c] > 0:
        score = params[t.PROMISE_KEPT_SCORE, segment]
    if case[BROKEN, c] > 0 or case[CAUSE, c] == DELIVERY_BROKEN:
        told = case[TOLD_AHEAD, c] >= case[BROKEN, c] and case[BROKEN, c] > 0
        score = params[t.PROMISE_TOLD_SCORE if told else t.PROMISE_BROKEN_SCORE, segment]
    if case[OVERRUN, c] > 0:
        score = score - params[t.OVERRUN_LOSS, segment]
    return score if score > 0.0 else 0.0


def weighted_factors(
    params: Params, segment: int, speed: float, personal: float, promise: float, served: float, information: float,
    reward: float,
) -> float:  # fmt: skip
    """Weighted mean (score) of the seven factors; attitude is the company's tone."""
    total = params[t.WEIGHT_SPEED, segment] * speed + params[t.WEIGHT_PERSONAL, segment] * personal
    total += params[t.WEIGHT_PROMISE, segment] * promise + params[t.WEIGHT_COMPETENCE, segment] * served
    total += params[t.WEIGHT_INFORMATION, segment] * information
    total += params[t.WEIGHT_ATTITUDE, segment] * params[t.ATTITUDE_TONE, segment]
    total += params[t.WEIGHT_REWARD, segment] * reward
    weights = 0.0
    for row in range(t.WEIGHT_SPEED, t.WEIGHT_REWARD + 1):
        weights += params[row, segment]
    return total / weights


def take_in(state: State, params: Params, c: int, grade: int, q: float, now: int) -> None:
    """Let the end of a case take effect on its customer, in the order of the module's docstring."""
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    before = state.person[GOODWILL, person]
    x = _feel(state, params, c, q, segment)
    grade_class = satisfaction_class(
        x,
        params[t.BOUND_DELIGHTED, segment],
        params[t.BOUND_SATISFIED, segment],
        params[t.BOUND_DISSATISFIED, segment],
    )
    count(state, FELT_DELIGHTED + grade_class, 1)
    record(state, now, LOG_EXPERIENCE, person, grade_class, grade, 0, q, x)
    _survey(state, params, c, segment)
    tell(state, params, person, occasion(state.case[ORDINAL, c], state.case[KIND, c], 0, 0), grade_class, now)
    stays = _decide(state, params, c, x, before, segment, now)
    if grade == QUICK and state.case[KIND, c] >= MINOR_CASE:
        count(state, QUICK_ISSUES, 1)
        count(state, QUICK_STAYED, 1 if stays else 0)
    kind = state.case[KIND, c]
    _free_slot(state, c, grade, now)
    if stays:
        tomorrow = now // DAY + 1
        planned = state.status[PLANNED_DAY, person]
        schedule(state, person, planned if planned > tomorrow else tomorrow)
    else:
        left_after_case(state, params, person, now, kind >= MINOR_CASE or grade_class >= DISSATISFIED)


def _feel(state: State, params: Params, c: int, q: float, segment: int) -> float:
    """Feel the episode against what was expected of its kind, and learn from it; return what was felt (score)."""
    person = state.case[PERSON, c]
    field = EXPECT_ENQUIRY if state.case[KIND, c] < MINOR_CASE else EXPECT_RECOVERY
    expected = state.person[field, person]
    x = felt_experience(
        q,
        expected,
        params[t.TOLERANCE, segment],
        params[t.DISCONFIRMATION_GAIN, segment],
        params[t.LOSS_RATIO, segment],
    )
    state.person[field, person] = learned(expected, q, params[t.EXPECTATION_WEIGHT, segment])
    state.person[GOODWILL, person] = learned(state.person[GOODWILL, person], x, params[t.GOODWILL_WEIGHT, segment])
    return x


def _survey(state: State, params: Params, c: int, segment: int) -> None:
    """Add what a survey without error would show: chances to be a promoter and a detractor, and the effort made."""
    goodwill = state.person[GOODWILL, state.case[PERSON, c]]
    slope = params[t.NPS_GOODWILL_SLOPE, segment]
    bucket = state.company_i[BUCKET_NOW]
    state.board[SURVEYS, bucket] += 1
    state.board_f[PROMOTERS, bucket] += promoter_chance(goodwill, params[t.NPS_PROMOTER_MID, segment], slope)
    state.board_f[DETRACTORS, bucket] += promoter_chance(goodwill, params[t.NPS_DETRACTOR_MID, segment], -slope)
    state.board_f[EFFORT, bucket] += information_factor(1.0, 0.5, state.case[EXPLANATIONS, c])


def _decide(state: State, params: Params, c: int, x: float, goodwill: float, segment: int, now: int) -> bool:
    """Draw once whether the customer stays; the draw replaces the base draw up to the planned next purchase."""
    person = state.case[PERSON, c]
    kind = state.case[KIND, c]
    stay = stay_chance(state, params, person, kind, x, goodwill, segment)
    u = uniform(state.keys, STAY, person, occasion(state.case[ORDINAL, c], kind, 0, 0))
    state.status[SETTLED, person] = 1
    record(state, now, LOG_STAYED, person, 1 if u < stay else 0, kind, 0, stay, x)
    return u < stay


def stay_chance(state: State, params: Params, person: int, kind: int, x: float, goodwill: float, segment: int) -> float:
    """Chance that a person stays after an episode of this kind felt as x; see sim/rules/loyalty.py."""
    row = t.ANCHOR_MAJOR_SILENT if kind == MAJOR_CASE else t.ANCHOR_MINOR_SILENT
    y = t.CURVE_MAJOR_SILENT if kind == MAJOR_CASE else t.CURVE_MINOR_SILENT
    curve = anchored(
        x, params[row, segment], params[row + 1, segment], params[row + 2, segment], params[row + 3, segment],
        params[y, segment], params[y + 1, segment], params[y + 2, segment], params[y + 3, segment],
    )  # fmt: skip
    habit = params[t.HABIT_SLOPE, segment] * (state.person[HABIT, person] - params[t.REFERENCE_HABIT, segment])
    warmth = params[t.GOODWILL_SLOPE, segment] * (goodwill - params[t.REFERENCE_GOODWILL, segment])
    years = (state.status[PLANNED_DAY, person] - state.status[LAST_DAY, person]) / YEAR_DAYS
    base = base_stay(
        state.person[DISPOSITION, person], years, params[t.DISPOSITION_GOODWILL_SLOPE, segment], goodwill,
        params[t.REFERENCE_GOODWILL, segment],
    )  # fmt: skip
    stake = params[t.STAKE_ISSUE if kind >= MINOR_CASE else t.STAKE_ROUTINE, segment]
    loyal = repurchase(curve, habit, warmth)
    return stay_after(base, stake, loyal, params[t.STAY_REFERENCE, segment], params[t.RECOVERY_PARADOX, segment])


def _free_slot(state: State, c: int, grade: int, now: int) -> None:
    person = state.case[PERSON, c]
    state.case[STAGE, c] = NO_EVENT
    state.status[CASE, person] = -1
    state.free[state.company_i[FREE_SLOTS]] = c
    state.company_i[FREE_SLOTS] += 1
    state.company_i[OPEN_CASES] -= 1
    count(state, CASES_CLOSED, 1)
    record(state, now, LOG_CLOSED, person, grade, state.case[KIND, c], state.case[ANSWERS, c], 0.0, 0.0)
