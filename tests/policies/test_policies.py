"""The catalogue, walked by one class; and what policies do together."""

import itertools
import pickle
from dataclasses import fields, replace
from typing import ClassVar

import pytest

from sim.inputs.policies import (
    CATALOGUE,
    FAMILIES,
    Attitude,
    Bundle,
    Empowerment,
    InviteComplaints,
    Policy,
    PolicyError,
    Pricing,
    Priorities,
    Promises,
    Rapport,
    ServiceTarget,
    Staffing,
    ThreeTimesRule,
    Training,
    policy_from_dict,
)
from sim.inputs.policies.policy import SHARED
from sim.inputs.policies.written import as_baseline, as_policies
from sim.inputs.scenario import Scenario
from sim.model import columns
from tests.policies.base import SCENARIO, PolicyContract, resolve, values

ADD_TO_EACH_OTHER = ("launch_cost", "programme_cost", "programme_cost_agent")


@pytest.mark.parametrize("name", CATALOGUE)
class TestEveryPolicy(PolicyContract):
    @pytest.fixture
    def kind(self, name: str) -> type[Policy]:
        return CATALOGUE[name]


def test_the_catalogue_is_keyed_by_the_policies_own_names():
    assert {name: kind.name for name, kind in CATALOGUE.items()} == {name: name for name in CATALOGUE}


def test_every_policy_belongs_to_one_family():
    assert [kind.name for family in FAMILIES.values() for kind in family] == list(CATALOGUE)


def test_no_two_policies_say_the_same():
    assert len({kind.sentence for kind in CATALOGUE.values()}) == len(CATALOGUE)


def defaults() -> list[Policy]:
    return [kind() for kind in CATALOGUE.values()]


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(CATALOGUE, 2)))
def test_any_two_compose_in_either_order(a, b):
    one, other = CATALOGUE[a](), CATALOGUE[b]()
    there, back = resolve(one + other).phases[-1][1], resolve(other + one).phases[-1][1]
    assert there == pytest.approx(back, rel=1e-12)
    assert (one + other).parts == (one, other)
    assert (one + other).label == f"{one.label} + {other.label}"


def test_all_together_cost_the_sum_of_each():
    every = resolve(Bundle(tuple(defaults())))
    for name in ADD_TO_EACH_OTHER:
        alone = sum(values(resolve(policy), name)[-1] for policy in defaults())
        assert values(every, name)[-1] == pytest.approx(alone)


def test_all_together_at_strength_0_change_no_byte():
    resolved = resolve(Bundle(tuple(kind(strength=0.0, start=5, ramp=3) for kind in CATALOGUE.values())))
    assert all(params.tobytes() == resolved.base.tobytes() for _, params in resolved.phases)


def test_a_bundle_comes_back_from_toml_as_its_parts():
    scenario = SCENARIO.under(Bundle(tuple(defaults()), title="everything"))
    again = type(scenario).from_toml(scenario.to_toml())
    assert again.policies == tuple(defaults())
    assert again.resolve().phases[-1][1].tobytes() == scenario.resolve().phases[-1][1].tobytes()


def test_an_empty_bundle_is_the_baseline():
    assert Bundle().label == "baseline"
    assert SCENARIO.under(Bundle()) == SCENARIO


def test_a_policy_for_one_segment_changes_that_one_and_its_cost_is_the_companys():
    resolved = resolve(Rapport(chance=0.9, segment="priority"))
    regular, priority = (SCENARIO.segments.index(name) for name in ("regular", "priority"))
    assert values(resolved, "rapport", priority)[-1] == pytest.approx(0.9)
    assert values(resolved, "rapport", regular)[-1] == resolved.base[columns.row("rapport"), regular]
    everybody = resolve(Rapport(chance=0.9))
    assert values(resolved, "launch_cost")[-1] == values(everybody, "launch_cost")[-1]


def test_two_levels_for_different_segments_live_together_but_not_with_one_for_everybody():
    one, other = Rapport(chance=0.9, segment="priority"), Rapport(chance=0.1, segment="regular")
    assert values(resolve(one + other), "rapport").tolist()
    with pytest.raises(PolicyError, match="both set rapport"):
        resolve(one + Rapport(chance=0.2))


def test_more_agents_are_added_to_whatever_there_is():
    before = values(resolve(None), "employees")[-1]
    assert values(resolve(Staffing(employees=2) + Staffing(employees=3)), "employees")[-1] == before + 5


