"""Shares of variance (Sobol): how much of what is uncertain comes from which parameter.

All parameters are taken as uniform within their ranges and independent. Of the variance V of what is explained,

    S1 = V(E(y | parameter)) / V             what would go if this parameter were known: its share by itself
    ST = E(V(y | all other parameters)) / V  what would stay if all others were known: with all it does together
    S2                                       what two parameters do together, beyond what each does

Points (Saltelli's design on a Sobol sequence, scrambled) and indices with their bootstrap intervals are SALib's. The
base sample is a power of two, because a Sobol sequence is balanced in such steps.

y is a mean over replications, and what they leave of noise is variance too. Its share is told by the replications
themselves: what is left of the values after a mean of each point and of each replication (which all points share)
is noise, its variance over the number of replications is in V. ``noise`` beside an ST is the part of that index which
noise alone would give; it inflates ST, and takes from S1.

Numbers that must be whole are rounded, so that their ends are half as likely as what lies between.

Sources: A. Saltelli et al. (2010), Computer Physics Communications 181, 259-270; A. B. Owen (2020), arXiv:2008.08051.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.inputs.uncertainties import Range
from sim.outcomes import statistics
from sim.studies.sensitivity.design import Cube, Design, in_blocks, problem
from sim.studies.sensitivity.model import Model
from sim.studies.sensitivity.subject import SensitivityError

if TYPE_CHECKING:
    import pandas as pd

MOST_REPLACED = 0.1
"""Blocks that may be replaced, over those wanted: few, because leaving points out makes parameters depend on each
other, and shares of variance are of independent ones."""
RESAMPLES = 1_000
WIDE = 0.5
"""An interval whose half is more than this share of the index is wide: the index is not known to one digit."""
SMALL = 0.05
"""An index below this share is small, however wide its interval."""


@dataclass(frozen=True)
class Sobol:
    """Shares of variance.

    Parameters
    ----------
    samples : points of the base sample, a power of two; each comes with one more for every parameter, and one besides
        (twice as many with the second order).
    second_order : whether pairs of parameters are looked at too.
    seed : of the points and of the bootstrap.
    """

    samples: int = 64
    second_order: bool = False
    seed: int = 1
    name: ClassVar[str] = "sobol"
    replications: ClassVar[int] = 5

    def __post_init__(self) -> None:
        if type(self.samples) is not int or self.samples < 2 or self.samples & (self.samples - 1):
            raise SensitivityError(f"samples = {self.samples!r} is not a power of two; give one{_near(self.samples)}.")

    def design(self, found: Sequence[Range], model: Model) -> Design:
        """Draw whole blocks of feasible points.

        Raises
        ------
        SensitivityError : there are too few parameters for pairs.
        """
        from SALib.sample import sobol

        if self.second_order and len(found) == 1:
            raise SensitivityError("one parameter makes no pairs; name more, or leave the second order out.")

        def draw(count: int) -> Cube:
            cube: Cube = sobol.sample(
                problem(found), count, calc_second_order=self.second_order, scramble=True, seed=self.seed
            )
            return cube

        return in_blocks(found, model, draw, self.samples, word="block", most=MOST_REPLACED)

    def analyse(self, design: Design, values: pd.DataFrame) -> pd.DataFrame:
        """Return the indices, of the parameter with the largest ST first.

        Returns
        -------
        A row an index: rank (of the parameter, by ST), parameter, other (the second of a pair), unit, range_low and
        range_high (of the parameter), index ("S1", "ST" or "S2"), share with ci_low and ci_high (SALib's bootstrap over
        blocks), wide (whether that interval is wide for it), noise (part of ST from noise alone; NaN elsewhere),
        samples, n (replications) and confidence. Indices are shares of the variance; NaN where nothing varies.
        """
        import pandas as pd

        found = self._by_salib(design, values.mean(axis=1).to_numpy())
        noise = noise_of_totals(design, values)
        frame = pd.DataFrame(_rows(design.found, found, noise, self.second_order))
        total = frame[frame["index"] == "ST"].set_index("parameter")["share"]
        order = total.sort_values(ascending=False, kind="stable").index
        frame.insert(0, "rank", frame["parameter"].map({name: place + 1 for place, name in enumerate(order)}))
        half = (frame["ci_high"] - frame["ci_low"]) / 2
        frame["wide"] = (half > WIDE * frame["share"].abs()) & (frame["ci_high"] > SMALL)
        frame = frame.assign(samples=self.samples, n=values.shape[1], confidence=statistics.DEFAULT_LEVEL)
        return frame.sort_values("rank", kind="stable").reset_index(drop=True)

    def _by_salib(self, design: Design, y: NDArray[np.float64]) -> dict[str, Any]:
        from SALib.analyze import sobol

        if np.ptp(y) == 0.0:  # nothing varies: there are no shares of nothing
            shape = (len(design.found),)
            nothing = {name: np.full(shape, np.nan) for name in ("S1", "S1_conf", "ST", "ST_conf")}
            return nothing | {name: np.full(shape * 2, np.nan) for name in ("S2", "S2_conf")}
        found: dict[str, Any] = sobol.analyze(
            design.problem,
            y,
            calc_second_order=self.second_order,
            num_resamples=RESAMPLES,
            conf_level=statistics.DEFAULT_LEVEL,
            seed=self.seed,
        )
        return found


def base_rows(design: Design) -> NDArray[np.bool_]:
    """Return which points are independent draws from the ranges: the first and the last of each block."""
    place = np.arange(len(design.points)) % design.block
    return np.asarray((place == 0) | (place == design.block - 1))


def noise_share(design: Design, values: pd.DataFrame) -> float:
    """Return the share of the variance of the points' means that is replication noise, from 0 on; NaN if unknown."""
    y = values.to_numpy()[base_rows(design)]
    variance = float(y.mean(axis=1).var(ddof=1))
    points, count = y.shape
    if count == 1 or variance == 0.0:
        return float("nan")
    rest = y - y.mean(axis=1, keepdims=True) - y.mean(axis=0) + y.mean()
    return float(np.square(rest).sum() / ((points - 1) * (count - 1)) / count / variance)


