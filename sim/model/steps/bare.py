"""A contact of the bare contact centre: no person behind it, distributions as given.

Its cases go through the same events, lines and seats as those of the company; only what is drawn differs. ``params``
holds the rows below, a column a priority class; a distribution is four numbers (what it is, and up to three parameters
in minutes, or the row of its quantile table).
"""

import math

from sim.model.draws import (
    ARRIVAL_CLASS,
    ARRIVAL_GAP,
    MANAGER_SERVICE,
    NEEDS_MANAGER,
    RETURN,
    RETURN_DELAY,
    SERVICE,
    TOLERANCE,
    TRY_AGAIN,
    TRY_AGAIN_DELAY,
    uniform,
)  # fmt: skip
from sim.model.rules.chance import HALF, exponential, lognormal

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, HALF_HOURS, MINUTE, SECOND
import sim.model.state as s

# isort: on
from sim.model.steps.books import bucket_of, change, count

# Rows of the bare queue's parameters; a distribution takes four rows from its first on.
(
    HANDLING_AT, _H1, _H2, _H3, PATIENCE_AT, _P1, _P2, _P3, MANAGER_AT, _M1, _M2, _M3, REDIAL_AT, _R1, _R2, _R3,
    RETURN_AT, _T1, _T2, _T3, NEEDS_MANAGER_CHANCE, BY_TRANSFER, REDIAL_CHANCE, RETURN_CHANCE, TARGET, SHORT_ABANDON,
    CLASS_SHARE,
) = range(27)  # fmt: skip
BARE_ROWS = 27
IN_NO_ORBIT, IN_REDIAL, IN_RETURN = range(3)

# A bare queue has no people and no company; their arrays have other tenants here. A column of ``person`` is an
# arrival and holds its own times in minutes, for distributions of kind TRACED. ``kernel`` holds the cumulative
# intensity at which each slot of the week begins, and its rate a minute; a single column says that ``profile`` holds
# a trace, instants and classes (-1: drawn). ``company`` holds the intensity used up. ``tally`` keeps the books by
# class when there are several: class k has the columns from k * buckets on. A case keeps its handling time
# (ticks) where the company has the amount at stake.
INTENSITY, RATE = range(2)
TRACE_INSTANT, TRACE_CLASS = range(2)
WORK = 0
HANDLING_DRAWN = s.AMOUNT
SLOT_MINUTES = DAY / HALF_HOURS / MINUTE
(
    CLASS_ANSWERED, CLASS_WITHIN_TARGET, CLASS_ABANDONED, CLASS_SHORT_ABANDONED, CLASS_WAITED_SOME, CLASS_WAIT_ANSWERED,
    CLASS_WAIT_ABANDONED,
) = range(7)  # fmt: skip
CLASS_ROWS = 7

# Knots of a quantile table are equidistant in -ln(1 - u), which a linear step follows well into the tail.
REACH = 37.0


def sample(state: State, params: Params, first: int, column: int, u: float, number: int) -> float:
    """Draw from the distribution that starts at row ``first``, in its unit (minutes); infinite when there is none.

    ``number`` is that of the arrival, for times that were recorded with it.
    """
    kind = int(params[first, column])
    if kind == s.EXPONENTIAL:
        return exponential(u, params[first + 1, column])
    if kind == s.NO_DISTRIBUTION:
        return math.inf
    if kind == s.DETERMINISTIC:
        return params[first + 1, column]
    if kind == s.LOGNORMAL:
        return lognormal(u, params[first + 1, column], params[first + 2, column])
    if kind == s.HYPEREXPONENTIAL:
        share = params[first + 1, column]
        if u < share:
            return exponential(u / share, params[first + 2, column])
        return exponential((1.0 - u) / (1.0 - share), params[first + 3, column])
    row = int(params[first + 1, column])
    return state.person[row, number] if kind == s.TRACED else _interpolated(state, row, u)


def _interpolated(state: State, row: int, u: float) -> float:
    last = state.quantiles.shape[1] - 1
    x = -math.log1p(-u) * (last / REACH)
    k = int(x)
    if k >= last:
        k = last - 1
        x = float(last)
    low = state.quantiles[row, k]
    return low + (x - k) * (state.quantiles[row, k + 1] - low)


def _ticks(minutes: float) -> int:
    return int(minutes * MINUTE + HALF)


def _book(state: State, column: int, bucket: int, row: int, amount: int) -> None:
    """Add an amount to the books of a class."""
    state.tally[row, column * state.company_i[s.BUCKETS] + bucket] += amount


