"""What is done with and for the agents: how many there are, training, rapport, attitude, empathy, venting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs


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
        self._truth("follows")

    def changes(self, base: Base) -> list[Change]:
        """Add agents (their wages and hiring are booked as such), or switch to following the load."""
        if self.follows:
            return [("staffing_follows", "set", 1.0)]
        return [("employees", "add", float(self.employees))]

    def _setting(self) -> str:
        return " follows load" if self.follows else f" {float(self.employees):+.10g}"


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
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-train", "excellence-defined-courtesy-competence")
    shares: ClassVar[tuple[str, ...]] = ("level",)

    def changes(self, base: Base) -> list[Change]:
        """Set the level of training and charge it, once and for each agent."""
        level = float(self.level)
        return [("training", "set", level), *costs(base, level, launch="training_launch", agent="training_agent")]


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
    claims: ClassVar[tuple[str, ...]] = (
        "attitude-2016-rapport",
        "smart-2010-feel-special",
        "excellence-defined-personal",
    )
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance of rapport and charge the coaching."""
        return [("rapport", "set", float(self.chance)), *costs(base, launch="rapport_launch", agent="rapport_agent")]


@dataclass(frozen=True, kw_only=True)
class Attitude(Policy):
    """Set the tone from the top: customers are valued, and everybody is told and shown so.

    Parameters
    ----------
    tone : the company's attitude to its customers, 0 (the customer is the enemy) to 1 (truly valued).
    """

    tone: float | str = 0.85

    name: ClassVar[str] = "attitude"
    sentence: ClassVar[str] = "The management sets the tone that customers matter, and the team follows it."
    claims: ClassVar[tuple[str, ...]] = (
        "attitude-2016-tone-from-top",
        "attitude-2016-root-cause",
        "attitude-2016-constant-work",
        "excellence-defined-attitude",
    )
    shares: ClassVar[tuple[str, ...]] = ("tone",)

    def changes(self, base: Base) -> list[Change]:
        """Set the tone; a better one costs in proportion to the way that it goes towards the best."""
        tone, before = float(self.tone), base("attitude_tone")
        lifted = (tone - before) / (1.0 - before) if tone > before else 0.0
        return [("attitude_tone", "set", tone), *costs(base, lifted, launch="attitude_launch", agent="attitude_agent")]

    def _setting(self) -> str:
        return f" {float(self.tone):.10g}"


@dataclass(frozen=True, kw_only=True)
class Empathy(Policy):
    """Stand in the customer's shoes: listen to the end, ask what is wanted, then solve that.

    Parameters
    ----------
    chance : chance that an agent takes the customer's view in a contact.
    """

    chance: float | str = 0.7

    name: ClassVar[str] = "empathy"
    sentence: ClassVar[str] = "Agents hear the customer out and think like one before they propose a solution."
    claims: ClassVar[tuple[str, ...]] = ("smart-2010-stand-in-shoes", "attitude-2016-empathy", "rules-2018-listen")
    shares: ClassVar[tuple[str, ...]] = ("chance",)
    shown: ClassVar[str] = "chance"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance of empathy and charge the coaching."""
        return [("empathy", "set", float(self.chance)), *costs(base, launch="empathy_launch", agent="empathy_agent")]


@dataclass(frozen=True, kw_only=True)
class Venting(Policy):
    """Give agents another outlet than the next customer: breaks after hard contacts, open ears above them.

    Parameters
    ----------
    level : 0 (none) to 1 (whenever it is needed).
    """

    level: float | str = 1.0

    name: ClassVar[str] = "venting"
    sentence: ClassVar[str] = "Agents can let off steam with the management, so that no customer gets it."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-kick-the-cat",)
    shares: ClassVar[tuple[str, ...]] = ("level",)
    shown: ClassVar[str] = "level"
    plain: ClassVar[float | None] = 1.0

    def changes(self, base: Base) -> list[Change]:
        """Set how much agents can vent and charge the time that it takes."""
        level = float(self.level)
        return [("venting", "set", level), *costs(base, level, launch="venting_launch", agent="venting_agent")]
