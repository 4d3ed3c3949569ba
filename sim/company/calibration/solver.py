"""Solving: knobs are moved until every number comes out, by Newton's method under common random numbers.

1. Rough rounds: each knob is moved for its own number alone, the waits last, since they mean little before the load is
   right. After each round the ratios of the start are read off a run, so that the next one starts where it settles.
2. Slopes: every knob is moved a little, all other things equal, under the same random numbers. The table of slopes
   says what each knob does to each number.
3. Newton's rounds: a step solves the table for what is missing, within the ends of the knobs; what the step did to the
   numbers improves the table (Broyden 1965). A knob at its end stays there, and its number is given up: that all others
   come out shows which one contradicts them. Then the ratios of the start are read off again, more exactly, and what
   that moves is put right in the same way.
4. The last rounds live through the company's warm-up, and are so many that chance adds little to what is missed.

Source: C. G. Broyden, A class of methods for solving nonlinear simultaneous equations, Mathematics of Computation 19,
1965.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.company.calibration.targets import residuals
from sim.company.calibration.trials import Trials, Vector
from sim.wording import lower, number

ROUGH_ROUNDS = 6
"""Most rounds in which each knob is moved for its own number alone."""
ROUGH = 0.3
"""Miss, on the scale of a number, that is near enough for slopes to be worth measuring."""
CAREFUL = 0.8
"""Share of the way that a rough round goes."""
ROUGHLY, FEW = 2, 4
"""Replications of a rough trial, whose misses are larger than chance, and of one that measures slopes."""
PILOT = 16
"""Replications that say how much chance there is."""
TURN = 0.15
"""How far a knob is moved to measure a slope: far enough to be seen, near enough to be straight."""
LONGEST = 1.0
"""Longest step of a knob in a round; slopes say little beyond."""
ROUNDS = 8
"""Most rounds of Newton's method at one number of replications."""
SHORT_WARM_UP, SHORT_YEARS = 0.5, 1.0
"""Years of the early rounds: enough to see what a knob does."""
ROUGHLY_SETTLED, SETTLED = 200_000, 2_000_000
"""People times years that the ratios of the start are read off in rough rounds, and for the last ones: they are then
known to a per cent or two, and to half a per cent."""
LOOSELY, CLOSELY = 0.5, 0.4
"""Shares of the tolerance by which early and last rounds may miss a number, under their own random numbers."""
CHANCE = 0.3
"""Share of the tolerance that may be the standard error of a number in the last rounds."""
LEAST, MOST = 8, 128
"""Replications of the last rounds."""


@dataclass(frozen=True)
class Solution:
    """Where the knobs came to stand.

    Attributes
    ----------
    x : (knobs,).
    stuck : for each knob -1 at its lower end, 1 at its upper end, 0 in between: (knobs,).
    slopes : what each knob does to each number, on its scale: (targets, knobs).
    chance : covariance of the numbers of one year of the company, on their scales: (targets, targets).
    replications : of the last round.
    """

    x: Vector
    stuck: NDArray[np.int64]
    slopes: Vector
    chance: Vector
    replications: int


