"""The decision sheet: what a planner weighs, a row a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from sim.outcomes import statistics
from sim.studies.choose.belief import Belief, belief
from sim.studies.choose.feasibility import BROKEN
from sim.studies.choose.returns import returned
from sim.studies.choose.selection import Outcome
from sim.studies.choose.terms import Terms

if TYPE_CHECKING:
    import pandas as pd

CHOSEN, TIED, LEFT, BEATEN, BREAKS = "chosen", "the same", "not told apart", "beaten", "breaks a constraint"
COLUMNS = [
    "policy", "standing", "constraints", "n", "mean", "mean_difference", "ci_low_simultaneous",
    "ci_high_simultaneous", "p_best", "regret", "own_costs", "roi", "ci_low_roi", "ci_high_roi", "p_roi", "out_after",
    "beaten_by", "confidence", "comparisons",
]  # fmt: skip
DEFINITIONS = {
    "mean": "mean of the baseline plus the paired difference",
    "mean_difference": "paired difference from the baseline",
    "ci_low_simultaneous": "lower end of its interval, which holds for all policies together",
    "ci_high_simultaneous": "upper end of that interval",
    "p_best": "probability of being the best of those that do not break a constraint",
    "regret": "what choosing it gives away on expectation",
    "own_costs": "launch and running costs more than the baseline's, over the years run",
    "roi": "gain in profit over own costs",
    "ci_low_roi": "lower end of its interval",
    "ci_high_roi": "upper end of its interval",
    "p_roi": "probability that the return is above zero",
    "n": "replications",
}
"""What the columns of a decision sheet mean."""


def units(unit: str) -> dict[str, str]:
    """Return the units of a decision sheet by a measure of this unit."""
    own = ("mean", "mean_difference", "ci_low_simultaneous", "ci_high_simultaneous", "regret")
    shares = ("p_best", "roi", "ci_low_roi", "ci_high_roi", "p_roi")
    return dict.fromkeys(own, unit) | dict.fromkeys(shares, "share") | {"own_costs": "money"}


@dataclass(frozen=True)
class More:
    """What one more replication of every policy would buy.

    Parameters
    ----------
    worth : expected gain from choosing with it (unit of the measure).
    lead, half_width, then : difference of the chosen from its nearest rival, half-width of its interval now, and as
        expected after one more (unit of the measure; not corrected for many comparisons).
    rival : the policy most likely to be better; "" when there is none.
    """

    worth: float
    rival: str
    lead: float
    half_width: float
    then: float


def sheet(outcome: Outcome, terms: Terms) -> tuple[pd.DataFrame, pd.DataFrame, More]:
    """Return the decision sheet, the probability of each place, and what one more replication would buy.

    Returns
    -------
    A frame with a row a policy, the baseline first: policy, standing ("chosen", "the same": never differs from it, "not
    told apart", "beaten", "breaks a constraint"), constraints ("kept", "not clear", "broken"), n (replications), mean
    (that of the baseline plus the paired difference), mean_difference (from the baseline), ci_low_simultaneous,
    ci_high_simultaneous (which hold for all policies together at `confidence`: Bonferroni over `comparisons`),
    p_best, regret (see `sim.studies.choose.belief`, among those that do not break a constraint), own_costs, roi,
    ci_low_roi, ci_high_roi, p_roi (see `sim.studies.choose.returns`), out_after (replications), beaten_by. A frame
    with columns policy, rank (1 is the best) and probability, likeliest first. And `More`.
    """
    import pandas as pd

    found = outcome.figures
    able = [place for place, label in enumerate(found.labels) if outcome.words[label] != BROKEN]
    believed = belief(found, terms.measure, terms.sign)
    rows = [_row(outcome, terms, place) for place in range(len(found.labels))]
    frame = pd.DataFrame(rows).assign(
        p_best=believed.best(able), regret=believed.regret(able), confidence=terms.confidence
    )
    frame = frame.assign(comparisons=len(rows) - 1)[COLUMNS]
    return frame, _ranks(found.labels, believed, able), _more(outcome, terms, believed, able)


def _ranks(labels: Sequence[str], believed: Belief, able: list[int]) -> pd.DataFrame:
    import pandas as pd

    table = believed.ranks(able)
    order = sorted(range(len(able)), key=lambda row: -believed.means[able[row]])
    rows = [(labels[able[row]], rank + 1, float(table[row, rank])) for row in order for rank in range(len(able))]
    return pd.DataFrame(rows, columns=["policy", "rank", "probability"])


def _row(outcome: Outcome, terms: Terms, place: int) -> dict[str, object]:
    found = outcome.figures
    label = found.labels[place]
    after, by = outcome.out.get(label, (None, ""))
    mean, low, high = _difference(outcome, terms, place)
    money = returned(found, place, terms.confidence)
    return {
        "policy": label,
        "standing": _standing(outcome, label),
        "constraints": outcome.words[label],
        "n": int(found.counts[place]),
        "mean": float(found.of(terms.measure, 0).mean()) + mean,
        "mean_difference": mean,
        "ci_low_simultaneous": low,
        "ci_high_simultaneous": high,
        "own_costs": money.costs,
        "roi": money.ratio,
        "ci_low_roi": money.low,
        "ci_high_roi": money.high,
        "p_roi": money.positive,
        "out_after": after,
        "beaten_by": by,
    }


def _difference(outcome: Outcome, terms: Terms, place: int) -> tuple[float, float, float]:
    """Difference from the baseline with its simultaneous interval; none for the baseline itself."""
    if place == 0:
        return 0.0, np.nan, np.nan
    error = (1 - terms.confidence) / (len(outcome.figures.labels) - 1)
    found = statistics.mean_interval(outcome.figures.difference(terms.measure, place, 0), 1 - error)
    return found.mean, found.low, found.high


def _standing(outcome: Outcome, label: str) -> str:
    if label == outcome.chosen:
        return CHOSEN
    if label in outcome.tied:
        return TIED
    if label in outcome.left:
        return LEFT
    return BREAKS if outcome.words[label] == BROKEN else BEATEN


def _more(outcome: Outcome, terms: Terms, believed: Belief, able: list[int]) -> More:
    """What one more replication of everybody who may be chosen buys."""
    found = outcome.figures
    if outcome.chosen is None:
        return More(np.nan, "", np.nan, np.nan, np.nan)
    chosen = found.labels.index(outcome.chosen)
    rivals = [place for place in able if place != chosen and found.labels[place] not in outcome.tied]
    worth = believed.worth_of_more(able)
    if not rivals:
        return More(worth, "", np.nan, np.nan, np.nan)
    ahead = [(believed.draws[:, place] > believed.draws[:, chosen]).mean() for place in rivals]
    means = [believed.means[place] for place in rivals]
    rival = rivals[int(np.lexsort((means, ahead))[-1])]
    lead = found.difference(terms.measure, chosen, rival)
    return More(worth, found.labels[rival], float(lead.mean()), *_halves(lead, terms.confidence))


def _halves(lead: np.ndarray, level: float) -> tuple[float, float]:
    """Half-width of the interval of a mean, now and with one more replication of the same spread."""
    spread, size = lead.std(ddof=1), lead.size
    now, then = (float(-scipy.special.stdtrit(n - 1, (1 - level) / 2) * spread / np.sqrt(n)) for n in (size, size + 1))
    return now, then
