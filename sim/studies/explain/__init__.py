"""Why did it change? A policy's effect, split by the channels that it works through.

A channel is a switch of the model (sim/inputs/parameters/channels.toml): while it is closed, nothing of what it stands
for is felt. It is closed in both worlds, under the policy and under the baseline, so that what is left of their
difference came about without it:

    v(S) = measure(policy, only the channels S open) - measure(baseline, only the channels S open)

with the same random numbers in both. v(all) is the policy's effect as every comparison shows it. v(none) is called
"direct": costs, prices and work, which need nobody to feel anything. What lies between is shared among the channels:
each is opened after others, in every order (or in some, drawn at random), and its part is the mean of what it then
adds. So in every replication

    direct + the channels' parts = v(all)

whatever the channels do to each other: where two are needed together, each has half of what they do. A part is a
statement about this model, and about opening switches; it is no forecast of what a company would gain by it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from sim.errors import arguments, names, one_of, repeated, whole_number
from sim.inputs.policies.written import AskedPolicy
from sim.inputs.scenario import Scenario
from sim.model import columns
from sim.outcomes.interrupted import interruptible
from sim.outcomes.measures import CATALOGUE, RENAMED
from sim.outcomes.results import Study
from sim.running.experiment import AnyScenario, compare_in
from sim.running.options import AnyCluster, AnyProgress, Engine, StorePlace
from sim.studies.explain.channels import CHANNELS, DIRECT, LABELS, PREFIX, TOTAL
from sim.studies.explain.result import Explanation
from sim.studies.explain.shapley import Coalition, Order, coalitions, draw_orders, met, shares
from sim.studies.explain.subject import ExplanationError, Subject, subject

__all__ = ["CHANNELS", "DIRECT", "LABELS", "TOTAL", "Explanation", "ExplanationError", "explain"]

CLOSED = 0.0

# All orders are taken while the compiled engine needs some minutes for them; then a few, each with its reverse. This
# many people-years are about seven minutes of one CPU.
MOST_PEOPLE_YEARS = 200_000_000
FEW_ORDERS = 4

Orders = int | Literal["all"]
KEPT = (
    "cxsim", "versions", "platform", "model", "seed", "reading", "baseline", "planned", "finished", "created",
    "policies", "years", "warm_up", "engine", "wall_seconds",
)  # fmt: skip
"""What the manifest of an explanation takes over from the study of all its runs."""


@arguments("sim.explain")
@interruptible
def explain(
    study: Study | AnyScenario,
    policy: AskedPolicy | None = None,
    *,
    measure: str = "profit_a_year",
    period: str = "all",
    channels: Sequence[str] = CHANNELS,
    orders: Orders | None = None,
    replications: int | None = None,
    scenario: str | None = None,
    baseline: AskedPolicy | None = None,
    years: float | None = None,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Explanation:
    """Split the effect of a policy on a measure by the channels that it works through.

    Parameters
    ----------
    study : a study, in memory or its saved folder, whose effect is explained with new runs of the same replications;
        or a scenario, the name of a shipped one, or the path of a TOML file.
    policy : the policy whose effect it is; in a study by its label, and unnecessary when there is but one.
    measure, period : what changed: a measure of `sim.measures`, over all years or in "year 1", "year 2" and so on.
    channels : those that are closed and opened; what passes through the others is counted as direct.
    orders : in how many orders the channels are opened, or "all": then every coalition of channels is run, 128 with
        seven. Fewer are drawn again in each replication (an order, then its reverse): the intervals hold that error
        too. Left out, all are taken where that is a matter of minutes, and else four.
    replications : those of the study, or ten.
    scenario : which scenario of a study that has several.
    baseline : what the policy is compared with, unless a study says so.
    years, seed, engine, workers, progress, store, cluster : as in `sim.run`; after Ctrl-C it holds what was finished.

    Raises
    ------
    ExplanationError : for what cannot be explained. Others as `sim.compare`.

    Examples
    --------
    >>> import sim
    >>> tiny = sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)
    >>> found = sim.explain(tiny, sim.Training(), channels=["word_of_mouth"], replications=2, workers=1)
    >>> found.to_frame()["channel"].tolist()
    ['direct', 'word_of_mouth', 'total']
    """
    _check(measure, channels, orders)
    changes = {name: value for name, value in (("years", years), ("seed", seed)) if value is not None}
    asked = subject(study, policy, baseline, scenario, replications, changes)
    _check_period(period, asked.scenario)
    drawn = _orders(asked, channels, orders)
    lines = [met(line) if line else coalitions(channels) for line in drawn]
    runs = compare_in(
        [[_closing(asked.scenario, channels, coalition) for coalition in line] for line in lines],
        asked.policy,
        baseline=asked.baseline,
        engine=engine,
        workers=workers,
        progress=progress,
        store=store,
        cluster=cluster,
    )
    figures = _figures(runs, asked, measure, period)
    _compare_with_study(figures, asked, measure, period)
    parts = {number: _parts(figures.loc[number], asked.scenario, channels, drawn[number]) for number in _done(figures)}
    return Explanation.of(
        pd.DataFrame.from_dict(parts, orient="index", columns=[DIRECT, *channels, TOTAL]),
        figures.xs(asked.scenario.name, level="scenario")["baseline"],
        _manifest(runs, asked, measure, period, channels, len(drawn[0])),
    )


# What is asked


def _check(measure: str, channels: Sequence[str], orders: Orders | None) -> None:
    one_of("measure", measure, CATALOGUE, renamed=RENAMED, error=ExplanationError)
    given = names("channels", channels, error=ExplanationError)
    for channel in given:
        one_of("channel", channel, CHANNELS, error=ExplanationError)
    if not given:
        raise ExplanationError("channels is empty; name some, or leave it out for all.")
    repeated("channel", given, error=ExplanationError)
    if orders not in (None, "all"):
        whole_number("orders", orders, 1, example=8, error=ExplanationError)


def _check_period(period: str, scenario: Scenario) -> None:
    known = ["all", *(f"year {year + 1}" for year in range(int(scenario.years)))]
    if period not in known:
        raise ExplanationError(f"there is no period {period!r} in {scenario.years:g} years; give one of {known}.")


# What is run


def _orders(asked: Subject, channels: Sequence[str], orders: Orders | None) -> list[list[Order]]:
    """Return the orders of each replication; none where all of them are taken."""
    if orders is None:
        orders = "all" if _people_years(asked, channels) <= MOST_PEOPLE_YEARS else FEW_ORDERS
    if orders == "all" or orders >= math.factorial(len(channels)):
        return [[] for _ in range(asked.replications)]
    return [draw_orders(channels, orders, asked.scenario.seed, number) for number in range(asked.replications)]


def _people_years(asked: Subject, channels: Sequence[str]) -> float:
    """People-years of all coalitions; policy and baseline share the warm-up."""
    scenario = asked.scenario
    people = float(scenario.resolve().base[columns.MARKET_SIZE, 0])
    return people * (scenario.warm_up + 2 * scenario.years) * 2 ** len(channels) * asked.replications


def _closing(scenario: Scenario, channels: Sequence[str], opened: Coalition) -> Scenario:
    """Return the scenario with all channels closed but those of the coalition, which stay as they are in it."""
    closed = [channel for channel in channels if channel not in opened]
    if not closed:
        return scenario
    shut = dict.fromkeys((PREFIX + channel for channel in closed), CLOSED)
    return scenario.override(**shut).change(name=_name(scenario, channels, opened))


def _name(scenario: Scenario, channels: Sequence[str], opened: Coalition) -> str:
    closed = [channel for channel in channels if channel not in opened]
    return f"{scenario.name} without {', '.join(closed)}" if closed else scenario.name


# What comes out


def _figures(runs: Study, asked: Subject, measure: str, period: str) -> pd.DataFrame:
    """Return columns policy, baseline and effect by replication and scenario."""
    figures = _pairs(runs.replications, asked.policy.label, runs.baseline, measure, period)
    undefined = figures.index[figures["effect"].isna()]
    if len(undefined):
        replication, scenario = undefined[0]
        raise ExplanationError(
            f"{measure} is undefined in replication {replication} of {scenario!r}, so its change cannot be split; "
            "explain another measure, other channels, or a larger company."
        )
    return figures


def _pairs(frame: pd.DataFrame, policy: str, baseline: str, measure: str, period: str) -> pd.DataFrame:
    rows = frame[(frame["measure"] == measure) & (frame["period"] == period)]
    wide = rows.pivot(index=["replication", "scenario"], columns="policy", values="value")
    pairs = pd.DataFrame({"policy": wide[policy], "baseline": wide[baseline]})
    return pairs.assign(effect=pairs["policy"] - pairs["baseline"])


def _done(figures: pd.DataFrame) -> list[int]:
    return [int(number) for number in figures.index.unique("replication")]


def _parts(
    figures: pd.DataFrame, scenario: Scenario, channels: Sequence[str], orders: Sequence[Order]
) -> Sequence[float]:
    """Return what was direct, each channel's share, and the total, of one replication."""
    wanted = met(orders) if orders else coalitions(channels)
    effects = figures["effect"]
    values = {coalition: float(effects[_name(scenario, channels, coalition)]) for coalition in wanted}
    shared = shares(channels, values, orders)
    return [values[frozenset()], *(shared[channel] for channel in channels), values[frozenset(channels)]]


def _compare_with_study(figures: pd.DataFrame, asked: Subject, measure: str, period: str) -> None:
    """Say so when the runs do not come to what the study found: it was made by another version or machine."""
    if asked.known is None:
        return
    label, baseline = asked.policy.label, next(name for name in asked.known["policy"] if name != asked.policy.label)
    before = _pairs(asked.known, label, baseline, measure, period)["effect"]
    after = figures["effect"].reindex(before.index).dropna()
    others = int((after != before[after.index]).sum())
    if others:
        sys.stderr.write(
            f"cxsim: {others} of {len(after)} replications have another effect here than in the study, which another "
            "version or machine has made; the parts add up to the effect found here.\n"
        )


def _manifest(
    runs: Study, asked: Subject, measure: str, period: str, channels: Sequence[str], orders: int
) -> Mapping[str, Any]:
    every = math.factorial(len(channels))
    return {key: runs.manifest[key] for key in KEPT} | {
        "scenario": asked.scenario.to_dict(),
        "policy": asked.policy.label,
        "measure": measure,
        "period": period,
        "channels": list(channels),
        "left_open": [channel for channel in CHANNELS if channel not in channels],
        "orders": orders or every,
        "of_orders": every,
    }
