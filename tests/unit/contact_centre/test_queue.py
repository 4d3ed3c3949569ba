"""The bare contact centre: laws, conservation, theory, staffing, and what it refuses."""

import math
from importlib import import_module
from itertools import count, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim.model.state as s
from sim.contact_centre import QueueError, QueueResult, distribution, examples, queue
from sim.contact_centre.arrivals import Stream, weekly
from sim.contact_centre.description import describe
from sim.contact_centre.replication import Books, layout, replicate, table
from sim.contact_centre.staffing import read_target
from sim.model.clock import DAY, HALF_HOURS, HOUR, MINUTE
from sim.model.draws import SERVICE, stream_keys, uniform
from sim.model.steps import bare

ROOMY = {"agents": 12, "calls_per_hour": 100, "handling": "exponential mean 6 min"}
PATIENT = {**ROOMY, "patience": "exponential mean 8 min"}
EVERYTHING = {
    **PATIENT,
    "agents": 13,
    "managers": 2,
    "needs_manager": "25%",
    "manager_handling": "lognormal mean 4 min cv 0.8",
    "redial": "50%",
    "redial_delay": "exponential mean 10 min",
    "return": "15%",
    "return_delay": "deterministic 20 min",
    "hours": 30,
}
CLASSES = [{"name": "urgent", "share": 0.3}, {"name": "other", "share": 0.7}]
# Standard errors that a mean may lie from its theory; with ten replications one in a thousand lies further.
FAR = 4.8


def books(given: dict[str, Any], seed: int = 1) -> Books:
    return replicate((describe(given, Path()), seed, 0, "readable"))


def total(found: Books, row: int) -> int:
    return int(found.board[row].sum())


def means(result: QueueResult) -> pd.Series:
    return result.to_frame().set_index("measure")["mean"]


def drawn(text: str, numbers: int = 20_000) -> np.ndarray:
    """Quantiles of a law at equally likely points, as the steps draw them."""
    centre = describe({**ROOMY, "agents": 100, "handling": text}, Path())
    params, quantiles = table(centre)
    state = s.State(**dict.fromkeys(s.State._fields))._replace(quantiles=quantiles)
    points = (np.arange(numbers) + 0.5) / numbers
    return np.array([bare.sample(state, params, bare.HANDLING_AT, 0, u, 0) for u in points.tolist()])


class TestLaws:
    @pytest.mark.parametrize(
        ("text", "mean", "cv"),
        [
            ("exponential mean 90 s", 1.5, 1.0),
            ("lognormal mean 6 min cv 1.2", 6.0, 1.2),
            ("gamma mean 5 min cv 0.7", 5.0, 0.7),
            ("gamma mean 5 min cv 1.8", 5.0, 1.8),
            ("deterministic 4min", 4.0, 0.0),
            ("hyperexponential mean 6 min cv 2", 6.0, 2.0),
            ("hyperexponential 30% mean 2 min else 0.1 h", 4.8, 1.1365),
        ],
    )
    def test_draws_have_the_mean_and_the_spread_that_were_asked_for(self, text: str, mean: float, cv: float) -> None:
        values = drawn(text)
        law = distribution("handling", text)
        assert (law.mean, law.cv) == (pytest.approx(mean), pytest.approx(cv, abs=1e-4))
        assert values.mean() == pytest.approx(mean, rel=5e-3)
        assert values.std() / values.mean() == pytest.approx(cv, rel=0.06, abs=1e-9)

    def test_an_empirical_law_keeps_the_mean_and_the_quantiles_of_its_file(self, tmp_path: Path) -> None:
        file = tmp_path / "times.csv"
        file.write_text("minutes\n" + "\n".join(str(n) for n in (1, 2, 2, 3, 4, 5, 9, 30)) + "\n")
        values = drawn(f"empirical {file}")
        assert values.mean() == pytest.approx(7.0, rel=2e-3)
        assert np.median(values) == pytest.approx(3.5, rel=0.1)
        assert values.max() <= 33

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("lognormal mean 6 cv 1.2", "lognormal mean 6 min cv 1.2"),
            ("lognormal mean 6 min", "lognormal mean 6 min cv 1.2"),
            ("normal mean 6 min", "no distribution"),
            ("exponential mean -6 min", "above 0"),
            ("exponential mean 6 weeks", "not a unit"),
            ("gamma mean 6 min cv 0", "above 0"),
            ("hyperexponential mean 6 min cv 0.5", "1 or more"),
            ("hyperexponential 100% mean 2 min else 8 min", "between 0% and 100%"),
            ("empirical", "name its file"),
            ("empirical nowhere.csv", "no file"),
            ("none", "only patience"),
            ("deterministic 0 min", "always 0"),
            ("", "give text"),
            (6, "give text"),
        ],
    )
    def test_what_is_not_understood_is_refused_with_the_fix(self, text: object, says: str) -> None:
        with pytest.raises(QueueError, match=r"^handling") as error:
            describe({**ROOMY, "handling": text}, Path())
        assert says in str(error.value)


