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

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.model.blocks import blocks
from sim.model.draws import ACTIVITY, EDGE_COUNT, EDGE_NEAR, EDGE_TARGET, uniforms

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
# Scenarios whose wishes are remembered.
WISHES_KEPT = 16


class Wish(NamedTuple):
    """What everybody wishes for: chance of near ties, and far ties by activity."""

    warmth: float  # c of the chance 1 - exp(-c activity activity) of a near tie
    grid: NDArray[np.float64]  # activities, (GRID,)
    near: NDArray[np.float64]  # near ties expected at those activities, (GRID,)
    scale: float  # what the far ties that are left to wish for are multiplied by, so that the mean comes right


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
    wish = _wish(mean, sigma, local, window)
    below = np.zeros(people + 1)  # far ties that all people before each would like
    ties = []
    for block in blocks(people):
        person = np.arange(block.start, block.stop)
        around = np.arange(max(0, block.start - window), block.stop)
        activity = np.exp(sigma * scipy.special.ndtri(uniforms(keys, ACTIVITY, around, 0)) - 0.5 * sigma * sigma)
        outside = _outside(activity[-len(person) :], mean, wish)
        reached = below[block.start : block.stop + 1]
        reached[1:] = outside
        np.cumsum(reached, out=reached)
        far = _far_ties(keys, person, outside, below[: block.stop + 1], window)
        near = _near_ties(keys, person, activity, wish.warmth, window)
        ties.append(_by_source(person, *(np.concatenate(ends) for ends in zip(far, near, strict=True))))
    return _compress(people, *(np.concatenate(parts) for parts in zip(*ties, strict=True)))


@lru_cache(maxsize=WISHES_KEPT)
def _wish(mean: float, sigma: float, local: float, window: int) -> Wish:
    others = window + window
    near = min(local * mean, FULLEST * others)
    warmth = _warmth(near / others, sigma)
    typical = np.exp(sigma * _normal_points() - 0.5 * sigma * sigma)
    grid = np.exp(np.linspace(-REACH, REACH, GRID) * max(sigma, 1.0 / GRID) - 0.5 * sigma * sigma)
    found = np.mean(-others * np.expm1(-warmth * np.outer(grid, typical)), axis=1)
    average = float(np.mean(np.maximum(0.0, mean * typical - np.interp(typical, grid, found))))
    return Wish(warmth, grid, found, (mean - near) / average if average > 0.0 else 1.0)


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


def _outside(activity: NDArray[np.float64], mean: float, wish: Wish) -> NDArray[np.float64]:
    """Far ties that each person would like: what near ones leave of ``mean`` times the own activity."""
    return np.maximum(0.0, mean * activity - np.interp(activity, wish.grid, wish.near)) * wish.scale


def _near_ties(
    keys: NDArray[np.uint64], person: NDArray[np.int64], activity: NDArray[np.float64], warmth: float, window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ties of a block to the ``window`` people before each: (those who draw, those drawn), by both in order.

    ``activity`` is that of the people before the block, as many of ``window`` as there are, and of the block.
    """
    before = len(activity) - len(person)
    window = min(window, int(person[-1]))
    tied = np.zeros((len(person), window), dtype=np.bool_)  # to those before, the furthest first
    for back in range(1, window + 1):
        first = max(0, back - before)  # in the block, with somebody so far before
        chance = -np.expm1(-warmth * activity[before + first :] * activity[before + first - back : -back])
        tied[first:, window - back] = uniforms(keys, EDGE_NEAR, person[first:], back) < chance
    row, column = np.divmod(np.flatnonzero(tied), window)
    source = person[0] + row
    return source, source - window + column


def _far_ties(
    keys: NDArray[np.uint64],
    person: NDArray[np.int64],
    outside: NDArray[np.float64],
    below: NDArray[np.float64],
    window: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ties of a block to people further before: in a reach uniform in its logarithm, by their own wish for ties.

    Those who draw, and those drawn in order; ``below`` is what all people before each wish for, up to the block's end.
    """
    drawn = np.floor(0.5 * outside + uniforms(keys, EDGE_COUNT, person, 0)).astype(np.int64)
    drawn = np.where(person <= window, 0, np.minimum(drawn, (1 << EDGE_BITS) - 1))
    source = np.repeat(person, drawn)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(drawn) - drawn, drawn)
    end = source - window
    least = np.minimum(end, LEAST_REACH * window)
    reach = least * (end / least) ** uniforms(keys, EDGE_TARGET, source, nth << 1)
    start = np.maximum(0, end - reach.astype(np.int64))
    place = below[start] + uniforms(keys, EDGE_TARGET, source, nth << 1 | 1) * (below[end] - below[start])
    order = np.argsort(place)  # places in order are found several times faster
    target = np.searchsorted(below, place[order], side="right") - 1
    found = (target >= start[order]) & (target < end[order])
    return source[order][found], target[found]


def _by_source(
    person: NDArray[np.int64], source: NDArray[np.int64], target: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Sort a block's ties by who draws, drop doubles: (ties that each person draws, those drawn).

    Whom one person draws must be in order already.
    """
    own = (source - person[0]).astype(np.min_scalar_type(len(person)))  # narrow integers are sorted in linear time
    order = np.argsort(own, kind="stable")
    own, drawn = own[order], target[order].astype(np.int32)
    new = np.ones(len(own), dtype=np.bool_)
    new[1:] = (own[1:] != own[:-1]) | (drawn[1:] != drawn[:-1])
    return np.bincount(own[new], minlength=len(person)), drawn[new]


def _compress(
    people: int, counts: NDArray[np.intp], drawn: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Make ties mutual: a person's neighbours in order are those drawn, and then those who drew (of higher number)."""
    narrow = len(drawn) <= np.iinfo(np.int32).max
    first = np.zeros(people + 1, dtype=np.int32 if narrow else np.int64)
    np.cumsum(counts, out=first[1:])
    down = scipy.sparse.csr_array((np.ones(len(drawn), dtype=np.int8), drawn, first), shape=(people, people))
    graph = down + down.T.tocsr()
    edge = graph.indices.astype(np.int32, copy=False)
    return graph.indptr.astype(np.int64), edge if len(edge) else np.zeros(1, dtype=np.int32)
