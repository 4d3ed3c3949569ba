"""Where two engines part: the first event that they tell differently, in words, or the first numbers, by name.

Both engines run one scenario side by side with their logs on, the compiled one a week at a time behind the readable
one. The logs are compared row by row and bit by bit as they grow, and what both have told is let go, so that a long run
needs no more memory than its states and a week of log. A bare queue has no log: there the books are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.checks.diff_engines.difference import BOTH, Comparison, EventDifference, ValueDifference, differences
from sim.checks.diff_engines.in_step import DifferenceError, InStep, refuse
from sim.checks.diff_engines.names import BOOKS, FIELDS, NO_HISTORY
from sim.contact_centre import QueueError
from sim.contact_centre.arguments import whole
from sim.contact_centre.centre import Centre
from sim.contact_centre.description import describe, examples, read
from sim.contact_centre.replication import layout, replicate
from sim.contact_centre.study import DEFAULT_SEED
from sim.engines import History
from sim.engines.log import Log
from sim.inputs.scenario import SHIPPED, Scenario
from sim.model.clock import DAY, HOUR, MINUTE
from sim.progress import Report, reporting

__all__ = ["Comparison", "EventDifference", "ValueDifference", "diff_engines"]

QUEUES_SAY = ("calls_per_hour", "trace")
"""A queue says one of these; a scenario knows neither."""


def diff_engines(
    scenario: Scenario | str | Path,
    replication: int = 0,
    *,
    years: float | None = None,
    seed: int | None = None,
    progress: bool | Report | None = None,
) -> Comparison:
    """Run one replication on both engines and find the first event, or the first number, in which they differ.

    Functions of the readable engine may be one's own: what they change is then what is found.

    Parameters
    ----------
    scenario : a scenario, or the name or path of one, or of a bare queue.
    replication : which repetition; that of the same number of a study.
    years, seed : instead of the scenario's own.
    progress : see `sim.progress.reporting`.

    Raises
    ------
    EngineError : when the compiled engine cannot run it. ScenarioError, QueueError : before anything is run.
    """
    queue = None if isinstance(scenario, Scenario) else _queue(scenario)
    if queue is not None and years is not None:
        raise QueueError("a queue has no years; leave them out, and set hours in its file.")
    with reporting(progress) as report:
        if queue is not None:
            return _compare_books(*queue, seed, replication, report)
        chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
        return _compare_histories(chosen.change(**changes), replication, report)


def _queue(name: str | Path) -> tuple[dict[str, Any], Path] | None:
    """Read a bare queue, if that is what the name or the file stands for."""
    if str(name) in SHIPPED or not (str(name) in examples() or Path(name).is_file()):
        return None
    settings, folder = read(name)
    return (settings, folder) if any(key in settings for key in QUEUES_SAY) else None


def _compare_histories(scenario: Scenario, replication: int, report: Report) -> Comparison:
    title = f"{scenario.name}, replication {replication}, seed {scenario.seed}"
    engines = InStep(scenario, replication)
    try:
        final = engines.tell_all(report)
    except DifferenceError:
        heading = f"{title}: the engines differ after {engines.events:,} events."
        return Comparison(heading, engines.events, "", engines.first)
    over = f"{engines.events:,} events over {scenario.days:,} days"
    ours, theirs = map(_kept, final)
    values = differences(FIELDS, ours, theirs, DAY, scenario.first_day)
    if values:
        heading = f"{title}: the same {over}, but what the engines leave behind differs."
        return Comparison(heading, engines.events, "", values=values)
    digest = History(engines.resolved, replication, final[0], *Log().rows()).digest()
    return Comparison(f"{title}: the same history on both engines, {over}, digest {digest}.", engines.events, digest)


def _kept(state: s.State) -> dict[str, NDArray[Any]]:
    """Return the arrays of a state that belong to its history."""
    kept = {name: getattr(state, name).copy() for name in FIELDS}
    kept["company_i"][list(NO_HISTORY)] = 0
    return kept


def _compare_books(
    settings: Mapping[str, Any], folder: Path, seed: int | None, replication: int, report: Report
) -> Comparison:
    centre = describe(settings, folder, staffed="agents" in settings)
    seed = whole("seed", settings.get("seed", DEFAULT_SEED) if seed is None else seed, 0)
    plan = layout(centre)
    bucket = plan.width * MINUTE
    refuse(max(centre.agents) + centre.managers, plan.buckets * bucket)
    ours, theirs = (_books(centre, seed, replication, k, report) for k in range(len(BOTH)))
    contacts = int(ours["board"][s.OFFERED].sum())
    title = f"{centre.title}, replication {replication}, seed {seed}"
    values = differences(BOOKS, ours, theirs, bucket, 0)
    if values:
        return Comparison(f"{title}: the books of the engines differ.", contacts, "", values=values)
    digest = hashlib.sha256(b"".join(page.tobytes() for page in ours.values())).hexdigest()
    over = f"{contacts:,} contacts over {plan.buckets * bucket / HOUR:,g} hours"
    return Comparison(f"{title}: the same books on both engines, {over}, digest {digest}.", contacts, digest)


def _books(centre: Centre, seed: int, replication: int, engine: int, report: Report) -> dict[str, NDArray[Any]]:
    def advance(share: float) -> None:
        report((engine + share) / len(BOTH), 1)

    books = replicate((centre, seed, replication, BOTH[engine]), advance)
    return {name: np.ascontiguousarray(getattr(books, name)) for name in BOOKS}