class TestConservation:
    @pytest.mark.parametrize("escalation", ["hold", "transfer"])
    @pytest.mark.parametrize("classes", [None, CLASSES])
    def test_every_contact_is_somewhere(self, escalation: str, classes: list[dict[str, Any]] | None) -> None:
        given = {**EVERYTHING, "escalation": escalation} | ({"classes": classes} if classes else {})
        found = books(given)
        level = found.levels
        offered, abandoned = total(found, s.OFFERED), total(found, s.ABANDONED)
        again = total(found, s.REDIALS) + total(found, s.RETURNS)
        away = level[s.REDIAL_ORBIT] + level[s.RETURN_ORBIT]
        asked = total(found, s.HELD) + total(found, s.TRANSFERRED)
        asking = level[s.MANAGER_LINE] + level[s.MANAGERS_BUSY]
        assert abandoned > 0
        assert again > 0
        assert offered == total(found, s.ANSWERED) + abandoned + level[s.IN_LINE]
        assert offered == total(found, s.CASES_OPENED) + again - away
        assert offered == total(found, s.SYSTEM_DONE) + level[s.IN_SYSTEM]
        assert total(found, s.CASES_OPENED) == total(found, s.CASES_CLOSED) + found.slots - found.free
        assert found.slots - found.free == level[s.IN_SYSTEM] + away
        assert asked == total(found, s.MANAGER_DECISIONS) + asking
        if classes:
            for row, of_class in (
                (s.ANSWERED, bare.CLASS_ANSWERED),
                (s.ABANDONED, bare.CLASS_ABANDONED),
                (s.WAIT_ANSWERED, bare.CLASS_WAIT_ANSWERED),
                (s.WITHIN_TARGET, bare.CLASS_WITHIN_TARGET),
                (s.WAITED_SOME, bare.CLASS_WAITED_SOME),
            ):
                assert found.classes[of_class].sum() == total(found, row)

    def test_time_in_line_is_the_area_under_the_queue(self, tmp_path: Path) -> None:
        """Little's law, to the microsecond, once everybody has gone."""
        trace = tmp_path / "calls.csv"
        trace.write_text("minute\n" + "\n".join(f"{k / 3:.4f}" for k in range(400)))
        given = {"trace": str(trace), "agents": 15, "handling": "exponential mean 6 min"}
        found = books({**given, "patience": "exponential mean 4 min"})
        waited = total(found, s.WAIT_ANSWERED) + total(found, s.WAIT_ABANDONED)
        assert found.levels[s.IN_SYSTEM] == 0
        assert waited > 0
        assert total(found, s.BOARD_AREA + s.IN_LINE) == waited
        assert total(found, s.BOARD_AREA + s.IN_SYSTEM) == total(found, s.SYSTEM_TICKS)

    def test_features_that_are_not_used_change_nothing(self) -> None:
        plain, idle = books({**PATIENT, "hours": 10}), books({**PATIENT, "hours": 10, "managers": 5})
        idle.board[s.BOARD_AREA + s.MANAGERS_ON_DUTY] = 0
        assert np.array_equal(plain.board, idle.board)

    def test_a_feature_moves_no_arrival(self) -> None:
        some = books({**PATIENT, "hours": 10})
        more = books({**PATIENT, "hours": 10, "redial": 0.5, "redial_delay": "exponential mean 9 min"})
        assert np.array_equal(some.board[s.CASES_OPENED], more.board[s.CASES_OPENED])
        assert not np.array_equal(some.board[s.OFFERED], more.board[s.OFFERED])


