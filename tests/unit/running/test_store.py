"""The run store: nothing is computed twice, nothing damaged is used, and whoever cannot store still gets results."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import status
from sim.engines import Engine, History
from sim.inputs.policies import Policy, Rapport, Training
from sim.outcomes.results import Study
from sim.running import runner
from sim.running.experiment import Series
from sim.running.record import Record, same
from sim.running.store import Finished, Key, StoreError, StoreFullError, file, generation, key_of, opened, place_of

ROOT = Path(__file__).resolve().parents[3]
TINY = sim.Scenario.load("small_company").override(market_size=200).change(name="tiny", years=0.1, warm_up=0.0)
REPLICATE = runner._replicate
ROWS = same(tuple(("all", f"measure {n}") for n in range(40)))
RUNS, CELLS = 30, 3
WRONG_INPUT = 2
NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What is computed from here on: scenario, policy and replication of each run."""
    found: list[tuple[str, str, int]] = []

    def spy(task: runner.Task, *rest: Any) -> dict[int, Record]:
        found.extend((cell.scenario, cell.policy, task.replication) for cell in task.cells)
        return REPLICATE(task, *rest)

    monkeypatch.setattr(runner, "_replicate", spy)
    return found


def compare(
    store: Path | str | bool, *policies: Policy, replications: int = 2, engine: Engine = "readable", **how: Any
) -> Study:
    chosen = policies or (Training(),)
    return sim.compare(TINY, chosen, replications=replications, engine=engine, workers=1, store=store, **how)


def alike(one: Study, other: Study) -> bool:
    pd.testing.assert_frame_equal(one.replications, other.replications, check_exact=True)
    pd.testing.assert_frame_equal(one.cohorts, other.cohorts, check_exact=True)
    pd.testing.assert_frame_equal(one.months, other.months, check_exact=True)
    return one.content_hash == other.content_hash


# -- what is computed ------------------------------------------------------------------------------------------------


def test_what_is_held_is_not_computed_again(store: Path, computed: list[Any]) -> None:
    first = compare(store)
    assert (first.manifest["from_store"], len(computed)) == (0, 4)
    again = compare(store)
    assert (again.manifest["from_store"], len(computed)) == (4, 4)
    assert alike(first, again)
    assert alike(first, compare(False))


def test_more_replications_compute_only_what_is_missing(store: Path, computed: list[Any]) -> None:
    sim.run(TINY, replications=5, engine="readable", workers=1, store=store)
    computed.clear()
    more = sim.run(TINY, replications=8, engine="readable", workers=1, store=store)
    assert [number for *_, number in computed] == [5, 6, 7]
    assert alike(more, sim.run(TINY, replications=8, engine="readable", workers=1, store=False))


def test_another_policy_recomputes_itself_only(store: Path, computed: list[Any]) -> None:
    compare(store)
    computed.clear()
    compare(store, Training(), Rapport())
    assert {policy for _, policy, _ in computed} == {Rapport().label}
    assert len(computed) == 2


def test_either_engine_knows_what_the_other_has_run(store: Path, computed: list[Any]) -> None:
    first = compare(store)
    computed.clear()
    again = compare(store, engine="compiled")
    assert not computed
    assert alike(first, again)
    more = compare(store, engine="compiled", replications=3)
    assert len(computed) == 2
    assert alike(more, compare(False, replications=3))


def test_names_do_not_matter(store: Path, computed: list[Any]) -> None:
    compare(store)
    computed.clear()
    found = sim.compare(TINY.change(name="mine"), [Training()], replications=2, workers=1, store=store)
    assert not computed
    assert set(found.replications["scenario"]) == {"mine"}


