"""All verbs alike: help whose example can be read, options that mean the same everywhere, every form of output."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

import sim
from sim.cli import app, manual, renamed, status

WIDEST = 100
TINY = """name = "tiny"
years = 0.2
warm_up = 0
[parameters]
market_size = 300
employees = 2
"""
OWN_MEANING = {"--policy", "--measure", "--reading", "--scenario", "--out", "--starts", "--name"}
"""Options that one verb takes several times and another once, or that name a file or a label in one verb."""


def walk(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if hasattr(command, "commands"):
            yield from walk(command, (*path, name))


TOP: Any = typer.main.get_command(app)
COMMANDS = dict(walk(TOP))
VERBS = list(TOP.commands)
EXAMPLES = [
    example
    for command in COMMANDS.values()
    for example in re.findall(r"^Example: (cxsim .+)$", command.help, re.MULTILINE)
]


def options_of(command: Any) -> list[Any]:
    return [one for one in command.params if one.opts[0].startswith("-") and "--help" not in one.opts]


# -- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", COMMANDS)
def test_help_begins_with_a_sentence_and_an_example_and_names_its_page(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paragraphs = COMMANDS[verb].help.split("\n\n")
    assert re.fullmatch(r"[A-Z][^.]*\.", paragraphs[0]), "one plain sentence"
    assert paragraphs[1].startswith(f"Example: cxsim {verb}")
    for one in options_of(COMMANDS[verb]):
        assert one.help[-1:] in ".;", one.opts
        assert one.rich_help_panel in ("Question", "Runs", "Output"), one.opts
    assert status([*verb.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= WIDEST
    page = re.search(r"See: cxsim manual ([a-z]+)", shown)
    assert page is None or page[1] in manual.pages()
    assert page is not None or verb == "manual" or " " in verb


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_command_that_can_be_read(example: str) -> None:
    context = TOP.make_context("cxsim", shlex.split(example)[1:], resilient_parsing=False)
    group, rest = TOP, [*context._protected_args, *context.args]
    while hasattr(group, "commands") and rest and rest[0] in group.commands:
        group, rest = group.commands[rest[0]], rest[1:]
    found = group.make_context("verb", rest, parent=context)
    assert not found.args


def test_the_verbs_are_in_panels(capsys: pytest.CaptureFixture[str]) -> None:
    assert status([]) == 0
    panels = [line.split()[1:] for line in capsys.readouterr().out.splitlines() if line.startswith("╭")]
    titles = [" ".join(word for word in panel if "─" not in word) for panel in panels]
    assert titles == ["Options", "Ask", "My company", "Evidence", "Contact centre", "Upkeep"]


def test_an_option_has_one_letter_one_text_one_default_and_one_panel() -> None:
    said: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    letters: dict[str, set[str]] = defaultdict(set)
    for verb, command in COMMANDS.items():
        for one in options_of(command):
            long = next(name for name in one.opts if name.startswith("--"))
            letters[long] |= {name for name in one.opts if name != long} or {""}
            said[long][one.help, str(one.default), one.metavar, one.rich_help_panel, one.show_default].append(verb)
    assert {name: found for name, found in letters.items() if len(found) > 1} == {}
    assert {name for name, found in said.items() if len(found) > 1} - OWN_MEANING == set()


# -- old spellings ---------------------------------------------------------------------------------------------------

OLD = [(verb, old, new) for verb, names in renamed.OPTIONS.items() for old, new in names.items()]
OLD += [
    (verb, old, new)
    for old, new in renamed.EVERYWHERE.items()
    for verb in VERBS
    if any(new in one.opts for one in COMMANDS[verb].params)
]


@pytest.mark.parametrize(("verb", "old", "new"), OLD)
def test_an_old_option_is_answered_with_the_new_one(
    verb: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"runs {verb}" if verb == "show" else verb
    names = [name for one in options_of(COMMANDS[path]) for name in one.opts]
    assert old not in names
    assert new.split()[0] in names
    assert status([*path.split(), old, "x"]) == 2
    assert capsys.readouterr().err == f"cxsim: {old} is now {new}; see cxsim {path} --help.\n"


@pytest.mark.parametrize(("old", "new"), renamed.VERBS.items())
def test_an_old_verb_is_answered_with_the_new_one(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert old not in VERBS
    assert new in VERBS
    assert status([old, "x"]) == 2
    assert capsys.readouterr().err == f"cxsim: cxsim {old} is now cxsim {new}; see cxsim --help.\n"


# -- every form of output --------------------------------------------------------------------------------------------

FAST = "-n 2 --years 0.1 --workers 1 --engine readable --store none"
ONCE = "--years 0.1"
SEARCH = "--trials 2 --check 2 --workers 1 --engine readable --store none"
CASES = {
    "run": f"run tiny.toml -p training {FAST}",
    "compare": f"compare tiny.toml -p training {FAST}",
    "explain": f"explain tiny.toml -p training --channel wait --orders all {FAST}",
    "choose": f"choose tiny.toml -p training --subset --first 3 {FAST.removeprefix('-n 2')}",
    "sensitivity": f"sensitivity tiny.toml --parameter price {FAST}",
    "futures": f"futures tiny.toml -p training --parameter price --futures 5 {FAST}",
    "search": f"search tiny.toml --lever 'training level=0:1' -n 2 --years 0.1 {SEARCH}",
    "warm-up": "warm-up tiny.toml -m csat -n 2 --years 2 --workers 1 --engine readable --store none",
    "new": "new mine.toml --overwrite",
    "fit": "fit records/contacts.csv --like tiny.toml --no-charts",
    "overlay": "overlay study actuals.csv --starts 2026-01",
    "records": f"records tiny.toml --engine readable {ONCE} --overwrite",
    "audit": f"audit tiny.toml --claim smart-2010-loyalty {FAST.removesuffix(' --store none')}",
    "evidence": "evidence --document rules-2018",
    "parameters": "parameters loyalty",
    "measures": "measures",
    "policies": "policies",
    "scenario": "scenario tiny.toml",
    "queue": "queue --agents 5 --calls-per-hour 20 --handling 'exponential mean 6 min' --hours 2 -n 2 --workers 1",
    "runs": "runs --store runs.sqlite",
    "plot": "plot study",
    "trace": f"trace tiny.toml {ONCE}",
    "log": f"log tiny.toml {ONCE} --engine readable",
    "diff-engines": "diff-engines tiny.toml --years 0.02",
    "manual": "manual queue",
}
ELSEWHERE = {"calibrate"}
"""Takes minutes; tests/unit/cli/test_calibrate.py has its forms."""
LINES = {"scenario", "manual", "plot", "trace", "diff-engines"}
"""Verbs that print text as it is, not wrapped."""
FORMS = [
    (verb, form)
    for verb in CASES
    for form in ("screen", "--csv", "--json", "--out")
    if form == "screen" or any(form in one.opts for one in COMMANDS[verb].params)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, a study, records, actual figures and a run store."""
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "tiny.toml").write_text(TINY)
    made = {"replications": 2, "workers": 1, "engine": "readable"}
    sim.run(folder / "tiny.toml", store=folder / "runs.sqlite", years=0.5, **made).save(folder / "study")
    sim.records(folder / "tiny.toml", folder / "records", years=0.5, engine="readable")
    (folder / "actuals.csv").write_text("month,customers\n2026-01,100\n2026-02,101\n")
    return folder


