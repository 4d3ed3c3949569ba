"""``cxsim choose``: which policy is best, and how sure that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import arguments, options, output, tables
from sim.cli.codes import STOPPED, UNDECIDED
from sim.cli.options import (
    RUNS,
    Baseline,
    Computing,
    Confidence,
    Constraints,
    Csv,
    DryRun,
    MaxReplications,
    MeasureName,
    Pareto,
    Period,
    Policies,
    Reading,
    Saving,
    ScenarioName,
    WhatIf,
    option,
    question,
)  # fmt: skip
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.choose import Choice

NEARLY = 0.99

Zone = Annotated[
    str | None,
    question(
        "--indifference", "-i", metavar="AMOUNT",
        text="Smallest difference that matters, in the measure's unit, such as 10000.",
    ),
]  # fmt: skip
AsSubset = Annotated[
    bool, question("--subset", text="Run --first replications and keep all not clearly worse than the best.")
]
FirstStage = Annotated[int, option(RUNS, "--first", text="Replications of every policy in the first stage.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, choose, panel=options.ASK, see="decisions")


def choose(
    scenario: ScenarioName,
    *,
    policy: Policies = None,
    what_if: WhatIf,
    measure: MeasureName = "profit_a_year",
    indifference: Zone = None,
    subset: AsSubset = False,
    constraint: Constraints = None,
    pareto: Pareto = None,
    confidence: Confidence = 0.95,
    baseline: Baseline = None,
    reading: Reading = None,
    first: FirstStage = 10,
    max_replications: MaxReplications = None,
    period: Period,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Find the best of several policies with a stated probability, in as few replications as that takes.

    Example: cxsim choose small_company --policy training --policy rapport --indifference 10000

    The baseline is one of the candidates. A policy that is clearly beaten gets no more replications. --pareto adds
    the frontier of several measures. Exit status 3 means: not decided.
    """
    from sim.studies.choose import Choice, plan

    output.check(Choice, saving)
    chosen = arguments.scenario(scenario, reading)
    planned = plan(
        chosen,
        [*arguments.policies(policy), *what_if.each(chosen)],
        measure,
        indifference=indifference,
        subset=subset,
        constraints=constraint or (),
        pareto=pareto or (),
        confidence=confidence,
        first=first,
        max_replications=max_replications,
        baseline=arguments.maybe(baseline),
        **period.settings(),
        **computing.settings(),
    )
    if dry_run:
        for size, forecast in planned.foresee().items():
            tables.say(f"{counted(size, 'replication')}: {forecast.text()}")
        return 0
    found = planned.run()
    tables.csv(found.to_frame()) if csv else _print(found)
    output.warn(found.manifest["outside_range"])
    output.keep(found, saving)
    return _status(found)


def _status(found: Choice) -> int:
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
        f"Intervals of the paired difference from {found.baseline}: {level}{together}. Expected regret: what you lose "
        "on average by choosing it. Return: on its own launch and running costs."
    )
    for paragraph in found.text().split("\n\n"):
        tables.note("\n" + paragraph)


def _figures(found: Choice, row: pd.Series) -> tuple[str, ...]:
    unit = found.about.unit
    base = row["policy"] == found.baseline
    difference = "" if base else tables.number(row["mean_difference"], unit, "+")
    interval = "" if base else tables.span(row["ci_low_simultaneous"], row["ci_high_simultaneous"], unit, "+")
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
        low, high = each["ci_low_simultaneous"], each["ci_high_simultaneous"]
        told = [
            f"{tables.number(each['mean_difference'][about.name], about.unit, '+')} "
            f"({tables.span(low[about.name], high[about.name], about.unit, '+')})"
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
