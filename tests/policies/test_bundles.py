"""The documents' bundles: what is in them, how strong, and how they are asked for."""

from pathlib import Path

import pytest

from sim.cli import arguments
from sim.inputs import evidence
from sim.inputs.policies import (
    BUNDLES,
    CATALOGUE,
    Bundle,
    Policy,
    PolicyError,
    Pricing,
    Rapport,
    Staffing,
    bundle,
    together,
)
from sim.inputs.scenario import Scenario
from tests.policies.base import COSTS, RAMP, SCENARIO, START, resolve, values

DOCUMENT = {
    "smart": "smart-2010",
    "ten-keys": "ten-keys-2013",
    "seven-factors": "excellence-defined",
    "ten-rules": "rules-2018",
    "attitude-document": "attitude-2016",
}
BY_ITSELF = {Pricing, Staffing}  # an outcome in the documents; a number that only the planner knows


@pytest.fixture(params=BUNDLES)
def name(request):
    return request.param


def grades(policy: Policy) -> set[str]:
    claims = evidence.claims()
    return {claims[claim].grade for claim in policy.claims}


def test_there_is_one_for_each_document_and_their_union():
    assert {*DOCUMENT, "union"} == set(BUNDLES)
    assert set(DOCUMENT.values()) == set(evidence.documents())


def test_it_can_be_in_force_whole(name):
    resolved = resolve(BUNDLES[name])
    assert {row.policy for row in resolved.rows} == {part.label for part in BUNDLES[name].parts}


def test_a_lever_stands_in_it_once(name):
    parts = BUNDLES[name].parts
    assert len({part.name for part in parts}) == len(parts)


def test_what_only_advice_backs_is_discounted_and_nothing_else(name):
    wrong = [part.label for part in BUNDLES[name].parts if part.discounted != (grades(part) == {"D"})]
    assert wrong == []


@pytest.mark.parametrize("title", DOCUMENT)
def test_a_documents_own_levers_are_in_its_bundle(title):
    """A lever that rests on claims of one document alone is in that document's bundle."""
    for kind in CATALOGUE.values():
        documents = {evidence.claims()[claim].document for claim in kind.claims}
        if documents == {DOCUMENT[title]} and kind not in BY_ITSELF:
            assert kind in {type(part) for part in BUNDLES[title].parts}, kind.name


def test_the_union_holds_every_lever_of_the_documents():
    assert {type(part) for part in BUNDLES["union"].parts} == set(CATALOGUE.values()) - BY_ITSELF


def test_the_share_that_is_believed_follows_the_scenario():
    believed = [SCENARIO, SCENARIO.override(bundle_strength=1.0)]
    half, whole = (values(resolve(BUNDLES["attitude-document"], scenario), "rapport") for scenario in believed)
    assert whole[-1] == Rapport().chance
    assert half[0] < half[-1] < whole[-1]


def test_at_strength_0_it_changes_no_byte(name):
    resolved = resolve(bundle(name, strength=0.0, start=START, ramp=RAMP))
    assert all(params.tobytes() == resolved.base.tobytes() for _, params in resolved.phases)


def test_strength_start_and_ramp_are_those_of_its_parts(name):
    found = bundle(name, strength=0.5, start=START, ramp=RAMP)
    assert {(part.strength, part.start, part.ramp) for part in found.parts} == {(0.5, START, RAMP)}
    assert [part.discounted for part in found.parts] == [part.discounted for part in BUNDLES[name].parts]
    assert found.label == f"{BUNDLES[name].title} x0.5 from day {START:g} over {RAMP:g} days"
    whole, half = (sum(row.value for row in resolve(b).rows if row.parameter in COSTS) for b in (bundle(name), found))
    assert half == pytest.approx(0.5 * whole)


def test_as_it_is_it_is_the_catalogues(name):
    assert bundle(name) == BUNDLES[name]


def test_it_is_asked_for_by_name_on_the_command_line_and_in_a_file(name):
    expected = bundle(name, strength=0.5, start=365.0)
    assert arguments.policy(f"{name} strength=0.5 start='1 years'") == expected
    text = f'[[policies]]\nname = "{name}"\nstrength = 0.5\nstart = "1 years"\n'
    scenario = Scenario.from_toml(text)
    assert scenario.policies == expected.parts
    assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_a_bundle_with_a_policy_keeps_its_title():
    both = arguments.policy("smart + pricing")
    assert both == BUNDLES["smart"] + Pricing()
    assert both.label == "SMART principles + pricing"
    assert (Pricing() + BUNDLES["smart"]).label == "pricing + SMART principles"
    assert both.parts == (*BUNDLES["smart"].parts, Pricing())
    assert isinstance(both, Bundle)


def test_two_bundles_that_share_a_lever_are_refused_by_its_name():
    with pytest.raises(PolicyError, match=r"attitude.* and attitude.* both set attitude_tone"):
        resolve(BUNDLES["smart"] + BUNDLES["attitude-document"])


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [("smrat", {}, "did you mean 'smart'"), ("smart", {"strength": -1}, "bundle smart: .*strength")],
)
def test_what_is_no_bundle_is_refused(name, settings, words):
    with pytest.raises(PolicyError, match=words):
        bundle(name, **settings)


def test_the_manual_names_every_policy_and_every_bundle():
    page = (Path(__file__).parents[2] / "sim" / "manual" / "policies.md").read_text("utf-8")
    assert [name for name in (*CATALOGUE, *BUNDLES) if f"`{name}`" not in page] == []


def test_together_a_lever_that_two_bundles_share_is_pulled_once():
    both = together(BUNDLES["smart"], BUNDLES["attitude-document"])
    assert len({part.name for part in both.parts}) == len(both.parts)
    assert {*both.parts} == {*BUNDLES["smart"].parts, *BUNDLES["attitude-document"].parts}
    assert {row.policy for row in resolve(both).rows} == {part.label for part in both.parts}
    costs = [row for row in resolve(both).rows if row.parameter in COSTS]
    apart = [row for name in ("smart", "attitude-document") for row in resolve(BUNDLES[name]).rows]
    assert sum(row.value for row in costs) < sum(row.value for row in apart if row.parameter in COSTS)


def test_together_has_a_title_of_its_own_or_those_of_its_parts():
    assert together(Rapport(), Pricing()).label == "rapport 80% + pricing"
    assert together(Rapport(), Pricing(), title="two").label == "two"
    assert together(Rapport(), Rapport()).parts == (Rapport(),)


def test_together_does_not_settle_two_levels_of_one_lever():
    with pytest.raises(PolicyError, match="both set rapport"):
        resolve(together(Rapport(), Rapport(chance=0.5)))
