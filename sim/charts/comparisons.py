"""Policies beside each other: means, and paired differences from the baseline."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.charts.axes import end_at_whole, level_axis, policy_axis, tidy, uncrowd
from sim.charts.labels import Described, Labels, Levels, describe, interval_note, pairs_note
from sim.charts.layout import annotate, finish, finish_panels, panel_head, panels, rows_below
from sim.charts.marks import draw_dot, draw_whisker, kind_of
from sim.charts.rows import level_texts, select
from sim.charts.scales import Scale, amount, chance_text, known_decimals, rounded, scale_of
from sim.charts.style import (
    AXIS_END,
    COLOUR_NOTE,
    DOT,
    DOTS,
    FEWER_TICKS,
    GAP,
    INK,
    NEUTRAL_NOTE,
    PANELS_A_ROW,
    SMALL,
    STYLE,
    THIN,
)
from sim.wording import UNDEFINED, lower


@mpl.rc_context(STYLE)
def profit_by_level(
    differences: pd.DataFrame,
    ax: Axes,
    *,
    measure: str = "profit",
    levels: Levels | None = None,
    labels: Labels | None = None,
    axis: str = "",
    period: str = "all",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Paired difference of one measure from the baseline at each level of a policy, with intervals.

    Parameters
    ----------
    differences : frame of `statistics.paired_differences`.
    measure : the measure drawn.
    levels : drawn at equal steps; they are the levels that were tried, not a scale.
    axis : what the levels are levels of, for the axis.
    """
    rows = select(differences, period, scenario, [measure])
    baseline, about = str(rows["baseline"].iloc[0]), describe(labels, measure)
    texts = level_texts(levels, [baseline, *rows["policy"]], baseline)
    rows = rows.set_index("policy").reindex(list(texts))
    scale = scale_of(about.unit, rows[["ci_low_difference", "ci_high_difference", "mean_difference"]])
    _draw_differences(ax, rows, scale, about.better)
    base = _base(rows, about)
    annotate(ax, f"baseline {texts[baseline]}\n{base}", (1, 0), (GAP, 0), ("axes fraction", "data"), va="center")
    tidy(ax, values="y")
    level_axis(ax, texts, baseline)
    ax.set_xlabel(axis)
    uncrowd([ax])
    rows_below(ax, {"": [chance_text(value) for value in rows["probability_gain"]]}, heading="chance of a gain")
    what = f"Difference in {lower(about.label)} from the baseline, {scale.change}"
    finish(ax, title, f"{what}. {pairs_note(rows.drop(index=baseline))}", source)
    return ax


