"""``cxsim runs``: what the store holds is listed, shown, exported, checked and removed."""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import typer

import sim
from sim.cli import status
from sim.inputs.policies import Training
from sim.outcomes.results import Study
from sim.running.record import Record, same
from sim.running.store import Finished, StoreError, contents, key_of, opened, table

TINY = sim.Scenario.load("small_company").override(market_size=200).change(name="=tiny, 1", years=0.1, warm_up=0.0)
ROWS = same((("all", "profit"), ("all", "long gone"), ("year 1", "profit")))
WRONG_INPUT, STOPPED = 2, 130
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    """A study of two policies, and the store that holds it."""
    store = tmp_path_factory.mktemp("study") / "runs.sqlite"
    return sim.compare(TINY, [Training()], replications=3, engine="readable", workers=1, store=store), store


@pytest.fixture
def store(study: tuple[Study, Path], tmp_path: Path) -> Path:
    """A copy of it, with runs of another generation too, that have NaN in them."""
    path = tmp_path / "runs.sqlite"
    path.write_bytes(study[1].read_bytes())
    old = key_of("old", "baseline", TINY.change(seed=7), "0" * 64)
    record = Record(ROWS, np.array([1.5, np.nan, 2.0]), np.empty(0), np.empty(0))
    with opened(path) as held:
        held.put([Finished(old, n, record, "readable") for n in range(2)])
    return path


