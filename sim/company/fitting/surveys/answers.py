"""Answers of a survey, counted by what they say: all that the fits of surveys look at."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.error import FitError

PROMOTER, DETRACTOR = 9, 6
"""Answers from 9 on are promoters, until 6 detractors (Reichheld 2003)."""
UPPER, MIDDLE, LOWER = 2, 1, 0
"""Groups of the recommendation scale: promoters, passives, detractors."""
WEIGHT_DIGITS = 3
"""Significant digits of a weight: enough for any figure here, and it keeps kinds of answers few."""

COUNTS = """
SELECT {satisfaction} AS satisfaction, {points} AS points, {top} AS top, {nps} AS recommends, {problem} AS problem,
       {weight} AS weight, count(*) AS n
FROM {table} WHERE {weight} > 0{until} GROUP BY ALL ORDER BY ALL
"""
RECOMMENDS = (
    f"CASE WHEN nps >= {PROMOTER} THEN {UPPER} WHEN nps > {DETRACTOR} THEN {MIDDLE} WHEN nps >= 0 THEN {LOWER} END"
)


def read_answers(clean: Clean, until: date | None) -> pd.DataFrame:
    """Count the answers that say the same.

    Returns
    -------
    Columns satisfaction (0-1), points, top, recommends (2 promoter, 1 passive, 0 detractor), problem (0 or 1), weight
    (mean 1 over answers), n; what was not answered is NaN.

    Raises
    ------
    FitError : no answers, or neither satisfaction nor recommendation among the columns.
    """
    if not (clean.has("nps") or clean.has("satisfaction")):
        raise FitError(
            "surveys: no column says how satisfied people are or whether they recommend; map nps or satisfaction."
        )
    dated = until is not None and clean.has("date")
    query = COUNTS.format(
        satisfaction=_column(clean, "satisfaction", "DOUBLE"),
        points=_column(clean, "points", "DOUBLE"),
        top=_column(clean, "top", "DOUBLE"),
        nps=f"({RECOMMENDS})::DOUBLE" if clean.has("nps") else "NULL::DOUBLE",
        problem="problem::INTEGER::DOUBLE" if clean.has("problem") else "NULL::DOUBLE",
        weight=_weight(clean),
        table=clean.table,
        until=" AND date <= ?" if dated else "",
    )
    frame = clean.connection.execute(query, [until] if dated else []).df()
    answered = frame[frame["satisfaction"].notna() | frame["recommends"].notna()]
    if answered.empty:
        raise FitError("surveys: nobody answered how satisfied they are or whether they recommend; check the columns.")
    mean = (answered["weight"] * answered["n"]).sum() / answered["n"].sum()
    return answered.assign(weight=answered["weight"] / mean).reset_index(drop=True)


def _column(clean: Clean, name: str, kind: str) -> str:
    return f"{name}::{kind}" if clean.has(name) else f"NULL::{kind}"


def _weight(clean: Clean) -> str:
    """SQL of a weight, rounded to a few significant digits; 1 where there is none."""
    if not clean.has("weight"):
        return "1.0"
    weight = "coalesce(weight, 0)"
    return f"round({weight}, {WEIGHT_DIGITS - 1} - floor(log10(greatest(abs({weight}), 1e-12)))::INTEGER)"


def weights(answers: pd.DataFrame) -> NDArray[np.float64]:
    """Total weight of each kind of answer."""
    return (answers["weight"] * answers["n"]).to_numpy(float)


def effective(answers: pd.DataFrame) -> float:
    """Answers of weight one that would tell as much as these (Kish 1965): (sum of weights)^2 / sum of squares."""
    squares = float((answers["weight"] ** 2 * answers["n"]).sum())
    return float(weights(answers).sum()) ** 2 / squares if squares else 0.0
