"""Saying how far a run is: a bar on a terminal or in a notebook, lines elsewhere, or a function of the caller's own.

Progress goes to standard error, so that results can be piped. Nothing is said of a run that is over in two
seconds.
"""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import rich.progress

Report = Callable[[float, int], None]
"""Called with the runs done (those under way count by the share of their days) and the number planned."""

QUIET_SECONDS = 2.0
SECONDS_BETWEEN_LINES = 60.0
SECONDS_BETWEEN_DRAWINGS = 0.5
MINUTE_SECONDS = 60


class Meter(Protocol):
    """What is reported to; ``note`` says in a few words what has been found so far."""

    def __call__(self, done: float, planned: int, note: str = "", /) -> None:
        """Report."""


def silent(done: float, planned: int, note: str = "") -> None:
    """Say nothing."""


@contextmanager
def reporting(progress: bool | Report | None, what: str = "runs") -> Iterator[Meter]:
    """Give the function to report to, and clear up behind it.

    Parameters
    ----------
    progress : a function is used as it is; None shows a bar on a terminal and in a notebook; True writes lines where
        there is neither, one a minute at most; False says nothing.
    what : is counted.
    """
    if callable(progress):
        yield lambda done, planned, note="": progress(done, planned)
    elif progress is False:
        yield silent
    elif sys.stderr.isatty() or in_notebook():
        bar = Bar(what) if sys.stderr.isatty() else NotebookBar(what)
        try:
            yield bar.report
        finally:
            bar.close()
    else:
        yield Lines(what).report if progress else silent


def in_notebook() -> bool:
    """Tell whether this process works for a notebook, which shows what is displayed."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


class Bar:
    """A bar with the time left, shown once a run has taken longer than two seconds."""

    def __init__(self, what: str = "runs") -> None:
        self._what = what
        self._since = time.monotonic()
        self._bar: rich.progress.Progress | None = None

    def report(self, done: float, planned: int, note: str = "") -> None:
        """Move the bar."""
        if self._bar is None and time.monotonic() - self._since >= QUIET_SECONDS:
            self._bar = _rich_bar(planned, self._what)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, description=note)

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.stop()


def _rich_bar(planned: int, what: str) -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    text = TextColumn("{task.completed:.1f} of {task.total} " + what)
    left, note = TextColumn("left"), TextColumn("{task.description}", markup=False)  # a label may have brackets
    columns = (text, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(), left, note)
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=planned)
    bar.start()
    return bar


class NotebookBar:
    """A bar in the cell of a notebook, shown once a run has taken longer than two seconds."""

    def __init__(self, what: str = "runs") -> None:
        self._what = what
        self._since = time.monotonic()
        self._due = self._since + QUIET_SECONDS
        self._shown: Any = None

    def report(self, done: float, planned: int, note: str = "") -> None:
        """Move the bar."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + SECONDS_BETWEEN_DRAWINGS
        left = f", {time_left(now - self._since, done, planned)}" if done > 0 else ""
        about = html.escape(f"{done:.1f} of {planned} {self._what}{left}{f'; {note}' if note else ''}")
        self._show(f'<progress value="{done}" max="{planned}"></progress> {about}')

    def close(self) -> None:
        """Take the bar out of the cell."""
        if self._shown is not None:
            self._show("")

    def _show(self, content: str) -> None:
        cell: Any = import_module("IPython.display")
        drawn = cell.HTML(content)
        if self._shown is None:
            self._shown = cell.display(drawn, display_id=True)
        else:
            self._shown.update(drawn)


def time_left(spent: float, done: float, planned: int) -> str:
    """Say how long the rest will take at the rate so far.

    >>> time_left(10.0, 2.0, 20)
    'about 1:30 left'
    """
    minutes, seconds = divmod(round(spent * (planned - done) / done), MINUTE_SECONDS)
    return f"about {minutes}:{seconds:02d} left"


class Lines:
    """A line now and then, for logs."""

    def __init__(self, what: str = "runs") -> None:
        self._what = what
        self._since = time.monotonic()
        self._due = self._since + QUIET_SECONDS

    def report(self, done: float, planned: int, note: str = "") -> None:
        """Write a line when one is due."""
        now = time.monotonic()
        if now < self._due or not done > 0:
            return
        self._due = now + SECONDS_BETWEEN_LINES
        left = f"{time_left(now - self._since, done, planned)}{f'; {note}' if note else ''}"
        sys.stderr.write(f"cxsim: {done:.1f} of {planned} {self._what}, {left}\n")
