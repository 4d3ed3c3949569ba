"""Checks of a planner's input: an error says what is wrong, where, and what to write instead."""

import re

from sim.errors import InputError
from sim.model.clock import HUNDRED

LONGEST = 60
"""Characters of a value that an error repeats."""
PERCENT = re.compile(r"\s*(-?[\d.]+)\s*%\s*")


class QueueError(InputError):
    """A contact centre that cannot be simulated as described."""


MOST = 1e12
"""The largest number that any setting may have; most have lower limits of their own."""


def number(name: str, value: object, *, above: float | None = None, least: float | None = None) -> float:
    """Return a finite number above, or at least, a bound (in the unit of the argument)."""
    fix = "a number" if above is None and least is None else f"a number {_bound(above, least)}"
    if isinstance(value, str):
        value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
        raise QueueError(f"{name} is {_told(value)}; give {fix}.")
    if (above is not None and value <= above) or (least is not None and value < least):
        raise QueueError(f"{name} is {value:g}; give {fix}.")
    return float(value)


def whole(name: str, value: object, least: int) -> int:
    """Return a whole number of at least ``least``."""
    found = number(name, value, least=least)
    if found != int(found):
        raise QueueError(f"{name} is {found:g}; give a whole number of at least {least}.")
    return int(found)


def share(name: str, value: object) -> float:
    """Return a share between 0 and 1, given as a number or as text like ``"25%"``."""
    percent = PERCENT.fullmatch(value) if isinstance(value, str) else None
    found = number(name, percent.group(1) if percent else value) / (HUNDRED if percent else 1)
    if not 0 <= found <= 1:
        raise QueueError(f"{name} is {value}; give a share between 0 and 1, or a percentage such as 25%.")
    return found


def _told(value: object) -> str:
    """Return a value as it was written, unless that is too long to read."""
    try:
        told = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "a number of thousands of digits"
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."


def _plain(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _bound(above: float | None, least: float | None) -> str:
    return f"above {above:g}" if above is not None else f"of {least:g} or more"
