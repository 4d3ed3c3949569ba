"""What a simulated contact centre returns: figures with intervals beside theory, warm-up, what to mind."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim import state as s
from sim.queue.centre import HOUR_MINUTES, Centre
from sim.queue.closed_forms import ClosedForm
from sim.queue.figures import CLASS_FIGURES, FIGURES, UNITS, Window, class_figures, figures, in_tenths
from sim.queue.replication import Books, Layout
from sim.statistics import DEFAULT_LEVEL, Interval, mean_interval

NAN = float("nan")
COLUMNS = ["measure", "mean", "ci_low", "ci_high", "se", "theory"]
TREND_LEVEL = 0.99
"""Confidence at which a difference between the halves of the measured hours is called a trend."""
TREND_REPLICATIONS = 3
"""With fewer replications no trend can be told from chance."""


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
    staffing: "Staffing | None" = field(default=None)

    @property
    def replications(self) -> int:
        """Number of independent replications."""
        return len(self.books)

    def to_frame(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Every figure: measure, mean, ci_low, ci_high, se, theory (NaN where there is none).

        Units are in ``frame.attrs["units"]``: times are seconds, shares lie between 0 and 1. With one
        replication the interval and the standard error are NaN.
        """
        values = self._by_replication()
        rows = [
            _row(name, values[name], self.theory.values.get(name, NAN), level) for name in (f.name for f in FIGURES)
        ]
        frame = pd.DataFrame(rows, columns=COLUMNS)
        frame.attrs["units"] = dict(UNITS)
        return frame

    def classes(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each priority class: column ``class``, then those of `to_frame`."""
        if len(self.centre.classes) == 1:
            frame = self.to_frame(level)
            frame = frame[frame["measure"].isin(CLASS_FIGURES)].reset_index(drop=True)
            frame.insert(0, "class", self.centre.classes[0].name)
            return frame
        rows = []
        for column, kind in enumerate(self.centre.classes):
            values = [class_figures(window, column) for window in self._windows()]
            for name in CLASS_FIGURES:
                theory = self.theory.class_waits[column] if self.theory.class_waits and name == "mean_wait" else NAN
                rows.append((kind.name, *_row(name, [one[name] for one in values], theory, level)))
        return pd.DataFrame(rows, columns=["class", *COLUMNS])

    def over_time(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each measured bucket: ``from_hour`` (since the run began), and as `to_frame`.

        A bucket is an hour, or ``layout.width`` minutes in short runs and where the hours are no whole ones.
        """
        rows = []
        for bucket in range(self.layout.first, self.layout.last):
            values = [figures(window) for window in self._windows(bucket, bucket + 1)]
            for name in UNITS:
                found = _row(name, [one[name] for one in values], NAN, level)
                rows.append((bucket * self.layout.width / HOUR_MINUTES, *found))
        return pd.DataFrame(rows, columns=["from_hour", *COLUMNS])

    def warm_up(self) -> pd.DataFrame:
        """Mean queue and mean number in the system by tenth of the run, and whether it is measured.

        Columns: from_hour, to_hour, mean_queue, mean_in_system (means over replications), measured (share).
        """
        plan = self.layout
        levels = {
            name: np.mean([in_tenths(books, row, plan.last, plan.width * s.MINUTE) for books in self.books], axis=0)
            for name, row in (("mean_queue", s.IN_LINE), ("mean_in_system", s.IN_SYSTEM))
        }
        tenths = np.array_split(np.arange(plan.last), len(levels["mean_queue"]))
        hours = plan.width / HOUR_MINUTES
        return pd.DataFrame(
            {
                "from_hour": [tenth[0] * hours for tenth in tenths],
                "to_hour": [(tenth[-1] + 1) * hours for tenth in tenths],
                **levels,
                "measured": [float((tenth >= plan.first).mean()) for tenth in tenths],
            }
        )

    def notes(self) -> list[str]:
        """Return what a reader should mind, in sentences."""
        return [note for note in (self._alone(), self._alike(), self._trend(), self._unfinished()) if note]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, NaN as None: what ``cxsim queue --json`` prints."""
        plan = self.layout
        found: dict[str, Any] = {
            "title": self.centre.title,
            "agents": list(self.centre.agents) if len(self.centre.agents) > 1 else self.centre.agents[0],
            "replications": self.replications,
            "seed": self.seed,
            "warmup_hours": plan.first * plan.width / HOUR_MINUTES,
            "hours": (plan.last - plan.first) * plan.width / HOUR_MINUTES,
            "theory": self.theory.name or None,
            "units": dict(UNITS),
            "measures": _records(self.to_frame()),
            "classes": _records(self.classes()) if len(self.centre.classes) > 1 else [],
            "warm_up": _records(self.warm_up()),
            "notes": self.notes(),
        }
        if self.staffing is not None:
            found["staffing"] = self.staffing.to_dict()
        return found

    def __repr__(self) -> str:
        frame = self.to_frame().set_index("measure")
        return (
            f"QueueResult({self.centre.title!r}, {self.replications} replications, service level "
            f"{frame.loc['service_level', 'mean']:.1%}, mean wait {frame.loc['mean_wait', 'mean']:.1f} s)"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="%.4g"))

    def _windows(self, first: int | None = None, last: int | None = None) -> list[Window]:
        plan = self.layout
        ends = (plan.first if first is None else first, plan.last if last is None else last)
        return [Window(books, *ends, plan.width * s.MINUTE) for books in self.books]

    def _by_replication(self) -> dict[str, list[float]]:
        found = [figures(window) for window in self._windows()]
        return {name: [one[name] for one in found] for name in UNITS}

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
        return pd.DataFrame([self._row(agents, found, level) for agents, found in sorted(self.results.items())])

    def _row(self, agents: int, found: QueueResult, level: float) -> dict[str, Any]:
        frame = found.to_frame(level).set_index("measure")
        row: dict[str, Any] = {"agents": agents}
        for name in ("service_level", "p_abandon"):
            row |= {name: frame.loc[name, "mean"]}
            row |= {f"{name}_low": frame.loc[name, "ci_low"], f"{name}_high": frame.loc[name, "ci_high"]}
        row["mean_wait"], row["occupancy"] = frame.loc["mean_wait", "mean"], frame.loc["occupancy", "mean"]
        limits = {"service_level": self.share, "p_abandon": self.max_abandon}
        row["meets"] = met(found, self.share, self.max_abandon)
        row["straddles"] = any(
            limit is not None and frame.loc[name, "ci_low"] <= limit <= frame.loc[name, "ci_high"]
            for name, limit in limits.items()
        )
        return row

    def sentence(self) -> str:
        """Say the answer, and how sure it is."""
        goal = f"{self.share * s.HUNDRED:g} % within {self.seconds:g} s"
        if self.max_abandon is not None:
            goal += f" and at most {self.max_abandon * s.HUNDRED:g} % abandoning"
        frame = self.to_frame().set_index("agents")
        unsure = [str(agents) for agents, straddles in frame["straddles"].items() if straddles]
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
            "neighbours": _records(self.to_frame()),
            "answer": self.sentence(),
        }


def met(found: QueueResult, share: float, max_abandon: float | None) -> bool:
    """Whether the means over replications meet a target."""
    means = found.to_frame().set_index("measure")["mean"]
    return bool(means["service_level"] >= share and (max_abandon is None or means["p_abandon"] <= max_abandon))


def _row(
    name: str, values: Iterable[float], theory: float, level: float
) -> tuple[str, float, float, float, float, float]:
    """Measure, mean, limits, standard error and theory; replications without a value are left out."""
    known = [value for value in values if math.isfinite(value)]
    found = mean_interval(known, level) if known else Interval(0, NAN, NAN, NAN, NAN)
    return name, found.mean, found.low, found.high, found.se, theory


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _json(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _json(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
