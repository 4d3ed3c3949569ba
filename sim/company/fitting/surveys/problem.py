"""What a problem does to satisfaction and to NPS, and how much of the latter the map from goodwill predicts.

The map knows nothing of problems: it takes the satisfaction of those with and without one, and says their NPS. What it
leaves of the gap that is seen is what a problem does beyond satisfaction as it was answered. Intervals by bootstrap of
the answers, with the map fitted anew to each draw (Efron & Tibshirani 1993).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.likelihood import Vector
from sim.company.fitting.surveys.answers import MIDDLE
from sim.company.fitting.surveys.goodwill import GoodwillMap, net_score, refit
from sim.company.fitting.totals import Figure
from sim.model.clock import HUNDRED

DRAWS = 500
"""Draws of the bootstrap: the ends of a 95 % interval then move by a twentieth of its width."""
SEED = 1990
"""Any fixed number makes the intervals repeatable; this one is the year of the test of the map."""
LEAST = 10
"""Answers with a problem, and without, below which nothing is said of its effect."""


class Effect(NamedTuple):
    """What those with a problem say, less what those without say.

    Parameters
    ----------
    satisfaction : score. seen, predicted, left : NPS as it is, by the map, and the one less the other; points.
    share : predicted over seen.
    with_problem, without : answers.
    """

    satisfaction: Figure
    seen: Figure
    predicted: Figure
    left: Figure
    share: Figure
    with_problem: int
    without: int


class Kinds(NamedTuple):
    """Answers by what they say, as arrays; NaN where nothing was answered.

    ``place`` is the number of an answer's satisfaction and group among the pairs ``goodwill`` and ``group``, which the
    map is fitted to; -1 without either.
    """

    satisfaction: NDArray[np.float64]
    recommends: NDArray[np.float64]
    problem: NDArray[np.float64]
    weight: NDArray[np.float64]
    place: NDArray[np.int64]
    goodwill: NDArray[np.float64]
    group: NDArray[np.int64]


def effect(answers: pd.DataFrame, law: GoodwillMap | None, level: float) -> Effect | None:
    """Estimate what a problem does; None when too few had one, or had none.

    Parameters
    ----------
    law : the fitted map; without one nothing is predicted (NaN).
    """
    sizes = answers.groupby("problem")["n"].sum()
    if min(sizes.get(0.0, 0), sizes.get(1.0, 0)) < LEAST:
        return None
    kinds, at = _kinds(answers), None if law is None else law.peak.at
    counts = answers["n"].to_numpy(int)
    value = _figures(kinds, counts, at)
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(counts.sum(), counts / counts.sum(), DRAWS)
    drawn = [_figures(kinds, many, _again(kinds, many, at)) for many in draws]
    satisfaction, seen, predicted, left, share = (
        Figure(float(one), *band) for one, band in zip(value, _bands(np.array(drawn), level), strict=True)
    )
    return Effect(satisfaction, seen, predicted, left, share, int(sizes[1.0]), int(sizes[0.0]))


def _kinds(answers: pd.DataFrame) -> Kinds:
    satisfaction, recommends, problem, weight = (
        answers[name].to_numpy(float) for name in ("satisfaction", "recommends", "problem", "weight")
    )
    known = np.isfinite(satisfaction) & np.isfinite(recommends)
    pairs, inverse = np.unique(np.stack([satisfaction[known], recommends[known]], axis=1), axis=0, return_inverse=True)
    place = np.full(len(answers), -1)
    place[known] = inverse.ravel()
    return Kinds(satisfaction, recommends, problem, weight, place, pairs[:, 0], pairs[:, 1].astype(np.int64))


def _bands(drawn: NDArray[np.float64], level: float) -> list[tuple[float, float]]:
    """Ends of the middle of each figure's draws; NaN where no draw has it."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    known = [column[np.isfinite(column)] for column in drawn.T]
    return [tuple(np.quantile(one, tails).tolist()) if len(one) else (np.nan, np.nan) for one in known]


def _again(kinds: Kinds, many: NDArray[np.int64], at: Vector | None) -> Vector | None:
    """Fit the map to other numbers of answers."""
    if at is None:
        return None
    known = kinds.place >= 0
    weight = np.zeros(len(kinds.goodwill))
    np.add.at(weight, kinds.place[known], (kinds.weight * many)[known])
    return refit(kinds.goodwill, kinds.group, weight, at)


def _figures(kinds: Kinds, many: NDArray[np.int64], at: Vector | None) -> NDArray[np.float64]:
    """Satisfaction, NPS seen, predicted, the one less the other, and the other's share: with a problem less without."""
    weight = kinds.weight * many
    told = np.isfinite(kinds.recommends) & (np.isfinite(kinds.satisfaction) if at is not None else True)
    satisfaction = _gap(kinds, weight, np.isfinite(kinds.satisfaction), kinds.satisfaction)
    seen = _gap(kinds, weight, told, HUNDRED * (kinds.recommends - MIDDLE))
    predicted = np.nan if at is None else _gap(kinds, weight, told, net_score(at, kinds.satisfaction))
    return np.array([satisfaction, seen, predicted, seen - predicted, predicted / seen if seen else np.nan])


def _gap(kinds: Kinds, weight: NDArray[np.float64], known: NDArray[np.bool_], of: NDArray[np.float64]) -> float:
    """Weighted mean of those with a problem less that of those without; NaN when either are none."""
    means = []
    for problem in (1.0, 0.0):
        chosen = known & (kinds.problem == problem)
        total = weight[chosen].sum()
        means.append(float(weight[chosen] @ of[chosen] / total) if total > 0 else np.nan)
    return means[0] - means[1]
