"""DuckDB as the records need it: bounded memory, a place on disk that goes away, one time zone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from sim.company.fitting.error import RecordsError
from sim.running.machine import free_memory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_SHARE = 0.5
"""Share of the memory that is there which DuckDB may take: Python, charts and other programmes need theirs."""
MOST_MEMORY = 1_000_000_000
"""Bytes beyond which it takes none: what does not fit goes to disk, and a million records fit in 2 GB together."""
LEAST_MEMORY = 250_000_000
"""Bytes below which it cannot work."""
INSTALL = 'pip install "cxsim[records]"'


@contextmanager
def database() -> Iterator[DuckDBPyConnection]:
    """Open an empty database whose files are removed at the end, whatever happens.

    Raises
    ------
    RecordsError : when DuckDB is not installed.
    """
    duckdb = library("duckdb")
    check_there("lifelines")
    with tempfile.TemporaryDirectory(prefix="cxsim-") as folder:
        connection = duckdb.connect(str(Path(folder) / "records.duckdb"), config=_settings(folder))
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
        except RuntimeError as error:
            # DuckDB turns Ctrl-C into an error of its own.
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from error
            raise
        finally:
            connection.close()


def library(name: str) -> ModuleType:
    """Return a library of the extra ``records``.

    Raises
    ------
    RecordsError : when it is not installed.
    """
    check_there(name)
    return import_module(name)


def check_there(name: str) -> None:
    """Refuse to go on without a library that is needed later: it should not be missed after minutes.

    Raises
    ------
    RecordsError : when it is not installed.
    """
    if find_spec(name) is None:
        raise RecordsError(f"fitting records needs {name}, which is not installed; run {INSTALL}.")


def _settings(folder: str) -> dict[str, str | bool]:
    memory = max(LEAST_MEMORY, min(MOST_MEMORY, int(MEMORY_SHARE * free_memory())))
    return {
        "memory_limit": f"{memory}B",
        "temp_directory": folder,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def quoted(text: str) -> str:
    """Write text as a literal of SQL.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """Write a name of SQL.

    >>> print(named('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'
