"""What a study has projected for one scenario under one policy, by month or by year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.overlay.calendar import By, Calendar
from sim.company.overlay.errors import ActualsError
from sim.errors import unknown
from sim.outcomes.months import MONTHLY
from sim.outcomes.results import Study

YEAR = "year "
"""How a study begins to name a whole year."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Figures of the replications of one scenario under one policy.

    Parameters
    ----------
    scenario, policy : what they are called.
    months, years : columns replication, measure, place (month or year of the projection, from 0), value.
    """

    scenario: str
    policy: str
    months: pd.DataFrame
    years: pd.DataFrame

    def measures(self, by: By) -> list[str]:
        """Return the measures that have months, or years."""
        return list(self._figures(by)["measure"].unique())

    def count(self, by: By) -> int:
        """Return how many whole months, or years, there are."""
        places = self._figures(by)["place"]
        return int(places.max()) + 1 if len(places) else 0

    def runs(self, measure: str, by: By, calendar: Calendar) -> NDArray[np.float64]:
        """Return a measure of every replication, in the days of calendar months when it adds up over days.

        Returns
        -------
        Shape (replications, periods), NaN where undefined.
        """
        figures = self._figures(by)
        own = figures[figures["measure"] == measure]
        found = own.pivot(index="replication", columns="place", values="value").to_numpy()
        if by == "month" and MONTHLY.get(measure) == "sum":
            return found * calendar.stretch(found.shape[1])
        return found

    def _figures(self, by: By) -> pd.DataFrame:
        return self.months if by == "month" else self.years


def projection(study: Study, scenario: str | None, policy: str | None) -> Projection:
    """Return the figures of one scenario of a study under one policy, the baseline unless one is named.

    Raises
    ------
    ActualsError : when there is no such scenario or policy, or there are several scenarios and none is named.
    """
    scenarios = list(study.replications["scenario"].unique())
    if scenario is None and len(scenarios) > 1:
        raise ActualsError(f"this study has {len(scenarios)} scenarios; name one of {', '.join(map(repr, scenarios))}.")
    chosen = str(_one("scenario", scenario, scenarios, scenarios[0]))
    policies = list(study.replications["policy"].unique())
    label = str(_one("policy", policy, policies, study.baseline))
    return Projection(chosen, label, _months(study, chosen, label), _years(study, chosen, label))


def _one(what: str, name: str | None, names: list[str], otherwise: str) -> str:
    if name is None:
        return otherwise
    if name not in names:
        raise ActualsError(unknown(f"{what} of this study called", name, names))
    return name


def _months(study: Study, scenario: str, policy: str) -> pd.DataFrame:
    months = study.months
    own = months[(months["scenario"] == scenario) & (months["policy"] == policy)]
    return own.rename(columns={"month": "place"})[["replication", "measure", "place", "value"]]


def _years(study: Study, scenario: str, policy: str) -> pd.DataFrame:
    every = study.replications
    own = every[(every["scenario"] == scenario) & (every["policy"] == policy) & every["period"].str.startswith(YEAR)]
    place = own["period"].str.removeprefix(YEAR).astype(int) - 1
    return own.assign(place=place)[["replication", "measure", "place", "value"]]
