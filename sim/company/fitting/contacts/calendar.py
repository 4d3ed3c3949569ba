"""The days of a company's records: contacts of each half-hour, which days are open, and which are holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.model.clock import HALF_HOURS, WEEK_DAYS

HOLIDAY_SHARE = 2 / 3
"""A day below this share of what its weekday usually has, at the level of the days around it, may be a holiday and is
left out ..."""
UNUSUAL = 3.0
"""... if it is also this many (robust) standard deviations below: a small centre has such days by chance."""
HARDLY, ENOUGH = 0.25, 10.0
"""A day below a quarter is one in any case, where ten contacts or more are usual."""
LEVEL_DAYS = 9
"""Full days whose median is the level around a day: two weeks, so that a week of holidays does not make its own."""
MISSING = 5.0
"""Contacts expected after the last record, or before the first, from which that day is not a whole one."""
AROUND = 6
"""Weeks on either side whose same weekday makes that median: holidays are rare in them, and growth slow."""
OPEN_SHARE = 0.02
"""A weekday with less than this share of the contacts of the busiest weekday is closed."""
FULL_SHARE = 2 / 3
"""A weekday with at least this share of the contacts of the busiest one is a full day; with less, a short one."""
FEW_WEEKS = 8
"""With fewer weeks, days are drawn for intervals instead of weeks: a handful of groups tells little of their spread."""


def slot_of(stamp: str) -> str:
    """SQL of the half-hour of the day (0 to 47) of a TIMESTAMP."""
    return f"(hour({stamp}) * 2 + minute({stamp}) // 30)"


@dataclass(frozen=True, eq=False)
class Calendar:
    """The days from the first record to the last.

    Parameters
    ----------
    counts : a row a day (DatetimeIndex), a column a half-hour from midnight: contacts.
    full, short, closed : weekdays, 0 is Monday.
    holidays : open weekdays that were left out: so few contacts came.
    partial : the first or last day, when the records begin or end in the middle of it.
    """

    counts: pd.DataFrame
    full: tuple[int, ...]
    short: tuple[int, ...]
    closed: tuple[int, ...]
    holidays: tuple[pd.Timestamp, ...]
    partial: tuple[pd.Timestamp, ...] = ()

    @property
    def kept(self) -> pd.DataFrame:
        """Counts of the open days that are no holidays."""
        return self.counts[self.is_kept(pd.DatetimeIndex(self.counts.index))]

    def of(self, weekdays: tuple[int, ...]) -> pd.DataFrame:
        """Counts of the kept days that are one of these weekdays."""
        kept = self.kept
        return kept[pd.DatetimeIndex(kept.index).weekday.isin(weekdays)]

    def is_kept(self, days: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Whether each day is open and no holiday."""
        return np.asarray(~days.weekday.isin(self.closed) & ~days.isin([*self.holidays, *self.partial]))


def half_hours(clean: Clean) -> pd.DataFrame:
    """Contacts of every day and half-hour: a row a day from the first to the last, also without contacts."""
    found = clean.connection.execute(
        f"select arrival::date as day, {slot_of('arrival')} as slot, count(*) as n from {clean.table} group by all"
    ).df()
    wide = found.pivot(index="day", columns="slot", values="n")
    wide.index = pd.DatetimeIndex(wide.index)
    days = pd.date_range(wide.index.min(), wide.index.max(), freq="D")
    return wide.reindex(index=days, columns=range(HALF_HOURS)).fillna(0.0)


def days_of(counts: pd.DataFrame) -> Calendar:
    """Tell open days, full and short ones, and holidays apart.

    Parameters
    ----------
    counts : a row a day (DatetimeIndex, every day), a column a part of the day.
    """
    totals, weekday = counts.sum(axis=1), pd.DatetimeIndex(counts.index).weekday
    usual = totals.groupby(weekday).median().reindex(range(WEEK_DAYS)).fillna(0.0)
    share = usual / max(usual.max(), 1.0)
    full = tuple(int(day) for day in share.index[share >= FULL_SHARE])
    short = tuple(int(day) for day in share.index[(share < FULL_SHARE) & (share >= OPEN_SHARE)])
    closed = tuple(int(day) for day in share.index[share < OPEN_SHARE])
    low = _low(totals, weekday, weekday.isin(full))
    partial = tuple(_partial(counts, weekday))
    holidays = tuple(day for day in counts.index[low & ~weekday.isin(closed)] if day not in partial)
    return Calendar(counts, full, short, closed, holidays, partial)


def _low(totals: pd.Series, weekday: pd.Index, full: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each day has so few contacts that it is not a day like others."""
    usual = _usual(totals, weekday)
    ratio = totals / usual.clip(lower=1.0)
    around = ratio[full].rolling(LEVEL_DAYS, center=True, min_periods=1).median()
    ratio = ratio / around.reindex(ratio.index).ffill().bfill().clip(lower=HARDLY)
    spread = float(scipy.stats.median_abs_deviation(ratio[full], scale="normal"))
    # A short day with fewer contacts has more chance in it than the full days, whose spread this is.
    chance = (1 / usual.clip(lower=1.0) - 1 / max(usual[full].median(), 1.0)).clip(lower=0.0)
    low = ratio < np.minimum(HOLIDAY_SHARE, 1 - UNUSUAL * np.sqrt(spread**2 + chance))
    return np.asarray(low | ((ratio < HARDLY) & (usual >= ENOUGH)))


def _partial(counts: pd.DataFrame, weekday: pd.Index) -> Iterator[pd.Timestamp]:
    """The last day when contacts are missing after its last record, the first when they are before its first."""
    for place, step in ((0, 1), (len(counts) - 1, -1)):
        same = counts[(weekday == weekday[place]) & (np.arange(len(counts)) != place)]
        there = np.flatnonzero(counts.iloc[place].to_numpy()[::step])
        if len(same) and len(there) and same.mean(axis=0).to_numpy()[::step][: there[0]].sum() > MISSING:
            yield counts.index[place]


def _usual(totals: pd.Series, weekday: pd.Index) -> pd.Series:
    """Median of the same weekday in the weeks around each day."""
    window = 2 * AROUND + 1
    return totals.groupby(weekday).transform(lambda of: of.rolling(window, center=True, min_periods=1).median())


def weeks(days: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Number of the week, Monday to Sunday, of each day."""
    return (((days - pd.Timestamp("1970-01-05")) // pd.Timedelta(days=1)) // WEEK_DAYS).to_numpy()


def groups(days: pd.DatetimeIndex, fewest: int = FEW_WEEKS) -> NDArray[np.int64]:
    """Groups that are drawn for the intervals of figures over days: weeks, or days where there are fewer weeks."""
    week = weeks(days)
    return week if len(np.unique(week)) >= fewest else np.arange(len(days))


def sums_by(of: NDArray, *columns: object) -> NDArray[np.float64]:
    """Sum each column within each group: array (groups, columns)."""
    frame = pd.DataFrame(dict(enumerate(np.asarray(column, dtype=float) for column in columns)))
    return frame.groupby(np.asarray(of)).sum().to_numpy()


def clock(half_hour: int) -> str:
    """Beginning of a half-hour of the day.

    >>> clock(17)
    '08:30'
    """
    return f"{half_hour // 2:02d}:{'30' if half_hour % 2 else '00'}"
