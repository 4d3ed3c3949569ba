"""Stated intervals hold what made the records; a real month's first half forecasts the second.

Coverage: records of a known truth are made again and again, spoilt in every way that exports are, cut off while some
still wait or are being served, and without some columns; 95 % intervals must hold the truth about as often as they say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import arrivals, handling, holdout, patience, returns, staffing
from sim.company.fitting.contacts.calendar import clock, days_of, half_hours
from sim.company.fitting.database import database
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.reading import read
from sim.company.fitting.request import Request
from tests.unit.company.made_records import Truth, cut_off, dirty, records

pytestmark = pytest.mark.slow

LEVEL, REPEATS = 0.95, 100
FALSE_ALARM = 0.001  # of all figures together
LAST = pd.Timestamp("2024-02-10 10:30")  # in the middle of the last Saturday
TRUTH = Truth(redial=0.0)
RETURNING = Truth(days=28, redial=0.35, named=0.85, customers=1_000_000)


def truths() -> dict[tuple[str, str], float]:
    """What must be found again, by name and key of the estimate."""
    week = np.array([1, 1, 1, 1, 1, TRUTH.saturday])
    found = {
        ("contacts_a_day", ""): TRUTH.contacts * week.mean(),
        ("day_factor_cv", ""): TRUTH.day_cv,
        ("day_factor_cv_over_weeks", ""): TRUTH.day_cv,
        ("handling_mean", ""): TRUTH.handling_s,
        ("handling_sigma", ""): TRUTH.sigma,
        ("handling_cv", ""): TRUTH.handling_cv,
        ("patience_mean_of_pieces", "all"): TRUTH.mean_patience,
        ("patience_hazard_all", "15-30 s"): TRUTH.hazard[0],
        ("patience_hazard_all", "30-60 s"): TRUTH.hazard[0],
        ("patience_hazard_all", "60-90 s"): TRUTH.hazard[1],
    }
    found |= {("weekday_weight", day): week[k] for k, day in ((0, "Mon"), (3, "Thu"), (5, "Sat"))}
    return found | {("profile_full_day", clock(slot)): TRUTH.shape[slot] for slot in (18, 24, 32)}


def spoilt(seed: int) -> pd.DataFrame:
    """Records cut off and spoilt; of three exports one has all columns, one few, and one stamps for durations."""
    frame = cut_off(records(TRUTH, seed), LAST)
    if seed % 3 == 1:
        frame = frame.drop(columns=["customer", "agent", "type"]).assign(customer="", type="")
    text = dirty(frame, seed)
    if seed % 3 == 1:
        return text.drop(columns=["customer", "type"])
    return _with_stamps(text) if seed % 3 == 2 else text


def _with_stamps(text: pd.DataFrame) -> pd.DataFrame:
    """Say the same by the times of leaving the queue and of the end."""
    arrival = pd.to_datetime(text["arrival"], errors="coerce")
    wait, served = (pd.to_numeric(text[name], errors="coerce") for name in ("wait", "service"))
    left = arrival + pd.to_timedelta(wait, unit="s")
    answered = text["outcome"] == "answered"
    end = left + pd.to_timedelta(served, unit="s")
    stamps = {"queue_exit": left, "service_start": left.where(answered), "service_end": end.where(answered)}
    return text.drop(columns=["wait", "service"]).assign(**stamps)


def fitted(clean: Clean) -> list[Estimate]:
    """Estimates without the parametric forms of patience, which are lifelines' own."""
    waits = patience.waits(clean)
    one = patience.Fitted(waits[0], waits[0].hazard(LEVEL), patience.kaplan_meier(waits[0], LEVEL), {})
    services = handling.services(clean)
    return [
        *arrivals.fit(days_of(half_hours(clean)), LEVEL),
        *handling.fit(clean, services[:1], LEVEL),
        *(row for row in patience.estimates(clean, [one], LEVEL)),
    ]


@pytest.fixture(autouse=True)
def _no_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_forms", lambda one, known: iter(()))


def assert_covered(inside: dict[object, list[bool]]) -> None:
    """No figure is held too seldom for intervals of 95 %, and all together not nearly always."""
    least = stats.binom.ppf(FALSE_ALARM / len(inside), REPEATS, LEVEL)
    for name, hits in inside.items():
        assert len(hits) == REPEATS, name
        assert sum(hits) >= least, (name, sum(hits))
    assert np.mean(list(inside.values())) < (1 + LEVEL) / 2 + 0.01


def test_intervals_hold_the_truth_as_often_as_they_say_also_with_dirt() -> None:
    inside: dict[object, list[bool]] = defaultdict(list)
    for seed in range(REPEATS):
        with database() as connection:
            found = {(one.name, one.key): one for one in fitted(read([spoilt(seed)], connection)["contacts"])}
        for name, true in truths().items():
            inside[name].append(found[name].low <= true <= found[name].high)
    assert_covered(inside)


