"""Retention of customers who differ: the shifted beta-geometric model (sBG) and the beta-discrete-Weibull (BdW).

Each customer leaves with the same chance theta at every renewal; theta varies among customers as Beta(alpha, beta).
Retention rises with age because the fickle leave first, not because anybody grows loyal. In the BdW model a
customer's own chance changes with age too.
"""

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sim.theory.arguments import require_count, require_not_negative, require_positive


def sbg_survival(alpha: float, beta: float, periods: ArrayLike) -> NDArray:
    """Share of a cohort that is still there after t renewals: S(t) = B(alpha, beta + t) / B(alpha, beta).

    Parameters
    ----------
    alpha, beta : shape of the chance to leave at a renewal; its mean is alpha / (alpha + beta).
    periods : t, renewals passed, 0 or more, any shape.

    Returns
    -------
    Shares, of the shape of `periods`. Source: Fader & Hardie 2007, J. Interactive Marketing 21(1).

    >>> round(float(sbg_survival(0.668, 3.806, 1)), 3)
    0.851
    """
    _require_shape("sbg_survival", alpha, beta)
    passed = _at_least("sbg_survival", periods, 0)
    return np.exp(scipy.special.betaln(alpha, beta + passed) - scipy.special.betaln(alpha, beta))


def sbg_retention(alpha: float, beta: float, periods: ArrayLike) -> NDArray:
    """Share of those able to renew for the t-th time who do: r(t) = (beta + t - 1) / (alpha + beta + t - 1).

    Parameters
    ----------
    alpha, beta : as in `sbg_survival`.
    periods : t, number of the renewal, from 1, any shape.

    Returns
    -------
    Shares, of the shape of `periods`. Source: Fader & Hardie 2007.
    """
    _require_shape("sbg_retention", alpha, beta)
    earlier = _at_least("sbg_retention", periods, 1) - 1
    return (beta + earlier) / (alpha + beta + earlier)


def bdw_survival(alpha: float, beta: float, c: float, periods: ArrayLike) -> NDArray:
    """Share of a cohort that is still there after t renewals: S(t) = B(alpha, beta + t^c) / B(alpha, beta).

    With c above 1 a customer's own chance to leave rises with age, below 1 it falls; c = 1 is `sbg_survival`.

    Parameters
    ----------
    alpha, beta : as in `sbg_survival`.
    c : duration dependence.
    periods : t, renewals passed, 0 or more, any shape.

    Returns
    -------
    Shares, of the shape of `periods`. Source: Fader, Hardie, Liu, Davin & Steenburgh 2018, J. Interactive Marketing 43.

    >>> [round(float(bdw_survival(1.0, 1.0, c, 4)), 3) for c in (0.5, 1.0)]
    [0.333, 0.2]
    """
    _require_shape("bdw_survival", alpha, beta)
    require_positive("bdw_survival", "c", c)
    return sbg_survival(alpha, beta, _at_least("bdw_survival", periods, 0) ** c)


def sbg_through(first: float, second: float) -> tuple[float, float]:
    """Alpha and beta of the sBG model with the given survival after one and two periods.

    With q = S(2) / S(1), alpha + beta = (1 - q) / (q - S(1)) and beta = S(1) (alpha + beta): moments of theta.

    Parameters
    ----------
    first, second : S(1) and S(2); retention must rise, S(2) / S(1) > S(1).

    >>> [round(float(shape), 6) for shape in sbg_through(*sbg_survival(0.668, 3.806, [1, 2]))]
    [0.668, 3.806]
    """
    if not 0 < first * first < second < first < 1:
        raise ValueError(
            f"sbg_through: no sBG model has survival {first!r} and {second!r}; give 0 < S(1)^2 < S(2) < S(1) < 1"
        )
    retained = second / first
    total = (1 - retained) / (retained - first)
    return (1 - first) * total, first * total


def sbg_lifetime(alpha: float, beta: float, discount_rate: float) -> float:
    """Discounted expected lifetime of a new customer: sum over t >= 0 of S(t) / (1 + d)^t.

    It equals 2F1(1, beta; alpha + beta; 1 / (1 + d)); times the margin of a period, paid at its start, it is
    the customer lifetime value.

    Parameters
    ----------
    alpha, beta : as in `sbg_survival`.
    discount_rate : d for one period (0.1 is 10 %); 0 is allowed only for alpha > 1, where the sum is finite.

    Returns
    -------
    Periods. Source: Fader & Hardie 2010, Marketing Science 29(1).
    """
    _require_shape("sbg_lifetime", alpha, beta)
    return _discounted("sbg_lifetime", alpha, beta, discount_rate)


def sbg_residual_lifetime(alpha: float, beta: float, discount_rate: float, renewals: int) -> float:
    """Discounted expected remaining lifetime, just before a customer's next renewal.

    With n - 1 renewals behind, sum over t >= n of S(t) / S(n - 1) / (1 + d)^(t - n)
    = r(n) 2F1(1, beta + n; alpha + beta + n; 1 / (1 + d)).

    Parameters
    ----------
    alpha, beta, discount_rate : as in `sbg_lifetime`.
    renewals : n - 1, renewals made so far, 0 or more.

    Returns
    -------
    Periods; the first is the one that the coming renewal would buy. Source: Fader & Hardie 2010.
    """
    where = "sbg_residual_lifetime"
    _require_shape(where, alpha, beta)
    require_count(where, "renewals", renewals, least=0)
    number = renewals + 1
    return float(sbg_retention(alpha, beta, number)) * _discounted(where, alpha, beta + number, discount_rate)


def _discounted(where: str, alpha: float, beta: float, discount_rate: float) -> float:
    require_not_negative(where, "discount_rate", discount_rate)
    if discount_rate == 0 and alpha <= 1:
        raise ValueError(f"{where}: undiscounted lifetime is infinite at alpha {alpha!r}; give a discount_rate above 0")
    value = float(scipy.special.hyp2f1(1, beta, alpha + beta, 1 / (1 + discount_rate)))
    if not math.isfinite(value):
        raise ArithmeticError(f"{where}: the sum has no value at discount_rate {discount_rate!r}; give a higher one")
    return value


def _require_shape(where: str, alpha: float, beta: float) -> None:
    require_positive(where, "alpha", alpha)
    require_positive(where, "beta", beta)


def _at_least(where: str, periods: ArrayLike, least: int) -> NDArray:
    passed = np.asarray(periods, dtype=float)
    if not (passed >= least).all():
        raise ValueError(f"{where}: periods contains a number below {least}; here renewals count from {least}")
    return passed
