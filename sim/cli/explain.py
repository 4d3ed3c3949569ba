"""``cxsim explain``: through which channels a policy works."""

from __future__ import annotations

from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, options, output, tables
from sim.cli.arguments import OptionError
from sim.cli.options import (
    RUNS,
    Baseline,
    Computing,
    Csv,
    MeasureName,
    OfStudy,
    Period,
    Replications,
    Saving,
    WhatIf,
    argument,
    option,
    question,
)  # fmt: skip

if TYPE_CHECKING:
    from sim.inputs.policies import Bundle, Policy
    from sim.studies.explain import Explanation

Either = Annotated[str, argument("SCENARIO", f"{options.SCENARIO_HELP} Or the folder of a saved study.")]
OnePolicy = Annotated[
    str | None,
    question("--policy", "-p", metavar="POLICY", text=f"{options.POLICY_HELP} In a saved study: the policy's label."),
]
PeriodName = Annotated[str, question("--period", metavar="PERIOD", text='all, or "year 1", "year 2" and so on.')]
ChannelNames = Annotated[
    list[str] | None,
    question("--channel", metavar="CHANNEL", text="Only this channel; repeatable.", show_default="all"),
]
OrderCount = Annotated[
    str | None,
    option(
        RUNS, "--orders", metavar="N", text="Orders in which channels are opened, or all. More is surer and slower.",
        show_default="as many as fit in reasonable time",
    ),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, explain, panel=options.ASK, see="questions")


def explain(
    scenario: Either,
    *,
    policy: OnePolicy = None,
    what_if: WhatIf,
    measure: MeasureName = "profit_a_year",
    period_name: PeriodName = "all",
    channel: ChannelNames = None,
    of_study: OfStudy = None,
    baseline: Baseline = None,
    orders: OrderCount = None,
    replications: Replications = None,
    period: Period,
    computing: Computing,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Split what a policy changes by the channels that it works through: waits, recovery, word of mouth and others.

    Example: cxsim explain small_company --policy "empowerment level=0.95"
    """
    import sim
    from sim.outcomes.interrupted import kept
    from sim.studies.explain import Explanation

    output.check(Explanation, saving)
    found = kept(
        sim.explain,
        scenario,
        _policy(policy, what_if, scenario),
        measure=measure,
        period=period_name,
        orders=_orders(orders),  # type: ignore[arg-type]  # it checks it
        replications=replications,
        scenario=of_study,
        baseline=arguments.maybe(baseline),
        **options.given(channels=channel),
        **period.settings(),
        **computing.settings(),
    )
    tables.csv(found.to_frame()) if csv else _print(found)
    output.keep(found, saving)
    return output.finished(found.manifest)


def _policy(text: str | None, what_if: WhatIf, scenario: str) -> Policy | Bundle | str | None:
    """Read what is explained: a policy and all changes together; in a study it is named by its label."""
    if Path(scenario).is_dir():
        if what_if != WhatIf():
            raise OptionError("a saved study is explained as it ran; name one of its policies with --policy.")
        return text
    found = [*arguments.policies([text] if text else None), *what_if.together(arguments.scenario(scenario))]
    return reduce(add, found) if found else None


def _orders(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


def _print(found: Explanation) -> None:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[found.manifest["measure"]]
    columns = (tables.label(about.label, about.unit), "difference", "95 % interval")
    rows = [
        (
            row["label"],
            tables.number(row["mean_difference"], about.unit, "+"),
            tables.span(row["ci_low_difference"], row["ci_high_difference"], about.unit, "+"),
        )
        for _, row in found.effects.iterrows()
    ]
    made = found.manifest
    tables.show(f"{made['scenario']['name']}: {made['policy']} against {made['baseline']}", columns, rows, columns[1:])
    for line in found.text().splitlines():
        tables.note(line)
