"""``cxsim plot``: the charts of a saved study, once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import argument

Folder = Annotated[Path, argument("FOLDER", "A saved study.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, plot, panel=options.UPKEEP, see="charts")


def plot(folder: Folder) -> None:
    """Draw the charts of a saved study again, without running anything.

    Example: cxsim plot my-study
    """
    import sim
    from sim.charts import save_all
    from sim.outcomes.results import CHARTS

    study = sim.Study.load(folder)
    for path in save_all(study.figures(), folder / CHARTS):
        tables.say(str(path))
