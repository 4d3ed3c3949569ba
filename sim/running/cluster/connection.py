"""Connecting to a cluster, or starting one of this machine's processes."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from sim.running.cluster.errors import ANOTHER, LOST, ClusterError, address_of, gone
from sim.running.store import first_generation, generation
from sim.running.workers import HEARTBEAT_SECONDS

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
HERE = "127.0.0.1"
ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer, and to show a worker."""
START_SECONDS = 60.0
"""How long processes of this machine may take to start: a second or two, unless it is very busy."""
RESCUE_SECONDS = 2.0
"""How long results that are ready may take to come when everything is to stop at once."""
QUIET = {"logging": {"distributed": "critical", "distributed.client": "critical"}}
"""Settings of Dask: what matters of its log is told as an error."""

_held: dict[str, tuple[Client, int]] = {}
"""Clients that are kept for the next study, and how many processes were started for each (0: somebody else's)."""


def client_of(cluster: str, workers: int, tasks: int) -> Client:
    """Return a client of a cluster that has a worker."""
    fewest = min(workers, tasks) if cluster == LOCAL else 0
    if cluster in _held:
        client, size = _held[cluster]
        if client.status == "running" and (cluster != LOCAL or fewest <= size <= workers):
            return _staffed(cluster, client)
        leave(client)
    client = _local(fewest) if cluster == LOCAL else _connected(cluster)
    _held[cluster] = client, fewest
    return _staffed(cluster, client)


def reached(client: Client) -> Client:
    """Return somebody's own client once its cluster has a worker.

    Raises
    ------
    ClusterError : it shows none.
    """
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except LOST as error:
        raise ClusterError(
            f"the cluster {address_of(client)} has shown no worker in {ANSWER_SECONDS:g} seconds; start some."
        ) from error
    return client


def is_ours(client: Client) -> bool:
    """Tell whether a client was made here; somebody else's is theirs to close."""
    return any(held is client for held, _ in _held.values())


def _staffed(cluster: str, client: Client) -> Client:
    """Return the client once its cluster has a worker; a local one, all that were started."""
    count, seconds = (_held[cluster][1], START_SECONDS) if cluster == LOCAL else (1, ANSWER_SECONDS)
    try:
        client.wait_for_workers(count, timeout=seconds)
    except LOST as error:
        address = address_of(client)
        leave(client)
        if cluster == LOCAL:
            raise ClusterError(f"{count} worker processes did not start within {seconds:g} seconds.") from error
        raise ClusterError(
            f"the cluster {cluster} has shown no worker in {seconds:g} seconds; start some: dask worker {address} "
            "--nthreads 1"
        ) from error
    return client


def check_workers(client: Client) -> None:
    """Refuse workers that do not find what this process finds: one without cxsim would end at its first task."""
    ask = partial(client.run, first_generation, on_error="return", asynchronous=True)
    try:
        answers = client.sync(ask, callback_timeout=START_SECONDS)
    except LOST as error:
        raise gone(client) from error
    for address, answer in answers.items():
        if isinstance(answer, Exception) and not isinstance(answer, OSError):  # one that is lost just now is no matter
            raise ClusterError(
                f"the worker {address} cannot do the work ({type(answer).__name__}: {answer}); install the same cxsim "
                "there."
            ) from answer
        if isinstance(answer, str) and answer != generation():
            raise ClusterError(f"the worker {address} {ANOTHER}")


def _connected(cluster: str) -> Client:
    """Connect to a scheduler, in a thread: Dask itself waits for ever when something else listens there."""
    answers: SimpleQueue[Client | Exception] = SimpleQueue()
    make = partial(_distributed().Client, cluster, timeout=ANSWER_SECONDS, set_as_default=False)

    def connect() -> None:
        try:
            answers.put(make())
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            answers.put(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS + HEARTBEAT_SECONDS)
    except Empty:
        answer = TimeoutError(f"no word from a Dask scheduler in {ANSWER_SECONDS:g} seconds")
    if isinstance(answer, Exception):
        why = "what listens there speaks otherwise than Dask" if isinstance(answer, MemoryError) else str(answer)
        raise ClusterError(
            f"the cluster {cluster} does not answer: {why}; look whether its scheduler runs there (dask scheduler), or "
            "leave the cluster out."
        ) from answer
    return answer


