"""Where a company settles: joining, leaving, word of mouth, causes and reviews in the long run, as a mean field.

Mean scores stand in place of individual ones; what that misses is put right by ratios that a long run showed (subject
``start`` of the parameters, experiments/settle.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

import sim.model.columns as t
from sim.inputs import evidence
from sim.inputs.scenario import Scenario
from sim.model.clock import YEAR_DAYS
from sim.model.reference import reference_felt
from sim.model.rules.experience import satisfaction_class
from sim.model.rules.market import appeal, join_chance
from sim.model.rules.referral import heard_after
from sim.model.rules.review import rating, review_chance
from sim.model.state import MAJOR_CASE, MINOR_CASE, SILENT

# Sizes of tables, not quantities of the model.
MOST_TELLS = 512
ROUNDS = 200
DISPOSITIONS = 400
# A chance so near 0 (or 1) that nobody could tell; keeps log odds finite.
NEVER = 1e-12
# Rate a purchase, kind, grade, and what the reference customer feels.
Episode = tuple[float, int, int, float]


@dataclass(frozen=True)
class Rates:
    """Long-run rates of one segment, a year: joining, leaving over issues, share of it grieved; and settled scores."""

    join: float
    leave: float
    grieved: float
    goodwill: float
    heard: float


def settle_rates(params: NDArray[np.float64], scenario: Scenario) -> list[Rates]:
    """Find the long-run rates of each segment: joining and leaving make word of mouth, which makes joining.

    A fixed point over what is heard, with mean scores in place of individual ones; then corrected by the ratios that a
    long run showed (subject ``start`` of the parameters, experiments/settle.py).
    """
    share, rates = 0.0, []
    told = [float(np.sum(1.0 - row)) + 1.0 for row in tell_tables(scenario.reading)]
    for _ in range(ROUNDS):
        excess = settled_excess(params, share)
        episodes = [_episodes(params, s, excess) for s in range(params.shape[1])]
        heard = _settled_heard(params, share, episodes, told) * number(scenario, "settled_heard")
        stars, weight = _settled_reviews(params, share, episodes, scenario)
        shift = _settled_appeal(params, stars, weight)
        rates = [
            _corrected(_segment_rates(params, s, e, heard, float(shift[s]), scenario), scenario)
            for s, e in enumerate(episodes)
        ]
        settled = share + 0.5 * (mixture(params, rates)[0] - share)
        if settled == share:
            break
        share = settled
    return rates


def number(scenario: Scenario, name: str) -> float:
    """Return a parameter of a scenario that is one number for everybody."""
    value = scenario.value(name)
    return value if isinstance(value, float) else value[0]


def _corrected(rates: Rates, scenario: Scenario) -> Rates:
    grieved = min(1.0, rates.grieved * number(scenario, "settled_grieved"))
    leave = rates.leave * number(scenario, "settled_leave")
    return replace(rates, join=rates.join * number(scenario, "settled_join"), leave=leave, grieved=grieved)


def _grade_shares(params: NDArray[np.float64], s: int, issue: bool) -> NDArray[np.float64]:
    """Shares of cases that end unresolved, resolved, resolved quickly, at the reference competence, without waits."""
    base = params[t.SOLVE_ISSUE if issue else t.SOLVE_ENQUIRY, s]
    solve = base + params[t.SOLVE_COMPETENCE, s] * params[t.REFERENCE_COMPETENCE, s]
    solve += (1.0 - solve) * params[t.OPINION_USE, s] * params[t.OPINION_SUCCESS, s]
    solve = min(solve, 1.0)
    again = params[t.CONTACT_AGAIN, s]
    back = (1.0 - solve) * again
    resolved = back * solve / (1.0 - back) if back < 1.0 else 0.0
    return np.array([1.0 - solve - resolved, resolved, solve])


def _episodes(params: NDArray[np.float64], s: int, excess: float) -> list[Episode]:
    """Episodes a purchase of a segment, ``excess`` of them issues of open causes; none where issues are closed."""
    issue = params[t.ISSUE_AMBIENT, s] + params[t.ISSUE_MISUNDERSTANDING, s]
    issue += params[t.DELIVERY_PROMISED, s] * params[t.DELIVERY_BROKEN, s] + excess
    issue = min(issue, 1.0) if params[t.CHANNEL_ISSUES, 0] > 0.0 else 0.0
    found = []
    for kind, share, complain in (
        (MINOR_CASE, 1.0 - params[t.MAJOR_SHARE, s], params[t.COMPLAIN_MINOR, s]),
        (MAJOR_CASE, params[t.MAJOR_SHARE, s], params[t.COMPLAIN_MAJOR, s]),
    ):
        found.append((issue * share * (1.0 - complain), kind, SILENT))
        found += [(issue * share * complain * p, kind, g + 1) for g, p in enumerate(_grade_shares(params, s, True))]
    asks = (1.0 - issue) * params[t.ENQUIRY_PROBABILITY, s]
    found += [(asks * p, 0, g + 1) for g, p in enumerate(_grade_shares(params, s, False))]
    return [(rate, kind, grade, reference_felt(params, kind, grade, s)) for rate, kind, grade in found]


def _segment_rates(
    params: NDArray[np.float64], s: int, episodes: list[Episode], heard: float, shift: float, scenario: Scenario
) -> Rates:
    purchases = YEAR_DAYS / params[t.PURCHASE_GAP_MEAN, s]
    quiet = 1.0 - sum(rate for rate, kind, _, _ in episodes if kind >= MINOR_CASE)
    weight, routine = params[t.GOODWILL_WEIGHT, s], params[t.GOODWILL_WEIGHT, s] * params[t.ROUTINE_WEIGHT, s]
    pull = quiet * routine + sum(rate for rate, *_ in episodes) * weight
    goodwill = (quiet * routine * params[t.ROUTINE_QUALITY, s] + sum(r * x for r, _, _, x in episodes) * weight) / pull
    goodwill = min(1.0, goodwill * number(scenario, "settled_goodwill"))
    lost = [(rate * _lost(params, s, kind, x, goodwill), kind, x) for rate, kind, _, x in episodes]
    leave = purchases * sum(loss for loss, _, _ in lost)
    grieved = sum(loss for loss, kind, x in lost if kind >= MINOR_CASE or x < params[t.BOUND_SATISFIED, s])
    base, slope = params[t.JOIN_PROBABILITY, s], params[t.JOIN_GOODWILL_SLOPE, s]
    moved = heard if params[t.CHANNEL_WORD_OF_MOUTH, 0] > 0.0 else 0.0
    opinion = params[t.GOODWILL_NEUTRAL, s]
    neutral = join_chance(base, slope, opinion, opinion, moved, shift)
    warm = join_chance(base, slope, goodwill, opinion, moved, shift)
    join = (neutral + _warmth(params, s) * (warm - neutral)) * YEAR_DAYS / params[t.CONSIDER_GAP_MEAN, s]
    return Rates(join, leave, purchases * grieved / leave if leave > 0.0 else 0.0, goodwill, heard)


def _warmth(params: NDArray[np.float64], s: int) -> float:
    """Share of a former customer's goodwill that is left at a typical consideration."""
    memory = params[t.GOODWILL_MEMORY, s] * YEAR_DAYS
    yearly = params[t.JOIN_PROBABILITY, s] * memory / params[t.CONSIDER_GAP_MEAN, s]
    return float(yearly / (1.0 + yearly))