def test_fewer_agents_than_none_are_refused():
    with pytest.raises(PolicyError, match="employees would become"):
        resolve(Staffing(employees=-1000))


def test_the_money_limit_rises_with_the_level_and_stands_between_its_ends():
    levels = [0.0, 0.3, 0.6, 0.9, 1.0]
    limits = [values(resolve(Empowerment(level=level)), "authority_limit")[-1] for level in levels]
    assert limits == sorted(limits)
    assert limits[0] == 0.0
    assert limits[-1] == float("inf")
    assert len(set(limits)) == len(limits)


def test_less_empowerment_than_the_baselines_costs_nothing():
    lower = resolve(Empowerment(level=0.0))
    assert {row.parameter for row in lower.rows} == {"empowerment"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"name": "raport"}, "did you mean 'rapport'"),
        ({"name": "rapport", "chanse": 1}, "no setting 'chanse'"),
        ({"name": "rapport", "chance": 1.5}, "outside 0 to 1"),
        ({"name": "training", "level": "a lot"}, "level"),
        ({"name": "empowerment", "form": "maybe"}, "'ladder' or 'share'"),
        ({}, "no policy None"),
        ({"name": "rapport", "discounted": "half"}, "neither true nor false"),
        ({"name": "promises", "level": "maybe"}, "'under', 'honest' or 'over'"),
        ({"name": "promises", "level": 2}, "above 1"),
        ({"name": "promises", "level": -2}, "below -1"),
        ({"name": "three-times-rule", "times": 0}, "below 1"),
        ({"name": "priorities", "level": 1}, "no setting 'level'"),
        ({"name": "smart", "chance": 1}, "smart has no setting 'chance'; it knows strength, start, ramp"),
        ({"name": "smart", "strength": 1.5}, "bundle smart: policy second-opinion: strength"),
        ({"name": "ten-kees"}, "did you mean 'ten-keys'"),
    ],
)
def test_a_wrong_table_is_refused_in_words(table, words):
    with pytest.raises(PolicyError, match=words):
        policy_from_dict(table, "study.toml")


def test_training_lasts_for_its_ramp():
    resolved = resolve(Training(ramp="10 days"))
    assert len(set(values(resolved, "training").tolist())) == 11


@pytest.mark.parametrize(("word", "number"), [("under", -1), ("honest", 0), ("over", 1)])
def test_how_much_is_promised_is_a_word_or_the_number_that_it_stands_for(word, number):
    assert Promises(level=word) == Promises(level=number)
    assert values(resolve(Promises(level=word)), "promise_level")[-1] == number
    assert Promises(level=word).label == f"promises {word}"


def test_promises_between_honest_and_over_are_a_number():
    assert values(resolve(Promises(level="0.4")), "promise_level")[-1] == 0.4


def test_honest_promises_end_overpromising():
    boastful = SCENARIO.override(promise_level=0.7)
    assert values(resolve(Promises(), boastful), "promise_level")[-1] == 0.0


def test_capacity_to_keep_promises_costs_in_proportion():
    whole, half, none = (resolve(Promises(capacity=share)) for share in (1.0, 0.5, 0.0))
    before = values(resolve(None), "programme_cost")[-1]
    way = values(whole, "programme_cost")[-1] - before
    assert values(half, "programme_cost")[-1] - before == pytest.approx(0.5 * way)
    assert "programme_cost" not in {row.parameter for row in none.rows}


def test_a_tone_below_the_baselines_costs_nothing_and_the_best_costs_all():
    tone = SCENARIO.value("attitude_tone")
    assert {row.parameter for row in resolve(Attitude(tone=0.5 * tone)).rows} == {"attitude_tone"}
    best = {row.parameter: row.value for row in resolve(Attitude(tone=1.0)).rows}
    assert best["launch_cost"] == SCENARIO.value("attitude_launch")


@pytest.mark.parametrize("won", [0.0, 0.5, 1.0])
def test_inviting_complaints_wins_a_share_of_the_silent(won):
    resolved = resolve(InviteComplaints(won=won))
    for name in ("complain_minor", "complain_major"):
        silent = 1.0 - values(resolved, name)[0 if won == 0.0 else -1]
        assert silent == pytest.approx((1.0 - SCENARIO.value(name)) * (1.0 - won))


