"""The one table of transitions: which step answers which event, and at what rank an event waits.

Both engines route by these functions; a company and a bare queue differ only in theirs.
"""

from __future__ import annotations

from collections.abc import Callable

# isort: off
from sim.model.state import Params, State
from sim.model.clock import MINUTE
import sim.model.state as s

# isort: on
from sim.model.columns import HOLD_LIMIT
from sim.model.steps import bare, cases, contacts

Step = Callable[[int, State, Params, int, int], tuple[int, int]]
Limit = Callable[[State, Params, int, int], int]

# Work that ends at an instant ends before a deadline of that instant, and a deadline before an arrival.
RANKS = tuple(s.RANK_ARRIVAL if event in (s.ARRIVE, s.DUE) else s.RANK_FINISH for event in range(s.ENDED + 1))


def company_step(event: int, state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Let the step of an event of a company's case happen; return the next event and the delay until it (ticks)."""
    if event == s.ARRIVE:
        return contacts.arrive(state, params, c, now)
    if event == s.ANSWER:
        return contacts.answer(state, params, c, now)
    if event == s.HANDLED:
        return contacts.handled(state, params, c, now)
    if event == s.WRAPPED:
        return contacts.wrapped(state, params, c, now)
    if event == s.ABANDON:
        return contacts.abandon(state, params, c, now)
    if event == s.MANAGER:
        return contacts.manager_answers(state, params, c, now)
    if event == s.DECIDED:
        return contacts.decided(state, params, c, now)
    if event == s.DUE:
        return contacts.due(state, params, c, now)
    if event == s.OPINION:
        return contacts.opinion(state, params, c, now)
    if event == s.HOLD_EXPIRED:
        return contacts.hold_expires(state, params, c, now)
    return cases.close_case(state, params, c, now)


def bare_step(event: int, state: State, params: Params, c: int, now: int) -> tuple[int, int]:
    """Let the step of an event of a bare queue's contact happen; return the next event and the delay (ticks)."""
    if event == s.ARRIVE:
        return bare.arrive(state, params, c, now)
    if event == s.ANSWER:
        return bare.answer(state, params, c, now)
    if event == s.HANDLED:
        return bare.handled(state, params, c, now)
    if event == s.WRAPPED:
        return bare.wrapped(state, params, c, now)
    if event == s.ABANDON:
        return bare.abandon(state, params, c, now)
    if event == s.MANAGER:
        return bare.manager_answers(state, params, c, now)
    if event == s.DECIDED:
        return bare.decided(state, params, c, now)
    return bare.close(state, params, c, now)


def company_limit(state: State, params: Params, c: int, wait: int) -> int:
    """How long a company's case waits at most, for an agent or a manager (ticks; -1 without limit)."""
    if wait == s.HOLD:
        return int(params[HOLD_LIMIT, 0] * MINUTE)
    return -1 if wait == s.CALLBACK else contacts.patience(state, params, c)


def bare_limit(state: State, params: Params, c: int, wait: int) -> int:
    """How long a bare queue's contact waits at most: its patience, and without limit for a manager."""
    return bare.patience(state, params, c) if wait == s.WAIT_AGENT else -1
