"""Open causes of issues, and the feedback register: what is heard often enough is fixed, what nobody voices never is.

Causes are numbered in the order in which they open, which no policy changes; a cause stands in the slot of its number.
"""

from sim import table as t
from sim.draws import CAUSE_LIFE, CAUSE_OPENS, REGISTER, occasion, uniform
from sim.rules.authority import hundredths
from sim.rules.chance import exponential

# isort: off
from sim.state import (
    CAUSE, CAUSE_ENDS, CAUSE_EXCESS, CAUSE_OPENED, CAUSES, CAUSES_ENDED, CAUSES_OPENED, DAY, EXCESS, FIX_COSTS, FIX_DAY,
    FIXES_DONE, FIXES_STARTED, KIND, LOG_CAUSE_ENDS, LOG_CAUSE_OPENS, LOG_FIX, LOG_FIXED, LOG_REGISTERED, MOST_CAUSES,
    OPEN_CAUSE, ORDINAL, PERSON, REGISTERED, SEGMENT, TIMES_HEARD, YEAR_DAYS, Params, State,
)  # fmt: skip

# isort: on
from sim.steps.books import count, record


def causes_day(state: State, params: Params, day: int, now: int) -> int:
    """Let causes end, fixes work and at most one cause open today; return how many are open."""
    for slot in range(slots_used(state)):
        if state.cause[CAUSE_EXCESS, slot] > 0.0:
            _cause_day(state, params, slot, day, now)
    opens = uniform(state.keys, CAUSE_OPENS, 0, day) < params[t.CAUSE_RATE, 0] / YEAR_DAYS
    if opens and params[t.CAUSE_EXCESS, 0] > 0.0:
        _open(state, params, day, now)
    excess = 0.0
    standing = 0
    for slot in range(slots_used(state)):
        if state.cause[CAUSE_EXCESS, slot] > 0.0:
            excess += state.cause[CAUSE_EXCESS, slot]
            standing += 1
    state.company[EXCESS] = excess
    return standing


def slots_used(state: State) -> int:
    """Return the number of slots that have held a cause."""
    opened = state.company_i[CAUSES]
    return opened if opened < MOST_CAUSES else MOST_CAUSES


def _cause_day(state: State, params: Params, slot: int, day: int, now: int) -> None:
    """Let a cause end, or a fix of it work; a fix that leaves nothing ends it."""
    if day >= state.cause_i[CAUSE_ENDS, slot]:
        _end(state, slot, now)
    elif 0 <= state.cause_i[FIX_DAY, slot] <= day:
        state.cause[CAUSE_EXCESS, slot] *= 1.0 - params[t.FIX_EFFECT, 0]
        state.cause_i[FIX_DAY, slot] = -1
        state.cause_i[TIMES_HEARD, slot] = 0
        count(state, FIXES_DONE, 1)
        record(state, now, LOG_FIXED, -1, slot, 0, 0, state.cause[CAUSE_EXCESS, slot], 0.0)
        if state.cause[CAUSE_EXCESS, slot] == 0.0:
            _end(state, slot, now)


def _end(state: State, slot: int, now: int) -> None:
    state.cause[CAUSE_EXCESS, slot] = 0.0
    count(state, CAUSES_ENDED, 1)
    record(state, now, LOG_CAUSE_ENDS, -1, slot, state.cause_i[TIMES_HEARD, slot], 0, 0.0, 0.0)


def _open(state: State, params: Params, day: int, now: int) -> None:
    """Open a cause; when all slots hold one, the oldest makes room."""
    slot = state.company_i[CAUSES] % MOST_CAUSES
    if state.cause[CAUSE_EXCESS, slot] > 0.0:
        _end(state, slot, now)
    state.company_i[CAUSES] += 1
    life = exponential(uniform(state.keys, CAUSE_LIFE, 0, day), params[t.CAUSE_LIFE, 0])
    state.cause[CAUSE_EXCESS, slot] = params[t.CAUSE_EXCESS, 0]
    state.cause_i[CAUSE_OPENED, slot] = day
    state.cause_i[CAUSE_ENDS, slot] = day + 1 + int(life)
    state.cause_i[TIMES_HEARD, slot] = 0
    state.cause_i[FIX_DAY, slot] = -1
    count(state, CAUSES_OPENED, 1)
    record(state, now, LOG_CAUSE_OPENS, -1, slot, 0, 0, state.cause[CAUSE_EXCESS, slot], life)


def cause_at(state: State, u: float) -> int:
    """Cause of an issue that lies ``u`` (0 to the sum of their chances) along the open causes laid end to end."""
    found = 0
    edge = 0.0
    for slot in range(slots_used(state)):
        if state.cause[CAUSE_EXCESS, slot] > 0.0:
            edge += state.cause[CAUSE_EXCESS, slot]
            found = slot
            if u < edge:
                break
    return OPEN_CAUSE + found


def register(state: State, params: Params, c: int, complained: bool, now: int) -> None:
    """Note the open cause behind a case that has ended, if somebody voices it; start a fix at the k-th time.

    A complaint is written down, passed on by the agent, or named in a survey; who suffers in silence can only be asked.
    """
    slot = state.case[CAUSE, c] - OPEN_CAUSE
    if slot < 0 or state.cause[CAUSE_EXCESS, slot] == 0.0:
        return
    person = state.case[PERSON, c]
    segment = state.status[SEGMENT, person]
    missed = 1.0 - params[t.FEEDBACK_SURVEY, segment]
    if complained:
        missed *= (1.0 - params[t.FEEDBACK_REGISTERED, segment]) * (1.0 - params[t.FEEDBACK_TEAM, segment])
    key = occasion(state.case[ORDINAL, c], state.case[KIND, c], 0, 0)
    if uniform(state.keys, REGISTER, person, key) < missed:
        return
    state.cause_i[TIMES_HEARD, slot] += 1
    count(state, REGISTERED, 1)
    heard = state.cause_i[TIMES_HEARD, slot]
    record(state, now, LOG_REGISTERED, person, slot, heard, 0, 0.0, 0.0)
    if heard >= params[t.FEEDBACK_TIMES, 0] and state.cause_i[FIX_DAY, slot] < 0:
        _start_fix(state, params, slot, now)


def _start_fix(state: State, params: Params, slot: int, now: int) -> None:
    due = now // DAY + 1 + int(params[t.FIX_LEAD, 0])
    state.cause_i[FIX_DAY, slot] = due
    count(state, FIXES_STARTED, 1)
    count(state, FIX_COSTS, hundredths(params[t.FIX_COST, 0]))
    record(state, now, LOG_FIX, -1, slot, due, 0, params[t.FIX_COST, 0], 0.0)
