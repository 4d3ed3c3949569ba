"""Named random numbers: every draw is a function of what it is for, never of when it is made.

``u = f(seed, stream, entity, occasion)`` with a counter-based hash (two rounds of the finaliser of SplitMix64, Steele,
Lea and Flood 2014). One more draw, person or policy therefore shifts nobody else's draws, and two policies that run
under the same seed meet the same customers on the same days (common random numbers by construction).

Keys, the one table of them:

==============  =======================================  ==================================================
what is drawn   entity                                   occasion
==============  =======================================  ==================================================
person at start person                                   0
moment          person                                   number of the person's moment
case            person                                   ``occasion(moment, kind, 0, 0)``
touch           person                                   ``occasion(moment, kind, touch, 0)``
listener        teller (a reteller: the reteller)        ``occasion(moment, kind, 0, nth told)`` of the story
agent           ``seat << 32 | generation``              day
company         0 (before the start of the run: 1)       day (before the start: days before it)
bare queue      number of the arrival                    attempt
==============  =======================================  ==================================================

A stream is keyed by its name, so that adding one changes no other.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
SECOND = 0xD1B54A32D192ED03
FIRST_MULTIPLIER = 0xBF58476D1CE4E5B9
SECOND_MULTIPLIER = 0x94D049BB133111EB
# 52 bits and a half step: u lies strictly inside (0, 1) and never rounds up to 1.
KEEP = 12
STEP = 1.0 / (1 << 52)

STREAMS = (
    "disposition", "segment", "activity", "edge_count", "edge_near", "edge_target", "start_standing", "start_phase",
    "start_age", "start_gap", "consider_gap", "join", "purchase_gap", "base_stay", "issue", "severity", "complain",
    "enquiry", "request", "routine_tell", "contact_day", "contact_time", "reopen_time", "patience", "redial",
    "redial_delay", "rapport", "handling", "solve", "opinion", "opinion_success", "amount", "authority",
    "decide_alone", "hold", "manager_duty", "manager_time", "approve", "wrong", "promise", "promise_due",
    "promise_kept", "promise_told", "contact_again", "angry", "stay", "avoid_time", "tell", "tell_count",
    "first_listener", "stranger", "retell", "quit", "day_factor",
    "arrival_gap", "arrival_class", "service", "needs_manager", "manager_service", "tolerance", "try_again",
    "try_again_delay", "return", "return_delay",
    "cause_opens", "cause_life", "register", "pest", "pester", "let_go", "let_go_told", "review", "update",
    "update_missed", "admit", "argue", "empathy", "extra", "extra_step", "free_help", "follow_up",
    "follow_up_success", "callback", "owner", "survey_asked", "survey_answered", "survey_noise",
    "survey_likely", "survey_delay", "delivery",
)  # fmt: skip
(
    DISPOSITION, SEGMENT, ACTIVITY, EDGE_COUNT, EDGE_NEAR, EDGE_TARGET, START_STANDING, START_PHASE,
    START_AGE, START_GAP, CONSIDER_GAP, JOIN, PURCHASE_GAP, BASE_STAY, ISSUE, SEVERITY, COMPLAIN,
    ENQUIRY, REQUEST, ROUTINE_TELL, CONTACT_DAY, CONTACT_TIME, REOPEN_TIME, PATIENCE, REDIAL,
    REDIAL_DELAY, RAPPORT, HANDLING, SOLVE, OPINION, OPINION_SUCCESS, AMOUNT, AUTHORITY,
    DECIDE_ALONE, HOLD, MANAGER_DUTY, MANAGER_TIME, APPROVE, WRONG, PROMISE, PROMISE_DUE,
    PROMISE_KEPT, PROMISE_TOLD, CONTACT_AGAIN, ANGRY, STAY, AVOID_TIME, TELL, TELL_COUNT,
    FIRST_LISTENER, STRANGER, RETELL, QUIT, DAY_FACTOR,
    ARRIVAL_GAP, ARRIVAL_CLASS, SERVICE, NEEDS_MANAGER, MANAGER_SERVICE, TOLERANCE, TRY_AGAIN,
    TRY_AGAIN_DELAY, RETURN, RETURN_DELAY,
    CAUSE_OPENS, CAUSE_LIFE, REGISTER, PEST, PESTER, LET_GO, LET_GO_TOLD, REVIEW, UPDATE, UPDATE_MISSED, ADMIT,
    ARGUE, EMPATHY, EXTRA, EXTRA_STEP, FREE_HELP, FOLLOW_UP, FOLLOW_UP_SUCCESS, CALLBACK, OWNER, SURVEY_ASKED,
    SURVEY_ANSWERED, SURVEY_NOISE, SURVEY_LIKELY, SURVEY_DELAY, DELIVERY,
) = range(len(STREAMS))  # fmt: skip

# An occasion packs (moment, kind, touch, nth); the widths are checked where the numbers are counted up.
KIND_BITS = 3
TOUCH_BITS = 8
NTH_BITS = 14


def mix(z: int) -> int:
    """Finaliser of SplitMix64 on a 64-bit integer.

    >>> mix(0), hex(mix(GOLDEN))
    (0, '0xe220a8397b1dcdaf')
    """
    z = ((z ^ (z >> 30)) * FIRST_MULTIPLIER) & MASK
    z = ((z ^ (z >> 27)) * SECOND_MULTIPLIER) & MASK
    return z ^ (z >> 31)


def stream_keys(seed: int, replication: int = 0) -> NDArray[np.uint64]:
    """Return one 64-bit key a stream for ``seed`` and ``replication``: shape (streams,)."""
    root = mix((mix((seed + GOLDEN) & MASK) + replication * SECOND) & MASK)
    names = [int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little") for name in STREAMS]
    return np.array([mix(root ^ name) for name in names], dtype=np.uint64)


def occasion(moment: int, kind: int, touch: int, nth: int) -> int:
    """Pack what a draw of a case is for into one integer.

    >>> occasion(1, 0, 0, 0) == 1 << (KIND_BITS + TOUCH_BITS + NTH_BITS)
    True
    """
    return (((moment << KIND_BITS | kind) << TOUCH_BITS | touch) << NTH_BITS) | nth


def uniform(keys: NDArray[np.uint64], stream: int, entity: int, occasion: int) -> float:
    """Draw the uniform number in (0, 1) that belongs to this stream, entity and occasion.

    >>> uniform(stream_keys(1), JOIN, 2, 3) == uniform(stream_keys(1), JOIN, 2, 3)
    True
    """
    z = (int(keys[stream]) + entity * GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * FIRST_MULTIPLIER) & MASK
    z = ((z ^ (z >> 27)) * SECOND_MULTIPLIER) & MASK
    z = ((z ^ (z >> 31)) + occasion * SECOND) & MASK
    z = ((z ^ (z >> 30)) * FIRST_MULTIPLIER) & MASK
    z = ((z ^ (z >> 27)) * SECOND_MULTIPLIER) & MASK
    return (((z ^ (z >> 31)) >> KEEP) + 0.5) * STEP


def uniforms(
    keys: NDArray[np.uint64], stream: int, entity: NDArray[np.int64], occasion: NDArray[np.int64] | int
) -> NDArray[np.float64]:
    """Return :func:`uniform` for arrays of entities and occasions, bit for bit the same numbers."""
    times = np.asarray(occasion, dtype=np.uint64) * np.uint64(SECOND)
    z = _mix_block(np.uint64(keys[stream]) + entity.astype(np.uint64) * np.uint64(GOLDEN))
    z = _mix_block(z + times)
    return ((z >> np.uint64(KEEP)).astype(np.float64) + 0.5) * STEP


def _mix_block(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST_MULTIPLIER)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND_MULTIPLIER)
    return z ^ (z >> np.uint64(31))
