"""Charts of a choice: how probable each place is for each policy, and what each brings for what it costs.

As in `sim.charts`: a frame and an `ax` go in, the `ax` comes out, and nothing is run.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from sim.charts.axes import tidy
from sim.charts.labels import Labels, describe
from sim.charts.layout import annotate, finish, root_of, settle
from sim.charts.rows import FRONTIER_FROM
from sim.charts.scales import PER_CENT, chance_text, scale_of
from sim.charts.style import (
    AXIS_END,
    BETTER,
    DOT,
    GAP,
    GREY,
    HALF_BAR,
    INK,
    LINE,
    PAPER,
    POINTS_AN_INCH,
    RAMP,
    RIM,
    SMALL,
    STYLE,
    THIN,
)

Align = Literal["left", "center", "right"]
COLUMNS = ("mean_difference", "ci_low_simultaneous", "ci_high_simultaneous")
SIDES = ["mean_difference", "low", "high"]
SHOWN_FROM = 0.06
"""A part of a bar that is shorter than this share of it has no room for its number."""
DARK_TO = 0.5
"""Parts of a bar from this shade on are light enough for dark text."""
AWAY, HALO = 7.0, 2.5  # points between a dot and its name, and of paper round the name
# fmt: off
WAYS: tuple[tuple[int, float, Align], ...] = (
    (1, 1.0, "left"), (1, -1.0, "left"), (-1, 1.0, "right"), (-1, -1.0, "right"), (1, 0.0, "left"), (-1, 0.0, "right"),
    (1, 2.2, "left"), (1, -2.2, "left"), (-1, 2.2, "right"), (-1, -2.2, "right"), (0, 3.4, "center"),
    (0, -3.4, "center"),
)
# fmt: on
"""Where a name may stand beside its dot, tried in this order: sideways, up (lines), and its alignment."""


@mpl.rc_context(STYLE)
def rank_probabilities(
    ranks: pd.DataFrame, ax: Axes, *, chosen: str | None = None, what: str = "", title: str = "", source: str = ""
) -> Axes:
    """One bar a policy: the probability of each place among all, the best one dark.

    Parameters
    ----------
    ranks : columns policy, rank (from 1) and probability, as `Choice.ranks`; policies in the order drawn.
    chosen : policy in bold.
    what : what the places are by.
    """
    wide = ranks.pivot(index="policy", columns="rank", values="probability").loc[list(dict.fromkeys(ranks["policy"]))]
    last = max(len(wide.columns) - 1, 1)
    start = np.zeros(len(wide))
    centred: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL}
    for column, rank in enumerate(wide.columns):
        share = wide[rank].to_numpy() * PER_CENT
        shade = RAMP(1 - column / last)
        ax.barh(range(len(wide)), share, left=start, height=2 * HALF_BAR, color=shade, edgecolor=PAPER, linewidth=RIM)
        for place, value in enumerate(share):
            if value >= SHOWN_FROM * PER_CENT:
                ink = PAPER if column / last < DARK_TO else INK
                text = f"{_nth(rank)} {chance_text(value / PER_CENT)}"
                ax.text(start[place] + value / 2, place, text, color=ink, **centred)
        start += share
    tidy(ax, values="x")
    ax.set_xlim(0, PER_CENT)
    ax.set_yticks(range(len(wide)), list(wide.index))
    for label in ax.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == chosen else "normal")
    ax.set_ylim(len(wide) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel("probability of each place, %")
    for place, first in enumerate(wide.iloc[:, 0]):
        annotate(
            ax,
            f"best: {chance_text(first)}",
            (1, place),
            (GAP, 0),
            ("axes fraction", "data"),
            va="center",
            fontsize=SMALL,
        )
    finish(
        ax, title, f"Probability of each place{f' by {what}' if what else ''}, after the replications so far.", source
    )
    return ax


@mpl.rc_context(STYLE)
def pareto(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    across: str,
    up: str,
    baseline: str,
    labels: Labels | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Policies by two measures, as paired differences from the baseline; those on the frontier are named and joined.

    Parameters
    ----------
    frame : as `Choice.pareto`: a row a policy and measure, with standing, mean_difference, ci_low_simultaneous
        and ci_high_simultaneous.
    across, up : measures of the two axes.
    baseline : policy at the origin.
    """
    tables = {name: frame[frame["measure"] == name].set_index("policy") for name in (across, up)}
    scales = {name: scale_of(describe(labels, name).unit, t[list(COLUMNS)]) for name, t in tables.items()}
    x, y = (tables[name][list(COLUMNS)].set_axis(SIDES, axis=1) * scales[name].factor for name in (across, up))
    standing = tables[up]["standing"]
    on = standing.str.startswith("frontier")
    for place, policy in enumerate(standing.index):
        _cross(ax, x.iloc[place], y.iloc[place], bool(on.iloc[place]), policy == baseline)
    order = x["mean_difference"][on].sort_values().index
    joined = len(order) >= FRONTIER_FROM
    if joined:
        ax.plot(
            x["mean_difference"][order],
            y["mean_difference"][order],
            color=BETTER,
            linewidth=THIN,
            linestyle=":",
            zorder=1,
        )
    _tidy_both(ax)
    for name, axis in ((across, ax.set_xlabel), (up, ax.set_ylabel)):
        axis(f"{describe(labels, name).label}, {scales[name].change}", color=GREY)
    confidence = frame["confidence"].iloc[0] * PER_CENT
    note = f"Differences from {baseline}; crosses: {confidence:.4g} % intervals that hold for all together. Dark"
    which = " and joined: the frontier" if joined else ": none is better in both"
    finish(ax, title, f"{note}{which}. Grey: dominated, or breaks a constraint.", source)
    _name_dots(ax, x, y, on)
    return ax