def test_series_and_explanations_use_the_store_too(store: Path, computed: list[Any]) -> None:
    sim.compare(TINY, [Training()], replications=2, engine="readable", workers=1, store=store)
    computed.clear()
    series = Series(TINY, [Training()], measures=["profit_a_year"], engine="readable", workers=1, store=store)
    assert len(series.extend(2)) == 4
    assert not computed
    series.extend(3, [Training().label])
    assert computed == [("tiny", Training().label, 2)]
    how: dict[str, Any] = {"channels": ["word_of_mouth"], "replications": 2, "workers": 1, "engine": "readable"}
    first = sim.explain(TINY, Training(), store=store, **how)
    computed.clear()
    pd.testing.assert_frame_equal(sim.explain(TINY, Training(), store=store, **how).to_frame(), first.to_frame())
    assert not computed


def test_series_that_keep_some_measures_store_all(store: Path) -> None:
    Series(TINY, measures=["profit_a_year"], engine="readable", workers=1, store=store).extend(1)
    found = sim.run(TINY, replications=1, workers=1, store=store)
    assert found.manifest["from_store"] == 1
    assert alike(found, sim.run(TINY, replications=1, workers=1, store=False))


def one_more(history: History) -> pd.DataFrame:
    return pd.DataFrame({"period": ["all"], "measure": ["mine"], "value": [1.0]})


def test_what_is_observed_is_neither_stored_nor_taken_from_the_store(store: Path, computed: list[Any]) -> None:
    compare(store, observe=one_more)
    assert not store.exists()
    compare(store)
    computed.clear()
    assert "mine" in set(compare(store, observe=one_more).replications["measure"])
    assert len(computed) == 4


class Hairy(Training):
    """A policy of somebody's own."""


def test_any_seed_and_a_policy_of_ones_own_can_be_stored(store: Path) -> None:
    scenario = TINY.change(seed=2**70)
    policy = Hairy()
    for known in (0, 4):
        found = sim.compare(scenario, [policy], replications=2, workers=1, engine="readable", store=store)
        assert found.manifest["from_store"] == known
    with opened(store) as held:
        assert held.cells()["seed"].tolist() == [2**70] * 2


