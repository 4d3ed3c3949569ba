"""``cxsim scenario``: a company as a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.board import limit_in_words
from sim.cli.options import OUTPUT, ScenarioName, option

if TYPE_CHECKING:
    from sim.inputs.scenario import Scenario

Full = Annotated[bool, option(OUTPUT, "--full", text="Write every parameter, not only those that differ.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, scenario, panel=options.EVIDENCE, see="questions")


def scenario(name: ScenarioName, *, full: Full = False) -> None:
    """Print a scenario as TOML, with the money limit that its empowerment level implies.

    Example: cxsim scenario small_company --full
    """
    import sim

    sys.stdout.write(scenario_text(sim.Scenario.load(name), full))


def scenario_text(chosen: Scenario, full: bool = False) -> str:
    """Return a scenario as TOML that reads back as the same; ``full`` writes every parameter out."""
    from sim.running.experiment import money_limits

    lines = [
        f"# Segment {segment}: agents decide alone {limit_in_words(about)}."
        for segment, about in money_limits(chosen).items()
    ]
    lines += [f"# {sentence}" for sentence in chosen.outside()]
    shown = chosen.override(**_all_values(chosen)) if full else chosen
    return "\n".join([*lines, shown.to_toml()])


def _all_values(scenario: Scenario) -> dict[str, Any]:
    from sim.inputs.parameters import load

    values: dict[str, Any] = {}
    for name, parameter in load().items():
        found = scenario.parameters.get(name)
        if found is None or isinstance(found, dict):
            found = dict(parameter.by_segment) | (found or {}) or parameter.value
        values[name] = found
    return values
