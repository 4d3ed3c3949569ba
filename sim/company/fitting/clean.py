"""Records as they are after cleaning: one table of known columns, what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Dropped:
    """Rows that are left out, or cells of one column that are not used.

    Parameters
    ----------
    reason : in words that stand alone in a table, such as "the wait is negative".
    rows : how many.
    """

    reason: str
    rows: int


@dataclass(frozen=True)
class Line:
    """What a concept was understood as.

    Parameters
    ----------
    concept, what : its name, and in words.
    column : as it is written after ``--map``.
    how : the unit, date format or meaning of words.
    guessed : whether the caller did not say so.
    """

    concept: str
    what: str
    column: str
    how: str = ""
    guessed: bool = True


@dataclass(frozen=True, eq=False)
class Clean:
    """Records of one kind, cleaned.

    Parameters
    ----------
    kind : "contacts", "purchases", "surveys", "friends" or "cohorts".
    connection : where the table is; closed by whoever opened it.
    table : its name. Column ``row`` is the number of the row in the file, from 1; the others are named by concept.
    columns : concepts that the file had, in the order of the table.
    read : rows of the file.
    dropped : rows that are not in the table, by reason.
    unused : cells that are blank in the table though the file has something there, by reason: the rest of the row
        counts, so that no contact is missing among the arrivals because its duration is nonsense.
    remarks : what else should be known, a sentence each.
    lines : which column was understood as what.
    sources : names of the files, without their folders.
    """

    kind: str
    connection: DuckDBPyConnection
    table: str
    columns: tuple[str, ...]
    read: int
    dropped: tuple[Dropped, ...] = ()
    unused: tuple[Dropped, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """Rows of the table."""
        return self.read - sum(one.rows for one in self.dropped)

    def part(self, name: str, condition: str, columns: str = "*") -> Clean:
        """Return the rows that fulfil a condition (SQL), as a view of the table.

        Parameters
        ----------
        name : of the view, after that of the table.
        condition : on the columns of the table.
        columns : what is selected, such as ``* replace (0.0 as wait)``.
        """
        view = f"{self.table}_{name}"
        text = f"create or replace view {view} as select {columns} from {self.table} where {condition}"
        self.connection.execute(text)
        return replace(self, table=view)

    def has(self, *concepts: str) -> bool:
        """Whether the file had all of these columns."""
        return set(concepts) <= set(self.columns)
