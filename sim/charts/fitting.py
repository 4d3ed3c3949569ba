"""How well forms fit records, as pictures: what was seen beside what was fitted, with intervals.

Frames are those of the curves of `sim.company.fitting`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.text import Annotation

from sim.charts.axes import end_at_whole, tidy
from sim.charts.labels import level_text
from sim.charts.layout import annotate, end_note, finish, spread_notes
from sim.charts.scales import PER_CENT
from sim.charts.style import BAND, BETTER, DOT, GAP, GREY, GRID, INK, LINE, RAMP, RIM, SMALL, STYLE, THIN, WORSE

PALE = RAMP(0.1)
DASHES = {"exponential": (0, (1, 1.5)), "weibull": (0, (5, 1.5)), "lognormal": (0, (3, 1.5, 1, 1.5)), "pieces": "-"}
"""How the lines of fitted forms are drawn, so that they differ in grey print too."""
FORMS = {"exponential": "exponential", "weibull": "Weibull", "lognormal": "lognormal", "pieces": "hazard in pieces"}
SECONDS_A_MINUTE = 60.0
HALF_HOUR = 0.5
DAY_HOURS, HOUR_STEP = 24, 3
BEYOND = 1.2
"""The last piece of a hazard, which has no end, is drawn this many times as far as the last knot."""
NAIVE = ((GREY, "--"), (WORSE, "-."))
"""Colour and dashes of naive forecasts, in their order."""


@mpl.rc_context(STYLE)
def day_profile(profile: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Share of a day's contacts in each half-hour, full and short days, with bands.

    Parameters
    ----------
    profile : columns day ("full" or "short"), hour (beginning of the half-hour), share, ci_low, ci_high.
    level : of the band.
    """
    for day, colour, width in (("full", BETTER, LINE), ("short", WORSE, LINE)):
        rows = profile[profile["day"] == day]
        if not len(rows):
            continue
        hours = np.append(rows["hour"], DAY_HOURS)
        share, low, high = (
            np.append(rows[name], rows[name].iloc[-1]) * PER_CENT for name in ("share", "ci_low", "ci_high")
        )
        ax.fill_between(hours, low, high, step="post", color=colour, alpha=BAND, linewidth=0)
        ax.step(hours, share, where="post", color=colour, linewidth=width)
        top = rows["share"].idxmax()
        at = (rows["hour"][top] + HALF_HOUR / 2, rows["ci_high"][top] * PER_CENT)
        annotate(ax, f"{day} day", at, (0, GAP), ("data", "data"), ha="center", fontsize=SMALL, color=INK)
    tidy(ax, values="y")
    ax.set_xlim(0, DAY_HOURS)
    ax.set_xticks(range(0, DAY_HOURS + 1, HOUR_STEP))
    ax.set_xlabel("hour of the day")
    what = "Contacts of each half-hour, per cent of the day's"
    finish(ax, title, f"{what}; bands: {level_text(level)} intervals, whole days drawn.", source)
    return ax


@mpl.rc_context(STYLE)
def handling(histogram: pd.DataFrame, ax: Axes, *, note: str, title: str = "", source: str = "") -> Axes:
    """Histogram of handling times with the lognormal that was fitted.

    Parameters
    ----------
    histogram : columns from, to (seconds), share, lognormal (share that the fit expects).
    note : how well the fit fits, in words.
    """
    middle, width = (histogram["from"] + histogram["to"]) / 2, histogram["to"] - histogram["from"]
    minutes = middle / SECONDS_A_MINUTE
    ax.bar(minutes, histogram["share"] * PER_CENT, width=0.9 * width / SECONDS_A_MINUTE, color=PALE)
    ax.plot(minutes, histogram["lognormal"] * PER_CENT, color=INK, linewidth=LINE)
    place = int(np.argmax(middle > histogram["to"].max() / 3))
    at = (minutes.iloc[place], histogram["lognormal"].iloc[place] * PER_CENT)
    style = {"fontsize": SMALL, "color": INK, "arrowprops": {"arrowstyle": "-", "color": INK, "linewidth": THIN}}
    annotate(ax, f"fitted lognormal: {note}", at, (4 * GAP, 6 * GAP), ("data", "data"), **style)
    tidy(ax, values="y")
    ax.set_xlim(0, histogram["to"].max() / SECONDS_A_MINUTE)
    ax.set_xlabel("minutes with an agent")
    each = f"{width.iloc[0]:.0f} seconds"
    finish(ax, title, f"Contacts by handling time, per cent in each {each} (bars: records; line: fit).", source)
    return ax


