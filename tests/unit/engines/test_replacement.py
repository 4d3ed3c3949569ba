"""A replaced rule is in force everywhere and recorded; a change by hand is refused, whatever ran before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest

import sim
from sim.engines import EngineError, inventory, replacement, run
from sim.engines.replacement import ReplacementError
from sim.engines.start import graph, tables
from sim.inputs.scenario import Scenario
from sim.model.rules import chance, loyalty, market
from sim.model.steps import market as market_steps
from sim.running.experiment import ExperimentError
from sim.running.store import opened

POLICIES = (sim.Feedback(), sim.Promises(), sim.Recovery(), sim.LoyaltyReward(), sim.EarnedMedia())
TINY = Scenario(years=0.15, warm_up=0.05, policies=POLICIES).override(market_size=300)
RULES = {
    "chance": "exponential", "market": "join_chance", "experience": "felt", "loyalty": "repurchase",
    "referral": "heard_after", "handling": "solve_chance", "authority": "paid_by_agent", "staff": "courtesy",
    "promise": "promised", "review": "rating", "survey": "answered_score", "care": "owed",
}  # fmt: skip
"""A rule of every module that a short run calls."""
LESS = 0.7
HASTE = 1e4


def less(rule: Callable[..., float], *given: float) -> float:
    return LESS * rule(*given)


def rule_of(module: str) -> Callable[..., Any]:
    return getattr(import_module(f"sim.model.rules.{module}"), RULES[module])


def history() -> str:
    return run(TINY, engine="readable").digest()


@pytest.fixture(scope="module")
def original() -> str:
    return history()


def test_every_module_of_rules_is_tried() -> None:
    assert set(RULES) == set(inventory.RULES)


@pytest.mark.parametrize("module", RULES)
def test_a_rule_is_replaced_everywhere_after_first_use_and_put_back(module: str, original: str) -> None:
    rule = rule_of(module)
    with sim.replace(rule, partial(less, rule)):
        assert history() != original
        found = sim.run(TINY, replications=2, engine="readable", workers=1)
        shared = sim.run(TINY, replications=2, engine="readable", workers=2)
        assert found == shared
        with pytest.raises(EngineError, match=rf"{RULES[module]} is not the model's own"):
            run(TINY, engine="compiled")
    assert history() == original


@pytest.mark.parametrize("module", RULES)
def test_a_change_by_hand_is_refused_after_first_use(
    module: str, original: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = import_module(f"sim.model.rules.{module}")
    monkeypatch.setattr(home, RULES[module], partial(less, rule_of(module)))
    for workers in (1, 2):
        with pytest.raises(EngineError, match=rf"{module}\.{RULES[module]}.* changed by hand.*sim\.replace"):
            sim.run(TINY, replications=2, engine="readable", workers=workers)
    monkeypatch.undo()
    assert history() == original


BEFORE = """
import sys
from functools import partial
from importlib import import_module
import sim
from sim.engines import replacement

def less(rule, *given):
    return {less} * rule(*given)

for module, name in {rules}.items():
    home = import_module(f"sim.model.rules.{{module}}")
    rule = getattr(home, name)
    if sys.argv[1] == "replace":
        sim.replace(rule, partial(less, rule))
    else:
        setattr(home, name, partial(less, rule))
from sim.engines import run
scenario = sim.Scenario.from_toml(sys.stdin.read())
try:
    print(run(scenario, engine="readable").digest())
except sim.engines.EngineError as error:
    print(error)
