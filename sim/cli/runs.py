"""``cxsim runs``: what is in the run store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import tables
from sim.cli.options import Csv
from sim.cli.study import BOARD, All

if TYPE_CHECKING:
    import pandas as pd

    from sim.running.store.contents import Choice

STOPPED = 130
UNITS = ("B", "KB", "MB", "GB", "TB")
THOUSAND = 1000
MINUTES = 16
"""Characters of a time down to the minute."""

Place = Annotated[
    str | None, typer.Option("--store", metavar="PATH", help="The store's file, instead of the usual one.")
]
OneKey = Annotated[str, typer.Argument(metavar="KEY", help="As cxsim runs lists it, or the beginning of it.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="KEY", help="As cxsim runs lists them; all unless given.")]
KeysToGo = Annotated[list[str] | None, typer.Argument(metavar="KEY", help="As cxsim runs lists them.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A name ending with .csv, .parquet or .xlsx.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace FILE.")]
Old = Annotated[bool, typer.Option("--old", help="What another version of the model has computed; no study uses it.")]
Before = Annotated[str | None, typer.Option("--before", metavar="DATE", help="What had its last run before that day.")]
Damaged = Annotated[bool, typer.Option("--damaged", help="What is not as it was stored.")]
Everything = Annotated[bool, typer.Option("--all", help="All there is.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

group = typer.Typer()


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.add_typer(group, name="runs")


@group.callback(invoke_without_command=True)
def listing(context: typer.Context, store: Place = None, csv: Csv = False) -> None:
    """List what the run store holds; show, export, check or remove some of it.

    A study takes from the store what it holds, and adds what it computes. The store is in your data folder unless
    --store, or the environment variable CXSIM_STORE, names another file.
    """
    context.obj = store
    if context.invoked_subcommand is not None:
        return
    from sim.running.store import contents

    found = contents.listed(store)
    tables.csv(found) if csv else _print(found, contents.place(store), contents.size(store))


@group.command()
def show(context: typer.Context, key: OneKey, store: Place = None, all_measures: All = False) -> None:
    """Show settings and figures of a scenario under a policy."""
    import tomli_w

    from sim.outcomes.measures import CATALOGUE
    from sim.running.store import contents

    found = contents.shown(key, store or context.obj)
    typer.echo(tomli_w.dumps(found.settings))
    about, whole = found.about, found.figures[found.figures["period"] == "all"].set_index("measure")
    rows = []
    for name in (n for n in whole.index if all_measures or n in BOARD):
        row, known = whole.loc[name], CATALOGUE.get(name)
        label, unit = (known.label, known.unit) if known else (name, "")
        interval = tables.span(row["ci_low"], row["ci_high"], unit)
        rows.append((tables.label(label, unit), tables.number(row["mean"], unit), interval))
    columns = ("", "mean", "95 % interval")
    tables.show(f"{about['scenario']}: {about['policy']}", columns, rows, right=columns[1:])
    state = "current" if about["current"] else f"old: another model (cxsim {about['version']}) has computed it"
    tables.note(f"{_count(about['replications'], 'replication')}, {_time(about['created'])}; {state}.")


@group.command()
def export(
    context: typer.Context, file: File, keys: Keys = None, store: Place = None, overwrite: Overwrite = False
) -> None:
    """Write the figures of all runs, or of some, to a table: a row for each measure of each period and replication."""
    from sim.running.store import contents

    typer.echo(contents.export(file, keys or (), store or context.obj, overwrite))


@group.command()
def check(context: typer.Context, store: Place = None) -> None:
    """Check the file, and that every run in it is as it was stored."""
    from sim.running.store import StoreError, contents

    place = store or context.obj
    found = contents.check(place)
    if len(found):
        keys = ", ".join(dict.fromkeys(found["key"]))
        raise StoreError(
            f"{contents.place(place)} is damaged: "
            f"{_count(len(found), 'entry', 'entries')} of {keys} are not as they were "
            "stored, and are not used; remove them with cxsim runs prune --damaged."
        )
    cells = contents.listed(place)
    typer.echo(f"{contents.place(place)} is sound: {_runs(int(cells['replications'].sum()), len(cells))}.")


@group.command()
def prune(
    context: typer.Context,
    keys: KeysToGo = None,
    old: Old = False,
    before: Before = None,
    damaged: Damaged = False,
    everything: Everything = False,
    yes: Yes = False,
    store: Place = None,
) -> int:
    """Remove runs; it says which before it does. A study that needs them computes them again."""
    from sim.running.store import contents

    place = store or context.obj
    choice = contents.chosen(keys or (), old=old, before=before, damaged=damaged, everything=everything, store=place)
    if not (choice.cells or choice.runs):
        typer.echo("There is nothing to remove.")
        return 0
    cells = {*choice.cells, *(cell for cell, _ in choice.runs)}
    sys.stderr.write(f"cxsim: {_runs(choice.replications, len(cells))} of {choice.path} will be removed.\n")
    if not (yes or _agreed()):
        typer.echo("Nothing was removed.")
        return STOPPED
    _remove(choice)
    return 0


def _remove(choice: Choice) -> None:
    from sim.running.store import contents

    before = contents.size(choice.path)
    removed = contents.remove(choice)
    after = contents.size(choice.path)
    typer.echo(f"{_count(removed, 'run')} removed; the store takes {_bytes(after)}, {_bytes(before - after)} less.")


def _agreed() -> bool:
    """Ask whoever sits at the terminal."""
    from sim.running.store import StoreError

    if not sys.stdin.isatty():
        raise StoreError("nothing was removed, as there is nobody to ask; add --yes.")
    try:
        return typer.confirm("Remove them?", err=True)
    except typer.Abort:
        return False


def _print(found: pd.DataFrame, path: Path, size: int) -> None:
    columns = ("key", "scenario", "policy", "reading", "seed", "years", "runs", "size", "when", "")
    rows = [
        (
            row["key"], row["scenario"], row["policy"], row["reading"], row["seed"], f"{row['years']:g}",
            row["replications"], _bytes(row["bytes"]), _time(row["last"]), "" if row["current"] else "old",
        )
        for _, row in found.iterrows()
    ]  # fmt: skip
    if rows:
        tables.show("", columns, rows, right=columns[4:8], whole=("key", "when"))
    old = found[~found["current"]]
    text = f"{_runs(int(found['replications'].sum()), len(found))} in {path}, {_bytes(size)} on the disk."
    if len(old):
        text += (
            f" {_count(int(old['replications'].sum()), 'run')} of another version of the model "
            "(old) no study uses: cxsim runs prune --old removes them."
        )
    tables.note(text)


def _runs(replications: int, cells: int) -> str:
    return f"{_count(replications, 'run')} of {_count(cells, 'scenario under a policy', 'scenarios under policies')}"


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _time(text: str) -> str:
    return text[:MINUTES].replace("T", " ")


def _bytes(number: float) -> str:
    """Write a size: "768 B", "4.2 MB"."""
    unit = 0
    while abs(number) >= THOUSAND and unit < len(UNITS) - 1:
        number, unit = number / THOUSAND, unit + 1
    return f"{number:.0f} {UNITS[unit]}" if unit == 0 else f"{number:.1f} {UNITS[unit]}"
