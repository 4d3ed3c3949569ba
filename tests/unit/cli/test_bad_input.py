"""A wrong input ends with status 2 and a sentence that says where and what to do; nothing is left."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path

import pytest

import sim
from sim.cli import status
from sim.errors import InputError
from sim.inputs import evidence
from sim.inputs.scenario import Scenario, ScenarioError
from sim.outcomes import tracing
from sim.outcomes.results import MANIFEST
from sim.running import runner

GOOD = """name = "tiny"
years = 0.2
warm_up = 0
[parameters]
market_size = 300
"""
POLICY = "\n[[policies]]\n"


def changed(text: str) -> str:
    return GOOD + text


FILES = {
    "unknown key": ("nam = 1\n", ["nam", "name"]),
    "key that is not a table": ("parameters = 3\n", ["[parameters]"]),
    "unknown parameter": (changed("employes = 3\n"), ["employes", "did you mean 'employees'"]),
    "wrong unit": (changed('patience_mean = "7 money"\n'), ["patience_mean", "min"]),
    "text without a number": (changed('patience_mean = "long"\n'), ["patience_mean", "long"]),
    "negative rate": (changed("avoid_mean = -1\n"), ["avoid_mean", "-1"]),
    "probability above one": (changed("redial_probability = 1.2\n"), ["redial_probability", "1.2"]),
    "one number for a profile": (changed("open_hour = 8\n"), ["open_hour", "7 numbers"]),
    "not a number": (changed("employees = nan\n"), ["employees", "nan"]),
    "malformed TOML": ("name = \n", ["not valid TOML", "line 1"]),
    "text that is not UTF-8": (b'name = "caf\xe9"\n', ["UTF-8"]),
    "years that are no number": ('years = "two"\n', ["years", "two"]),
    "negative seed": ("seed = -1\n", ["seed", "-1"]),
    "seed that is not a whole number": ("seed = 1.5\n", ["seed", "1.5"]),
    "unknown reading": ('reading = "smart-2011"\n', ["smart-2011", "did you mean 'smart-2010'"]),
    "shares that do not add up": (
        changed("segment_share = { regular = 0.5, priority = 0.4 }\n"),
        ["tiny", "segment_share", "0.900", "add up to 1"],
    ),
    "unknown segment": (changed("price = { vip = 3 }\n"), ["tiny", "price", "vip", "regular, priority"]),
    "one number a segment for the company": (
        changed("employees = { regular = 3 }\n"),
        ["employees", "whole company"],
    ),
    "unknown policy": (
        changed(POLICY + 'name = "empowermint"\n'),
        ["empowermint", "did you mean 'empowerment'"],
    ),
    "policy without a name": (changed(POLICY + "level = 1\n"), ["policies", "empowerment"]),
    "unknown setting of a policy": (
        changed(POLICY + 'name = "empowerment"\nlevle = 1\n'),
        ["levle", "it knows", "level"],
    ),
    "impossible setting of a policy": (
        changed(POLICY + 'name = "empowerment"\nlevel = 1.5\n'),
        ["empowerment", "level = 1.5", "0 to 1"],
    ),
    "wrong kind of setting": (
        changed(POLICY + 'name = "staffing"\nfollows = "yes"\n'),
        ["staffing", "follows", "true nor false"],
    ),
    "two policies that set one parameter": (
        changed(POLICY + 'name = "training"\n' + POLICY + 'name = "training"\nlevel = 0.5\n'),
        ["both set training", "keep one"],
    ),
    "policy for an unknown segment": (
        changed(POLICY + 'name = "rapport"\nsegment = "vip"\n'),
        ["rapport", "vip", "regular, priority"],
    ),
    "company-wide policy for a segment": (
        changed(POLICY + 'name = "staffing"\nsegment = "regular"\n'),
        ["staffing", "whole company", "leave segment out"],
    ),
}

OPTIONS = {
    "no such file": (["run", "nowhere.toml"], ["nowhere.toml", "small_company"]),
    "a folder for a file": (["run", "."], ["no such file"]),
    "no replications": (["run", "good.toml", "-n", "0"], ["replications = 0"]),
    "replications that are no number": (["run", "good.toml", "-n", "many"], ["--replications", "integer"]),
    "no workers": (["run", "good.toml", "--workers", "0"], ["workers = 0"]),
    "negative years": (["run", "good.toml", "--years", "-1"], ["years = -1"]),
    "unknown reading": (["run", "good.toml", "--reading", "smart"], ["smart", "reading"]),
    "some readings": (
        ["compare", "good.toml", "-p", "rapport", "--readings", "special"],
        ["--readings is now --reading all"],
    ),
    "readings twice": (
        ["compare", "good.toml", "-p", "rapport", "--reading", "all", "--reading", "special"],
        ["--reading all", "keep one"],
    ),
    "nothing to rank across": (
        ["compare", "good.toml", "-p", "rapport", "--rank-by", "churn"],
        ["--rank-by", "--reading all"],
    ),
    "no measure to rank by": (
        ["compare", "good.toml", "-p", "rapport", "--reading", "all", "--rank-by", "proft"],
        ["proft", "profit_a_year"],
    ),
    "no cluster": (["run", "good.toml", "--cluster", "nearby"], ["'nearby'", "local", "tcp://host:8786"]),
    "a cluster with workers of its own": (
        ["compare", "good.toml", "-p", "rapport", "--workers", "2", "--cluster", "tcp://127.0.0.1:1"],
        ["workers = 2", "tcp://127.0.0.1:1", "leave one out"],
    ),
    "a cluster without a port": (
        ["explain", "good.toml", "-p", "rapport", "--cluster", "tcp://127.0.0.1"],
        ["tcp://127.0.0.1", "port", "dask scheduler"],
    ),
    "a cluster with an impossible port": (
        ["run", "good.toml", "--cluster", "tcp://127.0.0.1:87860"],
        ["tcp://127.0.0.1:87860", "port", "dask scheduler"],
    ),
    "a cluster without a host": (["run", "good.toml", "--cluster", "tcp://:8786"], ["tcp://:8786", "host"]),
    "unknown option": (["run", "good.toml", "--replication", "3"], ["--replication", "--replications"]),
    "unknown verb": (["runn", "good.toml"], ["runn"]),
    "no scenario": (["run"], ["SCENARIO"]),
    "unknown policy": (["run", "good.toml", "-p", "empower"], ["empower", "did you mean 'empowerment'"]),
    "unknown setting": (["run", "good.toml", "-p", "rapport level=1"], ["level", "it knows", "chance"]),
    "wrong setting": (["run", "good.toml", "-p", "staffing employees=two"], ["employees", "two"]),
    "policy without a name": (["run", "good.toml", "-p", ""], ["--policy", "empowerment level=0.95"]),
    "two that set one parameter": (
        ["run", "good.toml", "-p", "training", "-p", "training level=0.2"],
        ["both set training"],
    ),
    "policy twice": (["compare", "good.toml", "-p", "rapport", "-p", "rapport"], ["rapport 80%", "twice"]),
    "nothing to compare": (["compare", "good.toml"], ["--policy"]),
    "scenario twice": (["compare", "good.toml", "good.toml", "-p", "rapport"], ["tiny", "twice"]),
    "nothing to explain": (["explain", "good.toml"], ["policy", "empowerment level=0.95"]),
    "unknown channel": (["explain", "good.toml", "-p", "rapport", "--channel", "waits"], ["waits", "'wait'"]),
    "unknown measure": (["explain", "good.toml", "-p", "rapport", "-m", "profits"], ["profits", "'profit'"]),
    "no orders": (["explain", "good.toml", "-p", "rapport", "--orders", "0"], ["orders = 0"]),
    "explained already": (["explain", "good.toml", "-p", "rapport", "--out", "why"], ["why", "--overwrite"]),
    "unwritable folder of an explanation": (
        ["explain", "good.toml", "-p", "rapport", "--out", "good.toml"],
        ["good.toml", "choose another folder"],
    ),
    "unwritable folder": (["run", "good.toml", "--out", "good.toml/study"], ["good.toml/study"]),
    "folder that is not a study": (["run", "good.toml", "--out", "full"], ["full", "not a study"]),
    "folder that is a study": (["run", "good.toml", "--out", "old"], ["old", "--overwrite"]),
    "nothing to plot": (["plot", "full"], ["full", "no saved result"]),
    "damaged study": (["plot", "old"], ["old", "manifest.json"]),
    "no measure of the start": (["warm-up", "good.toml", "--measure", "profitt"], ["profitt", "did you mean 'profit'"]),
    "unknown subject": (["parameters", "loyalti"], ["loyalti", "subjects are", "loyalty"]),
    "unknown document": (["evidence", "--document", "rules"], ["rules", "rules-2018"]),
    "two lists at once": (["evidence", "--readings", "--unused"], ["one of", "--unused"]),
    "nobody": (["trace", "good.toml", "--person", "300"], ["300", "from 0 to 299"]),
    "no number of a person": (["trace", "good.toml", "--person", "Ann"], ["Ann", "from 0 to 299"]),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, where nothing may be run."""
    monkeypatch.chdir(tmp_path)
    for name in ("work_off", "branches"):
        monkeypatch.setattr(runner, name, lambda *_, **__: pytest.fail("it started to run"))
    monkeypatch.setattr(tracing, "run_once", lambda *_, **__: pytest.fail("it started to run"))
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    (tmp_path / "why").mkdir()
    (tmp_path / "why" / "explain.csv").write_text("channel\n")
    (tmp_path / "old").mkdir()
    for name in (MANIFEST, "replications.parquet", "cohorts.parquet"):
        (tmp_path / "old" / name).write_text("{}")
    return tmp_path


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with status 2 and one sentence that has these words, and changes no file."""
    before = listing(Path())
    assert status(arguments) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("cxsim: ")
    assert found.err.count("\n") == 1, found.err
    for word in words:
        assert word in found.err, found.err
    assert listing(Path()) == before


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_scenario_file(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = FILES[case]
    Path("bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(["run", "bad.toml", "--out", "study"], words, capsys)


IN_THE_FILE = ["unknown key", "unknown parameter", "wrong unit", "malformed TOML", "impossible setting of a policy"]


@pytest.mark.parametrize("case", IN_THE_FILE)
def test_what_a_file_says_wrongly_is_said_of_the_file(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = FILES[case]
    Path("bad.toml").write_text(str(text))
    refused(["run", "bad.toml"], ["bad.toml"], capsys)


@pytest.mark.parametrize("case", OPTIONS)
def test_a_wrong_command(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = OPTIONS[case]
    refused(arguments, words, capsys)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "locked").mkdir(mode=0o555)
    refused(["run", "good.toml", "--out", "locked/study"], ["locked/study", "cannot be written"], capsys)


def test_a_folder_on_a_system_that_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("no /proc here")
    refused(["run", "good.toml", "--out", "/proc/study"], ["/proc/study", "choose another folder"], capsys)


def test_patience_without_end_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"the last rate of patience_hazard_priority is 0, .* give one above 0"):
        Scenario.load("small_company").override(patience_hazard_priority=(0.1,) * 10 + (0.0,))


def test_a_chance_that_a_reading_would_lift_above_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shipped reading does; one of a planner's own may."""
    found = evidence.readings()["literature"]
    loud = found.model_copy(update={"bad": found.bad.model_copy(update={"teller_factor": 2.0})})
    monkeypatch.setattr(evidence, "readings", lambda: {"literature": loud})
    scenario = Scenario(name="tiny", reading="literature", parameters={"tell_poor": 0.6})
    with pytest.raises(ScenarioError, match=r"tiny: tell_poor = 0\.6 becomes 1\.2 .* literature, .* give at most 0\.5"):
        scenario.resolve()


def test_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sim.running.cluster.connection.ANSWER_SECONDS", 1.0)
    address = "tcp://127.0.0.1:1"
    refused(["run", "good.toml", "--cluster", address], [address, "does not answer", "dask scheduler"], capsys)


def test_whatever_the_package_refuses_is_a_sentence_of_the_command() -> None:
    """An error of ours for a wrong value, in any module, is one that the command prints: no list is kept of them."""
    for module in pkgutil.walk_packages(sim.__path__, "sim."):
        if module.name != "sim.__main__":
            importlib.import_module(module.name)
    ours = [kind for kind in every_kind_of(ValueError) if kind.__module__.startswith("sim.")]
    assert len(ours) > 20
    assert [kind.__name__ for kind in ours if not issubclass(kind, InputError)] == []


def every_kind_of(error: type[Exception]) -> list[type[Exception]]:
    return [kind for child in error.__subclasses__() for kind in (child, *every_kind_of(child))]
