"""The fits of real records give back known parameters from made-up records, and agree with the reference."""

from __future__ import annotations

import tomllib
from pathlib import Path

import fit_records as fits
import numpy as np
import pandas as pd
import pytest
import tomli_w

from sim.company.fitting.database import database
from sim.company.fitting.reading import read

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


# --- the bank's week


def test_the_banks_week_is_moved_to_ours_and_holidays_are_left_out(rng: np.random.Generator) -> None:
    totals = np.select([DAYS.day_of_week == 4, DAYS.day_of_week == 5, DAYS.day_of_week == 6], [500, 50, 1200], 1000)
    totals[10] = 100  # a holiday
    days = pd.DataFrame(rng.poisson(np.outer(totals, np.full(240, 1 / 240))), index=DAYS)
    found = fits.bank_week(days)
    assert list(found.holidays) == [DAYS[10] + pd.Timedelta(days=1)]
    assert len(found.kept) == 26 * 6 - 1
    weights = [fit for fit in fits.fit_arrivals(days) if fit.name == "weekday_weight"]
    expected = np.array([1200, 1000, 1000, 1000, 1000, 500, 0]) / 1040
    np.testing.assert_allclose([fit.value for fit in weights], expected, rtol=0.02)


# --- pressure


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


@pytest.mark.parametrize("elasticity", [-0.6, 0.0])
def test_pressure_elasticity_is_recovered(rng: np.random.Generator, served: pd.DataFrame, elasticity: float) -> None:
    halves = pd.DataFrame([(date, slot) for date in range(20) for slot in range(14, 48)], columns=["date", "slot"])
    halves = halves.assign(occupancy=rng.uniform(0.3, 1, len(halves)), queue=rng.exponential(1, len(halves)))
    slot = served.ser_start // fits.SECONDS_PER_HALF_HOUR - 1
    before = served.assign(slot=slot).merge(halves, on=["date", "slot"])
    before["ser_time"] *= before.occupancy**elasticity
    found = fits.fit_pressure(before.drop(columns=["slot", "occupancy", "queue"]), halves)
    assert_near(only(found, "pressure_elasticity"), elasticity)


# --- redial


def test_call_backs_of_the_company_are_no_redials(rng: np.random.Generator) -> None:
    n = 3000
    first = pd.DataFrame({"arrival": pd.Timestamp("1999-02-01") + pd.to_timedelta(np.arange(n) * 400.0, unit="s")})
    first = first.assign(customer=np.arange(n) + 1, type="PS", outcome="abandoned", wait=30.0)
    back = first[:600].assign(type=fits.CALL_BACK, outcome="answered")
    back["arrival"] += pd.Timedelta(seconds=50)
    again = first[rng.random(n) < 0.4].assign(outcome="answered")
    again["arrival"] += pd.Timedelta(seconds=300)
    with database() as connection:
        found = fits.fit_redial(read([pd.concat([first, back, again])], connection)["contacts"])
    assert_near(only(found, "redial_share_seen"), 0.4)
    assert_near(only(found, "return_share"), 0.4 + 0.6 * 0.2)
    assert only(found, "redial_delay_median").value == pytest.approx(270 / 60)


# --- friends


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
    assert np.isfinite(frame["mean"]).all()
    assert ((frame.ci_low <= frame["mean"]) & (frame["mean"] <= frame.ci_high)).all()
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
