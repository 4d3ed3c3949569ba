"""``cxsim diff-engines``: whether both engines produce the same history, and where they part if not."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli import options, tables
from sim.cli.codes import FAILED
from sim.cli.options import Period, Replication, argument

Either = Annotated[str, argument("SCENARIO", "A shipped scenario or queue, or the path of a TOML file of either.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, diff_engines, panel=options.UPKEEP, see="validation")


def diff_engines(scenario: Either, *, replication: Replication = 0, period: Period) -> int:
    """Run a scenario on both engines and show the first event in which they differ, if any.

    Example: cxsim diff-engines small_company --years 0.1

    Exit status 1 means that they differ.
    """
    import sim

    found = sim.diff_engines(scenario, replication, **period.settings())
    tables.say(str(found))
    return 0 if found.same else FAILED
