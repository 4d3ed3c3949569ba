"""How figures and their names are written in tables and sentences: shares in per cent, money in whole units."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

SHARES = ("share", "probability", "share a year")
MONEY = ("money", "money/year")
PLAIN = ("switch", "index", "score", "ratio", "quantile", "count", "weight", "shape", "cv", "effect")
"""Units of bare numbers, whose name says nothing beside them."""
SAID = ("s", "h", "points")
"""Units that stand behind a number in a sentence."""
PER_CENT = 100
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PARAMETER_DIGITS = 4
UNDEFINED = "–"
# From these amounts on, numbers are written without decimals, and with one.
NO_DECIMALS, ONE_DECIMAL = 1_000, 10


def number(value: float, unit: str, sign: str = "") -> str:
    """Write a value of a unit: shares in per cent, money in whole units; ``sign`` "+" for differences.

    >>> number(1234.5, "money", "+"), number(0.5, "share")
    ('+1,234', '50.0 %')
    """
    if not math.isfinite(value):
        return UNDEFINED
    if unit in SHARES:
        return f"{value * PER_CENT:{sign}z.1f}{' pp' if sign else ' %'}"
    size = abs(value)
    decimals = 0 if size >= NO_DECIMALS or value == int(value) else 1 if size >= ONE_DECIMAL else 2
    return f"{value:{sign}z,.{decimals}f}"


def span(low: float, high: float, unit: str, sign: str = "") -> str:
    """Write an interval, or nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNDEFINED
    texts = [number(value, unit, sign).removesuffix(" pp").removesuffix(" %") for value in (low, high)]
    return " to ".join(texts)


def quantity(value: float, unit: str) -> str:
    """Write the value of a parameter with its unit, as many digits as it takes to tell one from another.

    >>> quantity(0.125, "share"), quantity(40.0, "money"), quantity(2.5, "min"), quantity(12500.0, "people")
    ('12.5 %', '40', '2.5 min', '12,500 people')
    """
    if unit in SHARES:
        return f"{value * PER_CENT:.{PARAMETER_DIGITS}g} %"
    digits = 0 if abs(value) >= NO_DECIMALS else PARAMETER_DIGITS
    text = f"{value:,.{digits}f}" if digits == 0 else f"{value:.{digits}g}"
    return text if unit in (*MONEY, *PLAIN) or not unit else f"{text} {unit}"


def lower(label: str) -> str:
    """Return a label as it stands inside a sentence; an abbreviation stays one.

    >>> lower("Profit a year"), lower("NPS")
    ('profit a year', 'NPS')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def capital(text: str) -> str:
    """Return a text as it stands at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def slug(text: str) -> str:
    """Turn a label into a file name.

    >>> slug("Empowerment 90 %")
    'empowerment-90'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "chart"


def percent(share: float) -> str:
    """Write a share in whole per cent.

    >>> percent(0.617)
    '62 %'
    """
    return f"{share * PER_CENT:.0f} %"


def counted(count: float, noun: str, plural: str = "") -> str:
    """Write how many there are of something.

    >>> counted(1, "year"), counted(2.5, "year"), counted(3, "policy", "policies"), counted(1200, "run")
    ('1 year', '2.5 years', '3 policies', '1,200 runs')
    """
    shown = f"{count:,.0f}" if count == int(count) else f"{count:g}"
    return f"{shown} {noun if count == 1 else plural or noun + 's'}"


def listed(texts: Sequence[str], joint: str = "and", *, most: int | None = None, between: str = ", ") -> str:
    """Write texts as a list inside a sentence; with ``most``, only the first of them and how many others there are.

    >>> listed(["waits", "promises", "staff"]), listed(["waits", "staff"], "or"), listed(["waits"])
    ('waits, promises and staff', 'waits or staff', 'waits')
    >>> listed(["a", "b", "c", "d"], most=2), listed(["a, b", "c"], between="; ")
    ('a, b and 2 others', 'a, b; and c')
    """
    if most is not None and len(texts) > most:
        texts = [*texts[:most], f"{len(texts) - most} others"]
    *others, last = texts
    gap = " " if between == ", " else between
    return f"{between.join(others)}{gap}{joint} {last}" if others else last


def estimate(mean: float, low: float, high: float, unit: str, sign: str = "") -> str:
    """Write a figure with its interval; where there is none, only the figure.

    >>> estimate(0.5, 0.4, 0.6, "share"), estimate(12.0, float("nan"), float("nan"), "s")
    ('50.0 % (40.0 to 60.0)', '12')
    """
    text = number(mean, unit, sign)
    return f"{text} ({span(low, high, unit, sign)})" if math.isfinite(low) and math.isfinite(high) else text


def change(what: str, mean: float, low: float, high: float, unit: str) -> str:
    """Say what a change does to something, with the interval of the difference.

    >>> change("profit", -20.0, -30.0, -10.0, "money"), change("profit", 20.0, -10.0, 50.0, "money")
    ('lowers profit by 20 (10 to 30)', 'raises profit by 20 (-10 to 50), not clear of zero')
    >>> change("the wait", 2.5, 1.0, 4.0, "s")
    'raises the wait by 2.50 s (1 to 4)'
    """
    if not mean:
        return f"does not change {what}"
    verb, ends = ("raises", (low, high)) if mean > 0 else ("lowers", (-high, -low))
    size = number(abs(mean), unit, "+").removeprefix("+") + (f" {unit}" if unit in SAID else "")
    if not math.isfinite(low):
        return f"{verb} {what} by {size} (one replication, no interval)"
    unclear = ", not clear of zero" if low <= 0 <= high else ""
    return f"{verb} {what} by {size} ({span(*ends, unit, '+').replace('+', '')}){unclear}"
