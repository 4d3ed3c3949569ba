"""The pictures that every study can have: drawn from its frames, never by running anything.

``draw(study, folder)`` writes them; a study without a comparison has fewer. For charts of your own see
`sim.charts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import charts
from sim.charts import calibration as matches
from sim.charts import choice as of_choice
from sim.charts import customers as of_customers
from sim.charts import fitting as of_fits
from sim.charts.warm_up import warm_up as weeks_from_the_start
from sim.company.calibration import Calibration
from sim.company.calibration.result import MATCHED
from sim.company.overlay import Overlay
from sim.company.overlay.words import IN_LINE, NOT_JUDGED
from sim.company.overlay.words import headline as in_short
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.results import Study
from sim.studies.choose import Choice
from sim.studies.explain import DIRECT, Explanation
from sim.studies.futures import Futures
from sim.studies.futures.failure import FOUND, WEAK
from sim.studies.futures.words import quality
from sim.studies.warm_up import WarmUp, sentence
from sim.wording import lower, number, span

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.company.fitting import Fit
    from sim.company.fitting.part import Held, Part

BOARD = (
    "service_level",
    "fcr",
    "csat",
    "nps",
    "retention_12m",
    "customers_end",
    "told_bad",
    "profit",
)
"""Measures of the overview charts."""

PROFIT, BASELINE, NO_POLICY = "profit", "baseline", "no policy"
EXPLAIN = "explain"
HALF = 0.5
# Inches: width, and height of a row of panels without and for each policy.
WIDTH, ROW, LINE, HEAD = 12.0, 1.4, 0.35, 1.6
FAN_ROW = 2.4
"""Inches of a row of panels with fans."""
COLUMNS = 4


def draw(study: Study, folder: str | Path) -> list[Path]:
    """Draw all charts of a study into ``folder``, as PNG and SVG, and return their paths."""
    paths: list[Path] = []
    for name, figure in figures(study):
        paths += charts.save(figure, folder, name)
    return paths


def figures(study: Study) -> Iterator[tuple[str, Figure]]:
    """Give each chart of a study with the name of its file."""
    summary = study.summary()
    differences = study.compare(better={m.name: m.better for m in CATALOGUE.values()})
    scenarios = list(dict.fromkeys(study.replications["scenario"]))
    for scenario in scenarios:
        begin = f"{_slug(scenario)}-" if len(scenarios) > 1 else ""
        yield from ((begin + name, figure) for name, figure in _levels(study, summary, scenario))
        rows = differences[differences["scenario"] == scenario]
        if len(rows) and rows["n"].max() > 1:  # one pair has no interval, and a difference without is no result
            yield from ((begin + name, figure) for name, figure in _changes(study, rows, scenario))


def draw_explanation(explanation: Explanation, folder: str | Path) -> list[Path]:
    """Draw the chart of an explanation into ``folder``, as PNG and SVG, and return their paths."""
    figure, ax = charts.canvas()
    frame, about = explanation.frame, explanation.manifest
    source = _source(about, about["scenario"]["name"])
    name = NO_POLICY if about["baseline"] == BASELINE else ""
    charts.channel_bridge(frame, ax, labels=CATALOGUE, name=name, title=reason(frame), source=source)
    return list(charts.save(figure, folder, EXPLAIN))


def draw_warm_up(found: WarmUp, folder: str | Path) -> list[Path]:
    """Draw the course of each measure from the start into ``folder``, as PNG and SVG, and return their paths."""
    paths: list[Path] = []
    for _, row in found.table.iterrows():
        figure, ax = charts.canvas()
        weeks = found.course[found.course["measure"] == row["measure"]]
        settled = {} if np.isnan(row["truncation_days"]) else {_settled(row): row["truncation_days"]}
        marks = settled | {f"the scenario's warm-up: {row['warm_up_days']} days": row["warm_up_days"]}
        source = _source(found.manifest, found.manifest["scenario"]["name"])
        about = CATALOGUE[row["measure"]]
        weeks_from_the_start(weeks, ax, about=about, marks=marks, title=sentence(row), source=source)
        paths += charts.save(figure, folder, f"warm-up-{_slug(row['measure'])}")
    return paths


def draw_calibration(found: Calibration, folder: str | Path) -> list[Path]:
    """Draw how well a company matches its numbers into ``folder``, as PNG and SVG, and return the paths."""
    numbers = found.numbers
    figure, ax = charts.canvas(matches.size(len(numbers)))
    made = found.manifest
    source = (
        f"cxsim, {found.company.name}, calibrated; seed {made['seed']}, other random numbers than were used to solve."
    )
    title = calibration_headline(found)
    matches.asked_and_fitted(numbers, ax, tolerance=made["tolerance"], title=title, source=source)
    return list(charts.save(figure, folder, "asked-and-fitted"))


def calibration_headline(found: Calibration) -> str:
    """Say how many numbers are met."""
    met = int((found.numbers["verdict"] == MATCHED).sum())
    every, tolerance = len(found.numbers), f"{found.manifest['tolerance']:.0%}".replace("%", " %")
    how_many = f"all {every}" if met == every else f"{met} of {every}"
    return f"The model meets {how_many} numbers of {found.company.name} to within {tolerance}"


def draw_overlay(found: Overlay, folder: str | Path) -> list[Path]:
    """Draw what happened on the projection, all measures at a glance and each by itself; return the paths."""
    return [path for name, figure in overlay_figures(found) for path in charts.save(figure, folder, name)]


def overlay_figures(found: Overlay) -> Iterator[tuple[str, Figure]]:
    """Draw each picture of an overlay, with the name of its file."""
    from sim.charts import overlay as pictures

    made = found.manifest
    names = {name: NO_POLICY if made[name] == BASELINE else made[name] for name in ("policy", "baseline")}
    source = f"{_source(made['study'], made['scenario']).removesuffix('.')}; actuals: {made['actuals']}."
    known: dict[str, Any] = {
        "level": made["band_level"],
        "projected": names["policy"],
        "baseline": f"baseline: {names['baseline']}",
        "source": source,
    }
    measures = len(found.table)
    if measures > 1:
        rows = -(-measures // COLUMNS)
        figure = charts.blank((WIDTH, HEAD + rows * FAN_ROW))
        pictures.overlays(found.frame, figure, labels=CATALOGUE, title=overlay_headline(found), **known)
        yield "overlay", figure
    for _, row in found.table.iterrows():
        figure, ax = charts.canvas()
        course = found.frame[found.frame["measure"] == row["measure"]].reset_index(drop=True)
        about, title = CATALOGUE[row["measure"]], in_short(row, made["level"])
        pictures.overlay(course, ax, about=about, title=title, **known)
        yield f"overlay-{_slug(row['measure'])}", figure


def overlay_headline(found: Overlay) -> str:
    """Return what an overlay comes to, in a sentence."""
    differ = int((~found.table["verdict"].isin([IN_LINE, NOT_JUDGED])).sum())
    what = f"of {len(found.table)} measures {'differs' if differ == 1 else 'differ'}"
    if differ == 0:
        return f"None of {len(found.table)} measures differs from the projection more than chance explains"
    return f"{differ} {what} from the projection more than chance explains"


def draw_futures(found: Futures, folder: str | Path) -> list[Path]:
    """Draw regret, how often each policy is best, and the boxes in which they fail; return the paths."""
    return [path for name, figure in future_figures(found) for path in charts.save(figure, folder, name)]


def future_figures(found: Futures) -> Iterator[tuple[str, Figure]]:
    """Draw each picture of many futures, with the name of its file. A box that tells nothing is not drawn."""
    from sim.charts import futures as pictures

    about, baseline = found.about, found.baseline
    made = found.manifest
    source = f"cxsim, scenario {made['scenario']['name']}, {len(found.feasible)} futures, seed {made['seed']}."
    shares, regret = found.best_shares(), found.regret()
    first, least = shares.loc[shares["share"].idxmax()], regret.loc[regret["maximum"].idxmin()]
    figure, ax = charts.canvas(pictures.size(len(shares)))
    title = f"{_capital(first['policy'])} is best in {first['share']:.0%} of futures".replace("%", " %")
    pictures.best(shares, ax, about=about, baseline=baseline, title=title, source=source)
    yield "futures-best", figure
    figure, ax = charts.canvas(pictures.size(len(regret)))
    title = f"{_capital(least['policy'])} has the least to regret in the worst future"
    pictures.regret(found.regrets(), regret, ax, about=about, baseline=baseline, title=title, source=source)
    yield "futures-regret", figure
    yield from _boxes(found, source)


def _boxes(found: Futures, source: str) -> Iterator[tuple[str, Figure]]:
    from sim.charts import futures as pictures

    points = found.design.points.loc[list(found.feasible)]
    for failure in found.failures.values():
        if failure.verdict not in (FOUND, WEAK):
            continue
        box = failure.boxes[0]
        figure, ax = charts.canvas(pictures.size(len(box.limits) + 1))
        often = "mostly" if failure.verdict == FOUND else "more often"
        title = f"{_capital(failure.policy)} fails {often} when {box.text}"
        failed = points.index.isin(failure.failed)
        pictures.failure_box(box.limits, points, failed, ax, quality=quality(box), title=title, source=source)
        yield f"futures-fails-{_slug(failure.policy)}", figure


def draw_fit(found: Fit, folder: str | Path) -> list[Path]:
    """Draw how well the forms fit the records into ``folder``, as PNG and SVG, and return their paths."""
    return [path for name, figure in fit_figures(found) for path in charts.save(figure, folder, name)]


def fit_figures(found: Fit) -> Iterator[tuple[str, Figure]]:
    """Draw each check-fit plot, with the name of its file; those that the records do not allow are left out."""
    drawn = {
        "contacts": _contact_figures,
        "purchases": _purchase_figures,
        "cohorts": _cohort_figures,
        "surveys": _survey_figures,
        "friends": _friend_figures,
    }
    for kind, part in found.parts.items():
        if kind in drawn:
            files = found.read.set_index("kind")["files"][kind]
            yield from drawn[kind](part, float(found.manifest["level"]), f"cxsim, {files}.")


def _contact_figures(part: Part, level: float, source: str) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {(one.name, one.key): one for one in part.estimates}
    if "profile" in frames:
        figure, ax = charts.canvas()
        of_fits.day_profile(frames["profile"], ax, title=_peak(frames["profile"]), **known)
        yield "contacts-profile", figure
    if ("day_factor_cv", "") in told:
        figure, ax = charts.canvas()
        spread = number(told["day_factor_cv", ""].value, "share")
        title = f"Whole days differ by {spread} beyond chance, weekday and week"
        of_fits.day_factor(frames["day_factor"], ax, title=title, **known)
        yield "contacts-day-factor", figure
    if "handling" in frames:
        figure, ax = charts.canvas()
        wide, mean = told["handling_cv", ""], told["handling_mean", ""]
        title = f"A contact takes an agent {mean.value / MINUTE:.1f} minutes on average ({mean.goodness})"
        note = f"CV {number(wide.value, 'ratio')} ({span(wide.low, wide.high, 'ratio')})\n{wide.goodness}"
        of_fits.handling(frames["handling"], ax, note=note, title=title, source=source)
        yield "contacts-handling", figure
    yield from _patience_figures(frames, told, known)
    if part.held is not None:
        yield from _forecast_figures(part.held, known)


def _patience_figures(
    frames: Mapping[str, pd.DataFrame], told: Mapping[tuple[str, str], Any], known: Mapping[str, Any]
) -> Iterator[tuple[str, Figure]]:
    if "patience" not in frames:
        return
    for group, rows in frames["patience"].groupby("group", sort=False):
        figure, ax = charts.canvas()
        median = told["patience_median", str(group)].value
        whose = "Half of all" if group == "all" else f"Half of the {group}"
        title = f"{whose} contacts would wait longer than {median:.0f} seconds"
        if not np.isfinite(median):
            title = f"Most {'' if group == 'all' else f'{group} '}contacts are more patient than any wait that was seen"
        of_fits.patience(rows, ax, title=title, **known)
        yield f"contacts-patience-{_slug(str(group))}", figure
    figure, ax = charts.canvas()
    of_fits.hazard(frames["hazard"], ax, title="How fast those who wait give up", **known)
    yield "contacts-hazard", figure


def _forecast_figures(held: Held, known: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    course, errors = held.course, held.errors.set_index(["grain", "measure", "method"])["mae"]
    for measure, (what, percent) in FORECASTS.items():
        for grain in ("hour", "day"):
            rows = course[(course["measure"] == measure) & (course["grain"] == grain)]
            if not len(rows):
                continue
            naive = [name for name in NAIVE if name in rows and rows[name].notna().any()]
            title = _forecast_title(errors, grain, measure, naive)
            figure, ax = charts.canvas()
            shown = rows[rows["start"] < rows["start"].min() + pd.Timedelta(days=WEEK)] if grain == "hour" else rows
            words = f"{what}, by {grain}{', the first week' if len(shown) < len(rows) else ''}"
            of_fits.forecast(shown, ax, what=words, percent=percent, naive=naive, title=title, **known)
            yield f"contacts-forecast-{_slug(measure)}-{grain}", figure


def _forecast_title(errors: pd.Series, grain: str, measure: str, naive: Sequence[str]) -> str:
    own = errors[grain, measure, "forecast"]
    best = min(naive, key=lambda name: errors[grain, measure, name])
    less = 1 - own / errors[grain, measure, best]
    how = f"{abs(less):.0%} {'less' if less > 0 else 'more'}".replace("%", " %")
    return f"{FORECASTS[measure][0].partition(',')[0]} by {grain}: the forecast errs {how} than the naive one ({best})"


def _purchase_figures(part: Part, level: float, source: str) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {one.name: one for one in part.estimates}
    whole = frames["cohorts"][frames["cohorts"]["cohort"] == of_customers.WHOLE]
    if len(whole) > 1:
        figure, ax = charts.canvas()
        last = whole.iloc[-1]
        bought = f"{number(last['share'], 'share')} of the customers buy"
        title = f"{last['month']:.0f} months after the first purchase, {bought} in a month"
        of_customers.cohort_activity(frames["cohorts"], ax, title=title, **known)
        yield "purchases-cohorts", figure
    if "frequencies" in frames:
        figure, ax = charts.canvas()
        once = frames["frequencies"]["actual"].iloc[0] / frames["frequencies"]["actual"].sum()
        title = f"{number(once, 'share')} of the customers bought once only"
        law = told["customers"].goodness if "customers" in told else "the law"
        of_customers.frequencies(frames["frequencies"], ax, law=law, title=title, **known)
        yield "purchases-frequencies", figure
    if part.held is not None:
        figure, ax = charts.canvas()
        title = _missed(part.held, frames["held"]["actual"].iloc[-1])
        of_customers.purchases_held(frames["held"], ax, title=title, **known)
        yield "purchases-forecast", figure


def _missed(held: Held, actual: float) -> str:
    """Say by how much the forecast of the total misses, and by how much the naive ones do."""
    total = held.errors[held.errors["grain"] == "total"].set_index("method")["mae"].dropna() / actual
    own = total.pop("forecast")
    said = f"The forecast of purchases misses by {number(own, 'share')}"
    return f"{said}, {total.idxmin()} by {number(total.min(), 'share')}" if len(total) else said


def _cohort_figures(part: Part, level: float, source: str) -> Iterator[tuple[str, Figure]]:
    table = part.curves["survival"]
    figure, ax = charts.canvas()
    end = table[~table["fitted"]].groupby("cohort", sort=False).tail(1)
    shares = ", ".join(f"{number(row['forecast'], 'share')} of {row['cohort']}" for _, row in end.iterrows())
    title = f"After {table['period'].max()} renewals {shares} are expected to be left"
    of_customers.survival(table, ax, level=level, title=title, source=source)
    yield "cohorts-survival", figure


def _survey_figures(part: Part, level: float, source: str) -> Iterator[tuple[str, Figure]]:
    known: dict[str, Any] = {"level": level, "source": source}
    frames, told = part.curves, {one.name: one for one in part.estimates}
    if "nps_map" in frames:
        figure, ax = charts.canvas()
        middle = told["nps_promoter_mid"].value
        title = f"Half of the customers are promoters from a satisfaction of {middle:.2f} on"
        of_customers.nps_map(frames["nps_by_satisfaction"], frames["nps_map"], ax, title=title, **known)
        yield "surveys-nps", figure
    if "nps_gap_by_the_map" in told:
        figure, ax = charts.canvas(FLAT)
        seen, predicted = told["nps_gap"].value, told["nps_gap_by_the_map"].value
        title = f"A problem moves NPS by {seen:+.0f} points, {predicted:+.0f} of them through satisfaction"
        of_customers.problem_effect(frames["problem"], ax, title=title, **known)
        yield "surveys-problem", figure


def _friend_figures(part: Part, level: float, source: str) -> Iterator[tuple[str, Figure]]:
    told = {one.name: one for one in part.estimates if not one.key}
    if "graph_degree_sigma" not in told:
        return
    figure, ax = charts.canvas()
    sigma, mean = told["graph_degree_sigma"], told["graph_degree_mean"]
    note = f", sigma {span(sigma.low, sigma.high, 'ratio')}\n{sigma.goodness}"
    title = f"People have {mean.value:.0f} friends on average, and a few have many more"
    of_customers.degrees(part.curves["degrees"], ax, note=note, title=title, source=source)
    yield "friends-degrees", figure


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


def _peak(profile: pd.DataFrame) -> str:
    full = profile[profile["day"] == "full"]
    top = full.loc[full["share"].idxmax()]
    clock = f"{int(top['hour'])}:{'30' if top['hour'] % 1 else '00'}"
    return f"A full day is busiest from {clock}: {number(top['share'], 'share')} of its contacts in half an hour"


def _settled(row: pd.Series) -> str:
    return f"settled by MSER-5: {row['truncation_days']:.0f} days"


def _source(manifest: Mapping[str, Any], scenario: str) -> str:
    reading, seed = manifest.get("reading", ""), manifest["seed"]
    return f"cxsim, scenario {scenario}, reading {reading}, seed {seed}."


def _texts(study: Study) -> dict[str, str]:
    """Policies in order with their texts on a chart."""
    names = dict.fromkeys([study.baseline, *study.replications["policy"]])
    return {name: NO_POLICY if name == BASELINE else name for name in names}


def _levels(study: Study, summary: pd.DataFrame, scenario: str) -> Iterator[tuple[str, Figure]]:
    source = _source(study.manifest, scenario)
    known: dict[str, Any] = {
        "baseline": study.baseline,
        "levels": _texts(study),
        "scenario": scenario,
        "source": source,
    }
    if len(study.cohorts):
        figure, ax = charts.canvas()
        title = "How many of the customers at the start are still there"
        charts.retention_curves(study.cohorts, ax, title=title, **known)
        yield "retention", figure
    figure = charts.blank()
    measures = _defined(summary[summary["scenario"] == scenario], "mean")
    charts.small_multiples(
        summary, figure, measures=measures, labels=CATALOGUE, title="The company at a glance", **known
    )
    yield "overview", figure


def _changes(study: Study, differences: pd.DataFrame, scenario: str) -> Iterator[tuple[str, Figure]]:
    policies = list(dict.fromkeys(differences["policy"]))
    known: dict[str, Any] = {"labels": CATALOGUE, "scenario": scenario, "source": _source(study.manifest, scenario)}
    rows = -(-len(BOARD) // COLUMNS)
    figure = charts.blank((WIDTH, HEAD + rows * (ROW + LINE * (1 + len(policies)))))
    measures = _defined(differences, "mean_difference")
    texts = _texts(study)
    charts.paired_dots(differences, figure, measures=measures, levels=texts, title=headline(differences), **known)
    yield "differences", figure
    if len(policies) > 1:
        figure, ax = charts.canvas()
        charts.profit_by_level(differences, ax, levels=texts, title=headline(differences), **known)
        yield "profit", figure
    for policy in policies:
        figure, ax = charts.canvas()
        title = headline(differences[differences["policy"] == policy])
        name = texts[study.baseline]
        charts.effect_bridge(differences, ax, policy=policy, name=name, title=title, **known)
        yield f"profit-{_slug(policy)}", figure


def draw_choice(choice: Choice, folder: str | Path) -> list[Path]:
    """Draw the charts of a choice into ``folder``, as PNG and SVG, and return their paths."""
    about, made = choice.about, choice.manifest
    source = _source(made, made["scenario"]["name"])
    paths: list[Path] = []
    if choice.chosen is not None:
        figure, ax = charts.canvas()
        known: dict[str, Any] = {"chosen": choice.chosen, "what": lower(about.label), "source": source}
        of_choice.rank_probabilities(choice.ranks, ax, title=choice_headline(choice), **known)
        paths += charts.save(figure, folder, "places")
    if choice.pareto is not None:
        up, *others = (goal.measure for goal in choice.terms.pareto)
        for across in others:
            figure, ax = charts.canvas()
            title = of_choice.frontier_title(choice.pareto, CATALOGUE, across, up)
            axes = {"across": across, "up": up, "baseline": choice.baseline, "labels": CATALOGUE}
            of_choice.pareto(choice.pareto, ax, title=title, source=source, **axes)  # type: ignore[arg-type]
            paths += charts.save(figure, folder, f"frontier-{_slug(up)}-{_slug(across)}")
    return paths


def choice_headline(choice: Choice) -> str:
    """Return what a choice comes down to, in a sentence."""
    name = _capital(str(choice.chosen))
    if choice.guaranteed:
        return f"{name} is the best by {lower(choice.about.label)} of {len(choice.sheet)} policies"
    return f"{name} comes first by {lower(choice.about.label)}, but the choice is not decided"


def draw_audit(table: pd.DataFrame, manifest: Mapping[str, Any], folder: str | Path) -> tuple[Path, Path]:
    """Draw the picture of an audit into ``folder``, as PNG and SVG, and return their paths.

    Parameters
    ----------
    table, manifest : of `sim.audit.Audit`.
    """
    figure, ax = charts.claims_canvas(len(table))
    source = (
        f"cxsim, scenario {manifest['baseline']}, reading {manifest['reading']}, {manifest['years']:g} years, "
        f"seed {manifest['seed']}."
    )
    charts.claims_beside_model(table, ax, title=audit_headline(table), source=source)
    return charts.save(figure, folder, "audit")


def audit_headline(table: pd.DataFrame) -> str:
    """Return how many of the figures came out, in a sentence."""
    counts = table["verdict"].value_counts()
    tried = len(table) - int(counts.get("not testable", 0))
    return f"Of {tried} figures of the documents that the model can answer, it reproduces {counts.get('reproduced', 0)}"


def headline(differences: pd.DataFrame) -> str:
    """Return what the differences of a study say about profit, in a sentence.

    Parameters
    ----------
    differences : frame of `statistics.paired_differences` for one scenario.
    """
    rows = differences[(differences["measure"] == PROFIT) & (differences["period"] == "all")].set_index("policy")
    best = str(rows["mean_difference"].idxmax())
    low, high = rows.loc[best, "ci_low_difference"], rows.loc[best, "ci_high_difference"]
    if len(rows) == 1:
        verdict = "raises profit" if low > 0 else "lowers profit" if high < 0 else "has no clear effect on profit"
        return f"{_capital(best)} {verdict}"
    if low > 0:
        return f"{_capital(best)} raises profit most of the {len(rows)} policies compared"
    return f"None of the {len(rows)} policies compared clearly raises profit"


def reason(frame: pd.DataFrame) -> str:
    """Return what an explanation comes down to, in a sentence.

    Parameters
    ----------
    frame : as in `sim.explain`.
    """
    *_, total = (row for _, row in frame.iterrows())
    policy, what = _capital(total["policy"]), lower(CATALOGUE[total["measure"]].label)
    if not (total["low"] > 0 or total["high"] < 0):
        return f"{policy} has no clear effect on {what}"
    up = total["value"] > 0
    parts = frame.iloc[:-1]
    clear = parts[parts["low"] > 0] if up else parts[parts["high"] < 0]
    effect = f"{policy} {'raises' if up else 'lowers'} {what}"
    if not len(clear):
        return f"{effect}, through no channel in particular"
    most = clear.loc[clear["value"].abs().idxmax()]
    way = "directly, by costs, prices and work" if most["channel"] == DIRECT else f"through {lower(most['label'])}"
    return f"{effect}, {'mostly' if most['value'] / total['value'] > HALF else 'most of all'} {way}"


def _defined(frame: pd.DataFrame, column: str) -> list[str]:
    """Measures of the board that have a value for every policy (none when nobody was asked)."""
    rows = frame[frame["period"] == "all"].groupby("measure")[column]
    defined = rows.agg(lambda values: bool(np.isfinite(values).all()))
    return [measure for measure in BOARD if defined.get(measure, False)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _slug(text: str) -> str:
    """Turn a label into a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "chart"
