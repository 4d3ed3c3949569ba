"""Who is run on: more replications for points that look good, and none for those that do not.

Every point is run for a first stage. Of those that have come through a stage a third go on to the next, with three
times the replications: who is among the best third, as soon as there is a place (asynchronous successive halving; who
has gone on keeps the place, so that no more runs are spent than were planned). A stage compares its points over the
same replications, from the first on, so their luck is common to them. A point that breaks a bound on the mean goes
nowhere. With several goals points are ordered by non-domination: first those that no other is better than in all goals,
then those left when these are taken away, and so on.

Source: L. Li, K. Jamieson, A. Rostamizadeh and others (2020), "A system for massively parallel hyperparameter tuning",
Proceedings of Machine Learning and Systems 2 (ASHA).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.search.pairs import Pairs
from sim.search.terms import Asked

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


def length(asked: Asked, stage: int) -> int:
    """Return how many replications a point has at the end of a stage."""
    return asked.replications * FACTOR**stage


def promoted(trials: Sequence[Trial], asked: Asked) -> tuple[int, list[Trial]]:
    """Return which trials go on, and to which stage; none when there is nothing to do."""
    for stage in reversed(range(STAGES - 1)):
        reached = [trial for trial in trials if trial.stage >= stage]
        places = len(reached) // FACTOR
        best = ranked(reached, asked, length(asked, stage))[:places]
        free = places - sum(trial.stage > stage for trial in reached)
        going = [trial for trial in best if trial.stage == stage][:free]
        if going:
            return stage + 1, going
    return 0, []


def ranked(trials: Sequence[Trial], asked: Asked, replications: int | None = None) -> list[Trial]:
    """Return the trials that keep the bounds on the mean, the best first.

    Parameters
    ----------
    replications : that are looked at, from the first on; all that each has unless given.
    """
    able = [trial for trial in trials if trial.pairs is not None and keeps(trial, asked, replications)]
    if not able:
        return []
    values = np.array([means(trial, asked, replications) for trial in able])
    order = np.lexsort((-values[:, 0], layers(values)))
    return [able[place] for place in order]


def furthest(trials: Sequence[Trial], asked: Asked) -> list[Trial]:
    """Return the trials that keep the bounds on the mean: those of the last stage first, and the best of each first."""
    order = ranked([trial for trial in trials if trial.pairs is not None], asked)
    return sorted(order, key=lambda trial: -trial.stage)


def keeps(trial: Trial, asked: Asked, replications: int | None = None) -> bool:
    """Whether a trial keeps all bounds on the mean."""
    assert trial.pairs is not None
    return bool((asked.breaches(trial.pairs.first(replications or len(trial.pairs))).mean(axis=1) <= 0).all())


def means(trial: Trial, asked: Asked, replications: int | None = None) -> NDArray[np.float64]:
    """Return the mean gain in each goal."""
    assert trial.pairs is not None
    return asked.gains(trial.pairs.first(replications or len(trial.pairs))).mean(axis=1)


def layers(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the layer of non-domination of each row of (points, goals), from 0; more is better.

    With one goal all rows are of one order, which their values give: layer 0.

    >>> layers(np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])).tolist()
    [0, 0, 1]
    """
    found = np.zeros(len(values), dtype=int)
    if values.shape[1] == 1:
        return found
    left, layer = np.arange(len(values)), 0
    while left.size:
        some = values[left]
        beaten = [bool(((some >= row).all(axis=1) & (some > row).any(axis=1)).any()) for row in some]
        found[left] = layer
        left, layer = left[beaten], layer + 1
    return found
