"""A record is the figures of one replication: nothing is lost on the way into it and out again."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.engines import branches
from sim.outcomes import measures
from sim.running.record import Record, cohorts_frame, figures_frame, months_frame, record, same

FIGURES = pd.DataFrame(
    {
        "period": ["year 1", "year 1", "all", "all", "all"],
        "measure": ["profit", "csat", "profit", "csat", "nps"],
        "value": [1.5, np.nan, -0.0, 0.1 + 0.2, np.inf],
    }
)
COHORTS = pd.DataFrame({"month": [0, 1, 2], "at_risk": [40.0, 40.0, 0.0], "stayed": [1.0, 0.975, np.nan]})
ABOUT = ("small", "baseline", 3)
MONTHLY = ("offered", "csat")
COURSE = np.array([[9.0, 7.0, -0.0], [0.5, np.nan, 0.1 + 0.2]])


def bits(values: object) -> list[int]:
    """What numbers are to the last bit, so that NaN equals NaN, and -0 is not 0."""
    return np.asarray(values, dtype=np.float64).view(np.int64).tolist()


def test_frames_come_back_as_they_were() -> None:
    packed = record(FIGURES, COHORTS, seconds=2.5)
    figures, cohorts = figures_frame([(ABOUT, packed)]), cohorts_frame([(ABOUT, packed)])
    assert list(figures.columns) == ["scenario", "policy", "replication", "period", "measure", "value"]
    assert list(cohorts.columns) == ["scenario", "policy", "replication", "month", "at_risk", "stayed"]
    for frame in (figures, cohorts):
        assert frame[["scenario", "policy", "replication"]].drop_duplicates().to_numpy().tolist() == [list(ABOUT)]
    pd.testing.assert_frame_equal(figures[["period", "measure"]], FIGURES[["period", "measure"]])
    assert bits(figures["value"]) == bits(FIGURES["value"])
    assert cohorts["month"].tolist() == [0, 1, 2]
    for name in ("at_risk", "stayed"):
        assert bits(cohorts[name]) == bits(COHORTS[name])
    assert packed.seconds == 2.5


ROWS = st.lists(
    st.tuples(st.sampled_from(["all", "year 1"]), st.text(max_size=3), st.floats()), unique_by=lambda row: row[:2]
)


@given(ROWS)
def test_any_figures_come_back_as_they_were(rows: list[tuple[str, str, float]]) -> None:
    given_ = pd.DataFrame(rows, columns=["period", "measure", "value"])
    found = figures_frame([(ABOUT, record(given_, COHORTS))])
    assert list(zip(found["period"], found["measure"], strict=True)) == [row[:2] for row in rows]
    assert bits(found["value"]) == bits([row[2] for row in rows])


def test_records_stay_in_the_order_given_and_keep_their_own_lengths() -> None:
    short = record(FIGURES.head(2), COHORTS.head(1))
    figures = figures_frame([(("b", "p", 1), short), (("a", "q", 0), record(FIGURES, COHORTS)), (("a", "p", 0), short)])
    about = figures[["scenario", "policy", "replication"]].to_numpy().tolist()
    assert about == [["b", "p", 1]] * 2 + [["a", "q", 0]] * 5 + [["a", "p", 0]] * 2
    cohorts = cohorts_frame([(("b", "p", 1), short), (("a", "q", 0), record(FIGURES, COHORTS))])
    assert cohorts["month"].tolist() == [0, 0, 1, 2]
    assert cohorts["scenario"].tolist() == ["b", "a", "a", "a"]


def test_the_course_comes_back_measure_by_measure() -> None:
    packed = record(FIGURES, COHORTS, 0.0, MONTHLY, COURSE)
    frame = months_frame([(ABOUT, packed), (("a", "b", 0), record(FIGURES, COHORTS)), (ABOUT, packed)])
    assert list(frame.columns) == ["scenario", "policy", "replication", "month", "measure", "value"]
    assert frame["month"].tolist() == [0, 1, 2] * 4
    assert frame["measure"].tolist() == (["offered"] * 3 + ["csat"] * 3) * 2
    assert bits(frame["value"]) == bits(COURSE.ravel()) * 2
    assert set(frame["scenario"]) == {"small"}


def test_no_records_are_empty_frames_with_their_columns() -> None:
    assert figures_frame([]).shape == (0, 6)
    assert cohorts_frame([]).shape == (0, 6)
    assert months_frame([]).shape == (0, 6)


def test_a_value_is_one_of_the_whole_period_and_nan_where_there_is_none() -> None:
    packed = record(FIGURES, COHORTS)
    assert packed.value("csat") == 0.1 + 0.2  # not the NaN of the first year
    assert packed.value("profit") == 0.0  # not that of the first year
    assert np.isnan(packed.value("churn"))
    assert np.isnan(record(FIGURES.head(2), COHORTS).value("profit"))


def test_only_keeps_the_measures_named_of_the_whole_period() -> None:
    kept = record(FIGURES, COHORTS, 2.5, MONTHLY, COURSE).only(["nps", "profit", "churn"])
    assert kept.rows == (("all", "profit"), ("all", "nps"))
    assert bits(kept.values) == bits([-0.0, np.inf])
    assert (len(kept.at_risk), len(kept.stayed), kept.seconds) == (0, 0, 2.5)
    assert (kept.monthly, kept.course.size) == ((), 0)
    assert np.isnan(kept.value("csat"))
    assert cohorts_frame([(ABOUT, kept)]).empty
    assert figures_frame([(ABOUT, kept)])["measure"].tolist() == ["profit", "nps"]
    assert len(record(FIGURES, COHORTS).only([]).values) == 0


def test_what_is_kept_is_a_copy_of_its_own() -> None:
    """Thousands of points stay small only when what is left out is let go."""
    packed = record(FIGURES, COHORTS)
    kept = packed.only(["csat"])
    assert kept.values.base is None
    assert not np.shares_memory(kept.values, packed.values)


def test_equal_layouts_are_one() -> None:
    first, second = record(FIGURES, COHORTS), record(FIGURES.copy(), COHORTS.copy())
    assert first.rows is second.rows
    assert first.only(["csat"]).rows is second.only(["csat"]).rows
    assert same(tuple(first.rows)) is first.rows


def test_a_record_travels_between_processes() -> None:
    packed = record(FIGURES, COHORTS, 2.5, MONTHLY, COURSE)
    back: Record = pickle.loads(pickle.dumps(packed))
    assert back.rows is packed.rows
    assert back.monthly is packed.monthly
    assert back.seconds == 2.5
    for name in ("values", "at_risk", "stayed", "course"):
        assert bits(getattr(back, name)) == bits(getattr(packed, name))


def test_a_study_is_what_its_replications_were() -> None:
    tiny = sim.Scenario.load("small_company").override(market_size=300).change(name="tiny", years=1.2, warm_up=0)
    study = sim.run(tiny, replications=2, engine="readable", workers=1)
    for number in range(2):
        ((_, history),) = branches([tiny], number, engine="readable")
        mine = study.replications[study.replications["replication"] == number]
        figures, cohorts = measures.measure(history), measures.cohorts(history)
        assert mine["measure"].tolist() == figures["measure"].tolist()
        assert bits(mine["value"]) == bits(figures["value"])
        curve = study.cohorts[study.cohorts["replication"] == number]
        assert bits(curve["stayed"]) == bits(cohorts["stayed"])
        assert curve["month"].tolist() == cohorts["month"].tolist()
