"""Doing independent tasks, here, in threads or in processes, and keeping what is finished when somebody stops it.

Threads are for work that leaves Python's lock alone, as compiled code does; everything else takes processes.

Ctrl-C once finishes what is under way and hands out nothing more; a second time stops at once.

The processes are loky's: they start afresh (the same on every system), never run the caller's script again
(so a script needs no ``if __name__ == "__main__"``), take classes written in a notebook, respect the CPUs
that a container grants, and can be ended at once. The standard library's pool does none of the last four.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Protocol, Self, TypeVar

Result = TypeVar("Result", covariant=True)
Task = TypeVar("Task")
HEARTBEAT_SECONDS = 0.25
AHEAD = 3
"""Tasks handed out a process: one at work and some to go on with."""
IDLE_SECONDS = 60
"""Processes wait this long for another study before they end: starting them takes a second or two."""


class TaskError(RuntimeError):
    """A task that failed; ``number`` is its place in the list, ``cause`` what happened."""

    def __init__(self, number: int, cause: BaseException) -> None:
        super().__init__(f"task {number} failed with {type(cause).__name__}: {cause}")
        self.number, self.cause = number, cause

    def __reduce__(self) -> tuple[type[TaskError], tuple[int, BaseException]]:
        """Travel between processes with both."""
        return type(self), (self.number, self.cause)


class Work(Protocol[Result]):
    """What is done with a task; ``advance`` is told the share that is done, in [0, 1]."""

    def __call__(self, task: Any, advance: Callable[[float], None] = ..., /) -> Result:
        """Do it."""


class Patience:
    """What Ctrl-C means while work is done: once, "no more after what is under way"; twice, "stop".

    Only the main thread of a process is told of Ctrl-C, so elsewhere this changes nothing.
    """

    def __init__(self) -> None:
        self.ended = False
        """Whether nothing more is to be begun."""
        self._before: Any = None

    def __enter__(self) -> Self:
        listening = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
        if listening and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if self.ended:
            raise KeyboardInterrupt
        self.ended = True
        sys.stderr.write("cxsim: finishing what is under way; Ctrl-C once more stops at once.\n")


Way = Callable[[Work[Any], Sequence[Any], int, Callable[[int, Any], None], Callable[[float], None], Patience], None]
"""A way to do all tasks: work, tasks, workers, keep and advance as in `work_off`, and when to begin no more."""


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
    elsewhere: Way | None = None,
) -> bool:
    """Do all tasks and hand each result to ``keep``, with its number, as it is finished.

    Parameters
    ----------
    workers : processes, or threads; 1 works in this one.
    advance : told how many tasks are done, from time to time.
    threads : whether the work is done in threads of this process.
    elsewhere : another way to do them, as on a cluster.

    Returns
    -------
    True when all are done, False when the user stopped it (Ctrl-C), also when that came so late that nothing was left
    to begin: whoever asked for these tasks may have more.

    Raises
    ------
    TaskError : when a task fails; the others are given up.
    """
    alone = min(workers, len(tasks)) <= 1
    way = elsewhere or (_here if alone else _in_threads if threads else _in_processes)
    kept: set[int] = set()

    def note(number: int, result: Any) -> None:
        keep(number, result)
        kept.add(number)

    with Patience() as patience:
        way(work, tasks, workers, note, advance, patience)
    return len(kept) == len(tasks) and not patience.ended


def _here(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
    patience: Patience,
) -> None:
    number = 0
    try:
        for number, task in enumerate(tasks):
            if patience.ended:
                return
            done = number
            keep(number, work(task, lambda share, done=done: advance(done + share)))  # type: ignore[misc]
    except KeyboardInterrupt:
        return
    except Exception as error:
        raise TaskError(number, error) from error


def _in_processes(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
    patience: Patience,
) -> None:
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
            if patience.ended:
                break
            future = pool.submit(work, task)
            waiting[future] = number
            future.add_done_callback(ready.put)
            while len(waiting) >= AHEAD * workers:
                _collect(waiting, ready, keep)
                advance(number + 1 - len(waiting))
                _call_back(waiting, patience)
        while waiting:
            _collect(waiting, ready, keep)
            advance(len(tasks) - len(waiting))
            _call_back(waiting, patience)
    except KeyboardInterrupt:
        pool.shutdown(wait=True, kill_workers=True)
        _rescue(waiting, keep)
    except BaseException:
        pool.shutdown(wait=True, kill_workers=True)
        raise


class _StopError(Exception):
    """Raised inside a task that is told to end."""


def _in_threads(
    work: Work[Result],
    tasks: Sequence[Any],
    workers: int,
    keep: Callable[[int, Any], None],
    advance: Callable[[float], None],
    patience: Patience,
) -> None:
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
                _call_back(waiting, patience)
        except BaseException as error:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            if not isinstance(error, KeyboardInterrupt):
                raise
            _rescue(waiting, keep)


def _call_back(waiting: dict[Future[Any], int], patience: Patience) -> None:
    """Take back what was handed out and not begun, once nothing more is to be begun."""
    if patience.ended:
        for future in [future for future in waiting if future.cancel()]:
            del waiting[future]


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
    for future in sorted((each for each in done if each in waiting), key=waiting.__getitem__):
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
