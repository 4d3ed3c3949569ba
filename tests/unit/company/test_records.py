"""Records agree with the books of the run that they are of, whoever ran it and in whatever parts they were written."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
import sim.model.state as s
from sim import engines
from sim.cli import status
from sim.company import records
from sim.company.records import COLUMNS, Records, RecordsError, events
from sim.company.records.contacts import TYPES
from sim.company.records.dirt import FAULTS, OFF_SCALE, Dirt
from sim.engines import run
from sim.errors import FullDiskError
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, SECOND
from tests.engines.worlds import BASE, EVERYTHING, EXTREMES, PUSHED, SMALL

TINY = BASE.override(**SMALL).change(name="tiny", years=0.3, warm_up=0.05)
BUSY = BASE.override(**(SMALL | EVERYTHING | {"employees": 4, "quit_rate": 4.0, "quit_cap": 4.0, "hire_lag": 3.0}))
WORLDS: dict[str, Scenario] = {
    "a small company": TINY,
    "every mechanism": BUSY.change(name="busy", years=0.4, warm_up=0.05),
    **{
        name: BASE.override(**(SMALL | change)).change(years=0.2, warm_up=0.02)
        for name, change in {**EXTREMES, **PUSHED}.items()
        if name in (
            "no agents", "everyone impatient", "all need authority, all held", "all need authority, all transferred",
            "no managers, all held", "agents quit at once", "few hours of patience, long handling", "one person",
            "everybody is called back in turn", "everybody answers every survey", "nothing is ever solved",
        )
    },
}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def made(scenario: Scenario, folder: Path, **how: Any) -> tuple[Records, dict[str, pd.DataFrame]]:
    found = sim.records(scenario, folder, **{"engine": "compiled", "progress": False} | how)
    return found, tables(folder)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    times = {"contacts": ["arrival", "queue_exit"], "purchases": ["date"], "surveys": ["date"], "friends": []}
    return {name: pd.read_csv(folder / f"{name}.csv", parse_dates=times[name]) for name in COLUMNS}


def ticks(times: pd.Series) -> np.ndarray:
    return times.to_numpy().astype("timedelta64[us]").astype(np.int64)


def booked(found: Records, row: int) -> int:
    scenario = found.history.resolved.scenario
    return int(found.history.state.board[row, scenario.first_day : scenario.days].sum())


@pytest.mark.parametrize("world", WORLDS)
def test_records_agree_with_the_books(world: str, out: Path) -> None:
    found, tables_ = made(WORLDS[world], out)
    contacts, answers = tables_["contacts"], tables_["surveys"]
    outcome, held_on = contacts["outcome"], contacts["callback"] == "no"
    wait = contacts["queue_exit"] - contacts["arrival"]
    answered = outcome == "answered"
    assert {
        s.OFFERED: len(contacts),
        s.ANSWERED: answered.sum(),
        s.ABANDONED: (outcome == "abandoned").sum(),
        s.WAIT_ANSWERED: ticks(wait[answered & held_on]).sum(),
        s.CALLBACK_WAIT: ticks(wait[answered & ~held_on]).sum(),
        s.WAIT_ABANDONED: ticks(wait[outcome == "abandoned"]).sum(),
        s.CALLBACKS_CHOSEN: (~held_on).sum(),
        s.PURCHASES: len(tables_["purchases"]),
        s.REVENUE: round(tables_["purchases"]["amount"].astype(float) * 100).sum(),
        s.SURVEY_ANSWERS: len(answers),
        s.SURVEY_POINTS: answers["satisfaction"].sum(),
        s.SURVEY_HAPPY: (answers["satisfaction"] >= 4).sum(),
        s.SURVEY_PROMOTERS: (answers["recommend"] >= 9).sum(),
        s.SURVEY_DETRACTORS: (answers["recommend"] <= 6).sum(),
    } == {
        row: booked(found, row)
        for row in (
            s.OFFERED, s.ANSWERED, s.ABANDONED, s.WAIT_ANSWERED, s.CALLBACK_WAIT, s.WAIT_ABANDONED, s.CALLBACKS_CHOSEN,
            s.PURCHASES, s.REVENUE, s.SURVEY_ANSWERS, s.SURVEY_POINTS, s.SURVEY_HAPPY, s.SURVEY_PROMOTERS,
            s.SURVEY_DETRACTORS,
        )
    }  # fmt: skip
    assert found.rows == {name: len(table) for name, table in tables_.items()}
    assert {name: list(table.columns) for name, table in tables_.items()} == {n: list(c) for n, c in COLUMNS.items()}


@pytest.mark.parametrize("world", ["a small company", "every mechanism", "all need authority, all held"])
def test_time_with_agents_is_the_time_that_they_were_busy(world: str, out: Path) -> None:
    found, tables_ = made(WORLDS[world].change(warm_up=0.0), out)
    contacts = tables_["contacts"]
    assert contacts["service_time"].notna().equals(contacts["outcome"] == "answered")  # all is over at the end
    assert round(contacts["service_time"] * SECOND).sum() == booked(found, s.BUSY) > 0


@pytest.mark.parametrize("world", ["a small company", "every mechanism", "agents quit at once"])
def test_an_agent_serves_one_contact_at_a_time_and_whoever_is_hired_is_somebody_new(world: str, out: Path) -> None:
    found, tables_ = made(WORLDS[world], out)
    served = tables_["contacts"].dropna(subset="service_time").copy()
    served["end"] = served["queue_exit"] + pd.to_timedelta(served["service_time"], unit="s").dt.round("us")
    for _, own in served.sort_values("queue_exit").groupby("agent"):
        assert (own["queue_exit"].to_numpy()[1:] >= own["end"].to_numpy()[:-1]).all()
    positions, hires = found.history.state.agent_i.shape[1], int(found.history.state.board[s.HIRES].sum())
    assert served["agent"].max() < positions + hires
    if world == "agents quit at once":
        assert served["agent"].nunique() > positions


def test_types_segments_and_what_surveys_were_about_are_those_of_the_log(out: Path) -> None:
    scenario = WORLDS["every mechanism"]
    _, tables_ = made(scenario, out)
    history = run(scenario, engine="compiled", logging=True)
    log, first = history.log_i, scenario.first_day
    calls = log[(log[:, s.LOG_CODE] == s.ARRIVE) & (log[:, s.LOG_TIME] >= first * DAY)]
    contacts = tables_["contacts"].sort_values(["arrival", "customer"])
    calls = calls[np.lexsort((calls[:, s.LOG_PERSON], calls[:, s.LOG_TIME]))]
    assert contacts["customer"].tolist() == calls[:, s.LOG_PERSON].tolist()
    assert contacts["type"].tolist() == [TYPES[kind] for kind in calls[:, s.LOG_B]]
    kinds: dict[int, int] = {}
    expected = []
    for time, code, person, a, b, c in log.tolist():
        if code == s.LOG_OPENED:
            kinds[person] = a
        elif code == s.LOG_SURVEYED and b >= first:
            expected.append((time, person, a, c, "yes" if kinds[person] >= s.MINOR_CASE else "no"))
    surveys = tables_["surveys"]
    assert sorted(row[1:] for row in expected) == sorted(
        surveys[["customer", "satisfaction", "recommend", "problem"]].itertuples(index=False, name=None)
    )
    assert set(surveys["problem"]) == {"yes", "no"}
    segments = np.array(history.resolved.segments)[history.state.status[s.SEGMENT]]
    assert contacts["segment"].tolist() == segments[contacts["customer"]].tolist()


def test_friends_are_the_graph(out: Path) -> None:
    found, tables_ = made(TINY, out)
    state, friends = found.history.state, tables_["friends"]
    ties = {
        (min(person, int(other)), max(person, int(other)))
        for person in range(len(state.first_edge) - 1)
        for other in state.edge[state.first_edge[person] : state.first_edge[person + 1]]
    }
    assert set(friends.itertuples(index=False, name=None)) == ties
    assert len(friends) == len(ties) > 0


# -- the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("starts", ["2026-01-01", "2026-02-03", date(2027, 5, 30)])
def test_records_begin_on_the_first_date_with_the_right_weekday(starts: str | date, out: Path) -> None:
    found, tables_ = made(TINY, out, starts=starts)
    wanted = date.fromisoformat(str(starts))
    assert 0 <= (found.starts - wanted).days < 7
    assert found.starts.weekday() == TINY.first_day % 7
    assert (found.ends - found.starts).days + 1 == TINY.days - TINY.first_day
    for dates in (tables_["contacts"]["arrival"], tables_["purchases"]["date"], tables_["surveys"]["date"]):
        assert found.starts <= dates.min().date()
        assert dates.max().date() <= found.ends
    hours = found.history.state.hours
    for time in tables_["contacts"]["arrival"]:
        opens, closes = hours[time.weekday()]
        assert opens <= (time - time.normalize()) / pd.Timedelta(1, "us") < closes


def test_days_are_a_length_too(out: Path) -> None:
    found, _ = made(TINY, out, days=10)
    assert (found.ends - found.starts).days == 9


# -- whoever writes it, in whatever parts ----------------------------------------------------------------------------


def test_both_engines_leave_the_same_records(tmp_path: Path) -> None:
    scenario = WORLDS["every mechanism"].change(years=0.1)
    for engine in ("readable", "compiled"):
        made(scenario, tmp_path / engine, engine=engine, dirt=0.05)
    for name in (*(f"{name}.csv" for name in COLUMNS), "records.json"):
        assert (tmp_path / "readable" / name).read_bytes() == (tmp_path / "compiled" / name).read_bytes(), name


# Many at once are served, wait for a manager after their agent, and are called back: what is told of one must not be
# taken for another's.
CROWDED = BASE.override(
    market_size=3000, employees=6, hold_share=0.0, empowerment=0.0, authority_request=1.0, authority_minor=1.0,
    authority_major=1.0, request_share=1.0, enquiry_probability=1.0, manager_minutes=15.0, purchase_gap_mean=15.0,
).change(name="crowded", years=0.03, warm_up=0.0)  # fmt: skip


@pytest.mark.parametrize(
    ("scenario", "batch"),
    [
        (CROWDED, 25), (WORLDS["every mechanism"].change(years=0.05), 1), (WORLDS["no agents"].change(years=0.05), 7),
        (WORLDS["everybody is called back in turn"], 500), (WORLDS["everybody answers every survey"], 20),
    ],
    ids=lambda value: str(getattr(value, "name", value)),
)  # fmt: skip
def test_records_do_not_depend_on_the_parts_they_are_written_in(
    scenario: Scenario, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, whole = made(scenario, tmp_path / "whole")
    monkeypatch.setattr(events, "BATCH", batch)
    _, parts = made(scenario, tmp_path / "parts")
    for name, table in whole.items():
        order = ["arrival", "customer"] if name == "contacts" else list(table.columns)
        one, other = (each[name].sort_values(order, ignore_index=True) for each in (whole, parts))
        pd.testing.assert_frame_equal(one, other)


def test_faults_do_not_depend_on_the_parts_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = made(TINY, tmp_path / "whole", dirt=0.2)
    monkeypatch.setattr(events, "BATCH", 300)
    _, parts = made(TINY, tmp_path / "parts", dirt=0.2)
    pd.testing.assert_frame_equal(whole["purchases"], parts["purchases"])
    _, clean = made(TINY, tmp_path / "clean")
    contacts = clean["contacts"].astype({"customer": "Int64", "agent": "Int64"})
    at_once, one_by_one = Dirt("contacts", 0.5, 1), Dirt("contacts", 0.5, 1)
    found = [one_by_one.on(contacts.iloc[[place]]) for place in range(100)]
    pd.testing.assert_frame_equal(
        at_once.on(contacts.head(100)), pd.concat(found, ignore_index=True), check_dtype=False
    )
    assert at_once.made == one_by_one.made


def test_nothing_is_held_but_what_is_going_on(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So memory does not grow with the period."""
    held = []
    take = records.Contacts.take

    def watched(contacts: Any, *rest: Any) -> pd.DataFrame:
        done = take(contacts, *rest)
        held.append(len(contacts._open.code))
        return done

    monkeypatch.setattr(records.Contacts, "take", watched)
    monkeypatch.setattr(events, "BATCH", 10)
    made(WORLDS["few hours of patience, long handling"], out)
    assert len(held) > 50
    assert 0 < max(held) <= 3 * 20  # a few contacts, of three events at most


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    _, text = made(TINY, tmp_path / "csv", dirt=0.05)
    sim.records(TINY, tmp_path / "parquet", form="parquet", engine="compiled", dirt=0.05)
    for name, table in text.items():
        other = pd.read_parquet(tmp_path / "parquet" / f"{name}.parquet")
        for column in table.columns:
            mine = table[column]
            theirs = pd.to_datetime(other[column]) if mine.dtype.kind == "M" else other[column]
            assert mine.isna().tolist() == theirs.isna().tolist(), column
            assert mine.dropna().tolist() == theirs.dropna().tolist(), column


