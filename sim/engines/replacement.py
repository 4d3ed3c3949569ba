"""Rules of one's own in the place of the model's: everywhere that a name is held, recorded, and undone.

Steps take rules by name (``from sim.model.rules.market import join_chance``), so that a rule that somebody sets in one
module stays what it was in the others; and what was worked out with the old one is remembered. `replace` sees to both.
What was changed by hand is refused (`by_hand`), whatever ran before.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType, TracebackType
from typing import Any, Self

from sim.engines import inventory
from sim.errors import InputError, unknown

REPLACEABLE = (
    *(name for name in inventory.MODULES if name.startswith("sim.model.")),
    "sim.model.blocks",
    "sim.model.reference",
    "sim.engines.start",
    "sim.engines.start.graph",
    "sim.engines.start.people",
    "sim.engines.start.staff",
    "sim.engines.start.steady_state",
    "sim.engines.start.tables",
)
"""Modules whose functions may be replaced, and in which a change by hand is refused."""
KEEPING = (
    "sim.running", "sim.engines.inventory", "sim.engines.replacement", "sim.inputs.parameters", "sim.inputs.evidence",
    "sim.outcomes",
)  # fmt: skip
"""Packages whose caches do not follow from the model: files, versions, what the process was like before."""
_active: list[Replacement] = []
"""Replacements in force, in the order in which they were made."""


class ReplacementError(InputError):
    """A rule that cannot be replaced: the message says why and what to do."""


class Replacement:
    """A rule that is replaced until `undo`, or until the end of a ``with`` block."""

    def __init__(self, name: str, original: Callable[..., Any], by: Callable[..., Any]) -> None:
        self.name, self.original, self.by = name, original, by
        self._places: list[tuple[ModuleType, str]] = []
        self._seen: set[str] = set()

    def put(self) -> None:
        """Bind every name that stands for the original to what replaces it."""
        self._seen = set(sys.modules)
        self._places = [place for module in _loaded() for place in _holding(module, self.original)]
        for module, name in self._places:
            setattr(module, name, self.by)
        _active.append(self)
        forget()

    def undo(self) -> None:
        """Bind every name to the original again, also in modules that were loaded meanwhile; twice is as once."""
        if self not in _active:
            return
        later = [place for m in _loaded() if m.__name__ not in self._seen for place in _holding(m, self.by)]
        for module, name in (*self._places, *later):
            setattr(module, name, self.original)
        _active.remove(self)
        forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()

    def told(self) -> dict[str, str]:
        """Return what is replaced by what, as plain data, with a digest of the code that replaces."""
        where = f"{getattr(self.by, '__module__', '')}.{getattr(self.by, '__qualname__', type(self.by).__qualname__)}"
        return {"rule": self.name, "by": where, "code": _code(self.by)}


def replace(rule: Callable[..., Any] | str, by: Callable[..., Any]) -> Replacement:
    """Put a rule of your own in the place of one of the model's, everywhere that it is used.

    It stays until ``undo()`` of what is returned, or until the end of a ``with`` block. Studies record it in their
    manifest, do not store their runs, and work in this process; the compiled engine refuses it by name.

    Parameters
    ----------
    rule : a function of the model (`sim.model.rules`, `sim.model.steps`, `sim.engines.start`), or its full name. The
        social graph is `sim.engines.start.graph.draw_graph`, the law of patience
        `sim.engines.start.tables.patience_shape`.
    by : a function that takes the same arguments in the same order.

    Raises
    ------
    ReplacementError : for what is not a function of the model, is replaced already, or takes other arguments.

    Examples
    --------
    >>> from sim.model.rules import market
    >>> with replace(market.join_chance, lambda base, slope, goodwill, neutral, heard, shift: base):
    ...     market.join_chance(0.25, 1.0, 1.0, 0.5, 0.0, 0.0)
    0.25
    """
    for name in (*REPLACEABLE, *inventory.MODEL):
        import_module(name)
    name, original = _original(rule)
    _check_arguments(name, original, by)
    made = Replacement(name, original, by)
    made.put()
    return made


def active() -> list[str]:
    """Return the full names of the rules that are replaced."""
    return [each.name for each in _active]


def about() -> dict[str, Any]:
    """Return what a manifest says of the model: the digest of its code and constants, and what is replaced."""
    return {"digest": _digest(), "replaced": [each.told() for each in _active]}


def forget() -> None:
    """Forget what was worked out with the model as it was."""
    for module in _loaded():
        if not module.__name__.startswith(KEEPING):
            for value in list(vars(module).values()):
                if isinstance(value, inventory.Cached):
                    value.cache_clear()


def by_hand() -> list[str]:
    """Name what was put in the place of a function of the model, or of a constant that others hold, otherwise."""
    _settle()
    own = {id(each.by) for each in _active}
    return [
        f"{name}.{what}" for name in REPLACEABLE if name in sys.modules for what in _changed(sys.modules[name], own)
    ]


def _settle() -> None:
    """Forget what was worked out with another model: code and constants of one module may be changed by hand."""
    now = _digest()
    if _last and _last[-1] != now:
        forget()
    _last[:] = [now]


def _digest() -> str:
    """Return the digest of code and constants of the model and of its start, as they are in memory."""
    found = hashlib.sha256()
    for name in dict.fromkeys((*inventory.MODULES, *REPLACEABLE)):
        inventory.add(found, import_module(name))
    return found.hexdigest()


_last: list[str] = []
"""Digest of the model at the last look."""


def _original(rule: Callable[..., Any] | str) -> tuple[str, Any]:
    """Return the full name and the function that is meant."""
    given: Any = _named(rule) if isinstance(rule, str) else rule
    for each in _active:
        if given is each.by or given is each.original:
            raise ReplacementError(f"{each.name} is replaced already; undo that first.")
    if not isinstance(given, FunctionType | inventory.Cached) or given.__module__ not in REPLACEABLE:
        raise ReplacementError(
            f"{getattr(given, '__qualname__', given)} is not a function of the model's rules, steps or start, so it "
            "cannot be replaced; give one, such as sim.model.rules.market.join_chance."
        )
    name = f"{given.__module__}.{given.__qualname__}"
    if getattr(sys.modules[given.__module__], given.__qualname__, None) is not given:
        raise ReplacementError(f"{name} was changed by hand; set it back first.")
    return name, given


def _named(name: str) -> Any:
    home, _, short = name.rpartition(".")
    if home not in REPLACEABLE:
        raise ReplacementError(f"{name}: {unknown('module of the model', home, REPLACEABLE)}")
    if not hasattr(sys.modules[home], short):
        own = [each.__name__ for each in inventory.functions(sys.modules[home])]
        raise ReplacementError(f"{home}: {unknown('function', short, own)}")
    return getattr(sys.modules[home], short)


def _check_arguments(name: str, original: Callable[..., Any], by: Callable[..., Any]) -> None:
    """Refuse what could not be called as the rule is."""
    if not callable(by):
        raise ReplacementError(f"{by!r} cannot be called; give a function in the place of {name}.")
    wanted = [p for p in inspect.signature(original).parameters.values() if p.default is p.empty]
    try:
        inspect.signature(by).bind(*wanted)
    except TypeError as error:
        raise ReplacementError(
            f"what is to replace {name} takes other arguments ({error}); take {inspect.signature(original)}."
        ) from error
    except ValueError:  # a function that does not tell its arguments
        return


def _loaded() -> list[ModuleType]:
    """Modules of the package that are loaded."""
    return [module for name, module in list(sys.modules.items()) if name.startswith("sim.") and module is not None]


def _holding(module: ModuleType, value: object) -> Iterator[tuple[ModuleType, str]]:
    yield from ((module, name) for name, held in list(vars(module).items()) if held is value)


def _code(function: object) -> str:
    code = getattr(function, "__code__", None)
    return inventory.of_code(code) if code is not None else hashlib.sha256(repr(type(function)).encode()).hexdigest()


def _changed(module: ModuleType, own: set[int]) -> Iterator[str]:
    """Yield the names of a module that stand for something else than its text says."""
    imported, defined = _bindings(module.__name__)
    held = vars(module)
    for name, (home, original) in imported.items():
        expected = getattr(sys.modules.get(home), original, None)
        if name in held and held[name] is not expected and id(held[name]) not in own and held[name] != expected:
            yield name
    for name in defined:
        if id(held.get(name)) not in own and not _is_own(held.get(name), module, name):
            yield name


def _is_own(value: object, module: ModuleType, name: str) -> bool:
    if not isinstance(value, FunctionType | inventory.Cached):
        return False
    return (value.__module__, value.__qualname__) == (module.__name__, name)


@cache
def _bindings(name: str) -> tuple[dict[str, tuple[str, str]], tuple[str, ...]]:
    """Read a module's text: the names that it takes from others of the package, and the functions that it defines."""
    body = ast.parse(inspect.getsource(sys.modules[name])).body
    imported = {
        each.asname or each.name: (node.module, each.name)
        for node in body
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("sim.")
        for each in node.names
    }
    return imported, tuple(node.name for node in body if isinstance(node, ast.FunctionDef))
