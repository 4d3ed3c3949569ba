"""What matters, as pictures: bars from end to end of a range, elementary effects, shares of variance.

Frames are those of `sim.sensitivity`, one row for each end, parameter or index; the parameter that matters most stands
on top. ``explained`` says in words what the figures are of. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from sim.charts.axes import tidy
from sim.charts.labels import Described, interval_note
from sim.charts.layout import annotate, finish, settle
from sim.charts.marks import draw_whisker
from sim.charts.scales import PER_CENT, PERCENTAGES, Scale, amount, decimals, rounded, scale_of
from sim.charts.style import AXIS_END, GAP, GREY, GRID, HALF_BAR, INK, LINE, PAPER, RAMP, SMALL, STYLE, THIN
from sim.wording import quantity

WIDTH, HEAD, ROW = 10.0, 2.2, 0.42
"""Inches of a figure's width, of what stands round its rows, and of a row."""
PALE, DARK = RAMP(0.1), RAMP(0.85)
"""Low and high end of a range; an index with everything, and by itself."""
ROOM = 3
"""How often room is made for the words at the bars: making it moves them."""


def size(rows: int) -> tuple[float, float]:
    """Return width and height (inches) of a figure with so many parameters."""
    return WIDTH, HEAD + ROW * max(rows, 2)


@mpl.rc_context(STYLE)
def tornado(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    middle: float,
    explained: str,
    effect: bool = False,
    title: str = "",
    source: str = "",
) -> Axes:
    """Bars from the low to the high end of each range, with the values of the ends written at them.

    Parameters
    ----------
    frame : of a tornado, its two rows of each parameter.
    middle : what is explained with the scenario's own numbers (unit of `about`); where the bars start.
    effect : whether it is a difference, whose line of zero is drawn too.
    """
    names = list(dict.fromkeys(frame["parameter"]))
    shown = frame[["mean", "ci_low", "ci_high"]].to_numpy(dtype=float)
    scale = scale_of(about.unit, [*shown.ravel(), middle])
    start = middle * scale.factor
    notes = [note for place, name in enumerate(names) for note in _bars(ax, place, frame, name, start, scale)]
    ax.axvline(start, color=INK, linewidth=LINE, zorder=2)
    tidy(ax, values="x")
    _parameters(ax, names)
    _room(ax, notes)
    if about.unit in PERCENTAGES and not effect:
        ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= PER_CENT])
    _zero(ax, about, effect)
    unit = scale.change if effect else scale.text
    text = amount(middle, about.unit)
    annotate(
        ax, f"as in the scenario: {text}", (start, 1), (0, GAP), ("data", "axes fraction"), ha="center", fontsize=SMALL
    )
    ax.set_xlabel(unit)
    note = f"{_first(explained)}, {unit}, at either end of each range, one parameter at a time. "
    rows = frame.dropna(subset="mean_difference")
    note += f"Pale: low end. Dark: high end. Whiskers: difference from the line, {interval_note(rows)}."
    finish(ax, title, note, source)
    return ax


@mpl.rc_context(STYLE)
def morris(
    frame: pd.DataFrame, ax: Axes, *, about: Described, explained: str, title: str = "", source: str = ""
) -> Axes:
    """Mean absolute elementary effects with their intervals, and what noise alone would seldom exceed.

    Parameters
    ----------
    frame : of Morris, a row a parameter.
    """
    rows = frame.sort_values("rank")
    columns = ["mu_star", "ci_low_mu_star", "ci_high_mu_star", "noise_limit", "sigma"]
    scale = scale_of(about.unit, rows[columns[:3]])
    shown = rows[columns].to_numpy(dtype=float) * scale.factor
    digits = decimals(shown[:, 0])
    for place, (value, low, high, noise, sigma) in enumerate(shown):
        ax.barh(place, value, 2 * HALF_BAR, color=DARK if not value <= noise else GRID, zorder=2)
        span = [place - HALF_BAR, place + HALF_BAR]
        for width, shade, style in ((LINE + THIN, PAPER, "-"), (LINE, INK, ":")):
            ax.plot([noise] * 2, span, color=shade, linewidth=width, linestyle=style, zorder=3)
        draw_whisker(ax, place, low, high, INK, flat=True)
        text = f"{rounded(value, digits, signed=False)}   ± {rounded(sigma, digits, signed=False)}"
        annotate(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)
    tidy(ax, values="x")
    _parameters(ax, _with_ranges(rows))
    ax.set_xlim(left=0.0)
    ax.set_xlabel(f"{scale.change}, over the full range")
    annotate(ax, "mean   ± sigma", (1, 1), (GAP, GAP), fontsize=SMALL, fontweight="bold")
    note = (
        f"How far a parameter moves {explained} over its full range, {scale.change}: mean of the absolute elementary "
        f"effects of {int(rows['trajectories'].iloc[0])} trajectories (Morris), bootstrap intervals. Dotted: what "
        f"replication noise alone exceeds once in twenty. Pale: not above that."
    )
    finish(ax, title, note, source)
    return ax


