"""The picture of a calibration: how well the company matches its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import calibration as matches

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the numbers of a `sim.Calibration`, their targets and what the model gives, by the name of the file."""
    figure, ax = charts.canvas(matches.size(len(found.numbers)))
    plot(found, ax)
    return {"targets": figure}


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the numbers into ``ax``, or a figure of its own."""
    ax = charts.canvas(matches.size(len(found.numbers)))[1] if ax is None else ax
    source = f"{found.source.removesuffix('.')}; other random numbers than were used to solve."
    tolerance = found.manifest["tolerance"]
    return matches.targets(found.numbers, ax, tolerance=tolerance, title=found.headline, source=source)
