"""The figures of one replication, packed: what travels between processes, lies in the store, and becomes a frame."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Rows = tuple[tuple[str, str], ...]
"""Period and measure of each figure."""
About = tuple[str, str, int]
"""Scenario, policy and replication that a record is of."""

WHOLE = "all"
"""The period that is all measured years."""
LAYOUTS_KEPT = 64


@dataclass(frozen=True, eq=False)
class Record:
    """Figures of one replication of one scenario under one policy.

    Parameters
    ----------
    rows : (period, measure) of each figure.
    values : the figures, float64, shape (rows,); NaN where a measure is undefined.
    at_risk, stayed : of the cohort table, by month from 0; shape (months,).
    seconds : of computing, as far as known; not a result.
    """

    rows: Rows
    values: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    stayed: NDArray[np.float64]
    seconds: float = float("nan")

    def __reduce__(self) -> tuple[Callable[..., Record], tuple[object, ...]]:
        """Travel without losing what records share: names are one tuple in every process."""
        return _arrived, (self.rows, self.values, self.at_risk, self.stayed, self.seconds)

    def only(self, measures: Collection[str]) -> Record:
        """Return these measures of the whole period alone, without the cohorts."""
        places, rows = _chosen(self.rows, frozenset(measures))
        none = np.empty(0)
        return replace(self, rows=rows, values=self.values[list(places)], at_risk=none, stayed=none)

    def value(self, measure: str) -> float:
        """Return a measure of the whole period; NaN when it is undefined or unknown."""
        places, _ = _chosen(self.rows, frozenset([measure]))
        return float(self.values[places[0]]) if places else float("nan")


def record(figures: pd.DataFrame, cohorts: pd.DataFrame, seconds: float = float("nan")) -> Record:
    """Pack frames of one replication: columns period, measure, value; and month (0, 1 …), at_risk, stayed."""
    rows = tuple(zip(figures["period"].tolist(), figures["measure"].tolist(), strict=True))
    values, at_risk, stayed = (
        column.to_numpy(dtype=np.float64) for column in (figures["value"], cohorts["at_risk"], cohorts["stayed"])
    )
    return Record(same(rows), values, at_risk, stayed, seconds)


def _arrived(rows: Rows, *numbers: Any) -> Record:
    return Record(same(rows), *numbers)


@lru_cache(maxsize=LAYOUTS_KEPT)
def same(rows: Rows) -> Rows:
    """Return the one tuple that stands for equal ones: thousands of records share it."""
    return rows


@lru_cache(maxsize=LAYOUTS_KEPT)
def _chosen(rows: Rows, measures: frozenset[str]) -> tuple[tuple[int, ...], Rows]:
    places = tuple(n for n, (period, measure) in enumerate(rows) if period == WHOLE and measure in measures)
    return places, tuple(rows[n] for n in places)


def figures_frame(records: Sequence[tuple[About, Record]]) -> pd.DataFrame:
    """Return columns scenario, policy, replication, period, measure, value, in the order given."""
    import pandas as pd

    sizes = [len(found.values) for _, found in records]
    names = [row for _, found in records for row in found.rows]
    return pd.DataFrame(
        _about([about for about, _ in records], sizes)
        | {
            "period": [period for period, _ in names],
            "measure": [measure for _, measure in names],
            "value": _joined(found.values for _, found in records),
        }
    )


def cohorts_frame(records: Sequence[tuple[About, Record]]) -> pd.DataFrame:
    """Return columns scenario, policy, replication, month, at_risk, stayed, in the order given."""
    import pandas as pd

    sizes = [len(found.at_risk) for _, found in records]
    return pd.DataFrame(
        _about([about for about, _ in records], sizes)
        | {
            "month": np.concatenate([np.arange(size) for size in sizes]) if sizes else np.empty(0, dtype=np.int64),
            "at_risk": _joined(found.at_risk for _, found in records),
            "stayed": _joined(found.stayed for _, found in records),
        }
    )


def _about(names: Sequence[About], sizes: Sequence[int]) -> dict[str, NDArray]:
    scenarios, policies, numbers = ([about[part] for about in names] for part in range(3))
    return {
        "scenario": np.repeat(np.array(scenarios, dtype=object), sizes),
        "policy": np.repeat(np.array(policies, dtype=object), sizes),
        "replication": np.repeat(np.array(numbers, dtype=np.int64), sizes),
    }


def _joined(parts: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    several = list(parts)
    return np.concatenate(several) if several else np.empty(0)
