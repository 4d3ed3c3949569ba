"""``cxsim overlay``: what really happened, laid over a saved projection."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Csv
from sim.cli.study import Charts

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.overlay import Overlay

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A saved study.")]
Actuals = Annotated[
    Path,
    typer.Argument(
        metavar="ACTUALS",
        help="A CSV, Parquet or Excel table: month (2026-03) or year (year 1), and a column a measure; or the columns "
        "month, measure, value.",
    ),
]
Starts = Annotated[
    str, typer.Option("--starts", metavar="MONTH", help="Calendar month in which the projection begins, as 2026-01.")
]
PolicyLabel = Annotated[
    str | None, typer.Option("--policy", "-p", metavar="LABEL", help="That was in force; the study's baseline if none.")
]
OfStudy = Annotated[str | None, typer.Option("--scenario", metavar="NAME", help="Which one of a study's scenarios.")]
Level = Annotated[float, typer.Option(help="Of bands and intervals.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save tables and charts there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the overlay that is in FOLDER.")]
COLUMNS = ("", "projected", "actual", "error", "by chance", "in the band", "verdict")


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("overlay")(overlay)


def overlay(
    study: Folder,
    actuals: Actuals,
    starts: Starts,
    policy: PolicyLabel = None,
    scenario: OfStudy = None,
    level: Level = 0.95,
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    csv: Csv = False,
) -> None:
    """Lay what really happened over a saved projection, and say whether it differs more than chance."""
    from sim.company import overlay as laid

    options.check_folder(out, overwrite, laid.check_folder)
    found = laid.overlay(study, actuals, starts=starts, policy=policy, scenario=scenario, level=level)
    tables.csv(found.table) if csv else _print(found)
    if out is not None:
        _save(found, out, overwrite, charts)


def _save(found: Overlay, folder: Path, overwrite: bool, charts: bool) -> None:
    from sim.charts import save_all
    from sim.company.overlay.pictures import figures
    from sim.outcomes.results import CHARTS

    found.save(folder, overwrite)
    if charts:
        save_all(figures(found), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")


def _print(found: Overlay) -> None:
    from sim.company.overlay.words import notes

    about = found.manifest
    title = f"{about['scenario']}, {about['policy']}: projected from {about['starts']} on, and what happened"
    tables.show(title, COLUMNS, [_line(row) for _, row in found.table.iterrows()], right=COLUMNS[1:6])
    for sentence in (*found.remarks, *notes(found.table, about)):
        tables.note(sentence)


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    means = [tables.number(row[name], unit) for name in ("projected", "actual")]
    chance = f"±{tables.number(row['by_chance'], unit, '+').removeprefix('+')}"
    inside = f"{row['inside']} of {row['periods']}"
    error = tables.number(row["mean_error"], unit, "+")
    return (tables.label(row["label"], unit), *means, error, chance, inside, row["verdict"])
