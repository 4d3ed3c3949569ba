"""People and their circles: how many ties each has, and how many pairs of their friends know each other.

Triangles are counted in the database: every tie is turned toward the end that has more ties, so that nobody has many
turned away from him, and each triangle is found once, at its least connected corner (Chiba & Nishizeki 1985).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import scipy

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.totals import Figure, Statistic, add_up, figure, ratio, root, square_spread, square_variation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SUBJECT = "friends"
SIGMA, CV, MEAN = "graph_degree_sigma", "graph_degree_cv", "graph_degree_mean"
TRANSITIVITY, LOCAL = "graph_transitivity", "graph_local_clustering"
FEWEST = 50
"""People with a tie below which nothing is said of how their number spreads."""
_number = count()

OWN = """
CREATE TEMP TABLE {people} AS
WITH ends AS (SELECT a AS id FROM {ties} UNION ALL SELECT b FROM {ties}),
degrees AS (SELECT id, count(*) AS degree FROM ends GROUP BY id),
turned AS (
    SELECT CASE WHEN (x.degree, x.id) < (y.degree, y.id) THEN a ELSE b END AS low,
           CASE WHEN (x.degree, x.id) < (y.degree, y.id) THEN b ELSE a END AS high
    FROM {ties} JOIN degrees x ON x.id = a JOIN degrees y ON y.id = b
), corners AS (
    SELECT unnest([one.low, one.high, other.high]) AS id
    FROM turned one JOIN turned other ON one.high = other.low JOIN turned third
         ON third.low = one.low AND third.high = other.high
), closed AS (SELECT id, count(*) AS closed FROM corners GROUP BY id)
SELECT id, degree::DOUBLE AS degree, coalesce(closed, 0)::DOUBLE AS closed, degree * (degree - 1) / 2.0 AS triples
FROM degrees LEFT JOIN closed USING (id)
"""


class Circles(NamedTuple):
    """A table of people: id, degree (ties), closed (pairs of friends who know each other), triples (all such pairs)."""

    connection: DuckDBPyConnection
    people: str


@contextmanager
def circles(connection: DuckDBPyConnection, ties: str) -> Iterator[Circles]:
    """Make the table of people, and drop it afterwards.

    Parameters
    ----------
    ties : table, or query in brackets, with integers a and b; each pair once, nobody with himself.
    """
    people = f"friends_people_{next(_number)}"
    try:
        connection.execute(OWN.format(people=people, ties=ties))
        yield Circles(connection, people)
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {people}")


def fit_circles(of: Circles, key: str, level: float) -> list[Estimate]:
    """Estimate degrees and clustering of the people of one network; only means when they are few."""
    n, mean = _of(of, ("degree", "1"), ratio, level)
    found = [Estimate(SUBJECT, MEAN, key, n, *mean, "people", "belongs to how the sample was drawn")]
    if n < FEWEST:
        return found
    _, sigma = _of(of, ("1", "ln(degree)", "ln(degree) ** 2"), square_spread, level)
    _, cv = _of(of, ("1", "degree", "degree * degree"), square_variation, level)
    _, whole = _of(of, ("closed", "triples"), ratio, level)
    _, local = _of(of, ("CASE WHEN triples > 0 THEN closed / triples ELSE 0 END", "1"), ratio, level)
    fit = f"KS lognormal {_distance(degree_frame(of)):.3f}"
    return [
        Estimate(SUBJECT, SIGMA, key, n, *root(sigma), "log friends", fit),
        Estimate(SUBJECT, CV, key, n, *root(cv), "ratio", f"mean {mean.value:.1f} friends"),
        *found,
        Estimate(SUBJECT, TRANSITIVITY, key, n, *_above_zero(whole), "share", "of all pairs of friends"),
        Estimate(SUBJECT, LOCAL, key, n, *_above_zero(local), "share", "mean over people; 0 with one friend"),
    ]


def _of(of: Circles, columns: tuple[str, ...], statistic: Statistic, level: float) -> tuple[int, Figure]:
    totals = add_up(of.connection, of.people, columns)
    return totals.n, figure(statistic, totals, level)


def _above_zero(found: Figure) -> Figure:
    return Figure(found.value, max(found.low, 0.0), found.high)


def degree_frame(of: Circles) -> pd.DataFrame:
    """Frame of the check-fit plot.

    Returns
    -------
    Columns degree, people (who have so many ties), at_least (share who have as many or more), fitted (that of the
    lognormal of the same mean and spread of logs; half a tie below, as ties are whole).
    """
    query = f"SELECT degree::INTEGER AS degree, count(*) AS people FROM {of.people} GROUP BY 1 ORDER BY 1"
    frame = of.connection.execute(query).df()
    total, logs = frame["people"].sum(), np.log(frame["degree"])
    mean = (logs * frame["people"]).sum() / total
    sigma = math.sqrt(((logs - mean) ** 2 * frame["people"]).sum() / total)
    frame["at_least"] = frame["people"][::-1].cumsum()[::-1] / total
    z = (np.log(frame["degree"] - 0.5) - mean) / sigma if sigma > 0 else np.full(len(frame), np.nan)
    return frame.assign(fitted=scipy.special.ndtr(-z))


def _distance(frame: pd.DataFrame) -> float:
    """Kolmogorov's distance of the log degrees from the normal of their mean and spread."""
    share, logs = frame["people"] / frame["people"].sum(), np.log(frame["degree"])
    mean = (logs * share).sum()
    sigma = math.sqrt(((logs - mean) ** 2 * share).sum())
    if sigma == 0:
        return math.nan
    law, upper = scipy.special.ndtr((logs - mean) / sigma), share.cumsum()
    return float(np.maximum((upper - law).abs(), (upper - share - law).abs()).max())
