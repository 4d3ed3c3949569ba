"""Handling times: their mean and spread by type of contact, and how well a lognormal and its rivals fit.

Very short ones are often agents who hang up. Where there are more of them than the lognormal of the others has below
ten seconds, they are left out, and the others are fitted as a lognormal cut off on the left; where there are not, all
are fitted. What was still going on when the extract ended is censored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import Figure, bootstrap, cv, measure, ratio, spread

if TYPE_CHECKING:
    import pandas as pd

SHORT_S = 10.0
"""Seconds below which a service is called short: agents who hung up on customers are a known artefact (Brown et al.
2005, section 4.1)."""
SHORT_TIMES, SHORT_SHARE = 2.0, 0.005
"""Short ones are left out when they are more than twice what the law of the others expects, and half a per cent."""
FEWEST = 100
"""Services of a type below which it is put together with the other rare ones: too few for a law, or for privacy."""
OTHERS = "other types"
TENTHS = 1
"""Decimals of a second to which durations are rounded for their distribution."""
ROUNDS, SETTLED = 200, 1e-10
"""Rounds of the iteration for a cut lognormal, and the step at which it has settled."""


@dataclass(frozen=True, eq=False)
class Services:
    """Handling times of one type, or of all.

    Parameters
    ----------
    key : the type; empty for all.
    values, counts : different handling times in seconds, rising, and how many contacts had each.
    days : array (days, 8), a row a day: of the services from `SHORT_S` their number, sum and sum of squares of logs;
        of all, number, sum, sum of squares of seconds; number and sum of squares of logs as above but of all.
    """

    key: str
    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    days: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of services."""
        return int(self.counts.sum())


# Columns of `Services.days`.
LONG = [0, 1, 2]
ALL_LOGS = [3, 4, 5]
SECONDS = [3, 6, 7]


def fit(clean: Clean, found: Sequence[Services], level: float) -> list[Estimate]:
    """Handling of all contacts, and by type where there are several; what `services` found."""
    return [*(estimate for one in found for estimate in handling(one, level)), *wrap_up(clean, level)]


def wrap_up(clean: Clean, level: float) -> list[Estimate]:
    """Mean work after a contact, where it has a column of its own; days are drawn."""
    if not clean.has("wrap"):
        return []
    rows = clean.connection.execute(
        f"select arrival::date as day, sum(wrap), count(wrap) from {clean.table} where wrap is not null group by day "
        "order by day"
    ).fetchall()
    sums = np.array([row[1:] for row in rows], dtype=float).reshape(-1, 2)
    if not len(sums):
        return []
    figure = measure(sums, ratio, level)
    return [
        Estimate("handling", "wrap_mean", "", int(sums[:, 1].sum()), *figure, "s", "after a contact", "wrap_minutes")
    ]


def services(clean: Clean) -> list[Services]:
    """Handling times of all contacts, then by type; none when no contact has one."""
    if not clean.has("service"):
        return []
    every = _services(clean, "''")
    if not every or not clean.has("type"):
        return every
    common = (
        f"(select type from {clean.table} where {_known()} and type is not null group by 1 having count(*) >= {FEWEST})"
    )
    kinds = _services(clean, f"case when type in {common} then type else '{OTHERS}' end")
    return [*every, *[one for one in kinds if one.n >= FEWEST]] if len(kinds) > 1 else every


def _known() -> str:
    return "service > 0 and not service_censored"


def _services(clean: Clean, key: str) -> list[Services]:
    histogram = clean.connection.execute(
        f"select {key} as key, round(service, {TENTHS}) as value, count(*) as n from {clean.table} where {_known()} "
        "group by all order by key, value"
    ).df()
    long = f"service >= {SHORT_S}"
    sums = clean.connection.execute(
        f"select {key} as key, arrival::date as day, count(*) filter ({long}), sum(ln(service)) filter ({long}), "
        f"sum(ln(service) ** 2) filter ({long}), count(*), sum(ln(service)), sum(ln(service) ** 2), sum(service), "
        f"sum(service ** 2) from {clean.table} where {_known()} group by all order by key, day"
    ).df()
    return [
        Services(
            str(name),
            of["value"].to_numpy(dtype=float),
            of["n"].to_numpy(dtype=float),
            sums[sums["key"] == name].iloc[:, 2:].fillna(0.0).to_numpy(dtype=float),
        )
        for name, of in histogram.groupby("key", sort=False)
    ]


def handling(found: Services, level: float) -> list[Estimate]:
    """Mean, lognormal and spread of handling times; days are drawn for the intervals."""
    by, n = "_by_type" if found.key else "", found.n
    law = lognormal(found, level)
    about = ("handling", found.key)
    mean = measure(found.days[:, [6, 3]], ratio, level)
    median = float(np.interp(0.5, np.cumsum(found.counts) / n, found.values))
    moments = measure(found.days[:, SECONDS], cv, level)
    short = measure(np.column_stack([found.days[:, 3] - found.days[:, 0], found.days[:, 3]]), ratio, level)
    parameter = "" if found.key else "handling_cv"

    def row(name: str, figure: Figure, unit: str, note: str, of: str = "") -> Estimate:
        return Estimate(about[0], f"{name}{by}", about[1], n, *figure, unit, note, of)

    return [
        row("handling_mean", mean, "s", f"median {median:.0f} s"),
        row("handling_sigma", law.sigma, "log s", law.note),
        row(
            "handling_cv",
            Figure(*(float(np.sqrt(np.expm1(one**2))) for one in law.sigma)),
            "ratio",
            law.note,
            parameter,
        ),
        row("handling_cv_moments", moments, "ratio", "standard deviation over mean, short ones included"),
        row("handling_short_share", short, "share", f"< {SHORT_S:.0f} s"),
    ]


