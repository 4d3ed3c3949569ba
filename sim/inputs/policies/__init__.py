"""What a planner may change: small frozen objects, the one catalogue of them, and the documents' bundles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from sim.errors import unknown, words
from sim.inputs.policies.authority import Empowerment, Escalation, SecondOpinion
from sim.inputs.policies.bundles import BUNDLES, bundle, together
from sim.inputs.policies.care import ExtraStep, FreeHelp, SomethingExtra
from sim.inputs.policies.change import Change
from sim.inputs.policies.listening import EarnedMedia, Feedback, InviteComplaints, Listening, ThreeTimesRule
from sim.inputs.policies.loyalty import LoyaltyReward, PestRule, Pricing
from sim.inputs.policies.people import Attitude, Empathy, Rapport, Staffing, Training, Venting
from sim.inputs.policies.policy import COSTS, Bundle, Policy, PolicyError, Row, is_switch
from sim.inputs.policies.promises import Promises, Transparency, Updates
from sim.inputs.policies.recovery import Admission, Belief, FollowUp, Recovery
from sim.inputs.policies.routing import Callback, Priorities, ServiceTarget, SingleOwner

__all__ = [
    "BUNDLES", "CATALOGUE", "COSTS", "FAMILIES", "Admission", "Attitude", "Belief", "Bundle", "Callback", "Change",
    "EarnedMedia", "Empathy", "Empowerment", "Escalation", "ExtraStep", "Feedback", "FollowUp", "FreeHelp",
    "InviteComplaints", "Listening", "LoyaltyReward", "PestRule", "Policy", "PolicyError", "Pricing", "Priorities",
    "Promises", "Rapport", "Recovery", "Row", "SecondOpinion", "ServiceTarget", "SingleOwner", "SomethingExtra",
    "Staffing", "ThreeTimesRule", "Training", "Transparency", "Updates", "Venting", "bundle", "is_switch",
    "policy_from_dict", "together",
]  # fmt: skip

FAMILIES: dict[str, tuple[type[Policy], ...]] = {
    "Who may decide": (Empowerment, SecondOpinion, Escalation),
    "The team": (Staffing, Training, Rapport, Attitude, Empathy, Venting),
    "How contacts find an agent": (ServiceTarget, Priorities, Callback, SingleOwner),
    "What customers are told": (Promises, Transparency, Updates),
    "When something went wrong": (Belief, Admission, Recovery, FollowUp),
    "Listening": (InviteComplaints, EarnedMedia, Feedback, ThreeTimesRule, Listening),
    "Beyond what was asked": (SomethingExtra, ExtraStep, FreeHelp),
    "Loyalty and price": (LoyaltyReward, PestRule, Pricing),
}
CATALOGUE: dict[str, type[Policy]] = {kind.name: kind for family in FAMILIES.values() for kind in family}
KINDS: dict[str, type[Policy]] = CATALOGUE | {Change.name: Change}
"""All kinds of policy: those of the catalogue, and what a planner changes by name."""


def policy_from_dict(table: Mapping[str, object], where: str = "policy") -> Policy | Bundle:
    """Build a policy, or a document's bundle, from its TOML table; unknown names and settings are errors."""
    settings = dict(table)
    name = settings.pop("name", None)
    if name is not None:
        words(f"{where}: name", name, example="training", error=PolicyError)
    if name not in KINDS and name not in BUNDLES:
        known = [*CATALOGUE, *BUNDLES]
        raise PolicyError(f"{where}: {unknown('policy', name, known)}")
    kind = KINDS.get(str(name))
    known = [one.name for one in fields(kind)] if kind else ["strength", "start", "ramp"]
    for setting in settings:
        if setting not in known:
            raise PolicyError(f"{where}: {name} has no setting {setting!r}; it knows {', '.join(known)}.")
    try:
        return kind(**settings) if kind else bundle(str(name), **settings)  # type: ignore[arg-type]
    except PolicyError as error:
        raise PolicyError(f"{where}: {error}") from error
    except TypeError as error:
        raise PolicyError(f"{where}: {name}: {error}; correct the setting.") from error
