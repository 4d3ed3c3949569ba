"""Pictures of a study: a first look is marked as one on every chart, and draws no conclusion."""

from __future__ import annotations

import pytest

import sim
from sim.outcomes import pictures
from sim.outcomes.result import ENOUGH, first_look
from sim.outcomes.results import Study

TINY = sim.Scenario.load("small_company").change(years=0.5, warm_up=0.1).override(market_size=300)


@pytest.fixture(scope="module")
def study() -> Study:
    return sim.compare(TINY, [sim.Training(), sim.Empowerment(level=0.9)], replications=3)


def titles(study: Study) -> dict[str, str]:
    return {name: figure.texts[0].get_text() for name, figure in pictures.figures(study).items()}


def test_every_chart_of_a_first_look_says_so(study: Study) -> None:
    found = titles(study)
    assert {"retention", "overview", "differences", "profit", "profit-training"} <= set(found)
    assert set(found.values()) == {"First look, no conclusion: 3 replications of 0.5 years"}
    assert pictures.plot(study).figure.texts[0].get_text() == first_look(study.manifest)


def test_charts_of_enough_replications_say_what_came_out(study: Study) -> None:
    told = Study(study.replications, study.cohorts, dict(study.manifest) | {"finished": ENOUGH})
    assert "First look" not in " ".join(titles(told).values())
    assert titles(told)["profit"].endswith(("of the 2 policies compared", "raises profit"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"finished": 1, "years": 1.0}, "First look, no conclusion: 1 replication of 1 year"),
        ({"finished": 9, "scenario": {"years": 2.0}}, "First look, no conclusion: 9 replications of 2 years"),
        ({"finished": 9}, "First look, no conclusion: 9 replications"),
        ({"finished": ENOUGH, "years": 1.0}, ""),
        ({}, ""),
    ],
)
def test_a_first_look_is_told_by_its_replications(made: dict[str, object], said: str) -> None:
    assert first_look(made) == said
