"""From a level of empowerment to one money limit.

A level is a quantile of the pooled amounts of the cases that need authority in the reference mix of requests and issues
(without policies): the money ladder's limit is the amount below which that share of them lies.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

import sim.model.columns as t
from sim.model.state import Params

KINDS = (0, 1, 2)


def reference_mix(base: Params) -> np.ndarray:
    """Cases a purchase that come to the company and need authority: requests, minor, major (3,), over all segments."""
    mix = np.zeros(3)
    for s in range(base.shape[1]):
        issue = base[t.ISSUE_AMBIENT, s] + base[t.ISSUE_MISUNDERSTANDING, s]
        issue += base[t.DELIVERY_PROMISED, s] * base[t.DELIVERY_BROKEN, s]
        issue = min(issue, 1.0)
        major = base[t.MAJOR_SHARE, s]
        asked = (1.0 - issue) * base[t.ENQUIRY_PROBABILITY, s] * base[t.REQUEST_SHARE, s]
        cases = (
            asked,
            issue * (1.0 - major) * base[t.COMPLAIN_MINOR, s],
            issue * major * base[t.COMPLAIN_MAJOR, s],
        )
        for k in KINDS:
            mix[k] += base[t.SEGMENT_SHARE, s] * cases[k] * base[t.AUTHORITY_REQUEST + k, s]
    return mix


def share_below(base: Params, amount: float) -> float:
    """Share of the pooled authority cases whose amount (money) is at most this."""
    mix = reference_mix(base)
    if amount <= 0.0 or mix.sum() == 0.0:
        return 0.0
    s2 = math.log1p(float(base[t.AMOUNT_CV, 0]) ** 2)
    means = [base[t.AMOUNT_REQUEST + k, 0] * base[t.AMOUNT_AUTHORITY, 0] for k in KINDS]
    if s2 == 0.0:
        return float(sum(w for w, m in zip(mix, means, strict=True) if m <= amount) / mix.sum())
    shares = [scipy.special.ndtr((math.log(amount / m) + 0.5 * s2) / math.sqrt(s2)) if m > 0 else 1.0 for m in means]
    return float(np.dot(mix, shares) / mix.sum())


def limit_for(base: Params, level: float) -> float:
    """Money limit for a level of the ladder: 0 at level 0, none (infinite) at level 1."""
    if level <= 0.0 or reference_mix(base).sum() == 0.0:
        return 0.0
    if level >= 1.0:
        return math.inf
    top = 1.0
    while share_below(base, top) < level:
        top *= 2.0
    return float(scipy.optimize.brentq(lambda amount: share_below(base, amount) - level, 0.0, top, xtol=1e-9))


def limits(base: Params, params: Params) -> np.ndarray:
    """Limit of each segment's level of empowerment in ``params``, on the reference mix of ``base``: (segments,)."""
    return np.array([limit_for(base, float(level)) for level in params[t.EMPOWERMENT]])