def _lost(params: NDArray[np.float64], s: int, kind: int, x: float, goodwill: float) -> float:
    """Share of the base chance to stay that an episode takes from a customer with settled goodwill and full habit."""
    row = t.ANCHOR_MAJOR_SILENT if kind == MAJOR_CASE else t.ANCHOR_MINOR_SILENT
    curve = t.CURVE_MAJOR_SILENT if kind == MAJOR_CASE else t.CURVE_MINOR_SILENT
    y = np.interp(x, params[row : row + 4, s], params[curve : curve + 4, s])
    y += params[t.GOODWILL_SLOPE, s] * (goodwill - params[t.REFERENCE_GOODWILL, s])
    stake = params[t.STAKE_ISSUE if kind >= MINOR_CASE else t.STAKE_ROUTINE, s]
    return float(stake * (1.0 - min(1.0, scipy.special.expit(y) / params[t.STAY_REFERENCE, s])))


def mixture(params: NDArray[np.float64], rates: list[Rates]) -> tuple[float, float]:
    """Share of customers in the market, and their mean yearly rate of leaving, integrated over dispositions."""
    share, leaving = 0.0, 0.0
    for s, r in enumerate(rates):
        theta = _dispositions(float(params[t.DISPOSITION_ALPHA, s]), float(params[t.DISPOSITION_BETA, s]))
        leave = leaving_rate(params, s, theta, r.goodwill, r.leave)
        avoid = r.join * r.leave * r.grieved * params[t.AVOID_MEAN, s]
        customers = params[t.SEGMENT_SHARE, s] * r.join / (r.join + leave + avoid)
        share += float(np.mean(customers))
        leaving += float(np.mean(customers * leave))
    return share, leaving / share if share > 0.0 else 0.0


