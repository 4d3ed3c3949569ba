"""One company beside others: what a policy changes in each of them, and how near their parameters come.

As in `sim.charts`: a frame and an `ax` go in, the `ax` comes out, and nothing is run.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from sim.charts.axes import tidy
from sim.charts.labels import Described, pairs_note
from sim.charts.layout import annotate, finish
from sim.charts.marks import draw_whisker
from sim.charts.scales import known_decimals, rounded, scale_of
from sim.charts.style import AXIS_END, BETTER, DOT, GAP, GREY, INK, LINE, PAPER, SMALL, STYLE, THIN, WORSE
from sim.wording import PER_CENT, SHARES, lower

WIDTH, HEAD, LINE_HEIGHT = 10.0, 2.3, 0.24
"""Inches: of a figure, of what is above and below the lines, and of a line."""
MARKS = (("o", INK, INK), ("s", BETTER, BETTER), ("D", WORSE, PAPER), ("^", GREY, PAPER))
FOUND, SHIPPED = 1, 2
"""Marker, edge and face of each company: they differ without colour too."""
ROOM = 1.3
"""Lines that a policy has for itself beyond one a company."""
NARROW, WIDE, RIM = 1.25, 3.0, 1.05
"""How many times above and below the truth an axis of ratios reaches at least, at most, and beyond what is drawn."""
DIGITS = 4
"""Significant digits of a parameter."""
RATIOS = (0.2, 0.25, 0.33, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0)
FEW = 8
"""Most marks of the axis of ratios."""


def effects_size(policies: int, companies: int) -> tuple[float, float]:
    """Return the size of a figure of `effects`, in inches."""
    return WIDTH, HEAD + LINE_HEIGHT * policies * (companies + ROOM)


@mpl.rc_context(STYLE)
def effects(
    table: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    companies: Sequence[str],
    against: str,
    title: str = "",
    source: str = "",
) -> Axes:
    """What each policy changes in each of up to four companies, with intervals, against the line of no effect.

    Parameters
    ----------
    table : columns name (of the policy), company, difference, ci_low_difference, ci_high_difference (unit of `about`),
        n, confidence; policies in the order drawn, each in every company.
    about : what the effects are on.
    companies : as they are called in the table, in the order drawn.
    against : what the line of no effect stands for.
    """
    scale = scale_of(about.unit, table[["ci_low_difference", "ci_high_difference", "mean_difference"]])
    values = table[["mean_difference", "ci_low_difference", "ci_high_difference"]].to_numpy(dtype=float) * scale.factor
    digits = known_decimals(*values.T)
    names = list(dict.fromkeys(table["name"]))
    ax.axvline(0.0, color=INK, linewidth=THIN, linestyle="--", zorder=1)
    for (value, low, high), (_, row) in zip(values, table.iterrows(), strict=True):
        rank = companies.index(row["company"])
        line = names.index(row["name"]) * (len(companies) + ROOM) + rank
        _mark(ax, line, value, low, high, rank)
        text = f"{rounded(value, digits)}  {row['company']}"
        annotate(ax, text, (1, line), (GAP, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)
    tidy(ax, values="x")
    step = len(companies) + ROOM
    ax.set_yticks([step * place + (len(companies) - 1) / 2 for place in range(len(names))], names)
    ax.set_ylim(step * len(names) - ROOM, -1.0)
    ax.set_xlabel(scale.change)
    annotate(ax, against, (0, 1), (0, GAP), ("data", "axes fraction"), ha="center", fontsize=SMALL)
    finish(ax, title, f"Effect on {lower(about.label)}, {scale.change}. {pairs_note(table)}", source)
    return ax


def recovery_size(parameters: int) -> tuple[float, float]:
    """Return the size of a figure of `recovery`, in inches."""
    return WIDTH, HEAD + ROOM * LINE_HEIGHT * parameters


@mpl.rc_context(STYLE)
def recovery(
    table: pd.DataFrame, ax: Axes, *, shipped: str, found: str, level: float, title: str = "", source: str = ""
) -> Axes:
    """Parameters as they were found again and as they ship, over what they are in truth, on an axis of ratios.

    Parameters
    ----------
    table : columns name, unit, truth, shipped, value, ci_low, ci_high, a row a parameter from top to bottom; NaN in
        value
        where nothing told it, so that it was left as it ships.
    shipped, found : what the shipped and the found values are called.
    level : of the intervals.
    """
    ax.set_xscale("log")
    ax.axvline(1.0, color=INK, linewidth=LINE)
    for place, (_, row) in enumerate(table.iterrows()):
        _recovered(ax, float(place), row)
    tidy(ax, values="x")
    _ratio_axis(ax, table[["shipped", "value", "ci_low", "ci_high"]].div(table["truth"], axis=0))
    ax.set_yticks(range(len(table)), list(table["name"]))
    ax.set_ylim(len(table) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel("over what it is in truth")
    words = (
        f"Square: {found}, with {level * PER_CENT:g} % intervals (those that leave the axis go on). Open diamond: "
        f"{shipped}. Line: the truth."
    )
    finish(ax, title, words, source)
    return ax


def _recovered(ax: Axes, place: float, row: pd.Series) -> None:
    truth, unit = row["truth"], row["unit"]
    marker, edge, face = MARKS[SHIPPED]
    _dot(ax, row["shipped"] / truth, place, marker, edge, face)
    text = f"in truth {_quantity(truth, unit)}, nothing tells it"
    if np.isfinite(row["value"]):
        _mark(ax, place, row["value"] / truth, row["ci_low"] / truth, row["ci_high"] / truth, FOUND)
        value, low, high = (_plain(row[name], unit) for name in ("value", "ci_low", "ci_high"))
        text = f"{value} ({low} to {high}), in truth {_quantity(truth, unit)}"
    annotate(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)


def _plain(value: float, unit: str) -> str:
    return f"{value * (PER_CENT if unit in SHARES else 1):.{DIGITS}g}"


def _quantity(value: float, unit: str) -> str:
    return f"{_plain(value, unit)} {'%' if unit in SHARES else unit}"


def _ratio_axis(ax: Axes, shown: pd.DataFrame) -> None:
    """Mark round ratios, as many as there is room for; the axis holds all dots, and intervals up to its widest."""
    intervals = shown.clip(1 / WIDE, WIDE)
    dots = shown[["shipped", "value"]]
    low = min(float(np.nanmin(intervals)), float(np.nanmin(dots)), 1 / NARROW) / RIM
    high = max(float(np.nanmax(intervals)), float(np.nanmax(dots)), NARROW) * RIM
    ax.set_xlim(low, high)
    inside = [ratio for ratio in RATIOS if low <= ratio <= high]
    step = -(-len(inside) // FEW)
    first = inside.index(1.0) % step
    marks = inside[first::step]
    ax.set_xticks(marks, [f"{mark:g}" for mark in marks])
    ax.xaxis.set_minor_locator(NullLocator())


def _mark(ax: Axes, place: float, value: float, low: float, high: float, rank: int) -> None:
    """Dot and interval of a company."""
    marker, edge, face = MARKS[rank]
    draw_whisker(ax, place, low, high, edge, flat=True)
    _dot(ax, value, place, marker, edge, face)


def _dot(ax: Axes, value: float, place: float, marker: str, edge: str, face: str) -> None:
    ax.plot(value, place, marker, markersize=DOT, markeredgecolor=edge, markerfacecolor=face, zorder=4, clip_on=False)
