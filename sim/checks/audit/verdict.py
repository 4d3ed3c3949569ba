"""The verdict on one figure: computed from what was published and from the model's interval, never written down.

The rule, in this order
-----------------------
1. A figure that nothing in the model can answer is *not testable*, for the reason given with it.
2. Without an interval (one replication, or none that is defined) it is *undecided*.
3. A published figure stands for everything that would be printed like it: 82 % is 81.5 to 82.5 %, and 4 people are
   3.5 to 4.5; a published range for all between its ends. When the model's interval does not touch that, it *differs*.
4. When it does, it is *reproduced*, unless the interval is so wide that much else would be too (its half-width is
   more than a quarter of the figure): then it is *undecided*, and more replications would tell.

A claim of a direction only ("lower") is reproduced when the whole interval lies on that side of zero, differs when the
whole of it lies on the other, and is undecided in between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sim.outcomes.statistics import Interval

Word = Literal["reproduced", "differs", "undecided", "not testable"]
Direction = Literal["lower", "higher"]

STEPS = {"share": 0.01, "ratio": 1.0, "people": 1.0, "count": 1.0, "money": 1e6}
"""Last digit with which figures of a unit are published: whole per cent, whole people, whole millions."""
WIDE = 0.25
"""An interval whose half-width is more than this share of the published figure decides nothing by covering it."""
NOTHING = Interval(0, math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Verdict:
    """What comes of setting a published figure beside the model's.

    Attributes
    ----------
    word : reproduced, differs, undecided or not testable.
    difference, low, high : model less published (nearest end of a range), with the interval; NaN where there is none.
    """

    word: Word
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan


def judge(published: tuple[float, ...], unit: str, model: Interval) -> Verdict:
    """Compare a published figure, or a range (lower and upper end), with the model's interval, both in ``unit``.

    >>> judge((0.82,), "share", Interval(10, 0.8, 0.01, 0.79, 0.81)).word
    'differs'
    >>> judge((9.0, 12.0), "people", Interval(10, 10.5, 0.1, 10.3, 10.7)).word
    'reproduced'
    """
    if not (math.isfinite(model.low) and math.isfinite(model.high)):
        return Verdict("undecided")
    least, most = min(published), max(published)
    nearest = min(max(model.mean, least), most)
    gap = (model.mean - nearest, model.low - nearest, model.high - nearest)
    rounding = STEPS[unit] / 2
    if model.high < least - rounding or model.low > most + rounding:
        return Verdict("differs", *gap)
    too_wide = (model.high - model.low) / 2 > max(rounding, WIDE * abs(nearest))
    return Verdict("undecided" if too_wide else "reproduced", *gap)


def judge_direction(direction: Direction, model: Interval) -> Verdict:
    """Compare the sign of a difference with the one that is claimed.

    >>> judge_direction("lower", Interval(10, -0.1, 0.02, -0.14, -0.06)).word
    'reproduced'
    """
    if not (math.isfinite(model.low) and math.isfinite(model.high)):
        return Verdict("undecided")
    if model.low <= 0.0 <= model.high:
        word: Word = "undecided"
    else:
        word = "reproduced" if (model.mean > 0.0) == (direction == "higher") else "differs"
    return Verdict(word, model.mean, model.low, model.high)
