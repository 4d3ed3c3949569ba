"""Which column says what: guessed from headers and values, overridden by the caller, always shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.company.fitting.catalogue import Concept, Kind, kinds
from sim.company.fitting.error import RecordsError
from sim.company.fitting.request import UNUSED, Request, Use
from sim.company.fitting.source import Source, listed
from sim.company.fitting.stamps import spellings
from sim.company.fitting.values import BLANK, NO, UNIT_WORDS, YES, is_duration, is_number, is_time_of_day
from sim.errors import hint

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE = 1000
"""Rows at the beginning of a file whose values are looked at."""
ENOUGH = 0.5
"""Share of a column's values that must be of a concept's type for a guess."""
MOST_WORDS = 50
"""Different values above which a column names no groups."""
TWO = " (or DATE+TIME)"
NOISE = {"call", "contact", "interaction", "conversation", "the", "field", "ticket", "chat", "anruf"}
"""Words of a header that say nothing more about a column."""
SURE, LIKELY = 100.0, 50.0
"""Scores of a header that is a known spelling, and of one that is when such words are left out."""
FLAGS = {*YES, *NO, "2"}
"""Answers to yes and no; surveys often write 2 for no."""

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Mapped:
    """A source with what its columns say.

    Parameters
    ----------
    source : the table of text.
    kind : of its records.
    uses : concept -> column.
    """

    source: Source
    kind: Kind
    uses: Mapping[str, Use]


def sample(source: Source, connection: DuckDBPyConnection) -> dict[str, list[str]]:
    """Return values at the beginning of a source by column, without blank ones."""
    rows = connection.execute(f"select * from {source.relation} limit {SAMPLE}").fetchall()
    columns = zip(*rows, strict=True) if rows else ([] for _ in source.columns)
    return {
        name: [cell.strip() for cell in cells if cell is not None and cell.strip().lower() not in BLANK]
        for name, cells in zip(source.columns, columns, strict=True)
    }


def understand(source: Source, asked: Request, connection: DuckDBPyConnection) -> Mapped:
    """Find out the kind of a source and what its columns say.

    Raises
    ------
    RecordsError : when no kind fits, or one that is asked for lacks a column.
    """
    values = sample(source, connection)
    said = asked.kind_of(source.name)
    among = [kinds()[said]] if said else list(kinds().values())
    found = [(kind, *_guess(kind, source, values, asked)) for kind in among]
    usable = [(score, kind, uses) for kind, uses, score in found if not missing(kind, uses)]
    if not usable:
        # By their names alone the columns may be of a kind; then it is said which one holds something else.
        found = [(kind, *_guess(kind, source, dict.fromkeys(source.columns, ()), asked)) for kind in among]
        usable = [(score, kind, uses) for kind, uses, score in found if not missing(kind, uses)]
    if not usable:
        _refuse(source, [(kind, uses) for kind, uses, _ in found], said)
    _, kind, uses = max(usable, key=lambda one: one[0])
    for use in uses.values():
        for column in use.columns:
            source.column(column)
    return Mapped(source, kind, uses)


def missing(kind: Kind, uses: Mapping[str, Use]) -> list[tuple[str, ...]]:
    """Return the lists of concepts of which a kind needs one and has none."""
    return [names for names in kind.needs if not any(name in uses for name in names)]


def check_all_used(asked: Request, mapped: Sequence[Mapped]) -> None:
    """Refuse what the caller says of columns that no file has.

    Raises
    ------
    RecordsError : with the column that may have been meant.
    """
    for name, text in asked.columns.items():
        concept = name.rpartition(".")[2]
        if text == UNUSED or any(_has(one, concept, text, asked) for one in mapped):
            continue
        columns = [column for one in mapped for column in one.source.columns]
        wanted = text.partition("[")[0].split("+")
        absent = next((part.strip() for part in wanted if part.strip() not in columns), None)
        if absent is None:
            raise RecordsError(f"--map {name}={text}: no file of that kind has this; correct it, or give --kind.")
        raise RecordsError(
            f"--map {name}={text}: there is no column {absent!r}; "
            + hint(absent, columns, f"the columns are {listed(columns)}.")
        )
    for column in asked.drop:
        if not any(column in one.source.columns for one in mapped):
            columns = [name for one in mapped for name in one.source.columns]
            told = hint(column, columns, f"the columns are {listed(columns)}.")
            raise RecordsError(f"--drop {column}: there is no such column; {told}")


def _has(one: Mapped, concept: str, text: str, asked: Request) -> bool:
    return concept in asked.uses(one.kind, one.source.columns) and bool(text)


def _refuse(source: Source, found: Sequence[tuple[Kind, Mapping[str, Use]]], said: str | None) -> None:
    """Say what is missing: of the kind that was asked for, or that no kind fits."""
    kind, uses = max(found, key=lambda one: len(one[1]))
    if said or len(uses) > 1:
        names = missing(kind, uses)[0]
        what = " or ".join(f"{name} ({kind.concepts[name].what})" for name in names[:2])
        raise RecordsError(
            f"{source.name}: these may be {kind.what}, but no column looks like {what}; say which one it is with --map "
            f"{names[0]}=COLUMN{TWO if kind.concepts[names[0]].dates else ''}, of {listed(source.columns)}."
        )
    raise RecordsError(
        f"{source.name}: these columns are of no kind of record that is known: {listed(source.columns)}; say what they "
        "are with --kind contacts, purchases, surveys, friends or cohorts, and --map CONCEPT=COLUMN."
    )


# -- guessing --------------------------------------------------------------------------------------------------------


def _guess(kind: Kind, source: Source, values: Values, asked: Request) -> tuple[dict[str, Use], float]:
    """What the columns say if the file is of a kind, and how surely."""
    told = asked.uses(kind, source.columns)
    found = {concept: use for concept, use in told.items() if use.columns}
    score = SURE * len(found)
    free = [column for column in source.columns if not any(column in use.columns for use in found.values())]
    ranked = sorted(_candidates(kind, free, values), key=lambda one: -one[0])
    for sure, concept, use in ranked:
        taken = {column for one in found.values() for column in one.columns}
        if concept not in told and concept not in found and not taken & set(use.columns):
            found[concept], score = replace(use, guessed=True), score + sure
    return found | _misnamed(kind, source, told, found), score


def _misnamed(kind: Kind, source: Source, told: Mapping[str, Use], found: Mapping[str, Use]) -> dict[str, Use]:
    """Columns of numbers by their name whose values are none: they are read all the same, so that this is said."""
    taken = {column for use in found.values() for column in use.columns}
    missed: dict[str, Use] = {}
    for concept in kind.concepts.values():
        if concept.type not in ("duration", "number") or concept.name in told or concept.name in found:
            continue
        for column in source.columns:
            if column not in taken and _score(_tokens(column, concept)[0], concept.names) > SURE - 1:
                missed.setdefault(concept.name, Use((column,), guessed=True))
                taken.add(column)
    return missed


def _candidates(kind: Kind, columns: Sequence[str], values: Values) -> list[tuple[float, str, Use]]:
    found = []
    for concept in kind.concepts.values():
        for column in columns:
            tokens, unit = _tokens(column, concept)
            score = _score(tokens, concept.names)
            fits = _stamped if concept.dates else TYPES[concept.type]
            if score and fits(values[column]):
                found.append((score, concept.name, Use((column,), unit=unit)))
        if concept.dates:
            found += _two_columns(concept, columns, values)
    return found


def _two_columns(concept: Concept, columns: Sequence[str], values: Values) -> list[tuple[float, str, Use]]:
    """A date and a time of day that together are an instant."""
    found = []
    for day in columns:
        dated = _score(_tokens(day)[0], concept.dates)
        if not dated or not _dates(values[day]):
            continue
        for clock in columns:
            timed = _score(_tokens(clock)[0], concept.times)
            if timed and clock != day and _share(values[clock], is_time_of_day):
                found.append(((dated + timed) / 2, concept.name, Use((day, clock))))
    return found


def _tokens(column: str, concept: Concept | None = None) -> tuple[tuple[str, ...], str | None]:
    """Words of a header in lower case, and the unit at its end if it is of a duration."""
    split = re.sub(r"(?<=[a-zäöüß0-9])(?=[A-ZÄÖÜ])", "_", column)
    tokens = tuple(token for token in re.split(r"[^0-9A-Za-zÄÖÜäöüß]+", split.lower()) if token)
    if concept is not None and concept.type == "duration" and len(tokens) > 1 and tokens[-1] in UNIT_WORDS:
        return tokens[:-1], UNIT_WORDS[tokens[-1]]
    return tokens, None


def _score(tokens: Sequence[str], names: Sequence[str]) -> float:
    """How surely a header is one of some spellings, the first of which are the surest; 0 when it is none."""
    for base, words in ((SURE, tokens), (LIKELY, [token for token in tokens if token not in NOISE])):
        name = "_".join(words)
        if name in names:
            return base - names.index(name) / len(names)
        squeezed = {one.replace("_", ""): place for place, one in reversed(list(enumerate(names)))}
        if name.replace("_", "") in squeezed:
            return base - 1 - squeezed[name.replace("_", "")] / len(names)
    return 0.0


def _share(values: Sequence[str], fits: Callable[[str], bool]) -> bool:
    """Whether enough values fit; a column that is blank at the beginning may hold anything."""
    return not values or sum(map(fits, values)) >= ENOUGH * len(values)


def _dates(values: Sequence[str]) -> bool:
    return _share(values, lambda text: bool(spellings(text)))


def _stamped(values: Sequence[str]) -> bool:
    return _share(values, lambda text: any(one.time for one in spellings(text)))


def _instants(values: Sequence[str]) -> bool:
    """Whether values are instants, or times of day that go with another column's date."""
    return _stamped(values) or _share(values, is_time_of_day)


def _groups(values: Sequence[str]) -> bool:
    return len(set(values)) <= MOST_WORDS


TYPES: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "instant": _instants,
    "date": _dates,
    "duration": lambda values: _share(values, is_duration),
    "number": lambda values: _share(values, is_number),
    "whole": lambda values: _share(values, is_number),
    "points": lambda values: _share(values, is_number),
    "flag": lambda values: _share(values, lambda text: text.lower() in FLAGS),
    "text": _groups,
    "words": _groups,
    "identifier": lambda values: True,
    "key": lambda values: True,
}
"""Whether values may be of a type."""
