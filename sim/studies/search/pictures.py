"""The pictures of a search, drawn from its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import search as drawing
from sim.outcomes.measures import CATALOGUE
from sim.studies.choose.pareto import FRONTIER, SURE
from sim.wording import listed, lower

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

SHORT = 2
"""Digits of a level at a point of the frontier."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw each chart of a `sim.Finding`, by the name of its file."""
    figure, ax = charts.canvas(_size(found))
    plot(found, ax)
    drawn = {"search-progress" if found.frontier is None else "search-frontier": figure}
    if len(found.checked):
        drawn["search-levels"] = _levels(found)
    return drawn


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the progress of a search, or its frontier, into ``ax`` or a figure of its own."""
    ax = charts.canvas(_size(found))[1] if ax is None else ax
    if found.frontier is not None:
        return _frontier(found, ax)
    known = {"about": found.terms.about, "title": found.headline, "source": _source(found)}
    return drawing.progress(found.trials, found.checked, ax, **known)


def _size(found: Any) -> tuple[float, float]:
    return charts.WIDE if found.frontier is None else charts.TALL


def _levels(found: Any) -> Figure:
    figure, ax = charts.canvas(drawing.size(len(found.space.levers)))
    ranges = {lever.name: (lever.low, lever.high) for lever in found.space.levers}
    drawing.levels(ranges, found.checked, ax, title=_levels_title(found), source=_source(found))
    return figure


def _frontier(found: Any, ax: Axes) -> Axes:
    frame = found.frontier
    on = list(dict.fromkeys(frame.loc[frame["standing"].isin([SURE, FRONTIER]), "policy"]))
    goals = [goal.measure for goal in found.terms.goals]
    return drawing.frontier(
        frame, ax, abouts=[CATALOGUE[name] for name in goals], goals=goals, on=on, names=_points(found, on),
        named=_named(found), title=found.headline, source=_source(found),
    )  # fmt: skip


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
        names = listed([lower(CATALOGUE[goal.measure].label) for goal in found.terms.goals])
        return f"Where the settings lie that were checked for {names}"
    told = [f"{name.replace('.', ' ')} {level:.3g}" for name, level in found.levels.items()]
    return f"Best levels found: {', '.join(told)}"


def _source(found: Any) -> str:
    about = found.manifest
    check = f", checked with seed {about['check_seed']}" if "check_seed" in about else ""
    return f"{found.source.removesuffix('.')}, {len(found.trials)} trials{check}."
