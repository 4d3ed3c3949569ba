"""Repeat buying of customers who are free to leave unseen: the BG/NBD law and its variant with leaving at once.

While a customer stays, purchases come at random at an own rate lambda, Gamma(r, alpha) among customers. After each
repeat purchase the customer leaves with an own chance p, Beta(a, b) among customers, independent of lambda (Fader,
Hardie & Lee 2005, Marketing Science 24(2): BG/NBD). With ``at_first`` the first purchase of all may be the last one
too (Batislam, Denizel & Filiztekin 2007: MBG/NBD; Hoppe & Wagner 2007), as in this model.

Time runs from a customer's first purchase, in any unit: that of alpha. What is known of somebody are the repeat
purchases x, the time of the last one t_x (0 when there is none) and the time T until which one has looked.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sim.theory.arguments import require_positive

SINGULAR = 1e-3
"""Distance of a, or of a + B, from 1 below which expected purchases are interpolated: the closed form has poles there
that cancel; at this distance the interpolation is wrong by a millionth."""


def bgnbd_log_likelihood(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, at_first: bool = False,
) -> NDArray:  # fmt: skip
    """Log-likelihood of each customer's record (x, t_x, T): equation 6 of the source, in logs.

    L = B(a, b + k) / B(a, b) Gamma(r + x) alpha^r / Gamma(r) [(alpha + T)^-(r + x) + a / (b + k - 1)
    (alpha + t_x)^-(r + x)], where k, the purchases after which one could leave, is x (x + 1 with ``at_first``), and
    the second term stands for k > 0.

    Parameters
    ----------
    r, alpha, a, b : shapes of the law; alpha in the unit of time.
    repeats, last, observed : x, t_x and T, of one shape.

    Returns
    -------
    Logs, of that shape. Sources: Fader, Hardie & Lee 2005; Batislam, Denizel & Filiztekin 2007.

    >>> bgnbd_log_likelihood(1.0, 1.0, 1.0, 1.0, 0, 0.0, 1.0).round(6).item()  # chance 1/2 of nothing in T = 1
    -0.693147
    """
    _require_shapes("bgnbd_log_likelihood", r, alpha, a, b)
    x, t_x, t = _record("bgnbd_log_likelihood", repeats, last, observed)
    k = x + at_first
    kept = scipy.special.betaln(a, b + k) - scipy.special.betaln(a, b)
    bought = scipy.special.gammaln(r + x) - scipy.special.gammaln(r) + r * np.log(alpha)
    stays = -(r + x) * np.log(alpha + t)
    return kept + bought + np.logaddexp(stays, _log_left(r, alpha, a, b, x, t_x, k))


def _log_left(r: float, alpha: float, a: float, b: float, x: NDArray, t_x: NDArray, k: NDArray) -> NDArray:
    """Log of the term of those who left at their last purchase; -inf for those who could not."""
    could = k > 0
    return np.where(could, np.log(a / np.where(could, b + k - 1, 1.0)) - (r + x) * np.log(alpha + t_x), -np.inf)


def bgnbd_alive(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, last: ArrayLike, observed: ArrayLike, at_first: bool = False,
) -> NDArray:  # fmt: skip
    """Chance that somebody with the record (x, t_x, T) has not left by T.

    1 / (1 + a / (b + k - 1) ((alpha + T) / (alpha + t_x))^(r + x)), and 1 for k = 0.

    Parameters
    ----------
    As in `bgnbd_log_likelihood`.

    Returns
    -------
    Chances. Source: Fader, Hardie & Lee 2008, Computing P(alive) using the BG/NBD model.

    >>> bgnbd_alive(1.0, 1.0, 1.0, 1.0, [0, 1], [0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 0.5]
    """
    _require_shapes("bgnbd_alive", r, alpha, a, b)
    x, t_x, t = _record("bgnbd_alive", repeats, last, observed)
    stays = -(r + x) * np.log(alpha + t)
    return scipy.special.expit(stays - _log_left(r, alpha, a, b, x, t_x, x + at_first))


def bgnbd_purchases(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, observed: ArrayLike, ahead: ArrayLike, at_first: bool = False,
) -> NDArray:  # fmt: skip
    """Purchases expected within a time after T of somebody who has not left by T; (0, 0) is a new customer.

    With R = r + x, A = alpha + T, B = b + k: (a + B - 1) / (a - 1) [1 - (A / (A + s))^R
    2F1(R, B; a + B - 1; s / (A + s))]; times `bgnbd_alive` it is equation 10 of the source.

    Parameters
    ----------
    r, alpha, a, b : as in `bgnbd_log_likelihood`.
    repeats, observed : x and T.
    ahead : s, the time after T.

    Returns
    -------
    Numbers of purchases, of the shape to which the arguments are broadcast. Source: Fader, Hardie & Lee 2005.

    >>> bgnbd_purchases(0.243, 4.414, 0.793, 2.426, 0, 0.0, 39.0).round(2).item()
    1.2
    """
    _require_shapes("bgnbd_purchases", r, alpha, a, b)
    x, t, s = np.broadcast_arrays(*(np.asarray(given, dtype=float) for given in (repeats, observed, ahead)))
    rate, scale, beta = r + x, alpha + t, b + x + at_first
    if min(abs(a - 1), np.abs(a + beta - 1).min(initial=1.0)) >= SINGULAR:
        return _expected(rate, scale, a, beta, s)
    ends = (_expected(rate, scale, end, beta, s) for end in (a - 2 * SINGULAR, a + 2 * SINGULAR))
    return np.mean(list(ends), axis=0)


def _expected(rate: NDArray, scale: NDArray, a: float, b: NDArray, ahead: NDArray) -> NDArray:
    """Closed form; its 2F1 is turned (Pfaff), which takes the power of A / (A + s) with it."""
    return (a + b - 1) / (a - 1) * (1 - _laplace(rate, a - 1, b, ahead / scale))


def bgnbd_kept(
    r: float, alpha: float, a: float, b: float,
    repeats: ArrayLike, observed: ArrayLike, ahead: ArrayLike, at_first: bool = False, by_purchases: bool = False,
) -> NDArray:  # fmt: skip
    """Chance that somebody who has not left by T does not leave for a time s either; (0, 0) is a new customer.

    E exp(-lambda p s) over Gamma(r + x, alpha + T) and Beta(a, b + k), which is 2F1(r + x, a; a + b + k;
    -s / (alpha + T)): purchases after which one leaves come at the rate lambda p. With ``by_purchases`` people count
    by their rate, E lambda exp(-lambda p s) / E lambda, which puts r + x + 1 in the place of r + x: the purchases a
    time that are left after s, relative to now.

    Parameters
    ----------
    As in `bgnbd_purchases`.

    Returns
    -------
    Chances, or shares. Derived here from the law of Fader, Hardie & Lee 2005.

    >>> bgnbd_kept(1.0, 1.0, 1.0, 1.0, 0, 0.0, [0.0, 1.0]).round(6).tolist()
    [1.0, 0.693147]
    >>> bgnbd_kept(1.0, 1.0, 1.0, 1.0, 0, 0.0, [0.0, 1.0], by_purchases=True).tolist()
    [1.0, 0.5]
    """
    _require_shapes("bgnbd_kept", r, alpha, a, b)
    x, t, s = (np.asarray(given, dtype=float) for given in (repeats, observed, ahead))
    return _laplace(r + x + by_purchases, a, b + x + at_first, s / (alpha + t))


def _laplace(rate: NDArray, a: float, b: NDArray, ratio: NDArray) -> NDArray:
    """2F1(rate, a; a + b; -ratio), turned (Pfaff) so that its terms are positive.

    They overflow where somebody buys hundreds of times within the time: there it is turned the other way.
    """
    share = ratio / (1 + ratio)
    with np.errstate(over="ignore", invalid="ignore"):
        positive = (1 + ratio) ** -rate * scipy.special.hyp2f1(rate, b, a + b, share)
    other = (1 + ratio) ** -a * scipy.special.hyp2f1(a + b - rate, a, a + b, share)
    return np.where(np.isfinite(positive) & (positive != 0), positive, other)


def bgnbd_frequency(
    r: float, alpha: float, a: float, b: float, most: int, observed: float, at_first: bool = False
) -> NDArray:
    """Chance of x = 0, 1 ... ``most`` repeat purchases of a new customer within a time: equation 8 of the source.

    B(a, b + k) / B(a, b) NB(x) + B(a + 1, b + k - 1) / B(a, b) I(T / (alpha + T); x, r), the second term for k > 0
    only; NB is the negative binomial chance of x purchases of somebody who stays, I the chance of at least x.

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
    _require_shapes("bgnbd_frequency", r, alpha, a, b)
    x = np.arange(most + 1.0)
    k, share = x + at_first, observed / (alpha + observed)
    stays = np.exp(scipy.special.betaln(a, b + k) - scipy.special.betaln(a, b))
    log_nb = scipy.special.gammaln(r + x) - scipy.special.gammaln(r) - scipy.special.gammaln(x + 1)
    nb = np.exp(log_nb + r * np.log1p(-share) + scipy.special.xlogy(x, share))
    left = stays * a / np.where(k > 0, b + k - 1, np.inf)
    reached = np.where(x > 0, scipy.special.betainc(np.maximum(x, 1), r, share), 1.0)
    return stays * nb + left * reached


def _require_shapes(where: str, r: float, alpha: float, a: float, b: float) -> None:
    for name, value in (("r", r), ("alpha", alpha), ("a", a), ("b", b)):
        require_positive(where, name, value)


def _record(where: str, *given: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
    x, t_x, t = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in given))
    if not ((x >= 0) & (t_x >= 0) & (t_x <= t)).all():
        raise ValueError(f"{where}: a record has repeats or a time below 0, or last above observed; correct it")
    return x, t_x, t
