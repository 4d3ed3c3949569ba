"""Fits of surveys: a known map is found again, weights and blanks are minded, and what cannot be told is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.miscmodels.ordinal_model import OrderedModel

from sim.company.fitting import surveys
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.kind_fit import KindFit
from sim.company.fitting.surveys import problem
from sim.company.fitting.surveys.answers import effective, read_answers
from sim.company.fitting.surveys.goodwill import fit_map, mapped, same_slope, shapes, two_slopes
from sim.company.fitting.surveys.shares import net_score, share
from sim.model.rules.loyalty import promoter_chance
from tests.unit.company.made_customers import answers, clean

MAP = (8.0, 0.75, 0.45)


def fitted(frame: pd.DataFrame, **asked: object) -> KindFit:
    with clean("surveys", frame) as table:
        return surveys.fit(table, **asked)


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    with clean("surveys", frame) as table:
        return read_answers(table, None)


def only(part: KindFit, name: str, key: str = "") -> Estimate:
    (found,) = [one for one in part.estimates if (one.name, one.key) == (name, key)]
    return found


def names(part: KindFit) -> set[str]:
    return {one.name for one in part.estimates}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def frame(rng) -> pd.DataFrame:
    return answers(rng, 2500, MAP)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch, request) -> None:
    """The bootstrap is as good as its draws, and slow; only the airport needs them all."""
    if "data_folder" not in request.fixturenames:
        monkeypatch.setattr(problem, "DRAWS", 100)


def test_the_map_that_made_the_answers_is_found_and_is_the_model_s(frame):
    part = fitted(frame)
    for name, true in zip(("nps_goodwill_slope", "nps_promoter_mid", "nps_detractor_mid"), MAP, strict=True):
        found = only(part, name)
        assert abs(found.value - true) < found.high - found.low  # twice half the interval
        assert part.parameters[name] == found.value
        assert part.ranges[name] == (found.low, found.high)
    slope, upper, lower = (part.parameters[name] for name in part.parameters)
    curve = part.curves["nps_map"].set_index("goodwill")
    assert curve["promoters"][0.6] == pytest.approx(promoter_chance(0.6, upper, slope))
    assert curve["detractors"][0.6] == pytest.approx(promoter_chance(0.6, lower, -slope))


def test_without_weights_it_is_the_ordered_logit_of_statsmodels(frame):
    plain = frame.drop(columns="weight")
    found = fit_map(mapped(counted(plain)))
    group = np.select([plain["nps"] >= 9, plain["nps"] >= 7], [2, 1], 0)
    model = OrderedModel(group, plain[["satisfaction"]].to_numpy(), distr="logit").fit(method="bfgs", disp=False)
    slope, first = model.params[0], model.params[1]
    thresholds = np.array([first, first + np.exp(model.params[2])])
    assert found.shapes == pytest.approx((slope, thresholds[1] / slope, thresholds[0] / slope), rel=1e-3)
    assert found.peak.log_likelihood == pytest.approx(model.llf, abs=1e-3)
    slope_error = np.sqrt(found.peak.covariance[0, 0]) * found.shapes[0]
    assert slope_error == pytest.approx(model.bse[0], rel=0.05)  # the sandwich of a law that holds is the information


def test_weights_count_answers_several_times(frame):
    plain = frame.drop(columns=["weight", "problem"])
    twice = pd.concat([plain, plain[frame["problem"]]])
    weighted = plain.assign(weight=np.where(frame["problem"], 2.0, 1.0))
    one, other = fitted(twice), fitted(weighted)
    assert other.numbers == pytest.approx(one.numbers)
    assert other.parameters == pytest.approx(one.parameters, rel=1e-4)
    assert other.ranges["nps_goodwill_slope"] != pytest.approx(one.ranges["nps_goodwill_slope"], rel=1e-3)
    scaled = fitted(plain.assign(weight=7.0 * weighted["weight"]))
    assert scaled.ranges["nps_goodwill_slope"] == pytest.approx(other.ranges["nps_goodwill_slope"], rel=1e-4)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 10), st.floats(0.2, 5)), min_size=2, max_size=30))
def test_nps_is_counted_answer_by_answer(told):
    frame = pd.DataFrame(told, columns=["nps", "weight"])
    rounded = np.array([float(f"{weight:.3g}") for weight in frame["weight"]])
    score = np.select([frame["nps"] >= 9, frame["nps"] <= 6], [100.0, -100.0], 0.0)
    found = net_score(counted(frame), 0.95)
    assert found.value == pytest.approx(np.average(score, weights=rounded), abs=0.5)
    assert -100 <= found.low <= found.value <= found.high <= 100
    assert found.high > found.low  # also when all agree


def test_the_interval_of_nps_is_the_adjusted_wald_one():
    """Rocks 2016: three answers are added, three quarters of one to promoters and to detractors."""
    frame = pd.DataFrame({"nps": [10] * 50 + [8] * 30 + [3] * 20})
    found = net_score(counted(frame), 0.95)
    up, down = 50.75 / 103, 20.75 / 103
    half = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 103)
    assert found == pytest.approx((30.0, 100 * (up - down - half), 100 * (up - down + half)))


def test_weights_make_answers_worth_less():
    even, odd = (pd.DataFrame({"nps": [9] * 50 + [3] * 50, "weight": weight}) for weight in (1.0, [1.0, 9.0] * 50))
    narrow, wide = (share(counted(one), counted(one)["recommends"] == 2, 0.95) for one in (even, odd))
    assert effective(counted(even)) == pytest.approx(100)
    assert effective(counted(odd)) == pytest.approx(100 * 25 / 41)
    assert (counted(odd)["weight"] * counted(odd)["n"]).sum() == pytest.approx(100)
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)


def test_weights_that_differ_make_the_map_less_sure(frame):
    plain = frame.drop(columns=["weight", "problem"])
    spans = []
    for weight in (1.0, np.where(np.arange(len(plain)) % 2, 9.0, 1.0)):
        low, high = fitted(plain.assign(weight=weight)).ranges["nps_goodwill_slope"]
        spans.append(np.log(high / low))
    assert spans[1] / spans[0] == pytest.approx(np.sqrt(41 / 25), rel=0.1)


def test_csat_counts_the_upper_two_boxes_of_any_scale():
    five = fitted(pd.DataFrame({"points": [1, 3, 4, 5], "top": 5, "satisfaction": [0, 0.5, 0.75, 1]}))
    assert five.numbers == {"csat": 0.5}
    assert only(five, "share_of_class", "dissatisfied").value == 0.25
    seven = fitted(pd.DataFrame({"points": [1, 4, 6, 7], "top": 7, "satisfaction": [0, 0.5, 5 / 6, 1]}))
    assert seven.numbers == {"csat": 0.5}
    assert "share_of_class" not in names(seven)
    assert any("upper two of 7 points" in remark for remark in seven.remarks)


def test_one_slope_is_told_from_two(rng):
    same = mapped(counted(answers(rng, 4000, MAP).drop(columns="weight")))
    assert same_slope(*two_slopes(same)) > 0.01
    goodwill = rng.choice(np.linspace(0, 1, 5), 4000, p=[0.05, 0.15, 0.3, 0.3, 0.2])
    u = rng.random(4000)
    promoter = u < promoter_many(goodwill, 0.75, 12.0)
    detractor = 1 - u < promoter_many(goodwill, 0.3, -4.0)
    frame = pd.DataFrame({"nps": np.where(promoter, 10, np.where(detractor, 2, 8)), "satisfaction": goodwill})
    slopes, covariance = two_slopes(mapped(counted(frame)))
    assert slopes == pytest.approx([12.0, 4.0], rel=0.15)
    assert same_slope(slopes, covariance) < 1e-6
    assert any("One slope for promoters and detractors" in remark for remark in fitted(frame).remarks)


def promoter_many(goodwill: np.ndarray, middle: float, slope: float) -> np.ndarray:
    return np.array([promoter_chance(float(one), middle, slope) for one in goodwill])


def test_a_problem_that_works_through_satisfaction_comes_out_of_the_map(frame):
    part = fitted(frame)
    seen, predicted, left = (
        only(part, name, "problem") for name in ("nps_gap", "nps_gap_by_the_map", "nps_gap_beyond_the_map")
    )
    assert abs(left.value) < left.high - left.low  # twice half the interval
    assert seen.value == pytest.approx(predicted.value + left.value)
    assert predicted.high < 0
    assert predicted.high - predicted.low < seen.high - seen.low
    assert only(part, "satisfaction_gap", "problem").high < 0
    assert any("the map predicts" in remark for remark in part.remarks)


def test_a_problem_that_works_past_satisfaction_is_told(frame, rng):
    harmed = frame["problem"] & (rng.random(len(frame)) < 0.5)
    part = fitted(frame.assign(nps=np.where(harmed, 2, frame["nps"])))
    assert only(part, "nps_gap_beyond_the_map", "problem").high < -15
    assert any("more than chance" in remark for remark in part.remarks)


@pytest.mark.parametrize(
    ("missing", "gone", "said"),
    [
        (["nps"], {"nps", "nps_goodwill_slope", "nps_gap"}, "no map from goodwill to NPS"),
        (
            ["satisfaction", "points", "top"],
            {"csat", "nps_goodwill_slope", "satisfaction_gap"},
            "no map from goodwill to NPS",
        ),
        (["problem"], {"nps_gap", "satisfaction_gap"}, "No column says who had a problem"),
        (["weight"], set(), "nothing here corrects for who answers"),
    ],
)
def test_what_is_missing_takes_only_its_own_away(frame, missing, gone, said):
    part = fitted(frame.drop(columns=missing))
    expected = {"csat", "nps", "nps_goodwill_slope", "nps_gap", "satisfaction_gap"}
    assert expected & names(part) == expected - gone
    assert any(said in remark for remark in part.remarks)


POOR = {
    "all scores equal": ({"nps": 9, "satisfaction": 0.75, "points": 4}, "too few differ"),
    "nobody a detractor": ({"nps": 9}, "too few differ"),
    "everybody as satisfied": ({"satisfaction": 0.5, "points": 3}, "too few differ"),
}


@pytest.mark.parametrize(("same", "said"), POOR.values(), ids=POOR.keys())
def test_answers_that_do_not_differ_give_no_map(frame, same, said):
    part = fitted(frame.assign(**same))
    assert not {"nps_goodwill_slope", "nps_promoter_mid"} & names(part)
    assert part.parameters == {}
    assert any(said in remark for remark in part.remarks)
    assert all(np.isfinite([one.value, one.low, one.high]).all() for one in part.estimates)


def test_the_satisfied_who_recommend_less_give_no_map(frame):
    part = fitted(frame.assign(satisfaction=1 - frame["satisfaction"]))
    assert part.parameters == {}
    assert any("do not recommend more" in remark for remark in part.remarks)


def test_answers_that_say_too_little_of_goodwill_give_a_map_that_is_not_handed_on(rng):
    """Satisfaction with one episode, as the model's own surveys ask for it: the slope is flat."""
    frame = answers(rng, 3000, MAP)
    frame["satisfaction"] = np.where(
        rng.random(3000) < 0.25, frame["satisfaction"], rng.permutation(frame["satisfaction"])
    )
    part = fitted(frame.drop(columns=["problem", "weight"]))
    assert "nps_goodwill_slope" in names(part)
    assert part.parameters == part.ranges == {}
    assert any("told but not handed on" in remark for remark in part.remarks)


