"""What stands for a figure: dots, whiskers, curves with bands."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from sim.charts.layout import end_note
from sim.charts.style import BAND, CAP, DOT, DOTS, INK, LINE, PAPER, RAMP, RIM, THIN


def draw_curves(
    ax: Axes,
    table: pd.DataFrame,
    columns: tuple[str, str, str],
    texts: Mapping[str, str],
    baseline: str,
    along: str = "month",
) -> list[Annotation]:
    """Curves with bands, the baseline in black and dashed, and a note at the end of each."""
    middle, low, high = columns
    others = [policy for policy in texts if policy != baseline]
    notes = []
    for policy, text in texts.items():
        rows = table[table["policy"] == policy].sort_values(along)
        shade = INK if policy == baseline else RAMP(others.index(policy) / max(len(others) - 1, 1))
        style = "--" if policy == baseline else "-"
        ax.fill_between(rows[along], rows[low], rows[high], color=shade, alpha=BAND, linewidth=0)
        order = 3 if policy == baseline else 2
        ax.plot(rows[along], rows[middle], color=shade, linewidth=LINE, linestyle=style, zorder=order)
        name = f"baseline {text}" if policy == baseline else text
        notes.append(end_note(ax, name, (rows[along].iloc[-1], rows[middle].iloc[-1]), shade))
    return notes


def draw_whisker(ax: Axes, place: float, low: float, high: float, colour: str, flat: bool = False) -> None:
    """Interval with caps; a white rim keeps it visible on bars. Nothing is drawn where it is undefined."""
    along, across = [low, high], [place, place]
    for width, shade in ((THIN + 2 * RIM, PAPER), (THIN, colour)):
        (line,) = ax.plot(*((along, across) if flat else (across, along)), color=shade, linewidth=width, zorder=3)
        line.set(marker="|" if flat else "_", markersize=2 * CAP + width - THIN, markeredgewidth=width)


def draw_dot(ax: Axes, place: float, value: float, kind: str, flat: bool = False) -> None:
    """Draw one figure; kind is an entry of `DOTS`."""
    edge, face = DOTS[kind]
    at = ([value], [place]) if flat else ([place], [value])
    ax.plot(*at, "o", markersize=DOT, markeredgecolor=edge, markerfacecolor=face, zorder=4, clip_on=False)


def kind_of(value: float, low: float, high: float, better: str) -> str:
    """How a difference is drawn; without an interval (one replication) nothing is clear."""
    if not (low > 0 or high < 0):
        return "unclear"
    if better not in ("higher", "lower"):
        return "neutral"
    return "better" if (value > 0) == (better == "higher") else "worse"
