"""Doing the runs: on which engine, on whose processors, in what order, and keeping what is finished.

A run is one replication of one cell, that is of a scenario under a policy. What comes out does not depend on who does
the work, nor on the order in which it is finished: every run draws from (seed, replication) alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from sim.engines import History, branches, engine_for, memory
from sim.engines import seconds as one_run
from sim.engines.choice import sharing
from sim.errors import InputError, whole_number
from sim.model.clock import YEAR_DAYS, YEAR_MONTHS
from sim.outcomes import measures
from sim.outcomes.months import MONTHLY, course, month_count
from sim.outcomes.segments import SEGMENT_MEASURES, measure_segments
from sim.progress import reporting
from sim.running.cost import Forecast
from sim.running.options import Running
from sim.running.record import Record, record
from sim.running.store import (
    Finished,
    Key,
    Store,
    StoreError,
    first_generation,
    generation,
    key_of,
    opened,
    place_of,
    why_not,
)
from sim.running.workers import TaskError, Way, available, work_off

if TYPE_CHECKING:
    from pathlib import Path

    from sim.inputs.scenario import Scenario

Run = tuple[int, int]
"""Place of a cell among all, and number of a replication."""
Records = Mapping[Run, Record]
Observer = Callable[[History], pd.DataFrame]
"""What else is noted of a history: columns period, measure, value."""


FIGURE_BYTES, ROW_BYTES = 5.6, 250
"""A number in the store, as measured on shipped companies (eight bytes before they are packed), and what a row of it
takes besides its numbers."""


class ExperimentError(InputError):
    """A study that cannot be run: the message says what is wrong and how to put it right."""


class ReplicationError(RuntimeError):
    """A replication that failed; the message names scenario, policy and replication."""


@dataclass(frozen=True)
class Cell:
    """One scenario under one policy, whose parts ``settings`` holds."""

    scenario: str
    policy: str
    settings: Scenario


@dataclass(frozen=True)
class Task:
    """Cells that are run together (and their places among all), in one replication, on one engine."""

    places: tuple[int, ...]
    cells: tuple[Cell, ...]
    replication: int
    engine: str
    observe: Observer | None = None
    model: str = ""
    """The generation that does it, where another process might have another one."""


class Runner:
    """Runs of some cells, done as they are asked for.

    Parameters
    ----------
    cells : in the order in which they are run.
    observe : what else is noted of every history.
    keeping : measures of the whole period that are kept; everything unless given.
    note : puts what is finished so far into a few words, for whoever watches.
    running : how they are done; see `sim.run`.

    Attributes
    ----------
    records : what is finished, by run.
    recalled : those of them that the store knew.
    engine : on which the last runs were done; "store" when it knew all.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        *,
        observe: Observer | None = None,
        keeping: Collection[str] | None = None,
        note: Callable[[Records], str] = lambda records: "",
        running: Running,
    ) -> None:
        self.cells = tuple(cells)
        self.records: dict[Run, Record] = {}
        self.recalled: set[Run] = set()
        self.engine = "store"
        self._observe, self._keeping, self._note = observe, keeping, note
        self._asked_engine, self._progress = running.engine, running.progress
        self._workers, self._cluster = _checked(running.workers), running.cluster
        if running.cluster is not None:
            from sim.running.cluster import check

            check(running.cluster, running.workers)
        self._place, self._named = place_of(running.store) if observe is None else (None, True)
        self._keys: dict[int, Key] = {}
        self._generation = ""

    def run(self, wanted: Sequence[Run]) -> bool:
        """Do those of the runs that are not done, a replication after the other.

        Returns
        -------
        True when all are done, False when the user stopped it (Ctrl-C), be it when nothing was left to begin.

        Raises
        ------
        EngineError, MemoryForeseenError, StoreError : before anything is run.
        ReplicationError : when a run fails.
        """
        missing = self._missing(wanted)
        if not missing:
            return True
        with self._storing() as store:
            if store is not None:
                self._recall(store, missing)
                missing = self._missing(missing)
            return not missing or self._compute(missing, store)

    def foresee(self, wanted: Sequence[Run]) -> Forecast:
        """Say what those of the runs that are not done will take; nothing is run, and no store is made."""
        missing = self._missing(wanted)
        by_cell = _by_cell(missing)
        settings = [self.cells[place].settings for place in by_cell or _by_cell(wanted)]
        engine = engine_for(settings, max(1, len(missing) // len(settings)), self._asked_engine)
        workers = self._fitting(settings, engine, max(1, min(self._workers, len(missing))))
        held, seconds, disk = 0, 0.0, 0
        with self._storing() if self._place is not None and self._place.exists() else nullcontext() as store:
            for place, numbers in by_cell.items():
                known = len(store.held(self._key(place), numbers)) if store else 0
                held += known
                seconds += (len(numbers) - known) * self._seconds(place, engine, store)
                disk += (len(numbers) - known) * record_bytes(self.cells[place].settings)
        stores = self._place is not None and not why_not(settings)
        return Forecast(
            runs=len(missing),
            held=held,
            seconds=seconds / workers,
            memory=max(memory.needed(scenario, engine, workers=workers) for scenario in settings),
            disk=disk if stores else 0,
            engine=engine,
            workers=workers,
        )

    def _seconds(self, place: int, engine: str, store: Store | None) -> float:
        """Time of a run of a cell: as runs of it in the store took, or by the engine's own rates."""
        known = store.seconds_a_run(self._key(place), engine) if store else None
        return one_run(self.cells[place].settings, engine) if known is None else known

    def _missing(self, wanted: Sequence[Run]) -> list[Run]:
        return sorted((run for run in wanted if run not in self.records), key=lambda run: (run[1], run[0]))

    def _storing(self) -> AbstractContextManager[Store | None]:
        """Open the store, unless there is none or it could not tell these runs from others."""
        why = why_not(cell.settings for cell in self.cells)
        if why and self._named and self._place is not None:
            sys.stderr.write(f"cxsim: {why}, so nothing is stored.\n")
        return nullcontext() if self._place is None or why else self._opened(self._place)

    @contextmanager
    def _opened(self, place: Path) -> Iterator[Store | None]:
        """Open the store; where nobody has named it and it cannot be made, there is none."""
        with ExitStack() as stack:
            store = None
            try:
                store = stack.enter_context(opened(place))
                if not store.writable:
                    sys.stderr.write(f"cxsim: the run store {place} can only be read; what is computed is not added.\n")
            except StoreError as error:
                if self._named or place.exists():
                    raise
                sys.stderr.write(f"cxsim: {error} This study is not stored.\n")
                self._place = None
            self._generation = generation()
            yield store

    def _recall(self, store: Store, missing: Sequence[Run]) -> None:
        """Take from the store what it knows."""
        for place, numbers in _by_cell(missing).items():
            for number, found in store.held(self._key(place), numbers).items():
                self._note_down((place, number), found)
                self.recalled.add((place, number))

    def _key(self, place: int) -> Key:
        if place not in self._keys:
            cell = self.cells[place]
            self._keys[place] = key_of(cell.scenario, cell.policy, cell.settings, self._generation)
        return self._keys[place]

    def _compute(self, missing: Sequence[Run], store: Store | None) -> bool:
        settings = [self.cells[place].settings for place in dict.fromkeys(place for place, _ in missing)]
        self.engine = engine_for(settings, max(1, len(missing) // len(settings)), self._asked_engine)
        elsewhere, workers = self._hands(settings, missing)
        tasks = self._tasks(missing, workers)

        def keep(number: int, found: Mapping[int, Record]) -> None:
            self._keep(tasks[number], found, store)

        with reporting(self._progress) as report:
            try:
                return work_off(
                    _replicate,
                    tasks,
                    workers,
                    keep,
                    lambda done: report(done * len(missing) / len(tasks), len(missing), self._note(self.records)),
                    threads=self.engine == "compiled",
                    elsewhere=elsewhere,
                )
            except TaskError as error:
                raise _failure(tasks[error.number], error.__cause__) from error.__cause__

    def _hands(self, settings: Sequence[Scenario], missing: Sequence[Run]) -> tuple[Way | None, int]:
        """Return the way of a cluster, if there is one, and how many tasks are done at once."""
        if self._cluster is None:
            workers = sharing(self.engine, self._workers)
            return None, self._fitting(settings, self.engine, min(workers, len(self._tasks(missing, workers))))
        from sim.running import cluster

        why = why_not()
        if why:
            raise ExperimentError(f"{why}, and a cluster has only that; leave the cluster out.")
        workers = self._workers
        if self._cluster == cluster.LOCAL:
            workers = self._fitting(settings, self.engine, workers)
        return cluster.way(self._cluster, workers, len(missing))

    def _tasks(self, missing: Sequence[Run], workers: int) -> list[Task]:
        """Every cell of a replication before the next one: what is stopped early has complete pairs.

        The compiled engine takes all cells of a scenario together, as long as there is work for everybody: it
        computes a past that they share once.
        """
        groups = [
            (number, [place for place, _ in line])
            for (number, _), line in groupby(missing, key=lambda run: (run[1], self.cells[run[0]].scenario))
        ]
        together = self.engine == "compiled" and len(groups) >= workers
        model = generation() if self.engine == "readable" and workers > 1 else ""
        return [
            Task(tuple(part), tuple(self.cells[place] for place in part), number, self.engine, self._observe, model)
            for number, places in groups
            for part in ([places] if together else [[place] for place in places])
        ]

    def _fitting(self, settings: Sequence[Scenario], engine: str, workers: int) -> int:
        """Workers that there is memory for."""
        branching = len({cell.scenario for cell in self.cells}) < len(self.cells)
        resolved = [scenario.resolve() for scenario in settings]
        return memory.fitting(resolved, engine, workers, branching=branching)

    def _keep(self, task: Task, found: Mapping[int, Record], store: Store | None) -> None:
        """Note what a task has found, in the store first."""
        if store is not None and self._place is not None:
            try:
                store.put([Finished(self._key(p), task.replication, made, task.engine) for p, made in found.items()])
            except StoreError as error:
                sys.stderr.write(f"cxsim: {error} The study goes on; what it finishes from here on is not stored.\n")
                self._place = None
        for place, made in found.items():
            self._note_down((place, task.replication), made)

    def _note_down(self, run: Run, found: Record) -> None:
        self.records[run] = found if self._keeping is None else found.only(self._keeping)


def _by_cell(runs: Sequence[Run]) -> dict[int, list[int]]:
    """Replications of each cell, by its place."""
    found: dict[int, list[int]] = {}
    for place, number in runs:
        found.setdefault(place, []).append(number)
    return found


def record_bytes(scenario: Scenario) -> int:
    """Return about how many bytes the figures of a run take."""
    years = scenario.years
    each = len(measures.CATALOGUE) + len(scenario.segments) * len(SEGMENT_MEASURES)
    figures = each * (1 + int(years)) + len(MONTHLY) * month_count(round(years * YEAR_DAYS))
    return round(FIGURE_BYTES * (figures + 2 * round(years * YEAR_MONTHS))) + ROW_BYTES


def _replicate(task: Task, advance: Callable[[float], None] = lambda share: None) -> dict[int, Record]:
    """Run one replication of some cells; return what came out of each by its place among all."""
    if task.model and task.model != first_generation():
        raise ExperimentError(
            "the model of this process is not that of its workers (code has changed on disk, or a constant in memory); "
            "restart Python, or give workers=1"
        )
    settings = [cell.settings for cell in task.cells]
    found: dict[int, Record] = {}
    started = time.monotonic()

    def tell(number: int, day: int) -> None:
        advance((len(found) + day / settings[number].days) / len(settings))

    for number, history in branches(settings, task.replication, engine=task.engine, each_day=tell):
        figures = measures.measure(history)
        if task.observe is not None:
            figures = pd.concat([figures, task.observe(history)], ignore_index=True)
        ended = time.monotonic()
        cohorts, by_month = measures.cohorts(history), course(history)
        found[task.places[number]] = record(
            figures, cohorts, ended - started, tuple(MONTHLY), by_month, measure_segments(history)
        )
        started = ended
        del history  # its state makes room for the next one's
    return found


def _failure(task: Task, cause: BaseException | None) -> ReplicationError:
    policies = ", ".join(repr(cell.policy) for cell in task.cells)
    return ReplicationError(
        f"scenario {task.cells[0].scenario!r}, policy {policies}, replication {task.replication} failed: "
        f"{type(cause).__name__}: {cause}"
    )


def _checked(workers: int | None) -> int:
    if workers is None:
        return available()
    return whole_number("workers", workers, 1, error=ExperimentError)
