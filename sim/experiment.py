"""Running and comparing: scenarios x policies x replications, into one tidy study.

Every policy lives through the same replications with the same seed as the baseline, so each is paired with it
by construction. What comes out does not depend on the number of processes, nor on the order in which they
finish.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from sim import evidence, measures, table
from sim.engines import Engine, History, branches, engine_for, memory
from sim.engines.choice import sharing
from sim.policies import Bundle, Policy
from sim.progress import Report, reporting
from sim.results import COHORT_COLUMNS, REPLICATION_COLUMNS, Study, describe
from sim.scenario import Scenario
from sim.workers import TaskError, available, work_off

BASELINE = "baseline"
"""What no policy is called."""
NO_POLICY = "no policy"
"""What no policy is called where a policy is the baseline."""

Observer = Callable[[History], pd.DataFrame]
"""What else is noted of a history: columns period, measure, value."""
AnyPolicy = Policy | Bundle
AnyScenario = Scenario | str | Path


class ExperimentError(ValueError):
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
    """Cells that are run together (and their places in the plan), in one replication, on one engine."""

    places: tuple[int, ...]
    cells: tuple[Cell, ...]
    replication: int
    engine: str
    observe: Observer | None = None


@dataclass(frozen=True)
class Plan:
    """What is run: cells in order, and how many replications of each."""

    cells: tuple[Cell, ...]
    replications: int
    baseline: str
    design: tuple[frozenset[str], ...] = ()
    """Names of the scenarios of each replication; all of them unless given."""
    observe: Observer | None = None

    def places(self, number: int) -> list[int]:
        """Places of the cells that a replication has."""
        every = range(len(self.cells))
        return [place for place in every if not self.design or self.cells[place].scenario in self.design[number]]

    def runs(self) -> int:
        """Return how many runs there are in all."""
        return sum(len(self.places(number)) for number in range(self.replications))

    def tasks(self, engine: str, workers: int) -> list[Task]:
        """Every cell of a replication before the next one: what is stopped early has complete pairs.

        The compiled engine takes all cells of a scenario together, as long as there is work for everybody: it
        computes a past that they share once.
        """
        lines = [self._by_scenario(number) for number in range(self.replications)]
        together = engine == "compiled" and sum(map(len, lines)) >= workers
        return [
            Task(tuple(bundle), tuple(self.cells[place] for place in bundle), number, engine, self.observe)
            for number, line in enumerate(lines)
            for places in line
            for bundle in ([places] if together else [[place] for place in places])
        ]

    def _by_scenario(self, number: int) -> list[list[int]]:
        found = groupby(self.places(number), key=lambda place: self.cells[place].scenario)
        return [list(places) for _, places in found]

    def place(self, cell: int, number: int) -> int:
        """Place among the tasks of a replication of the cell at this place."""
        return number * len(self.cells) + cell


def run(
    scenario: AnyScenario,
    policy: AnyPolicy | None = None,
    *,
    replications: int = 10,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: bool | Report | None = None,
) -> Study:
    """Run one scenario, under a policy or as it is.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    policy : one policy or several added together; its label names the rows of the study.
    replications : independent repetitions; ten give an interval, one does not.
    years, seed : instead of the scenario's own.
    engine : "readable", "compiled", or "auto" for the one that answers sooner. Results are the same.
    workers : threads of the compiled engine, processes of the readable one; all available CPUs unless given, 1
        works in this process, as functions of your own in the place of the model's always do; fewer are taken when
        memory is short. Results are the same.
    progress : see `sim.progress.reporting`; a function is called with replications done and planned.

    Raises
    ------
    ExperimentError, ScenarioError, PolicyError, MemoryForeseenError : before anything is run.
    ReplicationError : when a replication fails.
    """
    found = _settle([scenario], years, seed, ())
    plan = _plan(found, policy, (), replications)
    return _study(plan, found, engine, _workers(workers), progress)


def compare(
    scenarios: AnyScenario | Sequence[AnyScenario],
    policies: Sequence[AnyPolicy | None] = (),
    *,
    baseline: AnyPolicy | str | None = None,
    replications: int = 10,
    years: float | None = None,
    seed: int | None = None,
    readings: Sequence[str] | Literal["all"] = (),
    observe: Observer | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: bool | Report | None = None,
) -> Study:
    """Run scenarios under each policy and under the baseline, replication by replication in pairs.

    Parameters
    ----------
    scenarios : one or several; see `run`. All of a study have one seed.
    policies : what is compared; a label may stand once. None is "no policy".
    baseline : what they are compared with: nothing at all, a policy, or the label of one of `policies`.
    readings : run every scenario under each of these readings of the evidence instead of its own; "all" for every
        reading there is. `sim.rankings.survival` then says whether the ranking of the policies survives them.
    observe : what else is noted of every history, beside the measures: a function that returns columns period, measure
        and value. It sees the final state and the board, and must leave them alone.
    replications, years, seed, engine, workers, progress : as in `run`.

    Returns
    -------
    After Ctrl-C the study holds the replications that were finished under every policy, and its manifest says
    so ("planned", "finished"); when there is none, KeyboardInterrupt is raised again.

    Raises
    ------
    ExperimentError, ScenarioError, PolicyError, MemoryForeseenError : before anything is run.
    ReplicationError : when a replication fails.
    """
    if isinstance(policies, Policy | Bundle):
        raise ExperimentError("policies is one policy, not a list; write policies=[...].")
    several = [scenarios] if isinstance(scenarios, Scenario | str | Path) else scenarios
    found = _settle(several, years, seed, _named_readings(readings))
    reference = _named(baseline, policies)
    plan = replace(_plan(found, reference, policies, replications), observe=observe)
    return _study(plan, found, engine, _workers(workers), progress)


def compare_in(
    design: Sequence[Sequence[Scenario]],
    policy: AnyPolicy,
    *,
    baseline: AnyPolicy | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: bool | Report | None = None,
) -> Study:
    """Run a policy and the baseline in pairs, each replication under scenarios of its own.

    Parameters
    ----------
    design : scenarios of each replication, of one seed and with different names; one may stand in several.
    policy, baseline, engine, workers, progress : as in `compare`.

    Returns, Raises
    ---------------
    As `compare`; a replication is finished when all its pairs are.
    """
    found = _settle(list({scenario.name: scenario for line in design for scenario in line}.values()), None, None, ())
    plan = _plan(found, baseline, [policy], len(design))
    drawn = tuple(frozenset(scenario.name for scenario in line) for line in design)
    return _study(replace(plan, design=drawn), found, engine, _workers(workers), progress)


def money_limits(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario's level of empowerment comes down to, by segment, with all policies in force.

    Each segment has `level` (share of the authority cases), `form` ("ladder" or "share") and `limit`: the
    amount (money) up to which agents decide, "none" when there is no limit, and absent in the form "share".
    """
    resolved = scenario.resolve()
    _, last = resolved.phases[-1]
    return {
        segment: _limit(float(last[table.EMPOWERMENT, column]), last, column)
        for column, segment in enumerate(resolved.segments)
    }


