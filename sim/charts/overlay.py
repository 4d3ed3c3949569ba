"""What really happened on the projection: a fan of simulated companies, and the actuals as dots.

Frames are those of `sim.company.overlay`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from sim.charts.axes import MOST_MONTHS, end_at_whole, tidy
from sim.charts.labels import Described, Labels, describe
from sim.charts.layout import end_note, finish, finish_panels, panel_head, panels, spread_notes
from sim.charts.scales import PER_CENT, Scale, scale_of
from sim.charts.style import AXIS_END, BETTER, BODY, DOT, GREY, HALF_BAR, INK, LINE, PANELS_A_ROW, PAPER, SMALL, STYLE

WIDEST = ("pi_low", "pi_high", 0.14)
"""Ends of the widest band, and its opacity."""
INNER = {0.8: ("pi_low_80", "pi_high_80", 0.18), 0.5: ("pi_low_50", "pi_high_50", 0.24)}
"""Level, ends and opacity of the bands inside of it: where bands lie on each other it is darkest."""
FIGURES = [
    "mean",
    "actual",
    "mean_baseline",
    *(end for low, high, _ in (WIDEST, *INNER.values()) for end in (low, high)),
]
ALONE = np.array([-HALF_BAR, HALF_BAR])
"""How far a band reaches on either side where there is one period only."""
RING, SMALL_DOT = 1.6, 4.5
"""Points of the rim of a dot outside of the band, and of a dot in a small panel."""
A_YEAR = " a year"
FEW_MONTHS = 3
"""Names that the axis of a small panel has room for."""


@mpl.rc_context(STYLE)
def overlay(
    course: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    level: float,
    projected: str,
    baseline: str = "baseline",
    title: str = "",
    source: str = "",
) -> Axes:
    """Fan of the replications of one measure, their mean, and the actuals; dots outside of the band are hollow.

    Parameters
    ----------
    course : rows of one measure of `sim.company.overlay.Overlay.frame`.
    about : the measure.
    level : that the widest band really has.
    projected : what the projection is called: the policy, or the baseline.
    baseline : what the baseline is called; its mean is drawn dashed where the policy is another.
    """
    scale = _amounts(about.unit, course)
    notes = _fan(ax, course, scale, level, projected, baseline)
    tidy(ax, values="y")
    end_at_whole(ax, about.unit, "y")
    _period_axis(ax, course["period"], MOST_MONTHS)
    ax.set_ylabel(scale.text, size=BODY, color=GREY)
    count = int(course["n"].max())
    what = about.label if about.label.lower().startswith(scale.text) else f"{about.label}, {scale.text}"
    finish(ax, title, f"{what}, by {course['by'].iloc[0]}. {_fan_note(level, count)}", source)
    spread_notes(notes)
    return ax


@mpl.rc_context(STYLE)
def overlays(
    frame: pd.DataFrame,
    figure: Figure,
    *,
    labels: Labels,
    level: float,
    projected: str,
    baseline: str = "baseline",
    columns: int = PANELS_A_ROW,
    title: str = "",
    source: str = "",
) -> Figure:
    """One panel a measure: fan, mean and actuals.

    Parameters
    ----------
    frame : `sim.company.overlay.Overlay.frame`.
    figure : an empty figure (`sim.charts.blank`).
    labels, level, projected, baseline : as in `overlay`.
    columns : panels a row.
    """
    measures = list(dict.fromkeys(frame["measure"]))
    heads = []
    for ax, measure in zip(panels(figure, len(measures), columns), measures, strict=True):
        about, course = describe(labels, measure), frame[frame["measure"] == measure]
        scale = _amounts(about.unit, course)
        _draw(ax, course, scale, level, SMALL_DOT)
        tidy(ax, values="y")
        end_at_whole(ax, about.unit, "y")
        _period_axis(ax, course["period"], FEW_MONTHS)
        ax.tick_params(labelsize=SMALL)
        heads.append(panel_head(ax, about.label, scale.text))
    other = f" Dashed: {baseline}." if frame["mean_baseline"].notna().any() else ""
    note = f"Projected: {projected}.{other} {_fan_note(level, int(frame['n'].max()))}"
    finish_panels(figure, heads, title, note, source)
    return figure


def _amounts(unit: str, course: pd.DataFrame) -> Scale:
    """How values of a unit are shown: rates a year in per cent too, as planners write them."""
    scale = scale_of(unit.removesuffix(A_YEAR), course[FIGURES])
    return scale._replace(text=scale.text + A_YEAR) if unit.endswith(A_YEAR) else scale


def _fan(ax: Axes, course: pd.DataFrame, scale: Scale, level: float, projected: str, baseline: str) -> list[Annotation]:
    """Draw one measure, and name what is drawn at its end."""
    _draw(ax, course, scale, level, DOT)
    last = len(course) - 1
    notes = [end_note(ax, f"projected: {projected}", (last, course["mean"].iloc[-1] * scale.factor), BETTER)]
    if course["mean_baseline"].notna().any():
        notes.append(end_note(ax, baseline, (last, course["mean_baseline"].iloc[-1] * scale.factor), INK))
    known = course["actual"].dropna()
    if len(known):
        place = course.index.get_loc(known.index[-1])
        notes.append(end_note(ax, "actual", (place, known.iloc[-1] * scale.factor), INK))
    return notes


def _draw(ax: Axes, course: pd.DataFrame, scale: Scale, level: float, dot: float) -> None:
    places, shown = np.arange(len(course)), course[FIGURES] * scale.factor
    along, wide = (places, shown) if len(course) > 1 else (ALONE, pd.concat([shown, shown]))
    for low, high, opacity in (WIDEST, *(ends for share, ends in INNER.items() if share < level)):
        ax.fill_between(along, wide[low], wide[high], color=BETTER, alpha=opacity, linewidth=0)
    ax.plot(along, wide["mean"], color=BETTER, linewidth=LINE)
    ax.plot(along, wide["mean_baseline"], color=INK, linewidth=LINE, linestyle="--")
    style: dict[str, Any] = {
        "markersize": dot,
        "markeredgecolor": INK,
        "markeredgewidth": RING,
        "linestyle": "none",
        "marker": "o",
    }
    for inside, face in ((True, INK), (False, PAPER)):
        which = (course["inside"] == inside).fillna(False).to_numpy(dtype=bool)
        ax.plot(places[which], shown["actual"][which], zorder=4, markerfacecolor=face, **style)


def _fan_note(level: float, count: int) -> str:
    inner = ", ".join(f"{share * PER_CENT:.0f}" for share in sorted(INNER) if share < level)
    shares = f"{inner} and {level * PER_CENT:.0f} %" if inner else f"{level * PER_CENT:.0f} %"
    return (
        f"Shaded: where a next one lies in {shares} of cases, by {count} simulated companies; line: their mean. "
        "Dots: what happened, hollow outside of the widest band."
    )


def _period_axis(ax: Axes, periods: Sequence[str] | pd.Series, most: int) -> None:
    """Name periods at equal steps, as many as there is room for."""
    names = list(periods)
    step = -(-len(names) // most)
    shown = range(0, len(names), step)
    ax.set_xlim(-AXIS_END, len(names) - 1 + AXIS_END)
    ax.set_xticks(list(shown), [names[place] for place in shown])