def test_commands_and_scripts_use_the_store(
    store: Path, tmp_path: Path, computed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.toml").write_text(TINY.to_toml())
    how = ["-n", "2", "--workers", "1", "--engine", "readable", "--store", str(store)]
    verbs: list[list[str]] = [
        ["run"],
        ["compare", "-p", "training"],
        ["explain", "-p", "training", "--channel", "wait"],
    ]
    for verb, runs in zip(verbs, (2, 2, 4), strict=True):
        for new in (runs, 0):
            computed.clear()
            assert status([verb[0], str(tmp_path / "tiny.toml"), *verb[1:], *how]) == 0
            assert len(computed) == new
    assert "stored" not in capsys.readouterr().err
    from question import Question, Size

    chosen = Question(
        name="asked", text="", answer=lambda asked, studies: "", draw=lambda asked, studies: (), size=Size(2, 0.1),
        quick=Size(2, 0.1), studies={"one": lambda asked: asked.compare(asked.scenario, [Training()])},
    )  # fmt: skip
    arguments = ["--scenario", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert chosen.main([*arguments, "--store", str(store)]) == 0
    assert computed == []


# -- rows ------------------------------------------------------------------------------------------------------------


def made(number: int) -> Record:
    """A record that no other is like, with figures that are hard to keep."""
    draw = np.random.default_rng(number)
    values = draw.standard_normal(len(ROWS))
    values[:4] = np.nan, np.inf, -0.0, 5e-324
    return Record(ROWS, values, draw.random(3), draw.random(3), float(number), same(("a", "b")), draw.random((2, 5)))


@cache
def key(number: int, of: str | None = None) -> Key:
    return key_of(f"scenario {number}", "baseline", TINY.change(seed=number), of)


def fill(path: Path, of: str | None = None) -> None:
    with opened(path) as held:
        for cell in range(CELLS):
            held.put([Finished(key(cell, of), n, made(100 * cell + n), "readable") for n in range(RUNS)])


def test_figures_come_back_bit_by_bit(store: Path) -> None:
    fill(store)
    with opened(store) as held:
        for number, found in held.held(key(1), range(2 * RUNS)).items():
            told = made(100 + number)
            for name in ("values", "at_risk", "stayed", "course"):
                assert getattr(found, name).tobytes() == getattr(told, name).tobytes()
            assert found.course.shape == told.course.shape
            assert (found.rows, found.monthly, found.seconds) == (told.rows, told.monthly, told.seconds)
        assert set(held.held(key(1), range(2 * RUNS))) == set(range(RUNS))
        assert set(held.records(key(1).cell)) == set(range(RUNS))


def test_runs_of_a_cxsim_that_kept_no_course_are_read(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def before(record: Record) -> tuple[str, bytes]:
        content = json.dumps({"rows": record.rows, "months": len(record.at_risk)})
        return content, np.concatenate([record.values, record.at_risk, record.stayed]).astype("<f8").tobytes()

    with monkeypatch.context() as earlier:
        earlier.setattr("sim.running.store.content.packed", before)
        fill(store)
    with opened(store) as held:
        found = held.records(key(1).cell)
        assert held.damage() == held.damage().__class__((), ())
    for number, record in found.items():
        for name in ("values", "at_risk", "stayed"):
            assert getattr(record, name).tobytes() == getattr(made(100 + number), name).tobytes()
        assert (record.monthly, record.course.size) == ((), 0)


def test_many_replications_are_asked_for_at_once(store: Path) -> None:
    with opened(store) as held:
        held.put([Finished(key(1), n, made(1), "readable") for n in range(1203)])
        assert len(held.held(key(1), range(5000))) == 1203


def test_rows_of_another_generation_are_kept_and_never_used(store: Path, computed: list[Any]) -> None:
    with opened(store) as held:
        old = key_of("tiny", "baseline", TINY, "0" * 64)
        held.put([Finished(old, n, made(n), "readable") for n in range(2)])
    found = compare(store)
    assert (found.manifest["from_store"], len(computed)) == (0, 4)
    with opened(store) as held:
        cells = held.cells()
        assert dict(zip(cells["current"], cells["replications"], strict=False)) == {False: 2, True: 2}
        assert held.records(old.cell)[1].values.tobytes() == made(1).values.tobytes()


def test_a_run_with_two_different_results_is_an_alarm(store: Path) -> None:
    """It could only be so if something that decides figures were missing from the key."""
    fill(store)
    with opened(store) as held:
        held.put([Finished(key(0), 1, made(1), "compiled")])
        with pytest.raises(StoreError, match="other figures than were computed now"):
            held.put([Finished(key(0), 1, made(7), "readable"), Finished(key(0), 999, made(0), "readable")])
        assert 999 not in held.records(key(0).cell)


def test_removing_gives_the_room_back(store: Path) -> None:
    fill(store)
    with opened(store) as held:
        before = file.size(store)
        assert held.remove([key(0).cell, key(1).cell], [(key(2).cell, 5)]) == 2 * RUNS + 1
        assert file.size(store) < before - 2 * RUNS * made(0).values.nbytes
        assert len(held.cells()) == 1
        assert held.remove([key(2).cell]) == RUNS - 1
        assert held.cells().empty
        assert held.damage() == held.damage().__class__((), ())


def test_a_cell_is_named_by_a_beginning(store: Path) -> None:
    fill(store)
    with opened(store) as held:
        cell = key(0).cell
        assert held.named(cell[:12].upper()) == cell
        for wrong in ("", "xyz", "0' OR 1 = 1 --"):
            with pytest.raises(StoreError, match="no cell begins"):
                held.named(wrong)


# -- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "runs.sqlite"
    fill(path)
    return path


def looked_into(path: Path) -> list[str]:
    """Read all runs: each must be the one that was stored, be missing, or be refused; return what was refused."""
    said = []
    for cell in range(CELLS):
        try:
            with opened(path) as held:
                found = held.held(key(cell), range(RUNS))
        except StoreError as error:
            said.append(str(error))
            continue
        for number, record in found.items():
            told = made(100 * cell + number)
            assert record.values.tobytes() == told.values.tobytes()
            for name in ("at_risk", "stayed", "course"):
                assert getattr(record, name).tobytes() == getattr(told, name).tobytes()
    for sentence in said:
        assert str(path) in sentence
        assert "--store" in sentence or "prune" in sentence
    return said


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as handle:
        handle.seek(at)
        handle.write(content)


def other_replication(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET replication = replication + 1 WHERE replication = ?", (RUNS - 1,))
    connection.execute("UPDATE runs SET replication = ? WHERE replication = ?", (RUNS - 1, RUNS - 2))
    connection.commit()
    connection.close()


def other_cell(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM runs WHERE cell = ?", (key(0).cell,))
    connection.execute("UPDATE runs SET cell = ? WHERE cell = ?", (key(0).cell, key(1).cell))
    connection.commit()
    connection.close()


def page(path: Path, name: str) -> tuple[int, int]:
    """Where the first page of a table or an index stands, and how long pages are."""
    connection = sqlite3.connect(path)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return (root - 1) * size, size


def garbage(path: Path) -> None:
    overwrite(path, 0, b"no database at all" * 10)


def garbage_after_the_head(path: Path) -> None:
    overwrite(path, 100, b"\xff" * 400)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_short(path: Path) -> None:
    os.truncate(path, 50)


def lost_index(path: Path) -> None:
    at, size = page(path, "sqlite_autoindex_runs_1")
    overwrite(path, at, b"\x00" * size)


def lost_table(path: Path) -> None:
    at, size = page(path, "runs")
    overwrite(path, at, b"\xaa" * size)


def other_figures(path: Path) -> None:
    content = path.read_bytes()
    for cell in range(CELLS):
        wanted = made(100 * cell + 3).values[10:14].tobytes()
        overwrite(path, content.index(wanted) + 3, b"\x55")


def other_columns(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("ALTER TABLE runs RENAME COLUMN figures TO numbers")
    connection.close()


DAMAGES = (
    garbage, garbage_after_the_head, cut, cut_short, lost_index, lost_table, other_figures, other_columns,
    other_replication, other_cell,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_store_is_named_and_not_used(damage: Callable[[Path], None], sound: Path, store: Path) -> None:
    shutil.copy(sound, store)
    damage(store)
    assert looked_into(store)


@pytest.mark.parametrize("damage", [garbage, cut, other_figures], ids=lambda damage: damage.__name__)
def test_a_study_refuses_a_damaged_store(
    damage: Callable[[Path], None], store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.toml").write_text(TINY.to_toml())
    arguments = ["run", str(tmp_path / "tiny.toml"), "-n", "2", "--workers", "1", "--store", str(store)]
    assert status(arguments) == 0
    if damage is other_figures:
        with sqlite3.connect(store) as connection:
            connection.execute("UPDATE runs SET figures = zeroblob(length(figures)) WHERE replication = 1")
        connection.close()
    else:
        damage(store)
    capsys.readouterr()
    assert status(arguments) == WRONG_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("cxsim: ")
    assert said.err.count("\n") == 1
    assert str(store) in said.err


def test_whatever_byte_changes_no_wrong_figure_comes_out(sound: Path, store: Path) -> None:
    draw = random.Random(1)
    content = sound.read_bytes()
    refused = 0
    for _ in range(150):
        at, bit = draw.randrange(len(content)), 1 << draw.randrange(8)
        store.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        refused += bool(looked_into(store))
    assert refused > 50


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A store and its log, as one leaves it who does not come to close it."""
    path = tmp_path_factory.mktemp("killed") / "runs.sqlite"
    connection = file.connect(path)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    held = sim.running.store.Store(path, connection)
    for cell in range(CELLS):
        for n in range(RUNS):
            held.put([Finished(key(cell), n, made(100 * cell + n), "readable")])
    content = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    connection.close()
    return content


def test_a_log_that_is_lost_or_damaged_loses_the_last_runs_at_most(killed: tuple[bytes, bytes], store: Path) -> None:
    body, log = killed
    draw = random.Random(2)
    counts = []
    for number in range(40):
        store.write_bytes(body)
        kept = draw.randrange(len(log))
        tail = b"" if number % 2 else draw.randbytes(len(log) - kept)  # cut, or garbage from there
        store.with_name(store.name + "-wal").write_bytes(log[:kept] + tail)
        assert looked_into(store) == []
        with opened(store) as held:
            assert held.damage().runs == ()
            counts.append(int(held.cells()["replications"].sum()))
        for rest in store.parent.glob("runs.sqlite*"):
            rest.unlink()
    assert len(set(counts)) > 20
    assert max(counts) <= CELLS * RUNS
    store.write_bytes(body)  # and without any log
    assert looked_into(store) == []


# -- places ----------------------------------------------------------------------------------------------------------


def another_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE letters (text)")
    connection.close()


def another_program_without_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 77")
    connection.close()


def a_text(path: Path) -> None:
    path.write_text("Dear diary, " * 100)


def later_version(path: Path) -> None:
    with opened(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {file.FORMAT + 1}")
    connection.close()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (Path.mkdir, "is a folder"),
        (another_program, "database of another program"),
        (another_program_without_tables, "database of another program"),
        (a_text, "not a run store"),
        (later_version, "has format"),
        (lambda path: os.mkfifo(path), "is not a file"),
    ],
    ids=["folder", "program", "empty program", "text", "version", "pipe"],
)
def test_what_is_no_store_is_refused_and_left_alone(
    prepare: Callable[[Path], None], said: str, store: Path, computed: list[Any]
) -> None:
    prepare(store)
    before = store.read_bytes() if store.is_file() else b""
    with pytest.raises(StoreError, match=said) as error:
        compare(store)
    assert str(store) in str(error.value)
    assert not computed
    assert (store.read_bytes() if store.is_file() else b"") == before


def test_a_place_below_a_file_is_refused(tmp_path: Path, computed: list[Any]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        compare(tmp_path / "file" / "deeper" / "runs.sqlite")
    assert not computed


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder, for somebody who is no administrator: one may write everywhere."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o777)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        yield place
        os.seteuid(before)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_store_without_permission_is_refused(nobody: Path, computed: list[Any]) -> None:
    (nobody / "runs").mkdir()
    store = nobody / "runs" / "runs.sqlite"
    fill(store)
    for path, mode in ((store, 0o000), (store.parent, 0o000)):
        kept = path.stat().st_mode
        path.chmod(mode)
        with pytest.raises(StoreError, match=r"cannot be (read|used|made or written)") as error:
            compare(store)
        assert str(store) in str(error.value)
        path.chmod(kept)
    (nobody / "closed").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be made or written"):
        compare(nobody / "closed" / "deeper" / "runs.sqlite")
    assert not computed


def test_a_store_that_can_only_be_read_is_read_and_says_so(
    nobody: Path, computed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (nobody / "runs").mkdir()
    store = nobody / "runs" / "runs.sqlite"
    compare(store)
    computed.clear()
    for path, mode in ((store, 0o400), (store.parent, 0o500)):
        kept = path.stat().st_mode
        path.chmod(mode)
        found = compare(store)
        path.chmod(kept)
        assert found.manifest["from_store"] == 4
        assert "can only be read; what is computed is not added" in capsys.readouterr().err
    assert not computed


def test_an_empty_file_becomes_a_store(store: Path) -> None:
    store.touch()
    assert compare(store).manifest["from_store"] == 0
    assert compare(store).manifest["from_store"] == 4


def test_what_was_begun_and_not_made_is_made(store: Path) -> None:
    connection = sqlite3.connect(store)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert store.stat().st_size > 0
    fill(store)
    assert looked_into(store) == []


def test_the_usual_place_that_cannot_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("CXSIM_STORE")
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "file" / name)
    found = sim.run(TINY, replications=1, workers=1, engine="readable")
    assert found.manifest["from_store"] == 0
    said = capsys.readouterr().err
    assert "cannot be made or written" in said
    assert "This study is not stored." in said


def test_the_usual_place_is_used_unless_another_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / name)
    monkeypatch.delenv("CXSIM_STORE")
    assert place_of(None) == (tmp_path / "cxsim" / "runs.sqlite", False)
    monkeypatch.setenv("CXSIM_STORE", str(tmp_path / "other"))
    assert place_of(None) == (tmp_path / "other", True)
    assert place_of("here") == (Path.cwd() / "here", True)
    assert place_of("none") == place_of(False) == (None, True)
    monkeypatch.setenv("CXSIM_STORE", "none")
    assert place_of(None) == (None, True)
    for wrong in (True, 3, ""):
        with pytest.raises(StoreError, match="is not a file"):
            place_of(wrong)  # type: ignore[arg-type]


def test_memory_is_no_place_for_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compare(":memory:")
    assert (tmp_path / ":memory:").is_file()


# -- no room ---------------------------------------------------------------------------------------------------------


def small_disk(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    prepare = file._prepare

    def prepared(path: Path, connection: sqlite3.Connection) -> None:
        prepare(path, connection)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(file, "_prepare", prepared)


def test_a_full_disk_is_said_once_and_the_study_goes_on(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(store, replications=1)
    with monkeypatch.context() as patch:
        small_disk(patch, store.stat().st_size // 4096 + 4)
        found = compare(store, replications=30)
    said = capsys.readouterr().err
    assert said.count("takes no more, its disk is full") == said.count("cxsim: ") == 1
    assert "The study goes on" in said
    assert alike(found, compare(False, replications=30))
    with opened(store) as held:
        damage, kept = held.damage(), int(held.cells()["replications"].sum())
    assert (damage.runs, damage.cells) == ((), ())
    assert 2 < kept < 60
    again = compare(store, replications=30)
    assert again.manifest["from_store"] == kept
    assert alike(found, again)


def test_a_disk_without_room_for_a_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def full(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        with pytest.raises(StoreFullError, match="disk is full"), opened(store):
            pass
    fill(store)
    assert looked_into(store) == []


# -- several at once -------------------------------------------------------------------------------------------------

TOGETHER = """
import sys, time
from pathlib import Path
from tests.unit.running.test_store import Finished, key, made, opened
places, begin = sys.argv[1:-1], Path(sys.argv[-1])
cells = [key(n) for n in range(3)]
print("ready", flush=True)
while not begin.exists():
    time.sleep(0.001)
for place in places:
    with opened(Path(place)) as held:
        for n in range(5):
            held.put([Finished(cell, n, made(100 * c + n), "readable") for c, cell in enumerate(cells)])
"""


def test_several_make_and_fill_a_store_at_once(tmp_path: Path) -> None:
    places = [tmp_path / f"{n}" / "runs.sqlite" for n in range(12)]
    command = [sys.executable, "-c", TOGETHER, *map(str, places), str(tmp_path / "begin")]
    how: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    crowd = [subprocess.Popen(command, **how) for _ in range(3)]
    for one in crowd:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    (tmp_path / "begin").touch()
    for one in crowd:
        _, said = one.communicate(timeout=100)
        assert (one.returncode, said) == (0, "")
    for place in places:
        assert looked_into(place) == []
        with opened(place) as held:
            assert held.damage().runs == ()
            assert held.cells()["replications"].tolist() == [5, 5, 5]
            assert held.cells()["current"].all()


def test_a_store_that_somebody_locks_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    monkeypatch.setattr(file, "BUSY_SECONDS", 0.1)
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"), opened(store):
        pass
    other.close()
    assert generation()