def _limit(level: float, params: Any, column: int) -> dict[str, Any]:
    if params[table.EMPOWERMENT_FORM, 0] != 0.0:
        return {"level": level, "form": "share"}
    amount = float(params[table.AUTHORITY_LIMIT, column])
    return {"level": level, "form": "ladder", "limit": amount if math.isfinite(amount) else "none"}


# What is run


def _settle(
    scenarios: Sequence[AnyScenario], years: float | None, seed: int | None, readings: Sequence[str]
) -> list[Scenario]:
    """Load what is named, and put the study's own settings in."""
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    found = [s if isinstance(s, Scenario) else Scenario.load(s) for s in scenarios]
    found = [scenario.change(**changes) for scenario in found]
    if readings:
        found = [s.change(reading=r, name=f"{s.name}, {r}") for s in found for r in readings]
    if not found:
        raise ExperimentError("there is no scenario to run; give at least one.")
    _refuse_twice("scenario", [scenario.name for scenario in found])
    seeds = sorted({scenario.seed for scenario in found})
    if len(seeds) > 1:
        raise ExperimentError(f"the scenarios have different seeds, {seeds}; give one with seed=, so that they pair.")
    return found


def _named_readings(readings: Sequence[str] | Literal["all"]) -> Sequence[str]:
    if not isinstance(readings, str):
        return readings
    if readings != "all":
        raise ExperimentError(f'readings = {readings!r} is one word, not a list; write [{readings!r}], or "all".')
    return list(evidence.readings())


