"""The simulated bare centre beside the closed forms of queueing theory.

Each case is simulated in independent replications; every measure for which theory has a number is compared with
it by the rule of verdict.py, and Little's law must hold to the microsecond. A comparison passes only if its
standard error is small enough to notice a fault: that is asserted, not assumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

import sim.model.state as s
from sim.contact_centre import QueueResult, queue
from sim.contact_centre.closed_forms import closed_form
from sim.contact_centre.description import describe
from sim.contact_centre.replication import Books
from sim.engines import Engine
from tests.theory.verdict import Reading, Z, agrees

REPLICATIONS = 20
# The second one is used only when the first disagrees with theory.
SEEDS = (1917, 1946)
# Few replications have long tails: this much wider, their t interval is exceeded as rarely as a normal one by Z.
WIDER = float(stats.t.isf(stats.norm.sf(Z), REPLICATIONS - 1)) / Z
# Largest standard error of a comparison, as a share of the number compared with: that which a case's contacts give, and
# in a quick run, which has QUICK_SHARE of them and holds its main measure only to it. ``--standard-error`` says how
# small it has to be in a long run, and contacts are as many more as that takes, with a little to SPARE.
CLOSE, QUICKLY = 0.02, 0.03
# Where nearly nobody waits, or a line is forgotten slowly, so many contacts give no more than this.
RARE = 0.15
QUICK_SHARE = 0.4
SPARE = 1.6
MEAN_MIN = 6
# Measures that depend on the order in which contacts are answered.
BY_ORDER = ("asa_s", "service_level")
EXPONENTIAL = f"exponential mean {MEAN_MIN} min"


@dataclass(frozen=True)
class Case:
    """A centre that theory knows: ``contacts`` are measured over all replications, after ``warm`` handling times."""

    name: str
    form: str
    given: dict[str, Any]
    contacts: int
    main: str = "mean_wait"
    warm: float = 40.0
    error: float = CLOSE
    # Theory is that of this other centre, for all measures that do not depend on who goes first.
    like: dict[str, Any] = field(default_factory=dict)


def centre(agents: int, load: float, **more: Any) -> dict[str, Any]:
    """Arguments of a centre with ``load`` erlangs of first contacts (handled in MEAN_MIN)."""
    return {"agents": agents, "calls_per_hour": load * 60 / MEAN_MIN, "handling": EXPONENTIAL} | more


def classes(*shares: float, **of_each: Sequence[str]) -> dict[str, Any]:
    """Priority classes, the most urgent first."""
    described = [{"name": f"class{k}", "share": share} for k, share in enumerate(shares)]
    for name, values in of_each.items():
        for one, value in zip(described, values, strict=True):
            one[name] = value
    return {"classes": described}


NO_WAIT = {"patience": "deterministic 0 min"}
EIGHT = {"patience": "exponential mean 8 min"}


def exponential_patience(minutes: float) -> dict[str, Any]:
    return {"patience": f"exponential mean {minutes} min"}


def managers(number: int, share: float, how: str, minutes: float = 4) -> dict[str, Any]:
    law = f"exponential mean {minutes} min"
    return {"managers": number, "needs_manager": share, "manager_handling": law, "escalation": how}


def redials(share: float, minutes: float) -> dict[str, Any]:
    return {"redial": share, "redial_delay": f"exponential mean {minutes} min"}


def returns(share: float, minutes: float) -> dict[str, Any]:
    return {"return_": share, "return_delay": f"exponential mean {minutes} min"}


def law(text: str) -> dict[str, Any]:
    return {"handling": text}


SKEWED = "lognormal mean 6 min cv 1.2"
TWO_TIERS, PRIORITIES = "Erlang A and a second tier", "priorities (Cobham)"
HOLD = "hold for a manager"
LAWS = ("deterministic 6 min", "gamma mean 9 min cv 0.6", "exponential mean 4 min")


CASES = (
    # Nobody waits; the law of handling does not matter.
    Case("B1", "Erlang B", centre(1, 0.8, **NO_WAIT), 30_000, "abandonment"),
    Case("B2", "Erlang B", centre(2, 1.5, **NO_WAIT), 30_000, "abandonment"),
    Case("B5", "Erlang B", centre(5, 4, **NO_WAIT), 50_000, "abandonment"),
    Case("B10", "Erlang B", centre(10, 9, **NO_WAIT), 80_000, "abandonment"),
    Case("B50", "Erlang B", centre(50, 48, **NO_WAIT), 240_000, "abandonment"),
    Case("B200", "Erlang B", centre(200, 225, **NO_WAIT), 250_000, "abandonment"),
    Case("B10-lognormal", "Erlang B", centre(10, 9, **NO_WAIT, **law(SKEWED)), 80_000, "abandonment"),
    Case("B5-constant", "Erlang B", centre(5, 4, **NO_WAIT, **law("deterministic 6 min")), 50_000, "abandonment"),
    # Everybody waits.
    Case("C1", "Erlang C", centre(1, 0.6), 150_000, warm=300),
    Case("C2", "Erlang C", centre(2, 1.2), 180_000, warm=200),
    Case("C5", "Erlang C", centre(5, 3.5), 400_000, warm=100),
    Case("C10", "Erlang C", centre(10, 7), 850_000, warm=80),
    Case("C50", "Erlang C", centre(50, 44), 300_000, warm=60, error=RARE),
    Case("C200", "Erlang C", centre(200, 188), 350_000, warm=60, error=RARE),
    # Exponential patience.
    Case("A1", "Erlang A", centre(1, 0.8, **EIGHT), 40_000),
    Case("A2", "Erlang A", centre(2, 1.8, **EIGHT), 60_000),
    Case("A5", "Erlang A", centre(5, 4.5, **EIGHT), 120_000),
    Case("A10", "Erlang A", centre(10, 9.5, **EIGHT), 250_000),
    Case("A50", "Erlang A", centre(50, 53, **EIGHT), 650_000),
    Case("A200", "Erlang A", centre(200, 220, target_seconds=60, **EIGHT), 700_000, warm=20),
    Case("A10-crowded", "Erlang A", centre(10, 14, **exponential_patience(3)), 80_000),
    # Any other patience.
    Case("G5-constant", "M/M/n+G", centre(5, 5, patience="deterministic 4 min"), 120_000),
    Case("G50-constant", "M/M/n+G", centre(50, 54, patience="deterministic 2 min", target_seconds=90), 500_000),
    Case("G10-mixed", "M/M/n+G", centre(10, 10, patience="hyperexponential 40% mean 1 min else 15 min"), 220_000),
    Case("G50-mixed", "M/M/n+G", centre(50, 52, patience="hyperexponential mean 5 min cv 2"), 300_000),
    Case("G10-gamma", "M/M/n+G", centre(10, 10, patience="gamma mean 4 min cv 0.5"), 180_000),
    Case("G5-lognormal", "M/M/n+G", centre(5, 5, patience="lognormal mean 5 min cv 1.2"), 80_000),
    # One agent, any handling.
    Case("M/G/1-constant", "M/G/1", centre(1, 0.6, **law("deterministic 6 min")), 150_000, warm=300),
    Case("M/G/1-gamma", "M/G/1", centre(1, 0.6, **law("gamma mean 6 min cv 0.6")), 150_000, warm=300),
    Case("M/G/1-lognormal", "M/G/1", centre(1, 0.5, **law(SKEWED)), 200_000, warm=400),
    Case("M/G/1-mixed", "M/G/1", centre(1, 0.5, **law("hyperexponential mean 6 min cv 1.5")), 200_000, warm=400),
    # Priorities without interruption.
    Case("P1", PRIORITIES, centre(1, 0.6) | classes(0.4, 0.6), 150_000, warm=300),
    Case("P1-laws", PRIORITIES, centre(1, 0.55) | classes(0.2, 0.3, 0.5, handling=LAWS), 200_000, warm=400),
    Case("P5", PRIORITIES, centre(5, 3.5) | classes(0.5, 0.5), 500_000, warm=100),
    Case("P3", PRIORITIES, centre(3, 2) | classes(0.2, 0.3, 0.5), 500_000, warm=150),
    # One patience for all: who goes first changes no line and no abandonment, only who waits long.
    Case("P10-impatient", "", centre(10, 10, **EIGHT) | classes(0.3, 0.7), 220_000, like=centre(10, 10, **EIGHT)),
    # Asking a manager: with the customer on the line, or passing on.
    Case("hold3", HOLD, centre(3, 1.5, **managers(1, 0.25, "hold")), 500_000, warm=150),
    Case("hold10", HOLD, centre(10, 8, **EIGHT, **managers(2, 0.3, "hold")), 300_000, warm=80),
    Case("hold50", HOLD, centre(50, 44, target_seconds=60, **EIGHT, **managers(7, 0.25, "hold")), 650_000),
    Case("transfer5", TWO_TIERS, centre(5, 3.2, **managers(1, 0.25, "transfer")), 500_000, warm=150),
    Case("transfer10", TWO_TIERS, centre(10, 9, **EIGHT, **managers(2, 0.6, "transfer", 1.8)), 650_000, warm=80),
    # Coming back.
    Case("redial5", "Erlang A with redials", centre(5, 4.5, **exponential_patience(4), **redials(0.6, 15)), 250_000),
    Case("redial20", "Erlang A with redials", centre(20, 21, **exponential_patience(3), **redials(0.5, 8)), 250_000),
    Case("return5", "returns", centre(5, 2.6, **returns(0.25, 30)), 500_000, warm=150),
    Case("return10", "returns", centre(10, 8, **EIGHT, **returns(0.2, 45)), 300_000, warm=100),
)  # fmt: skip
QUICK = ("B5", "A10", "M/G/1-constant", "P1", "hold10", "redial5")


def simulate(case: Case, contacts: int, attempt: int, engine: Engine) -> QueueResult:
    """Run a case so long that about so many contacts are measured, in whole hours."""
    hours = math.ceil(contacts / REPLICATIONS / case.given["calls_per_hour"])
    warm = math.ceil(case.warm * MEAN_MIN / 60)
    run = {"hours": hours, "warmup_hours": warm, "replications": REPLICATIONS, "seed": SEEDS[attempt]}
    return queue(**case.given, **run, engine=engine, workers=1)


def measures(case: Case, result: QueueResult) -> pd.DataFrame:
    """Measures that theory knows: mean, se, theory; those of a class by ``name measure``."""
    assert result.theory.name == case.form
    frame = result.to_frame()
    if case.like:
        run = {"hours": result.centre.hours, "warmup_hours": result.centre.warmup_hours}
        values = closed_form(describe({**case.like, **run}, Path())).values
        frame["theory"] = frame["measure"].map({k: v for k, v in values.items() if k not in BY_ORDER})
    if len(result.centre.classes) > 1:
        by_class = result.classes()
        frame = pd.concat([frame, by_class.assign(measure=by_class["class"] + " " + by_class["measure"])])
    return frame.dropna(subset="theory").set_index("measure")[["mean", "se", "theory"]]


def relative_errors(found: pd.DataFrame) -> pd.Series:
    """Standard errors as shares of the theoretical numbers; what is never anything but 0 has none."""
    chance = found[found["se"] > 0]
    return chance["se"] / chance["theory"]


def readings(found: pd.DataFrame) -> list[Reading]:
    return [Reading(mean, known, WIDER * se) for mean, se, known in found.itertuples(index=False)]


def littles_law_holds(books: Books) -> bool:
    """Whether the time that contacts spent is the area under their number, over the whole run.

    Who is still there at the end has spent time that no contact has booked yet: then the area is larger.
    """
    for level, rows in (
        (s.IN_LINE, (s.WAIT_ANSWERED, s.WAIT_ABANDONED)),
        (s.IN_SYSTEM, (s.SYSTEM_TICKS,)),
    ):
        area = int(books.board[s.BOARD_AREA + level].sum())
        spent = sum(int(books.board[row].sum()) for row in rows)
        if area < spent or (books.levels[level] == 0 and area != spent):
            return False
    return True


def check(case: Case, contacts: int, attempt: int, limits: dict[str, float], engine: Engine = "auto") -> list[Reading]:
    """One trial for verdict.py; ``limits`` are the largest relative standard errors by measure ("" for all)."""
    result = simulate(case, contacts, attempt, engine)
    assert all(littles_law_holds(books) for books in result.books)
    found = measures(case, result)
    errors = relative_errors(found)
    vague = errors[errors > errors.index.map(lambda name: limits.get(name, limits.get("", math.inf)))]
    assert vague.empty, f"{case.name}: too vague to notice a fault: {vague.to_dict()}"
    return readings(found)


@pytest.mark.parametrize("name", QUICK)
def test_a_centre_behaves_as_theory_says(name: str) -> None:
    (case,) = [one for one in CASES if one.name == name]
    size = round(QUICK_SHARE * case.contacts)
    agrees(lambda contacts, attempt: check(case, contacts, attempt, {case.main: QUICKLY}), size)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_measure_of_a_centre_is_as_theory_says(case: Case, standard_error: float) -> None:
    size = math.ceil(SPARE * case.contacts * (case.error / standard_error) ** 2)
    limits = {"": standard_error}
    agrees(lambda contacts, attempt: check(case, contacts, attempt, limits, "compiled"), size)
