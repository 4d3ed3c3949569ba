"""What balances in a history, exactly: people, contacts, cases, promises, causes, tells, surveys, money; and bounds."""

from __future__ import annotations

import numpy as np

import sim.model.columns as t
import sim.model.state as s
from sim.engines import History
from sim.engines.readable import Company
from sim.engines.start import build
from sim.inputs.scenario import Scenario
from sim.model.clock import HUNDRED, YEAR_DAYS
from sim.model.rules.authority import hundredths
from sim.model.rules.survey import POINTS
from sim.model.steps.contacts import IN_NO_ORBIT, IN_PROMISE, IN_REDIAL, IN_RETURN
from sim.outcomes.segments import FLOATS, SHARED, STOCKS, books_of

STANDINGS = (s.PROSPECT, s.CUSTOMER, s.AVOIDING, s.FIRED)
LEFT_FREELY = (s.LEFT_QUIETLY, s.LEFT_AFTER_CASE)
CLASSES = (s.FELT_DELIGHTED, s.FELT_SATISFIED, s.FELT_DISSATISFIED, s.FELT_POOR)
GRADES = (s.CASES_SILENT, s.CASES_UNRESOLVED, s.CASES_RESOLVED, s.CASES_QUICK)
COSTS = tuple(row for row in s.ACCOUNTS if row != s.REVENUE)


class Watched(Company):
    """A company that also keeps how long agents go on with a contact after their seat was left (ticks)."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.overtime = 0
        self.left_at: dict[int, int] = {}

    def man(self, agent: int) -> None:
        self._stop(agent)
        super().man(agent)

    def leave(self, agent: int) -> None:
        if self.manned[agent] and self.busy[agent]:
            self.left_at[agent] = int(self.env.now)
        super().leave(agent)

    def _release(self, case: int) -> None:
        self._stop(self.state.case[s.AGENT, case])
        super()._release(case)

    def _stop(self, agent: int) -> None:
        self.overtime += int(self.env.now) - self.left_at.pop(agent, int(self.env.now))

    def finish(self) -> None:
        for agent in list(self.left_at):
            self._stop(agent)


def watched(scenario: Scenario, replication: int = 0) -> tuple[History, int]:
    """Run a scenario, logging; return its history and the overtime of its agents (ticks)."""
    resolved = scenario.resolve()
    company = Watched(build(resolved, replication, logging=True), resolved.phases, scenario.days)
    state = company.run()
    company.finish()
    return History(resolved, replication, state, *company.log.rows()), company.overtime


def check(history: History, overtime: int | None = None) -> None:
    """Assert everything below; ``overtime`` in ticks, when it was watched."""
    people(history)
    segments(history)
    flows(history)
    contacts(history)
    callbacks(history)
    managers(history)
    cases(history)
    promises(history)
    deliveries(history)
    updates(history)
    care(history)
    causes(history)
    pests(history)
    tells(history)
    reviews(history)
    surveys(history)
    money(history)
    bounds(history)
    if overtime is not None:
        busy_time(history, overtime)


def totals(history: History) -> np.ndarray:
    return history.state.board.sum(axis=1)


def people(history: History) -> None:
    """People by standing add to N: in the state, in the company's levels, on the board of every day."""
    state, n = history.state, history.state.person.shape[1]
    by_standing = [int(np.count_nonzero(state.status[s.STANDING] == k)) for k in STANDINGS]
    assert sum(by_standing) == n
    levels = (s.PROSPECTS_NOW, s.CUSTOMERS_NOW, s.AVOIDING_NOW, s.FIRED_NOW)
    assert [int(state.company_i[level]) for level in levels] == by_standing
    days = state.board[[s.DAY_CUSTOMERS, s.DAY_PROSPECTS, s.DAY_AVOIDING, s.DAY_FIRED]]
    assert (days >= 0).all()
    assert (days.sum(axis=0) == n).all()


