"""A scenario: parameters, policies, a reading of the evidence, a horizon and a seed; and what they resolve to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from sim.errors import InputError, toml, unknown, whole_number, words
from sim.inputs import evidence
from sim.inputs.limits import limits
from sim.inputs.parameters import Parameters, UnitError, convert, limits_problem, load
from sim.inputs.policies import Bundle, Change, Policy, PolicyError, Row, is_switch, policy_from_dict
from sim.model import columns as table
from sim.model.clock import YEAR_DAYS
from sim.model.reference import anchor

SHIPPED = ("default", "small_company")
# The chances to tell others of what was good, and of what was bad.
TOLD_WELL = ("tell_delighted", "tell_satisfied", "tell_routine")
TOLD_ILL = ("tell_dissatisfied", "tell_poor")
HAZARDS = ("patience_hazard_regular", "patience_hazard_priority")
LEAST_MARKET = 1
"""People without whom there is no company to simulate."""
TABLES_KEPT = 8
"""Tables of shipped values that are kept, one for each choice of segments."""
Override = float | tuple[float, ...] | dict[str, float]


class ScenarioError(InputError):
    """A scenario that cannot be: the message says where, what is wrong and how to put it right."""


@dataclass(frozen=True)
class Scenario:
    """Everything a run depends on.

    Parameters
    ----------
    name : for tables and charts.
    parameters : overrides by name: a number in the parameter's unit, text with a unit ("90 s"), a list for a
        profile, or a table by customer segment.
    ranges : what this company knows of a parameter, (low, high) by name as in ``parameters``, instead of the range that
        the parameter's file states; of equal ends it is known. What samples the uncertain (`sim.inputs.uncertainties`)
        goes by it; a run does not.
    policies : in force in every run of the scenario, the baseline included.
    reading : which document to believe about word of mouth (``cxsim evidence --readings``).
    years : length of the measured period.
    warm_up : years simulated before it and not measured.
    seed : any whole number from 0; replication r draws from (seed, r).
    fresh : start with one fresh cohort of customers instead of the long-run mixture (for checking retention).
    """

    name: str = "default"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, Any] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    reading: str = "smart-2010"
    years: float = 3.0
    warm_up: float = 1.0
    seed: int = 1
    fresh: bool = False

    def __post_init__(self) -> None:
        words("scenario: name", self.name, example="my company", error=ScenarioError)
        words(f"scenario {self.name}: reading", self.reading, example="smart-2010", error=ScenarioError)
        _check_number(self, "years", 1.0 / YEAR_DAYS, 100.0)
        _check_number(self, "warm_up", 0.0, 100.0)
        seed = whole_number(f"scenario {self.name}: seed", self.seed, error=ScenarioError)
        object.__setattr__(self, "seed", seed)
        parts = tuple(part for policy in self.policies for part in policy.parts)
        object.__setattr__(self, "policies", parts)
        object.__setattr__(self, "parameters", _checked(self.parameters, f"scenario {self.name}"))
        object.__setattr__(self, "ranges", _checked_ranges(self.ranges, f"scenario {self.name}, ranges"))
        for name in HAZARDS:
            _check_hazard(self, name)
        if self.reading not in evidence.readings():
            raise ScenarioError(_unknown(f"scenario {self.name}", "reading", self.reading, list(evidence.readings())))

    def __hash__(self) -> int:
        """Hash the content: equal scenarios have one hash."""
        return hash(tuple(_hashable(getattr(self, each.name)) for each in fields(self)))

    # -- reading and writing -----------------------------------------------------------------------------------

    @classmethod
    def load(cls, name: str | Path) -> Scenario:
        """Load a scenario that ships with the package by name, or any TOML file by path."""
        if str(name) in SHIPPED:
            return cls.from_toml(
                (files("sim.inputs.scenarios") / f"{name}.toml").read_text("utf-8"), f"scenario {name}"
            )
        path = Path(name)
        if not path.is_file():
            raise ScenarioError(
                f"{name}: no such file, and no scenario of that name; give the path of a TOML file or one of "
                f"{', '.join(SHIPPED)}."
            )
        try:
            return cls.from_toml(path.read_text("utf-8"), str(name))
        except UnicodeDecodeError as error:
            where = f"{error.reason} at byte {error.start}"
            raise ScenarioError(f"{name}: not text in UTF-8 ({where}); save it as such.") from error

    @classmethod
    def from_toml(cls, text: str, where: str = "scenario") -> Scenario:
        """Read a scenario from TOML text; ``where`` is named in errors."""
        return cls.from_dict(toml(text, where, error=ScenarioError), where)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], where: str = "scenario") -> Scenario:
        """Build a scenario from a table as :meth:`to_dict` gives it; unknown keys are errors."""
        content = dict(content)
        known = [f.name for f in fields(cls)]
        for key in content:
            if key not in known:
                raise ScenarioError(_unknown(where, "key", key, known))
        content["parameters"] = _checked(_table(content, "parameters", "value", where), f"{where}, [parameters]")
        content["ranges"] = _checked_ranges(_table(content, "ranges", "[low, high]", where), f"{where}, [ranges]")
        tables = content.get("policies", [])
        if not isinstance(tables, Sequence) or not all(isinstance(entry, Mapping) for entry in tables):
            raise ScenarioError(f"{where}: policies must be tables [[policies]] with a name each.")
        content["policies"] = tuple(policy_from_dict(entry, f"{where}, [[policies]]") for entry in tables)
        try:
            return cls(**content)
        except ScenarioError as error:
            raise ScenarioError(f"{where}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain tables, ready for TOML or JSON."""
        content: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        content["parameters"] = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters.items()}
        content["ranges"] = {k: list(v) for k, v in self.ranges.items()}
        content["policies"] = [policy.to_dict() for policy in self.policies]
        return content

    def to_toml(self) -> str:
        """Return the scenario as TOML text that :meth:`from_toml` reads back to an equal scenario."""
        return tomli_w.dumps(self.to_dict())

    # -- variants ----------------------------------------------------------------------------------------------

    def change(self, **settings: Any) -> Scenario:
        """Return the scenario with other settings (fields of this class)."""
        known = [f.name for f in fields(self)]
        for key in settings:
            if key not in known:
                raise ScenarioError(_unknown(f"scenario {self.name}", "setting", key, known))
        return replace(self, **settings)

    def override(self, **parameters: Any) -> Scenario:
        """Return the scenario with more parameters overridden."""
        return replace(self, parameters={**self.parameters, **parameters})

    def under(self, policy: Policy | Bundle | None) -> Scenario:
        """Return the scenario with one more policy (or bundle) in force."""
        if policy is None:
            return self
        own = {
            name: value for part in policy.parts if isinstance(part, Change) for name, value in part.overrides().items()
        }
        return replace(self, policies=self.policies + policy.parts, parameters={**self.parameters, **own})

    # -- resolving ---------------------------------------------------------------------------------------------

    @property
    def days(self) -> int:
        """Length of the run in days, warm-up included."""
        return self.first_day + round(self.years * YEAR_DAYS)

    @property
    def first_day(self) -> int:
        """First day of the measured period."""
        return round(self.warm_up * YEAR_DAYS)

    def value(self, name: str) -> float | tuple[float, ...]:
        """Return the value of a parameter in this scenario without policies; of segments that differ, their mean."""
        parameter = load().find(name)
        found = self.parameters.get(name, parameter.value)
        if not isinstance(found, dict):
            return found
        shares = self._shares()
        each = {segment: _single(found.get(segment, parameter.for_segment(segment))) for segment in shares}
        return sum(share * each[segment] for segment, share in shares.items()) / sum(shares.values())

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the customer segments."""
        return tuple(self._shares())

    def _shares(self) -> dict[str, float]:
        """Share of the market in each segment."""
        found = self.parameters.get("segment_share")
        shares = found if isinstance(found, dict) else load()["segment_share"].by_segment
        return {segment: _single(share) for segment, share in shares.items()}

    def outside(self) -> tuple[str, ...]:
        """Return a sentence for each override outside the range that its evidence supports, or that nobody measured."""
        plain = {k: v for k, v in self.parameters.items() if not isinstance(v, dict) and k not in self.ranges}
        return load().outside(plain)

    def resolve(self) -> Resolved:
        """Return the tables of parameter values by phase."""
        return _resolve(self)


@dataclass(frozen=True)
class Resolved:
    """What a scenario comes down to: segments, and a parameter table (rows, segments) from each phase's first day."""

    scenario: Scenario
    segments: tuple[str, ...]
    base: np.ndarray
    phases: list[tuple[int, np.ndarray]]
    rows: list[Row]


