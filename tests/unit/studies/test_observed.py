"""What an observer notes is a measure like any other: compared, made precise, chosen by and explained."""

from __future__ import annotations

import pandas as pd
import pytest

import sim
from sim.engines import History
from sim.outcomes.measures import CATALOGUE, Period
from sim.running.precision import PrecisionError
from sim.studies.goal import GoalError
from sim.studies.sensitivity import SensitivityError

TINY = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=0.3, warm_up=0.0)
RUN = {"workers": 1, "engine": "readable"}


def twice(history: History) -> pd.DataFrame:
    """Profit a year under another name, and twice."""
    period = Period(history, history.resolved.scenario.first_day, history.resolved.scenario.days)
    rows = [
        ("all", name, factor * CATALOGUE["profit_a_year"].value(period)) for name, factor in (("own", 1), ("two", 2))
    ]
    return pd.DataFrame(rows, columns=["period", "measure", "value"])


def test_it_is_compared() -> None:
    study = sim.compare(TINY, ["training"], observe=twice, replications=3, **RUN)
    own, known = study.compare("own"), study.compare("profit_a_year")
    assert own["mean_difference"].iloc[0] == pytest.approx(known["mean_difference"].iloc[0])
    assert study.headline
    assert study.figures()


def test_it_is_made_precise() -> None:
    wide = sim.compare(TINY, ["training"], observe=twice, precision={"two": 1e9}, **RUN).manifest["precision"]
    assert wide["reached"]
    narrow = {"precision": {"two": 1e-6}, "max_replications": 12, "observe": twice}
    assert not sim.compare(TINY, ["training"], **narrow, **RUN).manifest["precision"]["reached"]
    with pytest.raises(PrecisionError, match="there is no measure 'two'"):
        sim.compare(TINY, ["training"], precision={"two": 1e9}, **RUN)


def test_it_is_chosen_by() -> None:
    asked = {"indifference": 1e9, "first": 4, "constraints": ["two >= -1e12"]}
    own = sim.choose(TINY, ["training"], "own:higher", observe=twice, pareto=["two:lower"], **asked, **RUN)
    known = sim.choose(TINY, ["training"], "profit_a_year", indifference=1e9, first=4, **RUN)
    assert own.chosen == known.chosen
    assert own.sheet["mean_difference"].to_numpy() == pytest.approx(known.sheet["mean_difference"].to_numpy())
    assert own.constraints["kept"].tolist() == ["kept", "kept"]
    assert "own" in own.text()
    assert own.figures()
    with pytest.raises(GoalError, match="neither more nor less of own is better"):
        sim.choose(TINY, ["training"], "own", observe=twice, **asked, **RUN)
    with pytest.raises(GoalError, match="there is no measure 'own'"):
        sim.choose(TINY, ["training"], "own:higher", indifference=1, **RUN)


def test_it_is_explained() -> None:
    asked = {"parameters": ["price", "wage_agent"], "replications": 3, **RUN}
    own = sim.sensitivity(TINY, measure="two", observe=twice, **asked)
    known = sim.sensitivity(TINY, measure="profit_a_year", **asked)
    assert own.to_frame()["mean"].to_numpy() == pytest.approx(2 * known.to_frame()["mean"].to_numpy())
    assert own.figures()
    with pytest.raises(SensitivityError, match="two"):
        sim.sensitivity(TINY, measure="two", **asked)
