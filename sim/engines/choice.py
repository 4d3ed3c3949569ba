"""Which engine runs: what the compiled one cannot do, and when it pays."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Literal

from sim.engines import inventory, replacement
from sim.engines.floor import LAST_INSTANT, MOST_SERVERS
from sim.errors import InputError
from sim.model.clock import DAY, YEAR_DAYS

Engine = Literal["auto", "readable", "compiled"]
ENGINES: tuple[str, ...] = ("auto", "readable", "compiled")
Kind = Literal["company", "bare"]

# What "auto" reckons with, as benchmarks found it: seconds of the readable engine, and what is lost before the compiled
# one answers. They decide how long one waits, never what comes out.
READABLE_PERSON_YEAR = 140e-6
COMPILED_PERSON_YEAR = 1.7e-6
READABLE_CONTACT = 30e-6
LOADING = 1.0
COMPILING = 30.0
# A run leaves a year before the last instant: what begins in it must end before that too.
LONGEST_YEARS = LAST_INSTANT // (YEAR_DAYS * DAY) - 1

DEFAULT = "CXSIM_ENGINE"
"""Environment variable that says which engine "auto" is."""
NO_COMPILER = "NUMBA_DISABLE_JIT"
"""Environment variable of Numba's that leaves everything to Python."""


class EngineError(InputError):
    """An engine that cannot run what is asked of it: the message says why, and which one can."""


def chosen(engine: str, kind: Kind, seconds: float, servers: int, ticks: int) -> str:
    """Return "readable" or "compiled".

    Parameters
    ----------
    seconds : what the readable engine would take for all that is to be run, roughly.
    servers : agents and managers.
    ticks : length of a run.

    Raises
    ------
    EngineError : for an engine that is unknown, or cannot run this.
    """
    refuse_by_hand()
    where = "engine"
    if engine == "auto":
        engine, where = os.environ.get(DEFAULT, "auto"), DEFAULT
    if engine not in ENGINES:
        raise EngineError(f"{where} = {engine!r} is unknown; give one of {', '.join(ENGINES)}.")
    if engine == "readable":
        return engine
    why = refusal(servers, ticks)
    if engine == "compiled" and why:
        raise EngineError(f"the compiled engine cannot run this: {why}; use engine='readable', or 'auto'.")
    if engine == "auto" and (why or not _pays(kind, seconds)):
        return "readable"
    return "compiled"


def refuse_by_hand() -> None:
    """Refuse a model that was changed by hand: what ran before would decide whether the change is seen.

    Raises
    ------
    EngineError : names what was changed.
    """
    own = replacement.by_hand()
    if own:
        raise EngineError(
            f"{_listed(own)} was changed by hand, which other modules may not see; set it back, and use "
            "sim.replace(rule, by), which changes a rule everywhere."
        )


def refusal(servers: int, ticks: int, modules: Sequence[str] = inventory.MODEL) -> str:
    """Say why the compiled engine cannot run something; nothing when it can.

    Parameters
    ----------
    servers : agents and managers.
    ticks : length of the run.
    modules : in which everything must be the model's own.
    """
    own = replacement.active() or inventory.strangers(modules)
    if own:
        return f"{_listed(own)} is not the model's own, and only that is compiled"
    if inventory.changed():
        return "code or a constant of the model has changed since it was compiled in this process; restart Python"
    if os.environ.get(NO_COMPILER, "0") not in ("", "0"):
        return f"{NO_COMPILER} is set"
    if servers > MOST_SERVERS:
        return f"{servers:,} agents and managers are more than its {MOST_SERVERS:,}"
    if ticks > LONGEST_YEARS * YEAR_DAYS * DAY:
        return f"{ticks / DAY / YEAR_DAYS:.1f} years are more than its {LONGEST_YEARS}"
    return ""


def sharing(engine: str, workers: int) -> int:
    """Return how many workers can share the work of an engine.

    Other processes load the model as it is installed: what somebody has put in the place of one of its functions is
    not there. Everything is then done in this process, and a line on standard error says so.
    """
    own = replacement.active() or inventory.strangers() if engine == "readable" and workers > 1 else []
    if not own:
        return workers
    sys.stderr.write(f"cxsim: {_listed(own)} is of this process alone, so one worker does everything here.\n")
    return 1


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


def _pays(kind: Kind, seconds: float) -> bool:
    """Whether the compiled engine finishes first, the time to load or make it included."""
    if seconds < LOADING:
        return False
    from sim.engines.compiled import kernels

    return seconds > COMPILING or kernels.at_hand(kind)
