"""Promises: what they do to expectations, and what it takes to keep them."""

from sim.model.rules.chance import expit, logit


def strain(level: float, by_level: float, pressure: float, reference: float, by_load: float, capacity: float) -> float:
    """Log odds of keeping a promise that are lost: by_level * level + by_load * max(0, p / p0 - 1) - capacity.

    level: how much is promised, from -1 (less than can be kept) to 1 (far more); p, p0: work pressure and its
    reference; capacity: log odds that capacity set aside for promises adds.

    >>> strain(1.0, 1.2, 0.7, 0.7, 0.6, 0.0), strain(0.0, 1.2, 1.4, 0.7, 0.6, 0.0)
    (1.2, 0.6)
    """
    over = pressure / reference - 1.0
    return by_level * level + by_load * (over if over > 0.0 else 0.0) - capacity


def kept_chance(base: float, lost: float) -> float:
    """Chance to keep a promise: expit(logit base - lost), with ``lost`` from :func:`strain`.

    >>> kept_chance(0.85, 0.0), round(kept_chance(0.5, logit(0.75)), 12)
    (0.85, 0.25)
    """
    return _shifted(base, -lost)


def broken_chance(base: float, lost: float) -> float:
    """Chance to break a promise of which a share ``base`` is broken without strain.

    >>> broken_chance(0.03, 0.0), round(broken_chance(0.5, logit(0.75)), 12)
    (0.03, 0.75)
    """
    return _shifted(base, lost)


def _shifted(base: float, by: float) -> float:
    if by == 0.0 or base <= 0.0 or base >= 1.0:
        return base
    return expit(logit(base) + by)


def promised(expected: float, level: float, lift: float, usual: float) -> float:
    """Expectation (score) after a promise: drawn a share lift * |level| of the way to what is promised.

    Much promises the best, 1. Little promises as far below what is usual as the best is above it, 2 usual - 1, but no
    less than 0, and draws nobody up who expects less. Boulding, Kalra, Staelin and Zeithaml 1993: what is promised is
    expected.

    >>> promised(0.5, 1.0, 0.2, 0.75), promised(1.0, -1.0, 0.2, 0.75), promised(0.5, 0.0, 0.2, 0.75)
    (0.6, 0.9, 0.5)
    """
    if level >= 0.0:
        return expected + lift * level * (1.0 - expected)
    little = usual + usual - 1.0
    if little < 0.0:
        little = 0.0
    return expected + lift * level * (expected - little) if expected > little else expected


def promised_days(days: float, level: float, haste: float) -> float:
    """Days until a promise falls due: days * (1 - haste * level); who promises much promises it soon.

    >>> promised_days(2.0, 1.0, 0.25), promised_days(2.0, 0.0, 0.25)
    (1.5, 2.0)
    """
    return days * (1.0 - haste * level)
