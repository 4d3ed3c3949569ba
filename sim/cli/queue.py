"""The verb `queue`: how many agents does a contact centre need, and what do callers then wait."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import tables
from sim.cli.options import EngineName

if TYPE_CHECKING:
    from sim.contact_centre import QueueResult
    from sim.contact_centre.result import Neighbour, Row

WRONG_INPUT = 2
NOT_ALWAYS = ("manager_occupancy", "agents_on_hold", "manager_queue", "redial_orbit", "return_orbit")

EXAMPLES = """Examples:

cxsim queue --agents 12 --calls-per-hour 100 --handling "lognormal mean 6 min cv 1.2"

cxsim queue --target 80/20 --max-abandon 5% --calls-per-hour 100 --handling "exponential mean 6 min"

cxsim queue priority_classes
"""
NO_SETTINGS = ("file", "engine", "workers", "as_json")


def register(app: typer.Typer) -> None:
    """Add the sub-command ``queue`` to an application."""
    app.command("queue", epilog=EXAMPLES)(queue)


def _option(flag: str, text: str) -> Any:
    return typer.Option(flag, help=text, show_default=False)


FILE = typer.Argument(help="A TOML file, or the name of a shipped example; options override it.")
LAW = 'such as "lognormal mean 6 min cv 1.2".'
Text = str | None
Whole = int | None
Number = float | None


def queue(
    context: typer.Context,
    file: Annotated[Text, FILE] = None,
    agents: Annotated[Text, _option("--agents", "Agents on duty, or a CSV file of them by half-hour.")] = None,
    calls_per_hour: Annotated[Number, _option("--calls-per-hour", "First calls an hour (Poisson).")] = None,
    handling: Annotated[Text, _option("--handling", f"Time with an agent, {LAW}")] = None,
    patience: Annotated[Text, _option("--patience", 'Such as "exponential mean 8 min", or "none".')] = None,
    managers: Annotated[Whole, _option("--managers", "Managers on duty.")] = None,
    needs_manager: Annotated[Text, _option("--needs-manager", "Share of answered calls, such as 25%.")] = None,
    manager_handling: Annotated[Text, _option("--manager-handling", f"Time of a decision, {LAW}")] = None,
    escalation: Annotated[Text, _option("--escalation", "hold (the agent waits too) or transfer.")] = None,
    redial: Annotated[Text, _option("--redial", "Share of abandoners who call again, such as 40%.")] = None,
    redial_delay: Annotated[Text, _option("--redial-delay", 'Such as "exponential mean 10 min".')] = None,
    return_: Annotated[Text, _option("--return", "Share of answered calls that come back unresolved.")] = None,
    return_delay: Annotated[Text, _option("--return-delay", 'Such as "exponential mean 1 day".')] = None,
    target_seconds: Annotated[Number, _option("--target-seconds", "Answered within it is in time (20).")] = None,
    short_abandon_seconds: Annotated[
        Number, _option("--short-abandon-seconds", "Who hangs up before is not in the service level (0).")
    ] = None,
    hours: Annotated[Number, _option("--hours", "Measured hours of a replication (100, or a week).")] = None,
    warmup_hours: Annotated[Number, _option("--warmup-hours", "Hours before, not measured (a tenth).")] = None,
    replications: Annotated[Whole, _option("--replications", "Independent repetitions (10).")] = None,
    seed: Annotated[Whole, _option("--seed", "Random numbers (1).")] = None,
    target: Annotated[Text, _option("--target", "Find the fewest agents: 80/20 is 80 % within 20 s.")] = None,
    max_abandon: Annotated[Text, _option("--max-abandon", "And at most this share abandoning.")] = None,
    engine: EngineName = "auto",
    workers: Annotated[Whole, _option("--workers", "Threads or processes (as many as there are CPUs).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Simulate a contact centre on its own: waits, abandonment, service level, agents for a target."""
    from sim.contact_centre import QueueError
    from sim.contact_centre.study import study

    # The name of an option is the name of a setting; ``return`` is a word of Python and wears an underscore.
    settings = {
        name.removesuffix("_"): value
        for name, value in context.params.items()
        if value is not None and name not in NO_SETTINGS
    }
    try:
        result = study(settings, file, engine, workers, None)
    except QueueError as error:
        typer.echo(f"cxsim: {error}", err=True)
        raise typer.Exit(WRONG_INPUT) from error
    if as_json:
        typer.echo(json.dumps(result.to_dict(), indent=1, allow_nan=False))
    else:
        show(result)


def show(result: QueueResult) -> None:
    """Print a result: the figures beside theory, by class, the search, the warm-up, and what to mind."""
    shown = [row for row in result.rows() if row.measure not in NOT_ALWAYS or _matters(row.mean)]
    _figures(f"{result.centre.title}: {_agents(result)}", shown, result.theory.name)
    if len(result.centre.classes) > 1:
        for name, rows in result.class_rows().items():
            _figures(f"class {name}", rows, result.theory.name)
    if result.staffing is not None:
        _staffing(result.staffing.rows())
        tables.note(result.staffing.sentence())
    tables.note(_layout(result))
    for note in result.notes():
        tables.note(f"Mind: {note}")


def _agents(result: QueueResult) -> str:
    agents = result.centre.agents
    return f"{agents[0]} agents" if len(agents) == 1 else f"{min(agents)} to {max(agents)} agents by half-hour"


def _matters(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _figures(title: str, figures: Sequence[Row], theory: str) -> None:
    from sim.contact_centre.figures import UNITS

    columns = ("measure", "mean", "95 % interval", theory or "theory")
    rows = [
        (
            tables.label(row.measure, UNITS[row.measure]),
            tables.number(row.mean, UNITS[row.measure]),
            tables.span(row.ci_low, row.ci_high, UNITS[row.measure]),
            tables.number(row.theory, UNITS[row.measure]),
        )
        for row in figures
    ]
    tables.show(title, columns, rows, right=columns[1:], whole=columns[:1])


def _staffing(neighbours: Sequence[Neighbour]) -> None:
    columns = (
        "agents",
        "service level",
        "95 % interval",
        "abandoned",
        "mean wait, seconds",
        "occupancy",
        "meets it",
    )
    rows = [
        (
            row.agents,
            tables.number(row.service_level, "share"),
            tables.span(row.service_level_low, row.service_level_high, "share"),
            tables.number(row.p_abandon, "share"),
            tables.number(row.mean_wait, "seconds"),
            tables.number(row.occupancy, "share"),
            ("yes" if row.meets else "no") + (", unsure" if row.straddles else ""),
        )
        for row in neighbours
    ]
    tables.show("agents around the answer", columns, rows, right=columns[:-1], whole=columns)


def _layout(result: QueueResult) -> str:
    """Say how the run was laid out, and show the queue by tenth so that the warm-up can be judged."""
    tenths = [f"{tenth.mean_queue:.2f}{'' if tenth.measured == 1 else '*'}" for tenth in result.tenths()]
    return (
        f"{result.replications} replications of {result.layout.hours:g} h after a warm-up of "
        f"{result.layout.warmup_hours:g} h, seed {result.seed}. Mean queue by tenth of the run "
        f"(* warm-up in it): {', '.join(tenths)}."
    )
