"""A search as pictures: how the best came about, where it lies within the ranges, and the frontier.

Frames are those of `sim.search.Finding`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import tidy
from sim.charts.labels import Described, interval_note
from sim.charts.layout import annotate, end_note, finish, spread_notes
from sim.charts.marks import draw_whisker
from sim.charts.rows import FRONTIER_FROM
from sim.charts.scales import PER_CENT, Scale, decimals, rounded, scale_of
from sim.charts.style import (
    AXIS_END,
    BAND,
    BETTER,
    BODY,
    DOT,
    GAP,
    GREY,
    GRID,
    HALF_BAR,
    HEADROOM,
    INK,
    LEFT_MIDDLE,
    LINE,
    PAPER,
    RAMP,
    SMALL,
    STYLE,
    THIN,
    WORSE,
)
from sim.wording import lower

LIMITS = ("ci_low_simultaneous", "ci_high_simultaneous")
WIDTH, HEAD, ROW = 10.0, 2.2, 0.62
"""Inches of the figure of the levels: its width, what stands round its rows, and a row."""
TINY = 4.0
"""Points of a dot that is one of many."""
AFTER = 0.05
"""How far behind the last trial the check stands, as a share of the trials."""
TRIED = RAMP(0.1)
ROOM = 0.25
"""Share of the axis that is left for words behind the last trial."""
COLUMN = 0.84
"""Share of the axis at which the column of texts begins."""
INSIDE = 0.02
"""Share of the spread of the trials by which the axis reaches beyond what is shown."""
MOST_BELOW = 0.05
"""Share of the trials, the worst, that may lie below the axis of progress."""


def size(levers: int) -> tuple[float, float]:
    """Return width and height (inches) of a figure with so many levers."""
    return WIDTH, HEAD + ROW * max(levers, 2)


@mpl.rc_context(STYLE)
def progress(
    trials: pd.DataFrame,
    checked: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    title: str = "",
    source: str = "",
) -> Axes:
    """Every trial, who led after it with what was expected of the leader, and the choice on fresh replications.

    Parameters
    ----------
    trials, checked : of a search with one goal.
    about : the measure.
    """
    shown = trials.dropna(subset="mean_difference")
    fresh = checked[checked["chosen"]] if len(checked) else checked
    scale = scale_of(about.unit, [*shown["mean_difference"], *(fresh["ci_high_difference"] if len(fresh) else [])])
    for kept, mark, colour in ((True, "o", TRIED), (False, "x", WORSE)):
        part = shown[shown["kept"] == kept]
        ax.plot(
            part["trial"] + 1, part["mean_difference"] * scale.factor, mark, markersize=TINY, color=colour, zorder=2
        )
    _leader(ax, trials, scale)
    _fresh(ax, fresh, trials, scale)
    tidy(ax, values="y")
    _progress_axes(ax, trials, fresh, scale)
    crosses = " Crosses: trials that break a bound." if not shown["kept"].all() else ""
    note = (
        f"Difference in {lower(about.label)} from the baseline, {scale.change}. Dots: trials.{crosses} Line and band: "
        "who led, and what was expected of it then, with its interval."
    )
    if len(fresh):
        note += f" Last: the choice on fresh replications, {interval_note(fresh, pairs=True)}."
    finish(ax, title, note, source)
    return ax


@mpl.rc_context(STYLE)
def levels(
    ranges: Mapping[str, tuple[float, float]], checked: pd.DataFrame, ax: Axes, *, title: str = "", source: str = ""
) -> Axes:
    """Where the choice lies within the range of each lever, and where the others do that were checked.

    Parameters
    ----------
    ranges : low and high end of each lever, by name.
    checked : of a search; with several goals no point is the choice.
    """
    points = checked.drop_duplicates("trial")
    for place, (name, (low, high)) in enumerate(ranges.items()):
        ax.barh(place, 1.0, HALF_BAR, color=GRID, zorder=1)
        for chosen in (False, True):
            at = (points.loc[points["chosen"] == chosen, name].to_numpy(dtype=float) - low) / (high - low)
            _levels(ax, at, place, chosen)
        for text, x, side in ((low, 0.0, "right"), (high, 1.0, "left")):
            gap = -GAP if side == "right" else GAP
            annotate(
                ax,
                f"{text:.3g}",
                (x, place),
                (gap, 0),
                ("data", "data"),
                ha=side,
                va="center",
                fontsize=SMALL,
                color=GREY,
            )
        for value in points.loc[points["chosen"], name]:
            where = ((value - low) / (high - low), place - HALF_BAR / 2)
            annotate(ax, f"{value:.3g}", where, (0, GAP), ("data", "data"), ha="center", va="bottom", fontweight="bold")
    ax.set_yticks(range(len(ranges)), [name.replace(".", ": ") for name in ranges])
    ax.set_ylim(len(ranges) - 1 + AXIS_END, -AXIS_END)
    tidy(ax, values="x")
    ax.set_xlim(-HEADROOM, 1 + HEADROOM)
    ax.set_xticks([])
    ax.grid(False)
    which = (
        "Dark: the choice. Pale: the others that were checked." if points["chosen"].any() else "Pale: what was checked."
    )
    finish(ax, title, f"Levels within the ranges that were searched, in the settings' own units. {which}", source)
    return ax


@mpl.rc_context(STYLE)
def frontier(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    abouts: Sequence[Described],
    goals: Sequence[str],
    on: Sequence[str],
    names: Mapping[str, str],
    named: str = "",
    title: str = "",
    source: str = "",
) -> Axes:
    """Two goals of the checked points on fresh replications, each with both intervals, and the baseline.

    Parameters
    ----------
    frame : of `sim.studies.choose.pareto.frontier`: a row a policy and measure.
    abouts, goals : the two measures, drawn upwards and to the right.
    on : policies on the frontier, which are joined.
    names : text at each policy on the frontier.
    named : what these texts are.
    """
    wide = frame.pivot(index="policy", columns="measure", values=["mean_difference", *LIMITS])
    scales = [
        scale_of(about.unit, frame.loc[frame["measure"] == goal, list(LIMITS)])
        for about, goal in zip(abouts, goals, strict=True)
    ]
    (up, right), (tall, broad) = goals, scales
    for policy in wide.index:
        _cross(ax, wide.loc[policy], (right, up), (broad, tall), policy in on)
    line = wide.loc[list(on)].sort_values(("mean_difference", right))["mean_difference"]
    if len(line) >= FRONTIER_FROM:
        along = line[right] * broad.factor, line[up] * tall.factor
        ax.plot(*along, color=BETTER, linewidth=THIN, linestyle=":", zorder=2)
    _crossing(ax)
    tidy(ax, values="y")
    ax.grid(True, color=GRID, linewidth=THIN)
    ax.autoscale_view()
    left, end = ax.get_xlim()
    ax.set_xlim(left, end + ROOM * (end - left))
    ax.set_xlabel(f"{abouts[1].label}, difference from the baseline, {broad.change}")
    note = (
        f"Upwards: difference in {lower(abouts[0].label)} from the baseline, {tall.change}. Dark: no other is better "
        f"in both. Pale: another is. {named}{_together(frame)}"
    )
    finish(ax, title, note, source)
    places = {policy: (row[right] * broad.factor, row[up] * tall.factor) for policy, row in line.iterrows()}
    _column(ax, [(names[policy], place) for policy, place in places.items() if policy in names])
    return ax


def _together(frame: pd.DataFrame) -> str:
    n, level = int(frame["n"].iloc[0]), frame["confidence"].iloc[0] * PER_CENT
    return f"Intervals of {level:.4g} % for all together, {n} fresh paired replications."


def _column(ax: Axes, texts: Sequence[tuple[str, tuple[float, float]]]) -> None:
    """Write texts below each other at the right edge, each with a line to its place."""
    line = {"arrowstyle": "-", "color": GREY, "linewidth": THIN / 2, "shrinkA": 0, "relpos": LEFT_MIDDLE}
    coordinates = ("axes fraction", "offset points")
    notes = [
        ax.annotate(text, place, (COLUMN, 0), textcoords=coordinates, va="center", fontsize=SMALL, arrowprops=line)
        for text, place in texts
    ]
    if notes:
        spread_notes(notes)
    for note in notes:
        note.xyann = (COLUMN, note.xyann[1])


def _crossing(ax: Axes) -> None:
    """Draw the lines that cross at the baseline, and name it."""
    for side in (ax.axhline, ax.axvline):
        side(0.0, color=INK, linewidth=THIN, zorder=1)
    ax.plot([0.0], [0.0], "o", markersize=DOT, markeredgecolor=INK, markerfacecolor=PAPER, zorder=5)
    annotate(ax, "baseline", (0.0, 0.0), (GAP, GAP), ("data", "data"), fontsize=SMALL)


def _leader(ax: Axes, trials: pd.DataFrame, scale: Scale) -> None:
    """Draw who led, as a step line with a band."""
    rows = trials.dropna(subset="leader")
    at = rows["trial"].to_numpy() + 1
    line, low, high = (rows[f"{name}_leader"].to_numpy() * scale.factor for name in ("mean", "ci_low", "ci_high"))
    ax.fill_between(at, low, high, step="post", color=BETTER, alpha=BAND, linewidth=0, zorder=1)
    ax.step(at, line, where="post", color=BETTER, linewidth=LINE, zorder=3)


def _fresh(ax: Axes, fresh: pd.DataFrame, trials: pd.DataFrame, scale: Scale) -> None:
    """Draw the choice on fresh replications, behind the last trial."""
    for _, row in fresh.iterrows():
        at = len(trials) * (1 + AFTER)
        value, low, high = (row[f"{name}_difference"] * scale.factor for name in ("mean", "ci_low", "ci_high"))
        draw_whisker(ax, at, low, high, INK)
        ax.plot([at], [value], "o", markersize=DOT, markeredgecolor=INK, markerfacecolor=PAPER, zorder=4)
        end_note(ax, f"the choice, fresh:\n{rounded(value, decimals(value))}", (at, value), GREY)


def _progress_axes(ax: Axes, trials: pd.DataFrame, fresh: pd.DataFrame, scale: Scale) -> None:
    """Show what is near the best: the worst trials lie below the axis."""
    ax.set_xlabel("trial")
    ax.set_xlim(0, len(trials) * (1 + AFTER + ROOM))
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 < tick <= len(trials)])
    ax.set_ylabel(scale.change, size=BODY, color=GREY)
    bottom = trials["mean_difference"].quantile(MOST_BELOW)
    tops = [
        trials["mean_difference"].max(),
        trials["ci_high_leader"].iloc[-1],
        *(fresh["ci_high_difference"] if len(fresh) else []),
    ]
    top = np.nanmax(tops)
    bottom = min(bottom, trials["ci_low_leader"].iloc[-1] if len(trials) else bottom, 0.0)
    slack = (top - bottom) * INSIDE
    ax.set_ylim((bottom - slack) * scale.factor, (top + slack) * scale.factor)
    ax.axhline(0.0, color=INK, linewidth=THIN, zorder=1)
    annotate(ax, "baseline", (1, 0), (GAP, 0), ("axes fraction", "data"), va="center", fontsize=SMALL, color=GREY)


def _levels(ax: Axes, at: np.ndarray, place: int, chosen: bool) -> None:
    face, sized = (BETTER, DOT * 1.4) if chosen else (TRIED, DOT)
    ax.plot(
        at, [place] * len(at), "o", markersize=sized, markeredgecolor=PAPER, markerfacecolor=face, zorder=3 + chosen
    )


def _cross(ax: Axes, row: pd.Series, goals: tuple[str, str], scales: tuple[Scale, Scale], on: bool) -> None:
    """Draw a point with its interval in either goal."""
    (right, up), (broad, tall) = goals, scales
    x, y = row["mean_difference", right] * broad.factor, row["mean_difference", up] * tall.factor
    colour = BETTER if on else GREY
    ax.plot(
        [row["ci_low_simultaneous", right] * broad.factor, row["ci_high_simultaneous", right] * broad.factor],
        [y, y],
        color=colour,
        linewidth=THIN,
        zorder=2,
    )
    ax.plot(
        [x, x],
        [row["ci_low_simultaneous", up] * tall.factor, row["ci_high_simultaneous", up] * tall.factor],
        color=colour,
        linewidth=THIN,
        zorder=2,
    )
    ax.plot([x], [y], "o", markersize=DOT, markeredgecolor=colour, markerfacecolor=BETTER if on else GRID, zorder=4)
