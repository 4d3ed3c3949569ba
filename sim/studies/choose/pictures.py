"""The pictures of a choice: how likely each place is, and what is traded off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import choice as drawing
from sim.charts.rows import FRONTIER_FROM
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import source_line
from sim.wording import capital, lower, slug

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw each chart of a `sim.Choice`, by the name of its file."""
    drawn = {} if found.chosen is None else {"places": _places(found)}
    if found.pareto is not None:
        up, *others = (goal.measure for goal in found.terms.pareto)
        drawn |= {f"frontier-{slug(up)}-{slug(across)}": _frontier(found, across, up) for across in others}
    return drawn


def headline(found: Any) -> str:
    """Return what a choice comes down to, in a sentence."""
    name, what = capital(str(found.chosen)), lower(found.about.label)
    if found.guaranteed:
        return f"{name} is the best by {what} of {len(found.sheet)} policies"
    return f"{name} comes first by {what}, but the choice is not decided"


def frontier_title(frame: pd.DataFrame, across: str, up: str) -> str:
    """Say how many policies are on the frontier; one or two of them are named, and make no frontier."""
    rows = frame.drop_duplicates("policy")
    on = list(rows["policy"][rows["standing"].str.startswith("frontier")])
    names = " and ".join(lower(CATALOGUE[name].label) for name in (up, across))
    if len(on) < FRONTIER_FROM:
        return f"No policy is better in {names} together than {' or '.join(on)}"
    return f"{len(on)} of {len(rows)} policies are on the frontier of {names}"


def _places(found: Any) -> Figure:
    figure, ax = charts.canvas()
    known = {"chosen": found.chosen, "what": lower(found.about.label), "source": source_line(found.manifest)}
    drawing.rank_probabilities(found.ranks, ax, title=headline(found), **known)
    return figure


def _frontier(found: Any, across: str, up: str) -> Figure:
    figure, ax = charts.canvas()
    title = frontier_title(found.pareto, across, up)
    source, baseline = source_line(found.manifest), found.baseline
    drawing.pareto(
        found.pareto, ax, across=across, up=up, baseline=baseline, labels=CATALOGUE, title=title, source=source
    )
    return figure
