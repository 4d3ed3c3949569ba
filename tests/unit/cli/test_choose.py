"""``cxsim choose`` says in tables what `sim.choose` returns, and refuses what cannot be asked."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import sim
from sim.cli import status

TINY = 'name = "tiny"\nyears = 0.2\nwarm_up = 0\n[parameters]\nmarket_size = 300\nemployees = 2\n'
WIDEST = 100
POLICIES = ("-p", "rapport", "-p", "training")
QUICK = ("--first", "3", "--max-replications", "5", "--workers", "1")


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = status(("choose", *arguments))
    found = capsys.readouterr()
    return code, found.out, found.err


def test_it_prints_and_saves_what_the_function_finds(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "choice"
    asked = ("-i", "100000", "-c", "abandonment <= 99 %", "--pareto", "csat", "--pareto", "cost:lower", *QUICK)
    code, text, errors = said(capsys, tiny, *POLICIES, *asked, "--out", str(out))
    found = sim.choose(
        tiny, [sim.Rapport(), sim.Training()], indifference=100_000, first=3, max_replications=5, workers=1,
        constraints=["abandonment <= 99 %"], pareto=["csat", "cost:lower"],
    )  # fmt: skip
    assert code == (0 if found.guaranteed else 3)
    assert " ".join(found.text().split()) in " ".join(text.split())
    assert max(len(line.rstrip()) for line in text.splitlines()) <= WIDEST
    for words in ("tiny: which policy is best", "P(best)", "expected regret", "Bonferroni", "Abandonment <= 99.0 %"):
        assert words in text
    assert {path.name for path in (out / "charts").iterdir()} == {
        f"{name}.{end}" for name in ("differences", "places", "frontier-csat-cost") for end in ("png", "svg")
    }  # fmt: skip
    made = json.loads((out / "choose.json").read_text())
    assert made["chosen"] == found.chosen
    assert made["policies"]["training"][0]["name"] == "training"
    assert (out / "choose.txt").read_text() == found.text() + "\n"
    assert "saved in" in errors
    code, text, errors = said(capsys, tiny, *POLICIES, *asked, "--out", str(out))
    assert (code, text) == (2, "")
    assert "already holds choose.json, choose.csv, choose.txt; choose another folder or add --overwrite" in errors


def test_csv_is_the_sheet(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = said(capsys, tiny, *POLICIES, "-i", "100000", *QUICK, "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["policy"] for row in rows] == ["baseline", "rapport 80%", "training"]
    assert sum(float(row["p_best"]) for row in rows) == pytest.approx(1.0)


def test_not_decided_is_a_status_of_its_own(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = said(capsys, tiny, *POLICIES, "-i", "0.01", *QUICK)
    assert code == 3
    assert "Not decided: the ceiling of 5 replications" in text


def test_a_subset_needs_no_zone(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = said(capsys, tiny, *POLICIES, "--subset", "--first", "3", "--workers", "1")
    assert code == 0
    assert "screening of Nelson" in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-p", "rapport"), "which difference in profit_a_year would you not mind?"),
        (("-i", "1000"), "only 'baseline' to choose from"),
        (("-p", "rapport", "-i", "1000", "-m", "profit_a_yaer"), "did you mean 'profit_a_year'"),
        (("-p", "rapport", "-i", "1000", "-m", "cost"), "neither more nor less of cost"),
        (("-p", "rapport", "-i", "much"), "cannot read 'much'"),
        (("-p", "rapport", "-i", "1000", "--subset"), "leave out indifference and max_replications"),
        (("-p", "rapport", "-i", "1", "-c", "service_levle >= 80 %"), "did you mean 'service_level'"),
        (("-p", "rapport", "-i", "1", "-c", "service_level >= 80"), "80 % or 0.8"),
        (("-p", "rapport", "-i", "1", "--pareto", "profit_a_year"), "add another"),
        (("-p", "rapport", "-i", "1", "--confidence", "95"), "between 0 and 1"),
        (("-p", "rapport", "-i", "1", "--pareto", "csat", "--pareto", "retention_12m"), "undefined under"),
    ],
)
def test_wrong_input_is_one_sentence_with_the_way_out(
    tiny: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    code, text, errors = said(capsys, tiny, *arguments, "--first", "3", "--workers", "1")
    assert (code, text) == (2, "")
    assert message in errors
    assert errors.count("cxsim: ") == 1
