"""The course of a run month by month: measures that a company can look up in its own books once a month.

A month is a twelfth of a year of the measured period, the months of the cohort table (sim/model/state.py,
YEAR_MONTHS): day d of the period, from 0, is of month 12 d // 365. Months are 30 or 31 days long, twelve are a year to
the day, and a period that is not a whole number of them has a rest that belongs to none.

`MONTHLY` lists the measures, by three rules. A measure has a month when its definition holds over any days: yearly
retention follows customers for a year, and lifetime value rests on a year's churn. It is one that a company knows about
itself: stress, attitude, who suffers in silence and what word of mouth has won stand in nobody's books (what is told of
a company does, where it listens). And it says something of its own: profit a year is profit, and a cost or a class of
satisfaction for itself is for explaining, not for watching.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.engines import History
from sim.model.clock import YEAR_DAYS, YEAR_MONTHS
from sim.outcomes.measures import CATALOGUE, Period

Kind = Literal["sum", "mean"]

MONTHLY: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "offered", "joined", "purchases", "complaints", "told_good", "told_bad", "reviews", "revenue", "profit",
            "compensation",
        ),
        "sum",
    ),
    **dict.fromkeys(
        (
            "service_level", "asa_s", "abandonment", "occupancy", "handling_s", "contacts_a_day", "fcr",
            "escalation_rate", "resolution_hours", "promises_kept", "csat", "nps", "csat_measured", "nps_measured",
            "survey_response", "churn", "customers", "customers_end", "rating", "purchases_a_customer",
            "complaint_share", "agent_turnover", "employed", "cost_per_contact",
        ),
        "mean",
    ),
}  # fmt: skip
"""Measures that have months -> "sum" when they add up over days, as contacts do, so that a longer month has more; else
"mean": a share, a mean, or a rate a year, whatever the month's length."""


@dataclass(frozen=True)
class Months(Period):
    """Months one after the other as one period, whose every total is an array with a figure a month.

    The formulas of the measures are worked out for all months at once.
    """

    bounds: Any = None  # int64 (months + 1,): first day of each month, and the day after the last

    @property
    def days(self) -> Any:
        """Lengths in days."""
        return np.diff(self.bounds)

    @property
    def open_days(self) -> Any:
        """Days of each month on which the centre opens."""
        return np.add.reduceat(self.opens(), self.bounds[:-1] - self.first, dtype=np.int64)

    def total(self, row: int) -> Any:
        """Sums of a row of the board."""
        return self._sums(self.history.state.board[row]).astype(np.float64)

    def float_total(self, row: int) -> Any:
        """Sums of a float row of the board."""
        return self._sums(self.history.state.board_f[row])

    def at_end(self, row: int) -> Any:
        """A row of the board on the last day of each month."""
        return self.history.state.board[row, self.bounds[1:] - 1].astype(np.float64)

    def _sums(self, days: Any) -> Any:
        return np.add.reduceat(days[self.first : self.last], self.bounds[:-1] - self.first)


def month_count(days: int) -> int:
    """Return how many whole months a measured period of so many days has.

    >>> month_count(364), month_count(365), month_count(31)
    (11, 12, 1)
    """
    return days * YEAR_MONTHS // YEAR_DAYS


def month_bounds(count: int) -> NDArray[np.int64]:
    """Return the first day of each of so many months, counted from the period's first, and the day after the last.

    >>> month_bounds(12).tolist()
    [0, 31, 61, 92, 122, 153, 183, 213, 244, 274, 305, 335, 365]
    """
    return -(-np.arange(count + 1) * YEAR_DAYS // YEAR_MONTHS)


def course(history: History) -> NDArray[np.float64]:
    """Return the measures of `MONTHLY`, in its order, of every whole month of the measured period.

    Returns
    -------
    Shape (measures, months), unit of each measure; NaN in a month in which it is undefined, as when nobody called.
    """
    scenario = history.resolved.scenario
    first, count = scenario.first_day, month_count(scenario.days - scenario.first_day)
    if count == 0:
        return np.empty((len(MONTHLY), 0))
    bounds = first + month_bounds(count)
    months = Months(history, first, int(bounds[-1]), bounds=bounds)
    return np.array([CATALOGUE[name].value(months) for name in MONTHLY], dtype=np.float64)
