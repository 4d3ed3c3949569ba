"""The scripts of the experiments, from the command to the answer: what is written is what the frames hold."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType

import bundles
import kick_the_cat
import numpy as np
import our_own_company
import pandas as pd
import promises
import pytest
import recovery
import word_of_mouth
from scipy import stats

from sim.outcomes.results import Study

SCRIPTS = (
    "empowerment", "promises", "recovery", "word_of_mouth", "kick_the_cat", "bundles", "which_bundle_is_best",
    "what_matters", "robust_to_whom_you_believe", "our_own_company",
)  # fmt: skip
FOLDER = Path(__file__).parents[2] / "experiments"
FURTHER = {
    "empowerment": ["conditions"],
    "promises": ["following"],
    "recovery": ["following"],
    "word_of_mouth": ["readings", "networks"],
    "kick_the_cat": ["gains", "following"],
    "bundles": ["fixed"],
    "what_matters": [],
    "which_bundle_is_best": [],
    "robust_to_whom_you_believe": [],
    "our_own_company": [],
}
Run = tuple[str, Path]


@pytest.fixture(scope="module", params=SCRIPTS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Name and folder of a script's first look at the small company."""
    out = tmp_path_factory.mktemp(request.param) / "study"
    script: ModuleType = import_module(request.param)
    arguments = ["--quick", "--scenario", "small_company", "--workers", "1", "--out", str(out)]
    assert script.QUESTION.main(arguments) == 0
    return request.param, out


def values(study: Study, policy: str, measure: str, scenario: str, period: str = "all") -> np.ndarray:
    frame = study.replications
    chosen = (frame["policy"] == policy) & (frame["measure"] == measure) & (frame["period"] == period)
    return frame[chosen & (frame["scenario"] == scenario)].sort_values("replication")["value"].to_numpy()


def said(differences: np.ndarray, level: float = 0.95, factor: float = 1.0, digits: int | None = 0) -> str:
    """A difference as an answer says it, by SciPy."""
    low, high = stats.ttest_1samp(differences * factor, 0.0).confidence_interval(level)
    middle = differences.mean() * factor
    digits = (0 if abs(middle) >= 100 else 2 if abs(middle) >= 1 else 4) if digits is None else digits
    return f"{middle:+,.{digits}f}{' points' if factor == 100 else ''} ({low:+,.{digits}f} to {high:+,.{digits}f})"


def differences(
    study: Study, policy: str, measure: str, scenario: str | None = None, period: str = "all"
) -> np.ndarray:
    scenario = scenario or str(study.replications["scenario"].iloc[0])
    of_both = (values(study, each, measure, scenario, period) for each in (policy, study.baseline))
    return next(of_both) - next(of_both)


def in_empowerment(study: Study, out: Path) -> Mapping[str, str]:
    conditions = Study.load(out / "conditions")
    follows = differences(conditions, "empowerment 95%", "profit_a_year")
    alone = said(differences(study, "empowerment 95%", "profit_a_year"), digits=None)
    return {"profit": alone, "following": f"staffing follows the load: {said(follows, digits=None)}"}


def in_promises(study: Study, out: Path) -> Mapping[str, str]:
    following = Study.load(out / "following")
    return {
        "overpromising": said(differences(study, promises.OVER, "profit_a_year"), digits=None),
        "the advice": said(differences(study, promises.ADVISED, "profit_a_year"), digits=None),
        "joins at first": said(differences(study, promises.OVER, "joined", period="year 1")).replace(
            " ", " people ", 1
        ),
        "retention later": said(
            differences(study, promises.OVER, "retention_12m", period="year 2"), factor=100, digits=2
        ),
        "following": said(differences(following, promises.OVER, "profit_a_year"), digits=None),
    }


