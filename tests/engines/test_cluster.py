"""A study on a cluster: real worker processes, lost at the worst moment, and the same bytes as one process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

import sim
from sim.engines import History
from sim.inputs.policies import Empowerment
from sim.outcomes.results import Study
from sim.running.cluster import ClusterError, connection, handout
from sim.running.runner import ReplicationError
from sim.running.store import opened
from sim.running.workers import TaskError

distributed = pytest.importorskip("distributed")

# Dask's own: sockets of a client whose scheduler has died are closed by the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

PROCESSES, PATIENT = 3, 120.0
ENGINES = ("readable", "compiled")
LOCAL = {"cluster": "local", "workers": PROCESSES}
RUNS = 8  # of each cell, two cells


def study(replications: int = RUNS, *, years: float = 0.1, **how: object) -> Study:
    how = {"store": False, "engine": "readable"} | how
    company = sim.Scenario.load("small_company").override(market_size=500).change(warm_up=0.0)
    return sim.compare(company, [Empowerment()], replications=replications, years=years, **how)  # type: ignore[arg-type]


def saved(found: Study, folder: Path) -> dict[str, bytes]:
    """Bytes of the tables of a study, as saved."""
    found.save(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_somebody_s_own_client_does_the_work_and_stays_open() -> None:
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="inproc://"
        ) as cluster,
        distributed.Client(cluster) as own,
    ):
        found = study(2, cluster=own)
        assert own.status == "running"
    assert found == study(2, workers=1)
    with pytest.raises(ClusterError, match="client is closed"):
        study(2, cluster=own)
    with pytest.raises(ClusterError, match="is not a cluster"):
        study(2, cluster=3)


def client() -> object:
    return connection._held["local"][0]


def stored(store: Path) -> int:
    """How many runs a store holds."""
    with opened(store) as held:
        return sum(len(held.records(cell)) for cell in held.cells()["cell"])


def until(true: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENT
    while not true():
        assert time.monotonic() < ends, f"waited {PATIENT:g} seconds for: {what}"
        time.sleep(0.05)


def wait_for_end(processes: list[psutil.Process]) -> None:
    def lives(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.status() != psutil.STATUS_ZOMBIE
        return False

    until(lambda: not any(map(lives, processes)), "all processes to end")


# -- the same bytes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cluster_finds_what_one_process_finds(engine: str, tmp_path: Path) -> None:
    alone = study(engine=engine, workers=1)
    bare = study(engine=engine, **LOCAL)
    kept = study(engine=engine, store=tmp_path / "runs.sqlite", **LOCAL)
    assert alone.content_hash == bare.content_hash == kept.content_hash
    expected = saved(alone, tmp_path / "alone")
    assert len(expected) >= 1
    assert expected == saved(bare, tmp_path / "bare") == saved(kept, tmp_path / "kept")
    assert stored(tmp_path / "runs.sqlite") == 2 * RUNS
    assert len(client().nthreads()) == PROCESSES


def test_what_the_store_holds_is_not_sent_to_the_cluster(tmp_path: Path) -> None:
    first = study(2, store=tmp_path / "runs.sqlite", workers=1)
    again = study(2, store=tmp_path / "runs.sqlite", cluster="tcp://127.0.0.1:1")
    assert again.content_hash == first.content_hash


@pytest.mark.slow
def test_the_processes_are_kept_for_the_next_study_and_made_more_when_asked() -> None:
    study(1, cluster="local", workers=1)
    first = client()
    study(1, cluster="local", workers=PROCESSES)  # two runs need no third process
    second = client()
    assert first is not second
    study(3, years=0.02, cluster="local", workers=PROCESSES)
    third = client()
    study(1, years=0.02, cluster="local", workers=PROCESSES)
    assert client() is third
    assert first.status == second.status == "closed"


def test_a_running_event_loop_is_no_hindrance() -> None:
    async def notebook() -> Study:
        return study(2, years=0.02, **LOCAL)

    assert asyncio.run(notebook()).content_hash == study(2, years=0.02, workers=1).content_hash


SCRIPT = """
import sys
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

