"""What we do not know: parameters with a believable range, and points within those ranges.

A point is a number for each of some parameters. Everything that samples the ranges (what matters, many futures) takes
its points from here, so that a range, a whole number and a segment mean the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.inputs.parameters import Parameter, limits_problem, load
from sim.inputs.parameters.units import find as find_unit
from sim.inputs.policies import CATALOGUE, COSTS, Bundle, Policy
from sim.inputs.scenario import Scenario
from sim.model import columns

COMPOSITION = ("segment_share", "priority_class")
"""Who the customers are: shares that add up to one, and their place in the line."""
SIZE = ("market_size", "employees", "managers")
"""How large the company is: it knows that, and a company of another size is another company."""


FORMS = (
    "pressure_lowest", "pressure_highest", "speed_wait_weight", "courtesy_weight", "effort_repeat", "goodwill_neutral",
)  # fmt: skip
"""Numbers in the form of a rule: assumptions that are moved when they are named, not with all that is uncertain."""


class RangeError(InputError):
    """A range that cannot be sampled: the message says which, why, and how to put it right."""


@dataclass(frozen=True)
class Range:
    """A parameter that is not known exactly.

    Parameters
    ----------
    name, unit : of the parameter.
    value : in the scenario.
    low, high : ends of what is believable, in the unit.
    whole : whether only whole numbers make sense.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    whole: bool = False

    def at(self, share: float) -> float:
        """Return the number at a share of the way from low to high, rounded where only whole ones make sense."""
        number = self.low + share * (self.high - self.low)
        return float(round(number)) if self.whole else float(number)


def ranges(
    scenario: Scenario,
    names: Sequence[str] | None = None,
    given: Mapping[str, tuple[float, float]] | None = None,
    policies: Sequence[Policy | Bundle] = (),
) -> list[Range]:
    """Return the ranges of parameters: as given, as the scenario's company knows them, or as their files state them.

    Parameters
    ----------
    names : of the parameters; all that are uncertain (see `is_uncertain`) unless given, and what the policies cost.
    given : (low, high) by name, in the parameter's unit, instead of others; these parameters belong to the result
        whether or not they are named.

    Raises
    ------
    ParameterError : an unknown name.
    RangeError : a parameter without a range, a profile, a range that is empty or holds impossible values.
    """
    given = dict(given or {})
    if names is None:
        wanted = [name for name in _read(scenario, policies) if is_uncertain(scenario, name)]
    else:
        wanted = list(dict.fromkeys(names))
        if len(wanted) < len(names):
            raise RangeError(f"a parameter is named twice in {', '.join(names)}; name each once.")
    wanted += [name for name in given if name not in wanted]
    return [_range(scenario, name, given.get(name)) for name in wanted]


def at(scenario: Scenario, values: Mapping[str, float], name: str) -> Scenario:
    """Return the scenario with these values of parameters, called ``name``.

    A parameter that differs by segment moves in proportion in all segments.

    Raises
    ------
    ParameterError : a value that is impossible.
    """
    return scenario.override(**{key: _moved(scenario, key, value) for key, value in values.items()}).change(name=name)


def scaled(found: Sequence[Range], cube: NDArray[np.float64]) -> list[dict[str, float]]:
    """Return a point for each row of ``cube``, shape (points, ranges), whose numbers lie in [0, 1]."""
    return [{one.name: one.at(float(share)) for one, share in zip(found, row, strict=True)} for row in cube]


def feasible(
    points: Sequence[Scenario], policies: Sequence[Policy | Bundle | None]
) -> tuple[list[Scenario], dict[str, str]]:
    """Return the scenarios that can be run without and under every policy, and by name why the others cannot.

    A base scenario that contradicts itself, such as one in which a quick recovery satisfies less than a slow one, is
    refused when it is resolved; in a sampled design that is a point to be recorded.
    """
    able, refused = [], {}
    for scenario in points:
        why = _refusal(scenario, policies)
        if why is None:
            able.append(scenario)
        else:
            refused[scenario.name] = why
    return able, refused


