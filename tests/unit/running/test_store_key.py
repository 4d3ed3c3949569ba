"""The key of a run: all that decides a figure is in it, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.engines import inventory, readable, start
from sim.engines.start import graph, steady_state, tables
from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.policies import CATALOGUE, Empowerment, Policy, Rapport, Training, together
from sim.inputs.scenario import Scenario
from sim.model.rules import loyalty
from sim.outcomes import measures
from sim.running.store import generation, key_of, model, opened, why_not

ROOT = Path(__file__).resolve().parents[3]
BASE = Scenario.load("small_company").change(years=0.1, warm_up=0.0)
GENERATION = "0" * 64

# What a run loads, and is not in the generation by its code, and why that is so.
NOT_CODE = {
    "sim": "the names of the package",
    "sim.engines.choice": "which engine runs; both give the same",
    "sim.engines.memory": "how many run at once",
    "sim.engines.log": "what is noted beside the figures",
    "sim.engines.log_file": "what is noted beside the figures",
    "sim.engines.inventory": "which code counts",
    "sim.engines.replacement": "what is replaced, which is never stored",
    "sim.inputs.evidence": "the readings that it gives are in it",
    "sim.inputs.evidence.catalogue": "the readings that it gives are in it",
    "sim.inputs.evidence.records": "the readings that it gives are in it",
    "sim.inputs.parameters": "the values that it gives are in it",
    "sim.inputs.parameters.schema": "the values that it gives are in it",
    "sim.inputs.parameters.units": "the values that it gives are in it",
    "sim.errors": "what is refused, and in which words",
}
ITS_EFFECT_IS_IN_THE_TABLES = "sim.inputs.policies"


def key(scenario: Scenario, name: str = "a", policy: str = "b") -> str:
    return key_of(name, policy, scenario, GENERATION).cell


def elsewhere(code: str, **environment: str) -> str:
    """What another process prints."""
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


# -- the scenario ----------------------------------------------------------------------------------------------------


def others(name: str) -> list[object]:
    """Values near a parameter's own."""
    value = load()[name].value
    if isinstance(value, tuple):
        return [(value[0] * 1.01 + 1e-9, *value[1:]), (*value[:-1], value[-1] * 0.99 + 1e-9)]
    return [v for v in (value * 1.01, value * 0.99, value + 0.01, value + 1.0, value - 1.0) if v != value]


def changed(name: str) -> Scenario | None:
    """The company with another value of a parameter; None when none can be."""
    for value in others(name):
        try:
            found = BASE.override(**{name: value})
            found.resolve()
        except ValueError:
            continue
        return found
    return None


@pytest.mark.parametrize("name", [name for name in load() if name != "segment_share"])
def test_a_change_of_any_parameter_changes_the_key(name: str) -> None:
    found = changed(name)
    assert found is not None, "no other value resolves: give others() one that does"
    assert key(found) != key(BASE)


CHANGES: dict[str, Callable[[Scenario], Scenario]] = {
    "name": lambda s: s.change(name="another"),
    "parameters": lambda s: s.override(market_size=301.0),
    "ranges": lambda s: s.change(ranges={"price": (80.0, 95.0)}),
    "policies": lambda s: s.under(Training()),
    "reading": lambda s: s.change(reading=next(name for name in evidence.readings() if name != s.reading)),
    "years": lambda s: s.change(years=0.2),
    "warm_up": lambda s: s.change(warm_up=0.1),
    "seed": lambda s: s.change(seed=2),
    "fresh": lambda s: s.change(fresh=True),
}


@pytest.mark.parametrize("name", [f.name for f in fields(Scenario)])
def test_every_setting_is_in_the_key_but_the_name_and_what_is_known_of_parameters(name: str) -> None:
    assert CHANGES[name](BASE) != BASE
    assert (key(CHANGES[name](BASE)) == key(BASE)) == (name in ("name", "ranges"))


def test_every_reading_has_a_key_of_its_own() -> None:
    assert len({key(BASE.change(reading=name)) for name in evidence.readings()}) == len(evidence.readings())


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=list(CATALOGUE))
def test_what_a_policy_changes_is_in_the_key(kind: type[Policy]) -> None:
    policy = kind()
    rows = BASE.under(policy).resolve().phases
    same = len(rows) == 1 and np.array_equal(rows[0][1], BASE.resolve().phases[0][1])
    assert (key(BASE.under(policy)) == key(BASE)) == same
    assert key(BASE.under(replace(policy, strength=0.0))) == key(BASE) or not same


