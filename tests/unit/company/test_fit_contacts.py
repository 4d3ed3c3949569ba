"""Fits of contact records give back what made the records, name nobody, and say what they could not find."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim.cli import status
from sim.company.fitting import Fit, RecordsError
from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import arrivals, forecast, handling, patience, returns, service, staffing
from sim.company.fitting.contacts import hours as opening
from sim.company.fitting.contacts.calendar import days_of, half_hours
from sim.company.fitting.contacts.forecast import whole_agents
from sim.company.fitting.contacts.numbers import summing
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import bootstrap, rates
from sim.company.numbers import Company
from sim.errors import InputError
from sim.wording import WEEKDAYS
from tests.unit.company.made_records import FIRST_DAY, Truth, cut_off, dirty, records

LEVEL = 0.95
HALF_YEAR = pd.date_range("2023-01-02", periods=182)
TRUTH = Truth(days=28, redial=0.3, again=0.1, named=0.9)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return records(TRUTH, seed=4)


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> Fit:
    return forecast_of(frame)


def forecast_of(frame: pd.DataFrame) -> Fit:
    """A fit with a forecast of few draws, which is over sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecast, "DRAWS", 60)
        return sim.fit(frame, until="2024-01-21", name="Made up")


def contacts(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> Clean:
    """A clean table from a frame that has only good rows."""
    frame = frame.assign(row=np.arange(len(frame)) + 1)
    if "service" in frame:
        frame["service_censored"] = frame.get("service_censored", False)
    connection.register("given", frame)
    connection.execute("create or replace table contacts as select * from given")
    return Clean("contacts", connection, "contacts", tuple(frame.columns[:-1]), len(frame))


def only(found: list[Estimate], name: str, key: str = "") -> Estimate:
    """The one estimate of that name and key."""
    (estimate,) = [one for one in found if (one.name, one.key) == (name, key)]
    return estimate


def assert_near(estimate: Estimate, true: float, widths: float = 2.0) -> None:
    """The truth is no farther than some half-widths of the interval, and the interval is not empty."""
    half = (estimate.high - estimate.low) / 2
    assert half > 0
    assert abs(estimate.value - true) < widths * half, estimate


# --- intervals


@pytest.mark.parametrize("groups", [3, 6, 12, 40])
def test_intervals_are_as_wide_as_student_says(rng: np.random.Generator, groups: int) -> None:
    """The mean of normal groups; plain percentiles of draws would be too narrow."""
    widths = []
    for _ in range(40):
        values = rng.normal(10, 1, groups)
        low, high = bootstrap(np.column_stack([values, np.ones(groups)]), lambda t: t[..., 0] / t[..., 1], LEVEL)
        widths.append((high - low) / np.ptp(stats.t.interval(LEVEL, groups - 1, values.mean(), stats.sem(values))))
    assert np.mean(widths) == pytest.approx(1.0, abs=0.05)


def test_one_group_has_no_interval() -> None:
    assert np.isnan(bootstrap(np.ones((1, 2)), lambda t: t[..., 0] / t[..., 1], LEVEL)).all()


def test_rates_have_the_exact_poisson_interval() -> None:
    value, low, high = rates(np.array([0.0, 10.0]), np.array([2.0, 2.0]), LEVEL)
    np.testing.assert_allclose(value, [0, 5])
    np.testing.assert_allclose(low, [0, 4.7954 / 2], rtol=1e-4)
    np.testing.assert_allclose(high, [3.6889 / 2, 18.3904 / 2], rtol=1e-4)


# --- days


def daily(rng: np.random.Generator, mean: np.ndarray, cv: float) -> pd.Series:
    sigma = np.sqrt(np.log1p(cv * cv))
    factor = rng.lognormal(-sigma * sigma / 2, sigma, len(mean)) if cv else 1.0
    return pd.Series(rng.poisson(mean * factor), index=HALF_YEAR[: len(mean)])


def test_full_short_and_closed_days_and_holidays_are_told_apart(rng: np.random.Generator) -> None:
    weekday = HALF_YEAR.weekday
    totals = np.select([weekday == 4, weekday == 5, weekday == 6], [800, 300, 0], 1000).astype(float)
    totals[[10, 31, 50]] = [100, 500, 0]
    counts = pd.DataFrame(rng.poisson(np.outer(totals, np.full(48, 1 / 48))), index=HALF_YEAR)
    counts.iloc[-1, 20:] = 0  # a Sunday is closed anyway
    found = days_of(counts)
    assert (found.full, found.short, found.closed) == ((0, 1, 2, 3, 4), (5,), (6,))
    assert found.holidays == (HALF_YEAR[10], HALF_YEAR[31], HALF_YEAR[50])
    assert len(found.kept) == 26 * 6 - 3


def test_a_day_on_which_the_records_begin_or_end_is_no_whole_day(rng: np.random.Generator) -> None:
    counts = pd.DataFrame(rng.poisson(20, (35, 48)), index=HALF_YEAR[:35])
    counts.iloc[0, :24] = 0
    counts.iloc[-1, 30:] = 0
    assert days_of(counts).partial == (HALF_YEAR[0], HALF_YEAR[34])
    assert days_of(counts[1:-1]).partial == ()


def test_growth_makes_no_holidays_and_is_found(rng: np.random.Generator) -> None:
    grown = 400 * 1.05 ** (np.arange(182) / 30.44)
    counts = daily(rng, grown, 0.05)
    frame = pd.DataFrame(np.outer(counts, np.full(48, 1 / 48)), index=counts.index)
    assert days_of(frame).holidays == ()
    assert_near(only(arrivals.growth(counts, LEVEL), "growth_a_month"), 0.05)


def test_week_and_profile_are_recovered(rng: np.random.Generator) -> None:
    shape = np.linspace(1, 3, 48) / np.linspace(1, 3, 48).sum()
    weekday = HALF_YEAR.weekday
    totals = np.select([weekday == 4, weekday == 5, weekday == 6], [1200, 500, 0], 1000)
    days = days_of(pd.DataFrame(rng.poisson(np.outer(totals, shape)), index=HALF_YEAR))
    weights = arrivals.weekday_weights(days, LEVEL)
    assert [one.key for one in weights] == list(WEEKDAYS)
    np.testing.assert_allclose([one.value for one in weights], np.array([1000] * 4 + [1200, 500, 0]) / 1040, rtol=0.02)
    assert_near(arrivals.contacts_a_day(days, LEVEL), 5700 / 6)
    profile = arrivals.profile(days.of(days.full), "profile_full_day", LEVEL)
    assert sum(one.value for one in profile) == pytest.approx(1)
    inside = sum(one.low <= share <= one.high for one, share in zip(profile, shape, strict=True))
    assert inside >= 41  # 95 % of 48 is 45.6
    assert (profile[0].key, profile[17].key) == ("00:00", "08:30")


@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_day_factor_is_recovered_beside_weekdays_and_trend(rng: np.random.Generator, cv: float) -> None:
    mean = np.where(HALF_YEAR.weekday == 6, 2000, 1500) * np.linspace(0.8, 1.2, len(HALF_YEAR))
    assert_near(arrivals.day_factor(daily(rng, mean, cv), "day_factor_cv", LEVEL), cv)


def test_day_factor_of_pure_poisson_days_is_nearly_nothing(rng: np.random.Generator) -> None:
    counts = daily(rng, np.full(182, 400.0), cv=0.0)
    assert counts.std() / counts.mean() > 0.04  # chance alone makes 5 %
    found = arrivals.day_factor(counts, "day_factor_cv", LEVEL)
    assert found.value < 0.02
    assert found.low == 0


def test_a_trend_left_in_is_taken_for_a_day_factor(rng: np.random.Generator) -> None:
    counts = daily(rng, 1000 * np.linspace(0.5, 1.5, 182), cv=0.05)
    without = arrivals.day_factor(counts, "day_factor_cv", LEVEL, slow="none")
    assert without.value > 4 * arrivals.day_factor(counts, "day_factor_cv", LEVEL).value


def test_levels_of_weeks_are_seen_as_memory_and_taken_out_within_weeks(rng: np.random.Generator) -> None:
    counts = daily(rng, 1000 * np.repeat(rng.lognormal(0, 0.2, 26), 7), cv=0.08)
    assert_near(arrivals.day_factor(counts, "within", LEVEL, slow="week"), 0.08)
    assert arrivals.day_factor(counts, "whole", LEVEL).value > 0.15
    assert arrivals.day_memory(counts, LEVEL).low > 0.3
    within, over, memory = arrivals.day_factors(counts, LEVEL)
    assert (within.parameter, within.value < over.value, memory.low > 0.3) == ("day_factor_cv", True, True)


def test_an_unknown_slow_part_is_refused() -> None:
    with pytest.raises(ValueError, match="use none, trend or week"):
        arrivals.day_design(HALF_YEAR, "moon")


def test_opening_hours_are_those_in_which_contacts_are_taken(
    connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame
) -> None:
    first = frame[frame["outcome"] == "answered"]
    night = first[:40].assign(arrival=lambda calls: calls["arrival"].dt.normalize() + pd.Timedelta(hours=3))
    clean = contacts(connection, pd.concat([first, night.assign(outcome="abandoned")]))
    hours = opening.opening_hours(clean, days_of(half_hours(clean)))
    assert hours.text() == "Mon-Fri 8-18, Sat 8-13"
    assert hours.mask().sum() == 5 * 20 + 10


# --- handling


def test_lognormal_handling_is_recovered_without_the_short_hang_ups(
    connection: duckdb.DuckDBPyConnection, rng: np.random.Generator
) -> None:
    times = np.append(rng.lognormal(4.2, 1.0, 6000), np.full(600, 3.0))
    arrival = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(rng.integers(0, 20, len(times)), unit="D")
    calls = pd.DataFrame({"arrival": arrival, "wait": 0.0, "outcome": "answered", "service": times})
    clean = contacts(connection, calls.assign(type=rng.choice(["a", "b"], len(times))))
    services = handling.services(clean)
    assert [one.key for one in services] == ["", "a", "b"]
    found = handling.fit(clean, services, LEVEL)
    assert_near(only(found, "handling_sigma"), 1.0)
    assert_near(only(found, "handling_cv"), np.sqrt(np.expm1(1.0)))
    assert only(found, "handling_short_share").value == pytest.approx((600 + (times[:6000] < 10).sum()) / 6600)
    assert handling.lognormal(services[0], LEVEL).mu == pytest.approx(4.2, abs=0.04)
    assert "from 10 s" in only(found, "handling_cv").goodness
    # Left out without saying so, the cut would be taken for a narrower law.
    plain = handling.cut_lognormal(services[0].days[:, handling.LONG].sum(axis=0), 0)[1]
    assert plain < only(found, "handling_sigma").low


def test_short_services_stay_where_the_law_has_as_many(
    connection: duckdb.DuckDBPyConnection, rng: np.random.Generator
) -> None:
    times = rng.lognormal(3.0, 0.9, 5000)  # a fifth of them below 10 s
    arrival = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(rng.integers(0, 20, len(times)), unit="D")
    clean = contacts(
        connection, pd.DataFrame({"arrival": arrival, "wait": 0.0, "outcome": "answered", "service": times})
    )
    found = handling.fit(clean, handling.services(clean), LEVEL)
    assert_near(only(found, "handling_sigma"), 0.9)
    assert "from" not in only(found, "handling_cv").goodness


def test_rare_types_are_put_together_so_that_nobody_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    arrival = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(np.arange(500) * 600, unit="s")
    kind = np.where(np.arange(500) < 380, "orders", np.char.add("case of ", (np.arange(500) % 40).astype(str)))
    calls = pd.DataFrame({"arrival": arrival, "wait": 0.0, "outcome": "answered", "service": 60.0 + np.arange(500)})
    services = handling.services(contacts(connection, calls.assign(type=kind)))
    assert [one.key for one in services] == ["", "orders", "other types"]


# --- patience


def waits(rng: np.random.Generator, n: int, answer_mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Patience with hazard 0.6 a minute up to 60 s and 0.2 after it, cut off by an answer."""
    effort = rng.exponential(1, n)
    patient = np.where(effort < 0.6, effort / 0.6, 1 + (effort - 0.6) / 0.2) * 60
    answer = rng.exponential(answer_mean, n)
    return np.minimum(patient, answer), patient < answer


def hazard(wait: np.ndarray, hung: np.ndarray, knots: tuple[int, ...]) -> pd.DataFrame:
    """Hazard by piece, as the waits tell it that end by giving up or (censored) by an answer."""
    start, stop = np.array([0, *knots]), np.array([*knots, np.inf])
    events = np.bincount(np.searchsorted(stop, wait)[hung], minlength=len(start)).astype(float)
    exposure = (np.clip(wait[:, None], start, stop) - start).sum(axis=0) / 60
    return patience.hazard_table(events, exposure, LEVEL, knots)


def test_hazard_is_recovered_from_censored_waits(rng: np.random.Generator) -> None:
    wait, hung = waits(rng, 20_000, answer_mean=80)
    table = hazard(wait, hung, (30, 60, 120))
    assert table.events.sum() == hung.sum()
    assert table.exposure.sum() * 60 == pytest.approx(wait.sum())
    np.testing.assert_allclose(table.hazard, [0.6, 0.6, 0.2, 0.2], rtol=0.12)
    assert (table.ci_low < table.hazard).all()
    assert (table.hazard < table.ci_high).all()
    curve = stats.ecdf(stats.CensoredData(uncensored=wait[hung], right=wait[~hung])).sf
    seconds = np.array([20.0, 60.0, 150.0])
    np.testing.assert_allclose(patience.survival(table, seconds), curve.evaluate(seconds), atol=0.015)
    true_mean = 60 * ((1 - np.exp(-0.6)) / 0.6 + np.exp(-0.6) / 0.2)
    truth = table.assign(hazard=[0.6, 0.6, 0.2, 0.2])
    assert patience.mean_patience(truth.hazard.to_numpy(), (30, 60, 120)) == pytest.approx(true_mean)
    points = 60 * patience.quantiles(truth, 4000)
    assert points.mean() == pytest.approx(true_mean, rel=0.002)
    np.testing.assert_allclose([(points > s).mean() for s in seconds], patience.survival(truth, seconds), atol=1e-3)


def test_last_pieces_are_pooled_until_they_hold_enough() -> None:
    wait = np.repeat([3.0, 20.0, 40.0, 70.0], [50, 30, 15, 4])
    raw = hazard(wait, wait < 70, (10, 30, 60))
    assert raw.hazard.iloc[-1] == 0
    pooled = patience.pool_tail(raw, LEVEL)
    assert pooled.hazard[:1].tolist() == raw.hazard[:1].tolist()
    np.testing.assert_allclose(pooled.hazard[1:], raw[1:].events.sum() / raw[1:].exposure.sum())


def test_groups_forms_and_kaplan_meier_are_those_of_the_waits(
    connection: duckdb.DuckDBPyConnection, rng: np.random.Generator
) -> None:
    n = 6000
    favoured = rng.random(n) < 0.3
    patient, answer = rng.exponential(np.where(favoured, 600, 200)), rng.exponential(100, n)
    calls = pd.DataFrame({"arrival": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(rng.integers(0, 40, n), unit="D")})
    calls = calls.assign(
        wait=np.round(np.minimum(patient, answer), 1), segment=np.where(favoured, "priority", "regular")
    )
    calls["outcome"] = np.where(patient < answer, "abandoned", "answered")
    clean = contacts(connection, calls)
    fitted = patience.fitted(clean, LEVEL)
    assert [one.waits.key for one in fitted] == ["all", "priority", "regular"]
    found = patience.estimates(clean, fitted, LEVEL)
    assert_near(only(found, "priority_patience_ratio"), 3.0)
    assert_near(only(found, "priority_share"), 0.3)
    assert_near(only(found, "patience_mean", "regular"), 200)
    assert_near(only(found, "patience_mean_of_pieces", "regular"), 200)
    assert_near(only(found, "patience_median", "regular"), 200 * np.log(2))
    assert_near(only(found, "patience_form", "regular, exponential mean"), 200)
    assert_near(only(found, "patience_form", "regular, weibull shape"), 1.0)
    assert {one.parameter for one in found if one.name == "patience_hazard_priority"} == {"patience_hazard_priority"}
    regular = calls[calls["segment"] == "regular"]
    hung = (regular["outcome"] == "abandoned").to_numpy()
    wait = regular["wait"].to_numpy()
    curve = stats.ecdf(stats.CensoredData(uncensored=wait[hung], right=wait[~hung])).sf
    ours = patience.curve(fitted[2].kaplan_meier).set_index("seconds")["alive"]
    seconds = curve.quantiles[::200]
    np.testing.assert_allclose(ours.loc[seconds], curve.evaluate(seconds), atol=1e-6)


# --- coming back


def test_redials_are_recovered_though_some_leave_no_name(connection: duckdb.DuckDBPyConnection) -> None:
    truth = Truth(redial=0.4, named=0.8, customers=1_000_000)
    calls = records(truth, seed=2)
    clean = contacts(connection, calls.assign(customer=calls["customer"].replace(0, np.nan).astype("Int64")))
    found = returns.redials(returns.followed(clean), LEVEL)
    assert_near(only(found, "redial_share"), 0.4)
    assert_near(only(found, "redial_excess"), 0.4)
    assert only(found, "redial_share_seen").high < 0.4
    assert_near(only(found, "redial_delay"), truth.redial_min)


def test_coming_back_unhelped_is_told_from_coming_back_anyway(connection: duckdb.DuckDBPyConnection) -> None:
    calls = records(Truth(again=0.25, again_days=1.0, customers=1500), seed=3)
    clean = contacts(connection, calls)
    found = returns.repeats(returns.followed(clean), 7, LEVEL)
    assert_near(only(found, "first_contact_resolution", "7 days"), 0.75)
    assert only(found, "repeat_share", "7 days").low > 0.3  # many come anyway


def test_too_few_known_customers_tell_nothing(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> None:
    clean = contacts(connection, frame[:60])
    followed = returns.followed(clean)
    assert returns.redials(followed, LEVEL) == []
    assert returns.repeats(followed, 7, LEVEL) == []


# --- agents


def shift(agent: int, starts: list[float], length: float = 120.0) -> pd.DataFrame:
    """Contacts that an agent takes at these minutes after nine, without waiting."""
    arrival = pd.Timestamp("2024-01-01 09:00") + pd.to_timedelta(np.array(starts) * 60, unit="s")
    return pd.DataFrame({"arrival": arrival, "wait": 0.0, "outcome": "answered", "service": length, "agent": agent})


def test_an_agent_is_there_between_contacts_unless_somebody_waited(connection: duckdb.DuckDBPyConnection) -> None:
    free = shift(1, [0, 10, 20])  # two minutes each, gaps of eight: free
    away = shift(2, [0, 45])  # a gap of 43 minutes
    halves = staffing.half_hours(contacts(connection, pd.concat([free, away])))
    first = halves.set_index("slot").loc[18]
    assert first["agents"] == pytest.approx((22 + 2) / 30)
    assert first["busy"] == pytest.approx((6 + 2) / 30)
    waiting = pd.DataFrame({"arrival": [pd.Timestamp("2024-01-01 09:04")], "wait": [300.0], "outcome": ["abandoned"]})
    busy_line = staffing.half_hours(contacts(connection, pd.concat([free, waiting])))
    # Somebody waited five minutes in the first gap, so the agent was not there in it.
    assert busy_line.set_index("slot").loc[18, "agents"] == pytest.approx((2 + 12) / 30)


def test_two_contacts_at_once_make_one_agent(connection: duckdb.DuckDBPyConnection) -> None:
    halves = staffing.half_hours(contacts(connection, shift(1, [0, 1, 2], length=300.0)))
    assert halves["agents"].sum() == pytest.approx(7 / 30)


def test_whole_agents_have_the_mean_of_the_fractions(rng: np.random.Generator) -> None:
    agents = rng.uniform(0, 5, (3, 48))
    drawn = np.array([whole_agents(agents, np.random.default_rng(n)) for n in range(200)])
    # Rounding up or down has a standard deviation of at most a half.
    assert np.abs(drawn.mean(axis=0) - agents).max() < 4.5 * 0.5 / np.sqrt(200)
    assert np.abs(drawn.cumsum(axis=2) - agents.cumsum(axis=1)).max() <= 1


# --- what was reached, and by month


def test_months_can_be_laid_over_a_projection(connection: duckdb.DuckDBPyConnection) -> None:
    clean = contacts(connection, records(Truth(days=63, contacts=40), seed=1))
    months = service.months(service.daily(clean, 20.0), days_of(half_hours(clean)))
    tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.4, warm_up=0)
    study = sim.run(tiny, replications=2, workers=1, store=False)
    laid = sim.overlay(study, months, starts="2024-01").periods
    shown = laid[laid["measure"] == "offered"].set_index("period")["actual"]
    wanted = months[months["measure"] == "offered"].set_index("month")["value"]
    assert shown[wanted.index].tolist() == wanted.tolist()


def test_service_figures_are_those_of_the_contacts(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> None:
    lost = frame.index[frame["outcome"] == "answered"][:40]
    calls = frame.assign(wait=frame["wait"].where(~frame.index.isin(lost)))  # an unknown wait counts neither way
    clean = contacts(connection, calls)
    days, calendar = service.daily(clean, 20.0), days_of(half_hours(clean))
    rows = {one.name: one for one in service.fit(days, calendar, 20.0, LEVEL)}
    calls = calls[calendar.is_kept(pd.DatetimeIndex(calls["arrival"].dt.normalize()))]
    answered = calls[calls["outcome"] == "answered"]
    timed = len(calls) - (answered["wait"].isna()).sum()
    assert rows["service_level"].value == pytest.approx((answered["wait"] <= 20).sum() / timed)
    assert rows["abandonment"].value == pytest.approx((calls["outcome"] == "abandoned").mean())
    assert rows["average_wait"].value == pytest.approx(answered["wait"].mean())


def test_only_whole_months_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    calls = records(Truth(days=75), seed=1)  # to 15 March
    clean = contacts(connection, calls[calls["arrival"] >= "2024-01-03"])
    days = service.daily(clean, 20.0)
    months = service.months(days, days_of(half_hours(clean)))
    assert months["month"].unique().tolist() == ["2024-02"]
    february = calls[calls["arrival"].dt.month == 2]
    wide = months.set_index("measure")["value"]
    assert wide["offered"] == len(february)
    assert wide["handling_s"] == pytest.approx(february["service"].mean())
    assert set(wide.index) == {"offered", "service_level", "abandonment", "asa_s", "handling_s"}
    assert set(wide.index) <= set(sim.measures.CATALOGUE)


# --- all together


def test_a_fit_finds_what_made_the_records(found: Fit) -> None:
    told = {(row.name, row.key): row for row in found.parts["contacts"].estimates}
    assert_near(told["handling_cv", ""], TRUTH.handling_cv)
    assert_near(told["handling_mean", ""], TRUTH.handling_s)
    assert_near(told["patience_mean_of_pieces", "all"], TRUTH.mean_patience)
    assert_near(told["redial_share", ""], TRUTH.redial)
    assert_near(told["first_contact_resolution", "7 days"], 1 - TRUTH.again)
    assert found.numbers["opening_hours"] == "Mon-Fri 8-18, Sat 8-13"
    assert found.numbers["answered_within"] == "20 s"


def test_a_proxy_is_written_down_and_not_in_force(found: Fit, tmp_path: Path) -> None:
    text = (found.save(tmp_path / "out") / "my.toml").read_text()
    value = only(found.parts["contacts"].estimates, "first_contact_resolution", "7 days").value
    assert f"\n# first_contact_resolution = {value:.4g}  # 95 % interval" in text
    assert "# Not in force: a proxy: not back within these days" in text
    company = Company.from_toml(text.replace("\n# customers =", "\ncustomers = 900"), "my.toml")
    assert company.numbers.keys() == found.numbers.keys() | {"customers"}
    assert all(len(repr(value)) <= 8 for value in company.parameters.values() if isinstance(value, float))


def test_what_follows_is_a_scenario(found: Fit) -> None:
    content = tomllib.loads(found.to_toml())
    assert (content["name"], content["like"]) == ("Made up", "default")
    assert content["numbers"] == dict(found.numbers)
    assert sum(content["parameters"]["profile_full_day"]) == pytest.approx(1, abs=1e-12)
    assert len(content["parameters"]["patience_hazard_regular"]) == 11
    assert content["parameters"]["patience_mean"] == pytest.approx(found.estimates.set_index(["name", "key"])["mean"][
        "patience_mean_of_pieces", "all"] / 60, rel=1e-3)  # fmt: skip
    scenario = sim.Scenario(parameters=content["parameters"], ranges=content["ranges"])
    assert scenario.value("handling_cv") == content["parameters"]["handling_cv"]
    low, high = content["ranges"]["handling_cv"]
    assert low < content["parameters"]["handling_cv"] < high
    with pytest.raises(InputError, match="customers is missing"):
        Company.from_toml(found.to_toml())
    company = Company.from_toml(found.to_toml().replace("# customers =", "customers = 2500"))
    assert company.hours == ((8.0,) * 6 + (0.0,), (18.0,) * 5 + (13.0, 0.0))
    assert company.basis().value("handling_cv") == scenario.value("handling_cv")


def test_rounded_shares_sum_to_one(rng: np.random.Generator) -> None:
    shares = rng.dirichlet(np.ones(48))
    assert sum(summing(shares)) == pytest.approx(1, abs=1e-15)


def test_the_forecast_is_told_with_bands_and_errors(found: Fit) -> None:
    course, errors = found.forecast, found.forecast_errors
    assert set(course["grain"]) == {"hour", "day", "month"}
    assert course["start"].min() == pd.Timestamp("2024-01-01")  # of its month
    assert course.loc[course["grain"] == "hour", "start"].min() == pd.Timestamp("2024-01-22 08:00")
    known = course[course["mean"].notna()]
    assert (known["pi_low"] <= known["mean"] + 1e-9).all()
    assert (known["mean"] <= known["pi_high"] + 1e-9).mean() > 0.99  # of a very skewed hour the mean may lie outside
    own = errors[errors["method"] == "forecast"].set_index(["grain", "measure"])
    assert set(own.index) == {
        (g, m) for g in ("hour", "day", "month") for m in ("offered", "abandonment", "mean_wait_s")
    }
    assert own.loc[("hour", "offered"), "covered"] > 0.85
    # Nobody queued when these records were made, and that is noticed.
    assert any("do not wait as in one queue" in remark for remark in found.remarks)
    hours = course[(course["grain"] == "hour") & (course["measure"] == "offered")]
    days = course[(course["grain"] == "day") & (course["measure"] == "offered")]
    assert hours["mean"].sum() == pytest.approx(days["mean"].sum(), rel=0.01)
    naive = errors[(errors["method"] == "same hour last week") & (errors["measure"] == "offered")].set_index("grain")
    assert own.loc[("hour", "offered"), "mae"] < naive.loc["hour", "mae"]


def test_a_forecast_is_repeatable(frame: pd.DataFrame, found: Fit) -> None:
    again = forecast_of(frame)
    pd.testing.assert_frame_equal(again.forecast, found.forecast)
    assert again.manifest["estimates_sha256"] == found.manifest["estimates_sha256"]


def test_a_date_that_leaves_too_little_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(RecordsError, match="run from 2024-01-01 to 2024-01-13; give a day between them"):
        sim.fit(frame[:1500], until="2025-01-01")
    with pytest.raises(RecordsError, match="cover 3 open days; give a later day"):
        sim.fit(frame[:1500], until="2024-01-03")
    with pytest.raises(RecordsError, match="is not a date"):
        sim.fit(frame, until="soon")


def test_dirt_is_counted_and_changes_little(frame: pd.DataFrame, found: Fit) -> None:
    spoilt = dirty(cut_off(frame, frame["arrival"].max()), seed=5)
    other = sim.fit(spoilt)
    reasons = set(other.dropped["reason"])
    assert {
        "the arrival cannot be read",
        "the arrival is missing",
        "the row repeats another one in every column",
    } <= reasons
    assert {"the wait is negative", "the wait is absurdly long", "the service cannot be read"} <= reasons
    clean, spoilt_ = (one.estimates.set_index(["name", "key"])["mean"] for one in (found, other))
    for name in (
        ("handling_mean", ""),
        ("contacts_a_day", ""),
        ("abandonment", ""),
        ("patience_mean_of_pieces", "all"),
    ):
        assert spoilt_[name] == pytest.approx(clean[name], rel=0.03), name


# --- what leaves the house


def test_a_scenario_that_is_none_is_refused_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["fit", "nowhere.csv", "--like", "nobody"]) == 2
    assert "nobody: no such file, and no scenario of that name" in capsys.readouterr().err


def test_saving_is_all_or_nothing_and_names_nobody(frame: pd.DataFrame, tmp_path: Path) -> None:
    people = [f"customer-{k:06d}" for k in range(40)]
    agents = [f"Agent Smith-{k}" for k in range(9)]
    spied = frame[:2500].assign(customer=lambda calls: [people[k % 40] for k in range(len(calls))])
    spied["agent"] = np.where(spied["agent"] == "", "", [agents[k % 9] for k in range(len(spied))])
    spied.to_csv(tmp_path / "calls.csv", index=False)
    fit = sim.fit(tmp_path / "calls.csv", drop={"customer": "customer-000007"})
    folder = fit.save(tmp_path / "out", charts=True)
    names = {"fit.csv", "fit-dropped.csv", "fit-columns.csv", "my.toml", "fit.json"}
    assert {path.name for path in folder.iterdir()} >= names
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > len(names) + 4
    for path in files:
        content = path.read_bytes()
        assert not any(person.encode() in content for person in (*people, *agents, "Smith", str(tmp_path))), path
    assert json.loads((folder / "fit.json").read_text())["versions"]["duckdb"]
    with pytest.raises(FileExistsError, match=r"already holds .*overwrite=True"):
        fit.save(folder)
    fit.save(folder, overwrite=True)


def test_the_command_prints_what_a_planner_asks_and_saves(
    frame: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame[:1500].drop(columns="customer").to_csv(tmp_path / "calls.csv", index=False)
    out = tmp_path / "out"
    code = status(
        [
            "fit",
            str(tmp_path / "calls.csv"),
            "--map",
            "type=none",
            "--answered-within",
            "30",
            "--no-charts",
            "--out",
            str(out),
        ]
    )
    told = capsys.readouterr()
    assert code == 0, told.err
    for part in ("when the contact joined the queue", "Service level", "95 % interval", "Abandonment", "Mind:",
                 "map the customer with --map customer=COLUMN", "cxsim calibrate"):  # fmt: skip
        assert part in told.out, part
    assert "saved in" in told.err
    assert 'answered_within = "30 s"' in (out / "my.toml").read_text()
    assert status(["fit", str(tmp_path / "calls.csv"), "--out", str(out)]) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert status(["fit", str(tmp_path / "calls.csv"), "--csv"]) == 0
    assert capsys.readouterr().out.startswith("kind,subject,name,key,n,mean,ci_low,ci_high,unit,goodness,parameter\n")


# --- bad input

HEAD = "arrival,wait,outcome,service\n"
ENDS = {True: "answered,{}", False: "abandoned,"}
GOOD = "".join(
    f"2024-01-{day:02d} {hour:02d}:00:0{hour % 7},{hour},{ENDS[hour % 3 > 0].format(90 + hour)}\n"
    for day in range(1, 29)
    for hour in range(8, 18)
)
BROKEN: dict[str, tuple[bytes, str]] = {
    "wrong_columns.csv": (b"colour,size\nred,5\n", "of no kind of record that is known: colour, size"),
    "mixed.csv": (
        (HEAD + GOOD + "13/02/2024 10:00:00,5,answered,100\n" * 7).encode(),
        "mixes date formats: 280 values",
    ),
    "ambiguous.csv": ((HEAD + "01/02/2024 10:00,5,answered,100\n" * 3).encode(), "--date-format day-first"),
    "empty.csv": (b"", "empty.csv is empty"),
    "blank.csv": (b"\n\n\n", "nothing but blank lines"),
    "header.csv": (HEAD.encode(), "has a header and no row"),
    "words.csv": (
        b"arrival,wait,outcome\n" + b"2024-01-01 10:00:00,soon,answered\n" * 9,
        "9 of 9 cells cannot be read",
    ),
    "binary.csv": (bytes(range(256)) * 99, "binary.csv is not a table: it holds bytes that no text has"),
    "calls.xlsx": (b"PK\x03\x04" + bytes(range(256)) * 9, "is not a spreadsheet that can be read"),
    "calls.parquet": (b"PAR1" + bytes(range(256)) * 9, "calls.parquet is damaged"),
    "other.parquet": (HEAD.encode(), "is named as Parquet but is not a Parquet file"),
    "twice.csv": (b"arrival,wait,wait,outcome\n2024-01-01 10:00:00,1,2,answered\n", "2 columns are called 'wait'"),
    "one_line.txt": (b"x" * 2_000_000, "its first line never ends"),
    "nonsense.csv": (HEAD.encode() + b"kq,rw,tz,pl\n" * 200_000, "column arrival holds no dates that can be read"),
    "times.csv": (b"time,wait,outcome\n10:00:00,1,answered\n", "no column looks like arrival"),
    "outcomes.csv": ((HEAD + GOOD.replace("answered", "foo")).encode(), "nobody says what these outcomes mean: foo"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_sentence_with_status_2_and_nothing_is_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, told = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    assert status(["fit", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "told"), [("folder", "is a folder"), ("missing.csv", "no such file")])
def test_what_is_no_file_is_one_sentence(
    name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    assert status(["fit", str(tmp_path / name)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "lacks", "remark"),
    [
        (GOOD.replace("answered", "abandoned"), "handling", "no contact that was answered"),
        (GOOD.replace("abandoned", "answered"), "patience", "Nobody gave up, so patience is not known"),
        (GOOD.splitlines(keepends=True)[0], "week", "fewer than 7 days"),
    ],
    ids=["all abandoned", "nobody abandoned", "one row"],
)
def test_what_cannot_be_found_is_said(content: str, lacks: str, remark: str, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(HEAD + content)
    fit = sim.fit(tmp_path / "calls.csv")
    assert lacks not in set(fit.estimates["subject"])
    assert any(remark in text for text in fit.remarks)
    assert tomllib.loads(fit.to_toml())["numbers"]


def test_stopping_leaves_nothing_behind(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    frame[:300].to_csv(tmp_path / "calls.csv", index=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(patience, "fitted", pressed)
    assert status(["fit", str(tmp_path / "calls.csv"), "--out", str(tmp_path / "out")]) == 130
    assert "stopped; nothing was written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["calls.csv"]
