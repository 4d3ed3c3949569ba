"""``cxsim search``: the best levels of several levers, under a budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, options, output, tables
from sim.cli.codes import STOPPED
from sim.cli.options import (
    RUNS,
    Baseline,
    Computing,
    Confidence,
    Constraints,
    Csv,
    DryRun,
    MeasureName,
    Pareto,
    Period,
    Replications,
    Saving,
    ScenarioName,
    SomeLevers,
    option,
    question,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.search import Finding

Budget = Annotated[
    float | None, question("--budget", text="Maximum cost of the policies a year, above the baseline's.")
]
Trials = Annotated[int, option(RUNS, "--trials", text="Number of settings to try.")]
Check = Annotated[
    int,
    option(RUNS, "--check", text="Fresh replications that decide among the best settings, and as many for the report."),
]
CheckSeed = Annotated[
    int | None, option(RUNS, "--check-seed", text="Seed of the fresh replications.", show_default="the next seed")
]
Sampler = Annotated[str, option(RUNS, "--sampler", text="tpe, or random for comparison.")]
StudyFile = Annotated[
    Path | None,
    option(
        RUNS,
        "--study",
        metavar="FILE",
        text="Keep the trials in this file, from which an interrupted search continues.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, search, panel=options.ASK, see="decisions")


def search(
    scenario: ScenarioName,
    *,
    lever: SomeLevers,
    measure: MeasureName = "profit_a_year",
    pareto: Pareto = None,
    budget: Budget = None,
    constraint: Constraints = None,
    confidence: Confidence = 0.95,
    baseline: Baseline = None,
    trials: Trials = 100,
    replications: Replications = None,
    check: Check = 30,
    sampler: Sampler = "tpe",
    period: Period,
    check_seed: CheckSeed = None,
    study: StudyFile = None,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Find the best levels of several levers, and check them on fresh replications.

    Example: cxsim search small_company --lever "empowerment level=0:1" --lever "training level=0:1" --budget 40000

    --pareto finds the frontier of --measure and another measure. Needs Optuna: pip install
    "cxsim[search]".
    """
    from sim.studies.search import Finding, plan

    output.check(Finding, saving)
    planned = plan(
        scenario,
        lever,
        measure=measure,
        pareto=pareto or [],
        budget=budget,
        constraints=constraint or [],
        confidence=confidence,
        trials=trials,
        check=check,
        sampler=sampler,
        baseline=arguments.maybe(baseline),
        check_seed=check_seed,
        study=study,
        **options.given(replications=replications),
        **period.settings(),
        **computing.settings(),
    )
    if dry_run:
        tables.say(f"{trials} trials with their check: at most {planned.foresee().text()}")
        return 0
    found = planned.run()
    tables.csv(found.to_frame()) if csv else _print(found)
    output.warn(found.manifest["outside_range"])
    output.keep(found, saving)
    return STOPPED if found.stopped else 0


def _print(found: Finding) -> None:
    """Print what was checked, and the answer."""
    if len(found.checked):
        for measure, rows in found.checked.groupby("measure", sort=False):
            _print_checked(found, str(measure), rows)
        level = tables.number(found.terms.confidence, "share").replace(".0 %", " %")
        tables.note(f"Expected: by the search, from its own trials. Each interval is {level} on its own.\n")
    tables.note(found.text())


def _print_checked(found: Finding, measure: str, rows: pd.DataFrame) -> None:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[measure]
    numbers = ("expected", "fresh", "interval", "cost a year")
    lines = [_line(found, row, about.unit) for _, row in rows.iterrows()]
    title = f"The best settings on fresh replications: {tables.label(about.label, about.unit)}"
    tables.show(title, ("", "setting", *numbers, "limits"), lines, right=numbers, whole=("", "limits"))


def _line(found: Finding, row: pd.Series, unit: str) -> tuple[str, ...]:
    from sim.studies.search.words import levels

    return (
        "chosen" if row["chosen"] else "",
        levels(row, found.space),
        tables.number(row["expected"], unit, "+"),
        tables.number(row["mean_difference"], unit, "+"),
        tables.span(row["ci_low_difference"], row["ci_high_difference"], unit, "+"),
        tables.number(row["cost"], "money"),
        row["bounds"] if found.terms.bounds else "none",
    )