class TestTheory:
    @pytest.mark.parametrize(
        ("given", "name"),
        [
            (PATIENT, "Erlang A"),
            ({**ROOMY, "agents": 14}, "Erlang C"),
            ({**ROOMY, "patience": "deterministic 0 min"}, "Erlang B"),
            ({**ROOMY, "patience": "gamma mean 3 min cv 0.5"}, "M/M/n+G"),
            ({**PATIENT, "redial_": ""}, "Erlang A with redials"),
            ({**ROOMY, "agents": 16, "return_": 0.2, "return_delay": "exponential mean 20 min"}, "returns"),
            ({**PATIENT, "managers_": "hold"}, "hold for a manager"),
            ({**PATIENT, "managers_": "transfer"}, "Erlang A and a second tier"),
        ],
    )
    def test_the_simulation_agrees_with_the_closed_form(self, given: dict[str, Any], name: str) -> None:
        given = dict(given)
        how = given.pop("managers_", None)
        if how:
            given |= {"managers": 4, "needs_manager": 0.25, "escalation": how}
            given |= {"manager_handling": "exponential mean 4 min", "agents": 14}
        if given.pop("redial_", None) is not None:
            given |= {"redial": 0.5, "redial_delay": "exponential mean 10 min"}
        result = queue(**given, hours=25, replications=10, seed=3, workers=1)
        frame = result.to_frame()
        assert result.theory.name == name
        known = frame[frame["theory"].notna() & (frame["se"] > 0)]
        assert len(known) >= 5
        far = known[(known["mean"] - known["theory"]).abs() > FAR * known["se"]]
        assert far.empty, far.to_string()

    def test_priorities_wait_as_cobham_says(self) -> None:
        result = queue(**ROOMY, classes=CLASSES, hours=40, replications=10, seed=3, workers=1)
        waits = result.classes().query("measure == 'mean_wait'")
        assert waits["class"].tolist() == ["urgent", "other"]
        assert waits["mean"].is_monotonic_increasing
        assert ((waits["mean"] - waits["theory"]).abs() < FAR * waits["se"]).all()

    def test_a_class_has_its_own_law_and_else_the_common_one(self) -> None:
        own = {"handling": "deterministic 2 min", "target_seconds": 5}
        centre = describe({**PATIENT, "classes": [{**CLASSES[0], **own}, CLASSES[1]]}, Path())
        urgent, other = centre.classes
        assert (urgent.handling.mean, urgent.target_seconds, urgent.patience.mean) == (2, 5, 8)
        assert (other.handling.mean, other.target_seconds, other.patience.mean) == (6, 20, 8)

    def test_one_agent_with_any_handling(self) -> None:
        given = {"agents": 1, "calls_per_hour": 6, "handling": "gamma mean 6 min cv 0.7"}
        result = queue(**given, hours=200, replications=10, workers=1)
        row = result.to_frame().set_index("measure").loc["mean_wait"]
        assert result.theory.name == "M/G/1"
        assert abs(row["mean"] - row["theory"]) < FAR * row["se"]

    def test_no_formula_is_shown_where_none_holds(self) -> None:
        for given in (ROOMY, PATIENT):
            result = queue(**{**given, "handling": "gamma mean 6 min cv 0.7"}, hours=2, replications=2)
            assert result.theory.name == ""
            assert result.to_frame()["theory"].isna().all()


