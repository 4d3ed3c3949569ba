"""Saying no to records that cannot be read or fitted."""

from __future__ import annotations

from sim.errors import InputError


class RecordsError(InputError):
    """Records that cannot be read or fitted as asked: the message says what, where and how to put it right."""


class FitError(RecordsError):
    """Records that were read, and from which nothing can be fitted."""
