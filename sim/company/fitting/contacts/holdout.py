"""A forecast of contacts beside what happened, by hour, day and month, and beside naive forecasts.

Naive are: the same hour of the last week before the date; and Erlang A hour by hour, with the arrivals that are
forecast, the mean agents of the past weeks, and exponential patience. Errors of abandonment and waits count every
contact the same, so an hour with three contacts does not weigh as much as one with a hundred.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import theory
from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import forecast, past
from sim.company.fitting.contacts.forecast import Drawn
from sim.company.fitting.contacts.past import Past
from sim.company.fitting.kind_fit import Holdout
from sim.model.clock import DAY_HOURS, HOUR_SECONDS, WEEK_DAYS
from sim.progress import Meter, silent

OFFERED, ABANDONMENT, WAIT = "offered", "abandonment", "mean_wait_s"
SAME_HOUR, ERLANG_A = "same hour last week", "Erlang A"
FORECAST = "forecast"
GRAINS = ("hour", "day", "month")
TARGET_S = 20.0
WORSE = 0.1
"""Share by which the forecast of the queue may err more than the last week repeated before this is said."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Contacts of hours in a row, and of those whose end is known: how many, gave up, seconds in the queue."""

    offered: NDArray[np.float64]
    ended: NDArray[np.float64]
    abandoned: NDArray[np.float64]
    waited: NDArray[np.float64]

    def by(self, group: NDArray[np.int64], measure: str) -> NDArray[np.float64]:
        """A measure of groups of hours (NaN where there was no contact)."""
        if measure == OFFERED:
            return np.bincount(group, self.offered).astype(float)
        top, bottom = self.abandoned if measure == ABANDONMENT else self.waited, np.bincount(group, self.ended)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.bincount(group, top) / bottom


def hold_out(clean: Clean, until: pd.Timestamp, level: float, report: Meter = silent) -> tuple[Holdout, list[str]]:
    """Fit contacts before a date, forecast the rest, and compare; and what should be known of it.

    Raises
    ------
    RecordsError : when the date leaves too little on either side.
    """
    before, after = past.split(clean, until)
    known = past.past(before)
    last = after.connection.execute(f"select max(arrival)::date from {after.table}").fetchall()[0][0]
    days = pd.date_range(until.normalize(), pd.Timestamp(last), freq="D")
    drawn = forecast.draw(known, days, report)
    actual, week = hours(after, days), hours(before, _last_week(until))
    course = pd.concat(
        [frame for grain in GRAINS for frame in _course(grain, known, drawn, actual, week, level)], ignore_index=True
    )
    errors = pd.DataFrame(list(_errors(course)), columns=["grain", "measure", "method", "n", "mae", "bias", "covered"])
    return Holdout(course.drop(columns="weight"), errors), [*_remarks(known, drawn), *_no_queue(errors)]


def _last_week(until: pd.Timestamp) -> pd.DatetimeIndex:
    return pd.date_range(until.normalize() - pd.Timedelta(days=WEEK_DAYS), periods=WEEK_DAYS, freq="D")


def hours(clean: Clean, days: pd.DatetimeIndex) -> Sums:
    """Count the contacts of every hour of consecutive days."""
    origin = f"timestamp '{days[0]}'"
    rows = clean.connection.execute(
        f"select datediff('hour', {origin}, date_trunc('hour', arrival)) as hour, count(*), "
        "count(*) filter (outcome <> 'censored'), count(*) filter (outcome = 'abandoned'), "
        f"coalesce(sum(wait) filter (outcome <> 'censored'), 0) from {clean.table} group by 1"
    ).fetchall()
    found = np.zeros((4, len(days) * DAY_HOURS))
    for hour, *sums in rows:
        if 0 <= hour < found.shape[1]:
            found[:, hour] = sums
    return Sums(*found)


# -- the course ------------------------------------------------------------------------------------------------------


