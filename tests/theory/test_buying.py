"""The law of repeat buying against a slow restatement: moment by moment, averaged over rates and chances to leave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.theory import (
    bdw_survival,
    bgnbd_alive,
    bgnbd_frequency,
    bgnbd_kept,
    bgnbd_log_likelihood,
    bgnbd_purchases,
    bgnbd_rate,
    bgnbd_score,
    sbg_survival,
    sbg_through,
)

SHAPES = st.tuples(st.floats(0.2, 6), st.floats(0.5, 20), st.floats(0.2, 4), st.floats(0.3, 8))
RECORDS = st.tuples(st.integers(0, 6), st.floats(0.05, 1), st.floats(0.5, 30)).map(
    lambda drawn: (drawn[0], drawn[1] * drawn[2] if drawn[0] else 0.0, drawn[2])
)
LAWS = st.tuples(st.booleans(), st.integers(1, 4))
SAMPLE = Path(__file__).with_name("cdnow_sample.txt")
ONE = (0.8, 3.0, 0.7, 2.0)


def rates(r: float, alpha: float, points: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Rates of random moments, and how often each occurs, Gamma(r, alpha): even steps of the log."""
    logs = np.linspace(-35 / min(r, 1), np.log(r + 120), points)  # far enough for rate^24 of it
    often = np.exp(r * logs - np.exp(logs) - scipy.special.gammaln(r)) * (logs[1] - logs[0])
    return np.exp(logs) / alpha, often