@cache
def _dispositions(alpha: float, beta: float) -> NDArray[np.float64]:
    """Quantiles of the Beta distribution of dispositions, at the middles of equal shares."""
    return np.asarray(scipy.special.betaincinv(alpha, beta, (np.arange(DISPOSITIONS) + 0.5) / DISPOSITIONS))


def leaving_rate(params: NDArray[np.float64], s: Any, theta: NDArray[np.float64], goodwill: Any, issues: Any) -> Any:
    """Yearly rate of leaving by disposition at settled goodwill: on one's own, and over issues.

    ``s``, ``goodwill`` and ``issues`` are of one segment or, as ``theta``, of each person.
    """
    shift = params[t.DISPOSITION_GOODWILL_SLOPE, s] * (goodwill - params[t.REFERENCE_GOODWILL, s])
    yearly = scipy.special.expit(scipy.special.logit(np.clip(theta, NEVER, 1.0 - NEVER)) - shift)
    return -np.log1p(-np.minimum(yearly, 1.0 - NEVER)) + issues


def _settled_heard(
    params: NDArray[np.float64], share: float, episodes: list[list[Episode]], told: list[float]
) -> float:
    """Level of ``heard`` at which hearing and fading balance for somebody without habit."""
    good, bad = _hearing(params, share, episodes, told)
    up, down, memory = params[t.HEARD_UP, 0], params[t.HEARD_DOWN, 0], params[t.HEARD_MEMORY, 0]
    if not memory > 0.0:  # what is heard fades at once
        return 0.0

    def drift(h: float) -> float:
        gain = good * (heard_after(h, True, up, down, 1.0) - h)
        return gain + bad * (heard_after(h, False, up, down, 1.0) - h) - h / memory

    return float(scipy.optimize.brentq(drift, -1.0, 1.0))


def _hearing(
    params: NDArray[np.float64], share: float, episodes: list[list[Episode]], told: list[float]
) -> tuple[float, float]:
    """Times a year that somebody in the market hears good and bad of the company.

    ``told`` is how many a teller of good and of bad tells in the mean.
    """
    heard = [0.0, 0.0]
    for s, happening in enumerate(episodes):
        a_year = _purchases(params, share, s)
        heard[0] += a_year * params[t.TELL_ROUTINE, s] * told[0] * params[t.WORD_OF_MOUTH, s]
        for rate, _, _, x in happening:
            k = _class(params, s, x)
            chance = params[t.TELL_DELIGHTED + k, s] * params[t.WORD_OF_MOUTH, s]
            heard[k > 1] += a_year * rate * chance * told[k > 1]
    return heard[0], heard[1]


def _purchases(params: NDArray[np.float64], share: float, s: int) -> float:
    """Purchases a year of a segment, for each person in the market."""
    return float(share * params[t.SEGMENT_SHARE, s] * YEAR_DAYS / params[t.PURCHASE_GAP_MEAN, s])


def _class(params: NDArray[np.float64], s: int, x: float) -> int:
    bounds = params[t.BOUND_DELIGHTED, s], params[t.BOUND_SATISFIED, s], params[t.BOUND_DISSATISFIED, s]
    return satisfaction_class(x, *bounds)


# -- causes and reviews ------------------------------------------------------------------------------------------


def settled_excess(params: NDArray[np.float64], share: float) -> float:
    """Mean chance of an issue at a purchase that open causes make in the long run.

    A cause lives exponentially; once it has been heard of often enough and the lead of a fix is over, what the fix
    leaves of it lives on. ``share`` is that of customers in the market.
    """
    life, fixed = params[t.CAUSE_LIFE, 0], days_to_fix(params, share)
    left = float(np.exp(-fixed / life)) if np.isfinite(fixed) else 0.0
    mean = life * (1.0 - left) + (1.0 - params[t.FIX_EFFECT, 0]) * life * left
    return float(params[t.CAUSE_RATE, 0] / YEAR_DAYS * mean * params[t.CAUSE_EXCESS, 0])


def days_to_fix(params: NDArray[np.float64], share: float) -> float:
    """Days from the opening of a cause until it is fixed, when it is heard of at a steady rate."""
    rate = heard_a_day(params, share)
    return float(params[t.FEEDBACK_TIMES, 0] / rate + params[t.FIX_LEAD, 0]) if rate > 0.0 else np.inf