class TestResult:
    def test_the_frame_has_the_promised_columns_and_measures(self) -> None:
        frame = queue(**PATIENT, hours=2, replications=2).to_frame()
        assert frame.columns.tolist() == ["measure", "mean", "ci_low", "ci_high", "se", "n", "theory", "confidence"]
        promised = (
            "offered p_wait mean_wait asa_s abandonment service_level mean_queue occupancy "
            "manager_occupancy agents_on_hold mean_in_system mean_time_in_system redial_orbit return_orbit "
            "contacts_per_issue"
        )
        assert set(promised.split()) <= set(frame["measure"])
        assert set(frame.attrs["units"]) == set(frame["measure"])
        assert set(frame.attrs["definitions"]) == {*frame["measure"], *frame.columns} - {"measure", "confidence"}

    def test_same_seed_same_figures_in_one_process_or_two(self) -> None:
        given = {**PATIENT, "hours": 2, "replications": 3}
        one, other = queue(**given, workers=1), queue(**given, workers=2)
        pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
        assert means(one)["offered"] != means(queue(**given, seed=2, workers=1))["offered"]

    def test_one_replication_has_no_interval_and_says_so(self) -> None:
        result = queue(**PATIENT, hours=2, replications=1)
        assert result.to_frame()[["ci_low", "ci_high", "se"]].isna().all(axis=None)
        assert any("One replication" in note for note in result.notes())

    def test_the_warm_up_is_not_measured_and_is_shown(self) -> None:
        result = queue(**PATIENT, hours=10, warmup_hours=2.5, replications=2, workers=1)
        plan = result.layout
        assert (plan.first * plan.width, (plan.last - plan.first) * plan.width) == (150, 600)
        expected = np.mean([one.board[s.OFFERED, plan.first : plan.last].sum() for one in result.books])
        assert means(result)["offered"] == expected
        shown = result.warm_up()
        assert len(shown) == 10
        assert shown["to_hour"].iloc[-1] == 12.5
        assert (shown["measured"].iloc[0], shown["measured"].iloc[-1]) == (0.0, 1.0)

    def test_buckets_add_up(self) -> None:
        result = queue(**PATIENT, hours=12, replications=2, workers=1)
        offered = result.over_time().query("measure == 'offered'")
        assert len(offered) == 12
        assert offered["mean"].sum() == pytest.approx(means(result)["offered"])

    def test_a_queue_that_still_grows_is_noticed(self) -> None:
        given = {
            **PATIENT,
            "return_": 0.3,
            "return_delay": "deterministic 15 h",
            "hours": 30,
            "replications": 5,
        }
        assert any("still moves" in note for note in queue(**given, warmup_hours=0).notes())
        assert queue(**given, warmup_hours=45).notes() == []

    def test_more_agents_less_wait(self) -> None:
        few, many = (means(queue(**{**PATIENT, "agents": n}, hours=10, replications=3)) for n in (11, 13))
        assert many["mean_wait"] < few["mean_wait"]
        assert many["service_level"] > few["service_level"]
        assert many["abandonment"] < few["abandonment"]

    def test_short_abandons_leave_the_service_level(self) -> None:
        given = {**PATIENT, "agents": 9, "hours": 10, "replications": 2}
        strict, lenient = means(queue(**given)), means(queue(**given, short_abandon_seconds=60))
        assert lenient["service_level"] > strict["service_level"]
        assert lenient["abandonment"] == strict["abandonment"]


def instants(stream: Stream, keys: np.ndarray, end: int) -> np.ndarray:
    """Instants (ticks) of a stream's arrivals before ``end``, as an engine asks for them."""
    state = SimpleNamespace(keys=keys, company=np.zeros(1), **stream.tables())
    ticks = takewhile(lambda tick: tick < end, (bare.next_arrival(state, number) for number in count()))
    return np.array(list(ticks))