def segments(history: History) -> None:
    """What is a person's is its segment's too, each day; what is shared is no segment's."""
    state, days = history.state, history.resolved.scenario.days
    names = range(len(history.resolved.segments))
    parts = state.by_segment.reshape((s.BOARD_ROWS, len(names), days)).sum(axis=1)
    stocks = [row for row in range(s.BOARD_ROWS) if row in STOCKS]
    own = [row for row in range(s.BOARD_ROWS) if row not in SHARED and row not in STOCKS]
    assert np.array_equal(parts[own], state.board[own])
    assert not parts[[*SHARED, *stocks]].any()
    floats = state.by_segment_f.reshape((s.BOARD_FLOATS, len(names), days)).sum(axis=1)
    np.testing.assert_allclose(floats[list(FLOATS)], state.board_f[list(FLOATS)], rtol=1e-12)
    books = books_of(history)
    for row in stocks:
        assert np.array_equal(sum(one.board[row] for one in books), state.board[row]), row
    assert np.array_equal(sum(one.cohort for one in books)[:, 1:], state.cohort[:, 1:])
    whole = int(history.resolved.scenario.years)
    assert np.array_equal(sum(one.cohort for one in books)[:whole], state.cohort[:whole])


def flows(history: History) -> None:
    """Each standing grows by those who come and shrinks by those who go; a cohort loses no more than it had."""
    total, board, company = totals(history), history.state.board, history.state.company_i
    freely, grieved = sum(total[row] for row in LEFT_FREELY), total[s.LEFT_GRIEVED]
    gone = freely + grieved + total[s.LET_GO]
    assert company[s.CUSTOMERS_NOW] == board[s.DAY_CUSTOMERS, 0] + total[s.JOINED] - gone
    prospects = board[s.DAY_PROSPECTS, 0] + freely + total[s.FORGIVEN] - total[s.JOINED]
    assert company[s.PROSPECTS_NOW] == prospects
    # Nobody who was let go comes back.
    assert company[s.FIRED_NOW] == board[s.DAY_FIRED, 0] + total[s.LET_GO]
    assert (np.diff(board[s.DAY_FIRED]) >= 0).all()
    assert company[s.AVOIDING_NOW] == board[s.DAY_AVOIDING, 0] + grieved - total[s.FORGIVEN]
    assert 0 <= total[s.JOINED_BY_WOM] <= total[s.JOINED] <= total[s.CONSIDERED]
    cohort = history.state.cohort
    assert (cohort >= 0).all()
    assert (cohort[:, 1:].sum(axis=1) <= cohort[:, 0]).all()


def slots(history: History) -> np.ndarray:
    """Slots of the cases in progress, by the list of free ones."""
    state = history.state
    free = state.free[: state.company_i[s.FREE_SLOTS]]
    taken = np.ones(state.case.shape[1], dtype=bool)
    taken[free] = False
    assert len(set(free.tolist())) == len(free)
    return np.flatnonzero(taken)


def contacts(history: History) -> None:
    """Contacts in are answered, abandoned or in the line; they come from causes, redials and returns; levels agree."""
    total, level, fields = totals(history), history.state.company_i[: s.LEVELS], history.state.case[:, slots(history)]
    assert (level >= 0).all()
    assert total[s.OFFERED] == total[s.ANSWERED] + total[s.ABANDONED] + level[s.IN_LINE]
    untouched = np.count_nonzero(fields[s.TOUCHES] == 0)
    first = total[s.CASES_OPENED] - total[s.CASES_SILENT] - untouched
    again = total[s.REDIALS] - level[s.REDIAL_ORBIT] + total[s.RETURNS] - level[s.RETURN_ORBIT]
    assert total[s.OFFERED] == first + again
    stage = fields[s.STAGE]
    assert level[s.REDIAL_ORBIT] == np.count_nonzero(stage == IN_REDIAL)
    assert level[s.RETURN_ORBIT] == np.count_nonzero(stage == IN_RETURN)
    assert level[s.IN_SYSTEM] == np.count_nonzero((stage == IN_NO_ORBIT) & (fields[s.TOUCHES] > 0))
    inside = level[s.IN_LINE] + level[s.BUSY] + level[s.MANAGER_LINE] + level[s.MANAGERS_BUSY]
    assert level[s.IN_SYSTEM] <= inside
    assert level[s.HOLDING] <= level[s.MANAGER_LINE]
    assert level[s.HOLDING] <= level[s.BUSY]
    assert total[s.WITHIN_TARGET] <= total[s.ANSWERED]
    assert total[s.SHORT_ABANDONED] <= total[s.ABANDONED]


