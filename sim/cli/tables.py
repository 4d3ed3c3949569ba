"""Tables on a terminal, plain text in a pipe, CSV when asked."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from sim.wording import MONEY, SHARES, UNDEFINED, number, span

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "UNDEFINED",
    "console",
    "csv",
    "label",
    "listing",
    "note",
    "number",
    "remark",
    "say",
    "show",
    "span",
    "width",
]

WIDTH = 100
"""Columns of a table in a pipe; a terminal gives its own width."""
GAP = 2
"""Spaces between two columns."""
LISTS = ("claims", "carried_by", "missing", "near")
"""Columns whose entries stand one a line."""


def width() -> int | None:
    """Return the columns of the output where it is no terminal: what COLUMNS says, or 100; None on a terminal."""
    if sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else WIDTH


def console() -> Console:
    """Return the console of standard output."""
    return Console(width=width(), highlight=False, markup=False, emoji=False)


def show(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Print a table; columns in ``right`` hold numbers, those in ``whole`` names that no line breaks."""
    style = box.SIMPLE_HEAD if sys.stdout.isatty() else None
    table = Table(box=style, pad_edge=False, title=title or None, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        number = column in right
        cells = [str(row[place]) for row in rows]
        table.add_column(
            _header(column, cells) if number and _is_wide(columns, rows) else column,
            justify="right" if number else "left",
            no_wrap=number or column in whole,
            min_width=max((len(word) for cell in (column, *cells) for word in cell.split()), default=None),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


def _is_wide(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether a table with whole headings is wider than the output."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(columns, *rows, strict=True)]
    return sum(widths) + GAP * (len(widths) - 1) > console().width


def _header(column: str, cells: Sequence[str]) -> str:
    """Break the heading of numbers between words, so that it is hardly wider than they are."""
    words = [len(word) for word in column.split()]
    return "\n".join(textwrap.wrap(column, max([*map(len, cells), *words, 1]), break_long_words=False))


def listing(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Print some columns of a frame as a table."""
    rows = [
        [_cell(value).replace(", ", "\n") if column in LISTS else _cell(value) for column, value in row.items()]
        for _, row in frame[list(columns)].iterrows()
    ]
    titles = [column.replace("_", " ") for column in columns]
    show("", titles, rows, whole=[titles[0], *(column for column in columns if column == "claims")])


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, tuple):
        return ", ".join(_cell(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def note(text: str) -> None:
    """Print a remark below a table, wrapped to its width."""
    console().print(text, style="dim" if sys.stdout.isatty() else "")


def remark(sentence: str) -> None:
    """Print a line of the command itself, on standard error."""
    sys.stderr.write("cxsim: " + " ".join(sentence.split()) + "\n")


def say(text: str) -> None:
    """Print a line as it is."""
    sys.stdout.write(text + "\n")


def csv(frame: pd.DataFrame) -> None:
    """Print a frame as CSV."""
    from sim.outcomes.saved import csv_of

    sys.stdout.write(csv_of(frame))


def label(name: str, unit: str) -> str:
    """Name a row: its unit stands beside it unless its numbers say it, or its name does.

    >>> label("Contacts in line", "contacts"), label("Wait of contacts", "s")
    ('Contacts in line', 'Wait of contacts, s')
    """
    said = unit in (*SHARES, *MONEY) or unit in name.lower().split()
    return name if said else f"{name}, {unit}"
