"""``sim.fit``: from files of records to what they say."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts.returns import REPEAT_DAYS
from sim.company.fitting.contacts.service import TARGET_S
from sim.company.fitting.cutoff import day_of
from sim.company.fitting.database import database
from sim.company.fitting.error import RecordsError
from sim.company.fitting.kind_fit import KindFit
from sim.company.fitting.reading import read
from sim.company.fitting.request import Request
from sim.company.fitting.result import Fit, columns_frame, dropped_frame, estimates_frame
from sim.inputs.scenario import Scenario
from sim.outcomes.origin import made_here
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.progress import Meter, Report, reporting

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = ("duckdb", "lifelines", "python-calamine")
"""Libraries of this extra whose version can change a number."""
NAME, LIKE = "my company", "default"
TELLING = ("contacts",)
"""Kinds whose fit tells how far it is."""
STEPS = 10
"""Steps that the work is told in."""
TICK_SECONDS = 0.5
READING = 0.5
"""Share of the work that reading is, for the bar."""

Records = "str | Path | pd.DataFrame"


def fit(
    *records: str | Path | pd.DataFrame,
    kind: str | Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    outcome: Mapping[str, str | Sequence[str]] | None = None,
    segment: Mapping[str, str | Sequence[str]] | None = None,
    problem: Mapping[str, str | Sequence[str]] | None = None,
    drop: Mapping[str, str | Sequence[str]] | None = None,
    timezone: str | None = None,
    date_format: str | None = None,
    until: date | str | int | None = None,
    level: float = DEFAULT_LEVEL,
    target_seconds: float = TARGET_S,
    repeat_days: int = REPEAT_DAYS,
    name: str = NAME,
    like: str = LIKE,
    progress: bool | Report | None = None,
) -> Fit:
    """Fit the records that a company has: contacts, purchases, survey answers, who knows whom, cohorts.

    Parameters
    ----------
    records : paths of CSV (also compressed), Parquet or Excel files, or pandas frames. Several of one kind are taken
        together.
    kind : of all records (contacts, purchases, surveys, friends, cohorts), or by file name; guessed unless given.
    columns : which column says what, where the guess is wrong: {"arrival": "date+time", "wait": "wait_time[min]",
        "customer": "none"}.
    outcome : what the words of the outcome mean: {"answered": "AGENT", "abandoned": "HANG", "ignored": "PHANTOM"}.
    segment : which words of a column mean that customers go first: {"priority": "2"}.
    problem : in a survey, what means yes and no: {"yes": "1", "no": "2"}.
    drop : rows to leave out: column -> value or values.
    timezone : such as "Europe/Berlin": stamps with an offset are converted to its wall time, others are in it.
    date_format : "iso", "day-first", "month-first", "epoch" or a pattern of strptime, where dates do not tell.
    until : the last day of what is fitted (of cohorts: the last period); the rest is forecast and compared.
    level : of the intervals.
    target_seconds : answered within it is in time.
    repeat_days : days within which another contact of a customer who was served is a repeat.
    name, like : of the company in the file for `cxsim calibrate`: its name, and the scenario that it is like.
    progress : see `sim.progress.reporting`.

    Raises
    ------
    RecordsError : for what cannot be read, understood or fitted, in one sentence with the fix.
    ScenarioError : there is no scenario ``like``.
    """
    words = {"outcome": outcome, "segment": segment, "problem": problem}
    asked = Request(
        kind=kind,
        columns=dict(columns or {}),
        words={concept: _listed(of) for concept, of in words.items() if of},
        drop=_listed(drop or {}),
        timezone=timezone,
        date_format=date_format,
    )
    _check(records, level, until)
    Scenario.load(like)  # refuse one that is none before the work, not after it
    settings = {"until": until, "level": level}
    contacts = {"target_seconds": target_seconds, "repeat_days": repeat_days}
    with database() as connection, reporting(progress, "steps") as to, _ticking(to) as report:
        cleans = read(records, connection, asked, _part_of(report, 0.0, READING))
        parts = _fitted(cleans, settings, {"contacts": contacts}, _part_of(report, READING, 1.0))
        return _together(cleans, parts, {"name": name, "like": like, "level": level, "until": str(until or "")})


def _listed(words: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    return {name: [of] if isinstance(of, str) else [str(one) for one in of] for name, of in words.items()}


def _check(records: Sequence[Any], level: float, until: date | str | int | None) -> None:
    if not records:
        raise RecordsError("there are no records; give at least one file.")
    if not 0 < level < 1:
        raise RecordsError(f"level is {level:g}; give a share between 0 and 1, such as 0.95.")
    if isinstance(until, str) and not until.isdecimal():
        day_of(until)


@contextmanager
def _ticking(report: Meter) -> Iterator[Meter]:
    """Report what was reported last again and again, so that a long query does not look like a standstill."""
    last: list[Any] = [0.0, STEPS, ""]
    over = threading.Event()

    def told(done: float, planned: int, note: str = "", /) -> None:
        last[:] = done, planned, note
        report(done, planned, note)

    def tick() -> None:
        while not over.wait(TICK_SECONDS):
            report(*last)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        thread.join()


def _part_of(report: Meter, low: float, high: float, steps: int = STEPS) -> Meter:
    """Report a part of the work, between two shares of it, as the whole."""

    def told(done: float, planned: int, note: str = "", /) -> None:
        report(steps * (low + (high - low) * done / max(planned, 1)), steps, note)

    return told


def _fitted(
    cleans: Mapping[str, Clean], settings: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]], report: Meter
) -> dict[str, KindFit]:
    """Fit each kind by its module."""
    found = {}
    for done, (kind, clean) in enumerate(cleans.items()):
        report(done, len(cleans), f"fitting {kind}")
        module = import_module(f"sim.company.fitting.{kind}")
        more = dict(own.get(kind, {}))
        if kind in TELLING:
            more["report"] = _part_of(report, done / len(cleans), (done + 1) / len(cleans), len(cleans))
        found[kind] = module.fit(clean, **settings, **more)
    return found


def _together(cleans: Mapping[str, Clean], parts: Mapping[str, KindFit], told: Mapping[str, Any]) -> Fit:
    """Join what the kinds gave; where two give the same number, the first one stays."""
    import pandas as pd

    estimates = estimates_frame(parts)
    read_ = [(kind, ", ".join(clean.sources), clean.read, clean.kept) for kind, clean in cleans.items()]
    joined: dict[str, dict[str, Any]] = {"numbers": {}, "parameters": {}, "ranges": {}}
    for part in parts.values():
        for name, of in joined.items():
            of |= {key: value for key, value in getattr(part, name).items() if key not in of}
    digest = hashlib.sha256(estimates.to_csv(index=False).encode()).hexdigest()
    return Fit(
        estimates=estimates,
        dropped=dropped_frame(cleans.values()),
        columns=columns_frame(cleans.values()),
        read=pd.DataFrame(read_, columns=["kind", "files", "read", "kept"]),
        parts=dict(parts),
        remarks=tuple(remark for kind in cleans for remark in (*cleans[kind].remarks, *parts[kind].remarks)),
        manifest={**told, **_versions(), "estimates_sha256": digest},
        **joined,
    )


def _versions() -> dict[str, Any]:
    made = made_here()
    return made | {"versions": made["versions"] | {library: metadata.version(library) for library in LIBRARIES}}
