"""The fits of real records give back known parameters from made-up records, and agree with the reference."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

from experiments import fit_records as fits

DAYS = pd.date_range("2023-01-01", periods=182, freq="D")  # starts on a Sunday, as the bank's week does


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def only(found: list[fits.Estimate], name: str, key: str = "") -> fits.Estimate:
    """The one estimate of that name and key."""
    (estimate,) = [fit for fit in found if (fit.name, fit.key) == (name, key)]
    return estimate


def assert_near(estimate: fits.Estimate, true: float, widths: float = 2.0) -> None:
    """The truth is no farther than some half-widths of the interval, and the interval is not empty."""
    half = (estimate.high - estimate.low) / 2
    assert half > 0
    assert abs(estimate.value - true) < widths * half, estimate


def daily_counts(rng: np.random.Generator, mean: np.ndarray, cv: float) -> pd.Series:
    sigma = np.sqrt(np.log1p(cv * cv))
    factor = rng.lognormal(-sigma * sigma / 2, sigma, len(mean)) if cv else 1.0
    return pd.Series(rng.poisson(mean * factor), index=DAYS)


# --- arrivals


@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_day_factor_is_recovered_beside_weekdays_and_trend(rng: np.random.Generator, cv: float) -> None:
    mean = np.where(DAYS.day_of_week == 6, 2000, 1500) * np.linspace(0.8, 1.2, len(DAYS))
    assert_near(fits.fit_day_factor(daily_counts(rng, mean, cv), "day_factor_cv"), cv)


def test_day_factor_of_pure_poisson_days_is_nearly_nothing(rng: np.random.Generator) -> None:
    counts = daily_counts(rng, np.full(len(DAYS), 400.0), cv=0.0)
    assert counts.std() / counts.mean() > 0.04  # chance alone makes 5 %
    assert fits.fit_day_factor(counts, "day_factor_cv").value < 0.02


def test_a_trend_left_in_is_taken_for_a_day_factor(rng: np.random.Generator) -> None:
    counts = daily_counts(rng, 1000 * np.linspace(0.5, 1.5, len(DAYS)), cv=0.05)
    without = fits.fit_day_factor(counts, "day_factor_cv", slow="none")
    assert without.value > 4 * fits.fit_day_factor(counts, "day_factor_cv").value


def test_levels_of_weeks_are_seen_as_memory_and_taken_out_within_weeks(rng: np.random.Generator) -> None:
    weeks = np.repeat(rng.lognormal(0, 0.2, len(DAYS) // 7), 7)
    counts = daily_counts(rng, 1000 * weeks, cv=0.08)
    assert_near(fits.fit_day_factor(counts, "within", slow="week"), 0.08)
    assert fits.fit_day_factor(counts, "whole").value > 0.15
    assert fits.fit_day_memory(counts).low > 0.3


def test_an_unknown_slow_part_is_refused() -> None:
    with pytest.raises(ValueError, match="use none, trend or week"):
        fits.day_design(DAYS, "moon")


def test_week_and_day_profiles_are_recovered_and_holidays_left_out(rng: np.random.Generator) -> None:
    shape = np.linspace(1, 3, fits.HALF_HOURS)
    shape /= shape.sum()
    totals = np.select([DAYS.day_of_week == 4, DAYS.day_of_week == 5, DAYS.day_of_week == 6], [500, 50, 1200], 1000)
    totals[10] = 100  # a holiday
    six_minutes = np.repeat(shape / fits.SIX_MINUTES_PER_HALF_HOUR, fits.SIX_MINUTES_PER_HALF_HOUR)
    days = pd.DataFrame(rng.poisson(np.outer(totals, six_minutes)), index=DAYS)

    kept = fits.open_days(days)
    assert DAYS[10] not in kept.index
    assert not (kept.index.day_of_week == 5).any()
    assert len(kept) == 26 * 6 - 1

    weights = fits.fit_weekday_weights(kept)
    assert [fit.key for fit in weights] == list(fits.OUR_DAYS)
    expected = np.array([1200, 1000, 1000, 1000, 1000, 500, 0]) / 1040
    np.testing.assert_allclose([fit.value for fit in weights], expected, rtol=0.02)

    profile = fits.fit_profile(kept, "profile_full_day")
    assert sum(fit.value for fit in profile) == pytest.approx(1)
    inside = sum(fit.low <= share <= fit.high for fit, share in zip(profile, shape, strict=True))
    assert inside >= 42  # 95 % of 48 is 45.6
    assert (profile[0].key, profile[17].key) == ("00:00", "08:30")


# --- handling


@pytest.fixture
def served(rng: np.random.Generator) -> pd.DataFrame:
    n = 6000
    return pd.DataFrame(
        {
            "date": rng.integers(0, 20, n),
            "ser_time": rng.lognormal(5.5, 0.8, n),
            "ser_start": rng.integers(fits.OPENS_S, fits.SECONDS_PER_DAY, n),
            "type": rng.choice(["PS", "NE"], n),
            "server": rng.choice(["S1", "S2"], n),
        }
    )


def test_lognormal_handling_is_recovered_without_the_short_hang_ups(served: pd.DataFrame) -> None:
    short = served.assign(ser_time=3.0)[:600]
    found = fits.fit_handling(pd.concat([served, short]))
    assert_near(only(found, "handling_sigma"), 0.8)
    assert_near(only(found, "handling_cv"), np.sqrt(np.expm1(0.64)))
    assert only(found, "handling_short_share").value == pytest.approx(1 / 11, abs=0.001)
    assert only(found, "handling_cv_with_short").value > only(found, "handling_cv_moments").value


@pytest.mark.parametrize("elasticity", [-0.6, 0.0])
def test_pressure_elasticity_is_recovered(rng: np.random.Generator, served: pd.DataFrame, elasticity: float) -> None:
    halves = pd.DataFrame([(date, slot) for date in range(20) for slot in range(14, 48)], columns=["date", "slot"])
    halves = halves.assign(occupancy=rng.uniform(0.3, 1, len(halves)), queue=rng.exponential(1, len(halves)))
    slot = served.ser_start // fits.SECONDS_PER_HALF_HOUR - 1
    before = served.assign(slot=slot).merge(halves, on=["date", "slot"])
    before["ser_time"] *= before.occupancy**elasticity
    found = fits.fit_pressure(before.drop(columns=["slot", "occupancy", "queue"]), halves)
    assert_near(only(found, "pressure_elasticity"), elasticity)


# --- patience


def waits(rng: np.random.Generator, n: int, answer_mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Patience with hazard 0.6 a minute up to 60 s and 0.2 after it, cut off by an answer."""
    effort = rng.exponential(1, n)
    patience = np.where(effort < 0.6, effort / 0.6, 1 + (effort - 0.6) / 0.2) * fits.SECONDS_PER_MINUTE
    answer = rng.exponential(answer_mean, n)
    return np.minimum(patience, answer), patience < answer


