"""``cxsim explain``: through which channels a policy works."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, Out, Overwrite, Seed, Store, Verbose, Workers, Years
from sim.cli.study import STOPPED, Baseline, Charts

if TYPE_CHECKING:
    from sim.inputs.policies import Bundle, Policy
    from sim.studies.explain import Explanation

Either = Annotated[
    str, typer.Argument(metavar="SCENARIO", help=f"{options.SCENARIO_HELP} Or the folder of a saved study.")
]
OnePolicy = Annotated[
    str | None, typer.Option("--policy", "-p", metavar="POLICY", help=f"{options.POLICY_HELP} In a study: its label.")
]
OfStudy = Annotated[str | None, typer.Option("--scenario", metavar="NAME", help="Which one of a study's scenarios.")]
MeasureName = Annotated[
    str, typer.Option("--measure", "-m", metavar="MEASURE", help="What changed; see cxsim measures.")
]
PeriodName = Annotated[str, typer.Option(metavar="PERIOD", help='"all", or "year 1", "year 2" and so on.')]
ChannelNames = Annotated[
    list[str] | None, typer.Option("--channel", metavar="CHANNEL", help="Only this one; may be repeated.")
]
OrderCount = Annotated[
    str | None, typer.Option(metavar="N", help="Orders in which channels are opened, or all. More is surer and slower.")
]
Repeats = Annotated[
    int | None, typer.Option("--replications", "-n", help="Independent repetitions; 10, or those of the study.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("explain")(explain)


def explain(
    scenario: Either,
    policy: OnePolicy = None,
    measure: MeasureName = "profit_a_year",
    period: PeriodName = "all",
    channel: ChannelNames = None,
    orders: OrderCount = None,
    replications: Repeats = None,
    of_study: OfStudy = None,
    baseline: Baseline = None,
    years: Years = None,
    seed: Seed = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Split what a policy changes by the channels that it works through: waits, recovery, word of mouth ..."""
    from sim.outcomes.interrupted import kept
    from sim.studies import explain as explanation

    options.check_folder(out, overwrite, explanation.check_folder)
    found = kept(
        explanation.explain,
        scenario,
        _policy(policy, scenario),
        measure=measure,
        period=period,
        channels=explanation.CHANNELS if channel is None else channel,
        orders=_orders(orders),  # type: ignore[arg-type]  # it checks it
        scenario=of_study,
        baseline=None if baseline is None else options.policy(baseline),
        **options.settings(replications, years, seed, engine, workers, verbose, store=store, cluster=cluster),
    )
    tables.csv(found.frame) if csv else _print(found)
    if out is not None:
        _save(found, out, overwrite, charts)
    return STOPPED if found.manifest["finished"] < found.manifest["planned"] else 0


def _policy(text: str | None, scenario: str) -> Policy | Bundle | str | None:
    """Read a policy; in a study it is named by its label."""
    return text if text is None or Path(scenario).is_dir() else options.policy(text)


def _orders(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


def _save(found: Explanation, folder: Path, overwrite: bool, charts: bool) -> None:
    from sim.charts import save_all
    from sim.outcomes.results import CHARTS
    from sim.studies.explain.pictures import figures

    found.save(folder, overwrite)
    if charts:
        save_all(figures(found), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")


def _print(found: Explanation) -> None:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[found.manifest["measure"]]
    columns = (tables.label(about.label, about.unit), "difference", "95 % interval")
    rows = [
        (
            row["label"],
            tables.number(row["value"], about.unit, "+"),
            tables.span(row["low"], row["high"], about.unit, "+"),
        )
        for _, row in found.frame.iterrows()
    ]
    made = found.manifest
    tables.show(f"{made['scenario']['name']}: {made['policy']} against {made['baseline']}", columns, rows, columns[1:])
    for line in found.summary().splitlines():
        tables.note(line)
