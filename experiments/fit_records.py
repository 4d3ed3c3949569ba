"""What do real records say about arrivals, handling, patience, redialling and friendships?

The script reads five public data sets and fits the shapes that the simulator borrows from the real world:

1. arrivals   the shape of a week and of a day, and how much whole days differ beyond Poisson chance
2. handling   the lognormal form of handling times, and whether agents hurry when the centre is busy
3. patience   how the readiness to hang up changes while one waits, for regular and priority customers
4. redial     how many of those who hung up call again within the hour, and how soon
5. friends    the spread of the number of friends and how often two friends of one person know each other
6. purchases  how regular the gaps between purchases are, who buys again (BG/NBD), and how customers sort themselves

Run it with the environment variable CXSIM_DATA set to the folder that holds ``data/bank_calls_share`` and its
neighbours (or to that data folder itself)::

    CXSIM_DATA=... python experiments/fit_records.py --csv fits.csv --toml fits.toml

Each line of the tables is one estimate with its sample size, its 95 % interval and its goodness of fit.
With ``--toml`` the script writes proposals for the parameter files. There a range is the 95 % interval,
widened to the intervals of the stated alternative estimates: how one measures is often less certain than
what one measured.

The bank's week is mapped to ours by position: its five full days Sunday-Thursday are our Monday-Friday, its
short Friday is our Saturday, and its Saturday (closed until the evening) is our closed Sunday.

Sources: Brown et al. 2005, JASA 100(469) 36-50 (data of I. Guedj and A. Mandelbaum); McAuley & Leskovec 2012
(SNAP ego-Facebook); Valente's networks of farmers and doctors; CDNOW and High End cohort of Fader & Hardie.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import tomli_w
from scipy import special, stats

from sim.fitting import cohorts, purchases
from sim.fitting.clean import Clean
from sim.fitting.estimate import Estimate
from sim.fitting.friends.circles import LOCAL, TRANSITIVITY, circles, fit_circles

# --- choices of the fits, each with its reason --------------------------------------------------------------

DATA_VARIABLE = "CXSIM_DATA"
CONFIDENCE = 0.95
DRAWS = 1000  # bootstrap draws: the ends of a 95 % interval then move by a few per cent of its width
ROUNDS = 100  # most rounds of a regression; a handful is the rule
SEED = 1999  # the year of the calls; any fixed number makes the intervals repeatable

FULL_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu")  # the bank's five full days, in the order of our Mon..Fri
SHORT_DAY = "Fri"  # our Saturday
OUR_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOLIDAY_SHARE = 2 / 3  # a day below this share of its weekday's median counts as a holiday and is left out
TREND_ORDER = 2  # a quadratic over six months: slower than a month, so paydays stay in the day factor

OPENS_S = 7 * 3600  # working hours of the bank's full days: 07:00-24:00
SHORT_HANG_S = 10  # agents who hung up on customers to rest: a known artefact of this centre (Brown et al.)
CALL_TYPES = ("PS", "NE", "NW", "IN", "PE")  # those of calls made by customers
IDENTIFIED_TYPES = ("PS", "NE", "PE")  # those that ask for the customer's number
CALL_BACK = "TT"  # the company calls a customer who left a message: not a call made by the customer
PRIORITY = 2
FEWEST_HANG_UPS = 20  # a rate from fewer is too uncertain: the last pieces are pooled until they hold as many
KNOTS_S = (5, 15, 30, 60, 90, 120, 180, 240, 360, 600)  # finer where announcements make people hang up

# The ten people whose friends were sampled (SNAP).
EGOS = (0, 107, 348, 414, 686, 698, 1684, 1912, 3437, 3980)

HIGH_END_SURVIVAL = (1.0, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491, 0.468, 0.445, 0.427, 0.409, 0.394)
HIGH_END_FITTED_YEARS = 7  # Fader & Hardie 2007, table 1: years 0-7 are fitted, years 8-12 held out
HIGH_END_CUSTOMERS = 1000

SECONDS_PER_MINUTE = 60
SECONDS_PER_HALF_HOUR = 1800
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86400
SIX_MINUTES_PER_HALF_HOUR = 5
SIX_MINUTES_PER_HOUR = 10
HALF_HOURS = 48

BANK, EGO, CDNOW, SBG = "bank-calls-1999", "ego-facebook", "cdnow", "fader-hardie-2007"


class RecordsMissingError(Exception):
    """The data folder, or a file in it, is not there."""


# --- reading ------------------------------------------------------------------------------------------------


def find_records() -> Path:
    """Folder that holds ``bank_calls_share`` and its neighbours, from the environment variable CXSIM_DATA.

    Raises
    ------
    RecordsMissingError
        When the variable is not set or no such folder is below it.
    """
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        raise RecordsMissingError(f"No records: set {DATA_VARIABLE} to the folder that holds data/bank_calls_share.")
    for folder in (Path(named) / "data", Path(named)):
        if (folder / "bank_calls_share").is_dir():
            return folder
    raise RecordsMissingError(
        f"No records: {named} holds neither data/bank_calls_share nor bank_calls_share; "
        f"set {DATA_VARIABLE} to the folder that does."
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise RecordsMissingError(f"No records: the file {path} is missing; restore it next to its README.")
    return path


def read_days(folder: Path) -> pd.DataFrame:
    """Arrivals of January-June 1999: a row a day (DatetimeIndex), 240 six-minute counts; no blank days."""
    path = _existing(folder / "bank_calls_share" / "arrivals_6min_1999-H1.csv.gz")
    return pd.read_csv(path, index_col=0, parse_dates=True).dropna()


def read_calls(folder: Path) -> pd.DataFrame:
    """Calls of February 1999 with sound clocks and without phantom rows.

    Returns
    -------
    pandas.DataFrame
        The file's columns and ``start`` (seconds since 1970, local time), ``end`` (hang-up or end of
        service), ``working`` (a full day between 07:00 and 24:00).
    """
    calls = pd.read_csv(_existing(folder / "bank_calls_share" / "calls_1999-02.csv.gz"), keep_default_na=False)
    calls = calls[(calls.bad_time == 0) & (calls.outcome != "PHANTOM")].copy()
    days = (pd.to_datetime(calls.date) - pd.Timestamp(0)).dt.days
    calls["start"] = days * SECONDS_PER_DAY + calls.vru_entry
    left = days * SECONDS_PER_DAY + calls.vru_exit + calls.wait
    calls["end"] = left + calls.ser_time.where(calls.outcome == "AGENT", 0)
    calls["working"] = calls.dow.isin(FULL_DAYS) & (calls.vru_entry >= OPENS_S)
    return calls


def served_calls(calls: pd.DataFrame) -> pd.DataFrame:
    """Calls that a named agent handled for some time (rows without an agent mostly last a few seconds)."""
    return calls[(calls.outcome == "AGENT") & (calls.ser_time > 0) & (calls.server != "")]


def read_staffing(folder: Path) -> pd.DataFrame:
    """Half-hours of February 1999: date, slot (0-47), occupancy (busy / agents), queue (mean length)."""
    path = _existing(folder / "bank_calls_share" / "staffing_halfhour_1999-02.csv")
    halves = pd.read_csv(path)
    halves = halves[(halves.agents_est > 0) & (halves.busy_mean > 0)]
    seconds = pd.to_timedelta(halves.start + ":00").dt.total_seconds()
    slot = (seconds / SECONDS_PER_HALF_HOUR).astype(int)
    return pd.DataFrame(
        {
            "date": halves.date,
            "slot": slot,
            "occupancy": halves.busy_mean / halves.agents_est,
            "queue": halves.queue_mean,
        }
    )


def read_friendships(folder: Path) -> np.ndarray:
    """Friendships of ego-Facebook, int array (88,234, 2)."""
    return pd.read_csv(_existing(folder / "net_ego_facebook" / "ego_facebook_edges.csv.gz")).to_numpy()


def read_nominations(folder: Path, study: str) -> np.ndarray:
    """Who named whom in a whole-group network study of Valente, as int pairs (number of ties, 2)."""
    edges = pd.read_csv(_existing(folder / "wom_diffusion_share" / f"{study}_edges.csv"))
    people = pd.concat([edges.group.astype(str) + "/" + edges[end].astype(str) for end in ("from", "to")])
    return pd.factorize(people)[0].reshape(2, -1).T


# --- intervals ----------------------------------------------------------------------------------------------


def bootstrap(sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[Any, Any]:
    """Percentile interval of a statistic of sums, whole groups (days, customers) drawn with replacement.

    Parameters
    ----------
    sums
        Array (groups, m): what each group adds.
    statistic
        Takes (..., m) totals, gives (...) or (..., k) figures.

    Returns
    -------
    tuple
        Low and high end, each of the shape of one statistic.
    """
    tail = (1 - CONFIDENCE) / 2
    with np.errstate(divide="ignore", invalid="ignore"):  # a draw may miss a whole kind of group: it is left out
        drawn = statistic(_resampling(len(sums)) @ sums)
    low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
    return low, high


@lru_cache(maxsize=1)
def _resampling(groups: int) -> np.ndarray:
    """How often each group is drawn in each draw: array (DRAWS, groups), of floats for a fast product."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=DRAWS).astype(float)


