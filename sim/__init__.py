"""cxsim: what a service policy does to waits, retention, word of mouth and profit.

>>> import sim
>>> scenario = sim.Scenario.load("small_company")
>>> policy = sim.Empowerment(level=0.95)

``sim.compare(scenario, [policy])`` then runs both and returns a `Study`; ``sim.queue`` is the bare contact
centre. A name is loaded when it is first used: ``import sim`` alone loads none of the libraries behind it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.checks.audit import audit
    from sim.checks.diff_engines import diff_engines
    from sim.company.calibration import calibrate
    from sim.company.fitting import fit
    from sim.company.numbers import Company
    from sim.company.overlay import overlay
    from sim.company.records import records
    from sim.contact_centre import queue
    from sim.engines.replacement import replace
    from sim.inputs import evidence, parameters
    from sim.inputs.changes import what_if
    from sim.inputs.policies import (
        Admission,
        Attitude,
        Belief,
        Bundle,
        Callback,
        Change,
        EarnedMedia,
        Empathy,
        Empowerment,
        Escalation,
        ExtraStep,
        Feedback,
        FollowUp,
        FreeHelp,
        InviteComplaints,
        Listening,
        LoyaltyReward,
        PestRule,
        Policy,
        Pricing,
        Priorities,
        Promises,
        Rapport,
        Recovery,
        SecondOpinion,
        ServiceTarget,
        SingleOwner,
        SomethingExtra,
        Staffing,
        ThreeTimesRule,
        Training,
        Transparency,
        Updates,
        Venting,
        bundle,
    )  # fmt: skip
    from sim.inputs.scenario import Scenario
    from sim.outcomes import measures
    from sim.outcomes.interrupted import Interrupted
    from sim.outcomes.loading import load
    from sim.outcomes.results import Study
    from sim.outcomes.tracing import log, trace
    from sim.running.experiment import Series, compare, run
    from sim.studies.choose import choose
    from sim.studies.explain import explain
    from sim.studies.futures import futures, to_ema
    from sim.studies.rankings import rankings
    from sim.studies.search import search
    from sim.studies.sensitivity import sensitivity
    from sim.studies.warm_up import warm_up

    __version__: str

__all__ = [
    "Admission", "Attitude", "Belief", "Bundle", "Callback", "Change", "Company", "EarnedMedia", "Empathy",
    "Empowerment", "Escalation", "ExtraStep", "Feedback", "FollowUp", "FreeHelp", "Interrupted", "InviteComplaints",
    "Listening", "LoyaltyReward", "PestRule", "Policy", "Pricing", "Priorities", "Promises", "Rapport", "Recovery",
    "Scenario", "SecondOpinion", "Series", "ServiceTarget", "SingleOwner", "SomethingExtra", "Staffing", "Study",
    "ThreeTimesRule", "Training", "Transparency", "Updates", "Venting", "__version__", "audit", "bundle",
    "calibrate", "choose", "compare", "diff_engines", "evidence", "explain", "fit", "futures", "load", "log",
    "measures", "overlay", "parameters", "queue", "rankings", "records", "replace", "run", "search", "sensitivity",
    "to_ema", "trace", "warm_up", "what_if",
]  # fmt: skip

_HOMES = {
    "Company": "sim.company.numbers",
    "Interrupted": "sim.outcomes.interrupted",
    "Scenario": "sim.inputs.scenario",
    "Series": "sim.running.experiment",
    "Study": "sim.outcomes.results",
    "audit": "sim.checks.audit",
    "calibrate": "sim.company.calibration",
    "choose": "sim.studies.choose",
    "compare": "sim.running.experiment",
    "diff_engines": "sim.checks.diff_engines",
    "evidence": "sim.inputs",
    "explain": "sim.studies.explain",
    "fit": "sim.company.fitting",
    "futures": "sim.studies.futures",
    "load": "sim.outcomes.loading",
    "log": "sim.outcomes.tracing",
    "measures": "sim.outcomes",
    "overlay": "sim.company.overlay",
    "parameters": "sim.inputs",
    "queue": "sim.contact_centre",
    "rankings": "sim.studies.rankings",
    "records": "sim.company.records",
    "replace": "sim.engines.replacement",
    "run": "sim.running.experiment",
    "search": "sim.studies.search",
    "sensitivity": "sim.studies.sensitivity",
    "to_ema": "sim.studies.futures",
    "trace": "sim.outcomes.tracing",
    "warm_up": "sim.studies.warm_up",
    "what_if": "sim.inputs.changes",
}
_POLICIES = "sim.inputs.policies"
"""Home of every public name that is not in the table above."""
_MODULES = frozenset({"evidence", "measures", "parameters"})


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from sim.engines.inventory import release

        return release()
    if name not in __all__:
        raise AttributeError(f"module 'sim' has no attribute {name!r}; it has {', '.join(__all__)}")
    home = _HOMES.get(name, _POLICIES)
    return import_module(f"{home}.{name}") if name in _MODULES else getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
