"""Screening by elementary effects (Morris): which of many parameters matter at all, in few runs.

A trajectory visits one point more than there are parameters; from one point to the next one parameter makes a step of
two thirds of its range, wherever the others happen to be. Its elementary effect is what that changes, per full range:

    EE = (y(after) - y(before)) / step,        mu* = mean of |EE|,    mu = mean of EE,    sigma = spread of EE

over trajectories. mu* says how much a parameter matters, mu in which direction, and sigma how much that depends on
the others (or bends). Points are drawn and effects summed up by SALib.

y is a mean over replications, and what they leave of noise enters |EE| with one sign only: a parameter without any
effect has a mu* above zero. How far is told by the replications themselves: the elementary effects of each, less their
mean over replications, are noise and nothing else. `noise` is the mu* to expect from it alone, and `noise_limit` the
one that it exceeds once in twenty repeats (Student's t, the noise of all trajectories together, since replications
have random numbers in common). Analysing each replication by itself and taking an interval of the mu* found would not
do: the noise of a single one is larger, and every mu* would be clear of zero. For mu, in which noise cancels, that
interval is right, and given.

Numbers that must be whole are rounded, so that their steps are not two thirds of the range; the effect is divided by
the step that was taken.

Sources: M. D. Morris (1991), Technometrics 33, 161-174; F. Campolongo, J. Cariboni and A. Saltelli (2007),
Environmental Modelling & Software 22, 1509-1518 (mu*).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.errors import whole_number
from sim.inputs.uncertainties import Range
from sim.outcomes import statistics
from sim.studies.sensitivity.design import Cube, Design, in_blocks, problem
from sim.studies.sensitivity.model import Model
from sim.studies.sensitivity.subject import SensitivityError

if TYPE_CHECKING:
    import pandas as pd

LEVELS = 4
"""Places within a range that points are drawn from: Morris's own number, so that a step is two thirds of the range."""
STEP = LEVELS / (2 * (LEVELS - 1))
MOST_REPLACED = 2.0
"""Trajectories that may be replaced, over those wanted. A step within the part of the ranges that is possible stays
what it is; but where less than a third of the trajectories are possible, the ranges should be corrected."""
RESAMPLES = 1_000
REPEATS = 40_000
"""Repeats of the noise for its quantile and p values: enough that Holm's correction of hundreds can be passed."""
HALF_NORMAL = math.sqrt(2 / math.pi)
"""Mean of the absolute value of a standard normal number."""
Effects = NDArray[np.float64]


