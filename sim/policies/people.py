"""What is done with and for the agents: how many there are, training, rapport."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from sim.policies.policy import Base, How, Policy, PolicyError


@dataclass(frozen=True, kw_only=True)
class Staffing(Policy):
    """More or fewer agents, or a number that follows the load.

    Parameters
    ----------
    employees : agents added to the payroll (negative: fewer).
    follows : whether the number of agents follows the load by the square-root rule (then ``employees`` is not used).
    """

    employees: float | str = 1.0
    follows: bool = False

    name: ClassVar[str] = "staffing"
    sentence: ClassVar[str] = "Man the phones so that nobody has to wait long."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-do-not-wait",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("employees", "agents", -math.inf)
        if not isinstance(self.follows, bool):
            raise PolicyError(f"policy staffing: follows = {self.follows!r} is neither true nor false; give one.")

    def changes(self, base: Base) -> list[tuple[str, How, float]]:
        """Add agents (their wages and hiring are booked as such), or switch to following the load."""
        if self.follows:
            return [("staffing_follows", "set", 1.0)]
        return [("employees", "add", float(self.employees))]

    def _setting(self) -> str:
        return " follows load" if self.follows else f" {float(self.employees):+g}"


@dataclass(frozen=True, kw_only=True)
class Training(Policy):
    """Train agents to decide and to serve.

    Parameters
    ----------
    level : 0 (none) to 1 (fully trained).
    """

    level: float | str = 1.0

    name: ClassVar[str] = "training"
    sentence: ClassVar[str] = "Train every agent to be helpful, knowledgeable, and sure in decisions."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-train",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("level", "share", 0.0)
        self._bounded("level")

    def changes(self, base: Base) -> list[tuple[str, How, float]]:
        """Set the level of training and charge it, once and for each agent."""
        level = float(self.level)
        return [
            ("training", "set", level),
            ("launch_cost", "add", level * base("training_launch")),
            ("programme_cost_agent", "add", level * base("training_agent")),
        ]


@dataclass(frozen=True, kw_only=True)
class Rapport(Policy):
    """Take the time to build rapport with each customer.

    Parameters
    ----------
    chance : chance that agent and customer build rapport in a contact.
    """

    chance: float | str = 0.8

    name: ClassVar[str] = "rapport"
    sentence: ClassVar[str] = "Agents take a moment to get to know the customer; it costs seconds and saves others."
    claims: ClassVar[tuple[str, ...]] = ("attitude-2016-rapport",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("chance", "share", 0.0)
        self._bounded("chance")

    def changes(self, base: Base) -> list[tuple[str, How, float]]:
        """Set the chance of rapport and charge the coaching."""
        return [
            ("rapport", "set", float(self.chance)),
            ("launch_cost", "add", base("rapport_launch")),
            ("programme_cost_agent", "add", base("rapport_agent")),
        ]

    def _setting(self) -> str:
        return f" {float(self.chance):.0%}"
