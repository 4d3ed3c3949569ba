"""What matters? Which of the numbers that we do not know decide a measure, or what a policy is worth.

Every parameter has a range that its source supports (`sim.inputs.uncertainties`). A design places points within the
ranges, every point is run under the same random numbers, and what comes out is explained by the parameters:

    tornado  one at a time, from end to end of its range: readable, and blind to what parameters do together
    morris   steps all over the ranges: which of many matter at all, and which depend on the others
    sobol    shares of the variance, alone and with others: the whole picture, for some dozen parameters at most

What is explained is a level (profit a year), or the effect of a policy (what empowerment adds to it): then policy and
baseline meet in pairs at every point, and the question is what decides whether the policy pays.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sim.errors import arguments, whole_number
from sim.inputs import uncertainties as uncertain
from sim.inputs.policies.written import AskedPolicy, as_policy
from sim.inputs.scenario import Scenario
from sim.outcomes.interrupted import interruptible
from sim.outcomes.results import describe
from sim.running.experiment import AnyScenario, ExperimentError, Observer
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace
from sim.studies.sensitivity.design import Design, Infeasible
from sim.studies.sensitivity.model import Company, Model, Point, distinct
from sim.studies.sensitivity.morris import Morris
from sim.studies.sensitivity.result import Sensitivity
from sim.studies.sensitivity.sobol import Sobol, noise_share
from sim.studies.sensitivity.subject import (
    METHODS,
    SensitivityError,
    Subject,
    check_found,
    check_options,
    check_parameters,
    checked_ranges,
)
from sim.studies.sensitivity.tornado import Tornado
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.running.cost import Forecast

USUALLY = Running()
"""How runs are done unless somebody says otherwise."""

__all__ = [
    "METHODS", "Company", "Design", "Infeasible", "Method", "Model", "Morris", "Plan", "Point", "Sensitivity",
    "SensitivityError", "Sobol", "Subject", "Tornado", "plan", "sensitivity",
]  # fmt: skip

Method = Tornado | Morris | Sobol
MethodName = Literal["tornado", "morris", "sobol"]


@arguments("sim.sensitivity")
@interruptible
def sensitivity(
    scenario: AnyScenario,
    policy: AskedPolicy | None = None,
    *,
    method: MethodName = "tornado",
    measure: str = "profit_a_year",
    parameters: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    baseline: AskedPolicy | None = None,
    replications: int | None = None,
    trajectories: int | None = None,
    samples: int | None = None,
    second_order: bool = False,
    observe: Observer | None = None,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Sensitivity:
    """Say which parameters decide a measure, or what a policy changes of it.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    policy : whose effect is explained; the level of the measure when there is none.
    method : "tornado", "morris" or "sobol"; see `sim.sensitivity`.
    measure : of `sim.measures`, over all years.
    parameters : names of those that are moved; all that are uncertain unless given
        (`sim.inputs.uncertainties.is_uncertain`).
    ranges : (low, high) by name, in the parameter's unit, instead of what the parameter files state.
    baseline : what the policy is compared with, in place of nothing.
    replications : of every point; 10 for a tornado and 5 otherwise unless given. One has no interval.
    trajectories : of Morris (10): each has one point more than there are parameters.
    samples : base sample of Sobol (64), a power of two; each comes with one more point for every parameter, and one.
    second_order : whether Sobol looks at pairs too, with twice as many points.
    observe : as in `sim.compare`; what it notes can be the measure.
    years, seed : instead of the scenario's own.
    engine, workers, progress : as in `sim.run`.

    Returns
    -------
    A `Sensitivity`. After Ctrl-C it holds the replications that were finished at all points; when there is none,
    KeyboardInterrupt is raised again.

    Raises
    ------
    SensitivityError : for what cannot be asked. Others as `sim.compare`.

    Examples
    --------
    >>> import sim
    >>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    >>> found = sim.sensitivity(tiny, parameters=["price", "wage_agent"], replications=2, workers=1)
    >>> found.to_frame()["end"].tolist()
    ['low', 'high', 'low', 'high']
    """
    planned = plan(
        scenario, policy, method=method, measure=measure, parameters=parameters, ranges=ranges, baseline=baseline,
        replications=replications, trajectories=trajectories, samples=samples, second_order=second_order,
        observe=observe, years=years, seed=seed,
    )  # fmt: skip
    return planned.run(Running(engine, workers, progress, store, cluster))


def plan(
    scenario: AnyScenario,
    policy: AskedPolicy | None = None,
    *,
    method: MethodName = "tornado",
    measure: str = "profit_a_year",
    parameters: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    baseline: AskedPolicy | None = None,
    replications: int | None = None,
    trajectories: int | None = None,
    samples: int | None = None,
    second_order: bool = False,
    observe: Observer | None = None,
    years: float | None = None,
    seed: int | None = None,
) -> Plan:
    """Say what `sensitivity` would run, without running it; parameters and errors as there."""
    check_options(method, trajectories=trajectories, samples=samples, second_order=second_order)
    check_parameters(parameters)
    given = checked_ranges(parameters, ranges or {})
    subject = Subject(_scenario(scenario, years, seed), measure, as_policy(policy), as_policy(baseline), observe)
    subject.check()
    found = uncertain.ranges(subject.scenario, parameters, given, subject.policies)
    check_found(found)
    chosen = _method(method, subject.scenario.seed + 1, trajectories, samples, second_order)
    return Plan(chosen, found, Company(subject), _count(replications, chosen), _about(subject))


@dataclass(frozen=True)
class Plan:
    """What is run, and what becomes of it.

    Parameters
    ----------
    method : places the points, and sums up their values.
    found : ranges of the parameters.
    model : what is studied.
    replications : of every point.
    about : what the result is about, as plain data: its "measure", and what else the manifest says.
    """

    method: Method
    found: Sequence[uncertain.Range]
    model: Model
    replications: int
    about: Mapping[str, Any]
    design: Design = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "design", self.method.design(self.found, self.model))

    @property
    def points(self) -> int:
        """How many different points are run."""
        return distinct(self.design.points)

    @property
    def runs(self) -> int:
        """How many runs that is: a policy's effect needs two at every point and replication."""
        return self.points * self.model.arms * self.replications

    def text(self) -> str:
        """Say in one line what is run."""
        count = len(self.found)
        pairs = " x 2 (with and without the policy)" if self.model.arms > 1 else ""
        return (
            f"{self.method.name} of {counted(count, 'parameter')}: {self.points:,} points{pairs} x "
            f"{counted(self.replications, 'replication')} = {self.runs:,} runs."
        )

    def foresee(self, running: Running = USUALLY) -> Forecast:
        """Say what `run` would take: runs, time, memory and disk."""
        return self.model.foresee(self.design.points, self.replications, running)

    def run(self, running: Running = USUALLY) -> Sensitivity:
        """Run it; returns and errors as `sensitivity`."""
        started = time.monotonic()
        values, made = self.model.values(self.design.points, self.replications, running)
        finished = values.shape[1]
        if finished < self.replications:
            sys.stderr.write(
                f"cxsim: stopped; {finished} of {self.replications} replications are finished at all points and kept.\n"
            )
        figures = {"finished": finished, "wall_seconds": time.monotonic() - started}
        return self._result(values, self._manifest() | made | figures)

    def _result(self, values: pd.DataFrame, manifest: dict[str, Any]) -> Sensitivity:
        import pandas as pd

        frame = self.method.analyse(self.design, values)
        turns = pd.DataFrame()
        if isinstance(self.method, Tornado):
            turns = self.method.turns(self.design, values, frame)
        if isinstance(self.method, Sobol):
            manifest["noise_share"] = noise_share(self.design, values)
        return Sensitivity(frame, turns, values, self.design, manifest)

    def _manifest(self) -> dict[str, Any]:
        return dict(self.about) | {
            "planned": self.replications,
            "method": self.method.name,
            "options": dict(vars(self.method)),
            "ranges": [vars(one) for one in self.found],
            "points": self.points,
            "runs": self.runs,
            "replaced": self.design.replaced,
            "infeasible": [vars(one) for one in self.design.infeasible],
        }


def _scenario(scenario: AnyScenario, years: float | None, seed: int | None) -> Scenario:
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    return (scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)).change(**changes)


def _method(name: str, seed: int, trajectories: int | None, samples: int | None, second_order: bool) -> Method:
    if name == Morris.name:
        return Morris(seed=seed) if trajectories is None else Morris(trajectories, seed)
    if name == Sobol.name:
        return Sobol(second_order=second_order, seed=seed) if samples is None else Sobol(samples, second_order, seed)
    return Tornado()


def _count(replications: int | None, method: Method) -> int:
    count = method.replications if replications is None else replications
    return whole_number("replications", count, 1, example=10, error=ExperimentError)


def _about(subject: Subject) -> dict[str, Any]:
    scenario = subject.scenario
    basis = describe(
        scenario=scenario.to_dict(), seed=scenario.seed, reading=scenario.reading, baseline="", planned=0, finished=0
    )
    return basis | {
        "measure": subject.measure,
        "policy": None if subject.policy is None else subject.policy.label,
        "parts": [] if subject.policy is None else [part.to_dict() for part in subject.policy.parts],
        "years": scenario.years,
        "warm_up": scenario.warm_up,
        "outside_range": list(scenario.outside()),
    }
