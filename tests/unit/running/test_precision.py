"""A study ends at the first prefix of fixed size on which every interval is as narrow as asked for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import sim
from sim.outcomes.statistics import NearZeroError, mean_interval
from sim.running.experiment import ExperimentError
from sim.running.precision import Precision, PrecisionError, Target, precision

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)


def of_one(values: np.ndarray) -> Any:
    return lambda scenario, policy, measure: values if policy == "new" else np.zeros_like(values)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("profit=50000", Target("profit", 50_000.0)),
        ("2%", Target("profit_a_year", 0.02, relative=True)),
        ("1e4", Target("profit_a_year", 10_000.0)),
        ("csat = 1 %", Target("csat", 0.01, relative=True)),
        ("retention_12m=0.5 points", Target("retention_12m", 0.005)),
        ({"nps": 1}, Target("nps", 1.0)),
    ],
)
def test_precisions_are_read_as_planners_write_them(given: Any, target: Target) -> None:
    found = precision(given).targets
    assert [(one.measure, one.relative) for one in found] == [(target.measure, target.relative)]
    assert found[0].half_width == pytest.approx(target.half_width)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("profitt=5", "did you mean 'profit'"),
        ("profit=much", "cannot read 'much'"),
        ("profit=0", "above 0"),
        ("profit=-2%", "above 0"),
        ("asa_s=1 points", "counted in s, not in points"),
        (["profit=1", "profit=2%"], "appears twice"),
        ([], "no target"),
    ],
)
def test_what_is_no_precision_is_refused(given: Any, words: str) -> None:
    with pytest.raises(PrecisionError, match=words):
        precision(given)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"max_replications": 20}, ExperimentError, "goes with a precision"),
        ({"precision": "2%", "replications": 20, "max_replications": 10}, PrecisionError, "from 20 to 10"),
        ({"precision": "2%", "replications": 1}, PrecisionError, "at least 2"),
        ({"precision": precision("2%"), "replications": 10}, ExperimentError, "own minimum and maximum"),
    ],
)
def test_contradictory_settings_are_refused(settings: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        sim.compare(TINY, [sim.Rapport()], **settings)


def test_it_looks_at_fixed_sizes_up_to_the_ceiling() -> None:
    assert list(precision("2%").sizes()) == [10, 20, 40, 80, 160, 320, 640]
    assert list(precision("2%", 7, 50).sizes()) == [7, 14, 28, 50]
    assert list(precision("2%", 10, 10).sizes()) == [10]


def test_a_look_is_the_t_interval_of_the_paired_difference_of_the_first_replications() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 40))
    values = {"baseline": noise[0], "new": noise[0] + 0.1 * noise[1] + 5}
    found = Precision((Target("profit", 1.0),)).looks(lambda s, p, m: values[p], ["x"], ("baseline", "new"), 20)[0]
    half = stats.t.ppf(0.975, 19) * stats.sem(0.1 * noise[1][:20])
    assert found.half_width == pytest.approx(half)
    assert (found.replications, found.reached) == (20, True)


def test_without_a_policy_it_looks_at_the_level() -> None:
    level = np.random.default_rng(1).normal(100.0, 1.0, size=40)
    found = Precision((Target("profit", 1.0),)).looks(lambda s, p, m: level, ["x"], ("baseline",), 40)[0]
    assert found.half_width == pytest.approx(stats.t.ppf(0.975, 39) * stats.sem(level))


def test_a_percentage_is_one_of_the_baseline_s_mean_and_refused_near_zero() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 40))
    wanted = Precision((Target("profit", 0.02, relative=True),))
    values = {"baseline": 50 + noise[0], "new": 50 + noise[1]}
    found = wanted.looks(lambda s, p, m: values[p], ["x"], ("baseline", "new"), 40)[0]
    assert found.wanted == pytest.approx(0.02 * values["baseline"].mean())
    with pytest.raises(NearZeroError, match="precision of profit"):
        wanted.looks(lambda s, p, m: values[p] - 50, ["x"], ("baseline", "new"), 40)


def test_undefined_figures_are_left_out_and_too_few_reach_nothing() -> None:
    values = np.full(10, np.nan)
    values[3] = 1.0
    found = Precision((Target("csat", 1.0),)).looks(of_one(values), ["x"], ("baseline", "new"), 10)[0]
    assert math.isnan(found.half_width)
    assert not found.reached


def test_a_study_ends_when_all_are_narrow_enough_and_says_how_it_went() -> None:
    settings: dict[str, Any] = {"workers": 1, "engine": "readable"}
    ten = sim.compare(TINY, [sim.Rapport()], replications=10, **settings)
    rows = {row["measure"]: row for _, row in ten.compare(["profit", "csat"]).query("period == 'all'").iterrows()}
    half = {name: (row["ci_high_difference"] - row["ci_low_difference"]) / 2 for name, row in rows.items()}
    wide = sim.compare(TINY, [sim.Rapport()], precision={"profit": 1.01 * half["profit"]}, **settings)
    assert (wide.manifest["finished"], wide.manifest["precision"]["reached"]) == (10, True)
    assert wide.content_hash == ten.content_hash
    narrow = sim.compare(
        TINY,
        [sim.Rapport()],
        precision={"profit": 1.01 * half["profit"], "csat": half["csat"] / 1e6},
        max_replications=20,
        **settings,
    )
    told = narrow.manifest["precision"]
    assert (narrow.manifest["finished"], told["reached"]) == (20, False)
    assert [(look["replications"], look["measure"], look["reached"]) for look in told["looks"][:2]] == [
        (10, "profit", True),
        (10, "csat", False),
    ]
    assert told["looks"][0]["half_width"] == pytest.approx(half["profit"])
    assert sorted({look["replications"] for look in told["looks"]}) == [10, 20]


REPEATS = 4000
"""Repeats of the coverage study: a Monte Carlo error of 0.35 points at 95 %."""


@pytest.mark.slow
@pytest.mark.parametrize("half_width", [0.9, 0.6, 0.5, 0.45, 0.4, 0.3, 0.2, 0.12])
def test_intervals_cover_as_stated_wherever_the_study_ends(half_width: float) -> None:
    """Differences are normal around 0 with standard deviation 1; a share of repeats ends at each size.

    The stated 95 % is to be 93 to 97 %; the module's docstring says 93.6 % for the worst target.
    """
    rng = np.random.default_rng(20_101)
    wanted = Precision((Target("profit", half_width),))
    covered = sum(_covers(wanted, rng.normal(size=wanted.ceiling)) for _ in range(REPEATS))
    assert 0.93 <= covered / REPEATS <= 0.97


def _covers(wanted: Precision, differences: np.ndarray) -> bool:
    size = 0
    for size in wanted.sizes():
        if all(look.reached for look in wanted.looks(of_one(differences), ["x"], ("baseline", "new"), size)):
            break
    found = mean_interval(differences[:size])
    return found.low <= 0.0 <= found.high
