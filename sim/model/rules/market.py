"""Joining: what makes a prospect a customer."""

import math

from sim.model.rules.chance import expit, logit


def join_chance(base: float, slope: float, goodwill: float, neutral: float, heard: float, shift: float) -> float:
    """Chance that a prospect joins when considering: expit(logit base + slope (goodwill - neutral + heard) + shift).

    base: chance of a neutral prospect who heard nothing; slope: log odds a unit of score; goodwill: own attitude
    (score); neutral: attitude of somebody without experience; heard: what others said, in [-1, 1]; shift: log odds
    that the public rating, what is promised and the price add.

    >>> round(join_chance(0.05, 3.5, 0.5, 0.5, 0.0, 0.0), 6)
    0.05
    """
    if base <= 0.0:
        return 0.0
    if base >= 1.0:
        return 1.0
    return expit(logit(base) + slope * (goodwill - neutral + heard) + shift)


def appeal(stars: float, by_star: float, level: float, by_level: float, premium: float, resistance: float) -> float:
    """Log odds of joining that are not a matter of the prospect: rating, promises and price.

    by_star * stars + by_level * level - resistance * ln(1 + premium); stars: rating above its reference; level: how
    much is promised; premium: what is asked above the price.

    >>> appeal(1.0, 0.35, 0.0, 0.5, 0.0, 2.6), appeal(0.0, 0.35, 1.0, 0.5, 0.0, 2.6)
    (0.35, 0.5)
    """
    return by_star * stars + by_level * level - resistance * math.log1p(premium)
