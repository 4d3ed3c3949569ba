"""Where the figures come from: every policy in every future that can be, with the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sim.inputs import uncertainties
from sim.inputs.scenario import Scenario
from sim.running.experiment import AnyPolicy, Series
from sim.running.options import Running
from sim.studies.futures.design import READING
from sim.studies.futures.sampled import with_settings
from sim.studies.futures.terms import Subject, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sim.running.cost import Forecast


class Source(Protocol):
    """What gives the figures of futures."""

    def refused(self) -> dict[str, str]:
        """Return why a future cannot be, by its name; those that can be are missing."""

    def figures(self, able: Sequence[str]) -> pd.DataFrame:
        """Return columns future, policy, replication, measure and value of these futures."""


def at(subject: Subject, values: Mapping[str, float], reading: str, name: str) -> Scenario:
    """Return the scenario in a future."""
    return uncertainties.at(subject.scenario.change(reading=reading), values, name)


class Runs:
    """Runs of the model, futures x policies x replications.

    Where settings of policies are sampled, a policy differs from future to future: each future under each policy is
    then a scenario of its own.
    """

    def __init__(self, terms: Terms, running: Running) -> None:
        self._terms, self._running = terms, running
        self._scenarios = {name: self._scenario(name) for name in terms.design.futures}

    def refused(self) -> dict[str, str]:
        """Return why a future cannot be, by its name."""
        found: dict[str, str] = {}
        for name, scenario in self._scenarios.items():
            policies = [self._policy(name, policy) for policy in self._terms.subject.policies.values() if policy]
            found |= uncertainties.feasible([scenario], policies)[1]
        return found

    def foresee(self, able: Sequence[str]) -> Forecast:
        """Say what `figures` would take: runs, time, memory and disk."""
        series = self._one_by_one(self._cells(able)) if self._terms.subject.levers else self._together(able)
        return series.foresee(self._terms.replications)

    def figures(self, able: Sequence[str]) -> pd.DataFrame:
        """Run what can be run; after Ctrl-C what is finished."""
        if not self._terms.subject.levers:
            return self._together(able).extend(self._terms.replications).rename(columns={"scenario": "future"})
        cells = self._cells(able)
        found = self._one_by_one(cells).extend(self._terms.replications)
        return found.assign(
            future=found["scenario"].map(lambda name: cells[name][0]),
            policy=found["scenario"].map(lambda name: cells[name][1]),
        ).drop(columns="scenario")

    def _together(self, able: Sequence[str]) -> Series:
        baseline, *others = self._terms.subject.policies.values()
        return Series(
            [self._scenarios[name] for name in able],
            others,
            baseline=baseline,
            measures=self._terms.measures,
            **self._running.settings(),
        )

    def _cells(self, able: Sequence[str]) -> dict[str, tuple[str, str, Scenario]]:
        """Return future, policy and scenario by name."""
        cells = {}
        for future in able:
            for label, policy in self._terms.subject.policies.items():
                name = f"{future}, {label}"
                cells[name] = future, label, self._scenarios[future].under(self._policy(future, policy))
        return cells

    def _one_by_one(self, cells: Mapping[str, tuple[str, str, Scenario]]) -> Series:
        return Series(
            [scenario.change(name=name) for name, (_, _, scenario) in cells.items()],
            measures=self._terms.measures,
            **self._running.settings(),
        )

    def _scenario(self, future: str) -> Scenario:
        terms = self._terms
        values = terms.design.values(future, terms.design.uncertainties)
        return at(terms.subject, values, str(terms.design.points.loc[future, READING]), future)

    def _policy(self, future: str, policy: AnyPolicy | None) -> AnyPolicy | None:
        return with_settings(policy, self._terms.design.values(future, self._terms.design.levers))
