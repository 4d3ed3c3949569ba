"""Doing tasks on a Dask cluster: processes of this machine, or a scheduler somewhere else.

Results come back as they are finished, and are kept then: the store is written by this process alone. A worker that
is lost costs what it was at, which others do again; a run draws from (seed, replication) alone, so the result is the
same. Workers must have the same cxsim, libraries and kind of machine, or their figures could differ in the last bit:
each task checks that.

The scheduler of a local cluster lives in this process, and its workers end when they lose it, however this process
ends. They are started as programs of their own, so a script needs no ``if __name__ == "__main__"``, and apart from
the terminal, so Ctrl-C reaches this process alone. Dask's own local clusters lack one or the other.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import partial
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from sim.store import first_generation, generation
from sim.workers import HEARTBEAT_SECONDS, Patience, TaskError, Way, Work

if TYPE_CHECKING:
    from distributed import Client, Future

LOCAL = "local"
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")
HERE = "127.0.0.1"
ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer, and to show a worker."""
START_SECONDS = 60.0
"""How long processes of this machine may take to start: a second or two, unless it is very busy."""
LOOK_SECONDS = 2.0
"""How often it is looked whether the cluster is still there, and how much it does at once."""
WORKERLESS_SECONDS = 30.0
"""How long a cluster may be without any worker: one that is lost starts again within seconds."""
RESCUE_SECONDS = 2.0
"""How long results that are ready may take to come when everything is to stop at once."""
AHEAD = 2
"""Tasks handed out for each thread of the cluster: one at work, one to go on with."""
LOST = (OSError, CancelledError)
"""What a connection raises that has gone, or does not answer: TimeoutError is an OSError."""
ANOTHER = (
    "has another version of cxsim or of a library, or is another kind of machine, so its figures could differ; install "
    "the same on all."
)
QUIET = {"logging": {"distributed": "critical", "distributed.client": "critical"}}
"""Settings of Dask: what matters of its log is told as an error."""


class ClusterError(ValueError):
    """A cluster that cannot be used: the message says which, why, and how to put it right."""


def check(cluster: str, workers: int | None) -> None:
    """Refuse what is no cluster, before anything else is done.

    Raises
    ------
    ClusterError : for an address that is none, contradictory settings, or when Dask is not installed.
    """
    if cluster != LOCAL and not str(cluster).startswith(SCHEMES):
        raise ClusterError(
            f"cluster = {cluster!r} is neither {LOCAL!r} nor the address of a Dask scheduler, such as tcp://host:8786."
        )
    if cluster != LOCAL and workers is not None:
        raise ClusterError(f"workers = {workers} and cluster = {cluster!r}: that cluster has its own; leave one out.")
    if find_spec("distributed") is None:
        raise ClusterError(
            'a cluster needs Dask, which is not installed; install it with pip install "cxsim[cluster]".'
        )


def way(cluster: str, workers: int, tasks: int) -> tuple[Way, int]:
    """Return the way to do tasks on a cluster, as `sim.workers.work_off` takes it, and how many it does at once.

    Parameters
    ----------
    cluster : "local", or the address of a scheduler.
    workers : processes of a local one, at most.
    tasks : no more processes are started than that.

    Raises
    ------
    ClusterError : the cluster does not answer, or has no workers.
    """
    client = _client(cluster, workers, tasks)
    _check_workers(client)
    return partial(_work_off, client), max(1, _threads(client))


# -- the cluster -----------------------------------------------------------------------------------------------------

_held: dict[str, tuple[Client, int]] = {}
"""Clients that are kept for the next study, and how many processes were started for each (0: somebody else's)."""


def _client(cluster: str, workers: int, tasks: int) -> Client:
    """Return a client of a cluster that has a worker."""
    fewest = min(workers, tasks) if cluster == LOCAL else 0
    if cluster in _held:
        client, size = _held[cluster]
        if client.status == "running" and (cluster != LOCAL or fewest <= size <= workers):
            return _staffed(cluster, client)
        _leave(client)
    client = _local(fewest) if cluster == LOCAL else _connected(cluster)
    _held[cluster] = client, fewest
    return _staffed(cluster, client)