def callbacks(history: History) -> None:
    """Who chose to be called back in turn is answered, or is waiting: nobody of them hangs up."""
    total, fields = totals(history), history.state.case[:, slots(history)]
    waiting = fields[s.CALLBACK_CHOSEN]
    assert set(waiting.tolist()) <= {0, 1}
    assert total[s.CALLBACKS_CHOSEN] == total[s.CALLBACKS_ANSWERED] + waiting.sum()
    assert waiting.sum() <= history.state.company_i[s.IN_LINE]
    assert total[s.CALLBACKS_CHOSEN] <= total[s.CALLBACKS_OFFERED] <= total[s.OFFERED]
    assert total[s.CALLBACKS_ANSWERED] <= total[s.ANSWERED]
    assert total[s.CALLBACKS_ANSWERED] > 0 or total[s.CALLBACK_WAIT] == 0


def managers(history: History) -> None:
    """Who asks a manager gets a decision, gives up, is promised a call, or waits."""
    total, level = totals(history), history.state.company_i[: s.LEVELS]
    asked = total[s.HELD] + total[s.TRANSFERRED]
    assert total[s.ASKED_AUTHORITY] == total[s.DECIDED_ALONE] + asked
    ended = total[s.MANAGER_DECISIONS] + total[s.HOLDS_EXPIRED] + total[s.LOST_IN_TRANSFER]
    assert asked + total[s.CALLED_BACK] == ended + level[s.MANAGER_LINE] + level[s.MANAGERS_BUSY]
    assert total[s.HANDOFFS_MADE] == total[s.TRANSFERRED]


def cases(history: History) -> None:
    """Cases opened are closed or open; each has a cause, a grade and a class; open ones belong to one person each."""
    total, state, taken = totals(history), history.state, slots(history)
    assert total[s.CASES_OPENED] == total[s.CASES_CLOSED] + state.company_i[s.OPEN_CASES]
    assert state.company_i[s.OPEN_CASES] == len(taken)
    holders = np.flatnonzero(state.status[s.CASE] >= 0)
    assert sorted(state.status[s.CASE, holders].tolist()) == taken.tolist()
    assert (state.case[s.PERSON, state.status[s.CASE, holders]] == holders).all()
    assert (state.status[s.STANDING, holders] == s.CUSTOMER).all()
    assert total[s.ISSUES] == total[s.COMPLAINTS] + total[s.SILENCES]
    assert total[s.CASES_OPENED] == total[s.ISSUES] + total[s.ENQUIRIES] + total[s.REQUESTS]
    assert total[s.CASES_SILENT] == total[s.SILENCES]
    assert total[s.CASES_CLOSED] == sum(total[row] for row in GRADES)
    assert total[s.CASES_CLOSED] == sum(total[row] for row in CLASSES) == total[s.SURVEYS]
    assert total[s.CASES_FIRST] <= total[s.CASES_ANSWERED] <= total[s.ANSWERED]
    assert total[s.QUICK_STAYED] <= total[s.QUICK_ISSUES] <= total[s.CASES_QUICK]


def promises(history: History) -> None:
    """Promises made are kept, broken or not yet due; a word in advance goes with a new promise for a broken one."""
    total, fields = totals(history), history.state.case[:, slots(history)]
    pending = history.state.company_i[s.DUE_PENDING]
    assert total[s.PROMISES_MADE] == total[s.PROMISES_KEPT] + total[s.PROMISES_BROKEN] + pending
    # What is still promised stands in a case; a call back that has come due waits for the manager in the same stage.
    assert pending <= np.count_nonzero(fields[s.STAGE] == IN_PROMISE)
    assert total[s.PROMISES_TOLD] <= total[s.PROMISES_BROKEN]
    assert total[s.CALLED_BACK] <= total[s.PROMISES_KEPT]
    by_case = fields[s.MADE] - fields[s.KEPT] - fields[s.BROKEN]
    assert by_case.sum() == pending
    assert ((by_case == 0) | (by_case == 1)).all()


def deliveries(history: History) -> None:
    """A date of delivery is promised at most once a purchase, and late at most once a date."""
    total, board = totals(history), history.state.board
    assert (board[s.DELIVERIES_LATE] <= board[s.DELIVERIES_PROMISED]).all()
    assert (board[s.DELIVERIES_PROMISED] <= board[s.PURCHASES]).all()
    assert total[s.DELIVERIES_LATE] + total[s.CAUSE_ISSUES] <= total[s.ISSUES]


