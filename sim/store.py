"""The run store: what was computed once is never computed again, by whatever study asks.

One SQLite file holds the figures of finished runs. The key of a run is a digest of all that decides its figures: the
generation (the code of the model, all shipped numbers, the versions of the libraries, the platform), the scenario with
its reading, horizon and seed, the parameter tables that it resolves to under its policies, and the replication. What a
scenario or policy is called, which engine ran it, and in which study, decides nothing and is not in it.

=============  =========================================================================================
table          a row is
=============  =========================================================================================
``cells``      a scenario under a policy: its key, generation, what it was first called, its settings
``layouts``    the names of the figures of a run, which thousands of runs share
``runs``       the figures of one replication of a cell, with a digest of them
=============  =========================================================================================

A run is written in one transaction when it is finished, so a study that is killed loses no finished run, and one that
is started again goes on where it was. Several studies may use a store at once. A run whose figures do not match their
digest, and a file that is no store or is damaged, is an error that names it. Runs of other generations are kept, and
never used.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim import evidence
from sim.engines import inventory
from sim.parameters import load
from sim.record import Record, same
from sim.results import software

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

StorePlace = str | Path | Literal[False] | None
"""Where the store is: None for the usual place, False or "none" for no store at all."""

PLACE = "CXSIM_STORE"
"""Environment variable that names the store's file; "none" is no store."""
NOWHERE = "none"
FILE = "runs.sqlite"
# Written into the head of the file: whose it is ("cxsi"), and the version of its layout.
APPLICATION, FORMAT = 0x63787369, 1
BUSY_SECONDS = 60.0
"""How long a study waits while another one writes."""
AT_ONCE = 500
"""Replications asked for in one query: SQLite limits the length of a list."""
KEY_SHOWN = 12
"""Hexadecimal digits of a key that are shown, and enough to name a cell."""
DIGEST_BYTES = 16

BESIDES = (
    "sim.authority", "sim.blocks", "sim.engines", "sim.graph", "sim.measures", "sim.reference", "sim.settled",
    "sim.start",
)  # fmt: skip
"""Modules that decide figures beside those that `sim.engines.inventory` lists."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (
    cell TEXT PRIMARY KEY, generation TEXT NOT NULL, version TEXT NOT NULL, scenario TEXT NOT NULL,
    policy TEXT NOT NULL, reading TEXT NOT NULL, seed INTEGER NOT NULL, years REAL NOT NULL, settings TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS layouts (layout INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS runs (
    cell TEXT NOT NULL REFERENCES cells (cell) ON DELETE CASCADE, replication INTEGER NOT NULL,
    layout INTEGER NOT NULL REFERENCES layouts (layout), figures BLOB NOT NULL, digest BLOB NOT NULL,
    seconds REAL, engine TEXT NOT NULL, created TEXT NOT NULL, PRIMARY KEY (cell, replication)
);
"""


class StoreError(ValueError):
    """A store that cannot be used: the message names it, says what is wrong and how to put it right."""


class StoreFullError(StoreError):
    """A store that takes nothing more."""


@dataclass(frozen=True)
class Key:
    """What identifies a cell, and what it is called in a list."""

    cell: str
    generation: str
    scenario: str
    policy: str
    settings: Scenario

    def row(self) -> tuple[Any, ...]:
        """Return the row of the table of cells."""
        about = self.settings
        text = json.dumps(about.to_dict(), sort_keys=True)
        return (
            self.cell, self.generation, software()["cxsim"], self.scenario, self.policy, about.reading, about.seed,
            float(about.years), text, _now(),
        )  # fmt: skip


@dataclass(frozen=True)
class Finished:
    """A run to be written."""

    key: Key
    replication: int
    record: Record
    engine: str


# -- keys ------------------------------------------------------------------------------------------------------------


