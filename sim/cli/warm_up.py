"""``cxsim warm-up``: how long a scenario takes to settle."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Csv, EngineName, Replications, ScenarioName, Seed, Verbose, Workers
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.warm_up import WarmUp

STOPPED = 130

Measures = Annotated[
    list[str] | None,
    typer.Option("--measure", "-m", metavar="MEASURE", help="This one only; may be repeated. See cxsim measures."),
]
Length = Annotated[
    float | None, typer.Option("--years", help="How long it is run; warm-up and measured years unless given.")
]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save the tables there, and a chart a measure.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the tables that are in FOLDER.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("warm-up")(warm_up)


def warm_up(
    scenario: ScenarioName,
    measure: Measures = None,
    replications: Replications = 10,
    years: Length = None,
    seed: Seed = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    out: Out = None,
    overwrite: Overwrite = False,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Find out how long a scenario takes to settle (MSER-5), and whether its warm-up is long enough."""
    from sim.outcomes.interrupted import kept
    from sim.studies import warm_up as warmup

    options.check_folder(out, overwrite, warmup.check_folder)
    found = kept(
        warmup.warm_up,
        scenario,
        measures=measure or warmup.MEASURES,
        **options.settings(replications, years, seed, engine, workers, verbose),
    )
    tables.csv(found.table) if csv else _print(found)
    if out is not None:
        _save(found, out, overwrite)
    return STOPPED if found.manifest["finished"] < found.manifest["planned"] else 0


def _save(found: WarmUp, folder: Path, overwrite: bool) -> None:
    from sim.charts import save_all
    from sim.outcomes.results import CHARTS
    from sim.studies.warm_up.pictures import figures

    found.save(folder, overwrite)
    save_all(figures(found), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")


def _print(found: WarmUp) -> None:
    about, table = found.manifest, found.table
    own = _days(table["warm_up_days"].iloc[0])
    columns = ("", "settled by MSER-5", f"mean after {own}", "drift", "interval", f"{own} of warm-up")
    rows = [_line(row) for _, row in table.iterrows()]
    tables.show(f"{about['scenario']['name']}: how long the start lasts", columns, rows, columns[1:5])
    tables.note(found.summary().splitlines()[-1])
    count, level = about["finished"], tables.number(table["confidence"].iloc[0], "share")
    tables.note(
        f"Drift: first half of the weeks after the warm-up less the second half; intervals of {level} each, 95 % "
        f"together. {table['weeks'].iloc[0]} weeks, {counted(count, 'replication')} without policies, "
        f"seed {about['seed']}."
    )


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    interval = tables.span(row["drift_low"], row["drift_high"], unit, "+")
    drift = tables.number(row["drift"], unit, "+")
    mean = tables.number(row["mean"], unit)
    return (tables.label(row["label"], unit), _days(row["truncation_days"]), mean, drift, interval, row["verdict"])


def _days(number: float) -> str:
    return tables.UNDEFINED if math.isnan(number) else f"{number:.0f} days"
