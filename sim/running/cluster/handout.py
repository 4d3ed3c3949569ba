"""Tasks that are handed out to a cluster, a few ahead, and collected as they are finished."""

from __future__ import annotations

import pickle
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from sim.running.cluster.connection import ANSWER_SECONDS, RESCUE_SECONDS, is_ours, leave, threads_of
from sim.running.cluster.errors import LOST, ClusterError, address_of, gone
from sim.running.cluster.worker import NOT_BEGUN, begin_no_more, do
from sim.running.store import generation
from sim.running.workers import HEARTBEAT_SECONDS, Patience, TaskError, Work

if TYPE_CHECKING:
    from distributed import Client, Future

LOOK_SECONDS = 2.0
"""How often it is looked whether the cluster is still there, and how much it does at once."""
WORKERLESS_SECONDS = 30.0
"""How long a cluster may be without any worker: one that is lost starts again within seconds."""
AHEAD = 2
"""Tasks handed out for each thread of the cluster: one at work, one to go on with."""


def work_off(
    client: Client,
    work: Work[Any],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
    patience: Patience,
) -> None:
    """Do all tasks on the cluster of a client; parameters as `workers.work_off`, workers the tasks at once."""
    handout = _Handout(client, work, tasks, keep, workers)
    try:
        handout.all(advance, patience)
    except KeyboardInterrupt:
        handout.rescue()
        if client.cluster is not None and is_ours(client):
            leave(client)  # what its processes are at is not wanted any more
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
            future = self._client.submit(do, package, self._name, self._generation, key=key, pure=False)
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
            raise gone(self._client)
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        threads = threads_of(self._client)
        self._looked = time.monotonic()
        if threads:
            self._threads, self._staffed = threads, now
        elif now - self._staffed > WORKERLESS_SECONDS:
            raise ClusterError(
                f"the cluster {address_of(self._client)} has had no worker for {WORKERLESS_SECONDS:g} seconds; what "
                "was finished is in the store, unless that is off: start the study again when it has some."
            )

    def _call_back(self) -> None:
        """Tell the workers not to begin what they have not begun."""
        if self._ended:
            return
        self._ended = True
        told = partial(self._client.run, begin_no_more, self._name, on_error="ignore", asynchronous=True)
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
            if result != NOT_BEGUN:
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
            raise gone(self._client)
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
            f"the cluster {address_of(self._client)} cannot do the work ({type(error).__name__}: {error}); install the "
            "same cxsim, Dask and modules of your own for its scheduler and all workers."
        ) from error
