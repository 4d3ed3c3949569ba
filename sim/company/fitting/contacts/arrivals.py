"""Arrivals: the shape of a week and of a day, growth, and how much whole days differ beyond Poisson chance."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from sim.company.fitting.contacts.calendar import Calendar, clock, groups, sums_by, weeks
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import Figure, bootstrap, measure
from sim.model.clock import HALF_HOURS, WEEK_DAYS
from sim.wording import WEEKDAYS

FULL_DAY, SHORT_DAY = "profile_full_day", "profile_short_day"
TREND_ORDER = 2
"""A quadratic: slower than a month over half a year, so paydays stay in the day factor."""
TREND_WEEKS = 8
"""Weeks below which growth cannot be told from chance."""
WEEK_LEVELS = 4
"""Weeks from which a level of each week's own is taken out; with fewer there is nothing to compare."""
MONTH_DAYS = 365.25 / 12
ROUNDS, SETTLED, TINY = 200, 1e-10, 1e-12
"""Rounds of a fit by turns, and the relative step at which it has settled; a mean below which there is none."""
ALIKE = 1e-6
"""Spread of the day factors below which all days are alike."""


def fit(found: Calendar, level: float) -> list[Estimate]:
    """Every estimate of arrivals that the days allow."""
    full, short = found.of(found.full), found.of(_busiest(found))
    totals = full.sum(axis=1)
    return [
        contacts_a_day(found, level),
        *weekday_weights(found, level),
        *profile(full, FULL_DAY, level),
        *(profile(short, SHORT_DAY, level) if len(short) else []),
        *day_factors(totals, level),
        *growth(totals, level),
    ]


def _busiest(found: Calendar) -> tuple[int, ...]:
    """The short weekday with most contacts: short days may have different hours, and the model has one profile."""
    totals = {day: float(found.of((day,)).sum(axis=1).mean()) for day in found.short}
    return tuple(sorted(totals, key=lambda day: -totals[day])[:1])


def contacts_a_day(found: Calendar, level: float) -> Estimate:
    """Mean number of contacts of an open day: of each weekday the mean, and the mean of these."""
    totals, on = _by_weekday(found)
    there = [day for day, mask in enumerate(on) if mask.any()]
    sums = sums_by(groups(pd.DatetimeIndex(totals.index)), *[totals * mask for mask in on], *on)

    def mean(table: NDArray[np.float64]) -> NDArray[np.float64]:
        return (table[..., :WEEK_DAYS] / table[..., WEEK_DAYS:])[..., there].mean(axis=-1)

    note = f"{len(totals)} open days"
    n = int(totals.sum())
    return Estimate("arrivals", "contacts_a_day", "", n, *measure(sums, mean, level), "contacts/day", note)


def _by_weekday(found: Calendar) -> tuple[pd.Series, list[NDArray[np.bool_]]]:
    """Contacts of the kept days, and which of them are a Monday, a Tuesday ..."""
    totals = found.kept.sum(axis=1)
    weekday = pd.DatetimeIndex(totals.index).weekday
    return totals, [np.asarray(weekday == day) for day in range(WEEK_DAYS)]


def weekday_weights(found: Calendar, level: float) -> list[Estimate]:
    """Mean contacts of Monday to Sunday over the mean of the full days; weeks are drawn for the interval."""
    totals, on = _by_weekday(found)
    sums = sums_by(groups(pd.DatetimeIndex(totals.index), WEEK_LEVELS), *[totals * mask for mask in on], *on)
    full = list(found.full)

    def weights(table: NDArray[np.float64]) -> NDArray[np.float64]:
        means = table[..., :WEEK_DAYS] / table[..., WEEK_DAYS:]
        return means / means[..., full].mean(axis=-1, keepdims=True)

    with np.errstate(divide="ignore", invalid="ignore"):
        value = weights(sums.sum(axis=0))
    low, high = bootstrap(sums, weights, level)
    rows = []
    for day, name in enumerate(WEEKDAYS):
        closed = day in found.closed or not on[day].any()
        figures = (0.0, 0.0, 0.0) if closed else (float(value[day]), float(low[day]), float(high[day]))
        note = "closed" if closed else "full day" if day in found.full else "short day"
        about = ("mean full day = 1", note, "weekday_weight")
        rows.append(Estimate("week", "weekday_weight", name, int(on[day].sum()), *figures, *about))
    return rows


