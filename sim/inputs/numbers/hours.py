"""Opening hours by weekday, as a planner writes them: "Mon-Fri 8-18, Sat 9-13"."""

from __future__ import annotations

import re

from sim.inputs.numbers.record import HOURS, NumberError
from sim.model.clock import DAY_HOURS
from sim.wording import WEEKDAYS

MINUTES = 60
EXAMPLE = '"Mon-Fri 8-18, Sat 9-13"'
SPAN = re.compile(
    r"(?P<first>[a-z]{3,9})(?:\s*-\s*(?P<last>[a-z]{3,9}))?\s+(?P<opens>[\d:.]+)\s*-\s*(?P<closes>[\d:.]+)",
    re.IGNORECASE,
)
DAILY = re.compile(r"(?P<daily>daily|every day)\b", re.IGNORECASE)

Hours = tuple[tuple[float, ...], tuple[float, ...]]


def read_hours(text: object, where: str) -> Hours:
    """Read opening hours: hours of opening and of closing by weekday, Monday first; equal when closed.

    >>> read_hours("Mon-Fri 8-18:30, Sat 9-13", "a")
    ((8.0, 8.0, 8.0, 8.0, 8.0, 9.0, 0.0), (18.5, 18.5, 18.5, 18.5, 18.5, 13.0, 0.0))

    Raises
    ------
    NumberError : text that is none, a day named twice, or a closing time before the opening.
    """
    if not isinstance(text, str):
        raise NumberError(f"{where}: {HOURS} = {text!r} are not opening hours; write {HOURS} = {EXAMPLE}.")
    opens, closes = [0.0] * len(WEEKDAYS), [0.0] * len(WEEKDAYS)
    for part in re.split(r"[,;]", DAILY.sub("Mon-Sun", text)):
        days, hours = _span(part.strip(), text, where)
        for day in days:
            if closes[day] > opens[day]:
                raise NumberError(f"{where}: {HOURS} = {text!r} names {WEEKDAYS[day]} twice; name each day once.")
            opens[day], closes[day] = hours
    return tuple(opens), tuple(closes)


def write_hours(hours: Hours) -> str:
    """Write opening hours as `read_hours` reads them.

    >>> write_hours(read_hours("mon-fri 8-18:30, SATURDAY 9-13", ""))
    'Mon-Fri 8-18:30, Sat 9-13'
    """
    spans = list(zip(*hours, strict=True))
    parts, day = [], 0
    while day < len(WEEKDAYS):
        last = day
        while last + 1 < len(WEEKDAYS) and spans[last + 1] == spans[day]:
            last += 1
        if spans[day][1] > spans[day][0]:
            name = WEEKDAYS[day] if last == day else f"{WEEKDAYS[day]}-{WEEKDAYS[last]}"
            parts.append(f"{name} {_clock(spans[day][0])}-{_clock(spans[day][1])}")
        day = last + 1
    return ", ".join(parts)


def _span(part: str, text: str, where: str) -> tuple[range, tuple[float, float]]:
    found = SPAN.fullmatch(part)
    if found is None:
        raise NumberError(f"{where}: cannot read {part!r} in {HOURS} = {text!r}; write {HOURS} = {EXAMPLE}.")
    first = _day(found["first"], text, where)
    last = first if found["last"] is None else _day(found["last"], text, where)
    opens, closes = (_hour(found[name], text, where) for name in ("opens", "closes"))
    if last < first or closes <= opens:
        raise NumberError(
            f"{where}: {part!r} in {HOURS} = {text!r} ends before it begins; a night belongs to two days, such as "
            '"Mon-Sun 0-24".'
        )
    return range(first, last + 1), (opens, closes)


def _day(word: str, text: str, where: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if word.lower().startswith(name.lower()):
            return number
    raise NumberError(f"{where}: {word!r} in {HOURS} = {text!r} is not a day; write Mon, Tue, Wed, Thu, Fri, Sat, Sun.")


def _hour(clock: str, text: str, where: str) -> float:
    hours, _, minutes = clock.partition(":")
    try:
        found = float(hours) + (float(minutes) / MINUTES if minutes else 0.0)
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= DAY_HOURS:
        raise NumberError(
            f"{where}: {clock!r} in {HOURS} = {text!r} is not a time of day; write 8, 8:30 or 18.5, up to 24."
        )
    return found


def _clock(hour: float) -> str:
    minutes = round(hour % 1 * MINUTES)
    return f"{int(hour)}:{minutes:02d}" if minutes else f"{int(hour)}"
