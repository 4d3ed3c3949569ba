"""A series is continued as if it had been run at once, and leaves nothing out without a word."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.running import runner, workers
from sim.running.experiment import ExperimentError, compare_in
from sim.running.precision import PrecisionError

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
POLICIES = [sim.Rapport(), sim.Training()]
HERE: dict[str, Any] = {"engine": "readable", "workers": 1}


def test_policies_that_were_continued_apart_make_the_study_that_is_run_at_once() -> None:
    series = sim.Series(TINY, POLICIES, **HERE)
    found = series.extend(2)
    assert found.groupby("policy")["replication"].nunique().tolist() == [2, 2, 2]
    found = series.extend(4, ["baseline", "training"])
    assert found.groupby("policy")["replication"].nunique().to_dict() == {
        "baseline": 4,
        "rapport 80%": 2,
        "training": 4,
    }
    at_once = sim.compare(TINY, POLICIES, replications=3, **HERE)
    study = series.study(3)
    assert study.content_hash == at_once.content_hash
    assert study.replications.equals(at_once.replications)
    assert (study.manifest["planned"], study.manifest["finished"]) == (3, 3)


def test_what_is_done_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[int, int]] = []
    replicate = runner._replicate

    def watched(task: runner.Task, advance: Callable[[float], None] = lambda share: None) -> Any:
        done.extend((place, task.replication) for place in task.places)
        return replicate(task, advance)

    monkeypatch.setattr(runner, "_replicate", watched)
    series = sim.Series(TINY, POLICIES, **HERE)
    series.extend(1)
    series.extend(2, ["training"])
    series.study(2)
    assert sorted(done) == [(place, number) for place in range(3) for number in range(2)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sim.Series(TINY, POLICIES).extend(2, ["rapport"]), "no policy 'rapport'; did you mean 'rapport 80%'"),
        (lambda: sim.Series(TINY, POLICIES).extend(2, "training"), r"write policies"),
        (lambda: sim.Series(TINY, POLICIES).foresee(2, ["rapport"]), "no policy 'rapport'"),
        (lambda: sim.Series(TINY, measures="profit"), r"measures = 'profit' is not a list.*write \["),
        (lambda: sim.Series(TINY, measures=[]), r"measures = \[\]"),
        (lambda: sim.Series(TINY, measures=["profitt"]), "'profitt'; did you mean 'profit'"),
        (lambda: compare_in([[TINY], [TINY.change(years=0.1)]], POLICIES[0]), "two different .* called 'tiny'"),
        (lambda: sim.Series(TINY, design=[frozenset(["tiny"])]).extend(2), "more than the 1 that the design"),
    ],
)
def test_what_would_be_left_out_is_refused(call: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "work_off", lambda *_, **__: pytest.fail("it started to run"))
    with pytest.raises(ExperimentError, match=words):
        call()


def test_with_measures_named_only_those_are_kept() -> None:
    found = sim.Series(TINY, POLICIES[:1], measures=["csat", "profit"], **HERE).extend(2)
    everything = sim.Series(TINY, POLICIES[:1], **HERE).extend(2)
    wanted = everything[everything["measure"].isin(["csat", "profit"])].reset_index(drop=True)
    assert found.equals(wanted)
    assert len(found) == 2 * 2 * 2


def test_what_the_store_knew_is_counted_where_it_is_used(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    sim.compare(TINY, POLICIES[:1], replications=3, store=store, **HERE)
    series = sim.Series(TINY, POLICIES[:1], store=store, **HERE)
    series.extend(3)
    assert series.study(2).manifest["from_store"] == 4
    assert series.study(4).manifest["from_store"] == 6


def pressed(after: int) -> Callable[..., bool]:
    """Work that Ctrl-C ends after so many tasks, the next time that it is done."""
    presses = [after]

    def work_off(work: Any, tasks: Any, number: int, keep: Any, advance: Any, **how: Any) -> bool:
        stop = presses.pop() if presses else None
        for place, task in enumerate(tasks[:stop]):
            keep(place, work(task))
        return stop is None

    return work_off


def test_after_ctrl_c_a_series_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "work_off", pressed(after=4))
    series = sim.Series(TINY, POLICIES, **HERE)
    found = series.extend(3)
    assert series.stopped
    assert found[["policy", "replication"]].drop_duplicates()["replication"].tolist() == [0, 1, 0, 0]
    assert series.finished(3) == [0]
    series.extend(3)
    assert not series.stopped
    monkeypatch.undo()
    assert series.study(3).content_hash == sim.compare(TINY, POLICIES, replications=3, **HERE).content_hash


def test_a_study_that_is_stopped_has_the_replications_that_are_finished_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "work_off", pressed(after=4))
    with pytest.raises(sim.Interrupted) as interrupted:
        sim.compare(TINY, POLICIES, precision={"profit": 1.0}, replications=2, max_replications=4, **HERE)
    study = interrupted.value.result
    assert (study.manifest["planned"], study.manifest["finished"]) == (2, 1)
    assert (study.manifest["precision"]["reached"], study.manifest["precision"]["looks"]) == (False, [])
    assert "1 of 2 replications" in capsys.readouterr().err


def test_ctrl_c_on_the_last_run_of_a_look_ends_the_study_after_that_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "work_off", pressed(after=6))
    with pytest.raises(sim.Interrupted) as interrupted:
        sim.compare(TINY, POLICIES, precision={"profit": 1e-6}, replications=2, max_replications=8, **HERE)
    study = interrupted.value.result
    assert (study.manifest["planned"], study.manifest["finished"]) == (2, 2)
    assert [look["replications"] for look in study.manifest["precision"]["looks"]] == [2, 2]
    assert study.manifest["precision"]["reached"] is False


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize("number", [1, 2])
def test_work_says_that_it_was_stopped_though_nothing_was_left(number: int) -> None:
    kept: dict[int, int] = {}

    def keep(place: int, result: int) -> None:
        kept[place] = result
        if len(kept) == 3:
            signal.raise_signal(signal.SIGINT)

    assert workers.work_off(same, [0, 1, 2], number, keep, threads=True) is False
    assert kept == {0: 0, 1: 1, 2: 2}


def same(task: int, advance: Callable[[float], None] = lambda share: None) -> int:
    return task


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_replications": 10.5}, "from 4 to 10.5 replications; give whole numbers"),
        ({"max_replications": 3}, "from 4 to 3"),
    ],
)
def test_a_ceiling_that_is_none_is_refused_before_anything_runs(
    settings: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "work_off", lambda *_, **__: pytest.fail("it started to run"))
    with pytest.raises(PrecisionError, match=words):
        sim.compare(TINY, POLICIES, precision={"profit": 1.0}, replications=4, **settings)


def test_a_measure_that_no_run_has_is_refused_at_the_first_look() -> None:
    """Retention over twelve months of a study of ten weeks: no number of replications would give it."""
    done: list[int] = []
    with pytest.raises(PrecisionError, match=r"none of 3 replications of 'tiny' \(baseline\) has a value"):
        sim.compare(
            TINY,
            POLICIES,
            precision={"retention_12m": "0.1 points"},
            replications=3,
            progress=lambda _, planned: done.append(planned),
            **HERE,
        )
    assert set(done) == {9}
