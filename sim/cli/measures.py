"""``cxsim measures``: the figures that come out."""

from __future__ import annotations

import typer

from sim.cli import options, tables
from sim.cli.options import Csv


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, measures, panel=options.EVIDENCE, see="questions")


def measures(*, csv: Csv = False) -> None:
    """List all measures, each with its exact definition.

    Example: cxsim measures
    """
    from sim.outcomes.measures import catalogue_frame

    frame = catalogue_frame()
    tables.csv(frame) if csv else tables.listing(frame, ("measure", "unit", "better", "formula"))
