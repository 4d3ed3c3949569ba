"""Which engine runs: what the compiled one cannot do, and when it pays."""

from __future__ import annotations

import os
from typing import Literal

from sim.engines import inventory
from sim.engines.floor import LAST_INSTANT, MOST_SERVERS
from sim.state import DAY, YEAR_DAYS

Engine = Literal["auto", "readable", "compiled"]
ENGINES: tuple[str, ...] = ("auto", "readable", "compiled")
Kind = Literal["company", "bare"]

# What "auto" reckons with, as benchmarks found it: seconds of the readable engine, and what is lost before the compiled
# one answers. They decide how long one waits, never what comes out.
READABLE_PERSON_YEAR = 100e-6
READABLE_CONTACT = 30e-6
LOADING = 1.0
COMPILING = 30.0


DEFAULT = "CXSIM_ENGINE"
"""Environment variable that says which engine "auto" is."""


class EngineError(ValueError):
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


def refusal(servers: int, ticks: int) -> str:
    """Say why the compiled engine cannot run something; nothing when it can."""
    own = inventory.strangers()
    if own:
        return f"{', '.join(own)} is not the model's own function, and Numba has compiled that one"
    if servers > MOST_SERVERS:
        return f"{servers} agents and managers are more than its {MOST_SERVERS}"
    if ticks > LAST_INSTANT - MOST_SERVERS:
        return f"{ticks / DAY / YEAR_DAYS:.0f} years are more than its {LAST_INSTANT / DAY / YEAR_DAYS:.0f}"
    return ""


def _pays(kind: Kind, seconds: float) -> bool:
    """Whether the compiled engine answers sooner, the time to load or make it included."""
    if seconds < LOADING:
        return False
    from sim.engines.compiled import kernels

    return seconds > COMPILING or kernels.at_hand(kind)