def test_every_verb_is_tried() -> None:
    assert set(CASES) | ELSEWHERE == set(VERBS)


@pytest.mark.parametrize(("verb", "form"), FORMS)
def test_a_verb_in_a_form_of_output(
    verb: str, form: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    out = place / f"out-{verb}" / ("log.parquet" if verb == "log" else "found")
    out.parent.mkdir(exist_ok=True)
    needed = ["--out", str(out.parent / "needed")] if verb in ("records", "log") and form != "--out" else []
    more = {"screen": needed, "--out": ["--out", str(out)]}.get(form, [form, *needed])
    code = status([*shlex.split(CASES[verb]), *more])
    found = capsys.readouterr()
    assert code == 0, found.err
    if form == "--csv":
        assert len(pd.read_csv(io.StringIO(found.out))) > 0
    elif form == "--json":
        assert json.loads(found.out)["measures"]
    elif form == "--out":
        assert out.exists()
        assert str(out) in found.err + found.out
    elif verb == "new":
        assert "wrote mine.toml" in found.err
    else:
        assert found.out.strip()
        assert verb in LINES or max(len(line.rstrip()) for line in found.out.splitlines()) <= WIDEST


# -- the manual ------------------------------------------------------------------------------------------------------


def test_the_manual_lists_its_pages_and_prints_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["manual"]) == 0
    index = capsys.readouterr().out
    for name in set(manual.pages()) - {"index"}:
        assert f"({name}.md)" in index
        assert status(["manual", name]) == 0
        page = capsys.readouterr().out
        assert page.startswith("# ")
        assert "<!--" not in page


def test_a_topic_that_is_almost_right_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["manual", "policy"]) == 2
    assert "there is no topic 'policy'; did you mean 'policies'?" in capsys.readouterr().err


def test_on_a_terminal_a_page_is_laid_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert status(["manual", "queue"]) == 0
    shown = capsys.readouterr().out
    assert "Staffing a contact centre" in shown
    assert "# Staffing" not in shown
