"""Scenario discovery: in which part of the ranges a policy fails.

The Patient Rule Induction Method (PRIM; Friedman and Fisher 1999, for policies Bryant and Lempert 2010) peels away
futures that do not fail; of the boxes on its way, the one is taken whose membership correlates best with failing
(Matthews' coefficient, which is zero for a box that holds everything), and limits that add nothing are dropped. PRIM
looks one small step ahead and can be led astray by noise; a decision tree (CART) looks further and cuts coarsely. Both
are those of the EMA Workbench. Unless one is asked for, both are tried, and the one that does better in futures that
were held out is kept.

With hundreds of factors and a few hundred futures, some box always looks good. So only the factors that move with the
outcome are tried, and the whole search, that choice included, is done again in folds: a box counts as found when
futures that were held out fail more often inside it than elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.errors import unknown
from sim.inputs.uncertainties import Range
from sim.studies.futures.box import Box, Limit, box_of
from sim.studies.futures.comparison import share_interval
from sim.studies.futures.design import READING
from sim.studies.futures.error import FuturesError
from sim.studies.futures.workbench import quietly, workbench

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["best", "prim", "cart"]
Flags = NDArray[np.bool_]

Ends = tuple["pd.DataFrame", "pd.DataFrame", dict[str, list[float]]]
"""Limits of a box, those of a box that holds everything, and quasi-p-values by factor."""
Seek = Callable[["pd.DataFrame", Flags, int], list[Ends]]

MOST_FACTORS = 12
"""Factors that are searched: the time of PRIM grows with them, and so does the chance of a box that means nothing."""
MOST_LIMITS = 3
"""Restricted factors of a box: more cannot be acted upon."""
WORTH = 0.02
"""A limit that adds less to the correlation is dropped."""
NOT_BY_CHANCE = 0.05
"""Largest quasi-p-value of a limit that is kept."""
FOLDS = 5
FEWEST = 10
"""Futures that fail, and that do not, without which nothing is sought."""
SMALLEST = 0.05
"""Share of all futures that a box must hold (PRIM and CART)."""


def discover(
    points: pd.DataFrame,
    factors: Sequence[Range],
    failed: Flags,
    slack: NDArray[np.float64],
    *,
    method: Method = "best",
    most: int = 1,
) -> tuple[Box, ...]:
    """Return boxes in which futures fail, the first one first sought, each with its worth in futures held out.

    Parameters
    ----------
    points : a row a future, a column a factor, and "reading".
    factors : the numeric ones, with their ranges.
    failed, slack : of each future: whether it fails, and by how much it is from failing.
    method : "prim", "cart", or "best" for the one whose boxes tell held-out futures apart best.
    most : boxes at most, each sought in what the ones before it left.

    Raises
    ------
    FuturesError : the method is unknown, or the EMA Workbench is not installed.
    """
    if method not in get_args(Method):
        raise FuturesError(unknown("method", method, get_args(Method)))
    workbench()
    if min(failed.sum(), (~failed).sum()) < FEWEST:
        return ()
    tried = [
        _holdout(points, factors, failed, slack, seek, most)
        for name, seek in (("prim", _by_prim), ("cart", _by_cart))
        if method in ("best", name)
    ]
    return max(tried, key=lambda entry: entry[1])[0]


def _search(
    points: pd.DataFrame, factors: Sequence[Range], failed: Flags, slack: NDArray[np.float64], seek: Seek, most: int
) -> list[Box]:
    chosen = informative(points, factors, failed, slack)
    readings = tuple(sorted(points[READING].unique()))
    frame = _coded(points, chosen, readings)
    with quietly():
        limits = [_limits(ends, chosen, readings) for ends in seek(frame, failed, most)]
    return [box_of(_worthy(one, points, failed), points, failed) for one in limits if one]


def _worthy(limits: Sequence[Limit], points: pd.DataFrame, failed: Flags) -> list[Limit]:
    """Leave out the limits that add nothing."""
    dropped = _adding_nothing({limit.name: limit.holds(points) for limit in limits}, failed)
    return [limit for limit in limits if limit.name not in dropped]


def informative(
    points: pd.DataFrame, factors: Sequence[Range], failed: Flags, slack: NDArray[np.float64]
) -> list[Range]:
    """Return the factors that move most with failing or with the slack, by rank correlation.

    The distance from the middle of the range is tried too: some fail at both ends.
    """
    if len(factors) <= MOST_FACTORS:
        return list(factors)
    ranks = scipy.stats.rankdata(points[[one.name for one in factors]].to_numpy(dtype=float), axis=0)
    apart = np.abs(ranks - ranks.mean(axis=0))
    targets = [failed.astype(float), scipy.stats.rankdata(slack)]
    score = np.max([_correlation(of, target) for of in (ranks, apart) for target in targets], axis=0)
    places = np.sort(np.argsort(-score, kind="stable")[:MOST_FACTORS])
    return [factors[place] for place in places]


def _correlation(columns: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of the correlation of each column with the target; 0 where either does not vary."""
    centred, aim = columns - columns.mean(axis=0), target - target.mean()
    size = np.sqrt((centred**2).sum(axis=0) * (aim**2).sum())
    return np.abs(centred.T @ aim) / np.where(size > 0.0, size, np.inf)


