"""How far a forecast was from what happened, beside naive forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd

COURSE = ("grain", "start", "measure", "actual", "mean", "pi_low", "pi_high")
FORECAST = "forecast"
ERRORS = ["grain", "measure", "method", "n", "mae", "bias", "covered"]


def errors(course: pd.DataFrame) -> pd.DataFrame:
    """Errors of a forecast and of the naive ones, by grain and measure, where something is known.

    Parameters
    ----------
    course : as in `sim.company.fitting.kind_fit.Holdout`; columns beyond the named ones are naive forecasts.

    Returns
    -------
    The errors of `sim.company.fitting.kind_fit.Holdout`.
    """
    naive = [name for name in course.columns if name not in COURSE]
    rows: list[tuple] = []
    for (grain, measure), part in course.dropna(subset="actual").groupby(["grain", "measure"], sort=False):
        rows += [(grain, measure, *_errors(part, method)) for method in ("mean", *naive)]
    return pd.DataFrame(rows, columns=ERRORS)


def _errors(part: pd.DataFrame, method: str) -> tuple[str, int, float, float, float]:
    off = (part[method] - part["actual"]).dropna()
    known = part.dropna(subset=["pi_low", "pi_high"])
    covered = np.nan
    if method == "mean" and len(known):
        covered = float(known["actual"].between(known["pi_low"], known["pi_high"]).mean())
    return FORECAST if method == "mean" else method, len(off), float(off.abs().mean()), float(off.mean()), covered
