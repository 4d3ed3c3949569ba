"""Figures of the store as a table in a file: CSV, Parquet or Excel, written a cell at a time."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import finding_room
from sim.outcomes.saved import check_writable, csv_of
from sim.running.record import figures_frame
from sim.running.store import SHOWN, Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("key", "scenario", "policy", "reading", "seed", "replication", "period", "measure", "value")
SHEET_ROWS = 1_048_576
"""Rows that a sheet of Excel holds, its heading included."""
SHEET_DIGITS = 15
"""Digits of a whole number that Excel keeps."""
LARGEST_SEED = 2**63 - 1
"""Largest whole number that a column of a table holds; larger ones are written as text, and so are all beside them."""
SHEET = "figures"


def frames(held: Store, cells: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the figures of each cell that has any, with `COLUMNS`."""
    held.refuse_damaged(cells)
    every = held.cells().set_index("cell").loc[list(cells)]
    as_text = any(seed > LARGEST_SEED for seed in every["seed"])
    for cell, about in every.iterrows():
        found = held.records(str(cell))
        if found:
            frame = figures_frame([((about["scenario"], about["policy"], n), found[n]) for n in found])
            seed = str(about["seed"]) if as_text else int(about["seed"])
            yield frame.assign(key=str(cell)[:SHOWN], reading=about["reading"], seed=seed)[list(COLUMNS)]


def written(path: Path, held: Store, cells: Sequence[str], overwrite: bool) -> Path:
    """Write figures of cells to a file and return its path; see `sim.running.store.contents.export`."""
    write = _way(path)
    _check(path, overwrite)
    if write is _excel:
        _check_rows(path, held.figure_count(cells))
    draft = path.with_name(f".{path.name}.partial-{uuid.uuid4().hex}")
    try:
        with finding_room(path):
            write(draft, frames(held, cells))
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _way(path: Path) -> Callable[[Path, Iterator[pd.DataFrame]], None]:
    ways = {".csv": _csv, ".parquet": _parquet, ".xlsx": _excel}
    if path.suffix.lower() not in ways:
        what = f"ends with {path.suffix!r}" if path.suffix else "has no ending"
        raise StoreError(f"{path} {what}, which says nothing; give a name that ends with {', '.join(ways)}.")
    return ways[path.suffix.lower()]


def _check(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder; give the name of a file.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another name, or add --overwrite (overwrite=True).")
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{path}: there is no folder {path.parent}; make it first.")
    check_writable(path, path.absolute().parent)


def _check_rows(path: Path, rows: int) -> None:
    if rows + 1 > SHEET_ROWS:
        raise StoreError(
            f"{path} would have {rows + 1:,} rows, and a sheet of Excel holds {SHEET_ROWS:,}; name fewer keys, or "
            "export to .csv or .parquet."
        )


def _csv(path: Path, parts: Iterator[pd.DataFrame]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for part in parts:
            file.write(csv_of(part, header=False))


def _parquet(path: Path, parts: Iterator[pd.DataFrame]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = dict.fromkeys(COLUMNS, pa.string()) | {"replication": pa.int64(), "value": pa.float64()}
    first = next(parts, None)
    seed = pa.string() if first is not None and isinstance(first["seed"].iloc[0], str) else pa.int64()
    schema = pa.schema([(name, seed if name == "seed" else kind) for name, kind in kinds.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        while first is not None:
            writer.write_table(pa.Table.from_pandas(first, schema=schema, preserve_index=False))
            first = next(parts, None)


def _excel(path: Path, parts: Iterator[pd.DataFrame]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    heads = [_cell(sheet, name) for name in COLUMNS]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for part in parts:
        for row in part.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    whole = BytesIO()  # a file that finds no room is closed by nobody
    book.save(whole)
    path.write_bytes(whole.getvalue())


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell: text stays text, also when it looks like a formula; what is not a number is left empty."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if (isinstance(value, int) and len(str(abs(value))) > SHEET_DIGITS) or value in (math.inf, -math.inf):
        value = str(value)
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        cell.data_type = "s"
        return cell
    return WriteOnlyCell(sheet, None if value != value else value)
