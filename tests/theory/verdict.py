"""One rule for every comparison with theory: |z| of at most 4, or a second, larger trial declared beforehand agrees.

A hundred comparisons at z = 4 fail by chance in less than one run of the suite in a hundred. A first failure is run
once more on other draws at four times the size; an engine that is wrong fails both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

Z = 4.0
SECOND_SEED, LARGER = 1, 4


class Reading(NamedTuple):
    """What a trial found, what theory says, and the standard error of the difference."""

    found: float
    theory: float
    error: float

    @property
    def z(self) -> float:
        return abs(self.found - self.theory) / self.error if self.error > 0 else float(self.found != self.theory) * 1e9


Trial = Callable[[int, int], Sequence[Reading]]


def agrees(trial: Trial, size: int) -> None:
    """Assert that ``trial(size, replication)`` agrees with theory, at the first or at the second attempt."""
    first = trial(size, 0)
    if all(reading.z <= Z for reading in first):
        return
    second = trial(LARGER * size, SECOND_SEED)
    assert all(reading.z <= Z for reading in second), f"first {first}, again {second}"
