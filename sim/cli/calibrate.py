"""``cxsim calibrate``: a company of the model that has your numbers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, output, tables
from sim.cli.options import Computing, Csv, Saving, Seed, argument, question

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.calibration import Calibration

CompanyName = Annotated[str, argument("COMPANY", "A file that cxsim new made, or a worked example such as telecom.")]
Tolerance = Annotated[str, question("--tolerance", text="Share of a number by which the model may miss it.")]
Anyway = Annotated[
    bool, question("--anyway", text="Where numbers contradict each other, accept the company that comes nearest.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, calibrate, panel=options.COMPANY, see="company")


def calibrate(
    company: CompanyName,
    *,
    tolerance: Tolerance = "5%",
    anyway: Anyway = False,
    seed: Seed = None,
    computing: Computing,
    saving: Saving,
    csv: Csv = False,
) -> None:
    """Find the company of the model that has your numbers, and save it as a scenario.

    Example: cxsim calibrate telecom --out telecom

    It shows how closely the model meets each number, which numbers contradict each other, and which parameters they
    leave open. Without --out the result is saved in a folder with the company's name. A calibration that was stopped
    continues from the runs in the store. The time, the runs and the numbers met are written to standard error.
    """
    import sim
    from sim.company.calibration import Calibration
    from sim.company.calibration.result import SCENARIO
    from sim.inputs.parameters import convert

    known = sim.Company.load(company)
    folder = saving.out or Path(known.name.replace(" ", "-"))
    saving = replace(saving, out=folder)
    output.check(Calibration, saving)
    since = time.monotonic()
    found = sim.calibrate(
        known, tolerance=convert(tolerance, "share"), anyway=anyway, seed=seed, **computing.settings()
    )
    seconds = time.monotonic() - since
    tables.csv(found.to_frame()) if csv else _print(found)
    tables.remark(_finished(found, seconds))
    output.keep(found, saving)
    tables.remark(f"next: cxsim compare {folder / SCENARIO} --policy training")


def _finished(found: Calibration, seconds: float) -> str:
    """Sum up a calibration in a line: its time, its runs and the numbers that it meets."""
    from sim.company.calibration.verdict import MATCHED
    from sim.progress import MINUTE_SECONDS
    from sim.wording import counted, percent

    met, tolerance = int((found.numbers["verdict"] == MATCHED).sum()), percent(found.manifest["tolerance"])
    minutes, rest = divmod(round(seconds), MINUTE_SECONDS)
    spent = f"{minutes}:{rest:02d} min, {counted(found.manifest['runs'], 'run')}"
    return f"calibration finished in {spent}: {met} of {len(found.numbers)} numbers met within {tolerance}"


def _print(found: Calibration) -> None:
    columns = ("", "target", "model", "interval", "off", "")
    rows = [_line(row) for _, row in found.numbers.iterrows()]
    tables.show(f"{found.company.name}: its numbers and those of the model", columns, rows, columns[1:5])
    made = found.manifest
    tables.note(
        f"Means over {found.numbers['n'].iloc[0]} replications of two years, seed {made['seed']}, none of them used "
        "to find the parameters; 95 % intervals."
    )
    moved = ("", "calibrated", "interval", "shipped", "from")
    parameters = [_parameter(row) for _, row in found.parameters.iterrows()]
    tables.show("\nParameters that were adjusted", moved, parameters, right=moved[1:4], whole=moved[4:])
    tables.note(
        "Interval: how far chance in a single year's numbers may have moved the parameter; cxsim futures samples it."
    )
    for sentence in found.remarks():
        tables.note(f"\n{sentence}")


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    off = f"{row['off']:+.1%}".replace("%", " %")
    interval = tables.span(row["ci_low"], row["ci_high"], unit)
    label = tables.label(row["label"], unit)
    return (label, tables.number(row["target"], unit), tables.number(row["mean"], unit), interval, off, row["verdict"])


def _parameter(row: pd.Series) -> tuple[str, ...]:
    from sim.wording import PER_CENT, SHARES

    factor = PER_CENT if row["unit"] in SHARES else 1
    found, low, high, shipped = (f"{row[name] * factor:.3g}" for name in ("value", "ci_low", "ci_high", "shipped"))
    name = f"{row['parameter']}, {'%' if factor == PER_CENT else row['unit']}"
    return (name, found, f"{low} to {high}", shipped, row["because"])
