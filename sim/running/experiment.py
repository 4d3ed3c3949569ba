"""Running and comparing: scenarios x policies x replications, into one tidy study.

Every policy lives through the same replications with the same seed as the baseline, so each is paired with it
by construction. What comes out does not depend on the number of processes, nor on the order in which they
finish.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.engines import replacement
from sim.errors import arguments, names, one_of, repeated, whole_number
from sim.inputs import evidence
from sim.inputs.changes import Wanted, options
from sim.inputs.policies import Bundle, Policy
from sim.inputs.policies.written import BASELINE, AskedPolicy, SeveralPolicies, as_baseline, as_policies, as_policy
from sim.inputs.scenario import Scenario
from sim.model import columns
from sim.outcomes.interrupted import whole
from sim.outcomes.measures import CATALOGUE, named, no_measure
from sim.outcomes.results import COHORT_COLUMNS, MONTH_COLUMNS, REPLICATION_COLUMNS, SEGMENT_COLUMNS, Study, describe
from sim.outcomes.statistics import mean_interval
from sim.running.cost import Forecast
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace
from sim.running.precision import CEILING, FLOOR, Look, Precision
from sim.running.precision import precision as read_precision
from sim.running.record import About, Record, cohorts_frame, figures_frame, months_frame, segments_frame
from sim.running.runner import Cell, ExperimentError, Observer, Records, ReplicationError, Run, Runner
from sim.wording import lower, number

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "BASELINE", "NO_POLICY", "AnyPolicy", "AnyScenario", "AskedPolicy", "ExperimentError", "Observer",
    "ReplicationError", "Running", "Series", "SeveralPolicies", "compare", "compare_in", "money_limits", "run",
]  # fmt: skip

NO_POLICY = "no policy"
"""What no policy is called where a policy is the baseline."""
USUAL = 10
"""Replications unless somebody asks for others: enough for an interval."""
WATCHED = "profit_a_year"
"""Measure whose interval is shown while a study runs."""
NOTE_SECONDS = 1.0
"""Time between two looks at it."""

AnyPolicy = Policy | Bundle
"""A policy, read."""
AnyScenario = Scenario | str | Path
AnyPrecision = Precision | Mapping[str, float | str] | Sequence[str] | str


@arguments("sim.run", most="max_replications")
def run(
    scenario: AnyScenario,
    policy: AskedPolicy | None = None,
    *,
    replications: int | None = None,
    precision: AnyPrecision | None = None,
    max_replications: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    observe: Observer | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Study:
    """Run one scenario, under a policy or as it is.

    Parameters
    ----------
    scenario : a scenario, the name of a shipped one, or the path of a TOML file.
    policy : one policy, several added together, or their text, "empowerment level=0.9 + training"; its label names the
        rows of the study.
    replications : independent repetitions, 10 unless given; ten give an interval, one does not.
    precision : run until the half-width of the interval of a measure, or of several, is at most this: {"profit_a_year":
        10_000} (in the measure's unit), {"profit_a_year": "2%"} (of the mean), {"retention_12m": "0.5 points"};
        `replications` is then the minimum, and ``max_replications`` (640) the maximum. See `sim.running.precision`.
    years, seed : instead of the scenario's own.
    observe : what else is noted of every history, beside the measures: a function of a `sim.engines.History` that
        returns columns period ("all", "year 1" ...), measure and value. It sees the final state and the board, and must
        leave them alone. Its measures can be compared and ranked like the others. Such a study uses no store.
    engine : "readable", "compiled", or "auto" for whichever finishes first. Results are the same.
    workers : threads of the compiled engine, processes of the readable one; all available CPUs unless given, 1
        works in this process, as functions of your own in the place of the model's always do; fewer are taken when
        memory is short. Results are the same.
    progress : see `sim.progress.reporting`; a function is called with replications done and planned.
    store : file of the run store, where finished runs are kept and taken from; the usual one (in your data folder, or
        what the environment variable CXSIM_STORE names) unless given, False or "none" for no store. See
        `sim.running.store`.
    cluster : "local" for worker processes under Dask, the address of a Dask scheduler, such as "tcp://host:8786", or a
        `dask.distributed.Client`, which stays open; it needs ``pip install "cxsim[cluster]"``. Results are the same.

    Raises
    ------
    ExperimentError, ScenarioError, PolicyError, StoreError, MemoryForeseenError : before anything is run.
    ReplicationError : when a replication fails.
    Interrupted : as `compare`.
    """
    series = Series(
        [scenario], baseline=as_policy(policy), years=years, seed=seed, observe=observe,
        engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    return series.study(replications, precision, max_replications)


@arguments("sim.compare", most="max_replications")
def compare(
    scenarios: AnyScenario | Sequence[AnyScenario],
    policies: SeveralPolicies = (),
    *,
    vary: Wanted = (),
    baseline: AskedPolicy | None = None,
    replications: int | None = None,
    precision: AnyPrecision | None = None,
    max_replications: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    readings: Sequence[str] | Literal["all"] = (),
    observe: Observer | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Study:
    """Run scenarios under each policy and under the baseline, replication by replication in pairs.

    Parameters
    ----------
    scenarios : one or several; see `run`. All of a study have one seed.
    policies : what is compared, as in `run`, one or several; each label once. None is "no policy".
    vary : numbers that change, each entry an option beside the policies: "agents=-2", ["agents=-2", "price=+2%"], or by
        title {"cheap": {"agents": "-2", "callback": "60 %"}}; of one scenario. See `sim.what_if`.
    baseline : what they are compared with: nothing at all, a policy (or its text), or the label of one of `policies`.
    readings : run every scenario under each of these readings of the evidence instead of its own; "all" for every
        reading there is. `sim.rankings` then says whether the ranking of the policies survives them.
    observe : as in `run`.
    precision : as in `run`; the half-width of the paired difference of every policy in every scenario, and a percentage
        is one of the baseline's mean.
    replications, max_replications, years, seed, engine, workers, progress, store, cluster : as in `run`.

    Returns
    -------
    A `Study`.

    Raises
    ------
    ExperimentError, ScenarioError, PolicyError, StoreError, MemoryForeseenError : before anything is run.
    ReplicationError : when a replication fails.
    Interrupted : after Ctrl-C; its ``result`` is the study of the replications that were finished under every policy,
        as its manifest says ("planned", "finished"). KeyboardInterrupt when there is none.
    NearZeroError, PrecisionError : after the first look, for a percentage of a mean that is not clear of zero, or for
        a measure that no replication defines.
    """
    series = Series(
        scenarios, policies, vary=vary, baseline=baseline, years=years, seed=seed, readings=readings, observe=observe,
        engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    return series.study(replications, precision, max_replications)


def compare_in(
    design: Sequence[Sequence[Scenario]],
    policy: AnyPolicy,
    *,
    baseline: AnyPolicy | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Study:
    """Run a policy and the baseline in pairs, each replication under scenarios of its own.

    Parameters
    ----------
    design : scenarios of each replication, of one seed and with different names; one may stand in several.
    policy, baseline, engine, workers, progress, store, cluster : as in `compare`.

    Returns, Raises
    ---------------
    As `compare`; a replication is finished when all its pairs are.
    """
    every = _every(design)
    drawn = tuple(frozenset(scenario.name for scenario in line) for line in design)
    series = Series(
        every, [policy], baseline=baseline, design=drawn,
        engine=engine, workers=workers, progress=progress, store=store, cluster=cluster,
    )  # fmt: skip
    return series.so_far(len(design))


class Series:
    """Runs of scenarios under policies that can be continued: more replications of all policies, or of some.

    Parameters
    ----------
    scenarios, policies, vary, baseline, years, seed, readings, observe, engine, workers, progress, store, cluster : as
        in `compare`.
    measures : those of the whole period that are kept, so that a design of thousands of points stays small; all
        figures unless given, as `study` needs them.
    design : names of the scenarios of each replication; all of them unless given.
    """

    @arguments("sim.Series")
    def __init__(
        self,
        scenarios: AnyScenario | Sequence[AnyScenario],
        policies: SeveralPolicies = (),
        *,
        vary: Wanted = (),
        baseline: AskedPolicy | None = None,
        measures: Sequence[str] | None = None,
        years: float | None = None,
        seed: int | None = None,
        readings: Sequence[str] | Literal["all"] = (),
        observe: Observer | None = None,
        design: Sequence[frozenset[str]] = (),
        engine: Engine = "auto",
        workers: int | None = None,
        progress: AnyProgress = None,
        store: StorePlace = None,
        cluster: AnyCluster = None,
    ) -> None:
        compared = as_policies(policies)
        several = [scenarios] if isinstance(scenarios, Scenario | str | Path) else scenarios
        self.scenarios = _settle(several, years, seed, _named_readings(readings))
        compared += _options(self.scenarios, vary)
        cells = _cells(self.scenarios, as_baseline(baseline, compared), compared)
        _check_measures(measures, observe)
        self._observes = observe is not None
        self.labels = tuple(dict.fromkeys(cell.policy for cell in cells))
        running = Running(engine, workers, progress, store, cluster)
        self._runner = Runner(cells, observe=observe, keeping=measures, note=self._note, running=running)
        self._design = design
        self._watched = next((name for name in measures or () if name in CATALOGUE), WATCHED)
        self._due, self._said = 0.0, ""
        self.stopped = False
        self._model: dict[str, Any] = {}

    def extend(self, replications: int, policies: Sequence[str] | None = None) -> pd.DataFrame:
        """Run what is missing up to this many replications, and return the figures so far.

        Parameters
        ----------
        policies : labels of those that are continued (the baseline has one too); all unless given.

        Returns
        -------
        Columns scenario, policy, replication, measure and value, of the whole period; policies may have different
        numbers of replications. After Ctrl-C ``stopped`` is true, and some may be missing.

        Raises
        ------
        As `compare`; ExperimentError for a label that there is not; KeyboardInterrupt when it was stopped before
        anything was finished.
        """
        self._run(replications, policies)
        if not self._runner.records:
            raise KeyboardInterrupt
        frame = figures_frame(self._in_order(sorted(self._runner.records)))
        return frame[frame["period"] == "all"].drop(columns="period").reset_index(drop=True)

    def study(
        self,
        replications: int | None = None,
        precision: AnyPrecision | None = None,
        max_replications: int | None = None,
    ) -> Study:
        """Run what is missing of everything, and return it as `compare` does; parameters and errors as there."""
        return whole(self.so_far(replications, precision, max_replications))

    def so_far(
        self,
        replications: int | None = None,
        precision: AnyPrecision | None = None,
        max_replications: int | None = None,
    ) -> Study:
        """Do what `study` does, and after Ctrl-C return what is finished."""
        if precision is not None:
            return self.until(_wanted_precision(precision, replications, max_replications, self._observes))
        started, planned = time.monotonic(), _fixed(replications, max_replications)
        self._run(planned, None)
        return self._gathered(planned, {"wall_seconds": time.monotonic() - started})

    def until(self, wanted: Precision) -> Study:
        """Run until intervals are as narrow as wanted, and return the study; its manifest says how it went."""
        started, size = time.monotonic(), 0
        looks: list[Look] = []
        self._watched = wanted.targets[0].measure
        names = [scenario.name for scenario in self.scenarios]
        for size in wanted.sizes():
            self._run(size, None)
            if len(self.finished(size)) < size:
                break
            now = wanted.looks(self.values, names, self.labels, size)
            looks += now
            if self.stopped or all(look.reached for look in now):
                break
        return self._gathered(size, {"wall_seconds": time.monotonic() - started, "precision": wanted.told(looks)})

    def _gathered(self, replications: int, more: Mapping[str, Any]) -> Study:
        """Put what is finished into a study."""
        finished = self.finished(replications)
        if not finished:
            raise KeyboardInterrupt
        if len(finished) < replications:
            sys.stderr.write(f"cxsim: stopped; {len(finished)} of {replications} replications are finished and kept.\n")
        runs = [(place, n) for place in range(len(self._cells)) for n in finished]
        kept = self._in_order(runs)
        if self.stopped:
            more = dict(more) | {"stopped": True}
        about = {"engine": self._runner.engine, "from_store": len(self._runner.recalled.intersection(runs))}
        return Study(
            figures_frame(kept)[list(REPLICATION_COLUMNS)],
            cohorts_frame(kept)[list(COHORT_COLUMNS)],
            self._manifest(replications, len(finished)) | dict(more) | about,
            months_frame(kept)[list(MONTH_COLUMNS)],
            segments_frame(kept)[list(SEGMENT_COLUMNS)],
        )

    def values(self, scenario: str, policy: str, measure: str) -> NDArray[np.float64]:
        """Return a measure of the whole period in each replication from 0 up to the first that is missing."""
        place = {(cell.scenario, cell.policy): place for place, cell in enumerate(self._cells)}[scenario, policy]
        records = self._runner.records
        found = takewhile(lambda record: record is not None, (records.get((place, n)) for n in count()))
        return np.array([record.value(measure) for record in found if record is not None])

    def finished(self, replications: int) -> list[int]:
        """Return the replications below this number that are finished in every cell: only those make pairs."""
        records = self._runner.records
        return [n for n in range(replications) if all((place, n) in records for place in self._places(n))]

    def foresee_study(
        self,
        replications: int | None = None,
        precision: AnyPrecision | None = None,
        max_replications: int | None = None,
    ) -> dict[int, Forecast]:
        """Say what `study` would take, by number of replications: at the least, and with a precision at the most."""
        if precision is None:
            sizes = [_fixed(replications, max_replications)]
        else:
            wanted = _wanted_precision(precision, replications, max_replications, self._observes)
            sizes = [wanted.floor, wanted.ceiling]
        return {size: self.foresee(size) for size in sizes}

    def foresee(self, replications: int, policies: Sequence[str] | None = None) -> Forecast:
        """Say what `extend` or `study` would still take: runs, time, memory and disk; nothing is run."""
        return self._runner.foresee(self._wanted(replications, policies))

    def _run(self, replications: int, policies: Sequence[str] | None) -> None:
        self._refuse_another_model()
        self.stopped = not self._runner.run(self._wanted(replications, policies))

    def _refuse_another_model(self) -> None:
        """Refuse to go on with another model than the one that made the runs so far."""
        now = replacement.about()
        if self._runner.records and now != self._model:
            raise ExperimentError(
                "the model has changed since this series began (a rule was replaced or put back); begin another series."
            )
        self._model = now

    def _wanted(self, replications: int, policies: Sequence[str] | None) -> list[Run]:
        whole_number("replications", replications, 1, example=USUAL, error=ExperimentError)
        self._check_design(replications)
        chosen = self.labels if policies is None else self._known(policies)
        return [
            (place, number)
            for number in range(replications)
            for place in self._places(number)
            if self._cells[place].policy in chosen
        ]

    def _check_design(self, replications: int) -> None:
        if self._design and replications > len(self._design):
            raise ExperimentError(
                f"replications = {replications} is more than the {len(self._design)} that the design has scenarios for."
            )

    def _known(self, policies: Sequence[str]) -> Sequence[str]:
        """Return labels, checked: what is not known would be left out without a word."""
        given = names("policies", policies, error=ExperimentError)
        return [one_of("policy", label, self.labels, error=ExperimentError) for label in given]

    @property
    def engine(self) -> str:
        """The engine of the last runs."""
        return self._runner.engine

    @property
    def _cells(self) -> tuple[Cell, ...]:
        return self._runner.cells

    def _places(self, number: int) -> list[int]:
        """Places of the cells that a replication has."""
        every = range(len(self._cells))
        return [place for place in every if not self._design or self._cells[place].scenario in self._design[number]]

    def _in_order(self, runs: Sequence[Run]) -> list[tuple[About, Record]]:
        records = self._runner.records
        held = [(self._cells[place], place, number) for place, number in runs if (place, number) in records]
        return [((cell.scenario, cell.policy, number), records[place, number]) for cell, place, number in held]

    def _note(self, records: Records) -> str:
        """Say what the last policy changes so far in the first scenario, for whoever watches; once in a while."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + NOTE_SECONDS
            self._said = self._found(records)
        return self._said

    def _found(self, records: Records) -> str:
        """Put the interval of the measure that is watched into words."""
        last = len(self.labels) - 1
        values = [self._watch(records, place) for place in dict.fromkeys((0, last))]
        pairs = sorted(set(values[0]) & set(values[-1]))
        effect = [values[-1][n] - (values[0][n] if last else 0.0) for n in pairs]
        known = [value for value in effect if not math.isnan(value)]
        if len(known) < 2:
            return ""
        found, about = mean_interval(known), named(self._watched)
        half, sign = (found.high - found.low) / 2, "+" if last else ""
        amounts = f"{number(found.mean, about.unit, sign)} ± {number(half, about.unit, sign).removeprefix('+')}"
        return f"{self.labels[last]}: {lower(about.label)} {amounts} ({len(known)} replications)"

    def _watch(self, records: Records, place: int) -> dict[int, float]:
        return {n: found.value(self._watched) for (at, n), found in records.items() if at == place}

    def _manifest(self, planned: int, finished: int) -> dict[str, Any]:
        scenarios, first = self.scenarios, self.scenarios[0]
        tables = {scenario.name: scenario.to_dict() for scenario in scenarios}
        basis = describe(
            scenario=tables[first.name] if len(tables) == 1 else tables,
            seed=first.seed,
            reading=", ".join(dict.fromkeys(scenario.reading for scenario in scenarios)),
            baseline=self.labels[0],
            planned=planned,
            finished=finished,
        )
        return basis | {
            "model": self._model,
            "policies": {
                cell.policy: [_in_full(part) for part in cell.settings.policies[len(first.policies) :]]
                for cell in self._cells
                if cell.scenario == first.name
            },
            "years": _one_or_each({scenario.name: scenario.years for scenario in scenarios}),
            "warm_up": _one_or_each({scenario.name: scenario.warm_up for scenario in scenarios}),
            "authority": [
                {"scenario": cell.scenario, "policy": cell.policy} | {"segments": money_limits(cell.settings)}
                for cell in self._cells
            ],
            "outside_range": {scenario.name: list(scenario.outside()) for scenario in scenarios},
        }


def money_limits(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario's level of empowerment comes down to, by segment, with all policies in force.

    Each segment has `level` (share of the authority cases), `form` ("ladder" or "share") and `limit`: the
    amount (money) up to which agents decide, "none" when there is no limit, and absent in the form "share".
    """
    resolved = scenario.resolve()
    _, last = resolved.phases[-1]
    return {
        segment: _limit(float(last[columns.EMPOWERMENT, column]), last, column)
        for column, segment in enumerate(resolved.segments)
    }


def _limit(level: float, params: Any, column: int) -> dict[str, Any]:
    if params[columns.EMPOWERMENT_FORM, 0] != 0.0:
        return {"level": level, "form": "share"}
    amount = float(params[columns.AUTHORITY_LIMIT, column])
    return {"level": level, "form": "ladder", "limit": amount if math.isfinite(amount) else "none"}


# What is run


def _fixed(replications: int | None, max_replications: int | None) -> int:
    if max_replications is not None:
        raise ExperimentError(
            f"max_replications = {max_replications} goes with a precision; give one, or only replications."
        )
    return USUAL if replications is None else replications


def _wanted_precision(
    given: AnyPrecision, replications: int | None, max_replications: int | None, observed: bool
) -> Precision:
    if not isinstance(given, Precision):
        floor = FLOOR if replications is None else replications
        most = max(CEILING, floor) if max_replications is None else max_replications
        return read_precision(given, floor, most, observed=observed)
    if replications is not None or max_replications is not None:
        raise ExperimentError(
            "a Precision has its own minimum and maximum; leave replications and max_replications out."
        )
    return given


def _settle(
    scenarios: Sequence[AnyScenario], years: float | None, seed: int | None, readings: Sequence[str]
) -> list[Scenario]:
    """Load what is named, and put the study's own settings in."""
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    found = [s if isinstance(s, Scenario) else Scenario.load(s) for s in scenarios]
    found = [scenario.change(**changes) for scenario in found]
    if readings:
        found = [s.change(reading=r, name=f"{s.name}, {r}") for s in found for r in readings]
    if not found:
        raise ExperimentError("there is no scenario to run; give at least one.")
    repeated("scenario", [scenario.name for scenario in found], error=ExperimentError)
    seeds = sorted({scenario.seed for scenario in found})
    if len(seeds) > 1:
        raise ExperimentError(f"the scenarios have different seeds, {seeds}; give one with seed=, so that they pair.")
    return found


def _options(scenarios: Sequence[Scenario], vary: Wanted) -> list[AnyPolicy | None]:
    """Return the options of a study whose numbers change; they are about one company."""
    if not vary:
        return []
    if len({repr(scenario.change(name="", reading=scenarios[0].reading)) for scenario in scenarios}) > 1:
        raise ExperimentError("vary changes the numbers of one scenario; give one.")
    return list(options(scenarios[0], vary))


def _every(design: Sequence[Sequence[Scenario]]) -> list[Scenario]:
    """Return the scenarios of a design once each; a name means one scenario in all replications."""
    found: dict[str, Scenario] = {}
    for scenario in (scenario for line in design for scenario in line):
        if found.setdefault(scenario.name, scenario) != scenario:
            raise ExperimentError(
                f"two different scenarios of the design are called {scenario.name!r}; give each a name of its own."
            )
    return list(found.values())


def _check_measures(measures: Sequence[str] | None, observe: Observer | None) -> None:
    """Refuse measures that nothing would be kept of; what an observer notes may be called anything."""
    if measures is None:
        return
    if isinstance(measures, str) or not measures:
        raise ExperimentError(f"measures = {measures!r} is not a list of measures; write [{WATCHED!r}] or leave out.")
    for name in measures if observe is None else ():
        if name not in CATALOGUE:
            raise ExperimentError(no_measure(name))


def _named_readings(readings: Sequence[str] | Literal["all"]) -> Sequence[str]:
    if not isinstance(readings, str):
        return readings
    if readings != "all":
        raise ExperimentError(f'readings = {readings!r} is one word, not a list; write [{readings!r}], or "all".')
    return list(evidence.readings())


def _cells(
    scenarios: Sequence[Scenario], reference: AnyPolicy | None, policies: Sequence[AnyPolicy | None]
) -> list[Cell]:
    """Every scenario under the reference and under every policy, checked."""
    chosen = [reference, *(policy for policy in policies if policy != reference)]
    labels = [_label(policy, reference) for policy in chosen]
    repeated("policy", labels, error=ExperimentError)
    cells = [
        Cell(scenario.name, label, scenario.under(policy))
        for scenario in scenarios
        for label, policy in zip(labels, chosen, strict=True)
    ]
    for cell in cells:
        cell.settings.resolve()
    return cells


def _label(policy: AnyPolicy | None, reference: AnyPolicy | None) -> str:
    if policy is None:
        return BASELINE if reference is None else NO_POLICY
    if policy.label == BASELINE:
        raise ExperimentError(f"a policy is called {BASELINE!r}, the name of no policy; give it another title.")
    return policy.label


def _in_full(policy: Policy) -> dict[str, Any]:
    """Table of a policy with every setting, the defaults too: they may be others in another version."""
    return {"name": policy.name} | {field.name: getattr(policy, field.name) for field in fields(policy)}


def _one_or_each(values: Mapping[str, float]) -> float | dict[str, float]:
    return next(iter(values.values())) if len(set(values.values())) == 1 else dict(values)
