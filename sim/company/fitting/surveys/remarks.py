"""What should be known of a fit of a survey, a sentence each."""

from __future__ import annotations

import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.surveys.goodwill import GoodwillMap, can_tell, mapped, same_slope, says_goodwill, two_slopes
from sim.company.fitting.surveys.problem import LEAST, Effect
from sim.company.fitting.surveys.shares import MODEL_POINTS
from sim.company.fitting.totals import Figure

DOUBT = 0.05
"""Chance below which one slope for both middles is called unlikely."""


def remarks(clean: Clean, answers: pd.DataFrame, law: GoodwillMap | None, problem: Effect | None) -> tuple[str, ...]:
    """Say what should be known, in the order in which it matters."""
    both = mapped(answers)
    found = [*_of_map(both, law), *_of_problem(clean, law, problem)]
    rated = answers.dropna(subset="points")
    if len(rated):
        found.append(
            "How felt experience is cut into classes (the bounds of delight, content and discontent) is left alone: "
            "answers tell how many are in each class, not where on the scale of what was felt it begins."
        )
        if (rated["top"] != MODEL_POINTS).any():
            tops = " and ".join(f"{top:g}" for top in sorted(rated["top"].unique()))
            found.append(f"CSAT counts the upper two of {tops} points; the model's own counts 4 and 5 of 5.")
    found.append("People who answer are not all customers: nothing here corrects for who answers, beyond the weights.")
    return tuple(found)


def _of_map(both: pd.DataFrame, law: GoodwillMap | None) -> list[str]:
    if both.empty:
        return ["Nobody answered both how satisfied he is and whether he recommends: no map from goodwill to NPS."]
    if law is None:
        why = "the more satisfied do not recommend more" if can_tell(both) else "too few differ in either answer"
        return [f"No map from goodwill to NPS is fitted: {why}."]
    found = [
        "Satisfaction, scaled to 0-1, stands for goodwill. It comes in few points and with an error of its own, which "
        "flattens the slope, and it is asked after one episode."
    ]
    if not says_goodwill(law):
        _, upper, lower = law.shapes
        found.append(
            f"Half of the customers would be promoters at a satisfaction of {upper:.2f}, detractors at {lower:.2f}: "
            "off its scale. These answers say too little of goodwill, and the map is told but not handed on."
        )
    p = same_slope(*two_slopes(both))
    if p < DOUBT:
        found.append(f"One slope for promoters and detractors, as the model has it, is unlikely here (p {p:.2g}).")
    return found


def _of_problem(clean: Clean, law: GoodwillMap | None, problem: Effect | None) -> list[str]:
    if not clean.has("problem"):
        return ["No column says who had a problem, so nothing is said of its effect."]
    if problem is None:
        return [f"Fewer than {LEAST} answers with a problem, or without one: nothing is said of its effect."]
    if law is None:
        return []
    seen, predicted, left = problem.seen, problem.predicted, problem.left
    verdict = "within chance" if left.low <= 0 <= left.high else "more than chance"
    found = [
        f"With a problem NPS is {_span(seen)} points from that without; the map predicts {_span(predicted)} from "
        f"satisfaction alone. The rest, {_span(left)}, is {verdict}."
    ]
    if verdict == "more than chance" and 0 < problem.share.value < 1:
        found.append(
            f"All of it would come out of the map if {problem.share.value:.0%} of how answers of satisfaction differ "
            "were goodwill and the rest error. For a single question on satisfaction at work that is 45 % to 69 % "
            "(Wanous, Reichers & Hudy 1997)."
        )
    return found


def _span(found: Figure) -> str:
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"
