"""How much memory a run will need, reckoned from the shapes of its arrays before it starts, and how much there is.

A run that does not fit is refused with the figures, and a study takes fewer workers when that is enough: on most
systems a process that asks for too much is not told so, it is killed.

What one run holds at once is the most of: drawing the graph; the state while people are placed; and the state at work,
beside the objects of the readable engine, or a branch of the compiled one when scenarios share their past (never more
than one beside its stem). A log comes on top. The number of cases that are open at once is taken to be that of a centre
that keeps up.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import sim.model.columns as t
from sim.engines.floor import HEAP_FIELDS, SERVER_FIELDS, SLOT_FIELDS
from sim.engines.log_file import ROWS_A_GROUP
from sim.engines.start import FIRST_SLOTS, LOG_SPARE, most_positions
from sim.engines.start.steady_state import MOST_TELLS
from sim.engines.start.tables import KERNEL_REACH, PROFILE_KNOTS
from sim.errors import InputError
from sim.inputs.scenario import Resolved, Scenario
from sim.model.blocks import BLOCK

# isort: off
from sim.model.clock import HALF_HOURS, WEEK_DAYS, YEAR_MONTHS
import sim.model.state as s
# isort: on

LogPlace = Literal["none", "memory", "file"]

SHARE = 0.8
"""Share of the available memory that is taken at most: the reckoning is some per cent off, other programmes go on
growing, and a system without memory for its file cache crawls long before it is out of it."""

INT, LONG = 4, 8
"""Bytes of an int32, and of an int64 or a float64."""
MEGABYTE = 10**6
LOG_ROW = LONG * (s.LOG_FIELDS + s.LOG_FLOATS)

# What the shapes do not say, as measured, in bytes: what lives while the graph is drawn, for everybody and for a block
# of people, and while people are placed; Python objects of the readable engine for each person whose moment is today;
# an interpreter with its libraries, in each of its processes; Numba and the compiler.
GRAPH_PERSON, GRAPH_EDGE, GRAPH_BLOCK, GRAPH_BLOCK_EDGE = 32, 13, 7 * MEGABYTE, 20
PLACING_PERSON, PLACING_BLOCK = 20, 4 * MEGABYTE
READABLE_MOMENT = 4096
READABLE_PROCESS = 200 * MEGABYTE
COMPILER = 300 * MEGABYTE
# Rows of the log for each purchase gap of a person, and how often the log is in memory: in pieces and put together, or
# as the columns of a row group and as what its compression needs.
LOG_ROWS_A_PURCHASE = 3
LOG_COPIES = 2
GROUP_COPIES = 3

GROUPS, GROUPS_ROOT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


class MemoryForeseenError(InputError):
    """A run for which there is not enough memory: the message says what it needs, what there is, and the fix."""


# -- what is needed --------------------------------------------------------------------------------------------------


def needed(scenario: Scenario, engine: str, log: LogPlace = "none", workers: int = 1, branching: bool = False) -> int:
    """Return the bytes that so many runs of a scenario at once will need, besides what this process holds by now.

    Parameters
    ----------
    engine : "readable" or "compiled".
    log : where each run's log goes.
    branching : whether several scenarios are run together that share a past, as policies of one company do.
    """
    return _libraries(engine, workers) + workers * _run_bytes(scenario.resolve(), engine, log, branching)


def standing(resolved: Resolved, engine: str, logging: bool = False) -> int:
    """Return the bytes of the arrays of a run: the state, and the floor of the compiled engine."""
    people, days = _people(resolved), resolved.scenario.days
    person = LONG * (s.PERSON_FIELDS + s.TALLY_FIELDS + 1) + INT * (s.STATUS_FIELDS + 1)  # 1: first edge, frontier
    boards = 1 + len(resolved.segments)
    day = LONG * (boards * (s.BOARD_ROWS + s.BOARD_FLOATS) + KERNEL_REACH) + INT
    slot = LONG * (s.CASE_FIELDS + s.CASE_FLOATS) + INT
    servers = 0
    if engine == "compiled":
        person += 2 * INT
        slot += LONG * (SLOT_FIELDS + 2 * HEAP_FIELDS)
        servers = LONG * SERVER_FIELDS * (most_positions(resolved) + _managers(resolved))
    log = LOG_ROW * 2 * (_edges(resolved) + LOG_SPARE) if logging else 0
    entities = person * people + INT * _edges(resolved) + day * days + slot * _slots(resolved)
    entities += INT * s.LIST_FIELDS * (people // s.LIST_ROOM + days + 1)
    return entities + servers + _tables(resolved) + log


def _tables(resolved: Resolved) -> int:
    """Bytes of the agents, the rota, the cohorts, and the tables of a fixed size."""
    positions, years = most_positions(resolved), math.ceil(resolved.scenario.years)
    agents = LONG * ((s.AGENT_FLOATS + s.AGENT_FIELDS) * positions + (s.CAUSE_FLOATS + s.CAUSE_FIELDS) * s.MOST_CAUSES)
    rota = INT * (positions + 1) * WEEK_DAYS * HALF_HOURS
    cohorts = (1 + len(resolved.segments)) * LONG * years * (1 + YEAR_MONTHS * years)
    return agents + rota + cohorts + LONG * (WEEK_DAYS * PROFILE_KNOTS + 2 * MOST_TELLS)


def _run_bytes(resolved: Resolved, engine: str, log: LogPlace, branching: bool) -> int:
    """Bytes of one run at its largest."""
    people = _people(resolved)
    arrays = standing(resolved, engine, logging=log != "none")
    placing = arrays + PLACING_PERSON * people + PLACING_BLOCK
    working = arrays + _log_bytes(resolved, log)
    if engine == "readable":
        working += math.ceil(READABLE_MOMENT * _moments(resolved))
    elif branching:
        shared = INT * _edges(resolved) + LONG * (people + KERNEL_REACH * resolved.scenario.days)
        working += arrays - shared
    return max(_drawing(resolved), placing, working)


def _drawing(resolved: Resolved) -> int:
    """Bytes that live while the graph is drawn."""
    people, edges = _people(resolved), _edges(resolved)
    block = GRAPH_BLOCK_EDGE * edges * min(1.0, BLOCK / max(1, people))
    return GRAPH_PERSON * people + GRAPH_EDGE * edges + max(GRAPH_BLOCK, math.ceil(block))


def _log_bytes(resolved: Resolved, log: LogPlace) -> int:
    """Bytes of a log besides the state's buffer."""
    if log == "none":
        return 0
    if log == "file":
        return GROUP_COPIES * LOG_ROW * ROWS_A_GROUP
    rows = LOG_ROWS_A_PURCHASE * _moments(resolved) * resolved.scenario.days
    return math.ceil(LOG_COPIES * LOG_ROW * rows)


