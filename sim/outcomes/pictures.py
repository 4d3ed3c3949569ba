"""The pictures of a study: drawn from its frames, never by running anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import charts
from sim.charts import overview as glance
from sim.outcomes import sentences
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import as_told, first_look, source_line
from sim.outcomes.statistics import summarise_cohorts
from sim.wording import capital, slug

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

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
WIDTH, ROW, LINE, HEAD = 12.0, 1.4, 0.35, 1.6
"""Inches: the width of a figure, the height of a row of panels without and for each policy, and of the title."""
COLUMNS = 4


def figures(study: Any) -> dict[str, Figure]:
    """Draw each chart of a `sim.Study`, by the name of its file; one without a comparison has fewer."""
    summary = study.means()
    differences = study.compare(better={m.name: m.better for m in CATALOGUE.values()})
    scenarios = list(dict.fromkeys(study.replications["scenario"]))
    drawn: dict[str, Figure] = {}
    for scenario in scenarios:
        begin = f"{slug(scenario)}-" if len(scenarios) > 1 else ""
        drawn |= {begin + name: figure for name, figure in _levels(study, summary, scenario)}
        rows = differences[differences["scenario"] == scenario]
        if len(rows) and rows["n"].max() > 1:  # one pair has no interval, and a difference without is no result
            drawn |= {begin + name: figure for name, figure in _changes(study, rows, scenario)}
    return as_told(drawn, study.manifest)


def plot(study: Any, ax: Axes | None = None) -> Axes:
    """Draw what policies change of the measure that the headline is about; of a single company, who stays."""
    ax = ax if ax is not None else charts.canvas()[1]
    differences, scenario = sentences.differences(study), str(study.replications["scenario"].iloc[0])
    known: dict[str, Any] = {
        "levels": _texts(study),
        "scenario": scenario,
        "title": first_look(study.manifest) or study.headline,
        "source": study.source,
    }
    if len(differences):
        measure = sentences.watched(study)
        return charts.profit_by_level(differences, ax, measure=measure, labels=CATALOGUE, **known)
    return charts.retention_curves(summarise_cohorts(study.cohorts), ax, baseline=study.baseline, **known)


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
        return f"{capital(best)} {verdict}"
    if low > 0:
        return f"{capital(best)} raises profit most of the {len(rows)} policies compared"
    return f"None of the {len(rows)} policies compared clearly raises profit"


def _levels(study: Any, summary: pd.DataFrame, scenario: str) -> Iterator[tuple[str, Figure]]:
    source = source_line(study.manifest, scenario)
    known: dict[str, Any] = {
        "baseline": study.baseline,
        "levels": _texts(study),
        "scenario": scenario,
        "source": source,
    }
    if len(study.cohorts):
        figure, ax = charts.canvas()
        title = "How many of the customers at the start are still there"
        charts.retention_curves(summarise_cohorts(study.cohorts), ax, title=title, **known)
        yield "retention", figure
    measures = _defined(summary[summary["scenario"] == scenario], "mean")
    if len(known["levels"]) == 1:
        yield "overview", _alone(summary, measures, scenario, source)
        return
    figure = charts.blank()
    charts.small_multiples(
        summary, figure, measures=measures, labels=CATALOGUE, title="The company at a glance", **known
    )
    yield "overview", figure


def _alone(summary: pd.DataFrame, measures: list[str], scenario: str, source: str) -> Figure:
    """One company without another to compare it with."""
    figure, ax = charts.canvas(glance.size(len(measures)))
    known: dict[str, Any] = {"labels": CATALOGUE, "scenario": scenario, "source": source}
    glance.overview(summary, ax, measures=measures, title="The company at a glance", **known)
    return figure


def _changes(study: Any, differences: pd.DataFrame, scenario: str) -> Iterator[tuple[str, Figure]]:
    policies = list(dict.fromkeys(differences["policy"]))
    known: dict[str, Any] = {"labels": CATALOGUE, "scenario": scenario, "source": source_line(study.manifest, scenario)}
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
        yield f"profit-{slug(policy)}", figure


def _texts(study: Any) -> dict[str, str]:
    """Policies in order with their texts on a chart."""
    names = dict.fromkeys([study.baseline, *study.replications["policy"]])
    return {name: sentences.name_of(name) for name in names}


def _defined(frame: pd.DataFrame, column: str) -> list[str]:
    """Measures of the board that have a value for every policy (none when nobody was asked)."""
    rows = frame[frame["period"] == "all"].groupby("measure")[column]
    defined = rows.agg(lambda values: bool(np.isfinite(values).all()))
    return [measure for measure in BOARD if defined.get(measure, False)]
