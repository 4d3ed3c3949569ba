"""The command says in tables what the functions return."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest

import sim
from sim.cli import arguments, status, tables
from sim.inputs.policies import BUNDLES, FAMILIES, PolicyError
from sim.inputs.policies import CATALOGUE as POLICIES
from sim.inputs.scenario import Scenario
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.results import Study

ROOT = Path(__file__).resolve().parents[3]
TINY = """name = "tiny"
years = {years}
warm_up = 0
[parameters]
market_size = 300
employees = 2
"""
WIDEST = 100
ENOUGH = 4  # runs, so that a replication is finished under both policies
PATIENCE_SECONDS = 20  # on a machine that is too busy for that


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(years=0.2))
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must succeed, and return what it prints."""
    code = status(arguments)
    found = capsys.readouterr()
    assert code == 0, found.err
    return found.out


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"cxsim {sim.__version__}\n"


def test_without_a_verb_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys)
    for verb in (
        "run",
        "compare",
        "explain",
        "sensitivity",
        "plot",
        "trace",
        "log",
        "diff-engines",
        "policies",
        "parameters",
        "evidence",
        "measures",
        "scenario",
    ):
        assert verb in text


@pytest.mark.parametrize(
    "verb",
    [
        "run",
        "compare",
        "explain",
        "sensitivity",
        "plot",
        "trace",
        "log",
        "diff-engines",
        "policies",
        "parameters",
        "scenario",
    ],
)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Usage" in printed(capsys, verb, "--help")


def test_run_prints_levels_year_by_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(years=2))
    text = printed(capsys, "run", str(path), "-n", "1", "--workers", "1")
    assert "year 1" in text
    assert "year 2" in text
    assert "One replication has no interval" in text
    assert "Agents decide alone up to" in text


def test_run_prints_csv_equal_to_the_function(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "run", tiny, "-n", "2", "--workers", "1", "--seed", "3", "--years", "0.1", "--csv")
    study = sim.run(tiny, replications=2, workers=1, seed=3, years=0.1)
    means = {row["measure"]: row["mean"] for row in rows(text) if row["period"] == "all"}
    expected = study.means().query("period == 'all'").set_index("measure")["mean"]
    assert float(means["profit"]) == pytest.approx(expected["profit"], rel=1e-12)
    assert set(means) == set(expected.index)


