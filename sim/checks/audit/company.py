"""Figures of whole companies: changed for some years from today on, and as they are when they have long been so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sim.model.state as s
from sim.checks.audit import companies
from sim.checks.audit.task import Advance, Figures, Task
from sim.engines import History, branches
from sim.inputs.policies import Bundle, Policy, ThreeTimesRule
from sim.inputs.scenario import Scenario
from sim.outcomes.measures import CATALOGUE, Period

BASE = "base"
FIRST, HALF_FIRST, SOLD = "service first", "service half first", "service first and sold"
NEGLECTED, HALF_NEGLECTED = "service neglected", "service half neglected"
HALF = 0.5
SETTLED = ("return_on_sales", "agent_turnover", "revenue", "profit_a_year", "csat", "retention_12m", "fcr", "occupancy")
LIVED = ("profit", "revenue", "purchases", "issues", "customers", "joined", "decided_without_boss",
         "authority_decided_alone")  # fmt: skip


def settled(task: Task, advance: Advance) -> Figures:
    """Run the companies that put service first, or neglect it, from the start, and those half-way to either.

    Only the later years are measured; what was paid once, at the launch, lies before them.
    """
    whole = task.scenario.change(years=task.scenario.warm_up + task.scenario.years, warm_up=0.0)
    kinds: dict[str, Policy | Bundle] = {
        FIRST: companies.service_first(),
        HALF_FIRST: companies.service_first(HALF),
        SOLD: companies.service_sold(),
        NEGLECTED: companies.service_neglected(),
        HALF_NEGLECTED: companies.service_neglected(HALF),
    }
    found: Figures = {}
    for name, history in run_all(task, advance, [whole.under(policy) for policy in kinds.values()], list(kinds)):
        found |= _measured(name, history, SETTLED, task.scenario.first_day)
        period = _period(history, task.scenario.first_day)
        premium, revenue = period.total(s.PREMIUM_PAID), period.total(s.REVENUE)
        found[f"{name}: premium"] = premium / (revenue - premium)
    return found


def changed(task: Task, advance: Advance) -> Figures:
    """Run the company as it is, and with one thing changed from the first measured day on."""
    scenario = task.scenario
    cells: dict[str, Scenario] = {BASE: scenario}
    cells["fewer issues"] = scenario.under(companies.fewer_issues())
    cells["three times"] = scenario.under(ThreeTimesRule())
    cells |= {f"{kind} untold": scenario.under(companies.untold(kind)) for kind in companies.STORIES}
    cells |= {level_name(float(policy.level)): scenario.under(policy) for policy in companies.levels()}
    found: Figures = {}
    for name, history in run_all(task, advance, list(cells.values()), list(cells)):
        found |= _measured(name, history, LIVED, scenario.first_day)
        for kind, row in (("good", s.TELLERS_GOOD), ("bad", s.TELLERS_BAD)):
            found[f"{name}: {kind} tellers"] = _period(history, scenario.first_day).total(row)
    return found


def level_name(level: float) -> str:
    """Name of the company at a level of empowerment."""
    return f"level {level:g}"


def run_all(
    task: Task, advance: Advance, scenarios: Sequence[Scenario], names: Sequence[str]
) -> Iterator[tuple[str, History]]:
    """Run scenarios that share a past and yield each one's name and history."""
    done = 0

    def each_day(number: int, day: int) -> None:
        advance((done + day / scenarios[number].days) / len(scenarios))

    for number, history in branches(scenarios, task.replication, engine=task.engine, each_day=each_day):
        done += 1
        yield names[number], history


def _period(history: History, first_day: int) -> Period:
    return Period(history, first_day, history.resolved.scenario.days)


def _measured(name: str, history: History, measures: Sequence[str], first_day: int) -> Figures:
    period = _period(history, first_day)
    return {f"{name}: {measure}": CATALOGUE[measure].value(period) for measure in measures}
