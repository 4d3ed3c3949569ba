"""Charts for decks and notebooks: a frame and an `ax` go in, the `ax` comes out.

Nothing here runs a model. One style for all: a sentence as title, the unit and the meaning of the intervals
below it, few colours that differ in lightness (so they survive grey print and colour-blind eyes), direct
labels in place of legends, the baseline always drawn and named, a source line. Sentences come from the
caller; what a chart knows itself (unit, interval, number of replications) it writes itself.

A chart that is alone in its figure arranges the whole figure. One that shares it (`plt.subplots(1, 2)`) keeps
to its own axes, and the caller may `dress` the figure. Nothing here touches pyplot, so no window opens and no
figure is kept alive: `canvas` gives an empty figure and `save` writes it.

Frames are those of `sim.outcomes.statistics` (`summarise`, `paired_differences`) and `Study.cohorts`. `labels` maps a
measure to anything with `label`, `unit` and `better`: an entry of `sim.measures.CATALOGUE`, or a `Label`.
`levels` maps the policies to draw, in order and the baseline among them, to their text on the chart. Units
"share" and "probability" are drawn in per cent, large numbers in thousands or millions.
"""

import html
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes as Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Figure
from matplotlib.text import Annotation, Text
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

from sim.outcomes import statistics
from sim.wording import UNDEFINED, lower, number, span

# Colours differ in lightness as much as in hue.
INK, GREY, GRID, PAPER = "#262626", "#6b6b6b", "#e3e3e3", "#ffffff"
BETTER, WORSE = "#1f4e8c", "#e59a3c"
RAMP = LinearSegmentedColormap.from_list("levels", ["#9cc3e6", "#3f83c0", "#0b2f5e"])
DOTS = {  # edge and face
    "better": (BETTER, BETTER),
    "worse": (WORSE, WORSE),
    "unclear": (GREY, GRID),
    "neutral": (GREY, GREY),
    "level": (BETTER, BETTER),
    "baseline": (INK, PAPER),
}
COLOUR_NOTE = "Dark: better. Light: worse. Pale with an edge: not clear of zero."
NEUTRAL_NOTE = " Grey: moved, neither better nor worse."
BAND = 0.16  # opacity of an interval's band

# Sizes: inches for figures and their margin, points for everything on them.
WIDE, TALL, MARGIN = (10.0, 5.6), (10.0, 6.6), 0.2
TITLE, SUBTITLE, BODY, SMALL = 15.0, 10.5, 10.0, 9.0
GAP, LEADER, LEADING, NARROWER, UPRIGHT = 6.0, 16.0, 1.35, 0.97, 90
DOT, LINE, THIN, CAP, RIM = 7.0, 2.0, 1.1, 3.0, 1.0
POINTS_AN_INCH = 72
LEFT_MIDDLE = (0, 0.5)  # of a text's box
DPI, PLACES = 200, 6

# The audit's picture: inches of a row, of the head, of the width; points of the columns beside the chart; the end of
# its axis, in per cent of the published figure; and how verdicts are drawn.
CLAIMS_ROW, CLAIMS_HEAD, CLAIMS_WIDTH = 0.24, 1.9, 17.0
CLAIM_COLUMNS, CLAIM_NAME, OFF_AXIS = (14.0, 84.0, 274.0), 190.0, 100.0
CLAIM_DOTS = {"reproduced": "better", "differs": "worse", "undecided": "unclear"}

# Shares of one step of a categorical axis: half the thickness of a bar, the margin at either end.
HALF_BAR, AXIS_END = 0.3, 0.6
HEADROOM, PANEL_GAP = 0.08, 0.06
PANELS_A_ROW, FEW_TICKS, FEWER_TICKS = 4, 6, 3
ROUND_STEPS = (1, 2, 2.5, 5, 10)
ROUNDING = 1e-6  # the parts of a bridge may miss their total by this share of all that moves
SIGNIFICANT = 3  # digits of a chart's largest number; the others have as many decimals
MONTH_STEPS, MOST_MONTHS = (1, 2, 3, 6, 12, 24, 60), 7  # spacings of a month axis, and the ticks it may have

PER_CENT, PERCENTAGES = 100, ("share", "probability")
ROUND = ((1_000_000, 1_000_000, "million "), (10_000, 1_000, "thousand "))  # from, divisor, word

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with Matplotlib: the same layout on every machine
    "font.size": BODY,
    "text.color": INK,
    "axes.labelcolor": GREY,
    "svg.fonttype": "none",  # text stays text, so that it can be edited on a slide
    "svg.hashsalt": "cxsim",  # ids are random otherwise, and equal charts differ
}

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


class Described(Protocol):
    """What a chart needs to know of a measure."""

    @property
    def label(self) -> str:
        """The measure in a planner's words."""

    @property
    def unit(self) -> str:
        """Unit of its values."""

    @property
    def better(self) -> str:
        """Which way is good: "higher", "lower" or "none"."""


class Label(NamedTuple):
    """A measure's label, unit and good direction, for charts without a catalogue."""

    label: str
    unit: str = ""
    better: str = "none"


class Scale(NamedTuple):
    """How values of a unit are shown: times `factor`, named `text`; their differences are named `change`."""

    factor: float
    text: str
    change: str


Labels = Mapping[str, Described]
Levels = Mapping[str, object]


