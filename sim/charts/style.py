"""How all charts look: few colours that differ in lightness, sizes, fonts."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import LinearSegmentedColormap

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
# Shares of one step of a categorical axis: half the thickness of a bar, the margin at either end.
HALF_BAR, AXIS_END = 0.3, 0.6
HEADROOM, PANEL_GAP = 0.08, 0.06
PANELS_A_ROW, FEW_TICKS, FEWER_TICKS = 4, 6, 3
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with Matplotlib: the same layout on every machine
    "font.size": BODY,
    "text.color": INK,
    "axes.labelcolor": GREY,
    "svg.fonttype": "none",  # text stays text, so that it can be edited on a slide
    "svg.hashsalt": "cxsim",  # ids are random otherwise, and equal charts differ
}