def measure(sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float, float]:
    """Value and interval of a single-valued statistic of group sums, see `bootstrap`."""
    low, high = bootstrap(sums, statistic)
    return float(statistic(sums.sum(axis=0))), float(low), float(high)


def sums_by(groups: pd.Series, *columns: Any) -> np.ndarray:
    """Sum each column within each group: array (groups, columns)."""
    frame = pd.DataFrame(dict(enumerate(np.asarray(column, dtype=float) for column in columns)))
    return frame.groupby(groups.to_numpy()).sum().to_numpy()


def rates(events: np.ndarray, exposure: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events per unit of exposure with the exact Poisson interval (Garwood 1936); NaN without exposure."""
    tail, unit = (1 - CONFIDENCE) / 2, np.where(exposure > 0, exposure, np.nan)
    low = np.where(events > 0, special.gammaincinv(np.maximum(events, 1), tail), 0)
    return events / unit, low / unit, special.gammaincinv(events + 1, 1 - tail) / unit


def median_interval(values: np.ndarray) -> tuple[float, float]:
    """Interval of a median from order statistics (binomial ranks)."""
    ordered = np.sort(values)
    low, high = stats.binom.interval(CONFIDENCE, len(ordered), 1 / 2)
    return ordered[int(low)], ordered[min(int(high), len(ordered) - 1)]


def _ratio(totals: np.ndarray) -> np.ndarray:
    return totals[..., 0] / totals[..., 1]


def _cv(totals: np.ndarray) -> np.ndarray:
    """Coefficient of variation from (count, sum, sum of squares)."""
    mean = totals[..., 1] / totals[..., 0]
    return np.sqrt(totals[..., 2] / totals[..., 0] - mean * mean) / mean


def _spread(totals: np.ndarray) -> np.ndarray:
    """Standard deviation from (count, sum, sum of squares)."""
    mean = totals[..., 1] / totals[..., 0]
    return np.sqrt(totals[..., 2] / totals[..., 0] - mean * mean)


def _moments(groups: pd.Series, values: Any) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return sums_by(groups, np.ones(len(values)), values, values * values)


# --- 1 arrivals ---------------------------------------------------------------------------------------------


def open_days(days: pd.DataFrame) -> pd.DataFrame:
    """Drop Saturdays, and days below HOLIDAY_SHARE of their weekday's median total (holidays, their eves)."""
    weekday = days.index.strftime("%a")
    totals = days.sum(axis=1)
    usual = totals.groupby(weekday).transform("median")
    return days[(totals >= HOLIDAY_SHARE * usual) & (weekday != "Sat")]


def fit_weekday_weights(days: pd.DataFrame) -> list[Estimate]:
    """Mean calls of our Mon..Sun over the mean of the five full days; weeks are drawn for the interval."""
    totals, order, unit = days.sum(axis=1), (*FULL_DAYS, SHORT_DAY), "mean full day = 1"
    on = [days.index.strftime("%a") == day for day in order]
    sums = sums_by(_week(days.index), *[totals * mask for mask in on], *on)

    def weights(table: np.ndarray) -> np.ndarray:
        means = table[..., : len(order)] / table[..., len(order) :]
        return means / means[..., : len(FULL_DAYS)].mean(axis=-1, keepdims=True)

    rows = zip(OUR_DAYS, on, weights(sums.sum(axis=0)), *bootstrap(sums, weights), order, strict=False)
    fits = [
        Estimate("week", "weekday_weight", ours, int(mask.sum()), *found, unit, f"bank's {day}")
        for ours, mask, *found, day in rows
    ]
    return [*fits, Estimate("week", "weekday_weight", OUR_DAYS[-1], 0, 0.0, 0.0, 0.0, unit, "closed")]


def fit_profile(days: pd.DataFrame, name: str) -> list[Estimate]:
    """Share of a day's calls in each of the 48 half-hours, days pooled; days are drawn for the interval."""
    halves = days.to_numpy(dtype=float).reshape(len(days), HALF_HOURS, SIX_MINUTES_PER_HALF_HOUR).sum(axis=2)

    def shares(table: np.ndarray) -> np.ndarray:
        return table / table.sum(axis=-1, keepdims=True)

    found = shares(halves.sum(axis=0))
    expected = np.outer(halves.sum(axis=1), found)
    busy = expected.mean(axis=0) >= 1  # Pearson's statistic needs cells that are not nearly empty
    pearson = ((halves - expected) ** 2 / expected)[:, busy].sum() / ((len(days) - 1) * (busy.sum() - 1))
    note = f"{len(days)} days, dispersion around the shape {pearson:.2f} (1 = Poisson)"
    rows = zip(found, *bootstrap(halves, shares), strict=True)
    return [
        Estimate("profile", name, _clock(i), int(halves.sum()), *row, "share of a day", note)
        for i, row in enumerate(rows)
    ]


def _clock(half_hour: int) -> str:
    return f"{half_hour // 2:02d}:{'30' if half_hour % 2 else '00'}"


def day_design(dates: pd.DatetimeIndex, slow: str) -> np.ndarray:
    """Regressors of daily counts: weekday dummies, and what moves slowly.

    Parameters
    ----------
    dates
        The n days.
    slow
        "none"; "trend", a polynomial of order TREND_ORDER; or "week", a level of each week's own.

    Returns
    -------
    numpy.ndarray
        Array (n, coefficients).

    Raises
    ------
    ValueError
        For any other word.
    """
    weekday = pd.get_dummies(dates.strftime("%a")).to_numpy(dtype=float)
    if slow == "none":
        return weekday
    if slow == "trend":
        time = 2 * (dates - dates.min()) / np.ptp(dates) - 1
        return np.column_stack([weekday, *(time**power for power in range(1, TREND_ORDER + 1))])
    if slow == "week":
        return np.column_stack([weekday, pd.get_dummies(_week(dates), drop_first=True).to_numpy(dtype=float)])
    raise ValueError(f"day_design: slow is {slow!r}; use none, trend or week.")


def _week(dates: pd.DatetimeIndex) -> pd.Series:
    """The bank's week, Sunday to Saturday."""
    return pd.Series(dates.to_period("W-SAT").astype(str))


def expected_counts(counts: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Expected counts (n,) of a Poisson regression of counts (n,) on a design (n, coefficients), log link."""
    mean = counts + 1.0  # starts the iteration; + 1 so that an empty cell has a logarithm
    for _ in range(ROUNDS):  # iteratively reweighted least squares
        target = np.log(mean) + (counts - mean) / mean
        root = np.sqrt(mean)
        beta = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
        previous, mean = mean, np.exp(design @ beta)
        if np.allclose(mean, previous):
            return mean
    raise RuntimeError(f"expected_counts: not settled in {ROUNDS} rounds; look for a weekday without calls.")


def fit_day_factor(counts: pd.Series, name: str, key: str = "", slow: str = "trend") -> Estimate:
    """Coefficient of variation of a multiplicative day factor, beyond weekday, slow movement and chance.

    CV² = mean((count / expected - 1)²) - mean(1 / expected), the first mean over n minus the number of
    coefficients: (variance - mean) / mean² of the counts freed from weekday and trend, chance being Poisson.
    Weeks are drawn for the interval.

    Parameters
    ----------
    counts
        Calls of each day, indexed by date.
    slow
        What is taken out beside the weekday, see `day_design`.
    """
    dates, values = pd.DatetimeIndex(counts.index), counts.to_numpy(dtype=float)
    design = day_design(dates, slow)
    mean, free = expected_counts(values, design), len(values) - np.linalg.matrix_rank(design)
    factor, kept = values / mean, free / len(values)

    def cv(table: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(table[..., 0] / kept - table[..., 1], 0) / table[..., 2])

    sums = sums_by(_week(dates), (factor - 1) ** 2, 1 / mean, np.ones(len(mean)))
    ratio = ((values - mean) ** 2 / mean).sum() / free
    distance = stats.kstest(stats.zscore(factor), "norm").statistic
    note = f"variance/mean {ratio:.1f}; KS of the factor to a normal {distance:.3f}"
    return Estimate("day factor", name, key, len(values), *measure(sums, cv), "share", note)


def fit_day_memory(counts: pd.Series) -> Estimate:
    """Correlation of the day factors of neighbouring calendar days (0 = each day is drawn afresh)."""
    dates, values = pd.DatetimeIndex(counts.index), counts.to_numpy(dtype=float)
    factor = values / expected_counts(values, day_design(dates, "trend"))
    pairs = np.diff(dates.day_of_year) == 1
    found = stats.pearsonr(factor[:-1][pairs], factor[1:][pairs])
    figures = (found.statistic, *found.confidence_interval(CONFIDENCE))
    return Estimate("day factor", "day_factor_memory", "", int(pairs.sum()), *figures, "correlation", "next day")


def fit_day_factors(full: pd.DataFrame, every: pd.DataFrame) -> list[Estimate]:
    """The day factor of full days with its alternatives: slow part, holidays, hour of the day.

    Parameters
    ----------
    full, every
        Six-minute counts of the full days without and with holidays.
    """
    totals = full.sum(axis=1)
    hours = full.T.groupby(np.arange(full.shape[1]) // SIX_MINUTES_PER_HOUR).sum().T
    working = [hour for hour in hours if hour * SECONDS_PER_HOUR >= OPENS_S]
    return [
        fit_day_factor(totals, "day_factor_cv"),
        fit_day_factor(totals, "day_factor_cv_no_trend", slow="none"),
        fit_day_factor(totals, "day_factor_cv_within_week", slow="week"),
        fit_day_factor(every.sum(axis=1), "day_factor_cv_with_holidays"),
        fit_day_memory(totals),
        *[fit_day_factor(hours[hour], "day_factor_cv_by_hour", f"{hour:02d}:00") for hour in working],
    ]


def fit_arrivals(days: pd.DataFrame) -> list[Estimate]:
    """Weekday weights, both day profiles, the day factor; the counts hold the company's call-backs (3 %)."""
    kept = open_days(days)
    full = kept[kept.index.strftime("%a").isin(FULL_DAYS)]
    short = kept[kept.index.strftime("%a") == SHORT_DAY]
    every = days[days.index.strftime("%a").isin(FULL_DAYS)]
    return [
        *fit_weekday_weights(kept),
        *fit_profile(full, "profile_full_day"),
        *fit_profile(short, "profile_short_day"),
        *fit_day_factors(full, every),
    ]


# --- 2 handling ---------------------------------------------------------------------------------------------


def fit_handling(served: pd.DataFrame, key: str = "") -> list[Estimate]:
    """Lognormal form and spread of handling times; days are drawn for the intervals.

    Parameters
    ----------
    served
        Columns ``date`` and ``ser_time`` (seconds, above zero).
    key
        Type of call; empty for all.
    """
    kept, tail = served[served.ser_time >= SHORT_HANG_S], "_by_type" if key else ""
    logs, n = np.log(kept.ser_time), len(kept)
    sigma = measure(_moments(kept.date, logs), _spread)
    to_lognormal = stats.kstest(kept.ser_time, "lognorm", (sigma[0], 0, np.exp(logs.mean()))).statistic
    to_exponential = stats.kstest(kept.ser_time, "expon", (0, kept.ser_time.mean())).statistic
    note = f"lognormal from {SHORT_HANG_S} s; KS {to_lognormal:.3f} (exponential {to_exponential:.3f})"
    return [
        Estimate("handling", f"handling_sigma{tail}", key, n, *sigma, "log s", note),
        Estimate("handling", f"handling_cv{tail}", key, n, *map(_lognormal_cv, sigma), "ratio", note),
        _moment_cv(kept, "handling_cv_moments" + tail, key),
        _moment_cv(served, "handling_cv_with_short" + tail, key),
        _short_share(served, "handling_short_share" + tail, key),
    ]


def _lognormal_cv(sigma: float) -> float:
    return float(np.sqrt(np.expm1(sigma * sigma)))


def _moment_cv(rows: pd.DataFrame, name: str, key: str) -> Estimate:
    note = f"mean {rows.ser_time.mean():.1f} s, median {rows.ser_time.median():.0f} s"
    found = measure(_moments(rows.date, rows.ser_time), _cv)
    return Estimate("handling", name, key, len(rows), *found, "ratio", note)


def _short_share(served: pd.DataFrame, name: str, key: str) -> Estimate:
    sums = sums_by(served.date, served.ser_time < SHORT_HANG_S, np.ones(len(served)))
    return Estimate("handling", name, key, len(served), *measure(sums, _ratio), "share", f"< {SHORT_HANG_S} s")


def clustered_slope(y: np.ndarray, x: np.ndarray, controls: pd.DataFrame, cluster: pd.Series) -> tuple[float, ...]:
    """Least-squares slope of y on x with dummies for the controls.

    Parameters
    ----------
    y, x
        Arrays (n,).
    controls
        Frame (n, k) of labels; each column becomes dummies.
    cluster
        Group of each row; the interval is robust to any dependence within a group.

    Returns
    -------
    tuple
        Slope, low, high, R².
    """
    dummies = [pd.get_dummies(controls[name], drop_first=True).to_numpy(dtype=float) for name in controls]
    design = np.column_stack([np.ones(len(y)), x, *dummies])
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ beta
    inverse = np.linalg.pinv(design.T @ design)
    scores = sums_by(cluster, *(design * residual[:, None]).T)
    groups = len(scores)
    error = np.sqrt((inverse @ scores.T @ scores @ inverse)[1, 1] * groups / (groups - 1))
    half = error * stats.t.ppf((1 + CONFIDENCE) / 2, groups - 1)
    return beta[1], beta[1] - half, beta[1] + half, 1 - residual.var() / y.var()


def fit_pressure(served: pd.DataFrame, halves: pd.DataFrame) -> list[Estimate]:
    """Elasticity of handling time with occupancy; negative would mean that agents hurry under pressure.

    The main estimate takes the occupancy of the half-hour before, because long calls of a half-hour raise its
    own occupancy, and compares like with like: same type of call, time of day and agent.
    """
    kept = served[served.ser_time >= SHORT_HANG_S].assign(slot=lambda c: c.ser_start // SECONDS_PER_HALF_HOUR)
    alike = ["type", "slot", "server"]
    variants = {
        "pressure_elasticity": (1, "occupancy", alike),
        "pressure_elasticity_same_half_hour": (0, "occupancy", alike),
        "pressure_elasticity_uncontrolled": (0, "occupancy", []),
        "queue_elasticity": (1, "queue", alike),
    }
    return [_pressure(kept, halves, name, *how) for name, how in variants.items()]


def _pressure(
    kept: pd.DataFrame, halves: pd.DataFrame, name: str, lag: int, load: str, controls: list[str]
) -> Estimate:
    rows = kept.merge(halves.assign(slot=halves.slot + lag), on=["date", "slot"])
    x = np.log(rows.occupancy) if load == "occupancy" else np.log1p(rows.queue)
    y = np.log(rows.ser_time)
    *slope, r2 = clustered_slope(y.to_numpy(), x.to_numpy(), rows[controls], rows.date)
    when = "half-hour before" if lag else "same half-hour"
    note = f"R2 {r2:.3f}; {load} of the {when}; held fixed: {', '.join(controls) or 'nothing'}"
    return Estimate("pressure", name, "", len(rows), *slope, "elasticity", note)


# --- 3 patience ---------------------------------------------------------------------------------------------


def fit_hazard(wait: np.ndarray, hung: np.ndarray, knots: Sequence[float] = KNOTS_S) -> pd.DataFrame:
    """Piecewise-constant hazard of hanging up, from waits that end by hanging up or (censored) by an answer.

    Parameters
    ----------
    wait, hung
        Arrays (n,): seconds waited; whether the customer hung up.
    knots
        Inner knots in seconds, rising; the first interval starts at 0, the last has no end.

    Returns
    -------
    pandas.DataFrame
        One row an interval: start, stop (s), events, exposure (minutes), hazard, low, high (per minute).
    """
    start, stop = np.array([0, *knots], dtype=float), np.array([*knots, np.inf])
    spent = np.clip(wait[:, None], start, stop) - start
    exposure = spent.sum(axis=0) / SECONDS_PER_MINUTE
    interval = np.searchsorted(stop, wait, side="left")  # a wait of just 5 s belongs to 0-5 s
    events = np.bincount(interval[hung.astype(bool)], minlength=len(start)).astype(float)
    hazard, low, high = rates(events, exposure)
    table = pd.DataFrame({"start": start, "stop": stop, "events": events, "exposure": exposure})
    return table.assign(hazard=hazard, low=low, high=high)


def pool_tail(table: pd.DataFrame) -> pd.DataFrame:
    """Give the last pieces one rate, as many as hold FEWEST_HANG_UPS: with a rate of 0 people wait for ever.

    Parameters
    ----------
    table
        As `fit_hazard` returns it.

    Returns
    -------
    pandas.DataFrame
        The same columns and rows; pooled pieces share hazard, low and high.
    """
    from_here = table[["events", "exposure"]][::-1].cumsum()[::-1]
    first = max(int((from_here.events >= FEWEST_HANG_UPS).sum()) - 1, 0)
    pooled, piece = table.copy(), from_here.iloc[first]
    pooled.loc[first:, ["hazard", "low", "high"]] = rates(piece.events, piece.exposure)
    return pooled


def survival(table: pd.DataFrame, seconds: np.ndarray) -> np.ndarray:
    """Share still waiting after ``seconds`` (array, any shape (k,)) under a piecewise-constant hazard."""
    spent = np.clip(np.asarray(seconds, dtype=float)[:, None], table.start.to_numpy(), table.stop.to_numpy())
    return np.exp(-((spent - table.start.to_numpy()) / SECONDS_PER_MINUTE) @ table.hazard.to_numpy())


def mean_patience(table: pd.DataFrame) -> float:
    """Mean patience in seconds under a piecewise-constant hazard whose last piece goes on for ever."""
    alive = survival(table, table.start.to_numpy())
    gone = alive - np.append(alive[1:], 0)
    return float((gone / table.hazard).sum() * SECONDS_PER_MINUTE)


def kaplan_meier(wait: np.ndarray, hung: np.ndarray) -> Any:
    """Kaplan-Meier survival of patience (a scipy distribution function); an answer censors."""
    hung = hung.astype(bool)
    return stats.ecdf(stats.CensoredData(uncensored=wait[hung], right=wait[~hung])).sf


def _bounds(curve: Any) -> Any:
    """Pointwise interval of a Kaplan-Meier curve; undefined only where nobody is left, which nobody reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return curve.confidence_interval(CONFIDENCE)


def fit_patience(queued: pd.DataFrame) -> list[Estimate]:
    """Patience of all, regular and priority customers; days are drawn for the intervals of means."""
    favoured, hung, n = queued.priority == PRIORITY, queued.outcome == "HANG", len(queued)
    groups = {"all": queued, "regular": queued[~favoured], "priority": queued[favoured]}
    fits = [fit for key, rows in groups.items() for fit in (*_patience(rows, key), *_hazards(rows, key))]
    means = [queued.wait * favoured, hung & favoured, queued.wait * ~favoured, hung & ~favoured]
    ratio = measure(sums_by(queued.date, *means), lambda sums: _ratio(sums[..., :2]) / _ratio(sums[..., 2:]))
    share = measure(sums_by(queued.date, favoured, np.ones(n)), _ratio)
    return [
        *fits,
        Estimate("patience", "priority_patience_ratio", "", n, *ratio, "ratio", "mean patience over mean patience"),
        Estimate("patience", "priority_share", "", n, *share, "share", "of calls that waited"),
    ]


def _patience(rows: pd.DataFrame, key: str) -> list[Estimate]:
    wait, hung = rows.wait.to_numpy(dtype=float), (rows.outcome == "HANG").to_numpy()
    table, curve = pool_tail(fit_hazard(wait, hung)), kaplan_meier(wait, hung)
    seconds = curve.quantiles[curve.quantiles <= KNOTS_S[-1]]
    distance = np.abs(curve.evaluate(seconds) - survival(table, seconds)).max()
    note = f"{int(hung.sum())} hung up; pieces within {distance:.3f} of Kaplan-Meier"
    mean, n = measure(sums_by(rows.date, wait, hung), _ratio), len(rows)
    implied = f"{note}; the pieces imply {mean_patience(table):.0f} s"
    return [
        Estimate("patience", "patience_mean", key, n, *mean, "s", implied),
        Estimate("patience", "patience_median", key, n, *_median_patience(wait, hung), "s", "Kaplan-Meier"),
    ]


def _hazards(rows: pd.DataFrame, key: str) -> list[Estimate]:
    """Hazard of each piece, the last ones pooled, with an exact Poisson interval."""
    table = pool_tail(fit_hazard(rows.wait.to_numpy(dtype=float), (rows.outcome == "HANG").to_numpy()))
    return [
        Estimate(
            *("patience hazard", f"patience_hazard_{key}", f"{row.start:.0f}-{row.stop:.0f} s", len(rows)),
            *(row.hazard, row.low, row.high, "per minute"),
            f"{row.events:.0f} hung up; {row.exposure:.0f} min waited",
        )
        for row in table.itertuples()
    ]


def _median_patience(wait: np.ndarray, hung: np.ndarray) -> tuple[float, ...]:
    """Kaplan-Meier median with the times at which the pointwise bounds of the curve cross one half."""
    curve = kaplan_meier(wait, hung)
    bounds = _bounds(curve)
    levels = (curve.probabilities, bounds.low.probabilities, bounds.high.probabilities)
    below = [curve.quantiles[np.nan_to_num(level, nan=1.0) <= 1 / 2] for level in levels]
    return tuple(float(times[0]) if len(times) else np.inf for times in below)


# --- 4 redial -----------------------------------------------------------------------------------------------


def next_call(calls: pd.DataFrame, answered_by: Sequence[str]) -> pd.Series:
    """Seconds from the end of each identified call to the same customer's next call of the given types.

    Parameters
    ----------
    calls
        Columns customer (0 = unknown), type, start, end (seconds).
    answered_by
        Types of call that count as coming back.

    Returns
    -------
    pandas.Series
        Indexed like the identified calls; infinite when nothing follows.
    """
    known = calls[calls.customer > 0].sort_values(["customer", "start"], kind="stable")
    counting = known.start.where(known.type.isin(answered_by))
    following = counting.groupby(known.customer).shift(-1).groupby(known.customer).bfill()
    return (following - known.end).fillna(np.inf)


def queue_share(calls: pd.DataFrame) -> pd.Series:
    """Share of identifiable calls that waited, by hour since 1970: the chance that a call leaves a name."""
    askable = calls[calls.type.isin(IDENTIFIED_TYPES)]
    return askable.groupby(askable.start // SECONDS_PER_HOUR).queued.mean()


def fit_redial(calls: pd.DataFrame) -> list[Estimate]:
    """Coming back within the hour after hanging up, against the same after being served.

    Only customers who wait leave their number, so a redial answered at once is not seen: the observed share
    is a lower bound. ``redial_share`` weighs each seen redial by one over the share of calls of its hour that
    waited. Call-backs of the company are not redials, and are shown apart.
    """
    known = follow_ups(calls)
    hung, served = known[known.outcome == "HANG"], known[known.outcome == "AGENT"]
    return [
        _share(hung, "soon", "redial_share_seen", "own call within the hour; lower bound"),
        _share(served, "soon", "recall_share_served_seen", "own call within the hour after service"),
        _share(hung, "weight", "redial_share", "corrected for redials that did not wait"),
        _share(served, "weight", "recall_share_served", "same correction"),
        _share(hung, "returns", "return_share", "own call or the company's call-back within the hour"),
        _excess(known, "soon", "redial_excess_seen"),
        _excess(known, "weight", "redial_excess"),
        *_delays(hung),
    ]


def follow_ups(calls: pd.DataFrame) -> pd.DataFrame:
    """Identified calls of customers with what follows them.

    Parameters
    ----------
    calls
        As `read_calls` returns them.

    Returns
    -------
    pandas.DataFrame
        The calls with own, back (seconds to the next own call and call-back), soon, returns (own call; any
        of the two within the hour) and weight (``soon`` over the chance that the next call left a name).
    """
    own, back = next_call(calls, CALL_TYPES), next_call(calls, [CALL_BACK])
    known = calls.loc[own.index].assign(own=own, back=back, soon=_within_hour(own))
    known["returns"] = known.soon | _within_hour(back)
    hour = (known.end + known.own.where(known.soon, 0)) // SECONDS_PER_HOUR
    known["weight"] = known.soon / hour.map(queue_share(calls)).where(known.soon, 1)
    return known[known.type.isin(CALL_TYPES)]


def _within_hour(seconds: pd.Series) -> pd.Series:
    return seconds.between(0, SECONDS_PER_HOUR, inclusive="left")


def _share(rows: pd.DataFrame, column: str, name: str, note: str) -> Estimate:
    sums = sums_by(rows.customer, rows[column], np.ones(len(rows)))
    return Estimate("redial", name, "", len(rows), *measure(sums, _ratio), "share", note)


def _excess(known: pd.DataFrame, column: str, name: str) -> Estimate:
    """Redials caused by hanging up: the difference to the served; customers are drawn."""
    hung, served = known.outcome == "HANG", known.outcome == "AGENT"
    sums = sums_by(known.customer, known[column] * hung, hung, known[column] * served, served)
    found = measure(sums, lambda totals: _ratio(totals[..., :2]) - _ratio(totals[..., 2:]))
    return Estimate("redial", name, "", int(hung.sum()), *found, "share", "hung up minus served")


def _delays(hung: pd.DataFrame) -> list[Estimate]:
    """Median delay of own redials within the hour; share of own redials had no call-back come first."""
    delay = hung.own[hung.soon].to_numpy() / SECONDS_PER_MINUTE
    median = (float(np.median(delay)), *median_interval(delay))
    distance = stats.kstest(delay, "expon", (0, median[0] / np.log(2))).statistic
    ends = np.minimum(np.minimum(hung.own, hung.back), SECONDS_PER_HOUR).to_numpy()
    curve = kaplan_meier(ends, (hung.soon & (hung.own <= hung.back)).to_numpy())
    bounds, last = _bounds(curve), np.flatnonzero(curve.quantiles < SECONDS_PER_HOUR)[-1]
    share = [1 - float(way.probabilities[last]) for way in (curve, bounds.high, bounds.low)]
    note = f"from hanging up; KS exponential {distance:.3f}"
    alone = "Kaplan-Meier, call-backs censor; seen redials only"
    return [
        Estimate("redial", "redial_delay_median", "", len(delay), *median, "min", note),
        Estimate("redial", "redial_share_without_call_back", "", len(hung), *share, "share", alone),
    ]


# --- 5 friends ----------------------------------------------------------------------------------------------


def fit_network(ties: np.ndarray, key: str, note: str) -> list[Estimate]:
    """Degrees and clustering of one network, by `sim.fitting.friends`.

    Parameters
    ----------
    ties
        Integer array (ties, 2); repeats, either way round, and self-ties are ignored.
    note
        What clustering is limited by.
    """
    named = pd.DataFrame(ties, columns=["one", "other"])
    pairs = "(SELECT DISTINCT least(one, other) AS a, greatest(one, other) AS b FROM named WHERE one <> other)"
    with duckdb.connect() as connection:
        connection.register("named", named)
        with circles(connection, pairs) as people:
            fits = fit_circles(people, key, CONFIDENCE)
    return [replace(fit, goodness=note) if fit.name in (TRANSITIVITY, LOCAL) else fit for fit in fits]


def fit_friends(folder: Path) -> list[Estimate]:
    """Degrees and clustering of ego-Facebook, with and without its egos, and of two whole-group studies."""
    edges = read_friendships(folder)
    others = edges[~np.isin(edges, EGOS).any(axis=1)]
    fits: list[Estimate] = []
    for key, ties in (("ego-facebook", edges), ("without the egos", others)):
        fits += fit_network(ties, key, "ego sample: an upper limit")
    for study in ("brfarmers", "medInnovations"):
        found = fit_network(read_nominations(folder, study), study, "whole groups, few nominations")
        fits += [fit for fit in found if fit.name in (TRANSITIVITY, LOCAL)]
    return fits


# --- 6 purchases --------------------------------------------------------------------------------------------


def fit_purchases(folder: Path) -> list[Estimate]:
    """Gaps, orders and the law of repeat buying of CDNOW's customers, by `sim.fitting.purchases`."""
    path = _existing(folder / "cdnow_share" / "cdnow_1997-01_1997-09.csv.gz")
    query = "SELECT row_number() OVER () AS row, customer, date, amount::DOUBLE AS value FROM read_csv(?)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE sales AS {query}", [str(path)])
        rows = connection.table("sales").shape[0]
        part = purchases.fit(Clean("purchases", connection, "sales", ("customer", "date", "value"), rows))
    return [fit for fit in part.estimates if np.isfinite(fit.low)]


def fit_sbg(survival_share: Sequence[float], customers: int, fitted_years: int) -> list[Estimate]:
    """Maximum-likelihood sBG of a cohort, by `sim.fitting.cohorts`.

    Parameters
    ----------
    survival_share
        Share of the cohort left after years 0, 1, 2, ...
    customers
        Size of the cohort.
    fitted_years
        Years used; the later ones measure the forecast.
    """
    cohort = pd.DataFrame({"period": range(len(survival_share)), "alive": survival_share, "start": float(customers)})
    with duckdb.connect() as connection:
        connection.register("cohort", cohort)
        table = Clean("cohorts", connection, "cohort", ("period", "alive", "start"), len(cohort))
        part = cohorts.fit(table, until=fitted_years)
    return [fit for fit in part.estimates if fit.name.startswith("sbg")]


# --- all together -------------------------------------------------------------------------------------------


def fit_records(folder: Path) -> pd.DataFrame:
    """Every fit of this script as one tidy frame.

    Parameters
    ----------
    folder
        The data folder, see `find_records`.

    Returns
    -------
    pandas.DataFrame
        Columns subject, name, key, n, value, low, high, unit, goodness.
    """
    calls = read_calls(folder)
    inside = calls[calls.working & calls.type.isin(CALL_TYPES)]
    served = served_calls(inside)
    fits = [*fit_arrivals(read_days(folder)), *fit_handling(served)]
    for kind in CALL_TYPES:
        fits += fit_handling(served[served.type == kind], kind)
    fits += fit_pressure(served, read_staffing(folder))
    fits += fit_patience(inside[inside.queued == 1])
    fits += [*fit_redial(calls), *fit_friends(folder), *fit_purchases(folder)]
    fits += fit_sbg(HIGH_END_SURVIVAL, HIGH_END_CUSTOMERS, HIGH_END_FITTED_YEARS)
    return pd.DataFrame(fits)


def compare_reference(folder: Path) -> pd.DataFrame:
    """Our figures of February beside the published reference figures of the same calls.

    Returns
    -------
    pandas.DataFrame
        Columns figure, ours, reference, difference (relative).
    """
    path = _existing(folder / "bank_calls_share" / "reference_1999-02.json")
    told = json.loads(path.read_text(encoding="utf-8"))["stats"]
    calls = read_calls(folder)
    inside = calls[calls.working & calls.type.isin(CALL_TYPES)]
    rows = [
        *_compare_handling(inside, told),
        *_compare_patience(inside[inside.queued == 1], told),
        *_compare_redial(calls, told),
    ]
    frame = pd.DataFrame(rows, columns=["figure", "ours", "reference"])
    return frame.assign(difference=frame.ours / frame.reference - 1)


def _compare_handling(inside: pd.DataFrame, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    time = served_calls(inside).ser_time
    logs = np.log(time[time >= SHORT_HANG_S])
    return [
        ("calls offered", len(inside), told["offered"]),
        ("mean handling, s", time.mean(), told["S"]["mean"]),
        ("CV of handling", time.std() / time.mean(), told["S"]["cv"]),
        (f"share < {SHORT_HANG_S} s", (time < SHORT_HANG_S).mean(), told["S"]["frac_lt10"]),
        ("lognormal mu", logs.mean(), told["lognorm_ge10"]["mu"]),
        ("lognormal sigma", logs.std(), told["lognorm_ge10"]["sigma"]),
    ]


def _compare_patience(queued: pd.DataFrame, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    wait, hung = queued.wait.to_numpy(dtype=float), (queued.outcome == "HANG").to_numpy()
    favoured = (queued.priority == PRIORITY).to_numpy()
    rows = [
        ("calls that waited", len(queued), told["queued"]),
        ("hung up", hung.sum(), told["abandoned_in_queue"]),
    ]
    for name, group in (
        ("mean_patience_s", wait >= 0),
        ("mean_patience_prio2", favoured),
        ("mean_patience_reg", ~favoured),
    ):
        rows.append((name.replace("_", " "), wait[group].sum() / hung[group].sum(), told[name]))
    curve = kaplan_meier(wait, hung)
    rows += [(f"Kaplan-Meier {s} s", float(curve.evaluate(float(s))), share) for s, share in told["KM_S"].items()]
    hazard = fit_hazard(wait, hung).hazard
    return rows + [
        (f"hazard {key} s", hazard.iloc[i], rate)
        for i, (key, rate) in enumerate(list(told["hazard_per_min"].items())[:-1])
    ]


def _compare_redial(calls: pd.DataFrame, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    """The reference counts call-backs as calls, and measures from the start of a call to the next start."""
    known = calls.assign(end=calls.start)
    gap = next_call(known, [*CALL_TYPES, CALL_BACK])
    outcome = known.outcome.loc[gap.index]
    soon, key = gap < SECONDS_PER_HOUR, "<1h"
    return [
        ("return within 1 h, hung up", soon[outcome == "HANG"].mean(), told["redial"][key][0]),
        ("return within 1 h, served", soon[outcome == "AGENT"].mean(), told["redial"][key][1]),
        ("median delay, s", gap[soon & (outcome == "HANG")].median(), told["redial_delay_median_s_given<1h"]),
    ]


# --- proposals for the parameter files ----------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """A parameter to propose: which estimate it is, what it means, and which estimates widen its range."""

    name: str
    source: str
    note: str
    estimate: str = ""  # name of the estimate, if not the parameter's own
    key: str | None = None
    described_by: tuple[str, str] | None = None  # name and key of the estimate that tells how well a list fits
    widened_by: tuple[str, ...] = ()


_DAY = "{} calls of each half-hour from 00:00, as shares of the day; holidays and their eves are out."
_HAZARD = (
    "Hazard of hanging up between the patience knots, {} customers. The last piece has no end; the last "
    f"pieces are pooled until they hold {FEWEST_HANG_UPS} hang-ups."
)
_BETA = "{} parameter of the Beta disposition (sBG): High End cohort, years 0-7, maximum likelihood."

PROPOSALS = (
    Proposal("profile_full_day", BANK, _DAY.format("Full day (bank's Sunday-Thursday):")),
    Proposal("profile_short_day", BANK, _DAY.format("Short day (bank's Friday):")),
    Proposal(
        "weekday_weight",
        BANK,
        "Mean calls of our Mon..Sun. The bank's Sun..Thu stand for Mon..Fri, its Fri for Sat; Sunday is "
        "closed. Days below two thirds of their weekday's median are out.",
    ),
    Proposal(
        "day_factor_cv",
        BANK,
        "CV of a multiplicative day factor beyond weekday, quadratic trend and Poisson chance. Neighbouring "
        "days are alike (correlation about 0.6), so factors drawn afresh each day belong in the lower half "
        "of the range, which covers the fit with a level of each week's own.",
        widened_by=("day_factor_cv_no_trend", "day_factor_cv_within_week"),
    ),
    Proposal(
        "handling_cv",
        BANK,
        "CV of the lognormal fitted to handling times without short hang-ups by agents; the range covers the "
        "CV straight from the records, with and without them.",
        widened_by=("handling_cv_moments", "handling_cv_with_short"),
    ),
    Proposal(
        "patience_hazard",
        BANK,
        _HAZARD.format("regular"),
        estimate="patience_hazard_regular",
        described_by=("patience_mean", "regular"),
    ),
    Proposal(
        "patience_hazard_priority",
        BANK,
        _HAZARD.format("priority"),
        described_by=("patience_mean", "priority"),
    ),
    Proposal("priority_patience_ratio", BANK, "Total wait over hang-ups, priority over regular customers."),
    Proposal("priority_share", BANK, "Priority customers; calls that do not wait are not identified."),
    Proposal(
        "redial_share",
        BANK,
        "Abandoners who call again within the hour, corrected for redials that do not wait and so leave no "
        "name. The range runs from those seen to own calls and the company's call-backs together; the figure "
        "of 0.48 in the reference file counts call-backs.",
        widened_by=("redial_share_seen", "return_share"),
    ),
    Proposal("redial_delay_median", BANK, "Median delay of redials within the hour."),
    Proposal(
        "pressure_elasticity",
        BANK,
        "Slope of log handling time on log occupancy of the half-hour before; the range covers the same "
        "half-hour. Above zero: no hurrying is seen here, against -0.64 in the literature.",
        widened_by=("pressure_elasticity_same_half_hour",),
    ),
    Proposal(
        "graph_degree_sigma",
        EGO,
        "Standard deviation of the log number of friends: shape only, the mean belongs to the sample.",
        key="ego-facebook",
    ),
    Proposal(
        "gap_cv",
        CDNOW,
        "CV of one customer's gaps between purchases: gamma gaps, a rate of each customer's own. The range "
        "covers the mean of customers' own CVs (biased low) and the pooled one (biased high).",
        widened_by=("gap_cv_mean_of_customers", "gap_cv_pooled"),
    ),
    Proposal("sbg_alpha", SBG, _BETA.format("First")),
    Proposal("sbg_beta", SBG, _BETA.format("Second")),
)


def propose(fits: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Proposals for the parameter files, one table a parameter: value(s), unit, range, kind, source, note."""
    knots = _table(
        {"values": list(KNOTS_S)},
        "s",
        [0, 2 * KNOTS_S[-1]],
        BANK,
        "Inner knots of the patience hazard: one rate more than knots, the last without end. Chosen, not "
        "fitted: finer where announcements make people hang up.",
    )
    tables = {entry.name: _proposal(fits, entry) for entry in PROPOSALS}
    return {**tables, "patience_knots": knots, "graph_clustering_range": _clustering_proposal(fits)}


def _table(value: dict[str, Any], unit: str, ends: list[float], source: str, note: str) -> dict[str, Any]:
    return {**value, "unit": unit, "range": ends, "kind": "fitted", "source": source, "note": note}


def _proposal(fits: pd.DataFrame, entry: Proposal) -> dict[str, Any]:
    rows = fits[fits.name == (entry.estimate or entry.name)]
    rows = rows if entry.key is None else rows[rows.key == entry.key]
    wide = pd.concat([rows, fits[fits.name.isin(entry.widened_by)]])
    ends = [_rounded(wide.low.min()), _rounded(wide.high.max())]
    value = {"value": _rounded(rows.value.iloc[0])} if len(rows) == 1 else {"values": _listed(rows)}
    return _table(value, rows.unit.iloc[0], ends, entry.source, f"{entry.note} {_quality(fits, rows, entry)}")


def _quality(fits: pd.DataFrame, rows: pd.DataFrame, entry: Proposal) -> str:
    """Sample size, 95 % interval of a single number, goodness of fit where the estimate has one."""
    if entry.described_by:
        rows = fits[(fits.name == entry.described_by[0]) & (fits.key == entry.described_by[1])]
        return f"n = {rows.n.iloc[0]:,}; {rows.goodness.iloc[0]}."
    if len(rows) == 1:
        interval = f"95 % {_rounded(rows.low.iloc[0])} to {_rounded(rows.high.iloc[0])}"
        return f"n = {rows.n.iloc[0]:,}; {interval}; {rows.goodness.iloc[0]}."
    if (rows.goodness == rows.goodness.iloc[0]).all():
        return f"n = {rows.n.iloc[0]:,}; {rows.goodness.iloc[0]}."
    return f"n = {rows.n.sum():,} days."


def _listed(rows: pd.DataFrame) -> list[float]:
    return _summing(rows.value) if (rows.subject == "profile").all() else [_rounded(v) for v in rows.value]


def _clustering_proposal(fits: pd.DataFrame) -> dict[str, Any]:
    found = fits[fits.name == "graph_transitivity"].set_index("key").value
    top, bottom = found["ego-facebook"], found[["brfarmers", "medInnovations"]].min()
    ends = [_rounded(bottom), _rounded(top)]
    note = (
        "Transitivity. Upper end: ego-Facebook, inflated by sampling the friends of ten people. Lower end: "
        "whole villages of farmers (Valente) who named few contacts, which deflates it."
    )
    return _table({"values": ends}, "share", ends, EGO, note)


def _rounded(value: float) -> float:
    """Four significant figures: more than any of these intervals can use."""
    return float(f"{value:.4g}")


def _summing(values: pd.Series) -> list[float]:
    """Shares rounded to six places whose sum is exactly one: the largest takes the rest."""
    shares = [round(float(v), 6) for v in values]
    top = shares.index(max(shares))
    shares[top] = round(1 - sum(shares[:top] + shares[top + 1 :]), 6)
    return shares


# --- printing -----------------------------------------------------------------------------------------------


def show(fits: pd.DataFrame, reference: pd.DataFrame) -> str:
    """The fits as plain-text tables, one a subject, and the comparison with the reference."""
    parts = []
    for subject, rows in fits.groupby("subject", sort=False):
        plain = rows.drop(columns="subject").to_string(index=False, float_format="%.4g", justify="left")
        parts.append(f"{str(subject).upper()}\n{_show_profiles(rows) if subject == 'profile' else plain}")
    table = reference.to_string(index=False, float_format="%.4g", formatters={"difference": "{:+.1%}".format})
    return "\n\n".join([*parts, f"AGREEMENT WITH reference_1999-02.json\n{table}"])


def _show_profiles(rows: pd.DataFrame) -> str:
    """Both profiles side by side, a half-hour a line."""
    wide = rows.pivot(index="key", columns="name", values=["value", "low", "high"]).swaplevel(axis=1)
    table = wide.sort_index(axis=1, level=0, sort_remaining=False).to_string(float_format="%.4f")
    notes = rows.drop_duplicates("name").itertuples(index=False)
    return "\n".join([table, *(f"{row.name}: {row.n:,} calls, {row.goodness}" for row in notes)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print and write; status 0, or 2 when the records are missing."""
    parser = argparse.ArgumentParser(description="What do real records say? Fits with intervals.")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every estimate as a row")
    parser.add_argument("--toml", type=Path, metavar="FILE", help="write proposals for the parameter files")
    wanted = parser.parse_args(arguments)
    try:
        folder = find_records()
        fits, reference = fit_records(folder), compare_reference(folder)
    except RecordsMissingError as missing:
        print(missing, file=sys.stderr)
        return 2
    print(show(fits, reference))
    if wanted.csv:
        fits.to_csv(wanted.csv, index=False)
    if wanted.toml:
        wanted.toml.write_text(tomli_w.dumps(propose(fits)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
