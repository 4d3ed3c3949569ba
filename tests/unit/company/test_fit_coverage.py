"""Intervals stated as 95 % hold the truth in 95 % of many made-up companies, within binomial limits.

Each study makes 200 companies of one known truth (100 where the records are cut short, lack columns or are dirty) and
counts how often an interval holds it. A count outside the limits would occur once in a thousand studies if the
intervals were right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest
import scipy

from sim.company.fitting.cohorts.laws import fit_retention
from sim.company.fitting.cohorts.tables import Cohort
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.purchases.base import YEAR, fit_base
from sim.company.fitting.purchases.gaps import GAMMA, LOGNORMAL, fit_gaps
from sim.company.fitting.purchases.histories import histories, records
from sim.company.fitting.purchases.law import SHAPES, fit_law, intervals
from sim.company.fitting.purchases.orders import fit_orders
from sim.company.fitting.surveys import problem
from sim.company.fitting.surveys.answers import read_answers
from sim.company.fitting.surveys.figures import PARAMETERS, map_estimates
from sim.company.fitting.surveys.goodwill import fit_map, mapped, same_slope, two_slopes
from sim.company.fitting.surveys.shares import net_score, satisfied, share
from sim.company.fitting.totals import Figure
from tests.unit.company.made_customers import FIRST_DAY, answers, buyers, clean, grouped, sales, survivors

pytestmark = pytest.mark.slow
MANY, SOME = 200, 100
RARE = 0.001
LEVEL = 0.95
Holdout = Iterable[tuple[str, float, float, float]]
"""What was found once: name, truth, and ends of the interval."""


def assert_covers(once: Callable[[np.random.Generator], Holdout], repeats: int) -> None:
    """Count how often each interval holds its truth."""
    counts: Counter[str] = Counter()
    for repeat in range(repeats):
        for name, truth, low, high in once(np.random.default_rng([2005, repeat])):
            assert low <= high, name
            counts[name] += low <= truth <= high
    low, high = scipy.stats.binom.ppf([RARE / 2, 1 - RARE / 2], repeats, LEVEL)
    for name, count in counts.items():
        assert low <= count <= high, f"{name}: {count} of {repeats}, not {low:.0f} to {high:.0f}"


def dirty(frame: pd.DataFrame, rng: np.random.Generator, blank: str) -> pd.DataFrame:
    """One row in a hundred stands there twice, and one in a hundred lacks a value."""
    twice = frame[rng.random(len(frame)) < 0.01]
    found = pd.concat([frame, twice], ignore_index=True)
    return found.assign(**{blank: found[blank].where(rng.random(len(found)) > 0.01)})


# ---- purchases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at_first", "longest", "repeats"),
    [(False, 90.0, MANY), (True, 90.0, SOME), (False, 40.0, SOME)],
    ids=["bg", "mbg", "bg, short record"],
)
def test_shapes_of_the_law_of_buying(at_first, longest, repeats):
    truth = (0.8, 5.0, 0.9, 3.0)

    def once(rng: np.random.Generator) -> Holdout:
        weeks = rng.uniform(0.4 * longest, longest, 400)
        law = fit_law(grouped(buyers(rng, truth, weeks, at_first), weeks), at_first)
        return [(name, true, *ends) for name, true, ends in zip(SHAPES, truth, intervals(law, LEVEL), strict=True)]

    assert_covers(once, repeats)


def test_the_base_of_customers_with_dirt_and_without_values():
    r, alpha, a, b = 1.5, 9.0, 0.9, 4.0

    def once(rng: np.random.Generator) -> Holdout:
        people, weeks = 500, np.full(500, 100.0)
        rate, leaving = rng.gamma(r, 1 / alpha, people), rng.beta(a, b, people)
        leaves = rng.exponential(1, people) / (rate * leaving)
        times = []
        for own, chance, end in zip(rate, leaving, leaves, strict=True):
            stays = np.cumsum(rng.exponential(1 / (own * (1 - chance)), 300))
            bought = np.append(stays[stays < end], end)
            times.append(bought[bought < weeks[0]])
        with clean("purchases", dirty(sales(times, weeks), rng, "customer")) as table, histories(table, None) as of:
            base = fit_base(of, fit_law(records(of), at_first=False), LEVEL)
        last = np.array([own[-1] if len(own) else 0.0 for own in times])
        there = (leaves > weeks) & (weeks - last <= base.silence / 7)
        stay = there & (leaves > weeks + YEAR)
        truths = {
            "customers": there.sum(),
            "purchases_a_year": rate[there].mean() * YEAR,
            "yearly_leaving": 1 - rate[stay].sum() / rate[there].sum(),
        }
        found = {one.name: one for one in base.estimates}
        return [(name, float(true), found[name].low, found[name].high) for name, true in truths.items()]

    assert_covers(once, SOME)


@pytest.mark.parametrize(
    ("form", "days", "dirt", "repeats"),
    [(GAMMA, 300.0, False, MANY), (GAMMA, 300.0, True, SOME), (LOGNORMAL, 4000.0, False, SOME)],
    ids=["gamma, short record", "gamma, dirty", "lognormal, long record"],
)
def test_regularity_of_gaps_and_the_average_order(form, days, dirt, repeats):
    cv, people, most = 0.6, 150, int(days / 8)

    def once(rng: np.random.Generator) -> Holdout:
        mean = rng.lognormal(np.log(40), 0.4, people)[:, None]
        sigma = np.sqrt(np.log1p(cv * cv))
        if form == GAMMA:
            gaps = rng.gamma(cv**-2, mean * cv**2, (people, most))
        else:
            gaps = mean * np.exp(sigma * rng.standard_normal((people, most)) - sigma * sigma / 2)
        day = np.rint(np.cumsum(gaps, axis=1) - gaps[:, :1] * rng.random((people, 1)))
        who, which = np.nonzero(day < days)
        dates = FIRST_DAY + pd.to_timedelta(day[who, which], unit="D")
        value = rng.lognormal(3, 0.8, len(who))
        frame = pd.DataFrame({"customer": who, "date": dates, "value": value})
        frame = frame.drop_duplicates(["customer", "date"])
        with clean("purchases", dirty(frame, rng, "value") if dirt else frame) as table, histories(table, None) as of:
            found = {one.name: one for one in (*fit_gaps(of, LEVEL).estimates, *fit_orders(of, LEVEL))}
        order = found["average_order"]
        yield form, cv, found[form].low, found[form].high
        if not dirt:  # an order that stands there twice is twice as dear
            yield "average_order", float(np.exp(3 + 0.8**2 / 2)), order.low, order.high

    assert_covers(once, repeats)


# ---- cohorts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("customers", "periods", "repeats"), [(800, 7, MANY), (300, 4, SOME)])
def test_shapes_of_the_law_of_retention(customers, periods, repeats):
    truth = (0.8, 2.5)

    def once(rng: np.random.Generator) -> Holdout:
        left = survivors(rng, *truth, customers, periods)
        law = fit_retention([Cohort("a", float(customers), left / customers)], periods, LEVEL)
        return [(name, true, *ends) for name, true, ends in zip(("alpha", "beta"), truth, law.intervals, strict=True)]

    assert_covers(once, repeats)


# ---- surveys ------------------------------------------------------------------------------------------------------


TRUTH = (8.0, 0.75, 0.45)


@pytest.fixture(scope="module")
def everybody() -> pd.DataFrame:
    """A million answers, so that their shares are those of the law."""
    many = answers(np.random.default_rng(1), 1_000_000, TRUTH)
    return many.assign(score=np.select([many["nps"] >= 9, many["nps"] <= 6], [100.0, -100.0], 0.0))


@pytest.mark.parametrize(
    ("dirt", "repeats"), [(False, MANY), (True, SOME)], ids=["all answered", "blanks, and no weights"]
)
def test_the_map_from_goodwill_and_the_shares(dirt, repeats, everybody):
    truth = dict(zip(PARAMETERS, TRUTH, strict=True))
    truth |= {"nps": everybody["score"].mean(), "csat": (everybody["points"] >= 4).mean()}

    def once(rng: np.random.Generator) -> Holdout:
        frame = answers(rng, 900, TRUTH).drop(columns="problem")
        if dirt:
            frame["nps"] = frame["nps"].where(rng.random(len(frame)) > 0.01)
            off = rng.random(len(frame)) < 0.01
            frame.loc[off, ["points", "satisfaction"]] = np.nan
            frame = frame.drop(columns="weight")
        with clean("surveys", frame) as table:
            told = read_answers(table, None)
        both = mapped(told)
        law = fit_map(both)
        assert law is not None
        rated, recommended = told.dropna(subset="points"), told.dropna(subset="recommends")
        found: dict[str, Estimate | Figure] = {one.name: one for one in map_estimates(both, law, LEVEL)}
        found |= {"nps": net_score(recommended, LEVEL), "csat": share(rated, satisfied(rated), LEVEL)}
        return [(name, float(true), found[name].low, found[name].high) for name, true in truth.items()]

    assert_covers(once, repeats)


def test_one_slope_is_doubted_as_often_as_it_should_be_when_it_holds():
    found, told = [], []

    def once(rng: np.random.Generator) -> Holdout:
        with clean("surveys", answers(rng, 900, TRUTH).drop(columns="problem")) as table:
            slopes, covariance = two_slopes(mapped(read_answers(table, None)))
        found.append(slopes)
        told.append(covariance)
        yield "p", same_slope(slopes, covariance), 1 - LEVEL, 1.0

    assert_covers(once, MANY)
    spread, stated = np.cov(np.array(found).T), np.mean(told, axis=0)
    assert np.sqrt(np.diag(spread) / np.diag(stated)) == pytest.approx([1, 1], abs=0.2)
    apart = spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]  # what the doubt rests on
    assert apart / (stated[0, 0] + stated[1, 1] - 2 * stated[0, 1]) == pytest.approx(1, abs=0.25)
    assert stated[0, 1] > 0.1 * np.sqrt(stated[0, 0] * stated[1, 1])


def test_the_gap_that_the_map_predicts(everybody, monkeypatch):
    monkeypatch.setattr(problem, "DRAWS", 100)
    means = everybody.groupby("problem")["score"].mean()
    gap = means[True] - means[False]

    def once(rng: np.random.Generator) -> Holdout:
        with clean("surveys", answers(rng, 900, TRUTH)) as table:
            told = read_answers(table, None)
        found = problem.effect(told, fit_map(mapped(told)), LEVEL)
        assert found is not None
        yield "seen", float(gap), found.seen.low, found.seen.high
        yield "by the map", float(gap), found.predicted.low, found.predicted.high
        yield "beyond the map", 0.0, found.left.low, found.left.high

    assert_covers(once, SOME)
