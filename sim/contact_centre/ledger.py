"""The counts of all replications, as one array of each kind, and the windows that figures are computed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

import sim.model.state as s
from sim.contact_centre.figures import Counts, Window
from sim.contact_centre.replication import Books, Layout
from sim.model.clock import MINUTE

TENTHS = 10


@dataclass(frozen=True, eq=False)
class Ledger:
    """The books of all replications.

    Parameters
    ----------
    board, classes : those of `Books`, replications first.
    ends : levels at the end, then free case slots and all, (replications, LEVELS + 2).
    """

    board: Counts
    classes: Counts
    ends: Counts

    @classmethod
    def of(cls, books: Sequence[Books]) -> Self:
        """Put the books of replications together, in their order."""
        ends = [[*one.levels, one.free, one.slots] for one in books]
        return cls(np.stack([one.board for one in books]), np.stack([one.classes for one in books]), np.array(ends))

    def __len__(self) -> int:
        return len(self.board)

    def __iter__(self) -> Iterator[Books]:
        for board, classes, ends in zip(self.board, self.classes, self.ends, strict=True):
            yield Books(board, classes, ends[: s.LEVELS], *ends[s.LEVELS :].tolist())

    def window(self, plan: Layout, first: int, last: int) -> Window:
        """Return what was counted in the buckets [first, last), in each replication."""
        board, classes = (np.moveaxis(each[..., first:last].sum(axis=-1), 0, -1) for each in (self.board, self.classes))
        return Window(board, classes, (last - first) * plan.width * MINUTE)

    def buckets(self, plan: Layout) -> Window:
        """Return what was counted in each measured bucket; its axes are buckets and replications."""
        board, classes = (np.moveaxis(each[..., plan.first : plan.last], 0, -1) for each in (self.board, self.classes))
        return Window(board, classes, plan.width * MINUTE)

    def tenths(self, plan: Layout, row: int) -> NDArray[np.float64]:
        """Mean of a level in each tenth of the run (fewer when there are fewer buckets), (tenths, replications)."""
        area = self.board[:, s.BOARD_AREA + row, : plan.last]
        parts = np.array_split(area, min(TENTHS, plan.last), axis=1)
        return np.stack([part.mean(axis=1) / (plan.width * MINUTE) for part in parts])
