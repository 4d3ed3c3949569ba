"""Open causes of issues, and the feedback register: what is heard often enough is fixed, what nobody voices never is.

Causes are numbered in the order in which they open, which no policy changes; a cause stands in the slot of its number.
"""

import sim.model.columns as t
from sim.model.draws import CAUSE_LIFE, CAUSE_OPENS, REGISTER, occasion, uniform
from sim.model.rules.authority import hundredths
from sim.model.rules.chance import exponential

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, YEAR_DAYS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count, record


def causes_day(state: State, params: Params, day: int, now: int) -> int:
    """Let causes end, fixes work and at most one cause open today; return how many are open."""
    for slot in range(slots_used(state)):
        if state.cause[s.CAUSE_EXCESS, slot] > 0.0:
            _cause_day(state, params, slot, day, now)
    opens = uniform(state.keys, CAUSE_OPENS, 0, day) < params[t.CAUSE_RATE, 0] / YEAR_DAYS
    if opens and params[t.CAUSE_EXCESS, 0] > 0.0:
        _open(state, params, day, now)
    excess = 0.0
    standing = 0
    for slot in range(slots_used(state)):
        if state.cause[s.CAUSE_EXCESS, slot] > 0.0:
            excess += state.cause[s.CAUSE_EXCESS, slot]
            standing += 1
    state.company[s.EXCESS] = excess
    return standing


def slots_used(state: State) -> int:
    """Return the number of slots that have held a cause."""
    opened = state.company_i[s.CAUSES]
    return opened if opened < s.MOST_CAUSES else s.MOST_CAUSES


def _cause_day(state: State, params: Params, slot: int, day: int, now: int) -> None:
    """Let a cause end, or a fix of it work; a fix that leaves nothing ends it."""
    if day >= state.cause_i[s.CAUSE_ENDS, slot]:
        _end(state, slot, now)
    elif 0 <= state.cause_i[s.FIX_DAY, slot] <= day:
        state.cause[s.CAUSE_EXCESS, slot] *= 1.0 - params[t.FIX_EFFECT, 0]
        state.cause_i[s.FIX_DAY, slot] = -1
        state.cause_i[s.TIMES_HEARD, slot] = 0
        count(state, s.FIXES_DONE, 1)
        record(state, now, s.LOG_FIXED, -1, slot, 0, 0, state.cause[s.CAUSE_EXCESS, slot], 0.0)
        if state.cause[s.CAUSE_EXCESS, slot] == 0.0:
            _end(state, slot, now)


def _end(state: State, slot: int, now: int) -> None:
    state.cause[s.CAUSE_EXCESS, slot] = 0.0
    count(state, s.CAUSES_ENDED, 1)
    record(state, now, s.LOG_CAUSE_ENDS, -1, slot, state.cause_i[s.TIMES_HEARD, slot], 0, 0.0, 0.0)


def _open(state: State, params: Params, day: int, now: int) -> None:
    """Open a cause; when all slots hold one, the oldest makes room."""
    slot = state.company_i[s.CAUSES] % s.MOST_CAUSES
    if state.cause[s.CAUSE_EXCESS, slot] > 0.0:
        _end(state, slot, now)
    state.company_i[s.CAUSES] += 1
    life = exponential(uniform(state.keys, CAUSE_LIFE, 0, day), params[t.CAUSE_LIFE, 0])
    state.cause[s.CAUSE_EXCESS, slot] = params[t.CAUSE_EXCESS, 0]
    state.cause_i[s.CAUSE_OPENED, slot] = day
    state.cause_i[s.CAUSE_ENDS, slot] = day + 1 + int(life)
    state.cause_i[s.TIMES_HEARD, slot] = 0
    state.cause_i[s.FIX_DAY, slot] = -1
    count(state, s.CAUSES_OPENED, 1)
    record(state, now, s.LOG_CAUSE_OPENS, -1, slot, 0, 0, state.cause[s.CAUSE_EXCESS, slot], life)


def cause_at(state: State, u: float) -> int:
    """Cause of an issue that lies ``u`` (0 to the sum of their chances) along the open causes laid end to end."""
    found = 0
    edge = 0.0
    for slot in range(slots_used(state)):
        if state.cause[s.CAUSE_EXCESS, slot] > 0.0:
            edge += state.cause[s.CAUSE_EXCESS, slot]
            found = slot
            if u < edge:
                break
    return s.OPEN_CAUSE + found


def register(state: State, params: Params, c: int, complained: bool, now: int) -> None:
    """Note the open cause behind a case that has ended, if somebody voices it; start a fix at the k-th time.

    A complaint is written down, passed on by the agent, or named in a survey; who suffers in silence can only be asked.
    """
    slot = state.case[s.CAUSE, c] - s.OPEN_CAUSE
    if slot < 0 or state.cause[s.CAUSE_EXCESS, slot] == 0.0:
        return
    person = state.case[s.PERSON, c]
    segment = state.status[s.SEGMENT, person]
    missed = 1.0 - params[t.FEEDBACK_SURVEY, segment]
    if complained:
        missed *= (1.0 - params[t.FEEDBACK_REGISTERED, segment]) * (1.0 - params[t.FEEDBACK_TEAM, segment])
    key = occasion(state.case[s.ORDINAL, c], state.case[s.KIND, c], 0, 0)
    if uniform(state.keys, REGISTER, person, key) < missed:
        return
    state.cause_i[s.TIMES_HEARD, slot] += 1
    count(state, s.REGISTERED, 1)
    heard = state.cause_i[s.TIMES_HEARD, slot]
    record(state, now, s.LOG_REGISTERED, person, slot, heard, 0, 0.0, 0.0)
    if heard >= params[t.FEEDBACK_TIMES, 0] and state.cause_i[s.FIX_DAY, slot] < 0:
        _start_fix(state, params, slot, now)


def _start_fix(state: State, params: Params, slot: int, now: int) -> None:
    due = now // DAY + 1 + int(params[t.FIX_LEAD, 0])
    state.cause_i[s.FIX_DAY, slot] = due
    count(state, s.FIXES_STARTED, 1)
    count(state, s.FIX_COSTS, hundredths(params[t.FIX_COST, 0]))
    record(state, now, s.LOG_FIX, -1, slot, due, 0, params[t.FIX_COST, 0], 0.0)
