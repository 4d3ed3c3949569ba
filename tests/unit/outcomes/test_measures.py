"""Measures are what their definitions say, on a board that was counted by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import sim.model.state as s
from sim.outcomes.measures import CATALOGUE, Period


def counted(whole: dict[int, int], floats: dict[int, float] | None = None) -> Period:
    """Return a day on which this was counted, and nothing else."""
    board, board_f = np.zeros((s.BOARD_ROWS, 1), dtype=np.int64), np.zeros((s.BOARD_FLOATS, 1))
    for row, count in whole.items():
        board[row, 0] = count
    for row, amount in (floats or {}).items():
        board_f[row, 0] = amount
    return Period(cast("Any", SimpleNamespace(state=SimpleNamespace(board=board, board_f=board_f))), 0, 1)


def test_calls_that_were_abandoned_early_are_not_in_the_service_level() -> None:
    day = counted({s.OFFERED: 110, s.WITHIN_TARGET: 80, s.SHORT_ABANDONED: 10})
    assert CATALOGUE["service_level"].value(day) == pytest.approx(0.8)


def test_nps_is_promoters_less_detractors() -> None:
    day = counted({s.SURVEYS: 100}, {s.PROMOTERS: 45.0, s.DETRACTORS: 15.0})
    assert CATALOGUE["nps"].value(day) == pytest.approx(30.0)
