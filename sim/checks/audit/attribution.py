"""Which cause each customer would name: the part of an episode that moves its quality most away from expectation.

The quality of an episode less the reference customer's expectation e is a sum of parts. With the outcome O, its weight
w, the seven factors f_k and their relative weights v_k,

    q - e = w (O - e) + (1 - w) sum over k of v_k (f_k - e).

The outcome of a quick end is worth more than that of a slow one, and that more is what a quick resolution is; so are
parts *quick resolution* (this, and the factor speed), *solved or not* (the rest of the outcome), *explaining again*
(the factor information), and the other factors. A satisfied customer names the largest part, a dissatisfied one the
smallest, unless it points the other way.

Outcome and factors are asked of the model's own step: with all weight on one of them, the quality of a case is that
one. The episodes are those of the readable engine, at the instant in which a case closes; who suffers in silence has
no contact to blame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import sim.model.columns as t
import sim.model.state as s
from sim.checks.audit.task import Advance, Figures, Task
from sim.engines.readable import Company
from sim.engines.start import build
from sim.model.clock import DAY
from sim.model.steps.cases import grade_of
from sim.model.steps.quality import quality_of

PEOPLE_YEARS, WARM_UP = 5_000.0, 0.05
"""People-years that are watched on the readable engine, but at most one year; and years before them that are not."""
FACTORS = range(t.WEIGHT_SPEED, t.WEIGHT_REWARD + 1)
SOLVED, QUICKLY = "solved or not", "quick resolution"
NAMES = {
    t.WEIGHT_SPEED: QUICKLY,
    t.WEIGHT_PERSONAL: "personal interaction",
    t.WEIGHT_PROMISE: "promises",
    t.WEIGHT_COMPETENCE: "courtesy and competence",
    t.WEIGHT_INFORMATION: "explaining again",
    t.WEIGHT_ATTITUDE: "attitude",
    t.WEIGHT_REWARD: "reward",
}
PLEASED = (s.FELT_DELIGHTED, s.FELT_SATISFIED)
RESOLVED = (s.CASES_QUICK, s.CASES_RESOLVED)


@dataclass
class Witness:
    """Stands by when cases close, and notes what made each what it was.

    Attributes
    ----------
    company : the engine that is watched; its steps go on as they are.
    first : instant from which on cases are noted (ticks).
    parts : for each case the parts by name; ``pleased``: whether its customer was satisfied.
    """

    company: Company
    first: int
    parts: list[dict[str, float]] = field(default_factory=list)
    pleased: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._step = self.company.step
        self.company.step = self.step

    def step(self, event: int, state: s.State, params: s.Params, c: int, now: int) -> tuple[int, int]:
        """Let the step happen; note the case when it is its last."""
        if event != s.CLOSE or now < self.first:
            return self._step(event, state, params, c, now)
        grade = grade_of(state, params, c, now)
        followed = s.RESOLVED if grade == s.UNRESOLVED else grade  # the grade if the company gets back by itself
        parts = {ended: parts_of(state, params, c, ended, now) for ended in {grade, followed}}
        pleased, resolved = _today(state, PLEASED), _today(state, RESOLVED)
        after = self._step(event, state, params, c, now)
        self.pleased.append(_today(state, PLEASED) > pleased)
        self.parts.append(parts[followed if _today(state, RESOLVED) > resolved else grade])
        return after


def _today(state: s.State, rows: tuple[int, ...]) -> int:
    """Sum of rows of the board so far today."""
    bucket = state.company_i[s.BUCKET_NOW]
    return int(sum(state.board[row, bucket] for row in rows))


def parts_of(state: s.State, params: s.Params, c: int, grade: int, now: int) -> dict[str, float]:
    """Return the parts of a case that closes now (score); they add up to its quality less the expectation."""
    table = np.array(params)
    segment = state.status[s.SEGMENT, state.case[s.PERSON, c]]
    expected, weight = table[t.REFERENCE_EXPECTATION, segment], table[t.OUTCOME_WEIGHT, segment]
    shares = table[FACTORS, segment] / table[FACTORS, segment].sum()
    slow = s.RESOLVED if grade == s.QUICK else grade
    outcome, plain = (_outcome(state, table, c, g, now) for g in (grade, slow))
    parts = dict.fromkeys(NAMES.values(), 0.0) | {SOLVED: weight * (plain - expected)}
    parts[QUICKLY] += weight * (outcome - plain)
    for row, share in zip(FACTORS, shares, strict=True):
        parts[NAMES[row]] += (1.0 - weight) * share * (_factor(state, table, c, grade, now, row) - expected)
    return parts


def _outcome(state: s.State, table: np.ndarray, c: int, grade: int, now: int) -> float:
    only = table.copy(order="F")
    only[t.OUTCOME_WEIGHT] = 1.0
    return quality_of(state, only.data, c, grade, now)


def _factor(state: s.State, table: np.ndarray, c: int, grade: int, now: int, row: int) -> float:
    only = table.copy(order="F")
    only[t.OUTCOME_WEIGHT] = 0.0
    only[FACTORS] = 0.0
    only[row] = 1.0
    return quality_of(state, only.data, c, grade, now)


def attribution(task: Task, advance: Advance) -> Figures:
    """Share of satisfied (dissatisfied) customers that name a quick resolution (explaining again)."""
    people = float(task.scenario.value("market_size"))  # type: ignore[arg-type]
    short = task.scenario.change(years=min(1.0, PEOPLE_YEARS / people), warm_up=WARM_UP)
    resolved = short.resolve()
    company = Company(build(resolved, task.replication), resolved.phases, short.days)
    witness = Witness(company, short.first_day * DAY)
    company.run(lambda day: advance(day / short.days))
    pleased = np.array(witness.pleased, dtype=bool)
    found: Figures = {}
    for name, chosen, sign, cause in (
        ("good", pleased, 1.0, QUICKLY),
        ("bad", ~pleased, -1.0, NAMES[t.WEIGHT_INFORMATION]),
    ):
        parts = _table(witness.parts, chosen)
        found |= {f"{name}: {what}": value for what, value in _named(parts, sign, cause).items()}
    return found


def _table(parts: list[dict[str, float]], chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Parts of the chosen episodes by name: (episodes,) each."""
    kept = [entry for entry, wanted in zip(parts, chosen, strict=True) if wanted]
    return {name: np.array([entry[name] for entry in kept]) for name in (SOLVED, *NAMES.values())}


def _named(parts: dict[str, Any], sign: float, cause: str) -> Figures:
    """Share of episodes in which a cause is the main one, and in which it is one of the causes."""
    if not len(parts[cause]):
        return {"main cause": np.nan, "one of the causes": np.nan}
    largest = np.max([sign * values for values in parts.values()], axis=0)
    counts = sign * parts[cause] > 0.0
    return {
        "main cause": float(np.mean(counts & (sign * parts[cause] >= largest))),
        "one of the causes": float(np.mean(counts)),
    }
