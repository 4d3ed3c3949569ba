"""Everybody, a block of people at a time: what is worked out for a start then takes no more room than a block does.

Draws are keyed by person, so that people are the same whatever the blocks are.
"""

from __future__ import annotations

# People of a block: few enough that a block's arrays stay in the cache, many enough that calls cost nothing.
BLOCK = 1 << 14


def blocks(people: int) -> list[slice]:
    """Return the blocks of so many people, in order.

    >>> [(block.start, block.stop) for block in blocks(BLOCK + 1)] == [(0, BLOCK), (BLOCK, BLOCK + 1)]
    True
    """
    return [slice(start, min(start + BLOCK, people)) for start in range(0, people, BLOCK)]
