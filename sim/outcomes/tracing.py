"""What happens, step by step: to one customer in words, or to everybody in a file.

A replication is run with its log on, and the entries of one person are told in order, one line an event. What
each entry holds stands where it is recorded: sim/model/steps; and in the file itself: sim/engines/events.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sim.model.state as s
from sim.engines import Engine, History
from sim.engines import run as run_once
from sim.errors import InputError
from sim.inputs.policies.written import AskedPolicy, as_policy
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, HOUR_MINUTES, HUNDRED, MINUTE, MINUTE_SECONDS, SECOND, WEEK_DAYS, YEAR_DAYS
from sim.model.rules.survey import POINTS, RECOMMEND
from sim.progress import Report, reporting
from sim.wording import WEEKDAYS

BUSIEST = "busiest"
STANDINGS = {
    s.PROSPECT: "a prospect",
    s.CUSTOMER: "a customer",
    s.AVOIDING: "avoids the company",
    s.FIRED: "fired",
}
CLASSES = ("delighted", "satisfied", "dissatisfied", "really poor")
GRADES = {s.UNRESOLVED: "not resolved", s.RESOLVED: "resolved", s.QUICK: "resolved quickly"}
CAUSES = {
    s.AMBIENT: "something in the product or service",
    s.MISUNDERSTANDING: "a misunderstanding",
    s.DELIVERY_BROKEN: "a delivery promise broken",
}
"""Causes of an issue; from OPEN_CAUSE on it is an open cause, called by its slot."""


class TraceError(InputError):
    """A person who is not there; the message says who is."""


class Entry(NamedTuple):
    """One row of the log; what ``a`` to ``y`` mean depends on the code."""

    time: int
    code: int
    person: int
    a: int
    b: int
    c: int
    x: float
    y: float

    @classmethod
    def of(cls, whole: np.ndarray, real: np.ndarray) -> Entry:
        """Return one row of the log: its int64 (LOG_FIELDS,) and its float64 (LOG_FLOATS,)."""
        return cls(*whole.tolist(), *real.tolist())


@dataclass(frozen=True)
class Trace:
    """What happened to one person: a heading, and a line an event."""

    person: int
    heading: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.heading, *self.lines))


def trace(
    scenario: Scenario | str | Path,
    person: int | str = BUSIEST,
    *,
    policy: AskedPolicy | None = None,
    replication: int = 0,
    years: float | None = None,
    seed: int | None = None,
    progress: bool | Report | None = None,
) -> Trace:
    """Run one replication and tell what happened to one person in it.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    person : number of a person from 0, or "busiest" for the one with most events.
    policy : in force from the start of the measured period; the same person under another policy has the same
        luck.
    replication : which repetition; the story is that of the same replication of a study.
    years, seed : instead of the scenario's own.

    Raises
    ------
    TraceError : when there is no such person.
    """
    chosen = _chosen(scenario, policy, years, seed)
    _check_person(person, int(float(chosen.value("market_size"))))  # type: ignore[arg-type]
    with reporting(progress) as report:
        history = run_once(chosen, replication, logging=True, each_day=lambda day: report(day / chosen.days, 1))
    return tell(history, person)


def log(
    scenario: Scenario | str | Path,
    out: str | Path,
    *,
    policy: AskedPolicy | None = None,
    replication: int = 0,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    progress: bool | Report | None = None,
) -> History:
    """Run one replication and write every event of it to a Parquet file, a row an event, in order.

    Memory does not grow with what happens. `sim.engines.log_file.COLUMNS` describes the columns; which event uses
    them for what is in the file's metadata, beside the scenario, its seed and the version.

    Parameters
    ----------
    out : the file; it must not exist. When the run ends early, no file is left.
    scenario, policy, replication, years, seed : as in `trace`.
    engine : "readable", "compiled", or "auto" for whichever finishes first. The file says the same.

    Returns
    -------
    The history, with its log in the file: `log_file` says where, and how many rows.

    Raises
    ------
    FileExistsError, FileNotFoundError : when there is such a file already, or no such folder; before the run.
    MemoryForeseenError : when there is not the memory for it; before the run.
    """
    chosen = _chosen(scenario, policy, years, seed)
    with reporting(progress) as report:
        return run_once(
            chosen, replication, engine=engine, log_to=out, each_day=lambda day: report(day / chosen.days, 1)
        )


def _chosen(
    scenario: Scenario | str | Path, policy: AskedPolicy | None, years: float | None, seed: int | None
) -> Scenario:
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    return chosen.change(**changes).under(as_policy(policy))


def _check_person(person: int | str, people: int) -> None:
    if person == BUSIEST:
        return
    if isinstance(person, bool) or not isinstance(person, int) or not 0 <= person < people:
        raise TraceError(f"there is no person {person!r}; give a number from 0 to {people - 1}, or {BUSIEST!r}.")


def tell(history: History, person: int | str = BUSIEST) -> Trace:
    """Tell what a replication's log says of one person.

    Raises
    ------
    TraceError : when there is no such person, or the log is in a file.
    """
    if history.log_file is not None:
        raise TraceError(f"the log of this history is in {history.log_file.path}; run it with logging=True to tell it.")
    people = history.state.status.shape[1]
    _check_person(person, people)
    whose = history.log_i[:, s.LOG_PERSON]
    events = np.bincount(whose[whose >= 0], minlength=people)
    number = int(np.argmax(events)) if person == BUSIEST else int(person)
    lines = _lines(history, number) if events[number] else [_nothing(number, events)]
    return Trace(number, _heading(history, number), tuple(lines))


def _nothing(person: int, events: np.ndarray) -> str:
    busiest = int(np.argmax(events))
    if events[busiest] == 0:
        return f"Nothing happened to person {person}, nor to anybody else; run more years."
    most = f"person {busiest} has most to tell ({events[busiest]} events)"
    return f"Nothing happened to person {person}; {most}."


def _heading(history: History, person: int) -> str:
    scenario, state = history.resolved.scenario, history.state
    segment = history.resolved.segments[state.status[s.SEGMENT, person]]
    standing = STANDINGS[int(state.status[s.STANDING, person])]
    spent, received = (state.tally[field, person] / HUNDRED for field in (s.SPENT, s.RECEIVED))
    under = ", ".join(policy.label for policy in scenario.policies) or "no policy"
    goodwill = state.person[s.GOODWILL, person]
    return (
        f"Person {person} of {scenario.name}, segment {segment}; {under}; seed {scenario.seed}, "
        f"replication {history.replication}. At the end: {standing}, goodwill {goodwill:.2f}, "
        f"spent {spent:,.2f}, was paid {received:,.2f}."
    )


def _lines(history: History, person: int) -> list[str]:
    rows = np.flatnonzero(history.log_i[:, s.LOG_PERSON] == person)
    first_day = history.resolved.scenario.first_day
    lines, before = [], 0
    for row in rows:
        entry = Entry.of(history.log_i[row], history.log_f[row])
        text = words(entry, before, first_day)
        before = entry.code
        if text:
            lines.append(f"{when(entry.time, first_day)}: {text}")
    return lines


def when(time: int, first_day: int) -> str:
    """Return an instant in words: "year 1, day 37 (Tue), 10:42"; at the start of a day without the hour.

    Parameters
    ----------
    time : ticks since the start of the run.
    first_day : day on which the measured period starts; what comes before it is the warm-up.
    """
    tick = time % DAY
    if tick == 0:
        return _day(time, first_day)
    hour, minute = divmod(tick // MINUTE, HOUR_MINUTES)
    return f"{_day(time, first_day)}, {hour:02d}:{minute:02d}"


def exactly_when(time: int, first_day: int) -> str:
    """Return an instant in words to the microsecond: "year 1, day 37 (Tue), 10:42:17.250000"."""
    minutes, rest = divmod(time % DAY, MINUTE)
    hour, minute = divmod(minutes, HOUR_MINUTES)
    second, microsecond = divmod(rest, SECOND)
    return f"{_day(time, first_day)}, {hour:02d}:{minute:02d}:{second:02d}.{microsecond:06d}"


def _day(time: int, first_day: int) -> str:
    day = time // DAY
    weekday = WEEKDAYS[day % WEEK_DAYS]
    if day < first_day:
        return f"warm-up, day {day + 1} ({weekday})"
    year, of_year = divmod(day - first_day, YEAR_DAYS)
    return f"year {year + 1}, day {of_year + 1} ({weekday})"


def words(entry: Entry, before: int, first_day: int) -> str:
    """Return words for one entry; none when it has none, or when the entry before it (its code) says the same.

    Parameters
    ----------
    before : code of the person's last entry, 0 for none.
    first_day : day on which the measured period starts.
    """
    if entry.code in (s.LOG_MET_CLOSED, s.LOG_RETURNS):
        met = "calls, but finds the centre closed; " if entry.code == s.LOG_MET_CLOSED else ""
        return f"{met}will try again: {when(entry.a, first_day)}"
    if entry.code == s.LOG_OPENED and before == s.LOG_SILENT:
        return ""
    if entry.code == s.LOG_REFUSED and before == s.DECIDED:
        return ""
    return WORDS[entry.code](entry) if entry.code in WORDS else ""


def _span(minutes: float) -> str:
    return f"{minutes * MINUTE_SECONDS:.0f} s" if minutes < 1 else f"{minutes:.1f} min"


def _considers(e: Entry) -> str:
    heard = f", having heard {'good' if e.y > 0 else 'bad'} of it" if e.y else ""
    return f"considers the company{heard} (chance to join {e.x:.0%})"


def _issue(e: Entry) -> str:
    return f"an issue ({'major' if e.a == s.MAJOR_CASE else 'minor'}, {cause(e.b)})"


def cause(code: int) -> str:
    """Return what a cause of an issue is called."""
    return CAUSES[code] if code in CAUSES else f"open cause {code - s.OPEN_CAUSE}"


def _opened(e: Entry) -> str:
    return {s.ENQUIRY_CASE: "has a question", s.REQUEST_CASE: "has a request"}.get(e.a, "decides to complain")


def _closed(e: Entry) -> str:
    return f"the case is closed: {GRADES[e.a]}" if e.a in GRADES else ""


def _told(e: Entry) -> str:
    return f"tells {e.a} {'person' if e.a == 1 else 'people'}, {'well' if e.b else 'badly'}"


def _heard(e: Entry) -> str:
    return f"hears {'good' if e.b else 'bad'} of the company from person {e.a} ({e.x:+.2f} becomes {e.y:+.2f})"


def _stayed(e: Entry) -> str:
    return f"stays (chance {e.x:.0%})" if e.a else f"decides to leave (chance to stay was {e.x:.0%})"


def _promise(e: Entry) -> str:
    call = e.b == s.CALLBACK_PENDING
    if e.a == 0:
        return f"is promised {'a call back' if call else 'that it is put right'} within {e.x:.1f} days"
    if e.a == 1:
        return f"the promise is kept: {'the company calls back' if call else 'it is put right'}"
    return "the promise is broken"


def _abandons(e: Entry) -> str:
    for_whom = " for the manager" if e.a == s.TRANSFER else ""
    return f"loses patience after waiting {_span(e.x)}{for_whom}, and hangs up"


def _escalated(how: str) -> Callable[[Entry], str]:
    def words(e: Entry) -> str:
        above = f", above the agent's limit of {e.y:,.2f}" if e.x > e.y else ""
        return f"the manager must decide ({e.x:,.2f} at stake{above}): {how}"

    return words


def _manager(e: Entry) -> str:
    return "the manager takes up the case" if e.b else f"the manager is there after {_span(e.x)}"


def _reviewed(e: Entry) -> str:
    return f"writes a public review: {e.x:g} {'star' if e.x == 1.0 else 'stars'} (the rating is now {e.y:.2f})"


def _surveyed(e: Entry) -> str:
    points = f"{e.a} {'point' if e.a == 1 else 'points'} of {POINTS}"
    return f"is asked in a survey, and gives {points}, and {e.c} of {RECOMMEND} for recommending"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _wrapped(e: Entry) -> str:
    if e.a or e.c:
        return ""
    return "the contact ends: solved" if e.b else "the contact ends without a solution"


WORDS: dict[int, Callable[[Entry], str]] = {
    s.LOG_CONSIDERED: _considers,
    s.LOG_JOINED: lambda e: "joins",
    s.LOG_PURCHASE: lambda e: f"buys for {e.x:,.2f}",
    s.LOG_LEFT: lambda e: f"leaves (goodwill {e.x:.2f})",
    s.LOG_AVOIDS: lambda e: f"leaves with a grievance and avoids the company for {e.x:.0f} days",
    s.LOG_FORGIVES: lambda e: "forgives, and may consider the company again",
    s.LOG_ISSUE: _issue,
    s.LOG_SILENT: lambda e: "suffers in silence: says nothing to the company",
    s.LOG_OPENED: _opened,
    s.LOG_CLOSED: _closed,
    s.LOG_EXPERIENCE: lambda e: f"experience: quality {e.x:.2f}, felt as {e.y:.2f}, {CLASSES[e.a]}",
    s.LOG_TOLD: _told,
    s.LOG_HEARD: _heard,
    s.LOG_STAYED: _stayed,
    s.LOG_PROMISE: _promise,
    s.LOG_PAID: lambda e: f"is paid {e.x:,.2f}",
    s.LOG_ANNOUNCED: lambda e: f"is told to expect a wait of {_span(e.x)}",
    s.LOG_QUIT: lambda e: f"agent {e.a} quits (stress {e.x:.2f})",
    s.LOG_HIRED: lambda e: f"a new agent {e.a} starts work",
    s.LOG_REFUSED: lambda e: "the agent says no",
    s.LOG_ALONE: lambda e: f"the agent decides without the manager ({e.x:,.2f} at stake)",
    s.LOG_WRONG: lambda e: "the decision is wrong: it costs money and does not help",
    s.LOG_REVIEW: _reviewed,
    s.LOG_LET_GO: lambda e: f"the company lets this customer go{', who pesters' if e.a else ', taken for a pest'}",
    s.LOG_CAUSE_OPENS: lambda e: f"open cause {e.a} begins to make trouble (at {e.x:.2%} of purchases)",
    s.LOG_CAUSE_ENDS: lambda e: f"open cause {e.a} ends",
    s.LOG_REGISTERED: lambda e: f"the company takes note of open cause {e.a} (heard {_times(e.b)})",
    s.LOG_FIX: lambda e: f"a fix of open cause {e.a} starts ({e.x:,.2f})",
    s.LOG_FIXED: lambda e: f"open cause {e.a} is fixed (left at {e.x:.2%} of purchases)",
    s.LOG_UPDATE: lambda e: "is kept informed" if e.a else "waits in vain for news of the case",
    s.LOG_FOLLOWED: lambda e: f"the company gets back to it: {'it is put right' if e.a else 'to no avail'}",
    s.LOG_EXTRA: lambda e: "finds something extra with the purchase",
    s.LOG_SURVEYED: _surveyed,
    s.LOG_CALLBACK_CHOSEN: lambda e: f"chooses to be called back in turn (expected wait {_span(e.x)})",
    s.LOG_ARGUED: lambda e: "the agent argues about the facts",
    s.LOG_HELPED: lambda e: "is helped all the same, at the company's cost",
    s.ARRIVE: lambda e: "calls" if e.a == 1 else f"calls again (call {e.a})",
    s.ABANDON: _abandons,
    s.ANSWER: lambda e: f"is answered after {_span(e.x)}{', with rapport' if e.c else ''} ({_span(e.y)} of handling)",
    s.HANDLED: lambda e: f"the agent cannot help{', and asks a colleague' if e.a else ''}",
    s.OPINION: lambda e: "the second opinion helps" if e.a else "the colleague cannot help either",
    s.HOLD: _escalated("the agent holds the line"),
    s.TRANSFER: _escalated("the call is transferred"),
    s.HOLD_EXPIRED: lambda e: f"the manager is not there after {_span(e.x)}",
    s.MANAGER: _manager,
    s.DECIDED: lambda e: f"the manager says {'yes' if e.a else 'no'}",
    s.WRAPPED: _wrapped,
}
"""Code of the log -> its words."""
