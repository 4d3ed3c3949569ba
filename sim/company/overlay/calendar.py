"""Which calendar month a month of a projection is.

The model's year has twelve months of 30 or 31 days (sim/outcomes/months.py) and no calendar; whoever lays actuals over
it says in which calendar month it began. Month k of the projection is then the k-th calendar month from there on. What
adds up over days, as contacts do, is brought from the model's month to the days that the calendar month has: to 28 in a
February, where the model has 30 or 31. Weekdays and holidays are left as they fall, and a year is taken for a year, of
365 days or 366.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.overlay.errors import ActualsError
from sim.model.clock import YEAR_MONTHS
from sim.outcomes.months import month_bounds

By = Literal["month", "year"]
Place = tuple[By, int]
"""Month or year of a projection, and which one from 0."""

ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ].*)?")
YEAR_WORD = re.compile(r"year\s*(\d+)", re.IGNORECASE)
NONE = {
    "month": "it measures less than one, or was saved by a cxsim that kept none; give actuals by year, as year 1, or "
    "run it again",
    "year": "it measures less than one; give actuals by month",
}
"""Why a study may have no months, or no years."""
HOW = 'write 2026-03, a date such as 2026-03-31, or "year 1"'


@dataclass(frozen=True)
class Calendar:
    """A projection on the calendar.

    Parameters
    ----------
    first : calendar month of its first month: 12 x year + month - 1.
    months, years : how many whole ones it has.
    """

    first: int
    months: int
    years: int

    def place(self, value: object, where: str) -> Place:
        """Return which month or year of the projection is meant; ``where`` says where it was read.

        Raises
        ------
        ActualsError : when it is not a period, or none of the projection.
        """
        text = str(value).strip()
        word = YEAR_WORD.fullmatch(text)
        if word:
            return self._inside("year", int(word.group(1)) - 1, self.years, text, where)
        return self._inside("month", calendar_month(value, where) - self.first, self.months, text, where)

    def _inside(self, by: By, place: int, count: int, text: str, where: str) -> Place:
        if 0 <= place < count:
            return by, place
        if count == 0:
            raise ActualsError(f"{where}: {text} cannot be compared, as this study has no {by}s: {NONE[by]}.")
        name = self.namer(by)
        raise ActualsError(
            f"{where}: {text} lies outside of the projection, which runs from {name(0)} to {name(count - 1)}; leave it "
            "out, or give another start."
        )

    def name(self, place: int) -> str:
        """Return a month as it is written: "2026-03"."""
        year, month = divmod(self.first + place, YEAR_MONTHS)
        return f"{year:04d}-{month + 1:02d}"

    def namer(self, by: By) -> Callable[[int], str]:
        """Return what names a month, or a year, by its place."""
        return self.name if by == "month" else year_name

    def stretch(self, count: int) -> NDArray[np.float64]:
        """Return the days of each of so many calendar months over those that the model's month has."""
        days = [monthrange(*self._at(place))[1] for place in range(count)]
        return np.array(days) / np.diff(month_bounds(count))

    def _at(self, place: int) -> tuple[int, int]:
        year, month = divmod(self.first + place, YEAR_MONTHS)
        return year, month + 1


def year_name(place: int) -> str:
    """Return a year of a projection as a study calls it: "year 1"."""
    return f"year {place + 1}"


def starting(starts: object) -> int:
    """Return the calendar month in which a projection begins.

    Raises
    ------
    ActualsError : when it is not a month, or a day in the middle of one.
    """
    where = f"starts = {starts!r}"
    if _read(starts, where).day != 1:
        raise ActualsError(
            f"{where} is in the middle of a month, and actuals are of whole months; give the month that it is nearest "
            "to, such as 2026-01."
        )
    return calendar_month(starts, where)


def calendar_month(value: object, where: str) -> int:
    """Return the calendar month of a text, a date or a period: 12 x year + month - 1.

    >>> calendar_month("2026-03", ""), calendar_month(date(2026, 3, 31), "")
    (24314, 24314)
    """
    day = _read(value, where)
    return YEAR_MONTHS * day.year + day.month - 1


def _read(value: object, where: str) -> date:
    """Return the day that is meant; the first one of what is given as a month."""
    if isinstance(value, pd.Period):
        return date(value.year, value.month, 1)
    if isinstance(value, date):  # a Timestamp is one too
        return date(value.year, value.month, value.day)
    found = ISO_MONTH.fullmatch(str(value).strip())
    try:
        if found is None:
            raise ValueError
        return date(int(found.group(1)), int(found.group(2)), int(found.group(3) or 1))
    except ValueError:
        raise ActualsError(f"{where}: cannot read {str(value)!r} as a month; {HOW}.") from None
