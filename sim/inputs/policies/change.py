"""Parameters that a planner changes by name: two agents fewer, a price 2 % higher, other opening hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sim.inputs.policies.policy import Base, How, Policy, PolicyError

Value = float | tuple[float, ...] | tuple[tuple[str, float], ...]
"""A number, a profile, or a number for each segment."""


@dataclass(frozen=True, kw_only=True)
class Change(Policy):
    """Parameters changed by name; `sim.what_if` makes one from text such as "agents=-2".

    Parameters
    ----------
    settings : (parameter, "set", "add" or "multiply", number) of what changes on the day `start`.
    from_start : (parameter, value) of what a run can only have from its beginning, the warm-up included, such as
        opening hours: a number, a tuple (a profile), or (segment, number) pairs.

    Examples
    --------
    >>> Change(title="two fewer", settings=[("employees", "add", -2.0)]).label
    'two fewer'
    """

    settings: Sequence[tuple[str, How, float]] = ()
    from_start: Sequence[tuple[str, Value]] = ()

    name: ClassVar[str] = "change"
    sentence: ClassVar[str] = "Parameters are changed as given."

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "settings", tuple(tuple(entry) for entry in self.settings))
        object.__setattr__(self, "from_start", tuple((name, _frozen(value)) for name, value in self.from_start))
        if not self.settings and not self.from_start:
            raise PolicyError("policy change: nothing is changed; give settings, such as (employees, add, -2).")
        if self.from_start and (self.strength, self.start, self.ramp) != (1.0, 0.0, 0.0):
            names = ", ".join(name for name, _ in self.from_start)
            raise PolicyError(
                f"policy change: {names} can only be changed from the start of a run; leave out strength, start and "
                "ramp, or change it in an option of its own."
            )

    def changes(self, base: Base) -> list[tuple[str, How, float]]:
        """Return what changes on its first day."""
        return list(self.settings)

    def overrides(self) -> dict[str, Any]:
        """Return the parameters that a run has from its beginning, as a scenario takes them."""
        return {name: _thawed(value) for name, value in self.from_start}

    def _setting(self) -> str:
        told = [f"{name} {how} {amount:.10g}" for name, how, amount in self.settings]
        return " " + ", ".join(told + [f"{name} {value}" for name, value in self.from_start])

    def _unsaid(self) -> str:
        return ""

    def to_dict(self) -> dict[str, object]:
        """Return the change as a table for TOML."""
        content = super().to_dict()
        if self.settings:
            content["settings"] = [list(entry) for entry in self.settings]
        if self.from_start:
            content["from_start"] = [[name, _plain(value)] for name, value in self.from_start]
        return content


def _frozen(value: Any) -> Value:
    if isinstance(value, Mapping):
        return tuple((str(segment), float(number)) for segment, number in value.items())
    if isinstance(value, Sequence):
        return tuple(tuple(one) if isinstance(one, Sequence) else one for one in value)
    return float(value)


def _thawed(value: Value) -> Any:
    return dict(value) if isinstance(value, tuple) and value and isinstance(value[0], tuple) else value


def _plain(value: Value) -> Any:
    return [list(one) if isinstance(one, tuple) else one for one in value] if isinstance(value, tuple) else value
