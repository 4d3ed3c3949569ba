"""The records that a simulated company leaves behind, as a real one's systems would export them.

They are for trying out what is made for real records, for testing whether known parameters are found again, and for
teaching: nobody's data. What each file holds is said by `records`.

>>> import sim
>>> from tempfile import mkdtemp
>>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(warm_up=0)
>>> found = sim.records(tiny, f"{mkdtemp()}/tiny", days=28, starts="2026-01-05")
>>> print(found.folder.name, found.starts, found.ends, sorted(found.rows))
tiny 2026-01-05 2026-02-01 ['contacts', 'friends', 'purchases', 'surveys']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from sim.company.records.contacts import Contacts
from sim.company.records.dirt import Dirt
from sim.company.records.events import batches
from sim.company.records.files import COLUMNS, Drafts, Form, check_folder, writing
from sim.company.records.others import Surveys, friends, purchases
from sim.company.records.window import Window, starting
from sim.engines import Engine, History
from sim.errors import InputError, whole_number
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS
from sim.model.state import SEGMENT
from sim.outcomes.origin import software
from sim.outcomes.tracing import log
from sim.progress import Report

if TYPE_CHECKING:
    from sim.inputs.policies import Bundle, Policy

__all__ = ["COLUMNS", "Records", "RecordsError", "check_folder", "records"]

STARTS = "2026-01-01"
"""Date from which on records begin, unless one is given."""


class RecordsError(InputError):
    """Records that cannot be made: the message says why and how to put it right."""


@dataclass(frozen=True)
class Records:
    """Where records are, and what is in them.

    Parameters
    ----------
    folder : where the files are.
    rows : of each file, by its name without ending.
    faults : how many of each kind were put into each file.
    starts, ends : first and last date of the records.
    history : of the run that they are of, its log no longer there: the board that they agree with.
    """

    folder: Path
    rows: Mapping[str, int]
    faults: Mapping[str, Mapping[str, int]]
    starts: date
    ends: date
    history: History


def records(
    scenario: Scenario | str | Path,
    folder: str | Path,
    *,
    policy: Policy | Bundle | None = None,
    replication: int = 0,
    years: float | None = None,
    days: int | None = None,
    seed: int | None = None,
    starts: str | date = STARTS,
    dirt: float = 0.0,
    dirt_seed: int = 0,
    form: Form = "csv",
    engine: Engine = "auto",
    overwrite: bool = False,
    progress: bool | Report | None = None,
) -> Records:
    """Run one replication and write the records of its measured period, as a company's systems would export them.

    =========  ========================================================================================================
    file       columns
    =========  ========================================================================================================
    contacts   arrival and queue_exit (date and time, to the microsecond), outcome (answered, abandoned), service_time
               (seconds with an agent: talking, holding, wrap-up), type (enquiry, request, minor issue, major issue),
               customer, agent, segment, and callback (yes when the caller chose to be called back in turn, and did not
               hold the line). Who still waits or is served when the period ends has no outcome or no service_time.
    purchases  customer, date, amount (money)
    surveys    date (of the answer), customer, satisfaction (1 to 5), recommend (0 to 10), problem (yes when the survey
               was about an issue)
    friends    a, b: customers and others in the market who know each other, each pair once
    =========  ========================================================================================================

    Rows are in the order in which things happened (answers in that of the episodes asked about), but for contacts
    that were going on when a part of the file was written. Times are those of the wall clock, without clock changes.
    Beside them records.json says how they were made. Memory does not grow with the period.

    Parameters
    ----------
    scenario, policy, replication, seed, engine, progress : as in `sim.log`.
    folder : made if need be; either all files appear, or none.
    years, days : length of the measured period, instead of the scenario's.
    starts : date from which on the records begin: the first one that has the weekday of the model's first day.
    dirt : share of the rows of each file that get a fault, 0 to 1; see `sim.company.records.dirt`.
    dirt_seed : of these faults, so that the records under them stay the same.
    form : "csv" or "parquet".
    overwrite : replace the files that are there.

    Raises
    ------
    RecordsError : for years and days at once, or a setting that cannot be; FileExistsError, OSError : where the files
        cannot be written; before the run. Others as `sim.log`.
    """
    years = _length(years, days)
    wanted = _checked(starts, dirt, dirt_seed, form)
    place = check_folder(folder, form, overwrite)
    with writing(place, form) as drafts:
        how = {"policy": policy, "replication": replication, "years": years, "seed": seed, "engine": engine}
        history = log(scenario, drafts.events, progress=progress, **how)  # type: ignore[arg-type]
        window = _window(history, wanted)
        soiled = {name: Dirt(name, dirt, dirt_seed) for name in drafts.files}
        rows = _written(history, window, drafts, soiled)
        faults = {name: dict(each.made) for name, each in soiled.items()}
        found = Records(place, rows, faults, window.starts, window.ends, replace(history, log_file=None))
        drafts.made.write_text(_made(found, dirt, dirt_seed), encoding="utf-8")
    return found


def _length(years: float | None, days: int | None) -> float | None:
    if days is None:
        return years
    if years is not None:
        raise RecordsError(f"years = {years:g} and days = {days} are both given; leave one out.")
    return whole_number("days", days, 1, example=28, error=RecordsError) / YEAR_DAYS


def _checked(starts: str | date, dirt: float, dirt_seed: int, form: str) -> date:
    """Check what decides no run; return the date from which on records begin."""
    if form not in get_args(Form):
        raise RecordsError(f"form = {form!r} is not a form of records; give one of {', '.join(get_args(Form))}.")
    if not 0.0 <= dirt < 1.0:
        raise RecordsError(f"dirt = {dirt!r} is not a share; give one from 0 up to, but not, 1, such as 0.01.")
    whole_number("dirt_seed", dirt_seed, 0, error=RecordsError)
    try:
        return starts if isinstance(starts, date) else date.fromisoformat(str(starts))
    except ValueError:
        raise RecordsError(f"starts = {starts!r} is not a date; write it as {STARTS}.") from None


def _window(history: History, wanted: date) -> Window:
    scenario = history.resolved.scenario
    return Window(scenario.first_day, scenario.days, starting(wanted, scenario.first_day))


def _written(history: History, window: Window, drafts: Drafts, dirt: Mapping[str, Dirt]) -> dict[str, int]:
    """Write all files, a batch of events at a time; return the rows of each."""
    state = history.state
    names = np.array(history.resolved.segments, dtype=object)
    contacts = Contacts(window, names[state.status[SEGMENT]], state.agent_i.shape[1])
    surveys = Surveys(window, state.status.shape[1])
    rows = dict.fromkeys(drafts.files, 0)

    def write(name: str, part: Any) -> None:
        if len(part):
            soiled = dirt[name].on(part)
            rows[name] += len(soiled)
            drafts.files[name](soiled)

    for batch, last in batches(drafts.events):
        write("contacts", contacts.take(batch, last))
        write("purchases", purchases(batch, window))
        write("surveys", surveys.take(batch))
    for part in friends(state):
        write("friends", part)
    return rows


def _made(found: Records, dirt: float, dirt_seed: int) -> str:
    scenario = found.history.resolved.scenario
    about = {
        "scenario": scenario.to_dict(), "replication": found.history.replication, "starts": found.starts.isoformat(),
        "ends": found.ends.isoformat(), "rows": dict(found.rows), "dirt": dirt, "dirt_seed": dirt_seed,
        "faults": {name: dict(each) for name, each in found.faults.items()}, "versions": software(),
    }  # fmt: skip
    return json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n"
