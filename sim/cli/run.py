"""``cxsim run``: a company, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, board, options, tables
from sim.cli.options import (
    AllMeasures,
    Computing,
    Csv,
    DryRun,
    MaxReplications,
    Period,
    Policies,
    Reading,
    Replications,
    Saving,
    ScenarioName,
    WhatIf,
    question,
)

if TYPE_CHECKING:
    from sim.outcomes.results import Study

MOST_YEARS = 5
"""Years beside each other in a table that 100 columns hold."""

Precision = Annotated[
    list[str] | None,
    question(
        "--precision", metavar="MEASURE=HALF-WIDTH",
        text="Run until half-widths are at most this: profit_a_year=10000, 2% (of the baseline's profit a year), or "
        '"retention_12m=0.5 points"; repeatable. --replications is then the minimum.',
    ),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, run, panel=options.ASK, see="questions")


def run(
    scenario: ScenarioName,
    *,
    policy: Policies = None,
    what_if: WhatIf,
    reading: Reading = None,
    precision: Precision = None,
    replications: Replications = None,
    max_replications: MaxReplications = None,
    period: Period,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    all_measures: AllMeasures = False,
    csv: Csv = False,
) -> int:
    """Run a scenario and show the company year by year.

    Example: cxsim run small_company --policy training

    Several --policy and --set are in force together.
    """
    from sim.inputs.policies import Bundle
    from sim.outcomes.interrupted import kept
    from sim.running.experiment import Series

    board.check_folder(saving)
    chosen = arguments.scenario(scenario, reading)
    parts = tuple(part for one in [*arguments.policies(policy), *what_if.together(chosen)] for part in one.parts)
    in_force = Bundle(parts) if parts else None
    series = Series([chosen], baseline=in_force, **period.settings(), **computing.settings())
    if dry_run:
        return board.estimate(series, replications, precision, max_replications)
    study = kept(series.study, replications, precision, max_replications)
    tables.csv(study.means()) if csv else _print(study, all_measures)
    return board.finish(study, saving)


def _print(study: Study, all_measures: bool) -> None:
    from sim.outcomes.measures import CATALOGUE

    table = study.means().set_index(["measure", "period"])
    years = [period for period in dict.fromkeys(table.index.get_level_values("period")) if period != "all"]
    years = years[:MOST_YEARS]
    rows = []
    for name in board.shown(table.reset_index(), all_measures):
        about, whole = CATALOGUE[name], table.loc[(name, "all")]
        each = [tables.number(table.loc[(name, year), "mean"], about.unit) for year in years]
        interval = tables.span(whole["ci_low"], whole["ci_high"], about.unit)
        rows.append((tables.label(about.label, about.unit), tables.number(whole["mean"], about.unit), interval, *each))
    scenario, policy = study.replications[["scenario", "policy"]].iloc[0]
    columns = ("", "all years", "95 % interval", *years)
    tables.show(board.title(study, scenario, policy), columns, rows, right=columns[1:])
    board.print_basis(study)
