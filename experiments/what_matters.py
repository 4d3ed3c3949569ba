"""What decides whether empowerment pays?

Nobody knows the numbers of a company exactly. All of those that are uncertain are moved within the ranges that their
sources support: first all of them together, in steps all over the ranges, to find the few that matter (Morris); then
those few one at a time, from end to end, for what empowerment adds to profit and for profit itself, with the values at
which empowerment turns from a gain into a loss. ``--quick`` screens the numbers about authority and money only, in two
trajectories.

Writes a study's folder (empowerment with the scenario's own numbers: summary.csv, replications.parquet,
cohorts.parquet, manifest.json), in it the folders screening, effect and level (sensitivity.csv, sensitivity-points.csv,
sensitivity.json), charts/ and answer.txt, and prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import question
from question import Asked, Question, Size, Studies, gain, row, verdict

import sim
from sim import Empowerment, Study
from sim.inputs.parameters import load
from sim.inputs.uncertainties import ranges
from sim.studies.sensitivity import Sensitivity, sensitivity
from sim.studies.sensitivity.pictures import figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POLICY = Empowerment()
PLAIN, SCREENING, EFFECT, LEVEL = "plain", "screening", "effect", "level"
TRAJECTORIES, QUICK_TRAJECTORIES = 3, 2
CLOSER = 4
"""Replications of a number that is looked at by itself, over those of the screening."""
QUICK_SUBJECTS = ("authority",)
"""Parameter files that a first look screens."""
TOP, QUICK_TOP = 12, 4
"""How many parameters are looked at one at a time."""


# -- what is run -------------------------------------------------------------------------------------------------


def run_plain(asked: Asked) -> Study:
    """Run empowerment against the company as it is, with the scenario's own numbers."""
    return asked.compare(asked.scenario, [POLICY])


def screened(asked: Asked) -> list[str]:
    """Return the names of the parameters that are screened: all uncertain ones, or a few of them for a first look."""
    names = [found.name for found in ranges(asked.scenario, policies=[POLICY])]
    return [name for name in names if not asked.quick or load()[name].subject in QUICK_SUBJECTS]


def run_screening(asked: Asked) -> Sensitivity:
    """Take steps all over the ranges: what moves the effect of empowerment on profit at all?"""
    trajectories = QUICK_TRAJECTORIES if asked.quick else TRAJECTORIES
    return sensitivity(
        asked.scenario,
        POLICY,
        method="morris",
        parameters=screened(asked),
        trajectories=trajectories,
        replications=asked.replications,
        **asked.running,
    )


def few(asked: Asked) -> list[str]:
    """Return the parameters that move it most, by the screening as it was saved."""
    frame = sim.load(asked.own.out / SCREENING, "sensitivity").to_frame()
    return frame["parameter"].head(QUICK_TOP if asked.quick else TOP).tolist()


def closer(asked: Asked) -> int:
    """Return how many replications each of those few gets."""
    return asked.replications if asked.quick else CLOSER * asked.replications


def run_effect(asked: Asked) -> Sensitivity:
    """Move those few one at a time: what empowerment adds to profit."""
    return sensitivity(asked.scenario, POLICY, parameters=few(asked), replications=closer(asked), **asked.running)


def run_level(asked: Asked) -> Sensitivity:
    """Move the same few one at a time: profit itself, without empowerment."""
    return sensitivity(asked.scenario, parameters=few(asked), replications=closer(asked), **asked.running)


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraphs that a planner reads first; every number with its 95 % interval."""
    plain = row(question.differences(studies[PLAIN]), POLICY.label, "profit_a_year")
    words = ("pays", "does not pay", "neither clearly pays nor clearly costs")
    first = (
        f"With the scenario's own numbers {POLICY.label} {verdict(plain, words)}: it changes profit a year by "
        f"{gain(plain, 'profit_a_year')}. From {question.length(asked)}."
    )
    heads = {
        SCREENING: f"All at once, in steps over the ranges of {len(screened(asked))} parameters.",
        EFFECT: "One at a time, what empowerment adds to profit.",
        LEVEL: "One at a time, profit itself.",
    }
    return "\n\n".join([first, *(f"{head} {studies[name].text()}" for name, head in heads.items() if name in studies)])


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck."""
    for place, name in enumerate((SCREENING, EFFECT, LEVEL)):
        if name in studies:
            (figure,) = figures(studies[name], TOP).values()
            yield f"{place + 1}-{name}", figure


QUESTION = Question(
    name="what_matters",
    text=__doc__,
    studies={PLAIN: run_plain, SCREENING: run_screening, EFFECT: run_effect, LEVEL: run_level},
    answer=answer,
    draw=draw,
    size=Size(replications=3, years=1),
    quick=Size(replications=3, years=0.5),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
