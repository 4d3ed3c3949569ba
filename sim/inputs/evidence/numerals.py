"""Finds every number in the documents, so that none can be left without a claim.

A number is a run of digits, a cardinal word up to twenty, a quarter or a half, an ordinal word before another
word ("first ring"), and "one" where its sentence holds another number; elsewhere "one" is a pronoun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

# fmt: off
_CARDINALS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)
# fmt: on
_PARTS = {"half": 1 / 2, "quarter": 1 / 4}
_VALUES = _PARTS | {word: float(value) for words in (_CARDINALS, _ORDINALS) for value, word in enumerate(words)}

_DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
_WORD = "|".join((*_CARDINALS, *_PARTS))
_ORDINAL = "|".join(_ORDINALS)
_NUMBER = re.compile(rf"{_DIGITS}|\b(?:{_WORD})\b|\b(?:{_ORDINAL})(?= [a-z])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_PRONOUN = "one"


class Number(NamedTuple):
    """A number in a document: the document's key, the value as written ("a quarter" is 0.25), and its place.

    The place is line:column, both counted from one, columns in characters.
    """

    document: str
    value: float
    position: str


def scan(document: str, text: str) -> list[Number]:
    """Return the numbers of `text` in reading order.

    Examples
    --------
    >>> [number.value for number in scan("doc", "One in 4 waits, no one for twelve minutes.")]
    [1.0, 4.0, 1.0, 12.0]
    """
    found = []
    for row, line in enumerate(text.split("\n"), start=1):
        for start, sentence in _sentences(line):
            found += [Number(document, value, f"{row}:{start + column}") for column, value in _in_sentence(sentence)]
    return found


def scan_folder(folder: Path, prefixes: Mapping[str, str]) -> list[Number]:
    """Return the numbers of all documents in `folder`.

    Parameters
    ----------
    folder : where the documents lie, one text file each.
    prefixes : document key -> how its file name begins.

    Raises
    ------
    FileNotFoundError : when a document has no file, or more than one, with its prefix.
    """
    found = []
    for document, prefix in prefixes.items():
        files = sorted(folder.glob(f"{prefix}_*"))
        if len(files) != 1:
            raise FileNotFoundError(
                f"{folder}: {len(files)} files begin with '{prefix}_', one is needed for {document}; "
                "point CXSIM_DATA at the folder that holds seeds/."
            )
        found += scan(document, files[0].read_text(encoding="utf-8"))
    return found


def _sentences(line: str) -> list[tuple[int, str]]:
    """Split a line at its full stops; each part with the column (from one) at which it begins."""
    edges = [0, *(match.end() for match in _SENTENCE_END.finditer(line)), len(line)]
    return [(begin + 1, line[begin:end]) for begin, end in pairwise(edges)]


def _in_sentence(sentence: str) -> list[tuple[int, float]]:
    matches = list(_NUMBER.finditer(sentence))
    compared = any(match[0].lower() != _PRONOUN for match in matches)
    return [(match.start(), _value(match[0])) for match in matches if compared or match[0].lower() != _PRONOUN]


def _value(written: str) -> float:
    word = written.lower()
    return _VALUES[word] if word in _VALUES else float(word.replace(",", ""))
