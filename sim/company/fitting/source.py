"""Where records come from: a CSV, Parquet or Excel file, or a frame, as columns of text in DuckDB.

Every column is text at first, whatever the file says of it, so that each cell that cannot be read can be counted and
explained. The columns of a source are called c0, c1 ... in SQL: what a header says never becomes SQL.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.company.fitting.database import library, named, quoted
from sim.company.fitting.error import RecordsError

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

HEAD_BYTES = 1_000_000
"""Bytes at the beginning of a text file that tell its delimiter, header and encoding."""
HEAD_LINES = 100
"""Lines at its beginning that tell which one is the header."""
LONGEST_LINE = 1_000_000
"""Bytes of a line, above which the file is not a table."""
DELIMITERS = (",", ";", "\t", "|")
SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
PARQUET = (".parquet", ".pq")
PARQUET_MARK, ZIP_MARK, OLD_SHEET_MARK, GZIP_MARK = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SHOWN, SHOWN_LENGTH = 12, 40
"""Columns that an error names, and characters of each."""
REJECTS = {
    "MISSING COLUMNS": "the line has fewer cells than the header",
    "TOO MANY COLUMNS": "the line has more cells than the header",
    "UNQUOTED VALUE": "a quotation mark is not closed",
    "INVALID ENCODING": "the line is not text in the file's encoding",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
}
"""What DuckDB calls lines that are no rows, in words."""


@dataclass(frozen=True, eq=False)
class Source:
    """A table of text.

    Parameters
    ----------
    name : of the file without its folder, or "a frame".
    columns : as the header names them.
    relation : SQL that reads the table, with columns c0, c1 ... of text.
    rejects : whether DuckDB keeps a list of lines that are no rows.
    semicolons : whether cells are separated by semicolons, so that a comma is a decimal sign.
    remarks : what should be known.
    """

    name: str
    columns: tuple[str, ...]
    relation: str
    rejects: bool = False
    semicolons: bool = False
    remarks: tuple[str, ...] = ()

    def column(self, name: str) -> str:
        """Return the SQL name of a column.

        Raises
        ------
        RecordsError : when several are called so.
        """
        places = [place for place, column in enumerate(self.columns) if column == name]
        if len(places) > 1:
            raise RecordsError(f"{self.name}: {len(places)} columns are called {name!r}; rename all but one.")
        return f"c{places[0]}"


def listed(columns: Sequence[str]) -> str:
    """Name columns in an error, not all of a hundred and none at full length.

    >>> listed(["a", "b"])
    'a, b'
    """
    shown = [column if len(column) <= SHOWN_LENGTH else column[:SHOWN_LENGTH] + "..." for column in columns[:SHOWN]]
    return ", ".join(shown) + (f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else "")


def open_source(given: str | Path | pd.DataFrame, connection: DuckDBPyConnection, number: int = 0) -> Source:
    """Open a file or frame.

    Parameters
    ----------
    given : path of a file, or a frame.
    connection : of `sim.company.fitting.database.database`.
    number : of the source in this fit, to tell several apart.

    Raises
    ------
    RecordsError : when it is not a table.
    """
    if not isinstance(given, str | Path):
        return _frame(given, connection, number)
    path = Path(given)
    if path.is_dir():
        raise RecordsError(f"{path} is a folder; give the files in it.")
    if not path.is_file():
        raise RecordsError(f"{path}: no such file; correct the path.")
    if not path.stat().st_size:
        raise RecordsError(f"{path.name} is empty; export the records again.")
    kind = _kind(path)
    if kind == "parquet":
        return _parquet(path, connection)
    return _sheet(path, connection, number) if kind == "sheet" else _text(path)


def _kind(path: Path) -> str:
    """Tell what a file is by its first bytes, not by its name."""
    with path.open("rb") as file:
        mark = file.read(len(PARQUET_MARK))
    if mark == PARQUET_MARK:
        return "parquet"
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        raise RecordsError(f"{path.name} is named as Parquet but is not a Parquet file; export it again.")
    if mark in (ZIP_MARK, OLD_SHEET_MARK) or suffix in SHEETS:
        return "sheet"
    return "text"


# -- frames and Parquet ----------------------------------------------------------------------------------------------


def _frame(frame: pd.DataFrame, connection: DuckDBPyConnection, number: int) -> Source:
    if not hasattr(frame, "columns") or not hasattr(frame, "index"):
        raise RecordsError(f"records are {type(frame).__name__}; give the path of a file, or a pandas DataFrame.")
    columns = tuple(map(str, frame.columns))
    plain = frame.set_axis([f"c{place}" for place in range(len(columns))], axis=1)
    connection.register(f"frame_{number}", plain)
    return Source("a frame", columns, _as_text(f"frame_{number}", list(plain.columns)))


def _parquet(path: Path, connection: DuckDBPyConnection) -> Source:
    import duckdb

    relation = f"read_parquet({quoted(str(path))})"
    try:
        columns = [row[0] for row in connection.execute(f"describe from {relation}").fetchall()]
    except duckdb.Error as error:
        raise RecordsError(f"{path.name} is damaged ({_first_line(error)}); export it again.") from error
    return Source(path.name, tuple(columns), _as_text(relation, columns))


def _as_text(relation: str, columns: Sequence[str]) -> str:
    cells = ", ".join(f"cast({named(column)} as varchar) as c{place}" for place, column in enumerate(columns))
    return f"(select {cells} from {relation})"


# -- spreadsheets ----------------------------------------------------------------------------------------------------


def _sheet(path: Path, connection: DuckDBPyConnection, number: int) -> Source:
    import pandas as pd

    name, sheets, rows = _cells(path)
    width = max((len(row) for row in rows), default=0)
    at = _header_row([sum(cell != "" for cell in row) for row in rows[:HEAD_LINES]])
    if not width or at is None:
        raise RecordsError(f"{path.name} is empty; export the records again.")
    header = [_cell(cell) or f"column {place + 1}" for place, cell in enumerate(rows[at])]
    texts = [[_cell(cell) for cell in row] for row in rows[at + 1 :] if any(cell != "" for cell in row)]
    frame = pd.DataFrame(texts, columns=[f"c{place}" for place in range(len(header))], dtype=object)
    connection.register(f"frame_{number}", frame)
    remarks = [f"The file has {sheets} sheets; the first one, {name}, was read."] if sheets > 1 else []
    remarks += [f"{at} lines above the header were skipped."] if at else []
    return Source(path.name, tuple(header), _as_text(f"frame_{number}", list(frame.columns)), remarks=tuple(remarks))


def _cells(path: Path) -> tuple[str, int, list[list[Any]]]:
    """Name of the first sheet, number of sheets, and the cells of the first."""
    calamine = library("python_calamine")
    wrong = (calamine.CalamineError, OSError, ValueError)
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0)
        return sheet.name, len(book.sheet_names), sheet.to_python(skip_empty_area=True)
    except wrong as error:
        told = "it needs a password" if isinstance(error, calamine.PasswordError) else _first_line(error)
        raise RecordsError(f"{path.name} is not a spreadsheet that can be read ({told}); save it again.") from error


def _cell(value: Any) -> str | None:
    """Write a cell as text; blank is nothing."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return text or None


