"""Estimates and frames of the map from goodwill to NPS, and of what a problem does."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.likelihood import Vector, carried, normal_quantile
from sim.company.fitting.surveys.answers import LOWER, UPPER
from sim.company.fitting.surveys.goodwill import (
    GoodwillMap,
    class_table,
    goodness,
    same_slope,
    shapes,
    two_slopes,
)
from sim.company.fitting.surveys.problem import Effect
from sim.company.fitting.surveys.shares import SUBJECT, net_score, share
from sim.company.fitting.totals import Figure
from sim.model.clock import HUNDRED

PARAMETERS = ("nps_goodwill_slope", "nps_promoter_mid", "nps_detractor_mid")
UNITS = ("logit", "score", "score")
GRID = 101
"""Points of the fitted curve in its frame."""


def map_estimates(answers: pd.DataFrame, law: GoodwillMap, level: float) -> list[Estimate]:
    """Estimates of the map; the interval of the slope is that of its log."""

    def figures(at: Vector) -> Vector:
        slope, upper, lower = shapes(at)
        return np.array([math.log(slope), upper, lower])

    at, covariance = carried(figures, law.peak)
    half = normal_quantile(level) * np.sqrt(np.diag(covariance))
    ends = np.array([at, at - half, at + half])
    ends[:, 0] = np.exp(ends[:, 0])
    rows = [Figure(*row) for row in ends.T.tolist()]
    fits = goodness(class_table(answers, law))
    note = f"groups by satisfaction chi2 {fits.value:.1f} on {fits.freedom} df, p {fits.p:.2g}"
    note += "; satisfaction stands for goodwill"
    n = int(answers["n"].sum())
    return [
        Estimate(SUBJECT, name, "", n, *row, unit, note, name)
        for name, unit, row in zip(PARAMETERS, UNITS, rows, strict=True)
    ]


def slopes_alone(answers: pd.DataFrame, level: float) -> list[Estimate]:
    """Slopes of promoters and of detractors fitted alone, and whether one serves both."""
    slopes, covariance = two_slopes(answers)
    half = normal_quantile(level) * np.sqrt(np.diag(covariance))
    note = f"one slope for both: p {same_slope(slopes, covariance):.2g} (Brant)"
    n = int(answers["n"].sum())
    return [
        Estimate(SUBJECT, "nps_slope_alone", key, n, float(slope), float(slope - by), float(slope + by), "logit", note)
        for key, slope, by in zip(("promoters", "detractors"), slopes, half, strict=True)
    ]


def effect_estimates(found: Effect) -> list[Estimate]:
    """Estimates of what a problem does."""
    n = found.with_problem + found.without
    note = f"{found.with_problem} with a problem, {found.without} without; bootstrap"
    rows = [
        ("satisfaction_gap", found.satisfaction, "score"),
        ("nps_gap", found.seen, "points"),
        ("nps_gap_by_the_map", found.predicted, "points"),
        ("nps_gap_beyond_the_map", found.left, "points"),
        ("nps_gap_share_of_the_map", found.share, "ratio"),
    ]
    known = [row for row in rows if math.isfinite(row[1].value)]
    return [Estimate(SUBJECT, name, "problem", n, *figure, unit, note) for name, figure, unit in known]


def by_satisfaction(answers: pd.DataFrame, law: GoodwillMap, level: float) -> pd.DataFrame:
    """Frame of the check-fit plot: `class_table` with intervals of what was observed."""
    rows = []
    for _, part in answers.groupby("satisfaction"):
        up, down = (share(part, part["recommends"] == group, level) for group in (UPPER, LOWER))
        net = net_score(part, level)
        rows.append((up.low, up.high, down.low, down.high, net.low, net.high))
    names = [f"{end}_{what}" for what in ("promoters", "detractors", "nps") for end in ("ci_low", "ci_high")]
    return pd.concat([class_table(answers, law), pd.DataFrame(rows, columns=names)], axis=1)


def curve(law: GoodwillMap) -> pd.DataFrame:
    """Frame of the fitted map: goodwill, promoters, detractors (shares), nps (points)."""
    goodwill = np.linspace(0.0, 1.0, GRID)
    detractors, _, promoters = law.chances(goodwill)
    nps = HUNDRED * (promoters - detractors)
    return pd.DataFrame({"goodwill": goodwill, "promoters": promoters, "detractors": detractors, "nps": nps})


def effect_frame(found: Effect) -> pd.DataFrame:
    """Frame of the effect of a problem: what, unit, mean_difference, ci_low_difference and ci_high_difference."""
    rows = [
        ("satisfaction", "score", found.satisfaction),
        ("NPS, as seen", "points", found.seen),
        ("NPS, by the map", "points", found.predicted),
        ("NPS, beyond the map", "points", found.left),
    ]
    known = [(what, unit, *figure) for what, unit, figure in rows if math.isfinite(figure.value)]
    return pd.DataFrame(known, columns=["what", "unit", "mean_difference", "ci_low_difference", "ci_high_difference"])
