"""Cohorts: who is still there after each renewal. A law of retention, what the model takes of it, and what is to come.

The shifted beta-geometric law (sBG) has every customer leave with an own chance that never changes; it is the model's
disposition. The beta-discrete-Weibull law (BdW) lets that chance change with age; where a likelihood ratio says so, a
cohort is forecast by it. Every cohort has laws of its own; the model takes the sBG law of all together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from sim.company.fitting.clean import Clean
from sim.company.fitting.cohorts.ahead import PERIODS_AHEAD, course, forecast
from sim.company.fitting.cohorts.laws import Retention, fit_retention, shapes
from sim.company.fitting.cohorts.tables import Cohort, read_cohorts
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.holdout import errors
from sim.company.fitting.kind_fit import Holdout, KindFit
from sim.company.fitting.likelihood import Vector, carried, normal_quantile
from sim.company.fitting.totals import Figure
from sim.theory import sbg_survival, sbg_through

KIND = SUBJECT = "cohorts"
FEWEST_RENEWALS = 2
"""Renewals that two shapes need."""
DOUBT = 0.05
"""Chance below which a law is called unlikely."""
NAMES = ("alpha", "beta", "c")
PARAMETERS = ("disposition_alpha", "disposition_beta")


@dataclass(frozen=True, eq=False)
class Fits:
    """Laws of each cohort, and of all together.

    Parameters
    ----------
    own, aged : sBG and BdW of each cohort; the former twice where there are too few renewals for the latter.
    together : sBG of all cohorts.
    """

    cohorts: Sequence[Cohort]
    own: Sequence[Retention]
    aged: Sequence[Retention]
    together: Retention

    @property
    def used(self) -> list[Retention]:
        """The law that forecasts each cohort: BdW where sBG is unlikely against it."""
        rows = zip(self.cohorts, self.own, self.aged, strict=True)
        return [aged if _ages(cohort, own, aged) < DOUBT else own for cohort, own, aged in rows]


def _ages(cohort: Cohort, own: Retention, aged: Retention) -> float:
    """Chance of what speaks for duration dependence if there were none; 1 where nothing can be said."""
    return aged.likelier_than(own) if cohort.sized and aged.free else 1.0


def fit(clean: Clean, *, until: int | str | None = None, level: float = 0.95, periods_a_year: float = 1.0) -> KindFit:
    """Fit survival tables, and forecast the periods after one when it is given.

    Parameters
    ----------
    clean : cohorts, with columns period and alive, and cohort and start if they are known.
    until : number of the last period that is fitted; later ones are forecast and compared.
    level : of the intervals and bands.
    periods_a_year : renewals of a year, for the disposition, which is yearly; 12 for months.

    Raises
    ------
    FitError : a table that is none (see `sim.company.fitting.cohorts.tables`), fewer than two renewals, nobody lost,
        or no period after ``until``.
    """
    cohorts = read_cohorts(clean)
    last = _last(cohorts, until)
    _check(cohorts, last)
    fits = _fits(cohorts, last, level)
    estimates = [
        estimate
        for cohort, own, aged in zip(cohorts, fits.own, fits.aged, strict=True)
        for law in ((own, aged) if aged.free else (own,))
        for estimate in _shapes(cohort, law, last)
    ]
    disposition = _disposition(fits, level, periods_a_year)
    parameters = {one.parameter: one.value for one in disposition}
    ranges = {one.parameter: (one.low, one.high) for one in disposition if math.isfinite(one.low + one.high)}
    holdout = None
    if until is not None:
        beside = course(cohorts, fits.used, {"the sBG law": fits.own, "the BdW law": fits.aged}, last, level)
        holdout = Holdout(beside, errors(beside))
    curves = {"survival": _survival(fits, last, until is not None, level)}
    told = (*estimates, *disposition)
    return KindFit(KIND, told, {}, parameters, ranges, curves, holdout, _remarks(fits, last, periods_a_year))


def _last(cohorts: Sequence[Cohort], until: int | str | None) -> int:
    """Last period that is fitted."""
    longest = max(len(cohort.share) for cohort in cohorts) - 1
    if until is None:
        return longest
    if not str(until).isdigit():
        raise FitError(f"until {until!r} is not a period; give the number of the last one fitted, such as 7.")
    if int(until) >= longest:
        raise FitError(f"cohorts: the table ends with period {longest}, so nothing is left to forecast after {until}.")
    return int(until)


def _check(cohorts: Sequence[Cohort], last: int) -> None:
    for cohort in cohorts:
        renewals = min(last, len(cohort.share) - 1)
        if renewals < FEWEST_RENEWALS:
            raise FitError(
                f"cohort {cohort.name}: {renewals} renewal is too few for a law of retention; "
                f"give {FEWEST_RENEWALS} periods or more after period 0."
            )
        if cohort.share[renewals] == 1:
            raise FitError(
                f"cohort {cohort.name}: nobody is lost until period {renewals}, so there is no leaving to fit; "
                "leave it out or give more periods."
            )


def _fits(cohorts: Sequence[Cohort], last: int, level: float) -> Fits:
    own = [fit_retention([cohort], last, level) for cohort in cohorts]
    aged = [fit_retention([cohort], last, level, free=_long(cohort, last)) for cohort in cohorts]
    return Fits(cohorts, own, aged, own[0] if len(cohorts) == 1 else fit_retention(cohorts, last, level))


def _long(cohort: Cohort, last: int) -> bool:
    """Whether there are renewals enough to tell an own chance that changes from one that does not."""
    return min(last, len(cohort.share) - 1) > FEWEST_RENEWALS


def _shapes(cohort: Cohort, law: Retention, last: int) -> list[Estimate]:
    """Estimates of a law's shapes, with how far it is off in later periods."""
    later = np.arange(last + 1, len(cohort.share))
    off = np.abs(cohort.share[later] - law.survival(later)).max(initial=0)
    known = f"log-likelihood {law.peak.log_likelihood:.2f}; chi2 p {law.pearson.p:.2f}"
    note = known if cohort.sized else "size of the cohort not known"
    note += f"; later periods off by at most {off:.3f}" if len(later) else ""
    n = round(cohort.customers) if cohort.sized else 0
    return [
        Estimate(SUBJECT, f"{law.name.lower()}_{name}", cohort.name, n, value, *ends, "shape", note)
        for name, value, ends in zip(NAMES, law.shapes, law.intervals, strict=False)
    ]


