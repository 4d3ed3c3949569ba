"""From clustering to near ties: which share of them gives the model's own graph the clustering that is seen.

Graphs are drawn by `sim.graph` with mean and spread of the ties that were fitted, and the model's window, at shares of
near ties from none to all. Their mean local clustering rises with the share; where it passes what is seen is the
model's parameter. A sample that asks some people for all their friends shows more clustering than there is, and in the
model's graph ties spread a little less than sociability does: the map is rough.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.draws import stream_keys
from sim.fitting.estimate import Estimate
from sim.fitting.friends.circles import LOCAL, MEAN, SIGMA, SUBJECT
from sim.graph import draw_graph
from sim.parameters import load

PARAMETER = "degree_local"
PEOPLE = 5000
"""People of a graph of the map: clustering is then known to a hundredth, whichever the seed."""
GRID = np.linspace(0.0, 1.0, 9)
"""Shares of near ties of the map."""
SEED = 2012
"""Of the map's graphs; any fixed number makes the map repeatable."""
ROUGH = 0.05
"""By how far the map misses the share in graphs of the model itself, at most; the interval is widened by it."""
KEPT = 16
"""Maps that are remembered."""


def near_ties(estimates: list[Estimate]) -> tuple[list[Estimate], str]:
    """Estimate the share of near ties from spread and clustering of all ties; a sentence where that is not possible."""
    known = {one.name: one for one in estimates if not one.key}
    if LOCAL not in known or not known[SIGMA].value > 0:
        return [], "Too few people, or all with as many ties, to say which share of ties is to people nearby."
    seen = known[LOCAL]
    reached = model_clustering(known[MEAN].value, known[SIGMA].value)
    if not reached[0] <= seen.value <= reached[-1]:
        side = "above" if seen.value > reached[-1] else "below"
        return [], (
            f"The share of near ties is left alone: a mean local clustering of {seen.value:.2f} is {side} what the "
            f"model's graph reaches with this many ties ({reached[0]:.2f} to {reached[-1]:.2f})."
        )
    value, low, high = (float(np.interp(end, reached, GRID)) for end in (seen.value, seen.low, seen.high))
    low, high = max(low - ROUGH, 0.0), min(high + ROUGH, 1.0)
    note = f"where the model's own graph has a mean local clustering of {seen.value:.3f}"
    found = Estimate(SUBJECT, PARAMETER, "", seen.n, value, low, high, "share", note, PARAMETER)
    return [found], "The share of near ties is that at which the model's own graph is as clustered; a rough map."


@lru_cache(maxsize=KEPT)
def model_clustering(mean: float, sigma: float) -> NDArray[np.float64]:
    """Mean local clustering of the model's graph at each share of near ties of `GRID`, never falling.

    Parameters
    ----------
    mean, sigma : of the number of ties, and of the log of sociability; the window is the model's.
    """
    window, keys = int(cast(float, load()["degree_window"].value)), stream_keys(SEED)
    found = [_clustering(*draw_graph(keys, PEOPLE, mean, sigma, float(near), window)) for near in GRID]
    return np.maximum.accumulate(found)


def _clustering(first: NDArray[np.int64], edge: NDArray[np.int32]) -> float:
    """Mean over people with a tie of the share of pairs of friends who know each other; 0 with one friend."""
    size = len(first) - 1
    ties = scipy.sparse.csr_array((np.ones(int(first[-1])), edge[: first[-1]], first), shape=(size, size))
    degree = np.diff(first)
    closed = np.asarray((ties @ ties).multiply(ties).sum(axis=1)).ravel() / 2
    triples = degree * (degree - 1) / 2
    own = np.divide(closed, triples, out=np.zeros(size), where=triples > 0)
    return float(own[degree > 0].mean()) if degree.any() else math.nan
