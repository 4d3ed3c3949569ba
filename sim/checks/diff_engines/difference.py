"""How it is said where two engines part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import sim.model.state as s
from sim.checks.diff_engines.names import BY_BUCKET, EVENTS, LOG
from sim.outcomes.tracing import Entry, exactly_when, when, words

BOTH = ("readable", "compiled")
NOBODY = -1


@dataclass(frozen=True)
class EventDifference:
    """The first event that the engines tell differently.

    ``before`` : the last events that both tell. ``readable``, ``compiled`` : what each says next, or None when it has
    nothing more to say. ``persons`` : whom these are about, and what stood open with them.
    """

    before: tuple[Entry, ...]
    readable: Entry | None
    compiled: Entry | None
    persons: Mapping[int, str]
    first_day: int

    def lines(self) -> list[str]:
        """Tell it, a line each."""
        told = [f"  {self._told(place)}" for place in range(len(self.before))]
        found = ["The last events that both engines tell:", *(told or ["  none"]), "Then:"]
        for engine, entry in zip(BOTH, (self.readable, self.compiled), strict=True):
            last = self.before[-1] if self.before else None
            found.append(f"  {engine}: {'nothing more' if entry is None else _tell(entry, last, self.first_day)}")
        found += [f"  they differ in {', '.join(self.fields())}"] if self.readable and self.compiled else []
        return found + [f"Person {person}: {about}." for person, about in self.persons.items()]

    def _told(self, place: int) -> str:
        last = self.before[place - 1] if place else None
        return _tell(self.before[place], last, self.first_day)

    def fields(self) -> list[str]:
        """Return the fields of the log in which they differ, and what either engine says there."""
        both = zip(LOG, self.readable or (), self.compiled or (), strict=False)
        return [f"{name} ({_say(name, a)} and {_say(name, b)})" for name, a, b in both if repr(a) != repr(b)]


def _say(field: str, value: float) -> str:
    return EVENTS.get(int(value), repr(value)) if field == "LOG_CODE" else repr(value)


def _tell(entry: Entry, last: Entry | None, first_day: int) -> str:
    """Tell one entry of anybody; ``last`` is the one before it in the log."""
    before = last.code if last is not None and last.person == entry.person else 0
    told = words(entry, before, first_day) or EVENTS.get(entry.code, f"code {entry.code}")
    agent = f" by agent {entry.a}" if entry.code == s.ANSWER else ""
    who = f"person {entry.person}: " if entry.person != NOBODY else ""
    return f"{exactly_when(entry.time, first_day)}, {who}{told}{agent}"


@dataclass(frozen=True)
class ValueDifference:
    """The first number of an array in which the engines differ: that of the earliest day, or of the first person.

    ``field`` is the name of its first index in sim/model/state.py, or the index itself; ``index`` the others;
    ``place`` what time they stand for, if any; ``values`` how many numbers of the array differ.
    """

    array: str
    field: str
    index: tuple[int, ...]
    place: str
    readable: float
    compiled: float
    values: int

    def lines(self) -> list[str]:
        """Tell it in one line."""
        where = ", ".join((self.field, *map(str, self.index)))
        place = f" ({self.place})" if self.place else ""
        more = f"; {self.values:,} numbers of {self.array} differ" if self.values > 1 else ""
        return [f"  {self.array}[{where}]{place}: readable {self.readable!r}, compiled {self.compiled!r}{more}"]


@dataclass(frozen=True)
class Comparison:
    """What came of running something on both engines: a heading, and where they part.

    ``events`` that both tell; ``digest`` of the history (of the books) that both leave, or "" when they do not leave
    the same.
    """

    heading: str
    events: int
    digest: str
    first: EventDifference | None = None
    values: tuple[ValueDifference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the engines agree, bit for bit."""
        return self.first is None and not self.values

    def __str__(self) -> str:
        found = [self.heading]
        for first in (self.first, *self.values):
            found += [] if first is None else first.lines()
        return "\n".join(found)


def differences(
    names: Mapping[str, Sequence[str]], ours: Mapping[str, Any], theirs: Mapping[str, Any], bucket: int, first_day: int
) -> tuple[ValueDifference, ...]:
    """Compare arrays bit by bit; return the first number of each that differs.

    Parameters
    ----------
    names : the arrays, and what their first index stands for.
    ours, theirs : the readable engine's arrays, and the compiled one's.
    bucket : width of the board's buckets (ticks).
    first_day : day on which the measured period starts.
    """
    found = []
    for name, fields in names.items():
        one, other = ours[name], theirs[name]
        differ = np.ascontiguousarray(one).view(np.uint8) != np.ascontiguousarray(other).view(np.uint8)
        differ = differ.reshape(*one.shape, one.itemsize).any(axis=-1)
        if differ.any():
            # The last index goes first: the earliest bucket, the first person.
            at = tuple(np.argwhere(differ.T)[0][::-1].tolist())
            field = fields[at[0]] if fields else str(at[0])
            place = when(at[-1] * bucket, first_day) if name in BY_BUCKET else ""
            found.append(
                ValueDifference(name, field, at[1:], place, one[at].item(), other[at].item(), int(differ.sum()))
            )
    return tuple(found)
