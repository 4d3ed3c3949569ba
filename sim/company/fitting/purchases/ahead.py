"""Purchases to come of the customers whom one knows, with bands that hold what is not known and what is chance.

Each draw takes the law as the records leave it uncertain, and for every customer whether he has left, how often he
buys and when he will leave: given his rate lambda and chance p, he leaves after an exponential time of rate lambda p,
with a purchase, and buys at the rate lambda (1 - p) until then (a Poisson process whose points are sorted). All those
purchases together are Poisson for given rates, so that a day of a draw needs one sum over customers and one number.
Regular purchases are treated so too: those of many people are nearly at random together, and bands are a little wide.

Weeks differ by more than that (a campaign, a holiday). How much is read from the second half of the records, as the CV
of a factor that all customers of a week share, beyond what the law and chance explain; every week of a draw has such a
factor of its own. A factor that lasts for weeks would make the bands of months wider than these.

Nobody is forecast who has not yet bought.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from sim.company.fitting.holdout import errors
from sim.company.fitting.kind_fit import Holdout
from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.purchases.law import Law, Shapes, shapes
from sim.model.clock import WEEK_DAYS
from sim.theory import bgnbd_purchases

DRAWS = 400
"""Draws of a forecast: the ends of a 95 % band then move by about a twentieth of its width."""
FEWEST_DRAWS = 100
WORK = 40_000_000
"""Customers times draws, above which there are fewer draws: a minute or so."""
CLEAR = 1.645
"""Standard errors by which weeks must differ more than chance would have them: one-sided, at 95 %."""
FEWEST_WEEKS = 4
"""Weeks below which nothing is said of how they differ."""
NEVER = 1e-30
"""Rate of leaving, a day, that stands for never."""
KNOTS = 100
"""Days at which the expectation is computed; it bends little between."""
SEED = 2005
"""Year of the law's publication; any fixed number makes forecasts repeatable."""
MEASURE = "purchases"
BEFORE, OWN_RATE = "the same length of time before", "each customer's own rate goes on"
TOTAL, WEEKS, MONTHS = "total", "week", "month"
YEAR_AHEAD = 52
"""Weeks that are forecast when nothing is held out."""


def expected(law: Law, days: int) -> NDArray[np.float64]:
    """Purchases expected by the end of each day ahead, (days,); beyond 100 days interpolated between that many."""
    of = law.records
    shape, scale = law.rate()
    alive = of.people * law.alive()
    columns = {
        "repeats": of.repeats,
        "observed": of.observed,
        "alive": alive,
        "shape": alive * shape,
        "scale": alive * scale,
    }
    kinds = pd.DataFrame(columns).groupby(["repeats", "observed"], as_index=False).sum()
    kinds = kinds[kinds["alive"] > 0]
    x, weight = kinds["repeats"].to_numpy(), kinds["alive"].to_numpy()
    shape, scale = (kinds[name].to_numpy() / weight for name in ("shape", "scale"))
    _, _, a, b = law.shapes
    knots = np.unique(np.rint(np.linspace(0, days, min(days, KNOTS) + 1)))
    own = [float(weight @ bgnbd_purchases(shape, scale, a, b + x + law.at_first, day / WEEK_DAYS)) for day in knots]
    return scipy.interpolate.PchipInterpolator(knots, own)(np.arange(1, days + 1)) / of.share


