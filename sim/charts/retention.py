"""Courses in time: who is still there, and how a difference grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import end_at_whole, month_axis, place_axis, tidy
from sim.charts.labels import Labels, Levels, describe, interval_note, pairs_note
from sim.charts.layout import end_note, finish, rows_below, spread_notes
from sim.charts.marks import draw_curves
from sim.charts.rows import level_texts, one_scenario, select
from sim.charts.scales import PER_CENT, rounded, scale_of
from sim.charts.style import INK, LINE, STYLE
from sim.wording import lower


@mpl.rc_context(STYLE)
def retention_curves(
    curves: pd.DataFrame,
    ax: Axes,
    *,
    baseline: str,
    levels: Levels | None = None,
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Share of the customers at the start who never left, by month, with intervals and the numbers at risk.

    Parameters
    ----------
    curves : frame of `statistics.summarise_cohorts`: columns scenario, policy, month, at_risk, mean, ci_low, ci_high,
        n and confidence.
    baseline : policy drawn dashed, in black.
    levels : policies drawn; the numbers at risk have one line each.
    """
    table = one_scenario(curves, scenario)
    texts = level_texts(levels, table["policy"], baseline)
    shown = table[table["policy"].isin(texts)].assign(
        **{name: table[name] * PER_CENT for name in ("mean", "ci_low", "ci_high")}
    )
    notes = draw_curves(ax, shown, ("mean", "ci_low", "ci_high"), texts, baseline)
    tidy(ax, values="y")
    end_at_whole(ax, "share", "y")
    months = month_axis(ax, shown["month"])
    rows_below(ax, _at_risk(shown, texts, months), months, heading="customers at risk")
    note = f"Share of the customers at the start who never left, %. Bands: {interval_note(table)}."
    finish(ax, title, note, source)
    spread_notes(notes)
    return ax


@mpl.rc_context(STYLE)
def course(
    differences: pd.DataFrame,
    ax: Axes,
    *,
    measure: str,
    periods: Mapping[str, float],
    levels: Levels | None = None,
    labels: Labels | None = None,
    axis: str = "",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Paired difference of one measure from the baseline in the course of time, with bands.

    Parameters
    ----------
    differences : frame of `statistics.paired_differences`.
    periods : those drawn, in order, each with its place on the axis.
    axis : what the places are, for the axis.
    """
    parts = [select(differences, period, scenario, [measure]) for period in periods]
    rows = pd.concat(parts).assign(place=lambda table: table["period"].map(dict(periods)))
    baseline, about = str(rows["baseline"].iloc[0]), describe(labels, measure)
    texts = level_texts(levels, [baseline, *rows["policy"]], baseline)
    columns = ("mean_difference", "ci_low_difference", "ci_high_difference")
    scale = scale_of(about.unit, rows[list(columns)])
    shown = rows[rows["policy"].isin(texts)].assign(**{name: rows[name] * scale.factor for name in columns})
    others = {policy: text for policy, text in texts.items() if policy != baseline}
    notes = draw_curves(ax, shown, columns, others, baseline, along="place")
    ax.axhline(0, color=INK, linewidth=LINE, linestyle="--", zorder=1)
    notes.append(end_note(ax, f"baseline {texts[baseline]}", (shown["place"].max(), 0), INK))
    tidy(ax, values="y")
    place_axis(ax, list(periods.values()), axis)
    what = f"Difference in {lower(about.label)} from the baseline, {scale.change}"
    finish(ax, title, f"{what}. {pairs_note(rows)}", source)
    spread_notes(notes)
    return ax


def _at_risk(table: pd.DataFrame, texts: Mapping[str, str], months: Sequence[int]) -> dict[str, list[str]]:
    wide = table.pivot(index="policy", columns="month", values="at_risk").reindex(columns=list(months))
    return {text: [rounded(value, 0, signed=False) for value in wide.loc[policy]] for policy, text in texts.items()}
