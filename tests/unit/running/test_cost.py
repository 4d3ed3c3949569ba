"""What a study will take is said before it is begun, and nothing is run to find it out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli import status
from sim.running import runner
from sim.running.cost import Forecast
from sim.running.experiment import ExperimentError, Series
from sim.running.precision import PrecisionError

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
POLICIES = [sim.Rapport(), sim.Training()]
HERE: dict[str, Any] = {"engine": "readable", "workers": 1}


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("work_off", "branches", "_replicate"):
        monkeypatch.setattr(runner, name, lambda *_, **__: pytest.fail("something was run"))


# -- how many --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_runs")
def test_every_cell_and_replication_is_a_run() -> None:
    other = TINY.change(name="other")
    assert Series(TINY, **HERE).foresee(7).runs == 7
    assert Series([TINY, other], POLICIES, **HERE).foresee(7).runs == 2 * 3 * 7
    assert Series(TINY, POLICIES, **HERE).foresee(7, ["training"]).runs == 7
    assert Series(TINY, POLICIES, readings=["smart-2010", "literature"], **HERE).foresee(7).runs == 2 * 3 * 7
    assert Series([TINY, other], POLICIES, design=[frozenset(["tiny"])] * 3, **HERE).foresee(3).runs == 9


@pytest.mark.usefixtures("nothing_runs")
def test_a_study_takes_ten_replications_or_those_of_its_precision() -> None:
    series = Series(TINY, POLICIES, **HERE)
    runs = {
        "plain": series.foresee_study(),
        "four": series.foresee_study(4),
        "precise": series.foresee_study(None, "2%"),
        "from 20 to 50": series.foresee_study(20, "2%", 50),
    }
    found = {name: {size: forecast.runs for size, forecast in each.items()} for name, each in runs.items()}
    assert found == {
        "plain": {10: 30},
        "four": {4: 12},
        "precise": {10: 30, 640: 1920},
        "from 20 to 50": {20: 60, 50: 150},
    }


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ((None, None, 20), ExperimentError, "max_replications = 20 goes with a precision"),
        ((20, "2%", 10), PrecisionError, "from 20 to 10"),
        ((None, "profitt=2%", None), PrecisionError, "did you mean 'profit'"),
        ((0, None, None), ExperimentError, "replications = 0"),
    ],
)
@pytest.mark.usefixtures("nothing_runs")
def test_contradictions_are_refused_as_they_are_when_it_is_run(asked: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Series(TINY, POLICIES, **HERE).foresee_study(*asked)
    with pytest.raises(error, match=words):
        Series(TINY, POLICIES, **HERE).study(*asked)


def test_what_a_series_has_done_is_not_foreseen_again() -> None:
    series = Series(TINY, POLICIES, **HERE)
    series.extend(2, ["baseline", "training"])
    assert series.foresee(3).runs == 9 - 4
    assert series.foresee(2, ["training"]).runs == 0
    assert series.foresee(2, ["training"]).text() == "Nothing is left to be done."


# -- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_runs")
def test_no_store_is_made(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    found = Series(TINY, POLICIES, store=store, **HERE).foresee(3)
    assert (found.runs, found.held) == (9, 0)
    assert found.disk > 0
    assert list(tmp_path.iterdir()) == []
    assert Series(TINY, POLICIES, store="none", **HERE).foresee(3).disk == 0


def test_what_the_store_holds_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    sim.compare(TINY, POLICIES[:1], replications=2, store=store, **HERE)
    before = store.read_bytes()
    asked = Series(TINY, POLICIES, store=store, **HERE)
    found, alone = asked.foresee(3), Series(TINY, POLICIES, store=False, **HERE).foresee(3)
    assert (found.runs, found.held, alone.held) == (9, 4, 0)
    assert (asked.foresee(1).held, asked.foresee(3, ["training"]).held) == (2, 0)
    assert found.disk == pytest.approx(5 / 9 * Series(TINY, POLICIES, store=tmp_path / "x", **HERE).foresee(3).disk)
    assert store.read_bytes() == before
    study = asked.study(3)
    assert study.manifest["from_store"] == found.held


def test_all_held_takes_no_time_and_no_room(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    sim.run(TINY, replications=2, store=store, **HERE)
    found = Series(TINY, store=store, **HERE).foresee(2)
    assert (found.held, found.seconds, found.disk) == (2, 0.0, 0)
    assert found.text() == "2 runs, all of which are in the store: nothing is to be done."


# -- how long --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_runs")
def test_time_grows_with_replications_and_years_and_shrinks_with_workers() -> None:
    """Proportions, and no seconds: those are another machine's."""

    def seconds(replications: int = 10, engine: str = "readable", workers: int = 1, **more: Any) -> float:
        return Series(TINY, POLICIES, engine=engine, workers=workers, **more).foresee(replications).seconds  # type: ignore[arg-type]

    assert seconds() > 0
    assert seconds(20) == pytest.approx(2 * seconds())
    assert seconds(years=0.6) == pytest.approx(3 * seconds(), rel=0.05)  # in whole days
    assert seconds(workers=2) == pytest.approx(seconds() / 2)
    assert seconds(engine="compiled") < seconds() / 10


