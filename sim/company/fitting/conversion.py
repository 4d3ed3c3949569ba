"""Text becomes typed columns: one table for a kind, with what each column said and which cells cannot be read.

The table has a row for each row of the files (``row``, from 1), for each concept that is there its typed column (NULL
where the cell is blank or cannot be read), and

==================  ==================================================================================================
``NAME_bad``        whether the cell holds something that cannot be read
``NAME_at``         of an instant: the same in UTC, so that differences are durations
``NAME_clock``      of an instant that is a time of day alone: seconds after midnight
``digest``          of all cells of the row, to find duplicates
``left_out``        the number of the first ``--drop`` that fits the row, or NULL
==================  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.company.fitting import identifiers, stamps, values, words
from sim.company.fitting.catalogue import Concept, Kind
from sim.company.fitting.clean import Dropped, Line
from sim.company.fitting.database import quoted
from sim.company.fitting.error import RecordsError
from sim.company.fitting.mapping import Mapped
from sim.company.fitting.request import Request, Use
from sim.company.fitting.source import rejected
from sim.company.fitting.stamps import Format

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "typed"
RAW = "raw"
FIRST_LOOK = 20_000
"""Rows at the beginning that are looked at before all are read, so that nonsense is refused at once."""
NAMES = ("words", "flag", "identifier", "key", "text")
"""Types of which a whole number may be written with decimals, as spreadsheets and frames do."""
COMMA_SAMPLE = 1000
"""Values that tell whether a comma is a decimal sign."""


@dataclass(frozen=True, eq=False)
class Converted:
    """Converted records of one kind, before cleaning.

    Parameters
    ----------
    kind : of the records.
    connection : where the table `TABLE` is.
    concepts : that are there.
    read : rows of the files, with the lines that were none.
    dropped : such lines, by reason.
    lines : what was understood as what.
    drops : the column of each number in ``left_out``.
    sources : names of the files.
    zone : the time zone, if the caller named one.
    remarks : what should be known.
    """

    kind: Kind
    connection: DuckDBPyConnection
    concepts: tuple[str, ...]
    read: int
    dropped: tuple[Dropped, ...]
    lines: tuple[Line, ...]
    drops: tuple[str, ...]
    sources: tuple[str, ...] = ()
    zone: str | None = None
    remarks: tuple[str, ...] = ()
    formats: Mapping[str, Format | None] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether these concepts are there."""
        return set(names) <= set(self.concepts)

    def count(self, condition: str) -> int:
        """Rows of the typed table that fulfil a condition (SQL)."""
        found = self.connection.execute(f"select count(*) from {TABLE} where {condition}").fetchone()
        return int(found[0]) if found else 0


def converted(mapped: Sequence[Mapped], asked: Request, connection: DuckDBPyConnection) -> Converted:
    """Read files of one kind and type their columns.

    Parameters
    ----------
    mapped : the files, all of one kind.
    asked : what the caller says.
    connection : where the table is made.

    Raises
    ------
    RecordsError : for what cannot be read.
    """
    kind = mapped[0].kind
    uses = {name: use for one in mapped for name, use in one.uses.items()}
    drops = list(asked.drop)
    _read(mapped, uses, drops, connection, FIRST_LOOK)
    if not _rows(connection):
        raise RecordsError(f"{_called(mapped)} has a header and no row that fits it; export the records again.")
    _columns(mapped, uses, asked, connection)  # refuses nonsense
    dropped = _read(mapped, uses, drops, connection)
    rows = _rows(connection)
    reader = _columns(mapped, uses, asked, connection)
    _make(reader, list(asked.drop.values()), connection)
    return Converted(
        kind=kind,
        connection=connection,
        concepts=tuple(line.concept for line in reader.lines),
        read=rows + sum(one.rows for one in dropped),
        dropped=tuple(dropped),
        lines=tuple(reader.lines),
        drops=tuple(drops),
        sources=tuple(dict.fromkeys(one.source.name for one in mapped)),
        zone=asked.timezone,
        remarks=(*(remark for one in mapped for remark in one.source.remarks), *reader.remarks),
        formats=reader.formats,
    )


def _rows(connection: DuckDBPyConnection) -> int:
    return int(connection.execute(f"select count(*) from {RAW}").fetchall()[0][0])


def _called(mapped: Sequence[Mapped]) -> str:
    return ", ".join(dict.fromkeys(one.source.name for one in mapped))


# -- text ------------------------------------------------------------------------------------------------------------