def test_only_a_part_of_a_stated_premium_is_asked():
    paid = SCENARIO.value("premium_paid")
    assert values(resolve(Pricing(stated="10 %")), "premium")[-1] == pytest.approx(0.1 * paid)


def test_settings_left_to_a_parameter_follow_the_scenario():
    for policy, changed, name in (
        (Pricing(), {"premium_stated": 0.05}, "premium"),
        (InviteComplaints(), {"complaints_won": 0.1}, "complain_minor"),
    ):
        there, here = resolve(policy), resolve(policy, SCENARIO.override(**changed))
        assert values(here, name)[-1] < values(there, name)[-1]


@pytest.mark.parametrize("policy", [Priorities(start=5, ramp=10), Priorities(strength=0.3, discounted=True)])
def test_a_switch_has_no_half_way(policy):
    found = values(resolve(policy), "issues_first")
    assert set(found.tolist()) <= {0.0, 1.0}
    assert found[-1] == 1.0


def test_a_service_target_in_a_company_that_follows_the_load_raises_its_safety_only():
    rows = resolve(ServiceTarget(), SCENARIO.override(staffing_follows=1)).rows
    assert {row.parameter for row in rows} == {"staffing_beta"}


def test_the_rule_of_three_is_a_count():
    assert values(resolve(ThreeTimesRule()), "feedback_times")[-1] == 3.0


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=list(CATALOGUE))
def test_policies_with_other_settings_never_have_one_label(kind):
    usual = kind()
    others = [{"strength": 0.5}, {"start": 365.0}, {"ramp": 90.0}, {"segment": "priority"}, {"discounted": True}]
    own = {f.name: getattr(usual, f.name) for f in fields(usual) if f.name not in SHARED}
    for name, value in own.items():
        if isinstance(value, float):
            others += [{name: value * factor} for factor in (0.5, 0.50001, 0.9999)]
        elif isinstance(value, bool):
            others.append({name: not value})
    labels = [usual.label, *(replace(usual, **other).label for other in others)]
    assert len(set(labels)) == len(labels), labels


def test_a_title_of_ones_own_is_what_it_is_called():
    assert Training(title="our course").label == "our course"
    assert Training().title == ""
    with pytest.raises(PolicyError, match="title = 3 is not text"):
        Training(title=3)


def test_policies_are_given_as_text_too():
    assert as_policies("empowerment level=0.9 + training") == [Empowerment(level=0.9) + Training()]
    assert as_policies(["training", None, Training()]) == [Training(), None, Training()]
    assert as_policies(Training()) == [Training()]
    assert as_baseline("training level=0.5", []) == Training(level=0.5)
    assert as_baseline("our course", [Training(title="our course")]) == Training(title="our course")
    assert as_baseline("baseline") is None
    with pytest.raises(PolicyError, match="did you mean 'training'"):
        as_policies(["trainin"])
    with pytest.raises(PolicyError, match="did you mean 'training'"):
        as_baseline("trainin")
    with pytest.raises(PolicyError, match="5 is not a policy"):
        as_policies([5])


class Misspelt(Policy):
    name = "misspelt"
    parameter: ClassVar[str] = "patience_man"
    how: ClassVar[str] = "multiply"

    def changes(self, base):
        return [(self.parameter, self.how, 2.0)]


def test_an_unknown_parameter_of_a_policy_of_ones_own_is_named():
    with pytest.raises(PolicyError, match=r"misspelt: there is no parameter 'patience_man'.* 'patience_mean'"):
        resolve(Misspelt())


def test_an_unknown_way_to_change_is_named(monkeypatch):
    monkeypatch.setattr(Misspelt, "parameter", "patience_mean")
    monkeypatch.setattr(Misspelt, "how", "multiplies")
    with pytest.raises(PolicyError, match="did you mean 'multiply'"):
        resolve(Misspelt())


def test_equal_scenarios_have_one_hash_also_after_a_journey():
    one = Scenario(years=1, parameters={"market_size": 300}, policies=(Training(),), ranges={"price": (1, 2)})
    same = Scenario(years=1.0, ranges={"price": [1.0, 2.0]}, parameters={"market_size": 300.0}, policies=(Training(),))
    assert one == same == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(same) == hash(pickle.loads(pickle.dumps(one)))
    assert hash(one) != hash(one.override(market_size=301))
