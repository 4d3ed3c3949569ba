"""The default company at several sizes, on both engines: seconds a simulated year, time a purchase, bytes a person.

Staff and fixed costs are in proportion to the market. Each size has a process of its own, so that its memory is its
own. The time of a purchase includes all that happens on the day whether or not somebody buys.
"""

from __future__ import annotations

import time
from typing import Any

from sim.engines import run
from sim.inputs.scenario import Scenario
from sim.model.state import PURCHASES
from tests.benchmarks.timing import apart, peak_bytes

SIZES = (10_000, 100_000, 1_000_000)
# Simulated years: long enough to be timed, short enough to be waited for.
YEARS = {
    "compiled": {10_000: 10.0, 100_000: 5.0, 1_000_000: 1.0},
    "readable": {10_000: 0.5, 100_000: 0.2, 1_000_000: 0.03},
}


def scaled(people: int, years: float) -> Scenario:
    """Return the default company with so many people in its market, and everything else in proportion."""
    default = Scenario.load("default").change(years=years, warm_up=0)
    share = people / float(default.value("market_size"))  # type: ignore[arg-type]
    money = {name: float(default.value(name)) * share for name in ("overhead", "marketing")}  # type: ignore[arg-type]
    agents = max(round(float(default.value("employees")) * share), 1)  # type: ignore[arg-type]
    managers = max(round(float(default.value("managers")) * share), 1)  # type: ignore[arg-type]
    return default.override(market_size=people, employees=agents, managers=managers, **money)


def measure_one(engine: str, people: int, years: float) -> dict[str, Any]:
    """Run one size in this process, which should be a fresh one."""
    run(scaled(100, 0.01), engine=engine)  # type: ignore[arg-type]  # imports, and the kernel
    scenario = scaled(people, years)
    started: list[float] = []
    before, began = peak_bytes(), time.process_time()

    def note(day: int) -> None:
        started.append(time.process_time())

    state = run(scenario, engine=engine, each_day=note).state  # type: ignore[arg-type]
    took = time.process_time() - started[0]
    purchases = int(state.board[PURCHASES].sum())
    return {
        "engine": engine,
        "people": people,
        "years": years,
        "start s": round(started[0] - began, 2),
        "s a year": took / years,
        "us a purchase": took / purchases * 1e6,
        "state bytes a person": round(sum(array.nbytes for array in state) / people),
        "peak bytes a person": round((peak_bytes() - before) / people),
    }


def measure(sizes: tuple[int, ...] = SIZES, rounds: int = 3) -> list[dict[str, Any]]:
    """Measure both engines at every size, in turn, and keep each one's fastest round."""
    rows = []
    for people in sizes:
        found: dict[str, list[dict[str, Any]]] = {engine: [] for engine in YEARS}
        for _ in range(rounds):
            for engine, years in YEARS.items():
                found[engine].append(apart(measure_one, engine, people, years[people]))
        best = {engine: min(several, key=lambda row: row["s a year"]) for engine, several in found.items()}
        for engine, row in best.items():
            rows.append(
                row | {"times as fast": round(best["readable"]["s a year"] / row["s a year"], 1), "engine": engine}
            )
    first = {row["engine"]: row["us a purchase"] for row in reversed(rows)}
    for row in rows:
        row["a purchase against the smallest"] = round(row["us a purchase"] / first[row["engine"]], 2)
        row["s a year"], row["us a purchase"] = round(row["s a year"], 3), round(row["us a purchase"], 2)
    return rows
