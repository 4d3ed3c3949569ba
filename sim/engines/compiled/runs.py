"""Runs on the compiled engine: chunks of days or of arrivals, with room made between them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engines import floor as f
from sim.engines import loops
from sim.engines.compiled import kernels, native
from sim.engines.log import Log, Logbook

# isort: off
from sim.model.state import State
from sim.model.clock import DAY
import sim.model.state as s

# isort: on
from sim.model.columns import ISSUES_FIRST, MANAGERS, PRIORITY_CLASS
from sim.model.steps import bare
from sim.model.steps.books import change, settle
from sim.model.steps.calendar import is_open, next_shift

# How far a kernel goes before it hands back, so that progress can be shown and a run be stopped.
CHUNK_DAYS = 30
CHUNKS = 20
Phases = Sequence[tuple[int, NDArray[np.float64]]]


class Params(NamedTuple):
    """The table of parameter values, as a structure of one array."""

    params: Any  # float64 (rows, segments or classes)


class Plan(NamedTuple):
    """The shifts of a bare queue, as a structure of one array."""

    plan: Any  # int64 (shifts, 2): instant, agents on duty


class Run:
    """A state, a floor, and the kernel that moves them."""

    def __init__(
        self, what: str, state: State, params: NDArray[np.float64], room: f.Floor, log: Logbook | None = None
    ) -> None:
        self.state = state
        self.params = Params(params)
        self.floor = room
        self.what = what
        self.log = Log() if log is None else log
        self._kernel: kernels.Kernel | None = None
        self._parts: tuple[Any, ...] = ()
        self._tables: list[NDArray[np.int64]] = []

    def _go(self, until: int, *more: Plan) -> None:
        """Let the kernel run up to an instant, and see to what it needs on the way."""
        if self._kernel is None:
            self._kernel = kernels.kernel(self.what, (self.state, self.params, self.floor, *more))
        while True:
            why = self._kernel(*self._places(*more), until)
            if why == loops.NEEDS_SLOTS:
                self._make_room()
            elif why == loops.NEEDS_LOG:
                self.log.take(self.state)
            else:
                return

    def _places(self, *more: Plan) -> list[int]:
        """Addresses of the tables of all structures, made anew when one of them is another."""
        parts = (self.state, self.params, self.floor, *more)
        if len(parts) != len(self._parts) or any(a is not b for a, b in zip(parts, self._parts, strict=True)):
            self._parts = parts
            self._tables = [native.table(part) for part in parts]
        return [table.ctypes.data for table in self._tables]

    def _make_room(self) -> None:
        """Have more case slots: as many as the moments of the day may need, at least one."""
        size = self.state.case.shape[1]
        self.state = s.with_slots(self.state, max(int(self.floor.clock[f.TODAY]), 1))
        self.floor = f.more_slots(self.floor, self.state.case.shape[1] - size)


class CompanyRun(Run):
    """A company, a stretch of days at a time; a run that has come some way can be branched."""

    def __init__(self, state: State, phases: Phases, days: int, log: Logbook | None = None) -> None:
        super().__init__("company", state, np.array(phases[0][1], order="F"), _room(state, phases), log)
        self.phases, self.days, self.day = list(phases), days, 0

    def run(self, each_day: Callable[[int], None] = lambda day: None) -> State:
        """Run to the end of the horizon and return the final state (arrays)."""
        self.advance(self.days, each_day)
        settle(self.state, self.days * DAY)
        self.log.take(self.state)
        each_day(self.days)
        return self.state

    def advance(self, days: int, each_day: Callable[[int], None] = lambda day: None) -> None:
        """Run up to the start of a day; ``each_day`` is called with the progress now and then."""
        while self.day < days:
            each_day(self.day)
            self.params.params[:] = [params for start, params in self.phases if start <= self.day][-1]
            changes = [start for start, _ in self.phases if start > self.day]
            until = min(days, self.day + CHUNK_DAYS, *changes)
            self._go(until * DAY)
            self.day = until

    def seat(self, phases: Phases) -> None:
        """Have the seats and lines that these phases ask for, before the run: a branch may know more than the stem."""
        self.floor = _room(self.state, phases)

    def go_on(self, phases: Phases) -> CompanyRun:
        """Go on with other parameters from this day on; return this run."""
        self.phases = list(phases)
        return self

    def branch(self, phases: Phases) -> CompanyRun:
        """Return a run that has lived the same past and goes on with other parameters from this day on."""
        other = copy.copy(self)
        changing = [name for name in State._fields if name not in s.FIXED]
        other.state = self.state._replace(**{name: s.copied(getattr(self.state, name)) for name in changing})
        other.floor = f.Floor(*map(s.copied, self.floor))
        other.params = Params(self.params.params.copy(order="K"))
        other.log = Log()
        return other.go_on(phases)


def _room(state: State, phases: Phases) -> f.Floor:
    """Build the floor of a company that is about to start, with room for the managers and priorities of all phases."""
    managers = max(int(params[MANAGERS, 0] + 0.5) for _, params in phases)
    lines = 1 + max(int(params[PRIORITY_CLASS].max()) + (params[ISSUES_FIRST, 0] > 0.0) for _, params in phases)
    room = f.build_floor(state.agent_i.shape[1], managers, lines, state.case.shape[1], state.person.shape[1])
    seen = s.views(state)
    first = 0 if is_open(seen, 0) else next_shift(seen, 0)
    room.clock[[f.SHIFT, f.BOUNDARY]] = first << f.RANK_BITS | s.RANK_SHIFT, s.RANK_DAY
    return room


class BareRun(Run):
    """The contact centre alone."""

    def __init__(self, state: State, params: NDArray[np.float64], managers: int) -> None:
        room = f.build_floor(state.agent_i.shape[1], managers, params.shape[1], state.case.shape[1], 1)
        super().__init__("bare", state, params, room)
        self.end = int(state.company_i[s.BUCKET] * state.company_i[s.BUCKETS])
        room.clock[f.MANAGERS] = managers
        change(state, s.MANAGERS_ON_DUTY, managers, 0)

    def run(self, shifts: list[tuple[int, int]], advance: Callable[[float], None] = lambda share: None) -> State:
        """Run to the end; ``shifts`` are (instant, agents on duty) in order. Return the final state (arrays)."""
        clock = self.floor.clock
        first = bare.next_arrival(s.views(self.state), 0)
        clock[f.ARRIVAL] = first << f.RANK_BITS | s.RANK_ARRIVAL if first >= 0 else f.NEVER
        clock[f.SHIFT] = shifts[0][0] << f.RANK_BITS | s.RANK_SHIFT
        clock[f.BOUNDARY] = int(self.state.company_i[s.BUCKET]) << f.RANK_BITS | s.RANK_DAY
        plan = Plan(np.array(shifts, dtype=np.int64))
        for chunk in range(1, CHUNKS + 1):
            self._go(self.end * chunk // CHUNKS, plan)
            advance(chunk / CHUNKS)
        settle(self.state, self.end)
        return self.state