def _coded(points: pd.DataFrame, factors: Sequence[Range], readings: Sequence[str]) -> pd.DataFrame:
    """Return what the workbench searches: floats, and readings as numbered categories.

    It keeps categories in sets and takes the first of equals: sets of text come in another order in each process,
    sets of small numbers do not. With one reading there is nothing to choose.
    """
    frame = points[[one.name for one in factors]].astype("float64").reset_index(drop=True)
    if len(readings) > 1:
        codes = [readings.index(reading) for reading in points[READING]]
        frame[READING] = np.asarray(codes, dtype="int64")
        frame[READING] = frame[READING].astype("category")
    return frame


# -- what the workbench finds --------------------------------------------------------------------------------------


def _by_prim(frame: pd.DataFrame, failed: Flags, most: int) -> list[Ends]:
    prim = workbench("analysis.prim").Prim(frame, failed, threshold=float(failed.mean()), mass_min=SMALLEST)
    found: list[Ends] = []
    for _ in range(most):
        box = prim.find_box()
        if box is None or not box.res_dim:
            break
        _simplify(box)
        if not box.res_dim:
            break
        found.append((box.box_lim, prim.box_init, box.qp[box._cur_box]))
    return found


def _simplify(box: Any) -> None:
    """Select the box of a trajectory that tells failures best, then drop limits one by one that add nothing."""
    of = box.prim.y[box.prim.yi_remaining]
    trajectory = box.peeling_trajectory[["n", "k"]].to_numpy(dtype=float)
    box.select(int(np.argmax(_matthews(trajectory[:, 0], trajectory[:, 1], len(of), of.sum()))))
    for name in _adding_nothing(_inside(box), of):
        box.drop_restriction(name)
    while box.res_dim:
        unsure = {name: _surest(values) for name, values in box.qp[box._cur_box].items()}
        least = max(unsure, key=lambda name: unsure[name])
        if unsure[least] <= NOT_BY_CHANCE:
            return
        box.drop_restriction(least)


def _inside(box: Any) -> dict[str, Flags]:
    """Tell of each restricted factor which of the remaining futures lie within its limits."""
    discovery = workbench("analysis.scenario_discovery_util")
    remaining = box.prim.x.loc[box.prim.yi_remaining]
    return {name: discovery._in_box(remaining[[name]], box.box_lim[[name]]) for name in box.qp[box._cur_box]}


def _adding_nothing(inside: Mapping[str, Flags], failed: Flags) -> list[str]:
    """Return the factors to drop: those whose limits are worth little, and the least of more than the most allowed."""
    held, dropped = dict(inside), []
    while held:
        now = _worth_of(list(held.values()), failed)
        without = {name: _worth_of([flags for other, flags in held.items() if other != name], failed) for name in held}
        least = max(without, key=lambda name: without[name])
        if len(held) <= MOST_LIMITS and now - without[least] >= WORTH:
            break
        del held[least]
        dropped.append(least)
    return dropped


def _worth_of(flags: Sequence[Flags], failed: Flags) -> float:
    held = np.logical_and.reduce(flags) if flags else np.ones(len(failed), dtype=bool)
    return float(_matthews(held.sum(), (held & failed).sum(), len(failed), failed.sum()))


