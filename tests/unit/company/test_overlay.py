"""Months later: actuals are read in the open, land on their month, and are called different when they are."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import status
from sim.company.overlay import ActualsError, Overlay, bands
from sim.company.overlay.calendar import Calendar, calendar_month, starting
from sim.company.overlay.chance import ALONE, _standard, compared
from sim.company.overlay.pictures import figures
from sim.company.overlay.words import ABOVE, BELOW, DIFFERS, IN_LINE, NOT_JUDGED
from sim.outcomes.months import MONTHLY, month_bounds
from sim.outcomes.results import Study, describe

STARTS = "2026-01"
RUNS, MONTHS, YEARS = 40, 24, 2
POLICY = "rapport"
LEVELS = {"offered": 1000.0, "service_level": 0.8, "customers": 2400.0, "churn": 0.4, "profit": 6000.0}
ONE_MONTH = pd.DataFrame({"month": ["2026-01"], "offered": [1000.0]})
TABLES = {f"overlay-{name}.parquet" for name in ("measures", "periods")}
FILES = {"overlay.csv", "overlay-periods.csv", "overlay.txt", "overlay.json"} | TABLES


def drawn(policies: tuple[str, ...] = ("baseline", POLICY), runs: int = RUNS, seed: int = 1) -> pd.DataFrame:
    """Months of a study that nobody has run: noise of 3 % round a level."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        [
            ("base", policy, run, month, measure, level * (1 + 0.03 * rng.standard_normal()))
            for policy in policies
            for run in range(runs)
            for measure, level in LEVELS.items()
            for month in range(MONTHS)
        ],
        columns=["scenario", "policy", "replication", "month", "measure", "value"],
    )


