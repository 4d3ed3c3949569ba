"""The pictures of a contact centre: figures beside theory, over time, the warm-up, the search for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import contact_centre as drawing
from sim.contact_centre import words
from sim.contact_centre.figures import ABOUT
from sim.model.clock import HOUR_MINUTES
from sim.outcomes.result import as_told, first_look

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

SHARES = ("service_level", "p_wait", "abandonment", "occupancy")
TIMES = ("mean_wait", "asa_s")
IN_LINE = {"mean_queue": "in line", "mean_in_system": "in the centre"}


def figures(found: Any) -> dict[str, Figure]:
    """Draw all charts of a `sim.QueueResult`, by file name; the main one first."""
    draw = {
        "shares": lambda ax: _beside_theory(found, SHARES, ax),
        "times": lambda ax: _beside_theory(found, TIMES, ax),
        "service-level-over-time": lambda ax: _over_time(found, "service_level", ax),
        "queue-over-time": lambda ax: _over_time(found, "mean_queue", ax),
        "warm-up": lambda ax: _warm_up(found, ax),
    }
    if len(found.centre.classes) > 1:
        draw["classes"] = lambda ax: _classes(found, ax)
    if found.staffing is not None:
        draw["staffing"] = lambda ax: _staffing(found, ax)
    drawn = {}
    for name in dict.fromkeys([_main(found), *draw]):
        figure, ax = charts.canvas()
        draw[name](ax)
        drawn[name] = figure
    return as_told(drawn, found.manifest)


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the main chart into ``ax``, or into a figure of its own."""
    ax = charts.canvas()[1] if ax is None else ax
    main = _main(found)
    if main == "staffing":
        return _staffing(found, ax)
    return _over_time(found, "service_level", ax) if main != "shares" else _beside_theory(found, SHARES, ax)


def _main(found: Any) -> str:
    """Name the chart that a planner looks at first."""
    if found.staffing is not None:
        return "staffing"
    return "shares" if found.centre.steady else "service-level-over-time"


def _beside_theory(found: Any, names: tuple[str, ...], ax: Axes) -> Axes:
    frame = found.to_frame().set_index("measure").loc[list(names)].reset_index()
    theory = found.theory.name if frame["theory"].notna().any() else ""
    title = _title(found, found.headline if names == SHARES else _sentence(found, names[0]))
    return drawing.beside_theory(frame, ax, labels=ABOUT, theory=theory, title=title, source=found.source)


def _classes(found: Any, ax: Axes) -> Axes:
    about = ABOUT["service_level"]
    frame = found.classes().query("measure == @about.name").assign(measure=lambda rows: rows["class"])
    labels = {name: charts.Label(name, about.unit, about.better) for name in frame["measure"]}
    title = _title(found, f"{about.label}: {words.by_class(found)}")
    return drawing.beside_theory(frame, ax, labels=labels, title=title, source=found.source)


def _over_time(found: Any, name: str, ax: Axes) -> Axes:
    course = found.over_time().query("measure == @name")
    if not course["n"].any():  # nothing ended: an empty chart still says how many replications there were
        course = course.assign(n=found.replications)
    title = _title(found, found.headline if name == "service_level" else _sentence(found, name))
    goal = found.staffing.share if found.staffing is not None and name == "service_level" else None
    width = found.layout.width / HOUR_MINUTES
    return drawing.over_time(course, ax, about=ABOUT[name], width=width, goal=goal, title=title, source=found.source)


def _warm_up(found: Any, ax: Axes) -> Axes:
    hours = f"a warm-up of {found.layout.warmup_hours:g} h"
    told = f"The measured hours follow {hours}"
    if words.trend(found):
        told = f"After {hours} the number in the centre still moves"
    title = _title(found, told)
    return drawing.warm_up(found.warm_up(), ax, names=IN_LINE, title=title, source=found.source)


def _staffing(found: Any, ax: Axes) -> Axes:
    search = found.staffing
    assert search is not None, "drawn only after a search"
    frame, title = search.to_frame(), _title(found, found.headline)
    about, goal = ABOUT["service_level"], search.share
    return drawing.staffing(frame, ax, about=about, goal=goal, title=title, source=found.source)


def _title(found: Any, sentence: str) -> str:
    return first_look(found.manifest) or sentence


def _sentence(found: Any, name: str) -> str:
    """Say a figure with its interval."""
    return f"{ABOUT[name].label}: {words.amount(found.row(name))}"
