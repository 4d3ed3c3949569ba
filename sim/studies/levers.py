"""Levers: settings of policies, the range of each, and the policies at a point within the ranges.

A lever is written POLICY SETTING=LOW:HIGH, with the distance of the levels after a second colon where not every level
will do, and with other settings of the policy that stay as they are:

    empowerment level=0:1
    rapport chance=0:0.8:0.1
    recovery compensation=1:2 start=30
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import reduce
from operator import add

from sim.errors import InputError, hint, names, unknown
from sim.inputs.policies import CATALOGUE, Bundle, Policy, PolicyError, policy_from_dict
from sim.inputs.policies.written import read_settings, value
from sim.inputs.scenario import Scenario

Point = Mapping[str, float]
"""A level of every lever, by its name."""

MIDDLE = 0.5
DIGITS = 12
"""Of a level that lies on a step."""
ROUNDING = 1e-9
"""Share of a length by which rounding may change it."""
SEGMENT = "segment"
"""A setting that is a name."""
EXAMPLE = 'write POLICY SETTING=LOW:HIGH, such as "empowerment level=0:1"'


class LeverError(InputError):
    """A lever that cannot be read or set: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Lever:
    """A setting of a policy, and its range.

    Parameters
    ----------
    policy, setting : by name.
    low, high : ends of the range, in the setting's unit.
    step : how far levels lie apart from low on; None for any level.
    """

    policy: str
    setting: str
    low: float
    high: float
    step: float | None = None

    @property
    def name(self) -> str:
        """Policy and setting."""
        return f"{self.policy}.{self.setting}"

    def at(self, share: float) -> float:
        """Return the level at a share of the way from low to high, on the nearest step."""
        if self.step is None:
            return self.low + share * (self.high - self.low)
        steps = round((self.high - self.low) / self.step)
        return _rounded(self.low + self.step * min(steps, int(share * (steps + 1))))