"""


def before_first_use(how: str) -> str:
    programme = BEFORE.format(less=LESS, rules=RULES)
    done = subprocess.run(
        [sys.executable, "-c", programme, how], input=TINY.to_toml(), text=True, capture_output=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    return done.stdout.strip()


def test_what_is_replaced_before_first_use_is_as_replaced_as_after(original: str) -> None:
    held = [sim.replace(rule, partial(less, rule)) for rule in map(rule_of, RULES)]
    try:
        after = history()
    finally:
        for each in reversed(held):
            each.undo()
    assert before_first_use("replace") == after != original


def test_a_change_by_hand_is_refused_before_first_use() -> None:
    said = before_first_use("by hand")
    assert "changed by hand" in said
    assert "sim.replace" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(market_steps, "join_chance", lambda *_: 0.5),
        lambda patch: patch.setattr(market, "join_chance", market.appeal),
        lambda patch: patch.setattr(market_steps, "YEAR_DAYS", 364),
        lambda patch: patch.setattr(graph, "draw_graph", lambda *_: None),
    ],
    ids=["where it is used", "another rule of the model", "a constant that others hold", "the graph"],
)
def test_other_changes_by_hand_are_refused_too(change: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch)
    with pytest.raises(EngineError, match=r"changed by hand.*sim\.replace"):
        history()


def test_graph_and_patience_may_be_replaced(original: str) -> None:
    with sim.replace(graph.draw_graph, graph_of):
        assert history() != original
    crowded = TINY.override(employees=2, market_size=6000)
    waited = run(crowded, engine="readable").digest()
    with sim.replace("sim.engines.start.tables.patience_shape", less_patience):
        assert run(crowded, engine="readable").digest() != waited
    assert history() == original


draw_graph, patience_shape = graph.draw_graph, tables.patience_shape


def graph_of(keys: Any, people: int, mean: float, sigma: float, local: float, window: int) -> Any:
    return draw_graph(keys, people, LESS * mean, sigma, local, window)


def less_patience(scenario: Any, share: Any) -> Any:
    knots, hazard = patience_shape(scenario, share)
    return knots, HASTE * hazard


def test_what_is_replaced_is_recorded_and_not_stored(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "runs.sqlite"
    plain = replacement.about()
    with sim.replace(loyalty.repurchase, lambda *_: 0.5) as held:
        about = replacement.about()
        study = sim.run(TINY, replications=1, engine="readable", workers=1, store=store)
    assert study.manifest["model"] == about
    assert study.source.endswith("loyalty.repurchase replaced.")
    assert "so nothing is stored" in capsys.readouterr().err
    if store.exists():
        with opened(store) as kept:
            assert kept.cells().empty
    assert plain["replaced"] == []
    assert about["digest"] != plain["digest"]
    (told,) = about["replaced"]
    assert told["rule"] == "sim.model.rules.loyalty.repurchase"
    assert "lambda" in told["by"]
    held.undo()
    assert replacement.about() == plain


@pytest.mark.parametrize(
    ("rule", "by", "said"),
    [
        (len, len, "not a function of the model"),
        (sim.run, len, "not a function of the model"),
        (market.join_chance, 0.5, "cannot be called"),
        (market.join_chance, lambda base: base, "takes other arguments"),
        ("sim.model.rules.market.join_chanc", len, "did you mean 'join_chance'"),
        ("sim.model.rules.markt.join_chance", len, "did you mean 'sim.model.rules.market'"),
    ],
)
def test_what_cannot_be_replaced_is_refused(rule: Any, by: Any, said: str) -> None:
    with pytest.raises(ReplacementError, match=said):
        sim.replace(rule, by)
    assert replacement.active() == []


def test_a_rule_is_replaced_once_at_a_time() -> None:
    rule = chance.faded
    with sim.replace(rule, lambda *given: rule(*given)), pytest.raises(ReplacementError, match="replaced already"):
        sim.replace(chance.faded, lambda *given: rule(*given))


def test_a_series_does_not_go_on_with_another_model() -> None:
    series = sim.Series(TINY, engine="readable", workers=1, progress=False)
    series.extend(1)
    with (
        sim.replace(loyalty.repurchase, lambda *_: 0.5),
        pytest.raises(ExperimentError, match="model has changed since this series began"),
    ):
        series.extend(2)
    assert series.finished(2) == [0]


def test_the_models_digest_is_the_same_in_every_process() -> None:
    code = "from sim.engines import replacement; print(replacement.about()['digest'])"
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    }
    assert len(told) == 1
