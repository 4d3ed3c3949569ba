"""Long-run shares of a Markov chain on two counts, truncated where the chance of being there is negligible."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

# Chance of being at the cut below which the cut is far enough out; means are then good to about 1e-8.
TAIL = 1e-11
# First room for an unlimited count, and the number of states above which solving is refused.
FIRST_ROOM, MOST_STATES = 32, 1 << 20
# Inverse iteration: its shift, the change of shares that ends it, and the most steps.
SHIFT, STILL, MOST_STEPS = 1e-10, 1e-12, 100


class Move(NamedTuple):
    """A change of the two counts by `step`, at a rate that depends on the state (an array over the grid)."""

    rate: NDArray
    step: tuple[int, int]


def generator(moves: list[Move], allowed: NDArray) -> scipy.sparse.csr_array:
    """Rates between the allowed states of a grid, in row order; moves off the grid do not happen.

    Parameters
    ----------
    moves : the changes; each rate array has the shape of the grid, and no move leads to a
        state of the grid that is not allowed.
    allowed : which states of the grid exist, at least one.

    Returns
    -------
    Square sparse array over the allowed states, rows adding to 0.
    """
    number = np.full(allowed.shape, -1)
    number[allowed] = np.arange(allowed.sum())
    froms, tos, rates = [], [], []
    for rate, step in moves:
        here = np.argwhere(allowed & (rate > 0))
        inside = ((here + step >= 0) & (here + step < allowed.shape)).all(axis=1)
        here = here[inside]
        froms.append(number[tuple(here.T)])
        tos.append(number[tuple((here + step).T)])
        rates.append(rate[tuple(here.T)])
    size = int(allowed.sum())
    places = (np.concatenate(froms), np.concatenate(tos))
    off = scipy.sparse.coo_array((np.concatenate(rates).astype(float), places), shape=(size, size)).tocsr()
    return (off - scipy.sparse.diags_array(off.sum(axis=1))).tocsr()


def stationary(moves: list[Move], allowed: NDArray) -> NDArray:
    """Long-run share of each state of the grid, zero where not allowed, by inverse iteration.

    It finds the long-run visits v = P v, where column i of P holds the chances of the next state after i; a
    share is visits x mean stay. For a small e, (1 + e - P)^-1 is positive, and each solve shrinks what is not
    long-run by e / (e + its rate of settling). Leaving out one state's balance instead gives a singular
    system when that state is very unlikely.

    Raises ArithmeticError when that does not converge.
    """
    rates = generator(moves, allowed)
    stay = -1 / rates.diagonal()
    size = stay.size
    system = SHIFT * scipy.sparse.eye_array(size) - rates.T @ scipy.sparse.diags_array(stay)
    factors = scipy.sparse.linalg.splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A")
    visits = np.full(size, 1 / size)
    for _ in range(MOST_STEPS):
        before, visits = visits, np.maximum(factors.solve(visits), 0)
        visits = visits / visits.sum()
        if np.abs(visits - before).sum() < STILL:
            grid = np.zeros(allowed.shape)
            grid[allowed] = visits * stay / (visits @ stay)
            return grid
    raise ArithmeticError(
        f"stationary: a chain of {size} states does not converge; bring the rates closer together "
        "(delays or patience may be millions of times longer or shorter than handling)"
    )


def settle(
    where: str, solve: Callable[[int, int], NDArray], first: tuple[int, int], most: tuple[float, float]
) -> NDArray:
    """Solve with more and more room until the chance of being at a cut is below TAIL.

    Parameters
    ----------
    where : the public function, for the message.
    solve : long-run shares, array of the given sizes of the two counts.
    first : sizes to try first.
    most : natural sizes; infinite for a queue or an orbit without limit.

    Raises ValueError when that takes more than MOST_STATES states.
    """
    sizes = [int(min(first[axis], most[axis])) for axis in (0, 1)]
    while sizes[0] * sizes[1] <= MOST_STATES:
        shares = solve(sizes[0], sizes[1])
        edges = [shares.take(-1, axis=axis).sum() for axis in (0, 1)]
        cut = [axis for axis in (0, 1) if sizes[axis] < most[axis] and edges[axis] > TAIL]
        if not cut:
            return shares
        for axis in cut:
            sizes[axis] = int(min(2 * sizes[axis], most[axis]))
    raise ValueError(
        f"{where}: this needs more than {MOST_STATES} states, because a queue or an orbit is very long; "
        "add agents or managers, or shorten patience or delays"
    )
