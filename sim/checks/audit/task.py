"""What one replication is made of: its task, and the parts that each give some figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.engines import Engine
from sim.inputs.scenario import Scenario

Figures = dict[str, float]
"""Figures of one replication by name; NaN where one is undefined."""


@dataclass(frozen=True)
class Task:
    """One replication of the audit.

    Attributes
    ----------
    scenario : the company as it is.
    replication : which repetition; all parts share its random numbers.
    engine : "readable" or "compiled".
    people : reference customers, tellers and contacts that are probed.
    parts : names of the parts that are run.
    """

    scenario: Scenario
    replication: int
    engine: Engine
    people: int
    parts: tuple[str, ...]


Advance = Callable[[float], None]
"""Told the share of a part, or of a task, that is done."""
Part = Callable[[Task, Advance], Figures]
