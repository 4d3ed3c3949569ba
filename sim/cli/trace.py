"""``cxsim trace``: what happens to one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli import arguments, options, tables
from sim.cli.options import OnePolicy, Period, Progress, Replication, ScenarioName, question

BUSIEST = "busiest"
Person = Annotated[
    str,
    question("--person", metavar="K", text="Number of the person, from 0, or busiest: the one with most events."),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, trace, panel=options.UPKEEP, see="questions")


def trace(
    scenario: ScenarioName,
    *,
    person: Person = BUSIEST,
    policy: OnePolicy = None,
    replication: Replication = 0,
    period: Period,
    progress: Progress = False,
) -> None:
    """Tell what happens to one customer, step by step.

    Example: cxsim trace small_company --person 7 --years 0.5
    """
    import sim

    found = sim.trace(
        scenario,
        int(person) if person.isdecimal() else person,
        policy=arguments.maybe(policy),
        replication=replication,
        progress=options.shown(progress),
        **period.settings(),
    )
    tables.say(str(found))
