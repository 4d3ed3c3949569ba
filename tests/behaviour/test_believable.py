"""The baseline is believable, all of it at once, and stands still when nobody changes anything.

Bands are those of a company of this kind, set before tuning; a number of the model is not repeated here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sim
from sim.engines import run
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS
from sim.model.state import DAY_CUSTOMERS
from sim.outcomes import measures, statistics

pytestmark = pytest.mark.slow

BANDS = {
    "service_level": (0.65, 0.85),
    "abandonment": (0.03, 0.08),
    "occupancy": (0.68, 0.85),
    "fcr": (0.65, 0.78),
    "csat": (0.70, 0.86),
    "nps": (5.0, 45.0),
    "retention_12m": (0.65, 0.85),
    "agent_turnover": (0.25, 0.45),
    "return_on_sales": (0.04, 0.12),
    "joined_by_wom": (0.10, 0.35),
}
# A tenth of the company on one or two seats: occupancy is low and abandonment high at any sensible staffing.
SMALL_BANDS = BANDS | {
    "service_level": (0.60, 0.85),
    "abandonment": (0.08, 0.22),
    "occupancy": (0.25, 0.50),
    "agent_turnover": (0.10, 0.60),
    "joined_by_wom": (0.05, 0.35),
    "return_on_sales": (0.02, 0.12),
}


def outside(figures: pd.Series, bands: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Return the measures that are outside their bands."""
    return {name: figures[name] for name, (low, high) in bands.items() if not low <= figures[name] <= high}


def test_default_company_is_believable_all_at_once() -> None:
    """Two years of warm-up, five measured, one seed; several seeds are run outside CI."""
    history = run(Scenario.load("default"))
    frame = measures.measure(history)
    figures = frame[frame["period"] == "all"].set_index("measure")["value"]
    assert outside(figures, BANDS) == {}
    assert 1.5 <= figures["told_good"] / figures["told_bad"] <= 4.0
    customers = history.state.board[DAY_CUSTOMERS, history.resolved.scenario.first_day :: YEAR_DAYS]
    assert np.all(np.abs(customers / customers[0] - 1.0) < 0.05)


def test_good_is_told_three_times_as_often_as_bad_where_the_reading_says_so() -> None:
    """The factor of that reading was derived once; outside this band it is due again."""
    scenario = Scenario.load("default").change(reading="literature", years=3, warm_up=2)
    figures = [measures.measure(run(scenario, r)).query("period == 'all'") for r in range(4)]
    good, bad = (sum(f.set_index("measure")["value"][name] for f in figures) for name in ("told_good", "told_bad"))
    assert 2.7 <= good / bad <= 3.3


def test_small_company_is_believable_in_its_own_bands() -> None:
    """Means over replications: one of them has few agents and many accidents."""
    study = sim.run("small_company", replications=6, workers=1)
    summary = study.means()
    figures = summary[summary["period"] == "all"].set_index("measure")["mean"]
    assert outside(figures, SMALL_BANDS) == {}
    assert 1.2 <= figures["told_good"] / figures["told_bad"] <= 4.0


def test_nothing_drifts_without_policies_over_ten_years() -> None:
    """Slopes over ten years are as good as none: the 99 % interval over replications lies within a small margin.

    Margins a year, relative: 0.5 % of customers, 0.2 % of retention (a seventh of a point). What is left of a slope is
    the last of the sorting of dispositions, far below what a policy is judged by; a fresh cohort would fail at once.
    """
    study = sim.run("default", replications=8, years=10, workers=1)
    for measure, margin in (("customers", 0.005), ("retention_12m", 0.002)):
        interval = statistics.mean_interval(yearly_slopes(study.replications, measure), level=0.99)
        assert -margin < interval.low, (measure, interval)
        assert interval.high < margin, (measure, interval)


def yearly_slopes(frame: pd.DataFrame, measure: str) -> list[float]:
    """Slope a year of a measure in each replication, relative to its mean."""
    rows = frame[(frame["measure"] == measure) & (frame["period"] != "all")]
    rows = rows.assign(year=rows["period"].str.removeprefix("year ").astype(int))
    slopes = []
    for _, one in rows.groupby("replication"):
        slope = np.polyfit(one["year"], one["value"], 1)[0]
        slopes.append(float(slope / one["value"].mean()))
    return slopes


def test_more_money_comes_through_staying_than_through_word_of_mouth() -> None:
    """Better solving, for nothing: what it earns with word of mouth off, against what word of mouth adds.

    Staying earns more than twice as much, clear of chance.
    """
    base = Scenario.load("default").change(years=3)
    better = {"solve_enquiry": 0.56, "solve_issue": 0.64}
    scenarios = [
        base.change(name="talk"),
        base.override(**better).change(name="talk, better"),
        base.override(word_of_mouth=0).change(name="silence"),
        base.override(word_of_mouth=0, **better).change(name="silence, better"),
    ]
    frame = sim.compare(scenarios, replications=8, workers=1).replications
    profit = frame[(frame["measure"] == "profit") & (frame["period"] == "all")]
    table = profit.pivot(index="replication", columns="scenario", values="value")
    staying = table["silence, better"] - table["silence"]
    talking = (table["talk, better"] - table["talk"]) - staying
    assert statistics.mean_interval(staying).low > 0.0
    assert statistics.mean_interval(staying - 2.0 * talking).low > 0.0, (staying.mean(), talking.mean())
