"""What is done for a customer beyond settling the matter: goodwill gestures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs


@dataclass(frozen=True, kw_only=True)
class SomethingExtra(Policy):
    """Throw in something small that nobody expected.

    Parameters
    ----------
    chance : chance that something comes with a purchase.
    """

    chance: float | str = 0.1

    name: ClassVar[str] = "something-extra"
    sentence: ClassVar[str] = "Now and then a purchase comes with something small that nobody expected."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-something-extra", "rules-2018-small-gestures")
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance and charge the idea; the things themselves are paid by purchase."""
        return [("extra_purchase", "set", float(self.chance)), *costs(base, launch="extra_launch")]


@dataclass(frozen=True, kw_only=True)
class ExtraStep(Policy):
    """Go a step further than was asked.

    Parameters
    ----------
    chance : chance that an agent takes the extra step in a contact.
    """

    chance: float | str = 0.5

    name: ClassVar[str] = "extra-step"
    sentence: ClassVar[str] = "Agents take one step more than they were asked for."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-extra-step", "rules-2018-effort-noticed", "smart-2010-go-beyond")
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance and charge the encouragement; the minutes are the agents'."""
        return [
            ("extra_step", "set", float(self.chance)),
            *costs(base, launch="extra_step_launch", agent="extra_step_agent"),
        ]


@dataclass(frozen=True, kw_only=True)
class FreeHelp(Policy):
    """Help even when nothing is earned by it.

    Parameters
    ----------
    chance : chance that a customer who would be turned down is helped at the company's cost.
    """

    chance: float | str = 0.5

    name: ClassVar[str] = "free-help"
    sentence: ClassVar[str] = "We help customers out even when there is nothing to earn."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-help-without-profit", "rules-2018-favour-returns")
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance and charge the encouragement; the help itself is paid by case."""
        return [
            ("free_help", "set", float(self.chance)),
            *costs(base, launch="free_help_launch", agent="free_help_agent"),
        ]
