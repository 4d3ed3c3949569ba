"""``cxsim run``, ``compare`` and ``plot``: studies on the command line."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim import wording
from sim.cli import options, tables
from sim.cli.options import (
    Cluster,
    Csv,
    EngineName,
    Out,
    Overwrite,
    ScenarioName,
    Seed,
    Store,
    Verbose,
    Workers,
    Years,
)

if TYPE_CHECKING:
    import pandas as pd

    from sim.outcomes.results import Study
    from sim.running.experiment import Series

STOPPED = 130
BOARD = (
    "service_level",
    "asa_s",
    "abandonment",
    "fcr",
    "escalation_rate",
    "resolution_hours",
    "promises_kept",
    "csat",
    "nps",
    "retention_12m",
    "churn",
    "customers_end",
    "joined_by_wom",
    "told_good",
    "told_bad",
    "agent_turnover",
    "revenue",
    "cost",
    "profit",
    "return_on_sales",
)
"""Measures of the printed tables; the saved files have all."""
MOST_YEARS = 5
"""Years beside each other in a table that 100 columns hold."""

Policies = Annotated[list[str] | None, typer.Option("--policy", "-p", metavar="POLICY", help=options.POLICY_HELP)]
Baseline = Annotated[str | None, typer.Option(metavar="POLICY", help="Compare with this policy, not with none.")]
Reading = Annotated[str | None, typer.Option(help="Reading of the evidence, instead of the scenario's.")]
Readings = Annotated[list[str] | None, typer.Option("--reading", help="Run under this reading too; may be repeated.")]
AllReadings = Annotated[
    str | None, typer.Option("--readings", metavar="all", help="Run under every reading, and rank the policies.")
]
RankBy = Annotated[str | None, typer.Option("--rank-by", metavar="MEASURE", help="Rank by it, not by profit a year.")]
All = Annotated[bool, typer.Option("--all", help="Print all measures.")]
Simultaneous = Annotated[
    bool, typer.Option("--simultaneous", help="Intervals that hold for all policies together, not each by itself.")
]
Precision = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MEASURE=HALF-WIDTH",
        help="Run until intervals are so narrow: profit_a_year=10000, 2% (of the baseline's profit a year), or "
        '"retention_12m=0.5 points"; may be repeated. --replications are then the fewest.',
    ),
]
Most = Annotated[int | None, typer.Option(help="Most replications that a --precision may take (640).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and run nothing.")]
Number = Annotated[int | None, typer.Option("--replications", "-n", help="Independent repetitions, 10 unless given.")]
Charts = Annotated[bool, typer.Option(help="Draw the charts when the study is saved.")]
Scenarios = Annotated[list[str], typer.Argument(metavar="SCENARIO...", help=options.SCENARIO_HELP)]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("run")(run)
    app.command("compare")(compare)
    app.command("plot")(plot)


def run(
    scenario: ScenarioName,
    policy: Policies = None,
    replications: Number = None,
    precision: Precision = None,
    most: Most = None,
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
    all_measures: All = False,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Run a scenario and show the company year by year.

    Several --policy are in force together.
    """
    from sim.inputs.policies import Bundle
    from sim.inputs.scenario import Scenario
    from sim.running import experiment

    chosen = Scenario.load(scenario)
    chosen = chosen if reading is None else chosen.change(reading=reading)
    parts = tuple(part for text in policy or () for part in options.policy(text).parts)
    options.check_folder(out, overwrite)
    running = options.running(engine, workers, verbose, store=store, cluster=cluster)
    series = experiment.Series([chosen], baseline=Bundle(parts) if parts else None, years=years, seed=seed, **running)
    if dry_run:
        return _foretell(series, replications, precision, most)
    from sim.outcomes.interrupted import kept

    study = kept(series.study, replications, precision, most)
    tables.csv(study.means()) if csv else _print_levels(study, all_measures)
    return _finish(study, out, overwrite, charts)