def _read(
    mapped: Sequence[Mapped],
    uses: Mapping[str, Use],
    drops: Sequence[str],
    connection: DuckDBPyConnection,
    rows: int | None = None,
) -> list[Dropped]:
    """Make the table of text of all rows, or of the first ones of each file; return the lines that were no rows."""
    import duckdb

    dropped: dict[str, int] = {}
    connection.execute(f"drop table if exists {RAW}")
    for place, one in enumerate(mapped):
        head = f"create table {RAW} as" if place == 0 else f"insert into {RAW}"
        tail = f" limit {rows}" if rows is not None else ""
        try:
            connection.execute(f"{head} select {', '.join(_cells(one, uses, drops))} from {one.source.relation}{tail}")
        except duckdb.Error as error:
            told = str(error).strip().splitlines()[0]
            raise RecordsError(f"{one.source.name} cannot be read to its end ({told}); export it again.") from error
        for reason, lines in rejected(one.source, connection):
            dropped[reason] = dropped.get(reason, 0) + lines
    return [Dropped(reason, lines) for reason, lines in dropped.items()]


def _cells(one: Mapped, uses: Mapping[str, Use], drops: Sequence[str]) -> Iterator[str]:
    """SQL of the columns of the table of text: those of the concepts, those of ``--drop``, and the digest."""
    for name, use in uses.items():
        there = one.uses.get(name, Use(()))
        for part, place in _parts(name, use):
            text = values.present(one.source.column(there.columns[place])) if place < len(there.columns) else "null"
            text = values.plain(text) if one.kind.concepts[name].type in NAMES else text
            yield f"cast({text} as varchar) as {part}"
    for number, column in enumerate(drops):
        text = values.plain(f"trim({one.source.column(column)})") if column in one.source.columns else "null"
        yield f"cast({text} as varchar) as drop_{number}"
    yield f"hash({', '.join(f'c{place}' for place in range(len(one.source.columns)))}) as digest"


def _parts(name: str, use: Use) -> list[tuple[str, int]]:
    """Names of the columns of text of a concept, and which of the columns that it uses each is."""
    return [(name, 0)] if len(use.columns) == 1 else [(f"{name}_date", 0), (f"{name}_time", 1)]


# -- types -----------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Reader:
    """How each column of text is to be read; filled column by column.

    Parameters
    ----------
    connection : where the table of text is.
    asked : what the caller says.
    called : the files, in errors.
    semicolons : whether a comma is more likely a decimal sign.
    """

    connection: DuckDBPyConnection
    asked: Request
    called: str
    semicolons: bool
    selects: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    formats: dict[str, Format | None] = field(default_factory=dict)

    def add(self, concept: Concept, use: Use) -> None:
        """Read one more concept from its column."""
        how = _TYPES[concept.type](self, concept, use)
        if how is not None:
            self.lines.append(Line(concept.name, concept.what, use.text(), how, use.guessed))

    def column(self, name: str, sql: str, text: str | None = None) -> None:
        """Select a typed column, and whether its text cannot be read."""
        self.selects.append(f"{sql} as {name}")
        if text is not None:
            self.selects.append(f"({text} is not null and {sql} is null) as {name}_bad")

    def where(self, use: Use) -> str:
        """Name the column in an error."""
        return f"{self.called}, column {use.text()}"


def _columns(
    mapped: Sequence[Mapped], uses: Mapping[str, Use], asked: Request, connection: DuckDBPyConnection
) -> Reader:
    reader = Reader(connection, asked, _called(mapped), any(one.source.semicolons for one in mapped))
    concepts = mapped[0].kind.concepts
    for name, use in uses.items():
        reader.add(concepts[name], use)
    return reader


def _make(reader: Reader, drops: Sequence[Sequence[str]], connection: DuckDBPyConnection) -> None:
    """Make the typed table, and forget the text."""
    cases = " ".join(
        f"when drop_{number} in ({', '.join(values.plain(quoted(value)) for value in of)}) then {number}"
        for number, of in enumerate(drops)
    )
    left_out = f"case {cases} end" if cases else "null::integer"
    connection.execute(
        f"create or replace table {TABLE} as select {RAW}.rowid + 1 as row, digest, {left_out} as left_out, "
        f"{', '.join(reader.selects)} from {RAW} {' '.join(reader.joins)}"
    )
    connection.execute(f"drop table {RAW}")


