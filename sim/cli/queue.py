"""``cxsim queue``: how many agents a contact centre needs, and how long callers then wait."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, output, tables
from sim.cli.options import OUTPUT, RUNS, Csv, Here, Replications, Saving, Seed, argument, option, question

if TYPE_CHECKING:
    from sim.contact_centre import QueueResult
    from sim.contact_centre.figures import Figure
    from sim.contact_centre.rows import Neighbour, Row

NOT_ALWAYS = ("manager_occupancy", "agents_on_hold", "manager_queue", "redial_orbit", "return_orbit")


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, queue, panel=options.CENTRE, see="queue")


def _asked(flag: str, text: str) -> Any:
    return question(flag, text=text, show_default=False)


FILE = argument("[FILE]", "TOML file, or name of a shipped example; options override it.")
LAW = 'such as "lognormal mean 6 min cv 1.2".'
Text = str | None
Whole = int | None
Number = float | None
LENGTH = option(RUNS, "--hours", text="Hours to measure in each replication.", show_default="100, or a week")
BEFORE = option(RUNS, "--warmup-hours", text="Warm-up hours before measuring begins.", show_default="a tenth")
JSON = option(OUTPUT, "--json", text="Print everything as JSON.")


def queue(
    file: Annotated[Text, FILE] = None,
    *,
    agents: Annotated[Text, _asked("--agents", "Agents on duty, or a CSV file of them by half-hour.")] = None,
    calls_per_hour: Annotated[Number, _asked("--calls-per-hour", "First calls per hour (Poisson).")] = None,
    handling: Annotated[Text, _asked("--handling", f"Handling time, {LAW}")] = None,
    patience: Annotated[
        Text, _asked("--patience", 'Time before hanging up, such as "exponential mean 8 min", or none.')
    ] = None,
    managers: Annotated[Whole, _asked("--managers", "Managers on duty.")] = None,
    needs_manager: Annotated[
        Text, _asked("--needs-manager", "Share of answered calls that need a manager, such as 25%.")
    ] = None,
    manager_handling: Annotated[Text, _asked("--manager-handling", f"Time a manager takes, {LAW}")] = None,
    escalation: Annotated[Text, _asked("--escalation", "hold (the agent stays on the line) or transfer.")] = None,
    redial: Annotated[Text, _asked("--redial", "Share of abandoning callers who call again, such as 40%.")] = None,
    redial_delay: Annotated[
        Text, _asked("--redial-delay", 'Time until they call again, such as "exponential mean 10 min".')
    ] = None,
    return_: Annotated[Text, _asked("--return", "Share of answered calls that are unresolved and come back.")] = None,
    return_delay: Annotated[
        Text, _asked("--return-delay", 'Time until they come back, such as "exponential mean 1 day".')
    ] = None,
    target_seconds: Annotated[Number, _asked("--target-seconds", "Longest wait that counts as in time (20).")] = None,
    short_abandon_seconds: Annotated[
        Number,
        _asked("--short-abandon-seconds", "Calls abandoned sooner than this are excluded from the service level (0)."),
    ] = None,
    target: Annotated[
        Text, _asked("--target", "Find the fewest agents for a target: 80/20 is 80 % within 20 s.")
    ] = None,
    max_abandon: Annotated[Text, _asked("--max-abandon", "With --target: maximum share of abandoned calls.")] = None,
    replications: Replications = None,
    hours: Annotated[Number, LENGTH] = None,
    warmup_hours: Annotated[Number, BEFORE] = None,
    seed: Seed = None,
    here: Here,
    saving: Saving,
    csv: Csv = False,
    as_json: Annotated[bool, JSON] = False,
) -> int:
    """Simulate a contact centre on its own: waits, abandonment, service level, and agents needed for a target.

    Example: cxsim queue --agents 12 --calls-per-hour 100 --handling "lognormal mean 6 min cv 1.2"

    Example: cxsim queue --target 80/20 --max-abandon 5% --calls-per-hour 100 --handling "exponential mean 6 min"

    Example: cxsim queue priority_classes
    """
    import sim
    from sim.contact_centre import QueueResult

    output.check(QueueResult, saving)
    result = sim.queue(
        file,
        agents=agents, calls_per_hour=calls_per_hour, handling=handling, patience=patience, managers=managers,
        needs_manager=needs_manager, manager_handling=manager_handling, escalation=escalation, redial=redial,
        redial_delay=redial_delay, return_=return_, return_delay=return_delay, target_seconds=target_seconds,
        short_abandon_seconds=short_abandon_seconds, target=target, max_abandon=max_abandon, replications=replications,
        hours=hours, warmup_hours=warmup_hours, seed=seed, **here.settings(),
    )  # fmt: skip
    if as_json:
        tables.say(json.dumps(result.to_dict(), indent=1, allow_nan=False))
    else:
        tables.csv(result.to_frame()) if csv else show(result)
    output.keep(result, saving)
    return output.finished(result.manifest)


def show(result: QueueResult) -> None:
    """Print a result: figures beside theory, by class, the search, and the text."""
    from sim.contact_centre import words

    shown = [row for row in result.rows() if row.measure not in NOT_ALWAYS or _matters(row.mean)]
    _figures(f"{result.centre.title}: {words.agents(result)}", shown, result.theory.name)
    if len(result.centre.classes) > 1:
        for name, rows in result.class_rows().items():
            _figures(f"class {name}", rows, result.theory.name)
    if result.staffing is not None:
        _staffing(result.staffing.rows())
    for line in result.text().splitlines():
        tables.note(line)


def _matters(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _figures(title: str, figures: Sequence[Row], theory: str) -> None:
    from sim.contact_centre.figures import ABOUT

    columns = ("measure", "mean", "95 % interval", theory or "theory")
    rows = [_line(row, ABOUT[row.measure]) for row in figures]
    tables.show(title, columns, rows, right=columns[1:], whole=columns[:1])


def _line(row: Row, about: Figure) -> tuple[str, ...]:
    interval = tables.span(row.ci_low, row.ci_high, about.unit)
    return (
        tables.label(about.label, about.unit),
        tables.number(row.mean, about.unit),
        interval,
        tables.number(row.theory, about.unit),
    )


def _staffing(neighbours: Sequence[Neighbour]) -> None:
    columns = (
        "agents",
        "service level",
        "95 % interval",
        "abandonment",
        "mean wait, s",
        "occupancy",
        "meets target",
    )
    rows = [
        (
            row.agents,
            tables.number(row.service_level, "share"),
            tables.span(row.ci_low_service_level, row.ci_high_service_level, "share"),
            tables.number(row.abandonment, "share"),
            tables.number(row.mean_wait, "s"),
            tables.number(row.occupancy, "share"),
            ("yes" if row.meets else "no") + (", unsure" if row.straddles else ""),
        )
        for row in neighbours
    ]
    tables.show("staffing around the answer", columns, rows, right=columns[:-1], whole=columns)
