"""Where engines part is found, and told in words; engines that agree are said to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
import sim.model.state as s
from sim.checks.diff_engines import diff_engines, names
from sim.cli import status
from sim.contact_centre import QueueError
from sim.engines import EngineError, readable, run
from sim.inputs.scenario import Scenario, ScenarioError
from sim.model.clock import DAY, HOUR
from sim.model.rules import loyalty
from sim.model.steps import bare
from sim.outcomes.tracing import exactly_when, when

TINY = Scenario.load("small_company").override(market_size=400, employees=1, issue_ambient=0.2)
TINY = TINY.change(name="tiny", years=0.1, warm_up=0.05)
FIRST_DAY = TINY.first_day
CROWD = TINY.override(market_size=8000, purchase_gap_mean=5.0, patience_mean=60.0, enquiry_probability=1.0)
CROWD = CROWD.change(name="crowd", years=0.04, warm_up=0.0)
LATE = 20 * DAY
QUEUE = """title = "counter"
agents = 3
calls_per_hour = 20
handling = "exponential mean 6 min"
patience = "exponential mean 4 min"
hours = 20
warmup_hours = 2
"""


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.to_toml())
    return str(path)


@pytest.fixture
def queue(tmp_path: Path) -> str:
    path = tmp_path / "counter.toml"
    path.write_text(QUEUE)
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """Run the command, which must end with this status, and return what it prints."""
    assert status(["diff-engines", *arguments]) == code
    return capsys.readouterr().out


# -- the same --------------------------------------------------------------------------------------------------------


def test_engines_that_agree_are_said_to(tiny, capsys):
    logged = run(TINY, 2, engine="compiled", logging=True)
    digest = run(TINY, 2, engine="readable").digest()
    events = f"{len(logged.log_i):,} events over {TINY.days} days"
    assert printed(capsys, 0, tiny, "--replication", "2") == (
        f"tiny, replication 2, seed {TINY.seed}: the same history on both engines, {events}, digest {digest}.\n"
    )
    found = diff_engines(tiny, 2)
    assert found.same
    assert (found.events, found.digest) == (len(logged.log_i), digest)


def test_years_and_seed_are_those_given(tiny):
    shorter = TINY.change(years=0.05, seed=77)
    assert diff_engines(tiny, years=0.05, seed=77).digest == run(shorter, engine="compiled").digest()
    assert sim.diff_engines is diff_engines


# -- an event that differs -------------------------------------------------------------------------------------------


def rows(scenario: Scenario, engine: str) -> list[tuple]:
    """Rows of an engine's whole log, as the engine is at this moment."""
    history = run(scenario, engine=engine, logging=True)
    return [(*w, *r) for w, r in zip(history.log_i.tolist(), history.log_f.tolist(), strict=True)]


