"""Rules beyond their doctests: bounds, monotony, inverses and limits, for any argument that a scenario can give."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from sim.model.rules.authority import decides_alone, hundredths, paid_by_agent
from sim.model.rules.chance import expit, exponential, faded, logit, lognormal, normal_quantile, skipped
from sim.model.rules.experience import felt, information_factor, learned, quality, satisfaction_class, speed_factor
from sim.model.rules.handling import overrun_patience, pressure_factor, solve_chance
from sim.model.rules.loyalty import anchored, base_stay, habit_after, promoter_chance, repurchase, stay_after
from sim.model.rules.market import join_chance
from sim.model.rules.referral import heard_after, heard_weight
from sim.model.rules.staff import angry_chance, competence_at, courtesy, quit_chance, seats_for, stress_after

SCORE = st.floats(0.0, 1.0)
INSIDE = st.floats(1e-9, 1.0 - 1e-9)
SIGNED = st.floats(-1.0, 1.0)
LOGIT = st.floats(-20.0, 20.0)
MINUTES = st.floats(0.0, 1e4)
ANCHORS = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4, unique=True).map(sorted)
# Rounding of a few operations on numbers near 1.
SLIP = 1e-12


# ---- chance ------------------------------------------------------------------------------------------------------


@given(LOGIT)
def test_logit_undoes_expit(x):
    assert math.isclose(logit(expit(x)), x, rel_tol=1e-6, abs_tol=1e-6)


@pytest.mark.parametrize("x", [-1e4, 1e4])
def test_expit_does_not_overflow(x):
    assert expit(x) == (0.0 if x < 0 else 1.0)


@given(st.floats(1e-300, 1.0 - 1e-15))
def test_the_normal_quantile_is_scipys(u):
    assert math.isclose(normal_quantile(u), stats.norm.ppf(u), rel_tol=1e-12, abs_tol=1e-14)


@pytest.mark.parametrize("cv", [0.3, 1.0, 1.5])
def test_a_lognormal_has_the_mean_and_spread_it_is_given(cv):
    u = (np.arange(200_000) + 0.5) / 200_000
    found = np.array([lognormal(x, 5.0, cv) for x in u])
    assert found.mean() == pytest.approx(5.0, rel=5e-3)
    # Equidistant u leave the end of the tail out, and with it some of the spread.
    assert found.std() / found.mean() == pytest.approx(cv, rel=5e-2)


@given(INSIDE, st.floats(0.1, 100.0))
def test_an_exponential_has_its_survival(u, mean):
    assert math.exp(-exponential(u, mean) / mean) == pytest.approx(u, rel=1e-9)


@given(INSIDE, st.floats(1e-4, 1.0))
def test_skipped_counts_the_failures_before_a_success(u, chance):
    k = skipped(u, chance)
    assert k >= 0
    # P(K > k) < u or at u, and P(K >= k) >= u: the inverse of a geometric law.
    assert (1.0 - chance) ** (k + 1) <= u * (1.0 + 1e-9)
    assert (1.0 - chance) ** k >= u * (1.0 - 1e-9)


@given(st.floats(-1.0, 1.0), st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(0.1, 5.0))
def test_fading_in_two_steps_is_fading_in_one(value, first, second, memory):
    twice = faded(faded(value, first, memory), second, memory)
    assert twice == pytest.approx(faded(value, first + second, memory), rel=1e-9, abs=1e-15)


# ---- experience --------------------------------------------------------------------------------------------------


@given(SCORE, SCORE, st.floats(0.0, 0.2), st.floats(0.0, 0.4), st.floats(1.0, 2.5))
def test_what_is_felt_is_a_score_and_nothing_is_added_inside_the_zone(q, expected, tolerance, gain, loss):
    x = felt(q, expected, tolerance, gain, loss)
    assert 0.0 <= x <= 1.0
    if abs(q - expected) <= tolerance:
        assert x == q
    else:
        assert (x - q) * (q - expected) >= 0.0


@given(SCORE, SCORE, SCORE, st.floats(0.0, 0.2), st.floats(0.0, 0.4), st.floats(1.0, 2.5))
def test_better_quality_never_feels_worse_and_a_higher_expectation_never_better(a, b, e, tol, gain, loss):
    low, high = sorted((a, b))
    assert felt(low, e, tol, gain, loss) <= felt(high, e, tol, gain, loss) + SLIP
    assert felt(e, high, tol, gain, loss) <= felt(e, low, tol, gain, loss) + SLIP


@given(st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_a_loss_weighs_as_often_as_stated(surprise, tolerance):
    gain = felt(0.5 + surprise, 0.5, tolerance, 0.2, 2.0) - (0.5 + surprise)
    loss = (0.5 - surprise) - felt(0.5 - surprise, 0.5, tolerance, 0.2, 2.0)
    assert loss == pytest.approx(2.0 * gain, abs=1e-12)


@given(SCORE, SCORE, SCORE)
def test_quality_and_learning_stay_between_what_they_mix(a, b, weight):
    for x in (quality(a, b, weight), learned(a, b, weight)):
        assert min(a, b) - SLIP <= x <= max(a, b) + SLIP


@given(MINUTES, MINUTES)
def test_waiting_longer_never_feels_faster(wait, more):
    assert 0.0 <= speed_factor(wait + more, 8.0, 1.0, 4.0, 0.5) <= speed_factor(wait, 8.0, 1.0, 4.0, 0.5) <= 1.0


@given(st.integers(0, 50))
def test_explaining_again_never_informs_better(n):
    assert information_factor(0.8, 0.8, n + 1.0) <= information_factor(0.8, 0.8, float(n)) <= 0.8


@given(SCORE, SCORE)
def test_classes_are_ordered_by_what_is_felt(a, b):
    low, high = sorted((a, b))
    assert satisfaction_class(high, 0.85, 0.7, 0.4) <= satisfaction_class(low, 0.85, 0.7, 0.4)


# ---- loyalty -----------------------------------------------------------------------------------------------------


@given(ANCHORS, ANCHORS, SCORE)
def test_a_curve_passes_its_anchors_and_stays_between_its_ends(x, y, at):
    for k in range(4):
        assert anchored(x[k], *x, *y) == pytest.approx(y[k], abs=1e-9)
    assert y[0] - SLIP <= anchored(at, *x, *y) <= y[3] + SLIP


@given(ANCHORS, ANCHORS, SCORE, SCORE)
def test_a_curve_never_falls(x, y, a, b):
    low, high = sorted((a, b))
    assert anchored(low, *x, *y) <= anchored(high, *x, *y) + SLIP


@given(INSIDE, st.floats(0.0, 5.0), st.floats(0.0, 5.0), SCORE, st.floats(0.0, 5.0))
def test_staying_two_intervals_is_staying_their_sum(disposition, first, second, goodwill, slope):
    both = base_stay(disposition, first, slope, goodwill, 0.7) * base_stay(disposition, second, slope, goodwill, 0.7)
    assert both == pytest.approx(base_stay(disposition, first + second, slope, goodwill, 0.7), abs=1e-9)


@given(INSIDE, st.floats(0.0, 5.0), SCORE, SCORE, st.floats(0.0, 5.0))
def test_goodwill_never_makes_leave(disposition, years, a, b, slope):
    low, high = sorted((a, b))
    assert base_stay(disposition, years, slope, low, 0.7) <= base_stay(disposition, years, slope, high, 0.7) + SLIP


@given(SCORE, SCORE, SCORE, st.floats(0.05, 1.0))
def test_a_recovery_never_beats_no_failure_unless_the_paradox_is_on(base, stake, loyal, reference):
    assert 0.0 <= stay_after(base, stake, loyal, reference, 0.0) <= base
    assert stay_after(base, stake, loyal, reference, 1.0) >= stay_after(base, stake, loyal, reference, 0.0)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.99))
def test_the_reference_customer_gets_the_published_share_back(share, base):
    assume(share <= base)
    assert stay_after(base, 1.0, repurchase(logit(share), 0.0, 0.0), base, 0.0) == pytest.approx(share, rel=1e-9)


@given(SCORE, SCORE)
def test_habit_grows_and_stays_a_score(habit, rate):
    assert habit - SLIP <= habit_after(habit, rate) <= 1.0


@given(SCORE, st.floats(0.5, 14.0))
def test_nobody_is_more_than_all_of_promoter_and_detractor(goodwill, slope):
    assert promoter_chance(goodwill, 0.75, slope) + promoter_chance(goodwill, 0.6, -slope) <= 1.0 + SLIP


# ---- word of mouth and joining -----------------------------------------------------------------------------------


@given(SIGNED, st.booleans(), SCORE, SCORE, SCORE)
def test_what_was_heard_stays_between_minus_1_and_1_and_moves_the_right_way(heard, good, up, down, weight):
    after = heard_after(heard, good, up, down, weight)
    assert -1.0 - SLIP <= after <= 1.0 + SLIP
    assert after >= heard - SLIP if good else after <= heard + SLIP


@given(SCORE, SCORE, SCORE)
def test_habit_and_strangers_only_damp(habit, damping, stranger):
    own = heard_weight(habit, damping, False, stranger)
    assert 0.0 - SLIP <= heard_weight(habit, damping, True, stranger) <= own + SLIP <= 1.0 + 2 * SLIP


@given(INSIDE, st.floats(0.0, 5.0), SCORE, SIGNED, SIGNED)
def test_hearing_better_never_makes_joining_less_likely(base, slope, goodwill, a, b):
    low, high = sorted((a, b))
    less, more = (join_chance(base, slope, goodwill, 0.5, heard, 0.0) for heard in (low, high))
    assert less <= more + SLIP


@pytest.mark.parametrize("base", [0.0, 1.0])
def test_a_certain_join_stays_certain(base):
    assert join_chance(base, 3.0, 0.9, 0.5, -1.0, 2.0) == base


# ---- handling and authority --------------------------------------------------------------------------------------


@given(MINUTES, MINUTES, st.floats(0.0, 1.0))
def test_an_overrun_wait_shortens_patience_but_never_below_what_was_announced(patience, announced, growth):
    left = overrun_patience(patience, announced, growth)
    assert min(patience, announced) - SLIP <= left <= patience + SLIP


BOUNDS = (0.5, 2.0)


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(-0.64, 0.0))
def test_pressure_never_lengthens_handling_and_is_bounded(a, b, elasticity):
    low, high = sorted((a, b))
    assert pressure_factor(high, 0.72, elasticity, *BOUNDS) <= pressure_factor(low, 0.72, elasticity, *BOUNDS)
    assert 2.0**elasticity - SLIP <= pressure_factor(high, 0.72, elasticity, *BOUNDS) <= 0.5**elasticity + SLIP


@given(SCORE, SCORE, SCORE, st.floats(0.3, 2.0), SCORE)
def test_the_chance_to_solve_is_a_chance_and_time_pressure_never_helps(base, slope, competence, factor, elasticity):
    hurried = solve_chance(base, slope, competence, factor, elasticity)
    assert 0.0 <= hurried <= solve_chance(base, slope, competence, 1.0, elasticity) <= 1.0


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.floats(0.0, 1e4), SCORE)
def test_the_ladder_is_a_ladder(amount, more, limit, u):
    if decides_alone(0.0, amount + more, limit, u, 0.5):
        assert decides_alone(0.0, amount, limit, u, 0.5)


@given(st.floats(0.0, 1e4), st.floats(1.0, 100.0), SCORE, SCORE, SCORE)
def test_an_agent_never_pays_less_than_the_manager_and_training_saves(amount, mean, trained, untrained, training):
    paid = paid_by_agent(amount, mean, trained, untrained, training)
    assert paid >= amount
    assert paid_by_agent(amount, mean, trained, untrained, 1.0) <= paid + 1e-9 * paid


@given(st.integers(0, 10**12))
def test_money_in_hundredths_comes_back_exactly(cents):
    assert hundredths(cents / 100.0) == cents


# ---- staff -------------------------------------------------------------------------------------------------------


@given(SCORE, st.floats(0.0, 5000.0), st.floats(0.0, 5000.0), st.floats(50.0, 500.0), SCORE)
def test_competence_grows_with_tenure_and_stays_a_score(novice, days, more, learning, trained):
    first = competence_at(novice, days, learning, trained)
    assert 0.0 <= first <= competence_at(novice, days + more, learning, trained) + SLIP
    assert competence_at(novice, days + more, learning, trained) <= 1.0


@given(SCORE, SCORE)
def test_stress_stays_a_score_and_never_falls_by_an_angry_contact(stress, rise):
    assert stress - SLIP <= stress_after(stress, rise) <= 1.0 + SLIP


@given(SCORE, SCORE, SCORE)
def test_stressed_agents_are_never_more_courteous(a, b, loss):
    low, high = sorted((a, b))
    assert 0.0 <= courtesy(0.8, high, loss, 0.7, 0.68, 0.3) <= courtesy(0.8, low, loss, 0.7, 0.68, 0.3) <= 1.0


@given(SCORE, st.integers(0, 300), SCORE, SCORE, st.floats(-1.0, 1.0))
def test_the_chance_of_anger_is_a_chance(base, repeats, per_repeat, broken, rude):
    assert 0.0 <= angry_chance(base, float(repeats), per_repeat, broken, rude) <= 1.0


@given(SCORE, SCORE, st.floats(0.0, 4.0))
def test_stress_never_keeps_an_agent_and_the_cap_holds(a, b, slope):
    low, high = sorted((a, b))
    year = 1.0
    assert quit_chance(0.4, slope, low, 0.3, 2.0, year) <= quit_chance(0.4, slope, high, 0.3, 2.0, year) + SLIP
    assert quit_chance(0.4, slope, high, 0.3, 2.0, year) <= -math.expm1(-2.0) + SLIP


@given(st.floats(0.0, 100.0), st.floats(0.0, 2.0))
def test_seats_are_never_below_the_load(load, beta):
    assert seats_for(load, beta) >= load


def test_what_is_heard_moves_less_who_already_thinks_so_and_never_out_of_bounds() -> None:
    shifts = [heard_after(heard, True, 0.2, 0.1, 1.0) - heard for heard in (-1.0, 0.0, 0.5, 1.0)]
    assert shifts == pytest.approx([0.4, 0.2, 0.1, 0.0])
    falls = [heard - heard_after(heard, False, 0.2, 0.1, 1.0) for heard in (1.0, 0.0, -1.0)]
    assert falls == pytest.approx([0.2, 0.1, 0.0])


def test_what_others_said_counts_like_ones_own_goodwill() -> None:
    told, fond = join_chance(0.05, 3.5, 0.5, 0.5, 0.2, 0.0), join_chance(0.05, 3.5, 0.7, 0.5, 0.0, 0.0)
    assert told == pytest.approx(fond)
    assert told > join_chance(0.05, 3.5, 0.5, 0.5, 0.0, 0.0)
