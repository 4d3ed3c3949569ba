"""The state at the start: people in the model's own long-run mixture, a staff in mid-life, and the fixed tables.

A person with disposition theta is a customer, a prospect or an avoider in proportion join : leave(theta) : the
time that grievances last, so dispositions start out sorted; a fresh cohort would show rising retention for years,
and a trend would be taken for a policy. Join and leave rates come from a mean-field fixed point of the same rules
(``settle_rates``).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

import sim.model.columns as t
from sim.engines.start.steady_state import (
    NEVER,
    Rates,
    days_to_fix,
    heard_a_day,
    leaving_rate,
    mixture,
    number,
    past_reviews,
    settle_rates,
    settled_rating,
    tell_tables,
)  # fmt: skip
from sim.inputs.scenario import Resolved, Scenario
from sim.model import draws
from sim.model.blocks import blocks
from sim.model.graph import draw_graph
from sim.model.rules.loyalty import habit_after

# isort: off
from sim.model.state import (
    AGENT_FIELDS, AGENT_FLOATS, ATTITUDE, AVOIDING, AVOIDING_NOW, BOARD_FLOATS, BOARD_ROWS, BUCKET, BUCKETS, CASE,
    CASE_FIELDS, CASE_FLOATS, CAUSES, CAUSE_ENDS, CAUSE_EXCESS, CAUSE_FIELDS, CAUSE_FLOATS, CAUSE_OPENED, COHORTS,
    COHORT_START, COMPANY_FIELDS, COMPANY_FLOATS, CUSTOMER, CUSTOMERS_NOW, DAYS, DISPOSITION, EMPLOYED, EXCESS,
    EXPECT_ENQUIRY, EXPECT_PURCHASE, EXPECT_RECOVERY, FIX_DAY, FREE_LIST, FREE_SLOTS, GENERATION, GOODWILL, HABIT,
    HEARD, HIRED_DAY, LAST_DAY, LISTED, LIST_FIELDS, LIST_PEOPLE, LIST_ROOM, LOAD, LOGGING, LOG_FIELDS, LOG_FLOATS,
    MEAN_ATTITUDE, MOST_CAUSES, NEXT_LIST, PEOPLE, PERSON_FIELDS, PEST, PLANNED_DAY, POSITIONS, PRESSURE, PROSPECT,
    PROSPECTS_NOW, RATING, REVIEW_WEIGHT, SEGMENT, SINCE_DAY, STANDING, STARS, STATUS_FIELDS, STRESS, TALLY_FIELDS,
    TIMES_HEARD, TRAITS, VACANT_UNTIL, State, records,
)  # fmt: skip
from sim.model.clock import DAY, HALF_HOURS, HOUR, WEEK_DAYS, YEAR_DAYS, YEAR_MONTHS

# isort: on

# Sizes of tables, not quantities of the model.
KERNEL_REACH = 14
PROFILE_KNOTS = 513
HALF_HOUR_TICKS = HOUR // 2
FIRST_SLOTS = 256
LOG_SPARE = 1 << 16
# Mean lives that a cause of issues may have been open at the start.
LIVES = 8
BASES_KEPT = 16


@dataclass(frozen=True)
class Basis:
    """What rates and fixed tables follow from, whatever the replication: of equal bases they are the same."""

    parameters: str
    tables: tuple[bytes, bytes]  # without policies, and in force at the start
    reading: str
    positions: int
    resolved: Resolved = field(compare=False, repr=False)


def build(resolved: Resolved, replication: int, logging: bool = False) -> State:
    """Build the state (NumPy arrays) of a run of a scenario."""
    scenario, params, basis = resolved.scenario, resolved.phases[0][1], _basis(resolved)
    state, rates = _empty(resolved, basis, replication, logging), _settled(basis)
    _people(state, params, None if scenario.fresh else rates)
    _enlist(state)
    _staff(state, params)
    _open_causes(state, params, rates)
    _publish_reviews(state, params, rates, scenario)
    return state


def _empty(resolved: Resolved, basis: Basis, replication: int, logging: bool) -> State:
    """Arrays with nobody in them yet, but with the graph and the fixed tables."""
    scenario, params = resolved.scenario, resolved.phases[0][1]
    keys = draws.stream_keys(scenario.seed, replication)
    people, days = int(params[t.MARKET_SIZE, 0]), scenario.days
    first_edge, edge = _graph(keys, params, people)
    log_rows = 2 * (len(edge) + LOG_SPARE) if logging else 1  # half of it holds the longest story
    return State(
        keys=keys,
        person=records(PERSON_FIELDS, people),
        tally=records(TALLY_FIELDS, people, np.int64),
        status=records(STATUS_FIELDS, people, np.int32),
        case_f=records(CASE_FLOATS, FIRST_SLOTS),
        case=records(CASE_FIELDS, FIRST_SLOTS, np.int64),
        free=np.arange(FIRST_SLOTS - 1, -1, -1, dtype=np.int32),
        agent=records(AGENT_FLOATS, basis.positions),
        agent_i=records(AGENT_FIELDS, basis.positions, np.int64),
        company=np.zeros(COMPANY_FLOATS),
        cause=records(CAUSE_FLOATS, MOST_CAUSES),
        cause_i=records(CAUSE_FIELDS, MOST_CAUSES, np.int64),
        company_i=_counters(scenario, people, logging),
        board=records(BOARD_ROWS, days, np.int64),
        board_f=records(BOARD_FLOATS, days),
        cohort=np.zeros((_cohorts(scenario), 1 + YEAR_MONTHS * _cohorts(scenario)), dtype=np.int64),
        calendar=np.zeros(days, dtype=np.int32),
        lists=records(LIST_FIELDS, people // LIST_ROOM + days + 1, np.int32),
        frontier=np.zeros(people, dtype=np.int32),
        first_edge=first_edge,
        edge=edge,
        kernel=_kernel(scenario, keys, days),
        log_i=records(LOG_FIELDS, log_rows, np.int64),
        log_f=records(LOG_FLOATS, log_rows),
        **_fixed_tables(basis),
    )


def _cohorts(scenario: Scenario) -> int:
    """Years that begin in the measured period, each with a cohort of its own."""
    return int(np.ceil(scenario.years))


def _counters(scenario: Scenario, people: int, logging: bool) -> np.ndarray:
    company = np.zeros(COMPANY_FIELDS, dtype=np.int64)
    company[[BUCKET, BUCKETS, DAYS, PEOPLE]] = DAY, scenario.days, scenario.days, people
    company[[COHORTS, COHORT_START, LOGGING]] = _cohorts(scenario), scenario.first_day, logging
    company[FREE_SLOTS] = FIRST_SLOTS
    return company


def _basis(resolved: Resolved) -> Basis:
    scenario, phases = resolved.scenario, resolved.phases[:1]
    return Basis(
        parameters=repr(sorted(scenario.parameters.items())),
        tables=(resolved.base.tobytes(), phases[0][1].tobytes()),
        reading=scenario.reading,
        positions=most_positions(resolved),
        resolved=replace(resolved, phases=phases),
    )


@lru_cache(maxsize=BASES_KEPT)
def _settled(basis: Basis) -> tuple[Rates, ...]:
    """Settle the rates of each segment."""
    return tuple(settle_rates(basis.resolved.phases[0][1], basis.resolved.scenario))


@lru_cache(maxsize=BASES_KEPT)
def _fixed_tables(basis: Basis) -> dict[str, NDArray[Any]]:
    """Return the tables of the state that nothing changes and all replications share, by field; read only."""
    resolved = basis.resolved
    scenario, hours = resolved.scenario, opening_hours(resolved.scenario)
    knots, hazard = _patience_shape(scenario, resolved.segments)
    tables: dict[str, NDArray[Any]] = {
        "profile": _profile(scenario, hours),
        "hours": hours,
        "knots": knots,
        "hazard": hazard,
        "rota": _rota(scenario, resolved.base, hours, basis.positions),
        "tells": tell_tables(scenario.reading),
        "quantiles": np.zeros((1, 2)),
    }
    for table in tables.values():
        table.flags.writeable = False
    return tables


# -- people ----------------------------------------------------------------------------------------------------


def _people(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...] | None) -> None:
    """Place everybody, a block at a time."""
    for block in blocks(state.person.shape[1]):
        person = np.arange(block.start, block.stop)
        part = state._replace(person=state.person[:, block], status=state.status[:, block], tally=state.tally[:, block])
        _place(part, params, rates, {s: draws.uniforms(state.keys, s, person, 0) for s in _START_STREAMS})


_START_STREAMS = (
    draws.SEGMENT, draws.DISPOSITION, draws.START_STANDING, draws.START_PHASE, draws.START_AGE, draws.START_GAP,
    draws.PEST,
)  # fmt: skip


def _place(
    state: State, params: NDArray[np.float64], rates: tuple[Rates, ...] | None, u: dict[int, NDArray[np.float64]]
) -> None:
    """Place the people of a block: segment, disposition, standing, age of the standing, next moment, scores."""
    segment = np.searchsorted(np.cumsum(params[t.SEGMENT_SHARE])[:-1], u[draws.SEGMENT], side="right")
    shape = params[t.DISPOSITION_ALPHA, segment], params[t.DISPOSITION_BETA, segment]
    theta = scipy.special.betaincinv(*shape, u[draws.DISPOSITION])
    state.person[DISPOSITION] = theta
    state.status[SEGMENT] = segment
    state.status[CASE] = -1
    state.tally[TRAITS] = np.where(u[draws.PEST] < params[t.PEST_SHARE, segment], PEST, 0)
    if rates is None:
        standing, age = np.full(len(segment), CUSTOMER), np.zeros(len(segment))
        goodwill = params[t.REFERENCE_GOODWILL, segment]
    else:
        settled = np.array([astuple(r) for r in rates]).T
        join, issues, grieved, goodwill, state.person[HEARD] = settled.take(segment, axis=1)
        leave = leaving_rate(params, segment, theta, goodwill, issues)
        avoid = join * (issues * grieved) * params[t.AVOID_MEAN, segment]
        standing = _standings(leave, join, avoid, u[draws.START_STANDING])
        age = -np.log(u[draws.START_AGE]) / np.maximum(np.where(standing == CUSTOMER, leave, join), 1e-9)
    state.status[STANDING] = standing
    for k, level in ((PROSPECT, PROSPECTS_NOW), (CUSTOMER, CUSTOMERS_NOW), (AVOIDING, AVOIDING_NOW)):
        state.company_i[level] += np.count_nonzero(standing == k)
    _moments(state, params, segment, standing, age, u)
    _scores(state, params, segment, standing, age, goodwill)


def _standings(
    leave: NDArray[np.float64], join: NDArray[np.float64], avoid: NDArray[np.float64], u: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Standing in proportion join : leave : join * grieved leaving * time of avoiding."""
    total = leave + join + avoid
    return (u >= leave / total).astype(np.int64) + (u >= (leave + join) / total)


