"""A contact centre as pictures: its figures beside theory, over time, its warm-up, and the search for agents.

Frames are those of `sim.QueueResult`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.charts.axes import ROUND_STEPS, end_at_whole, tidy
from sim.charts.labels import Described, Labels, describe, interval_note
from sim.charts.layout import annotate, end_note, finish, spread_notes
from sim.charts.marks import draw_dot, draw_whisker
from sim.charts.scales import PER_CENT, PERCENTAGES, scale_of
from sim.charts.style import (
    AXIS_END,
    BAND,
    BETTER,
    BODY,
    DOT,
    DOTS,
    FEW_TICKS,
    GAP,
    GREY,
    GRID,
    INK,
    LINE,
    PAPER,
    RIM,
    SMALL,
    STYLE,
    THIN,
    WORSE,
)
from sim.wording import UNDEFINED, number, span

HOUR_MINUTES = 60
HOUR_STEPS, MOST_HOURS = (1, 2, 3, 6, 12, 24, 48, 168), 8
"""Spacings of an axis of hours, and the most of them that it may have."""
FIGURES, THEORY = 62.0, 150.0
"""Points from the axes to the intervals, and to theory, behind the means."""


@mpl.rc_context(STYLE)
def beside_theory(
    measures: pd.DataFrame,
    ax: Axes,
    *,
    labels: Labels,
    theory: str = "",
    title: str = "",
    source: str = "",
) -> Axes:
    """Measures of one unit, a row each: mean with its interval, and what theory gives as an open mark.

    Parameters
    ----------
    measures : columns measure, mean, ci_low, ci_high, n, confidence, theory, from top to bottom; all of one unit.
    theory : name of the closed form; without it no mark is drawn.
    """
    unit = describe(labels, str(measures["measure"].iloc[0])).unit
    scale = scale_of(unit, measures[["mean", "ci_low", "ci_high"]])
    for place, (_, row) in enumerate(measures.iterrows()):
        mean, low, high, known = (float(row[name]) for name in ("mean", "ci_low", "ci_high", "theory"))
        _mark(ax, place, known * scale.factor if theory else np.nan)
        draw_whisker(ax, place, low * scale.factor, high * scale.factor, DOTS["level"][0], flat=True)
        draw_dot(ax, place, mean * scale.factor, "level", flat=True)
        _texts(ax, place, number(mean, unit), span(low, high, unit), number(known, unit) if theory else "")
    tidy(ax, values="x")
    ax.set_xlim(0, PER_CENT if unit in PERCENTAGES else None)
    ax.set_yticks(range(len(measures)), [describe(labels, name).label for name in measures["measure"]])
    ax.set_ylim(len(measures) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel(scale.text)
    note = f"Means, {scale.text}, {interval_note(measures)}."
    finish(ax, title, f"{note} Open marks and last column: theory ({theory})." if theory else note, source)
    return ax


def _mark(ax: Axes, place: float, value: float) -> None:
    """Open diamond, larger than the dot that may lie on it."""
    (mark,) = ax.plot([value], [place], "D", markersize=DOT + GAP / 2, zorder=2, clip_on=False)
    mark.set(markeredgecolor=INK, markerfacecolor=PAPER, markeredgewidth=RIM)


def _texts(ax: Axes, place: float, mean: str, interval: str, theory: str) -> None:
    """Write the figures of a row on the right."""
    style, origin = {"va": "center", "fontsize": BODY}, ("axes fraction", "data")
    annotate(ax, mean, (1, place), (GAP, 0), origin, fontweight="bold", **style)
    if interval != UNDEFINED:
        annotate(ax, interval, (1, place), (FIGURES, 0), origin, color=GREY, **style)
    if theory:
        annotate(ax, theory, (1, place), (THEORY, 0), origin, color=INK, **style)


@mpl.rc_context(STYLE)
def over_time(
    course: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    width: float,
    goal: float | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """A measure by hour (or other bucket) of the measured run, with its band.

    Parameters
    ----------
    course : of one measure: columns from_hour, mean, ci_low, ci_high, n, confidence.
    about : the measure.
    width : hours of a bucket.
    goal : target, drawn as a dashed line.
    """
    scale = scale_of(about.unit, course[["mean", "ci_low", "ci_high"]])
    edges = np.append(course["from_hour"], course["from_hour"].iloc[-1] + width)
    mean, low, high = (
        np.append(course[name], course[name].iloc[-1]) * scale.factor for name in ("mean", "ci_low", "ci_high")
    )
    ax.fill_between(edges, low, high, step="post", color=BETTER, alpha=BAND, linewidth=0)
    ax.step(edges, mean, where="post", color=BETTER, linewidth=LINE)
    if goal is not None:
        ax.axhline(goal * scale.factor, color=INK, linewidth=THIN, linestyle="--")
        end_note(ax, f"target {number(goal, about.unit)}", (float(edges[-1]), goal * scale.factor), INK)
    tidy(ax, values="y")
    ax.set_ylim(0, PER_CENT if about.unit in PERCENTAGES else None)
    _hours(ax, float(edges[0]), float(edges[-1]))
    ax.set_ylabel(scale.text, size=BODY, color=GREY)
    each = "hour" if width == 1 else f"{width * HOUR_MINUTES:g} minutes"
    known = course[course["n"] > 0]
    finish(ax, title, f"{about.label}, {scale.text}, by {each}: mean and band, {interval_note(known)}.", source)
    return ax


@mpl.rc_context(STYLE)
def warm_up(
    tenths: pd.DataFrame,
    ax: Axes,
    *,
    names: Mapping[str, str],
    title: str = "",
    source: str = "",
) -> Axes:
    """Contacts in line and in the centre by tenth of the run, with bands; the warm-up is shaded.

    Parameters
    ----------
    tenths : columns from_hour, to_hour, measured, n, confidence, and of each name its mean and its ends ci_low_ and
        ci_high_.
    names : columns to draw, and what their lines are called.
    """
    edges = np.append(tenths["from_hour"], tenths["to_hour"].iloc[-1])
    notes = []
    for (name, text), (colour, dashes) in zip(names.items(), ((BETTER, "-"), (WORSE, "--")), strict=False):
        mean, low, high = (
            np.append(tenths[column], tenths[column].iloc[-1]) for column in (name, f"ci_low_{name}", f"ci_high_{name}")
        )
        ax.fill_between(edges, low, high, step="post", color=colour, alpha=BAND, linewidth=0)
        ax.step(edges, mean, where="post", color=colour, linewidth=LINE, linestyle=dashes)
        notes.append(end_note(ax, text, (float(edges[-1]), float(mean[-1])), colour))
    warm = float(((1 - tenths["measured"]) * (tenths["to_hour"] - tenths["from_hour"])).sum())
    tidy(ax, values="y")
    ax.set_ylim(bottom=0)
    _hours(ax, 0.0, float(edges[-1]))
    if warm > 0:
        ax.axvspan(0, warm, color=GRID, linewidth=0, zorder=0)
        annotate(ax, "warm-up, not measured", (0, 1), (0, GAP), ("data", "axes fraction"), fontsize=SMALL, color=GREY)
    ax.set_ylabel("contacts", size=BODY, color=GREY)
    finish(ax, title, f"Contacts by tenth of the run: means and bands, {interval_note(tenths)}.", source)
    spread_notes(notes)
    return ax


@mpl.rc_context(STYLE)
def staffing(
    neighbours: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    goal: float,
    title: str = "",
    source: str = "",
) -> Axes:
    """Service level by number of agents, each with its interval, beside the target.

    Parameters
    ----------
    neighbours : columns agents, service_level, ci_low_service_level, ci_high_service_level, meets, n, confidence.
    about : the service level.
    goal : target share, drawn as a dashed line.
    """
    names = ("service_level", "ci_low_service_level", "ci_high_service_level")
    scale = scale_of(about.unit, neighbours[list(names)])
    for place, (_, row) in enumerate(neighbours.iterrows()):
        mean, low, high = (float(row[name]) * scale.factor for name in names)
        kind = "better" if row["meets"] else "worse"
        draw_whisker(ax, place, low, high, DOTS[kind][0])
        draw_dot(ax, place, mean, kind)
        text = number(float(row[names[0]]), about.unit)
        annotate(ax, text, (place, mean), (DOT, 0), ("data", "data"), va="center", fontsize=SMALL)
    ax.axhline(goal * scale.factor, color=INK, linewidth=THIN, linestyle="--", zorder=1)
    tidy(ax, values="y")
    end_at_whole(ax, about.unit, "y")
    ax.set_xticks(range(len(neighbours)), [str(count) for count in neighbours["agents"]])
    ax.set_xlim(-AXIS_END, len(neighbours) - 1 + AXIS_END)
    ax.set_xlabel("agents")
    ax.set_ylabel(scale.text, size=BODY, color=GREY)
    end_note(ax, f"target {number(goal, about.unit)}", (len(neighbours) - 1 + AXIS_END, goal * scale.factor), INK)
    what = f"{about.label}, {scale.text}, by number of agents, {interval_note(neighbours)}"
    finish(ax, title, f"{what}. Dark: meets the target. Light: does not.", source)
    return ax


def _hours(ax: Axes, first: float, last: float) -> None:
    """Label the axis of hours, at hours that divide a day where the run is long enough."""
    ax.set_xlim(first, last)
    steps = [step for step in HOUR_STEPS if (last - first) / step <= MOST_HOURS]
    if last - first < FEW_TICKS:
        ax.xaxis.set_major_locator(MaxNLocator(FEW_TICKS, steps=ROUND_STEPS))
    else:
        step = steps[0] if steps else HOUR_STEPS[-1] * np.ceil((last - first) / HOUR_STEPS[-1] / MOST_HOURS)
        ax.set_xticks(np.arange(np.ceil(first / step), np.floor(last / step) + 1) * step)
    ax.set_xlabel("hours since the run began")
