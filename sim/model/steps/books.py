"""Keeping the board, the ledger, the levels and the log."""

# isort: off
from sim.model.state import State
import sim.model.state as s
# isort: on


def bucket_of(state: State, now: int) -> int:
    """Return the board's bucket of an instant; what happens at the very end belongs to the last one.

    Nearly every instant lies in the bucket that was settled last, and needs no division.
    """
    company = state.company_i
    since = now - company[s.BUCKET_SINCE]
    if 0 <= since < company[s.BUCKET]:
        return company[s.BUCKET_NOW]
    bucket = now // company[s.BUCKET]
    last = company[s.BUCKETS] - 1
    return bucket if bucket < last else last


def count(state: State, measure: int, amount: int) -> None:
    """Add an amount to a row of the board, in the present bucket."""
    state.board[measure, state.company_i[s.BUCKET_NOW]] += amount


def count_of(state: State, person: int, measure: int, amount: int) -> None:
    """Add an amount to a row of the board, in the present bucket, and to the same row of the person's segment."""
    count_in(state, person, measure, state.company_i[s.BUCKET_NOW], amount)


def count_of_at(state: State, person: int, measure: int, instant: int, amount: int) -> None:
    """Add an amount to a row of the board and of the person's segment, in the bucket of an earlier instant."""
    count_in(state, person, measure, bucket_of(state, instant), amount)


def count_in(state: State, person: int, measure: int, bucket: int, amount: int) -> None:
    """Add an amount to a row of the board and of the person's segment, in a bucket."""
    state.board[measure, bucket] += amount
    state.by_segment[measure, state.status[s.SEGMENT, person] * state.company_i[s.BUCKETS] + bucket] += amount


def add_of(state: State, segment: int, measure: int, amount: float) -> None:
    """Add an amount to a float row of the board and of a segment, in the present bucket."""
    bucket = state.company_i[s.BUCKET_NOW]
    state.board_f[measure, bucket] += amount
    state.by_segment_f[measure, segment * state.company_i[s.BUCKETS] + bucket] += amount


def change(state: State, level: int, by: int, now: int) -> None:
    """Move a level up or down, and integrate what it was until now (integer, hence exact).

    Every level is settled at the boundaries of buckets: since the last change the bucket has been the same.
    """
    company = state.company_i
    past = now - company[s.LEVEL_SINCE + level]
    state.board[s.BOARD_AREA + level, company[s.BUCKET_NOW]] += company[level] * past
    company[s.LEVEL_SINCE + level] = now
    company[level] += by


def settle(state: State, now: int) -> None:
    """Integrate every level up to the boundary of a bucket, which is the present one from now on."""
    for level in range(s.LEVELS):
        change(state, level, 0, now)
    bucket = now // state.company_i[s.BUCKET]
    if bucket < state.company_i[s.BUCKETS]:
        state.company_i[s.BUCKET_NOW] = bucket
        state.company_i[s.BUCKET_SINCE] = now


def record(state: State, now: int, code: int, person: int, a: int, b: int, c: int, x: float, y: float) -> None:
    """Write one row of the log, when logging is on; the engine empties the log before it is full."""
    if state.company_i[s.LOGGING] == 0:
        return
    row = state.company_i[s.LOG_ROWS]
    log = state.log_i
    log[s.LOG_TIME, row] = now
    log[s.LOG_CODE, row] = code
    log[s.LOG_PERSON, row] = person
    log[s.LOG_A, row] = a
    log[s.LOG_B, row] = b
    log[s.LOG_C, row] = c
    state.log_f[s.LOG_X, row] = x
    state.log_f[s.LOG_Y, row] = y
    state.company_i[s.LOG_ROWS] = row + 1
