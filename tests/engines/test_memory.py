"""Memory is reckoned before a run: close to what it takes, fewer workers when that helps, else a clear refusal."""

from __future__ import annotations

import tracemalloc
import weakref
from functools import cache
from pathlib import Path

import pytest

import sim
from sim import engines
from sim.cli import status
from sim.engines import MemoryForeseenError, memory, run
from sim.engines.compiled import CompanyRun
from sim.engines.memory import MEGABYTE, fitting, group_room, needed, standing
from sim.engines.start import build
from sim.inputs.scenario import Scenario
from sim.model.state import State
from sim.running import runner

DEFAULT = Scenario.load("default")
TINY = Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
POLICIES = [sim.Empowerment(level=0.9), sim.Rapport(), sim.Training()]
LARGE = 400_000
KNOWN_UNKNOWN = 1 << 18  # bytes that any Python programme takes and gives back
UNLIMITED = 9223372036854771712


def sized(people: int) -> Scenario:
    return DEFAULT.override(market_size=people)


@cache
def built(people: int, logging: bool) -> State:
    return build(sized(people).resolve(), 0, logging)


def has(monkeypatch: pytest.MonkeyPatch, size: float) -> None:
    monkeypatch.setattr(memory, "available", lambda: int(size))


# -- what is needed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["readable", "compiled"])
@pytest.mark.parametrize("logging", [False, True])
@pytest.mark.parametrize("people", [1000, 10_000, 100_000])
def test_the_arrays_are_as_large_as_reckoned(people: int, logging: bool, engine: str) -> None:
    resolved, state = sized(people).resolve(), built(people, logging)
    real = sum(array.nbytes for array in state)
    if engine == "compiled":
        real += sum(array.nbytes for array in CompanyRun(state, resolved.phases, 1).floor)
    assert 0.9 < standing(resolved, engine, logging) / real < 1.2


@pytest.mark.parametrize("engine", ["readable", "compiled"])
@pytest.mark.parametrize("logging", [False, True])
@pytest.mark.parametrize("changes", [{}, {"degree_mean": 40.0}, {"degree_mean": 0.0, "purchase_gap_mean": 5.0}])
def test_a_run_takes_no_more_than_reckoned(engine: str, logging: bool, changes: dict[str, float]) -> None:
    scenario = sized(6000).override(employees=2, **changes).change(years=0.15, warm_up=0.0)
    run(TINY, engine=engine)  # what is loaded once is none of the run's
    tracemalloc.start()
    run(scenario, engine=engine, logging=logging)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reckoned = memory._run_bytes(scenario.resolve(), engine, "memory" if logging else "none", False)
    assert peak < reckoned + KNOWN_UNKNOWN
    assert peak > reckoned / 5


