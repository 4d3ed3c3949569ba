"""The contact centre's floor as arrays: who waits, who serves, and which timers run.

Plain functions over a few int64 arrays, in the subset of Python that Numba compiles. They do for the compiled engine
what SimPy's queue of events, ``Line`` and the seats of ``Centre`` do for the readable one:

* **servers** (agents, then managers) have at most one timer each. Timers stand in a winner tree: a leaf holds
  ``instant << SERVER_BITS | server``, an inner node the lesser of its two children.
* **deadlines and whatever waits without a server** stand in a binary heap of (instant and rank, entity). A deadline of
  somebody who was served stays there until it comes up, and is then skipped (lazy deletion by ticket).
* **lines** and **idle agents** are lists linked through case slots and seats, so that leaving one costs no search.

Equal instants are settled by rank, then entity, as in sim/engines/readable.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.model.state import PERSON, State, more_records, records

NOBODY = -1
# A timer of a server: 12 bits of server leave 51 for the instant, 71 years of microseconds.
SERVER_BITS = 12
MOST_SERVERS = 1 << SERVER_BITS
SERVER_MASK = MOST_SERVERS - 1
# A timer in the heap: 3 bits of rank.
RANK_BITS = 3
LAST_INSTANT = (1 << 63 - SERVER_BITS) - 1
SIGN = 63
NEVER = (1 << 63) - 1
RADIX_BITS = 11

# server (int64 a server): agents first, then managers
MANNED, BUSY_NOW, IS_IDLE, IDLE_SINCE, IDLE_NEXT, IDLE_BEFORE, SERVING, FREE_SEAT = range(8)
SERVER_FIELDS = 8
# slot (int64 a case slot)
NEXT, BEFORE, TICKET, WAITING, TIMES_OUT, MANAGER_SEAT, HELD, GOES_ON, STARTED, WOKEN = range(10)
SLOT_FIELDS = 10
# heap (int64 a row)
HEAP_KEY, HEAP_ENTITY, HEAP_SLOT, HEAP_TICKET = range(4)
HEAP_FIELDS = 4
# clock (int64): where the run stands
(
    NOW, TICKETS, HEAP_ROWS, IDLE_FIRST, IDLE_LAST, STARTED_FROM, STARTED_COUNT, WOKEN_FROM, WOKEN_COUNT, SEATS_FREE,
    AGENTS, MANAGERS, AFTER_HOURS, ARRIVAL, ARRIVALS, SHIFT, SHIFTS, BOUNDARY, TODAY, TODAY_AT, AGENT_LINES,
    SPENT,
) = range(22)  # fmt: skip
CLOCK_FIELDS = 22


RECORDS = ("server", "slot")


class Floor(NamedTuple):
    """Arrays of the floor: ``servers`` agents and managers, ``slots`` cases, ``room`` timers, ``lines`` of waiting."""

    server: Any  # int64 (SERVER_FIELDS, servers)
    tree: Any  # int64 (2 * leaves,)
    slot: Any  # int64 (SLOT_FIELDS, slots)
    heap: Any  # int64 (room, HEAP_FIELDS)
    line: Any  # int64 (lines, 2): first and last slot; the last line is the managers'
    clock: Any  # int64 (CLOCK_FIELDS,)
    today: Any  # int32 (2, room): people whose moment is today, and room to sort them
    radix: Any  # int64 (1 << RADIX_BITS,): counts of the sort


def build_floor(agents: int, managers: int, lines: int, slots: int, today: int) -> Floor:
    """Build an empty floor: so many seats, managers at most, agent lines, case slots and moments a day."""
    servers = agents + managers
    leaves = 1
    while leaves < max(servers, 2):
        leaves *= 2
    tree = np.zeros(2 * leaves, dtype=np.int64)
    tree[leaves:] = [no_timer(server) for server in range(leaves)]
    for node in range(leaves - 1, 0, -1):
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
    clock = np.zeros(CLOCK_FIELDS, dtype=np.int64)
    clock[[IDLE_FIRST, IDLE_LAST, SPENT]] = NOBODY
    clock[[AGENTS, SEATS_FREE, AGENT_LINES]] = agents, managers, lines
    server = records(SERVER_FIELDS, servers, np.int64)
    server[FREE_SEAT, :managers] = np.arange(servers - 1, agents - 1, -1)
    return Floor(
        server=server,
        tree=tree,
        slot=records(SLOT_FIELDS, slots, np.int64),
        heap=np.zeros((heap_room(slots), HEAP_FIELDS), dtype=np.int64),
        line=np.full((lines + 1, 2), NOBODY, dtype=np.int64),
        clock=clock,
        today=np.zeros((2, today), dtype=np.int32),
        radix=np.zeros(1 << RADIX_BITS, dtype=np.int64),
    )


def more_slots(floor: Floor, more: int) -> Floor:
    """Return the floor with room for so many more cases."""
    for ring, start in ((STARTED, STARTED_FROM), (WOKEN, WOKEN_FROM)):
        floor.slot[ring] = np.roll(floor.slot[ring], -int(floor.clock[start]))
        floor.clock[start] = 0
    slot = more_records(floor.slot, more)
    heap = np.zeros((heap_room(slot.shape[1]), HEAP_FIELDS), dtype=np.int64)
    heap[: len(floor.heap)] = floor.heap
    return floor._replace(slot=slot, heap=heap)


def heap_room(slots: int) -> int:
    """Rows of the heap: one a case, and as many again for deadlines that have lapsed."""
    return 2 * slots + 2


# -- timers of servers: the winner tree ----------------------------------------------------------------------------


def set_server(state: State, floor: Floor, server: int, key: int) -> None:
    """Set a server's timer and play its matches up to the root."""
    tree = floor.tree
    if server == floor.clock[SPENT]:
        floor.clock[SPENT] = NOBODY
    node = server + (tree.shape[0] >> 1)
    tree[node] = key
    while node > 1:
        other = tree[node ^ 1]
        node >>= 1
        if (key ^ other) >> SERVER_BITS == 0:
            key = _earlier(state, floor, key, other)
        else:
            ahead = other - key  # key + min(ahead, 0): who wins is a coin toss, which a branch would guess wrong
            key += ahead & ahead >> SIGN
        tree[node] = key


