"""Who knows whom: each pair once, whoever named the other. Several networks have each their own people."""

from __future__ import annotations

from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning.rows import keep, left_out
from sim.company.fitting.conversion import TABLE, Converted

PEOPLE, PAIRS, AGAIN = "people", "pairs", "pairs_again"


def clean(typed: Converted) -> Clean:
    """Clean an edge list; see `sim.company.fitting.clean.Clean` for the columns.

    Raises
    ------
    RecordsError : when no row is left.
    """
    _number_people(typed)
    reasons = left_out(typed, repeats=False) | {
        "one of the two is missing": "a is null or b is null",
        "names the same person twice": "one = other",
        "the pair was named before": f"row in (select row from {AGAIN})",
    }
    columns = {"a": "least(one, other)::integer", "b": "greatest(one, other)::integer"}
    columns |= {"network": "network"} if typed.has("network") else {}
    return keep(typed, PAIRS, columns, reasons, {})


def _number_people(typed: Converted) -> None:
    """View with the people of each pair by number, and a table of the rows whose pair stands in an earlier one."""
    within = "network" if typed.has("network") else "''"
    connection = typed.connection
    connection.execute(
        f"create or replace temp table {PEOPLE} as select place, person, row_number() over (order by place, person) as "
        f"number from (select {within} as place, a as person from {TABLE} union select {within}, b from {TABLE}) "
        "where person is not null"
    )
    connection.execute(
        f"create or replace temp view {PAIRS} as select {TABLE}.*, first.number as one, second.number as other "
        f"from {TABLE} left join {PEOPLE} as first on first.place is not distinct from {within} and first.person = a "
        f"left join {PEOPLE} as second on second.place is not distinct from {within} and second.person = b"
    )
    connection.execute(
        f"create or replace temp table {AGAIN} as select row from (select row, row_number() over (partition by "
        f"least(one, other), greatest(one, other) order by row) as time from {PAIRS} where one is not null and other "
        "is not null) where time > 1"
    )
