"""Many futures, as pictures: regret, how often each policy is best, and the box in which one fails.

Frames are those of `sim.futures`. Bars are shares of futures, that is of the ranges that were sampled. The style is
that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import tidy
from sim.charts.labels import Described
from sim.charts.layout import annotate, finish
from sim.charts.marks import draw_dot, draw_whisker
from sim.charts.scales import PER_CENT, decimals, rounded, scale_of
from sim.charts.style import AXIS_END, BETTER, GAP, GREY, GRID, HALF_BAR, INK, LINE, RAMP, SMALL, STYLE, THIN, WORSE

WIDTH, HEAD, ROW = 10.0, 2.4, 0.62
"""Inches of a figure's width, of what stands round its rows, and of a row."""
PALE, DARK = RAMP(0.1), RAMP(0.85)
STRIP = 0.22
"""Half the height of a strip of futures, in steps of the axis."""
NEAR = 2.0
"""Points between a bar and the words at it."""
EDGE = 0.02
"""Room beside the ends of a range, as a share of it."""
READING_WIDTH = 0.8
"""Part of the place of a reading in which its futures stand side by side."""
TICK_WIDTH, FAINT = 1.0, 0.45
"""Points of the width of one future's tick, and its opacity: where futures lie close, strips are darker."""
ROOM_FOR_WORDS = 0.42
"""Share of the axis kept free for words to the right of what is drawn."""
INTERVAL = "Whiskers: 95 % interval of the sampling of futures."


class Shown(Protocol):
    """What is drawn of a limit: see `sim.studies.futures.box.Limit`."""

    @property
    def name(self) -> str:
        """Of the factor."""

    @property
    def text(self) -> str:
        """The limit in words."""

    @property
    def low(self) -> float | None:
        """Lower end inside the range."""

    @property
    def high(self) -> float | None:
        """Upper end inside the range."""

    @property
    def range_low(self) -> float:
        """Lower end of the range."""

    @property
    def range_high(self) -> float:
        """Upper end of the range."""

    @property
    def kept(self) -> tuple[str, ...]:
        """Readings inside."""

    @property
    def of(self) -> tuple[str, ...]:
        """All readings; none of a number."""


def size(rows: int) -> tuple[float, float]:
    """Return width and height (inches) of a figure with so many rows."""
    return WIDTH, HEAD + ROW * max(rows, 2)


@mpl.rc_context(STYLE)
def regret(
    regrets: pd.DataFrame,
    table: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    baseline: str,
    title: str = "",
    source: str = "",
) -> Axes:
    """Regret of each policy in every future as a strip, with its mean, bad case and worst case.

    Parameters
    ----------
    regrets, table : `regrets()` and `regret()` of `sim.futures`; the policy with the smallest maximum stands on top.
    about : the measure, with label, unit and better side.
    """
    rows = table.sort_values("maximum", kind="stable").reset_index(drop=True)
    scale = scale_of(about.unit, regrets["regret"])
    digits = decimals(rows["maximum"] * scale.factor)
    for place, row in rows.iterrows():
        values = regrets.loc[regrets["policy"] == row["policy"], "regret"].to_numpy() * scale.factor
        ax.vlines(values, place - STRIP, place + STRIP, color=BETTER, linewidth=TICK_WIDTH, alpha=FAINT, zorder=2)
        ax.plot([row["p90"] * scale.factor] * 2, [place - HALF_BAR, place + HALF_BAR], color=INK, linewidth=LINE)
        draw_whisker(ax, place, row["ci_low"] * scale.factor, row["ci_high"] * scale.factor, INK, flat=True)
        draw_dot(ax, place, row["mean"] * scale.factor, "baseline" if row["policy"] == baseline else "level", flat=True)
        mean, worst = (rounded(row[name] * scale.factor, digits, signed=False) for name in ("mean", "maximum"))
        text = f"mean {mean}, worst {worst}"
        mark = "\nleast in the worst future" if row["minimax"] else ""
        _at_end(ax, place, row["maximum"] * scale.factor, text + mark)
    _rows(ax, list(rows["policy"]), baseline)
    _leave_room(ax)
    ax.set_xlabel(scale.change)
    counts = f"{int(rows['futures'].iloc[0])} futures, one tick each"
    what = f"Regret: how much worse than the best policy of the same future, by {about.label.lower()}, {scale.change}"
    note = f"{what}. {counts}. Dot: mean. Upright line: one future in ten is as bad or worse. {INTERVAL}"
    finish(ax, title, note, source)
    return ax


@mpl.rc_context(STYLE)
def best(shares: pd.DataFrame, ax: Axes, *, about: Described, baseline: str, title: str = "", source: str = "") -> Axes:
    """Share of futures in which each policy is best, and how much of that the replications make clear.

    Parameters
    ----------
    shares : `best_shares()` of `sim.futures`; the policy that is best most often stands on top, ties last.
    """
    named = shares[(shares["policy"] != "tied") | (shares["best"] > 0)]
    order = np.lexsort((-named["share"], named["policy"] == "tied"))
    rows = named.iloc[order].reset_index(drop=True)
    for place, row in rows.iterrows():
        clear, unclear = row["clear"] * PER_CENT, row["unclear"] * PER_CENT
        tied = row["policy"] == "tied"
        ax.barh(place, clear, 2 * HALF_BAR, color=DARK, zorder=2)
        ax.barh(place, unclear, 2 * HALF_BAR, left=clear, color=GRID if tied else PALE, edgecolor=GREY, linewidth=THIN)
        draw_whisker(ax, place, row["ci_low"] * PER_CENT, row["ci_high"] * PER_CENT, INK, flat=True)
        text = f"{row['share']:.0%} ({row['ci_low'] * PER_CENT:.0f} to {row['ci_high']:.0%})".replace("%", " %")
        _at_end(ax, place, row["ci_high"] * PER_CENT, text)
    _rows(ax, list(rows["policy"]), baseline)
    _leave_room(ax)
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= PER_CENT])
    ax.set_xlabel("% of futures")
    total = int(rows["futures"].iloc[0])
    what = f"Share of {total} futures in which a policy has the best {about.label.lower()}, %"
    finish(ax, title, f"{what}. Dark: clearly better than every other. Pale: not clear. {INTERVAL}", source)
    return ax


