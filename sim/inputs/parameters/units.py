"""The closed catalogue of units: what a number may be counted in, and how one unit turns into another.

Units of one dimension convert into each other; everything else is refused. Factors are exact fractions, so
that "35 %" is the same float as 0.35 and "90 s" the same as 1.5 minutes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import SupportsFloat

from sim.errors import InputError
from sim.model.clock import DAY_SECONDS, HOUR_SECONDS, HUNDRED, MINUTE_SECONDS, WEEK_DAYS, YEAR_DAYS, YEAR_MONTHS

_NUMBER_THEN_UNIT = re.compile(r"([+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)\s*([a-z%/].*)?")

MOST_DIGITS = 400
"""Characters of a number, as many as the largest has."""
MOST = 1e12
"""The largest number that any parameter may have, in its unit: what is counted in hundredths of it still fits."""
LEAST = 1e-12
"""The smallest number above 0, in any unit: one below it cannot be told from 0, and dividing by it may overflow."""
_WEEK = WEEK_DAYS * DAY_SECONDS
_YEAR = YEAR_DAYS * DAY_SECONDS
_MONTH = Fraction(_YEAR, YEAR_MONTHS)
_PERCENT = Fraction(1, HUNDRED)


class UnitError(InputError):
    """A number or unit that cannot be read; the message says what is wrong and how to put it right."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One entry of the catalogue.

    Parameters
    ----------
    name : how the unit is written in parameter files.
    dimension : units of the same dimension convert into each other.
    factor : size of one unit in the base unit of its dimension, exact.
    low, high : hard limits in this unit; a value outside them has no meaning.
    whole : whether only whole numbers make sense.
    declarable : whether a parameter may be kept in this unit ("%" is only for typing).
    """

    name: str
    dimension: str
    factor: Fraction = Fraction(1)
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    declarable: bool = True


def _family(dimension: str, factors: Mapping[str, int | Fraction], low: float, high: float) -> list[Unit]:
    return [Unit(name, dimension, Fraction(factor), low, high) for name, factor in factors.items()]


def _singles(names: str, low: float = -math.inf, high: float = math.inf) -> list[Unit]:
    return [Unit(name.strip(), name.strip(), Fraction(1), low, high) for name in names.split(",")]


_TIME: Mapping[str, int | Fraction] = {
    "s": 1,
    "min": MINUTE_SECONDS,
    "h": HOUR_SECONDS,
    "days": DAY_SECONDS,
    "weeks": _WEEK,
    "months": _MONTH,
    "years": _YEAR,
}
_RATE = {f"per {name}": Fraction(1, size) for name, size in
         {"min": MINUTE_SECONDS, "hour": HOUR_SECONDS, "day": DAY_SECONDS, "week": _WEEK,
          "year": _YEAR}.items()}  # fmt: skip
_MONEY_RATE = {f"money/{name}": Fraction(1, size) for name, size in
               {"hour": HOUR_SECONDS, "day": DAY_SECONDS, "year": _YEAR}.items()}  # fmt: skip

_UNITS = (
    *_family("time", _TIME, 0.0, math.inf),
    *_family("rate in time", _RATE, 0.0, math.inf),
    *_family("money in time", _MONEY_RATE, 0.0, math.inf),
    *_family("fraction", dict.fromkeys(("probability", "share", "score", "quantile"), 1), 0.0, 1.0),
    *_family("fraction", {"ratio": 1, "share a year": 1}, 0.0, math.inf),
    Unit("%", "fraction", _PERCENT, declarable=False),
    *_singles("money, money/contact, money/case, money/purchase, money/customer", 0.0),
    *_singles("per purchase, per consideration, per contact, per case", 0.0),
    *_singles("people, agents, count, contacts, cv, weight, shape, stars, hour of day", 0.0),
    *_singles("contacts/day, purchases/year", 0.0),
    *_singles("logit, logit per star, elasticity, effect, points"),
    Unit("index", "index", low=0.0, whole=True),
    Unit("switch", "switch", low=0.0, high=1.0, whole=True),
)

CATALOGUE: dict[str, Unit] = {unit.name: unit for unit in _UNITS}

_SPELLINGS = {
    "s": ("sec", "secs", "second", "seconds"),
    "min": ("mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "days": ("d", "day"),
    "weeks": ("week", "wk", "wks"),
    "months": ("month",),
    "years": ("year", "yr", "yrs", "y"),
    "%": ("percent", "per cent", "pct"),
    "per year": ("/year", "a year", "per annum"),
    "per day": ("/day", "a day"),
    "per hour": ("/hour", "an hour"),
    "money/year": ("money per year", "money a year"),
    "money/day": ("money per day", "money a day"),
    "money/hour": ("money per hour", "money an hour"),
}
_ALIASES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}


def find(name: str) -> Unit:
    """Return the unit called `name` (singular, plural and usual short forms are understood).

    Raises
    ------
    UnitError : when the catalogue has no such unit; the message suggests near ones.
    """
    plain = " ".join(name.lower().split())
    unit = CATALOGUE.get(_ALIASES.get(plain, plain))
    if unit is None:
        near = get_close_matches(plain, [*CATALOGUE, *_ALIASES], n=1)
        guess = f"did you mean {_ALIASES.get(near[0], near[0])!r}? " if near else ""
        raise UnitError(f"unknown unit {name!r}; {guess}known units are: {', '.join(CATALOGUE)}.")
    return unit


def declarable() -> tuple[str, ...]:
    """Return the names of the units that a parameter may be kept in."""
    return tuple(unit.name for unit in CATALOGUE.values() if unit.declarable)


def convert(quantity: str | SupportsFloat, unit: str) -> float:
    """Return `quantity` as a number counted in `unit`.

    Parameters
    ----------
    quantity : a bare number, taken to be in `unit` already; a truth value, for a switch; or text such as
        "7 min", "90 s", "35 %", "1.5 days", converted when it is of the same dimension.
    unit : name of a unit of the catalogue.

    Raises
    ------
    UnitError : for what is not a number, units of different dimensions, and numbers that are not finite.

    Examples
    --------
    >>> convert("90 s", "min"), convert("35 %", "probability"), convert(7, "min")
    (1.5, 0.35, 7.0)
    """
    target = find(unit)
    if isinstance(quantity, str):
        return _from_text(quantity, target)
    if isinstance(quantity, bool) and target.name != "switch":
        raise UnitError(f"true or false is not a number of {target.name}; write a number.")
    return _finite(_as_float(quantity, str(quantity)))


def _from_text(text: str, target: Unit) -> float:
    match = _NUMBER_THEN_UNIT.fullmatch(text.strip().lower())
    if match is None:
        raise UnitError(f"cannot read {text!r}; write a number, or a number and a unit such as '7 min' or '35 %'.")
    if len(match[1]) > MOST_DIGITS:
        raise UnitError(f"a number of {len(match[1])} characters is too long; write one of at most {MOST_DIGITS}.")
    number, written = Fraction(match[1]), match[2]
    source = find(written) if written else target
    if source.dimension != target.dimension:
        raise UnitError(
            f"{text!r} is counted in {source.name} ({source.dimension}), but {target.name} "
            f"({target.dimension}) is needed; give it in {target.name}."
        )
    return _as_float(number * source.factor / target.factor, text)


def _as_float(number: SupportsFloat, text: str) -> float:
    try:
        return float(number)
    except TypeError as error:
        raise UnitError(f"{text} is not a number; write one.") from error
    except OverflowError as error:
        raise UnitError(f"{text!r} is too large for a number of this model.") from error


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise UnitError(f"{number} is not a finite number; give an ordinary one.")
    return number


def limits_problem(number: float, unit: str) -> str | None:
    """Say in words how `number` breaks the hard limits of `unit`; None when it keeps them.

    Examples
    --------
    >>> limits_problem(1.2, "probability")
    '1.2 probability is impossible: it must be between 0 and 1'
    >>> limits_problem(0.5, "probability") is None
    True
    >>> limits_problem(5e-324, "days")
    '4.94066e-324 days cannot be told from 0: write 0, or at least 1e-12'
    """
    limits = find(unit)
    if not math.isfinite(number):
        return f"{number} is not a finite number"
    if abs(number) > MOST:
        return f"{number:g} {limits.name} is more than a company can have: it must be at most {MOST:g}"
    if 0.0 < abs(number) < LEAST:
        return f"{number:g} {limits.name} cannot be told from 0: write 0, or at least {LEAST:g}"
    if limits.whole and not number.is_integer():
        return f"{number:g} {limits.name} is impossible: it must be a whole number"
    if limits.low <= number <= limits.high:
        return None
    upper = f"between {limits.low:g} and {limits.high:g}" if math.isfinite(limits.high) else "0 or more"
    return f"{number:g} {limits.name} is impossible: it must be {upper}"
