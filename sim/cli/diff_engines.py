"""``cxsim diff-engines``: whether both engines tell the same history, and where they part if not."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import Replication, Seed, Years

DIFFERENT = 1
Either = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A shipped scenario or queue, or the path of a TOML file of either.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("diff-engines")(diff_engines)


def diff_engines(scenario: Either, replication: Replication = 0, years: Years = None, seed: Seed = None) -> int:
    """Run a scenario on both engines and show the first event in which they differ (exit status 1), if any."""
    from sim.checks import diff_engines as difference

    found = difference.diff_engines(scenario, replication, years=years, seed=seed)
    typer.echo(found)
    return 0 if found.same else DIFFERENT