@pytest.mark.parametrize(
    "other",
    [Empowerment(level=0.91), Empowerment(level=0.9, start=3), Empowerment(level=0.9, ramp=5), Empowerment(level=0.5)],
)
def test_settings_of_a_policy_are_in_the_key(other: Policy) -> None:
    assert key(BASE.under(other)) != key(BASE.under(Empowerment(level=0.9)))


def test_what_it_is_called_is_not_in_the_key() -> None:
    assert key(BASE.change(name="x"), "x", "y") == key(BASE)
    plain, titled = Training() + Rapport(), together(Training(), Rapport(), title="People first")
    assert key(BASE.under(plain)) == key(BASE.under(titled))


@pytest.mark.parametrize(
    "again",
    [
        BASE.change(years=0.1, warm_up=0),
        Scenario.from_toml(BASE.to_toml()),
        BASE.override(**dict(reversed(BASE.parameters.items()))),
        BASE.override(market_size=int(BASE.parameters["market_size"])),
        BASE.change(years=np.float64(0.1)),
    ],
    ids=["int", "toml", "order", "whole number", "numpy"],
)
def test_another_spelling_of_the_same_has_the_same_key(again: Scenario) -> None:
    assert key(again) == key(BASE)


def test_text_with_a_unit_is_the_number_that_it_means() -> None:
    assert key(BASE.override(contact_delay="24 h")) == key(BASE.override(contact_delay="1 days"))
    shape = load()["weekday_weight"].value
    assert isinstance(shape, tuple)
    assert key(BASE.override(weekday_weight=list(shape))) == key(BASE.override(weekday_weight=shape))


def test_the_order_of_segments_is_in_the_key() -> None:
    """It decides who belongs to which; here nothing else tells them apart but their patience."""
    several = [name for name, p in load().items() if p.by_segment and name != "segment_share"]
    even = {name: dict.fromkeys(("regular", "priority"), load()[name].value) for name in several}
    one = BASE.override(**even, segment_share={"regular": 0.5, "priority": 0.5})
    two = BASE.override(**even, segment_share={"priority": 0.5, "regular": 0.5})
    assert np.array_equal(one.resolve().base, two.resolve().base)
    assert key(one) != key(two)


OPEN = [name for name, p in load().items() if isinstance(p.value, float) and not p.by_segment and p.low is not None]


