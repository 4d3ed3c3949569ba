"""Public reviews: who writes one, and the rating they add up to."""

from sim.model.rules.chance import clipped
from sim.model.rules.experience import DELIGHTED, POOR, SATISFIED


def review_chance(felt_class: int, base: float, extremes: float, invited: float) -> float:
    """Chance to write a review of an episode: base, times ``extremes`` for the delighted and the really poorly served.

    Those who were content follow an invitation in addition (U shape: Anderson 1998).

    >>> review_chance(0, 0.02, 3.0, 0.1), review_chance(2, 0.02, 3.0, 0.1)
    (0.16, 0.02)
    """
    chance = base * extremes if felt_class in (DELIGHTED, POOR) else base
    return clipped(chance + invited if felt_class <= SATISFIED else chance)


def rating(stars: float, weight: float, prior: float, mean: float) -> float:
    """Public rating in stars: (prior * mean + sum of stars) / (prior + sum of weights).

    prior: reviews at the prior mean that weigh in from the start; stars, weight: sums over reviews, both fading. It is
    the mean where there are neither.

    >>> rating(0.0, 0.0, 30.0, 3.5), rating(50.0, 10.0, 10.0, 3.0)
    (3.5, 4.0)
    """
    if prior + weight == 0.0:
        return mean
    return (prior * mean + stars) / (prior + weight)
