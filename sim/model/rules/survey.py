"""What somebody answers in a survey, beside what was felt."""

from sim.model.rules.chance import HALF, clipped

ONE_POINT, TWO_POINTS, THREE_POINTS, FOUR_POINTS, POINTS = range(1, 6)
RECOMMEND = 10
"""The warmest answer to whether somebody would recommend a company, from 0: the scale of the Net Promoter Score."""
PROMOTER_FROM, DETRACTOR_TO = 9, 6
"""From which answer on somebody is a promoter, and up to which a detractor, as the Net Promoter Score has it."""


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
        return FOUR_POINTS
    if score >= HALF * (satisfied + dissatisfied):
        return THREE_POINTS
    return TWO_POINTS if score >= dissatisfied else ONE_POINT


def recommendation(u: float, promoter: float, detractor: float) -> int:
    """Answer from 0 to 10 to whether somebody would recommend the company.

    u: share of people in the same mood who answer more warmly; promoter, detractor: chances to answer 9 or 10, and 0 to
    6, at that mood. The answers of a class are equally likely, an assumption that no figure of the model rests on.

    >>> [recommendation(u, 0.4, 0.35) for u in (0.1, 0.3, 0.45, 0.6, 0.66, 0.99)]
    [10, 9, 8, 7, 6, 0]
    """
    if u < promoter:
        return RECOMMEND if u < HALF * promoter else PROMOTER_FROM
    if 1.0 - u < detractor:
        answer = int((DETRACTOR_TO + 1) * (1.0 - u) / detractor)
        return answer if answer < DETRACTOR_TO else DETRACTOR_TO
    return PROMOTER_FROM - 1 if u - promoter < HALF * (1.0 - promoter - detractor) else DETRACTOR_TO + 1