@pytest.fixture
def command(store: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = status(["runs", *map(str, arguments), "--store", str(store)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def keys(store: Path) -> list[str]:
    return contents.listed(store)["key"].tolist()


# -- looking ---------------------------------------------------------------------------------------------------------


def test_the_list_has_a_row_for_each_scenario_under_a_policy(store: Path, command: Command) -> None:
    code, out, _ = command()
    assert code == 0
    assert all(key in out for key in keys(store))
    assert "old" in out
    assert "8 runs of 3 scenarios under policies in" in out.replace("\n", " ")
    assert "cxsim runs prune --old" in out.replace("\n", " ")
    found = pd.read_csv(io.StringIO(command("--csv")[1]))
    assert found["replications"].tolist() == [3, 3, 2]
    assert found["current"].tolist() == [True, True, False]
    assert found["policy"].tolist() == ["baseline", Training().label, "baseline"]


def test_the_place_may_stand_before_the_verb(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["runs", "--store", str(store), "check"]) == 0
    assert "is sound: 8 runs" in capsys.readouterr().out


def test_settings_and_figures_are_shown(study: tuple[Study, Path], store: Path, command: Command) -> None:
    key = keys(store)[1]
    code, out, _ = command("show", key[:8])
    assert code == 0
    settings = out[: out.index("\n=tiny")]
    assert sim.Scenario.from_toml(settings) == TINY.under(Training())
    assert "3 replications" in out
    mean = study[0].means().query("policy != 'baseline' and period == 'all' and measure == 'profit'")["mean"].item()
    assert f"{mean:,.0f}" in out
    assert "fixes" not in out.lower()
    assert len(command("show", key, "--all-measures")[1]) > len(out)


def test_what_another_version_measured_is_shown_too(store: Path, command: Command) -> None:
    code, out, _ = command("show", keys(store)[2], "--all-measures")
    assert code == 0
    assert "long gone" in out
    assert "old: computed by another version" in out


def test_an_unknown_key_is_refused(command: Command) -> None:
    code, out, err = command("show", "zzz")
    assert (code, out) == (WRONG_INPUT, "")
    assert "no cell begins with 'zzz'" in err


def test_a_store_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["check"], ["show", "1"], ["prune", "--all", "--yes"], ["export", str(tmp_path / "x.csv")]):
        assert status(["runs", *arguments, "--store", str(tmp_path / "none.sqlite")]) == WRONG_INPUT
        assert "there is no run store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert status(["runs", "--store", "none"]) == WRONG_INPUT
    assert "name one with --store" in capsys.readouterr().err


# -- exporting -------------------------------------------------------------------------------------------------------


def test_figures_are_those_of_the_study(study: tuple[Study, Path]) -> None:
    found, about = contents.figures(store=study[1]), study[0].replications
    assert tuple(found.columns) == contents.COLUMNS
    same_columns = ["scenario", "policy", "replication", "period", "measure", "value"]
    pd.testing.assert_frame_equal(found[same_columns], about[same_columns], check_exact=True, check_dtype=False)
    assert set(found["seed"]) == {TINY.seed}


def read_csv(path: Path) -> pd.DataFrame:
    """Read a figure to its last bit, which pandas 2 does not do of its own accord."""
    return pd.read_csv(path, converters={"value": lambda text: float(text or "nan")})


def read_excel(path: Path) -> pd.DataFrame:
    book = openpyxl.load_workbook(path)
    head, *rows = book["figures"].iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    return pd.DataFrame([[cell.value for cell in row] for row in rows], columns=[cell.value for cell in head])


@pytest.mark.parametrize(
    ("ending", "read"),
    [(".csv", read_csv), (".parquet", pd.read_parquet), (".xlsx", read_excel)],
    ids=["csv", "parquet", "excel"],
)
def test_every_format_holds_the_same_figures(
    ending: str, read: Callable[[Path], pd.DataFrame], store: Path, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / f"figures{ending}"
    assert command("export", path)[:2] == (0, f"{path}\n")
    found = read(path)
    expected = contents.figures(store=store).astype(found.dtypes.to_dict())
    if ending == ".csv":  # there a name that looks like a formula has an apostrophe before it
        expected["scenario"] = expected["scenario"].replace("=tiny, 1", "'=tiny, 1")
    pd.testing.assert_frame_equal(found, expected, check_exact=ending != ".xlsx")
    assert {"=tiny, 1", "'=tiny, 1"} & set(found["scenario"])
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_some_keys_alone_are_exported(store: Path, command: Command, tmp_path: Path) -> None:
    one, _, other = keys(store)
    assert command("export", tmp_path / "x.csv", other, one[:6])[0] == 0
    assert pd.read_csv(tmp_path / "x.csv")["key"].drop_duplicates().tolist() == [other, one]


def test_a_large_seed_is_written_whole(store: Path, tmp_path: Path) -> None:
    large = 2**64 + 1
    record = Record(ROWS, np.zeros(3), np.empty(0), np.empty(0))
    with opened(store) as held:
        held.put([Finished(key_of("large", "baseline", TINY.change(seed=large)), 0, record, "readable")])
    for ending, read in ((".parquet", pd.read_parquet), (".xlsx", read_excel)):
        found = read(contents.export(tmp_path / f"x{ending}", store=store))
        assert str(found["seed"].iloc[-1]) == str(large)


def test_an_empty_store_is_exported_as_an_empty_table(tmp_path: Path) -> None:
    store = tmp_path / "empty.sqlite"
    with opened(store):
        pass
    assert contents.figures(store=store).empty
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet), (".xlsx", read_excel)):
        assert list(read(contents.export(tmp_path / f"x{ending}", store=store)).columns) == list(contents.COLUMNS)


def test_a_file_is_not_replaced_unasked(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    code, _, err = command("export", path)
    assert (code, path.read_text()) == (WRONG_INPUT, "mine")
    assert "add --overwrite" in err
    assert command("export", path, "--overwrite")[0] == 0
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [("x.txt", "ends with '.txt'"), ("x", "has no ending"), ("folder.csv", "is a folder"), ("a/x.csv", "no folder")],
)
def test_a_file_that_cannot_be_is_refused(name: str, said: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.iterdir())
    code, _, err = command("export", tmp_path / name)
    assert code == WRONG_INPUT
    assert said in err
    assert sorted(tmp_path.iterdir()) == before


def test_more_rows_than_a_sheet_holds_are_refused(
    store: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = len(contents.figures(store=store))
    monkeypatch.setattr(table, "SHEET_ROWS", rows)
    code, _, err = command("export", tmp_path / "x.xlsx")
    assert code == WRONG_INPUT
    assert f"would have {rows + 1:,} rows, and a sheet of Excel holds {rows:,}" in err
    assert ".parquet" in err
    assert not (tmp_path / "x.xlsx").exists()
    monkeypatch.setattr(table, "SHEET_ROWS", rows + 1)
    assert command("export", tmp_path / "x.xlsx")[0] == 0


def test_what_fails_leaves_the_old_file(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = contents.export(tmp_path / "x.csv", store=store)
    before = path.read_bytes()
    damage(store)
    with pytest.raises(StoreError, match="not those that were stored"):
        contents.export(path, store=store, overwrite=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


# -- checking and removing -------------------------------------------------------------------------------------------


def damage(store: Path) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE runs SET figures = zeroblob(length(figures)) WHERE replication = 2")
        connection.execute("UPDATE cells SET settings = replace(settings, '7', '8') WHERE seed = '7'")
    connection.close()


def test_a_sound_store_is_said_to_be(store: Path, command: Command) -> None:
    assert command("check") == (0, f"{store} is sound: 8 runs of 3 scenarios under policies.\n", "")
    assert contents.check(store).empty


def test_damaged_entries_are_named_and_can_be_removed(store: Path, command: Command) -> None:
    damage(store)
    code, _, err = command("check")
    assert code == WRONG_INPUT
    assert "3 entries" in err
    assert all(key in err for key in keys(store))
    assert contents.check(store)["what"].value_counts().to_dict() == {"figures": 2, "settings": 1}
    assert "figures of replication 2" in command("show", keys(store)[0])[2]
    assert "settings of" in command("show", keys(store)[2])[2]
    code, out, err = command("prune", "--damaged", "--yes")
    assert code == 0
    assert "4 runs of 3 scenarios" in err  # two runs, and the two of the scenario whose settings nobody knows
    assert out.startswith("4 runs removed")
    assert command("check")[0] == 0
    assert contents.listed(store)["replications"].tolist() == [2, 2]


COLUMNS_OF_TEXT = [
    *(
        ("cells", name)
        for name in ["cell", "generation", "version", "scenario", "policy", "reading", "seed", "settings", "created"]
    ),
    *(("runs", name) for name in ["cell", "engine", "created"]),
    ("layouts", "content"),
]


@pytest.mark.parametrize("spoilt", ["no text", "another text", "a number"])
@pytest.mark.parametrize(("of", "column"), COLUMNS_OF_TEXT)
def test_a_flipped_byte_in_any_text_ends_in_no_traceback(
    store: Path, command: Command, of: str, column: str, spoilt: str
) -> None:
    value = {"no text": "CAST(X'ff41' AS TEXT)", "another text": "'[' || {} || 'x'", "a number": "3.5"}[spoilt]
    with sqlite3.connect(store) as connection:
        connection.execute(f"UPDATE {of} SET {column} = {value.format(column)} WHERE rowid = 1")
    connection.close()
    for verb in ([], ["check"], ["export", store.parent / "x.csv"], ["prune", "--damaged", "--yes"], []):
        code, _, err = command(*verb)
        assert code in (0, WRONG_INPUT), (verb, err)
        assert "Traceback" not in err
        if code:
            assert "damaged" in err, (verb, err)


def test_what_is_damaged_is_listed_as_that(store: Path, command: Command) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE cells SET seed = 'seven' WHERE seed = '7'")
    connection.close()
    listed = contents.listed(store)
    assert listed["damaged"].tolist() == [False, False, True]
    assert listed["seed"].isna().tolist() == [False, False, True]
    code, out, _ = command()
    assert code == 0
    assert "1 entry is damaged and not used: cxsim runs prune --damaged removes them" in " ".join(out.split())
    assert command("prune", "--damaged", "--yes")[0] == 0
    assert not contents.listed(store)["damaged"].any()


def test_a_store_that_can_only_be_read_is_read(
    store: Path, command: Command, study: tuple[Study, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(store) as connection:  # as it is after its last user: nothing in the log
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = store.read_bytes()
    monkeypatch.setattr("sim.running.store.writable", lambda path: False)
    monkeypatch.setattr("sim.running.store.connect", None)
    assert command()[0] == command("check")[0] == command("export", store.parent / "x.csv")[0] == 0
    code, _, err = command("prune", "--all", "--yes")
    assert code == WRONG_INPUT
    assert "can only be read, so nothing was removed" in err
    again = sim.compare(TINY, [Training()], replications=4, engine="readable", workers=1, store=store)
    assert again.manifest["from_store"] == 6
    assert store.read_bytes() == before
    assert {path.name for path in store.parent.iterdir()} - {f"{store.name}.lock"} == {store.name, "x.csv"}


def test_a_damaged_file_is_named(store: Path, command: Command) -> None:
    store.write_bytes(store.read_bytes()[:9000])
    for verb in ([], ["check"], ["prune", "--damaged", "--yes"]):
        code, out, err = command(*verb)
        assert (code, out) == (WRONG_INPUT, "")
        assert "is damaged" in err
        assert str(store) in err


def test_old_runs_are_removed(store: Path, command: Command) -> None:
    code, out, err = command("prune", "--old", "--yes")
    assert (code, out.split(" removed")[0]) == (0, "2 runs")
    assert "2 runs of 1 scenario under a policy" in err
    assert contents.listed(store)["current"].all()
    assert command("prune", "--old", "--yes")[1] == "There is nothing to remove.\n"


def test_runs_are_removed_by_key_and_all_together(store: Path, command: Command) -> None:
    first, *others = keys(store)
    assert command("prune", first[:10], "--yes")[0] == 0
    assert keys(store) == others
    assert command("prune", "--all", "--yes")[1].startswith("5 runs removed")
    assert keys(store) == []
    assert "0 runs" in command()[1]


def test_runs_are_removed_by_day(store: Path, command: Command) -> None:
    first, time = keys(store)[0], "2020-01-31T23:59:59+00:00"
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE runs SET created = ? WHERE replication = 0 OR cell LIKE ?", (time, f"{first}%"))
    connection.close()
    assert "nothing to remove" in command("prune", "--before", "2020-01-31", "--yes")[1]
    assert command("prune", "--before", "2020-02-01", "--yes")[1].startswith("3 runs removed")
    code, _, err = command("prune", "--before", "1.2.2020")
    assert (code, "write it as 2026-01-31" in err) == (WRONG_INPUT, True)


@pytest.mark.parametrize("ways", [(), ("--old", "--all"), ("--old", "abc")], ids=["none", "two", "and a key"])
def test_one_way_to_choose_is_needed(ways: tuple[str, ...], store: Path, command: Command) -> None:
    code, _, err = command("prune", *ways, "--yes")
    assert (code, "Give one of" in err) == (WRONG_INPUT, True)
    assert len(keys(store)) == 3


def test_nobody_to_ask_means_nothing_is_removed(store: Path, command: Command) -> None:
    code, _, err = command("prune", "--all")
    assert code == WRONG_INPUT
    assert "add --yes" in err
    assert len(keys(store)) == 3


@pytest.mark.parametrize(("answer", "left"), [(True, 0), (False, 3), (None, 3)], ids=["yes", "no", "Ctrl-C"])
def test_a_terminal_is_asked(
    answer: bool | None, left: int, store: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(*arguments: Any, **named: Any) -> bool:
        if answer is None:
            raise typer.Abort
        return answer

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", confirm)
    code, out, err = command("prune", "--all")
    assert code == (0 if answer else STOPPED)
    assert "8 runs of 3 scenarios under policies" in err
    assert answer or out == "Nothing was removed.\n"
    assert len(keys(store)) == left


def test_every_verb_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ([], ["show"], ["export"], ["check"], ["prune"]):
        assert status(["runs", *verb, "--help"]) == 0
        assert "--store" in capsys.readouterr().out
