"""What is asked: policies, what is sampled, and by which figures policies are judged; checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.errors import names, one_of, repeated, whole_number
from sim.inputs import evidence
from sim.inputs import uncertainties as ranges
from sim.inputs.policies.written import AskedPolicy, SeveralPolicies, as_baseline, as_policies
from sim.inputs.scenario import Scenario
from sim.inputs.uncertainties import Range
from sim.outcomes.measures import CATALOGUE, RENAMED
from sim.running.experiment import BASELINE, NO_POLICY, AnyPolicy, AnyScenario
from sim.studies.condition import AT_LEAST, AT_MOST, Condition, read_conditions
from sim.studies.futures.design import Design, draw
from sim.studies.futures.error import FuturesError
from sim.studies.futures.sampled import Policies, label, sampled
from sim.studies.goal import Goal, goal

Readings = Sequence[str] | Literal["all"] | None
Ranges = Mapping[str, tuple[float, float]]
FEWEST_REPLICATIONS = 2
"""One replication does not say how much of a difference is chance."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Policies in a scenario, and all that may differ between its futures.

    Parameters
    ----------
    policies : by label, the baseline first; None means no policy.
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
class Terms:
    """What is run, and how it is judged.

    Parameters
    ----------
    goal : what policies are ranked by.
    measures : all that are kept, that of the goal first.
    constraints : what a policy should meet.
    """

    subject: Subject
    design: Design
    goal: Goal
    measures: tuple[str, ...]
    constraints: tuple[Condition, ...]
    replications: int

    @property
    def measure(self) -> str:
        """The measure that policies are ranked by."""
        return self.goal.measure

    @property
    def needed(self) -> tuple[str, ...]:
        """Measures that every future must have, because policies are judged by them."""
        return tuple(dict.fromkeys([self.measure, *(condition.measure for condition in self.constraints)]))


def read_terms(
    scenario: AnyScenario,
    policies: SeveralPolicies,
    *,
    uncertainties: Sequence[str] | None = None,
    ranges: Ranges | None = None,
    readings: Readings = "all",
    levers: Sequence[str] = (),
    futures: int = 200,
    measure: str = "profit_a_year",
    measures: Sequence[str] = (),
    constraints: Sequence[str | Condition] | None = None,
    replications: int = 4,
    baseline: AskedPolicy | None = None,
    years: float | None = None,
    seed: int | None = None,
) -> Terms:
    """Check what is asked for and draw the futures; the parameters are those of `sim.futures`.

    Raises
    ------
    As `sim.futures`.
    """
    ranked = goal(measure)
    judged = (ranked.measure, *_measures(measures))
    wanted = _wanted(constraints, ranked)
    kept = tuple(dict.fromkeys([*judged, *(condition.measure for condition in wanted)]))
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    about = subject(scenario, policies, uncertainties, ranges, readings, levers, baseline, changes)
    if len(about.policies) < 2:
        raise FuturesError("there is no policy to compare with the baseline; give one, such as sim.Training().")
    whole_number("futures", futures, max(FEWEST_REPLICATIONS, len(about.readings)), error=FuturesError)
    whole_number("replications", replications, FEWEST_REPLICATIONS, error=FuturesError)
    design = draw(about.uncertainties, about.levers, about.readings, futures, about.scenario.seed)
    return Terms(about, design, ranked, kept, wanted, replications)


def subject(
    scenario: AnyScenario,
    policies: SeveralPolicies,
    uncertainties: Sequence[str] | None,
    given: Ranges | None,
    readings: Readings,
    levers: Sequence[str],
    baseline: AskedPolicy | None,
    changes: Mapping[str, float],
) -> Subject:
    """Check policies and what is sampled."""
    base = (scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)).change(**changes)
    labelled = _labelled(policies, baseline)
    chosen = sampled(levers, labelled)
    wanted = None if uncertainties is None else names("uncertainties", uncertainties, error=FuturesError)
    found = ranges.ranges(base, wanted, given, [policy for policy in labelled.values() if policy is not None])
    believed = _readings(readings, base)
    if not found and not chosen and len(believed) < 2:
        raise FuturesError("nothing differs between the futures; name an uncertainty, a lever or several readings.")
    return Subject(base, _relabelled(labelled, chosen), tuple(found), chosen, believed)


# -- policies ------------------------------------------------------------------------------------------------------


def _labelled(policies: SeveralPolicies, baseline: AskedPolicy | None) -> dict[str, AnyPolicy | None]:
    compared = as_policies(policies)
    reference = as_baseline(baseline, compared)
    chosen = [reference, *(policy for policy in compared if policy != reference)]
    none = BASELINE if reference is None else NO_POLICY
    labels = [none if policy is None else policy.label for policy in chosen]
    repeated("policy", labels, error=FuturesError)
    return dict(zip(labels, chosen, strict=True))


def _relabelled(policies: Policies, levers: Sequence[Range]) -> dict[str, AnyPolicy | None]:
    """Name policies with sampled settings by the ranges of these."""
    if not levers:
        return dict(policies)
    labels = [name if policy is None else label(policy, levers) for name, policy in policies.items()]
    repeated("policy", labels, error=FuturesError)
    return dict(zip(labels, policies.values(), strict=True))


# -- what is sampled and judged ------------------------------------------------------------------------------------


def _readings(terms: Readings, scenario: Scenario) -> tuple[str, ...]:
    if terms is None:
        return (scenario.reading,)
    known = list(evidence.readings())
    if terms == "all":
        return tuple(known)
    found = [
        one_of("reading", name, known, error=FuturesError) for name in names("readings", terms, error=FuturesError)
    ]
    if not found:
        raise FuturesError("readings is empty; name one, or leave it out for all.")
    repeated("reading", found, error=FuturesError)
    return tuple(found)


def _measures(others: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        one_of("measure", name, CATALOGUE, renamed=RENAMED, error=FuturesError) for name in names("measures", others)
    )


def _wanted(given: Sequence[str | Condition] | None, ranked: Goal) -> tuple[Condition, ...]:
    """Read the conditions; that a policy is no worse than the baseline unless any is given."""
    if given is None:
        return (Condition(ranked.measure, AT_MOST if ranked.sign < 0 else AT_LEAST, 0.0, True),)
    found = read_conditions(given)
    if not found:
        raise FuturesError("constraints holds no condition; give one, or leave it out.")
    return found


def planned(terms: Terms, able: int) -> Mapping[str, int]:
    """Count what would be run, when so many futures can be."""
    return {
        "futures": len(terms.design.points),
        "feasible": able,
        "policies": len(terms.subject.policies),
        "replications": terms.replications,
        "runs": able * len(terms.subject.policies) * terms.replications,
    }