class Solver:
    """Solves for the knobs of ``trials``, whose targets begin with one for each knob, in their order.

    Parameters
    ----------
    tolerance : share of a number by which it may be missed.
    """

    def __init__(self, trials: Trials, tolerance: float) -> None:
        self.trials, self.tolerance = trials, tolerance
        self.size = len(trials.knobs)
        ends = np.array([knob.ends(trials.base) for knob in trials.knobs]).reshape(-1, 2)
        self.low, self.high = ends[:, 0], ends[:, 1]

    def solve(self) -> Solution:
        """Find the knobs; a number that cannot be met together with the others is left where its knob ends."""
        own = self.trials.base
        self.trials.base = own.change(warm_up=SHORT_WARM_UP, years=SHORT_YEARS)
        x = self._roughly()
        slopes = self._slopes(x)
        x, slopes = self._newton(x, slopes, FEW, LOOSELY)
        self.trials.settle(x, SETTLED)
        x, slopes = self._newton(x, slopes, FEW, LOOSELY)
        chance, replications = self._chance(x), self._enough(x, own.years)
        self.trials.base = self.trials.base.change(warm_up=own.warm_up, years=own.years)
        x, slopes = self._newton(x, slopes, replications, CLOSELY)
        return Solution(x, self._stuck(x), slopes, chance, replications)

    # -- rough rounds ----------------------------------------------------------------------------------------------

    def _roughly(self) -> Vector:
        x = np.clip(np.zeros(self.size), self.low, self.high)
        for _ in range(ROUGH_ROUNDS):
            self.trials.settle(x, ROUGHLY_SETTLED)
            missing = self._missing(x, ROUGHLY)[: self.size]
            if np.abs(missing).max(initial=0.0) < ROUGH:
                break
            x = np.clip(x + np.clip(CAREFUL * self._alone(missing), -LONGEST, LONGEST), self.low, self.high)
        return x

    def _alone(self, missing: Vector) -> Vector:
        """Steps of the knobs, each for its own number."""
        knobs = self.trials.knobs
        wanted = {knob.name: miss for knob, miss in zip(knobs, missing, strict=True)}
        right = all(abs(wanted[knob.name]) < ROUGH for knob in knobs if knob.stage == "load")
        if "asking" in wanted:  # contacts follow purchases, which have knobs of their own
            wanted["asking"] -= wanted.get("joining", 0.0) + wanted.get("buying", 0.0)
        return np.array([wanted[k.name] / k.usual if right or k.stage != "waits" else 0.0 for k in knobs])

    # -- slopes and Newton's rounds --------------------------------------------------------------------------------

    def _missing(self, x: Vector, replications: int) -> Vector:
        """Targets less what comes out, on the scales of the numbers: (targets,)."""
        means = self.trials.means([x], replications)[0]
        self.trials.note = self._worst(means)
        return residuals(self.trials.targets, means)

    def _slopes(self, x: Vector) -> Vector:
        """What each knob does to each number: (targets, knobs)."""
        turns = np.where(x + TURN <= self.high, TURN, -TURN)
        points = [x, *(x + turn * np.eye(self.size)[n] for n, turn in enumerate(turns))]
        means = self.trials.means(points, FEW)
        missing = np.array([residuals(self.trials.targets, one) for one in means])
        return np.asarray(((missing[0] - missing[1:]) / turns[:, None]).T)

    def _newton(self, x: Vector, slopes: Vector, replications: int, share: float) -> tuple[Vector, Vector]:
        """Go on from ``x`` until every number that can be met is; return the knobs and the improved slopes."""
        missing = self._missing(x, replications)
        best = self._miss(x, missing), x
        for _ in range(ROUNDS):
            if best[0] < self.tolerance * share:
                break
            after = self._step(x, slopes, missing)
            step = after - x
            if not step.any():
                break
            now = self._missing(after, replications)
            slopes = slopes + np.outer(missing - now - slopes @ step, step) / (step @ step)
            x, missing = after, now
            best = min(best, (self._miss(x, missing), x), key=lambda pair: pair[0])
        return best[1], slopes

    def _step(self, x: Vector, slopes: Vector, missing: Vector) -> Vector:
        """Return the knobs that should bring what is missing; one that would go beyond its end stays there."""
        own, free = slopes[: self.size], np.ones(self.size, dtype=bool)
        while True:
            step = np.zeros(self.size)
            step[free] = np.linalg.lstsq(own[np.ix_(free, free)], missing[: self.size][free])[0]
            beyond = free & (((x <= self.low) & (step < 0.0)) | ((x >= self.high) & (step > 0.0)))
            if not beyond.any():
                break
            free &= ~beyond
        longest = np.abs(step).max(initial=0.0)
        return np.clip(x + step * min(1.0, LONGEST / longest if longest > 0.0 else 1.0), self.low, self.high)

    def _stuck(self, x: Vector) -> NDArray[np.int64]:
        return (x >= self.high).astype(np.int64) - (x <= self.low)

    def _miss(self, x: Vector, missing: Vector) -> float:
        """Largest miss, as a share of the target, of the numbers whose knobs are not at an end."""
        off = [abs(t.off(t.back(t.scaled(t.asked) - m))) for t, m in zip(self.trials.targets, missing, strict=True)]
        return float(np.where(self._stuck(x) == 0, off[: self.size], 0.0).max(initial=0.0))

    # -- chance ----------------------------------------------------------------------------------------------------

    def _chance(self, x: Vector) -> Vector:
        """Covariance of the numbers of one year of the company, on their scales: (targets, targets)."""
        found = self.trials.numbers([x], PILOT, realised=True)[0]
        scaled = np.array([t.scaled(found[:, n]) for n, t in enumerate(self.trials.targets)])
        return np.atleast_2d(np.cov(scaled))

    def _enough(self, x: Vector, years: float) -> int:
        """Replications of so many years after which chance is a small share of the tolerance in every number."""
        found = self.trials.numbers([x], PILOT)[0]
        spread = [t.off(found[:, n]).std(ddof=1) for n, t in enumerate(self.trials.targets)]
        needed = (max(spread, default=0.0) / (CHANCE * self.tolerance)) ** 2 * SHORT_YEARS / years
        return int(np.clip(np.ceil(needed), LEAST, MOST))

    def _worst(self, means: Vector) -> str:
        """Say which number is missed most, for whoever watches."""
        solved = self.trials.targets[: self.size]
        off = [abs(float(t.off(mean))) for t, mean in zip(solved, means, strict=False)]
        if not off:
            return ""
        n = int(np.argmax(off))
        target = self.trials.targets[n]
        wanted, came = (number(value, target.number.unit) for value in (target.asked, means[n]))
        return f"{lower(target.number.label)} {came}, target {wanted}"
