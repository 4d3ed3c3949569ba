"""A warm-up study in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

ENOUGH, TOO_SHORT, UNSETTLED, UNCLEAR = "long enough", "too short", "still drifting", "not clear"


def sentence(row: pd.Series) -> str:
    """Say what a row of `WarmUp.verdicts` says, without a full stop."""
    what, own, days = row["label"], f"{counted(row['warm_up_days'], 'day')} of warm-up", row["truncation_days"]
    if row["verdict"] == UNSETTLED:
        return f"{what}: still drifting after {own}"
    if row["verdict"] == UNCLEAR:
        return f"{what}: no clear drift after {own}, though MSER-5 {'cuts later' if days >= 0 else 'finds no cut'}"
    start = f"{what}: steady after {counted(days, 'day')}" if days else f"{what}: no start that must be left out"
    return f"{start}, {own} are {'enough' if row['verdict'] == ENOUGH else 'too few'}"
