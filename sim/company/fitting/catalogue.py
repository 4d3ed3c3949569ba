"""What columns of records may be called and hold: columns.toml, loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Type = Literal["instant", "date", "duration", "number", "whole", "points", "identifier", "key", "text", "words", "flag"]
"""What a column holds.

===========  ================================================================================================
instant      a date and a time of day, in one column or two
date         a day
duration     a number of some unit of time, or HH:MM:SS
number       a number, with or without the sign of a currency or per cent
whole        a whole number
points       points of a scale
identifier   somebody: becomes a dense whole number
key          a number of the row itself, for finding duplicates
text         the name of a group
words        words that are told what they mean
flag         yes or no
===========  ================================================================================================
"""


@dataclass(frozen=True)
class Concept:
    """Something that a column can say.

    Parameters
    ----------
    name : what it is called in the clean table and after ``--map``.
    what : the same in words.
    type : what the column holds.
    names : usual spellings, the surest first, in lower case with underscores.
    dates, times : of an instant: spellings of a column with its date, and of one with its time of day.
    words : meaning -> words, where it is told by words.
    among : of an identifier: the concepts whose identifiers are of the same people; itself unless given.
    nobody : of an identifier: whether some words stand for nobody.
    """

    name: str
    what: str
    type: Type
    names: tuple[str, ...]
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    among: tuple[str, ...] = ()
    nobody: bool = True


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    Parameters
    ----------
    name : as in `sim.company.fitting.clean.Clean`.
    what : in words.
    needs : of each of these lists of concepts, at least one must be there.
    concepts : by name.
    """

    name: str
    what: str
    needs: tuple[tuple[str, ...], ...]
    concepts: Mapping[str, Concept]


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind of record by name.

    >>> list(kinds())
    ['contacts', 'purchases', 'surveys', 'friends', 'cohorts']
    """
    content = tomllib.loads((files("sim.company.fitting") / "columns.toml").read_text("utf-8"))
    return {name: _kind(name, entry) for name, entry in content.items()}


def _kind(name: str, entry: Mapping) -> Kind:
    concepts = {key: _concept(key, told) for key, told in entry["concepts"].items()}
    needs = tuple(tuple(names) for names in entry["needs"])
    unknown = {name for names in needs for name in names} - set(concepts)
    assert not unknown, f"columns.toml: {name} needs {unknown}, which is no concept of it"
    return Kind(name, entry["what"], needs, concepts)


def _concept(name: str, told: Mapping[str, Any]) -> Concept:
    assert told["type"] in get_args(Type), f"columns.toml: {name} has the type {told['type']}"
    words = {meaning: tuple(of) for meaning, of in told.get("words", {}).items()}
    lists = {key: tuple(of) for key, of in told.items() if isinstance(of, list)}
    return Concept(name=name, **{**told, **lists, "words": words})