def first_parting(scenario: Scenario) -> tuple[int, tuple | None, tuple | None]:
    """Number of common rows, and the next row of either engine, looked for in the whole logs."""
    ours, theirs = rows(scenario, "readable"), COMPILED[scenario.name]
    common = 0
    while common < min(len(ours), len(theirs)) and ours[common] == theirs[common]:
        common += 1
    return common, *(told[common] if common < len(told) else None for told in (ours, theirs))


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Let the compiled engine tell all before anything is meddled with: afterwards it is refused."""
    COMPILED.update({scenario.name: rows(scenario, "compiled") for scenario in (TINY, CROWD)})


COMPILED: dict[str, list[tuple]] = {}


def a_microsecond_later(event: int, state: s.State, params: np.ndarray, c: int, now: int) -> tuple[int, int]:
    following, delay = STEP(event, state, params, c, now)
    return following, delay + (1 if event == s.ANSWER and now >= LATE else 0)


STEP = readable.company_step


def test_a_microsecond_is_found_and_told(monkeypatch, tiny, capsys):
    monkeypatch.setattr(readable, "company_step", a_microsecond_later)
    common, ours, theirs = first_parting(TINY)
    found = diff_engines(TINY)
    assert not found.same
    assert found.digest == ""
    assert found.events == common > 100
    parting = found.first
    assert parting is not None
    assert (parting.readable, parting.compiled) == (ours, theirs)
    assert ours[0] - theirs[0] == 1
    assert parting.fields()[0] == f"LOG_TIME ({ours[0]} and {theirs[0]})"

    text = printed(capsys, 1, tiny)
    assert text == f"{found}\n"
    assert f"the engines differ after {common:,} events." in text
    for engine, row in (("readable", ours), ("compiled", theirs)):
        assert f"  {engine}: {exactly_when(row[0], FIRST_DAY)}, person {row[2]}: " in text
    assert "open since" in text.splitlines()[-1]
    assert "answered last by agent" in text.splitlines()[-1]


def test_the_events_before_are_the_last_that_both_tell(monkeypatch):
    monkeypatch.setattr(readable, "company_step", a_microsecond_later)
    found = diff_engines(TINY)
    told = rows(TINY, "readable")[found.events - 5 : found.events]
    assert found.first is not None
    assert list(found.first.before) == told
    lines = str(found).splitlines()
    assert lines[1] == "The last events that both engines tell:"
    for line, row in zip(lines[2:7], told, strict=True):
        assert line.startswith(f"  {exactly_when(row[0], FIRST_DAY)}, ")
        assert row[2] < 0 or f"person {row[2]}: " in line
    assert lines[7] == "Then:"


def test_an_amount_that_differs_in_its_last_bit_is_told_in_full(monkeypatch):
    def generous(state, now, code, person, a, b, c, x, y):
        record(state, now, code, person, a, b, c, np.nextafter(x, 1e9) if now >= LATE else x, y)

    market = __import__("sim.model.steps.market", fromlist=["record"])
    record = market.record
    moment = readable.moment

    def own_moment(state, params, person, now):
        market.record = generous
        try:
            return moment(state, params, person, now)
        finally:
            market.record = record

    monkeypatch.setattr(readable, "moment", own_moment)
    found = diff_engines(TINY)
    parting = found.first
    assert parting is not None
    assert parting.fields() == [f"LOG_X ({parting.readable.x!r} and {parting.compiled.x!r})"]
    assert parting.readable.x == np.nextafter(parting.compiled.x, 1e9)
    assert found.events == first_parting(TINY)[0]


def test_another_order_of_ties_is_found(monkeypatch):
    """Callers are answered last come, first served: the first to be answered out of turn is where they part."""

    class LastFirst(readable.Line):
        def take(self) -> int:
            ticket = max(self._waiting)
            case, waiter = self._waiting.pop(ticket)
            self._heap = [entry for entry in self._heap if entry[1] != ticket]
            waiter.succeed(True)
            return case

    monkeypatch.setattr(readable, "Line", LastFirst)
    common, ours, theirs = first_parting(CROWD)
    found = diff_engines(CROWD)
    assert found.events == common
    assert (found.first.readable, found.first.compiled) == (ours, theirs)
    assert len(found.first.persons) == len({row[2] for row in (ours, theirs)})
    assert str(found).count("\nPerson ") == len(found.first.persons)


def test_an_engine_that_falls_silent_is_found(monkeypatch):
    """The one has nothing more to tell until the end."""
    moment = readable.moment

    def last_words(state: s.State, params: np.ndarray, person: int, now: int) -> tuple[int, int]:
        state.company_i[s.LOGGING] = int(now < LATE)
        return moment(state, params, person, now)

    monkeypatch.setattr(readable, "moment", last_words)
    common, ours, theirs = first_parting(TINY)
    assert ours is None
    assert theirs is not None
    found = diff_engines(TINY)
    assert found.events == common
    assert (found.first.readable, found.first.compiled) == (None, theirs)
    assert "\n  readable: nothing more\n" in str(found)
    assert "they differ in" not in str(found)


# -- a number that differs -------------------------------------------------------------------------------------------


@pytest.fixture
def meddling(monkeypatch):
    """Let a function meddle with the readable engine's final state."""

    def meddle(change) -> None:
        settle = readable.settle

        def meddled(state: s.State, now: int) -> None:
            settle(state, now)
            change(s.arrays(state))

        monkeypatch.setattr(readable, "settle", meddled)

    return meddle


def test_a_number_of_a_person_that_differs_in_its_last_bit_is_named(meddling, tiny, capsys):
    def change(state: s.State) -> None:
        state.person[s.GOODWILL, 132] = np.nextafter(state.person[s.GOODWILL, 132], 2.0)

    theirs = float(run(TINY, engine="compiled").state.person[s.GOODWILL, 132])
    ours = float(np.nextafter(theirs, 2.0))
    meddling(change)
    found = diff_engines(TINY)
    (value,) = found.values
    assert (value.array, value.field, value.index, value.values) == ("person", "GOODWILL", (132,), 1)
    assert (value.readable, value.compiled) == (ours, theirs)
    assert found.events == len(COMPILED[TINY.name])
    text = printed(capsys, 1, tiny)
    assert "but what the engines leave behind differs" in text.splitlines()[0]
    assert text.splitlines()[1:] == [f"  person[GOODWILL, 132]: readable {ours!r}, compiled {theirs!r}"]


