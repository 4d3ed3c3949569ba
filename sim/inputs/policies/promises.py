"""What customers are told: what is promised, said upfront, and reported while they wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sim.inputs.policies.policy import Base, Change, Policy, PolicyError, costs, percent

LEVELS = {"under": -1.0, "honest": 0.0, "over": 1.0}
WORDS = {level: word for word, level in LEVELS.items()}


@dataclass(frozen=True, kw_only=True)
class Promises(Policy):
    """Promise what can be kept, keep it, and say in advance when it cannot be.

    Parameters
    ----------
    level : how much is promised: "under" (less than can be kept), "honest", "over" (far more), or a number from -1 to
        1 that stands for them.
    capacity : capacity set aside to keep promises, 0 (none) to 1 (as much as is useful).
    told : chance that the customer is told in advance when a promise will be broken.
    """

    level: float | str = "honest"
    capacity: float | str = 1.0
    told: float | str = 0.8

    name: ClassVar[str] = "promises"
    sentence: ClassVar[str] = "We promise what we can keep, keep it, and call first when we cannot."
    claims: ClassVar[tuple[str, ...]] = (
        "smart-2010-keep-promises",
        "smart-2010-no-empty-promises",
        "ten-keys-2013-overpromise",
        "excellence-defined-promise-deliverable",
        "rules-2018-promises",
    )
    shares: ClassVar[tuple[str, ...]] = ("capacity", "told")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.level not in LEVELS:
            self._level_from_number()

    def _level_from_number(self) -> None:
        try:
            self._number("level", "effect", -1.0)
        except PolicyError as error:
            raise PolicyError(f"{error} Or write 'under', 'honest' or 'over'.") from error
        level = float(self.level)
        if level > 1.0:
            raise PolicyError(f"policy promises: level = {level:g} is above 1, which is far more; give at most 1.")
        object.__setattr__(self, "level", WORDS.get(level, level))

    def changes(self, base: Base) -> list[Change]:
        """Set how much is promised if that is something else, the capacity, and whether one is told."""
        level, capacity = LEVELS.get(str(self.level), self.level), float(self.capacity)
        changes: list[Change] = [
            ("promise_capacity", "set", capacity),
            ("promise_told", "set", float(self.told)),
        ]
        if level != base("promise_level"):
            changes.insert(0, ("promise_level", "set", float(level)))
        return changes + costs(base, capacity, launch="promises_launch", running="promises_running")

    def _setting(self) -> str:
        level = self.level if isinstance(self.level, str) else f"{self.level:+g}"
        return f" {level}" + ("" if self.capacity == 1.0 else f" capacity {percent(self.capacity)}")


@dataclass(frozen=True, kw_only=True)
class Transparency(Policy):
    """Say what matters before the purchase, in plain words and with no small print.

    Parameters
    ----------
    None of its own.
    """

    name: ClassVar[str] = "transparency"
    sentence: ClassVar[str] = "Terms and prices are plain before the purchase, so that nobody assumes anything wrong."
    claims: ClassVar[tuple[str, ...]] = ("rules-2018-transparency", "rules-2018-fewer-surprises")

    def changes(self, base: Base) -> list[Change]:
        """Prevent a share of the misunderstandings, and of the questions."""
        return [
            ("issue_misunderstanding", "multiply", 1.0 - base("transparency_effect")),
            ("enquiry_probability", "multiply", 1.0 - base("transparency_questions")),
            *costs(base, launch="transparency_launch", running="transparency_running"),
        ]


@dataclass(frozen=True, kw_only=True)
class Updates(Policy):
    """Keep customers informed of deliveries and of the state of what they asked for, before they ask.

    Parameters
    ----------
    share : share of open cases and promised deliveries about which customers are kept informed.
    """

    share: float | str = 0.8

    name: ClassVar[str] = "updates"
    sentence: ClassVar[str] = "Customers hear how their case or delivery stands before they have to ask."
    claims: ClassVar[tuple[str, ...]] = ("excellence-defined-keep-informed", "excellence-defined-informed-buy")
    shares: ClassVar[tuple[str, ...]] = ("share",)
    shown: ClassVar[str] = "share"

    def changes(self, base: Base) -> list[Change]:
        """Set the share kept informed and charge the messages."""
        return [("updates", "set", float(self.share)), *costs(base, launch="updates_launch", running="updates_running")]
