"""Rows that are left out and cells that are left blank: the same for every kind of record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sim.company.fitting.clean import Clean, Dropped
from sim.company.fitting.conversion import TABLE, Converted
from sim.company.fitting.error import RecordsError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DUPLICATES, KEYS = "duplicates", "repeated_keys"
"""Tables of the rows that repeat an earlier one."""


def left_out(typed: Converted, repeats: bool = True) -> dict[str, str]:
    """Return the reasons that hold for every kind: what the caller leaves out, and rows that come again.

    Parameters
    ----------
    repeats : whether a row that repeats another one in every column is a mistake of the export.
    """
    reasons = {f"{column} is as --drop says": f"left_out = {place}" for place, column in enumerate(typed.drops)}
    if repeats:
        _repeated(typed.connection, DUPLICATES, "digest")
        reasons["the row repeats another one in every column"] = f"row in (select row from {DUPLICATES})"
    if typed.has("contact"):
        _repeated(typed.connection, KEYS, "contact")
        reasons["its number stands in an earlier row"] = f"row in (select row from {KEYS})"
    return reasons


def _repeated(connection: DuckDBPyConnection, table: str, column: str) -> None:
    """Note the rows whose value stands in an earlier row."""
    connection.execute(
        f"create or replace temp table {table} as select row from {TABLE} join (select {column} as again, min(row) as "
        f"first from {TABLE} where {column} is not null group by 1 having count(*) > 1) on {column} = again "
        "where row > first"
    )


def keep(
    typed: Converted,
    view: str,
    columns: Mapping[str, str],
    reasons: Mapping[str, str],
    unused: Mapping[str, str],
    remarks: Iterable[str] = (),
) -> Clean:
    """Make the clean table.

    Parameters
    ----------
    view : with whatever the expressions name, a row each of the files.
    columns : of the clean table: name -> SQL.
    reasons : to leave a row out: in words -> condition; the first that holds counts.
    unused : cells that are not used: in words -> condition, counted among the rows that stay.

    Raises
    ------
    RecordsError : when no row is left.
    """
    connection, table = typed.connection, typed.kind.name
    _select(typed, view, columns, reasons, unused)
    found = dict(connection.execute(f"select reason, count(*) from {table} group by 1").fetchall())
    dropped = [Dropped(reason, found[place]) for place, reason in enumerate(reasons) if place in found]
    connection.execute(f"delete from {table} where reason is not null")
    blank = _unused(connection, table, unused)
    for name in ("reason", *(f"unused_{place}" for place in range(len(unused)))):
        connection.execute(f"alter table {table} drop column {name}")
    connection.execute(f"drop table {TABLE} cascade")
    every = (*typed.dropped, *dropped)
    if not found.get(None):
        _refuse(typed, every)
    return Clean(
        kind=table,
        connection=connection,
        table=table,
        columns=tuple(columns),
        read=typed.read,
        dropped=every,
        unused=tuple(blank),
        remarks=(*typed.remarks, *remarks),
        lines=typed.lines,
        sources=typed.sources,
    )


def _select(
    typed: Converted, view: str, columns: Mapping[str, str], reasons: Mapping[str, str], unused: Mapping[str, str]
) -> None:
    """Make the table of all rows, with the number of the reason to leave one out, and which cells are not used."""
    cases = " ".join(f"when {condition} then {place}" for place, condition in enumerate(reasons.values()))
    selects = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    marks = "".join(f", coalesce({of}, false) as unused_{place}" for place, of in enumerate(unused.values()))
    typed.connection.execute(
        f"create or replace table {typed.kind.name} as select row, {selects}, case {cases} end as reason{marks} "
        f"from {view}"
    )


def _unused(connection: DuckDBPyConnection, table: str, unused: Mapping[str, str]) -> list[Dropped]:
    if not unused:
        return []
    sums = ", ".join(f"count(*) filter (unused_{place})" for place in range(len(unused)))
    counts = connection.execute(f"select {sums} from {table}").fetchall()[0]
    return [Dropped(reason, count) for reason, count in zip(unused, counts, strict=True) if count]


def _refuse(typed: Converted, dropped: Iterable[Dropped]) -> None:
    told = "; ".join(f"{one.reason} ({one.rows:,} rows)" for one in dropped)
    raise RecordsError(f"none of the {typed.read:,} rows of {typed.kind.what} can be used: {told}; correct the export.")
