"""What a policy gives back for what it costs itself.

Return on investment = (change of profit before the policy's own costs - those costs) / those costs = change of profit
/ own costs, where own costs are those of starting and running the programme (measures launch and programmes) above the
baseline's, over all years that were run. Work, compensation and whatever else a policy moves are in the profit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from sim.outcomes import statistics
from sim.studies.choose.figures import Figures

PROFIT, OWN_COSTS = "profit", ("programmes", "launch")


class Return(NamedTuple):
    """Own costs (money), return on them with Fieller's interval (a ratio), and the probability that it is above 0.

    All but the costs are NaN for a policy whose own costs are not clearly above the baseline's.
    """

    costs: float
    ratio: float = np.nan
    low: float = np.nan
    high: float = np.nan
    positive: float = np.nan


def returned(found: Figures, place: int, level: float) -> Return:
    """Return on investment of a policy against the baseline."""
    if any(name not in found.values for name in (PROFIT, *OWN_COSTS)):
        return Return(np.nan)
    costs = np.sum([found.difference(name, place, 0) for name in OWN_COSTS], axis=0)
    gain = found.difference(PROFIT, place, 0)
    own = statistics.mean_interval(costs, level)
    if not own.low > 0:
        return Return(own.mean)
    try:
        ratio = statistics.ratio_interval(gain.tolist(), costs.tolist(), level, "own costs")
    except statistics.NearZeroError:
        return Return(own.mean)
    return Return(own.mean, ratio.mean, ratio.low, ratio.high, _above_zero(gain))


def _above_zero(gain: np.ndarray) -> float:
    """Share of the t posterior of the mean above zero: with costs above zero, that of the return too."""
    found = statistics.mean_interval(gain)
    if found.se == 0:
        return float(found.mean > 0)
    return float(scipy.special.stdtr(found.n - 1, found.mean / found.se))
