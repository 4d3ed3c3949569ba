"""Axes of values, levels, policies, months and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from sim.charts.layout import settle
from sim.charts.scales import PER_CENT, PERCENTAGES
from sim.charts.style import AXIS_END, BODY, FEW_TICKS, GAP, GREY, GRID, HEADROOM, INK, THIN, UPRIGHT

ROUND_STEPS = (1, 2, 2.5, 5, 10)
MONTH_STEPS, MOST_MONTHS = (1, 2, 3, 6, 12, 24, 60), 7  # spacings of a month axis, and the ticks it may have


def tidy(ax: Axes, values: Literal["x", "y"], ticks: int = FEW_TICKS) -> None:
    """Leave a light grid across the axis of values, and nothing else that is not data."""
    ax.spines[:].set_visible(False)
    ax.grid(False)
    ax.grid(True, axis=values, color=GRID, linewidth=THIN)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, labelsize=BODY, labelcolor=INK)
    ax.xaxis.label.set(size=BODY, color=GREY)
    numbers = ScalarFormatter(useOffset=False)
    numbers.set_scientific(False)
    axis = ax.xaxis if values == "x" else ax.yaxis
    axis.set_major_locator(MaxNLocator(ticks, steps=ROUND_STEPS))
    axis.set_major_formatter(numbers)
    if values == "x":
        ax.set_xmargin(HEADROOM)
    else:
        ax.set_ymargin(HEADROOM)


def end_at_whole(ax: Axes, unit: str, values: Literal["x", "y"]) -> None:
    """End an axis of shares at 0 and 100 %, although an interval, or room for words, may reach beyond."""
    if unit not in PERCENTAGES:
        return
    low, high = getattr(ax, f"get_{values}lim")()
    getattr(ax, f"set_{values}lim")(max(low, 0.0), min(high, PER_CENT))


def level_axis(ax: Axes, texts: Mapping[str, str], baseline: str, size: float = BODY, named: bool = True) -> None:
    """Name levels at equal steps, the baseline in bold."""
    ax.set_xticks(range(len(texts)), list(texts.values()) if named else [""] * len(texts), fontsize=size)
    ax.get_xticklabels()[list(texts).index(baseline)].set_fontweight("bold")
    ax.set_xlim(-AXIS_END, len(texts) - 1 + AXIS_END)


def policy_axis(ax: Axes, texts: Mapping[str, str], baseline: str, named: bool) -> None:
    """Name policies from top to bottom, the baseline in bold."""
    ax.set_yticks(range(len(texts)), list(texts.values()) if named else [""] * len(texts))
    ax.get_yticklabels()[list(texts).index(baseline)].set_fontweight("bold")
    ax.set_ylim(len(texts) - 1 + AXIS_END, -AXIS_END)


def month_axis(ax: Axes, months: pd.Series) -> list[int]:
    """Label the axis of months at round steps that the data have, and return the months labelled."""
    last, known = int(months.max()), set(months)
    ways = [list(range(0, last + 1, step)) for step in MONTH_STEPS]
    shown = next((way for way in ways if len(way) <= MOST_MONTHS and known.issuperset(way)), [0, last])
    ax.set_xlim(0, last)
    ax.set_xticks(shown)
    ax.set_xlabel("months since the start")
    return shown


def place_axis(ax: Axes, places: Sequence[float], name: str) -> None:
    """Label the axis of time at each place while they are few, and at round ones otherwise."""
    ax.set_xlim(min(places), max(places))
    if len(places) <= MOST_MONTHS:
        ax.set_xticks(places, [f"{place:g}" for place in places])
    else:
        ax.xaxis.set_major_locator(MaxNLocator(FEW_TICKS, steps=ROUND_STEPS, integer=True))
    ax.set_xlabel(name)


def uncrowd(axes: Sequence[Axes]) -> None:
    """Where labels of levels would touch, leave out the per cent sign that all have, or else turn them."""
    for ax in _crowded(axes):
        texts = [label.get_text() for label in ax.get_xticklabels()]
        numbers = [text.removesuffix(" %") for text in texts]
        if texts == [f"{number} %" for number in numbers if number.isdecimal()]:
            ax.set_xticklabels(numbers)
    for ax in _crowded(axes):
        ax.tick_params(axis="x", labelrotation=UPRIGHT)
    settle(axes[0])
    for ax in axes:  # turned labels leave less height for the values
        few = min(FEW_TICKS, ax.yaxis.get_tick_space())
        cast(MaxNLocator, ax.yaxis.get_major_locator()).set_params(nbins=few)


def _crowded(axes: Sequence[Axes]) -> list[Axes]:
    settle(axes[0])
    touching = []
    for ax in axes:
        boxes = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
        if any(left.x1 + GAP > right.x0 for left, right in pairwise(boxes)):
            touching.append(ax)
    return touching