def open_contact(state: State, number: int, priority: int, now: int) -> int:
    """Take a slot for the arrival with this number; return it."""
    state.company_i[s.FREE_SLOTS] -= 1
    c = state.free[state.company_i[s.FREE_SLOTS]]
    case = state.case
    case[s.PERSON, c] = number
    case[s.PRIORITY, c] = priority
    case[s.FIRST_AT, c] = now
    # What a former contact left in the slot and this one may read; the other fields stay 0 in a bare queue.
    case[s.TOUCHES, c] = 0
    case[s.ANSWERS, c] = 0
    case[s.ESCALATED, c] = 0
    case[s.STAGE, c] = IN_NO_ORBIT
    count(state, s.CASES_OPENED, 1)
    return c


def next_arrival(state: State, number: int) -> int:
    """Instant (ticks) of the arrival with this number, -1 when a trace has no more; numbers are asked for in order.

    A Poisson stream adds up exponential gaps of mean 1 to its cumulative intensity, and inverts a rate that is
    constant by half-hour and comes round again.
    """
    slots = state.kernel.shape[1] - 1
    if slots == 0:
        return state.profile[TRACE_INSTANT, number] if number < state.profile.shape[1] else -1
    work = state.company[WORK] + exponential(uniform(state.keys, ARRIVAL_GAP, number, 0), 1.0)
    state.company[WORK] = work
    if slots == 1:
        return int(work / state.kernel[RATE, 0] * MINUTE + HALF)
    turns = int(work / state.kernel[INTENSITY, slots])
    left = work - turns * state.kernel[INTENSITY, slots]
    slot = _slot_of(state, left, slots)
    rate = state.kernel[RATE, slot]
    within = (left - state.kernel[INTENSITY, slot]) / rate if rate > 0.0 else 0.0
    return int(((turns * slots + slot) * SLOT_MINUTES + within) * MINUTE + HALF)


def _slot_of(state: State, work: float, slots: int) -> int:
    """Last slot that begins at or below a cumulative intensity (bisection)."""
    low = 0
    high = slots
    while high - low > 1:
        middle = (low + high) >> 1
        if state.kernel[INTENSITY, middle] <= work:
            low = middle
        else:
            high = middle
    return low


def arrival_class(state: State, params: Params, number: int) -> int:
    """Priority class of an arrival: that of the trace, or drawn by the shares of the classes."""
    classes = params.shape[1]
    if classes == 1:
        return 0
    if state.kernel.shape[1] == 1 and state.profile[TRACE_CLASS, number] >= 0:
        return state.profile[TRACE_CLASS, number]
    u = uniform(state.keys, ARRIVAL_CLASS, number, 0)
    edge = 0.0
    for k in range(classes - 1):
        edge += params[CLASS_SHARE, k]
        if u < edge:
            return k
    return classes - 1


