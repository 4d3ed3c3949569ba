"""``cxsim runs``: what is in the run store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.board import BOARD
from sim.cli.codes import STOPPED
from sim.cli.options import AllMeasures, Csv, Overwrite, Store, argument, question
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.running.store.contents import Choice

UNITS = ("B", "KB", "MB", "GB", "TB")
THOUSAND = 1000
MINUTES = 16
"""Characters of a time down to the minute."""

OneKey = Annotated[str, argument("KEY", "As cxsim runs lists it, or the beginning of it.")]
Keys = Annotated[list[str] | None, argument("[KEY]...", "As cxsim runs lists them.", show_default="all")]
KeysToGo = Annotated[list[str] | None, argument("[KEY]...", "As cxsim runs lists them.")]
File = Annotated[Path, argument("FILE", "A name ending with .csv, .parquet or .xlsx.")]
Old = Annotated[bool, question("--old", text="Runs of another version of the model, which no study uses.")]
Before = Annotated[str | None, question("--before", metavar="DATE", text="Runs last used before this day.")]
Damaged = Annotated[bool, question("--damaged", text="Runs that are not as they were stored.")]
Everything = Annotated[bool, question("--all", text="All runs.")]
Yes = Annotated[bool, question("--yes", "-y", text="Remove without asking.")]

group = typer.Typer()


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.add_typer(group, name="runs", rich_help_panel=options.UPKEEP, epilog="See: cxsim manual running")
    for verb in (show, export, check, prune):
        options.add(group, verb)


@group.callback(invoke_without_command=True)
def listing(context: typer.Context, store: Store = None, csv: Csv = False) -> None:
    """List the runs in the run store; show, export, check or remove them.

    Example: cxsim runs

    A study reuses the runs in the store, and adds those that it computes. The store is in your data folder unless
    --store, or the environment variable CXSIM_STORE, names another file.
    """
    context.obj = store
    if context.invoked_subcommand is not None:
        return
    from sim.running.store import contents

    found = contents.listed(store)
    tables.csv(found) if csv else _print(found, contents.place(store), contents.size(store))


def show(context: typer.Context, key: OneKey, store: Store = None, all_measures: AllMeasures = False) -> None:
    """Show the settings and figures of a scenario under a policy.

    Example: cxsim runs show 3f9a
    """
    import tomli_w

    from sim.outcomes.measures import CATALOGUE
    from sim.running.store import contents

    found = contents.shown(key, store or context.obj)
    tables.say(tomli_w.dumps(found.settings))
    about, whole = found.about, found.figures[found.figures["period"] == "all"].set_index("measure")
    rows = []
    for name in (n for n in whole.index if all_measures or n in BOARD):
        row, known = whole.loc[name], CATALOGUE.get(name)
        label, unit = (known.label, known.unit) if known else (name, "")
        interval = tables.span(row["ci_low"], row["ci_high"], unit)
        rows.append((tables.label(label, unit), tables.number(row["mean"], unit), interval))
    columns = ("", "mean", "95 % interval")
    tables.show(f"{about['scenario']}: {about['policy']}", columns, rows, right=columns[1:])
    state = (
        "current" if about["current"] else f"old: computed by another version of the model (cxsim {about['version']})"
    )
    tables.note(f"{counted(about['replications'], 'replication')}, {_time(about['created'])}; {state}.")


def export(
    context: typer.Context, file: File, keys: Keys = None, store: Store = None, overwrite: Overwrite = False
) -> None:
    """Write the figures of all runs, or of some, to a table: a row for each measure, period and replication.

    Example: cxsim runs export figures.xlsx
    """
    from sim.running.store import contents

    tables.say(str(contents.export(file, keys or (), store or context.obj, overwrite)))


def check(context: typer.Context, store: Store = None) -> None:
    """Check the store's file, and that every run in it is as it was stored.

    Example: cxsim runs check
    """
    from sim.running.store import StoreError, contents

    place = store or context.obj
    found = contents.check(place)
    if len(found):
        keys = ", ".join(dict.fromkeys(found["key"]))
        raise StoreError(
            f"{contents.place(place)} is damaged: "
            f"{counted(len(found), 'entry', 'entries')} of {keys} are not as they were "
            "stored, and are not used; remove them with cxsim runs prune --damaged."
        )
    cells = contents.listed(place)
    tables.say(f"{contents.place(place)} is sound: {_runs(int(cells['replications'].sum()), len(cells))}.")


def prune(
    context: typer.Context,
    keys: KeysToGo = None,
    old: Old = False,
    before: Before = None,
    damaged: Damaged = False,
    everything: Everything = False,
    yes: Yes = False,
    store: Store = None,
) -> int:
    """Remove runs from the run store.

    Example: cxsim runs prune --old

    It says how many before it removes them. A study that needs them computes them again.
    """
    from sim.running.store import contents

    place = store or context.obj
    choice = contents.chosen(keys or (), old=old, before=before, damaged=damaged, everything=everything, store=place)
    if not (choice.cells or choice.runs):
        tables.say("There is nothing to remove.")
        return 0
    cells = {*choice.cells, *(cell for cell, _ in choice.runs)}
    tables.remark(f"{_runs(choice.replications, len(cells))} of {choice.path} will be removed.")
    if not (yes or _agreed()):
        tables.say("Nothing was removed.")
        return STOPPED
    _remove(choice)
    return 0


def _remove(choice: Choice) -> None:
    from sim.running.store import contents

    before = contents.size(choice.path)
    removed = contents.remove(choice)
    after = contents.size(choice.path)
    tables.say(f"{counted(removed, 'run')} removed; the store takes {_bytes(after)}, {_bytes(before - after)} less.")


def _agreed() -> bool:
    """Ask whoever sits at the terminal."""
    from sim.running.store import StoreError

    if not sys.stdin.isatty():
        raise StoreError("nothing was removed, because nobody can be asked here; add --yes.")
    try:
        return typer.confirm("Remove them?", err=True)
    except typer.Abort:
        return False


def _print(found: pd.DataFrame, path: Path, size: int) -> None:
    columns = ("key", "scenario", "policy", "reading", "seed", "years", "runs", "size", "when", "")
    rows = [
        (
            row["key"], row["scenario"], row["policy"], row["reading"], str(row["seed"]), f"{row['years']:g}",
            row["replications"], _bytes(row["bytes"]), _time(str(row["last"])), _state(row),
        )
        for _, row in found.iterrows()
    ]  # fmt: skip
    if rows:
        tables.show("", columns, rows, right=columns[4:8], whole=("key", "when"))
    old = found[~found["current"] & ~found["damaged"]]
    text = f"{_runs(int(found['replications'].sum()), len(found))} in {path}, {_bytes(size)} on disk."
    if len(old):
        text += (
            f" {counted(int(old['replications'].sum()), 'run')} are of another version of the model (old); no study "
            "uses them: cxsim runs prune --old removes them."
        )
    damaged = int(found["damaged"].sum())
    if damaged:
        what = counted(damaged, "entry is", "entries are")
        text += f" {what} damaged and not used: cxsim runs prune --damaged removes them."
    tables.note(text)


def _state(row: pd.Series) -> str:
    return "damaged" if row["damaged"] else "" if row["current"] else "old"


def _runs(replications: int, cells: int) -> str:
    return f"{counted(replications, 'run')} of {counted(cells, 'scenario under a policy', 'scenarios under policies')}"


def _time(text: str) -> str:
    return text[:MINUTES].replace("T", " ")


def _bytes(number: float) -> str:
    """Write a size: "768 B", "4.2 MB"."""
    unit = 0
    while abs(number) >= THOUSAND and unit < len(UNITS) - 1:
        number, unit = number / THOUSAND, unit + 1
    return f"{number:.0f} {UNITS[unit]}" if unit == 0 else f"{number:.1f} {UNITS[unit]}"
