"""What is asked: policies, what is sampled, and by which figures policies are judged; checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.errors import unknown
from sim.inputs import evidence
from sim.inputs import uncertainties as ranges
from sim.inputs.policies import Bundle, Policy
from sim.inputs.scenario import Scenario
from sim.inputs.uncertainties import Range
from sim.outcomes.measures import CATALOGUE
from sim.running.experiment import BASELINE, NO_POLICY, AnyPolicy, AnyScenario
from sim.studies.futures.condition import Condition, conditions
from sim.studies.futures.design import Design, draw
from sim.studies.futures.error import FuturesError
from sim.studies.futures.levers import Policies, label, levers

Readings = Sequence[str] | Literal["all"] | None
Ranges = Mapping[str, tuple[float, float]]
FEWEST_REPLICATIONS = 2
"""One replication does not say how much of a difference is chance."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Policies in a scenario, and all that may differ between its futures.

    Parameters
    ----------
    policies : by label, the baseline first; None is no policy.
    uncertainties, levers, readings : as in `Design`.
    """

    scenario: Scenario
    policies: Policies
    uncertainties: tuple[Range, ...]
    levers: tuple[Range, ...]
    readings: tuple[str, ...]

    @property
    def baseline(self) -> str:
        """Label of what every policy is compared with."""
        return next(iter(self.policies))


@dataclass(frozen=True, eq=False)
class Asked:
    """What is run, and how it is judged.

    Parameters
    ----------
    measure : policies are best by it.
    measures : all that are kept, ``measure`` first.
    conditions : what a policy should meet.
    """

    subject: Subject
    design: Design
    measure: str
    measures: tuple[str, ...]
    conditions: tuple[Condition, ...]
    replications: int

    @property
    def needed(self) -> tuple[str, ...]:
        """Measures that every future must have, because policies are judged by them."""
        return tuple(dict.fromkeys([self.measure, *(condition.measure for condition in self.conditions)]))


def ask(
    scenario: AnyScenario,
    policies: Sequence[AnyPolicy | None],
    *,
    uncertainties: Sequence[str] | None = None,
    ranges: Ranges | None = None,
    readings: Readings = "all",
    levers: Ranges | None = None,
    futures: int = 200,
    measure: str = "profit_a_year",
    measures: Sequence[str] = (),
    satisfice: str | Sequence[str] | None = None,
    replications: int = 4,
    baseline: AnyPolicy | str | None = None,
    years: float | None = None,
    seed: int | None = None,
) -> Asked:
    """Check what is asked for and draw the futures; the parameters are those of `sim.futures`.

    Raises
    ------
    As `sim.futures`.
    """
    judged = _measures(measure, measures)
    wanted = conditions(satisfice, measure)
    kept = tuple(dict.fromkeys([*judged, *(condition.measure for condition in wanted)]))
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    about = subject(scenario, policies, uncertainties, ranges, readings, levers, baseline, changes)
    if len(about.policies) < 2:
        raise FuturesError("there is no policy to compare with the baseline; give one, such as sim.Training().")
    whole_from("futures", futures, max(FEWEST_REPLICATIONS, len(about.readings)))
    whole_from("replications", replications, FEWEST_REPLICATIONS)
    design = draw(about.uncertainties, about.levers, about.readings, futures, about.scenario.seed)
    return Asked(about, design, measure, kept, wanted, replications)


def subject(
    scenario: AnyScenario,
    policies: Sequence[AnyPolicy | None],
    uncertainties: Sequence[str] | None,
    given: Ranges | None,
    readings: Readings,
    sampled: Ranges | None,
    baseline: AnyPolicy | str | None,
    changes: Mapping[str, float],
) -> Subject:
    """Check policies and what is sampled."""
    base = (scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)).change(**changes)
    labelled = _labelled(policies, baseline)
    chosen = levers(sampled or {}, labelled)
    if isinstance(uncertainties, str):
        raise FuturesError(f"uncertainties is one text, {uncertainties!r}, not a list; write [{uncertainties!r}].")
    found = ranges.ranges(base, uncertainties, given, [policy for policy in labelled.values() if policy is not None])
    believed = _readings(readings, base)
    if not found and not chosen and len(believed) < 2:
        raise FuturesError("nothing differs between the futures; name an uncertainty, a lever or several readings.")
    return Subject(base, _relabelled(labelled, chosen), tuple(found), chosen, believed)


# -- policies ------------------------------------------------------------------------------------------------------


def _labelled(policies: Sequence[AnyPolicy | None], baseline: AnyPolicy | str | None) -> dict[str, AnyPolicy | None]:
    if isinstance(policies, Policy | Bundle | str):
        raise FuturesError("policies is one policy, not a list; write policies=[...].")
    reference = _reference(policies, baseline)
    chosen = [reference, *(policy for policy in policies if policy != reference)]
    none = BASELINE if reference is None else NO_POLICY
    labels = [none if policy is None else policy.label for policy in chosen]
    _refuse_twice(labels)
    return dict(zip(labels, chosen, strict=True))


def _reference(policies: Sequence[AnyPolicy | None], baseline: AnyPolicy | str | None) -> AnyPolicy | None:
    if not isinstance(baseline, str):
        return baseline
    known = {policy.label: policy for policy in policies if policy is not None}
    if baseline not in (*known, BASELINE):
        raise FuturesError(unknown("policy", baseline, [*known, BASELINE]))
    return known.get(baseline)


def _relabelled(policies: Policies, sampled: Sequence[Range]) -> dict[str, AnyPolicy | None]:
    """Name policies with sampled settings by the ranges of these."""
    if not sampled:
        return dict(policies)
    labels = [name if policy is None else label(policy, sampled) for name, policy in policies.items()]
    _refuse_twice(labels)
    return dict(zip(labels, policies.values(), strict=True))


def _refuse_twice(labels: Sequence[str]) -> None:
    twice = sorted({name for name in labels if labels.count(name) > 1})
    if twice:
        raise FuturesError(f"the policy {twice[0]!r} stands twice; leave one out, or give a bundle with a title.")


# -- what is sampled and judged ------------------------------------------------------------------------------------


def _readings(asked: Readings, scenario: Scenario) -> tuple[str, ...]:
    if asked is None:
        return (scenario.reading,)
    known = list(evidence.readings())
    if asked == "all":
        return tuple(known)
    if isinstance(asked, str):
        raise FuturesError(f'readings = {asked!r} is one word, not a list; write [{asked!r}], or "all".')
    for name in asked:
        if name not in known:
            raise FuturesError(unknown("reading", name, known))
    if not asked or len(set(asked)) < len(asked):
        raise FuturesError(f"readings = {list(asked)} is empty or names one twice; name each once.")
    return tuple(asked)


def _measures(measure: str, others: Sequence[str]) -> Iterable[str]:
    if isinstance(others, str):
        raise FuturesError(f"measures is one text, {others!r}, not a list; write measures=[{others!r}].")
    for name in (measure, *others):
        if name not in CATALOGUE:
            raise FuturesError(unknown("measure", name, CATALOGUE))
    if CATALOGUE[measure].better == "none":
        raise FuturesError(f"neither more nor less of {measure} is better, so no policy is best by it; name another.")
    return (measure, *others)


def whole_from(what: str, value: object, least: int) -> None:
    """Refuse what is no whole number from the least on."""
    if type(value) is not int or value < least:  # True is an int too
        raise FuturesError(f"{what} = {value!r} is not a whole number from {least}; give one.")


def planned(asked: Asked, able: int) -> Mapping[str, int]:
    """Count what would be run, when so many futures can be."""
    return {
        "futures": len(asked.design.points),
        "feasible": able,
        "policies": len(asked.subject.policies),
        "replications": asked.replications,
        "runs": able * len(asked.subject.policies) * asked.replications,
    }
