"""``cxsim overlay``: what really happened, beside a saved projection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, output, tables
from sim.cli.options import Confidence, Csv, OfStudy, Saving, argument, question

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.overlay import Overlay

Folder = Annotated[Path, argument("FOLDER", "A saved study.")]
Actuals = Annotated[
    Path,
    argument(
        "ACTUALS",
        "A CSV, Parquet or Excel table: month (2026-03) or year (year 1), and a column for each measure; or the "
        "columns month, measure, value.",
    ),
]
Starts = Annotated[
    str, question("--starts", metavar="MONTH", text="Calendar month in which the projection begins, such as 2026-01.")
]
PolicyLabel = Annotated[
    str | None,
    question(
        "--policy", "-p", metavar="LABEL", text="Label of the policy that was in force.",
        show_default="the study's baseline",
    ),
]  # fmt: skip
COLUMNS = ("", "projected", "actual", "error", "by chance", "in the band", "verdict")


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, overlay, panel=options.COMPANY, see="company")


def overlay(
    study: Folder,
    actuals: Actuals,
    *,
    starts: Starts,
    policy: PolicyLabel = None,
    of_study: OfStudy = None,
    confidence: Confidence = 0.95,
    saving: Saving,
    csv: Csv = False,
) -> None:
    """Compare what really happened with a saved projection, and say what differs by more than chance.

    Example: cxsim overlay my-study actuals.csv --starts 2026-01
    """
    import sim
    from sim.company.overlay import Overlay

    output.check(Overlay, saving)
    found = sim.overlay(study, actuals, starts=starts, policy=policy, scenario=of_study, level=confidence)
    tables.csv(found.to_frame()) if csv else _print(found)
    output.keep(found, saving)


def _print(found: Overlay) -> None:
    from sim.company.overlay.words import notes

    about = found.manifest
    title = f"{about['scenario']}, {about['policy']}: projection from {about['starts']} on, and what happened"
    tables.show(title, COLUMNS, [_line(row) for _, row in found.measures.iterrows()], right=COLUMNS[1:6])
    for sentence in (*found.remarks, *notes(found.measures, about)):
        tables.note(sentence)


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    means = [tables.number(row[name], unit) for name in ("projected", "actual")]
    chance = f"±{tables.number(row['by_chance'], unit, '+').removeprefix('+')}"
    inside = f"{row['inside']} of {row['periods']}"
    error = tables.number(row["mean_error"], unit, "+")
    return (tables.label(row["label"], unit), *means, error, chance, inside, row["verdict"])
