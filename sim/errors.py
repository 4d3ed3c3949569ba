"""Saying no: an input that cannot be used is refused with what is wrong, where, and how to put it right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


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


def arguments(name: str, **renamed: str) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Let a public function name a keyword that it does not have, and the one that may have been meant.

    Parameters
    ----------
    name : of the function, as users write it.
    renamed : keywords of earlier versions, and what they are called now.

    >>> @arguments("sim.wait", most="longest")
    ... def wait(longest: int = 1) -> int:
    ...     return longest
    >>> wait(most=2)
    Traceback (most recent call last):
    TypeError: sim.wait() has no argument 'most'; it is now 'longest'.
    """

    def checking(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
        known = [each for each in signature(function).parameters if each != "self"]

        @wraps(function)
        def checked(*given: Given.args, **named: Given.kwargs) -> Answer:
            for each in named:
                if each not in known:
                    new = f"it is now {renamed[each]!r}." if each in renamed else hint(each, known)
                    raise TypeError(f"{name}() has no argument {each!r}; {new}")
            return function(*given, **named)

        return checked

    return checking
