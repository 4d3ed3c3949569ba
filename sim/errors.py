"""Saying no: an input that cannot be used is refused with what is wrong, where, and how to put it right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """What somebody has asked for or given, and cannot be: the message says what, where and the fix.

    The command prints it as a sentence; any other error is a fault of the program.
    """


def hint(name: object, known: Iterable[str], otherwise: str | None = None) -> str:
    """Name the known name that may have been meant; where none is near, say ``otherwise``, or name them all.

    >>> hint("profit_year", ["profit_a_year", "churn"]), hint("x", ["profit_a_year", "churn"])
    ("did you mean 'profit_a_year'?", 'give one of profit_a_year, churn.')
    """
    names = list(known)
    near = get_close_matches(str(name), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"give one of {', '.join(names)}." if otherwise is None else otherwise


def unknown(what: str, name: object, known: Iterable[str], otherwise: str | None = None) -> str:
    """Say that there is no such thing, and which one may have been meant; see `hint`.

    >>> unknown("measure", "profit_year", ["profit_a_year", "churn"])
    "there is no measure 'profit_year'; did you mean 'profit_a_year'?"
    """
    return f"there is no {what} {name!r}; {hint(name, known, otherwise)}"
