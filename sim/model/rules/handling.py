"""Patience, handling and solving a contact."""

import math

from sim.model.rules.chance import clipped


def overrun_patience(patience: float, announced: float, growth: float) -> float:
    """Patience in minutes when impatience grows past an announced wait.

    Up to the announcement the caller waits as before; beyond it the hazard grows by the factor exp(growth * minutes
    over), so the patience left over, s, shrinks to ln(1 + growth s) / growth (after Webb, Yu and Bretthauer).

    >>> overrun_patience(3.0, 5.0, 0.1), overrun_patience(7.0, 5.0, 0.0)
    (3.0, 7.0)
    """
    over = patience - announced
    if over <= 0.0 or growth <= 0.0:
        return patience
    return announced + math.log1p(growth * over) / growth


def expected_wait(ahead: float, handling: float, seats: float) -> float:
    """Wait announced to a caller, in minutes: (callers ahead + 1) * mean handling / seats.

    >>> expected_wait(3.0, 6.0, 8.0)
    3.0
    """
    return (ahead + 1.0) * handling / seats


def experience_factor(competence: float, slow: float, gain: float) -> float:
    """Factor on handling time by competence (score): slow - gain * competence.

    >>> experience_factor(0.0, 1.25, 0.35)
    1.25
    """
    return slow - gain * competence


def pressure_factor(pressure: float, reference: float, elasticity: float, lowest: float, highest: float) -> float:
    """Factor on handling time by work pressure: (pressure / reference)^elasticity, the ratio kept within bounds.

    Oliva and Sterman 2001: agents cut corners under load (elasticity below 0).
    lowest, highest: the ratio of pressure to its reference below and above which handling changes no further.

    >>> pressure_factor(0.72, 0.72, -0.25, 0.5, 2.0), pressure_factor(7.2, 0.72, -1.0, 0.5, 2.0)
    (1.0, 0.5)
    """
    ratio = pressure / reference
    if ratio < lowest:
        ratio = lowest
    if ratio > highest:
        ratio = highest
    return math.pow(ratio, elasticity)


def solve_chance(base: float, slope: float, competence: float, time_factor: float, elasticity: float) -> float:
    """Chance that an agent solves a case in one contact: (base + slope * competence) * min(1, time factor)^elasticity.

    Only time taken away lowers it; more time than usual does not raise it.

    >>> solve_chance(0.45, 0.25, 1.0, 1.1, 0.5)
    0.7
    """
    chance = base + slope * competence
    if time_factor < 1.0:
        chance = chance * math.pow(time_factor, elasticity)
    return clipped(chance)
