"""A company whose best levels are known: profit is a quadratic bowl of three levers, and every level has its price.

Without a budget the best is the bowl's own top. With one that binds it lies on the boundary, where Lagrange's condition
holds: x = top - lambda * price / (2 * weight), with lambda such that price . x is the budget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.studies.search import Lever, Space

TOP, WEIGHTS, PRICES, HEIGHT = (
    np.array([0.7, 0.6, 0.8]),
    np.array([100.0, 60.0, 40.0]),
    np.array([40.0, 30.0, 30.0]),
    80.0,
)
OWN, COMMON = 10.0, 20.0
"""Spread of a point's own luck, and of the luck that it shares with the baseline."""
SPACE = Space((Lever("empowerment", "level", 0.0, 1.0), Lever("training", "level", 0.0, 1.0),
               Lever("rapport", "chance", 0.0, 1.0)))  # fmt: skip


def levels(point: Mapping[str, float]) -> np.ndarray:
    return np.array([point[name] for name in SPACE.names])


def worth(x: np.ndarray) -> float:
    return HEIGHT - float(WEIGHTS @ (x - TOP) ** 2)


def best(budget: float) -> np.ndarray:
    """By Lagrange; inside the ranges for the budgets of the tests."""
    shortage = PRICES @ TOP - budget
    return TOP - max(0.0, shortage) / (PRICES**2 / WEIGHTS).sum() * PRICES / WEIGHTS


def luck(seed: int, replication: int, x: np.ndarray | None = None) -> float:
    own = () if x is None else tuple(int(level * 1e9) for level in x)
    return float(np.random.default_rng((seed, replication, *own)).standard_normal())


@dataclass
class Quadratic:
    """Figures of the bowl.

    `own`, `common` and `favour` (luck that all points share, and the baseline does not) are spreads; `stop_after` runs
    the user stops it; `impossible` says which points cannot be run;
    `pause` seconds go by at each call; `asked` notes seed, replications and number of points of each call.
    """

    own: float = OWN
    common: float = COMMON
    favour: float = 0.0
    stop_after: float = np.inf
    impossible: Callable[[np.ndarray], bool] = lambda x: False
    pause: float = 0.0
    terms: list[tuple[int, range, int]] = field(default_factory=list)
    runs: int = 0
    stopped: bool = False
    measures: tuple[str, ...] = ("profit_a_year", "programmes", "launch")

    def refusal(self, point: Mapping[str, float]) -> str | None:
        return "it cannot be" if self.impossible(levels(point)) else None

    def figures(
        self, points: Mapping[str, Mapping[str, float] | None], replications: range, seed: int
    ) -> dict[str, np.ndarray]:
        time.sleep(self.pause)
        self.terms.append((seed, replications, len(points)))
        done = replications[: max(0, int(min(len(replications), (self.stop_after - self.runs) // len(points))))]
        self.runs += len(done) * len(points)
        self.stopped = len(done) < len(replications) or self.runs >= self.stop_after
        found = {name: np.array([self.row(point, seed, number) for number in done]) for name, point in points.items()}
        return {name: rows.reshape(len(done), len(self.measures)) for name, rows in found.items()}

    def row(self, point: Mapping[str, float] | None, seed: int, replication: int) -> list[float]:
        shared = self.common * luck(seed, replication)
        if point is None:
            return [shared, 0.0, 0.0]
        x = levels(point)
        shared += self.favour * luck(seed, replication, np.ones(1))
        return [shared + worth(x) + self.own * luck(seed, replication, x), float(PRICES @ x), 0.0]


@dataclass
class Two(Quadratic):
    """Two goals: profit falls with the square of the distance from `PROFITABLE`, CSAT from `PLEASANT`.

    With equal weights the frontier is the straight line between the two.
    """

    own: float = 1.0
    measures: tuple[str, ...] = ("profit_a_year", "csat", "programmes", "launch")

    def row(self, point: Mapping[str, float] | None, seed: int, replication: int) -> list[float]:
        shared = self.common * luck(seed, replication)
        if point is None:
            return [shared, 0.5, 0.0, 0.0]
        x = levels(point)
        own = self.own * luck(seed, replication, x)
        profit = shared + 100 * (1 - ((x - PROFITABLE) ** 2).sum()) + own
        return [profit, 0.5 + 0.2 * (1 - ((x - PLEASANT) ** 2).sum()) + own / 1000, 0.0, 0.0]


PROFITABLE, PLEASANT = np.array([0.2, 0.3, 0.3]), np.array([0.8, 0.7, 0.7])


def from_the_line(x: np.ndarray) -> float:
    """Distance from the line between the two."""
    along = PLEASANT - PROFITABLE
    share = np.clip((x - PROFITABLE) @ along / (along @ along), 0.0, 1.0)
    return float(np.linalg.norm(x - PROFITABLE - share * along))
