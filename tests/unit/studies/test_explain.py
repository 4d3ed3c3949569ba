"""The parts of an effect add up in every replication, and are those that the theory of games says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.inputs.policies import CATALOGUE as POLICIES
from sim.inputs.policies import Policy, PolicyError
from sim.inputs.scenario import Scenario
from sim.outcomes.results import COHORT_COLUMNS, Study
from sim.running.experiment import _in_full
from sim.studies import explain
from sim.studies.explain import CHANNELS, DIRECT, LABELS, TOTAL, Explanation, ExplanationError
from sim.studies.explain.shapley import Coalition, coalitions, draw_orders, met, shares
from sim.studies.explain.subject import _policy

TINY = Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.2, warm_up=0)
POLICY = sim.Empowerment(level=0.9)
THREE = ("left", "right", "other")
Game = Callable[[Coalition], float]


def table_of(channels: Sequence[str], game: Game) -> dict[Coalition, float]:
    return {coalition: game(coalition) for coalition in coalitions(channels)}


def glove(coalition: Coalition) -> float:
    """A left glove and either of two right ones are a pair."""
    return float("left" in coalition and ("right" in coalition or "other" in coalition))


def noisy(seed: int) -> Game:
    return lambda coalition: float(np.random.default_rng([seed, *map(ord, "".join(sorted(coalition)))]).normal())


# The sharing


def test_the_shares_of_a_game_that_the_textbooks_solve() -> None:
    assert shares(THREE, table_of(THREE, glove)) == pytest.approx({"left": 2 / 3, "right": 1 / 6, "other": 1 / 6})


def test_all_orders_one_by_one_give_what_the_weights_give() -> None:
    values = table_of(CHANNELS, noisy(3))
    assert shares(CHANNELS, values, list(permutations(CHANNELS))) == pytest.approx(shares(CHANNELS, values))


def test_of_parts_that_add_up_each_has_its_own() -> None:
    own = {channel: 1.5**k for k, channel in enumerate(CHANNELS)}
    values = table_of(CHANNELS, lambda coalition: 7.0 + sum(own[channel] for channel in coalition))
    assert shares(CHANNELS, values) == pytest.approx(own)
    assert shares(CHANNELS, values, draw_orders(CHANNELS, 1, 1, 0)) == pytest.approx(own)


@pytest.mark.parametrize("count", [0, 1, 6])
def test_a_channel_that_changes_nothing_has_exactly_no_share(count: int) -> None:
    game = noisy(4)
    values = table_of(CHANNELS, lambda coalition: game(coalition - {"staff"}))
    found = shares(CHANNELS, values, draw_orders(CHANNELS, count, 1, 0))
    assert found["staff"] == 0.0
    assert all(found[channel] != 0.0 for channel in CHANNELS if channel != "staff")


def test_two_that_always_do_the_same_share_alike() -> None:
    pair = {"wait", "recovery"}
    values = table_of(CHANNELS, lambda coalition: float(pair <= coalition) + 0.1 * len(coalition - pair))
    found = shares(CHANNELS, values)
    assert found["wait"] == pytest.approx(found["recovery"]) == pytest.approx(0.5)


@given(st.integers(0, 10**6), st.integers(1, len(CHANNELS)), st.integers(0, 9))
def test_the_shares_add_up_whatever_the_game_and_the_orders(seed: int, channels: int, orders: int) -> None:
    some = CHANNELS[:channels]
    values = table_of(some, noisy(seed))
    found = shares(some, values, draw_orders(some, orders, seed, 0))
    whole = values[frozenset(some)] - values[frozenset()]
    assert sum(found.values()) == pytest.approx(whole, rel=1e-9, abs=1e-12)


def test_sampled_orders_are_right_on_average() -> None:
    values = table_of(CHANNELS, noisy(5))
    tries = [shares(CHANNELS, values, draw_orders(CHANNELS, 2, 1, number))["wait"] for number in range(800)]
    error = np.std(tries, ddof=1) / math.sqrt(len(tries))
    assert abs(np.mean(tries) - shares(CHANNELS, values)["wait"]) < 4 * error


def test_orders_are_drawn_by_name_and_followed_by_their_reverse() -> None:
    orders = draw_orders(CHANNELS, 5, seed=1, replication=2)
    assert len(orders) == 5
    assert orders[1] == orders[0][::-1]
    assert orders[3] == orders[2][::-1]
    assert all(sorted(order) == sorted(CHANNELS) for order in orders)
    assert orders == draw_orders(CHANNELS, 5, seed=1, replication=2)
    assert orders != draw_orders(CHANNELS, 5, seed=2, replication=2)
    assert orders != draw_orders(CHANNELS, 5, seed=1, replication=3)


def test_a_coalition_that_two_orders_meet_is_named_once() -> None:
    found = met([("a", "b", "c"), ("a", "c", "b")])
    assert found == [frozenset(some) for some in ("", "a", "ab", "abc", "ac")]


# From runs to parts, with runs that are a game


class Runs:
    """Stands in for the runs: the measure is a base, plus the policy's game on the channels that are open."""

    def __init__(self, game: Game, noise: float = 1.0) -> None:
        self.game, self.noise, self.design = game, noise, []

    def __call__(self, design: Sequence[Sequence[Scenario]], policy: Any, *, baseline: Any, **_: object) -> Study:
        self.design = design
        names = {policy.label: 1.0, "baseline" if baseline is None else baseline.label: 0.0}
        rows = [
            (scenario.name, name, number, "all", "profit_a_year", self.value(scenario, number, share))
            for number, line in enumerate(design)
            for scenario in line
            for name, share in names.items()
        ]
        frame = pd.DataFrame(rows, columns=["scenario", "policy", "replication", "period", "measure", "value"])
        about = dict.fromkeys(explain.KEPT, "") | {"baseline": list(names)[1], "seed": 1, "years": 0.2}
        about |= {"planned": len(design), "finished": len(design), "scenario": {}}
        return Study(frame, pd.DataFrame(columns=list(COHORT_COLUMNS)), about)

    def value(self, scenario: Scenario, number: int, share: float) -> float:
        luck = np.random.default_rng([number, 7]).normal()
        opened = frozenset(c for c in CHANNELS if scenario.parameters.get(f"channel_{c}", 1.0) == 1.0)
        return 1000.0 + 50.0 * luck + share * (self.game(opened) + self.noise * luck)


