"""The start: people in mid-life, a graph of the shape asked for, and fixed tables that hold together."""

import numpy as np
import pytest
from scipy import stats

import sim.model.columns as t
import sim.model.state as s
from sim.engines import start
from sim.engines.start import build
from sim.engines.start.graph import draw_graph
from sim.engines.start.staff import seats_by_half_hour
from sim.engines.start.steady_state import mixture, settle_rates, tell_tables
from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.policies import CATALOGUE
from sim.inputs.scenario import Scenario
from sim.model import blocks, draws
from sim.model.clock import HALF_HOURS, HOUR, WEEK_DAYS
from sim.model.steps.calendar import forget_day, moments_of, schedule

SCENARIO = Scenario.load("small_company").change(years=1.0, warm_up=0.0)
# What is known of how many of one's acquaintances know each other; the note of degree_local says where from.
LEAST_CLUSTERING, MOST_CLUSTERING = 0.21, 0.52
Z = 4


@pytest.fixture(scope="module")
def state() -> s.State:
    return build(SCENARIO.override(market_size=4000).resolve(), 0)


# ---- people ------------------------------------------------------------------------------------------------------


def test_levels_count_the_people_of_each_standing(state):
    for standing, level in ((s.PROSPECT, s.PROSPECTS_NOW), (s.CUSTOMER, s.CUSTOMERS_NOW), (s.AVOIDING, s.AVOIDING_NOW)):
        assert state.company_i[level] == np.count_nonzero(state.status[s.STANDING] == standing) > 0


def test_everybody_with_a_moment_in_the_horizon_stands_in_the_list_of_its_day_once(state):
    listed = []
    for day in range(len(state.calendar)):
        here = moments_of(state, day)
        assert (state.status[s.PLANNED_DAY, here] == day).all()
        listed += here
    expected = np.flatnonzero(state.status[s.PLANNED_DAY] < len(state.calendar))
    assert sorted(listed) == expected.tolist()


def test_nobody_starts_in_the_future(state):
    assert (state.status[s.LAST_DAY] < state.status[s.PLANNED_DAY]).all()
    customers = state.status[s.STANDING] == s.CUSTOMER
    assert (state.status[s.SINCE_DAY, customers] < 0).all()
    assert (state.status[s.LAST_DAY, customers] <= 0).all()
    assert (state.agent_i[s.HIRED_DAY] <= 0).all()


def test_segments_have_their_shares(state):
    shares = SCENARIO.resolve().base[t.SEGMENT_SHARE]
    found = np.bincount(state.status[s.SEGMENT], minlength=len(shares))
    n = found.sum()
    assert (np.abs(found - n * shares) < Z * np.sqrt(n * shares * (1 - shares))).all()


def test_dispositions_of_the_whole_market_are_beta_and_customers_are_the_loyal_ones(state):
    base = SCENARIO.resolve().base
    beta = stats.beta(base[t.DISPOSITION_ALPHA, 0], base[t.DISPOSITION_BETA, 0])
    dispositions = state.person[s.DISPOSITION]
    assert stats.kstest(dispositions, beta.cdf).pvalue > 2 * stats.norm.sf(Z)
    customers = state.status[s.STANDING] == s.CUSTOMER
    assert dispositions[customers].mean() < beta.mean() < dispositions[~customers].mean()


def test_a_fresh_start_is_one_cohort_of_customers_who_have_not_sorted_themselves():
    fresh = build(SCENARIO.change(fresh=True).override(market_size=3000).resolve(), 0)
    assert (fresh.status[s.STANDING] == s.CUSTOMER).all()
    assert (fresh.status[s.PLANNED_DAY] == 0).all()
    base = SCENARIO.resolve().base
    beta = stats.beta(base[t.DISPOSITION_ALPHA, 0], base[t.DISPOSITION_BETA, 0])
    assert stats.kstest(fresh.person[s.DISPOSITION], beta.cdf).pvalue > 2 * stats.norm.sf(Z)


def test_time_until_the_next_purchase_is_what_is_left_of_a_length_biased_gap(state):
    customers = state.status[s.STANDING] == s.CUSTOMER
    base = SCENARIO.resolve().base
    mean, cv = base[t.PURCHASE_GAP_MEAN, 0], base[t.PURCHASE_GAP_CV, 0]
    left = state.status[s.PLANNED_DAY, customers] + 0.5
    expected = 0.5 * mean * (1.0 + cv * cv)
    assert abs(left.mean() - expected) < Z * left.std() / np.sqrt(len(left))


