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

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.charts.bridges import PROFIT_PARTS, channel_bridge, effect_bridge
from sim.charts.claims import claims_beside_model, claims_canvas
from sim.charts.comparisons import effects, paired_dots, profit_by_level, small_multiples
from sim.charts.figures import blank, canvas, drawn, save, svg
from sim.charts.labels import Described, Label, Labels, Levels
from sim.charts.layout import dress, entitle
from sim.charts.retention import course, retention_curves
from sim.charts.style import BETTER, DPI, GREY, GRID, INK, PAPER, TALL, WIDE, WORSE

__all__ = [
    "BETTER",
    "DPI",
    "GREY",
    "GRID",
    "INK",
    "PAPER",
    "PROFIT_PARTS",
    "TALL",
    "WIDE",
    "WORSE",
    "Axes",
    "Described",
    "Figure",
    "Label",
    "Labels",
    "Levels",
    "blank",
    "canvas",
    "channel_bridge",
    "claims_beside_model",
    "claims_canvas",
    "course",
    "drawn",
    "dress",
    "effect_bridge",
    "effects",
    "entitle",
    "paired_dots",
    "profit_by_level",
    "retention_curves",
    "save",
    "small_multiples",
    "svg",
]
