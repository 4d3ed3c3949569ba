"""The log of a run: a row an event, taken out of the state's small buffer before it is full."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.state import LOG_FIELDS, LOG_FLOATS, LOG_ROWS, State


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

    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """All rows in order: int64 (rows, LOG_FIELDS) and float64 (rows, LOG_FLOATS)."""
        return np.concatenate(self._whole), np.concatenate(self._real)