@dataclass(frozen=True)
class Space:
    """Everything that points are made of.

    Parameters
    ----------
    levers : settings with a range.
    fixed : settings that are the same in all points, by policy.
    """

    levers: tuple[Lever, ...]
    fixed: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the levers."""
        return tuple(lever.name for lever in self.levers)

    def at(self, shares: Sequence[float]) -> dict[str, float]:
        """Return the point at these shares of the ranges."""
        return {lever.name: lever.at(float(share)) for lever, share in zip(self.levers, shares, strict=True)}

    def policy(self, point: Point) -> Bundle:
        """Return the policies at a point, added together.

        Raises
        ------
        PolicyError : a level that its policy refuses.
        """
        settings: dict[str, dict[str, object]] = {name: dict(own) for name, own in self.fixed.items()}
        for lever in self.levers:
            settings.setdefault(lever.policy, {})[lever.setting] = point[lever.name]
        parts = [policy_from_dict({"name": name} | own, name) for name, own in settings.items()]
        return Bundle(reduce(add, parts, Bundle()).parts, self.label(point))

    def label(self, point: Point) -> str:
        """Name a point so that no two have one name.

        >>> Space((Lever("training", "level", 0.0, 1.0),), {"rapport": {}}).label({"training.level": 0.25})
        'training level=0.25 + rapport'
        """
        told: dict[str, str] = {lever.policy: lever.policy for lever in self.levers}
        for lever in self.levers:
            told[lever.policy] += f" {lever.setting}={point[lever.name]!r}"
        for policy, own in self.fixed.items():
            told[policy] = " ".join([told.get(policy, policy), *(f"{name}={value}" for name, value in own.items())])
        return " + ".join(told.values())


def read_levers(given: Iterable[str]) -> Space:
    """Read levers.

    >>> space = read_levers(["empowerment level=0:1 form=share", "rapport chance=0:80%:0.1"])
    >>> [(one.name, one.low, one.high, one.step) for one in space.levers], space.fixed
    ([('empowerment.level', 0.0, 1.0, None), ('rapport.chance', 0.0, 0.8, 0.1)], {'empowerment': {'form': 'share'}})

    Raises
    ------
    LeverError : one text or a mapping in place of a list, an unknown policy or setting, a range that the policy does
        not accept, or no range at all.
    """
    _refuse_mapping(given)
    found: dict[str, Lever] = {}
    fixed: dict[str, dict[str, object]] = {}
    for text in names("levers", given, error=LeverError):
        for policy, setting, written in _settings(text):
            if f"{policy}.{setting}" in found or setting in fixed.get(policy, {}):
                raise LeverError(f"lever {text!r}: {policy} {setting} appears twice; keep one.")
            if ":" in written:
                found[f"{policy}.{setting}"] = _lever(policy, setting, written)
            else:
                fixed.setdefault(policy, {})[setting] = value(written)
    if not found:
        raise LeverError(f"there is no lever with a range; {EXAMPLE}.")
    for policy, own in fixed.items():
        _made(policy, own)
    return Space(tuple(found.values()), fixed)


def check_space(space: Space, scenario: Scenario) -> None:
    """Refuse levers that the scenario cannot be under at either end of a range, before anything is run.

    Raises
    ------
    LeverError : says at which end, and why.
    """
    middle = [MIDDLE] * len(space.levers)
    for place, lever in enumerate(space.levers):
        for share, end in ((0.0, lever.low), (1.0, lever.high)):
            point = space.at([*middle[:place], share, *middle[place + 1 :]])
            why = refusal(space, scenario, point)
            if why is not None:
                raise LeverError(f"{lever.name} at {end:g}, the others in the middle of their ranges: {why}")


def refusal(space: Space, scenario: Scenario, point: Point) -> str | None:
    """Return why a scenario cannot be under the policies at a point; None when it can."""
    try:
        scenario.under(space.policy(point)).resolve()
    except ValueError as error:
        return str(error)
    return None


def _refuse_mapping(given: object) -> None:
    """Refuse how levers were written before, and show the new way."""
    if not isinstance(given, Mapping):
        return
    told = []
    for name, span in given.items():
        ends = ":".join(f"{end}" for end in span) if isinstance(span, tuple | list) else f"{span}"
        told.append(f"{str(name).replace('.', ' ', 1)}={ends}")
    raise LeverError(f"levers is a mapping, and is now a list of texts; write levers={told!r}.")


def _settings(text: str) -> list[tuple[str, str, str]]:
    """Split a lever into policy, setting and what is written of it, and check the names."""
    try:
        policy, settings = read_settings(str(text), f"lever {text!r}")
    except PolicyError as error:
        raise LeverError(str(error)) from error
    if policy not in CATALOGUE:
        raise LeverError(f"lever {text!r}: {_no_policy(policy)}")
    known = [one.name for one in fields(CATALOGUE[policy])]
    if not settings:
        raise LeverError(f"lever {text!r} has no setting; write {policy} SETTING=LOW:HIGH, one of {', '.join(known)}.")
    for setting in settings:
        if setting not in known:
            raise LeverError(f"lever {text!r}: {policy} has no setting {setting!r}; {hint(setting, known)}")
    return [(policy, setting, written) for setting, written in settings.items()]


def _no_policy(name: str) -> str:
    """Say that there is no such policy; POLICY.SETTING was a spelling of earlier versions."""
    policy, dot, rest = name.partition(".")
    if dot and policy in CATALOGUE:
        return f"write a space in place of the dot: {f'{policy} {rest}'!r}."
    return unknown("policy", name, CATALOGUE, "cxsim policies lists them.")


def _lever(policy: str, setting: str, written: str) -> Lever:
    ends = written.split(":")
    where = f"lever {policy} {setting}={written}"
    if len(ends) > 3 or not all(ends):
        raise LeverError(f"{where}: {written!r} is not a range; write LOW:HIGH or LOW:HIGH:STEP.")
    low, high = (_level(where, policy, setting, end) for end in ends[:2])
    if not low < high:
        raise LeverError(f"{where}: the range {low:g} to {high:g} is empty; give LOW below HIGH.")
    return Lever(policy, setting, low, high, None if len(ends) == 2 else _step(where, ends[2], high - low))


def _level(where: str, policy: str, setting: str, written: str) -> float:
    """Read a level as the policy does: text with a unit will do."""
    found = getattr(_made(policy, {setting: value(written)}), setting)
    if setting == SEGMENT or isinstance(found, bool) or not isinstance(found, float | int):
        raise LeverError(f"{where}: {written!r} is not a quantity, so it has no range; give numbers.")
    return float(found)


def _made(policy: str, settings: Mapping[str, object]) -> Policy:
    try:
        (found,) = policy_from_dict({"name": policy, **settings}, "lever").parts
    except PolicyError as error:
        raise LeverError(str(error)) from error
    return found


def _step(where: str, written: str, length: float) -> float:
    """Check that a range is a whole number of steps."""
    step = value(written)
    if isinstance(step, bool) or not isinstance(step, float) or not 0 < step <= length * (1 + ROUNDING):
        raise LeverError(f"{where}: the step {written!r} is not a number above 0 within the range; give one.")
    if abs(length / step - round(length / step)) > ROUNDING * length / step:
        raise LeverError(f"{where}: the range of {length:g} is not a whole number of steps of {step:g}; change one.")
    return step


def _rounded(level: float) -> float:
    """Drop what floating-point arithmetic leaves behind.

    >>> _rounded(3 * 0.1)
    0.3
    """
    return float(f"{level:.{DIGITS}g}")