def swing(of: Histories, law: Law) -> tuple[float, int]:
    """CV of the factor that the purchases of a week share, and from how many weeks; 0 when chance explains them.

    What the law misses for many weeks on end counts too: it will miss that again.
    """
    found = of.frame("SELECT first - $1 AS day, count(*) AS people FROM {people} GROUP BY 1", of.begin)
    came = np.bincount(found["day"], found["people"], of.length + 1)
    found = of.frame(
        "SELECT d.date - $1 AS day, count(*) AS bought FROM {days} d JOIN {people} p USING (customer) "
        "WHERE d.date > p.first GROUP BY 1",
        of.begin,
    )
    bought = np.bincount(found["day"], found["bought"], of.length + 1)
    _, _, a, b = law.shapes
    stayed = b / (a + b) if law.at_first else 1.0
    repeats = stayed * bgnbd_purchases(*law.newcomer(), np.arange(of.length + 1) / WEEK_DAYS)
    due = scipy.signal.fftconvolve(came, np.diff(repeats, prepend=0.0))[: of.length + 1]
    weeks = of.length // 2 // int(WEEK_DAYS)
    if weeks < FEWEST_WEEKS:
        return 0.0, weeks
    seen, mean = (days[-weeks * int(WEEK_DAYS) :].reshape(weeks, -1).sum(axis=1) for days in (bought, due))
    off, chance = ((seen / mean - 1) ** 2).mean(), (1 / mean).mean()
    excess, error = float(off - chance), float(chance * np.sqrt(2 / weeks))  # of a mean of squares, by chance alone
    return (float(np.sqrt(excess)) if excess > CLEAR * error else 0.0), weeks


