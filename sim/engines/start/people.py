"""People at the start: their segment, standing, scores and next moment, in the model's own long-run mixture."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import scipy
from numpy.typing import NDArray

import sim.model.columns as t
import sim.model.state as s
from sim.engines.start.steady_state import Rates, leaving_rate
from sim.model import draws
from sim.model.blocks import blocks
from sim.model.clock import YEAR_DAYS
from sim.model.rules.loyalty import habit_after
from sim.model.state import State


def place_everybody(state: State, params: NDArray[np.float64], rates: tuple[Rates, ...] | None) -> None:
    """Place everybody, a block at a time."""
    for block in blocks(state.person.shape[1]):
        person = np.arange(block.start, block.stop)
        part = state._replace(person=state.person[:, block], status=state.status[:, block], tally=state.tally[:, block])
        drawn = {stream: draws.uniforms(state.keys, stream, person, 0) for stream in _START_STREAMS}
        _place(part, params, rates, drawn)


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
    state.person[s.DISPOSITION] = theta
    state.status[s.SEGMENT] = segment
    state.status[s.CASE] = -1
    state.tally[s.TRAITS] = np.where(u[draws.PEST] < params[t.PEST_SHARE, segment], s.PEST, 0)
    if rates is None:
        standing, age = np.full(len(segment), s.CUSTOMER), np.zeros(len(segment))
        goodwill = params[t.REFERENCE_GOODWILL, segment]
    else:
        settled = np.array([astuple(r) for r in rates]).T
        join, issues, grieved, goodwill, state.person[s.HEARD] = settled.take(segment, axis=1)
        leave = leaving_rate(params, segment, theta, goodwill, issues)
        avoid = join * (issues * grieved) * params[t.AVOID_MEAN, segment]
        standing = _standings(leave, join, avoid, u[draws.START_STANDING])
        age = -np.log(u[draws.START_AGE]) / np.maximum(np.where(standing == s.CUSTOMER, leave, join), 1e-9)
    state.status[s.STANDING] = standing
    for k, level in ((s.PROSPECT, s.PROSPECTS_NOW), (s.CUSTOMER, s.CUSTOMERS_NOW), (s.AVOIDING, s.AVOIDING_NOW)):
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
    customer = standing == s.CUSTOMER
    years = params[t.PURCHASE_GAP_MEAN, segment] / YEAR_DAYS
    bought = 1.0 + np.floor(np.minimum(age / years, 1e6))
    habit = 1.0 - (1.0 - np.array([habit_after(0.0, r) for r in params[t.HABIT_RATE]]))[segment] ** bought
    state.person[s.HABIT] = np.where(customer, habit, 0.0)
    neutral = params[t.GOODWILL_NEUTRAL, segment]
    left = neutral + (goodwill - neutral) * np.exp(-age / params[t.GOODWILL_MEMORY, segment])
    state.person[s.GOODWILL] = np.where(customer, goodwill, np.where(standing == s.PROSPECT, left, neutral))
    state.person[s.EXPECT_PURCHASE] = params[t.ROUTINE_QUALITY, segment]
    state.person[s.EXPECT_ENQUIRY] = params[t.REFERENCE_EXPECTATION, segment]
    state.person[s.EXPECT_RECOVERY] = params[t.REFERENCE_EXPECTATION, segment]


def _moments(
    state: State, params: NDArray[np.float64], segment: NDArray[np.int64], standing: NDArray[np.int64],
    age: NDArray[np.float64], u: dict[int, NDArray[np.float64]],
) -> None:  # fmt: skip
    """Draw the next moment: what is left of a length-biased purchase gap, or of an exponential wait."""
    customer = standing == s.CUSTOMER
    cv = params[t.PURCHASE_GAP_CV, segment]
    sigma = np.sqrt(np.log1p(cv * cv))
    gap = params[t.PURCHASE_GAP_MEAN, segment] * np.exp(
        sigma * scipy.special.ndtri(u[draws.START_GAP]) + 0.5 * sigma * sigma
    )
    ahead = np.where(age > 0.0, u[draws.START_PHASE] * gap, 0.0)
    mean = np.where(
        standing == s.PROSPECT, params[t.CONSIDER_GAP_MEAN, segment], params[t.AVOID_MEAN, segment] * YEAR_DAYS
    )
    wait = np.where(customer, ahead, -mean * np.log(u[draws.START_PHASE]))
    day = np.floor(np.minimum(wait, 1e6)).astype(np.int64)
    past = np.where(customer, np.floor(ahead - np.where(age > 0.0, gap, 0.0)), 0.0)
    state.status[s.LAST_DAY] = np.minimum(past, day - 1 + (age == 0.0)).astype(np.int32)
    state.status[s.PLANNED_DAY] = day.astype(np.int32)
    state.status[s.SINCE_DAY] = np.where(customer, -1 - np.minimum(age * YEAR_DAYS, 1e6), 0).astype(np.int32)


def enlist(state: State) -> None:
    """Put everybody's next moment into the lists of its day, the last of which may have room."""
    empty_calendar(state)
    days = len(state.calendar)
    planned = state.status[s.PLANNED_DAY]
    person = np.flatnonzero(planned < days).astype(np.int32)
    order = np.argsort(planned[person].astype(np.min_scalar_type(days)), kind="stable")  # linear, being narrow
    person = person[order]
    counts = np.bincount(planned[person], minlength=days)
    lists = -(-counts // s.LIST_ROOM)
    start, before = np.cumsum(lists) - lists, np.cumsum(counts) - counts
    for block in blocks(len(person)):
        day = planned[person[block]]
        rank = np.arange(block.start, block.stop) - before[day]
        state.lists[s.LIST_PEOPLE + rank % s.LIST_ROOM, start[day] + rank // s.LIST_ROOM] = person[block]
    used, last = int(lists.sum()), (start + lists - 1)[counts > 0]
    state.lists[s.LISTED, :used] = s.LIST_ROOM
    state.lists[s.LISTED, last] = (counts - (lists - 1) * s.LIST_ROOM)[counts > 0]
    state.lists[s.NEXT_LIST, :used] = np.arange(used) - 1
    state.lists[s.NEXT_LIST, start[counts > 0]] = -1
    state.calendar[counts > 0] = last
    state.company_i[s.FREE_LIST] = used


def empty_calendar(state: State) -> None:
    """Have no moments on any day, and all lists free."""
    state.calendar[:] = -1
    state.lists[s.NEXT_LIST] = np.arange(1, state.lists.shape[1] + 1)
    state.company_i[s.FREE_LIST] = 0
