"""``cxsim search``: the best levels of several levers, under a budget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, Out, Overwrite, ScenarioName, Seed, Store, Verbose, Workers, Years
from sim.cli.study import STOPPED, Baseline, Charts, DryRun

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.search import Finding

Levers = Annotated[
    list[str],
    typer.Option(
        "--lever",
        "-l",
        metavar="LEVER",
        help='A policy with a range of a setting: "empowerment level=0:1", "rapport chance=0:0.8:0.1" in steps of 0.1, '
        '"recovery compensation=1:2 start=30" with another setting that stays; may be repeated.',
    ),
]
MeasureName = Annotated[
    str, typer.Option("--measure", "-m", metavar="MEASURE", help="What is to be best; see cxsim measures.")
]
Pareto = Annotated[
    list[str] | None,
    typer.Option("--pareto", metavar="MEASURE", help="Weigh it against this one, such as csat: a frontier."),
]
Budget = Annotated[float | None, typer.Option(help="What the policies may cost a year more than the baseline's.")]
Constraints = Annotated[
    list[str] | None,
    typer.Option("--constraint", metavar="CONSTRAINT", help='To be kept: "service_level >= 80 %"; may be repeated.'),
]
Trials = Annotated[int, typer.Option(help="Settings that are tried.")]
Repeats = Annotated[
    int,
    typer.Option("--replications", "-n", help="Of every setting; up to nine times as many of those that look good."),
]
Check = Annotated[int, typer.Option(help="Fresh replications that decide among the best, and as many that report.")]
CheckSeed = Annotated[int | None, typer.Option(help="Seed of the fresh replications; the next one unless given.")]
Sampler = Annotated[str, typer.Option(help="tpe, or random for comparison.")]
StudyFile = Annotated[
    Path | None,
    typer.Option("--study", metavar="FILE", help="Keep figures there: a search that was killed goes on with them."),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("search")(search)


def search(
    scenario: ScenarioName,
    lever: Levers,
    measure: MeasureName = "profit_a_year",
    pareto: Pareto = None,
    budget: Budget = None,
    constraint: Constraints = None,
    trials: Trials = 100,
    replications: Repeats = 5,
    check: Check = 30,
    sampler: Sampler = "tpe",
    baseline: Baseline = None,
    years: Years = None,
    seed: Seed = None,
    check_seed: CheckSeed = None,
    study: StudyFile = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
    dry_run: DryRun = False,
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Find the best levels of several levers, and check them on fresh replications.

    It needs Optuna: pip install "cxsim[search]".
    """
    from sim.studies.search import check_folder, plan

    options.check_folder(out, overwrite, check_folder)
    planned = plan(
        scenario,
        lever,
        measure=measure,
        pareto=pareto or [],
        budget=budget,
        constraints=constraint or [],
        trials=trials,
        replications=replications,
        check=check,
        sampler=sampler,
        baseline=None if baseline is None else options.policy(baseline),
        years=years,
        seed=seed,
        check_seed=check_seed,
        study=study,
        **options.running(engine, workers, verbose, store=store, cluster=cluster),
    )
    if dry_run:
        typer.echo(f"{trials} trials with their check: at most {planned.foresee().text()}")
        return 0
    found = planned.run()
    tables.csv(found.checked if len(found.checked) else found.trials) if csv else _print(found)
    return _finish(found, out, overwrite, charts)


def _print(found: Finding) -> None:
    """Print what was checked, and the answer."""
    if len(found.checked):
        for measure, rows in found.checked.groupby("measure", sort=False):
            _print_checked(found, str(measure), rows)
        level = tables.number(found.terms.confidence, "share").replace(".0 %", " %")
        tables.note(f"Believed: by the search, from its own figures. Each interval is {level} by itself.\n")
    tables.note(found.text())


def _print_checked(found: Finding, measure: str, rows: pd.DataFrame) -> None:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[measure]
    numbers = ("believed", "fresh", "interval", "cost a year")
    lines = [_line(found, row, about.unit) for _, row in rows.iterrows()]
    title = f"The best settings on fresh replications: {tables.label(about.label, about.unit)}"
    tables.show(title, ("", "setting", *numbers, "bounds"), lines, right=numbers, whole=("", "bounds"))


def _line(found: Finding, row: pd.Series, unit: str) -> tuple[str, ...]:
    from sim.studies.search.words import levels

    return (
        "chosen" if row["chosen"] else "",
        levels(row, found.space),
        tables.number(row["believed"], unit, "+"),
        tables.number(row["mean_difference"], unit, "+"),
        tables.span(row["low"], row["high"], unit, "+"),
        tables.number(row["cost"], "money"),
        row["bounds"] if found.terms.bounds else "none",
    )


def _finish(found: Finding, out: Path | None, overwrite: bool, charts: bool) -> int:
    """Save it and its charts; return the exit status."""
    for sentence in found.manifest["outside_range"]:
        sys.stderr.write(f"cxsim: {sentence}\n")
    if out is not None:
        found.save(out, overwrite)
        if charts:
            from sim.charts import save_all
            from sim.outcomes.results import CHARTS
            from sim.studies.search.pictures import figures

            save_all(figures(found), out / CHARTS)
        sys.stderr.write(f"cxsim: saved in {out}\n")
    return STOPPED if found.stopped else 0