def draw_days(law: Law, days: int, swing: float, draws: int | None = None) -> NDArray[np.int64]:
    """Purchases of each day ahead in each draw, (draws, days).

    Parameters
    ----------
    swing : CV of the factor of a week.
    """
    rng = np.random.default_rng(SEED)
    customers = int(law.records.people.sum())
    count = int(np.clip(WORK // customers, FEWEST_DRAWS, DRAWS)) if draws is None else draws
    found = []
    for at in law.peak.draws(count, rng):
        factors = np.repeat(_factors(swing, -(-days // int(WEEK_DAYS)), rng), int(WEEK_DAYS))[:days]
        found.append(_draw(law, shapes(at), factors, rng))
    return np.rint(np.array(found) / law.records.share).astype(np.int64)


def _factors(cv: float, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Lognormal factors of mean one."""
    sigma = np.sqrt(np.log1p(cv * cv))
    return np.exp(sigma * rng.standard_normal(count) - sigma * sigma / 2)


def _draw(law: Law, own: Shapes, factors: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Purchases of each day ahead, of which ``factors`` (days,) hold one each; (days,)."""
    _, _, a, b = own
    days, (shape, scale) = len(factors), law.rate(own)
    there = rng.binomial(law.records.people.astype(np.int64), law.alive(own))
    shape, scale, x = (np.repeat(column, there) for column in (shape, scale, law.records.repeats))
    rate = rng.gamma(shape) / scale / WEEK_DAYS  # a day
    leaving = rng.beta(a, b + x + law.at_first)
    leaves = np.minimum(rng.exponential(size=len(x)) / np.maximum(rate * leaving, NEVER), days)
    day = leaves.astype(np.int64)
    staying = rate * (1 - leaving)
    last_days = np.bincount(day, staying * (leaves - day), days + 1)[:days]
    whole_days = np.bincount(day, staying, days + 1)[::-1].cumsum()[::-1][1:]
    return rng.poisson((whole_days + last_days) * factors) + np.bincount(day, minlength=days + 1)[:days]


def band(
    draws: NDArray[np.float64] | NDArray[np.int64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the middle ``level`` of draws, (draws, k), for each of k figures."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def year_ahead(of: Histories, law: Law, level: float) -> pd.DataFrame:
    """Purchases by week of the year after the records, of the customers whom they know.

    Returns
    -------
    Columns start (first day of the week), mean, pi_low, pi_high.
    """
    days = YEAR_AHEAD * int(WEEK_DAYS)
    due = np.diff(expected(law, days), prepend=0.0).reshape(YEAR_AHEAD, -1).sum(axis=1)
    low, high = band(draw_days(law, days, swing(of, law)[0]).reshape(-1, YEAR_AHEAD, int(WEEK_DAYS)).sum(axis=2), level)
    starts = [pd.Timestamp(of.end + timedelta(days=1 + int(WEEK_DAYS) * week)) for week in range(YEAR_AHEAD)]
    return pd.DataFrame({"start": starts, "mean": due, "pi_low": low, "pi_high": high})


def hold_out(of: Histories, law: Law, actual: NDArray[np.int64], level: float) -> tuple[Holdout, pd.DataFrame]:
    """Forecast the days after the records' end, beside what happened.

    Parameters
    ----------
    actual : purchases of known customers on each day after the end, (days,).

    Returns
    -------
    The forecast by week, month and in total, and the frame of the cumulative course: start (end of each day), actual,
    mean, pi_low, pi_high and the naive forecasts.
    """
    days = len(actual)
    daily = {
        "actual": actual.astype(float),
        "mean": np.diff(expected(law, days), prepend=0.0),
        BEFORE: _days_before(of, days),
        OWN_RATE: np.full(days, _own_rate(of)),
    }
    drawn = draw_days(law, days, swing(of, law)[0])
    course = pd.concat([_by(grain, of.end, daily, drawn, level) for grain in (WEEKS, MONTHS, TOTAL)], ignore_index=True)
    low, high = band(drawn.cumsum(axis=1), level)
    whole = {name: values.cumsum() for name, values in daily.items()}
    ends = [pd.Timestamp(of.end + timedelta(days=1 + day)) for day in range(days)]
    return Holdout(course, errors(course)), pd.DataFrame({"start": ends, **whole, "pi_low": low, "pi_high": high})


def _days_before(of: Histories, days: int) -> NDArray[np.float64]:
    """Purchases of the last days of the records, as many as are forecast, in order; NaN when they are shorter."""
    if days > of.length + 1:
        return np.full(days, np.nan)
    start = of.end - timedelta(days=days - 1)
    found = of.frame("SELECT date - $1 AS day, count(*) AS bought FROM {days} WHERE date >= $1 GROUP BY 1", start)
    bought = np.zeros(days)
    bought[found["day"]] = found["bought"]
    return bought


def _own_rate(of: Histories) -> float:
    """Purchases a day if each customer goes on as until now: repeats over the days since the first purchase."""
    (rate,) = of.counted("SELECT sum(repeats / ($1 - first)) FROM {people} WHERE first < $1", of.end)
    return float(rate or 0.0)


def _by(
    grain: str, end: date, daily: dict[str, NDArray[np.float64]], drawn: NDArray[np.int64], level: float
) -> pd.DataFrame:
    """Sum days to whole weeks, whole calendar months, or all together."""
    starts = pd.date_range(end + timedelta(days=1), periods=len(daily["actual"]))
    groups = _groups(grain, starts)
    table = np.array([groups == name for name in dict.fromkeys(groups[groups >= 0])])
    if not len(table):
        return pd.DataFrame()
    low, high = band(drawn @ table.T, level)
    summed = {name: np.array([values[row].sum() for row in table]) for name, values in daily.items()}
    first = [starts[int(row.argmax())] for row in table]
    columns = {"grain": grain, "start": first, "measure": MEASURE, "actual": summed.pop("actual")}
    return pd.DataFrame({**columns, "mean": summed.pop("mean"), "pi_low": low, "pi_high": high, **summed})


def _groups(grain: str, days: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Number of the whole week, month, or 0 for all; -1 for days of parts."""
    if grain == TOTAL:
        return np.zeros(len(days), dtype=np.int64)
    if grain == WEEKS:
        week = np.arange(len(days)) // int(WEEK_DAYS)
        return np.where(week < len(days) // int(WEEK_DAYS), week, -1)
    month = ((days.year - days.year[0]) * 12 + days.month - days.month[0]).to_numpy()
    sizes = np.bincount(month)[month]
    return np.where(sizes == days.days_in_month, month, -1)