def key_of(scenario: str, policy: str, settings: Scenario, of: str | None = None) -> Key:
    """Return the key of a scenario under its policies.

    Parameters
    ----------
    scenario, policy : what they are called, for a list; no part of the key itself.
    of : the generation, when it is known.
    """
    of = generation() if of is None else of
    resolved = settings.resolve()
    content = settings.to_dict() | {"years": float(settings.years), "warm_up": float(settings.warm_up)}
    for name in ("name", "policies"):  # what policies change is in the tables
        del content[name]
    found = hashlib.sha256(f"{of}\n{json.dumps(content, sort_keys=True)}\n".encode())
    for day, table in ((-1, resolved.base), *resolved.phases):
        found.update(f"{day} {table.shape} {table.dtype.str}\n".encode())
        found.update(np.ascontiguousarray(table).tobytes())
    return Key(found.hexdigest(), of, scenario, policy, settings)


def generation() -> str:
    """Return the digest of all that is the same in every run of this process: code, numbers, libraries, platform."""
    return inventory.digest(_besides())


def why_not() -> str:
    """Say why runs of this process may not be stored; nothing when they may.

    The digest of a model says nothing about a function that somebody has put in the place of one of its own.
    """
    own = inventory.strangers((*inventory.MODEL, *BESIDES))
    return f"{', '.join(own)} {'is' if len(own) == 1 else 'are'} not the model's own" if own else ""


@cache
def _besides() -> str:
    """Digest of what lies beside the code that the inventory looks at in memory."""
    found = hashlib.sha256(json.dumps(software() | _machine(), sort_keys=True).encode())
    for name in BESIDES:
        module = import_module(name)
        found.update(Path(str(module.__file__)).read_bytes())
    found.update(repr([(name, p.value, dict(p.by_segment)) for name, p in load().items()]).encode())
    found.update((resources.files(evidence) / "readings.toml").read_bytes())
    return found.hexdigest()


def _machine() -> dict[str, str]:
    """What decides the last bit of a logarithm beside the libraries."""
    return {"system": platform.system(), "machine": platform.machine(), "libc": " ".join(platform.libc_ver())}


# -- the file --------------------------------------------------------------------------------------------------------


def place_of(store: StorePlace) -> tuple[Path | None, bool]:
    """Return the store's file, None for no store, and whether somebody has named it."""
    named = os.environ.get(PLACE) if store is None else store
    if named is False or named == NOWHERE:
        return None, True
    if named:
        return Path(named), True
    import platformdirs

    return platformdirs.user_data_path("cxsim") / FILE, False


