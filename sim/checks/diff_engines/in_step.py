"""Both engines at work on one replication, and what they tell compared as they go."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.checks.diff_engines.difference import BOTH, NOBODY, EventDifference
from sim.engines import EngineError, inventory
from sim.engines.choice import refusal, refuse_by_hand
from sim.engines.log import Log
from sim.engines.start import build
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, WEEK_DAYS
from sim.outcomes.tracing import Entry, when
from sim.progress import Report

SHOWN = 5
"""Events before the first that are told."""
KINDS = {
    s.ENQUIRY_CASE: "a question",
    s.REQUEST_CASE: "a request",
    s.MINOR_CASE: "a minor issue",
    s.MAJOR_CASE: "a major issue",
}


def refuse(servers: int, ticks: int) -> None:
    """Refuse what the compiled engine cannot run; the readable one may have been changed."""
    refuse_by_hand()
    why = refusal(servers, ticks, inventory.MODULES)
    if why:
        raise EngineError(f"there is only one engine that can run this, for {why}.")


class DifferenceError(Exception):
    """Ends the run of an engine: the other one tells another history."""


class _Rows(NamedTuple):
    """Rows of the log."""

    whole: NDArray[np.int64]
    real: NDArray[np.float64]

    def part(self, start: int, stop: int | None = None) -> _Rows:
        return _Rows(self.whole[start:stop], self.real[start:stop])

    def then(self, more: _Rows) -> _Rows:
        return _Rows(np.concatenate((self.whole, more.whole)), np.concatenate((self.real, more.real)))

    def bits(self) -> NDArray[np.int64]:
        return np.hstack((self.whole, self.real.view(np.int64)))

    def entries(self) -> list[Entry]:
        return [Entry.of(*row) for row in zip(self.whole, self.real, strict=True)]


class InStep:
    """Both engines at work on one replication: their rows are compared in pairs, whoever of them is ahead."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        from sim.engines.compiled import CompanyRun
        from sim.engines.readable import Company

        self.scenario = scenario
        self.resolved = resolved = scenario.resolve()
        states = [build(resolved, replication, logging=True) for _ in BOTH]
        self.readable = Company(states[0], resolved.phases, scenario.days)
        self.compiled = CompanyRun(states[1], resolved.phases, scenario.days)
        refuse(self.compiled.floor.server.shape[1], scenario.days * DAY)
        self.waiting = [_Rows(*Log().rows()) for _ in BOTH]
        self.last = self.waiting[0]
        self.events = 0
        self.first: EventDifference | None = None
        # What stands open with a person: the kind of case, since when, and who has answered.
        self.kind, self.since, self.agent = np.full((3, states[0].person.shape[1]), NOBODY)

    def tell_all(self, report: Report) -> tuple[s.State, s.State]:
        """Run both to the end and return their final states; raise DifferenceError where they part."""

        def each_day(day: int) -> None:
            report(day / self.scenario.days, 1)
            if day % WEEK_DAYS == 0:
                self.compiled.advance(day)
                self.listen()

        final = self.readable.run(each_day), self.compiled.run()
        self.listen()
        if any(len(rows.whole) for rows in self.waiting):
            self._part()
        return final

    def listen(self) -> None:
        """Compare what both have told by now; raise DifferenceError at the first difference."""
        both: tuple[Any, Any] = (self.readable, self.compiled)
        for k, company in enumerate(both):
            company.log.take(s.arrays(company.state))
            self.waiting[k] = self.waiting[k].then(_Rows(*company.log.rows()))
            company.log = Log()
        ours, theirs = self.waiting
        pairs = min(len(ours.whole), len(theirs.whole))
        same = (ours.part(0, pairs).bits() == theirs.part(0, pairs).bits()).all(axis=1)
        common = pairs if same.all() else int(np.argmin(same))
        self._note(ours.part(0, common))
        self.waiting = [ours.part(common), theirs.part(common)]
        if common < pairs:
            self._part()

    def _part(self) -> None:
        nexts = [next(iter(rows.part(0, 1).entries()), None) for rows in self.waiting]
        persons = dict.fromkeys(entry.person for entry in nexts if entry is not None and entry.person != NOBODY)
        about = {person: self._about(person) for person in persons}
        self.first = EventDifference(tuple(self.last.entries()), nexts[0], nexts[1], about, self.scenario.first_day)
        raise DifferenceError

    def _note(self, rows: _Rows) -> None:
        """Count events that both tell, keep the last ones, and note which cases stand open, with which agents."""
        self.events += len(rows.whole)
        self.last = self.last.then(rows).part(-SHOWN)
        time, code, person, a = (rows.whole[:, field] for field in (s.LOG_TIME, s.LOG_CODE, s.LOG_PERSON, s.LOG_A))
        bounds = (code == s.LOG_OPENED) | (code == s.LOG_CLOSED)
        self.kind[person[bounds]] = np.where(code == s.LOG_OPENED, a, NOBODY)[bounds]
        self.since[person[bounds]] = time[bounds]
        served = (code == s.LOG_OPENED) | (code == s.ANSWER)
        self.agent[person[served]] = np.where(code == s.ANSWER, a, NOBODY)[served]

    def _about(self, person: int) -> str:
        if self.kind[person] == NOBODY:
            return "no case open"
        agent = self.agent[person]
        answered = "not answered yet" if agent == NOBODY else f"answered last by agent {agent}"
        since = when(int(self.since[person]), self.scenario.first_day)
        return f"{KINDS[int(self.kind[person])]} open since {since}, {answered}"
