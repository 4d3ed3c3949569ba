"""Many futures: which policy stays good, whatever is true.

What is not known (parameters within their ranges, and which document one believes) is sampled, every policy is run in
every such future with the same random numbers, and policies are compared by regret, by how often they are best, by how
often they are good enough, and by when they fail (robust decision making: Lempert, Popper and Bankes 2003).

A share of futures is a share of the ranges that were sampled, not a probability: nobody says that the middle of a range
is likelier than its ends, or that two numbers are far from their truth independently of each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.errors import arguments
from sim.inputs.policies.written import AskedPolicy, SeveralPolicies
from sim.outcomes.interrupted import interruptible
from sim.running.experiment import AnyScenario
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace
from sim.studies.condition import Condition
from sim.studies.futures.adapter import to_ema
from sim.studies.futures.box import Box, Limit
from sim.studies.futures.error import FuturesError
from sim.studies.futures.failure import Failure
from sim.studies.futures.result import Futures
from sim.studies.futures.runs import Runs
from sim.studies.futures.study import explore
from sim.studies.futures.terms import Ranges, Readings, read_terms

__all__ = ["Box", "Failure", "Futures", "FuturesError", "Limit", "futures", "to_ema"]


@arguments("sim.futures", satisfice="constraints", constraint="constraints")
@interruptible
def futures(
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
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Futures:
    """Run policies and the baseline in many futures.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    policies : what is compared; a label may stand once.
    uncertainties : names of the parameters that are sampled; all that are uncertain unless given
        (`sim.inputs.uncertainties`).
    ranges : (low, high) by parameter, instead of the stated ranges; these are sampled whether or not they are named.
    readings : of the evidence; "all", a list, or None for the scenario's own. Each has as many futures as any other.
    levers : settings of the policies that are sampled too, such as ``["empowerment level=0.5:1"]``; see
        `sim.studies.levers`.
    futures : how many, by Latin hypercube.
    measure : to rank by; one of `sim.measures`, with its better side where neither is better by nature: "cost:lower".
    measures : others that are kept.
    constraints : conditions that a policy should meet, such as ["retention_12m >= 75 %"] or ["profit_a_year >= 0
        difference"] (from the baseline); see `sim.studies.condition`. Unless given, that it is no worse than the
        baseline.
    replications : in each future, from 2: what they cannot tell apart is called unclear.
    baseline : what policies are compared with: nothing at all, a policy, or the label of one of `policies`.
    years, seed : instead of the scenario's own. The seed also draws the futures.
    engine, workers, progress, store, cluster : as in `sim.run`.

    Returns
    -------
    `Futures`. After Ctrl-C it holds the replications that were finished in every future.

    Raises
    ------
    FuturesError, LeverError, ConditionError, GoalError : for what cannot be asked. Others as `sim.compare`.

    Examples
    --------
    >>> import sim
    >>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    >>> found = sim.futures(tiny, [sim.Training()], uncertainties=["price"], futures=8, replications=2, store=False)
    >>> int(found.best_shares()["best"].sum())
    8
    """
    terms = read_terms(
        scenario,
        policies,
        uncertainties=uncertainties,
        ranges=ranges,
        readings=readings,
        levers=levers,
        futures=futures,
        measure=measure,
        measures=measures,
        constraints=constraints,
        replications=replications,
        baseline=baseline,
        years=years,
        seed=seed,
    )
    return explore(terms, Runs(terms, Running(engine, workers, progress, store, cluster)))
