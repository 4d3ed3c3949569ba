"""Studies are paired, the same with one process or many, and keep what is finished when stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.engines import Engine, History
from sim.inputs.policies import PolicyError
from sim.inputs.scenario import ScenarioError
from sim.outcomes.results import Study
from sim.running import runner, workers
from sim.running.experiment import ExperimentError, ReplicationError, compare_in, money_limits
from sim.running.record import Record

ROOT = Path(__file__).resolve().parents[3]
TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
REPLICATE = runner._replicate
ENOUGH = 6  # runs, so that a replication is finished under both policies
POLICIES = [sim.Empowerment(level=0.9), sim.Rapport() + sim.Training()]


@pytest.fixture(scope="module")
def study() -> Study:
    return sim.compare(TINY, POLICIES, replications=2, engine="readable", workers=1)


def test_every_policy_and_the_baseline_have_every_replication(study: Study) -> None:
    found = study.replications[["policy", "replication"]].drop_duplicates().to_numpy().tolist()
    labels = ["baseline", "empowerment 90%", "rapport 80% + training"]
    assert found == [[label, number] for label in labels for number in (0, 1)]


def test_differences_are_paired_with_the_baseline(study: Study) -> None:
    table = study.compare(["profit"])
    assert set(table["policy"]) == {"empowerment 90%", "rapport 80% + training"}
    assert (table["n"] == 2).all()


def test_a_replication_is_the_same_whatever_is_run_beside_it(study: Study) -> None:
    alone = sim.run(TINY, POLICIES[0], replications=1, workers=1)
    beside = study.replications.query("policy == 'empowerment 90%' and replication == 0")
    assert alone.replications["value"].to_numpy() == pytest.approx(beside["value"].to_numpy(), rel=0, nan_ok=True)


def people(history: History) -> pd.DataFrame:
    return pd.DataFrame({"period": ["all"], "measure": ["people"], "value": [history.state.status.shape[1]]})


@pytest.mark.parametrize(("engine", "workers"), [("readable", 1), ("readable", 2), ("compiled", 1)])
def test_what_is_observed_is_noted_beside_the_measures_and_changes_none(
    study: Study, engine: Engine, workers: int
) -> None:
    seen = sim.compare(TINY, POLICIES, replications=2, observe=people, engine=engine, workers=workers)
    noted = seen.replications["measure"] == "people"
    assert seen.replications[noted]["value"].tolist() == [300.0] * 6
    assert seen.replications[~noted].reset_index(drop=True).equals(study.replications)


@pytest.mark.parametrize(("engine", "workers"), [("readable", 2), ("compiled", 1), ("compiled", 2), ("compiled", 5)])
def test_either_engine_and_many_workers_give_the_same_frames_in_the_same_order(
    study: Study, engine: Engine, workers: int
) -> None:
    many = sim.compare(TINY, POLICIES, replications=2, engine=engine, workers=workers)
    assert many.manifest["engine"] == engine
    assert many.replications.equals(study.replications)
    assert many.cohorts.equals(study.cohorts)
    assert many.months.equals(study.months)
    assert many.content_hash == study.content_hash


def test_the_manifest_says_how_it_was_made(study: Study) -> None:
    made = study.manifest
    assert (made["planned"], made["finished"], made["seed"], made["baseline"]) == (2, 2, 1, "baseline")
    assert (made["reading"], made["years"], made["warm_up"]) == ("smart-2010", 0.2, 0)
    assert made["scenario"]["parameters"]["market_size"] == 300
    assert made["policies"]["empowerment 90%"][0]["level"] == 0.9
    assert [part["name"] for part in made["policies"]["rapport 80% + training"]] == ["rapport", "training"]
    assert made["wall_seconds"] > 0
    assert {"python", "numpy", "scipy", "simpy", "pandas"} <= set(made["versions"])


def test_the_manifest_has_the_amount_that_empowerment_comes_down_to(study: Study) -> None:
    limits = {entry["policy"]: entry["segments"]["regular"] for entry in study.manifest["authority"]}
    assert limits["empowerment 90%"]["level"] == 0.9
    assert limits["empowerment 90%"]["limit"] > limits["baseline"]["limit"] > 0
    assert money_limits(TINY.under(sim.Empowerment(level=1.0)))["regular"]["limit"] == "none"
    assert "limit" not in money_limits(TINY.under(sim.Empowerment(level=0.5, form="share")))["regular"]


def test_a_study_is_saved_and_read_again(study: Study, tmp_path: Path) -> None:
    assert Study.load(study.save(tmp_path / "study")).content_hash == study.content_hash


def test_a_policy_can_be_the_baseline() -> None:
    found = sim.compare(TINY, POLICIES[:1], baseline="empowerment 90%", replications=1, workers=1)
    assert found.baseline == "empowerment 90%"
    assert set(found.replications["policy"]) == {"empowerment 90%"}
    both = sim.compare(TINY, [None], baseline=POLICIES[0], replications=1, workers=1)
    assert list(both.replications["policy"].unique()) == ["empowerment 90%", "no policy"]


def test_readings_are_run_beside_each_other() -> None:
    found = sim.compare(TINY, readings=["smart-2010", "literature"], replications=1, workers=1)
    assert list(found.replications["scenario"].unique()) == ["tiny, smart-2010", "tiny, literature"]


def test_all_readings_are_every_reading() -> None:
    found = sim.compare(TINY, readings="all", replications=1, workers=1)
    assert list(found.replications["scenario"].unique()) == [f"tiny, {name}" for name in sim.evidence.readings()]


def test_progress_is_told_to_the_end_and_never_backwards() -> None:
    told: list[tuple[float, int]] = []
    sim.run(TINY, replications=2, workers=1, progress=lambda done, planned: told.append((done, planned)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] > 1.9
    assert {planned for _, planned in told} == {2}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sim.run(TINY, replications=0), ExperimentError, "replications = 0"),
        (lambda: sim.run(TINY, replications=True), ExperimentError, "replications = True"),
        (lambda: sim.run(TINY, workers=0), ExperimentError, "workers = 0"),
        (lambda: sim.run(TINY, years=-1), ScenarioError, "years = -1"),
        (lambda: sim.run("no-such-company"), ScenarioError, "no-such-company"),
        (lambda: sim.compare([]), ExperimentError, "no scenario"),
        (lambda: sim.compare([TINY, TINY]), ExperimentError, "'tiny' appears twice"),
        (lambda: sim.compare([TINY, TINY.change(name="b", seed=2)]), ExperimentError, "different seeds"),
        (
            lambda: sim.compare(TINY, [sim.Rapport(), sim.Rapport()]),
            ExperimentError,
            "'rapport 80%' appears twice",
        ),
        (lambda: sim.compare(TINY, ["trainin"]), PolicyError, "did you mean 'training'"),
        (lambda: sim.run(TINY, "trainin"), PolicyError, "did you mean 'training'"),
        (lambda: sim.compare(TINY, [sim.Rapport()], baseline="trainin"), PolicyError, "did you mean 'training'"),
        (lambda: sim.compare(TINY, readings="smart-2010"), ExperimentError, r"\['smart-2010'\], or \"all\""),
        (lambda: sim.compare(TINY, readings=["smart"]), ScenarioError, "smart-2010"),
        (lambda: sim.run(TINY, sim.Training() + sim.Training(level=0.5)), PolicyError, "both set training"),
        (lambda: sim.run(TINY, sim.Rapport(segment="vip")), PolicyError, "'vip'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(
    call: object, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "work_off", lambda *_, **__: pytest.fail("it started to run"))
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("engine", ["readable", "compiled"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_names_scenario_policy_and_replication(
    workers: int, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_replicate", fails)
    with pytest.raises(
        ReplicationError, match=r"scenario 'tiny', policy .*'rapport 80%', replication 1.*broken on purpose"
    ):
        sim.compare(TINY, [sim.Rapport()], replications=2, workers=workers, engine=engine)


def fails(task: runner.Task, advance: Callable[[float], None] = lambda share: None) -> dict[int, Record]:
    """Fail in one replication, so late that the others are done."""
    if task.cells[-1].policy == "rapport 80%" and task.replication == 1:
        raise ValueError("broken on purpose")
    return REPLICATE(task, advance)


@pytest.mark.parametrize("processes", [1, 2])
def test_stopping_keeps_complete_replications(
    processes: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(work, tasks, workers, keep, advance, *, threads, elsewhere):  # type: ignore[no-untyped-def]
        for place in (0, 1, 2):  # the second replication has its baseline only
            keep(place, work(tasks[place]))
        return threads

    monkeypatch.setattr(runner, "work_off", stopped)
    with pytest.raises(sim.Interrupted, match="result of this exception") as interrupted:
        sim.compare(TINY, [sim.Rapport()], replications=3, workers=processes, engine="readable")
    found = interrupted.value.result
    assert (found.manifest["planned"], found.manifest["finished"]) == (3, 1)
    assert set(found.replications["replication"]) == {0}
    assert len(found.to_frame())
    assert "1 of 3 replications are finished" in capsys.readouterr().err


def test_policies_are_asked_for_by_name() -> None:
    here: dict[str, Any] = {"replications": 2, "engine": "readable", "workers": 1}
    objects = sim.compare(TINY, [sim.Training(), sim.Rapport(chance=0.5)], baseline=sim.Empathy(), **here)
    texts = sim.compare(TINY, ["training", "rapport chance=0.5"], baseline="empathy", **here)
    assert texts == objects
    assert sim.compare(TINY, "training", **here) == sim.compare(TINY, sim.Training(), **here)
    assert sim.run(TINY, "training + empathy", **here) == sim.run(TINY, sim.Training() + sim.Empathy(), **here)


def test_replications_may_have_scenarios_of_their_own() -> None:
    quiet = TINY.override(word_of_mouth=0.0).change(name="quiet")
    told: list[tuple[float, int]] = []
    found = compare_in(
        [[TINY, quiet], [TINY]], POLICIES[0], workers=1, progress=lambda done, planned: told.append((done, planned))
    )
    rows = found.replications[["scenario", "policy", "replication"]].drop_duplicates().to_numpy().tolist()
    label = POLICIES[0].label
    assert sorted(rows) == sorted(
        [name, policy, number]
        for name, number in (("tiny", 0), ("tiny", 1), ("quiet", 0))
        for policy in ("baseline", label)
    )
    beside = sim.compare([TINY, quiet], POLICIES[:1], replications=2, workers=1).replications
    assert found.replications.query("scenario == 'tiny'").equals(beside.query("scenario == 'tiny'"))
    assert told[-1][0] > 5.9
    assert {planned for _, planned in told} == {6}


def test_a_replication_with_few_scenarios_is_finished_when_those_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(work, tasks, workers, keep, advance, *, threads, elsewhere):  # type: ignore[no-untyped-def]
        for place in range(4):  # both cells of the first replication, and half of the second's four
            keep(place, work(tasks[place]))
        return False

    monkeypatch.setattr(runner, "work_off", stopped)
    quiet = TINY.change(name="quiet")
    found = compare_in([[TINY], [TINY, quiet]], POLICIES[0], engine="readable", workers=1)
    assert (found.manifest["planned"], found.manifest["finished"]) == (2, 1)
    assert "1 of 2 replications are finished" in capsys.readouterr().err


def test_stopping_before_anything_is_finished_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "work_off", lambda *_, **__: False)
    with pytest.raises(KeyboardInterrupt):
        sim.run(TINY, replications=2, workers=1)


def test_work_is_stopped_here_and_elsewhere() -> None:
    def interrupted(task: int, advance: object = None) -> int:
        if task == 1:
            raise KeyboardInterrupt
        return task

    kept: dict[int, int] = {}
    assert workers.work_off(interrupted, [0, 1, 2], 1, kept.__setitem__) is False
    assert kept == {0: 0}


def test_threads_that_are_stopped_end_at_their_next_report_and_keep_what_is_done() -> None:
    ended = []

    def endless(task: int, advance: Callable[[float], None]) -> int:
        if task == 0:
            return task
        try:
            for _ in range(1000):  # ten seconds: far longer than it takes to be stopped
                time.sleep(0.01)
                advance(0.5)
        finally:
            ended.append(task)
        return task

    def interrupt(done: float) -> None:
        if done >= 1.5:
            raise KeyboardInterrupt

    kept: dict[int, int] = {}
    assert workers.work_off(endless, [0, 1, 2, 3], 2, kept.__setitem__, interrupt, threads=True) is False
    assert kept == {0: 0}
    assert ended
    assert set(ended) <= {1, 2}


@pytest.mark.parametrize("threads", [False, True])
def test_threads_and_processes_do_all_tasks_in_any_order(threads: bool) -> None:
    kept: dict[int, int] = {}
    assert workers.work_off(squared, list(range(20)), 2, kept.__setitem__, threads=threads)
    assert kept == {number: number * number for number in range(20)}


def squared(task: int, advance: object = None) -> int:
    return task * task


SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start its jobs without
import sim  # no guard: a script as planners write it
from sim.inputs.policies import Policy

class Patience(Policy):  # a policy of one's own, which only this script knows
    name = "patience"
    def changes(self, base):
        return [("patience_mean", "multiply", 2.0)]

tiny = sim.Scenario.load("small_company").override(market_size=300).change(years={years}, warm_up=0)
tell = lambda done, planned: print("done", int(done), flush=True)
try:
    study = sim.compare(tiny, [Patience()], replications={replications}, engine={engine!r}, workers=2, progress=tell)
except sim.Interrupted as interrupted:
    study = interrupted.result
found = study.manifest
print(found["finished"], "of", found["planned"], sorted(set(study.replications["policy"])), flush=True)
"""


