"""One replication: the arrays that the engine runs on, the run, and the counts that it returns."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.contact_centre.arrivals import Trace
from sim.contact_centre.centre import WARM_UP_TIMES, Centre, ContactClass
from sim.contact_centre.distributions import Distribution
from sim.engines import run_bare
from sim.engines.choice import READABLE_CONTACT, chosen
from sim.model.clock import HOUR_MINUTES, MINUTE
from sim.model.draws import SERVICE, TOLERANCE, stream_keys, uniform
from sim.model.state import State
from sim.model.steps import bare

FIRST_SLOTS = 64
# The measured hours have at least this many buckets, as long as a bucket is a minute or more.
LEAST_BUCKETS = 10


@dataclass(frozen=True)
class Layout:
    """The run in buckets of ``width`` minutes: up to ``first`` it warms up, up to ``last`` it is measured."""

    width: int
    first: int
    last: int
    buckets: int

    @property
    def warmup_hours(self) -> float:
        """Hours before measurement starts."""
        return self.first * self.width / HOUR_MINUTES

    @property
    def hours(self) -> float:
        """Measured hours."""
        return (self.last - self.first) * self.width / HOUR_MINUTES


@dataclass(frozen=True)
class Books:
    """What a replication counted.

    ``board`` (rows of sim/model/state.py, buckets); ``classes`` (rows of sim/model/steps/bare.py, classes, buckets),
    empty for one class; ``levels`` at the end (LEVELS,); ``free`` and ``slots``: free case slots and all.
    """

    board: NDArray[np.int64]
    classes: NDArray[np.int64]
    levels: NDArray[np.int64]
    free: int
    slots: int


def layout(centre: Centre) -> Layout:
    """Divide the run into buckets of an hour, or less where that does not fit or is too coarse."""
    warm, measured = (round(hours * HOUR_MINUTES) for hours in (centre.warmup_hours, centre.hours))
    measured = max(measured, 1)
    most = max(min(HOUR_MINUTES, measured // LEAST_BUCKETS), 1)
    width = max(minutes for minutes in range(1, most + 1) if math.gcd(warm, measured) % minutes == 0)
    # Contacts of the last measured minute need time to end, while others arrive behind them.
    patience = max((kind.patience.mean for kind in centre.classes if kind.abandons), default=0.0)
    after = math.ceil(WARM_UP_TIMES * (centre.contact_minutes + patience) / width)
    first, last = warm // width, (warm + measured) // width
    return Layout(width, first, last, last + after)


def run_hours(plan: Layout) -> float:
    """Hours of a replication, including those that are not measured."""
    return plan.buckets * plan.width / HOUR_MINUTES


def replicate(
    task: tuple[Centre, int, int, str],
    advance: Callable[[float], None] = lambda share: None,
) -> Books:
    """Run one replication.

    Parameters
    ----------
    task : the centre, the seed, the number of the replication, and the engine (see :func:`engine_for`).
    advance : called with the share that is done, from time to time.
    """
    centre, seed, number, engine = task
    plan = layout(centre)
    params, quantiles = table(centre)
    state = _state(centre, plan, stream_keys(seed, number), quantiles)
    if isinstance(centre.arrivals, Trace):
        _own_times(centre, centre.arrivals, params, state)
    shifts = [(int(minute * MINUTE), agents) for minute, agents in centre.shifts(plan.buckets * plan.width)]
    final = run_bare(state, params, centre.managers, shifts, engine=engine, advance=advance)
    by_class = (bare.CLASS_ROWS, -1, plan.buckets)
    several = params.shape[1] > 1
    nothing = np.zeros((bare.CLASS_ROWS, 0, plan.buckets), dtype=np.int64)
    classes = final.tally.reshape(by_class) if several else nothing
    free = int(final.company_i[s.FREE_SLOTS])
    return Books(final.board, classes, final.company_i[: s.LEVELS].copy(), free, final.case.shape[1])


def engine_for(centre: Centre, replications: int, engine: str = "auto") -> str:
    """Return the engine, "readable" or "compiled", that finishes this many replications first.

    Raises
    ------
    EngineError : when the engine asked for cannot run them.
    """
    plan = layout(centre)
    seconds = centre.calls_per_hour * run_hours(plan) * replications * READABLE_CONTACT
    servers = max(centre.agents) + centre.managers
    return chosen(engine, "bare", seconds, servers, plan.buckets * plan.width * MINUTE)


def table(centre: Centre) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the parameters of sim/model/steps/bare.py (BARE_ROWS, classes) and quantile tables (tables, knots)."""
    params = s.records(bare.BARE_ROWS, len(centre.classes))
    tables: list[tuple[float, ...]] = []
    for column, kind in enumerate(centre.classes):
        for first, law in _laws(kind):
            numbers = law.numbers
            if law.kind == s.QUANTILE_TABLE:
                numbers = (float(len(tables)),)
                tables.append(law.table)
            params[first, column] = law.kind
            params[first + 1 : first + 1 + len(numbers), column] = numbers
        for row, value in _chances(centre, kind):
            params[row, column] = value
    return params, np.array(tables) if tables else np.zeros((1, 2))


