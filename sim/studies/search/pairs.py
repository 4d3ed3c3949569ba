"""Figures of a point and of the baseline in the same replications: what every comparison is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pairs:
    """Replications of a point, each beside the baseline under the same random numbers.

    Parameters
    ----------
    measures : names of the columns.
    policy, baseline : (replications, measures), in the measures' units.
    """

    measures: tuple[str, ...]
    policy: NDArray[np.float64]
    baseline: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.policy)

    def level(self, measure: str) -> NDArray[np.float64]:
        """Return a measure under the policy, by replication."""
        return self.policy[:, self.measures.index(measure)]

    def difference(self, measure: str) -> NDArray[np.float64]:
        """Return what the policy changes of a measure, by replication."""
        column = self.measures.index(measure)
        return self.policy[:, column] - self.baseline[:, column]

    def first(self, count: int) -> Pairs:
        """Return the first of the replications."""
        return Pairs(self.measures, self.policy[:count], self.baseline[:count])
