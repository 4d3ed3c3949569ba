"""``cxsim records``: the records that a simulated company leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, options, tables
from sim.cli.options import (
    OUTPUT,
    EngineName,
    OnePolicy,
    Overwrite,
    Period,
    Progress,
    Replication,
    ScenarioName,
    option,
    question,
)  # fmt: skip

if TYPE_CHECKING:
    from sim.company.records import Records

Out = Annotated[Path, option(OUTPUT, "--out", metavar="FOLDER", text="Folder for the files; created if necessary.")]
Days = Annotated[
    int | None, option(options.RUNS, "--days", text="Length of the measured period in days, instead of --years.")
]
Starts = Annotated[
    str, question("--starts", metavar="DATE", text="Begin on the first suitable weekday from this date on.")
]
DirtShare = Annotated[
    float, question("--dirt", metavar="SHARE", text="Share of rows with faults as in real exports, such as 0.01.")
]
DirtSeed = Annotated[int, question("--dirt-seed", text="Seed of these faults.")]
Parquet = Annotated[bool, option(OUTPUT, "--parquet", text="Write Parquet files instead of CSV.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, records, panel=options.COMPANY, see="company")


def records(
    scenario: ScenarioName,
    *,
    policy: OnePolicy = None,
    starts: Starts = "2026-01-01",
    dirt: DirtShare = 0.0,
    dirt_seed: DirtSeed = 0,
    replication: Replication = 0,
    period: Period,
    days: Days = None,
    engine: EngineName = "auto",
    progress: Progress = False,
    out: Out,
    overwrite: Overwrite = False,
    parquet: Parquet = False,
) -> None:
    """Write the records of a simulated company as real systems export them: contacts, purchases, surveys and friends.

    Example: cxsim records small_company --years 1 --out rec

    Use them to try cxsim fit, or anything else that reads such records; they are nobody's data. records.json says how
    they were made.
    """
    import sim
    from sim.company.records import check_folder

    form = "parquet" if parquet else "csv"
    arguments.check_folder(out, overwrite, lambda folder, again: check_folder(folder, form, again))  # type: ignore[arg-type]
    found = sim.records(
        scenario,
        out,
        policy=arguments.maybe(policy),
        replication=replication,
        days=days,
        starts=starts,
        dirt=dirt,
        dirt_seed=dirt_seed,
        form=form,  # type: ignore[arg-type]
        engine=engine,  # type: ignore[arg-type]
        overwrite=overwrite,
        progress=options.shown(progress),
        **period.settings(),
    )
    _print(found)


def _print(found: Records) -> None:
    rows = [(name, f"{count:,}", _faults(found, name)) for name, count in found.rows.items()]
    tables.show(f"Records from {found.starts} to {found.ends}", ("", "rows", "faults put in"), rows, right=("rows",))
    tables.remark(f"saved in {found.folder}")


def _faults(found: Records, name: str) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in found.faults[name].items() if count) or "none"