import sim
from neighbour import seen
from sim.inputs.policies.policy import Policy

sys.stderr.write("begun\\n")


@dataclass(frozen=True, kw_only=True)
class Own(Policy):
    name: ClassVar[str] = "own"
    sentence: ClassVar[str] = "Compensation is doubled."

    def changes(self, base):
        return [("compensation_level", "multiply", 2.0)]

    def _setting(self):
        return ""


how = dict(replications=2, years=0.02, engine="readable", store=False)
company = sim.Scenario.load("small_company").override(market_size=500).change(warm_up=0.0)
here = sim.compare(company, [Own()], observe=lambda history: seen(history), workers=1, **how)
there = sim.compare(company, [Own()], observe=lambda history: seen(history), workers=2, cluster="local", **how)
print(here.content_hash == there.content_hash)
"""
NEIGHBOUR = """
import pandas as pd


def seen(history):
    return pd.DataFrame({"period": ["all"], "measure": ["days"], "value": [float(len(history.state.board))]})
"""


def test_a_script_needs_no_guard_and_brings_its_own_classes_and_modules(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR, "utf-8")
    made = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        cwd=tmp_path.parent,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENT,
    )
    assert (made.stdout, made.stderr, made.returncode) == ("True\n", "begun\n", 0)


def _environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(sim.__file__).parents[1]), "CXSIM_STORE": "none"} | more


# -- what cannot be done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "workers", "words"),
    [
        ("nearby", None, "neither 'local' nor the address"),
        ("", None, "neither 'local' nor the address"),
        ("http://host:8786", None, "neither 'local' nor the address"),
        (8786, None, "8786 is not a cluster; give 'local'"),
        ("tcp://host:8786", 2, "workers = 2 and cluster = 'tcp://host:8786'"),
        ("tcp://host", None, "names no host with a port"),
        ("tls://127.0.0.1:1", None, "TLS"),
    ],
)
def test_what_is_no_cluster_is_refused(address: str, workers: int | None, words: str) -> None:
    with pytest.raises(ClusterError, match=words):
        study(1, cluster=address, workers=workers)


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.running.cluster.find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r'pip install "cxsim\[cluster\]"'):
        study(1, cluster="local")


@contextlib.contextmanager
def listening(greeting: bytes) -> Iterator[str]:
    """Address of something that listens, and is not a scheduler."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def welcome() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(server.accept()[0])
                    held[-1].sendall(greeting)

        threading.Thread(target=welcome, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        for each in held:
            each.close()


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 5])
def test_what_listens_and_is_no_scheduler_is_told(greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 1.0)
    began = time.monotonic()
    with listening(greeting) as address, pytest.raises(ClusterError, match="does not answer"):
        study(1, cluster=address)
    assert time.monotonic() - began < 5.0


@pytest.mark.slow
def test_it_does_not_wait_longer_than_it_says() -> None:
    study(1, years=0.02, workers=1)  # imports are no part of it
    began = time.monotonic()
    with listening(b"") as address, pytest.raises(ClusterError, match="does not answer"):
        study(1, years=0.02, cluster=address)
    assert time.monotonic() - began < 15.0


@contextlib.contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Address of a scheduler that is a program of its own, without workers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    with _program(command) as program:
        address = f"tcp://127.0.0.1:{port}"
        yield address, program
        if address in connection._held:
            connection.leave(connection._held[address][0])


