"""What went into the model comes back out of its own steps, by asking the reference customer."""

import numpy as np
import pytest

from sim.checks import probe
from sim.checks.probe import GRADES, KINDS
from sim.inputs.policies import Empowerment, Rapport
from sim.inputs.scenario import Scenario
from tests.theory.verdict import Reading, agrees

SCENARIO = Scenario.load("small_company")
PEOPLE = 2500
READINGS = ("smart-2010", "attitude-2016", "literature")
# The documents' own figures: input of the model, so not a result of tuning.
PUBLISHED = {("major", "quick"): 0.82, ("major", "silent"): 0.09, ("minor", "quick"): 0.95, ("minor", "silent"): 0.37}
STILL_AVOIDING = 0.39
LISTENERS = (4.0, 12.0)


def reading(found: probe.Probe) -> Reading:
    """The Wilson or t interval, turned into a standard error under the stated figure."""
    if found.count is None:
        error = (found.high - found.low) / (2 * 1.96)
    else:
        error = np.sqrt(found.stated * (1 - found.stated) / found.n)
    return Reading(found.found, found.stated, float(error))


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_customer_buys_again_as_published(kind, grade):
    agrees(lambda n, r: [reading(probe.repurchase(SCENARIO, kind, grade, n, r))], PEOPLE)


@pytest.mark.parametrize(("anchor", "share"), PUBLISHED.items())
def test_the_stated_shares_are_the_published_ones(anchor, share):
    found = probe.repurchase(SCENARIO, *anchor, n=200)
    assert found.stated == pytest.approx(share)
    assert found.low <= found.found <= found.high
    assert found.count == round(found.found * found.n)


def test_the_order_of_the_grades_is_that_of_the_shares():
    for kind in KINDS:
        found = [probe.repurchase(SCENARIO, kind, grade, 600).found for grade in GRADES]
        assert found == sorted(found)


def test_the_aggrieved_avoid_the_company_as_long_as_stated():
    agrees(lambda n, r: [reading(probe.avoiding(SCENARIO, 2.0, n, r))], PEOPLE)
    assert probe.avoiding(SCENARIO, 2.0, 50).stated == pytest.approx(STILL_AVOIDING, abs=0.005)


@pytest.mark.parametrize("years", [0.5, 4.0])
def test_and_at_other_times(years):
    agrees(lambda n, r: [reading(probe.avoiding(SCENARIO, years, n, r))], PEOPLE)


@pytest.mark.parametrize("name", READINGS)
def test_tellers_tell_as_many_as_the_reading_says(name):
    scenario = SCENARIO.change(reading=name)
    agrees(lambda n, r: [reading(found) for found in probe.tells(scenario, n, r)], 2000)


def test_the_default_reading_is_four_and_twelve():
    assert tuple(found.stated for found in probe.tells(SCENARIO, 20)) == LISTENERS


@pytest.mark.parametrize("policy", [Rapport(chance=0.9), Empowerment(level=1.0)])
def test_a_policy_never_moves_the_yardstick(policy):
    moved = probe.repurchase(SCENARIO.under(policy), "major", "quick", 500)
    assert moved == probe.repurchase(SCENARIO, "major", "quick", 500)


def test_a_lower_stake_is_seen_not_to_bring_the_anchors_back():
    found = probe.repurchase(SCENARIO.override(stake_issue=0.5), "major", "silent", 1000)
    assert not found.reproduced
    assert found.found > found.stated


def test_one_frame_holds_every_figure():
    frame = probe.probe(SCENARIO, 300)
    assert len(frame) == len(KINDS) * len(GRADES) + 3
    assert frame["name"].is_unique
    assert (frame["low"] <= frame["found"]).all()
    assert (frame["found"] <= frame["high"]).all()
    assert frame.loc[frame["name"].str.startswith("told"), "count"].isna().all()


@pytest.mark.parametrize(
    ("kind", "grade", "words"), [("huge", "quick", "kind 'huge'"), ("major", "late", "grade 'late'")]
)
def test_what_cannot_be_probed_is_refused(kind, grade, words):
    with pytest.raises(ValueError, match=words):
        probe.repurchase(SCENARIO, kind, grade, 10)


def test_a_good_opinion_fades_as_stated():
    found = probe.remembering(SCENARIO, 2.0, 300)
    assert found.stated == pytest.approx(np.exp(-2.0 / 1.4))
    assert found.found == pytest.approx(found.stated)
    assert 0 < found.n <= 300  # who joins at once is left out


def test_more_than_twenty_are_told_as_the_reading_says():
    found = probe.telling_many(SCENARIO.change(reading="attitude-2016"), 20, PEOPLE)
    assert found.stated == pytest.approx(0.13)
    geometric = 0.9**20
    assert abs(found.found - geometric) < 4 * np.sqrt(geometric * (1 - geometric) / PEOPLE)
    assert np.isnan(probe.telling_many(SCENARIO, 20, 50).stated)
