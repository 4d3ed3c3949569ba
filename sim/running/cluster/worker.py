"""What a worker of a cluster does."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

from sim.running.cluster.errors import ANOTHER, ClusterError
from sim.running.store import first_generation
from sim.running.workers import TaskError

NOT_BEGUN = "not begun"
_stopped: set[str] = set()
"""Names of handouts of which nothing more is to be begun."""


def do(package: bytes, name: str, wanted: str) -> Any:
    """Do a task, on a worker whose figures are the same as those of whoever asks; return (result,)."""
    if name in _stopped:
        return NOT_BEGUN
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


def begin_no_more(name: str) -> None:
    """Begin nothing more of a handout."""
    _stopped.add(name)
