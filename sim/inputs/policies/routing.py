"""How contacts find an agent: how soon, in which order, and whether it is somebody who knows the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs


@dataclass(frozen=True, kw_only=True)
class ServiceTarget(Policy):
    """Staff so that calls are answered by the first ring, whatever the load.

    Parameters
    ----------
    beta : safety of the square-root rule: seats = load + beta x root of load (more: shorter waits).
    """

    beta: float | str = 1.6

    name: ClassVar[str] = "service-target"
    sentence: ClassVar[str] = "Calls are answered by the first ring: the number of agents follows the load."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-first-ring", "rules-2018-do-not-wait", "excellence-defined-speed")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("beta", "ratio", 0.0)

    def changes(self, base: Base) -> list[Change]:
        """Let the number of agents follow the load with that safety (wages and hiring are booked as such)."""
        changes: list[Change] = [("staffing_beta", "set", float(self.beta))]
        if base("staffing_follows") == 0.0:
            changes.insert(0, ("staffing_follows", "set", 1.0))
        return changes

    def _setting(self) -> str:
        return f" {float(self.beta):g}"


@dataclass(frozen=True, kw_only=True)
class Priorities(Policy):
    """Serve callers with an issue before those with an enquiry or a request.

    Parameters
    ----------
    None of its own: it is on at any strength above 0.
    """

    name: ClassVar[str] = "priorities"
    sentence: ClassVar[str] = "Customers who report a problem are served first."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-quick-resolution", "rules-2018-do-not-wait")

    def changes(self, base: Base) -> list[Change]:
        """Put issues first and charge the change of the telephone system."""
        return [("issues_first", "set", 1.0), *costs(base, launch="priorities_launch")]


@dataclass(frozen=True, kw_only=True)
class Callback(Policy):
    """Offer to call back in turn when the wait is long.

    Parameters
    ----------
    accepted : chance that a caller who is told a long wait takes up the offer.
    """

    accepted: float | str = 0.6

    name: ClassVar[str] = "callback"
    sentence: ClassVar[str] = "Instead of waiting on the line, customers can be called back in turn."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-do-not-wait",)
    shares: ClassVar[tuple[str, ...]] = ("accepted",)
    shown: ClassVar[str] = "accepted"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance and charge the telephone system."""
        return [
            ("callback", "set", float(self.accepted)),
            *costs(base, launch="callback_launch", running="callback_running"),
        ]


@dataclass(frozen=True, kw_only=True)
class SingleOwner(Policy):
    """Give each case an owner, so that nobody has to tell the story twice.

    Parameters
    ----------
    share : chance that a case has an owner.
    """

    share: float | str = 0.9

    name: ClassVar[str] = "single-owner"
    sentence: ClassVar[str] = "Each case has one owner, and the customer explains it once."
    claims: ClassVar[tuple[str, ...]] = (
        "rules-2018-explain-again",
        "rules-2018-passed-around",
        "rules-2018-not-listening",
    )
    shares: ClassVar[tuple[str, ...]] = ("share",)
    shown: ClassVar[str] = "share"

    def changes(self, base: Base) -> list[Change]:
        """Set the share of cases with an owner and charge the system that knows them."""
        return [
            ("single_owner", "set", float(self.share)),
            *costs(base, launch="single_owner_launch", agent="single_owner_agent"),
        ]