def study_of(months: pd.DataFrame) -> Study:
    years = months.assign(period="year " + (1 + months["month"] // 12).astype(str))
    by_year = years.groupby(["scenario", "policy", "replication", "period", "measure"], sort=False)["value"].mean()
    figures = by_year.reset_index()
    retained = figures[figures["measure"] == "churn"].assign(measure="retention_12m", value=lambda f: 1 - f["value"])
    about = describe(
        scenario={"name": "base"}, seed=1, reading="smart-2010", baseline="baseline", planned=RUNS, finished=RUNS
    )
    none = pd.DataFrame(columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"])
    return Study(pd.concat([figures, retained]), none, about, months)


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of(drawn())


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study.save(tmp_path_factory.mktemp("saved") / "study")


def lay(study: Study, actuals: object, **how: object) -> Overlay:
    return sim.overlay(study, actuals, **({"starts": STARTS} | how))


def table(months: int = 12, **columns: object) -> pd.DataFrame:
    names = Calendar(starting(STARTS), MONTHS, YEARS)
    return pd.DataFrame({"month": [names.name(k) for k in range(months)]} | columns)


# -- months of the calendar ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["2026-03", "2026-3", " 2026-03-31 ", "2026-03-31T10:00", "2026-03-31 10:00:00", date(2026, 3, 1),
     pd.Timestamp("2026-03-31 23:59"), pd.Period("2026-03", "M"), np.datetime64("2026-03-05")],
)  # fmt: skip
def test_a_month_is_read_however_it_is_written(value: object) -> None:
    assert Calendar(calendar_month("2025-11", ""), 24, 2).place(value, "here") == ("month", 4)


def test_years_are_those_of_the_projection() -> None:
    assert Calendar(calendar_month("2025-11", ""), 24, 2).place("Year 2", "here") == ("year", 1)


def test_calendar_months_have_their_own_days() -> None:
    days = Calendar(starting("2027-11"), 24, 2).stretch(24) * np.diff(month_bounds(24))
    assert days == pytest.approx(
        np.array([30, 31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31])
    )


def test_what_adds_up_has_the_days_of_its_calendar_month_and_a_mean_has_not(study: Study) -> None:
    frame = lay(study, table(offered=1.0, customers=1.0)).periods.set_index(["measure", "period"])
    mean = study.months.query("policy == 'baseline'").groupby(["measure", "month"])["value"].mean()
    days = {"2026-01": 31 / 31, "2026-02": 28 / 30, "2026-03": 31 / 31, "2026-12": 31 / 30}
    for month, (period, share) in zip((0, 1, 2, 11), days.items(), strict=True):
        assert frame.loc[("offered", period), "mean"] == pytest.approx(mean["offered", month] * share)
        assert frame.loc[("customers", period), "mean"] == pytest.approx(mean["customers", month])


@pytest.mark.parametrize("starts", ["2026-01", "2026-01-01", date(2026, 1, 1), pd.Timestamp("2026-01-01")])
def test_a_start_is_a_month(study: Study, starts: object) -> None:
    assert lay(study, ONE_MONTH, starts=starts).manifest["starts"] == "2026-01"


# -- bands and standings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("runs", "level"), [(39, 0.95), (79, 0.95), (9, 0.8), (99, 0.5), (20, 0.95), (5, 0.95)])
def test_a_next_company_lies_in_the_band_as_often_as_it_says(runs: int, level: float) -> None:
    rng = np.random.default_rng(3)
    trials = 5_000
    low, high = bands.band(rng.exponential(size=(runs, trials)), level)
    one = rng.exponential(size=trials)
    share, told = np.mean((low <= one) & (one <= high)), bands.reached(level, runs)
    assert abs(share - told) < 4 * np.sqrt(told * (1 - told) / trials)


def test_the_frame_says_where_an_actual_stands(study: Study) -> None:
    runs = study.months.query("policy == 'baseline' and measure == 'customers'")
    first = np.sort(runs[runs["month"] == 0]["value"].to_numpy())
    frame = lay(study, table(3, customers=[first[9] + 1e-9, 1e9, np.nan])).periods
    assert frame["standing"].head(2).tolist() == [0.25, 1.0]
    assert frame["inside"].head(3).tolist() == [True, False, pd.NA]
    assert frame["error"].iloc[0] == pytest.approx(first[9] - first.mean())
    assert frame["pi_low"].iloc[0] == pytest.approx(np.quantile(first, 0.025, method="weibull"))
    assert len(frame) == MONTHS
    assert frame["actual"].notna().sum() == 2
    assert (frame["ci_low"] < frame["mean"]).all()
    assert frame["mean_baseline"].isna().all()


def test_another_policy_is_laid_beside_the_baseline(study: Study) -> None:
    found = lay(study, ONE_MONTH, policy=POLICY)
    means = study.months.query("measure == 'offered' and month == 0").groupby("policy")["value"].mean()
    row = found.periods.iloc[0]
    assert (row["mean"], row["mean_baseline"]) == pytest.approx((means[POLICY], means["baseline"]))
    assert (found.manifest["policy"], found.manifest["baseline"]) == (POLICY, "baseline")


def test_one_of_several_scenarios_is_named() -> None:
    months = drawn(("baseline",), runs=5)
    both = study_of(pd.concat([months, months.assign(scenario="other", value=months["value"] * 2)]))
    found = lay(both, ONE_MONTH, scenario="other").periods["mean"].iloc[0]
    assert found == pytest.approx(2 * lay(both, ONE_MONTH, scenario="base").periods["mean"].iloc[0])
    with pytest.raises(ActualsError, match="2 scenarios; name one of 'base', 'other'"):
        lay(both, ONE_MONTH)
    with pytest.raises(ActualsError, match="did you mean 'other'"):
        lay(both, ONE_MONTH, scenario="othre")


# -- verdicts --------------------------------------------------------------------------------------------------------


def near(measure: str, months: int = 12, seed: int = 9) -> np.ndarray:
    return LEVELS[measure] * (1 + 0.03 * np.random.default_rng(seed).standard_normal(months))


def test_what_is_as_projected_is_in_line(study: Study) -> None:
    found = lay(study, table(customers=near("customers"), churn=near("churn", seed=10)))
    assert found.measures["verdict"].tolist() == [IN_LINE] * 2
    assert (found.measures["inside"] >= 10).all()
    assert (found.measures["share_inside"] == found.measures["inside"] / 12).all()
    assert found.measures["ci_low_inside"].between(0.5, found.measures["share_inside"]).all()
    assert "customers: in line with the projection" in found.text().lower()


@pytest.mark.parametrize(("factor", "verdict"), [(0.95, BELOW), (1.05, ABOVE)])
def test_a_company_that_runs_off_is_noticed(study: Study, factor: float, verdict: str) -> None:
    row = lay(study, table(customers=near("customers") * factor)).measures.iloc[0]
    assert row["verdict"] == verdict
    assert abs(row["mean_error"]) > row["by_chance"] > 0
    assert row["mean_error"] == pytest.approx(row["actual"] - row["projected"])


def test_a_company_that_drifts_off_is_noticed(study: Study) -> None:
    drifting = near("customers") * np.linspace(0.95, 1.05, 12)
    found = lay(study, table(customers=drifting))
    assert found.measures["verdict"].tolist() == [DIFFERS]
    assert found.measures["drift"].iloc[0] == pytest.approx(2400 * 0.1 / 11, rel=0.3)
    assert "the error rises from month to month" in found.text()


def test_months_that_stray_on_both_sides_are_noticed(study: Study) -> None:
    found = lay(study, table(customers=2400 * (1 + 0.12 * np.array([1, -1, -1, 1] * 3))))
    assert found.measures["verdict"].tolist() == [DIFFERS]
    assert "single months stray" in found.text()


def test_verdicts_are_corrected_for_all_that_is_looked_at(study: Study) -> None:
    customers = near("customers") * 1.035
    alone = lay(study, table(customers=customers)).measures
    beside = lay(
        study, table(customers=customers, **{name: near(name, seed=4) for name in ("churn", "profit")})
    ).measures
    assert beside["p_level"].iloc[0] == pytest.approx(3 * alone["p_level"].iloc[0])
    assert "9 tests of 3 measures" in lay(study, table(**{n: near(n) for n in ("churn", "profit", "offered")})).text()


def test_the_test_of_a_level_is_students_t_for_one_more() -> None:
    rng = np.random.default_rng(0)
    runs, actual = rng.normal(size=(10, 6)), 2.0 + rng.normal(size=6)
    from scipy import stats

    expected = stats.ttest_1samp(runs.mean(axis=1) - actual.mean(), 0.0).statistic / np.sqrt(11)
    found = compared(runs, actual, 0.95)
    assert found.chances.level == pytest.approx(2 * stats.t.sf(abs(expected), 9))
    assert found.by_chance == pytest.approx(stats.t.ppf(0.975, 9) * runs.mean(axis=1).std(ddof=1) * np.sqrt(1.1))


def test_what_never_varies_is_certain(study: Study) -> None:
    months = drawn(("baseline",)).assign(value=3.0)
    found = lay(study_of(months), table(customers=3.0, churn="300 %", profit=3.5))
    assert found.measures["verdict"].tolist() == [IN_LINE, IN_LINE, ABOVE]


def test_who_goes_no_further_than_a_replication_is_no_rarer_than_that() -> None:
    months = drawn(("baseline",), runs=10)
    months["value"] = 3.0 - 0.5 * ((months["replication"] == 4) & months["month"].isin([0, 1]))
    found = lay(study_of(months), table(customers=np.where(np.arange(12) == 3, 2.6, 3.0))).measures.iloc[0]
    assert found["verdict"] == IN_LINE
    assert found["p_scatter"] >= 2 / 11


@pytest.mark.parametrize("value", [2.6, 7.7, 0.3])
def test_who_alone_differs_is_not_measured_by_rounding_errors(value: float) -> None:
    runs = np.array([[value / 3]] * 14 + [[value]])
    found = _standard(np.concatenate([[[value / 3]], runs]) - runs.mean(axis=0)).ravel()
    assert found[-1] == ALONE
    assert np.abs(found[:-1]).max() < 1


def test_few_replications_say_so() -> None:
    few = lay(study_of(drawn(runs=10)), table(customers=near("customers") * 1.2))
    assert few.measures["verdict"].tolist() == [ABOVE]
    assert few.manifest["band_level"] == pytest.approx(9 / 11)
    assert "10 replications are too few for a band of 95 %" in few.text()
    assert "81.8 %" in few.text()
    assert "39 give the band asked for" in few.text()
    two = lay(study_of(drawn(runs=2)), table(customers=near("customers") * 1.2))
    assert two.measures["verdict"].tolist() == [NOT_JUDGED]


def test_the_summary_says_what_the_band_does_not_hold(study: Study) -> None:
    said = lay(study, ONE_MONTH).text()
    assert "that an assumption may be wrong is not in them" in said


def test_months_that_are_undefined_in_a_replication_are_not_tested() -> None:
    months = drawn(("baseline",))
    months.loc[(months["measure"] == "churn") & (months["month"] == 2) & (months["replication"] == 5), "value"] = np.nan
    found = lay(study_of(months), table(churn=np.where(np.arange(12) == 2, 0.99, near("churn"))))
    assert found.periods["n"].iloc[2] == RUNS - 1
    assert found.measures["verdict"].tolist() == [IN_LINE]
    assert found.measures["inside"].iloc[0] <= 11


# -- reading ---------------------------------------------------------------------------------------------------------

WIDE = pd.DataFrame({"month": ["2026-01", "2026-02"], "offered": [1000, 950], "service_level": [0.81, 0.79]})
LONG = WIDE.melt("month", var_name="measure")


@pytest.mark.parametrize("form", ["wide", "long"])
@pytest.mark.parametrize("kind", ["frame", "csv", "semicolons", "parquet", "xlsx"])
def test_every_form_of_table_says_the_same(study: Study, tmp_path: Path, form: str, kind: str) -> None:
    frame = {"wide": WIDE, "long": LONG}[form]
    path = tmp_path / f"actuals.{'csv' if kind == 'semicolons' else kind}"
    if kind in ("csv", "semicolons"):
        frame.to_csv(path, index=False, sep=";" if kind == "semicolons" else ",")
    elif kind == "parquet":
        frame.assign(month=pd.to_datetime(frame["month"])).to_parquet(path)
    elif kind == "xlsx":
        frame.assign(month=pd.to_datetime(frame["month"])).to_excel(path, index=False)
    found = lay(study, frame if kind == "frame" else path)
    pd.testing.assert_frame_equal(found.periods, lay(study, WIDE).periods)
    assert found.remarks == ()


def test_times_may_be_the_index(study: Study) -> None:
    at = WIDE.drop(columns="month").set_index(pd.to_datetime(WIDE["month"]).rename(None))
    pd.testing.assert_frame_equal(lay(study, at).periods, lay(study, WIDE).periods)


def test_labels_name_measures_too(study: Study) -> None:
    named = WIDE.rename(columns={"offered": "Contacts offered", "service_level": " Service Level", "month": "Date"})
    pd.testing.assert_frame_equal(lay(study, named).periods, lay(study, WIDE).periods)


@pytest.mark.parametrize(
    ("written", "remark"),
    [
        ([0.81, 0.79], None), (["81 %", "79%"], None), (["0.81", "79 %"], None),
        ([81, 79], "service_level was read as per cent, 79.0 % to 81.0 %, because it has numbers above 1."),
    ],
)  # fmt: skip
def test_shares_are_read_in_the_open(study: Study, written: list[object], remark: str | None) -> None:
    found = lay(study, table(2, service_level=written))
    assert found.periods["actual"].head(2).tolist() == pytest.approx([0.81, 0.79])
    assert found.remarks == ((remark,) if remark else ())


def test_columns_that_are_no_measures_are_told(study: Study) -> None:
    found = lay(study, WIDE.assign(region="north", weather=1.0))
    assert found.remarks == tuple(f"{name} is not a measure and was left out." for name in ("region", "weather"))
    assert "region is not a measure" in found.text()


def test_measures_without_months_are_told(study: Study) -> None:
    found = lay(study, WIDE.assign(retention_12m=0.6, stress=0.4))
    assert found.remarks == (
        "The study has no months of retention_12m, which was left out: give it by year.",
        "The study has no months of stress, which was left out.",
    )


def test_years_are_compared_with_years(study: Study) -> None:
    found = lay(study, pd.DataFrame({"period": ["year 1", "year 2"], "retention_12m": ["61 %", "59 %"]}))
    assert found.periods["period"].tolist() == ["year 1", "year 2"]
    assert found.measures[["by", "periods", "verdict"]].to_numpy().tolist() == [["year", 2, IN_LINE]]


def test_a_study_of_an_earlier_cxsim_is_compared_by_years_only(study: Study) -> None:
    old = Study(study.replications, study.cohorts, study.manifest)
    assert lay(old, pd.DataFrame({"period": ["year 1"], "customers": [2400]})).measures["verdict"].tolist() == [IN_LINE]
    with pytest.raises(ActualsError, match=r"has no months: .* saved by a cxsim that kept none; give actuals by year"):
        lay(old, ONE_MONTH)


# -- what is refused -------------------------------------------------------------------------------------------------

BAD_FRAMES = {
    "no month": (table(1, offered=1.0).assign(month="March"), "row 0: cannot read 'March' as a month; write 2026-03"),
    "a thirteenth month": (table(1, offered=1.0).assign(month="2026-13"), "cannot read '2026-13' as a month"),
    "a day that is not": (table(1, offered=1.0).assign(month="2026-02-30"), "cannot read '2026-02-30'"),
    "before": (table(1, offered=1.0).assign(month="2025-12"), "2025-12 lies outside .* runs from 2026-01 to 2027-12"),
    "after": (table(1, offered=1.0).assign(month="2028-01"), "row 0: 2028-01 lies outside of the projection"),
    "a third year": (pd.DataFrame({"period": ["year 3"], "churn": [0.4]}), "year 3 .* runs from year 1 to year 2"),
    "no time": (table(2, offered=1.0).assign(month=["2026-01", None]), "row 1: offered is 1.0, but month is empty"),
    "twice": (pd.concat([ONE_MONTH, ONE_MONTH]), "offered of 2026-01 appears twice, first in row 0; keep one"),
    "month and year": (
        pd.DataFrame({"period": ["2026-01", "year 1"], "offered": [1.0, 2.0]}), "by month and by year; keep one",
    ),
    "text": (table(1, offered="about 900"), "row 0: cannot read 'about 900' of offered as a number; write it plainly"),
    "thousands": (table(1, offered="1,000"), "cannot read '1,000' of offered as a number"),
    "infinite": (table(1, offered=np.inf), "offered is inf; give a number"),
    "true": (table(1, offered=True), "cannot read 'True'"),
    "per cent of contacts": (table(1, offered="90 %"), "offered is 90 %, and it is counted in contacts"),
    "more than all": (table(1, service_level="180 %"), "service_level 180 % is more than 100 %"),
    "more than all, bare": (table(1, service_level=7600), "service_level 7600 is more than 100 %"),
    "per cent or not": (table(1, churn=1.4), "churn 1.4 may be 1.4 % or 140% a year; write the sign %"),
    "a typing error": (table(1, servce_level=0.8), "no measure 'servce_level'; did you mean 'service_level'"),
    "unknown, long": (
        pd.DataFrame({"month": ["2026-01"], "measure": ["weather"], "value": [1]}), "there is no measure 'weather'",
    ),
    "nothing known": (table(1, weather=1.0), "there is no measure among 'weather'"),
    "nothing projected": (table(1, stress=0.5), "nothing to compare. The study has no months of stress"),
    "no rows": (table(0, offered=1.0), "the frame of actuals has no rows"),
    "no figures": (table(2, offered=np.nan), "the frame of actuals has no figures"),
    "no columns": (pd.DataFrame({"month": ["2026-01"]}), "the frame of actuals has no figures"),
    "long without time": (pd.DataFrame({"measure": ["offered"], "value": [1.0]}), "does not say when"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_bad_tables_are_refused_in_a_sentence(study: Study, name: str) -> None:
    actuals, message = BAD_FRAMES[name]
    with pytest.raises(ActualsError, match=message) as caught:
        lay(study, actuals)
    assert "\n" not in str(caught.value)


BAD_FILES = {
    "empty.csv": (b"", "has no rows"),
    "names.csv": (b"month,offered\n", "has no rows"),
    "latin.csv": ("month,offered\n2026-01,1000 \xa3\n".encode("latin-1"), "not in UTF-8"),
    "ragged.csv": (b"month,offered\n2026-01,1\n2026-02,2,3,4\n", "cannot be read"),
    "broken.xlsx": (b"PK\x03\x04 no workbook", "cannot be read"),
    "broken.parquet": (b"PAR1 nothing", "cannot be read"),
    "figures.txt": (b"month,offered\n2026-01,1\n", "cannot read .txt; give .csv, .parquet, .xlsx"),
    "twice.csv": (b"month,offered,offered\n2026-01,1,2\n", "two columns called 'offered'"),
    "row.csv": (b"month,offered\n2026-01,1000\n\n2026-02,nine\n", "row 4: cannot read 'nine'"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_in_a_sentence(study: Study, tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ActualsError, match=message) as caught:
        lay(study, tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_of_single_records_is_refused_unread(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # sparse
    with pytest.raises(ActualsError, match=r"2,000,000,000 bytes, .* up to months first"):
        lay(study, path)


def test_a_missing_file_and_a_wrong_start_are_told(study: Study, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv: there is no such file"):
        lay(study, tmp_path / "nowhere.csv")
    with pytest.raises(ActualsError, match="starts = '2026-01-15' is in the middle of a month"):
        lay(study, ONE_MONTH, starts="2026-01-15")
    with pytest.raises(ActualsError, match="starts = 'spring': cannot read 'spring' as a month"):
        lay(study, ONE_MONTH, starts="spring")
    with pytest.raises(ActualsError, match="did you mean 'rapport'"):
        lay(study, ONE_MONTH, policy="raport")
    with pytest.raises(ActualsError, match="level = 95 is not between 0 and 1"):
        lay(study, ONE_MONTH, level=95)


# -- files, pictures and the command ---------------------------------------------------------------------------------


def test_an_overlay_is_saved_all_or_nothing(study: Study, tmp_path: Path) -> None:
    found = lay(study, WIDE)
    assert found.save(tmp_path / "out") == tmp_path / "out"
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert pd.read_csv(tmp_path / "out" / "overlay.csv")["verdict"].tolist() == found.measures["verdict"].tolist()
    assert len(pd.read_csv(tmp_path / "out" / "overlay-periods.csv")) == len(found.periods)
    assert json.loads((tmp_path / "out" / "overlay.json").read_text())["starts"] == STARTS
    assert (tmp_path / "out" / "overlay.txt").read_text() == found.text() + "\n"
    with pytest.raises(FileExistsError, match="overwrite=True"):
        found.save(tmp_path / "out")
    found.save(tmp_path / "out", overwrite=True)


def test_a_new_study_takes_old_overlays_away(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    lay(study, WIDE).save(folder)
    assert {path.name for path in folder.iterdir()} >= FILES
    study.save(folder, overwrite=True)
    assert not FILES & {path.name for path in folder.iterdir()}


def test_pictures_are_drawn_of_each_measure_and_of_all(study: Study, tmp_path: Path) -> None:
    found = lay(study, WIDE.assign(churn=["40 %", None]), policy=POLICY)
    names = list(figures(found))
    assert names == ["overlay", "overlay-offered", "overlay-service-level", "overlay-churn"]
    alone, *_ = figures(lay(study, ONE_MONTH)).values()
    texts = " ".join(text.get_text() for ax in alone.axes for text in ax.texts) + " ".join(
        text.get_text() for text in alone.texts
    )
    for said in (
        "projected: no policy",
        "actual",
        "50, 80 and 95 % of cases, by 40 simulated companies",
        "Source: cxsim",
    ):
        assert said in texts.replace("\n", " ")
    year = lay(study, pd.DataFrame({"period": ["year 1"], "churn": ["40 %"]}))
    assert len(year.pictures()) == 2


def test_the_command_prints_saves_and_draws(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    WIDE.to_csv(tmp_path / "actuals.csv", index=False)
    command = ["overlay", str(folder), str(tmp_path / "actuals.csv"), "--starts", "2026-01"]
    out = tmp_path / "out"
    assert status([*command, "--policy", POLICY, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "in line" in said.out
    assert "saved in" in said.err
    assert {path.name for path in out.iterdir()} == FILES | {"charts"}
    assert (out / "charts" / "overlay-offered.svg").exists()
    assert status([*command, "--csv"]) == 0
    assert capsys.readouterr().out.startswith("measure,label,unit,by,periods,inside")
    assert status([*command, "--out", str(out)]) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert status(["overlay", str(folder), str(tmp_path / "actuals.csv")]) == 2
    assert status([*command, "--policy", "nobody"]) == 2


# -- does it hold? ---------------------------------------------------------------------------------------------------

LOOKED_AT = (
    "customers", "joined", "churn", "purchases", "profit", "offered", "service_level", "asa_s", "abandonment",
    "handling_s", "fcr", "csat_measured", "nps_measured", "complaints", "compensation", "rating",
)  # fmt: skip
COMPANIES, PROJECTED = 120, 60


def actuals_of(months: pd.DataFrame, run: int, factor: float = 1.0) -> pd.DataFrame:
    """What one simulated company would note down: calendar months have their own days."""
    own = months[(months["replication"] == run) & months["measure"].isin(LOOKED_AT)]
    wide = own.pivot(index="month", columns="measure", values="value")
    stretch = Calendar(starting(STARTS), 12, 1).stretch(12)
    for name in wide.columns:
        if MONTHLY[name] == "sum":
            wide[name] *= stretch
    wide["offered"] *= factor
    rates = [name for name in ("churn", "complaint_share") if name in wide]
    wide[rates] = wide[rates].map(lambda share: f"{100 * share!r} %")
    return wide.set_axis([f"2026-{month + 1:02d}" for month in wide.index]).rename_axis("month").reset_index()


@pytest.mark.slow
def test_companies_that_are_as_projected_are_hardly_ever_called_different_and_others_are() -> None:
    """Of so many companies at most 1 in 20 would be called different: 5 % and 3 standard errors of the count."""
    company = sim.Scenario.load("small_company").change(years=1.0)
    projected = sim.run(company, replications=PROJECTED, engine="compiled", seed=1)
    others = sim.run(company, replications=COMPANIES, engine="compiled", seed=2)
    found = [lay(projected, actuals_of(others.months, run)) for run in range(COMPANIES)]
    assert all(len(one.measures) == len(LOOKED_AT) for one in found)
    different = np.mean([(one.measures["verdict"] != IN_LINE).any() for one in found])
    assert different <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / COMPANIES)
    inside = np.mean([one.measures["inside"].sum() / one.measures["periods"].sum() for one in found])
    # What chance does to the share of one projection is bounded by that of PROJECTED independent months.
    assert abs(inside - 0.95) < 3 * np.sqrt(0.05 * 0.95 / PROJECTED)
    few = ["month", "offered", "customers"]
    fewer = [
        lay(projected, actuals_of(others.months, run, 0.9)[few]).measures.set_index("measure") for run in range(30)
    ]
    assert np.mean([one.loc["offered", "verdict"] == BELOW for one in fewer]) > 0.5
