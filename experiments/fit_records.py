"""What do real records say about arrivals, handling, patience, redialling and friendships?

The script reads five public data sets and fits the shapes that the simulator borrows from the real world:

1. arrivals   the shape of a week and of a day, and how much whole days differ beyond Poisson chance
2. handling   the lognormal form of handling times, and whether agents hurry when the centre is busy
3. patience   how the readiness to hang up changes while one waits, for regular and priority customers
4. redial     how many of those who hung up call again within the hour, and how soon
5. friends    the spread of the number of friends and how often two friends of one person know each other
6. purchases  how regular the gaps between purchases are, who buys again (BG/NBD), and how customers sort themselves

Run it with the environment variable CXSIM_DATA set to the folder that holds ``data/bank_calls_share`` and its
neighbours (or to that data folder itself)::

    CXSIM_DATA=... python experiments/fit_records.py --csv fits.csv --toml fits.toml

Each line of the tables is one estimate with its sample size, its 95 % interval and its goodness of fit.
With ``--toml`` the script writes proposals for the parameter files. There a range is the 95 % interval,
widened to the intervals of the stated alternative estimates: how one measures is often less certain than
what one measured.

The bank's week is mapped to ours by position: its five full days Sunday-Thursday are our Monday-Friday, its
short Friday is our Saturday, and its Saturday (closed until the evening) is our closed Sunday.

Sources: Brown et al. 2005, JASA 100(469) 36-50 (data of I. Guedj and A. Mandelbaum); McAuley & Leskovec 2012
(SNAP ego-Facebook); Valente's networks of farmers and doctors; CDNOW and High End cohort of Fader & Hardie.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import tomli_w
from scipy import stats

from sim.company.fitting import cohorts, purchases
from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts import arrivals, handling, patience, returns
from sim.company.fitting.contacts.calendar import Calendar, days_of, sums_by
from sim.company.fitting.database import database
from sim.company.fitting.estimate import COLUMNS, Estimate
from sim.company.fitting.friends.circles import LOCAL, TRANSITIVITY, circles, fit_circles
from sim.company.fitting.intervals import cv, measure
from sim.company.fitting.reading import read
from sim.company.fitting.request import Request

# --- choices of the fits, each with its reason --------------------------------------------------------------

DATA_VARIABLE = "CXSIM_DATA"
CONFIDENCE = 0.95

FULL_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu")  # the bank's five full days, in the order of our Mon..Fri
SHORT, CLOSED = 5, 6  # our Saturday is the bank's Friday, our Sunday its Saturday, which is closed until the evening

OPENS_S = 7 * 3600  # working hours of the bank's full days: 07:00-24:00
SHORT_HANG_S = 10  # agents who hung up on customers to rest: a known artefact of this centre (Brown et al.)
CALL_TYPES = ("PS", "NE", "NW", "IN", "PE")  # those of calls made by customers
CALL_BACK = "TT"  # the company calls a customer who left a message: not a call made by the customer
PRIORITY = 2
BANK_COLUMNS = Request(
    columns={"arrival": "date+vru_entry"},
    words={
        "outcome": {"answered": ["AGENT"], "abandoned": ["HANG"], "ignored": ["PHANTOM"]},
        "segment": {"priority": [str(PRIORITY)]},
    },
    drop={"bad_time": ["1"]},
)  # what the bank's columns say

# The ten people whose friends were sampled (SNAP).
EGOS = (0, 107, 348, 414, 686, 698, 1684, 1912, 3437, 3980)

HIGH_END_SURVIVAL = (1.0, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491, 0.468, 0.445, 0.427, 0.409, 0.394)
HIGH_END_FITTED_YEARS = 7  # Fader & Hardie 2007, table 1: years 0-7 are fitted, years 8-12 held out
HIGH_END_CUSTOMERS = 1000

SECONDS_PER_MINUTE = 60
SECONDS_PER_HALF_HOUR = 1800
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86400
SIX_MINUTES_PER_HOUR = 10
HALF_HOURS = 48

BANK, EGO, CDNOW, SBG = "bank-calls-1999", "ego-facebook", "cdnow", "fader-hardie-2007"


class RecordsMissingError(Exception):
    """The data folder, or a file in it, is not there."""


# --- reading ------------------------------------------------------------------------------------------------


def find_records() -> Path:
    """Folder that holds ``bank_calls_share`` and its neighbours, from the environment variable CXSIM_DATA.

    Raises
    ------
    RecordsMissingError
        When the variable is not set or no such folder is below it.
    """
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        raise RecordsMissingError(f"No records: set {DATA_VARIABLE} to the folder that holds data/bank_calls_share.")
    for folder in (Path(named) / "data", Path(named)):
        if (folder / "bank_calls_share").is_dir():
            return folder
    raise RecordsMissingError(
        f"No records: {named} holds neither data/bank_calls_share nor bank_calls_share; "
        f"set {DATA_VARIABLE} to the folder that does."
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise RecordsMissingError(f"No records: the file {path} is missing; restore it next to its README.")
    return path


def read_days(folder: Path) -> pd.DataFrame:
    """Arrivals of January-June 1999: a row a day (DatetimeIndex), 240 six-minute counts; no blank days."""
    path = _existing(folder / "bank_calls_share" / "arrivals_6min_1999-H1.csv.gz")
    return pd.read_csv(path, index_col=0, parse_dates=True).dropna()


@contextmanager
def bank_contacts(folder: Path) -> Iterator[Clean]:
    """Calls of February 1999 that joined the queue, read and cleaned; call-backs are among them."""
    path = _existing(folder / "bank_calls_share" / "calls_1999-02.csv.gz")
    with database() as connection:
        yield read([path], connection, BANK_COLUMNS)["contacts"]


def working(calls: Clean) -> Clean:
    """Calls made by customers on full days from 07:00 to midnight."""
    types = ", ".join(f"'{kind}'" for kind in CALL_TYPES)
    hours = f"epoch(arrival::time) >= {OPENS_S}"
    return calls.part("working", f"type in ({types}) and isodow(arrival) in (7, 1, 2, 3, 4) and {hours}")


def read_calls(folder: Path) -> pd.DataFrame:
    """Calls of February 1999 with sound clocks and without phantom rows.

    Returns
    -------
    pandas.DataFrame
        The file's columns and ``start`` (seconds since 1970, local time), ``end`` (hang-up or end of
        service), ``working`` (a full day between 07:00 and 24:00).
    """
    calls = pd.read_csv(_existing(folder / "bank_calls_share" / "calls_1999-02.csv.gz"), keep_default_na=False)
    calls = calls[(calls.bad_time == 0) & (calls.outcome != "PHANTOM")].copy()
    days = (pd.to_datetime(calls.date) - pd.Timestamp(0)).dt.days
    calls["start"] = days * SECONDS_PER_DAY + calls.vru_entry
    left = days * SECONDS_PER_DAY + calls.vru_exit + calls.wait
    calls["end"] = left + calls.ser_time.where(calls.outcome == "AGENT", 0)
    calls["working"] = calls.dow.isin(FULL_DAYS) & (calls.vru_entry >= OPENS_S)
    return calls


def served_calls(calls: pd.DataFrame) -> pd.DataFrame:
    """Calls that a named agent handled for some time (rows without an agent mostly last a few seconds)."""
    return calls[(calls.outcome == "AGENT") & (calls.ser_time > 0) & (calls.server != "")]


def read_staffing(folder: Path) -> pd.DataFrame:
    """Half-hours of February 1999: date, slot (0-47), occupancy (busy / agents), queue (mean length)."""
    path = _existing(folder / "bank_calls_share" / "staffing_halfhour_1999-02.csv")
    halves = pd.read_csv(path)
    halves = halves[(halves.agents_est > 0) & (halves.busy_mean > 0)]
    seconds = pd.to_timedelta(halves.start + ":00").dt.total_seconds()
    slot = (seconds / SECONDS_PER_HALF_HOUR).astype(int)
    return pd.DataFrame(
        {
            "date": halves.date,
            "slot": slot,
            "occupancy": halves.busy_mean / halves.agents_est,
            "queue": halves.queue_mean,
        }
    )


def read_friendships(folder: Path) -> np.ndarray:
    """Friendships of ego-Facebook, int array (88,234, 2)."""
    return pd.read_csv(_existing(folder / "net_ego_facebook" / "ego_facebook_edges.csv.gz")).to_numpy()


def read_nominations(folder: Path, study: str) -> np.ndarray:
    """Who named whom in a whole-group network study of Valente, as int pairs (number of ties, 2)."""
    edges = pd.read_csv(_existing(folder / "wom_diffusion_share" / f"{study}_edges.csv"))
    people = pd.concat([edges.group.astype(str) + "/" + edges[end].astype(str) for end in ("from", "to")])
    return pd.factorize(people)[0].reshape(2, -1).T


# --- 1 arrivals ---------------------------------------------------------------------------------------------


def bank_week(days: pd.DataFrame) -> Calendar:
    """Tell open days, short ones and holidays apart, the bank's week moved by a day so that it is ours."""
    found = days_of(days.set_axis(days.index + pd.Timedelta(days=1)))
    return replace(found, short=(SHORT,), closed=(CLOSED,))