def _scores(
    state: State, params: NDArray[np.float64], segment: NDArray[np.int64], standing: NDArray[np.int64],
    age: NDArray[np.float64], goodwill: NDArray[np.float64],
) -> None:  # fmt: skip
    """Set what people have come to think, expect and do by habit at that age (years) of their standing."""
    customer = standing == CUSTOMER
    years = params[t.PURCHASE_GAP_MEAN, segment] / YEAR_DAYS
    bought = 1.0 + np.floor(np.minimum(age / years, 1e6))
    habit = 1.0 - (1.0 - np.array([habit_after(0.0, r) for r in params[t.HABIT_RATE]]))[segment] ** bought
    state.person[HABIT] = np.where(customer, habit, 0.0)
    neutral = params[t.GOODWILL_NEUTRAL, segment]
    left = neutral + (goodwill - neutral) * np.exp(-age / params[t.GOODWILL_MEMORY, segment])
    state.person[GOODWILL] = np.where(customer, goodwill, np.where(standing == PROSPECT, left, neutral))
    state.person[EXPECT_PURCHASE] = params[t.ROUTINE_QUALITY, segment]
    state.person[EXPECT_ENQUIRY] = params[t.REFERENCE_EXPECTATION, segment]
    state.person[EXPECT_RECOVERY] = params[t.REFERENCE_EXPECTATION, segment]


