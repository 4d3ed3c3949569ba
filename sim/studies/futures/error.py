"""What futures refuse."""

from __future__ import annotations

from sim.errors import InputError


class FuturesError(InputError):
    """Futures that cannot be run or read: the message says what is wrong and how to put it right."""
