"""Where figures come from: the simulation, or anything else that can be asked as it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.inputs.scenario import Scenario
from sim.running.experiment import AnyPolicy, Series
from sim.running.options import Running
from sim.studies.levers import Point, Space, refusal

if TYPE_CHECKING:
    import pandas as pd

BASELINE = ""
"""Name under which the baseline is asked for."""

Figures = dict[str, NDArray[np.float64]]
"""Name -> (replications, measures)."""


class Source(Protocol):
    """A company whose figures under policies can be had, replication by replication."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the figures, in the order of the columns."""

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it."""

    def refusal(self, point: Point) -> str | None:
        """Return why there can be no figures of a point; None when there can."""

    def figures(self, points: Mapping[str, Point | None], replications: range, seed: int) -> Figures:
        """Return the figures of points by name, None standing for the baseline.

        Replication r of one seed has the same random numbers under all points. Where the user stops it there are fewer
        rows than replications, as many for all points.
        """


@dataclass
class Company:
    """The simulation.

    Parameters
    ----------
    scenario : whose policies are searched.
    space : what points mean.
    baseline : policy of the baseline.
    names : measures that are wanted.
    running : see `sim.run`.
    watch : is told the runs done.
    """

    scenario: Scenario
    space: Space
    baseline: AnyPolicy | None
    names: tuple[str, ...]
    running: Running
    watch: Callable[[float], None] = lambda done: None
    engine: str = field(default="", init=False)
    done: int = field(default=0, init=False)
    stopped: bool = field(default=False, init=False)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the figures."""
        return self.names

    def refusal(self, point: Point) -> str | None:
        """Return why the scenario cannot be under the policies at a point."""
        return refusal(self.space, self.scenario, point)

    def figures(self, points: Mapping[str, Point | None], replications: range, seed: int) -> Figures:
        """Run what is asked for, and nothing else."""
        series = self.series([point for point in points.values() if point is not None], replications, seed)
        policies = iter(series.labels[1:])
        labels = {name: series.labels[0] if point is None else next(policies) for name, point in points.items()}
        try:
            frame = series.extend(replications.stop, list(labels.values()))
        except KeyboardInterrupt:  # before anything was finished
            self.stopped = True
            return {name: np.empty((0, len(self.names))) for name in points}
        finally:
            self.engine = series.engine
        self.stopped = series.stopped
        self.done += len(points) * len(replications)
        return self._rows(frame, labels, replications)

    def series(self, points: list[Point], replications: range, seed: int) -> Series:
        """Return what runs these points in these replications; the earlier ones hold no scenario."""
        design = [frozenset(), *[frozenset({self.scenario.name})]]
        before = self.done

        def report(done: float, planned: int) -> None:
            self.watch(before + done)

        return Series(
            [self.scenario],
            [self.space.policy(point) for point in points],
            baseline=self.baseline,
            measures=self.names,
            seed=seed,
            design=[design[number in replications] for number in range(replications.stop)],
            **replace(self.running, progress=report).settings(),
        )

    def _rows(self, frame: pd.DataFrame, labels: Mapping[str, str], replications: range) -> Figures:
        """Put figures into arrays, up to the first replication that is missing anywhere."""
        wide = frame.pivot(index="replication", columns=["policy", "measure"], values="value")
        columns = [(label, name) for label in labels.values() for name in self.names]
        ran = frame.assign(ran=1.0).pivot(index="replication", columns=["policy", "measure"], values="ran")
        ran = ran.reindex(index=list(replications), columns=columns)
        count = int(ran.notna().all(axis=1).cummin().sum())
        wide = wide.reindex(index=list(replications)[:count])
        return {name: wide[label][list(self.names)].to_numpy(dtype=float) for name, label in labels.items()}
