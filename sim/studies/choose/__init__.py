"""Which policy is best? Ranking and selection with a stated probability of being right.

`choose` runs policies until the best is known with the probability asked for, and no longer: what is clearly beaten is
run no more. The parts: what is asked (`terms`), the figures so far (`figures`), who is out (`kim_nelson`,
`feasibility`), the contest itself, what is believed afterwards (`belief`, `returns`), the frontier of several measures
(`pareto`), and the sheet, the words and the files (`sheet`, `words`, `result`). `decide` is `choose` for figures from
anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.errors import arguments
from sim.inputs.policies.written import AskedPolicy, SeveralPolicies, as_policies
from sim.inputs.scenario import Scenario
from sim.outcomes.interrupted import interruptible
from sim.outcomes.results import Study, describe
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.running.experiment import AnyPolicy, AnyScenario, Observer, Series
from sim.running.options import AnyCluster, AnyProgress, Engine, StorePlace
from sim.studies.choose.figures import Recorded, Source, side_by_side
from sim.studies.choose.result import Choice, choice
from sim.studies.choose.selection import MONEY, select
from sim.studies.choose.terms import FIRST, MEASURE, MOST, ChoiceError, Terms, read_terms
from sim.studies.condition import Condition

if TYPE_CHECKING:
    from sim.running.cost import Forecast

__all__ = ["FIRST", "MEASURE", "MOST", "Choice", "ChoiceError", "Condition", "Plan", "Terms", "choose",
           "decide", "plan", "read_terms", "replay"]  # fmt: skip


@arguments("sim.choose", most="max_replications")
@interruptible
def choose(
    scenario: AnyScenario,
    policies: SeveralPolicies,
    measure: str = MEASURE,
    *,
    indifference: float | str | None = None,
    subset: bool = False,
    constraints: Sequence[str | Condition] = (),
    pareto: Sequence[str] = (),
    confidence: float = DEFAULT_LEVEL,
    first: int = FIRST,
    max_replications: int | None = None,
    baseline: AskedPolicy | None = None,
    observe: Observer | None = None,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Choice:
    """Find the best of some policies, the baseline among them, with a stated probability.

    Parameters
    ----------
    scenario, policies, baseline, years, seed : as in `sim.compare`, for one scenario.
    measure : to rank by; one of `sim.measures`, with its better side where neither is better by nature:
        "cost:lower".
    indifference : the smallest difference in it that matters (unit of the measure, or text such as "1 %"). The
        guarantee is for a best policy that leads by at least so much; the smaller, the more replications. Without one
        the first stage is run, and the error says what which zone would take.
    subset : instead, run the first stage only and return every policy that is not clearly worse than the best.
    constraints : what a choice has to keep, such as "service_level >= 80 %" or "csat >= 0 difference" (from the
        baseline); see `sim.studies.condition`.
    pareto : measures whose frontier is wanted, such as ["retention_12m", "cost:lower"]; one alone is weighed against
        ``measure``.
    confidence : probability of correct selection; of the constraints' and the sheet's intervals too.
    first : replications of the first stage. A variance from few of them costs replications later: 10 to 20.
    max_replications : ceiling of replications of a policy, 200 unless given, at which it stops without the guarantee.
    observe : as in `sim.compare`; what it notes is a measure like others, with its better side: "my_own:higher".
    engine, workers, progress, ... : as in `sim.run`.

    Returns
    -------
    A `Choice`. After Ctrl-C it holds what was finished, and says that it is not decided.

    Raises
    ------
    ChoiceError, ConditionError, GoalError : for what cannot be asked. Others as `sim.compare`.

    Examples
    --------
    >>> import sim
    >>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    >>> found = sim.choose(tiny, [sim.Training()], indifference=500_000, first=3, workers=1)
    >>> found.guaranteed, len(found.sheet)
    (True, 2)
    """
    planned = plan(
        scenario, policies, measure, indifference=indifference, subset=subset, constraints=constraints, pareto=pareto,
        confidence=confidence, first=first, max_replications=max_replications, baseline=baseline, observe=observe,
        years=years, seed=seed, engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    return planned.run()


@dataclass(frozen=True)
class Plan:
    """A choice that is still to be made: what is asked, and the runs that answer it."""

    terms: Terms
    series: Series
    manifest: Mapping[str, Any]

    def foresee(self) -> dict[int, Forecast]:
        """Say what it takes, by replications of every policy: in the first stage, and at the ceiling."""
        sizes = [self.terms.first] if self.terms.indifference is None else [self.terms.first, self.terms.most]
        return {size: self.series.foresee(size) for size in sizes}

    def run(self) -> Choice:
        """Make the choice."""
        return decide(self.series, self.terms, self.manifest)


def plan(
    scenario: AnyScenario,
    policies: SeveralPolicies,
    measure: str = MEASURE,
    *,
    baseline: AskedPolicy | None = None,
    observe: Observer | None = None,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
    **given: Any,
) -> Plan:
    """Check what `choose` is asked, and run nothing; parameters and errors as there, the others as of `read_terms`."""
    compared = as_policies(policies)
    terms = read_terms(measure, observed=observe is not None, **given)
    kept = tuple(dict.fromkeys((*terms.measures, *MONEY)))
    series = Series(
        scenario,
        compared,
        baseline=baseline,
        measures=kept,
        observe=observe,
        years=years,
        seed=seed,
        engine=engine,
        workers=workers,
        progress=progress,
        store=store,
        cluster=cluster,
    )
    if len(series.scenarios) > 1:
        raise ChoiceError("a choice is made in one scenario, and several were given; choose in each by itself.")
    return Plan(terms, series, _manifest(series, compared))


def decide(source: Source, terms: Terms, manifest: Mapping[str, Any] | None = None) -> Choice:
    """Find the best with the figures of any source; see `choose` and `sim.studies.choose.figures.Source`."""
    return choice(select(source, terms), terms, manifest or {})


def replay(study: Study, terms: Terms, scenario: str | None = None) -> Choice:
    """Find the best with the replications that a study has.

    They are used up one by one, as if they were run now, until it is decided; the sheet is from all of them.

    Parameters
    ----------
    terms : the first stage and the ceiling are cut to what the study has.
    scenario : which one of a study that has several.
    """
    source = Recorded(study, scenario)
    short = replace(terms, first=min(terms.first, source.length), most=min(terms.most, source.length))
    outcome = select(source, short)
    every = side_by_side(source.extend(source.length), source.labels, tuple(outcome.figures.values))
    about = {key: value for key, value in study.manifest.items() if key not in ("planned", "finished")}
    return choice(replace(outcome, figures=every), short, about)


def _manifest(series: Series, policies: Sequence[AnyPolicy | None]) -> dict[str, Any]:
    """How the figures were made; how many replications there are of each policy is added at the end."""
    scenario: Scenario = series.scenarios[0]
    about = describe(
        scenario=scenario.to_dict(), seed=scenario.seed, reading=scenario.reading, baseline=series.labels[0],
        planned=0, finished=0,
    )  # fmt: skip
    about = {key: value for key, value in about.items() if key not in ("planned", "finished")}
    return about | {
        "years": scenario.years,
        "policies": {policy.label: [part.to_dict() for part in policy.parts] for policy in policies if policy},
        "outside_range": list(scenario.outside()),
    }
