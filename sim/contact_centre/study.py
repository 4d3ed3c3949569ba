"""From arguments to figures: ``sim.queue(...)``."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.contact_centre.arguments import QueueError, share, whole
from sim.contact_centre.centre import Centre
from sim.contact_centre.closed_forms import closed_form
from sim.contact_centre.description import describe, read
from sim.contact_centre.distributions import Distribution
from sim.contact_centre.ledger import Ledger
from sim.contact_centre.replication import Books, Layout, engine_for, layout, replicate, run_hours
from sim.contact_centre.result import QueueResult
from sim.contact_centre.staffing import fewest_agents, read_target
from sim.engines import Engine
from sim.engines.choice import sharing
from sim.outcomes.origin import made_here
from sim.progress import Report, reporting
from sim.running.workers import TaskError, available, work_off

DEFAULT_REPLICATIONS = 10
"""Replications by default: enough for a meaningful interval."""
MOST_REPLICATIONS = 100_000
"""Replications whose counts memory holds, and beyond which no interval becomes noticeably narrower."""
DEFAULT_SEED = 1
SMALL = 100_000
"""Runs of the readable engine with fewer contacts than this use one process: starting more would take longer."""

Law = str | Distribution
Numbers = int | str | Sequence[int]
Share = float | str


def queue(
    file: str | Path | None = None,
    *,
    agents: Numbers | None = None,
    calls_per_hour: float | None = None,
    handling: Law | None = None,
    patience: Law | None = None,
    managers: int | None = None,
    needs_manager: Share | None = None,
    manager_handling: Law | None = None,
    escalation: str | None = None,
    redial: Share | None = None,
    redial_delay: Law | None = None,
    return_: Share | None = None,
    return_delay: Law | None = None,
    target_seconds: float | None = None,
    short_abandon_seconds: float | None = None,
    hours: float | None = None,
    warmup_hours: float | None = None,
    replications: int | None = None,
    seed: int | None = None,
    target: str | None = None,
    max_abandon: Share | None = None,
    profile: str | Sequence[float] | None = None,
    trace: str | Path | None = None,
    classes: Sequence[Mapping[str, Any]] | None = None,
    title: str | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: bool | Report | None = None,
) -> QueueResult:
    """Simulate a contact centre on its own, without customers' memory.

    Parameters
    ----------
    file : a TOML file with the same names (``return`` without underscore), or the name of a shipped example.
        Arguments override it.
    agents : on duty: one number, or numbers by half-hour from Monday 00:00 (48 for a day that repeats, 336 for a week,
        or one for each half-hour of the run), or a CSV file of them. Leave it out when ``target`` is given.
    calls_per_hour : first contacts per hour, Poisson, mean over the week.
    handling, patience, manager_handling, redial_delay, return_delay : text such as
        "lognormal mean 6 min cv 1.2": see `sim.contact_centre.distributions`. Patience is "none" unless given.
    managers, needs_manager, escalation : managers on duty, share of answered contacts that need one, and "hold"
        (the agent stays on the line) or "transfer" (the customer queues again, the agent is free).
    redial : share of abandoning callers who call again after ``redial_delay``.
    return_ : share of answered contacts that are unresolved and come back after ``return_delay``.
    target_seconds : longest wait that counts as in time (20).
    short_abandon_seconds : calls abandoned sooner than this are excluded from the service level (0).
    hours, warmup_hours : hours to measure (100, or a week where anything varies by half-hour), and hours to warm up
        before (a tenth of these, more for long contacts or delays). With a trace: all of it, and 0.
    replications, seed : number of independent replications (10), and seed of the random numbers (1).
    target, max_abandon : "80/20" finds the fewest agents that answer 80 % within 20 s while at most this
        share abandons; the result's ``staffing`` also has one agent fewer and one more.
    profile : relative number of calls by half-hour of a day (48) or week (336), or a CSV file of them.
    trace : a CSV file of arrivals: see `sim.contact_centre.arrivals.read_trace`.
    classes : priority classes, the most urgent first: name, share, and any of the above that differs.
    title : name of the centre, for texts and charts.
    engine : "readable", "compiled", or "auto" for whichever finishes first. Results are the same.
    workers : threads or processes; by default one per CPU when the run is long enough to benefit.
    progress : see `sim.progress.reporting`.

    Raises
    ------
    QueueError : when the centre cannot be simulated; one sentence says why, and the fix.
    """
    given = {
        "agents": agents,
        "calls_per_hour": calls_per_hour,
        "handling": handling,
        "patience": patience,
        "managers": managers,
        "needs_manager": needs_manager,
        "manager_handling": manager_handling,
        "escalation": escalation,
        "redial": redial,
        "redial_delay": redial_delay,
        "return": return_,
        "return_delay": return_delay,
        "target_seconds": target_seconds,
        "short_abandon_seconds": short_abandon_seconds,
        "hours": hours,
        "warmup_hours": warmup_hours,
        "replications": replications,
        "seed": seed,
        "target": target,
        "max_abandon": max_abandon,
        "profile": profile,
        "trace": trace,
        "classes": classes,
        "title": title,
    }
    return study({key: value for key, value in given.items() if value is not None}, file, engine, workers, progress)


def study(
    arguments: Mapping[str, Any],
    file: str | Path | None,
    engine: str,
    workers: int | None,
    progress: bool | Report | None,
) -> QueueResult:
    """Simulate what a file and arguments by name describe; arguments override the file."""
    described, folder = read(file) if file is not None else ({}, Path())
    # A file among the arguments is relative to the current folder, not to the TOML file.
    given = {**described, **{key: _from_here(key, value) for key, value in arguments.items()}}
    replications = whole("replications", given.get("replications", DEFAULT_REPLICATIONS), 1)
    if replications > MOST_REPLICATIONS:
        raise QueueError(f"replications is {replications:,}; give at most {MOST_REPLICATIONS:,}.")
    seed = whole("seed", given.get("seed", DEFAULT_SEED), 0)
    if workers is not None:
        whole("workers", workers, 1)

    asked = {"file": None if file is None else str(file), "arguments": {k: _told(v) for k, v in arguments.items()}}
    manifest = made_here() | asked | {"seed": seed, "planned": replications, "finished": replications}

    def simulate(centre: Centre) -> QueueResult:
        plan, books = _simulate(centre, seed, replications, engine, workers, progress)
        return QueueResult(centre, seed, plan, Ledger.of(books), closed_form(centre), manifest)

    if "target" not in given:
        if "max_abandon" in given:
            raise QueueError('max_abandon is given without a target; add one, such as target = "80/20".')
        return simulate(describe(given, folder))
    wanted, seconds = read_target(given["target"])
    most = share("max_abandon", given["max_abandon"]) if "max_abandon" in given else None
    return fewest_agents(_unstaffed(given, arguments, seconds, folder), wanted, seconds, most, simulate)


def _told(value: Any) -> Any:
    """Return an argument as plain data for the manifest: distributions and paths as text."""
    if isinstance(value, Distribution):
        return value.text
    if isinstance(value, Mapping):
        return {str(name): _told(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _from_here(name: str, value: Any) -> Any:
    """Make the path of a file among the arguments absolute: it is not relative to the TOML file."""
    if name == "trace":
        return str(Path(value).absolute())
    if not isinstance(value, str):
        return value
    law = re.match(r"\s*empirical\s+", value, re.IGNORECASE)
    if law:
        return f"empirical {Path(value[law.end() :].strip()).absolute()}"
    return str(Path(value).absolute()) if value.lower().endswith(".csv") and name != "title" else value


def _unstaffed(given: Mapping[str, Any], arguments: Mapping[str, Any], seconds: float, folder: Path) -> Centre:
    """Describe the centre to find agents for, with the target's seconds."""
    if "agents" in arguments:
        raise QueueError("agents and target are both given; leave agents out to find the fewest, or leave out target.")
    if given.get("target_seconds", seconds) != seconds:
        raise QueueError(f"target_seconds is {given['target_seconds']} but target says {seconds:g} s; leave one out.")
    return describe({**given, "target_seconds": seconds}, folder, staffed=False)


def _simulate(
    centre: Centre, seed: int, replications: int, engine: str, workers: int | None, progress: bool | Report | None
) -> tuple[Layout, list[Books]]:
    plan = layout(centre)
    chosen = engine_for(centre, replications, engine)
    if workers is None:
        small = chosen == "readable" and centre.calls_per_hour * run_hours(plan) * replications < SMALL
        workers = 1 if small else available()
    workers = sharing(chosen, workers)
    books: dict[int, Books] = {}
    tasks = [(centre, seed, number, chosen) for number in range(replications)]
    with reporting(progress) as report:
        try:
            work_off(
                replicate,
                tasks,
                workers,
                books.__setitem__,
                lambda done: report(done, replications),
                threads=chosen == "compiled",
            )
        except TaskError as error:
            raise error.__cause__ or error from None
    if len(books) < replications:
        raise KeyboardInterrupt
    return plan, [books[k] for k in range(replications)]
