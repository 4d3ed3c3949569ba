"""Where contacts come from: a Poisson stream, level or by half-hour of the week, or a trace."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.draws import ARRIVAL_GAP, uniforms
from sim.queue.arguments import QueueError, number
from sim.queue.tables import rows
from sim.state import DAY, HALF_HOURS, HOUR, MINUTE, WEEK_DAYS

WEEK = WEEK_DAYS * HALF_HOURS
SLOT_MINUTES = DAY // HALF_HOURS / MINUTE
HOUR_MINUTES = HOUR / MINUTE
# Gaps are drawn in blocks: NumPy hashes thousands of keys in the time that Python takes for a few.
BLOCK = 1 << 12
COLUMNS = ("minute", "class", "handling", "patience")


@dataclass(frozen=True)
class Stream:
    """Poisson arrivals.

    Parameters
    ----------
    calls_per_hour : mean over the whole week, closed hours included.
    weights : relative intensity of the 336 half-hours from Monday 00:00; () is level.
    """

    calls_per_hour: float
    weights: tuple[float, ...] = ()

    def instants(self, keys: NDArray[np.uint64], end: int) -> Iterator[int]:
        """Yield the instants (ticks) of the arrivals before ``end``; gaps are drawn by number."""
        minute = self._clock()
        for work in self._work(keys):
            instant = int(minute(work) * MINUTE + 0.5)
            if instant >= end:
                return
            yield instant

    def _work(self, keys: NDArray[np.uint64]) -> Iterator[float]:
        """Cumulative intensity at each arrival: sums of exponential gaps of mean 1."""
        total, first = 0.0, 0
        while True:
            numbers = np.arange(first, first + BLOCK)
            # math.log, not NumPy's: the same number as the scalar rule gives, on every processor.
            for u in uniforms(keys, ARRIVAL_GAP, numbers, 0).tolist():
                total -= math.log(u)
                yield total
            first += BLOCK

    def _clock(self) -> "_Clock":
        return _Clock(self.calls_per_hour / HOUR_MINUTES, self.weights or (1.0,))


class _Clock:
    """Turns cumulative intensity into minutes: it inverts a rate that is constant by half-hour."""

    def __init__(self, per_minute: float, weights: Sequence[float]) -> None:
        scale = per_minute * len(weights) / math.fsum(weights)
        self._slots = [weight * scale for weight in weights]
        self._edges = [0.0, *accumulate(rate * SLOT_MINUTES for rate in self._slots)]

    def __call__(self, work: float) -> float:
        turns, rest = divmod(work, self._edges[-1])
        slot = min(bisect_right(self._edges, rest) - 1, len(self._slots) - 1)
        within = (rest - self._edges[slot]) / self._slots[slot] if self._slots[slot] > 0 else 0.0
        return (turns * len(self._slots) + slot) * SLOT_MINUTES + within


@dataclass(frozen=True)
class Trace:
    """Arrivals as they were recorded, the same in every replication.

    Parameters
    ----------
    minutes : instants since the start of the run, in order.
    classes : number of the class of each, 0 first; () to draw it by the shares.
    handling, patience : own time of each in minutes, NaN where unknown (then drawn); () when there is no
        column.
    """

    minutes: tuple[float, ...] = field(repr=False)
    classes: tuple[int, ...] = field(default=(), repr=False)
    handling: tuple[float, ...] = field(default=(), repr=False)
    patience: tuple[float, ...] = field(default=(), repr=False)

    @property
    def hours(self) -> float:
        """Whole hours that the trace spans from the start of the run."""
        return math.floor(self.minutes[-1] / HOUR_MINUTES) + 1

    @property
    def calls_per_hour(self) -> float:
        """Mean over the hours that it spans."""
        return len(self.minutes) / self.hours

    def instants(self, keys: NDArray[np.uint64], end: int) -> Iterator[int]:
        """Yield the instants (ticks) before ``end``."""
        for minute in self.minutes:
            instant = int(minute * MINUTE + 0.5)
            if instant >= end:
                return
            yield instant


Arrivals = Stream | Trace


def weekly(name: str, weights: Sequence[object]) -> tuple[float, ...]:
    """Check 48 weights (every day alike) or 336 (from Monday 00:00); return 336."""
    if len(weights) not in (HALF_HOURS, WEEK):
        raise QueueError(
            f"{name} has {len(weights)} numbers; give {HALF_HOURS} (the half-hours of a day) or {WEEK} (of a week)."
        )
    found = [number(f"{name}[{k}]", weight, least=0.0) for k, weight in enumerate(weights)]
    if not any(found):
        raise QueueError(f"{name} has only zeros; give at least one half-hour a weight above 0.")
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
        raise QueueError(f"trace: {path} has a heading and no arrival; give one row an arrival.")
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
        raise QueueError(f"{where} has {len(row)} cells; give {len(names)}, empty ones between commas.")
    return dict(zip(names, row, strict=True))


def _in_order(found: list[tuple[str, float]]) -> tuple[float, ...]:
    for (_, before), (where, minute) in pairwise(found):
        if minute < before:
            raise QueueError(f"{where}: minute {minute:g} comes after {before:g}; sort the rows by minute.")
    return tuple(minute for _, minute in found)


def _class(where: str, name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise QueueError(f"{where}: no class is called {name!r}; the classes are {', '.join(classes)}.")
    return classes.index(name)


def _own(table: list[tuple[str, dict[str, str]]], column: str) -> tuple[float, ...]:
    return tuple(
        number(f"{where}, {column}", row[column], least=0.0) if row[column] else math.nan for where, row in table
    )
