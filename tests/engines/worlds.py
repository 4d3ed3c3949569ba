"""Small companies of every kind, for tests that run thousands of them."""

from hypothesis import strategies as st

from sim.inputs import evidence
from sim.inputs.policies import CATALOGUE, Bundle
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS

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

CHANNELS = (
    "channel_wait", "channel_quality", "channel_promises", "channel_recovery", "channel_issues",
    "channel_word_of_mouth", "channel_staff",
)  # fmt: skip
ANSWERED = (
    "survey_answer_delighted", "survey_answer_satisfied", "survey_answer_dissatisfied", "survey_answer_poor",
)  # fmt: skip
# What is a chance or a share, and turns on what is done or happens by it.
SHARES = (
    "feedback_registered", "feedback_survey", "feedback_team", "fix_effect", "review_probability", "review_routine",
    "review_invited", "review_reply", "survey_asked", "argue", "argue_saves", "pest_share", "pest_rule",
    "pest_spotted", "pest_mistaken", "fired_tells", "updates", "update_missed", "promise_capacity", "callback",
    "single_owner", "extra_purchase", "extra_step", "free_help", "admit", "empathy", "follow_up", "loyalty_reward",
    "delivery_promised", "delivery_broken", "premium",
)  # fmt: skip

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
# The mechanisms of the levers, driven as far as they go.
PUSHED = {
    "every mechanism": EVERYTHING | {"issue_ambient": 0.2, "enquiry_probability": 0.8, "reward_after": 10.0},
    "every mechanism, all ways closed": EVERYTHING | dict.fromkeys(CHANNELS, 0),
    "heard of once, fixed at once": {
        "cause_rate": 365.0, "cause_excess": 0.05, "cause_life": 50.0, "feedback_times": 1.0, "feedback_survey": 1.0,
        "fix_lead": 0.0, "fix_effect": 1.0, "complain_minor": 1.0,
    },
    "a cause every day that hardly ever ends": {
        "cause_rate": 400.0, "cause_excess": 0.002, "cause_life": 100_000.0, "feedback_registered": 1.0,
        "feedback_times": 0.0, "fix_effect": 0.0, "fix_lead": 3.0,
    },
    "everybody pesters, and is let go": {
        "pest_share": 1.0, "pest_rule": 1.0, "pest_spotted": 1.0, "enquiry_probability": 1.0, "fired_tells": 1.0,
    },
    "everybody pesters without end": {"pest_share": 1.0, "pest_volume": 1e9, "enquiry_probability": 1.0},
    "nobody pesters, all are taken for it": {"pest_share": 0.0, "pest_rule": 1.0, "pest_mistaken": 1.0},
    "everybody is called back in turn": {
        "callback": 1.0, "callback_threshold": 0.0, "callback_felt": 1.0, "patience_mean": 0.01,
        "handling_enquiry": 60.0, "enquiry_probability": 1.0, "purchase_gap_mean": 5.0,
    },
    "no update ever comes": {
        "updates": 1.0, "update_missed": 1.0, "promise_minor": 1.0, "complain_minor": 1.0, "issue_ambient": 0.5,
        "solve_issue": 0.3,
    },
    "far more is promised than can be kept": {
        "promise_level": 1.0, "promise_lift": 1.0, "promise_strain": 50.0, "promise_haste": 1.0, "promise_load": 50.0,
        "delivery_promised": 1.0, "promise_minor": 1.0, "complain_minor": 1.0, "pressure_reference": 0.01,
    },
    "far less is promised than can be kept": {
        "promise_level": -1.0, "promise_lift": 1.0, "promise_strain": 50.0, "promise_haste": 1.0,
        "promise_capacity": 1.0, "delivery_promised": 1.0, "delivery_broken": 1.0, "issue_ambient": 0.3,
    },
    "all that goodwill is worth is asked": {"premium": 1.0, "premium_from": 0.0, "premium_resistance": 50.0},
    "nobody thinks highly enough to pay more": {"premium": 1.0, "premium_from": 1.0},
    "everybody reviews everything": {
        "review_probability": 1.0, "review_routine": 1.0, "review_invited": 1.0, "review_reply": 1.0,
        "rating_prior": 0.0, "rating_memory": 0.01, "join_rating_slope": 50.0, "issue_ambient": 0.5,
    },
    "everybody answers every survey": {
        "survey_asked": 1.0, **dict.fromkeys(ANSWERED, 1.0), "survey_delay": 0.0, "survey_noise": 1.0,
        "survey_leniency": 1.0,
    },
    "an argument about everything": {
        "issue_misunderstanding": 1.0, "argue": 1.0, "argue_loss": 1.0, "argue_saves": 1.0, "argue_anger": 1.0,
        "complain_minor": 1.0, "issue_ambient": 0.0,
    },
    "moods swing from day to day": {
        "attitude_spread": 1, "attitude_top": 1.0, "attitude_peers": 1.0, "attitude_strain": 50.0, "employees": 4,
        "quit_rate": 20.0, "quit_cap": 20.0, "hire_lag": 1.0,
    },
    "everything for everybody": {
        "extra_purchase": 1.0, "extra_quality": 1.0, "extra_told": 1.0, "extra_step": 1.0, "free_help": 1.0,
        "follow_up": 1.0, "follow_up_success": 1.0, "admit": 1.0, "admit_gain": 1.0, "empathy": 1.0,
        "empathy_calm": 1.0, "empathy_solve": 1.0, "single_owner": 1.0, "loyalty_reward": 1.0, "reward_after": 0.0,
        "reward_share": 1.0, "reward_habit": 1.0, "issues_first": 1, "issue_ambient": 0.3, "compensation_level": 10.0,
    },
}  # fmt: skip


