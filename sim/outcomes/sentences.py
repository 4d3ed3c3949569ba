"""What a study says in words: its headline, and the answer in paragraphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, Measure, named
from sim.outcomes.verdict import verdict
from sim.wording import capital, change, counted, lower, number, span

if TYPE_CHECKING:
    import pandas as pd

WATCHED = "profit_a_year"
"""What a headline is about, where the study has it."""
TOLD = ("profit_a_year", "retention_12m", "service_level", "csat")
"""What the text tells of every policy."""
BASELINE, NO_POLICY = "baseline", "no policy"


def headline(study: Any) -> str:
    """Say what the best policy of a `sim.Study` changes, or how its only company does."""
    rows = differences(study)
    measure = watched(study)
    about = named(measure)
    rows = rows[rows["measure"] == measure] if len(rows) else rows
    if not len(rows) or rows["mean_difference"].isna().all():
        return _level(study, measure)
    sign = -1.0 if about.better == "lower" else 1.0
    best = rows.loc[(sign * rows["mean_difference"]).idxmax()]
    several = f" in {best['scenario']}" if len(set(rows["scenario"])) > 1 else ""
    told = _change(best, about)
    comma = "," if told.endswith("zero") else ""
    none = ""
    if len(rows) > 1 and sign * best["mean_difference"] < 0:
        none = f"None of {len(rows)} policies {'lowers' if sign < 0 else 'raises'} {lower(about.label)}: "
    return f"{none}{capital(str(best['policy']))} {told}{comma} against {name_of(str(best['baseline']))}{several}"


def text(study: Any) -> str:
    """Say what every policy changes, a paragraph each, and what the figures rest on."""
    rows = differences(study)
    told = list(_changes(rows)) if len(rows) else [f"{headline(study)}.", *_levels(study)]
    return "\n".join([*told, basis(study)])


def basis(study: Any) -> str:
    """Say how many replications of how long there are, and what the intervals are."""
    made = study.manifest
    scenario = made["scenario"]
    years = scenario.get("years") if isinstance(scenario, dict) else None
    pairs = "paired " if len(differences(study)) else ""
    count = counted(made["finished"], f"{pairs}replication")
    of = f" of {counted(years, 'year')}" if years else ""
    stopped = "" if made["finished"] == made["planned"] else f", {made['planned']:,} planned"
    interval = "95 % intervals" if made["finished"] > 1 else "one replication has no interval"
    return f"{count}{of}{stopped}, seed {made['seed']}; {interval}."


def watched(study: Any) -> str:
    """Return the measure that a headline is about."""
    names = list(dict.fromkeys(study.replications["measure"]))
    return next((name for name in (WATCHED, *names) if name in names and name in CATALOGUE), names[0])


def differences(study: Any) -> pd.DataFrame:
    """Return the paired differences over the whole period; empty where nothing is compared or pairs are missing."""
    frame = study.replications
    frame = frame[frame["period"] == "all"]
    try:
        return statistics.paired_differences(frame, study.baseline)
    except statistics.UnpairedError:
        return frame.iloc[:0]


def name_of(baseline: str) -> str:
    """Return what the baseline is called: the shipped one means no policy."""
    return NO_POLICY if baseline == BASELINE else baseline


def _change(row: pd.Series, about: Measure) -> str:
    """Say what a policy does to a measure, with the interval."""
    mean, low, high = (float(row[f"{name}_difference"]) for name in ("mean", "ci_low", "ci_high"))
    return change(lower(about.label), mean, low, high, about.unit)


def _changes(rows: pd.DataFrame) -> Iterator[str]:
    for (scenario, policy), found in rows.groupby(["scenario", "policy"], sort=False):
        where = f"{scenario}, " if len(set(rows["scenario"])) > 1 else ""
        yield f"{where}{verdict(found.set_index('measure', drop=False), str(policy))}"


def _level(study: Any, measure: str) -> str:
    means = study.means()
    row = means[(means["measure"] == measure) & (means["period"] == "all")].iloc[0]
    about = CATALOGUE.get(measure)
    label, unit = (about.label, about.unit) if about else (measure, "")
    interval = span(row["ci_low"], row["ci_high"], unit)
    told = f" ({interval})" if np.isfinite(row["ci_low"]) else " (one replication, no interval)"
    return f"{row['scenario']}, {name_of(str(row['policy']))}: {lower(label)} {number(row['mean'], unit)}{told}"


def _levels(study: Any) -> Iterator[str]:
    means = study.means()
    means = means[means["period"] == "all"]
    for (scenario, policy), found in means.groupby(["scenario", "policy"], sort=False):
        rows = found.set_index("measure")
        names = [name for name in TOLD if name in rows.index and np.isfinite(rows["mean"][name])]
        told = [
            f"{lower(named(name).label)} {number(rows['mean'][name], named(name).unit)} "
            f"({span(rows['ci_low'][name], rows['ci_high'][name], named(name).unit)})"
            for name in names
        ]
        if told:
            yield f"{scenario}, {name_of(str(policy))}: {'; '.join(told)}."
