"""What ``cxsim run``, ``compare`` and ``runs show`` print alike: the main measures, and what intervals rest on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim import wording
from sim.cli import arguments, output, tables

if TYPE_CHECKING:
    import pandas as pd

    from sim.cli.options import Saving
    from sim.outcomes.results import Study
    from sim.running.experiment import Series

BOARD = (
    "service_level",
    "asa_s",
    "abandonment",
    "fcr",
    "escalation_rate",
    "resolution_hours",
    "promises_kept",
    "csat",
    "nps",
    "retention_12m",
    "churn",
    "customers_end",
    "joined_by_wom",
    "told_good",
    "told_bad",
    "agent_turnover",
    "revenue",
    "cost",
    "profit",
    "return_on_sales",
)
"""Measures of the printed tables; the saved files have all."""


def check_folder(saving: Saving) -> None:
    """Refuse a folder in which a study could not be saved, before a long run."""
    from sim.outcomes.results import Study

    arguments.check_folder(saving.out, saving.overwrite, Study.check_folder)


def estimate(
    series: Series, replications: int | None, precision: list[str] | None, max_replications: int | None
) -> int:
    """Print what a study would take; with a precision, at its first look and at its last."""
    for size, forecast in series.foresee_study(replications, precision, max_replications).items():
        tables.say(f"{wording.counted(size, 'replication')}: {forecast.text()}")
    return 0


def finish(study: Study, saving: Saving) -> int:
    """Save the study and its charts; return the exit status."""
    output.warn(sentence for sentences in study.manifest["outside_range"].values() for sentence in sentences)
    output.keep(study, saving)
    return output.finished(study.manifest)


def shown(frame: pd.DataFrame, all_measures: bool) -> list[str]:
    """Return the measures that are printed, in their order."""
    known = list(dict.fromkeys(frame["measure"]))
    return known if all_measures else [name for name in BOARD if name in known]


def title(study: Study, scenario: str, policy: str) -> str:
    """Name a table."""
    against = "" if policy == study.baseline else f" against {study.baseline}"
    return f"{scenario}: {policy}{against}"


def print_basis(study: Study) -> None:
    """Print what the intervals rest on, and which money limit a level of empowerment implies."""
    finished, years, seed = (study.manifest[key] for key in ("finished", "years", "seed"))
    pairs = "" if set(study.replications["policy"]) == {study.baseline} else "paired "
    runs = wording.counted(finished, f"{pairs}replication")
    text = f"{runs} of {wording.counted(years, 'year')}, seed {seed}."
    if finished == 1:
        text += " One replication has no interval: give --replications 10."
    tables.note(text)
    _print_looks(study)
    where: dict[str, list[str]] = {}
    for entry in study.manifest["authority"]:
        where.setdefault(_limits_in_words(entry), []).append(f"{entry['scenario']}, {entry['policy']}")
    for words, cells in where.items():
        begin = f"{'; '.join(cells)}: agents" if len(where) > 1 else "Agents"
        tables.note(f"{begin} decide alone {words}.")


def _print_looks(study: Study) -> None:
    """Print the half-widths at each look: the widest of all policies."""
    from sim.outcomes.measures import CATALOGUE

    told = study.manifest.get("precision")
    if told is None:
        return
    widest: dict[tuple[int, str], dict[str, Any]] = {}
    for look in told["looks"]:
        held = widest.setdefault((look["replications"], look["measure"]), look)
        if (look["half_width"] or math.inf) > (held["half_width"] or math.inf):
            widest[look["replications"], look["measure"]] = look
    rows = [
        (
            str(size),
            CATALOGUE[measure].label,
            look["policy"],
            *(_half(look[name], CATALOGUE[measure].unit) for name in ("half_width", "wanted")),
            "yes" if look["reached"] else "no",
        )
        for (size, measure), look in widest.items()
    ]
    columns = ("replications", "measure", "widest for", "half-width", "target", "reached")
    tables.show("Precision at each look", columns, rows, right=("replications", "half-width", "target"))
    if not told["reached"]:
        runs = wording.counted(study.manifest["finished"], "replication")
        tables.note(f"The precision was not reached with {runs}; raise --max-replications.")


def _half(value: float | None, unit: str) -> str:
    """Write a half-width: of a share in points, with what a planner needs to tell 0.05 from 0.14."""
    if value is None:
        return tables.UNDEFINED
    return f"{value * wording.PER_CENT:.3f} points" if unit in wording.SHARES else tables.number(value, unit)


def _limits_in_words(entry: dict[str, Any]) -> str:
    limits = {segment: limit_in_words(about) for segment, about in entry["segments"].items()}
    same = len(set(limits.values())) == 1
    return next(iter(limits.values())) if same else "; ".join(f"{s}: {w}" for s, w in limits.items())


def limit_in_words(about: dict[str, object]) -> str:
    """Words for an entry of `sim.running.experiment.money_limits`."""
    level = float(about["level"])  # type: ignore[arg-type]
    if about["form"] == "share":
        return f"a random {level:.0%} of the cases that need authority"
    limit = about["limit"]
    upto = "whatever the amount" if limit == "none" else f"up to {limit:,.2f}"
    return f"{upto} ({level:.0%} of the cases that need authority)"
