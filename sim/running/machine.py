"""What this machine has for runs and for records."""

from __future__ import annotations

from sim.engines import memory


def free_memory() -> int:
    """Return the bytes that this process may still take, as runs are fitted into them."""
    return memory.available()