@contextmanager
def opened(path: Path, *, make: bool = True) -> Iterator[Store]:
    """Open a store, made if need be, and close it again.

    Raises
    ------
    StoreError : when it cannot be made, read or written, is damaged, or is no store.
    FileNotFoundError : when there is none and it is not to be made.
    """
    if not make and not path.is_file():
        raise FileNotFoundError(f"there is no run store {path} yet; a study makes it, or name another with --store.")
    with _told(path):
        connection = _connect(path)
        try:
            yield Store(path, connection)
        finally:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The first to come makes the file, alone: a change to write-ahead logging does not wait for others.
        with FileLock(path.with_name(path.name + ".lock"), timeout=BUSY_SECONDS):
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                _prepare(path, connection)
            except BaseException:
                connection.close()
                raise
    except OSError as error:
        raise StoreError(
            f"the run store {path} cannot be made or written ({error.strerror or error}); name another place with "
            f"--store (store= in Python, or {PLACE}), or none."
        ) from error
    return connection


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Check whose file it is, and make its tables when it is new."""
    whose, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not empty and whose != APPLICATION:
        raise StoreError(f"{path} is a database, but no run store of cxsim; name another file with --store.")
    if not empty and version != FORMAT:
        raise StoreError(f"{path} has format {version}, this cxsim uses {FORMAT}; name another file with --store.")
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")
    if empty:
        heads = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
        connection.executescript(f"BEGIN IMMEDIATE; {heads} {SCHEMA} COMMIT;")
    connection.execute("BEGIN IMMEDIATE")  # or a file that is only for reading would be found out too late
    connection.execute("ROLLBACK")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite says into what is wrong with the store, and how to put it right."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        first = None if code is None else code & 0xFF
        if first == sqlite3.SQLITE_FULL:
            raise StoreFullError(
                f"the run store {path} takes no more, its disk is full; make room (cxsim runs prune), or name "
                "another place with --store."
            ) from error
        if first in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreError(
                f"the run store {path} is locked by another program; wait for it, or name another."
            ) from error
        if first in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreError(
                f"the run store {path} is damaged or no run store ({error}); nothing of it was used: move the file "
                "away, or name another with --store."
            ) from error
        raise StoreError(
            f"the run store {path} cannot be used ({error}); name another place with --store, or none."
        ) from error


class Store:
    """An open store; see `opened`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    # -- runs ----------------------------------------------------------------------------------------------------

    def held(self, key: Key, replications: Sequence[int]) -> dict[int, Record]:
        """Return those of the replications of a cell that are finished.

        Raises
        ------
        StoreError : when figures do not match their digest.
        """
        found: dict[int, Record] = {}
        for start in range(0, len(replications), AT_ONCE):
            part = list(replications[start : start + AT_ONCE])
            marks = ", ".join("?" * len(part))
            rows = self._connection.execute(
                "SELECT replication, content, figures, digest, seconds FROM runs JOIN layouts USING (layout) "
                f"WHERE cell = ? AND replication IN ({marks})",  # marks only
                (key.cell, *part),
            )
            for number, content, figures, digest, seconds in rows:
                found[number] = self._read(key.cell, number, content, figures, digest, seconds)
        return found

    def put(self, finished: Sequence[Finished]) -> None:
        """Write finished runs in one transaction; those that are there already stay as they are."""
        with self._transaction() as connection:
            for one in finished:
                content, figures = _packed(one.record)
                connection.execute("INSERT OR IGNORE INTO layouts (content) VALUES (?)", (content,))
                layout = connection.execute("SELECT layout FROM layouts WHERE content = ?", (content,)).fetchone()[0]
                row = one.key.row()
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT OR IGNORE INTO cells VALUES ({marks})", row)
                connection.execute(
                    "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        one.key.cell, one.replication, layout, figures,
                        _digest(one.key.cell, one.replication, content, figures), one.record.seconds, one.engine,
                        _now(),
                    ),
                )  # fmt: skip

    def _read(
        self, cell: str, replication: int, content: str, figures: bytes, digest: bytes, seconds: float | None
    ) -> Record:
        if _digest(cell, replication, content, figures) != digest:
            raise StoreError(
                f"the run store {self.path} is damaged: the figures of replication {replication} of "
                f"{cell[:KEY_SHOWN]} are not those that were stored; remove them with cxsim runs prune --damaged, and "
                "they are computed anew."
            )
        return _unpacked(content, figures, float("nan") if seconds is None else seconds)

    # -- what is in it -------------------------------------------------------------------------------------------

    def cells(self) -> pd.DataFrame:
        """Return a row for each cell: cell, scenario, policy, reading, seed, years, replications, seconds (of
        computing), bytes, created, version, and whether its generation is the present one (``current``).
        """  # noqa: D205
        import pandas as pd

        query = (
            "SELECT cells.cell, scenario, policy, reading, seed, years, count(runs.cell) AS replications, "
            "sum(runs.seconds) AS seconds, coalesce(sum(length(figures)), 0) AS bytes, cells.created, version, "
            "generation = ? AS current FROM cells LEFT JOIN runs ON runs.cell = cells.cell "
            "GROUP BY cells.cell ORDER BY cells.created, cells.rowid"
        )
        found = pd.read_sql_query(query, self._connection, params=(generation(),))
        return found.astype({"current": bool})

    def settings(self, cell: str) -> dict[str, Any]:
        """Return the settings of a cell as plain tables."""
        row = self._connection.execute("SELECT settings FROM cells WHERE cell = ?", (cell,)).fetchone()
        found: dict[str, Any] = json.loads(row[0])
        return found

    def records(self, cell: str) -> dict[int, Record]:
        """Return all replications of a cell, by number.

        Raises
        ------
        StoreError : when figures do not match their digest.
        """
        rows = self._connection.execute(
            "SELECT replication, content, figures, digest, seconds FROM runs JOIN layouts USING (layout) "
            "WHERE cell = ? ORDER BY replication",
            (cell,),
        )
        return {row[0]: self._read(cell, *row) for row in rows}

    def named(self, beginning: str) -> str:
        """Return the key of the one cell that begins like this.

        Raises
        ------
        StoreError : when none does, or several.
        """
        rows = self._connection.execute(
            "SELECT cell FROM cells WHERE substr(cell, 1, ?) = ?", (len(beginning), beginning)
        ).fetchall()
        if len(rows) == 1:
            return str(rows[0][0])
        what = "no cell" if not rows else f"{len(rows)} cells"
        raise StoreError(
            f"{what} of {self.path} begin{'s' if not rows else ''} with {beginning!r}; cxsim runs lists them."
        )

    def seconds_a_run(self, key: Key, engine: str) -> float | None:
        """Return the mean time that runs of a cell took on an engine; None when none is held."""
        row = self._connection.execute(
            "SELECT avg(seconds) FROM runs WHERE cell = ? AND engine = ?", (key.cell, engine)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def damaged(self) -> list[tuple[str, int]]:
        """Return cell and replication of each run that is not what was stored, after a check of the whole file.

        Raises
        ------
        StoreError : when the file itself is damaged.
        """
        said = self._connection.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise StoreError(
                f"the run store {self.path} is damaged ({said}); move the file away: a study makes a new one."
            )
        rows = self._connection.execute(
            "SELECT cell, replication, content, figures, digest FROM runs JOIN layouts USING (layout)"
        )
        return [(cell, number) for cell, number, *rest, digest in rows if _digest(cell, number, *rest) != digest]

    def remove(self, cells: Sequence[str], runs: Sequence[tuple[str, int]] = ()) -> int:
        """Remove whole cells, and single runs; give the room back to the disk, and return how many runs went."""
        with self._transaction() as connection:
            before = _count(connection)
            connection.executemany("DELETE FROM runs WHERE cell = ? AND replication = ?", list(runs))
            connection.executemany("DELETE FROM cells WHERE cell = ?", [(cell,) for cell in cells])
            connection.execute("DELETE FROM cells WHERE cell NOT IN (SELECT cell FROM runs)")
            removed = before - _count(connection)
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has ended the transaction itself
                    self._connection.execute("ROLLBACK")
                raise


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


# -- how a run lies in the file --------------------------------------------------------------------------------------


def _packed(record: Record) -> tuple[str, bytes]:
    """Return the names and the numbers of a record: little-endian float64, figures, at_risk, stayed."""
    content = json.dumps({"rows": record.rows, "months": len(record.at_risk)})
    numbers = np.concatenate([record.values, record.at_risk, record.stayed]).astype("<f8")
    return content, numbers.tobytes()


def _unpacked(content: str, figures: bytes, seconds: float) -> Record:
    rows, months = _names(content)
    numbers: NDArray[np.float64] = np.frombuffer(figures, dtype="<f8").astype(np.float64)
    values, at_risk, stayed = np.split(numbers, [len(rows), len(rows) + months])
    return Record(rows, values, at_risk, stayed, seconds)


@cache
def _names(content: str) -> tuple[tuple[tuple[str, str], ...], int]:
    found: Mapping[str, Any] = json.loads(content)
    return same(tuple((period, measure) for period, measure in found["rows"])), int(found["months"])


def _digest(cell: str, replication: int, content: str, figures: bytes) -> bytes:
    about = f"{cell} {replication}\n{content}\n".encode()
    return hashlib.blake2b(about + figures, digest_size=DIGEST_BYTES).digest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
