"""What is asked: which figure is explained, by which parameters, in which scenario; and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sim.experiment import AnyPolicy
from sim.measures import CATALOGUE
from sim.ranges import Range
from sim.scenario import Scenario

METHODS = ("tornado", "morris", "sobol")
OWN_OPTIONS = {"trajectories": "morris", "samples": "sobol", "second_order": "sobol"}
"""Options that only one method has."""


ENDS = 2
"""Of a range: low and high."""


class SensitivityError(ValueError):
    """What cannot be asked, or not be answered: the message says what, where and the fix."""


@dataclass(frozen=True)
class Subject:
    """The figure that is explained: a measure's level, or what a policy changes of it.

    Parameters
    ----------
    scenario : in whose ranges the points lie.
    measure : of `sim.measures`, over all years.
    policy : whose effect it is; the level is explained where there is none.
    baseline : what the policy is compared with: nothing unless given.
    """

    scenario: Scenario
    measure: str
    policy: AnyPolicy | None = None
    baseline: AnyPolicy | None = None

    @property
    def policies(self) -> list[AnyPolicy]:
        """Policies that a point must be possible under."""
        return [policy for policy in (self.baseline, self.policy) if policy is not None]

    @property
    def arms(self) -> int:
        """How many runs one replication of a point takes."""
        return 1 if self.policy is None else 2

    def check(self) -> None:
        """Refuse a measure that there is not, and a comparison of a policy with itself."""
        if self.measure not in CATALOGUE:
            raise SensitivityError(unknown("measure", self.measure, list(CATALOGUE)))
        if self.policy is None and self.baseline is not None:
            raise SensitivityError("a baseline was given without a policy to compare with it; give both, or neither.")
        if self.policy is not None and self.policy == self.baseline:
            raise SensitivityError(f"{self.policy.label!r} is compared with itself; give another baseline.")


def check_options(method: str, **options: object) -> None:
    """Refuse a method that there is not, and options of other methods than the one chosen."""
    if method not in METHODS:
        raise SensitivityError(unknown("method", method, METHODS))
    for name, value in options.items():
        if value not in (None, False) and OWN_OPTIONS[name] != method:
            raise SensitivityError(
                f"{name} belongs to the method {OWN_OPTIONS[name]}, and the method is {method}; leave one of them out."
            )


def check_parameters(names: Sequence[str] | None) -> None:
    """Refuse one text in place of a list, and an empty list."""
    if isinstance(names, str):
        raise SensitivityError(f"parameters is one text, {names!r}, not a list; write parameters=[{names!r}].")
    if names is not None and not names:
        raise SensitivityError("parameters is empty; name some, or leave it out for all that have a range.")


def check_given(names: Sequence[str] | None, given: Mapping[str, tuple[float, float]]) -> None:
    """Refuse ranges of parameters that are not among those named, and ranges that are not two numbers."""
    for name, ends in given.items():
        if names is not None and name not in names:
            raise SensitivityError(
                f"a range is given for {name}, which is not among the parameters named; name it too, or leave it out."
            )
        if len(ends) != ENDS:
            raise SensitivityError(f"the range of {name}, {ends!r}, is not (low, high); give two numbers.")


def check_ranges(found: Sequence[Range]) -> None:
    """Refuse no range at all, and ranges of whole numbers that have other ends or hold one number only."""
    if not found:
        raise SensitivityError("there is no parameter with a range; name some, with ranges of your own.")
    for one in found:
        if one.whole and not (one.low.is_integer() and one.high.is_integer()):
            raise SensitivityError(
                f"{one.name} counts whole numbers, but its range is {one.low:g} to {one.high:g}; give whole ends."
            )


def unknown(what: str, name: object, known: Sequence[str]) -> str:
    """Say that there is no such thing, and the nearest name or all of them."""
    near = get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"give one of {', '.join(known)}."
    return f"there is no {what} {name!r}; {hint}"
