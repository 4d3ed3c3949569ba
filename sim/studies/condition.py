"""Conditions such as "service_level >= 65 %": a measure, or its difference from the baseline, against a bound.

A condition is written MEASURE SIGN NUMBER, with the unit after the number where it is not the measure's own, and the
word "difference" at the end where the difference from the baseline is meant:

    service_level >= 65 %
    asa_s <= 2 min
    profit_a_year >= 10,000 difference

The signs are >= (at least) and <= (at most).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, names
from sim.inputs.parameters import UnitError, convert, units
from sim.outcomes.measures import CATALOGUE, Measure, no_measure
from sim.wording import lower, number

AT_LEAST, AT_MOST = ">=", "<="
EXAMPLE = 'write MEASURE >= NUMBER, such as "service_level >= 80 %" or "profit_a_year >= 0 difference"'
FORM = re.compile(
    r"\s*(?P<measure>[A-Za-z_]\w*)\s*(?P<sign><=|>=|≤|≥|==?|<|>)\s*(?P<bound>.*?\S)(?P<difference>\s+difference)?\s*"
)
_SIGNS = {"≤": AT_MOST, "≥": AT_LEAST, AT_MOST: AT_MOST, AT_LEAST: AT_LEAST}
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_COUNTED_AS = {"share a year": "ratio"}
_BOUNDED = ("share", "probability", "score")


class ConditionError(InputError):
    """A condition that cannot be read or met: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Condition:
    """A bound that the mean of a measure has to keep.

    Parameters
    ----------
    measure : of `sim.measures`, over the whole measured period, or one that the study observes.
    sign : ">=" (at least) or "<=" (at most).
    bound : in the unit of the measure.
    difference : whether it is about the paired difference from the baseline instead of the level.
    """

    measure: str
    sign: str
    bound: float
    difference: bool = False

    @property
    def direction(self) -> float:
        """1 where more keeps the condition, -1 where less does."""
        return 1.0 if self.sign == AT_LEAST else -1.0

    @property
    def unit(self) -> str:
        """Unit of the bound; "" of a measure that is not in the catalogue."""
        return CATALOGUE[self.measure].unit if self.measure in CATALOGUE else ""

    @property
    def text(self) -> str:
        """The condition as it is written.

        >>> Condition("profit_a_year", ">=", 0.0, True).text
        'profit_a_year >= 0 difference'
        """
        return f"{self.measure} {self.sign} {self.bound:g}{' difference' if self.difference else ''}"

    @property
    def told(self) -> str:
        """The condition with the label and unit of its measure.

        >>> Condition("service_level", ">=", 0.8).told
        'service level >= 80.0 %'
        """
        label = label_of(self.measure)
        if self.difference:
            return f"change in {label} {self.sign} {number(self.bound, self.unit, '+')}"
        return f"{label} {self.sign} {number(self.bound, self.unit)}"

    @property
    def broken(self) -> str:
        """What a policy does that misses it, in plain words.

        >>> Condition("service_level", ">=", 0.8).broken, Condition("churn", "<=", 0.0, True).broken
        ('service level below 80.0 %', 'raises churn')
        """
        label, more = label_of(self.measure), self.direction > 0
        if not self.difference:
            return f"{label} {'below' if more else 'above'} {number(self.bound, self.unit)}"
        if self.bound == 0.0:
            return f"{'lowers' if more else 'raises'} {label}"
        return f"changes {label} by {'less' if more else 'more'} than {number(self.bound, self.unit, '+')}"

    def slack(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much values (of the level or the difference) keep the bound; negative where they break it."""
        return self.direction * (values - self.bound)


def label_of(measure: str) -> str:
    """Return what a measure is called within a sentence."""
    return lower(CATALOGUE[measure].label) if measure in CATALOGUE else measure


def read_conditions(
    given: Iterable[str | Condition], where: str = "constraints", observed: Sequence[str] = ()
) -> tuple[Condition, ...]:
    """Read a list of conditions, each once.

    Parameters
    ----------
    where : the argument that holds them, for messages.
    observed : measures that are known besides those of `sim.measures`; their bounds are plain numbers.

    Raises
    ------
    ConditionError : one text in place of a list, one that is not a condition, or two that nothing can keep together.
    """
    listed = names(where, given, error=ConditionError)
    found = tuple(dict.fromkeys(one if isinstance(one, Condition) else condition(one, observed) for one in listed))
    _refuse_contradictions(found)
    return found


def condition(text: str, observed: Sequence[str] = ()) -> Condition:
    """Read a condition.

    >>> condition("service_level >= 80 %")
    Condition(measure='service_level', sign='>=', bound=0.8, difference=False)

    Raises
    ------
    ConditionError : it cannot be read, there is no such measure, or nothing can lie there.
    """
    match = FORM.fullmatch(str(text))
    if match is None:
        raise ConditionError(f"cannot read the condition {text!r}; {EXAMPLE}.")
    name, sign, apart = match["measure"], match["sign"], match["difference"] is not None
    if sign not in _SIGNS:
        raise ConditionError(f"condition {text!r}: {sign!r} is not supported; write >= (at least) or <= (at most).")
    if name not in CATALOGUE and name not in observed:
        raise ConditionError(f"condition {text!r}: {no_measure(name)}")
    return Condition(name, _SIGNS[sign], _bound(match["bound"], CATALOGUE.get(name), apart, text), apart)


def amount(given: float | str, about: Measure | None) -> float:
    """Return a number, or text with a unit, in the unit of a measure.

    Raises
    ------
    UnitError : it is not a number, or its unit is of another kind.
    """
    if isinstance(given, str):
        given = _THOUSANDS.sub("", given)
    unit = "ratio" if about is None else _COUNTED_AS.get(about.unit, about.unit)
    return convert(given, unit if unit in units.CATALOGUE else "points")


def impossible(value: float, about: Measure | None) -> str:
    """Say why no level of a measure can lie there; nothing where it can.

    >>> impossible(80.0, CATALOGUE["service_level"])
    '80 share is impossible: it must be between 0 and 1; 80 per cent is written 80 % or 0.8'
    """
    problem = units.limits_problem(value, about.unit) if about and about.unit in _BOUNDED else None
    return f"{problem}; 80 per cent is written 80 % or 0.8" if problem else ""


def _bound(written: str, about: Measure | None, difference: bool, text: str) -> float:
    points = re.fullmatch(r"(.*\d)\s*(?:points|pp)", written)
    if points and difference and about and about.unit == "share":
        written = f"{points[1]} %"  # a difference of shares in percentage points
    try:
        value = amount(written, about)
    except UnitError as error:
        raise ConditionError(f"condition {text!r}: {error}") from error
    if not difference and (problem := impossible(value, about)):
        raise ConditionError(f"condition {text!r}: {problem}.")
    return value


def _refuse_contradictions(found: Sequence[Condition]) -> None:
    for one in dict.fromkeys((each.measure, each.difference) for each in found):
        mine = [each for each in found if (each.measure, each.difference) == one]
        low = [each for each in mine if each.sign == AT_LEAST]
        high = [each for each in mine if each.sign == AT_MOST]
        for same in (low, high):
            if len(same) > 1:
                raise ConditionError(
                    f"{same[0].text!r} and {same[1].text!r} bound {one[0]} twice from the same side; keep one."
                )
        if low and high and low[0].bound > high[0].bound:
            raise ConditionError(f"nothing can meet {low[0].text!r} and {high[0].text!r} together; keep one.")
