"""Whoever watches a run is told how far it is and what it has found so far; nobody else is told anything."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import sim
from sim import progress
from sim.cli import status
from sim.outcomes.statistics import mean_interval
from sim.progress import Bar, reporting, silent
from sim.running import experiment
from sim.running.experiment import Series

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
POLICIES = [sim.Training(), sim.Rapport()]
HERE: dict[str, Any] = {"engine": "readable", "workers": 1}
LINE = re.compile(r"cxsim: (?P<done>[\d.]+) of (?P<planned>\d+) runs, about \d+:\d\d left(; (?P<note>.+))?\n")
NOTE = re.compile(
    r"(?P<policy>.+): (?P<measure>[^:]+?) (?P<mean>[+-]?[\d,.]+)(?P<unit> pp| %)? ± (?P<half>[\d,.]+)(?P=unit)? "
    r"\((?P<count>\d+) replications\)"
)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=found.monotonic))
    return found


class Terminal(io.StringIO):
    """Standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


# -- who is told ----------------------------------------------------------------------------------------------------


def test_a_function_is_called_with_what_is_done_and_planned_at_once() -> None:
    told: list[tuple[float, int]] = []
    with reporting(lambda done, planned: told.append((done, planned))) as report:
        report(0.5, 4, "a note")
        report(4.0, 4)
    assert told == [(0.5, 4), (4.0, 4)]


