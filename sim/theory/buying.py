"""Repeat buying by customers who can leave unnoticed: the BG/NBD model and its relatives.

While a customer stays, purchases come at random at the customer's own rate lambda, Gamma(r, alpha) among customers.
After each repeat purchase the customer leaves with a chance p, Beta(a, b) among customers, independent of lambda
(Fader, Hardie & Lee 2005, Marketing Science 24(2): BG/NBD). Two relatives share its closed forms:

* with ``at_first`` a customer may leave after the very first purchase too, as in this package's model (Batislam,
  Denizel & Filiztekin 2007: MBG/NBD; Hoppe & Wagner 2007);
* with ``regularity`` k above 1 every k-th of the random moments is a purchase, so that gaps are Erlang with a CV of
  1 / sqrt(k) (Reutterer, Platzer & Schröder 2021, Int. J. of Research in Marketing 38(1): (M)BG/CNBD-k).

Time runs from a customer's first purchase, in the unit of alpha. A customer's record is the number of repeat purchases
x, the time of the last one t_x (0 without any) and the time T until which the customer was observed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sim.theory.arguments import require_count, require_positive

SINGULAR = 1e-3
"""Distance of a, or of a + b, from 1 below which expected purchases are interpolated: the closed form has poles there
that cancel; at this distance rounding costs little, and so does the interpolation."""


def bgnbd_log_likelihood(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, at_first: bool = False, regularity: int = 1,
) -> NDArray:  # fmt: skip
    """Log-likelihood of each customer's record (x, t_x, T).

    L = B(a, b + n) / B(a, b) alpha^r / Gamma(r) [sum over j < k of (T - t_x)^j / j! Gamma(r + k x + j)
    (alpha + T)^-(r + k x + j) + a / (b + n - 1) Gamma(r + k x) (alpha + t_x)^-(r + k x)], where n, the purchases after
    which the customer could leave, is x (x + 1 with ``at_first``), and the last term applies for n > 0. A factor of
    the gaps that depends on none of the shapes is left out; it is 1 for k = 1, equation 6 of Fader, Hardie & Lee.

    Parameters
    ----------
    r, alpha, a, b : shapes of the model; alpha in the unit of time.
    repeats, last, observed : x, t_x and T, of the same shape.

    Returns
    -------
    Logs, of that shape. Sources: Fader, Hardie & Lee 2005; Batislam et al. 2007; Reutterer, Platzer & Schröder 2021.

    >>> bgnbd_log_likelihood(1.0, 1.0, 1.0, 1.0, 0, 0.0, 1.0).round(6).item()  # chance 1/2 of nothing in T = 1
    -0.693147
    """
    _require_shapes("bgnbd_log_likelihood", r, alpha, a, b, regularity)
    x, t_x, t = _record("bgnbd_log_likelihood", repeats, last, observed)
    kept = scipy.special.betaln(a, b + x + at_first) - scipy.special.betaln(a, b)
    stays = scipy.special.logsumexp(_log_stages(r, alpha, x, t_x, t, regularity), axis=0)
    left = _log_left(r, alpha, a, b, x, t_x, at_first, regularity)
    return kept + r * np.log(alpha) - scipy.special.gammaln(r) + np.logaddexp(stays, left)


def bgnbd_score(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, at_first: bool = False, regularity: int = 1,
) -> NDArray:  # fmt: skip
    """Derivatives of `bgnbd_log_likelihood` with respect to r, alpha, a and b.

    Parameters
    ----------
    As in `bgnbd_log_likelihood`.

    Returns
    -------
    Derivatives of the closed form, (4, ...).

    >>> bgnbd_score(1.0, 1.0, 1.0, 1.0, 0, 0.0, 1.0).round(4).tolist()
    [-0.6931, 0.5, 0.0, 0.0]
    """
    _require_shapes("bgnbd_score", r, alpha, a, b, regularity)
    x, t_x, t = _record("bgnbd_score", repeats, last, observed)
    digamma, n = scipy.special.digamma, x + at_first
    stages, left = _log_stages(r, alpha, x, t_x, t, regularity), _log_left(r, alpha, a, b, x, t_x, at_first, regularity)
    stays = scipy.special.expit(scipy.special.logsumexp(stages, axis=0) - left)  # chance not to have left
    weight = stays * scipy.special.softmax(stages, axis=0)
    shape, leavers, known = _stage_shape(r, x, regularity), r + regularity * x, _at_stages(digamma, r, x, regularity)
    by_r = (weight * (known - np.log(alpha + t))).sum(axis=0)
    by_r += (1 - stays) * (known[0] - np.log(alpha + t_x)) + np.log(alpha) - digamma(r)
    by_alpha = r / alpha - (weight * shape).sum(axis=0) / (alpha + t) - (1 - stays) * leavers / (alpha + t_x)
    both = digamma(a + b) - digamma(a + b + n)
    by_a = both + (1 - stays) / a
    by_b = both + digamma(b + n) - digamma(b) - (1 - stays) / np.where(n > 0, b + n - 1, np.inf)
    return np.array([by_r, by_alpha, by_a, by_b])


def _stage_shape(r: float, x: NDArray, regularity: int) -> NDArray:
    """Shape of the rate by random moments j since the last purchase, (regularity, ...)."""
    return r + regularity * x + np.arange(float(regularity)).reshape(-1, *([1] * x.ndim))


def _at_stages(function: Callable[[NDArray], NDArray], r: float, x: NDArray, regularity: int) -> NDArray:
    """Values of a function at `_stage_shape`, looked up in a table: x are counts, and the functions are slow."""
    stage = np.arange(regularity).reshape(-1, *([1] * x.ndim))
    place = regularity * x.astype(np.int64) + stage
    return function(r + np.arange(place.max(initial=0) + 1))[place]


def _log_stages(r: float, alpha: float, x: NDArray, t_x: NDArray, t: NDArray, regularity: int) -> NDArray:
    """Logs of the terms of a customer who stays, by random moments j since the last purchase, (regularity, ...)."""
    stage = np.arange(float(regularity)).reshape(-1, *([1] * x.ndim))
    log_gamma = _at_stages(scipy.special.gammaln, r, x, regularity)
    moments = scipy.special.xlogy(stage, t - t_x) - scipy.special.gammaln(stage + 1)
    return moments + log_gamma - _stage_shape(r, x, regularity) * np.log(alpha + t)


def _log_left(
    r: float, alpha: float, a: float, b: float, x: NDArray, t_x: NDArray, at_first: bool, regularity: int
) -> NDArray:
    """Log of the term of those who left at their last purchase; -inf for those who could not."""
    could, shape = x + at_first > 0, r + regularity * x
    odds = np.log(a / np.where(could, b + x + at_first - 1, 1.0))
    log_gamma = _at_stages(scipy.special.gammaln, r, x, regularity)[0]
    return np.where(could, odds + log_gamma - shape * np.log(alpha + t_x), -np.inf)


def bgnbd_alive(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, at_first: bool = False, regularity: int = 1,
) -> NDArray:  # fmt: skip
    """Chance that a customer with the record (x, t_x, T) is still there at T: their share of the likelihood.

    Parameters
    ----------
    As in `bgnbd_log_likelihood`.

    Returns
    -------
    Chances. Source: Fader, Hardie & Lee 2008, Computing P(alive) using the BG/NBD model.

    >>> bgnbd_alive(1.0, 1.0, 1.0, 1.0, [0, 1], [0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 0.5]
    """
    _require_shapes("bgnbd_alive", r, alpha, a, b, regularity)
    x, t_x, t = _record("bgnbd_alive", repeats, last, observed)
    stays = scipy.special.logsumexp(_log_stages(r, alpha, x, t_x, t, regularity), axis=0)
    return scipy.special.expit(stays - _log_left(r, alpha, a, b, x, t_x, at_first, regularity))


def bgnbd_rate(
    r: float, alpha: float, repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, regularity: int = 1
) -> tuple[NDArray, NDArray]:
    """Shape and scale of the gamma distribution of the purchase rate of a customer with this record who has not left.

    Gamma(r + x, alpha + T) for k = 1. For larger k it is a mixture over the random moments since the last purchase; the
    gamma distribution of the same mean and variance is returned. (0, 0, 0) is a new customer.

    Parameters
    ----------
    As in `bgnbd_log_likelihood`.

    Returns
    -------
    Shapes and scales; the mean is shape / scale, in purchases per unit of time. Source: Reutterer, Platzer &
    Schröder 2021.

    >>> [each.item() for each in bgnbd_rate(0.5, 4.0, 2, 3.0, 6.0)]
    [2.5, 10.0]
    """
    _require_shapes("bgnbd_rate", r, alpha, 1.0, 1.0, regularity)
    x, t_x, t = _record("bgnbd_rate", repeats, last, observed)
    weight = scipy.special.softmax(_log_stages(r, alpha, x, t_x, t, regularity), axis=0)
    shape = _stage_shape(r, x, regularity)
    mean = (weight * shape).sum(axis=0)
    variance = (weight * (shape + (shape - mean) ** 2)).sum(axis=0)  # of the rate times alpha + T
    return mean * mean / variance, regularity * (alpha + t) * mean / variance


def bgnbd_purchases(shape: ArrayLike, scale: ArrayLike, a: float, b: ArrayLike, ahead: ArrayLike) -> NDArray:
    """Expected purchases within a time by a customer who has not left: E (1 - exp(-lambda p s)) / p.

    With R, A for shape and scale it is (a + b - 1) / (a - 1) [1 - (A / (A + s))^R 2F1(R, b; a + b - 1; s / (A + s))];
    with those of `bgnbd_rate`, b + x in place of b, and times `bgnbd_alive`, it is equation 10 of the source.

    Parameters
    ----------
    shape, scale : of the gamma distribution of the rate.
    a, b : shapes of the beta distribution of the chance to leave, now.
    ahead : s, the time.

    Returns
    -------
    Numbers of purchases, of the shape to which the arguments broadcast. Exact for random purchases; regular ones
    are taken at their mean rate. Source: Fader, Hardie & Lee 2005.

    >>> bgnbd_purchases(0.243, 4.414, 0.793, 2.426, 39.0).round(2).item()
    1.2
    """
    rate, time, beta, s = np.broadcast_arrays(*(np.asarray(given, dtype=float) for given in (shape, scale, b, ahead)))
    if min(abs(a - 1), np.abs(a + beta - 1).min(initial=1.0)) >= SINGULAR:
        return _expected(rate, time, a, beta, s)
    near, far = (
        (_expected(rate, time, a - step, beta, s) + _expected(rate, time, a + step, beta, s)) / 2
        for step in (2 * SINGULAR, 4 * SINGULAR)
    )
    return near + (near - far) / 3  # of the fourth order in the step


def _expected(rate: NDArray, scale: NDArray, a: float, b: NDArray, ahead: NDArray) -> NDArray:
    """Closed form; its 2F1 is turned (Pfaff), which takes the power of A / (A + s) with it."""
    return (a + b - 1) / (a - 1) * (1 - _laplace(rate, a - 1, b, ahead / scale))


def bgnbd_kept(
    shape: ArrayLike, scale: ArrayLike, a: float, b: ArrayLike, ahead: ArrayLike, by_purchases: bool = False
) -> NDArray:
    """Chance that a customer who has not left stays for a further time s: E exp(-lambda p s).

    That is 2F1(R, a; a + b; -s / A): purchases after which a customer leaves come at the rate lambda p. With
    ``by_purchases`` customers count by their rate, E lambda exp(-lambda p s) / E lambda, which puts R + 1 in place of
    R: the rate of purchases that is left after s, relative to now.

    Parameters
    ----------
    As in `bgnbd_purchases`.

    Returns
    -------
    Chances, or shares. Derived here from the model of Fader, Hardie & Lee 2005.

    >>> bgnbd_kept(1.0, 1.0, 1.0, 1.0, [0.0, 1.0]).round(6).tolist()
    [1.0, 0.693147]
    >>> bgnbd_kept(1.0, 1.0, 1.0, 1.0, [0.0, 1.0], by_purchases=True).tolist()
    [1.0, 0.5]
    """
    rate, time, beta, s = (np.asarray(given, dtype=float) for given in (shape, scale, b, ahead))
    return _laplace(rate + by_purchases, a, beta, s / time)


def _laplace(rate: NDArray, a: float, b: NDArray, ratio: NDArray) -> NDArray:
    """2F1(rate, a; a + b; -ratio), turned (Pfaff) so that its terms are positive.

    They overflow where somebody buys hundreds of times within that time: there it is turned the other way.
    """
    share = ratio / (1 + ratio)
    with np.errstate(over="ignore", invalid="ignore"):
        positive = (1 + ratio) ** -rate * scipy.special.hyp2f1(rate, b, a + b, share)
    other = (1 + ratio) ** -a * scipy.special.hyp2f1(a + b - rate, a, a + b, share)
    return np.where(np.isfinite(positive) & (positive != 0), positive, other)


def bgnbd_frequency(
    r: float, alpha: float, a: float, b: float,
    most: int, observed: float, at_first: bool = False, regularity: int = 1,
) -> NDArray:  # fmt: skip
    """Chance of x = 0, 1 ... ``most`` repeat purchases by a new customer within a time.

    B(a, b + n) / B(a, b) P(k x <= N < k x + k) + B(a + 1, b + n - 1) / B(a, b) P(N >= k x), with N the random moments
    within T, negative binomial, and n as in `bgnbd_log_likelihood`; the second term applies for n > 0. For k = 1 it is
    equation 8 of the source.

    Parameters
    ----------
    r, alpha, a, b : as in `bgnbd_log_likelihood`.
    most : the largest x.
    observed : T.

    Returns
    -------
    Chances, (most + 1,). Source: Fader, Hardie & Lee 2005.

    >>> bgnbd_frequency(1.0, 1.0, 1.0, 1.0, 1, 1.0).round(4).tolist()
    [0.5, 0.375]
    """
    _require_shapes("bgnbd_frequency", r, alpha, a, b, regularity)
    x, share = np.arange(most + 2.0), observed / (alpha + observed)
    reached = np.where(x > 0, scipy.special.betainc(np.maximum(regularity * x, 1), r, share), 1.0)
    n = x[:-1] + at_first
    stays = np.exp(scipy.special.betaln(a, b + n) - scipy.special.betaln(a, b))
    left = stays * a / np.where(n > 0, b + n - 1, np.inf)
    return stays * -np.diff(reached) + left * reached[:-1]


def _require_shapes(where: str, r: float, alpha: float, a: float, b: float, regularity: int) -> None:
    for name, value in (("r", r), ("alpha", alpha), ("a", a), ("b", b)):
        require_positive(where, name, value)
    require_count(where, "regularity", regularity)


def _record(where: str, *given: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    x, t_x, t = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in given))
    if not ((x >= 0) & (t_x >= 0) & (t_x <= t)).all():
        raise ValueError(f"{where}: a record has repeats or a time below 0, or last after observed; correct it")
    return x, t_x, t
