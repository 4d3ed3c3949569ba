"""Does the bare centre follow a real one?

The calls that a bank's contact centre took in February 1999 are played to ``sim.queue`` as they came: each at
the instant at which it entered the queue, with its own handling time where it was answered. Only what nobody
recorded is drawn: how long somebody who hung up would have been handled, and how patient each caller was (by
the hazard of hanging up that experiments/fit_records.py fits). Then abandonment and waits of single hours are
compared with what happened.

Agents are an estimate from the calls themselves, with a fraction; a seat is whole. So each replication rounds
them up or down by chance: every half-hour is right in the mean, every run of half-hours within one agent.

one line                 First come, first served; one patience for all.
one line, while staffed  Its hours in which the estimate has at least one agent.
priority first           Priority callers strictly first, with their own patience and handling. The bank moved
                         them only 90 seconds ahead, so the truth lies between this and one line. Where the
                         class was not recorded, because the call did not wait, it is drawn by the share among
                         calls of its type that did.
whole agents             One line with agents rounded to the nearest.
by formula               Erlang A, each hour on its own with the mean handling time of its calls.
a perfect model          A replication of the one line judged by the mean of the others, as if it had been the
                         real month: the errors that chance (in patience, and in whole agents) makes alone.

Run it with the environment variable CXSIM_DATA set to the folder that holds ``data/bank_calls_share``::

    CXSIM_DATA=... python experiments/real_centre.py --csv hours.csv

Source: Brown et al. 2005, JASA 100(469) 36-50 (data of I. Guedj and A. Mandelbaum).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fit_records as fits
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import theory
from sim.company.fitting.contacts import patience
from sim.company.fitting.contacts.forecast import whole_agents
from sim.contact_centre import queue

SEED = 1999  # the year of the calls; any fixed number makes the comparison repeatable
REPLICATIONS = 20
KNOTS = 4000  # points of the law of patience: its mean is then right to a tenth of a per cent
TARGET_S = 20  # the service level that the observed hours carry
HOURS, HOUR_MIN, DAY_MIN = 24, 60, 1440
MEASURES = ["abandonment", "mean_wait", "p_wait", "service_level"]
OF_RECORDS = {"p_abandon": "abandonment", "mean_wait_s": "mean_wait", "service_level_20s": "service_level"}
"""Columns of the file of observed hours, and the measures that they are."""
CLASSES = ("priority", "regular")


@dataclass(frozen=True)
class Month:
    """What was recorded: calls by arrival, agents (days, 48), observed hours, mean patience in seconds."""

    calls: pd.DataFrame
    agents: NDArray[np.float64]
    observed: pd.DataFrame
    patience_s: float

    @property
    def hours(self) -> int:
        """Hours from the first midnight to the last."""
        return len(self.agents) * HOURS


# -- reading --


def read_month(folder: Path) -> Month:
    """Read the full days of the month, 07:00-24:00, put one after the other; ``folder`` holds bank_calls_share."""
    bank = folder / "bank_calls_share"
    observed = pd.read_csv(bank / "hourly_1999-02.csv").rename(columns=OF_RECORDS)
    halves = pd.read_csv(bank / "staffing_halfhour_1999-02.csv")
    dates = sorted(halves.date.unique())
    slots = (pd.to_timedelta(halves.start + ":00").dt.total_seconds() // fits.SECONDS_PER_HALF_HOUR).astype(int)
    agents = np.zeros((len(dates), fits.HALF_HOURS))
    agents[halves.date.map(dates.index), slots] = halves.agents_est
    calls = _calls(fits.read_calls(folder), dates)
    told = json.loads((bank / "reference_1999-02.json").read_text("utf-8"))
    observed["bucket"] = observed.date.map(dates.index) * HOURS + observed.hour
    return Month(calls, agents, observed.set_index("bucket"), told["stats"]["mean_patience_s"])


def _calls(calls: pd.DataFrame, dates: Sequence[str]) -> pd.DataFrame:
    """Calls that entered the queue: minute since the first midnight, handling (min), favoured (NaN: unknown)."""
    entered = (calls.queued == 1) | (calls.outcome == "AGENT")
    inside = calls.date.isin(dates) & (calls.vru_exit >= fits.OPENS_S) & (calls.vru_exit < fits.SECONDS_PER_DAY)
    calls = calls[entered & inside & (calls.type != fits.CALL_BACK)]
    minute = calls.date.map({date: day * DAY_MIN for day, date in enumerate(dates)})
    minute = minute + calls.vru_exit / fits.SECONDS_PER_MINUTE
    handling = (calls.ser_time / fits.SECONDS_PER_MINUTE).where(calls.outcome == "AGENT")
    favoured = (calls.priority == fits.PRIORITY).astype(float).where(calls.queued == 1)
    kept = calls[["type", "wait", "outcome", "queued"]]
    return kept.assign(minute=minute, handling=handling, favoured=favoured).sort_values("minute", kind="stable")


# -- what a run is given --


def patience_values(calls: pd.DataFrame) -> NDArray[np.float64]:
    """Minutes of patience at equally likely points, by the fitted hazard of those who waited."""
    waited = calls[calls.queued == 1]
    return patience.quantiles(waited_hazard(waited.wait.to_numpy(float), (waited.outcome == "HANG").to_numpy()), KNOTS)


def waited_hazard(wait: NDArray[np.float64], hung: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the hazard of giving up, the tail pooled, from waits (s) that end by giving up (hung) or by an answer."""
    start, stop = np.array([0, *patience.KNOTS_S]), np.array([*patience.KNOTS_S, np.inf])
    exposure = (np.clip(wait[:, None], start, stop) - start).sum(axis=0) / fits.SECONDS_PER_MINUTE
    piece = np.searchsorted(stop, wait, side="left")  # a wait of just 5 s belongs to 0-5 s
    events = np.bincount(piece[hung], minlength=len(start)).astype(float)
    return patience.pool_tail(patience.hazard_table(events, exposure, fits.CONFIDENCE), fits.CONFIDENCE)


