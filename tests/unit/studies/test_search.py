"""A known optimum is found, the winner's curse is taken off, and a search that was killed ends as if it never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim.errors import InputError
from sim.running.options import Running
from sim.studies.choose.feasibility import BROKEN, KEPT, UNCLEAR
from sim.studies.levers import read_levers
from sim.studies.search import (  # fmt: skip
    Finding,
    Lever,
    SearchError,
    Space,
    Terms,
    explore,
    loop,
    plan,
    read_terms,
    sampler,
)
from sim.studies.search.cache import Cache
from sim.studies.search.check import FEW, candidates, planned_runs, word
from sim.studies.search.loop import Loop
from sim.studies.search.pairs import Pairs
from sim.studies.search.pictures import figures
from sim.studies.search.source import Company
from sim.studies.search.stages import FACTOR, STAGES, Trial, layers, length, order, promoted
from tests.unit.studies.quadratic import (
    OWN,
    PLEASANT,
    PRICES,
    PROFITABLE,
    SPACE,
    TOP,
    Quadratic,
    Two,
    best,
    from_the_line,
    levels,
    worth,
)  # fmt: skip

BUDGET = 55.0
SEEDS = range(10)
REGRET = OWN / np.sqrt(5)
"""What is promised: one standard error of the five replications by which a point is first judged."""
ROOT = Path(__file__).parents[3]


def searched(
    seed: int, *, budget: float | None = BUDGET, trials: int = 100, kind: str = "tpe", **more: object
) -> Finding:
    terms = read_terms(budget=budget, trials=trials, sampler=kind, **more)
    return explore(Quadratic(), SPACE, terms, seed, 1000 + seed)


def regrets(kind: str, budget: float | None) -> np.ndarray:
    most = worth(best(np.inf if budget is None else budget))
    return np.array([most - worth(levels(searched(seed, budget=budget, kind=kind).levels)) for seed in SEEDS])


# -- the known answer ----------------------------------------------------------------------------------------------


def test_the_best_of_the_bowl_by_lagrange_is_the_best() -> None:
    on_boundary = best(BUDGET)
    assert PRICES @ on_boundary == pytest.approx(BUDGET)
    rng = np.random.default_rng(0)
    others = rng.uniform(size=(20_000, 3))
    allowed = others[others @ PRICES <= BUDGET]
    assert max(worth(x) for x in allowed) <= worth(on_boundary)
    assert best(1000.0) == pytest.approx(TOP)


def test_the_optimum_on_the_boundary_of_the_budget_is_found() -> None:
    found = regrets("tpe", BUDGET)
    assert (found <= REGRET).sum() >= 9, found


@pytest.mark.slow
def test_the_optimum_inside_is_found_when_nothing_binds() -> None:
    found = regrets("tpe", None)
    assert (found <= REGRET).sum() >= 9, found


@pytest.mark.slow
def test_the_sampler_is_worth_its_while() -> None:
    """Against points drawn at random, on the same seeds."""
    assert (regrets("random", BUDGET) - regrets("tpe", BUDGET)).mean() > 0


def test_the_budget_is_kept_and_used() -> None:
    for seed in SEEDS[:3]:
        found = searched(seed)
        cost = PRICES @ levels(found.levels)
        assert 0.9 * BUDGET <= cost <= BUDGET
        assert found.best["cost"] == pytest.approx(cost)
        assert found.best["bounds"] == KEPT


def test_launching_is_spread_over_the_years() -> None:
    pairs = Pairs(("programmes", "launch"), np.array([[300.0, 60.0]]), np.array([[100.0, 0.0]]))
    assert Terms(years=2.0).cost(pairs) == pytest.approx([(200 + 60) / 2])


@pytest.mark.slow
def test_fresh_intervals_cover_the_truth_and_the_search_is_too_optimistic() -> None:
    repeats = 200
    covered, believed, errors = 0, 0, []
    terms = read_terms(trials=24, replications=2, check=10)
    for seed in range(repeats):
        found = explore(Quadratic(own=30.0), SPACE, terms, seed, 10_000 + seed)
        row, first = found.best, found.checked.iloc[0]
        covered += row["ci_low_difference"] <= worth(levels(row)) <= row["ci_high_difference"]
        errors.append(first["expected"] - worth(levels(first)))
        trial = found.trials.iloc[int(first["trial"])]
        believed += trial["ci_low_difference"] <= worth(levels(first)) <= trial["ci_high_difference"]
    low, high = stats.binom.interval(0.999, repeats, 0.95)
    assert low <= covered <= high
    assert stats.ttest_1samp(errors, 0.0).statistic > stats.norm.ppf(0.999)
    assert believed < covered


def test_two_goals_give_the_frontier() -> None:
    found = explore(Two(), SPACE, read_terms(pareto=["csat"], trials=100), 1, 2)
    points = np.array([levels(row) for _, row in found.checked.drop_duplicates("trial").iterrows()])
    assert (
        np.mean([from_the_line(x) for x in points])
        < 0.15
        < np.mean([from_the_line(x) for x in np.random.default_rng(0).uniform(size=(1000, 3))])
    )
    assert min(np.linalg.norm(x - PROFITABLE) for x in points) < 0.2
    assert min(np.linalg.norm(x - PLEASANT) for x in points) < 0.2
    assert found.best is None
    assert found.policy is None
    assert "no other is better than in both profit a year and CSAT" in found.text()
    on = found.frontier[found.frontier["standing"].str.startswith("frontier")]
    wide = on.pivot(index="policy", columns="measure", values="mean_difference").sort_values("profit_a_year")
    assert wide["csat"].is_monotonic_decreasing


# -- noise ---------------------------------------------------------------------------------------------------------


def trial(number: int, values: list[float], stage: int, cost: float = 0.0) -> Trial:
    rows = np.array([[value, cost, 0.0] for value in values])
    return Trial(number, {"x": float(number)}, stage, Pairs(Quadratic.measures, rows, np.zeros_like(rows)))


def test_the_best_third_goes_on_and_nobody_who_breaks_the_budget() -> None:
    terms = Terms(replications=2, budget=1.0)
    trials = [trial(n, [float(n)] * 2, 0, cost=2.0 if n == 5 else 0.0) for n in range(6)]
    assert [t.number for t in promoted(trials, terms)[1]] == [4, 3]
    assert promoted(trials, terms)[0] == 1
    assert promoted(trials[:2], terms) == (0, [])


def test_who_has_gone_on_keeps_the_place() -> None:
    terms = Terms(replications=2)
    trials = [trial(0, [0.0] * 6, 1), *(trial(n, [float(n)] * 2, 0) for n in range(1, 6))]
    assert [t.number for t in promoted(trials, terms)[1]] == [5]


def test_stages_grow() -> None:
    terms = Terms(replications=2)
    assert [length(terms, stage) for stage in range(STAGES)] == [2, 2 * FACTOR, 2 * FACTOR**2]


def test_layers_are_of_non_domination() -> None:
    assert layers(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])).tolist() == [2, 0, 0, 1]


def test_the_ends_of_a_layer_come_first_then_who_has_most_room() -> None:
    values = np.array([[0.0, 4.0], [1.0, 3.0], [1.2, 2.8], [4.0, 0.0], [0.0, 0.0]])
    assert order(values).tolist() == [0, 3, 2, 1, 4]
    assert order(values[:, :1]).tolist() == [3, 2, 1, 0, 4]


@pytest.mark.parametrize(("shift", "expected"), [(-1.0, KEPT), (-0.01, UNCLEAR), (0.01, UNCLEAR), (1.0, BROKEN)])
def test_bounds_are_judged_by_limits(shift: float, expected: str) -> None:
    costs = 100 * (1 + shift) + np.array([-1.0, 0.0, 1.0, 0.5, -0.5]) * 10
    rows = np.column_stack([np.zeros(5), costs, np.zeros(5)])
    assert word(Pairs(Quadratic.measures, rows, np.zeros_like(rows)), Terms(budget=100.0), 5) == expected


def test_a_cost_that_does_not_vary_is_kept_up_to_the_bound_itself() -> None:
    rows = np.column_stack([np.zeros(4), np.full(4, 0.1 + 0.2), np.zeros(4)])
    assert word(Pairs(Quadratic.measures, rows, np.zeros_like(rows)), Terms(budget=0.3), 5) == KEPT


def test_luck_that_all_share_changes_no_choice() -> None:
    quiet, loud = (
        explore(Quadratic(common=common), SPACE, read_terms(trials=20), 1, 2).trials for common in (0.0, 1000.0)
    )
    assert quiet[list(SPACE.names)].equals(loud[list(SPACE.names)])
    assert loud["mean_difference"].to_numpy() == pytest.approx(quiet["mean_difference"].to_numpy())


def test_luck_that_all_policies_share_leads_nobody_astray() -> None:
    """Replications that favour every policy are in the figures of all points alike, and none is tried for them."""
    fair, lucky = (
        explore(Quadratic(favour=favour), SPACE, read_terms(trials=40), 1, 2).trials for favour in (0.0, 50.0)
    )
    assert fair[list(SPACE.names)].equals(lucky[list(SPACE.names)])
    assert not np.allclose(fair["mean_difference"], lucky["mean_difference"])


def test_no_point_is_checked_twice_and_the_check_is_of_another_seed() -> None:
    quadratic = Quadratic()
    space = Space((Lever("training", "level", 0.0, 1.0, 0.5), *(replace(one, step=0.5) for one in SPACE.levers[::2])))
    space = Space(tuple(sorted(space.levers, key=lambda lever: SPACE.names.index(lever.name))))
    found = explore(quadratic, space, read_terms(trials=40), 1, 77)
    assert not found.checked.duplicated(list(space.names)).any()
    assert set(found.trials[list(space.names)].to_numpy().ravel()) <= {0.0, 0.5, 1.0}
    fresh = [call for call in quadratic.terms if call[0] == 77]
    assert fresh == [(77, range(60), len(found.checked) + 1)]
    assert len({(call[0], call[1], call[2]) for call in quadratic.terms}) > 1


def test_half_of_the_fresh_replications_decide_and_the_other_half_report() -> None:
    found = explore(Quadratic(), SPACE, read_terms(trials=20, check=3), 1, 77)
    fresh = Quadratic()
    for _, row in found.checked.iterrows():
        rows = fresh.figures({"": None, "it": dict(row[list(SPACE.names)])}, range(6), 77)
        gains = rows["it"][:, 0] - rows[""][:, 0]
        assert row["deciding"] == pytest.approx(gains[:3].mean())
        assert row["mean_difference"] == pytest.approx(gains[3:].mean())
        half = stats.t.ppf(0.975, 2) * gains[3:].std(ddof=1) / np.sqrt(3)
        ends = (row["ci_low_difference"], row["ci_high_difference"])
        assert ends == pytest.approx((gains[3:].mean() - half, gains[3:].mean() + half))
        assert row["optimism"] == pytest.approx(row["expected"] - row["mean_difference"])
    assert found.checked["chosen"].tolist() == (found.checked["deciding"] == found.checked["deciding"].max()).tolist()


def test_what_cannot_be_run_is_recorded_and_avoided() -> None:
    found = explore(Quadratic(impossible=lambda x: x[0] < 0.5), SPACE, read_terms(trials=40), 1, 2)
    refused = found.trials[found.trials["refused"] != ""]
    assert (refused["empowerment.level"] < 0.5).all()
    assert (found.trials.loc[found.trials["refused"] == "", "empowerment.level"] >= 0.5).all()
    assert 0 < len(refused) < 20
    assert f"({len(refused)} of them cannot be run)" in found.text()
    with pytest.raises(SearchError, match="none of the first 16 points can be run; the first: it cannot be"):
        explore(Quadratic(impossible=lambda x: True), SPACE, read_terms(trials=40), 1, 2)


def test_no_setting_within_the_budget_is_said() -> None:
    found = searched(1, budget=0.0, trials=20)
    assert found.levels is None
    assert found.checked.empty
    assert "None of the 20 settings tried keeps the bounds (cost of policies a year <= 0)" in found.text()
    assert len(figures(found)) == 1


# -- going on ------------------------------------------------------------------------------------------------------


def same(one: Finding, other: Finding) -> bool:
    return one.trials.equals(other.trials) and one.checked.equals(other.checked) and one.text() == other.text()


def test_what_is_in_the_file_is_not_run_again(tmp_path: Path) -> None:
    terms, file = read_terms(budget=BUDGET, trials=20), tmp_path / "deep" / "study.db"
    plain = explore(Quadratic(), SPACE, terms, 1, 2)
    first = explore(Quadratic(), SPACE, terms, 1, 2, file)
    idle = Quadratic()
    again = explore(idle, SPACE, terms, 1, 2, file)
    assert same(plain, first)
    assert same(plain, again)
    assert idle.terms == []
    assert plain.manifest["from_study"] == 0 < again.manifest["from_study"]


def test_a_search_goes_on_with_more_trials_as_if_it_had_had_them_from_the_start(tmp_path: Path) -> None:
    fewer, more = (read_terms(budget=BUDGET, trials=trials) for trials in (18, 27))
    explore(Quadratic(), SPACE, fewer, 1, 2, tmp_path / "study.db")
    half = Quadratic()
    on = explore(half, SPACE, more, 1, 2, tmp_path / "study.db")
    whole = Quadratic()
    assert same(on, explore(whole, SPACE, more, 1, 2))
    assert half.runs < whole.runs


@pytest.mark.parametrize("after", [1, 201, 333])
def test_stopped_and_gone_on_with_is_not_stopped(tmp_path: Path, after: int) -> None:
    terms = read_terms(budget=BUDGET, trials=20)
    whole = Quadratic()
    expected = explore(whole, SPACE, terms, 1, 2)
    stopped = Quadratic(stop_after=after)
    try:
        found = explore(stopped, SPACE, terms, 1, 2, tmp_path / "study.db")
    except KeyboardInterrupt:
        assert after < 100
    else:
        assert found.stopped
        assert found.checked.empty
        assert len(found.trials) <= 20
        assert "too good to be quoted" in found.text()
        assert found.trials["leader"].notna().all()
    rest = Quadratic()
    assert same(expected, explore(rest, SPACE, terms, 1, 2, tmp_path / "study.db"))
    assert rest.runs == whole.runs - stopped.runs


def test_stopped_when_all_that_was_under_way_is_done_is_stopped() -> None:
    """The last run of a step was under way when the user stopped it: nothing is missing, and yet it ends."""
    first_step = 16 * 5 + 5
    found = explore(Quadratic(stop_after=first_step), SPACE, read_terms(trials=20), 1, 2)
    assert found.stopped
    assert found.checked.empty
    assert len(found.trials) == 16


def test_stopped_between_two_runs_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "ask", interrupted)
    found = explore(Quadratic(), SPACE, read_terms(trials=20), 1, 2)
    assert found.stopped
    assert len(found.trials) == 16


SCRIPT = """
from pathlib import Path
from sim.studies.search import explore, read_terms
from tests.unit.studies.quadratic import SPACE, Quadratic
explore(Quadratic(pause=0.2), SPACE, read_terms(budget=55.0, trials=24), 1, 2, Path({path!r}))
"""


def test_killed_and_gone_on_with_is_not_killed(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT.format(path=str(file))], env=environment, cwd=tmp_path)
    deadline = time.monotonic() + 60
    while kept(file) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    terms, whole, rest = read_terms(budget=BUDGET, trials=24), Quadratic(), Quadratic()
    found = explore(rest, SPACE, terms, 1, 2, file)
    assert same(found, explore(whole, SPACE, terms, 1, 2))
    assert 0 < rest.runs < whole.runs


def kept(file: Path) -> int:
    """Evaluations in a file, read as anybody may."""
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as cache:
            return int(cache.execute("select count(*) from trials").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_the_file_is_an_optuna_study_that_others_can_read(tmp_path: Path) -> None:
    import optuna
    from sqlalchemy.pool import NullPool

    found = explore(Quadratic(), SPACE, read_terms(trials=20), 1, 2, tmp_path / "study.db")
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/study.db", engine_kwargs={"poolclass": NullPool})
    study = optuna.load_study(study_name="cxsim search", storage=storage)
    trials = study.get_trials()
    first = found.trials.iloc[0]
    told = next(one for one in trials if one.params)
    assert told.params == {name: first[name] for name in SPACE.names}
    assert len(told.user_attrs["figures"]) == 5
    storage.remove_session()
    storage.engine.dispose()


def test_a_file_of_another_search_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    explore(Quadratic(), SPACE, read_terms(trials=2), 1, 2, file)
    for terms, seed, why in ((read_terms(trials=2), 5, "seed"), (read_terms(trials=2, budget=9), 1, "budget")):
        with pytest.raises(SearchError, match=f"is of another search: it differs in {why}; give another path"):
            explore(Quadratic(), SPACE, terms, seed, 9, file)
    with pytest.raises(SearchError, match="is a folder"):
        explore(Quadratic(), SPACE, read_terms(trials=2), 1, 2, tmp_path)
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(SearchError, match=r"cannot be used .*give another path"):
        explore(Quadratic(), SPACE, read_terms(trials=2), 1, 2, tmp_path / "text")


# -- what is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measure": "profit_a_yaer"}, "did you mean 'profit_a_year'"),
        ({"measure": "cost"}, "neither more nor less of cost"),
        ({"pareto": ["cost"]}, "cost:lower"),
        ({"pareto": ["csat", "nps"]}, "weighs profit_a_year against one"),
        ({"budget": -1}, "budget = -1 is not an amount from 0"),
        ({"budget": "nan"}, "budget"),
        ({"budget": "ten"}, "budget: cannot read"),
        ({"constraints": ["service_levl >= 80 %"]}, "did you mean 'service_level'"),
        ({"constraints": ["csat >= 0.9", "csat <= 0.8"]}, "nothing can meet"),
        ({"trials": 0}, "trials = 0 is not a whole number from 1"),
        ({"replications": 1}, "replications = 1 is not a whole number from 2"),
        ({"check": True}, "check = True"),
        ({"confidence": 95}, "not a probability"),
        ({"sampler": "tpee"}, "did you mean 'tpe'"),
    ],
)
def test_what_cannot_be_asked_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_terms(**settings)


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.Scenario.load("small_company").override(market_size=200).change(years=0.1, warm_up=0)


def test_seeds_that_are_not_fresh_are_refused(tiny: sim.Scenario) -> None:
    with pytest.raises(SearchError, match="check_seed = 3 is the seed of the search"):
        plan(tiny, ["training level=0:1"], seed=3, check_seed=3)
    with pytest.raises(SearchError, match="check_seed = -1"):
        plan(tiny, ["training level=0:1"], check_seed=-1)


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tiny: sim.Scenario) -> None:
    monkeypatch.setattr(sampler, "find_spec", lambda name: None)
    with pytest.raises(SearchError, match=r'pip install "cxsim\[search\]"'):
        sim.search(tiny, ["training level=0:1"])


# -- the simulation ------------------------------------------------------------------------------------------------


LEVERS = ["empowerment level=0:1", "training level=0:1"]


@pytest.mark.parametrize("engine", ["readable", "compiled"])
def test_figures_are_those_of_a_comparison(tiny: sim.Scenario, engine: str) -> None:
    space, names = read_levers(LEVERS), ("profit_a_year", "programmes", "launch")
    company = Company(tiny, space, None, names, Running(engine=engine, workers=1))
    points = [space.at([0.25, 0.5]), space.at([0.5, 0.5])]
    found = Cache(company).pairs(points, range(4), 9)
    study = sim.compare(
        tiny, [space.policy(point) for point in points], replications=4, seed=9, engine=engine, workers=1
    )
    frame = study.replications[study.replications["period"] == "all"]
    wide = frame.pivot(index="replication", columns=["policy", "measure"], values="value")
    for point, pairs in zip(points, found, strict=True):
        expected = (wide[space.policy(point).label] - wide[study.baseline])["profit_a_year"]
        assert pairs.difference("profit_a_year") == pytest.approx(expected.to_numpy(), rel=1e-12)
    later = Cache(company).pairs(points[:1], range(2, 4), 9)[0]
    assert later.policy.tolist() == found[0].policy[2:].tolist()
    assert company.series(points, range(2, 4), 9).foresee(4).runs == 2 * 3


def test_both_engines_find_the_same(tiny: sim.Scenario) -> None:
    both = [
        sim.search(
            tiny, LEVERS, trials=18, replications=2, check=2, budget=50_000, engine=engine, workers=workers, store=False
        )
        for engine, workers in (("readable", 1), ("compiled", 2))
    ]
    keys = ["empowerment.level", "training.level", "n", "kept"]
    assert both[0].trials[keys].equals(both[1].trials[keys])
    pd.testing.assert_frame_equal(both[0].trials, both[1].trials, rtol=1e-9)
    pd.testing.assert_frame_equal(both[0].checked, both[1].checked, rtol=1e-9)
    found = both[0]
    assert found.manifest["engine"] == "readable"
    assert found.manifest["runs"] <= planned_runs(found.terms)
    assert found.policy.label == found.space.label(found.levels)
    assert len(found.checked) <= FEW


def test_a_search_is_saved_and_drawn(tmp_path: Path) -> None:
    found = searched(1, trials=20)
    folder = found.save(tmp_path / "found")
    assert pd.read_csv(folder / "search.csv")["trial"].tolist() == found.checked["trial"].tolist()
    assert (folder / "search.txt").read_text() == found.text() + "\n"
    with pytest.raises(FileExistsError, match="overwrite=True"):
        found.save(folder)
    assert not (folder / "search-frontier.csv").exists()
    drawn = figures(found)
    assert list(drawn) == ["search-progress", "search-levels"]


def test_the_best_few_are_those_that_have_come_furthest() -> None:
    terms = read_terms(budget=BUDGET, trials=60)
    state = Loop(SPACE, terms, Cache(Quadratic()), 1)
    state.run()
    chosen = candidates(state.trials, terms)
    assert len(chosen) == FEW
    assert [one.stage for one in chosen] == sorted((one.stage for one in chosen), reverse=True)
    assert all(len(one.pairs) == length(terms, one.stage) for one in state.trials)
