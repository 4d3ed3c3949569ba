"""The model for the EMA Workbench (Kwakkel 2017), so that its users can drive it with their own tools."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from sim.errors import arguments, names, one_of, whole_number
from sim.inputs import uncertainties as believable
from sim.inputs.policies.written import AskedPolicy, SeveralPolicies
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, RENAMED
from sim.running.experiment import AnyPolicy, AnyScenario, compare
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace
from sim.studies.futures.design import READING
from sim.studies.futures.error import FuturesError
from sim.studies.futures.runs import at
from sim.studies.futures.sampled import with_settings
from sim.studies.futures.terms import Ranges, Readings, Subject, subject
from sim.studies.futures.workbench import workbench

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario

PLAN = "plan"
"""The lever that chooses the policy; a model of the workbench has a "policy" of its own."""
DIFFERENCE = "_difference"
KINDS = {"higher": "MAXIMIZE", "lower": "MINIMIZE", "none": "INFO"}


class InfeasibleWarning(UserWarning):
    """An experiment whose values contradict each other: its outcomes are NaN."""


@dataclass(frozen=True)
class Outcome:
    """A measure over the whole period, or its paired difference from the baseline."""

    name: str
    measure: str
    difference: bool


@dataclass(frozen=True, eq=False)
class Evaluate:
    """What the workbench calls: values in, outcomes out. It can be pickled.

    Parameters
    ----------
    levers : the name of each sampled setting in the workbench, and its own.
    """

    subject: Subject
    levers: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    replications: int
    running: Running

    def __call__(self, **chosen: Any) -> dict[str, float]:
        """Run one policy in one future; what is not given is as in the scenario, and under no other policy."""
        about = self.subject
        settings = {own: float(chosen[name]) for name, own in self.levers.items() if name in chosen}
        policies = [with_settings(about.policies[label], settings) for label in self._labels(chosen)]
        values = {one.name: float(chosen[one.name]) for one in about.uncertainties if one.name in chosen}
        scenario = at(about, values, str(chosen.get(READING, about.scenario.reading)), about.scenario.name)
        _, refused = believable.feasible([scenario], policies)
        if refused:
            warnings.warn(InfeasibleWarning(f"outcomes are NaN: {refused[scenario.name]}"), stacklevel=2)
            return dict.fromkeys((outcome.name for outcome in self.outcomes), nan)
        return self._outcomes(scenario, *policies)

    def _labels(self, chosen: Mapping[str, Any]) -> tuple[str, str]:
        """Labels of the baseline and of the plan."""
        return self.subject.baseline, str(chosen.get(PLAN, self.subject.baseline))

    def _outcomes(self, scenario: Scenario, baseline: AnyPolicy | None, policy: AnyPolicy | None) -> dict[str, float]:
        apart = any(outcome.difference for outcome in self.outcomes)
        others = [policy] if apart and policy != baseline else []
        reference = baseline if apart else policy
        study = compare(scenario, others, baseline=reference, replications=self.replications, **self.running.settings())
        frame = study.replications
        frame = frame[(frame["period"] == "all") & frame["measure"].isin([one.measure for one in self.outcomes])]
        label = study.baseline if not others else next(name for name in frame["policy"] if name != study.baseline)
        means = statistics.summarise(frame).set_index(["policy", "measure"])["mean"]
        differences = _differences(frame, study.baseline) if others else {}
        return {
            one.name: differences.get(one.measure, 0.0) if one.difference else float(means[label, one.measure])
            for one in self.outcomes
        }


def _differences(frame: Any, baseline: str) -> dict[str, float]:
    found = statistics.paired_differences(frame, baseline)
    return {str(row["measure"]): float(row["mean_difference"]) for _, row in found.iterrows()}


@arguments("sim.to_ema")
def to_ema(
    scenario: AnyScenario,
    policies: SeveralPolicies = (),
    *,
    uncertainties: Sequence[str] | None = None,
    ranges: Ranges | None = None,
    readings: Readings = "all",
    levers: Sequence[str] = (),
    outcomes: Sequence[str] = ("profit_a_year",),
    replications: int = 4,
    baseline: AskedPolicy | None = None,
    years: float | None = None,
    seed: int | None = None,
    name: str = "cxsim",
    engine: Engine = "auto",
    workers: int | None = 1,
    progress: AnyProgress = False,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Any:
    """Return a model for the EMA Workbench: for its samplers, evaluators, optimisation and analysis.

    Every experiment runs one policy in one future, `replications` times with the same random numbers as any other, and
    its outcomes are the means: the same numbers as `sim.compare` gives, bit for bit. Values that contradict each other
    give NaN and an `InfeasibleWarning`.

    Parameters
    ----------
    scenario, uncertainties, ranges, readings, levers, baseline, years, seed : as in `sim.futures`. The lever
        "empowerment level=0:1" is called "empowerment_level"; the reading is the uncertainty "reading".
    policies : the categories of the lever "plan", the baseline's label being the first; without any there is no such
        lever.
    outcomes : measures; with "_difference" after the name, the paired difference from the baseline, which is then run
        too. What is better higher is maximised, what is better lower is minimised.
    name : of the model: letters and digits.
    engine, progress, store, cluster : as in `sim.run`.
    workers : one unless given, because evaluators of the workbench run many experiments at a time.

    Raises
    ------
    FuturesError : for what cannot be asked, or when the EMA Workbench is not installed.

    Examples
    --------
    >>> import sim
    >>> model = sim.to_ema("small_company", [sim.Training()], uncertainties=["price"], outcomes=["churn"])
    >>> [one.name for one in model.uncertainties], [one.name for one in model.levers]
    (['price', 'reading'], ['plan'])
    """
    ema = workbench()
    found = tuple(_outcome(text) for text in _texts(outcomes))
    whole_number("replications", replications, 1, error=FuturesError)
    changes = {key: value for key, value in (("years", years), ("seed", seed)) if value is not None}
    about = subject(scenario, policies, uncertainties, ranges, readings, levers, baseline, changes)
    keys = {re.sub(r"\W", "_", one.name): one.name for one in about.levers}
    how = Running(engine, workers, progress, store, cluster)
    return _model(ema, name, Evaluate(about, keys, found, replications, how))


def _model(ema: Any, name: str, evaluate: Evaluate) -> Any:
    from sim.studies.futures.ema_model import CompanyModel

    if not name.isalnum():
        raise FuturesError(f"name = {name!r} has more than letters and digits, which is all the workbench takes.")
    about = evaluate.subject
    model = CompanyModel(name, function=evaluate)
    model.uncertainties = [
        (ema.IntegerParameter if one.whole else ema.RealParameter)(one.name, *_ends(one)) for one in about.uncertainties
    ] + ([ema.CategoricalParameter(READING, list(about.readings))] if len(about.readings) > 1 else [])
    model.levers = [
        ema.RealParameter(key, *_ends(one)) for key, one in zip(evaluate.levers, about.levers, strict=True)
    ] + ([ema.CategoricalParameter(PLAN, list(about.policies))] if len(about.policies) > 1 else [])
    model.outcomes = [
        ema.ScalarOutcome(one.name, kind=getattr(ema.ScalarOutcome, KINDS[CATALOGUE[one.measure].better]))
        for one in evaluate.outcomes
    ]
    return model


def _ends(one: believable.Range) -> tuple[float, float]:
    return (int(one.low), int(one.high)) if one.whole else (one.low, one.high)


def _texts(outcomes: Sequence[str]) -> Sequence[str]:
    outcomes = names("outcomes", outcomes, error=FuturesError)
    if not outcomes or len(set(outcomes)) < len(outcomes):
        raise FuturesError(f"outcomes = {list(outcomes)} is empty or names one twice; name each once.")
    return outcomes


def _outcome(text: str) -> Outcome:
    measure = text if text in CATALOGUE else text.removesuffix(DIFFERENCE)
    return Outcome(text, one_of("measure", measure, CATALOGUE, renamed=RENAMED, error=FuturesError), measure != text)
