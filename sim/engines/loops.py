"""The event loops of the compiled engine, in plain Python: what sim/engines/readable.py says with SimPy.

The numbered order of events and the rules of ties stand in sim/engines/readable.py. A loop goes from event to event
until an instant, or until it needs its caller: more room for cases, or an emptier log. It can be entered again at any
time, and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.engines import floor as f
from sim.engines.floor import NEVER, NOBODY, RANK_BITS, SERVER_BITS, SERVER_MASK, Floor
from sim.engines.transitions import RANKS, Limit, Step, bare_limit, bare_step, company_limit, company_step

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY
import sim.model.state as s

# isort: on
from sim.model.columns import MANAGERS
from sim.model.steps import bare
from sim.model.steps.books import change, settle
from sim.model.steps.calendar import forget_day, is_open, next_shift
from sim.model.steps.company import company_day, on_duty
from sim.model.steps.market import moment

# Moments between telling the processor of a person and the person's turn: about the time that memory takes.
AHEAD = 4
# Why a loop hands back.
DONE, NEEDS_SLOTS, NEEDS_LOG = range(3)

# -- agents ----------------------------------------------------------------------------------------------------------


def man(state: State, floor: Floor, agent: int, now: int) -> None:
    """Put an agent on duty; the next caller in the line is answered at once."""
    if floor.server[f.MANNED, agent] == 0:
        floor.server[f.MANNED, agent] = 1
        change(state, s.ON_DUTY, 1, now)
        if floor.server[f.BUSY_NOW, agent] == 0:
            offer(state, floor, agent, now)


def leave(state: State, floor: Floor, agent: int, now: int) -> None:
    """Take an agent off duty; a contact in hand is finished first."""
    if floor.server[f.MANNED, agent] == 1:
        floor.server[f.MANNED, agent] = 0
        f.rouse(floor, agent)
        change(state, s.ON_DUTY, -1, now)


def offer(state: State, floor: Floor, agent: int, now: int) -> None:
    """Give a free agent on duty the next caller, or let the agent wait."""
    case = f.next_caller(floor)
    if case != NOBODY:
        f.quit_line(floor, case)
        occupy(state, floor, agent, case, now)
        change(state, s.IN_LINE, -1, now)
        f.wake(floor, case, s.ANSWER)
    elif floor.clock[f.AFTER_HOURS] == 1:
        leave(state, floor, agent, now)
    else:
        f.rest(floor, agent, now)


def occupy(state: State, floor: Floor, agent: int, case: int, now: int) -> None:
    """Let an agent take a case."""
    floor.server[f.BUSY_NOW, agent] = 1
    floor.server[f.SERVING, agent] = case
    state.case[s.AGENT, case] = agent
    change(state, s.BUSY, 1, now)


def release(state: State, floor: Floor, case: int, now: int) -> None:
    """Free the agent of a case, if it has one."""
    agent = state.case[s.AGENT, case]
    if agent == NOBODY:
        return
    state.case[s.AGENT, case] = NOBODY
    floor.server[f.BUSY_NOW, agent] = 0
    change(state, s.BUSY, -1, now)
    if floor.server[f.MANNED, agent] == 1:
        offer(state, floor, agent, now)


# -- managers --------------------------------------------------------------------------------------------------------


def seize_manager(state: State, floor: Floor, case: int, now: int) -> None:
    """Let a free manager take a case."""
    change(state, s.MANAGERS_BUSY, 1, now)
    left = floor.clock[f.SEATS_FREE] - 1
    floor.clock[f.SEATS_FREE] = left
    seat = floor.server[f.FREE_SEAT, left]
    floor.slot[f.MANAGER_SEAT, case] = seat
    floor.server[f.SERVING, seat] = case


def release_manager(state: State, floor: Floor, case: int, now: int) -> None:
    """Free the manager of a case for the next who waits."""
    change(state, s.MANAGERS_BUSY, -1, now)
    left = floor.clock[f.SEATS_FREE]
    floor.server[f.FREE_SEAT, left] = floor.slot[f.MANAGER_SEAT, case]
    floor.clock[f.SEATS_FREE] = left + 1
    call_managers(state, floor, now)


def manager_free(state: State, floor: Floor) -> bool:
    """Whether a manager has nobody."""
    return state.company_i[s.MANAGERS_BUSY] < floor.clock[f.MANAGERS]


def call_managers(state: State, floor: Floor, now: int) -> None:
    """Let free managers take those who wait for them."""
    line = floor.clock[f.AGENT_LINES]
    while floor.line[line, 0] != NOBODY and manager_free(state, floor):
        case = floor.line[line, 0]
        f.quit_line(floor, case)
        change(state, s.MANAGER_LINE, -1, now)
        seize_manager(state, floor, case, now)
        f.wake(floor, case, s.MANAGER)


# -- the life of a case ----------------------------------------------------------------------------------------------

Live = Callable[[State, Params, Floor, int, int, int], None]


def life(step: Step, limit: Limit) -> Live:
    """Return the function that lives a case until it has to wait, for this table of transitions."""

    def live(state: State, params: Params, floor: Floor, case: int, event: int, now: int) -> None:
        delay = 0
        while event != s.ENDED:
            if delay > 0:
                set_timer(state, floor, case, event, now + delay)
                return
            delay = 0
            if event == s.WAIT_AGENT:
                if not found_agent(state, floor, case, now):
                    limit_wait(state, floor, case, s.ABANDON, now, limit(state, params, case, event))
                    return
                event = s.ANSWER
            elif event in (s.HOLD, s.TRANSFER, s.CALLBACK):
                if not found_manager(state, floor, case, event, now):
                    late = s.HOLD_EXPIRED if event == s.HOLD else s.ABANDON
                    limit_wait(state, floor, case, late, now, limit(state, params, case, event))
                    return
                event = s.MANAGER
            else:
                if event == s.WRAPPED:
                    release(state, floor, case, now)
                elif event == s.DECIDED:
                    release_manager(state, floor, case, now)
                event, delay = step(event, state, params, case, now)

    return live


live_bare = life(bare_step, bare_limit)
live_company = life(company_step, company_limit)


def set_timer(state: State, floor: Floor, case: int, event: int, instant: int) -> None:
    """Let a case wait for an event: on the timer of the server who is busy with it, or in the heap."""
    floor.slot[f.GOES_ON, case] = event
    rank = RANKS[event]
    if rank == s.RANK_FINISH:
        server = floor.slot[f.MANAGER_SEAT, case] if event == s.DECIDED else state.case[s.AGENT, case]
        f.set_server(state, floor, server, instant << SERVER_BITS | server)
    else:
        f.push(floor, instant << RANK_BITS | rank, state.case[s.PERSON, case], case, 0)


def found_agent(state: State, floor: Floor, case: int, now: int) -> bool:
    """Be answered by whoever has been idle longest, or join the line; return whether an agent was found."""
    agent = floor.clock[f.IDLE_FIRST]
    if agent != NOBODY:
        f.rouse(floor, agent)
        occupy(state, floor, agent, case, now)
        return True
    change(state, s.IN_LINE, 1, now)
    f.join(floor, case, state.case[s.PRIORITY, case])
    return False


def found_manager(state: State, floor: Floor, case: int, how: int, now: int) -> bool:
    """Get a manager or join the line: the agent on the phone (hold), freed (transfer), or nobody (call-back)."""
    if how == s.TRANSFER:
        release(state, floor, case, now)
    if manager_free(state, floor):
        seize_manager(state, floor, case, now)
        return True
    held = 1 if how == s.HOLD else 0
    floor.slot[f.HELD, case] = held
    change(state, s.HOLDING, held, now)
    change(state, s.MANAGER_LINE, 1, now)
    f.join(floor, case, floor.clock[f.AGENT_LINES])
    return False


def limit_wait(state: State, floor: Floor, case: int, event: int, now: int, limit: int) -> None:
    """Set the deadline of somebody who waits, if there is one."""
    floor.slot[f.TIMES_OUT, case] = event
    if limit >= 0:
        key = (now + limit) << RANK_BITS | s.RANK_DEADLINE
        f.push(floor, key, state.case[s.PERSON, case], case, floor.slot[f.TICKET, case])


def go_on(state: State, floor: Floor, case: int, now: int) -> int:
    """Return with what event a case that was just served goes on."""
    event = floor.slot[f.GOES_ON, case]
    if event == s.MANAGER:
        change(state, s.HOLDING, -floor.slot[f.HELD, case], now)
    return event


def time_out(state: State, floor: Floor, case: int, now: int) -> int:
    """Leave the line because the deadline has come; return with what event the case goes on."""
    if floor.slot[f.WAITING, case] - 1 == floor.clock[f.AGENT_LINES]:
        change(state, s.HOLDING, -floor.slot[f.HELD, case], now)
        change(state, s.MANAGER_LINE, -1, now)
    else:
        change(state, s.IN_LINE, -1, now)
    f.quit_line(floor, case)
    return floor.slot[f.TIMES_OUT, case]


# -- what comes next -------------------------------------------------------------------------------------------------


def first_timer(state: State, floor: Floor) -> int:
    """Key (instant and rank) of the first timer of a server or of the heap, lapsed deadlines skipped; or NEVER."""
    while floor.clock[f.HEAP_ROWS] > 0 and f.lapsed(floor, 0):
        f.pop(floor)
    spent = floor.clock[f.SPENT]
    if spent != NOBODY:
        f.set_server(state, floor, spent, f.no_timer(spent))
    key = floor.tree[1] >> SERVER_BITS << RANK_BITS | s.RANK_FINISH
    if floor.clock[f.HEAP_ROWS] > 0 and floor.heap[0, f.HEAP_KEY] < key:
        key = floor.heap[0, f.HEAP_KEY]
    return key


def take_timer(state: State, floor: Floor, key: int, now: int) -> tuple[int, int]:
    """Take the first timer, which has this key; return its case and the event that is due."""
    if key & ((1 << RANK_BITS) - 1) == s.RANK_FINISH:
        server = floor.tree[1] & SERVER_MASK
        floor.clock[f.SPENT] = server
        case = floor.server[f.SERVING, server]
        return case, floor.slot[f.GOES_ON, case]
    case = floor.heap[0, f.HEAP_SLOT]
    deadline = floor.heap[0, f.HEAP_TICKET] != 0
    f.pop(floor)
    return case, time_out(state, floor, case, now) if deadline else floor.slot[f.GOES_ON, case]


# -- the bare contact centre -----------------------------------------------------------------------------------------


def run_bare(state: State, params: Params, floor: Floor, shifts: Any, until: int) -> int:
    """Run the contact centre alone up to an instant (ticks); return why it hands back.

    ``shifts`` (int64, (shifts, 2)): instants and agents on duty, in order.
    """
    clock = floor.clock
    while True:
        now = clock[f.NOW]
        if clock[f.STARTED_COUNT] > 0 and clock[f.ARRIVAL] >> RANK_BITS != now:
            event = s.ARRIVE
            case = f.dequeue(floor, f.STARTED, f.STARTED_FROM, f.STARTED_COUNT)
        elif clock[f.WOKEN_COUNT] > 0 and clock[f.STARTED_COUNT] == 0:
            case = f.dequeue(floor, f.WOKEN, f.WOKEN_FROM, f.WOKEN_COUNT)
            event = go_on(state, floor, case, now)
        else:
            timer = first_timer(state, floor)
            key = min(timer, clock[f.ARRIVAL], clock[f.SHIFT], clock[f.BOUNDARY])
            now = key >> RANK_BITS
            if now >= until:
                return DONE
            clock[f.NOW] = now
            if key == timer:
                case, event = take_timer(state, floor, key, now)
            elif key == clock[f.ARRIVAL]:
                if state.company_i[s.FREE_SLOTS] == 0:
                    return NEEDS_SLOTS
                case, event = take_arrival(state, params, floor, now)
            elif key == clock[f.SHIFT]:
                change_shift(state, floor, shifts, now)
                continue
            else:
                settle(state, now)
                clock[f.BOUNDARY] = now + state.company_i[s.BUCKET] << RANK_BITS | s.RANK_DAY
                continue
        live_bare(state, params, floor, case, event, now)


def take_arrival(state: State, params: Params, floor: Floor, now: int) -> tuple[int, int]:
    """Open the contact that arrives now, and see when the next one does; return its slot and event.

    Several that arrive at one instant start in their order, once all have come.
    """
    number = floor.clock[f.ARRIVALS]
    case = bare.open_contact(state, number, bare.arrival_class(state, params, number), now)
    floor.clock[f.ARRIVALS] = number + 1
    instant = bare.next_arrival(state, number + 1)
    floor.clock[f.ARRIVAL] = instant << RANK_BITS | s.RANK_ARRIVAL if instant >= 0 else NEVER
    if floor.clock[f.STARTED_COUNT] == 0 and instant != now:
        return case, s.ARRIVE
    f.start_now(floor, case)
    return case, s.ENDED


def change_shift(state: State, floor: Floor, shifts: Any, now: int) -> None:
    """Have as many agents on duty as the plan says from now on."""
    number = floor.clock[f.SHIFTS]
    for agent in range(floor.clock[f.AGENTS]):
        if agent < shifts[number, 1]:
            man(state, floor, agent, now)
        else:
            leave(state, floor, agent, now)
    number += 1
    floor.clock[f.SHIFTS] = number
    floor.clock[f.SHIFT] = shifts[number, 0] << RANK_BITS | s.RANK_SHIFT if number < shifts.shape[0] else NEVER


# -- the company -----------------------------------------------------------------------------------------------------


def run_company(state: State, params: Params, floor: Floor, until: int) -> int:
    """Run the whole loop up to an instant (ticks); return why it hands back."""
    clock = floor.clock
    while True:
        if state.company_i[s.LOGGING] == 1 and 2 * state.company_i[s.LOG_ROWS] > state.log_i.shape[1]:
            return NEEDS_LOG
        now = clock[f.NOW]
        if clock[f.TODAY_AT] < clock[f.TODAY]:
            live_moment(state, params, floor, now)
        elif clock[f.STARTED_COUNT] > 0:
            case = f.dequeue(floor, f.STARTED, f.STARTED_FROM, f.STARTED_COUNT)
            live_company(state, params, floor, case, s.ARRIVE, now)
        elif clock[f.WOKEN_COUNT] > 0:
            case = f.dequeue(floor, f.WOKEN, f.WOKEN_FROM, f.WOKEN_COUNT)
            live_company(state, params, floor, case, go_on(state, floor, case, now), now)
        else:
            key = first_timer(state, floor)
            if clock[f.SHIFT] < key:
                key = clock[f.SHIFT]
            if clock[f.BOUNDARY] < key:
                key = clock[f.BOUNDARY]
            now = key >> RANK_BITS
            if now >= until:
                return DONE
            rank = key & ((1 << RANK_BITS) - 1)
            if rank == s.RANK_DAY:
                if not start_day(state, params, floor, now):
                    return NEEDS_SLOTS
                clock[f.NOW] = now
            elif rank == s.RANK_SHIFT:
                clock[f.NOW] = now
                man_seats(state, floor, now)
            else:
                clock[f.NOW] = now
                case, event = take_timer(state, floor, key, now)
                expect_next(state, floor)
                live_company(state, params, floor, case, event, now)


def expect_next(state: State, floor: Floor) -> None:
    """Have the records fetched of the case whose timer of the heap is next, and of its person."""
    if floor.clock[f.HEAP_ROWS] > 0:
        s.expect(state.case, floor.heap[0, f.HEAP_SLOT])
        s.expect(state.status, floor.heap[0, f.HEAP_ENTITY])
        s.expect(state.person, floor.heap[0, f.HEAP_ENTITY])


def start_day(state: State, params: Params, floor: Floor, now: int) -> bool:
    """Start a day of the company, if there is room for the cases that its moments may open; return whether."""
    clock = floor.clock
    people = gather(state, floor, now // DAY)
    if state.company_i[s.FREE_SLOTS] < people:
        clock[f.TODAY] = people
        clock[f.TODAY_AT] = people
        return False
    managers = int(params[MANAGERS, 0] + 0.5)
    change(state, s.MANAGERS_ON_DUTY, managers - clock[f.MANAGERS], now)
    clock[f.MANAGERS] = managers
    company_day(state, params, now)
    call_managers(state, floor, now)
    forget_day(state, now // DAY)
    clock[f.TODAY] = people
    clock[f.TODAY_AT] = 0
    clock[f.BOUNDARY] = now + DAY << RANK_BITS | s.RANK_DAY
    return True


def gather(state: State, floor: Floor, day: int) -> int:
    """Put the people whose moment is today into ``today``, in their order; return how many they are."""
    people = 0
    here = state.calendar[day]
    while here >= 0:
        for k in range(state.lists[s.LISTED, here]):
            floor.today[0, people] = state.lists[s.LIST_PEOPLE + k, here]
            people += 1
        here = state.lists[s.NEXT_LIST, here]
    f.sort_today(floor, people, state.person.shape[1])
    return people


def live_moment(state: State, params: Params, floor: Floor, now: int) -> None:
    """Live the next of today's moments."""
    at = floor.clock[f.TODAY_AT]
    person = floor.today[0, at]
    floor.clock[f.TODAY_AT] = at + 1
    if at + AHEAD < floor.clock[f.TODAY]:
        soon = floor.today[0, at + AHEAD]
        s.expect(state.status, soon)
        s.expect(state.person, soon)
        s.expect(state.tally, soon)
    event, delay = moment(state, params, person, now)
    if event == s.ARRIVE:
        case = state.status[s.CASE, person]
        if delay > 0:
            set_timer(state, floor, case, event, now + delay)
        else:
            f.start_now(floor, case)


def man_seats(state: State, floor: Floor, now: int) -> None:
    """Let the rota of this half-hour man the seats, or close."""
    floor.clock[f.AFTER_HOURS] = 0 if is_open(state, now) else 1
    for agent in range(floor.clock[f.AGENTS]):
        if floor.clock[f.AFTER_HOURS] == 1:
            if floor.server[f.BUSY_NOW, agent] == 0:
                leave(state, floor, agent, now)
        elif on_duty(state, now, agent):
            man(state, floor, agent, now)
        else:
            leave(state, floor, agent, now)
    floor.clock[f.SHIFT] = next_shift(state, now) << RANK_BITS | s.RANK_SHIFT
