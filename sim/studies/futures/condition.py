"""Conditions that a policy should meet: a measure, or its difference from the baseline, against a threshold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from sim.errors import unknown
from sim.outcomes.measures import CATALOGUE, Measure
from sim.studies.futures.error import FuturesError
from sim.wording import PER_CENT, SHARES, lower, number

FORM = re.compile(r"\s*(?P<measure>\w+)\s*(?P<sign>>=|<=|>|<)\s*(?P<threshold>.+?)(?P<difference>\s+difference)?\s*")
EXAMPLE = 'write MEASURE >= NUMBER, such as "retention_12m >= 0.75" or "profit_a_year >= 0 difference"'


@dataclass(frozen=True)
class Condition:
    """A threshold that a policy meets or misses in a future.

    Parameters
    ----------
    measure : of `sim.measures`, over the whole measured period.
    sign : ">=", "<=", ">" or "<".
    threshold : unit of the measure.
    difference : whether it is about the paired difference from the baseline, and not about the level.
    """

    measure: str
    sign: str
    threshold: float
    difference: bool = False

    @property
    def text(self) -> str:
        """The condition as it is written."""
        return f"{self.measure} {self.sign} {self.threshold:g}{' difference' if self.difference else ''}"

    @property
    def about(self) -> Measure:
        """What the measure is."""
        return CATALOGUE[self.measure]

    @property
    def wants_more(self) -> bool:
        """Whether the figure should be above the threshold."""
        return self.sign.startswith(">")

    def slack(self, figures: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much the condition is met in each run: shape (futures, policies, replications), baseline first."""
        found = figures - figures[:, :1] if self.difference else figures
        return found - self.threshold if self.wants_more else self.threshold - found

    def met(self, slack: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether a mean slack meets the condition: exactly none is enough for ">=" and "<="."""
        return slack >= 0.0 if self.sign.endswith("=") else slack > 0.0

    @property
    def broken(self) -> str:
        """What a policy does that misses it, in plain words."""
        label, amount = lower(self.about.label), number(self.threshold, self.about.unit)
        if not self.difference:
            return f"{label} {'below' if self.wants_more else 'above'} {amount}"
        if self.threshold == 0.0:
            return f"{'lowers' if self.wants_more else 'raises'} {label}"
        change = number(self.threshold, self.about.unit, "+")
        return f"changes {label} by {'less' if self.wants_more else 'more'} than {change}"


def conditions(asked: str | Sequence[str] | None, measure: str) -> tuple[Condition, ...]:
    """Read the conditions that are asked for; that a policy is no worse than the baseline unless any is.

    Raises
    ------
    FuturesError : a text that is no condition, an unknown measure, or two that no policy can meet together.
    """
    if asked is None:
        sign = "<=" if CATALOGUE[measure].better == "lower" else ">="
        return (Condition(measure, sign, 0.0, True),)
    texts = [asked] if isinstance(asked, str) else list(asked)
    if not texts:
        raise FuturesError(f"satisfice holds no condition; {EXAMPLE}, or leave it out.")
    found = tuple(dict.fromkeys(_read(text) for text in texts))
    _refuse_contradiction(found)
    return found


def _read(text: str) -> Condition:
    parts = FORM.fullmatch(str(text))
    if parts is None:
        raise FuturesError(f"cannot read the condition {text!r}; {EXAMPLE}.")
    measure = parts["measure"]
    if measure not in CATALOGUE:
        raise FuturesError(f"condition {text!r}: {unknown('measure', measure, CATALOGUE)}")
    threshold = _threshold(parts["threshold"], CATALOGUE[measure].unit, text)
    return Condition(measure, parts["sign"], threshold, parts["difference"] is not None)


def _threshold(written: str, unit: str, text: str) -> float:
    percent = written.endswith("%") and unit in SHARES
    try:
        value = float(written.removesuffix("%" if percent else "").replace(",", ""))
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise FuturesError(f"condition {text!r}: {written!r} is no number of unit {unit!r}; {EXAMPLE}.")
    return value / PER_CENT if percent else value


def _refuse_contradiction(found: Sequence[Condition]) -> None:
    """Refuse a lower limit above an upper limit of the same figure."""
    for low in (one for one in found if one.wants_more):
        for high in (one for one in found if not one.wants_more):
            same = (low.measure, low.difference) == (high.measure, high.difference)
            strict = low.threshold == high.threshold and not (low.sign + high.sign).count("=") > 1
            if same and (low.threshold > high.threshold or strict):
                raise FuturesError(f"no policy can meet {low.text!r} and {high.text!r} together; keep one of them.")
