"""What the entries of a table mean: which measure, which month, which number."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from numbers import Real
from typing import NamedTuple

from sim.company.overlay.calendar import By, Calendar
from sim.company.overlay.errors import ActualsError
from sim.company.overlay.reading import Cell
from sim.outcomes.measures import CATALOGUE, no_measure
from sim.wording import PER_CENT, SHARES, number

NEAR = 0.8
"""From this likeness on (difflib's ratio: 1 is the same) the name of a column is a measure's, written wrongly."""
A_YEAR = "share a year"
"""Unit of rates that may well be above 1: 1.4 is a turnover of 140 % a year, or of 1.4 %."""
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)")


class Actual(NamedTuple):
    """A figure of what really happened, in the measure's unit."""

    measure: str
    by: By
    place: int
    value: float


class Entry(NamedTuple):
    """An actual before shares are told from per cent."""

    cell: Cell
    measure: str
    by: By
    place: int
    amount: float
    per_cent: bool


def actual_values(cells: Sequence[Cell], long: bool, calendar: Calendar) -> tuple[list[Actual], list[str]]:
    """Return what really happened, and what must be told about how it was read.

    Raises
    ------
    ActualsError : a name, a period or a number that cannot be read, or a figure that appears twice.
    """
    names, told = _measures(dict.fromkeys(cell.name for cell in cells), long)
    entries = [_entry(cell, names[cell.name], calendar) for cell in cells if cell.name in names]
    if not entries:
        raise ActualsError(f"there is no measure among {_listed(cells)}; name columns as cxsim measures lists them.")
    _refuse_twice(entries)
    found: list[Actual] = []
    for measure in dict.fromkeys(entry.measure for entry in entries):
        own = [entry for entry in entries if entry.measure == measure]
        values, remark = _in_unit(measure, own)
        told += [remark] if remark else []
        found += [Actual(e.measure, e.by, e.place, value) for e, value in zip(own, values, strict=True)]
    return found, told


def _listed(cells: Sequence[Cell]) -> str:
    return ", ".join(map(repr, dict.fromkeys(cell.name for cell in cells))) or "no columns"


# -- names -----------------------------------------------------------------------------------------------------------


def _measures(names: dict[str, None], long: bool) -> tuple[dict[str, str], list[str]]:
    """Measure of each name that is one, and what is told of the others."""
    known = {_plain(m.name): m.name for m in CATALOGUE.values()} | {_plain(m.label): m.name for m in CATALOGUE.values()}
    found: dict[str, str] = {}
    told: list[str] = []
    for name in names:
        plain = _plain(name)
        if plain in known:
            found[name] = known[plain]
        elif long or get_close_matches(plain, known, n=1, cutoff=NEAR):
            raise ActualsError(no_measure(name))
        else:
            told.append(f"{name} is not a measure and was left out.")
    return found, told


def _plain(name: str) -> str:
    """Return a name without what people write differently.

    >>> _plain("Service Level"), _plain(" agents' wages ")
    ('service_level', 'agents_wages')
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("'", "")).strip("_")


# -- numbers ---------------------------------------------------------------------------------------------------------


def _entry(cell: Cell, measure: str, calendar: Calendar) -> Entry:
    by, place = calendar.place(cell.when, cell.where)
    amount, per_cent = _amount(cell)
    if per_cent and CATALOGUE[measure].unit not in SHARES:
        unit = CATALOGUE[measure].unit
        raise ActualsError(f"{cell.where}: {cell.name} is {cell.value}, and it is counted in {unit}; give that.")
    return Entry(cell, measure, by, place, amount, per_cent)


def _amount(cell: Cell) -> tuple[float, bool]:
    """Return a number, and whether it is in per cent."""
    if isinstance(cell.value, Real) and not isinstance(cell.value, bool):
        amount, per_cent = float(cell.value), False
    else:
        found = NUMBER.fullmatch(str(cell.value).strip())
        if found is None:
            raise ActualsError(
                f"{cell.where}: cannot read {str(cell.value)!r} of {cell.name} as a number; write it plainly, as "
                "1234.5 (a share also as 76 %), or leave it empty."
            )
        amount, per_cent = float(found.group(1)), bool(found.group(2))
    if not math.isfinite(amount):
        raise ActualsError(f"{cell.where}: {cell.name} is {cell.value}; give a number, or leave it empty.")
    return amount, per_cent


def _refuse_twice(entries: Sequence[Entry]) -> None:
    seen: dict[tuple[str, By, int], Entry] = {}
    by: dict[str, Entry] = {}
    for entry in entries:
        earlier = seen.setdefault((entry.measure, entry.by, entry.place), entry)
        if earlier is not entry:
            where, when = entry.cell.where, entry.cell.when
            raise ActualsError(
                f"{where}: {entry.measure} of {when} appears twice, first in {earlier.cell.where}; keep one (what is "
                "given by day or by site must be added up)."
            )
        if by.setdefault(entry.measure, entry).by != entry.by:
            raise ActualsError(f"{entry.cell.where}: {entry.measure} is given by month and by year; keep one of them.")


def _in_unit(measure: str, entries: Sequence[Entry]) -> tuple[list[float], str]:
    """Return figures in the measure's unit, and what is told when bare numbers were taken for per cent."""
    unit = CATALOGUE[measure].unit
    bare = [entry for entry in entries if not entry.per_cent and unit in SHARES]
    above = next((entry for entry in bare if entry.amount > 1), None)
    if above is not None and unit == A_YEAR:
        amount = above.cell.value
        raise ActualsError(
            f"{above.cell.where}: {measure} {amount} may be {amount} % or {above.amount:.0%} a year; write the sign %."
        )
    values = [e.amount / PER_CENT if e.per_cent or (above and e in bare) else e.amount for e in entries]
    too_much = next((e for e, value in zip(entries, values, strict=True) if unit == "share" and value > 1), None)
    if too_much is not None:
        raise ActualsError(f"{too_much.cell.where}: {measure} {too_much.cell.value} is more than 100 %; correct it.")
    if above is None:
        return values, ""
    low, high = (number(end, unit) for end in (min(values), max(values)))
    return values, f"{measure} was read as per cent, {low} to {high}, because it has numbers above 1."