def test_of_a_board_that_differs_the_earliest_day_is_named(meddling):
    def change(state: s.State) -> None:
        state.board[s.OFFERED, 21] += 2
        state.board[s.JOINED, 22] += 1
        state.board[s.IN_LINE, 30] += 1
        state.company_i[s.OPEN_CASES] += 1
        state.company_i[s.LEVEL_SINCE + s.BUSY] += 1

    meddling(change)
    board, company = diff_engines(TINY).values
    assert (board.array, board.field, board.index, board.values) == ("board", "OFFERED", (21,), 3)
    assert board.readable - board.compiled == 2
    assert board.place == when(21 * DAY, FIRST_DAY) == "year 1, day 4 (Mon)"
    (line,) = board.lines()
    assert line.startswith("  board[OFFERED, 21] (year 1, day 4 (Mon)): readable ")
    assert line.endswith("; 3 numbers of board differ")
    assert (company.array, company.field, company.index) == ("company_i", "LEVEL_SINCE + BUSY", ())
    assert "company_i[LEVEL_SINCE + BUSY]: " in company.lines()[0]


def test_zeros_of_either_sign_differ(meddling):
    def change(state: s.State) -> None:
        at = np.flatnonzero(state.person[s.HABIT] == 0.0)[0]
        state.person[s.HABIT, at] = -0.0

    meddling(change)
    (value,) = diff_engines(TINY).values
    assert (repr(value.readable), repr(value.compiled)) == ("-0.0", "0.0")


def test_room_is_no_history(meddling):
    def change(state: s.State) -> None:
        state.company_i[s.FREE_SLOTS] += 64

    meddling(change)
    assert diff_engines(TINY).same


def test_every_number_of_a_history_has_the_name_of_where_it_stands():
    sizes = {
        "board": s.BOARD_ROWS, "board_f": s.BOARD_FLOATS, "person": s.PERSON_FIELDS, "tally": s.TALLY_FIELDS,
        "status": s.STATUS_FIELDS, "agent": s.AGENT_FLOATS, "agent_i": s.AGENT_FIELDS, "company": s.COMPANY_FLOATS,
        "company_i": s.COMPANY_FIELDS, "cohort": 0, "cause": s.CAUSE_FLOATS, "cause_i": s.CAUSE_FIELDS,
    }  # fmt: skip
    assert {array: len(fields) for array, fields in names.FIELDS.items()} == sizes
    for array, fields in names.FIELDS.items():
        for place, name in enumerate(fields):
            assert eval(name, vars(s)) == place, (array, name)
    assert [getattr(bare, name) for name in names.BOOKS["classes"]] == list(range(bare.CLASS_ROWS))
    assert names.LOG == ("LOG_TIME", "LOG_CODE", "LOG_PERSON", "LOG_A", "LOG_B", "LOG_C", "LOG_X", "LOG_Y")
    assert all(getattr(s, name) == code for code, name in names.EVENTS.items())


def test_what_is_compared_is_what_the_digest_sees():
    """Whatever a digest notices is an array that is compared."""
    history = run(TINY, engine="compiled")
    before = history.digest()
    for name, array in history.state._asdict().items():
        if array.size and array.flags.writeable:
            old = array.flat[-1].copy()
            array.flat[-1] = ~old if array.dtype.kind in "iu" else old + 1.0
            assert (history.digest() != before) == (name in names.FIELDS), name
            array.flat[-1] = old
    assert history.digest() == before


# -- bare queues -----------------------------------------------------------------------------------------------------


def test_queues_that_agree_are_said_to(queue, capsys):
    text = printed(capsys, 0, queue, "--seed", "5")
    assert text.startswith("counter, replication 0, seed 5: the same books on both engines, ")
    assert diff_engines(queue, seed=5).events > 100
    assert diff_engines("recorded_calls").same


def test_books_that_differ_are_named_by_row_and_hour(monkeypatch, queue):
    step = readable.bare_step

    def later(event: int, state: s.State, params: np.ndarray, c: int, now: int) -> tuple[int, int]:
        following, delay = step(event, state, params, c, now)
        return following, delay + (1 if event == s.ANSWER and now >= 5 * HOUR else 0)

    monkeypatch.setattr(readable, "bare_step", later)
    found = diff_engines(queue)
    assert not found.same
    first = found.values[0]
    assert first.array == "board"
    assert first.field in names.BOARD
    assert first.index[0] >= 5
    assert first.place == f"year 1, day 1 (Mon), {first.index[0]:02d}:00"
    assert first.readable != first.compiled


def test_a_queue_has_no_years(queue, capsys):
    with pytest.raises(QueueError, match="no years"):
        diff_engines(queue, years=1.0)
    assert status(["diff-engines", queue, "--years", "1"]) == 2
    assert capsys.readouterr().err.startswith("cxsim: a queue has no years")


# -- what cannot be compared -----------------------------------------------------------------------------------------


def test_a_rule_of_one_s_own_is_refused(capsys, tiny):
    with sim.replace(loyalty.repurchase, lambda *_: 0.5):
        with pytest.raises(EngineError, match=r"sim\.model\.rules\.loyalty\.repurchase is not the model's own"):
            diff_engines(TINY)
        assert status(["diff-engines", tiny]) == 2


def test_a_name_of_nothing_is_refused():
    with pytest.raises(ScenarioError, match="nothing: no such file"):
        diff_engines("nothing")
