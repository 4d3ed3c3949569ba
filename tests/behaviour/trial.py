"""Trials: two companies that differ in one thing, on common random numbers; the interval of their difference."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import stats

from sim.engines import run
from sim.inputs.scenario import Scenario
from sim.outcomes import measures
from sim.outcomes.statistics import Interval, mean_interval

# Clear of zero: the one-sided t limit that a z of 3 stands for.
LEVEL = 1.0 - 2.0 * stats.norm.sf(3)
REPLICATIONS = 6


@cache
def _figures(toml: str, replication: int) -> dict[str, float]:
    history = run(Scenario.from_toml(toml), replication)
    period = measures.periods(history)["all"]
    return {name: measure.value(period) for name, measure in measures.CATALOGUE.items()}


def figures(scenario: Scenario, replication: int = 0) -> dict[str, float]:
    """Every measure of one replication; each is run once a session."""
    return _figures(scenario.to_toml(), replication)


def difference(base: Scenario, other: Scenario, measure: str, replications: int = REPLICATIONS) -> Interval:
    """Paired difference of a measure, other minus base, with its interval at ``LEVEL``."""
    pairs = [(figures(other, r)[measure], figures(base, r)[measure]) for r in range(replications)]
    return mean_interval([a - b for a, b in pairs], LEVEL)


def rises(base: Scenario, other: Scenario, measure: str, replications: int = REPLICATIONS) -> None:
    """Assert that a measure is higher in the other company, clear of zero."""
    found = difference(base, other, measure, replications)
    assert found.low > 0.0, f"{measure} should rise: {found}"


def falls(base: Scenario, other: Scenario, measure: str, replications: int = REPLICATIONS) -> None:
    """Assert that a measure is lower in the other company, clear of zero."""
    found = difference(base, other, measure, replications)
    assert found.high < 0.0, f"{measure} should fall: {found}"


def never_falls(base: Scenario, other: Scenario, measure: str, margin: float, replications: int) -> None:
    """Assert that a measure does not fall by more than a margin (a share of its mean): the whole interval says so.

    A trial too small to tell fails as well, because its interval then reaches below the margin.
    """
    found = difference(base, other, measure, replications)
    scale = float(np.mean([figures(base, r)[measure] for r in range(replications)]))
    assert found.low > -margin * scale, f"{measure} may fall by more than {margin:.1%} of {scale:.4g}: {found}"
