"""Tables on a terminal, plain text in a pipe, CSV when asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from sim.wording import MONEY, SHARES, UNDEFINED, number, span

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UNDEFINED", "console", "csv", "label", "note", "number", "show", "span"]

WIDTH = 100
"""Columns of a table in a pipe; a terminal gives its own width."""


def console() -> Console:
    """Return the console of standard output."""
    terminal = sys.stdout.isatty()
    return Console(width=None if terminal else WIDTH, highlight=False, markup=False, emoji=False)


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
    for column in columns:
        number = column in right
        table.add_column(
            column, justify="right" if number else "left", no_wrap=number or column in whole, overflow="fold"
        )
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


def note(text: str) -> None:
    """Print a remark below a table, wrapped to its width."""
    console().print(text, style="dim" if sys.stdout.isatty() else "")


def csv(frame: pd.DataFrame) -> None:
    """Print a frame as CSV."""
    frame.to_csv(sys.stdout, index=False, lineterminator="\n")


def label(name: str, unit: str) -> str:
    """Name a row: its unit stands beside it unless its numbers say it."""
    return name if unit in (*SHARES, *MONEY) or name.lower().endswith(unit) else f"{name}, {unit}"
