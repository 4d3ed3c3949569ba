"""What can be wrong with actuals."""

from __future__ import annotations

from sim.errors import InputError


class ActualsError(InputError):
    """Actuals that cannot be laid over a projection: the message says what, where and how to put it right."""
