"""Who talks to whom: a social graph drawn person by person, so that one more person rewires nobody else.

Each person draws ties to people with lower numbers only: some nearby (which makes friends know each other), the rest
anywhere. How many, and how readily one is chosen, follows a lognormal activity of each person's own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.draws import ACTIVITY, EDGE_COUNT, EDGE_NEAR, EDGE_TARGET, uniforms

# A chosen person accepts by activity up to this multiple of the mean, within this many tries.
CEILING = 4.0
TRIES = 6
EDGE_BITS = 12
TRY_BITS = 4


def draw_graph(
    keys: NDArray[np.uint64], people: int, mean: float, sigma: float, local: float, window: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the graph in CSR form: first_edge (people + 1,) and edge (two entries a tie).

    Parameters
    ----------
    mean : mean number of ties of a person; sigma : standard deviation of the log of activity.
    local : share of ties to the ``window`` people before one.
    """
    person = np.arange(people)
    activity = np.exp(sigma * ndtri(uniforms(keys, ACTIVITY, person, 0)) - 0.5 * sigma * sigma)
    wanted = 0.5 * mean * activity
    drawn = np.floor(wanted + uniforms(keys, EDGE_COUNT, person, 0)).astype(np.int64)
    drawn = np.minimum(drawn, (1 << EDGE_BITS) - 1)
    source = np.repeat(person, drawn)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(drawn) - drawn, drawn)
    near = uniforms(keys, EDGE_NEAR, source, nth) < local
    target = _targets(keys, source, nth, near, activity, window)
    keep = target >= 0
    return _compress(people, source[keep], target[keep])


def _targets(
    keys: NDArray[np.uint64], source: NDArray[np.int64], nth: NDArray[np.int64], near: NDArray[np.bool_],
    activity: NDArray[np.float64], window: int,
) -> NDArray[np.int64]:  # fmt: skip
    """Choose whom each tie goes to; -1 where nobody can be found."""
    target = np.full(len(source), -1)
    for attempt in range(TRIES):
        open_ = np.flatnonzero((target < 0) & (source > 0))
        i, n = source[open_], nth[open_] << TRY_BITS | attempt
        u = uniforms(keys, EDGE_TARGET, i, n << 1)
        reach = np.where(near[open_], np.minimum(i, window), i)
        chosen = i - 1 - (u * reach).astype(np.int64)
        accepts = uniforms(keys, EDGE_TARGET, i, n << 1 | 1) * CEILING < activity[chosen]
        target[open_[accepts]] = chosen[accepts]
    return target


def _compress(
    people: int, source: NDArray[np.int64], target: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Make ties mutual, drop doubles, and sort each person's neighbours."""
    low, high = np.minimum(source, target), np.maximum(source, target)
    ties = np.unique(high * people + low)
    low, high = ties % people, ties // people
    both_from = np.concatenate([low, high])
    both_to = np.concatenate([high, low])
    order = np.argsort(both_from * people + both_to, kind="stable")
    degrees = np.bincount(both_from, minlength=people)
    first = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    edge = both_to[order].astype(np.int32)
    return first, edge if len(edge) else np.zeros(1, dtype=np.int32)
