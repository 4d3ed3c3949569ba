"""The result of a contact centre: figures with intervals beside theory, by class and over time, and staffing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import sim.model.state as s
from sim.contact_centre import words
from sim.contact_centre.arguments import QueueError
from sim.contact_centre.centre import Centre
from sim.contact_centre.closed_forms import ClosedForm
from sim.contact_centre.figures import (
    ABOUT,
    CLASS_FIGURES,
    DEFINITIONS,
    RENAMED,
    UNITS,
    class_figures,
    figures,
    no_figure,
)
from sim.contact_centre.ledger import Ledger
from sim.contact_centre.replication import Books, Layout
from sim.contact_centre.rows import (
    OF_ROWS,
    OF_STAFFING,
    OF_TENTHS,
    SEARCHED,
    Neighbour,
    Row,
    Tenth,
    ends_of,
    plain,
    rows_of,
    told,
)
from sim.model.clock import HOUR_MINUTES
from sim.outcomes.result import Result, described
from sim.outcomes.statistics import DEFAULT_LEVEL, mean_intervals
from sim.wording import counted, number

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure
    from sim.contact_centre.figures import Window


@dataclass(frozen=True, eq=False, repr=False)
class QueueResult(Result):
    """The figures of a contact centre, each with its interval over replications.

    Parameters
    ----------
    centre : what was simulated.
    seed : of the random numbers.
    layout : the run in buckets.
    ledger : what the replications counted.
    theory : the exact solution, where there is one.
    manifest : what was asked, seed, versions and so on, as plain data.
    staffing : the search for the fewest agents that led to this result, if any.

    Examples
    --------
    >>> import sim
    >>> result = sim.queue(agents=4, calls_per_hour=30, handling="exponential mean 6 min", hours=10, replications=2)
    >>> list(result.frames())
    ['measures', 'classes', 'over_time', 'warm_up']
    >>> result.row("service_level").n
    2
    """

    kind: ClassVar[str] = "queue"
    renamed: ClassVar[Mapping[str, str]] = {old: f'row("{new}")' for old, new in RENAMED.items()}

    centre: Centre
    seed: int
    layout: Layout
    ledger: Ledger
    theory: ClosedForm
    manifest: Mapping[str, Any]
    staffing: Staffing | None = field(default=None)

    @property
    def replications(self) -> int:
        """Number of independent replications."""
        return len(self.ledger)

    @property
    def books(self) -> tuple[Books, ...]:
        """What each replication counted."""
        return tuple(self.ledger)

    def row(self, measure: str, level: float = DEFAULT_LEVEL) -> Row:
        """Return a figure with its interval at this level.

        Raises
        ------
        QueueError : for an unknown measure; the message names the one that may have been meant.
        """
        if measure not in ABOUT:
            raise QueueError(no_figure(measure))
        return next(row for row in self.rows(level) if row.measure == measure)

    def rows(self, level: float = DEFAULT_LEVEL) -> list[Row]:
        """Return every figure, with its interval at this level."""
        return rows_of(figures(self._window()), self.theory.values, level)

    def to_frame(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return every figure: measure, mean, ci_low, ci_high, se, n, theory (NaN where there is none), confidence.

        ``attrs`` has units and definitions: times are seconds, shares lie between 0 and 1. With one replication the
        interval and the standard error are NaN.
        """
        import pandas as pd

        return described(pd.DataFrame(self.rows(level)).assign(confidence=level), UNITS, DEFINITIONS | OF_ROWS)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all figures, those of each class and over time, the run in tenths, and the search if there was one."""
        found = {
            "measures": self.to_frame(),
            "classes": self.classes(),
            "over_time": self.over_time(),
            "warm_up": self.warm_up(),
        }
        return found if self.staffing is None else found | {"staffing": self.staffing.to_frame()}

    @property
    def headline(self) -> str:
        """Who answers how many calls in time, with the interval; after a search, the fewest agents."""
        return words.headline(self)

    def text(self) -> str:
        """Say in paragraphs what came out, how long the run was, and what to bear in mind."""
        return words.text(self)

    @property
    def source(self) -> str:
        """Where the figures come from, in a line: centre, length of the run, seed."""
        return words.source(self, super().source)

    def figures(self) -> dict[str, Figure]:
        """Draw the main chart first, then shares, times, service level and queue over time, and the warm-up."""
        from sim.contact_centre import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what a planner wants to see first.

        After a search, the service level by number of agents; where calls or agents change with time, the service
        level over time; otherwise shares of contacts and time beside theory.
        """
        from sim.contact_centre import pictures

        return pictures.plot(self, ax)

    def class_rows(self, level: float = DEFAULT_LEVEL) -> dict[str, list[Row]]:
        """Return the figures of each priority class, by name."""
        classes = self.centre.classes
        if len(classes) == 1:
            return {classes[0].name: [row for row in self.rows(level) if row.measure in CLASS_FIGURES]}
        return {kind.name: self._class_rows(column, level) for column, kind in enumerate(classes)}

    def _class_rows(self, column: int, level: float) -> list[Row]:
        theory = {"mean_wait": self.theory.class_waits[column]} if self.theory.class_waits else {}
        return rows_of(class_figures(self._window(), column), theory, level)

    def classes(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each priority class: column ``class``, then those of `to_frame`."""
        import pandas as pd

        frame = pd.DataFrame(self._class_records(level)).assign(confidence=level)
        units, definitions = ({name: known[name] for name in CLASS_FIGURES} for known in (UNITS, DEFINITIONS))
        return described(frame, units, definitions | OF_ROWS)

    def _class_records(self, level: float = DEFAULT_LEVEL) -> list[dict[str, Any]]:
        return [{"class": name} | row._asdict() for name, rows in self.class_rows(level).items() for row in rows]

    def over_time(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the figures of each measured bucket.

        Columns: from_hour (since the run began), measure, mean, ci_low, ci_high, se, n, confidence. A bucket is an
        hour, or ``layout.width`` minutes in short runs and for fractional hours.
        """
        import pandas as pd

        plan, values = self.layout, figures(self.ledger.buckets(self.layout))
        found = mean_intervals(np.stack(list(values.values()), axis=1), level)
        hours = np.arange(plan.first, plan.last) * plan.width / HOUR_MINUTES
        columns = {"from_hour": np.repeat(hours, len(values)), "measure": list(values) * len(hours)}
        columns |= {"mean": found.mean.ravel(), "ci_low": found.low.ravel(), "ci_high": found.high.ravel()}
        frame = pd.DataFrame(columns | {"se": found.se.ravel(), "n": found.n.ravel(), "confidence": level})
        return described(frame, UNITS | {"from_hour": "h"}, DEFINITIONS | OF_ROWS)

    def tenths(self, level: float = DEFAULT_LEVEL) -> list[Tenth]:
        """Return the run in tenths, to judge the warm-up by."""
        plan, hours = self.layout, self.layout.width / HOUR_MINUTES
        queue, system = (mean_intervals(self.ledger.tenths(plan, row), level) for row in (s.IN_LINE, s.IN_SYSTEM))
        parts = np.array_split(np.arange(plan.last), len(queue.mean))
        measured = [float((of >= plan.first).mean()) for of in parts]
        return [
            Tenth(of[0] * hours, (of[-1] + 1) * hours, *ends_of(queue, k), *ends_of(system, k), measured[k])
            for k, of in enumerate(parts)
        ]

    def warm_up(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return the queue and the number in the centre by tenth of the run, and whether it was measured.

        Columns: from_hour, to_hour, mean_queue and mean_in_system (means over replications, each with its ends ci_low_
        and ci_high_), measured (share), n, confidence.
        """
        import pandas as pd

        frame = pd.DataFrame(self.tenths(level)).assign(n=self.replications, confidence=level)
        return described(frame, *told(OF_TENTHS))

    def notes(self) -> list[str]:
        """Return what a reader should bear in mind, in sentences."""
        return words.notes(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, NaN as None: what ``cxsim queue --json`` prints."""
        several = len(self.centre.classes) > 1
        found: dict[str, Any] = {
            "title": self.centre.title,
            "headline": self.headline,
            "agents": list(self.centre.agents) if len(self.centre.agents) > 1 else self.centre.agents[0],
            "replications": self.replications,
            "seed": self.seed,
            "warmup_hours": self.layout.warmup_hours,
            "hours": self.layout.hours,
            "theory": self.theory.name or None,
            "units": dict(UNITS),
            "measures": plain(row._asdict() for row in self.rows()),
            "classes": plain(self._class_records()) if several else [],
            "warm_up": plain(tenth._asdict() for tenth in self.tenths()),
            "notes": self.notes(),
        }
        if self.staffing is not None:
            found["staffing"] = self.staffing.to_dict()
        return found

    def __repr__(self) -> str:
        level, wait = (number(self.row(name).mean, UNITS[name]) for name in ("service_level", "mean_wait"))
        count = counted(self.replications, "replication")
        return f"QueueResult({self.centre.title!r}, {count}, service level {level}, mean wait {wait} s)"

    def _window(self) -> Window:
        return self.ledger.window(self.layout, self.layout.first, self.layout.last)


@dataclass(frozen=True, eq=False)
class Staffing:
    """A search for the fewest agents.

    Parameters
    ----------
    share, seconds : the target: this share answered within so many seconds.
    max_abandon : the largest share that may abandon; None sets no limit.
    agents : the fewest that meet it (on average over replications).
    results : figures by number of agents: n - 1, n and n + 1 (without n - 1 where the queue would grow
        without limit).
    """

    share: float
    seconds: float
    max_abandon: float | None
    agents: int
    results: Mapping[int, QueueResult]

    def to_frame(self, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
        """Return a row for each number of agents: service_level, abandonment, mean_wait (s) and occupancy.

        Each has its interval, as in ci_low_service_level and ci_high_service_level. ``meets`` says whether the means
        meet the target; ``straddles`` that an interval includes a limit, so that these replications cannot decide.
        Then n (replications) and confidence.
        """
        import pandas as pd

        count = next(iter(self.results.values())).replications
        return described(pd.DataFrame(self.rows(level)).assign(n=count, confidence=level), *told(OF_STAFFING))

    def rows(self, level: float = DEFAULT_LEVEL) -> list[Neighbour]:
        """Return a row for each number of agents, the fewest first."""
        return [self._row(agents, found, level) for agents, found in sorted(self.results.items())]

    def _row(self, agents: int, found: QueueResult, level: float) -> Neighbour:
        of = {row.measure: row for row in found.rows(level)}
        limits = ((of["service_level"], self.share), (of["abandonment"], self.max_abandon))
        shown: dict[str, Any] = {}
        for name in SEARCHED:
            shown |= {name: of[name].mean, f"ci_low_{name}": of[name].ci_low, f"ci_high_{name}": of[name].ci_high}
        straddles = any(limit is not None and row.ci_low <= limit <= row.ci_high for row, limit in limits)
        return Neighbour(agents, **shown, meets=met(found, self.share, self.max_abandon), straddles=straddles)

    def sentence(self) -> str:
        """Say the answer, and how certain it is."""
        return words.staffing(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "target_share": self.share,
            "target_seconds": self.seconds,
            "max_abandon": self.max_abandon,
            "agents": self.agents,
            "neighbours": plain(row._asdict() for row in self.rows()),
            "answer": self.sentence(),
        }


def met(found: QueueResult, share: float, max_abandon: float | None) -> bool:
    """Whether the means over replications meet a target."""
    means = {row.measure: row.mean for row in found.rows()}
    return bool(means["service_level"] >= share and (max_abandon is None or means["abandonment"] <= max_abandon))
