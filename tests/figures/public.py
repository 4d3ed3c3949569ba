"""Every public function, its file, its command and what it returns, read from the code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sim
from sim.cli import VERBS

PACKAGE = Path(sim.__file__).parent


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions by name, in their order."""
    for name in sim.__all__:
        value = getattr(sim, name)
        if inspect.isfunction(value):
            yield name, value


def table() -> str:
    """Return the rows of the manual's table: function, file, command, result."""
    return "\n".join(
        f"| `sim.{name}` | `{_file(function)}` | {_command(name)} | {_result(function)} |"
        for name, function in functions()
    )


def _file(function: Callable[..., Any]) -> str:
    file = Path(str(inspect.getsourcefile(inspect.unwrap(function))))
    inside = file.relative_to(PACKAGE.parent)
    return f"{inside.parent}/" if file.name == "__init__.py" else str(inside)


def _command(name: str) -> str:
    return f"`cxsim {name.replace('_', '-')}`" if name in VERBS else ""


def _result(function: Callable[..., Any]) -> str:
    found = inspect.signature(function).return_annotation
    return f"`{getattr(found, '__name__', found)}`" if found != "Any" else ""
