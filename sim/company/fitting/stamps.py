"""Dates and times as text: which format a column has, decided from all its values, and how SQL reads it.

A format is a family (year first, day first, month first, month by name, seconds since 1970) with the details of one
spelling. A column may mix spellings of one family (``9:05`` and ``09:05:00.5``), never two families: then nobody knows
which day ``1/2`` is, and the column is refused with counts and an example of each. Days and months that fit either
way are refused too, unless the caller says which is first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.company.fitting.database import quoted
from sim.company.fitting.error import RecordsError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE = 20_000
"""Values that are looked at for the spellings of a column; each family is then tried on all values."""
YEAR_FIRST, DAY_FIRST, MONTH_FIRST, NAMED, EPOCH = (
    "year first", "day first", "month first", "month by name", "seconds since 1970",
)  # fmt: skip
ASKED = {
    "iso": YEAR_FIRST, "year-first": YEAR_FIRST, "day-first": DAY_FIRST, "month-first": MONTH_FIRST, "named": NAMED,
    "epoch": EPOCH,
}  # fmt: skip
"""What the caller may say of dates, beside a pattern with % signs."""
EARLIEST, LATEST = "1971-01-01", "2200-01-01"
"""Dates outside are no dates: 1 January 1970 and 31 December 9999 are what machines write for none."""
MILLISECONDS = 1000

_TIME = r"(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,9})?)?(?P<noon>\s?[AaPp]\.?[Mm]\.?)?"
_OFFSET = r"(?P<offset>\s?(?:Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2}))"
_REST = rf"(?:(?P<gap>T|,? {{1,2}}){_TIME}{_OFFSET}?)?"
_NUMERIC = re.compile(rf"(?P<one>\d{{1,2}})(?P<sign>[-/.])\d{{1,2}}(?P=sign)(?P<year>\d{{4}}|\d{{2}}){_REST}")
_YEAR_FIRST = re.compile(rf"\d{{4}}(?P<sign>[-/.]|)\d{{1,2}}(?P=sign)\d{{1,2}}{_REST}")
_DAY_NAMED = re.compile(
    rf"\d{{1,2}}(?P<sign>[-/. ]+)(?P<month>[A-Za-z]{{3,9}})(?P<then>[-/., ]+)(?P<year>\d{{4}}|\d{{2}}){_REST}"
)
_MONTH_NAMED = re.compile(rf"(?P<month>[A-Za-z]{{3,9}}) \d{{1,2}}(?P<then>,? )(?P<year>\d{{4}}){_REST}")
_EPOCH = re.compile(r"[12]\d{9}(?:\.\d+|\d{3})?")
_SHORT_MONTH = 3
_MICROSECONDS = 6


@dataclass(frozen=True, order=True)
class Spelling:
    """How one value is written: its family, the pattern of strptime, and whether it tells its offset from UTC."""

    family: str
    pattern: str
    offset: bool = False
    time: bool = False


@dataclass(frozen=True)
class Format:
    """How a column is written.

    Parameters
    ----------
    family : of all its values.
    patterns : of strptime.
    offset : whether values tell their offset from UTC.
    time : whether they have a time of day.
    """

    family: str
    patterns: tuple[str, ...]
    offset: bool = False
    time: bool = True

    def wall(self, text: str, zone: str | None = None) -> str:
        """SQL of the local wall time that the text (SQL) tells: TIMESTAMP, NULL where it tells none."""
        if self.family == EPOCH:
            return _local(f"to_timestamp({_epoch(text)})", zone or "UTC")
        if self.offset and zone:
            return _local(_parsed(_plain_offset(text), self.patterns), zone)
        if self.offset:
            bare = f"regexp_replace({text}, '\\s?(Z|UTC|[+-]\\d\\d(:?\\d\\d)?)$', '')"
            return _parsed(bare, _without_offset(self.patterns))
        return _parsed(text, self.patterns)

    def instant(self, text: str, zone: str | None = None) -> str:
        """SQL of the same as an instant in UTC, so that a difference is a duration: TIMESTAMP."""
        if self.family == EPOCH:
            return _local(f"to_timestamp({_epoch(text)})", "UTC")
        if self.offset:
            return _local(_parsed(_plain_offset(text), self.patterns), "UTC")
        return in_utc(_parsed(text, self.patterns), zone)


def in_utc(wall: str, zone: str | None) -> str:
    """SQL of a local wall time as an instant in UTC; the wall time itself where the zone is not known."""
    return f"timezone('UTC', timezone({quoted(zone)}, {wall}))" if zone else wall


def _local(instant: str, zone: str) -> str:
    return f"timezone({quoted(zone)}, {instant})"


def _epoch(text: str) -> str:
    number = f"try_cast({text} as double)"
    return f"case when abs({number}) > 1e11 then {number} / {MILLISECONDS} else {number} end"


def _plain_offset(text: str) -> str:
    """Strptime does not know Z."""
    return f"regexp_replace({text}, '\\s?(Z|UTC)$', '+00:00')"


def _parsed(text: str, patterns: Sequence[str]) -> str:
    return f"try_strptime({text}, [{', '.join(quoted(pattern) for pattern in patterns)}])"


def _without_offset(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pattern.removesuffix("%z").rstrip() for pattern in patterns))


# -- one value -------------------------------------------------------------------------------------------------------


def spellings(text: str) -> tuple[Spelling, ...]:
    """Return every way to read a text as a date: one, two where day and month may change places, or none.

    >>> [one.pattern for one in spellings("1999-02-01 10:00")]
    ['%Y-%m-%d %H:%M']
    >>> [(one.family, one.pattern) for one in spellings("1/2/99")]
    [('day first', '%d/%m/%y'), ('month first', '%m/%d/%y')]
    """
    for pattern, read in (
        (_YEAR_FIRST, _of_year),
        (_NUMERIC, _of_numbers),
        (_DAY_NAMED, _of_day),
        (_MONTH_NAMED, _of_month),
    ):
        found = pattern.fullmatch(text)
        if found:
            return tuple(_spelt(family, day, found) for family, day in read(found))
    return (Spelling(EPOCH, "", offset=True, time=True),) if _EPOCH.fullmatch(text) else ()


def _spelt(family: str, day: str, found: re.Match[str]) -> Spelling:
    clock = ""
    if found["hour"]:
        clock = f"{found['gap']}{'%I' if found['noon'] else '%H'}:%M"
        clock += ":%S" if found["seconds"] else ""
        if found["fraction"]:
            clock += ".%f" if len(found["fraction"]) <= _MICROSECONDS + 1 else ".%n"
        if found["noon"]:
            clock += " %p" if found["noon"][0].isspace() else "%p"
        if found["offset"]:
            clock += " %z" if found["offset"][0].isspace() and found["offset"][1] in "+-" else "%z"
    return Spelling(family, day + clock, bool(found["hour"] and found["offset"]), bool(found["hour"]))


def _of_year(found: re.Match[str]) -> list[tuple[str, str]]:
    return [(YEAR_FIRST, f"%Y{found['sign']}%m{found['sign']}%d")]


def _of_numbers(found: re.Match[str]) -> list[tuple[str, str]]:
    sign, year = found["sign"], _year(found)
    return [(DAY_FIRST, f"%d{sign}%m{sign}{year}"), (MONTH_FIRST, f"%m{sign}%d{sign}{year}")]


def _of_day(found: re.Match[str]) -> list[tuple[str, str]]:
    return [(NAMED, f"%d{found['sign']}{_month(found)}{found['then']}{_year(found)}")]


def _of_month(found: re.Match[str]) -> list[tuple[str, str]]:
    return [(NAMED, f"{_month(found)} %d{found['then']}%Y")]


def _month(found: re.Match[str]) -> str:
    return "%b" if len(found["month"]) == _SHORT_MONTH else "%B"


def _year(found: re.Match[str]) -> str:
    return "%Y" if len(found["year"]) == len("1999") else "%y"


# -- a column --------------------------------------------------------------------------------------------------------


def understand(
    connection: DuckDBPyConnection, table: str, column: str, called: str, asked: str | None = None
) -> Format | None:
    """Find out how a column of text is written; None when it holds no dates.

    Parameters
    ----------
    connection, table, column : where the text is; blank cells are NULL.
    called : the column in words, for errors.
    asked : what the caller says: a key of ``ASKED`` or a pattern with % signs.

    Raises
    ------
    RecordsError : for a mixture of families, and for days and months that may change places.
    """
    if asked and "%" in asked:
        return Format("as asked", (asked,), offset="%z" in asked, time="%H" in asked or "%I" in asked)
    wanted = _wanted(asked)
    formats = _formats(connection, table, column, wanted)
    counts = {family: _count(connection, table, column, one) for family, one in formats.items()}
    counts = {family: count for family, count in counts.items() if count}
    if not counts:
        return None
    return formats[_decided(connection, table, column, formats, counts, called)]


def _formats(connection: DuckDBPyConnection, table: str, column: str, wanted: str | None) -> dict[str, Format]:
    """Formats of all families that some value has, rare ones too: what none reads is looked at until nothing is new."""
    seen: set[Spelling] = set()
    formats: dict[str, Format] = {}
    while True:
        read = " or ".join(f"coalesce({sound(one.wall(column))}, false)" for one in formats.values())
        new = _seen(connection, table, column, f"not ({read})" if read else "true") - seen
        new = {one for one in new if wanted in (None, one.family)}
        if not new:
            return formats
        seen |= new
        formats = {family: _format(family, seen) for family in sorted({one.family for one in seen})}


def _wanted(asked: str | None) -> str | None:
    if asked is not None and asked not in ASKED:
        raise RecordsError(
            f"--date-format {asked}: there is no such format; give {', '.join(ASKED)}, or a pattern such as "
            '"%d.%m.%Y %H:%M".'
        )
    return ASKED[asked] if asked else None


def _seen(connection: DuckDBPyConnection, table: str, column: str, where: str) -> set[Spelling]:
    """Spellings in a sample of a column."""
    rows = connection.execute(
        f"select distinct {column} from (select {column} from {table} where {column} is not null and {where} "
        f"using sample reservoir({SAMPLE} rows) repeatable (1))"
    ).fetchall()
    return {one for (text,) in rows for one in spellings(text)}


def _format(family: str, seen: Iterable[Spelling]) -> Format:
    of = [one for one in seen if one.family == family]
    offset = any(one.offset for one in of)
    # A column with offsets is read with them: a value without one would be of an unknown zone. A year of two digits
    # is tried first, because %Y takes 99 for the year 99.
    patterns = sorted({one.pattern for one in of if one.offset == offset}, key=lambda one: ("%Y" in one, one))
    return Format(family, tuple(patterns), offset, any(one.time for one in of))


def _count(connection: DuckDBPyConnection, table: str, column: str, one: Format) -> int:
    found = connection.execute(f"select count(*) from {table} where {sound(one.wall(column))}").fetchone()
    return int(found[0]) if found else 0


def sound(stamp: str) -> str:
    """SQL: whether a TIMESTAMP is a date that a record can have."""
    return f"({stamp} >= timestamp '{EARLIEST}' and {stamp} < timestamp '{LATEST}')"


def _decided(
    connection: DuckDBPyConnection,
    table: str,
    column: str,
    formats: dict[str, Format],
    counts: dict[str, int],
    called: str,
) -> str:
    """Return the family that reads every value that any family reads."""
    best = max(counts, key=lambda family: counts[family])
    for other in counts:
        if other == best:
            continue
        alone = f"{sound(formats[other].wall(column))} and not coalesce({sound(formats[best].wall(column))}, false)"
        rows = connection.execute(f"select count(*), any_value({column}) from {table} where {alone}").fetchone()
        if rows and rows[0]:
            _refuse_mixture(connection, table, column, (best, other), formats, rows, called)
        if {best, other} == {DAY_FIRST, MONTH_FIRST} and counts[best] == counts[other]:
            example = connection.execute(f"select any_value({column}) from {table} where {column} is not null")
            raise RecordsError(
                f"{called}: dates such as {example.fetchall()[0][0]} may have the day or the month first, and no value "
                "tells which; add --date-format day-first or --date-format month-first."
            )
    return best


def _refuse_mixture(
    connection: DuckDBPyConnection,
    table: str,
    column: str,
    families: tuple[str, str],
    formats: dict[str, Format],
    others: tuple[int, str],
    called: str,
) -> None:
    best, other = families
    reads = sound(formats[best].wall(column))
    instead = (
        f"not coalesce({sound(formats[other].wall(column))}, false)"
        if {DAY_FIRST, MONTH_FIRST} == {best, other}
        else "true"
    )
    found = connection.execute(f"select count(*), any_value({column}) from {table} where {reads} and {instead}")
    count, example = found.fetchall()[0]
    flag = next(word for word, family in ASKED.items() if family == best)
    raise RecordsError(
        f"{called} mixes date formats: {count:,} values are {best} (such as {example}), {others[0]:,} are {other} "
        f"(such as {others[1]}); export it in one format, or leave the others out with --date-format {flag}."
    )
