"""Figures of the replications so far, side by side: what every comparison of a choice is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.studies.choose.terms import ChoiceError

if TYPE_CHECKING:
    import pandas as pd

    from sim.outcomes.results import Study


class Source(Protocol):
    """Where figures come from: `sim.running.experiment.Series`, or anything that can be continued as it can.

    `labels` has the baseline first; `stopped` is true after the user stopped it.
    """

    labels: tuple[str, ...]
    stopped: bool

    def extend(self, replications: int, policies: Sequence[str] | None = None) -> pd.DataFrame:
        """Return columns policy, replication, measure and value, with this many replications of the policies."""


class Recorded:
    """The replications of a study, handed out as a source would run them; it ends where the study does.

    Parameters
    ----------
    study : of one scenario, or with the one named.
    """

    def __init__(self, study: Study, scenario: str | None = None) -> None:
        names = list(dict.fromkeys(study.replications["scenario"]))
        if scenario is None and len(names) == 1:
            scenario = names[0]
        if scenario not in names:
            raise ChoiceError(f"a choice is made in one scenario; give one of {', '.join(names)}.")
        frame = study.replications
        self._frame = frame[(frame["scenario"] == scenario) & (frame["period"] == "all")]
        self.labels: tuple[str, ...] = tuple(dict.fromkeys([study.baseline, *self._frame["policy"]]))
        self.length = int(self._frame["replication"].max()) + 1
        self.stopped = False
        self._held = dict.fromkeys(self.labels, 0)

    def extend(self, replications: int, policies: Sequence[str] | None = None) -> pd.DataFrame:
        """Return what was asked for so far."""
        self.stopped = replications > self.length
        for label in self.labels if policies is None else policies:
            self._held[label] = max(self._held[label], replications)
        return self._frame[self._frame["replication"] < self._frame["policy"].map(self._held)]


@dataclass(frozen=True)
class Figures:
    """Measures by replication (rows) and policy (columns), and how many replications each policy has.

    Only replications from the first without a gap count: which run was finished first does not matter. Replication
    r of every policy shares its random numbers with replication r of every other.

    Parameters
    ----------
    labels : policies, the baseline first.
    values : measure -> array (replications, policies); NaN where there is no run.
    counts : replications of each policy.
    """

    labels: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    counts: np.ndarray

    def of(self, measure: str, place: int) -> np.ndarray:
        """Values of a policy."""
        return self.values[measure][: self.counts[place], place]

    def difference(self, measure: str, place: int, other: int) -> np.ndarray:
        """Paired differences of a policy from another, in the replications that both have."""
        shared = min(self.counts[place], self.counts[other])
        table = self.values[measure][:shared]
        return table[:, place] - table[:, other]

    def common(self, places: Sequence[int]) -> int:
        """Return how many replications all of these policies have."""
        return int(self.counts[list(places)].min())


def side_by_side(frame: pd.DataFrame, labels: Sequence[str], measures: Sequence[str]) -> Figures:
    """Put a source's frame side by side.

    Raises
    ------
    ChoiceError : a measure has no figure, or is undefined in a replication.
    """
    absent = [name for name in measures if name not in set(frame["measure"])]
    if absent:
        raise ChoiceError(f"the runs have no figures of {', '.join(absent)}; choose by others.")
    rows = frame["replication"].to_numpy()
    columns = _places(frame["policy"], labels)
    length = int(rows.max()) + 1
    present = np.zeros((length, len(labels)), dtype=bool)
    present[rows, columns] = True
    counts = np.where(present.all(axis=0), length, present.argmin(axis=0))
    values = {name: np.full(present.shape, np.nan) for name in measures}
    for name, table in values.items():
        own = (frame["measure"] == name).to_numpy()
        table[rows[own], columns[own]] = frame["value"].to_numpy()[own]
    found = Figures(tuple(labels), values, counts)
    for name in measures:
        _refuse_undefined(found, name)
    return found


def _places(policies: pd.Series, labels: Sequence[str]) -> np.ndarray:
    """Place of each row's policy among the labels."""
    import pandas as pd

    return pd.Index(labels).get_indexer(policies)


def _refuse_undefined(found: Figures, name: str) -> None:
    for place, label in enumerate(found.labels):
        missing = np.flatnonzero(np.isnan(found.of(name, place)))
        if missing.size:
            raise ChoiceError(
                f"{name} is undefined under {label!r} in replication {missing[0]} (retention, for one, needs a whole "
                "year); run longer, or choose by another measure."
            )
