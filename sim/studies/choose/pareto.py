"""Which policies nobody would leave for another: the frontier of two or more measures.

A policy is dominated when another is at least as good in every measure and better in one, by the means of paired
differences from the baseline. It is dominated clearly when the intervals of the paired differences between the two say
so too; these hold for all pairs and measures together (Bonferroni). A policy is clearly on the frontier when every
other is clearly worse in some measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy

from sim.studies.choose.figures import Figures
from sim.studies.goal import Goal

if TYPE_CHECKING:
    import pandas as pd

SURE, FRONTIER, UNSURE, DOMINATED, OUT = (
    "frontier, clearly",
    "frontier",
    "dominated, not clearly",
    "dominated, clearly",
    "breaks a constraint",
)
COLUMNS = [
    "policy", "standing", "dominated_by", "measure", "mean", "mean_difference", "ci_low_simultaneous",
    "ci_high_simultaneous", "n", "confidence",
]  # fmt: skip


def frontier(found: Figures, goals: Sequence[Goal], able: Sequence[int], level: float) -> pd.DataFrame:
    """Return a row a policy and measure.

    Parameters
    ----------
    able : places of the policies that may be on the frontier: those that do not break a constraint.
    level : confidence of all intervals of the frame together, and of all verdicts together.

    Returns
    -------
    Columns policy, standing, dominated_by (the clearest one, or the nearest), measure, mean,
    mean_difference (from the baseline, paired), ci_low_simultaneous, ci_high_simultaneous (of the difference,
    together), n and confidence.
    """
    import pandas as pd

    means = _means(found, goals)
    leads = _clear_leads(found, goals, able, level)
    rows: list[dict[str, object]] = []
    for place, label in enumerate(found.labels):
        standing, by = _standing(place, means, leads, able) if place in able else (OUT, None)
        about: dict[str, object] = {
            "policy": label,
            "standing": standing,
            "dominated_by": "" if by is None else found.labels[by],
        }
        rows += [about | _row(found, goal.measure, place, _each(found, goals, level)) for goal in goals]
    return pd.DataFrame(rows).assign(confidence=level)[COLUMNS]


def _means(found: Figures, goals: Sequence[Goal]) -> np.ndarray:
    """Differences from the baseline (policies, measures), so that more is better."""
    places = range(len(found.labels))
    return np.array([[g.sign * found.difference(g.measure, p, 0).mean() for g in goals] for p in places])


def _clear_leads(found: Figures, goals: Sequence[Goal], able: Sequence[int], level: float) -> np.ndarray:
    """Lower limits (policies, policies, measures) of the lead of each policy on each other; infinite where none."""
    count = len(able) * (len(able) - 1) / 2 * len(goals)
    size = len(found.labels)
    leads = np.full((size, size, len(goals)), -np.inf)
    for one in able:
        for other in able:
            if one != other:
                for column, goal in enumerate(goals):
                    values = goal.sign * found.difference(goal.measure, one, other)
                    leads[one, other, column] = _lower(values, (1 - level) / count)
    return leads


def _lower(values: np.ndarray, error: float) -> float:
    half = -scipy.special.stdtrit(values.size - 1, error / 2) * values.std(ddof=1) / np.sqrt(values.size)
    return float(values.mean() - half)


def _standing(place: int, means: np.ndarray, leads: np.ndarray, able: Sequence[int]) -> tuple[str, int | None]:
    others = [other for other in able if other != place]
    clear = [other for other in others if (leads[other, place] >= 0).all() and (leads[other, place] > 0).any()]
    by_mean = [
        other for other in others if (means[other] >= means[place]).all() and (means[other] > means[place]).any()
    ]
    if clear:
        return DOMINATED, clear[0]
    if by_mean:
        return UNSURE, by_mean[0]
    sure = all((leads[place, other] > 0).any() for other in others)
    return (SURE if sure else FRONTIER), None


def _each(found: Figures, goals: Sequence[Goal], level: float) -> float:
    """Level of a single difference from the baseline, for all of them to hold together."""
    return 1 - (1 - level) / max(1, (len(found.labels) - 1) * len(goals))


def _row(found: Figures, measure: str, place: int, level: float) -> dict[str, object]:
    values = found.difference(measure, place, 0)
    mean, size = float(values.mean()), values.size
    half = float(-scipy.special.stdtrit(size - 1, (1 - level) / 2) * values.std(ddof=1) / np.sqrt(size))
    base = float(found.of(measure, 0).mean())
    return {
        "measure": measure,
        "mean": base + mean,
        "mean_difference": mean,
        "ci_low_simultaneous": mean - half,
        "ci_high_simultaneous": mean + half,
        "n": size,
    }
