"""The picture of an audit: the figures of the documents beside what the model shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.outcomes.result import as_told, first_look

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the picture of a `sim.Audit`, by the name of its file."""
    figure, ax = charts.claims_canvas(len(found.claims))
    plot(found, ax)
    return as_told({"audit": figure}, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw each published figure beside the model's into ``ax``, or a figure of its own."""
    ax = charts.claims_canvas(len(found.claims))[1] if ax is None else ax
    title = first_look(found.manifest) or found.headline
    return charts.claims_beside_model(found.claims, ax, title=title, source=found.source)
