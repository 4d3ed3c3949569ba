"""Small companies of every kind, for tests that run thousands of them."""

from hypothesis import strategies as st

from sim import evidence
from sim.scenario import Scenario
from sim.state import YEAR_DAYS

BASE = Scenario.load("small_company")
SMALL = {"market_size": 200, "employees": 1, "purchase_gap_mean": 20.0}
DAYS = 45

# Every mechanism at work at once.
EVERYTHING = {
    "cause_rate": 60.0, "cause_excess": 0.01, "cause_life": 60.0, "fix_lead": 5.0, "fix_effect": 0.6,
    "feedback_times": 3.0, "feedback_registered": 0.5, "feedback_survey": 0.2, "feedback_team": 0.3,
    "review_probability": 0.2, "review_routine": 0.05, "review_invited": 0.1, "review_reply": 0.4, "rating_prior": 5.0,
    "join_rating_slope": 0.6, "survey_asked": 0.7, "argue": 0.6, "issue_misunderstanding": 0.1, "attitude_spread": 1,
    "attitude_peers": 0.05, "attitude_strain": 0.6, "pest_share": 0.3, "pest_rule": 0.8, "pest_mistaken": 0.02,
    "updates": 0.6, "update_missed": 0.3, "promise_level": 0.5, "promise_capacity": 0.4, "callback": 0.5,
    "callback_threshold": 0.2, "issues_first": 1, "single_owner": 0.5, "extra_purchase": 0.2, "extra_step": 0.4,
    "free_help": 0.5, "admit": 0.5, "empathy": 0.5, "follow_up": 0.6, "compensation_level": 1.5,
    "loyalty_reward": 0.7, "reward_after": 100.0, "premium": 0.1, "venting": 0.5, "delivery_promised": 0.6,
}  # fmt: skip

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
