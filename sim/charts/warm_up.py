"""The start of a company as a picture: a measure week by week, the cut of MSER-5 and the scenario's warm-up.

Frames are those of `sim.studies.warm_up`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import end_at_whole, place_axis, tidy
from sim.charts.labels import Described, interval_note
from sim.charts.layout import annotate, finish
from sim.charts.scales import scale_of
from sim.charts.style import BAND, BETTER, BODY, GAP, GREY, INK, LEADING, LINE, RAMP, SMALL, STYLE, THIN

WEEK_DAYS = 7
ROW = SMALL * LEADING * LEADING
"""Points from one row of names above the axes to the next."""


@mpl.rc_context(STYLE)
def warm_up(
    weeks: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    marks: Mapping[str, float],
    title: str = "",
    source: str = "",
) -> Axes:
    """Means over replications week by week from the start, with their band and moving average.

    Parameters
    ----------
    weeks : columns week, n, mean, ci_low, ci_high, confidence, smoothed, as in `sim.studies.warm_up.WarmUp.weeks`, of
        one measure.
    about : the measure.
    marks : what is marked by an upright line, and how many days after the start.
    """
    scale = scale_of(about.unit, weeks[["mean", "ci_low", "ci_high"]])
    mean, low, high, smooth = (weeks[name] * scale.factor for name in ("mean", "ci_low", "ci_high", "smoothed"))
    places = weeks["week"] - 1 / 2  # the middle of the week
    ax.fill_between(places, low, high, color=BETTER, alpha=BAND, linewidth=0)
    ax.plot(places, mean, color=RAMP(0.0), linewidth=THIN)
    ax.plot(places, smooth, color=BETTER, linewidth=LINE)
    tidy(ax, values="y")
    end_at_whole(ax, about.unit, "y")
    place_axis(ax, [0, *weeks["week"]], "weeks from the start")
    ax.set_ylabel(scale.text, size=BODY, color=GREY)
    _mark_days(ax, marks)
    what = f"{about.label}, {scale.text}, week by week: mean over replications (thin; band: {interval_note(weeks)})"
    finish(ax, title, f"{what} and its moving average (thick).", source)
    return ax


def _mark_days(ax: Axes, marks: Mapping[str, float]) -> None:
    """Upright lines at days of an axis of weeks, each with a name above in a row of its own."""
    end = ax.get_xlim()[1]
    for row, (name, days) in enumerate(reversed(list(marks.items()))):
        place = days / WEEK_DAYS
        ax.axvline(place, color=INK, linewidth=LINE, linestyle="-" if row else "--")
        side = "left" if place < end / 2 else "right"
        offset = (0, GAP + row * ROW)
        annotate(ax, name, (place, 1), offset, ("data", "axes fraction"), ha=side, fontsize=SMALL, color=INK)
