"""What the runner costs a replication: over the same runs called straight, with the store, and on a cluster.

In every round all ways take their turn in this process, so that a busy moment of the machine strikes all alike; what a
way costs is its wall time less that of the straight runs of its round. CPU time, of this process alone, is disturbed
less. The cluster has one process, as the straight
runs have.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cloudpickle

import sim
from sim.engines import branches
from sim.inputs.policies import Empowerment
from sim.inputs.scenario import Scenario
from sim.outcomes import measures
from sim.running.runner import Cell, Task, _replicate
from sim.running.store import opened

ENGINE = "compiled"
# Scenario, replications of a study, and rounds, by what one replication of one cell takes.
STUDIES: dict[str, tuple[Callable[[], Scenario], int, int]] = {
    "tiny": (lambda: Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0), 50, 9),
    "about a second": (lambda: Scenario.load("default").change(years=4, warm_up=2), 2, 5),
}
POLICY = Empowerment()
CELLS = 2


def straight(scenario: Scenario, replications: int) -> None:
    """Run both cells without the runner, and measure them."""
    settings = [scenario, scenario.under(POLICY)]
    for number in range(replications):
        for _, history in branches(settings, number, engine=ENGINE):
            measures.measure(history)
            measures.cohorts(history)


def ways(scenario: Scenario, replications: int, folder: Path) -> dict[str, Callable[[], object]]:
    """Return every way to do the same runs; "recalled" finds what "store, first time" has just left."""
    files = iter(folder / f"{number}.sqlite" for number in range(1_000_000))
    last = [next(files)]

    def study(**how: Any) -> object:
        return sim.compare(scenario, [POLICY], replications=replications, engine=ENGINE, progress=False, **how)

    def first() -> object:
        last[0] = next(files)
        return study(workers=1, store=last[0])

    return {
        "straight": lambda: straight(scenario, replications),
        "store off": lambda: study(workers=1, store=False),
        "store, first time": first,
        "store, recalled": lambda: study(workers=1, store=last[0]),
        "cluster, store off": lambda: study(workers=1, store=False, cluster="local"),
    }


def costs() -> list[dict[str, Any]]:
    """Time all ways in turn, after once untimed; the median over the rounds, and the half of them in the middle."""
    rows = []
    for what, (make, replications, rounds) in STUDIES.items():
        took: dict[str, list[float]] = {}
        used: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            every = ways(make(), replications, Path(folder))
            for number in range(rounds + 1):
                for name, do in every.items():
                    began, busy = time.perf_counter(), time.process_time()
                    do()
                    if number:
                        took.setdefault(name, []).append(time.perf_counter() - began)
                        used.setdefault(name, []).append(time.process_time() - busy)
        rows += [_row(what, name, took, used, replications * CELLS) for name in every]
    return rows


def _row(what: str, name: str, took: dict[str, list[float]], used: dict[str, list[float]], runs: int) -> dict[str, Any]:
    more = sorted((ours - bare) / runs for ours, bare in zip(took[name], took["straight"], strict=True))
    quarter = len(more) // 4
    run = median(took["straight"]) / runs
    return {
        "runs": what,
        "way": name,
        "wall ms a run": round(1e3 * median(took[name]) / runs, 2),
        "more ms a run": round(1e3 * median(more), 2),
        "middle half": f"{1e3 * more[quarter]:.2f} to {1e3 * more[-1 - quarter]:.2f}",
        "CPU ms a run": round(1e3 * median(used[name]) / runs, 2),
        "more %": round(100 * median(more) / run, 1),
    }


def sizes() -> list[dict[str, Any]]:
    """Bytes of a run in the store, of what a run sends over the wire, and of what is sent for it."""
    rows = []
    for what, (make, *_) in STUDIES.items():
        scenario = make()
        task = Task((0,), (Cell("scenario", "baseline", scenario),), 0, ENGINE)
        rows.append(
            {
                "runs": what,
                "result bytes": len(pickle.dumps((_replicate(task),))),
                "task bytes": len(cloudpickle.dumps((_replicate, task))),
                "store bytes a run": _stored(scenario),
            }
        )
    return rows


def _stored(scenario: Scenario, replications: int = 20) -> int:
    """Bytes by which a store grows with each run of a cell that it knows."""
    with tempfile.TemporaryDirectory() as folder:
        path, grown = Path(folder) / "runs.sqlite", []
        for number in (1, 1 + replications):
            sim.run(scenario, replications=number, engine=ENGINE, store=path, progress=False)
            with opened(path):
                grown.append(path.stat().st_size)
    return round((grown[1] - grown[0]) / replications)


def measure() -> list[dict[str, Any]]:
    """All of it."""
    return [*costs(), *sizes()]
