"""A swap is called one when it is clear both ways, noise is called noise, and what holds is said to hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.inputs import evidence
from sim.outcomes.results import COHORT_COLUMNS, Study, describe
from sim.studies.rankings import RankingError, rankings
from sim.studies.rankings.words import verdict

READINGS = ("smart-2010", "special", "literature")
REPLICATIONS = 8
NOISE = 1.0
PLAIN = {"baseline": 0.0, "warm": 10.0, "cold": -10.0}
IDLE = {"baseline": 0.0, "idle": 0.0}
ALONE = {"baseline": 0.0}
REPEATS = 60


def survival_of(*given: object, **named: object) -> pd.DataFrame:
    """Return the frame of `sim.rankings`."""
    return rankings(*given, **named).to_frame()  # type: ignore[arg-type]


def study(
    means: dict[str, dict[str, float]],
    *,
    measure: str = "profit_a_year",
    noise: float = NOISE,
    replications: int = REPLICATIONS,
    seed: int = 1,
) -> Study:
    """A made-up study: reading -> policy -> mean, with common random numbers and a noise of each policy's own."""
    rng = np.random.default_rng(seed)
    luck = rng.normal(1_000.0, 50.0, replications)
    rows = [
        (f"tiny, {reading}", policy, r, "all", measure, luck[r] + mean + rng.normal(0.0, noise))
        for reading, policies in means.items()
        for policy, mean in policies.items()
        for r in range(replications)
    ]
    names = ["scenario", "policy", "replication", "period", "measure", "value"]
    scenarios = {f"tiny, {reading}": {"name": f"tiny, {reading}", "reading": reading} for reading in means}
    held = scenarios if len(scenarios) > 1 else next(iter(scenarios.values()))
    about = describe(
        scenario=held,
        seed=1,
        reading=", ".join(means),
        baseline="baseline",
        planned=replications,
        finished=replications,
    )
    return Study(pd.DataFrame(rows, columns=names), pd.DataFrame(columns=list(COHORT_COLUMNS)), about)


def outcomes(found: pd.DataFrame) -> dict[frozenset[str], str]:
    """Return the outcome of each pair, which all its rows must share."""
    assert len(found.drop_duplicates(["ahead", "behind", "outcome"])) == len(found.drop_duplicates(["ahead", "behind"]))
    return {frozenset((row["ahead"], row["behind"])): row["outcome"] for _, row in found.iterrows()}


WARM_COLD, WARM, COLD = frozenset(("warm", "cold")), frozenset(("warm", "baseline")), frozenset(("cold", "baseline"))


def test_a_ranking_that_holds_is_said_to_survive() -> None:
    found = survival_of(study(dict.fromkeys(READINGS, PLAIN)))
    assert outcomes(found) == dict.fromkeys((WARM_COLD, WARM, COLD), "holds")
    assert (found["clear"] & (found["ci_low_lead"] > 0)).all()
    assert set(zip(found["ahead"], found["behind"], strict=True)) == {
        ("warm", "baseline"),
        ("baseline", "cold"),
        ("warm", "cold"),
    }
    text = verdict(found)
    assert "under 3 readings, the ranking survives." in text
    assert "warm comes first in the means under all of them." in text
    assert "3 in one clear order under every reading" in text
    assert "replications" not in text


def test_a_clear_flip_under_one_reading_is_a_swap() -> None:
    turned = {"smart-2010": PLAIN, "special": PLAIN, "literature": PLAIN | {"warm": -10.0, "cold": 10.0}}
    found = survival_of(study(turned))
    assert outcomes(found) == dict.fromkeys((WARM_COLD, WARM, COLD), "swaps")
    pair = found[(found["ahead"] == "warm") & (found["behind"] == "cold")].set_index("reading")
    assert pair.loc["literature", "ci_high_lead"] < 0 < pair.loc["smart-2010", "ci_low_lead"]
    assert pair.loc["literature", "mean_lead"] == pytest.approx(-20.0, abs=2.0)
    text = verdict(found)
    assert "the ranking does not survive." in text
    assert "warm is clearly better than cold under smart-2010, special, and clearly worse under literature." in text
    assert "First in the means: warm under smart-2010, special; cold under literature." in text


def test_a_flip_within_noise_is_not_called_a_swap() -> None:
    close = {"smart-2010": PLAIN | {"cold": 10.1}, "special": PLAIN | {"cold": 9.9}}
    found = survival_of(study(close, noise=0.2, seed=4))
    signs = np.sign(found[found["behind"].isin(["warm", "cold"]) & found["ahead"].isin(["warm", "cold"])]["mean_lead"])
    assert set(signs) == {1.0, -1.0}, "the made-up study does not flip; choose another seed"
    assert outcomes(found) == {WARM_COLD: "swaps, not clearly", WARM: "holds", COLD: "holds"}
    text = verdict(found)
    assert "no two policies swap clearly, but not every order is clear." in text
    assert "1 in changing order within noise" in text
    assert "More replications" in text


