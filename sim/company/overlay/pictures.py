"""The pictures of an overlay: what happened, laid on the projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import overlay as bands
from sim.company.overlay.words import IN_LINE, NOT_JUDGED, headline
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.pictures import COLUMNS, HEAD, WIDTH
from sim.outcomes.sentences import name_of
from sim.wording import slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

FAN_ROW = 2.4
"""Inches of a row of panels with fans."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw all measures of a `sim.Overlay` at a glance and each by itself, by the name of the file."""
    drawn = {"overlay": _together(found)} if len(found.measures) > 1 else {}
    for _, row in found.measures.iterrows():
        figure, ax = charts.canvas()
        _alone(found, row, ax)
        drawn[f"overlay-{slug(row['measure'])}"] = figure
    return drawn


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the first measure that differs from its projection, or else the first."""
    differ = found.measures[~found.measures["verdict"].isin([IN_LINE, NOT_JUDGED])]
    row = (differ if len(differ) else found.measures).iloc[0]
    return _alone(found, row, charts.canvas()[1] if ax is None else ax)


def _known(found: Any) -> dict[str, Any]:
    made = found.manifest
    return {
        "level": made["band_level"],
        "projected": name_of(made["policy"]),
        "baseline": f"baseline: {name_of(made['baseline'])}",
        "source": f"{found.source.removesuffix('.')}; actuals: {made['actuals']}.",
    }


def _together(found: Any) -> Figure:
    figure = charts.blank((WIDTH, HEAD + -(-len(found.measures) // COLUMNS) * FAN_ROW))
    bands.overlays(found.periods, figure, labels=CATALOGUE, title=found.headline, **_known(found))
    return figure


def _alone(found: Any, row: pd.Series, ax: Axes) -> Axes:
    course = found.periods[found.periods["measure"] == row["measure"]].reset_index(drop=True)
    about, title = CATALOGUE[row["measure"]], headline(row, found.manifest["level"])
    return bands.overlay(course, ax, about=about, title=title, **_known(found))
