"""Policies in the same futures, run with the same random numbers: arrays of shape (futures, policies, replications).

The baseline comes first. Whatever is compared is compared in pairs of runs of one replication, and "clear" means that
the Student t interval of the mean of those pairs excludes zero: what a few replications cannot tell apart is not
counted as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.outcomes.statistics import DEFAULT_LEVEL

if TYPE_CHECKING:
    import pandas as pd

Figures = NDArray[np.float64]

TIED = "tied"
"""Whose futures have no best policy."""


def cube(runs: pd.DataFrame, measure: str, futures: Sequence[str], policies: Sequence[str]) -> Figures:
    """Return the figures of a measure as an array; every future must hold every policy in every replication."""
    rows = runs[runs["measure"] == measure]
    wide = rows.pivot(index="future", columns=["policy", "replication"], values="value").reindex(list(futures))
    numbers = sorted(rows["replication"].unique())
    return np.stack([wide[policy][numbers].to_numpy(dtype=float) for policy in policies], axis=1)


def standard_error(values: Figures) -> Figures:
    """Standard error of the mean over the last axis; exactly zero where all values are equal."""
    count = values.shape[-1]
    found = values.std(axis=-1, ddof=1) / np.sqrt(count) if count > 1 else np.full(values.shape[:-1], np.nan)
    return np.where(np.ptp(values, axis=-1) == 0.0, 0.0, found)


def clear_sign(values: Figures, level: float = DEFAULT_LEVEL) -> NDArray[np.int_]:
    """Return 1 where the mean over the last axis is clearly above zero, -1 where clearly below, and 0 where unclear."""
    count, middle = values.shape[-1], values.mean(axis=-1)
    if count < 2:
        return np.zeros(middle.shape, dtype=int)
    half = scipy.stats.t.ppf((1.0 + level) / 2, count - 1) * standard_error(values)
    return np.where(np.abs(middle) > half, np.sign(middle), 0).astype(int)


@dataclass(frozen=True, eq=False)
class Best:
    """Which policy is best in each future.

    Parameters
    ----------
    first : place of the policy with the best mean; of the first of several where they are tied.
    tied : whether several have exactly the best mean.
    clear : whether the best one is clearly better than every other, corrected for their number (Bonferroni).
    regret, error : by how much each policy is worse than the best one, and the standard error of that; both of shape
        (futures, policies), in the unit of the measure.
    """

    first: NDArray[np.int_]
    tied: NDArray[np.bool_]
    clear: NDArray[np.bool_]
    regret: Figures
    error: Figures
    clearly_worse: NDArray[np.bool_]


def best(figures: Figures, better: str, level: float = DEFAULT_LEVEL) -> Best:
    """Compare every policy with the best one of its future."""
    gain = -figures if better == "lower" else figures
    means = gain.mean(axis=-1)
    first = means.argmax(axis=1)
    top = means.max(axis=1, keepdims=True)
    behind = np.take_along_axis(gain, first[:, None, None], axis=1) - gain
    others = max(figures.shape[1] - 1, 1)
    worse = clear_sign(behind, 1.0 - (1.0 - level) / others) > 0
    np.put_along_axis(worse, first[:, None], False, axis=1)
    return Best(
        first,
        (means == top).sum(axis=1) > 1,
        worse.sum(axis=1) == figures.shape[1] - 1,
        top - means,
        standard_error(behind),
        worse,
    )


def share_interval(count: int, total: int, level: float = DEFAULT_LEVEL) -> tuple[float, float]:
    """Wilson interval of a share of futures.

    It treats futures as drawn independently; a Latin hypercube spreads them more evenly, so it is rather too wide.
    """
    from statsmodels.stats.proportion import proportion_confint

    if not total:
        return float("nan"), float("nan")
    low, high = proportion_confint(count, total, alpha=1.0 - level, method="wilson")
    return float(low), float(high)