def test_clear_one_way_and_noise_the_other_is_no_clear_swap() -> None:
    means = {"smart-2010": PLAIN, "special": PLAIN | {"warm": -0.1}}
    found = survival_of(study(means, noise=0.3, seed=2))
    assert set(np.sign(found[found["ahead"].eq("warm") & found["behind"].eq("baseline")]["mean_lead"])) == {1.0, -1.0}
    assert outcomes(found)[WARM] == "swaps, not clearly"


def test_one_order_that_is_not_clear_is_said_to_be_unclear() -> None:
    found = survival_of(study({"smart-2010": PLAIN, "special": PLAIN | {"warm": 0.3}}, seed=5))
    assert outcomes(found)[WARM] == "holds, not clearly"
    assert "the order of the means survives, though not all of it is clear." in verdict(found)


def test_policies_without_any_difference_are_tied() -> None:
    made = study(dict.fromkeys(READINGS, IDLE), noise=0.0)
    found = survival_of(made)
    assert set(found["outcome"]) == {"tied"}
    assert not found["clear"].any()


def test_less_of_a_measure_may_be_better() -> None:
    found = survival_of(study(dict.fromkeys(READINGS, PLAIN), measure="churn"), "churn")
    assert set(zip(found["ahead"], found["behind"], strict=True)) == {
        ("baseline", "warm"),
        ("cold", "baseline"),
        ("cold", "warm"),
    }
    assert (found["ci_low_lead"] > 0).all()
    assert (found["mean_lead"] > 0).all()


def test_intervals_are_corrected_for_pairs_and_readings() -> None:
    found = survival_of(study(dict.fromkeys(READINGS, PLAIN)), level=0.9)
    assert len(found) == 3 * 3
    assert found["confidence"].to_numpy() == pytest.approx(1 - 0.1 / 9)
    plain = survival_of(study(dict.fromkeys(READINGS[:2], IDLE)))
    assert plain["confidence"].to_numpy() == pytest.approx(1 - 0.05 / 2)


def test_chance_alone_seldom_makes_a_clear_difference() -> None:
    """Equal policies: any clear difference in a study is an error, wanted in at most 5 % of studies."""
    equal = dict.fromkeys(READINGS, dict.fromkeys(PLAIN, 0.0))
    wrong = sum(survival_of(study(equal, seed=seed))["clear"].any() for seed in range(REPEATS))
    assert wrong / REPEATS < 0.05 + 3 * (0.05 * 0.95 / REPEATS) ** 0.5


def test_one_replication_shows_nothing_clearly() -> None:
    found = survival_of(study(dict.fromkeys(READINGS, PLAIN), replications=1))
    assert not found["clear"].any()
    assert "One replication has no interval" in verdict(found)


def test_each_scenario_has_a_ranking_of_its_own() -> None:
    made = study(dict.fromkeys(READINGS[:2], PLAIN))
    other = made.replications.assign(scenario=made.replications["scenario"].str.replace("tiny", "large"))
    tables = {n.replace("tiny", "large"): t for n, t in made.manifest["scenario"].items()} | made.manifest["scenario"]
    both = Study(pd.concat([made.replications, other]), made.cohorts, dict(made.manifest) | {"scenario": tables})
    found = survival_of(both)
    assert set(found["scenario"]) == {"tiny", "large"}
    assert verdict(found).count("\n\n") == 1


def test_a_study_that_was_saved_gives_the_same_ranking(tmp_path: Path) -> None:
    made = study(dict.fromkeys(READINGS, PLAIN))
    pd.testing.assert_frame_equal(survival_of(Study.load(made.save(tmp_path / "study"))), survival_of(made))


@pytest.mark.parametrize(
    ("made", "measure", "words"),
    [
        (study({"special": PLAIN}), "profit_a_year", 'several readings; compare with readings="all"'),
        (study(dict.fromkeys(READINGS, ALONE)), "profit_a_year", "one policy, 'baseline'"),
        (study(dict.fromkeys(READINGS, PLAIN)), "csat", "this study has no csat; it has profit_a_year"),
        (study(dict.fromkeys(READINGS, PLAIN)), "proft", "there is no measure 'proft' to rank by"),
        (study(dict.fromkeys(READINGS, PLAIN)), "wages_agents", "neither more nor less of wages_agents is better"),
        (study(dict.fromkeys(READINGS, PLAIN | {"warm": np.nan})), "profit_a_year", "undefined in every replication"),
    ],
)
def test_what_gives_no_ranking_is_refused(made: Study, measure: str, words: str) -> None:
    with pytest.raises(RankingError, match=words):
        survival_of(made, measure)


# ---- from the study to the words --------------------


def test_all_readings_are_run_and_ranked() -> None:
    tiny = sim.Scenario.load("small_company").override(market_size=300, employees=2).change(years=0.1, warm_up=0)
    found = survival_of(sim.compare(tiny, [sim.Rapport()], readings="all", replications=2, workers=1))
    assert list(found["reading"]) == list(evidence.readings())
    assert set(found["scenario"]) == {tiny.name}
    assert verdict(found).startswith(f"{tiny.name}: ranked by profit a year under 5 readings")
