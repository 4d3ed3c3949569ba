"""The audit: verdicts follow from figures, every statistic has an answer, and its parts measure what they say."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
import sim.model.state as s
from sim import charts
from sim.checks.audit import (
    Audit,
    AuditError,
    attribution,
    audit,
    checks,
    companies,
    counterfactual,
    diary,
    replication,
)
from sim.checks.audit.checks import BASE, PAIRS
from sim.checks.audit.replication import PARTS, Sample
from sim.checks.audit.result import judged
from sim.checks.audit.task import Task
from sim.checks.audit.verdict import judge, judge_direction
from sim.cli import status
from sim.engines import run
from sim.engines.log import Log
from sim.engines.readable import Company
from sim.engines.start import build
from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.policies import CATALOGUE
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY
from sim.outcomes.results import describe
from sim.outcomes.statistics import Interval, mean_interval

SMALL = Scenario.load("small_company").change(years=1.0, warm_up=0.25).override(market_size=3000, employees=2)
RECOVERY, HAPPY, RETURNS = "attitude-2016-quick-recovery", "smart-2010-happy-tell", "smart-2010-return-on-sales"
WIDEST = 100
FILES = {"audit.csv", "audit.json", "audit.txt"}


def interval(mean: float, half: float) -> Interval:
    return Interval(10, mean, half / 2, mean - half, mean + half)


def task(scenario: Scenario) -> Task:
    return Task(scenario, 0, "readable", 200, ())


def silent(share: float) -> None:
    """Do not report."""


# -- the verdict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "unit", "model", "word"),
    [
        ((0.82,), "share", interval(0.81, 0.02), "reproduced"),
        ((0.82,), "share", interval(0.8246, 0.0001), "reproduced"),  # printed as 82 %
        ((0.82,), "share", interval(0.8260, 0.0001), "differs"),
        ((0.82,), "share", interval(0.5, 0.4), "undecided"),
        ((4.0,), "people", interval(4.4, 0.01), "reproduced"),
        ((4.0,), "people", interval(4.6, 0.01), "differs"),
        ((9.0, 12.0), "people", interval(10.5, 0.1), "reproduced"),
        ((9.0, 12.0), "people", interval(13.0, 0.1), "differs"),
        ((12.0,), "ratio", Interval(1, 12.0, math.nan, math.nan, math.nan), "undecided"),
    ],
)
def test_the_verdict_follows_from_figure_and_interval(published, unit, model, word):
    assert judge(published, unit, model).word == word


def test_a_difference_is_counted_from_the_nearest_end_of_a_range():
    found = judge((9.0, 12.0), "people", interval(14.0, 0.5))
    assert (found.difference, found.low, found.high) == pytest.approx((2.0, 1.5, 2.5))


@pytest.mark.parametrize(("mean", "word"), [(-0.1, "reproduced"), (0.1, "differs"), (0.01, "undecided")])
def test_a_direction_is_judged_by_its_sign(mean, word):
    assert judge_direction("lower", interval(mean, 0.05)).word == word


# -- which claims -----------------------------------------------------------------------------------------------------


def test_every_statistic_of_the_documents_has_an_entry():
    known = {check.claim for check in checks(SMALL)}
    statistics = {name for name, claim in evidence.claims().items() if claim.nature == "statistic"}
    assert statistics <= known
    assert known <= set(evidence.claims())


def test_a_check_has_an_estimate_or_a_reason_and_a_part_that_is_there():
    for check in checks(SMALL):
        assert check.part in ("", *PARTS)
        assert check.part or check.untestable, check.figure
        assert check.value or check.direction


def test_figures_behind_the_claims_name_their_source():
    for entry in companies.settings()["source_figure"]:
        assert entry["source"] in evidence.sources()


def test_neglect_takes_stated_ends_of_ranges_and_moves_no_yardstick():
    known, neglected = load(), companies.service_neglected()
    for name, how, value in neglected.altered:
        assert how == "multiply" or value in (known[name].low, known[name].high), name
    under = SMALL.under(neglected).resolve()
    assert np.array_equal(under.base, SMALL.resolve().base)
    assert neglected.name not in CATALOGUE


# -- a verdict changes with its input ---------------------------------------------------------------------------------


def verdicts(scenario: Scenario, claim: str) -> dict[str, str]:
    found = audit(scenario, claims=[claim], replications=3, workers=1)
    return dict(zip(found.claims["figure"], found.claims["verdict"], strict=True))


def test_another_anchor_gives_another_verdict():
    assert verdicts(SMALL, RECOVERY)["reference customer stays"] == "reproduced"
    assert verdicts(SMALL.override(repurchase_major_quick=0.72), RECOVERY)["reference customer stays"] == "differs"


def test_another_reading_gives_another_verdict():
    assert set(verdicts(SMALL, HAPPY).values()) == {"reproduced"}
    assert set(verdicts(SMALL.change(reading="attitude-2016"), HAPPY).values()) == {"differs"}


# -- a ratio of returns -----------------------------------------------------------------------------------------------


def returns(neglected: list[float]) -> pd.Series:
    """Row of the ratio when service first returns 12 % and neglect these shares."""
    _, first, other = PAIRS[0]
    figures = {f"{name}: {m}": np.full(4, 0.5) for name in (first, other) for m in ("retention_12m", "csat", "revenue")}
    figures |= {
        f"{first}: return_on_sales": np.array([0.12, 0.121, 0.119, 0.12]),
        f"{other}: return_on_sales": np.array(neglected),
    }
    wanted = [check for check in checks(SMALL) if check.claim == RETURNS][:1]
    return judged(wanted, Sample(figures, (0, 1, 2, 3), "readable")).iloc[0]


def test_a_ratio_is_refused_when_its_denominator_is_near_zero_or_a_loss():
    assert returns([0.0100, 0.0101, 0.0099, 0.01])["verdict"] == "reproduced"
    for neglected in ([0.01, -0.01, 0.02, 0.0], [-0.05, -0.051, -0.049, -0.05]):
        row = returns(neglected)
        assert row["verdict"] == "not testable"
        assert np.isnan(row["mean"])
        assert row["why"].startswith("No ratio")


# -- the parts --------------------------------------------------------------------------------------------------------


def test_the_parts_of_an_episode_add_up_to_its_surprise():
    short = SMALL.change(years=0.2)
    resolved, book = short.resolve(), Log()
    company = Company(build(resolved, 0, True), resolved.phases, short.days, book)
    witness = attribution.Witness(company, 0)
    company.run()
    whole, real = book.rows()
    episodes = (whole[:, s.LOG_CODE] == s.LOG_EXPERIENCE) & (whole[:, s.LOG_B] != s.SILENT)
    expected = float(short.value("reference_expectation"))
    sums = [expected + sum(parts.values()) for parts in witness.parts]
    assert len(sums) > 100
    assert np.allclose(sums, real[episodes, s.LOG_X])
    assert list(whole[episodes, s.LOG_A] <= 1) == witness.pleased


def test_the_main_cause_is_the_largest_part():
    parts = {"a": np.array([0.3, 0.1, -0.2]), "b": np.array([0.1, 0.2, -0.4])}
    assert attribution._named(parts, 1.0, "a") == {"main cause": pytest.approx(1 / 3), "one of the causes": 2 / 3}
    assert attribution._named(parts, -1.0, "b") == {"main cause": pytest.approx(1 / 3), "one of the causes": 1 / 3}


def test_nobody_is_swayed_by_the_same_service(monkeypatch):
    found = counterfactual.swayed(task(SMALL), silent)
    assert found["swayed"] > found["swayed the other way"]
    balance = found["stays under good"] - found["stays under poor"]
    assert found["swayed"] - found["swayed the other way"] == pytest.approx(balance)
    monkeypatch.setattr(companies, "service_neglected", companies.service_first)
    assert counterfactual.swayed(task(SMALL), silent)["swayed"] == 0.0


@pytest.mark.parametrize(("changes", "share"), [({"rapport_minutes": 0.0}, 1.0), ({"rapport_saving": 0.0}, 0.0)])
def test_rapport_shortens_what_it_saves_more_of_than_it_takes(changes, share):
    history = run(SMALL.override(**changes).change(years=0.1), engine="readable")
    kinds = np.array([s.ENQUIRY_CASE, s.MAJOR_CASE] * 50)
    found = counterfactual.rapport(history, kinds, 100)
    assert found["faster with rapport"] == share
    assert (found["minutes added by rapport"] < 0) == (share == 1.0)


def test_a_story_reaches_as_many_as_the_reading_says_when_nobody_retells():
    history = run(SMALL.override(retell=0.0).change(years=0.05), engine="readable")
    means = [counterfactual.reach(history, reading, 500) for reading in ("smart-2010", "attitude-2016")]
    assert means == pytest.approx([4.0, 10.5], rel=0.15)


def test_who_left_with_a_grievance_is_no_customer_two_years_later():
    day, later = 10 * DAY, 11 * DAY
    rows = [(day, s.LOG_EXPERIENCE, p, 2, s.SILENT, 0, 0.3, 0.3) for p in range(3)]
    rows += [(day, s.LOG_STAYED, p, p != 0, s.MINOR_CASE, 0, 0.5, 0.3) for p in range(3)]
    rows += [(later, s.LOG_AVOIDS, 0, 0, 0, 0, 900.0, 0.0), (later, s.LOG_LEFT, 1, 0, 0, 0, 0.5, 0.0)]
    rows += [(later + DAY, s.LOG_JOINED, 1, 0, 0, 0, 0.5, 0.0)]
    log = pd.DataFrame(rows, columns=["time", "code", "person", "a", "b", "c", "x", "y"])
    assert diary.followed_up(log, 0) == {"customers after bad": pytest.approx(2 / 3),
                                         "avoiders after bad": pytest.approx(1 / 3)}  # fmt: skip


# -- running it -------------------------------------------------------------------------------------------------------


def test_a_stopped_audit_keeps_what_was_finished(monkeypatch, capsys):
    done = []

    def stopped(number: Task, advance: object) -> dict[str, float]:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(number)
        return {"stays_major_quick": 0.82}

    monkeypatch.setattr(replication, "replicate", stopped)
    found = replication.replicate_all(SMALL, ("customer",), 5, 10, "readable", 1, False)
    assert found.finished == (0, 1)
    assert "2 of 5 replications are finished and kept" in capsys.readouterr().err


def test_what_cannot_be_is_refused():
    with pytest.raises(AuditError, match="did you mean 'smart-2010-loyalty'"):
        audit(SMALL, claims=["smart-2010-loyalti"])
    with pytest.raises(AuditError, match="whole number"):
        audit(SMALL, replications=0)


def test_the_package_has_the_function():
    assert sim.audit is audit
    assert BASE


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text('name = "tiny"\nyears = 0.2\nwarm_up = 0\n[parameters]\nmarket_size = 600\nemployees = 2\n')
    return str(path)


def test_the_command_prints_saves_and_draws(tiny, tmp_path, capsys):
    folder = tmp_path / "out"
    assert status(["audit", tiny, "--claim", HAPPY, "-n", "2", "--workers", "1", "--out", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "smart-2010-happy-tell, grade D" in printed
    assert max(map(len, printed.splitlines())) <= WIDEST
    assert {path.name for path in folder.iterdir()} >= FILES
    assert {path.name for path in (folder / "charts").iterdir()} == {"audit.png", "audit.svg"}
    saved = pd.read_csv(folder / "audit.csv")
    assert list(saved["document"]) == ["smart-2010"] * 2
    assert set(saved["grade"]) == {"D"}


def test_the_command_refuses_a_file_for_a_folder(tiny, capsys):
    assert status(["audit", tiny, "--out", tiny]) == 2
    assert "is a file; choose another folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_earlier_audit_is_refused_before_anything_is_run(tiny, tmp_path, capsys, monkeypatch, name):
    def not_yet(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setitem(audit.__globals__, "replicate_all", not_yet)
    (tmp_path / name).write_text("earlier")
    assert status(["audit", tiny, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"already holds {name}" in told
    assert "add --overwrite" in told
    assert (tmp_path / name).read_text() == "earlier"


def test_the_command_replaces_an_audit_when_told_to(tiny, tmp_path):
    (tmp_path / "audit.csv").write_text("earlier")
    chosen = ["audit", tiny, "--claim", HAPPY, "-n", "1", "--workers", "1", "--out", str(tmp_path)]
    assert status([*chosen, "--overwrite"]) == 0
    assert len(pd.read_csv(tmp_path / "audit.csv")) == 2


def test_an_audit_is_saved_into_a_studys_folder_and_spoils_nothing(tiny, tmp_path):
    study = sim.run(tiny, replications=1, workers=1)
    folder = study.save(tmp_path / "study")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    made().save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before} == before
    assert sim.Study.load(folder).content_hash == study.content_hash
    study.save(folder, overwrite=True)
    assert json.loads((folder / "audit.json").read_text())["seed"] == 7
    assert pd.read_csv(folder / "audit-values.csv")["value"].tolist() == [0.5]


def made() -> Audit:
    """Return an audit of a row of every kind."""
    values = pd.DataFrame([(0, "a", 0.5)], columns=["replication", "figure", "value"])
    about = describe(
        scenario={"name": "tiny", "years": 1.0}, seed=7, reading="smart-2010", baseline="tiny", planned=3, finished=3
    )
    return Audit(table(), values, about | {"years": 1.0})


# -- the picture ------------------------------------------------------------------------------------------------------


def table() -> pd.DataFrame:
    """Return a row of every kind, with figures of all sizes."""
    figures = {name: np.array([0.8, 0.82, 0.84]) for name in ("a",)}
    rows = judged(checks(SMALL), _Everything(figures["a"]))  # type: ignore[arg-type]
    rows.loc[rows.index[:4], "mean"] = [5.0, -5.0, 1e5, 0.0]
    return rows


class _Everything:
    """A sample in which every figure has the same values."""

    def __init__(self, values: np.ndarray) -> None:
        self.figures = _Same(values)


class _Same(dict):
    def __init__(self, values: np.ndarray) -> None:
        super().__init__()
        self.values_of_all = values

    def __missing__(self, name: str) -> np.ndarray:
        return self.values_of_all * (1.0 + len(name) / 100)


def test_no_label_of_the_picture_covers_another():
    rows = table()
    figure, ax = charts.claims_canvas(len(rows))
    charts.claims_beside_model(rows, ax, title="A title", source="a source")
    figure.draw_without_rendering()
    texts = [text for text in (*ax.texts, *ax.get_yticklabels()) if text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    edges = figure.bbox
    assert all(box.x0 >= edges.x0 and box.x1 <= edges.x1 for _, box in boxes)
    covered = [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b) and _inside(a, b)]
    assert covered == []


def _inside(a: object, b: object) -> bool:
    """Whether two boxes share more than an edge."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)  # type: ignore[attr-defined]
    height = min(a.y1, b.y1) - max(a.y0, b.y0)  # type: ignore[attr-defined]
    return bool(width > 1 and height > 1)


def test_an_interval_of_one_replication_decides_nothing():
    assert judge((0.82,), "share", mean_interval([0.82])).word == "undecided"