def updates(history: History) -> None:
    """Somebody is kept informed, or in vain waits to be, when a promise is made or the case will come back."""
    total, fields = totals(history), history.state.case[:, slots(history)]
    assert total[s.UPDATES_SENT] + total[s.UPDATES_MISSED] <= total[s.PROMISES_MADE] + total[s.RETURNS]
    assert fields[s.UPDATES_LATE].sum() <= total[s.UPDATES_MISSED]
    assert (fields[s.UPDATES_LATE, fields[s.UPDATED] == 0] == 0).all()


def care(history: History) -> None:
    """What is done beyond settling a matter is done when there is an occasion to."""
    total = totals(history)
    assert total[s.ADMISSIONS] <= total[s.COMPLAINTS]
    assert total[s.ARGUMENTS] <= total[s.COMPLAINTS]
    assert total[s.EXTRAS] <= total[s.PURCHASES] - total[s.ISSUES]
    assert total[s.EXTRA_STEPS] <= total[s.ANSWERED]
    assert total[s.FREE_HELPS] <= total[s.ENQUIRIES] + total[s.REQUESTS]
    assert total[s.FOLLOW_UPS] <= total[s.COMPLAINTS]


def causes(history: History) -> None:
    """Causes that opened have ended or are open; only what was heard of often enough is fixed, and a fix works once."""
    total, state, begun = totals(history), history.state, build(history.resolved, history.replication)
    standing = open_causes(state)
    assert open_causes(begun) + total[s.CAUSES_OPENED] - total[s.CAUSES_ENDED] == standing
    assert state.board[s.DAY_CAUSES, -1] == standing
    assert abs(state.company[s.EXCESS] - state.cause[s.CAUSE_EXCESS].sum()) <= 1e-12
    assert total[s.FIXES_DONE] + _fixing(state) <= total[s.FIXES_STARTED] + _fixing(begun)
    k, before = _fewest_times(history), begun.cause_i[s.TIMES_HEARD].sum()
    assert k * total[s.FIXES_STARTED] <= total[s.REGISTERED] + before
    assert total[s.REGISTERED] <= total[s.CAUSE_ISSUES] <= total[s.ISSUES]
    heard = state.cause_i[s.TIMES_HEARD]
    assert (heard >= 0).all()
    assert heard.sum() <= total[s.REGISTERED] + before
    log = history.log_i
    fixes = np.flatnonzero(log[:, s.LOG_CODE] == s.LOG_FIX)
    assert (log[fixes - 1, s.LOG_CODE] == s.LOG_REGISTERED).all()
    assert (log[fixes - 1, s.LOG_A] == log[fixes, s.LOG_A]).all()
    assert (log[fixes - 1, s.LOG_B] >= k).all()


def _fewest_times(history: History) -> float:
    """How often a cause must be heard of at least before it is fixed, in any phase."""
    return max(1.0, min(float(params[t.FEEDBACK_TIMES, 0]) for _, params in history.resolved.phases))


def _fixing(state: s.State) -> int:
    """Open causes of which a fix is under way."""
    return int(np.count_nonzero((state.cause[s.CAUSE_EXCESS] > 0.0) & (state.cause_i[s.FIX_DAY] >= 0)))


def open_causes(state: s.State) -> int:
    """Causes that add to the chance of an issue, in slots that were given out."""
    assert not state.cause[s.CAUSE_EXCESS, state.company_i[s.CAUSES] :].any()
    return int(np.count_nonzero(state.cause[s.CAUSE_EXCESS] > 0.0))


def pests(history: History) -> None:
    """Who pesters was born so; about to ask more are only customers, between cases."""
    total, state = totals(history), history.state
    traits = state.tally[s.TRAITS]
    assert set(np.unique(traits).tolist()) <= {0, s.PEST, s.PEST | s.PESTERING}
    born = build(history.resolved, history.replication).tally[s.TRAITS]
    assert ((traits > 0) == (born > 0)).all()
    asking = (traits & s.PESTERING) > 0
    assert (state.status[s.STANDING, asking] == s.CUSTOMER).all()
    assert (state.status[s.CASE, asking] < 0).all()
    assert total[s.PEST_CASES] <= total[s.CASES_OPENED] - total[s.CASES_SILENT]
    assert born.any() or total[s.PEST_CASES] == 0
    # Nobody is let go but at the end of a case that had a contact.
    log = history.log_i
    gone = np.flatnonzero(log[:, s.LOG_CODE] == s.LOG_LET_GO)
    assert (log[gone - 1, s.LOG_CODE] == s.LOG_CLOSED).all()
    assert (log[gone - 1, s.LOG_A] != s.SILENT).all()


