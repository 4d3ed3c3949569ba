"""Conditions and goals are read once, for all studies, and refused with the way out."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import InputError
from sim.studies.condition import Condition, ConditionError, condition, read_conditions
from sim.studies.goal import Goal, GoalError, frontier_goals, goal

PROFIT = goal("profit")


@pytest.mark.parametrize(
    ("text", "measure", "sign", "bound", "difference"),
    [
        ("service_level >= 80 %", "service_level", ">=", 0.8, False),
        ("service_level>=0.8", "service_level", ">=", 0.8, False),
        ("resolution_hours <= 2 days", "resolution_hours", "<=", 48.0, False),
        ("asa_s ≤ 1 min", "asa_s", "<=", 60.0, False),
        ("asa_s ≥ 1,200", "asa_s", ">=", 1200.0, False),
        ("churn <= 20 %", "churn", "<=", 0.2, False),
        ("profit >= -5,000", "profit", ">=", -5000.0, False),
        ("told_bad <= 3000", "told_bad", "<=", 3000.0, False),
        ("nps >= 10 points", "nps", ">=", 10.0, False),
        ("profit_a_year >= 0 difference", "profit_a_year", ">=", 0.0, True),
        ("churn <= -0.5e-1 difference", "churn", "<=", -0.05, True),
        ("service_level >= -5 points difference", "service_level", ">=", -0.05, True),
        ("jumps <= 3 difference", "jumps", "<=", 3.0, True),
    ],
)
def test_a_condition_is_read_in_the_unit_of_its_measure(
    text: str, measure: str, sign: str, bound: float, difference: bool
) -> None:
    assert condition(text, observed=["jumps"]) == Condition(measure, sign, pytest.approx(bound), difference)


def test_a_condition_that_is_written_is_read_again() -> None:
    for one in (Condition("csat", ">=", 0.75), Condition("profit", "<=", -1000.0, True)):
        assert condition(one.text) == one


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("service_level >= 80 %", r"one text, .* write constraints=\['service_level >= 80 %'\]"),
        (["service_level"], "cannot read the condition"),
        (["service_levl >= 0.8"], "did you mean 'service_level'"),
        (["service_level > 0.8"], "'>' is not supported; write >= "),
        (["service_level = 0.8"], "write >= "),
        (["service_level >= 80"], "80 % or 0.8"),
        (["service_level >= 2 days"], "is counted in days"),
        (["profit >= much"], "cannot read 'much'"),
        (["profit >= nan"], "cannot read 'nan'"),
        (["profit >= 5 %"], "is counted in %"),
        (["profit >= 5 points difference"], "is counted in points"),
        (["csat >= 0.9", "csat <= 0.8"], "nothing can meet 'csat >= 0.9' and 'csat <= 0.8' together"),
        (["csat >= 0.9", "csat >= 0.8"], "twice from the same side"),
    ],
)
def test_what_is_no_condition_is_refused(given: object, says: str) -> None:
    with pytest.raises(ConditionError, match=says):
        read_conditions(given)  # type: ignore[arg-type]


def test_a_level_and_a_difference_may_both_be_bounded_and_repetition_is_dropped() -> None:
    found = read_conditions(["csat >= 0.9", "csat <= 0 difference", "csat >= 90 %"])
    assert found == (Condition("csat", ">=", 0.9), Condition("csat", "<=", 0.0, True))


def test_slack_is_positive_on_the_side_to_keep_to() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert Condition("profit", ">=", 2.0).slack(values).tolist() == [-1.0, 0.0, 1.0]
    assert Condition("profit", "<=", 2.0).slack(values).tolist() == [1.0, 0.0, -1.0]


def test_a_goal_alone_is_weighed_against_what_is_ranked_by() -> None:
    assert frontier_goals(PROFIT, ["cost:lower"]) == (PROFIT, Goal("cost", -1.0))
    assert frontier_goals(PROFIT, ["csat", "cost:lower"]) == (Goal("csat", 1.0), Goal("cost", -1.0))
    assert frontier_goals(PROFIT, []) == ()
    assert goal("jumps:lower", observed=["jumps"]) == Goal("jumps", -1.0)


@pytest.mark.parametrize(
    ("pareto", "says"),
    [
        (["profit"], "two measures or more"),
        (["csat", "csat"], "two measures or more"),
        (["csat", "nps", "csat"], "'csat' appears twice"),
        (["csat", "cost"], "write cost:lower or cost:higher"),
        (["csat:lower", "cost:lower"], "higher is better"),
        (["csat:best", "cost:lower"], "is not a side"),
        (["csta"], "did you mean 'csat'"),
        ("csat", "one text, 'csat', not a list"),
    ],
)
def test_what_is_no_frontier_is_refused(pareto: object, says: str) -> None:
    with pytest.raises(GoalError, match=says):
        frontier_goals(PROFIT, pareto)  # type: ignore[arg-type]
    assert issubclass(GoalError, InputError)
