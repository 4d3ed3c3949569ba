"""The audit: every statistic of the five documents beside what the model shows, with an interval and a verdict.

What went into the model must come back out of its own steps (sim/checks/audit/probes.py), and the population's figure
stands beside it; everything else is what the model happens to do, whatever that is. Nothing is tuned to agree: a
verdict is computed from the published figure and the model's interval (sim/checks/audit/verdict.py).

``audit(scenario)`` runs it; ``cxsim audit`` prints it; sim/checks/audit/checks.py lists which figure answers which
claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pandas as pd

from sim.checks.audit.checks import Check, checks
from sim.checks.audit.replication import PARTS, AuditError, AuditReplicationError, Sample, replicate_all
from sim.checks.audit.result import Audit, Row, judged
from sim.checks.audit.verdict import Verdict, judge
from sim.engines import Engine
from sim.errors import hint, whole_number
from sim.inputs.scenario import Scenario
from sim.outcomes.interrupted import interruptible
from sim.outcomes.results import describe
from sim.progress import Report

__all__ = [
    "Audit", "AuditError", "AuditReplicationError", "Check", "Row", "Verdict", "audit", "checks",
    "judge",
]  # fmt: skip

REPLICATIONS, QUICK_REPLICATIONS = 12, 4
QUICK_SCENARIO, QUICK_YEARS = "small_company", 2.0
PEOPLE = 1_000
"""Reference customers, tellers and contacts that are probed in each replication."""


@interruptible
def audit(
    scenario: Scenario | str | Path | None = None,
    *,
    quick: bool = False,
    replications: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    claims: Sequence[str] = (),
    engine: Engine = "auto",
    workers: int | None = None,
    progress: bool | Report | None = None,
) -> Audit:
    """Set the documents' statistics beside what the model shows.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file; the default company unless given.
    quick : a first look, under a minute: the small company, two years, four replications, unless given.
    replications : independent repetitions; the intervals are over them.
    years, seed : instead of the scenario's own.
    claims : ids of the claims that are audited (``cxsim evidence``); all unless given.
    engine, workers, progress : as in `sim.run`.

    After Ctrl-C it holds the replications that were finished ("planned", "finished" in its manifest), if there are any.

    Raises
    ------
    AuditError, ScenarioError, MemoryForeseenError : before anything is run.
    AuditReplicationError : when a replication fails.
    """
    started = monotonic()
    chosen = _settle(scenario, quick, years, seed)
    planned = _number(replications, QUICK_REPLICATIONS if quick else REPLICATIONS)
    wanted = _wanted(checks(chosen), claims)
    parts = tuple(name for name in PARTS if name in {check.part for check in wanted})
    sample = replicate_all(chosen, parts, planned, PEOPLE, engine, workers, progress)
    manifest = describe(
        scenario=chosen.to_dict(), seed=chosen.seed, reading=chosen.reading, baseline=chosen.name, planned=planned,
        finished=len(sample.finished),
    )  # fmt: skip
    about = {"engine": sample.engine, "years": chosen.years, "wall_seconds": monotonic() - started}
    return Audit(judged(wanted, sample), _figures(sample), manifest | about)


def _settle(scenario: Scenario | str | Path | None, quick: bool, years: float | None, seed: int | None) -> Scenario:
    name = scenario if scenario is not None else QUICK_SCENARIO if quick else "default"
    chosen = name if isinstance(name, Scenario) else Scenario.load(name)
    years = QUICK_YEARS if years is None and quick else years
    changes = {key: value for key, value in (("years", years), ("seed", seed)) if value is not None}
    return chosen.change(**changes)


def _number(replications: int | None, usual: int) -> int:
    if replications is None:
        return usual
    return whole_number("replications", replications, 1, example=usual, error=AuditError)


def _wanted(known: Sequence[Check], claims: Sequence[str]) -> list[Check]:
    ids = list(dict.fromkeys(check.claim for check in known))
    for claim in claims:
        if claim not in ids:
            raise AuditError(f"the audit has no claim {claim!r}; {hint(claim, ids)}")
    return [check for check in known if not claims or check.claim in claims]


def _figures(sample: Sample) -> pd.DataFrame:
    rows = [
        (replication, name, float(value))
        for name, values in sample.figures.items()
        for replication, value in zip(sample.finished, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["replication", "figure", "value"])
