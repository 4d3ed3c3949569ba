"""How long a company must run before it is measured: the course of the weeks, cut by MSER-5.

A figure of the long run must not hold what the start left behind. The replications are averaged week by week and
smoothed for the eye (Welch 1983); weeks, because a weekday is no start-up effect. The cut is the one after which the
mean of what remains would be known best, that is with the least

    MSER(d) = sum of (y_i - mean of y_d+1 .. y_n)^2 over i > d, divided by (n - d)^2

over batches of five weeks (White 1997; White, Cobb and Spratt 2000: MSER-5). A cut that leaves out more than half of
the series is refused: it says that the run was too short, or that nothing settles. The last candidates are left out,
because a few batches that happen to be alike would win (Hoad, Robinson and Davies 2010).

MSER-5 takes weeks for independent. Where they hang together (the number of customers wanders for years) or cost comes
in rare lumps, it cuts late or refuses although nothing of the start is left. So a cut beyond the scenario's warm-up
is an alarm, not a verdict: the verdict rests on the replications, which are independent. In each of them the first
half of the weeks after the warm-up is compared with the second half; Student's t over replications says whether
there is a drift, at a level corrected for the number of measures (Bonferroni).

Sources: P. D. Welch, The statistical analysis of simulation results, in Computer Performance Modeling Handbook, 1983.
K. P. White, An effective truncation heuristic for bias reduction in simulation output, Simulation 69(6), 1997. K. P.
White, M. J. Cobb, S. C. Spratt, A comparison of five steady-state truncation heuristics for simulation, Winter
Simulation Conference 2000. K. Hoad, S. Robinson, R. Davies, Automating warm-up length estimation, Journal of the
Operational Research Society 61, 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.engines import History
from sim.errors import InputError, arguments
from sim.inputs.scenario import Scenario
from sim.model.clock import WEEK_DAYS, YEAR_DAYS
from sim.outcomes import statistics
from sim.outcomes.interrupted import interruptible
from sim.outcomes.measures import CATALOGUE, Period, no_measure
from sim.outcomes.statistics import Interval
from sim.running.experiment import AnyScenario, Series
from sim.running.options import AnyCluster, AnyProgress, Engine, StorePlace
from sim.studies.warm_up.result import COLUMNS, WarmUp
from sim.studies.warm_up.words import ENOUGH, TOO_SHORT, UNCLEAR, UNSETTLED

if TYPE_CHECKING:
    import pandas as pd

    from sim.outcomes.results import Study

MEASURES = ("profit_a_year", "service_level", "asa_s", "abandonment", "occupancy", "customers", "csat")
"""What is looked at unless measures are named: money, the centre, the base of customers, and what they feel."""
NOT_BY_WEEK = {"retention_12m": "it needs a whole year"}
"""Measures that have no value of a week, and why."""
BATCH = 5
"""Weeks of a batch: the 5 of MSER-5."""
LAST = 5
"""Batches at the end that are no candidates: the statistic of a few that happen to be alike is near zero."""
FEWEST = 20
"""Batches below which the first half has too few candidates for a cut to mean anything."""
AFTER = 10
"""Weeks after the warm-up that must be there, to see whether it left a drift."""
EITHER_SIDE = 6
"""Weeks on either side in the moving average: with the one in the middle, a quarter of a year."""
REPLICATIONS = 10
WEEK = "week "


class WarmUpError(InputError):
    """A question that has no answer: the message says why and how to put it right."""


class Cut(NamedTuple):
    """Where a series is cut: how many of its first values go, and of how many."""

    values: int
    length: int

    @property
    def accepted(self) -> bool:
        """Whether at least half of the series remains; a later cut is refused."""
        return 2 * self.values <= self.length


@dataclass(frozen=True)
class Weeks:
    """An observer that notes measures of every week, as periods "week 1", "week 2" and so on."""

    measures: tuple[str, ...]

    def __call__(self, history: History) -> pd.DataFrame:
        """Return columns period, measure, value."""
        import pandas as pd

        rows = [
            (f"{WEEK}{number + 1}", name, CATALOGUE[name].value(Period(history, day, day + WEEK_DAYS)))
            for number, day in enumerate(_mondays(history.resolved.scenario))
            for name in self.measures
        ]
        return pd.DataFrame(rows, columns=["period", "measure", "value"])


@arguments("sim.warm_up")
@interruptible
def warm_up(
    scenario: AnyScenario,
    *,
    measures: str | Sequence[str] = MEASURES,
    replications: int = REPLICATIONS,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> WarmUp:
    """Find out how long a scenario takes to reach its steady state, and whether its own warm-up is long enough.

    The scenario is run from its start with no warm-up, and without its policies, which come into force after it.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    measures : those that must be steady; any of `sim.measures` that a week has.
    replications : over which each week is averaged; the more, the shorter a start can be told from noise.
    years : how long it is run; warm-up and measured years together unless given.
    seed, engine, workers, progress, store, cluster : as in `sim.run`; a store does not keep weeks.

    Raises
    ------
    WarmUpError : a measure that no week has, too few weeks, or a week without a value. Others as `sim.run`.
    """
    names = _wanted(measures)
    own = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    years = own.warm_up + own.years if years is None else years
    started = own.change(policies=(), warm_up=0.0, years=years)
    _check_length(started, own)
    series = Series(
        started, seed=seed, observe=Weeks(names),
        engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    study = series.so_far(replications)
    weeks = _by_week(study)
    course = _course(weeks)
    return WarmUp(_table(weeks, course, names, own.first_day), course, study.manifest)


def mser5(values: ArrayLike) -> Cut:
    """Cut a series where MSER-5 says: batches of five values, the least of the statistic, the first of several.

    Parameters
    ----------
    values : means over replications, in order of time; what is left of the last batch is not looked at.

    Raises
    ------
    WarmUpError : fewer than 20 batches, or a value that is not finite.

    Examples
    --------
    >>> mser5([0.0] * 40 + [1.0] * 160), mser5(range(200)).accepted
    (Cut(values=40, length=200), False)
    """
    series = np.asarray(values, dtype=float)
    if len(series) < FEWEST * BATCH or not np.isfinite(series).all():
        raise WarmUpError(f"MSER-5 needs at least {FEWEST * BATCH} finite values, {FEWEST} batches of {BATCH}.")
    batches = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    return Cut(int(np.argmin(_statistic(batches))) * BATCH, len(series))


def _statistic(batches: NDArray[np.float64]) -> list[float]:
    """MSER after each cut that is a candidate."""
    shifted = batches - batches[-1]  # what no longer moves is exactly zero, and not a rounding error apart
    return [float(shifted[cut:].var()) / (len(shifted) - cut) for cut in range(len(shifted) - LAST)]


def smoothed(values: ArrayLike) -> NDArray[np.float64]:
    """Welch's moving average: over a quarter of a year, over fewer weeks (as many on either side) at both ends.

    >>> smoothed([1.0, 2.0, 6.0]).tolist()
    [1.0, 3.0, 6.0]
    """
    series = np.asarray(values, dtype=float)
    room = [min(EITHER_SIDE, place, len(series) - 1 - place) for place in range(len(series))]
    return np.array([series[place - side : place + side + 1].mean() for place, side in enumerate(room)])


# What is asked


def _wanted(measures: str | Sequence[str]) -> tuple[str, ...]:
    names = (measures,) if isinstance(measures, str) else tuple(dict.fromkeys(measures))
    if not names:
        raise WarmUpError(f"there is no measure to look at; give one, such as {MEASURES[0]}.")
    for name in names:
        if name not in CATALOGUE:
            raise WarmUpError(no_measure(name))
        if name in NOT_BY_WEEK:
            raise WarmUpError(f"{name} has no value of a week: {NOT_BY_WEEK[name]}; choose another measure.")
    return names


def _mondays(scenario: Scenario) -> range:
    """First days of the whole weeks of a run."""
    return range(0, scenario.days - WEEK_DAYS + 1, WEEK_DAYS)


def _check_length(started: Scenario, own: Scenario) -> None:
    weeks, least = len(_mondays(started)), FEWEST * BATCH
    least = max(least, own.first_day // WEEK_DAYS + 1 + AFTER)
    if weeks < least:
        raise WarmUpError(
            f"{started.years:g} years are {weeks} whole weeks; {least} are needed, for MSER-5 and to see what comes "
            f"after the warm-up: give years={np.ceil(10 * least * WEEK_DAYS / YEAR_DAYS) / 10:g} or more."
        )


# What the weeks say


def _by_week(study: Study) -> pd.DataFrame:
    """Figures of every replication and week, with the week as a number."""
    frame = study.replications[study.replications["period"].str.startswith(WEEK)]
    without = frame[frame["value"].isna()]
    if len(without):
        name, period = without[["measure", "period"]].iloc[0]
        raise WarmUpError(
            f"{name} has no value in {period} of some replication (nothing to count); choose another measure or a "
            "larger company."
        )
    return frame.assign(week=frame["period"].str.removeprefix(WEEK).astype(int))


def _course(weeks: pd.DataFrame) -> pd.DataFrame:
    """Means over replications of each measure and week, with intervals, smoothed."""
    rows = statistics.summarise(weeks.drop(columns="week"))
    rows["week"] = rows["period"].str.removeprefix(WEEK).astype(int)
    rows = rows.sort_values(["measure", "week"], ignore_index=True)
    rows["smoothed"] = rows.groupby("measure", sort=False)["mean"].transform(smoothed)
    return rows[["measure", "week", "n", "mean", "ci_low", "ci_high", "confidence", "smoothed"]]


def _table(weeks: pd.DataFrame, course: pd.DataFrame, names: Sequence[str], own: int) -> pd.DataFrame:
    import pandas as pd

    level, rows = 1.0 - (1.0 - statistics.DEFAULT_LEVEL) / len(names), []
    first = -(-own // WEEK_DAYS)
    for name in names:
        cut, about = mser5(course.loc[course["measure"] == name, "mean"]), CATALOGUE[name]
        days = cut.values * WEEK_DAYS if cut.accepted else np.nan
        values = weeks[weeks["measure"] == name].pivot(index="replication", columns="week", values="value").to_numpy()
        drift = statistics.mean_interval(drifts(values, first), level)
        found = (float(values[:, first:].mean()), drift.mean, drift.low, drift.high, drift.n, level)
        rows.append((name, about.label, about.unit, cut.length, days, own, *found, verdict(cut, own, drift)))
    return pd.DataFrame(rows, columns=COLUMNS)


def drifts(values: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Mean of the first half of the weeks from ``first`` on less that of the second half, in each replication (row).

    >>> drifts(np.array([[9.0, 1.0, 1.0, 3.0, 3.0]]), 1).tolist()
    [-2.0]
    """
    after = values[:, first:]
    half = after.shape[1] // 2
    return after[:, :half].mean(axis=1) - after[:, half:].mean(axis=1)


def verdict(cut: Cut, own: int, drift: Interval) -> str:
    """Say what a cut and the drift after a warm-up of ``own`` days come to; see `WarmUp`."""
    before = cut.accepted and cut.values * WEEK_DAYS <= own
    if drift.low > 0 or drift.high < 0:
        return TOO_SHORT if cut.accepted and not before else UNSETTLED
    return ENOUGH if before else UNCLEAR