def _instant(reader: Reader, concept: Concept, use: Use) -> str:
    """Return how an instant is written: in one column, in two, or as a time of day alone."""
    name, zone = concept.name, reader.asked.timezone
    if len(use.columns) > 1:
        return _date_and_time(reader, name, use)
    text = f"{RAW}.{name}"
    found = stamps.understand(reader.connection, RAW, name, reader.where(use), reader.asked.date_format)
    reader.formats[name] = found
    if found is None or not found.time:
        return _clock(reader, concept, use, found)
    wall = found.wall(text, zone)
    _refuse_nonsense(reader, concept, use, wall)
    reader.column(name, f"case when {stamps.sound(wall)} then {wall} end", text)
    reader.selects.append(f"{found.instant(text, zone)} as {name}_at")
    return f"{found.family}, with offsets from UTC" if found.offset and found.family != stamps.EPOCH else found.family


def _clock(reader: Reader, concept: Concept, use: Use, found: Format | None) -> str:
    """A time of day that goes with the date of the arrival; an arrival itself needs a date."""
    name, text = concept.name, f"{RAW}.{concept.name}"
    if concept.dates:
        what = "has dates without a time of day" if found else "holds no dates that can be read"
        raise RecordsError(
            f"{reader.where(use)} {what}; say where date and time stand, as --map {name}=date+time, or how dates are "
            'written, as --date-format "%d.%m.%Y %H:%M".'
        )
    reader.column(f"{name}_clock", values.time_of_day(text))
    reader.selects.append(f"({text} is not null and {values.time_of_day(text)} is null) as {name}_bad")
    return "time of day, of the arrival's date"


def _date_and_time(reader: Reader, name: str, use: Use) -> str:
    date, time, zone = f"{RAW}.{name}_date", f"{RAW}.{name}_time", reader.asked.timezone
    found = stamps.understand(reader.connection, RAW, f"{name}_date", reader.where(use), reader.asked.date_format)
    if found is None:
        raise RecordsError(
            f"{reader.where(use)}: the first column holds no dates that can be read; say how they are written, as "
            '--date-format "%d.%m.%Y".'
        )
    reader.formats[name] = Format(found.family, found.patterns)
    day = found.wall(date, None)
    wall = f"{day}::date + to_microseconds(round(({values.time_of_day(time)}) * 1e6)::bigint)"
    sound = f"case when {stamps.sound(day)} then {wall} end"
    reader.column(name, sound, f"coalesce({date}, {time})")
    reader.selects.append(f"{stamps.in_utc(sound, zone)} as {name}_at")
    return f"{found.family}, and time of day"


def _date(reader: Reader, concept: Concept, use: Use) -> str:
    name, text = concept.name, f"{RAW}.{concept.name}"
    found = stamps.understand(reader.connection, RAW, name, reader.where(use), reader.asked.date_format)
    if found is None:
        raise RecordsError(
            f"{reader.where(use)} holds no dates that can be read; map another column with --map {name}=COLUMN, or say "
            'how dates are written, as --date-format "%d.%m.%Y".'
        )
    wall = found.wall(text, reader.asked.timezone)
    reader.formats[name] = found
    reader.column(name, f"case when {stamps.sound(wall)} then {wall}::date end", text)
    return found.family


def _duration(reader: Reader, concept: Concept, use: Use) -> str:
    text, unit = f"{RAW}.{concept.name}", use.unit or "s"
    sql = values.duration(text, unit, _comma(reader, concept.name))
    _refuse_nonsense(reader, concept, use, sql)
    reader.column(concept.name, sql, text)
    return f"in {unit}, or HH:MM:SS"


def _number(reader: Reader, concept: Concept, use: Use) -> str:
    text, comma = f"{RAW}.{concept.name}", _comma(reader, concept.name)
    sql = values.number(text, comma)
    _refuse_nonsense(reader, concept, use, sql)
    reader.column(concept.name, sql, text)
    return "a comma is the decimal sign" if comma else ""


def _whole(reader: Reader, concept: Concept, use: Use) -> str:
    text = f"{RAW}.{concept.name}"
    sql = values.whole(text)
    _refuse_nonsense(reader, concept, use, sql)
    reader.column(concept.name, sql, text)
    return ""


def _points(reader: Reader, concept: Concept, use: Use) -> str:
    """Points of a scale; others, such as 6 for "does not apply", are no answers."""
    text = f"{RAW}.{concept.name}"
    _refuse_nonsense(reader, concept, use, values.whole(text))
    low, top = use.scale or _scale(reader, concept.name)
    sql = f"case when {values.whole(text)} between {low} and {top} then {values.whole(text)} end"
    reader.column(concept.name, sql, text)
    reader.selects += [f"{low} as {concept.name}_low", f"{top} as {concept.name}_top"]
    return f"points from {low} to {top}"


