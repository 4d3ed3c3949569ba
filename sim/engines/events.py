"""The events of the log by name, and what the columns a, b, c (whole numbers), x and y (real ones) hold for each.

A column that is not named is 0 for that event. Where an event is recorded stands in sim/model/steps.
"""

from __future__ import annotations

from typing import NamedTuple

import sim.model.state as s

KIND = f"kind of case: {s.ENQUIRY_CASE} question, {s.REQUEST_CASE} request, {s.MINOR_CASE} minor, {s.MAJOR_CASE} major"
CAUSE = (
    f"cause: {s.NO_CAUSE} none, {s.AMBIENT} product or service, {s.MISUNDERSTANDING} misunderstanding, "
    f"{s.DELIVERY_BROKEN} delivery promise broken, from {s.OPEN_CAUSE} on {s.OPEN_CAUSE} + the slot of an open cause"
)
GRADE = f"grade: {s.SILENT} silent, {s.UNRESOLVED} not resolved, {s.RESOLVED} resolved, {s.QUICK} resolved quickly"
PENDING = f"stands open: {s.NOTHING_PENDING} nothing, {s.REMEDY_PENDING} remedy, {s.CALLBACK_PENDING} call back"
ESCALATED = f"to the manager by: 0 not at all, {s.HOLD} hold, {s.TRANSFER} transfer"
GOOD = "1 well, 0 badly"
YES = "1 yes, 0 no"
MONEY, LIMIT = "amount (money)", "agent's limit of authority (money)"
WAITED = "waited (minutes)"
BACK = "next attempt (microseconds, as time_us)"
CHANCE = "chance (0-1)"
EXCESS = "adds to the chance of an issue at a purchase (0-1)"
POSITION = "position of the agent"
SLOT = "slot of the open cause"
HEARD = "times heard since it opened or was last fixed"
CLASS = "class: 0 delighted, 1 satisfied, 2 dissatisfied, 3 really poor"


class Event(NamedTuple):
    """An event of the log: its name, and what each column that it uses holds."""

    name: str
    columns: dict[str, str]


