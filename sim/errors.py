"""Saying no: an input that cannot be used is refused with what is wrong, where, and how to put it right."""

from __future__ import annotations

import errno
import shutil
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from operator import index
from pathlib import Path
from types import MappingProxyType
from typing import Any, ParamSpec, SupportsIndex, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Item = TypeVar("Item")
MEGABYTE = 1_000_000


class InputError(ValueError):
    """What somebody has asked for or given, and cannot be: the message says what, where and the fix.

    The command prints it as a sentence; any other error is a fault of the program.
    """


class FullDiskError(OSError):
    """A disk without room: the message says which file or folder, how much is free there, and the way out."""


@contextmanager
def finding_room(place: str | Path, needed: int | None = None) -> Iterator[None]:
    """Write in words that there is no room on the disk, where that is why something was not written.

    Parameters
    ----------
    place : the file or folder that is written.
    needed : bytes that it takes, where that is known.

    Raises
    ------
    FullDiskError : in place of the system's own error, and of one about a part of the place; others stay as they are.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise FullDiskError(no_room(Path(place), needed)) from error


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or somebody's part of it, is full; some libraries give no number."""
    known = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return known or "No space left" in str(error) or "disk is full" in str(error)


def no_room(place: Path, needed: int | None = None) -> str:
    """Say that a file or folder was not written because the disk is full."""
    there = place.absolute()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    takes = "" if needed is None else f"; it takes {needed / MEGABYTE:.1f} MB"
    return (
        f"{place} was not written, its disk is full ({free / MEGABYTE:.1f} MB free{takes}): make room, or choose "
        "another place."
    )


def hint(
    name: object, known: Iterable[str], otherwise: str | None = None, renamed: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Name the known name that may have been meant; where none is near, say ``otherwise``, or name them all.

    ``renamed`` has names of earlier versions, and what they are called now.

    >>> hint("profit_year", ["profit_a_year", "churn"]), hint("x", ["profit_a_year", "churn"])
    ("did you mean 'profit_a_year'?", 'give one of profit_a_year, churn.')
    >>> hint("most", ["longest"], renamed={"most": "longest"})
    "it is now 'longest'."
    """
    if str(name) in renamed:
        return f"it is now {renamed[str(name)]!r}."
    names = list(known)
    near = get_close_matches(str(name), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"give one of {', '.join(names)}." if otherwise is None else otherwise


def unknown(
    what: str,
    name: object,
    known: Iterable[str],
    otherwise: str | None = None,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Say that there is no such thing, and which one may have been meant; see `hint`.

    >>> unknown("measure", "profit_year", ["profit_a_year", "churn"])
    "there is no measure 'profit_year'; did you mean 'profit_a_year'?"
    """
    return f"there is no {what} {name!r}; {hint(name, known, otherwise, renamed)}"


def whole_number(
    name: str, value: object, least: int = 0, *, example: int | None = None, error: type[InputError] = InputError
) -> int:
    """Return a whole number of at least ``least``; raise ``error`` for anything else, also for True and for 3.0.

    >>> whole_number("replications", 5, 1)
    5
    >>> whole_number("replications", 0, 1, example=10)
    Traceback (most recent call last):
    sim.errors.InputError: replications = 0 is not a whole number from 1; give one, such as 10.
    """
    number = index(value) if isinstance(value, SupportsIndex) and value is not True and value is not False else None
    if number is not None and number >= least:
        return number
    such = "" if example is None else f", such as {example}"
    raise error(f"{name} = {value!r} is not a whole number from {least}; give one{such}.")


def words(name: str, value: object, *, example: str | None = None, error: type[InputError] = InputError) -> str:
    """Return a text; raise ``error`` for anything else, such as a number or a list.

    >>> words("name", ["a", "b"], example="my company")
    Traceback (most recent call last):
    sim.errors.InputError: name = ['a', 'b'] is not a text; write it in quotation marks, such as name = "my company".
    """
    if isinstance(value, str):
        return value
    such = "" if example is None else f', such as {name.rpartition(" ")[2]} = "{example}"'
    raise error(f"{name} = {value!r} is not a text; write it in quotation marks{such}.")


def toml(written: str, where: str, *, error: type[InputError] = InputError) -> dict[str, Any]:
    """Return the tables of TOML text; raise ``error`` for what is none, with the line.

    >>> toml("years = ", "my.toml")
    Traceback (most recent call last):
    sim.errors.InputError: my.toml: not valid TOML: Invalid value (at end of document); correct that line.
    """
    try:
        return tomllib.loads(written)
    except tomllib.TOMLDecodeError as problem:
        raise error(f"{where}: not valid TOML: {problem}; correct that line.") from problem
    except (ValueError, RecursionError) as problem:  # a number of thousands of digits, or as many brackets
        raise error(f"{where}: a number or a list in it is too long to read; shorten it.") from problem


def one_of(
    what: str,
    name: str,
    known: Iterable[str],
    *,
    renamed: Mapping[str, str] = MappingProxyType({}),
    error: type[InputError] = InputError,
) -> str:
    """Return a name that is known; raise ``error`` for any other, with its new name or one that may have been meant.

    >>> one_of("method", "sobol", ["morris", "sobol"])
    'sobol'
    """
    names = list(known)
    if name not in names:
        raise error(unknown(what, name, names, renamed=renamed))
    return name


def names(name: str, given: Iterable[Item], *, error: type[InputError] = InputError) -> tuple[Item, ...]:
    """Return what was given as a list; raise ``error`` for one text, whose letters would be taken for the list.

    >>> names("measures", ["csat", "churn"])
    ('csat', 'churn')
    >>> names("measures", "csat")
    Traceback (most recent call last):
    sim.errors.InputError: measures is one text, 'csat', not a list; write measures=['csat'].
    """
    if isinstance(given, str):
        raise error(f"{name} is one text, {given!r}, not a list; write {name}=[{given!r}].")
    return tuple(given)


def repeated(what: str, found: Sequence[str], *, error: type[InputError] = InputError) -> None:
    """Raise ``error`` for a name that appears twice.

    >>> repeated("policy", ["a", "b", "a"])
    Traceback (most recent call last):
    sim.errors.InputError: the policy 'a' appears twice; remove or rename one.
    """
    for place, name in enumerate(found):
        if name in found[:place]:
            raise error(f"the {what} {name!r} appears twice; remove or rename one.")


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
                    new = hint(each, known, renamed=renamed)
                    raise TypeError(f"{name}() has no argument {each!r}; {new}")
            return function(*given, **named)

        return checked

    return checking
