"""A fitted number: what it is, from how many records, its interval, and how well its form fits."""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = ("subject", "name", "key", "n", "mean", "ci_low", "ci_high", "unit", "goodness", "parameter")
"""Columns of a frame with an estimate a row, in the order of its fields."""
DIGITS = 4
"""Significant digits of a plain number: more than any interval can use."""


@dataclass(frozen=True)
class Estimate:
    """One fitted number.

    Parameters
    ----------
    subject : what it is about, such as "arrivals", "handling" or "patience".
    name : what it is called; with ``key`` unique within the subject.
    key : the element of a profile, or the group; empty for a single number.
    n : records behind it.
    value, low, high : in ``unit``; the interval is of the level that the fit was asked for. NaN where there is none.
    unit : as in sim/inputs/parameters, or of the model.
    goodness : how well the form fits, in a few words with figures; empty where there is no form.
    parameter : the model's parameter that takes the value, if one does.
    """

    subject: str
    name: str
    key: str
    n: int
    value: float
    low: float
    high: float
    unit: str
    goodness: str = ""
    parameter: str = ""


def plain(value: float) -> float:
    """Round a value as a plain number of a company is written.

    >>> plain(35.97291), plain(23570.4)
    (35.97, 23570.0)
    """
    return float(f"{value:.{DIGITS}g}")
