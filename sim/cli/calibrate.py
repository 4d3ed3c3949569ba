"""``cxsim new`` and ``cxsim calibrate``: a company of one's own, from plain numbers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, Seed, Store, Verbose, Workers
from sim.cli.study import STOPPED

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.calibration import Calibration


File = Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as my.toml.")]
Name = Annotated[str | None, typer.Option(help="Name of the company; that of the file unless given.")]
Example = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Begin with a worked example: bank-telephone, online-retailer or telecom."),
]
Again = Annotated[bool, typer.Option("--overwrite", help="Replace the file.")]
CompanyName = Annotated[
    str, typer.Argument(metavar="COMPANY", help="A file that cxsim new made, or a worked example such as telecom.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Save the scenario and tables there; the company's name unless given."
    ),
]
Replace = Annotated[bool, typer.Option("--overwrite", help="Replace the calibration that is in FOLDER.")]
Tolerance = Annotated[str, typer.Option(help="Share of a number by which it may be missed.")]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Where numbers contradict each other, take the company that comes nearest.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("new")(new)
    app.command("calibrate")(calibrate)


def new(file: File, name: Name = None, example: Example = None, overwrite: Again = False) -> int:
    """Write a file that asks for the numbers of your company, with what each of them means.

    Fill in what you know, leave out what you do not, and hand it to cxsim calibrate.
    """
    from sim.company.numbers import template, text_of, write_new

    called = name or file.stem.replace("-", " ").replace("_", " ")
    write_new(file, template(called, str(file)) if example is None else text_of(example, name), overwrite)
    sys.stderr.write(f"cxsim: wrote {file}; put in your numbers, then run cxsim calibrate {file}\n")
    return 0


def calibrate(
    company: CompanyName,
    tolerance: Tolerance = "5%",
    anyway: Anyway = False,
    seed: Seed = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
    out: Folder = None,
    overwrite: Replace = False,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Find the company of the model that has your numbers, and save it as a scenario.

    It says how well each number is met, which contradict each other, and which parameters they leave open. Stopped and
    started again, it goes on where it was.
    """
    from sim.company import calibration
    from sim.company.numbers import Company
    from sim.inputs.parameters import convert
    from sim.running.store import NOWHERE

    known = Company.load(company)
    folder = out or Path(known.name.replace(" ", "-"))
    options.check_folder(folder, overwrite, calibration.check_folder)
    try:
        found = calibration.calibrate(
            known,
            tolerance=convert(tolerance, "share"),
            anyway=anyway,
            seed=seed,
            **options.running(engine, workers, verbose, store=store, cluster=cluster),
        )
    except KeyboardInterrupt:
        kept = "nothing is kept" if store == NOWHERE else "what was run is in the store, and the same command goes on"
        sys.stderr.write(f"cxsim: stopped; nothing was written; {kept}.\n")
        return STOPPED
    tables.csv(found.numbers) if csv else _print(found)
    _save(found, folder, overwrite)
    return 0


def _save(found: Calibration, folder: Path, overwrite: bool) -> None:
    from sim.charts import save_all
    from sim.company.calibration.pictures import figures
    from sim.company.calibration.result import SCENARIO
    from sim.outcomes.results import CHARTS

    found.save(folder, overwrite)
    save_all(figures(found), folder / CHARTS)
    scenario = folder / SCENARIO
    sys.stderr.write(f"cxsim: saved in {folder}; go on with cxsim compare {scenario} --policy training\n")


def _print(found: Calibration) -> None:
    columns = ("", "asked", "as fitted", "interval", "off", "")
    rows = [_line(row) for _, row in found.numbers.iterrows()]
    tables.show(f"{found.company.name}: its numbers, and those of the model", columns, rows, columns[1:5])
    made = found.manifest
    tables.note(
        f"Means over {found.numbers['n'].iloc[0]} replications of two years, seed {made['seed']}, other ones than were "
        "used to find the parameters; intervals of 95 %."
    )
    moved = ("", "found", "interval", "shipped", "from")
    parameters = [_parameter(row) for _, row in found.parameters.iterrows()]
    tables.show("\nWhat was moved for them", moved, parameters, right=moved[1:4], whole=moved[4:])
    tables.note("Interval: what the luck of a single year's numbers leaves open. It goes into cxsim futures.")
    for sentence in found.remarks():
        tables.note(f"\n{sentence}")


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    off = f"{row['off']:+.1%}".replace("%", " %")
    interval = tables.span(row["ci_low"], row["ci_high"], unit)
    label = tables.label(row["label"], unit)
    return (label, tables.number(row["asked"], unit), tables.number(row["fitted"], unit), interval, off, row["verdict"])


def _parameter(row: pd.Series) -> tuple[str, ...]:
    from sim.wording import PER_CENT, SHARES

    factor = PER_CENT if row["unit"] in SHARES else 1
    found, low, high, shipped = (f"{row[name] * factor:.3g}" for name in ("value", "low", "high", "shipped"))
    name = f"{row['parameter']}, {'%' if factor == PER_CENT else row['unit']}"
    return (name, found, f"{low} to {high}", shipped, row["because"])