@pytest.mark.parametrize("wanted", [None, False])
def test_a_log_is_told_nothing_unless_asked_for(wanted: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(wanted) as report:
        assert report is silent
        report(1.0, 2, "a note")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_is_told_nothing_when_it_wants_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with reporting(False) as report:
        assert report is silent


# -- when ------------------------------------------------------------------------------------------------------------


def test_nothing_is_said_in_the_first_two_seconds(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(True) as report:
        for clock.now in (1000.0, 1001.0, 1001.9):
            report(1.0, 10, "a note")
        assert capsys.readouterr().err == ""
        clock.now = 1002.0
        report(2.0, 10, "a note")
    assert capsys.readouterr().err == "cxsim: 2.0 of 10 runs, about 0:08 left; a note\n"


def test_lines_come_now_and_then_with_the_time_that_is_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(True) as report:
        for clock.now in (1002.0, 1003.0, 1061.9, 1062.0, 1063.0):
            report(clock.now - 1000.0, 200)  # a run a second
    assert capsys.readouterr().err.splitlines() == [
        "cxsim: 2.0 of 200 runs, about 3:18 left",
        "cxsim: 62.0 of 200 runs, about 2:18 left",
    ]


def test_nothing_is_said_before_anything_is_done(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(True) as report:
        clock.now += 60.0
        report(0.0, 10)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("wanted", [None, True])
def test_a_terminal_has_a_bar_after_two_seconds_with_the_note_beside_it(
    wanted: bool | None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with reporting(wanted) as report:
        report(1.0, 10, "too early")
        assert screen.getvalue() == ""
        clock.now += 2.0
        report(3.0, 10, "a [/label]: what is found so far")
        bar: Bar = report.__self__  # type: ignore[attr-defined]
        assert bar._bar is not None
        bar._bar.refresh()
        assert "3.0 of 10 runs" in screen.getvalue()
        assert "a [/label]: what is found so far" in screen.getvalue()
        assert "too early" not in screen.getvalue()
    assert bar._bar.finished is False
    assert not bar._bar.live.is_started  # it is taken off the screen


def test_a_notebook_has_a_bar_in_its_cell_after_two_seconds(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    handle = SimpleNamespace(update=shown.append)

    def display(content: str, display_id: bool) -> SimpleNamespace:
        shown.append(content)
        return handle

    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    with reporting(None) as report:
        report(1.0, 10, "too early")
        assert shown == []
        for clock.now, note in ((1002.0, "a <note>"), (1002.1, "too soon"), (1003.0, "another")):
            report(2.0, 10, note)
    first, second, last = shown
    assert first == '<progress value="2.0" max="10"></progress> 2.0 of 10 runs, about 0:08 left; a &lt;note&gt;'
    assert "another" in second
    assert last == ""


# -- what ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report is a line, and every line looks anew."""
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(experiment, "NOTE_SECONDS", 0.0)


def notes(text: str) -> list[dict[str, str]]:
    """The notes in the lines, in order, without those that say the same."""
    lines = [LINE.fullmatch(line) for line in text.splitlines(keepends=True)]
    assert all(lines), text
    found = [NOTE.fullmatch(line["note"]) for line in lines if line is not None and line["note"]]
    assert all(found), text
    return [dict(each) for each in dict.fromkeys(tuple(note.groupdict().items()) for note in found if note is not None)]


def number(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.usefixtures("at_once")
def test_the_note_is_the_interval_of_the_last_policy_s_paired_difference_so_far(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = TINY.override(word_of_mouth=0.0).change(name="other")
    study = sim.compare([TINY, other], POLICIES, replications=5, progress=True, **HERE)
    said = notes(capsys.readouterr().err)
    assert [int(note["count"]) for note in said] == [2, 3, 4, 5]
    rows = study.replications.query("period == 'all' and measure == 'profit_a_year' and scenario == 'tiny'")
    wide = rows.pivot(index="replication", columns="policy", values="value")
    changes = (wide["rapport 80%"] - wide["baseline"]).to_numpy()
    for note in said:
        found = mean_interval(changes[: int(note["count"])])
        assert (note["policy"], note["measure"]) == ("rapport 80%", "profit a year")
        assert number(note["mean"]) == pytest.approx(found.mean, rel=0.01, abs=0.5)
        assert number(note["half"]) == pytest.approx((found.high - found.low) / 2, rel=0.01, abs=0.5)


@pytest.mark.usefixtures("at_once")
def test_without_a_policy_it_is_the_interval_of_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    study = sim.run(TINY, replications=4, progress=True, **HERE)
    last = notes(capsys.readouterr().err)[-1]
    rows = study.replications.query("period == 'all' and measure == 'profit_a_year'")
    found = mean_interval(rows["value"].head(int(last["count"])))
    assert last["policy"] == "baseline"
    assert number(last["mean"]) == pytest.approx(found.mean, rel=0.01)
    assert number(last["half"]) == pytest.approx((found.high - found.low) / 2, rel=0.01)


@pytest.mark.usefixtures("at_once")
def test_the_note_is_about_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Series(TINY, POLICIES[:1], measures=["csat", "profit"], progress=True, **HERE).extend(3)
    said = notes(capsys.readouterr().err)
    assert {(note["measure"], note["unit"]) for note in said} == {("CSAT", " pp")}
    sim.compare(TINY, POLICIES[:1], precision={"fcr": "50 points"}, replications=3, progress=True, **HERE)
    assert {note["policy"] for note in notes(capsys.readouterr().err)} == {"training"}


@pytest.mark.usefixtures("at_once")
def test_undefined_figures_are_left_out_of_the_note(capsys: pytest.CaptureFixture[str]) -> None:
    """Retention of twelve months has no value in ten weeks, so there is nothing to say."""
    Series(TINY, POLICIES[:1], measures=["retention_12m"], progress=True, **HERE).extend(3)
    assert notes(capsys.readouterr().err) == []


@pytest.mark.usefixtures("at_once")
def test_what_an_observer_notes_is_not_what_is_watched(capsys: pytest.CaptureFixture[str]) -> None:
    def people(history: Any) -> Any:
        import pandas as pd

        return pd.DataFrame({"period": ["all"], "measure": ["people"], "value": [300.0]})

    found = Series(TINY, POLICIES[:1], measures=["people"], observe=people, progress=True, **HERE).extend(3)
    assert set(found["measure"]) == {"people"}
    assert notes(capsys.readouterr().err) == []


@pytest.mark.usefixtures("at_once")
def test_the_command_says_it_in_lines_when_verbose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text('name = "tiny"\nyears = 0.2\nwarm_up = 0\n[parameters]\nmarket_size = 300\nemployees = 2\n')
    command = ("compare", str(path), "-p", "training", "-n", "3", "--engine", "readable", "--workers", "1")
    assert status(command) == 0
    assert "runs, about" not in capsys.readouterr().err
    assert status((*command, "--progress")) == 0
    lines = "".join(line for line in capsys.readouterr().err.splitlines(keepends=True) if LINE.fullmatch(line))
    assert {(note["policy"], note["measure"]) for note in notes(lines)} == {("training", "profit a year")}