def _course(grain: str, known: Past, drawn: Drawn, actual: Sums, week: Sums, level: float) -> Iterator[pd.DataFrame]:
    """A frame a measure; ``weight`` is the actual number of contacts, or 1 for the number itself."""
    days, repeated = drawn.days, _repeat(week, drawn.days)
    starts, group = _groups(grain, days, known)
    names = [OFFERED] if drawn.ended is None else [OFFERED, ABANDONMENT, WAIT]
    contacts = np.bincount(group[group >= 0], actual.offered[group >= 0], minlength=len(starts))
    for measure in names:
        rows = _drawn(drawn, measure, group, len(starts))
        frame = pd.DataFrame({"grain": grain, "start": starts, "measure": measure})
        frame["actual"] = _of(actual, group, measure, len(starts))
        tail = (1 - level) / 2
        frame["mean"] = _mean(rows)
        frame["pi_low"], frame["pi_high"] = _band(rows, tail)
        frame[SAME_HOUR] = _of(repeated, group, measure, len(starts))
        frame[ERLANG_A] = _by_formula(known, drawn, measure, group, len(starts)) if measure != OFFERED else np.nan
        frame["weight"] = 1.0 if measure == OFFERED else contacts
        yield frame


def _repeat(week: Sums, days: pd.DatetimeIndex) -> Sums:
    """The last week over and over."""
    times = -(-len(days) // WEEK_DAYS)
    return Sums(
        *(np.tile(of, times)[: len(days) * DAY_HOURS] for of in (week.offered, week.ended, week.abandoned, week.waited))
    )


def _groups(grain: str, days: pd.DatetimeIndex, known: Past) -> tuple[pd.DatetimeIndex, NDArray[np.int64]]:
    """Beginnings of the hours, days or months, and to which each hour belongs; -1 for closed hours, by the hour."""
    each = days.repeat(DAY_HOURS) + pd.to_timedelta(np.tile(np.arange(DAY_HOURS), len(days)), unit="h")
    if grain == "day":
        starts = days[~days.weekday.isin(known.days.closed)]
        return starts, starts.get_indexer(each.normalize())
    if grain == "month":
        first = each.to_period("M").to_timestamp()
        return pd.DatetimeIndex(first.unique()), first.unique().get_indexer(first)
    mask = np.asarray(known.hours.mask().reshape(WEEK_DAYS, DAY_HOURS, 2).any(axis=2))
    open_ = mask[each.weekday, each.hour]
    return each[open_], np.where(open_, np.cumsum(open_) - 1, -1)


def _of(sums: Sums, group: NDArray[np.int64], measure: str, length: int) -> NDArray[np.float64]:
    inside = group >= 0
    part = Sums(*(of[inside] for of in (sums.offered, sums.ended, sums.abandoned, sums.waited)))
    found = part.by(group[inside], measure)
    return np.concatenate([found, np.full(length - len(found), np.nan)])


def _drawn(drawn: Drawn, measure: str, group: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """A measure of every draw: (draws, groups); NaN for groups that are not played to their end."""
    if measure == OFFERED:
        return np.array([_of(Sums(one, one, one, one), group, measure, length) for one in drawn.offered])
    assert drawn.ended is not None
    assert drawn.abandoned is not None
    assert drawn.waited is not None
    played = drawn.ended.shape[1]
    short = group[:played]
    rows = [
        _of(Sums(ended, ended, abandoned, waited), short, measure, length)
        for ended, abandoned, waited in zip(drawn.ended, drawn.abandoned, drawn.waited, strict=True)
    ]
    found = np.array(rows)
    found[:, np.unique(group[played:][group[played:] >= 0])] = np.nan
    return found


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, rows, 0.0).sum(axis=0) / known.sum(axis=0)


def _band(rows: NDArray[np.float64], tail: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentiles over the draws, NaN where none has a value."""
    low, high = (np.full(rows.shape[1], np.nan) for _ in range(2))
    known = np.isfinite(rows).any(axis=0)
    if known.any():
        low[known], high[known] = np.nanquantile(rows[:, known], [tail, 1 - tail], axis=0)
    return low, high


# -- Erlang A --------------------------------------------------------------------------------------------------------


def _by_formula(known: Past, drawn: Drawn, measure: str, group: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Erlang A hour by hour, put together with the forecast contacts as weights."""
    assert known.agents is not None
    days = pd.DatetimeIndex(known.agents.index).weekday
    table = np.array([known.agents[days == day].mean(axis=0).fillna(0.0) for day in range(WEEK_DAYS)])
    agents = table.reshape(WEEK_DAYS, DAY_HOURS, 2).mean(axis=2)
    rates = known.rates.reshape(WEEK_DAYS, DAY_HOURS, 2).sum(axis=2)
    pairs = [
        [hour_by_formula(rates[day, hour], agents[day, hour], known) for hour in range(DAY_HOURS)]
        for day in range(WEEK_DAYS)
    ]
    of = np.array(pairs)[drawn.days.weekday].reshape(-1, 2)
    weight = rates[drawn.days.weekday].ravel()
    given = np.isfinite(of[:, 0])
    weight, of = np.where(given, weight, 0.0), np.where(given[:, None], of, 0.0)
    return _of(Sums(weight, weight, weight * of[:, 0], weight * of[:, 1]), group, measure, length)


def hour_by_formula(contacts: float, agents: float, known: Past) -> tuple[float, float]:
    """Abandonment and mean wait (s) of an hour by Erlang A, with the whole agents below and above, in proportion."""
    if contacts <= 0 or agents <= 0:
        return float("nan"), float("nan")
    below = max(math.floor(agents), 1)
    above = min(max(agents - below, 0.0), 1.0)
    laws = (1 / known.mean_handling, 1 / known.mean_patience)
    few, more = (theory.erlang_a(contacts / HOUR_SECONDS, laws[0], below + k, laws[1], TARGET_S) for k in (0, 1))
    pairs = ((few.abandonment, more.abandonment), (few.mean_wait, more.mean_wait))
    abandonment, wait = ((1 - above) * one + above * other for one, other in pairs)
    return float(abandonment), float(wait)


# -- errors ----------------------------------------------------------------------------------------------------------


def _errors(course: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Mean absolute error and bias of each method, and how often the band holds, weighted."""
    for (grain, measure), rows in course.groupby(["grain", "measure"], sort=False):
        for method in ("mean", SAME_HOUR, ERLANG_A):
            known = rows[np.isfinite(rows["actual"]) & np.isfinite(rows[method]) & (rows["weight"] > 0)]
            if not len(known):
                continue
            weight, off = known["weight"].to_numpy(), (known[method] - known["actual"]).to_numpy()
            inside = known["actual"].between(known["pi_low"], known["pi_high"]).to_numpy(float)
            own = method == "mean"
            yield (
                grain, measure, FORECAST if own else method, len(known), float(np.average(np.abs(off), weights=weight)),
                float(np.average(off, weights=weight)), float(np.average(inside, weights=weight)) if own else np.nan,
            )  # fmt: skip


def _no_queue(errors: pd.DataFrame) -> Iterator[str]:
    """Say where the queue that is simulated is a worse guide than the last week was."""
    by_hour = errors[errors["grain"] == "hour"].set_index(["measure", "method"])["mae"]
    for measure, what in ((ABANDONMENT, "abandonment"), (WAIT, "the mean wait")):
        if (measure, SAME_HOUR) not in by_hour or (measure, FORECAST) not in by_hour:
            continue
        more = by_hour[measure, FORECAST] / by_hour[measure, SAME_HOUR] - 1
        if more > WORSE:
            yield (
                f"By the hour the forecast of {what} errs {100 * more:.0f} % more than the last week repeated: these "
                "contacts do not wait as in one queue before the agents that were seen."
            )


def _remarks(known: Past, drawn: Drawn) -> list[str]:
    found = []
    if drawn.ended is None:
        lacks = [
            what
            for what, there in (
                ("agents", known.agents),
                ("times with an agent", known.handling),
                ("patience", known.waits),
            )
            if there is None
        ]
        found.append(f"Abandonment and waits are not forecast: {' and '.join(lacks)} are not known.")
    elif drawn.ended.shape[1] < len(drawn.days) * DAY_HOURS:
        played = drawn.ended.shape[1] // DAY_HOURS
        days, draws = len(drawn.days), len(drawn.ended)
        found.append(f"Abandonment and waits are forecast for the first {played} of {days} days, in {draws} draws.")
    return found
