"""How regular one customer's purchases are: the gaps between purchase days, with a rate of each customer's own.

Gamma: given a customer's n gaps and their sum, the shares of the sum are Dirichlet(k, ..., k), so that the own rate
drops out, and so does the end of the record; CV = 1 / sqrt(k). Lognormal, the model's own form: the variance of the
logs of one customer's gaps, around the customer's own mean; CV = sqrt(exp(variance) - 1). The gap that the end of the
record cuts is missing from it, and long gaps are cut more often: it is a little low where customers have few gaps.

Which of the two the model takes is settled by their likelihoods of the gaps as shares of each customer's sum: Dirichlet
under the one, logistic-normal under the other, with a parameter each. How near either comes is told by the first of two
gaps as a share of both, of customers with exactly two: Beta(k, k) or logit-normal (Kolmogorov's distance).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.likelihood import hessian, normal_quantile
from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.totals import Figure, add_up, figure, ratio, root, square_variation

SUBJECT = "purchases"
MIN_GAPS = 2
"""Two gaps of one customer are the fewest that tell regular from irregular."""
FEWEST = 20
"""Customers with two gaps below which nothing is said of how regular they are."""
PAIRS = 100_000
"""Customers with exactly two gaps that the forms are compared on, at most."""
LOG_BOUND = 12.0
"""Logs of the gamma shape that are looked at: from gaps that differ a thousandfold to gaps that are all the same."""
GAMMA, LOGNORMAL, POOLED, OWN = "gap_cv", "gap_cv_lognormal", "gap_cv_pooled", "gap_cv_mean_of_customers"
PARAMETER = "purchase_gap_cv"
WITHIN = "greatest(log_squares - logs ** 2 / repeats, 0)"
"""Sum of squares of one customer's logs around their mean, in SQL."""


Fitted = tuple[Estimate, float]
"""An estimate and the log-likelihood of its form."""


class Gaps(NamedTuple):
    """What the gaps say.

    Parameters
    ----------
    estimates, taken : all of them, and the one that the model takes.
    widest : from the lowest to the highest end of all intervals.
    cv : that of ``taken``; 0 when all gaps of each are equal, NaN when there are too few.
    """

    estimates: tuple[Estimate, ...]
    taken: Estimate | None
    widest: tuple[float, float]
    cv: float


def fit_gaps(of: Histories, level: float) -> Gaps:
    """Fit the CV of one customer's gaps by four estimators, and their mean.

    Returns
    -------
    No estimate is taken, and only the mean is given if there are gaps at all, when fewer than 20 customers have two
    gaps, or when all gaps of each are equal.
    """
    gaps, people = of.counted("SELECT sum(repeats), count(*) FILTER (repeats >= $1) FROM {people}", MIN_GAPS)
    mean = () if not gaps else (_mean(of, int(gaps), level),)
    within = _within(of, level)
    if people < FEWEST or not within.value > 0:
        return Gaps(mean, None, (math.nan, math.nan), within.value if people >= FEWEST else math.nan)
    forms = _gamma_form(of, level), _lognormal_form(of, within)
    fits = (*forms, *_plain(of, level))
    taken = max(forms, key=lambda form: form[1])[0]
    estimates = tuple(replace(fit, parameter=PARAMETER) if fit is taken else fit for fit, _ in fits)
    widest = (min(fit.low for fit in estimates), max(fit.high for fit in estimates))
    own = next(fit for fit in estimates if fit.parameter)
    return Gaps((*mean, *estimates), own, widest, own.value)


def _mean(of: Histories, gaps: int, level: float) -> Estimate:
    found = figure(ratio, add_up(of.connection, of.people, ("span", "repeats"), "repeats > 0"), level)
    note = "short gaps are over-represented: the end of the record cuts long ones"
    return Estimate(SUBJECT, "gap_mean", "", gaps, *found, "days", note)


def _plain(of: Histories, level: float) -> list[Fitted]:
    """CV of all gaps together, and the mean of customers' own, which have no likelihood."""
    gaps, mean = of.counted("SELECT sum(repeats), sum(span) / sum(repeats) FROM {people}")
    (people,) = of.counted("SELECT count(*) FROM {people} WHERE repeats >= $1", MIN_GAPS)
    sums = add_up(of.connection, of.people, ("repeats", "span", "squares"), "repeats > 0")
    deviation = "sqrt(greatest(squares - span ** 2 / repeats, 0) / (repeats - 1))"
    own = add_up(of.connection, of.people, (f"{deviation} * repeats / span", "1"), f"repeats >= {MIN_GAPS}")
    note = f"mean {mean:.1f} days; mixes customers, short gaps are over-represented"
    pooled = Estimate(SUBJECT, POOLED, "", int(gaps), *root(figure(square_variation, sums, level)), "ratio", note)
    each = Estimate(SUBJECT, OWN, "", int(people), *figure(ratio, own, level), "ratio", "low: few gaps each")
    return [(pooled, -math.inf), (each, -math.inf)]


