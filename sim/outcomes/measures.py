"""What comes out: every measure with its unit and exact definition, from the board and the cohort table.

Rows of the board are in sim/model/state.py; ``total`` adds one over the days of a period. A contact is counted on the
day it came, a case on the day it closed, money on the day it was booked. Unfinished cases are counted in
``open_cases``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import sim.model.columns as t
import sim.model.state as s
from sim.engines import History
from sim.errors import unknown
from sim.model.clock import DAY, HOUR, HUNDRED, SECOND, WEEK_DAYS, YEAR_DAYS, YEAR_MONTHS

if TYPE_CHECKING:
    import pandas as pd

Better = Literal["higher", "lower", "none"]
Figure = Any
"""A float; of several periods at once (sim/outcomes/months.py) an array of them, float64 (periods,)."""
CES_POINTS = 6


@dataclass(frozen=True)
class Period:
    """Days [first, last) of a run, and the year of the cohort table that they are (None when not one whole year)."""

    history: History
    first: int
    last: int
    year: int | None = None

    def total(self, row: int) -> Figure:
        """Sum of a row of the board over the period."""
        return float(self.history.state.board[row, self.first : self.last].sum())

    def float_total(self, row: int) -> Figure:
        """Sum of a float row of the board over the period."""
        return float(self.history.state.board_f[row, self.first : self.last].sum())

    def mean(self, row: int) -> Figure:
        """Mean over the days of a row of the board."""
        return self.total(row) / self.days

    def at_end(self, row: int) -> Figure:
        """A row of the board on the last day."""
        return float(self.history.state.board[row, self.last - 1])

    def cohort(self, year: int) -> NDArray[np.int64]:
        """Return the customers at the start of a measured year (0, 1 …), then those who left by month from then."""
        found: NDArray[np.int64] = self.history.state.cohort[year]
        return found

    def opens(self) -> NDArray[np.bool_]:
        """Whether the centre opens on each day, shape (days,)."""
        opens, closes = self.history.state.hours[np.arange(self.first, self.last) % WEEK_DAYS].T
        return closes > opens

    @property
    def days(self) -> Figure:
        """Length in days."""
        return self.last - self.first

    @property
    def open_days(self) -> Figure:
        """Days on which the centre opens."""
        return int(np.count_nonzero(self.opens()))

    @property
    def years(self) -> Figure:
        """Length in years."""
        return self.days / YEAR_DAYS


@dataclass(frozen=True)
class Measure:
    """A figure: how it is called, counted and computed, and whether more of it is better."""

    name: str
    label: str
    unit: str
    formula: str
    better: Better
    value: Callable[[Period], Figure]


def _ratio(top: Figure, bottom: Figure) -> Figure:
    """Undefined (NaN) where there is nothing to divide by."""
    if isinstance(bottom, np.ndarray):
        return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)
    return top / bottom if bottom else float("nan")


def _share(top: int, *bottom: int) -> Callable[[Period], Figure]:
    return lambda p: _ratio(p.total(top), sum(p.total(row) for row in bottom))


def _money(*rows: int) -> Callable[[Period], Figure]:
    return lambda p: sum(p.total(row) for row in rows) / HUNDRED


def _sum(*rows: int) -> Callable[[Period], Figure]:
    return lambda p: sum(p.total(row) for row in rows)


FELT = (s.FELT_DELIGHTED, s.FELT_SATISFIED, s.FELT_DISSATISFIED, s.FELT_POOR)
LEFT = (s.LEFT_QUIETLY, s.LEFT_AFTER_CASE, s.LEFT_GRIEVED, s.LET_GO)
COSTS = tuple(row for row in s.ACCOUNTS if row != s.REVENUE)
SERVICE_COSTS = (
    s.COMPENSATION, s.WAGES_AGENTS, s.WAGES_MANAGERS, s.HIRING_COST, s.PROGRAMMES, s.LAUNCHES, s.FOLLOW_UP_COSTS,
)  # fmt: skip


def _profit(p: Period) -> Figure:
    return (p.total(s.REVENUE) - sum(p.total(row) for row in COSTS)) / HUNDRED


def _service_level(p: Period) -> Figure:
    return _ratio(p.total(s.WITHIN_TARGET), p.total(s.OFFERED) - p.total(s.SHORT_ABANDONED))


def _retention(p: Period) -> float:
    """Share of the customers at the start of a year who never left in it; over several years their mean."""
    whole = int(p.history.resolved.scenario.years + 1.0 / YEAR_DAYS)
    years = [p.year] if p.year is not None else list(range(whole))
    cohorts = [p.cohort(k) for k in years if k < whole]
    kept = [1.0 - cohort[1 : 1 + YEAR_MONTHS].sum() / cohort[0] for cohort in cohorts if cohort[0] > 0]
    return float(np.mean(kept)) if kept else float("nan")


def _nps(p: Period) -> Figure:
    return 100.0 * _ratio(p.float_total(s.PROMOTERS) - p.float_total(s.DETRACTORS), p.total(s.SURVEYS))


def _churn(p: Period) -> Figure:
    return _ratio(sum(p.total(row) for row in LEFT) / p.years, p.mean(s.DAY_CUSTOMERS))


def _clv(p: Period) -> float:
    """Discounted margin of one customer at the period's margin a customer and churn: m (1 + d) / (1 + d - r)."""
    scenario = p.history.resolved.base
    margin = (p.total(s.REVENUE) - p.total(s.GOODS)) / HUNDRED / p.years
    a_year = _ratio(margin, p.mean(s.DAY_CUSTOMERS))
    discount = float(scenario[t.DISCOUNT_RATE, 0])
    stay = 1.0 - min(1.0, _churn(p))
    return a_year * (1.0 + discount) / (1.0 + discount - stay)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "service_level",
        "Service level",
        "share",
        "answered within the target time / (offered - short abandons)",
        "higher",
        _service_level,
    ),
    Measure(
        "asa_s",
        "Average speed of answer",
        "s",
        "sum of waits of contacts answered on the line / those contacts (who is called back does not hold the line)",
        "lower",
        lambda p: _ratio(p.total(s.WAIT_ANSWERED), p.total(s.ANSWERED) - p.total(s.CALLBACKS_ANSWERED)) / SECOND,
    ),
    Measure("abandonment", "Abandonment", "share", "abandoned / offered", "lower", _share(s.ABANDONED, s.OFFERED)),
    Measure(
        "occupancy",
        "Occupancy",
        "share",
        "time agents are busy (wrap-up and holding included) / time on duty",
        "none",
        _share(s.BUSY, s.ON_DUTY),
    ),
    Measure(
        "managers_deciding",
        "Managers deciding",
        "managers",
        "mean number of managers deciding, over all hours",
        "none",
        lambda p: p.mean(s.MANAGERS_BUSY) / DAY,
    ),
    Measure(
        "handling_s",
        "Average handling time",
        "s",
        "time agents are busy (talk, hold and wrap-up) / contacts answered",
        "none",
        lambda p: _ratio(p.total(s.BUSY), p.total(s.ANSWERED)) / SECOND,
    ),
    Measure("offered", "Contacts offered", "contacts", "contacts that found the centre open", "none", _sum(s.OFFERED)),
    Measure(
        "contacts_a_day",
        "Contacts a day",
        "contacts/day",
        "contacts offered / days on which the centre opens",
        "none",
        lambda p: _ratio(p.total(s.OFFERED), p.open_days),
    ),
    Measure(
        "fcr",
        "First-contact resolution",
        "share",
        "cases resolved with one answered contact / cases with an answered contact",
        "higher",
        _share(s.CASES_FIRST, s.CASES_ANSWERED),
    ),
    Measure(
        "escalation_rate",
        "Escalation rate",
        "share",
        "contacts in which the manager was asked / contacts answered",
        "lower",
        lambda p: _ratio(p.total(s.HELD) + p.total(s.TRANSFERRED), p.total(s.ANSWERED)),
    ),
    Measure(
        "decided_without_boss",
        "Contacts settled without the manager",
        "share",
        "1 - escalation rate: share of all answered contacts",
        "none",
        lambda p: 1.0 - _ratio(p.total(s.HELD) + p.total(s.TRANSFERRED), p.total(s.ANSWERED)),
    ),
    Measure(
        "authority_decided_alone",
        "Authority cases decided by agents",
        "share",
        "decided by agents / decisions that need authority",
        "none",
        _share(s.DECIDED_ALONE, s.ASKED_AUTHORITY),
    ),
    Measure(
        "handoffs_per_case",
        "Hand-offs per case",
        "hand-offs",
        "transfers / cases closed that had an answered contact",
        "lower",
        _share(s.HANDOFFS_MADE, s.CASES_ANSWERED),
    ),
    Measure(
        "explanations_per_case",
        "Explanations per case",
        "explanations",
        "times a case was explained / cases with an answered contact",
        "lower",
        _share(s.EXPLAINED, s.CASES_ANSWERED),
    ),
    Measure(
        "resolution_hours",
        "Time to resolution",
        "h",
        "sum over resolved cases of closing - first contact / resolved cases",
        "lower",
        lambda p: _ratio(p.total(s.CASE_TICKS), p.total(s.CASES_QUICK) + p.total(s.CASES_RESOLVED)) / HOUR,
    ),
    Measure(
        "promises_kept",
        "Promises kept",
        "share",
        "(promises kept + updates sent) / (promises that fell due + updates due)",
        "higher",
        lambda p: _ratio(
            p.total(s.PROMISES_KEPT) + p.total(s.UPDATES_SENT),
            sum(p.total(row) for row in (s.PROMISES_KEPT, s.PROMISES_BROKEN, s.UPDATES_SENT, s.UPDATES_MISSED)),
        ),
    ),
    Measure(
        "deliveries_kept",
        "Deliveries on the promised day",
        "share",
        "1 - deliveries late / deliveries promised for a day",
        "higher",
        lambda p: 1.0 - _ratio(p.total(s.DELIVERIES_LATE), p.total(s.DELIVERIES_PROMISED)),
    ),
    Measure(
        "callbacks",
        "Called back in turn",
        "share",
        "contacts whose caller chose to be called back / offered",
        "none",
        _share(s.CALLBACKS_CHOSEN, s.OFFERED),
    ),
    Measure(
        "csat",
        "CSAT",
        "share",
        "episodes felt as delighted or satisfied / all episodes with a case, silent ones included",
        "higher",
        lambda p: _ratio(p.total(FELT[0]) + p.total(FELT[1]), sum(p.total(row) for row in FELT)),
    ),
    Measure(
        "nps",
        "NPS",
        "points",
        "100 x (chance to be a promoter - chance to be a detractor), mean over episodes, by goodwill",
        "higher",
        _nps,
    ),
    Measure(
        "csat_measured",
        "CSAT as surveyed",
        "share",
        "answers with 4 or 5 of 5 points / answers: who answers, and how kindly, makes it differ from CSAT",
        "none",
        _share(s.SURVEY_HAPPY, s.SURVEY_ANSWERS),
    ),
    Measure(
        "nps_measured",
        "NPS as surveyed",
        "points",
        "100 x (answers of promoters - of detractors) / answers",
        "none",
        lambda p: 100.0 * _ratio(p.total(s.SURVEY_PROMOTERS) - p.total(s.SURVEY_DETRACTORS), p.total(s.SURVEY_ANSWERS)),
    ),
    Measure(
        "survey_response",
        "Survey response",
        "share",
        "answers / customers asked",
        "none",
        _share(s.SURVEY_ANSWERS, s.SURVEYS_SENT),
    ),
    Measure(
        "ces",
        "Effort score",
        "points",
        "1 + 6 x mean over cases of 1/2^(explanations - 1); 7 is no effort beyond one explanation",
        "higher",
        lambda p: 1.0 + CES_POINTS * _ratio(p.float_total(s.EFFORT), p.total(s.SURVEYS)),
    ),
    Measure(
        "delighted",
        "Delighted",
        "share",
        "episodes felt at or above the bound for delight / all episodes",
        "higher",
        _share(FELT[0], *FELT),
    ),
    Measure(
        "satisfied",
        "Satisfied",
        "share",
        "episodes in the class satisfied / all episodes",
        "none",
        _share(FELT[1], *FELT),
    ),
    Measure(
        "dissatisfied",
        "Dissatisfied",
        "share",
        "episodes dissatisfied or really poor / all episodes",
        "lower",
        lambda p: _ratio(p.total(FELT[2]) + p.total(FELT[3]), sum(p.total(row) for row in FELT)),
    ),
    Measure(
        "repurchase_after_quick_recovery",
        "Stay after a quick recovery",
        "share",
        "issue cases resolved quickly whose customer stayed / such cases",
        "higher",
        _share(s.QUICK_STAYED, s.QUICK_ISSUES),
    ),
    Measure(
        "retention_12m",
        "Yearly retention",
        "share",
        "customers at the start of a year who never left in it / those customers",
        "higher",
        _retention,
    ),
    Measure("churn", "Churn", "share a year", "customers lost a year / mean customers", "lower", _churn),
    Measure(
        "customers",
        "Customers",
        "people",
        "mean over days of the number of customers",
        "higher",
        lambda p: p.mean(s.DAY_CUSTOMERS),
    ),
    Measure(
        "customers_end",
        "Customers at the end",
        "people",
        "customers on the last day",
        "higher",
        lambda p: p.at_end(s.DAY_CUSTOMERS),
    ),
    Measure(
        "avoiding",
        "Avoiding the company",
        "people",
        "mean over days of the number of avoiders",
        "lower",
        lambda p: p.mean(s.DAY_AVOIDING),
    ),
    Measure(
        "fired",
        "Customers let go",
        "people",
        "customers whom the company let go",
        "none",
        _sum(s.LET_GO),
    ),
    Measure("joined", "Joined", "people", "prospects who became customers", "higher", _sum(s.JOINED)),
    Measure(
        "joined_by_wom",
        "Joined by word of mouth",
        "share",
        "joins that would not have happened without what was heard / joins",
        "none",
        _share(s.JOINED_BY_WOM, s.JOINED),
    ),
    Measure(
        "told_good",
        "Told well",
        "tells",
        "times a person heard good of the company from another",
        "higher",
        _sum(s.TOLD_GOOD),
    ),
    Measure(
        "told_bad",
        "Told badly",
        "tells",
        "times a person heard bad of the company from another",
        "lower",
        _sum(s.TOLD_BAD),
    ),
    Measure(
        "rating",
        "Public rating",
        "stars",
        "mean over days of the rating that fading reviews and the prior add up to",
        "higher",
        lambda p: p.float_total(s.DAY_RATING) / p.days,
    ),
    Measure("reviews", "Reviews", "reviews", "public reviews written", "none", _sum(s.REVIEWS_GOOD, s.REVIEWS_BAD)),
    Measure("purchases", "Purchases", "purchases", "purchases paid", "higher", _sum(s.PURCHASES)),
    Measure(
        "purchases_a_customer",
        "Purchases a customer",
        "purchases/year",
        "purchases paid a year / mean customers",
        "none",
        lambda p: _ratio(p.total(s.PURCHASES) / p.years, p.mean(s.DAY_CUSTOMERS)),
    ),
    Measure("issues", "Issues", "issues", "purchases that went wrong", "lower", _sum(s.ISSUES)),
    Measure(
        "complaints", "Complaints", "complaints", "issues that were brought to the company", "none", _sum(s.COMPLAINTS)
    ),
    Measure(
        "complaint_share",
        "Complaints among cases",
        "share",
        "complaints / (complaints + enquiries + requests), as they are brought to the company",
        "none",
        lambda p: _ratio(p.total(s.COMPLAINTS), sum(p.total(row) for row in (s.COMPLAINTS, s.ENQUIRIES, s.REQUESTS))),
    ),
    Measure(
        "silent",
        "Suffered in silence",
        "share",
        "issues that were not brought to the company / issues",
        "lower",
        _share(s.SILENCES, s.ISSUES),
    ),
    Measure(
        "open_causes",
        "Open faults",
        "faults",
        "mean over days of faults that have not ended, fixed ones included while something of them is left",
        "lower",
        lambda p: p.mean(s.DAY_CAUSES),
    ),
    Measure(
        "fault_issues",
        "Issues of open faults",
        "issues",
        "purchases that went wrong because of an open fault",
        "lower",
        _sum(s.CAUSE_ISSUES),
    ),
    Measure("fixes", "Faults fixed", "fixes", "fixes that began to work", "none", _sum(s.FIXES_DONE)),
    Measure(
        "open_cases",
        "Cases open at the end",
        "cases",
        "cases opened and not closed by the last day",
        "none",
        lambda p: p.at_end(s.DAY_OPEN_CASES),
    ),
    Measure(
        "agent_turnover",
        "Agent turnover",
        "share a year",
        "agents who quit a year / mean agents employed",
        "lower",
        lambda p: _ratio(p.total(s.QUITS) / p.years, p.mean(s.DAY_EMPLOYED)),
    ),
    Measure(
        "turnover_expected",
        "Expected agent turnover",
        "share a year",
        "sum over days of agents' chances to quit, a year / mean agents employed: turnover without the luck",
        "lower",
        lambda p: _ratio(p.float_total(s.QUIT_RISK) / p.years, p.mean(s.DAY_EMPLOYED)),
    ),
    Measure(
        "employed",
        "Agents employed",
        "agents",
        "mean over days of agents employed",
        "none",
        lambda p: p.mean(s.DAY_EMPLOYED),
    ),
    Measure(
        "stress",
        "Stress",
        "score",
        "mean over days of the mean stress of agents",
        "lower",
        lambda p: p.float_total(s.DAY_STRESS) / p.days,
    ),
    Measure(
        "attitude",
        "Attitude of agents",
        "score",
        "mean over days of the mean attitude of agents",
        "higher",
        lambda p: p.float_total(s.DAY_ATTITUDE) / p.days,
    ),
    Measure(
        "angry_contacts",
        "Angry contacts",
        "share",
        "answered contacts in which the customer was angry / answered",
        "lower",
        _share(s.ANGRY_CONTACTS, s.ANSWERED),
    ),
    Measure("revenue", "Revenue", "money", "sum of prices paid", "higher", _money(s.REVENUE)),
    Measure(
        "premium", "Premium", "money", "part of the revenue that is above the price", "higher", _money(s.PREMIUM_PAID)
    ),
    Measure("goods", "Cost of goods", "money", "revenue x (1 - gross margin)", "none", _money(s.GOODS)),
    Measure(
        "acquisition", "Acquisition", "money", "joins x cost of winning a customer", "none", _money(s.ACQUISITION_COST)
    ),
    Measure("compensation", "Compensation", "money", "compensation and credits paid", "none", _money(s.COMPENSATION)),
    Measure("wages_agents", "Agents' wages", "money", "agents employed x wage", "none", _money(s.WAGES_AGENTS)),
    Measure("wages_managers", "Managers' wages", "money", "managers x wage", "none", _money(s.WAGES_MANAGERS)),
    Measure("overhead", "Overhead", "money", "fixed costs not named elsewhere", "none", _money(s.OVERHEAD_COST)),
    Measure("marketing", "Marketing", "money", "marketing budget", "none", _money(s.MARKETING_COST)),
    Measure("hiring", "Hiring", "money", "agents hired x cost of replacing one", "none", _money(s.HIRING_COST)),
    Measure("programmes", "Programmes", "money", "running cost of policies", "none", _money(s.PROGRAMMES)),
    Measure("fixing", "Fixing faults", "money", "fixes started x cost of a fix", "none", _money(s.FIX_COSTS)),
    Measure(
        "gestures",
        "Gestures",
        "money",
        "things put in with purchases, and help for nothing",
        "none",
        _money(s.GESTURE_COSTS),
    ),
    Measure("rewards", "Rewards", "money", "given back to customers of long standing", "none", _money(s.REWARDS_COST)),
    Measure(
        "following_up", "Following up", "money", "cases followed up x their cost", "none", _money(s.FOLLOW_UP_COSTS)
    ),
    Measure("launch", "Launching programmes", "money", "one-off cost of policies", "none", _money(s.LAUNCHES)),
    Measure("cost", "Cost", "money", "sum of all costs", "none", _money(*COSTS)),
    Measure("profit", "Profit", "money", "revenue - cost", "higher", _profit),
    Measure(
        "profit_a_year",
        "Profit a year",
        "money/year",
        "profit / years of the period",
        "higher",
        lambda p: _profit(p) / p.years,
    ),
    Measure(
        "return_on_sales",
        "Return on sales",
        "share",
        "profit / revenue",
        "higher",
        lambda p: _ratio(_profit(p), p.total(s.REVENUE) / HUNDRED),
    ),
    Measure(
        "clv",
        "Customer lifetime value",
        "money",
        "margin a customer-year x (1 + d) / (1 + d - (1 - churn)), d the discount rate",
        "higher",
        _clv,
    ),
    Measure(
        "cost_per_contact",
        "Cost per contact",
        "money",
        "(compensation, wages, hiring, programmes, following up) / contacts answered",
        "lower",
        lambda p: _ratio(_money(*SERVICE_COSTS)(p), p.total(s.ANSWERED)),
    ),
    Measure(
        "cost_per_resolved_case",
        "Cost per resolved case",
        "money",
        "the same / cases resolved",
        "lower",
        lambda p: _ratio(_money(*SERVICE_COSTS)(p), p.total(s.CASES_QUICK) + p.total(s.CASES_RESOLVED)),
    ),
)
CATALOGUE: dict[str, Measure] = {measure.name: measure for measure in MEASURES}
RENAMED: Mapping[str, str] = {"manager_occupancy": "managers_deciding"}
"""Measures of earlier versions, and what they are called now."""


