"""Intervals cover, pairs are pairs, and what cannot be said is refused."""

import gc

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.outcomes import statistics

REPEATS = 2_000
LOW_COVER, HIGH_COVER = 0.93, 0.97


def frame_of(values: dict, measure: str = "profit", scenario: str = "base") -> pd.DataFrame:
    """One row a replication of each policy."""
    return pd.DataFrame(
        [
            (scenario, policy, replication, "all", measure, value)
            for policy, column in values.items()
            for replication, value in enumerate(column)
        ],
        columns=["scenario", "policy", "replication", "period", "measure", "value"],
    )


def repeats_of(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """Many repeats of one experiment, one a scenario; arrays are (repeats, replications)."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "scenario": np.repeat(np.arange(values.shape[0]).astype(str), values.shape[1]),
                    "policy": policy,
                    "replication": np.tile(np.arange(values.shape[1]), values.shape[0]),
                    "period": "all",
                    "measure": "profit",
                    "value": values.ravel(),
                }
            )
            for policy, values in columns.items()
        ]
    )


@pytest.fixture
def correlated() -> dict[str, np.ndarray]:
    """2,000 repeats of 10 paired replications; the policy gains 2 on a baseline of 100."""
    rng = np.random.default_rng(20)
    shared = rng.normal(100, 5, (REPEATS, 10))
    return {"base": shared, "policy": shared + rng.normal(2, 1, (REPEATS, 10))}


def test_mean_interval_is_the_one_of_scipy() -> None:
    values = np.random.default_rng(1).gamma(2, 3, 12)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    ours = statistics.mean_interval(values, level=0.9)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high))
    assert ours.se == pytest.approx(stats.sem(values))


def test_one_value_has_no_interval() -> None:
    ours = statistics.mean_interval([3.0])
    assert ours.mean == 3.0
    assert np.isnan([ours.se, ours.low, ours.high]).all()


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert statistics.mean_interval([0.1] * 3)[2:] == (0.0, 0.1, 0.1)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf, 1.0]])
def test_mean_interval_refuses_what_has_no_mean(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        statistics.mean_interval(values)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_level_is_a_share(level: float) -> None:
    with pytest.raises(ValueError, match=r"0\.95 means 95 %"):
        statistics.mean_interval([1.0, 2.0], level)


def test_intervals_of_means_cover(correlated: dict[str, np.ndarray]) -> None:
    table = statistics.summarise(repeats_of({"base": correlated["base"]}))
    covered = ((table["ci_low"] <= 100) & (table["ci_high"] >= 100)).mean()
    assert LOW_COVER <= covered <= HIGH_COVER


def test_intervals_of_paired_differences_cover(correlated: dict[str, np.ndarray]) -> None:
    table = statistics.paired_differences(repeats_of(correlated), "base")
    covered = ((table["ci_low_difference"] <= 2) & (table["ci_high_difference"] >= 2)).mean()
    assert len(table) == REPEATS
    assert LOW_COVER <= covered <= HIGH_COVER


def test_intervals_of_relative_differences_cover(correlated: dict[str, np.ndarray]) -> None:
    changes = correlated["policy"] - correlated["base"]
    intervals = [statistics.ratio_interval(*pair) for pair in zip(changes, correlated["base"], strict=True)]
    covered = np.mean([one.low <= 0.02 <= one.high for one in intervals])
    assert LOW_COVER <= covered <= HIGH_COVER


def test_probability_gain_is_uniform_without_an_effect() -> None:
    values = np.random.default_rng(3).normal(100, 5, (2, REPEATS, 10))
    table = statistics.paired_differences(repeats_of({"base": values[0], "policy": values[1]}), "base")
    assert stats.kstest(table["probability_gain"], "uniform").pvalue > 0.001
    assert stats.kstest(table["p_value"], "uniform").pvalue > 0.001


def test_paired_difference_agrees_with_the_paired_t_test() -> None:
    rng = np.random.default_rng(4)
    base = rng.normal(50, 9, 15)
    policy = base + rng.normal(1, 2, 15)
    row = statistics.paired_differences(frame_of({"base": base, "policy": policy}), "base").iloc[0]
    test = stats.ttest_rel(policy, base)
    assert row["p_value"] == pytest.approx(test.pvalue)
    assert (row["ci_low_difference"], row["ci_high_difference"]) == pytest.approx(tuple(test.confidence_interval()))
    assert row["probability_gain"] == pytest.approx(stats.ttest_rel(policy, base, alternative="less").pvalue)
    assert row["mean"] - row["mean_baseline"] == pytest.approx(row["mean_difference"])
    expected = (policy.var(ddof=1) + base.var(ddof=1)) / (policy - base).var(ddof=1)
    assert row["variance_ratio"] == pytest.approx(expected)


def test_pairs_are_made_by_replication_not_by_order() -> None:
    frame = frame_of({"base": [1.0, 2.0, 3.0], "policy": [2.0, 3.0, 4.0]})
    shuffled = frame.sample(frac=1, random_state=5)
    row = statistics.paired_differences(shuffled, "base").iloc[0]
    assert (row["mean_difference"], row["se_difference"]) == (1.0, 0.0)


def test_each_scenario_has_its_own_baseline() -> None:
    one = frame_of({"base": [1.0, 2.0], "policy": [2.0, 4.0]}, scenario="calm")
    two = frame_of({"base": [10.0, 20.0], "policy": [9.0, 18.0]}, scenario="busy")
    table = statistics.paired_differences(pd.concat([one, two]), "base")
    assert table["mean_difference"].tolist() == [1.5, -1.5]


def test_no_effect_is_certain_and_no_gain() -> None:
    row = statistics.paired_differences(frame_of({"base": [1.0, 2.0], "policy": [1.0, 2.0]}), "base").iloc[0]
    assert (row["mean_difference"], row["p_value"], row["probability_gain"]) == (0.0, 1.0, 0.0)
    assert row["variance_ratio"] == np.inf


def test_the_same_effect_every_time_is_certain() -> None:
    frame = frame_of({"base": [1.0, 2.0], "policy": [2.0, 3.0], "worse": [0.0, 1.0]})
    table = statistics.paired_differences(frame, "base").set_index("policy")
    assert table["p_value"].tolist() == [0.0, 0.0]
    assert table["probability_gain"].to_dict() == {"policy": 1.0, "worse": 0.0}


@pytest.mark.parametrize("value", [0.1, 12_345.678, 1e6 + 0.1, -0.7])
def test_rounding_is_no_variance(value: float) -> None:
    row = statistics.summarise(frame_of({"base": [value] * 10})).iloc[0]
    assert row["se"] == 0
    assert row["ci_low"] == row["ci_high"] == pytest.approx(value)


def test_one_replication_gives_a_difference_without_interval() -> None:
    row = statistics.paired_differences(frame_of({"base": [1.0], "policy": [3.0]}), "base").iloc[0]
    assert row["mean_difference"] == 2.0
    assert row[["se_difference", "ci_low_difference", "p_value", "probability_gain", "variance_ratio"]].isna().all()


def test_less_of_what_is_bad_is_a_gain() -> None:
    frame = frame_of({"base": [0.30, 0.31, 0.32], "policy": [0.20, 0.22, 0.21]}, measure="churn")
    plain = statistics.paired_differences(frame, "base").iloc[0]
    told = statistics.paired_differences(frame, "base", better={"churn": "lower"}).iloc[0]
    assert plain["probability_gain"] < 0.01 < 0.99 < told["probability_gain"]
    assert plain["p_value"] == told["p_value"]


def test_undefined_values_are_counted_and_leave_the_pair_out() -> None:
    frame = frame_of({"base": [1.0, 2.0, np.nan, 4.0], "policy": [2.0, np.nan, 5.0, 6.0]})
    row = statistics.paired_differences(frame, "base").iloc[0]
    assert (row["n"], row["undefined"], row["mean_baseline"], row["mean"]) == (2, 2, 2.5, 4.0)
    assert statistics.summarise(frame)["undefined"].tolist() == [1, 1]


def test_a_replication_without_partner_is_refused() -> None:
    frame = frame_of({"base": [1.0, 2.0, 3.0], "policy": [2.0, 3.0]})
    with pytest.raises(statistics.UnpairedError, match=r"policy policy, scenario base, replication 2"):
        statistics.paired_differences(frame, "base")
    with pytest.raises(statistics.UnpairedError, match="run the baseline"):
        statistics.paired_differences(frame, "policy")


def test_an_unknown_baseline_is_refused_by_name() -> None:
    with pytest.raises(statistics.UnpairedError, match=r"'today'.*'base', 'policy'"):
        statistics.paired_differences(frame_of({"base": [1.0], "policy": [1.0]}), "today")


def test_a_figure_recorded_twice_is_refused() -> None:
    frame = frame_of({"base": [1.0, 2.0]})
    with pytest.raises(ValueError, match="appear twice"):
        statistics.summarise(pd.concat([frame, frame.tail(1)]))


def test_the_baseline_alone_has_no_differences() -> None:
    assert statistics.paired_differences(frame_of({"base": [1.0, 2.0]}), "base").empty


def test_order_of_policies_is_kept() -> None:
    frame = frame_of({name: [1.0, 2.0] for name in ("level 50", "level 0", "level 100", "level 25")})
    assert statistics.summarise(frame)["policy"].tolist() == ["level 50", "level 0", "level 100", "level 25"]


def test_the_frame_is_not_changed() -> None:
    frame = frame_of({"base": [1.0, 2.0], "policy": [2.0, 4.0]})
    before = frame.copy()
    statistics.summarise(frame)
    statistics.paired_differences(frame, "base")
    pd.testing.assert_frame_equal(frame, before)


def test_a_ratio_is_the_share_of_the_reference() -> None:
    ours = statistics.ratio_interval([10.0, 11.0, 9.0, 11.0], [100.0, 102.0, 98.0, 101.0])
    assert ours.mean == pytest.approx(41 / 401)
    assert ours.low < ours.mean < ours.high


def test_limits_of_a_ratio_are_where_the_t_test_turns() -> None:
    """Fieller by its definition: at a limit r the mean of change - r * reference is just significant."""
    rng = np.random.default_rng(10)
    reference = rng.normal(100, 15, 8)
    changes = 0.1 * reference + rng.normal(0, 5, 8)
    ours = statistics.ratio_interval(changes, reference, level=0.9)
    for limit in (ours.low, ours.high):
        assert stats.ttest_1samp(changes - limit * reference, 0).pvalue == pytest.approx(0.1)


def test_a_ratio_is_clear_of_zero_when_the_difference_is() -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        base = rng.normal(100, 20, 6)
        changes = rng.normal(2, 2.5, 6)
        plain = statistics.paired_differences(frame_of({"base": base, "policy": base + changes}), "base").iloc[0]
        assert (statistics.ratio_interval(changes, base).low > 0) == (plain["ci_low_difference"] > 0)


@pytest.mark.parametrize(
    "base",
    [
        [-1.0, 1.5, 0.3, -0.4], [0.0, 0.0, 0.0, 0.0], [1.0, 3.0, 5.0, 7.0],
        [7.0, 9.0],  # two replications: the t quantile is 12.7, so eight standard errors from zero are not clear
    ],
)  # fmt: skip
def test_a_ratio_refuses_a_denominator_near_zero(base: list[float]) -> None:
    with pytest.raises(statistics.NearZeroError, match="Report the difference itself"):
        statistics.ratio_interval([1.0, 2.0, 3.0, 4.0][: len(base)], base)


def test_a_ratio_of_one_replication_has_no_interval() -> None:
    ours = statistics.ratio_interval([1.0], [4.0])
    assert ours.mean == 0.25
    assert np.isnan([ours.se, ours.low, ours.high]).all()


def test_holm_keeps_order_and_undefined() -> None:
    adjusted = statistics.holm([0.04, np.nan, 0.001, 0.9])
    assert adjusted[[0, 2, 3]] == pytest.approx([0.08, 0.003, 0.9])
    assert np.isnan(adjusted[1])


def test_holm_corrects_over_the_policies_of_a_measure() -> None:
    rng = np.random.default_rng(7)
    base = rng.normal(0, 1, 12)
    frame = frame_of({"base": base} | {f"level {k}": base + rng.normal(0.5, 1, 12) for k in range(4)})
    table = statistics.paired_differences(frame, "base")
    assert table["p_holm"].to_numpy() == pytest.approx(statistics.holm(table["p_value"]))
    assert (table["p_holm"] > table["p_value"]).any()


def five_policies(correction: str = "holm") -> pd.DataFrame:
    rng = np.random.default_rng(7)
    base = rng.normal(0, 1, 12)
    frame = frame_of({"base": base} | {f"level {k}": base + rng.normal(0.5, 1, 12) for k in range(5)})
    return statistics.paired_differences(frame, "base", correction=correction)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [  # by hand, from the definitions
        ("bonferroni", [0.04, 0.16, 0.12, 0.2]),
        ("holm", [0.04, 0.09, 0.09, 0.09]),
        ("hochberg", [0.04, 0.05, 0.05, 0.05]),
        ("simes-hochberg", [0.04, 0.05, 0.05, 0.05]),
        ("fdr_bh", [0.04, 0.05, 0.05, 0.05]),
    ],
)
def test_p_values_are_corrected_as_defined(correction: str, expected: list[float]) -> None:
    assert statistics.adjusted([0.01, 0.04, 0.03, 0.05], correction) == pytest.approx(expected)


def test_an_undefined_p_value_stays_so_and_is_not_counted() -> None:
    assert statistics.adjusted([np.nan, 0.02, 0.03], "bonferroni")[1:] == pytest.approx([0.04, 0.06])
    assert statistics.adjusted([np.nan, 0.02])[1] == 0.02


def test_an_unknown_correction_lists_those_there_are() -> None:
    for family in ([0.1], [0.1, 0.2]):
        with pytest.raises(statistics.CorrectionError, match=r"no correction 'tukey'.*holm, bonferroni"):
            statistics.adjusted(family, "tukey")
    with pytest.raises(statistics.CorrectionError, match="tukey"):
        five_policies("tukey")


def test_simultaneous_intervals_are_the_intervals_of_bonferroni() -> None:
    """Those of five comparisons at 95 % are the single intervals at 99 %, whatever the p values are corrected by."""
    table = five_policies()
    wide = stats.t.ppf(0.995, 11) * table["se_difference"]
    assert table["ci_low_simultaneous"].to_numpy() == pytest.approx((table["mean_difference"] - wide).to_numpy())
    assert table["ci_high_simultaneous"].to_numpy() == pytest.approx((table["mean_difference"] + wide).to_numpy())
    assert five_policies("fdr_bh")["ci_low_simultaneous"].to_numpy() == pytest.approx(
        table["ci_low_simultaneous"].to_numpy()
    )
    assert (table["comparisons"] == 5).all()
    assert set(table["correction"]) == {"p Holm, intervals Bonferroni, over 5 comparisons"}


def test_one_comparison_needs_no_correction() -> None:
    frame = frame_of({"base": [1.0, 2.0, 4.0], "policy": [2.0, 3.0, 4.0]})
    (row,) = statistics.paired_differences(frame, "base").itertuples()
    assert (row.ci_low_simultaneous, row.ci_high_simultaneous, row.p_adjusted) == (
        row.ci_low_difference,
        row.ci_high_difference,
        row.p_value,
    )
    assert row.correction == "none: one comparison"


def test_the_adjusted_p_is_the_one_asked_for() -> None:
    table = five_policies("bonferroni")
    assert table["p_adjusted"].to_numpy() == pytest.approx(np.minimum(5 * table["p_value"], 1))
    assert (table["p_holm"] <= table["p_adjusted"]).all()
    assert set(table["correction"]) == {"p Bonferroni, intervals Bonferroni, over 5 comparisons"}


def test_correcting_leaves_the_garbage_collector_as_it_was() -> None:
    before = gc.get_freeze_count(), gc.isenabled()
    statistics.holm([0.01, 0.02])
    assert (gc.get_freeze_count(), gc.isenabled()) == before


# Coverage. Of 1,000 intervals with a true confidence of 95 %, the share that covers has a standard error of
# 0.7 points, so that it lies within 93 to 97 % in 99.6 of 100 such studies.
STUDIES, POLICIES = 1_000, 5
EFFECTS = np.arange(1, POLICIES + 1) / 2.0


def normal_noise(rng: np.random.Generator, replications: int) -> np.ndarray:
    """Baseline and policies with luck in common: correlation 0.8, and unequal spreads."""
    common = rng.normal(0.0, 2.0, (STUDIES, replications, 1))
    own = rng.normal(0.0, 1.0, (STUDIES, replications, POLICIES + 1)) * np.linspace(0.6, 1.4, POLICIES + 1)
    return common + own


def skewed_noise(rng: np.random.Generator, replications: int) -> np.ndarray:
    """Luck in common that a policy makes felt more: gamma (shape 4, skewness 1), so that differences are skewed too."""
    common = rng.gamma(4.0, 0.5, (STUDIES, replications, 1)) - 2.0
    own = rng.gamma(4.0, 0.5, (STUDIES, replications, POLICIES + 1)) - 2.0
    return common * np.linspace(1.0, 1.5, POLICIES + 1) + own


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "replications", "seed"), [(normal_noise, 10, 1), (skewed_noise, 20, 2)])
def test_stated_intervals_cover_the_truth_as_often_as_stated(noise, replications: int, seed: int) -> None:
    """1,000 repeats of five policies against a baseline: each interval by itself, and all five together.

    Monte Carlo error of a share: standard error 0.7 points for the simultaneous ones and for each policy's. The
    differences have the baseline in common and so depend on each other, which Bonferroni's intervals allow for: they
    cover a little more often than stated.
    """
    values = noise(np.random.default_rng(seed), replications) + np.append(0.0, EFFECTS)
    about = pd.MultiIndex.from_product(
        [range(STUDIES), range(replications), ["base", *(f"level {k}" for k in range(POLICIES))]],
        names=["scenario", "replication", "policy"],
    )
    frame = pd.Series(values.ravel(), about, name="value").reset_index()
    table = statistics.paired_differences(frame.assign(period="all", measure="profit"), "base")
    truth = table["policy"].str.removeprefix("level ").astype(int).map(dict(enumerate(EFFECTS)))
    alone = (table["ci_low_difference"] <= truth) & (truth <= table["ci_high_difference"])
    together = (table["ci_low_simultaneous"] <= truth) & (truth <= table["ci_high_simultaneous"])
    for policy, share in alone.groupby(table["policy"]).mean().items():
        assert 0.93 <= share <= 0.97, policy
    assert 0.93 <= together.groupby(table["scenario"]).all().mean() <= 0.97


def cohorts_of(stayed: dict[str, list[list[float]]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("base", policy, replication, month, 1_000 * share, share)
            for policy, rows in stayed.items()
            for replication, row in enumerate(rows)
            for month, share in enumerate(row)
        ],
        columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"],
    )


def test_cohorts_are_summarised_by_month() -> None:
    table = statistics.summarise_cohorts(cohorts_of({"base": [[1.0, 0.9], [1.0, 0.8]]}))
    assert table["mean"].tolist() == pytest.approx([1.0, 0.85])
    assert table["at_risk"].tolist() == pytest.approx([1_000, 850])
    assert table["se"].iloc[0] == 0


def factorial(scenario: str = "base") -> pd.DataFrame:
    """Three replications of a 2 x 2 design: 10, +3 by a, +5 by b, -2 by both, and luck that is common to all."""
    luck = np.array([0.0, 4.0, -1.0])
    cells = {"none": 10.0, "a": 13.0, "b": 15.0, "ab": 16.0}
    return frame_of({policy: level + luck for policy, level in cells.items()}, scenario=scenario)


def test_contrasts_are_the_effects_of_a_design() -> None:
    weights = {
        "a": {("base", "ab"): 0.5, ("base", "a"): 0.5, ("base", "b"): -0.5, ("base", "none"): -0.5},
        "both": {("base", "ab"): 1.0, ("base", "a"): -1.0, ("base", "b"): -1.0, ("base", "none"): 1.0},
    }
    found = statistics.contrasts(factorial(), weights).set_index("contrast")
    assert found["mean_difference"].to_dict() == pytest.approx({"a": 2.0, "both": -2.0})
    assert (found["n"] == 3).all()
    assert found["se_difference"].to_numpy() == pytest.approx(0.0, abs=1e-12)


def test_a_contrast_of_two_policies_is_their_paired_difference(correlated: dict[str, np.ndarray]) -> None:
    frame = frame_of({name: values[0] for name, values in correlated.items()})
    (paired,) = statistics.paired_differences(frame, "base").itertuples()
    weights = {"gain": {("base", "policy"): 1.0, ("base", "base"): -1.0}}
    (found,) = statistics.contrasts(frame, weights).itertuples()
    for name in ("mean_difference", "ci_low_difference", "ci_high_difference", "p_value", "n", "probability_gain"):
        assert getattr(found, name) == pytest.approx(getattr(paired, name)), name
    wider = statistics.contrasts(frame, weights, 0.99)
    assert wider["ci_low_difference"].iloc[0] < paired.ci_low_difference
    values = statistics.contrast_values(frame, weights)["gain"]
    assert values.to_numpy() == pytest.approx(correlated["policy"][0] - correlated["base"][0])


def test_contrasts_reach_over_scenarios_and_correct_for_their_number() -> None:
    frame = pd.concat([factorial("one"), factorial("two").assign(value=lambda table: 2 * table["value"])])
    of_both = {("two", "a"): 1.0, ("two", "none"): -1.0, ("one", "a"): -1.0, ("one", "none"): 1.0}
    other = {("one", "b"): 1.0, ("two", "b"): -1.0}
    found = statistics.contrasts(frame, {"more in two": of_both, "other": other}).set_index("contrast")
    assert found.loc["more in two", "mean_difference"] == pytest.approx(3.0)
    assert found["p_holm"].tolist() == pytest.approx(statistics.holm(found["p_value"].tolist()).tolist())


def test_contrasts_refuse_what_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"contrast 'a' names .*nobody"):
        statistics.contrasts(factorial(), {"a": {("base", "nobody"): 1.0}})
    frame = factorial()
    less = frame[~((frame["policy"] == "b") & (frame["replication"] == 2))]
    with pytest.raises(statistics.UnpairedError, match="contrast 'b'"):
        statistics.contrasts(less, {"b": {("base", "b"): 1.0, ("base", "none"): -1.0}})


def test_a_contrast_is_undefined_where_one_of_its_figures_is() -> None:
    frame = factorial()
    frame.loc[(frame["policy"] == "b") & (frame["replication"] == 0), "value"] = np.nan
    (found,) = statistics.contrasts(frame, {"b": {("base", "b"): 1.0, ("base", "none"): -1.0}}).itertuples()
    assert (found.n, found.undefined, found.mean_difference) == (2, 1, pytest.approx(5.0))
