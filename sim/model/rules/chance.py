"""Turning a uniform number into a quantity."""

import math

HALF = 0.5
"""What rounds to the nearest whole number, and what makes a middle of two; no number of the model."""
ENDLESS = 1 << 40
"""Failures before a success that never comes: more than a run has trials."""
MOST_SKIPPED = 1e9
"""Failures beyond which no run counts."""


def expit(x: float) -> float:
    """Logistic function 1 / (1 + exp(-x)): log odds to a probability, without overflow.

    >>> expit(0.0)
    0.5
    """
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def logit(p: float) -> float:
    """Log odds ln(p / (1 - p)) of a probability strictly inside (0, 1).

    >>> logit(0.5)
    0.0
    """
    return math.log(p / (1.0 - p))


def exponential(u: float, mean: float) -> float:
    """Exponential quantity of the given mean: -mean ln u, in the unit of the mean.

    >>> exponential(math.exp(-1.0), 6.0)
    6.0
    """
    return -mean * math.log(u)


def normal_quantile(u: float) -> float:
    """Standard normal quantile (Wichura 1988, algorithm AS 241, PPND16; relative error about 1e-16).

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    q = u - 0.5
    if math.fabs(q) <= 0.425:
        return _normal_middle(q)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    x = _normal_near(r - 1.6) if r <= 5.0 else _normal_far(r - 5.0)
    return -x if q < 0.0 else x


def _normal_middle(q: float) -> float:
    r = 0.180625 - q * q
    top = 2.5090809287301226727e3
    top = (top * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4
    top = (top * r + 4.5921953931549871457e4) * r + 1.3731693765509461125e4
    top = (top * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2
    top = top * r + 3.3871328727963666080e0
    low = 5.2264952788528545610e3
    low = (low * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4
    low = (low * r + 2.1213794301586595867e4) * r + 5.3941960214247511077e3
    low = (low * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1
    low = low * r + 1.0
    return q * top / low


def _normal_near(r: float) -> float:
    top = 7.74545014278341407640e-4
    top = (top * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1
    top = (top * r + 1.27045825245236838258e0) * r + 3.64784832476320460504e0
    top = (top * r + 5.76949722146069140550e0) * r + 4.63033784615654529590e0
    top = top * r + 1.42343711074968357734e0
    low = 1.05075007164441684324e-9
    low = (low * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2
    low = (low * r + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1
    low = (low * r + 1.67638483018380384940e0) * r + 2.05319162663775882187e0
    low = low * r + 1.0
    return top / low


def _normal_far(r: float) -> float:
    top = 2.01033439929228813265e-7
    top = (top * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3
    top = (top * r + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1
    top = (top * r + 1.78482653991729133580e0) * r + 5.46378491116411436990e0
    top = top * r + 6.65790464350110377720e0
    low = 2.04426310338993978564e-15
    low = (low * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5
    low = (low * r + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2
    low = (low * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1
    low = low * r + 1.0
    return top / low


def lognormal(u: float, mean: float, cv: float) -> float:
    """Lognormal quantity of the given mean and coefficient of variation, in the unit of the mean.

    mean * exp(s z - s^2 / 2) with s^2 = ln(1 + cv^2).

    >>> lognormal(0.3, 5.0, 0.0)
    5.0
    """
    s2 = math.log1p(cv * cv)
    return mean * math.exp(math.sqrt(s2) * normal_quantile(u) - HALF * s2)


def skipped(u: float, chance: float) -> int:
    """Failures before the next success of independent trials with this chance each (a large number when it is 0).

    >>> skipped(0.9, 0.5), skipped(0.1, 0.5)
    (0, 3)
    """
    if chance <= 0.0:
        return ENDLESS
    if chance >= 1.0:
        return 0
    skip = math.log(u) / math.log1p(-chance)
    return int(skip) if skip < MOST_SKIPPED else ENDLESS


def faded(value: float, elapsed: float, memory: float) -> float:
    """What is left of a value after a time: value * exp(-elapsed / memory), both times in one unit.

    >>> faded(0.5, 0.0, 2.0)
    0.5
    """
    return value * math.exp(-elapsed / memory)


def clipped(x: float) -> float:
    """Return x kept inside [0, 1].

    >>> clipped(1.2), clipped(-1.0), clipped(0.3)
    (1.0, 0.0, 0.3)
    """
    if x < 0.0:
        return 0.0
    return 1.0 if x > 1.0 else x
