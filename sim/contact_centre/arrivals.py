"""Where contacts come from: a Poisson stream, constant or by half-hour of the week, or a trace."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.contact_centre.arguments import QueueError, number
from sim.contact_centre.tables import rows
from sim.model.clock import HALF_HOURS, HOUR, MINUTE, WEEK_DAYS
from sim.model.steps.bare import SLOT_MINUTES

WEEK = WEEK_DAYS * HALF_HOURS
HOUR_MINUTES = HOUR / MINUTE
COLUMNS = ("minute", "class", "handling", "patience")


@dataclass(frozen=True)
class Stream:
    """Poisson arrivals.

    Parameters
    ----------
    calls_per_hour : mean over the whole week, closed hours included.
    weights : relative intensity of the 336 half-hours from Monday 00:00; () is constant.
    """

    calls_per_hour: float
    weights: tuple[float, ...] = ()

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the field ``kernel`` of the state, as `sim.model.steps.bare.next_arrival` reads it: (2, slots + 1)."""
        weights = self.weights or (1.0,)
        scale = self.calls_per_hour / HOUR_MINUTES * len(weights) / math.fsum(weights)
        rates = [weight * scale for weight in weights]
        return {"kernel": np.array([[0.0, *accumulate(rate * SLOT_MINUTES for rate in rates)], [*rates, 0.0]])}


@dataclass(frozen=True)
class Trace:
    """Recorded arrivals, the same in every replication.

    Parameters
    ----------
    minutes : instants since the start of the run, in order.
    classes : class of each, from 0; () to draw it by the shares.
    handling, patience : own time of each in minutes, NaN where unknown (then drawn); () without such a column.
    """

    minutes: tuple[float, ...] = field(repr=False)
    classes: tuple[int, ...] = field(default=(), repr=False)
    handling: tuple[float, ...] = field(default=(), repr=False)
    patience: tuple[float, ...] = field(default=(), repr=False)

    @property
    def hours(self) -> float:
        """Whole hours from the start of the run to the end of the trace."""
        return math.floor(self.minutes[-1] / HOUR_MINUTES) + 1

    @property
    def calls_per_hour(self) -> float:
        """Mean over these hours."""
        return len(self.minutes) / self.hours

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the fields ``kernel`` and ``profile`` of the state, as `next_arrival` of the steps reads them."""
        instants = [int(minute * MINUTE + 0.5) for minute in self.minutes]
        classes = self.classes or (-1,) * len(instants)
        return {"kernel": np.zeros((2, 1)), "profile": np.array([instants, classes], dtype=np.int64)}


Arrivals = Stream | Trace


def weekly(name: str, weights: Sequence[object]) -> tuple[float, ...]:
    """Check 48 weights (the same every day) or 336 (from Monday 00:00); return 336."""
    if len(weights) not in (HALF_HOURS, WEEK):
        raise QueueError(
            f"{name} has {len(weights)} numbers; give {HALF_HOURS} (the half-hours of a day) or {WEEK} (of a week)."
        )
    found = [number(f"{name}[{k}]", weight, least=0.0) for k, weight in enumerate(weights)]
    if not any(found):
        raise QueueError(f"{name} contains only zeros; give at least one half-hour a weight above 0.")
    return tuple(found * (WEEK // len(found)))


def read_trace(path: Path, classes: Sequence[str]) -> Trace:
    """Read a CSV file with a heading: ``minute`` and, if known, ``class``, ``handling`` and ``patience``.

    Times are in minutes.

    Parameters
    ----------
    classes : names of the priority classes, for the column ``class``.
    """
    (_, names), *lines = rows("trace", path, "a CSV file with a column minute") or [(0, [])]
    if "minute" not in names or set(names) - set(COLUMNS) or len(set(names)) < len(names):
        raise QueueError(
            f"trace: {path} has the columns {', '.join(names) or 'none'}; it needs minute, and may have "
            f"{', '.join(COLUMNS[1:])}, each once."
        )
    if not lines:
        raise QueueError(f"trace: {path} has a heading but no arrival; give one row per arrival.")
    table = [(f"trace: {path}, line {line}", _named(f"trace: {path}, line {line}", names, row)) for line, row in lines]
    minutes = [(where, number(f"{where}, minute", row["minute"], least=0.0)) for where, row in table]
    return Trace(
        minutes=_in_order(minutes),
        classes=tuple(_class(where, row["class"], classes) for where, row in table) if "class" in names else (),
        handling=_own(table, "handling") if "handling" in names else (),
        patience=_own(table, "patience") if "patience" in names else (),
    )


def _named(where: str, names: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(names):
        raise QueueError(f"{where} has {len(row)} cells; give {len(names)}, leaving unknown ones empty between commas.")
    return dict(zip(names, row, strict=True))


def _in_order(found: list[tuple[str, float]]) -> tuple[float, ...]:
    for (_, before), (where, minute) in pairwise(found):
        if minute < before:
            raise QueueError(f"{where}: minute {minute:g} comes after {before:g}; sort the rows by minute.")
    return tuple(minute for _, minute in found)


def _class(where: str, name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise QueueError(f"{where}: there is no class {name!r}; the classes are {', '.join(classes)}.")
    return classes.index(name)


def _own(table: list[tuple[str, dict[str, str]]], column: str) -> tuple[float, ...]:
    return tuple(
        number(f"{where}, {column}", row[column], least=0.0) if row[column] else math.nan for where, row in table
    )
