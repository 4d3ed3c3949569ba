"""What every policy promises, checked once for all of them: a test class walks the catalogue with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import ClassVar

import numpy as np
import pytest

from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.policies import Policy, PolicyError, is_switch
from sim.inputs.scenario import Resolved, Scenario
from sim.model import columns

SCENARIO = Scenario.load("small_company").change(years=1.0, warm_up=0.5)
COSTS = ("launch_cost", "programme_cost", "programme_cost_agent")
START, RAMP = 30, 20


def resolve(policy: Policy | None, scenario: Scenario = SCENARIO) -> Resolved:
    return scenario.under(policy).resolve()


def values(resolved: Resolved, name: str, segment: int = 0) -> np.ndarray:
    """A parameter's value in each phase."""
    return np.array([params[columns.row(name), segment] for _, params in resolved.phases])


class PolicyContract:
    """Tests that hold for any policy; a subclass gives the fixture ``kind``, a policy's class."""

    # Parameters computed when a scenario is loaded move with the ones they are computed from.
    derived: ClassVar[dict[str, set[str]]] = {
        "empowerment": {"authority_limit"},
        "empowerment_form": {"authority_limit"},
    }
    # Policies whose cost is booked as something else than a programme, and as what.
    booked_elsewhere: ClassVar[dict[str, str]] = {"staffing": "wages and hiring", "service-target": "wages and hiring"}

    @pytest.fixture
    def kind(self) -> type[Policy]:
        raise NotImplementedError("a class that tests policies must say which")

    @pytest.fixture
    def make(self, kind: type[Policy]) -> Callable[..., Policy]:
        return kind

    def test_it_has_a_name_and_a_plain_sentence(self, make):
        policy = make()
        assert policy.name == policy.name.lower().replace(" ", "-") != ""
        assert policy.label.startswith(policy.name)
        assert policy.sentence[0].isupper()
        assert policy.sentence.endswith(".")
        assert policy.sentence.count(".") == 1

    def test_its_claims_exist(self, make):
        known = evidence.claims()
        assert make().claims
        assert [claim for claim in make().claims if claim not in known] == []

    def test_it_says_what_it_does_in_its_docstring(self, kind):
        assert kind.__doc__
        assert "Parameters" in kind.__doc__

    def test_it_comes_back_from_toml(self, make):
        for settings in (
            {},
            {"strength": 0.5, "start": START, "ramp": RAMP},
            {"start": "1 years"},
            {"discounted": True},
        ):
            scenario = SCENARIO.under(make(**settings))
            assert Scenario.from_toml(scenario.to_toml()) == scenario

    def test_none_is_a_setting_only_where_it_is_the_default(self, kind, make):
        for setting in fields(kind):
            if setting.default is None:
                assert getattr(make(**{setting.name: None}), setting.name) is None
            else:
                with pytest.raises(PolicyError, match=setting.name):
                    make(**{setting.name: None})

    def test_its_shares_are_read_as_text_and_refused_outside_0_to_1(self, kind, make):
        for share in ("strength", *kind.shares):
            assert getattr(make(**{share: "40 %"}), share) == 0.4
            for wrong in (1.01, -0.01, math.nan):
                with pytest.raises(PolicyError, match=share):
                    make(**{share: wrong})

    def test_it_is_frozen(self, make):
        with pytest.raises(AttributeError):
            make().strength = 0.5

    def test_at_strength_0_it_changes_no_byte_of_the_table(self, make):
        for settings in ({}, {"start": START}, {"start": START, "ramp": RAMP}):
            resolved = resolve(make(strength=0.0, **settings))
            for _, params in resolved.phases:
                assert params.tobytes() == resolved.base.tobytes()

    def test_at_full_strength_it_changes_what_it_declares_and_nothing_else(self, make):
        resolved = resolve(make())
        declared = {row.parameter for row in resolved.rows}
        allowed = declared.union(*(self.derived.get(name, set()) for name in declared))
        last = resolved.phases[-1][1]
        changed = {columns.NAMES[row] for row in np.flatnonzero((last != resolved.base).any(axis=1))}
        assert changed
        assert changed <= allowed
        assert declared <= changed
        assert declared <= set(load())

    def test_it_arrives_at_the_values_it_declares(self, make):
        resolved = resolve(make())
        for row in resolved.rows:
            before, after = values(resolve(None), row.parameter)[0], values(resolved, row.parameter)[-1]
            expected = {"set": row.value, "add": before + row.value, "multiply": before * row.value}[row.how]
            assert after == pytest.approx(expected)

    def test_half_strength_is_half_way(self, make):
        full, half = (resolve(make(strength=strength)) for strength in (1.0, 0.5))
        for name in {row.parameter for row in full.rows}:
            before = values(resolve(None), name)[0]
            way = values(full, name)[-1] - before
            share = 1.0 if is_switch(name) else 0.5
            assert values(half, name)[-1] - before == pytest.approx(share * way, rel=1e-9)

    def test_a_discount_is_taken_from_its_effects_and_not_from_its_costs(self, make):
        believed = SCENARIO.value("bundle_strength")
        full, less = resolve(make()), resolve(make(discounted=True))
        for name in {row.parameter for row in full.rows}:
            before = values(resolve(None), name)[0]
            way = values(full, name)[-1] - before
            share = 1.0 if name in COSTS or is_switch(name) else believed
            assert values(less, name)[-1] - before == pytest.approx(share * way, rel=1e-9)

    def test_it_starts_when_it_should_and_not_before(self, make):
        resolved = resolve(make(start=START))
        (first, before), (day, after) = resolved.phases
        assert (first, day) == (0, SCENARIO.first_day + START)
        assert before.tobytes() == resolved.base.tobytes()
        assert after.tobytes() == resolve(make()).phases[-1][1].tobytes()

    def test_a_ramp_never_turns_back_and_ends_at_full_strength(self, make):
        resolved = resolve(make(start=START, ramp=RAMP))
        days = [day for day, _ in resolved.phases]
        assert days == sorted(set(days))
        assert days[-1] == SCENARIO.first_day + START + RAMP
        for name in {row.parameter for row in resolved.rows}:
            steps = np.diff(values(resolved, name))
            assert (steps >= 0).all() or (steps <= 0).all()
        full = resolve(make()).phases[-1][1]
        np.testing.assert_allclose(resolved.phases[-1][1], full, rtol=1e-12)

    def test_a_segment_of_its_own_is_given_or_refused_in_words(self, make):
        policy = make(segment="priority")
        rows = resolve(make()).rows
        wide = [row.parameter for row in rows if row.parameter in columns.COMPANY_WIDE and row.parameter not in COSTS]
        if wide:
            with pytest.raises(PolicyError, match=f"{wide[0]}, which belongs to the whole company"):
                resolve(policy)
            return
        last, base = resolve(policy).phases[-1][1], resolve(None).base
        other = SCENARIO.segments.index("regular")
        changed = {columns.NAMES[row] for row in np.flatnonzero(last[:, other] != base[:, other])}
        assert changed <= set(COSTS)

    def test_an_unknown_segment_is_refused_by_name(self, make):
        with pytest.raises(PolicyError, match="no segment 'nobody'"):
            resolve(make(segment="nobody"))

    def test_two_absolute_levels_on_one_parameter_are_refused_and_both_named(self, make):
        policy = make()
        if not any(row.how == "set" for row in resolve(policy).rows):
            pytest.skip(f"{policy.name} sets no absolute level")
        with pytest.raises(PolicyError, match=f"(?s){policy.name}.*and {policy.name}.*both set"):
            SCENARIO.under(policy).under(policy).resolve()

    def test_it_costs_something_or_says_where_it_is_booked(self, make):
        policy = make()
        rows = resolve(policy).rows
        if policy.name in self.booked_elsewhere:
            assert not {row.parameter for row in rows} & set(COSTS)
            return
        costs = {row.parameter: row.value for row in rows if row.parameter in COSTS and row.how == "add"}
        assert costs, f"{policy.name} is free: give it a launch or running cost"
        assert all(value > 0.0 for value in costs.values())

    @pytest.mark.parametrize("setting", ["strength", "start", "ramp", "discounted"])
    def test_what_cannot_be_is_refused_by_name(self, make, setting):
        with pytest.raises(PolicyError, match=setting):
            make(**{setting: -1.0})

    def test_a_strength_above_1_is_refused(self, make):
        with pytest.raises(PolicyError, match="strength"):
            make(strength=1.5)