def no_timer(server: int) -> int:
    """Key of a server without a timer: after every other, and equal to none."""
    return (LAST_INSTANT - server) << SERVER_BITS | server


def _earlier(state: State, floor: Floor, a: int, b: int) -> int:
    """Return which of two timers of the same instant goes first: by the entity that is served."""
    first = state.case[PERSON, floor.server[SERVING, a & SERVER_MASK]]
    second = state.case[PERSON, floor.server[SERVING, b & SERVER_MASK]]
    return a if first < second else b


# -- other timers: the heap ----------------------------------------------------------------------------------------


def push(floor: Floor, key: int, entity: int, case: int, ticket: int) -> None:
    """Put a timer into the heap."""
    heap = floor.heap
    if floor.clock[HEAP_ROWS] == heap.shape[0]:
        _sweep(floor)
    row = floor.clock[HEAP_ROWS]
    floor.clock[HEAP_ROWS] = row + 1
    _climb(heap, row, key, entity, case, ticket)


def _climb(heap: Any, row: int, key: int, entity: int, case: int, ticket: int) -> None:
    """Let a timer rise from a free row at the bottom to its place."""
    while row > 0:
        above = (row - 1) >> 1
        if heap[above, HEAP_KEY] < key or (heap[above, HEAP_KEY] == key and heap[above, HEAP_ENTITY] <= entity):
            break
        _move(heap, above, row)
        row = above
    _put(heap, row, key, entity, case, ticket)