def product(opened: Coalition) -> float:
    """Waits and recovery need each other, word of mouth stands alone, and eight are lost at once."""
    return 100.0 * ({"wait", "recovery"} <= opened) + 30.0 * ("word_of_mouth" in opened) - 8.0


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    found = Runs(product)
    monkeypatch.setattr(explain, "compare_in", found)
    return found


@pytest.mark.parametrize("orders", ["all", 1, 4])
def test_parts_add_up_in_every_replication(runs: Runs, orders: int | str) -> None:
    runs.game = lambda opened: product(opened) + 11.0 * noisy(2)(opened)
    found = sim.explain(TINY, POLICY, orders=orders, replications=6)
    parts = found.parts
    assert list(parts) == [DIRECT, *CHANNELS, TOTAL]
    assert parts.drop(columns=TOTAL).sum(axis=1).to_numpy() == pytest.approx(parts[TOTAL].to_numpy(), rel=1e-9)
    means = found.to_frame().set_index("channel")["mean_difference"]
    assert means[:-1].sum() == pytest.approx(means[TOTAL], rel=1e-9)


def test_what_the_channels_do_is_found(runs: Runs) -> None:
    runs.noise = 0.0
    found = sim.explain(TINY, POLICY, orders="all", replications=3).to_frame().set_index("channel")
    expected = dict.fromkeys(CHANNELS, 0.0) | {"wait": 50.0, "recovery": 50.0, "word_of_mouth": 30.0}
    assert found["mean_difference"].to_dict() == pytest.approx(expected | {DIRECT: -8.0, TOTAL: 122.0})
    assert (found["orders"] == math.factorial(len(CHANNELS))).all()


