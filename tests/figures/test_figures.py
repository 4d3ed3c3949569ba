"""The figures of README and manual are those of the saved results, and these are of the present model."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sim.cli import VERBS
from tests.figures import pages, public, studies, values

FIELD = re.compile(r"\{earlier\[([\w-]+)\]\[([\w-]+)\]\}")
OPEN, CLOSE = "<!-- figures: ", "<!-- end -->"
TEMPLATES = {file.stem for file in pages.TEMPLATES.glob("*.md")}


@pytest.fixture
def a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy of the README, the only page."""
    file = tmp_path / "README.md"
    file.write_text((pages.ROOT / "README.md").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    return file


def test_every_block_is_what_the_saved_results_say() -> None:
    assert list(pages.differing()) == []


def test_saved_results_are_of_the_present_model() -> None:
    assert list(studies.stale()) == []


@pytest.mark.parametrize("file", pages.pages(), ids=lambda file: file.stem)
def test_every_block_has_its_marks_and_its_template(file: Path) -> None:
    text = file.read_text("utf-8")
    found = pages.blocks(text)
    assert text.count(OPEN) == text.count(CLOSE) == len(found)
    assert set(found) <= TEMPLATES


def test_every_template_is_a_block_of_one_page() -> None:
    found = [name for file in pages.pages() for name in pages.blocks(file.read_text("utf-8"))]
    assert sorted(found) == sorted(TEMPLATES)


def test_a_figure_changed_by_hand_is_found_and_written_again(a_page: Path) -> None:
    right = a_page.read_text("utf-8")
    a_page.write_text(right.replace("0.33 points", "0.34 points"), "utf-8")
    assert [problem.split(";")[0] for problem in pages.differing()] == [
        "README.md: block authority is not what is saved"
    ]
    assert list(pages.write()) == ["README.md"]
    assert a_page.read_text("utf-8") == right


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"model": {"digest": "another", "replaced": []}}, "the model has changed"),
        ({"parameters": "others"}, "the parameters of small_company have changed"),
    ],
)
def test_results_of_another_model_are_stale(
    changed: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = studies.manifest
    monkeypatch.setattr(studies, "manifest", lambda name: kept(name) | (changed if name == "question" else {}))
    assert list(studies.stale()) == [f"saved/question: {problem}; run python -m tests.figures --run question"]


def test_every_figure_of_an_earlier_run_is_used_and_says_where_it_is_from() -> None:
    earlier = tomllib.loads(values.EARLIER.read_text("utf-8"))
    texts = "".join((pages.TEMPLATES / f"{name}.md").read_text("utf-8") for name in TEMPLATES)
    held = {(topic, key) for topic, about in earlier.items() for key in about if key not in ("command", "note")}
    assert set(FIELD.findall(texts)) == held
    assert all(about["command"] and about["note"] for about in earlier.values())


def test_what_the_pages_say_in_words_of_empowerment_holds() -> None:
    found = values.empowerment()
    assert found["retention"].low > 0 > found["profit"].high  # "improves retention", and costs money
    undecided = ("staffing follows the load", "little rapport", "much rapport")
    assert all(found["under"][name].low < 0 < found["under"][name].high for name in undecided)  # "nothing is shown"
    assert found["under"]["trained agents"].low > 0  # "a gain"


def test_what_the_readme_says_in_words_of_its_question_holds() -> None:
    rows = studies.table("question").query("policy == @values.BOTH").set_index("measure")
    low, high = rows["ci_low_difference"], rows["ci_high_difference"]
    assert low["profit_a_year"] < 0 < high["profit_a_year"]  # "the interval of profit includes zero"
    assert all(low[name] > 0 for name in ("service_level", "csat", "retention_12m"))  # "improve service and loyalty"


def test_the_weakest_grades_are_all_that_statistics_have() -> None:
    statistic = values.claims()["statistic"]
    assert statistic["A"] == statistic["B"] == 0  # "none has grade A or B"


def test_the_table_of_names_holds_every_function_with_a_verb() -> None:
    verbs = {name for name, _ in public.functions()} & set(VERBS)
    assert all(f"| `sim.{name}` |" in public.table() for name in verbs)
    assert "| `sim.choose` | `sim/studies/choose/` | `cxsim choose` | `Choice` |" in public.table()
