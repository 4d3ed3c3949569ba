"""Reads the evidence files into frozen records, and refuses what is incomplete or points nowhere."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from sim.errors import InputError
from sim.inputs.evidence.records import Claim, ListedNumber, Reading, Record, Source

if TYPE_CHECKING:
    import pandas as pd

Entry = TypeVar("Entry", bound=Record)


class EvidenceError(InputError):
    """An entry that cannot be used; the message says where it is, what is wrong and how to fix it."""


class Catalogue(Mapping[str, Entry], Generic[Entry]):
    """Entries of one evidence file by key, in the file's order; read-only."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, key: str) -> Entry:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: str, where: str = "evidence") -> Entry:
        """Return the entry `key`.

        Raises
        ------
        EvidenceError : when there is none; the message names `where` it was asked for and the known keys.
        """
        if key not in self:
            raise EvidenceError(f"{where}: there is no {key!r}; {_suggestion(key, self)}.")
        return self[key]

    def frame(self) -> pd.DataFrame:
        """Return one row an entry; the columns are the fields of the entries, lists joined by commas."""
        import pandas as pd

        return pd.DataFrame([_row(entry) for entry in self.values()])


def _row(entry: Record) -> dict[str, object]:
    flat: dict[str, object] = {}
    for field, value in entry:
        if isinstance(value, Record):
            flat |= {f"{field}_{part}": item for part, item in value}
        else:
            flat[field] = ", ".join(map(str, value)) if isinstance(value, tuple) and field != "value" else value
    return flat


def _suggestion(key: str, known: Collection[str]) -> str:
    near = get_close_matches(key, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(known)


def read_sources(file: Traversable) -> Catalogue[Source]:
    """Return the sources of a TOML file by key.

    Raises
    ------
    EvidenceError : at the first entry that is incomplete.
    """
    return Catalogue({key: _build(Source, file, key, raw, key=key) for key, raw in _tables(file).items()})


def read_claims(file: Traversable, sources: Catalogue[Source]) -> Catalogue[Claim]:
    """Return the claims of a TOML file by id.

    Raises
    ------
    EvidenceError : at the first claim that is incomplete, or names a document or origin that is no source.
    """
    claims = {key: _build(Claim, file, key, raw, id=key) for key, raw in _tables(file).items()}
    documents = [key for key, source in sources.items() if source.file]
    for key, claim in claims.items():
        _require(file, key, "document", [claim.document], documents)
        _require(file, key, "origin", claim.origin, sources)
    return Catalogue(claims)


def read_readings(file: Traversable, sources: Catalogue[Source], claims: Catalogue[Claim]) -> Catalogue[Reading]:
    """Return the readings of a TOML file by name.

    Raises
    ------
    EvidenceError : at the first reading that is incomplete or names unknown evidence, and unless exactly
        one is the default.
    """
    readings = {key: _build(Reading, file, key, raw, name=key) for key, raw in _tables(file).items()}
    for key, reading in readings.items():
        _require(file, key, "sources", reading.sources, sources)
        _require(file, key, "claims", reading.claims, claims)
    defaults = [key for key, reading in readings.items() if reading.default]
    if len(defaults) != 1:
        raise EvidenceError(f"{file.name}: {len(defaults)} default readings. Fix: write default = true in one of them.")
    return Catalogue(readings)


def read_numbers(file: Traversable, claims: Catalogue[Claim]) -> tuple[ListedNumber, ...]:
    """Return the listed numbers of a CSV file, in its order.

    Raises
    ------
    EvidenceError : at the first number that has no claim, or a claim of another document.
    """
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(_number(file, line, row, claims) for line, row in enumerate(rows, start=2))


def _number(file: Traversable, line: int, row: dict[str, str], claims: Catalogue[Claim]) -> ListedNumber:
    place = f"line {line}"
    number = _build(ListedNumber, file, place, row)
    _require(file, place, "claim", [number.claim], claims)
    if claims[number.claim].document != number.document:
        raise _refusal(file, place, f"{number.claim} is a claim of another document", "name one of this document")
    return number


def missing_carriers(claims: Catalogue[Claim], known_names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the names in `carried_by` that nothing in the model has, by claim; claims without such names are left out.

    Parameters
    ----------
    claims : the claims.
    known_names : names of all parameters, policies, readings and measures.
    """
    absent = {key: tuple(n for n in claim.carried_by if n not in known_names) for key, claim in claims.items()}
    return {key: names for key, names in absent.items() if names}


def _tables(file: Traversable) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{file.name}: not valid TOML: {error}. Fix: correct that line.") from error


def _build(kind: type[Entry], file: Traversable, place: str, raw: object, **name: str) -> Entry:
    """Check one raw table; `name` is the field that holds the table's own name."""
    if not isinstance(raw, dict):
        raise _refusal(file, place, "is a bare value", "make it a table")
    if name.keys() & raw.keys():
        raise _refusal(file, place, f"gives its {', '.join(name)} twice", "leave it to the table's name")
    try:
        return kind.model_validate({**_with_tuples(raw), **name})
    except ValidationError as error:
        raise _explain(error, file, place, kind) from error


def _with_tuples(raw: dict[str, object]) -> dict[str, object]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}


def _explain(error: ValidationError, file: Traversable, place: str, kind: type[Record]) -> EvidenceError:
    """Turn the first complaint of the validation library into words with a fix."""
    first = error.errors(include_url=False)[0]
    field, inside = _field(first["loc"], kind)
    if first["type"] == "missing":
        return _refusal(file, place, f"has no {field}", f"add {field} = …")
    if first["type"] == "extra_forbidden":
        return _refusal(file, place, f'has an unknown key "{field}"', _suggestion(field, inside.model_fields))
    if first["type"] == "value_error":
        problem, _, fix = first["msg"].removeprefix("Value error, ").partition("; ")
        return _refusal(file, place, f"{field} {problem}".strip(), fix)
    return _refusal(file, place, f"{field} cannot be {first['input']!r}", first["msg"])


def _field(place: tuple[int | str, ...], kind: type[Record]) -> tuple[str, type[Record]]:
    """Return the field's name, without the alternatives that the library tried, and its record."""
    name = str(place[0]) if place else ""
    inner = kind.model_fields[name].annotation if name in kind.model_fields else None
    if len(place) > 1 and isinstance(inner, type) and issubclass(inner, Record):
        return f"{name}.{place[1]}", inner
    return name, kind


def _require(file: Traversable, place: str, field: str, keys: Collection[str], known: Collection[str]) -> None:
    for key in keys:
        if key not in known:
            raise _refusal(file, place, f"{field} {key!r} is unknown", _suggestion(key, known))


def _refusal(file: Traversable, place: str, problem: str, fix: str) -> EvidenceError:
    return EvidenceError(f"{file.name} [{place}]: {problem}. Fix: {fix}.")
