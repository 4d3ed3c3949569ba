"""From a question to its futures: what can be run is run, and what cannot be is written down with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.outcomes.results import describe
from sim.studies.futures.error import FuturesError
from sim.studies.futures.result import RUN_COLUMNS, Futures
from sim.studies.futures.runs import Source
from sim.studies.futures.terms import FEWEST_REPLICATIONS, Terms

if TYPE_CHECKING:
    import pandas as pd


def explore(terms: Terms, source: Source) -> Futures:
    """Have the figures of all futures that can be, and put them together.

    Raises
    ------
    FuturesError : no future can be run, or none has the figures by which policies are judged.
    KeyboardInterrupt : it was stopped before two replications of everything were finished.
    """
    refused = source.refused()
    able = [name for name in terms.design.futures if name not in refused]
    _refuse_none(able, refused, "can be run", "narrow the ranges, or sample fewer parameters")
    figures, finished = _complete(source.figures(able), able, terms)
    refused |= _undefined(figures, terms)
    kept = [name for name in able if name not in refused]
    _refuse_none(kept, refused, "can be judged", "run longer, or judge by another measure")
    futures = terms.design.points.assign(
        feasible=[name not in refused for name in terms.design.futures],
        why=[refused.get(name, "") for name in terms.design.futures],
    )
    runs = figures[figures["future"].isin(kept)][list(RUN_COLUMNS)].reset_index(drop=True)
    return Futures(terms.design, futures.reset_index(), runs, terms.constraints, _manifest(terms, finished, len(kept)))


def _refuse_none(able: Sequence[str], refused: Mapping[str, str], what: str, fix: str) -> None:
    if not able:
        name, reason = next(iter(refused.items()))
        raise FuturesError(f"none of the {len(refused)} futures {what}: {name}: {reason.removesuffix('.')}; {fix}.")


def _complete(figures: pd.DataFrame, able: Sequence[str], terms: Terms) -> tuple[pd.DataFrame, int]:
    """Return the replications that every future has under every policy, and how many these are."""
    first = figures[figures["measure"] == terms.measure]
    counts = first.groupby("replication").size()
    whole = counts[counts == len(able) * len(terms.subject.policies)].index
    if len(whole) < FEWEST_REPLICATIONS:
        raise KeyboardInterrupt
    return figures[figures["replication"].isin(whole)], len(whole)


def _undefined(figures: pd.DataFrame, terms: Terms) -> dict[str, str]:
    """Futures in which a figure is undefined by which policies are judged."""
    missing = figures[figures["value"].isna() & figures["measure"].isin(list(terms.needed))]
    return {
        str(row["future"]): f"{row['measure']} is undefined under {row['policy']}, replication {row['replication']}."
        for _, row in missing.drop_duplicates("future").iterrows()
    }


def _manifest(terms: Terms, finished: int, kept: int) -> Mapping[str, Any]:
    about = terms.subject
    return describe(
        scenario=about.scenario.to_dict(),
        seed=about.scenario.seed,
        reading=", ".join(about.readings),
        baseline=about.baseline,
        planned=terms.replications,
        finished=finished,
    ) | {
        "years": about.scenario.years,
        "measure": terms.measure,
        "better": "lower" if terms.goal.sign < 0 else "higher",
        "measures": list(terms.measures),
        "constraints": [condition.text for condition in terms.constraints],
        "policies": {
            name: [part.to_dict() for part in policy.parts] if policy else [] for name, policy in about.policies.items()
        },
        "uncertainties": {one.name: [one.low, one.high] for one in about.uncertainties},
        "levers": {one.name: [one.low, one.high] for one in about.levers},
        "futures": len(terms.design.points),
        "feasible": kept,
    }
