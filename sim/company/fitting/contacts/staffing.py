"""Agents by half-hour, from what named agents did: with a contact, or free for want of work.

Nobody writes down when an agent is free. A gap between two contacts of an agent counts as being there when it is short,
or when it is not too long and hardly anybody waited in it: had the agent been there, the queue would have been empty.
Where agents of one queue do not serve another, a busy other queue makes gaps look like absences, and the number is too
low.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts.calendar import Calendar, clock, groups, sums_by
from sim.company.fitting.contacts.hours import Hours
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import Figure, bootstrap, measure, ratio
from sim.inputs.parameters import load
from sim.model.clock import HALF_HOURS, WEEK_DAYS
from sim.wording import WEEKDAYS

SHORT_GAP_S = 45
"""Seconds: a gap as short is a breath between two contacts, queue or not."""
LONG_GAP_S = 1800
"""Seconds: a longer gap is a break or the end of a shift ..."""
TIMES_USUAL = 4
"""... unless agents often wait as long: up to this many times the median gap of an agent within a day."""
QUEUE_S = 20
"""Seconds that somebody may have waited in a gap in which the agent was free: the time it takes to notice."""
SLOT_S = 1800
DAY_S = 86_400
HOUR_SLOTS = 2
DUTY = "duty"


def half_hours(clean: Clean) -> pd.DataFrame:
    """Agents and busy agents of every half-hour with either.

    Returns
    -------
    Columns day (timestamp of its midnight), slot (0-47), agents, busy (means over the half-hour).
    """
    where = "outcome = 'answered' and agent is not null and service is not null"
    _islands(clean)
    _duty(clean, where)
    found = clean.connection.execute(
        f"select slot // {HALF_HOURS} as day, slot % {HALF_HOURS} as slot, sum(spent) / {SLOT_S} as agents, "
        f"sum(spent) filter (busy) / {SLOT_S} as busy from (select slot, busy, least(last, (slot + 1) * {SLOT_S}) - "
        f"greatest(first, slot * {SLOT_S}) as spent from (select *, unnest(range((first / {SLOT_S})::bigint - 1, "
        f"(last / {SLOT_S})::bigint + 2)) as slot from {DUTY})) where spent > 0 group by all order by all"
    ).df()
    found["day"] = pd.to_datetime(found["day"], unit="D")
    return found.fillna({"busy": 0.0})


def _islands(clean: Clean) -> None:
    """Table of the spans in which somebody waited, with the seconds that others lasted before each."""
    clean.connection.execute(
        "create or replace temp table islands as with waits as (select epoch(arrival) as first, epoch(arrival) + wait "
        f"as last from {clean.table} where wait > 0), reached as (select *, max(last) over (order by first rows "
        "between unbounded preceding and 1 preceding) as before from waits), numbered as (select *, sum(case when "
        "before is null or first > before then 1 else 0 end) over (order by first rows unbounded preceding) as island "
        "from reached), merged as (select min(first) as first, max(last) as last from numbered group by island) "
        "select first, last, coalesce(sum(last - first) over (order by first rows between unbounded preceding and "
        "1 preceding), 0) as upto from merged"
    )


def _duty(clean: Clean, where: str) -> None:
    """Table of spans (seconds since 1970) in which an agent was there, busy or free."""
    wrap = "coalesce(wrap, 0)" if clean.has("wrap") else "0"
    start = "epoch(arrival) + coalesce(wait, 0)"
    clean.connection.execute(
        f"create or replace temp table services as with spans as (select agent, {start} as first, {start} + service + "
        f"{wrap} as last from {clean.table} where {where}) select *, max(last) over (partition by agent order by "
        "first, last rows between unbounded preceding and 1 preceding) as before from spans"
    )
    # The seconds in which somebody waited up to an instant: those of the spans before, and of the one it lies in.
    waited = "(islands.upto + least({at}, islands.last) - islands.first)"
    usual = clean.connection.execute(
        f"select median(first - before) from services where first > before and first - before < {DAY_S / 2}"
    ).fetchone()
    longest = max(LONG_GAP_S, TIMES_USUAL * (usual[0] or 0.0)) if usual else LONG_GAP_S
    clean.connection.execute(
        "create or replace temp table gaps as with open as (select * from services where first > before and "
        f"first - before <= {longest}), half as (select open.*, {waited.format(at='open.before')} as at_first from "
        f"open asof left join islands on islands.first <= open.before), whole as (select half.*, "
        f"{waited.format(at='half.first')} as at_last from half asof left join islands on islands.first <= half.first) "
        "select agent, before as first, first as last, coalesce(at_last, 0) - coalesce(at_first, 0) as queue from whole"
    )
    clean.connection.execute(
        f"create or replace temp table {DUTY} as select greatest(first, coalesce(before, first)) as first, last, true "
        "as busy from services where before is null or last > before union all select first, last, false from gaps "
        f"where last - first <= {SHORT_GAP_S} or queue <= {QUEUE_S}"
    )


# -- estimates -------------------------------------------------------------------------------------------------------


def fit(found: Calendar, halves: pd.DataFrame, hours: Hours, level: float) -> list[Estimate]:
    """Mean agents by half-hour of the week in the opening hours, seat hours a week, and occupancy."""
    table = by_day(halves, found, "agents")
    if not len(table):
        return []
    days = pd.DatetimeIndex(table.index)
    rows = [row for day in range(WEEK_DAYS) for row in _weekday(table[days.weekday == day], day, hours, level)]
    busy = by_day(halves, found, "busy").sum(axis=1)
    sums = sums_by(groups(days), busy, table.sum(axis=1))
    note = f"{len(table)} days; time with a contact over time there"
    occupancy = Estimate("staffing", "occupancy", "", len(table), *measure(sums, ratio, level), "share", note)
    week = _week(table, level)
    return [*rows, occupancy, week, _payroll(week)]


def by_day(halves: pd.DataFrame, found: Calendar, column: str) -> pd.DataFrame:
    """Agents of the kept days: a row a day, a column a half-hour."""
    wide = halves.pivot(index="day", columns="slot", values=column).reindex(columns=range(HALF_HOURS))
    return wide.reindex(found.kept.index).fillna(0.0)


def _weekday(table: pd.DataFrame, day: int, hours: Hours, level: float) -> list[Estimate]:
    """Mean agents of the half-hours of one weekday; days are drawn."""
    if not len(table):
        return []
    sums = np.column_stack([table.to_numpy(float), np.ones(len(table))])
    low, high = bootstrap(sums, lambda totals: totals[..., :-1] / totals[..., -1:], level)
    mean, note = table.mean(axis=0).to_numpy(float), f"{len(table)} days"

    def row(slot: int) -> Estimate:
        figure = Figure(float(mean[slot]), float(low[slot]), float(high[slot]))
        return Estimate("staffing", "agents", f"{WEEKDAYS[day]} {clock(slot)}", len(table), *figure, "agents", note)

    return [row(int(slot)) for slot in np.flatnonzero(hours.mask()[day])]


def _week(table: pd.DataFrame, level: float) -> Estimate:
    """Hours that agents are there in a week: of each weekday the mean, added up; days are drawn."""
    days = pd.DatetimeIndex(table.index)
    totals = table.sum(axis=1) / HOUR_SLOTS
    on = [np.asarray(days.weekday == day, dtype=float) for day in range(WEEK_DAYS)]
    sums = sums_by(groups(days), *[totals * mask for mask in on], *on)

    there = [day for day, mask in enumerate(on) if mask.any()]

    def week(of: np.ndarray) -> np.ndarray:
        return (of[..., :WEEK_DAYS] / of[..., WEEK_DAYS:])[..., there].sum(axis=-1)

    figure = measure(sums, week, level)
    return Estimate("staffing", "agent_hours_a_week", "", len(table), *figure, "h", "hours that agents are there")


def _payroll(week: Estimate) -> Estimate:
    """Full-time positions that give these hours, with the shipped paid hours and share that is not worked."""
    hours, lost = (shipped(name) for name in ("week_hours", "shrinkage"))
    worked = hours * (1 - lost)
    note = f"{hours:g} paid hours a week, {100 * lost:g} % of them not with contacts: both assumed"
    figures = (week.value / worked, week.low / worked, week.high / worked)
    return Estimate("staffing", "agents_on_payroll", "", week.n, *figures, "agents", note)


def shipped(name: str) -> float:
    """Return the shipped value of a parameter that is a single number."""
    value = load()[name].value
    assert not isinstance(value, tuple)
    return float(value)
