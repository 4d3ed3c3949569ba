"""Staying: the base disposition and the two curves through the reference experiences."""

import math

from sim.model.rules.chance import clipped, expit, logit


def base_stay(disposition: float, years: float, slope: float, goodwill: float, reference: float) -> float:
    """Chance to stay through ``years`` without any issue: (1 - p)^years, p = expit(logit disposition - slope dg).

    disposition: the person's own yearly chance to leave (Beta distributed, Fader and Hardie 2007); slope: log odds a
    unit of goodwill above its reference.

    >>> round(base_stay(0.2, 1.0, 3.0, 0.7, 0.7), 12)
    0.8
    """
    if disposition <= 0.0:
        return 1.0
    if disposition >= 1.0:
        return 0.0
    p = disposition if slope == 0.0 else expit(logit(disposition) - slope * (goodwill - reference))
    return math.exp(years * math.log1p(-p)) if p < 1.0 else 0.0


def anchored(x: float, x0: float, x1: float, x2: float, x3: float, y0: float, y1: float, y2: float, y3: float) -> float:
    """Piecewise linear curve through four anchors (x rising), held flat outside.

    >>> (
    ...     anchored(0.5, 0.0, 1.0, 2.0, 3.0, 0.0, 10.0, 20.0, 30.0),
    ...     anchored(9.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0),
    ... )
    (5.0, 3.0)
    """
    if x <= x0:
        return y0
    if x >= x3:
        return y3
    if x < x1:
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    if x < x2:
        return y1 + (y2 - y1) * (x - x1) / (x2 - x1)
    return y2 + (y3 - y2) * (x - x2) / (x3 - x2)


def repurchase(curve: float, habit_shift: float, goodwill_shift: float) -> float:
    """Chance to buy again after an episode: expit of the curve's log odds, shifted by habit and goodwill.

    >>> repurchase(0.0, 0.0, 0.0)
    0.5
    """
    return expit(curve + habit_shift + goodwill_shift)


def stay_after(base: float, stake: float, loyal: float, reference: float, paradox: float) -> float:
    """Chance to stay after an episode: base * (1 - stake * (1 - min(1, loyal / reference))).

    base: the person's own chance to stay through the planned gap; stake: share of it at stake; loyal: chance to buy
    again by the curve; reference: base chance of the reference customer. A recovery never beats no failure unless
    ``paradox`` is 1 (de Matos, Henrique and Rossi 2007).

    >>> round(stay_after(0.97, 1.0, 0.82, 0.97, 0.0), 12), stay_after(0.9, 1.0, 0.99, 0.97, 0.0)
    (0.82, 0.9)
    """
    ratio = loyal / reference
    if ratio > 1.0 and paradox == 0.0:
        ratio = 1.0
    return clipped(base * (1.0 - stake * (1.0 - ratio)))


def habit_after(habit: float, rate: float) -> float:
    """Habit after one more purchase: habit + rate * (1 - habit).

    >>> habit_after(0.5, 0.5)
    0.75
    """
    return habit + rate * (1.0 - habit)


def promoter_chance(goodwill: float, middle: float, slope: float) -> float:
    """Chance to answer 9 or 10 (slope > 0) or 0 to 6 (slope < 0) on the recommendation scale, by goodwill.

    >>> promoter_chance(0.7, 0.7, 9.0)
    0.5
    """
    return expit(slope * (goodwill - middle))
