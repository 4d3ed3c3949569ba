"""Saying no to records that cannot be fitted."""

from __future__ import annotations

from sim.refusal import InputError


class RecordsError(InputError):
    """Records that cannot be read or fitted as asked: the message says what, where and how to put it right."""