def in_recovery(study: Study, out: Path) -> Mapping[str, str]:
    parts = {name: said(differences(study, name, "profit_a_year"), digits=None) for name in recovery.PARTS}
    (scenario,) = set(study.replications["scenario"])
    cells = {name: values(study, name, "profit_a_year", scenario) for name in recovery.dose_names(study)}
    best = max(cells, key=lambda name: cells[name].mean())
    more = sum(
        sign * values(study, policy, "profit_a_year", scenario)
        for policy, sign in (
            (recovery.ALL, 1), (recovery.INVITING, -1), (recovery.ALL_COMPLAINERS, -1), (study.baseline, 1),
        )
    )  # fmt: skip
    most = differences(study, "compensation x2", "retention_12m")
    stay = said(most, factor=100, digits=2) if most.any() else "+0.00 points (+0.00 to +0.00)"
    dose = f"best on the mean is {recovery.dose_names(study)[best]}"
    return parts | {"dose": dose, "reached": said(np.asarray(more), digits=None), "stay": stay}


def in_word_of_mouth(study: Study, out: Path) -> Mapping[str, str]:
    worlds = ("small_company", "small_company" + word_of_mouth.CLOSED)
    opened, shut = (differences(study, "promises", "profit_a_year", world) for world in worlds)
    margin = [
        sum(differences(study, name, "revenue", world) - differences(study, name, "goods", world)
            for name in word_of_mouth.HEADLINES)
        for world in worlds
    ]  # fmt: skip
    return {
        "told": f"{said(opened - shut, digits=None)} of profit a year through word of mouth",
        "stayed": f"{said(shut, digits=None)} in other ways",
        "share": f"together bring in, {1 - np.mean(margin[1]) / np.mean(margin[0]):.2%}".replace("%", " %"),
    }


def in_kick_the_cat(study: Study, out: Path) -> Mapping[str, str]:
    rise = differences(study, kick_the_cat.BUMP, "stress", period="week 8")
    later = differences(study, kick_the_cat.BUMP, "stress", period="week 10")
    gains = Study.load(out / "gains")
    starts = (kick_the_cat.ANGRY_YEAR, kick_the_cat.CALM_YEAR)
    angry, calm = (values(gains, start, "stress", kick_the_cat.HIGH, "year 3") for start in starts)
    return {
        "rise": said(rise, digits=4),
        "left": f"{later.mean() / rise.mean():.0%}",
        "apart": f"apart by {said(angry - calm, level=1 - 0.05 / 3, digits=4)}",
    }


def in_bundles(study: Study, out: Path) -> Mapping[str, str]:
    fixed = Study.load(out / "fixed")
    together = said(differences(study, bundles.ALL, "profit_a_year"), digits=None)
    alone = {
        name: f"{name} {said(differences(study, name, 'profit_a_year'), level=0.99, digits=None)} alone"
        for name in bundles.DOCUMENTS
    }
    return alone | {
        "together": f"together change it by {together}",
        "fixed": f"SMART {said(differences(fixed, 'SMART', 'profit_a_year'), digits=None)}",
    }


def in_what_matters(study: Study, out: Path) -> Mapping[str, str]:
    found = differences(study, "empowerment 95%", "profit_a_year")
    middle = (
        pd.read_csv(out / "effect" / "sensitivity-points.csv")
        .set_index("point")
        .loc["middle"]
        .filter(like="replication")
    )
    assert middle.to_numpy(dtype=float) == pytest.approx(found, rel=0, abs=0)  # the same runs
    screened = pd.read_csv(out / "screening" / "sensitivity.csv")
    effect = pd.read_csv(out / "effect" / "sensitivity.csv")
    assert set(effect["parameter"]) == set(screened["parameter"][:4])
    level = values(study, study.baseline, "profit_a_year", str(study.replications["scenario"].iloc[0]))
    low, high = stats.ttest_1samp(level, 0.0).confidence_interval()
    return {
        "effect": f"by {said(found)}",
        "level": f"it is {level.mean():,.0f} ({low:,.0f} to {high:,.0f})",
        "screening": f"{len(screened)} parameters within their ranges, {2 * (len(screened) + 1)} points",
    }


