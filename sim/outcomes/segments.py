"""Outcomes by customer segment: the company's measures, worked out from what each segment's people did and were dealt.

The model counts what is a person's twice: on the board of the company, and on that of the person's segment
(``State.by_segment``). So a measure by segment has the formula of the company's, and over all segments counts add up
to it exactly. What all segments share (agents' time, wages, programmes, faults, the public rating) belongs to none of
them, and neither do the measures that rest on it: profit by segment would be an allocation of costs, not an outcome.
`contribution` is what a segment leaves for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sim.model.state as s
from sim.engines import History
from sim.model.clock import HUNDRED, YEAR_DAYS
from sim.outcomes.measures import CATALOGUE, LEFT, Figure, Measure, Period, periods

BY_SEGMENT = (
    "service_level", "asa_s", "abandonment", "offered", "contacts_a_day", "fcr", "escalation_rate",
    "decided_without_boss", "authority_decided_alone", "handoffs_per_case", "explanations_per_case",
    "resolution_hours", "promises_kept", "deliveries_kept", "callbacks", "csat", "nps", "csat_measured",
    "nps_measured", "survey_response", "ces", "delighted", "satisfied", "dissatisfied",
    "repurchase_after_quick_recovery", "retention_12m", "churn", "customers", "customers_end", "avoiding", "fired",
    "joined", "joined_by_wom", "told_good", "told_bad", "reviews", "purchases", "purchases_a_customer", "issues",
    "complaints", "complaint_share", "silent", "fault_issues", "open_cases", "angry_contacts", "revenue", "premium",
    "goods", "acquisition", "compensation", "gestures", "rewards", "following_up", "clv",
)  # fmt: skip
"""Measures of the catalogue that have a figure by segment. Tells count for the segment of those who are told."""

OWN_COSTS = (
    s.GOODS, s.ACQUISITION_COST, s.COMPENSATION, s.GESTURE_COSTS, s.REWARDS_COST, s.FOLLOW_UP_COSTS,
)  # fmt: skip
"""Costs that are spent on single customers; the others are shared."""
STOCKS = {
    s.DAY_CUSTOMERS: ((s.JOINED,), LEFT),
    s.DAY_PROSPECTS: ((s.LEFT_QUIETLY, s.LEFT_AFTER_CASE, s.FORGIVEN), (s.JOINED,)),
    s.DAY_AVOIDING: ((s.LEFT_GRIEVED,), (s.FORGIVEN,)),
    s.DAY_FIRED: ((s.LET_GO,), ()),
    s.DAY_OPEN_CASES: ((s.CASES_OPENED,), (s.CASES_CLOSED,)),
}
"""Rows of the board that say how many there are each day, and what they gain and lose by: they follow from these."""
STANDINGS = {
    s.DAY_CUSTOMERS: s.CUSTOMER, s.DAY_PROSPECTS: s.PROSPECT, s.DAY_AVOIDING: s.AVOIDING, s.DAY_FIRED: s.FIRED,
}  # fmt: skip
FLOATS = (s.PROMOTERS, s.DETRACTORS, s.EFFORT)
SHARED = frozenset(
    {
        *range(s.LEVELS), s.QUITS, s.HIRES, s.SYSTEM_TICKS, s.SYSTEM_DONE, s.CAUSES_OPENED, s.CAUSES_ENDED,
        s.REGISTERED, s.FIXES_STARTED, s.FIXES_DONE, s.WAGES_AGENTS, s.WAGES_MANAGERS, s.OVERHEAD_COST,
        s.MARKETING_COST, s.HIRING_COST, s.PROGRAMMES, s.FIX_COSTS, s.LAUNCHES, s.DAY_EMPLOYED, s.DAY_CAUSES,
    }
)  # fmt: skip
"""Rows of the board that are nobody's in particular."""


class SharedError(LookupError):
    """A row of the board that belongs to all segments together."""


@dataclass(frozen=True)
class Books:
    """What a segment's people did and were dealt, laid out as the company's board is.

    ``board`` int64 (BOARD_ROWS, days), ``board_f`` float64 (BOARD_FLOATS, days), ``cohort`` int64 (years, 1 + months):
    customers at the start of the year, then those who left by month.
    """

    board: NDArray[np.int64]
    board_f: NDArray[np.float64]
    cohort: NDArray[np.int64]


