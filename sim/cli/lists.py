"""``cxsim parameters``, ``evidence``, ``measures``, ``scenario``: what there is, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import tables
from sim.cli.options import SCENARIO_HELP, Csv, ScenarioName

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.evidence import Claim
    from sim.inputs.scenario import Scenario

Subject = Annotated[str | None, typer.Argument(metavar="SUBJECT", help="A subject such as loyalty, or one parameter.")]
OfScenario = Annotated[str | None, typer.Option("--scenario", metavar="SCENARIO", help=SCENARIO_HELP)]
Document = Annotated[str | None, typer.Option(metavar="KEY", help="Only the claims of this document.")]
ShowReadings = Annotated[bool, typer.Option("--readings", help="The readings: which document to believe.")]
ShowSources = Annotated[bool, typer.Option("--sources", help="The sources: studies, data, documents.")]
ShowUnused = Annotated[bool, typer.Option("--unused", help="Claims that name a carrier the model does not have.")]
Full = Annotated[bool, typer.Option("--full", help="Write every parameter, not only those that differ.")]
LISTS = ("claims", "carried_by", "missing", "near")
"""Columns whose entries stand one a line."""
UNIT_WORDS = {"ratio": " times", "people": " people", "money": " in money"}
"""What follows a claim's figure; shares say it by their sign, and counts need no word."""


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    for verb in (parameters, evidence, measures, scenario):
        app.command(verb.__name__)(verb)


def parameters(subject: Subject = None, of_scenario: OfScenario = None, csv: Csv = False) -> None:
    """List the numbers of the model: unit, range, kind, source."""
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


def evidence(
    document: Document = None,
    readings: ShowReadings = False,
    sources: ShowSources = False,
    unused: ShowUnused = False,
    csv: Csv = False,
) -> None:
    """List what the documents claim, how good the proof is, and what carries it in the model."""
    from sim.inputs import evidence as catalogue

    if document is not None and document not in catalogue.documents():
        known = ", ".join(catalogue.documents())
        raise catalogue.EvidenceError(f"--document: there is no document {document!r}; give one of {known}.")
    if sum((readings, sources, unused)) > 1 or (document and (readings or sources)):
        raise catalogue.EvidenceError("evidence: give one of --readings, --sources, --unused, or --document KEY.")
    if readings:
        _print(catalogue.readings().frame(), ("name", "title", "good_mean", "bad_mean", "note"), csv)
    elif sources:
        _print(catalogue.sources().frame(), ("key", "title", "year", "grade", "seen", "what"), csv)
    elif unused:
        _print_unused(document, csv)
    else:
        _print_claims(document, csv)


def _print_unused(document: str | None, csv: bool) -> None:
    from sim.checks import claim_coverage
    from sim.inputs.evidence import claims

    frame = claim_coverage.unused()
    frame = frame if document is None else frame[frame["document"] == document]
    if csv or len(frame):
        _print(frame, ("id", "role", "carried", "missing", "near"), csv)
        return
    asked = [claim for claim in claims().values() if claim.carried_by and document in (None, claim.document)]
    tables.note(
        f"Every one of {len(asked)} claims that enter the model or are compared with it is carried by what it names."
    )


def _print_claims(document: str | None, csv: bool) -> None:
    """Print the claims, a table for each document; CSV has all columns."""
    from sim.inputs import evidence as catalogue

    frame = catalogue.claims().frame()
    frame = frame if document is None else frame[frame["document"] == document]
    if csv:
        tables.csv(frame)
        return
    for key, part in frame.groupby("document", sort=False):
        source = catalogue.sources()[str(key)]
        rows = [_claim_row(catalogue.claims()[str(name)]) for name in part["id"]]
        title = f"{key}: {source.title} ({source.authors}, {source.year or 'undated'})"
        tables.show(
            title, ("claim", "grade", "role", "in our words; what it measures; what carries it"), rows, whole=["claim"]
        )
        tables.note(f"{_grades_in_words(part)}\n")
    tables.note("An id is the document's key and the claim's name: smart-2010-loyalty.")


def _claim_row(claim: Claim) -> tuple[str, ...]:
    figure = "" if claim.unit is None else f" [{_figure(claim.values, claim.unit)}]"
    lines = [claim.text + figure]
    if claim.nature == "statistic":
        lines.append(f"Really: {claim.measures}")
    if claim.carried_by:
        lines.append(f"-> {', '.join(claim.carried_by)}")
    return claim.id.removeprefix(f"{claim.document}-"), claim.grade, claim.role, "\n".join(lines)


def _figure(values: tuple[float, ...], unit: str) -> str:
    return " to ".join(tables.number(one, unit) for one in values) + UNIT_WORDS.get(unit, "")


def _grades_in_words(claims: pd.DataFrame) -> str:
    told = claims[claims["nature"] != "remark"]
    figures = told["nature"] == "statistic"
    words = [_counted(told[figures], "statistic"), _counted(told[~figures], "principle")]
    return "; ".join(word for word in words if word) + "."


def _counted(claims: pd.DataFrame, what: str) -> str:
    if claims.empty:
        return ""
    grades = ", ".join(f"{count} {grade}" for grade, count in claims["grade"].value_counts().sort_index().items())
    return f"{len(claims)} {what}{'s' if len(claims) != 1 else ''}: {grades}"


def _print(frame: pd.DataFrame, columns: tuple[str, ...], csv: bool) -> None:
    if csv:
        tables.csv(frame)
        return
    rows = [
        [_cell(value).replace(", ", "\n") if column in LISTS else _cell(value) for column, value in row.items()]
        for _, row in frame[list(columns)].iterrows()
    ]
    titles = [column.replace("_", " ") for column in columns]
    tables.show("", titles, rows, whole=[titles[0], *(column for column in columns if column == "claims")])


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, tuple):
        return ", ".join(_cell(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def measures(csv: Csv = False) -> None:
    """List the figures that come out, each with its exact definition."""
    from sim.outcomes.measures import catalogue_frame

    _print(catalogue_frame(), ("measure", "unit", "better", "formula"), csv)


def scenario(name: ScenarioName, full: Full = False) -> None:
    """Print a scenario as TOML, with the amount that its level of empowerment comes down to."""
    from sim.inputs.scenario import Scenario

    typer.echo(scenario_text(Scenario.load(name), full), nl=False)


def scenario_text(chosen: Scenario, full: bool = False) -> str:
    """Return a scenario as TOML that reads back as the same; ``full`` writes every parameter out."""
    from sim.cli.study import limit_in_words
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