def _moments(
    state: State, params: NDArray[np.float64], segment: NDArray[np.int64], standing: NDArray[np.int64],
    age: NDArray[np.float64], u: dict[int, NDArray[np.float64]],
) -> None:  # fmt: skip
    """Draw the next moment: what is left of a length-biased purchase gap, or of an exponential wait."""
    customer = standing == CUSTOMER
    cv = params[t.PURCHASE_GAP_CV, segment]
    s = np.sqrt(np.log1p(cv * cv))
    gap = params[t.PURCHASE_GAP_MEAN, segment] * np.exp(s * scipy.special.ndtri(u[draws.START_GAP]) + 0.5 * s * s)
    ahead = np.where(age > 0.0, u[draws.START_PHASE] * gap, 0.0)
    mean = np.where(
        standing == PROSPECT, params[t.CONSIDER_GAP_MEAN, segment], params[t.AVOID_MEAN, segment] * YEAR_DAYS
    )
    wait = np.where(customer, ahead, -mean * np.log(u[draws.START_PHASE]))
    day = np.floor(np.minimum(wait, 1e6)).astype(np.int64)
    past = np.where(customer, np.floor(ahead - np.where(age > 0.0, gap, 0.0)), 0.0)
    state.status[LAST_DAY] = np.minimum(past, day - 1 + (age == 0.0)).astype(np.int32)
    state.status[PLANNED_DAY] = day.astype(np.int32)
    state.status[SINCE_DAY] = np.where(customer, -1 - np.minimum(age * YEAR_DAYS, 1e6), 0).astype(np.int32)


