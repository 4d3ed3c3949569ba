"""Which policies cannot be the best any more: screening by paired differences, replication after replication.

`KimNelson` is the fully sequential indifference-zone procedure KN: S.-H. Kim and B. L. Nelson (2001), "A fully
sequential procedure for indifference-zone selection in simulation", ACM TOMACS 11, 251-273, with its constant c = 1.
It uses the variances of *differences*, so that common random numbers make it stop sooner, and its guarantee holds
with them. For normal figures: if the best is better than all others by at least the indifference zone, it is chosen
with the probability asked for. With a smaller lead a choice within the zone is what it is made for, which that proof
does not cover.

`Subset` keeps, from a fixed number of replications, all not clearly worse than the best: B. L. Nelson, J. Swann, D.
Goldsman and W. Song (2001), "Simple procedures for selecting the best simulated system when the number of alternatives
is large", Operations Research 49, 950-963, screening with the variances of paired differences.

sim-tools has a class KN. It is not used: it wants a model that it calls one run at a time, it has no ceiling, and
version 1.3 looks up the variance of another pair whenever the rival stands earlier in the list; its KN++ adds the
variances of the two systems, which gives away what common random numbers are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy


class Screening(Protocol):
    """Says by how much a mean may lie below another's, after so many replications, without being given up."""

    def distance(self, replications: int) -> np.ndarray:
        """Return the distance for each policy (row) below each other (column), unit of the measure."""


@dataclass(frozen=True)
class KimNelson:
    """KN after its first stage.

    Parameters
    ----------
    variances : (policies, policies), of the first stage's paired differences.
    h_squared : constant of the procedure, see `h_squared`.
    indifference : the smallest difference worth detecting, unit of the measure.
    """

    variances: np.ndarray
    h_squared: float
    indifference: float

    def distance(self, replications: int) -> np.ndarray:
        """W_il(r) = max(0, delta / (2 r) (h² S²_il / delta² - r))."""
        room = self.h_squared * self.variances / self.indifference**2 - replications
        return np.maximum(0.0, self.indifference / (2 * replications) * room)

    @property
    def longest(self) -> int:
        """Replications after which means alone decide."""
        return int(self.h_squared * self.variances.max() / self.indifference**2) + 1


@dataclass(frozen=True)
class Subset:
    """Screening to the best of a fixed number of replications: t S_il / sqrt(n)."""

    variances: np.ndarray
    quantile: float

    def distance(self, replications: int) -> np.ndarray:
        """Return the distance at the one number of replications that it was made for."""
        return self.quantile * np.sqrt(self.variances / replications)


def kim_nelson(first_stage: np.ndarray, indifference: float, alpha: float) -> KimNelson:
    """Return KN for a first stage (replications, policies) and a probability `alpha` of a wrong choice."""
    constant = h_squared(len(first_stage), first_stage.shape[1], alpha)
    return KimNelson(variances_of_differences(first_stage), constant, indifference)


def subset(values: np.ndarray, alpha: float) -> Subset:
    """Return the screening of these (replications, policies) that loses the best with probability `alpha` at most."""
    replications, policies = values.shape
    quantile = -scipy.special.stdtrit(replications - 1, alpha / (policies - 1))
    return Subset(variances_of_differences(values), float(quantile))


def h_squared(first: int, policies: int, alpha: float) -> float:
    """2 eta (n0 - 1), eta = ((2 alpha / (k - 1))^(-2 / (n0 - 1)) - 1) / 2: Kim and Nelson (2001), with c = 1.

    >>> round(h_squared(10, 5, 0.05), 3)
    11.429
    """
    freedom = first - 1
    return float(((2 * alpha / (policies - 1)) ** (-2 / freedom) - 1) * freedom)


def variances_of_differences(values: np.ndarray) -> np.ndarray:
    """Sample variance of X_i - X_l over replications, for each pair; exactly zero where they never differ."""
    return (values[:, :, None] - values[:, None, :]).var(axis=0, ddof=1)


def beaten(means: np.ndarray, distance: np.ndarray, able: np.ndarray) -> np.ndarray:
    """Tell for each policy by which other it is beaten, -1 for none.

    Parameters
    ----------
    means : of the policies, more being better; NaN for those that are out.
    distance : (policies, policies), how far below each other one may lie.
    able : which of them may beat others.
    """
    short = means[None, :] - means[:, None] - distance
    short[:, ~able | np.isnan(means)] = -np.inf
    short[np.isnan(means), :] = -np.inf
    np.fill_diagonal(short, -np.inf)
    by = short.argmax(axis=1)
    return np.where(short.max(axis=1) > 0, by, -1)