def in_which_bundle(study: Study, out: Path) -> Mapping[str, str]:
    scenario = str(study.replications["scenario"].iloc[0])
    names = dict.fromkeys(study.replications["policy"])
    means = {name: values(study, name, "profit_a_year", scenario).mean() for name in names}
    first = pd.read_csv(out / "choose.csv").set_index("policy")["standing"].eq("chosen").idxmax()
    left = [
        name for name in names if pd.read_csv(out / "choose.csv").set_index("policy").loc[name, "standing"] == "beaten"
    ]
    assert means[first] == max(mean for name, mean in means.items() if name not in left)
    return {"first": f"{first} comes first", "level": f"{means[study.baseline]:,.0f}", "frontier": "On the frontier of"}


def in_robust(study: Study, out: Path) -> Mapping[str, str]:
    shares = pd.read_csv(out / "futures" / "futures-best.csv").set_index("policy")
    every = pd.read_csv(out / "futures" / "futures-sampled.csv")
    assert shares["best"].sum() == every["feasible"].sum() > 0
    runs = pd.read_parquet(out / "futures" / "futures-runs.parquet")
    assert set(runs["policy"]) == set(study.replications["policy"])
    alone = said(differences(study, "training", "profit_a_year"), digits=None)
    first = shares.drop("tied")["share"].idxmax()
    often = " by profit a year in {share:.0f} % of futures ({ci_low:.0f} to {ci_high:.0f})"
    spoken = often.format(**(100 * shares.loc[first, ["share", "ci_low", "ci_high"]]))
    return {"as they stand": alone, "the best": f"{first} is best{spoken}", "caveat": "not a probability"}


def apart(other: np.ndarray, own: np.ndarray, factor: float = 1.0, digits: int = 0) -> str:
    """By how much effects in two companies with variances of their own differ, by SciPy."""
    low, high = stats.ttest_ind(other * factor, own * factor, equal_var=False).confidence_interval()
    middle = (other.mean() - own.mean()) * factor
    unit = " points" if factor == 100 else ""
    return f"{middle:+,.{digits}f}{unit} ({low:+,.{digits}f} to {high:+,.{digits}f})"


def in_our_own_company(study: Study, out: Path) -> Mapping[str, str]:
    itself, found, shipped, _ = our_own_company.COMPANIES
    profit, staying = (
        {company: differences(study, "training", measure, company) for company in (itself, found, shipped)}
        for measure in ("profit_a_year", "retention_12m")
    )
    levels = [values(study, study.baseline, "contacts_a_day", company) for company in (itself, found, shipped)]
    closed = 100 * (1 - (levels[1] - levels[0]).mean() / (levels[2] - levels[0]).mean())
    table = pd.read_csv(out / "recovered" / "recovery.csv").set_index("name")
    told = table.dropna(subset="value")
    inside = told["truth"].between(told["ci_low"], told["ci_high"]).sum()
    assert set(table.index) - set(told.index) == {"promises that are kept", "wrong decisions of the untrained"}
    assert (out / "fit" / "my.toml").is_file()
    return {
        "itself": f"training: itself {said(profit[itself], digits=None)}",
        "as calibrated": f"as calibrated {said(profit[found], digits=None)}",
        "shipped": f"as shipped {said(profit[shipped], digits=None)}",
        "off in profit": f"off by {apart(profit[found], profit[itself])}",
        "off in retention": f"off by {apart(staying[found], staying[itself], factor=100, digits=2)}",
        "closed": f"contacts a day {closed:.0f} % (",
        "found": f"Of {len(told)} differences that can be found, the truth lies within the intervals of {inside}",
        "untold": "No record and no plain number tells promise_kept (0.85 as shipped, 0.722 in truth)",
    }