@dataclass(frozen=True)
class SegmentPeriod(Period):
    """Days of a run as one segment lived them: the formulas of the measures read it like the company's."""

    books: Books | None = None

    def total(self, row: int) -> Figure:
        """Sum of a row of the segment's board over the period."""
        return float(self._row(row)[self.first : self.last].sum())

    def float_total(self, row: int) -> Figure:
        """Sum of a float row of the segment's board over the period."""
        if self.books is None or row not in FLOATS:
            raise SharedError(row)
        return float(self.books.board_f[row, self.first : self.last].sum())

    def at_end(self, row: int) -> Figure:
        """A row of the segment's board on the last day."""
        return float(self._row(row)[self.last - 1])

    def cohort(self, year: int) -> NDArray[np.int64]:
        """Return the segment's customers at the start of a measured year, then those who left by month."""
        if self.books is None:
            raise SharedError(year)
        return self.books.cohort[year]

    def _row(self, row: int) -> NDArray[np.int64]:
        if self.books is None or row in SHARED:
            raise SharedError(row)
        return self.books.board[row]


def books_of(history: History) -> list[Books]:
    """Return the books of each segment, in the order of the scenario's segments."""
    state, scenario = history.state, history.resolved.scenario
    count, (years, months), days = len(history.resolved.segments), state.cohort.shape, state.board.shape[1]
    boards = np.ascontiguousarray(state.by_segment).reshape((s.BOARD_ROWS, count, days))
    floats = np.ascontiguousarray(state.by_segment_f).reshape((s.BOARD_FLOATS, count, days))
    cohorts = state.cohort_by_segment.reshape((count, years, months))
    found = []
    for number in range(count):
        board, cohort = boards[:, number].copy(), cohorts[number].copy()
        mine = state.status[:, state.status[s.SEGMENT] == number]
        for row in STOCKS:
            board[row] = _stock(board, row, mine)
        starts = scenario.first_day + YEAR_DAYS * np.arange(years)
        reached = starts < days
        cohort[reached, 0] = board[s.DAY_CUSTOMERS, starts[reached]]
        found.append(Books(board, floats[:, number], cohort))
    return found


def _stock(board: NDArray[np.int64], row: int, status: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many there are at the start of each day: those at the end, less what came from then on."""
    gains, losses = STOCKS[row]
    there = status[s.CASE] >= 0 if row == s.DAY_OPEN_CASES else status[s.STANDING] == STANDINGS[row]
    flow = board[list(gains)].sum(axis=0) - board[list(losses)].sum(axis=0)
    later: NDArray[np.int64] = np.cumsum(flow[::-1])[::-1]
    return np.count_nonzero(there) - later


def _contribution(p: Period) -> Figure:
    return (p.total(s.REVENUE) - sum(p.total(row) for row in OWN_COSTS)) / HUNDRED


SEGMENT_MEASURES: tuple[Measure, ...] = (
    *(CATALOGUE[name] for name in BY_SEGMENT),
    Measure(
        "contribution",
        "Contribution",
        "money",
        "revenue - goods, acquisition, compensation, gestures, rewards, following up: what is left for shared costs",
        "higher",
        _contribution,
    ),
    Measure(
        "contribution_a_year",
        "Contribution a year",
        "money/year",
        "contribution / years of the period",
        "higher",
        lambda p: _contribution(p) / p.years,
    ),
)


def measure_segments(history: History) -> pd.DataFrame:
    """Return every measure that a segment has, of every period: columns period, segment, measure, value."""
    kept = dict(zip(history.resolved.segments, books_of(history), strict=True))
    rows = [
        (name, segment, m.name, m.value(SegmentPeriod(history, of.first, of.last, of.year, books)))
        for name, of in periods(history).items()
        for segment, books in kept.items()
        for m in SEGMENT_MEASURES
    ]
    return pd.DataFrame(rows, columns=["period", "segment", "measure", "value"])