class Drawing(Figure):
    """A figure that a notebook shows as a picture, without pyplot."""

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        with mpl.rc_context(STYLE):
            self.savefig(drawn, format="png", facecolor=PAPER)
        return drawn.getvalue()


def blank(size: tuple[float, float] = TALL) -> Figure:
    """Return an empty figure of `size` (inches), for charts that make their own panels."""
    figure = Drawing(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def canvas(size: tuple[float, float] = WIDE) -> tuple[Figure, Axes]:
    """Return an empty figure of `size` (inches) and its one axes."""
    figure = blank(size)
    return figure, figure.add_subplot()


@mpl.rc_context(STYLE)
def dress(figure: Figure, title: str = "", subtitle: str = "", source: str = "") -> Figure:
    """Write title, subtitle and source line, wrapped to the figure's width; panels are kept clear of them."""
    width, height = figure.get_size_inches()
    left, room = MARGIN / width, figure.bbox.width * (1 - 2 * MARGIN / width)
    top, bottom, gap = 1 - MARGIN / height, MARGIN / height, GAP / POINTS_AN_INCH / height
    if title:
        text = figure.text(left, top, title, va="top", fontsize=TITLE, fontweight="bold")
        top -= _fit(text, room, balanced=True) + gap
    if subtitle:
        top -= _fit(figure.text(left, top, subtitle, va="top", fontsize=SUBTITLE, color=GREY), room) + gap
    if source:
        text = figure.text(left, bottom, f"Source: {source}", va="bottom", fontsize=SMALL, color=GREY)
        bottom += _fit(text, room) + gap
    rect = (left, bottom, 1 - 2 * left, top - bottom)
    figure.set_layout_engine("constrained", rect=rect, wspace=PANEL_GAP, hspace=PANEL_GAP)
    return figure


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
    rows = _select(differences, period, scenario, [*parts, total], [policy]).set_index("measure")
    steps, same = _steps(rows, parts, total)
    about = _describe(labels, total)
    scale = _scale(about.unit, steps[["low", "high", "end"]])
    _draw_bridge(ax, steps * scale.factor)
    _bridge_axis(ax, [*(_describe(labels, part).label for part in steps.index[:-1]), f"{about.label}, all together"])
    _baseline_note(ax, name or rows["baseline"].iloc[0], about, rows["mean_baseline"][total])
    unchanged = ", ".join(lower(_describe(labels, part).label) for part in same)
    ax.set_xlabel(scale.change + (f"\nno difference in {unchanged}" if same else ""))
    what = f"Difference in {lower(about.label)} from the baseline by its parts, {scale.change}"
    _finish(ax, title, f"{what}. {_pairs_note(rows)} Dark bars add, light bars take away.", source)
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
    frame : `frame` of `sim.explain`: a row a part, and the total last. Parts that are zero in every replication are
        named below the chart instead.
    name : the baseline's name on the chart, unless it is the policy's own name.

    Raises
    ------
    ValueError
        When the parts do not add up to the total.
    """
    columns = {
        "value": "mean_difference",
        "low": "ci_low_difference",
        "high": "ci_high_difference",
        "se": "se_difference",
        "replications": "n",
    }
    rows = frame.rename(columns=columns).set_index("channel")
    *parts, total = rows.index
    steps, same = _steps(rows, dict.fromkeys(parts, 1), total)
    first = rows.loc[total]
    about = _describe(labels, str(first["measure"]))
    scale = _scale(about.unit, steps[["low", "high", "end"]])
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
    _finish(ax, title, f"{what}: {how}. {_pairs_note(rows)} Dark bars add, light bars take away.", source)
    return ax


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
    rows = _select(differences, period, scenario, [measure])
    baseline, about = str(rows["baseline"].iloc[0]), _describe(labels, measure)
    texts = _levels(levels, [baseline, *rows["policy"]], baseline)
    rows = rows.set_index("policy").reindex(list(texts))
    scale = _scale(about.unit, rows[["ci_low_difference", "ci_high_difference", "mean_difference"]])
    _draw_differences(ax, rows, scale, about.better)
    base = _quantity(rows["mean_baseline"].dropna().iloc[0], about.unit)
    _note(ax, f"baseline {texts[baseline]}\n{base}", (1, 0), (GAP, 0), ("axes fraction", "data"), va="center")
    _tidy(ax, values="y")
    _level_axis(ax, texts, baseline)
    ax.set_xlabel(axis)
    _uncrowd([ax])
    _rows_below(ax, {"": [_chance(value) for value in rows["probability_gain"]]}, heading="chance of a gain")
    what = f"Difference in {lower(about.label)} from the baseline, {scale.change}"
    _finish(ax, title, f"{what}. {_pairs_note(rows.drop(index=baseline))}", source)
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
    rows = _select(summary, period, scenario, measures)
    texts = _levels(levels, rows["policy"], baseline)
    heads = []
    for place, (ax, measure) in enumerate(zip(_panels(figure, len(measures), columns), measures, strict=True)):
        about = _describe(labels, measure)
        table = rows[rows["measure"] == measure].set_index("policy").reindex(list(texts))
        scale = _scale(about.unit, table[["mean", "ci_low", "ci_high"]])
        _draw_means(ax, table, baseline, scale)
        _tidy(ax, values="y")
        _level_axis(ax, texts, baseline, size=SMALL, named=place + columns >= len(measures))
        heads.append(_head(ax, about.label, scale.text))
    what = f"Means by {axis}" if axis else "Means"
    note = f"{what}, {_interval_note(rows)}. Open dot and dashed line: baseline ({texts[baseline]})."
    _finish_panels(figure, heads, title, note, source)
    _uncrowd(figure.axes)
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
    rows = _select(differences, period, scenario, measures)
    baseline = str(rows["baseline"].iloc[0])
    texts = _levels(levels, [baseline, *rows["policy"]], baseline)
    heads = []
    for place, (ax, measure) in enumerate(zip(_panels(figure, len(measures), columns), measures, strict=True)):
        about = _describe(labels, measure)
        table = rows[rows["measure"] == measure].set_index("policy").reindex(list(texts))
        scale = _scale(about.unit, table[["ci_low_difference", "ci_high_difference", "mean_difference"]])
        _draw_differences(ax, table, scale, about.better, flat=True)
        _tidy(ax, values="x", ticks=FEWER_TICKS)
        _policy_axis(ax, texts, baseline, named=place % columns == 0)
        base = _quantity(table["mean_baseline"].dropna().iloc[0], about.unit)
        heads.append(_head(ax, about.label, f"{scale.change}; baseline {base}"))
    note = f"Difference from the baseline ({texts[baseline]}, open dot). {_pairs_note(rows)} {COLOUR_NOTE}"
    judged = all(_describe(labels, measure).better in ("higher", "lower") for measure in measures)
    _finish_panels(figure, heads, title, note + ("" if judged else NEUTRAL_NOTE), source)
    return figure


@mpl.rc_context(STYLE)
def retention_curves(
    cohorts: pd.DataFrame,
    ax: Axes,
    *,
    baseline: str,
    levels: Levels | None = None,
    scenario: str | None = None,
    confidence: float = statistics.DEFAULT_LEVEL,
    title: str = "",
    source: str = "",
) -> Axes:
    """Share of the customers at the start who never left, by month, with intervals and the numbers at risk.

    Parameters
    ----------
    cohorts : columns scenario, policy, replication, month, at_risk, stayed, as in `Study.cohorts`.
    baseline : policy drawn dashed, in black.
    levels : policies drawn; the numbers at risk have one line each.
    """
    table = statistics.summarise_cohorts(_one_scenario(cohorts, scenario), confidence)
    texts = _levels(levels, table["policy"], baseline)
    shown = table[table["policy"].isin(texts)].assign(
        **{name: table[name] * PER_CENT for name in ("mean", "ci_low", "ci_high")}
    )
    notes = _draw_curves(ax, shown, ("mean", "ci_low", "ci_high"), texts, baseline)
    _tidy(ax, values="y")
    months = _month_axis(ax, shown["month"])
    _rows_below(ax, _at_risk(shown, texts, months), months, heading="customers at risk")
    note = f"Share of the customers at the start who never left, %. Bands: {_interval_note(table)}."
    _finish(ax, title, note, source)
    _spread(notes)
    return ax


@mpl.rc_context(STYLE)
def retention_gap(
    cohorts: pd.DataFrame,
    ax: Axes,
    *,
    baseline: str,
    levels: Levels | None = None,
    scenario: str | None = None,
    confidence: float = statistics.DEFAULT_LEVEL,
    title: str = "",
    source: str = "",
) -> Axes:
    """Paired difference of the retention curves from the baseline's: what bands that overlap cannot show.

    Parameters as `retention_curves`.
    """
    table = statistics.cohort_differences(_one_scenario(cohorts, scenario), baseline, confidence)
    texts = _levels(levels, [baseline, *table["policy"]], baseline)
    columns = ("mean_difference", "ci_low_difference", "ci_high_difference")
    shown = table[table["policy"].isin(texts)].assign(**{name: table[name] * PER_CENT for name in columns})
    others = {policy: text for policy, text in texts.items() if policy != baseline}
    if not others:
        raise ValueError(f"only the baseline {baseline!r} is here; a difference needs another policy in levels")
    notes = _draw_curves(ax, shown, columns, others, baseline)
    ax.axhline(0, color=INK, linewidth=LINE, linestyle="--", zorder=1)
    notes.append(_end_note(ax, f"baseline {texts[baseline]}", (shown["month"].max(), 0), INK))
    _tidy(ax, values="y")
    _month_axis(ax, shown["month"])
    what = "Share of the customers at the start who never left: difference from the baseline, percentage points"
    _finish(ax, title, f"{what}. {_pairs_note(table)}", source)
    _spread(notes)
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
    parts = [_select(differences, period, scenario, [measure]) for period in periods]
    rows = pd.concat(parts).assign(place=lambda table: table["period"].map(dict(periods)))
    baseline, about = str(rows["baseline"].iloc[0]), _describe(labels, measure)
    texts = _levels(levels, [baseline, *rows["policy"]], baseline)
    columns = ("mean_difference", "ci_low_difference", "ci_high_difference")
    scale = _scale(about.unit, rows[list(columns)])
    shown = rows[rows["policy"].isin(texts)].assign(**{name: rows[name] * scale.factor for name in columns})
    others = {policy: text for policy, text in texts.items() if policy != baseline}
    notes = _draw_curves(ax, shown, columns, others, baseline, along="place")
    ax.axhline(0, color=INK, linewidth=LINE, linestyle="--", zorder=1)
    notes.append(_end_note(ax, f"baseline {texts[baseline]}", (shown["place"].max(), 0), INK))
    _tidy(ax, values="y")
    _place_axis(ax, list(periods.values()), axis)
    what = f"Difference in {lower(about.label)} from the baseline, {scale.change}"
    _finish(ax, title, f"{what}. {_pairs_note(rows)}", source)
    _spread(notes)
    return ax


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
    scale = _scale(about.unit, rows[["ci_low_difference", "ci_high_difference", "mean_difference"]])
    _draw_differences(ax, rows, scale, about.better, flat=True)
    _tidy(ax, values="x")
    ax.set_yticks(range(len(rows)), list(rows["name"]))
    ax.set_ylim(len(rows) - 1 + AXIS_END, -AXIS_END)
    ax.set_xlabel(scale.change)
    _note(ax, against, (0, 1), (0, GAP), ("data", "axes fraction"), ha="center", fontsize=SMALL)
    what = f"Effect on {lower(about.label)}, {scale.change}. {_pairs_note(rows)}"
    _finish(ax, title, f"{what} {COLOUR_NOTE}" if about.better in ("higher", "lower") else what, source)
    return ax


@mpl.rc_context(STYLE)
def claims_beside_model(table: pd.DataFrame, ax: Axes, *, title: str = "", source: str = "") -> Axes:
    """Published figures and the model's intervals, a row each, as the model's relative difference from the claim.

    Units differ from row to row, so the axis is the share by which the model lies above or below what was
    published; what lies off the axis has an arrow at its edge, and the numbers stand beside it.

    Parameters
    ----------
    table : columns claim, figure, unit, published, published_high, model, low, high, n and verdict, in the order
        drawn; NaN in `published` for a claim without a number.
    ax : of a figure with about a fifth of an inch a row (`claims_canvas`).
    """
    rows = table.reset_index(drop=True)
    for place, row in rows.iterrows():
        _draw_claim(ax, float(cast(int, place)), row)
    ax.axvline(0, color=INK, linewidth=THIN)
    ax.set_xlim(-OFF_AXIS * (1 + HEADROOM), OFF_AXIS * (1 + HEADROOM))
    _tidy(ax, values="x")
    for place in rows.index[~rows["claim"].duplicated()][1:]:
        ax.axhline(place - 1 / 2, color=GRID, linewidth=THIN)
    ax.set_ylim(len(rows) - 1 + AXIS_END, -AXIS_END)
    ax.set_yticks(range(len(rows)), rows["figure"], fontsize=SMALL)
    ax.set_xlabel("model above (+) or below (−) the published figure, % of it")
    _claim_columns(ax, rows)
    count = int(rows["n"].max())
    note = "95 % intervals over " + (f"{count} replications" if count > 1 else "one replication: none")
    what = "Line at zero, with a grey band where a range was published: what is claimed. Dots: the model"
    _finish(
        ax, title, f"{what}, {note}. Arrows: off the axis. Dark: reproduced. Light: differs. Pale: undecided.", source
    )
    return ax


def claims_canvas(rows: int) -> tuple[Figure, Axes]:
    """Return an empty figure, and its axes, that is tall enough for so many rows of `claims_beside_model`."""
    return canvas((CLAIMS_WIDTH, CLAIMS_HEAD + CLAIMS_ROW * rows))


def save(figure: Figure, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write `name`.png (200 dots an inch) and `name`.svg into `folder`, and return their paths.

    The files carry no date and no random ids: the same chart gives the same bytes. Neither is left
    half-written.
    """
    if Path(name).name != name or not name:
        raise ValueError(f"a chart needs a plain file name without folder, got {name!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with mpl.rc_context(STYLE), _still(figure):
        for kind, extra in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            drawn = BytesIO()
            figure.savefig(drawn, format=kind, dpi=DPI, metadata=extra, facecolor=PAPER)
            paths.append(_write(folder / f"{name}.{kind}", drawn.getvalue()))
    return paths[0], paths[1]


def save_all(figures: Mapping[str, Figure], folder: str | Path) -> list[Path]:
    """Write figures into ``folder`` as PNG and SVG, by the names of their files, and return their paths."""
    return [path for name, figure in figures.items() for path in save(figure, folder, name)]


def svg(figure: Figure, description: str = "") -> str:
    """Return the figure as an SVG element for a page; ``description`` is its alternative text."""
    drawn = BytesIO()
    with mpl.rc_context(STYLE), _still(figure):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None}, facecolor=PAPER)
    text = drawn.getvalue().decode()
    element = text[text.index("<svg ") :]
    title = f'<svg role="img" aria-label="{html.escape(description)}" '
    return element.replace("<svg ", title, 1)