@dataclass(frozen=True)
class Morris:
    """Screening by elementary effects.

    Parameters
    ----------
    trajectories : each visits one point more than there are parameters.
    seed : of the points and of the bootstrap.
    """

    trajectories: int = 10
    seed: int = 1
    name: ClassVar[str] = "morris"
    replications: ClassVar[int] = 5

    def __post_init__(self) -> None:
        whole_number("trajectories", self.trajectories, 2, example=10, error=SensitivityError)

    def design(self, found: Sequence[Range], model: Model) -> Design:
        """Draw whole trajectories of feasible points."""
        from SALib.sample import morris

        def draw(count: int) -> Cube:
            cube: Cube = morris.sample(problem(found), count, num_levels=LEVELS, seed=self.seed)
            return cube

        return in_blocks(found, model, draw, self.trajectories, word="trajectory", most=MOST_REPLACED)

    def analyse(self, design: Design, values: pd.DataFrame) -> pd.DataFrame:
        """Return the parameters, the one that matters most first.

        Returns
        -------
        A row a parameter: rank, parameter, unit, range_low, range_high, mu_star with ci_low_mu_star and ci_high_mu_star
        (SALib's bootstrap over trajectories; not below zero), noise (the mu_star to expect from noise alone),
        noise_limit (which it exceeds once in twenty repeats), p_value (of so high a mu_star from noise alone) and
        p_holm (over all parameters), mu with ci_low_mu and ci_high_mu (Student t over replications: noise only, not
        the choice of trajectories), sigma, sigma_noise (what it would be from noise alone), trajectories, n
        (replications) and confidence. All in the unit of what is explained, per full range. With one replication the
        noise is unknown.
        """
        import pandas as pd

        found, effects = self._by_salib(design, values), elementary(design, values)
        frame = pd.DataFrame(
            {
                "parameter": [one.name for one in design.found],
                "unit": [one.unit for one in design.found],
                "range_low": [one.low for one in design.found],
                "range_high": [one.high for one in design.found],
            }
        )
        frame = frame.assign(**found).join(self._noise(effects, found["mu_star"])).join(_directions(effects))
        frame["p_holm"] = statistics.holm(frame["p_value"].to_numpy())
        frame = frame.sort_values("mu_star", ascending=False, kind="stable").reset_index(drop=True)
        frame.insert(0, "rank", range(1, len(frame) + 1))
        return frame.assign(trajectories=self.trajectories, n=values.shape[1], confidence=statistics.DEFAULT_LEVEL)

    def _by_salib(self, design: Design, values: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Return mu, mu_star with its interval and sigma, per full range also where steps were rounded."""
        from SALib.analyze import morris

        found: dict[str, Any] = morris.analyze(
            design.problem,
            design.cube,
            values.mean(axis=1).to_numpy(),
            num_resamples=RESAMPLES,
            conf_level=statistics.DEFAULT_LEVEL,
            num_levels=LEVELS,
            seed=self.seed,
        )
        factor = STEP / np.abs(_steps(design)).max(axis=(0, 1))
        mu_star, half = (np.asarray(found[name], dtype=float) * factor for name in ("mu_star", "mu_star_conf"))
        return {
            "mu_star": mu_star,
            "ci_low_mu_star": np.maximum(mu_star - half, 0.0),
            "ci_high_mu_star": mu_star + half,
            "mu": np.asarray(found["mu"], dtype=float) * factor,
            "sigma": np.asarray(found["sigma"], dtype=float) * factor,
        }

    def _noise(self, effects: Effects, mu_star: NDArray[np.float64]) -> pd.DataFrame:
        import pandas as pd

        rng = np.random.default_rng(self.seed)
        rows = [_noise(effects[:, place], found, rng) for place, found in enumerate(mu_star)]
        return pd.DataFrame(rows, columns=["noise", "noise_limit", "p_value", "sigma_noise"])


def elementary(design: Design, values: pd.DataFrame) -> Effects:
    """Return the elementary effect of each parameter in each trajectory and replication, per full range.

    Shape (trajectories, parameters, replications). SALib sums these up and does not give them.
    """
    steps = _steps(design)
    y = values.to_numpy().reshape(len(steps), design.block, -1)
    return np.einsum("tkr,tkj->tjr", np.diff(y, axis=1), steps) / np.square(steps).sum(axis=1)[..., None]


def _steps(design: Design) -> NDArray[np.float64]:
    """Return the steps that were taken, as shares of the ranges: (trajectories, steps, parameters)."""
    low = np.array([one.low for one in design.found])
    width = np.array([one.high - one.low for one in design.found])
    shares = (design.settings.to_numpy() - low) / width
    return np.diff(shares.reshape(-1, design.block, len(design.found)), axis=1)


def _noise(
    effects: Effects, mu_star: float, rng: np.random.Generator, repeats: int = REPEATS
) -> tuple[float, float, float, float]:
    """Return mu* and sigma from noise alone, the mu* it seldom exceeds, and how often it exceeds the one found.

    ``effects`` of one parameter: (trajectories, replications).
    """
    count = effects.shape[1]
    if count == 1:
        return (np.nan,) * 4
    rest = (effects - effects.mean(axis=1, keepdims=True)) / math.sqrt(count * (count - 1))
    expected = HALF_NORMAL * np.sqrt(np.square(rest).sum(axis=1)).mean()
    spread = math.sqrt(np.var(rest, axis=0, ddof=1).sum())
    drawn = np.abs(rng.standard_normal((repeats, count)) @ rest.T).mean(axis=1)
    freedom = _freedom(rest)
    drawn *= np.sqrt(freedom / rng.chisquare(freedom, repeats))
    chance = (1 + np.sum(drawn >= mu_star)) / (1 + repeats)
    return expected, float(np.quantile(drawn, statistics.DEFAULT_LEVEL)), chance, spread


def _freedom(rest: NDArray[np.float64]) -> float:
    """Return the degrees of freedom with which the size of the noise is known.

    Trajectories whose noise is not the same tell more of it than one does: they are those of the trace of a covariance
    matrix (G. E. P. Box, 1954, Annals of Mathematical Statistics 25, 290-302).
    """
    least = rest.shape[1] - 1
    size = float(np.square(rest).sum())
    return least * size**2 / float(np.square(rest @ rest.T).sum()) if size > 0.0 else least


def _directions(effects: Effects) -> pd.DataFrame:
    """Return the interval of mu over replications."""
    import pandas as pd

    found = [statistics.mean_interval(one) for one in effects.mean(axis=0)]
    return pd.DataFrame({"ci_low_mu": [one.low for one in found], "ci_high_mu": [one.high for one in found]})
