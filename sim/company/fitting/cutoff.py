"""The last day of what is fitted, as somebody may give it."""

from __future__ import annotations

from datetime import date, datetime

from sim.company.fitting.error import FitError


def day_of(until: date | str | None) -> date | None:
    """Return a day from a date, a timestamp, or text such as "1997-06-30"; None stays None.

    Raises
    ------
    FitError : text that is not a date.

    >>> day_of("1997-06-30")
    datetime.date(1997, 6, 30)
    """
    if isinstance(until, str):
        try:
            return date.fromisoformat(until)
        except ValueError as error:
            raise FitError(f"until {until!r} is not a date; write it as 1997-06-30.") from error
    return until.date() if isinstance(until, datetime) else until
