"""The figures of a bare contact centre: name, label, unit, exact definition.

Figures that a company has too take name, label, unit and definition from `sim.measures`. Totals are over the measured
hours. A contact belongs to the moment at which it arrived, even if it ends after the measured hours. Contacts still
waiting when the run ends count as offered but are left out of all shares and means: `ENDED` says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.errors import unknown
from sim.model.clock import SECOND
from sim.model.steps import bare
from sim.outcomes.measures import CATALOGUE, Better

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
ENDED = "contacts still waiting when the run ends are left out"
"""What shares and means of a bare centre add to their definition; a company closes at night, and its queues empty."""


@dataclass(frozen=True)
class Window:
    """A part of a run, with its counts in each replication.

    Parameters
    ----------
    board : sums of the rows of sim/model/state.py over the part, (rows, ...); the other axes are replications, and
        parts where there are several.
    classes : sums of the rows of sim/model/steps/bare.py by class, (rows, classes, ...).
    ticks : length of the part.
    """

    board: Counts
    classes: Counts
    ticks: int

    def total(self, row: int) -> Counts:
        """Sum of a row of the board, (...)."""
        return self.board[row]

    def level(self, row: int) -> Numbers:
        """Mean over time of a level, (...)."""
        return self.total(s.BOARD_AREA + row) / self.ticks

    def of_class(self, row: int, column: int) -> Counts:
        """Sum of a row of the books of a class, (...)."""
        return self.classes[row, column]


@dataclass(frozen=True)
class Figure:
    """A figure: name, label, unit, how it is computed, and how a bare centre differs."""

    name: str
    label: str
    unit: str
    formula: str
    better: Better
    value: Callable[[Window], NDArray]
    but: str = ""

    @property
    def definition(self) -> str:
        """The formula, and how a bare centre differs."""
        return f"{self.formula}; {self.but}" if self.but else self.formula


def ratio(top: NDArray, bottom: NDArray) -> Numbers:
    """Quotient, NaN where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=np.asarray(bottom) != 0)


def _shared(name: str, value: Callable[[Window], NDArray], but: str = "") -> Figure:
    """Return a figure that a company has too, with the same name, label, unit and definition."""
    about = CATALOGUE[name]
    return Figure(name, about.label, about.unit, about.formula, about.better, value, but)


def _ended(w: Window) -> Counts:
    return w.total(s.ANSWERED) + w.total(s.ABANDONED)


def _waited(w: Window) -> Numbers:
    return (w.total(s.WAIT_ANSWERED) + w.total(s.WAIT_ABANDONED)) / SECOND


FIGURES = (
    _shared("offered", lambda w: w.total(s.OFFERED), "redials and returns among them"),
    Figure(
        "p_wait",
        "Contacts that wait",
        "share",
        "contacts not answered at once / contacts answered or abandoned",
        "lower",
        lambda w: ratio(w.total(s.WAITED_SOME), _ended(w)),
        ENDED,
    ),
    Figure(
        "mean_wait",
        "Mean wait of all contacts",
        "s",
        "time in line of contacts answered or abandoned / those contacts",
        "lower",
        lambda w: ratio(_waited(w), _ended(w)),
        ENDED,
    ),
    _shared("asa_s", lambda w: ratio(w.total(s.WAIT_ANSWERED) / SECOND, w.total(s.ANSWERED))),
    _shared("abandonment", lambda w: ratio(w.total(s.ABANDONED), _ended(w)), ENDED),
    _shared("service_level", lambda w: ratio(w.total(s.WITHIN_TARGET), _ended(w) - w.total(s.SHORT_ABANDONED)), ENDED),
    Figure(
        "mean_queue",
        "Contacts in line",
        "contacts",
        "mean over time of the number in line",
        "lower",
        lambda w: w.level(s.IN_LINE),
    ),
    _shared("occupancy", lambda w: ratio(w.total(s.BUSY), w.total(s.ON_DUTY))),
    Figure(
        "manager_occupancy",
        "Occupancy of managers",
        "share",
        "time managers are deciding / time managers are on duty",
        "none",
        lambda w: ratio(w.total(s.MANAGERS_BUSY), w.total(s.MANAGERS_ON_DUTY)),
    ),
    Figure(
        "agents_on_hold",
        "Agents on hold",
        "agents",
        "mean over time of the number of agents waiting for a manager with the customer on the line",
        "lower",
        lambda w: w.level(s.HOLDING),
    ),
    Figure(
        "manager_queue",
        "Waiting for a manager",
        "contacts",
        "mean over time of the number waiting for a manager, on hold or transferred",
        "lower",
        lambda w: w.level(s.MANAGER_LINE),
    ),
    Figure(
        "mean_in_system",
        "Contacts in the centre",
        "contacts",
        "mean over time of the number in line, with an agent or with a manager",
        "none",
        lambda w: w.level(s.IN_SYSTEM),
    ),
    Figure(
        "mean_time_in_system",
        "Time in the centre",
        "s",
        "time from arrival to the end of the contact / contacts",
        "lower",
        lambda w: ratio(w.total(s.SYSTEM_TICKS) / SECOND, w.total(s.SYSTEM_DONE)),
        ENDED,
    ),
    Figure(
        "redial_orbit",
        "Customers who will redial",
        "customers",
        "mean over time of the number of customers who abandoned and will redial",
        "none",
        lambda w: w.level(s.REDIAL_ORBIT),
    ),
    Figure(
        "return_orbit",
        "Customers who will return",
        "customers",
        "mean over time of the number of customers who were answered and will come back",
        "none",
        lambda w: w.level(s.RETURN_ORBIT),
    ),
    Figure(
        "contacts_per_issue",
        "Contacts per issue",
        "contacts",
        "contacts / first contacts",
        "lower",
        lambda w: ratio(w.total(s.OFFERED), w.total(s.CASES_OPENED)),
    ),
)
ABOUT: dict[str, Figure] = {figure.name: figure for figure in FIGURES}
UNITS = {figure.name: figure.unit for figure in FIGURES}
DEFINITIONS = {figure.name: figure.definition for figure in FIGURES}
CLASS_FIGURES = ("p_wait", "mean_wait", "asa_s", "abandonment", "service_level")
RENAMED: Mapping[str, str] = {"p_abandon": "abandonment", "mean_wait_served": "asa_s"}
"""Figures of earlier versions, and what they are called now."""


def no_figure(name: object) -> str:
    """Say that there is no such figure, and which one may have been meant.

    >>> no_figure("p_abandon"), no_figure("service_leve")
    ("there is no measure 'p_abandon'; it is now 'abandonment'.", "there is no measure 'service_leve'; did you mean \
'service_level'?")
    """
    return unknown("measure", name, ABOUT, renamed=RENAMED)


def figures(window: Window) -> dict[str, Numbers]:
    """Return every figure of a window, (...) each."""
    return {figure.name: np.asarray(figure.value(window), dtype=float) for figure in FIGURES}


def class_figures(window: Window, column: int) -> dict[str, Numbers]:
    """The figures of ``CLASS_FIGURES`` of one priority class, (...) each."""

    def total(row: int) -> Counts:
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
