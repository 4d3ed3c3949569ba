"""What if a number were otherwise: text such as "agents=-2, price=+2%" turned into a change of a scenario.

A number is one of the plain numbers of a company (`sim.inputs.numbers`) or a parameter of the model. A sign in front
means a change (+2 %, -2), no sign the value itself. What the engine reads only when a run begins (opening hours, the
size of the market) holds from the beginning of the warm-up; everything else changes on the first measured day.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from sim.errors import InputError, repeated, toml, unknown
from sim.inputs.links import links, read_responses
from sim.inputs.numbers import HOURS, Knob, Number, NumberError, knobs, numbers, read_hours
from sim.inputs.parameters import UnitError, convert, load
from sim.inputs.parameters.units import find as find_unit
from sim.inputs.policies import Change
from sim.inputs.scenario import Scenario
from sim.model import columns
from sim.model.clock import HUNDRED
from sim.wording import lower

OUTCOMES = ("average_wait",)
"""Plain numbers that only come out, though they are amounts."""
PRICE, MARGIN = "price", "gross_margin"
OPENS, CLOSES = "open_hour", "close_hour"
ONLY_AT_START = frozenset(
    {"market_size", "segment_share", "priority_class", "pest_share", "discount_rate", "contact_delay"}
    | {"patience_priority", "disposition_alpha", "disposition_beta"}
    | {name for name in columns.NAMES if name.startswith(("reference_", "repurchase_", "degree_"))}
)
"""Parameters of the table that are read when a run begins, or that its curves are computed from."""
SEPARATORS = (",", ";", "\t")
SEVERAL = re.compile(r",\s*(?=[A-Za-z][A-Za-z_ -]*=)")
"""Between two changes: a comma, then another name; "Mon-Fri 8-18, Sat 9-13" and "38,5 %" stay whole."""
NAMED = re.compile(r"\s*(?P<title>[^=:]+):\s*(?P<rest>[^=]+=.*)", re.DOTALL)
RELATIVE = re.compile(r"(?P<sign>[+\-−])\s*(?P<amount>[\d.,_]+)\s*(?:%|per ?cent)", re.IGNORECASE)
POINTS = re.compile(
    r"(?P<sign>[+\-−])\s*(?P<amount>[\d.,_]+)\s*(?:pp|points?|percentage points?|%-points?)", re.IGNORECASE
)
TIMES = re.compile(r"[x×*]\s*(?P<factor>[\d.,_]+)", re.IGNORECASE)
EXAMPLE = 'agents=-2, price=+2%, or "hours=Mon-Fri 8-20"'


Setting = tuple[str, Any, float]
Wanted = str | Sequence[str | Mapping[str, object]] | Mapping[str, str | Mapping[str, object]]
"""One option as text, several, or options by title."""


class WhatIfError(InputError):
    """A change that cannot be read or made: the message says which, why, and how to write it."""


@dataclass(frozen=True)
class Step:
    """One number that changes.

    Parameters
    ----------
    name : as it was written.
    text : the change as it was written.
    parameters : what it moves in the model, by name: ("set", "add" or "multiply", number).
    from_start : the same for what holds from the beginning of a run: the values.
    number : the plain number, when it is one.
    """

    name: str
    text: str
    parameters: Mapping[str, tuple[str, float]]
    from_start: Mapping[str, Any]
    number: Number | None = None


def what_if(
    scenario: Scenario,
    text: str | Mapping[str, object],
    title: str = "",
    where: str = "change",
    responses: Mapping[tuple[str, str], float] | Sequence[str] = (),
) -> Change:
    """Return the change of a scenario that a text or a table describes.

    Parameters
    ----------
    text : "agents=-2, price=+2%", with a title in front where it is to have one: "cheap: agents=-2"; or a mapping
        from names to values: {"agents": "-2", "average_order": 95}. A number of Python is a value, never a change.
    title : what it is called in tables; the text unless given.
    where : named in errors.
    responses : what responds to a change that the model has no link from, such as "wage:turnover=-0.5": turnover 0.5 %
        lower for a wage 1 % higher. See `sim.inputs.links`. None unless given.

    Raises
    ------
    WhatIfError : an unknown name, a text that cannot be read, or a value that cannot be.
    ResponseError : a response that there is not.

    Examples
    --------
    >>> change = what_if(Scenario.load("small_company"), "fewer: agents=-2, price=+2%")
    >>> change.label, change.settings[:2]
    ('fewer', (('employees', 'add', -2.0), ('price', 'multiply', 1.02)))
    """
    title, wanted = _entries(text, title, where)
    steps = [step(scenario, name, value, where) for name, value in wanted.items()]
    settings: list[Setting] = [(name, how, value) for one in steps for name, (how, value) in one.parameters.items()]
    fixed = {name: value for one in steps for name, value in one.from_start.items()}
    given = responses if isinstance(responses, Mapping) else read_responses(responses)
    settings += _cost_kept(scenario, settings)
    settings += _responding(scenario, settings, given)
    _refuse_twice([name for name, _, _ in settings] + [name for one in steps for name in one.from_start], where)
    change = Change(title=title, settings=settings, from_start=list(fixed.items()))
    try:
        scenario.under(change).resolve()
    except InputError as error:
        raise WhatIfError(f"{where}: {error}") from error
    return change


def options(
    scenario: Scenario,
    wanted: Wanted,
    where: str = "vary",
    responses: Mapping[tuple[str, str], float] | Sequence[str] = (),
) -> list[Change]:
    """Return a change for each option: texts, or a mapping from titles to texts or tables; see `what_if`.

    >>> [one.label for one in options(Scenario.load("small_company"), {"cheap": {"agents": "-2"}, "dear": "price=+2%"})]
    ['cheap', 'dear']
    """
    if isinstance(wanted, str):
        wanted = [wanted]
    if isinstance(wanted, Mapping):
        return [what_if(scenario, text, str(title), f"{where} {title!r}", responses) for title, text in wanted.items()]
    return [what_if(scenario, text, "", f"{where} {text!r}", responses) for text in wanted]


def read_options(path: str | Path) -> dict[str, dict[str, object]]:
    """Read options from a file: title → name → change.

    Parameters
    ----------
    path : a TOML file with a table [TITLE] for each option, or a sheet (CSV, Excel) with the title in its first column
        and a column for each number; an empty cell changes nothing.

    Raises
    ------
    WhatIfError : a file that is missing, is of another kind, or holds no option.
    """
    file = Path(path)
    if not file.is_file():
        raise WhatIfError(f"{path}: there is no such file; give a TOML, CSV or Excel file of options.")
    found = _of_toml(file) if file.suffix.lower() == ".toml" else _of_sheet(file)
    if not found:
        raise WhatIfError(f'{path}: it holds no option; write [cheap] and below it agents = "-2".')
    return found


def _of_toml(file: Path) -> dict[str, dict[str, object]]:
    content = toml(_text(file), str(file), error=WhatIfError)
    for title, table in content.items():
        if not isinstance(table, Mapping):
            raise WhatIfError(f"{file}: {title} stands outside of a table; write [TITLE] above it.")
    return {title: dict(table) for title, table in content.items()}


def _of_sheet(file: Path) -> dict[str, dict[str, object]]:
    import pandas as pd

    try:
        if file.suffix.lower() == ".csv":
            text = _text(file)
            mark = max(SEPARATORS, key=text.partition("\n")[0].count)
            sheet = pd.read_csv(io.StringIO(text), sep=mark, dtype=str, keep_default_na=False)
        else:
            sheet = pd.read_excel(file, dtype=str, keep_default_na=False)
    except (ValueError, ImportError, OSError) as error:
        raise WhatIfError(f"{file}: cannot read it as a sheet ({error}); save it as CSV or TOML.") from error
    if len(sheet.columns) < 2:
        raise WhatIfError(
            f"{file}: it needs a column with titles and one for each number; it has {len(sheet.columns)}."
        )
    titles = sheet.iloc[:, 0].str.strip()
    repeated("option", list(titles), error=WhatIfError)
    return {
        title: {str(name): value.strip() for name, value in row.items() if value.strip()}
        for title, (_, row) in zip(titles, sheet.iloc[:, 1:].iterrows(), strict=True)
        if title
    }


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WhatIfError(f"{file}: not text in UTF-8 (at byte {error.start}); save it as UTF-8.") from error


def step(scenario: Scenario, name: str, value: object, where: str = "change") -> Step:
    """Read one change; see `what_if`."""
    key = _key(name)
    text = str(value).strip()
    here = f"{where}: {name}={text}"
    known = {alias: number for number in numbers().values() for alias in (number.key, *number.also)}
    if key in known:
        return _plain(scenario, known[key], text, value, here)
    if key not in load():
        raise WhatIfError(f"{where}: {unknown('number or parameter', key, [*known, *load()])}")
    return _parameter(scenario, key, text, value, here, None)


def _cost_kept(scenario: Scenario, settings: Sequence[Setting]) -> list[Setting]:
    """Change the gross margin with the price, so that the cost of goods stays as it is; unless it is given too."""
    ratio = _ratio(scenario, settings, PRICE)
    if ratio is None or any(name == MARGIN for name, _, _ in settings):
        return []
    if isinstance(_of(scenario, MARGIN), Mapping):
        raise WhatIfError(
            f"the gross margin differs by segment, so a new price needs it too; add {MARGIN} to the change."
        )
    return [(MARGIN, "set", 1.0 - (1.0 - _value(scenario, MARGIN)) / ratio)]


def _responding(
    scenario: Scenario, settings: Sequence[Setting], given: Mapping[tuple[str, str], float]
) -> list[Setting]:
    """Return what responds to the changes, as the planner says."""
    found: list[Setting] = []
    for (cause, effect), elasticity in given.items():
        ratio = _ratio(scenario, settings, cause)
        response = next(one for one in links()[cause].response if one.effect == effect)
        if ratio is not None:
            before = _value(scenario, response.moves)
            found.append((response.moves, "multiply", response.factor(ratio, elasticity, before)))
    return found


def _ratio(scenario: Scenario, settings: Sequence[Setting], name: str) -> float | None:
    """Return how many times as large a parameter becomes; None when it does not change."""
    for one, how, amount in settings:
        if one == name:
            before = _value(scenario, name)
            after = before * amount if how == "multiply" else before + amount if how == "add" else amount
            if not after > 0.0 or not before > 0.0:
                raise WhatIfError(f"{name} changes from {before:g} to {after:g}; give amounts above 0.")
            return after / before
    return None


def _entries(text: str | Mapping[str, object], title: str, where: str) -> tuple[str, dict[str, object]]:
    if isinstance(text, Mapping):
        found = {str(name): value for name, value in text.items()}
        return title or ", ".join(f"{name}={value}" for name, value in found.items()), found
    named = NAMED.fullmatch(text)
    if named:
        title, text = named["title"].strip(), named["rest"]
    found = {}
    for part in SEVERAL.split(text.strip()):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise WhatIfError(f"{where}: cannot read {part!r}; write NAME=VALUE, such as {EXAMPLE}.")
        if _key(name) in map(_key, found):
            raise WhatIfError(f"{where}: {name.strip()} appears twice; keep one.")
        found[name.strip()] = value.strip()
    return title or ", ".join(f"{name}={value}" for name, value in found.items()), found


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _plain(scenario: Scenario, number: Number, text: str, value: object, where: str) -> Step:
    if number.key == HOURS:
        try:
            opens, closes = read_hours(text, where)
        except NumberError as error:
            raise WhatIfError(str(error)) from error
        return Step(number.key, text, {}, {OPENS: opens, CLOSES: closes}, number)
    if number.sets is not None:
        return _parameter(scenario, number.sets, text, value, where, number)
    knob = next((one for one in knobs().values() if number.key in one.numbers), None)
    share = _relative(text)
    if knob is None or number.scale != "log" or number.key in OUTCOMES:
        raise WhatIfError(
            f"{where}: {lower(number.label)} is what the model works out; change what drives it, such as agents, "
            f"handling_time, contacts_a_day or a policy, and look at it in the answer."
        )
    if share is None or share <= -1.0:
        raise WhatIfError(
            f"{where}: {lower(number.label)} can only change by a percentage above -100 %; write {number.key}=+10%."
        )
    return _matched(scenario, knob, number, text, share)


def _matched(scenario: Scenario, knob: Knob, number: Number, text: str, share: float) -> Step:
    """Move the parameters behind a number so that it changes by a share of itself, to first order."""
    low, high = knob.ends(scenario)
    moved = knob.moved(scenario, min(max(math.log1p(share) / knob.usual, low), high))
    factors = {name: value / _value(scenario, name) for name, value in moved.items()}
    later = {name: ("multiply", factor) for name, factor in factors.items() if _can_change(name)}
    fixed = {
        name: _moved(scenario, name, "multiply", factor, text) for name, factor in factors.items() if name not in later
    }
    return Step(number.key, text, later, fixed, number)


def _parameter(scenario: Scenario, name: str, text: str, value: object, where: str, number: Number | None) -> Step:
    """Read a change of a parameter, and say how and from when on it is made."""
    how, amount = _change(name, text, value, where, number)
    called = name if number is None else number.key
    if _can_change(name):
        return Step(called, text, {name: (how, amount)}, {}, number)
    return Step(called, text, {}, {name: _moved(scenario, name, how, amount, where)}, number)


def _can_change(name: str) -> bool:
    """Tell whether a parameter can change while a run goes on."""
    return name in columns.NAMES and name not in ONLY_AT_START


def _moved(scenario: Scenario, name: str, how: str, amount: float, where: str) -> Any:
    """Return the value of a parameter after a change; segments that differ change alike."""
    before = _of(scenario, name)
    if how == "set":
        return amount
    if isinstance(before, tuple):
        raise WhatIfError(f"{where}: {name} is a list of numbers; give its values in a scenario file.")
    if isinstance(before, Mapping):
        return {segment: one * amount if how == "multiply" else one + amount for segment, one in before.items()}
    return before * amount if how == "multiply" else before + amount


def _change(name: str, text: str, value: object, where: str, number: Number | None) -> tuple[str, float]:
    """Return how a parameter changes, and by what number in its unit."""
    unit = load()[name].unit
    fraction = find_unit(unit).dimension == "fraction"
    share, points, times = _relative(text), POINTS.fullmatch(text), TIMES.fullmatch(text)
    if isinstance(value, str):
        if share is not None and fraction:
            raise WhatIfError(
                f"{where} could mean {abs(share) * HUNDRED:g} percentage points or {abs(share) * HUNDRED:g} % of it; "
                f"write {text.rstrip('% ')}pp, or x{1.0 + share:g}."
            )
        if share is not None:
            return "multiply", 1.0 + share
        if points is not None and fraction:
            return "add", _signed(points) / HUNDRED
        if times is not None:
            return "multiply", _number(times["factor"], where)
        if text[0] in "+-−":
            return "add", math.copysign(1.0, -1.0 if text[0] != "+" else 1.0) * _in_unit(text[1:], unit, where)
        if text.startswith("="):
            return "set", _in_unit(text[1:], unit, where)
    if number is not None:
        return "set", _read(number, value, where)
    return "set", _in_unit(value, unit, where)


def _read(number: Number, value: object, where: str) -> float:
    place = where.partition(f": {number.key}")[0]
    try:
        return number.read(value, place)
    except NumberError as error:
        text = f' For a change, write it in quotes: {number.key} = "{value:+g}".' if _is_negative(value) else ""
        raise WhatIfError(f"{error}{text}") from error


def _is_negative(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and value < 0


def _relative(text: str) -> float | None:
    found = RELATIVE.fullmatch(text)
    return None if found is None else _signed(found) / HUNDRED


def _signed(found: re.Match[str]) -> float:
    return (1.0 if found["sign"] == "+" else -1.0) * _number(found["amount"], found[0])


def _number(text: str, where: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise WhatIfError(f"{where}: {text!r} is not a number; write one such as 1.5.") from error


def _in_unit(value: Any, unit: str, where: str) -> float:
    try:
        return convert(value.strip() if isinstance(value, str) else value, unit)
    except UnitError as error:
        raise WhatIfError(f"{where}: {error}") from error


def _refuse_twice(names: Sequence[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise WhatIfError(f"{where}: two of the numbers change {name}; keep one.")


def _value(scenario: Scenario, name: str) -> float:
    found = scenario.value(name)
    return found[0] if isinstance(found, tuple) else found


def difference(one: Scenario, other: Scenario) -> Change:
    """Return the change that turns one company into another from the start of a run; it is called after the other.

    The length of a run and its seed stay those of the first.

    Raises
    ------
    WhatIfError : companies that do not differ, or that differ in what is no number: the reading, or policies in force.
    """
    for setting in ("reading", "policies", "fresh"):
        if getattr(one, setting) != getattr(other, setting):
            raise WhatIfError(
                f"{one.name} and {other.name} differ in {setting}, which is not a number; make it the same in both "
                "files, or run each on its own."
            )
    names = dict.fromkeys((*one.parameters, *other.parameters))
    changed = {name: _of(other, name) for name in names if _of(one, name) != _of(other, name)}
    if not changed:
        raise WhatIfError(f"{one.name} and {other.name} have the same numbers; there is nothing to compare.")
    return Change(title=other.name, from_start=list(changed.items()))


def _of(scenario: Scenario, name: str) -> Any:
    parameter = load()[name]
    return scenario.parameters.get(name, dict(parameter.by_segment) or parameter.value)
