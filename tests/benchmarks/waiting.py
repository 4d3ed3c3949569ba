"""What a person waits for: a first answer in a fresh process, the empowerment study, and what two threads save."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Any

import sim

SMALL = {
    "bare queue, small": "import sim; "
    "sim.queue(agents=5, calls_per_hour=30, handling='exponential mean 6 min', hours=20, replications=3)",
    "small company, a month": "from sim.engines import run; from sim.inputs.scenario import Scenario; "
    "run(Scenario.load('small_company').change(years=1/12, warm_up=0))",
    "small company, a year, compiled": "from sim.engines import run; from sim.inputs.scenario import Scenario; "
    "run(Scenario.load('small_company').change(years=1, warm_up=0), engine='compiled')",
}
LEVELS = (0.0, 0.25, 0.75, 0.95, 1.0)


def fresh(programme: str, **environment: str) -> float:
    """Wall seconds of a programme in a fresh process, imports included."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", programme], check=True, stderr=subprocess.DEVNULL, env=os.environ | environment
    )
    return time.perf_counter() - began


def first_answers(rounds: int = 5) -> list[dict[str, Any]]:
    """Time first answers, with what is compiled at hand; and once without."""
    rows = []
    for name, programme in SMALL.items():
        fresh(programme)
        rows.append({"what": name, "wall s": round(median(fresh(programme) for _ in range(rounds)), 2)})
    with tempfile.TemporaryDirectory() as empty:
        name, programme = list(SMALL.items())[-1]
        rows.append({"what": f"{name}, nothing compiled yet", "wall s": round(fresh(programme, CXSIM_CACHE=empty), 1)})
    return rows


def empowerment(replications: int = 20, years: float = 3.0) -> list[dict[str, Any]]:
    """Time the empowerment study: six levels, so many paired replications of three years after two of warm-up."""
    scenario = sim.Scenario.load("default").change(years=years)
    levels = [sim.Empowerment(level=level) for level in LEVELS]
    began = time.perf_counter()
    sim.compare(scenario, levels, replications=replications, engine="compiled")
    took = time.perf_counter() - began
    return [
        {
            "what": f"empowerment study, {len(LEVELS) + 1} levels x {replications} x {years:g} years",
            "wall s": round(took, 1),
        }
    ]


def threads(replications: int = 64) -> list[dict[str, Any]]:
    """Time so many replications of the default company, a year each, in one thread and in two, in turn."""
    scenario = sim.Scenario.load("default").change(years=1, warm_up=0)
    took: dict[int, list[float]] = {1: [], 2: []}
    for workers in (1, 2, 1, 2):
        began = time.perf_counter()
        sim.run(scenario, replications=replications, engine="compiled", workers=workers)
        took[workers].append(time.perf_counter() - began)
    one, two = min(took[1]), min(took[2])
    return [
        {"what": f"{replications} replications of a year, one thread", "wall s": round(one, 1)},
        {
            "what": f"{replications} replications of a year, two threads",
            "wall s": round(two, 1),
            "ratio": round(one / two, 2),
        },
    ]


def measure() -> list[dict[str, Any]]:
    """All of it."""
    return [*first_answers(), *empowerment(), *threads()]
