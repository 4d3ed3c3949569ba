"""Contact records out of a log: each call from the queue to the end of the agent's work, as a telephone system has it.

A contact begins when somebody joins the queue (an attempt while the centre is closed leaves no record). It leaves the
queue when an agent answers or when it is abandoned, and the agent's time ends when the contact is wrapped up, or is
handed over to a manager; a wait with an agent holding the line is part of that time. What the manager does afterwards,
and calls that the company makes to keep a promise, are no contacts of the queue.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sim.model.state as s
from sim.company.records.events import Events
from sim.company.records.window import Window
from sim.model.clock import SECOND

TYPES = {
    s.ENQUIRY_CASE: "enquiry", s.REQUEST_CASE: "request", s.MINOR_CASE: "minor issue", s.MAJOR_CASE: "major issue",
}  # fmt: skip
ANSWERED, ABANDONED = "answered", "abandoned"
CODES = (s.ARRIVE, s.ANSWER, s.ABANDON, s.TRANSFER, s.WRAPPED, s.LOG_CALLBACK_CHOSEN)
NOBODY = -1


class Found(NamedTuple):
    """Rows of a batch that belong to each contact, -1 where there is none; shape (contacts,)."""

    arrival: NDArray[np.int64]
    exit: NDArray[np.int64]
    end: NDArray[np.int64]
    callback: NDArray[np.int64]


class Contacts:
    """Contacts as their events come in; of those that are going on, nothing but their events is held.

    Parameters
    ----------
    window : of time that the records are of.
    segments : name of the segment of each person, shape (people,).
    positions : of agents at the start.
    """

    def __init__(self, window: Window, segments: NDArray[Any], positions: int) -> None:
        self._window, self._segments = window, segments
        self._agents = np.arange(max(positions, 1))
        self._hired = positions
        self._open = Events.none()

    def take(self, events: Events, last: bool) -> pd.DataFrame:
        """Take the next events of the log; return the contacts that are over, of the last ones all that there are."""
        events = self._who_answers(events)
        rows = Events.joined([self._open, events.only(CODES)])
        rows = rows.at(np.argsort(rows.person, kind="stable"))
        found = _contacts(rows)
        going_on = (found.exit < 0) | ((rows.code[found.exit] == s.ANSWER) & (found.end < 0))
        self._open = rows.at(np.flatnonzero(np.isin(_of(rows, found), np.flatnonzero(going_on))))
        over = np.ones_like(going_on) if last else ~going_on
        return self._records(rows, Found(*(part[over] for part in found)))

    def _who_answers(self, events: Events) -> Events:
        """Put the number of the agent in the place of that of the position: who is hired is somebody new."""
        who = self._agents[np.where(events.code == s.ANSWER, events.a, 0)]
        for row in np.flatnonzero(events.code == s.LOG_HIRED):
            position = events.a[row]
            self._agents[position] = self._hired
            who[row:][events.a[row:] == position] = self._hired
            self._hired += 1
        return events._replace(a=np.where(events.code == s.ANSWER, who, events.a))

    def _records(self, rows: Events, found: Found) -> pd.DataFrame:
        arrived = rows.time[found.arrival]
        order = np.argsort(arrived, kind="stable")
        kept = order[self._window.holds(arrived[order])]
        arrival, left, end, callback = (part[kept] for part in found)
        answered = (left >= 0) & (rows.code[left] == s.ANSWER)
        person = rows.person[arrival]
        return pd.DataFrame(
            {
                "arrival": self._window.instants(rows.time[arrival]),
                "queue_exit": self._window.instants(rows.time[left]).where(left >= 0),
                "outcome": pd.Series(np.where(answered, ANSWERED, ABANDONED)).where(left >= 0),
                "service_time": pd.Series((rows.time[end] - rows.time[left]) / SECOND).where(answered & (end >= 0)),
                "type": pd.Series(rows.b[arrival]).map(TYPES),
                "customer": pd.Series(person, dtype="Int64"),
                "agent": pd.Series(rows.a[left], dtype="Int64").where(answered),
                "segment": self._segments[person],
                "callback": np.where(callback >= 0, "yes", "no"),
            }
        )


def _of(rows: Events, found: Found) -> NDArray[np.int64]:
    """Which contact each row belongs to, -1 for none: what a person does before the first contact that is known."""
    number = np.cumsum(rows.code == s.ARRIVE) - 1
    known = number >= 0
    same = rows.person[found.arrival[number]] == rows.person if len(found.arrival) else known
    return np.where(known & same, number, NOBODY)


def _contacts(rows: Events) -> Found:
    """Find the events of each contact in rows sorted by person, each person's in order."""
    arrival = np.flatnonzero(rows.code == s.ARRIVE)
    none = np.full(len(arrival), -1)
    number = _of(rows, Found(arrival, none, none, none))
    left = (rows.code == s.ANSWER) | (rows.code == s.ABANDON)  # who hangs up on a manager has been answered before
    ended = (rows.code == s.TRANSFER) | (rows.code == s.WRAPPED)
    chosen = rows.code == s.LOG_CALLBACK_CHOSEN
    return Found(arrival, *(_first(which & (number >= 0), number, len(arrival)) for which in (left, ended, chosen)))


def _first(which: NDArray[np.bool_], number: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """First row of each contact among those chosen, -1 where there is none."""
    rows = np.flatnonzero(which)[::-1]
    first = np.full(count, -1)
    first[number[rows]] = rows  # of several the last one written stays, which is the first
    return first
