"""Fits of survival tables: the published cohorts, known laws found again, and tables that are none refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.company.fitting import cohorts
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.kind_fit import KindFit
from sim.theory import bdw_survival, sbg_survival
from tests.unit.company.made_customers import clean, survivors

HIGH_END = (100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4)
REGULAR = (100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3)
"""Per cent of 1,000 customers still there after so many years: Fader & Hardie 2007, table 1."""


def table(start: float | None = 1000.0, **alive: object) -> pd.DataFrame:
    rows = [(name, period, one) for name, values in alive.items() for period, one in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["cohort", "period", "alive"])
    return frame if start is None else frame.assign(start=start)


def fitted(frame: pd.DataFrame, **asked: object) -> KindFit:
    with clean("cohorts", frame) as records:
        return cohorts.fit(records, **asked)


def only(part: KindFit, name: str, key: str = "") -> Estimate:
    (found,) = [one for one in part.estimates if (one.name, one.key) == (name, key)]
    return found


@pytest.mark.parametrize(
    ("name", "alive", "alpha", "beta", "log_likelihood"),
    [("high", HIGH_END, 0.668, 3.806, -1611.16), ("regular", REGULAR, 0.704, 1.182, -1680.27)],
)
def test_the_published_cohorts_are_the_published_ones(name, alive, alpha, beta, log_likelihood):
    part = fitted(table(**{name: alive}), until=7)
    assert only(part, "sbg_alpha", name).value == pytest.approx(alpha, abs=5e-4)
    assert only(part, "sbg_beta", name).value == pytest.approx(beta, abs=5e-4)
    assert f"log-likelihood {log_likelihood:.2f}" in only(part, "sbg_alpha", name).goodness
    assert part.parameters == {
        "disposition_alpha": only(part, "sbg_alpha", name).value, "disposition_beta": only(part, "sbg_beta", name).value
    }  # fmt: skip


def test_duration_dependence_of_the_published_cohort_is_the_published_one():
    """High End on four years: c = 1.584, as in the software example of Fader et al. 2018."""
    part = fitted(table(high=HIGH_END), until=4)
    assert only(part, "bdw_c", "high").value == pytest.approx(1.584, abs=1e-3)


def test_years_0_to_7_forecast_years_8_to_12():
    part = fitted(table(high=HIGH_END, regular=REGULAR), until=7)
    errors = part.holdout.errors.set_index(["measure", "method"])
    for name in ("high", "regular"):
        own = errors.loc[f"share still there: {name}"]
        assert own.loc["forecast", "mae"] < 0.006
        assert own.loc["forecast", "covered"] == 1.0
        assert own.loc["the sBG law", "bias"] < 0  # it has fewer stay than do
        assert own["mae"].drop(["forecast", "the sBG law", "the BdW law"]).min() > own.loc["forecast", "mae"]
    said = " ".join(part.remarks)
    assert "Cohort high: a customer's own chance to leave rises with age" in said
    assert "Cohort regular: a customer's own chance" not in said
    assert "The cohorts differ" in said
    course = part.holdout.course
    assert course["start"].tolist() == [8, 9, 10, 11, 12] * 2
    assert course["actual"].tolist() == pytest.approx([one / 100 for one in (*HIGH_END[8:], *REGULAR[8:])])


@pytest.mark.parametrize("scale", [1.0, 100.0, 2000.0])
def test_shares_percentages_and_customers_are_told_apart(scale):
    share = np.round(sbg_survival(0.8, 2.0, np.arange(9)), 4)
    part = fitted(table(start=2000.0, a=share * scale))
    assert only(part, "sbg_alpha", "a").value == pytest.approx(0.8, rel=2e-3)
    assert only(part, "sbg_alpha", "a").n == 2000


def test_a_hundred_may_be_customers_or_per_cent():
    percent = fitted(table(start=None, a=HIGH_END))
    assert (only(percent, "sbg_alpha", "a").n, only(percent, "sbg_alpha", "a").value) == (
        0,
        pytest.approx(0.596, abs=1e-3),
    )
    people = fitted(table(start=None, a=np.rint(HIGH_END)))
    assert only(people, "sbg_alpha", "a").n == 100


def test_a_table_may_start_after_the_first_renewal_when_the_size_is_known():
    share = sbg_survival(0.8, 2.0, np.arange(9))
    frame = table(start=2000.0, a=share * 2000)
    whole, without = fitted(frame), fitted(frame[frame["period"] > 0])
    assert without.parameters == pytest.approx(whole.parameters)


def test_without_a_size_there_are_shapes_and_no_intervals():
    share = sbg_survival(0.8, 2.0, np.arange(9))
    part = fitted(table(start=None, a=share), until=6)
    alpha = only(part, "sbg_alpha", "a")
    assert alpha.value == pytest.approx(0.8, rel=1e-3)
    assert alpha.n == 0
    assert np.isnan(alpha.low)
    assert part.ranges == {}
    assert part.holdout.course["pi_low"].isna().all()
    assert any("no size is known" in remark for remark in part.remarks)


def test_months_are_turned_into_years():
    share = sbg_survival(0.5, 20.0, np.arange(37))
    part = fitted(table(start=5000.0, a=share), periods_a_year=12)
    alpha, beta = part.parameters["disposition_alpha"], part.parameters["disposition_beta"]
    assert sbg_survival(alpha, beta, [1, 2]) == pytest.approx(share[[12, 24]], abs=1e-4)
    low, high = part.ranges["disposition_alpha"]
    assert 0 < low < alpha < high


def test_customers_who_do_not_differ_put_the_spread_at_its_bound():
    share = 0.8 ** np.arange(9)
    part = fitted(table(start=5000.0, a=share))
    alpha, beta = only(part, "sbg_alpha", "a"), only(part, "sbg_beta", "a")
    assert alpha.value / (alpha.value + beta.value) == pytest.approx(0.2, abs=1e-3)
    assert alpha.high == np.inf
    assert part.ranges == {}


def test_cohorts_of_one_law_are_not_told_to_differ():
    rng = np.random.default_rng(3)
    part = fitted(table(start=None, **{name: survivors(rng, 0.8, 2.5, 3000, 7) for name in "abc"}))
    assert not any("The cohorts differ" in remark for remark in part.remarks)
    assert only(part, "disposition_alpha").n == 9000


def test_an_own_chance_that_changes_with_age_is_seen_and_forecast():
    share = bdw_survival(0.4, 3.0, 1.7, np.arange(13))
    part = fitted(table(start=4000.0, a=share), until=7)
    errors = part.holdout.errors.set_index("method")["mae"]
    assert errors["forecast"] == errors["the BdW law"] < 0.2 * errors["the sBG law"]
    assert set(part.curves["survival"]["law"]) == {"BdW"}


def test_the_frame_of_the_plot_goes_from_the_start_to_the_end_of_the_forecast():
    part = fitted(table(high=HIGH_END))
    frame = part.curves["survival"]
    assert frame["period"].tolist() == list(range(18))
    assert frame["share"].isna().tolist() == [False] * 13 + [True] * 5
    assert frame["forecast"].isna().tolist() == [True] * 13 + [False] * 5
    ahead = frame[13:]
    assert (ahead["pi_low"] < ahead["forecast"]).all()
    assert (ahead["forecast"] < ahead["pi_high"]).all()
    assert frame["at_risk"][1] == pytest.approx(869)


BAD = {
    "survival that rises": (table(a=[1000, 800, 810, 700]), "810 are there in period 2, 800 in period 1"),
    "shares above 1": (table(start=None, a=[1.0, 1.2, 0.9, 0.8]), "1.2 are there in period 1, 1 in period 0"),
    "a first share that is not all": (table(start=None, a=[0.9, 0.8, 0.7]), "period 0 holds 0.9"),
    "a first period that is not the size": (table(a=[900, 800, 700]), "neither its 1000 customers nor 1 nor 100"),
    "below zero": (table(a=[1000, 500, -3]), "missing or below 0"),
    "a blank": (table(a=[1000, 500, np.nan]), "missing or below 0"),
    "a period twice": (table(a=[1000, 900, 800]).assign(period=[0, 1, 1]), "period 1 stands there twice"),
    "a period missing": (table(a=[1000, 900, 800]).assign(period=[0, 2, 3]), "period 1 is missing"),
    "two sizes": (table(a=[1000, 900, 800]).assign(start=[1000, 1000, 900]), "its start is 1000 in one row and 900"),
    "one renewal": (table(a=[1000, 900]), "1 renewal is too few"),
    "nobody lost": (table(a=[1000, 1000, 1000, 1000]), "nobody is lost until period 3"),
    "no period": (table(a=[1000, 900, 800]).drop(columns="period"), "no column says the period"),
    "no rows": (table(a=[1000, 900, 800]).iloc[:0], "the table is empty"),
}


@pytest.mark.parametrize(("frame", "said"), BAD.values(), ids=BAD.keys())
def test_a_table_that_is_none_is_refused_in_a_sentence(frame, said):
    with pytest.raises(FitError, match=said) as refused:
        fitted(frame)
    assert str(refused.value).count("\n") == 0


@pytest.mark.parametrize(
    ("until", "said"), [(12, "nothing is left to forecast"), ("soon", "is not a period"), (-1, "is not a period")]
)
def test_an_end_that_is_no_period_is_refused(until, said):
    with pytest.raises(FitError, match=said):
        fitted(table(high=HIGH_END), until=until)


def test_a_cohort_of_which_nobody_is_left_has_finite_figures():
    part = fitted(table(start=None, a=[50, 20, 5, 0, 0]))
    assert all(np.isfinite(one.value) for one in part.estimates)
    assert (part.curves["survival"]["forecast"].dropna() == 0).all()
