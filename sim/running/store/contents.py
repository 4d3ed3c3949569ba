"""What is in the run store: list it, show it, export it, check it, and make room.

>>> import sim
>>> from sim.running.store import contents
>>> from tempfile import mkdtemp
>>> store = f"{mkdtemp()}/runs.sqlite"
>>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
>>> study = sim.run(tiny, replications=2, workers=1, store=store)
>>> contents.listed(store)[["scenario", "policy", "replications", "current"]].values.tolist()
[['small_company', 'baseline', 2, True]]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.running.store import SHOWN, Store, StoreError, StorePlace, opened, place_of
from sim.running.store import size as size_of
from sim.running.store.table import COLUMNS, frames, written

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Choice", "Shown", "check", "chosen", "export", "figures", "listed", "place", "remove", "shown"]


@dataclass(frozen=True)
class Shown:
    """A cell: its row in the list, its settings as plain tables, and its figures.

    ``figures`` is as `sim.outcomes.statistics.summarise` gives it.
    """

    about: dict[str, Any]
    settings: dict[str, Any]
    figures: pd.DataFrame


@dataclass(frozen=True)
class Choice:
    """What `remove` would remove: whole cells by key, and single runs by key and number; how many runs that is."""

    path: Path
    cells: tuple[str, ...]
    runs: tuple[tuple[str, int], ...]
    replications: int
    bytes: int


def place(store: StorePlace = None) -> Path:
    """Return the store's file, whether it exists or not.

    Raises
    ------
    StoreError : when there is none, because somebody has said "none".
    """
    path, _ = place_of(store)
    if path is None:
        raise StoreError("there is no run store, because none was asked for; name one with --store PATH.")
    return path


@contextmanager
def _store(store: StorePlace) -> Iterator[Store]:
    with opened(place(store), make=False) as held:
        yield held


# -- looking ---------------------------------------------------------------------------------------------------------


def listed(store: StorePlace = None) -> pd.DataFrame:
    """Return a row for each scenario under a policy that the store has runs of, in the order of their first runs.

    Parameters
    ----------
    store : the store's file; the usual one unless given.

    Returns
    -------
    Columns key, scenario, policy, reading, seed, years, replications, seconds (of computing), bytes (of figures),
    created and last (first and last run, UTC), version (of cxsim), current (False when they were computed by another
    model, whose runs no study uses), and damaged (what is told of them is not what was stored).

    Raises
    ------
    StoreError : when there is no store, or it cannot be used.
    """
    with _store(store) as held:
        return _listed(held)


def _listed(held: Store) -> pd.DataFrame:
    cells = held.cells()
    cells["cell"] = cells["cell"].str[:SHOWN]
    return cells.rename(columns={"cell": "key"})


def shown(key: str, store: StorePlace = None) -> Shown:
    """Return settings and figures of a scenario under a policy.

    Parameters
    ----------
    key : of the list, or the beginning of one.

    Raises
    ------
    StoreError : when there is no store, it cannot be used, or no one key begins like this.
    """
    from sim.outcomes import statistics

    with _store(store) as held:
        cell = held.named(key)
        cells = held.cells()
        about = {str(name): value for name, value in cells[cells["cell"] == cell].iloc[0].items()}
        frame = next(frames(held, [cell]))
        return Shown(about, held.settings(cell), statistics.summarise(frame.drop(columns=["key", "reading", "seed"])))


def figures(keys: Sequence[str] = (), store: StorePlace = None) -> pd.DataFrame:
    """Return all figures of these keys (of all that there are, unless given) in one frame with `COLUMNS`."""
    import pandas as pd

    with _store(store) as held:
        parts = list(frames(held, _named(held, keys)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def export(path: str | Path, keys: Sequence[str] = (), store: StorePlace = None, overwrite: bool = False) -> Path:
    """Write all figures of these keys (of all, unless given) to a file, a cell at a time, and return its path.

    Parameters
    ----------
    path : ends with .csv, .parquet or .xlsx, which says what is written; either a whole file appears, or none.

    Raises
    ------
    StoreError : for another ending, for more rows than a sheet of Excel holds, and as `shown`.
    FileExistsError : when there is such a file, unless it is to be overwritten.
    """
    with _store(store) as held:
        return written(Path(path), held, _named(held, keys), overwrite)


def check(store: StorePlace = None) -> pd.DataFrame:
    """Check the file, and every run in it; return what is not as it was stored: columns key, replication, what.

    Raises
    ------
    StoreError : when the file itself is damaged, and as `listed`.
    """
    import pandas as pd

    with _store(store) as held:
        found = held.damage()
    rows = [(cell[:SHOWN], -1, "settings") for cell in found.cells]
    rows += [(cell[:SHOWN], number, "figures") for cell, number in found.runs]
    return pd.DataFrame(rows, columns=["key", "replication", "what"])


# -- making room -----------------------------------------------------------------------------------------------------


def chosen(
    keys: Sequence[str] = (),
    *,
    old: bool = False,
    before: str | date | None = None,
    damaged: bool = False,
    everything: bool = False,
    store: StorePlace = None,
) -> Choice:
    """Return what would be removed, so that one can look before `remove` does it.

    Parameters
    ----------
    keys : these.
    old : what another model has computed.
    before : what had its last run before this day (UTC).
    damaged : what is not as it was stored.
    everything : all there is.

    Raises
    ------
    StoreError : unless exactly one of them is given, and as `check`.
    """
    ways = [bool(keys), old, before is not None, damaged, everything]
    if sum(ways) != 1:
        raise StoreError("what is to be removed? Give one of --old, --before DATE, --damaged, --all, or keys.")
    with _store(store) as held:
        cells = held.cells()
        if damaged:
            return _damaged(held, cells)
        if keys:
            cells = cells[cells["cell"].isin(_named(held, keys))]
        elif old:
            cells = cells[~cells["current"]]
        elif before is not None:
            cells = cells[cells["last"] < _day(before).isoformat()]
        return Choice(held.path, tuple(cells["cell"]), (), int(cells["replications"].sum()), int(cells["bytes"].sum()))


def remove(choice: Choice) -> int:
    """Remove what was chosen, and return how many runs that were; they are computed again when somebody asks.

    Raises
    ------
    StoreError : when the store cannot be used.
    """
    with opened(choice.path, make=False) as held:
        return held.remove(choice.cells, choice.runs)


def size(store: StorePlace = None) -> int:
    """Return the bytes that a store takes on the disk."""
    return size_of(place(store))


def _damaged(held: Store, cells: pd.DataFrame) -> Choice:
    found = held.damage()
    whole = cells[cells["cell"].isin(found.cells)]
    single = tuple((cell, number) for cell, number in found.runs if cell not in found.cells)
    count = int(whole["replications"].sum()) + len(single)
    return Choice(held.path, found.cells, single, count, int(whole["bytes"].sum()))


def _named(held: Store, keys: Sequence[str]) -> list[str]:
    """Full keys, in the order given; all of them when none is."""
    return list(dict.fromkeys(held.named(key) for key in keys)) if keys else held.cells()["cell"].tolist()


def _day(day: str | date) -> date:
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise StoreError(f"--before {day!r} is not a day; write it as 2026-01-31.") from error
