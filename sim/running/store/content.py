"""What is in a store: runs to be taken, written, counted, checked and removed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.running.record import Record
from sim.running.store.errors import StoreError
from sim.running.store.file import told
from sim.running.store.key import SHOWN, Key
from sim.running.store.model import generation
from sim.running.store.rows import Finished, cell_digest, cell_row, digest, names, now, packed, unpacked

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 500
"""Replications asked for in one query: SQLite limits the length of a list."""
CHECKED = "cell, generation, version, scenario, policy, reading, seed, years, settings, created"
"""Columns of a cell that its digest is of."""
SETTINGS = CHECKED.split(", ").index("settings")
HELD = "SELECT replication, content, figures, digest, seconds FROM runs JOIN layouts USING (layout) WHERE cell = ?"
OF_CELL = ", ".join(f"cells.{name}" for name in CHECKED.split(", "))
LISTED = (
    "SELECT count(runs.cell), sum(runs.seconds), coalesce(sum(length(figures)), 0), max(runs.created), generation = ?, "
    f"cells.digest, {OF_CELL} FROM cells LEFT JOIN runs ON runs.cell = cells.cell "
    "GROUP BY cells.cell ORDER BY cells.created, cells.rowid"
)
COUNTED = ("replications", "seconds", "bytes", "last", "current", "digest")
COLUMNS = [
    "cell", "scenario", "policy", "reading", "seed", "years", "replications", "seconds", "bytes", "created", "last",
    "version", "current", "damaged",
]  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """What is not as it was stored: cells by key, and runs by key and number."""

    cells: tuple[str, ...]
    runs: tuple[tuple[str, int], ...]


class Store:
    """An open store; see `sim.running.store.opened`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool = True) -> None:
        self.path = path
        self.writable = writable
        self._connection = connection

    # -- runs --------------------------------------------------------------------------------------------------------

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
            for row in self._all(f"{HELD} AND replication IN ({marks})", (key.cell, *part)):  # marks only
                found[row[0]] = self._record(key.cell, *row)
        return found

    def put(self, finished: Sequence[Finished]) -> None:
        """Write finished runs in one transaction; those that are there already stay as they are.

        Raises
        ------
        StoreError : when one is there with other figures; StoreFullError when there is no room.

        In a store that can only be read it does nothing.
        """
        if not self.writable:
            return
        with self._transaction() as connection:
            for one in finished:
                self._put(connection, one)

    def _put(self, connection: sqlite3.Connection, one: Finished) -> None:
        content, figures = packed(one.record)
        cell, mark = one.key.cell, digest(one.key.cell, one.replication, content, figures)
        connection.execute("INSERT OR IGNORE INTO layouts (content) VALUES (?)", (content,))
        layout = connection.execute("SELECT layout FROM layouts WHERE content = ?", (content,)).fetchone()[0]
        if connection.execute("SELECT 1 FROM cells WHERE cell = ?", (cell,)).fetchone() is None:
            _insert(connection, "cells", cell_row(one.key))
        run = (cell, one.replication, layout, figures, mark, one.record.seconds, one.engine, now())
        _insert(connection, "runs", run)
        place = (cell, one.replication)
        there = connection.execute("SELECT digest FROM runs WHERE cell = ? AND replication = ?", place).fetchone()[0]
        if there != mark:
            raise StoreError(
                f"the run store {self.path} holds replication {one.replication} of {cell[:SHOWN]} with other figures "
                "than were computed now, so one of them is wrong; look with cxsim runs check, and remove it with "
                f"cxsim runs prune {cell[:SHOWN]}."
            )

    def records(self, cell: str) -> dict[int, Record]:
        """Return all replications of a cell, by number.

        Raises
        ------
        StoreError : when figures do not match their digest.
        """
        return {row[0]: self._record(cell, *row) for row in self._all(f"{HELD} ORDER BY replication", (cell,))}

    def _record(
        self, cell: str, replication: int, content: str, figures: bytes, mark: bytes, seconds: float | None
    ) -> Record:
        if digest(cell, replication, content, figures) != mark:
            raise StoreError(
                f"the run store {self.path} is damaged: the figures of replication {replication} of {cell[:SHOWN]} "
                "are not those that were stored, and were not used; remove them with cxsim runs prune --damaged, and "
                "they are computed again."
            )
        return unpacked(content, figures, float("nan") if seconds is None else seconds)

    def seconds_a_run(self, key: Key, engine: str) -> float | None:
        """Return the mean time that runs of a cell took on an engine; None when none is held."""
        about = (key.cell, engine)
        found = self._all("SELECT avg(seconds) FROM runs WHERE cell = ? AND engine = ?", about)[0][0]
        return None if found is None else float(found)

    # -- what is in it -----------------------------------------------------------------------------------------------

    def cells(self) -> pd.DataFrame:
        """Return a row for each cell, in the order of their first runs.

        Returns
        -------
        Columns cell, scenario, policy, reading, seed, years, replications, seconds (of computing), bytes, created
        and last (of their first and last run), version, whether its generation is the present one (``current``), and
        whether it is not as it was stored (``damaged``; a seed or years that are no number any more are missing).
        """
        import pandas as pd

        rows = self._all(LISTED, (generation(),))
        found = pd.DataFrame(rows, columns=[*COUNTED, *CHECKED.split(", ")])
        own = [row[len(COUNTED) :] for row in rows]
        found["damaged"] = [cell_digest(row) != mark for row, mark in zip(own, found["digest"], strict=True)]
        found["seed"] = [int(seed) if str(seed).isdecimal() else pd.NA for seed in found["seed"]]
        found["years"] = pd.to_numeric(found["years"], errors="coerce").astype(float)
        return found.astype({"current": bool, "damaged": bool, "seconds": float})[COLUMNS]

    def settings(self, cell: str) -> dict[str, Any]:
        """Return the settings of a cell as plain tables.

        Raises
        ------
        StoreError : when they are not those that were stored.
        """
        rows = self._all(f"SELECT {CHECKED}, digest FROM cells WHERE cell = ?", (cell,))
        *row, mark = rows[0] if rows else (None, b"")  # a key that is no text is not found again
        if cell_digest(tuple(row)) != mark:
            raise StoreError(
                f"the run store {self.path} is damaged: the settings of {cell[:SHOWN]} are not those that were stored; "
                "remove it with cxsim runs prune --damaged."
            )
        found: dict[str, Any] = json.loads(row[SETTINGS])
        return found

    def refuse_damaged(self, cells: Sequence[str]) -> None:
        """Refuse cells whose settings are not those that were stored.

        Raises
        ------
        StoreError : for the first of them.
        """
        for cell in cells:
            self.settings(cell)

    def figure_count(self, cells: Sequence[str]) -> int:
        """Return how many figures the runs of cells have, cohorts left out."""
        query = "SELECT content, count(*) FROM runs JOIN layouts USING (layout) WHERE cell = ? GROUP BY layout"
        return sum(number * len(names(content)[0]) for cell in cells for content, number in self._all(query, (cell,)))

    def named(self, beginning: str) -> str:
        """Return the key of the one cell that begins like this.

        Raises
        ------
        StoreError : when none does, or several.
        """
        asked = beginning.lower()
        rows = self._all("SELECT cell FROM cells WHERE substr(cell, 1, ?) = ?", (len(asked), asked)) if asked else []
        if len(rows) == 1:
            return str(rows[0][0])
        what = "no cell begins" if not rows else f"{len(rows)} cells begin"
        raise StoreError(f"{self.path}: {what} with {beginning!r}; give more of one that cxsim runs lists.")

    def damage(self) -> Damage:
        """Check the whole file, every cell and every run, and return what is not as it was stored.

        Raises
        ------
        StoreError : when the file itself is damaged.
        """
        said = [row[0] for row in self._all("PRAGMA integrity_check(1)")] + [
            f"{table} without {parent}" for table, _, parent, _ in self._all("PRAGMA foreign_key_check")[:1]
        ]
        if said != ["ok"]:
            raise StoreError(
                f"the run store {self.path} is damaged ({' '.join(said[-1].split())}); move the file away: a study "
                "makes a new one."
            )
        with told(self.path):
            cells = self._connection.execute(f"SELECT {CHECKED}, digest FROM cells")
            wrong = tuple(row[0] for row in cells if cell_digest(row[:-1]) != row[-1])
            runs = self._connection.execute(
                "SELECT cell, replication, content, figures, digest FROM runs JOIN layouts USING (layout)"
            )
            return Damage(wrong, tuple((row[0], row[1]) for row in runs if digest(*row[:-1]) != row[-1]))

    # -- making room -------------------------------------------------------------------------------------------------

    def remove(self, cells: Sequence[str], runs: Sequence[tuple[str, int]] = ()) -> int:
        """Remove whole cells, and single runs; give the room back to the disk, and return how many runs went.

        Raises
        ------
        StoreError : when the store can only be read.
        """
        if not self.writable:
            raise StoreError(f"the run store {self.path} can only be read, so nothing was removed; copy it first.")
        with self._transaction() as connection:
            before = _count(connection)
            connection.executemany("DELETE FROM runs WHERE cell = ? AND replication = ?", list(runs))
            connection.executemany("DELETE FROM cells WHERE cell = ?", [(cell,) for cell in cells])
            connection.execute("DELETE FROM cells WHERE cell NOT IN (SELECT cell FROM runs)")
            connection.execute("DELETE FROM layouts WHERE layout NOT IN (SELECT layout FROM runs)")
            removed = before - _count(connection)
        with suppress(sqlite3.OperationalError):  # a study that reads it keeps the room for the next runs
            self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        return removed

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with told(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has ended the transaction itself
                    self._connection.execute("ROLLBACK")
                raise


def _insert(connection: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    """Add a row, unless there is one with its key."""
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # names and marks only


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