def heard_a_day(params: NDArray[np.float64], share: float) -> float:
    """How often a day one open cause is heard of."""
    rate = 0.0
    for s in range(params.shape[1]):
        major = params[t.MAJOR_SHARE, s]
        complain = (1.0 - major) * params[t.COMPLAIN_MINOR, s] + major * params[t.COMPLAIN_MAJOR, s]
        asked = params[t.FEEDBACK_SURVEY, s]
        missed = (1.0 - asked) * (1.0 - params[t.FEEDBACK_REGISTERED, s]) * (1.0 - params[t.FEEDBACK_TEAM, s])
        heard = complain * (1.0 - missed) + (1.0 - complain) * asked
        rate += _purchases(params, share, s) / YEAR_DAYS * heard
    return float(rate * params[t.MARKET_SIZE, 0] * params[t.CAUSE_EXCESS, 0])


def _settled_reviews(
    params: NDArray[np.float64], share: float, episodes: list[list[Episode]], scenario: Scenario
) -> tuple[float, float]:
    """Settled sums of stars and weights of the reviews that still count, with a mean that reviews can have."""
    stars = weight = 0.0
    kept = params[t.RATING_MEMORY, 0] * params[t.MARKET_SIZE, 0]
    for s, happening in enumerate(episodes):
        quiet = 1.0 - sum(rate for rate, kind, _, _ in happening if kind >= MINOR_CASE)
        routine = _class(params, s, float(params[t.ROUTINE_QUALITY, s]))
        reviews = [(quiet * params[t.REVIEW_ROUTINE, s], routine)]
        shape = params[t.REVIEW_PROBABILITY, s], params[t.REVIEW_EXTREMES, s], params[t.REVIEW_INVITED, s]
        reviews += [
            (rate * review_chance(k, *shape), k) for rate, k in ((e[0], _class(params, s, e[3])) for e in happening)
        ]
        for rate, k in reviews:
            w = rate * kept * _purchases(params, share, s) * (1.0 - params[t.REVIEW_REPLY, s] * (k > 1))
            weight += w
            stars += w * params[t.STARS_DELIGHTED + k, s]
    given = params[t.STARS_DELIGHTED : t.STARS_POOR + 1]
    stars = np.clip(stars * number(scenario, "settled_rating"), weight * given.min(), weight * given.max())
    return float(stars), float(weight)


def settled_rating(params: NDArray[np.float64], rates: list[Rates], scenario: Scenario) -> float:
    """Public rating (stars) at which a company settles."""
    stars, weight = past_reviews(params, rates, scenario)
    return rating(stars, weight, params[t.RATING_PRIOR, 0], params[t.RATING_REFERENCE, 0])


def past_reviews(params: NDArray[np.float64], rates: list[Rates], scenario: Scenario) -> tuple[float, float]:
    """Sums of stars and weights of the reviews that count in the long run."""
    share = mixture(params, rates)[0]
    excess = settled_excess(params, share)
    episodes = [_episodes(params, s, excess) for s in range(params.shape[1])]
    return _settled_reviews(params, share, episodes, scenario)


def _settled_appeal(params: NDArray[np.float64], stars: float, weight: float) -> NDArray[np.float64]:
    """Log odds of joining that the settled rating, promises and prices add, by segment."""
    reference = params[t.RATING_REFERENCE, 0]
    above = rating(stars, weight, params[t.RATING_PRIOR, 0], reference) - reference
    above *= params[t.CHANNEL_WORD_OF_MOUTH, 0]
    rows = t.JOIN_RATING_SLOPE, t.PROMISE_LEVEL, t.PROMISE_APPEAL, t.PREMIUM, t.PREMIUM_RESISTANCE
    return np.array([appeal(above, *(float(params[row, s]) for row in rows)) for s in range(params.shape[1])])


def tell_tables(reading: str) -> NDArray[np.float64]:
    """Cumulative chance of telling up to 1, 2, … people, given that one tells: rows good and bad, (2, most)."""
    found = evidence.readings().find(reading)
    counts = np.arange(MOST_TELLS)
    rows = []
    for tells in (found.good, found.bad):
        size = tells.dispersion
        if size is None:
            row = -np.expm1(np.log1p(-1.0 / tells.mean) * (counts + 1))
        else:
            row = scipy.special.betainc(size, counts + 1, size / (size + tells.mean - 1.0))
        rows.append(np.append(row[:-1], 1.0))
    return np.array(rows)
