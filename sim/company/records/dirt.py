"""Faults of the kinds that real extracts have, put into records on purpose, so that what cleans them can be tried.

The kinds are those that those who analyse call records meet: rows exported twice, waits that come out negative because
two systems' clocks differ, outcomes that nobody noted, agents who forget to log off and callers whose line hangs; in
the other files customers who are not known, goods sent back booked as sales, answers off the scale, and people who
are their own friends. How often each is met differs from system to system: here all kinds of a file are equally
frequent, an assumption, and their share is said by whoever wants them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.model.clock import HOUR, SECOND

Mask = NDArray[np.bool_]
Fault = Callable[[pd.DataFrame, Mask, np.random.Generator], pd.DataFrame]
"""What puts a fault into the rows that are chosen."""

APART = (1.0, 600.0)
"""Seconds by which two systems' clocks may differ: from one up to ten minutes. An assumption."""
FORGOTTEN = (12.0, 60.0)
"""Hours after which a contact is closed that somebody forgot: overnight, or over a weekend. An assumption."""
OFF_SCALE = 99
"""What many systems store for an answer that was not given."""


def _drawn(which: Mask, draws: np.random.Generator, low: float, high: float) -> NDArray[np.float64]:
    """Draw a number for each row that is chosen, and for no other: what is drawn does not depend on the parts."""
    found = np.zeros(len(which))
    found[which] = draws.uniform(low, high, int(which.sum()))
    return found


def _later(times: pd.Series, seconds: NDArray[np.float64]) -> pd.Series:
    return times + (seconds * SECOND).round().astype("timedelta64[us]")


def _twice(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    """Leave rows as they are; `Dirt` writes them twice."""
    return rows


def _backwards(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    earlier = _later(rows["arrival"], -_drawn(which, draws, *APART))
    return rows.assign(queue_exit=rows["queue_exit"].mask(which & rows["queue_exit"].notna(), earlier))


def _unnoted(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(outcome=rows["outcome"].mask(which))


def _absurd(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    """Let an agent forget to log off, or the line of a caller who has hung up hang on."""
    seconds = _drawn(which, draws, *FORGOTTEN) * (HOUR // SECOND)
    served = which & rows["service_time"].notna()
    hung_up = which & ~served & rows["queue_exit"].notna()
    return rows.assign(
        service_time=rows["service_time"].mask(served, pd.Series(seconds)),
        queue_exit=rows["queue_exit"].mask(hung_up, _later(rows["arrival"], seconds)),
    )


def _unknown(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(customer=rows["customer"].mask(which))


def _sent_back(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(amount=rows["amount"].mask(which, -rows["amount"]))


def _off_scale(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].mask(which, OFF_SCALE) for name in ("satisfaction", "recommend")})


def _own_friend(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(b=rows["b"].mask(which, rows["a"]))


def _other_way(rows: pd.DataFrame, which: Mask, draws: np.random.Generator) -> pd.DataFrame:
    return rows.assign(a=rows["a"].mask(which, rows["b"]), b=rows["b"].mask(which, rows["a"]))


FAULTS: dict[str, dict[str, Fault]] = {
    "contacts": {
        "duplicate": _twice, "negative wait": _backwards, "no outcome": _unnoted, "absurd duration": _absurd,
    },
    "purchases": {"duplicate": _twice, "no customer": _unknown, "negative amount": _sent_back},
    "surveys": {"duplicate": _twice, "off the scale": _off_scale},
    "friends": {"duplicate": _twice, "own friend": _own_friend, "the other way round": _other_way},
}  # fmt: skip
"""Kinds of fault in each file."""
DUPLICATE = "duplicate"


class Dirt:
    """Faults in one file: which rows have them does not depend on the parts in which it is written.

    Parameters
    ----------
    file : name of the file.
    share : of rows that get a fault, 0 to 1.
    seed : of the draws.

    Attributes
    ----------
    made : how many faults of each kind there are so far.
    """

    def __init__(self, file: str, share: float, seed: int) -> None:
        self._faults, self._share = FAULTS[file], share
        place = list(FAULTS).index(file)
        chosen, *details = np.random.SeedSequence([seed, place]).spawn(1 + len(self._faults))
        self._chosen = np.random.default_rng(chosen)
        self._details = [np.random.default_rng(each) for each in details]
        self.made: Counter[str] = Counter(dict.fromkeys(self._faults, 0))

    def on(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with faults in some of them, a duplicate below what it repeats."""
        if self._share == 0.0:
            return rows
        kinds = np.floor(self._chosen.random(len(rows)) / self._share * len(self._faults))
        times = np.ones(len(rows), dtype=np.int64)
        found = rows.reset_index(drop=True)
        for kind, (name, fault) in enumerate(self._faults.items()):
            which = kinds == kind
            self.made[name] += int(which.sum())
            times[which] += name == DUPLICATE
            found = fault(found, which, self._details[kind])
        return found.iloc[np.repeat(np.arange(len(rows)), times)].reset_index(drop=True)
