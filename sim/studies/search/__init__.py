"""The best levels of several levers, under a budget.

`search` tries points of the ranges, each in pairs with the baseline under the same random numbers; runs on those that
look good (`stages`); asks Optuna where to look next (`sampler`); and makes and reports the final choice on replications
that no choice has seen (`check`). Figures come from a source (`source`) and are kept (`cache`), so that nothing is run
twice and a search that was killed goes on to the same end. `explore` is `search` for figures from anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.errors import arguments, whole_number
from sim.inputs.policies.written import AskedPolicy, as_policy
from sim.inputs.scenario import Scenario
from sim.outcomes.interrupted import interruptible
from sim.outcomes.results import describe
from sim.outcomes.statistics import DEFAULT_LEVEL
from sim.progress import reporting
from sim.running.cost import Forecast
from sim.running.experiment import AnyScenario
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace
from sim.running.store import generation
from sim.studies.condition import Condition
from sim.studies.levers import Lever, Point, Space, check_space, read_levers
from sim.studies.search.cache import Cache, StoppedError, StudyFile
from sim.studies.search.check import candidates, check, planned_runs
from sim.studies.search.loop import Loop
from sim.studies.search.result import Finding, finding
from sim.studies.search.sampler import check_installed
from sim.studies.search.source import Company, Source
from sim.studies.search.terms import CHECK, MEASURE, REPLICATIONS, TPE, TRIALS, SearchError, Terms, read_terms

__all__ = [
    "CHECK",
    "REPLICATIONS",
    "TRIALS",
    "Finding",
    "Lever",
    "Plan",
    "Point",
    "SearchError",
    "Source",
    "Space",
    "Terms",
    "explore",
    "plan",
    "read_terms",
    "search",
]  # fmt: skip


@arguments("sim.search", against="pareto", constraint="constraints")
@interruptible
def search(
    scenario: AnyScenario,
    levers: Sequence[str],
    *,
    measure: str = MEASURE,
    pareto: Sequence[str] = (),
    budget: float | str | None = None,
    constraints: Sequence[str | Condition] = (),
    trials: int = TRIALS,
    replications: int = REPLICATIONS,
    check: int = CHECK,
    confidence: float = DEFAULT_LEVEL,
    sampler: str = TPE,
    baseline: AskedPolicy | None = None,
    years: float | None = None,
    seed: int | None = None,
    check_seed: int | None = None,
    study: str | Path | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Finding:
    """Find the best levels of several levers, and check them on fresh replications.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    levers : policies with ranges of their settings, ["empowerment level=0:1", "training level=0:1:0.25 start=30"]; a
        third number is the distance of the levels that may be tried, and a setting without a range stays as it is in
        all points. A point is the sum of these policies, at any level: leave a policy out to do without it.
    measure : to rank by, as a difference from the baseline; one of `sim.measures`, with its better side where neither
        is better by nature: "cost:lower".
    pareto : a second measure (["csat"], or ["told_bad:lower"]) that is weighed against it; the answer is then a
        frontier instead of one choice.
    budget : what the policies may cost a year more than the baseline's (programmes, and launching them spread over the
        measured years). A point keeps it in the search when its mean does; the choice must keep it clearly on fresh
        replications, by a one-sided limit that holds for all that are checked.
    constraints : what the company has to keep, such as "service_level >= 80 %" or "csat >= 0 difference" (from the
        baseline); judged in the same way.
    trials : points that are tried.
    replications : of every point; those that look good get three times as many, and the best of these nine times.
    check : fresh replications that decide among the best few, and as many again that report.
    sampler : "tpe", or "random" for comparison.
    baseline : policy of the baseline; nothing unless given.
    years, seed : instead of the scenario's own.
    check_seed : of the fresh replications; the seed after the search's unless given.
    study : file where figures are kept (an Optuna study in SQLite), so that the same search, or one with more trials,
        goes on after it was killed and ends as if it never had been; nothing unless given.
    engine, workers, progress, store, cluster : as in `sim.run`.

    Returns
    -------
    A `Finding`. After Ctrl-C it holds what was finished, unchecked, and says so. The same seed gives the same trials
    and the same choice, whatever engine and workers.

    Raises
    ------
    SearchError, LeverError, ConditionError, GoalError : for what cannot be asked, and when Optuna is not installed.
    Others as `sim.compare`.

    Examples
    --------
    >>> import sim
    >>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    >>> found = sim.search(tiny, ["training level=0:1"], trials=3, replications=2, check=2, workers=1)
    >>> len(found.trials), found.manifest["check_seed"]
    (3, 2)
    """
    planned = plan(
        scenario, levers, measure=measure, pareto=pareto, budget=budget, constraints=constraints, trials=trials,
        replications=replications, check=check, confidence=confidence, sampler=sampler, baseline=baseline, years=years,
        seed=seed, check_seed=check_seed, study=study,
        engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    return planned.run()


def plan(
    scenario: AnyScenario,
    levers: Sequence[str],
    *,
    baseline: AskedPolicy | None = None,
    years: float | None = None,
    seed: int | None = None,
    check_seed: int | None = None,
    study: str | Path | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
    **asking: Any,
) -> Plan:
    """Say what `search` would run, without running it; parameters and errors as there."""
    check_installed()
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    chosen = (scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)).change(**changes)
    space, terms = read_levers(levers), read_terms(**asking, years=chosen.years)
    check_space(space, chosen)
    running = Running(engine=engine, workers=workers, progress=progress, store=store, cluster=cluster)
    company = Company(chosen, space, as_policy(baseline), terms.measures, running)
    company.series([], range(1), chosen.seed)  # refuses what cannot be run
    fresh = _check_seed(check_seed, chosen.seed)
    return Plan(space, terms, company, chosen.seed, fresh, None if study is None else Path(study))


@dataclass(frozen=True)
class Plan:
    """What is run, and what becomes of it.

    Parameters
    ----------
    space, terms : what is searched, and how.
    company : that is run.
    seed, check_seed : of the search, and of the fresh replications.
    study : file where figures are kept.
    """

    space: Space
    terms: Terms
    company: Company
    seed: int
    check_seed: int
    study: Path | None = None

    @property
    def runs(self) -> int:
        """How many runs it takes at most, those that are known already among them."""
        return planned_runs(self.terms)

    def foresee(self) -> Forecast:
        """Estimate at most how many runs, how much time, memory and disk it takes; nothing is run."""
        point = self.space.at([0.5] * len(self.space.levers))
        series = self.company.series([point], range(self.terms.replications), self.seed)
        one = series.foresee(self.terms.replications, series.labels[1:])
        times = self.runs / self.terms.replications
        seconds, disk = one.seconds * times, round(one.disk * times)
        return Forecast(self.runs, 0, seconds, one.memory, disk, one.engine, one.workers)

    def run(self) -> Finding:
        """Run it; returns and errors as `search`."""
        started, notes = time.monotonic(), [""]
        with reporting(self.company.running.progress) as report:
            self.company.watch = lambda done: report(min(done, self.runs), self.runs, notes[0])
            found = explore(
                self.company, self.space, self.terms, self.seed, self.check_seed, self.study,
                manifest=self._about(), tell=lambda note: notes.__setitem__(0, note),
            )  # fmt: skip
        made = {"engine": self.company.engine, "runs": self.company.done, "wall_seconds": time.monotonic() - started}
        return Finding(**(vars(found) | {"manifest": dict(found.manifest) | made}))

    def _about(self) -> dict[str, Any]:
        """Return what the result is about, as plain data."""
        scenario, baseline = self.company.scenario, self.company.baseline
        basis = describe(
            scenario=scenario.to_dict(), seed=self.seed, reading=scenario.reading,
            baseline="baseline" if baseline is None else baseline.label, planned=self.terms.trials, finished=0,
        )  # fmt: skip
        parts = [] if baseline is None else [part.to_dict() for part in baseline.parts]
        more = {"baseline_parts": parts, "warm_up": scenario.warm_up, "outside_range": list(scenario.outside())}
        return basis | more | {"code": generation()}


def explore(
    source: Source,
    space: Space,
    terms: Terms,
    seed: int,
    check_seed: int,
    study: Path | None = None,
    *,
    manifest: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = lambda note: None,
) -> Finding:
    """Search among figures of any source, as `search` does; parameters as of `Plan`.

    Parameters
    ----------
    manifest : what else is to be known of the result. In a file, its parts "scenario", "code" and "baseline_parts" tell
        one search from another.
    tell : is told what has been found so far.
    """
    check_installed()
    about = _told(space, terms, seed, check_seed) | dict(manifest or {})
    file = None if study is None else StudyFile(study, space, terms, _identity(about))
    try:
        cache = Cache(source, file)
        loop = Loop(space, terms, cache, seed, tell)
        loop.run()
        return _checked(loop, cache, check_seed, about)
    finally:
        if file is not None:
            file.close()


def _checked(loop: Loop, cache: Cache, check_seed: int, about: Mapping[str, Any]) -> Finding:
    """Check the best few, unless the search was stopped."""
    best = [] if loop.stopped else candidates(loop.trials, loop.terms)
    made = None
    try:
        made = check(best, loop.terms, cache, check_seed) if best else None
    except (StoppedError, KeyboardInterrupt):
        loop.stopped = True
    return finding(loop, made, check_seed, dict(about) | {"from_study": cache.recalled})


def _told(space: Space, terms: Terms, seed: int, check_seed: int) -> dict[str, Any]:
    return {
        "optuna": version("optuna"),
        "levers": [asdict(lever) for lever in space.levers],
        "fixed": {name: dict(own) for name, own in space.fixed.items()},
        "measure": terms.measure,
        **asdict(terms),
        "seed": seed,
        "check_seed": check_seed,
    }


def _identity(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes figures in a file those of this search: not how many trials it has, nor how they are judged."""
    names = (
        "scenario", "code", "baseline_parts", "levers", "fixed", "measure", "goal", "pareto", "budget", "constraints",
        "replications", "sampler", "seed", "years",
    )  # fmt: skip
    return {name: about.get(name) for name in names}


def _check_seed(given: int | None, seed: int) -> int:
    found = whole_number("check_seed", seed + 1 if given is None else given, 0, example=seed + 1, error=SearchError)
    if found == seed:
        raise SearchError(f"check_seed = {given} is the seed of the search, so nothing would be fresh; give another.")
    return found
