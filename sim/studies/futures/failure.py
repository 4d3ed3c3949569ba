"""When a policy fails: how often, in which boxes, and in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.studies.condition import Condition
from sim.studies.futures.box import Box, quality
from sim.studies.futures.comparison import share_interval
from sim.studies.futures.discovery import FEWEST
from sim.wording import PER_CENT, percent

if TYPE_CHECKING:
    import pandas as pd

FOUND, WEAK, NONE, TOO_FEW = "found", "weak", "none", "too few"
HALF = 0.5
"""A box that holds less than half of the failures, or mostly futures that do not fail, says little."""
COLUMNS = (
    "policy", "box", "factor", "unit", "at_least", "at_most", "kept", "range_low", "range_high", "p_at_least",
    "p_at_most", "futures", "failures", "coverage", "density", "mass", "density_holdout", "ci_low_holdout",
    "ci_high_holdout", "coverage_holdout",
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """In how many futures a policy misses its conditions, and where they lie.

    Parameters
    ----------
    policy, conditions : what misses what.
    futures, failures : counts.
    unclear : share of futures in which the replications do not tell whether it misses them.
    boxes : where failures are frequent; none where there are too few of them, or nothing was found.
    failed : names of the futures in which it fails.
    """

    policy: str
    conditions: tuple[Condition, ...]
    futures: int
    failures: int
    unclear: float
    boxes: tuple[Box, ...]
    failed: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of futures in which it fails."""
        return self.failures / self.futures

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson interval of that share."""
        return share_interval(self.failures, self.futures)

    @property
    def verdict(self) -> str:
        """Say what the first box is worth: "found", "weak", "none", or "too few" failures (or others) to seek one.

        It counts as found when futures that were held out fail clearly more often in it than futures do at large, and
        at least half of those in it fail and half of all failures lie in it.
        """
        if min(self.failures, self.futures - self.failures) < FEWEST:
            return TOO_FEW
        if not self.boxes or not self.boxes[0].holdout_low > self.share:
            return NONE
        first = self.boxes[0]
        return FOUND if first.holdout_density >= HALF and first.holdout_coverage >= HALF else WEAK

    def to_frame(self) -> pd.DataFrame:
        """Return a row a box and limit; at_least and at_most are missing where a box goes to the end of the range."""
        import pandas as pd

        rows = [
            (
                self.policy, number, limit.name, limit.unit, limit.low, limit.high, ", ".join(limit.kept),
                limit.range_low, limit.range_high, limit.p_low, limit.p_high, box.futures, box.failures, box.coverage,
                box.density, box.mass, box.holdout_density, box.holdout_low, box.holdout_high, box.holdout_coverage,
            )
            for number, box in enumerate(self.boxes, 1)
            for limit in box.limits
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"at_least": float, "at_most": float})

    def text(self) -> str:
        """Say how often it fails and when."""
        text = failing(self)
        return text[:1].upper() + text[1:] + "."


def failing(failure: Failure) -> str:
    """Say how often a policy fails and when, as part of a sentence."""
    if not failure.failures:
        return f"it fails ({_broken(failure)}) in none of {failure.futures} (0 to {percent(failure.interval[1])})"
    low, high = failure.interval
    span = f"{plain(low)} to {plain(high)}; {percent(failure.unclear)} of all too close to call"
    return f"it fails ({_broken(failure)}) in {percent(failure.share)} ({span}), {_where(failure)}"


def _broken(failure: Failure) -> str:
    return " or ".join(one.broken for one in failure.conditions)


def _where(failure: Failure) -> str:
    if failure.verdict == TOO_FEW:
        few = "in which it does" if failure.failures * 2 < failure.futures else "in which it does not"
        return f"there are too few {few} to say when"
    if failure.verdict == NONE:
        return "no part of the ranges was found in which it fails clearly more often"
    first, *more = failure.boxes
    mostly = "mostly" if failure.verdict == FOUND else "more often, though that tells only part of it,"
    others = "".join(f", or when {box.text} ({quality(box)})" for box in more)
    return f"{mostly} when {first.text} ({quality(first)}){others}"


def plain(share: float) -> str:
    """Write a share in per cent without the sign."""
    return f"{share * PER_CENT:.0f}"