EVENTS: dict[int, Event] = {
    s.ARRIVE: Event("calls", {"a": "touch, from 1", "b": KIND}),
    s.ANSWER: Event(
        "answered",
        {"a": POSITION, "b": "answers so far", "c": f"rapport: {YES}", "x": WAITED, "y": "handling (minutes)"},
    ),
    s.ABANDON: Event("abandons", {"a": ESCALATED, "x": WAITED}),
    s.HANDLED: Event("agent cannot help", {"a": f"asks a colleague: {YES}", "x": f"of a solution: {CHANCE}"}),
    s.OPINION: Event("second opinion", {"a": f"helps: {YES}"}),
    s.HOLD: Event("held for manager", {"x": MONEY, "y": LIMIT}),
    s.HOLD_EXPIRED: Event("hold expires", {"x": "held (minutes)"}),
    s.TRANSFER: Event("transferred", {"x": MONEY, "y": LIMIT}),
    s.MANAGER: Event("manager takes up", {"a": ESCALATED, "b": PENDING, "x": WAITED, "y": "the manager's minutes"}),
    s.DECIDED: Event("manager decides", {"a": f"agrees: {YES}", "x": MONEY}),
    s.WRAPPED: Event("contact ends", {"a": PENDING, "b": f"solved: {YES}", "c": f"refused: {YES}"}),
    s.LOG_JOINED: Event("joins", {"x": "goodwill (0-1)"}),
    s.LOG_CONSIDERED: Event("considers", {"x": f"to join: {CHANCE}", "y": "heard of the company (-1 to 1)"}),
    s.LOG_PURCHASE: Event("purchase", {"x": "price (money)"}),
    s.LOG_LEFT: Event("leaves", {"x": "goodwill (0-1)"}),
    s.LOG_AVOIDS: Event("leaves and avoids", {"x": "avoids the company (days)"}),
    s.LOG_FORGIVES: Event("forgives", {}),
    s.LOG_ISSUE: Event("issue", {"a": KIND, "b": CAUSE}),
    s.LOG_SILENT: Event("suffers in silence", {"a": KIND, "b": CAUSE}),
    s.LOG_OPENED: Event("case opened", {"a": KIND, "b": CAUSE}),
    s.LOG_CLOSED: Event("case closed", {"a": GRADE, "b": KIND, "c": "answers"}),
    s.LOG_EXPERIENCE: Event(
        "experience",
        {
            "a": CLASS,
            "b": GRADE,
            "x": "quality (0-1)",
            "y": "felt (0-1)",
        },
    ),
    s.LOG_TOLD: Event("tells", {"a": "people told", "b": GOOD}),
    s.LOG_HEARD: Event("hears", {"a": "told by person", "b": GOOD, "x": "heard before (-1 to 1)", "y": "heard after"}),
    s.LOG_STAYED: Event(
        "stays or not",
        {"a": f"stays: {YES}", "b": KIND, "x": f"to stay: {CHANCE}", "y": "felt (0-1)"},
    ),
    s.LOG_PROMISE: Event("promise", {"a": "0 made, 1 kept, 2 broken", "b": PENDING, "x": "due in (days), when made"}),
    s.LOG_PAID: Event("is paid", {"x": MONEY}),
    s.LOG_ANNOUNCED: Event("wait announced", {"x": "expected wait (minutes)"}),
    s.LOG_QUIT: Event("agent quits", {"a": POSITION, "x": "stress (0-1)"}),
    s.LOG_HIRED: Event("agent hired", {"a": POSITION}),
    s.LOG_REFUSED: Event("refused", {"a": f"by the agent alone: {YES}"}),
    s.LOG_ALONE: Event("agent decides alone", {"x": MONEY}),
    s.LOG_MET_CLOSED: Event("met closed", {"a": BACK}),
    s.LOG_WRONG: Event("wrong decision", {"x": MONEY}),
    s.LOG_RETURNS: Event("will call again", {"a": BACK}),
    s.LOG_REVIEW: Event("reviews in public", {"a": CLASS, "x": "stars given", "y": "public rating after it (stars)"}),
    s.LOG_LET_GO: Event("is let go", {"a": f"pesters: {YES}"}),
    s.LOG_CAUSE_OPENS: Event("cause opens", {"a": SLOT, "x": EXCESS, "y": "would live (days)"}),
    s.LOG_CAUSE_ENDS: Event("cause ends", {"a": SLOT, "b": HEARD}),
    s.LOG_REGISTERED: Event("feedback registered", {"a": SLOT, "b": HEARD}),
    s.LOG_FIX: Event("fix starts", {"a": SLOT, "b": "works from day (from 0)", "x": "cost (money)"}),
    s.LOG_FIXED: Event("fix works", {"a": SLOT, "x": EXCESS}),
    s.LOG_UPDATE: Event("is kept informed", {"a": f"the update comes: {YES}"}),
    s.LOG_FOLLOWED: Event("followed up", {"a": f"helps: {YES}"}),
    s.LOG_EXTRA: Event("something extra", {"x": "cost (money)"}),
    s.LOG_SURVEYED: Event(
        "answers a survey",
        {
            "a": "points, 1 to 5",
            "b": "answers on day (from 0)",
            "c": "would recommend, 0 to 10",
            "x": "felt (0-1)",
            "y": "goodwill as answered (0-1)",
        },
    ),
    s.LOG_CALLBACK_CHOSEN: Event("chooses a call back", {"x": "expected wait (minutes)"}),
    s.LOG_ARGUED: Event("agent argues", {"a": POSITION}),
    s.LOG_HELPED: Event("is helped freely", {"x": "cost (money)"}),
}
"""Code of the log -> event."""