def fit_arrivals(days: pd.DataFrame) -> list[Estimate]:
    """Weekday weights, both day profiles, the day factor; the counts hold the company's call-backs (3 %)."""
    found = bank_week(days)
    full = found.of(found.full)
    every = found.counts[pd.DatetimeIndex(found.counts.index).weekday < SHORT]
    return [
        *arrivals.weekday_weights(found, CONFIDENCE),
        *arrivals.profile(full, "profile_full_day", CONFIDENCE),
        *arrivals.profile(found.of(found.short), "profile_short_day", CONFIDENCE),
        *fit_day_factors(full, every),
    ]


def fit_day_factors(full: pd.DataFrame, every: pd.DataFrame) -> list[Estimate]:
    """The day factor of full days with its alternatives: slow part, holidays, hour of the day.

    Parameters
    ----------
    full, every
        Six-minute counts of the full days without and with holidays.
    """
    totals = full.sum(axis=1)
    hours = full.T.groupby(np.arange(full.shape[1]) // SIX_MINUTES_PER_HOUR).sum().T
    names = [f"{hour:02d}:00" for hour in hours if hour * SECONDS_PER_HOUR >= OPENS_S]
    return [
        arrivals.day_factor(totals, "day_factor_cv", CONFIDENCE),
        arrivals.day_factor(totals, "day_factor_cv_no_trend", CONFIDENCE, slow="none"),
        arrivals.day_factor(totals, "day_factor_cv_within_week", CONFIDENCE, slow="week"),
        arrivals.day_factor(every.sum(axis=1), "day_factor_cv_with_holidays", CONFIDENCE),
        arrivals.day_memory(totals, CONFIDENCE),
        *[arrivals.day_factor(hours[int(name[:2])], "day_factor_cv_by_hour", CONFIDENCE, name) for name in names],
    ]


# --- 2 handling ---------------------------------------------------------------------------------------------


def fit_handling(calls: Clean) -> list[Estimate]:
    """Handling times by named agents; rows without an agent mostly last a few seconds."""
    found = handling.services(calls.part("served", "agent is not null"))
    return [*handling.fit(calls, found, CONFIDENCE), plain_cv(found[0])]


def plain_cv(found: handling.Services) -> Estimate:
    """CV of the lognormal of handling times from 10 s on, as if there were none below."""

    def cv(totals: np.ndarray) -> np.ndarray:
        return np.sqrt(np.expm1(handling.cut_lognormal(totals, 0)[1] ** 2))

    sums = found.days[:, handling.LONG]
    note = handling.lognormal(found, CONFIDENCE).note
    return Estimate(
        "handling", "handling_cv_plain", "", int(sums[:, 0].sum()), *measure(sums, cv, CONFIDENCE), "ratio", note
    )


def clustered_slope(y: np.ndarray, x: np.ndarray, controls: pd.DataFrame, cluster: pd.Series) -> tuple[float, ...]:
    """Least-squares slope of y on x with dummies for the controls.

    Parameters
    ----------
    y, x
        Arrays (n,).
    controls
        Frame (n, k) of labels; each column becomes dummies.
    cluster
        Group of each row; the interval is robust to any dependence within a group.

    Returns
    -------
    tuple
        Slope, low, high, R².
    """
    dummies = [pd.get_dummies(controls[name], drop_first=True).to_numpy(dtype=float) for name in controls]
    design = np.column_stack([np.ones(len(y)), x, *dummies])
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ beta
    inverse = np.linalg.pinv(design.T @ design)
    scores = sums_by(cluster.to_numpy(), *(design * residual[:, None]).T)
    groups = len(scores)
    error = np.sqrt((inverse @ scores.T @ scores @ inverse)[1, 1] * groups / (groups - 1))
    half = error * stats.t.ppf((1 + CONFIDENCE) / 2, groups - 1)
    return beta[1], beta[1] - half, beta[1] + half, 1 - residual.var() / y.var()


def fit_pressure(served: pd.DataFrame, halves: pd.DataFrame) -> list[Estimate]:
    """Elasticity of handling time with occupancy; negative would mean that agents hurry under pressure.

    The main estimate takes the occupancy of the half-hour before, because long calls of a half-hour raise its
    own occupancy, and compares like with like: same type of call, time of day and agent.
    """
    kept = served[served.ser_time >= SHORT_HANG_S].assign(slot=lambda c: c.ser_start // SECONDS_PER_HALF_HOUR)
    alike = ["type", "slot", "server"]
    variants = {
        "pressure_elasticity": (1, "occupancy", alike),
        "pressure_elasticity_same_half_hour": (0, "occupancy", alike),
        "pressure_elasticity_uncontrolled": (0, "occupancy", []),
        "queue_elasticity": (1, "queue", alike),
    }
    return [_pressure(kept, halves, name, *how) for name, how in variants.items()]


def _pressure(
    kept: pd.DataFrame, halves: pd.DataFrame, name: str, lag: int, load: str, controls: list[str]
) -> Estimate:
    rows = kept.merge(halves.assign(slot=halves.slot + lag), on=["date", "slot"])
    x = np.log(rows.occupancy) if load == "occupancy" else np.log1p(rows.queue)
    y = np.log(rows.ser_time)
    *slope, r2 = clustered_slope(y.to_numpy(), x.to_numpy(), rows[controls], rows.date)
    when = "half-hour before" if lag else "same half-hour"
    note = f"R2 {r2:.3f}; {load} of the {when}; held fixed: {', '.join(controls) or 'nothing'}"
    return Estimate("pressure", name, "", len(rows), *slope, "elasticity", note)


# --- 3 patience ---------------------------------------------------------------------------------------------


def fit_patience(calls: Clean) -> list[Estimate]:
    """Patience of all, regular and priority customers."""
    return patience.estimates(calls, patience.fitted(calls, CONFIDENCE), CONFIDENCE)


# --- 4 redial -----------------------------------------------------------------------------------------------


def fit_redial(calls: Clean) -> list[Estimate]:
    """Coming back within the hour after hanging up, against the same after being served.

    Only customers who wait leave their number, so a redial answered at once is not seen: the observed share
    is a lower bound, which is corrected. Call-backs of the company are not redials: with them, as the
    reference file counts, the share of those who hear from the bank again is shown apart.
    """
    own = calls.part("own", f"type <> '{CALL_BACK}'")
    found = returns.redials(returns.followed(own), CONFIDENCE)
    either = returns.followed(calls, of=f"type <> '{CALL_BACK}'")
    note = "own call or the company's call-back within the hour"
    back = returns.share(either, returns.GAVE_UP, returns.SOON, "return_share", note, CONFIDENCE)
    return [*found, back]


# --- 5 friends ----------------------------------------------------------------------------------------------


def fit_network(ties: np.ndarray, key: str, note: str) -> list[Estimate]:
    """Degrees and clustering of one network, by `sim.company.fitting.friends`.

    Parameters
    ----------
    ties
        Integer array (ties, 2); repeats, either way round, and self-ties are ignored.
    note
        What clustering is limited by.
    """
    named = pd.DataFrame(ties, columns=["one", "other"])
    pairs = "(SELECT DISTINCT least(one, other) AS a, greatest(one, other) AS b FROM named WHERE one <> other)"
    with duckdb.connect() as connection:
        connection.register("named", named)
        with circles(connection, pairs) as people:
            fits = fit_circles(people, key, CONFIDENCE)
    return [replace(fit, goodness=note) if fit.name in (TRANSITIVITY, LOCAL) else fit for fit in fits]


def fit_friends(folder: Path) -> list[Estimate]:
    """Degrees and clustering of ego-Facebook, with and without its egos, and of two whole-group studies."""
    edges = read_friendships(folder)
    others = edges[~np.isin(edges, EGOS).any(axis=1)]
    fits: list[Estimate] = []
    for key, ties in (("ego-facebook", edges), ("without the egos", others)):
        fits += fit_network(ties, key, "ego sample: an upper limit")
    for study in ("brfarmers", "medInnovations"):
        found = fit_network(read_nominations(folder, study), study, "whole groups, few nominations")
        fits += [fit for fit in found if fit.name in (TRANSITIVITY, LOCAL)]
    return fits


# --- 6 purchases --------------------------------------------------------------------------------------------


def fit_purchases(folder: Path) -> list[Estimate]:
    """Gaps, orders and the law of repeat buying of CDNOW's customers, by `sim.company.fitting.purchases`."""
    path = _existing(folder / "cdnow_share" / "cdnow_1997-01_1997-09.csv.gz")
    query = "SELECT row_number() OVER () AS row, customer, date, amount::DOUBLE AS value FROM read_csv(?)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE sales AS {query}", [str(path)])
        rows = connection.table("sales").shape[0]
        part = purchases.fit(Clean("purchases", connection, "sales", ("customer", "date", "value"), rows))
    return [fit for fit in part.estimates if np.isfinite(fit.low)]


def fit_sbg(survival_share: Sequence[float], customers: int, fitted_years: int) -> list[Estimate]:
    """Maximum-likelihood sBG of a cohort, by `sim.company.fitting.cohorts`.

    Parameters
    ----------
    survival_share
        Share of the cohort left after years 0, 1, 2, ...
    customers
        Size of the cohort.
    fitted_years
        Years used; the later ones measure the forecast.
    """
    cohort = pd.DataFrame({"period": range(len(survival_share)), "alive": survival_share, "start": float(customers)})
    with duckdb.connect() as connection:
        connection.register("cohort", cohort)
        table = Clean("cohorts", connection, "cohort", ("period", "alive", "start"), len(cohort))
        part = cohorts.fit(table, until=fitted_years)
    return [fit for fit in part.estimates if fit.name.startswith("sbg")]


# --- all together -------------------------------------------------------------------------------------------


def fit_records(folder: Path) -> pd.DataFrame:
    """Every fit of this script as one tidy frame.

    Parameters
    ----------
    folder
        The data folder, see `find_records`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `sim.company.fitting.estimate.COLUMNS`.
    """
    calls = read_calls(folder)
    served = served_calls(calls[calls.working & calls.type.isin(CALL_TYPES)])
    fits = [*fit_arrivals(read_days(folder)), *fit_pressure(served, read_staffing(folder))]
    with bank_contacts(folder) as contacts:
        inside = working(contacts)
        fits += [*fit_handling(inside), *fit_patience(inside), *fit_redial(contacts)]
    fits += [*fit_friends(folder), *fit_purchases(folder)]
    fits += fit_sbg(HIGH_END_SURVIVAL, HIGH_END_CUSTOMERS, HIGH_END_FITTED_YEARS)
    return pd.DataFrame([astuple(fit) for fit in fits], columns=list(COLUMNS))


def compare_reference(folder: Path) -> pd.DataFrame:
    """Our figures of February beside the published reference figures of the same calls.

    Returns
    -------
    pandas.DataFrame
        Columns figure, ours, reference, difference (relative).
    """
    path = _existing(folder / "bank_calls_share" / "reference_1999-02.json")
    told = json.loads(path.read_text(encoding="utf-8"))["stats"]
    with bank_contacts(folder) as contacts:
        inside = working(contacts)
        rows = [*_compare_handling(inside, told), *_compare_patience(inside, told), *_compare_redial(contacts, told)]
    frame = pd.DataFrame(rows, columns=["figure", "ours", "reference"])
    return frame.assign(difference=frame.ours / frame.reference - 1)


def _compare_handling(inside: Clean, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    offered = inside.connection.execute(f"select count(*) from {inside.table}").fetchall()[0][0]
    found = handling.services(inside.part("served", "agent is not null"))[0]
    sums = found.days.sum(axis=0)
    mu, sigma = handling.cut_lognormal(sums[handling.LONG], 0)
    return [
        ("calls that joined the queue", offered, told["offered"] - told["left_before_queue"]),
        ("mean handling, s", sums[6] / sums[3], told["S"]["mean"]),
        ("CV of handling", float(cv(sums[handling.SECONDS])), told["S"]["cv"]),
        (f"share < {SHORT_HANG_S} s", 1 - sums[0] / sums[3], told["S"]["frac_lt10"]),
        ("lognormal mu", float(mu), told["lognorm_ge10"]["mu"]),
        ("lognormal sigma", float(sigma), told["lognorm_ge10"]["sigma"]),
    ]


def _compare_patience(inside: Clean, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    groups = {one.key: one for one in patience.waits(inside)}
    every = groups[patience.ALL]
    rows = [("calls that waited", every.n, told["queued"]), ("hung up", every.events, told["abandoned_in_queue"])]
    for name, key in (
        ("mean_patience_s", patience.ALL),
        ("mean_patience_prio2", patience.PRIORITY),
        ("mean_patience_reg", patience.REGULAR),
    ):
        mean = float(groups[key].wait @ groups[key].count) / groups[key].events
        rows.append((name.replace("_", " "), mean, told[name]))
    curve = patience.kaplan_meier(every, CONFIDENCE)
    alive = curve.survival_function_at_times([float(s) for s in told["KM_S"]])
    rows += [(f"Kaplan-Meier {s} s", ours, told["KM_S"][s]) for s, ours in zip(told["KM_S"], alive, strict=True)]
    hazard = every.hazard(CONFIDENCE).hazard
    pieces = list(told["hazard_per_min"].items())[:-1]
    return rows + [(f"hazard {key} s", hazard.iloc[i], rate) for i, (key, rate) in enumerate(pieces)]


def _compare_redial(calls: Clean, told: dict[str, Any]) -> list[tuple[str, float, float]]:
    """The reference counts call-backs as calls, and measures from the start of a call to the next start."""
    starts = returns.followed(calls.part("starts", "true", "* replace (0.0 as wait)"))
    shares = [
        returns.share(starts, where, returns.SOON, "", "", CONFIDENCE) for where in (returns.GAVE_UP, returns.SERVED)
    ]
    key = "<1h"
    median = returns.delays(starts, CONFIDENCE)[0].value * SECONDS_PER_MINUTE
    return [
        ("return within 1 h, hung up", shares[0].value, told["redial"][key][0]),
        ("return within 1 h, served", shares[1].value, told["redial"][key][1]),
        ("median delay, s", median, told["redial_delay_median_s_given<1h"]),
    ]


# --- proposals for the parameter files ----------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """A parameter to propose: which estimate it is, what it means, and which estimates widen its range."""

    name: str
    source: str
    note: str
    estimate: str = ""  # name of the estimate, if not the parameter's own
    key: str | None = None
    described_by: tuple[str, str] | None = None  # name and key of the estimate that tells how well a list fits
    widened_by: tuple[str, ...] = ()


_DAY = "{} calls of each half-hour from 00:00, as shares of the day; holidays and their eves are out."
_HAZARD = (
    "Hazard of hanging up between the patience knots, {} customers. The last piece has no end; the last "
    f"pieces are pooled until they hold {patience.FEWEST_HANG_UPS} hang-ups."
)
_BETA = "{} parameter of the Beta disposition (sBG): High End cohort, years 0-7, maximum likelihood."

PROPOSALS = (
    Proposal("profile_full_day", BANK, _DAY.format("Full day (bank's Sunday-Thursday):")),
    Proposal("profile_short_day", BANK, _DAY.format("Short day (bank's Friday):")),
    Proposal(
        "weekday_weight",
        BANK,
        "Mean calls of our Mon..Sun. The bank's Sun..Thu stand for Mon..Fri, its Fri for Sat; Sunday is "
        "closed. Days below two thirds of their weekday's median are out.",
    ),
    Proposal(
        "day_factor_cv",
        BANK,
        "CV of a multiplicative day factor beyond weekday, quadratic trend and Poisson chance. Neighbouring "
        "days are alike (correlation about 0.6), so factors drawn afresh each day belong in the lower half "
        "of the range, which covers the fit with a level of each week's own.",
        widened_by=("day_factor_cv_no_trend", "day_factor_cv_within_week"),
    ),
    Proposal(
        "handling_cv",
        BANK,
        "CV of the lognormal fitted to handling times without short hang-ups by agents; the range covers a "
        "lognormal that is cut off there, and the CV straight from the records.",
        estimate="handling_cv_plain",
        widened_by=("handling_cv", "handling_cv_moments"),
    ),
    Proposal(
        "patience_hazard",
        BANK,
        _HAZARD.format("regular"),
        estimate="patience_hazard_regular",
        described_by=("patience_mean", "regular"),
    ),
    Proposal(
        "patience_hazard_priority",
        BANK,
        _HAZARD.format("priority"),
        described_by=("patience_mean", "priority"),
    ),
    Proposal("priority_patience_ratio", BANK, "Total wait over hang-ups, priority over regular customers."),
    Proposal("priority_share", BANK, "Priority customers; calls that do not wait are not identified."),
    Proposal(
        "redial_share",
        BANK,
        "Abandoners who call again within the hour, corrected for redials that do not wait and so leave no "
        "name. The range runs from those seen to own calls and the company's call-backs together; the figure "
        "of 0.48 in the reference file counts call-backs.",
        widened_by=("redial_share_seen", "return_share"),
    ),
    Proposal("redial_delay_median", BANK, "Median delay of redials within the hour."),
    Proposal(
        "pressure_elasticity",
        BANK,
        "Slope of log handling time on log occupancy of the half-hour before; the range covers the same "
        "half-hour. Above zero: no hurrying is seen here, against -0.64 in the literature.",
        widened_by=("pressure_elasticity_same_half_hour",),
    ),
    Proposal(
        "graph_degree_sigma",
        EGO,
        "Standard deviation of the log number of friends: shape only, the mean belongs to the sample.",
        key="ego-facebook",
    ),
    Proposal(
        "gap_cv",
        CDNOW,
        "CV of one customer's gaps between purchases: gamma gaps, a rate of each customer's own. The range "
        "covers the mean of customers' own CVs (biased low) and the pooled one (biased high).",
        widened_by=("gap_cv_mean_of_customers", "gap_cv_pooled"),
    ),
    Proposal("sbg_alpha", SBG, _BETA.format("First")),
    Proposal("sbg_beta", SBG, _BETA.format("Second")),
)


def propose(fits: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Proposals for the parameter files, one table a parameter: value(s), unit, range, kind, source, note."""
    knots = _table(
        {"values": list(patience.KNOTS_S)},
        "s",
        [0, 2 * patience.KNOTS_S[-1]],
        BANK,
        "Inner knots of the patience hazard: one rate more than knots, the last without end. Chosen, not "
        "fitted: finer where announcements make people hang up.",
    )
    tables = {entry.name: _proposal(fits, entry) for entry in PROPOSALS}
    return {**tables, "patience_knots": knots, "graph_clustering_range": _clustering_proposal(fits)}


def _table(value: dict[str, Any], unit: str, ends: list[float], source: str, note: str) -> dict[str, Any]:
    return {**value, "unit": unit, "range": ends, "kind": "fitted", "source": source, "note": note}


def _proposal(fits: pd.DataFrame, entry: Proposal) -> dict[str, Any]:
    rows = fits[fits.name == (entry.estimate or entry.name)]
    rows = rows if entry.key is None else rows[rows.key == entry.key]
    wide = pd.concat([rows, fits[fits.name.isin(entry.widened_by)]])
    ends = [_rounded(wide.ci_low.min()), _rounded(wide.ci_high.max())]
    value = {"value": _rounded(rows["mean"].iloc[0])} if len(rows) == 1 else {"values": _listed(rows)}
    return _table(value, rows.unit.iloc[0], ends, entry.source, f"{entry.note} {_quality(fits, rows, entry)}")


def _quality(fits: pd.DataFrame, rows: pd.DataFrame, entry: Proposal) -> str:
    """Sample size, 95 % interval of a single number, goodness of fit where the estimate has one."""
    if entry.described_by:
        rows = fits[(fits.name == entry.described_by[0]) & (fits.key == entry.described_by[1])]
        return f"n = {rows.n.iloc[0]:,}; {rows.goodness.iloc[0]}."
    if len(rows) == 1:
        interval = f"95 % {_rounded(rows.ci_low.iloc[0])} to {_rounded(rows.ci_high.iloc[0])}"
        return f"n = {rows.n.iloc[0]:,}; {interval}; {rows.goodness.iloc[0]}."
    if (rows.goodness == rows.goodness.iloc[0]).all():
        return f"n = {rows.n.iloc[0]:,}; {rows.goodness.iloc[0]}."
    return f"n = {rows.n.sum():,} days."


def _listed(rows: pd.DataFrame) -> list[float]:
    return _summing(rows["mean"]) if (rows.subject == "profile").all() else [_rounded(v) for v in rows["mean"]]


def _clustering_proposal(fits: pd.DataFrame) -> dict[str, Any]:
    found = fits[fits.name == "graph_transitivity"].set_index("key")["mean"]
    top, bottom = found["ego-facebook"], found[["brfarmers", "medInnovations"]].min()
    ends = [_rounded(bottom), _rounded(top)]
    note = (
        "Transitivity. Upper end: ego-Facebook, inflated by sampling the friends of ten people. Lower end: "
        "whole villages of farmers (Valente) who named few contacts, which deflates it."
    )
    return _table({"values": ends}, "share", ends, EGO, note)


def _rounded(value: float) -> float:
    """Four significant figures: more than any of these intervals can use."""
    return float(f"{value:.4g}")


def _summing(values: pd.Series) -> list[float]:
    """Shares rounded to six places whose sum is exactly one: the largest takes the rest."""
    shares = [round(float(v), 6) for v in values]
    top = shares.index(max(shares))
    shares[top] = round(1 - sum(shares[:top] + shares[top + 1 :]), 6)
    return shares


# --- printing -----------------------------------------------------------------------------------------------


def show(fits: pd.DataFrame, reference: pd.DataFrame) -> str:
    """The fits as plain-text tables, one a subject, and the comparison with the reference."""
    parts = []
    for subject, rows in fits.groupby("subject", sort=False):
        plain = rows.drop(columns="subject").to_string(index=False, float_format="%.4g", justify="left")
        parts.append(f"{str(subject).upper()}\n{_show_profiles(rows) if subject == 'profile' else plain}")
    table = reference.to_string(index=False, float_format="%.4g", formatters={"difference": "{:+.1%}".format})
    return "\n\n".join([*parts, f"AGREEMENT WITH reference_1999-02.json\n{table}"])


def _show_profiles(rows: pd.DataFrame) -> str:
    """Both profiles side by side, a half-hour a line."""
    wide = rows.pivot(index="key", columns="name", values=["mean", "ci_low", "ci_high"]).swaplevel(axis=1)
    table = wide.sort_index(axis=1, level=0, sort_remaining=False).to_string(float_format="%.4f")
    notes = rows.drop_duplicates("name").itertuples(index=False)
    return "\n".join([table, *(f"{row.name}: {row.n:,} calls, {row.goodness}" for row in notes)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print and write; status 0, or 2 when the records are missing."""
    parser = argparse.ArgumentParser(description="What do real records say? Fits with intervals.")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every estimate as a row")
    parser.add_argument("--toml", type=Path, metavar="FILE", help="write proposals for the parameter files")
    wanted = parser.parse_args(arguments)
    try:
        folder = find_records()
        fits, reference = fit_records(folder), compare_reference(folder)
    except RecordsMissingError as missing:
        print(missing, file=sys.stderr)
        return 2
    print(show(fits, reference))
    if wanted.csv:
        fits.to_csv(wanted.csv, index=False)
    if wanted.toml:
        wanted.toml.write_text(tomli_w.dumps(propose(fits)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
