"""``cxsim fit``: what the records of a company say, with intervals, and what was left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Csv, Overwrite, Verbose

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.fitting import Fit

STOPPED = 130
GUESSED = "guessed"
GRAINS = {"hour": "by hour", "day": "by day", "month": "by month", "period": "by period"}

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="CSV (also .gz), Parquet or Excel files.")]
KindOf = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", metavar="[FILE=]KIND", help="contacts, purchases, surveys, friends or cohorts; guessed unless given."
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="CONCEPT=COLUMN",
        help='Which column says what: wait="Queue time[min]", arrival=date+time for a date and a time of day, '
        "customer=none for a column not to be used; may be repeated.",
    ),
]
Outcomes = Annotated[
    list[str] | None,
    typer.Option("--outcome", metavar="MEANING=WORD", help="answered=AGENT, abandoned=HANG, ignored=PHANTOM."),
]
Segments = Annotated[
    list[str] | None, typer.Option("--segment", metavar="NAME=WORD", help="Who goes first: priority=2.")
]
Problems = Annotated[
    list[str] | None, typer.Option("--problem", metavar="yes|no=WORD", help="What a survey calls a problem: yes=1.")
]
Drops = Annotated[
    list[str] | None, typer.Option("--drop", metavar="COLUMN=VALUE", help="Leave these rows out: bad_time=1.")
]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Wall time of the company: Europe/Berlin.")
]
Dates = Annotated[
    str | None,
    typer.Option(
        "--date-format", metavar="FORMAT", help='day-first, month-first, iso, epoch, or such as "%d.%m.%y %H:%M".'
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Fit what lies up to this day, and forecast the rest.")
]
Within = Annotated[float, typer.Option("--answered-within", metavar="SECONDS", help="The time of the service level.")]
Repeat = Annotated[int, typer.Option("--repeat-days", min=1, help="Back within so many days is a repeat.")]
Level = Annotated[float, typer.Option("--level", help="Of the intervals.")]
Name = Annotated[str, typer.Option("--name", help="What the company is called in my.toml.")]
Like = Annotated[str, typer.Option("--like", help="Scenario that it is like in what the records do not tell.")]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Save the tables, my.toml for cxsim calibrate, and charts there.")
]
Charts = Annotated[bool, typer.Option("--charts/--no-charts", help="Draw how well the forms fit.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("fit")(fit)


def fit(
    files: Files,
    kind: KindOf = None,
    map_: Maps = None,
    outcome: Outcomes = None,
    segment: Segments = None,
    problem: Problems = None,
    drop: Drops = None,
    timezone: Zone = None,
    date_format: Dates = None,
    until: Until = None,
    answered_within: Within = 20.0,
    repeat_days: Repeat = 7,
    level: Level = 0.95,
    name: Name = "my company",
    like: Like = "default",
    out: Out = None,
    overwrite: Overwrite = False,
    charts: Charts = True,
    csv: Csv = False,
    verbose: Verbose = False,
) -> int:
    """Fit call records, purchases, survey answers, an edge list or cohorts: what they say, and what was left out."""
    from sim.company import fitting
    from sim.company.fitting.asked import pairs, single_pairs
    from sim.company.fitting.result import check_folder

    options.check_folder(out, overwrite, check_folder)
    try:
        found = fitting.fit(
            *files,
            kind=_kinds(kind or []),
            columns=single_pairs("--map", map_ or []),
            outcome=pairs("--outcome", outcome or []),
            segment=pairs("--segment", segment or []),
            problem=pairs("--problem", problem or []),
            drop=pairs("--drop", drop or []),
            timezone=timezone,
            date_format=date_format,
            until=until,
            level=level,
            target_seconds=answered_within,
            repeat_days=repeat_days,
            name=name,
            like=like,
            progress=True if verbose else None,
        )
    except KeyboardInterrupt:
        sys.stderr.write("cxsim: stopped; nothing was written.\n")
        return STOPPED
    tables.csv(found.estimates) if csv else _print(found, out)
    if out is not None:
        _save(found, out, overwrite, charts)
    return 0


def _kinds(texts: list[str]) -> str | dict[str, str] | None:
    from sim.company.fitting.asked import single_pairs

    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    return {Path(file).name: of for file, of in single_pairs("--kind", texts).items()}


def _save(found: Fit, folder: Path, overwrite: bool, charts: bool) -> None:
    from sim.charts import save_all
    from sim.company.fitting.pictures import figures
    from sim.outcomes.results import CHARTS

    found.save(folder, overwrite)
    if charts:
        save_all(figures(found), folder / CHARTS)
    sys.stderr.write(f"cxsim: saved in {folder}\n")


def _print(found: Fit, out: Path | None) -> None:
    for _, row in found.read.iterrows():
        kind = row["kind"]
        tables.show(
            f"{row['files']}: {row['read']:,} rows, {row['kept']:,} {kind} used",
            ("", "", "column", "understood as", ""),
            [_column(line) for _, line in found.columns[found.columns["kind"] == kind].iterrows()],
        )
        _left_out(found.dropped[found.dropped["kind"] == kind])
    _estimates(found)
    for kind, held in found.held.items():
        _errors(kind, held.errors)
    for remark in found.remarks:
        tables.note(f"Mind: {remark}")
    _next(found, out)


def _column(line: pd.Series) -> tuple[str, ...]:
    return (line["concept"], line["what"], line["column"], line["how"], GUESSED if line["guessed"] else "as told")


def _left_out(dropped: pd.DataFrame) -> None:
    rows = [
        (f"{row['what']}s", row["reason"], f"{row['rows']:,}", tables.number(row["share"], "share"))
        for _, row in dropped.iterrows()
    ]
    if rows:
        tables.show(
            "Left out: rows, and cells of rows that are used otherwise",
            ("", "why", "number", "of all"),
            rows,
            ("number", "of all"),
        )
    else:
        tables.note("Nothing was left out.")


def _estimates(found: Fit) -> None:
    from sim.company.fitting.labels import called
    from sim.company.fitting.result import main

    rows = [
        (
            f"{called(row['name'])}{', ' + row['key'] if row['key'] else ''}",
            tables.number(row["value"], row["unit"]) + _unit(row["unit"]),
            tables.span(row["low"], row["high"], row["unit"]),
            f"{row['n']:,}",
            row["goodness"],
        )
        for _, row in main(found.estimates).iterrows()
    ]
    level = f"{100 * found.manifest['level']:g} % interval"
    columns = ("found", "value", level, "n", "how well, or how")
    tables.show("What the records say", columns, rows, columns[1:4])
    for line in _week(found):
        tables.note(line)


def _week(found: Fit) -> Iterator[str]:
    """Say the shape of the week and the agents in it, which take too many rows for a table."""
    rows = found.estimates
    weights = rows[(rows["name"] == "weekday_weight") & (rows["value"] > 0)]
    if len(weights):
        days = ", ".join(f"{row['key']} {row['value']:.2f}" for _, row in weights.iterrows())
        yield f"Open {found.numbers.get('opening_hours', '')}. Contacts by weekday (a mean full day is 1): {days}."
    shape = rows[rows["name"] == "profile_full_day"]
    if len(shape):
        top = shape.loc[shape["value"].idxmax()]
        share = tables.number(top["value"], "share")
        yield f"Busiest half-hour of a full day: {top['key']}, with {share} of its contacts."
    agents = rows[(rows["subject"] == "staffing") & (rows["name"] == "agents")]
    if len(agents):
        most = agents.loc[agents["value"].idxmax()]
        yield (
            f"Agents in an open half-hour: {agents['value'].min():.1f} to {most['value']:.1f} (at {most['key']}), mean "
            f"{agents['value'].mean():.1f}. All half-hours are in fits.csv."
        )


def _unit(unit: str) -> str:
    return "" if unit in ("share", "ratio", "correlation") else f" {unit}"


def _errors(kind: str, errors: pd.DataFrame) -> None:
    rows = []
    for _, row in errors.iterrows():
        unit = "share" if row["measure"] in SHARES else ""
        rows.append(
            (
                f"{MEASURES.get(row['measure'], row['measure'])}, {GRAINS[row['grain']]}",
                row["method"],
                f"{row['n']:,}",
                tables.number(row["mae"], unit, "+").removeprefix("+"),
                tables.number(row["bias"], unit, "+"),
                tables.number(row["covered"], "share"),
            )
        )
    columns = ("forecast of " + kind, "by", "n", "mean error", "bias", "in the band")
    tables.show("The forecast beside what happened (errors are mean absolute ones)", columns, rows, columns[2:])


SHARES = ("abandonment",)
MEASURES = {"offered": "contacts", "mean_wait_s": "mean wait in seconds"}
"""Measures of forecasts that are called otherwise in the table."""


def _next(found: Fit, out: Path | None) -> None:
    if out is None:
        tables.note("Next: add --out FOLDER to save all of this, with my.toml for cxsim calibrate.")
        return
    lacks = "" if "customers" in found.numbers else "write the number of customers into it, then "
    tables.note(f"Next: {lacks}cxsim calibrate {out / 'my.toml'}")
