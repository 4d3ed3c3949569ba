"""What we do not know has a range: which parameters those are, and what a point within the ranges means."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import sim
from sim.inputs.parameters import ParameterError, load
from sim.inputs.policies import CATALOGUE
from sim.inputs.uncertainties import Range, RangeError, at, feasible, is_uncertain, levers, ranges, scaled
from sim.model import columns

SMALL = sim.Scenario.load("small_company")
PATIENCE = columns.PATIENCE_MEAN


def names(**settings: object) -> set[str]:
    return {one.name for one in ranges(SMALL, **settings)}  # type: ignore[arg-type]


def patience(scenario: sim.Scenario) -> list[float]:
    """Patience of each segment, as a run reads it."""
    return scenario.resolve().base[PATIENCE].tolist()


# -- which parameters ------------------------------------------------------------------------------------------------


def test_what_is_uncertain_has_a_range_that_holds_its_value() -> None:
    found, known = ranges(SMALL), load()
    assert {"patience_mean", "price", "word_of_mouth"} <= {one.name for one in found}
    for one in found:
        assert (one.low, one.high, one.unit) == (known[one.name].low, known[one.name].high, known[one.name].unit)
        assert one.low <= one.value <= one.high
        assert one.low < one.high
        assert one.value == SMALL.value(one.name)


def test_definitions_switches_profiles_and_who_the_customers_are_are_not_uncertain() -> None:
    known, found = load(), names()
    assert not [name for name in found if known[name].kind == "definition" or known[name].unit == "switch"]
    assert not [name for name in found if isinstance(known[name].value, tuple)]
    assert not found & {"segment_share", "priority_class"}
    assert not found & {"market_size", "employees", "managers"}  # a company knows how large it is
    assert is_uncertain(SMALL, "patience_mean")
    assert not is_uncertain(SMALL, "market_size")
    assert [name for name in known if known[name].kind == "definition"]  # there are some to be left out


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.__name__)
def test_what_a_policy_sets_is_chosen_and_not_uncertain(kind: type) -> None:
    rows = SMALL.under(kind()).resolve().rows
    assert not {row.parameter for row in rows if row.how == "set"} & names()
    assert {row.parameter for row in rows if row.how == "set"} <= levers()


def test_a_company_of_another_size_is_not_uncertain() -> None:
    """Its own overhead lies far below the range of the default company."""
    own = SMALL.value("overhead")
    assert not load()["overhead"].low <= own <= load()["overhead"].high  # type: ignore[operator]
    assert not is_uncertain(SMALL, "overhead")
    assert is_uncertain(sim.Scenario.load("default"), "overhead")


def test_what_a_company_has_measured_goes_by_its_own_range() -> None:
    """Also outside of the range that the file states; what it knows exactly is not uncertain."""
    measured = SMALL.override(price=20, patience_mean={"regular": 3, "priority": 8}).change(
        ranges={"price": [18, 23], "patience_mean": (3.5, 4.5), "gross_margin": ["36 %", "36 %"]}
    )
    found = {one.name: (one.value, one.low, one.high) for one in ranges(measured)}
    assert found["price"] == (20.0, 18.0, 23.0)
    assert found["patience_mean"] == (pytest.approx(0.8 * 3 + 0.2 * 8), 3.5, 4.5)
    assert "gross_margin" in names()
    assert "gross_margin" not in found
    assert {one.name for one in ranges(measured)} == names() - {"gross_margin"}
    assert [one for one in measured.outside() if "price" in one] == []
    assert sim.Scenario.from_toml(measured.to_toml()) == measured
    at_the_end = at(measured, {"patience_mean": 4.5}, "end")
    assert at_the_end.value("patience_mean") == pytest.approx(4.5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"price": 90}, r"price = 90 is not a range; write \[low, high\]"),
        ({"price": "90"}, "price = '90' is not a range"),
        ({"price": [80]}, "is not a range"),
        ({"price": [95, 80]}, "runs from 95 down to 80"),
        ({"gross_margin": [0.3, 1.2]}, "gross_margin"),
        ({"prise": [1, 2]}, "did you mean 'price'"),
        ({"price": ["a", "b"]}, "price"),
    ],
)
def test_a_range_that_is_none_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SMALL.change(ranges=given)


def test_what_named_policies_cost_is_uncertain_too() -> None:
    without, under = names(), names(policies=[sim.Rapport(), sim.Rapport() + sim.Training()])
    assert under - without == {"rapport_agent", "rapport_launch", "training_agent", "training_launch"}
    assert without <= under


def test_ranges_come_in_the_order_of_the_files_and_of_the_names_given() -> None:
    order = list(load())
    found = [one.name for one in ranges(SMALL)]
    assert found == sorted(found, key=order.index)
    assert [one.name for one in ranges(SMALL, ["price", "patience_mean"])] == ["price", "patience_mean"]


def test_given_ranges_replace_the_files_and_add_what_is_not_named() -> None:
    found = {one.name: one for one in ranges(SMALL, ["price"], {"price": (5, 6), "overhead": (100_000, 150_000)})}
    assert list(found) == ["price", "overhead"]
    assert (found["price"].low, found["price"].high) == (5.0, 6.0)
    assert found["overhead"] == Range("overhead", "money/year", 130_000.0, 100_000.0, 150_000.0)
    assert names(given={"overhead": (1, 2)}) - names() == {"overhead"}


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"names": ["patience_men"]}, ParameterError, "'patience_men'; did you mean 'patience_mean'"),
        ({"names": ["nothing like it"]}, ParameterError, "no parameter 'nothing like it'"),
        ({"given": {"prise": (1, 2)}}, ParameterError, "'prise'; did you mean 'price'"),
        ({"names": ["price", "price"]}, RangeError, "named twice in price, price"),
        ({"names": ["weekday_weight"]}, RangeError, "weekday_weight"),
        ({"given": {"weekday_weight": (0, 1)}}, RangeError, "weekday_weight is a profile"),
        ({"given": {"price": (5, 5)}}, RangeError, "price, 5 to 5, is empty"),
        ({"given": {"price": (6, 5)}}, RangeError, "price, 6 to 5, is empty"),
        ({"given": {"complain_minor": (0.2, 1.2)}}, RangeError, "complain_minor, 0.2 to 1.2.*between 0 and 1"),
        ({"given": {"price": (-3, 5)}}, RangeError, "price, -3 to 5.*0 or more"),
        ({"given": {"price": (1, float("inf"))}}, RangeError, "inf is not a finite number"),
        ({"given": {"price": (float("nan"), 2)}}, RangeError, "price"),
    ],
)
def test_what_cannot_be_sampled_is_refused(settings: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ranges(SMALL, **settings)  # type: ignore[arg-type]


def test_how_much_is_promised_is_chosen_though_the_shipped_policy_leaves_it_as_it_is() -> None:
    assert "promise_level" in levers()
    assert "promise_level" not in names()


# -- points ----------------------------------------------------------------------------------------------------------


def test_a_point_lies_as_far_along_each_range_as_its_row_of_the_cube() -> None:
    found = [Range("price", "money/purchase", 5.0, 4.0, 8.0), Range("line", "index", 1.0, 0.0, 9.0, whole=True)]
    points = scaled(found, np.array([[0.0, 0.0], [0.25, 0.5], [1.0, 1.0], [0.5, 0.07]]))
    assert points == [
        {"price": 4.0, "line": 0.0},
        {"price": 5.0, "line": 4.0},  # 4.5, to the even one
        {"price": 8.0, "line": 9.0},
        {"price": 6.0, "line": 1.0},
    ]


def test_whole_numbers_stay_whole() -> None:
    found = ranges(SMALL, given={"priority_class": (0, 9)}, names=[])
    assert [one.whole for one in found] == [True]
    assert {found[0].at(share) for share in np.linspace(0, 1, 201)} == set(map(float, range(10)))


def test_a_point_changes_what_it_names_and_nothing_else() -> None:
    there = at(SMALL, {"price": 4.5, "word_of_mouth": 0.5}, "there")
    assert there.name == "there"
    assert (there.value("price"), there.value("word_of_mouth")) == (4.5, 0.5)
    moved = there.resolve().base != SMALL.resolve().base
    assert set(np.flatnonzero(moved.any(axis=1))) <= {columns.row("price"), columns.row("word_of_mouth")}
    assert at(SMALL, {}, "same").resolve().base.tolist() == SMALL.resolve().base.tolist()


def two_segments(**held: float) -> sim.Scenario:
    return SMALL.override(patience_mean=held) if held else SMALL


@pytest.mark.parametrize(
    ("held", "before"),
    [
        ({}, {"regular": 7.4, "priority": 17.8}),
        ({"regular": 5.0, "priority": 20.0}, {"regular": 5.0, "priority": 20.0}),
        ({"regular": 5.0}, {"regular": 5.0, "priority": 17.8}),
        ({"priority": 20.0}, {"regular": 7.4, "priority": 20.0}),
    ],
)
def test_segments_move_in_proportion(held: Mapping[str, float], before: Mapping[str, float]) -> None:
    """A segment that the scenario does not name has the shipped number of that segment."""
    scenario = two_segments(**held)
    minutes = np.array([before[segment] for segment in scenario.segments])
    assert patience(scenario) == pytest.approx((patience(SMALL) / np.array([7.4, 17.8]) * minutes).tolist())
    middle = ranges(scenario, ["patience_mean"])[0].value
    assert patience(at(scenario, {"patience_mean": middle}, "same")) == pytest.approx(patience(scenario))
    half = at(scenario, {"patience_mean": middle / 2}, "half")
    assert patience(half) == pytest.approx([value / 2 for value in patience(scenario)])


def test_a_number_for_everybody_stays_one_for_everybody() -> None:
    scenario = SMALL.override(patience_mean=8.0)
    assert len(set(patience(at(scenario, {"patience_mean": 4.0}, "half")))) == 1
    assert patience(at(scenario, {"patience_mean": 4.0}, "half")) == patience(SMALL.override(patience_mean=4.0))


def test_an_impossible_value_is_refused() -> None:
    with pytest.raises(ParameterError, match="complain_minor"):
        at(SMALL, {"complain_minor": 1.5}, "impossible")


def test_points_that_contradict_themselves_are_reported_with_the_reason() -> None:
    """A quick recovery that satisfies less than a slow one would turn the curve of loyalty around."""
    fine = at(SMALL, {}, "fine")
    turned = at(SMALL, {"outcome_major_quick": 0.1, "outcome_major_resolved": 0.9}, "turned")
    able, refused = feasible([fine, turned], [sim.Rapport()])
    assert able == [fine]
    assert list(refused) == ["turned"]
    assert "order" in refused["turned"]


def test_a_point_must_be_possible_under_every_policy() -> None:
    one_segment = SMALL.override(segment_share={"regular": 1.0})
    able, refused = feasible([one_segment], [None, sim.Rapport(segment="priority")])
    assert not able
    assert "'priority'" in refused[SMALL.name]