# -- dirt ------------------------------------------------------------------------------------------------------------


@cache
def clean_and_dirty(folder: Path) -> tuple[Records, dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    scenario = TINY.override(market_size=600, survey_asked=1.0)
    _, clean = made(scenario, folder / "clean")
    found, dirty = made(scenario, folder / "dirty", dirt=0.1, dirt_seed=3)
    return found, clean, dirty


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    return clean_and_dirty(tmp_path_factory.mktemp("dirt"))


def test_as_many_rows_as_asked_have_a_fault(both: Any) -> None:
    found, clean, _ = both
    for name, faults in found.faults.items():
        count, rows = sum(faults.values()), len(clean[name])
        assert abs(count - 0.1 * rows) < 4 * np.sqrt(0.1 * 0.9 * rows)
        assert set(faults) == set(FAULTS[name])
        expected = count / len(faults)
        assert all(abs(each - expected) < 4 * np.sqrt(expected) for each in faults.values())


def test_faults_are_what_they_are_called(both: Any) -> None:
    found, clean, dirty = both
    contacts, purchases, surveys, friends = (dirty[name] for name in COLUMNS)
    counts = found.faults["contacts"]
    wait = contacts["queue_exit"] - contacts["arrival"]
    assert (wait < pd.Timedelta(0)).sum() == counts["negative wait"]
    assert contacts["outcome"].isna().sum() == counts["no outcome"]
    absurd = (contacts["service_time"] > 12 * 3600) | (wait > pd.Timedelta(12, "h"))
    assert absurd.sum() == counts["absurd duration"]
    assert contacts.duplicated().sum() == counts["duplicate"] == len(contacts) - len(clean["contacts"])
    assert purchases["customer"].isna().sum() == found.faults["purchases"]["no customer"]
    assert (purchases["amount"] < 0).sum() == found.faults["purchases"]["negative amount"]
    assert (surveys["satisfaction"] == OFF_SCALE).sum() == found.faults["surveys"]["off the scale"]
    assert (friends["a"] == friends["b"]).sum() == found.faults["friends"]["own friend"]
    assert (friends["a"] > friends["b"]).sum() == found.faults["friends"]["the other way round"]


def test_rows_without_a_fault_are_as_they_were(both: Any) -> None:
    found, clean, dirty = both
    same = clean["contacts"].merge(dirty["contacts"].drop_duplicates(), how="inner")
    counts = found.faults["contacts"]
    assert len(same) == len(clean["contacts"]) - sum(n for name, n in counts.items() if name != "duplicate")


def test_faults_have_a_seed_of_their_own(tmp_path: Path) -> None:
    first, again, other = (
        made(TINY, tmp_path / name, dirt=0.1, dirt_seed=seed)[1]["contacts"]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.equals(again)
    assert not first.equals(other)


# -- all or nothing, and what is refused -----------------------------------------------------------------------------


def test_files_say_how_they_were_made(out: Path) -> None:
    found, _ = made(TINY, out, policy=sim.Rapport(), replication=2, seed=5, dirt=0.01)
    about = json.loads((out / "records.json").read_text())
    assert about["scenario"]["seed"] == 5
    assert about["scenario"]["policies"][0]["name"] == "rapport"
    assert (about["replication"], about["dirt"], about["rows"]) == (2, 0.01, found.rows)
    assert (about["starts"], about["faults"]) == (found.starts.isoformat(), found.faults)
    assert {path.name for path in out.iterdir()} == {*(f"{name}.csv" for name in COLUMNS), "records.json"}


@pytest.mark.parametrize("there", [False, True])
def test_a_run_that_ends_early_leaves_nothing(there: bool, out: Path) -> None:
    if there:
        made(TINY, out)
        before = {path.name: path.read_bytes() for path in out.iterdir()}

    def stop(done: float, planned: float, note: str = "") -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sim.records(TINY.change(seed=9), out, engine="compiled", progress=stop, overwrite=there)
    if there:
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    else:
        assert not out.exists()


def test_a_full_disk_leaves_nothing(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records.Surveys, "take", full)
    with pytest.raises(FullDiskError, match="was not written, its disk is full"):
        made(TINY, out)
    assert not out.exists()


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "build", lambda *_: pytest.fail("it started to run"))


@pytest.mark.usefixtures("no_run")
def test_files_are_never_written_over(out: Path) -> None:
    out.mkdir()
    (out / "surveys.csv").write_text("precious")
    with pytest.raises(FileExistsError, match=r"already holds surveys\.csv.*overwrite=True"):
        sim.records(TINY, out)
    assert (out / "surveys.csv").read_text() == "precious"


@pytest.mark.usefixtures("no_run")
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"years": 1.0, "days": 5}, "years = 1 and days = 5 are both given; leave one out"),
        ({"days": 0}, "days = 0 is not a whole number from 1"),
        ({"days": 1.5}, "days = 1.5 is not a whole number"),
        ({"starts": "next spring"}, "starts = 'next spring' is not a date; write it as 2026-01-01"),
        ({"dirt": 1.0}, "dirt = 1.0 is not a share"),
        ({"dirt": -0.1}, "dirt = -0.1 is not a share"),
        ({"dirt_seed": -1}, "dirt_seed = -1 is not a whole number"),
        ({"form": "xlsx"}, "form = 'xlsx' is not a form of records; give one of csv, parquet"),
    ],
)
def test_settings_that_cannot_be_are_refused(how: dict[str, Any], message: str, out: Path) -> None:
    with pytest.raises(RecordsError, match=message):
        sim.records(TINY, out, **how)
    assert not out.exists()


def test_the_command_writes_the_same_as_the_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(sim.Scenario.load("small_company"), tmp_path / "one", days=5, policy=sim.Rapport(), dirt=0.02, seed=3)
    command = ["records", "small_company", "--out", str(tmp_path / "two"), "--days", "5", "--policy", "rapport"]
    command += ["--dirt", "0.02", "--seed", "3", "--engine", "compiled"]
    assert status(command) == 0
    said = capsys.readouterr()
    assert "contacts" in said.out
    assert "negative wait" in said.out
    for name in COLUMNS:
        assert (tmp_path / "one" / f"{name}.csv").read_bytes() == (tmp_path / "two" / f"{name}.csv").read_bytes()
    assert status(command) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert status([*command, "--overwrite", "--parquet"]) == 0
    assert (tmp_path / "two" / "contacts.parquet").exists()


def test_who_stops_the_command_is_told_that_nothing_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.company.records.records", stopped)
    assert status(["records", "small_company", "--out", str(tmp_path / "out")]) == 130
    assert "stopped; nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
