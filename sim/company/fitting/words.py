"""Columns that are told by words: what each word means, guessed or said by the caller, and always shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.company.fitting.catalogue import Concept
from sim.company.fitting.error import RecordsError
from sim.company.fitting.mapping import MOST_WORDS
from sim.company.fitting.source import listed
from sim.company.fitting.values import NO, YES
from sim.company.fitting.values import words as meaning_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNKNOWN_SHARE = 0.02
"""Share of rows whose word may mean nothing known: more is a word that the caller must explain, less is dirt."""
OPPOSITE = {"answered": "abandoned", "abandoned": "answered"}
"""What no means in a column that is called after an outcome."""
CALLED = {
    "abandoned": ("abandoned", "abandon", "abgebrochen", "abandons", "lost", "missed"),
    "answered": ("answered", "handled", "angenommen", "served"),
}
"""What a column of yes and no is called when yes means that outcome."""
TWO = "2"


@dataclass(frozen=True)
class Meanings:
    """What the words of a column mean.

    Parameters
    ----------
    words : meaning -> words in lower case, in the order of the catalogue.
    counts : word -> rows.
    otherwise : meaning of every other word, and of none; None when they mean nothing.
    """

    words: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
    otherwise: str | None = None

    def sql(self, text: str) -> str:
        """SQL of the meaning of a cell."""
        found = meaning_of(text, self.words.items())
        return f"coalesce({found}, '{self.otherwise}')" if self.otherwise else found

    def text(self) -> str:
        """Say what means what, and how many rows that are.

        >>> Meanings({"answered": ("agent",)}, {"agent": 1200, "x": 1}).text()
        'answered: agent (1,200)'
        """
        parts = []
        for meaning, words in self.words.items():
            there = [f"{word} ({self.counts[word]:,})" for word in words if word in self.counts]
            parts += [f"{meaning}: {', '.join(there)}"] if there else []
        return "; ".join(parts + ([f"{self.otherwise}: all others"] if self.otherwise else []))


def counted(connection: DuckDBPyConnection, table: str, column: str, called: str) -> dict[str, int]:
    """Return the words of a column in lower case and how many rows have each, most first.

    Raises
    ------
    RecordsError : when there are too many for words.
    """
    rows = connection.execute(
        f"select lower({column}), count(*) from {table} where {column} is not null group by 1 order by 2 desc, 1 "
        f"limit {MOST_WORDS + 1}"
    ).fetchall()
    if len(rows) > MOST_WORDS:
        raise RecordsError(
            f"{called} has more than {MOST_WORDS} different values, so it is not a column of words; map another with "
            "--map CONCEPT=COLUMN, or none with --map CONCEPT=none."
        )
    return dict(rows)


def outcomes(
    concept: Concept, column: str, counts: Mapping[str, int], said: Mapping[str, Sequence[str]], called: str
) -> Meanings:
    """Find out what the words of a column of outcomes mean.

    Parameters
    ----------
    column : its header: in one called "abandoned", yes means that.
    counts : see `counted`.
    said : what the caller says: meaning -> words.

    Raises
    ------
    RecordsError : for a meaning that there is not, and for words that nobody explains.
    """
    _check(concept, said, tuple(concept.words))
    flags = _called(column)
    words = {
        meaning: (*(word.lower() for word in said.get(meaning, ())), *_known(concept, meaning, counts, said, flags))
        for meaning in concept.words
    }
    known = {word for of in words.values() for word in of}
    unknown = {word: rows for word, rows in counts.items() if word not in known}
    if sum(unknown.values()) > UNKNOWN_SHARE * sum(counts.values()):
        told = listed([f"{word} ({rows:,} rows)" for word, rows in unknown.items()])
        raise RecordsError(
            f"{called}: nobody says what these outcomes mean: {told}; add --outcome answered=WORD, abandoned=WORD or "
            "ignored=WORD for each."
        )
    return Meanings(words, counts)


def segments(concept: Concept, counts: Mapping[str, int], said: Mapping[str, Sequence[str]]) -> Meanings | None:
    """Find out which customers go first; None when that can be told neither from words nor from the caller."""
    if said:
        return Meanings({name: tuple(map(str.lower, words)) for name, words in said.items()}, counts, "regular")
    words = {meaning: tuple(word for word in counts if word in known) for meaning, known in concept.words.items()}
    if not words["priority"] or sum(map(len, words.values())) < len(counts):
        return None
    return Meanings(words, counts)


def flags(counts: Mapping[str, int], said: Mapping[str, Sequence[str]]) -> Meanings:
    """Find out what means yes and no. Surveys often write 1 and 2, and other numbers for no answer."""
    if said:
        words = {meaning: tuple(word.lower() for word in said.get(meaning, ())) for meaning in ("yes", "no")}
        return Meanings(words, counts, "no" if not words["no"] else "yes" if not words["yes"] else None)
    if TWO in counts:
        return Meanings({"yes": ("1",), "no": (TWO,)}, counts)
    return Meanings({"yes": YES, "no": NO}, counts)


def _called(column: str) -> str | None:
    """Outcome after which a column of yes and no is called."""
    tokens = set(re.split(r"[^a-zäöüß]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()))
    return next((meaning for meaning, names in CALLED.items() if tokens & set(names)), None)


def _known(
    concept: Concept,
    meaning: str,
    counts: Mapping[str, int],
    said: Mapping[str, Sequence[str]],
    flag: str | None,
) -> tuple[str, ...]:
    """Words that have a meaning without being told, those that the caller explains left out."""
    explained = {word.lower() for of in said.values() for word in of}
    plain = {word: re.sub(r"[^0-9a-zäöüß]+", "_", word).strip("_") for word in counts}
    of = {word for word in counts if plain[word] in concept.words[meaning]}
    if flag and all(word in (*YES, *NO) for word in counts):
        of = {word for word in counts if word in (YES if meaning == flag else NO if meaning == OPPOSITE[flag] else ())}
    return tuple(word for word in counts if word in of and word not in explained)


def _check(concept: Concept, said: Mapping[str, Sequence[str]], meanings: Sequence[str]) -> None:
    for meaning in said:
        if meaning not in meanings:
            raise RecordsError(
                f"--{concept.name} {meaning}=...: there is no such {concept.name}; give {', '.join(meanings)}."
            )
