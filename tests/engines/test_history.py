"""The same history: repeatable, blind to logging, processes and policies of no strength; and nobody shifts anybody."""

import os
import subprocess
import sys

import numpy as np
import pytest

import sim.model.state as s
from sim.engines import ENGINES, History, run
from sim.engines.start.graph import draw_graph
from sim.inputs.policies import CATALOGUE, Bundle
from sim.inputs.scenario import Scenario
from sim.model import draws

BASE = Scenario.load("small_company").change(years=90 / 365, warm_up=30 / 365)
BASE = BASE.override(market_size=500, purchase_gap_mean=30.0, issue_ambient=0.1)
FIRST = 500
PROGRAMME = """
import sys
from sim.engines import run
from sim.inputs.scenario import Scenario
print(run(Scenario.from_toml(sys.stdin.read()), 3, logging=True).digest())
"""


def state_bytes(history: History) -> dict[str, bytes]:
    """The final state, array by array, without what only says that there was a log."""
    kept = history.state._asdict()
    kept["company_i"] = kept["company_i"].copy()
    kept["company_i"][[s.LOGGING, s.LOG_ROWS]] = 0
    for name in ("log_i", "log_f"):
        del kept[name]
    return {name: np.ascontiguousarray(array).tobytes() for name, array in kept.items()}


@pytest.fixture(scope="module")
def baseline() -> History:
    return run(BASE)


def test_one_scenario_and_seed_is_one_history(baseline):
    again = run(BASE)
    assert again.digest() == baseline.digest()
    assert state_bytes(again) == state_bytes(baseline)


def test_other_processes_tell_the_same_history_whatever_their_hash_seed():
    def elsewhere(hash_seed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAMME],
            input=BASE.to_toml(), text=True, capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        return done.stdout.strip()

    here = run(BASE, 3, logging=True).digest()
    assert [elsewhere("0"), elsewhere("12345")] == [here, here]


def test_logging_changes_nothing_but_the_log(baseline):
    logged = run(BASE, logging=True)
    assert state_bytes(logged) == state_bytes(baseline)
    assert len(logged.log_i) > 0 == len(baseline.log_i)


def test_the_digest_sees_the_log_and_every_array(baseline):
    assert run(BASE, logging=True).digest() != baseline.digest()
    before = baseline.digest()
    for name in (
        "board", "board_f", "cohort", "person", "tally", "status", "agent", "agent_i", "company", "company_i", "cause",
        "cause_i",
    ):  # fmt: skip
        array = getattr(baseline.state, name)
        old = array.flat[-1]
        array.flat[-1] = old + 1
        changed = baseline.digest()
        array.flat[-1] = old
        assert changed != before, name
    assert baseline.digest() == before


def test_the_log_is_in_the_order_of_time():
    log = run(BASE, logging=True).log_i
    assert (np.diff(log[:, s.LOG_TIME]) >= 0).all()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_policy_of_no_strength_changes_no_byte(baseline, name):
    history = run(BASE.under(CATALOGUE[name](strength=0.0, start=10)))
    assert len(history.resolved.phases) == 2
    assert state_bytes(history) == state_bytes(baseline)


def test_all_policies_of_no_strength_together_change_no_byte_even_in_a_ramp(baseline):
    together = Bundle(tuple(kind(strength=0.0, start=5, ramp=7) for kind in CATALOGUE.values()))
    assert state_bytes(run(BASE.under(together))) == state_bytes(baseline)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_policy_changes_nothing_before_it_starts(baseline, name):
    """The board of every day before the start is the baseline's, byte for byte."""
    start = 40
    first = BASE.first_day + start
    history = run(BASE.under(CATALOGUE[name](start=start)))
    assert history.state.board[:, :first].tobytes() == baseline.state.board[:, :first].tobytes()
    assert history.digest() != baseline.digest()


@pytest.mark.parametrize("other", [{"seed": 2}, {"reading": "literature"}, {"fresh": True}])
def test_another_scenario_is_another_history(baseline, other):
    assert run(BASE.change(**other)).digest() != baseline.digest()


def test_another_replication_is_another_history(baseline):
    assert run(BASE, replication=1).digest() != baseline.digest()


def test_a_longer_run_begins_like_the_shorter_one(baseline):
    longer = run(BASE.change(years=120 / 365))
    days = BASE.days
    assert longer.state.board[:, :days].tobytes() == baseline.state.board.tobytes()


def test_nothing_that_is_passed_in_is_changed():
    scenario = BASE.under(CATALOGUE["rapport"]())
    before = scenario.to_toml()
    run(scenario)
    assert scenario.to_toml() == before


def test_an_unknown_engine_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=ENGINES[-1]):
        run(BASE, engine="diesel")


# ---- one more person ---------------------------------------------------------------------------------------------

ALONE = {
    "degree_mean": 0.0, "word_of_mouth": 0.0, "enquiry_probability": 0.0, "complain_minor": 0.0, "complain_major": 0.0,
    "join_rating_slope": 0.0, "feedback_registered": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("people", [1, 37, FIRST, 20_000])
def test_one_more_person_rewires_nobody(people):
    def edges(n: int) -> set[tuple[int, int]]:
        first, edge = draw_graph(draws.stream_keys(9), n, mean=12.0, sigma=1.2, local=0.6, window=12)
        source = np.repeat(np.arange(n), np.diff(first))
        among = (source < people) & (edge[: len(source)] < people)
        return set(zip(source[among].tolist(), edge[: len(source)][among].tolist(), strict=True))

    assert edges(people + 1) == edges(people)


@pytest.mark.parametrize("more", [1, 7])
def test_more_people_change_nobody_elses_life_when_lives_do_not_touch(more):
    """Without ties, tells, contacts, ratings and fixes nobody's final state depends on who else there is."""
    few, many = (run(BASE.override(**ALONE, market_size=n, issue_ambient=0.3)).state for n in (FIRST, FIRST + more))
    for name in ("person", "tally"):
        assert getattr(many, name)[:, :FIRST].tobytes() == getattr(few, name).tobytes(), name
    assert many.status[:, :FIRST].tobytes() == few.status.tobytes()
    assert (few.status[s.MOMENT] > 0).mean() > 0.3


def test_lives_do_touch_otherwise(baseline):
    other = run(BASE.override(market_size=FIRST + 1)).state
    assert other.person[:, :FIRST].tobytes() != baseline.state.person.tobytes()


def test_a_day_of_stories_that_everybody_retells_fits_into_the_log():
    """More rows in a day than the log holds: it is emptied between steps, and nothing is lost."""
    loud = {"market_size": 450, "issue_ambient": 1.0, "complain_minor": 0.0, "complain_major": 0.0, "retell": 1.0}
    history = run(Scenario(parameters=loud, years=1 / 365, warm_up=0.0, seed=0, fresh=True), logging=True)
    heard = int(history.state.board[s.HEARD_GOOD].sum() + history.state.board[s.HEARD_BAD].sum())
    assert len(history.log_i) > history.state.log_i.shape[1]
    assert np.count_nonzero(history.log_i[:, s.LOG_CODE] == s.LOG_HEARD) == heard
