"""The figures that documents publish, beside the model's."""

from __future__ import annotations

import math
from typing import cast

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.charts.axes import tidy
from sim.charts.figures import canvas
from sim.charts.layout import annotate, finish, root_of, settle
from sim.charts.scales import PER_CENT
from sim.charts.style import (
    AXIS_END,
    DOT,
    DOTS,
    GAP,
    GRID,
    HALF_BAR,
    HEADROOM,
    INK,
    LINE,
    POINTS_AN_INCH,
    SMALL,
    STYLE,
    THIN,
)
from sim.wording import UNDEFINED, counted, estimate, number

# The audit's picture: inches of a row, of the head, of the width; points of the columns beside the chart; the end of
# its axis, in per cent of the published figure; and how verdicts are drawn.
CLAIMS_ROW, CLAIMS_HEAD, CLAIMS_WIDTH = 0.24, 1.9, 17.0
CLAIM_COLUMNS, CLAIM_NAME, OFF_AXIS = (14.0, 84.0, 274.0), 190.0, 100.0
CLAIM_DOTS = {"reproduced": "better", "differs": "worse", "undecided": "unclear"}


@mpl.rc_context(STYLE)
def claims_beside_model(table: pd.DataFrame, ax: Axes, *, title: str = "", source: str = "") -> Axes:
    """Published figures and the model's intervals, a row each, as the model's relative difference from the claim.

    Units differ from row to row, so the axis is the share by which the model lies above or below what was
    published; what lies off the axis has an arrow at its edge, and the numbers stand beside it.

    Parameters
    ----------
    table : columns claim, figure, unit, published, published_high, mean, ci_low, ci_high, n and verdict, in the order
        drawn; NaN in `published` for a claim without a number.
    ax : of a figure with about a fifth of an inch a row (`claims_canvas`).
    """
    rows = table.reset_index(drop=True)
    for place, row in rows.iterrows():
        _draw_claim(ax, float(cast(int, place)), row)
    ax.axvline(0, color=INK, linewidth=THIN)
    ax.set_xlim(-OFF_AXIS * (1 + HEADROOM), OFF_AXIS * (1 + HEADROOM))
    tidy(ax, values="x")
    for place in rows.index[~rows["claim"].duplicated()][1:]:
        ax.axhline(place - 1 / 2, color=GRID, linewidth=THIN)
    ax.set_ylim(len(rows) - 1 + AXIS_END, -AXIS_END)
    ax.set_yticks(range(len(rows)), rows["figure"], fontsize=SMALL)
    ax.set_xlabel("model above (+) or below (−) the published figure, % of it")
    _claim_columns(ax, rows)
    count = int(rows["n"].max())
    note = "95 % intervals over " + (counted(count, "replication") if count > 1 else "one replication: none")
    what = "Line at zero, with a grey band where a range was published: what is claimed. Dots: the model"
    finish(
        ax, title, f"{what}, {note}. Arrows: off the axis. Dark: reproduced. Light: differs. Pale: undecided.", source
    )
    return ax


def claims_canvas(rows: int) -> tuple[Figure, Axes]:
    """Return an empty figure, and its axes, that is tall enough for so many rows of `claims_beside_model`."""
    return canvas((CLAIMS_WIDTH, CLAIMS_HEAD + CLAIMS_ROW * rows))


def _draw_claim(ax: Axes, place: float, row: pd.Series) -> None:
    """Dot and interval of one figure relative to its claim, or an arrow where it lies off the axis."""
    middle = (row["published"] + row["published_high"]) / 2
    if row["verdict"] not in CLAIM_DOTS or not middle > 0:
        return
    edge, face = DOTS[CLAIM_DOTS[row["verdict"]]]
    value, low, high, *ends = (
        PER_CENT * (row[name] / middle - 1) for name in ("mean", "ci_low", "ci_high", "published", "published_high")
    )
    if ends[1] > ends[0]:
        ax.barh(place, ends[1] - ends[0], 2 * HALF_BAR, ends[0], color=GRID)
    if abs(value) > OFF_AXIS:
        side = math.copysign(OFF_AXIS, value)
        ax.plot(side, place, marker=">" if side > 0 else "<", color=edge, markersize=DOT, clip_on=False)
        return
    ax.plot([max(low, -OFF_AXIS), min(high, OFF_AXIS)], [place, place], color=edge, linewidth=LINE)
    ax.plot(value, place, "o", markersize=DOT, markeredgecolor=edge, markerfacecolor=face, zorder=3)


def _claim_columns(ax: Axes, rows: pd.DataFrame) -> None:
    """Write the claims left of the figures' names, and the numbers right of the chart."""
    settle(ax)
    points = POINTS_AN_INCH / root_of(ax).dpi
    names = max(label.get_window_extent().width for label in ax.get_yticklabels()) * points
    left = -(names + CLAIM_NAME)
    columns = {left: _claim_names(rows), CLAIM_COLUMNS[0]: [_claimed(row) for _, row in rows.iterrows()],
               CLAIM_COLUMNS[1]: [_modelled(row) for _, row in rows.iterrows()],
               CLAIM_COLUMNS[2]: list(rows["verdict"])}  # fmt: skip
    heads = ("claim", "published", "model (95 %)", "verdict")
    for (offset, texts), head in zip(columns.items(), heads, strict=True):
        corner = (0, 1) if offset < 0 else (1, 1)
        annotate(ax, head, corner, (offset, GAP), fontsize=SMALL, fontweight="bold")
        for place, text in enumerate(texts):
            where = (corner[0], place)
            annotate(ax, text, where, (offset, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)


def _claim_names(rows: pd.DataFrame) -> list[str]:
    """Name of each claim on its first row, with its grade."""
    first = ~rows["claim"].duplicated()
    return [f"{row['claim']} ({row['grade']})" if first[place] else "" for place, row in rows.iterrows()]


def _claimed(row: pd.Series) -> str:
    if np.isnan(row["published"]):
        return UNDEFINED
    least, most = (number(row[name], row["unit"]) for name in ("published", "published_high"))
    return least if least == most else f"{least} to {most}"


def _modelled(row: pd.Series) -> str:
    return estimate(row["mean"], row["ci_low"], row["ci_high"], row["unit"])