def _disposition(fits: Fits, level: float, periods_a_year: float) -> list[Estimate]:
    """Beta law of the yearly chance to leave: the shapes themselves when periods are years."""
    law, n = fits.together, sum(round(cohort.customers) for cohort in fits.cohorts if cohort.sized)
    note = f"sBG of {len(fits.cohorts)} cohorts together" if len(fits.cohorts) > 1 else f"sBG of {fits.cohorts[0].name}"
    if periods_a_year == 1:
        found = [Figure(value, *ends) for value, ends in zip(law.shapes, law.intervals, strict=False)]
    else:
        found = _yearly(law, n, level, periods_a_year)
        note += f", through its survival after {periods_a_year:g} and {2 * periods_a_year:g} periods"
    return [
        Estimate(SUBJECT, name, "", n, *row, "ratio", note, name) for name, row in zip(PARAMETERS, found, strict=True)
    ]


def _yearly(law: Retention, n: int, level: float, periods_a_year: float) -> list[Figure]:
    """Shapes of the sBG law whose survival after one and two years is that of a law of shorter or longer periods."""

    def logs(at: Vector) -> Vector:
        alpha, beta, _ = shapes(at)
        first, second = sbg_survival(alpha, beta, [periods_a_year, 2 * periods_a_year])
        return np.log(sbg_through(float(first), float(second)))

    at, covariance = carried(logs, law.peak)
    half = normal_quantile(level) * np.sqrt(np.diag(covariance)) if n else np.full(2, np.nan)
    return [Figure(*row) for row in np.exp([at, at - half, at + half]).T.tolist()]


def _survival(fits: Fits, last: int, holdout: bool, level: float) -> pd.DataFrame:
    """Frame of the check-fit plot: cohort, period, law, share, at_risk, fitted, sbg, bdw, and forecast with its band.

    The forecast is by ``law``. It runs to the end of the table where it is compared with it, and some periods beyond
    its end otherwise.
    """
    parts = []
    for cohort, own, aged, used in zip(fits.cohorts, fits.own, fits.aged, fits.used, strict=True):
        end = len(cohort.share) - 1
        known = min(last, end)
        ahead = end - known if holdout else PERIODS_AHEAD
        band = forecast(cohort, used, known, ahead, level).rename(columns={"mean": "forecast"})
        parts.append(_beside(cohort, known, ahead, own, aged).assign(law=used.name).merge(band, "left", "period"))
    return pd.concat(parts, ignore_index=True)


def _beside(cohort: Cohort, known: int, ahead: int, own: Retention, aged: Retention) -> pd.DataFrame:
    """What is seen of a cohort, beside its laws."""
    periods = np.arange(known + ahead + 1)
    share = pd.Series(cohort.share).reindex(periods).to_numpy()
    seen = {"share": share, "at_risk": cohort.customers * share, "fitted": periods <= known}
    laws = {"sbg": own.survival(periods), "bdw": aged.survival(periods) if aged.free else np.nan}
    return pd.DataFrame({"cohort": cohort.name, "period": periods, **seen, **laws})


def _remarks(fits: Fits, last: int, periods_a_year: float) -> tuple[str, ...]:
    found = [f"A period is taken for {_of_a_year(periods_a_year)}."]
    for cohort, own, aged in zip(fits.cohorts, fits.own, fits.aged, strict=True):
        found += _of_cohort(cohort, own, aged)
    if len(fits.cohorts) > 1 and all(cohort.sized for cohort in fits.cohorts):
        found += _of_all(fits)
    found.append("All leaving is in the disposition, that after an issue too, which the model adds on its own.")
    return tuple(found)


def _of_a_year(periods: float) -> str:
    return "a year" if periods == 1 else f"1/{periods:g} of a year"


def _of_cohort(cohort: Cohort, own: Retention, aged: Retention) -> list[str]:
    if not cohort.sized:
        return [f"Cohort {cohort.name}: no size is known (column start), so it has no intervals and no band."]
    found = []
    if own.pearson.p < DOUBT:
        found.append(f"Cohort {cohort.name}: sBG fits worse than chance would have it (chi2 p {own.pearson.p:.2g}).")
    p = _ages(cohort, own, aged)
    if p < DOUBT:
        c = aged.shapes[2]
        way = "rises" if c > 1 else "falls"
        found.append(
            f"Cohort {cohort.name}: a customer's own chance to leave {way} with age (BdW, c {c:.2f}, p {p:.2g}); it is "
            "forecast so, but the model's disposition cannot say it."
        )
    return found


def _of_all(fits: Fits) -> list[str]:
    each = sum(law.peak.log_likelihood for law in fits.own)
    gain = max(2 * (each - fits.together.peak.log_likelihood), 0.0)
    p = float(scipy.special.chdtrc(2 * (len(fits.cohorts) - 1), gain))
    if p >= DOUBT:
        return []
    return [
        f"The cohorts differ (likelihood ratio p {p:.2g}); the disposition is that of all together. Give one alone to "
        "have its own."
    ]