def pop(floor: Floor) -> None:
    """Take the first timer out of the heap."""
    heap = floor.heap
    last = floor.clock[HEAP_ROWS] - 1
    floor.clock[HEAP_ROWS] = last
    if last > 0:
        _sink(heap, last, heap[last, HEAP_KEY], heap[last, HEAP_ENTITY], heap[last, HEAP_SLOT], heap[last, HEAP_TICKET])


def _sink(heap: Any, rows: int, key: int, entity: int, case: int, ticket: int) -> None:
    """Let a timer sink from the top to its place."""
    row = 0
    while True:
        child = 2 * row + 1
        if child >= rows:
            break
        right = child + 1
        if right < rows and (
            heap[right, HEAP_KEY] < heap[child, HEAP_KEY]
            or (heap[right, HEAP_KEY] == heap[child, HEAP_KEY] and heap[right, HEAP_ENTITY] < heap[child, HEAP_ENTITY])
        ):
            child = right
        if key < heap[child, HEAP_KEY] or (key == heap[child, HEAP_KEY] and entity <= heap[child, HEAP_ENTITY]):
            break
        _move(heap, child, row)
        row = child
    _put(heap, row, key, entity, case, ticket)


def _move(heap: Any, here: int, there: int) -> None:
    for field in range(HEAP_FIELDS):
        heap[there, field] = heap[here, field]


def _put(heap: Any, row: int, key: int, entity: int, case: int, ticket: int) -> None:
    heap[row, HEAP_KEY] = key
    heap[row, HEAP_ENTITY] = entity
    heap[row, HEAP_SLOT] = case
    heap[row, HEAP_TICKET] = ticket


def lapsed(floor: Floor, row: int) -> bool:
    """Whether a timer of the heap is the deadline of somebody who no longer waits (ticket 0: not a deadline)."""
    ticket = floor.heap[row, HEAP_TICKET]
    if ticket == 0:
        return False
    case = floor.heap[row, HEAP_SLOT]
    return floor.slot[WAITING, case] == 0 or floor.slot[TICKET, case] != ticket


def _sweep(floor: Floor) -> None:
    """Take lapsed deadlines out of a full heap and put the others in order again."""
    heap = floor.heap
    kept = 0
    for row in range(floor.clock[HEAP_ROWS]):
        if not lapsed(floor, row):
            _move(heap, row, kept)
            kept += 1
    for row in range(1, kept):
        _climb(heap, row, heap[row, HEAP_KEY], heap[row, HEAP_ENTITY], heap[row, HEAP_SLOT], heap[row, HEAP_TICKET])
    floor.clock[HEAP_ROWS] = kept


# -- lines ---------------------------------------------------------------------------------------------------------


def join(floor: Floor, case: int, line: int) -> None:
    """Join the end of a line."""
    last = floor.line[line, 1]
    floor.slot[NEXT, case] = NOBODY
    floor.slot[BEFORE, case] = last
    floor.slot[WAITING, case] = line + 1
    if last == NOBODY:
        floor.line[line, 0] = case
    else:
        floor.slot[NEXT, last] = case
    floor.line[line, 1] = case
    floor.clock[TICKETS] += 1
    floor.slot[TICKET, case] = floor.clock[TICKETS]


def quit_line(floor: Floor, case: int) -> None:
    """Leave a line, from wherever one stands in it."""
    line = floor.slot[WAITING, case] - 1
    floor.slot[WAITING, case] = 0
    after = floor.slot[NEXT, case]
    before = floor.slot[BEFORE, case]
    if before == NOBODY:
        floor.line[line, 0] = after
    else:
        floor.slot[NEXT, before] = after
    if after == NOBODY:
        floor.line[line, 1] = before
    else:
        floor.slot[BEFORE, after] = before


def next_caller(floor: Floor) -> int:
    """First of the line with the highest priority that has somebody in it, or nobody."""
    for line in range(floor.clock[AGENT_LINES]):
        if floor.line[line, 0] != NOBODY:
            return floor.line[line, 0]
    return NOBODY


