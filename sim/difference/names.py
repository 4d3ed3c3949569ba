"""What the numbers of a history are called: by the constants of sim/state.py that say where they stand."""

from __future__ import annotations

from typing import Any

from sim import state as s
from sim.steps import bare


def _names(first: str, last: str, module: Any = s) -> tuple[str, ...]:
    """Return the names of a module's constants from one to another, in their order there."""
    known = list(vars(module))
    return tuple(known[known.index(first) : known.index(last) + 1])


LEVELS = _names("IN_LINE", "DUE_PENDING")
BOARD = (*LEVELS, *_names("PURCHASES", "DAY_OPEN_CASES"))
EVENTS = dict(enumerate(_names("NO_EVENT", "ENDED"))) | {
    getattr(s, name): name for name in _names("LOG_JOINED", "LOG_RETURNS")
}
LOG = (*_names("LOG_TIME", "LOG_C"), *_names("LOG_X", "LOG_Y"))
FIELDS: dict[str, tuple[str, ...]] = {
    "board": BOARD,
    "board_f": _names("PROMOTERS", "DAY_PRESSURE"),
    "cohort": (),
    "person": _names("GOODWILL", "DISPOSITION"),
    "tally": _names("HEARD_AT", "STORY"),
    "status": _names("STANDING", "CASE"),
    "agent": _names("COMPETENCE", "COURTESY"),
    "agent_i": _names("EMPLOYED", "VACANT_UNTIL"),
    "company": _names("PRESSURE", "LOAD"),
    "company_i": (*LEVELS, *(f"LEVEL_SINCE + {name}" for name in LEVELS), *_names("FREE_SLOTS", "BUCKET_SINCE")),
}
"""Arrays of the state that belong to its history, and the names of their first index where it has any."""
NO_HISTORY = (s.FREE_SLOTS, s.LOGGING, s.LOG_ROWS)
"""Fields of company_i that say how much room there is."""
BOOKS: dict[str, tuple[str, ...]] = {
    "board": BOARD,
    "classes": _names("CLASS_ANSWERED", "CLASS_WAIT_ABANDONED", bare),
    "levels": LEVELS,
}
BY_BUCKET = ("board", "board_f", "classes")
"""Arrays whose last index is a bucket of time."""