@contextlib.contextmanager
def worker(address: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "dask", "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    with _program(command, **environment) as program:
        yield program


@contextlib.contextmanager
def _program(command: list[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=_environment(**environment), text=True, **silent) as program:
        try:
            yield program
        finally:
            program.kill()


@pytest.mark.slow
def test_a_scheduler_somewhere_else_does_the_same_study() -> None:
    with scheduler() as (address, _), worker(address), worker(address):
        assert study(4, cluster=address).content_hash == study(4, workers=1).content_hash


@pytest.mark.slow
def test_a_scheduler_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "no worker in 10 seconds; start some: dask worker tcp"
    with scheduler() as (address, _), pytest.raises(ClusterError, match=words):
        study(1, cluster=address)


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told_and_what_was_finished_is_kept(tmp_path: Path) -> None:
    store, began = tmp_path / "runs.sqlite", [0.0]
    with scheduler() as (address, program), worker(address):

        def die(done: float, planned: float) -> None:
            if done >= 2 and not began[0]:
                began[0] = time.monotonic()
                program.kill()

        with pytest.raises(ClusterError, match="has gone away"):
            study(cluster=address, store=store, progress=die)
        assert time.monotonic() - began[0] < 20.0
    assert 2 <= stored(store) < 2 * RUNS
    assert study(store=store, workers=1).content_hash == study(workers=1).content_hash


@pytest.mark.slow
def test_a_cluster_that_loses_all_its_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handout, "WORKERLESS_SECONDS", 2.0)
    with scheduler() as (address, _), worker(address) as only:

        def die(done: float, planned: float) -> None:
            if done >= 2:
                only.kill()

        with pytest.raises(ClusterError, match="has had no worker for 2 seconds"):
            study(cluster=address, progress=die)


@pytest.mark.slow
def test_workers_without_cxsim_are_told(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['sim'] = None\n", "utf-8")
    with (
        scheduler() as (address, _),
        worker(address, PYTHONPATH=str(tmp_path)),
        pytest.raises(ClusterError, match=r"cannot do the work .*install the same cxsim"),
    ):
        study(1, cluster=address)


def test_a_worker_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    study(1, years=0.02, **LOCAL)  # before anything is pretended
    for module in (connection, handout):
        monkeypatch.setattr(module, "generation", lambda: "another")
    with pytest.raises(ClusterError, match=r"the worker tcp://.* has another version of cxsim"):
        study(1, years=0.02, **LOCAL)
    monkeypatch.setattr("sim.running.cluster.check_workers", lambda client: None)  # it came later
    with pytest.raises(ClusterError, match="a worker that has come has another version of cxsim"):
        study(1, years=0.02, **LOCAL)


class PairError(Exception):
    """An error that cannot be packed and unpacked."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def test_a_run_that_fails_is_named_and_its_error_told() -> None:
    def fail(history: History) -> pd.DataFrame:
        raise PairError(1, 2)

    with pytest.raises(ReplicationError, match=r"replication 0 failed: .*PairError: 1 and 2") as found:
        study(1, years=0.02, observe=fail, **LOCAL)
    assert "in fail" in found.value.__cause__.__notes__[0]  # type: ignore[union-attr]


def test_what_cannot_be_packed_is_named() -> None:
    lock = threading.Lock()

    def locked(history: History) -> pd.DataFrame:
        return pd.DataFrame({"period": [], "measure": [], "value": [lock]})

    with pytest.raises(ReplicationError, match=r"replication 0 failed: TypeError: cannot pickle"):
        study(1, years=0.02, observe=locked, **LOCAL)


def test_the_error_of_a_task_travels() -> None:
    import pickle

    found = pickle.loads(pickle.dumps(TaskError(3, ValueError("no"))))
    assert (found.number, str(found), str(found.cause)) == (3, "task 3 failed with ValueError: no", "no")


@pytest.mark.slow
def test_a_run_that_kills_every_worker_is_named() -> None:
    def kill(history: History) -> pd.DataFrame:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with pytest.raises(ReplicationError, match=r"replication 0 failed: ClusterError: every worker that began it"):
        study(1, years=0.02, observe=kill, **LOCAL)


# -- what is lost, and is done all the same ---------------------------------------------------------------------------


def kill_one(held: dict[str, list[str]]) -> None:
    """Kill a worker process while it has tasks in hand, and note them; none when none has any just now."""
    processes = client().run(os.getpid)
    address = next((address for address, keys in client().processing().items() if keys), None)
    if address is None:
        return
    held[address] = [*client().processing()[address], *client().has_what()[address]]
    os.kill(processes[address], signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_that_is_killed_costs_nothing(engine: str, tmp_path: Path) -> None:
    store, held = tmp_path / "runs.sqlite", {}

    def interfere(done: float, planned: float) -> None:
        if done >= 4 and not held:
            kill_one(held)

    replications = 24 if engine == "compiled" else 8
    alone = study(replications, years=1.0, engine=engine, workers=1)
    found = study(replications, years=1.0, engine=engine, store=store, progress=interfere, **LOCAL)
    assert held
    assert found.manifest["finished"] == replications
    assert found.content_hash == alone.content_hash
    assert saved(found, tmp_path / "found") == saved(alone, tmp_path / "alone")
    assert stored(store) == 2 * replications


@pytest.mark.slow
def test_only_what_the_killed_worker_had_in_hand_is_done_again(tmp_path: Path) -> None:
    begun, held = tmp_path / "begun", {}

    def note(history: History) -> pd.DataFrame:
        with begun.open("a", encoding="utf-8") as file:
            file.write(f"{hash(history.state.person.tobytes())}\n")
        return pd.DataFrame({"period": ["all"], "measure": ["noted"], "value": [1.0]})

    def interfere(done: float, planned: float) -> None:
        if done >= 6 and not held:
            kill_one(held)

    study(10, years=1.0, observe=note, progress=interfere, **LOCAL)
    lines = begun.read_text("utf-8").split()
    assert held
    assert len(lines) >= 20
    assert len(lines) - 20 <= len(next(iter(held.values()))) + handout.AHEAD, Counter(lines)


CHILD = """
import sys
import sim
from sim.inputs.policies import Empowerment
store, replications = sys.argv[1:]
try:
    sim.compare(
        sim.Scenario.load("small_company").override(market_size=500).change(warm_up=0.0), [Empowerment()],
        replications=int(replications), years=2.0, engine="readable",
        store=None if store == "-" else store, cluster="local", workers=2, progress=True,
    )
    print("whole")
except sim.Interrupted as stopped:
    print("stopped", stopped.result.manifest["finished"])
"""


@contextlib.contextmanager
def child(store: Path | str, replications: int) -> Iterator[subprocess.Popen[str]]:
    """A study in a process of its own, as in a terminal of its own."""
    command = [sys.executable, "-c", CHILD, str(store), str(replications)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=_environment(), text=True, start_new_session=True, **pipes) as program:
        try:
            yield program
        finally:
            program.kill()


@pytest.mark.slow
def test_a_study_whose_process_is_killed_goes_on_from_the_store(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    with child(store, 10) as program:
        until(lambda: store.exists() and stored(store) >= 4, "four finished runs")
        family = psutil.Process(program.pid).children(recursive=True)
        program.kill()
    before = stored(store)
    assert 4 <= before < 20, "it was not killed in mid-study"
    assert len(family) >= 3
    wait_for_end(family)
    found = study(10, years=2.0, store=store, **LOCAL)
    assert found.manifest["from_store"] == before
    assert found.content_hash == study(10, years=2.0, workers=1).content_hash
    assert stored(store) == 20


@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_stops_it_as_everywhere(presses: int, tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    with child(store, 30) as program:
        until(lambda: store.exists() and stored(store) >= 4, "four finished runs")
        family = psutil.Process(program.pid).children(recursive=True)
        for _ in range(presses):
            os.killpg(program.pid, signal.SIGINT)
            time.sleep(0.05)  # runs take a second or so: what is under way is not finished by then
        out, told = program.communicate(timeout=PATIENT)
    assert program.returncode == 0, told
    what, kept = out.split()
    assert (what, int(kept) > 0) == ("stopped", True)  # with a study of what was finished
    finished = stored(store)
    assert 4 <= finished < 60
    lines = [line for line in told.splitlines() if line.startswith("cxsim: ") and " of " not in line]
    assert lines == ["cxsim: finishing what is under way; Ctrl-C once more stops at once."]
    pairs = re.search(r"cxsim: stopped; (\d+) of 30 replications are finished and kept\.", told)
    assert pairs, told
    assert int(pairs[1]) == int(kept)
    assert int(kept) <= finished // 2  # a run whose other half was not finished is in the store alone
    assert "Traceback" not in told
    assert "distributed" not in told
    wait_for_end(family)
