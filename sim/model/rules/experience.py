"""Quality of an episode, the surprise in it, and what it leaves behind."""

import math

from sim.model.rules.chance import clipped

DELIGHTED, SATISFIED, DISSATISFIED, POOR = range(4)


def quality(outcome: float, factors: float, outcome_weight: float) -> float:
    """Quality of an episode (score): outcome_weight * outcome + (1 - outcome_weight) * factors.

    outcome: worth of how the case ended; factors: weighted mean of the seven factors; all scores.

    >>> quality(0.8, 0.6, 0.5)
    0.7
    """
    return outcome_weight * outcome + (1.0 - outcome_weight) * factors


def speed_factor(wait: float, wait_scale: float, days: float, days_scale: float, weight: float) -> float:
    """Speed felt (score): weight * exp(-wait / wait_scale) + (1 - weight) * exp(-days / days_scale).

    wait: minutes spent waiting and on hold; days: days from the first contact to the end of the case;
    weight: of the minutes, the rest being that of the days.

    >>> speed_factor(0.0, 8.0, 0.0, 4.0, 0.5)
    1.0
    """
    return weight * math.exp(-wait / wait_scale) + (1.0 - weight) * math.exp(-days / days_scale)


def served_factor(courtesy: float, competence: float, weight: float) -> float:
    """Courtesy and competence felt (score, or a sum of scores): weight * courtesy + (1 - weight) * competence.

    >>> served_factor(0.5, 1.0, 0.5)
    0.75
    """
    return weight * courtesy + (1.0 - weight) * competence


def personal_factor(plain: float, rapport: float, share: float) -> float:
    """Personal interaction felt (score), by the share of contacts in which rapport was built.

    >>> personal_factor(0.5, 1.0, 0.5)
    0.75
    """
    return plain + (rapport - plain) * share


def information_factor(base: float, repeat: float, explanations: float) -> float:
    """Being kept informed (score): base * repeat^(explanations - 1); every explanation after the first costs.

    >>> information_factor(0.8, 0.5, 2)
    0.4
    """
    return base * math.pow(repeat, explanations - 1.0) if explanations > 1.0 else base


def felt(q: float, expected: float, tolerance: float, gain: float, loss_ratio: float) -> float:
    """Experience felt (score): quality plus the surprise outside the zone of tolerance.

    q + gain * (q - expected -/+ tolerance), a loss weighing ``loss_ratio`` times a gain; inside the zone nothing is
    added (Oliver 1980; Anderson and Sullivan 1993; zone of tolerance: Zeithaml, Berry and Parasuraman 1993).

    >>> felt(0.7, 0.72, 0.05, 0.2, 2.0)
    0.7
    """
    d = q - expected
    if d > tolerance:
        return clipped(q + gain * (d - tolerance))
    if d < -tolerance:
        return clipped(q + gain * loss_ratio * (d + tolerance))
    return clipped(q)


def satisfaction_class(x: float, delighted: float, satisfied: float, dissatisfied: float) -> int:
    """Class of an experience felt: 0 delighted, 1 satisfied, 2 dissatisfied, 3 really poor, by lower bounds.

    >>> satisfaction_class(0.5, 0.85, 0.7, 0.42)
    2
    """
    if x >= delighted:
        return DELIGHTED
    if x >= satisfied:
        return SATISFIED
    return DISSATISFIED if x >= dissatisfied else POOR


def learned(old: float, new: float, weight: float) -> float:
    """Exponential smoothing: what is expected (or thought) after one more episode.

    >>> learned(0.5, 1.0, 0.2)
    0.6
    """
    return old + weight * (new - old)
