"""What the compiled engine is made of, and a digest of it.

Numba looks at the functions of these modules once, when it compiles them. Whoever puts a function of their own in the
place of one of them, in a notebook say, would otherwise go on seeing the answers of the old one.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module, resources
from operator import attrgetter
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

RULES = (
    "chance", "market", "experience", "loyalty", "referral", "handling", "authority", "staff", "promise", "review",
    "survey", "care",
)  # fmt: skip
STEPS = (
    "books", "calendar", "promises", "referral", "standing", "causes", "voice", "quality", "cases", "market",
    "contacts", "company", "bare",
)  # fmt: skip
MODULES = (
    "sim.model.draws",
    "sim.model.clock",
    "sim.model.state",
    "sim.model.columns",
    *(f"sim.model.rules.{name}" for name in RULES),
    *(f"sim.model.steps.{name}" for name in STEPS),
    "sim.engines.transitions",
    "sim.engines.floor",
    "sim.engines.loops",
)
READABLE = "sim.engines.readable"
"""The other engine: who has changed what it does wants to see that, and no other engine shows it."""
MODEL = (*MODULES, READABLE)
TYPING = ("typing", "types", "collections.abc")
"""Where the kinds of thing are at home that can be called, but only stand in annotations."""
Cached = type(functools.cache(functools.cache))
"""What a function becomes that remembers its answers."""
PLACE = re.compile(r"(?<= object) at 0x[0-9a-f]+")
"""Where an object lies in memory, which differs from process to process."""
Constant = int | float | str | tuple | dict | set | frozenset | None


def release() -> str:
    """Return the version of cxsim that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("cxsim")
    except PackageNotFoundError:
        return "not installed"


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions that a module defines."""
    for value in list(vars(module).values()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value


# -- whose the functions are -----------------------------------------------------------------------------------------


def strangers(names: Sequence[str] = MODEL) -> list[str]:
    """Name what somebody has put in the place of the model's own functions and classes: ``module.name``.

    Parameters
    ----------
    names : modules to look into; the readable engine only once it is loaded, for before nobody can have changed it.
    """
    modules = [import_module(name) for name in names if name != READABLE or name in sys.modules]
    return [
        f"{module.__name__}.{name}" for module in modules for name, value in _callables(module) if not _at_home(value)
    ]


def _callables(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield what can be called in a module, by name; of its own classes also the methods."""
    for name, value in vars(module).items():
        if callable(value) and type(value).__module__ not in TYPING:
            yield name, value
        if isinstance(value, type) and value.__module__ == module.__name__:
            methods = vars(value).items()
            yield from ((f"{name}.{key}", method) for key, method in methods if isinstance(method, FunctionType))


def _at_home(value: object) -> bool:
    """Whether something is Python's own, or is the model's and stands where its module says, or was made there."""
    if not isinstance(value, FunctionType | BuiltinFunctionType | type | Cached):
        return False
    package = (value.__module__ or "").partition(".")[0]
    if package in sys.stdlib_module_names:
        return package != "__main__"
    home = sys.modules.get(value.__module__ or "")
    if package != "sim" or home is None:
        return False
    if "<locals>" in value.__qualname__:
        return isinstance(value, FunctionType) and all(map(_at_home, _enclosed(value)))
    try:
        return attrgetter(value.__qualname__)(home) is value
    except AttributeError:
        return False


def _enclosed(function: FunctionType) -> list[object]:
    """What a function that was made by another one has taken along."""
    return [cell.cell_contents for cell in function.__closure__ or ()]


# -- what they are ---------------------------------------------------------------------------------------------------


@functools.cache
def as_compiled() -> str:
    """Return the digest of the model as Numba first saw it in this process: asked for just before."""
    return digest()


def changed() -> bool:
    """Whether the model in memory is another than Numba saw: its functions are compiled once in a process."""
    return as_compiled.cache_info().currsize > 0 and digest() != as_compiled()


def digest(*more: object) -> str:
    """Return the sha256 of all code and constants of the model's modules as they are in memory, and of ``more``."""
    found = hashlib.sha256()
    for name in MODULES:
        add(found, import_module(name))
    found.update(repr(more).encode())
    return found.hexdigest()


def add(found: hashlib._Hash, module: ModuleType) -> None:
    """Add a module's functions and constants, and what its names stand for, to a digest, in the order of names."""
    for name, value in sorted(vars(module).items()):
        if isinstance(value, FunctionType):
            found.update(f"{name} {_function(value)}\n".encode())
        elif isinstance(value, ModuleType | BuiltinFunctionType) and not name.startswith("__"):
            found.update(f"{name}: {value.__name__} of {getattr(value, '__module__', '')}\n".encode())
        elif isinstance(value, Constant) and not name.startswith("__"):
            found.update(f"{name} = {_plain(value)}\n".encode())


def _function(function: FunctionType) -> str:
    """Text for a function: where it is from, its code, defaults, and what it has taken along."""
    taken = [_function(each) if isinstance(each, FunctionType) else _plain(each) for each in _enclosed(function)]
    given = _plain((function.__defaults__, function.__kwdefaults__))
    return f"{function.__module__} {of_code(function.__code__)} {given} {taken}"


@functools.cache
def of_code(code: CodeType) -> str:
    """Return the sha256 of what code does: where it stands, and what is remarked there, does not count."""
    found = hashlib.sha256(code.co_code + code.co_exceptiontable)
    arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    found.update(repr((arguments, names)).encode())
    for constant in code.co_consts:
        found.update((of_code(constant) if isinstance(constant, CodeType) else _plain(constant)).encode())
    return found.hexdigest()


def _plain(value: object) -> str:
    """Text for a constant, the same in every process: a set has no order, and where an object lies says nothing."""
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(_plain, value)))}}}"
    return PLACE.sub("", repr(value))


def source(package: str) -> str:
    """Return the sha256 of the code of a package's modules as they lie on disk: those that only shape machine code."""
    found = hashlib.sha256()
    for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            found.update(file.read_bytes())
    return found.hexdigest()
