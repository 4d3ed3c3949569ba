"""What a calibration refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.company.calibration.result import Calibration


class CalibrationError(InputError):
    """A calibration that cannot be made: the message says why and how to put it right."""


class ContradictionError(CalibrationError):
    """Numbers that no company of this model has together: the message says which, and what would help.

    Attributes
    ----------
    nearest : the company that comes nearest; None when arithmetic alone shows the contradiction.
    """

    def __init__(self, message: str, nearest: Calibration | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest
