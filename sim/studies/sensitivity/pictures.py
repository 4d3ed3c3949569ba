"""The picture of a sensitivity study: the parameters that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import sensitivity as drawing
from sim.outcomes.result import as_told
from sim.studies.sensitivity import words
from sim.studies.sensitivity.tornado import MIDDLE

if TYPE_CHECKING:
    from sim.charts import Figure

TOP = 15
"""Parameters that a chart shows."""


def figures(found: Any, top: int = TOP) -> dict[str, Figure]:
    """Draw the ``top`` parameters of a `sim.Sensitivity`, by the name of the file, which is the method's."""
    return as_told({found.manifest["method"]: chart(found, top)}, found.manifest)


def chart(found: Any, top: int = TOP, title: str | None = None) -> Figure:
    """Draw the parameters that matter most.

    Parameters
    ----------
    top : how many.
    title : a sentence; the one of ``found.title`` unless given.
    """
    shown, about = found.top(top), found.about
    figure, ax = charts.canvas(drawing.size(shown["rank"].nunique()))
    words_for: dict[str, Any] = {
        "explained": words.subject(found),
        "title": found.title() if title is None else title,
        "source": words.source(found),
    }
    if found.manifest["method"] == "tornado":
        effect, middle = found.manifest["policy"] is not None, float(found.values.loc[MIDDLE].mean())
        drawing.tornado(shown, ax, about=about, middle=middle, effect=effect, **words_for)
    elif found.manifest["method"] == "morris":
        drawing.morris(shown, ax, about=about, **words_for)
    else:
        drawing.sobol(shown, ax, **words_for)
    return figure
