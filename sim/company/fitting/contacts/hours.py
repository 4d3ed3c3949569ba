"""Opening hours by weekday, from when agents take contacts: calls that come at night are not answered at night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts.calendar import Calendar, slot_of
from sim.company.fitting.estimate import Estimate
from sim.company.numbers import write_hours
from sim.model.clock import HALF_HOURS, WEEK_DAYS
from sim.wording import WEEKDAYS

OPEN_SHARE = 0.1
"""A half-hour is open when agents take at least this share of what they take in a mean half-hour with contacts: before
opening and after closing there are a few, none of them every day."""
HOURS_A_SLOT = 0.5


@dataclass(frozen=True)
class Hours:
    """Opening and closing by weekday, Monday first, hours of the day; equal when closed."""

    opens: tuple[float, ...]
    closes: tuple[float, ...]

    def mask(self) -> NDArray[np.bool_]:
        """Whether each half-hour of the week is open: (7, 48)."""
        slots = np.arange(HALF_HOURS) * HOURS_A_SLOT
        return np.array([(slots >= one) & (slots < other) for one, other in zip(self.opens, self.closes, strict=True)])

    def text(self) -> str:
        """Write them as a planner does.

        >>> Hours((8.0,) * 5 + (9.5, 0.0), (18.0,) * 5 + (13.0, 0.0)).text()
        'Mon-Fri 8-18, Sat 9:30-13'
        """
        return write_hours((self.opens, self.closes))


def opening_hours(clean: Clean, found: Calendar) -> Hours:
    """Find the opening hours of each weekday that is not closed; where nobody was answered, from the arrivals."""
    taken = "arrival + to_microseconds(round(coalesce(wait, 0) * 1e6)::bigint)"
    rows = clean.connection.execute(
        f"select isodow(taken) - 1 as day, {slot_of('taken')} as slot, count(*) as n from (select {taken} as taken "
        f"from {clean.table} where outcome = 'answered') group by all"
    ).fetchall()
    counts = np.zeros((WEEK_DAYS, HALF_HOURS))
    for day, slot, number in rows:
        counts[day, slot] = number
    if not rows:
        kept = found.kept
        weekday = pd.DatetimeIndex(kept.index).weekday
        counts = np.array([kept[weekday == day].sum(axis=0) for day in range(WEEK_DAYS)])
    spans = [(0.0, 0.0) if day in found.closed else _span(counts[day]) for day in range(WEEK_DAYS)]
    return Hours(tuple(one for one, _ in spans), tuple(other for _, other in spans))


def _span(counts: NDArray[np.float64]) -> tuple[float, float]:
    if not counts.any():
        return 0.0, 0.0
    busy = np.flatnonzero(counts >= OPEN_SHARE * counts[counts > 0].mean())
    return float(busy[0] * HOURS_A_SLOT), float((busy[-1] + 1) * HOURS_A_SLOT)


def estimates(hours: Hours, found: Calendar) -> list[Estimate]:
    """Opening and closing by weekday; read off, so without an interval."""
    days = pd.DatetimeIndex(found.kept.index).weekday
    blank = float("nan")
    return [
        Estimate(
            "week", name, key, int((days == day).sum()), of[day], blank, blank, "h", "half-hours with answers", name
        )
        for name, of in (("open_hour", hours.opens), ("close_hour", hours.closes))
        for day, key in enumerate(WEEKDAYS)
    ]
