"""How many of a cohort are left after each period."""

from __future__ import annotations

from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning.rows import keep, left_out
from sim.company.fitting.conversion import TABLE, Converted


def clean(typed: Converted) -> Clean:
    """Clean a table of cohorts; see `sim.company.fitting.clean.Clean` for the columns.

    Raises
    ------
    RecordsError : when no row is left.
    """
    reasons = left_out(typed) | {
        "the period cannot be read": "period_bad",
        "the period is missing": "period is null",
        "the period is negative": "period < 0",
        "the number of customers left cannot be read": "alive_bad",
        "the number of customers left is missing": "alive is null",
        "the number of customers left is negative": "alive < 0",
    }
    columns = {"cohort": "coalesce(cohort, '')" if typed.has("cohort") else "''", "period": "period", "alive": "alive"}
    columns |= {"start": "start"} if typed.has("start") else {}
    return keep(typed, TABLE, columns, reasons, {})
