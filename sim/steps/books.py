"""Keeping the board, the ledger, the levels and the log."""

# isort: off
from sim.state import (
    BOARD_AREA, BUCKET, BUCKET_NOW, BUCKET_SINCE, BUCKETS, LEVEL_SINCE, LEVELS, LOG_A, LOG_B, LOG_C, LOG_CODE,
    LOG_PERSON, LOG_ROWS, LOG_TIME, LOG_X, LOG_Y, LOGGING, State,
)  # fmt: skip
# isort: on


def bucket_of(state: State, now: int) -> int:
    """Return the board's bucket of an instant; what happens at the very end belongs to the last one.

    Nearly every instant lies in the bucket that was settled last, and needs no division.
    """
    company = state.company_i
    since = now - company[BUCKET_SINCE]
    if 0 <= since < company[BUCKET]:
        return company[BUCKET_NOW]
    bucket = now // company[BUCKET]
    last = company[BUCKETS] - 1
    return bucket if bucket < last else last


def count(state: State, measure: int, amount: int) -> None:
    """Add an amount to a row of the board, in the present bucket."""
    state.board[measure, state.company_i[BUCKET_NOW]] += amount


def count_at(state: State, measure: int, instant: int, amount: int) -> None:
    """Add an amount to a row of the board, in the bucket of an earlier instant."""
    state.board[measure, bucket_of(state, instant)] += amount


def change(state: State, level: int, by: int, now: int) -> None:
    """Move a level up or down, and integrate what it was until now (integer, hence exact).

    Every level is settled at the boundaries of buckets: since the last change the bucket has been the same.
    """
    company = state.company_i
    past = now - company[LEVEL_SINCE + level]
    state.board[BOARD_AREA + level, company[BUCKET_NOW]] += company[level] * past
    company[LEVEL_SINCE + level] = now
    company[level] += by


def settle(state: State, now: int) -> None:
    """Integrate every level up to the boundary of a bucket, which is the present one from now on."""
    for level in range(LEVELS):
        change(state, level, 0, now)
    bucket = now // state.company_i[BUCKET]
    if bucket < state.company_i[BUCKETS]:
        state.company_i[BUCKET_NOW] = bucket
        state.company_i[BUCKET_SINCE] = now


def record(state: State, now: int, code: int, person: int, a: int, b: int, c: int, x: float, y: float) -> None:
    """Write one row of the log, when logging is on; the engine empties the log before it is full."""
    if state.company_i[LOGGING] == 0:
        return
    row = state.company_i[LOG_ROWS]
    log = state.log_i
    log[LOG_TIME, row] = now
    log[LOG_CODE, row] = code
    log[LOG_PERSON, row] = person
    log[LOG_A, row] = a
    log[LOG_B, row] = b
    log[LOG_C, row] = c
    state.log_f[LOG_X, row] = x
    state.log_f[LOG_Y, row] = y
    state.company_i[LOG_ROWS] = row + 1
