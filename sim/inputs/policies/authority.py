"""Who may decide: empowerment, a second opinion, and how a case reaches the manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sim.inputs.policies.policy import Base, Change, Policy, PolicyError, costs, percent

FORMS = {"ladder": 0.0, "share": 1.0}


@dataclass(frozen=True, kw_only=True)
class Empowerment(Policy):
    """Let agents decide more cases without the manager.

    Parameters
    ----------
    level : quantile of the pooled amounts of cases that need authority up to which agents decide ("ladder"), or the
        random share of those cases ("share").
    form : "ladder" (a money limit, Hewagama et al. 2019) or "share".
    """

    level: float | str = 0.95
    form: Literal["ladder", "share"] = "ladder"

    name: ClassVar[str] = "empowerment"
    sentence: ClassVar[str] = "Agents decide more cases on the spot, up to a limit, without asking the manager."
    claims: ClassVar[tuple[str, ...]] = (
        "ten-keys-2013-empowerment",
        "ten-keys-2013-my-manager",
        "rules-2018-authorise-front",
        "rules-2018-small-decisions",
    )
    shares: ClassVar[tuple[str, ...]] = ("level",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form not in FORMS:
            raise PolicyError(f"policy empowerment: form = {self.form!r} is unknown; give 'ladder' or 'share'.")

    def changes(self, base: Base) -> list[Change]:
        """Set the level and form; authority above the baseline's costs in proportion to the ladder climbed."""
        level, form = float(self.level), FORMS[self.form]
        climbed = level - base("empowerment")
        changes: list[Change] = [("empowerment", "set", level)]
        if form != base("empowerment_form"):
            changes.append(("empowerment_form", "set", form))
        return changes + costs(base, climbed, launch="empowerment_launch", agent="empowerment_agent")

    def _setting(self) -> str:
        return f" {percent(self.level)}" + ("" if self.form == "ladder" else " share")


@dataclass(frozen=True, kw_only=True)
class SecondOpinion(Policy):
    """One to say yes, two to say no: ask a colleague before a case is turned away.

    Parameters
    ----------
    use : chance that an agent who cannot solve a case asks a colleague.
    """

    use: float | str = 0.9

    name: ClassVar[str] = "second-opinion"
    sentence: ClassVar[str] = "Nobody says no alone: an agent who cannot help asks a colleague first."
    claims: ClassVar[tuple[str, ...]] = ("smart-2010-second-opinion", "smart-2010-say-yes", "smart-2010-know-limits")
    shares: ClassVar[tuple[str, ...]] = ("use",)
    shown: ClassVar[str] = "use"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance of asking; the rule costs a little time of each agent."""
        return [("opinion_use", "set", float(self.use)), *costs(base, agent="opinion_agent")]


@dataclass(frozen=True, kw_only=True)
class Escalation(Policy):
    """How a case reaches the manager: the agent holds the line, or the caller is transferred.

    Parameters
    ----------
    hold : share of the manager's decisions for which the agent holds the line; the rest is transferred.
    """

    hold: float | str = 1.0

    name: ClassVar[str] = "escalation"
    sentence: ClassVar[str] = (
        "When the manager must decide, the agent stays on the line instead of passing the caller on."
    )
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-explain-again", "ten-keys-2013-my-manager")
    shares: ClassVar[tuple[str, ...]] = ("hold",)

    def changes(self, base: Base) -> list[Change]:
        """Set the share held; changing the routes costs once."""
        return [("hold_share", "set", float(self.hold)), *costs(base, launch="escalation_launch")]

    def _setting(self) -> str:
        return f" hold {percent(self.hold)}"