class TestArrivals:
    def test_a_level_profile_is_the_plain_stream(self) -> None:
        keys, end = stream_keys(5), 20 * HOUR
        level = Stream(60.0, weekly("profile", [2] * HALF_HOURS))
        plain, shaped = (instants(one, keys, end) for one in (Stream(60.0), level))
        assert len(plain) == pytest.approx(1200, rel=0.1)
        assert np.abs(plain - shaped).max() <= 1

    def test_calls_follow_the_weights_and_skip_closed_hours(self) -> None:
        weights = [0] * 16 + [1] * 8 + [3] * 8 + [0] * 16
        stream = Stream(50.0, weekly("profile", weights))
        found = instants(stream, stream_keys(1), 28 * DAY)
        slots = found // (30 * MINUTE) % HALF_HOURS
        counts = np.bincount(slots, minlength=HALF_HOURS)
        assert counts[:16].sum() + counts[32:].sum() == 0
        assert len(found) == pytest.approx(50 * 24 * 28, rel=0.03)
        assert counts[24:32].sum() / counts[16:24].sum() == pytest.approx(3, rel=0.05)

    def test_a_trace_with_its_own_times_leaves_nothing_to_chance(self, tmp_path: Path) -> None:
        """Calls of five minutes at minutes 0, 1 and 2 wait 0, 4 and 8 minutes; the last one hangs up."""
        trace = tmp_path / "calls.csv"
        trace.write_text("minute,handling,patience\n0,5,60\n1,5,60\n2,5,60\n2.5,5,1\n")
        result = queue(trace=trace, agents=1, handling="exponential mean 1 min", replications=2)
        found = means(result)
        assert (found["offered"], found["abandonment"], found["p_wait"]) == (4, 0.25, 0.75)
        assert found["asa_s"] == pytest.approx(4 * 60)
        assert found["mean_wait"] == pytest.approx((4 + 8 + 1) * 60 / 4)
        assert any("the same" in note for note in result.notes())

    def test_an_unknown_time_of_a_trace_is_drawn_as_without_one(self, tmp_path: Path) -> None:
        trace = tmp_path / "calls.csv"
        trace.write_text("minute,handling\n0,\n100,2\n")
        found = books({"trace": str(trace), "agents": 1, "handling": "exponential mean 6 min"}, seed=4)
        u = uniform(memoryview(stream_keys(4)), SERVICE, 0, 1)
        minutes = -6 * math.log(u) + 2
        assert total(found, s.BOARD_AREA + s.BUSY) == pytest.approx(minutes * MINUTE, abs=2)

    def test_agents_by_half_hour_come_and_go(self) -> None:
        agents = [0] * 16 + [3] * 8 + [5] * 8 + [0] * 16
        profile = [0] * 20 + [1] * 4 + [0] * 24
        given = {
            "agents": agents,
            "profile": profile,
            "calls_per_hour": 0.01,
            "handling": "deterministic 1 min",
        }
        found = books({**given, "hours": 48, "warmup_hours": 0})
        on_duty = found.board[s.BOARD_AREA + s.ON_DUTY, :48] / HOUR
        assert on_duty.tolist() == 2 * ([0] * 8 + [3] * 4 + [5] * 4 + [0] * 8)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("time\n1\n", "needs minute"),
            ("minute,colour\n1,red\n", "needs minute"),
            ("minute\n", "no arrival"),
            ("", "needs minute"),
            ("minute\n5\n3\n", "sort the rows"),
            ("minute\nfive\n", "line 2, minute is 'five'"),
            ("minute,handling\n5,-1\n", "line 2, handling"),
            ("minute,class\n5,gold\n", "no class 'gold'"),
            ("minute,handling\n5\n", "1 cells"),
        ],
    )
    def test_a_broken_trace_is_refused_with_its_line(self, tmp_path: Path, text: str, says: str) -> None:
        trace = tmp_path / "calls.csv"
        trace.write_text(text)
        with pytest.raises(QueueError, match=says):
            describe({"trace": str(trace), "agents": 1, "handling": "exponential mean 1 min"}, Path())


