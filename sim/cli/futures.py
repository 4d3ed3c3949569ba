"""``cxsim futures``: which policy stays good whatever is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, options, output, tables
from sim.cli.options import (
    RUNS,
    Baseline,
    Computing,
    Constraints,
    Csv,
    DryRun,
    Levers,
    MeasureName,
    Parameters,
    Period,
    Policies,
    Ranges,
    Readings,
    Replications,
    Saving,
    ScenarioName,
    WhatIf,
    option,
)  # fmt: skip
from sim.wording import counted, listed, lower

if TYPE_CHECKING:
    from sim.studies.futures import Futures
    from sim.studies.futures.runs import Runs
    from sim.studies.futures.terms import Terms

Count = Annotated[int, option(RUNS, "--futures", metavar="N", text="Number of futures, drawn by Latin hypercube.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, futures, panel=options.ASK, see="decisions")


def futures(
    scenario: ScenarioName,
    *,
    policy: Policies = None,
    what_if: WhatIf,
    measure: MeasureName = "profit_a_year",
    constraint: Constraints = None,
    parameter: Parameters = None,
    range_: Ranges = None,
    lever: Levers = None,
    reading: Readings = None,
    baseline: Baseline = None,
    count: Count = 200,
    replications: Replications = None,
    period: Period,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Run policies in many futures: how often each is best, what it may cost, and when it fails.

    Example: cxsim futures small_company --policy training --policy rapport --constraint "service_level >= 80 %"

    Uncertain numbers and each --lever are sampled within their ranges, and every reading of the evidence is used
    equally often, unless --reading names some. A share of futures is a share of those ranges, not a probability. A
    --constraint may also be about the difference from the baseline: "profit_a_year >= 0 difference", the default.
    """
    from sim.running.options import Running
    from sim.studies.futures import Futures
    from sim.studies.futures.runs import Runs
    from sim.studies.futures.study import explore
    from sim.studies.futures.terms import read_terms

    output.check(Futures, saving)
    terms = read_terms(
        scenario,
        [*arguments.policies(policy), *what_if.each(arguments.scenario(scenario))],
        uncertainties=parameter,
        ranges=arguments.ranges(range_),
        readings=arguments.readings(reading) or arguments.ALL,
        levers=lever or (),
        futures=count,
        measure=measure,
        constraints=constraint,
        baseline=arguments.maybe(baseline),
        **options.given(replications=replications),
        **period.settings(),
    )
    runs = Runs(terms, Running(**computing.settings()))
    if dry_run:
        return _estimate(terms, runs)
    found = explore(terms, runs)
    tables.csv(found.to_frame()) if csv else _print(found)
    output.keep(found, saving)
    return output.finished(found.manifest)


def _estimate(terms: Terms, runs: Runs) -> int:
    from sim.studies.futures.terms import planned

    refused = runs.refused()
    about = planned(terms, len(terms.design.points) - len(refused))
    tables.note(
        f"{counted(about['futures'], 'future')}, {about['feasible']} of them feasible; {about['policies']} policies "
        f"with the baseline, {counted(about['replications'], 'replication')}: {about['runs']:,} runs of "
        f"{counted(terms.subject.scenario.years, 'year')}. Sampled: "
        f"{counted(len(terms.design.factors), 'number')}, "
        f"{counted(len(terms.design.readings), 'reading')} of the evidence."
    )
    able = [name for name in terms.design.futures if name not in refused]
    if able:
        tables.note(runs.foresee(able).text())
    for name, why in list(refused.items())[:1]:
        tables.note(f"The first infeasible one is {name}: {why}")
    return 0


def _print(found: Futures) -> None:
    frame, unit = found.board, found.about.unit
    rows = [
        (
            row["policy"],
            tables.number(row["share_best"], "share"),
            tables.span(row["ci_low_best"], row["ci_high_best"], "share"),
            tables.number(row["clear_best"], "share"),
            tables.number(row["share_met"], "share"),
            tables.number(row["mean_regret"], unit),
            tables.number(row["maximum_regret"], unit),
        )
        for _, row in frame.sort_values("share_best", ascending=False, kind="stable").iterrows()
    ]
    columns = ("", "best in", "95 % interval", "clearly", "good enough in", "mean regret", "worst")
    about = tables.label(lower(found.about.label), unit)
    tables.show(f"{found.manifest['scenario']['name']} in many futures: {about}", columns, rows, right=columns[1:])
    tables.note("Good enough: " + listed([one.told for one in found.constraints]) + ".")
    tables.note("")
    for line in found.text().splitlines():
        tables.note(line)