@mpl.rc_context(STYLE)
def failure_box(
    limits: Sequence[Shown],
    points: pd.DataFrame,
    failed: np.ndarray,
    ax: Axes,
    *,
    quality: str,
    title: str = "",
    source: str = "",
) -> Axes:
    """Where in the ranges a policy fails: the restricted factors from end to end of their ranges, and the box on them.

    Parameters
    ----------
    limits : of the box, a row each.
    points : the futures, a column a factor. failed : whether each fails.
    quality : density and coverage in words.
    """
    for place, limit in enumerate(limits):
        _limit(ax, place, limit, points[limit.name], failed)
    ax.set_yticks(range(len(limits)), [limit.name for limit in limits])
    ax.set_ylim(len(limits) - 1 + AXIS_END, -AXIS_END)
    tidy(ax, values="x")
    ax.grid(False)
    ax.set_xticks([])
    ax.set_xlim(-EDGE, 1 + EDGE)
    ax.set_xlabel("each range from its lowest to its highest value")
    note = f"Shaded: the box, {quality}. Ticks: futures in which it fails (above, dark) and does not (below, light)."
    finish(ax, title, note, source)
    return ax


def _limit(ax: Axes, place: int, limit: Shown, values: pd.Series, failed: np.ndarray) -> None:
    """One restricted factor: its range, the box on it, and where the futures lie."""
    shares = _shares(limit, values)
    start, end = _inside(limit)
    for left, right in zip(start, end, strict=True):
        ax.barh(place, right - left, 2 * HALF_BAR, left=left, color=PALE, zorder=1)
        for edge in (left, right):
            ax.plot([edge, edge], [place - HALF_BAR, place + HALF_BAR], color=DARK, linewidth=LINE, zorder=3)
    ax.plot([0, 1], [place, place], color=GREY, linewidth=THIN, zorder=2)
    ax.vlines(shares[failed], place - STRIP, place, color=INK, linewidth=TICK_WIDTH, zorder=3)
    ax.vlines(shares[~failed], place, place + STRIP, color=WORSE, linewidth=TICK_WIDTH, alpha=FAINT, zorder=2)
    under: dict[str, Any] = {"va": "top", "fontsize": SMALL, "color": GREY}
    for name, share, side in _marks(limit):
        annotate(ax, name, (share, place + HALF_BAR), (0, -NEAR), ("data", "data"), ha=side, **under)
    middle = (start[0] + end[-1]) / 2
    side = "left" if middle < 1 / 3 else "right" if middle > 2 / 3 else "center"
    where = {"left": start[0], "center": middle, "right": end[-1]}[side]
    annotate(
        ax, limit.text, (where, place - HALF_BAR), (0, NEAR), ("data", "data"), va="bottom", ha=side, fontsize=SMALL
    )


def _shares(limit: Shown, values: pd.Series) -> np.ndarray:
    """Places of futures on a range from 0 to 1; those of a reading stand side by side in its part."""
    if not limit.of:
        return (values.to_numpy(dtype=float) - limit.range_low) / (limit.range_high - limit.range_low)
    places = values.map({name: number for number, name in enumerate(limit.of)}).to_numpy(dtype=float)
    same = values.groupby(values)
    spread = ((same.cumcount() + 1 / 2) / same.transform("size")).to_numpy(dtype=float)
    return (places + (1 - READING_WIDTH) / 2 + READING_WIDTH * spread) / len(limit.of)


def _inside(limit: Shown) -> tuple[list[float], list[float]]:
    """Where the box begins and ends, on a range from 0 to 1."""
    if limit.of:
        kept = [limit.of.index(name) for name in limit.kept]
        return [place / len(limit.of) for place in kept], [(place + 1) / len(limit.of) for place in kept]
    width = limit.range_high - limit.range_low
    low = 0.0 if limit.low is None else (limit.low - limit.range_low) / width
    high = 1.0 if limit.high is None else (limit.high - limit.range_low) / width
    return [low], [high]


def _marks(limit: Shown) -> list[tuple[str, float, str]]:
    """What is written under a range: its ends, or its readings."""
    if limit.of:
        return [(name, (place + 0.5) / len(limit.of), "center") for place, name in enumerate(limit.of)]
    return [(f"{limit.range_low:,.9g}", 0.0, "left"), (f"{limit.range_high:,.9g}", 1.0, "right")]


def _rows(ax: Axes, names: list[str], baseline: str) -> None:
    """Name the rows; the baseline in bold."""
    ax.set_yticks(range(len(names)), names)
    if baseline in names:
        ax.get_yticklabels()[names.index(baseline)].set_fontweight("bold")
    ax.set_ylim(len(names) - 1 + AXIS_END, -AXIS_END)
    tidy(ax, values="x")


def _at_end(ax: Axes, place: int, value: float, text: str) -> None:
    annotate(ax, text, (value, place), (GAP, 0), ("data", "data"), va="center", fontsize=SMALL)


def _leave_room(ax: Axes) -> None:
    """Keep words at the ends of bars within the axes."""
    ax.set_xmargin(0)
    low, high = ax.dataLim.x0, ax.dataLim.x1
    width = high - min(low, 0.0) or 1.0
    ax.set_xlim(min(low, 0.0), high + ROOM_FOR_WORDS * width)
