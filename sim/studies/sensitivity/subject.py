"""What is asked: which figure is explained, by which parameters, in which scenario; and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.errors import InputError, names, one_of
from sim.inputs.scenario import Scenario
from sim.inputs.uncertainties import Range
from sim.outcomes.measures import CATALOGUE, RENAMED
from sim.running.experiment import AnyPolicy, Observer

METHODS = ("tornado", "morris", "sobol")
OWN_OPTIONS = {"trajectories": "morris", "samples": "sobol", "second_order": "sobol"}
"""Options that only one method has."""


class SensitivityError(InputError):
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
    observe : what else is noted of every history.
    """

    scenario: Scenario
    measure: str
    policy: AnyPolicy | None = None
    baseline: AnyPolicy | None = None
    observe: Observer | None = None

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
        if self.observe is None:
            one_of("measure", self.measure, CATALOGUE, renamed=RENAMED, error=SensitivityError)
        if self.policy is None and self.baseline is not None:
            raise SensitivityError("a baseline was given without a policy to compare with it; give both, or neither.")
        if self.policy is not None and self.policy == self.baseline:
            raise SensitivityError(f"{self.policy.label!r} is compared with itself; give another baseline.")


def check_options(method: str, **options: object) -> None:
    """Refuse a method that there is not, and options of other methods than the one chosen."""
    one_of("method", method, METHODS, error=SensitivityError)
    for name, value in options.items():
        if value not in (None, False) and OWN_OPTIONS[name] != method:
            raise SensitivityError(
                f"{name} belongs to the method {OWN_OPTIONS[name]}, and the method is {method}; leave one of them out."
            )


def check_parameters(given: Sequence[str] | None) -> None:
    """Refuse one text in place of a list, and an empty list."""
    if given is not None and not names("parameters", given, error=SensitivityError):
        raise SensitivityError("parameters is empty; name some, or leave it out for all that have a range.")


def checked_ranges(
    parameters: Sequence[str] | None, given: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """Return the ranges given; refuse those of parameters that are not named, and what is not two numbers."""
    found = {}
    for name, ends in given.items():
        if parameters is not None and name not in parameters:
            raise SensitivityError(
                f"a range is given for {name}, which is not among the parameters named; name it too, or leave it out."
            )
        try:
            low, high = ends
            found[name] = (float(low), float(high))
        except (TypeError, ValueError) as error:
            raise SensitivityError(f"the range of {name}, {ends!r}, is not (low, high); give two numbers.") from error
    return found


def check_found(found: Sequence[Range]) -> None:
    """Refuse that there is nothing to move."""
    if not found:
        raise SensitivityError("no parameter of this scenario is uncertain; name some, with ranges of your own.")
