"""Bridges: a difference as the sum of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import tidy
from sim.charts.labels import Described, Labels, describe, pairs_note
from sim.charts.layout import annotate, finish
from sim.charts.marks import draw_whisker
from sim.charts.rows import select
from sim.charts.scales import amount, decimals, limits_text, rounded, scale_of
from sim.charts.style import AXIS_END, BETTER, GAP, GREY, HALF_BAR, INK, LINE, STYLE, THIN, WORSE
from sim.wording import lower

ROUNDING = 1e-6  # the parts of a bridge may miss their total by this share of all that moves
PROFIT_PARTS: Mapping[str, int] = {
    "revenue": +1,
    "goods": -1,
    "compensation": -1,
    "following_up": -1,
    "gestures": -1,
    "rewards": -1,
    "fixing": -1,
    "programmes": -1,
    "launch": -1,
    "wages_agents": -1,
    "wages_managers": -1,
    "hiring": -1,
    "acquisition": -1,
    "marketing": -1,
    "overhead": -1,
}
"""Parts of profit with the sign with which each enters it."""


@mpl.rc_context(STYLE)
def effect_bridge(
    differences: pd.DataFrame,
    ax: Axes,
    *,
    policy: str,
    parts: Mapping[str, int] = PROFIT_PARTS,
    total: str = "profit",
    name: str = "",
    labels: Labels | None = None,
    period: str = "all",
    scenario: str | None = None,
    title: str = "",
    source: str = "",
) -> Axes:
    """Waterfall from the baseline to a policy: what each part adds to the difference in the total.

    Parameters
    ----------
    differences : frame of `statistics.paired_differences` with the total and its parts.
    parts : part -> +1 or -1, how it enters the total, in the order drawn; those without a difference are named below.
    total : measure that the parts add up to.
    name : the baseline's name on the chart, unless it is the policy's own name.

    Raises
    ------
    ValueError : when a measure is missing, or the parts do not add up to the total.
    """
    rows = select(differences, period, scenario, [*parts, total], [policy]).set_index("measure")
    steps, same = _steps(rows, parts, total)
    about = describe(labels, total)
    scale = scale_of(about.unit, steps[["low", "high", "end"]])
    _draw_bridge(ax, steps * scale.factor)
    _bridge_axis(ax, [*(describe(labels, part).label for part in steps.index[:-1]), f"{about.label}, all together"])
    _baseline_note(ax, name or rows["baseline"].iloc[0], about, rows["mean_baseline"][total])
    unchanged = ", ".join(lower(describe(labels, part).label) for part in same)
    ax.set_xlabel(scale.change + (f"\nno difference in {unchanged}" if same else ""))
    what = f"Difference in {lower(about.label)} from the baseline by its parts, {scale.change}"
    finish(ax, title, f"{what}. {pairs_note(rows)} Dark bars add, light bars take away.", source)
    return ax


@mpl.rc_context(STYLE)
def channel_bridge(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    labels: Labels | None = None,
    name: str = "",
    title: str = "",
    source: str = "",
) -> Axes:
    """Waterfall from the baseline to a policy: what came directly, and what through each channel.

    Parameters
    ----------
    frame : main frame of `sim.explain`: a row a part, and the total last. Parts that are zero in every replication are
        named below the chart instead.
    name : the baseline's name on the chart, unless it is the policy's own name.

    Raises
    ------
    ValueError
        When the parts do not add up to the total.
    """
    rows = frame.set_index("channel")
    *parts, total = rows.index
    steps, same = _steps(rows, dict.fromkeys(parts, 1), total)
    first = rows.loc[total]
    about = describe(labels, str(first["measure"]))
    scale = scale_of(about.unit, steps[["low", "high", "end"]])
    _draw_bridge(ax, steps * scale.factor)
    _bridge_axis(ax, [*rows["label"][steps.index[:-1]], f"{about.label}, all together"])
    _baseline_note(ax, name or first["baseline"], about, first["mean_baseline"])
    unchanged = ", ".join(lower(label) for label in rows["label"][same])
    ax.set_xlabel(scale.change + (f"\nnothing through {unchanged}" if same else ""))
    period = "" if first["period"] == "all" else f" in {first['period']}"
    what = (
        f"Difference in {lower(about.label)}{period} from the baseline, {scale.change}, by the channel it came through"
    )
    how = f"the mean over {int(first['orders']):,} orders of opening them"
    finish(ax, title, f"{what}: {how}. {pairs_note(rows)} Dark bars add, light bars take away.", source)
    return ax


def _steps(rows: pd.DataFrame, parts: Mapping[str, int], total: str) -> tuple[pd.DataFrame, list[str]]:
    """Rows `start, end, low, high` of the parts that differ and of the total; and the parts that do not."""
    same = [part for part in parts if rows["mean_difference"][part] == 0 and not rows["se_difference"][part] > 0]
    signs = {part: sign for part, sign in parts.items() if part not in same} | {total: 1}
    sides = rows.loc[list(signs), ["mean_difference", "ci_low_difference", "ci_high_difference"]].astype(float)
    sides = sides.mul(pd.Series(signs), axis=0)
    changes = sides["mean_difference"]
    _refuse_other_total(changes, total)
    end = changes.cumsum().where(changes.index != total, changes)
    start = end - changes
    sides = sides.add(start, axis=0)
    limits = {"low": sides.min(axis=1, skipna=False), "high": sides.max(axis=1, skipna=False)}
    return pd.DataFrame({"start": start, "end": end} | limits), same


def _refuse_other_total(changes: pd.Series, total: str) -> None:
    found = changes.drop(index=total)
    if abs(found.sum() - changes[total]) > ROUNDING * changes.abs().sum():
        raise ValueError(
            f"the parts add up to {found.sum():.6g} but {total} differs by {changes[total]:.6g}; "
            f"name every part of {total} with its sign"
        )


def _draw_bridge(ax: Axes, steps: pd.DataFrame) -> None:
    digits = decimals(steps.sub(steps["start"], axis=0))
    total = len(steps) - 1
    for place, step in enumerate(steps.itertuples()):
        colour = GREY if place == total else BETTER if step.end >= step.start else WORSE
        ax.barh(place, step.end - step.start, left=step.start, height=2 * HALF_BAR, color=colour, zorder=2)
        draw_whisker(ax, place, step.low, step.high, INK, flat=True)
        if place < total:
            ax.plot([step.end] * 2, [place, place + 1], color=GREY, linewidth=THIN, zorder=1)
        change, low, high = (side - step.start for side in (step.end, step.low, step.high))
        text = f"{rounded(change, digits)}  {limits_text(low, high, digits)}"
        weight = "bold" if place == total else "normal"
        annotate(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), va="center", fontweight=weight)
    ax.axvline(0, color=INK, linewidth=LINE, zorder=1)
    ax.set_ylim(total + AXIS_END, -AXIS_END)


def _bridge_axis(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    tidy(ax, values="x")
    ax.get_yticklabels()[-1].set_fontweight("bold")


def _baseline_note(ax: Axes, name: str, about: Described, mean: float) -> None:
    """Name the line that a bridge starts from, on the side where there is more room."""
    side = "left" if abs(ax.get_xlim()[1]) >= abs(ax.get_xlim()[0]) else "right"
    text = f"baseline {name}: {lower(about.label)} {amount(mean, about.unit)}"
    annotate(ax, text, (0, 1), (0, GAP), ("data", "axes fraction"), ha=side)
