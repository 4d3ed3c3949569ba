"""What a larger company costs: seconds a simulated year, time a purchase, and bytes a person.

``python -m tests.benchmarks.company`` runs the default company with 10,000 and 100,000 people in the market, its
staff and fixed costs in proportion; ``--million`` adds 1,000,000 people for a shorter time. Each size has a
process of its own, so that its memory is its own. Seconds are CPU time, which other programs on the machine
disturb least; the time of a purchase includes all that happens on the day whether or not somebody buys.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from multiprocessing import get_context

from sim.engines import run
from sim.scenario import Scenario
from sim.state import PURCHASES

SIZES, MILLION = (10_000, 100_000), 1_000_000
YEARS, MILLION_YEARS = 0.5, 0.05
# ru_maxrss counts kilobytes, except on macOS, where it counts bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """What one size cost: CPU seconds of the start and of a simulated year, microseconds a purchase, bytes a person."""

    people: int
    agents: int
    years: float
    start_s: float
    year_s: float
    purchases: int
    purchase_us: float
    state_bytes: float
    peak_bytes: float


def scaled(people: int, years: float) -> Scenario:
    """Return the default company with so many people in its market, and everything else in proportion."""
    default = Scenario.load("default").change(years=years, warm_up=0)
    share = people / float(default.value("market_size"))  # type: ignore[arg-type]
    money = {name: float(default.value(name)) * share for name in ("overhead", "marketing")}  # type: ignore[arg-type]
    agents = max(round(float(default.value("employees")) * share), 1)  # type: ignore[arg-type]
    return default.override(market_size=people, employees=agents, **money)


def measure(people: int, years: float) -> Cost:
    """Run one size in this process, which should be a fresh one."""
    scenario = scaled(people, years)
    started: list[float] = []
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    state = run(scenario, each_day=lambda day: started.append(time.process_time()) if day == 0 else None).state
    took = time.process_time() - started[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    purchases = int(state.board[PURCHASES].sum())
    return Cost(
        people,
        int(scenario.value("employees")),  # type: ignore[arg-type]
        years,
        started[0] - begin,
        took / years,
        purchases,
        took / purchases * 1e6,
        sum(array.nbytes for array in state) / people,
        peak * RSS_UNIT / people,
    )


def apart(people: int, years: float) -> Cost:
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, people, years).result()


def main() -> None:
    """Measure every size and print a table; ratios are to the smallest company."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=float, default=YEARS, help=f"simulated years of each size (default {YEARS})")
    parser.add_argument("--million", action="store_true", help=f"also 1,000,000 people for {MILLION_YEARS} years")
    given = parser.parse_args()
    sizes = [(people, given.years) for people in SIZES] + [(MILLION, MILLION_YEARS)] * given.million
    heading = "   people agents years  start s   s/year purchases us/purchase ratio state B/person peak B/person\n"
    sys.stdout.write(heading)
    first = None
    for people, years in sizes:
        cost = apart(people, years)
        first = first or cost
        people, agents, years, start, year, purchases, micro, state, peak = astuple(cost)
        sys.stdout.write(
            f"{people:9,d} {agents:6d} {years:5g} {start:8.1f} {year:8.1f} {purchases:9,d} {micro:11.1f} "
            f"{micro / first.purchase_us:5.2f} {state:14.0f} {peak:13.0f}\n"
        )


if __name__ == "__main__":
    main()