def arrive(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Join the line, with a matter that takes its time, and may need a manager.

    Both are drawn here, not once they are wanted: what is drawn together takes a processor less time.
    """
    case = state.case
    if case[s.STAGE, c] == IN_REDIAL:
        change(state, s.REDIAL_ORBIT, -1, now)
    elif case[s.STAGE, c] == IN_RETURN:
        change(state, s.RETURN_ORBIT, -1, now)
    case[s.STAGE, c] = IN_NO_ORBIT
    case[s.TOUCHES, c] += 1
    case[s.ARRIVED_AT, c] = now
    case[s.AGENT, c] = -1
    number = case[s.PERSON, c]
    column = case[s.PRIORITY, c]
    u = uniform(state.keys, SERVICE, number, case[s.TOUCHES, c])
    case[HANDLING_DRAWN, c] = _ticks(sample(state, params, HANDLING_AT, column, u, number))
    needs = uniform(state.keys, NEEDS_MANAGER, number, case[s.TOUCHES, c]) < params[NEEDS_MANAGER_CHANCE, column]
    case[s.NEEDS_AUTHORITY, c] = 1 if needs else 0
    count(state, s.OFFERED, 1)
    change(state, s.IN_SYSTEM, 1, now)
    return s.WAIT_AGENT, 0


def patience(state: State, params: Params, c: int) -> int:
    """Return the patience of this attempt (ticks; -1 without limit)."""
    column = state.case[s.PRIORITY, c]
    if params[PATIENCE_AT, column] == s.NO_DISTRIBUTION:
        return -1
    number = state.case[s.PERSON, c]
    u = uniform(state.keys, TOLERANCE, number, state.case[s.TOUCHES, c])
    return _ticks(sample(state, params, PATIENCE_AT, column, u, number))


def answer(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Be answered: count the wait, and be handled."""
    case = state.case
    came = case[s.ARRIVED_AT, c]
    wait = now - came
    column = case[s.PRIORITY, c]
    bucket = bucket_of(state, came)
    waited = 1 if wait > 0 else 0
    in_time = 1 if wait <= params[TARGET, column] * SECOND else 0
    case[s.ANSWERS, c] += 1
    state.board[s.ANSWERED, bucket] += 1
    state.board[s.WAITED_SOME, bucket] += waited
    state.board[s.WAIT_ANSWERED, bucket] += wait
    state.board[s.WITHIN_TARGET, bucket] += in_time
    if params.shape[1] > 1:
        _book(state, column, bucket, CLASS_ANSWERED, 1)
        _book(state, column, bucket, CLASS_WAITED_SOME, waited)
        _book(state, column, bucket, CLASS_WAIT_ANSWERED, wait)
        _book(state, column, bucket, CLASS_WITHIN_TARGET, in_time)
    return s.HANDLED, case[HANDLING_DRAWN, c]


def handled(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of handling: done, or the manager must decide (the line held, or transferred)."""
    case = state.case
    if case[s.NEEDS_AUTHORITY, c] == 0:
        return s.WRAPPED, 0
    case[s.ASKED_AT, c] = now
    if params[BY_TRANSFER, case[s.PRIORITY, c]] > 0.0:
        case[s.ESCALATED, c] = s.TRANSFER
        count(state, s.TRANSFERRED, 1)
        return s.TRANSFER, 0
    case[s.ESCALATED, c] = s.HOLD
    count(state, s.HELD, 1)
    return s.HOLD, 0


def manager_answers(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Get a manager: draw the time of the decision."""
    case = state.case
    u = uniform(state.keys, MANAGER_SERVICE, case[s.PERSON, c], case[s.TOUCHES, c])
    return s.DECIDED, _ticks(sample(state, params, MANAGER_AT, case[s.PRIORITY, c], u, case[s.PERSON, c]))


def decided(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Take the decision."""
    count(state, s.MANAGER_DECISIONS, 1)
    return s.WRAPPED, 0


def wrapped(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """End of the touch: resolved, or to return later."""
    case = state.case
    came = case[s.ARRIVED_AT, c]
    change(state, s.IN_SYSTEM, -1, now)
    bucket = bucket_of(state, came)
    state.board[s.SYSTEM_TICKS, bucket] += now - came
    state.board[s.SYSTEM_DONE, bucket] += 1
    column = case[s.PRIORITY, c]
    chance = params[RETURN_CHANCE, column]
    if chance <= 0.0 or uniform(state.keys, RETURN, case[s.PERSON, c], case[s.TOUCHES, c]) >= chance:
        return s.CLOSE, 0
    count(state, s.RETURNS, 1)
    change(state, s.RETURN_ORBIT, 1, now)
    case[s.STAGE, c] = IN_RETURN
    u = uniform(state.keys, RETURN_DELAY, case[s.PERSON, c], case[s.TOUCHES, c])
    return s.ARRIVE, _ticks(sample(state, params, RETURN_AT, column, u, case[s.PERSON, c]))


def abandon(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Hang up; redial later or be lost."""
    case = state.case
    came = case[s.ARRIVED_AT, c]
    column = case[s.PRIORITY, c]
    wait = now - came
    bucket = bucket_of(state, came)
    short = 1 if wait < params[SHORT_ABANDON, column] * SECOND else 0
    state.board[s.ABANDONED, bucket] += 1
    state.board[s.WAITED_SOME, bucket] += 1
    state.board[s.WAIT_ABANDONED, bucket] += wait
    state.board[s.SHORT_ABANDONED, bucket] += short
    if params.shape[1] > 1:
        _book(state, column, bucket, CLASS_ABANDONED, 1)
        _book(state, column, bucket, CLASS_WAITED_SOME, 1)
        _book(state, column, bucket, CLASS_WAIT_ABANDONED, wait)
        _book(state, column, bucket, CLASS_SHORT_ABANDONED, short)
    change(state, s.IN_SYSTEM, -1, now)
    state.board[s.SYSTEM_TICKS, bucket] += wait
    state.board[s.SYSTEM_DONE, bucket] += 1
    chance = params[REDIAL_CHANCE, column]
    if chance <= 0.0 or uniform(state.keys, TRY_AGAIN, case[s.PERSON, c], case[s.TOUCHES, c]) >= chance:
        return s.CLOSE, 0
    count(state, s.REDIALS, 1)
    change(state, s.REDIAL_ORBIT, 1, now)
    case[s.STAGE, c] = IN_REDIAL
    u = uniform(state.keys, TRY_AGAIN_DELAY, case[s.PERSON, c], case[s.TOUCHES, c])
    return s.ARRIVE, _ticks(sample(state, params, REDIAL_AT, column, u, case[s.PERSON, c]))


def close(state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Give the slot back."""
    state.free[state.company_i[s.FREE_SLOTS]] = c
    state.company_i[s.FREE_SLOTS] += 1
    count(state, s.CASES_CLOSED, 1)
    return s.ENDED, 0