@mpl.rc_context(STYLE)
def sobol(frame: pd.DataFrame, ax: Axes, *, explained: str, title: str = "", source: str = "") -> Axes:
    """Shares of the variance by themselves (S1) and with all they do together (ST), with intervals.

    Parameters
    ----------
    frame : of Sobol, its rows S1 and ST of each parameter; pairs are left out.
    """
    wide = frame[frame["index"].isin(["S1", "ST"])].sort_values("rank", kind="stable")
    names = wide[wide["index"] == "ST"]
    for index, shift, shade in (("ST", -HALF_BAR / 2, PALE), ("S1", HALF_BAR / 2, DARK)):
        shown = wide[wide["index"] == index][["share", "ci_low", "ci_high"]].to_numpy(dtype=float) * PER_CENT
        for place, (value, low, high) in enumerate(shown):
            ax.barh(place + shift, value, HALF_BAR, color=shade, zorder=2)
            draw_whisker(ax, place + shift, low, high, INK, flat=True)
            text = f"{rounded(value, 0, signed=False)} %"
            annotate(ax, text, (1, place + shift), (GAP, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)
    ax.axvline(0.0, color=INK, linewidth=THIN, zorder=1)
    tidy(ax, values="x")
    _parameters(ax, _with_ranges(names))
    ax.set_xticks([tick for tick in ax.get_xticks() if tick <= PER_CENT])
    ax.set_xlabel("% of the variance")
    note = (
        f"Share of the variance of {explained} within the ranges, %. Pale, above: with all a parameter does together "
        f"with others (ST). Dark: by itself (S1). {wide['confidence'].iloc[0] * PER_CENT:.4g} % bootstrap intervals, "
        f"{int(wide['samples'].iloc[0])} samples, means of {int(wide['n'].iloc[0])} replications."
    )
    finish(ax, title, note, source)
    return ax


def _bars(ax: Axes, place: int, frame: pd.DataFrame, name: str, start: float, scale: Scale) -> list[Annotation]:
    """Draw both ends of one parameter and write the values of the parameter at them; return the words."""
    rows = frame[(frame["parameter"] == name) & frame["mean_difference"].notna()]
    notes = []
    together = len(rows) > 1 and rows["mean_difference"].min() * rows["mean_difference"].max() > 0
    for _, row in rows.iterrows():
        high = row["end"] == "high"
        change, low, up = (
            row[column] * scale.factor for column in ("mean_difference", "ci_low_difference", "ci_high_difference")
        )
        shift = (HALF_BAR / 2 if high else -HALF_BAR / 2) if together else 0.0
        thick = HALF_BAR if together else 2 * HALF_BAR
        at = place + shift
        ax.barh(at, change, thick, left=start, color=DARK if high else PALE, zorder=3)
        if change:
            draw_whisker(ax, at, start + low, start + up, INK, flat=True)
        right = change > 0 or (change == 0 and high)
        reach = [edge for edge in (change, low, up) if np.isfinite(edge)]
        where = start + (max(reach) if right else min(reach))
        notes.append(_setting(ax, row, (where, at), right))
    return notes


def _setting(ax: Axes, row: pd.Series, where: tuple[float, float], right: bool) -> Annotation:
    text = quantity(row["setting"], row["unit"])
    offset = (GAP if right else -GAP, 0.0)
    side = "left" if right else "right"
    return annotate(ax, text, where, offset, ("data", "data"), ha=side, va="center", fontsize=SMALL)


def _parameters(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), list(names))
    ax.set_ylim(len(names) - 1 + AXIS_END, -AXIS_END)


def _with_ranges(rows: pd.DataFrame) -> list[str]:
    """Names with their ranges."""
    return [
        f"{row['parameter']} ({quantity(row['range_low'], row['unit'])} to {quantity(row['range_high'], row['unit'])})"
        for _, row in rows.iterrows()
    ]


def _room(ax: Axes, notes: Sequence[Annotation]) -> None:
    """Widen the axis until the words at the bars stand within it."""
    for _ in range(ROOM):
        settle(ax)
        inverse = ax.transData.inverted()
        boxes = [note.get_window_extent() for note in notes]
        edges = [float(inverse.transform((edge, 0.0))[0]) for box in boxes for edge in (box.x0, box.x1)]
        left, right = ax.get_xlim()
        ax.set_xlim(min([left, *edges]), max([right, *edges]))


def _zero(ax: Axes, about: Described, effect: bool) -> None:
    """Draw the line of zero where it lies within the axis."""
    left, right = ax.get_xlim()
    if left < 0.0 < right:
        ax.axvline(0.0, color=GREY, linewidth=THIN, linestyle="--", zorder=1)
        annotate(ax, "no effect" if effect else "zero", (0.0, 0), (0, GAP / 2), ("data", "axes fraction"), ha="center",
              fontsize=SMALL, color=GREY, backgroundcolor=PAPER)  # fmt: skip


def _first(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
