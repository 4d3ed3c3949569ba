"""At which points the model is evaluated, and which of those that were drawn could not be.

The methods of SALib need complete blocks of points (a trajectory of Morris's, a block of Saltelli's). A block that
holds a point which contradicts itself is left out whole and the next one drawn takes its place; no value is ever put
in for a point that was not run. That confines the study to the part of the ranges that is possible, so it is said, and
refused when it happens to more than a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.inputs.uncertainties import Range, scaled
from sim.studies.sensitivity.model import Model, Point
from sim.studies.sensitivity.subject import SensitivityError

if TYPE_CHECKING:
    import pandas as pd

Cube = NDArray[np.float64]
MOST_TRACED = 5
"""Of so many infeasible points it is found out which ranges contradict each other; each takes some resolving."""


@dataclass(frozen=True)
class Infeasible:
    """A point that cannot be: its name, the parameters that contradict each other there, and why."""

    point: str
    parameters: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Design:
    """Points to evaluate.

    Parameters
    ----------
    found : ranges of the parameters.
    points : by name, in the order that the method needs.
    cube : the same points as numbers from 0 to 1 within the ranges, shape (points, parameters); empty for a tornado.
    block : points that belong together.
    replaced : blocks that were left out for a point that cannot be.
    infeasible : those points.
    """

    found: Sequence[Range]
    points: Mapping[str, Point]
    cube: Cube = field(default_factory=lambda: np.empty((0, 0)))
    block: int = 1
    replaced: int = 0
    infeasible: tuple[Infeasible, ...] = ()

    @property
    def problem(self) -> dict[str, object]:
        """The parameters as SALib wants them: all within 0 and 1, so that indices are per full range."""
        return problem(self.found)

    @property
    def settings(self) -> pd.DataFrame:
        """Values of the parameters: a row a point, a column a parameter."""
        import pandas as pd

        middle = {one.name: one.value for one in self.found}
        return pd.DataFrame([middle | dict(point) for point in self.points.values()], index=list(self.points))


def problem(found: Sequence[Range]) -> dict[str, object]:
    """Return the parameters as SALib wants them."""
    names = [one.name for one in found]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def in_blocks(
    found: Sequence[Range], model: Model, draw: Callable[[int], Cube], wanted: int, *, word: str, most: float
) -> Design:
    """Draw so many whole blocks of feasible points.

    Parameters
    ----------
    draw : gives the cube of so many blocks, one below the other; more blocks begin with the same ones.
    wanted : number of blocks.
    word : what a block is called.
    most : refuse when more blocks would have to be replaced than this, over those wanted.

    Raises
    ------
    SensitivityError : too many blocks hold points that cannot be.
    """
    cube, tried = draw(wanted), 0
    size = len(cube) // wanted
    rows: list[int] = []
    points: dict[str, Point] = {}
    refused: dict[str, tuple[Point, str]] = {}
    while len(rows) < wanted * size:
        if tried * size == len(cube):
            cube = draw(2 * tried)
        block = range(tried * size, (tried + 1) * size)
        named = {f"{word} {tried + 1}, point {k + 1}": p for k, p in enumerate(scaled(found, cube[block]))}
        tried += 1
        contradiction = _first_refused(model, named)
        if contradiction is None:
            rows += block
            points |= named
            continue
        refused |= contradiction
        if len(refused) > most * wanted:
            raise _too_many(tried, word, traced(model, refused))
    return Design(found, points, cube[rows], size, len(refused), traced(model, refused))


def _first_refused(model: Model, named: Mapping[str, Point]) -> dict[str, tuple[Point, str]] | None:
    """Return the first point that cannot be, and why; one is enough to leave out its block."""
    for name, point in named.items():
        why = model.infeasible({name: point})
        if why:
            return {name: (point, why[name])}
    return None


def traced(model: Model, refused: Mapping[str, tuple[Point, str]]) -> tuple[Infeasible, ...]:
    """Find out of the first few infeasible points which parameters contradict each other there."""
    return tuple(
        Infeasible(name, conflict(model, point) if place < MOST_TRACED else (), why)
        for place, (name, (point, why)) in enumerate(refused.items())
    )


def conflict(model: Model, point: Point) -> tuple[str, ...]:
    """Return parameters of an infeasible point that contradict each other all by themselves, and none to spare.

    The others are as in the scenario. One after the other is found by bisection: of parameters in a row, the first
    with which the point becomes impossible belongs to the conflict (U. Junker, 2004, QuickXplain, AAAI-04, 167-172).
    """
    names, known = list(point), list[str]()

    def impossible(some: Sequence[str]) -> bool:
        return bool(model.infeasible({"": {name: point[name] for name in (*some, *known)}}))

    while names and not impossible([]):
        few, enough = 0, len(names)
        while enough - few > 1:
            half = (few + enough) // 2
            few, enough = (few, half) if impossible(names[:half]) else (half, enough)
        known.append(names[enough - 1])
        names = names[: enough - 1]
    return tuple(name for name in point if name in known)


def culprits(infeasible: Sequence[Infeasible]) -> list[str]:
    """Return the sets of parameters that contradict each other, as text, each once."""
    return list(dict.fromkeys(" with ".join(one.parameters) for one in infeasible if one.parameters))


def _too_many(tried: int, word: str, infeasible: Sequence[Infeasible]) -> SensitivityError:
    return SensitivityError(
        f"{len(infeasible)} of {tried} {_plural(word)} hold points that cannot be: the ranges contradict each other, "
        f"{'; '.join(culprits(infeasible))}. Narrow one of each (--range NAME=LOW:HIGH, ranges=), or leave it out. "
        f"First: {infeasible[0].why}"
    )


def _plural(word: str) -> str:
    return word.removesuffix("y") + "ies" if word.endswith("y") else f"{word}s"