def _cross(ax: Axes, x: pd.Series, y: pd.Series, on: bool, base: bool) -> None:
    colour = BETTER if on else GREY
    if not base:
        ax.plot([x["low"], x["high"]], [y["mean_difference"]] * 2, color=colour, linewidth=THIN, zorder=2)
        ax.plot([x["mean_difference"]] * 2, [y["low"], y["high"]], color=colour, linewidth=THIN, zorder=2)
    face = PAPER if base else colour
    ax.plot(x["mean_difference"], y["mean_difference"], "o", markersize=DOT, markeredgecolor=INK if base else colour,
            markerfacecolor=face, markeredgewidth=LINE if base else RIM, zorder=3)  # fmt: skip


def _tidy_both(ax: Axes) -> None:
    tidy(ax, values="y")
    tidy(ax, values="x")
    tidy(ax, values="y")
    ax.grid(True, axis="both")
    ax.margins(x=0.15, y=0.12)


def _name_dots(ax: Axes, x: pd.DataFrame, y: pd.DataFrame, on: pd.Series) -> None:
    """Write each name beside its dot, where it covers no other name, dot or cross; those of the frontier first."""
    settle(ax)
    taken = [box for policy in x.index for box in _boxes(ax, x.loc[policy], y.loc[policy])]
    halo: list[AbstractPathEffect] = [withStroke(linewidth=HALO, foreground=PAPER)]
    for policy in sorted(x.index, key=lambda name: not on[name]):
        where = (x["mean_difference"][policy], y["mean_difference"][policy])
        colour = INK if on[policy] else GREY
        note = annotate(ax, str(policy), where, (AWAY, 0), ("data", "data"), fontsize=SMALL, color=colour, va="center")
        note.set_path_effects(halo)
        taken.append(_free(note, taken, ax.bbox))


def _boxes(ax: Axes, x: pd.Series, y: pd.Series) -> list[Bbox]:
    """What a dot and the arms of its cross cover, in pixels."""
    low, middle, high = ax.transData.transform([(x[name], y[name]) for name in ("low", "mean_difference", "high")])
    radius = DOT * root_of(ax).dpi / POINTS_AN_INCH / 2
    arms = [
        Bbox([(middle[0] - radius, middle[1] - radius), (middle[0] + radius, middle[1] + radius)]),
        Bbox([(low[0], middle[1] - 1), (high[0], middle[1] + 1)]),
        Bbox([(middle[0] - 1, low[1]), (middle[0] + 1, high[1])]),
    ]
    return [Bbox(np.sort(arm.get_points(), axis=0)) for arm in arms]


def _free(note: Annotation, taken: Sequence[Bbox], room: Bbox) -> Bbox:
    """Move a name to the first place that is free, and return the box that it then takes."""
    found: list[tuple[float, int, tuple[float, float], Align, Bbox]] = []
    for side, lines, align in WAYS:
        note.xyann = (side * AWAY, lines * SMALL)
        note.set_horizontalalignment(align)
        box = note.get_window_extent(root_of(note).canvas.get_renderer())  # type: ignore[attr-defined]
        found.append((_covered(box, taken, room), len(found), note.xyann, align, box))
        if found[-1][0] == 0:
            break
    _, _, note.xyann, align, box = min(found, key=lambda way: way[:2])
    note.set_horizontalalignment(align)
    return box


def _covered(box: Bbox, taken: Iterable[Bbox], room: Bbox) -> float:
    """Area of what a box covers, or of itself outside the axes."""
    both = [Bbox.intersection(box, other) for other in taken]
    inside = Bbox.intersection(box, room)
    outside = box.width * box.height - (0.0 if inside is None else inside.width * inside.height)
    return sum(part.width * part.height for part in both if part is not None) + max(0.0, round(outside, 3))


def _nth(rank: int) -> str:
    """Write a place: 1st, 2nd, 3rd, 4th."""
    return f"{rank}{('st', 'nd', 'rd')[rank - 1] if rank <= 3 else 'th'}"