BLOCK = 64


@pytest.mark.parametrize("people", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK - 1, 20 * BLOCK + 7])
@pytest.mark.parametrize("fresh", [False, True])
def test_people_do_not_depend_on_the_blocks_they_are_worked_out_in(monkeypatch, people, fresh):
    shares = {"regular": 0.7, "priority": 0.3}
    scenario = SCENARIO.change(fresh=fresh).override(market_size=people, purchase_gap_mean=20.0, segment_share=shares)
    whole = build(scenario.resolve(), 0)
    monkeypatch.setattr(blocks, "BLOCK", BLOCK)
    for name, array in build(scenario.resolve(), 0)._asdict().items():
        assert array.tobytes() == getattr(whole, name).tobytes(), name


def test_lists_are_given_back_and_used_again(state):
    """However often people are put on a day and read off it, there are lists enough, and nobody is lost."""
    state = s.State(*(array.copy(order="K") for array in state))
    people = state.person.shape[1]
    days = len(state.calendar)
    for day in range(days):
        forget_day(state, day)
    for turn in range(5):
        for person in range(people):
            schedule(state, person, (person * person + turn) % days)
        found = [moments_of(state, day) for day in range(days)]
        assert sorted(person for here in found for person in here) == list(range(people))
        assert all(here == sorted(here) for here in found)
        for day in range(days):
            forget_day(state, day)
    assert set(state.calendar.tolist()) == {-1}


@pytest.mark.parametrize(
    "odd",
    [
        {"market_size": 1}, {"employees": 0}, {"join_probability": 0.0}, {"join_probability": 1.0},
        {"issue_ambient": 0.0, "issue_misunderstanding": 0.0, "delivery_broken": 0.0},
        {"solve_enquiry": 0.0, "solve_issue": 0.0, "solve_competence": 0.0, "opinion_use": 0.0, "contact_again": 1.0},
        {"word_of_mouth": 0.0}, {"degree_mean": 0.0}, {"avoid_mean": 0.001}, {"purchase_gap_cv": 0.0},
        {"enquiry_probability": 0.0}, {"patience_mean": 0.01}, {"quit_rate": 0.0}, {"hire_lag": 0.0},
    ],
)  # fmt: skip
def test_an_odd_company_starts_without_a_number_that_is_none(odd):
    state = build(SCENARIO.override(**{"market_size": 200, **odd}).resolve(), 0)
    for name in ("person", "agent", "company", "kernel", "knots", "hazard", "tells"):
        assert np.isfinite(getattr(state, name)).all(), name
    n = state.person.shape[1]
    assert np.isin(state.status[s.STANDING], (s.PROSPECT, s.CUSTOMER, s.AVOIDING)).all()
    assert state.company_i[[s.PROSPECTS_NOW, s.CUSTOMERS_NOW, s.AVOIDING_NOW]].sum() == n


# ---- the graph ---------------------------------------------------------------------------------------------------


def graph(people: int, mean=12.0, sigma=1.2, local=0.6, window=12, seed=1) -> tuple[np.ndarray, np.ndarray]:
    return draw_graph(draws.stream_keys(seed), people, mean, sigma, local, window)


def clustering(first: np.ndarray, edge: np.ndarray, sample: int) -> float:
    """Mean share of the pairs of one's acquaintances who know each other, over people with two or more."""
    found = []
    for i in np.random.default_rng(0).choice(len(first) - 1, sample, replace=False):
        known = set(edge[first[i] : first[i + 1]].tolist())
        if len(known) > 1:
            pairs = sum(len(known & set(edge[first[j] : first[j + 1]].tolist())) for j in known)
            found.append(pairs / (len(known) * (len(known) - 1)))
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("mean", "sigma", "local", "window", "short"),
    [
        (12, 1.19, 0.6, 12, 0.06), (6, 1.19, 0.6, 12, 0.06), (12, 0.6, 0.6, 12, 0.03), (12, 1.25, 0.3, 6, 0.06),
        (3, 0.0, 0.5, 6, 0.03),
        # The most sociable of 5,000 people would like to know a good part of them.
        (40, 1.19, 0.3, 40, 0.1),
    ],
)  # fmt: skip
def test_people_know_as_many_as_asked_for(mean, sigma, local, window, short):
    first, edge = graph(5000, mean, sigma, local, window)
    assert len(edge) / 5000 == pytest.approx(mean, rel=short)
    assert first[-1] == len(edge)