def _enlist(state: State) -> None:
    """Put everybody's next moment into the lists of its day, the last of which may have room."""
    empty_calendar(state)
    days = len(state.calendar)
    planned = state.status[PLANNED_DAY]
    person = np.flatnonzero(planned < days).astype(np.int32)
    order = np.argsort(planned[person].astype(np.min_scalar_type(days)), kind="stable")  # linear, being narrow
    person = person[order]
    counts = np.bincount(planned[person], minlength=days)
    lists = -(-counts // LIST_ROOM)
    start, before = np.cumsum(lists) - lists, np.cumsum(counts) - counts
    for block in blocks(len(person)):
        day = planned[person[block]]
        rank = np.arange(block.start, block.stop) - before[day]
        state.lists[LIST_PEOPLE + rank % LIST_ROOM, start[day] + rank // LIST_ROOM] = person[block]
    used, last = int(lists.sum()), (start + lists - 1)[counts > 0]
    state.lists[LISTED, :used] = LIST_ROOM
    state.lists[LISTED, last] = (counts - (lists - 1) * LIST_ROOM)[counts > 0]
    state.lists[NEXT_LIST, :used] = np.arange(used) - 1
    state.lists[NEXT_LIST, start[counts > 0]] = -1
    state.calendar[counts > 0] = last
    state.company_i[FREE_LIST] = used


def empty_calendar(state: State) -> None:
    """Have no moments on any day, and all lists free."""
    state.calendar[:] = -1
    state.lists[NEXT_LIST] = np.arange(1, state.lists.shape[1] + 1)
    state.company_i[FREE_LIST] = 0


# -- what is left of the past ------------------------------------------------------------------------------------


def _open_causes(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...]) -> None:
    """Open the causes that opened before the start and have not ended, in the order in which they did."""
    past = np.arange(int(LIVES * params[t.CAUSE_LIFE, 0]), 0, -1)
    entity = np.ones_like(past)
    opened = draws.uniforms(state.keys, draws.CAUSE_OPENS, entity, past) < params[t.CAUSE_RATE, 0] / YEAR_DAYS
    life = -params[t.CAUSE_LIFE, 0] * np.log(draws.uniforms(state.keys, draws.CAUSE_LIFE, entity, past))
    alive = np.flatnonzero(opened & (life > past))[-MOST_CAUSES:]
    age, ends = past[alive], np.floor(life[alive] - past[alive]).astype(np.int64) + 1
    share = mixture(params, list(rates))[0]
    heard, lead = heard_a_day(params, share) * age, params[t.FIX_LEAD, 0]
    due = days_to_fix(params, share) - age
    fixed = due <= 0.0
    slots = slice(0, len(alive))
    state.cause[CAUSE_EXCESS, slots] = params[t.CAUSE_EXCESS, 0] * np.where(fixed, 1.0 - params[t.FIX_EFFECT, 0], 1.0)
    state.cause_i[CAUSE_OPENED, slots], state.cause_i[CAUSE_ENDS, slots] = -age, ends
    state.cause_i[TIMES_HEARD, slots] = np.where(fixed, 0, heard)
    state.cause_i[FIX_DAY, slots] = np.where(~fixed & (due <= lead), np.ceil(np.minimum(due, lead)), -1)
    state.company_i[CAUSES] = len(alive)
    state.company[EXCESS] = state.cause[CAUSE_EXCESS].sum()


def _publish_reviews(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...], scenario: Scenario) -> None:
    """Start with the reviews of the past."""
    state.company[[STARS, REVIEW_WEIGHT]] = past_reviews(params, list(rates), scenario)
    state.company[RATING] = settled_rating(params, list(rates), scenario)