def noise_of_totals(design: Design, values: pd.DataFrame) -> NDArray[np.float64]:
    """Return what each ST would be from noise alone; NaN if unknown."""
    y = values.to_numpy()
    count = y.shape[1]
    variance = y.mean(axis=1)[base_rows(design)].var()
    if count == 1 or variance == 0.0:
        return np.full(len(design.found), np.nan)
    blocks = y.reshape(-1, design.block, count)
    moved = blocks[:, :1] - blocks[:, 1 : len(design.found) + 1]
    return np.asarray(moved.var(axis=2, ddof=1).mean(axis=0) / count / (2 * variance))


def _rows(
    found: Sequence[Range], indices: dict[str, Any], noise: NDArray[np.float64], second_order: bool
) -> Iterator[dict[str, object]]:
    for place, one in enumerate(found):
        for index in ("S1", "ST"):
            value, half = indices[index][place], indices[f"{index}_conf"][place]
            yield _row(one, "", index, value, half, noise[place] if index == "ST" else np.nan)
    for first, second in combinations(range(len(found)), 2) if second_order else ():
        value, half = indices["S2"][first, second], indices["S2_conf"][first, second]
        yield _row(found[first], found[second].name, "S2", value, half, np.nan)


def _row(one: Range, other: str, index: str, value: float, half: float, noise: float) -> dict[str, object]:
    about = {"parameter": one.name, "other": other, "unit": one.unit, "range_low": one.low, "range_high": one.high}
    return about | {"index": index, "share": value, "ci_low": value - half, "ci_high": value + half, "noise": noise}


def _near(samples: object) -> str:
    """Say the power of two below and above."""
    if type(samples) is not int or samples < 2:
        return ", such as 64"
    below = 1 << (samples.bit_length() - 1)
    return f", such as {below} or {2 * below}"
