"""The days after a date, forecast from those before it: arrivals, and what they meet in the queue.

Arrivals are drawn: the level of the last weeks times weekday and half-hour, a factor for the error of that level, a
factor of each day (lognormal; neighbouring days are as alike as they were), a factor of each hour (gamma) that makes
hours as uneven as they were, and Poisson chance. Each draw is then played
to the bare centre (`sim.queue`): handling times drawn from those seen, patience by the fitted hazard, and the agents of
a day in the past with the same weekday, their fractions rounded up or down by chance. Bands are percentiles of the
draws. A holiday to come is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sim.model.state as s
from sim.company.fitting.contacts import patience
from sim.company.fitting.contacts.past import Past
from sim.contact_centre import distribution
from sim.contact_centre.arrivals import Trace
from sim.contact_centre.centre import Centre, ContactClass
from sim.contact_centre.replication import engine_for, replicate
from sim.engines.choice import sharing
from sim.model.clock import DAY_HOURS, HALF_HOUR_MINUTES, HALF_HOURS, MINUTE_SECONDS, SECOND
from sim.progress import Meter, silent
from sim.running.workers import available, work_off

DRAWS = 200
"""Draws of the arrivals: a band of 95 % then has five draws beyond either end."""
FEWEST_RUNS = 20
"""Runs of the queue below which percentiles mean nothing."""
MOST_CONTACTS = 4_000_000
"""Contacts that are simulated in all; where the days to come bring more, fewer draws and then fewer days are played."""
SEED = 1999
"""Any fixed number makes the forecast repeatable."""
KNOTS = 4000
"""Points of the law of patience: its mean is then right to a tenth of a per cent."""
LEAST_SHAPE = 0.1
"""Of the factor of an hour: hours that hardly bring a contact need no wilder one."""
TICKS_A_SECOND = SECOND


@dataclass(frozen=True, eq=False)
class Drawn:
    """What the draws bring, by hour.

    Parameters
    ----------
    days : to come.
    offered : contacts (draws, hours).
    ended, abandoned, waited : of those that are played: contacts, those that gave up, and seconds in the queue (runs,
        hours of the days that are played); None when the queue cannot be simulated.
    """

    days: pd.DatetimeIndex
    offered: NDArray[np.float64]
    ended: NDArray[np.float64] | None = None
    abandoned: NDArray[np.float64] | None = None
    waited: NDArray[np.float64] | None = None


def draw(past: Past, days: pd.DatetimeIndex, report: Meter = silent) -> Drawn:
    """Draw the days to come, and play them to the centre where agents, patience and handling are known."""
    rng = np.random.default_rng(SEED)
    counts = _arrivals(past, days, rng)
    offered = counts.reshape(DRAWS, -1, 2).sum(axis=2).astype(float)
    if not past.can_queue:
        return Drawn(days, offered)
    runs, played = _plan(offered.mean(axis=0).reshape(len(days), DAY_HOURS).sum(axis=1))
    tasks = [Task(past, days[:played], counts[number, :played], number) for number in range(runs)]
    return Drawn(days, offered, *_play(tasks, report))


def _arrivals(past: Past, days: pd.DatetimeIndex, rng: np.random.Generator) -> NDArray[np.int64]:
    """Contacts of every half-hour: (draws, days, 48)."""
    spread = np.sqrt(np.log1p(past.cv**2))
    steps = rng.standard_normal((DRAWS, len(days)))
    logs = np.empty_like(steps)
    logs[:, 0] = steps[:, 0]
    for day in range(1, len(days)):  # a first-order autoregression of unit variance
        logs[:, day] = past.memory * logs[:, day - 1] + np.sqrt(1 - past.memory**2) * steps[:, day]
    factor = np.exp(spread * logs - spread**2 / 2)
    level = np.exp(past.level_error * rng.standard_normal(DRAWS) - past.level_error**2 / 2)
    mean = past.rates[days.weekday] * (factor * level[:, None])[:, :, None]
    return rng.poisson(mean * np.repeat(_unevenness(past, mean, rng), 2, axis=2))


def _unevenness(past: Past, mean: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Factors of hours (draws, days, 24) of mean 1 that give counts the variance over mean that was seen."""
    hours = mean.reshape(*mean.shape[:2], DAY_HOURS, 2).sum(axis=3)
    if past.dispersion <= 1:
        return np.ones_like(hours)
    shape = np.maximum(hours / (past.dispersion - 1), LEAST_SHAPE)
    return rng.gamma(shape) / shape


