"""Contact records: arrivals, handling, patience, coming back, staffing, service, and a forecast of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sim.fitting.clean import Clean
from sim.fitting.contacts import arrivals, handling, holdout, hours, patience, returns, service, staffing
from sim.fitting.contacts.calendar import days_of, half_hours
from sim.fitting.contacts.curves import curves
from sim.fitting.contacts.numbers import numbers, parameters, ranges
from sim.fitting.contacts.past import check
from sim.fitting.contacts.remarks import about_days, unknown
from sim.fitting.contacts.returns import REPEAT_DAYS
from sim.fitting.contacts.service import TARGET_S
from sim.fitting.estimate import Estimate
from sim.fitting.part import Part
from sim.fitting.until import day_of
from sim.progress import Meter, silent

if TYPE_CHECKING:
    from datetime import date

FEWEST_DAYS = 7
"""Days below which the shape of a week and of a day would be a guess."""


def fit(
    clean: Clean,
    *,
    until: date | str | None = None,
    level: float = 0.95,
    target_seconds: float = TARGET_S,
    repeat_days: int = REPEAT_DAYS,
    report: Meter = silent,
) -> Part:
    """Fit contact records.

    Parameters
    ----------
    clean : the records.
    until : the last day of what is fitted; the contacts after it are forecast, and held against the forecast.
    level : of the intervals.
    target_seconds : of the service level.
    repeat_days : within which another contact of a customer who was served is a repeat.
    report : told how far it is.

    Raises
    ------
    RecordsError : when ``until`` is no day, or leaves too little on either side.
    """
    after = None if until is None else pd.Timestamp(day_of(until)) + pd.Timedelta(days=1)
    if after is not None:
        check(clean, after)
    report(0, 6, "arrivals")
    found = days_of(half_hours(clean))
    estimates: list[Estimate] = []
    remarks: list[str] = []
    days = service.daily(clean, target_seconds)
    opening = hours.opening_hours(clean, found)
    if len(found.counts) >= FEWEST_DAYS:
        estimates += [*arrivals.fit(found, level), *hours.estimates(opening, found)]
        remarks += about_days(found)
    else:
        remarks.append(f"The records cover fewer than {FEWEST_DAYS} days: too few for the shape of a week.")
    report(1, 6, "service and handling")
    services = handling.services(clean)
    estimates += [*service.fit(days, found, target_seconds, level), *handling.fit(clean, services, level)]
    report(2, 6, "patience")
    patient = patience.fitted(clean, level)
    estimates += patience.estimates(clean, patient, level)
    report(3, 6, "coming back")
    if clean.has("customer"):
        followed = returns.followed(clean)
        estimates += [*returns.redials(followed, level), *returns.repeats(followed, repeat_days, level)]
    report(4, 6, "agents by half-hour")
    if clean.has("agent", "service"):
        agents = staffing.half_hours(clean)
        estimates += staffing.fit(found, agents, opening, level)
    remarks += unknown(clean, estimates)
    held = None
    if after is not None:
        held, told = holdout.held(clean, after, level, report)
        remarks += told
    return Part(
        kind=clean.kind,
        estimates=tuple(estimates),
        numbers=numbers(estimates, opening, target_seconds),
        parameters=parameters(estimates),
        ranges=ranges(estimates),
        curves=curves(found, estimates, services, patient, level) | {"months": service.months(days, found)},
        held=held,
        remarks=tuple(remarks),
    )
