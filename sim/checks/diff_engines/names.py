"""What the numbers of a history are called: by the constants of sim/model/state.py that say where they stand."""

from __future__ import annotations

from typing import Any

import sim.model.state as s
from sim.model.steps import bare


def _names(first: str, count: int, module: Any = s) -> tuple[str, ...]:
    """Return the names of so many constants of a module from one on, in their order there."""
    known = list(vars(module))
    start = known.index(first)
    return tuple(known[start : start + count])


LEVELS = _names("IN_LINE", s.LEVELS)
BOARD = (*LEVELS, *_names("PURCHASES", s.BOARD_ROWS - s.LEVELS))
EVENTS = dict(enumerate(_names("NO_EVENT", s.ENDED + 1))) | dict(
    enumerate(_names("LOG_JOINED", s.LOG_HELPED + 1 - s.LOG_JOINED), s.LOG_JOINED)
)
LOG = (*_names("LOG_TIME", s.LOG_FIELDS), *_names("LOG_X", s.LOG_FLOATS))
FIELDS: dict[str, tuple[str, ...]] = {
    "board": BOARD,
    "board_f": _names("PROMOTERS", s.BOARD_FLOATS),
    "cohort": (),
    "person": _names("GOODWILL", s.PERSON_FIELDS),
    "tally": _names("SPENT", s.TALLY_FIELDS),
    "status": _names("STANDING", s.STATUS_FIELDS),
    "agent": _names("COMPETENCE", s.AGENT_FLOATS),
    "agent_i": _names("EMPLOYED", s.AGENT_FIELDS),
    "cause": _names("CAUSE_EXCESS", s.CAUSE_FLOATS),
    "cause_i": _names("CAUSE_OPENED", s.CAUSE_FIELDS),
    "company": _names("PRESSURE", s.COMPANY_FLOATS),
    "company_i": (
        *LEVELS,
        *(f"LEVEL_SINCE + {name}" for name in LEVELS),
        *_names("FREE_SLOTS", s.COMPANY_FIELDS - 2 * s.LEVELS),
    ),
}
"""Arrays of the state that belong to its history, and the names of their first index where it has any."""
NO_HISTORY = (s.FREE_SLOTS, s.LOGGING, s.LOG_ROWS)
"""Fields of company_i that say how much room there is."""
BOOKS: dict[str, tuple[str, ...]] = {
    "board": BOARD,
    "classes": _names("CLASS_ANSWERED", bare.CLASS_ROWS, bare),
    "levels": LEVELS,
}
BY_BUCKET = ("board", "board_f", "classes")
"""Arrays whose last index is a bucket of time."""
