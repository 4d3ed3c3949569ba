"""One result of every kind, each made once by its public function, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sim
from sim.outcomes.result import Result

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.5, warm_up=0, seed=3)
POLICIES = ("empowerment level=0.9", "training")


@cache
def study() -> Result:
    return sim.compare(TINY, POLICIES, replications=3, workers=1)


@cache
def explanation() -> Result:
    return sim.explain(TINY, "training", channels=["wait", "word_of_mouth"], replications=3, workers=1)


@cache
def warm_up() -> Result:
    return sim.warm_up(TINY, measures=("customers", "occupancy"), years=2.0, replications=3, workers=1)


@cache
def rankings() -> Result:
    quick = TINY.change(years=0.1)
    several = sim.compare(quick, ["training", "rapport"], readings="all", replications=3, workers=1)
    return sim.rankings(several)


MAKERS: dict[str, Callable[[], Result]] = {
    "study": study,
    "explain": explanation,
    "warm-up": warm_up,
    "rankings": rankings,
}
"""By the verb that each answers."""
