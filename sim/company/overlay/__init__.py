"""Months later: what really happened, laid over what was projected.

>>> import pandas as pd, sim
>>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.4, warm_up=0)
>>> study = sim.run(tiny, replications=4, workers=1, store=False)
>>> actuals = pd.DataFrame({"month": ["2026-01", "2026-02", "2026-03"], "customers": [63, 61, 64]})
>>> found = sim.overlay(study, actuals, starts="2026-01")
>>> found.periods[["period", "actual", "inside"]].head(2).values.tolist()
[['2026-01', 63.0, False], ['2026-02', 61.0, False]]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.overlay import bands
from sim.company.overlay.calendar import By, Calendar, starting
from sim.company.overlay.chance import UNKNOWN, Chances, Found, compared
from sim.company.overlay.errors import ActualsError
from sim.company.overlay.projection import Projection, projection
from sim.company.overlay.reading import cells
from sim.company.overlay.result import Overlay
from sim.company.overlay.values import Actual, actual_values
from sim.company.overlay.words import verdict
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.results import Study

__all__ = ["ActualsError", "Overlay", "overlay"]

Values = NDArray[np.float64]
KEPT = ("cxsim", "versions", "platform", "model", "seed", "reading", "created")
"""Entries of the study's manifest that say how the projection was made."""
BYS: tuple[By, By] = ("month", "year")
Key = tuple[str, By]
"""A measure, and by what it is given."""
ByKey = dict[Key, Values]


def overlay(
    study: Study | str | Path,
    actuals: str | Path | pd.DataFrame,
    *,
    starts: str | date,
    policy: str | None = None,
    scenario: str | None = None,
    level: float = statistics.DEFAULT_LEVEL,
) -> Overlay:
    """Lay what really happened over what a study has projected, and say whether it differs more than chance.

    Parameters
    ----------
    study : a study, or the folder in which one was saved.
    actuals : a CSV, Parquet or Excel file or a frame with a column month, date or period ("2026-03", a date in that
        month, or "year 1" of the projection), and either a column a measure, called as `sim.measures` calls it or
        labels it, or a row a figure with the columns measure and value. Figures are in the unit of the measure (rates
        are a year's: a month's churn times twelve); a share may be 0.76, 76 % or, where some number is above 1, 76.
        What is empty is not known.
    starts : calendar month in which the measured period began, such as "2026-01"; see `sim.company.overlay.calendar`.
    policy : label of the policy that was in force; the study's baseline unless given.
    scenario : which one, in a study of several.
    level : of intervals and bands, and 1 - the chance of a false alarm.

    Raises
    ------
    ActualsError : actuals that cannot be read, or that the study has no projection of. Others as `Study.load`.
    """
    _check_level(level)
    chosen = study if isinstance(study, Study) else Study.load(study)
    projected = projection(chosen, scenario, policy)
    base = projection(chosen, projected.scenario, None)
    calendar = Calendar(starting(starts), projected.count("month"), projected.count("year"))
    entries, long = cells(actuals)
    known, told = actual_values(entries, long, calendar)
    known, more = _projected(known, projected)
    own = {key: _laid_out(values, projected.count(key[1])) for key, values in _by_measure(known).items()}
    runs = {key: projected.runs(*key, calendar) for key in own}
    frame = _frame(own, runs, calendar, level)
    if base.policy != projected.policy:
        frame["mean_baseline"] = np.concatenate([_means(base.runs(*key, calendar)) for key in own])
    table = _table(own, runs, frame, level)
    about = _about(chosen, projected, calendar, actuals, level)
    return Overlay(table, frame, (*told, *more), about)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ActualsError(f"level = {level} is not between 0 and 1; 0.95 means 95 %.")


def _projected(known: Sequence[Actual], projected: Projection) -> tuple[list[Actual], list[str]]:
    """Return the actuals that the study has a projection of, and what is told of the others."""
    there = {by: projected.measures(by) for by in BYS}
    told: dict[str, None] = {}
    for actual in known:
        if actual.measure not in there[actual.by]:
            other = ": give it by year" if actual.by == "month" and actual.measure in there["year"] else ""
            told[f"The study has no {actual.by}s of {actual.measure}, which was left out{other}."] = None
    found = [actual for actual in known if actual.measure in there[actual.by]]
    if not found:
        raise ActualsError(f"there is nothing to compare. {' '.join(told)}")
    return found, list(told)


def _by_measure(known: Sequence[Actual]) -> dict[Key, list[Actual]]:
    found: dict[Key, list[Actual]] = {}
    for actual in known:
        found.setdefault((actual.measure, actual.by), []).append(actual)
    return found


