"""From an edge list to the model's own graph: how sociability spreads, and which share of ties is near.

The model's graph (`sim.engines.start.graph`) has a spread of sociability, from which that of the number of ties differs
a little, and a share of near ties, which makes friends know each other. Graphs are drawn with the mean that was seen,
the model's window, and shares of near ties from none to all. Where their mean local clustering, which rises with the
share, passes what is seen is the share; the spread is moved until their ties spread as much as is seen; and so on in
turn.

A sample that asks some people for all their friends shows more clustering than there is, and the graphs differ a little
from one seed to the next: the map is rough.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.friends.circles import LOCAL, MEAN, SIGMA, SUBJECT
from sim.engines.start.graph import draw_graph
from sim.inputs.parameters import load
from sim.model.draws import stream_keys

SPREAD, NEAR = "degree_sigma", "degree_local"
PEOPLE = 5000
"""People of a graph of the map: its clustering is then known to a hundredth, whichever the seed."""
GRID = np.linspace(0.0, 1.0, 7)
"""Shares of near ties of the map."""
ROUNDS = 2
"""Turns of finding share and spread; a third one would change neither by more than a hundredth or two."""
SEED = 2012
"""Of the map's graphs; any fixed number makes the map repeatable."""
ROUGH = 0.05
"""By how far the map misses either in graphs of the model itself, at most; intervals are widened by it."""
KEPT = 16
"""Maps that are remembered."""


class Reached(NamedTuple):
    """Figures of the model's graph by share of `GRID`: mean local clustering, never falling; spread of log ties."""

    clustering: NDArray[np.float64]
    spread: NDArray[np.float64]


def model_graph(estimates: list[Estimate]) -> tuple[list[Estimate], str]:
    """Estimate the model's spread of sociability and share of near ties from all ties together.

    Returns
    -------
    Estimates, and a sentence on them. Where the model cannot be as clustered the spread is that of the ties.
    """
    known = {one.name: one for one in estimates if not one.key}
    if LOCAL not in known:
        return [], "Too few people to say how sociable they are and which share of ties is to people nearby."
    seen, clustered = known[SIGMA], known[LOCAL]
    if not seen.value > 0:
        return [_spread(seen, 1.0, 0.0)], "All have as many ties, so nothing is said of the share to people nearby."
    ratio, near, reached = 1.0, 0.0, model_figures(known[MEAN].value, seen.value)
    for _ in range(ROUNDS):
        if not reached.clustering[0] <= clustered.value <= reached.clustering[-1]:
            return [_spread(seen, 1.0, 0.0)], _out_of_reach(clustered.value, reached)
        near = float(np.interp(clustered.value, reached.clustering, GRID))
        ratio *= seen.value / float(np.interp(near, GRID, reached.spread))
        reached = model_figures(known[MEAN].value, ratio * seen.value)
    ends = (float(np.interp(end, reached.clustering, GRID)) for end in (clustered.low, clustered.high))
    low, high = (min(max(end + by, 0.0), 1.0) for end, by in zip(ends, (-ROUGH, ROUGH), strict=True))
    note = f"where the model's own graph has a mean local clustering of {clustered.value:.3f}"
    share = Estimate(SUBJECT, NEAR, "", clustered.n, near, low, high, "share", note, NEAR)
    said = (
        "Spread of sociability and share of near ties are those at which the model's own graph has as spread ties and "
    )
    return [_spread(seen, ratio, ROUGH), share], f"{said}as much clustering; a rough map."


def _spread(seen: Estimate, ratio: float, rough: float) -> Estimate:
    """Spread of sociability from that of ties."""
    note = "where the model's own ties spread so" if rough else "that of the ties"
    ends = ratio * seen.value, max(ratio * seen.low - rough, 0.0), ratio * seen.high + rough
    return Estimate(SUBJECT, SPREAD, "", seen.n, *ends, "ratio", note, SPREAD)


def _out_of_reach(clustering: float, reached: Reached) -> str:
    side = "above" if clustering > reached.clustering[-1] else "below"
    return (
        f"The share of near ties is left alone: a mean local clustering of {clustering:.2f} is {side} what the model's "
        f"graph reaches with this many ties ({reached.clustering[0]:.2f} to {reached.clustering[-1]:.2f})."
    )


@lru_cache(maxsize=KEPT)
def model_figures(mean: float, sigma: float) -> Reached:
    """Clustering and spread of ties of the model's graph at each share of near ties.

    Parameters
    ----------
    mean, sigma : of the number of ties, and of the log of sociability; the window is the model's.
    """
    window, keys = int(cast(float, load()["degree_window"].value)), stream_keys(SEED)
    graphs = [draw_graph(keys, PEOPLE, mean, sigma, float(near), window) for near in GRID]
    clustering, spread = zip(*(_figures(*graph) for graph in graphs), strict=True)
    return Reached(np.maximum.accumulate(clustering), np.array(spread))


def _figures(first: NDArray[np.int64], edge: NDArray[np.int32]) -> tuple[float, float]:
    """Mean local clustering (0 with one friend) and spread of the log of ties, over people with a tie."""
    size = len(first) - 1
    ties = scipy.sparse.csr_array((np.ones(int(first[-1])), edge[: first[-1]], first), shape=(size, size))
    degree = np.diff(first)
    closed = np.asarray((ties @ ties).multiply(ties).sum(axis=1)).ravel() / 2
    triples = degree * (degree - 1) / 2
    own = np.divide(closed, triples, out=np.zeros(size), where=triples > 0)
    known = degree > 0
    return float(own[known].mean()), float(np.log(degree[known]).std())
