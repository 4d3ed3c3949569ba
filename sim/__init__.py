"""cxsim: what a service policy does to waits, retention, word of mouth and profit.

>>> import sim
>>> scenario = sim.Scenario.load("small_company")
>>> policy = sim.Empowerment(level=0.95)

``sim.compare(scenario, [policy])`` then runs both and returns a `Study`; ``sim.queue`` is the bare contact
centre. Names are loaded when they are first used: ``import sim`` alone loads none of the libraries that they
need.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import evidence, measures, parameters, rankings
    from sim.actuals import overlay
    from sim.audit import audit
    from sim.bookkeeping import records
    from sim.calibration import calibrate
    from sim.difference import diff_engines
    from sim.experiment import Series, compare, run
    from sim.explanation import explain
    from sim.fitting import fit
    from sim.futures import futures, to_ema
    from sim.numbers import Company
    from sim.policies import Empowerment, Escalation, Rapport, SecondOpinion, Staffing, Training
    from sim.queue import queue
    from sim.results import Study
    from sim.scenario import Scenario
    from sim.search import search
    from sim.selection import choose
    from sim.sensitivity import sensitivity
    from sim.story import log, trace
    from sim.warmup import warm_up

    __version__: str

__all__ = [
    "Company",
    "Empowerment",
    "Escalation",
    "Rapport",
    "Scenario",
    "SecondOpinion",
    "Series",
    "Staffing",
    "Study",
    "Training",
    "__version__",
    "audit",
    "calibrate",
    "choose",
    "compare",
    "diff_engines",
    "evidence",
    "explain",
    "fit",
    "futures",
    "log",
    "measures",
    "overlay",
    "parameters",
    "queue",
    "rankings",
    "records",
    "run",
    "search",
    "sensitivity",
    "to_ema",
    "trace",
    "warm_up",
]

# Inside the package too, a small run must not wait for libraries that it does not need. Modules say ``import
# scipy`` and name its parts in full, because SciPy loads a part when it is first used; pandas and loky are
# imported by the functions that return frames and start processes, unless a module does nothing else.
_HOMES = {
    "Company": "sim.numbers",
    "Scenario": "sim.scenario",
    "Series": "sim.experiment",
    "Study": "sim.results",
    "calibrate": "sim.calibration",
    "choose": "sim.selection",
    "compare": "sim.experiment",
    "diff_engines": "sim.difference",
    "explain": "sim.explanation",
    "fit": "sim.fitting",
    "log": "sim.story",
    "overlay": "sim.actuals",
    "records": "sim.bookkeeping",
    "run": "sim.experiment",
    "to_ema": "sim.futures",
    "trace": "sim.story",
    "warm_up": "sim.warmup",
} | dict.fromkeys(("Empowerment", "Escalation", "Rapport", "SecondOpinion", "Staffing", "Training"), "sim.policies")
_SUBMODULES = ("evidence", "measures", "parameters", "rankings")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _SUBMODULES:
        return import_module(f"sim.{name}")
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'sim' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("cxsim")
    except PackageNotFoundError:
        return "not installed"


class _Package(ModuleType):
    """The package, with its functions ``audit``, ``futures``, ``queue``, ``search`` and ``sensitivity`` at all times.

    Importing the submodule sim/queue makes Python assign the module to ``sim.queue``. A property accepts
    that and keeps giving the function; the module's other names are had by ``from sim.queue import ...``.
    """

    @property
    def audit(self) -> Any:
        return import_module("sim.audit").audit

    @audit.setter
    def audit(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""

    @property
    def futures(self) -> Any:
        return import_module("sim.futures").futures

    @futures.setter
    def futures(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""

    @property
    def queue(self) -> Any:
        return import_module("sim.queue").queue

    @queue.setter
    def queue(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""

    @property
    def search(self) -> Any:
        return import_module("sim.search").search

    @search.setter
    def search(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""

    @property
    def sensitivity(self) -> Any:
        return import_module("sim.sensitivity").sensitivity

    @sensitivity.setter
    def sensitivity(self, module: ModuleType) -> None:
        """Leave the module where it is: in ``sys.modules``."""


sys.modules[__name__].__class__ = _Package