# -- idle agents -----------------------------------------------------------------------------------------------------


def rest(floor: Floor, agent: int, now: int) -> None:
    """Wait for a caller: behind whoever has been idle longer, or as long and sits further up."""
    server, clock = floor.server, floor.clock
    server[IS_IDLE, agent] = 1
    server[IDLE_SINCE, agent] = now
    before = clock[IDLE_LAST]
    while before != NOBODY and server[IDLE_SINCE, before] == now and before > agent:
        before = server[IDLE_BEFORE, before]
    after = clock[IDLE_FIRST] if before == NOBODY else server[IDLE_NEXT, before]
    server[IDLE_BEFORE, agent] = before
    server[IDLE_NEXT, agent] = after
    if before == NOBODY:
        clock[IDLE_FIRST] = agent
    else:
        server[IDLE_NEXT, before] = agent
    if after == NOBODY:
        clock[IDLE_LAST] = agent
    else:
        server[IDLE_BEFORE, after] = agent


def rouse(floor: Floor, agent: int) -> None:
    """Take an agent out of the list of the idle."""
    server, clock = floor.server, floor.clock
    if server[IS_IDLE, agent] == 0:
        return
    server[IS_IDLE, agent] = 0
    before = server[IDLE_BEFORE, agent]
    after = server[IDLE_NEXT, agent]
    if before == NOBODY:
        clock[IDLE_FIRST] = after
    else:
        server[IDLE_NEXT, before] = after
    if after == NOBODY:
        clock[IDLE_LAST] = before
    else:
        server[IDLE_BEFORE, after] = before


# -- what happens now, without delay ---------------------------------------------------------------------------------


def start_now(floor: Floor, case: int) -> None:
    """Put a new case behind the others that start at this instant."""
    _enqueue(floor, STARTED, STARTED_FROM, STARTED_COUNT, case)


def wake(floor: Floor, case: int, event: int) -> None:
    """Put a case that was just served, and goes on with this event, behind the others of this instant."""
    floor.slot[GOES_ON, case] = event
    _enqueue(floor, WOKEN, WOKEN_FROM, WOKEN_COUNT, case)


def _enqueue(floor: Floor, ring: int, start: int, count: int, case: int) -> None:
    size = floor.slot.shape[1]
    at = floor.clock[start] + floor.clock[count]
    floor.slot[ring, at - size if at >= size else at] = case
    floor.clock[count] += 1


def dequeue(floor: Floor, ring: int, start: int, count: int) -> int:
    """Take the first case out of a ring."""
    at = floor.clock[start]
    floor.clock[start] = 0 if at + 1 == floor.slot.shape[1] else at + 1
    floor.clock[count] -= 1
    return floor.slot[ring, at]


# -- the people of a day ---------------------------------------------------------------------------------------------


def sort_today(floor: Floor, count: int, people: int) -> None:
    """Sort the first ``count`` of today's people, numbers below ``people`` (radix sort, least digits first)."""
    shift = 0
    row = 0
    while (people - 1) >> shift > 0:
        _sort_digit(floor, count, row, shift)
        row = 1 - row
        shift += RADIX_BITS
    if row == 1:
        for k in range(count):
            floor.today[0, k] = floor.today[1, k]


def _sort_digit(floor: Floor, count: int, row: int, shift: int) -> None:
    """Sort from one row of ``today`` into the other by one digit."""
    today, radix = floor.today, floor.radix
    digits = radix.shape[0]
    for digit in range(digits):
        radix[digit] = 0
    for k in range(count):
        radix[today[row, k] >> shift & digits - 1] += 1
    before = 0
    for digit in range(digits):
        here = radix[digit]
        radix[digit] = before
        before += here
    for k in range(count):
        person = today[row, k]
        digit = person >> shift & digits - 1
        today[1 - row, radix[digit]] = person
        radix[digit] += 1
