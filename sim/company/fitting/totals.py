"""Figures of people taken together, from sums and sums of products: a database adds these up, however many people.

A figure such as a mean order is a function of what each person adds to some sums. Its interval takes people, not rows,
as the independent ones (linearisation, as of a cluster sample): sum over people of (gradient of the figure · their
addition)^2, which the sums of products give. It asks the figure not to change when everybody is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.company.fitting.likelihood import SLOPE_STEP, normal_quantile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Statistic = Callable[[NDArray[np.float64]], float]


class Totals(NamedTuple):
    """What people add up to: how many they are, sums (k,), and sums of products (k, k)."""

    n: int
    sums: NDArray[np.float64]
    products: NDArray[np.float64]


class Figure(NamedTuple):
    """A figure with its interval."""

    value: float
    low: float
    high: float


def add_up(connection: DuckDBPyConnection, table: str, columns: Sequence[str], where: str = "true") -> Totals:
    """Add up columns, and their products, over the rows of a table with a row a person.

    Parameters
    ----------
    columns : SQL expressions, k of them.
    where : SQL condition on the rows.
    """
    size = len(columns)
    products = [f"sum(({one})::DOUBLE * ({other}))" for one in columns for other in columns]
    wanted = ", ".join(["count(*)", *(f"sum({column})" for column in columns), *products])
    found = connection.execute(f"SELECT {wanted} FROM {table} WHERE {where}").fetchone() or (0,)
    numbers = np.array([np.nan if one is None else float(one) for one in found[1:]])
    return Totals(int(found[0]), numbers[:size], numbers[size:].reshape(size, size))


def figure(statistic: Statistic, totals: Totals, level: float) -> Figure:
    """Value of a statistic of the sums, and its interval over people; no interval for one person."""
    value = float(statistic(totals.sums))
    steps = np.diag(SLOPE_STEP * np.maximum(np.abs(totals.sums), 1.0))
    slope = [(statistic(totals.sums + step) - statistic(totals.sums - step)) / (2 * step.sum()) for step in steps]
    if totals.n < 2:
        return Figure(value, np.nan, np.nan)
    variance = float(slope @ totals.products @ slope) * totals.n / (totals.n - 1)
    half = normal_quantile(level) * float(np.sqrt(max(variance, 0.0)))
    return Figure(value, value - half, value + half)


def ratio(sums: NDArray[np.float64]) -> float:
    """First sum over the second."""
    return float(sums[0] / sums[1])


def square_variation(sums: NDArray[np.float64]) -> float:
    """Square of the coefficient of variation from (count, sum, sum of squares); its root has no slope at zero."""
    return square_spread(sums) / float((sums[1] / sums[0]) ** 2)


def square_spread(sums: NDArray[np.float64]) -> float:
    """Variance from (count, sum, sum of squares)."""
    mean = sums[1] / sums[0]
    return float(max(sums[2] / sums[0] - mean * mean, 0.0))


def root(found: Figure) -> Figure:
    """Square root of a figure and of its ends; below zero is zero."""
    return Figure(*(float(np.sqrt(max(end, 0.0))) if end == end else end for end in found))
