"""A log that goes to a Parquet file while the run goes on, so that memory does not grow with the horizon.

Rows are gathered column by column; as soon as a row group is full it is compressed and written, and its memory is
used again. The file stands under a temporary name until it is whole: whatever ends the run, nothing half-written is
left (but for a process that is killed outright: the next run says which part to remove).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sim.engines import inventory
from sim.engines.events import EVENTS
from sim.engines.log import LogFile, Rows
from sim.errors import finding_room
from sim.inputs.scenario import Scenario
from sim.model.state import LOG_CODE, LOG_FIELDS, LOG_FLOATS, LOG_ROWS, State

ROWS_A_GROUP = 1 << 20
"""Rows held in memory until they are compressed and written: 64 bytes each."""
COMPRESSION = "zstd"
COLUMNS = {
    "time_us": "Microseconds since a Monday, 00:00, the start of the run; the warm-up is part of it.",
    "code": "Number of the event, as in sim.model.state.",
    "person": "Number of the person from 0; -1 for what happens to the staff or to open causes.",
    "a": "Whole number; what it is for which event: see events in the metadata of the file.",
    "b": "Whole number; see a.",
    "c": "Whole number; see a.",
    "x": "Real number; see a.",
    "y": "Real number; see a.",
}
"""Columns of the file in the order of the log's whole and real numbers; after the code stands ``event``, its name."""
EVENT = "event"
ABOUT_EVENT = "Name of the event."

Write = Callable[[list[Any]], None]


class LogWriter:
    """Rows on their way to a file: never more than one row group of them is held.

    Parameters
    ----------
    path : where the file will be.
    write : takes the columns of a row group, (rows,) each: LOG_FIELDS whole ones, then LOG_FLOATS real ones.
    """

    def __init__(self, path: Path, write: Write) -> None:
        self._path, self._write = path, write
        self._whole = np.zeros((LOG_FIELDS, ROWS_A_GROUP), dtype=np.int64)
        self._real = np.zeros((LOG_FLOATS, ROWS_A_GROUP))
        self._held = self._rows = 0
        self._digests = hashlib.sha256(), hashlib.sha256()

    def take(self, state: State) -> None:
        """Take what is in the state's buffer (arrays), and empty it."""
        rows, at = int(state.company_i[LOG_ROWS]), 0
        while at < rows:
            until = min(rows, at + ROWS_A_GROUP - self._held)
            self._hold(state.log_i[:, at:until], state.log_f[:, at:until])
            at = until
            if self._held == ROWS_A_GROUP:
                self.flush()
        state.company_i[LOG_ROWS] = 0

    def _hold(self, whole: Any, real: Any) -> None:
        place = slice(self._held, self._held + whole.shape[1])
        self._whole[:, place], self._real[:, place] = whole, real
        for digest, part in zip(self._digests, (whole, real), strict=True):
            digest.update(np.ascontiguousarray(part.T).reshape(-1).data)
        self._held = place.stop

    def flush(self) -> None:
        """Write what is held as a row group."""
        if self._held:
            self._write([*self._whole[:, : self._held], *self._real[:, : self._held]])
            self._rows += self._held
            self._held = 0

    def rows(self) -> Rows:
        """No rows: int64 (0, LOG_FIELDS) and float64 (0, LOG_FLOATS)."""
        return np.zeros((0, LOG_FIELDS), dtype=np.int64), np.zeros((0, LOG_FLOATS))

    def file(self) -> LogFile:
        """Return where the rows were written."""
        whole, real = (digest.hexdigest() for digest in self._digests)
        return LogFile(self._path, self._rows, (whole, real))


@contextmanager
def writing(path: str | Path, scenario: Scenario, replication: int) -> Iterator[LogWriter]:
    """Give the log that is written to a file; the file appears when everything went well, and only then.

    Raises
    ------
    FileExistsError : when there is such a file, or another run is writing it.
    FileNotFoundError : when its folder does not exist.
    """
    path = Path(path)
    _check(path)
    part = path.with_name(f".{path.name}.part")
    try:
        file = part.open("xb")
    except FileExistsError as error:
        raise FileExistsError(
            f"{part} is there: another run is writing {path}, or one was killed while it did; wait for it, or remove "
            "that part."
        ) from error
    try:
        with finding_room(path), file, _parquet(file, _schema(scenario, replication)) as write:
            writer = LogWriter(path, write)
            yield writer
            writer.flush()
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _check(path: Path) -> None:
    if path.exists():
        raise FileExistsError(f"{path} exists; name another file for the log, or remove it. Nothing was run.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it, or name another.")


@contextmanager
def _parquet(file: Any, schema: Any) -> Iterator[Write]:
    """Give the function that writes a row group; the file's end is written at the end."""
    import pyarrow
    from pyarrow import parquet

    names = pyarrow.array(_names())

    def write(columns: list[Any]) -> None:
        found = [pyarrow.array(column) for column in columns]
        codes = columns[LOG_CODE].astype(np.int8)
        found.insert(LOG_CODE + 1, pyarrow.DictionaryArray.from_arrays(codes, names))
        table = pyarrow.Table.from_arrays(found, schema=schema)
        writer.write_table(table, row_group_size=len(codes))

    with parquet.ParquetWriter(file, schema, compression=COMPRESSION) as writer:
        yield write


def _names() -> list[str]:
    """Name of every code up to the last one that has a name."""
    return [EVENTS[code].name if code in EVENTS else f"event {code}" for code in range(max(EVENTS) + 1)]


def _schema(scenario: Scenario, replication: int) -> Any:
    import pyarrow

    fields = [
        pyarrow.field(name, pyarrow.int64() if number < LOG_FIELDS else pyarrow.float64(), False, {"about": about})
        for number, (name, about) in enumerate(COLUMNS.items())
    ]
    kind = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())
    fields.insert(LOG_CODE + 1, pyarrow.field(EVENT, kind, False, {"about": ABOUT_EVENT}))
    about = {
        "cxsim": inventory.release(),
        "scenario": scenario.name,
        "seed": str(scenario.seed),
        "replication": str(replication),
        "first_day": str(scenario.first_day),  # on which the warm-up is over
        "scenario_toml": scenario.to_toml(),
        "events": json.dumps({event.name: event.columns for event in EVENTS.values()}),
    }
    return pyarrow.schema(fields, about)