def reviews(history: History) -> None:
    """Every review has one to five stars, and so has the rating."""
    total, state = totals(history), history.state
    written = total[s.REVIEWS_GOOD] + total[s.REVIEWS_BAD]
    low, high = _stars(history)
    assert written * low * HUNDRED - 0.5 * written <= total[s.STARS_GIVEN]
    assert total[s.STARS_GIVEN] <= written * high * HUNDRED + 0.5 * written
    reference = history.resolved.base[t.RATING_REFERENCE, 0]
    _within(state.board_f[s.DAY_RATING], min(low, reference) - 1e-9, max(high, reference) + 1e-9)
    assert state.company[s.REVIEW_WEIGHT] >= 0.0
    assert total[s.REVIEWS_GOOD] + total[s.REVIEWS_BAD] <= total[s.CASES_CLOSED] + total[s.PURCHASES]


def _stars(history: History) -> tuple[float, float]:
    given = history.resolved.base[t.STARS_DELIGHTED : t.STARS_DELIGHTED + len(CLASSES)]
    assert given.min() >= 1.0
    assert given.max() <= POINTS
    return float(given.min()), float(given.max())


def surveys(history: History) -> None:
    """Who answers was asked, and who was asked had a case; promoters, detractors and the happy are among those."""
    total, board = totals(history), history.state.board
    assert total[s.SURVEY_ANSWERS] <= total[s.SURVEYS_SENT] <= total[s.CASES_CLOSED]
    answers = board[s.SURVEY_ANSWERS]
    assert (board[s.SURVEY_HAPPY] <= answers).all()
    assert (board[s.SURVEY_PROMOTERS] + board[s.SURVEY_DETRACTORS] <= answers).all()
    assert ((answers <= board[s.SURVEY_POINTS]) & (board[s.SURVEY_POINTS] <= POINTS * answers)).all()


def tells(history: History) -> None:
    """Tells sent are heard, one by one; with a log, those sent are what tellers meant to send and what was retold."""
    total, log = totals(history), history.log_i
    assert total[s.TOLD_GOOD] == total[s.HEARD_GOOD]
    assert total[s.TOLD_BAD] == total[s.HEARD_BAD]
    if not history.state.company_i[s.LOGGING]:
        return
    sent = log[log[:, s.LOG_CODE] == s.LOG_TOLD]
    heard = log[log[:, s.LOG_CODE] == s.LOG_HEARD]
    assert len(sent) == total[s.TELLERS_GOOD] + total[s.TELLERS_BAD]
    assert sent[:, s.LOG_A].sum() + total[s.RETOLD] == total[s.TOLD_GOOD] + total[s.TOLD_BAD] == len(heard)
    assert heard[:, s.LOG_B].sum() == total[s.HEARD_GOOD]
    n = history.state.person.shape[1]
    assert ((heard[:, s.LOG_PERSON] >= 0) & (heard[:, s.LOG_PERSON] < n)).all()


def money(history: History) -> None:
    """The ledger is the sum of its parts, each counted up again from what it is paid for, in whole hundredths."""
    total, state = totals(history), history.state
    assert state.board.dtype == state.tally.dtype == np.int64
    assert (state.board[list(s.ACCOUNTS)] >= 0).all()
    assert total[s.REVENUE] == state.tally[s.SPENT].sum()
    back = total[s.COMPENSATION] + total[s.REWARDS_COST]
    assert back == state.tally[s.RECEIVED].sum()
    paid = _daily(history)
    care = paid["fixes"] + paid["gestures"] + paid["follow_ups"]
    customers = total[s.REVENUE] - back - total[s.GOODS] - paid["acquisition"] - care
    fixed, agents = paid["overhead"] + paid["marketing"], paid["agents"] + paid["hiring"]
    ledger = customers - agents - paid["managers"] - paid["programmes"] - fixed
    assert total[s.REVENUE] - sum(total[row] for row in COSTS) == ledger
    price, margin = (float(history.resolved.base[row, 0]) for row in (t.PRICE, t.GROSS_MARGIN))
    if (history.resolved.base[[t.PRICE, t.GROSS_MARGIN]] == np.array([[price], [margin]])).all():
        assert total[s.REVENUE] == total[s.PURCHASES] * hundredths(price) + total[s.PREMIUM_PAID]
        assert total[s.GOODS] == total[s.PURCHASES] * hundredths(price * (1.0 - margin))


