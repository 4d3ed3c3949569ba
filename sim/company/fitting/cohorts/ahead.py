"""Cohorts to come: how many will still be there, with bands that hold what is not known and what is chance.

Each draw takes the law as the table leaves it uncertain, and lets those who are left at the last fitted period go one
by one (binomial chance).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.cohorts.laws import Retention, shapes
from sim.company.fitting.cohorts.tables import Cohort
from sim.company.fitting.holdout import COURSE
from sim.theory import bdw_survival

DRAWS = 1000
"""The ends of a 95 % band then move by about four per cent of its width."""
SEED = 2007
"""Year of the law's publication; any fixed number makes forecasts repeatable."""
PERIODS_AHEAD = 5
"""Periods that are forecast when nothing is held out: as many as Fader & Hardie hold out."""
GRAIN, MEASURE = "period", "share still there"
LAST_RETENTION, MEAN_RETENTION = "the last retention goes on", "the mean retention goes on"


def forecast(cohort: Cohort, law: Retention, last: int, ahead: int, level: float) -> pd.DataFrame:
    """Share still there in each of the ``ahead`` periods after ``last``.

    Returns
    -------
    Columns period, mean, pi_low, pi_high; the band is NaN when it is not known how many customers there are.
    """
    periods = np.arange(last + 1, last + ahead + 1)
    mean = cohort.share[last] * law.survival(periods) / law.survival(last)
    low, high = _band(cohort, law, last, ahead, level)
    return pd.DataFrame({"period": periods, "mean": mean, "pi_low": low, "pi_high": high})


def _band(cohort: Cohort, law: Retention, last: int, ahead: int, level: float) -> NDArray[np.float64]:
    if not (cohort.sized and law.peak.sound):
        return np.full((2, ahead), np.nan)
    rng = np.random.default_rng(SEED)
    periods = np.arange(last, last + ahead + 1)
    alive = np.array([bdw_survival(*shapes(at), periods) for at in law.peak.draws(DRAWS, rng)])
    kept = np.clip(alive[:, 1:] / alive[:, :-1], 0, 1)
    left = np.full(DRAWS, round(cohort.customers * cohort.share[last]))
    course = np.empty((DRAWS, ahead))
    for step in range(ahead):
        left = rng.binomial(left, kept[:, step])
        course[:, step] = left
    return np.quantile(course / cohort.customers, [(1 - level) / 2, (1 + level) / 2], axis=0)


def naive(cohort: Cohort, last: int, ahead: int) -> dict[str, NDArray[np.float64]]:
    """Shares if the last retention of what is fitted went on, or the mean one (a geometric law)."""
    left, steps = cohort.share[last], np.arange(1, ahead + 1)
    before = cohort.share[last - 1]
    return {
        LAST_RETENTION: left * (left / before if before > 0 else 0.0) ** steps,
        MEAN_RETENTION: left * (left ** (1 / last)) ** steps,
    }


def course(
    cohorts: Sequence[Cohort],
    used: Sequence[Retention],
    laws: Mapping[str, Sequence[Retention]],
    last: int,
    level: float,
) -> pd.DataFrame:
    """Forecast every cohort that goes on after ``last``, beside what happened; see `Holdout`.

    Parameters
    ----------
    used : the law that forecasts each cohort.
    laws : those that are shown beside it, by name.
    """
    parts = []
    for place, cohort in enumerate(cohorts):
        ahead = len(cohort.share) - 1 - last
        if ahead < 1:
            continue
        beside = {name: forecast(cohort, each[place], last, ahead, level)["mean"] for name, each in laws.items()}
        measure = MEASURE if len(cohorts) == 1 else f"{MEASURE}: {cohort.name}"
        known = {"grain": GRAIN, "measure": measure, "actual": cohort.share[last + 1 :]}
        found = forecast(cohort, used[place], last, ahead, level).rename(columns={"period": "start"})
        parts.append(found.assign(**known, **beside, **naive(cohort, last, ahead)))
    return pd.concat(parts, ignore_index=True)[[*COURSE, *laws, LAST_RETENTION, MEAN_RETENTION]]
