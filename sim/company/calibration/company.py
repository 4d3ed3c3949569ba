"""From a solution to the scenario: knobs become parameters with ranges, and fixed costs what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.company.calibration.sizing import rounded
from sim.company.calibration.solver import Solution
from sim.company.calibration.steady_state import RATIOS
from sim.company.calibration.targets import RETURN
from sim.company.calibration.trials import REVENUE, Trials, Vector
from sim.company.numbers import Company, numbers
from sim.inputs.numbers.knobs import Knob, knobs
from sim.inputs.parameters import load
from sim.inputs.scenario import Scenario
from sim.outcomes.statistics import DEFAULT_LEVEL

if TYPE_CHECKING:
    import pandas as pd

OVERHEAD = "overhead"
UNKNOWN_COLUMNS = ["parameter", "unit", "value", "range_low", "range_high", "because"]


@dataclass(frozen=True)
class Fixed:
    """Yearly fixed costs that leave the return on sales that was given, and what a year's luck leaves open of them."""

    cost: float
    low: float
    high: float


def errors(solution: Solution) -> Vector:
    """Standard errors of the knobs, as far as the luck of one year's numbers leaves them open: (knobs,).

    The numbers' covariance over years of the same company, taken back through the slopes; NaN for a knob at its end.
    """
    free = np.flatnonzero(solution.stuck == 0)
    back = np.linalg.pinv(solution.slopes[np.ix_(free, free)])
    spread = back @ solution.chance[np.ix_(free, free)] @ back.T
    found = np.full(len(solution.x), np.nan)
    found[free] = np.sqrt(np.maximum(np.diag(spread), 0.0))
    return found


def fixed(company: Company, trials: Trials, solution: Solution) -> Fixed | None:
    """Settle fixed costs by the return on sales, if somebody gave it; nothing else in the model follows from them."""
    asked = company.values().get(RETURN)
    if asked is None:
        return None
    figures = trials.figures([solution.x], solution.replications)[0]
    revenue = figures[REVENUE].mean() / trials.base.years
    held = _number(trials.base, OVERHEAD) + revenue * (figures[numbers()[RETURN].realised] - asked)
    half = _normal() * held.std(ddof=1) * np.sqrt(trials.base.years)  # of one year
    return Fixed(rounded(held.mean()), rounded(held.mean() - half), rounded(held.mean() + half))


def scenario(start: Scenario, trials: Trials, solution: Solution, costs: Fixed | None) -> Scenario:
    """Return the company with what was solved, and with the ranges of it."""
    solved = trials.scenario(solution.x)
    names = [name for knob in trials.knobs for name in knob.moves]
    values = {name: _digits(solved.parameters[name]) for name in (*names, *RATIOS)}
    ranges = {row["parameter"]: (row["ci_low"], row["ci_high"]) for row in rows(start, trials, solution)}
    if costs is not None:
        values[OVERHEAD], ranges[OVERHEAD] = max(0.0, costs.cost), (max(0.0, costs.low), max(0.0, costs.high))
    return start.override(**values).change(ranges={**start.ranges, **ranges})


def rows(start: Scenario, trials: Trials, solution: Solution) -> list[dict[str, Any]]:
    """Rows of `sim.company.calibration.result.Calibration.parameters`, of the knobs."""
    found = []
    half = _normal() * errors(solution)
    for n, knob in enumerate(trials.knobs):
        ends = knob.ends(trials.base)
        low, middle, high = (
            knob.moved(trials.base, float(np.clip(x, *ends)))
            for x in (solution.x[n] - np.nan_to_num(half[n]), solution.x[n], solution.x[n] + np.nan_to_num(half[n]))
        )
        for name in knob.moves:
            lower, upper = sorted((rounded(low[name]), rounded(high[name])))
            found.append(_row(name, rounded(middle[name]), lower, upper, trials.targets[n].number.key))
    return found


def unknown(start: Scenario, trials: Trials, company: Company) -> list[dict[str, Any]]:
    """Rows of `sim.company.calibration.result.Calibration.unknown`: knobs that nothing was moved for."""
    moved = {knob.name for knob in trials.knobs}
    held = {*company.parameters, *start.ranges}
    left = [knob for knob in knobs().values() if knob.name not in moved and not held.intersection(knob.moves)]
    return [_as_shipped(start, knob) for knob in left if load()[knob.moves[0]].low is not None]


def _as_shipped(start: Scenario, knob: Knob) -> dict[str, Any]:
    parameter = load()[knob.moves[0]]
    row = _row(parameter.name, _number(start, parameter.name), parameter.low, parameter.high, " or ".join(knob.numbers))
    return {name: row[name] for name in UNKNOWN_COLUMNS}


def _row(name: str, value: float, low: float | None, high: float | None, because: str) -> dict[str, Any]:
    parameter = load()[name]
    shipped = parameter.value if isinstance(parameter.value, float) else float("nan")
    return {
        "parameter": name, "unit": parameter.unit, "value": value, "ci_low": low, "ci_high": high, "shipped": shipped,
        "range_low": parameter.low, "range_high": parameter.high, "because": because,
    }  # fmt: skip


def frame(found: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Return rows as a frame with these columns, be there none."""
    import pandas as pd

    return pd.DataFrame(found, columns=columns)


def _digits(value: Any) -> Any:
    if isinstance(value, dict):
        return {segment: rounded(one) for segment, one in value.items()}
    return rounded(float(value))


def _number(of: Scenario, name: str) -> float:
    value = of.value(name)
    return value[0] if isinstance(value, tuple) else value


def _normal() -> float:
    """How many standard errors an interval reaches to either side."""
    import scipy

    return float(scipy.stats.norm.ppf((1.0 + DEFAULT_LEVEL) / 2.0))
