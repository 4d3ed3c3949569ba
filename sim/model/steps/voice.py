"""What a customer says in public and in surveys after an episode."""

import sim.model.columns as t

# isort: off
from sim.model.draws import REVIEW, SURVEY_ANSWERED, SURVEY_ASKED, SURVEY_DELAY, SURVEY_LIKELY, SURVEY_NOISE, uniform

# isort: on
from sim.model.rules.chance import HALF, exponential, faded, normal_quantile
from sim.model.rules.experience import SATISFIED
from sim.model.rules.loyalty import promoter_chance
from sim.model.rules.review import rating, review_chance
from sim.model.rules.survey import DETRACTOR_TO, FOUR_POINTS, PROMOTER_FROM, answered_score, points, recommendation

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, HUNDRED, YEAR_DAYS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count_in, count_of, record


def review(state: State, params: Params, person: int, key: int, felt_class: int, now: int) -> None:
    """Write a public review of an episode, or not."""
    segment = state.status[s.SEGMENT, person]
    chance = review_chance(
        felt_class,
        params[t.REVIEW_PROBABILITY, segment],
        params[t.REVIEW_EXTREMES, segment],
        params[t.REVIEW_INVITED, segment],
    )
    if chance > 0.0 and uniform(state.keys, REVIEW, person, key) < chance:
        publish(state, params, person, felt_class, now)


def publish(state: State, params: Params, person: int, felt_class: int, now: int) -> None:
    """Let a review weigh in the rating at once; a public reply takes weight off a bad one."""
    segment = state.status[s.SEGMENT, person]
    stars = params[t.STARS_DELIGHTED + felt_class, segment]
    weight = 1.0
    if felt_class > SATISFIED:
        weight = 1.0 - params[t.REVIEW_REPLY, segment]
    state.company[s.STARS] += weight * stars
    state.company[s.REVIEW_WEIGHT] += weight
    rate(state, params)
    count_of(state, person, s.REVIEWS_GOOD if felt_class <= SATISFIED else s.REVIEWS_BAD, 1)
    count_of(state, person, s.STARS_GIVEN, int(stars * HUNDRED + HALF))
    record(state, now, s.LOG_REVIEW, person, felt_class, 0, 0, stars, state.company[s.RATING])


def rate(state: State, params: Params) -> None:
    """Work out the public rating."""
    state.company[s.RATING] = rating(
        state.company[s.STARS], state.company[s.REVIEW_WEIGHT], params[t.RATING_PRIOR, 0], params[t.RATING_REFERENCE, 0]
    )


def fade_reviews(state: State, params: Params) -> None:
    """Let a day take its share of the weight of every review."""
    days = params[t.RATING_MEMORY, 0] * YEAR_DAYS
    state.company[s.STARS] = faded(state.company[s.STARS], 1.0, days)
    state.company[s.REVIEW_WEIGHT] = faded(state.company[s.REVIEW_WEIGHT], 1.0, days)
    rate(state, params)


def survey(state: State, params: Params, person: int, key: int, felt_class: int, x: float, now: int) -> None:
    """Ask after an episode, at times: who answers does so days later, friendlier than felt, in whole points.

    It changes nothing but what the company sees. An answer that comes after the horizon is not seen.
    """
    segment = state.status[s.SEGMENT, person]
    if uniform(state.keys, SURVEY_ASKED, person, key) >= params[t.SURVEY_ASKED, segment]:
        return
    count_of(state, person, s.SURVEYS_SENT, 1)
    if uniform(state.keys, SURVEY_ANSWERED, person, key) >= params[t.SURVEY_ANSWER_DELIGHTED + felt_class, segment]:
        return
    delay = exponential(uniform(state.keys, SURVEY_DELAY, person, key), params[t.SURVEY_DELAY, segment])
    day = now // DAY + int(delay)
    if day < state.company_i[s.BUCKETS]:
        _answer(state, params, person, key, x, day, now)


def _answer(state: State, params: Params, person: int, key: int, x: float, day: int, now: int) -> None:
    segment = state.status[s.SEGMENT, person]
    lenient = params[t.SURVEY_LENIENCY, segment]
    noise = params[t.SURVEY_NOISE, segment] * normal_quantile(uniform(state.keys, SURVEY_NOISE, person, key))
    given = points(
        answered_score(x, lenient, noise),
        params[t.BOUND_DELIGHTED, segment],
        params[t.BOUND_SATISFIED, segment],
        params[t.BOUND_DISSATISFIED, segment],
    )
    count_in(state, person, s.SURVEY_ANSWERS, day, 1)
    count_in(state, person, s.SURVEY_POINTS, day, given)
    count_in(state, person, s.SURVEY_HAPPY, day, 1 if given >= FOUR_POINTS else 0)
    goodwill = answered_score(state.person[s.GOODWILL, person], lenient, 0.0)
    slope = params[t.NPS_GOODWILL_SLOPE, segment]
    likely = recommendation(
        uniform(state.keys, SURVEY_LIKELY, person, key),
        promoter_chance(goodwill, params[t.NPS_PROMOTER_MID, segment], slope),
        promoter_chance(goodwill, params[t.NPS_DETRACTOR_MID, segment], -slope),
    )
    if likely >= PROMOTER_FROM:
        count_in(state, person, s.SURVEY_PROMOTERS, day, 1)
    elif likely <= DETRACTOR_TO:
        count_in(state, person, s.SURVEY_DETRACTORS, day, 1)
    record(state, now, s.LOG_SURVEYED, person, given, day, likely, x, goodwill)