def profile(days: pd.DataFrame, name: str, level: float) -> list[Estimate]:
    """Share of a day's contacts in each half-hour, days pooled; days are drawn for the interval.

    Parameters
    ----------
    days : a row a day, 48 columns or a multiple of it.
    name : of the parameter.
    """
    halves = days.to_numpy(dtype=float).reshape(len(days), HALF_HOURS, -1).sum(axis=2)

    def shares(table: NDArray[np.float64]) -> NDArray[np.float64]:
        return table / table.sum(axis=-1, keepdims=True)

    found = shares(halves.sum(axis=0))
    note = f"{len(days)} days, dispersion around the shape {dispersion(halves):.2f} (1 = Poisson)"
    low, high = bootstrap(halves, shares, level)
    return [
        Estimate("profile", name, clock(i), int(halves.sum()), *_row(found, low, high, i), "share of a day", note, name)
        for i in range(HALF_HOURS)
    ]


def _row(value: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], place: int) -> Figure:
    return Figure(float(value[place]), float(low[place]), float(high[place]))


def dispersion(halves: NDArray[np.float64]) -> float:
    """Pearson's statistic of counts (days, parts of the day) around their pooled shape, over its degrees of freedom.

    Given the totals of the days; parts that are nearly empty are left out. 1 for Poisson chance; NaN for too few.
    """
    expected = np.outer(halves.sum(axis=1), halves.sum(axis=0)) / max(halves.sum(), 1.0)
    busy = expected.mean(axis=0) >= 1
    if len(halves) < 2 or busy.sum() < 2:
        return float("nan")
    pearson = ((halves - expected) ** 2 / np.maximum(expected, np.finfo(float).tiny))[:, busy].sum()
    return float(pearson / ((len(halves) - 1) * (busy.sum() - 1)))


# -- the day factor --------------------------------------------------------------------------------------------------


def day_design(dates: pd.DatetimeIndex, slow: str) -> NDArray[np.float64]:
    """Regressors of daily counts: weekday dummies, and what moves slowly.

    Parameters
    ----------
    dates : the n days.
    slow : "none", or "trend", a polynomial of order TREND_ORDER.

    Returns
    -------
    Array (n, coefficients).

    Raises
    ------
    ValueError : for any other word.
    """
    weekday = pd.get_dummies(dates.weekday).to_numpy(dtype=float)
    if slow == "none":
        return weekday
    if slow == "trend":
        time = 2 * np.asarray((dates - dates.min()) / np.ptp(dates)) - 1
        return np.column_stack([weekday, *(time**power for power in range(1, TREND_ORDER + 1))])
    raise ValueError(f"day_design: slow is {slow!r}; use none, trend or week.")