@mpl.rc_context(STYLE)
def small_multiples(
    summary: pd.DataFrame,
    figure: Figure,
    *,
    measures: Sequence[str],
    baseline: str,
    levels: Levels | None = None,
    labels: Labels | None = None,
    columns: int = PANELS_A_ROW,
    axis: str = "",
    period: str = "all",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Figure:
    """One panel a measure: its mean and interval at each level, against the baseline's.

    Parameters
    ----------
    summary : frame of `statistics.summarise`.
    figure : an empty figure (`blank`).
    measures : one panel each, row by row.
    columns : panels a row.
    axis : what the levels are levels of; stands in the subtitle.
    """
    rows = select(summary, period, scenario, measures)
    texts = level_texts(levels, rows["policy"], baseline)
    heads = []
    for place, (ax, measure) in enumerate(zip(panels(figure, len(measures), columns), measures, strict=True)):
        about = describe(labels, measure)
        table = rows[rows["measure"] == measure].set_index("policy").reindex(list(texts))
        scale = scale_of(about.unit, table[["mean", "ci_low", "ci_high"]])
        _draw_means(ax, table, baseline, scale)
        tidy(ax, values="y")
        end_at_whole(ax, about.unit, "y")
        level_axis(ax, texts, baseline, size=SMALL, named=place + columns >= len(measures))
        heads.append(panel_head(ax, about.label, scale.text))
    what = f"Means by {axis}" if axis else "Means"
    note = f"{what}, {interval_note(rows)}. Open dot and dashed line: baseline ({texts[baseline]})."
    finish_panels(figure, heads, title, note, source)
    uncrowd(figure.axes)
    return figure


@mpl.rc_context(STYLE)
def paired_dots(
    differences: pd.DataFrame,
    figure: Figure,
    *,
    measures: Sequence[str],
    levels: Levels | None = None,
    labels: Labels | None = None,
    columns: int = PANELS_A_ROW,
    period: str = "all",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Figure:
    """One panel a measure, each in its own unit: paired difference of every policy from the baseline.

    Dots are dark where the policy is better, light where worse, pale with an edge where that is not clear.

    Parameters
    ----------
    differences : frame of `statistics.paired_differences`.
    figure : an empty figure (`blank`).
    measures : one panel each, `columns` of them in a row.
    levels : policies from top to bottom.
    """
    rows = select(differences, period, scenario, measures)
    baseline = str(rows["baseline"].iloc[0])
    texts = level_texts(levels, [baseline, *rows["policy"]], baseline)
    heads = []
    for place, (ax, measure) in enumerate(zip(panels(figure, len(measures), columns), measures, strict=True)):
        about = describe(labels, measure)
        table = rows[rows["measure"] == measure].set_index("policy").reindex(list(texts))
        scale = scale_of(about.unit, table[["ci_low_difference", "ci_high_difference", "mean_difference"]])
        _draw_differences(ax, table, scale, about.better, flat=True)
        tidy(ax, values="x", ticks=FEWER_TICKS)
        policy_axis(ax, texts, baseline, named=place % columns == 0)
        base = _base(table, about)
        heads.append(panel_head(ax, about.label, f"{scale.change}; baseline {base}"))
    note = f"Difference from the baseline ({texts[baseline]}, open dot). {pairs_note(rows)} {COLOUR_NOTE}"
    judged = all(describe(labels, measure).better in ("higher", "lower") for measure in measures)
    finish_panels(figure, heads, title, note + ("" if judged else NEUTRAL_NOTE), source)
    return figure


@mpl.rc_context(STYLE)
def effects(
    table: pd.DataFrame,
    ax: Axes,
    *,
    about: Described,
    against: str,
    title: str = "",
    source: str = "",
) -> Axes:
    """Effects one below the other, each with its interval, against the dashed line of none.

    Parameters
    ----------
    table : columns name, difference, ci_low_difference, ci_high_difference (unit of `about`), n, confidence; a row
        each, top to bottom.
    about : what the effects are on.
    against : what the line of no effect stands for.
    """
    rows = table.reset_index(drop=True)
    scale = scale_of(about.unit, rows[["ci_low_difference", "ci_high_difference", "mean_difference"]])
    _draw_differences(ax, rows, scale, about.better, flat=True)
    tidy(ax, values="x")
    ax.set_yticks(range(len(rows)), list(rows["name"]))
    ax.set_ylim(len(rows) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel(scale.change)
    annotate(ax, against, (0, 1), (0, GAP), ("data", "axes fraction"), ha="center", fontsize=SMALL)
    what = f"Effect on {lower(about.label)}, {scale.change}. {pairs_note(rows)}"
    finish(ax, title, f"{what} {COLOUR_NOTE}" if about.better in ("higher", "lower") else what, source)
    return ax


def _base(rows: pd.DataFrame, about: Described) -> str:
    """Write the baseline's mean; nobody may have had anything to count."""
    known = rows["mean_baseline"].dropna()
    return amount(known.iloc[0], about.unit) if len(known) else UNDEFINED


def _draw_differences(ax: Axes, rows: pd.DataFrame, scale: Scale, better: str, flat: bool = False) -> None:
    """Dots with intervals at 0, 1, ... in the order of the rows; the row without numbers is the baseline."""
    shown = rows[["mean_difference", "ci_low_difference", "ci_high_difference"]].to_numpy(dtype=float) * scale.factor
    digits = known_decimals(*shown.T)
    (ax.axvline if flat else ax.axhline)(0, color=INK, linewidth=THIN, linestyle="--", zorder=1)
    for place, (value, low, high) in enumerate(shown):
        if np.isnan(value):
            draw_dot(ax, place, 0, "baseline", flat)
            continue
        kind = kind_of(value, low, high, better)
        draw_whisker(ax, place, low, high, DOTS[kind][0], flat)
        draw_dot(ax, place, value, kind, flat)
        text, style = rounded(value, digits), {"va": "center", "fontsize": SMALL}
        if flat:
            annotate(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), **style)
        else:
            annotate(ax, text, (place, value), (DOT, 0), ("data", "data"), **style)


def _draw_means(ax: Axes, rows: pd.DataFrame, baseline: str, scale: Scale) -> None:
    shown = rows[["mean", "ci_low", "ci_high"]].astype(float) * scale.factor
    ax.axhline(shown["mean"][baseline], color=INK, linewidth=THIN, linestyle="--", zorder=1)
    for place, (policy, (value, low, high)) in enumerate(zip(shown.index, shown.to_numpy(), strict=True)):
        kind = "baseline" if policy == baseline else "level"
        draw_whisker(ax, place, low, high, DOTS[kind][0])
        draw_dot(ax, place, value, kind)