def _refusal(scenario: Scenario, policies: Sequence[Policy | Bundle | None]) -> str | None:
    try:
        for policy in (None, *policies):
            scenario.under(policy).resolve()
    except ValueError as error:
        return str(error)
    return None


def is_uncertain(scenario: Scenario, name: str) -> bool:
    """Whether a parameter is something that we do not know: it has a range, and the scenario's value lies in it.

    Not so a company of another size, whose numbers lie outside the range that the files state; nor definitions,
    switches, the size of the company, who its customers are and the form of a rule; nor what a policy would set or
    charge: that is a lever, which is chosen. What the scenario's company has measured goes by its own range, and is
    certain when that has equal ends.
    """
    parameter = load()[name]
    if parameter.unit == "switch" or parameter.kind == "definition":
        return False
    if name in (*COMPOSITION, *SIZE, *FORMS, *COSTS, *levers()):
        return False
    value = scenario.value(name)
    if not isinstance(value, float):
        return False
    if name in scenario.ranges:
        low, high = scenario.ranges[name]
        return low < high
    if parameter.low is None or parameter.high is None:
        return False
    return parameter.low < parameter.high and parameter.low <= value <= parameter.high


@cache
def levers() -> frozenset[str]:
    """Return the parameters to which some policy gives a value of its own.

    A policy may leave out what it would set to the value that is there; nothing is equal to NaN, so all of it shows.
    """
    shipped = Scenario.load("default")
    rows = [row for kind in CATALOGUE.values() for row in shipped.under(kind()).resolve().rows]
    shown = [change for kind in CATALOGUE.values() for change in kind().changes(lambda name: math.nan)]
    return frozenset(row.parameter for row in rows if row.how == "set").union(
        name for name, how, _ in shown if how == "set"
    )


def _read(scenario: Scenario, policies: Sequence[Policy | Bundle]) -> list[str]:
    """Names of the parameters that a run reads, and of those that the policies ask for, in the order of the files."""
    asked: set[str] = set()

    def note(name: str) -> float:
        asked.add(name)
        value = scenario.value(name)
        return value if isinstance(value, float) else value[0]

    for policy in policies:
        for part in policy.parts:
            part.rows(note)
    read = asked | set(columns.NAMES) - set(columns.DERIVED)
    return [name for name in load() if name in read]


def _range(scenario: Scenario, name: str, given: tuple[float, float] | None) -> Range:
    parameter = load().find(name, "ranges")
    low, high = map(float, given or scenario.ranges.get(name) or _stated(parameter))
    value = scenario.value(name)
    if not isinstance(value, float):
        raise RangeError(f"{name} is a profile, not one number, so it has no range to move in; leave it out.")
    if not low < high:
        raise RangeError(f"the range of {name}, {low:g} to {high:g}, is empty; give LOW below HIGH.")
    for end in (low, high):
        problem = limits_problem(end, parameter.unit)
        if problem:
            raise RangeError(f"the range of {name}, {low:g} to {high:g} {parameter.unit}: {problem}; correct it.")
    return Range(name, parameter.unit, value, low, high, find_unit(parameter.unit).whole)


def _stated(parameter: Parameter) -> tuple[float, float]:
    if parameter.low is None or parameter.high is None:
        raise RangeError(
            f"{parameter.name} has no range: it is {parameter.kind}; give one, such as "
            f"{parameter.name}={parameter.value}:{parameter.value}."
        )
    return parameter.low, parameter.high


def _moved(scenario: Scenario, name: str, value: float) -> float | dict[str, float]:
    """Return the override that brings a parameter to a value."""
    held, parameter = scenario.parameters.get(name), load()[name]
    shipped = dict(parameter.by_segment)
    by_segment = shipped | held if isinstance(held, dict) else {} if held is not None else shipped
    middle = scenario.value(name)
    if not by_segment or name in columns.COMPANY_WIDE or not isinstance(middle, float) or middle == 0.0:
        return value
    return {segment: _single(by_segment.get(segment, middle)) * value / middle for segment in scenario.segments}


def _single(value: object) -> float:
    return float(value[0] if isinstance(value, tuple) else value)  # type: ignore[arg-type]