def _gamma_form(of: Histories, level: float) -> Fitted:
    """CV from the Dirichlet law of gaps as shares of each customer's sum."""
    counts = of.frame("SELECT repeats, count(*) AS people FROM {people} WHERE repeats >= $1 GROUP BY 1", MIN_GAPS)
    n, people = counts["repeats"].to_numpy(float), counts["people"].to_numpy(float)
    (logs,) = of.counted("SELECT sum(logs - repeats * ln(span)) FROM {people} WHERE repeats >= $1", MIN_GAPS)
    log_k, half = gamma_shape(n, people, logs, level)
    cv = Figure(*(math.exp(-end / 2) for end in (log_k, log_k + half, log_k - half)))
    k = math.exp(log_k)
    log_likelihood = -_dirichlet(log_k, n, people, logs)
    distance = scipy.stats.kstest(_pairs(of), "beta", (k, k)).statistic
    note = f"{people.sum():.0f} customers; KS of the first of two gaps to Beta(k, k) {distance:.3f}"
    note += f"; log-likelihood {log_likelihood:.1f}"
    return Estimate(SUBJECT, GAMMA, "", int(n @ people), *cv, "ratio", note), log_likelihood


def _lognormal_form(of: Histories, within: Figure) -> Fitted:
    """CV from the variance of logs around each customer's mean, with the logistic-normal likelihood of the shares."""
    variance = math.log1p(within.value**2)
    gaps, people, roots, logs, squares = of.counted(
        f"SELECT sum(repeats), count(*), sum(ln(repeats)), sum(logs - repeats * ln(span)), sum({WITHIN}) "
        "FROM {people} WHERE repeats >= $1",
        MIN_GAPS,
    )
    freedom = float(gaps - people)
    log_likelihood = -(freedom * math.log(2 * math.pi * variance) + roots + squares / variance) / 2 - logs
    pairs = scipy.special.logit(_pairs(of))
    distance = scipy.stats.kstest(pairs, "norm", (0, math.sqrt(2 * variance))).statistic
    note = f"{people} customers; KS of the first of two gaps to logit-normal {distance:.3f}"
    note += f"; log-likelihood {log_likelihood:.1f}"
    return Estimate(SUBJECT, LOGNORMAL, "", int(gaps), *within, "ratio", note), log_likelihood


def _pairs(of: Histories) -> NDArray[np.float64]:
    """First of two gaps as a share of both, of customers with exactly two; 1/2 when there are none."""
    found = of.frame(
        f"SELECT first_gap / span AS share FROM {{people}} WHERE repeats = $1 ORDER BY hash(customer) LIMIT {PAIRS}",
        MIN_GAPS,
    )
    return found["share"].to_numpy() if len(found) else np.array([0.5])


def gamma_shape(
    counts: NDArray[np.float64], people: NDArray[np.float64], logs: float, level: float
) -> tuple[float, float]:
    """Log of the Dirichlet parameter k of gaps as shares of each customer's sum, and half its interval.

    Parameters
    ----------
    counts, people : numbers of gaps, and how many customers have that many.
    logs : sum over all gaps of the log of the share.
    """
    found = scipy.optimize.minimize_scalar(
        _dirichlet, bounds=(-LOG_BOUND, LOG_BOUND), args=(counts, people, logs), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    best = float(found.x)
    curvature = hessian(lambda x: _dirichlet(float(x[0]), counts, people, logs), np.array([best]))[0, 0]
    return best, normal_quantile(level) / math.sqrt(curvature)


def _dirichlet(log_k: float, counts: NDArray[np.float64], people: NDArray[np.float64], logs: float) -> float:
    """Minus the log-likelihood of gaps as shares of each customer's sum."""
    k = math.exp(log_k)
    bought = people @ scipy.special.gammaln(counts * k) - (counts @ people) * scipy.special.gammaln(k)
    return -float(bought + (k - 1) * logs)


def _within(of: Histories, level: float) -> Figure:
    """CV from the variance of logs around each customer's own mean; zero or NaN without gaps that differ."""
    found = figure(ratio, add_up(of.connection, of.people, (WITHIN, "repeats - 1"), f"repeats >= {MIN_GAPS}"), level)
    return Figure(*(math.sqrt(math.expm1(max(end, 0.0))) if end == end else math.nan for end in found))