# -- text ------------------------------------------------------------------------------------------------------------


def _text(path: Path) -> Source:
    head = _head(path)
    encoding = _encoding(path, head)
    lines = _lines(path, head.decode(encoding, errors="ignore").removeprefix("\ufeff"))
    delimiter, at, header = _header(path, lines)
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
    names = {"utf-8": "utf-8", "utf-16": "utf-16", "latin-1": "latin-1"}
    relation = (
        f"read_csv({quoted(str(path))}, auto_detect=false, header=true, skip={at}, delim={quoted(delimiter)}, "
        f"quote='\"', escape='\"', encoding={quoted(names[encoding])}, columns={{{columns}}}, "
        f"max_line_size={LONGEST_LINE}, ignore_errors=true, store_rejects=true, rejects_limit=0)"
    )
    remarks = [f"{at} lines above the header were skipped."] if at else []
    return Source(path.name, tuple(header), relation, True, delimiter == ";", tuple(remarks))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        zipped = file.read(len(GZIP_MARK)) == GZIP_MARK
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise RecordsError(f"{path.name} cannot be unpacked ({_first_line(error)}); export it again.") from error


def _encoding(path: Path, head: bytes) -> str:
    """Tell the encoding of a text file, and refuse what is not text."""
    if head.startswith(UTF_16):
        return "utf-16"
    if b"\0" in head:
        raise RecordsError(
            f"{path.name} is not a table: it holds bytes that no text has; give a CSV, Parquet or Excel file."
        )
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last bytes may be half a character that the head cuts off.
        return "utf-8" if error.start >= len(head) - 4 and len(head) == HEAD_BYTES else "latin-1"
    return "utf-8"


def _lines(path: Path, text: str) -> list[str]:
    """Return the first lines."""
    lines = text.splitlines()
    if len(text) >= HEAD_BYTES // 2 and len(lines) == 1:
        raise RecordsError(f"{path.name} is not a table: its first line never ends; give a CSV, Parquet or Excel file.")
    return lines[:HEAD_LINES]


def _header(path: Path, lines: Sequence[str]) -> tuple[str, int, list[str]]:
    """Delimiter, lines above the header, and the header."""
    if not any(line.strip() for line in lines):
        raise RecordsError(f"{path.name} holds nothing but blank lines; export the records again.")
    tables = {delimiter: _table(lines, delimiter) for delimiter in DELIMITERS}
    usual = {delimiter: Counter(len(row) for _, row in rows).most_common(1)[0][0] for delimiter, rows in tables.items()}
    delimiter = max(DELIMITERS, key=lambda one: usual[one])
    rows = tables[delimiter]
    above, cells = rows[_header_row([len(row) for _, row in rows]) or 0]
    return delimiter, above, [cell.strip() or f"column {place + 1}" for place, cell in enumerate(cells)]


def _table(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, with the number of lines above each."""
    found, above = [], 0
    reader = csv.reader(lines, delimiter=delimiter)
    for row in reader:
        if any(cell.strip() for cell in row):
            found.append((above, row))
        above = reader.line_num
    return found


def _header_row(widths: Sequence[int]) -> int | None:
    """Row of the header: the first that is as wide as most rows are, or wider."""
    if not any(widths):
        return None
    usual = Counter(width for width in widths if width).most_common(1)[0][0]
    return next(place for place, width in enumerate(widths) if width >= usual)


def rejected(source: Source, connection: DuckDBPyConnection) -> Iterator[tuple[str, int]]:
    """Yield the lines of a text file that were no rows, by reason; and forget them."""
    if not source.rejects:
        return
    found = connection.execute(
        "select error_type, count(distinct line) from reject_errors group by all order by 2 desc"
    ).fetchall()
    connection.execute("drop table reject_errors; drop table reject_scans")
    yield from ((REJECTS.get(kind, f"the line is no row ({kind.lower()})"), lines) for kind, lines in found)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
