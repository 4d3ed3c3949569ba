"""What the compiled engine is made of, and a digest of it.

Numba looks at the functions of these modules once, when it compiles them. Whoever puts a function of their own in the
place of one of them, in a notebook say, would otherwise go on seeing the answers of the old one.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from importlib import import_module, resources
from types import CodeType, FunctionType, ModuleType

RULES = ("chance", "market", "experience", "loyalty", "referral", "handling", "authority", "staff")
STEPS = ("books", "calendar", "standing", "referral", "cases", "market", "contacts", "company", "bare")
MODULES = (
    "sim.draws",
    "sim.state",
    "sim.table",
    *(f"sim.rules.{name}" for name in RULES),
    *(f"sim.steps.{name}" for name in STEPS),
    "sim.engines.transitions",
    "sim.engines.floor",
    "sim.engines.loops",
)
Constant = int | float | str | tuple


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions that a module defines."""
    for value in list(vars(module).values()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value


def strangers() -> list[str]:
    """Name the functions that somebody has put in the place of the model's own: ``module.name``."""
    return [
        f"{module.__name__}.{name}"
        for module in map(import_module, MODULES)
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and not _at_home(value)
    ]


def _at_home(function: FunctionType) -> bool:
    """Whether a function is Python's own, or is the model's and stands where its module says, or was made there."""
    package = (function.__module__ or "").partition(".")[0]
    if package in sys.stdlib_module_names:
        return package != "__main__"
    home = sys.modules.get(function.__module__)
    if package != "sim" or home is None:
        return False
    return "<locals>" in function.__qualname__ or vars(home).get(function.__name__) is function


def digest(*more: object) -> str:
    """Return the sha256 of all code and constants of the model's modules as they are in memory, and of ``more``."""
    found = hashlib.sha256()
    for name in MODULES:
        add(found, import_module(name))
    found.update(repr(more).encode())
    return found.hexdigest()


def add(found: hashlib._Hash, module: ModuleType) -> None:
    """Add a module's functions and constants to a digest, in the order of their names."""
    for name, value in sorted(vars(module).items()):
        if isinstance(value, FunctionType):
            found.update(f"{name} {value.__module__}\n".encode())
            _add_code(found, value.__code__)
        elif isinstance(value, Constant) and not name.startswith("__"):
            found.update(f"{name} = {value!r}\n".encode())


def _add_code(found: hashlib._Hash, code: CodeType) -> None:
    found.update(code.co_code)
    found.update(repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add_code(found, constant)
        else:
            found.update(repr(constant).encode())


def source(package: str) -> str:
    """Return the sha256 of the code of a package's modules as they lie on disk: those that only shape machine code."""
    found = hashlib.sha256()
    for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            found.update(file.read_bytes())
    return found.hexdigest()