@st.composite
def mechanisms(draw) -> dict[str, float]:
    """Any mixture of mechanisms, at any strength, with any ways closed by which they work."""
    strengths = st.sampled_from([0.0, 0.0, 0.3, 1.0])
    return {
        **dict(zip(SHARES, draw(st.tuples(*[strengths] * len(SHARES))), strict=True)),
        **dict.fromkeys(draw(st.sets(st.sampled_from(CHANNELS), max_size=2)), 0),
        "issue_misunderstanding": draw(st.sampled_from([0.0, 0.2])),
        "cause_rate": draw(st.sampled_from([0.0, 10.0, 400.0])), "cause_excess": draw(st.sampled_from([0.001, 0.1])),
        "cause_life": draw(st.sampled_from([3.0, 500.0])), "feedback_times": draw(st.sampled_from([1.0, 3.0])),
        "fix_lead": draw(st.sampled_from([0.0, 10.0])), "rating_prior": draw(st.sampled_from([0.0, 30.0])),
        "attitude_spread": draw(st.integers(0, 1)), "attitude_strain": draw(st.sampled_from([0.0, 0.8, 5.0])),
        "issues_first": draw(st.integers(0, 1)), "callback_threshold": draw(st.sampled_from([0.0, 1.0])),
        "promise_level": draw(st.sampled_from([-1.0, 0.0, 0.4, 1.0])), "pest_volume": draw(st.sampled_from([0.0, 4.0])),
        "promise_load": draw(st.sampled_from([0.0, 2.0])), "reward_after": draw(st.sampled_from([0.0, 30.0])),
        "survey_delay": draw(st.sampled_from([0.0, 20.0])), "compensation_level": draw(st.sampled_from([0.0, 1.5])),
    }  # fmt: skip


@st.composite
def everything_planned(draw) -> Bundle:
    """All policies of the catalogue at once, each at its own strength and from its own day on."""
    strength = st.sampled_from([0.0, 0.3, 1.0])
    parts = [
        kind(strength=draw(strength), start=draw(st.integers(0, 30)), ramp=draw(st.sampled_from([0, 3])))
        for kind in CATALOGUE.values()
    ]
    return Bundle(tuple(parts))


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
    parameters |= draw(mechanisms())
    reading = draw(st.sampled_from(list(evidence.readings())))
    settings = {"years": draw(st.integers(1, 60)) / YEAR_DAYS, "seed": draw(st.integers(0, 2**64))}
    return BASE.change(warm_up=0.0, reading=reading, fresh=draw(st.booleans()), **settings).override(**parameters)


def pushed(name: str) -> Scenario:
    """One of PUSHED, that begins with everybody a customer: else many of them would begin without any."""
    return small(**PUSHED[name]).change(fresh=True)


def small(**parameters) -> Scenario:
    return BASE.change(years=DAYS / YEAR_DAYS, warm_up=0.0).override(**{**SMALL, **parameters})
