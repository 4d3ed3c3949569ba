"""The reference customer: how the reference experiences score, and where they anchor the loyalty curves.

Computed once from a scenario's parameters without any policy, so that a policy can move what people live through but
never the yardstick. The anchors carry the published repurchase shares (TARP 1979): silent, unresolved, resolved,
resolved quickly, for a minor and for a major issue.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import sim.model.columns as t
from sim.model.clock import YEAR_DAYS
from sim.model.rules.chance import logit
from sim.model.rules.experience import felt, information_factor, personal_factor, quality, served_factor, speed_factor
from sim.model.rules.loyalty import base_stay
from sim.model.state import MAJOR_CASE, MINOR_CASE, QUICK, RESOLVED, SILENT, UNRESOLVED, Params
from sim.model.steps.quality import OUTCOMES, weighted_factors

GRADES = (SILENT, UNRESOLVED, RESOLVED, QUICK)
GRADE_NAMES = ("silent", "unresolved", "resolved", "resolved quickly")


def reference_quality(params: Params, kind: int, grade: int, segment: int) -> float:
    """Quality (score) of a reference experience: one contact when quick, else two and some days."""
    if grade == SILENT:
        return float(params[t.SILENT_MINOR if kind == MINOR_CASE else t.SILENT_MAJOR, segment])
    touches = 1 if grade == QUICK else 2
    days = 0.0 if grade == QUICK else params[t.REFERENCE_SLOW_DAYS, segment]
    wait = touches * params[t.REFERENCE_WAIT, segment]
    speed = speed_factor(
        wait, params[t.SPEED_WAIT_SCALE, segment], days, params[t.SPEED_DAYS_SCALE, segment],
        params[t.SPEED_WAIT_WEIGHT, segment],
    )  # fmt: skip
    personal = personal_factor(
        params[t.PERSONAL_PLAIN, segment], params[t.PERSONAL_RAPPORT, segment], params[t.RAPPORT, segment]
    )
    served = served_factor(
        params[t.REFERENCE_COURTESY, segment], params[t.REFERENCE_COMPETENCE, segment],
        params[t.COURTESY_WEIGHT, segment],
    )  # fmt: skip
    information = information_factor(
        params[t.INFORMATION_BASE, segment], params[t.INFORMATION_REPEAT, segment], touches
    )
    reward = params[t.REWARD_PLAIN if grade == UNRESOLVED or kind == 0 else t.REWARD_COMPENSATED, segment]
    factors = weighted_factors(
        params,
        segment,
        speed,
        personal,
        params[t.PROMISE_NONE, segment],
        served,
        information,
        params[t.ATTITUDE_TONE, segment],
        reward,
    )
    outcome = params[t.OUTCOME_ENQUIRY_QUICK + OUTCOMES * kind + (QUICK - grade), segment]
    return quality(float(outcome), float(factors), float(params[t.OUTCOME_WEIGHT, segment]))


def reference_felt(params: Params, kind: int, grade: int, segment: int) -> float:
    """What the reference customer feels (score) of a reference experience."""
    return felt(
        reference_quality(params, kind, grade, segment),
        float(params[t.REFERENCE_EXPECTATION, segment]),
        float(params[t.TOLERANCE, segment]),
        float(params[t.DISCONFIRMATION_GAIN, segment]),
        float(params[t.LOSS_RATIO, segment]),
    )


def anchor(params: np.ndarray) -> None:
    """Fill in the derived rows of the table: anchors, their log odds, and the reference chance to stay.

    Raises
    ------
    ValueError : when the reference experiences of a severity do not score in rising order.
    """
    for segment in range(params.shape[1]):
        for kind, first, curve, share in (
            (MINOR_CASE, t.ANCHOR_MINOR_SILENT, t.CURVE_MINOR_SILENT, t.REPURCHASE_MINOR_SILENT),
            (MAJOR_CASE, t.ANCHOR_MAJOR_SILENT, t.CURVE_MAJOR_SILENT, t.REPURCHASE_MAJOR_SILENT),
        ):
            scores = [reference_felt(params, kind, grade, segment) for grade in GRADES]
            _refuse_unordered(scores, kind)
            for k, score in enumerate(scores):
                params[first + k, segment] = score
                params[curve + k, segment] = logit(float(params[share + k, segment]))
        params[t.STAY_REFERENCE, segment] = _reference_stay(params, segment)


def _refuse_unordered(scores: list[float], kind: int) -> None:
    if any(b <= a for a, b in pairwise(scores)):
        shown = ", ".join(f"{name} {x:.3f}" for name, x in zip(GRADE_NAMES, scores, strict=True))
        raise ValueError(
            f"the reference experiences of a {'minor' if kind == MINOR_CASE else 'major'} issue do not score in rising "
            f"order ({shown}); change the outcome or silent scores (experience.toml) that you overrode."
        )


def _reference_stay(params: np.ndarray, segment: int) -> float:
    """Base chance to stay of the reference customer: mean disposition, mean gap, reference goodwill."""
    alpha, beta = params[t.DISPOSITION_ALPHA, segment], params[t.DISPOSITION_BETA, segment]
    goodwill = float(params[t.REFERENCE_GOODWILL, segment])
    years = float(params[t.PURCHASE_GAP_MEAN, segment]) / YEAR_DAYS
    return base_stay(float(alpha / (alpha + beta)), years, 0.0, goodwill, goodwill)
