"""``cxsim futures``: which policy stays good whatever is true."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Cluster, Csv, EngineName, ScenarioName, Seed, Store, Verbose, Workers, Years
from sim.cli.study import STOPPED, AllReadings, Baseline, Charts, Policies
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.futures import Futures
    from sim.studies.futures.runs import Runs
    from sim.studies.futures.terms import Terms

RANGE_FORM = "NAME=LOW:HIGH"
Count = Annotated[int, typer.Option("--futures", metavar="N", help="Futures, by Latin hypercube.")]
Uncertain = Annotated[
    list[str] | None,
    typer.Option("--uncertain", metavar="NAME", help="Sample this parameter; may be repeated. All, unless given."),
]
Range = Annotated[
    list[str] | None,
    typer.Option("--range", metavar=RANGE_FORM, help="Range of a parameter instead of the stated one."),
]
Lever = Annotated[
    list[str] | None,
    typer.Option("--lever", metavar="LEVER", help='Sample a setting of the policies too: "empowerment level=0.5:1".'),
]
Readings = Annotated[
    list[str] | None, typer.Option("--reading", help="Only this reading of the evidence; may be repeated.")
]
MeasureName = Annotated[
    str, typer.Option("--measure", "-m", metavar="MEASURE", help="Policies are best by it; see cxsim measures.")
]
Constraints = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint",
        metavar="CONDITION",
        help='A policy should meet it: "retention_12m >= 75 %", "profit_a_year >= 0 difference" (from the baseline); '
        "may be repeated. Unless given: no worse than the baseline.",
    ),
]
Repeats = Annotated[int, typer.Option("--replications", "-n", help="Repetitions in each future, from 2.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save tables, answer and charts there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the futures that are in FOLDER.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say how many futures it would be and what they take, and run nothing.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("futures")(futures)


def futures(
    scenario: ScenarioName,
    policy: Policies = None,
    count: Count = 200,
    uncertain: Uncertain = None,
    given: Range = None,
    lever: Lever = None,
    reading: Readings = None,
    readings: AllReadings = None,
    measure: MeasureName = "profit_a_year",
    constraint: Constraints = None,
    baseline: Baseline = None,
    replications: Repeats = 4,
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
    dry_run: DryRun = False,
) -> int:
    """Run policies in many futures: how often is each best, what may it cost, and when does it fail.

    What is not known is sampled within its range, and every reading of the evidence is believed equally often. A share
    of futures is a share of those ranges, not a probability.
    """
    from sim.running.options import Running
    from sim.studies.futures import check_folder
    from sim.studies.futures.runs import Runs
    from sim.studies.futures.study import explore
    from sim.studies.futures.terms import read_terms

    options.check_folder(out, overwrite, check_folder)
    terms = read_terms(
        scenario,
        [options.policy(text) for text in policy or ()],
        uncertainties=uncertain,
        ranges=_ranges(given or (), "--range"),
        readings=_readings(reading, readings),
        levers=lever or (),
        futures=count,
        measure=measure,
        constraints=constraint or None,
        replications=replications,
        baseline=None if baseline is None else options.policy(baseline),
        years=years,
        seed=seed,
    )
    runs = Runs(terms, Running(**options.running(engine, workers, verbose, store=store, cluster=cluster)))
    if dry_run:
        return _foretell(terms, runs)
    found = explore(terms, runs)
    tables.csv(_frame(found)) if csv else _print(found)
    if out is not None:
        _save(found, out, overwrite, charts)
    return STOPPED if found.manifest["finished"] < found.manifest["planned"] else 0


def _ranges(texts: Sequence[str], option: str) -> dict[str, tuple[float, float]]:
    """Read ranges as written on the command line.

    >>> _ranges(["price=40:60"], "--range")
    {'price': (40.0, 60.0)}
    """
    from sim.studies.futures import FuturesError

    found: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, _, ends = text.partition("=")
        low, _, high = ends.partition(":")
        try:
            pair = float(low), float(high)
        except ValueError as error:
            raise FuturesError(f"{option}: cannot read {text!r}; write {RANGE_FORM}, such as price=40:60.") from error
        if name in found:
            raise FuturesError(f"{option}: {name} appears twice; keep one.")
        found[name] = pair
    return found


def _readings(some: list[str] | None, every: str | None) -> list[str] | str:
    from sim.studies.futures import FuturesError

    if every not in (None, "all"):
        raise FuturesError(f"--readings: cannot read {every!r}; write all, or --reading NAME for each.")
    if every and some:
        raise FuturesError("--readings all and --reading NAME were given; keep one of them.")
    return some or "all"


def _foretell(terms: Terms, runs: Runs) -> int:
    from sim.studies.futures.terms import planned

    refused = runs.refused()
    about = planned(terms, len(terms.design.points) - len(refused))
    tables.note(
        f"{about['futures']} futures, of which {about['feasible']} can be; {about['policies']} policies with the "
        f"baseline, {counted(about['replications'], 'replication')}: {about['runs']:,} runs of "
        f"{counted(terms.subject.scenario.years, 'year')}. Sampled: {len(terms.design.factors)} "
        f"numbers, {len(terms.design.readings)} readings of the evidence."
    )
    able = [name for name in terms.design.futures if name not in refused]
    if able:
        tables.note(runs.foresee(able).text())
    for name, why in list(refused.items())[:1]:
        tables.note(f"The first that cannot be: {name}: {why}")
    return 0


def _frame(found: Futures) -> pd.DataFrame:
    """Put regret, how often it is best, and how often good enough side by side, a row a policy."""
    named = {"regret_policy": "policy", "regret_futures": "futures"}
    table = found.regret().add_prefix("regret_").rename(columns=named)
    best = found.best_shares().drop(columns=["futures", "best"]).add_prefix("best_")
    good = found.satisficing()
    good = good.drop_duplicates("policy", keep="last").drop(columns=["futures", "met"]).add_prefix("satisficing_")
    merged = table.merge(best.rename(columns={"best_policy": "policy"}), on="policy")
    return merged.merge(good.rename(columns={"satisficing_policy": "policy"}), on="policy", how="left")


def _print(found: Futures) -> None:
    frame, unit = _frame(found), found.about.unit
    rows = [
        (
            row["policy"],
            tables.number(row["best_share"], "share"),
            tables.span(row["best_low"], row["best_high"], "share"),
            tables.number(row["best_clear"], "share"),
            tables.number(row["satisficing_share"], "share"),
            tables.number(row["regret_mean"], unit),
            tables.number(row["regret_maximum"], unit),
        )
        for _, row in frame.sort_values("best_share", ascending=False, kind="stable").iterrows()
    ]
    columns = ("", "best in", "95 % interval", "clearly", "good enough in", "mean regret", "worst")
    about = tables.label(found.about.label.lower(), unit)
    tables.show(f"{found.manifest['scenario']['name']} in many futures: {about}", columns, rows, right=columns[1:])
    tables.note("Good enough: " + " and ".join(one.told for one in found.constraints) + ".")
    tables.note("")
    for line in found.summary().splitlines():
        tables.note(line)


def _save(found: Futures, folder: Path, overwrite: bool, charts: bool) -> None:
    from sim.charts import save_all
    from sim.outcomes.results import CHARTS
    from sim.studies.futures.pictures import figures

    found.save(folder, overwrite)
    if charts:
        save_all(figures(found), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")
