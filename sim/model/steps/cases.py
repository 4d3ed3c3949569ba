"""A case from occurrence to closure, and what its end does to the customer.

At closure, in this order: quality and surprise, expectation, goodwill, survey, telling others, review, staying or
leaving (or being let go), feedback register, counters. The stay rule reads the goodwill from *before* the episode: the
episode itself already speaks through the curve, and only so does the reference customer bring the published shares
back out exactly.
"""

import sim.model.columns as t
import sim.model.state as s
from sim.model.clock import DAY, YEAR_DAYS
from sim.model.draws import (
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
from sim.model.rules.authority import hundredths
from sim.model.rules.chance import lognormal
from sim.model.rules.experience import DISSATISFIED, information_factor, learned, satisfaction_class
from sim.model.rules.experience import felt as felt_experience
from sim.model.rules.loyalty import anchored, base_stay, promoter_chance, repurchase, stay_after
from sim.model.state import AMOUNT as CASE_AMOUNT

# isort: off
from sim.model.state import Params, State

# isort: on
from sim.model.steps.books import add_of, count_of, record
from sim.model.steps.calendar import contact_time, schedule
from sim.model.steps.causes import register
from sim.model.steps.quality import quality_of
from sim.model.steps.referral import tell
from sim.model.steps.standing import left_after_case, let_go
from sim.model.steps.voice import review, survey


def open_case(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> tuple[int, int]:
    """Open a case whose first contact follows its cause by the delay kernel; the person's clock stands still."""
    c = _take_slot(state, params, person, kind, cause, now)
    _stake(state, params, c)
    _attend(state, params, c)
    first = contact_time(state, person, occasion(state.case[s.ORDINAL, c], kind, 0, 0), now // DAY)
    return s.ARRIVE, first - now if first > now else 0


def _take_slot(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> int:
    company = state.company_i
    company[s.FREE_SLOTS] -= 1
    c = state.free[company[s.FREE_SLOTS]]
    case = state.case
    for field in range(s.CASE_FIELDS):
        case[field, c] = 0
    for field in range(s.CASE_FLOATS):
        state.case_f[field, c] = 0.0
    case[s.PERSON, c] = person
    case[s.KIND, c] = kind
    case[s.CAUSE, c] = cause
    case[s.ORDINAL, c] = state.status[s.MOMENT, person]
    case[s.PRIORITY, c] = int(params[t.PRIORITY_CLASS, state.status[s.SEGMENT, person]])
    if params[t.ISSUES_FIRST, 0] > 0.0 and kind < s.MINOR_CASE:
        case[s.PRIORITY, c] += 1
    case[s.OPENED_AT, c] = now
    case[s.FIRST_AT, c] = -1
    state.status[s.CASE, person] = c
    company[s.OPEN_CASES] += 1
    count_of(state, person, s.CASES_OPENED, 1)
    record(state, now, s.LOG_OPENED, person, kind, cause, 0, 0.0, 0.0)
    return c


def _stake(state: State, params: Params, c: int) -> None:
    """Draw whether the case needs authority and the amount at stake (hundredths)."""
    kind = state.case[s.KIND, c]
    if kind == 0:
        return
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = occasion(state.case[s.ORDINAL, c], kind, 0, 0)
    mean = params[t.AMOUNT_REQUEST + kind - 1, segment]
    if uniform(state.keys, AUTHORITY, person, key) < params[t.AUTHORITY_REQUEST + kind - 1, segment]:
        state.case[s.NEEDS_AUTHORITY, c] = 1
        mean = mean * params[t.AMOUNT_AUTHORITY, segment]
    u = uniform(state.keys, AMOUNT, person, key)
    state.case[CASE_AMOUNT, c] = hundredths(lognormal(u, mean, params[t.AMOUNT_CV, segment]))


def _attend(state: State, params: Params, c: int) -> None:
    """Draw how the company attends to a case: whether it has an owner, is kept informed of, and a mistake admitted."""
    case = state.case
    person = case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = occasion(case[s.ORDINAL, c], case[s.KIND, c], 0, 0)
    owner = params[t.SINGLE_OWNER, segment]
    if owner > 0.0 and uniform(state.keys, OWNER, person, key) < owner:
        case[s.OWNED, c] = 1
    updates = params[t.UPDATES, segment]
    if updates > 0.0 and uniform(state.keys, UPDATE, person, key) < updates:
        case[s.UPDATED, c] = 1
    admit = params[t.ADMIT, segment]
    if admit > 0.0 and case[s.KIND, c] >= s.MINOR_CASE and uniform(state.keys, ADMIT, person, key) < admit:
        case[s.ADMITTED, c] = 1
    if state.tally[s.TRAITS, person] > 0:
        count_of(state, person, s.PEST_CASES, 1)


def close_silent(state: State, params: Params, person: int, kind: int, cause: int, now: int) -> None:
    """Open and close at once the case of somebody who suffers an issue and says nothing to the company."""
    c = _take_slot(state, params, person, kind, cause, now)
    count_of(state, person, s.CASES_SILENT, 1)
    segment = state.status[s.SEGMENT, person]
    row = t.SILENT_MINOR if kind == s.MINOR_CASE else t.SILENT_MAJOR
    take_in(state, params, c, s.SILENT, params[row, segment], now)


def close_case(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Close a case with its grade and let it take effect."""
    grade = grade_of(state, params, c, now)
    if grade == s.UNRESOLVED and state.case[s.KIND, c] >= s.MINOR_CASE:
        grade = _follow_up(state, params, c, now)
    _count_grade(state, c, grade, now)
    take_in(state, params, c, grade, quality_of(state, params, c, grade, now), now)
    return s.ENDED, 0


def grade_of(state: State, params: Params, c: int, now: int) -> int:
    """Grade of a case that ends now: quickly resolved within a day of the first contact, resolved, or unresolved."""
    if state.case[s.SOLVED, c] == 0:
        return s.UNRESOLVED
    segment = state.status[s.SEGMENT, state.case[s.PERSON, c]]
    return s.QUICK if now - state.case[s.FIRST_AT, c] <= params[t.QUICK_DAYS, segment] * DAY else s.RESOLVED


def _follow_up(state: State, params: Params, c: int, now: int) -> int:
    """Get back, or not, to a customer whose issue was not resolved; return the grade in which the case then ends."""
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    key = occasion(state.case[s.ORDINAL, c], state.case[s.KIND, c], 0, 0)
    share = params[t.FOLLOW_UP, segment]
    if share <= 0.0 or uniform(state.keys, FOLLOW_UP, person, key) >= share:
        return s.UNRESOLVED
    count_of(state, person, s.FOLLOW_UPS, 1)
    count_of(state, person, s.FOLLOW_UP_COSTS, hundredths(params[t.FOLLOW_UP_COST, segment]))
    helps = uniform(state.keys, FOLLOW_UP_SUCCESS, person, key) < params[t.FOLLOW_UP_SUCCESS, segment]
    record(state, now, s.LOG_FOLLOWED, person, 1 if helps else 0, 0, 0, 0.0, 0.0)
    return s.RESOLVED if helps else s.UNRESOLVED


def _count_grade(state: State, c: int, grade: int, now: int) -> None:
    person = state.case[s.PERSON, c]
    if grade == s.UNRESOLVED:
        count_of(state, person, s.CASES_UNRESOLVED, 1)
    else:
        count_of(state, person, s.CASES_QUICK if grade == s.QUICK else s.CASES_RESOLVED, 1)
        count_of(state, person, s.CASE_TICKS, now - state.case[s.FIRST_AT, c])
    if state.case[s.ANSWERS, c] > 0:
        count_of(state, person, s.CASES_ANSWERED, 1)
        if state.case[s.SOLVED, c] == 1 and state.case[s.ANSWERS, c] == 1:
            count_of(state, person, s.CASES_FIRST, 1)


def take_in(state: State, params: Params, c: int, grade: int, q: float, now: int) -> None:
    """Let the end of a case take effect on its customer, in the order of the module's docstring."""
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    kind = state.case[s.KIND, c]
    key = occasion(state.case[s.ORDINAL, c], kind, 0, 0)
    before = state.person[s.GOODWILL, person]
    x = _feel(state, params, c, grade, q, segment)
    grade_class = satisfaction_class(
        x,
        params[t.BOUND_DELIGHTED, segment],
        params[t.BOUND_SATISFIED, segment],
        params[t.BOUND_DISSATISFIED, segment],
    )
    count_of(state, person, s.FELT_DELIGHTED + grade_class, 1)
    record(state, now, s.LOG_EXPERIENCE, person, grade_class, grade, 0, q, x)
    _survey(state, params, c, segment)
    survey(state, params, person, key, grade_class, x, now)
    tell(state, params, person, key, grade_class, now)
    review(state, params, person, key, grade_class, now)
    stays = _decide(state, params, c, x, before, segment, now)
    if grade == s.QUICK and kind >= s.MINOR_CASE:
        count_of(state, person, s.QUICK_ISSUES, 1)
        count_of(state, person, s.QUICK_STAYED, 1 if stays else 0)
    register(state, params, c, grade != s.SILENT, now)
    _free_slot(state, c, grade, now)
    if not stays:
        left_after_case(state, params, person, now, kind >= s.MINOR_CASE or grade_class >= DISSATISFIED)
    elif grade != s.SILENT and _taken_for_pest(state, params, person, key, segment):
        let_go(state, params, person, now)
    else:
        _plan_next(state, params, person, kind, key, segment, now)


def _plan_next(state: State, params: Params, person: int, kind: int, key: int, segment: int, now: int) -> None:
    """Plan the next purchase as before, but not today; who pesters may have another question tomorrow."""
    tomorrow = now // DAY + 1
    volume = params[t.PEST_VOLUME, segment] if state.tally[s.TRAITS, person] > 0 and kind < s.MINOR_CASE else 1.0
    if volume > 1.0 and uniform(state.keys, PESTER, person, key) < 1.0 - 1.0 / volume:
        state.tally[s.TRAITS, person] = s.PEST | s.PESTERING
        schedule(state, person, tomorrow)
        return
    planned = state.status[s.PLANNED_DAY, person]
    schedule(state, person, planned if planned > tomorrow else tomorrow)


def _taken_for_pest(state: State, params: Params, person: int, key: int, segment: int) -> bool:
    """Whether the company takes a customer for a pest, rightly or not, and lets pests go."""
    rule = params[t.PEST_RULE, segment]
    if rule <= 0.0:
        return False
    row = t.PEST_SPOTTED if state.tally[s.TRAITS, person] > 0 else t.PEST_MISTAKEN
    return uniform(state.keys, LET_GO, person, key) < rule * params[row, segment]


def _feel(state: State, params: Params, c: int, grade: int, q: float, segment: int) -> float:
    """Feel the episode against what was expected of its kind, and learn from it; return what was felt (score)."""
    person = state.case[s.PERSON, c]
    kind = state.case[s.KIND, c]
    field = s.EXPECT_ENQUIRY if kind < s.MINOR_CASE else s.EXPECT_RECOVERY
    expected = state.person[field, person]
    x = felt_experience(
        q,
        expected,
        params[t.TOLERANCE, segment],
        params[t.DISCONFIRMATION_GAIN, segment],
        params[t.LOSS_RATIO, segment],
    )
    if params[t.CHANNEL_RECOVERY, 0] == 0.0 and kind >= s.MINOR_CASE and grade != s.SILENT:
        x = params[t.ANCHOR_MAJOR_RESOLVED if kind == s.MAJOR_CASE else t.ANCHOR_MINOR_RESOLVED, segment]
        q = x
    state.person[field, person] = learned(expected, q, params[t.EXPECTATION_WEIGHT, segment])
    state.person[s.GOODWILL, person] = learned(state.person[s.GOODWILL, person], x, params[t.GOODWILL_WEIGHT, segment])
    return x


def _survey(state: State, params: Params, c: int, segment: int) -> None:
    """Add what a survey without error would show: chances to be a promoter and a detractor, and the effort made."""
    person = state.case[s.PERSON, c]
    goodwill = state.person[s.GOODWILL, person]
    slope = params[t.NPS_GOODWILL_SLOPE, segment]
    effort = information_factor(1.0, params[t.EFFORT_REPEAT, segment], state.case[s.EXPLANATIONS, c])
    count_of(state, person, s.SURVEYS, 1)
    add_of(state, segment, s.PROMOTERS, promoter_chance(goodwill, params[t.NPS_PROMOTER_MID, segment], slope))
    add_of(state, segment, s.DETRACTORS, promoter_chance(goodwill, params[t.NPS_DETRACTOR_MID, segment], -slope))
    add_of(state, segment, s.EFFORT, effort)


def _decide(state: State, params: Params, c: int, x: float, goodwill: float, segment: int, now: int) -> bool:
    """Draw once whether the customer stays; the draw replaces the base draw up to the planned next purchase."""
    person = state.case[s.PERSON, c]
    kind = state.case[s.KIND, c]
    stay = stay_chance(state, params, person, kind, x, goodwill, segment)
    u = uniform(state.keys, STAY, person, occasion(state.case[s.ORDINAL, c], kind, 0, 0))
    state.status[s.SETTLED, person] = 1
    record(state, now, s.LOG_STAYED, person, 1 if u < stay else 0, kind, 0, stay, x)
    return u < stay


def stay_chance(state: State, params: Params, person: int, kind: int, x: float, goodwill: float, segment: int) -> float:
    """Chance that a person stays after an episode of this kind felt as x; see sim/model/rules/loyalty.py."""
    row = t.ANCHOR_MAJOR_SILENT if kind == s.MAJOR_CASE else t.ANCHOR_MINOR_SILENT
    y = t.CURVE_MAJOR_SILENT if kind == s.MAJOR_CASE else t.CURVE_MINOR_SILENT
    curve = anchored(
        x, params[row, segment], params[row + 1, segment], params[row + 2, segment], params[row + 3, segment],
        params[y, segment], params[y + 1, segment], params[y + 2, segment], params[y + 3, segment],
    )  # fmt: skip
    habit = params[t.HABIT_SLOPE, segment] * (state.person[s.HABIT, person] - params[t.REFERENCE_HABIT, segment])
    warmth = params[t.GOODWILL_SLOPE, segment] * (goodwill - params[t.REFERENCE_GOODWILL, segment])
    base = _base(state, params, person, goodwill, segment)
    stake = params[t.STAKE_ISSUE if kind >= s.MINOR_CASE else t.STAKE_ROUTINE, segment]
    loyal = repurchase(curve, habit, warmth)
    return stay_after(base, stake, loyal, params[t.STAY_REFERENCE, segment], params[t.RECOVERY_PARADOX, segment])


def _base(state: State, params: Params, person: int, goodwill: float, segment: int) -> float:
    """Chance to stay until the planned purchase without any issue: 1 where an episode since the last one decided it."""
    if state.status[s.SETTLED, person] == 1:
        return 1.0
    years = (state.status[s.PLANNED_DAY, person] - state.status[s.LAST_DAY, person]) / YEAR_DAYS
    return base_stay(
        state.person[s.DISPOSITION, person], years, params[t.DISPOSITION_GOODWILL_SLOPE, segment], goodwill,
        params[t.REFERENCE_GOODWILL, segment],
    )  # fmt: skip


def _free_slot(state: State, c: int, grade: int, now: int) -> None:
    person = state.case[s.PERSON, c]
    state.case[s.STAGE, c] = s.NO_EVENT
    state.status[s.CASE, person] = -1
    state.free[state.company_i[s.FREE_SLOTS]] = c
    state.company_i[s.FREE_SLOTS] += 1
    state.company_i[s.OPEN_CASES] -= 1
    count_of(state, person, s.CASES_CLOSED, 1)
    record(state, now, s.LOG_CLOSED, person, grade, state.case[s.KIND, c], state.case[s.ANSWERS, c], 0.0, 0.0)
