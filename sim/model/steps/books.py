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


def count_at(state: State, measure: int, instant: int, amount: int) -> None:
    """Add an amount to a row of the board, in the bucket of an earlier instant."""
    state.board[measure, bucket_of(state, instant)] += amount


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
