"""One plain number that a manager knows: what it is called, how it is counted, and what it is in the model."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.errors import InputError
from sim.inputs.parameters import UnitError, convert
from sim.wording import SHARES

SECONDS = "s"
HOURS = "opening_hours"
"""The one entry that is a text: opening hours by weekday."""
Text = Annotated[str, Field(min_length=1, pattern=r"\S", strict=True)]


class NumberError(InputError):
    """Plain numbers that cannot be used: the message says where, what is wrong and how to put it right."""


class Number(BaseModel):
    """A plain number of a company; the attributes stand in catalogue.toml.

    Raises
    ------
    pydantic.ValidationError : when it is neither set nor matched, or both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Text
    label: Text
    section: Text
    unit: Text
    about: Text
    example: Text
    least: float | None = None
    most: float | None = None
    sets: Text | None = None
    measure: Text | None = None
    scale: Literal["log", "odds", "score", "plain"] = "plain"
    small: float = 0.0
    counted: Text | None = None
    one_minus: bool = False
    also: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _set_or_matched(self) -> Number:
        if self.key != HOURS and (self.sets is None) == (self.measure is None):
            raise ValueError(f"{self.key} must either set a parameter or be matched by a measure")
        return self

    def read(self, value: object, where: str) -> float:
        """Return a value as a number in the unit.

        Parameters
        ----------
        value : a number, or text with a unit such as "36 %" or "6.5 min".
        where : named in errors.

        Raises
        ------
        NumberError : no number, or one that is impossible.
        """
        if isinstance(value, int | float) and self.unit == SECONDS:  # 6.8 could be minutes, and is a possible time
            raise NumberError(f"{where}: {self.key} = {value!r} has no unit; write {self.key} = {self.example}.")
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise NumberError(f"{where}: {self.key} = {value!r} is not a number; write {self.key} = {self.example}.")
        try:
            found = convert(value, self.unit)
        except UnitError as error:
            raise NumberError(f"{where}: {self.key}: {error}") from error
        if self.least is not None and self.most is not None and not self.least <= found <= self.most:
            raise NumberError(f"{where}: {self.key} = {value} {self._impossible(found)}")
        return found

    def _impossible(self, found: float) -> str:
        ends = f"lies outside of {self.least:g} to {self.most:g} {self.unit}"
        if self.unit in SHARES and found > 1.0:
            return f'{ends}; for per cent, write {self.key} = {found / 100:g} or "{found:g} %".'
        return f"{ends}; correct it, or leave it out."

    @property
    def realised(self) -> str:
        """The measure as a company would count it."""
        return str(self.counted or self.measure)

    def of(self, measured: Any) -> Any:
        """Return the number that values of its measure stand for, or the other way round."""
        return 1.0 - measured if self.one_minus else measured


@cache
def numbers() -> dict[str, Number]:
    """Return every plain number by its key, in the order in which a file asks for them."""
    tables = tomllib.loads((files("sim.inputs.numbers") / "catalogue.toml").read_text("utf-8"))
    return {key: Number(key=key, **entry) for key, entry in tables.items()}
