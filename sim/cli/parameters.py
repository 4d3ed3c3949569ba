"""``cxsim parameters``: the numbers of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, tables
from sim.cli.options import Csv, argument, question

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.scenario import Scenario


Subject = Annotated[str | None, argument("[SUBJECT]", "A subject such as loyalty, or one parameter.")]
OfScenario = Annotated[
    str | None, question("--scenario", metavar="SCENARIO", text=f"Also show its values. {options.SCENARIO_HELP}")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, parameters, panel=options.EVIDENCE, see="evidence")


def parameters(subject: Subject = None, *, of_scenario: OfScenario = None, csv: Csv = False) -> None:
    """List the numbers of the model: value, unit, range, kind and source.

    Example: cxsim parameters loyalty --scenario small_company
    """
    frame = parameter_frame(subject, of_scenario)
    if csv:
        tables.csv(frame)
        return
    here = [("value here", frame["here"])] if of_scenario else []
    for name, rows in frame.groupby("subject", sort=False):
        columns = [
            "parameter",
            "value",
            *(title for title, _ in here),
            "unit",
            "range",
            "note (kind: source)",
        ]
        shown = [
            (
                row["name"],
                row["value"],
                *([row["here"]] if of_scenario else []),
                row["unit"],
                _range(row["low"], row["high"]),
                f"{row['note']} ({row['kind']}: {row['source']})",
            )
            for _, row in rows.iterrows()
        ]
        tables.show(str(name), columns, shown, whole=["parameter"])


def parameter_frame(subject: str | None = None, of_scenario: str | None = None) -> pd.DataFrame:
    """Return the parameters of a subject (or one by its name), with the values of a scenario in `here`.

    Raises
    ------
    ParameterError : no such subject or parameter. ScenarioError : no such scenario.
    """
    from sim.inputs.parameters import load

    known = load()
    frame = known.frame()
    frame["value"] = [_value(known[name].value, dict(known[name].by_segment)) for name in frame["name"]]
    if of_scenario:
        from sim.inputs.scenario import Scenario

        chosen = Scenario.load(of_scenario)
        frame["here"] = [_here(chosen, name) for name in frame["name"]]
    if subject is None:
        return frame
    if subject in known.subjects():
        return frame[frame["subject"] == subject]
    return frame[frame["name"] == _find(subject)]


def _find(name: str) -> str:
    from sim.inputs.parameters import ParameterError, load

    known = load()
    try:
        return known.find(name, "parameters").name
    except ParameterError as error:
        subjects = ", ".join(known.subjects())
        raise ParameterError(f"{str(error).rstrip('.')}; subjects are {subjects}.") from error


def _here(scenario: Scenario, name: str) -> str:
    from sim.inputs.parameters import load

    found = scenario.parameters.get(name)
    parameter = load()[name]
    if found is None:
        return _value(parameter.value, dict(parameter.by_segment))
    if isinstance(found, dict):
        return _value(parameter.value, dict(parameter.by_segment) | found)
    return _value(found, {})


def _value(value: Any, by_segment: dict[str, Any]) -> str:
    if by_segment:
        return ", ".join(f"{segment} {_value(one, {})}" for segment, one in by_segment.items())
    if isinstance(value, tuple):
        return " ".join(f"{one:g}" for one in value)
    return f"{value:,.10g}"


def _range(low: float, high: float) -> str:
    return "" if low != low else f"{low:g} to {high:g}"
