"""A company of the model with the numbers of a real one: arithmetic, the solver on known answers, small companies."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

import sim
from sim.company.calibration import CalibrationError, ContradictionError, arithmetic, calibrate
from sim.company.calibration.company import errors
from sim.company.calibration.contradiction import guessed
from sim.company.calibration.sizing import start
from sim.company.calibration.solver import Solution, Solver
from sim.company.calibration.steady_state import RATIOS, expected, ratios
from sim.company.calibration.targets import Target, targets
from sim.company.calibration.trials import Trials
from sim.company.numbers import Company, examples, numbers
from sim.inputs.numbers.knobs import knobs, turned
from sim.inputs.parameters import load
from sim.inputs.uncertainties import ranges
from sim.progress import silent
from sim.running.options import Running

DEFAULT = sim.Scenario.load("default")
RETAILER = Company.load("online-retailer")


def with_numbers(company: Company = RETAILER, **changes: object) -> Company:
    return replace(company, numbers={**company.numbers, **changes})


# -- contradictions that need no run ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"service_level": "95 %", "abandonment": "8 %"}, ["add up to 103 %", "nobody is both answered and lost"]),
        ({"agents": 3}, ["contacts_a_day = 260", "3 agents", "the work cannot be done", "would take 4 agents"]),
        ({"agents": 1}, ["open for 55 hours a week", "nobody would be there"]),
        (
            {"agents": 60, "contacts_a_day": 3000},
            ["for each purchase", "one matter a purchase", "purchases_a_year (5)"],
        ),
    ],
)
def test_what_arithmetic_refuses(changes, words):
    company = with_numbers(**changes)
    found = arithmetic.contradictions(company, start(company).scenario)
    assert len(found) == 1
    assert all(word in found[0] for word in words), found
    with pytest.raises(ContradictionError, match="online retailer: the numbers contradict each other") as refused:
        calibrate(company)
    assert refused.value.nearest is None


@pytest.mark.parametrize("name", ["online-retailer", "bank-telephone", "telecom"])
def test_arithmetic_has_nothing_against_the_examples(name):
    company = Company.load(name)
    assert arithmetic.contradictions(company, start(company).scenario) == []


def test_the_work_is_reckoned_in_hours():
    """260 contacts on each of six days, 5.2 minutes each, of which 89 % are answered: 120 hours a week."""
    company = with_numbers(agents=3)
    said = arithmetic.contradictions(company, start(company).scenario)[0]
    assert f"take {260 * 6 * 0.89 * 5.2 / 60:,.0f} hours a week" in said
    assert f"have {3 * 37.5 * 0.88:,.0f} hours" in said


# -- what follows from size and price --------------------------------------------------------------------------------


def test_a_company_like_the_one_that_ships_is_not_scaled():
    found = start(Company(numbers={"customers": 25_000})).scenario
    changed = {name for name, value in found.parameters.items() if value != DEFAULT.value(name)}
    assert changed <= {"market_size", "employees", "managers", "overhead", "marketing", "fix_cost"} | {
        name for name in load() if name.endswith(("_launch", "_running"))
    }
    assert found.value("employees") == pytest.approx(16, abs=1)
    assert found.value("overhead") == pytest.approx(DEFAULT.value("overhead"), rel=0.05)


def test_money_goes_with_price_wage_and_size():
    known = {"customers": 50_000, "purchases_a_year": 365 / 60, "average_order": 180, "wage": 90_000, "agents": 32}
    small = start(Company(numbers=known | {"customers": 25_000})).scenario
    large = start(Company(numbers=known)).scenario
    assert large.value("amount_major") == pytest.approx(2 * DEFAULT.value("amount_major"))
    assert large.value("hire_cost") == pytest.approx(2 * DEFAULT.value("hire_cost"))
    assert large.value("training_launch") == pytest.approx(4 * DEFAULT.value("training_launch"))
    assert large.value("overhead") == pytest.approx(2 * small.value("overhead"), rel=1e-4)
    assert large.value("managers") == 2
    assert large.ranges["amount_major"] == pytest.approx((50, 160))
    assert large.ranges["price"] == (180, 180)
    assert "price" not in {one.name for one in ranges(large)}
    assert {"amount_major", "overhead"} <= {one.name for one in ranges(large)}


def test_agents_whom_nobody_gave_have_the_usual_work():
    known = {"customers": 25_000, "contacts_a_day": 300, "handling_time": "6 min", "opening_hours": "Mon-Fri 9-17"}
    found = start(Company(numbers=known))
    hours = 300 * 5 * 6 / 60
    assert found.scenario.value("employees") == round(hours / (37.5 * 0.7 * 0.72))
    assert [one.what for one in found.filled] == ["People in the market", "Agents", "Managers"]


def test_sundays_have_the_contacts_of_saturdays_where_the_shipped_week_is_closed():
    found = start(Company(numbers={"customers": 1000, "opening_hours": "daily 8-20"}))
    weights = found.scenario.value("weekday_weight")
    assert weights[6] == weights[5] > 0
    assert "Contacts on a Sunday" in [one.what for one in found.filled]


def test_a_number_goes_before_a_parameter():
    """What a fit found is where its knob starts, with the segments in its proportion; without the number it is kept."""
    fitted = {"price": 60, "patience_mean": {"regular": 3.0, "priority": 9.0}, "handling_cv": 0.9}
    company = replace(RETAILER, parameters=fitted)
    begun = start(company).scenario
    assert (begun.value("price"), begun.value("handling_cv")) == (70, 0.9)
    waiting = next(target.knob for target in targets(company) if target.number.key == "abandonment")
    moved = turned(begun, [waiting], {"waiting": math.log(2)}).parameters["patience_mean"]
    assert moved == pytest.approx({"regular": 6.0, "priority": 18.0})
    without = replace(company, numbers={k: v for k, v in RETAILER.numbers.items() if k != "abandonment"})
    assert "waiting" not in {target.knob.name for target in targets(without) if target.knob}
    assert start(without).scenario.parameters["patience_mean"] == fitted["patience_mean"]


def test_a_number_whose_knob_is_known_is_only_looked_at():
    """Shrinkage decides the service level; where somebody knows it, nothing is left to move."""
    found = {target.number.key: target.knob for target in targets(with_numbers(shrinkage="30 %"))}
    assert found["service_level"] is None
    assert found["abandonment"] is not None


# -- knobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knob", knobs().values(), ids=list(knobs()))
def test_a_knob_at_zero_changes_nothing_and_its_ends_are_reached(knob):
    still = turned(DEFAULT, [knob], {})
    assert still.resolve().base == pytest.approx(DEFAULT.resolve().base, rel=1e-9)
    for x, end in zip(knob.ends(DEFAULT), (knob.low, knob.high), strict=True):
        assert knob.lead(turned(DEFAULT, [knob], {knob.name: x})) == pytest.approx(end)


def test_knobs_move_as_they_say():
    found = turned(
        DEFAULT, list(knobs().values()), {"handling": math.log(2), "asking": 1.0, "leaving": -1.5, "waiting": 0.5}
    )
    for name in ("handling_enquiry", "handling_request", "handling_minor", "handling_major"):
        assert found.value(name) == pytest.approx(2 * DEFAULT.value(name))
    assert found.value("enquiry_probability") == pytest.approx(expit(logit(0.675) + 1))
    alpha, beta = found.value("disposition_alpha"), found.value("disposition_beta")
    assert alpha + beta == pytest.approx(DEFAULT.value("disposition_alpha") + DEFAULT.value("disposition_beta"))
    assert found.value("stake_issue") == pytest.approx(math.exp(-1))  # bound customers stay after an issue too
    assert turned(DEFAULT, [knobs()["leaving"]], {"leaving": 1.0}).value("stake_issue") == 1.0
    patience = found.parameters["patience_mean"]
    assert patience["priority"] / patience["regular"] == pytest.approx(17.8 / 7.4)


# -- the ratios of the start -----------------------------------------------------------------------------------------


def test_the_start_has_what_a_run_showed():
    shown = {
        name: value * factor
        for (name, value), factor in zip(expected(DEFAULT).items(), (1.2, 1.1, 0.8, 0.97, 1.3, 0.95), strict=True)
    }
    found = expected(DEFAULT.override(**ratios(DEFAULT, shown)))
    assert found == pytest.approx(shown, rel=2e-3)


def test_what_nobody_shows_leaves_its_ratio_alone():
    shown = expected(DEFAULT) | {"settled_heard": 0.0, "settled_goodwill": -0.1}
    found = ratios(DEFAULT, shown)
    assert {name: found[name] for name in ("settled_heard", "settled_goodwill")} == {
        name: DEFAULT.value(name) for name in ("settled_heard", "settled_goodwill")
    }
    assert set(found) == set(RATIOS)


# -- the solver, on answers that are known ---------------------------------------------------------------------------


class Known:
    """Trials of a company whose numbers are a known function of its knobs, with a known chance."""

    def __init__(self, company: Company, answer, spread: float = 0.01):
        self.targets = tuple(targets(company))
        self.knobs = tuple(t.knob for t in self.targets if t.knob is not None)
        self.base, self.note, self.asked = DEFAULT, "", 0
        self._answer, self._spread = answer, spread

    def settle(self, x, person_years):
        pass

    def numbers(self, points, replications, realised=False):
        self.asked += len(points) * replications
        luck = np.random.default_rng(1).normal(size=(replications, len(self.targets))) * self._spread
        others = scaled_asked(self)[len(self.knobs) :]  # what no knob is there for is as asked
        scaled = np.array([np.append(self._answer(x), others) for x in points])[:, None, :] + luck
        return np.stack([t.back(scaled[..., n]) for n, t in enumerate(self.targets)], axis=-1)

    def means(self, points, replications):
        return self.numbers(points, replications).mean(axis=1)


def scaled_asked(trials: Known) -> np.ndarray:
    return np.array([float(t.scaled(t.asked)) for t in trials.targets])


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_the_knobs_of_a_company_that_was_made(seed):
    """Numbers that are a bent function of all knobs at once, asked at the values that some knobs give."""
    rng = np.random.default_rng(seed)
    trials = Known(RETAILER, None, spread=0.0)
    size = len(trials.knobs)
    mixed = np.diag([k.usual for k in trials.knobs]) + rng.normal(size=(size, size)) * 0.06
    truth = rng.uniform(-0.8, 0.8, size)
    goal = scaled_asked(trials)[:size]
    bent = lambda x: mixed @ x + 0.05 * np.sin(2 * x).sum()  # noqa: E731
    trials._answer = lambda x: goal + bent(x) - bent(truth)
    solution = Solver(trials, 0.05).solve()
    missed = np.abs([t.off(t.back(v)) for t, v in zip(trials.targets, trials._answer(solution.x), strict=False)])
    assert missed.max() < 0.05 * 0.3
    assert solution.x == pytest.approx(truth, abs=0.1)
    assert not solution.stuck.any()


def test_what_cannot_be_met_is_left_at_its_end_and_the_others_come_out():
    trials = Known(RETAILER, None, spread=0.0)
    usual = np.array([k.usual for k in trials.knobs])
    names = [k.name for k in trials.knobs]
    goal = scaled_asked(trials)[: len(names)]
    shrinkage, waits = names.index("paid_time"), names.index("waiting")

    def answer(x):
        found = goal + usual * x
        found[shrinkage] += -2.0  # the service level lies far below, whatever the shrinkage
        found[waits] += 0.4 * x[shrinkage]
        return found

    trials._answer = answer
    solution = Solver(trials, 0.05).solve()
    assert solution.stuck[shrinkage] == -1
    assert not np.delete(solution.stuck, shrinkage).any()
    missed = np.abs(answer(solution.x) - goal)
    assert missed[shrinkage] > 0.5
    assert np.delete(missed, shrinkage).max() < 0.02


def test_more_chance_asks_for_more_replications():
    def replications(spread: float) -> int:
        trials = Known(replace(RETAILER, numbers={"customers": 1000, "agents": 2}), None, spread)
        goal = scaled_asked(trials)
        trials._answer = lambda x: goal + 0.5 * x
        return Solver(trials, 0.05).solve().replications

    assert replications(0.005) == 8
    years = DEFAULT.years  # each replication is as long as the company's own
    assert replications(0.2) == pytest.approx((0.2 / (0.3 * 0.05)) ** 2 / years, rel=0.8)  # sixteen tell the spread
    assert replications(2.0) == 128


def test_what_a_years_luck_leaves_open():
    """Knobs that are the numbers turned by a known table: their covariance is that of the numbers, turned back."""
    slopes = np.array([[2.0, 0.5, 0.1], [0.0, 1.0, 0.3], [0.2, 0.0, -1.0]])
    chance = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.01]])
    solution = Solution(np.zeros(3), np.zeros(3, dtype=int), slopes, chance, 10)
    back = np.linalg.inv(slopes)
    assert errors(solution) == pytest.approx(np.sqrt(np.diag(back @ chance @ back.T)))
    stuck = errors(replace(solution, stuck=np.array([0, 1, 0])))
    part = np.linalg.inv(slopes[np.ix_([0, 2], [0, 2])])
    assert stuck[[0, 2]] == pytest.approx(np.sqrt(np.diag(part @ chance[np.ix_([0, 2], [0, 2])] @ part.T)))
    assert math.isnan(stuck[1])


def test_scales_and_misses():
    share, score, amount = (
        Target(numbers()[key], asked, None) for key, asked in (("abandonment", 0.08), ("nps", 4.0), ("customers", 1e4))
    )
    for target, values in ((share, [0.01, 0.5]), (score, [-80.0, 60.0]), (amount, [10.0, 1e6])):
        assert target.back(target.scaled(values)) == pytest.approx(values)
    assert share.off(0.084) == pytest.approx(0.05)
    assert score.off(5.0) == pytest.approx(0.05)  # a small score: a share of 20 points
    assert amount.off([1.1e4, 0.9e4]) == pytest.approx([0.1, -0.1])


# -- small companies, run --------------------------------------------------------------------------------------------

TINY = Company(
    name="tiny",
    like="small_company",
    numbers={
        "customers": 700,
        "contacts_a_day": 14,
        "handling_time": "6 min",
        "agents": 2,
        "wage": 25_000,
        "return_on_sales": 0.05,
    },
)
QUICK = {"tolerance": 0.15, "store": False, "progress": False, "workers": 1}


@pytest.fixture(scope="module")
def tiny():
    return calibrate(TINY, **QUICK)


def test_a_small_company_comes_out_with_its_numbers(tiny):
    rows = tiny.numbers.set_index("number")
    assert set(rows["verdict"]) == {"matched"}
    assert rows.loc["customers", "mean"] == pytest.approx(700, rel=0.15)
    assert rows.loc["return_on_sales", "moves"] == "overhead"
    assert (rows["ci_low"] <= rows["mean"]).all()
    assert (rows["mean"] <= rows["ci_high"]).all()
    assert tiny.contradictions == ()


def test_the_scenario_is_what_was_run(tiny):
    """The table is what any study of the scenario finds, with the same replications."""
    n = int(tiny.numbers["n"].iloc[0])
    again = sim.run(tiny.scenario.change(years=2.0), replications=n, store=False, workers=1).means()
    means = again[again["period"] == "all"].set_index("measure")["mean"]
    for _, row in tiny.numbers.iterrows():
        number = numbers()[row["number"]]
        assert number.of(means[number.measure]) == pytest.approx(row["mean"]), row["number"]


def test_what_was_solved_has_a_range_and_what_is_known_has_none(tiny):
    known = {one.name: one for one in ranges(tiny.scenario)}
    for name in ("join_probability", "enquiry_probability", "handling_minor", "overhead"):
        low, high = tiny.scenario.ranges[name]
        assert low < tiny.scenario.value(name) < high
        assert (known[name].low, known[name].high) == (low, high)
    assert tiny.scenario.ranges["employees"] == (2.0, 2.0)
    assert {"patience_mean", "quit_rate", "solve_enquiry"} <= set(known)  # no number tells: the shipped ranges
    assert known["quit_rate"].low == load()["quit_rate"].low


def test_the_table_of_parameters_is_what_the_scenario_holds(tiny):
    assert set(tiny.parameters["because"]) == {"customers", "contacts_a_day", "handling_time"}
    for _, row in tiny.parameters.iterrows():
        assert row["value"] == pytest.approx(tiny.scenario.value(row["parameter"]), rel=1e-4), row["parameter"]
        assert tiny.scenario.ranges[row["parameter"]] == (row["ci_low"], row["ci_high"])


def test_what_nobody_knows_is_named(tiny):
    assert set(tiny.unknown["parameter"]) == {
        "purchase_gap_mean", "disposition_alpha", "shrinkage", "patience_mean", "solve_enquiry", "issue_ambient",
        "quit_rate", "survey_answer_dissatisfied", "nps_promoter_mid",
    }  # fmt: skip
    said = tiny.text()
    assert "Not identified" in said
    assert "abandonment would tell" in said
    assert "Filled in, as nobody gave it: people in the market" in said


def test_it_is_saved_and_read_back(tiny, tmp_path: Path):
    folder = tiny.save(tmp_path / "tiny")
    assert {"calibrate.json", "calibrate.csv", "calibrate-parameters.csv", "scenario.toml"} <= {
        p.name for p in folder.iterdir()
    }
    assert sim.Scenario.load(folder / "scenario.toml") == tiny.scenario
    with pytest.raises(FileExistsError, match="already holds"):
        tiny.save(folder)


@pytest.mark.slow
def test_it_goes_on_where_it_was_stopped(tiny, tmp_path: Path):
    """Stopped in the middle and started again, it computes what is missing, and says the same to the last digit."""
    calls = itertools.count()
    store = tmp_path / "runs.sqlite"

    def stop(done: float, planned: int) -> None:
        if next(calls) == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate(TINY, **QUICK | {"progress": stop, "store": store})
    done = len(list_runs(store))
    assert done > 0
    again = calibrate(TINY, **QUICK | {"store": store})
    assert again.numbers.equals(tiny.numbers)
    assert again.scenario == tiny.scenario
    once = len(list_runs(store))
    assert once > done
    calibrate(TINY, **QUICK | {"store": store})
    assert len(list_runs(store)) == once


def list_runs(store: Path) -> list[tuple[str, int]]:
    from sim.running.store import opened

    with opened(store) as found:
        return [(cell, n) for cell in found.cells()["cell"] for n in found.records(cell)]


@pytest.mark.slow
@pytest.mark.parametrize("name", examples())
def test_a_worked_example_comes_out_with_its_numbers(name):
    found = calibrate(name, store=False, progress=False)
    assert found.contradictions == ()
    assert found.numbers["off"].abs().max() <= 0.05, found.text()
    assert len(found.numbers) >= 12


@pytest.mark.slow
def test_both_engines_find_the_same(monkeypatch: pytest.MonkeyPatch):
    """With few runs, as the readable engine is slow; a number that chance misses is no matter here."""
    for name in ("PILOT", "LEAST", "MOST", "ROUGH_ROUNDS", "ROUNDS"):
        monkeypatch.setattr(f"sim.company.calibration.solver.{name}", 2)
    monkeypatch.setattr("sim.company.calibration.FEWEST", 2)
    monkeypatch.setattr("sim.company.calibration.trials.MOST_RUNS", 2)
    few = replace(TINY, numbers={key: TINY.numbers[key] for key in ("customers", "agents")})
    settings = QUICK | {"tolerance": 0.25, "anyway": True}
    found = [calibrate(few, engine=engine, **settings).scenario for engine in ("readable", "compiled")]
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_contradiction_is_told_with_what_would_help():
    """Two agents who talk for a quarter of an hour cannot answer nearly everybody at once."""
    company = replace(TINY, numbers=TINY.numbers | {"service_level": "97 %", "handling_time": "15 min"})
    with pytest.raises(ContradictionError) as refused:
        calibrate(company, **QUICK)
    said = str(refused.value)
    assert 'service_level = "97 %" cannot be' in said
    assert "not spent on contacts at its least believable, 12 %" in said
    assert "It contradicts agents = 2" in said
    assert "It would take about" in said
    nearest = refused.value.nearest
    assert nearest is not None
    row = nearest.numbers.set_index("number").loc["service_level"]
    assert row["verdict"] == "missed"
    assert row["ci_high"] < 0.97
    assert set(nearest.numbers.set_index("number").drop("service_level")["verdict"]) == {"matched"}


@pytest.mark.parametrize(
    ("given", "stuck", "words"), [({}, -1, "with more"), ({}, 1, "with fewer"), ({"agents": 9}, 1, "")]
)
def test_a_guessed_number_of_agents_is_named_where_it_may_be_all_that_is_wrong(given, stuck, words):
    company = Company(numbers={"customers": 9000, "service_level": 0.8, "contacts_a_day": 100, **given})
    target = next(one for one in targets(company) if one.number.key == "service_level")
    trials = Trials(start(company).scenario, [target.knob], [target], silent, 1, Running())
    guess = guessed(target.knob, stuck, company, trials)
    assert words in guess
    assert ("agents were taken" in guess) == (not given)


@pytest.mark.parametrize("tolerance", [0.0, 0.5, float("nan")])
def test_a_tolerance_that_is_none(tolerance):
    with pytest.raises(CalibrationError, match="tolerance must lie between"):
        calibrate(TINY, tolerance=tolerance)
