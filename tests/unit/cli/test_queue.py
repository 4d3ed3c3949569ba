"""``cxsim queue`` prints what ``sim.queue`` returns, and refuses in one sentence with status 2."""

import io
import json
import math
import re
import shlex
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.cli import status
from sim.contact_centre import queue

Command = Callable[..., tuple[int, str, str]]
CENTRE = ["--calls-per-hour", "100", "--handling", "exponential mean 6 min"]
CALLERS = ["--patience", "exponential mean 8 min"]
SHORT = ["--hours", "5", "--replications", "3", "--seed", "7"]


@pytest.fixture
def app(capsys: pytest.CaptureFixture[str]) -> Command:
    def called(*arguments: str) -> tuple[int, str, str]:
        code = status(["queue", *arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return called


def test_a_centre_is_printed_beside_theory_with_its_warm_up(app: Command) -> None:
    code, out, err = app("--agents", "12", *CENTRE, *CALLERS, *SHORT, "--engine", "readable")
    assert (code, err) == (0, "")
    for word in (
        "Erlang A",
        "Service level",
        "Abandonment",
        "95 % interval",
        "warm-up of 1 h",
        "tenth of the run",
    ):
        assert word in out
    assert "Occupancy of managers" not in out


def test_json_holds_the_figures_of_the_function(app: Command) -> None:
    code, out, _ = app("--agents", "12", *CENTRE, *CALLERS, *SHORT, "--json")
    assert code == 0
    found = json.loads(out)
    frame = queue(
        agents=12, calls_per_hour=100, handling="exponential mean 6 min", patience="exponential mean 8 min",
        hours=5, replications=3, seed=7,
    ).to_frame()  # fmt: skip
    assert [row["measure"] for row in found["measures"]] == frame["measure"].tolist()
    for row, mean in zip(found["measures"], frame["mean"], strict=True):
        assert row["mean"] == (None if math.isnan(mean) else pytest.approx(mean))
    assert (found["theory"], found["replications"], found["seed"]) == ("Erlang A", 3, 7)
    assert len(found["warm_up"]) > 1


def test_every_option_reaches_the_function(app: Command) -> None:
    stage = ["--managers", "3", "--needs-manager", "25%", "--manager-handling", "exponential mean 4 min"]
    again = ["--redial", "50%", "--redial-delay", "exponential mean 10 min"]
    back = ["--return", "10%", "--return-delay", "deterministic 15 min"]
    more = ["--escalation", "transfer", "--target-seconds", "30", "--short-abandon-seconds", "5"]
    run_ = ["--warmup-hours", "2", "--workers", "1"]
    code, out, _ = app("--agents", "14", *CENTRE, *CALLERS, *stage, *again, *back, *more, *run_, *SHORT, "--json")
    assert code == 0
    frame = queue(
        agents=14, calls_per_hour=100, handling="exponential mean 6 min", patience="exponential mean 8 min",
        managers=3, needs_manager=0.25, manager_handling="exponential mean 4 min", redial=0.5,
        redial_delay="exponential mean 10 min", return_=0.1, return_delay="deterministic 15 min",
        escalation="transfer", target_seconds=30, short_abandon_seconds=5, warmup_hours=2, hours=5,
        replications=3, seed=7, workers=1,
    ).to_frame()  # fmt: skip
    assert [row["mean"] for row in json.loads(out)["measures"]] == pytest.approx(frame["mean"].tolist())


def test_a_target_gives_the_fewest_agents_and_their_neighbours(app: Command) -> None:
    code, out, _ = app("--target", "80/20", "--max-abandon", "5%", *CENTRE, *CALLERS, *SHORT)
    assert code == 0
    assert "are the fewest that meet 80 % within 20 s and at most 5 % abandoning" in " ".join(out.split())
    code, out, _ = app("--target", "80/20", *CENTRE, *CALLERS, *SHORT, "--json")
    staffing = json.loads(out)["staffing"]
    n = staffing["agents"]
    assert [row["agents"] for row in staffing["neighbours"]] == [n - 1, n, n + 1]
    assert [row["meets"] for row in staffing["neighbours"]] == [False, True, True]


def test_the_manual_s_command_finds_the_agents(app: Command) -> None:
    page = (files("sim.manual") / "queue.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    _, verb, *arguments = shlex.split(block.replace("\\\n", " "))
    code, out, _ = app(*arguments)
    assert (verb, code) == ("queue", 0)
    assert "agents are the fewest that meet 80 % within 20 s" in " ".join(out.split())


def test_an_example_prints_its_classes(app: Command) -> None:
    code, out, _ = app("priority_classes", *SHORT)
    assert code == 0
    assert "class urgent" in out
    assert "class other" in out


def test_a_file_is_read_and_options_override_it(app: Command, tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    file.write_text('agents = 3\ncalls_per_hour = 20\nhandling = "exponential mean 6 min"\nhours = 3\n')
    code, out, _ = app(str(file), "--agents", "4", "--replications", "1", "--json")
    found = json.loads(out)
    assert (code, found["agents"], found["hours"]) == (0, 4, 3.0)
    assert found["measures"][0]["ci_low"] is None
    assert any("One replication" in note for note in found["notes"])


def test_csv_is_the_main_frame(app: Command) -> None:
    code, out, _ = app("--agents", "12", *CENTRE, *CALLERS, *SHORT, "--csv")
    assert code == 0
    frame = queue(
        agents=12, calls_per_hour=100, handling="exponential mean 6 min", patience="exponential mean 8 min",
        hours=5, replications=3, seed=7,
    ).to_frame()  # fmt: skip
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(out)), frame)


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_out_saves_the_result_with_its_charts(app: Command, tmp_path: Path, form: list[str]) -> None:
    asked = ["--target", "80/20", *CENTRE, *CALLERS, *SHORT, *form]
    code, printed, told = app(*asked, "--out", str(tmp_path / "line"))
    assert code == 0
    assert f"saved in {tmp_path / 'line'}" in told
    assert app(*asked)[1] == printed
    found = sim.load(tmp_path / "line")
    same = queue(
        calls_per_hour=100, handling="exponential mean 6 min", patience="exponential mean 8 min", target="80/20",
        hours=5, replications=3, seed=7,
    )  # fmt: skip
    assert found == same
    assert {path.stem for path in (tmp_path / "line" / "charts").iterdir()} == set(same.figures())
    assert (tmp_path / "line" / "queue.txt").read_text() == f"{same}\n"


def test_a_folder_that_holds_one_is_left_alone(app: Command, tmp_path: Path) -> None:
    asked = ["--agents", "12", *CENTRE, *CALLERS, "--hours", "1", "--replications", "2", "--out", str(tmp_path)]
    assert app(*asked, "--no-charts")[0] == 0
    assert not (tmp_path / "charts").exists()
    before = (tmp_path / "queue.json").read_bytes()
    code, out, told = app(*asked, "--seed", "2")
    assert (code, out) == (2, "")
    assert "add --overwrite" in told
    assert (tmp_path / "queue.json").read_bytes() == before
    assert app(*asked, "--seed", "2", "--overwrite")[0] == 0
    assert sim.load(tmp_path).manifest["seed"] == 2


def test_json_has_the_names_that_the_company_has(app: Command) -> None:
    _, out, _ = app("--target", "80/20", *CENTRE, *CALLERS, *SHORT, "--json")
    found = json.loads(out)
    assert {"abandonment", "asa_s"} <= {row["measure"] for row in found["measures"]}
    assert {"abandonment", "ci_low_abandonment", "ci_high_service_level"} <= set(found["staffing"]["neighbours"][0])
    assert not {"p_abandon", "mean_wait_served", "service_level_low"} & set(re.findall(r"\w+", out))
    assert found["headline"].startswith("Contact centre: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--agents", "10", *CENTRE], "at least 11 agents"),
        (["--agents", "0", *CENTRE], "at least one agent"),
        (["--agents", "12", *CENTRE, "--replications", "0"], "replications is 0"),
        (["--agents", "12", "--calls-per-hour", "-3", "--handling", "exponential mean 6 min"], "above 0"),
        (["--agents", "12", *CENTRE, *CALLERS, "--redial", "130%"], "between 0 and 1"),
        (["--agents", "12", "--calls-per-hour", "10", "--handling", "mean 6"], "no distribution"),
        (["nowhere.toml"], "no file nowhere.toml"),
        ([], "not given"),
        (["--agents", "12", *CENTRE, "--colour", "red"], "colour"),
    ],
)
def test_a_wrong_input_ends_with_status_2_and_writes_nothing(
    app: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = app(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