def started(folder: Path, engine: str, years: float, replications: int) -> subprocess.Popen[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(engine=engine, years=years, replications=replications))
    return subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


@pytest.mark.parametrize("engine", ["readable", "compiled"])
def test_a_script_without_a_guard_runs_in_processes_and_threads(tmp_path: Path, engine: str) -> None:
    output, errors = started(tmp_path, engine, 0.2, 1).communicate(timeout=240)
    assert output.splitlines()[-1] == "1 of 1 ['baseline', 'patience']", errors


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize("engine", ["readable", "compiled"])
def test_ctrl_c_raises_with_what_is_finished(tmp_path: Path, engine: str) -> None:
    process = started(tmp_path, engine, 0.2, 10_000)
    assert process.stdout is not None
    while int(process.stdout.readline().split()[1]) < ENOUGH:
        pass
    os.killpg(process.pid, signal.SIGINT)  # the whole group, as a terminal does
    output, errors = process.communicate(timeout=120)
    finished = int(output.splitlines()[-1].split()[0])
    assert 0 < finished < 10_000
    assert output.endswith("of 10000 ['baseline', 'patience']\n")
    assert "replications are finished and kept" in errors
    assert "Traceback" not in errors
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize(("workers_", "threads"), [(1, False), (2, False), (2, True)])
def test_ctrl_c_once_finishes_what_is_under_way_and_begins_nothing_more(
    workers_: int, threads: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    kept: dict[int, int] = {}

    def keep(number: int, result: int) -> None:
        kept[number] = result
        if len(kept) == 1:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    assert workers.work_off(slow_square, list(range(100)), workers_, keep, threads=threads) is False
    assert all(kept[number] == number * number for number in kept)
    assert set(kept) == set(range(len(kept)))  # nothing that was begun is lost
    assert 1 <= len(kept) <= 1 + 2 * workers.AHEAD * workers_
    assert "finishing what is under way" in capfd.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize(("workers_", "threads"), [(1, False), (2, False), (2, True)])
def test_ctrl_c_twice_stops_at_once(workers_: int, threads: bool) -> None:
    kept: dict[int, int] = {}

    def keep(number: int, result: int) -> None:
        kept[number] = result
        if len(kept) == 1:
            signal.raise_signal(signal.SIGINT)
            threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()

    started_at = time.monotonic()
    assert workers.work_off(endless_but_first, list(range(10)), workers_, keep, threads=threads) is False
    assert time.monotonic() - started_at < 20.0  # the tasks would take a minute
    assert set(kept) <= {0}


def slow_square(task: int, advance: Callable[[float], None] = lambda share: None) -> int:
    time.sleep(0.05)
    return task * task


def endless_but_first(task: int, advance: Callable[[float], None] = lambda share: None) -> int:
    for _ in range(0 if task == 0 else 6000):
        time.sleep(0.01)
        advance(0.5)
    return task
