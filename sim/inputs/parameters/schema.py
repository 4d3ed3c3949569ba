"""Reads the parameter files: every number with its value, unit, range, kind, source and note, or not at all.

One TOML file is one subject, one table of it one parameter. Loading stops at the first number that does not
say where it comes from, because a number without a source cannot be argued with.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictStr,
    ValidationError,
    model_validator,
)

from sim.errors import InputError, unknown
from sim.inputs.parameters import units

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["measured", "literature", "fitted", "assumption", "document", "definition"]
Value = float | tuple[float, ...]
Item = TypeVar("Item")

ASSUMPTION = "assumption"
_OWN_CHOICES = (ASSUMPTION, "definition")
_COLUMNS = ("subject", "name", "value", "unit", "low", "high", "kind", "source", "note")
_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")
_FIXES = {
    "value": "write value = a number, or a list of numbers",
    "unit": f"write unit = one of {', '.join(units.declarable())}",
    "range": "write range = [lowest believable value, highest believable value]",
    "kind": f"write kind = one of {', '.join(get_args(Kind))}",
    "source": "write source = a key of sim/inputs/evidence/sources.toml, or a list of keys",
    "note": "write note = one or two plain sentences: what it is, and why this value",
    "by_segment": "write by_segment = { segment = a number in the same unit }",
}

_Number = Annotated[StrictFloat, Field(allow_inf_nan=False)]
_Entry = StrictBool | _Number | Annotated[tuple[_Number, ...], Field(min_length=1)]
_Text = Annotated[StrictStr, Field(min_length=1, pattern=r"\S")]


class ParameterError(InputError):
    """A parameter that cannot be used; the message says where it is, what is wrong and how to fix it."""


class FrozenMap(Mapping[str, Item], Generic[Item]):
    """A read-only mapping that can be pickled and sent to a worker (a mappingproxy cannot)."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Item:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"


class _Table(BaseModel):
    """One table of a parameter file, as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: _Entry
    unit: _Text
    kind: Kind
    source: _Text | Annotated[tuple[_Text, ...], Field(min_length=1)]
    note: _Text
    range: tuple[_Number, _Number] | None = None
    by_segment: dict[str, _Entry] = Field(default_factory=dict)


class Parameter(BaseModel):
    """One number of the model, or one list of numbers, and where it comes from.

    Attributes
    ----------
    name, subject : its name (unique in the whole model) and the stem of the file that holds it.
    value : a float, or a tuple of floats for a profile or table, counted in `unit`.
    unit : name of a unit of `sim.inputs.parameters.units`.
    low, high : the believable range for sensitivity runs, in `unit`; None when the kind needs none.
    kind : measured, literature, fitted, assumption, document or definition.
    sources : keys of the evidence catalogue.
    note : what it is and why this value, in a planner's words.
    by_segment : values of customer segments that differ from `value`.

    Raises
    ------
    pydantic.ValidationError : when the parts contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str
    subject: str
    value: Value
    unit: str
    low: float | None
    high: float | None
    kind: Kind
    sources: tuple[str, ...]
    note: str
    by_segment: FrozenMap[Value] = Field(default_factory=lambda: FrozenMap({}))

    @model_validator(mode="after")
    def _consistent(self) -> Parameter:
        _check_unit(self)
        _check_range(self)
        _check_sources(self)
        _check_segments(self)
        return self

    def for_segment(self, segment: str) -> Value:
        """Return the value that holds for customers of `segment`."""
        return self.by_segment.get(segment, self.value)


def _check_unit(parameter: Parameter) -> None:
    if not units.find(parameter.unit).declarable:
        raise ValueError(f'unit "{parameter.unit}" is only for typing; keep the number as a "share" or "probability"')
    if parameter.unit not in units.CATALOGUE:
        raise ValueError(f'unit "{parameter.unit}" is a loose spelling; write "{units.find(parameter.unit).name}"')
    edges = [edge for edge in (parameter.low, parameter.high) if edge is not None]
    for number in (*_numbers(parameter.value), *edges):
        _refuse_impossible(number, parameter.unit)


def _check_range(parameter: Parameter) -> None:
    if parameter.low is None or parameter.high is None:
        if parameter.kind == ASSUMPTION and isinstance(parameter.value, float):
            raise ValueError("an assumption has no range; " + _FIXES["range"])
        return
    if parameter.low > parameter.high:
        raise ValueError(f"range [{parameter.low:g}, {parameter.high:g}] is upside down; write the lower number first")
    if outside_range(parameter, parameter.value):
        raise ValueError(
            f"value {_show(parameter.value)} is outside its range [{parameter.low:g}, {parameter.high:g}]; "
            "widen the range or correct the value"
        )


