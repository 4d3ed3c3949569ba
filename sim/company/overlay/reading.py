"""Actuals as somebody keeps them: a table, wide (a column a measure) or long (a row a figure), in a file or a frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import pandas as pd

from sim.company.overlay.errors import ActualsError

WHEN = ("month", "date", "period", "year")
"""Names of the column that says when; otherwise it is the first one."""
MEASURE, VALUE = "measure", "value"
"""Columns of a long table beside that of the time."""
MOST_BYTES = 10_000_000
"""Largest file that is read: a row a month is little, and what is larger is something else."""
FIRST_ROW = 2
"""Row of the first figures in a file, below the names of the columns."""
COMMA, SEPARATORS = ",", (";", "\t")


class Cell(NamedTuple):
    """One entry of a table: where it stands, of when, what it is called, and what stands there."""

    where: str
    when: object
    name: str
    value: object


def cells(actuals: str | Path | pd.DataFrame) -> tuple[list[Cell], bool]:
    """Return the entries of a table that are not empty, and whether it is long.

    Raises
    ------
    FileNotFoundError : when there is no such file.
    ActualsError : when it is not a table, or has no figures.
    """
    table = _from_frame(actuals) if isinstance(actuals, pd.DataFrame) else _from_file(Path(actuals))
    table = table.dropna(how="all")
    if table.empty or not len(table.columns):
        raise ActualsError(f"{_source(actuals)} has no rows; give a row a month, with a column a measure.")
    _refuse_twice(table, _source(actuals))
    long = {MEASURE, VALUE} <= set(table.columns)
    when = _when(table, (MEASURE, VALUE) if long else (), _source(actuals))
    found = [cell for cell in (_long if long else _wide)(table, when) if not _is_empty(cell.value)]
    for cell in found:
        if _is_empty(cell.when):
            raise ActualsError(f"{cell.where}: {cell.name} is {cell.value}, but {when} is empty; say of which month.")
    if not found:
        raise ActualsError(f"{_source(actuals)} has no figures; give a row a month, with a column a measure.")
    return found, long


def _is_empty(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else bool(pd.isna(value))


def _source(actuals: str | Path | pd.DataFrame) -> str:
    return "the frame of actuals" if isinstance(actuals, pd.DataFrame) else str(actuals)


def _from_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy of a frame with plain names; an index of times is a column of it."""
    times = isinstance(frame.index, pd.DatetimeIndex | pd.PeriodIndex) or frame.index.name in WHEN
    table = frame.rename_axis(index=frame.index.name or WHEN[0]).reset_index() if times else frame.copy()
    table.columns = [str(name).strip() for name in table.columns]
    return table


def _from_file(path: Path) -> pd.DataFrame:
    ways: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": _csv, ".parquet": pd.read_parquet, ".xlsx": _excel, ".xlsm": _excel,
    }  # fmt: skip
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; give a table of actuals.")
    if path.suffix.lower() not in ways:
        raise ActualsError(f"{path}: cannot read {path.suffix or 'a file without ending'}; give {', '.join(ways)}.")
    if path.stat().st_size > MOST_BYTES:
        raise ActualsError(
            f"{path} has {path.stat().st_size:,} bytes, and actuals are a row a month (at most {MOST_BYTES:,}); add "
            "daily figures or single records up to months first."
        )
    if path.stat().st_size == 0:
        return pd.DataFrame()
    try:
        table = ways[path.suffix.lower()](path)
    except UnicodeDecodeError as error:
        raise ActualsError(f"{path} is not in UTF-8; save it as CSV in UTF-8.") from error
    except (ValueError, OSError, KeyError, BadZipFile) as error:  # what the readers raise for what is no such file
        raise ActualsError(f"{path} cannot be read ({_first_line(error)}); save it again as CSV.") from error
    table = _from_frame(table)
    table.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(table))
    return table


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _csv(path: Path) -> pd.DataFrame:
    """Read every entry as text; the separator is what the line of names has most of."""
    with path.open(encoding="utf-8-sig") as file:
        head = file.readline()
    separator = max((COMMA, *SEPARATORS), key=head.count)
    return pd.read_csv(
        path, sep=separator, dtype=str, encoding="utf-8-sig", skip_blank_lines=False, skipinitialspace=True
    )


def _excel(path: Path) -> pd.DataFrame:
    return pd.read_excel(path, dtype=object, engine="openpyxl")


def _refuse_twice(table: pd.DataFrame, source: str) -> None:
    # pandas calls the second of two columns "offered.1"
    names = [re.sub(r"\.\d+$", "", name) for name in table.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ActualsError(f"{source} has two columns called {twice[0]!r}; keep one.")


def _when(table: pd.DataFrame, others: tuple[str, ...], source: str) -> str:
    """Name of the column that says when."""
    named = [name for name in table.columns if name.lower() in WHEN]
    rest = [name for name in table.columns if name not in others]
    if not rest:
        raise ActualsError(f"{source} does not say when; add a column month, such as 2026-03.")
    return named[0] if named else rest[0]


def _wide(table: pd.DataFrame, when: str) -> Iterator[Cell]:
    for row, entries in table.iterrows():
        for name in table.columns:
            if name != when:
                yield Cell(f"row {row}", entries[when], name, entries[name])


def _long(table: pd.DataFrame, when: str) -> Iterator[Cell]:
    for row, entries in table.iterrows():
        yield Cell(f"row {row}", entries[when], str(entries[MEASURE]).strip(), entries[VALUE])
