"""From goodwill to recommending: the model's map, fitted to answers.

P(promoter) = expit(slope (g - promoter_mid)) and P(detractor) = expit(-slope (g - detractor_mid)): the law of
proportional odds of three ordered groups (McCullagh 1980), told by the goodwill at which half are promoters, or
detractors. Satisfaction scaled to 0-1 stands for goodwill g. That is an assumption, and a weak one: satisfaction comes
in a few points and with an error of its own, which flattens the slope; it is asked after an episode, while goodwill is
what all episodes have left; and the model's scale of goodwill need not be that of the survey.

Intervals allow for weights (sandwich covariance). Whether one slope serves both middles is tested by fitting each alone
(Brant 1990, Biometrics 46).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike, NDArray

from sim.company.fitting.goodness import Pearson
from sim.company.fitting.likelihood import Peak, Vector, maximise
from sim.company.fitting.surveys.answers import LOWER, MIDDLE, UPPER, effective, weights
from sim.model.clock import HUNDRED

BOUNDS = ((math.log(1e-2), math.log(1e3)), (-5.0, 6.0), (math.log(1e-4), math.log(1e2)))
"""Of log slope, detractor_mid, and log of how far promoter_mid lies above it; scores are between 0 and 1."""
START = (math.log(5.0), 0.5, math.log(0.2))
SCORING_STEPS, RIDGE = 5, 1e-6
"""Steps of a fit nearby, and what keeps their equations soluble where answers cannot tell."""
TINY = 1e-300
GROUPS = (LOWER, MIDDLE, UPPER)
LEAST_GROUP = 5
"""Promoters, and detractors, below which their middle is not told: half of them would be a single person's doing."""


@dataclass(frozen=True, eq=False)
class GoodwillMap:
    """The fitted map.

    Parameters
    ----------
    peak : coordinates log slope, detractor_mid, log(promoter_mid - detractor_mid); its covariance is the sandwich.
    """

    peak: Peak

    @property
    def shapes(self) -> tuple[float, float, float]:
        """Slope, promoter_mid and detractor_mid."""
        return shapes(self.peak.at)

    def chances(self, goodwill: ArrayLike) -> NDArray[np.float64]:
        """Chance of a detractor, passive, promoter at each goodwill, (3, n)."""
        return _chances(self.peak.at, np.asarray(goodwill, dtype=float))


def net_score(at: Vector, goodwill: ArrayLike) -> NDArray[np.float64]:
    """NPS at each goodwill by the map of these coordinates, in points."""
    chances = _chances(at, np.asarray(goodwill, dtype=float))
    return HUNDRED * (chances[UPPER] - chances[LOWER])


def shapes(at: Vector) -> tuple[float, float, float]:
    """Slope, promoter_mid and detractor_mid from coordinates."""
    return math.exp(at[0]), float(at[1] + math.exp(at[2])), float(at[1])


def _chances(at: Vector, goodwill: NDArray[np.float64]) -> NDArray[np.float64]:
    slope, upper, lower = shapes(at)
    promoter = scipy.special.expit(slope * (goodwill - upper))
    detractor = scipy.special.expit(-slope * (goodwill - lower))
    return np.array([detractor, 1 - detractor - promoter, promoter])


