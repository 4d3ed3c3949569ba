"""``cxsim sensitivity``: which of the numbers that nobody knows decide."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, Out, Overwrite, ScenarioName, Seed, Store, Verbose, Workers, Years
from sim.cli.study import STOPPED, Baseline, Charts, DryRun

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.sensitivity import Sensitivity

OnePolicy = Annotated[
    str | None,
    typer.Option("--policy", "-p", metavar="POLICY", help=f"What decides its effect? {options.POLICY_HELP}"),
]
MethodName = Annotated[
    str,
    typer.Option(
        help="tornado: one at a time. morris: which of many matter at all. sobol: shares of variance, for some dozen."
    ),
]
MeasureName = Annotated[
    str, typer.Option("--measure", "-m", metavar="MEASURE", help="What is decided; see cxsim measures.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", metavar="NAME", help="Move this one; may be repeated. All uncertain ones unless given."
    ),
]
Ranges = Annotated[
    list[str] | None,
    typer.Option("--range", metavar="NAME=LOW:HIGH", help="Its range, in its unit, instead of the one it has."),
]
Repeats = Annotated[
    int | None, typer.Option("--replications", "-n", help="Of every point: 10 for a tornado, 5 otherwise.")
]
Trajectories = Annotated[int | None, typer.Option(help="Of morris: 10 unless given.")]
Samples = Annotated[int | None, typer.Option(help="Of sobol: a power of two, 64 unless given.")]
SecondOrder = Annotated[bool, typer.Option("--second-order", help="Of sobol: pairs of parameters too.")]
Top = Annotated[int, typer.Option(min=1, help="How many parameters are printed and drawn; the files have all.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("sensitivity")(sensitivity)


def sensitivity(
    scenario: ScenarioName,
    policy: OnePolicy = None,
    method: MethodName = "tornado",
    measure: MeasureName = "profit_a_year",
    parameter: Parameters = None,
    ranges: Ranges = None,
    top: Top = 15,
    baseline: Baseline = None,
    replications: Repeats = None,
    trajectories: Trajectories = None,
    samples: Samples = None,
    second_order: SecondOrder = False,
    years: Years = None,
    seed: Seed = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    csv: Csv = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> int:
    """Say which uncertain numbers decide a measure, or whether a policy pays.

    Every parameter moves within the range that its source supports; all points share their random numbers.
    """
    from sim.running.options import Running
    from sim.studies.sensitivity import check_folder, plan

    options.check_folder(out, overwrite, check_folder)
    planned = plan(
        scenario,
        None if policy is None else options.policy(policy),
        method=method,  # type: ignore[arg-type]  # it checks it
        measure=measure,
        parameters=parameter,
        ranges=_ranges(ranges or []),
        baseline=None if baseline is None else options.policy(baseline),
        replications=replications,
        trajectories=trajectories,
        samples=samples,
        second_order=second_order,
        years=years,
        seed=seed,
    )
    running = options.running(engine, workers, verbose, store=store, cluster=cluster)
    if dry_run:
        typer.echo(f"{planned.text()} {planned.foresee(Running(**running)).text()}")
        return 0
    sys.stderr.write(f"cxsim: {planned.text()}\n")
    found = planned.run(Running(**running))
    tables.csv(found.frame) if csv else _print(found, top)
    if out is not None:
        _save(found, out, overwrite, charts, top)
    return STOPPED if found.manifest["finished"] < found.manifest["planned"] else 0


def _ranges(texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read ranges as written on the command line.

    >>> _ranges(["price=80:100"])
    {'price': (80.0, 100.0)}
    """
    from sim.studies.sensitivity import SensitivityError

    found: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, equals, ends = text.partition("=")
        low, colon, high = ends.partition(":")
        if name in found:
            raise SensitivityError(f"--range: {name} appears twice; keep one.")
        try:
            found[name] = (float(low), float(high))
        except ValueError:
            equals = ""
        if not (name and equals and colon):
            raise SensitivityError(f"--range {text!r}: cannot read that; write NAME=LOW:HIGH, such as price=80:100.")
    return found


def _save(found: Sensitivity, folder: Path, overwrite: bool, charts: bool, top: int) -> None:
    from sim.outcomes.results import CHARTS

    found.save(folder, overwrite)
    if charts:
        from sim.charts import save_all
        from sim.studies.sensitivity.pictures import figures

        save_all(figures(found, top), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")


def _print(found: Sensitivity, top: int) -> None:
    told = {"tornado": _tornado, "morris": _morris, "sobol": _sobol}[found.manifest["method"]]
    columns, rows = told(found, found.top(top))
    tables.show(found.title(), columns, rows, right=columns[1:])
    hidden = len(found.design.found) - top
    if hidden > 0:
        tables.note(f"{hidden} more matter less; --top {len(found.design.found)} shows them, --csv and --out have all.")
    tables.note("\n" + found.text())


Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def _tornado(found: Sensitivity, frame: pd.DataFrame) -> Table:
    from sim.wording import quantity

    about, rows = found.about, []
    sign = "" if found.manifest["policy"] is None else "+"
    for name, ends in frame.groupby("parameter", sort=False):
        for _, row in ends.iterrows():
            rows.append(
                (
                    str(name) if row["end"] == "low" else "",
                    quantity(row["setting"], row["unit"]),
                    tables.number(row["value"], about.unit, sign),
                    tables.number(row["mean_difference"], about.unit, "+"),
                    tables.span(row["ci_low_difference"], row["ci_high_difference"], about.unit, "+"),
                )
            )
    return ("", "at", tables.label(about.label, about.unit), "moved by", "95 % interval"), rows


def _morris(found: Sensitivity, frame: pd.DataFrame) -> Table:
    unit = found.about.unit
    rows = [
        (
            row["parameter"],
            tables.number(row["mu_star"], unit),
            tables.span(row["mu_star_low"], row["mu_star_high"], unit),
            tables.number(row["noise_high"], unit),
            tables.number(row["mu"], unit, "+"),
            tables.number(row["sigma"], unit),
        )
        for _, row in frame.iterrows()
    ]
    return ("", "mu*", "95 % interval", "noise up to", "mu", "sigma"), rows


def _sobol(found: Sensitivity, frame: pd.DataFrame) -> Table:
    rows = []
    for _, row in frame.iterrows():
        pair = f" with {row['other']}" if row["other"] else ""
        rows.append(
            (
                f"{row['parameter']}{pair}",
                row["index"],
                tables.number(row["value"], "share"),
                tables.span(row["low"], row["high"], "share"),
                tables.number(row["noise"], "share"),
            )
        )
    return ("", "index", "share of variance", "95 % interval", "of it noise"), rows
