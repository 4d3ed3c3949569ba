"""What must come out: measures of the model, on scales on which what moves them moves them evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.numbers import Company, Number, numbers
from sim.inputs.numbers.knobs import Knob, knobs

POINTS = 100.0
"""A net promoter score lies between minus and plus this."""
EDGE = 1e-6
"""How near to 0 or 1 a share is taken to be at most: log odds stay finite."""
RETURN = "return_on_sales"
"""The number that fixed costs settle in the end: nothing else follows from them, so no knob is moved."""


@dataclass(frozen=True)
class Target:
    """A plain number that a measure must come out at.

    Parameters
    ----------
    number : which.
    asked : its value, in its unit.
    knob : what is moved for it; None when it is only looked at, as its knob serves another number.
    """

    number: Number
    asked: float
    knob: Knob | None

    @property
    def measure(self) -> str:
        """The measure that must come out."""
        return str(self.number.measure)

    def scaled(self, value: Any) -> Any:
        """Return values of the number on its scale."""
        if self.number.scale == "score":
            value = (POINTS + np.asarray(value)) / (2.0 * POINTS)
        if self.number.scale in ("score", "odds"):
            return scipy.special.logit(np.clip(value, EDGE, 1.0 - EDGE))
        return np.log(np.maximum(value, EDGE)) if self.number.scale == "log" else np.asarray(value)

    def back(self, scaled: Any) -> Any:
        """Return values of the number from its scale; the inverse of `scaled`."""
        if self.number.scale == "log":
            return np.exp(scaled)
        if self.number.scale == "plain":
            return np.asarray(scaled)
        share = scipy.special.expit(scaled)
        return POINTS * (2.0 * share - 1.0) if self.number.scale == "score" else share

    def off(self, value: Any) -> Any:
        """Return by how much values miss the target, as a share of it, or of what counts as small."""
        return (np.asarray(value) - self.asked) / max(abs(self.asked), self.number.small)


def targets(company: Company) -> list[Target]:
    """Return the numbers of a company that something is moved for, one a knob, then the others that a measure shows."""
    values = company.values()
    served: dict[str, Knob] = {}
    for knob in knobs().values():
        given = [key for key in knob.numbers if key in values]
        if given and not _set_by(values).intersection(knob.moves):
            served[given[0]] = knob
    matched = [key for key in values if numbers()[key].measure is not None and key not in served]
    return [Target(numbers()[key], values[key], served.get(key)) for key in (*served, *matched)]


def _set_by(values: dict[str, float]) -> set[str]:
    """Parameters that plain numbers set as they are."""
    return {str(numbers()[key].sets) for key in values}


def residuals(found: Sequence[Target], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the targets less what came out, each on its scale: (targets,)."""
    return np.array([t.scaled(t.asked) - t.scaled(mean) for t, mean in zip(found, means, strict=True)])
