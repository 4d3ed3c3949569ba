"""What is studied: a function of points whose values are noisy, one value a point and replication.

The methods know no more of the simulation than `Model` says, so that the same code meets functions whose answer is
known from theory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sim.inputs import uncertainties
from sim.running.experiment import Series
from sim.running.options import Running
from sim.studies.sensitivity.subject import SensitivityError, Subject

if TYPE_CHECKING:
    import pandas as pd

    from sim.running.cost import Forecast

Point = Mapping[str, float]
"""A number for each of some parameters, by name; the others are what they are in the scenario."""


class Model(Protocol):
    """A function of points."""

    @property
    def arms(self) -> int:
        """Runs that one value takes."""

    def infeasible(self, points: Mapping[str, Point]) -> dict[str, str]:
        """Return why points cannot be, by their names; nothing of those that can."""

    def foresee(self, points: Mapping[str, Point], replications: int, running: Running) -> Forecast:
        """Say what `values` would take."""

    def values(
        self, points: Mapping[str, Point], replications: int, running: Running
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Return the values, a row a point (by name, in order), a column a replication; and how they were made.

        In one column all points share their random numbers. Replications that were not finished have no column.
        """


@dataclass(frozen=True)
class Company:
    """The simulation: a measure's level, or what a policy changes of it, under common random numbers."""

    subject: Subject

    @property
    def arms(self) -> int:
        """Runs that one value takes: a policy's effect needs two."""
        return self.subject.arms

    def infeasible(self, points: Mapping[str, Point]) -> dict[str, str]:
        """Return why points contradict themselves, such as a quick recovery that satisfies less than a slow one."""
        refused: dict[str, str] = {}
        for name, point in points.items():
            try:
                scenario = uncertainties.at(self.subject.scenario, point, name)
            except ValueError as error:
                refused[name] = str(error)
            else:
                refused |= uncertainties.feasible([scenario], self.subject.policies)[1]
        return refused

    def foresee(self, points: Mapping[str, Point], replications: int, running: Running) -> Forecast:
        """Say what `values` would take."""
        return self._series(points, _once(points), running).foresee(replications)

    def values(
        self, points: Mapping[str, Point], replications: int, running: Running
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Run all points; two points that are the same are run once."""
        asked, alias = self.subject, _once(points)
        series = self._series(points, alias, running)
        figures = series.extend(replications)
        done = series.finished(replications)
        if not done:
            raise KeyboardInterrupt
        found = self._explained(figures[figures["replication"].isin(done)], series.labels)
        values = found.reindex(list(alias.values())).set_axis(list(alias), axis="index")
        return _whole(values, asked.measure), {"baseline": series.labels[0]}

    def _series(self, points: Mapping[str, Point], alias: Mapping[str, str], running: Running) -> Series:
        asked = self.subject
        return Series(
            [uncertainties.at(asked.scenario, points[name], name) for name in dict.fromkeys(alias.values())],
            [] if asked.policy is None else [asked.policy],
            baseline=asked.baseline,
            measures=[asked.measure],
            observe=asked.observe,
            **running.settings(),
        )

    def _explained(self, figures: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
        """Return what is explained: (points, replications)."""
        wide = figures.pivot(index="scenario", columns=["policy", "replication"], values="value")
        return wide[labels[0]] if self.subject.policy is None else wide[labels[1]] - wide[labels[0]]


def _once(points: Mapping[str, Point]) -> dict[str, str]:
    """Return for each point, by name, the name of the first one that is the same."""
    first = {_key(points[name]): name for name in reversed(list(points))}
    return {name: first[_key(point)] for name, point in points.items()}


def distinct(points: Mapping[str, Point]) -> int:
    """Return how many different points there are: only those are run."""
    return len({_key(point) for point in points.values()})


def _key(point: Point) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(point.items()))


def _whole(values: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Refuse values that are undefined: nothing is put in their place."""
    undefined = values.index[values.isna().any(axis=1)]
    if len(undefined):
        raise SensitivityError(
            f"{measure} is undefined at {len(undefined)} of {len(values)} points, first {undefined[0]!r}; explain "
            "another measure, a longer time, or a larger company."
        )
    return values