@pytest.mark.parametrize("seed", [1, 2])
def test_friends_know_each_other_as_often_as_is_known(seed):
    known = load()
    names = ("degree_mean", "degree_sigma", "degree_local")
    shape = [float(known[name].value) for name in names]
    first, edge = draw_graph(draws.stream_keys(seed), 10_000, *shape, window=int(known["degree_window"].value))
    assert LEAST_CLUSTERING < clustering(first, edge, 1500) < MOST_CLUSTERING


def test_sociability_spreads_degrees():
    def spread(sigma: float) -> float:
        degrees = np.diff(graph(5000, sigma=sigma)[0])
        return float(degrees.std() / degrees.mean())

    assert spread(0.0) < spread(0.6) < spread(1.2)
    assert spread(1.2) > 1.0


def test_early_and_late_people_are_about_equally_well_known():
    degrees = np.diff(graph(20_000)[0])
    tenths = degrees.reshape(10, -1).mean(axis=1)
    assert tenths.max() / tenths.min() < 1.6


def test_ties_are_mutual_single_sorted_and_never_to_oneself():
    first, edge = graph(2000)
    source = np.repeat(np.arange(2000), np.diff(first))
    ties = set(zip(source.tolist(), edge.tolist(), strict=True))
    assert len(ties) == len(edge)
    assert all((b, a) in ties and a != b for a, b in ties)
    assert all((np.diff(edge[first[i] : first[i + 1]]) > 0).all() for i in range(2000))


@pytest.mark.parametrize("people", [1, 2, 3, 13])
def test_a_tiny_market_has_a_graph(people):
    first, edge = graph(people)
    assert len(first) == people + 1
    assert len(edge) >= 1  # an edge table is never empty: engines take its address
    assert first[-1] <= people * (people - 1)


@pytest.mark.parametrize("people", [1, 2, 15, 16, 17, 31, 32, 33, 1000])
@pytest.mark.parametrize("window", [1, 12, 15, 16, 40])
def test_ties_do_not_depend_on_the_blocks_they_are_drawn_in(monkeypatch, people, window):
    """Near ties reach into the block before, with a long window into several."""
    whole = graph(people, window=window)
    monkeypatch.setattr(blocks, "BLOCK", 16)
    for found, expected in zip(graph(people, window=window), whole, strict=True):
        assert found.tobytes() == expected.tobytes()


@pytest.mark.slow
def test_a_million_people_have_a_graph_of_the_same_shape():
    first, edge = graph(1_000_000)
    assert len(edge) / 1_000_000 == pytest.approx(12.0, rel=0.03)
    assert LEAST_CLUSTERING < clustering(first, edge, 3000) < MOST_CLUSTERING


# ---- fixed tables ------------------------------------------------------------------------------------------------

SHARED = ("profile", "hours", "knots", "hazard", "rota", "tells", "quantiles")


def test_replications_share_the_fixed_tables_and_nobody_may_write_into_them():
    one, other = (build(SCENARIO.override(market_size=50).resolve(), replication) for replication in (0, 1))
    for name in SHARED:
        assert getattr(one, name) is getattr(other, name), name
        with pytest.raises(ValueError, match="read-only"):
            getattr(one, name)[0, 0] = 0
    for name, array in one._asdict().items():
        assert name in SHARED or not np.shares_memory(array, getattr(other, name)), name


@pytest.mark.parametrize("pieces", [(0.3,) * 11, (0.0, *(0.2,) * 10), (0.1, 0.0, 0.0, *(0.4,) * 8)])
def test_patience_has_its_mean_also_where_nobody_hangs_up_for_a_while(pieces):
    resolved = SCENARIO.override(patience_hazard_regular=pieces).resolve()
    state, row = build(resolved, 0), resolved.segments.index("regular")
    waited = np.linspace(0.0, 40.0, 400_001)
    rate = state.hazard[row][np.searchsorted(state.knots[row], waited, side="right") - 1]
    staying = np.exp(-np.cumsum(rate) * waited[1])
    assert np.trapezoid(staying, waited) == pytest.approx(1.0, rel=1e-3)