class TestStaffing:
    def test_the_fewest_agents_meet_the_target_and_one_less_does_not(self) -> None:
        given = {name: value for name, value in PATIENT.items() if name != "agents"}
        result = queue(**given, target="80/20", max_abandon="5%", hours=20, replications=5)
        assert result.staffing is not None
        found = result.staffing.to_frame()
        n = result.staffing.agents
        assert result.centre.agents == (n,)
        assert found["agents"].tolist() == [n - 1, n, n + 1]
        assert found["meets"].tolist() == [False, True, True]
        assert means(result)["service_level"] >= 0.8
        assert str(n) in result.staffing.sentence()

    def test_the_limit_on_abandonment_can_ask_for_more(self) -> None:
        given = {**{k: v for k, v in PATIENT.items() if k != "agents"}, "hours": 10, "replications": 2}
        loose = queue(**given, target="50/60").staffing
        tight = queue(**given, target="50/60", max_abandon=0.01).staffing
        assert loose is not None
        assert tight is not None
        assert tight.agents > loose.agents

    def test_an_interval_that_straddles_the_target_is_pointed_out(self) -> None:
        given = {**{k: v for k, v in PATIENT.items() if k != "agents"}, "hours": 1, "replications": 3}
        staffing = queue(**given, target="80/20").staffing
        assert staffing is not None
        assert staffing.to_frame()["straddles"].any()
        assert "straddles" in staffing.sentence()

    def test_with_endless_patience_the_search_starts_above_the_load(self) -> None:
        staffing = queue(calls_per_hour=20, handling="exponential mean 6 min", target="1/1000", hours=5).staffing
        assert staffing is not None
        assert staffing.agents == 3
        assert sorted(staffing.results) == [3, 4]

    @pytest.mark.parametrize("text", ["80", "80/", "0/20", "100/20", "80/20/5", 80, "eighty/20"])
    def test_a_target_that_is_none_is_refused(self, text: object) -> None:
        with pytest.raises(QueueError, match="target"):
            read_target(text)


MANAGERS = {"needs_manager": 0.25, "manager_handling": "exponential mean 4 min"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"agents": 10}, "work for 10 agents at all times.*at least 11 agents"),
            ({"agents": 12, "return_": 0.3, "return_delay": "exponential mean 1 h"}, "at least 15 agents"),
            ({"agents": 11, "managers": 3, **MANAGERS}, "at least 12 agents"),
            ({"managers": 2, **MANAGERS}, "wait for 2 managers.*at least 14 agents"),
            ({"managers": 1, **MANAGERS, "escalation": "transfer"}, "at least 2 managers"),
            ({"agents": 0}, "at least one agent"),
            ({"agents": -1}, "agents is -1"),
            ({"agents": 2.5}, "whole number"),
            ({"agents": "many"}, "agents is 'many'"),
            ({"agents": [1, 2, 3]}, "agents has 3 numbers"),
            ({"calls_per_hour": 0}, "calls_per_hour is 0"),
            ({"calls_per_hour": -5}, "calls_per_hour is -5"),
            ({"calls_per_hour": math.nan}, "calls_per_hour is nan"),
            ({"replications": 0}, "replications is 0"),
            ({"hours": 0}, "hours is 0"),
            ({"warmup_hours": -1}, "warmup_hours is -1"),
            ({"seed": -1}, "seed is -1"),
            ({"workers": 0}, "workers is 0"),
            ({"redial": 1.5}, "redial is 1.5"),
            ({"redial": 0.5}, "redial_delay is not given"),
            ({"redial": 0.5, "redial_delay": "exponential mean 9 min"}, "nobody abandons"),
            ({"return_": "100%", "return_delay": "exponential mean 9 min"}, "return is 1"),
            ({"needs_manager": 0.5}, "manager_handling is not given"),
            (MANAGERS, "managers is 0"),
            ({"escalation": "shout"}, "hold or transfer"),
            ({"target_seconds": -20}, "target_seconds is -20"),
            ({"classes": []}, "classes"),
            ({"classes": [{"name": "a", "share": 0.5}]}, "add to 0.5"),
            ({"classes": [{"name": "a", "share": 0.5}] * 2}, "same name"),
            ({"classes": [{"name": "a", "share": 1, "handing": "x"}]}, "no setting handing"),
            ({"profile": [1] * 47}, "47 numbers"),
            ({"profile": [0] * 48}, "only zeros"),
            ({"max_abandon": 0.05}, "without a target"),
            ({"target": "80/20"}, "agents and target"),
            ({"trace": "calls.csv"}, "trace and calls_per_hour"),
            ({"file": "nowhere.toml"}, "no file nowhere.toml"),
        ],
    )
    def test_one_clear_sentence(self, change: dict[str, Any], says: str) -> None:
        with pytest.raises(QueueError, match=says):
            queue(**{**ROOMY, **change})

    def test_abandonment_makes_any_load_bearable(self) -> None:
        assert means(queue(**{**PATIENT, "agents": 5}, hours=3, replications=2))["abandonment"] > 0.3
        nobody = means(queue(**{**PATIENT, "agents": 0}, hours=3, replications=2))
        assert nobody["abandonment"] == 1
        assert math.isnan(nobody["occupancy"])

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(QueueError, match="calls_per_hour, agents, handling not given"):
            queue()

    def test_an_unknown_setting_of_a_file_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "centre.toml"
        file.write_text('agents = 3\ncalls_per_hour = 10\nhandling = "exponential mean 6 min"\ncolour = 1\n')
        with pytest.raises(QueueError, match="no setting colour"):
            queue(file)
        file.write_text("agents = \n")
        with pytest.raises(QueueError, match="not valid TOML"):
            queue(file)


