"""The pictures of a search, drawn from its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import search as drawing
from sim.outcomes.measures import CATALOGUE
from sim.studies.choose.pareto import FRONTIER, SURE
from sim.wording import lower

if TYPE_CHECKING:
    from sim.charts import Figure

SHORT = 2
"""Digits of a level at a point of the frontier."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw each chart of a `sim.Finding`, by the name of its file."""
    drawn = {"search-progress": _progress(found)} if found.frontier is None else {"search-frontier": _frontier(found)}
    if len(found.checked):
        drawn["search-levels"] = _levels(found)
    return drawn


def _progress(found: Any) -> Figure:
    figure, ax = charts.canvas()
    about, title, source = found.terms.about, found.title(), _source(found)
    drawing.progress(found.trials, found.checked, ax, about=about, title=title, source=source)
    return figure


def _levels(found: Any) -> Figure:
    figure, ax = charts.canvas(drawing.size(len(found.space.levers)))
    ranges = {lever.name: (lever.low, lever.high) for lever in found.space.levers}
    drawing.levels(ranges, found.checked, ax, title=_levels_title(found), source=_source(found))
    return figure


def _frontier(found: Any) -> Figure:
    frame = found.frontier
    figure, ax = charts.canvas(charts.TALL)
    on = list(dict.fromkeys(frame.loc[frame["standing"].isin([SURE, FRONTIER]), "policy"]))
    goals = [goal.measure for goal in found.terms.goals]
    drawing.frontier(
        frame, ax, abouts=[CATALOGUE[name] for name in goals], goals=goals, on=on, names=_points(found, on),
        named=_named(found), title=found.title(), source=_source(found),
    )  # fmt: skip
    return figure


def _points(found: Any, on: Sequence[str]) -> dict[str, str]:
    """Write the levels of points on the frontier, by name, in the order of the levers."""
    told = {}
    for _, row in found.checked.drop_duplicates("trial").iterrows():
        told[f"trial {row['trial']}"] = " / ".join(f"{row[name]:.{SHORT}g}" for name in found.space.names)
    return {name: text for name, text in told.items() if name in on}


def _named(found: Any) -> str:
    return f"At the points: {' / '.join(name.replace('.', ' ') for name in found.space.names)}. "


def _levels_title(found: Any) -> str:
    if found.levels is None:
        names = " and ".join(lower(CATALOGUE[goal.measure].label) for goal in found.terms.goals)
        return f"Where the settings lie that were checked for {names}"
    told = [f"{name.replace('.', ' ')} {level:.3g}" for name, level in found.levels.items()]
    return f"Best levels found: {', '.join(told)}"


def _source(found: Any) -> str:
    about = found.manifest
    name = about.get("scenario", {}).get("name", "")
    version = f", cxsim {about['cxsim']}" if "cxsim" in about else ""
    return (
        f"scenario {name}, {len(found.trials)} trials, seed {about['seed']}, checked with seed {about['check_seed']}"
        f"{version}"
    ).removeprefix("scenario , ")
