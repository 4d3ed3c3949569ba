"""The compiled engine."""

from __future__ import annotations

import types
from importlib import import_module
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import overload, register_jitable

from sim import draws
from sim.engines import floor as f
from sim.engines import loops, transitions
from sim.engines.compiled import native
from sim.state import *
from sim.steps.books import change, settle


@overload(draws.uniform, jit_options=dict(forceinline=True,no_cpython_wrapper=True, no_cfunc_wrapper=True))
def _uniform(keys: Any, stream: Any, entity: Any, occasion: Any) -> Any:
    golden, second = np.uint64(draws.GOLDEN), np.uint64(draws.SECOND)
    a, b = np.uint64(draws.FIRST_MULTIPLIER), np.uint64(draws.SECOND_MULTIPLIER)
    step, keep = draws.STEP, np.uint64(draws.KEEP)

    def impl(keys: Any, stream: Any, entity: Any, occasion: Any) -> float:
        z = keys[stream] + np.uint64(entity) * golden
        z = (z ^ (z >> np.uint64(30))) * a
        z = (z ^ (z >> np.uint64(27))) * b
        z = (z ^ (z >> np.uint64(31))) + np.uint64(occasion) * second
        z = (z ^ (z >> np.uint64(30))) * a
        z = (z ^ (z >> np.uint64(27))) * b
        return (np.float64((z ^ (z >> np.uint64(31))) >> keep) + 0.5) * step

    return impl


COLD = {"_sweep", "change_shift", "settle", "normal_quantile", "man", "leave", "abandon", "time_out", "sort_today", "_sort_digit", "run_bare", "run_company", "call_managers"}
def hot(module, name):
    return name not in COLD and module in ("sim.engines.loops", "sim.engines.floor", "sim.steps.bare", "sim.steps.books", "sim.rules.chance") or name == "bare_step"
MODULES = [
    *("sim.rules." + n for n in "chance market experience loyalty referral handling authority staff".split()),
    *("sim.steps." + n for n in "books calendar standing referral cases market contacts company bare".split()),
    "sim.engines.transitions", "sim.engines.floor", "sim.engines.loops",
]
for name in MODULES:
    module = import_module(name)
    for f_ in list(vars(module).values()):
        if isinstance(f_, types.FunctionType) and f_.__module__ == name:
            register_jitable(error_model='numpy', no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=hot(name, f_.__name__))(f_)
register_jitable(draws.occasion)

OPT = dict(nogil=True, error_model="numpy")


class Params(NamedTuple):
    table: Any


def kernel_bare(state, params, floor, plan, until):
    class Wrapped(NamedTuple):
        table: Any
    P, S = Params(params), Params(plan)
    key = (state and native.structure("State", state, RECORDS), native.structure("Params", P, ("table",)), native.structure("Floor", floor, ("server", "slot")), native.structure("Plan", S))
    names = tuple(k.name for k in key)
    if names not in KERNELS:
        ST, PT, FT, LT = key
        @numba.njit("int64(int64,int64,int64,int64,int64)", **OPT)
        def k(s, p, f, l, until):
            return loops.run_bare(native.at_address(ST, s), native.at_address(PT, p).table, native.at_address(FT, f), native.at_address(LT, l).table, until)
        KERNELS[names] = k
    tables = [native.table(x, r) for x, r in ((state,RECORDS), (P,('table',)), (floor,('server','slot')), (S,()))]
    return KERNELS[names](*(t.ctypes.data for t in tables), until)

KERNELS = {}

def grow(state, floor):
    size = state.case.shape[1]
    free = state.company_i[FREE_SLOTS]
    more = size
    stack = np.zeros(size + more, dtype=state.free.dtype)
    stack[:free] = state.free[:free]
    stack[free : free + more] = np.arange(size + more - 1, size - 1, -1)
    state = state._replace(case=more_records(state.case, more), case_f=more_records(state.case_f, more), free=stack)
    state.company_i[FREE_SLOTS] += more
    for ring, start, count in ((f.STARTED, f.STARTED_FROM, f.STARTED_COUNT), (f.WOKEN, f.WOKEN_FROM, f.WOKEN_COUNT)):
        floor.slot[ring] = np.roll(floor.slot[ring], -floor.clock[start])
        floor.clock[start] = 0
    heap = np.zeros((f.heap_room(size + more), f.HEAP_FIELDS), dtype=np.int64)
    heap[: len(floor.heap)] = floor.heap
    return state, floor._replace(slot=more_records(floor.slot, more), heap=heap)


