"""One company at a glance: a row a measure, with its interval, and a bar where it is a share."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import tidy
from sim.charts.labels import Described, Labels, describe, interval_note
from sim.charts.layout import annotate, finish
from sim.charts.marks import draw_whisker
from sim.charts.rows import select
from sim.charts.scales import PER_CENT, PERCENTAGES
from sim.charts.style import AXIS_END, BETTER, BODY, GAP, GREY, HALF_BAR, INK, STYLE
from sim.wording import number, span

WIDTH, HEAD, ROW = 10.0, 2.0, 0.42
"""Inches of a figure's width, of what stands round its rows, and of a row."""
FIGURES = 80.0
"""Points from the axes to the intervals, behind the means."""


def size(measures: int) -> tuple[float, float]:
    """Return width and height (inches) of a figure with so many measures."""
    return WIDTH, HEAD + ROW * measures


@mpl.rc_context(STYLE)
def overview(
    summary: pd.DataFrame,
    ax: Axes,
    *,
    measures: Sequence[str],
    labels: Labels | None = None,
    period: str = "all",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Means of one company with their intervals in figures; shares have a bar too, and stand first.

    Parameters
    ----------
    summary : frame of `statistics.summarise`, with one policy.
    measures : a row each.
    """
    rows = select(summary, period, scenario, measures).set_index("measure")
    order = sorted(measures, key=lambda name: describe(labels, name).unit not in PERCENTAGES)
    for place, measure in enumerate(order):
        _row(ax, place, rows.loc[measure], describe(labels, measure))
    tidy(ax, values="x")
    ax.set_xlim(0, PER_CENT)
    ax.set_yticks(range(len(order)), [describe(labels, name).label for name in order])
    ax.set_ylim(len(order) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel("bars: shares, %")
    note = f"Means, {interval_note(rows)}"
    finish(ax, title, f"{note[:1].upper()}{note[1:]}.", source)
    return ax


def _row(ax: Axes, place: int, row: pd.Series, about: Described) -> None:
    """Draw one measure, and write its figures on the right."""
    mean, low, high = (float(row[name]) for name in ("mean", "ci_low", "ci_high"))
    if about.unit in PERCENTAGES:
        ax.barh(place, mean * PER_CENT, 2 * HALF_BAR, color=BETTER, zorder=2)
        draw_whisker(ax, place, low * PER_CENT, high * PER_CENT, INK, flat=True)
    unit = "" if about.unit in PERCENTAGES else about.unit.replace("money", "currency units")
    style = {"va": "center", "fontsize": BODY}
    origin = ("axes fraction", "data")
    annotate(ax, number(mean, about.unit), (1, place), (GAP, 0), origin, fontweight="bold", **style)
    interval = "" if np.isnan(low) else f"{span(low, high, about.unit)} "
    annotate(ax, f"{interval}{unit}".strip(), (1, place), (FIGURES, 0), origin, color=GREY, **style)
