"""The best few once more, on replications that no choice has seen.

The best of 100 noisy estimates is biased upward: the winner's curse. So the best few are run with a fresh seed. Half of
these replications decide among them; the other half, which have decided nothing, give the figures that are reported,
and their intervals mean what they say. What the search had expected stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from sim.outcomes.statistics import mean_interval
from sim.studies.choose.feasibility import BROKEN, KEPT, UNCLEAR
from sim.studies.levers import Space
from sim.studies.search.cache import Cache
from sim.studies.search.pairs import Pairs
from sim.studies.search.stages import FACTOR, STAGES, Trial, furthest, layers, length, means
from sim.studies.search.terms import Terms

if TYPE_CHECKING:
    import pandas as pd

FEW, FRONT = 5, 10
"""Points that are checked: of the best, and of a frontier at most."""


@dataclass(frozen=True)
class Check:
    """What became of the best few.

    Parameters
    ----------
    trials : that were checked, the one first that the search expected most of.
    deciding, reporting : their fresh replications, in the same order.
    chosen : place of the one chosen; None when all break a bound, or there are several goals.
    words : whether each keeps the bounds in the deciding half: "kept", "not clear", "broken".
    """

    trials: tuple[Trial, ...]
    deciding: tuple[Pairs, ...]
    reporting: tuple[Pairs, ...]
    chosen: int | None
    words: tuple[str, ...]


def planned_runs(terms: Terms) -> int:
    """Return how many runs a search takes at most, of policies and of the baseline, with its check."""
    baseline = length(terms, STAGES - 1)
    points, runs = terms.trials, baseline + 2 * terms.check * (1 + (FEW if len(terms.goals) == 1 else FRONT))
    for stage in range(STAGES):
        more = length(terms, stage) - (length(terms, stage - 1) if stage else 0)
        runs += points * more
        points //= FACTOR
    return runs


def candidates(trials: Sequence[Trial], terms: Terms) -> list[Trial]:
    """Return the trials to be checked: the best few, or the frontier, no point twice."""
    found: dict[tuple[float, ...], Trial] = {}
    for trial in furthest(trials, terms):
        found.setdefault(tuple(trial.point.values()), trial)
    order = list(found.values())
    return order[:FEW] if len(terms.goals) == 1 else _front(order, terms)


def check(found: Sequence[Trial], terms: Terms, cache: Cache, seed: int) -> Check:
    """Run trials on fresh replications, and choose; errors as `Held.pairs`."""
    both = cache.pairs([trial.point for trial in found], range(2 * terms.check), seed)
    deciding = [pairs.first(terms.check) for pairs in both]
    reporting = [Pairs(p.measures, p.policy[terms.check :], p.baseline[terms.check :]) for p in both]
    words = [word(pairs, terms, len(found)) for pairs in deciding]
    chosen = _choice(deciding, words, terms) if len(terms.goals) == 1 else None
    return Check(tuple(found), tuple(deciding), tuple(reporting), chosen, tuple(words))


def word(pairs: Pairs, terms: Terms, many: int) -> str:
    """Say whether bounds are kept: by one-sided t limits that hold for all bounds of so many points together."""
    breaches = terms.breaches(pairs)
    if not len(breaches):
        return KEPT
    error = (1 - terms.confidence) / (many * len(breaches))
    half = -scipy.special.stdtrit(len(pairs) - 1, error) * breaches.std(axis=1, ddof=1) / np.sqrt(len(pairs))
    middle = breaches.mean(axis=1)
    if (middle - half > 0).any():
        return BROKEN
    return KEPT if (middle + half <= 0).all() else UNCLEAR


def checked_frame(found: Check, space: Space, terms: Terms, seed: int) -> pd.DataFrame:
    """Return a row a checked trial and goal, the goals in the unit of their measure, as differences from the baseline.

    Columns: trial, a column a lever, measure, expected (by the search, from n_expected replications), deciding (mean of
    the deciding half), mean_difference, ci_low_difference, ci_high_difference, se_difference, n, confidence (of the
    reporting half), optimism (expected less the difference, so that more is too good), cost (of the policies a year
    more than the baseline's), bounds (word of the deciding half), chosen, seed.
    """
    import pandas as pd

    rows = []
    for place, trial in enumerate(found.trials):
        for number in range(len(terms.goals)):
            rows.append(_row(found, place, number, terms) | {name: trial.point[name] for name in space.names})
    frame = pd.DataFrame(rows).assign(confidence=terms.confidence, seed=seed)
    return frame[["trial", *space.names, *[name for name in frame if name not in ("trial", *space.names)]]]


def _row(found: Check, place: int, number: int, terms: Terms) -> dict[str, object]:
    trial, goal = found.trials[place], terms.goals[number]
    assert trial.pairs is not None
    expected = float(means(trial, terms)[number])
    fresh = mean_interval(goal.sign * terms.gains(found.reporting[place])[number], terms.confidence)
    return {
        "trial": trial.number,
        "measure": goal.measure,
        "expected": goal.sign * expected,
        "n_expected": len(trial.pairs),
        "deciding": goal.sign * float(terms.gains(found.deciding[place])[number].mean()),
        "mean_difference": fresh.mean,
        "ci_low_difference": fresh.low,
        "ci_high_difference": fresh.high,
        "se_difference": fresh.se,
        "n": fresh.n,
        "optimism": expected - goal.sign * fresh.mean,
        "cost": float(terms.cost(found.reporting[place]).mean()),
        "bounds": found.words[place],
        "chosen": place == found.chosen,
    }


def _front(order: Sequence[Trial], terms: Terms) -> list[Trial]:
    """Return trials that no other dominates, of those that were run on if there are some; spread over the frontier."""
    later = [trial for trial in order if trial.stage > 0]
    among = later if len(later) > 1 else list(order)
    if not among:
        return []
    values = np.array([means(trial, terms) for trial in among])
    front = sorted(
        (t for t, at in zip(among, layers(values), strict=True) if at == 0), key=lambda t: -means(t, terms)[0]
    )
    places = np.unique(np.linspace(0, len(front) - 1, min(FRONT, len(front))).round().astype(int))
    return [front[place] for place in places]


def _choice(deciding: Sequence[Pairs], words: Sequence[str], terms: Terms) -> int | None:
    """Return the place of the best mean of those that clearly keep the bounds, or else may."""
    able = [p for p, said in enumerate(words) if said == KEPT] or [p for p, said in enumerate(words) if said == UNCLEAR]
    values = {place: float(terms.gains(deciding[place])[0].mean()) for place in able}
    return max(values, key=values.__getitem__) if values else None
