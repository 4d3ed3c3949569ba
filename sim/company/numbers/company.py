"""A company in plain numbers: what a file says, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w

from sim.errors import toml, unknown, words
from sim.inputs.numbers.hours import read_hours
from sim.inputs.numbers.record import HOURS, NumberError, numbers
from sim.inputs.scenario import Scenario, ScenarioError

EXAMPLES = files("sim.company.numbers") / "examples"
NEEDED = ("customers",)
"""Numbers without which nothing can be said of a company."""


@dataclass(frozen=True)
class Company:
    """What somebody knows of a company.

    Parameters
    ----------
    name : for tables and charts.
    numbers : plain numbers by key: a number in its unit, or text with a unit, or for opening hours such as
        "Mon-Fri 8-18, Sat 9-13". Those that are not known are left out.
    parameters : parameters of the model that are known better than by a plain number, such as those that `sim.fit`
        found: as in `sim.Scenario`. They are kept, but that a number which needs one of them moves it: then they say
        where it starts, and how it differs between segments.
    ranges : interval of those parameters, as in `sim.Scenario`.
    like : shipped scenario, or the path of one, from which all that is not said here is taken.

    Raises
    ------
    NumberError : an unknown key, a number that is none or is impossible, or no customers.
    ScenarioError, ParameterError : parameters or ranges that cannot be.
    """

    name: str = "my company"
    numbers: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, Any] = field(default_factory=dict)
    like: str = "default"

    def __post_init__(self) -> None:
        words("company: name", self.name, example="my company", error=NumberError)
        where = f"company {self.name}"
        if not isinstance(self.like, Path):
            words(f"{where}: like", self.like, example="default", error=NumberError)
        for key in self.numbers:
            if key not in numbers():
                raise NumberError(f"{where}: {unknown('number', key, numbers())}")
        _ = self.values(), self.hours  # refuse what is impossible
        for key in NEEDED:
            if key not in self.numbers:
                raise NumberError(f"{where}: {key} is missing; write {key} = {numbers()[key].example}.")
        self.basis()

    def values(self) -> dict[str, float]:
        """Return every number but the opening hours, in its unit."""
        where = f"company {self.name}"
        return {key: numbers()[key].read(value, where) for key, value in self.numbers.items() if key != HOURS}

    @property
    def hours(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Hours of opening and of closing by weekday, or None."""
        text = self.numbers.get(HOURS)
        return None if text is None else read_hours(text, f"company {self.name}")

    def basis(self) -> Scenario:
        """Return the scenario that it is like, with the parameters and ranges that are known."""
        base = Scenario.load(self.like).override(**self.parameters)
        return base.change(name=self.name, ranges={**base.ranges, **self.ranges})

    @classmethod
    def load(cls, name: str | Path) -> Company:
        """Read a file, or an example that ships with the package by its name."""
        if str(name) in examples():
            return cls.from_toml((EXAMPLES / f"{name}.toml").read_text("utf-8"), f"company {name}")
        path = Path(name)
        if not path.is_file():
            raise NumberError(
                f"{name}: there is no such file, and no example of that name; make one with cxsim new {name}, or give "
                f"one of {', '.join(examples())}."
            )
        try:
            return cls.from_toml(path.read_text("utf-8"), str(name))
        except UnicodeDecodeError as error:
            raise NumberError(f"{name}: not text in UTF-8 (at byte {error.start}); save it as such.") from error

    @classmethod
    def from_toml(cls, text: str, where: str = "company") -> Company:
        """Read a company from TOML text; ``where`` is named in errors."""
        content = toml(text, where, error=NumberError)
        known = [f.name for f in fields(cls)]
        for key in content:
            if key not in known:
                raise NumberError(f"{where}: {unknown('key', key, known)}{_table_hint(key)}")
        for key in ("numbers", "parameters", "ranges"):
            if not isinstance(content.get(key, {}), Mapping):
                raise NumberError(f"{where}: {key} must be a table [{key}]; write one name = value a line.")
        try:
            return cls(**content)
        except (NumberError, ScenarioError) as error:
            raise type(error)(f"{where}: {error}") from error

    def to_toml(self) -> str:
        """Return the company as TOML text that :meth:`from_toml` reads back to an equal one."""
        content: dict[str, Any] = {"name": self.name, "like": self.like, "numbers": dict(self.numbers)}
        for key in ("parameters", "ranges"):
            table = {k: list(v) if isinstance(v, tuple) else v for k, v in getattr(self, key).items()}
            content |= {key: table} if table else {}
        return tomli_w.dumps(content)


def _table_hint(key: str) -> str:
    return f" {key} belongs below the line [numbers]." if key in numbers() else ""


@cache
def examples() -> tuple[str, ...]:
    """Return the names of the companies that ship as examples."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in EXAMPLES.iterdir() if entry.name.endswith(".toml"))
    )
