"""Made-up contact records of a known truth, and dirt for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HALF_HOURS = 48
OPENS, CLOSES, SATURDAY_CLOSES = 16, 36, 26  # half-hours: 08:00-18:00, Saturday to 13:00
SATURDAY = 5
FIRST_DAY = "2024-01-01"  # a Monday


@dataclass(frozen=True)
class Truth:
    """What is to be found again.

    Parameters
    ----------
    days : of records, from Monday 1 January 2024; Sundays are closed.
    contacts : mean number on a full day.
    saturday : contacts of a Saturday over those of a full day.
    day_cv : of the day factor.
    handling_s, handling_cv : of a lognormal.
    hazard : of giving up, a minute: up to 60 s, and after it.
    waits : share of contacts that find no agent free, and mean seconds until one is.
    redial, redial_min : chance to call again after giving up, and the mean delay.
    again, again_days : chance to come back after being served, from the next day on, and how many days later still.
    customers : from which the contacts come.
    named : share of contacts that leave a name.
    """

    days: int = 42
    contacts: float = 120.0
    saturday: float = 0.4
    day_cv: float = 0.15
    handling_s: float = 240.0
    handling_cv: float = 0.9
    hazard: tuple[float, float] = (0.5, 0.2)
    waits: tuple[float, float] = (0.7, 80.0)
    redial: float = 0.0
    redial_min: float = 8.0
    again: float = 0.0
    again_days: float = 1.5
    customers: int = 3000
    named: float = 1.0

    @property
    def shape(self) -> NDArray[np.float64]:
        """Shares of the half-hours of a full day."""
        inside = np.linspace(0.4, 2.9, CLOSES - OPENS)
        found = np.zeros(HALF_HOURS)
        found[OPENS:CLOSES] = 0.3 + np.sin(inside)
        return found / found.sum()

    @property
    def short_shape(self) -> NDArray[np.float64]:
        """Shares of the half-hours of a Saturday."""
        found = self.shape.copy()
        found[SATURDAY_CLOSES:] = 0.0
        return found / found.sum()

    @property
    def mean_patience(self) -> float:
        """Seconds."""
        first, then = self.hazard
        alive = np.exp(-first)
        return float(60 * ((1 - alive) / first + alive / then))

    @property
    def sigma(self) -> float:
        """Of the log of handling."""
        return float(np.sqrt(np.log1p(self.handling_cv**2)))


def records(truth: Truth, seed: int) -> pd.DataFrame:
    """Contacts: columns arrival, wait, outcome, service, type, customer, agent, in the order of arrival."""
    rng = np.random.default_rng(seed)
    first = _first_contacts(truth, rng)
    customer = rng.integers(1, truth.customers + 1, len(first))
    found = [_ended(truth, first, customer, rng)]
    for _ in range(20):  # those who come back may come back again
        back = _coming_back(truth, found[-1], rng)
        if not len(back):
            break
        found.append(back)
    frame = pd.concat(found).sort_values("arrival", kind="stable").reset_index(drop=True)
    frame["customer"] = frame["customer"].where(rng.random(len(frame)) < truth.named, 0)
    return frame


def _first_contacts(truth: Truth, rng: np.random.Generator) -> pd.DatetimeIndex:
    days = pd.date_range(FIRST_DAY, periods=truth.days)
    weekday = np.asarray(days.weekday)
    spread = np.sqrt(np.log1p(truth.day_cv**2))
    factor = rng.lognormal(-(spread**2) / 2, spread, truth.days)
    level = np.select([weekday < SATURDAY, weekday == SATURDAY], [1.0, truth.saturday], 0.0)
    shapes = np.where((weekday == SATURDAY)[:, None], truth.short_shape, truth.shape)
    counts = rng.poisson(truth.contacts * (level * factor)[:, None] * shapes)
    slot = np.repeat(np.arange(counts.size), counts.ravel())
    seconds = np.sort(slot * 1800 + rng.uniform(0, 1800, len(slot)))
    return days[0] + pd.to_timedelta(np.round(seconds, 3), unit="s")


def _ended(truth: Truth, arrival: pd.DatetimeIndex, customer: NDArray, rng: np.random.Generator) -> pd.DataFrame:
    n = len(arrival)
    offered = np.where(rng.random(n) < truth.waits[0], rng.exponential(truth.waits[1], n), 0.0)
    effort, (first, then) = rng.exponential(1, n), truth.hazard
    patience = np.where(effort < first, effort / first, 1 + (effort - first) / then) * 60
    gave_up = patience < offered
    served = rng.lognormal(np.log(truth.handling_s) - truth.sigma**2 / 2, truth.sigma, n)
    return pd.DataFrame(
        {
            "arrival": arrival,
            "wait": np.minimum(offered, patience),
            "outcome": np.where(gave_up, "abandoned", "answered"),
            "service": np.where(gave_up, np.nan, served),
            "type": rng.choice(["orders", "bills"], n, p=[0.7, 0.3]),
            "customer": customer,
            "agent": np.where(gave_up, "", [f"agent {k}" for k in rng.integers(1, 9, n)]),
        }
    )


def _coming_back(truth: Truth, before: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Contacts that follow: redials after minutes, others after days; only while the centre is open."""
    gave_up, n = (before["outcome"] == "abandoned").to_numpy(), len(before)
    back = rng.random(n) < np.where(gave_up, truth.redial, truth.again)
    soon = before["arrival"] + pd.to_timedelta(before["wait"] + rng.exponential(truth.redial_min * 60, n), unit="s")
    day = before["arrival"].dt.normalize() + pd.to_timedelta(1 + rng.exponential(truth.again_days, n) // 1, unit="D")
    day += pd.to_timedelta((day.dt.weekday > SATURDAY).astype(int), unit="D")
    hours = rng.uniform(OPENS / 2, np.where(day.dt.weekday == SATURDAY, SATURDAY_CLOSES, CLOSES) / 2)
    arrival = soon.where(gave_up, day + pd.to_timedelta(hours, unit="h")).dt.round("ms")
    closes = np.where(arrival.dt.weekday == SATURDAY, SATURDAY_CLOSES, CLOSES) / 2
    clock = (arrival - arrival.dt.normalize()) / pd.Timedelta(hours=1)
    end = pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=truth.days)
    kept = back & (arrival < end).to_numpy() & (clock < closes).to_numpy()
    return _ended(truth, pd.DatetimeIndex(arrival[kept]), before["customer"].to_numpy()[kept], rng)


