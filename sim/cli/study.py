"""``cxsim run``, ``compare`` and ``plot``: studies on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, tables
from sim.cli.options import (
    Cluster,
    Csv,
    EngineName,
    Out,
    Overwrite,
    Replications,
    ScenarioName,
    Seed,
    Store,
    Verbose,
    Workers,
    Years,
)

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import Study

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
    replications: Replications = 10,
    years: Years = None,
    seed: Seed = None,
    reading: Reading = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
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
    from sim import experiment
    from sim.policies import Bundle
    from sim.scenario import Scenario

    chosen = Scenario.load(scenario)
    chosen = chosen if reading is None else chosen.change(reading=reading)
    parts = tuple(part for text in policy or () for part in options.policy(text).parts)
    _check_folder(out, overwrite)
    study = experiment.run(
        chosen,
        Bundle(parts) if parts else None,
        **_settings(replications, years, seed, engine, workers, store, cluster, verbose),
    )
    tables.csv(study.summary()) if csv else _print_levels(study, all_measures)
    return _finish(study, out, overwrite, charts)


def compare(
    scenarios: Scenarios,
    policy: Policies = None,
    baseline: Baseline = None,
    replications: Replications = 10,
    years: Years = None,
    seed: Seed = None,
    reading: Readings = None,
    readings: AllReadings = None,
    rank_by: RankBy = None,
    engine: EngineName = "auto",
    workers: Workers = None,
    store: Store = None,
    cluster: Cluster = None,
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
    from sim import experiment

    policies = [options.policy(text) for text in policy or ()]
    if not policies:
        raise experiment.ExperimentError(
            'there is nothing to compare; give --policy, such as "empowerment level=0.95".'
        )
    chosen = _chosen_readings(reading or [], readings, rank_by)
    _check_folder(out, overwrite)
    study = experiment.compare(
        list(scenarios),
        policies,
        baseline=None if baseline is None else options.policy(baseline),
        readings=chosen,
        **_settings(replications, years, seed, engine, workers, store, cluster, verbose),
    )
    tables.csv(_differences(study)) if csv else _print_differences(study, all_measures)
    if len(chosen) > 1:
        _print_rankings(study, rank_by, csv)
    return _finish(study, out, overwrite, charts)


def plot(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A saved study.")]) -> None:
    """Draw the charts of a saved study again, without running anything."""
    from sim import deck
    from sim.results import CHARTS, Study

    study = Study.load(folder)
    for path in deck.draw(study, folder / CHARTS):
        typer.echo(path)


def _chosen_readings(one_by_one: list[str], every: str | None, rank_by: str | None) -> list[str]:
    """Readings to run under, checked together with the measure to rank by before a long run."""
    from sim import evidence, rankings

    if every is not None and every != "all":
        raise rankings.RankingError(f"--readings: cannot read {every!r}; write all, or --reading NAME for each.")
    if every and one_by_one:
        raise rankings.RankingError("--readings all and --reading NAME were given; keep one of them.")
    chosen = list(evidence.readings()) if every else one_by_one
    if rank_by is not None and len(chosen) < 2:
        raise rankings.RankingError("--rank-by compares rankings under several readings; add --readings all.")
    rankings.ranked(rank_by or rankings.MEASURE)
    return chosen


def _settings(
    replications: int,
    years: float | None,
    seed: int | None,
    engine: str,
    workers: int | None,
    store: str | None,
    cluster: str | None,
    verbose: bool,
) -> dict[str, Any]:
    """Settings that running and comparing share, as the functions of `sim.experiment` call them."""
    return {
        "replications": replications,
        "years": years,
        "seed": seed,
        "engine": engine,
        "workers": workers,
        "store": store,
        "cluster": cluster,
        "progress": True if verbose else None,
    }


def _check_folder(folder: Path | None, overwrite: bool) -> None:
    """Say before a long run that its result could not be saved."""
    from sim.results import check_folder

    if folder is not None:
        try:
            check_folder(folder, overwrite)
        except FileExistsError as error:
            raise FileExistsError(str(error).replace("save with overwrite=True", "add --overwrite")) from error


def _finish(study: Study, out: Path | None, overwrite: bool, charts: bool) -> int:
    """Save the study and its charts; return the exit status."""
    told = (sentence for sentences in study.manifest["outside_range"].values() for sentence in sentences)
    for sentence in dict.fromkeys(told):
        sys.stderr.write(f"cxsim: {sentence}\n")
    if out is not None:
        from sim import deck
        from sim.results import CHARTS

        study.save(out, overwrite)
        if charts:
            deck.draw(study, out / CHARTS)
        sys.stderr.write(f"cxsim: saved in {out}\n")
    return STOPPED if study.manifest["finished"] < study.manifest["planned"] else 0


def _shown(frame: pd.DataFrame, all_measures: bool) -> list[str]:
    known = list(dict.fromkeys(frame["measure"]))
    return known if all_measures else [name for name in BOARD if name in known]


def _differences(study: Study) -> pd.DataFrame:
    from sim.measures import CATALOGUE

    return study.compare(better={name: measure.better for name, measure in CATALOGUE.items()})


def _print_levels(study: Study, all_measures: bool) -> None:
    from sim.measures import CATALOGUE

    table = study.summary().set_index(["measure", "period"])
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


def _print_differences(study: Study, all_measures: bool) -> None:
    from sim.measures import CATALOGUE

    table = _differences(study)
    table = table[table["period"] == "all"]
    columns = ("", "baseline", "policy", "difference", "95 % interval", "chance of a gain")
    for (scenario, policy), part in table.groupby(["scenario", "policy"], sort=False):
        rows = []
        for _, row in part.set_index("measure").loc[_shown(part, all_measures)].iterrows():
            about = CATALOGUE[str(row.name)]
            values = [tables.number(row[column], about.unit) for column in ("baseline_mean", "mean")]
            difference = tables.number(row["difference"], about.unit, "+")
            interval = tables.span(row["diff_low"], row["diff_high"], about.unit, "+")
            chance = _chance(row["probability_gain"], row["difference"]) if about.better != "none" else ""
            rows.append((tables.label(about.label, about.unit), *values, difference, interval, chance))
        tables.show(_title(study, scenario, policy), columns, rows, right=columns[1:])
    _print_basis(study)


def _print_rankings(study: Study, rank_by: str | None, csv: bool) -> None:
    """Say whether the ranking survives the readings; beside CSV, on standard error."""
    from sim import rankings

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
    from sim.measures import CATALOGUE

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
    text = f"{finished} {pairs}replication{'s' if finished != 1 else ''} of {years} years, seed {seed}."
    if finished == 1:
        text += " One replication has no interval: give --replications 10."
    tables.note(text)
    where: dict[str, list[str]] = {}
    for entry in study.manifest["authority"]:
        where.setdefault(_limits_in_words(entry), []).append(f"{entry['scenario']}, {entry['policy']}")
    for words, cells in where.items():
        begin = f"{'; '.join(cells)}: agents" if len(where) > 1 else "Agents"
        tables.note(f"{begin} decide alone {words}.")


def _limits_in_words(entry: dict[str, Any]) -> str:
    limits = {segment: limit_in_words(about) for segment, about in entry["segments"].items()}
    same = len(set(limits.values())) == 1
    return next(iter(limits.values())) if same else "; ".join(f"{s}: {w}" for s, w in limits.items())


def limit_in_words(about: dict[str, object]) -> str:
    """Words for an entry of `sim.experiment.money_limits`."""
    level = float(about["level"])  # type: ignore[arg-type]
    if about["form"] == "share":
        return f"a random {level:.0%} of the cases that need authority"
    limit = about["limit"]
    upto = "whatever the amount" if limit == "none" else f"up to {limit:,.2f}"
    return f"{upto} ({level:.0%} of the cases that need authority)"
