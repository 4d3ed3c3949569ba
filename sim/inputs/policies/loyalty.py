"""Whom the company rewards, whom it lets go, and what it asks those who think the world of it to pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, costs


@dataclass(frozen=True, kw_only=True)
class LoyaltyReward(Policy):
    """Reward customers of long standing.

    Parameters
    ----------
    level : 0 (none) to 1 (the full reward).
    """

    level: float | str = 1.0

    name: ClassVar[str] = "loyalty-reward"
    sentence: ClassVar[str] = "Customers of long standing get something back."
    claims: ClassVar[tuple[str, ...]] = ("excellence-defined-long-term",)
    shares: ClassVar[tuple[str, ...]] = ("level",)
    shown: ClassVar[str] = "level"
    plain: ClassVar[float | None] = 1.0

    def changes(self, base: Base) -> list[Change]:
        """Set the reward and charge its administration; the rewards themselves are paid by purchase."""
        return [
            ("loyalty_reward", "set", float(self.level)),
            *costs(base, launch="reward_launch", running="reward_running"),
        ]


@dataclass(frozen=True, kw_only=True)
class PestRule(Policy):
    """Spot customers who cost more than they bring, and let them go.

    Parameters
    ----------
    share : share of the customers taken for such who are let go.
    """

    share: float | str = 1.0

    name: ClassVar[str] = "pest-rule"
    sentence: ClassVar[str] = "Customers who wear out the team and cost more than they bring are let go."
    claims: ClassVar[tuple[str, ...]] = ("ten-keys-2013-pest",)
    shares: ClassVar[tuple[str, ...]] = ("share",)
    shown: ClassVar[str] = "share"
    plain: ClassVar[float | None] = 1.0

    def changes(self, base: Base) -> list[Change]:
        """Set the share and charge the reports and reviews."""
        return [("pest_rule", "set", float(self.share)), *costs(base, launch="pests_launch", running="pests_running")]


@dataclass(frozen=True, kw_only=True)
class Pricing(Policy):
    """Ask customers who think the world of the company for a premium; part of what people say they would pay is paid.

    Parameters
    ----------
    stated : what customers say they would pay more for better service, a share of the price; the parameter
        premium_stated unless given.
    """

    stated: float | str | None = None

    name: ClassVar[str] = "pricing"
    sentence: ClassVar[str] = "Better service is sold at a higher price, up to what customers really pay."
    claims: ClassVar[tuple[str, ...]] = ("attitude-2016-premium", "excellence-defined-speed-premium")
    shares: ClassVar[tuple[str, ...]] = ("stated",)
    shown: ClassVar[str] = "stated"

    def changes(self, base: Base) -> list[Change]:
        """Set the premium to what is paid of the stated one, and charge the change of prices."""
        stated = base("premium_stated") if self.stated is None else float(self.stated)
        return [("premium", "set", stated * base("premium_paid")), *costs(base, launch="pricing_launch")]
