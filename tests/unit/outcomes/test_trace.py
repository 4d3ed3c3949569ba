"""The story of one customer: one line an event, in order, and the log changes nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest

import sim
import sim.model.state as s
from sim.engines import History, run
from sim.model.clock import DAY, HOUR, MINUTE
from sim.outcomes import tracing
from sim.outcomes.tracing import Entry, TraceError, tell, when

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=1, warm_up=0.2)
PLACE = re.compile(r"(warm-up|year \d+), day \d+ \((Mon|Tue|Wed|Thu|Fri|Sat|Sun)\)(, \d\d:\d\d)?: \S")
FIRST_DAY = 10


@pytest.fixture(scope="module")
def history() -> History:
    return run(TINY, 0, logging=True)


def words(code: int, a: int = 0, b: int = 0, c: int = 0, x: float = 0.0, y: float = 0.0, before: int = 0) -> str:
    return tracing.words(Entry(0, code, 0, a, b, c, x, y), before, FIRST_DAY)


def test_the_log_changes_nothing_that_happens(history: History) -> None:
    quiet = run(TINY, 0)
    assert (quiet.state.board == history.state.board).all()
    assert (quiet.state.person == history.state.person).all()
    assert len(quiet.log_i) == 0


def test_every_line_has_a_place_in_time_and_words(history: History) -> None:
    for person in range(0, 300, 10):
        for line in tell(history, person).lines:
            assert PLACE.match(line) or line.startswith("Nothing happened"), line


def test_everything_of_a_person_in_the_log_has_words() -> None:
    named = {name: code for name, code in vars(s).items() if name.startswith("LOG_") and isinstance(code, int)}
    columns = {"LOG_TIME", "LOG_CODE", "LOG_PERSON", "LOG_A", "LOG_B", "LOG_C", "LOG_X", "LOG_Y", "LOG_ROWS"}
    no_persons = {"LOG_FIELDS", "LOG_FLOATS"}
    elsewhere = {"LOG_MET_CLOSED", "LOG_RETURNS"}  # they need to know when the run began
    assert {name for name, code in named.items() if code not in tracing.WORDS} - columns - no_persons == elsewhere


def test_what_is_logged_is_told(history: History) -> None:
    codes = set(history.log_i[:, s.LOG_CODE].tolist())
    assert {s.ARRIVE, s.ANSWER, s.WRAPPED, s.LOG_PURCHASE, s.LOG_EXPERIENCE, s.LOG_STAYED} <= codes
    assert {s.LOG_REVIEW, s.LOG_SURVEYED} <= codes
    untold = codes - set(tracing.WORDS) - {s.LOG_QUIT, s.LOG_HIRED, s.LOG_MET_CLOSED, s.LOG_RETURNS}
    assert not untold


def test_the_contacts_of_the_log_are_those_of_the_board() -> None:
    """In a centre so short of people that everything happens."""
    hard = {"employees": 2, "patience_mean": "1 min", "redial_delay": "300 min", "hold_share": 0.5}
    hard |= {"opinion_use": 0.5, "hold_limit": "1 min", "empowerment": 0.2, "manager_minutes": "40 min"}
    history = run(TINY.override(market_size=3000, **hard), 0, logging=True)
    codes = history.log_i[:, s.LOG_CODE]
    board = history.state.board
    pairs = {
        s.ARRIVE: s.OFFERED, s.ANSWER: s.ANSWERED, s.HOLD: s.HELD, s.TRANSFER: s.TRANSFERRED,
        s.DECIDED: s.MANAGER_DECISIONS, s.LOG_MET_CLOSED: s.MET_CLOSED, s.LOG_ALONE: s.DECIDED_ALONE,
        s.OPINION: s.OPINIONS, s.HOLD_EXPIRED: s.HOLDS_EXPIRED,
    }  # fmt: skip
    for code, row in pairs.items():
        assert (codes == code).sum() == board[row].sum() > 0, (code, row)
    given_up = board[s.ABANDONED].sum() + board[s.LOST_IN_TRANSFER].sum()
    assert (codes == s.ABANDON).sum() == given_up > 0
    assert (codes == s.LOG_RETURNS).sum() == board[s.REDIALS].sum() + board[s.RETURNS].sum() > 0


def test_the_busiest_person_has_most_events(history: History) -> None:
    whose = history.log_i[:, s.LOG_PERSON]
    events = np.bincount(whose[whose >= 0])
    assert events[tell(history, "busiest").person] == events.max()


def test_somebody_to_whom_nothing_happened_points_to_the_busiest(history: History) -> None:
    whose = history.log_i[:, s.LOG_PERSON]
    idle = int(np.flatnonzero(np.bincount(whose[whose >= 0], minlength=300) == 0)[0])
    (line,) = tell(history, idle).lines
    assert f"Nothing happened to person {idle}; person {tell(history).person} has most" in line


def test_a_trace_is_the_same_replication_as_a_study() -> None:
    found = sim.trace(TINY, 17, replication=1)
    assert found == tell(run(TINY, 1, logging=True), 17)
    assert "segment" in str(found).splitlines()[0]


@pytest.mark.parametrize("person", [300, -1, True, "somebody", 1.0])
def test_nobody_is_refused_before_the_run(person: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "run_once", lambda *_, **__: pytest.fail("it started to run"))
    with pytest.raises(TraceError, match="from 0 to 299, or 'busiest'"):
        sim.trace(TINY, person)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "warm-up, day 1 (Mon)"),
        (FIRST_DAY * DAY, "year 1, day 1 (Thu)"),
        ((FIRST_DAY + 36) * DAY + 10 * HOUR + 42 * MINUTE, "year 1, day 37 (Fri), 10:42"),
        ((FIRST_DAY + 365) * DAY - 1, "year 1, day 365 (Thu), 23:59"),
        ((FIRST_DAY + 365) * DAY, "year 2, day 1 (Fri)"),
    ],
)
def test_time_in_words(time: int, text: str) -> None:
    assert when(time, FIRST_DAY) == text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (words(s.LOG_CONSIDERED, x=0.06), "considers the company (chance to join 6%)"),
        (words(s.LOG_CONSIDERED, x=0.06, y=-0.1), "considers the company, having heard bad of it (chance to join 6%)"),
        (words(s.LOG_PURCHASE, x=90.0), "buys for 90.00"),
        (words(s.LOG_ISSUE, a=s.MAJOR_CASE, b=s.DELIVERY_BROKEN), "an issue (major, a delivery promise broken)"),
        (words(s.LOG_ISSUE, a=s.MINOR_CASE, b=s.OPEN_CAUSE), "an issue (minor, open cause 0)"),
        (words(s.LOG_ISSUE, a=s.MINOR_CASE, b=s.OPEN_CAUSE + 7), "an issue (minor, open cause 7)"),
        (words(s.LOG_OPENED, a=s.MINOR_CASE), "decides to complain"),
        (words(s.LOG_OPENED, a=s.MINOR_CASE, before=s.LOG_SILENT), ""),
        (words(s.LOG_TOLD, a=1, b=0), "tells 1 person, badly"),
        (words(s.LOG_TOLD, a=3, b=1), "tells 3 people, well"),
        (words(s.LOG_PAID, x=12.4), "is paid 12.40"),
        (words(s.ABANDON, x=0.5), "loses patience after waiting 30 s, and hangs up"),
        (words(s.ABANDON, a=s.TRANSFER, x=2.0), "loses patience after waiting 2.0 min for the manager, and hangs up"),
        (words(s.TRANSFER, x=2.0, y=7.5), "the manager must decide (2.00 at stake): the call is transferred"),
        (
            words(s.HOLD, x=20.0, y=7.5),
            "the manager must decide (20.00 at stake, above the agent's limit of 7.50): the agent holds the line",
        ),
        (words(s.LOG_REFUSED), "the agent says no"),
        (words(s.LOG_REFUSED, before=s.DECIDED), ""),
        (words(s.LOG_STAYED, a=0, x=0.4), "decides to leave (chance to stay was 40%)"),
        (words(s.LOG_RETURNS, a=FIRST_DAY * DAY), "will try again: year 1, day 1 (Thu)"),
        (words(s.LOG_REVIEW, x=1.0, y=3.456), "writes a public review: 1 star (the rating is now 3.46)"),
        (words(s.LOG_REVIEW, x=4.5, y=4.3), "writes a public review: 4.5 stars (the rating is now 4.30)"),
        (words(s.LOG_LET_GO, a=1), "the company lets this customer go, who pesters"),
        (words(s.LOG_LET_GO, a=0), "the company lets this customer go, taken for a pest"),
        (words(s.LOG_CAUSE_OPENS, a=3, x=0.001, y=90.0), "open cause 3 begins to make trouble (at 0.10% of purchases)"),
        (words(s.LOG_CAUSE_ENDS, a=3, b=2), "open cause 3 ends"),
        (words(s.LOG_REGISTERED, a=3, b=1), "the company takes note of open cause 3 (heard once)"),
        (words(s.LOG_REGISTERED, a=3, b=4), "the company takes note of open cause 3 (heard 4 times)"),
        (words(s.LOG_FIX, a=3, b=70, x=6000.0), "a fix of open cause 3 starts (6,000.00)"),
        (words(s.LOG_FIXED, a=3, x=0.00015), "open cause 3 is fixed (left at 0.01% of purchases)"),
        (words(s.LOG_UPDATE, a=1), "is kept informed"),
        (words(s.LOG_UPDATE, a=0), "waits in vain for news of the case"),
        (words(s.LOG_FOLLOWED, a=1), "the company gets back to it: it is put right"),
        (words(s.LOG_FOLLOWED, a=0), "the company gets back to it: to no avail"),
        (words(s.LOG_EXTRA, x=1.0), "finds something extra with the purchase"),
        (
            words(s.LOG_SURVEYED, a=4, b=12, c=9, x=0.7, y=0.8),
            "is asked in a survey, and gives 4 points of 5, and 9 of 10 for recommending",
        ),
        (words(s.LOG_CALLBACK_CHOSEN, x=6.0), "chooses to be called back in turn (expected wait 6.0 min)"),
        (words(s.LOG_ARGUED, a=2), "the agent argues about the facts"),
        (words(s.LOG_HELPED, x=12.0), "is helped all the same, at the company's cost"),
    ],
)  # fmt: skip
def test_words(told: str, text: str) -> None:
    assert told == text
