"""What can be wrong with a store."""

from __future__ import annotations


class StoreError(ValueError):
    """A store that cannot be used: the message names it, says what is wrong and how to put it right."""


class StoreFullError(StoreError):
    """A store that takes nothing more."""
