"""Fits of purchases: known customers are found again, forecasts hold, and nonsense is refused in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.company.fitting import purchases
from sim.company.fitting.cutoff import day_of
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.kind_fit import KindFit
from sim.company.fitting.likelihood import Peak
from sim.company.fitting.purchases import ahead
from sim.company.fitting.purchases.ahead import band, draw_days, expected, swing
from sim.company.fitting.purchases.base import YEAR, fit_base
from sim.company.fitting.purchases.gaps import fit_gaps
from sim.company.fitting.purchases.histories import histories, records
from sim.company.fitting.purchases.law import fit_law, fit_laws
from sim.company.fitting.purchases.orders import fit_orders
from sim.model.clock import YEAR_DAYS
from sim.theory import bgnbd_kept, sbg_survival
from tests.unit.company.made_customers import FIRST_DAY, buyers, clean, grouped, sales

SHAPES = (1.2, 8.0, 0.8, 3.0)
WEEKS = np.linspace(70, 100, 1000)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch, request) -> None:
    """Bands are as good as their draws, and slow; only the music shop needs them all."""
    if "cdnow" not in request.fixturenames:
        monkeypatch.setattr(ahead, "DRAWS", 100)


def fitted(frame: pd.DataFrame, **asked: object) -> KindFit:
    with clean("purchases", frame) as table:
        return purchases.fit(table, **asked)


def only(part: KindFit, name: str) -> Estimate:
    (found,) = [one for one in part.estimates if one.name == name]
    return found


def assert_near(found: Estimate, true: float, widths: float = 2.0) -> None:
    """The truth is no farther than some half-widths of the interval, and the interval is not empty."""
    half = (found.high - found.low) / 2
    assert half > 0
    assert abs(found.value - true) < widths * half, found


def gaps_of(rng: np.random.Generator, form: str, cv: float, people: int = 800, days: float = 400.0) -> pd.DataFrame:
    """Purchases of people whose mean gap is their own, about 40 days, until the record ends."""
    mean = rng.lognormal(np.log(40), 0.5, people)[:, None]
    if form == "gamma":
        gaps = rng.gamma(cv**-2, mean * cv**2, (people, 120))
    else:
        sigma = np.sqrt(np.log1p(cv * cv))
        gaps = mean * np.exp(sigma * rng.standard_normal((people, 120)) - sigma * sigma / 2)
    day = np.rint(np.cumsum(gaps, axis=1) - gaps[:, :1] * rng.random((people, 1)))
    who, which = np.nonzero(day < days)
    return pd.DataFrame({"customer": who, "date": FIRST_DAY + pd.to_timedelta(day[who, which], unit="D")})


# ---- gaps and orders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "name"), [("gamma", "gap_cv"), ("lognormal", "gap_cv_lognormal")])
def test_the_form_of_gaps_is_told_and_its_cv_found_though_rates_differ_and_the_record_ends(rng, form, name):
    with clean("purchases", gaps_of(rng, form, 0.5)) as table, histories(table, None) as of:
        found = fit_gaps(of, 0.95)
    assert found.taken is not None
    assert found.taken.name == name
    assert found.taken.value == pytest.approx(0.5, abs=0.02)
    by_name = {one.name: one for one in found.estimates}
    assert by_name["gap_cv_pooled"].value > 0.55
    assert by_name["gap_cv_mean_of_customers"].value < 0.49
    assert found.widest == (by_name["gap_cv_mean_of_customers"].low, max(one.high for one in found.estimates[1:]))


def test_a_purchase_is_all_that_one_pays_on_one_day(rng):
    days = FIRST_DAY + pd.to_timedelta([0, 0, 5, 0, 9], unit="D")
    frame = pd.DataFrame({"customer": [1, 1, 1, 2, 2], "date": days, "value": [10.0, 20.0, 30.0, 40.0, np.nan]})
    part = fitted(frame)
    order = only(part, "average_order")
    assert (order.n, order.value) == (3, pytest.approx(100 / 3))
    assert order.low < order.value < order.high
    assert part.numbers["average_order"] == 33.33
    assert any("value of 1 purchases is not known" in remark for remark in part.remarks)


def test_orders_that_are_all_the_same_have_no_spread(rng):
    frame = sales(buyers(rng, SHAPES, WEEKS[:200]), WEEKS[:200], np.array([20.0])).drop_duplicates()
    with clean("purchases", frame) as table, histories(table, None) as of:
        average, spread, _ = fit_orders(of, 0.95)
    assert spread.value == 0
    assert spread.high < 0.1
    assert average.low == pytest.approx(20.0)


# ---- the law ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at_first", "regularity"), [(False, 1), (True, 1), (True, 3), (False, 3)])
def test_the_law_that_made_the_records_is_chosen_and_its_figures_found(rng, at_first, regularity):
    times = buyers(rng, (1.2, 8.0 / regularity, 0.8, 3.0), WEEKS, at_first, regularity)
    best, plain = fit_laws(grouped(times, WEEKS), cv=regularity**-0.5)
    assert (best.at_first, best.regularity, plain.name) == (at_first, regularity, "BG/NBD")
    r, alpha, a, b = best.shapes
    assert r / alpha == pytest.approx(1.2 / 8.0 * regularity, rel=0.12)
    assert a / (a + b) == pytest.approx(0.8 / 3.8, rel=0.15)
    assert np.isfinite(best.peak.covariance).all()


def test_customers_who_are_alike_put_the_shapes_at_their_bound_and_leave_the_rate_known(rng):
    weeks = np.full(1000, 80.0)
    law = fit_law(grouped(buyers(rng, (1e6, 5e6, 1e-9, 1.0), weeks), weeks), at_first=False)
    assert law.peak.bound[1]
    assert law.nobody_leaves
    assert np.exp(law.peak.at.item(0)) == pytest.approx(0.2, rel=0.02)
    assert law.peak.sound


def test_leaving_that_may_be_chance_is_not_told(rng):
    weeks = np.full(300, 40.0)
    times = buyers(rng, (2.0, 8.0, 0.02, 20.0), weeks)  # one in a thousand leaves after a purchase
    law = fit_law(grouped(times, weeks), at_first=False)
    assert law.nobody_leaves
    part = fitted(sales(times, weeks))
    assert "yearly_churn" not in part.numbers
    assert "disposition_alpha" not in part.parameters


def test_a_company_that_nobody_leaves_says_so(rng):
    weeks = np.full(300, 60.0)
    part = fitted(sales(buyers(rng, (2.0, 8.0, 1e-9, 1.0), weeks), weeks))
    assert np.isnan(only(part, "yearly_leaving").value)
    assert "yearly_churn" not in part.numbers
    assert any("Nobody seems to leave" in remark for remark in part.remarks)


def test_how_many_buy_how_often_adds_up_to_all_customers(rng):
    part = fitted(sales(buyers(rng, SHAPES, WEEKS), WEEKS))
    assert "price" not in part.parameters  # nothing says what was paid
    assert {"customers", "yearly_churn"} == set(part.numbers)
    table = part.curves["frequencies"]
    assert table["actual"].sum() == len(WEEKS)
    assert table["expected"].sum() == pytest.approx(len(WEEKS))
    assert table["open"].tolist() == [False] * (len(table) - 1) + [True]
    inside = table["actual"].between(table["pi_low"], table["pi_high"])
    assert inside.mean() > 0.7


# ---- the base of customers ----------------------------------------------------------------------------------------


def test_the_base_is_that_of_the_people_who_have_not_left(rng):
    r, alpha, a, b = SHAPES
    people, weeks = 4000, 110.0
    rate, leaving = rng.gamma(r, 1 / alpha, people), rng.beta(a, b, people)
    leaves = rng.exponential(1, people) / (rate * leaving)  # an exponential time after the first purchase
    times = []
    for own, chance, end in zip(rate, leaving, leaves, strict=True):
        stays = np.cumsum(rng.exponential(1 / (own * (1 - chance)), 400))
        bought = np.sort(np.append(stays[stays < end], end))
        times.append(bought[bought < weeks])
    seen = np.full(people, weeks)
    law = fit_law(grouped(times, seen), at_first=False)
    with clean("purchases", sales(times, seen)) as table, histories(table, None) as of:
        base = fit_base(of, law, 0.95)
    last = np.array([own[-1] if len(own) else 0.0 for own in times])
    there = (leaves > weeks) & (weeks - last <= base.silence / 7)
    assert_near(base.customers, there.sum())
    assert_near(base.purchases, rate[there].mean() * YEAR)
    assert base.gap.value == pytest.approx(YEAR_DAYS / base.purchases.value)
    assert (base.gap.low, base.gap.high) == pytest.approx(
        (YEAR_DAYS / base.purchases.high, YEAR_DAYS / base.purchases.low)
    )
    stay = there & (leaves > weeks + YEAR)
    assert_near(base.leaving, 1 - rate[stay].sum() / rate[there].sum(), widths=3)


def test_the_disposition_loses_purchases_as_the_law_does(rng):
    law = fit_law(grouped(buyers(rng, SHAPES, WEEKS), WEEKS), at_first=False)
    with clean("purchases", sales(buyers(rng, SHAPES, WEEKS), WEEKS)) as table, histories(table, None) as of:
        base = fit_base(of, law, 0.95)
    due = bgnbd_kept(*law.shapes, [YEAR, 2 * YEAR], by_purchases=True)
    assert sbg_survival(base.alpha.value, base.beta.value, [1, 2]) == pytest.approx(due)
    assert base.alpha.low < base.alpha.value < base.alpha.high


def test_a_year_of_leaving_is_handed_on_only_after_a_year(rng):
    seen = np.full(600, 60.0)
    times = buyers(rng, SHAPES, seen)
    whole = fitted(sales(times, seen, np.array([20.0])))
    assert {"yearly_churn", "customers", "average_order"} == set(whole.numbers)
    assert set(whole.parameters) == {
        "purchase_gap_mean", "purchase_gap_cv", "price", "disposition_alpha", "disposition_beta"
    }  # fmt: skip
    assert set(whole.ranges) == set(whole.parameters)
    for name, (low, high) in whole.ranges.items():
        assert low <= whole.parameters[name] <= high
    half = fitted(sales([own[own < 30] for own in times], np.full(600, 30.0)))
    assert "yearly_churn" not in half.numbers
    assert "disposition_alpha" not in half.parameters
    assert any("carried beyond them" in remark for remark in half.remarks)


def test_first_purchases_of_new_customers_count_after_two_years(rng):
    weeks = np.append(np.full(400, 110.0), np.linspace(10, 50, 300))
    frame = sales(buyers(rng, SHAPES, weeks), weeks)
    part = fitted(frame)
    again, every = only(part, "purchases_a_year").value, only(part, "purchases_with_first").value
    assert every == pytest.approx(again + 300 / only(part, "customers").value)
    assert part.numbers["purchases_a_year"] == pytest.approx(every, rel=1e-3)
    short = fitted(frame[frame["date"] > frame["date"].min() + pd.Timedelta(days=60)])
    assert np.isnan(only(short, "purchases_with_first").value)
    assert "purchases_a_year" not in short.numbers
    assert short.parameters["purchase_gap_mean"] == pytest.approx(
        YEAR_DAYS / only(short, "purchases_a_year").value, rel=1e-3
    )
    assert any("do not show who is new" in remark for remark in short.remarks)


def test_the_file_says_what_yearly_churn_leaves_out(rng, tmp_path):
    weeks = np.full(300, 110.0)
    sales(buyers(rng, SHAPES, weeks), weeks).to_csv(tmp_path / "purchases.csv", index=False)
    text = (sim.fit(tmp_path / "purchases.csv").save(tmp_path / "out") / "my.toml").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("yearly_churn = 0."))
    assert "95 % interval" in line
    assert "who comes back is not seen to leave" in line
    assert "purchases_a_year = " in text


def test_a_share_of_many_customers_stands_for_all(rng):
    weeks = np.full(2000, 60.0)
    with clean("purchases", sales(buyers(rng, SHAPES, weeks), weeks)) as table, histories(table, None) as of:
        some, every = records(of, most=1000), records(of)
        assert 900 < some.customers < 1100
        assert some.share == pytest.approx(some.customers / 2000)
        whole, part = (fit_base(of, fit_law(one, at_first=False), 0.95) for one in (every, some))
    assert part.customers.value == pytest.approx(whole.customers.value, rel=0.08)
    assert part.customers.high - part.customers.low > whole.customers.high - whole.customers.low


# ---- what is to come ----------------------------------------------------------------------------------------------


def test_what_lies_after_a_day_is_forecast_from_what_lies_before(rng):
    weeks = np.full(2500, 80.0)
    frame = sales(buyers(rng, SHAPES, weeks, at_first=True), weeks)
    part = fitted(frame, until="2022-03-31")
    assert part.holdout is not None
    course, errors = part.holdout.course, part.holdout.errors.set_index(["grain", "method"])
    after = frame[frame["date"] > "2022-03-31"]
    total = course[course["grain"] == "total"].iloc[0]
    assert total["actual"] == len(after.drop_duplicates())
    assert total["pi_low"] < total["actual"] < total["pi_high"]
    assert errors.loc[("week", "forecast"), "covered"] > 0.8
    own = errors["mae"].xs("total")
    assert own["forecast"] < 0.5 * own.drop("forecast").min()
    april = after[after["date"] < "2022-05-01"].drop_duplicates()
    assert course[course["grain"] == "month"].set_index("start")["actual"][pd.Timestamp("2022-04-01")] == len(april)
    last = part.curves["held"].iloc[-1]
    assert last["mean"] == pytest.approx(total["mean"])
    assert (last["pi_low"], last["pi_high"]) == pytest.approx((total["pi_low"], total["pi_high"]))


@pytest.mark.parametrize("day", ["2021-12-31", date(2021, 12, 31), pd.Timestamp("2021-12-31 10:00")])
def test_a_day_is_a_day_however_it_is_written(day):
    assert day_of(day) == date(2021, 12, 31)


def test_only_whole_weeks_and_months_are_forecast_and_new_customers_are_told(rng):
    weeks = np.full(400, 60.0)
    frame = sales(buyers(rng, SHAPES, weeks), weeks)
    new = pd.DataFrame({"customer": [9001, 9002], "date": [pd.Timestamp("2022-02-01")] * 2})
    part = fitted(pd.concat([frame, new]), until="2021-12-20")
    starts = part.holdout.course.groupby("grain")["start"].apply(list)
    last = frame["date"].max()
    assert starts["month"] == [pd.Timestamp("2022-01-01")]
    assert starts["week"] == list(pd.date_range("2021-12-21", last - pd.Timedelta(days=6), freq="7D"))
    assert any("2 purchases after 2021-12-20 are those of new customers" in remark for remark in part.remarks)
    assert (
        part.holdout.course.set_index("grain")["actual"]["total"]
        == (frame.drop_duplicates()["date"] > "2021-12-20").sum()
    )


def test_weeks_that_differ_make_bands_wider(rng):
    weeks = np.full(3000, 60.0)
    frame = sales(buyers(rng, SHAPES, weeks), weeks)
    even = (frame["date"].max() - frame["date"]).dt.days // 7 % 2 == 0
    told, widths = [], []
    for own in (frame, frame[even | (rng.random(len(frame)) < 0.4)]):
        with clean("purchases", own) as table, histories(table, None) as of:
            law = fit_law(records(of), at_first=False)
            cv, _ = swing(of, law)
            low, high = band(draw_days(law, 28, cv, draws=200).reshape(-1, 4, 7).sum(axis=2), 0.95)
        told.append(cv)
        widths.append((high - low) / expected(law, 28)[-1])
    assert told[0] < 0.12
    assert 0.35 < told[1] < 0.5  # weeks of 1 and of 0.4
    assert (widths[1] > 1.5 * widths[0]).all()


@pytest.mark.parametrize(("shapes", "weeks"), [(SHAPES, WEEKS), ((50.0, 5.0, 20.0, 20.0), np.full(3000, 0.3))])
def test_draws_have_the_mean_that_the_closed_form_expects(rng, shapes, weeks):
    law = fit_law(grouped(buyers(rng, shapes, weeks, at_first=True), weeks), at_first=True)
    sure = replace(law, peak=replace(law.peak, covariance=np.zeros((4, 4))))
    drawn = draw_days(sure, 91, swing=0.0, draws=300).cumsum(axis=1)
    off = drawn.mean(axis=0) - expected(sure, 91)
    assert np.abs(off / (drawn.std(axis=0) / np.sqrt(300))).max() < 4  # standard errors


def test_draws_stay_inside_the_bounds_of_the_search():
    limits = np.array([[-1.0, 0.0], [1.0, 3.0]])
    peak = Peak(np.array([0.9, 0.1]), 0.0, np.eye(2), np.zeros(2, dtype=bool), limits)
    drawn = peak.draws(200, np.random.default_rng(1))
    assert drawn.min(axis=0).tolist() == [-1.0, 0.0]
    assert drawn.max(axis=0)[0] == 1.0


def test_cohorts_are_counted_by_month_and_only_whole_months():
    days = ["2021-01-05", "2021-02-03", "2021-02-20", "2021-03-01", "2021-01-20", "2021-02-10", "2021-04-10"]
    frame = pd.DataFrame({"customer": [1, 1, 1, 1, 2, 3, 3], "date": pd.to_datetime(days)})
    table = fitted(frame).curves["cohorts"].set_index(["cohort", "month"])
    assert table.loc["2021-01", "active"].tolist() == [2, 1, 1]
    assert table.loc["2021-02", "active"].tolist() == [1, 0]
    assert table.loc["all", "at_risk"].tolist() == [3, 3, 2]
    assert table.loc[("all", 1), "share"] == pytest.approx(1 / 3)
    ended = pd.concat([frame, pd.DataFrame({"customer": [2], "date": [pd.Timestamp("2021-04-30")]})])
    whole = fitted(ended).curves["cohorts"].set_index(["cohort", "month"])
    assert whole.loc["2021-01", "active"].tolist() == [2, 1, 1, 1]
    assert (table["ci_low"] <= table["share"]).all()
    assert (table["share"] <= table["ci_high"]).all()


# ---- nothing is left behind, and nonsense is refused ----------------------------------------------------------------


def test_no_table_is_left_behind_and_nobody_is_named(rng):
    with clean("purchases", sales(buyers(rng, SHAPES, WEEKS[:100]), WEEKS[:100])) as table:
        part = purchases.fit(table)
        with pytest.raises(FitError):
            purchases.fit(table, until="1990-01-01")
        assert table.connection.execute("SHOW TABLES").fetchall() == [("records",)]
    for frame in part.curves.values():
        assert "customer" not in frame.columns


DAY = pd.Timestamp("2021-03-01")
BAD = {
    "nobody is known": (pd.DataFrame({"customer": [None, None], "date": [DAY, DAY]}), {}, "no row has both"),
    "no dates": (pd.DataFrame({"customer": [1, 2]}), {}, "no column says the date"),
    "no customers": (pd.DataFrame({"date": [DAY], "value": [1.0]}), {}, "no column says the customer"),
    "until no date": (pd.DataFrame({"customer": [1], "date": [DAY]}), {"until": "soon"}, "is not a date"),
    "until too early": (pd.DataFrame({"customer": [1], "date": [DAY]}), {"until": "2020-01-01"}, "nobody bought until"),
    "until too late": (
        pd.DataFrame({"customer": [1], "date": [DAY]}),
        {"until": "2022-01-01"},
        "nothing was bought after",
    ),
}


@pytest.mark.parametrize(("frame", "asked", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_fitted_is_refused_in_a_sentence(frame, asked, said):
    with pytest.raises(FitError, match=said) as refused:
        fitted(frame, **asked)
    assert str(refused.value).count("\n") == 0


DAYS = DAY + pd.to_timedelta(range(200), unit="D")
POOR = {
    "one customer": pd.DataFrame({"customer": 1, "date": DAYS[::20], "value": 5.0}),
    "a purchase each": pd.DataFrame({"customer": range(200), "date": DAYS, "value": 5.0}),
    "all on one day": pd.DataFrame({"customer": [*range(200), *range(200)], "date": DAY, "value": 5.0}),
    "one row": pd.DataFrame({"customer": [1], "date": [DAY], "value": [5.0]}),
}  # fmt: skip


@pytest.mark.parametrize("frame", POOR.values(), ids=POOR.keys())
def test_from_too_little_only_the_average_order_is_told_and_why(frame):
    part = fitted(frame)
    assert set(part.numbers) <= {"average_order"}
    assert set(part.parameters) <= {"price"}
    assert part.holdout is None
    assert any("no law of repeat buying is fitted" in remark for remark in part.remarks)
    assert any("how regular purchases are" in remark for remark in part.remarks)


def test_bills_that_come_like_clockwork_have_no_law_that_lies():
    customer, month = np.divmod(np.arange(60 * 14), 14)
    dates = FIRST_DAY + pd.to_timedelta(customer % 28 + 30 * month, unit="D")
    part = fitted(pd.DataFrame({"customer": customer, "date": dates, "value": 9.0}))
    assert "yearly_churn" not in part.numbers or part.numbers["yearly_churn"] < 0.05
    assert only(part, "purchases_a_year").value == pytest.approx(YEAR_DAYS / 30, rel=0.06)


# ---- real records -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cdnow(data_folder: Path) -> pd.DataFrame:
    frame = pd.read_csv(data_folder / "data" / "cdnow_share" / "cdnow_1997-01_1997-09.csv.gz", parse_dates=["date"])
    return frame.rename(columns={"amount": "value"})[["customer", "date", "value"]]


def test_music_until_june_forecasts_july_to_september(cdnow):
    part = fitted(cdnow, until="1997-06-30")
    total = part.holdout.course.set_index("grain").loc["total"]
    assert total["actual"] == 7293
    assert total["pi_low"] < total["actual"] < total["pi_high"]
    off = part.holdout.errors.set_index(["grain", "method"])["mae"].xs("total") / total["actual"]
    assert off["forecast"] < 0.05
    assert off.drop("forecast").min() > 0.25
    assert any("MBG/NBD is used" in remark for remark in part.remarks)


@pytest.mark.slow
def test_bg_nbd_of_the_whole_music_shop_is_told_with_its_intervals(cdnow):
    part = fitted(cdnow)
    assert only(part, "bg_nbd_r").value == pytest.approx(0.2516, abs=5e-4)
    assert only(part, "bg_nbd_alpha").value == pytest.approx(4.789, abs=5e-3)
    assert only(part, "gap_cv").value == pytest.approx(0.958, abs=1e-3)
    for name in ("r", "alpha", "a", "b"):
        one = only(part, f"bg_nbd_{name}")
        assert one.low < one.value < one.high


def test_what_a_planner_looks_at_first_is_said_of_purchases_too(rng):
    weeks = np.full(400, 60.0)
    found = sim.fit(sales(buyers(rng, SHAPES, weeks), weeks), kind="purchases")
    text = found.text()
    for label in ("Customers: ", "Time between purchases: ", "Leave within a year, by their purchases: "):
        assert label in text, label
