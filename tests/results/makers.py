"""One result of every kind, each made once by its public function, small and quick."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

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


@cache
def choice() -> Result:
    return sim.choose(
        TINY, POLICIES, indifference=50_000, first=4, max_replications=6, constraints=["service_level >= 10 %"],
        pareto=["csat"], workers=1,
    )  # fmt: skip


@cache
def finding() -> Result:
    return sim.search(TINY, ["training level=0:1"], trials=6, check=4, replications=3, sampler="random", workers=1)


@cache
def sensitivity() -> Result:
    return sim.sensitivity(TINY, "training", parameters=["price", "wage_agent"], replications=3, workers=1)


@cache
def futures() -> Result:
    return sim.futures(
        TINY.change(years=0.1), ["training"], uncertainties=["price", "wage_agent"], futures=8, replications=2,
        workers=1,
    )  # fmt: skip


@cache
def overlay() -> Result:
    projected = sim.compare(TINY, ["training"], replications=4, workers=1)
    actuals = pd.DataFrame({"month": ["2026-01", "2026-02", "2026-03"], "offered": [120, 130, np.nan]})
    return sim.overlay(projected, actuals, starts="2026-01")


@cache
def audit() -> Result:
    return sim.audit(TINY, claims=["smart-2010-happy-tell"], replications=3, workers=1)


@cache
def calibration() -> Result:
    shop = {"customers": 500, "contacts_a_day": 5, "agents": 2, "wage": 25_000}
    known = sim.Company(name="shop", like="small_company", numbers=shop)
    return sim.calibrate(known, tolerance=0.2, workers=1, progress=False)


@cache
def fit() -> Result:
    rng = np.random.default_rng(7)
    days = pd.date_range("2024-01-01", periods=120, freq="D")
    rows = {
        "customer": rng.integers(0, 60, 400),
        "date": rng.choice(days, 400),
        "value": rng.gamma(4, 10, 400).round(2),
    }
    return sim.fit(pd.DataFrame(rows), kind="purchases", until="2024-03-31", progress=False)


@cache
def line() -> Result:
    return sim.queue(
        calls_per_hour=60, handling="exponential mean 4 min", patience="exponential mean 5 min", target="80/20",
        hours=4, replications=3, seed=3, workers=1,
    )  # fmt: skip


MAKERS: dict[str, Callable[[], Result]] = {
    "study": study,
    "choose": choice,
    "search": finding,
    "sensitivity": sensitivity,
    "futures": futures,
    "overlay": overlay,
    "audit": audit,
    "calibrate": calibration,
    "fit": fit,
    "explain": explanation,
    "warm-up": warm_up,
    "rankings": rankings,
    "queue": line,
}
"""By the verb that each answers."""
