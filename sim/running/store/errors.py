"""What can be wrong with a store."""

from __future__ import annotations

from sim.errors import InputError


class StoreError(InputError):
    """A store that cannot be used: the message names it, says what is wrong and how to put it right."""


class StoreFullError(StoreError):
    """A store that takes nothing more."""
