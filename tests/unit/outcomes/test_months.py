"""The course by month: months make up the years, whoever has run them, and a study keeps them."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
import sim.model.state as s
from sim.engines import Engine, History, run
from sim.model.clock import YEAR_DAYS, YEAR_MONTHS
from sim.outcomes.measures import CATALOGUE, Period, periods
from sim.outcomes.months import MONTHLY, course, month_bounds, month_count
from sim.outcomes.results import MANIFEST, MONTHS, Study, StudyError

YEARS = 2
COMPANY = sim.Scenario.load("small_company").override(market_size=2000).change(name="two years", years=YEARS)
TINY = sim.Scenario.load("small_company").override(market_size=200).change(name="tiny", years=0.2, warm_up=0.05)
WEEKS_OFF = 10  # days after the last whole month


@cache
def history(engine: Engine = "compiled") -> History:
    return run(COMPANY, engine=engine)


@cache
def by_month() -> dict[str, np.ndarray]:
    return dict(zip(MONTHLY, course(history()), strict=True))


def of_year(name: str, year: int) -> float:
    return CATALOGUE[name].value(periods(history())[f"year {year + 1}"])


def in_year(values: np.ndarray, year: int) -> np.ndarray:
    return values[year * YEAR_MONTHS : (year + 1) * YEAR_MONTHS]


def test_months_are_those_of_the_cohort_table() -> None:
    days = np.arange(3 * YEAR_DAYS)
    bounds = month_bounds(36)
    assert (np.searchsorted(bounds, days, side="right") - 1).tolist() == (days * YEAR_MONTHS // YEAR_DAYS).tolist()
    assert bounds[[0, 12, 24, 36]].tolist() == [0, 365, 730, 1095]
    assert set(np.diff(bounds)) == {30, 31}


@pytest.mark.parametrize("days", range(100))
def test_only_whole_months_count(days: int) -> None:
    count = month_count(days)
    assert month_bounds(count)[-1] <= days < month_bounds(count + 1)[-1]


@pytest.mark.parametrize("name", [name for name, kind in MONTHLY.items() if kind == "sum"])
def test_what_adds_up_over_months_is_the_year(name: str) -> None:
    for year in range(YEARS):
        total = in_year(by_month()[name], year).sum()
        assert total == pytest.approx(of_year(name, year), rel=1e-12)
        assert total != 0.0


@pytest.mark.parametrize("name", MONTHLY)
def test_a_month_is_what_the_measure_says_of_its_days(name: str) -> None:
    days = history().resolved.scenario.first_day + month_bounds(YEARS * YEAR_MONTHS)
    alone = [CATALOGUE[name].value(Period(history(), int(first), int(last))) for first, last in pairwise(days)]
    assert by_month()[name] == pytest.approx(np.array(alone), rel=1e-12, nan_ok=True)
    assert np.isfinite(alone).any()


# Of every kind of measure that does not add up: what its months must be weighed by to give the year.
PARTS = {
    "abandonment": s.OFFERED, "occupancy": s.ON_DUTY, "handling_s": s.ANSWERED, "escalation_rate": s.ANSWERED,
    "fcr": s.CASES_ANSWERED, "nps": s.SURVEYS, "nps_measured": s.SURVEY_ANSWERS, "csat_measured": s.SURVEY_ANSWERS,
    "churn": s.DAY_CUSTOMERS, "purchases_a_customer": s.DAY_CUSTOMERS, "agent_turnover": s.DAY_EMPLOYED,
    "cost_per_contact": s.ANSWERED,
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_shares_make_up_the_year_by_their_parts(name: str) -> None:
    first = history().resolved.scenario.first_day
    for year in range(YEARS):
        days = first + month_bounds(YEARS * YEAR_MONTHS)[year * YEAR_MONTHS :][: YEAR_MONTHS + 1]
        row = history().state.board[PARTS[name]]
        weights = [row[a:b].sum() for a, b in pairwise(days)]
        shares = in_year(by_month()[name], year)
        assert np.average(np.nan_to_num(shares), weights=weights) == pytest.approx(of_year(name, year), rel=1e-12)


@pytest.mark.parametrize("name", ["customers", "employed", "rating"])
def test_means_over_days_weigh_by_days(name: str) -> None:
    lengths = np.diff(month_bounds(YEAR_MONTHS))
    for year in range(YEARS):
        assert np.average(in_year(by_month()[name], year), weights=lengths) == pytest.approx(of_year(name, year))


def test_both_engines_say_the_same() -> None:
    other = course(run(TINY, engine="readable"))
    assert other.tobytes() == course(run(TINY, engine="compiled")).tobytes()
    assert other.shape == (len(MONTHLY), 2)


def test_a_month_without_anybody_is_undefined_and_not_zero() -> None:
    found = dict(zip(MONTHLY, course(run(TINY.override(channel_issues=0, enquiry_probability=0.0))), strict=True))
    assert np.isnan(found["service_level"]).all()
    assert (found["offered"] == 0).all()
    assert (found["purchases"] > 0).all()


def test_the_rest_after_the_last_whole_month_belongs_to_none() -> None:
    longer = TINY.change(years=(month_bounds(2)[-1] + WEEKS_OFF) / YEAR_DAYS)
    whole = TINY.change(years=month_bounds(2)[-1] / YEAR_DAYS)
    assert longer.days - whole.days == WEEKS_OFF
    found = dict(zip(MONTHLY, course(run(longer)), strict=True))
    assert found["purchases"].tolist() == dict(zip(MONTHLY, course(run(whole)), strict=True))["purchases"].tolist()


def test_less_than_a_month_has_no_course() -> None:
    assert course(run(TINY.change(years=0.05))).shape == (len(MONTHLY), 0)
    assert sim.run(TINY.change(years=0.05), replications=1, workers=1).months_hash is None


# -- in a study ------------------------------------------------------------------------------------------------------


def study_of(**how: object) -> Study:
    return sim.compare(TINY, [sim.Rapport()], replications=2, **{"engine": "readable", "workers": 1} | how)


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of()


def test_a_study_has_the_months_of_every_run(study: Study) -> None:
    assert list(study.months.columns) == ["scenario", "policy", "replication", "month", "measure", "value"]
    mine = study.months.query("policy == 'baseline' and replication == 1")
    assert mine.pivot(index="measure", columns="month", values="value").loc[list(MONTHLY)].to_numpy() == pytest.approx(
        course(run(TINY, 1, engine="readable")), rel=0, nan_ok=True
    )
    assert len(study.months) == 4 * 2 * len(MONTHLY)


@pytest.mark.parametrize("workers", [1, 2])
def test_months_are_the_same_whoever_has_run_them(study: Study, workers: int) -> None:
    other = study_of(engine="compiled", workers=workers)
    pd.testing.assert_frame_equal(other.months, study.months, check_exact=True)
    assert other.months_hash == study.months_hash


def test_the_store_keeps_months_and_changes_no_byte(study: Study, tmp_path: Path) -> None:
    for known in (0, 4):
        kept = study_of(engine="compiled", store=tmp_path / "runs.sqlite")
        assert kept.manifest["from_store"] == known
        kept.save(tmp_path / f"{known}")
    study.save(tmp_path / "without")
    files = [(tmp_path / name / MONTHS).read_bytes() for name in ("0", "4", "without")]
    assert files[0] == files[1] == files[2]


def test_months_are_saved_and_loaded(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    loaded = Study.load(folder)
    pd.testing.assert_frame_equal(loaded.months, study.months, check_exact=True)
    assert loaded.months_hash == study.months_hash == json.loads((folder / MANIFEST).read_text())["months_hash"]
    assert (Study.load(loaded.save(tmp_path / "again")).months_hash) == study.months_hash


def test_a_study_of_an_earlier_cxsim_loads_without_months(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    (folder / MONTHS).unlink()
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["months_hash"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    old = Study.load(folder)
    assert (old.months.empty, old.months_hash, old.content_hash) == (True, None, study.content_hash)
    assert not (old.save(tmp_path / "again") / MONTHS).exists()


def test_a_study_without_months_takes_the_place_of_one_with_them(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    Study(study.replications, study.cohorts, study.manifest).save(folder, overwrite=True)
    assert not (folder / MONTHS).exists()
    assert Study.load(folder).months.empty
    of_manifest = Study.load(study.save(tmp_path / "with")).manifest  # which names the hash of months
    Study(study.replications, study.cohorts, of_manifest).save(folder, overwrite=True)
    assert Study.load(folder).months.empty


def test_months_that_are_missing_damaged_or_changed_are_noticed(study: Study, tmp_path: Path) -> None:
    path = study.save(tmp_path / "study") / MONTHS
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"months\.parquet is missing"):
        Study.load(path.parent)
    path.write_bytes(whole[:-40])
    with pytest.raises(StudyError, match=r"months\.parquet is damaged"):
        Study.load(path.parent)
    frame = study.months.copy()
    frame.loc[3, "value"] = np.nextafter(frame.loc[3, "value"], np.inf)
    frame.to_parquet(path, index=False)
    with pytest.raises(StudyError, match="hash"):
        Study.load(path.parent)


def test_the_hash_of_months_is_the_same_on_every_machine(study: Study) -> None:
    one = pd.DataFrame([["s", "p", 0, 3, "offered", 1.5]], columns=list(study.months.columns))
    made = Study(study.replications, study.cohorts, study.manifest, one)
    assert made.months_hash == "f536a4202d512237b03cb594350970de2f4e4a6a5365918ba5f21f6c13339179"
    assert made.content_hash == study.content_hash
