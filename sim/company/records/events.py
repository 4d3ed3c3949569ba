"""Events of a log, a batch at a time, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BATCH = 1 << 17
"""Events that are read at once: 64 bytes each, some ten times that while they are looked at."""
COLUMNS = ("time_us", "code", "person", "a", "b", "c", "x")


class Events(NamedTuple):
    """Columns of a log (sim/engines/log_file.py), shape (events,) each."""

    time: NDArray[np.int64]
    code: NDArray[np.int64]
    person: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    c: NDArray[np.int64]
    x: NDArray[np.float64]

    @classmethod
    def none(cls) -> Events:
        """Return no events."""
        whole = np.empty(0, dtype=np.int64)
        return cls(whole, whole, whole, whole, whole, whole, np.empty(0))

    @classmethod
    def joined(cls, parts: Sequence[Events]) -> Events:
        """Return the events of several, one after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def at(self, rows: NDArray[Any]) -> Events:
        """Return these rows."""
        return Events(*(column[rows] for column in self))

    def only(self, codes: Sequence[int]) -> Events:
        """Return the events with one of these codes."""
        return self.at(np.flatnonzero(np.isin(self.code, codes)))


def batches(path: Path) -> Iterator[tuple[Events, bool]]:
    """Yield the events of a log file in order, and whether they are the last ones; once at least."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        left = file.metadata.num_rows
        if left == 0:
            yield Events.none(), True
        for batch in file.iter_batches(BATCH, columns=list(COLUMNS)):
            left -= batch.num_rows
            yield Events(*(batch.column(name).to_numpy() for name in COLUMNS)), left == 0
