"""The log of a run: a row an event, taken out of the state's small buffer before it is full."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.model.state import LOG_FIELDS, LOG_FLOATS, LOG_ROWS, State

Rows = tuple[NDArray[np.int64], NDArray[np.float64]]


class LogFile(NamedTuple):
    """A log that was written to a file: where, how many rows, and the sha256 of its whole and of its real numbers."""

    path: Path
    rows: int
    digests: tuple[str, str]


class Logbook(Protocol):
    """Where the rows of a log go: into memory (`Log`), or into a file (`sim.engines.log_file.LogWriter`)."""

    def take(self, state: State) -> None:
        """Take what is in the state's buffer (arrays), and empty it."""

    def rows(self) -> Rows:
        """Rows that are in memory, in order: int64 (rows, LOG_FIELDS) and float64 (rows, LOG_FLOATS)."""

    def file(self) -> LogFile | None:
        """Return where the rows were written; None when they are in memory."""


class Log:
    """Rows kept in memory."""

    def __init__(self) -> None:
        self._whole: list[NDArray[np.int64]] = [np.zeros((0, LOG_FIELDS), dtype=np.int64)]
        self._real: list[NDArray[np.float64]] = [np.zeros((0, LOG_FLOATS))]

    def take(self, state: State) -> None:
        """Take what is in the state's buffer (arrays), and empty it."""
        rows = int(state.company_i[LOG_ROWS])
        if rows:
            self._whole.append(state.log_i[:, :rows].T.copy())
            self._real.append(state.log_f[:, :rows].T.copy())
            state.company_i[LOG_ROWS] = 0

    def rows(self) -> Rows:
        """All rows in order: int64 (rows, LOG_FIELDS) and float64 (rows, LOG_FLOATS)."""
        return np.concatenate(self._whole), np.concatenate(self._real)

    def file(self) -> None:
        """There is no file."""


def digests(rows: Rows) -> tuple[str, str]:
    """Return the sha256 of the whole and of the real numbers of a log, row by row."""
    whole, real = (hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in rows)
    return whole, real
