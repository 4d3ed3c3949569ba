"""Records that a simulated company leaves give its customers back: what goes in comes out of a fit."""

from __future__ import annotations

import numpy as np
import pytest

import sim
import sim.model.state as s
from sim.company.fitting import Fit
from sim.engines import run
from sim.inputs.parameters import load
from sim.inputs.scenario import Scenario

YEARS = 3.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[0.0, 0.01], ids=["clean", "1 % dirt"])
def fits(request, tmp_path_factory) -> dict[str, Fit]:
    folder = tmp_path_factory.mktemp("records")
    sim.records("small_company", folder, years=YEARS, dirt=request.param)
    return {kind: sim.fit(folder / f"{kind}.csv", kind=kind) for kind in ("purchases", "surveys", "friends")}


@pytest.fixture(scope="module")
def board() -> np.ndarray:
    """Customers at the end of each day of the same run."""
    return run(Scenario.load("small_company").change(years=YEARS), 0).state.board[s.DAY_CUSTOMERS]


def test_customers_and_how_often_they_buy(fits, board):
    found = fits["purchases"]
    assert found.numbers["customers"] == pytest.approx(board[-1], rel=0.06)
    known = load()
    assert found.parameters["price"] == pytest.approx(known["price"].value, rel=0.01)
    # Open cases delay purchases, and who comes back after a while has had a long gap.
    assert found.parameters["purchase_gap_mean"] == pytest.approx(known["purchase_gap_mean"].value, rel=0.08)
    assert found.parameters["purchase_gap_cv"] == pytest.approx(known["purchase_gap_cv"].value, rel=0.08)


def test_leaving_in_a_year_is_that_of_the_model_but_for_those_who_come_back(fits):
    study = sim.run(Scenario.load("small_company").change(years=YEARS), replications=1, workers=1)
    rows = study.replications
    left = 1 - rows[(rows["period"] == "all") & (rows["measure"] == "retention_12m")]["value"].iloc[0]
    assert 0.65 * left < fits["purchases"].numbers["yearly_churn"] < left


def test_surveys_are_those_that_the_model_counts(fits):
    study = sim.run(Scenario.load("small_company").change(years=YEARS), replications=1, workers=1)
    rows = study.replications
    counted = rows[rows["period"] == "all"].set_index("measure")["value"]
    assert fits["surveys"].numbers["csat"] == pytest.approx(counted["csat_measured"], abs=0.01)
    assert fits["surveys"].numbers["nps"] == pytest.approx(counted["nps_measured"], abs=2)
    assert "nps_goodwill_slope" not in fits["surveys"].parameters  # satisfaction with one episode is not goodwill


def test_sociability_and_near_ties(fits):
    for name in ("degree_sigma", "degree_local"):
        low, high = fits["friends"].ranges[name]
        assert low < load()[name].value < high
