"""One replication of the audit, its parts by name, and many of them, here, in threads or in processes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.checks.audit import attribution, company, counterfactual, diary, probes
from sim.checks.audit.task import Advance, Figures, Part, Task
from sim.engines import Engine, engine_for, memory
from sim.engines.choice import sharing
from sim.errors import InputError
from sim.inputs.scenario import Scenario
from sim.progress import Report, reporting
from sim.running.workers import TaskError, available, work_off

PARTS: Mapping[str, Part] = {
    "customer": probes.reference_customer,
    "tellers": probes.tellers,
    "settled": company.settled,
    "changed": company.changed,
    "swayed": counterfactual.swayed,
    "diary": diary.diary,
    "attribution": attribution.attribution,
}
"""Part -> what runs it. Parts share nothing but the scenario and the replication's random numbers."""


class AuditError(InputError):
    """An audit that cannot be: the message says what is wrong and how to put it right."""


class AuditReplicationError(RuntimeError):
    """A replication of the audit that failed; the message says which."""


@dataclass(frozen=True)
class Sample:
    """Figures by name, each (replications,), of the replications that were finished."""

    figures: Mapping[str, np.ndarray]
    finished: tuple[int, ...]
    engine: str


def replicate(task: Task, advance: Advance = lambda share: None) -> Figures:
    """Run the parts of one replication, one after the other."""
    found: Figures = {}
    for done, name in enumerate(task.parts):
        found |= PARTS[name](task, lambda share, done=done: advance((done + share) / len(task.parts)))  # type: ignore[misc]
    return {name: float(value) for name, value in found.items()}


def replicate_all(
    scenario: Scenario,
    parts: tuple[str, ...],
    replications: int,
    people: int,
    engine: Engine,
    workers: int | None,
    progress: bool | Report | None,
) -> Sample:
    """Run all replications; after Ctrl-C those that are finished count, and when there is none it is raised again."""
    chosen = engine_for([scenario], replications, engine)
    tasks = [Task(scenario, number, chosen, people, parts) for number in range(replications)]  # type: ignore[arg-type]
    hands = _hands(scenario, chosen, workers, replications)
    found: dict[int, Figures] = {}
    with reporting(progress) as report:
        try:
            work_off(replicate, tasks, hands, found.__setitem__, lambda done: report(done, replications),
                     threads=chosen == "compiled")  # fmt: skip
        except TaskError as error:
            cause = error.__cause__
            raise AuditReplicationError(
                f"audit of {scenario.name!r}: replication {error.number} failed: {type(cause).__name__}: {cause}"
            ) from cause
    if not found:
        raise KeyboardInterrupt
    if len(found) < replications:
        sys.stderr.write(f"cxsim: stopped; {len(found)} of {replications} replications are finished and kept.\n")
    return _sample(found, chosen)


def _hands(scenario: Scenario, engine: str, workers: int | None, replications: int) -> int:
    """Workers that there is work and memory for."""
    wanted = min(sharing(engine, available() if workers is None else workers), replications)
    resolved = [scenario.resolve()]
    fits = memory.fitting(resolved, engine, wanted, branching=True)
    return memory.fitting(resolved, engine, fits, log="memory")


def _sample(found: Mapping[int, Figures], engine: str) -> Sample:
    finished = tuple(sorted(found))
    names = found[finished[0]]
    return Sample({name: np.array([found[r][name] for r in finished]) for name in names}, finished, engine)
