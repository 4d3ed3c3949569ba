"""Friends: who knows whom. How the number of ties spreads, and how often two friends of one person know each other.

People are taken as independent for the intervals, which ties between them are not; and a sample of ties is no sample of
people. Whoever is reached by asking others for names has more ties than most, and whose friends were not all asked
seems to have fewer. So the mean number of ties is told and not handed to the model; their spread in logs is, by way of
the model's own graph.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sim.company.fitting.clean import Clean
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.friends.circles import FEWEST, MEAN, circles, degree_frame, fit_circles
from sim.company.fitting.friends.near import model_graph
from sim.company.fitting.kind_fit import KindFit

if TYPE_CHECKING:
    import pandas as pd

KIND = "friends"
WHOLE = ""
"""Key of all ties together."""


def fit(clean: Clean, *, until: date | str | None = None, level: float = 0.95) -> KindFit:
    """Fit an edge list.

    Parameters
    ----------
    clean : friends, with columns a and b, and network if there are several.
    until : has no meaning for ties, which have no date.
    level : of the intervals.

    Raises
    ------
    FitError : no ties.
    """
    estimates: list[Estimate] = []
    degrees: dict[str, pd.DataFrame] = {}
    for name, ties in _networks(clean).items():
        with circles(clean.connection, ties) as of:
            estimates += fit_circles(of, name, level)
            degrees[name] = degree_frame(of)
    own, said = model_graph(estimates)
    estimates += own
    taken = [one for one in estimates if one.parameter]
    return KindFit(
        KIND,
        tuple(estimates),
        {},
        {one.parameter: one.value for one in taken},
        {one.parameter: (one.low, one.high) for one in taken},
        {"degrees": degrees[WHOLE]},
        remarks=(*_remarks(estimates), said),
    )


def _networks(clean: Clean) -> dict[str, str]:
    """Queries of all ties together, and of each network when there are several, by name."""
    if not clean.has("a", "b"):
        raise FitError("friends: no two columns say who knows whom; map them, as in --map a=COLUMN --map b=COLUMN.")
    ties = clean.connection.execute(f"SELECT count(*) FROM {clean.table}").fetchone()
    if not ties or not ties[0]:
        raise FitError("friends: there are no ties; the table needs a row a pair of people who know each other.")
    found = {WHOLE: f"(SELECT a, b FROM {clean.table})"}
    if not clean.has("network"):
        return found
    query = f"SELECT DISTINCT network FROM {clean.table} WHERE network <> '' ORDER BY 1"
    names = [name for (name,) in clean.connection.execute(query).fetchall()]
    quoted = {name: name.replace("'", "''") for name in names if len(names) > 1}
    return found | {name: f"(SELECT a, b FROM {clean.table} WHERE network = '{own}')" for name, own in quoted.items()}


def _remarks(estimates: list[Estimate]) -> list[str]:
    people = next(one for one in estimates if one.name == MEAN and one.key == WHOLE)
    if people.n < FEWEST:
        return [f"Only {people.n} people have a tie: too few to say how their number spreads."]
    return [
        f"The mean of {people.value:.1f} friends belongs to how these ties were gathered, so it is told but not handed "
        "on. People without any are not in the list.",
        "Intervals take people as independent, which their ties are not: they are too narrow.",
    ]
