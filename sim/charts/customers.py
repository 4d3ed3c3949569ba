"""How well laws of customers fit records, as pictures: cohorts, purchases, answers and friends.

Frames are those of the curves of `sim.company.fitting`. The style is that of `sim.charts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.dates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from sim.charts.axes import end_at_whole, month_axis, place_axis, tidy
from sim.charts.labels import level_text
from sim.charts.layout import annotate, end_note, finish, rows_below, spread_notes
from sim.charts.marks import draw_whisker
from sim.charts.scales import PER_CENT
from sim.charts.style import BAND, BETTER, DOT, GAP, GREY, INK, LINE, PAPER, RAMP, RIM, SMALL, STYLE, THIN, WORSE

DATES: Any = matplotlib.dates  # its functions have no types
WHOLE = "all"
NAIVE = ((GREY, "--"), (WORSE, "-."), (GREY, ":"))
"""Colour and dashes of naive forecasts, in their order."""
LAWS = {"sbg": ("sBG", "-"), "bdw": ("BdW", (0, (5, 1.5)))}
"""Name and dashes of the laws of retention; the one that forecasts is thick."""
SHADES = (BETTER, WORSE, GREY)
GROUPS = {"promoters": BETTER, "detractors": WORSE}
ABOVE: dict[str, Any] = {"zorder": 4, "clip_on": False}
"""Dots lie on lines and whiskers, and are whole at the edge of the axes."""
LEAST_PLACES = 7
"""Periods from which numbers at risk are given for every second one."""


@mpl.rc_context(STYLE)
def cohort_activity(cohorts: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Share of each cohort that buys in each month after that of the first purchase, with numbers at risk.

    Parameters
    ----------
    cohorts : columns cohort (one is "all"), month, at_risk, share, ci_low, ci_high.
    level : of the band, which is that of all cohorts together.
    """
    later = cohorts[cohorts["month"] > 0]
    for name, rows in later.groupby("cohort"):
        if name != WHOLE:
            ax.plot(rows["month"], rows["share"] * PER_CENT, color=RAMP(0.0), linewidth=THIN)
    whole = later[later["cohort"] == WHOLE]
    low, high, share = (whole[name] * PER_CENT for name in ("ci_low", "ci_high", "share"))
    ax.fill_between(whole["month"], low, high, color=BETTER, alpha=BAND, linewidth=0)
    ax.plot(whole["month"], share, color=BETTER, linewidth=2 * LINE)
    end_note(ax, "all cohorts", (whole["month"].iloc[-1], share.iloc[-1]), BETTER)
    tidy(ax, values="y")
    ax.set_ylim(bottom=0)
    end_at_whole(ax, "share", "y")
    every = cohorts[cohorts["cohort"] == WHOLE].set_index("month")["at_risk"]
    shown = month_axis(ax, pd.Series(every.index))
    ax.set_xlabel("months since that of the first purchase")
    at_risk = every.reindex(shown)
    rows_below(ax, {"": [f"{number:,.0f}" for number in at_risk]}, shown, heading="customers whose month has ended")
    what = "Share of the customers who buy in a month, %; thin lines: those of one month of first purchase"
    finish(ax, title, f"{what}. Band: {level_text(level)} interval.", source)
    return ax


