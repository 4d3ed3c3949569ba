"""``cxsim audit``: the documents' claims beside what the model shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, output, tables
from sim.cli.options import RUNS, Csv, Here, Period, Replications, Saving, argument, option, question
from sim.wording import MONEY

if TYPE_CHECKING:
    import pandas as pd

    from sim.checks.audit import Audit

COLUMNS = ("claim and figure", "published", "model (95 % interval)", "verdict")

Maybe = Annotated[str | None, argument("[SCENARIO]", options.SCENARIO_HELP)]
Quick = Annotated[bool, option(RUNS, "--quick", text="A first look: the small company, two years, few replications.")]
Claims = Annotated[list[str] | None, question("--claim", metavar="ID", text="Only this claim; repeatable.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, audit, panel=options.EVIDENCE, see="evidence")


def audit(
    scenario: Maybe = None,
    *,
    claim: Claims = None,
    quick: Quick = False,
    replications: Replications = None,
    period: Period,
    here: Here,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Compare each figure that the documents claim with what the model shows: interval and verdict.

    Example: cxsim audit --quick
    """
    import sim
    from sim.checks.audit import Audit
    from sim.outcomes.interrupted import kept

    output.check(Audit, saving)
    found = kept(
        sim.audit,
        scenario,
        quick=quick,
        claims=claim or (),
        replications=replications,
        **period.settings(),
        **here.settings(),
    )
    tables.csv(found.to_frame()) if csv else show(found)
    output.keep(found, saving)
    return output.finished(found.manifest)


def show(found: Audit) -> None:
    """Print the table, a line a figure; below it one sentence each on why; last what the intervals rest on."""
    rows: list[tuple[str, ...]] = []
    for claim, part in found.claims.groupby("claim", sort=False):
        rows.append((f"{claim}, grade {part['grade'].iloc[0]}", "", "", ""))
        rows += [_line(row) for _, row in part.iterrows()]
    tables.show("", COLUMNS, rows, right=COLUMNS[1:3])
    for claim, part in found.claims.groupby("claim", sort=False):
        tables.note(f"{claim}: {' '.join(dict.fromkeys(part['why']))}")
    tables.note(found.basis())


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    model = tables.number(row["mean"], unit)
    interval = "" if math.isnan(row["ci_low"]) else f"({tables.span(row['ci_low'], row['ci_high'], unit)})"
    between = "\n" if unit in MONEY else " "
    return (f"  {row['figure']}", _published(row), (model + between + interval).strip(), verdict(row))


def _published(row: pd.Series) -> str:
    if math.isnan(row["published"]):
        return tables.UNDEFINED
    least, most = (tables.number(row[name], row["unit"]) for name in ("published", "published_high"))
    return least if least == most else f"{least} to {most}"


def verdict(row: pd.Series) -> str:
    """Write a verdict; by how much a figure differs, with the interval of that on a line of its own."""
    if row["verdict"] != "differs":
        return str(row["verdict"])
    difference = tables.number(row["mean_difference"], row["unit"], "+")
    interval = tables.span(row["ci_low_difference"], row["ci_high_difference"], row["unit"], "+")
    return f"differs by {difference}\n({interval})"
