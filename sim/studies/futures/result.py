"""Many futures: what each policy comes to in each, how often it is best, what it may cost, and when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.errors import unknown
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.result import Result, described
from sim.studies.condition import Condition
from sim.studies.futures import comparison, words
from sim.studies.futures.comparison import TIED, Best, share_interval
from sim.studies.futures.design import Design
from sim.studies.futures.discovery import Method, discover
from sim.studies.futures.error import FuturesError
from sim.studies.futures.failure import Failure
from sim.studies.futures.workbench import installed

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

RUN_COLUMNS = ("future", "policy", "replication", "measure", "value")
BAD_CASE = 0.9
"""Quantile of regret over futures that stands for a bad one."""
COLUMNS = (
    {"share": "share_best", "ci_low": "ci_low_best", "ci_high": "ci_high_best", "clear": "clear_best"},
    {"share": "share_met", "ci_low": "ci_low_met", "ci_high": "ci_high_met"},
    {"mean": "mean_regret", "ci_low": "ci_low_regret", "ci_high": "ci_high_regret", "p90": "p90_regret",
     "maximum": "maximum_regret", "clear": "clear_regret"},
)  # fmt: skip
"""Columns of the main frame by those of `best_shares`, `satisficing` and `regret`."""
DEFINITIONS = {
    "mean_regret": "mean over futures of how much worse it is than the best policy of the same future",
    "p90_regret": "regret that one future in ten exceeds",
    "maximum_regret": "regret in its worst future",
    "clear_regret": "share of futures in which it is clearly worse than the best",
    "share_best": "share of futures in which it has the best mean",
    "clear_best": "share of futures in which it is clearly the best",
    "share_met": "share of futures in which it meets all conditions",
}


@dataclass(frozen=True, eq=False, repr=False)
class Futures(Result):
    """Policies in many futures. A share of futures is a share of the ranges that were sampled, not a probability.

    Parameters
    ----------
    design : what was sampled.
    futures : a row a future: its name, the sampled values, the reading, `feasible`, and `why` not.
    runs : columns future, policy, replication, measure, value, of the feasible futures.
    constraints : what a policy should meet.
    manifest : how it was made, as plain data.
    """

    kind: ClassVar[str] = "futures"
    renamed: ClassVar[Mapping[str, str]] = {"summary": "text()"}

    design: Design
    futures: pd.DataFrame
    runs: pd.DataFrame
    constraints: tuple[Condition, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return (
            f"Futures({len(self.policies)} policies, {len(self.feasible)} of {len(self.futures)} futures feasible, "
            f"{self.manifest['finished']} replications, measure {self.measure!r})"
        )

    # -- what was run ----------------------------------------------------------------------------------------------

    @property
    def measure(self) -> str:
        """Name of what policies are best by."""
        return str(self.manifest["measure"])

    @property
    def about(self) -> Measure:
        """What that measure is."""
        return CATALOGUE[self.measure]

    @property
    def baseline(self) -> str:
        """Label of what every policy is compared with."""
        return str(self.manifest["baseline"])

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Labels of the policies, the baseline first."""
        return tuple(self.manifest["policies"])

    @cached_property
    def feasible(self) -> tuple[str, ...]:
        """Names of the futures that were run."""
        return tuple(self.futures.loc[self.futures["feasible"], "future"])

    @property
    def infeasible(self) -> pd.DataFrame:
        """Futures that could not be run or judged, and why: columns future and why."""
        return self.futures.loc[~self.futures["feasible"], ["future", "why"]].reset_index(drop=True)

    def cube(self, measure: str) -> NDArray[np.float64]:
        """Return a measure as an array of shape (feasible futures, policies, replications), the baseline first."""
        if measure not in self.manifest["measures"]:
            raise FuturesError(unknown("measure in these futures", measure, self.manifest["measures"]))
        return comparison.cube(self.runs, measure, self.feasible, self.policies)

    @cached_property
    def values(self) -> pd.DataFrame:
        """A row a future, policy and measure, in its unit.

        Columns future, policy, measure, n (replications), mean, se (its standard error), mean_difference (from the
        baseline, in pairs) and se_difference.
        """
        import pandas as pd

        return pd.concat([self._values(measure) for measure in self.manifest["measures"]], ignore_index=True)

    def _values(self, measure: str) -> pd.DataFrame:
        import pandas as pd

        figures = self.cube(measure)
        apart = figures - figures[:, :1]
        index = pd.MultiIndex.from_product([self.feasible, self.policies], names=["future", "policy"])
        columns = {
            "measure": measure,
            "n": figures.shape[-1],
            "mean": figures.mean(axis=-1).ravel(),
            "se": comparison.standard_error(figures).ravel(),
            "mean_difference": apart.mean(axis=-1).ravel(),
            "se_difference": comparison.standard_error(apart).ravel(),
        }
        return pd.DataFrame(columns, index=index).reset_index()

    # -- who is best -----------------------------------------------------------------------------------------------

    @cached_property
    def _best(self) -> Best:
        return comparison.best(self.cube(self.measure), str(self.manifest["better"]))

    def regrets(self) -> pd.DataFrame:
        """By how much each policy is worse than the best one of its future: a row a future and policy.

        Columns future, policy, regret (best minus own, by the measure's better side; its unit), se (over the
        replications, in pairs) and clear (clearly worse than the best one). The best of several noisy means is on
        average a little too good, so regret is rather too large, the more so the larger `se` is beside it.
        """
        import pandas as pd

        index = pd.MultiIndex.from_product([self.feasible, self.policies], names=["future", "policy"])
        found = self._best
        columns = {"regret": found.regret.ravel(), "se": found.error.ravel(), "clear": found.clearly_worse.ravel()}
        return pd.DataFrame(columns, index=index).reset_index()

    def regret(self, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
        """Regret of each policy over the futures, in the unit of the measure.

        Columns policy, futures, mean with its Student t interval ci_low and ci_high, p90, maximum, noise (root mean
        square of the standard errors), clear (share of futures in which it is clearly worse than the best) and
        minimax (whether no other has a smaller maximum).
        """
        import pandas as pd

        found = self._best
        rows = []
        for place, policy in enumerate(self.policies):
            of_policy = found.regret[:, place]
            mean = statistics.mean_interval(of_policy, level)
            rows.append(
                {
                    "policy": policy,
                    "futures": len(of_policy),
                    "mean": mean.mean,
                    "ci_low": mean.low,
                    "ci_high": mean.high,
                    "p90": float(np.quantile(of_policy, BAD_CASE)),
                    "maximum": float(of_policy.max()),
                    "noise": float(np.sqrt((found.error[:, place] ** 2).mean())),
                    "clear": float(found.clearly_worse[:, place].mean()),
                }
            )
        table = pd.DataFrame(rows)
        return table.assign(minimax=table["maximum"] == table["maximum"].min())

    def best_shares(self, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
        """How often each policy is best by the measure.

        Columns policy, futures, best (in how many it has the best mean), share with its Wilson interval ci_low and
        ci_high, clear and unclear (parts of the share: whether the replications tell it from every other policy). A
        row "tied" has the futures in which several have exactly the best mean. The shares of all rows add up to one.
        """
        import pandas as pd

        found, total = self._best, len(self.feasible)
        alone = {policy: (found.first == place) & ~found.tied for place, policy in enumerate(self.policies)}
        rows = []
        for policy, flags in (alone | {TIED: found.tied}).items():
            low, high = share_interval(int(flags.sum()), total, level)
            clear = float((flags & found.clear).mean())
            share = float(flags.mean())
            rows.append((policy, total, int(flags.sum()), share, low, high, clear, share - clear))
        columns = ["policy", "futures", "best", "share", "ci_low", "ci_high", "clear", "unclear"]
        return pd.DataFrame(rows, columns=columns)

    # -- who is good enough ----------------------------------------------------------------------------------------

    def satisficing(self, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
        """How often each policy meets the conditions, one by one and (condition "all") together.

        Columns policy, condition, futures, met (in how many its means do), share with its Wilson interval ci_low and
        ci_high, clearly_met, clearly_missed and unclear (shares of futures: what the replications tell). The baseline
        is left out of conditions on differences from it.
        """
        import pandas as pd

        rows = []
        for place, policy in enumerate(self.policies):
            able = [one for one in self.constraints if place or not one.difference]
            together = len(able) == len(self.constraints) > 1
            for name, some in [(one.text, [one]) for one in able] + ([("all", able)] if together else []):
                met, sign = self._met(some, place, level)
                low, high = share_interval(int(met.sum()), len(met), level)
                told = [float((sign == value).mean()) for value in (1, -1, 0)]
                rows.append((policy, name, len(met), int(met.sum()), float(met.mean()), low, high, *told))
        columns = ["policy", "condition", "futures", "met", "share", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=[*columns, "clearly_met", "clearly_missed", "unclear"])

    def _met(
        self, conditions: list[Condition] | tuple[Condition, ...], place: int, level: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.int_]]:
        """Whether a policy meets all conditions in each future; and 1 if clearly, -1 if clearly not, 0 if unclear."""
        slacks = [self._slack(one, place) for one in conditions]
        met = np.all([slack.mean(axis=-1) >= 0.0 for slack in slacks], axis=0)
        signs = np.array([comparison.clear_sign(slack, level) for slack in slacks])
        exact = np.array([_exactly(slack) for slack in slacks])
        return met, np.where(exact != 0, exact, signs).min(axis=0)

    # -- when it fails ---------------------------------------------------------------------------------------------

    def fails_when(self, policy: str, *, method: Method = "best", boxes: int = 1) -> Failure:
        """Say in which part of the ranges a policy does not meet the conditions.

        Parameters
        ----------
        policy : its label.
        method : "prim", "cart", or "best" for the one that does better in futures that were held out.
        boxes : at most so many, each in what the ones before it left.

        Raises
        ------
        FuturesError : an unknown policy or method, the baseline where the conditions compare with it, or the EMA
            Workbench is not installed.
        """
        if policy not in self.policies:
            raise FuturesError(unknown("policy", policy, self.policies))
        place = self.policies.index(policy)
        if not place and any(one.difference for one in self.constraints):
            raise FuturesError(f"{policy} is the baseline, and cannot miss a difference from itself; give another.")
        met, sign = self._met(self.constraints, place, statistics.DEFAULT_LEVEL)
        points = self.design.points.loc[list(self.feasible)]
        found = discover(points, self.design.factors, ~met, self._least(place), method=method, most=boxes)
        names = tuple(str(name) for name in points.index[~met])
        return Failure(policy, self.constraints, len(met), len(names), float((sign == 0).mean()), found, names)

    @cached_property
    def failures(self) -> dict[str, Failure]:
        """When each policy fails, as `fails_when` finds it; empty where the EMA Workbench is not installed."""
        apart = any(one.difference for one in self.constraints)
        able = [policy for policy in self.policies if policy != self.baseline or not apart]
        return {policy: self.fails_when(policy) for policy in able} if installed() else {}

    def _slack(self, condition: Condition, place: int) -> NDArray[np.float64]:
        """Return by how much a policy meets a condition in each run: shape (futures, replications)."""
        figures = self.cube(condition.measure)
        return condition.slack(figures[:, place] - figures[:, 0] if condition.difference else figures[:, place])

    def _least(self, place: int) -> NDArray[np.float64]:
        """Return by how much the conditions are met, the worst of them in units of its own spread over futures."""
        means = [self._slack(one, place).mean(axis=-1) for one in self.constraints]
        return np.min([mean / (mean.std() or 1.0) for mean in means], axis=0)

    # -- in words and files ----------------------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """Which policy is best most often, with the interval of that share."""
        return words.headline(self)

    def text(self) -> str:
        """Say in plain words how often each policy is best and when it fails."""
        return words.text(self)

    @cached_property
    def board(self) -> pd.DataFrame:
        """A row a policy: regret, how often it is best, and how often it meets all conditions, side by side."""
        good = self.satisficing().drop_duplicates("policy", keep="last")
        best, met, regret = (
            part[["policy", *names]].rename(columns=names)
            for part, names in zip((self.best_shares(), good, self.regret()), COLUMNS, strict=True)
        )
        found = best.merge(met, on="policy", how="left").merge(regret, on="policy")
        return found.assign(n=len(self.feasible))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return a row a policy; regret, best shares, conditions; every future and what came of it; failure boxes."""
        import pandas as pd

        money = [name for name in self.board if name.endswith("_regret") and name != "clear_regret"]
        units = dict.fromkeys(money, self.about.unit)
        units |= {name: "share" for name in self.board if name.endswith(("_best", "_met")) or name == "clear_regret"}
        boxes = [failure.to_frame() for failure in self.failures.values() if failure.boxes]
        found = {"policies": described(self.board, units, DEFINITIONS)}
        found |= {"regret": self.regret(), "best": self.best_shares(), "conditions": self.satisficing()}
        found |= {"values": self.values, "sampled": self.futures}
        return found | ({"failures": pd.concat(boxes, ignore_index=True)} if boxes else {})

    def figures(self) -> dict[str, Figure]:
        """Draw how often each policy is best, regret, and the part of the ranges in which each fails."""
        from sim.studies.futures import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how often each policy is best."""
        from sim.studies.futures import pictures

        return pictures.plot(self, ax)


def _exactly(slack: NDArray[np.float64]) -> NDArray[np.int_]:
    """Tell the sign of a slack that is the same in every replication: even exactly none is then clear."""
    same = np.ptp(slack, axis=-1) == 0.0
    return np.where(same, np.where(slack.mean(axis=-1) >= 0.0, 1, -1), 0)


__all__ = ["TIED", "Futures"]
