"""What can be wrong with actuals."""

from __future__ import annotations

from sim.refusal import InputError


class ActualsError(InputError):
    """Actuals that cannot be laid over a projection: the message says what, where and how to put it right."""