# -- staff -------------------------------------------------------------------------------------------------------


def most_positions(resolved: Resolved) -> int:
    """Positions there is room for: the most planned in any phase, three times as many when following the load."""
    planned = max(int(params[t.EMPLOYEES, 0] + 0.5) for _, params in resolved.phases)
    follows = any(params[t.STAFFING_FOLLOWS, 0] > 0.0 for _, params in resolved.phases)
    return max(1, 3 * planned + 1 if follows else planned)


def _staff(state: State, params: NDArray[np.float64]) -> None:
    """Fill the positions with agents whose tenures are those of a staff that has long been turning over."""
    filled = int(params[t.EMPLOYEES, 0] + 0.5)
    state.company_i[POSITIONS] = filled
    state.company[PRESSURE] = params[t.PRESSURE_REFERENCE, 0]
    state.company[LOAD] = _planned_load(params, filled, state.hours)
    position = np.arange(state.agent.shape[1])
    rate = max(float(params[t.QUIT_RATE, 0]), 1e-9)
    tenure = -np.log(draws.uniforms(state.keys, draws.START_AGE, position, 1)) / rate * YEAR_DAYS
    vacant = draws.uniforms(state.keys, draws.START_STANDING, position, 1)
    lag = params[t.HIRE_LAG, 0]
    empty = vacant < lag * rate / (YEAR_DAYS + lag * rate)
    state.agent_i[EMPLOYED] = (position < filled) & ~empty
    state.agent_i[GENERATION] = 1
    state.agent_i[HIRED_DAY] = -np.minimum(tenure, 1e5).astype(np.int64)
    left = draws.uniforms(state.keys, draws.START_PHASE, position, 1) * lag
    state.agent_i[VACANT_UNTIL] = np.where(position < filled, 1 + left.astype(np.int64), int(lag))
    state.agent[STRESS] = params[t.QUIT_STRESS, 0]
    state.agent[ATTITUDE] = params[t.ATTITUDE_TONE, 0]
    state.company[MEAN_ATTITUDE] = params[t.ATTITUDE_TONE, 0]