@mpl.rc_context(STYLE)
def patience(curve: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Kaplan-Meier curve of patience with its band, and the forms that were fitted.

    Parameters
    ----------
    curve : of one group: columns seconds, alive, ci_low, ci_high, and a column for each of `FORMS`.
    level : of the band.
    """
    seconds = curve["seconds"]
    low, high, alive = (curve[name] * PER_CENT for name in ("ci_low", "ci_high", "alive"))
    ax.fill_between(seconds, low, high, step="post", color=BETTER, alpha=BAND, linewidth=0)
    ax.step(seconds, alive, where="post", color=BETTER, linewidth=2 * LINE)
    notes = [end_note(ax, "Kaplan-Meier", (seconds.iloc[-1], alive.iloc[-1]), BETTER)]
    for name, dashes in DASHES.items():
        if name in curve:
            ax.plot(seconds, curve[name] * PER_CENT, color=INK, linewidth=THIN, linestyle=dashes)
            notes.append(end_note(ax, FORMS[name], (seconds.iloc[-1], curve[name].iloc[-1] * PER_CENT), INK))
    tidy(ax, values="y")
    ax.set_xlim(0, seconds.max())
    ax.set_ylim(bottom=0, top=PER_CENT)
    ax.set_xlabel("seconds in the queue")
    n, gave_up = int(curve["n"].iloc[0]), int(curve["gave_up"].iloc[0])
    what = f"Contacts that would still wait, per cent; {n:,} waited, {gave_up:,} gave up, the others are censored"
    finish(ax, title, f"{what}. Band: {level_text(level)} interval.", source)
    spread_notes(notes)
    return ax


@mpl.rc_context(STYLE)
def hazard(pieces: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Hazard of giving up in pieces, with intervals; a line a group.

    Parameters
    ----------
    pieces : columns group, start, stop (seconds), hazard, ci_low, ci_high (per minute).
    level : of the intervals.
    """
    last = pieces["start"].max() * BEYOND
    groups = list(dict.fromkeys(pieces["group"]))
    notes: list[Annotation] = []
    for place, group in enumerate(groups):
        rows = pieces[pieces["group"] == group]
        colour = (BETTER, WORSE, GREY)[place % 3]
        edges = np.append(rows["start"], last)
        values = np.append(rows["hazard"], rows["hazard"].iloc[-1])
        ax.step(edges, values, where="post", color=colour, linewidth=LINE)
        low, high = (np.append(rows[name], rows[name].iloc[-1]) for name in ("ci_low", "ci_high"))
        ax.fill_between(edges, low, high, step="post", color=colour, alpha=BAND, linewidth=0)
        notes.append(end_note(ax, group, (last, values[-1]), colour))
    tidy(ax, values="y")
    ax.set_xlim(0, last)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("seconds in the queue")
    what = "Rate of giving up, per minute, of those who still wait"
    finish(ax, title, f"{what}. Bands: {level_text(level)} intervals (Poisson).", source)
    spread_notes(notes)
    return ax


@mpl.rc_context(STYLE)
def day_factor(days: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Contacts of each day over what is expected of it, beside what chance alone would do.

    Parameters
    ----------
    days : columns date, factor, and pi_low and pi_high, the band of chance.
    level : of the band of chance.
    """
    dates = pd.to_datetime(days["date"])
    ax.fill_between(dates, days["pi_low"], days["pi_high"], color=GREY, alpha=BAND, linewidth=0)
    ax.axhline(1.0, color=INK, linewidth=THIN)
    ax.plot(dates, days["factor"], "o", color=BETTER, markersize=DOT, markeredgewidth=RIM)
    tidy(ax, values="y")
    locator = AutoDateLocator(maxticks=MOST_DAYS)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    what = "Contacts of a full day over those expected of its weekday and week"
    finish(ax, title, f"{what}. Band: where {level_text(level)} of the days would lie by chance alone.", source)
    return ax


@mpl.rc_context(STYLE)
def forecast(
    course: pd.DataFrame,
    ax: Axes,
    *,
    what: str,
    level: float,
    percent: bool,
    naive: Sequence[str],
    title: str = "",
    source: str = "",
) -> Axes:
    """What was forecast beside what happened, with the band and naive forecasts.

    Parameters
    ----------
    course : of one measure and grain: columns start, actual, mean, pi_low, pi_high, and one for each of ``naive``.
    what : the measure with its unit, for the subtitle.
    level : of the band.
    percent : whether values are shares.
    naive : columns of naive forecasts to draw.
    """
    factor = PER_CENT if percent else 1
    places = np.arange(len(course))
    values = {name: course[name].to_numpy(float) * factor for name in ("actual", "mean", "pi_low", "pi_high", *naive)}
    ax.fill_between(places, values["pi_low"], values["pi_high"], color=BETTER, alpha=BAND, linewidth=0)
    notes = []
    for (colour, dashes), name in zip(NAIVE, naive, strict=False):
        ax.plot(places, values[name], color=colour, linewidth=THIN, linestyle=dashes)
        notes.append(_last(ax, name, values[name], colour))
    ax.plot(places, values["mean"], color=BETTER, linewidth=LINE)
    notes.append(_last(ax, "forecast", values["mean"], BETTER))
    ax.plot(places, values["actual"], "o", color=INK, markersize=DOT / 2)
    tidy(ax, values="y")
    ax.set_ylim(bottom=0)
    end_at_whole(ax, "share" if percent else "", "y")
    ax.set_xlim(-HALF_HOUR, len(course) - HALF_HOUR)
    _time_axis(ax, pd.DatetimeIndex(course["start"]))
    finish(ax, title, f"{what}. Dots: what happened; band: {level_text(level)} of the forecast.", source)
    spread_notes([note for note in notes if note is not None])
    return ax


def _last(ax: Axes, name: str, values: np.ndarray, colour: object) -> Annotation | None:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return None
    return end_note(ax, name, (float(len(values) - HALF_HOUR), float(values[known[-1]])), colour)


def _time_axis(ax: Axes, starts: pd.DatetimeIndex) -> None:
    """A tick for each day, or for some of them when there are many; a line where one of several hours begins."""
    first = np.flatnonzero(~starts.normalize().duplicated())
    if len(first) == len(starts):
        shown = first[:: -(-len(first) // MOST_DAYS)]
        ax.set_xticks(shown, [f"{starts[k]:%a} {starts[k].day} {starts[k]:%b}" for k in shown], fontsize=SMALL)
        return
    middle = (first + np.append(first[1:], len(starts)) - 1) / 2
    ax.set_xticks(middle, [f"{starts[k]:%a} {starts[k].day}" for k in first], fontsize=SMALL)
    ax.set_xlabel(f"open hours from {starts[0].day} {starts[0]:%B %Y}")
    for place in first[1:]:
        ax.axvline(place - HALF_HOUR, color=GRID, linewidth=THIN, zorder=0)


MOST_DAYS = 8
"""Days that an axis names."""
