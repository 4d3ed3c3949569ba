"""How runs lie in the file: the names of figures as text, their numbers as packed little-endian float64, a digest."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.origin import software
from sim.running.record import Record, Rows, SegmentRows, same
from sim.running.store.key import Key

DIGEST_BYTES = 16


@dataclass(frozen=True)
class Finished:
    """A run to be written."""

    key: Key
    replication: int
    record: Record
    engine: str


def cell_row(key: Key) -> tuple[Any, ...]:
    """Return the row of the table of cells."""
    about = key.settings
    text = json.dumps(about.to_dict(), sort_keys=True, default=str)  # a policy of your own may hold anything
    row = (
        key.cell, key.generation, software()["cxsim"], key.scenario, key.policy, about.reading, str(about.seed),
        float(about.years), text, now(),
    )  # fmt: skip
    return (*row, cell_digest(row))


def cell_digest(row: tuple[Any, ...]) -> bytes:
    """Return the digest of what a row of the table of cells says."""
    return hashlib.blake2b(repr(row).encode(), digest_size=DIGEST_BYTES).digest()


def digest(cell: str, replication: int, content: str, figures: bytes) -> bytes:
    """Return the digest of the figures of a run, and of whose they are."""
    about = f"{cell} {replication}\n{content}\n".encode()
    return hashlib.blake2b(about + figures, digest_size=DIGEST_BYTES).digest()


def packed(record: Record) -> tuple[str, bytes]:
    """Return the names and the numbers of a record: figures, at_risk, stayed, course, figures by segment."""
    about: dict[str, Any] = {"rows": record.rows, "months": len(record.at_risk), "course": record.monthly}
    about["segments"] = record.segment_rows
    parts = [record.values, record.at_risk, record.stayed, record.course.ravel(), record.segment_values]
    numbers = np.concatenate(parts).astype("<f8")
    return json.dumps(about), zlib.compress(numbers.tobytes())


def unpacked(content: str, figures: bytes, seconds: float) -> Record:
    """Return the record that `packed` was given."""
    rows, months, monthly, segments = names(content)
    plain = figures if monthly is None else zlib.decompress(figures)
    numbers: NDArray[np.float64] = np.frombuffer(plain, dtype="<f8").astype(np.float64)
    numbers, by_segment = np.split(numbers, [len(numbers) - len(segments)])
    values, at_risk, stayed, course = np.split(numbers, np.cumsum([len(rows), months, months]))
    by_month = course.reshape(len(monthly), -1) if monthly else np.empty((0, 0))
    return Record(rows, values, at_risk, stayed, seconds, monthly or (), by_month, segments, by_segment)


@cache
def names(content: str) -> tuple[Rows, int, tuple[str, ...] | None, SegmentRows]:
    """Return period and measure of each figure, months of cohorts, measures with a course, and rows by segment.

    The third is None for runs of a cxsim that kept no course, and whose numbers are not packed.
    """
    found: Mapping[str, Any] = json.loads(content)
    rows = same(tuple((period, measure) for period, measure in found["rows"]))
    course = same(tuple(found["course"])) if "course" in found else None
    segments = same(tuple((period, segment, measure) for period, segment, measure in found.get("segments", ())))
    return rows, int(found["months"]), course, segments


def now() -> str:
    """Return the time as it stands in the file: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
