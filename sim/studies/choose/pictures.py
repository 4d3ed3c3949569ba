"""The pictures of a choice: how likely each place is, and what is traded off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import choice as drawing
from sim.charts.rows import FRONTIER_FROM
from sim.outcomes.measures import CATALOGUE, named
from sim.outcomes.result import as_told, first_look
from sim.wording import lower, slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw each chart of a `sim.Choice`, by the name of its file."""
    drawn = {}
    if len(found.sheet) > 1:
        figure, ax = charts.canvas()
        _differences(found, ax)
        drawn["differences"] = figure
    if found.chosen is not None:
        drawn["places"] = _places(found)
    if found.pareto is not None:
        up, *others = (goal.measure for goal in found.terms.pareto)
        drawn |= {f"frontier-{slug(up)}-{slug(across)}": _frontier(found, across, up) for across in others}
    return as_told(drawn, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the difference of each policy from the baseline into ``ax``, or a figure of its own."""
    return _differences(found, charts.canvas()[1] if ax is None else ax)


def _differences(found: Any, ax: Axes) -> Axes:
    names = {"ci_low_simultaneous": "ci_low_difference", "ci_high_simultaneous": "ci_high_difference"}
    rows = found.sheet.rename(columns=names).assign(name=found.sheet["policy"])
    rows = rows[rows["policy"] != found.baseline].sort_values("mean_difference", ascending=found.terms.sign < 0)
    title = first_look(found.manifest) or found.headline
    return charts.effects(rows, ax, about=found.about, against=found.baseline, title=title, source=found.source)


def frontier_title(frame: pd.DataFrame, across: str, up: str) -> str:
    """Say how many policies are on the frontier; one or two of them are named, and make no frontier."""
    rows = frame.drop_duplicates("policy")
    on = list(rows["policy"][rows["standing"].str.startswith("frontier")])
    names = " and ".join(lower(named(name).label) for name in (up, across))
    if len(on) < FRONTIER_FROM:
        return f"No policy is better in {names} together than {' or '.join(on)}"
    return f"{len(on)} of {len(rows)} policies are on the frontier of {names}"


def _places(found: Any) -> Figure:
    figure, ax = charts.canvas()
    known = {"chosen": found.chosen, "what": lower(found.about.label), "source": found.source}
    drawing.rank_probabilities(found.ranks, ax, title=found.headline, **known)
    return figure


def _frontier(found: Any, across: str, up: str) -> Figure:
    figure, ax = charts.canvas()
    known = {"title": frontier_title(found.pareto, across, up), "source": found.source}
    drawing.pareto(found.pareto, ax, across=across, up=up, baseline=found.baseline, labels=CATALOGUE, **known)
    return figure
