"""Cells of text as numbers, durations, times of day, yes and no: SQL that gives NULL where a cell cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.company.fitting.database import quoted

SECONDS = {
    "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0,
}  # fmt: skip
"""Seconds in the units of time that a column may be counted in."""
UNIT_WORDS = {
    "ms": "ms", "msec": "ms", "millis": "ms", "milliseconds": "ms", "millisecond": "ms", "s": "s", "sec": "s",
    "secs": "s", "second": "s", "seconds": "s", "sek": "s", "sekunden": "s", "min": "min", "mins": "min",
    "minute": "min", "minutes": "min", "minuten": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "stunden": "h", "d": "days", "days": "days", "day": "days",
}  # fmt: skip
"""How these units are written."""
YES = ("1", "true", "t", "yes", "y", "ja", "j", "wahr", "x")
NO = ("0", "false", "f", "no", "n", "nein", "falsch")
BLANK = ("", "null", "none", "nan", "nat", "n/a", "na", "#n/a", "-", "--", "?", "\\n")
"""What stands in a cell for nothing, in lower case."""
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p")

MONEY = "^([A-Z]{3} ?)?[^0-9A-Za-z]*[0-9][0-9.,]*( ?%| ?[A-Z]{3}| ?[^0-9A-Za-z.,])?$"
"""How an amount may be written, as a regular expression of DuckDB: with a sign of a currency or its three letters."""
TIMED = "^-?[0-9][0-9.,]*( ?(s|sec|secs))?$"
"""How a duration may be written that is no bare number."""

_PLAIN = re.compile(r"[^\w\d,.+%-]*[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?\s*[^\d]{0,5}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?(\s?[AaPp][Mm])?")
_SPAN = re.compile(r"-?(\d+[.:])?\d{1,3}:\d{2}(:\d{2})?([.,]\d+)?")


def present(text: str) -> str:
    """SQL of a trimmed cell, NULL where it holds nothing.

    The words are looked for in one text, for DuckDB makes a join of a long IN, and a join does not keep the rows in
    their order.
    """
    blanks = quoted("|" + "|".join(BLANK) + "|")
    return f"case when contains({blanks}, '|' || lower(trim({text})) || '|') then null else trim({text}) end"


def plain(text: str) -> str:
    """SQL of a name without the decimals of a whole number: 2.0 is 2."""
    return f"case when contains({text}, '.0') then regexp_replace({text}, '^(-?[0-9]+)[.]0+$', '\\1') else {text} end"


def number(text: str, decimal_comma: bool = False, written: str = MONEY) -> str:
    """SQL of a number: signs of currencies, separators of thousands and a per cent sign are understood.

    Parameters
    ----------
    text : SQL of the cell.
    decimal_comma : whether a comma is the decimal sign.
    written : how a number that is more than digits may be written, a regular expression.
    """
    bare = f"regexp_replace({text}, '[^0-9.,+%-]', '', 'g')"
    bare = f"replace(replace({bare}, '.', ''), ',', '.')" if decimal_comma else f"replace({bare}, ',', '')"
    finite = f"try_cast({text} as double)" if not decimal_comma else "null"
    share = f"try_cast(rtrim({bare}, '%') as double) * case when {text} like '%\\%' escape '\\' then 0.01 else 1 end"
    money = f"case when regexp_matches({text}, '{written}') then {share} end"
    found = f"coalesce({finite}, {money})"
    return f"case when isfinite({found}) then {found} end"


def duration(text: str, unit: str, decimal_comma: bool = False) -> str:
    """SQL of seconds: a number of a unit, or HH:MM:SS, or MM:SS."""
    parts = f"string_split(replace(ltrim({text}, '-'), ',', '.'), ':')"
    cell = [f"try_cast({parts}[{place}] as double)" for place in (1, 2, 3)]
    clock = (
        f"case len({parts}) when 3 then {cell[0]} * 3600 + {cell[1]} * 60 + {cell[2]} "
        f"when 2 then {cell[0]} * 60 + {cell[1]} end * case when {text} like '-%' then -1 else 1 end"
    )
    plainly = f"{number(text, decimal_comma, TIMED)} * {SECONDS[unit]}"
    return f"case when contains({text}, ':') then {clock} else {plainly} end"


def time_of_day(text: str) -> str:
    """SQL of seconds after midnight: HH:MM:SS, with or without AM and PM, or a number of seconds."""
    clocks = ", ".join(quoted(clock) for clock in CLOCKS)
    clock = f"epoch(try_strptime({text}, [{clocks}])::time)"
    return f"case when contains({text}, ':') then {clock} else try_cast({text} as double) end"


def whole(text: str) -> str:
    """SQL of a whole number."""
    found = f"try_cast({text} as double)"
    return f"case when {found} = round({found}) and abs({found}) < 1e9 then {found}::integer end"


def words(text: str, meanings: Iterable[tuple[str, Iterable[str]]]) -> str:
    """SQL of the meaning of a word; capitals make no difference."""
    cases = " ".join(
        f"when lower({text}) in ({', '.join(quoted(word.lower()) for word in of)}) then {quoted(meaning)}"
        for meaning, of in meanings
        if of
    )
    return f"case {cases} end" if cases else "null"


def flag(text: str) -> str:
    """SQL of yes and no."""
    meaning = words(text, (("yes", YES), ("no", NO)))
    return f"({meaning} = 'yes')"


# -- guesses from a few values ---------------------------------------------------------------------------------------


def is_number(text: str) -> bool:
    """Whether a text is a number.

    >>> is_number("12.5"), is_number("1.234,50 €"), is_number("Smith 3")
    (True, True, False)
    """
    return bool(_PLAIN.fullmatch(text))


def is_duration(text: str) -> bool:
    """Whether a text is a number or a span such as 00:01:30."""
    return is_number(text) or bool(_SPAN.fullmatch(text))


def is_time_of_day(text: str) -> bool:
    """Whether a text is a time of day, or may be seconds after midnight.

    >>> is_time_of_day("9:05 PM"), is_time_of_day("25207"), is_time_of_day("1999-02-01")
    (True, True, False)
    """
    if _CLOCK.fullmatch(text):
        return True
    try:
        return 0 <= float(text) <= 2 * SECONDS["days"]
    except ValueError:
        return False