def _laws(kind: ContactClass) -> list[tuple[int, Distribution]]:
    return [
        (bare.HANDLING_AT, kind.handling),
        (bare.PATIENCE_AT, kind.patience),
        (bare.MANAGER_AT, kind.manager_handling),
        (bare.REDIAL_AT, kind.redial_delay),
        (bare.RETURN_AT, kind.return_delay),
    ]


def _chances(centre: Centre, kind: ContactClass) -> list[tuple[int, float]]:
    return [
        (bare.NEEDS_MANAGER_CHANCE, kind.needs_manager),
        (bare.BY_TRANSFER, float(centre.by_transfer)),
        (bare.REDIAL_CHANCE, kind.redial),
        (bare.RETURN_CHANCE, kind.return_),
        (bare.TARGET, kind.target_seconds),
        (bare.SHORT_ABANDON, kind.short_abandon_seconds),
        (bare.CLASS_SHARE, kind.share),
    ]


def _state(centre: Centre, plan: Layout, keys: NDArray[np.uint64], quantiles: NDArray[np.float64]) -> State:
    """Build a state without people; what belongs to a company stays empty."""
    company_i = np.zeros(s.COMPANY_FIELDS, dtype=np.int64)
    company_i[[s.FREE_SLOTS, s.BUCKET, s.BUCKETS]] = FIRST_SLOTS, plan.width * MINUTE, plan.buckets
    positions, classes = max(*centre.agents, 1), len(centre.classes)
    used = {
        "keys": keys,
        "case": s.records(s.CASE_FIELDS, FIRST_SLOTS, np.int64),
        "case_f": s.records(s.CASE_FLOATS, FIRST_SLOTS),
        "free": np.arange(FIRST_SLOTS - 1, -1, -1, dtype=np.int32),
        "agent": s.records(s.AGENT_FLOATS, positions),
        "agent_i": s.records(s.AGENT_FIELDS, positions, np.int64),
        "company": np.zeros(s.COMPANY_FLOATS),
        "company_i": company_i,
        "board": s.records(s.BOARD_ROWS, plan.buckets, np.int64),
        "tally": s.records(bare.CLASS_ROWS, classes * plan.buckets if classes > 1 else 1, np.int64),
        "quantiles": quantiles,
        "person": _recorded(centre),
        "profile": np.zeros((2, 1), dtype=np.int64),
    } | centre.arrivals.tables()
    return State(**(dict.fromkeys(State._fields, np.zeros((1, 1))) | used))


def _recorded(centre: Centre) -> NDArray[np.float64]:
    """Handling and patience of each arrival of a trace: (2, arrivals), zeros where the trace has none."""
    trace = centre.arrivals
    columns = [trace.handling, trace.patience] if isinstance(trace, Trace) else [(), ()]
    length = len(trace.minutes) if isinstance(trace, Trace) else 1
    return np.asfortranarray([column or (0.0,) * length for column in columns])


def _own_times(centre: Centre, trace: Trace, params: NDArray[np.float64], state: State) -> None:
    """Give arrivals their recorded times; an unknown one is drawn as it would be without a trace."""
    drawn = params.copy()
    for row, (column, first, stream) in enumerate(
        (
            (trace.handling, bare.HANDLING_AT, SERVICE),
            (trace.patience, bare.PATIENCE_AT, TOLERANCE),
        )
    ):
        if not column:
            continue
        for n in np.flatnonzero(np.isnan(state.person[row])).tolist():
            kind = trace.classes[n] if trace.classes else bare.arrival_class(_scalars(state), params, n)
            u = uniform(_scalars(state).keys, stream, n, 1)
            state.person[row, n] = bare.sample(state, drawn, first, kind, u, n)
        params[first], params[first + 1] = s.TRACED, row


def _scalars(state: State) -> State:
    return state._replace(keys=memoryview(state.keys))