def test_hazard_is_recovered_from_censored_waits(rng: np.random.Generator) -> None:
    wait, hung = waits(rng, 20_000, answer_mean=80)
    table = fits.fit_hazard(wait, hung, knots=(30, 60, 120))
    assert table.events.sum() == hung.sum()
    assert table.exposure.sum() * fits.SECONDS_PER_MINUTE == pytest.approx(wait.sum())
    np.testing.assert_allclose(table.hazard, [0.6, 0.6, 0.2, 0.2], rtol=0.12)
    np.testing.assert_array_less(table.low, table.hazard)
    np.testing.assert_array_less(table.hazard, table.high)
    curve = fits.kaplan_meier(wait, hung)
    seconds = np.array([20.0, 60.0, 150.0])
    np.testing.assert_allclose(fits.survival(table, seconds), curve.evaluate(seconds), atol=0.015)
    true_mean = 60 * ((1 - np.exp(-0.6)) / 0.6 + np.exp(-0.6) / 0.2)
    assert fits.mean_patience(table.assign(hazard=[0.6, 0.6, 0.2, 0.2])) == pytest.approx(true_mean)


def test_a_wait_that_ends_on_a_knot_belongs_to_the_piece_before_it() -> None:
    table = fits.fit_hazard(np.array([5.0, 6.0]), np.array([True, True]), knots=(5,))
    assert table.events.tolist() == [1, 1]
    assert (table.exposure * fits.SECONDS_PER_MINUTE).tolist() == [10, 1]


def test_last_pieces_are_pooled_until_they_hold_enough() -> None:
    wait = np.repeat([3.0, 20.0, 40.0, 70.0], [50, 30, 15, 4])
    raw = fits.fit_hazard(wait, wait < 70, knots=(10, 30, 60))
    assert raw.hazard.iloc[-1] == 0
    pooled = fits.pool_tail(raw)
    assert pooled.hazard[:1].tolist() == raw.hazard[:1].tolist()
    tail = raw[1:]
    np.testing.assert_allclose(pooled.hazard[1:], tail.events.sum() / tail.exposure.sum())


def test_priority_customers_are_told_from_regular_ones(rng: np.random.Generator) -> None:
    n = 8000
    favoured = rng.random(n) < 0.3
    patience = rng.exponential(np.where(favoured, 600, 200))
    answer = rng.exponential(100, n)
    hung = patience < answer
    queued = pd.DataFrame({"date": rng.integers(0, 40, n), "wait": np.minimum(patience, answer)})
    queued["priority"] = np.where(favoured, fits.PRIORITY, 0)
    queued["outcome"] = np.where(hung, "HANG", "AGENT")
    found = fits.fit_patience(queued)
    assert_near(only(found, "priority_patience_ratio"), 3.0)
    assert_near(only(found, "priority_share"), 0.3)
    assert_near(only(found, "patience_mean", "regular"), 200)
    assert_near(only(found, "patience_median", "regular"), 200 * np.log(2))


# --- redial


