"""The engine one reads: SimPy, a process for each case in progress, never one for each person.

What happens, in order
----------------------
A day starts (rank 0), and with it, in this order:

1. parameters of the day's phase are put in force; 2. the company's day: yesterday's levels are closed, pressure and
load are smoothed, positions planned, stress decays, agents quit and arrive, attitudes spread, wages and fixed costs
are booked, causes of issues end, are fixed or open, reviews fade, the board is snapshotted; 3. the moments of the day
in the order of people: a prospect considers and may join; a customer is noticed as gone, or purchases and pays, and
then has nothing to report, asks something, complains, or suffers in silence; one who pesters may ask something more;
an avoider forgives. What needs a contact becomes a case with a clock of its own; its person's clock stands still.

Every half-hour (rank 1) the rota changes: seats are manned and left; who leaves finishes the contact in hand. At
closing time nobody new gets in, the callers in the line are served, and agents leave as they find it empty; holds
run on to their end or limit; whoever calls when closed comes back on the next open day at an hour of that day's
profile.

A contact: 1 arrives; 2 is told an expected wait if there is one, or offered a call back in turn; 3 queues by
priority, then in the order of joining; 4 may lose patience, and then redials or gives up; 5 is answered by the agent
who has been idle longest; 6 finds rapport or not; 7 is handled; 8 the agent can solve it, asks a colleague, or
cannot; 9 decides within the limit of authority, holds the line for the manager (up to a limit, then promises to call
back), or transfers; 10 remedies at once or promises by a date, and keeps the customer informed or not; 11 wraps up;
12 a promise falls due; 13 the case closes with a grade, after following up on an unresolved issue or not; 14 its
effects follow, in the order of sim/model/steps/cases.py.

Ties
----
Instants are integers. At one instant: first what has no delay (SimPy's urgent and normal events, in the order they
were caused), then by (rank, entity): the day, the shift, work that ends, deadlines, arrivals. A released agent takes
the next caller before anybody else at that instant can.

Why there is another engine
---------------------------
This one says what happens and is for reading; sim/engines/compiled runs the same steps in the same order as machine
code. What is done here with processes, events and lines, sim/engines/floor.py and loops.py do with arrays. The tests
hold both to the same history, bit for bit.

Refused designs: a process for each person (1.6 KB and 16 microseconds a purchase); ``request | timeout`` (two
events and a condition for every contact, waiting or not); SimPy's own order of equal times (events of zero delay
would interleave with others of the same instant).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import simpy

from sim.engines.log import Log, Logbook
from sim.engines.transitions import RANKS, Limit, Step, bare_limit, bare_step, company_limit, company_step

# isort: off
from sim.model.state import State
from sim.model.clock import DAY
import sim.model.state as s

# isort: on
from sim.model.columns import MANAGERS
from sim.model.steps import bare
from sim.model.steps.books import change, settle
from sim.model.steps.calendar import forget_day, is_open, moments_of, next_shift
from sim.model.steps.company import company_day, on_duty
from sim.model.steps.market import moment

ENTITY_BITS = 48
# SimPy's own priorities are 0 (urgent) and 1 (normal); everything with a delay comes after them.
AFTER_ZERO_DELAY = 2
NOBODY = -1


class Clock(simpy.Environment):
    """SimPy's environment with an integer clock: microseconds since Monday, 00:00."""

    @property
    def now(self) -> int:
        """The present instant (ticks)."""
        return self._now  # type: ignore[return-value]


class Pause(simpy.Event):
    """A delay that settles ties by (rank, entity)."""

    def __init__(self, env: simpy.Environment, delay: int, rank: int, entity: int) -> None:
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = None
        order = (rank + AFTER_ZERO_DELAY << ENTITY_BITS) + entity
        env.schedule(self, order, delay)  # type: ignore[arg-type]


