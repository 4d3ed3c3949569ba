"""The contract between the engines: one scenario and seed is one history, bit for bit, whichever engine tells it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import sim.model.state as s
from sim.contact_centre import QueueError
from sim.contact_centre.description import describe, examples, read
from sim.contact_centre.replication import replicate
from sim.engines import History, branches, run
from sim.inputs.policies import CATALOGUE, FAMILIES, Bundle, Policy
from sim.inputs.scenario import Scenario
from tests.engines.balance import check, watched
from tests.engines.worlds import BASE, EXTREMES, PUSHED, everything_planned, pushed, scenarios, small

YEAR = 365
BUSY = BASE.change(years=90 / YEAR, warm_up=30 / YEAR)
BUSY = BUSY.override(
    market_size=3000, employees=1, managers=1, purchase_gap_mean=8.0, issue_ambient=0.2, retell=0.02,
    enquiry_probability=1.0, request_share=0.5, authority_request=0.6, manager_minutes=25.0, hold_limit=3.0,
    opinion_use=0.5, patience_mean=15.0, promise_kept=0.8,
)  # fmt: skip


def same(scenario: Scenario, replication: int = 0, logging: bool = True) -> None:
    readable, compiled = (
        run(scenario, replication, engine=engine, logging=logging) for engine in ("readable", "compiled")
    )
    assert readable.digest() == compiled.digest()
    same_segments(readable, compiled)


def same_segments(one: History, other: History) -> None:
    """What is noted by segment is not part of the digest, and the same all the same."""
    for name in ("by_segment", "by_segment_f", "cohort_by_segment"):
        assert np.array_equal(getattr(one.state, name), getattr(other.state, name)), name


# -- companies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replication", [0, 1])
def test_the_default_company(replication):
    same(Scenario.load("default").change(years=15 / YEAR, warm_up=5 / YEAR), replication)


@pytest.mark.slow
def test_the_default_company_for_a_year():
    same(Scenario.load("default").change(years=1.0, warm_up=0.0), logging=False)


@pytest.mark.parametrize("logging", [True, False])
def test_the_small_company(logging):
    same(BASE.change(years=0.3, warm_up=0.1), logging=logging)


@pytest.mark.parametrize("people", [1, 2, 37, 600, 2047, 2049, 70_000])
def test_companies_of_several_sizes(people):
    days = 40 if people < 10_000 else 4
    same(small(market_size=people, issue_ambient=0.2).change(years=days / YEAR))


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_policy(name):
    same(BUSY.under(CATALOGUE[name](start=20, ramp=15)))


def test_all_policies_together():
    same(BUSY.under(Bundle(tuple(kind(start=10 * k) for k, kind in enumerate(CATALOGUE.values())))))


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_companies(name):
    same(small(**EXTREMES[name]))


@pytest.mark.parametrize("name", PUSHED)
def test_companies_whose_mechanisms_are_driven_as_far_as_they_go(name):
    same(pushed(name))


# Whole minutes pile events up at the same instants, where the rule of ties decides.
WHOLE = {
    "handling_cv": 0.0, "handling_enquiry": 10.0, "handling_request": 10.0, "handling_minor": 10.0,
    "handling_major": 10.0, "wrap_minutes": 5.0, "manager_cv": 0.0, "manager_minutes": 20.0, "manager_duty_share": 0.0,
    "pressure_elasticity": 0.0, "experience_slow": 1.0, "experience_gain": 0.0, "rapport_minutes": 0.0,
    "rapport_saving": 0.0, "explain_minutes": 0.0, "opinion_minutes": 5.0, "hold_limit": 5.0,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_times_in_whole_minutes(seed):
    same(BUSY.override(**WHOLE | {"employees": 2 + seed % 2}).change(seed=seed))


def test_busy_companies_are_busy():
    """Where nobody waits, nothing is said of lines: these are long, and everything that can happen in one does."""
    in_minutes = BUSY.override(**WHOLE | {"employees": 2}).change(seed=0)
    runs = (run(scenario, r, engine="compiled") for scenario in (BUSY, in_minutes) for r in range(3))
    total = sum(history.state.board.sum(axis=1) for history in runs)
    assert total[s.WAITED_SOME] > 400
    for row in (s.ABANDONED, s.REDIALS, s.HELD, s.TRANSFERRED, s.OPINIONS, s.PROMISES_BROKEN, s.ANGRY_CONTACTS):
        assert total[row] > 5
    for row in (s.HOLDS_EXPIRED, s.CALLED_BACK, s.MET_CLOSED, s.RETURNS):
        assert total[row] > 0


def test_open_around_the_clock_and_hardly_at_all():
    same(BUSY.override(open_hour=(0.0,) * 7, close_hour=(24.0,) * 7))
    same(BUSY.override(open_hour=(10.0,) * 7, close_hour=(10.5,) * 7))


def test_more_cases_than_the_first_slots_hold():
    crowd = small(market_size=5000, purchase_gap_mean=4.0).change(years=8 / YEAR, fresh=True)
    same(crowd)
    few, many = (run(scenario, engine="compiled").state.case.shape[1] for scenario in (small(), crowd))
    assert many > few


@given(scenarios(), st.integers(0, 3))
def test_any_small_company_is_the_same_on_both_engines_and_balances(scenario, replication):
    readable, overtime = watched(scenario, replication)
    check(readable, overtime)
    assert run(scenario, replication, engine="compiled", logging=True).digest() == readable.digest()


@given(scenarios(), everything_planned())
def test_any_small_company_under_every_policy_is_the_same_on_both_engines_and_balances(scenario, planned):
    led = scenario.change(years=min(scenario.years, 40 / YEAR)).under(planned)
    readable, overtime = watched(led)
    check(readable, overtime)
    assert run(led, engine="compiled", logging=True).digest() == readable.digest()


def test_a_branch_is_the_run_that_it_would_have_been():
    """Scenarios that share their past are computed together; each is what it is alone."""
    kinds = [family[-1] for family in FAMILIES.values()]
    policies = [None, *(kind(start=start) for kind, start in zip(kinds, (0, 20, 40, 7, 60, 0, 20, 40), strict=True))]
    variants = [BUSY.under(policy) for policy in policies] + [BUSY.change(seed=5)]
    found = dict(branches(variants, 1, engine="compiled"))
    assert sorted(found) == list(range(len(variants)))
    for number, scenario in enumerate(variants):
        alone = run(scenario, 1, engine="readable")
        assert found[number].digest() == alone.digest(), scenario.policies
        same_segments(found[number], alone)


@dataclass(frozen=True, kw_only=True)
class Behind(Policy):
    """A policy of one's own that puts everybody into a line that the company did not have."""

    name: ClassVar[str] = "behind"
    sentence: ClassVar[str] = "Everybody waits in the last line."
    claims: ClassVar[tuple[str, ...]] = ()

    def changes(self, base):
        return [("priority_class", "set", 9.0), ("managers", "set", 3.0)]