@pytest.mark.parametrize("changes", [{"degree_mean": 40.0}, {"degree_mean": 0.0}])
def test_building_takes_no_more_than_reckoned(changes: dict[str, float]) -> None:
    """With many ties the graph takes most, without any the people."""
    resolved = sized(100_000).override(**changes).change(years=0.1, warm_up=0.0).resolve()
    tracemalloc.start()
    build(resolved, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reckoned = memory._run_bytes(resolved, "readable", "none", False)
    assert reckoned / 3 < peak < reckoned + KNOWN_UNKNOWN


def test_more_of_anything_needs_more() -> None:
    few = sized(LARGE)
    least = needed(few, "readable")
    assert needed(sized(2 * LARGE), "readable") > 1.8 * least
    assert needed(few.change(years=20), "readable") > least
    assert needed(few.override(degree_mean=30.0), "readable") > least
    assert needed(few, "readable", workers=2) > 2 * least
    assert needed(few, "readable", "memory") > least
    one, stem_and_branch = (needed(few, "compiled", branching=branching) for branching in (False, True))
    assert stem_and_branch - one > 0.5 * (one - memory.COMPILER)
    long, longer = (TINY.override(market_size=1000).change(years=years) for years in (20, 80))
    growth = {
        log: needed(longer, "compiled", log) - needed(long, "compiled", log) for log in ("none", "file", "memory")
    }
    assert growth["memory"] > 2 * growth["file"]


def test_threads_share_their_libraries_and_processes_do_not() -> None:
    each = {engine: needed(TINY, engine, workers=9) - needed(TINY, engine, workers=8) for engine in engines.ENGINES[1:]}
    assert each["readable"] > memory.READABLE_PROCESS > each["compiled"]


def test_a_branch_makes_room_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than two states at once: the stem's and one branch's."""
    seen: list[weakref.ref] = []
    alive: list[int] = []
    branch = CompanyRun.branch

    def watched(stem: CompanyRun, phases: object) -> CompanyRun:
        alive.append(sum(ref() is not None for ref in seen))
        other = branch(stem, phases)
        seen.append(weakref.ref(other.state.person))
        return other

    monkeypatch.setattr(CompanyRun, "branch", watched)
    sim.compare(TINY.change(warm_up=0.1), POLICIES, replications=1, engine="compiled", workers=1)
    assert alive == [0, 0, 0]


# -- what there is ---------------------------------------------------------------------------------------------------


def group(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def room(tmp_path: Path, listing: str) -> list[int]:
    (tmp_path / "groups").write_text(listing)
    return list(group_room(tmp_path / "groups", tmp_path / "root"))


def test_the_limits_of_a_container_of_version_2(tmp_path: Path) -> None:
    root = tmp_path / "root"
    group(root / "pod", memory__max=900, memory__current=300, memory__stat="anon 100\ninactive_file 50")
    group(root / "pod" / "box", memory__max="max", memory__current=200, memory__stat="inactive_file 20")
    assert room(tmp_path, "0::/pod/box\n") == [650]
    assert room(tmp_path, "0::/elsewhere/box\n") == []
    group(root, memory__max=500, memory__current=600, memory__stat="inactive_file 0")
    assert room(tmp_path, "0::/elsewhere/box\n") == [0]  # a container sees its own group as the root
    assert room(tmp_path, "0::/\n") == [0]


def test_the_limits_of_a_container_of_version_1(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "memory"
    stat = "inactive_file 1\ntotal_inactive_file 40"
    group(folder / "box", memory__limit_in_bytes=1000, memory__usage_in_bytes=400, memory__stat=stat)
    group(folder, memory__limit_in_bytes=UNLIMITED, memory__usage_in_bytes=0, memory__stat=stat)
    assert room(tmp_path, "7:cpu,cpuacct:/box\n4:memory:/box\n0::/\n") == [640, UNLIMITED + 40]


def test_a_system_without_groups_has_no_such_limits(tmp_path: Path) -> None:
    assert list(group_room(tmp_path / "nothing", tmp_path)) == []


def test_the_least_of_machine_and_container_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.available() > 0
    monkeypatch.setattr(memory, "group_room", lambda *_: iter([UNLIMITED, 12345]))
    assert memory.available() == 12345


# -- whether it fits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["readable", "compiled"])
def test_as_many_workers_as_fit(
    engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = sized(LARGE)
    resolved = [TINY.resolve(), scenario.resolve()]
    for workers in (1, 3, 8):
        has(monkeypatch, needed(scenario, engine, workers=workers) / memory.SHARE + 1)
        assert fitting(resolved, engine, 8) == workers
        said = capsys.readouterr().err
        assert (f"{workers} instead of 8 workers" in said) == (workers < 8)
    has(monkeypatch, needed(scenario, engine) / memory.SHARE - 2)
    with pytest.raises(MemoryForeseenError):
        fitting(resolved, engine, 8)


def test_a_refusal_has_the_figures_and_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, 321 * MEGABYTE)
    monkeypatch.setattr(engines, "build", lambda *_: pytest.fail("it started to run"))
    scenario = sized(5_000_000)
    need = needed(scenario, "compiled") / MEGABYTE
    with pytest.raises(MemoryForeseenError) as refused:
        run(scenario, engine="compiled")
    said = str(refused.value)
    for part in ("default", "5,000,000 people", f"{need:,.0f} MB on the compiled", "321 MB", "80%", "257 MB", "fewer"):
        assert part in said
    assert "log" not in said
    with pytest.raises(MemoryForeseenError, match="a log in a file"):
        run(scenario, engine="compiled", logging=True)


def test_a_log_in_a_file_fits_where_one_in_memory_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = TINY.change(years=1)
    resolved = [scenario.change(years=100).override(market_size=10_000).resolve()]
    has(monkeypatch, 2000 * MEGABYTE)
    assert fitting(resolved, "compiled", log="file") == 1
    with pytest.raises(MemoryForeseenError):
        fitting(resolved, "compiled", log="memory")


def test_a_study_goes_on_with_fewer_workers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    used = []
    work_off = runner.work_off

    def watched(work, tasks, workers, *more, **settings):
        used.append(workers)
        return work_off(work, tasks, workers, *more, **settings)

    monkeypatch.setattr(runner, "work_off", watched)
    there = memory.available
    has(monkeypatch, needed(TINY, "compiled", branching=True) / memory.SHARE + 1)
    few = sim.compare(TINY, POLICIES[:1], replications=2, engine="compiled", workers=9)
    assert "1 instead of 4 workers" in capsys.readouterr().err  # four tasks have no work for nine
    monkeypatch.setattr(memory, "available", there)
    many = sim.compare(TINY, POLICIES[:1], replications=2, engine="compiled", workers=9)
    assert capsys.readouterr().err == ""
    assert used == [1, 4]
    assert few.content_hash == many.content_hash


def test_a_study_of_several_policies_has_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(memory, "fitting", lambda *_, branching: told.append(branching) or 1)
    sim.run(TINY, POLICIES[0], replications=1)
    sim.compare([TINY, TINY.change(name="other")], [None], replications=1)
    sim.compare(TINY, POLICIES[:1], replications=1)
    assert told == [False, False, True]


@pytest.mark.parametrize("command", [("run", "--workers", "2"), ("log",)])
def test_the_command_refuses_and_writes_nothing(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has(monkeypatch, 10 * MEGABYTE)
    monkeypatch.setattr(engines, "build", lambda *_: pytest.fail("it started to run"))
    verb, *settings = command
    assert status([verb, "default", *settings, "--engine", "compiled", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "10 MB of memory are available" in said.err
    assert list(tmp_path.iterdir()) == []
