"""The frame of the scripts that answer a question: what is run, kept and said, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import question
from matplotlib.figure import Figure
from question import Asked, Question, Size, Studies

from sim import charts
from sim.inputs.policies import Rapport, Training
from sim.inputs.scenario import Scenario
from sim.outcomes.results import Study

ARGUMENTS = ["--workers", "1", "--engine", "readable"]


def run_first(asked: Asked) -> Study:
    return asked.compare(asked.scenario, [Rapport(), Training()])


def run_second(asked: Asked) -> Study:
    return asked.compare(asked.following(), [Training()])


def interrupted(asked: Asked) -> Study:
    raise KeyboardInterrupt


def answer(asked: Asked, studies: Studies) -> str:
    return f"{question.length(asked)} of {', '.join(studies)}"


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    figure, ax = charts.canvas()
    table = question.lines(question.differences(studies["first"]), {"training": "trained"}, "profit_a_year")
    charts.effects(table, ax, about=charts.Label("profit"), against="as it is")
    yield "one", figure


def asking(**changes: object) -> Question:
    stated = {
        "name": "tried",
        "text": "Is it so?",
        "studies": {"first": run_first, "second": run_second},
        "answer": answer,
        "draw": draw,
        "size": Size(replications=3, years=1.0),
        "quick": Size(replications=2, years=0.1),
    }
    return Question(**(stated | changes))  # type: ignore[arg-type]


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    scenario = Scenario.load("small_company").override(market_size=200).change(name="tiny", warm_up=0.0)
    path.write_text(scenario.to_toml(), "utf-8")
    return str(path)


def test_it_leaves_the_first_study_the_others_inside_and_the_answer(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert asking().main(["--quick", "--scenario", tiny, "--out", str(out), *ARGUMENTS]) == 0
    text = (out / "answer.txt").read_text("utf-8")
    assert text.startswith("2 paired replications of 0.1 years of first, second")
    assert "first look" in text
    assert text in capsys.readouterr().out
    assert sorted(path.name for path in (out / "charts").iterdir()) == ["one.png", "one.svg"]
    assert set(Study.load(out).replications["policy"]) == {"baseline", "rapport 80%", "training"}
    second = Study.load(out / "second").manifest["scenario"]
    assert second["name"] == "tiny, staffing follows the load"
    assert second["parameters"]["staffing_follows"] == 1.0


def test_a_second_run_replaces_the_first(tiny: str, tmp_path: Path) -> None:
    arguments = ["--quick", "--scenario", tiny, "--out", str(tmp_path / "out"), *ARGUMENTS]
    assert asking().main(arguments) == 0
    assert asking().main([*arguments, "--seed", "2", "--years", "0.05"]) == 0
    manifest = Study.load(tmp_path / "out").manifest
    assert (manifest["seed"], manifest["years"]) == (2, 0.05)


def test_what_is_finished_is_kept_when_it_is_stopped(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stopped = asking(studies={"first": run_first, "second": interrupted})
    assert stopped.main(["--quick", "--scenario", tiny, "--out", str(out), *ARGUMENTS]) == 130
    assert "of first\n" in (out / "answer.txt").read_text("utf-8")
    assert Study.load(out).manifest["finished"] == 2
    assert not (out / "second").exists()


def test_nothing_is_kept_when_nothing_was_finished(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = asking(studies={"first": interrupted})
    assert stopped.main(["--quick", "--scenario", tiny, "--out", str(tmp_path / "out"), *ARGUMENTS]) == 130
    assert not (tmp_path / "out").exists()
    assert "nothing is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(["--scenario", "nowhere"], "no such file"), (["--years", "-1"], "years"), (["--replications", "0"], "whole")],
)
def test_what_cannot_be_is_refused_in_a_line(
    wrong: list[str], words: str, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--quick", "--scenario", tiny, "--out", str(tmp_path / "out"), *ARGUMENTS, *wrong]
    assert asking().main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("tried: ")
    assert words in told
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", "utf-8")
    assert asking().main(["--quick", "--scenario", tiny, "--out", str(tmp_path / "out"), *ARGUMENTS]) == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


# -- words ---------------------------------------------------------------------------------------------------------


def found(**figures: float) -> pd.Series:
    return pd.Series({"mean_difference": 0.0123, "ci_low_difference": 0.01, "ci_high_difference": 0.015} | figures)


def test_a_share_changes_in_points_and_money_in_whole_amounts() -> None:
    assert question.gain(found(), "retention_12m") == "+1.23 points (+1.00 to +1.50)"
    money = found(mean_difference=-1234.5, ci_low_difference=-2000.4, ci_high_difference=-468.6)
    assert question.gain(money, "profit_a_year") == "-1,234 (-2,000 to -469)"
    both = found(mean_baseline=0.73, mean=0.7423)
    assert question.change(both, "retention_12m") == "73.00 to 74.23 % (+1.23 points, +1.00 to +1.50)"
    waits = found(mean_baseline=24.0, mean=22.5, mean_difference=-1.5, ci_low_difference=-2.0, ci_high_difference=-1.0)
    assert question.change(waits, "asa_s") == "24.00 to 22.50 s (-1.50, -2.00 to -1.00)"


def test_an_effect_is_called_so_only_when_it_is_clear_of_zero() -> None:
    assert question.effect(found(), "csat").startswith("raises CSAT: +1.23")
    assert question.effect(
        found(mean_difference=-0.0123, ci_low_difference=-0.02, ci_high_difference=-0.01), "csat"
    ).startswith("lowers")
    unclear = [found(ci_low_difference=-0.01), found(ci_low_difference=float("nan"), ci_high_difference=float("nan"))]
    assert all(question.effect(each, "csat").startswith("does not clearly change CSAT") for each in unclear)


def profits(**values: list[float]) -> Study:
    rows = [
        ("base", policy, number, "all", "profit_a_year", value)
        for policy, each in values.items()
        for number, value in enumerate(each)
    ]
    columns = ["scenario", "policy", "replication", "period", "measure", "value"]
    cohorts = pd.DataFrame(columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"])
    manifest = {"baseline": "baseline", "seed": 1, "scenario": {}, "planned": 4, "finished": 4}
    return Study(pd.DataFrame(rows, columns=columns), cohorts, manifest)


def test_what_cannot_be_told_from_the_best_is_named() -> None:
    study = profits(
        baseline=[1.0, 2.0, 3.0, 4.0], near=[11.2, 11.9, 12.9, 14.1], best=[11.0, 12.1, 13.1, 14.0],
        far=[5.0, 6.1, 7.0, 8.1],
    )  # fmt: skip
    assert question.inseparable(study) == ("best", ["near"])
    assert question.inseparable(study, among=["baseline", "far"]) == ("far", [])
    other = study.replications.assign(scenario="other", value=-study.replications["value"])
    both = replace(study, replications=pd.concat([study.replications, other]))
    assert question.inseparable(both, scenario="base") == ("best", ["near"])
    assert question.inseparable(both, scenario="other") == ("baseline", [])


def test_a_row_that_is_not_there_or_there_twice_is_refused() -> None:
    frame = question.differences(profits(baseline=[1.0, 2.0], other=[2.0, 3.5]))
    assert question.row(frame, "other", "profit_a_year")["mean_difference"] == pytest.approx(1.25)
    with pytest.raises(ValueError, match="0 rows have policy 'another'"):
        question.row(frame, "another", "profit_a_year")
    with pytest.raises(ValueError, match="2 rows"):
        question.row(pd.concat([frame, frame.assign(scenario="other")]), "other", "profit_a_year")


def test_lines_stand_in_the_order_asked_for_and_the_baseline_has_no_numbers() -> None:
    frame = question.differences(profits(baseline=[1.0, 2.0], a=[2.0, 3.5], b=[1.0, 2.5]))
    table = question.lines(frame, {"b": "second", "baseline": "none", "a": "first"}, "profit_a_year")
    assert table["name"].tolist() == ["second", "none", "first"]
    assert table["mean_difference"].isna().tolist() == [False, True, False]
    assert table["n"].tolist() == [2, 2, 2]


def test_a_script_takes_a_cluster_and_refuses_what_is_none(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--quick", "--scenario", tiny, "--out", str(tmp_path / "out"), *ARGUMENTS]
    assert asking().main([*arguments, "--cluster", "nearby"]) == 2
    assert "cluster = 'nearby' is neither 'local' nor the address" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
