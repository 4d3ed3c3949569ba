"""Who talks to whom: a social graph drawn person by person, so that one more person rewires nobody else.

A person's sociability (activity) is lognormal, and so, nearly, is the number of ties. Ties are of two
sorts. Near ones join people who follow each other in number, the more likely the more active both are, and
make friends know each other. Far ones go to people of lower number at every scale of distance alike, and to
the active rather than to the others. Everybody draws ties to lower numbers only.

Refused: far ties at a distance that is uniform, because the first people would be ever better known as the
market grows; rejecting chosen people by their activity, because what is rejected too often is missing from
the mean.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.draws import ACTIVITY, EDGE_COUNT, EDGE_NEAR, EDGE_TARGET, uniforms

# Size of a quadrature and of a table, the fullest neighbourhood that is asked for, the least reach of a
# far tie in windows (a shorter one would meet the same few people again and again), the width of a draw's
# key, and how far to look: in standard deviations of the log of activity, and in the log of what makes
# near people tied.
POINTS = 200
GRID = 2000
FULLEST = 0.9
LEAST_REACH = 40
EDGE_BITS = 14
REACH = 6.0
LARGEST = 40.0


def draw_graph(
    keys: NDArray[np.uint64], people: int, mean: float, sigma: float, local: float, window: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the graph in CSR form: first_edge (people + 1,) and edge (two entries a tie).

    Parameters
    ----------
    mean : mean number of ties of a person; sigma : standard deviation of the log of activity.
    local : share of near ties (less when they would fill the neighbourhood).
    window : people before one, and as many after, who count as near.

    The mean of the graph is within a few per cent of ``mean`` from some thousands of people on; in a
    market of a few hundred the most active find fewer others than they would like, and it falls short by
    up to a fifth.
    """
    person = np.arange(people)
    normal = scipy.special.ndtri(uniforms(keys, ACTIVITY, person, 0))
    activity = np.exp(sigma * normal - 0.5 * sigma * sigma)
    others = window + window
    near = min(local * mean, FULLEST * others)
    warmth = _warmth(near / others, sigma)
    outside = _outside(activity, mean, near, warmth, others, sigma)
    ties = [_near_ties(keys, activity, warmth, window), _far_ties(keys, outside, window)]
    return _compress(people, *(np.concatenate(ends) for ends in zip(*ties, strict=True)))


def _warmth(density: float, sigma: float) -> float:
    """Find the c at which near people, tied at chance 1 - exp(-c activity activity), have this density."""
    if density <= 0.0:
        return 0.0
    product = np.exp(np.sqrt(2.0) * sigma * _normal_points() - sigma * sigma)

    def missing(log_c: float) -> float:
        return float(np.mean(-np.expm1(-np.exp(log_c) * product))) - density

    bound = LARGEST * (1.0 + sigma)
    return float(np.exp(scipy.optimize.brentq(missing, -bound, bound)))


def _normal_points() -> NDArray[np.float64]:
    """Equally likely standard normal numbers."""
    return scipy.special.ndtri((np.arange(POINTS) + 0.5) / POINTS)


def _outside(
    activity: NDArray[np.float64], mean: float, near: float, warmth: float, others: int, sigma: float
) -> NDArray[np.float64]:
    """Far ties that each person would like: what near ones leave of ``mean`` times the own activity."""
    typical = np.exp(sigma * _normal_points() - 0.5 * sigma * sigma)
    grid = np.exp(np.linspace(-REACH, REACH, GRID) * max(sigma, 1.0 / GRID) - 0.5 * sigma * sigma)
    found = np.mean(-others * np.expm1(-warmth * np.outer(grid, typical)), axis=1)
    average = float(np.mean(np.maximum(0.0, mean * typical - np.interp(typical, grid, found))))
    wanted = np.maximum(0.0, mean * activity - np.interp(activity, grid, found))
    return wanted * ((mean - near) / average) if average > 0.0 else wanted


def _near_ties(
    keys: NDArray[np.uint64], activity: NDArray[np.float64], warmth: float, window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ties to the ``window`` people before one: (those who draw, those drawn)."""
    person = np.arange(len(activity))
    sources, targets = [person[:0]], [person[:0]]
    for back in range(1, min(window, len(person) - 1) + 1):
        i = person[back:]
        chance = -np.expm1(-warmth * activity[i] * activity[:-back])
        i = i[uniforms(keys, EDGE_NEAR, i, back) < chance]
        sources.append(i)
        targets.append(i - back)
    return np.concatenate(sources), np.concatenate(targets)


def _far_ties(
    keys: NDArray[np.uint64], outside: NDArray[np.float64], window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ties to people further before one: in a reach uniform in its logarithm, by their own wish for ties."""
    person = np.arange(len(outside))
    drawn = np.floor(0.5 * outside + uniforms(keys, EDGE_COUNT, person, 0)).astype(np.int64)
    drawn = np.where(person <= window, 0, np.minimum(drawn, (1 << EDGE_BITS) - 1))
    source = np.repeat(person, drawn)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(drawn) - drawn, drawn)
    end = source - window
    least = np.minimum(end, LEAST_REACH * window)
    reach = least * (end / least) ** uniforms(keys, EDGE_TARGET, source, nth << 1)
    start = np.maximum(0, end - reach.astype(np.int64))
    below = np.concatenate([[0.0], np.cumsum(outside)])
    place = below[start] + uniforms(keys, EDGE_TARGET, source, nth << 1 | 1) * (below[end] - below[start])
    target = np.searchsorted(below, place, side="right") - 1
    found = (target >= start) & (target < end)
    return source[found], target[found]


def _compress(
    people: int, source: NDArray[np.int64], target: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Make ties mutual, drop doubles, and sort each person's neighbours (in time linear in the ties)."""
    both = np.concatenate([source, target]), np.concatenate([target, source])
    graph = scipy.sparse.coo_array((np.ones(len(both[0]), dtype=np.int8), both), shape=(people, people)).tocsr()
    graph.sum_duplicates()
    edge = graph.indices.astype(np.int32)
    return graph.indptr.astype(np.int64), edge if len(edge) else np.zeros(1, dtype=np.int32)
