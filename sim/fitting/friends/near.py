"""From clustering to near ties: which share of them gives the model's own graph the clustering that is seen.

Graphs are drawn by `sim.graph` with the spread of degrees that was fitted, and the model's mean and window, at shares
of near ties from none to all. Their mean local clustering rises with the share; where it passes what is seen is the
model's parameter. Clustering in the records belongs to their own mean degree, and a sample that asks some people for
all their friends shows more of it than there is: both make the map rough.
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
from sim.fitting.friends.circles import LOCAL, SIGMA, SUBJECT
from sim.graph import draw_graph
from sim.parameters import load

PARAMETER = "degree_local"
PEOPLE = 10_000
"""People of a graph of the map: clustering is then known to a hundredth, whichever the seed."""
GRID = np.linspace(0.0, 1.0, 11)
"""Shares of near ties of the map."""
SEED = 2012
"""Of the map's graphs; any fixed number makes the map repeatable."""
KEPT = 16
"""Maps that are remembered."""


def near_ties(estimates: list[Estimate]) -> tuple[list[Estimate], str]:
    """Estimate the share of near ties from spread and clustering of all ties; a sentence where that is not possible."""
    known = {one.name: one for one in estimates if not one.key}
    if LOCAL not in known or not known[SIGMA].value > 0:
        return [], "Too few people, or all with as many ties, to say which share of ties is to people nearby."
    seen = known[LOCAL]
    reached = model_clustering(known[SIGMA].value)
    if not reached[0] <= seen.value <= reached[-1]:
        side = "above" if seen.value > reached[-1] else "below"
        return [], (
            f"The share of near ties is left alone: a mean local clustering of {seen.value:.2f} is {side} what the "
            f"model's graph reaches with this spread of ties ({reached[0]:.2f} to {reached[-1]:.2f})."
        )
    value, low, high = (float(np.interp(end, reached, GRID)) for end in (seen.value, seen.low, seen.high))
    note = f"the model's graph has a mean local clustering of {seen.value:.3f} there; its mean degree and window"
    found = Estimate(SUBJECT, PARAMETER, "", seen.n, value, low, high, "share", note, PARAMETER)
    return [found], "The share of near ties is that at which the model's own graph is as clustered; a rough map."


@lru_cache(maxsize=KEPT)
def model_clustering(sigma: float) -> NDArray[np.float64]:
    """Mean local clustering of the model's graph at each share of near ties of `GRID`, never falling.

    Parameters
    ----------
    sigma : spread of sociability; mean and window are those of the model's parameters.
    """
    known, keys = load(), stream_keys(SEED)
    mean, window = (cast(float, known[name].value) for name in ("degree_mean", "degree_window"))
    found = [_clustering(*draw_graph(keys, PEOPLE, mean, sigma, float(near), int(window))) for near in GRID]
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
