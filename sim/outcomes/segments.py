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
class SegmentPeriod(Period):
    """Days of a run as one segment lived them: the formulas of the measures read it like the company's."""

    segment: int = 0

    def total(self, row: int) -> Figure:
        """Sum of a row of the segment's board over the period."""
        return float(self.days_of(row)[self.first : self.last].sum())

    def float_total(self, row: int) -> Figure:
        """Sum of a float row of the segment's board over the period."""
        if row not in FLOATS:
            raise SharedError(row)
        return float(self._of(self.history.state.by_segment_f[row])[self.first : self.last].sum())

    def at_end(self, row: int) -> Figure:
        """A row of the segment's board on the last day."""
        return float(self.days_of(row)[self.last - 1])

    def cohort(self, year: int) -> NDArray[np.int64]:
        """Return the segment's customers at the start of a measured year, then those who left by month."""
        state = self.history.state
        found = state.cohort_by_segment[self.segment * state.cohort.shape[0] + year].copy()
        found[0] = self.days_of(s.DAY_CUSTOMERS)[self.history.resolved.scenario.first_day + year * YEAR_DAYS]
        return found

    def days_of(self, row: int) -> NDArray[np.int64]:
        """Return a row of the segment's board by day of the run: int64 (days,)."""
        if row in SHARED:
            raise SharedError(row)
        return self._stock(row) if row in STOCKS else self._of(self.history.state.by_segment[row])

    def _of(self, days: NDArray) -> NDArray:
        length = self.history.state.board.shape[1]
        return days[self.segment * length : (self.segment + 1) * length]

    def _stock(self, row: int) -> NDArray[np.int64]:
        """How many there are at the start of each day: those at the end, less what came from then on."""
        gains, losses = STOCKS[row]
        board = self.history.state.by_segment
        flow = np.zeros(self.history.state.board.shape[1], dtype=np.int64)
        for gain in gains:
            flow += self._of(board[gain])
        for loss in losses:
            flow -= self._of(board[loss])
        later: NDArray[np.int64] = np.cumsum(flow[::-1])[::-1]
        return self._finally(row) - later

    def _finally(self, row: int) -> int:
        """How many there are when the run is over."""
        status = self.history.state.status
        mine = status[s.SEGMENT] == self.segment
        there = status[s.CASE] >= 0 if row == s.DAY_OPEN_CASES else status[s.STANDING] == STANDINGS[row]
        return int(np.count_nonzero(mine & there))


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
    rows = [
        (name, segment, m.name, m.value(SegmentPeriod(history, of.first, of.last, of.year, number)))
        for name, of in periods(history).items()
        for number, segment in enumerate(history.resolved.segments)
        for m in SEGMENT_MEASURES
    ]
    return pd.DataFrame(rows, columns=["period", "segment", "measure", "value"])
