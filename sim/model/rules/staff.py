"""Agents: learning, stress, courtesy, quitting; and how many seats the load asks for."""

import math

from sim.model.rules.chance import clipped


def competence_at(novice: float, days: float, learning_days: float, trained: float) -> float:
    """Competence (score) after a tenure: 1 - (1 - novice) exp(-days / learning_days), plus what training adds.

    >>> competence_at(0.3, 0.0, 200.0, 0.0)
    0.30000000000000004
    """
    return clipped(1.0 - (1.0 - novice) * math.exp(-days / learning_days) + trained)


def courtesy(base: float, stress: float, loss: float, attitude: float, reference: float, gain: float) -> float:
    """Courtesy (score): base - loss * stress + gain * (attitude - reference); stressed agents kick the cat.

    >>> courtesy(0.8, 0.0, 0.35, 0.68, 0.68, 0.3)
    0.8
    """
    return clipped(base - loss * stress + gain * (attitude - reference))


def stress_after(stress: float, rise: float) -> float:
    """Stress (score) after an angry contact or a hard day: stress + rise * (1 - stress), so it stays below 1.

    >>> stress_after(0.5, 0.5)
    0.75
    """
    return stress + rise * (1.0 - stress)


def attitude_after(attitude: float, tone: float, mean: float, top: float, peers: float) -> float:
    """Attitude (score) a day later: drawn to the tone from the top and to the mean of the colleagues.

    attitude + top * (tone - attitude) + peers * (mean - attitude); tone: what it is lived as by this agent, stress
    taken off.

    >>> attitude_after(0.5, 1.0, 0.5, 0.5, 0.25)
    0.75
    """
    return clipped(attitude + top * (tone - attitude) + peers * (mean - attitude))


def angry_chance(base: float, repeats: float, per_repeat: float, broken: float, rude: float) -> float:
    """Chance that a contact is an angry one; repeats, a broken promise and rudeness add to it.

    >>> angry_chance(0.25, 0.0, 0.12, 0.0, 0.0)
    0.25
    """
    return clipped(base + repeats * per_repeat + broken + (rude if rude > 0.0 else 0.0))


def quit_chance(rate: float, slope: float, stress: float, reference: float, cap: float, years: float) -> float:
    """Chance that an agent quits in a time: 1 - exp(-years min(cap, rate exp(slope (stress - reference)))).

    >>> quit_chance(0.0, 2.0, 0.9, 0.3, 2.0, 1.0)
    0.0
    """
    hazard = rate * math.exp(slope * (stress - reference))
    if hazard > cap:
        hazard = cap
    return -math.expm1(-years * hazard)


def seats_for(load: float, beta: float) -> float:
    """Seats for an offered load (Erlangs) by the square-root rule: load + beta * sqrt(load).

    >>> seats_for(9.0, 1.0)
    12.0
    """
    return load + beta * math.sqrt(load)