def expected_counts(counts: pd.Series, slow: str) -> tuple[NDArray[np.float64], int]:
    """Expected counts of days by Poisson regression (log link), and how many coefficients that took.

    Parameters
    ----------
    counts : contacts of each day, indexed by date.
    slow : what there is beside the weekday: see `day_design`, or "week", a level of each week's own.
    """
    dates, values = pd.DatetimeIndex(counts.index), counts.to_numpy(dtype=float)
    if slow == "week":
        return _by_weekday_and_week(dates, values)
    import statsmodels.api as sm

    design = day_design(dates, slow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # days that are all alike are fitted without error, which is no fault
        fitted = sm.GLM(values, design, family=sm.families.Poisson()).fit().fittedvalues
    return np.asarray(fitted), int(np.linalg.matrix_rank(design))


def _by_weekday_and_week(dates: pd.DatetimeIndex, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """The same with a level of each week's own: rows and columns of a table, by turns (Deming & Stephan 1940)."""
    ways = [np.unique(of, return_inverse=True)[1] for of in (dates.weekday, weeks(dates))]
    mean = np.ones_like(values)
    for _ in range(ROUNDS):
        before = mean
        for way in ways:
            mean = mean * (np.bincount(way, values) / np.maximum(np.bincount(way, mean), TINY))[way]
        if np.allclose(mean, before, rtol=SETTLED, atol=0.0):
            break
    return np.maximum(mean, TINY), sum(int(way.max()) + 1 for way in ways) - 1


def day_factor(counts: pd.Series, name: str, level: float, key: str = "", slow: str = "trend") -> Estimate:
    """Coefficient of variation of a multiplicative day factor, beyond weekday, slow movement and chance.

    CV² = S² - mean(1 / expected), S² = sum((count / expected - 1)²) / (n - number of coefficients): the variance of
    the counts freed from weekday and trend, less that of Poisson chance. S² is taken to follow a chi-square law; its
    degrees of freedom are those of the regression, or fewer where weeks (days, where there are few weeks) tell of a
    heavier tail or of days that hang together (Satterthwaite 1946).

    Parameters
    ----------
    counts : contacts of each day, indexed by date.
    slow : what is taken out beside the weekday, see `day_design`.
    """
    values = counts.to_numpy(dtype=float)
    mean, coefficients = expected_counts(counts, slow)
    free = max(len(values) - coefficients, 1)
    factor = values / mean
    figure = _excess_spread(factor - 1, float((1 / mean).mean()), free, groups(pd.DatetimeIndex(counts.index)), level)
    note = f"variance/mean {((values - mean) ** 2 / mean).sum() / free:.1f}"
    if np.ptp(factor) > ALIKE:
        note += f"; KS of the factor to a normal {scipy.stats.kstest(scipy.stats.zscore(factor), 'norm').statistic:.3f}"
    return Estimate("day factor", name, key, len(values), *figure, "share", note)


def _excess_spread(
    off: NDArray[np.float64], chance: float, free: int, group: NDArray[np.int64], level: float
) -> Figure:
    """Root of the variance of ``off`` beyond a variance by chance, with its interval."""
    total = float(off @ off)
    by_group = np.bincount(np.unique(group, return_inverse=True)[1], off**2)
    error = len(by_group) * by_group.var(ddof=1) if len(by_group) > 1 else 0.0
    degrees = min(free, 2 * total**2 / error) if error > 0 else free
    ends = total / free * degrees / scipy.stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], degrees)
    return Figure(*(float(np.sqrt(max(one - chance, 0.0))) for one in (total / free, *ends)))


def day_memory(counts: pd.Series, level: float) -> Estimate:
    """Correlation of the day factors of neighbouring calendar days (0 = each day is drawn afresh)."""
    dates, values = pd.DatetimeIndex(counts.index), counts.to_numpy(dtype=float)
    factor = values / expected_counts(counts, "trend")[0]
    pairs = np.asarray(np.diff(dates) == np.timedelta64(1, "D"))
    found = scipy.stats.pearsonr(factor[:-1][pairs], factor[1:][pairs])
    figures = Figure(float(found.statistic), *map(float, found.confidence_interval(level)))
    return Estimate("day factor", "day_factor_memory", "", int(pairs.sum()), *figures, "correlation", "next day")


def day_factors(totals: pd.Series, level: float) -> list[Estimate]:
    """The day factor of full days: within weeks (the model draws each day afresh), and with levels of weeks in it."""
    count = len(np.unique(weeks(pd.DatetimeIndex(totals.index))))
    if count < WEEK_LEVELS:
        return []
    within = replace(day_factor(totals, "day_factor_cv", level, slow="week"), parameter="day_factor_cv")
    long = count >= TREND_WEEKS
    over = day_factor(totals, "day_factor_cv_over_weeks", level, slow="trend" if long else "none")
    return [within, over, *([day_memory(totals, level)] if long else [])]


def growth(totals: pd.Series, level: float) -> list[Estimate]:
    """Growth of the contacts a month, beyond the weekday: a Poisson regression; weeks are taken as the groups."""
    import statsmodels.api as sm

    dates = pd.DatetimeIndex(totals.index)
    if len(np.unique(weeks(dates))) < TREND_WEEKS:
        return []
    months = np.asarray((dates - dates.min()) / pd.Timedelta(days=1)) / MONTH_DAYS
    design = np.column_stack([day_design(dates, "none"), months])
    model = sm.GLM(totals.to_numpy(dtype=float), design, family=sm.families.Poisson())
    model = model.fit(cov_type="cluster", cov_kwds={"groups": weeks(dates)}, use_t=True)
    low, high = np.expm1(model.conf_int(1 - level)[-1])
    figures = (float(np.expm1(model.params[-1])), float(low), float(high))
    return [Estimate("arrivals", "growth_a_month", "", len(totals), *figures, "share", "full days, beyond the weekday")]