def _local(workers: int) -> Client:
    """Start processes of this machine, and a scheduler in this one."""
    distributed = _distributed()
    atexit.register(_leave_all)  # after Dask's own, so before it
    cluster = distributed.SpecCluster(
        scheduler={
            "cls": distributed.Scheduler,
            "options": {"host": HERE, "port": 0, "dashboard": False, "dashboard_address": f"{HERE}:0"},
        },
        workers={0: {"cls": _processes(), "options": {"count": workers}}},
        silence_logs=False,
    )
    return distributed.Client(cluster, timeout=START_SECONDS, set_as_default=False)


def _distributed() -> Any:
    """Return the library; its log is silent, unless the user has it in use already."""
    import dask

    if "distributed" in sys.modules:
        import distributed
    else:
        with dask.config.set(QUIET):
            import distributed
    return distributed


def _processes() -> type:
    """Return the class of worker processes; Dask is imported by those who use it."""
    from distributed.deploy.spec import ProcessInterface

    class Processes(ProcessInterface):
        """Worker processes of this machine, and the one that starts them again when they are lost."""

        def __init__(self, scheduler: str, name: object = None, *, count: int) -> None:
            super().__init__(scheduler=scheduler, name=name)
            self._command = [sys.executable, "-m", "dask", "worker", scheduler, *_settings(count)]
            self._process: subprocess.Popen | None = None

        async def start(self) -> None:
            self._process = _started(self._command)
            await super().start()

        async def close(self) -> None:
            if self._process is not None:
                _end(self._process)
            await super().close()

    return Processes


def _settings(count: int) -> list[str]:
    """Return the arguments of ``dask worker``; `sim.engines.memory` has seen to it that there is memory."""
    return [
        "--nworkers", str(count), "--nthreads", "1", "--memory-limit", "0", "--no-dashboard", "--death-timeout",
        str(int(START_SECONDS)),
    ]  # fmt: skip


def _started(command: Sequence[str]) -> subprocess.Popen:
    """Start a program that finds the modules that this one finds, apart from the terminal."""
    found = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": found, "DASK_LOGGING__DISTRIBUTED": QUIET["logging"]["distributed"]},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _end(process: subprocess.Popen) -> None:
    """End a program and all that it has started, at once.

    The program stands still until its children are gone: it starts no others, and the one that watches over its
    semaphores, which would warn of them on standard error when the program ends before it, says nothing.
    """
    import psutil

    family = []
    try:
        parent = psutil.Process(process.pid)
        parent.suspend()
        family = parent.children(recursive=True)
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    except psutil.NoSuchProcess:
        pass
    process.kill()
    process.wait()
    psutil.wait_procs(family, timeout=RESCUE_SECONDS)


def leave(client: Client) -> None:
    """Let go of a cluster; processes of this machine end."""
    for cluster in [cluster for cluster, (held, _) in _held.items() if held is client]:
        del _held[cluster]
    started = client.cluster
    client.close()
    if started is not None:
        started.close()


def _leave_all() -> None:
    """Let go of everything when this process ends; Ctrl-C, pressed once too often, does not disturb that."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for client, _ in list(_held.values()):
        leave(client)


def threads_of(client: Client) -> int:
    """Return how many tasks the cluster does at once; 0 when it has no worker."""
    try:
        scheduler: Any = client.scheduler
        return sum(client.sync(scheduler.ncores, callback_timeout=ANSWER_SECONDS).values())
    except LOST as error:
        raise gone(client) from error
