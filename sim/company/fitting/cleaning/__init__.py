"""What is wrong with records of each kind, and what is left: typed columns become the table of `Clean`.

Each kind has a module with a function ``clean(typed, ...)``. A row is left out only when nothing of it can be used; a
cell that cannot be is left blank, and the rest of its row counts. Both are counted by reason.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from sim.company.fitting.clean import Clean
from sim.company.fitting.conversion import Converted


def clean(typed: Converted) -> Clean:
    """Clean typed records of whatever kind they are.

    Raises
    ------
    RecordsError : when nothing is left.
    """
    module = import_module(f"sim.company.fitting.cleaning.{typed.kind.name}")
    found: Callable[[Converted], Clean] = module.clean
    return found(typed)
