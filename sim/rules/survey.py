"""What somebody answers in a survey, beside what was felt."""

from sim.rules.chance import clipped

POINTS = 5


def answered_score(felt: float, leniency: float, noise: float) -> float:
    """Score that somebody would answer: felt + leniency + noise, kept in [0, 1].

    leniency: how much friendlier people answer than they feel; noise: a normal error, in scores.

    >>> answered_score(0.5, 0.25, 0.0), answered_score(0.9, 0.25, 0.0)
    (0.75, 1.0)
    """
    return clipped(felt + leniency + noise)


def points(score: float, delighted: float, satisfied: float, dissatisfied: float) -> int:
    """Points from 1 to 5 for a score: 5 from the bound for delight on, 4 from that for content, 2 from the lowest on.

    3 is the upper half between the lower two bounds. Four and five points count as satisfied.

    >>> [points(x, 0.85, 0.7, 0.4) for x in (0.9, 0.7, 0.6, 0.4, 0.1)]
    [5, 4, 3, 2, 1]
    """
    if score >= delighted:
        return POINTS
    if score >= satisfied:
        return POINTS - 1
    if score >= 0.5 * (satisfied + dissatisfied):
        return POINTS - 2
    return POINTS - 3 if score >= dissatisfied else 1
