"""Answers to a survey: points of a scale, and whether there was a problem. What lies off the scale is no answer.

Two people may well give the same answers, so a row that repeats another one is left out only where rows name people.
"""

from __future__ import annotations

from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning.rows import keep, left_out
from sim.company.fitting.conversion import TABLE, Converted


def clean(typed: Converted) -> Clean:
    """Clean answers; see `sim.company.fitting.clean.Clean` for the columns.

    Raises
    ------
    RecordsError : when no row is left.
    """
    asked = [name for name in ("nps", "satisfaction") if typed.has(name)]
    reasons = left_out(typed, repeats=typed.has("customer"))
    reasons |= {"answers none of the questions": " and ".join(f"{name} is null" for name in asked)}
    called = {"nps": "likelihood to recommend", "satisfaction": "satisfaction"}
    unused = {f"the {called[name]} lies off its scale": f"{name}_bad" for name in asked}
    columns = {"nps": "nps"} if typed.has("nps") else {}
    if typed.has("satisfaction"):
        scaled = "(satisfaction - satisfaction_low)::double / (satisfaction_top - satisfaction_low)"
        columns |= {"satisfaction": scaled, "points": "satisfaction", "top": "satisfaction_top"}
    if typed.has("weight"):
        unused["the weight is negative or cannot be read"] = "weight < 0 or weight_bad"
        columns["weight"] = "case when weight >= 0 then weight end"
    if typed.has("problem"):
        unused["whether there was a problem is not known"] = "problem_bad"
    columns |= {name: name for name in ("problem", "date", "customer") if typed.has(name)}
    return keep(typed, TABLE, columns, reasons, unused)
