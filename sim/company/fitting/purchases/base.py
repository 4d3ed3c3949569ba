"""The base of customers as the fitted law sees it: how many there are, how often they buy, how many leave in a year.

A company where nobody gives notice does not know who is still a customer. Counted here is who bought within the last
year of the records (or within twice the mean gap, when that is longer), each with the chance of not having left since.
Somebody who bought once long ago is left out, even where BG/NBD, in which nobody leaves at the first purchase, would
take him for a customer who rarely buys.

What the model takes: the gap between purchases, a year over the mean rate of those customers; and the disposition, the
Beta law of the yearly chance to leave. In the model everybody buys at one rate. In the records those who buy often
leave soonest, and those who hardly ever buy hardly ever leave: counted by heads they would hide how fast purchases are
lost, and hang on which law is fitted. So leaving counts by purchases, E lambda exp(-lambda p t) / E lambda
(`sim.theory.bgnbd_kept`), and the disposition is the sBG law whose survival after one and two years is that of a new
cohort: the purchases of a cohort of the model then fall as the law has them fall.

Where that is weak: purchases are taken to be at random and leaving to hang on the rate of buying through the purchases
alone; all leaving is in it, that after an issue too, which the model adds on its own; the first purchase in the records
is taken for the first of all; and in records shorter than two years it is carried beyond what anybody has seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.likelihood import Vector, carried, normal_quantile
from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.purchases.law import Law, shapes
from sim.model.clock import WEEK_DAYS, YEAR_DAYS
from sim.theory import bgnbd_kept, sbg_survival, sbg_through

YEAR = YEAR_DAYS / WEEK_DAYS
"""Weeks of a year."""
GAPS_OF_SILENCE = 2.0
"""Mean gaps after the last purchase within which somebody counts as a customer, when a year is shorter."""
NEW_AFTER_YEARS = 2
"""Years of records from which on a first purchase in the last one is that of a new customer."""
TELLING = 10.0
"""Upper over lower end of a shape of the disposition from which it is not handed on: next to anything would do."""
UNSURE = 0.5
"""Width of the interval of the share who leave from which it is not handed on: half of all shares would do."""
CHECKED_YEARS = np.arange(1, 6)
"""Years over which the disposition's survival is compared with what it is derived from."""
SUBJECT = "purchases"


@dataclass(frozen=True)
class Base:
    """Estimates of the base of customers, each NaN where it cannot be said.

    Parameters
    ----------
    customers : who have bought within ``silence`` days and not left.
    purchases : of one of them in a year, by the law.
    gap : days, a year over that.
    bought : the same with the first purchases of those who came within the last year; NaN for records under two years.
    leaving : share of them, by their purchases, who leave within the year that follows.
    alpha, beta : the disposition.
    silence : days.
    """

    customers: Estimate
    purchases: Estimate
    gap: Estimate
    bought: Estimate
    leaving: Estimate
    alpha: Estimate
    beta: Estimate
    silence: float

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """All of them."""
        return self.customers, self.purchases, self.gap, self.bought, self.leaving, self.alpha, self.beta


def tells_leaving(of: Histories, base: Base) -> bool:
    """Whether the records tell the share who leave in a year well enough to hand it on."""
    return of.length >= YEAR_DAYS and base.leaving.high - base.leaving.low < UNSURE


def tells_disposition(of: Histories, base: Base) -> bool:
    """Whether the records tell the disposition well enough to hand it on: over a year, and within a factor."""
    shapes = (base.alpha, base.beta)
    return of.length >= YEAR_DAYS and all(0 < one.high <= TELLING * one.low for one in shapes)


def fit_base(of: Histories, law: Law, level: float) -> Base:
    """Compute the base from the law, with intervals from the law's own uncertainty and from chance.

    Chance is in all that is said of these very customers, as nobody knows who of them has left, how often each buys and
    who will leave. The disposition is NaN when the law has nobody leave, or everybody alike.
    """
    shape, scale, _, _ = law.newcomer()
    silence = max(float(YEAR_DAYS), GAPS_OF_SILENCE * WEEK_DAYS * scale / shape)
    counted = law.records.last >= law.records.observed - silence / WEEK_DAYS
    at, covariance = carried(lambda x: _figures(x, law, counted), law.peak)
    chance = _chance(law, counted, at)
    spread = np.sqrt(np.diag(covariance) + chance)
    half = normal_quantile(level) * spread
    low, high = at - half, at + half
    scale, n = law.records.share, of.customers
    rate = np.exp([at[1], low[1], high[1]])
    left = 1 - scipy.special.expit([at[2], high[2], low[2]]) if not law.nobody_leaves else np.full(3, np.nan)
    alpha, beta = _disposition(law, n, level)
    customers = _estimate("customers", n, np.maximum([at[0], low[0], high[0]], 0) / scale, "people", law.name)
    repeats = _estimate("purchases_a_year", n, rate * YEAR, "purchases/year", law.name)
    return Base(
        customers,
        repeats,
        _estimate("purchase_gap_mean", n, np.array([1, 1, 1]) * WEEK_DAYS / rate[[0, 2, 1]], "days", law.name),
        _bought(of, customers, repeats),
        _estimate("yearly_leaving", n, left, "share", law.name),
        alpha, beta, silence,
    )  # fmt: skip


