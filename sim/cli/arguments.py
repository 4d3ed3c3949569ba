"""What is written on a command line, as the functions take it: policies, readings and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.inputs.policies import Bundle, Policy
    from sim.inputs.scenario import Scenario

ALL = "all"
RANGE = "NAME=LOW:HIGH"


class OptionError(InputError):
    """An option that cannot be read: the message says which, and how to write it."""


def check_folder(folder: Path | None, overwrite: bool, check: Callable[[Path, bool], object]) -> None:
    """Say before a long run that its result could not be saved, and what to add to the command.

    Parameters
    ----------
    folder : where it is to be saved; None when it is not.
    check : refuses a folder, and says how to call the function that saves.

    Raises
    ------
    FileExistsError, OSError : of the check.
    """
    if folder is None:
        return
    try:
        check(folder, overwrite)
    except FileExistsError as error:
        raise FileExistsError(str(error).replace("save with overwrite=True", "add --overwrite")) from error


def scenario(name: str, reading: str | None = None) -> Scenario:
    """Load a scenario, under another reading of the evidence where one is given."""
    from sim.inputs.scenario import Scenario

    found = Scenario.load(name)
    return found if reading is None else found.change(reading=reading)


def policy(text: str) -> Policy | Bundle:
    """Read a policy or bundle as written on the command line: NAME SETTING=VALUE ..., joined by "+".

    >>> policy("empowerment level=0.9 + training").label
    'empowerment 90% + training'
    >>> policy("ten-keys strength=0.5").label
    'Ten keys x0.5'

    Raises
    ------
    PolicyError : unknown name or setting, or text that is not a policy.
    """
    from sim.inputs.policies.written import read_policy

    return read_policy(text, f'--policy "{text}"')


def policies(texts: Sequence[str] | None) -> list[Policy | Bundle]:
    """Read policies; see `policy`."""
    return [policy(text) for text in texts or ()]


def maybe(text: str | None) -> Policy | Bundle | None:
    """Read a policy where one is given."""
    return None if text is None else policy(text)


def readings(names: Sequence[str] | None) -> list[str]:
    """Return the names of readings; ``all`` stands for every one.

    Raises
    ------
    OptionError : ``all`` beside others.
    """
    if names and ALL in names:
        if len(names) > 1:
            raise OptionError("--reading all and --reading NAME were both given; keep one of them.")
        from sim.inputs import evidence

        return list(evidence.readings())
    return list(names or ())


def ranges(texts: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    """Read ranges of parameters.

    >>> ranges(["price=80:100"])
    {'price': (80.0, 100.0)}

    Raises
    ------
    OptionError : text that is not a range, or a parameter that appears twice.
    """
    found: dict[str, tuple[float, float]] = {}
    for text in texts or ():
        name, _, ends = text.partition("=")
        low, _, high = ends.partition(":")
        try:
            pair = float(low), float(high)
        except ValueError as error:
            raise OptionError(f"--range: cannot read {text!r}; write {RANGE}, such as price=80:100.") from error
        if name in found:
            raise OptionError(f"--range: {name} appears twice; keep one.")
        found[name] = pair
    return found
