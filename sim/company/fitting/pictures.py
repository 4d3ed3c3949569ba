"""The pictures of a fit: how well the forms fit the records, drawn from its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import charts
from sim.charts import customers
from sim.charts import fitting as fits
from sim.company.fitting.error import RecordsError
from sim.wording import number, slug, span

if TYPE_CHECKING:
    from sim.charts import Axes, Figure
    from sim.company.fitting.kind_fit import Holdout, KindFit

FLAT = (10.0, 4.2)
"""Inches of a figure with a few rows."""
FORECASTS = {
    "offered": ("Contacts", False),
    "abandonment": ("Abandonment, per cent of the contacts", True),
    "mean_wait_s": ("Mean wait, seconds", False),
}
"""Measures of a forecast of contacts: in words with the unit, and whether they are shares."""
NAIVE = ("same hour last week", "Erlang A")
MINUTE, WEEK = 60.0, 7
Canvas = Callable[..., "tuple[Figure, Axes]"]
"""Gives a figure and its axes to draw in."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw each check-fit plot of a `sim.company.fitting.Fit`, by the name of its file.

    Those that the records do not allow are left out.
    """
    return dict(_drawn(found, charts.canvas))


def plot(found: Any, ax: Axes | None = None) -> Axes:
    """Draw the first check-fit plot into ``ax``, or a figure of its own.

    Raises
    ------
    RecordsError : the records allow none.
    """
    own = charts.canvas()[1] if ax is None else ax
    for _ in _drawn(found, lambda *_: (own.figure, own)):  # type: ignore[arg-type]
        return own
    raise RecordsError("these records allow no chart: too few of them are used; see the frame of what was left out.")


def _drawn(found: Any, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    """Draw one plot after the other, each when it is asked for."""
    drawn = {
        "contacts": _contact_figures,
        "purchases": _purchase_figures,
        "cohorts": _cohort_figures,
        "surveys": _survey_figures,
        "friends": _friend_figures,
    }
    files, level = found.read.set_index("kind")["files"], float(found.manifest["level"])
    for kind in [kind for kind in found.parts if kind in drawn]:
        yield from drawn[kind](found.parts[kind], level, f"cxsim, {files[kind]}.", canvas)


def _contact_figures(part: KindFit, level: float, source: str, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {(one.name, one.key): one for one in part.estimates}
    if "profile" in frames:
        figure, ax = canvas()
        fits.day_profile(frames["profile"], ax, title=_peak(frames["profile"]), **known)
        yield "contacts-profile", figure
    if ("day_factor_cv", "") in told:
        figure, ax = canvas()
        spread = number(told["day_factor_cv", ""].value, "share")
        title = f"Whole days differ by {spread} beyond chance, weekday and week"
        fits.day_factor(frames["day_factor"], ax, title=title, **known)
        yield "contacts-day-factor", figure
    if "handling" in frames:
        figure, ax = canvas()
        wide, mean = told["handling_cv", ""], told["handling_mean", ""]
        title = f"A contact takes an agent {mean.value / MINUTE:.1f} minutes on average ({mean.goodness})"
        note = f"CV {number(wide.value, 'ratio')} ({span(wide.low, wide.high, 'ratio')})\n{wide.goodness}"
        fits.handling(frames["handling"], ax, note=note, title=title, source=source)
        yield "contacts-handling", figure
    yield from _patience_figures(frames, told, known, canvas)
    if part.holdout is not None:
        yield from _forecast_figures(part.holdout, known, canvas)


def _patience_figures(
    frames: Mapping[str, pd.DataFrame],
    told: Mapping[tuple[str, str], Any],
    known: Mapping[str, Any],
    canvas: Canvas,
) -> Iterator[tuple[str, Figure]]:
    if "patience" not in frames:
        return
    for group, rows in frames["patience"].groupby("group", sort=False):
        figure, ax = canvas()
        median = told["patience_median", str(group)].value
        whose = "Half of all" if group == "all" else f"Half of the {group}"
        title = f"{whose} contacts would wait longer than {median:.0f} seconds"
        if not np.isfinite(median):
            title = f"Most {'' if group == 'all' else f'{group} '}contacts are more patient than any wait that was seen"
        fits.patience(rows, ax, title=title, **known)
        yield f"contacts-patience-{slug(str(group))}", figure
    figure, ax = canvas()
    fits.hazard(frames["hazard"], ax, title="How fast those who wait give up", **known)
    yield "contacts-hazard", figure


def _forecast_figures(holdout: Holdout, known: Mapping[str, Any], canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    course, errors = holdout.course, holdout.errors.set_index(["grain", "measure", "method"])["mae"]
    for measure, (what, percent) in FORECASTS.items():
        for grain in ("hour", "day"):
            rows = course[(course["measure"] == measure) & (course["grain"] == grain)]
            if not len(rows):
                continue
            naive = [name for name in NAIVE if name in rows and rows[name].notna().any()]
            title = _forecast_title(errors, grain, measure, naive)
            figure, ax = canvas()
            shown = rows[rows["start"] < rows["start"].min() + pd.Timedelta(days=WEEK)] if grain == "hour" else rows
            words = f"{what}, by {grain}{', the first week' if len(shown) < len(rows) else ''}"
            fits.forecast(shown, ax, what=words, percent=percent, naive=naive, title=title, **known)
            yield f"contacts-forecast-{slug(measure)}-{grain}", figure


def _forecast_title(errors: pd.Series, grain: str, measure: str, naive: Sequence[str]) -> str:
    own = errors[grain, measure, "forecast"]
    best = min(naive, key=lambda name: errors[grain, measure, name])
    less = 1 - own / errors[grain, measure, best]
    how = f"{abs(less):.0%} {'less' if less > 0 else 'more'}".replace("%", " %")
    return f"{FORECASTS[measure][0].partition(',')[0]} by {grain}: the forecast errs {how} than the naive one ({best})"


def _purchase_figures(part: KindFit, level: float, source: str, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {one.name: one for one in part.estimates}
    whole = frames["cohorts"][frames["cohorts"]["cohort"] == customers.WHOLE]
    if len(whole) > 1:
        figure, ax = canvas()
        last = whole.iloc[-1]
        bought = f"{number(last['share'], 'share')} of the customers buy"
        title = f"{last['month']:.0f} months after the first purchase, {bought} in a month"
        customers.cohort_activity(frames["cohorts"], ax, title=title, **known)
        yield "purchases-cohorts", figure
    if "frequencies" in frames:
        figure, ax = canvas()
        once = frames["frequencies"]["actual"].iloc[0] / frames["frequencies"]["actual"].sum()
        title = f"{number(once, 'share')} of the customers bought once only"
        law = told["customers"].goodness if "customers" in told else "the law"
        customers.frequencies(frames["frequencies"], ax, law=law, title=title, **known)
        yield "purchases-frequencies", figure
    if part.holdout is not None:
        figure, ax = canvas()
        title = _missed(part.holdout, frames["held"]["actual"].iloc[-1])
        customers.purchases_held(frames["held"], ax, title=title, **known)
        yield "purchases-forecast", figure


def _missed(holdout: Holdout, actual: float) -> str:
    """Say by how much the forecast of the total misses, and by how much the naive ones do."""
    total = holdout.errors[holdout.errors["grain"] == "total"].set_index("method")["mae"].dropna() / actual
    own = total.pop("forecast")
    said = f"The forecast of purchases misses by {number(own, 'share')}"
    return f"{said}, {total.idxmin()} by {number(total.min(), 'share')}" if len(total) else said


def _cohort_figures(part: KindFit, level: float, source: str, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    table = part.curves["survival"]
    figure, ax = canvas()
    end = table[~table["fitted"]].groupby("cohort", sort=False).tail(1)
    shares = ", ".join(f"{number(row['forecast'], 'share')} of {row['cohort']}" for _, row in end.iterrows())
    title = f"After {table['period'].max()} renewals {shares} are expected to be left"
    customers.survival(table, ax, level=level, title=title, source=source)
    yield "cohorts-survival", figure


def _survey_figures(part: KindFit, level: float, source: str, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {one.name: one for one in part.estimates}
    if "nps_map" in frames:
        figure, ax = canvas()
        middle = told["nps_promoter_mid"].value
        title = f"Half of the customers are promoters from a satisfaction of {middle:.2f} on"
        customers.nps_map(frames["nps_by_satisfaction"], frames["nps_map"], ax, title=title, **known)
        yield "surveys-nps", figure
    if "nps_gap_by_the_map" in told:
        figure, ax = canvas(FLAT)
        seen, predicted = told["nps_gap"].value, told["nps_gap_by_the_map"].value
        title = f"A problem moves NPS by {seen:+.0f} points, {predicted:+.0f} of them through satisfaction"
        customers.problem_effect(frames["problem"], ax, title=title, **known)
        yield "surveys-problem", figure


def _friend_figures(part: KindFit, level: float, source: str, canvas: Canvas) -> Iterator[tuple[str, Figure]]:
    told = {one.name: one for one in part.estimates if not one.key}
    if "graph_degree_sigma" not in told:
        return
    figure, ax = canvas()
    sigma, mean = told["graph_degree_sigma"], told["graph_degree_mean"]
    note = f", sigma {span(sigma.low, sigma.high, 'ratio')}\n{sigma.goodness}"
    title = f"People have {mean.value:.0f} friends on average, and a few have many more"
    customers.degrees(part.curves["degrees"], ax, note=note, title=title, source=source)
    yield "friends-degrees", figure


def _peak(profile: pd.DataFrame) -> str:
    full = profile[profile["day"] == "full"]
    top = full.loc[full["share"].idxmax()]
    clock = f"{int(top['hour'])}:{'30' if top['hour'] % 1 else '00'}"
    return f"A full day is busiest from {clock}: {number(top['share'], 'share')} of its contacts in half an hour"
