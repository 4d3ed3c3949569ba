"""``cxsim plot``: the charts of a saved result, once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import argument, question

Folder = Annotated[Path, argument("FOLDER", "Folder of a saved result.")]
Kind = Annotated[
    str | None,
    question(
        "--result",
        metavar="VERB",
        text="Which result of a folder with several, such as explain.",
        show_default="the study",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, plot, panel=options.UPKEEP, see="charts")


def plot(folder: Folder, *, kind: Kind = None) -> None:
    """Draw the charts of a saved result again, without running anything.

    Example: cxsim plot my-study
    """
    import sim
    from sim.outcomes.saved import write_together

    drawn = sim.load(folder, kind).pictures()
    write_together(folder, drawn, overwrite=True)
    for name in drawn:
        tables.say(str(folder / name))