def test_patience_goes_by_what_a_segment_is_said_to_be_not_by_its_name():
    named = {"segment_share": {"basic": 0.7, "gold": 0.3}, "patience_priority": {"basic": 0, "gold": 1}}
    shipped, own = (build(scenario.resolve(), 0) for scenario in (SCENARIO, SCENARIO.override(**named)))
    both = [SCENARIO.segments.index(name) for name in ("regular", "priority")]
    assert np.array_equal(own.hazard, shipped.hazard[both])
    assert np.array_equal(own.knots, shipped.knots[both])
    turned = build(SCENARIO.override(patience_priority={"regular": 1, "priority": 0}).resolve(), 0)
    assert np.array_equal(turned.hazard, shipped.hazard[::-1])


@pytest.mark.parametrize(
    "other",
    [
        {"open_hour": (9.0,) * WEEK_DAYS}, {"weekday_weight": (1.0,) * WEEK_DAYS}, {"employees": 9.0},
        {"patience_hazard_regular": (0.1,) * 11}, {"week_hours": 30.0}, {"staffing_beta": 2.0}, {"settled_join": 0.5},
        {"settled_goodwill": 0.5}, {"join_probability": 0.3}, {"tell_routine": 0.5},
        {"segment_share": {"priority": 0.8, "regular": 0.2}},
    ],
)  # fmt: skip
def test_no_scenario_starts_from_what_was_worked_out_for_another(other):
    start_is_its_own(SCENARIO.override(**other))


def test_no_reading_and_no_policy_starts_from_what_was_worked_out_for_another():
    start_is_its_own(SCENARIO.change(reading="literature"))
    start_is_its_own(SCENARIO.under(CATALOGUE["rapport"]()))
    start_is_its_own(SCENARIO.under(CATALOGUE["staffing"](start=10)))  # room for the agents to come


def start_is_its_own(other: Scenario) -> None:
    """Check that a start is the same whether or not another scenario's has been built before, and not the other's."""
    before, remembering = (build(scenario.override(market_size=300).resolve(), 0) for scenario in (SCENARIO, other))
    start._settled.cache_clear()
    start._fixed_tables.cache_clear()
    afresh = build(other.override(market_size=300).resolve(), 0)
    for name, array in remembering._asdict().items():
        assert array.tobytes() == getattr(afresh, name).tobytes(), name
    assert any(array.tobytes() != getattr(before, name).tobytes() for name, array in remembering._asdict().items())


def test_where_nobody_is_moved_by_others_the_start_is_the_same_under_every_reading():
    shares = {open_: [customers(reading, open_) for reading in ("smart-2010", "special")] for open_ in (0.0, 1.0)}
    assert shares[0.0][0] == shares[0.0][1] < shares[1.0][0] < shares[1.0][1]


def customers(reading: str, open_: float) -> float:
    """Share of the market that are customers in the long run."""
    scenario = SCENARIO.change(reading=reading).override(channel_word_of_mouth=open_, join_rating_slope=0.0)
    params = scenario.resolve().phases[0][1]
    return mixture(params, settle_rates(params, scenario))[0]


def test_where_nothing_goes_wrong_nobody_leaves_over_an_issue_at_the_start():
    scenario = SCENARIO.override(channel_issues=0.0, enquiry_probability=0.0)
    assert [rate.leave for rate in settle_rates(scenario.resolve().phases[0][1], scenario)] == [0.0, 0.0]


def test_contacts_come_in_opening_hours_on_open_days(state):
    opening, closing = state.hours[:, 0], state.hours[:, 1]
    for weekday in np.flatnonzero(opening < closing):
        row = state.profile[weekday]
        assert (np.diff(row) >= 0).all()
        assert row[0] >= opening[weekday]
        assert row[-1] < closing[weekday]
    closed = np.flatnonzero(opening >= closing)
    chances = np.diff(state.kernel, axis=1, prepend=0.0)
    assert (chances >= 0).all()
    np.testing.assert_allclose(state.kernel[:, -1], 1.0)
    days = np.arange(chances.shape[0])[:, None] + np.arange(chances.shape[1])
    assert (chances[np.isin(days % WEEK_DAYS, closed)] == 0).all()


