"""What is believed of the true means after the replications so far: who is best, what a choice may cost.

The belief about a policy's difference from the baseline is the t posterior of its paired replications (normal figures,
no prior knowledge): d + s / sqrt(n) T with n - 1 degrees of freedom. Differences belong together: their correlation is
that of the replications, and one draw of the spread is common to all, so that with equally many replications every
pair of policies has exactly the t posterior of its own paired difference. When to stop and whom to run on was decided
by figures that were seen, which a posterior may ignore. `DRAWS` of it, each with its mirror image, always the same.

- P(best): share of the draws in which a policy is best.
- Expected regret of choosing a policy: mean over the draws of the best policy's lead on it (the expected opportunity
  cost: S. E. Chick and K. Inoue (2001), "New two-stage and sequential procedures for selecting the best simulated
  system", Operations Research 49, 732-743).
  From few replications it is cautious: the t law spreads more than the truth does, for a pair by a factor of
  (n - 1) / (n - 3), because the spread itself is not known.
- Worth of one more replication of every policy: by how much the mean of the policy that would be chosen then is
  expected to exceed that of the one chosen now (the value of information, ibid.). After it a mean moves by
  sqrt(1 / (n + 1)) of what the belief spreads over.

For two policies all three have closed forms in the t distribution, which the tests compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from sim.studies.choose.figures import Figures

DRAWS = 20_000
SEED = 20_010_214
"""Of the draws: the same figures give the same sheet."""


@dataclass(frozen=True)
class Belief:
    """Posterior of the differences from the baseline.

    Parameters
    ----------
    means : by policy, unit of the measure, more being better.
    draws : (draws, policies).
    counts : replications of each policy.
    """

    means: np.ndarray
    draws: np.ndarray
    counts: np.ndarray

    def best(self, among: Sequence[int]) -> np.ndarray:
        """Probability of being the best of `among`; those that are equal share it."""
        if not among:
            return self._spread(among, np.array([]))
        chosen = self.draws[:, among]
        first = chosen == chosen.max(axis=1, keepdims=True)
        return self._spread(among, (first / first.sum(axis=1, keepdims=True)).mean(axis=0))

    def regret(self, among: Sequence[int]) -> np.ndarray:
        """Expected lead of the best of `among` on each of them."""
        if not among:
            return self._spread(among, np.array([]))
        chosen = self.draws[:, among]
        return self._spread(among, (chosen.max(axis=1, keepdims=True) - chosen).mean(axis=0))

    def ranks(self, among: Sequence[int]) -> np.ndarray:
        """Probability of each place (columns, the best first) of each of `among` (rows); ties are broken by lot."""
        if not among:
            return np.empty((0, 0))
        chosen = self.draws[:, among]
        lots = np.random.default_rng(SEED).random(chosen.shape)
        order = np.lexsort((lots, -chosen), axis=1)
        size = len(among)
        return np.array([[(order[:, rank] == place).mean() for rank in range(size)] for place in range(size)])

    def worth_of_more(self, among: Sequence[int], replications: int = 1) -> float:
        """Expected gain in the mean of what is chosen from so many more replications of each of `among`."""
        means, counts = self.means[among], self.counts[among]
        share = np.sqrt(replications / (counts + replications))
        later = means + share * (self.draws[:, among] - means)
        return float(later.max(axis=1).mean() - means.max())

    def _spread(self, among: Sequence[int], values: np.ndarray) -> np.ndarray:
        every = np.full(self.means.size, np.nan)
        every[list(among)] = values
        return every


def belief(found: Figures, measure: str, sign: float) -> Belief:
    """Return the belief about a measure; `sign` is -1 where less is better."""
    columns = [sign * found.difference(measure, place, 0) for place in range(len(found.labels))]
    counts = np.array([column.size for column in columns])
    means = np.array([column.mean() for column in columns])
    scale = np.array([column.std(ddof=1) / np.sqrt(column.size) for column in columns])
    return Belief(means, means + scale * _student(_correlation(columns), counts - 1), counts)


def _correlation(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Correlation of the means of columns that share their first replications; 0 for one that does not vary."""
    found = np.eye(len(columns))
    for i, one in enumerate(columns):
        for j in range(i):
            both = min(one.size, columns[j].size)
            shared = _correlated(one[:both], columns[j][:both])
            found[i, j] = found[j, i] = shared * np.sqrt(both / max(one.size, columns[j].size))
    return found


def _correlated(one: np.ndarray, other: np.ndarray) -> float:
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _student(correlation: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Draws of correlated t variables with unequal degrees of freedom and one common spread."""
    rng = np.random.default_rng(SEED)
    half = rng.standard_normal((DRAWS // 2, len(freedom))) @ _root(correlation).T
    spread = rng.random(DRAWS // 2)
    widths = {int(nu): np.sqrt(nu / scipy.stats.chi2.ppf(spread, nu)) for nu in set(freedom)}
    half *= np.column_stack([widths[int(nu)] for nu in freedom])
    return np.concatenate([half, -half])


def _root(correlation: np.ndarray) -> np.ndarray:
    """A with A A' the nearest correlation matrix without negative eigenvalues, to which unequal numbers can lead."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return root / np.sqrt((root**2).sum(axis=1, keepdims=True))