def test_nobody_with_a_problem_has_no_effect(frame):
    part = fitted(frame.assign(problem=False))
    assert "nps_gap" not in names(part)
    assert "problem" not in part.curves
    assert any("Fewer than 10 answers with a problem" in remark for remark in part.remarks)


def test_only_answers_until_a_day_count():
    days = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])
    part = fitted(pd.DataFrame({"nps": [10, 10, 1], "date": days}), until="2024-02-01")
    assert part.numbers == {"nps": 100.0}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"weight": [1.0]}), "map nps or satisfaction"),
        (pd.DataFrame({"nps": [None], "weight": [1.0]}), "nobody answered"),
        (pd.DataFrame({"nps": [5], "weight": [0.0]}), "nobody answered"),
    ],
)
def test_no_answers_are_refused(frame, said):
    with pytest.raises(FitError, match=said):
        fitted(frame)


@given(st.floats(-2, 4), st.floats(-1, 1.5), st.floats(-4, 1))
def test_the_map_s_coordinates_keep_promoters_above_detractors(log_slope, lower, log_gap):
    slope, upper, low = shapes(np.array([log_slope, lower, log_gap]))
    assert slope > 0
    assert upper > low


# ---- the airport --------------------------------------------------------------------------------------------------


def airport(data_folder: Path) -> pd.DataFrame:
    raw = pd.read_csv(data_folder / "data" / "sfo_survey_share" / "sfo_survey_2014_2017.csv.gz", low_memory=False)
    points = pd.to_numeric(raw["Q7ALL"], errors="coerce")
    points = points.where(points.between(1, 5))
    nps = raw["NETPRO"].where(raw["NETPRO"] <= 10)
    problem = raw["Q15PROBLEM"].map({1: True, 2: False})
    return pd.DataFrame(
        {"nps": nps, "points": points, "top": 5, "satisfaction": (points - 1) / 4, "problem": problem,
         "weight": raw["WEIGHT"]}
    )  # fmt: skip


def test_the_gap_of_the_airport_comes_out_of_the_map_but_for_a_third(data_folder: Path):
    part = fitted(airport(data_folder))
    seen, predicted = (only(part, name, "problem") for name in ("nps_gap", "nps_gap_by_the_map"))
    assert seen.value == pytest.approx(-23.28, abs=0.05)
    assert predicted.value == pytest.approx(-14.39, abs=0.05)
    assert seen.low < predicted.value < seen.high
    assert only(part, "nps_gap_share_of_the_map", "problem").low > 0.3
    assert part.parameters["nps_goodwill_slope"] == pytest.approx(7.62, abs=0.02)
    assert part.numbers == {"csat": 0.8086, "nps": 40.4}
    table = part.curves["nps_by_satisfaction"]
    known = table[table["n"] > 100]
    assert (known["fitted_nps"] - known["nps"]).abs().max() < 2
