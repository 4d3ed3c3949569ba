"""The warm-up: MSER-5 on series whose start is known, the drift that is left, and what a company's weeks say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
import sim.model.state as s
from sim.cli import status
from sim.engines import History, run
from sim.inputs.scenario import Scenario
from sim.outcomes.measures import CATALOGUE, Period
from sim.outcomes.statistics import Interval
from sim.studies.warm_up import (
    ENOUGH,
    MEASURES,
    NOT_BY_WEEK,
    TOO_SHORT,
    UNCLEAR,
    UNSETTLED,
    Cut,
    WarmUp,
    WarmUpError,
    Weeks,
    drifts,
    mser5,
    smoothed,
    verdict,
    warm_up,
)

SERIES, WEEKS = 200, 200
STEP_AT, STEP = 40, 5.0  # weeks; standard deviations of a week
BIAS, FADES = 10.0, 20.0  # standard deviations of a week; weeks
NEAR = 20  # weeks, a tenth of the series
MOSTLY = 0.5
WHOLE = 110  # weeks
SMALL = (
    Scenario.load("small_company")
    .change(years=WHOLE * 7 / 365, warm_up=0.0)
    .override(market_size=3000, employees=2)
)  # fmt: skip
WIDEST = 100


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(20261122).normal(size=(SERIES, WEEKS))


# -- MSER-5 on series whose start is known ------------------------------------------------------------------------


def restated(series: np.ndarray) -> int:
    """MSER-5 as its authors write it, one sum at a time; the last five batches are no candidates."""
    batches = [sum(series[k : k + 5]) / 5 for k in range(0, len(series) - 4, 5)]
    found = []
    for cut in range(len(batches) - 5):
        rest = batches[cut:]
        mean = sum(rest) / len(rest)
        found.append(sum((value - mean) ** 2 for value in rest) / len(rest) ** 2)
    return 5 * found.index(min(found))


def test_the_cut_is_the_one_of_the_formula(noise):
    for row in noise[:20]:
        for series in (row, row + BIAS * np.exp(-np.arange(WEEKS) / FADES), row[:173]):
            assert mser5(series) == (restated(series), len(series))


@pytest.mark.parametrize("step_at", [0, 5, 40, 100])
@pytest.mark.parametrize("level", [0.0, 0.1, 1e9])
def test_a_step_without_noise_is_cut_off_to_the_week(step_at, level):
    assert mser5(np.where(np.arange(WEEKS) < step_at, level + 0.3, level)) == (step_at, WEEKS)


def test_a_step_is_never_left_in_and_mostly_found_near(noise):
    cuts = np.array([mser5(row + STEP * (np.arange(WEEKS) < STEP_AT)).values for row in noise])
    assert cuts.min() >= STEP_AT
    assert (cuts <= STEP_AT + NEAR).mean() > MOSTLY


def test_of_a_start_that_fades_nine_tenths_of_the_bias_go(noise):
    """The bias of the whole mean is BIAS x FADES / WEEKS = 1, up to 1 - exp(-10)."""
    left = [series[mser5(series).values :].mean() for series in noise + BIAS * np.exp(-np.arange(WEEKS) / FADES)]
    assert abs(np.mean(left)) < 0.1 * BIAS * FADES / WEEKS


def test_what_is_stationary_from_the_start_is_mostly_kept(noise):
    cuts = np.array([mser5(row).values for row in noise])
    assert (cuts <= NEAR).mean() > MOSTLY
    assert np.median(cuts) <= 5


def test_what_never_settles_is_refused(noise):
    assert not any(mser5(row + 0.05 * np.arange(WEEKS)).accepted for row in noise)
    assert Cut(100, 200).accepted
    assert not Cut(105, 200).accepted


@pytest.mark.parametrize("values", [np.zeros(99), np.append(np.zeros(150), np.nan)])
def test_too_few_weeks_or_undefined_ones_are_refused(values):
    with pytest.raises(WarmUpError, match="at least 100 finite values"):
        mser5(values)


def test_smoothing_keeps_a_straight_line_and_averages_a_quarter():
    assert smoothed(np.arange(50.0)).tolist() == pytest.approx(list(range(50)))
    spike = smoothed(13.0 * (np.arange(50) == 25))
    assert spike[19:32].tolist() == pytest.approx([1.0] * 13)
    assert spike.sum() == pytest.approx(13.0)


# -- what is left after the warm-up --------------------------------------------------------------------------------


def test_the_drift_is_the_first_half_less_the_second():
    values = np.array([[100.0, 1.0, 2.0, 3.0, 4.0], [100.0, 0.0, 0.0, 1.0, 1.0]])
    assert drifts(values, 1).tolist() == [-2.0, -1.0]


@pytest.mark.parametrize(
    ("cut", "low", "high", "expected"),
    [
        (Cut(50, 200), -1.0, 1.0, ENOUGH),
        (Cut(55, 200), -1.0, 1.0, UNCLEAR),
        (Cut(105, 200), -1.0, 1.0, UNCLEAR),
        (Cut(55, 200), 0.5, 1.0, TOO_SHORT),
        (Cut(105, 200), -1.0, -0.5, UNSETTLED),
        (Cut(50, 200), 0.5, 1.0, UNSETTLED),
        (Cut(55, 200), np.nan, np.nan, UNCLEAR),
    ],
)
def test_the_verdict_follows_from_the_cut_and_the_drift(cut, low, high, expected):
    assert verdict(cut, 50 * 7, Interval(10, 0.75, 0.1, low, high)) == expected


# -- the weeks of a company ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history() -> History:
    return run(SMALL.change(years=0.5), 0, engine="readable")


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in NOT_BY_WEEK])
def test_a_week_depends_on_its_own_days_only(name, history):
    first, last = 70, 77
    state = history.state
    board, board_f = np.full_like(state.board, 10**6), np.full_like(state.board_f, 1e6)
    board[:, first:last], board_f[:, first:last] = state.board[:, first:last], state.board_f[:, first:last]
    other = replace(history, state=state._replace(board=board, board_f=board_f, cohort=np.ones_like(state.cohort)))
    value = CATALOGUE[name].value
    assert value(Period(history, first, last)) == pytest.approx(value(Period(other, first, last)), nan_ok=True)


def test_what_has_no_value_of_a_week_is_the_same_in_all(history):
    value = CATALOGUE["retention_12m"].value
    weeks = [value(Period(history, day, day + 7)) for day in (0, 70)]
    assert weeks[0] == pytest.approx(weeks[1], nan_ok=True)


def test_the_weeks_are_the_whole_ones_in_order(history):
    frame = Weeks(("purchases", "customers"))(history)
    assert list(frame["period"].unique()) == [f"week {week}" for week in range(1, 27)]
    bought = frame.loc[frame["measure"] == "purchases", "value"].sum()
    assert bought == history.state.board[s.PURCHASES, : 26 * 7].sum()


@pytest.fixture(scope="module")
def settled() -> WarmUp:
    return warm_up(SMALL, replications=3, workers=1)


def test_the_mean_of_the_weeks_is_the_figure_of_the_study(settled):
    study = sim.run(SMALL, replications=3, workers=1).means().set_index(["measure", "period"])["mean"]
    for name in ("customers", "profit_a_year"):
        weeks = settled.weeks[settled.weeks["measure"] == name]
        assert list(weeks["week"]) == list(range(1, WHOLE + 1))
        assert weeks["mean"].mean() == pytest.approx(study[(name, "all")], rel=1e-9)


def test_each_measure_has_a_row_and_a_sentence(settled):
    assert list(settled.verdicts["measure"]) == list(MEASURES)
    assert set(settled.verdicts["weeks"]) == {WHOLE}
    assert settled.verdicts["confidence"].iloc[0] == pytest.approx(1 - 0.05 / len(MEASURES))
    assert len(settled.text().splitlines()) == len(MEASURES) + 1


def test_a_company_of_new_customers_has_not_settled_when_it_is_measured_at_once():
    """Who would leave anyway leaves first: a fresh cohort shrinks until it is sorted."""
    found = warm_up(SMALL.change(fresh=True), measures="customers", replications=5, workers=1)
    row = found.verdicts.iloc[0]
    assert row["verdict"] in (TOO_SHORT, UNSETTLED)
    assert row["ci_low_drift"] > 0
    assert "customers" in found.text().splitlines()[-1]


def test_policies_begin_after_the_warm_up_and_are_left_out():
    chosen = {"measures": "occupancy", "replications": 1, "workers": 1}
    plain, changed = (warm_up(scenario, **chosen) for scenario in (SMALL, SMALL.under(sim.Staffing(employees=5))))
    pd.testing.assert_frame_equal(plain.weeks, changed.weeks)


def test_the_warm_up_of_the_scenario_is_what_is_judged_and_not_run():
    chosen = {"measures": "occupancy", "replications": 1, "workers": 1}
    own = warm_up(SMALL.change(years=1.0, warm_up=1.5), years=SMALL.years, **chosen)
    assert own.verdicts["warm_up_days"].tolist() == [548]
    pd.testing.assert_frame_equal(own.weeks, warm_up(SMALL, **chosen).weeks)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"measures": "ocupancy"}, "did you mean 'occupancy'"),
        ({"measures": ["customers", "retention_12m"]}, "needs a whole year"),
        ({"measures": []}, "give one, such as profit_a_year"),
        ({"years": 1.0}, r"52 whole weeks; 100 are needed.*years=2 or more"),
    ],
)
def test_what_has_no_answer_is_refused_before_it_is_run(asked, words, monkeypatch):
    monkeypatch.setattr("sim.studies.warm_up.Series", None)
    with pytest.raises(WarmUpError, match=words):
        warm_up(SMALL, **asked)


def test_a_run_that_ends_with_the_warm_up_is_refused():
    with pytest.raises(WarmUpError, match=r"years=3\.3 or more"):
        warm_up(SMALL.change(warm_up=3.0), years=2.5)


def test_a_week_without_a_value_is_refused_by_name():
    nobody = SMALL.override(market_size=50)
    with pytest.raises(WarmUpError, match=r"csat has no value in week \d+"):
        warm_up(nobody, measures="csat", replications=1, workers=1)


# -- saved, drawn, on the command line -----------------------------------------------------------------------------


def test_it_is_saved_and_drawn(settled, tmp_path):
    folder = settled.save(tmp_path / "start", charts=True)
    names = sorted(path.name for path in folder.iterdir() if path.suffix != ".parquet")
    assert names == ["charts", "warm-up-weeks.csv", "warm-up.csv", "warm-up.json", "warm-up.txt"]
    assert json.loads((folder / "warm-up.json").read_text())["scenario"]["name"] == "small_company"
    drawn = {path.stem for path in (folder / "charts").iterdir()}
    assert "warm-up-profit-a-year" in drawn
    assert len(drawn) == len(MEASURES)


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(SMALL.to_toml())
    return str(path)


def test_the_command_prints_what_the_function_finds(tiny, tmp_path, capsys):
    chosen = ["warm-up", tiny, "-m", "customers", "-m", "occupancy", "-n", "2", "--workers", "1"]
    assert status([*chosen, "--csv"]) == 0
    found = warm_up(tiny, measures=["customers", "occupancy"], replications=2, workers=1)
    assert capsys.readouterr().out == found.to_frame().to_csv(index=False, lineterminator="\n")
    out = tmp_path / "out"
    assert status([*chosen, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert found.text().splitlines()[-1] in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= WIDEST
    assert (out / "charts" / "warm-up-occupancy.svg").is_file()
    assert status([*chosen, "--out", str(out)]) == 2
    assert "add --overwrite" in capsys.readouterr().err


def test_the_package_has_the_function():
    assert sim.warm_up is warm_up
