"""Survival tables: how many of each cohort are still there after each renewal, read and checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.error import FitError
from sim.wording import PER_CENT

UNNAMED = "cohort"
FIX = "a survival table counts those of the first period who are still there, so it starts with all and never rises"


@dataclass(frozen=True, eq=False)
class Cohort:
    """One cohort.

    Parameters
    ----------
    name : of the cohort.
    customers : at period 0; NaN when only shares are known.
    share : of them who are still there after 0, 1, 2 ... renewals, (periods,), from 1.
    """

    name: str
    customers: float
    share: NDArray[np.float64]

    @property
    def sized(self) -> bool:
        """Whether it is known how many they are."""
        return math.isfinite(self.customers)

    def lost(self, last: int) -> NDArray[np.float64]:
        """Customers lost at each renewal until ``last``, and those left after it; shares when no size is known."""
        size = self.customers if self.sized else 1.0
        return size * np.append(-np.diff(self.share[: last + 1]), self.share[last])


def read_cohorts(clean: Clean) -> list[Cohort]:
    """Read every cohort of the table, in the order of their names.

    Raises
    ------
    FitError : a missing column or period, a period twice, a share above the first, survival that rises.
    """
    for concept in ("period", "alive"):
        if not clean.has(concept):
            raise FitError(f"cohorts: no column says the {concept}; map one, as in --map {concept}=COLUMN.")
    cohort = "cohort" if clean.has("cohort") else f"'{UNNAMED}'"
    start = "start" if clean.has("start") else "NULL::DOUBLE"
    query = f"SELECT {cohort} AS cohort, period, alive::DOUBLE AS alive, {start} AS start FROM {clean.table}"
    frame = clean.connection.execute(f"{query} ORDER BY 1, 2").df()
    if frame.empty:
        raise FitError("cohorts: the table is empty; it needs a row a cohort and period.")
    return [_read(str(name), rows) for name, rows in frame.groupby("cohort", sort=True)]


def _read(name: str, rows: pd.DataFrame) -> Cohort:
    where, periods = f"cohort {name}", rows["period"].to_numpy()
    alive, starts = rows["alive"].to_numpy(), rows["start"].dropna().unique()
    if len(starts) > 1:
        raise FitError(f"{where}: its start is {starts[0]:g} in one row and {starts[1]:g} in another; give one size.")
    size = float(starts[0]) if len(starts) else math.nan
    if periods[0] == 1 and math.isfinite(size):
        whole = 1.0 if alive[0] <= 1 else size
        periods, alive = np.append(0, periods), np.append(whole, alive)
    _check_periods(where, periods)
    return Cohort(name, *_shares(where, alive, size))


def _check_periods(where: str, periods: NDArray[np.int64]) -> None:
    twice = periods[1:][np.diff(periods) == 0]
    if len(twice):
        raise FitError(f"{where}: period {twice[0]} stands there twice; give one row a period.")
    absent = np.flatnonzero(periods != np.arange(len(periods)))
    if len(absent):
        raise FitError(f"{where}: period {absent[0]} is missing; give every period from 0 on.")


def _shares(where: str, alive: NDArray[np.float64], size: float) -> tuple[float, NDArray[np.float64]]:
    """Size of the cohort, and shares: from customers, shares or percentages."""
    if not (np.isfinite(alive).all() and (alive >= 0).all()):
        raise FitError(f"{where}: a number still there is missing or below 0; {FIX}.")
    risen = np.flatnonzero(np.diff(alive) > 0)
    if len(risen):
        at = int(risen[0])
        raise FitError(f"{where}: {alive[at + 1]:g} are there in period {at + 1}, {alive[at]:g} in period {at}; {FIX}.")
    first = float(alive[0])
    if math.isfinite(size):
        if not any(math.isclose(first, whole) for whole in (1.0, PER_CENT, size)):
            raise FitError(f"{where}: period 0 holds {first:g}, neither its {size:g} customers nor 1 nor 100; {FIX}.")
        return size, alive / first
    if first < 1:
        raise FitError(f"{where}: period 0 holds {first:g}; {FIX}.")
    percentages = first == PER_CENT and (alive != np.rint(alive)).any()
    return (math.nan if first == 1 or percentages else first), alive / first