def mapped(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers that say both how satisfied somebody is and whether he recommends."""
    return answers.dropna(subset=["satisfaction", "recommends"])


def fit_map(answers: pd.DataFrame) -> GoodwillMap | None:
    """Fit the map by weighted likelihood; None when the answers cannot tell it.

    They cannot when promoters or detractors are fewer than a handful, when everybody is equally satisfied, or when the
    more satisfied recommend no more.
    """
    if not can_tell(answers):
        return None
    goodwill, group, weight = answers["satisfaction"].to_numpy(float), _group(answers), weights(answers)
    peak = maximise(
        lambda at: -float(weight @ _logs(at, goodwill, group)), START, BOUNDS,
        slope=lambda at: -(weight @ _slopes(at, goodwill, group)),
    )  # fmt: skip
    if peak.bound.any() or not peak.sound:
        return None
    squares = (answers["weight"] ** 2 * answers["n"]).to_numpy(float)
    slopes = _slopes(peak.at, goodwill, group)
    sandwich = peak.covariance @ (slopes.T * squares) @ slopes @ peak.covariance
    return GoodwillMap(replace(peak, covariance=sandwich))


def refit(
    goodwill: NDArray[np.float64], group: NDArray[np.int64], weight: NDArray[np.float64], start: Vector
) -> Vector:
    """Fit the map to answers by kind, from coordinates nearby; at a bound where the answers cannot tell.

    A few steps of scoring, with the outer product of slopes in the place of the information: enough for a bootstrap,
    whose answers differ little from those that ``start`` was fitted to (Davison & Hinkley 1997, section 7.2).
    """
    low, high = np.transpose(BOUNDS)
    at = start
    for _ in range(SCORING_STEPS):
        slopes = _slopes(at, goodwill, group)
        information = (slopes.T * weight) @ slopes + RIDGE * np.eye(len(at))
        at = np.clip(at + np.linalg.solve(information, weight @ slopes), low, high)
    return at


def _group(answers: pd.DataFrame) -> NDArray[np.int64]:
    return answers["recommends"].to_numpy().astype(np.int64)


def _logs(at: Vector, goodwill: NDArray[np.float64], group: NDArray[np.int64]) -> Vector:
    """Log-likelihood of each answer."""
    return np.log(np.maximum(_chances(at, goodwill)[group, np.arange(len(group))], TINY))


def _slopes(at: Vector, goodwill: NDArray[np.float64], group: NDArray[np.int64]) -> Vector:
    """Slope of each answer's log-likelihood in each coordinate, (answers, 3)."""
    slope, upper, lower = shapes(at)
    up, low = slope * (goodwill - upper), slope * (goodwill - lower)
    above, over = scipy.special.expit(up), scipy.special.expit(low)
    passive = np.maximum(over - above, TINY)
    by_up = np.choose(group, [0.0, -above * (1 - above) / passive, 1 - above])
    by_low = np.choose(group, [-over, over * (1 - over) / passive, 0.0])
    return np.array([by_up * up + by_low * low, -slope * (by_up + by_low), -slope * by_up * (upper - lower)]).T


def says_goodwill(law: GoodwillMap) -> bool:
    """Whether both middles are scores that somebody can have, so that satisfaction can stand for goodwill at all.

    Where answers after one episode say little of what all episodes have left, the slope is flat, and half of the
    customers would be detractors, or promoters, only beyond the ends of the scale.
    """
    _, upper, lower = law.shapes
    return lower >= 0.0 and upper <= 1.0


def can_tell(answers: pd.DataFrame) -> bool:
    """Whether there are promoters, detractors and degrees of satisfaction enough."""
    sizes = answers.groupby("recommends")["n"].sum()
    some = all(sizes.get(float(group), 0) >= LEAST_GROUP for group in (LOWER, UPPER))
    return some and bool(answers["satisfaction"].max() > answers["satisfaction"].min())


def class_table(answers: pd.DataFrame, law: GoodwillMap) -> pd.DataFrame:
    """Observed and fitted shares of promoters and detractors by satisfaction.

    Returns
    -------
    Columns satisfaction, n, effective, promoters, detractors (shares observed), fitted_promoters, fitted_detractors,
    nps and fitted_nps (points).
    """
    rows = []
    for satisfaction, part in answers.groupby("satisfaction"):
        total = weights(part)
        up, down = (total[part["recommends"] == group].sum() / total.sum() for group in (UPPER, LOWER))
        fitted = law.chances([satisfaction])[:, 0]
        rows.append((satisfaction, int(part["n"].sum()), effective(part), up, down, fitted[UPPER], fitted[LOWER]))
    columns = ["satisfaction", "n", "effective", "promoters", "detractors", "fitted_promoters", "fitted_detractors"]
    table = pd.DataFrame(rows, columns=columns)
    table["nps"] = HUNDRED * (table["promoters"] - table["detractors"])
    table["fitted_nps"] = HUNDRED * (table["fitted_promoters"] - table["fitted_detractors"])
    return table


def goodness(table: pd.DataFrame) -> Pearson:
    """Pearson's comparison of the groups by satisfaction, on effective numbers of answers."""
    seen = [table["detractors"], 1 - table["detractors"] - table["promoters"], table["promoters"]]
    due = [
        table["fitted_detractors"],
        1 - table["fitted_detractors"] - table["fitted_promoters"],
        table["fitted_promoters"],
    ]
    size = table["effective"]
    value = sum(float((size * (mine - its) ** 2 / its).sum()) for mine, its in zip(seen, due, strict=True))
    freedom = max((len(GROUPS) - 1) * len(table) - len(START), 0)
    return Pearson(value, freedom, float(scipy.special.chdtrc(freedom, value)) if freedom else math.nan)


def two_slopes(answers: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes of promoters, and of those who are no detractors, each fitted alone, with their covariance (Brant).

    Returns
    -------
    Slopes (2,) and covariance (2, 2); NaN where one of them has no peak.
    """
    goodwill, group, weight = answers["satisfaction"].to_numpy(float), _group(answers), weights(answers)
    squares = (answers["weight"] ** 2 * answers["n"]).to_numpy(float)
    found = [_logit(goodwill, np.where(group >= least, 1.0, -1.0), weight) for least in (UPPER, MIDDLE)]
    influences = np.array([influence for _, influence in found])
    return np.array([slope for slope, _ in found]), (influences * squares) @ influences.T


def _logit(
    goodwill: NDArray[np.float64], sign: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Slope of a weighted logistic regression, and what each answer adds to it."""
    design = np.column_stack([np.ones_like(goodwill), goodwill])

    def loss(at: Vector) -> float:
        return -float(weight @ scipy.special.log_expit(sign * (design @ at)))

    at = scipy.optimize.minimize(loss, [0.0, 1.0], method="BFGS").x
    wrong = sign * scipy.special.expit(-sign * (design @ at))
    chance = scipy.special.expit(design @ at)
    bread = np.linalg.pinv((design.T * (weight * chance * (1 - chance))) @ design)
    return float(at[1]), (wrong[:, None] * design @ bread)[:, 1]


def same_slope(slopes: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Chance of two slopes as far apart as these if they were the same."""
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return float(scipy.special.chdtrc(1, (slopes[0] - slopes[1]) ** 2 / variance)) if variance > 0 else math.nan
