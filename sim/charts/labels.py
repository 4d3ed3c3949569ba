"""What a chart knows of a measure, and how it names its intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import pandas as pd

from sim.charts.scales import PER_CENT


class Described(Protocol):
    """What a chart needs to know of a measure."""

    @property
    def label(self) -> str:
        """The measure in a planner's words."""

    @property
    def unit(self) -> str:
        """Unit of its values."""

    @property
    def better(self) -> str:
        """Which way is good: "higher", "lower" or "none"."""


class Label(NamedTuple):
    """A measure's label, unit and good direction, for charts without a catalogue."""

    label: str
    unit: str = ""
    better: str = "none"


Labels = Mapping[str, Described]
Levels = Mapping[str, object]


def describe(labels: Labels | None, measure: str) -> Described:
    """Return what is known of a measure, or its name in words."""
    about = (labels or {}).get(measure)
    return Label(measure.replace("_", " ").capitalize()) if about is None else about


def interval_note(rows: pd.DataFrame, pairs: bool = False) -> str:
    """Say which intervals are drawn, over how many replications."""
    least, most = int(rows["n"].min()), int(rows["n"].max())
    kind = "paired replication" if pairs else "replication"
    if most <= 1:
        return f"one {kind}, so no interval"
    runs = f"{least}" if least == most else f"{least} to {most}"
    return f"{rows['confidence'].iloc[0] * PER_CENT:.4g} % intervals, {runs} {kind}s"


def pairs_note(rows: pd.DataFrame) -> str:
    """Say the same of paired replications, as a sentence."""
    note = interval_note(rows, pairs=True)
    return f"{note[:1].upper()}{note[1:]}."


def level_text(level: float) -> str:
    """Write the level of an interval: "95 %"."""
    return f"{PER_CENT * level:g} %"