class TestExamples:
    def test_each_shipped_example_runs(self) -> None:
        assert set(examples()) == {"half_hours", "managers", "priority_classes", "recorded_calls"}
        for name in examples():
            result = queue(name, replications=2, workers=1)
            assert means(result)["offered"] > 100, name
            assert 0.5 < means(result)["service_level"] < 1, name

    def test_arguments_go_before_the_file(self) -> None:
        result = queue("managers", escalation="transfer", agents=17, hours=2, replications=2)
        assert (result.centre.by_transfer, result.centre.agents) == (True, (17,))

    def test_files_named_in_a_file_lie_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "calls.csv").write_text("minute\n1\n2\n")
        (tmp_path / "agents.csv").write_text("start,agents\n00:00,1\n00:30,2\n")
        file = tmp_path / "centre.toml"
        file.write_text('trace = "calls.csv"\nagents = "agents.csv"\nhandling = "deterministic 1 min"\n')
        result = queue(file, replications=2)
        assert result.centre.agents == (1, 2)
        assert means(result)["offered"] == 2


def test_a_run_is_laid_out_in_whole_buckets() -> None:
    for warm, hours in ((10, 100), (1.5, 20), (0.35, 7), (0, 0.5), (3, 168)):
        plan = layout(describe({**ROOMY, "warmup_hours": warm, "hours": hours}, Path()))
        assert plan.first * plan.width == round(warm * 60)
        assert (plan.last - plan.first) * plan.width == round(hours * 60)
        assert plan.width <= 60
        assert plan.buckets > plan.last


@pytest.mark.parametrize("stopped_at", [1, 2])
def test_ctrl_c_that_leaves_nothing_undone_loses_nothing(stopped_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def work_off(work: Any, tasks: Any, workers: int, keep: Any, *_: Any, **__: Any) -> bool:
        for number, task in enumerate(tasks[:stopped_at]):
            keep(number, work(task))
        return False

    study = import_module("sim.contact_centre.study")
    monkeypatch.setattr(study, "work_off", work_off)
    if stopped_at < 2:
        with pytest.raises(KeyboardInterrupt):
            queue(**ROOMY, replications=2)
    else:
        assert len(queue(**ROOMY, replications=2).books) == 2