def _surest(values: Sequence[float]) -> float:
    """Return the smallest quasi-p-value of a factor's ends; -1 stands for an end that is not restricted."""
    return min((value for value in values if value >= 0.0), default=1.0)


def _matthews(inside: Any, hits: Any, total: float, failures: float) -> NDArray[np.float64]:
    """Correlation between lying in a box and failing; 0 for a box that holds everything or nothing."""
    size = np.sqrt(np.asarray(inside * (total - inside) * failures * (total - failures), dtype=float))
    return np.asarray(total * hits - inside * failures, dtype=float) / np.where(size > 0.0, size, np.inf)


def _by_cart(frame: pd.DataFrame, failed: Flags, most: int) -> list[Ends]:
    tree = workbench("analysis.cart").CART(frame, failed, mass_min=SMALLEST)
    # The workbench's own `build_tree` breaks ties between equal cuts anew each time.
    grown = import_module("sklearn.tree").DecisionTreeClassifier(
        min_samples_leaf=max(int(SMALLEST * len(frame)), 1), random_state=0
    )
    tree.clf = grown.fit(tree._x, failed)
    total, failures = float(len(failed)), float(failed.sum())
    scored = []
    for limits, about in zip(tree.boxes, tree.stats, strict=True):
        inside, hits = about["mass"] * total, about["coverage"] * failures
        scored.append((float(_matthews(inside, hits, total, failures)), limits))
    scored = sorted((entry for entry in scored if entry[0] > 0.0), key=lambda entry: -entry[0])
    whole = workbench("analysis.scenario_discovery_util")._make_box(frame)
    return [(limits, whole, {}) for _, limits in scored[:most]]


def _limits(found: Ends, factors: Sequence[Range], readings: Sequence[str]) -> list[Limit]:
    """Say a box of the workbench in the factors' own units, the surest limit first."""
    box, whole, quasi = found
    limits = []
    for one in factors:
        ends = zip(box[one.name], whole[one.name], strict=True)
        low, high = (None if inner == outer else float(inner) for inner, outer in ends)
        if low is not None or high is not None:
            p_low, p_high = _quasi_p(quasi.get(one.name, []))
            limits.append(Limit(one.name, one.unit, low, high, one.low, one.high, p_low=p_low, p_high=p_high))
    if READING in box and set(box[READING][0]) != set(whole[READING][0]):
        kept = tuple(readings[int(code)] for code in sorted(box[READING][0]))
        limits.append(Limit(READING, "", kept=kept, of=tuple(readings), p_low=_quasi_p(quasi.get(READING, []))[0]))
    return sorted(limits, key=lambda limit: np.nanmin([limit.p_low, limit.p_high, 1.0]))


def _quasi_p(values: Sequence[float]) -> tuple[float, float]:
    low, high = (value if value >= 0.0 else np.nan for value in (values or (np.nan, np.nan)))
    return float(low), float(high)


# -- whether it is worth anything ----------------------------------------------------------------------------------


def _holdout(
    points: pd.DataFrame,
    factors: Sequence[Range],
    failed: Flags,
    slack: NDArray[np.float64],
    seek: Seek,
    most: int,
) -> tuple[tuple[Box, ...], float]:
    """Return the boxes, and the correlation with failing that boxes sought without a future have in that future.

    They are sought again without each fold of the futures, and the failures of that fold inside them are counted.
    """
    found = [box for box in _search(points, factors, failed, slack, seek, most) if box.limits]
    inside = np.zeros((most, len(points)), dtype=bool)
    fold = np.arange(len(points)) % FOLDS
    for number in range(FOLDS if found else 0):
        kept, out = fold != number, fold == number
        for place, box in enumerate(_search(points[kept], factors, failed[kept], slack[kept], seek, most)):
            if box.limits:
                inside[place, out] = box.holds(points[out]) & ~inside[:place, out].any(axis=0)
    boxes = tuple(_worth(box, inside[place], failed) for place, box in enumerate(found))
    anywhere: Flags = np.logical_or.reduce(inside)
    return boxes, _worth_of([anywhere], failed)


def _worth(box: Box, inside: Flags, failed: Flags) -> Box:
    held, failures = int(inside.sum()), int((inside & failed).sum())
    low, high = share_interval(failures, held)
    return box.with_holdout(failures / held if held else np.nan, low, high, failures / int(failed.sum()))