@given(st.sampled_from(OPEN), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_keys_are_equal_only_for_equal_values(name: str, one: float, two: float) -> None:
    p = load()[name]
    found = []
    for share in (one, two):
        try:
            scenario = BASE.override(**{name: p.low + share * (p.high - p.low)})
            found.append((key(scenario), scenario.parameters[name]))
        except ValueError:
            return
    (first, low), (second, high) = found
    assert (first == second) == (low == high)


# -- the model -------------------------------------------------------------------------------------------------------


def test_all_code_that_a_run_loads_is_in_the_generation() -> None:
    names = "sim.engines.readable, sim.engines, sim.outcomes.measures, sim.running.record"
    loaded = {name for name in elsewhere(f"import sys, {names}; print(*sys.modules)").split() if name.startswith("sim")}
    loaded = {name for name in loaded if name.partition(".")[0] == "sim"}
    empty = {"sim.model", "sim.inputs", "sim.outcomes", "sim.running", "sim.model.rules", "sim.model.steps"}
    assert {name for name in empty if vars(import_module(name)).get("__all__")} == set()
    rest = loaded - set(model.MODULES) - set(NOT_CODE) - empty
    assert {name for name in rest if not name.startswith(ITS_EFFECT_IS_IN_THE_TABLES)} == set()


def test_the_generation_is_the_same_in_every_process_and_with_every_engine_loaded() -> None:
    code = "import sim.running.store; {}print(sim.running.store.generation())"
    loaded = "import sim.engines.compiled, sim.charts; "
    found = {elsewhere(code.format(""), PYTHONHASHSEED=seed) for seed in ("0", "1", "77")}
    assert found | {elsewhere(code.format(loaded), PYTHONHASHSEED="5")} == {generation()}


def test_no_thing_of_the_model_is_known_by_its_address() -> None:
    assert not [name for name in model.MODULES if " at 0x" in model._module(import_module(name))]


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (steady_state, "ROUNDS", 3),
        (tables, "KERNEL_REACH", 7),
        (graph, "FULLEST", 0.5),
        (measures, "CES_POINTS", 7),
        (measures, "LEFT", measures.LEFT[:-1]),
        (measures, "CATALOGUE", dict(list(measures.CATALOGUE.items())[:-1])),
        (measures, "CATALOGUE", {n: replace(m, value=lambda p: 0.0) for n, m in measures.CATALOGUE.items()}),
        (sim.inputs.scenario, "YEAR_DAYS", 364),
        (import_module("sim.model.clock"), "YEAR_DAYS", 364),
    ],
)
def test_a_constant_that_is_changed_in_memory_changes_the_generation(
    module: object, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = generation()
    assert not why_not()
    monkeypatch.setattr(module, name, value)
    assert generation() != before
    assert "changed in this process" in why_not()
    monkeypatch.undo()
    assert generation() == before
    assert not why_not()


def test_a_default_of_a_rule_and_a_method_are_in_the_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    before = generation()
    with monkeypatch.context() as patch:
        patch.setattr(loyalty.habit_after, "__defaults__", (0.5,))
        assert generation() != before
    with monkeypatch.context() as patch:
        patch.setattr(Scenario, "days", property(lambda self: 10))
        assert generation() != before
    with monkeypatch.context() as patch:
        patch.setattr(start._settled.__wrapped__, "__code__", (lambda basis: ()).__code__)
        assert generation() != before
    assert generation() == before


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (loyalty, "habit_after"),
        (start, "build"),
        (measures, "measure"),
        (readable.Company, "run"),
        (sim.inputs.scenario, "base_table"),
        (import_module("sim.running.record"), "record"),
    ],
)
def test_a_function_of_somebody_else_stops_storing(module: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, name, lambda *arguments: None)
    assert f".{name} " in why_not().replace(",", " ")
    assert why_not().endswith("not the model's own")


class Longer(Scenario):
    @property
    def days(self) -> int:
        return super().days + 30


def test_a_scenario_of_ones_own_kind_is_not_stored() -> None:
    assert why_not([BASE, Longer()]) == "Longer is not the model's own"


def test_the_inventory_lists_what_is_compiled() -> None:
    """So that a constant that only the compiled engine reads is in the generation too."""
    assert set(inventory.MODEL) <= set(model.MODULES)


def test_nothing_is_stored_while_the_model_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "runs.sqlite"
    tiny = BASE.override(market_size=200)
    sim.run(tiny, replications=1, engine="readable", workers=1, store=store)
    with monkeypatch.context() as patch:
        patch.setattr(steady_state, "ROUNDS", 3)
        found = sim.run(tiny, replications=2, engine="readable", workers=1, store=store)
    assert found.manifest["from_store"] == 0
    assert "so nothing is stored" in capsys.readouterr().err
    with opened(store) as held:
        assert held.cells()["replications"].tolist() == [1]


CHANGED_FIRST = """
import sys, sim, sim.engines.start.steady_state
sim.engines.start.steady_state.ROUNDS = int(sys.argv[1])
tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0.0)
found = sim.run(tiny, replications=2, engine="readable", workers=int(sys.argv[3]), store=sys.argv[2])
print(found.manifest["from_store"], found.replications["value"].sum())
"""


def test_a_model_that_was_changed_before_its_first_run_has_runs_of_its_own(tmp_path: Path) -> None:
    def run(rounds: int, workers: int = 1) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CHANGED_FIRST, str(rounds), str(tmp_path / "runs.sqlite"), str(workers)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    usual, other, again = run(steady_state.ROUNDS).stdout.split(), run(1).stdout.split(), run(1).stdout.split()
    assert (usual[0], other[0], again[0]) == ("0", "0", "2")
    assert usual[1] != other[1] == again[1]
    refused = run(2, workers=2)  # worker processes load the model as it is installed
    assert refused.returncode != 0
    assert "not that of its workers" in refused.stderr
