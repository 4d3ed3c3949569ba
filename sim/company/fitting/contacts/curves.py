"""Frames for the check-fit plots of contacts: what was seen beside what was fitted. Nobody can be told in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from sim.company.fitting.contacts import handling, patience
from sim.company.fitting.contacts.arrivals import FULL_DAY, SHORT_DAY, WEEK_LEVELS, expected_counts
from sim.company.fitting.contacts.calendar import Calendar, weeks
from sim.company.fitting.estimate import Estimate

STEP_S = 2.0
"""Seconds between two points of a patience curve."""
MOST_POINTS = 500


def curves(
    found: Calendar,
    estimates: Sequence[Estimate],
    services: Sequence[handling.Services],
    patient: Sequence[patience.Fitted],
    level: float,
) -> dict[str, pd.DataFrame]:
    """Return the frames that the records allow: profile, day_factor, handling, patience, hazard."""
    frames = {}
    if any(one.subject == "profile" for one in estimates):
        frames["profile"] = _profile(estimates)
        frames["day_factor"] = _day_factor(found, level)
    if services:
        frames["handling"] = handling.curve(services[0], handling.lognormal(services[0], level))
    if patient:
        shown = [one for one in patient if one.waits.key != patience.ALL] or patient
        frames["patience"] = pd.concat([_patience(one) for one in shown], ignore_index=True)
        frames["hazard"] = pd.concat([one.hazard.assign(group=one.waits.key) for one in shown], ignore_index=True)
    return frames


def _profile(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Columns day ("full" or "short"), hour (beginning of the half-hour), share, ci_low, ci_high."""
    rows = [
        (day, place / 2, one.value, one.low, one.high)
        for day, name in (("full", FULL_DAY), ("short", SHORT_DAY))
        for place, one in enumerate(row for row in estimates if row.name == name)
    ]
    return pd.DataFrame(rows, columns=["day", "hour", "share", "ci_low", "ci_high"])


def _day_factor(found: Calendar, level: float) -> pd.DataFrame:
    """Columns date, contacts, expected (of weekday and the level of the week), factor, of full days.

    Between pi_low and pi_high lies the factor of a share ``level`` of the days by chance alone: a Poisson count is
    about normal.
    """
    totals = found.of(found.full).sum(axis=1)
    dates = pd.DatetimeIndex(totals.index)
    slow = "week" if len(np.unique(weeks(dates))) >= WEEK_LEVELS else "none"
    expected, _ = expected_counts(totals, slow)
    contacts, half = totals.to_numpy(), stats.norm.ppf((1 + level) / 2) / np.sqrt(expected)
    factors = {"factor": contacts / expected, "pi_low": 1 - half, "pi_high": 1 + half}
    return pd.DataFrame({"date": dates, "contacts": contacts, "expected": expected, **factors})


def _patience(one: patience.Fitted) -> pd.DataFrame:
    """Columns group, n, gave_up, seconds, alive, ci_low, ci_high (Kaplan-Meier), and a column a fitted form."""
    known = patience.curve(one.kaplan_meier)
    last = min(float(known["seconds"].max()), float(patience.KNOTS_S[-1]))
    seconds = np.arange(0.0, last + STEP_S, max(STEP_S, last / MOST_POINTS))
    place = np.searchsorted(known["seconds"].to_numpy(), seconds, side="right") - 1
    frame = known.iloc[np.maximum(place, 0)][["alive", "ci_low", "ci_high"]].reset_index(drop=True)
    frame.insert(0, "seconds", seconds)
    for name, fitter in one.forms.items():
        frame[name] = fitter.survival_function_at_times(np.maximum(seconds, patience.SHORTEST)).to_numpy()
    frame["pieces"] = patience.survival(one.hazard, seconds)
    return frame.assign(group=one.waits.key, n=one.waits.n, gave_up=one.waits.events)
