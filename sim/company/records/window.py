"""The time that records are of, on the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.model.clock import DAY, WEEK_DAYS


@dataclass(frozen=True)
class Window:
    """Days [first, last) of a run, the first of which is a date.

    Times are those of the company's clocks on the wall; there are no clock changes in a model.
    """

    first: int
    last: int
    starts: date

    @property
    def ends(self) -> date:
        """Date of the last day."""
        return self.starts + timedelta(days=self.last - self.first - 1)

    def holds(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether instants (ticks) lie in it."""
        return times >= self.first * DAY

    def holds_day(self, days: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether days of the run lie in it."""
        return (days >= self.first) & (days < self.last)

    def instants(self, times: NDArray[np.int64]) -> Any:
        """Return instants (ticks) on the calendar, to the microsecond."""
        since = (times - self.first * DAY).astype("timedelta64[us]")
        return pd.Series(np.datetime64(self.starts, "us") + since)

    def dates(self, days: NDArray[np.int64]) -> Any:
        """Return days of the run as dates."""
        return pd.Series(np.datetime64(self.starts, "D") + (days - self.first).astype("timedelta64[D]"))


def starting(wanted: date, first: int) -> date:
    """Return the first date from the one wanted on that has the weekday of a day of the run: day 0 is a Monday.

    >>> starting(date(2026, 1, 1), 0), starting(date(2026, 1, 1), 3)
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 1))
    """
    return wanted + timedelta(days=(first - wanted.weekday()) % WEEK_DAYS)
