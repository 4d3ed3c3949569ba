"""The file of a store: where it is, whose it is, how it is made, and what SQLite says about it in plain words.

It is for one machine: SQLite's write-ahead log needs memory that all who use a file share, which file systems of a
network do not offer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sim.running.store.errors import StoreError, StoreFullError

StorePlace = str | Path | Literal[False] | None
"""Where the store is: None for the usual place, False or "none" for no store at all."""

PLACE = "CXSIM_STORE"
"""Environment variable that names the store's file; "none" means no store."""
NOWHERE = "none"
FILE = "runs.sqlite"
# Written into the head of the file: whose it is ("cxsi"), and the version of its layout.
APPLICATION, FORMAT = 0x63787369, 1
# The head of every SQLite file: how it begins, and where it says whose it is.
MAGIC, WHOSE = b"SQLite format 3\x00", slice(68, 72)
BUSY_SECONDS = 60.0
"""How long a study waits while another one writes."""

SCHEMA = """
CREATE TABLE cells (
    cell TEXT PRIMARY KEY, generation TEXT NOT NULL, version TEXT NOT NULL, scenario TEXT NOT NULL,
    policy TEXT NOT NULL, reading TEXT NOT NULL, seed TEXT NOT NULL, years REAL NOT NULL, settings TEXT NOT NULL,
    created TEXT NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE layouts (layout INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
    cell TEXT NOT NULL REFERENCES cells (cell) ON DELETE CASCADE, replication INTEGER NOT NULL,
    layout INTEGER NOT NULL REFERENCES layouts (layout), figures BLOB NOT NULL, digest BLOB NOT NULL,
    seconds REAL, engine TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (cell, replication)
);
"""
ELSEWHERE = "name another file with --store"


def place_of(store: StorePlace) -> tuple[Path | None, bool]:
    """Return the store's file, None for no store, and whether somebody has named it.

    Raises
    ------
    StoreError : when it is not a name of a file.
    """
    named = os.environ.get(PLACE) if store is None else store
    if named is False or named == NOWHERE:
        return None, True
    if isinstance(named, str | Path) and str(named):
        return Path(named).expanduser().absolute(), True
    if named is not None and store is not None:
        raise StoreError(f"store = {store!r} is not a file; give its path, or 'none' for no store.")
    import platformdirs

    return platformdirs.user_data_path("cxsim") / FILE, False


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, which is made if need be.

    Raises
    ------
    StoreError : when it cannot be made, read or written, or is not a store.
    sqlite3.Error : when it is damaged; `told` says it in words.
    """
    from filelock import FileLock

    try:
        _refuse_other(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # The first to come makes the file, alone: a change to write-ahead logging does not wait for others.
        with FileLock(path.with_name(path.name + ".lock"), timeout=BUSY_SECONDS):
            return _prepared(path)
    except OSError as error:
        raise StoreError(
            f"the run store {path} cannot be made or written ({error.strerror or error}); name another place with "
            f"--store (store= in Python, or {PLACE}), or none."
        ) from error


def writable(path: Path) -> bool:
    """Whether the file, and the folder where its log goes, can be written to."""
    effective = os.access in os.supports_effective_ids
    return all(os.access(place, os.W_OK, effective_ids=effective) for place in (path, path.parent))


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a file on a medium that takes nothing, as it is: what a log beside it would add is not seen.

    Raises
    ------
    StoreError : when it is not a store.
    sqlite3.Error : when it is damaged.
    """
    try:
        _refuse_other(path)
    except OSError as error:
        raise StoreError(f"the run store {path} cannot be read ({error.strerror}); {ELSEWHERE}.") from error
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    connection.text_factory = _text
    return connection


def _text(content: bytes) -> str:
    """Read a text that may be damaged: then its digest is not that of what was stored."""
    return content.decode("utf-8", errors="replace")


def _refuse_other(path: Path) -> None:
    """Refuse what is not a file of ours, before anything is written beside it."""
    if path.is_dir():
        raise StoreError(f"the run store {path} is a folder; name a file, such as {path / FILE}.")
    if not path.exists():
        return
    if not path.is_file():
        raise StoreError(f"the run store {path} is not a file; {ELSEWHERE}.")
    with path.open("rb") as file:
        head = file.read(WHOSE.stop)
    if head and not head.startswith(MAGIC):
        raise StoreError(
            f"{path} is not a run store of cxsim, or its beginning is damaged; nothing of it was used: move it away "
            f"or {ELSEWHERE}."
        )
    if int.from_bytes(head[WHOSE], "big") not in (0, APPLICATION):
        raise StoreError(f"{path} is a database of another program, no run store of cxsim; {ELSEWHERE}.")


def _prepared(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.text_factory = _text
    try:
        _prepare(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Check whose file it is, and make its tables when it is new."""
    whose, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not empty and whose != APPLICATION:
        raise StoreError(f"{path} is a database of another program, no run store of cxsim; {ELSEWHERE}.")
    if not empty and version != FORMAT:
        raise StoreError(f"{path} has format {version}, this cxsim uses {FORMAT}; {ELSEWHERE}.")
    for setting in ("synchronous = FULL", "foreign_keys = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {setting}")
    if empty:
        _make(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM runs WHERE FALSE")  # or a file that is only for reading would be found out too late
    connection.execute("ROLLBACK")


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none, before there is a write-ahead log: who loses that has still a store."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    heads = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
    connection.executescript(f"BEGIN IMMEDIATE; {heads} {SCHEMA} COMMIT;")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite says into what is wrong with the store, and how to put it right."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(path, error) from error


def _in_words(path: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    first = None if code is None else code & 0xFF  # the rest of a code says more about where
    if first == sqlite3.SQLITE_FULL:
        return StoreFullError(
            f"the run store {path} takes no more, its disk is full; make room (cxsim runs prune), or name another "
            "place with --store."
        )
    if first in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"the run store {path} is locked by another program; wait for it, or {ELSEWHERE}.")
    if first in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            f"the run store {path} is damaged ({error}); nothing of it was used: move the file away, or {ELSEWHERE}."
        )
    return StoreError(f"the run store {path} cannot be used ({error}); name another place with --store, or none.")


def size(path: Path) -> int:
    """Return the bytes of a store on the disk, its log included."""
    return sum(each.stat().st_size for each in (path, path.with_name(path.name + "-wal")) if each.exists())