# --- what is wrong with them


def cut_off(frame: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """As an extract at that instant has them: who still waits has no outcome, who is still served no service time."""
    frame = frame[frame["arrival"] < end].copy()
    left = frame["arrival"] + pd.to_timedelta(frame["wait"], unit="s")
    waiting = left > end
    served = ~waiting & (left + pd.to_timedelta(frame["service"].fillna(0), unit="s") > end)
    frame.loc[waiting, ["wait", "service"]] = np.nan
    frame.loc[waiting, ["outcome", "agent"]] = ""
    frame.loc[served, "service"] = np.nan
    return frame


def dirty(frame: pd.DataFrame, seed: int, share: float = 0.01) -> pd.DataFrame:
    """Spoil a share of the rows in each of the ways that exports have: a frame of text."""
    rng = np.random.default_rng([seed, 1])
    text = frame.assign(
        arrival=frame["arrival"].dt.strftime("%Y-%m-%d %H:%M:%S.%f"),
        wait=frame["wait"].round(3),
        service=frame["service"].round(3),
    ).astype(object)
    text = text.where(frame.notna(), None)

    def some() -> NDArray[np.bool_]:
        return rng.random(len(frame)) < share

    text.loc[some(), "wait"] = -5
    text.loc[some(), "wait"] = 999_999
    text.loc[some(), "wait"] = "n.v.t."
    text.loc[some(), "service"] = -1
    text.loc[some(), "service"] = "12x"
    text.loc[some(), "service"] = 5_000_000
    text.loc[some(), "customer"] = "unknown"
    text.loc[some(), "type"] = None
    wrong = text[some()].assign(arrival="31/31/2024")
    missing = text[some()].assign(arrival=None)
    far = text[some()].assign(arrival="1970-01-01 00:00:00")
    twice = text[some()]
    return pd.concat([text, wrong, missing, far, twice], ignore_index=True)
