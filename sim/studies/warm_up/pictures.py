"""The pictures of a warm-up study: the course of each measure from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim import charts
from sim.charts.warm_up import warm_up
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import as_told, source_line
from sim.studies.warm_up.words import sentence
from sim.wording import counted, slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the course of each measure of a `sim.WarmUp`, by the name of its file."""
    drawn = {f"warm-up-{slug(row['measure'])}": _course(found, row) for _, row in found.table.iterrows()}
    return as_told(drawn, found.manifest)


def _course(found: Any, row: pd.Series) -> Figure:
    figure, ax = charts.canvas()
    weeks = found.course[found.course["measure"] == row["measure"]]
    settled = {} if np.isnan(row["truncation_days"]) else {_settled(row): row["truncation_days"]}
    marks = settled | {f"the scenario's warm-up: {counted(row['warm_up_days'], 'day')}": row["warm_up_days"]}
    about, source = CATALOGUE[row["measure"]], source_line(found.manifest)
    warm_up(weeks, ax, about=about, marks=marks, title=sentence(row), source=source)
    return figure


def _settled(row: pd.Series) -> str:
    return f"settled by MSER-5: {counted(row['truncation_days'], 'day')}"