def test_intervals_of_redials_hold_the_truth_though_some_leave_no_name() -> None:
    inside: dict[object, list[bool]] = defaultdict(list)
    for seed in range(REPEATS):
        frame = records(RETURNING, seed)
        frame["customer"] = frame["customer"].replace(0, np.nan)
        with database() as connection:
            connection.register("given", frame.assign(row=range(len(frame))))
            connection.execute("create table contacts as select * replace (customer::bigint as customer) from given")
            clean = Clean("contacts", connection, "contacts", tuple(frame.columns), len(frame))
            found = {one.name: one for one in returns.redials(returns.followed(clean), LEVEL)}
        for name, true in (("redial_share", RETURNING.redial), ("redial_delay", RETURNING.redial_min)):
            inside[name].append(found[name].low <= true <= found[name].high)
    assert_covered(inside)


# --- a real month


@pytest.fixture(scope="module")
def bank(data_folder: Path) -> Iterator[Clean]:
    folder = data_folder / "data" if (data_folder / "data").is_dir() else data_folder
    words = {"outcome": {"answered": ["AGENT"], "abandoned": ["HANG"], "ignored": ["PHANTOM"]}}
    asked = Request(words=words, drop={"bad_time": ["1"], "type": ["TT"]})
    with database() as connection:
        yield read([folder / "bank_calls_share" / "calls_1999-02.csv.gz"], connection, asked)["contacts"]


@pytest.fixture(scope="module")
def held(bank: Clean) -> pd.DataFrame:
    found, _ = holdout.hold_out(bank, pd.Timestamp("1999-02-15"), LEVEL)
    return found.errors.set_index(["measure", "grain", "method"])


def test_the_banks_columns_are_understood_without_help(bank: Clean) -> None:
    lines = {line.concept: line.column for line in bank.lines}
    assert lines["arrival"] == "date+vru_exit"
    assert (lines["wait"], lines["service"], lines["agent"]) == ("wait", "ser_time", "server")


def test_agents_of_half_hours_are_those_derived_from_the_same_calls_before(bank: Clean, data_folder: Path) -> None:
    """The data's README says how its agents were derived; call-backs are among them and not among ours."""
    folder = data_folder / "data" if (data_folder / "data").is_dir() else data_folder
    theirs = pd.read_csv(folder / "bank_calls_share" / "staffing_halfhour_1999-02.csv")
    theirs["day"] = pd.to_datetime(theirs["date"])
    theirs["slot"] = (pd.to_timedelta(theirs["start"] + ":00").dt.total_seconds() // 1800).astype(int)
    both = theirs.merge(staffing.half_hours(bank), on=["day", "slot"], how="left").fillna(0.0)
    assert np.corrcoef(both["agents"], both["agents_est"])[0, 1] > 0.97
    assert both["agents"].mean() == pytest.approx(both["agents_est"].mean(), rel=0.05)


@pytest.mark.parametrize("measure", ["offered", "abandonment", "mean_wait_s"])
def test_the_first_half_forecasts_the_second_better_than_the_last_week_repeated(
    held: pd.DataFrame, measure: str
) -> None:
    for grain in ("hour", "day"):
        own, naive = (held.loc[(measure, grain, method), "mae"] for method in ("forecast", holdout.SAME_HOUR))
        assert own < naive, (measure, grain, own, naive)


def test_simulating_is_no_worse_than_a_formula_an_hour(held: pd.DataFrame) -> None:
    """By the hour the two are close, by the day simulating is ahead, and less biased throughout."""
    for measure in ("abandonment", "mean_wait_s"):
        for grain, most in (("hour", 1.05), ("day", 1.0)):
            own, formula = (held.loc[(measure, grain, method)] for method in ("forecast", holdout.ERLANG_A))
            assert own["mae"] < most * formula["mae"], (measure, grain)
            assert abs(own["bias"]) < abs(formula["bias"]), (measure, grain)


def test_bands_hold_what_happened_about_as_often_as_they_say(held: pd.DataFrame) -> None:
    for measure in ("offered", "abandonment", "mean_wait_s"):
        assert 0.88 <= held.loc[(measure, "hour", "forecast"), "covered"] <= 1.0, measure


def test_a_fifth_of_the_agents_less_would_be_noticed(bank: Clean, held: pd.DataFrame) -> None:
    with pytest.MonkeyPatch.context() as patch:
        whole = staffing.by_day
        patch.setattr(staffing, "by_day", lambda halves, found, column: 0.8 * whole(halves, found, column))
        fewer = holdout.hold_out(bank, pd.Timestamp("1999-02-15"), LEVEL)[0].errors
    fewer = fewer.set_index(["measure", "grain", "method"])
    for measure in ("abandonment", "mean_wait_s"):
        for grain in ("hour", "day"):
            key = (measure, grain, "forecast")
            assert fewer.loc[key, "mae"] > 1.1 * held.loc[key, "mae"], key
            assert fewer.loc[key, "bias"] > 3 * abs(held.loc[key, "bias"]), key