def test_total_and_direct_are_what_is_left_with_all_channels_open_and_closed(runs: Runs) -> None:
    parts = sim.explain(TINY, POLICY, orders=2, replications=4).parts
    for number in parts.index:
        luck = np.random.default_rng([number, 7]).normal()
        assert parts[TOTAL][number] == pytest.approx(122.0 + luck)
        assert parts[DIRECT][number] == pytest.approx(-8.0 + luck)


def test_intervals_hold_the_error_of_sampled_orders(runs: Runs) -> None:
    runs.noise = 0.0  # nothing but the orders differs between replications
    few = sim.explain(TINY, POLICY, orders=1, replications=30).to_frame().set_index("channel")
    assert few["ci_low_difference"]["wait"] < 50.0 < few["ci_high_difference"]["wait"]
    assert few["se_difference"]["wait"] > 1.0
    assert few["se_difference"][[TOTAL, DIRECT]].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert (few["orders"] == 1).all()


def test_every_coalition_is_run_once_a_replication(runs: Runs) -> None:
    sim.explain(TINY, POLICY, orders="all", replications=2)
    assert [len({s.name for s in line}) for line in runs.design] == [len(line) for line in runs.design] == [128, 128]
    sim.explain(TINY, POLICY, orders=4, replications=2)
    first, second = ([s.name for s in line] for line in runs.design)
    assert len(first) == len(set(first)) <= 2 + 4 * (len(CHANNELS) - 1)
    assert set(first) != set(second)
    assert {"tiny", f"tiny without {', '.join(CHANNELS)}"} <= set(first) & set(second)


def test_all_orders_are_taken_where_they_are_quick(runs: Runs) -> None:
    quick = sim.explain(TINY, POLICY, replications=1)
    assert quick.manifest["orders"] == 5040
    slow = sim.explain(TINY.override(market_size=1_000_000).change(years=3), POLICY, replications=2)
    assert slow.manifest["orders"] == explain.FEW_ORDERS
    assert "4 of 5,040 orders, drawn again" in slow.text()


def test_channels_that_are_left_out_stay_open_and_count_as_direct(runs: Runs) -> None:
    runs.noise = 0.0
    found = sim.explain(TINY, POLICY, channels=["wait"], replications=2)
    assert found.to_frame().set_index("channel")["mean_difference"].to_dict() == pytest.approx(
        {DIRECT: 22.0, "wait": 100.0, TOTAL: 122.0}
    )
    assert "word of mouth and staff counts as direct" in found.text()


def test_a_channel_that_the_scenario_has_closed_stays_closed(runs: Runs) -> None:
    runs.noise = 0.0
    found = sim.explain(TINY.override(channel_recovery=0.0), POLICY, orders="all", replications=2)
    means = found.to_frame().set_index("channel")["mean_difference"]
    assert means[["wait", "recovery"]].tolist() == [0.0, 0.0]
    assert means[TOTAL] == pytest.approx(22.0)


def test_the_summary_says_what_came_through_what(runs: Runs) -> None:
    text = sim.explain(TINY, POLICY, orders="all", replications=10).text()
    assert text.startswith("tiny: empowerment 90% changes profit a year by +122.0 (+121.0 to +123.0), from 1,001")
    assert "came through waits" in text
    assert "directly (costs, prices, work)" in text
    assert "Nothing at all came through quality of service, through promises, through issues and through staff." in text
    assert "10 paired replications of 0.2 years, seed 1; channels opened in each of 5,040 orders." in text


def test_the_summary_of_one_replication_claims_no_interval(runs: Runs) -> None:
    found = sim.explain(TINY, POLICY, replications=1)
    assert np.isnan(found.total.low)
    assert "One replication has no interval" in found.text()
    assert "clear" not in found.text()


def test_a_policy_that_does_nothing_comes_through_nothing(runs: Runs) -> None:
    runs.game, runs.noise = lambda opened: 0.0, 0.0
    found = sim.explain(TINY, POLICY, replications=3)
    assert "not clear of zero" in found.text()
    assert "No part of the +0 is clear of zero." in found.text()
    assert found.headline == "Empowerment 90% does not change profit a year"


