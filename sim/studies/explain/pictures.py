"""The picture of an explanation: an effect, split by the channels that it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import as_told, first_look
from sim.outcomes.sentences import BASELINE, NO_POLICY

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the chart of a `sim.Explanation`, by the name of its file."""
    figure, ax = charts.canvas()
    plot(found, ax)
    return as_told({"explain": figure}, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the bridge of a `sim.Explanation` into ``ax``, or into a figure of its own."""
    ax = charts.canvas()[1] if ax is None else ax
    made = found.manifest
    name = NO_POLICY if made["baseline"] == BASELINE else ""
    title = first_look(made) or found.headline
    return charts.channel_bridge(found.effects, ax, labels=CATALOGUE, name=name, title=title, source=found.source)