def draw_classes(calls: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Class of each call; where it was not recorded, by the share among calls of its type that waited."""
    share = calls.type.map(calls.groupby("type").favoured.mean())
    chosen = calls.favoured.where(calls.favoured.notna(), rng.random(len(calls)) < share)
    return pd.Series(np.where(chosen.astype(bool), *CLASSES), calls.index)


def nearest_agents(agents: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole agents by half-hour (days, 48), the nearest; ``rng`` is not used."""
    return np.rint(agents).astype(int)


def rota(agents: NDArray[np.int64]) -> list[int]:
    """Agents by half-hour of the run; the last of a day stay on, as long as it takes to empty the line."""
    late = np.vstack([np.zeros_like(agents[:1]), agents[:-1]])[:, -1]
    staffed = agents.copy()
    staffed[:, 0] = late
    return [int(one) for one in (*staffed.ravel(), agents[-1, -1])]


# -- running --

Rounding = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.int64]]


def simulate(
    month: Month, replications: int = REPLICATIONS, classes: bool = False, rounding: Rounding = whole_agents
) -> pd.DataFrame:
    """Play the month several times: a row per replication and observed hour with the measures of `MEASURES`.

    The index is (replication, bucket).
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        laws = _laws(month.calls, folder, classes)
        runs = [_run(month, laws, folder, number, rounding) for number in range(replications)]
    return pd.concat(runs, keys=range(replications), names=["replication", "bucket"])


def _laws(calls: pd.DataFrame, folder: Path, classes: bool) -> dict[str, Any]:
    """Write the laws of patience and handling, by class or for all; return the arguments that name them."""
    favoured = calls.favoured == 1
    groups = dict(zip(CLASSES, (calls[favoured], calls[~favoured]), strict=True)) if classes else {"all": calls}
    described = []
    for name, rows in groups.items():
        np.savetxt(folder / f"patience_{name}.csv", patience_values(rows))
        np.savetxt(folder / f"handling_{name}.csv", rows.handling.dropna())
        laws = {key: f"empirical {folder / f'{key}_{name}.csv'}" for key in ("patience", "handling")}
        described.append({"name": name, "share": 1 / len(groups)} | laws)
    return {"classes": described}


def _run(month: Month, laws: dict[str, Any], folder: Path, number: int, rounding: Rounding) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, number])
    trace = month.calls[["minute", "handling"]]
    if len(laws["classes"]) > 1:
        trace = trace.assign(**{"class": draw_classes(month.calls, rng)})
    trace.to_csv(folder / "trace.csv", index=False)
    agents = rota(rounding(month.agents, rng))
    run = {"hours": month.hours, "replications": 1, "seed": number, "workers": 1, "target_seconds": TARGET_S}
    result = queue(**laws, trace=folder / "trace.csv", agents=agents, **run)
    hours = result.over_time().pivot(index="from_hour", columns="measure", values="mean")
    hours.index = hours.index.astype(int)
    return hours.loc[month.observed.index, MEASURES].rename_axis(columns=None)


def once(hours: pd.DataFrame) -> pd.DataFrame:
    """Hours as `simulate` returns them, of a single replication."""
    return pd.concat([hours], keys=[0], names=["replication", "bucket"])


def by_formula(month: Month) -> pd.DataFrame:
    """Erlang A for each observed hour on its own, in the form of `simulate`."""
    found = [_hour_by_formula(row, month.patience_s) for row in month.observed.itertuples()]
    return once(pd.DataFrame(found, month.observed.index))


def _hour_by_formula(row: Any, patience_s: float) -> dict[str, float]:
    """Erlang A with the whole agents below and above the estimate, in proportion (at least one)."""
    below = max(math.floor(row.agents_est), 1)
    above = min(max(row.agents_est - below, 0.0), 1.0)
    rate = row.offered / fits.SECONDS_PER_HOUR
    pair = [theory.erlang_a(rate, 1 / row.mean_service_s, below + k, 1 / patience_s, TARGET_S) for k in (0, 1)]
    return {name: (1 - above) * getattr(pair[0], name) + above * getattr(pair[1], name) for name in MEASURES}


# -- judging --


def judge(observed: pd.DataFrame, simulated: pd.DataFrame) -> dict[str, float]:
    """How closely the mean over replications follows the observed hours.

    Returns
    -------
    Of the month, each call counting the same: the measures of `MEASURES`, and the errors ``points`` (percentage
    points of abandonment) and ``wait_error`` (share of the observed wait). Of the hours: ``hourly_points`` (mean
    absolute error), ``hourly_wait_error`` (the same as a share of the mean observed wait), ``r_abandon``,
    ``r_wait``, ``r_p_wait`` (correlations over hours).
    """
    mean = simulated.groupby("bucket").mean().loc[observed.index]
    weights = observed.offered / observed.offered.sum()
    month = {name: float(weights @ mean[name]) for name in MEASURES}
    real = {name: float(weights @ observed[name]) for name in MEASURES}
    off = (mean - observed[MEASURES]).abs()
    r = {name: float(np.corrcoef(mean[name], observed[name])[0, 1]) for name in MEASURES}
    return month | {
        "points": 100 * (month["abandonment"] - real["abandonment"]),
        "wait_error": month["mean_wait"] / real["mean_wait"] - 1,
        "hourly_points": 100 * float(weights @ off["abandonment"]),
        "hourly_wait_error": float(weights @ off["mean_wait"]) / real["mean_wait"],
        "r_abandon": r["abandonment"],
        "r_wait": r["mean_wait"],
        "r_p_wait": r["p_wait"],
    }


def while_staffed(observed: pd.DataFrame) -> pd.DataFrame:
    """Hours in which the estimate has at least one agent: in the others the centre had broken down."""
    return observed[observed.agents_est >= 1]


def perfect(observed: pd.DataFrame, simulated: pd.DataFrame) -> dict[str, float]:
    """Judge each replication, as if observed, by the mean of the others: a model that is right, and chance."""
    numbers = simulated.index.unique("replication")
    found = []
    for number in numbers:
        one = simulated.loc[number].assign(offered=observed.offered)
        found.append(judge(one, simulated.drop(number, level="replication")))
    return {name: float(np.mean([row[name] for row in found])) for name in found[0]}


def compare(month: Month, replications: int = REPLICATIONS) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Judge every variant: a table (variants, measures of `judge`), and the hours that each simulated."""
    runs = {
        "one line": simulate(month, replications),
        "priority first": simulate(month, replications, classes=True),
        "whole agents": simulate(month, replications, rounding=nearest_agents),
        "by formula": by_formula(month),
    }
    rows = {name: judge(month.observed, hours) for name, hours in runs.items()}
    rows["one line, while staffed"] = judge(while_staffed(month.observed), runs["one line"])
    rows["a perfect model"] = perfect(month.observed, runs["one line"])
    real = judge(month.observed, once(month.observed[MEASURES]))
    return pd.DataFrame({"observed": real, **rows}).T, runs


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=REPLICATIONS, help="of each variant")
    parser.add_argument("--csv", type=Path, help="write simulated hours beside the observed ones to this file")
    chosen = parser.parse_args(arguments)
    try:
        month = read_month(fits.find_records())
    except fits.RecordsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    table, runs = compare(month, chosen.replications)
    print(f"{len(month.calls)} calls on {len(month.agents)} days; {len(month.observed)} hours with 20 calls or more")
    print(table.round(3).to_string())
    if chosen.csv:
        means = {name: hours.groupby("bucket").mean().add_suffix(f", {name}") for name, hours in runs.items()}
        month.observed.join(list(means.values())).to_csv(chosen.csv, index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
