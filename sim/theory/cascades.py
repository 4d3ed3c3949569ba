"""How far a story spreads: cascades on a random graph, and the Bass curve of a well-mixed market."""

import math

import numpy as np
import scipy
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from sim.theory.arguments import require_not_negative, require_positive, require_share
from sim.theory.figures import CascadeFigures

# How close to 1 the shares of degrees must add up, and how close to certain extinction the root is sought.
SUM_ERROR, NEAREST = 1e-9, 1e-12


def cascade(degrees: ArrayLike, pass_on: float) -> CascadeFigures:
    """Figures of a story that one person chosen at random tells once on a large configuration-model graph.

    Each tie passes the story on with chance T, independently (bond percolation). With
    G0(x) = sum of p(k) x^k, G1 = G0' / G0'(1), u the smallest root of u = G1(y) and y = 1 + (u - 1) T:
    reproduction = T G1'(1); chance of a global cascade = share reached = 1 - G0(y);
    mean small outbreak = 1 + T u G0'(y) / (G0(y) (1 - T G1'(y))),
    which is 1 + T G0'(1) / (1 - T G1'(1)) below the threshold.

    Parameters
    ----------
    degrees : p(k), share of people with k ties, k = 0, 1, ...; adds to 1.
    pass_on : T, chance that a tie passes the story on, 0-1, the same for all. Where tellers differ (some tell
        nobody), the share reached still holds with the mean T, but a global cascade is less likely.

    Source: Newman 2002, Physical Review E 66, 016128; with differing tellers Kenah & Robins 2007, 76.

    >>> cascade([0, 0, 0, 0, 1], pass_on=1 / 2).reproduction
    1.5
    """
    everyone = _degree_law(degrees)
    require_share("cascade", "pass_on", pass_on)
    mean_degree = float(everyone.deriv()(1))
    excess = everyone.deriv() / mean_degree if mean_degree > 0 else Polynomial([1.0])
    reproduction = pass_on * float(excess.deriv()(1))
    root = _extinction(excess, pass_on, reproduction)
    silent = 1 + (root - 1) * pass_on
    spread = 1 - pass_on * float(excess.deriv()(silent))
    further = pass_on * root * float(everyone.deriv()(silent)) / float(everyone(silent)) if root > 0 else 0.0
    share = 1 - float(everyone(silent)) if reproduction > 1 else 0.0
    small = 1 + further / spread if spread > 0 else math.inf
    return CascadeFigures(reproduction=reproduction, mean_small_outbreak=small, p_global=share, share_reached=share)


def bass_share(times: ArrayLike, innovation: float, imitation: float) -> NDArray:
    """Share of people who have adopted by time t: F(t) = (1 - exp(-(p + q) t)) / (1 + (q / p) exp(-(p + q) t)).

    Parameters
    ----------
    times : t, 0 or more, any shape.
    innovation : p, rate of adopting on one's own, per unit of time, above 0.
    imitation : q, rate of adopting from others when all others have adopted, per unit of time.

    Source: Bass 1969, Management Science 15(5).
    """
    require_positive("bass_share", "innovation", innovation)
    require_not_negative("bass_share", "imitation", imitation)
    decay = np.exp(-(innovation + imitation) * np.asarray(times, dtype=float))
    return (1 - decay) / (1 + imitation / innovation * decay)


def bass_peak_time(innovation: float, imitation: float) -> float:
    """Time at which adoptions peak: ln(q / p) / (p + q), or 0 when q <= p. Arguments as in `bass_share`."""
    require_positive("bass_peak_time", "innovation", innovation)
    require_not_negative("bass_peak_time", "imitation", imitation)
    if imitation <= innovation:
        return 0.0
    return math.log(imitation / innovation) / (innovation + imitation)


def _degree_law(degrees: ArrayLike) -> Polynomial:
    shares = np.asarray(degrees, dtype=float)
    if shares.ndim != 1 or not (shares >= 0).all() or abs(shares.sum() - 1) > SUM_ERROR:
        raise ValueError(
            f"cascade: the shares of degrees add to {shares.sum():.6g}; give the share of people with "
            "0, 1, ... ties, none below 0, so that they add to 1"
        )
    return Polynomial(shares)


def _extinction(excess: Polynomial, pass_on: float, reproduction: float) -> float:
    """Chance that a story told along a tie goes no further than a small outbreak."""
    if reproduction <= 1:
        return 1.0

    def gap(going_on: float) -> float:
        return float(excess(1 - going_on * pass_on)) - (1 - going_on)

    if gap(NEAREST) >= 0:
        return 1.0
    return 1 - float(scipy.optimize.brentq(gap, NEAREST, 1, xtol=NEAREST * NEAREST))
