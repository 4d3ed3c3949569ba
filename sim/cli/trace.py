"""``cxsim trace`` and ``log``: the story of one customer, and every event of a run in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options
from sim.cli.options import EngineName, Replication, ScenarioName, Seed, Verbose, Years

BUSIEST = "busiest"
Person = Annotated[str, typer.Option(metavar="K", help="Number of a person from 0, or busiest.")]
OnePolicy = Annotated[str | None, typer.Option("--policy", "-p", metavar="POLICY", help=options.POLICY_HELP)]
OutFile = Annotated[Path, typer.Option("--out", metavar="FILE", help="Parquet file to write; it must not exist.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("trace")(trace)
    app.command("log")(log)


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
    from sim.outcomes import story

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


def log(
    scenario: ScenarioName,
    out: OutFile,
    policy: OnePolicy = None,
    replication: Replication = 0,
    years: Years = None,
    seed: Seed = None,
    engine: EngineName = "auto",
    verbose: Verbose = False,
) -> None:
    """Write every event of one replication to a Parquet file.

    The metadata of the file says what its columns hold, and how it was made.
    """
    from sim.outcomes import story

    history = story.log(
        scenario,
        out,
        policy=None if policy is None else options.policy(policy),
        replication=replication,
        years=years,
        seed=seed,
        engine=engine,  # type: ignore[arg-type]  # the engines check it
        progress=True if verbose else None,
    )
    found = history.log_file
    if found is not None:
        typer.echo(f"{found.rows:,} events in {found.path}")
