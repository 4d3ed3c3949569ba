"""What is moved so that a plain number comes out: parameters of the model, moved together on a scale without ends."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.inputs import uncertainties
from sim.inputs.scenario import Scenario

Text = Annotated[str, Field(min_length=1, pattern=r"\S", strict=True)]


class Knob(BaseModel):
    """Parameters that are moved together by ``x``; 0 leaves them as they are. Attributes stand in knobs.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Text
    number: Text
    also: Text | None = None
    moves: tuple[Text, ...]
    how: Literal["factor", "odds", "beta"]
    low: float
    high: float
    slower: float = 1.0
    called: Text
    usual: float
    stage: Literal["load", "waits", "rest"]
    with_: tuple[Text, ...] = Field(alias="with")

    @property
    def numbers(self) -> tuple[str, ...]:
        """Keys of the plain numbers that it can serve."""
        return (self.number,) if self.also is None else (self.number, self.also)

    def ends(self, base: Scenario) -> tuple[float, float]:
        """Return the least and the largest ``x``, from a scenario that is moved by 0."""
        middle = self._scale(self.lead(base))
        return self._scale(self.low) - middle, self._scale(self.high) - middle

    def lead(self, scenario: Scenario) -> float:
        """Return what stands for all that is moved: the first parameter, or the mean of a Beta distribution."""
        first = _value(scenario, self.moves[0])
        if self.how != "beta":
            return first
        return first / (first + _value(scenario, self.moves[1]))

    def moved(self, base: Scenario, x: float) -> dict[str, float]:
        """Return the parameters moved by ``x``, by name."""
        if self.how == "beta":
            alpha, beta = (_value(base, name) for name in self.moves[:2])
            mean = self._back(self._scale(alpha / (alpha + beta)) + x)
            shapes = (mean * (alpha + beta), (1.0 - mean) * (alpha + beta))
            bound = [_value(base, name) * math.exp(min(0.0, x) / self.slower) for name in self.moves[2:]]
            return dict(zip(self.moves, (*shapes, *bound), strict=True))
        return {name: self._back(self._scale(_value(base, name)) + x) for name in self.moves}

    def _scale(self, value: float) -> float:
        return math.log(value) if self.how == "factor" else math.log(value / (1.0 - value))

    def _back(self, x: float) -> float:
        return math.exp(x) if self.how == "factor" else 1.0 / (1.0 + math.exp(-x))


def _value(scenario: Scenario, name: str) -> float:
    value = scenario.value(name)
    return value[0] if isinstance(value, tuple) else value


@cache
def knobs() -> dict[str, Knob]:
    """Return every knob by its name."""
    tables: dict[str, Any] = tomllib.loads((files("sim.inputs.numbers") / "knobs.toml").read_text("utf-8"))
    return {name: Knob(name=name, **entry) for name, entry in tables.items()}


def turned(base: Scenario, found: Sequence[Knob], x: Mapping[str, float]) -> Scenario:
    """Return the scenario with each of the knobs moved by its ``x``; segments move in proportion."""
    values: dict[str, float] = {}
    for knob in found:
        values |= knob.moved(base, x.get(knob.name, 0.0))
    return uncertainties.at(base, values, base.name)