def _planned_load(params: NDArray[np.float64], employees: int, opening: NDArray[np.int64]) -> float:
    """Load (Erlangs) for which the square-root rule would ask for just these employees; a start for its smoothing."""
    hours = 1e-9 + params[t.WEEK_HOURS, 0] * (1.0 - params[t.SHRINKAGE, 0]) * employees
    seats = hours / max(1e-9, float(np.sum(np.diff(opening, axis=1)) / HOUR))
    root = 0.5 * (np.sqrt(params[t.STAFFING_BETA, 0] ** 2 + 4.0 * seats) - params[t.STAFFING_BETA, 0])
    return float(root * root)


# -- fixed tables ------------------------------------------------------------------------------------------------


def _graph(
    keys: NDArray[np.uint64], params: NDArray[np.float64], people: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    mean, sigma, local = (float(params[row, 0]) for row in (t.DEGREE_MEAN, t.DEGREE_SIGMA, t.DEGREE_LOCAL))
    return draw_graph(keys, people, mean, sigma, local, max(1, int(params[t.DEGREE_WINDOW, 0])))


def _list(scenario: Scenario, name: str) -> NDArray[np.float64]:
    return np.array(scenario.value(name), dtype=np.float64)


def opening_hours(scenario: Scenario) -> NDArray[np.int64]:
    """Opening and closing by weekday, ticks of the day: (7, 2)."""
    hours = np.stack([_list(scenario, "open_hour"), _list(scenario, "close_hour")], axis=1) * HOUR
    return hours.astype(np.int64)


def _weekday_weights(scenario: Scenario) -> NDArray[np.float64]:
    """Relative number of contacts by weekday: the fitted weights on the days that are open."""
    hours = opening_hours(scenario)
    return np.where(hours[:, 1] > hours[:, 0], np.maximum(_list(scenario, "weekday_weight"), NEVER), 0.0)


def _kernel(scenario: Scenario, keys: NDArray[np.uint64], days: int) -> NDArray[np.float64]:
    """Cumulative chance of a contact d days after a cause on each day: delay x weekday x the day's own factor."""
    day = np.arange(days + 2 * KERNEL_REACH)
    cv = number(scenario, "day_factor_cv")
    s = np.sqrt(np.log1p(cv * cv))
    normal = scipy.special.ndtri(draws.uniforms(keys, draws.DAY_FACTOR, np.zeros_like(day), day))
    factor = np.exp(s * normal - 0.5 * s * s)
    factor *= _weekday_weights(scenario)[day % WEEK_DAYS]
    delay = np.exp(-np.arange(KERNEL_REACH) / max(number(scenario, "contact_delay"), 1e-9))
    ahead = np.lib.stride_tricks.sliding_window_view(factor, KERNEL_REACH)[: days + KERNEL_REACH]
    weights = np.cumsum(ahead * delay, axis=1)
    return np.ascontiguousarray(weights / weights[:, -1:])


def day_shapes(scenario: Scenario, hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of a day's contacts by half-hour: the fitted shape within our own opening hours, (7, 48)."""
    shapes = np.zeros((WEEK_DAYS, HALF_HOURS))
    edges = np.arange(HALF_HOURS + 1) * HALF_HOUR_TICKS
    for weekday, (opening, closing) in enumerate(hours):
        full = closing - opening > hours[0, 1] - hours[0, 0] - HOUR
        shape = _list(scenario, "profile_full_day" if full else "profile_short_day")
        inside = np.clip(np.minimum(edges[1:], closing) - np.maximum(edges[:-1], opening), 0, None) / HALF_HOUR_TICKS
        total = (shape * inside).sum()
        if total > 0.0:
            shapes[weekday] = shape * inside / total
    return shapes


def _profile(scenario: Scenario, hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Quantiles of the time of day (ticks) by weekday, (7, knots)."""
    grid = np.linspace(0.0, 1.0, PROFILE_KNOTS)
    profile = np.zeros((WEEK_DAYS, PROFILE_KNOTS), dtype=np.int64)
    for weekday, shape in enumerate(day_shapes(scenario, hours)):
        opening, closing = hours[weekday]
        if shape.sum() == 0.0:
            continue
        edges = np.clip(np.arange(HALF_HOURS + 1) * HALF_HOUR_TICKS, opening, closing)
        reached = np.concatenate([[0.0], np.cumsum(shape)])
        profile[weekday] = np.interp(grid, reached, edges).astype(np.int64)
        profile[weekday] = np.clip(profile[weekday], opening, closing - 1)
    return profile


def _patience_shape(scenario: Scenario, segments: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Knots and hazard of patience in units of its mean: (segments, pieces) each.

    The priority segment has the priority callers' shape, everybody else the regular one.
    """
    inner = _list(scenario, "patience_knots") / 60.0
    knots = np.concatenate([[0.0], inner])
    both = [], []  # type: tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]
    for segment in segments:
        name = "patience_hazard_priority" if segment == "priority" else "patience_hazard_regular"
        hazard = _list(scenario, name)
        survival = np.exp(-np.concatenate([[0.0], np.cumsum(hazard[:-1] * np.diff(knots))]))
        ends = np.concatenate([survival[1:], [0.0]])
        whole = survival * np.append(np.diff(knots), np.inf)  # of a piece in which nobody hangs up
        mean = float(np.sum(np.divide(survival - ends, hazard, out=whole, where=hazard > 0.0)))
        both[0].append(knots / mean)
        both[1].append(hazard * mean)
    return np.array(both[0]), np.array(both[1])


def _rota(
    scenario: Scenario, params: NDArray[np.float64], hours: NDArray[np.int64], positions: int
) -> NDArray[np.int32]:
    """Seats by half-hour of the week for every number of positions, (positions + 1, 7 * 48)."""
    shapes = day_shapes(scenario, hours) * _weekday_weights(scenario)[:, None]
    rota = np.zeros((positions + 1, WEEK_DAYS * HALF_HOURS), dtype=np.int32)
    productive = 2.0 * params[t.WEEK_HOURS, 0] * (1.0 - params[t.SHRINKAGE, 0])
    for n in range(1, positions + 1):
        rota[n] = seats_by_half_hour(shapes.ravel(), n * productive, n, float(params[t.STAFFING_BETA, 0]))
    return rota


def seats_by_half_hour(shape: NDArray[np.float64], half_hours: float, most: int, beta: float) -> NDArray[np.int32]:
    """Spread paid half-hours over the open ones by the square-root rule on their load; at least one seat, at most all.

    Parameters
    ----------
    shape : expected contacts by half-hour (relative), (336,).
    half_hours : seat half-hours to give out; most : agents there are; beta : safety of the square-root rule.
    """
    open_ = shape > 0.0
    share = shape[open_] / shape.sum()

    def wanted(load: float) -> NDArray[np.float64]:
        return np.clip(load * share + beta * np.sqrt(load * share), 1.0, most)

    if half_hours >= most * open_.sum():
        exact = np.full(len(share), float(most))
    elif half_hours <= wanted(0.0).sum():
        exact = wanted(0.0)
    else:
        top = 1.0
        while wanted(top).sum() < half_hours:
            top *= 2.0
        exact = wanted(scipy.optimize.brentq(lambda load: wanted(load).sum() - half_hours, 0.0, top))
    seats = np.floor(exact).astype(np.int32)
    short = round(min(half_hours, exact.sum()) - seats.sum())
    seats[np.argsort(seats - exact, kind="stable")[: max(0, short)]] += 1
    full = np.zeros(len(shape), dtype=np.int32)
    full[open_] = np.minimum(seats, most)
    return full