CHECKS = {
    "empowerment": in_empowerment,
    "promises": in_promises,
    "recovery": in_recovery,
    "word_of_mouth": in_word_of_mouth,
    "kick_the_cat": in_kick_the_cat,
    "bundles": in_bundles,
    "what_matters": in_what_matters,
    "which_bundle_is_best": in_which_bundle,
    "robust_to_whom_you_believe": in_robust,
    "our_own_company": in_our_own_company,
}


@pytest.mark.slow
def test_a_script_leaves_its_studies_its_charts_and_an_answer_with_the_frames_own_numbers(run: Run) -> None:
    name, out = run
    study = Study.load(out)  # its frames are the ones that were saved
    assert study.manifest["finished"] == study.manifest["planned"]
    assert (out / "summary.csv").is_file()
    for further in FURTHER[name]:
        assert Study.load(out / further).manifest["finished"] == study.manifest["finished"]
    drawn = [path.name for path in (out / "charts").iterdir()]
    stems = {name.removesuffix(".png") for name in drawn if name.endswith(".png")}
    assert len(stems) >= 3
    assert sorted(drawn) == sorted(f"{stem}{kind}" for stem, kind in product(stems, (".png", ".svg")))
    text = (out / "answer.txt").read_text("utf-8")
    for what, words in CHECKS[name](study, out).items():
        assert words in text, f"{what}: {words!r} is not in the answer"


# -- what the scripts compute, where the truth is known ----------------------------------------------------------


def response(followed: tuple[bool, ...]) -> float:
    """10, (i + 1) for each document that is followed, and -1 for the first two together."""
    return 10.0 + sum(place + 1.0 for place, yes in enumerate(followed) if yes) - (followed[0] and followed[1])


