"""What matters: indices that textbooks give, through the same code as the model's; and what is said of them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim import charts
from sim.cli import status
from sim.inputs import uncertainties
from sim.inputs.parameters import ParameterError
from sim.inputs.scenario import Scenario
from sim.inputs.uncertainties import Range, RangeError
from sim.running import runner
from sim.running.experiment import ExperimentError
from sim.running.options import Running
from sim.studies.sensitivity import (
    Method,
    Morris,
    Plan,
    Point,
    Sensitivity,
    SensitivityError,
    Sobol,
    Tornado,
    plan,
    words,
)
from sim.studies.sensitivity.design import conflict
from sim.studies.sensitivity.morris import _noise, elementary
from sim.studies.sensitivity.pictures import plot

TINY = Scenario.load("small_company").override(market_size=300, employees=2)
TINY = TINY.change(name="tiny", years=0.2, warm_up=0)
NAMES = ["price", "gross_margin", "wage_agent", "stake_routine"]
Z = 4.0  # standard errors: a test fails by chance once in 16,000
NORMAL = stats.norm.ppf(0.975)  # SALib's intervals are this many of its bootstrap's standard errors


@dataclass
class Function:
    """A model that is a plain function, with noise that all points share and noise of their own."""

    function: Callable[..., float]
    middle: Mapping[str, float]
    shared: float = 0.0
    own: float = 0.0
    impossible: Callable[[Mapping[str, float]], bool] = lambda point: False
    finished: int | None = None
    arms: int = 1
    asked: list[str] = field(default_factory=list)

    def infeasible(self, points: Mapping[str, Point]) -> dict[str, str]:
        self.asked += points
        return {
            name: f"{name} is not possible"
            for name, point in points.items()
            if self.impossible({**self.middle, **point})
        }

    def values(
        self, points: Mapping[str, Point], replications: int, running: Any = None
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        rng = np.random.default_rng(20)
        y = np.array([self.function(**{**self.middle, **point}) for point in points.values()])
        noise = self.shared * rng.standard_normal(replications) + self.own * rng.standard_normal((len(y), replications))
        count = replications if self.finished is None else self.finished
        return pd.DataFrame(y[:, None] + noise, index=list(points)).iloc[:, :count], {"baseline": "baseline"}


def of(
    method: Method, found: list[Range], function: Callable[..., float], replications: int = 1, **more: Any
) -> Sensitivity:
    model = Function(function, {one.name: one.value for one in found}, **more)
    about = {
        "measure": "profit_a_year", "policy": None, "scenario": {"name": "made up"}, "years": 1.0, "reading": "none",
        "seed": 1,
    }  # fmt: skip
    return Plan(method, found, model, replications, about).run()


def ishigami(a: float, b: float, c: float) -> float:
    return math.sin(a) + 7.0 * math.sin(b) ** 2 + 0.1 * c**4 * math.sin(a)


ISHIGAMI = [Range(name, "ratio", 0.0, -math.pi, math.pi) for name in "abc"]
# T. Ishigami and T. Homma (1990): variances with 7 and 0.1, in closed form
VARIANCE = 7.0**2 / 8 + 0.1 * math.pi**4 / 5 + 0.1**2 * math.pi**8 / 18 + 1 / 2
ALONE = {"a": (1 + 0.1 * math.pi**4 / 5) ** 2 / 2 / VARIANCE, "b": 7.0**2 / 8 / VARIANCE, "c": 0.0}
WITH_C = 0.1**2 * math.pi**8 * (1 / 18 - 1 / 50) / VARIANCE
TOTAL = {"a": ALONE["a"] + WITH_C, "b": ALONE["b"], "c": WITH_C}

LINE = [Range("a", "min", 1.0, 0.0, 3.0), Range("b", "min", 5.0, 2.0, 10.0), Range("c", "min", 0.0, -1.0, 1.0)]


def line(a: float, b: float, c: float) -> float:
    return 10.0 + 2.0 * a - 1.0 * b + 0.0 * c


def indices(found: Sensitivity, index: str) -> pd.DataFrame:
    return found.effects[found.effects["index"] == index].set_index("parameter")


# Shares of variance


def test_the_closed_form_is_the_one_that_textbooks_print() -> None:
    assert [round(ALONE[name], 4) for name in "abc"] == [0.3139, 0.4424, 0.0]
    assert [round(TOTAL[name], 4) for name in "abc"] == [0.5576, 0.4424, 0.2437]


def test_sobol_finds_the_shares_of_ishigami() -> None:
    found = of(Sobol(1024, second_order=True), ISHIGAMI, ishigami)
    for index, known in (("S1", ALONE), ("ST", TOTAL)):
        rows = indices(found, index)
        for name, value in known.items():
            half = rows.loc[name, "ci_high"] - rows.loc[name, "share"]
            assert abs(rows.loc[name, "share"] - value) < half / NORMAL * Z
            assert half < 0.1
    pairs = found.effects[found.effects["index"] == "S2"].set_index(["parameter", "other"])
    for pair, value in {("a", "b"): 0.0, ("a", "c"): WITH_C, ("b", "c"): 0.0}.items():
        row = pairs.loc[pair]
        assert abs(row["share"] - value) < (row["ci_high"] - row["share"]) / NORMAL * Z
    assert found.effects.drop_duplicates("parameter")["parameter"].tolist() == ["a", "b", "c"]  # by ST


def test_sobol_of_a_line_is_each_parameters_share_of_the_variance() -> None:
    found = of(Sobol(512), LINE, line)
    variances = {
        one.name: (slope * (one.high - one.low)) ** 2 / 12 for one, slope in zip(LINE, (2.0, -1.0, 0.0), strict=True)
    }
    for index in ("S1", "ST"):
        rows = indices(found, index)
        for name, variance in variances.items():
            known, half = variance / sum(variances.values()), rows.loc[name, "ci_high"] - rows.loc[name, "share"]
            assert abs(rows.loc[name, "share"] - known) <= half / NORMAL * Z
    assert indices(found, "ST").loc["c", "share"] == 0.0
    assert "b" in found.headline


def test_sobol_says_how_much_of_the_variance_is_noise() -> None:
    count, size = 4, 3.0
    found = of(Sobol(1024), ISHIGAMI, ishigami, count, shared=50.0, own=size)
    noise = size**2 / count
    share = noise / (VARIANCE + noise)
    spread = share * math.sqrt(2 / (2 * 1024 * (count - 1)))  # of a variance with so many degrees of freedom
    wobble = share * math.sqrt(2 / (2 * 1024))  # of the variance that it is a share of, at most
    assert abs(found.manifest["noise_share"] - share) < Z * (spread + wobble)
    totals = indices(found, "ST")
    for name, known in TOTAL.items():  # an ST holds its noise, and says how much
        half = totals.loc[name, "ci_high"] - totals.loc[name, "share"]
        assert abs(totals.loc[name, "share"] - (known * VARIANCE + noise) / (VARIANCE + noise)) < half / NORMAL * Z
        assert totals.loc[name, "noise"] == pytest.approx(share, rel=0.1)
    assert "Replication noise is 1" in found.text()


def test_sobol_of_nothing_is_no_share_at_all() -> None:
    found = of(Sobol(8), LINE, lambda a, b, c: 5.0, 2)
    assert found.effects["share"].isna().all()
    assert "no variance" in found.text()


def test_wide_intervals_are_told() -> None:
    assert "take 16 samples or more" in of(Sobol(8), ISHIGAMI, ishigami).text()
    assert "Intervals are wide" not in of(Sobol(256), LINE, line).text()


@pytest.mark.parametrize("samples", [0, 1, 3, 48, True, 16.0])
def test_a_base_sample_is_a_power_of_two(samples: Any) -> None:
    with pytest.raises(SensitivityError, match="power of two"):
        Sobol(samples)


# Elementary effects


def test_morris_of_a_line_is_its_slope_times_the_range() -> None:
    found = of(Morris(6), LINE, line, 3, shared=100.0).effects.set_index("parameter")
    assert found["mu_star"].to_dict() == pytest.approx({"b": 8.0, "a": 6.0, "c": 0.0})
    assert found["mu"].to_dict() == pytest.approx({"b": -8.0, "a": 6.0, "c": 0.0})
    assert found["sigma"].to_numpy() == pytest.approx(0.0, abs=1e-9)
    assert found["ci_low_mu_star"].to_numpy() == pytest.approx(found["ci_high_mu_star"].to_numpy())
    assert found.index.tolist() == ["b", "a", "c"]
    assert found["noise_limit"].to_numpy() == pytest.approx(0.0, abs=1e-9)  # what replications share is no noise


def test_a_number_that_must_be_whole_has_its_effect_per_full_range_too() -> None:
    whole = [
        Range("a", "switch", 0.0, 0.0, 1.0, True),
        Range("b", "index", 1.0, 0.0, 2.0, True),
        Range("c", "index", 4.0, 0.0, 5.0, True),
    ]
    found = of(Morris(8), whole, lambda a, b, c: 5.0 * a + 1.5 * b - 0.2 * c).effects.set_index("parameter")
    assert found["mu_star"].to_dict() == pytest.approx({"a": 5.0, "b": 3.0, "c": 1.0})


def test_what_depends_on_others_has_a_spread() -> None:
    found = of(Morris(20), LINE, lambda a, b, c: a * b, 2)
    rows = found.effects.set_index("parameter")
    assert rows.loc["a", "sigma"] > 0.2 * rows.loc["a", "mu_star"]
    assert rows.loc["c", "sigma"] == 0.0
    # EE of a is 3 b with b on 2, 4.67, 7.33 or 10, each as likely: mean 18, spread 8.94; twenty trajectories
    assert rows.loc["a", "mu"] == pytest.approx(18.0, abs=Z * 8.95 / math.sqrt(20))


def test_the_effects_of_single_replications_are_those_that_salib_sums_up() -> None:
    found = of(Morris(10), ISHIGAMI, lambda a, b, c: ishigami(a, b, c) + 3.0 * a, 4, own=2.0)
    effects = elementary(found.design, found.values)
    assert effects.shape == (10, 3, 4)
    rows = found.effects.set_index("parameter").loc[list("abc")]
    means = effects.mean(axis=2)
    assert np.abs(means).mean(axis=0) == pytest.approx(rows["mu_star"].to_numpy())
    assert means.mean(axis=0) == pytest.approx(rows["mu"].to_numpy())
    assert means.std(axis=0, ddof=1) == pytest.approx(rows["sigma"].to_numpy())
    for place, name in enumerate("abc"):
        interval = stats.ttest_1samp(effects[:, place].mean(axis=0), 0.0).confidence_interval()
        assert (rows.loc[name, "ci_low_mu"], rows.loc[name, "ci_high_mu"]) == pytest.approx(tuple(interval))


def test_a_mu_star_of_noise_alone_is_the_noise_that_is_told() -> None:
    """Noise of its own at every point: EE has spread size * sqrt(2 / R) / step; |EE| has sqrt(2 / pi) of that."""
    size, count, trajectories = 3.0, 40, 40
    found = of(Morris(trajectories), LINE, lambda a, b, c: 0.0, count, own=size).effects
    spread = size * math.sqrt(2 / count) * 1.5
    known = math.sqrt(2 / math.pi) * spread
    error = spread * math.sqrt((1 - 2 / math.pi) / trajectories)  # of a mean of so many
    assert np.abs(found["mu_star"] - known).max() < Z * error
    assert found["noise"].to_numpy() == pytest.approx(known, rel=Z / math.sqrt(2 * (count - 1) * trajectories / 2))
    assert found["sigma_noise"].to_numpy() == pytest.approx(spread, rel=Z / math.sqrt(2 * (count - 1)))
    assert (found["p_holm"] > 0.05).all()


@pytest.mark.parametrize("count", [2, 4, 10])
def test_noise_that_trajectories_share_is_taken_for_an_effect_once_in_twenty(count: int) -> None:
    rng = np.random.default_rng(11)
    trials, repeats = 800, 1_000
    hits = 0
    for _ in range(trials):
        effects = np.repeat(rng.standard_normal((1, count)), 6, axis=0)  # t with count - 1 degrees of freedom, exactly
        hits += _noise(effects, np.abs(effects.mean(axis=1)).mean(), rng, repeats)[2] < 0.05
    assert abs(hits / trials - 0.05) < Z * math.sqrt(0.05 * 0.95 / trials) + 0.005  # the second: of so few repeats


def test_one_replication_tells_no_noise() -> None:
    found = of(Morris(4), LINE, line)
    assert found.effects[["noise", "noise_limit", "p_value", "ci_low_mu"]].isna().all(axis=None)
    assert "How much of that is noise is unknown" in found.text()


# One at a time


def test_a_tornado_of_a_line_has_its_ends_and_no_noise() -> None:
    found = of(Tornado(), LINE, line, 5, shared=100.0)
    rows = found.effects.set_index(["parameter", "end"])
    known = {
        ("b", "low"): 3.0,
        ("b", "high"): -5.0,
        ("a", "low"): -2.0,
        ("a", "high"): 4.0,
        ("c", "low"): 0.0,
        ("c", "high"): 0.0,
    }
    assert rows["mean_difference"].to_dict() == pytest.approx(known)
    assert rows["ci_low_difference"].to_dict() == pytest.approx(known)  # what all points share cancels
    assert rows["ci_high_difference"].to_dict() == pytest.approx(known)
    assert rows["swing"].to_dict() == pytest.approx(
        {(name, end): {"b": 8, "a": 6, "c": 0}[name] for name, end in known}
    )
    assert list(dict.fromkeys(found.effects["parameter"])) == ["b", "a", "c"]
    assert rows.loc[("b", "low"), "setting"] == 2.0
    assert found.manifest["points"] == 7
    assert "1 parameter changes nothing at all: c." in found.text()


def test_intervals_are_students_of_the_differences_from_the_middle() -> None:
    found = of(Tornado(), LINE, line, 6, shared=9.0, own=1.0)
    values = found.values
    changes = values.loc["a high"] - values.loc["middle"]
    row = found.effects.set_index(["parameter", "end"]).loc[("a", "high")]
    test = stats.ttest_1samp(changes, 0.0)
    assert (row["ci_low_difference"], row["ci_high_difference"]) == pytest.approx(tuple(test.confidence_interval()))
    assert row["p_value"] == pytest.approx(test.pvalue)
    level = stats.ttest_1samp(values.loc["a high"], 0.0).confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(level))


def test_a_bar_that_bends_reaches_from_its_lowest_to_its_highest() -> None:
    bend = [Range("x", "min", 0.0, -1.0, 2.0)]
    assert of(Tornado(), bend, lambda x: x**2, 2).effects["swing"].tolist() == [4.0, 4.0]


def test_an_end_that_is_the_middle_is_not_run_and_changes_nothing() -> None:
    edge = [Range("x", "min", 1.0, 1.0, 2.0)]
    found = of(Tornado(), edge, lambda x: 3.0 * x, 2, own=1.0)
    assert found.manifest["points"] == 2
    low = found.effects.set_index("end").loc["low"]
    assert (low["mean_difference"], low["ci_low_difference"], low["ci_high_difference"], low["mean"]) == (
        0.0,
        0.0,
        0.0,
        found.values.loc["middle"].mean(),
    )


SIGN = [Range("x", "min", 4.0, 1.0, 5.0), Range("z", "min", 1.0, 0.0, 2.0)]


def test_what_is_large_but_not_clear_is_told_as_such() -> None:
    """The bar of b is the longest on the mean, and one replication makes it so."""

    class Loud(Function):
        def values(self, points, replications, running=None):  # type: ignore[no-untyped-def]
            values, made = super().values(points, replications)
            values.loc["b low"] += [100.0, -30.0, 10.0, -20.0]
            return values, made

    middle = {one.name: one.value for one in LINE}
    found = Plan(Tornado(), LINE, Loud(line, middle, own=0.01), 4, of(Tornado(), LINE, line).manifest).run()
    assert list(dict.fromkeys(found.effects["parameter"]))[:2] == ["b", "a"]
    low = found.effects.set_index(["parameter", "end"]).loc[("b", "low")]
    assert low["ci_low_difference"] < 0.0 < low["ci_high_difference"]
    assert found.effects[found.effects["parameter"] == "b"]["p_holm"].min() < 0.05  # its other end is clear
    assert words.clear(found) == ["b", "a"]
    alone = [one for one in LINE if one.name != "b"] + [Range("b", "min", 10.0, 2.0, 10.0)]  # without that other end
    found = Plan(Tornado(), alone, Loud(line, middle | {"b": 10.0}, own=0.01), 4, found.manifest).run()
    assert words.clear(found) == ["a"]
    assert "As large on the mean, but not clear: b" in found.text()
    assert "clearly depends on a" in found.headline


def test_where_the_sign_turns_is_found() -> None:
    found = of(Tornado(), SIGN, lambda x, z: 2.0 * (x - 3.0) + 0.1 * z, 4, shared=0.01)
    (turn,) = found.turns.to_dict("records")
    assert (turn["parameter"], turn["turns"]) == ("x", "yes")
    assert (turn["from_setting"], turn["to_setting"]) == (1.0, 4.0)
    # the noise is shared, so the slope is certain, and the place is as uncertain as the level: 2.95 - level / 2
    noise = found.values.loc["middle"] - 2.1
    low, high = stats.ttest_1samp(noise, 0.0).confidence_interval()
    assert turn["break_even"] == pytest.approx(2.95 - noise.mean() / 2)
    ends = sorted([turn["ci_low_break_even"], turn["ci_high_break_even"]])
    assert ends == pytest.approx([2.95 - high / 2, 2.95 - low / 2])
    assert "Its sign turns, clearly, within the range of x" in found.text()
    assert "interpolated" in found.text()
    assert "Within the ranges of the other 1 it stays clearly above zero" in found.text()


class Unsure(Function):
    """The low end of x has a mean below zero that is not clear."""

    def values(self, points, replications, running=None):  # type: ignore[no-untyped-def]
        values, made = super().values(points, replications)
        values.loc["x low"] = [-20.0, 9.0, -12.0, 11.0]
        return values, made


def test_a_sign_that_only_the_means_turn_is_not_called_clear() -> None:
    middle = {one.name: one.value for one in SIGN}
    model = Unsure(lambda x, z: 2.0 * (x - 3.0), middle, own=0.01)
    found = Plan(Tornado(), SIGN, model, 4, of(Tornado(), SIGN, lambda x, z: x).manifest).run()
    (turn,) = found.turns.to_dict("records")
    assert (turn["parameter"], turn["turns"]) == ("x", "perhaps")
    assert "On the means only, its sign turns in" in found.text()
    assert "clearly, within the range of x" not in found.text()


def test_a_level_lost_in_noise_has_no_sign_to_speak_of() -> None:
    found = of(Tornado(), SIGN, lambda x, z: 0.1, 3, shared=30.0)
    assert set(found.turns["turns"]) == {"open"}


def test_a_sign_may_turn_twice() -> None:
    twice = [Range("x", "min", 0.0, -2.0, 2.0)]
    turns = of(Tornado(), twice, lambda x: x**2 - 1.0, 2).turns
    assert turns["turns"].tolist() == ["yes", "yes"]
    assert turns["break_even"].tolist() == pytest.approx([-0.5, 0.5])  # on straight lines; the truth is -1 and 1


def test_after_ctrl_c_what_is_finished_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    found = of(Tornado(), LINE, line, 5, own=1.0, finished=3)
    assert (found.manifest["planned"], found.manifest["finished"]) == (5, 3)
    assert set(found.effects["n"]) == {3}
    assert "3 of 5 replications are finished at all points" in capsys.readouterr().err


# Points that cannot be


def high_together(point: Mapping[str, float]) -> bool:
    return point["a"] > 2.5 and point["b"] > 8.0


def test_a_trajectory_with_a_point_that_cannot_be_is_replaced_whole() -> None:
    found = of(Morris(10), LINE, line, impossible=high_together)
    settings = found.design.settings
    assert len(settings) == 10 * 4
    assert not any(high_together(point) for point in settings.to_dict("records"))
    assert found.effects.set_index("parameter")["mu_star"].to_dict() == pytest.approx({"b": 8.0, "a": 6.0, "c": 0.0})
    assert found.manifest["replaced"] == len(found.infeasible) > 0
    assert found.infeasible["parameters"].iloc[0] == "a, b"
    assert "a with b" in found.text()
    assert "replaced" in found.text()


def test_shares_of_variance_bear_few_replacements_only() -> None:
    with pytest.raises(SensitivityError, match="a with b"):
        of(Sobol(64), LINE, line, impossible=high_together)
    rare = of(Sobol(64), LINE, line, impossible=lambda point: point["a"] > 2.7 and point["b"] > 9.0)
    assert 0 < rare.manifest["replaced"] <= 6
    assert len(rare.design.points) == 64 * 5


def test_an_end_that_cannot_be_has_no_bar_and_is_told() -> None:
    found = of(Tornado(), LINE, line, 2, impossible=lambda point: point["a"] > 2.0)
    row = found.effects.set_index(["parameter", "end"]).loc[("a", "high")]
    assert row[["mean", "mean_difference", "ci_low_difference", "p_value"]].isna().all()
    assert found.infeasible["point"].tolist() == ["a high"]
    assert "no bar: a high" in found.text()
    assert found.effects.set_index(["parameter", "end"]).loc[("a", "low"), "mean_difference"] == pytest.approx(-2.0)
    plot(found)


def test_a_scenario_that_cannot_be_is_refused() -> None:
    with pytest.raises(SensitivityError, match="the scenario itself"):
        of(Tornado(), LINE, line, impossible=lambda point: True)


def test_a_conflict_is_exactly_what_it_takes() -> None:
    names = [f"x{place}" for place in range(20)]
    middle = dict.fromkeys(names, 0.0)
    for wanted in (("x3",), ("x0", "x19"), ("x4", "x11", "x12")):
        model = Function(lambda **point: 0.0, middle, impossible=lambda point, w=wanted: all(point[name] for name in w))
        assert conflict(model, dict.fromkeys(names, 1.0)) == wanted


# The model


@pytest.fixture(scope="module")
def tornado() -> Sensitivity:
    return sim.sensitivity(TINY, sim.Empowerment(), parameters=[*NAMES, "follow_up_cost"], replications=3, workers=1)


def test_a_level_is_the_measure_and_an_effect_the_paired_difference(tornado: Sensitivity) -> None:
    study = sim.compare(TINY.override(price=80.0), [sim.Empowerment()], replications=3, workers=1).replications
    rows = study[(study["measure"] == "profit_a_year") & (study["period"] == "all")]
    wide = rows.pivot(index="replication", columns="policy", values="value")
    known = (wide[sim.Empowerment().label] - wide["baseline"]).to_numpy()
    (price,) = uncertainties.ranges(TINY, ["price"])
    assert price.low == 80.0
    assert tornado.values.loc["price low"].to_numpy() == pytest.approx(known, rel=0, abs=0)
    level = sim.sensitivity(TINY, parameters=["price"], replications=3, workers=1)
    assert level.values.loc["price low"].to_numpy() == pytest.approx(wide["baseline"].to_numpy(), rel=0, abs=0)


def test_a_parameter_that_nothing_reads_has_a_bar_of_exactly_zero(tornado: Sensitivity) -> None:
    """What following up costs matters only to those who follow up."""
    rows = tornado.effects[tornado.effects["parameter"] == "follow_up_cost"]
    assert (rows[["mean_difference", "ci_low_difference", "ci_high_difference", "swing"]] == 0.0).all(axis=None)
    assert "nothing at all" in tornado.text()
    assert tornado.effects["swing"].max() > 0.0
    assert tornado.values.loc["middle"].any()


@pytest.mark.parametrize("method", ["tornado", "morris", "sobol"])
def test_both_engines_and_any_workers_find_the_same(method: Any) -> None:
    options: dict[str, Any] = {"morris": {"trajectories": 2}, "sobol": {"samples": 2}, "tornado": {}}[method]
    given = {"parameters": NAMES[:2], "replications": 2, "method": method} | options
    first = sim.sensitivity(TINY, sim.Training(), engine="readable", workers=1, **given)
    second = sim.sensitivity(TINY, sim.Training(), engine="compiled", workers=2, **given)
    assert first.values.equals(second.values)
    pd.testing.assert_frame_equal(first.effects, second.effects)
    assert first.text() == second.text()


def test_the_same_seed_gives_the_same_points_and_another_seed_others() -> None:
    same = [plan(TINY, method="morris", parameters=NAMES, seed=seed).design.points for seed in (3, 3, 4)]
    assert same[0] == same[1] != same[2]


def test_a_plan_says_how_many_runs_it_is() -> None:
    planned = plan(TINY, sim.Training(), parameters=NAMES, replications=4)
    assert (planned.points, planned.runs) == (9, 9 * 2 * 4)
    assert (
        planned.text()
        == "tornado of 4 parameters: 9 points x 2 (with and without the policy) x 4 replications = 72 runs."
    )
    assert plan(TINY, parameters=NAMES, method="sobol", samples=8).runs == 8 * (4 + 2) * 5
    assert plan(TINY, parameters=NAMES, method="sobol", samples=8, second_order=True).points == 8 * (2 * 4 + 2)
    assert plan(TINY, parameters=NAMES, method="morris", trajectories=3).points <= 3 * 5
    told: list[float] = []
    few = plan(TINY, sim.Training(), parameters=["price"], replications=2)
    few.run(Running(workers=1, progress=lambda done, of: told.append(of)))
    assert set(told) == {few.runs} == {12}


def test_points_that_are_the_same_are_run_once() -> None:
    planned = plan(TINY, method="morris", parameters=["issues_first"], trajectories=5, replications=2)
    assert (len(planned.design.points), planned.points) == (10, 2)
    assert len(planned.run(Running(workers=1)).values) == 10


def test_after_ctrl_c_only_replications_that_all_points_have_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(work, tasks, workers, keep, advance, **_):  # type: ignore[no-untyped-def]
        for place in range(4):  # all three points of the first replication, and one of the second
            keep(place, work(tasks[place]))
        return False

    monkeypatch.setattr(runner, "work_off", stopped)
    with pytest.raises(sim.Interrupted) as interrupted:
        sim.sensitivity(TINY, parameters=["price"], replications=2, engine="readable", workers=1)
    found = interrupted.value.result
    assert (found.manifest["planned"], found.manifest["finished"]) == (2, 1)
    assert found.values.shape == (3, 1)
    assert "1 of 2 replications" in capsys.readouterr().err
    monkeypatch.setattr(runner, "work_off", lambda work, tasks, w, keep, *_, **__: keep(0, work(tasks[0])))
    with pytest.raises(KeyboardInterrupt):
        sim.sensitivity(TINY, parameters=["price"], replications=2, engine="readable", workers=1)


def test_a_result_says_what_its_frame_holds_and_is_saved(tornado: Sensitivity, tmp_path: Path) -> None:
    text = tornado.text()
    assert text.startswith(
        "What decides whether empowerment 95% pays? With the scenario's own numbers it changes profit"
    )
    low, high = stats.ttest_1samp(tornado.values.loc["middle"], 0.0).confidence_interval()
    assert f"({low:+,.0f} to {high:+,.0f})" in text
    folder = tornado.save(tmp_path / "found")
    names = [f"sensitivity{end}.csv" for end in ("", "-points")]
    assert sorted(path.name for path in folder.glob("*.csv")) == sorted(names)
    pd.testing.assert_frame_equal(pd.read_csv(folder / "sensitivity.csv"), tornado.effects, check_dtype=False)
    made = json.loads((folder / "sensitivity.json").read_text())
    assert (made["runs"], made["measure"], len(made["ranges"])) == (tornado.manifest["runs"], "profit_a_year", 5)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        tornado.save(folder)
    of(Morris(3), LINE, line, 2).save(folder, overwrite=True)
    assert len(pd.read_csv(folder / "sensitivity.csv")) == 3


def test_the_top_is_of_parameters() -> None:
    found = of(Tornado(), LINE, line, 2)
    assert found.top(2)["parameter"].tolist() == ["b", "b", "a", "a"]


# Charts


@pytest.mark.parametrize("method", [Tornado(), Morris(6), Sobol(32)])
def test_charts_write_no_words_over_each_other(method: Method, tmp_path: Path) -> None:
    found = of(method, LINE, lambda a, b, c: line(a, b, c) + a * c, 4, own=0.5)
    figure = plot(found).figure
    charts.save(figure, tmp_path, "chart")
    (ax,) = figure.axes
    assert [label.get_text().split(" ")[0] for label in ax.get_yticklabels()] == list(
        dict.fromkeys(found.effects["parameter"])
    )
    figure.draw_without_rendering()
    words = [text for text in (*ax.texts, *ax.get_yticklabels(), *figure.texts) if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in words]
    for place, (first, box) in enumerate(boxes):
        for second, other in boxes[place + 1 :]:
            assert not box.padded(-1).overlaps(other.padded(-1)), (first, second)


def test_bars_to_the_same_side_stand_apart() -> None:
    bend = [Range("x", "min", 0.0, -1.0, 1.0)]
    ax = plot(of(Tornado(), bend, lambda x: x**2, 3))
    first, second = (bar.get_bbox() for bar in ax.patches)
    assert min(first.y1, second.y1) <= max(first.y0, second.y0)


def test_a_tornado_chart_writes_the_ends_at_the_bars() -> None:
    ax = plot(of(Tornado(), LINE, line, 3, own=0.1))
    written = [text.get_text() for text in ax.texts]
    for text in ("2 min", "10 min", "0 min", "3 min"):
        assert text in written
    assert any(text.startswith("as in the scenario") for text in written)


# Bad input

WRONG: dict[str, tuple[dict[str, Any], type[Exception], list[str]]] = {
    "method": ({"method": "tornados"}, SensitivityError, ["tornados", "'tornado'"]),
    "measure": ({"measure": "profit_a_yaer"}, SensitivityError, ["profit_a_yaer", "'profit_a_year'"]),
    "parameter": ({"parameters": ["prise"]}, ParameterError, ["prise", "'price'"]),
    "text": ({"parameters": "price"}, SensitivityError, ["'price'", "list"]),
    "none": ({"parameters": []}, SensitivityError, ["empty"]),
    "twice": ({"parameters": ["price", "price"]}, RangeError, ["twice"]),
    "profile": ({"parameters": ["open_hour"]}, RangeError, ["open_hour", "profile"]),
    "other range": ({"parameters": ["price"], "ranges": {"wage_agent": (1, 2)}}, SensitivityError, ["wage_agent"]),
    "range of three": ({"ranges": {"price": (1, 2, 3)}}, SensitivityError, ["price", "(low, high)"]),
    "upside down": ({"ranges": {"price": (2, 1)}}, RangeError, ["price", "empty"]),
    "impossible": ({"ranges": {"gross_margin": (0.1, 1.5)}}, RangeError, ["gross_margin"]),
    "half a switch": ({"ranges": {"issues_first": (0, 0.5)}}, (RangeError, SensitivityError), ["issues_first"]),
    "trajectories": ({"trajectories": 5}, SensitivityError, ["trajectories", "morris", "tornado"]),
    "samples": ({"method": "morris", "samples": 8}, SensitivityError, ["samples", "sobol"]),
    "second order": ({"second_order": True}, SensitivityError, ["second_order", "sobol"]),
    "pairs of one": ({"method": "sobol", "second_order": True, "parameters": ["price"]}, SensitivityError, ["pairs"]),
    "power": ({"method": "sobol", "samples": 12, "parameters": ["price"]}, SensitivityError, ["of two", "8 or 16"]),
    "one trajectory": ({"method": "morris", "trajectories": 1, "parameters": ["price"]}, SensitivityError, ["from 2"]),
    "baseline": ({"baseline": sim.Training()}, SensitivityError, ["baseline", "policy"]),
    "itself": ({"policy": sim.Training(), "baseline": sim.Training()}, SensitivityError, ["itself"]),
    "replications": ({"replications": 0, "parameters": ["price"]}, ExperimentError, ["replications = 0"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_asked_is_refused_before_anything_is_run(case: str) -> None:
    given, kind, words = WRONG[case]
    with pytest.raises(kind) as caught:
        plan(TINY, **given)
    for word in words:
        assert word in str(caught.value)


def test_a_measure_without_a_value_is_refused_and_not_filled_in() -> None:
    nobody = TINY.override(survey_asked=0.0)
    with pytest.raises(SensitivityError, match="undefined"):
        sim.sensitivity(nobody, parameters=["price"], measure="csat_measured", replications=2, workers=1)


# The command


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.to_toml())
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    code = status(["sensitivity", *arguments])
    found = capsys.readouterr()
    assert code == 0, found.err
    return found.out, found.err


def test_the_command_prints_saves_and_draws_what_the_function_finds(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found"
    choice = [
        "-p",
        "training",
        "--parameter",
        "price",
        "--parameter",
        "wage_agent",
        "--range",
        "price=70:110",
        "-n",
        "2",
    ]
    text, told = printed(capsys, tiny, *choice, "--workers", "1", "--out", str(out), "--top", "1")
    known = sim.sensitivity(
        tiny, sim.Training(), parameters=["price", "wage_agent"], ranges={"price": (70, 110)}, replications=2, workers=1
    )
    assert "5 points x 2 (with and without the policy) x 2 replications = 20 runs" in told
    assert known.effects["parameter"].iloc[0] in text
    assert "1 more matter less" in text
    assert " ".join(known.text().split()[:12]) in " ".join(text.split())
    rows, _ = printed(capsys, tiny, *choice, "--workers", "1", "--csv")
    assert rows == (out / "sensitivity.csv").read_text()
    assert float(next(csv.DictReader(io.StringIO(rows)))["mean_difference"]) == known.effects["mean_difference"].iloc[0]
    assert sorted(path.name for path in (out / "charts").iterdir()) == ["tornado.png", "tornado.svg"]
    assert status(["sensitivity", tiny, "--parameter", "price", "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(("method", "options", "heads"), [
    ("morris", ["--trajectories", "2"], ["mu*", "noise up to", "sigma"]),
    ("sobol", ["--samples", "4", "--second-order"], ["S1", "ST", "S2", "of it noise"]),
])  # fmt: skip
def test_the_command_knows_the_other_methods(
    method: str, options: list[str], heads: list[str], tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    two = ["--parameter", "price", "--parameter", "wage_agent", "-n", "2", "--workers", "1"]
    text, _ = printed(capsys, tiny, "--method", method, *options, *two)
    for head in heads:
        assert head in text


def test_a_dry_run_runs_nothing(tiny: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "work_off", None)
    text, _ = printed(capsys, tiny, "--parameter", "price", "--dry-run")
    assert text.startswith(
        "tornado of 1 parameter: 3 points x 10 replications = 30 runs. 30 runs, all to be done on the "
    )


@pytest.mark.parametrize(("arguments", "words"), [
    (["--method", "morriss"], ["'morris'"]),
    (["--measure", "profits"], ["'profit'"]),
    (["--parameter", "prise"], ["'price'"]),
    (["--range", "price"], ["NAME=LOW:HIGH"]),
    (["--range", "price=1:x"], ["NAME=LOW:HIGH"]),
    (["--range", "price=1:2", "--range", "price=1:3"], ["price", "twice"]),
    (["--range", "price=2:1"], ["price", "empty"]),
    (["--trajectories", "5"], ["trajectories", "morris"]),
    (["--method", "sobol", "--samples", "5", "--parameter", "price"], ["power of two"]),
    (["--top", "0"], ["--top"]),
    (["-p", "trainning"], ["training"]),
])  # fmt: skip
def test_the_command_says_what_is_wrong(
    arguments: list[str], words: list[str], tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["sensitivity", tiny, *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    for word in words:
        assert word in told
