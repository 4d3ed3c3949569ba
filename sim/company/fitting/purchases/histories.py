"""What each customer bought and when, a row a customer: all that the fits of purchases look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.error import FitError
from sim.model.clock import WEEK_DAYS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST = 50_000
"""Customers from whom the law is fitted; of more, a random share that many strong tells it as surely as anybody asks:
rates to a per cent, in seconds."""
PARTS = 1_000_000
"""Into how many parts customers are hashed to take that share."""
_number = count()

DAYS = """
CREATE TEMP TABLE {days} AS
SELECT customer, date, {value} AS value FROM {table}
WHERE customer IS NOT NULL AND date IS NOT NULL AND date <= ? GROUP BY customer, date
"""
PEOPLE = """
CREATE TEMP TABLE {people} AS
WITH steps AS (
    SELECT *, (date - lag(date) OVER (PARTITION BY customer ORDER BY date))::DOUBLE AS gap FROM {days}
)
SELECT
    customer, min(date) AS first, max(date) AS last, count(gap) AS repeats,
    coalesce(sum(gap), 0.0) AS span, sum(gap * gap) AS squares, sum(ln(gap)) AS logs, sum(ln(gap) ** 2) AS log_squares,
    arg_min(gap, date) FILTER (gap IS NOT NULL) AS first_gap,
    count(value) AS orders, sum(value) AS paid, sum(value * value) AS paid_squares
FROM steps GROUP BY customer
"""


@dataclass(frozen=True, eq=False)
class Histories:
    """Customers and their purchase days, until a day.

    Parameters
    ----------
    connection : where the tables are.
    days : table with a row a customer and day: customer, date, value (NULL when none is known).
    people : table with a row a customer: first and last (days), repeats (purchase days after the first), span (days
        from first to last), squares, logs and log_squares (sums over the gaps, days), first_gap (days), orders, paid
        and paid_squares (over days with a value).
    customers : how many.
    begin, end : first day of a purchase, and the day until which one has looked.
    """

    connection: DuckDBPyConnection
    days: str
    people: str
    customers: int
    begin: date
    end: date

    @property
    def length(self) -> int:
        """Days from the first purchase until the end."""
        return (self.end - self.begin).days

    def counted(self, query: str, *values: object) -> tuple:
        """Return the one row of a query; {days} and {people} stand for the tables."""
        row = self.connection.execute(query.format(days=self.days, people=self.people), list(values)).fetchone()
        assert row is not None
        return row

    def frame(self, query: str, *values: object) -> pd.DataFrame:
        """Return the frame of a query; {days} and {people} stand for the tables."""
        return self.connection.execute(query.format(days=self.days, people=self.people), list(values)).df()


@dataclass(frozen=True, eq=False)
class Records:
    """Customers with equal records, grouped: what the law of repeat buying needs to know. Arrays (groups,).

    Parameters
    ----------
    repeats, last, observed : x, t_x and T; times in weeks from the first purchase.
    people : customers of each group.
    log_gaps : sum of the logs of all their gaps, weeks.
    share : of all customers that these are; below 1 when they are too many to look at each.
    """

    repeats: NDArray[np.float64]
    last: NDArray[np.float64]
    observed: NDArray[np.float64]
    people: NDArray[np.float64]
    log_gaps: float
    share: float = 1.0

    @property
    def customers(self) -> float:
        """How many they are."""
        return float(self.people.sum())


@contextmanager
def histories(clean: Clean, until: date | None) -> Iterator[Histories]:
    """Make the tables of customers and days, and drop them afterwards.

    Parameters
    ----------
    until : the last day that counts; that of the records unless given.

    Raises
    ------
    FitError : no customers or dates, or none until that day.
    """
    for concept in ("customer", "date"):
        if not clean.has(concept):
            raise FitError(f"purchases: no column says the {concept}; map one, as in --map {concept}=COLUMN.")
    last = clean.connection.execute(f"SELECT max(date) FROM {clean.table} WHERE customer IS NOT NULL").fetchone()
    if last is None or last[0] is None:
        raise FitError("purchases: no row has both a customer and a date; map the columns that hold them.")
    number = next(_number)
    days, people = f"purchase_days_{number}", f"purchase_people_{number}"
    value = "sum(value)" if clean.has("value") else "NULL::DOUBLE"
    end = last[0] if until is None else until
    try:
        clean.connection.execute(DAYS.format(days=days, table=clean.table, value=value), [end])
        clean.connection.execute(PEOPLE.format(days=days, people=people))
        yield _histories(clean.connection, days, people, end)
    finally:
        clean.connection.execute(f"DROP TABLE IF EXISTS {days}")
        clean.connection.execute(f"DROP TABLE IF EXISTS {people}")


def _histories(connection: DuckDBPyConnection, days: str, people: str, end: date) -> Histories:
    found = connection.execute(f"SELECT count(*), min(first) FROM {people}").fetchone()
    assert found is not None
    if not found[0]:
        raise FitError(f"purchases: nobody bought until {end}; give a later date.")
    return Histories(connection, days, people, int(found[0]), found[1], end)


def records(of: Histories, most: int = MOST) -> Records:
    """Group the customers, or of more than ``most`` a random share, by repeats, last purchase and time observed."""
    parts = PARTS if of.customers <= most else PARTS * most // of.customers
    frame = of.frame(
        f"SELECT repeats, span, ($1 - first) AS observed, count(*) AS people, sum(logs) AS logs FROM {{people}} "
        f"WHERE hash(customer) % {PARTS} < {parts} GROUP BY repeats, span, observed ORDER BY repeats, span, observed",
        of.end,
    ).astype(float)
    people = frame["people"].to_numpy()
    return Records(
        frame["repeats"].to_numpy(),
        frame["span"].to_numpy() / WEEK_DAYS,
        frame["observed"].to_numpy() / WEEK_DAYS,
        people,
        float(np.nansum(frame["logs"]) - people @ frame["repeats"].to_numpy() * np.log(WEEK_DAYS)),
        float(people.sum()) / of.customers,
    )
