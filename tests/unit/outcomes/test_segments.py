"""Outcomes by segment: the company's formulas, what adds up adds up, and nothing is known of what is shared."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.engines import History, run
from sim.inputs.scenario import Scenario
from sim.outcomes.measures import CATALOGUE, measure, periods
from sim.outcomes.results import Study, StudyError
from sim.outcomes.segments import BY_SEGMENT, SEGMENT_MEASURES, SegmentPeriod, SharedError, books_of, measure_segments
from sim.running.record import record
from sim.running.store.rows import packed, unpacked

COMPANY = Scenario.load("small_company").override(market_size=1500, employees=2, purchase_gap_mean=20.0)
COMPANY = COMPANY.change(years=1.2, warm_up=0.1)
COUNTS = (
    "offered", "customers_end", "joined", "fired", "purchases", "issues", "complaints", "told_good", "told_bad",
    "open_cases", "revenue", "goods", "compensation", "acquisition",
)  # fmt: skip


@pytest.fixture(scope="module")
def history() -> History:
    return run(COMPANY, engine="readable")


@pytest.fixture(scope="module")
def study() -> Study:
    policy = sim.Rapport(chance=0.95, segment="priority")
    return sim.compare(COMPANY, [policy], replications=3, engine="readable", workers=1, store=False)


def test_a_measure_has_segments_unless_it_rests_on_what_they_share(history: History) -> None:
    period = periods(history)["all"]
    part, found = SegmentPeriod(history, period.first, period.last, books=books_of(history)[0]), []
    for name, one in CATALOGUE.items():
        with suppress(SharedError):
            one.value(part)
            found.append(name)
    assert found == list(BY_SEGMENT)


def test_counts_add_up_to_the_company(history: History) -> None:
    whole = measure(history).set_index(["period", "measure"])["value"]
    parts = measure_segments(history).groupby(["period", "measure"])["value"].sum()
    wanted = [(period, name) for period in ("all", "year 1") for name in COUNTS]
    np.testing.assert_allclose(parts[wanted], whole[wanted], rtol=1e-12)
    assert (whole[wanted] > 0).sum() > len(COUNTS)


def test_a_company_of_one_segment_is_that_segment() -> None:
    history = run(COMPANY.override(segment_share={"priority": 1.0}), engine="readable")
    whole = measure(history).set_index(["period", "measure"])["value"]
    part = measure_segments(history).set_index(["period", "measure"])["value"]
    shared = [row for row in part.index if row[1] in CATALOGUE]
    np.testing.assert_allclose(part[shared], whole[shared], rtol=1e-12)


def test_patience_shows_where_it_differs() -> None:
    crowded = COMPANY.override(employees=1, enquiry_probability=1.0, patience_mean={"regular": 0.5, "priority": 60.0})
    found = measure_segments(run(crowded, engine="readable")).set_index(["period", "segment", "measure"])["value"]
    assert found["all", "regular", "abandonment"] > 5 * found["all", "priority", "abandonment"]


def test_a_policy_for_one_segment_moves_that_segment(study: Study) -> None:
    found = study.by("segment", ["nps", "customers_end"]).set_index(["policy", "segment", "period", "measure"])
    led = next(policy for policy in study.replications["policy"].unique() if policy != study.baseline)
    moved = found["mean_difference"]
    assert moved[led, "priority", "all", "nps"] > 1.0
    assert abs(moved[led, "regular", "all", "nps"]) < 0.3 * moved[led, "priority", "all", "nps"]
    assert found["mean_difference"][study.baseline].isna().all()
    assert found["ci_low_difference"].notna().any()
    assert found.attrs["units"]["nps"] == CATALOGUE["nps"].unit


def test_intervals_are_those_of_the_segment_alone(study: Study) -> None:
    found = study.by("segment", ["revenue"])
    row = found[(found["segment"] == "priority") & (found["period"] == "all")].iloc[0]
    own = study.segments.query("segment == 'priority' and period == 'all' and measure == 'revenue'")
    values = own[own["policy"] == row["policy"]]["value"]
    assert row["mean"] == pytest.approx(values.mean())
    assert (row["n"], row["se"]) == (3, pytest.approx(values.std() / np.sqrt(3)))


def test_what_segments_share_is_refused_by_name(study: Study) -> None:
    with pytest.raises(StudyError, match=r"profit: no figures by segment.*retention_12m"):
        study.by("segment", ["profit"])
    with pytest.raises(StudyError, match=r'by\("segment"\)'):
        study.by("region")
    with pytest.raises(StudyError, match="run it again"):
        Study(study.replications, study.cohorts, study.manifest).by("segment")


def test_segments_are_saved_with_the_study(study: Study, tmp_path: Path) -> None:
    loaded = Study.load(study.save(tmp_path / "study"))
    pd.testing.assert_frame_equal(loaded.by("segment"), study.by("segment"))
    damaged = study.segments.assign(value=lambda f: f["value"] + 1.0)
    damaged.to_parquet(tmp_path / "study" / "segments.parquet", index=False)
    with pytest.raises(StudyError, match="not the ones that were saved"):
        Study.load(tmp_path / "study")


def test_segments_are_kept_in_the_store(history: History) -> None:
    segments = measure_segments(history)
    cohorts = pd.DataFrame({"month": [0], "at_risk": [1.0], "stayed": [1.0]})
    kept = record(measure(history), cohorts, segments=segments)
    back = unpacked(*packed(kept), 1.0)
    names = tuple(zip(segments["period"], segments["segment"], segments["measure"], strict=True))
    assert back.segment_rows == kept.segment_rows == names
    np.testing.assert_array_equal(back.segment_values, segments["value"])
    np.testing.assert_array_equal(back.values, kept.values)


def test_the_catalogue_of_segments_has_each_name_once() -> None:
    names = [one.name for one in SEGMENT_MEASURES]
    assert len(set(names)) == len(names)
