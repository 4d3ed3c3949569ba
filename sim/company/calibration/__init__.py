"""From a company in plain numbers to a scenario whose baseline has them.

=====================  ==================================================================================
``arithmetic``         contradictions that need no run
``sizing``             what is known is set, what goes with size and price is scaled, the rest filled in
``knobs``              the parameters that are moved for each number
``targets``            the numbers that must come out, and their scales
``trials``             runs with the knobs moved, under common random numbers, from the store
``settling``           ratios with which a run starts where the company settles
``solver``             rough rounds, slopes, Newton's rounds
``company``            the solution as a scenario, with the intervals of what was solved
``contradiction``      what cannot be met, in words
``result``             the answer
=====================  ==================================================================================
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.company.calibration import arithmetic
from sim.company.calibration.company import UNKNOWN_COLUMNS, fixed, frame, rows, scenario, unknown
from sim.company.calibration.contradiction import Missed, sentence
from sim.company.calibration.errors import CalibrationError, ContradictionError
from sim.company.calibration.result import COLUMNS, PARAMETER_COLUMNS, Calibration
from sim.company.calibration.sizing import Start, start
from sim.company.calibration.solver import FEW, MOST, PILOT, ROUGH_ROUNDS, Solution, Solver
from sim.company.calibration.targets import RETURN, Target, targets
from sim.company.calibration.trials import Trials
from sim.company.calibration.verdict import MISSED, judge
from sim.company.numbers import Company
from sim.errors import arguments
from sim.outcomes.results import describe
from sim.outcomes.statistics import DEFAULT_LEVEL, Interval, mean_interval
from sim.progress import reporting
from sim.running.options import AnyCluster, AnyProgress, Engine, Running, StorePlace

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.scenario import Scenario

__all__ = ["Calibration", "CalibrationError", "ContradictionError", "calibrate"]

TOLERANCE = 0.05
"""Share of a number by which it may be missed, unless somebody says otherwise."""
FINEST, COARSEST = 0.01, 0.25
YEARS = 2.0
"""Years that a number is the mean of, in the last rounds and in the check."""
FEWEST = 10
"""Fewest replications of the check: enough for an interval."""
EXPECTED_ROUNDS = 3
"""Rounds of Newton's method at each number of replications that the time left is reckoned by."""


@arguments("sim.calibrate")
def calibrate(
    company: Company | str | Path,
    *,
    tolerance: float = TOLERANCE,
    anyway: bool = False,
    seed: int | None = None,
    engine: Engine = "auto",
    workers: int | None = None,
    progress: AnyProgress = None,
    store: StorePlace = None,
    cluster: AnyCluster = None,
) -> Calibration:
    """Find the company of the model that has the plain numbers of a real one.

    Numbers that are parameters are set. For each of the others a parameter is moved, in runs under common random
    numbers, until the measure comes out; then the company is run with other random numbers, and what comes out of that
    is compared with the target. A number that is left out is not guessed at: its parameter keeps its assumption and
    its range. Started again, a calibration finds in the run store what was run before.

    Parameters
    ----------
    company : a company, the path of a file that `cxsim new` made, or the name of a shipped example.
    tolerance : share of a number by which it may be missed; from 0.01 to 0.25.
    anyway : return the nearest company where numbers contradict each other, instead of refusing.
    seed : of the scenario, instead of its own; solving uses the next one.
    engine, workers, progress, store, cluster : as in `sim.run`.

    Raises
    ------
    NumberError, ScenarioError, ParameterError : a company that cannot be.
    ContradictionError : numbers that no company of this model has together, and what would help.
    CalibrationError : a tolerance that is none.
    KeyboardInterrupt : when it was stopped; what was run is in the store.
    """
    _check_tolerance(tolerance)
    known = company if isinstance(company, Company) else Company.load(company)
    begun = start(known)
    refused = arithmetic.contradictions(known, begun.scenario)
    if refused:
        raise ContradictionError(_together(known, refused))
    own = begun.scenario if seed is None else begun.scenario.change(seed=seed)
    with reporting(progress) as meter:
        found = targets(known)
        moved = [target.knob for target in found if target.knob is not None]
        base = own.change(policies=(), years=YEARS, seed=own.seed + 1)
        trials = Trials(base, moved, found, meter, _planned(len(moved)), Running(engine, workers, None, store, cluster))
        solution = Solver(trials, tolerance).solve()
        answer = _answer(known, Start(own, begun.filled), trials, solution, tolerance)
    if answer.contradictions and not anyway:
        raise ContradictionError(_together(known, answer.contradictions), answer)
    return answer


