"""Small companies of every kind, for tests that run thousands of them."""

from hypothesis import strategies as st

from sim import evidence
from sim.scenario import Scenario
from sim.state import YEAR_DAYS

BASE = Scenario.load("small_company")
SMALL = {"market_size": 200, "employees": 1, "purchase_gap_mean": 20.0}
DAYS = 45

EXTREMES = {
    "no agents": {"employees": 0},
    "no managers, all held": {"managers": 0, "hold_share": 1.0, "empowerment": 0.0},
    "no managers, all transferred": {"managers": 0, "hold_share": 0.0, "empowerment": 0.0},
    "everyone impatient": {"patience_mean": 0.01, "issue_ambient": 0.5},
    "all issues, all major": {"issue_ambient": 1.0, "major_share": 1.0, "complain_major": 1.0},
    "all issues, all minor, everybody complains": {"issue_ambient": 1.0, "major_share": 0.0, "complain_minor": 1.0},
    "nobody complains": {"issue_ambient": 1.0, "complain_minor": 0.0, "complain_major": 0.0},
    "one person": {"market_size": 1},
    "two people, all tell": {"market_size": 2, "tell_delighted": 1.0, "tell_poor": 1.0, "retell": 1.0},
    "all need authority, all held": {
        "authority_request": 1.0, "authority_minor": 1.0, "authority_major": 1.0, "request_share": 1.0,
        "empowerment": 0.0, "hold_share": 1.0, "issue_ambient": 0.3,
    },
    "all need authority, all transferred": {
        "authority_request": 1.0, "authority_minor": 1.0, "authority_major": 1.0, "request_share": 1.0,
        "empowerment": 0.0, "hold_share": 0.0, "issue_ambient": 0.3,
    },
    "every promise broken with a word": {
        "issue_ambient": 0.5, "promise_minor": 1.0, "promise_major": 1.0, "promise_kept": 0.0, "promise_told": 1.0,
        "complain_minor": 1.0,
    },
    "every promise broken without": {
        "issue_ambient": 0.5, "promise_minor": 1.0, "promise_major": 1.0, "promise_kept": 0.0, "promise_told": 0.0,
        "complain_minor": 1.0,
    },
    "nothing is ever solved": {
        "solve_enquiry": 0.0, "solve_issue": 0.0, "solve_competence": 0.0, "contact_again": 1.0,
        "opinion_use": 0.0,
    },
    "everybody retells": {"tell_delighted": 1.0, "tell_satisfied": 1.0, "retell": 1.0, "enquiry_probability": 1.0},
    "a purchase every day": {"purchase_gap_mean": 1.0, "purchase_gap_cv": 0.0, "market_size": 60},
    "agents quit at once": {"quit_rate": 300.0, "quit_cap": 300.0, "hire_lag": 1.0, "employees": 4},
    "staffing follows": {"staffing_follows": 1, "staffing_lag": 5.0},
    "few hours of patience, long handling": {"handling_enquiry": 400.0, "patience_mean": 300.0},
}  # fmt: skip


@st.composite
def scenarios(draw) -> Scenario:
    """Any small company: up to 300 people and 60 days, ordinary or odd."""
    share, chance = st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.05, 0.3, 1.0])
    parameters = {
        "market_size": draw(st.integers(1, 300)), "employees": draw(st.integers(0, 4)),
        "managers": draw(st.integers(0, 2)), "patience_mean": draw(st.sampled_from([0.01, 3.0, 60.0])),
        "purchase_gap_mean": draw(st.sampled_from([2.0, 15.0, 60.0])), "issue_ambient": draw(chance),
        "major_share": draw(share), "complain_minor": draw(share), "complain_major": draw(share),
        "enquiry_probability": draw(share), "request_share": draw(share), "authority_request": draw(share),
        "authority_minor": draw(share), "hold_share": draw(share), "empowerment": draw(share),
        "empowerment_form": draw(st.integers(0, 1)), "hold_limit": draw(st.sampled_from([0.0, 6.0, 600.0])),
        "redial_probability": draw(share), "contact_again": draw(share), "promise_kept": draw(share),
        "promise_told": draw(share), "promise_minor": draw(share), "announce": draw(st.integers(0, 1)),
        "retell": draw(st.sampled_from([0.0, 0.1, 1.0])), "word_of_mouth": draw(share),
        "join_probability": draw(st.sampled_from([0.0, 0.05, 1.0])), "stake_routine": draw(share),
        "avoid_mean": draw(st.sampled_from([0.01, 2.0])), "hire_lag": draw(st.sampled_from([0.0, 20.0])),
        "staffing_follows": draw(st.integers(0, 1)), "quit_rate": draw(st.sampled_from([0.0, 0.4, 50.0])),
        "quit_cap": 50.0, "recovery_paradox": draw(st.integers(0, 1)),
    }  # fmt: skip
    reading = draw(st.sampled_from(list(evidence.readings())))
    settings = {"years": draw(st.integers(1, 60)) / YEAR_DAYS, "seed": draw(st.integers(0, 2**64))}
    return BASE.change(warm_up=0.0, reading=reading, fresh=draw(st.booleans()), **settings).override(**parameters)


def small(**parameters) -> Scenario:
    return BASE.change(years=DAYS / YEAR_DAYS, warm_up=0.0).override(**{**SMALL, **parameters})
