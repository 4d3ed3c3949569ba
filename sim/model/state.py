"""Layout of the state: a few packed arrays, shared by both engines, indexed by named constants.

``person[GOODWILL, i]`` is the goodwill of person i. There is one array a dtype and entity. The fields of one entity
lie side by side in memory (Fortran order, see :func:`records`): an event touches many fields of one person, and hardly
ever one field of many. The compiled engine reads the arrays, the readable one memoryviews of the same memory.

Time is an integer count of microseconds since a Monday, 00:00 (int64). Money is an integer count of hundredths.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# Bytes that a processor fetches at once.
CACHE_LINE = 64

# Standing of a person.
PROSPECT, CUSTOMER, AVOIDING, FIRED = range(4)

# Kinds of case, severities, causes and grades.
ENQUIRY_CASE, REQUEST_CASE, MINOR_CASE, MAJOR_CASE = range(4)
NO_CAUSE, AMBIENT, MISUNDERSTANDING, DELIVERY_BROKEN, OPEN_CAUSE = range(5)
# From OPEN_CAUSE on a cause is an open one: OPEN_CAUSE + its slot.
MOST_CAUSES = 256
SILENT, UNRESOLVED, RESOLVED, QUICK = range(4)

# What stands open in a case while nobody is in contact.
NOTHING_PENDING, REMEDY_PENDING, CALLBACK_PENDING = range(3)

# Events in the life of a case. A step returns the next one and the delay until it; the engine only waits and routes.
(
    NO_EVENT, ARRIVE, WAIT_AGENT, ANSWER, ABANDON, HANDLED, OPINION, HOLD, HOLD_EXPIRED, TRANSFER, CALLBACK, MANAGER,
    DECIDED, WRAPPED, DUE, CLOSE, ENDED,
) = range(17)  # fmt: skip

# Entries of the log that are not events of a case; what the events of a case log stands in sim/model/steps/contacts.py.
LOG_JOINED, LOG_CONSIDERED, LOG_PURCHASE, LOG_LEFT, LOG_AVOIDS, LOG_FORGIVES, LOG_ISSUE, LOG_SILENT = range(32, 40)
LOG_OPENED, LOG_CLOSED, LOG_EXPERIENCE, LOG_TOLD, LOG_HEARD, LOG_STAYED, LOG_PROMISE, LOG_PAID = range(40, 48)
LOG_ANNOUNCED, LOG_QUIT, LOG_HIRED, LOG_REFUSED, LOG_ALONE = range(48, 53)
LOG_MET_CLOSED, LOG_WRONG, LOG_RETURNS = range(53, 56)
LOG_REVIEW, LOG_LET_GO, LOG_CAUSE_OPENS, LOG_CAUSE_ENDS, LOG_REGISTERED, LOG_FIX, LOG_FIXED = range(56, 63)
LOG_UPDATE, LOG_FOLLOWED, LOG_EXTRA, LOG_SURVEYED, LOG_CALLBACK_CHOSEN, LOG_ARGUED, LOG_HELPED = range(63, 70)

# Ranks of events at the same instant: see engines/readable.py.
RANK_DAY, RANK_SHIFT, RANK_FINISH, RANK_DEADLINE, RANK_ARRIVAL = range(5)

# person (float64); HEARD_AT is an instant, which a float64 holds exactly
GOODWILL, HEARD, HEARD_AT, HABIT, EXPECT_PURCHASE, EXPECT_ENQUIRY, EXPECT_RECOVERY, DISPOSITION = range(8)
PERSON_FIELDS = 8
# tally (int64 a person)
SPENT, RECEIVED, STORY, TRAITS = range(4)
TALLY_FIELDS = 4
# Bits of TRAITS: somebody who pesters, and one of them who is about to ask something more.
PEST, PESTERING = 1, 2
# status (int32 a person); days count from the start of the run
STANDING, SEGMENT, MOMENT, LAST_DAY, SINCE_DAY, PLANNED_DAY, SETTLED, CASE = range(8)
STATUS_FIELDS = 8
# lists (int32 a list): people whose moment is on one day; a day has as many lists as it needs
NEXT_LIST, LISTED, LIST_PEOPLE = range(3)
LIST_FIELDS = 16
LIST_ROOM = LIST_FIELDS - LIST_PEOPLE

# case_f (float64 a slot)
COURTESY_SUM, COMPETENCE_SUM, ATTITUDE_SUM = range(3)
CASE_FLOATS = 3
# case (int64 a slot)
(
    PERSON, KIND, CAUSE, ORDINAL, PRIORITY, TOUCHES, ANSWERS, HANDOFFS, EXPLANATIONS, RAPPORTS, AGENT, NEEDS_AUTHORITY,
    AMOUNT, OPENED_AT, FIRST_AT, ARRIVED_AT, ASKED_AT, WAITED, ANNOUNCED, OVERRUN, SOLVED, REFUSED,
    BY_AGENT, PENDING, MADE, KEPT, BROKEN, TOLD_AHEAD, PAID, DUE_AT, ESCALATED, STAGE, CALLBACK_CHOSEN, OWNED,
    UPDATED, UPDATES_LATE, ADMITTED, ARGUED, WENT_FURTHER, HELPED,
) = range(40)  # fmt: skip
CASE_FIELDS = 40

# agent (float64 a position)
COMPETENCE, STRESS, COURTESY, ATTITUDE = range(4)
AGENT_FLOATS = 4
# agent_i (int64 a position)
EMPLOYED, GENERATION, HIRED_DAY, VACANT_UNTIL = range(4)
AGENT_FIELDS = 4

# company (float64)
PRESSURE, LOAD, EXCESS, STARS, REVIEW_WEIGHT, RATING, MEAN_ATTITUDE = range(7)
COMPANY_FLOATS = 7
# cause (float64 a slot of an open cause): chance of an issue at a purchase that it adds, 0 once it has ended
CAUSE_EXCESS = 0
CAUSE_FLOATS = 1
# cause_i (int64 a slot): days count from the start of the run, -1 for none
CAUSE_OPENED, CAUSE_ENDS, TIMES_HEARD, FIX_DAY = range(4)
CAUSE_FIELDS = 4
# levels: numbers that stand for a while and are integrated over time
(
    IN_LINE, ON_DUTY, BUSY, HOLDING, MANAGER_LINE, MANAGERS_BUSY, MANAGERS_ON_DUTY, REDIAL_ORBIT, RETURN_ORBIT,
    IN_SYSTEM, DUE_PENDING,
) = range(11)  # fmt: skip
LEVELS = 11
# company_i (int64): levels, the instant each was last integrated, and single counters
LEVEL_SINCE = LEVELS
(
    FREE_SLOTS, OPEN_CASES, LOGGING, LOG_ROWS, BUCKET, BUCKETS, DAYS, PEOPLE, CUSTOMERS_NOW, PROSPECTS_NOW,
    AVOIDING_NOW, POSITIONS, LAUNCHED, COHORTS, COHORT_START, BUCKET_NOW, BUCKET_SINCE,
    FREE_LIST, FIRED_NOW, CAUSES,
) = range(2 * LEVELS, 2 * LEVELS + 20)  # fmt: skip
COMPANY_FIELDS = 2 * LEVELS + 20

# board (int64 a bucket: a day of the company, an hour of a bare queue). The first rows are the integrals of the levels.
BOARD_AREA = 0
(
    PURCHASES, ISSUES, MAJOR_ISSUES, COMPLAINTS, SILENCES, ENQUIRIES, REQUESTS, CONSIDERED, JOINED,
    JOINED_BY_WOM, LEFT_QUIETLY, LEFT_AFTER_CASE, LEFT_GRIEVED, FORGIVEN, OFFERED, MET_CLOSED, WAITED_SOME,
    ANSWERED, WITHIN_TARGET, ABANDONED, SHORT_ABANDONED, WAIT_ANSWERED, WAIT_ABANDONED, REDIALS, RETURNS,
    OPINIONS, ASKED_AUTHORITY, DECIDED_ALONE, HELD, HOLDS_EXPIRED, TRANSFERRED, LOST_IN_TRANSFER, CALLED_BACK,
    MANAGER_DECISIONS, HANDOFFS_MADE, EXPLAINED, PROMISES_MADE, PROMISES_KEPT, PROMISES_BROKEN, PROMISES_TOLD,
    CASES_OPENED, CASES_CLOSED, CASES_SILENT, CASES_ANSWERED, CASES_FIRST, CASES_QUICK, CASES_RESOLVED,
    CASES_UNRESOLVED, CASE_TICKS, FELT_DELIGHTED, FELT_SATISFIED, FELT_DISSATISFIED, FELT_POOR, SURVEYS,
    QUICK_ISSUES, QUICK_STAYED, TOLD_GOOD, TOLD_BAD, HEARD_GOOD, HEARD_BAD, TELLERS_GOOD, TELLERS_BAD, RETOLD,
    ANGRY_CONTACTS, QUITS, HIRES, SYSTEM_TICKS, SYSTEM_DONE, DELIVERIES_PROMISED, DELIVERIES_LATE, CAUSE_ISSUES,
    CAUSES_OPENED, CAUSES_ENDED, REGISTERED, FIXES_STARTED, FIXES_DONE, REVIEWS_GOOD, REVIEWS_BAD, STARS_GIVEN,
    LET_GO, PEST_CASES, UPDATES_SENT, UPDATES_MISSED, ADMISSIONS, ARGUMENTS, EXTRAS, EXTRA_STEPS, FREE_HELPS,
    FOLLOW_UPS, CALLBACKS_OFFERED, CALLBACKS_CHOSEN, CALLBACKS_ANSWERED, CALLBACK_WAIT, SURVEYS_SENT,
    SURVEY_ANSWERS, SURVEY_POINTS, SURVEY_HAPPY, SURVEY_PROMOTERS, SURVEY_DETRACTORS, PREMIUM_PAID, REVENUE,
    GOODS, ACQUISITION_COST, COMPENSATION, WAGES_AGENTS, WAGES_MANAGERS, OVERHEAD_COST, MARKETING_COST,
    HIRING_COST, PROGRAMMES, FIX_COSTS, GESTURE_COSTS, REWARDS_COST, FOLLOW_UP_COSTS, LAUNCHES, DAY_CUSTOMERS,
    DAY_PROSPECTS, DAY_AVOIDING, DAY_FIRED, DAY_EMPLOYED, DAY_OPEN_CASES, DAY_CAUSES,
) = range(LEVELS, LEVELS + 122)  # fmt: skip
BOARD_ROWS = LEVELS + 122
ACCOUNTS = range(REVENUE, LAUNCHES + 1)

# board_f (float64 a bucket)
PROMOTERS, DETRACTORS, EFFORT, DAY_STRESS, DAY_PRESSURE, DAY_RATING, DAY_ATTITUDE, DAY_EXCESS, QUIT_RISK = range(9)
BOARD_FLOATS = 9

# log (int64 and float64 a row)
LOG_TIME, LOG_CODE, LOG_PERSON, LOG_A, LOG_B, LOG_C = range(6)
LOG_FIELDS = 6
LOG_X, LOG_Y = range(2)
LOG_FLOATS = 2

# Kinds of distribution of the bare queue.
NO_DISTRIBUTION, EXPONENTIAL, DETERMINISTIC, LOGNORMAL, HYPEREXPONENTIAL, QUANTILE_TABLE, TRACED = range(7)


# The table of parameter values, float64 (rows of sim.model.columns, segments): an array or a memoryview of one.
Params = Any


def records(fields: int, count: int, dtype: Any = np.float64) -> Any:
    """Return zeros (fields, count), the fields of each of ``count`` entities side by side.

    They begin where a line of the processor's cache does: what fills one line is fetched at once.
    """
    width = np.dtype(dtype).itemsize
    room = np.zeros(fields * count * width + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + fields * count * width].view(dtype).reshape((fields, count), order="F")


def expect(array: Any, entity: int) -> None:
    """Say that the record of an entity will be wanted soon.

    It changes nothing. The compiled engine tells the processor, which fetches the record while other work goes on; at a
    million people, waiting for memory is most of what a moment costs.
    """


def copied(array: Any) -> Any:
    """Return a copy of an array of the state, laid out as it is."""
    if array.ndim == 1 or array.flags.c_contiguous:
        return array.copy()
    copy = records(array.shape[0], array.shape[1], array.dtype)
    copy[:] = array
    return copy


def more_records(array: Any, count: int) -> Any:
    """Return the records with room for ``count`` more entities."""
    longer = records(array.shape[0], array.shape[1] + count, array.dtype)
    longer[:, : array.shape[1]] = array
    return longer


class State(NamedTuple):
    """Everything that changes in a run, and the fixed tables that steps look things up in.

    Arrays with their shapes: ``n`` people, ``slots`` cases, ``positions`` of agents, ``buckets`` of the board,
    ``days``.
    """

    keys: Any  # uint64 (streams,)
    person: Any  # float64 (PERSON_FIELDS, n)
    tally: Any  # int64 (TALLY_FIELDS, n)
    status: Any  # int32 (STATUS_FIELDS, n)
    case_f: Any  # float64 (CASE_FLOATS, slots)
    case: Any  # int64 (CASE_FIELDS, slots)
    free: Any  # int32 (slots,): a stack of free slots, FREE_SLOTS high
    agent: Any  # float64 (AGENT_FLOATS, positions)
    agent_i: Any  # int64 (AGENT_FIELDS, positions)
    company: Any  # float64 (COMPANY_FLOATS,)
    company_i: Any  # int64 (COMPANY_FIELDS,)
    cause: Any  # float64 (CAUSE_FLOATS, MOST_CAUSES)
    cause_i: Any  # int64 (CAUSE_FIELDS, MOST_CAUSES)
    board: Any  # int64 (BOARD_ROWS, buckets)
    board_f: Any  # float64 (BOARD_FLOATS, buckets)
    cohort: Any  # int64 (cohorts, 1 + months): customers at the start, then leavers by month
    by_segment: Any  # int64 (BOARD_ROWS, segments x buckets): what of the board is a person's; no part of a digest
    by_segment_f: Any  # float64 (BOARD_FLOATS, segments x buckets)
    cohort_by_segment: Any  # int64 (segments x cohorts, 1 + months): leavers by month
    calendar: Any  # int32 (days,): first list of the day, the one that may have room, -1 for none
    lists: Any  # int32 (LIST_FIELDS, lists)
    frontier: Any  # int32 (n,): those who still have to pass on a story
    first_edge: Any  # int64 (n + 1,): neighbours of i are edge[first_edge[i]:first_edge[i + 1]]
    edge: Any  # int32 (edges,)
    kernel: Any  # float64 (days + reach, reach): cumulative chance of a contact that many days after its cause
    profile: Any  # int64 (7, knots): quantiles of the time of day of contacts, ticks, by weekday
    hours: Any  # int64 (7, 2): opening and closing, ticks of the day
    knots: Any  # float64 (segments, pieces): starts of the pieces of the patience hazard, in means
    hazard: Any  # float64 (segments, pieces): hazard in those pieces, per mean
    rota: Any  # int32 (positions + 1, 7 * 48): seats by half-hour for a number of positions
    tells: Any  # float64 (2, most): cumulative chance of telling up to 1, 2, … people: of good, of bad
    quantiles: Any  # float64 (tables, knots): quantile tables of the bare queue's distributions
    log_i: Any  # int64 (LOG_FIELDS, rows)
    log_f: Any  # float64 (LOG_FLOATS, rows)


# The arrays of the state whose records are entities; the others are tables, row by row.
RECORDS = (
    "person", "tally", "status", "case_f", "case", "agent", "agent_i", "cause", "cause_i", "board", "board_f",
    "by_segment", "by_segment_f", "lists", "log_i", "log_f",
)  # fmt: skip


# The arrays of the state that nothing changes once it is built.
FIXED = (
    "keys", "first_edge", "edge", "kernel", "profile", "hours", "knots", "hazard", "rota", "tells", "quantiles",
)  # fmt: skip


def with_slots(state: State, slots: int) -> State:
    """Return the state (arrays) with at least so many free case slots; they double at least when they grow."""
    free, size = int(state.company_i[FREE_SLOTS]), state.case.shape[1]
    if free >= slots:
        return state
    more = max(slots - free, size)
    stack = np.zeros(size + more, dtype=state.free.dtype)
    stack[:free] = state.free[:free]
    stack[free : free + more] = np.arange(size + more - 1, size - 1, -1)
    state.company_i[FREE_SLOTS] = free + more
    return state._replace(case=more_records(state.case, more), case_f=more_records(state.case_f, more), free=stack)


def views(state: State) -> State:
    """Return the same state as memoryviews: scalar access from Python is several times faster than on arrays."""
    return State(*(memoryview(array) for array in state))


def arrays(state: State) -> State:
    """Return the same state as NumPy arrays (no copy)."""
    return State(*(np.asarray(view) for view in state))