def _plan(contacts: NDArray[np.float64]) -> tuple[int, int]:
    """Runs of the queue, and days that are played."""
    runs = int(np.clip(MOST_CONTACTS / max(contacts.sum(), 1.0), FEWEST_RUNS, DRAWS))
    return runs, max(int(np.searchsorted(contacts.cumsum(), MOST_CONTACTS / runs)), 1)


# -- the queue -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Task:
    """One run: the arrivals of each half-hour (days, 48), and its number."""

    past: Past
    days: pd.DatetimeIndex
    counts: NDArray[np.int64]
    number: int


def _play(tasks: list[Task], report: Meter) -> tuple[NDArray[np.float64], ...]:
    """Contacts that ended, gave up, and their seconds in the queue: three arrays (runs, hours)."""
    centre = _centre(tasks[0], np.random.default_rng(SEED))
    engine = engine_for(centre, len(tasks))
    found: dict[int, NDArray[np.float64]] = {}
    work_off(
        _run,
        [(task, engine) for task in tasks],
        sharing(engine, available()),
        found.__setitem__,
        lambda done: report(done, len(tasks), "playing the days to come"),
        threads=engine == "compiled",
    )
    if len(found) < len(tasks):
        raise KeyboardInterrupt
    ended, abandoned, waited = np.stack([found[number] for number in range(len(tasks))], axis=1)
    return ended, abandoned, waited


def _run(task: tuple[Task, str], advance: Any = None) -> NDArray[np.float64]:
    one, engine = task
    centre = _centre(one, np.random.default_rng([SEED, one.number]))
    board = replicate((centre, SEED, one.number, engine)).board[:, : len(one.days) * DAY_HOURS]
    ended = board[s.ANSWERED] + board[s.ABANDONED]
    waited = (board[s.WAIT_ANSWERED] + board[s.WAIT_ABANDONED]) / TICKS_A_SECOND
    return np.stack([ended, board[s.ABANDONED], waited]).astype(float)


def _centre(task: Task, rng: np.random.Generator) -> Centre:
    """The centre of one run: a trace of contacts with their own handling and patience, and agents by half-hour."""
    past, counts = task.past, task.counts
    assert past.handling is not None
    assert past.waits is not None
    trace = _trace(past, counts, rng)
    kind = ContactClass(
        name="all",
        share=1.0,
        handling=distribution("handling", f"exponential mean {past.mean_handling} s"),
        patience=distribution("patience", f"exponential mean {past.mean_patience} s"),
        target_seconds=0.0,
        short_abandon_seconds=0.0,
    )
    return Centre(
        title="the days to come",
        arrivals=trace,
        classes=(kind,),
        agents=tuple(int(one) for one in _agents(past, task.days, rng).ravel()),
        managers=0,
        by_transfer=False,
        warmup_hours=0.0,
        hours=float(len(task.days) * DAY_HOURS),
    )


def _trace(past: Past, counts: NDArray[np.int64], rng: np.random.Generator) -> Trace:
    assert past.handling is not None
    assert past.waits is not None
    slots = np.repeat(np.arange(counts.size), counts.ravel())
    minutes = np.sort((slots + rng.random(len(slots))) * HALF_HOUR_MINUTES)
    shares = past.handling.counts / past.handling.counts.sum()
    handling = rng.choice(past.handling.values, len(minutes), p=shares) / MINUTE_SECONDS
    law = patience.quantiles(past.waits.hazard(0.95), KNOTS)
    return Trace(
        minutes=tuple(minutes.tolist()),
        handling=tuple(handling.tolist()),
        patience=tuple(rng.choice(law, len(minutes)).tolist()),
    )


def _agents(past: Past, days: pd.DatetimeIndex, rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole agents (days, 48): of each day those of a day in the past with its weekday, drawn."""
    assert past.agents is not None
    known = pd.DatetimeIndex(past.agents.index).weekday
    table, found = past.agents.to_numpy(float), np.zeros((len(days), HALF_HOURS))
    for place, weekday in enumerate(days.weekday):
        same = np.flatnonzero(known == weekday)
        if len(same):
            found[place] = table[rng.choice(same)]
    return whole_agents(found, rng)


def whole_agents(agents: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole agents by half-hour (days, 48): right in the mean, and any run of a day within one agent of its sum."""
    upto = np.cumsum(agents, axis=1) + rng.random((len(agents), 1))
    return np.diff(np.floor(upto), axis=1, prepend=0.0).astype(int)
