"""Where to look next: a design that fills the ranges first, then Optuna's sampler.

The sampler is asked afresh every time, from what is known at that moment, and draws from (seed, number of the trial)
alone. So a search that goes on after it was killed asks what it would have asked.

TPE: J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl (2011), "Algorithms for hyper-parameter optimization", Advances in
Neural Information Processing Systems 24; with bounds, and for several goals, as Optuna has it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from sim.studies.levers import Lever, Space
from sim.studies.search.terms import RANDOM, SearchError

if TYPE_CHECKING:
    import optuna

START_EACH, START = 2, 16
"""Points of the first design: two a lever, no fewer than this, and a power of two as a Sobol sequence wants."""
INSTALL = 'searching needs Optuna, which is not installed; install it with pip install "cxsim[search]".'
IMPOSSIBLE = 1.0
"""Breach of a point that cannot be: as of one that needs twice what is allowed."""


@dataclass(frozen=True)
class Known:
    """What the sampler is told of a trial: its levels, its gains (more is better), and by how much bounds are broken.

    No gains stand for a point that cannot be.
    """

    point: dict[str, float]
    gains: tuple[float, ...]
    breaches: tuple[float, ...]


def check_installed() -> None:
    """Refuse to go on without Optuna.

    Raises
    ------
    SearchError : says what to install.
    """
    if find_spec("optuna") is None:
        raise SearchError(INSTALL)


def start_size(space: Space) -> int:
    """Return how many points the first design has."""
    return 1 << (max(START, START_EACH * len(space.levers)) - 1).bit_length()


def first_design(space: Space, seed: int) -> list[dict[str, float]]:
    """Return points that fill the ranges: a scrambled Sobol sequence."""
    sequence = scipy.stats.qmc.Sobol(len(space.levers), rng=np.random.default_rng(seed))
    return [space.at(row) for row in sequence.random(start_size(space))]


def ask(
    space: Space, known: Sequence[Known], goals: int, numbers: Sequence[int], seed: int, kind: str
) -> list[dict[str, float]]:
    """Return points for the trials of these numbers, none of which knows what becomes of the others.

    Parameters
    ----------
    known : of the trials before.
    goals : how many there are.
    kind : "tpe" or "random".
    """
    import optuna

    with quiet():
        study = optuna.create_study(directions=["maximize"] * goals)
        study.add_trials([_told(one, space, _worst(known, goals)) for one in known])
        found = []
        for number in numbers:
            study.sampler = _sampler(kind, int(np.random.SeedSequence((seed, number)).generate_state(1)[0]))
            found.append(dict(study.ask(distributions(space)).params))
    return [{name: float(point[name]) for name in space.names} for point in found]


def distributions(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    """Return the ranges as Optuna writes them."""
    return {lever.name: _distribution(lever) for lever in space.levers}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from saying what it does, and that what it does may change."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _distribution(lever: Lever) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import FloatDistribution

    return FloatDistribution(lever.low, lever.high, step=lever.step)


def _told(one: Known, space: Space, worst: Sequence[float]) -> optuna.trial.FrozenTrial:
    """Return a trial as Optuna keeps it; one that cannot be is the worst, and breaks its bounds."""
    from optuna.trial import create_trial

    breaches = list(one.breaches) if one.gains else [IMPOSSIBLE]
    return create_trial(
        params=one.point,
        distributions=distributions(space),
        values=list(one.gains or worst),
        system_attrs={"constraints": breaches},
    )


def _worst(known: Sequence[Known], goals: int) -> list[float]:
    values = [one.gains for one in known if one.gains]
    return list(np.min(values, axis=0)) if values else [0.0] * goals


def _sampler(kind: str, seed: int) -> optuna.samplers.BaseSampler:
    from optuna.samplers import RandomSampler, TPESampler

    if kind == RANDOM:
        return RandomSampler(seed=seed)
    return TPESampler(n_startup_trials=0, seed=seed, multivariate=True, constant_liar=True, **_bounded())


def _bounded() -> dict[str, Any]:
    """Have bounds heeded: Optuna 5 does by itself, Optuna 4 when it is given a function that is never called."""
    from optuna.trial import create_trial

    by_itself = "constraints" in signature(create_trial).parameters
    return {} if by_itself else {"constraints_func": lambda trial: ()}
