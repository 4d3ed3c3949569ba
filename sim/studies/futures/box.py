"""Boxes: where in the ranges a policy fails, as limits in a planner's units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.studies.futures.design import READING
from sim.wording import MONEY, SHARES, number, percent

if TYPE_CHECKING:
    import pandas as pd

FIGURES = 3
"""Significant figures of a limit: it lies between two futures that were sampled."""


@dataclass(frozen=True)
class Limit:
    """What a box says of one factor.

    Parameters
    ----------
    name, unit : of the factor; "reading" for the document that is believed.
    low, high : ends inside the range; None where the box goes to the end of the range.
    range_low, range_high : ends of what was sampled.
    kept, of : readings inside the box, and all of them; empty for a number.
    p_low, p_high : quasi-p-values (Bryant and Lempert 2010): the chance of as many failures in the box if this end
        told nothing. They do not count how many boxes were tried; NaN where there is none.
    """

    name: str
    unit: str
    low: float | None = None
    high: float | None = None
    range_low: float = nan
    range_high: float = nan
    kept: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    p_low: float = nan
    p_high: float = nan

    @property
    def text(self) -> str:
        """The limit in words: "issue_rate > 0.02", "wage_agent 40,000 to 48,000"."""
        if self.of:
            return f"{READING} is {' or '.join(self.kept)}"
        if self.low is not None and self.high is not None:
            return f"{self.name} {amount(self.low, '')} to {amount(self.high, self.unit)}"
        end, sign = (self.low, ">") if self.low is not None else (self.high, "<")
        return f"{self.name} {sign} {amount(nan if end is None else end, self.unit)}"

    def holds(self, points: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which points lie within the limit."""
        if self.of:
            return points[self.name].isin(list(self.kept)).to_numpy()
        values = points[self.name].to_numpy(dtype=float)
        low, high = (end if end is not None else nan for end in (self.low, self.high))
        return ~((values < low) | (values > high))


@dataclass(frozen=True)
class Box:
    """Limits that hold together, and how well they tell failures from the rest.

    Parameters
    ----------
    limits : the restricted factors, the surest first.
    futures, failures : in the box.
    coverage : share of all failures that lie in it. density : share of its futures that fail. mass : share of all
        futures that lie in it.
    holdout_density, holdout_low, holdout_high : density in futures that were held out while the box was sought (every
        future
        once, in folds), with its Wilson interval. holdout_coverage : coverage there. Those are what to expect of other
        futures; density and coverage themselves are too good, because the box was chosen for them.
    """

    limits: tuple[Limit, ...]
    futures: int
    failures: int
    coverage: float
    density: float
    mass: float
    holdout_density: float = nan
    holdout_low: float = nan
    holdout_high: float = nan
    holdout_coverage: float = nan

    @property
    def text(self) -> str:
        """The limits in words."""
        return " and ".join(limit.text for limit in self.limits)

    def holds(self, points: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which points lie in the box."""
        inside = np.ones(len(points), dtype=bool)
        for limit in self.limits:
            inside &= limit.holds(points)
        return inside

    def with_holdout(self, density: float, low: float, high: float, coverage: float) -> Box:
        """Return the box with what it was worth in futures that were held out."""
        return replace(self, holdout_density=density, holdout_low=low, holdout_high=high, holdout_coverage=coverage)


def box_of(limits: Sequence[Limit], points: pd.DataFrame, failed: NDArray[np.bool_]) -> Box:
    """Count what lies within limits, among points of which some failed."""
    bare = Box(tuple(limits), 0, 0, nan, nan, nan)
    inside = bare.holds(points)
    held, failures = int(inside.sum()), int((inside & failed).sum())
    coverage = failures / int(failed.sum()) if failed.any() else nan
    return replace(
        bare,
        futures=held,
        failures=failures,
        coverage=coverage,
        density=failures / held if held else nan,
        mass=held / len(points),
    )


def quality(box: Box) -> str:
    """Say how well a box tells failures from the rest.

    Density and coverage, and in brackets what they are in futures that were held out.
    """
    return (
        f"density {percent(box.density)}, coverage {percent(box.coverage)}; "
        f"held out {percent(box.holdout_density)} and {percent(box.holdout_coverage)}"
    )


def amount(value: float, unit: str) -> str:
    """Write a limit in its unit, with three significant figures.

    >>> amount(0.02345, ""), amount(48123.0, "money/year"), amount(0.1234, "share"), amount(12.34, "days")
    ('0.0235', '48,100', '12.3 %', '12.3 days')
    """
    if not isfinite(value):
        return number(value, unit)
    if unit in SHARES:
        return f"{_significant(value * 100)} %"
    return _significant(value) + ("" if not unit or unit.startswith(MONEY) or unit in NAMELESS else f" {unit}")


NAMELESS = ("score", "ratio", "factor", "number", "index", "effect", "logit", "elasticity", "cv")
"""Units that say nothing beside a number."""


def _significant(value: float) -> str:
    rounded = float(f"{value:.{FIGURES}g}")
    text = np.format_float_positional(rounded, trim="-")
    return f"{int(rounded):,}" if rounded.is_integer() else text
