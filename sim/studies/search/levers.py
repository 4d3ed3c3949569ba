"""Levers of a search: settings of policies, the range of each, and the policy at a point within the ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add

from sim.errors import hint, unknown
from sim.inputs.policies import CATALOGUE, Bundle, Policy, PolicyError, policy_from_dict
from sim.inputs.scenario import Scenario
from sim.studies.search.terms import ROUNDING, SearchError

Point = Mapping[str, float]
"""A level of every lever, by its name."""

MIDDLE = 0.5
DIGITS = 12
"""Of a level that lies on a step."""
SEGMENT = "segment"
"""A setting that is a name."""


@dataclass(frozen=True)
class Lever:
    """A setting of a policy whose best level is searched.

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
    levers : what is searched.
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


def read_space(levers: Mapping[str, object]) -> Space:
    """Read levers such as {"empowerment.level": (0, 1), "training.level": (0, 1, 0.25), "empowerment.form": "share"}.

    A pair is a range, a third number the distance of its levels; any other value stays as it is at all points.

    Raises
    ------
    SearchError : no lever with a range, an unknown policy or setting, or a range that its policy does not accept.
    """
    if not isinstance(levers, Mapping):
        raise SearchError('levers is no mapping; write {"empowerment.level": (0, 1)}.')
    found: list[Lever] = []
    fixed: dict[str, dict[str, object]] = {}
    for name, given in levers.items():
        policy, setting = _named(name)
        if isinstance(given, tuple | list):
            found.append(_lever(policy, setting, given))
        else:
            fixed.setdefault(policy, {})[setting] = given
    if not found:
        raise SearchError(
            'there is nothing to search; give a lever with a range, such as {"empowerment.level": (0, 1)}.'
        )
    for policy, own in fixed.items():
        _made(policy, own)
    return Space(tuple(found), fixed)


def check_space(space: Space, scenario: Scenario) -> None:
    """Refuse levers that the scenario cannot be under at either end of a range, before anything is run.

    Raises
    ------
    SearchError : says at which end, and why.
    """
    middle = [MIDDLE] * len(space.levers)
    for place, lever in enumerate(space.levers):
        for share, end in ((0.0, lever.low), (1.0, lever.high)):
            point = space.at([*middle[:place], share, *middle[place + 1 :]])
            why = refusal(space, scenario, point)
            if why is not None:
                raise SearchError(f"{lever.name} at {end:g}, the others in the middle of their ranges: {why}")


def refusal(space: Space, scenario: Scenario, point: Point) -> str | None:
    """Return why a scenario cannot be under the policies at a point; None when it can."""
    try:
        scenario.under(space.policy(point)).resolve()
    except ValueError as error:
        return str(error)
    return None


def _rounded(level: float) -> float:
    """Drop what floating-point arithmetic leaves behind.

    >>> _rounded(3 * 0.1)
    0.3
    """
    return float(f"{level:.{DIGITS}g}")


def _named(name: str) -> tuple[str, str]:
    """Split the name of a lever, and check both halves."""
    policy, dot, setting = str(name).partition(".")
    if policy not in CATALOGUE:
        raise SearchError(f"lever {name!r}: {unknown('policy', policy, CATALOGUE, 'cxsim policies lists them.')}")
    known = list(CATALOGUE[policy].__dataclass_fields__)
    if not dot:
        raise SearchError(f"lever {name!r} names no setting; write {policy}.SETTING, one of {', '.join(known)}.")
    if setting not in known:
        raise SearchError(f"lever {name!r}: {policy} has no setting {setting!r}; {hint(setting, known)}")
    return policy, setting


def _lever(policy: str, setting: str, given: Sequence[object]) -> Lever:
    name = f"{policy}.{setting}"
    if len(given) not in (2, 3):
        raise SearchError(f"lever {name}: {tuple(given)!r} is no range; write (LOW, HIGH) or (LOW, HIGH, STEP).")
    low, high = (_level(policy, setting, end) for end in given[:2])
    if not low < high:
        raise SearchError(f"lever {name}: the range {low:g} to {high:g} is empty; give LOW below HIGH.")
    step = None if len(given) == 2 else _step(name, given[2], high - low)
    return Lever(policy, setting, low, high, step)


def _level(policy: str, setting: str, given: object) -> float:
    """Read a level as the policy does: text with a unit will do."""
    found = getattr(_made(policy, {setting: given}), setting)
    if setting == SEGMENT or isinstance(found, bool) or not isinstance(found, float | int):
        raise SearchError(
            f"lever {policy}.{setting}: {given!r} is no quantity, so there is no range of it; give numbers."
        )
    return float(found)


def _made(policy: str, settings: Mapping[str, object]) -> Policy:
    try:
        (found,) = policy_from_dict({"name": policy, **settings}, "lever").parts
    except PolicyError as error:
        raise SearchError(str(error)) from error
    return found


def _step(name: str, given: object, length: float) -> float:
    """Check that a range is a whole number of steps."""
    if isinstance(given, bool) or not isinstance(given, float | int) or not 0 < given <= length * (1 + ROUNDING):
        raise SearchError(f"lever {name}: the step {given!r} is no number above 0 within the range; give one.")
    if abs(length / given - round(length / given)) > ROUNDING * length / given:
        raise SearchError(
            f"lever {name}: the range of {length:g} is no whole number of steps of {given:g}; change one."
        )
    return float(given)
