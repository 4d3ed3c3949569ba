"""What is to be explained: a policy in a scenario, or in a study that was made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import InputError, whole_number
from sim.inputs.policies import Bundle, Policy, policy_from_dict
from sim.inputs.policies.written import AskedPolicy, as_policy
from sim.inputs.scenario import Scenario
from sim.outcomes.results import Study
from sim.running.experiment import AnyPolicy, AnyScenario

DEFAULT_REPLICATIONS = 10


class ExplanationError(InputError):
    """An explanation that cannot be given: the message says what is wrong and how to put it right."""


@dataclass(frozen=True)
class Subject:
    """A scenario, the policy whose effect is explained, what it is compared with, and how often both run.

    ``known`` has the figures of the study that it comes from, if it does.
    """

    scenario: Scenario
    policy: AnyPolicy
    baseline: AnyPolicy | None
    replications: int
    known: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        whole_number("replications", self.replications, 1, example=10, error=ExplanationError)
        if self.policy == self.baseline:
            raise ExplanationError(
                f"{self.policy.label!r} is the baseline itself, so it changes nothing; give another."
            )


def subject(
    study: Study | AnyScenario,
    policy: AskedPolicy | None,
    baseline: AskedPolicy | None,
    scenario: str | None,
    replications: int | None,
    changes: Mapping[str, float],
) -> Subject:
    """Find out what is to be explained; the parameters are those of `explain`, ``changes`` its years and seed."""
    if isinstance(study, str | Path) and Path(study).is_dir():
        study = Study.load(study)
    if isinstance(study, Study):
        if changes or baseline is not None:
            given = ", ".join([*changes, *(["baseline"] if baseline is not None else [])])
            raise ExplanationError(f"a study has its own {given}; leave that out, or give a scenario in its place.")
        return _of_study(study, policy, scenario, replications)
    if scenario is not None:
        raise ExplanationError("scenario= chooses one of a study's; leave it out where a scenario is given.")
    chosen = as_policy(policy)
    if chosen is None:
        raise ExplanationError("there is no policy to explain; give one, such as 'empowerment level=0.95'.")
    found = study if isinstance(study, Scenario) else Scenario.load(study)
    count = DEFAULT_REPLICATIONS if replications is None else replications
    return Subject(found.change(**changes), chosen, as_policy(baseline, "baseline"), count)


def _of_study(study: Study, policy: AnyPolicy | str | None, scenario: str | None, replications: int | None) -> Subject:
    name = _chosen("scenario", scenario, list(dict.fromkeys(study.replications["scenario"])))
    labels = [label for label in dict.fromkeys(study.replications["policy"]) if label != study.baseline]
    label = _chosen("policy", policy.label if isinstance(policy, Policy | Bundle) else policy, labels)
    content = study.manifest["scenario"]
    rows = study.replications
    several = len(rows["scenario"].unique()) > 1
    return Subject(
        Scenario.from_dict(content[name] if several else content, f"scenario {name} of the study"),
        policy if isinstance(policy, Policy | Bundle) else _policy(study, label),
        _policy(study, study.baseline) if study.manifest["policies"][study.baseline] else None,
        int(study.manifest["finished"]) if replications is None else replications,
        rows[(rows["scenario"] == name) & rows["policy"].isin([label, study.baseline])],
    )


def _chosen(what: str, name: str | None, known: Sequence[str]) -> str:
    """Return the name, or the only one there is."""
    if name is None and len(known) == 1:
        return known[0]
    if name is None or name not in known:
        listed = ", ".join(map(repr, known)) or "nothing but its baseline"
        asked = "which is to be explained?" if name is None else f"there is no {what} {name!r};"
        raise ExplanationError(f"{what}: {asked} The study has {listed}; give one of them as {what}=.")
    return name


def _policy(study: Study, label: str) -> AnyPolicy:
    """Build a policy of a study again."""
    tables: Sequence[dict[str, Any]] = study.manifest["policies"][label]
    where = f"policy {label} of the study"
    parts = tuple(part for table in tables for part in policy_from_dict(table, where).parts)
    return parts[0] if len(parts) == 1 and parts[0].label == label else Bundle(parts, title=label)
