"""The figures of a bare contact centre: name, unit, exact definition.

Totals are over the measured hours. A contact belongs to the moment at which it arrived, even if its end comes
later, after the measured hours; who is still waiting when the run ends is left out of shares and means.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.contact_centre.replication import Books
from sim.model.clock import SECOND
from sim.model.steps import bare

NAN = float("nan")


@dataclass(frozen=True)
class Window:
    """Buckets [first, last) of a replication; ``width`` is the ticks of a bucket."""

    books: Books
    first: int
    last: int
    width: int

    def total(self, row: int) -> int:
        """Sum of a row of the board."""
        return int(self.books.board[row, self.first : self.last].sum())

    def level(self, row: int) -> float:
        """Mean over time of a level."""
        return self.total(s.BOARD_AREA + row) / ((self.last - self.first) * self.width)

    def of_class(self, row: int, column: int) -> int:
        """Sum of a row of the books of a class."""
        return int(self.books.classes[row, column, self.first : self.last].sum())


@dataclass(frozen=True)
class Figure:
    """A figure: its unit, how it is computed, and from what."""

    name: str
    unit: str
    formula: str
    value: Callable[[Window], float]


def ratio(top: float, bottom: float) -> float:
    """Quotient, NaN of nothing."""
    return top / bottom if bottom else NAN


def _ended(w: Window) -> int:
    return w.total(s.ANSWERED) + w.total(s.ABANDONED)


def _waited(w: Window) -> float:
    return (w.total(s.WAIT_ANSWERED) + w.total(s.WAIT_ABANDONED)) / SECOND


FIGURES = (
    Figure(
        "offered",
        "contacts",
        "contacts that arrived, redials and returns among them",
        lambda w: w.total(s.OFFERED),
    ),
    Figure(
        "p_wait",
        "share",
        "contacts that were not answered at once / contacts",
        lambda w: ratio(w.total(s.WAITED_SOME), _ended(w)),
    ),
    Figure(
        "mean_wait",
        "seconds",
        "time in line of all contacts, abandoners included / contacts",
        lambda w: ratio(_waited(w), _ended(w)),
    ),
    Figure(
        "mean_wait_served",
        "seconds",
        "time in line of answered contacts / answered contacts",
        lambda w: ratio(w.total(s.WAIT_ANSWERED) / SECOND, w.total(s.ANSWERED)),
    ),
    Figure("p_abandon", "share", "abandoned / contacts", lambda w: ratio(w.total(s.ABANDONED), _ended(w))),
    Figure(
        "service_level",
        "share",
        "answered within the target / (contacts - abandoned within the short-abandon limit)",
        lambda w: ratio(w.total(s.WITHIN_TARGET), _ended(w) - w.total(s.SHORT_ABANDONED)),
    ),
    Figure("mean_queue", "contacts", "mean number in line over time", lambda w: w.level(s.IN_LINE)),
    Figure(
        "occupancy",
        "share",
        "agents with a contact (on hold included) / agents on duty, over time",
        lambda w: ratio(w.total(s.BUSY), w.total(s.ON_DUTY)),
    ),
    Figure(
        "manager_occupancy",
        "share",
        "managers deciding / managers, over time",
        lambda w: ratio(w.total(s.MANAGERS_BUSY), w.total(s.MANAGERS_ON_DUTY)),
    ),
    Figure(
        "agents_on_hold",
        "agents",
        "mean number of agents who wait for a manager, customer on the line",
        lambda w: w.level(s.HOLDING),
    ),
    Figure(
        "manager_queue",
        "contacts",
        "mean number that wait for a manager, held or passed on",
        lambda w: w.level(s.MANAGER_LINE),
    ),
    Figure(
        "mean_in_system",
        "contacts",
        "mean number waiting, with an agent or with a manager",
        lambda w: w.level(s.IN_SYSTEM),
    ),
    Figure(
        "mean_time_in_system",
        "seconds",
        "time from arrival to the end of the contact / contacts",
        lambda w: ratio(w.total(s.SYSTEM_TICKS) / SECOND, w.total(s.SYSTEM_DONE)),
    ),
    Figure(
        "redial_orbit",
        "customers",
        "mean number who abandoned and will redial",
        lambda w: w.level(s.REDIAL_ORBIT),
    ),
    Figure(
        "return_orbit",
        "customers",
        "mean number who were answered and will come back",
        lambda w: w.level(s.RETURN_ORBIT),
    ),
    Figure(
        "contacts_per_issue",
        "contacts",
        "contacts / first contacts",
        lambda w: ratio(w.total(s.OFFERED), w.total(s.CASES_OPENED)),
    ),
)
UNITS = {figure.name: figure.unit for figure in FIGURES}
CLASS_FIGURES = ("p_wait", "mean_wait", "mean_wait_served", "p_abandon", "service_level")


def figures(window: Window) -> dict[str, float]:
    """Every figure of a window."""
    return {figure.name: float(figure.value(window)) for figure in FIGURES}


def class_figures(window: Window, column: int) -> dict[str, float]:
    """The figures of ``CLASS_FIGURES`` of one priority class."""

    def total(row: int) -> int:
        return window.of_class(row, column)

    answered, abandoned = total(bare.CLASS_ANSWERED), total(bare.CLASS_ABANDONED)
    served = total(bare.CLASS_WAIT_ANSWERED) / SECOND
    waited = served + total(bare.CLASS_WAIT_ABANDONED) / SECOND
    contacts = answered + abandoned
    in_time = total(bare.CLASS_WITHIN_TARGET)
    values = (
        ratio(total(bare.CLASS_WAITED_SOME), contacts),
        ratio(waited, contacts),
        ratio(served, answered),
        ratio(abandoned, contacts),
        ratio(in_time, contacts - total(bare.CLASS_SHORT_ABANDONED)),
    )
    return dict(zip(CLASS_FIGURES, values, strict=True))


def in_tenths(books: Books, row: int, last: int, width: int) -> NDArray[np.float64]:
    """Mean of a level in each tenth of the run up to bucket ``last`` (fewer when there are fewer buckets)."""
    area = books.board[s.BOARD_AREA + row, :last]
    return np.array([part.mean() / width for part in np.array_split(area, min(TENTHS, last))])


TENTHS = 10
