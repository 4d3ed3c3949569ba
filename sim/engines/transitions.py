"""The one table of transitions: which step answers which event, and at what rank an event waits.

Engines route by these tables; a company and a bare queue differ only in theirs.
"""

from __future__ import annotations

from collections.abc import Callable

# isort: off
from sim.state import (
    ABANDON, ANSWER, ARRIVE, CLOSE, DECIDED, DUE, ENDED, HANDLED, HOLD_EXPIRED, MANAGER, OPINION, RANK_ARRIVAL,
    RANK_FINISH, WRAPPED, Params, State,
)  # fmt: skip

# isort: on
from sim.steps import bare, cases, contacts

Step = Callable[[State, Params, int, int], tuple[int, int]]
EVENTS = ENDED + 1


def _table(steps: dict[int, Step]) -> tuple[Step | None, ...]:
    return tuple(steps.get(event) for event in range(EVENTS))


COMPANY_STEPS = _table({
    ARRIVE: contacts.arrive, ANSWER: contacts.answer, ABANDON: contacts.abandon, HANDLED: contacts.handled,
    OPINION: contacts.opinion, HOLD_EXPIRED: contacts.hold_expires, MANAGER: contacts.manager_answers,
    DECIDED: contacts.decided, WRAPPED: contacts.wrapped, DUE: contacts.due, CLOSE: cases.close_case,
})  # fmt: skip
BARE_STEPS = _table({
    ARRIVE: bare.arrive, ANSWER: bare.answer, ABANDON: bare.abandon, HANDLED: bare.handled,
    MANAGER: bare.manager_answers, DECIDED: bare.decided, WRAPPED: bare.wrapped, CLOSE: bare.close,
})  # fmt: skip
# Work that ends at an instant ends before a deadline of that instant, and a deadline before an arrival.
RANKS = tuple(RANK_ARRIVAL if event in (ARRIVE, DUE) else RANK_FINISH for event in range(EVENTS))