def test_the_headline_names_the_largest_part_that_is_clear(runs: Runs) -> None:
    waits = sim.explain(TINY, POLICY, channels=["wait"], replications=9)
    assert waits.headline.startswith("Empowerment 90% raises profit a year by 12")
    assert waits.headline.endswith("), mostly through waits")
    runs.game = lambda opened: -50.0 + 10.0 * ("wait" in opened)
    direct = sim.explain(TINY, POLICY, replications=9).headline
    assert direct.startswith("Empowerment 90% lowers profit a year by 4")
    assert direct.endswith("), mostly directly (costs, prices, work)")


def test_an_explanation_is_saved_with_how_it_was_made_and_drawn(runs: Runs, tmp_path: Path) -> None:
    found = sim.explain(TINY, POLICY, replications=3)
    folder = found.save(tmp_path / "why")
    assert pd.read_csv(folder / "explain.csv")["mean_difference"].to_numpy() == pytest.approx(
        found.to_frame()["mean_difference"].to_numpy()
    )
    made = json.loads((folder / "explain.json").read_text())
    assert (made["policy"], made["orders"], made["scenario"]["name"]) == ("empowerment 90%", 5040, "tiny")
    with pytest.raises(FileExistsError, match=r"explain\.json.*overwrite=True"):
        found.save(folder)
    assert found.save(folder, overwrite=True) == folder
    assert {path.name for path in folder.iterdir()} >= {
        "explain.csv",
        "explain-parts.csv",
        "explain.json",
        "explain.txt",
    }


def test_every_channel_has_words() -> None:
    assert set(LABELS) == {DIRECT, *CHANNELS, TOTAL}


# What is asked wrongly


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"measure": "profits"}, "did you mean 'profit'"),
    ({"channels": ["waits"]}, "did you mean 'wait'"),
    ({"channels": "wait"}, "not a list"),
    ({"channels": []}, "is empty"),
    ({"channels": ["wait", "wait"]}, "'wait' appears twice"),
    ({"orders": 0}, "orders = 0"),
    ({"orders": True}, "orders = True"),
    ({"orders": "some"}, "orders = 'some'"),
    ({"replications": 0}, "replications = 0"),
    ({"period": "year 1"}, "'year 1'"),
    ({"policy": None}, "no policy to explain"),
    ({"baseline": POLICY}, "the baseline itself"),
    ({"scenario": "tiny"}, "leave it out"),
]


@pytest.mark.parametrize(("change", "words"), WRONG)
def test_what_cannot_be_explained_is_refused_before_anything_runs(
    change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "compare_in", lambda *_, **__: pytest.fail("it started to run"))
    with pytest.raises(ExplanationError, match=words):
        sim.explain(**({"study": TINY, "policy": POLICY} | change))


def test_a_policy_that_there_is_not_is_named_with_what_was_meant() -> None:
    with pytest.raises(PolicyError, match="did you mean 'empowerment'"):
        sim.explain(TINY, "empowermint")


def test_a_measure_that_is_undefined_in_some_world_is_refused(runs: Runs) -> None:
    runs.game = lambda opened: 1.0 if "issues" in opened else float("nan")
    with pytest.raises(
        ExplanationError, match=r"profit_a_year is undefined in replication 0 of 'tiny without .*issues"
    ):
        sim.explain(TINY, POLICY, replications=2)


# With the model


@pytest.fixture(scope="module")
def study() -> Study:
    return sim.compare(TINY, [POLICY, sim.Rapport() + sim.Training()], replications=2, workers=1)


