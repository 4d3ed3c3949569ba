"""Contact records: arrivals, handling, patience, coming back, staffing, service, and a forecast of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import arrivals, handling, holdout, hours, patience, returns, service, staffing
from sim.company.fitting.contacts.calendar import Calendar, days_of, half_hours
from sim.company.fitting.contacts.curves import curves
from sim.company.fitting.contacts.numbers import numbers, parameters, ranges
from sim.company.fitting.contacts.past import check
from sim.company.fitting.contacts.remarks import about_days, unknown
from sim.company.fitting.contacts.returns import REPEAT_DAYS
from sim.company.fitting.contacts.service import TARGET_S
from sim.company.fitting.cutoff import day_of
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.kind_fit import KindFit
from sim.progress import Meter, silent

if TYPE_CHECKING:
    from datetime import date

STEPS = 6
"""Steps that the work is told in."""
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
) -> KindFit:
    """Fit contact records.

    Parameters
    ----------
    clean : the records.
    until : the last day of what is fitted; the contacts after it are forecast, and compared with the forecast.
    level : of the intervals.
    target_seconds : of the service level.
    repeat_days : within which another contact of a customer who was served is a repeat.
    report : called with the progress.

    Raises
    ------
    RecordsError : when ``until`` is not a day, or leaves too little on either side.
    """
    after = None if until is None else pd.Timestamp(day_of(until)) + pd.Timedelta(days=1)
    if after is not None:
        check(clean, after)
    report(0, STEPS, "arrivals")
    found = days_of(half_hours(clean))
    opening, days = hours.opening_hours(clean, found), service.daily(clean, target_seconds)
    estimates = _week(found, opening, level)
    report(1, STEPS, "service and handling")
    services = handling.services(clean)
    estimates += [*service.fit(days, found, target_seconds, level), *handling.fit(clean, services, level)]
    report(2, STEPS, "patience")
    patient = patience.fitted(clean, level)
    estimates += patience.estimates(clean, patient, level)
    report(3, STEPS, "coming back")
    estimates += _returns(clean, repeat_days, level)
    report(4, STEPS, "agents by half-hour")
    estimates += _agents(clean, found, opening, level)
    beside, told = (None, []) if after is None else holdout.hold_out(clean, after, level, _last_step(report))
    return KindFit(
        kind=clean.kind,
        estimates=tuple(estimates),
        numbers=numbers(estimates, opening, target_seconds),
        parameters=parameters(estimates),
        ranges=ranges(estimates),
        curves=curves(found, estimates, services, patient, level) | {"months": service.months(days, found)},
        holdout=beside,
        remarks=(*about_days(found, FEWEST_DAYS), *unknown(clean, estimates), *told),
    )


def _week(found: Calendar, opening: hours.Hours, level: float) -> list[Estimate]:
    if len(found.counts) < FEWEST_DAYS:
        return []
    return [*arrivals.fit(found, level), *hours.estimates(opening, found)]


def _returns(clean: Clean, repeat_days: int, level: float) -> list[Estimate]:
    if not clean.has("customer"):
        return []
    followed = returns.followed(clean)
    return [*returns.redials(followed, level), *returns.repeats(followed, repeat_days, level)]


def _agents(clean: Clean, found: Calendar, opening: hours.Hours, level: float) -> list[Estimate]:
    if not clean.has("agent", "service"):
        return []
    return staffing.fit(found, staffing.half_hours(clean), opening, level)


def _last_step(report: Meter) -> Meter:
    """Report a forecast as the last step."""

    def told(done: float, planned: int, note: str = "", /) -> None:
        report(STEPS - 1 + done / max(planned, 1), STEPS, note)

    return told
