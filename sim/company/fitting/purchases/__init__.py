"""Purchases: who bought on which day, and for how much. How regular, how much, how often, who is lost, what is to come.

A purchase is everything that one customer buys on one day. `fit` gives

* the gaps between purchases of one customer, and how regular they are (`gaps`);
* the value of a purchase (`orders`);
* the law of repeat buying and leaving, BG/NBD or a relative of it that is likelier (`law`);
* what follows for the base of customers, and for the model (`base`);
* cohort curves and how many buy how often (`curves`), and the purchases to come (`ahead`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.cutoff import day_of
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate, plain
from sim.company.fitting.goodness import chi_square
from sim.company.fitting.kind_fit import Holdout, KindFit
from sim.company.fitting.purchases.ahead import hold_out, swing, year_ahead
from sim.company.fitting.purchases.base import Base, fit_base, tells_disposition, tells_leaving
from sim.company.fitting.purchases.curves import cohort_curves, frequencies
from sim.company.fitting.purchases.gaps import Gaps, fit_gaps
from sim.company.fitting.purchases.histories import Histories, histories, records
from sim.company.fitting.purchases.law import SHAPES, Law, fit_laws, histogram, intervals
from sim.company.fitting.purchases.orders import fit_orders
from sim.company.fitting.purchases.remarks import FEWEST, of_newcomers, remarks

if TYPE_CHECKING:
    import pandas as pd

KIND = SUBJECT = "purchases"
UNITS = ("shape", "weeks", "shape", "shape")
"""Of r, alpha, a and b."""


def fit(clean: Clean, *, until: date | str | None = None, level: float = 0.95) -> KindFit:
    """Fit purchases, and forecast those after a day when one is given.

    Parameters
    ----------
    clean : purchases, with columns customer and date, and value if it is known.
    until : the last day of what is fitted, as a date or "1997-06-30"; the rest is forecast and compared.
    level : of the intervals and bands.

    Raises
    ------
    FitError : no customers or dates, or no purchases before or after ``until``.
    """
    day = day_of(until)
    with histories(clean, day) as of:
        actual = None if day is None else _after(clean, of)
        gaps, orders = fit_gaps(of, level), fit_orders(of, level)
        laws = _laws(of, gaps)
        base = fit_base(of, laws[0], level) if laws and laws[0].peak.sound else None
        shapes = [estimate for law in dict.fromkeys(laws) for estimate in _shapes(of, law, level)]
        shapes += [_swing(of, laws[0])] if laws else []
        holdout, curves = _curves(of, laws, actual, level)
        said = remarks(clean, of, gaps, laws, base, level)
        if actual is not None:
            said = (*said, *of_newcomers(of, clean))
        taken = _taken(of, gaps, orders, base)
        told = (*gaps.estimates, *orders, *(base.estimates if base else ()), *shapes)
        numbers = _numbers(of, base, taken)
    parameters = {one.parameter: one.value for one in taken}
    ranges = {one.parameter: gaps.widest if one is gaps.taken else (one.low, one.high) for one in taken}
    return KindFit(KIND, told, numbers, parameters, ranges, curves, holdout, said)


def _after(clean: Clean, of: Histories) -> NDArray[np.int64]:
    """Purchases of known customers on each day after the end of what is fitted."""
    (last,) = of.counted(f"SELECT max(date) FROM {clean.table} WHERE customer IS NOT NULL")
    if last <= of.end:
        raise FitError(f"purchases: nothing was bought after {of.end}, the last day fitted; give an earlier one.")
    found = of.frame(
        f"SELECT date - $1 - 1 AS day, count(DISTINCT customer) AS bought FROM {clean.table} "
        "WHERE date > $1 AND customer IN (SELECT customer FROM {people}) GROUP BY 1",
        of.end,
    )
    return np.bincount(found["day"], found["bought"], (last - of.end).days).astype(np.int64)


def _laws(of: Histories, gaps: Gaps) -> tuple[Law, ...]:
    """The likeliest law, and BG/NBD, which may be the same; none when too few customers came back."""
    (came_back,) = of.counted("SELECT count(*) FROM {people} WHERE repeats > 0")
    return fit_laws(records(of), gaps.cv) if came_back >= FEWEST else ()


def _shapes(of: Histories, law: Law, level: float) -> list[Estimate]:
    """Estimates of r, alpha, a, b with the law's log-likelihood and how well it tells how many buy how often."""
    value, freedom, p = chi_square(*histogram(of, law), len(SHAPES))
    note = f"log-likelihood {law.log_likelihood:.2f}; repeat purchases chi2 {value:.1f} on {freedom} df, p {p:.2g}"
    name = law.name.lower().replace("/", "_").replace("-", "_")
    return [
        Estimate(SUBJECT, f"{name}_{shape}", "", of.customers, own, *ends, unit, note)
        for shape, unit, own, ends in zip(SHAPES, UNITS, law.shapes, intervals(law, level), strict=True)
    ]


def _swing(of: Histories, law: Law) -> Estimate:
    cv, weeks = swing(of, law)
    note = f"weeks around the {law.name} law, beyond chance; second half of the records"
    return Estimate(SUBJECT, "week_factor_cv", "", weeks, cv, math.nan, math.nan, "ratio", note)


def _curves(
    of: Histories, laws: tuple[Law, ...], actual: NDArray[np.int64] | None, level: float
) -> tuple[Holdout | None, dict[str, pd.DataFrame]]:
    curves = {"cohorts": cohort_curves(of, level)}
    if not laws:
        return None, curves
    curves["frequencies"] = frequencies(of, laws[0], level)
    if not laws[0].peak.sound:
        return None, curves
    if actual is None:
        return None, curves | {"ahead": year_ahead(of, laws[0], level)}
    holdout, course = hold_out(of, laws[0], actual, level)
    return holdout, curves | {"held": course}


def _taken(of: Histories, gaps: Gaps, orders: Sequence[Estimate], base: Base | None) -> list[Estimate]:
    """Estimates that the model takes: the gap and its CV, the price, and the disposition if the records tell it."""
    taken = [gaps.taken, *orders]
    if base:
        taken += [base.gap, *((base.alpha, base.beta) if tells_disposition(of, base) else ())]
    return [one for one in taken if one and one.parameter and math.isfinite(one.low) and math.isfinite(one.high)]


def _numbers(of: Histories, base: Base | None, taken: Sequence[Estimate]) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if base:
        numbers = {"customers": round(base.customers.value)}
        if not math.isnan(base.bought.value):
            numbers["purchases_a_year"] = plain(base.bought.value)
        if tells_leaving(of, base):
            numbers["yearly_churn"] = plain(base.leaving.value)
    price = next((one for one in taken if one.parameter == "price"), None)
    return numbers | ({"average_order": plain(price.value)} if price else {})
