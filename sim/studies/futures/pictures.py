"""The pictures of many futures: who is best how often, regret, and the boxes in which policies fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import futures as drawing
from sim.studies.futures.box import quality
from sim.studies.futures.failure import FOUND, WEAK
from sim.wording import capital, percent, slug

if TYPE_CHECKING:
    from sim.charts import Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw each picture of a `sim.Futures`, by the name of its file; a box that tells nothing is not drawn."""
    made = found.manifest
    source = f"cxsim, scenario {made['scenario']['name']}, {len(found.feasible)} futures, seed {made['seed']}."
    return {
        "futures-best": _best(found, source),
        "futures-regret": _regret(found, source),
        **dict(_boxes(found, source)),
    }


def headline(found: Any) -> str:
    """Say which policy is best most often."""
    shares = found.best_shares()
    first = shares.loc[shares["share"].idxmax()]
    return f"{capital(first['policy'])} is best in {percent(first['share'])} of futures"


def _best(found: Any, source: str) -> Figure:
    shares = found.best_shares()
    figure, ax = charts.canvas(drawing.size(len(shares)))
    drawing.best(shares, ax, about=found.about, baseline=found.baseline, title=headline(found), source=source)
    return figure


def _regret(found: Any, source: str) -> Figure:
    regret = found.regret()
    least = regret.loc[regret["maximum"].idxmin()]
    figure, ax = charts.canvas(drawing.size(len(regret)))
    title = f"{capital(least['policy'])} has the least to regret in the worst future"
    known = {"about": found.about, "baseline": found.baseline, "title": title, "source": source}
    drawing.regret(found.regrets(), regret, ax, **known)
    return figure


def _boxes(found: Any, source: str) -> Iterator[tuple[str, Figure]]:
    points = found.design.points.loc[list(found.feasible)]
    for failure in found.failures.values():
        if failure.verdict not in (FOUND, WEAK):
            continue
        box = failure.boxes[0]
        figure, ax = charts.canvas(drawing.size(len(box.limits) + 1))
        often = "mostly" if failure.verdict == FOUND else "more often"
        title = f"{capital(failure.policy)} fails {often} when {box.text}"
        failed = points.index.isin(failure.failed)
        drawing.failure_box(box.limits, points, failed, ax, quality=quality(box), title=title, source=source)
        yield f"futures-fails-{slug(failure.policy)}", figure
