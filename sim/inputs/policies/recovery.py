"""What happens when something went wrong: no arguing, admitting it, putting it right, coming back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs

QUICKER = ("promise_minor", "promise_major", "promise_due_low", "promise_due_high")
"""Whether a remedy has to be promised instead of given at once, and when it is due."""


@dataclass(frozen=True, kw_only=True)
class Belief(Policy):
    """Do not hold the facts against customers who are mistaken: apologise first, then look for a solution.

    Parameters
    ----------
    argue : chance that an agent argues all the same.
    """

    argue: float | str = 0.05

    name: ClassVar[str] = "belief"
    sentence: ClassVar[str] = "Nobody argues with what a customer believes: we apologise and look for a solution."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-belief",)
    shares: ClassVar[tuple[str, ...]] = ("argue",)
    shown: ClassVar[str] = "argue"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance of an argument and charge the coaching."""
        return [("argue", "set", float(self.argue)), *costs(base, launch="belief_launch", agent="belief_agent")]


@dataclass(frozen=True, kw_only=True)
class Admission(Policy):
    """Admit mistakes.

    Parameters
    ----------
    chance : chance that the company admits its mistake when an issue is brought to it.
    """

    chance: float | str = 0.9

    name: ClassVar[str] = "admission"
    sentence: ClassVar[str] = "We say that it was our mistake when it was."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-mistake", "smart-2010-admit-and-learn")
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance of an admission and charge the coaching; what is owed then is paid by case."""
        return [("admit", "set", float(self.chance)), *costs(base, launch="admission_launch", agent="admission_agent")]


@dataclass(frozen=True, kw_only=True)
class Recovery(Policy):
    """Put things right quickly and generously.

    Parameters
    ----------
    compensation : compensation of issues over what it would be (1: as it is).
    """

    compensation: float | str = 1.2

    name: ClassVar[str] = "recovery"
    sentence: ClassVar[str] = "What went wrong is put right at once or soon, with something on top."
    claims: ClassVar[tuple[str, ...]] = (
        "smart-2010-recover",
        "attitude-2016-quick-recovery",
        "rules-2018-complaints-chances",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("compensation", "ratio", 0.0)

    def changes(self, base: Base) -> list[Change]:
        """Raise compensation; let fewer remedies wait, and those for fewer days."""
        quicker: list[Change] = [(name, "multiply", base("recovery_speed")) for name in QUICKER]
        return [
            ("compensation_level", "multiply", float(self.compensation)),
            *quicker,
            *costs(base, launch="recovery_launch", agent="recovery_agent"),
        ]

    def _setting(self) -> str:
        return f" {float(self.compensation):g}"


@dataclass(frozen=True, kw_only=True)
class FollowUp(Policy):
    """Get back, unasked, to customers whose issue ended unresolved.

    Parameters
    ----------
    share : chance that the company gets back to such a customer.
    """

    share: float | str = 0.8

    name: ClassVar[str] = "follow-up"
    sentence: ClassVar[str] = "Nobody is left with an unsolved issue: we come back to it of our own accord."
    claims: ClassVar[tuple[str, ...]] = ("smart-2010-turn-around", "rules-2018-complaints")
    shares: ClassVar[tuple[str, ...]] = ("share",)
    shown: ClassVar[str] = "share"

    def changes(self, base: Base) -> list[Change]:
        """Set the share followed up and charge the organisation; each follow-up is paid by case."""
        return [
            ("follow_up", "set", float(self.share)),
            *costs(base, launch="follow_up_launch", agent="follow_up_agent"),
        ]
