"""Two engines, one model.

The readable engine (sim/engines/readable.py, SimPy) says what happens, in which order; it is the one to read, to step
through, and to extend. The compiled one (sim/engines/compiled, Numba) calls the very same functions of sim/model/rules
and sim/model/steps as machine code, some sixty times as fast. Same history means: the same sha256 of board, final
state and ordered log (:meth:`History.digest`), whichever engine, thread or process ran it. The tests compare it on the
default company, on every policy, and on random scenarios; ``cxsim diff-engines`` shows the first event at which two
histories part.

``run(scenario, replication)`` gives a :class:`History`; ``branches`` runs several scenarios that share their past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines import memory
from sim.engines.choice import COMPILED_PERSON_YEAR, ENGINES, READABLE_PERSON_YEAR, Engine, EngineError, chosen
from sim.engines.log import Log, Logbook, LogFile, digests
from sim.engines.log_file import writing
from sim.engines.memory import MemoryForeseenError
from sim.engines.start import build, most_positions
from sim.inputs.scenario import Resolved, Scenario
from sim.model.clock import DAY, YEAR_DAYS
from sim.model.columns import MANAGERS, MARKET_SIZE
from sim.model.state import FREE_SLOTS, LOG_ROWS, LOGGING, State

__all__ = [
    "ENGINES", "Engine", "EngineError", "History", "LogFile", "MemoryForeseenError", "branches", "engine_for", "run",
    "run_bare",
]  # fmt: skip


@dataclass(frozen=True)
class History:
    """What one replication leaves behind.

    ``state`` is the final state (arrays), the board among it; ``log_i`` and ``log_f`` have one row an event, int64
    (rows, LOG_FIELDS) and float64 (rows, LOG_FLOATS), empty without logging. A log that was written to a file is not
    in memory: ``log_file`` says where it is.
    """

    resolved: Resolved
    replication: int
    state: State
    log_i: NDArray[np.int64]
    log_f: NDArray[np.float64]
    log_file: LogFile | None = None

    def digest(self) -> str:
        """Return the sha256 of the board, the final state of people, staff, causes and company, and the ordered log.

        It is the same whether the log is in memory or in a file.
        """
        found = hashlib.sha256()
        s = self.state
        kept = [s.board, s.board_f, s.cohort, s.person, s.tally, s.status, s.agent, s.agent_i, s.company]
        kept += [s.cause, s.cause_i]
        company_i = s.company_i.copy()
        company_i[[FREE_SLOTS, LOGGING, LOG_ROWS]] = 0  # room and switches, not history
        for array in (*kept, company_i):
            found.update(np.ascontiguousarray(array).tobytes())
        for digest in self.log_file.digests if self.log_file else digests((self.log_i, self.log_f)):
            found.update(digest.encode())
        return found.hexdigest()


def engine_for(scenarios: Sequence[Scenario], replications: int = 1, engine: str = "auto") -> str:
    """Return the engine, "readable" or "compiled", that runs so many replications of each scenario soonest.

    Raises
    ------
    EngineError : when the engine asked for cannot run them.
    """
    resolved = [scenario.resolve() for scenario in scenarios]
    people_years = sum(float(r.base[MARKET_SIZE, 0]) * r.scenario.days / YEAR_DAYS for r in resolved)
    servers = max(_managers(r) + most_positions(r) for r in resolved)
    ticks = max(r.scenario.days for r in resolved) * DAY
    return chosen(engine, "company", people_years * replications * READABLE_PERSON_YEAR, servers, ticks)


def seconds(scenario: Scenario, engine: str) -> float:
    """Return about how long one replication takes on an engine of one machine that was timed."""
    resolved = scenario.resolve()
    people_years = float(resolved.base[MARKET_SIZE, 0]) * scenario.days / YEAR_DAYS
    return people_years * (COMPILED_PERSON_YEAR if engine == "compiled" else READABLE_PERSON_YEAR)


def run(
    scenario: Scenario,
    replication: int = 0,
    *,
    engine: Engine = "auto",
    logging: bool = False,
    log_to: str | Path | None = None,
    each_day: Callable[[int], None] = lambda day: None,
) -> History:
    """Run one replication of a scenario.

    Parameters
    ----------
    engine : "readable", "compiled", or "auto" for whichever finishes first. The history is the same.
    logging : keep a log of every event in memory, which grows with what happens.
    log_to : write the log to this Parquet file instead, which must not exist; memory does not grow. See
        sim/engines/log_file.py for its columns. When the run ends early, no file is left.
    each_day : told how many days are behind, from time to time; what it raises ends the run.

    Raises
    ------
    EngineError : when the engine asked for cannot run the scenario.
    MemoryForeseenError : when the run would need more memory than there is.
    FileExistsError, FileNotFoundError : when there is such a file already, or no such folder.
    """
    name = engine_for([scenario], engine=engine)
    resolved = scenario.resolve()
    memory.fitting([resolved], name, log="file" if log_to is not None else "memory" if logging else "none")
    return _run(resolved, replication, name, logging, log_to, each_day)


def _run(
    resolved: Resolved,
    replication: int,
    engine: str,
    logging: bool,
    log_to: str | Path | None,
    each_day: Callable[[int], None],
) -> History:
    log: AbstractContextManager[Logbook] = (
        writing(log_to, resolved.scenario, replication) if log_to is not None else nullcontext(Log())
    )
    with log as book:
        state = build(resolved, replication, logging or log_to is not None)
        company = _company(engine)(state, resolved.phases, resolved.scenario.days, book)
        final = company.run(each_day)
    return _history(resolved, replication, final, book)


def branches(
    scenarios: Sequence[Scenario],
    replication: int = 0,
    *,
    engine: str,
    each_day: Callable[[int, int], None] = lambda number, day: None,
) -> Iterator[tuple[int, History]]:
    """Run one replication of several scenarios, and yield each one's number and history.

    Scenarios that differ only in what policies do later live through a common past. The compiled engine computes that
    once and branches; the histories are those that ``run`` gives.

    Parameters
    ----------
    engine : "readable" or "compiled".
    each_day : told the number of the scenario at work and how many of its days are behind.

    Whether there is memory for it is for the caller to find out: `sim.engines.memory.fitting`.
    """
    resolved = [scenario.resolve() for scenario in scenarios]
    if engine == "readable":
        for number in range(len(resolved)):
            yield number, _run(resolved[number], replication, engine, False, None, partial(each_day, number))
        return
    kin = sorted(range(len(resolved)), key=lambda number: _kinship(resolved[number]))
    for _, numbers in groupby(kin, key=lambda number: _kinship(resolved[number])):
        yield from _family(resolved, list(numbers), replication, each_day)


def _family(
    resolved: Sequence[Resolved], numbers: Sequence[int], replication: int, each_day: Callable[[int, int], None]
) -> Iterator[tuple[int, History]]:
    """Run scenarios that start alike: once up to the first day on which they differ, then each on its own."""
    first = resolved[numbers[0]]
    parting = min(_parting(first, resolved[number]) for number in numbers)
    stem = _company("compiled")(build(first, replication), first.phases, first.scenario.days)
    stem.seat([phase for number in numbers for phase in resolved[number].phases])
    stem.advance(parting, partial(each_day, numbers[0]))
    for number in numbers:
        last = number == numbers[-1]
        branch = stem.go_on(resolved[number].phases) if last else stem.branch(resolved[number].phases)
        yield number, _history(resolved[number], replication, branch.run(partial(each_day, number)), branch.log)
        del branch  # or there would be a third state beside the stem and the next branch


def _kinship(resolved: Resolved) -> tuple[Any, ...]:
    """Key that scenarios share when their runs start from the same state."""
    plain = resolved.scenario.change(policies=(), name="")
    return repr(plain), most_positions(resolved), resolved.phases[0][1].tobytes()


def _parting(one: Resolved, other: Resolved) -> int:
    """First day on which the parameters of two scenarios differ; their last day when they never do."""
    for day in sorted({start for start, _ in (*one.phases, *other.phases)}):
        if not np.array_equal(_in_force(one, day), _in_force(other, day)):
            return day
    return one.scenario.days


def _in_force(resolved: Resolved, day: int) -> NDArray[np.float64]:
    return [params for start, params in resolved.phases if start <= day][-1]


def _managers(resolved: Resolved) -> int:
    return max(int(params[MANAGERS, 0] + 0.5) for _, params in resolved.phases)


def _company(engine: str) -> Any:
    if engine == "compiled":
        from sim.engines.compiled import CompanyRun

        return CompanyRun
    from sim.engines.readable import Company

    return Company


def _history(resolved: Resolved, replication: int, final: State, log: Logbook) -> History:
    return History(resolved, replication, final, *log.rows(), log.file())


def run_bare(
    state: State,
    params: NDArray[np.float64],
    managers: int,
    shifts: list[tuple[int, int]],
    *,
    engine: str,
    advance: Callable[[float], None] = lambda share: None,
) -> State:
    """Run the contact centre alone and return the final state (arrays).

    Parameters
    ----------
    state, params : as sim/contact_centre/replication.py builds them.
    shifts : (instant in ticks, agents on duty) in order.
    engine : "readable" or "compiled".
    advance : told the share that is done, from time to time; what it raises ends the run.
    """
    if engine == "compiled":
        from sim.engines.compiled import BareRun

        return BareRun(state, params, managers).run(shifts, advance)
    from sim.engines.readable import BareQueue

    return BareQueue(state, params, managers).run(shifts, advance)
