"""What was reached: service level, speed of answer, abandonment, each call counting the same; and by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts.calendar import Calendar, groups, sums_by
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import measure, ratio

TARGET_S = 20.0
"""Seconds of the service level unless the caller says otherwise, the shipped value of target_seconds."""


def daily(clean: Clean, target: float) -> pd.DataFrame:
    """Sums by day (DatetimeIndex) of contacts whose end is known.

    Returns
    -------
    Columns offered, timed (of these, not answered after an unknown wait), within (answered within the target),
    abandoned, waited (seconds of the answered) and waited_n (those with such a time), handled (seconds with an agent,
    wrap-up included) and handled_n.
    """
    wrap = " + coalesce(wrap, 0)" if clean.has("wrap") else ""
    handled = f"service{wrap}" if clean.has("service") else "null::double"
    whole = "not service_censored" if clean.has("service") else "false"
    found = clean.connection.execute(
        f"select arrival::date as day, count(*) as offered, "
        "count(*) filter (outcome = 'abandoned' or wait is not null) as timed, "
        f"count(*) filter (outcome = 'answered' and wait <= {target}) as within, "
        "count(*) filter (outcome = 'abandoned') as abandoned, sum(wait) filter (outcome = 'answered') as waited, "
        f"sum({handled}) filter ({whole}) as handled, count({handled}) filter ({whole}) as handled_n, "
        "count(wait) filter (outcome = 'answered') as waited_n "
        f"from {clean.table} where outcome <> 'censored' group by day order by day"
    ).df()
    found.index = pd.DatetimeIndex(found.pop("day"))
    return found.fillna(0.0).astype(float)


def fit(days: pd.DataFrame, found: Calendar, target: float, level: float) -> list[Estimate]:
    """Service level, speed of answer and abandonment over the open days; weeks or days are drawn."""
    kept = days[found.is_kept(pd.DatetimeIndex(days.index))]
    if not len(kept):
        return []
    group = groups(pd.DatetimeIndex(kept.index))
    n = int(kept["offered"].sum())
    rows = [
        ("service_level", kept["within"], kept["timed"], "share", f"answered within {target:g} s over offered"),
        ("abandonment", kept["abandoned"], kept["offered"], "share", "gave up over offered"),
        ("average_wait", kept["waited"], kept["waited_n"], "s", "mean wait of the answered"),
    ]
    return [
        Estimate("service", name, "", n, *measure(sums_by(group, top, bottom), ratio, level), unit, note)
        for name, top, bottom, unit, note in rows
        if bottom.sum() > 0
    ]


def months(days: pd.DataFrame, found: Calendar) -> pd.DataFrame:
    """Figures of whole calendar months, as `sim.overlay` takes them.

    A month is whole when none of its open weekdays lies before the first record or after the last.

    Returns
    -------
    Columns month ("1999-02"), measure (offered, service_level, abandonment, asa_s,
    handling_s), value (unit of the measure).
    """
    sums = days.groupby(pd.PeriodIndex(days.index, freq="M")).sum()
    sums = sums[[_is_whole(month, found) for month in sums.index]]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = pd.DataFrame(
            {
                "offered": sums["offered"],
                "service_level": sums["within"] / sums["timed"],
                "abandonment": sums["abandoned"] / sums["offered"],
                "asa_s": sums["waited"] / sums["waited_n"],
                "handling_s": sums["handled"] / sums["handled_n"],
            }
        )
    rows = [
        (str(month), name, value) for month, line in values.iterrows() for name, value in line.items() if value == value
    ]
    return pd.DataFrame(rows, columns=["month", "measure", "value"])


def _is_whole(month: pd.Period, found: Calendar) -> bool:
    days = pd.date_range(month.start_time, month.end_time.normalize(), freq="D")
    outside = (days < found.counts.index[0]) | (days > found.counts.index[-1])
    return not np.any(outside & ~days.weekday.isin(found.closed))