def test_a_branch_may_have_lines_and_managers_that_the_stem_has_not():
    one_line = BUSY.override(priority_class=0)
    variants = [one_line, one_line.under(Behind(start=5))]
    found = dict(branches(variants, 0, engine="compiled"))
    assert found[1].digest() == run(variants[1], engine="readable").digest()


def test_a_digest_notices_the_last_bit():
    history = run(small(), engine="compiled")
    before = history.digest()
    person = history.state.person
    person[0, 0] = np.nextafter(person[0, 0], 1.0)
    assert history.digest() != before


# -- bare queues ---------------------------------------------------------------------------------------------------

PLAIN = {"agents": 6, "calls_per_hour": 50, "handling": "exponential mean 6 min", "hours": 60}
LAWS = (
    "exponential mean 6 min", "deterministic 6 min", "lognormal mean 6 min cv 1.2", "gamma mean 6 min cv 0.7",
    "hyperexponential mean 6 min cv 2",
)  # fmt: skip
MANAGERS = {"managers": 2, "needs_manager": "30%", "manager_handling": "lognormal mean 4 min cv 0.8"}
AGAIN = {
    "redial": "60%", "redial_delay": "exponential mean 5 min", "return": "20%", "return_delay": "deterministic 30 min",
}  # fmt: skip
PATIENT = {"patience": "exponential mean 3 min"}
CLASSES = [
    {"name": "urgent", "share": 0.3, "patience": "exponential mean 2 min"},
    {"name": "other", "share": 0.5},
    {"name": "last", "share": 0.2, "handling": "deterministic 4 min", "needs_manager": "50%"},
]
HALVES = [{"name": "urgent", "share": 0.5, "patience": "deterministic 2 min"}, {"name": "other", "share": 0.5}]
# By half-hour: nobody at night, ever more by day, and a leap that leaves agents with work in hand.
STAFF = [0] * 16 + [4, 5, 6, 7, 8, 9, 3, 9] * 2 + [1] * 16
KINDS = {
    **{f"handling {law}": {"handling": law, **PATIENT} for law in LAWS},
    **{f"patience {law}": {"patience": law, "agents": 5} for law in LAWS},
    "nobody gives up": {},
    "hold": {**MANAGERS, **PATIENT, "escalation": "hold"},
    "transfer": {**MANAGERS, **PATIENT, "escalation": "transfer"},
    "again and again": {**AGAIN, **PATIENT, "agents": 5},
    "classes": {**MANAGERS, **PATIENT, "classes": CLASSES},
    "agents by half-hour": {**PATIENT, **AGAIN, "agents": STAFF, "profile": [1] * 24 + [3] * 24},
    "everything": {**MANAGERS, **PATIENT, **AGAIN, "agents": STAFF, "profile": [2] * 48, "classes": CLASSES},
    "whole minutes": {
        "handling": "deterministic 6 min", "patience": "deterministic 3 min", **MANAGERS, **AGAIN,
        "manager_handling": "deterministic 2 min", "redial_delay": "deterministic 4 min", "agents": 5,
    },
    "no patience at all": {"handling": "deterministic 6 min", "patience": "deterministic 0 min", "agents": 3, **AGAIN},
}  # fmt: skip


