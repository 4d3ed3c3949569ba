"""``cxsim search`` says what `sim.search` returns, and refuses what cannot be asked."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.cli import status
from sim.studies.search import sampler

TINY = """name = "tiny"
years = 0.1
warm_up = 0
[parameters]
market_size = 200
"""
LEVER = ("--lever", "training level=0:1")
SHORT = ("--trials", "4", "-n", "2", "--check", "2", "--workers", "1")


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TINY)
    return "tiny.toml"


def called(*arguments: str) -> int:
    return status(("search", *arguments))


def test_it_prints_what_the_function_finds(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(scenario, *LEVER, *SHORT, "--csv") == 0
    printed = pd.read_csv(StringIO(capsys.readouterr().out))
    found = sim.search(scenario, ["training level=0:1"], trials=4, replications=2, check=2, workers=1)
    pd.testing.assert_frame_equal(printed, found.checked)
    assert called(scenario, *LEVER, *SHORT, "--engine", "readable") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert " ".join(found.text().split()) in shown
    assert "chosen training level" in shown


def test_it_is_saved_with_its_charts_and_goes_on(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    order = (scenario, *LEVER, *SHORT, "--out", "found", "--study", "study.db", "--budget", "100000")
    assert called(*order) == 0
    made = json.loads(Path("found/search.json").read_text())
    assert (made["budget"], made["seed"], made["check_seed"], made["from_study"]) == (100_000.0, 1, 2, 0)
    assert sorted(path.name for path in Path("found/charts").glob("*.png")) == [
        "search-levels.png",
        "search-progress.png",
    ]
    assert called(*order) == 2
    assert "already holds" in (errors := capsys.readouterr().err)
    assert "add --overwrite" in errors
    assert called(*order, "--overwrite", "--trials", "5") == 0
    assert json.loads(Path("found/search.json").read_text())["from_study"] > 0


def test_a_frontier_is_printed(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(scenario, *LEVER, *SHORT, "--pareto", "told_bad:lower", "--out", "found") == 0
    assert "none is left: another, or the baseline, is at least as good" in " ".join(capsys.readouterr().out.split())
    assert Path("found/charts/search-frontier.svg").exists()
    assert Path("found/search-frontier.csv").exists()


def test_a_dry_run_runs_nothing(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(scenario, *LEVER, "--dry-run", "--study", "study.db") == 0
    assert "100 trials with their check: at most 1,565 runs" in capsys.readouterr().out
    assert not Path("study.db").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--lever", "trainin level=0:1"), "did you mean 'training'"),
        (("--lever", "training levl=0:1"), "did you mean 'level'"),
        (("--lever", "training"), "has no setting; write training SETTING=LOW:HIGH"),
        (("--lever", "training level=0:"), "'0:' is not a range; write LOW:HIGH"),
        (("--lever", "training level=0:1:x"), "the step 'x' is not a number"),
        (("--lever", "training level=0:1 level=0:1"), "level appears twice"),
        ((*LEVER, *LEVER), "training level appears twice"),
        (("--lever", "training level='0:1"), "close the quotation mark"),
        (("--lever", "training level=0.5"), "no lever with a range"),
        ((*LEVER, "--budget", "-5"), "budget = -5.0 is not an amount from 0"),
        ((*LEVER, "--pareto", "csta"), "did you mean 'csat'"),
        ((*LEVER, "--measure", "cost"), "neither more nor less"),
        ((*LEVER, "--trials", "0"), "trials = 0"),
        ((*LEVER, "--check-seed", "1"), "nothing would be fresh"),
        ((*LEVER, "--engine", "fast"), "fast"),
        ((*LEVER, "--workers", "0"), "workers = 0"),
        ((*LEVER, "--baseline", "trainin"), "did you mean 'training'"),
        ((*LEVER, "--study", "."), "is a folder"),
        ((), "lever"),
    ],
)
def test_what_cannot_be_is_refused(
    scenario: str, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(scenario, *arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert not Path("study.db").exists()


def test_without_optuna_it_says_what_to_install(
    scenario: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sampler, "find_spec", lambda name: None)
    assert called(scenario, *LEVER) == 2
    assert 'pip install "cxsim[search]"' in capsys.readouterr().err
