"""The same customers, the same luck, other service: who stays because of it, and which contacts take less time."""

from __future__ import annotations

import numpy as np

import sim.model.columns as t
import sim.model.state as s
from sim.checks.audit import companies
from sim.checks.audit.company import run_all
from sim.checks.audit.task import Advance, Figures, Task
from sim.engines import History
from sim.engines.start.steady_state import tell_tables
from sim.inputs.policies import Bundle, Policy
from sim.model.clock import DAY, MINUTE
from sim.model.steps.cases import open_case
from sim.model.steps.contacts import answer
from sim.model.steps.referral import spread


def swayed(task: Task, advance: Advance) -> Figures:
    """Share of the customers at the start of a year who stay through it under good and leave under poor service.

    Both companies are the same up to that day, and so are the customers and their draws. Who leaves and comes back
    within the year has left. The reverse (stays under poor, leaves under good service) is luck that fell otherwise.
    """
    year = task.scenario.change(years=1.0)
    kinds: dict[str, Policy | Bundle] = {"good": companies.service_first(), "poor": companies.service_neglected()}
    kept: dict[str, np.ndarray] = {}
    customers = 0
    for name, history in run_all(task, advance, [year.under(policy) for policy in kinds.values()], list(kinds)):
        kept[name] = _never_left(history, year.first_day)
        customers = int(history.state.cohort[0, 0])
    good, poor = kept["good"], kept["poor"]
    return {
        "swayed": float(np.sum(good & ~poor)) / customers,
        "swayed the other way": float(np.sum(poor & ~good)) / customers,
        "stays under good": float(np.sum(good)) / customers,
        "stays under poor": float(np.sum(poor)) / customers,
    }


def _never_left(history: History, first_day: int) -> np.ndarray:
    """Who was a customer before a day and has been one ever since: bool (people,)."""
    status = history.state.status
    return np.asarray((status[s.STANDING] == s.CUSTOMER) & (status[s.SINCE_DAY] < first_day))


# -- steps tried out where a run ends ----------------------------------------------------------------------------


def rapport(history: History, kinds: np.ndarray, n: int) -> Figures:
    """Answer the same contacts with and without rapport: same agent, same draws, by the step of a run.

    Parameters
    ----------
    history : of a run; its agents, pressure and customers as they are at its end.
    kinds : kinds of the run's contacts (contacts,), of which the last n are taken.
    """
    without, having = (_minutes(history, kinds[-n:], chance) for chance in (0.0, 1.0))
    return {
        "faster with rapport": float(np.mean(having < without)),
        "minutes added by rapport": float(np.mean(having - without)),
        "minutes without rapport": float(np.mean(without)),
    }


def _minutes(history: History, kinds: np.ndarray, chance: float) -> np.ndarray:
    """Minutes of handling of first contacts of these kinds when rapport has this chance."""
    state, params = at_the_end(history, len(kinds))
    params[t.RAPPORT] = chance
    status, agents = state.status, np.flatnonzero(state.agent_i[s.EMPLOYED])
    free = np.flatnonzero((status[s.STANDING] == s.CUSTOMER) & (status[s.CASE] < 0))
    view, now = s.views(state), history.resolved.scenario.days * DAY
    found = []
    for number, (person, kind) in enumerate(zip(free.tolist(), kinds.tolist(), strict=False)):
        open_case(view, params.data, person, kind, s.NO_CAUSE, now)
        case = int(status[s.CASE, person])
        state.case[s.AGENT, case] = agents[number % len(agents)]
        state.case[s.ARRIVED_AT, case] = now
        found.append(answer(view, params.data, case, now)[1] / MINUTE)
    return np.array(found)


def reach(history: History, reading: str, n: int) -> float:
    """Mean number of people who hear a good story, from its teller or retold, as customers at the end tell it."""
    state, params = at_the_end(history, 0)
    state = state._replace(tells=tell_tables(reading))
    view, now = s.views(state), history.resolved.scenario.days * DAY
    tellers = np.flatnonzero(state.status[s.STANDING] == s.CUSTOMER)[:n]
    before = int(state.board[s.TOLD_GOOD].sum())
    for teller in tellers.tolist():
        spread(view, params.data, teller, 0, True, now)
    return float(state.board[s.TOLD_GOOD].sum() - before) / len(tellers)


def at_the_end(history: History, slots: int) -> tuple[s.State, np.ndarray]:
    """Copy a run's final state, with room for so many cases and without a log, and its last parameters."""
    final = history.state
    copies = {name: s.copied(getattr(final, name)) for name in final._fields if name not in s.FIXED}
    state = s.with_slots(final._replace(**copies), slots)
    state.company_i[s.LOGGING] = 0
    return state, history.resolved.phases[-1][1].copy(order="F")