class Line:
    """Contacts waiting for a pool of servers: by priority, then in the order of joining; a deadline is optional."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self._heap: list[tuple[int, int]] = []
        self._waiting: dict[int, tuple[int, simpy.Event]] = {}
        self._tickets = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, case: int, priority: int, entity: int, deadline: int) -> simpy.Event:
        """Return the event that tells the case when it is served (value True) or out of time (False)."""
        waiter = simpy.Event(self.env)
        self._tickets += 1
        ticket = self._tickets
        self._waiting[ticket] = (case, waiter)
        heapq.heappush(self._heap, (priority, ticket))
        if deadline >= 0:
            pause = Pause(self.env, deadline, s.RANK_DEADLINE, entity)
            pause.callbacks.append(lambda _: self._expire(ticket))
        return waiter

    def _expire(self, ticket: int) -> None:
        found = self._waiting.pop(ticket, None)
        if found is not None:
            found[1].succeed(False)

    def take(self) -> int:
        """Take the next case out of the line, wake it, and return it; tickets of those who gave up are skipped."""
        found = None
        while found is None:
            found = self._waiting.pop(heapq.heappop(self._heap)[1], None)
        found[1].succeed(True)
        return found[0]


class Centre:
    """The contact centre: a line before agents, a line before managers, and the life of a case between them."""

    def __init__(self, state: State, params: np.ndarray, step: Step, limit: Limit) -> None:
        self.env = Clock(initial_time=0)
        self.state = s.views(state)
        self.table = params
        self.params = memoryview(params)  # type: ignore[arg-type]
        self.step = step
        self.limit = limit
        self.line = Line(self.env)
        self.manager_line = Line(self.env)
        self.managers = 0
        self.manned = [False] * state.agent_i.shape[1]
        self.busy = [False] * state.agent_i.shape[1]
        self._idle: list[tuple[int, int]] = []
        self._idle_since = [NOBODY] * state.agent_i.shape[1]
        self.after_step: Callable[[], None] = lambda: None
        self.after_hours = False

    # -- agents ------------------------------------------------------------------------------------------------

    def man(self, agent: int) -> None:
        """Put an agent on duty; the next caller in the line is answered at once."""
        if not self.manned[agent]:
            self.manned[agent] = True
            change(self.state, s.ON_DUTY, 1, self.env.now)
            if not self.busy[agent]:
                self._offer(agent)

    def leave(self, agent: int) -> None:
        """Take an agent off duty; a contact in hand is finished first."""
        if self.manned[agent]:
            self.manned[agent] = False
            self._idle_since[agent] = NOBODY
            change(self.state, s.ON_DUTY, -1, self.env.now)

    def _offer(self, agent: int) -> None:
        """Give a free agent on duty the next caller, or let the agent wait."""
        if len(self.line):
            case = self.line.take()
            self._occupy(agent, case)
            change(self.state, s.IN_LINE, -1, self.env.now)
        elif self.after_hours:
            self.leave(agent)
        else:
            self._idle_since[agent] = self.env.now
            heapq.heappush(self._idle, (self.env.now, agent))

    def _occupy(self, agent: int, case: int) -> None:
        self.busy[agent] = True
        self._idle_since[agent] = NOBODY
        self.state.case[s.AGENT, case] = agent
        change(self.state, s.BUSY, 1, self.env.now)

    def _longest_idle(self) -> int:
        """Take the agent who has been idle longest (ties by position), or nobody; stale entries are skipped."""
        while self._idle:
            since, agent = heapq.heappop(self._idle)
            if self._idle_since[agent] == since:
                return agent
        return NOBODY

    def _release(self, case: int) -> None:
        agent = self.state.case[s.AGENT, case]
        if agent == NOBODY:
            return
        self.state.case[s.AGENT, case] = NOBODY
        self.busy[agent] = False
        change(self.state, s.BUSY, -1, self.env.now)
        if self.manned[agent]:
            self._offer(agent)

    # -- managers ----------------------------------------------------------------------------------------------

    def _manager_free(self) -> bool:
        return self.state.company_i[s.MANAGERS_BUSY] < self.managers

    def _release_manager(self) -> None:
        change(self.state, s.MANAGERS_BUSY, -1, self.env.now)
        self.call_managers()

    def call_managers(self) -> None:
        """Let free managers take those who wait for them."""
        while len(self.manager_line) and self._manager_free():
            self.manager_line.take()
            change(self.state, s.MANAGER_LINE, -1, self.env.now)
            change(self.state, s.MANAGERS_BUSY, 1, self.env.now)

    # -- the life of a case ------------------------------------------------------------------------------------

    def live(self, case: int, event: int, delay: int) -> Generator[simpy.Event, Any, None]:
        """Live a case to its end: wait, route, and let the steps say what comes next."""
        entity = self.state.case[s.PERSON, case]
        while event != s.ENDED:
            if delay > 0:
                yield Pause(self.env, delay, RANKS[event], entity)
            delay = 0
            if event == s.WAIT_AGENT:
                event = yield from self._wait_for_agent(case)
            elif event in (s.HOLD, s.TRANSFER, s.CALLBACK):
                event = yield from self._wait_for_manager(case, event)
            else:
                if event == s.WRAPPED:
                    self._release(case)
                elif event == s.DECIDED:
                    self._release_manager()
                event, delay = self.step(event, self.state, self.params, case, self.env.now)
                self.after_step()

    def _wait_for_agent(self, case: int) -> Generator[simpy.Event, Any, int]:
        agent = self._longest_idle()
        if agent != NOBODY:
            self._occupy(agent, case)
            return s.ANSWER
        fields = self.state.case
        change(self.state, s.IN_LINE, 1, self.env.now)
        limit = self.limit(self.state, self.params, case, s.WAIT_AGENT)
        served = yield self.line.join(case, fields[s.PRIORITY, case], fields[s.PERSON, case], limit)
        if served:
            return s.ANSWER
        change(self.state, s.IN_LINE, -1, self.env.now)
        return s.ABANDON

    def _wait_for_manager(self, case: int, how: int) -> Generator[simpy.Event, Any, int]:
        """Wait first come, first served: the agent on the line (hold), freed (transfer), or nobody (call-back)."""
        if how == s.TRANSFER:
            self._release(case)
        if self._manager_free():
            change(self.state, s.MANAGERS_BUSY, 1, self.env.now)
            return s.MANAGER
        held = 1 if how == s.HOLD else 0
        change(self.state, s.HOLDING, held, self.env.now)
        change(self.state, s.MANAGER_LINE, 1, self.env.now)
        limit = self.limit(self.state, self.params, case, how)
        got = yield self.manager_line.join(case, 0, self.state.case[s.PERSON, case], limit)
        change(self.state, s.HOLDING, -held, self.env.now)
        if got:
            return s.MANAGER
        change(self.state, s.MANAGER_LINE, -1, self.env.now)
        return s.HOLD_EXPIRED if how == s.HOLD else s.ABANDON

    # -- room --------------------------------------------------------------------------------------------------

    def make_room(self, slots: int) -> None:
        """Have at least this many free case slots; the arrays grow between events, never within a step."""
        if self.state.company_i[s.FREE_SLOTS] < slots:
            self.state = s.views(s.with_slots(s.arrays(self.state), slots))


class Company(Centre):
    """The whole loop: the centre, fed by the moments of people."""

    def __init__(
        self, state: State, phases: list[tuple[int, np.ndarray]], days: int, log: Logbook | None = None
    ) -> None:
        super().__init__(state, phases[0][1].copy(order="F"), company_step, company_limit)
        self.phases = phases[1:]
        self.days = days
        self.log = Log() if log is None else log
        if state.company_i[s.LOGGING]:
            self.after_step = self._make_log_room

    def run(self, each_day: Callable[[int], None] = lambda day: None) -> State:
        """Run to the end of the horizon and return the final state (arrays)."""
        self.env.process(self._days(each_day))
        self.env.process(self._shifts())
        self.env.run(until=self.days * DAY)
        settle(self.state, self.days * DAY)
        self.log.take(s.arrays(self.state))
        return s.arrays(self.state)

    def _days(self, each_day: Callable[[int], None]) -> Generator[simpy.Event, Any, None]:
        for day in range(self.days):
            if day > 0:
                yield Pause(self.env, day * DAY - self.env.now, s.RANK_DAY, 0)
            self._start_day(day)
            each_day(day)

    def _start_day(self, day: int) -> None:
        while self.phases and self.phases[0][0] <= day:
            self.table[:] = self.phases.pop(0)[1]
        managers = int(self.params[MANAGERS, 0] + 0.5)
        change(self.state, s.MANAGERS_ON_DUTY, managers - self.managers, day * DAY)
        self.managers = managers
        company_day(self.state, self.params, day * DAY)
        self.call_managers()
        people = moments_of(self.state, day)
        forget_day(self.state, day)
        self.make_room(len(people))
        for person in people:
            event, delay = moment(self.state, self.params, person, day * DAY)
            self.after_step()
            if event == s.ARRIVE:
                self.env.process(self.live(self.state.status[s.CASE, person], event, delay))

    def _shifts(self) -> Generator[simpy.Event, Any, None]:
        for now in self._shift_times():
            yield Pause(self.env, now - self.env.now, s.RANK_SHIFT, 0)
            self._shift(now)

    def _shift_times(self) -> Iterator[int]:
        """Opening, every half-hour while open, and closing."""
        now = 0 if is_open(self.state, 0) else next_shift(self.state, 0)
        while now < self.days * DAY:
            yield now
            now = next_shift(self.state, now)

    def _shift(self, now: int) -> None:
        self.after_hours = not is_open(self.state, now)
        for agent, manned in enumerate(self.manned):
            if self.after_hours:
                if manned and not self.busy[agent]:
                    self.leave(agent)
            elif on_duty(self.state, now, agent):
                self.man(agent)
            else:
                self.leave(agent)

    def _make_log_room(self) -> None:
        """Empty the log once it is half full: what one step can write at most, a story that everybody retells, fits."""
        if 2 * self.state.company_i[s.LOG_ROWS] > self.state.log_i.shape[1]:
            self.log.take(s.arrays(self.state))


class BareQueue(Centre):
    """The contact centre alone, fed by a stream of arrivals."""

    def __init__(self, state: State, params: np.ndarray, managers: int) -> None:
        super().__init__(state, params, bare_step, bare_limit)
        self.managers = managers
        self.end = int(state.company_i[s.BUCKET] * state.company_i[s.BUCKETS])
        change(self.state, s.MANAGERS_ON_DUTY, managers, 0)

    def run(self, shifts: list[tuple[int, int]], advance: Callable[[float], None] = lambda share: None) -> State:
        """Run to the end; ``shifts`` are (instant, agents on duty) in order. Return the final state (arrays)."""
        self.env.process(self._shifts(shifts))
        self.env.process(self._arrivals())
        self.env.process(self._boundaries(advance))
        self.env.run(until=self.end)
        settle(self.state, self.end)
        return s.arrays(self.state)

    def _arrivals(self) -> Generator[simpy.Event, Any, None]:
        number = 0
        instant = bare.next_arrival(self.state, number)
        while 0 <= instant < self.end:
            delay = instant - self.env.now
            if delay > 0:
                yield Pause(self.env, delay, s.RANK_ARRIVAL, number)
            self.make_room(1)
            priority = bare.arrival_class(self.state, self.params, number)
            case = bare.open_contact(self.state, number, priority, instant)
            self.env.process(self.live(case, s.ARRIVE, 0))
            number += 1
            instant = bare.next_arrival(self.state, number)

    def _shifts(self, shifts: list[tuple[int, int]]) -> Generator[simpy.Event, Any, None]:
        for instant, agents in shifts:
            if instant > self.env.now:
                yield Pause(self.env, instant - self.env.now, s.RANK_SHIFT, 0)
            for agent in range(len(self.manned)):
                (self.man if agent < agents else self.leave)(agent)

    def _boundaries(self, advance: Callable[[float], None]) -> Generator[simpy.Event, Any, None]:
        """Close the levels at every boundary of the board's buckets."""
        width = self.state.company_i[s.BUCKET]
        for boundary in range(width, self.end, width):
            yield Pause(self.env, boundary - self.env.now, s.RANK_DAY, 0)
            settle(self.state, boundary)
            advance(boundary / self.end)
