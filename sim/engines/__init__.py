"""Two engines, one model: the readable one is SimPy; a compiled one will call the very same steps.

``run(scenario, replication)`` gives a :class:`History`: the board, the final state and, when asked for, the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.scenario import Resolved, Scenario
from sim.start import build
from sim.state import FREE_SLOTS, LOG_ROWS, LOGGING, State

Engine = Literal["auto", "readable", "compiled"]
ENGINES: tuple[str, ...] = ("auto", "readable", "compiled")


@dataclass(frozen=True)
class History:
    """What one replication leaves behind.

    ``state`` is the final state (arrays), the board among it; ``log`` has one row an event, int64 (rows,
    LOG_FIELDS) and float64 (rows, LOG_FLOATS), empty without logging.
    """

    resolved: Resolved
    replication: int
    state: State
    log_i: NDArray[np.int64]
    log_f: NDArray[np.float64]

    def digest(self) -> str:
        """Return the sha256 of the board, the final state of people, staff and company, and the ordered log."""
        found = hashlib.sha256()
        s = self.state
        kept = [s.board, s.board_f, s.cohort, s.person, s.tally, s.status, s.agent, s.agent_i, s.company]
        company_i = s.company_i.copy()
        company_i[[FREE_SLOTS, LOGGING, LOG_ROWS]] = 0  # room and switches, not history
        for array in (*kept, company_i, self.log_i, self.log_f):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


def run(
    scenario: Scenario,
    replication: int = 0,
    *,
    engine: Engine = "auto",
    logging: bool = False,
    each_day: Callable[[int], None] = lambda day: None,
) -> History:
    """Run one replication of a scenario.

    Parameters
    ----------
    engine : "readable", or "auto" for the fastest engine that can run the scenario (today: readable).
    logging : keep a log of every event (memory grows with what happens).
    each_day : called with the number of each day as it starts, for progress.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown; give one of {', '.join(ENGINES)}.")
    from sim.engines.readable import Company

    resolved = scenario.resolve()
    if engine == "compiled":
        from sim.engines import compiled
        state, log = compiled.run_company(build(resolved, replication, logging), resolved.phases, scenario.days, each_day)
    else:
        company = Company(build(resolved, replication, logging), resolved.phases, scenario.days)
        state = company.run(each_day)
        log = company.log
    log_i = [rows.T for rows, _ in log] or [np.zeros((0, state.log_i.shape[0]), dtype=np.int64)]
    log_f = [rows.T for _, rows in log] or [np.zeros((0, state.log_f.shape[0]))]
    return History(resolved, replication, state, np.concatenate(log_i), np.concatenate(log_f))


def run_bare(state, params, managers, shifts, engine="auto", advance=lambda share: None):
    if engine == "compiled":
        from sim.engines import compiled
        return compiled.run_bare(state, params, managers, shifts, advance)
    from sim.engines.readable import BareQueue
    return BareQueue(state, params, managers).run(shifts, advance)
