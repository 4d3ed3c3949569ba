"""Purchases: who, on which day, for how much."""

from __future__ import annotations

from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning.rows import keep, left_out
from sim.company.fitting.conversion import TABLE, Converted


def clean(typed: Converted) -> Clean:
    """Clean purchases; see `sim.company.fitting.clean.Clean` for the columns.

    Raises
    ------
    RecordsError : when no row is left.
    """
    reasons = left_out(typed) | {
        "the customer is not identified": "customer is null",
        "the date cannot be read": "date_bad",
        "the date is missing": "date is null",
    }
    unused = {}
    for name in ("value", "quantity"):
        if typed.has(name):
            reasons[f"the {name} is negative: a return"] = f"{name} < 0"
            unused[f"the {name} cannot be read"] = f"{name}_bad"
    columns = {name: name for name in ("customer", "date", "value", "quantity") if typed.has(name)}
    return keep(typed, TABLE, columns, reasons, unused)