def test_like_runs_in_the_store_say_how_long_a_run_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "runs.sqlite"
    slow = runner.record
    monkeypatch.setattr(
        runner, "record", lambda figures, cohorts, seconds, *course: slow(figures, cohorts, 100.0, *course)
    )
    monkeypatch.setattr(runner, "why_not", lambda *_: "")
    sim.run(TINY, replications=2, store=store, **HERE)
    assert Series(TINY, store=store, **HERE).foresee(5).seconds == pytest.approx(300.0)


# -- in words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ((40, 0, 95.0, 250_000_000, 90_000), "40 runs, all to be done on the compiled engine by 2 workers, in about "
         "1:35 min. That takes about 250.0 MB of memory, and 90.0 kB in the store."),
        ((1, 0, 0.2, 250_000_000, 0), "1 run, to be done on the compiled engine by 2 workers, in about 1 s. That takes "
         "about 250.0 MB of memory."),
        ((2, 1, 7300.0, 1_000_000, 0), "2 runs, of which 1 is in the store; 1 is to be done on the compiled engine by "
         "2 workers, in about 2:01 h. That takes about 1.0 MB of memory."),
        ((1, 1, 0.0, 1_000_000, 0), "1 run, which is in the store: nothing is to be done."),
        ((12_000, 0, 59.7, 1_000_000, 0), "12,000 runs, all to be done on the compiled engine by 2 workers, in about "
         "1:00 min. That takes about 1.0 MB of memory."),
    ],
)  # fmt: skip
def test_it_is_said_in_a_paragraph(settings: tuple[Any, ...], text: str) -> None:
    assert Forecast(*settings, "compiled", 2).text() == text


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        (("run",), ["10 replications: 10 runs, all"]),
        (("run", "-p", "training", "-n", "3"), ["3 replications: 3 runs, all"]),
        (("compare", "-p", "training", "-n", "3"), ["3 replications: 6 runs, all"]),
        (
            ("compare", "-p", "training", "--precision", "2%", "--max-replications", "25"),
            ["10 replications: 20 runs, all", "25 replications: 50 runs, all"],
        ),
    ],
)
def test_a_dry_run_says_it_and_runs_nothing(
    arguments: tuple[str, ...], starts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb, *more = arguments
    store, out = tmp_path / "runs.sqlite", tmp_path / "study"
    assert status((verb, "small_company", *more, "--dry-run", "--store", str(store), "--out", str(out))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)
        assert re.search(r"in about \d.*of memory, and .* in the store\.$", line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing_runs")
def test_a_dry_run_refuses_contradictory_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(("compare", "small_company", "-p", "training", "--max-replications", "20", "--dry-run")) != 0
    assert "max_replications = 20 goes with a precision" in capsys.readouterr().err
