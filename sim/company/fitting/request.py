"""What the caller says about records: kinds, columns, words, rows to leave out, dates and the time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sim.company.fitting.catalogue import Kind, kinds
from sim.company.fitting.error import RecordsError
from sim.company.fitting.values import UNIT_WORDS
from sim.errors import hint

UNUSED = "none"
"""What is mapped to it is not used, whatever the header suggests."""
_BRACKET = re.compile(r"(?P<column>.+)\[(?P<inside>[^\[\]]+)\]")
_SCALE = re.compile(r"(\d+)\s*-\s*(\d+)")


@dataclass(frozen=True)
class Use:
    """Which column (or date and time of day) says something, and how.

    Parameters
    ----------
    columns : names in the header; two for a date and a time of day, none when it is not to be used.
    unit : of a duration, s, min ...; None to guess it.
    scale : lowest and highest points of an answer; None to guess them.
    guessed : whether the caller did not say so.
    """

    columns: tuple[str, ...]
    unit: str | None = None
    scale: tuple[int, int] | None = None
    guessed: bool = False

    def text(self) -> str:
        """Return it as it is written after ``--map``.

        >>> Use(("date", "time")).text(), Use(("wait",), unit="min").text()
        ('date+time', 'wait[min]')
        """
        inside = self.unit or ("-".join(map(str, self.scale)) if self.scale else "")
        return "+".join(self.columns) + (f"[{inside}]" if inside else "")


@dataclass(frozen=True)
class Request:
    """What the caller says.

    Parameters
    ----------
    kind : of all files; or by name of the file.
    columns : concept -> column, as after ``--map``: "wait[min]", "date+time", "none". A concept may have the name of
        its kind before it: "contacts.customer".
    words : concept -> meaning -> words, as after ``--outcome``, ``--segment`` and ``--problem``.
    drop : column -> values of rows to leave out.
    timezone : to which stamps with an offset are converted, and in which the others are; None when it is not known.
    date_format : see `sim.company.fitting.stamps.understand`.
    """

    kind: str | Mapping[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    drop: Mapping[str, Sequence[str]] = field(default_factory=dict)
    timezone: str | None = None
    date_format: str | None = None

    def __post_init__(self) -> None:
        known = {*kinds()}
        for kind in [self.kind] if isinstance(self.kind, str) else (self.kind or {}).values():
            if kind not in known:
                raise RecordsError(f"there is no kind of record {kind!r}; {hint(kind, known)}")
        for name in self.columns:
            _check_concept(name)
        if self.timezone is not None:
            _check_zone(self.timezone)

    def kind_of(self, source: str) -> str | None:
        """Return the kind that the caller says a file has."""
        return self.kind.get(source) if isinstance(self.kind, Mapping) else self.kind

    def uses(self, kind: Kind, columns: Sequence[str]) -> dict[str, Use]:
        """Return what the caller says of the columns of a file of a kind, by concept.

        What is said of a concept without its kind is said to every kind that has it; a file that lacks the column is
        not meant when another one has it (see `sim.company.fitting.mapping.check_all_used`).
        """
        found = {}
        for name, text in self.columns.items():
            of, _, concept = name.rpartition(".")
            if of in ("", kind.name) and concept in kind.concepts:
                use = use_of(text, columns)
                if use is not None:
                    found[concept] = use
        return found


def use_of(text: str, columns: Sequence[str]) -> Use | None:
    """Read what stands after ``--map CONCEPT=``; None when the file has no such column."""
    if text == UNUSED and UNUSED not in columns:
        return Use(())
    bracket = None if text in columns else _BRACKET.fullmatch(text)
    name, inside = (bracket["column"].strip(), bracket["inside"].strip()) if bracket else (text, "")
    parts = (name,) if name in columns else tuple(part.strip() for part in name.split("+"))
    if any(part not in columns for part in parts):
        return None
    scale = _SCALE.fullmatch(inside)
    if scale:
        return Use(parts, scale=(int(scale[1]), int(scale[2])))
    if inside and inside.lower() not in UNIT_WORDS:
        raise RecordsError(f"--map {text}: {inside} is not a unit; give s, min, h, days or ms, or a scale as 1-5.")
    return Use(parts, unit=UNIT_WORDS[inside.lower()] if inside else None)


def _check_concept(name: str) -> None:
    of, _, concept = name.rpartition(".")
    if of and of not in kinds():
        raise RecordsError(f"--map {name}: there is no kind of record {of!r}; {hint(of, kinds())}")
    known = {key for kind in kinds().values() if of in ("", kind.name) for key in kind.concepts}
    if concept not in known:
        raise RecordsError(f"--map {name}: there is nothing called {concept!r}; {hint(concept, sorted(known))}")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RecordsError(f"--timezone {name}: there is no such zone; give one such as Europe/Berlin.") from error


def pairs(option: str, texts: Iterable[str]) -> dict[str, list[str]]:
    """Read NAME=VALUE texts of an option of the command; a name may come again.

    >>> pairs("--drop", ["bad_time=1", "type=TT", "type=XX"])
    {'bad_time': ['1'], 'type': ['TT', 'XX']}

    Raises
    ------
    RecordsError : for a text without "=".
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise RecordsError(f"{option} {text}: write NAME=VALUE, such as {EXAMPLES.get(option, 'name=value')}.")
        found.setdefault(name.strip(), []).append(value.strip())
    return found


def single_pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE texts of which each name comes once.

    >>> single_pairs("--map", ["wait=Queue time[min]"])
    {'wait': 'Queue time[min]'}

    Raises
    ------
    RecordsError : for a text without "=", and a name that comes twice.
    """
    found = pairs(option, texts)
    for name, of in found.items():
        if len(of) > 1:
            raise RecordsError(f"{option} {name} stands {len(of)} times; keep one.")
    return {name: of[0] for name, of in found.items()}


EXAMPLES = {
    "--map": "arrival=date+time", "--outcome": "answered=AGENT", "--segment": "priority=2", "--problem": "yes=1",
    "--drop": "bad_time=1", "--kind": "calls.csv=contacts",
}  # fmt: skip
"""How each option is written."""
