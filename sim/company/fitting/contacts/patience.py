"""Patience: how long contacts wait before they give up. Whoever is answered first, or still waits, is censored.

Kaplan and Meier's curve assumes no form; an exponential, a Weibull and a lognormal are fitted beside it (lifelines, on
the different waits with their numbers as weights), and the piecewise constant hazard that the model uses, between its
own knots. By segment, where segments are told apart.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.database import quoted
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import Figure, measure, rates, ratio
from sim.model.clock import MINUTE_SECONDS

KNOTS_S = (5, 15, 30, 60, 90, 120, 180, 240, 360, 600)
"""Inner knots of the hazard, the model's own (parameter patience_knots): finer where announcements make people hang
up."""
FEWEST_HANG_UPS = 20
"""A rate from fewer is too uncertain: the last pieces are pooled until they hold as many."""
SHORTEST = 0.5
"""Seconds that a wait written as 0 is taken to have lasted where a form has no place for 0: half of what is written."""
TENTHS = 1
"""Decimals of a second to which waits are rounded."""
ALL, REGULAR, PRIORITY = "all", "regular", "priority"
FORMS = ("exponential", "weibull", "lognormal")
HAZARDS = {ALL: "patience_hazard_regular", REGULAR: "patience_hazard_regular", PRIORITY: "patience_hazard_priority"}
"""Parameters that take the hazard of a group."""


@dataclass(frozen=True, eq=False)
class Waits:
    """Waits of one group of contacts.

    Parameters
    ----------
    key : the segment, or "all".
    wait, hung, count : different waits in seconds, whether they ended by giving up, and how many contacts had each.
    days : array (days, 2 * pieces): of each piece of the hazard the number who gave up, then the minutes waited.
    """

    key: str
    wait: NDArray[np.float64]
    hung: NDArray[np.bool_]
    count: NDArray[np.float64]
    days: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Contacts that waited."""
        return int(self.count.sum())

    @property
    def events(self) -> int:
        """Contacts that gave up."""
        return int(self.count[self.hung].sum())

    def hazard(self, level: float) -> pd.DataFrame:
        """Piecewise hazard with the last pieces pooled, see `hazard_table` and `pool_tail`."""
        events, exposure = np.split(self.days.sum(axis=0), 2)
        return pool_tail(hazard_table(events, exposure, level), level)


# -- reading ---------------------------------------------------------------------------------------------------------


def waits(clean: Clean) -> list[Waits]:
    """Waits of all contacts, then by segment where there are several; none when no wait is known."""
    if not _some(clean):
        return []
    names = [ALL]
    if clean.has("segment"):
        rows = clean.connection.execute(
            f"select distinct segment from {clean.table} where segment is not null"
        ).fetchall()
        names += sorted(name for (name,) in rows) if len(rows) > 1 else []
    return [_waits(clean, name) for name in names]


def _some(clean: Clean) -> bool:
    found = clean.connection.execute(f"select count(*) from {clean.table} where {_waited()}").fetchone()
    return bool(found and found[0])


def _waited() -> str:
    """SQL: whether a contact waited. Who is answered at once tells nothing of patience."""
    return "(wait > 0 or outcome = 'abandoned' and wait is not null)"


def _waits(clean: Clean, key: str) -> Waits:
    where = _waited() + (f" and segment = {quoted(key)}" if key != ALL else "")
    found = clean.connection.execute(
        f"select round(wait, {TENTHS}) as wait, outcome = 'abandoned' as hung, count(*) as n from {clean.table} "
        f"where {where} group by all order by all"
    ).df()
    start, stop = _pieces(KNOTS_S)
    within = [f"wait > {a} and wait <= {b}" if a else f"wait <= {b}" for a, b in zip(start, _sql(stop), strict=True)]
    events = [f"count(*) filter (outcome = 'abandoned' and {inside})" for inside in within]
    spent = [
        f"sum(greatest(least(wait, {b}) - {a}, 0)) / {MINUTE_SECONDS}" for a, b in zip(start, _sql(stop), strict=True)
    ]
    days = clean.connection.execute(
        f"select arrival::date as day, {', '.join(events + spent)} from {clean.table} where {where} "
        "group by day order by day"
    ).df()
    columns = (found["wait"].to_numpy(float), found["hung"].to_numpy(bool), found["n"].to_numpy(float))
    return Waits(key, *columns, days.iloc[:, 1:].to_numpy(float))


