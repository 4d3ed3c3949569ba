"""``cxsim log``: every event of a run in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import arguments, options, tables
from sim.cli.options import OUTPUT, EngineName, OnePolicy, Period, Progress, Replication, ScenarioName, option

OutFile = Annotated[Path, option(OUTPUT, "--out", metavar="FILE", text="Parquet file to write; it must not exist yet.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, log, panel=options.UPKEEP, see="python")


def log(
    scenario: ScenarioName,
    *,
    policy: OnePolicy = None,
    replication: Replication = 0,
    period: Period,
    engine: EngineName = "auto",
    progress: Progress = False,
    out: OutFile,
) -> None:
    """Write every event of one replication to a Parquet file.

    Example: cxsim log small_company --years 0.1 --out events.parquet

    The file's metadata explains its columns and how it was made.
    """
    import sim

    history = sim.log(
        scenario,
        out,
        policy=arguments.maybe(policy),
        replication=replication,
        engine=engine,  # type: ignore[arg-type]  # the engines check it
        progress=options.shown(progress),
        **period.settings(),
    )
    found = history.log_file
    if found is not None:
        tables.say(f"{found.rows:,} events in {found.path}")