def _answer(known: Company, begun: Start, trials: Trials, solution: Solution, tolerance: float) -> Calibration:
    costs = fixed(known, trials, solution)
    solved = scenario(begun.scenario, trials, solution, costs)
    table = _checked(solved, trials, solution, tolerance)
    loss = costs is not None and costs.cost < 0.0
    missed = [one for one in _missed(table, trials, solution) if not (loss and one.target.number.key == RETURN)]
    against = [sentence(one, known, trials, solution) for one in missed] + ([_loss(known)] if loss else [])
    parameters = rows(begun.scenario, trials, solution)
    return Calibration(
        known,
        solved,
        table,
        frame(parameters, PARAMETER_COLUMNS),
        frame(unknown(begun.scenario, trials, known), UNKNOWN_COLUMNS),
        begun.filled,
        tuple(against),
        _manifest(known, solved, trials, solution, tolerance),
    )


def _checked(solved: Scenario, trials: Trials, solution: Solution, tolerance: float) -> pd.DataFrame:
    """Run the company with other random numbers, and compare what comes out with the target."""
    replications = max(FEWEST, solution.replications)
    figures = trials.run([solved.change(policies=(), years=YEARS)], replications)[0]
    came = [mean_interval(target.number.of(figures[target.measure])) for target in trials.targets]
    return frame([_row(t, interval, tolerance) for t, interval in zip(trials.targets, came, strict=True)], COLUMNS)


def _row(target: Target, came: Interval, tolerance: float) -> dict[str, Any]:
    off = float(target.off(came.mean))
    by_chance = math.sqrt(2.0) * (came.high - came.low) / 2.0  # there was as much when the knobs were found
    within = abs(came.mean - target.asked) <= by_chance
    moves = "" if target.knob is None else ", ".join(target.knob.moves)
    number = target.number
    return {
        "number": number.key, "label": number.label, "unit": number.unit, "target": target.asked, "mean": came.mean,
        "ci_low": came.low, "ci_high": came.high, "confidence": DEFAULT_LEVEL, "n": came.n, "off": off,
        "verdict": judge(off, tolerance, within), "moves": moves if number.key != RETURN else "overhead",
    }  # fmt: skip


def _missed(table: pd.DataFrame, trials: Trials, solution: Solution) -> list[Missed]:
    """Numbers that did not come out, with where their knobs ended."""
    found = []
    for n, row in table[table["verdict"] == MISSED].iterrows():
        stuck = int(solution.stuck[n]) if n < len(solution.stuck) else 0
        found.append(Missed(trials.targets[n], (row["mean"], row["ci_low"], row["ci_high"]), stuck))
    return found


def _loss(known: Company) -> str:
    return (
        f"{arithmetic.told(known, RETURN)} cannot be: wages, goods and the rest already leave less, without any fixed "
        "costs; correct it, or gross_margin, average_order, wage or agents."
    )


def _together(known: Company, sentences: tuple[str, ...] | list[str]) -> str:
    return f"{known.name}: the numbers contradict each other. {' '.join(sentences)}"


def _check_tolerance(tolerance: float) -> None:
    if not FINEST <= tolerance <= COARSEST:
        raise CalibrationError(f"tolerance must lie between {FINEST:g} and {COARSEST:g}; {tolerance:g} does not.")


def _planned(knobs: int) -> int:
    """Return about how many runs it will take."""
    early = FEW * (ROUGH_ROUNDS + knobs + EXPECTED_ROUNDS) + PILOT
    return early + EXPECTED_ROUNDS * MOST // 4 + MOST // 4


def _manifest(known: Company, solved: Scenario, trials: Trials, solution: Solution, tolerance: float) -> dict[str, Any]:
    about = describe(
        scenario=solved.to_dict(), seed=solved.seed, reading=solved.reading, baseline="baseline",
        planned=solution.replications, finished=solution.replications,
    )  # fmt: skip
    given = {"name": known.name, "like": known.like, "numbers": dict(known.numbers)}
    given |= {"parameters": dict(known.parameters), "ranges": {k: list(v) for k, v in known.ranges.items()}}
    return about | {"company": given, "tolerance": tolerance, "runs": trials.done}