def _scale(reader: Reader, name: str) -> tuple[int, int]:
    """Scale of an answer: 0 to 10 for recommending, else the longest usual one whose top is used."""
    if name == "nps":
        return NPS_SCALE
    found = reader.connection.execute(
        f"select distinct {values.whole(name)} from {RAW} where {values.whole(name)} is not null"
    ).fetchall()
    there = {value for (value,) in found}
    top = next((top for top in reversed(SCALES) if top in there), SCALES[0])
    return (0 if top > SCALE_FROM_ZERO and 0 in there else 1), top


NPS_SCALE = (0, 10)
SCALES = (5, 7, 10, 100)
"""Tops of usual scales."""
SCALE_FROM_ZERO = 7
"""Scales that go further may begin at 0; on shorter ones 0 is no answer."""


def _flag(reader: Reader, concept: Concept, use: Use) -> str:
    name, text = concept.name, f"{RAW}.{concept.name}"
    counts = words.counted(reader.connection, RAW, name, reader.where(use))
    found = words.flags(counts, reader.asked.words.get(name, {}))
    reader.column(name, f"({found.sql(text)} = 'yes')", text)
    return found.text()


def _words(reader: Reader, concept: Concept, use: Use) -> str | None:
    name, text = concept.name, f"{RAW}.{concept.name}"
    said = reader.asked.words.get(name, {})
    counts = words.counted(reader.connection, RAW, name, reader.where(use))
    if name == "outcome":
        found = words.outcomes(concept, use.columns[0], counts, said, reader.where(use))
        reader.column(name, found.sql(text), text)
        return found.text()
    groups = words.segments(concept, counts, said)
    if groups is None:
        reader.remarks.append(
            f"Column {use.text()} may tell which customers go first; say so with --segment priority=VALUE to tell them "
            f"apart. Its values: {', '.join(counts)}."
        )
        return None
    reader.column(name, groups.sql(text))
    return groups.text()


def _text(reader: Reader, concept: Concept, use: Use) -> str | None:
    """Names of groups, as they are; a column with many of them names no groups."""
    name = concept.name
    try:
        counts = words.counted(reader.connection, RAW, name, reader.where(use))
    except RecordsError as error:
        if not use.guessed:
            raise
        reader.remarks.append(f"Not used: {error}")
        return None
    reader.column(name, f"{RAW}.{name}")
    return f"{len(counts)} of them"


def _identifier(reader: Reader, concept: Concept, use: Use) -> str:
    name = concept.name
    of = (reader.connection, RAW, concept.among or (name,))
    table, remarks = identifiers.number(*of, nobody=concept.nobody, absurd=name == "customer")
    reader.joins.append(f"left join {table} as of_{name} on of_{name}.word = {RAW}.{name}")
    reader.column(name, f"of_{name}.number")
    reader.remarks += remarks
    count = reader.connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    return f"{count:,} different ones; become numbers"


def _key(reader: Reader, concept: Concept, use: Use) -> str:
    reader.column(concept.name, f"hash({RAW}.{concept.name})")
    return "rows that repeat one are left out"


_TYPES = {
    "instant": _instant, "date": _date, "duration": _duration, "number": _number, "whole": _whole, "points": _points,
    "flag": _flag, "words": _words, "text": _text, "identifier": _identifier, "key": _key,
}  # fmt: skip


def _comma(reader: Reader, column: str) -> bool:
    """Whether a comma is the decimal sign of a column."""
    rows = reader.connection.execute(
        f"select distinct {column} from {RAW} where contains({column}, ',') limit {COMMA_SAMPLE}"
    ).fetchall()
    return any(_is_decimal(text, reader.semicolons) for (text,) in rows)


def _is_decimal(text: str, semicolons: bool) -> bool:
    if "." in text:
        return text.rfind(",") > text.rfind(".")
    _, *groups = text.split(",")
    return semicolons or not all(len(group.strip()) == THOUSANDS for group in groups)


THOUSANDS = 3
"""Digits of a group of thousands."""
ENOUGH = 0.5
"""Share of a column's cells that must be readable: with fewer it is another column that was meant."""


def _refuse_nonsense(reader: Reader, concept: Concept, use: Use, sql: str) -> None:
    """Refuse a column most cells of which cannot be read."""
    name = concept.name
    row = reader.connection.execute(
        f"select count({name}), count({sql}), any_value({name}) filter ({sql} is null) from {RAW}"
    ).fetchone()
    there, read, example = row or (0, 0, None)
    if read < ENOUGH * there:
        raise RecordsError(
            f"{reader.where(use)} should be {concept.what}, but {there - read:,} of {there:,} cells cannot be read "
            f"(such as {str(example)[:EXAMPLE]!r}); map another column with --map {name}=COLUMN, or none with "
            f"--map {name}=none."
        )


EXAMPLE = 30
"""Characters of a cell that an error shows."""
