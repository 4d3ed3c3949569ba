"""The verdict on an option: better, worse or not shown, in money and for customers; and the five rows that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.outcomes.measures import named
from sim.wording import MONEY as MONEY_UNITS
from sim.wording import capital, change, listed, lower, number, percent, span

if TYPE_CHECKING:
    import pandas as pd

MONEY = "profit_a_year"
CUSTOMERS = ("customers_end", "retention_12m")
WAITS = ("asa_s", "abandonment", "service_level")
FAMILIES = (
    CUSTOMERS,
    WAITS,
    ("csat", "nps"),
    ("fcr", "resolution_hours", "escalation_rate", "promises_kept"),
    ("told_bad", "told_good", "joined_by_wom"),
    ("agent_turnover", "occupancy"),
    ("cost", "revenue"),
)
"""Measures that tell much the same; one of each family is enough for a first look."""
ROWS = 5
RETURNS = ("return_on_sales",)
"""Ratios of money that have no unit."""


def verdict(rows: pd.DataFrame, policy: str) -> str:
    """Say in one or two sentences whether an option is better, what it is worth, and what it does to customers.

    Parameters
    ----------
    rows : paired differences of the option over the whole period (`sim.outcomes.statistics.paired_differences`), by
        measure.
    policy : what it is called.
    """
    name = capital(policy)
    first = f"{name}: {_money(rows.loc[MONEY])}." if _known(rows, MONEY) else f"{name}:"
    told = [_said(rows, found) for found in (_clearest(rows, CUSTOMERS), _clearest(rows, WAITS)) if found is not None]
    if moves_money_only(rows):
        return f"{first} Nothing else changes: the model has no link from it to customers, waits or staff."
    return f"{first} {f'It {listed(told)}.' if told else 'No clear change in customers or waits.'}"


def moves_money_only(rows: pd.DataFrame) -> bool:
    """Tell whether an option changes sums of money and nothing else, in any replication."""
    plain = [name for name in rows.index if named(name).unit not in MONEY_UNITS and name not in RETURNS]
    known = rows.loc[[name for name in plain if _known(rows, name)]]
    ends = known[["mean_difference", "ci_low_difference", "ci_high_difference"]].fillna(0.0)
    return bool(len(known)) and bool((ends == 0.0).to_numpy().all())


def mattering(rows: pd.DataFrame) -> list[str]:
    """Return the five measures that tell most about an option: profit, customers, and where it shows most clearly."""
    always = [name for name in (MONEY, CUSTOMERS[0]) if name in rows.index]
    others = [found for family in FAMILIES[1:] if (found := _clearest(rows, family, clear=False)) is not None]
    others.sort(key=lambda name: -_clarity(rows.loc[name]))
    if moves_money_only(rows):
        always, others = [MONEY], [name for name in ("revenue", "cost", "return_on_sales") if _clarity(rows.loc[name])]
    chosen = [*always, *others[: ROWS - len(always)]]
    return [name for name in rows.index if name in chosen]


def _money(row: pd.Series) -> str:
    """Say what an option earns."""
    mean, low, high = (float(row[f"{which}_difference"]) for which in ("mean", "ci_low", "ci_high"))
    size = f"{number(abs(mean), 'money')} {'more' if mean >= 0 else 'less'} a year"
    if not np.isfinite(low):
        return f"it earns {size} in one replication, which shows nothing; give more"
    if mean == 0.0 == low == high:
        return "the same profit"
    if low > 0 or high < 0:
        ends = (low, high) if mean > 0 else (-high, -low)
        return f"{'better' if mean > 0 else 'worse'} in profit: it earns {size} ({span(*ends, 'money')})"
    gain, interval = percent(float(row["probability_gain"])), span(low, high, "money", "+")
    size = number(mean, "money", "+")
    return f"not shown to be better or worse in profit: {size} a year ({interval}), a gain with {gain} probability"


def _said(rows: pd.DataFrame, measure: str) -> str:
    about, row = named(measure), rows.loc[measure]
    mean, low, high = (float(row[f"{which}_difference"]) for which in ("mean", "ci_low", "ci_high"))
    return change(lower(about.label), mean, low, high, about.unit)


def _clearest(rows: pd.DataFrame, names: Sequence[str], clear: bool = True) -> str | None:
    """Return the measure of a family that differs most clearly; None when none does, or none is known."""
    known = [name for name in names if _known(rows, name)]
    if clear:
        known = [name for name in known if _is_clear(rows.loc[name])]
    return max(known, key=lambda name: _clarity(rows.loc[name]), default=None)


def _is_clear(row: pd.Series) -> bool:
    return bool(row["ci_low_difference"] > 0 or row["ci_high_difference"] < 0)


def _clarity(row: pd.Series) -> float:
    """How many half-widths of its interval a difference is from zero; infinite where replications agree on it."""
    size, half = abs(float(row["mean_difference"])), float(row["ci_high_difference"] - row["mean_difference"])
    if not size:
        return 0.0
    return size / half if half else math.inf


def _known(rows: pd.DataFrame, measure: str) -> bool:
    return measure in rows.index and bool(np.isfinite(rows.loc[measure, "mean_difference"]))
