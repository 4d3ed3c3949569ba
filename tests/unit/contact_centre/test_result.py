"""What the bare contact centre returns: one name a quantity, intervals, words, pictures, and files."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim import theory
from sim.charts import canvas
from sim.charts.layout import words_of
from sim.contact_centre import QueueError, QueueResult, distribution, queue
from sim.contact_centre.figures import ABOUT, CLASS_FIGURES, ENDED, UNITS, Window, figures
from sim.contact_centre.replication import replicate
from sim.contact_centre.rows import Neighbour
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.statistics import mean_interval, mean_intervals
from sim.wording import listed

PATIENT: dict[str, Any] = {
    "agents": 12,
    "calls_per_hour": 100,
    "handling": "exponential mean 6 min",
    "patience": "exponential mean 8 min",
    "workers": 1,
}
ASKED = {name: value for name, value in PATIENT.items() if name != "agents"}
SHARED = sorted(set(CATALOGUE) & set(UNITS))


@pytest.fixture(scope="module")
def plain() -> QueueResult:
    return queue(**PATIENT, hours=6, replications=10)


@pytest.fixture(scope="module")
def day() -> QueueResult:
    return queue("half_hours", replications=10, workers=1)


@pytest.fixture(scope="module")
def urgent() -> QueueResult:
    return queue("priority_classes", hours=10, replications=3, workers=1)


@pytest.fixture(scope="module")
def searched() -> QueueResult:
    return queue(**ASKED, target="80/20", max_abandon="10%", hours=20, replications=10)


class TestNames:
    def test_company_and_centre_share_measures(self) -> None:
        assert SHARED == ["abandonment", "asa_s", "occupancy", "offered", "service_level"]

    @pytest.mark.parametrize("name", SHARED)
    def test_one_name_is_one_quantity(self, name: str) -> None:
        company, centre = CATALOGUE[name], ABOUT[name]
        assert (company.label, company.unit, company.formula, company.better) == (
            centre.label,
            centre.unit,
            centre.formula,
            centre.better,
        )
        assert centre.definition.startswith(company.formula)

    def test_what_a_centre_leaves_out_is_said(self) -> None:
        """A share of the contacts that ended is one of those offered once the lines are empty; else it says so."""
        for name in ("abandonment", "service_level", "p_wait", "mean_wait", "mean_time_in_system"):
            assert ENDED in ABOUT[name].definition

    def test_labels_differ_as_names_do(self) -> None:
        labels = [figure.label for figure in ABOUT.values()]
        assert len(set(labels)) == len(labels)
        for name, figure in ABOUT.items():
            others = [one for one in CATALOGUE.values() if one.name != name]
            assert figure.label not in {one.label for one in others}

    def test_theory_calls_them_the_same(self) -> None:
        own = {one.name for one in fields(theory.QueueFigures)}
        assert own - {"asa"} <= set(UNITS)  # its unit is the caller's, so that it is not called asa_s
        result = queue(**PATIENT, hours=2, replications=2)
        assert set(result.theory.values) <= set(UNITS)
        assert {"abandonment", "asa_s", "service_level"} <= set(result.theory.values)

    @pytest.mark.parametrize(("old", "new"), [("p_abandon", "abandonment"), ("mean_wait_served", "asa_s")])
    def test_an_old_name_says_the_new_one(self, plain: QueueResult, old: str, new: str) -> None:
        assert old not in UNITS
        with pytest.raises(QueueError, match=f"no measure '{old}'; it is now '{new}'"):
            plain.row(old)

    def test_an_unknown_measure_says_which_was_meant(self, plain: QueueResult) -> None:
        with pytest.raises(QueueError, match="did you mean 'service_level'"):
            plain.row("service_levl")

    def test_an_old_measure_of_the_company_says_the_new_one(self) -> None:
        asked: list[Callable[[], object]] = [
            lambda: sim.warm_up("small_company", measures=["manager_occupancy"]),
            lambda: sim.explain("small_company", "training", measure="manager_occupancy"),
            lambda: sim.sensitivity("small_company", measure="manager_occupancy"),
            lambda: sim.choose("small_company", ["training"], constraints=["manager_occupancy >= 1"]),
        ]
        for call in asked:
            with pytest.raises(ValueError, match="'manager_occupancy'; it is now 'managers_deciding'"):
                call()

    def test_a_study_saved_with_the_old_name_has_the_new_one(self, tmp_path: Path) -> None:
        scenario = sim.Scenario.load("small_company").override(market_size=300).change(years=0.1, warm_up=0)
        study = sim.run(scenario, replications=2, workers=1)
        back = {"measure": {"managers_deciding": "manager_occupancy"}}
        old = sim.Study(study.replications.replace(back), study.cohorts, study.manifest)
        loaded = sim.Study.load(old.save(tmp_path / "old"))
        pd.testing.assert_frame_equal(loaded.replications, study.replications)
        with pytest.raises(ValueError, match="'manager_occupancy'; it is now 'managers_deciding'"):
            loaded.compare("manager_occupancy")


class TestIntervals:
    def test_many_intervals_are_those_of_one_at_a_time(self) -> None:
        rng = np.random.default_rng(5)
        values = rng.normal(size=(4, 30, 7))
        values[1, 3:6, 2:] = np.nan
        values[2, 0] = np.nan
        values[3, 1] = 0.1
        values[3, 2, :6] = np.nan
        found = mean_intervals(values, 0.9)
        for place in np.ndindex(4, 30):
            known = values[place][np.isfinite(values[place])]
            if not len(known):
                assert found.n[place] == 0
                assert np.isnan([found.mean[place], found.low[place], found.high[place], found.se[place]]).all()
                continue
            one = mean_interval(known, 0.9)
            assert [column[place] for column in found] == pytest.approx(list(one), nan_ok=True, rel=0, abs=0)

    def test_hours_are_those_of_a_loop_over_them(self, day: QueueResult) -> None:
        """Slowly: each hour and measure on its own, from the books of each replication."""
        plan, course = day.layout, day.over_time().set_index(["from_hour", "measure"])
        assert len(course) == (plan.last - plan.first) * len(UNITS)
        for bucket in range(plan.first, plan.last, 5):
            windows = [
                Window(one.board[:, bucket], one.classes[:, :, bucket], plan.width * 60_000_000) for one in day.books
            ]
            values = pd.DataFrame([figures(window) for window in windows]).astype(float)
            for name in UNITS:
                known = values[name].dropna()
                row = course.loc[(bucket * plan.width / 60, name)]
                expected = mean_interval(known) if len(known) else None
                assert row["n"] == len(known)
                assert row["mean"] == pytest.approx(expected.mean if expected else math.nan, nan_ok=True)
                assert row["ci_low"] == pytest.approx(expected.low if expected else math.nan, nan_ok=True)

    def test_fractional_hours_take_no_longer(self) -> None:
        result = queue(**{**PATIENT, "calls_per_hour": 20}, hours=40.35, warmup_hours=1, replications=4)
        assert result.layout.width < 60
        begun = time.perf_counter()
        course = result.over_time()
        assert time.perf_counter() - begun < 3
        offered = course[course["measure"] == "offered"]
        assert offered["mean"].sum() == pytest.approx(result.row("offered").mean)

    def test_the_warm_up_has_intervals(self, plain: QueueResult) -> None:
        shown = plain.warm_up()
        for name in ("mean_queue", "mean_in_system"):
            assert (shown[f"ci_low_{name}"] < shown[name]).all()
            assert (shown[name] < shown[f"ci_high_{name}"]).all()

    def test_the_level_is_the_one_asked_for(self, plain: QueueResult) -> None:
        wide, narrow = plain.row("mean_wait", 0.99), plain.row("mean_wait", 0.5)
        assert wide.ci_low < narrow.ci_low < narrow.mean == wide.mean < narrow.ci_high < wide.ci_high
        assert plain.to_frame(0.5)["confidence"].eq(0.5).all()
        assert wide.n == 10

    def test_a_search_names_its_intervals_as_all_do(self, searched: QueueResult) -> None:
        assert searched.staffing is not None
        frame = searched.staffing.to_frame()
        for name in ("service_level", "abandonment", "mean_wait", "occupancy"):
            assert (frame[f"ci_low_{name}"] < frame[name]).all()
            assert (frame[name] < frame[f"ci_high_{name}"]).all()
        assert not {"service_level_low", "p_abandon"} & {*frame.columns, *Neighbour._fields}
        own = frame.set_index("agents").loc[searched.staffing.agents]
        row = searched.row("abandonment")
        assert (own["abandonment"], own["ci_low_abandonment"]) == (row.mean, row.ci_low)


class TestWords:
    def test_the_headline_has_the_service_level_and_its_interval(self, plain: QueueResult) -> None:
        row = plain.row("service_level")
        mean, low, high = (f"{100 * value:.1f}" for value in (row.mean, row.ci_low, row.ci_high))
        told = f"12 agents answer {mean} % ({low} to {high}) of 100 calls an hour within 20 s"
        assert plain.headline == f"Contact centre: {told}"

    def test_after_a_search_it_is_about_the_fewest_agents(self, searched: QueueResult) -> None:
        assert searched.staffing is not None
        told = (
            f"{searched.staffing.agents} agents are the fewest that meet 80 % within 20 s and at most 10 % abandoning"
        )
        assert told in searched.headline
        assert searched.staffing.sentence().startswith(told)

    def test_a_search_that_cannot_tell_says_so(self) -> None:
        unsure = queue(**ASKED, target="80/20", hours=1, replications=3)
        assert unsure.staffing is not None
        doubted = [str(row.agents) for row in unsure.staffing.rows() if row.straddles]
        told = f"With {listed(doubted, 'or')} agents the interval straddles the target"
        assert doubted
        assert told in unsure.text()
        assert told in unsure.staffing.sentence()

    def test_a_target_of_classes_says_the_seconds_of_each(self) -> None:
        found = queue("priority_classes", target="50/20", hours=1, replications=2, workers=1)
        assert " are the fewest that meet 50 % within 10 or 20 s (by class); " in found.headline

    def test_one_agent_is_one(self) -> None:
        rare = {"calls_per_hour": 1, "handling": "deterministic 1 min", "hours": 20, "replications": 2, "workers": 1}
        assert ": 1 agent answers " in queue(**rare, agents=1).headline
        assert ": 1 agent is enough to meet 50 % within 20 s; " in queue(**rare, target="50/20").headline

    def test_classes_have_targets_of_their_own(self, urgent: QueueResult) -> None:
        assert urgent.headline.endswith("within 10 or 20 s (by class)")
        assert "Service level by class: urgent " in urgent.text()

    def test_theory_and_notes_are_told(self, plain: QueueResult) -> None:
        assert f"Theory (Erlang A) gives service level {plain.theory.values['service_level']:.1%}"[:-1] in plain.text()
        alone = queue(**PATIENT, hours=2, replications=1)
        assert "Note: One replication has no interval" in alone.text()
        assert "(" not in alone.headline

    def test_nobody_called(self, tmp_path: Path) -> None:
        nobody = queue(**{**PATIENT, "agents": 2, "calls_per_hour": 0.001}, hours=1, replications=3)
        assert nobody.headline == "Contact centre: no contact ended in 1 hour with 2 agents"
        assert "nan" not in f"{nobody} {nobody!r}".lower()
        assert sim.load(nobody.save(tmp_path, charts=True)) == nobody

    def test_the_manifest_says_what_was_asked(self) -> None:
        law = distribution("handling", "gamma mean 5 min cv 1")
        result = queue("managers", agents=17, handling=law, hours=2, replications=2, seed=4, workers=1)
        made = result.manifest
        assert made["file"] == "managers"
        assert made["arguments"]["agents"] == 17
        assert made["arguments"]["handling"] == "gamma mean 5 min cv 1"
        assert (made["seed"], made["planned"], made["finished"]) == (4, 2, 2)
        json.dumps(made)
        assert result.source == "cxsim, Managers, 2 replications of 2 h, seed 4."


class TestPictures:
    @pytest.mark.parametrize(
        ("name", "main", "others"),
        [
            ("plain", "shares", set()),
            ("day", "service-level-over-time", set()),
            ("urgent", "shares", {"classes"}),
            ("searched", "staffing", set()),
        ],
    )
    def test_the_main_chart_is_what_a_planner_looks_at_first(
        self, request: pytest.FixtureRequest, name: str, main: str, others: set[str]
    ) -> None:
        found: QueueResult = request.getfixturevalue(name)
        drawn = found.figures()
        assert next(iter(drawn)) == main
        usual = {"shares", "times", "service-level-over-time", "queue-over-time", "warm-up"}
        assert set(drawn) == usual | {main} | others
        first = words_of(found.plot().figure)  # type: ignore[arg-type]
        assert first == words_of(drawn[main])

    def test_titles_say_what_came_out(self, plain: QueueResult) -> None:
        drawn = {name: words_of(figure) for name, figure in plain.figures().items()}
        assert drawn["shares"]["title"] == plain.headline
        assert drawn["times"]["title"].startswith("Mean wait of all contacts: ")
        assert drawn["warm-up"]["title"] == "The measured hours follow a warm-up of 1 h"
        for words in drawn.values():
            assert "95 % intervals, 10 replications" in words["subtitle"]
            assert words["source"] == f"Source: {plain.source}"
        assert "theory (Erlang A)" in drawn["shares"]["subtitle"]

    def test_a_warm_up_that_is_too_short_is_the_title_of_its_chart(self) -> None:
        slow = {"return_": 0.3, "return_delay": "deterministic 15 h", "hours": 30, "warmup_hours": 0}
        drawn = queue(**{**PATIENT, **slow}, replications=10).figures()["warm-up"]
        assert words_of(drawn)["title"] == "After a warm-up of 0 h the number in the centre still moves"

    def test_few_replications_are_a_first_look(self, urgent: QueueResult) -> None:
        assert {words_of(one)["title"] for one in urgent.figures().values()} == {
            "First look, no conclusion: 3 replications"
        }

    def test_what_is_drawn_is_what_came_out(self, plain: QueueResult, searched: QueueResult) -> None:
        _, ax = canvas()
        plain.plot(ax)
        dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
        marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"]
        names = ("service_level", "p_wait", "abandonment", "occupancy")
        assert dots == pytest.approx([100 * plain.row(name).mean for name in names])
        assert marks == pytest.approx([100 * plain.theory.values[name] for name in names])
        _, ax = canvas()
        searched.plot(ax)
        assert searched.staffing is not None
        levels = searched.staffing.to_frame()["service_level"]
        assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"] == pytest.approx(100 * levels)
        assert "target 80.0 %" in {text.get_text() for text in ax.texts}

    def test_hours_end_with_the_run(self, day: QueueResult) -> None:
        ax = day.plot()
        plan = day.layout
        assert ax.get_xlim() == (plan.warmup_hours, plan.warmup_hours + plan.hours)
        assert set(np.diff(ax.get_xticks())) == {6.0}


class TestFiles:
    @pytest.mark.parametrize("name", ["plain", "day", "urgent", "searched"])
    def test_it_comes_back(self, request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
        found: QueueResult = request.getfixturevalue(name)
        back = sim.load(found.save(tmp_path))
        assert isinstance(back, QueueResult)
        assert back == found
        assert (back.centre, back.layout, back.seed, back.theory) == (
            found.centre,
            found.layout,
            found.seed,
            found.theory,
        )
        assert back.to_dict() == found.to_dict()
        assert back.notes() == found.notes()
        for one, other in zip(back.books, found.books, strict=True):
            assert np.array_equal(one.board, other.board)
            assert np.array_equal(one.classes, other.classes)
            assert np.array_equal(one.levels, other.levels)
            assert (one.free, one.slots) == (other.free, other.slots)

    def test_books_are_those_of_each_replication(self, plain: QueueResult) -> None:
        for number, found in enumerate(plain.books[:2]):
            own = replicate((plain.centre, plain.seed, number, "readable"))
            assert np.array_equal(found.board, own.board)
            assert np.array_equal(found.levels, own.levels)
            assert (found.free, found.slots) == (own.free, own.slots)

    def test_a_trace_and_an_empirical_law_come_back(self, tmp_path: Path) -> None:
        (tmp_path / "times.csv").write_text("minutes\n1\n2\n5\n")
        (tmp_path / "calls.csv").write_text("minute,handling\n1,2\n2,\n9,4\n")
        law = f"empirical {tmp_path / 'times.csv'}"
        found = queue(trace=tmp_path / "calls.csv", agents=1, handling=law, replications=2, workers=1)
        back = sim.load(found.save(tmp_path / "folder"))
        assert back == found
        assert isinstance(back, QueueResult)
        assert back.centre.classes == found.centre.classes
        assert math.isnan(back.centre.arrivals.handling[1])  # type: ignore[union-attr]

    def test_frames_have_units_and_definitions(self, searched: QueueResult) -> None:
        for name, frame in searched.frames().items():
            about = frame.attrs
            known = {*frame.columns, *frame.get("measure", ())}
            assert about["units"], name
            assert set(about["units"]) <= known, name
            assert set(about["definitions"]) - {"theory"} <= known, name

    def test_classes_have_the_figures_that_a_class_has(self, urgent: QueueResult) -> None:
        frame = urgent.classes()
        assert frame["measure"].tolist() == 2 * list(CLASS_FIGURES)
        assert set(frame.attrs["units"]) == set(CLASS_FIGURES)
