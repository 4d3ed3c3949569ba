"""``cxsim fit``: what a company's records say, with intervals, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, output, tables
from sim.cli.options import Confidence, Csv, Progress, Saving, argument, question

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.fitting import Fit

GUESSED = "guessed"
GRAINS = {"hour": "by hour", "day": "by day", "month": "by month", "period": "by period"}

Files = Annotated[list[str], argument("FILE...", "CSV (also .gz), Parquet or Excel files.")]
KindOf = Annotated[
    list[str] | None,
    question(
        "--kind", metavar="[FILE=]KIND", text="Kind of records: contacts, purchases, surveys, friends or cohorts.",
        show_default="guessed",
    ),
]  # fmt: skip
Maps = Annotated[
    list[str] | None,
    question(
        "--map", metavar="CONCEPT=COLUMN",
        text='Which column means what: wait="Queue time[min]", arrival=date+time for a date and a time of day, '
        "customer=none for a column to ignore. Repeatable.",
    ),
]  # fmt: skip
Outcomes = Annotated[
    list[str] | None,
    question(
        "--outcome", metavar="MEANING=WORD",
        text="Words for a call's outcome: answered=AGENT, abandoned=HANG, ignored=PHANTOM. Repeatable.",
    ),
]  # fmt: skip
Segments = Annotated[
    list[str] | None,
    question("--segment", metavar="NAME=WORD", text="Word for customers with priority: priority=2. Repeatable."),
]
Problems = Annotated[
    list[str] | None,
    question("--problem", metavar="yes|no=WORD", text="Word of a survey for a problem: yes=1. Repeatable."),
]
Drops = Annotated[
    list[str] | None,
    question("--drop", metavar="COLUMN=VALUE", text="Leave out rows with this value: bad_time=1. Repeatable."),
]
Zone = Annotated[str | None, question("--timezone", metavar="ZONE", text="Time zone of the company: Europe/Berlin.")]
Dates = Annotated[
    str | None,
    question(
        "--date-format", metavar="FORMAT",
        text='How dates are written: day-first, month-first, iso, epoch, or a pattern such as "%d.%m.%y %H:%M".',
    ),
]  # fmt: skip
Until = Annotated[
    str | None,
    question("--until", metavar="DATE", text="Fit the records up to this day, and test the forecast on the rest."),
]
Within = Annotated[
    float, question("--answered-within", metavar="SECONDS", text="Target time to answer, for the service level.")
]
Repeat = Annotated[
    int, question("--repeat-days", min=1, text="A contact within this many days of the last one is a repeat.")
]
Name = Annotated[str, question("--name", text="Name of the company in my.toml.")]
Like = Annotated[str, question("--like", metavar="SCENARIO", text="Scenario that supplies what the records lack.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, fit, panel=options.COMPANY, see="company")


def fit(
    files: Files,
    *,
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
    confidence: Confidence = 0.95,
    name: Name = "my company",
    like: Like = "default",
    progress: Progress = False,
    saving: Saving,
    csv: Csv = False,
) -> None:
    """Estimate a company's numbers from its records, with intervals, and show what was left out.

    Example: cxsim fit calls.csv purchases.csv --out fitted

    Records are call logs, purchases, survey answers, lists of who knows whom, or cohorts. --out also writes my.toml for
    cxsim calibrate.
    """
    import sim
    from sim.company.fitting import Fit
    from sim.company.fitting.request import pairs, single_pairs

    output.check(Fit, saving)
    found = sim.fit(
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
        level=confidence,
        target_seconds=answered_within,
        repeat_days=repeat_days,
        name=name,
        like=like,
        progress=options.shown(progress),
    )
    tables.csv(found.to_frame()) if csv else _print(found, saving.out)
    output.keep(found, saving)


def _kinds(texts: list[str]) -> str | dict[str, str] | None:
    from sim.company.fitting.request import single_pairs

    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    return {Path(file).name: of for file, of in single_pairs("--kind", texts).items()}


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
    for kind, holdout in found.holdouts.items():
        _errors(kind, holdout.errors)
    for remark in found.remarks:
        tables.note(f"Mind: {remark}")
    _next(found, out)


def _column(line: pd.Series) -> tuple[str, ...]:
    return (line["concept"], line["what"], line["column"], line["how"], GUESSED if line["guessed"] else "as you said")


def _left_out(dropped: pd.DataFrame) -> None:
    rows = [
        (f"{row['what']}s", row["reason"], f"{row['rows']:,}", tables.number(row["share"], "share"))
        for _, row in dropped.iterrows()
    ]
    if rows:
        tables.show(
            "Left out: rows, and single cells of rows that are used",
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
            tables.number(row["mean"], row["unit"]) + _unit(row["unit"]),
            tables.span(row["ci_low"], row["ci_high"], row["unit"]),
            f"{row['n']:,}",
            row["goodness"],
        )
        for _, row in main(found.estimates).iterrows()
    ]
    level = f"{100 * found.manifest['level']:g} % interval"
    columns = ("", "value", level, "n", "fit or method")
    tables.show("What the records say", columns, rows, columns[1:4])
    for line in _week(found):
        tables.note(line)


def _week(found: Fit) -> Iterator[str]:
    """Give the shape of the week and its agents in sentences: they would take too many rows of a table."""
    rows = found.estimates
    weights = rows[(rows["name"] == "weekday_weight") & (rows["mean"] > 0)]
    if len(weights):
        days = ", ".join(f"{row['key']} {row['mean']:.2f}" for _, row in weights.iterrows())
        yield f"Open {found.numbers.get('opening_hours', '')}. Contacts by weekday (a mean full day is 1): {days}."
    shape = rows[rows["name"] == "profile_full_day"]
    if len(shape):
        top = shape.loc[shape["mean"].idxmax()]
        share = tables.number(top["mean"], "share")
        yield f"Busiest half-hour of a full day: {top['key']}, with {share} of its contacts."
    agents = rows[(rows["subject"] == "staffing") & (rows["name"] == "agents")]
    if len(agents):
        most = agents.loc[agents["mean"].idxmax()]
        yield (
            f"Agents in an open half-hour: {agents['mean'].min():.1f} to {most['mean']:.1f} (at {most['key']}), mean "
            f"{agents['mean'].mean():.1f}. All half-hours are in fit.csv."
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
    tables.show("Forecast and what happened (mean absolute errors)", columns, rows, columns[2:])


SHARES = ("abandonment",)
MEASURES = {"offered": "contacts", "mean_wait_s": "mean wait in seconds"}
"""Measures of forecasts that have another name in the table."""


def _next(found: Fit, out: Path | None) -> None:
    if out is None:
        tables.note("Next: add --out FOLDER to save all of this, with my.toml for cxsim calibrate.")
        return
    lacks = "" if "customers" in found.numbers else "add the number of customers to it, then "
    tables.note(f"Next: {lacks}cxsim calibrate {out / 'my.toml'}")
