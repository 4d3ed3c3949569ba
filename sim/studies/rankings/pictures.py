"""The picture of rankings: the lead in each pair of policies under each reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import Label
from sim.outcomes.result import as_told, first_look, source_line
from sim.studies.rankings import words
from sim.wording import lower, slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

WIDTH, HEAD, ROW = 10.0, 2.2, 0.3
"""Inches: of the chart, of what stands above and below its rows, and of a row."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw a chart a scenario of a `sim.rankings`, by the name of its file."""
    drawn = {}
    for name, part in found.pairs.groupby("scenario", sort=False):
        figure, ax = charts.canvas((WIDTH, HEAD + ROW * len(part)))
        _leads(found, part, ax)
        drawn[f"rankings-{slug(str(name))}"] = figure
    return as_told(drawn, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the first scenario of a `sim.rankings`."""
    part = found.pairs[found.pairs["scenario"] == found.pairs["scenario"].iloc[0]]
    ax = charts.canvas((WIDTH, HEAD + ROW * len(part)))[1] if ax is None else ax
    return _leads(found, part, ax)


def _leads(found: Any, part: pd.DataFrame, ax: Axes) -> Axes:
    names = part["ahead"] + " over " + part["behind"] + ", " + part["reading"]
    columns = {f"{name}_lead": f"{name}_difference" for name in ("mean", "ci_low", "ci_high")}
    lead = Label(f"lead by {lower(found.about.label)}", found.about.unit, "higher")
    return charts.effects(
        part.rename(columns=columns).assign(name=names), ax, about=lead, against="no difference",
        title=first_look(found.manifest) or words.headline(part),
        source=source_line(found.manifest, str(part["scenario"].iloc[0])),
    )  # fmt: skip
