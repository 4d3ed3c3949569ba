"""Who is run on: more replications for points that look good, and none for those that do not.

Every point is run for a first stage. For every three points that have come through a stage there is a place in the
next, with three times the replications, and the best of those that wait goes on (asynchronous successive halving; who
has gone on keeps the place, so that no more runs are spent than were planned). Those that wait for a stage have the
same replications, so their luck is common to them. A point that breaks a bound on the mean goes nowhere.

With several goals points are ordered by non-domination: first those that no other is better than in all goals, then
those left when these are taken away, and so on; within such a layer by how much room each has to itself, the ends
first, so that no part of the frontier is neglected.

Source: L. Li, K. Jamieson, A. Rostamizadeh and others (2020), "A system for massively parallel hyperparameter tuning",
Proceedings of Machine Learning and Systems 2 (ASHA); K. Deb, A. Pratap, S. Agarwal and T. Meyarivan (2002), "A fast and
elitist multiobjective genetic algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6, 182-197.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.studies.search.pairs import Pairs
from sim.studies.search.terms import Terms

STAGES, FACTOR = 3, 3
"""Stages, and by how much each is longer than the one before and has fewer points."""


@dataclass
class Trial:
    """A point that was tried.

    Parameters
    ----------
    number : from 0.
    point : a level of every lever.
    stage : the last that it has come through, from 0; -1 before the first.
    pairs : all its replications; None when it cannot be run.
    why : why it cannot.
    """

    number: int
    point: dict[str, float]
    stage: int = -1
    pairs: Pairs | None = None
    why: str = ""


def length(terms: Terms, stage: int) -> int:
    """Return how many replications a point has at the end of a stage."""
    return terms.replications * FACTOR**stage


def promoted(trials: Sequence[Trial], terms: Terms) -> tuple[int, list[Trial]]:
    """Return which trials go on, and to which stage; none when there is nothing to do."""
    for stage in reversed(range(STAGES - 1)):
        reached = sum(trial.stage >= stage for trial in trials)
        free = reached // FACTOR - sum(trial.stage > stage for trial in trials)
        going = ranked([trial for trial in trials if trial.stage == stage], terms)[:free]
        if going:
            return stage + 1, going
    return 0, []


def ranked(trials: Sequence[Trial], terms: Terms) -> list[Trial]:
    """Return the trials that keep the bounds on the mean, the best first."""
    able = [trial for trial in trials if keeps(trial, terms)]
    if not able:
        return []
    values = np.array([means(trial, terms) for trial in able])
    return [able[place] for place in order(values)]


def order(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places of the rows of (points, goals), the best first; more is better."""
    if values.shape[1] == 1:
        return np.argsort(-values[:, 0], kind="stable")
    layer = layers(values)
    room = np.zeros(len(values))
    for one in range(layer.max() + 1):
        room[layer == one] = crowding(values[layer == one])
    return np.lexsort((-room, layer))


def crowding(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much room each row of a layer has: the distance of its neighbours, goal by goal; the ends have all.

    >>> crowding(np.array([[0.0, 4.0], [1.0, 3.0], [4.0, 0.0]])).tolist()
    [inf, 2.0, inf]
    """
    room = np.zeros(len(values))
    for column in values.T:
        places, spread = np.argsort(column, kind="stable"), np.ptp(column) or 1.0
        room[places[[0, -1]]] = np.inf
        room[places[1:-1]] += (column[places[2:]] - column[places[:-2]]) / spread
    return room


def furthest(trials: Sequence[Trial], terms: Terms) -> list[Trial]:
    """Return the trials that keep the bounds on the mean: those of the last stage first, and the best of each first."""
    return sorted(ranked(trials, terms), key=lambda trial: -trial.stage)


def keeps(trial: Trial, terms: Terms) -> bool:
    """Whether a trial keeps all bounds on the mean."""
    return trial.pairs is not None and bool((terms.breaches(trial.pairs).mean(axis=1) <= 0).all())


def means(trial: Trial, terms: Terms) -> NDArray[np.float64]:
    """Return the mean gain in each goal, of a trial that could be run."""
    assert trial.pairs is not None
    return terms.gains(trial.pairs).mean(axis=1)


def layers(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the layer of non-domination of each row of (points, goals), from 0; more is better.

    >>> layers(np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])).tolist()
    [0, 0, 1]
    """
    found = np.zeros(len(values), dtype=int)
    left, layer = np.arange(len(values)), 0
    while left.size:
        some = values[left]
        beaten = [bool(((some >= row).all(axis=1) & (some > row).any(axis=1)).any()) for row in some]
        found[left] = layer
        left, layer = left[beaten], layer + 1
    return found
