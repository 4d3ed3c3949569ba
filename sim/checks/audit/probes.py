"""What went in must come back out: the reference customer is put through one experience (sim/checks/probe.py)."""

from __future__ import annotations

from sim.checks import probe
from sim.checks.audit.task import Advance, Figures, Task
from sim.inputs.evidence import claims, readings

GOOD, POOR, SPECIAL = "attitude-2016-good-tell", "attitude-2016-poor-tell", "smart-2010-special-spreads"
YEARS = 2.0
"""The documents' horizon of remembering: two years."""


def reference_customer(task: Task, advance: Advance) -> Figures:
    """Probe staying, avoiding and forgetting."""
    scenario, n, r = task.scenario, task.people, task.replication
    return {
        "stays_major_quick": probe.repurchase(scenario, "major", "quick", n, r).found,
        "stays_major_silent": probe.repurchase(scenario, "major", "silent", n, r).found,
        "avoids_after_two_years": probe.avoiding(scenario, YEARS, n, r).found,
        "good_remembered": probe.remembering(scenario, YEARS, n, r).found,
    }


def tellers(task: Task, advance: Advance) -> Figures:
    """Probe how many people are told, in the scenario's reading of the evidence and in the claims' own."""
    found: Figures = {}
    for reading in dict.fromkeys((task.scenario.reading, own_reading(GOOD), own_reading(POOR))):
        scenario = task.scenario.change(reading=reading)
        good, bad = probe.tells(scenario, task.people, task.replication)
        found |= {named("tells_good", reading): good.found, named("tells_bad", reading): bad.found}
        many = probe.telling_many(scenario, many_people(), task.people, task.replication)
        found[named("tells_bad_many", reading)] = many.found
    return found


def many_people() -> int:
    """Return how many people poor service is told to at most, as a document has it."""
    return int(claims()[POOR].values[0])


def own_reading(claim: str) -> str:
    """Return the reading of the evidence that rests on a claim; the first of several."""
    return next(name for name, reading in readings().items() if claim in reading.claims)


def named(figure: str, reading: str) -> str:
    """Name of a figure under a reading."""
    return f"{figure}, {reading}"
