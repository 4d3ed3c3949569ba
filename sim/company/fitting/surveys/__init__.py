"""Surveys: how many are satisfied and recommend, how the two hang together, and what a problem does to them.

`fit` gives CSAT and NPS (`shares`), the map from goodwill to NPS as the model has it (`goodwill`), and the effect of a
problem, of which the map predicts a part (`problem`). Answers are counted by what they say, with their weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.company.fitting.clean import Clean
from sim.company.fitting.cutoff import day_of
from sim.company.fitting.estimate import Estimate, plain
from sim.company.fitting.kind_fit import KindFit
from sim.company.fitting.surveys.answers import read_answers
from sim.company.fitting.surveys.figures import (
    by_satisfaction,
    curve,
    effect_estimates,
    effect_frame,
    map_estimates,
    slopes_alone,
)
from sim.company.fitting.surveys.goodwill import fit_map, mapped, says_goodwill
from sim.company.fitting.surveys.problem import effect
from sim.company.fitting.surveys.remarks import remarks
from sim.company.fitting.surveys.shares import fit_shares

if TYPE_CHECKING:
    import pandas as pd

KIND = "surveys"
NUMBERS = ("csat", "nps")


def fit(clean: Clean, *, until: date | str | None = None, level: float = 0.95) -> KindFit:
    """Fit a survey.

    Parameters
    ----------
    clean : surveys, with nps or satisfaction (and points and top), and problem and weight if they are known.
    until : only answers until that day count, where they have a date. Answers are not forecast.
    level : of the intervals.

    Raises
    ------
    FitError : no answers.
    """
    answers = read_answers(clean, day_of(until))
    both = mapped(answers)
    law = fit_map(both)
    problem = effect(answers, law, level)
    shares, found = fit_shares(answers, level), []
    curves: dict[str, pd.DataFrame] = {}
    if law is not None:
        found += [*map_estimates(both, law, level), *slopes_alone(both, level)]
        curves |= {"nps_by_satisfaction": by_satisfaction(both, law, level), "nps_map": curve(law)}
    if problem is not None:
        found += effect_estimates(problem)
        curves["problem"] = effect_frame(problem)
    taken = [one for one in found if one.parameter] if law is not None and says_goodwill(law) else []
    return KindFit(
        KIND,
        (*shares, *found),
        _numbers(shares),
        {one.parameter: one.value for one in taken},
        {one.parameter: (one.low, one.high) for one in taken},
        curves,
        remarks=remarks(clean, answers, law, problem),
    )


def _numbers(shares: Sequence[Estimate]) -> dict[str, Any]:
    return {one.name: plain(one.value) for one in shares if one.name in NUMBERS}