def _frame(own: ByKey, runs: ByKey, calendar: Calendar, level: float) -> pd.DataFrame:
    """`Overlay.periods`, without another baseline."""
    parts = []
    for (measure, by), actual in own.items():
        name, places = calendar.namer(by), range(len(actual))
        about = {"measure": measure, "by": by, "place": places, "period": [name(place) for place in places]}
        parts.append(pd.DataFrame(about).join(_course(runs[measure, by], actual, level)))
    return pd.concat(parts, ignore_index=True)


def _laid_out(known: Sequence[Actual], count: int) -> Values:
    """Actuals of one measure by place; NaN where nothing is known."""
    values = np.full(count, np.nan)
    for actual in known:
        values[actual.place] = actual.value
    return values


def _course(runs: Values, actual: Values, level: float) -> pd.DataFrame:
    """Columns of `Overlay.periods` that are figures, a row a period."""
    intervals = [_interval(values, level) for values in runs.T]
    rows = pd.DataFrame(intervals, columns=["n", "mean", "ci_low", "ci_high"]).astype({"n": int})
    for (low, high), share in {**bands.FAN, ("pi_low", "pi_high"): level}.items():
        rows[low], rows[high] = bands.band(runs, share)
    inside = (rows["pi_low"] <= actual) & (actual <= rows["pi_high"])
    return rows.assign(
        actual=actual,
        error=actual - rows["mean"],
        inside=inside.astype("boolean").mask(np.isnan(actual)),
        standing=bands.standing(runs, actual),
        mean_baseline=np.nan,
    )


def _means(runs: Values) -> Values:
    """Mean of each period over the replications that define it."""
    known = ~np.isnan(runs)
    total, count = np.where(known, runs, 0.0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(runs.shape[1], np.nan), where=count > 0)


def _interval(values: Values, level: float) -> tuple[float, ...]:
    known = values[~np.isnan(values)]
    if not known.size:
        return (0, np.nan, np.nan, np.nan)
    found = statistics.mean_interval(known, level)
    return (found.n, found.mean, found.low, found.high)


# -- what it comes to ------------------------------------------------------------------------------------------------


def _table(own: ByKey, runs: ByKey, frame: pd.DataFrame, level: float) -> pd.DataFrame:
    found = [_compared(runs[key], actual, level) for key, actual in own.items()]
    every = statistics.adjusted([p for one in found for p in one.chances])
    corrected = [Chances(*map(float, three)) for three in every.reshape(-1, len(Chances._fields))]
    rows = [
        _row(measure, by, frame[(frame["measure"] == measure) & frame["actual"].notna()], one, chances, level)
        for (measure, by), one, chances in zip(own, found, corrected, strict=True)
    ]
    return pd.DataFrame(rows)


def _compared(runs: Values, actual: Values, level: float) -> Found:
    """Compare in the periods that are known and that every replication defines."""
    both = ~np.isnan(actual) & ~np.isnan(runs).any(axis=0)
    if not both.any():
        return Found(np.nan, np.nan, np.nan, UNKNOWN)
    return compared(runs[:, both], actual[both], level)


def _row(measure: str, by: By, rows: pd.DataFrame, found: Found, corrected: Chances, level: float) -> dict[str, Any]:
    about, inside = CATALOGUE[measure], int(rows["inside"].sum())
    low, high = _wilson(inside, len(rows), level)
    return {
        "measure": measure, "label": about.label, "unit": about.unit, "by": by, "periods": len(rows),
        "inside": inside, "share_inside": inside / len(rows), "ci_low_inside": low, "ci_high_inside": high,
        "projected": rows["mean"].mean(), "actual": rows["actual"].mean(), "mean_error": found.mean_error,
        "by_chance": found.by_chance, "drift": found.drift, "p_level": corrected.level, "p_drift": corrected.drift,
        "p_scatter": corrected.scatter, "verdict": verdict(found.mean_error, corrected, level),
    }  # fmt: skip


def _wilson(count: int, total: int, level: float) -> tuple[float, float]:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, total, alpha=1.0 - level, method="wilson")
    return float(low), float(high)


def _about(
    study: Study, projected: Projection, calendar: Calendar, actuals: str | Path | pd.DataFrame, level: float
) -> dict[str, Any]:
    """How the overlay was made, as plain data."""
    count = int(projected.years["replication"].nunique() or projected.months["replication"].nunique())
    return {key: study.manifest[key] for key in KEPT if key in study.manifest} | {
        "study": dict(study.manifest),
        "scenario": projected.scenario,
        "policy": projected.policy,
        "baseline": study.baseline,
        "starts": calendar.name(0),
        "actuals": "a frame" if isinstance(actuals, pd.DataFrame) else Path(actuals).name,
        "level": level,
        "replications": count,
        "band_level": bands.reached(level, count),
    }
