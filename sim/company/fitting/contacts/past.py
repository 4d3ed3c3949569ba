"""What a forecast stands on: the level, the week, the laws and the staffing of the records before a date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import handling, patience, staffing
from sim.company.fitting.contacts.arrivals import TREND_WEEKS, day_factor, day_memory, dispersion
from sim.company.fitting.contacts.calendar import Calendar, days_of, half_hours, weeks
from sim.company.fitting.contacts.hours import Hours, opening_hours
from sim.company.fitting.error import RecordsError
from sim.model.clock import HALF_HOURS, WEEK_DAYS

LEVEL_WEEKS = 8
"""Weeks before the date whose level goes on: long enough to average chance, short enough to follow growth."""
FEWEST_DAYS = 10
"""Open days below which nothing can be forecast."""
USUAL_CV, USUAL_MEMORY = 0.15, 0.59
"""Day factor, levels of weeks in it, and correlation of neighbouring days where the past is too short to tell: those of
a bank (note of day_factor_cv in sim/inputs/parameters/profiles.toml). A few weeks tell little of how levels wander."""
MOST_MEMORY = 0.95
"""Correlation of neighbouring days above which levels would wander without end."""
CV_WEEKS = 4
"""Weeks of past from which the day factor is its own."""


@dataclass(frozen=True, eq=False)
class Past:
    """What is known before the date.

    Parameters
    ----------
    days : of the records.
    hours : of opening.
    rates : expected contacts by weekday and half-hour, (7, 48).
    cv, memory : of the day factor around them: coefficient of variation, and correlation of neighbouring days.
    level_error : relative standard error of their level.
    dispersion : variance over mean of the contacts of an hour, given the day's total; 1 for Poisson chance.
    handling : of all answered contacts, or None.
    waits : of all contacts, or None where nobody gave up.
    agents : agents of kept days (rows, DatetimeIndex) by half-hour, or None when they are not named.
    """

    days: Calendar
    hours: Hours
    rates: NDArray[np.float64]
    cv: float
    memory: float
    level_error: float
    dispersion: float
    handling: handling.Services | None
    waits: patience.Waits | None
    agents: pd.DataFrame | None

    @property
    def can_queue(self) -> bool:
        """Whether the queue can be simulated."""
        return self.handling is not None and self.waits is not None and self.agents is not None

    @property
    def mean_handling(self) -> float:
        """Seconds of an answered contact."""
        assert self.handling is not None
        return float(self.handling.values @ self.handling.counts / self.handling.counts.sum())

    @property
    def mean_patience(self) -> float:
        """Seconds waited for each contact that gave up: the patience of Erlang A."""
        assert self.waits is not None
        return float(self.waits.wait @ self.waits.count) / self.waits.events


def split(clean: Clean, until: pd.Timestamp) -> tuple[Clean, Clean]:
    """Split contacts at a date into those before it and the rest, as views of the table.

    Raises
    ------
    RecordsError : when one of the two is empty.
    """
    parts = [clean.part(name, f"arrival {sign} timestamp '{until}'") for name, sign in (("past", "<"), ("rest", ">="))]
    if not all(clean.connection.execute(f"select count(*) from {part.table}").fetchall()[0][0] for part in parts):
        first, last = clean.connection.execute(f"select min(arrival), max(arrival) from {clean.table}").fetchall()[0]
        raise RecordsError(
            f"--until {until - pd.Timedelta(days=1):%Y-%m-%d}: the contacts run from {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}; give a day between them."
        )
    return parts[0], parts[1]


def check(clean: Clean, until: pd.Timestamp) -> None:
    """Refuse a date that leaves too little on either side, before anything is fitted.

    Raises
    ------
    RecordsError : as `split`, and when the days before it are too few.
    """
    open_ = len(days_of(half_hours(split(clean, until)[0])).kept)
    if open_ < FEWEST_DAYS:
        raise RecordsError(
            f"--until: the contacts up to that day cover {open_} open days; give a later day, with at least "
            f"{FEWEST_DAYS}."
        )


def past(clean: Clean) -> Past:
    """Learn from the records before a date that was checked."""
    days = days_of(half_hours(clean))
    rates, level_days = _rates(days)
    cv, memory = _day_factor(days)
    services, waits = handling.services(clean), patience.waits(clean)
    return Past(
        days=days,
        hours=opening_hours(clean, days),
        rates=rates,
        cv=cv,
        memory=memory,
        # Days that are alike tell less of the level than as many independent ones.
        level_error=cv * np.sqrt((1 + memory) / (1 - memory) / level_days),
        dispersion=_dispersion(days),
        handling=services[0] if services else None,
        waits=waits[0] if waits and waits[0].events else None,
        agents=_agents(clean, days),
    )


def _rates(days: Calendar) -> tuple[NDArray[np.float64], int]:
    """Expected contacts by weekday and half-hour at the level of the last weeks, and the days of that level."""
    kept = days.kept
    weekday = pd.DatetimeIndex(kept.index).weekday
    totals = kept.sum(axis=1)
    usual = totals.groupby(weekday).mean().reindex(range(WEEK_DAYS)).fillna(0.0).to_numpy(float)
    last = np.asarray(kept.index > kept.index.max() - pd.Timedelta(weeks=LEVEL_WEEKS))
    level = float(totals[last].sum() / usual[weekday][last].sum())
    shapes = np.array([_shape(days, day) for day in range(WEEK_DAYS)])
    return level * usual[:, None] * shapes, int(last.sum())


def _shape(days: Calendar, day: int) -> NDArray[np.float64]:
    """Shares of the half-hours of a weekday: of all full days together, or of a short day's own."""
    of = days.of(days.full if day in days.full else (day,)).sum(axis=0).to_numpy(float)
    return of / of.sum() if of.sum() else np.zeros(HALF_HOURS)


def _day_factor(days: Calendar) -> tuple[float, float]:
    totals = days.of(days.full).sum(axis=1)
    count = len(np.unique(weeks(pd.DatetimeIndex(totals.index))))
    long = count >= TREND_WEEKS
    cv = day_factor(totals, "", 0.95, slow="trend" if long else "none").value if count >= CV_WEEKS else USUAL_CV
    return cv, float(np.clip(day_memory(totals, 0.95).value, 0.0, MOST_MEMORY)) if long else USUAL_MEMORY


def _dispersion(days: Calendar) -> float:
    """Pearson's statistic of the hours of full days around their shape, over its degrees of freedom; at least 1."""
    of = days.of(days.full).to_numpy(float)
    found = dispersion(of.reshape(len(of), HALF_HOURS // 2, 2).sum(axis=2))
    return max(found, 1.0) if np.isfinite(found) else 1.0


def _agents(clean: Clean, days: Calendar) -> pd.DataFrame | None:
    if not clean.has("agent", "service"):
        return None
    table = staffing.by_day(staffing.half_hours(clean), days, "agents")
    last = table.index.max() - pd.Timedelta(weeks=LEVEL_WEEKS)
    return table[table.index > last] if table.to_numpy().any() else None
