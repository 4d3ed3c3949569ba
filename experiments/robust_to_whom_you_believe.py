"""Which policies stay good whichever document one believes and wherever in their ranges the assumptions lie?

Five documents disagree about how many people hear of good and bad service, and hundreds of numbers behind the model are
known within a range only. A policy that is best with the numbers as they stand may be best there alone. So policies
are run with the numbers as they stand, and then in many futures: every uncertain number anywhere in its range, every
reading of the evidence believed equally often. Said is how often each policy is best, what one may regret, and when it
fails.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt), with
the many futures in the folder futures/ inside, and prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import question
from question import Asked, Question, Size, effect, row

import sim
from sim import Empowerment, Policy, Promises, Recovery, Study, Training, charts
from sim.outcomes.measures import CATALOGUE
from sim.studies.futures import Futures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POLICIES: tuple[Policy, ...] = (Empowerment(), Training(), Recovery(), Promises())
MEASURE, GOOD_ENOUGH = "profit_a_year", "profit_a_year >= 0 difference"
FUTURES, QUICK_FUTURES = 200, 10
CLOSER = 4
"""Replications of the numbers as they stand, over those of each future."""
SHOWN = ("churn", "csat", "told_bad", MEASURE)
BOARD = (13.0, 5.6)
"""Inches of the chart of the numbers as they stand."""


# -- what is run -------------------------------------------------------------------------------------------------


def as_they_stand(asked: Asked) -> Study:
    """Run the policies with the scenario's own numbers and reading."""
    return closer(asked).compare(asked.scenario, POLICIES)


def closer(asked: Asked) -> Asked:
    """Return the same with the replications of the numbers as they stand."""
    return asked if asked.quick else replace(asked, replications=CLOSER * asked.replications)


def in_many_futures(asked: Asked) -> Futures:
    """Run the policies in many futures, with the same replications."""
    count = asked.own.futures
    return sim.futures(
        asked.scenario,
        POLICIES,
        futures=(QUICK_FUTURES if asked.quick else FUTURES) if count is None else count,
        measure=MEASURE,
        constraints=[GOOD_ENOUGH],
        replications=asked.replications,
        **asked.running,
    )


def options(parser: argparse.ArgumentParser) -> None:
    """Add how many futures."""
    text = f"futures that are sampled (default {FUTURES}; quick {QUICK_FUTURES})"
    parser.add_argument("--futures", type=int, help=text)


# -- the answer --------------------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Mapping[str, Any]) -> str:
    """Put both studies into words."""
    study = studies["stand"]
    paragraphs = [standing(asked, study)]
    if "futures" in studies:
        found: Futures = studies["futures"]
        paragraphs += [survives(study, found), found.text()]
    return "\n\n".join(paragraphs)


def standing(asked: Asked, study: Study) -> str:
    """Say what the policies do with the numbers as they stand."""
    frame = question.differences(study)
    told = [f"{policy.label} {effect(row(frame, policy.label, MEASURE), MEASURE)}" for policy in POLICIES]
    best, others = question.inseparable(study, MEASURE)
    text = f"As the numbers stand ({question.length(closer(asked))}): {'; '.join(told)}. Best on the mean is {best}"
    return text + (f", not clearly apart from {question.listed(others)}." if others else ", clear of all others.")


def survives(study: Study, found: Futures) -> str:
    """Say whether what is best with the numbers as they stand stays so."""
    best, _ = question.inseparable(study, MEASURE)
    share = found.best_shares().set_index("policy").loc[best]
    often = f"{share['share']:.0%} of futures ({share['ci_low'] * 100:.0f} to {share['ci_high'] * 100:.0f})".replace(
        "%", " %"
    )
    words = (
        "stays best in most"
        if share["ci_low"] > 1 / 2
        else "does not stay best in most"
        if share["ci_high"] < 1 / 2
        else ("is not shown to stay best in most")
    )
    return f"What is best as the numbers stand, {best}, {words}: in {often}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """Give the charts: the numbers as they stand, then the many futures."""
    figure = charts.blank(BOARD)
    title = "What the policies change while every number stays as it stands"
    labels = {policy.label: policy.label for policy in POLICIES}
    study: Study = studies["stand"]
    levels = {study.baseline: study.baseline} | labels
    charts.paired_dots(
        question.differences(study),
        figure,
        measures=SHOWN,
        levels=levels,
        labels=CATALOGUE,
        title=title,
        source=question.source(asked),
    )
    yield "as-they-stand", figure
    if "futures" in studies:
        yield from studies["futures"].figures().items()


QUESTION = Question(
    name="robust_to_whom_you_believe",
    text=__doc__ or "",
    studies={"stand": as_they_stand, "futures": in_many_futures},  # type: ignore[dict-item]
    answer=answer,
    draw=draw,
    size=Size(replications=3, years=2.0),
    quick=Size(replications=2, years=0.3),
    options=options,
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