# -- the lognormal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lognormal:
    """A fitted lognormal.

    Parameters
    ----------
    mu, sigma : of the logarithm of seconds; sigma with its interval.
    floor : seconds below which nothing was fitted; 0 when all was.
    note : how well it fits, beside its rivals.
    """

    mu: float
    sigma: Figure
    floor: float
    note: str

    @property
    def cv(self) -> float:
        """Coefficient of variation."""
        return float(np.sqrt(np.expm1(self.sigma.value**2)))


def lognormal(found: Services, level: float) -> Lognormal:
    """Fit a lognormal, with or without the short ones."""
    floor = _floor(found)
    columns = LONG if floor else ALL_LOGS

    def sigma(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return cut_lognormal(totals, floor)[1]

    mu, value = cut_lognormal(found.days[:, columns].sum(axis=0), floor)
    low, high = bootstrap(found.days[:, columns], sigma, level)
    figure = Figure(float(value), float(low), float(high))
    return Lognormal(float(mu), figure, floor, _goodness(found, float(mu), float(value), floor))


def _floor(found: Services) -> float:
    """Seconds below which services are left out: `SHORT_S`, or 0 when the short ones are no more than expected."""
    long, every = found.days[:, LONG].sum(axis=0), found.days[:, 3].sum()
    if long[0] < 2 or long[0] == every:
        return 0.0
    mu, sigma = cut_lognormal(long, SHORT_S)
    expected = scipy.stats.norm.cdf((np.log(SHORT_S) - mu) / sigma)
    there = 1 - long[0] / every
    return SHORT_S if there > max(SHORT_TIMES * expected, SHORT_SHARE) else 0.0


def cut_lognormal(totals: NDArray[np.float64], floor: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of the log of a lognormal that is seen only above a floor; maximum likelihood.

    The mean m and variance v of the logs above the floor a obey m = mu + sigma lambda and
    v = sigma² (1 + alpha lambda - lambda²), alpha = (a - mu) / sigma and lambda the normal hazard at alpha.

    Parameters
    ----------
    totals : (..., 3): number, sum and sum of squares of the logs.
    floor : seconds; 0 for none.
    """
    mean, deviation = totals[..., 1] / totals[..., 0], spread(totals)
    mu, sigma = mean, deviation
    if floor <= 0:
        return mu, sigma
    for _ in range(ROUNDS):
        alpha = (np.log(floor) - mu) / sigma
        hazard = np.exp(scipy.stats.norm.logpdf(alpha) - scipy.stats.norm.logsf(alpha))
        before = sigma
        sigma = deviation / np.sqrt(np.maximum(1 + alpha * hazard - hazard**2, 0.05))
        mu = mean - sigma * hazard
        if np.nanmax(np.abs(sigma - before)) < SETTLED:
            break
    return mu, sigma


def _goodness(found: Services, mu: float, sigma: float, floor: float) -> str:
    """Kolmogorov-Smirnov distances of the lognormal and of its rivals, above the floor."""
    values, counts = found.values[found.values >= floor], found.counts[found.values >= floor]
    mean, log_mean = float(values @ counts / counts.sum()), float(np.log(values) @ counts / counts.sum())
    shape = gamma_shape(np.log(mean) - log_mean)
    laws = {
        "lognormal": scipy.stats.lognorm(sigma, 0, np.exp(mu)),
        "gamma": scipy.stats.gamma(shape, 0, mean / shape),
        "exponential": scipy.stats.expon(0, mean),
    }
    told = [f"{name} {distance(values, counts, law, floor):.3f}" for name, law in laws.items()]
    return f"KS {', '.join(told)}" + (f"; from {floor:.0f} s" if floor else "")


def gamma_shape(gap: float) -> float:
    """Shape of a gamma distribution by maximum likelihood from ln(mean) - mean(ln)."""
    if gap <= 0:
        return 1e6
    start = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    found = scipy.optimize.root_scalar(lambda k: np.log(k) - scipy.special.digamma(k) - gap, x0=start, x1=1.1 * start)
    return float(found.root)


def distance(values: NDArray[np.float64], counts: NDArray[np.float64], law: object, floor: float) -> float:
    """Kolmogorov-Smirnov distance of weighted values from a law that is cut off below a floor."""
    reached = np.cumsum(counts) / counts.sum()
    below = law.cdf(floor) if floor else 0.0  # type: ignore[attr-defined]
    expected = (law.cdf(values) - below) / (1 - below)  # type: ignore[attr-defined]
    before = np.insert(reached[:-1], 0, 0.0)
    return float(max(np.abs(reached - expected).max(), np.abs(before - expected).max()))


def curve(found: Services, law: Lognormal) -> pd.DataFrame:
    """Histogram of handling times with the fitted density.

    Returns
    -------
    Columns from, to (seconds), share (of the services), lognormal (share that the fit expects; NaN below its floor).
    """
    import pandas as pd

    top = float(np.interp(TOP, np.cumsum(found.counts) / found.n, found.values))
    edges = np.linspace(0.0, top, BINS + 1)
    counts, _ = np.histogram(found.values, edges, weights=found.counts)
    normal = scipy.stats.lognorm(law.sigma.value, 0, np.exp(law.mu))
    above = found.counts[found.values >= law.floor].sum() / found.n
    expected = np.diff(normal.cdf(edges)) / normal.sf(law.floor) * above
    shown = np.where(edges[:-1] >= law.floor, expected, np.nan)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:], "share": counts / found.n, "lognormal": shown})


TOP = 0.98
"""The histogram ends where this share of the services does."""
BINS = 40
