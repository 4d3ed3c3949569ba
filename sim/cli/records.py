"""``cxsim records``: the records that a simulated company leaves behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import EngineName, Replication, ScenarioName, Seed, Verbose, Years
from sim.cli.study import STOPPED
from sim.cli.trace import OnePolicy

if TYPE_CHECKING:
    from sim.company.records import Records

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go; it is made if need be.")]
Days = Annotated[int | None, typer.Option(help="Length of the measured period in days, instead of --years.")]
Starts = Annotated[
    str, typer.Option(metavar="DATE", help="Begin on the first date from this one on that has the right weekday.")
]
DirtShare = Annotated[
    float, typer.Option("--dirt", metavar="SHARE", help="Rows that get a fault as real extracts have them: 0.01.")
]
DirtSeed = Annotated[int, typer.Option(help="Seed of these faults.")]
Parquet = Annotated[bool, typer.Option("--parquet", help="Write Parquet files, not CSV.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the records that are in FOLDER.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("records")(records)


def records(
    scenario: ScenarioName,
    out: Out,
    policy: OnePolicy = None,
    replication: Replication = 0,
    years: Years = None,
    days: Days = None,
    seed: Seed = None,
    starts: Starts = "2026-01-01",
    dirt: DirtShare = 0.0,
    dirt_seed: DirtSeed = 0,
    parquet: Parquet = False,
    engine: EngineName = "auto",
    overwrite: Overwrite = False,
    verbose: Verbose = False,
) -> int:
    """Write the records of a simulated company: contacts, purchases, surveys and friends, as real systems export them.

    They are for trying cxsim fit and whatever else reads such records; nobody's data. records.json says how they
    were made.
    """
    from sim.company import records as bookkeeping

    form = "parquet" if parquet else "csv"
    options.check_folder(out, overwrite, lambda folder, again: bookkeeping.check_folder(folder, form, again))  # type: ignore[arg-type]
    try:
        found = bookkeeping.records(
            scenario,
            out,
            policy=None if policy is None else options.policy(policy),
            replication=replication,
            years=years,
            days=days,
            seed=seed,
            starts=starts,
            dirt=dirt,
            dirt_seed=dirt_seed,
            form=form,  # type: ignore[arg-type]
            engine=engine,  # type: ignore[arg-type]
            overwrite=overwrite,
            progress=True if verbose else None,
        )
    except KeyboardInterrupt:
        sys.stderr.write("cxsim: stopped; nothing was written.\n")
        return STOPPED
    _print(found)
    return 0


def _print(found: Records) -> None:
    rows = [(name, f"{count:,}", _faults(found, name)) for name, count in found.rows.items()]
    tables.show(f"Records from {found.starts} to {found.ends}", ("", "rows", "faults put in"), rows, right=("rows",))
    sys.stderr.write(f"cxsim: saved in {found.folder}\n")


def _faults(found: Records, name: str) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in found.faults[name].items() if count) or "none"
