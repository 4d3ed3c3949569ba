"""Trying a company with its knobs moved: runs under common random numbers, from the store where it knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.calibration.steady_state import observed, ratios
from sim.company.calibration.targets import Target
from sim.engines import Engine, engine_for, run
from sim.inputs.numbers.knobs import Knob, turned
from sim.inputs.scenario import Scenario
from sim.progress import Meter
from sim.running.experiment import Series
from sim.running.options import Running
from sim.running.workers import available, work_off

Vector = NDArray[np.float64]
Tried = tuple[bytes, int]
"""Knobs, and replications."""
REVENUE = "revenue"
"""Measure that is kept beside those of the targets: with the return on sales it settles fixed costs."""

SETTLING_YEARS, MOST_RUNS = 2.0, 64
"""Years of each run that the ratios of the start are read off, and most runs."""


class Trials:
    """Trials of a company.

    Parameters
    ----------
    base : the company with every knob at 0.
    knobs, targets : what is moved, and what is looked at.
    meter : told how many runs are done, and how many are ``planned``, which is a guess.
    running : how runs are done.
    """

    def __init__(
        self, base: Scenario, knobs: Sequence[Knob], targets: Sequence[Target], meter: Meter, planned: int,
        running: Running,
    ) -> None:  # fmt: skip
        self.knobs, self.targets = tuple(knobs), tuple(targets)
        self.done, self.planned, self.note = 0, planned, ""
        engine = cast("Engine", engine_for([base], planned, running.engine))  # for all of them together
        self._meter, self._running = meter, replace(running, engine=engine)
        self._base, self._known = base, dict[Tried, pd.DataFrame]()

    @property
    def base(self) -> Scenario:
        """The company with every knob at 0."""
        return self._base

    @base.setter
    def base(self, scenario: Scenario) -> None:
        self._base, self._known = scenario, {}

    def scenario(self, x: Vector) -> Scenario:
        """Return the company with its knobs at ``x``, (knobs,)."""
        at = {knob.name: float(value) for knob, value in zip(self.knobs, x, strict=True)}
        return turned(self.base, self.knobs, at)

    def settle(self, x: Vector, person_years: float) -> None:
        """Let what follows start where the company settles with its knobs at ``x``, as so many years of people show."""
        at_x = self.scenario(x).change(years=SETTLING_YEARS)
        people = float(at_x.value("market_size"))  # type: ignore[arg-type]
        runs = int(np.clip(np.ceil(person_years / (people * SETTLING_YEARS)), 1, MOST_RUNS))
        shown: dict[int, dict[str, float]] = {}

        def watch(number: int, _: object = None) -> dict[str, float]:
            return observed(run(at_x, number, engine=self._running.engine))

        workers = self._running.workers or available()
        if not work_off(watch, range(runs), workers, shown.__setitem__, threads=True):
            raise KeyboardInterrupt
        mean = {name: float(np.mean([shown[number][name] for number in range(runs)])) for name in shown[0]}
        self.base = self.base.override(**ratios(at_x, mean))

    def numbers(self, points: Sequence[Vector], replications: int, *, realised: bool = False) -> Vector:
        """Return what came out for each target, in its unit: (points, replications, targets).

        Parameters
        ----------
        realised : as a company would count it, where that has more luck in it than what is expected.
        """
        names = [target.number.realised if realised else target.measure for target in self.targets]
        found = [
            [t.number.of(figures[name].to_numpy()) for t, name in zip(self.targets, names, strict=True)]
            for figures in self.figures(points, replications)
        ]
        return np.array(found).reshape(len(points), -1, replications).transpose(0, 2, 1)

    def means(self, points: Sequence[Vector], replications: int) -> Vector:
        """Return the means of `numbers` over replications: (points, targets)."""
        return np.asarray(self.numbers(points, replications).mean(axis=1))

    def figures(self, points: Sequence[Vector], replications: int) -> list[pd.DataFrame]:
        """Return the figures of points: one frame each, a row a replication, a column a measure.

        Raises
        ------
        KeyboardInterrupt : when it was stopped; what is finished is in the store.
        """
        keys = [(x.tobytes(), replications) for x in points]
        new = {key: x for key, x in zip(keys, points, strict=True) if key not in self._known}
        if new:
            self._known |= dict(zip(new, self.run([self.scenario(x) for x in new.values()], replications), strict=True))
        return [self._known[key] for key in keys]

    def run(self, scenarios: Sequence[Scenario], replications: int) -> list[pd.DataFrame]:
        """Return the figures of scenarios, as `figures`."""
        runs = len(scenarios) * replications
        self.planned = max(self.planned, self.done + runs)
        running = replace(
            self._running, progress=lambda done, _: self._meter(self.done + done, self.planned, self.note)
        )
        named = [scenario.change(name=f"trial {n} of {self.base.name}") for n, scenario in enumerate(scenarios)]
        series = Series(named, measures=self._measures(), **running.settings())
        frame = series.extend(replications)
        if series.stopped:
            raise KeyboardInterrupt
        self.done += runs
        wide = frame.pivot(index=["scenario", "replication"], columns="measure", values="value")
        return [wide.loc[scenario.name] for scenario in named]

    def _measures(self) -> tuple[str, ...]:
        counted = [name for target in self.targets for name in (target.measure, target.number.realised)]
        return tuple(dict.fromkeys([*counted, REVENUE]))
