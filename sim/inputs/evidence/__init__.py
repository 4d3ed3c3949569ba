"""What is known, from whom, and how far it can be trusted.

Four files, each read once a process: sources (studies, data, documents), claims (what the five documents
say), readings (consistent choices where they disagree) and numbers (every number in them, with its claim).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sim.inputs.evidence.catalogue import Catalogue, EvidenceError, missing_carriers
from sim.inputs.evidence.catalogue import read_claims as _read_claims
from sim.inputs.evidence.catalogue import read_numbers as _read_numbers
from sim.inputs.evidence.catalogue import read_readings as _read_readings
from sim.inputs.evidence.catalogue import read_sources as _read_sources
from sim.inputs.evidence.records import Claim, ListedNumber, Reading, Source, Tells

__all__ = [
    "Catalogue",
    "Claim",
    "EvidenceError",
    "ListedNumber",
    "Reading",
    "Source",
    "Tells",
    "claims",
    "documents",
    "missing_carriers",
    "numbers",
    "readings",
    "sources",
]


@cache
def sources() -> Catalogue[Source]:
    """Return all sources by key."""
    return _read_sources(files("sim.inputs.evidence") / "sources.toml")


@cache
def claims() -> Catalogue[Claim]:
    """Return all claims of the five documents by id."""
    return _read_claims(files("sim.inputs.evidence") / "claims.toml", sources())


@cache
def readings() -> Catalogue[Reading]:
    """Return the evidence readings by name."""
    return _read_readings(files("sim.inputs.evidence") / "readings.toml", sources(), claims())


@cache
def numbers() -> tuple[ListedNumber, ...]:
    """Return every number of the five documents with the claim that accounts for it, in reading order."""
    return _read_numbers(files("sim.inputs.evidence") / "numbers.csv", claims())


def documents() -> dict[str, str]:
    """Return the five documents: key -> how the document's file name begins."""
    return {key: source.file for key, source in sources().items() if source.file is not None}
