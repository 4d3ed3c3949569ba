"""Made-up customers of a known truth: purchases, cohorts, answers; and clean tables of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.purchases.histories import Records

FIRST_DAY = pd.Timestamp("2021-01-01")
WEEK = 7.0
TYPES = {
    "row": "BIGINT", "customer": "BIGINT", "date": "DATE", "value": "DOUBLE", "quantity": "DOUBLE",
    "nps": "INTEGER", "satisfaction": "DOUBLE", "points": "INTEGER", "top": "INTEGER", "problem": "BOOLEAN",
    "weight": "DOUBLE", "a": "INTEGER", "b": "INTEGER", "network": "VARCHAR",
    "cohort": "VARCHAR", "period": "INTEGER", "alive": "DOUBLE", "start": "DOUBLE",
}  # fmt: skip
"""Types of the clean table's columns, as the reader makes them."""


@contextmanager
def clean(kind: str, frame: pd.DataFrame) -> Iterator[Clean]:
    """A clean table of these records."""
    columns = ", ".join(f'"{name}"::{TYPES[name]} AS "{name}"' for name in frame)
    with duckdb.connect() as connection:
        connection.register("given", frame)
        connection.execute(f"CREATE TABLE records AS SELECT row_number() OVER () AS row, {columns} FROM given")
        connection.unregister("given")
        yield Clean(kind, connection, "records", tuple(frame.columns), len(frame))


def buyers(
    rng: np.random.Generator, shapes: tuple[float, float, float, float], weeks: NDArray[np.float64],
    at_first: bool = False, regularity: int = 1,
) -> list[NDArray[np.float64]]:  # fmt: skip
    """Weeks after the first purchase at which customers, each seen for so many weeks, buy again."""
    r, alpha, a, b = shapes
    rate, leaving = rng.gamma(r, 1 / alpha, len(weeks)), rng.beta(a, b, len(weeks))
    found = []
    for own, chance, seen in zip(rate, leaving, weeks, strict=True):
        most = rng.geometric(chance) - at_first if chance > 0 else 10**9  # repeat purchases until the last one
        gaps = rng.gamma(regularity, 1 / own, size=min(most, int(3 * own * seen / regularity) + 20))
        times = np.cumsum(gaps)
        found.append(times[times < seen])
    return found


def grouped(times: list[NDArray[np.float64]], weeks: NDArray[np.float64]) -> Records:
    """Records of the law, without the rounding to days."""
    last = np.array([own[-1] if len(own) else 0.0 for own in times])
    gaps = np.concatenate([np.diff(own, prepend=0.0) for own in times])
    return Records(
        np.array([float(len(own)) for own in times]), last, weeks, np.ones(len(weeks)), float(np.log(gaps).sum())
    )


def sales(
    times: list[NDArray[np.float64]], weeks: NDArray[np.float64], value: NDArray[np.float64] | None = None
) -> pd.DataFrame:
    """Purchases by day of customers who were seen for so many weeks until the end, the longest from the first day."""
    start = np.rint((weeks.max() - weeks) * WEEK)
    rows = [
        (customer, start[customer] + day) for customer, own in enumerate(times) for day in (0.0, *np.rint(own * WEEK))
    ]
    frame = pd.DataFrame(rows, columns=["customer", "day"])
    dates = FIRST_DAY + pd.to_timedelta(frame["day"], unit="D")
    found = frame.assign(date=dates)[["customer", "date"]]
    return found if value is None else found.assign(value=np.resize(value, len(found)))


def answers(
    rng: np.random.Generator, count: int, shapes: tuple[float, float, float], problems: float = 0.15, harm: float = 0.5
) -> pd.DataFrame:
    """Answers by the model's map: slope, promoter_mid, detractor_mid; a problem takes ``harm`` points of five away."""
    slope, upper, lower = shapes
    problem = rng.random(count) < problems
    points = np.clip(np.rint(rng.normal(4.0 - harm * problem, 0.9)), 1, 5)
    goodwill = (points - 1) / 4
    u = rng.random(count)
    promoter = u < scipy.special.expit(slope * (goodwill - upper))
    detractor = 1 - u < scipy.special.expit(-slope * (goodwill - lower))
    nps = np.where(
        promoter, rng.integers(9, 11, count), np.where(detractor, rng.integers(0, 7, count), rng.integers(7, 9, count))
    )
    return pd.DataFrame(
        {"nps": nps, "points": points, "top": 5, "satisfaction": goodwill, "problem": problem,
         "weight": rng.lognormal(0, 0.4, count)}
    )  # fmt: skip


def survivors(rng: np.random.Generator, alpha: float, beta: float, customers: int, periods: int) -> NDArray[np.int64]:
    """Customers of a cohort still there after 0, 1 ... renewals, by chances of their own."""
    leaving = rng.beta(alpha, beta, customers)
    lasts = rng.geometric(leaving)
    return np.array([(lasts > period).sum() for period in range(periods + 1)])