def _daily(history: History) -> dict[str, int]:
    """What each account must have cost, by day and the parameters in force on it (hundredths)."""
    board, phases, launched = history.state.board, list(history.resolved.phases), 0
    params = phases[0][1]
    paid = dict.fromkeys(_ACCOUNTS, 0)
    for day in range(board.shape[1]):
        while phases and phases[0][0] <= day:
            params = phases.pop(0)[1]
        yearly = {k: float(params[row, 0]) / YEAR_DAYS for k, row in _YEARLY.items()}
        employed = int(board[s.DAY_EMPLOYED, day])
        paid["agents"] += employed * hundredths(yearly["wage_agent"])
        paid["hiring"] += int(board[s.HIRES, day]) * hundredths(float(params[t.HIRE_COST, 0]))
        paid["managers"] += int(params[t.MANAGERS, 0] + 0.5) * hundredths(yearly["wage_manager"])
        paid["overhead"] += hundredths(yearly["overhead"])
        paid["marketing"] += hundredths(yearly["marketing"])
        # The order of the two operations is the step's own: money must agree to the last hundredth.
        cost = float(params[t.PROGRAMME_COST, 0]) + employed * float(params[t.PROGRAMME_COST_AGENT, 0])
        paid["programmes"] += hundredths(cost / YEAR_DAYS)
        launched = max(launched, hundredths(float(params[t.LAUNCH_COST, 0])))
        for account, row, cost in _PIECES:
            assert (params[cost] == params[cost, 0]).all()
            paid[account] += int(board[row, day]) * hundredths(float(params[cost, 0]))
    paid["programmes"] += launched
    return paid


_PIECES = (
    ("acquisition", s.JOINED, t.ACQUISITION),
    ("fixes", s.FIXES_STARTED, t.FIX_COST),
    ("gestures", s.EXTRAS, t.EXTRA_COST),
    ("gestures", s.FREE_HELPS, t.FREE_HELP_COST),
    ("follow_ups", s.FOLLOW_UPS, t.FOLLOW_UP_COST),
)
_ACCOUNTS = (
    "agents", "hiring", "managers", "overhead", "marketing", "programmes", *dict.fromkeys(a for a, _, _ in _PIECES),
)  # fmt: skip
_YEARLY = {
    "wage_agent": t.WAGE_AGENT, "wage_manager": t.WAGE_MANAGER, "overhead": t.OVERHEAD, "marketing": t.MARKETING,
}  # fmt: skip


def busy_time(history: History, overtime: int) -> None:
    """Agents are busy while on duty, or finish what they have in hand."""
    total = totals(history)
    assert total[s.BUSY] <= total[s.ON_DUTY] + overtime
    assert total[s.HOLDING] <= total[s.BUSY]
    assert total[s.MANAGERS_BUSY] <= total[s.MANAGERS_ON_DUTY]


def bounds(history: History) -> None:
    """Scores stay where they are defined; counts are counts."""
    state = history.state
    for field in (s.GOODWILL, s.HABIT, s.EXPECT_PURCHASE, s.EXPECT_ENQUIRY, s.EXPECT_RECOVERY, s.DISPOSITION):
        _within(state.person[field], 0.0, 1.0)
    _within(state.person[s.HEARD], -1.0, 1.0)
    for field in (s.STRESS, s.COMPETENCE, s.COURTESY, s.ATTITUDE):
        _within(state.agent[field], 0.0, 1.0)
    _within(state.board_f[s.DAY_ATTITUDE], 0.0, 1.0)
    _within(state.cause[s.CAUSE_EXCESS], 0.0, 1.0)
    _experiences(history)
    assert (state.board >= 0).all()
    assert np.isfinite(state.board_f).all()
    assert np.isfinite(state.company).all()
    _within(state.board_f[s.DAY_STRESS], 0.0, 1.0)
    assert (state.tally >= 0).all()
    assert (state.company_i[: s.LEVELS] >= 0).all()


def _experiences(history: History) -> None:
    """With a log, every quality and everything that was felt is a score."""
    rows = history.log_i[:, s.LOG_CODE] == s.LOG_EXPERIENCE
    _within(history.log_f[rows], 0.0, 1.0)


def _within(values: np.ndarray, low: float, high: float) -> None:
    assert np.isfinite(values).all()
    assert values.min(initial=low) >= low
    assert values.max(initial=low) <= high


__all__ = ["Watched", "check", "totals", "watched"]