def _libraries(engine: str, workers: int) -> int:
    """Bytes of what is loaded besides the runs: threads share it, processes do not, and this one has it by now."""
    if engine == "compiled":
        return COMPILER
    return READABLE_PROCESS * workers if workers > 1 else 0


def _people(resolved: Resolved) -> int:
    return int(resolved.phases[0][1][t.MARKET_SIZE, 0])


def _edges(resolved: Resolved) -> int:
    """Edges of the graph: one for each end of a tie."""
    people = _people(resolved)
    return math.ceil(people * min(float(resolved.phases[0][1][t.DEGREE_MEAN, 0]), people - 1))


def _moments(resolved: Resolved) -> float:
    """Moments a day when everybody is a customer."""
    rates = (params[t.SEGMENT_SHARE] / params[t.PURCHASE_GAP_MEAN] for _, params in resolved.phases)
    return _people(resolved) * min(1.0, max(float(rate.sum()) for rate in rates))


def _slots(resolved: Resolved) -> int:
    """Case slots: room for the moments of a day, which doubles when it is short."""
    return max(FIRST_SLOTS, math.ceil(2 * _moments(resolved)))


def _managers(resolved: Resolved) -> int:
    return max(math.ceil(params[t.MANAGERS, 0]) for _, params in resolved.phases)


# -- what there is ---------------------------------------------------------------------------------------------------


def available() -> int:
    """Return the bytes that this process may still take: what the machine has, within the limits of its container."""
    import psutil  # not needed to look at a study that is done

    free = int(psutil.virtual_memory().available)
    return min([free, *group_room(GROUPS, GROUPS_ROOT)])


def group_room(groups: Path, root: Path) -> Iterator[int]:
    """Yield what each control group that limits memory, and that this process is in, has left (bytes).

    Parameters
    ----------
    groups : list of a process's groups, as Linux gives it; there is none on other systems.
    root : folder of all groups, version 1 or 2. A container sees its own group as the root.
    """
    if not groups.is_file():
        return
    for line in groups.read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers == "":
            kind = (root, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            kind = (root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = PurePosixPath(name)
        for place in (group, *group.parents):
            yield from _left(kind[0] / place.relative_to("/"), *kind[1:])


def _left(folder: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    """Yield what a group has left, if it is there and has a limit; file cache that nobody uses gives way."""
    try:
        most = (folder / limit).read_text().strip()
        taken = int((folder / used).read_text())
        cached = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except OSError:
        return
    if most != "max":
        yield max(0, int(most) - taken + int(cached.get(cache, 0)))


# -- whether it fits -------------------------------------------------------------------------------------------------


def fitting(
    resolved: Sequence[Resolved], engine: str, workers: int = 1, log: LogPlace = "none", branching: bool = False
) -> int:
    """Return how many of these scenarios can be run at once: ``workers``, or fewer, and then it says so.

    Parameters
    ----------
    resolved : scenarios of a study, resolved; the largest decides.
    workers : how many are wanted.
    log, branching : as in `needed`.

    Raises
    ------
    MemoryForeseenError : when not even one fits.
    """
    needs = [_run_bytes(one, engine, log, branching) for one in resolved]
    each = max(needs)
    there = available()
    fits = [n for n in range(1, workers + 1) if _libraries(engine, n) + n * each <= SHARE * there]
    if not fits:
        need = _libraries(engine, 1) + each
        raise MemoryForeseenError(_refusal(resolved[needs.index(each)], engine, log, need, there))
    if fits[-1] < workers:
        sys.stderr.write(
            f"cxsim: {fits[-1]} instead of {workers} workers: a run needs about {_megabytes(each)}, and of the "
            f"{_megabytes(there)} of memory that are available cxsim takes at most {SHARE:.0%}.\n"
        )
    return fits[-1]


def _refusal(resolved: Resolved, engine: str, log: LogPlace, need: int, there: int) -> str:
    scenario = resolved.scenario
    less = "take fewer people (market_size)"
    if log == "memory":
        less += ", fewer years, no log, or a log in a file (cxsim log, or log_to= in Python)"
    elif log == "file":
        less += " or no log"
    return (
        f"scenario {scenario.name}: one run of {_people(resolved):,} people and {scenario.days:,} days needs about "
        f"{_megabytes(need)} on the {engine} engine; {_megabytes(there)} of memory are available, and cxsim takes at "
        f"most {SHARE:.0%} of that, {_megabytes(SHARE * there)}; {less}."
    )


def _megabytes(size: float) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
