"""``cxsim new`` and ``cxsim calibrate``: a file of plain numbers, the company that has them, and what is refused."""

from __future__ import annotations

import json
import re
from io import StringIO
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from sim import progress
from sim.cli import status
from sim.company.numbers import Company, examples, numbers

FEW = """name = "corner shop"
like = "small_company"

[numbers]
customers = 500
contacts_a_day = 5
agents = 2
wage = 25_000
"""
QUICKLY = ("--tolerance", "25%", "--workers", "1", "--store", "runs.sqlite")
SAVED = {"calibrate.json", "charts", "calibrate.csv", "calibrate-parameters.csv", "scenario.toml"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.company.calibration.trials.MOST_RUNS", 4)  # near enough for a wide tolerance
    (tmp_path / "shop.toml").write_text(FEW)
    return "shop.toml"


def names(folder: str | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def said(printed: str) -> str:
    return " ".join(printed.split())


def test_a_new_file_asks_for_every_number_and_is_a_company_once_some_are_given(shop: str, capsys) -> None:
    assert status(("new", "our-shop.toml")) == 0
    assert "cxsim calibrate our-shop.toml" in capsys.readouterr().err
    text = Path("our-shop.toml").read_text()
    assert 'name = "our shop"' in text
    for key in numbers():
        assert f"{key} = " in text, key
    assert status(("new", "our-shop.toml")) == 2
    assert "our-shop.toml is there already; choose another name, or add --overwrite" in capsys.readouterr().err
    assert Path("our-shop.toml").read_text() == text


@pytest.mark.parametrize("example", examples())
def test_a_worked_example_is_written_under_a_name_of_ones_own(example: str, shop: str) -> None:
    assert status(("new", "ours.toml", "--example", example, "--name", "ours")) == 0
    ours, theirs = Company.load("ours.toml"), Company.load(example)
    assert ours.name == "ours"
    assert ours.numbers == theirs.numbers


def test_there_is_no_such_example(shop: str, capsys) -> None:
    assert status(("new", "ours.toml", "--example", "telekom")) == 2
    assert "did you mean 'telecom'" in capsys.readouterr().err
    assert names(".") == [shop]


def test_what_it_prints_is_what_it_saves(shop: str, capsys) -> None:
    assert status(("calibrate", shop, *QUICKLY, "--out", "found")) == 0
    caught = capsys.readouterr()
    assert "cxsim compare found/scenario.toml" in caught.err
    assert set(names("found")) >= SAVED
    numbers, parameters = pd.read_csv("found/calibrate.csv"), pd.read_csv("found/calibrate-parameters.csv")
    assert set(numbers["number"]) == {"customers", "contacts_a_day"}
    printed = said(caught.out)
    for _, row in numbers.iterrows():
        assert f"{row['label']}" in printed
        assert f"{row['off']:+.1%}".replace("%", " %") in printed
    for _, row in parameters.iterrows():
        assert f"{row['parameter']}" in printed
        assert row["because"] in printed
    assert json.loads(Path("found/calibrate.json").read_text())["company"]["numbers"]["customers"] == 500
    scenario = Path("found/scenario.toml").read_text()
    assert said(scenario.split("\n\n")[0].replace("\n# ", " ")).endswith("cxsim futures and cxsim sensitivity.")

    assert status(("calibrate", shop, *QUICKLY, "--out", "found")) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert status(("calibrate", shop, *QUICKLY, "--out", "found", "--overwrite", "--csv")) == 0
    pd.testing.assert_frame_equal(pd.read_csv(StringIO(capsys.readouterr().out)), numbers)
    assert Path("found/scenario.toml").read_text() == scenario


def test_a_log_has_a_line_a_minute_at_most_and_one_that_sums_up(shop: str, capsys, monkeypatch) -> None:
    seconds = count(step=5)  # five pass whenever the clock is read
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    assert status(("calibrate", shop, *QUICKLY, "--progress")) == 0
    *lines, finished, saved, following = capsys.readouterr().err.splitlines()
    assert 1 < len(lines) <= 1 + next(seconds) / 60
    assert all(re.fullmatch(r"cxsim: [\d.]+ of \d+ runs, about \d+:\d\d left(; .+)?", line) for line in lines)
    runs = json.loads(Path("corner-shop/calibrate.json").read_text())["runs"]
    assert re.fullmatch(
        rf"cxsim: calibration finished in \d+:\d\d min, {runs} runs: 2 of 2 numbers met within 25 %", finished
    )
    assert saved == "cxsim: saved in corner-shop"
    assert following.startswith("cxsim: next: ")

    assert status(("calibrate", shop, *QUICKLY, "--overwrite", "--csv")) == 0
    caught = capsys.readouterr()
    assert caught.err.splitlines()[0].startswith("cxsim: calibration finished in ")
    assert "finished" not in caught.out


def test_numbers_that_contradict_each_other_are_refused_in_words_and_nothing_is_written(shop: str, capsys) -> None:
    Path(shop).write_text(FEW.replace("contacts_a_day = 5", "contacts_a_day = 90") + 'handling_time = "90 min"\n')
    assert status(("calibrate", shop, *QUICKLY)) == 2
    refused = said(capsys.readouterr().err)
    assert "corner shop: the numbers contradict each other" in refused
    assert "2 agents" in refused
    assert names(".") == [shop]


@pytest.mark.parametrize(
    ("store", "kept"), [("runs.sqlite", "in the run store"), ("none", "stopped; nothing was written.\n")]
)
def test_who_stops_it_is_told_what_is_kept(store, kept, shop: str, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.company.calibration.calibrate", stopped)
    assert status(("calibrate", shop, "--store", store)) == 130
    assert kept in capsys.readouterr().err
    assert names(".") == [shop]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customer = 5", "did you mean 'customers'"),
        ("customers = -5", "customers"),
        ('customers = "many"', "customers"),
        ("customers = 500\nabandonment = 30", "abandonment"),
    ],
)
def test_what_is_no_number_is_refused(text: str, words: str, shop: str, capsys) -> None:
    Path(shop).write_text(f"[numbers]\n{text}\n")
    assert status(("calibrate", shop)) == 2
    errors = capsys.readouterr().err
    assert words in errors
    assert shop in errors
    assert names(".") == [shop]
