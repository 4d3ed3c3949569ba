"""The figures of one replication, packed: what travels between processes, lies in the store, and becomes a frame."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Rows = tuple[tuple[str, str], ...]
"""Period and measure of each figure."""
SegmentRows = tuple[tuple[str, str, str], ...]
"""Period, segment and measure of each figure by segment."""
About = tuple[str, str, int]
"""Scenario, policy and replication that a record is of."""

WHOLE = "all"
"""The period that is all measured years."""
LAYOUTS_KEPT = 64
Names = TypeVar("Names", bound=tuple)


def _no_course() -> NDArray[np.float64]:
    return np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Record:
    """Figures of one replication of one scenario under one policy.

    Parameters
    ----------
    rows : (period, measure) of each figure.
    values : the figures, float64, shape (rows,); NaN where a measure is undefined.
    at_risk, stayed : of the cohort table, by month from 0; shape (months,).
    seconds : of computing, as far as known; not a result.
    monthly : measures whose course is known.
    course : their figures by whole month from 0; shape (monthly, months), NaN where undefined.
    segment_rows : (period, segment, measure) of each figure by segment.
    segment_values : these figures, shape (segment_rows,), NaN where undefined.
    """

    rows: Rows
    values: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    stayed: NDArray[np.float64]
    seconds: float = float("nan")
    monthly: tuple[str, ...] = ()
    course: NDArray[np.float64] = field(default_factory=_no_course)
    segment_rows: SegmentRows = ()
    segment_values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __reduce__(self) -> tuple[Callable[..., Record], tuple[object, ...]]:
        """Travel without losing what records share: names are one tuple in every process."""
        numbers = (self.values, self.at_risk, self.stayed, self.seconds)
        return _arrived, (self.rows, numbers, self.monthly, self.course, self.segment_rows, self.segment_values)

    def only(self, measures: Collection[str]) -> Record:
        """Return these measures of the whole period alone, without cohorts, months and segments."""
        places, rows = _chosen(self.rows, frozenset(measures))
        none = np.empty(0)
        return Record(rows, self.values[list(places)], none, none, self.seconds)

    def value(self, measure: str) -> float:
        """Return a measure of the whole period; NaN when it is undefined or unknown."""
        places, _ = _chosen(self.rows, frozenset([measure]))
        return float(self.values[places[0]]) if places else float("nan")


def record(
    figures: pd.DataFrame,
    cohorts: pd.DataFrame,
    seconds: float = float("nan"),
    monthly: Sequence[str] = (),
    course: NDArray[np.float64] | None = None,
    segments: pd.DataFrame | None = None,
) -> Record:
    """Pack frames of one replication: columns period, measure, value; and month (0, 1 …), at_risk, stayed.

    ``monthly`` and ``course`` are as in `Record`; segments: columns period, segment, measure, value.
    """
    rows = tuple(zip(figures["period"].tolist(), figures["measure"].tolist(), strict=True))
    values, at_risk, stayed = (
        column.to_numpy(dtype=np.float64) for column in (figures["value"], cohorts["at_risk"], cohorts["stayed"])
    )
    by_month = _no_course() if course is None else course
    found = Record(same(rows), values, at_risk, stayed, seconds, same(tuple(monthly)), by_month)
    if segments is None:
        return found
    names = zip(*(segments[column].tolist() for column in ("period", "segment", "measure")), strict=True)
    return replace(found, segment_rows=same(tuple(names)), segment_values=segments["value"].to_numpy(np.float64))


def _arrived(
    rows: Rows, numbers: tuple[Any, Any, Any, float], monthly: tuple[str, ...], course: NDArray[np.float64],
    segment_rows: SegmentRows, segment_values: NDArray[np.float64],
) -> Record:  # fmt: skip
    return Record(same(rows), *numbers, same(monthly), course, same(segment_rows), segment_values)


@lru_cache(maxsize=LAYOUTS_KEPT)
def same(names: Names) -> Names:
    """Return the one tuple that stands for equal ones: thousands of records share it."""
    return names


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


def months_frame(records: Sequence[tuple[About, Record]]) -> pd.DataFrame:
    """Return columns scenario, policy, replication, month, measure, value, in the order given, measure by measure."""
    import pandas as pd

    sizes = [found.course.size for _, found in records]
    shapes = [(found.monthly, found.course.shape[1]) for _, found in records]
    months = [np.tile(np.arange(count), len(names)) for names, count in shapes]
    names = [np.repeat(np.array(names, dtype=object), count) for names, count in shapes]
    return pd.DataFrame(
        _about([about for about, _ in records], sizes)
        | {
            "month": np.concatenate(months) if months else np.empty(0, dtype=np.int64),
            "measure": np.concatenate(names) if names else np.empty(0, dtype=object),
            "value": _joined(found.course.ravel() for _, found in records),
        }
    )


def segments_frame(records: Sequence[tuple[About, Record]]) -> pd.DataFrame:
    """Return columns scenario, policy, replication, period, segment, measure, value, in the order given."""
    import pandas as pd

    names = [row for _, found in records for row in found.segment_rows]
    columns = {name: [row[place] for row in names] for place, name in enumerate(("period", "segment", "measure"))}
    about = _about([about for about, _ in records], [len(found.segment_rows) for _, found in records])
    return pd.DataFrame(about | columns | {"value": _joined(found.segment_values for _, found in records)})


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