def _hashable(value: Any) -> Any:
    """Return what stands for a value in a hash: a table has no order."""
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(entry)) for key, entry in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _check_hazard(scenario: Scenario, name: str) -> None:
    """Somebody must hang up in the end, or patience has no mean."""
    rates = scenario.parameters.get(name)
    if isinstance(rates, tuple) and not rates[-1] > 0.0:
        raise ScenarioError(
            f"scenario {scenario.name}: the last rate of {name} is {rates[-1]:g}, so that some would wait for ever; "
            "give one above 0."
        )


def _check_number(scenario: Scenario, name: str, low: float, high: float) -> None:
    value = getattr(scenario, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ScenarioError(
            f"scenario {scenario.name}: {name} = {value!r} is not a number of years "
            f"from {low:.3g} to {high:g}; give one."
        )


def _unknown(where: str, what: str, name: object, known: Sequence[str]) -> str:
    return f"{where}: {unknown(what, name, known)}"


def _checked(overrides: Mapping[str, Any], where: str) -> dict[str, Override]:
    """Turn every override into numbers in the parameter's unit."""
    known = load()
    checked: dict[str, Override] = {}
    for name, value in overrides.items():
        if isinstance(value, Mapping):
            known.find(name, where)
            _refuse_company_wide(name, where)
            checked[name] = {str(s): float(known.override(name, v, f"{where}, {s}")) for s, v in value.items()}  # type: ignore[arg-type]
        else:
            checked[name] = known.override(name, value, where)
    return checked


def _table(content: Mapping[str, Any], key: str, what: str, where: str) -> Mapping[str, Any]:
    found = content.get(key, {})
    if not isinstance(found, Mapping):
        raise ScenarioError(f"{where}: {key} must be a table [{key}]; write one name = {what} a line.")
    return found


def _checked_ranges(ranges: Mapping[str, Any], where: str) -> dict[str, tuple[float, float]]:
    """Turn both ends of every range into numbers in the parameter's unit."""
    known = load()
    checked: dict[str, tuple[float, float]] = {}
    for name, ends in ranges.items():
        known.find(name, where)
        if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:
            raise ScenarioError(
                f"{where}: {name} = {ends!r} is not a range; write [low, high], or [x, x] when it is known."
            )
        low, high = (_single(known.override(name, end, where)) for end in ends)
        if low > high:
            raise ScenarioError(f"{where}: {name} runs from {low:g} down to {high:g}; write the lower end first.")
        checked[name] = (low, high)
    return checked


def _refuse_company_wide(name: str, where: str) -> None:
    if name in table.COMPANY_WIDE:
        raise ScenarioError(f"{where}: {name} belongs to the whole company; give one number, not one a segment.")


def base_table(scenario: Scenario) -> np.ndarray:
    """Return the table of parameter values without policies, derived rows included: (rows, segments)."""
    known, segments = load(), scenario.segments
    params = _shipped_table(segments).copy(order="F")
    for name in scenario.parameters:
        if name in table.NAMES and name not in table.DERIVED:
            params[table.row(name)] = _by_segment(scenario, known, name, segments)
    _check_market(scenario, params[table.MARKET_SIZE, 0])
    _check_shares(scenario, params[table.SEGMENT_SHARE], segments)
    _tell_as_read(scenario, params)
    try:
        anchor(params)
    except ValueError as error:
        raise ScenarioError(f"scenario {scenario.name}: {error}") from error
    params[table.AUTHORITY_LIMIT] = limits(params, params)
    return params


@lru_cache(maxsize=TABLES_KEPT)
def _shipped_table(segments: tuple[str, ...]) -> np.ndarray:
    """Return the table of the values that ship with the model, derived rows left at zero."""
    params, known = np.zeros((len(table.NAMES), len(segments)), order="F"), load()
    for name in table.NAMES:
        if name not in table.DERIVED:
            params[table.row(name)] = [_single(known[name].for_segment(segment)) for segment in segments]
    return params


def _by_segment(scenario: Scenario, known: Parameters, name: str, segments: Sequence[str]) -> list[float]:
    parameter, found = known[name], scenario.parameters.get(name)
    if isinstance(found, dict):
        for segment in found:
            if segment not in segments:
                raise ScenarioError(_unknown(f"scenario {scenario.name}, {name}", "segment", segment, segments))
        return [_single(found.get(s, parameter.for_segment(s))) for s in segments]
    if found is not None:
        return [_single(found)] * len(segments)
    return [_single(parameter.for_segment(s)) for s in segments]


def _single(value: float | tuple[float, ...]) -> float:
    return value[0] if isinstance(value, tuple) else value


def _check_shares(scenario: Scenario, shares: np.ndarray, segments: Sequence[str]) -> None:
    if not np.isclose(shares.sum(), 1.0):
        raise ScenarioError(
            f"scenario {scenario.name}: the segment_share of {', '.join(segments)} add up to {shares.sum():.3f}; "
            "make them add up to 1."
        )


def _check_market(scenario: Scenario, people: float) -> None:
    if people < LEAST_MARKET:
        raise ScenarioError(
            f"scenario {scenario.name}: market_size = {people:g} is no market; give at least {LEAST_MARKET} person."
        )


def _tell_as_read(scenario: Scenario, params: np.ndarray) -> None:
    """Multiply the chances to tell anybody by the factors of the scenario's reading of the evidence."""
    reading = evidence.readings()[scenario.reading]
    for factor, names in ((reading.good.teller_factor, TOLD_WELL), (reading.bad.teller_factor, TOLD_ILL)):
        for name in names:
            chances = params[table.row(name)]
            most = chances.max()
            if factor * most > 1.0:
                raise ScenarioError(
                    f"scenario {scenario.name}: {name} = {most:g} becomes {factor * most:g} under the reading "
                    f"{scenario.reading}, which multiplies it by {factor:g}; give at most {1.0 / factor:.3g}."
                )
            chances *= factor


def _resolve(scenario: Scenario) -> Resolved:
    base = base_table(scenario)
    rows = [row for policy in scenario.policies for row in policy.rows(lambda name: _base_value(scenario, base, name))]
    for row in rows:
        _check_row(row, scenario)
    _refuse_two_levels(rows)
    first = scenario.first_day
    days = sorted({0} | {min(first + day, scenario.days) for row in rows for day in _steps(row)})
    phases = [(day, _phase(base, rows, day - first, scenario)) for day in days]
    return Resolved(scenario, scenario.segments, base, phases, rows)


def _base_value(scenario: Scenario, base: np.ndarray, name: str) -> float:
    """Value of a parameter (also of what a policy costs) without policies, of the first segment where they differ."""
    if name in table.NAMES:
        return float(base[table.row(name), 0])
    return _single(scenario.value(name))


def _check_row(row: Row, scenario: Scenario) -> None:
    if row.segment is None:
        return
    where = f"policy {row.policy}"
    if row.segment not in scenario.segments:
        raise PolicyError(_unknown(where, "segment", row.segment, scenario.segments))
    if row.parameter in table.COMPANY_WIDE:
        raise PolicyError(
            f"{where}: it changes {row.parameter}, which belongs to the whole company, so it cannot be for segment "
            f"{row.segment!r} alone; leave segment out."
        )


def _refuse_two_levels(rows: Sequence[Row]) -> None:
    seen: list[Row] = []
    for row in (row for row in rows if row.how == "set"):
        for other in seen:
            if other.parameter == row.parameter and (
                None in (other.segment, row.segment) or other.segment == row.segment
            ):
                raise PolicyError(
                    f"policies {other.policy} and {row.policy} both set {row.parameter}; keep one of them."
                )
        seen.append(row)


def _steps(row: Row) -> range:
    """Days (from the measured start) at which a row's value changes: at once, or daily in a ramp."""
    start, ramp = round(row.start), round(row.ramp)
    return range(start, start + max(1, ramp + 1 if ramp else 1))


def _phase(base: np.ndarray, rows: Sequence[Row], day: int, scenario: Scenario) -> np.ndarray:
    """Table in force from a day (counted from the measured start) on: sets, then factors, then additions."""
    params = base.copy()
    for how in ("set", "multiply", "add"):
        for row in rows:
            share = _reached(row, day)
            if row.how == how and share > 0.0:
                _apply(params, row, share, scenario)
    if any(row.parameter.startswith("empowerment") for row in rows):
        params[table.AUTHORITY_LIMIT] = limits(base, params)
    return params


def _reached(row: Row, day: int) -> float:
    """Share of its full change that a row has reached on a day; a switch is on from the first day of a ramp."""
    if day < round(row.start):
        return 0.0
    if row.ramp == 0.0 or is_switch(row.parameter):
        return 1.0
    return min(1.0, (day - round(row.start)) / row.ramp)


def _apply(params: np.ndarray, row: Row, share: float, scenario: Scenario) -> None:
    at = table.row(row.parameter)
    columns = slice(None) if row.segment is None else scenario.segments.index(row.segment)
    if row.how == "set":
        params[at, columns] += share * (row.value - params[at, columns])
    elif row.how == "multiply":
        params[at, columns] *= 1.0 + share * (row.value - 1.0)
    else:
        params[at, columns] += share * row.value
    for value in np.atleast_1d(params[at, columns]):
        problem = limits_problem(float(value), load()[row.parameter].unit)
        if problem:
            raise PolicyError(
                f"policy {row.policy}: {row.parameter} would become {value:g}: {problem}; use a milder setting."
            )


__all__ = ["Resolved", "Scenario", "ScenarioError", "UnitError", "base_table", "convert"]