def books(settings: dict, engine: str, folder: Path = Path(), seed: int = 4) -> str:
    left = replicate((describe(settings, folder), seed, 0, engine))
    found = hashlib.sha256()
    for array in (left.board, left.classes, left.levels):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", KINDS)
def test_bare_queues_of_every_kind(name):
    settings = PLAIN | KINDS[name]
    assert books(settings, "readable") == books(settings, "compiled")


@pytest.mark.parametrize("name", examples())
def test_shipped_queues(name):
    described, folder = read(name)
    described = {
        key: value for key, value in described.items() if key not in ("target", "max_abandon", "seed", "replications")
    }
    settings = {"agents": 8} | described | ({} if "trace" in described else {"hours": 12})
    assert books(settings, "readable", folder) == books(settings, "compiled", folder)


def test_a_trace_with_contacts_at_the_same_instants(tmp_path):
    minutes = sorted(k // 3 for k in range(300))
    rows = [
        f"{minute},{'urgent' if k % 4 else 'other'},{k % 5},{'' if k % 7 else 2}" for k, minute in enumerate(minutes)
    ]
    trace = tmp_path / "calls.csv"
    trace.write_text("minute,class,handling,patience\n" + "\n".join(rows) + "\n")
    settings = {"agents": 5, "handling": "deterministic 2 min", "patience": "deterministic 3 min", "trace": str(trace)}
    settings |= {"classes": [{"name": "urgent", "share": 0.5}, {"name": "other", "share": 0.5}], **MANAGERS, **AGAIN}
    assert books(settings, "readable") == books(settings, "compiled")


@st.composite
def queues(draw) -> dict:
    """A bare queue with times in whole minutes or continuous ones."""
    law = st.sampled_from([*LAWS, "deterministic 1 min"])
    settings = {
        "agents": draw(st.integers(1, 5)), "calls_per_hour": draw(st.sampled_from([10, 30, 60])), "hours": 4,
        "warmup_hours": draw(st.sampled_from([0, 1])), "handling": draw(law), "patience": draw(law),
        "managers": draw(st.integers(1, 2)), "needs_manager": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "manager_handling": draw(law), "escalation": draw(st.sampled_from(["hold", "transfer"])),
        "redial": draw(st.sampled_from([0.0, 0.5])), "redial_delay": draw(law),
        "return": draw(st.sampled_from([0.0, 0.3])), "return_delay": draw(law),
    }  # fmt: skip
    return settings | ({"classes": HALVES} if draw(st.booleans()) else {})


@given(queues(), st.integers(0, 2**40))
def test_any_bare_queue(settings, seed):
    try:
        describe(settings, Path())
    except QueueError:  # a line that would grow without limit
        assume(False)
    assert books(settings, "readable", seed=seed) == books(settings, "compiled", seed=seed)