@mpl.rc_context(STYLE)
def survival(table: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Share of cohorts that is still there, with the laws that were fitted, the forecast and its band.

    Parameters
    ----------
    table : columns cohort, period, share, at_risk, fitted, sbg, bdw, law (of the forecast), forecast, pi_low,
        pi_high.
    level : of the band.
    """
    notes: list[Annotation] = []
    names = list(dict.fromkeys(table["cohort"]))
    for name, colour in zip(names, (SHADES * len(names))[: len(names)], strict=True):
        notes += _cohort(ax, table[table["cohort"] == name], str(name), colour)
    tidy(ax, values="y")
    ax.set_ylim(0, PER_CENT)
    periods = sorted(table["period"].unique())
    place_axis(ax, periods, "renewals")
    shown = periods[:: 1 if len(periods) <= LEAST_PLACES else 2]
    ax.set_xticks(shown)
    rows_below(ax, _left(table, names, shown), shown, heading="customers still there")
    open_dots = " Open dots: held out." if (~table["fitted"] & table["share"].notna()).any() else ""
    what = "Share of a cohort still there, %; dots: records, lines: fitted laws, the thick one forecasts"
    finish(ax, title, f"{what}. Band: {level_text(level)} of the forecast.{open_dots}", source)
    spread_notes(notes)
    return ax


def _cohort(ax: Axes, rows: pd.DataFrame, name: str, colour: str) -> list[Annotation]:
    """Dots, lines and band of one cohort, and the notes at the ends of its lines."""
    scaled = {column: rows[column] * PER_CENT for column in ("share", "sbg", "bdw", "pi_low", "pi_high")}
    ax.fill_between(rows["period"], scaled["pi_low"], scaled["pi_high"], color=colour, alpha=BAND, linewidth=0)
    notes, last = [], rows["period"].iloc[-1]
    for column, (law, dashes) in LAWS.items():
        if rows[column].isna().all():
            continue
        thick = LINE if law == rows["law"].iloc[0] else THIN
        ax.plot(rows["period"], scaled[column], color=colour, linewidth=thick, linestyle=dashes)
        notes.append(end_note(ax, f"{name}, {law}", (last, scaled[column].iloc[-1]), colour))
    for fitted, face in ((True, colour), (False, PAPER)):
        own = rows["fitted"] == fitted
        ax.plot(rows["period"][own], scaled["share"][own], "o", color=colour, mfc=face, ms=DOT * 0.8, mew=RIM, **ABOVE)
    return notes


def _left(table: pd.DataFrame, names: Sequence[str], shown: Sequence[int]) -> dict[str, list[str]]:
    wide = table.pivot(index="cohort", columns="period", values="at_risk").reindex(columns=list(shown))
    return {str(name): [f"{n:,.0f}" if np.isfinite(n) else "" for n in wide.loc[name]] for name in names}


@mpl.rc_context(STYLE)
def purchases_held(course: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """Purchases forecast from the past beside those that came, both added up from the day of the forecast.

    Parameters
    ----------
    course : columns start, actual, mean, pi_low, pi_high (cumulative), and one a naive forecast.
    level : of the band.
    """
    known = ("start", "actual", "mean", "pi_low", "pi_high")
    naive = [name for name in course.columns if name not in known and course[name].notna().any()]
    days = pd.to_datetime(course["start"])
    end = DATES.date2num(days.iloc[-1])
    ax.fill_between(days, course["pi_low"], course["pi_high"], color=BETTER, alpha=BAND, linewidth=0)
    notes = []
    for (colour, dashes), name in zip(NAIVE, naive, strict=False):
        ax.plot(days, course[name], color=colour, linewidth=THIN, linestyle=dashes)
        notes.append(end_note(ax, name, (end, course[name].iloc[-1]), colour))
    for column, name, colour in (("mean", "forecast", BETTER), ("actual", "what happened", INK)):
        ax.plot(days, course[column], color=colour, linewidth=LINE if column == "mean" else 2 * LINE)
        notes.append(end_note(ax, name, (end, course[column].iloc[-1]), colour))
    tidy(ax, values="y")
    ax.set_ylim(bottom=0)
    ax.set_xlim(days.iloc[0], days.iloc[-1])
    _dates(ax)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    what = "Purchases of the customers who were known, added up from the first day that is forecast"
    finish(ax, title, f"{what}. Band: {level_text(level)} of the forecast.", source)
    spread_notes(notes)
    return ax


def _dates(ax: Axes) -> None:
    locator = DATES.AutoDateLocator(maxticks=LEAST_PLACES)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(DATES.ConciseDateFormatter(locator))


@mpl.rc_context(STYLE)
def frequencies(table: pd.DataFrame, ax: Axes, *, law: str, level: float, title: str = "", source: str = "") -> Axes:
    """Customers by repeat purchases, as they are and as the law expects them, on a scale of ratios.

    Parameters
    ----------
    table : columns repeats, open (the last class has no end), actual, expected, pi_low, pi_high.
    law : what the law is called.
    level : of the band of chance.
    """
    law_only, places = table[~table["open"]], table["repeats"]
    ax.fill_between(law_only["repeats"], law_only["pi_low"], law_only["pi_high"], color=BETTER, alpha=BAND, linewidth=0)
    ax.plot(law_only["repeats"], law_only["expected"], color=BETTER, linewidth=LINE)
    for _, row in table[table["open"]].iterrows():
        draw_whisker(ax, row["repeats"], row["pi_low"], row["pi_high"], BETTER)
        ax.plot(row["repeats"], row["expected"], "_", color=BETTER, ms=2 * DOT, mew=LINE)
    seen = table[table["actual"] > 0]
    ax.plot(seen["repeats"], seen["actual"], "o", color=INK, ms=DOT, **ABOVE)
    tidy(ax, values="y")
    _ratios(ax, "y")
    ax.set_xticks(places, [f"{n}{'+' if last else ''}" for n, last in zip(places, table["open"], strict=True)])
    ax.set_xlabel("purchase days after the first one")
    what = f"Customers by repeat purchases; dots: records, line: {law}"
    finish(ax, title, f"{what}. Band: {level_text(level)} of chance around the line.", source)
    return ax


@mpl.rc_context(STYLE)
def nps_map(
    seen: pd.DataFrame, curve: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = ""
) -> Axes:
    """Promoters and detractors by satisfaction, and the map from goodwill that was fitted.

    Parameters
    ----------
    seen : columns satisfaction, n, and promoters, detractors, each with ci_low_ and ci_high_.
    curve : columns goodwill, promoters, detractors.
    level : of the intervals.
    """
    for group, colour in GROUPS.items():
        ax.plot(curve["goodwill"], curve[group] * PER_CENT, color=colour, linewidth=LINE)
        for _, row in seen.iterrows():
            low, high = (row[f"{end}_{group}"] * PER_CENT for end in ("ci_low", "ci_high"))
            draw_whisker(ax, row["satisfaction"], low, high, colour)
        ax.plot(seen["satisfaction"], seen[group] * PER_CENT, "o", color=colour, ms=DOT, **ABOVE)
        place = float(np.interp(PER_CENT / 2, *_rising(curve, group)))
        side = -1 if group == "promoters" else 1
        at = (place, PER_CENT / 2)
        style = {"ha": "right" if side < 0 else "left", "va": "bottom", "color": INK, "fontsize": SMALL}
        annotate(ax, group, at, (side * GAP, GAP), ("data", "data"), **style)
    tidy(ax, values="y")
    ax.set_xlim(-0.03, 1.0)
    ax.set_ylim(-1, PER_CENT + 1)
    shown = [0.0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xticks(shown, [f"{place:g}" for place in shown])
    ax.set_xlabel("satisfaction, scaled to 0-1, in the place of goodwill")
    places = list(seen["satisfaction"])
    rows_below(ax, {"": [f"{n:,.0f}" for n in seen["n"]]}, places, heading="answers")
    what = "Per cent of the answers; dots: survey, lines: the model's map"
    finish(ax, title, f"{what}. Whiskers: {level_text(level)} intervals.", source)
    return ax


def _rising(curve: pd.DataFrame, group: str) -> tuple[pd.Series, pd.Series]:
    """Per cent of a group in rising order, and the goodwill at each."""
    rows = curve.sort_values(group)
    return rows[group] * PER_CENT, rows["goodwill"]


@mpl.rc_context(STYLE)
def problem_effect(effect: pd.DataFrame, ax: Axes, *, level: float, title: str = "", source: str = "") -> Axes:
    """What a problem does to NPS: as seen, as the map predicts it from satisfaction, and what is left.

    Parameters
    ----------
    effect : columns what, unit, mean_difference, ci_low_difference, ci_high_difference; rows with the unit "points" are
        drawn, the one with "score" is written below.
    level : of the intervals.
    """
    rows = effect[effect["unit"] == "points"].iloc[::-1].reset_index(drop=True)
    ax.axvline(0, color=INK, linewidth=LINE, linestyle="--")
    for place, row in rows.iterrows():
        colour = INK if place == len(rows) - 1 else BETTER
        draw_whisker(ax, float(place), row["ci_low_difference"], row["ci_high_difference"], colour, flat=True)
        ax.plot(row["mean_difference"], place, "o", color=colour, ms=DOT)
        text = f"{row['mean_difference']:+.1f}"
        annotate(
            ax,
            text,
            (row["mean_difference"], float(place)),
            (0, 1.5 * GAP),
            ("data", "data"),
            ha="center",
            fontsize=SMALL,
        )
    tidy(ax, values="x")
    ax.set_yticks(range(len(rows)), rows["what"])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel("points of NPS")
    told = effect[effect["unit"] == "score"]
    beside = ""
    if len(told):
        mean, low, high = told.iloc[0][["mean_difference", "ci_low_difference", "ci_high_difference"]]
        beside = f" Satisfaction (0-1): {mean:+.3f} ({low:+.3f} to {high:+.3f})."
    what = "Customers with a problem less those without"
    finish(ax, title, f"{what}; {level_text(level)} intervals (bootstrap).{beside}", source)
    return ax


@mpl.rc_context(STYLE)
def degrees(table: pd.DataFrame, ax: Axes, *, note: str = "", title: str = "", source: str = "") -> Axes:
    """How many people have at least so many ties, beside the lognormal law, both on scales of ratios.

    Parameters
    ----------
    table : columns degree, at_least, fitted (shares).
    note : the law's spread, in words.
    """
    ax.plot(table["degree"], table["fitted"] * PER_CENT, color=BETTER, linewidth=LINE)
    ax.plot(table["degree"], table["at_least"] * PER_CENT, "o", color=INK, ms=DOT / 2)
    tidy(ax, values="y")
    _ratios(ax, "x")
    _ratios(ax, "y")
    ax.set_ylim(top=1.3 * PER_CENT)
    ax.set_xlabel("friends")
    place = int(np.searchsorted(table["degree"], float(np.sqrt(table["degree"].max()))))
    at = (float(table["degree"].iloc[place]), float(table["fitted"].iloc[place]) * PER_CENT)
    annotate(ax, f"lognormal{note}", at, (2 * GAP, GAP), ("data", "data"), fontsize=SMALL, color=BETTER)
    finish(ax, title, "Per cent of the people with at least so many friends; dots: ties, line: law.", source)
    return ax


def _ratios(ax: Axes, which: str) -> None:
    """Scale of ratios, of "x" or "y", with whole powers of ten."""
    axis: Any = getattr(ax, f"{which}axis")
    ax.set(**{f"{which}scale": "log"})
    axis.set_major_locator(LogLocator())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
