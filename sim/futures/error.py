"""What futures refuse, and the nearest name to one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class FuturesError(ValueError):
    """Futures that cannot be run or read: the message says what is wrong and how to put it right."""


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Say that there is no such thing, and which one may have been meant.

    >>> unknown("measure", "profit_year", ["profit_a_year", "churn"])
    "there is no measure 'profit_year'; did you mean 'profit_a_year'?"
    """
    names = list(known)
    near = get_close_matches(str(name), names, n=1)
    return f"there is no {what} {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"give one of {', '.join(names)}."
    )