def test_the_total_is_the_effect_that_a_study_shows(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    found = sim.explain(study, "empowerment 90%", orders=2, workers=1)
    assert isinstance(found, Explanation)
    figures = study.replications.query("measure == 'profit_a_year' and period == 'all'").pivot(
        index="replication", columns="policy", values="value"
    )
    expected = figures["empowerment 90%"] - figures["baseline"]
    assert found.parts[TOTAL].tolist() == expected.tolist()
    assert found.to_frame()["mean_baseline"].iloc[0] == pytest.approx(figures["baseline"].mean())
    assert capsys.readouterr().err == ""


def test_direct_is_the_effect_with_every_channel_closed() -> None:
    found = sim.explain(TINY, POLICY, orders=1, replications=2, workers=1)
    closed = TINY.override(**{f"channel_{channel}": 0.0 for channel in CHANNELS})
    differences = sim.compare(closed, [POLICY], replications=2, workers=1).compare(["profit_a_year"])
    expected = differences.query("period == 'all'")["mean_difference"].iloc[0]
    assert found.to_frame()["mean_difference"].iloc[0] == pytest.approx(expected, rel=1e-12)


def test_a_saved_study_is_explained_from_its_folder(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    there = sim.explain(folder, "rapport 80% + training", channels=["staff"], workers=1)
    here = sim.explain(study, sim.Rapport() + sim.Training(), channels=["staff"], workers=1)
    direct = sim.explain(TINY, sim.Rapport() + sim.Training(), channels=["staff"], replications=2, workers=1)
    assert there.to_frame().equals(here.to_frame())
    assert there.to_frame().equals(direct.to_frame())


@pytest.mark.parametrize("kind", POLICIES.values(), ids=POLICIES)
def test_every_policy_of_a_study_can_be_had_again(kind: type[Policy]) -> None:
    content = {"small": [_in_full(kind())], "both": [_in_full(part) for part in (POLICY + kind()).parts]}
    made = Runs(product)([[TINY]], POLICY, baseline=None)
    study = Study(made.replications, made.cohorts, made.manifest | {"policies": content})
    assert _policy(study, "small").parts == (kind(),)
    assert _policy(study, "both").parts == (POLICY, kind())
    assert _policy(study, "both").label == "both"


def test_more_replications_begin_with_those_of_the_study(study: Study) -> None:
    few = sim.explain(study, "empowerment 90%", orders=2, workers=1)
    more = sim.explain(study, "empowerment 90%", orders=2, replications=3, workers=1)
    assert more.parts.loc[:1].equals(few.parts)


def test_a_study_of_another_version_is_told_apart(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    other = Study(study.replications.assign(value=lambda f: f["value"] * 1.5), study.cohorts, study.manifest)
    sim.explain(other, "empowerment 90%", channels=["wait"], workers=1)
    assert "2 of 2 replications have another effect here" in capsys.readouterr().err


def test_one_scenario_of_several_and_a_baseline_that_is_a_policy() -> None:
    several = sim.compare(
        TINY, [sim.Training()], baseline=POLICY, readings=["smart-2010", "literature"], replications=1, workers=1
    )
    found = sim.explain(several, scenario="tiny, literature", channels=["wait"], workers=1)
    assert found.to_frame()["baseline"].unique().tolist() == ["empowerment 90%"]
    assert found.manifest["scenario"]["reading"] == "literature"
    with pytest.raises(ExplanationError, match="'tiny, smart-2010', 'tiny, literature'"):
        sim.explain(several, workers=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "which is to be explained.*'empowerment 90%', 'rapport 80% [+] training'"),
        ({"policy": "training"}, "no policy 'training'"),
        ({"policy": sim.Training()}, "no policy 'training'"),
        ({"policy": "empowerment 90%", "seed": 3}, "its own seed"),
        ({"policy": "empowerment 90%", "baseline": sim.Training()}, "its own baseline"),
        ({"policy": "empowerment 90%", "scenario": "small"}, "no scenario 'small'"),
    ],
)
def test_what_a_study_does_not_have_is_refused(study: Study, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ExplanationError, match=words):
        sim.explain(study, **change)


def test_workers_and_engines_find_the_same() -> None:
    known = {"channels": ["wait", "word_of_mouth"], "replications": 2}
    one = sim.explain(TINY, POLICY, engine="readable", workers=1, **known)
    many = sim.explain(TINY, POLICY, engine="compiled", workers=2, **known)
    assert one.to_frame().equals(many.to_frame())