def study_of(cells: Mapping[str, float], measures: Mapping[str, float], scenario: str = "base") -> Study:
    rows = [
        (scenario, policy, number, "all", measure, factor * (level + number))
        for policy, level in cells.items()
        for number in range(3)
        for measure, factor in measures.items()
    ]
    columns = ["scenario", "policy", "replication", "period", "measure", "value"]
    cohorts = pd.DataFrame(columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"])
    manifest = {"baseline": "baseline", "seed": 1, "scenario": {}, "planned": 3, "finished": 3, "years": 1.0}
    return Study(pd.DataFrame(rows, columns=columns), cohorts, manifest)


def test_effects_of_documents_are_those_of_a_known_response() -> None:
    cells = {bundle.label: response(followed) for followed, bundle in bundles.design().items()}
    study = study_of(cells | {"baseline": 10.0}, {"profit_a_year": 1.0})
    found = {
        kind: bundles.effects(study, kind).set_index("contrast")["mean_difference"] for kind in bundles.weights(study)
    }
    first, second, third, *_ = bundles.DOCUMENTS
    assert found["alone"].to_dict() == pytest.approx(dict(zip(bundles.DOCUMENTS, (1, 2, 3, 4, 5), strict=True)))
    assert found["last"][[first, second, third]].tolist() == pytest.approx([0, 1, 3])
    assert found["average"][[first, second, third]].tolist() == pytest.approx([0.5, 1.5, 3])
    assert found["pairs"][f"{first} + {second}"] == pytest.approx(-1)
    assert found["pairs"].drop(f"{first} + {second}").to_numpy() == pytest.approx(0)


def test_a_combination_holds_every_lever_of_its_documents_once() -> None:
    for followed, bundle in bundles.design().items():
        wanted = {
            part for name, yes in zip(bundles.DOCUMENTS, followed, strict=True) if yes
            for part in bundles.DOCUMENTS[name].parts
        }  # fmt: skip
        assert len(bundle.parts) == len(wanted)
        assert set(bundle.parts) == wanted


def test_a_spell_of_anger_ends_as_it_began() -> None:
    from sim.inputs.scenario import Scenario

    scenario = Scenario.load("small_company").change(years=1.0)
    phases = scenario.under(kick_the_cat.spell(1.0, 30, "spell", start=10)).resolve().phases
    plain = scenario.resolve().phases[0][1]
    assert [day - scenario.first_day for day, _ in phases[1:]] == [10, 40]
    assert not np.allclose(phases[1][1], plain)
    assert np.allclose(phases[2][1], plain, rtol=1e-12)


def test_what_calibration_leaves_of_a_gap_is_what_is_left_of_a_known_one() -> None:
    levels = {our_own_company.ITSELF: 110.0, our_own_company.CALIBRATED: 109.0, our_own_company.SHIPPED: 100.0}
    parts = [
        study_of({"baseline": level, "training": level + gain}, {"profit_a_year": 1.0}, company)
        for (company, level), gain in zip(levels.items(), (8.0, 6.0, 4.0), strict=True)
    ]
    study = Study(pd.concat([part.replications for part in parts]), parts[0].cohorts, parts[0].manifest)
    assert our_own_company.left(study, "profit_a_year").mean == pytest.approx(0.1)
    assert our_own_company.left(study, "profit_a_year", "training").mean == pytest.approx(0.5)
    lost = our_own_company.cost_of_choosing(study, "baseline", "training")
    assert lost["mean_difference"] == pytest.approx(-8.0)


def test_the_company_itself_differs_as_it_says_and_starts_where_it_settles() -> None:
    from sim.inputs.scenario import Scenario

    shipped = Scenario.load("small_company").override(market_size=300)
    truth = our_own_company.own_company(shipped, "readable")
    for each in our_own_company.DIFFERENCES.values():
        for name in each.moves:
            wanted = each.factor * float(np.atleast_1d(shipped.value(name))[0])
            assert truth.value(name) == pytest.approx(wanted), name
    assert truth.value("settled_leave") != shipped.value("settled_leave")


def test_without_the_library_of_records_the_script_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim.company.fitting import database
    from sim.inputs.scenario import Scenario

    monkeypatch.setattr(database, "find_spec", lambda name: None)
    tiny, out = tmp_path / "tiny.toml", tmp_path / "studies" / "own"
    tiny.write_text(Scenario.load("small_company").override(market_size=300).to_toml(), "utf-8")
    arguments = ["--quick", "--scenario", str(tiny), "--engine", "readable", "--workers", "1", "--out", str(out)]
    assert our_own_company.QUESTION.main(arguments) == 2
    assert 'pip install "cxsim[records]"' in capsys.readouterr().err
    assert not out.parent.exists()


def test_the_share_through_word_of_mouth_is_what_closing_it_takes_away() -> None:
    measures = {"profit": 1.0, "profit_a_year": 1.0, "revenue": 2.0, "goods": 1.0}
    opened = study_of({"baseline": 100.0, "rapport": 110.0}, measures)
    shut = study_of({"baseline": 80.0, "rapport": 84.0}, measures, "base" + word_of_mouth.CLOSED)
    both = Study(pd.concat([opened.replications, shut.replications]), opened.cohorts, opened.manifest)
    assert word_of_mouth.share(both, "base", ["rapport"]).mean == pytest.approx(0.6)
    parts = word_of_mouth.split(both, "base", ["rapport"]).set_index(["contrast", "measure"])["mean_difference"]
    assert parts["rapport, through word of mouth", "profit_a_year"] == pytest.approx(6.0)
    assert parts["rapport, in other ways", "profit_a_year"] == pytest.approx(4.0)


@pytest.mark.parametrize("script", sorted(path.name for path in FOLDER.glob("*.py")))
def test_a_script_run_by_its_path_finds_what_it_imports(script: str) -> None:
    """Python then looks beside the script, and not in the folder that it was started from."""
    tree = ast.parse((FOLDER / script).read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name for name in names if name and name.partition(".")[0] == FOLDER.name} == set()
