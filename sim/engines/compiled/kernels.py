"""Kernels: the event loops of sim/engines/loops.py as machine code, from the cache or compiled now."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numba
import numpy as np
from numba.extending import overload, register_jitable

from sim.engines import inventory, loops
from sim.engines.compiled import cache, native
from sim.model import draws
from sim.model.state import expect

# Kernels run outside Python's lock, and divide as C does: nothing here divides by zero, or the readable engine says so.
OPTIONS = {"nogil": True, "error_model": "numpy"}
# Parts of a kernel are called by kernels only.
PART = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# What a case goes through at every event is compiled into the loop itself: a call costs more than most of it does.
INLINE_MODULES = (
    "sim.engines.loops",
    "sim.engines.floor",
    "sim.model.steps.bare",
    "sim.model.steps.books",
    "sim.model.rules.chance",
)
INLINE = {"bare_step"}
# What happens seldom, or is long, stays apart.
APART = {
    "run_bare", "run_company", "man", "leave", "change_shift", "man_seats", "start_day", "gather", "call_managers",
    "time_out", "abandon", "settle", "normal_quantile", "sort_today", "_sort_digit", "_sweep",
}  # fmt: skip

Kernel = Callable[..., int]
LAYOUT_DIGITS = 16
SIGNATURE = {"bare": "int64(int64, int64, int64, int64, int64)", "company": "int64(int64, int64, int64, int64)"}


@overload(draws.uniform, jit_options=PART | {"forceinline": True})
def _uniform(keys: Any, stream: Any, entity: Any, occasion: Any) -> Callable[..., float]:
    """Give the twin of `sim.model.draws.uniform` in 64-bit arithmetic, which wraps by itself."""
    golden, second = np.uint64(draws.GOLDEN), np.uint64(draws.SECOND)
    first_multiplier, second_multiplier = np.uint64(draws.FIRST_MULTIPLIER), np.uint64(draws.SECOND_MULTIPLIER)
    keep, step = np.uint64(draws.KEEP), draws.STEP

    def uniform(keys: Any, stream: Any, entity: Any, occasion: Any) -> float:
        z = keys[stream] + np.uint64(entity) * golden
        z = (z ^ (z >> np.uint64(30))) * first_multiplier
        z = (z ^ (z >> np.uint64(27))) * second_multiplier
        z = (z ^ (z >> np.uint64(31))) + np.uint64(occasion) * second
        z = (z ^ (z >> np.uint64(30))) * first_multiplier
        z = (z ^ (z >> np.uint64(27))) * second_multiplier
        return (np.float64((z ^ (z >> np.uint64(31))) >> keep) + 0.5) * step

    return uniform


def _register() -> None:
    """Let Numba compile the model's functions where a kernel calls them."""
    for name in inventory.MODULES:
        for function in inventory.functions(import_module(name)):
            if function in (draws.uniform, expect):
                continue
            short = function.__name__
            inline = short in INLINE or (name in INLINE_MODULES and short not in APART)
            register_jitable(**PART, forceinline=inline)(function)


_register()
_ready: dict[tuple[object, ...], Kernel] = {}
_lock = threading.Lock()


def kernel(what: str, structures: Sequence[Any]) -> Kernel:
    """Return the kernel, "company" or "bare", for structures of this layout (named tuples of arrays)."""
    kinds = [native.structure(type(structure).__name__, structure) for structure in structures]
    key = (what, *(kind.name for kind in kinds))
    with _lock:
        if key not in _ready:
            _ready[key] = _made(what, kinds)
        return _ready[key]


def _made(what: str, kinds: list[native.Structure]) -> Kernel:
    inventory.as_compiled()
    function = _bare(*kinds) if what == "bare" else _company(*kinds)
    dispatcher = numba.njit(**OPTIONS)(function)
    layout = hashlib.sha256(repr([kind.name for kind in kinds]).encode()).hexdigest()
    cache.load_or_compile(f"{what}-{digest()}-{layout[:LAYOUT_DIGITS]}", dispatcher, SIGNATURE[what])
    return dispatcher


def digest() -> str:
    """Return the digest of what kernels are made from: the model, this engine, options, libraries, processor."""
    more = (sorted(OPTIONS.items()), sorted(PART.items()), INLINE_MODULES, sorted(INLINE), sorted(APART))
    return inventory.digest(more, cache.versions(), inventory.source("sim.engines.compiled"))


def at_hand(what: str) -> bool:
    """Whether a kernel of this kind is loaded, or lies in the cache."""
    return any(key[0] == what for key in _ready) or cache.holds(f"{what}-{digest()}")


def _company(state_kind: Any, params_kind: Any, floor_kind: Any) -> Kernel:
    def company(state: int, params: int, room: int, until: int) -> int:
        return loops.run_company(
            native.at_address(state_kind, state),
            native.at_address(params_kind, params).params,
            native.at_address(floor_kind, room),
            until,
        )

    return company


def _bare(state_kind: Any, params_kind: Any, floor_kind: Any, plan_kind: Any) -> Kernel:
    def bare(state: int, params: int, room: int, plan: int, until: int) -> int:
        return loops.run_bare(
            native.at_address(state_kind, state),
            native.at_address(params_kind, params).params,
            native.at_address(floor_kind, room),
            native.at_address(plan_kind, plan).plan,
            until,
        )

    return bare
