"""A case from occurrence to closure, and what its end does to the customer.

At closure, in this order: quality and surprise, expectation, goodwill, survey, telling others, review, staying or
leaving (or being let go), feedback register, counters. The stay rule reads the goodwill from *before* the episode: the
episode itself already speaks through the curve, and only so does the reference customer bring the published shares
back out exactly.
"""

from sim import table as t
from sim.draws import (
    ADMIT,
    AMOUNT,
    AUTHORITY,
    FOLLOW_UP,
    FOLLOW_UP_SUCCESS,
    LET_GO,
    OWNER,
    PESTER,
    STAY,
    UPDATE,
    occasion,
    uniform,
)  # fmt: skip
from sim.rules.authority import hundredths
from sim.rules.chance import lognormal
from sim.rules.experience import DISSATISFIED, information_factor, learned, satisfaction_class
from sim.rules.experience import felt as felt_experience
from sim.rules.loyalty import anchored, base_stay, promoter_chance, repurchase, stay_after
from sim.state import (
    AMOUNT as CASE_AMOUNT,
)

# isort: off
from sim.state import (
    ADMITTED, ANSWERS, ARRIVE, BUCKET_NOW, CASE, CASES_ANSWERED, CASES_CLOSED, CASES_FIRST, CASES_OPENED,
    CASES_QUICK, CASES_RESOLVED, CASES_SILENT, CASES_UNRESOLVED, CASE_FIELDS, CASE_FLOATS, CASE_TICKS, CAUSE,
    DAY, DETRACTORS, DISPOSITION, EFFORT, ENDED, EXPECT_ENQUIRY, EXPECT_RECOVERY, EXPLANATIONS,
    FELT_DELIGHTED, FIRST_AT, FOLLOW_UPS, FOLLOW_UP_COSTS, FREE_SLOTS, GOODWILL, HABIT, KIND, LAST_DAY, LOG_CLOSED,
    LOG_EXPERIENCE, LOG_FOLLOWED, LOG_OPENED, LOG_STAYED, MAJOR_CASE, MINOR_CASE, MOMENT, NEEDS_AUTHORITY, NO_EVENT,
    OPENED_AT, OPEN_CASES, ORDINAL, OWNED, PERSON, PEST, PESTERING, PEST_CASES, PLANNED_DAY, PRIORITY, PROMOTERS,
    QUICK, QUICK_ISSUES, QUICK_STAYED, RESOLVED, SEGMENT, SETTLED, SILENT, SOLVED, STAGE, SURVEYS, TRAITS,
    UNRESOLVED, UPDATED, YEAR_DAYS, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record
from sim.steps.calendar import contact_time, schedule
from sim.steps.causes import register
from sim.steps.quality import quality_of
from sim.steps.referral import tell
from sim.steps.standing import left_after_case, let_go
from sim.steps.voice import review, survey


def open_case(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> tuple[int, int]:
    """Open a case whose first contact follows its cause by the delay kernel; the person's clock stands still."""
    c = _take_slot(state, params, person, kind, cause, now)
    _stake(state, params, c)
    _attend(state, params, c)
    first = contact_time(state, person, occasion(state.case[ORDINAL, c], kind, 0, 0), now // DAY)
    return ARRIVE, first - now if first > now else 0


def _take_slot(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> int:
    company = state.company_i
    company[FREE_SLOTS] -= 1
    c = state.free[company[FREE_SLOTS]]
    case = state.case
    for field in range(CASE_FIELDS):
        case[field, c] = 0
    for field in range(CASE_FLOATS):
        state.case_f[field, c] = 0.0
    case[PERSON, c] = person
    case[KIND, c] = kind
    case[CAUSE, c] = cause
    case[ORDINAL, c] = state.status[MOMENT, person]
    case[PRIORITY, c] = int(params[t.PRIORITY_CLASS, state.status[SEGMENT, person]])
    if params[t.ISSUES_FIRST, 0] > 0.0 and kind < MINOR_CASE:
        case[PRIORITY, c] += 1
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


def _attend(state: State, params: Params, c: int) -> None:
    """Draw how the company attends to a case: whether it has an owner, is kept informed of, and a mistake admitted."""
    case = state.case
    person = case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = occasion(case[ORDINAL, c], case[KIND, c], 0, 0)
    owner = params[t.SINGLE_OWNER, segment]
    if owner > 0.0 and uniform(state.keys, OWNER, person, key) < owner:
        case[OWNED, c] = 1
    updates = params[t.UPDATES, segment]
    if updates > 0.0 and uniform(state.keys, UPDATE, person, key) < updates:
        case[UPDATED, c] = 1
    admit = params[t.ADMIT, segment]
    if admit > 0.0 and case[KIND, c] >= MINOR_CASE and uniform(state.keys, ADMIT, person, key) < admit:
        case[ADMITTED, c] = 1
    if state.tally[TRAITS, person] > 0:
        count(state, PEST_CASES, 1)


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
    if grade == UNRESOLVED and state.case[KIND, c] >= MINOR_CASE:
        grade = _follow_up(state, params, c, now)
    _count_grade(state, c, grade, now)
    take_in(state, params, c, grade, quality_of(state, params, c, grade, now), now)
    return ENDED, 0


def grade_of(state: State, params: Params, c: int, now: int) -> int:
    """Grade of a case that ends now: quickly resolved within a day of the first contact, resolved, or unresolved."""
    if state.case[SOLVED, c] == 0:
        return UNRESOLVED
    segment = state.status[SEGMENT, state.case[PERSON, c]]
    return QUICK if now - state.case[FIRST_AT, c] <= params[t.QUICK_DAYS, segment] * DAY else RESOLVED


def _follow_up(state: State, params: Params, c: int, now: int) -> int:
    """Get back, or not, to a customer whose issue was not resolved; return the grade in which the case then ends."""
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    key = occasion(state.case[ORDINAL, c], state.case[KIND, c], 0, 0)
    share = params[t.FOLLOW_UP, segment]
    if share <= 0.0 or uniform(state.keys, FOLLOW_UP, person, key) >= share:
        return UNRESOLVED
    count(state, FOLLOW_UPS, 1)
    count(state, FOLLOW_UP_COSTS, hundredths(params[t.FOLLOW_UP_COST, segment]))
    helps = uniform(state.keys, FOLLOW_UP_SUCCESS, person, key) < params[t.FOLLOW_UP_SUCCESS, segment]
    record(state, now, LOG_FOLLOWED, person, 1 if helps else 0, 0, 0, 0.0, 0.0)
    return RESOLVED if helps else UNRESOLVED


def _count_grade(state: State, c: int, grade: int, now: int) -> None:
    if grade == UNRESOLVED:
        count(state, CASES_UNRESOLVED, 1)
    else:
        count(state, CASES_QUICK if grade == QUICK else CASES_RESOLVED, 1)
        count(state, CASE_TICKS, now - state.case[FIRST_AT, c])
    if state.case[ANSWERS, c] > 0:
        count(state, CASES_ANSWERED, 1)
        if state.case[SOLVED, c] == 1 and state.case[ANSWERS, c] == 1:
            count(state, CASES_FIRST, 1)


def take_in(state: State, params: Params, c: int, grade: int, q: float, now: int) -> None:
    """Let the end of a case take effect on its customer, in the order of the module's docstring."""
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    kind = state.case[KIND, c]
    key = occasion(state.case[ORDINAL, c], kind, 0, 0)
    before = state.person[GOODWILL, person]
    x = _feel(state, params, c, grade, q, segment)
    grade_class = satisfaction_class(
        x,
        params[t.BOUND_DELIGHTED, segment],
        params[t.BOUND_SATISFIED, segment],
        params[t.BOUND_DISSATISFIED, segment],
    )
    count(state, FELT_DELIGHTED + grade_class, 1)
    record(state, now, LOG_EXPERIENCE, person, grade_class, grade, 0, q, x)
    _survey(state, params, c, segment)
    survey(state, params, person, key, grade_class, x, now)
    tell(state, params, person, key, grade_class, now)
    review(state, params, person, key, grade_class, now)
    stays = _decide(state, params, c, x, before, segment, now)
    if grade == QUICK and kind >= MINOR_CASE:
        count(state, QUICK_ISSUES, 1)
        count(state, QUICK_STAYED, 1 if stays else 0)
    register(state, params, c, grade != SILENT, now)
    _free_slot(state, c, grade, now)
    if not stays:
        left_after_case(state, params, person, now, kind >= MINOR_CASE or grade_class >= DISSATISFIED)
    elif grade != SILENT and _taken_for_pest(state, params, person, key, segment):
        let_go(state, params, person, now)
    else:
        _plan_next(state, params, person, kind, key, segment, now)


def _plan_next(state: State, params: Params, person: int, kind: int, key: int, segment: int, now: int) -> None:
    """Plan the next purchase as before, but not today; who pesters may have another question tomorrow."""
    tomorrow = now // DAY + 1
    volume = params[t.PEST_VOLUME, segment] if state.tally[TRAITS, person] > 0 and kind < MINOR_CASE else 1.0
    if volume > 1.0 and uniform(state.keys, PESTER, person, key) < 1.0 - 1.0 / volume:
        state.tally[TRAITS, person] = PEST | PESTERING
        schedule(state, person, tomorrow)
        return
    planned = state.status[PLANNED_DAY, person]
    schedule(state, person, planned if planned > tomorrow else tomorrow)


def _taken_for_pest(state: State, params: Params, person: int, key: int, segment: int) -> bool:
    """Whether the company takes a customer for a pest, rightly or not, and lets pests go."""
    rule = params[t.PEST_RULE, segment]
    if rule <= 0.0:
        return False
    row = t.PEST_SPOTTED if state.tally[TRAITS, person] > 0 else t.PEST_MISTAKEN
    return uniform(state.keys, LET_GO, person, key) < rule * params[row, segment]


def _feel(state: State, params: Params, c: int, grade: int, q: float, segment: int) -> float:
    """Feel the episode against what was expected of its kind, and learn from it; return what was felt (score)."""
    person = state.case[PERSON, c]
    kind = state.case[KIND, c]
    field = EXPECT_ENQUIRY if kind < MINOR_CASE else EXPECT_RECOVERY
    expected = state.person[field, person]
    x = felt_experience(
        q,
        expected,
        params[t.TOLERANCE, segment],
        params[t.DISCONFIRMATION_GAIN, segment],
        params[t.LOSS_RATIO, segment],
    )
    if params[t.CHANNEL_RECOVERY, 0] == 0.0 and kind >= MINOR_CASE and grade != SILENT:
        x = params[t.ANCHOR_MAJOR_RESOLVED if kind == MAJOR_CASE else t.ANCHOR_MINOR_RESOLVED, segment]
        q = x
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
    base = _base(state, params, person, goodwill, segment)
    stake = params[t.STAKE_ISSUE if kind >= MINOR_CASE else t.STAKE_ROUTINE, segment]
    loyal = repurchase(curve, habit, warmth)
    return stay_after(base, stake, loyal, params[t.STAY_REFERENCE, segment], params[t.RECOVERY_PARADOX, segment])


def _base(state: State, params: Params, person: int, goodwill: float, segment: int) -> float:
    """Chance to stay until the planned purchase without any issue: 1 where an episode since the last one decided it."""
    if state.status[SETTLED, person] == 1:
        return 1.0
    years = (state.status[PLANNED_DAY, person] - state.status[LAST_DAY, person]) / YEAR_DAYS
    return base_stay(
        state.person[DISPOSITION, person], years, params[t.DISPOSITION_GOODWILL_SLOPE, segment], goodwill,
        params[t.REFERENCE_GOODWILL, segment],
    )  # fmt: skip


def _free_slot(state: State, c: int, grade: int, now: int) -> None:
    person = state.case[PERSON, c]
    state.case[STAGE, c] = NO_EVENT
    state.status[CASE, person] = -1
    state.free[state.company_i[FREE_SLOTS]] = c
    state.company_i[FREE_SLOTS] += 1
    state.company_i[OPEN_CASES] -= 1
    count(state, CASES_CLOSED, 1)
    record(state, now, LOG_CLOSED, person, grade, state.case[KIND, c], state.case[ANSWERS, c], 0.0, 0.0)
