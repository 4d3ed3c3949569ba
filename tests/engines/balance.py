"""What balances in a history, exactly: people, contacts, cases, promises, tells, money; and bounds of scores."""

from __future__ import annotations

import numpy as np

from sim import state as s
from sim import table as t
from sim.engines import History
from sim.engines.readable import Company
from sim.rules.authority import hundredths
from sim.scenario import Scenario
from sim.start import build
from sim.steps.contacts import IN_NO_ORBIT, IN_PROMISE, IN_REDIAL, IN_RETURN

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
    flows(history)
    contacts(history)
    managers(history)
    cases(history)
    promises(history)
    tells(history)
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
    levels = (s.PROSPECTS_NOW, s.CUSTOMERS_NOW, s.AVOIDING_NOW)
    assert [int(state.company_i[level]) for level in levels] == by_standing[:3]
    assert by_standing[s.FIRED] == 0
    days = state.board[[s.DAY_CUSTOMERS, s.DAY_PROSPECTS, s.DAY_AVOIDING]]
    assert (days >= 0).all()
    assert (days.sum(axis=0) == n).all()


def flows(history: History) -> None:
    """Each standing grows by those who come and shrinks by those who go; a cohort loses no more than it had."""
    total, board, company = totals(history), history.state.board, history.state.company_i
    freely, grieved = sum(total[row] for row in LEFT_FREELY), total[s.LEFT_GRIEVED]
    assert company[s.CUSTOMERS_NOW] == board[s.DAY_CUSTOMERS, 0] + total[s.JOINED] - freely - grieved
    gone = board[s.DAY_PROSPECTS, 0] + freely + total[s.FORGIVEN] - total[s.JOINED]
    assert company[s.PROSPECTS_NOW] == gone
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
    assert total[s.COMPENSATION] == state.tally[s.RECEIVED].sum()
    paid = _daily(history)
    customers = total[s.REVENUE] - total[s.COMPENSATION] - total[s.GOODS] - paid["acquisition"]
    fixed, agents = paid["overhead"] + paid["marketing"], paid["agents"] + paid["hiring"]
    ledger = customers - agents - paid["managers"] - paid["programmes"] - fixed
    assert total[s.REVENUE] - sum(total[row] for row in COSTS) == ledger
    price, margin = (float(history.resolved.base[row, 0]) for row in (t.PRICE, t.GROSS_MARGIN))
    if (history.resolved.base[[t.PRICE, t.GROSS_MARGIN]] == np.array([[price], [margin]])).all():
        assert total[s.REVENUE] == total[s.PURCHASES] * hundredths(price)
        assert total[s.GOODS] == total[s.PURCHASES] * hundredths(price * (1.0 - margin))


def _daily(history: History) -> dict[str, int]:
    """What each account must have cost, by day and the parameters in force on it (hundredths)."""
    board, phases, launched = history.state.board, list(history.resolved.phases), 0
    params = phases[0][1]
    paid = dict.fromkeys(("agents", "hiring", "managers", "overhead", "marketing", "programmes", "acquisition"), 0)
    for day in range(board.shape[1]):
        while phases and phases[0][0] <= day:
            params = phases.pop(0)[1]
        yearly = {k: float(params[row, 0]) / s.YEAR_DAYS for k, row in _YEARLY.items()}
        employed = int(board[s.DAY_EMPLOYED, day])
        paid["agents"] += employed * hundredths(yearly["wage_agent"])
        paid["hiring"] += int(board[s.HIRES, day]) * hundredths(float(params[t.HIRE_COST, 0]))
        paid["managers"] += int(params[t.MANAGERS, 0] + 0.5) * hundredths(yearly["wage_manager"])
        paid["overhead"] += hundredths(yearly["overhead"])
        paid["marketing"] += hundredths(yearly["marketing"])
        # The order of the two operations is the step's own: money must agree to the last hundredth.
        cost = float(params[t.PROGRAMME_COST, 0]) + employed * float(params[t.PROGRAMME_COST_AGENT, 0])
        paid["programmes"] += hundredths(cost / s.YEAR_DAYS)
        launched = max(launched, hundredths(float(params[t.LAUNCH_COST, 0])))
        paid["acquisition"] += int(board[s.JOINED, day]) * hundredths(float(params[t.ACQUISITION, 0]))
    paid["programmes"] += launched
    return paid


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
    for field in (s.STRESS, s.COMPETENCE, s.COURTESY):
        _within(state.agent[field], 0.0, 1.0)
    assert (state.board >= 0).all()
    assert np.isfinite(state.board_f).all()
    assert np.isfinite(state.company).all()
    _within(state.board_f[s.DAY_STRESS], 0.0, 1.0)
    assert (state.tally >= 0).all()
    assert (state.company_i[: s.LEVELS] >= 0).all()


def _within(values: np.ndarray, low: float, high: float) -> None:
    assert np.isfinite(values).all()
    assert values.min(initial=low) >= low
    assert values.max(initial=low) <= high


__all__ = ["Watched", "check", "totals", "watched"]