def named(name: str) -> Measure:
    """Return a measure of the catalogue; any other name is of what an observer notes, which has no unit and no side.

    >>> named("csat").label, named("my_own").label
    ('CSAT', 'my_own')
    """
    return CATALOGUE[name] if name in CATALOGUE else Measure(name, name, "", OBSERVED, "none", _unknown)


OBSERVED = "noted by observe="
"""What is known of a measure that is none of the catalogue's."""


def _unknown(period: Period) -> Figure:
    return float("nan")


def no_measure(name: object) -> str:
    """Say that there is no such measure, and which one may have been meant.

    >>> no_measure("manager_occupancy")
    "there is no measure 'manager_occupancy'; it is now 'managers_deciding'."
    """
    return unknown("measure", name, CATALOGUE, "cxsim measures lists them.", RENAMED)


def periods(history: History) -> dict[str, Period]:
    """Return the measured period as "all", and each whole year of it as "year 1", "year 2" and so on."""
    scenario = history.resolved.scenario
    first, last = scenario.first_day, scenario.days
    found = {"all": Period(history, first, last)}
    for year in range((last - first) // YEAR_DAYS):
        start = first + year * YEAR_DAYS
        found[f"year {year + 1}"] = Period(history, start, start + YEAR_DAYS, year)
    return found


def measure(history: History) -> pd.DataFrame:
    """Return every measure of every period: columns period, measure, value."""
    import pandas as pd

    rows = [(name, m.name, m.value(period)) for name, period in periods(history).items() for m in CATALOGUE.values()]
    return pd.DataFrame(rows, columns=["period", "measure", "value"])


def cohorts(history: History) -> pd.DataFrame:
    """Return who of the customers at the start of the measured period never left by each month.

    Columns month (0 …), at_risk (those of them who have not left by then), stayed (their share).
    """
    import pandas as pd

    row = history.state.cohort[0]
    months = round(history.resolved.scenario.years * YEAR_MONTHS)
    lost = np.concatenate([[0], np.cumsum(row[1:])])[: months + 1]
    at_risk = row[0] - lost
    stayed = at_risk / row[0] if row[0] else np.full(len(lost), np.nan)
    return pd.DataFrame({"month": np.arange(len(lost)), "at_risk": at_risk, "stayed": stayed})


def catalogue_frame() -> pd.DataFrame:
    """Return the catalogue of measures as a table with columns measure, label, unit, better and formula."""
    import pandas as pd

    return pd.DataFrame(
        [(m.name, m.label, m.unit, m.better, m.formula) for m in MEASURES],
        columns=["measure", "label", "unit", "better", "formula"],
    )
