"""Rules of promises, reviews, surveys, care and the public offer beyond their doctests: bounds, monotony and limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.rules.care import closer, owed, premium_paid
from sim.model.rules.chance import logit
from sim.model.rules.experience import DELIGHTED, DISSATISFIED, POOR, SATISFIED
from sim.model.rules.market import appeal, join_chance
from sim.model.rules.promise import broken_chance, kept_chance, promised, promised_days, strain
from sim.model.rules.review import rating, review_chance
from sim.model.rules.staff import attitude_after
from sim.model.rules.survey import POINTS, answered_score, points

SCORE = st.floats(0.0, 1.0)
INSIDE = st.floats(1e-6, 1.0 - 1e-6)
LEVEL = st.floats(-1.0, 1.0)
LOGIT = st.floats(-20.0, 20.0)
MONEY = st.floats(0.0, 1e6)
STARS = st.floats(1.0, 5.0)
BOUNDS = st.lists(SCORE, min_size=3, max_size=3).map(lambda found: sorted(found, reverse=True))
# Rounding of a few operations on numbers near 1.
SLIP = 1e-12


# ---- promises ----------------------------------------------------------------------------------------------------


@given(SCORE, LOGIT)
def test_what_strain_takes_from_keeping_it_adds_to_breaking(base, lost):
    assert 0.0 <= kept_chance(base, lost) <= 1.0
    assert kept_chance(base, lost) + broken_chance(1.0 - base, lost) == pytest.approx(1.0, abs=1e-9)


@given(SCORE, LOGIT, LOGIT)
def test_more_strain_never_keeps_more_promises(base, a, b):
    low, high = sorted((a, b))
    assert kept_chance(base, high) <= kept_chance(base, low) + SLIP
    assert broken_chance(base, low) <= broken_chance(base, high) + SLIP


@given(INSIDE, LOGIT)
def test_strain_is_counted_in_log_odds(base, lost):
    # Near 0 and 1 the log odds of a rounded chance are no longer exact.
    if 1e-6 < kept_chance(base, lost) < 1.0 - 1e-6:
        assert logit(base) - logit(kept_chance(base, lost)) == pytest.approx(lost, abs=1e-6)


@pytest.mark.parametrize("lost", [-5.0, 0.0, 5.0])
def test_what_is_always_or_never_kept_stays_so(lost):
    assert [kept_chance(base, lost) for base in (0.0, 1.0)] == [0.0, 1.0]
    assert [broken_chance(base, lost) for base in (0.0, 1.0)] == [0.0, 1.0]


@given(SCORE)
def test_without_strain_a_chance_is_not_touched_by_as_much_as_a_bit(base):
    assert kept_chance(base, 0.0) == broken_chance(base, 0.0) == base


@given(LEVEL, LEVEL, st.floats(0.0, 3.0), st.floats(0.0, 5.0), st.floats(0.0, 3.0))
def test_who_promises_more_or_has_more_work_is_under_more_strain(a, b, by_level, pressure, by_load):
    low, high = sorted((a, b))
    assert strain(low, by_level, 0.7, 0.7, by_load, 0.0) <= strain(high, by_level, 0.7, 0.7, by_load, 0.0)
    calm, busy = (strain(0.0, by_level, p, 0.7, by_load, 0.0) for p in (pressure, pressure + 0.5))
    assert 0.0 <= calm <= busy
    assert strain(0.0, by_level, min(pressure, 0.7), 0.7, by_load, 0.0) == 0.0


@given(SCORE, LEVEL, LEVEL, SCORE, SCORE)
def test_what_is_promised_is_expected_within_bounds(expected, a, b, lift, usual):
    less, more = (promised(expected, level, lift, usual) for level in sorted((a, b)))
    assert 0.0 <= less <= more + SLIP <= 1.0 + 2 * SLIP
    assert promised(expected, 0.0, lift, usual) == expected
    assert promised(expected, max(a, b, 0.0), lift, usual) >= expected - SLIP
    assert promised(expected, min(a, b, 0.0), lift, usual) <= expected + SLIP


@given(st.floats(0.5, 1.0), st.floats(0.0, 1.0), SCORE)
def test_promising_less_lowers_what_is_usually_expected_as_far_as_promising_more_lifts_it(usual, level, lift):
    up, down = (promised(usual, sign * level, lift, usual) - usual for sign in (1.0, -1.0))
    assert down == pytest.approx(-up, abs=SLIP)


@given(st.floats(0.0, 30.0), LEVEL, SCORE)
def test_no_promise_falls_due_before_it_is_made(days, level, haste):
    assert promised_days(days, level, haste) >= 0.0
    assert promised_days(days, 1.0, haste) <= promised_days(days, level, haste) <= promised_days(days, -1.0, haste)


# ---- reviews -----------------------------------------------------------------------------------------------------


@given(SCORE, st.floats(1.0, 6.0), SCORE)
def test_the_extremes_write_most_and_an_invitation_is_followed_by_the_content_only(base, extremes, invited):
    chances = [review_chance(k, base, extremes, invited) for k in (DELIGHTED, SATISFIED, DISSATISFIED, POOR)]
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert chances[DELIGHTED] >= chances[SATISFIED] >= min(1.0, base)
    assert chances[POOR] >= chances[DISSATISFIED] == base
    uninvited = [review_chance(k, base, extremes, 0.0) for k in (DISSATISFIED, POOR)]
    assert [chances[DISSATISFIED], chances[POOR]] == uninvited


@given(st.lists(st.tuples(STARS, SCORE), max_size=20), st.floats(0.0, 100.0), STARS)
def test_a_rating_lies_between_what_it_is_the_mean_of(given_stars, prior, mean):
    stars, weight = sum(w * k for k, w in given_stars), sum(w for _, w in given_stars)
    low, high = (pick([mean, *(k for k, _ in given_stars)]) for pick in (min, max))
    assert low - 1e-9 <= rating(stars, weight, prior, mean) <= high + 1e-9


def test_a_rating_that_rests_on_nothing_is_its_prior_mean():
    assert rating(0.0, 0.0, 0.0, 4.2) == 4.2


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), STARS, STARS)
def test_one_more_review_draws_the_rating_towards_it(weight, prior, mean, stars):
    before = rating(weight * mean, weight, prior, mean)
    after = rating(weight * mean + stars, weight + 1.0, prior, mean)
    assert (after - before) * (stars - before) >= -SLIP


# ---- surveys -----------------------------------------------------------------------------------------------------


@given(SCORE, SCORE, BOUNDS)
def test_who_feels_more_never_gives_fewer_points(a, b, bounds):
    low, high = sorted((a, b))
    assert 1 <= points(low, *bounds) <= points(high, *bounds) <= POINTS


@given(st.lists(INSIDE, min_size=3, max_size=3, unique=True))
def test_the_points_of_the_happy_begin_where_satisfaction_does(bounds):
    dissatisfied, satisfied, delighted = sorted(bounds)
    assert points(satisfied, delighted, satisfied, dissatisfied) == POINTS - 1
    assert points(math.nextafter(satisfied, 0.0), delighted, satisfied, dissatisfied) == POINTS - 2


@given(SCORE, SCORE, st.floats(-3.0, 3.0))
def test_an_answer_is_a_score_and_leniency_never_lowers_it(felt, leniency, noise):
    assert 0.0 <= answered_score(felt, 0.0, noise) <= answered_score(felt, leniency, noise) <= 1.0
    assert answered_score(felt, 0.0, 0.0) == felt


# ---- care and money ----------------------------------------------------------------------------------------------


@given(SCORE, SCORE)
def test_closer_is_a_score_no_lower_than_before(score, share):
    assert score <= closer(score, share) + SLIP <= 1.0 + 2 * SLIP


@given(MONEY, st.floats(0.0, 10.0), st.floats(1.0, 3.0), SCORE)
def test_compensation_is_never_negative_and_an_argument_never_raises_it(amount, level, claims, argued):
    assert 0.0 <= owed(amount, level, claims, argued) <= owed(amount, level, claims, 0.0)
    assert owed(amount, 1.0, 1.0, 0.0) == amount


@given(MONEY, SCORE, SCORE, SCORE, SCORE)
def test_a_premium_grows_with_goodwill_from_the_price_to_what_is_asked(price, premium, a, b, start):
    low, high = sorted((a, b))
    paid = [premium_paid(price, premium, goodwill, start) for goodwill in (low, high)]
    assert price <= paid[0] <= paid[1] * (1.0 + SLIP) <= price * (1.0 + premium) * (1.0 + 2 * SLIP)
    assert premium_paid(price, premium, start, start) == price


@given(STARS, STARS, LEVEL, LEVEL, SCORE, SCORE)
def test_stars_and_promises_draw_and_the_price_puts_off(a, b, c, d, e, f):
    (few, many), (less, more), (cheap, dear) = (sorted(pair) for pair in ((a, b), (c, d), (e, f)))
    assert appeal(few, 0.35, less, 0.15, dear, 2.6) <= appeal(many, 0.35, more, 0.15, cheap, 2.6) + SLIP
    assert appeal(0.0, 0.35, 0.0, 0.15, 0.0, 2.6) == 0.0


@given(SCORE, st.floats(0.0, 8.0), SCORE, st.floats(-1.0, 1.0), LOGIT, LOGIT)
def test_more_appeal_never_lowers_joining(base, slope, goodwill, heard, a, b):
    low, high = (join_chance(base, slope, goodwill, 0.5, heard, shift) for shift in sorted((a, b)))
    assert 0.0 <= low <= high <= 1.0


# ---- attitude ----------------------------------------------------------------------------------------------------


@given(SCORE, SCORE, SCORE, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_an_attitude_stays_among_those_that_draw_it(attitude, tone, mean, top, peers):
    after = attitude_after(attitude, tone, mean, top, peers)
    assert min(attitude, tone, mean) - SLIP <= after <= max(attitude, tone, mean) + SLIP


@given(SCORE, st.floats(-5.0, 5.0), SCORE, SCORE, SCORE)
def test_an_attitude_is_a_score_whatever_stress_makes_of_the_tone(attitude, tone, mean, top, peers):
    assert 0.0 <= attitude_after(attitude, tone, mean, top, peers) <= 1.0
