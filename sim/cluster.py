"""Doing tasks on a Dask cluster: processes of this machine, or a scheduler somewhere else.

Results come back as they are finished, and are kept then: the store is written by this process alone. A worker that
is lost costs what it was at, which others do again; a run draws from (seed, replication) alone, so the result is the
same. Workers must have the same cxsim, libraries and kind of machine, or their figures could differ in the last bit:
each task checks that.
"""

from __future__ import annotations

import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from sim.store import generation
from sim.workers import HEARTBEAT_SECONDS, Patience, TaskError, Way, Work

if TYPE_CHECKING:
    from distributed import Client, Future

LOCAL = "local"
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")
ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer, and to show a worker."""
AHEAD = 2
"""Tasks handed out for each thread of the cluster: one at work, one to go on with."""


class ClusterError(ValueError):
    """A cluster that cannot be used: the message says which, why, and how to put it right."""


def check(cluster: str, workers: int | None) -> None:
    """Refuse what is no cluster, before anything else is done.

    Raises
    ------
    ClusterError : for an address that is none, contradictory settings, or when Dask is not installed.
    """
    if cluster != LOCAL and not cluster.startswith(SCHEMES):
        raise ClusterError(
            f"cluster = {cluster!r} is neither {LOCAL!r} nor the address of a Dask scheduler, such as tcp://host:8786."
        )
    if cluster != LOCAL and workers is not None:
        raise ClusterError(f"workers = {workers} and cluster = {cluster!r}: that cluster has its own; leave one out.")
    if find_spec("distributed") is None:
        raise ClusterError(
            'a cluster needs Dask, which is not installed; install it with pip install "cxsim[cluster]".'
        )


def slots(cluster: str, workers: int) -> int:
    """Return how many tasks a cluster does at once, after starting it or connecting to it."""
    return sum(_client(cluster, workers).nthreads().values())


def way(cluster: str, workers: int) -> Way:
    """Return the way to do tasks on a cluster, as `sim.workers.work_off` takes it.

    Parameters
    ----------
    cluster : "local", or the address of a scheduler.
    workers : processes of a local one.
    """
    return partial(_work_off, _client(cluster, workers))


# -- the cluster -----------------------------------------------------------------------------------------------------


def _client(cluster: str, workers: int) -> Client:
    """Return a client of a cluster that has a worker; it is kept for the next study."""
    client = _connected(cluster, workers)
    if client.status != "running":
        _connected.cache_clear()
        client = _connected(cluster, workers)
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        raise ClusterError(
            f"the cluster {cluster} has shown no worker in {ANSWER_SECONDS:g} seconds; start some: dask worker "
            f"{client.scheduler.address if client.scheduler else cluster} --nthreads 1"
        ) from error
    return client


@cache
def _connected(cluster: str, workers: int) -> Client:
    from distributed import Client

    if cluster == LOCAL:
        return Client(_local(workers))
    try:
        return Client(cluster, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"the cluster {cluster} does not answer within {ANSWER_SECONDS:g} seconds ({error}); look whether its "
            "scheduler runs there (dask scheduler), or leave the cluster out."
        ) from error


def _local(workers: int) -> Any:
    """Start processes of this machine: afresh, without running the caller's script again, where the system allows."""
    import logging

    from distributed import LocalCluster, SubprocessCluster

    how: dict[str, Any] = {
        "n_workers": workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "silence_logs": logging.ERROR,
    }
    with _interrupts_ignored():
        return LocalCluster(**how) if sys.platform == "win32" else SubprocessCluster(**how)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Start processes that leave Ctrl-C, which reaches every process of a terminal, to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
    name, mine = uuid.uuid4().hex, generation()
    ahead = AHEAD * max(1, sum(client.nthreads().values()))
    waiting: dict[Future, int] = {}
    ready: SimpleQueue[Future] = SimpleQueue()
    left = iter(range(len(tasks)))
    done = 0
    try:
        while True:
            while len(waiting) < ahead and not patience.ended and (number := next(left, None)) is not None:
                future = client.submit(_checked, work, tasks[number], mine, key=f"cxsim-{name}-{number}", pure=False)
                waiting[future] = number
                future.add_done_callback(ready.put)
            if not waiting:
                return
            done += _collect(client, waiting, ready, keep)
            advance(done)
    except KeyboardInterrupt:
        _rescue(waiting, keep)
    finally:
        client.cancel(list(waiting))


def _checked(work: Work[Any], task: Any, wanted: str) -> Any:
    """Do a task, on a worker whose figures are the same as those of whoever asks."""
    if generation() != wanted:
        from sim.results import software

        raise ClusterError(
            f"a worker has another version of cxsim, of a library, or another kind of machine ({software()}); "
            "install the same on all."
        )
    return work(task)


def _collect(
    client: Client, waiting: dict[Future, int], ready: SimpleQueue[Future], keep: Callable[[int, Any], None]
) -> int:
    """Keep the result that is ready, after waiting a moment for one; return how many that was."""
    try:
        future = ready.get(timeout=HEARTBEAT_SECONDS)
    except Empty:
        if client.status not in ("running", "connecting"):
            raise _gone(client) from None
        return 0
    number = waiting[future]
    if future.status in ("cancelled", "lost"):
        raise _gone(client)
    error = future.exception()
    if isinstance(error, ClusterError):
        raise error
    if error is not None:
        raise TaskError(number, error) from error
    keep(number, future.result())
    del waiting[future]
    return 1


def _gone(client: Client) -> ClusterError:
    address = client.scheduler.address if client.scheduler else "the cluster"
    return ClusterError(
        f"the scheduler {address} has gone away; what was finished is in the store: start the study again when it is "
        "back."
    )


def _rescue(waiting: dict[Future, int], keep: Callable[[int, Any], None]) -> None:
    """Keep what was finished in the moment of stopping."""
    for future, number in list(waiting.items()):
        if future.status == "finished":
            keep(number, future.result())
            del waiting[future]
