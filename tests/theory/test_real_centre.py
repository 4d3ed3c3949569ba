"""The bare centre, given a real centre's arrivals, handling times and agents, does what that centre did.

February 1999 of a bank, 27,671 calls on 20 days. Agents by half-hour are an estimate from the same calls and
patience is fitted to them, so this is no forecast: it asks whether a line, seats and impatience make the waits
and the abandonment of single hours out of these. How much of the errors of single hours is chance is seen
from the model itself, by judging one replication by the mean of the others.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fit_records as fits
import numpy as np
import pandas as pd
import pytest
import real_centre as real
from scipy import stats

from sim.company.fitting.contacts import patience
from sim.company.fitting.contacts.forecast import whole_agents

REPLICATIONS = 10
# Stated beforehand: percentage points of abandonment, share of the mean wait, correlation over hours.
POINTS, WAIT, FOLLOWS = 1.5, 0.20, 0.80
# One afternoon the centre broke down: the agents were gone within minutes and the callers cut off, which means over
# half-hours do not show. With that hour in, waits follow less closely.
WITH_BREAKDOWN = 0.70
# Errors of single hours are mostly chance; they may exceed those of a model that is right by so much.
ABOVE_CHANCE = 1.25

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def month(data_folder: Path) -> real.Month:
    folder = data_folder / "data" if (data_folder / "data").is_dir() else data_folder
    return real.read_month(folder)


@pytest.fixture(scope="module", params=[False, True], ids=["one line", "priority first"])
def simulated(request: pytest.FixtureRequest, month: real.Month) -> pd.DataFrame:
    return real.simulate(month, REPLICATIONS, classes=request.param)


def test_the_month_is_the_one_that_was_observed(month: real.Month) -> None:
    """Hour by hour, the calls that are played have the waits and abandonment of the file of observed hours."""
    calls, bucket = month.calls, (month.calls.minute // real.HOUR_MIN).astype(int)
    hung = (calls.outcome == "HANG").groupby(bucket).mean()
    waits = calls.wait.groupby(bucket)
    hours = pd.DataFrame({"offered": waits.size(), "mean_wait": waits.mean(), "abandonment": hung})
    off = (hours.loc[month.observed.index] - month.observed[hours.columns]).abs().mean()
    assert off["offered"] < 0.1
    assert off["abandonment"] < 0.001
    assert off["mean_wait"] < 0.2


def test_abandonment_and_waits_of_the_month_come_out(month: real.Month, simulated: pd.DataFrame) -> None:
    found = real.judge(month.observed, simulated)
    assert abs(found["points"]) <= POINTS, found
    assert abs(found["wait_error"]) <= WAIT, found


def test_hours_follow_the_observed_ones(month: real.Month, simulated: pd.DataFrame) -> None:
    found = real.judge(month.observed, simulated)
    staffed = real.judge(real.while_staffed(month.observed), simulated)
    assert found["r_abandon"] >= FOLLOWS, found
    assert staffed["r_wait"] >= FOLLOWS, staffed
    assert found["r_wait"] >= WITH_BREAKDOWN, found


def test_errors_of_hours_are_hardly_more_than_chance(month: real.Month, simulated: pd.DataFrame) -> None:
    found, best = real.judge(month.observed, simulated), real.perfect(month.observed, simulated)
    assert found["hourly_points"] <= ABOVE_CHANCE * best["hourly_points"], (found, best)
    assert found["hourly_wait_error"] <= ABOVE_CHANCE * best["hourly_wait_error"], (found, best)


def test_simulating_follows_abandonment_more_closely_than_a_formula_an_hour(
    month: real.Month, simulated: pd.DataFrame
) -> None:
    found, formula = (real.judge(month.observed, hours) for hours in (simulated, real.by_formula(month)))
    assert found["r_abandon"] > formula["r_abandon"]
    assert found["hourly_points"] < formula["hourly_points"]


def test_a_tenth_of_the_agents_less_would_be_noticed(month: real.Month) -> None:
    """The bounds can be missed: a tenth of the staff less, and abandonment is out by more than they allow."""
    fewer = replace(month, agents=0.9 * month.agents)
    assert real.judge(month.observed, real.simulate(fewer, 2))["points"] > POINTS


def test_whole_agents_have_the_mean_of_the_estimate(month: real.Month) -> None:
    drawn = np.array([whole_agents(month.agents, np.random.default_rng(n)) for n in range(200)])
    # Rounding up or down has a standard deviation of at most a half.
    assert np.abs(drawn.mean(axis=0) - month.agents).max() < 4 * 0.5 / np.sqrt(200)
    assert np.abs(drawn.cumsum(axis=2) - month.agents.cumsum(axis=1)).max() <= 1


def test_patience_is_that_of_those_who_waited(month: real.Month) -> None:
    waited = month.calls[month.calls.queued == 1]
    wait, hung = waited.wait.to_numpy(float), (waited.outcome == "HANG").to_numpy()
    seconds = real.patience_values(month.calls) * fits.SECONDS_PER_MINUTE
    table = real.waited_hazard(wait, hung)
    fitted = patience.mean_patience(table.hazard.to_numpy())
    assert seconds.mean() == pytest.approx(fitted, rel=0.01)
    curve = stats.ecdf(stats.CensoredData(uncensored=wait[hung], right=wait[~hung])).sf
    for share in (0.1, 0.25, 0.5, 0.7):
        gone = curve.quantiles[curve.probabilities <= 1 - share][0]
        assert (seconds <= gone).mean() == pytest.approx(share, abs=0.02)
