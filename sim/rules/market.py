"""Joining: what makes a prospect a customer."""

from sim.rules.chance import expit, logit


def join_chance(base: float, slope: float, goodwill: float, neutral: float, heard: float) -> float:
    """Chance that a prospect joins at one consideration: expit(logit base + slope (goodwill - neutral + heard)).

    base: chance of a neutral prospect who heard nothing; slope: log odds a unit of score; goodwill: own attitude
    (score); neutral: attitude of somebody without experience; heard: what others said, in [-1, 1].

    >>> round(join_chance(0.05, 3.5, 0.5, 0.5, 0.0), 6)
    0.05
    """
    if base <= 0.0:
        return 0.0
    if base >= 1.0:
        return 1.0
    return expit(logit(base) + slope * (goodwill - neutral + heard))
