"""A study that was stopped: the call raises, so that a notebook stops too, and what is finished comes along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar


class Manifested(Protocol):
    """A result with a manifest."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """How it was made."""


Given = ParamSpec("Given")
Found = TypeVar("Found", bound=Manifested)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a study before it was whole; ``result`` is what was finished, a result like any other.

    In a notebook or a Python prompt, ``sys.last_value.result`` gets it.
    """

    def __init__(self, result: Any) -> None:
        super().__init__(
            "stopped before the study was whole; what is finished is the result of this exception "
            "(in a notebook: import sys; sys.last_value.result)"
        )
        self.result = result


def is_partial(result: Manifested) -> bool:
    """Tell whether a result was stopped before it was whole."""
    made = result.manifest
    short = "planned" in made and "finished" in made and made["finished"] < made["planned"]
    return bool(made.get("stopped") or short or getattr(result, "stopped", False))


def whole(result: Found) -> Found:
    """Return a result that is whole.

    Raises
    ------
    Interrupted : holds one that is not.
    """
    if is_partial(result):
        raise Interrupted(result)
    return result


def interruptible(study: Callable[Given, Found]) -> Callable[Given, Found]:
    """Let a public function raise `Interrupted` where the study that it calls returns what is finished."""

    @wraps(study)
    def asked(*given: Given.args, **named: Given.kwargs) -> Found:
        return whole(study(*given, **named))

    return asked


def kept(study: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Return what a study finds, and after Ctrl-C what is finished of it: for those that tell it in another way."""
    try:
        return study(*given, **named)
    except Interrupted as stopped:
        found: Found = stopped.result
        return found
