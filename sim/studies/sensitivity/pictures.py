"""The picture of a sensitivity study: the parameters that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import sensitivity as drawing
from sim.outcomes.result import as_told, first_look
from sim.studies.sensitivity import words
from sim.studies.sensitivity.tornado import MIDDLE
from sim.studies.sensitivity.words import TOP

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


def figures(found: Any, top: int | None = None) -> dict[str, Figure]:
    """Draw the ``top`` parameters of a `sim.Sensitivity`, by the name of the file, which is the method's."""
    figure, ax = charts.canvas(_size(found, top))
    plot(found, ax, top)
    return as_told({found.manifest["method"]: figure}, found.manifest)


def plot(found: Any, ax: Axes | None = None, top: int | None = None, title: str | None = None) -> Axes:
    """Draw the parameters that matter most into ``ax``, or a figure of its own.

    Parameters
    ----------
    top : how many.
    title : a sentence; the headline unless given.
    """
    ax = charts.canvas(_size(found, top))[1] if ax is None else ax
    shown, about = found.top(_top(found, top)), found.about
    told: dict[str, Any] = {
        "explained": words.subject(found),
        "title": title or first_look(found.manifest) or found.headline,
        "source": found.source,
    }
    if found.manifest["method"] == "tornado":
        effect, middle = found.manifest["policy"] is not None, float(found.values.loc[MIDDLE].mean())
        return drawing.tornado(shown, ax, about=about, middle=middle, effect=effect, **told)
    if found.manifest["method"] == "morris":
        return drawing.morris(shown, ax, about=about, **told)
    return drawing.sobol(shown, ax, **told)


def _top(found: Any, top: int | None) -> int:
    return int(found.manifest.get("top", TOP)) if top is None else top


def _size(found: Any, top: int | None) -> tuple[float, float]:
    return drawing.size(found.top(_top(found, top))["rank"].nunique())
