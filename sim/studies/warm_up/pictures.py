"""The pictures of a warm-up study: the course of each measure from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim import charts
from sim.charts.warm_up import warm_up
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import as_told, first_look
from sim.studies.warm_up.words import ENOUGH, sentence
from sim.wording import counted, slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the course of each measure of a `sim.WarmUp`, by the name of its file."""
    drawn = {}
    for _, row in found.verdicts.iterrows():
        figure, ax = charts.canvas()
        _course(found, row, ax)
        drawn[f"warm-up-{slug(row['measure'])}"] = figure
    return as_told(drawn, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the course of the first measure that is not steady, or else of the first."""
    ax = charts.canvas()[1] if ax is None else ax
    worse = found.verdicts[found.verdicts["verdict"] != ENOUGH]
    return _course(found, (worse if len(worse) else found.verdicts).iloc[0], ax)


def _course(found: Any, row: pd.Series, ax: Axes) -> Axes:
    weeks = found.weeks[found.weeks["measure"] == row["measure"]]
    steady = {} if np.isnan(row["truncation_days"]) else {_steady(row): row["truncation_days"]}
    marks = steady | {f"the scenario's warm-up: {counted(row['warm_up_days'], 'day')}": row["warm_up_days"]}
    title = first_look(found.manifest) or sentence(row)
    return warm_up(weeks, ax, about=CATALOGUE[row["measure"]], marks=marks, title=title, source=found.source)


def _steady(row: pd.Series) -> str:
    return f"steady by MSER-5: {counted(row['truncation_days'], 'day')}"
