"""The pictures of a search, drawn from its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim import charts
from sim.charts import search as drawing
from sim.outcomes.measures import CATALOGUE
from sim.studies.choose.pareto import FRONTIER, SURE
from sim.studies.search.result import Finding
from sim.wording import lower

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHORT = 2
"""Digits of a level at a point of the frontier."""


def draw(found: Finding, folder: str | Path) -> list[Path]:
    """Draw all charts of a search into ``folder``, as PNG and SVG, and return their paths."""
    paths: list[Path] = []
    for name, figure in figures(found):
        paths += charts.save(figure, folder, name)
    return paths


def figures(found: Finding) -> Iterator[tuple[str, Figure]]:
    """Give each chart of a search with the name of its file."""
    if found.frontier is None:
        figure, ax = charts.canvas()
        drawing.progress(
            found.trials, found.checked, ax, about=found.asked.about, title=found.title(), source=_source(found)
        )
        yield "search-progress", figure
    else:
        yield "search-frontier", _frontier(found)
    if len(found.checked):
        figure, ax = charts.canvas(drawing.size(len(found.space.levers)))
        ranges = {lever.name: (lever.low, lever.high) for lever in found.space.levers}
        drawing.levels(ranges, found.checked, ax, title=_levels_title(found), source=_source(found))
        yield "search-levels", figure


def _frontier(found: Finding) -> Figure:
    frame = found.frontier
    assert frame is not None
    figure, ax = charts.canvas(charts.TALL)
    on = list(dict.fromkeys(frame.loc[frame["standing"].isin([SURE, FRONTIER]), "policy"]))
    goals = [goal.measure for goal in found.asked.goals]
    drawing.frontier(
        frame, ax, abouts=[CATALOGUE[name] for name in goals], goals=goals, on=on, names=_points(found, on),
        named=_named(found), title=found.title(), source=_source(found),
    )  # fmt: skip
    return figure


def _points(found: Finding, on: Sequence[str]) -> dict[str, str]:
    """Write the levels of points on the frontier, by name, in the order of the levers."""
    told = {}
    for _, row in found.checked.drop_duplicates("trial").iterrows():
        told[f"trial {row['trial']}"] = " / ".join(f"{row[name]:.{SHORT}g}" for name in found.space.names)
    return {name: text for name, text in told.items() if name in on}


def _named(found: Finding) -> str:
    return f"At the points: {' / '.join(name.replace('.', ' ') for name in found.space.names)}. "


def _levels_title(found: Finding) -> str:
    if found.levels is None:
        names = " and ".join(lower(CATALOGUE[goal.measure].label) for goal in found.asked.goals)
        return f"Where the settings lie that were checked for {names}"
    told = [f"{name.replace('.', ' ')} {level:.3g}" for name, level in found.levels.items()]
    return f"Best levels found: {', '.join(told)}"


def _source(found: Finding) -> str:
    about = found.manifest
    name = about.get("scenario", {}).get("name", "")
    version = f", cxsim {about['cxsim']}" if "cxsim" in about else ""
    return (
        f"scenario {name}, {len(found.trials)} trials, seed {about['seed']}, checked with seed {about['check_seed']}"
        f"{version}"
    ).removeprefix("scenario , ")
