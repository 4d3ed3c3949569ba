"""CSAT and NPS with intervals, and how they hang together by points of satisfaction."""

from __future__ import annotations

import math

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.likelihood import normal_quantile
from sim.company.fitting.surveys.answers import LOWER, UPPER, effective, weights
from sim.company.fitting.totals import Figure
from sim.model.clock import HUNDRED

SUBJECT = "surveys"
TOP_BOXES = 2
"""CSAT counts the upper two boxes of the scale."""
MODEL_POINTS = 5
"""Points of the model's own scale: 5 delighted, 4 satisfied, 3 and 2 dissatisfied, 1 really poorly served."""
CLASSES = {5: "delighted", 4: "satisfied", 3: "dissatisfied", 2: "dissatisfied", 1: "poor"}
ADDED, ADDED_TO_EACH = 3.0, 0.75
"""Answers added to all, and to promoters and detractors each, for the interval of a net score: with few answers, or
answers that all agree, the plain one is too narrow (Rocks 2016, The American Statistician 70(4): adjusted Wald)."""


def share(answers: pd.DataFrame, chosen: pd.Series, level: float) -> Figure:
    """Weighted share of the answers that are chosen, with Wilson's interval on the effective number of answers."""
    total = weights(answers)
    value = float(total[chosen.to_numpy(bool)].sum() / total.sum())
    size = effective(answers)
    return Figure(value, *(float(end) for end in proportion_confint(value * size, size, 1 - level, "wilson")))


def net_score(answers: pd.DataFrame, level: float) -> Figure:
    """Per cent promoters less per cent detractors, with the adjusted Wald interval on the effective number."""
    total, size = weights(answers), effective(answers)
    up, down = (float(total[answers["recommends"] == group].sum() / total.sum()) for group in (UPPER, LOWER))
    value = up - down
    up, down = ((one * size + ADDED_TO_EACH) / (size + ADDED) for one in (up, down))
    half = normal_quantile(level) * math.sqrt((up + down - (up - down) ** 2) / (size + ADDED))
    low, high = max(up - down - half, -1.0), min(up - down + half, 1.0)
    return Figure(HUNDRED * value, HUNDRED * min(low, value), HUNDRED * max(high, value))


def satisfied(answers: pd.DataFrame) -> pd.Series:
    """Whether an answer is in the upper two boxes."""
    return answers["points"] > answers["top"] - TOP_BOXES


def fit_shares(answers: pd.DataFrame, level: float) -> list[Estimate]:
    """Estimate CSAT, the classes of satisfaction, NPS and its groups, and NPS by points."""
    rated, told = answers.dropna(subset="points"), answers.dropna(subset="recommends")
    both = told.dropna(subset="points")
    found = []
    if len(rated):
        found += [_of("csat", "", rated, share(rated, satisfied(rated), level), "share", _weighted(rated))]
        found += _classes(rated, level)
    if len(told):
        found += [_of("nps", "", told, net_score(told, level), "points", _weighted(told))]
        for name, group in (("promoters", UPPER), ("detractors", LOWER)):
            found += [_of(name, "", told, share(told, told["recommends"] == group, level), "share", "")]
    for points, rows in both.groupby("points"):
        found.append(_of("nps_by_points", f"{points:g}", rows, net_score(rows, level), "points", ""))
    return found


def _classes(rated: pd.DataFrame, level: float) -> list[Estimate]:
    """Share of each number of points; of the model's classes when the scale has its five points."""
    points = sorted(rated["points"].unique())
    found = [
        _of("share_of_points", f"{one:g}", rated, share(rated, rated["points"] == one, level), "share", "")
        for one in points
    ]
    if (rated["top"] != MODEL_POINTS).any():
        return found
    named = rated["points"].map(CLASSES)
    return found + [
        _of("share_of_class", name, rated, share(rated, named == name, level), "share", "")
        for name in dict.fromkeys(CLASSES.values())
    ]


def _of(name: str, key: str, answers: pd.DataFrame, found: Figure, unit: str, note: str) -> Estimate:
    return Estimate(SUBJECT, name, key, int(answers["n"].sum()), *found, unit, note)


def _weighted(answers: pd.DataFrame) -> str:
    """Say how much the weights cost."""
    size, n = effective(answers), int(answers["n"].sum())
    return "" if math.isclose(size, n) else f"weighted; {size:.0f} answers of equal weight tell as much"
