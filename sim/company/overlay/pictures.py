"""The pictures of an overlay: what happened, laid on the projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import overlay as bands
from sim.company.overlay.words import IN_LINE, NOT_JUDGED
from sim.company.overlay.words import headline as in_short
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.pictures import COLUMNS, HEAD, WIDTH
from sim.outcomes.result import source_line
from sim.outcomes.sentences import name_of
from sim.wording import slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Figure

FAN_ROW = 2.4
"""Inches of a row of panels with fans."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw all measures of a `sim.Overlay` at a glance and each by itself, by the name of the file."""
    made = found.manifest
    known: dict[str, Any] = {
        "level": made["band_level"],
        "projected": name_of(made["policy"]),
        "baseline": f"baseline: {name_of(made['baseline'])}",
        "source": f"{source_line(made).removesuffix('.')}; actuals: {made['actuals']}.",
    }
    drawn = {"overlay": _together(found, known)} if len(found.table) > 1 else {}
    return drawn | {f"overlay-{slug(row['measure'])}": _alone(found, row, known) for _, row in found.table.iterrows()}


def _together(found: Any, known: dict[str, Any]) -> Figure:
    figure = charts.blank((WIDTH, HEAD + -(-len(found.table) // COLUMNS) * FAN_ROW))
    bands.overlays(found.frame, figure, labels=CATALOGUE, title=headline(found), **known)
    return figure


def _alone(found: Any, row: pd.Series, known: dict[str, Any]) -> Figure:
    figure, ax = charts.canvas()
    course = found.frame[found.frame["measure"] == row["measure"]].reset_index(drop=True)
    about, title = CATALOGUE[row["measure"]], in_short(row, found.manifest["level"])
    bands.overlay(course, ax, about=about, title=title, **known)
    return figure


def headline(found: Any) -> str:
    """Return what an overlay comes to, in a sentence."""
    measures, differ = len(found.table), int((~found.table["verdict"].isin([IN_LINE, NOT_JUDGED])).sum())
    how_many = f"{differ} of {measures} measures differ" if differ > 1 else f"1 of {measures} measures differs"
    if differ == 0:
        how_many = f"None of {measures} measures differs"
    return f"{how_many} from the projection more than chance explains"