def _pieces(knots: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([0, *knots], dtype=float), np.array([*knots, np.inf])


def _sql(ends: NDArray[np.float64]) -> list[str]:
    return [str(end) if np.isfinite(end) else "'inf'::double" for end in ends]


# -- the piecewise hazard --------------------------------------------------------------------------------------------


def hazard_table(
    events: NDArray[np.float64], exposure: NDArray[np.float64], level: float, knots: Sequence[float] = KNOTS_S
) -> pd.DataFrame:
    """One row a piece: start, stop (s), events, exposure (minutes), hazard, ci_low, ci_high (per minute, Poisson)."""
    start, stop = _pieces(knots)
    hazard, low, high = rates(events, exposure, level)
    table = pd.DataFrame({"start": start, "stop": stop, "events": events, "exposure": exposure})
    return table.assign(hazard=hazard, ci_low=low, ci_high=high)


def pool_tail(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Give the last pieces one rate, as many as hold FEWEST_HANG_UPS: with a rate of 0 people wait for ever.

    Parameters
    ----------
    table : as `hazard_table` returns it.

    Returns
    -------
    The same columns and rows; pooled pieces share hazard, ci_low and ci_high.
    """
    first = _pooled_from(table["events"].to_numpy())
    pooled, piece = table.copy(), table[["events", "exposure"]][first:].sum()
    pooled.loc[first:, ["hazard", "ci_low", "ci_high"]] = rates(piece["events"], piece["exposure"], level)
    return pooled


def _pooled_from(events: NDArray[np.float64]) -> int:
    from_here = np.cumsum(events[::-1])[::-1]
    return max(int((from_here >= FEWEST_HANG_UPS).sum()) - 1, 0)


def survival(table: pd.DataFrame, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share still waiting after ``seconds`` (array, any shape (k,)) under a piecewise-constant hazard."""
    start, stop = table["start"].to_numpy(), table["stop"].to_numpy()
    spent = np.clip(np.asarray(seconds, dtype=float)[:, None], start, stop)
    return np.exp(-((spent - start) / MINUTE_SECONDS) @ table["hazard"].to_numpy())


def mean_patience(hazard: NDArray[np.float64], knots: Sequence[float] = KNOTS_S) -> NDArray[np.float64]:
    """Mean patience in seconds under piecewise hazards (..., pieces) per minute; the last piece goes on for ever."""
    lengths = np.diff([0, *knots]) / MINUTE_SECONDS
    alive = np.exp(-np.cumsum(hazard[..., :-1] * lengths, axis=-1))
    alive = np.concatenate([np.ones_like(hazard[..., :1]), alive], axis=-1)
    gone = alive - np.concatenate([alive[..., 1:], np.zeros_like(hazard[..., :1])], axis=-1)
    # Where nobody gave up, a piece adds its length times the share that waits.
    open_ = np.concatenate([lengths, [np.inf]]) * alive
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(hazard > 0, gone / hazard, open_).sum(axis=-1) * MINUTE_SECONDS


def quantiles(table: pd.DataFrame, count: int) -> NDArray[np.float64]:
    """Minutes of patience at so many equally likely points under a piecewise-constant hazard."""
    effort = -np.log(1 - (np.arange(count) + 0.5) / count)
    start, hazard = table["start"].to_numpy() / MINUTE_SECONDS, table["hazard"].to_numpy()
    # The cumulative hazard at the end of each piece tells in which piece a point lies.
    ends = np.cumsum(np.diff(start) * hazard[:-1])
    piece = np.searchsorted(ends, effort)
    return start[piece] + (effort - np.insert(ends, 0, 0)[piece]) / hazard[piece]


# -- curves ----------------------------------------------------------------------------------------------------------


def kaplan_meier(found: Waits, level: float) -> Any:
    """Kaplan-Meier curve (a lifelines fitter) of waits with weights."""
    from lifelines import KaplanMeierFitter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return KaplanMeierFitter(alpha=1 - level).fit(found.wait, found.hung, weights=found.count)


def curve(fitter: Any) -> pd.DataFrame:
    """Columns seconds, alive, ci_low, ci_high of a Kaplan-Meier fitter."""
    band = fitter.confidence_interval_survival_function_
    frame = pd.concat([fitter.survival_function_, band], axis=1).reset_index()
    return frame.set_axis(["seconds", "alive", "ci_low", "ci_high"], axis=1)


def forms(found: Waits, level: float) -> dict[str, Any]:
    """Fit the parametric forms: name -> a lifelines fitter."""
    import lifelines

    fitters = {
        "exponential": lifelines.ExponentialFitter, "weibull": lifelines.WeibullFitter,
        "lognormal": lifelines.LogNormalFitter,
    }  # fmt: skip
    wait = np.maximum(found.wait, SHORTEST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: fitters[name](alpha=1 - level).fit(wait, found.hung, weights=found.count) for name in FORMS}


# -- estimates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Fitted:
    """Waits of a group with what was fitted to them: the piecewise hazard, Kaplan-Meier, and the parametric forms."""

    waits: Waits
    hazard: pd.DataFrame
    kaplan_meier: Any
    forms: Mapping[str, Any]


def fitted(clean: Clean, level: float) -> list[Fitted]:
    """Fit the patience of all, and by segment; nothing where nobody gave up."""
    found = waits(clean)
    if not found or not found[0].events:
        return []
    return [Fitted(one, one.hazard(level), kaplan_meier(one, level), forms(one, level)) for one in found if one.events]


def estimates(clean: Clean, found: Sequence[Fitted], level: float) -> list[Estimate]:
    """Estimates of what was fitted; days are drawn for the intervals of means."""
    rows = [row for one in found for row in _group(one, level, len(found) > 1)]
    names = {one.waits.key for one in found}
    return [*rows, *(_ratio(clean, level) if {REGULAR, PRIORITY} <= names else [])]


def _group(one: Fitted, level: float, several: bool) -> Iterator[Estimate]:
    found, table, fitter = one.waits, one.hazard, one.kaplan_meier
    known = curve(fitter)
    seconds = known["seconds"].to_numpy()
    seen = seconds <= KNOTS_S[-1]
    off = np.abs(known["alive"].to_numpy() - survival(table, seconds))[seen].max()
    note = f"{found.events:,} gave up; pieces within {off:.3f} of Kaplan-Meier"
    pieces = len(KNOTS_S) + 1
    totals = np.column_stack([found.days[:, pieces:].sum(axis=1) * MINUTE_SECONDS, found.days[:, :pieces].sum(axis=1)])
    about = ("patience", found.key, found.n)

    def row(name: str, figure: Figure, unit: str, goodness: str, parameter: str = "") -> Estimate:
        return Estimate(about[0], name, about[1], about[2], *figure, unit, goodness, parameter)

    yield row("patience_mean", measure(totals, ratio, level), "s", f"waiting over giving up; {note}")
    own = "patience_mean" if (found.key != ALL) == several else ""
    yield row("patience_mean_of_pieces", mean_of_pieces(found, level), "s", "implied by the hazard", own)
    yield row("patience_median", _median(fitter), "s", "Kaplan-Meier")
    yield from _forms(one, known)
    yield from _hazards(found, table, "" if several and found.key == ALL else HAZARDS.get(found.key, ""))


def mean_of_pieces(found: Waits, level: float) -> Figure:
    """Mean patience that the piecewise hazard implies, days drawn."""
    pieces = len(KNOTS_S) + 1
    first = _pooled_from(found.days[:, :pieces].sum(axis=0))

    def mean(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        events, exposure = totals[..., :pieces].copy(), totals[..., pieces:].copy()
        for of in (events, exposure):
            of[..., first:] = of[..., first:].sum(axis=-1, keepdims=True)
        return mean_patience(events / exposure)

    return measure(found.days, mean, level)


def _median(fitter: Any) -> Figure:
    """Kaplan-Meier median with the times at which the bounds of the curve cross one half."""
    known = curve(fitter)
    seconds = known["seconds"].to_numpy()
    below = [seconds[known[name].to_numpy() <= 1 / 2] for name in ("alive", "ci_low", "ci_high")]
    return Figure(*(float(times[0]) if len(times) else float("inf") for times in below))


def _forms(one: Fitted, known: pd.DataFrame) -> Iterator[Estimate]:
    """Parameters of the parametric forms, each with its distance from Kaplan-Meier and Akaike's criterion."""
    found = one.waits
    best = min(fitter.AIC_ for fitter in one.forms.values())
    seconds = known["seconds"].to_numpy()
    seen = (seconds > 0) & (seconds <= KNOTS_S[-1])
    for name, fitter in one.forms.items():
        alive = fitter.survival_function_at_times(np.maximum(seconds[seen], SHORTEST)).to_numpy()
        off = np.abs(alive - known["alive"].to_numpy()[seen]).max()
        note = f"within {off:.3f} of Kaplan-Meier to {KNOTS_S[-1]} s; AIC {fitter.AIC_ - best:+.0f} from the best"
        for parameter, line in fitter.summary.iterrows():
            low, high = (float(line[column]) for column in fitter.summary.columns if column.startswith("coef "))
            figures, unit = Figure(float(line["coef"]), low, high), PARAMETERS[name][str(parameter)]
            key = f"{found.key}, {name} {unit[0]}"
            yield Estimate("patience form", "patience_form", key, found.n, *figures, unit[1], note)


PARAMETERS = {
    "exponential": {"lambda_": ("mean", "s")},
    "weibull": {"lambda_": ("scale", "s"), "rho_": ("shape", "shape")},
    "lognormal": {"mu_": ("mu", "log s"), "sigma_": ("sigma", "log s")},
}
"""What lifelines calls the parameters of a form, in words and with their units."""


def _hazards(found: Waits, table: pd.DataFrame, parameter: str) -> Iterator[Estimate]:
    """Hazard of each piece, the last ones pooled, with an exact Poisson interval."""
    name = f"patience_hazard_{found.key}"
    for row in table.itertuples():
        key = f"{row.start:.0f}-{row.stop:.0f} s" if np.isfinite(row.stop) else f"{row.start:.0f} s on"
        note = f"{row.events:,.0f} gave up; {row.exposure:,.0f} min waited"
        figures = (float(row.hazard), float(row.ci_low), float(row.ci_high))
        yield Estimate("patience hazard", name, key, found.n, *figures, "per min", note, parameter)


def _ratio(clean: Clean, level: float) -> list[Estimate]:
    """How much longer priority customers wait, and how many of those who wait they are."""
    favoured = f"(segment = '{PRIORITY}')"
    gave_up = "outcome = 'abandoned'"
    days = clean.connection.execute(
        f"select arrival::date as day, sum(wait) filter ({favoured}), count(*) filter ({gave_up} and {favoured}), "
        f"sum(wait) filter (not {favoured}), count(*) filter ({gave_up} and not {favoured}), "
        f"count(*) filter ({favoured}), count(*) from {clean.table} where {_waited()} group by day order by day"
    ).df()
    sums = days.iloc[:, 1:].fillna(0.0).to_numpy(float)

    def patience(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return ratio(totals[..., :2]) / ratio(totals[..., 2:4])

    n = int(sums[:, 5].sum())
    long = measure(sums[:, :4], patience, level)
    share = measure(sums[:, 4:], ratio, level)
    return [
        Estimate("patience", "priority_patience_ratio", "", n, *long, "ratio", "mean patience over mean patience"),
        Estimate("patience", "priority_share", "", n, *share, "share", "of contacts that waited"),
    ]
