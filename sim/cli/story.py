"""``cxsim trace``: the story of one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli import options
from sim.cli.options import Replication, ScenarioName, Seed, Verbose, Years

BUSIEST = "busiest"
Person = Annotated[str, typer.Option(metavar="K", help="Number of a person from 0, or busiest.")]
OnePolicy = Annotated[str | None, typer.Option("--policy", "-p", metavar="POLICY", help=options.POLICY_HELP)]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("trace")(trace)


def trace(
    scenario: ScenarioName,
    person: Person = BUSIEST,
    policy: OnePolicy = None,
    replication: Replication = 0,
    years: Years = None,
    seed: Seed = None,
    verbose: Verbose = False,
) -> None:
    """Tell what happens to one customer, step by step."""
    from sim import story

    found = story.trace(
        scenario,
        int(person) if person.isdecimal() else person,
        policy=None if policy is None else options.policy(policy),
        replication=replication,
        years=years,
        seed=seed,
        progress=True if verbose else None,
    )
    typer.echo(found)
