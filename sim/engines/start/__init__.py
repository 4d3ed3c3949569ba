"""The state at the start: people in the model's own long-run mixture, a staff in mid-life, and the fixed tables.

A person with disposition theta is a customer, a prospect or an avoider in proportion join : leave(theta) : the
time that grievances last, so dispositions start out sorted; a fresh cohort would show rising retention for years,
and a trend would be taken for a policy. Join and leave rates come from a mean-field fixed point of the same rules
(``settle_rates``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sim.model.columns as t
import sim.model.state as s
from sim.engines.start.graph import draw_graph
from sim.engines.start.people import empty_calendar, enlist, place_everybody
from sim.engines.start.staff import hire_staff, most_positions, rota
from sim.engines.start.steady_state import (
    Rates,
    days_to_fix,
    heard_a_day,
    mixture,
    past_reviews,
    settle_rates,
    settled_rating,
    tell_tables,
)
from sim.engines.start.tables import day_profile, delay_kernel, opening_hours, patience_shape
from sim.inputs.scenario import Resolved, Scenario
from sim.model import draws
from sim.model.clock import DAY, YEAR_DAYS, YEAR_MONTHS
from sim.model.state import State, records

__all__ = ["FIRST_SLOTS", "LOG_SPARE", "build", "empty_calendar", "most_positions"]

# Sizes of tables, not quantities of the model.
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
    place_everybody(state, params, None if scenario.fresh else rates)
    enlist(state)
    hire_staff(state, params)
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
        person=records(s.PERSON_FIELDS, people),
        tally=records(s.TALLY_FIELDS, people, np.int64),
        status=records(s.STATUS_FIELDS, people, np.int32),
        case_f=records(s.CASE_FLOATS, FIRST_SLOTS),
        case=records(s.CASE_FIELDS, FIRST_SLOTS, np.int64),
        free=np.arange(FIRST_SLOTS - 1, -1, -1, dtype=np.int32),
        agent=records(s.AGENT_FLOATS, basis.positions),
        agent_i=records(s.AGENT_FIELDS, basis.positions, np.int64),
        company=np.zeros(s.COMPANY_FLOATS),
        cause=records(s.CAUSE_FLOATS, s.MOST_CAUSES),
        cause_i=records(s.CAUSE_FIELDS, s.MOST_CAUSES, np.int64),
        company_i=_counters(scenario, people, logging),
        board=records(s.BOARD_ROWS, days, np.int64),
        board_f=records(s.BOARD_FLOATS, days),
        cohort=_cohort_table(scenario),
        by_segment=records(s.BOARD_ROWS, len(resolved.segments) * days, np.int64),
        by_segment_f=records(s.BOARD_FLOATS, len(resolved.segments) * days),
        cohort_by_segment=_cohort_table(scenario, len(resolved.segments)),
        calendar=np.zeros(days, dtype=np.int32),
        lists=records(s.LIST_FIELDS, people // s.LIST_ROOM + days + 1, np.int32),
        frontier=np.zeros(people, dtype=np.int32),
        first_edge=first_edge,
        edge=edge,
        kernel=delay_kernel(scenario, keys, days),
        log_i=records(s.LOG_FIELDS, log_rows, np.int64),
        log_f=records(s.LOG_FLOATS, log_rows),
        **_fixed_tables(basis),
    )


def _cohorts(scenario: Scenario) -> int:
    """Years that begin in the measured period, each with a cohort of its own."""
    return int(np.ceil(scenario.years))


def _cohort_table(scenario: Scenario, segments: int = 1) -> NDArray[np.int64]:
    years = _cohorts(scenario)
    return np.zeros((segments * years, 1 + YEAR_MONTHS * years), dtype=np.int64)


def _counters(scenario: Scenario, people: int, logging: bool) -> np.ndarray:
    company = np.zeros(s.COMPANY_FIELDS, dtype=np.int64)
    company[[s.BUCKET, s.BUCKETS, s.DAYS, s.PEOPLE]] = DAY, scenario.days, scenario.days, people
    company[[s.COHORTS, s.COHORT_START, s.LOGGING]] = _cohorts(scenario), scenario.first_day, logging
    company[s.FREE_SLOTS] = FIRST_SLOTS
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
    knots, hazard = patience_shape(scenario, resolved.base[t.PATIENCE_PRIORITY])
    tables: dict[str, NDArray[Any]] = {
        "profile": day_profile(scenario, hours),
        "hours": hours,
        "knots": knots,
        "hazard": hazard,
        "rota": rota(scenario, resolved.base, hours, basis.positions),
        "tells": tell_tables(scenario.reading),
        "quantiles": np.zeros((1, 2)),
    }
    for table in tables.values():
        table.flags.writeable = False
    return tables


# -- what is left of the past ------------------------------------------------------------------------------------


def _open_causes(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...]) -> None:
    """Open the causes that opened before the start and have not ended, in the order in which they did."""
    past = np.arange(int(LIVES * params[t.CAUSE_LIFE, 0]), 0, -1)
    entity = np.ones_like(past)
    opened = draws.uniforms(state.keys, draws.CAUSE_OPENS, entity, past) < params[t.CAUSE_RATE, 0] / YEAR_DAYS
    life = -params[t.CAUSE_LIFE, 0] * np.log(draws.uniforms(state.keys, draws.CAUSE_LIFE, entity, past))
    alive = np.flatnonzero(opened & (life > past))[-s.MOST_CAUSES :]
    age, ends = past[alive], np.floor(life[alive] - past[alive]).astype(np.int64) + 1
    share = mixture(params, list(rates))[0]
    heard, lead = heard_a_day(params, share) * age, params[t.FIX_LEAD, 0]
    due = days_to_fix(params, share) - age
    fixed = due <= 0.0
    slots = slice(0, len(alive))
    state.cause[s.CAUSE_EXCESS, slots] = params[t.CAUSE_EXCESS, 0] * np.where(fixed, 1.0 - params[t.FIX_EFFECT, 0], 1.0)
    state.cause_i[s.CAUSE_OPENED, slots], state.cause_i[s.CAUSE_ENDS, slots] = -age, ends
    state.cause_i[s.TIMES_HEARD, slots] = np.where(fixed, 0, heard)
    state.cause_i[s.FIX_DAY, slots] = np.where(~fixed & (due <= lead), np.ceil(np.minimum(due, lead)), -1)
    state.company_i[s.CAUSES] = len(alive)
    state.company[s.EXCESS] = state.cause[s.CAUSE_EXCESS].sum()


def _publish_reviews(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...], scenario: Scenario) -> None:
    """Start with the reviews of the past."""
    state.company[[s.STARS, s.REVIEW_WEIGHT]] = past_reviews(params, list(rates), scenario)
    state.company[s.RATING] = settled_rating(params, list(rates), scenario)


def _graph(
    keys: NDArray[np.uint64], params: NDArray[np.float64], people: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    mean, sigma, local = (float(params[row, 0]) for row in (t.DEGREE_MEAN, t.DEGREE_SIGMA, t.DEGREE_LOCAL))
    return draw_graph(keys, people, mean, sigma, local, max(1, int(params[t.DEGREE_WINDOW, 0])))
