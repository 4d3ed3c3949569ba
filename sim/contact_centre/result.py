"""What a simulated contact centre returns: figures with intervals beside theory, warm-up, what to mind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import sim.model.state as s
from sim.contact_centre.centre import Centre
from sim.contact_centre.closed_forms import ClosedForm
from sim.contact_centre.figures import CLASS_FIGURES, UNITS, Window, class_figures, figures, in_tenths
from sim.contact_centre.replication import Books, Layout
from sim.model.clock import HOUR_MINUTES, HUNDRED, MINUTE
from sim.outcomes.statistics import DEFAULT_LEVEL, Interval, mean_interval

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
TREND_LEVEL = 0.99
"""Confidence at which a difference between the halves of the measured hours is called a trend."""
TREND_REPLICATIONS = 3
"""With fewer replications no trend can be told from chance."""


class Row(NamedTuple):
    """A figure: mean over replications, its interval and standard error, and what theory says (or NaN)."""

    measure: str
    mean: float
    ci_low: float
    ci_high: float
    se: float
    theory: float


class Tenth(NamedTuple):
    """A tenth of a run: contacts in line and in all (means over replications), and the share that is measured."""

    from_hour: float
    to_hour: float
    mean_queue: float
    mean_in_system: float
    measured: float


class Neighbour(NamedTuple):
    """A number of agents near the answer of a search: see `Staffing.to_frame`."""

    agents: int
    service_level: float
    service_level_low: float
    service_level_high: float
    p_abandon: float
    p_abandon_low: float
    p_abandon_high: float
    mean_wait: float
    occupancy: float
    meets: bool
    straddles: bool


@dataclass(frozen=True, eq=False, repr=False)
class QueueResult:
    """The figures of a contact centre, each with its interval over replications.

    Parameters
    ----------
    centre : what was simulated.
    seed : the random numbers.
    layout : the run in buckets.
    books : what each replication left behind.
    theory : the exact solution, where there is one.
    staffing : the search for the fewest agents that this result came out of, if any.
    """

    centre: Centre
    seed: int
    layout: Layout
    books: tuple[Books, ...]
    theory: ClosedForm
    staffing: Staffing | None = field(default=None)

    @property
    def replications(self) -> int:
        """Number of independent replications."""
        return len(self.books)

    def rows(self, level: float = DEFAULT_LEVEL) -> list[Row]:
        """Every figure, with its interval at this level."""
        found = [figures(window) for window in self._windows()]
        return [_row(name, [one[name] for one in found], self.theory.values.get(name, NAN), level) for name in UNITS]

    def to_frame(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Every figure: measure, mean, ci_low, ci_high, se, theory (NaN where there is none).

        Units are in ``frame.attrs["units"]``: times are seconds, shares lie between 0 and 1. With one
        replication the interval and the standard error are NaN.
        """
        import pandas as pd

        frame = pd.DataFrame(self.rows(level))
        frame.attrs["units"] = dict(UNITS)
        return frame

    def class_rows(self, level: float = DEFAULT_LEVEL) -> dict[str, list[Row]]:
        """Return the figures of each priority class by its name."""
        classes = self.centre.classes
        if len(classes) == 1:
            return {classes[0].name: [row for row in self.rows(level) if row.measure in CLASS_FIGURES]}
        return {kind.name: self._class_rows(column, level) for column, kind in enumerate(classes)}

    def _class_rows(self, column: int, level: float) -> list[Row]:
        found = [class_figures(window, column) for window in self._windows()]
        theory = {"mean_wait": self.theory.class_waits[column]} if self.theory.class_waits else {}
        return [_row(name, [one[name] for one in found], theory.get(name, NAN), level) for name in CLASS_FIGURES]

    def classes(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each priority class: column ``class``, then those of `to_frame`."""
        import pandas as pd

        return pd.DataFrame(self._class_records(level))

    def _class_records(self, level: float = DEFAULT_LEVEL) -> list[dict[str, Any]]:
        return [{"class": name} | row._asdict() for name, rows in self.class_rows(level).items() for row in rows]

    def over_time(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each measured bucket: ``from_hour`` (since the run began), and as `to_frame`.

        A bucket is an hour, or ``layout.width`` minutes in short runs and where the hours are no whole ones.
        """
        import pandas as pd

        rows = []
        for bucket in range(self.layout.first, self.layout.last):
            values = [figures(window) for window in self._windows(bucket, bucket + 1)]
            for name in UNITS:
                found = _row(name, [one[name] for one in values], NAN, level)
                rows.append((bucket * self.layout.width / HOUR_MINUTES, *found))
        return pd.DataFrame(rows, columns=["from_hour", *Row._fields])

    def tenths(self) -> list[Tenth]:
        """Return the run in tenths, so that the warm-up can be judged."""
        plan, hours = self.layout, self.layout.width / HOUR_MINUTES
        queue, system = (
            np.mean([in_tenths(books, row, plan.last, plan.width * MINUTE) for books in self.books], axis=0)
            for row in (s.IN_LINE, s.IN_SYSTEM)
        )
        buckets = np.array_split(np.arange(plan.last), len(queue))
        return [
            Tenth(of[0] * hours, (of[-1] + 1) * hours, queue[k], system[k], float((of >= plan.first).mean()))
            for k, of in enumerate(buckets)
        ]

    def warm_up(self) -> pd.DataFrame:
        """Mean queue and mean number in the system by tenth of the run, and whether it is measured.

        Columns: from_hour, to_hour, mean_queue, mean_in_system (means over replications), measured (share).
        """
        import pandas as pd

        return pd.DataFrame(self.tenths())

    def notes(self) -> list[str]:
        """Return what a reader should mind, in sentences."""
        return [note for note in (self._alone(), self._alike(), self._trend(), self._unfinished()) if note]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, NaN as None: what ``cxsim queue --json`` prints."""
        several = len(self.centre.classes) > 1
        found: dict[str, Any] = {
            "title": self.centre.title,
            "agents": list(self.centre.agents) if len(self.centre.agents) > 1 else self.centre.agents[0],
            "replications": self.replications,
            "seed": self.seed,
            "warmup_hours": self.layout.warmup_hours,
            "hours": self.layout.hours,
            "theory": self.theory.name or None,
            "units": dict(UNITS),
            "measures": _plain(row._asdict() for row in self.rows()),
            "classes": _plain(self._class_records()) if several else [],
            "warm_up": _plain(tenth._asdict() for tenth in self.tenths()),
            "notes": self.notes(),
        }
        if self.staffing is not None:
            found["staffing"] = self.staffing.to_dict()
        return found

    def __repr__(self) -> str:
        means = {row.measure: row.mean for row in self.rows()}
        return (
            f"QueueResult({self.centre.title!r}, {self.replications} replications, service level "
            f"{means['service_level']:.1%}, mean wait {means['mean_wait']:.1f} s)"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="%.4g"))

    def _windows(self, first: int | None = None, last: int | None = None) -> list[Window]:
        plan = self.layout
        ends = (plan.first if first is None else first, plan.last if last is None else last)
        return [Window(books, *ends, plan.width * MINUTE) for books in self.books]

    # -- notes ----------------------------------------------------------------------------------------

    def _alone(self) -> str:
        return "" if self.replications > 1 else "One replication has no interval: give 2 or more replications."

    def _alike(self) -> str:
        alike = all(np.array_equal(books.board, self.books[0].board) for books in self.books)
        if self.replications == 1 or not alike:
            return ""
        return "All replications are the same: nothing is left to chance here, so the intervals have no width."

    def _trend(self) -> str:
        plan = self.layout
        half = (plan.first + plan.last) // 2
        if not self.centre.steady or self.replications < TREND_REPLICATIONS or half == plan.first:
            return ""
        halves = [self._windows(plan.first, half), self._windows(half, plan.last)]
        early, late = ([window.level(s.IN_SYSTEM) for window in windows] for windows in halves)
        moved = mean_interval(np.subtract(late, early), TREND_LEVEL)
        if moved.low <= 0 <= moved.high:
            return ""
        return (
            f"The mean number in the system still moves by {moved.mean:+.3g} between the halves of the "
            "measured hours: give a longer warm-up (warmup_hours) and more hours."
        )

    def _unfinished(self) -> str:
        offered = sum(window.total(s.OFFERED) for window in self._windows())
        ended = sum(window.total(s.ANSWERED) + window.total(s.ABANDONED) for window in self._windows())
        if offered == ended:
            return ""
        return f"{offered - ended} of {offered} contacts still waited at the end and are in no share or mean."


@dataclass(frozen=True, eq=False)
class Staffing:
    """A search for the fewest agents.

    Parameters
    ----------
    share, seconds : the target: this share answered within so many seconds.
    max_abandon : the largest share that may abandon; None sets no limit.
    agents : the fewest that meet it (in the mean over replications).
    results : figures by number of agents: n - 1, n and n + 1 (n - 1 is absent where the line would grow
        without limit).
    """

    share: float
    seconds: float
    max_abandon: float | None
    agents: int
    results: Mapping[int, QueueResult]

    def to_frame(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """One row a number of agents: service level and abandonment with intervals, mean_wait (s), occupancy.

        ``meets`` says whether the means meet the target; ``straddles`` that an interval includes a limit, so
        that these replications cannot tell.
        """
        import pandas as pd

        return pd.DataFrame(self.rows(level))

    def rows(self, level: float = DEFAULT_LEVEL) -> list[Neighbour]:
        """Return the numbers of agents, the fewest first."""
        return [self._row(agents, found, level) for agents, found in sorted(self.results.items())]

    def _row(self, agents: int, found: QueueResult, level: float) -> Neighbour:
        of = {row.measure: row for row in found.rows(level)}
        service, lost = of["service_level"], of["p_abandon"]
        limits = ((service, self.share), (lost, self.max_abandon))
        return Neighbour(
            agents=agents,
            service_level=service.mean,
            service_level_low=service.ci_low,
            service_level_high=service.ci_high,
            p_abandon=lost.mean,
            p_abandon_low=lost.ci_low,
            p_abandon_high=lost.ci_high,
            mean_wait=of["mean_wait"].mean,
            occupancy=of["occupancy"].mean,
            meets=met(found, self.share, self.max_abandon),
            straddles=any(limit is not None and row.ci_low <= limit <= row.ci_high for row, limit in limits),
        )

    def sentence(self) -> str:
        """Say the answer, and how sure it is."""
        goal = f"{self.share * HUNDRED:g} % within {self.seconds:g} s"
        if self.max_abandon is not None:
            goal += f" and at most {self.max_abandon * HUNDRED:g} % abandoning"
        unsure = [str(row.agents) for row in self.rows() if row.straddles]
        text = f"{self.agents} agents are the fewest that meet {goal}."
        if unsure:
            text += (
                f" With {' and '.join(unsure)} agents the interval straddles the target: "
                "give more replications or hours to be sure."
            )
        return text

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "target_share": self.share,
            "target_seconds": self.seconds,
            "max_abandon": self.max_abandon,
            "agents": self.agents,
            "neighbours": _plain(row._asdict() for row in self.rows()),
            "answer": self.sentence(),
        }


def met(found: QueueResult, share: float, max_abandon: float | None) -> bool:
    """Whether the means over replications meet a target."""
    means = {row.measure: row.mean for row in found.rows()}
    return bool(means["service_level"] >= share and (max_abandon is None or means["p_abandon"] <= max_abandon))


def _row(name: str, values: Iterable[float], theory: float, level: float) -> Row:
    """Mean and interval of a figure; replications without a value are left out."""
    known = [value for value in values if math.isfinite(value)]
    found = mean_interval(known, level) if known else Interval(0, NAN, NAN, NAN, NAN)
    return Row(name, found.mean, found.low, found.high, found.se, theory)


def _plain(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: _json(value) for key, value in record.items()} for record in records]


def _json(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