@contextmanager
def _still(figure: Figure) -> Iterator[None]:
    """Hold the panels at rounded places: Matplotlib's solver repeats itself up to rounding errors only."""
    engine = figure.get_layout_engine()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:
        ax.set_position(tuple(round(side, PLACES) for side in ax.get_position().bounds))
    try:
        yield
    finally:
        for ax in figure.axes:
            ax.set_in_layout(True)
        figure.set_layout_engine(engine or "none")


def _write(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.partial")
    draft.write_bytes(content)
    return draft.replace(path)


# What is drawn


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
    digits = _decimals(steps.sub(steps["start"], axis=0))
    total = len(steps) - 1
    for place, step in enumerate(steps.itertuples()):
        colour = GREY if place == total else BETTER if step.end >= step.start else WORSE
        ax.barh(place, step.end - step.start, left=step.start, height=2 * HALF_BAR, color=colour, zorder=2)
        _whisker(ax, place, step.low, step.high, INK, flat=True)
        if place < total:
            ax.plot([step.end] * 2, [place, place + 1], color=GREY, linewidth=THIN, zorder=1)
        change, low, high = (side - step.start for side in (step.end, step.low, step.high))
        text = f"{_number(change, digits)}  {_range(low, high, digits)}"
        weight = "bold" if place == total else "normal"
        _note(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), va="center", fontweight=weight)
    ax.axvline(0, color=INK, linewidth=LINE, zorder=1)
    ax.set_ylim(total + AXIS_END, -AXIS_END)