def company_kernel(state, params, floor):
    P = Params(params)
    key = (native.structure("State", state, RECORDS), native.structure("Params", P, ("table",)), native.structure("Floor", floor, ("server", "slot")))
    names = ("company", *(k.name for k in key))
    if names not in KERNELS:
        ST, PT, FT = key
        @numba.njit("int64(int64,int64,int64,int64)", **OPT)
        def k(s, p, f, until):
            return loops.run_company(native.at_address(ST, s), native.at_address(PT, p).table, native.at_address(FT, f), until)
        KERNELS[names] = k
    return KERNELS[names]


def run_company(state, phases, days, each_day):
    table = np.array(phases[0][1], order="F")
    from sim.table import MANAGERS, PRIORITY_CLASS
    managers = max(int(v[MANAGERS, 0] + 0.5) for _, v in phases)
    lines = 1 + max(int(v[PRIORITY_CLASS].max()) for _, v in phases)
    floor = f.build_floor(state.agent_i.shape[1], managers, lines, state.case.shape[1], state.person.shape[1])
    from sim.steps.calendar import is_open, next_shift
    s = views(state)
    floor.clock[f.SHIFT] = (0 if is_open(s, 0) else next_shift(s, 0)) << f.RANK_BITS | RANK_SHIFT
    floor.clock[f.BOUNDARY] = RANK_DAY
    log = []
    rest = list(phases[1:])
    day = 0
    kernel = company_kernel(state, table, floor)
    while day < days:
        while rest and rest[0][0] <= day:
            table[:] = rest.pop(0)[1]
        each_day(day)
        until = min([days, day + 30, *(start for start, _ in rest[:1])])
        while True:
            tables = [native.table(x, r) for x, r in ((state,RECORDS), (Params(table),('table',)), (floor,('server','slot')))]
            why = kernel(*(t.ctypes.data for t in tables), until * DAY)
            if why == loops.NEEDS_SLOTS:
                state, floor = grow(state, floor)
            elif why == loops.NEEDS_LOG:
                rows = state.company_i[LOG_ROWS]
                log.append((state.log_i[:, :rows].copy(), state.log_f[:, :rows].copy()))
                state.company_i[LOG_ROWS] = 0
            else:
                break
        day = until
    settle(state, days * DAY)
    rows = state.company_i[LOG_ROWS]
    log.append((state.log_i[:, :rows].copy(), state.log_f[:, :rows].copy()))
    return state, log


def run_bare(state, params, managers, shifts, advance, kernel=None):
    kernel = kernel or kernel_bare
    end = int(state.company_i[BUCKET] * state.company_i[BUCKETS])
    floor = f.build_floor(state.agent_i.shape[1], managers, params.shape[1], state.case.shape[1], 1)
    clock = floor.clock
    clock[f.MANAGERS] = managers
    change(state, MANAGERS_ON_DUTY, managers, 0)
    plan = np.array(shifts, dtype=np.int64)
    from sim.steps import bare
    first = bare.next_arrival(views(state), 0)
    clock[f.ARRIVAL] = first << f.RANK_BITS | RANK_ARRIVAL if first >= 0 else f.NEVER
    clock[f.SHIFT] = plan[0, 0] << f.RANK_BITS | RANK_SHIFT
    clock[f.BOUNDARY] = state.company_i[BUCKET] << f.RANK_BITS | RANK_DAY
    while kernel(state, params, floor, plan, end) == loops.NEEDS_SLOTS:
        state, floor = grow(state, floor)
    settle(state, end)
    return state
