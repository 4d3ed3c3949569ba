"""The generation of runs: a digest of all that decides their figures and is the same in every run of a process.

The code and constants of the model count as they are in memory, so that whoever changes one in a notebook gets another
generation, and whoever installs another version under a running study does not. Remarks, and where code stands, do not
count.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from sim.engines import inventory, replacement
from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.scenario import Scenario
from sim.outcomes.origin import software

BESIDES = (
    "sim.model.blocks", "sim.model.reference", "sim.inputs.limits", "sim.inputs.scenario", "sim.engines",
    "sim.engines.events", "sim.engines.start", "sim.engines.start.graph", "sim.engines.start.people",
    "sim.engines.start.staff", "sim.engines.start.steady_state", "sim.engines.start.tables",
    "sim.outcomes.measures", "sim.outcomes.months", "sim.outcomes.segments", "sim.running.record",
)  # fmt: skip
"""Modules that decide figures beside those that `sim.engines.inventory` lists."""
MODULES = (*inventory.MODEL, *BESIDES)
MACHINE_CODE = "compiled"
"""Package beside the engines that only shapes machine code: it counts as it lies on disk, as loading it takes long."""
SIMPLE = (bool, int, float, str, bytes, type(None))
ADDRESS = " at 0x"
"""How Python shows a thing that has no words of its own."""
ARGUMENTS = 512
"""Arguments for which functions of the libraries are asked, to see how their last bits fall."""


def generation() -> str:
    """Return the digest of all that is the same in every run of this process: code, numbers, libraries, platform."""
    found = hashlib.sha256(_around().encode())
    for name in MODULES:
        found.update(_module(import_module(name)).encode())
    return found.hexdigest()


@cache
def first_generation() -> str:
    """Return the generation of this process as it was when this was first asked for, before anything was run."""
    return generation()


def why_not(settings: Iterable[Scenario] = ()) -> str:
    """Say why runs of this process may not be stored; nothing when they may.

    A digest says little about a function that somebody has put in the place of one of the model's own, and a model
    that was changed after runs may still hold numbers that it worked out before.

    Parameters
    ----------
    settings : scenarios to be run.
    """
    own = replacement.active() or inventory.strangers(MODULES)
    own += dict.fromkeys(type(each).__qualname__ for each in settings if type(each) is not Scenario)
    if own:
        return f"{', '.join(own)} {'is' if len(own) == 1 else 'are'} not the model's own"
    before = first_generation()
    return "" if generation() == before else "the model was changed in this process after it was first used"


# -- what lies around the code ---------------------------------------------------------------------------------------


@cache
def _around() -> str:
    """Digest of numbers, readings, libraries and platform, which nothing changes while a process runs."""
    about: dict[str, object] = {**software(), **_machine()}
    about["parameters"] = [(name, _text(p.value), _text(dict(p.by_segment))) for name, p in load().items()]
    about["readings"] = [(name, repr(reading)) for name, reading in evidence.readings().items()]
    about["machine code"] = _machine_code()
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _machine_code() -> str:
    files = sorted((Path(inventory.__file__).parent / MACHINE_CODE).glob("*.py"))
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()


def _machine() -> dict[str, str]:
    """What decides the last bit of a logarithm beside the libraries: the system, and the processor by what it answers.

    Mathematical libraries have several versions of a function, and take the one that suits the processor.
    """
    at = np.linspace(0.001, 30.0, ARGUMENTS)
    scalar = [f(x) for f in (math.exp, math.log, math.log1p, math.expm1, math.tanh, math.erf) for x in at.tolist()]
    scalar += [math.pow(x, 1.0 / 3.0) for x in at.tolist()]
    blocks = [f(at) for f in (np.exp, np.log, np.log1p, np.sqrt)] + [at**0.3, np.cumsum(at), at.sum(keepdims=True)]
    answers = hashlib.sha256(np.concatenate([np.array(scalar), *blocks]).astype("<f8").tobytes()).hexdigest()
    about = {"system": platform.system(), "machine": platform.machine(), "libc": " ".join(platform.libc_ver())}
    return about | {"answers": answers}


# -- code and constants in memory ------------------------------------------------------------------------------------


def _module(module: ModuleType) -> str:
    """Text for what a module's names stand for, in the order of names; its parts that somebody has loaded are none."""
    items = [
        (name, value)
        for name, value in sorted(vars(module).items())
        if not name.startswith("__") and not _is_part(value, module)
    ]
    return "\n".join(f"{module.__name__}.{name} = {_text(value, module.__name__)}" for name, value in items)


def _is_part(value: object, package: ModuleType) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith(f"{package.__name__}.")


def _text(value: Any, home: str = "") -> str:
    """Text for a thing, the same in every process; of classes of the module ``home`` with all that is in them."""
    if type(value) in SIMPLE:
        return repr(value)
    plain = _plain(value, home)
    if plain is not None:
        return plain
    kind = type(value).__qualname__
    if isinstance(value, dict):
        return f"{kind}{[(_text(key, home), _text(entry, home)) for key, entry in value.items()]}"
    if isinstance(value, set | frozenset):
        return f"{kind}{sorted(_text(entry, home) for entry in value)}"
    if isinstance(value, tuple | list):
        return f"{kind}{[_text(entry, home) for entry in value]}"
    if is_dataclass(value):
        return f"{kind}{[(f.name, _text(getattr(value, f.name), home)) for f in fields(value)]}"
    shown = repr(value)
    return f"{type(value).__module__}.{kind}{'' if ADDRESS in shown else shown}"


def _plain(value: Any, home: str) -> str | None:
    """Text for code, modules, classes and arrays; None for anything else."""
    if isinstance(value, FunctionType):
        return _function(value, home)
    if isinstance(value, type):
        return _class(value, home)
    if isinstance(value, ModuleType | BuiltinFunctionType):
        return f"{value.__name__} of {getattr(value, '__module__', '')}"
    if isinstance(value, np.ndarray) and value.dtype != object:
        return f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    inside = _inside(value)
    return None if inside is None else f"{type(value).__qualname__}{[_text(entry, home) for entry in inside]}"


def _inside(value: Any) -> tuple[Any, ...] | None:
    """What something that wraps functions wraps; None when it is no such thing."""
    if isinstance(value, inventory.Cached):
        return (value.__wrapped__,)
    if isinstance(value, staticmethod | classmethod):
        return (value.__func__,)
    if isinstance(value, property):
        return value.fget, value.fset, value.fdel
    if isinstance(value, partial):
        return value.func, value.args, value.keywords
    return None


def _function(function: FunctionType, home: str) -> str:
    taken = [cell.cell_contents for cell in function.__closure__ or ()]
    given = _text((function.__defaults__, function.__kwdefaults__, taken), home)
    return f"{function.__module__} {inventory.of_code(function.__code__)} {given}"


def _class(value: type, home: str) -> str:
    """Text for a class: its name, and when it is of the module in question, its functions and constants."""
    name = f"{value.__module__}.{value.__qualname__}"
    if value.__module__ != home:
        return name
    members = sorted((key, entry) for key, entry in vars(value).items() if not key.startswith("__") or callable(entry))
    return f"{name}{[(key, _text(entry, '')) for key, entry in members]}"
