"""How well a company of the model matches the numbers of a real one, as a picture.

As in `sim.charts`: a frame and an `ax` go in, the `ax` comes out, and nothing is run.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.charts.axes import tidy
from sim.charts.labels import interval_note
from sim.charts.layout import annotate, finish
from sim.charts.scales import PER_CENT
from sim.charts.style import AXIS_END, BAND, CAP, DOT, DOTS, GAP, GREY, INK, LINE, RIM, SMALL, STYLE, THIN
from sim.wording import number, span

WIDTH, HEAD, ROW = 10.0, 2.1, 0.34
"""Inches: of the figure, of what is above and below the rows, and of a row."""
VERDICTS = {"matched": "better", "within chance": "unclear", "missed": "worse"}
ROOM = 1.6
"""How many times the tolerance the axis shows at least."""


def size(numbers: int) -> tuple[float, float]:
    """Return the size of a figure with so many numbers, in inches."""
    return WIDTH, HEAD + ROW * numbers


@mpl.rc_context(STYLE)
def targets(numbers: pd.DataFrame, ax: Axes, *, tolerance: float, title: str = "", source: str = "") -> Axes:
    """Each number of a company: by how much the model misses it, with its interval, beside both figures.

    Parameters
    ----------
    numbers : columns label, unit, target, mean, ci_low, ci_high, confidence, n, off, verdict, as in
        `sim.company.calibration.Calibration.numbers`; rows in the order drawn.
    tolerance : share by which a number may be missed; drawn as a band.
    """
    places = np.arange(len(numbers))
    off = numbers["off"].to_numpy() * PER_CENT
    ends = [_off(numbers, end) * PER_CENT for end in ("ci_low", "ci_high")]
    ax.axvspan(-tolerance * PER_CENT, tolerance * PER_CENT, color=GREY, alpha=BAND, linewidth=0)
    ax.axvline(0.0, color=INK, linewidth=LINE)
    for place, verdict in zip(places, numbers["verdict"], strict=True):
        edge, face = DOTS[VERDICTS[verdict]]
        bar = [[off[place] - ends[0][place]], [ends[1][place] - off[place]]]
        ax.errorbar(off[place], place, xerr=np.abs(bar), color=edge, capsize=CAP, linewidth=THIN)
        ax.plot(off[place], place, "o", markersize=DOT, markeredgecolor=edge, markerfacecolor=face, markeredgewidth=RIM)
        annotate(
            ax,
            _figures(numbers.iloc[place]),
            (1.0, float(place)),
            (GAP, 0),
            ("axes fraction", "data"),
            va="center",
            fontsize=SMALL,
        )
    tidy(ax, values="x")
    ax.set_yticks(places, list(numbers["label"]))
    ax.set_ylim(len(numbers) - 1 + AXIS_END, -AXIS_END)
    reach = max(ROOM * tolerance * PER_CENT, float(np.abs([off, *ends]).max()) * 1.05)
    ax.set_xlim(-reach, reach)
    ax.set_xlabel("model less target, % of the target", color=GREY)
    words = f"Dots: mean over replications ({interval_note(numbers)}). Grey: the tolerance of {tolerance:.0%}."
    finish(ax, title, words.replace("%.", " %."), source)
    return ax


def _off(numbers: pd.DataFrame, column: str) -> np.ndarray:
    return ((numbers[column] - numbers["target"]) / numbers["target"].abs()).to_numpy()


def _figures(row: pd.Series) -> str:
    unit = row["unit"]
    target, mean = number(row["target"], unit), number(row["mean"], unit)
    return f"{mean} ({span(row['ci_low'], row['ci_high'], unit)}), target {target}{_name(unit)}"


def _name(unit: str) -> str:
    return f" {unit}" if unit in ("s", "points", "people") else ""