def compare(
    scenarios: Scenarios,
    policy: Policies = None,
    baseline: Baseline = None,
    replications: Number = None,
    precision: Precision = None,
    most: Most = None,
    years: Years = None,
    seed: Seed = None,
    reading: Readings = None,
    readings: AllReadings = None,
    rank_by: RankBy = None,
    simultaneous: Simultaneous = False,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
    dry_run: DryRun = False,
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    all_measures: All = False,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Compare policies with the baseline: what each changes, and how sure that is.

    Each --policy is compared on its own; the baseline always runs too. Under several readings it says as well
    whether the ranking of the policies survives.
    """
    from sim.running import experiment

    policies = [options.policy(text) for text in policy or ()]
    if not policies:
        raise experiment.ExperimentError(
            'there is nothing to compare; give --policy, such as "empowerment level=0.95".'
        )
    chosen = _chosen_readings(reading or [], readings, rank_by)
    options.check_folder(out, overwrite)
    against = None if baseline is None else options.policy(baseline)
    running = options.running(engine, workers, verbose, store=store, cluster=cluster)
    series = experiment.Series(
        list(scenarios), policies, baseline=against, years=years, seed=seed, readings=chosen, **running
    )
    if dry_run:
        return _foretell(series, replications, precision, most)
    from sim.outcomes.interrupted import kept

    study = kept(series.study, replications, precision, most)
    found = _differences(study)
    tables.csv(found) if csv else _print_differences(study, found, all_measures, simultaneous)
    if len(chosen) > 1:
        _print_rankings(study, rank_by, csv)
    return _finish(study, out, overwrite, charts)


def plot(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A saved study.")]) -> None:
    """Draw the charts of a saved study again, without running anything."""
    from sim.charts import save_all
    from sim.outcomes.pictures import figures
    from sim.outcomes.results import CHARTS, Study

    study = Study.load(folder)
    for path in save_all(figures(study), folder / CHARTS):
        typer.echo(path)


def _foretell(series: Series, replications: int | None, precision: list[str] | None, most: int | None) -> int:
    """Say what a study would take; with a precision, at its first look and at its last."""
    for size, forecast in series.foresee_study(replications, precision, most).items():
        typer.echo(f"{size} replications: {forecast.text()}")
    return 0


def _chosen_readings(one_by_one: list[str], every: str | None, rank_by: str | None) -> list[str]:
    """Readings to run under, checked together with the measure to rank by before a long run."""
    from sim.inputs import evidence
    from sim.studies import rankings

    if every is not None and every != "all":
        raise rankings.RankingError(f"--readings: cannot read {every!r}; write all, or --reading NAME for each.")
    if every and one_by_one:
        raise rankings.RankingError("--readings all and --reading NAME were given; keep one of them.")
    chosen = list(evidence.readings()) if every else one_by_one
    if rank_by is not None and len(chosen) < 2:
        raise rankings.RankingError("--rank-by compares rankings under several readings; add --readings all.")
    rankings.ranked(rank_by or rankings.MEASURE)
    return chosen


def _finish(study: Study, out: Path | None, overwrite: bool, charts: bool) -> int:
    """Save the study and its charts; return the exit status."""
    told = (sentence for sentences in study.manifest["outside_range"].values() for sentence in sentences)
    for sentence in dict.fromkeys(told):
        sys.stderr.write(f"cxsim: {sentence}\n")
    if out is not None:
        from sim.charts import save_all
        from sim.outcomes.pictures import figures
        from sim.outcomes.results import CHARTS

        study.save(out, overwrite)
        if charts:
            save_all(figures(study), out / CHARTS)
        sys.stderr.write(f"cxsim: saved in {out}\n")
    return STOPPED if study.manifest["finished"] < study.manifest["planned"] else 0


def _shown(frame: pd.DataFrame, all_measures: bool) -> list[str]:
    known = list(dict.fromkeys(frame["measure"]))
    return known if all_measures else [name for name in BOARD if name in known]


def _differences(study: Study) -> pd.DataFrame:
    from sim.outcomes.measures import CATALOGUE

    return study.compare(better={name: measure.better for name, measure in CATALOGUE.items()})


def _print_levels(study: Study, all_measures: bool) -> None:
    from sim.outcomes.measures import CATALOGUE

    table = study.means().set_index(["measure", "period"])
    years = [period for period in dict.fromkeys(table.index.get_level_values("period")) if period != "all"]
    years = years[:MOST_YEARS]
    rows = []
    for name in _shown(table.reset_index(), all_measures):
        about, whole = CATALOGUE[name], table.loc[(name, "all")]
        each = [tables.number(table.loc[(name, year), "mean"], about.unit) for year in years]
        interval = tables.span(whole["ci_low"], whole["ci_high"], about.unit)
        rows.append((tables.label(about.label, about.unit), tables.number(whole["mean"], about.unit), interval, *each))
    scenario, policy = study.replications[["scenario", "policy"]].iloc[0]
    columns = ("", "all years", "95 % interval", *years)
    tables.show(_title(study, scenario, policy), columns, rows, right=columns[1:])
    _print_basis(study)


def _print_differences(study: Study, found: pd.DataFrame, all_measures: bool, simultaneous: bool) -> None:
    table = found[found["period"] == "all"]
    limits = (
        ("ci_low_simultaneous", "ci_high_simultaneous") if simultaneous else ("ci_low_difference", "ci_high_difference")
    )
    interval = f"95 % interval{', all together' if simultaneous else ''}"
    columns = ("", "baseline", "policy", "difference", interval, "chance of a gain")
    for (scenario, policy), part in table.groupby(["scenario", "policy"], sort=False):
        shown = part.set_index("measure").loc[_shown(part, all_measures)]
        rows = [_difference_row(row, limits) for _, row in shown.iterrows()]
        tables.show(_title(study, scenario, policy), columns, rows, right=columns[1:])
    _print_basis(study)
    _print_family(table, simultaneous)


def _difference_row(row: pd.Series, limits: tuple[str, str]) -> tuple[str, ...]:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[str(row.name)]
    values = [tables.number(row[column], about.unit) for column in ("mean_baseline", "mean")]
    difference = tables.number(row["mean_difference"], about.unit, "+")
    interval = tables.span(row[limits[0]], row[limits[1]], about.unit, "+")
    chance = _chance(row["probability_gain"], row["mean_difference"]) if about.better != "none" else ""
    return (tables.label(about.label, about.unit), *values, difference, interval, chance)


def _print_family(table: pd.DataFrame, simultaneous: bool) -> None:
    """Say over how many policies an interval holds, and by which procedure."""
    count = int(table["comparisons"].max())
    if count < 2:
        return
    if simultaneous:
        tables.note(f"Of each measure the intervals hold for all {count} policies together (Bonferroni).")
    else:
        tables.note(f"Each interval is 95 % by itself; --simultaneous: for all {count} policies together (Bonferroni).")


def _print_rankings(study: Study, rank_by: str | None, csv: bool) -> None:
    """Say whether the ranking survives the readings; beside CSV, on standard error."""
    from sim.studies import rankings

    found = rankings.survival(study, rank_by or rankings.MEASURE)
    verdict = rankings.verdict(found)
    if csv:
        sys.stderr.write(f"cxsim: {verdict}\n")
        return
    for scenario, part in found.groupby("scenario", sort=False):
        _print_pairs(str(scenario), part)
    level = tables.number(found["confidence"].iloc[0], "share")
    tables.note(f"Smallest lead of all readings. Intervals of {level} each: 95 % for all pairs and readings together.")
    tables.note("\n" + verdict)


def _print_pairs(scenario: str, part: pd.DataFrame) -> None:
    from sim.outcomes.measures import CATALOGUE

    about, first = CATALOGUE[part["measure"].iloc[0]], part["reading"].iloc[0]
    rows = []
    for _, pair in part.groupby(["ahead", "behind"], sort=False):
        least = pair.loc[pair["lead"].idxmin()]
        lead = tables.number(least["lead"], about.unit, "+")
        interval = tables.span(least["low"], least["high"], about.unit, "+")
        rows.append((least["ahead"], least["behind"], lead, interval, least["reading"], least["outcome"]))
    columns = (f"ahead ({first})", "behind", "smallest lead", "interval", "under", "its order")
    title = f"{scenario}: ranking by {about.label.lower()}"
    tables.show(title, columns, rows, right=columns[2:4], whole=("under", "its order"))


def _chance(gain: float, difference: float) -> str:
    return tables.UNDEFINED if difference == 0.0 else tables.number(gain, "share").replace(".0 %", " %")


def _title(study: Study, scenario: str, policy: str) -> str:
    against = "" if policy == study.baseline else f" against {study.baseline}"
    return f"{scenario}: {policy}{against}"


def _print_basis(study: Study) -> None:
    """Say what the intervals rest on, and which amount of money empowerment came down to."""
    finished, years, seed = (study.manifest[key] for key in ("finished", "years", "seed"))
    pairs = "" if set(study.replications["policy"]) == {study.baseline} else "paired "
    runs = wording.counted(finished, f"{pairs}replication")
    text = f"{runs} of {wording.counted(years, 'year')}, seed {seed}."
    if finished == 1:
        text += " One replication has no interval: give --replications 10."
    tables.note(text)
    _print_looks(study)
    where: dict[str, list[str]] = {}
    for entry in study.manifest["authority"]:
        where.setdefault(_limits_in_words(entry), []).append(f"{entry['scenario']}, {entry['policy']}")
    for words, cells in where.items():
        begin = f"{'; '.join(cells)}: agents" if len(where) > 1 else "Agents"
        tables.note(f"{begin} decide alone {words}.")


def _print_looks(study: Study) -> None:
    """Say how the half-widths that were asked for were come by: the widest of all policies at each look."""
    from sim.outcomes.measures import CATALOGUE

    told = study.manifest.get("precision")
    if told is None:
        return
    widest: dict[tuple[int, str], dict[str, Any]] = {}
    for look in told["looks"]:
        held = widest.setdefault((look["replications"], look["measure"]), look)
        if (look["half_width"] or math.inf) > (held["half_width"] or math.inf):
            widest[look["replications"], look["measure"]] = look
    rows = [
        (
            str(size),
            CATALOGUE[measure].label,
            look["policy"],
            *(_half(look[name], CATALOGUE[measure].unit) for name in ("half_width", "wanted")),
            "yes" if look["reached"] else "no",
        )
        for (size, measure), look in widest.items()
    ]
    columns = ("replications", "measure", "widest for", "half-width", "wanted", "reached")
    tables.show("How the precision was come by", columns, rows, right=("replications", "half-width", "wanted"))
    if not told["reached"]:
        tables.note(f"The precision was not reached with {study.manifest['finished']} replications; allow --most more.")


def _half(value: float | None, unit: str) -> str:
    """Write a half-width: of a share in points, with what a planner needs to tell 0.05 from 0.14."""
    if value is None:
        return tables.UNDEFINED
    return f"{value * wording.PER_CENT:.3f} points" if unit in wording.SHARES else tables.number(value, unit)


def _limits_in_words(entry: dict[str, Any]) -> str:
    limits = {segment: limit_in_words(about) for segment, about in entry["segments"].items()}
    same = len(set(limits.values())) == 1
    return next(iter(limits.values())) if same else "; ".join(f"{s}: {w}" for s, w in limits.items())


def limit_in_words(about: dict[str, object]) -> str:
    """Words for an entry of `sim.running.experiment.money_limits`."""
    level = float(about["level"])  # type: ignore[arg-type]
    if about["form"] == "share":
        return f"a random {level:.0%} of the cases that need authority"
    limit = about["limit"]
    upto = "whatever the amount" if limit == "none" else f"up to {limit:,.2f}"
    return f"{upto} ({level:.0%} of the cases that need authority)"
