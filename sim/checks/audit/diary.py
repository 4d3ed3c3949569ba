"""The log of a run read as a diary: what became of the customers of the population, episode by episode."""

from __future__ import annotations

import numpy as np
import pandas as pd

import sim.model.state as s
from sim.checks.audit import companies
from sim.checks.audit.counterfactual import rapport, reach
from sim.checks.audit.probes import SPECIAL, YEARS, many_people, named, own_reading
from sim.checks.audit.task import Advance, Figures, Task
from sim.engines import History, run
from sim.model.clock import DAY, MINUTE_SECONDS, YEAR_DAYS
from sim.model.rules.experience import DISSATISFIED

QUARTER = 0.25
"""Years whose bad experiences are followed up two years later."""
STANDING = (s.LOG_JOINED, s.LOG_LEFT, s.LOG_AVOIDS, s.LOG_FORGIVES)


def diary(task: Task, advance: Advance) -> Figures:
    """Run the company with its log on for a quarter and two years after it, and read the log."""
    short = task.scenario.change(years=YEARS + QUARTER, warm_up=min(task.scenario.warm_up, QUARTER))
    history = run(short, task.replication, engine=task.engine, logging=True,
                  each_day=lambda day: advance(day / short.days))  # fmt: skip
    log = entries(history)
    kinds = log.loc[log["code"] == s.ARRIVE, "b"].to_numpy()
    found = stays(log) | avoiders(log) | followed_up(log, short.first_day) | told(log) | rings(log)
    found |= rapport(history, kinds, task.people)
    for reading in {short.reading, own_reading(SPECIAL)}:
        found[named("reach_good", reading)] = reach(history, reading, task.people)
    return found


def entries(history: History) -> pd.DataFrame:
    """Return the log as a frame: columns time (ticks), code, person, a, b, c, x, y; in order."""
    whole = pd.DataFrame(history.log_i, columns=["time", "code", "person", "a", "b", "c"])
    return whole.assign(x=history.log_f[:, s.LOG_X], y=history.log_f[:, s.LOG_Y])


def episodes(log: pd.DataFrame) -> pd.DataFrame:
    """Return the episodes: columns time, person, felt (class), grade, kind, stayed; by person, in order."""
    experiences = _by_person(log, s.LOG_EXPERIENCE)
    ends = _by_person(log, s.LOG_STAYED)
    return pd.DataFrame({
        "time": experiences["time"].to_numpy(), "person": experiences["person"].to_numpy(),
        "felt": experiences["a"].to_numpy(), "grade": experiences["b"].to_numpy(),
        "kind": ends["b"].to_numpy(), "stayed": ends["a"].to_numpy(),
    })  # fmt: skip


def _by_person(log: pd.DataFrame, code: int) -> pd.DataFrame:
    """Entries of a code by person, and of each person in order: an experience and what follows it pair up."""
    return log[log["code"] == code].sort_values(["person", "time"], kind="stable")


def stays(log: pd.DataFrame) -> Figures:
    """Share of the population that stays after a major issue resolved quickly, and one never mentioned."""
    major = episodes(log)
    major = major[major["kind"] == s.MAJOR_CASE]
    return {
        "population stays_major_quick": major.loc[major["grade"] == s.QUICK, "stayed"].mean(),
        "population stays_major_silent": major.loc[major["grade"] == s.SILENT, "stayed"].mean(),
    }


def avoiders(log: pd.DataFrame) -> Figures:
    """Share of those who left with a grievance that avoid the company for more than two years."""
    wait = log.loc[log["code"] == s.LOG_AVOIDS, "x"]
    return {"population avoids_after_two_years": (wait > YEARS * YEAR_DAYS).mean()}


def followed_up(log: pd.DataFrame, first_day: int) -> Figures:
    """Share of those with a bad experience in the first quarter that are customers two years after it, or avoid it."""
    bad = episodes(log)
    bad = bad[(bad["felt"] >= DISSATISFIED) & (bad["time"] >= first_day * DAY)]
    bad = bad[bad["time"] < (first_day + QUARTER * YEAR_DAYS) * DAY].assign(
        time=lambda frame: frame["time"] + int(YEARS * YEAR_DAYS) * DAY
    )
    moves = log.loc[log["code"].isin(STANDING), ["time", "person", "code"]]
    last = pd.merge_asof(bad.sort_values("time"), moves, on="time", by="person")["code"]
    return {"customers after bad": (last.isna() | (last == s.LOG_JOINED)).mean(),
            "avoiders after bad": (last == s.LOG_AVOIDS).mean()}  # fmt: skip


def told(log: pd.DataFrame) -> Figures:
    """Mean number of people told by a teller, of good and of bad, and how many of the latter tell very many."""
    tellers, heard = log[log["code"] == s.LOG_TOLD], log[log["code"] == s.LOG_HEARD]
    good, bad = tellers.loc[tellers["b"] == 1, "a"], tellers.loc[tellers["b"] == 0, "a"]
    return {
        "population tells_good": good.mean(),
        "population tells_bad": bad.mean(),
        "population tells_bad_many": (bad > many_people()).mean(),
        "reach_bad": (heard["b"] == 0).sum() / max(1, len(bad)),
    }


def rings(log: pd.DataFrame) -> Figures:
    """Ring at which contacts are answered, in the mean, and how many are by the first."""
    waits = log.loc[log["code"] == s.ANSWER, "x"] * MINUTE_SECONDS
    ring = np.floor(waits / companies.settings()["ring"]["seconds"]) + 1
    return {"ring answered": ring.mean(), "by the first ring": (ring == 1).mean()}
