"""Customers and agents as dense whole numbers, so that nobody's number or name leaves the reader.

What stands for nobody (0, blank, "unknown", a withheld number) is nobody; so is one identifier that has an absurd share
of the rows: a switchboard, a shared terminal, or a word for nobody that is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.company.fitting.database import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOBODY = (
    "0", "00", "000", "0000", "-1", "unknown", "unbekannt", "anonymous", "anonym", "anon", "private", "withheld",
    "restricted", "blocked", "unavailable", "none", "null", "nan", "guest", "gast", "test", "n/a", "na", "undefined",
    "not available", "no caller id", "unidentified", "nobody", "999999999", "9999999999", "+266696687",
    "266696687",
)  # fmt: skip
"""What stands for nobody, in lower case; the long number spells "anonymous" on a telephone."""
ABSURD_SHARE = 0.05
"""Share of the identified rows ..."""
ABSURD_ROWS = 100
"""... and number of them ..."""
ABSURD_TIMES = 50
"""... and times the mean of the other identifiers, from which one that has all three is nobody."""


def number(
    connection: DuckDBPyConnection, table: str, columns: Sequence[str], nobody: bool = True, absurd: bool = True
) -> tuple[str, list[str]]:
    """Number the identifiers of columns of text that name the same people.

    Parameters
    ----------
    connection, table, columns : where the text is.
    nobody : whether some words stand for nobody.
    absurd : whether one that has an absurd share of rows is nobody. An agent may well be.

    Returns
    -------
    tuple : name of a table (word, number) with the numbers from 1, and remarks.
    """
    name = f"numbers_{'_'.join(columns)}"
    texts = " union all ".join(f"select {column} as word from {table}" for column in columns)
    known = f"lower(word) not in ({', '.join(map(quoted, NOBODY))}) and not regexp_matches(word, '^[0.]*$')"
    connection.execute(
        f"create or replace temp table counts as select word, count(*) as rows from ({texts}) "
        f"where word is not null and {known if nobody else 'true'} group by 1"
    )
    remarks = _forget_absurd(connection, columns[0]) if absurd else []
    connection.execute(
        f"create or replace temp table {name} as select word, row_number() over "
        "(order by try_cast(word as bigint), word) as number from counts"
    )
    connection.execute("drop table counts")
    return name, remarks


def _forget_absurd(connection: DuckDBPyConnection, column: str) -> list[str]:
    found = connection.execute(
        "select word, rows, rows / total from counts, (select sum(rows) as total, count(*) as words from counts) "
        f"where rows > {ABSURD_SHARE} * total and rows >= {ABSURD_ROWS} "
        f"and rows * (words - 1) > {ABSURD_TIMES} * (total - rows)"
    ).fetchall()
    for word, _, _ in found:
        connection.execute("delete from counts where word = ?", [word])
    return [
        f"One {column} has {rows:,} rows, {100 * share:.1f} % of those with a {column}, and is taken for nobody."
        for _, rows, share in found
    ]
