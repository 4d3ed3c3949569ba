"""The futures: a Latin hypercube of what is not known, what is chosen, and whom one believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.inputs import uncertainties as ranges
from sim.inputs.uncertainties import Range

if TYPE_CHECKING:
    import pandas as pd

FUTURE, READING = "future", "reading"
STREAM = tuple(b"futures")
"""Apart from every other use of the same seed."""


@dataclass(frozen=True, eq=False)
class Design:
    """Futures, and what differs between them.

    Parameters
    ----------
    uncertainties : parameters that are not known, with their ranges.
    levers : settings of policies that are sampled too, called POLICY.SETTING.
    readings : of the evidence; each has as many futures as any other, give or take one.
    points : a row a future, named in the index: a column for each uncertainty, lever, and "reading".
    """

    uncertainties: tuple[Range, ...]
    levers: tuple[Range, ...]
    readings: tuple[str, ...]
    points: pd.DataFrame

    @property
    def factors(self) -> tuple[Range, ...]:
        """Everything numeric that is sampled."""
        return (*self.uncertainties, *self.levers)

    @property
    def futures(self) -> list[str]:
        """Names of the futures."""
        return [str(name) for name in self.points.index]

    def values(self, future: str, of: Sequence[Range]) -> dict[str, float]:
        """Return the sampled values of some factors in a future."""
        row = self.points.loc[future]
        return {one.name: float(row[one.name]) for one in of}


def draw(
    uncertainties: Sequence[Range], levers: Sequence[Range], readings: Sequence[str], futures: int, seed: int
) -> Design:
    """Draw futures: one in each of as many equal strata of every factor (McKay, Beckman and Conover 1979).

    The readings are dealt out evenly and in random order, so that none stands for another factor.
    """
    import pandas as pd
    import scipy

    factors = [*uncertainties, *levers]
    random = np.random.default_rng([seed, *STREAM])
    cube = scipy.stats.qmc.LatinHypercube(max(len(factors), 1), seed=random).random(futures)[:, : len(factors)]
    names = [f"future {number + 1:0{len(str(futures))}d}" for number in range(futures)]
    points = pd.DataFrame(ranges.scaled(factors, cube), index=names, columns=[one.name for one in factors])
    dealt = random.permutation(np.arange(futures) % len(readings))
    points[READING] = [readings[place] for place in dealt]
    return Design(tuple(uncertainties), tuple(levers), tuple(readings), points.rename_axis(FUTURE))
