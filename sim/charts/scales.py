"""How values of a unit are shown: the factor, the words for it, and the digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIGNIFICANT = 3  # digits of a chart's largest number; the others have as many decimals
PER_CENT, PERCENTAGES = 100, ("share", "probability")
ROUND = ((1_000_000, 1_000_000, "million "), (10_000, 1_000, "thousand "))  # from, divisor, word


class Scale(NamedTuple):
    """How values of a unit are shown: times `factor`, named `text`; their differences are named `change`."""

    factor: float
    text: str
    change: str


def scale_of(unit: str, values: object) -> Scale:
    """Per cent for shares; thousands or millions where the largest of the values needs them."""
    if unit in PERCENTAGES:
        return Scale(PER_CENT, "%", "percentage points")
    largest = np.nanmax(np.abs(np.asarray(values, dtype=float)), initial=0)
    divisor, word = next(((by, word) for least, by, word in ROUND if largest >= least), (1, ""))
    text = (word + unit.replace("money", "currency units")).strip()
    return Scale(1 / divisor, text, text)


def amount(value: float, unit: str) -> str:
    """Write a value with its unit."""
    scale = scale_of(unit, value)
    shown = value * scale.factor
    return f"{rounded(shown, decimals(shown), signed=False)} {scale.text}".strip()


def decimals(values: object) -> int:
    """Decimals that show three digits of the largest value."""
    largest = np.nanmax(np.abs(np.asarray(values, dtype=float)), initial=0)
    return max(0, SIGNIFICANT - 1 - int(np.floor(np.log10(largest)))) if largest > 0 else 0


def known_decimals(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> int:
    """Decimals that show one digit of a typical interval's half-width: the rest would be noise."""
    halves = (high - low)[high > low] / 2
    return max(0, -int(np.floor(np.log10(np.median(halves))))) if halves.size else decimals(values)


def rounded(value: float, digits: int, signed: bool = True) -> str:
    """Write a value with so many decimals."""
    if np.isnan(value):
        return "–"
    rounded = round(float(value), digits)
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"


def limits_text(low: float, high: float, digits: int) -> str:
    """Write the limits of an interval in brackets; nothing where there is none."""
    return "" if np.isnan(low) else f"({rounded(low, digits)} to {rounded(high, digits)})"


def chance_text(probability: float) -> str:
    """Write a probability in whole per cent."""
    if np.isnan(probability):
        return "–"
    percent = round(probability * PER_CENT)
    return "> 99 %" if percent == PER_CENT else "< 1 %" if percent == 0 else f"{percent} %"
