"""Numbers that contradict each other, in words: which cannot be met, at the end of which knob, and what would help."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.company.calibration.arithmetic import told
from sim.company.calibration.solver import Solution
from sim.company.calibration.targets import Target
from sim.company.calibration.trials import Trials, Vector
from sim.company.numbers import Company, numbers
from sim.inputs.numbers.knobs import Knob
from sim.inputs.parameters import load
from sim.inputs.uncertainties import at
from sim.wording import listed, lower, quantity

FAR = math.log(3.0)
"""A number that would have to be three times as large, or a third, is no way out."""
MORE = 1.15
"""How many times as many agents are tried, to see what more of them would do."""
SLIGHT = 0.02
"""Change of a number, relative, that changes nothing worth saying."""


@dataclass(frozen=True)
class Missed:
    """A number that did not come out.

    Parameters
    ----------
    target : which.
    came : what came out, and the ends of its interval.
    stuck : -1 or 1 when its knob is at its lower or upper end; 0 when it has none, or did not settle.
    """

    target: Target
    came: tuple[float, float, float]
    stuck: int


def sentence(missed: Missed, company: Company, trials: Trials, solution: Solution) -> str:
    """Say that a number cannot be, why, what it contradicts, and what would help."""
    number, unit = missed.target.number, missed.target.number.unit
    mean, low, high = (_shown(value, unit) for value in missed.came)
    came = f"the {lower(number.label)} is {mean} ({low} to {high})"
    asked = told(company, number.key)
    knob = missed.target.knob
    if knob is None:
        return f"{asked} does not go with the other numbers: with them, {came}; leave it out, or correct one of them."
    if missed.stuck == 0:
        return f"{asked} was not reached: in the nearest company that was found, {came}; look at the other numbers."
    others = [key for key in knob.with_ if key in company.numbers]
    against = f" It contradicts {listed([told(company, key) for key in others])}." if others else ""
    ways = list(_ways(missed, company, trials, solution))
    way = f" It would take about {listed(ways, 'or')}." if ways else ""
    guess = guessed(knob, missed.stuck, company, trials)
    return f"{asked} cannot be: with {_at_its_end(knob, missed.stuck)}, {came}.{against}{way}{guess}"


def guessed(knob: Knob, stuck: int, company: Company, trials: Trials) -> str:
    """Say so where the number of agents was a guess: it may be all that is wrong."""
    if "agents" not in knob.with_ or "agents" in company.numbers or "employees" in company.parameters:
        return ""
    taken = quantity(float(trials.base.value("employees")), "agents")  # type: ignore[arg-type]
    other = "more" if stuck < 0 else "fewer"
    return f" But nobody gave agents, and {taken} were taken for it: with {other} it may be; give yours."


def _at_its_end(knob: Knob, stuck: int) -> str:
    """Say where a knob ends, such as "the patience of callers at its least, 0.4 min"."""
    end = knob.low if stuck < 0 else knob.high
    unit = "share" if knob.how == "beta" else load()[knob.moves[0]].unit
    return f"{knob.called} at its {'least' if stuck < 0 else 'most'} believable, {quantity(end, unit)}"


def _ways(missed: Missed, company: Company, trials: Trials, solution: Solution) -> Iterator[str]:
    """Other values of a single number with which the missed one would come out, all others as they are."""
    knob, row = missed.target.knob, trials.targets.index(missed.target)
    free = np.flatnonzero(solution.stuck == 0)
    short = missed.target.scaled(missed.target.asked) - missed.target.scaled(missed.came[0])
    # What a change of each number on its scale does to the missed one, when the knobs keep all others.
    effect = solution.slopes[row, free] @ np.linalg.pinv(solution.slopes[np.ix_(free, free)])
    for key in knob.with_ if knob else ():
        place = [n for n, column in enumerate(free) if trials.targets[column].number.key == key]
        if place and effect[place[0]] != 0.0:
            target, change = trials.targets[free[place[0]]], float(short / effect[place[0]])
            if SLIGHT < abs(change) < FAR:
                yield told_instead(company, key, float(target.back(target.scaled(target.asked) + change)))
        elif key == "agents" and key in company.numbers:
            yield from _agents(short, row, free, effect, company, trials, solution)


def _agents(
    short: float, row: int, free: NDArray[np.intp], effect: Vector, company: Company, trials: Trials, solution: Solution
) -> Iterator[str]:
    """As many agents as would do, by what some more of them do."""
    base, agents = trials.scenario(solution.x), company.values()["agents"]
    more = at(base, {"employees": float(math.ceil(agents * MORE))}, base.name)
    means = []
    for figures in trials.run([base, more], solution.replications):
        means.append([t.scaled(t.number.of(figures[t.measure].mean())) for t in trials.targets])
    moved = np.subtract(means[1], means[0])
    slope = (moved[row] - effect @ moved[free]) / math.log(math.ceil(agents * MORE) / agents)
    change = short / slope if slope != 0.0 else math.inf
    if SLIGHT < abs(change) < FAR:
        yield told_instead(company, "agents", agents * math.exp(change))


def told_instead(company: Company, key: str, value: float) -> str:
    """Say another value of a number, with what it is now."""
    number = numbers()[key]
    now = company.values()[key]
    return f"{number.label.lower()} of {_shown(value, number.unit)} instead of {_shown(now, number.unit)}"


def _shown(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value:.0f} s"
    return quantity(float(f"{value:.3g}"), unit)
