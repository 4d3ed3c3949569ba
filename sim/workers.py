"""Doing independent tasks, here, in threads or in processes, and keeping what is finished when somebody stops it.

Threads are for work that leaves Python's lock alone, as compiled code does; everything else takes processes.

The processes are loky's: they start afresh (the same on every system), never run the caller's script again
(so a script needs no ``if __name__ == "__main__"``), take classes written in a notebook, respect the CPUs
that a container grants, and can be ended at once. The standard library's pool does none of the last four.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result", covariant=True)
Task = TypeVar("Task")
HEARTBEAT_SECONDS = 0.25
AHEAD = 3
"""Tasks handed out a process: one at work and some to go on with."""
IDLE_SECONDS = 60
"""Processes wait this long for another study before they end: starting them takes a second or two."""


class TaskError(RuntimeError):
    """A task that failed; ``number`` is its place in the list, ``__cause__`` what happened."""

    def __init__(self, number: int, cause: BaseException) -> None:
        super().__init__(f"task {number} failed with {type(cause).__name__}: {cause}")
        self.number = number


class Work(Protocol[Result]):
    """What is done with a task; ``advance`` is told the share that is done, in [0, 1]."""

    def __call__(self, task: Any, advance: Callable[[float], None] = ..., /) -> Result:
        """Do it."""


def available() -> int:
    """Return the number of CPUs that this process may use."""
    import loky

    return int(loky.cpu_count())


def work_off(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None] = lambda done: None,
    *,
    threads: bool = False,
) -> bool:
    """Do all tasks and hand each result to ``keep``, with its number, as it is finished.

    Parameters
    ----------
    workers : processes, or threads; 1 works in this one.
    advance : told how many tasks are done, from time to time.
    threads : whether the work is done in threads of this process.

    Returns
    -------
    True when all are done, False when the user stopped it (Ctrl-C).

    Raises
    ------
    TaskError : when a task fails; the others are given up.
    """
    alone = min(workers, len(tasks)) <= 1
    way = _here if alone else _in_threads if threads else _elsewhere
    return way(work, tasks, workers, keep, advance)


def _here(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
) -> bool:
    number = 0
    try:
        for number, task in enumerate(tasks):
            done = number
            keep(number, work(task, lambda share, done=done: advance(done + share)))  # type: ignore[misc]
    except KeyboardInterrupt:
        return False
    except Exception as error:
        raise TaskError(number, error) from error
    return True


def _elsewhere(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
) -> bool:
    import loky

    workers = min(workers, len(tasks))
    pool = loky.get_reusable_executor(
        max_workers=workers, timeout=IDLE_SECONDS, initializer=_leave_interrupts_to_the_parent
    )
    # Only a few tasks are handed out ahead: a long queue would be slow to watch and to call back.
    waiting: dict[Future[Any], int] = {}
    ready: SimpleQueue[Future[Any]] = SimpleQueue()
    try:
        for number, task in enumerate(tasks):
            future = pool.submit(work, task)
            waiting[future] = number
            future.add_done_callback(ready.put)
            while len(waiting) >= AHEAD * workers:
                _collect(waiting, ready, keep)
                advance(number + 1 - len(waiting))
        while waiting:
            _collect(waiting, ready, keep)
            advance(len(tasks) - len(waiting))
    except KeyboardInterrupt:
        pool.shutdown(wait=True, kill_workers=True)
        _rescue(waiting, keep)
        return False
    except BaseException:
        pool.shutdown(wait=True, kill_workers=True)
        raise
    return True


class _StopError(Exception):
    """Raised inside a task that is told to end."""


def _in_threads(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
) -> bool:
    stop = threading.Event()
    shares = dict.fromkeys(range(len(tasks)), 0.0)

    def note(number: int, share: float) -> None:
        if stop.is_set():
            raise _StopError
        shares[number] = share

    waiting: dict[Future[Any], int] = {}
    ready: SimpleQueue[Future[Any]] = SimpleQueue()
    with ThreadPoolExecutor(min(workers, len(tasks)), thread_name_prefix="cxsim") as pool:
        try:
            for number, task in enumerate(tasks):
                future = pool.submit(work, task, partial(note, number))
                waiting[future] = number
                future.add_done_callback(ready.put)
            while waiting:
                for number in _collect(waiting, ready, keep):
                    shares[number] = 1.0
                advance(sum(shares.values()))
        except BaseException as error:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            if not isinstance(error, KeyboardInterrupt):
                raise
            _rescue(waiting, keep)
            return False
    return True


def _collect(
    waiting: dict[Future[Any], int], ready: SimpleQueue[Future[Any]], keep: Callable[[int, Any], None]
) -> list[int]:
    """Keep the results that are ready, after waiting a moment for one; return their numbers.

    Futures say themselves when they are done. ``concurrent.futures.wait`` would lock all of them time and again, and
    Ctrl-C in the midst of that would leave some locked for good.
    """
    done = []
    try:
        done.append(ready.get(timeout=HEARTBEAT_SECONDS))
        while True:
            done.append(ready.get_nowait())
    except Empty:
        pass
    kept = []
    for future in sorted(done, key=waiting.__getitem__):
        error = future.exception()
        if error is not None:
            raise TaskError(waiting[future], error) from error
        keep(waiting[future], future.result())
        kept.append(waiting.pop(future))
    return kept


def _rescue(waiting: dict[Future[Any], int], keep: Callable[[int, Any], None]) -> None:
    """Keep what was finished in the moment of stopping."""
    for future, number in waiting.items():
        if future.done() and not future.cancelled() and future.exception() is None:
            keep(number, future.result())


def _leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches every process of a terminal; only the parent decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