def test_explain_prints_and_saves_what_the_function_finds(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "why"
    choice = ("--policy", "rapport", "--channel", "wait", "--channel", "staff", "-n", "2", "--workers", "1")
    text = printed(capsys, "explain", tiny, *choice, "--out", str(out))
    found = sim.explain(tiny, sim.Rapport(), channels=["wait", "staff"], replications=2, workers=1)
    assert "tiny: rapport 80% against baseline" in text
    assert " ".join(found.text().split()) in " ".join(text.split())
    assert (out / "explain.csv").read_text() == printed(capsys, "explain", tiny, *choice, "--csv")
    assert rows((out / "explain.csv").read_text())[-1]["mean_difference"] == str(found.total.mean)
    assert sorted(path.name for path in (out / "charts").iterdir()) == ["explain.png", "explain.svg"]
    assert max(map(len, text.splitlines())) <= WIDEST


def test_explain_takes_a_saved_study(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "study")
    printed(capsys, "compare", tiny, "--policy", "rapport", "-n", "2", "--workers", "1", "--out", out, "--no-charts")
    text = printed(capsys, "explain", out, "--channel", "wait", "--workers", "1", "--out", out)
    assert "tiny: rapport 80% against baseline" in text
    assert (tmp_path / "study" / "explain.csv").is_file()
    sim.Study.load(out).save(out, overwrite=True)
    assert not (tmp_path / "study" / "explain.csv").exists()  # it told of the figures that were replaced


def test_compare_prints_and_saves_what_plot_draws_again(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study"
    choice = ("--policy", "empowerment level=0.9", "--policy", "rapport + training")
    text = printed(capsys, "compare", tiny, *choice, "-n", "2", "--workers", "1", "--out", str(out))
    assert "tiny: empowerment 90% against baseline" in text
    assert "2 paired replications" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    study = Study.load(out)
    assert set(study.replications["policy"]) == {"baseline", "empowerment 90%", "rapport 80% + training"}
    drawn = {path.name: path.read_bytes() for path in (out / "charts").iterdir()}
    assert {"retention.png", "differences.png", "profit.svg"} <= set(drawn)
    for path in (out / "charts").iterdir():
        path.unlink()
    assert "differences.png" in printed(capsys, "plot", str(out))
    assert {path.name: path.read_bytes() for path in (out / "charts").iterdir()} == drawn


def test_intervals_that_hold_together_are_asked_for_and_named(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("compare", tiny, "-p", "rapport", "-p", "training", "-n", "3", "--workers", "1")
    alone, together = printed(capsys, *command), printed(capsys, *command, "--simultaneous")
    assert "--simultaneous makes them hold for all 2 policies together (Bonferroni)" in " ".join(alone.split())
    assert "the intervals hold for all 2 policies together (Bonferroni)" in " ".join(together.split())
    frame = sim.compare(tiny, [sim.Rapport(), sim.Training()], replications=3, workers=1).compare(["profit_a_year"])
    row = frame[(frame["policy"] == "training") & (frame["period"] == "all")].iloc[0]
    assert tables.span(row["ci_low_difference"], row["ci_high_difference"], "money", "+") in alone
    assert tables.span(row["ci_low_simultaneous"], row["ci_high_simultaneous"], "money", "+") in together
    one = printed(capsys, *command[:4], "-n", "3", "--workers", "1")
    assert "Bonferroni" not in one


def test_compare_under_all_readings_says_whether_the_ranking_survives(
    tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("compare", tiny, "--policy", "rapport", "--reading", "all", "--rank-by", "churn", "-n", "2")
    text = printed(capsys, *command, "--workers", "1")
    assert "tiny: ranking by churn" in text
    assert f"tiny: ranked by churn under {len(sim.evidence.readings())} readings, " in text
    assert text.count("gents decide alone") == 1
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    assert status((*command, "--workers", "1", "--csv")) == 0
    found = capsys.readouterr()
    assert {row["scenario"] for row in rows(found.out)} == {f"tiny, {name}" for name in sim.evidence.readings()}
    assert "tiny: ranked by churn under" in found.err


def test_under_one_reading_there_is_no_ranking_to_compare(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "compare", tiny, "-p", "rapport", "--reading", "special", "-n", "2", "--workers", "1")
    assert "ranking" not in text


def test_overwriting_is_asked_for(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("run", tiny, "-n", "1", "--workers", "1", "--no-charts", "--out", str(tmp_path / "study"))
    printed(capsys, *command)
    assert status(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    printed(capsys, *command, "--overwrite")


def test_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(printed(capsys, "parameters", "--csv"))
    assert [row["name"] for row in found] == list(sim.parameters.load())
    (one,) = rows(printed(capsys, "parameters", "employees", "--scenario", "small_company", "--csv"))
    assert (one["here"], one["unit"]) == ("3", "agents")
    text = printed(capsys, "parameters", "loyalty")
    assert "stake_issue" in text
    assert "patience_mean" not in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST


def test_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert {row["document"] for row in rows(printed(capsys, "evidence", "--document", "rules-2018", "--csv"))} == {
        "rules-2018"
    }
    assert [row["id"] for row in rows(printed(capsys, "evidence", "--csv"))] == list(sim.evidence.claims())
    assert [row["name"] for row in rows(printed(capsys, "evidence", "--readings", "--csv"))] == list(
        sim.evidence.readings()
    )
    assert [row["key"] for row in rows(printed(capsys, "evidence", "--sources", "--csv"))] == list(
        sim.evidence.sources()
    )
    assert "smart-2010" in printed(capsys, "evidence", "--readings")


def test_evidence_is_printed_by_document_within_the_width(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "evidence")
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    titles = [line.split(":")[0] for line in text.splitlines() if ": " in line and line[:1].strip()]
    assert [title for title in titles if title in sim.evidence.documents()] == list(sim.evidence.documents())
    assert "Really: A misquotation" in text
    one = printed(capsys, "evidence", "--document", "rules-2018")
    assert "69.0 %" in one
    assert "SMART" not in one


def test_evidence_lists_what_nothing_carries(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: () for claim in sim.evidence.claims().values() for name in claim.carried_by}
    monkeypatch.setattr("sim.checks.claim_coverage.known", lambda: whole)
    assert "All " in printed(capsys, "evidence", "--unused")
    monkeypatch.setattr("sim.checks.claim_coverage.known", lambda: {name: () for name in whole if name != "avoid_mean"})
    found = rows(printed(capsys, "evidence", "--unused", "--csv"))
    assert {row["id"] for row in found} == {"rules-2018-years-of-harm", "rules-2018-still-avoid"}
    assert "avoid_mean" in printed(capsys, "evidence", "--unused", "--document", "rules-2018")
    assert "All " in printed(capsys, "evidence", "--unused", "--document", "ten-keys-2013")


def test_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["measure"] for row in rows(printed(capsys, "measures", "--csv"))] == list(CATALOGUE)
    assert "answered within the target time" in printed(capsys, "measures")


def test_policies_say_what_they_change_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    found = {row["name"]: row for row in rows(printed(capsys, "policies", "--csv"))}
    assert set(found) == set(POLICIES)
    assert found["empowerment"]["changes"].endswith("→ 0.95")
    assert float(found["training"]["cost_once"]) == sim.parameters.load()["training_launch"].value
    agents = sim.parameters.load()["employees"].value
    assert float(found["training"]["cost_a_year"]) == sim.parameters.load()["training_agent"].value * agents
    assert all(row["sentence"] and row["claims"] for row in found.values())


def test_policies_are_listed_by_family_and_bundles_with_their_parts(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "policies")
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    assert all(family in text for family in FAMILIES)
    assert all(f"\n{name} " in text for name in (*POLICIES, *BUNDLES))
    assert "second-opinion*, rapport*, extra-step" in text


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_in_full(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "policies", name)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    assert POLICIES[name].sentence in " ".join(text.split())
    for shown in (*POLICIES[name].claims, *(field.name for field in fields(POLICIES[name]))):
        assert f"\n{shown} " in text
    (row,) = rows(printed(capsys, "policies", name, "--csv"))
    assert row["name"] == name


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_in_full(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "policies", name)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    for part in BUNDLES[name].parts:
        assert f"\n{part.name}{'*' if part.discounted else ' '}" in text


def test_a_policy_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(("policies", "smrat")) == 2
    assert "did you mean 'smart'" in capsys.readouterr().err


@pytest.mark.parametrize("full", [[], ["--full"]])
def test_a_printed_scenario_reads_back_as_the_same(full: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "scenario", "small_company", *full)
    assert "agents decide alone up to" in text
    again, original = Scenario.from_toml(text), Scenario.load("small_company")
    assert (again.resolve().base == original.resolve().base).all()
    assert (len(again.parameters) == len(sim.parameters.load())) == bool(full)


def test_trace(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "trace", tiny, "--person", "7", "--years", "0.5")
    assert text == f"{sim.trace(tiny, 7, years=0.5)}\n"
    assert printed(capsys, "trace", tiny, "--person", "busiest") == f"{sim.trace(tiny)}\n"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("empowerment", "empowerment 95%"),
        ("empowerment level=0.5 form=share", "empowerment 50% share"),
        ("empowerment level='80 %'", "empowerment 80%"),
        ("staffing follows=true", "staffing follows load"),
        ("staffing employees=-2 + rapport strength=0.5", "staffing -2 + rapport 80% x0.5"),
        ("ten-keys", "Ten keys"),
        ("promises level=under", "promises under"),
    ],
)
def test_a_policy_as_written_on_the_command_line(text: str, label: str) -> None:
    assert arguments.policy(text).label == label


@pytest.mark.parametrize("text", ["", "rapport +", "rapport chance 0.9", "rapport chance=0.9 chance=1", "rapport 'x"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="--policy"):
        arguments.policy(text)


@pytest.mark.parametrize(
    ("value", "unit", "sign", "text"),
    [
        (0.1234, "share", "", "12.3 %"),
        (-0.0001, "share", "+", "+0.0 pp"),
        (1234567.8, "money", "", "1,234,568"),
        (12.345, "s", "", "12.3"),
        (1.2345, "money", "+", "+1.23"),
        (float("nan"), "share", "", "–"),
        (float("inf"), "money", "", "–"),
    ],
)
def test_numbers_in_tables(value: float, unit: str, sign: str, text: str) -> None:
    assert tables.number(value, unit, sign) == text


def started(*arguments: str) -> subprocess.Popen[str]:
    # SIGINT as in a terminal: a shell may start its background jobs without.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from sim.cli import status; sys.exit(status(sys.argv[1:]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_ctrl_c_keeps_what_is_finished_and_ends_with_130(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "study"
    process = started(
        "compare", tiny, "-p", "rapport", "-n", "9999", "--workers", "1", "--out", str(out), "--no-charts", "--progress"
    )
    assert process.stderr is not None
    line = next(line for line in process.stderr if " runs, " in line)  # after two seconds, or after compiling
    done = float(line.split()[1])  # "cxsim: 3.4 of 20000 runs, ..."
    time.sleep(0 if done > ENOUGH else PATIENCE_SECONDS)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    study = Study.load(out)
    assert 0 < study.manifest["finished"] < study.manifest["planned"] == 9_999
    assert study.replications["replication"].nunique() == study.manifest["finished"]
    assert "replications are finished and kept" in errors
    assert "Traceback" not in errors
    assert "rapport 80% against baseline" in output


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    process = started("parameters", "--csv")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_python_m_sim_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("cxsim ")
