"""``cxsim warm-up``: how long a scenario takes to reach its steady state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer

from sim.cli import options, output, tables
from sim.cli.options import Computing, Csv, Measures, Period, Replications, Saving, ScenarioName
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.warm_up.result import WarmUp


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, warm_up, panel=options.ASK, see="decisions")


def warm_up(
    scenario: ScenarioName,
    *,
    measure: Measures = None,
    replications: Replications = None,
    period: Period,
    computing: Computing,
    saving: Saving,
    csv: Csv = False,
) -> int:
    """Find how long a scenario takes to reach its steady state (MSER-5), and whether its warm-up is long enough.

    Example: cxsim warm-up small_company

    --years includes the warm-up here; without it, the scenario's warm-up and measured period are run.
    """
    import sim
    from sim.outcomes.interrupted import kept
    from sim.studies.warm_up.result import WarmUp

    output.check(WarmUp, saving)
    found = kept(
        sim.warm_up,
        scenario,
        **options.given(measures=measure, replications=replications),
        **period.settings(),
        **computing.settings(),
    )
    tables.csv(found.to_frame()) if csv else _print(found)
    output.keep(found, saving)
    return output.finished(found.manifest)


def _print(found: WarmUp) -> None:
    about, table = found.manifest, found.verdicts
    own = _days(table["warm_up_days"].iloc[0])
    columns = ("", "steady by MSER-5", f"mean after {own}", "drift", "interval", f"{own} of warm-up")
    rows = [_line(row) for _, row in table.iterrows()]
    tables.show(f"{about['scenario']['name']}: when it reaches its steady state", columns, rows, columns[1:5])
    tables.note(found.text().splitlines()[-1])
    count, level = about["finished"], tables.number(table["confidence"].iloc[0], "share")
    tables.note(
        f"Drift: mean of the first half of the weeks after the warm-up, less that of the second half; intervals "
        f"are {level} each, 95 % together. {table['weeks'].iloc[0]} weeks, {counted(count, 'replication')} without "
        f"policies, seed {about['seed']}."
    )


def _line(row: pd.Series) -> tuple[str, ...]:
    unit = row["unit"]
    interval = tables.span(row["ci_low_drift"], row["ci_high_drift"], unit, "+")
    drift = tables.number(row["mean_drift"], unit, "+")
    mean = tables.number(row["mean"], unit)
    return (tables.label(row["label"], unit), _days(row["truncation_days"]), mean, drift, interval, row["verdict"])


def _days(number: float) -> str:
    return tables.UNDEFINED if math.isnan(number) else f"{number:.0f} days"