def chances(a: float, b: float, points: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Chances to leave, and how often each occurs, Beta(a, b): even steps of the logit."""
    logits = np.linspace(-35 / min(a, 1), 35 / min(b, 1), points)
    leaving = scipy.special.expit(logits)
    logs = a * scipy.special.log_expit(logits) + b * scipy.special.log_expit(-logits) - scipy.special.betaln(a, b)
    return leaving, np.exp(logs) * (logits[1] - logits[0])


def parts(r, alpha, a, b, x, last, observed, at_first, k) -> tuple[float, float]:
    """Density of the record of somebody who stays, and of somebody who left, without the factor of the gaps."""
    rate, often = rates(r, alpha)
    leaving, how_often = chances(a, b)
    silent = rate * (observed - last)
    unsold = sum(silent**j / np.prod(np.arange(1, j + 1)) for j in range(k)) * np.exp(-silent)
    density = rate ** (k * x) * np.exp(-rate * last)
    could = x + at_first
    stays = (often @ (density * unsold)) * (how_often @ (1 - leaving) ** could)
    left = (often @ density) * (how_often @ (leaving * (1 - leaving) ** (could - 1))) if could else 0.0
    return float(stays), float(left)


@given(SHAPES, RECORDS, LAWS)
def test_likelihood_and_chance_to_be_there_are_those_of_the_moments(shapes, record, law):
    stays, left = parts(*shapes, *record, *law)
    assert bgnbd_log_likelihood(*shapes, *record, *law) == pytest.approx(np.log(stays + left), rel=1e-6, abs=1e-6)
    assert bgnbd_alive(*shapes, *record, *law) == pytest.approx(stays / (stays + left), rel=1e-6, abs=1e-9)


@given(SHAPES, RECORDS, st.integers(1, 4))
def test_rate_of_somebody_who_is_there_has_the_mean_and_variance_of_the_moments(shapes, record, k):
    rate, often = rates(*shapes[:2])
    x, last, observed = record
    silent = rate * (observed - last)
    unsold = sum(silent**j / np.prod(np.arange(1, j + 1)) for j in range(k)) * np.exp(-silent)
    weight = often * rate ** (k * x) * np.exp(-rate * last) * unsold
    mean = weight @ rate / weight.sum() / k
    variance = weight @ (rate / k - mean) ** 2 / weight.sum()
    shape, scale = bgnbd_rate(*shapes[:2], *record, k)
    assert shape / scale == pytest.approx(mean, rel=1e-6)
    assert shape / scale**2 == pytest.approx(variance, rel=1e-5)


@given(SHAPES, st.floats(0.1, 200))
def test_what_is_kept_and_bought_is_averaged_over_rates_and_chances(shapes, ahead):
    r, alpha, a, b = shapes
    leaving, often = chances(a, b)

    def logs(rate: float) -> np.ndarray:
        """Log of the mean of exp(-lambda p s) over the gamma law, for each chance p."""
        return -rate * np.log1p(leaving * ahead / alpha)

    assert bgnbd_kept(r, alpha, a, b, ahead) == pytest.approx(often @ np.exp(logs(r)), rel=1e-6)
    assert bgnbd_kept(r, alpha, a, b, ahead, by_purchases=True) == pytest.approx(often @ np.exp(logs(r + 1)), rel=1e-6)
    assert bgnbd_purchases(r, alpha, a, b, ahead) == pytest.approx(often @ (-np.expm1(logs(r)) / leaving), rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (1.0 + 1e-9, 0.7), (0.4, 0.6), (0.4, 0.6 + 1e-7), (1.0, 0.1)])
def test_expected_purchases_are_smooth_where_the_closed_form_has_poles(a, b):
    leaving, often = chances(a, b)
    due = often @ (-np.expm1(-1.3 * np.log1p(leaving * 20.0 / 3.0)) / leaving)
    assert bgnbd_purchases(1.3, 3.0, a, b, 20.0) == pytest.approx(due, rel=1e-5)


def test_somebody_who_buys_hundreds_of_times_has_finite_figures():
    found = bgnbd_purchases(1000.0, 1000.0, 0.01, 5.0, 2000.0), bgnbd_kept(1000.0, 1000.0, 0.7, 2.0, 2000.0)
    assert np.isfinite(found).all()
    assert 1500 < found[0] < 2000
    assert 0 < found[1] < 0.02


@settings(max_examples=10)
@given(SHAPES, st.floats(0.5, 20), LAWS)
def test_how_many_buy_how_often_is_counted_moment_by_moment(shapes, observed, law):
    r, alpha, a, b = shapes
    at_first, k = law
    most = 5
    rate, often = rates(r, alpha, 300)
    leaving, how_often = chances(a, b, 800)
    due = np.zeros(most + 1)
    moments = np.arange(150)
    chance = often @ scipy.stats.poisson.pmf(moments, rate[:, None] * observed)
    for x in range(most + 1):
        could = x + at_first
        gone = how_often @ (leaving * (1 - leaving) ** (could - 1)) if could else 0.0
        due[x] = (
            gone * chance[moments // k >= x].sum()
            + (how_often @ (1 - leaving) ** could) * chance[moments // k == x].sum()
        )
    rest = 1 - chance.sum()  # of those who buy more often than is counted
    assert bgnbd_frequency(r, alpha, a, b, most, observed, *law) == pytest.approx(due, abs=1e-5 + rest)


@given(SHAPES, RECORDS, LAWS)
def test_slopes_are_those_of_the_likelihood(shapes, record, law):
    found = bgnbd_score(*shapes, *record, *law)
    for place in range(4):
        step = 1e-5 * shapes[place] * np.eye(4)[place]
        high, low = (bgnbd_log_likelihood(*(np.array(shapes) + way * step), *record, *law) for way in (1, -1))
        assert found[place] == pytest.approx((high - low) / (2 * step.sum()), rel=1e-4, abs=1e-6)


def test_nobody_leaves_before_a_repeat_purchase_unless_at_first():
    assert bgnbd_alive(*ONE, 0, 0.0, 50.0) == 1
    assert bgnbd_alive(*ONE, 0, 0.0, 50.0, True) < 0.5


@pytest.mark.parametrize("record", [(-1, 0.0, 1.0), (1, 2.0, 1.0), (0, 0.0, np.nan)])
def test_an_impossible_record_is_refused(record):
    with pytest.raises(ValueError, match="correct it"):
        bgnbd_log_likelihood(*ONE, *record)


@pytest.mark.parametrize("place", range(4))
def test_an_impossible_shape_is_refused(place):
    shapes = [*ONE]
    shapes[place] = 0.0
    with pytest.raises(ValueError, match="give a finite number above 0"):
        bgnbd_log_likelihood(*shapes, 0, 0.0, 1.0)


@given(st.floats(0.2, 5), st.floats(0.2, 10), st.floats(0.3, 3), st.integers(0, 12))
def test_duration_dependence_is_averaged_over_chances(alpha, beta, c, periods):
    leaving, often = chances(alpha, beta)
    assert bdw_survival(alpha, beta, c, periods) == pytest.approx(often @ (1 - leaving) ** periods**c, abs=1e-6)
    assert bdw_survival(alpha, beta, 1.0, periods) == pytest.approx(float(sbg_survival(alpha, beta, periods)))


@given(st.floats(0.05, 50), st.floats(0.05, 50))
def test_a_law_is_found_again_from_two_of_its_years(alpha, beta):
    first, second = sbg_survival(alpha, beta, [1, 2])
    assert sbg_through(float(first), float(second)) == pytest.approx((alpha, beta), rel=1e-6)


@pytest.mark.parametrize(("first", "second"), [(0.8, 0.64), (0.8, 0.5), (0.5, 0.6), (1.0, 1.0)])
def test_survival_that_does_not_retain_more_in_the_second_year_has_no_law(first, second):
    with pytest.raises(ValueError, match="no sBG model"):
        sbg_through(first, second)


def test_the_published_sample_is_the_published_one(data_folder: Path):
    """BG/NBD of the 2,357 customers of the systematic sample of Fader, Hardie & Lee 2005, table 2; weeks."""
    sample = np.array(SAMPLE.read_text("utf-8").split("\n", 1)[1].split(), dtype=int)
    sales = pd.read_csv(data_folder / "data" / "cdnow_share" / "cdnow_1997-01_1997-09.csv.gz", parse_dates=["date"])
    own = sales[sales["customer"].isin(sample)].drop_duplicates(["customer", "date"]).groupby("customer")["date"]
    first, last, x = own.min(), own.max(), own.size() - 1
    weeks = [
        ((end - first).dt.days / 7).to_numpy() for end in (last, pd.Series(pd.Timestamp("1997-09-30"), first.index))
    ]
    assert (len(x), x.sum(), (x == 0).sum()) == (2357, 2457, 1411)
    published = (0.243, 4.414, 0.793, 2.426)
    assert bgnbd_log_likelihood(*published, x, *weeks).sum() == pytest.approx(-9582.4, abs=0.05)
    assert np.abs(bgnbd_score(*published, x, *weeks).sum(axis=1) * published).max() < 2  # flat there: a peak