def _named(baseline: AnyPolicy | str | None, policies: Sequence[AnyPolicy | None]) -> AnyPolicy | None:
    """Find the baseline among the policies when it is given by its label."""
    if not isinstance(baseline, str):
        return baseline
    labels = {policy.label: policy for policy in policies if policy is not None} | {BASELINE: None}
    if baseline not in labels:
        raise ExperimentError(
            f"there is no policy {baseline!r} to be the baseline; give one of {', '.join(map(repr, labels))}."
        )
    return labels[baseline]


def _plan(
    scenarios: Sequence[Scenario],
    reference: AnyPolicy | None,
    policies: Sequence[AnyPolicy | None],
    replications: int,
) -> Plan:
    if type(replications) is not int or replications < 1:  # True is an int too
        raise ExperimentError(f"replications = {replications!r} is not a whole number from 1; give one, such as 10.")
    chosen = [reference, *(policy for policy in policies if policy != reference)]
    labels = [_label(policy, reference) for policy in chosen]
    _refuse_twice("policy", labels)
    cells = tuple(
        Cell(scenario.name, label, scenario.under(policy))
        for scenario in scenarios
        for label, policy in zip(labels, chosen, strict=True)
    )
    for cell in cells:
        cell.settings.resolve()
    return Plan(cells, replications, labels[0])


def _label(policy: AnyPolicy | None, reference: AnyPolicy | None) -> str:
    if policy is None:
        return BASELINE if reference is None else NO_POLICY
    if policy.label == BASELINE:
        raise ExperimentError(f"a policy is called {BASELINE!r}, the name of no policy; give it another title.")
    return policy.label


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ExperimentError(f"the {what} {twice[0]!r} stands twice in one study; leave one out or name it otherwise.")


def _workers(workers: int | None) -> int:
    if workers is None:
        return available()
    if type(workers) is not int or workers < 1:
        raise ExperimentError(f"workers = {workers!r} is not a whole number from 1; give one, or leave it out.")
    return workers


# Running it

Frames = tuple[pd.DataFrame, pd.DataFrame]


def _replicate(task: Task, advance: Callable[[float], None] = lambda share: None) -> dict[int, Frames]:
    """Run one replication of some cells; return the measures and cohorts of each by its place in the plan."""
    settings = [cell.settings for cell in task.cells]
    finished: dict[int, Frames] = {}

    def note(number: int, day: int) -> None:
        advance((len(finished) + day / settings[number].days) / len(settings))

    for number, history in branches(settings, task.replication, engine=task.engine, each_day=note):
        cell = task.cells[number]
        about = {"scenario": cell.scenario, "policy": cell.policy, "replication": task.replication}
        figures = measures.measure(history)
        if task.observe is not None:
            figures = pd.concat([figures, task.observe(history)], ignore_index=True)
        finished[task.places[number]] = figures.assign(**about), measures.cohorts(history).assign(**about)
        del history  # its state makes room for the next one's
    return finished


