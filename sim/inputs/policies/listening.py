"""Who hears what customers think, the company, friends or the public, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs, percent

SUFFERERS = ("complain_minor", "complain_major")


@dataclass(frozen=True, kw_only=True)
class InviteComplaints(Policy):
    """Make it easy to complain to the company instead of to friends.

    Parameters
    ----------
    won : share of those who would have kept silent who then complain; the parameter complaints_won unless given.
    """

    won: float | str | None = None

    name: ClassVar[str] = "invite-complaints"
    sentence: ClassVar[str] = "Unhappy customers are asked to tell us rather than their friends."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-complain",)
    shares: ClassVar[tuple[str, ...]] = ("won",)
    shown: ClassVar[str] = "won"

    def changes(self, base: Base) -> list[Change]:
        """Win a share of the silent over to complaining, after minor and major issues alike."""
        won = base("complaints_won") if self.won is None else float(self.won)
        more: list[Change] = [(name, "set", base(name) + (1.0 - base(name)) * won) for name in SUFFERERS]
        return more + costs(base, launch="complaints_launch", running="complaints_running")


@dataclass(frozen=True, kw_only=True)
class EarnedMedia(Policy):
    """Invite contented customers to review, and answer bad reviews in public.

    Parameters
    ----------
    invited : chance that a delighted or satisfied customer follows the invitation.
    replied : share of a bad review's weight that the reply takes away.
    """

    invited: float | str = 0.1
    replied: float | str = 0.3

    name: ClassVar[str] = "earned-media"
    sentence: ClassVar[str] = "Contented customers are invited to write reviews, and bad reviews get an answer."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-earned-media", "ten-keys-2013-complain")
    shares: ClassVar[tuple[str, ...]] = ("invited", "replied")

    def changes(self, base: Base) -> list[Change]:
        """Set both, and charge whoever invites and replies."""
        return [
            ("review_invited", "set", float(self.invited)),
            ("review_reply", "set", float(self.replied)),
            *costs(base, launch="reviews_launch", running="reviews_running"),
        ]

    def _setting(self) -> str:
        return f" {percent(self.invited)} invited {percent(self.replied)} replied"


@dataclass(frozen=True, kw_only=True)
class Feedback(Policy):
    """Ask customers at several stages, and write down what complaints are about.

    Parameters
    ----------
    surveys : chance that somebody who suffers an issue names its cause when asked, complaint or not.
    registered : share of complaints whose cause is written down.
    """

    surveys: float | str = 0.1
    registered: float | str = 0.7

    name: ClassVar[str] = "feedback"
    sentence: ClassVar[str] = "Customers can say in many ways what they think, and it is written down."
    claims: ClassVar[tuple[str, ...]] = (
        "ten-keys-2013-feedback",
        "rules-2018-spend-on-service",
        "attitude-2016-learning",
    )
    shares: ClassVar[tuple[str, ...]] = ("surveys", "registered")

    def changes(self, base: Base) -> list[Change]:
        """Set both shares and charge the surveys."""
        return [
            ("feedback_survey", "set", float(self.surveys)),
            ("feedback_registered", "set", float(self.registered)),
            *costs(base, launch="surveys_launch", running="surveys_running"),
        ]

    def _setting(self) -> str:
        return f" {percent(self.surveys)} surveys {percent(self.registered)} registered"


@dataclass(frozen=True, kw_only=True)
class ThreeTimesRule(Policy):
    """Act on what was heard three times.

    Parameters
    ----------
    times : how often the same fault must have been heard before it is fixed.
    """

    times: float | str = 3.0

    name: ClassVar[str] = "three-times-rule"
    sentence: ClassVar[str] = "What we hear three times we take for true and put right."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-three-times",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number("times", "count", 1.0)

    def changes(self, base: Base) -> list[Change]:
        """Set the number and charge the rule; each fix is paid as such."""
        return [("feedback_times", "set", float(self.times)), *costs(base, launch="three_times_launch")]

    def _setting(self) -> str:
        return f" {float(self.times):.10g}"


@dataclass(frozen=True, kw_only=True)
class Listening(Policy):
    """Have the courage to listen to the team on the front line.

    Parameters
    ----------
    share : chance that an agent tells the management of the cause behind a complaint.
    """

    share: float | str = 0.4

    name: ClassVar[str] = "listening"
    sentence: ClassVar[str] = "Agents tell the management what goes wrong, and are heard."
    claims: ClassVar[tuple[str, ...]] = (
        "attitude-2016-courage-to-listen",
        "attitude-2016-front-line",
        "attitude-2016-listening-pays",
    )
    shares: ClassVar[tuple[str, ...]] = ("share",)
    shown: ClassVar[str] = "share"

    def changes(self, base: Base) -> list[Change]:
        """Set the chance that agents speak up and charge the time to hear them."""
        return [
            ("feedback_team", "set", float(self.share)),
            *costs(base, launch="listening_launch", agent="listening_agent"),
        ]
