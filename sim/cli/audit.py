"""``cxsim audit``: the documents' claims beside what the model shows."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Csv, EngineName, Seed, Verbose, Workers, Years
from sim.wording import MONEY, counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.checks.audit import Audit

STOPPED = 130
COLUMNS = ("claim and figure", "published", "model (95 % interval)", "verdict")

ScenarioName = Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help=options.SCENARIO_HELP)]
Quick = Annotated[bool, typer.Option("--quick", help="A first look: the small company, two years, few replications.")]
Replications = Annotated[int | None, typer.Option("--replications", "-n", help="Independent repetitions.")]
Claims = Annotated[list[str] | None, typer.Option("--claim", metavar="ID", help="This claim only; may be repeated.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save the table, its figures and the picture there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the audit that is in FOLDER.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("audit")(audit)


def audit(
    scenario: ScenarioName = None,
    quick: Quick = False,
    claim: Claims = None,
    replications: Replications = None,
    years: Years = None,
    seed: Seed = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    out: Out = None,
    overwrite: Overwrite = False,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Set each figure that the documents claim beside what the model shows, with an interval and a verdict."""
    from sim.checks.audit import audit as set_beside
    from sim.checks.audit import check_folder
    from sim.outcomes.interrupted import kept

    options.check_folder(out, overwrite, check_folder)
    found = kept(
        set_beside,
        scenario,
        quick=quick,
        claims=claim or (),
        **options.settings(replications, years, seed, engine, workers, verbose),
    )
    tables.csv(found.table) if csv else show(found)
    if out is not None:
        from sim.charts import save_all
        from sim.checks.audit.pictures import figures

        found.save(out, overwrite)
        save_all(figures(found), out)
        sys.stderr.write(f"cxsim: saved in {out}\n")
    return STOPPED if found.manifest["finished"] < found.manifest["planned"] else 0


def show(found: Audit) -> None:
    """Print the table, a line a figure; below it one sentence each on why; last what the intervals rest on."""
    rows: list[tuple[str, ...]] = []
    for claim, part in found.table.groupby("claim", sort=False):
        rows.append((f"{claim}, grade {part['grade'].iloc[0]}", "", "", ""))
        rows += [_line(row) for _, row in part.iterrows()]
    tables.show("", COLUMNS, rows, right=COLUMNS[1:3])
    for claim, part in found.table.groupby("claim", sort=False):
        tables.note(f"{claim}: {' '.join(dict.fromkeys(part['why']))}")
    _basis(found)


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    model = tables.number(row["model"], unit)
    interval = "" if math.isnan(row["low"]) else f"({tables.span(row['low'], row['high'], unit)})"
    between = "\n" if unit in MONEY else " "
    return (f"  {row['figure']}", _published(row), (model + between + interval).strip(), verdict(row))


def _published(row: pd.Series) -> str:
    if math.isnan(row["published"]):
        return tables.UNDEFINED
    least, most = (tables.number(row[name], row["unit"]) for name in ("published", "published_high"))
    return least if least == most else f"{least} to {most}"


def verdict(row: pd.Series) -> str:
    """Write a verdict; by how much a figure differs, with the interval of that on a line of its own."""
    if row["verdict"] != "differs":
        return str(row["verdict"])
    difference = tables.number(row["mean_difference"], row["unit"], "+")
    interval = tables.span(row["ci_low_difference"], row["ci_high_difference"], row["unit"], "+")
    return f"differs by {difference}\n({interval})"


def _basis(found: Audit) -> None:
    about = found.manifest
    counts = found.table["verdict"].value_counts()
    said = ", ".join(f"{number} {word}" for word, number in counts.items())
    tables.note(
        f"{len(found.table)} figures of {found.table['claim'].nunique()} claims: {said}. {about['baseline']}, reading "
        f"{about['reading']}, {counted(about['finished'], 'replication')} of {counted(about['years'], 'year')}, "
        f"seed {about['seed']}."
    )
