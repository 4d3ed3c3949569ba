"""The documents' own programmes: each document's levers together, and all of them.

A bundle takes the levers that its document asks for, with the settings of a policy by default. Levers whose claims
have some evidence (grade A to C) work in full. Those that nothing but advice backs (grade D) are ``discounted``: only
a share ``bundle_strength`` of their effect is believed, while their cost is paid in full, because costs are certain.
All levers at full effect together would make a company better than any that was ever observed. Pricing is in no
bundle: that better service earns a premium is an outcome that documents claim, and the price is a decision of its own.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import unknown
from sim.inputs.policies.authority import Empowerment, Escalation, SecondOpinion
from sim.inputs.policies.care import ExtraStep, FreeHelp, SomethingExtra
from sim.inputs.policies.listening import EarnedMedia, Feedback, InviteComplaints, Listening, ThreeTimesRule
from sim.inputs.policies.loyalty import LoyaltyReward, PestRule
from sim.inputs.policies.people import Attitude, Empathy, Rapport, Training, Venting
from sim.inputs.policies.policy import Bundle, Policy, PolicyError, in_time
from sim.inputs.policies.promises import Promises, Transparency, Updates
from sim.inputs.policies.recovery import Admission, Belief, FollowUp, Recovery
from sim.inputs.policies.routing import Callback, Priorities, ServiceTarget, SingleOwner

SMART = Bundle(
    (
        SecondOpinion(discounted=True),  # S: one to say yes, two to say no
        Rapport(discounted=True),  # M: make every customer feel special
        ExtraStep(),  # M: go beyond what is expected
        Promises(),  # A: always keep a promise
        Recovery(),  # R: to recover is divine
        Admission(discounted=True),  # R: admit the mistake
        FollowUp(),  # R: turn the angry customer into a happy one
        Attitude(discounted=True),  # T: how one acts reflects on the firm
        Empathy(discounted=True),  # T: think like the customer
    ),
    "SMART principles",
)
TEN_KEYS = Bundle(
    (
        Belief(discounted=True),  # 1
        InviteComplaints(),  # 2 complain
        Empowerment(),  # 3 my manager, 4 empowerment
        Escalation(),  # 3 my manager
        Training(),  # 4: training employees to decide
        Feedback(discounted=True),  # 5
        ThreeTimesRule(discounted=True),  # 5
        Venting(),  # 6 kick the cat
        Listening(),  # 6: easy feedback to the management
        Admission(discounted=True),  # 7 mistake
        Promises(),  # 8 overpromise
        EarnedMedia(),  # 9
        PestRule(),  # 10
    ),
    "Ten keys",
)
SEVEN_FACTORS = Bundle(
    (
        ServiceTarget(),  # 1 speed and time
        Callback(),  # 1
        Priorities(),  # 1
        Rapport(discounted=True),  # 2 personal interaction
        Promises(),  # 3 expectations
        Training(),  # 4 courtesy and competence
        Updates(),  # 5 information
        Attitude(discounted=True),  # 6 attitude
        LoyaltyReward(discounted=True),  # 7 long-term relationships
    ),
    "Seven factors",
)
TEN_RULES = Bundle(
    (
        ServiceTarget(),  # 1 trust: by the first ring; 2 do not make customers wait
        Rapport(discounted=True),  # 1: a personalised experience
        Priorities(),  # 2: a quick resolution of a reported problem
        Callback(),  # 2
        SingleOwner(),  # 2: nobody explains again
        Escalation(),  # 2: nor is passed on
        Promises(),  # 3
        FreeHelp(discounted=True),  # 4 helpful without profit
        Empathy(discounted=True),  # 5 listen
        SomethingExtra(discounted=True),  # 6
        ExtraStep(),  # 7
        Recovery(),  # 8 deal with complaints
        FollowUp(),  # 8
        Training(),  # 9
        Empowerment(),  # 2 and 9: authority for those at the front
        Feedback(discounted=True),  # before the rules: ask customers unprompted
        Transparency(discounted=True),  # 10
    ),
    "Ten rules",
)
ATTITUDE_DOCUMENT = Bundle(
    (
        Attitude(discounted=True),
        Rapport(discounted=True),
        Empathy(discounted=True),
        Feedback(discounted=True),
        Listening(),
    ),
    "Attitude document",
)
DOCUMENTS = (SMART, TEN_KEYS, SEVEN_FACTORS, TEN_RULES, ATTITUDE_DOCUMENT)


def together(*policies: Policy | Bundle, title: str = "") -> Bundle:
    """Put policies and bundles in force together; a lever that several of them ask for alike is pulled once.

    Unlike ``a + b``, which keeps every part, so that two bundles with a lever in common set one parameter twice and are
    refused. Levers that they set differently are refused all the same, when a scenario is run with them.

    Parameters
    ----------
    title : what it is called; the labels of what was put together unless given.

    Examples
    --------
    >>> both = together(BUNDLES["smart"], BUNDLES["attitude-document"])
    >>> both.label, len(both.parts)
    ('SMART principles + Attitude document', 11)
    """
    parts = dict.fromkeys(part for policy in policies for part in policy.parts)
    return Bundle(tuple(parts), title or " + ".join(policy.label for policy in policies))


UNION = together(*DOCUMENTS, title="All five documents")

BUNDLES: dict[str, Bundle] = {
    "smart": SMART,
    "ten-keys": TEN_KEYS,
    "seven-factors": SEVEN_FACTORS,
    "ten-rules": TEN_RULES,
    "attitude-document": ATTITUDE_DOCUMENT,
    "union": UNION,
}


def bundle(name: str, *, strength: float = 1.0, start: float | str = 0.0, ramp: float | str = 0.0) -> Bundle:
    """Return a document's bundle, all its parts at a strength, from a day on, over a ramp.

    Parameters
    ----------
    name : a key of ``BUNDLES``.
    strength : 0 (nothing changes) to 1 (as the module describes it); parts that are discounted remain so.
    start, ramp : days after the start of the measured period, and days over which it grows; text such as "1 years"
        will do.

    Raises
    ------
    PolicyError : no such bundle, or a setting that cannot be.

    Examples
    --------
    >>> bundle("ten-keys", strength=0.5).label
    'Ten keys x0.5'
    """
    if name not in BUNDLES:
        raise PolicyError(unknown("bundle", name, BUNDLES))
    found = BUNDLES[name]
    try:
        parts = tuple(replace(part, strength=strength, start=start, ramp=ramp) for part in found.parts)
    except PolicyError as error:
        raise PolicyError(f"bundle {name}: {error}") from error
    first = parts[0]
    return Bundle(parts, found.title + in_time(first.strength, float(first.start), float(first.ramp)))