def _check_sources(parameter: Parameter) -> None:
    """Evidence cannot rest on an assumption; an assumption may well name the evidence that bounds it."""
    if ASSUMPTION in parameter.sources and parameter.kind not in _OWN_CHOICES:
        raise ValueError(
            f'kind "{parameter.kind}" cannot rest on source "{ASSUMPTION}"; '
            f'name the evidence, or call it kind = "{ASSUMPTION}" and give its range'
        )


def _check_segments(parameter: Parameter) -> None:
    for segment, value in parameter.by_segment.items():
        if _length(value) != _length(parameter.value):
            raise ValueError(f"by_segment.{segment} has another shape than value; give as many numbers as value has")
        for number in _numbers(value):
            _refuse_impossible(number, parameter.unit, f"by_segment.{segment} ")


def _refuse_impossible(number: float, unit: str, part: str = "") -> None:
    problem = units.limits_problem(number, unit)
    if problem:
        raise ValueError(f"{part}{problem}; correct the number or its unit")


def _numbers(value: Value) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def _length(value: object) -> int | None:
    return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else None


def _show(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else "[" + ", ".join(f"{number:g}" for number in value) + "]"


def outside_range(parameter: Parameter, value: Value) -> bool:
    """Tell whether any number of `value` lies outside the believable range of `parameter`.

    A parameter without a range never counts as outside.
    """
    if parameter.low is None or parameter.high is None:
        return False
    return any(not parameter.low <= number <= parameter.high for number in _numbers(value))


class Parameters(FrozenMap[Parameter]):
    """All parameters by name: a read-only mapping name -> Parameter."""

    __slots__ = ()

    def subjects(self) -> tuple[str, ...]:
        """Return the subjects (file stems), each once, in alphabetical order."""
        return tuple(sorted({parameter.subject for parameter in self.values()}))

    def find(self, name: str, where: str = "parameters") -> Parameter:
        """Return the parameter `name`.

        Raises
        ------
        ParameterError : when there is none; the message names `where` it was asked for and a near name.
        """
        if name in self:
            return self[name]
        all_of_them = "sim.parameters.load().frame() lists them all."
        raise ParameterError(f"{where}: {unknown('parameter', name, self, all_of_them)}")

    def override(self, name: str, value: object, where: str = "override") -> Value:
        """Return `value` as a number in the unit of parameter `name`, ready for use.

        A number outside the believable range is allowed (see `outside`); an impossible one is not.

        Parameters
        ----------
        name : name of the parameter.
        value : a number in its unit, text such as "90 s", or a list of them for a profile.
        where : where the value was written, for the message.

        Raises
        ------
        ParameterError : unknown name, wrong unit, wrong shape, or a number beyond the unit's hard limits.
        """
        parameter = self.find(name, where)
        if _length(value) != _length(parameter.value):
            wanted = "one number" if isinstance(parameter.value, float) else f"{len(parameter.value)} numbers"
            raise ParameterError(f"{where}: {name} is {wanted}, not {value!r}; give {wanted} in {parameter.unit}.")
        if isinstance(parameter.value, float):
            return _convert(value, parameter, where)
        return tuple(_convert(entry, parameter, where) for entry in value)  # type: ignore[attr-defined]

    def outside(self, values: Mapping[str, Value]) -> tuple[str, ...]:
        """Return one sentence for each of `values` (name -> value) outside its believable range."""
        known = {name: self.find(name) for name in values}
        return tuple(
            f"{name} = {_show(values[name])} {parameter.unit} is outside the range "
            f"[{parameter.low:g}, {parameter.high:g}] that its evidence supports."
            for name, parameter in known.items()
            if outside_range(parameter, values[name])
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a parameter: subject, name, value, unit, low, high, kind, source, note."""
        import pandas as pd

        rows = [
            (p.subject, p.name, p.value, p.unit, p.low, p.high, p.kind, ", ".join(p.sources), p.note)
            for p in self.values()
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"low": float, "high": float})


def _convert(value: object, parameter: Parameter, where: str) -> float:
    if not isinstance(value, str | Real):
        raise ParameterError(f"{where}: {parameter.name} cannot be {value!r}; give a number in {parameter.unit}.")
    try:
        number = units.convert(value, parameter.unit)
    except units.UnitError as error:
        raise ParameterError(f"{where}: {parameter.name}: {error}") from error
    problem = units.limits_problem(number, parameter.unit)
    if problem:
        raise ParameterError(f"{where}: {parameter.name}: {problem}; correct the number or its unit.")
    return number


@cache
def _shipped() -> Parameters:
    return load_folder(files("sim.inputs.parameters"))


def load(known_sources: Collection[str] | None = None) -> Parameters:
    """Return the parameters that ship with the model; the files are read once a process.

    Parameters
    ----------
    known_sources : keys of the evidence catalogue; when given, every source must be among them.

    Raises
    ------
    ParameterError : at the first number that is incomplete, impossible or without a known source.
    """
    parameters = _shipped()
    if known_sources is not None:
        check_sources(parameters, known_sources)
    return parameters


def load_folder(folder: Traversable) -> Parameters:
    """Return the parameters of all TOML files in `folder` (a pathlib.Path will do).

    Raises
    ------
    ParameterError : at the first number that is incomplete or impossible, or that two files define.
    """
    found: dict[str, Parameter] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        for parameter in _read_file(file):
            earlier = found.setdefault(parameter.name, parameter)
            if earlier is not parameter:
                raise _refusal(file.name, parameter.name, f"is also in {earlier.subject}.toml", "keep one of the two")
    return Parameters(found)


def check_sources(parameters: Parameters, known_sources: Collection[str]) -> None:
    """Refuse parameters whose source is not a key of the evidence catalogue.

    Raises
    ------
    ParameterError : names the parameter, the unknown key and a near one.
    """
    known = frozenset(known_sources)
    for parameter in parameters.values():
        for key in parameter.sources:
            if key not in known:
                near = get_close_matches(key, list(known), n=1)
                fix = f'write "{near[0]}"' if near else "add it to sim/inputs/evidence/sources.toml"
                raise _refusal(f"{parameter.subject}.toml", parameter.name, f'source "{key}" is unknown', fix)


def _read_file(file: Traversable) -> list[Parameter]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{file.name}: not valid TOML: {error}. Fix: correct that line.") from error
    return [_read_table(file.name, name, table) for name, table in tables.items()]


def _read_table(file: str, name: str, raw: object) -> Parameter:
    if not isinstance(raw, dict):
        raise _refusal(file, name, "is a bare value", f"make it a table [{name}] with value, unit, kind, source, note")
    if not _SNAKE_CASE.fullmatch(name):
        raise _refusal(file, name, "is not a usable name", "use small letters, digits and underscores")
    try:
        return _parameter(_Table.model_validate(raw), name, file.removesuffix(".toml"))
    except ValidationError as error:
        raise _explain(error, file, name) from error
    except units.UnitError as error:
        raise _refusal(file, name, *_problem_and_fix(str(error))) from error


def _parameter(table: _Table, name: str, subject: str) -> Parameter:
    units.find(table.unit)  # an unknown unit is the first thing to say, before any number is judged by it
    low, high = table.range or (None, None)
    return Parameter(
        name=name,
        subject=subject,
        value=_plain(table.value, table.unit),
        unit=table.unit,
        low=low,
        high=high,
        kind=table.kind,
        sources=(table.source,) if isinstance(table.source, str) else table.source,
        note=table.note,
        by_segment=FrozenMap({segment: _plain(value, table.unit) for segment, value in table.by_segment.items()}),
    )


def _plain(value: bool | Value, unit: str) -> Value:
    """Turn what TOML gives (truth value, integer or float) into floats."""
    return value if isinstance(value, tuple) else units.convert(value, unit)


def _explain(error: ValidationError, file: str, table: str) -> ParameterError:
    """Turn the first complaint of the validation library into words with a fix."""
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        return _refusal(file, table, f"has no {field}", _FIXES[field])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(field, list(_FIXES), n=1)
        fix = f'did you mean "{near[0]}"?' if near else "keys are " + ", ".join(_FIXES)
        return _refusal(file, table, f'has an unknown key "{field}"', fix)
    if first["type"] == "finite_number":
        return _refusal(file, table, f"{field} is not a finite number", _FIXES[field])
    if field:
        return _refusal(file, table, f"{field} cannot be {first['input']!r}", _FIXES[field])
    return _refusal(file, table, *_problem_and_fix(first["msg"].removeprefix("Value error, ")))


def _problem_and_fix(message: str) -> tuple[str, str]:
    """Split a message of this package: what is wrong, a semicolon, how to put it right."""
    problem, _, fix = message.partition("; ")
    return problem, fix.removesuffix(".")


def _refusal(file: str, table: str, problem: str, fix: str) -> ParameterError:
    return ParameterError(f"{file} [{table}]: {problem}. Fix: {fix}.")