def test_redial_share_is_recovered_though_half_of_the_redials_leave_no_name(rng: np.random.Generator) -> None:
    n, day = 3000, fits.SECONDS_PER_DAY
    first = pd.DataFrame({"customer": np.arange(1, n + 1), "type": "PS", "outcome": "HANG", "queued": 1})
    first["start"] = rng.integers(0, 10 * day, n).astype(float)
    again = first[rng.random(n) < 0.4].assign(outcome="AGENT")
    again["start"] += 60 + rng.exponential(300, len(again))
    waited = rng.random(len(again)) < 0.5
    again["customer"] = np.where(waited, again.customer, 0)
    again["queued"] = waited.astype(int)
    crowd = pd.DataFrame({"customer": 0, "type": "PS", "outcome": "AGENT", "queued": [0, 1] * 30_000})
    crowd["start"] = rng.uniform(0, 10 * day, len(crowd))
    served = pd.DataFrame({"customer": np.arange(n + 1, n + 9), "type": "PS", "outcome": "AGENT", "queued": 1})
    served["start"] = 0.0
    back = first[:600].assign(type=fits.CALL_BACK, outcome="AGENT", start=lambda calls: calls.start + 50)
    calls = pd.concat([first, again, crowd, served, back], ignore_index=True)
    found = fits.fit_redial(calls.assign(end=calls.start))
    assert_near(only(found, "redial_share_seen"), 0.2)
    assert_near(only(found, "redial_share"), 0.4)
    assert_near(only(found, "redial_excess"), 0.4)
    assert_near(only(found, "return_share"), 0.2 + 0.8 * 0.2)
    assert_near(only(found, "redial_delay_median"), (60 + 300 * np.log(2)) / 60)


def test_next_call_looks_past_other_types_and_other_customers() -> None:
    calls = pd.DataFrame(
        {
            "customer": [1, 2, 1, 1, 0],
            "type": ["PS", "PS", "TT", "NE", "PS"],
            "start": [0.0, 10.0, 20.0, 50.0, 5.0],
            "end": [2.0, 11.0, 21.0, 60.0, 6.0],
        }
    )
    gap = fits.next_call(calls, ["PS", "NE"])
    assert gap.to_dict() == {0: 48, 2: 29, 3: np.inf, 1: np.inf}


# --- friends and purchases: the fits themselves are those of sim.fitting


def test_a_network_is_counted_once_however_its_ties_are_named() -> None:
    ring = [(i, (i + step) % 60) for i in range(60) for step in (1, 2)]
    found = fits.fit_network(np.array([*ring, *((b, a) for a, b in ring), (3, 3)]), "ring", "a note")
    assert only(found, "graph_degree_mean", "ring").value == 4
    assert only(found, "graph_transitivity", "ring").value == pytest.approx(1 / 2)
    assert only(found, "graph_local_clustering", "ring").goodness == "a note"


def test_sbg_of_the_published_cohort_is_the_published_one() -> None:
    found = fits.fit_sbg(fits.HIGH_END_SURVIVAL, fits.HIGH_END_CUSTOMERS, fits.HIGH_END_FITTED_YEARS)
    alpha, beta = found
    assert [fit.name for fit in found] == ["sbg_alpha", "sbg_beta"]
    assert alpha.value == pytest.approx(0.668, abs=5e-4)
    assert beta.value == pytest.approx(3.806, abs=5e-4)
    assert "-1611.16" in alpha.goodness


# --- the script


@pytest.mark.parametrize("named", [None, "nowhere"])
def test_missing_records_are_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, named: str | None
) -> None:
    monkeypatch.delenv(fits.DATA_VARIABLE, raising=False)
    if named:
        monkeypatch.setenv(fits.DATA_VARIABLE, str(tmp_path / named))
    assert fits.main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert fits.DATA_VARIABLE in told.err


def test_both_folders_are_accepted_and_a_missing_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "data" / "bank_calls_share").mkdir(parents=True)
    for named in (tmp_path, tmp_path / "data"):
        monkeypatch.setenv(fits.DATA_VARIABLE, str(named))
        assert fits.find_records() == tmp_path / "data"
    assert fits.main([]) == 2
    assert "calls_1999-02.csv.gz is missing" in capsys.readouterr().err


def test_real_records_agree_with_the_reference_and_give_sound_proposals(data_folder: Path) -> None:
    folder = fits.find_records()
    reference = fits.compare_reference(folder)
    assert len(reference) > 30
    assert reference.difference.abs().max() < 0.015

    frame = fits.fit_records(folder)
    assert np.isfinite(frame.value).all()
    assert ((frame.low <= frame.value) & (frame.value <= frame.high)).all()
    tables = tomllib.loads(tomli_w.dumps(fits.propose(frame)))
    assert len(tables) == 18
    for name, table in tables.items():
        assert ("value" in table) != ("values" in table), name
        low, high = table["range"]
        values = np.array(table.get("values", table.get("value")))
        assert ((low <= values) & (values <= high)).all(), name
    assert sum(tables["profile_full_day"]["values"]) == pytest.approx(1, abs=1e-12)
    assert len(tables["patience_hazard"]["values"]) == len(tables["patience_knots"]["values"]) + 1
    assert len(tables["weekday_weight"]["values"]) == 7