def _staffed(cluster: str, client: Client) -> Client:
    """Return the client once its cluster has a worker; a local one, all that were started."""
    count, seconds = (_held[cluster][1], START_SECONDS) if cluster == LOCAL else (1, ANSWER_SECONDS)
    try:
        client.wait_for_workers(count, timeout=seconds)
    except LOST as error:
        address = _address(client)
        _leave(client)
        if cluster == LOCAL:
            raise ClusterError(f"{count} worker processes did not start within {seconds:g} seconds.") from error
        raise ClusterError(
            f"the cluster {cluster} has shown no worker in {seconds:g} seconds; start some: dask worker {address} "
            "--nthreads 1"
        ) from error
    return client


def _check_workers(client: Client) -> None:
    """Refuse workers that do not find what this process finds: one without cxsim would end at its first task."""
    ask = partial(client.run, first_generation, on_error="return", asynchronous=True)
    try:
        answers = client.sync(ask, callback_timeout=START_SECONDS)
    except LOST as error:
        raise _gone(client) from error
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
    """End a program and all that it has started, at once."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.kill()
    process.wait()
    for child in family:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=RESCUE_SECONDS)


def _leave(client: Client) -> None:
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
        _leave(client)


def _threads(client: Client) -> int:
    """Return how many tasks the cluster does at once; 0 when it has no worker."""
    try:
        scheduler: Any = client.scheduler
        return sum(client.sync(scheduler.ncores, callback_timeout=ANSWER_SECONDS).values())
    except LOST as error:
        raise _gone(client) from error


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler else "of the cluster"


def _gone(client: Client) -> ClusterError:
    return ClusterError(
        f"the scheduler {_address(client)} has gone away; what was finished is in the store, unless that is off: start "
        "the study again when it is back."
    )


# -- the work --------------------------------------------------------------------------------------------------------


def _work_off(
    client: Client,
    work: Work[Any],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
    patience: Patience,
) -> None:
    handout = _Handout(client, work, tasks, keep, workers)
    try:
        handout.all(advance, patience)
    except KeyboardInterrupt:
        handout.rescue()
        if client.cluster is not None:
            _leave(client)  # what its processes are at is not wanted any more
    finally:
        handout.give_up()


class _Handout:
    """Tasks that are handed out to a cluster, a few ahead, and collected as they are finished."""

    def __init__(
        self, client: Client, work: Work[Any], tasks: Sequence[Any], keep: Callable[[int, Any], None], threads: int
    ) -> None:
        self._client, self._work, self._tasks, self._keep = client, work, tasks, keep
        self._name, self._generation = uuid.uuid4().hex, generation()
        self._left: Iterator[int] = iter(range(len(tasks)))
        self._waiting: dict[Future, int] = {}
        self._ready: SimpleQueue[Future] = SimpleQueue()
        self._threads = threads
        self._looked = self._staffed = time.monotonic()
        self._done, self._ended = 0, False

    def all(self, advance: Callable[[float], None], patience: Patience) -> None:
        """Do all tasks, or those that were begun when somebody stopped it."""
        while True:
            self._look()
            if patience.ended:
                self._call_back()
            else:
                self._hand_out()
            if not self._waiting:
                return
            self._collect()
            advance(self._done)

    def rescue(self) -> None:
        """Keep what was finished in the moment of stopping."""
        finished = [future for future in self._waiting if future.status == "finished"]
        if self._client.status == "running":
            self._take(finished, RESCUE_SECONDS)

    def give_up(self) -> None:
        """Take back everything that is not finished."""
        if self._waiting and self._client.status == "running":
            self._client.cancel(list(self._waiting))

    def _hand_out(self) -> None:
        while len(self._waiting) < AHEAD * self._threads and (number := next(self._left, None)) is not None:
            key = f"cxsim-{self._name}-{number}"
            package = self._package(number)
            future = self._client.submit(_do, package, self._name, self._generation, key=key, pure=False)
            self._waiting[future] = number
            future.add_done_callback(self._ready.put)

    def _package(self, number: int) -> bytes:
        """Pack a task so that a class of the caller's own script goes along; the scheduler does not look into it."""
        import cloudpickle

        try:
            return bytes(cloudpickle.dumps((self._work, self._tasks[number])))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise TaskError(number, error) from error

    def _look(self) -> None:
        """Look, from time to time, whether the cluster is still there, and how much it does at once."""
        if self._client.status != "running":
            raise _gone(self._client)
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        threads = _threads(self._client)
        self._looked = time.monotonic()
        if threads:
            self._threads, self._staffed = threads, now
        elif now - self._staffed > WORKERLESS_SECONDS:
            raise ClusterError(
                f"the cluster {_address(self._client)} has had no worker for {WORKERLESS_SECONDS:g} seconds; what was "
                "finished is in the store, unless that is off: start the study again when it has some."
            )

    def _call_back(self) -> None:
        """Tell the workers not to begin what they have not begun."""
        if self._ended:
            return
        self._ended = True
        told = partial(self._client.run, _begin_no_more, self._name, on_error="ignore", asynchronous=True)
        try:
            self._client.sync(told, callback_timeout=ANSWER_SECONDS)
        except LOST:
            return  # what is under way is waited for all the same, and whether the cluster is gone is seen then

    def _collect(self) -> None:
        """Keep the results that are ready, after waiting a moment for one."""
        ready = []
        try:
            ready.append(self._ready.get(timeout=HEARTBEAT_SECONDS))
            while True:
                ready.append(self._ready.get_nowait())
        except Empty:
            pass
        ready = sorted((future for future in ready if future in self._waiting), key=self._waiting.__getitem__)
        self._take([future for future in ready if future.status == "finished"], ANSWER_SECONDS)
        for future in ready:
            if future in self._waiting and future.status != "finished":
                self._settle(future)

    def _take(self, finished: Sequence[Future], seconds: float) -> None:
        """Fetch results, and keep them; those that were lost on the way are computed again."""
        for future, result in self._fetched(finished, seconds).items():
            if result is None:
                future.add_done_callback(self._ready.put)
                continue
            number = self._waiting.pop(future)
            if result != _NOT_BEGUN:
                self._keep(number, result[0])
                self._done += 1

    def _fetched(self, finished: Sequence[Future], seconds: float) -> Mapping[Future, Any]:
        """Return each result, None for one that a lost worker has taken along."""
        if not finished:
            return {}
        gather = partial(self._client.gather, list(finished), errors="raise", asynchronous=True)
        try:
            return dict(zip(finished, self._client.sync(gather, callback_timeout=seconds), strict=True))
        except LOST:
            return dict.fromkeys(finished)

    def _settle(self, future: Future) -> None:
        """See to a task that has no result."""
        from distributed import KilledWorker

        number = self._waiting[future]
        if future.status in ("cancelled", "lost"):
            raise _gone(self._client)
        if future.status == "pending":
            future.add_done_callback(self._ready.put)
            return
        error = future.exception()
        if isinstance(error, TaskError):
            raise TaskError(number, error.cause) from error.cause
        if isinstance(error, ClusterError):
            raise error
        if isinstance(error, KilledWorker):
            lost = ClusterError(
                "every worker that began it was lost, mostly for want of memory; start workers with more memory each."
            )
            raise TaskError(number, lost) from lost
        raise ClusterError(
            f"the cluster {_address(self._client)} cannot do the work ({type(error).__name__}: {error}); install the "
            "same cxsim, Dask and modules of your own for its scheduler and all workers."
        ) from error


# -- on a worker -----------------------------------------------------------------------------------------------------

_NOT_BEGUN = "not begun"
_stopped: set[str] = set()
"""Names of handouts of which nothing more is to be begun."""


def _do(package: bytes, name: str, wanted: str) -> Any:
    """Do a task, on a worker whose figures are the same as those of whoever asks; return (result,)."""
    if name in _stopped:
        return _NOT_BEGUN
    if first_generation() != wanted:
        raise ClusterError(f"a worker that has come {ANOTHER}")
    work, task = pickle.loads(package)
    try:
        return (work(task),)
    except Exception as error:
        raise TaskError(0, _sendable(error)) from error


def _sendable(error: Exception) -> Exception:
    """Return the error, or one that says the same and can travel; with where it happened."""
    where = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except (pickle.PicklingError, TypeError, AttributeError, ImportError):
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(where)
    return error


def _begin_no_more(name: str) -> None:
    _stopped.add(name)
