"""What a policy is: a small frozen object that resolves to rows of changed parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, get_args

from sim.errors import InputError, hint, unknown
from sim.inputs.parameters import convert, load
from sim.model import columns

How = Literal["multiply", "add", "set"]
Change = tuple[str, How, float]
Base = Callable[[str], float]
# What a policy costs is the whole company's, also when the policy is for one segment.
PERCENT = 100
COSTS = frozenset({"launch_cost", "programme_cost", "programme_cost_agent"})


class PolicyError(InputError):
    """A policy that cannot be: the message says which, what is wrong and how to put it right."""


def costs(
    base: Base, share: float = 1.0, *, launch: str | None = None, running: str | None = None, agent: str | None = None
) -> list[Change]:
    """Return what a programme costs, by the names of the parameters that say so.

    Parameters
    ----------
    share : how much of the whole programme is wanted; nothing is charged for none or less.
    launch, running, agent : parameters with the cost once, a year, and an agent a year.
    """
    named = (("launch_cost", launch), ("programme_cost", running), ("programme_cost_agent", agent))
    return [(cost, "add", share * base(name)) for cost, name in named if name is not None and share > 0.0]


def percent(share: float | str) -> str:
    """Write a share with as many digits as it has.

    >>> percent(0.95), percent(0.951)
    ('95%', '95.1%')
    """
    return f"{PERCENT * float(share):.10g}%"


def in_time(strength: float, start: float, ramp: float) -> str:
    """Say the strength of a policy, its first day and its ramp, where they are not the usual ones.

    >>> in_time(1.0, 0.0, 0.0), in_time(0.5, 365.0, 90.0)
    ('', ' x0.5 from day 365 over 90 days')
    """
    found = "" if strength == 1.0 else f" x{strength:.10g}"
    found += "" if start == 0.0 else f" from day {start:.10g}"
    return found + ("" if ramp == 0.0 else f" over {ramp:.10g} days")


def _short(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def is_switch(parameter: str) -> bool:
    """Tell whether a parameter is on or off, with nothing in between: any strength and any day of a ramp is on."""
    return load()[parameter].unit == "switch"


@dataclass(frozen=True)
class Row:
    """One changed parameter: how it changes, the value at full strength, from which day, over how long a ramp.

    ``start`` and ``ramp`` are days from the start of the measured period; ``segment`` is None for everybody.
    """

    parameter: str
    how: How
    value: float
    start: float
    ramp: float
    segment: str | None
    policy: str


@dataclass(frozen=True, kw_only=True)
class Policy(ABC):
    """Something a planner may change.

    Parameters
    ----------
    strength : 0 (nothing changes) to 1 (the policy as described).
    start : days after the start of the measured period; text such as "1 years" will do.
    ramp : days over which it grows to its strength.
    segment : customer segment that it is for; None for everybody.
    discounted : whether its effects (not its costs) are only a share ``bundle_strength`` of what they would be: so
        much is believed in a bundle of what nothing but advice backs.
    title : what it is called in tables and charts; its name and what is set in it unless given (see `label`).
    """

    strength: float = 1.0
    start: float | str = 0.0
    ramp: float | str = 0.0
    segment: str | None = None
    discounted: bool = False
    title: str = ""

    name: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    claims: ClassVar[tuple[str, ...]] = ()
    shares: ClassVar[tuple[str, ...]] = ()
    """Settings that are shares, from 0 to 1; where the default is None, None stands for the value of a parameter."""
    shown: ClassVar[str] = ""
    """The share that the label shows; "" for none."""
    plain: ClassVar[float | None] = None
    """Value of that share that goes without saying."""

    def __post_init__(self) -> None:
        for name in ("start", "ramp"):
            self._number(name, "days", 0.0)
        for name in ("strength", *self.shares):
            if not self._left_out(name):
                self._share(name)
        self._truth("discounted")
        if not isinstance(self.title, str):
            raise PolicyError(f"policy {self.name}: title = {self.title!r} is not text; give one.")

    def _left_out(self, name: str) -> bool:
        return getattr(self, name) is None and self.__dataclass_fields__[name].default is None

    def _share(self, name: str) -> None:
        """Turn a setting into a number from 0 to 1; text such as "95 %" will do."""
        self._number(name, "share", 0.0)
        self._bounded(name)

    def _truth(self, name: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, bool):
            raise PolicyError(f"policy {self.name}: {name} = {value!r} is neither true nor false; give one.")

    def _number(self, name: str, unit: str, low: float) -> None:
        """Turn text with a unit into a number, and refuse what is below its lower limit."""
        try:
            value = convert(getattr(self, name), unit)
        except ValueError as error:
            raise PolicyError(f"policy {self.name}: {name}: {error}") from error
        if not value >= low:
            raise PolicyError(f"policy {self.name}: {name} = {value:g} is below {low:g}; give at least {low:g} {unit}.")
        object.__setattr__(self, name, value)

    def _bounded(self, name: str) -> None:
        value = getattr(self, name)
        if not 0.0 <= value <= 1.0:
            raise PolicyError(f"policy {self.name}: {name} = {value:g} is outside 0 to 1; give a share such as 0.95.")

    @abstractmethod
    def changes(self, base: Base) -> list[Change]:
        """Return (parameter, how, value) at full strength; ``base`` gives a value without policies."""

    def rows(self, base: Base) -> list[Row]:
        """Return the changed parameters at the policy's strength, between the baseline's value and its own."""
        changes = self.changes(base)
        for parameter, how, _ in changes:
            self._check_change(parameter, how)
        return [self._row(parameter, how, value, base) for parameter, how, value in changes]

    def _check_change(self, parameter: str, how: str) -> None:
        """Refuse a parameter that there is not, or that nothing in a run reads."""
        if how not in get_args(How):
            raise PolicyError(f"policy {self.name}: {parameter}: {unknown('way to change', how, get_args(How))}")
        if parameter not in columns.NAMES or parameter in columns.DERIVED:
            able = [name for name in columns.NAMES if name not in columns.DERIVED]
            near = hint(parameter, able, "cxsim parameters lists those that there are.")
            raise PolicyError(f"policy {self.name}: there is no parameter {parameter!r} that a policy changes; {near}")

    def _row(self, parameter: str, how: How, value: float, base: Base) -> Row:
        start, ramp, strength = float(self.start), float(self.ramp), self._reach(parameter, base)
        if how == "set":
            value = base(parameter) + strength * (value - base(parameter))
        elif how == "multiply":
            value = 1.0 + strength * (value - 1.0)
        else:
            value = strength * value
        segment = None if parameter in COSTS else self.segment
        return Row(parameter, how, value, start, ramp, segment, self.label)

    def _reach(self, parameter: str, base: Base) -> float:
        """How far a parameter goes from the baseline's value to the policy's."""
        if is_switch(parameter):
            return 1.0 if self.strength > 0.0 else 0.0
        return self.strength * (base("bundle_strength") if self.discounted and parameter not in COSTS else 1.0)

    @property
    def label(self) -> str:
        """Its title, or a name that no policy with other settings has, for tables and charts."""
        return self.title or self.name + self._setting() + self._unsaid() + self._force()

    def _setting(self) -> str:
        value = getattr(self, self.shown) if self.shown else None
        return "" if value is None or value == self.plain else f" {percent(value)}"

    def _unsaid(self) -> str:
        """Say the settings of this policy that are not the default and that the label does not show otherwise."""
        own = {each.name: each.default for each in fields(self) if each.name not in SHARED}
        unsaid = {name: getattr(self, name) for name, usual in own.items() if not self._says(name, usual)}
        return "".join(f" {name}={_short(value)}" for name, value in unsaid.items())

    def _says(self, name: str, usual: Any) -> bool:
        """Tell whether the label tells a value from the usual one; a setting without a usual value is always said."""
        if getattr(self, name) == usual:
            return True
        return usual is not MISSING and replace(self, **{name: usual})._setting() != self._setting()

    def _force(self) -> str:
        """Say how far it goes, from when on, and for whom."""
        found = in_time(self.strength, float(self.start), float(self.ramp))
        if self.segment is not None:
            found += f" for {self.segment}"
        return found + (" discounted" if self.discounted else "")

    @property
    def parts(self) -> tuple[Policy, ...]:
        """The single policies in it: itself."""
        return (self,)

    def __add__(self, other: Policy | Bundle) -> Bundle:
        return Bundle(self.parts) + other

    def to_dict(self) -> dict[str, object]:
        """Return the policy as a table for TOML: its name, and every setting that is not the default."""
        settings = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {"name": self.name} | {name: value for name, value in settings.items() if value is not None}


SHARED = frozenset(each.name for each in fields(Policy))
"""Settings that all policies have."""


@dataclass(frozen=True)
class Bundle:
    """Several policies together."""

    parts: tuple[Policy, ...] = field(default=())
    title: str = ""

    @property
    def label(self) -> str:
        """Its title, or the names of its parts."""
        return self.title or " + ".join(part.label for part in self.parts) or "baseline"

    def __add__(self, other: Policy | Bundle) -> Bundle:
        titled = self.title or getattr(other, "title", "")
        return Bundle(self.parts + other.parts, f"{self.label} + {other.label}" if titled else "")
