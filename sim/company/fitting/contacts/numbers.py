"""What the estimates of contacts are in the model: plain numbers, parameters and their ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sim.company.fitting.contacts.arrivals import FULL_DAY, SHORT_DAY
from sim.company.fitting.contacts.hours import Hours
from sim.company.fitting.contacts.patience import ALL, HAZARDS, PRIORITY, REGULAR
from sim.company.fitting.estimate import Estimate, plain
from sim.inputs.parameters import convert, load

PLACES = 6
"""Decimals of the shares of a profile."""
SEEN = 0.6
"""Occupancy below which agents are free for so long that many who are there are not seen; their number is not told."""
PROFILES = (FULL_DAY, SHORT_DAY)
PLAIN = ("contacts_a_day", "service_level", "abandonment")
"""Plain numbers that are estimates as they are. The average wait would tell the same as the service level again, and no
company of the model may have both to the second; it is told only."""


def single(estimates: Iterable[Estimate], name: str, key: str = "") -> Estimate | None:
    """Return the estimate of that name and key."""
    return next((one for one in estimates if one.name == name and key in ("", one.key)), None)


def numbers(estimates: Sequence[Estimate], hours: Hours, target: float) -> dict[str, float | str]:
    """Plain numbers of the company, as `cxsim calibrate` takes them."""
    found: dict[str, float | str] = {}
    for name in PLAIN:
        one = single(estimates, name)
        if one is not None and math.isfinite(one.value):
            found[name] = f"{plain(one.value)} s" if one.unit == "s" else plain(one.value)
    handled = [one for one in (single(estimates, name) for name in ("handling_mean", "wrap_mean")) if one is not None]
    if handled:
        found["handling_time"] = f"{plain(sum(one.value for one in handled))} s"
    if "service_level" in found:
        found["answered_within"] = f"{target:g} s"
    if any(one.name == "open_hour" for one in estimates) and hours.text():
        found["opening_hours"] = hours.text()
    agents, occupancy = single(estimates, "agents_on_payroll"), single(estimates, "occupancy")
    if agents is not None and occupancy is not None and occupancy.value >= SEEN:
        found["agents"] = plain(agents.value)
    return found


def parameters(estimates: Sequence[Estimate]) -> dict[str, Any]:
    """Overrides of a scenario: profiles as tuples, patience by segment where it is told apart, single numbers."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(one.parameter for one in estimates if one.parameter):
        rows = [one for one in estimates if one.parameter == name]
        if name in PROFILES:
            found[name] = summing([one.value for one in rows])
        elif name == "patience_mean":
            found[name] = _patience(rows)
        elif name in HAZARDS.values() or name in WEEKLY:
            found[name] = tuple(plain(one.value) for one in rows)
        else:
            found[name] = in_unit(rows[0].value, rows[0])
    return found


WEEKLY = ("weekday_weight", "open_hour", "close_hour")


def ranges(estimates: Sequence[Estimate]) -> dict[str, tuple[float, float]]:
    """Interval of those parameters that are single numbers."""
    found = {}
    for name in dict.fromkeys(one.parameter for one in estimates if one.parameter):
        rows = [one for one in estimates if one.parameter == name]
        if len(rows) == 1 and math.isfinite(rows[0].low) and math.isfinite(rows[0].high):
            found[name] = (in_unit(rows[0].low, rows[0]), in_unit(rows[0].high, rows[0]))
    return found


def _patience(rows: Sequence[Estimate]) -> float | dict[str, float]:
    known = {one.key: in_unit(one.value, one) for one in rows}
    return known.get(ALL, 0.0) if ALL in known else {key: known[key] for key in (REGULAR, PRIORITY) if key in known}


def in_unit(value: float, one: Estimate) -> float:
    """Return a value of an estimate in the unit of its parameter."""
    unit = _units()[one.parameter]
    return plain(convert(f"{value:.12g} {one.unit}", unit) if one.unit in TIMES and unit != one.unit else value)


TIMES = ("s", "min", "h")
"""Units of estimates that are converted; others are called as the parameter's."""


@cache
def _units() -> dict[str, str]:
    return {name: parameter.unit for name, parameter in load().items()}


def summing(values: Sequence[float]) -> tuple[float, ...]:
    """Round shares so that their sum is exactly one: the largest takes the rest.

    >>> summing([1 / 3, 1 / 3, 1 / 3])
    (0.333334, 0.333333, 0.333333)
    """
    shares = [round(float(one), PLACES) for one in values]
    top = shares.index(max(shares))
    shares[top] = round(1 - sum(shares[:top] + shares[top + 1 :]), PLACES)
    return tuple(shares)