def _study(
    plan: Plan, scenarios: Sequence[Scenario], engine: Engine, workers: int, progress: bool | Report | None
) -> Study:
    started = time.monotonic()
    chosen = engine_for([cell.settings for cell in plan.cells], plan.replications, engine)
    frames = _run_all(plan, chosen, _fitting(plan, chosen, sharing(chosen, workers)), progress)
    finished = _complete(plan, frames)
    if not finished:
        raise KeyboardInterrupt
    if len(finished) < plan.replications:
        sys.stderr.write(
            f"cxsim: stopped; {len(finished)} of {plan.replications} replications are finished and kept.\n"
        )
    every = range(len(plan.cells))
    kept = [frames[plan.place(cell, n)] for cell in every for n in finished if plan.place(cell, n) in frames]
    manifest = _manifest(plan, scenarios, len(finished)) | {
        "wall_seconds": time.monotonic() - started,
        "engine": chosen,
    }
    return Study(
        pd.concat([figures for figures, _ in kept])[list(REPLICATION_COLUMNS)],
        pd.concat([curve for _, curve in kept])[list(COHORT_COLUMNS)],
        manifest,
    )


def _fitting(plan: Plan, engine: str, workers: int) -> int:
    """Workers that there is work and memory for."""
    wanted = min(workers, len(plan.tasks(engine, workers)))
    branching = len({cell.scenario for cell in plan.cells}) < len(plan.cells)
    return memory.fitting([cell.settings.resolve() for cell in plan.cells], engine, wanted, branching=branching)


def _run_all(plan: Plan, engine: str, workers: int, progress: bool | Report | None) -> dict[int, Frames]:
    """Run every task and return its frames by cell and replication; after Ctrl-C those that were finished."""
    tasks = plan.tasks(engine, workers)
    runs = plan.runs()
    found: dict[int, Frames] = {}

    def keep(number: int, frames: dict[int, Frames]) -> None:
        found.update({plan.place(place, tasks[number].replication): frame for place, frame in frames.items()})

    with reporting(progress) as report:
        try:
            work_off(
                _replicate,
                tasks,
                workers,
                keep,
                lambda done: report(done * runs / len(tasks), runs),
                threads=engine == "compiled",
            )
        except TaskError as error:
            task, cause = tasks[error.number], error.__cause__
            policies = ", ".join(repr(cell.policy) for cell in task.cells)
            raise ReplicationError(
                f"scenario {task.cells[0].scenario!r}, policy {policies}, replication {task.replication} failed: "
                f"{type(cause).__name__}: {cause}"
            ) from cause
    return found


def _complete(plan: Plan, frames: Mapping[int, Frames]) -> list[int]:
    """Replications that are finished in every cell: only those can be compared in pairs."""
    return [
        number
        for number in range(plan.replications)
        if all(plan.place(cell, number) in frames for cell in plan.places(number))
    ]


def _manifest(plan: Plan, scenarios: Sequence[Scenario], finished: int) -> dict[str, Any]:
    tables = {scenario.name: scenario.to_dict() for scenario in scenarios}
    first = scenarios[0]
    basis = describe(
        scenario=tables[first.name] if len(tables) == 1 else tables,
        seed=first.seed,
        reading=", ".join(dict.fromkeys(scenario.reading for scenario in scenarios)),
        baseline=plan.baseline,
        planned=plan.replications,
        finished=finished,
    )
    return basis | {
        "policies": {
            cell.policy: [_in_full(part) for part in cell.settings.policies[len(first.policies) :]]
            for cell in plan.cells
            if cell.scenario == first.name
        },
        "years": _one_or_each({scenario.name: scenario.years for scenario in scenarios}),
        "warm_up": _one_or_each({scenario.name: scenario.warm_up for scenario in scenarios}),
        "authority": [
            {"scenario": cell.scenario, "policy": cell.policy} | {"segments": money_limits(cell.settings)}
            for cell in plan.cells
        ],
        "outside_range": {scenario.name: list(scenario.outside()) for scenario in scenarios},
    }


def _in_full(policy: Policy) -> dict[str, Any]:
    """Table of a policy with every setting, the defaults too: they may be others in another version."""
    return {"name": policy.name} | {field.name: getattr(policy, field.name) for field in fields(policy)}


def _one_or_each(values: Mapping[str, float]) -> float | dict[str, float]:
    return next(iter(values.values())) if len(set(values.values())) == 1 else dict(values)
