"""Levers are read once, for all studies, and refused with the way out."""

from __future__ import annotations

import pytest

import sim
from sim.studies.levers import LeverError, check_space, read_levers


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (["empowermint level=0:1"], "did you mean 'empowerment'"),
        (["empowerment levle=0:1"], "has no setting 'levle'; did you mean 'level'"),
        (["empowerment"], "has no setting; write empowerment SETTING=LOW:HIGH, one of strength"),
        (["empowerment.level=0:1"], "in place of the dot: 'empowerment level=0:1'"),
        (["empowerment.level 0:1"], "cannot read '0:1'"),
        (["empowerment level=0:1:2:3"], "is not a range; write"),
        (["empowerment level=0:"], "is not a range; write"),
        (["empowerment level=1:0"], "the range 1 to 0 is empty"),
        (["empowerment level=0:2"], "level = 2 is outside 0 to 1"),
        (["empowerment level=0:nan"], "nan"),
        (["empowerment level=0:1:0.3"], "not a whole number of steps of 0.3"),
        (["empowerment level=0:1:0"], "the step '0' is not a number above 0"),
        (["empowerment level=0:1:x"], "the step 'x' is not a number"),
        (["empowerment form=ladder:share"], "'ladder' is not a quantity"),
        (["empowerment segment=0:1"], "'0' is not a quantity"),
        (["empowerment discounted=0:1"], "discounted = 0"),
        (["empowerment level=0:1 form=sahre"], "sahre"),
        (["empowerment level=0:1 level=0:1"], "level appears twice"),
        (["empowerment level=0:1", "empowerment level=0:1"], "empowerment level appears twice"),
        (["empowerment level='0:1"], "close the quotation mark"),
        (["empowerment form=share"], "no lever with a range"),
        ([], "no lever with a range"),
        ("empowerment level=0:1", r"write levers=\['empowerment level=0:1'\]"),
        ({"empowerment.level": (0, 1), "empowerment.form": "share"},
         r"write levers=\['empowerment level=0:1', 'empowerment form=share'\]"),
    ],
)  # fmt: skip
def test_levers_that_cannot_be_are_refused(levers: object, message: str) -> None:
    with pytest.raises(LeverError, match=message):
        read_levers(levers)  # type: ignore[arg-type]


def test_levers_that_the_scenario_refuses_are_refused_first() -> None:
    tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    pulled = tiny.change(policies=[sim.Training()])
    with pytest.raises(LeverError, match=r"training.level at 0, the others in the middle"):
        check_space(read_levers(["training level=0:1"]), pulled)


def test_a_lever_reads_its_units_and_steps() -> None:
    space = read_levers(["training level='10 %:90 %:0.2'", "training start='0:1 years'", "rapport chance=0.5"])
    assert [(lever.low, lever.high, lever.step) for lever in space.levers] == [(0.1, 0.9, 0.2), (0.0, 365.0, None)]
    assert [space.levers[0].at(share) for share in (0.0, 0.5, 0.99, 1.0)] == [0.1, 0.5, 0.9, 0.9]
    parts = {part.name: part for part in space.policy({"training.level": 0.3, "training.start": 7.0}).parts}
    assert (parts["training"].level, parts["training"].start, parts["rapport"].chance) == (0.3, 7.0, 0.5)