def _bought(of: Histories, customers: Estimate, repeats: Estimate) -> Estimate:
    """Purchases a year for each customer, the first ones of new customers among them.

    Only in the second year of records is somebody new who was not there before.
    """
    (new,) = of.counted("SELECT count(*) FROM {people} WHERE first > $1 - $2::INTEGER", of.end, YEAR_DAYS)
    known = of.length >= NEW_AFTER_YEARS * YEAR_DAYS
    firsts = [
        new / max(count, 1.0) if known else math.nan for count in (customers.value, customers.high, customers.low)
    ]
    value, low, high = (
        own + first for own, first in zip((repeats.value, repeats.low, repeats.high), firsts, strict=True)
    )
    note = f"{repeats.goodness}, and {new:,} new customers a year"
    return Estimate(SUBJECT, "purchases_with_first", "", of.customers, value, low, high, "purchases/year", note)


def _estimate(name: str, n: int, found: NDArray[np.float64], unit: str, note: str) -> Estimate:
    value, low, high = found.tolist()
    parameter = name if name == "purchase_gap_mean" else ""
    return Estimate(SUBJECT, name, "", n, value, low, high, unit, note, parameter)


def _figures(at: Vector, law: Law, counted: NDArray[np.bool_]) -> Vector:
    """Customers, log of their purchases a week, and logit of the share of these that is left after a year."""
    own, of = shapes(at), law.records
    alive = of.people * counted * law.alive(own)
    shape, scale = law.rate(own)
    rate = shape / scale
    kept = bgnbd_kept(shape, scale, own[2], own[3] + of.repeats + law.at_first, YEAR, by_purchases=True)
    total, bought = alive.sum(), alive @ rate
    return np.array([total, math.log(bought / total), scipy.special.logit((alive * rate) @ kept / bought)])


def _chance(law: Law, counted: NDArray[np.bool_], at: Vector) -> Vector:
    """Variance of `_figures` given the law: nobody knows who has left, how often each buys, and who will leave."""
    own, of = law.shapes, law.records
    alive, (shape, scale) = law.alive(), law.rate()
    people, rate, square = of.people * counted, shape / scale, shape * (shape + 1) / scale**2
    customers, mean, stay = at[0], math.exp(at[1]), float(scipy.special.expit(at[2]))
    later = own[3] + of.repeats + law.at_first
    kept = bgnbd_kept(shape, scale, own[2], later, YEAR, by_purchases=True)
    square_kept = square * bgnbd_kept(shape + 1, scale, own[2], later, YEAR, by_purchases=True)
    unknown = alive * (square - 2 * mean * rate + mean * mean) - (alive * (rate - mean)) ** 2
    leaving = alive * (square_kept * (1 - 2 * stay) + stay * stay * square) - (alive * rate * (kept - stay)) ** 2
    bought = customers * mean
    variance = np.array([people @ (alive * (1 - alive)), people @ unknown, people @ leaving])
    return variance / np.array([1.0, bought, bought * stay * (1 - stay)]) ** 2


def _disposition(law: Law, n: int, level: float) -> tuple[Estimate, Estimate]:
    """Beta law of the yearly chance to leave, see the module."""

    def logs(at: Vector) -> Vector:
        first, second = bgnbd_kept(*law.newcomer(shapes(at)), [YEAR, 2 * YEAR], by_purchases=True)
        try:
            return np.log(sbg_through(float(first), float(second)))
        except ValueError:  # nobody leaves, or all alike
            return np.full(2, np.nan)

    at, covariance = carried(logs, law.peak)
    known = not law.leave_alike  # else how much they differ has a lower end only
    half = normal_quantile(level) * np.sqrt(np.diag(covariance)) if known else np.full(2, np.nan)
    due = bgnbd_kept(*law.newcomer(), YEAR * CHECKED_YEARS, by_purchases=True)
    alpha, beta = np.exp(at).tolist()
    apart = np.abs(sbg_survival(alpha, beta, CHECKED_YEARS) - due).max() if math.isfinite(alpha) else math.nan
    note = f"from {law.name}: {due[0]:.0%}, {due[1]:.0%} of a cohort's purchases after 1, 2 years"
    note += f"; off by at most {apart:.3f} in {len(CHECKED_YEARS)}"
    low, high = np.exp(at - half).tolist(), np.exp(at + half).tolist()
    return (
        Estimate(SUBJECT, "disposition_alpha", "", n, alpha, low[0], high[0], "ratio", note, "disposition_alpha"),
        Estimate(SUBJECT, "disposition_beta", "", n, beta, low[1], high[1], "ratio", note, "disposition_beta"),
    )
