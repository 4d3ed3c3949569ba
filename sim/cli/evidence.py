"""``cxsim evidence``: what the documents claim, and how good the proof is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options, tables
from sim.cli.arguments import OptionError
from sim.cli.options import Csv, question

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.evidence import Claim


Document = Annotated[str | None, question("--document", metavar="KEY", text="Only the claims of this document.")]
ShowReadings = Annotated[bool, question("--readings", text="List the readings: which document to believe.")]
ShowSources = Annotated[bool, question("--sources", text="List the sources: studies, data, documents.")]
ShowUnused = Annotated[bool, question("--unused", text="List claims that nothing in the model uses.")]
UNIT_WORDS = {"ratio": " times", "people": " people", "money": " in money"}
"""What follows a claim's figure; shares say it by their sign, and counts need no word."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, evidence, panel=options.EVIDENCE, see="evidence")


def evidence(
    *,
    document: Document = None,
    readings: ShowReadings = False,
    sources: ShowSources = False,
    unused: ShowUnused = False,
    csv: Csv = False,
) -> None:
    """List what the documents claim, how good the evidence is, and what uses it in the model.

    Example: cxsim evidence --document smart-2010
    """
    import sim
    from sim.errors import unknown

    if document is not None and document not in sim.evidence.documents():
        raise OptionError(f"--document: {unknown('document', document, sim.evidence.documents())}")
    if sum((readings, sources, unused)) > 1 or (document and (readings or sources)):
        raise OptionError("evidence: give one of --readings, --sources, --unused, or --document KEY.")
    if readings:
        _print(sim.evidence.readings().frame(), ("name", "title", "good_mean", "bad_mean", "note"), csv)
    elif sources:
        _print(sim.evidence.sources().frame(), ("key", "title", "year", "grade", "seen", "what"), csv)
    elif unused:
        _print_unused(document, csv)
    else:
        _print_claims(document, csv)


def _print(frame: pd.DataFrame, columns: Sequence[str], csv: bool) -> None:
    tables.csv(frame) if csv else tables.listing(frame, columns)


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
        f"All {len(asked)} claims that enter the model or are compared with it are used by the parts they name."
    )


def _print_claims(document: str | None, csv: bool) -> None:
    """Print the claims, a table for each document; CSV has all columns."""
    import sim

    frame = sim.evidence.claims().frame()
    frame = frame if document is None else frame[frame["document"] == document]
    if csv:
        tables.csv(frame)
        return
    for key, part in frame.groupby("document", sort=False):
        source = sim.evidence.sources()[str(key)]
        rows = [_claim_row(sim.evidence.claims()[str(name)]) for name in part["id"]]
        title = f"{key}: {source.title} ({source.authors}, {source.year or 'undated'})"
        tables.show(
            title, ("claim", "grade", "role", "in our words; what it measures; what uses it"), rows, whole=["claim"]
        )
        tables.note(f"{_grades_in_words(part)}\n")
    tables.note("A claim's full id is the document's key and its name: smart-2010-loyalty.")


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
