"""Rows of a contact centre's results: their fields, what their columns mean, and how they become plain data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.contact_centre.figures import ABOUT, DEFINITIONS, UNITS, Numbers
from sim.outcomes.statistics import Intervals, mean_intervals

NAN = float("nan")
OF_ROWS = {
    "mean": "mean over replications",
    "ci_low": "lower end of its interval, Student t over replications",
    "ci_high": "upper end of its interval",
    "se": "its standard error",
    "n": "replications in which the measure is defined",
    "theory": "value of the closed form; undefined where there is none",
}
OF_TENTHS = {
    "from_hour": ("h", "beginning of the tenth, since the run began"),
    "to_hour": ("h", "its end"),
    "mean_queue": ("contacts", ABOUT["mean_queue"].definition),
    "mean_in_system": ("contacts", ABOUT["mean_in_system"].definition),
    "measured": ("share", "share of the tenth that is measured; the rest is warm-up"),
}
SEARCHED = ("service_level", "abandonment", "mean_wait", "occupancy")
"""Measures that a search shows for each number of agents."""
OF_STAFFING = {
    **{name: (UNITS[name], DEFINITIONS[name]) for name in SEARCHED},
    "agents": ("agents", "number of agents on duty"),
    "meets": ("", "whether the means meet the target"),
    "straddles": ("", "whether an interval includes a limit of the target"),
}


class Row(NamedTuple):
    """A figure: mean over replications, interval, standard error, number of replications, and theory (or NaN)."""

    measure: str
    mean: float
    ci_low: float
    ci_high: float
    se: float
    n: int
    theory: float


class Tenth(NamedTuple):
    """A tenth of a run: contacts in line and in the centre, with their intervals, and the share measured."""

    from_hour: float
    to_hour: float
    mean_queue: float
    ci_low_mean_queue: float
    ci_high_mean_queue: float
    mean_in_system: float
    ci_low_mean_in_system: float
    ci_high_mean_in_system: float
    measured: float


class Neighbour(NamedTuple):
    """A number of agents near the answer to a search: see `Staffing.to_frame`."""

    agents: int
    service_level: float
    ci_low_service_level: float
    ci_high_service_level: float
    abandonment: float
    ci_low_abandonment: float
    ci_high_abandonment: float
    mean_wait: float
    ci_low_mean_wait: float
    ci_high_mean_wait: float
    occupancy: float
    ci_low_occupancy: float
    ci_high_occupancy: float
    meets: bool
    straddles: bool


def rows_of(values: Mapping[str, Numbers], theory: Mapping[str, float], level: float) -> list[Row]:
    """Return means and intervals of figures; replications without a value are left out."""
    found = mean_intervals(np.stack(list(values.values())), level)
    return [
        Row(name, float(mean), float(low), float(high), float(se), int(n), theory.get(name, NAN))
        for name, n, mean, se, low, high in zip(values, *found, strict=True)
    ]


def ends_of(found: Intervals, place: int) -> tuple[float, float, float]:
    """Return a mean and the ends of its interval."""
    return float(found.mean[place]), float(found.low[place]), float(found.high[place])


def told(columns: Mapping[str, tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return units and definitions apart."""
    return {name: unit for name, (unit, _) in columns.items() if unit}, {name: of for name, (_, of) in columns.items()}


def plain(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return records as JSON can hold them, NaN as None."""
    return [{key: _json(value) for key, value in record.items()} for record in records]


def _json(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
