"""Writing records, a part at a time, so that memory does not grow with them; all files appear together, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim.errors import finding_room
from sim.outcomes.saved import check_files

if TYPE_CHECKING:
    import pandas as pd

Form = Literal["csv", "parquet"]
Write = Callable[["pd.DataFrame"], None]

COLUMNS: dict[str, dict[str, str]] = {
    "contacts": {
        "arrival": "instant", "queue_exit": "instant", "outcome": "text", "service_time": "real", "type": "text",
        "customer": "whole", "agent": "whole", "segment": "text", "callback": "text",
    },
    "purchases": {"customer": "whole", "date": "date", "amount": "real"},
    "surveys": {
        "date": "date", "customer": "whole", "satisfaction": "whole", "recommend": "whole", "problem": "text",
    },
    "friends": {"a": "whole", "b": "whole"},
}  # fmt: skip
"""Files of records, and what their columns hold."""
MADE = "records.json"
"""File that says how the records were made: what a real company does not have."""
EVENTS = "events.parquet"


class Drafts(NamedTuple):
    """Files that are not there yet: what writes a part of each, where its log goes, and where what is said of all."""

    files: dict[str, Write]
    events: Path
    made: Path


def check_folder(folder: str | Path, form: Form = "csv", overwrite: bool = False) -> Path:
    """Check that records can be written into ``folder``, before they are made; leave nothing behind.

    Raises
    ------
    FileExistsError : when some are there, unless ``overwrite`` is true; OSError : when they cannot be written.
    """
    return check_files(folder, [*(f"{name}.{form}" for name in COLUMNS), MADE], overwrite)


@contextmanager
def writing(folder: Path, form: Form) -> Iterator[Drafts]:
    """Give the drafts of all files, which take their places when everything went well, and only then."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    ways = {"csv": _csv, "parquet": _parquet}
    try:
        with finding_room(folder), TemporaryDirectory(dir=folder, prefix=".records-") as scratch:
            drafts = {name: Path(scratch, f"{name}.{form}") for name in COLUMNS}
            made = Path(scratch, MADE)
            with ExitStack() as stack:
                files = {name: stack.enter_context(ways[form](path, name)) for name, path in drafts.items()}
                yield Drafts(files, Path(scratch, EVENTS), made)
            for draft in (*drafts.values(), made):
                draft.replace(folder / draft.name)
    finally:
        if new:
            with suppress(OSError):  # it holds the records
                folder.rmdir()


@contextmanager
def _csv(path: Path, name: str) -> Iterator[Write]:
    """Text with names in the first line, times as 2026-01-05 08:03:12.345678, and nothing where nothing is known."""
    import pyarrow as pa
    from pyarrow import csv

    schema = _schema(name)
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write(f"{','.join(schema.names)}\n".encode())
        with csv.CSVWriter(file, schema, write_options=options) as writer:
            yield lambda part: writer.write(pa.Table.from_pandas(part, schema, preserve_index=False))


@contextmanager
def _parquet(path: Path, name: str) -> Iterator[Write]:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(name)
    with parquet.ParquetWriter(path, schema) as writer:
        yield lambda part: writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False))


def _schema(name: str) -> Any:
    import pyarrow as pa

    kinds = {
        "instant": pa.timestamp("us"), "date": pa.date32(), "text": pa.string(), "real": pa.float64(),
        "whole": pa.int64(),
    }  # fmt: skip
    return pa.schema([(column, kinds[kind]) for column, kind in COLUMNS[name].items()])