def _bridge_axis(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    _tidy(ax, values="x")
    ax.get_yticklabels()[-1].set_fontweight("bold")


def _baseline_note(ax: Axes, name: str, about: Described, mean: float) -> None:
    """Name the line that a bridge starts from, on the side where there is more room."""
    side = "left" if abs(ax.get_xlim()[1]) >= abs(ax.get_xlim()[0]) else "right"
    text = f"baseline {name}: {lower(about.label)} {_quantity(mean, about.unit)}"
    _note(ax, text, (0, 1), (0, GAP), ("data", "axes fraction"), ha=side)


def _draw_differences(ax: Axes, rows: pd.DataFrame, scale: Scale, better: str, flat: bool = False) -> None:
    """Dots with intervals at 0, 1, ... in the order of the rows; the row without numbers is the baseline."""
    shown = rows[["mean_difference", "ci_low_difference", "ci_high_difference"]].to_numpy(dtype=float) * scale.factor
    digits = _known_decimals(*shown.T)
    (ax.axvline if flat else ax.axhline)(0, color=INK, linewidth=THIN, linestyle="--", zorder=1)
    for place, (value, low, high) in enumerate(shown):
        if np.isnan(value):
            _dot(ax, place, 0, "baseline", flat)
            continue
        kind = _verdict(value, low, high, better)
        _whisker(ax, place, low, high, DOTS[kind][0], flat)
        _dot(ax, place, value, kind, flat)
        text, style = _number(value, digits), {"va": "center", "fontsize": SMALL}
        if flat:
            _note(ax, text, (1, place), (GAP, 0), ("axes fraction", "data"), **style)
        else:
            _note(ax, text, (place, value), (DOT, 0), ("data", "data"), **style)


def _draw_means(ax: Axes, rows: pd.DataFrame, baseline: str, scale: Scale) -> None:
    shown = rows[["mean", "ci_low", "ci_high"]].astype(float) * scale.factor
    ax.axhline(shown["mean"][baseline], color=INK, linewidth=THIN, linestyle="--", zorder=1)
    for place, (policy, (value, low, high)) in enumerate(zip(shown.index, shown.to_numpy(), strict=True)):
        kind = "baseline" if policy == baseline else "level"
        _whisker(ax, place, low, high, DOTS[kind][0])
        _dot(ax, place, value, kind)


def _draw_curves(
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
        notes.append(_end_note(ax, name, (rows[along].iloc[-1], rows[middle].iloc[-1]), shade))
    return notes


def _whisker(ax: Axes, place: float, low: float, high: float, colour: str, flat: bool = False) -> None:
    """Interval with caps; a white rim keeps it visible on bars. Nothing is drawn where it is undefined."""
    along, across = [low, high], [place, place]
    for width, shade in ((THIN + 2 * RIM, PAPER), (THIN, colour)):
        (line,) = ax.plot(*((along, across) if flat else (across, along)), color=shade, linewidth=width, zorder=3)
        line.set(marker="|" if flat else "_", markersize=2 * CAP + width - THIN, markeredgewidth=width)


def _dot(ax: Axes, place: float, value: float, kind: str, flat: bool = False) -> None:
    edge, face = DOTS[kind]
    at = ([value], [place]) if flat else ([place], [value])
    ax.plot(*at, "o", markersize=DOT, markeredgecolor=edge, markerfacecolor=face, zorder=4, clip_on=False)


def _verdict(value: float, low: float, high: float, better: str) -> str:
    """How a difference is drawn; without an interval (one replication) nothing is clear."""
    if not (low > 0 or high < 0):
        return "unclear"
    if better not in ("higher", "lower"):
        return "neutral"
    return "better" if (value > 0) == (better == "higher") else "worse"


def _draw_claim(ax: Axes, place: float, row: pd.Series) -> None:
    """Dot and interval of one figure relative to its claim, or an arrow where it lies off the axis."""
    middle = (row["published"] + row["published_high"]) / 2
    if row["verdict"] not in CLAIM_DOTS or not middle > 0:
        return
    edge, face = DOTS[CLAIM_DOTS[row["verdict"]]]
    value, low, high, *ends = (
        PER_CENT * (row[name] / middle - 1) for name in ("model", "low", "high", "published", "published_high")
    )
    if ends[1] > ends[0]:
        ax.barh(place, ends[1] - ends[0], 2 * HALF_BAR, ends[0], color=GRID)
    if abs(value) > OFF_AXIS:
        side = math.copysign(OFF_AXIS, value)
        ax.plot(side, place, marker=">" if side > 0 else "<", color=edge, markersize=DOT, clip_on=False)
        return
    ax.plot([max(low, -OFF_AXIS), min(high, OFF_AXIS)], [place, place], color=edge, linewidth=LINE)
    ax.plot(value, place, "o", markersize=DOT, markeredgecolor=edge, markerfacecolor=face, zorder=3)


def _claim_columns(ax: Axes, rows: pd.DataFrame) -> None:
    """Write the claims left of the figures' names, and the numbers right of the chart."""
    _settle(ax)
    points = POINTS_AN_INCH / _root(ax).dpi
    names = max(label.get_window_extent().width for label in ax.get_yticklabels()) * points
    left = -(names + CLAIM_NAME)
    columns = {left: _claim_names(rows), CLAIM_COLUMNS[0]: [_claimed(row) for _, row in rows.iterrows()],
               CLAIM_COLUMNS[1]: [_modelled(row) for _, row in rows.iterrows()],
               CLAIM_COLUMNS[2]: list(rows["verdict"])}  # fmt: skip
    heads = ("claim", "published", "model (95 %)", "verdict")
    for (offset, texts), head in zip(columns.items(), heads, strict=True):
        corner = (0, 1) if offset < 0 else (1, 1)
        _note(ax, head, corner, (offset, GAP), fontsize=SMALL, fontweight="bold")
        for place, text in enumerate(texts):
            where = (corner[0], place)
            _note(ax, text, where, (offset, 0), ("axes fraction", "data"), va="center", fontsize=SMALL)


def _claim_names(rows: pd.DataFrame) -> list[str]:
    """Name of each claim on its first row, with its grade."""
    first = ~rows["claim"].duplicated()
    return [f"{row['claim']} ({row['grade']})" if first[place] else "" for place, row in rows.iterrows()]


def _claimed(row: pd.Series) -> str:
    if np.isnan(row["published"]):
        return UNDEFINED
    least, most = (number(row[name], row["unit"]) for name in ("published", "published_high"))
    return least if least == most else f"{least} to {most}"


def _modelled(row: pd.Series) -> str:
    model = number(row["model"], row["unit"])
    return model if np.isnan(row["low"]) else f"{model} ({span(row['low'], row['high'], row['unit'])})"


# Axes and words


def _tidy(ax: Axes, values: Literal["x", "y"], ticks: int = FEW_TICKS) -> None:
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


def _level_axis(ax: Axes, texts: Mapping[str, str], baseline: str, size: float = BODY, named: bool = True) -> None:
    ax.set_xticks(range(len(texts)), list(texts.values()) if named else [""] * len(texts), fontsize=size)
    ax.get_xticklabels()[list(texts).index(baseline)].set_fontweight("bold")
    ax.set_xlim(-AXIS_END, len(texts) - 1 + AXIS_END)


def _policy_axis(ax: Axes, texts: Mapping[str, str], baseline: str, named: bool) -> None:
    ax.set_yticks(range(len(texts)), list(texts.values()) if named else [""] * len(texts))
    ax.get_yticklabels()[list(texts).index(baseline)].set_fontweight("bold")
    ax.set_ylim(len(texts) - 1 + AXIS_END, -AXIS_END)


def _month_axis(ax: Axes, months: pd.Series) -> list[int]:
    """Label the axis of months at round steps that the data have, and return the months labelled."""
    last, known = int(months.max()), set(months)
    ways = [list(range(0, last + 1, step)) for step in MONTH_STEPS]
    shown = next((way for way in ways if len(way) <= MOST_MONTHS and known.issuperset(way)), [0, last])
    ax.set_xlim(0, last)
    ax.set_xticks(shown)
    ax.set_xlabel("months since the start")
    return shown


def _place_axis(ax: Axes, places: Sequence[float], name: str) -> None:
    """Label the axis of time at each place while they are few, and at round ones otherwise."""
    ax.set_xlim(min(places), max(places))
    if len(places) <= MOST_MONTHS:
        ax.set_xticks(places, [f"{place:g}" for place in places])
    else:
        ax.xaxis.set_major_locator(MaxNLocator(FEW_TICKS, steps=ROUND_STEPS, integer=True))
    ax.set_xlabel(name)


def _at_risk(table: pd.DataFrame, texts: Mapping[str, str], months: Sequence[int]) -> dict[str, list[str]]:
    wide = table.pivot(index="policy", columns="month", values="at_risk").reindex(columns=list(months))
    return {text: [_number(value, 0, signed=False) for value in wide.loc[policy]] for policy, text in texts.items()}


def _panels(figure: Figure, count: int, columns: int) -> list[Axes]:
    columns = min(columns, count)
    axes = list(figure.subplots(-(-count // columns), columns, squeeze=False).flat)
    for ax in axes[count:]:
        ax.remove()
    return axes[:count]


def _head(ax: Axes, label: str, unit: str) -> list[Annotation]:
    """Unit of a panel and, above it in bold, its name; both are wrapped once the panel's width is known."""
    return [
        _note(ax, unit or " ", (0, 1), (0, GAP), fontsize=SMALL, color=GREY),
        _note(ax, label, (0, 1), (0, GAP + SMALL * LEADING), fontweight="bold"),
    ]


def _note(
    ax: Axes,
    text: str,
    where: tuple[float, float],
    offset: tuple[float, float],
    origin: tuple[str, str] = ("axes fraction", "axes fraction"),
    **style: Any,
) -> Annotation:
    """Text at `where`, counted from `origin` for x and y, moved by `offset` points."""
    return ax.annotate(text, where, offset, xycoords=origin, textcoords="offset points", annotation_clip=False, **style)


def _end_note(ax: Axes, text: str, where: tuple[float, float], colour: object) -> Annotation:
    line = {
        "arrowstyle": "-",
        "color": colour,
        "linewidth": THIN,
        "shrinkA": 0,
        "shrinkB": 0,
        "relpos": LEFT_MIDDLE,
    }
    style = {"va": "center", "fontsize": SMALL, "color": INK, "arrowprops": line}
    return _note(ax, text, where, (LEADER, 0), ("data", "data"), **style)


def _rows_below(
    ax: Axes, rows: Mapping[str, Sequence[str]], places: Sequence[float] | None = None, heading: str = ""
) -> None:
    """Rows of numbers under the axis, one below each place (0, 1, ... unless given)."""
    down = _clear(ax)[0] + GAP
    if heading:
        _note(ax, heading, (0, 0), (0, -down), va="top", fontsize=SMALL, color=GREY)
        down += SMALL * LEADING
    for name, texts in rows.items():
        _note(ax, name, (0, 0), (-GAP - LEADER, -down), va="top", ha="right", fontsize=SMALL, color=GREY)
        for place, text in zip(range(len(texts)) if places is None else places, texts, strict=True):
            under = ("data", "axes fraction")
            _note(ax, text, (place, 0), (0, -down), under, va="top", ha="center", fontsize=SMALL)
        down += SMALL * LEADING


def _clear(ax: Axes) -> tuple[float, float]:
    """Points from the axes down, and up, to where nothing of it is drawn."""
    figure = _settle(ax)
    box = cast(Bbox, ax.get_tightbbox())
    points = POINTS_AN_INCH / figure.dpi
    return (ax.bbox.y0 - box.y0) * points, (box.y1 - ax.bbox.y1) * points


def _root(artist: Artist) -> Figure:
    """Whole figure of an artist, also when it sits in a subfigure."""
    return cast(Figure, artist.figure).canvas.figure


def _settle(artist: Artist) -> Figure:
    """Let Matplotlib arrange the figure, so that places can be measured."""
    figure = _root(artist)
    figure.draw_without_rendering()
    return figure


def _finish(ax: Axes, title: str, subtitle: str, source: str) -> None:
    """Write the words round a chart: round its figure if it is alone there, else round its own axes."""
    figure = _root(ax)
    if figure.axes == [ax]:
        dress(figure, title, subtitle, source)
        return
    down, up = _clear(ax)
    room, height = ax.bbox.width, figure.get_size_inches()[1] * POINTS_AN_INCH
    for text, style in ((subtitle, {"fontsize": SMALL, "color": GREY}), (title, {"fontweight": "bold"})):
        if text:
            up += GAP
            up += _fit(_note(ax, text, (0, 1), (0, up), **style), room) * height
    if source:
        _fit(
            _note(ax, f"Source: {source}", (0, 0), (0, -down - GAP), va="top", fontsize=SMALL, color=GREY),
            room,
        )


def _finish_panels(
    figure: Figure, heads: Sequence[Sequence[Annotation]], title: str, subtitle: str, source: str
) -> None:
    dress(figure, title, subtitle, source)
    figure.draw_without_rendering()
    height = figure.get_size_inches()[1] * POINTS_AN_INCH
    for ax, notes in zip(figure.axes, heads, strict=True):
        up = GAP
        for note in notes:
            note.xyann = (0, up)
            up += _fit(note, ax.bbox.width) * height + GAP / 2


def _uncrowd(axes: Sequence[Axes]) -> None:
    """Where labels of levels would touch, leave out the per cent sign that all have, or else turn them."""
    for ax in _crowded(axes):
        texts = [label.get_text() for label in ax.get_xticklabels()]
        numbers = [text.removesuffix(" %") for text in texts]
        if texts == [f"{number} %" for number in numbers if number.isdecimal()]:
            ax.set_xticklabels(numbers)
    for ax in _crowded(axes):
        ax.tick_params(axis="x", labelrotation=UPRIGHT)
    _settle(axes[0])
    for ax in axes:  # turned labels leave less height for the values
        few = min(FEW_TICKS, ax.yaxis.get_tick_space())
        cast(MaxNLocator, ax.yaxis.get_major_locator()).set_params(nbins=few)


def _crowded(axes: Sequence[Axes]) -> list[Axes]:
    _settle(axes[0])
    touching = []
    for ax in axes:
        boxes = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
        if any(left.x1 + GAP > right.x0 for left, right in pairwise(boxes)):
            touching.append(ax)
    return touching


def _fit(text: Text, room: float, balanced: bool = False) -> float:
    """Wrap a text to `room` pixels, and return the height it takes, as a share of the figure's.

    `balanced` makes the lines about equally long, so that no word is left alone on the last.
    """
    words = text.get_text().split(" ")
    lines = _wrap(text, words, room)
    narrow = lines
    while balanced and len(narrow) == len(lines) > 1:
        lines, room = narrow, room * NARROWER
        narrow = _wrap(text, words, room)
    text.set_text("\n".join(lines))
    return text.get_window_extent().height / _root(text).bbox.height


def _wrap(text: Text, words: Sequence[str], room: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        text.set_text(f"{lines[-1]} {word}")
        if text.get_window_extent().width <= room:
            lines[-1] = text.get_text()
        else:
            lines.append(word)
    return lines


def _spread(notes: Sequence[Annotation]) -> None:
    """Move notes at one edge up or down, as little as possible, until none covers another."""
    figure = _settle(notes[0])
    heights = [cast(Axes, note.axes).transData.transform((0, note.xy[1]))[1] for note in notes]
    natural = np.array(heights) * POINTS_AN_INCH / figure.dpi
    order = np.argsort(natural, kind="stable")
    stack = np.arange(len(notes)) * SMALL * LEADING
    lowest = cast(Axes, notes[0].axes).bbox.y0 * POINTS_AN_INCH / figure.dpi
    placed = np.maximum(isotonic_regression(natural[order] - stack).x, lowest) + stack
    for index, height in zip(order, placed, strict=True):
        notes[index].xyann = (LEADER, float(height - natural[index]))


# Frames and numbers


def _one_scenario(frame: pd.DataFrame, scenario: str | None) -> pd.DataFrame:
    names = list(frame["scenario"].unique())
    if scenario is None and len(names) == 1:
        return frame
    if scenario not in names:
        raise ValueError(f"a chart shows one scenario, asked for {scenario!r}; scenario= one of {names}")
    return frame[frame["scenario"] == scenario]


def _select(
    frame: pd.DataFrame,
    period: str,
    scenario: str | None,
    measures: Sequence[str],
    policies: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Rows of one scenario and period with these measures; says what is missing rather than draw less."""
    frame = _one_scenario(frame, scenario)
    for column, wanted in (("period", [period]), ("measure", measures), ("policy", policies)):
        if wanted is not None:
            missing = [name for name in wanted if name not in set(frame[column])]
            if missing:
                raise ValueError(f"the frame has no {column} {missing}; it has {sorted(set(frame[column]))}")
            frame = frame[frame[column].isin(list(wanted))]
    return frame


def _levels(levels: Levels | None, policies: Iterable[str], baseline: str) -> dict[str, str]:
    """Policy -> text in the order drawn; without `levels` the baseline comes first."""
    known = list(dict.fromkeys(policies))
    if baseline not in known:
        raise ValueError(f"the frame has no baseline {baseline!r}; its policies are {known}")
    if levels is None:
        return {policy: policy for policy in dict.fromkeys([baseline, *known])}
    missing = [policy for policy in levels if policy not in known]
    if missing or baseline not in levels:
        raise ValueError(
            f"levels must hold the baseline {baseline!r} and policies of the frame only; "
            f"not in the frame: {missing}; the frame has {known}"
        )
    return {policy: str(text) for policy, text in levels.items()}


def _describe(labels: Labels | None, measure: str) -> Described:
    about = (labels or {}).get(measure)
    return Label(measure.replace("_", " ").capitalize()) if about is None else about


def _scale(unit: str, values: object) -> Scale:
    """Per cent for shares; thousands or millions where the largest of the values needs them."""
    if unit in PERCENTAGES:
        return Scale(PER_CENT, "%", "percentage points")
    largest = np.nanmax(np.abs(np.asarray(values, dtype=float)), initial=0)
    divisor, word = next(((by, word) for least, by, word in ROUND if largest >= least), (1, ""))
    text = (word + unit.replace("money", "currency units")).strip()
    return Scale(1 / divisor, text, text)


def _quantity(value: float, unit: str) -> str:
    scale = _scale(unit, value)
    shown = value * scale.factor
    return f"{_number(shown, _decimals(shown), signed=False)} {scale.text}".strip()


def _decimals(values: object) -> int:
    """Decimals that show three digits of the largest value."""
    largest = np.nanmax(np.abs(np.asarray(values, dtype=float)), initial=0)
    return max(0, SIGNIFICANT - 1 - int(np.floor(np.log10(largest)))) if largest > 0 else 0


def _known_decimals(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> int:
    """Decimals that show one digit of a typical interval's half-width: the rest would be noise."""
    halves = (high - low)[high > low] / 2
    return max(0, -int(np.floor(np.log10(np.median(halves))))) if halves.size else _decimals(values)


def _number(value: float, digits: int, signed: bool = True) -> str:
    if np.isnan(value):
        return "–"
    rounded = round(float(value), digits)
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"


def _range(low: float, high: float, digits: int) -> str:
    return "" if np.isnan(low) else f"({_number(low, digits)} to {_number(high, digits)})"


def _chance(probability: float) -> str:
    if np.isnan(probability):
        return "–"
    percent = round(probability * PER_CENT)
    return "> 99 %" if percent == PER_CENT else "< 1 %" if percent == 0 else f"{percent} %"


def _interval_note(rows: pd.DataFrame, pairs: bool = False) -> str:
    least, most = int(rows["n"].min()), int(rows["n"].max())
    kind = "paired replication" if pairs else "replication"
    if most <= 1:
        return f"one {kind}, so no interval"
    runs = f"{least}" if least == most else f"{least} to {most}"
    return f"{rows['confidence'].iloc[0] * PER_CENT:.4g} % intervals, {runs} {kind}s"


def _pairs_note(rows: pd.DataFrame) -> str:
    note = _interval_note(rows, pairs=True)
    return f"{note[:1].upper()}{note[1:]}."
