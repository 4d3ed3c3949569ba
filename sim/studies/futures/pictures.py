"""The pictures of many futures: who is best how often, regret, and the boxes in which policies fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import futures as drawing
from sim.studies.futures.box import quality
from sim.studies.futures.failure import FOUND, WEAK
from sim.wording import capital, counted, slug

if TYPE_CHECKING:
    from sim.charts import Axes, Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw each picture of a `sim.Futures`, by the name of its file; a box that tells nothing is not drawn."""
    figure, ax = charts.canvas(drawing.size(len(found.policies)))
    plot(found, ax)
    return {"futures-best": figure, "futures-regret": _regret(found), **dict(_boxes(found))}


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw how often each policy is best into ``ax``, or a figure of its own."""
    shares = found.best_shares()
    ax = charts.canvas(drawing.size(len(shares)))[1] if ax is None else ax
    known = {"about": found.about, "baseline": found.baseline, "title": found.headline, "source": _source(found)}
    return drawing.best(shares, ax, **known)


def _source(found: Any) -> str:
    return f"{found.source.removesuffix('.')}, {counted(len(found.feasible), 'future')}."


def _regret(found: Any) -> Figure:
    regret = found.regret()
    least = regret.loc[regret["maximum"].idxmin()]
    figure, ax = charts.canvas(drawing.size(len(regret)))
    title = f"{capital(least['policy'])} has the least to regret in the worst future"
    known = {"about": found.about, "baseline": found.baseline, "title": title, "source": _source(found)}
    drawing.regret(found.regrets(), regret, ax, **known)
    return figure


def _boxes(found: Any) -> Iterator[tuple[str, Figure]]:
    points = found.design.points.loc[list(found.feasible)]
    for failure in found.failures.values():
        if failure.verdict not in (FOUND, WEAK):
            continue
        box = failure.boxes[0]
        figure, ax = charts.canvas(drawing.size(len(box.limits) + 1))
        often = "mostly" if failure.verdict == FOUND else "more often"
        title = f"{capital(failure.policy)} fails {often} when {box.text}"
        failed = points.index.isin(failure.failed)
        drawing.failure_box(box.limits, points, failed, ax, quality=quality(box), title=title, source=_source(found))
        yield f"futures-fails-{slug(failure.policy)}", figure
