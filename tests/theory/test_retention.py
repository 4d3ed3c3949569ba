"""Retention of a fresh cohort when nothing but people's own disposition makes them leave: the shifted beta-geometric.

A person with yearly chance theta stays through a gap of d years with chance (1 - theta)^d, so that a cohort's
survival to t years is E (1 - theta)^t = B(alpha, beta + t) / B(alpha, beta), also between whole years. Leaving is
noticed at the next purchase: on day d the cohort shows its survival to the last purchase day before d.
"""

import numpy as np
import pytest

import sim.model.state as s
from sim.engines import run
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS, YEAR_MONTHS
from sim.theory import sbg_survival
from tests.theory.verdict import Reading, agrees

# Share still there by year, 1 to 7, of the "High End" customers of Fader and Hardie 2007, table 1: 1,000 people.
HIGH_END = (0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491)
HIGH_END_PEOPLE = 1000
ALPHA, BETA = 0.668, 3.806
GAP_DAYS = 5

QUIET = {
    "issue_ambient": 0.0, "issue_misunderstanding": 0.0, "delivery_broken": 0.0, "cause_rate": 0.0,
    "enquiry_probability": 0.0,
    "disposition_goodwill_slope": 0.0, "word_of_mouth": 0.0, "join_probability": 0.0, "degree_mean": 0.0,
    "purchase_gap_cv": 0.0, "employees": 0, "disposition_alpha": ALPHA, "disposition_beta": BETA,
}  # fmt: skip


def survival(people: int, replication: int, years: int, gap: int) -> np.ndarray:
    """Customers of a fresh cohort of ``people`` at the end of each year, as a share."""
    scenario = Scenario.load("small_company").change(years=float(years), warm_up=0.0, fresh=True)
    scenario = scenario.override(**QUIET, market_size=people, purchase_gap_mean=float(gap))
    history = run(scenario, replication)
    cohort = history.state.cohort[0]
    assert cohort[0] == people
    kept = 1.0 - np.cumsum(cohort[1:])[YEAR_MONTHS - 1 :: YEAR_MONTHS][:years] / people
    left = history.state.board[s.LEFT_QUIETLY].sum()
    assert history.state.company_i[s.CUSTOMERS_NOW] == people - left
    return kept


def noticed(year: int, gap: int) -> float:
    """Years up to the last purchase before the end of a year."""
    return (year * YEAR_DAYS - 1) // gap * gap / YEAR_DAYS


def by_theory(people: int, replication: int, years: int, gap: int) -> list[Reading]:
    found = survival(people, replication, years, gap)
    expected = sbg_survival(ALPHA, BETA, [noticed(year, gap) for year in range(1, years + 1)])
    return [
        Reading(float(a), float(b), float(np.sqrt(b * (1 - b) / people))) for a, b in zip(found, expected, strict=True)
    ]


@pytest.mark.parametrize(("gap", "people"), [(30, 4000), (73, 12_000)])
def test_a_cohort_survives_as_the_closed_form_says(gap, people):
    agrees(lambda n, r: by_theory(n, r, 3, gap), people)


@pytest.mark.slow
def test_a_cohort_survives_seven_years_and_its_retention_rises():
    agrees(lambda people, r: by_theory(people, r, 7, GAP_DAYS), 2500)
    kept = np.concatenate([[1.0], survival(2500, 0, 7, GAP_DAYS)])
    yearly = kept[1:] / kept[:-1]
    assert yearly[-1] > yearly[0] + 0.05


@pytest.mark.slow
def test_it_is_the_published_cohort_within_that_cohorts_own_sampling_error():
    def trial(people: int, replication: int) -> list[Reading]:
        found = survival(people, replication, len(HIGH_END), GAP_DAYS)
        spread = [p * (1 - p) * (1 / HIGH_END_PEOPLE + 1 / people) for p in HIGH_END]
        return [Reading(float(a), b, float(np.sqrt(v))) for a, b, v in zip(found, HIGH_END, spread, strict=True)]

    agrees(trial, 2500)


def test_a_steeper_disposition_would_be_seen():
    """The comparison can fail: survival under another alpha is far outside the interval."""
    found = by_theory(2000, 0, 3, 73)
    wrong = sbg_survival(1.5 * ALPHA, BETA, noticed(3, 73))
    assert abs(found[-1].found - wrong) / found[-1].error > 8
