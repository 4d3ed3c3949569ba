"""``cxsim choose``: which policy is best, and how sure that is."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, Out, Overwrite, ScenarioName, Seed, Store, Verbose, Workers, Years
from sim.cli.study import STOPPED, Baseline, Charts, DryRun, Policies, Reading

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.choose import Choice

UNDECIDED = 3
"""Exit status of a choice that reached its ceiling, or that no policy may be made: done, but not decided."""

NEARLY = 0.99

ChooseBy = Annotated[str, typer.Option("--measure", "-m", metavar="MEASURE", help="What the best is best by.")]
Zone = Annotated[
    str | None,
    typer.Option(
        "--indifference", "-i", metavar="AMOUNT", help="Smallest difference that matters, in the measure's unit: 10000."
    ),
]
AsSubset = Annotated[
    bool, typer.Option("--subset", help="Run --first replications, and keep all that cannot be told from the best.")
]
Keeping = Annotated[
    list[str] | None,
    typer.Option("--constraint", "-c", metavar="RULE", help='What a choice has to keep: "service_level >= 80 %".'),
]
Weighing = Annotated[
    list[str] | None,
    typer.Option("--pareto", metavar="MEASURE", help="Frontier of two or more measures; cost:lower names its side."),
]
Sure = Annotated[float, typer.Option(help="Probability of correct selection, and of all intervals together.")]
FirstStage = Annotated[int, typer.Option("--first", help="Replications of the first stage.")]
Ceiling = Annotated[
    int | None, typer.Option("--most", help="Ceiling of replications of a policy, where it stops undecided. [200]")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("choose")(choose)


def choose(
    scenario: ScenarioName,
    policy: Policies = None,
    measure: ChooseBy = "profit_a_year",
    indifference: Zone = None,
    subset: AsSubset = False,
    constraint: Keeping = None,
    pareto: Weighing = None,
    confidence: Sure = 0.95,
    first: FirstStage = 10,
    most: Ceiling = None,
    baseline: Baseline = None,
    years: Years = None,
    seed: Seed = None,
    reading: Reading = None,
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
    """Find the best of some policies with a stated probability, and run no more than that takes.

    The baseline is one of them. What is clearly beaten is run no more. Exit status 3: not decided.
    """
    from sim.inputs.scenario import Scenario
    from sim.studies import choose as selection

    chosen = Scenario.load(scenario)
    options.check_folder(out, overwrite, selection.check_folder)
    planned = selection.plan(
        chosen if reading is None else chosen.change(reading=reading),
        [options.policy(text) for text in policy or ()],
        measure,
        indifference=indifference,
        subset=subset,
        constraints=constraint or (),
        pareto=pareto or (),
        confidence=confidence,
        first=first,
        max_replications=most,
        baseline=None if baseline is None else options.policy(baseline),
        years=years,
        seed=seed,
        **options.running(engine, workers, verbose, store=store, cluster=cluster),
    )
    if dry_run:
        for size, forecast in planned.foresee().items():
            typer.echo(f"{size} replications: {forecast.text()}")
        return 0
    found = planned.run()
    tables.csv(found.sheet) if csv else _print(found)
    return _finish(found, out, overwrite, charts)


def _finish(found: Choice, out: Path | None, overwrite: bool, charts: bool) -> int:
    """Save the choice and its charts; return the exit status."""
    for sentence in found.manifest["outside_range"]:
        sys.stderr.write(f"cxsim: {sentence}\n")
    if out is not None:
        from sim.charts import save_all
        from sim.outcomes.results import CHARTS
        from sim.studies.choose.pictures import figures

        found.save(out, overwrite)
        if charts:
            save_all(figures(found), out / CHARTS)
        sys.stderr.write(f"cxsim: saved in {out}\n")
    if found.stopped:
        return STOPPED
    return 0 if found.guaranteed or (found.terms.subset and found.chosen) else UNDECIDED


def _print(found: Choice) -> None:
    about, made = found.about, found.manifest
    rows = [row for _, row in found.sheet.iterrows()]
    first = ("", "runs", tables.label(about.label, about.unit), "difference", "interval", "standing")
    title = f"{made['scenario']['name']}: which policy is best"
    tables.show(title, first, [_figures(found, row) for row in rows], right=first[1:5], whole=("standing",))
    second = ("", "P(best)", "expected regret", "own costs", "return", "P(return > 0)")
    tables.show("What choosing it means", second, [_worth(found, row) for row in rows], right=second[1:])
    _print_constraints(found)
    if found.pareto is not None:
        _print_frontier(found.pareto, found)
    _print_words(found)


def _print_words(found: Choice) -> None:
    count = int(found.sheet["comparisons"].iloc[0])
    level = tables.number(found.terms.confidence, "share").replace(".0 %", " %")
    together = f" for all {count} together (Bonferroni)" if count > 1 else ""
    tables.note(
        f"Intervals of the paired difference from {found.baseline}: {level}{together}. Regret: what choosing it gives "
        "away on expectation. Return: on its own launch and running costs."
    )
    for paragraph in found.text().split("\n\n"):
        tables.note("\n" + paragraph)


def _figures(found: Choice, row: pd.Series) -> tuple[str, ...]:
    unit = found.about.unit
    base = row["policy"] == found.baseline
    difference = "" if base else tables.number(row["mean_difference"], unit, "+")
    interval = "" if base else tables.span(row["low"], row["high"], unit, "+")
    return (row["policy"], str(row["n"]), tables.number(row["mean"], unit), difference, interval, row["standing"])


def _worth(found: Choice, row: pd.Series) -> tuple[str, ...]:
    regret = tables.number(row["regret"], found.about.unit, "+").removeprefix("+")
    back = tables.UNDEFINED if math.isnan(row["roi"]) else f"{row['roi']:+,.0%}".replace("%", " %")
    costs = tables.number(row["own_costs"], "money")
    return (row["policy"], _percent(row["p_best"]), regret, costs, back, _percent(row["p_roi"]))


def _percent(probability: float) -> str:
    """Write a probability; nothing is certain after finitely many replications."""
    if math.isnan(probability):
        return tables.UNDEFINED
    near = "> 99 %" if probability > NEARLY else "< 1 %" if probability < 1 - NEARLY else ""
    return near or f"{probability:.0%}".replace("%", " %")


def _print_constraints(found: Choice) -> None:
    from sim.outcomes.measures import CATALOGUE
    from sim.studies.condition import Condition
    from sim.wording import capital

    rows = []
    for _, row in found.constraints.iterrows():
        about = CATALOGUE[row["measure"]]
        asked = capital(Condition(row["measure"], row["sign"], row["bound"], row["difference"]).told)
        interval = tables.span(row["ci_low_simultaneous"], row["ci_high_simultaneous"], about.unit)
        rows.append(
            (row["policy"], asked, str(row["n"]), tables.number(row["mean"], about.unit), interval, row["kept"])
        )
    if rows:
        columns = ("", "constraint", "runs", "mean", "limits", "kept")
        tables.show("Constraints (one-sided limits, all together)", columns, rows, right=columns[2:5])


def _print_frontier(frame: pd.DataFrame, found: Choice) -> None:
    from sim.outcomes.measures import CATALOGUE

    goals = [CATALOGUE[goal.measure] for goal in found.terms.pareto]
    columns = ("", *(f"{tables.label(about.label, about.unit)}" for about in goals), "standing", "dominated by")
    rows: list[Any] = []
    for policy, part in frame.groupby("policy", sort=False):
        each = part.set_index("measure")
        told = [
            f"{tables.number(each['mean_difference'][about.name], about.unit, '+')} "
            f"({tables.span(each['low'][about.name], each['high'][about.name], about.unit, '+')})"
            for about in goals
        ]
        told = ["" for _ in goals] if policy == found.baseline else told
        rows.append((policy, *told, part["standing"].iloc[0], part["dominated_by"].iloc[0]))
    tables.show(
        f"Frontier (differences from {found.baseline}; intervals hold for the whole table)",
        columns,
        rows,
        right=columns[1 : 1 + len(goals)],
        whole=("standing",),
    )
