"""From the records that a company already has to the numbers of the model, with intervals, and what was left out.

The way of a file: `sim.company.fitting.source` opens it as a table of text; `sim.company.fitting.mapping` guesses its
kind and which column says what (spellings are in columns.toml); `sim.company.fitting.conversion` types the columns in
SQL; `sim.company.fitting.cleaning` leaves out what cannot be, by reason. What remains is a `Clean`: one table of
known columns. Each kind of record has a module whose function ``fit(clean, *, until=None, level=0.95)`` turns such a
table into a `KindFit`. Only aggregates leave the table: no outputs name anybody.

>>> from sim.company.fitting.database import database
>>> from sim.company.fitting.reading import read
>>> import pandas as pd
>>> frame = pd.DataFrame({"cohort": "2023", "year": [0, 1, 2], "survivors": [100, 74, 60]})
>>> with database() as connection:
...     clean = read([frame], connection)["cohorts"]
...     clean.kept, clean.columns
(3, ('cohort', 'period', 'alive'))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.company.fitting.error import RecordsError
    from sim.company.fitting.result import Fit
    from sim.company.fitting.study import fit

__all__ = ["Fit", "RecordsError", "fit"]

_HOMES = {
    "Fit": "sim.company.fitting.result",
    "RecordsError": "sim.company.fitting.error",
    "fit": "sim.company.fitting.study",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim.company.fitting' has no attribute {name!r}; it has {', '.join(__all__)}")
