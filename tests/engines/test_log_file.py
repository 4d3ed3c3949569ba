"""A log in a file: the same rows as in memory, a row group at a time, whole or not there at all."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import math
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

import sim
import sim.model.state as s
from sim import engines
from sim.cli import status
from sim.engines import History, log_file, run
from sim.engines.events import EVENTS
from sim.engines.inventory import STEPS
from sim.engines.log_file import COLUMNS, LogWriter
from sim.errors import FullDiskError
from sim.inputs.scenario import Scenario
from sim.outcomes import tracing
from tests.engines.worlds import EVERYTHING

ENGINES = ("readable", "compiled")
TINY = Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.4, warm_up=0.1)
# So short of people that everything happens.
HARD = TINY.change(years=1).override(
    market_size=3000, employees=2, patience_mean="1 min", redial_delay="300 min", hold_share=0.5, opinion_use=0.5,
    **EVERYTHING | {
        "hold_limit": "1 min", "empowerment": 0.2, "manager_minutes": "40 min", "quit_rate": 3.0, "promise_kept": 0.5,
    },
)  # fmt: skip
GROUP = 300


@pytest.fixture(scope="module")
def in_memory() -> History:
    return run(TINY, 1, engine="readable", logging=True)


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", GROUP)


def columns(path: Path, names: list[str]) -> np.ndarray:
    table = parquet.read_table(path)
    return np.stack([table[name].to_numpy() for name in names], axis=1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("small_groups")
def test_the_file_holds_the_rows_of_the_memory(engine: str, in_memory: History, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    history = run(TINY, 1, engine=engine, log_to=path)
    assert history.digest() == in_memory.digest()
    assert history.log_file[:2] == (path, len(in_memory.log_i))
    assert len(history.log_i) == len(history.log_f) == 0
    names = list(COLUMNS)
    assert np.array_equal(columns(path, names[: s.LOG_FIELDS]), in_memory.log_i)
    assert columns(path, names[s.LOG_FIELDS :]).tobytes() == in_memory.log_f.tobytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("small_groups")
def test_row_groups_are_full_but_for_the_last(in_memory: History, tmp_path: Path) -> None:
    run(TINY, 1, engine="readable", log_to=tmp_path / "events.parquet")
    about = parquet.ParquetFile(tmp_path / "events.parquet").metadata
    sizes = [about.row_group(number).num_rows for number in range(about.num_row_groups)]
    assert len(sizes) == math.ceil(len(in_memory.log_i) / GROUP) > 3
    assert set(sizes[:-1]) == {GROUP}
    assert sum(sizes) == len(in_memory.log_i)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("small_groups")
def test_no_more_than_a_row_group_is_held(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    take = LogWriter.take

    def watched(writer: LogWriter, state: s.State) -> None:
        take(writer, state)
        arrays = [value for value in vars(writer).values() if isinstance(value, np.ndarray)]
        others = [value for value in vars(writer).values() if isinstance(value, list | dict)]
        held.append((sum(array.nbytes for array in arrays), len(others)))

    monkeypatch.setattr(LogWriter, "take", watched)
    monkeypatch.setattr("sim.engines.start.LOG_SPARE", 3 * GROUP)  # small enough to be emptied many times
    scenario = TINY.override(degree_mean=1.0).change(years=2)
    run(scenario, engine=engine, log_to=tmp_path / "events.parquet")
    assert len(held) > 2
    assert set(held) == {(GROUP * (s.LOG_FIELDS + s.LOG_FLOATS) * 8, 0)}


def test_a_log_as_long_as_its_row_groups_has_no_empty_one(
    in_memory: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "ROWS_A_GROUP", len(in_memory.log_i))
    history = run(TINY, 1, engine="readable", log_to=tmp_path / "events.parquet")
    assert history.digest() == in_memory.digest()
    assert parquet.ParquetFile(tmp_path / "events.parquet").metadata.num_row_groups == 1


def test_a_log_of_nothing_is_a_file_without_rows(tmp_path: Path) -> None:
    scenario = TINY.change(years=1 / 365, warm_up=0.0).override(market_size=1)
    history = run(scenario, engine="readable", log_to=tmp_path / "events.parquet")
    assert history.log_file.rows == parquet.read_table(tmp_path / "events.parquet").num_rows == 0
    assert history.digest() == run(scenario, engine="readable", logging=True).digest()


def test_the_digest_sees_every_number_of_a_log(in_memory: History) -> None:
    before = in_memory.digest()
    for log in (in_memory.log_i, in_memory.log_f):
        old = log[-1, -1]
        log[-1, -1] = old + 1
        changed = in_memory.digest()
        log[-1, -1] = old
        assert changed != before
    assert in_memory.digest() == before


# -- what the file says of itself --------------------------------------------------------------------------------------


def test_the_file_says_how_it_was_made(tmp_path: Path) -> None:
    scenario = TINY.under(sim.Empowerment(level=0.9))
    run(scenario, 2, log_to=tmp_path / "events.parquet")
    schema = parquet.read_schema(tmp_path / "events.parquet")
    about = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert (about["scenario"], about["seed"], about["replication"]) == ("tiny", "1", "2")
    assert about["cxsim"] == sim.__version__
    assert int(about["first_day"]) == scenario.first_day
    assert Scenario.from_toml(about["scenario_toml"]) == scenario
    assert json.loads(about["events"])["purchase"] == {"x": "price (money)"}
    assert all(schema.field(name).metadata[b"about"] for name in schema.names)


def test_events_have_their_names_and_use_the_columns_they_say(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    history = run(HARD, log_to=path)
    table = parquet.read_table(path)
    codes, names = table["code"].to_numpy(), np.array(table["event"].to_pylist())
    for code in np.unique(codes).tolist():
        event, rows = EVENTS[code], table.filter(codes == code)
        assert set(names[codes == code]) == {event.name}
        used = {name for name in "abcxy" if np.any(rows[name].to_numpy())}
        assert used <= set(event.columns), event.name
    assert history.log_file.rows == len(codes)
    assert set(np.unique(codes)) == set(EVENTS)


def test_every_entry_of_the_log_has_a_name_of_its_own() -> None:
    columns = {"LOG_TIME", "LOG_CODE", "LOG_PERSON", "LOG_A", "LOG_B", "LOG_C", "LOG_X", "LOG_Y"}
    sizes = {"LOG_ROWS", "LOG_FIELDS", "LOG_FLOATS"}
    entries = {code for name, code in vars(s).items() if name.startswith("LOG_") and name not in columns | sizes}
    assert entries <= set(EVENTS)
    assert len({event.name for event in EVENTS.values()}) == len(EVENTS)
    assert set(tracing.WORDS) <= set(EVENTS)


def test_every_code_that_a_step_records_has_a_name_and_words() -> None:
    """Walk the calls of record in the steps of a company: none writes what the log cannot tell."""
    elsewhere = {s.LOG_MET_CLOSED, s.LOG_RETURNS}  # their words need to know when the run began
    recorded = {
        getattr(s, code.attr)
        for name in STEPS
        for call in ast.walk(ast.parse(inspect.getsource(importlib.import_module(f"sim.model.steps.{name}"))))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "record"
        for code in ast.walk(call.args[2])
        if isinstance(code, ast.Attribute)
    }
    assert recorded == set(EVENTS)
    assert recorded == set(tracing.WORDS) | elsewhere


def test_people_staff_and_causes() -> None:
    log = run(HARD, logging=True).log_i
    nobodys = {s.LOG_QUIT, s.LOG_HIRED, s.LOG_CAUSE_OPENS, s.LOG_CAUSE_ENDS, s.LOG_FIX, s.LOG_FIXED}
    assert set(log[log[:, s.LOG_PERSON] < 0, s.LOG_CODE]) == nobodys
    assert not nobodys & set(log[log[:, s.LOG_PERSON] >= 0, s.LOG_CODE])


# -- whole or not at all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("error", [RuntimeError("enough"), KeyboardInterrupt()])
@pytest.mark.usefixtures("small_groups")
def test_a_run_that_ends_early_leaves_no_file(engine: str, error: BaseException, tmp_path: Path) -> None:
    seen = []

    def stop(day: int) -> None:
        seen.extend(tmp_path.iterdir())
        if day > 60:
            raise error

    with pytest.raises(type(error)):
        run(TINY, engine=engine, log_to=tmp_path / "events.parquet", each_day=stop)
    assert {path.name for path in seen} == {".events.parquet.part"}
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_end_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(writer: LogWriter) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LogWriter, "flush", full)
    with pytest.raises(FullDiskError, match="was not written, its disk is full"):
        run(TINY, engine="readable", log_to=tmp_path / "events.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "build", lambda *_: pytest.fail("it started to run"))


@pytest.mark.usefixtures("no_run")
def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match=r"events.parquet exists; name another"):
        run(TINY, log_to=path)
    assert path.read_text() == "precious"


@pytest.mark.usefixtures("no_run")
def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    part = tmp_path / ".events.parquet.part"
    part.write_text("somebody else's")
    with pytest.raises(FileExistsError, match="another run is writing"):
        run(TINY, log_to=tmp_path / "events.parquet")
    assert part.read_text() == "somebody else's"


@pytest.mark.usefixtures("no_run")
def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        run(TINY, log_to=tmp_path / "nowhere" / "events.parquet")


# -- for everybody -----------------------------------------------------------------------------------------------------


def test_the_function_and_the_command_write_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    policy = sim.Empowerment(level=0.9)
    history = sim.log(
        "small_company", one, policy=policy, replication=1, years=0.05, seed=4, engine="readable", progress=False
    )
    told = run(Scenario.load("small_company").change(years=0.05, seed=4).under(policy), 1, logging=True)
    assert history.digest() == told.digest()
    command = ["log", "small_company", "--out", str(other), "--policy", "empowerment level=0.9", "--replication", "1"]
    command += ["--years", "0.05", "--seed", "4", "--engine", "readable"]
    assert status(command) == 0
    assert f"{history.log_file.rows:,} events in {other}" in capsys.readouterr().out
    assert other.read_bytes() == one.read_bytes()
    assert status(command) == 2
    assert "exists; name another file" in capsys.readouterr().err


def test_a_story_is_not_told_from_memory_that_is_not_there(tmp_path: Path) -> None:
    history = run(TINY, engine="readable", log_to=tmp_path / "events.parquet")
    with pytest.raises(tracing.TraceError, match=r"is in .*events.parquet"):
        tracing.tell(history)
