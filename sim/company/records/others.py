"""Purchases, answers to surveys, and who knows whom, out of a log and a final state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sim.model.state as s
from sim.company.records.events import Events
from sim.company.records.window import Window
from sim.model.clock import DAY
from sim.model.state import State

PEOPLE_AT_ONCE = 1 << 14
"""People whose friends are listed at once."""


def purchases(events: Events, window: Window) -> pd.DataFrame:
    """Return columns customer, date and amount (money) of each purchase."""
    rows = events.only((s.LOG_PURCHASE,))
    rows = rows.at(window.holds(rows.time))
    return pd.DataFrame(
        {"customer": pd.Series(rows.person, dtype="Int64"), "date": window.dates(rows.time // DAY), "amount": rows.x}
    )


class Surveys:
    """Answers to surveys as they come in; of everybody, what the last case was about is held.

    Parameters
    ----------
    window : of days of answers.
    people : how many there are.
    """

    def __init__(self, window: Window, people: int) -> None:
        self._window = window
        self._kind = np.zeros(people, dtype=np.int8)

    def take(self, events: Events) -> pd.DataFrame:
        """Take the next events of the log; return columns date, customer, satisfaction, recommend and problem.

        Satisfaction is 1 to 5, recommend 0 to 10, and problem says whether the survey was about an issue.
        """
        rows = events.only((s.LOG_OPENED, s.LOG_SURVEYED))
        rows = rows.at(np.argsort(rows.person, kind="stable"))
        kinds = self._kinds(rows)
        opened = rows.code == s.LOG_OPENED
        self._kind[rows.person[opened]] = rows.a[opened]  # of several of a person the last one stays
        kept = np.flatnonzero(~opened & self._window.holds_day(rows.b))
        kept = kept[np.argsort(rows.time[kept], kind="stable")]
        answers = rows.at(kept)
        return pd.DataFrame(
            {
                "date": self._window.dates(answers.b),
                "customer": pd.Series(answers.person, dtype="Int64"),
                "satisfaction": pd.Series(answers.a, dtype="Int64"),
                "recommend": pd.Series(answers.c, dtype="Int64"),
                "problem": np.where(kinds[kept] >= s.MINOR_CASE, "yes", "no"),
            }
        )

    def _kinds(self, rows: Events) -> NDArray[np.int64]:
        """Kind of the case that is open at each row: that of the person's last opening here, or of an earlier batch."""
        place = np.arange(len(rows.code))
        opening = np.maximum.accumulate(np.where(rows.code == s.LOG_OPENED, place, -1)) if len(place) else place
        here = (opening >= 0) & (rows.person[opening] == rows.person)
        return np.where(here, rows.a[opening], self._kind[rows.person])


def friends(state: State) -> Iterator[pd.DataFrame]:
    """Yield columns a and b: each tie once, the lower number first."""
    first, people = np.asarray(state.first_edge), len(state.first_edge) - 1
    for start in range(0, people, PEOPLE_AT_ONCE):
        stop = min(start + PEOPLE_AT_ONCE, people)
        whose = np.repeat(np.arange(start, stop), np.diff(first[start : stop + 1]))
        others: Any = np.asarray(state.edge[first[start] : first[stop]])
        lower = whose < others
        yield pd.DataFrame({"a": whose[lower], "b": others[lower]}, dtype="Int64")
