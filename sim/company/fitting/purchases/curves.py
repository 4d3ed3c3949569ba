"""Frames for the check-fit plots of purchases: cohorts month by month, and how many buy how often."""

from __future__ import annotations

import calendar
from datetime import date

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.purchases.law import Law, histogram

WHOLE = "all"
"""Name of all cohorts taken together."""
CLASSES = 15
"""Classes of repeat purchases in the frame; the last is open."""
COHORTS = """
WITH seen AS (
    SELECT date_trunc('month', p.first) AS cohort, datediff('month', p.first, d.date) AS month,
           count(DISTINCT d.customer) AS active
    FROM {days} d JOIN {people} p USING (customer) GROUP BY ALL
), sizes AS (SELECT date_trunc('month', first) AS cohort, count(*) AS at_risk FROM {people} GROUP BY 1),
grid AS (
    SELECT cohort, at_risk, unnest(generate_series(0, datediff('month', cohort, $1::DATE))) AS month FROM sizes
)
SELECT cohort::DATE AS cohort, month::INTEGER AS month, at_risk, coalesce(active, 0) AS active
FROM grid LEFT JOIN seen USING (cohort, month) ORDER BY cohort, month
"""


def cohort_curves(of: Histories, level: float) -> pd.DataFrame:
    """Share of each cohort that buys in each month after that of the first purchase.

    Returns
    -------
    Columns cohort (the month of the first purchase as "1997-01", or "all"), month (0 is that of the first purchase),
    at_risk (customers whose month has ended), active (those who bought in it), share, ci_low, ci_high (Wilson 1927).
    """
    last = _last_whole_month(of.end)
    columns = ["cohort", "month", "at_risk", "active"]
    each = of.frame(COHORTS, last) if last else pd.DataFrame(columns=columns)
    each["cohort"] = [f"{day:%Y-%m}" for day in each["cohort"]]
    whole = each.groupby("month", as_index=False)[["at_risk", "active"]].sum().assign(cohort=WHOLE)
    frame = pd.concat([each, whole])[columns].astype({"month": int, "at_risk": int, "active": int})
    low, high = proportion_confint(frame["active"], frame["at_risk"], 1 - level, "wilson")
    return frame.assign(share=frame["active"] / frame["at_risk"], ci_low=low, ci_high=high).reset_index(drop=True)


def _last_whole_month(end: date) -> date | None:
    """First day of the last month that has ended by the end of a day."""
    if end.day == calendar.monthrange(end.year, end.month)[1]:
        return end.replace(day=1)
    before = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
    return date(*before, 1) if before[0] >= date.min.year else None


def frequencies(of: Histories, law: Law, level: float) -> pd.DataFrame:
    """Customers by repeat purchases, as they are and as the law expects them.

    Returns
    -------
    Columns repeats, open (whether the class has no end), actual, expected, pi_low, pi_high (chance around what is
    expected).
    """
    actual, expected = histogram(of, law)
    classes = min(CLASSES, len(actual))
    head, tail = slice(0, classes - 1), slice(classes - 1, None)
    actual, expected = (np.append(each[head], each[tail].sum()) for each in (actual, expected))
    share = proportion_confint(expected, of.customers, 1 - level, "wilson")
    low, high = (of.customers * np.asarray(end) for end in share)
    repeats = np.arange(classes)
    found = {"actual": actual, "expected": expected, "pi_low": low, "pi_high": high}
    return pd.DataFrame({"repeats": repeats, "open": repeats == classes - 1, **found})
