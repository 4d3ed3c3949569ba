"""``cxsim sensitivity``: which uncertain numbers decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, options, output, tables
from sim.cli.options import (
    OUTPUT,
    RUNS,
    Baseline,
    Computing,
    Csv,
    DryRun,
    MeasureName,
    OnePolicy,
    Parameters,
    Period,
    Ranges,
    Replications,
    Saving,
    ScenarioName,
    option,
    question,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.sensitivity import Sensitivity

MethodName = Annotated[
    str,
    question(
        "--method", metavar="METHOD",
        text="tornado: one parameter at a time. morris: which of many matter at all. sobol: shares of variance, for up "
        "to a dozen parameters or so.",
    ),
]  # fmt: skip
SecondOrder = Annotated[bool, question("--second-order", text="With sobol: also pairs of parameters.")]
Trajectories = Annotated[
    int | None, option(RUNS, "--trajectories", text="With morris: number of trajectories.", show_default="10")
]
Samples = Annotated[
    int | None, option(RUNS, "--samples", text="With sobol: base sample, a power of two.", show_default="64")
]
Top = Annotated[
    int, option(OUTPUT, "--top", min=1, text="How many parameters to print and draw; the saved files have all.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, sensitivity, panel=options.ASK, see="decisions")


def sensitivity(
    scenario: ScenarioName,
    *,
    policy: OnePolicy = None,
    method: MethodName = "tornado",
    measure: MeasureName = "profit_a_year",
    parameter: Parameters = None,
    range_: Ranges = None,
    second_order: SecondOrder = False,
    baseline: Baseline = None,
    replications: Replications = None,
    trajectories: Trajectories = None,
    samples: Samples = None,
    period: Period,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    top: Top = 15,
    csv: Csv = False,
) -> int:
    """Find which uncertain numbers decide a measure, or whether a policy pays.

    Example: cxsim sensitivity small_company --policy training --parameter price --parameter wage_agent

    Each parameter varies within the range that its source supports; all points share their random numbers.
    """
    from sim.running.options import Running
    from sim.studies.sensitivity import Sensitivity, plan

    output.check(Sensitivity, saving)
    planned = plan(
        scenario,
        arguments.maybe(policy),
        method=method,  # type: ignore[arg-type]  # it checks it
        measure=measure,
        parameters=parameter,
        ranges=arguments.ranges(range_),
        baseline=arguments.maybe(baseline),
        replications=replications,
        trajectories=trajectories,
        samples=samples,
        second_order=second_order,
        **period.settings(),
    )
    running = Running(**computing.settings())
    if dry_run:
        tables.say(f"{planned.text()} {planned.foresee(running).text()}")
        return 0
    tables.remark(planned.text())
    found = planned.run(running)
    tables.csv(found.to_frame()) if csv else _print(found, top)
    output.keep(replace(found, manifest={**found.manifest, "top": top}), saving)
    return output.finished(found.manifest)


def _print(found: Sensitivity, top: int) -> None:
    told = {"tornado": _tornado, "morris": _morris, "sobol": _sobol}[found.manifest["method"]]
    columns, rows = told(found, found.top(top))
    tables.show(found.headline, columns, rows, right=columns[1:])
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
                    tables.number(row["mean"], about.unit, sign),
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
            tables.span(row["ci_low_mu_star"], row["ci_high_mu_star"], unit),
            tables.number(row["noise_limit"], unit),
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
                tables.number(row["share"], "share"),
                tables.span(row["ci_low"], row["ci_high"], "share"),
                tables.number(row["noise"], "share"),
            )
        )
    return ("", "index", "share of variance", "95 % interval", "of it noise"), rows
