"""From files and frames to clean tables: open, guess, type, clean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.company.fitting.catalogue import kinds
from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning import clean
from sim.company.fitting.conversion import converted
from sim.company.fitting.mapping import Mapped, check_all_used, understand
from sim.company.fitting.request import Request
from sim.company.fitting.source import open_source
from sim.progress import Meter, silent

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


def mapped(
    given: Sequence[str | Path | pd.DataFrame], connection: DuckDBPyConnection, asked: Request
) -> dict[str, list[Mapped]]:
    """Open sources and find out what they are: kind -> the sources of that kind.

    Raises
    ------
    RecordsError : for what cannot be read or understood.
    """
    found = [understand(open_source(one, connection, place), asked, connection) for place, one in enumerate(given)]
    check_all_used(asked, found)
    return {kind: of for kind in kinds() if (of := [one for one in found if one.kind.name == kind])}


def read(
    given: Sequence[str | Path | pd.DataFrame],
    connection: DuckDBPyConnection,
    asked: Request | None = None,
    report: Meter = silent,
) -> dict[str, Clean]:
    """Read and clean records: kind -> the clean table, of all sources of that kind together.

    Parameters
    ----------
    given : paths of CSV, Parquet or Excel files, and frames.
    connection : of `sim.company.fitting.database.database`, where the tables are made.
    asked : what the caller says of the columns.
    report : called with the progress.

    Raises
    ------
    RecordsError : for what cannot be read, understood or used.
    """
    asked = asked or Request()
    report(0, 1, "looking at the columns")
    of_kind = mapped(given, connection, asked)
    found = {}
    for done, (kind, sources) in enumerate(of_kind.items()):
        report(done + 0.1, len(of_kind), f"reading {sources[0].kind.what}")
        raw = converted(sources, asked, connection)
        report(done + 0.7, len(of_kind), f"cleaning {sources[0].kind.what}")
        found[kind] = clean(raw)
    return found
