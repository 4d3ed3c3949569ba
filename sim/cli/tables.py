"""Tables on a terminal, plain text in a pipe, CSV when asked; and how numbers are written in them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100
"""Columns of a table in a pipe; a terminal gives its own width."""
SHARES = ("share", "probability", "share a year")
MONEY = ("money", "money/year")
PER_CENT = 100
UNDEFINED = "–"
# From these amounts on, numbers are written without decimals, and with one.
NO_DECIMALS, ONE_DECIMAL = 1_000, 10


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


def number(value: float, unit: str, sign: str = "") -> str:
    """Write a value of a unit: shares in per cent, money in whole units; ``sign`` "+" for differences."""
    if not math.isfinite(value):
        return UNDEFINED
    if unit in SHARES:
        return f"{value * PER_CENT:{sign}z.1f}{' pp' if sign else ' %'}"
    size = abs(value)
    decimals = 0 if size >= NO_DECIMALS or value == int(value) else 1 if size >= ONE_DECIMAL else 2
    return f"{value:{sign}z,.{decimals}f}"


def label(name: str, unit: str) -> str:
    """Name a row: its unit stands beside it unless its numbers say it."""
    return name if unit in (*SHARES, *MONEY) or name.lower().endswith(unit) else f"{name}, {unit}"


def span(low: float, high: float, unit: str, sign: str = "") -> str:
    """Write an interval, or nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNDEFINED
    texts = [number(value, unit, sign).removesuffix(" pp").removesuffix(" %") for value in (low, high)]
    return " to ".join(texts)