def test_the_rota_seats_nobody_at_night_and_never_more_than_there_are(state):
    positions = state.rota.shape[0] - 1
    open_ = state.rota[positions] > 0
    for n in range(1, positions + 1):
        assert ((state.rota[n] > 0) == open_).all()
        assert state.rota[n].max() <= n
    assert (state.rota[0] == 0).all()
    for weekday in range(WEEK_DAYS):
        hours = (state.hours[weekday, 1] - state.hours[weekday, 0]) / HOUR
        assert open_[weekday * HALF_HOURS : (weekday + 1) * HALF_HOURS].sum() == 2 * hours


@pytest.mark.parametrize("half_hours", [0.0, 30.0, 120.0, 1e6])
def test_paid_hours_are_given_out_to_the_last_where_there_is_room(half_hours):
    shape = np.concatenate([np.zeros(10), np.linspace(1.0, 3.0, 40), np.zeros(10)])
    seats = seats_by_half_hour(shape, half_hours, most=8, beta=1.0)
    assert (seats[shape == 0.0] == 0).all()
    assert seats[shape > 0.0].min() >= 1
    assert seats.max() <= 8
    least, most = 40, 8 * 40
    assert abs(seats.sum() - min(max(half_hours, least), most)) < 1.0


@pytest.mark.parametrize("reading", list(evidence.readings()))
def test_tellers_tell_as_many_as_the_reading_says(reading):
    found = evidence.readings().find(reading)
    table = tell_tables(reading)
    assert (np.diff(table, axis=1) >= 0).all()
    assert (table[:, -1] == 1.0).all()
    means = 1.0 + (1.0 - table).sum(axis=1)
    # A heavy tail is cut where the table ends.
    assert means == pytest.approx([found.good.mean, found.bad.mean], rel=0.01)


TOLD_WELL = [t.TELL_DELIGHTED, t.TELL_SATISFIED, t.TELL_ROUTINE]
TOLD_ILL = [t.TELL_DISSATISFIED, t.TELL_POOR]


@pytest.mark.parametrize("reading", list(evidence.readings()))
def test_a_reading_multiplies_the_chances_to_tell_and_nothing_else(reading):
    found = evidence.readings()[reading]
    plain = np.array([_plain(name) for name in t.NAMES if name not in t.DERIVED])
    base = SCENARIO.change(reading=reading).resolve().base[: len(plain)]
    expected = plain.copy()
    expected[TOLD_WELL] *= found.good.teller_factor
    expected[TOLD_ILL] *= found.bad.teller_factor
    assert (base == expected).all()
    assert (base != plain).any() == (reading == "literature")


def _plain(name: str) -> list[float]:
    """The value of a parameter by segment, as its file or the scenario states it."""
    parameter, own = load()[name], SCENARIO.parameters.get(name)
    values = [parameter.for_segment(s) if own is None else own for s in SCENARIO.segments]
    return [value[0] if isinstance(value, tuple) else value for value in values]


def test_what_is_told_in_a_scenario_of_its_own_is_multiplied_too():
    base = SCENARIO.change(reading="literature").override(tell_poor=0.4).resolve().base
    assert base[t.TELL_POOR] == pytest.approx(0.4 * evidence.readings()["literature"].bad.teller_factor)


def test_mean_patience_is_what_the_parameter_says(state):
    """The piecewise hazard of every segment has mean 1, in means."""
    for knots, hazard in zip(state.knots, state.hazard, strict=True):
        grid = np.linspace(0.0, 60.0, 600_001)
        piece = np.searchsorted(knots, grid, side="right") - 1
        cumulative = np.concatenate([[0.0], np.cumsum(hazard[piece][:-1] * np.diff(grid))])
        assert np.trapezoid(np.exp(-cumulative), grid) == pytest.approx(1.0, abs=2e-3)


def test_more_chances_of_an_issue_than_there_are_leave_scores_where_they_are_defined():
    """Causes that add up to more than one are one: every purchase has an issue, none is quiet."""
    odd = {"issue_ambient": 1.0, "major_share": 1.0, "complain_minor": 0.0, "complain_major": 0.0}
    state = build(SCENARIO.override(**odd).resolve(), 0)
    goodwill = state.person[s.GOODWILL]
    assert ((goodwill >= 0.0) & (goodwill <= 1.0)).all()
