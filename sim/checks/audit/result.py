"""What the audit says: a row for each figure that is set beside a claim, and how it was made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.checks.audit.checks import Check
from sim.checks.audit.replication import Sample
from sim.checks.audit.verdict import NOTHING, Verdict, judge, judge_direction
from sim.inputs import evidence
from sim.outcomes.saved import check_files, write_together
from sim.outcomes.statistics import Interval, NearZeroError

CSV, FIGURES, MANIFEST = "audit.csv", "audit_replications.csv", "audit.json"
PICTURES = ("audit.png", "audit.svg")


@dataclass(frozen=True)
class Row:
    """One figure beside one claim; shares are 0-1, money is whole units, NaN is what is not defined.

    Attributes
    ----------
    claim, document, grade, role : of the claim (`sim.evidence`).
    text : the claim in this project's words; figure : what is compared.
    unit : of all numbers of the row.
    published, published_high : the published figure, or the ends of a range; NaN for a direction.
    model, low, high : the model's mean and its 95 % interval over ``n`` replications.
    verdict : reproduced, differs, undecided or not testable.
    difference, ci_low_difference, ci_high_difference : model less published, with its interval.
    why : one sentence.
    """

    claim: str
    document: str
    grade: str
    role: str
    text: str
    figure: str
    unit: str
    published: float
    published_high: float
    model: float
    low: float
    high: float
    n: int
    verdict: str
    difference: float
    ci_low_difference: float
    ci_high_difference: float
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """The table of the audit, the figures of its replications, and how it was made.

    Attributes
    ----------
    table : one row a figure, columns as in `Row`.
    figures : columns replication, figure, value: what the intervals rest on.
    manifest : scenario, seed, reading, versions, replications planned and finished.
    """

    table: pd.DataFrame
    figures: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        counts = self.table["verdict"].value_counts()
        said = ", ".join(f"{number} {word}" for word, number in counts.items())
        return f"Audit({len(self.table)} figures of {self.table['claim'].nunique()} claims: {said})"

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write audit.csv, audit_replications.csv and audit.json (how it was made) into a folder; return its path.

        The folder is made if need be. Other files in it stay, but for pictures of the audit that was there before.

        Raises
        ------
        FileExistsError : when there is an audit already, unless ``overwrite`` is true.
        """
        table, figures = (frame.to_csv(index=False, lineterminator="\n") for frame in (self.table, self.figures))
        made = json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n"
        check_folder(folder, overwrite)
        folder = write_together(folder, {CSV: table, FIGURES: figures, MANIFEST: made}, overwrite)
        for name in PICTURES:
            (folder / name).unlink(missing_ok=True)
        return folder


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that an audit and its pictures can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Audit.save`.
    """
    return check_files(folder, (CSV, FIGURES, MANIFEST, *PICTURES), overwrite)


def judged(checks: Sequence[Check], sample: Sample) -> pd.DataFrame:
    """Set every check's figure beside its claim; columns as in `Row`."""
    return pd.DataFrame([asdict(_row(check, sample.figures)) for check in checks])


def _row(check: Check, found: Mapping[str, Any]) -> Row:
    claim = evidence.claims()[check.claim]
    model, verdict, why = _answer(check, found)
    least, most = (min(check.value), max(check.value)) if check.value else (math.nan, math.nan)
    return Row(
        claim.id, claim.document, claim.grade, claim.role, claim.text, check.figure, check.measured_in, least, most,
        model.mean, model.low, model.high, model.n, verdict.word, verdict.difference, verdict.low, verdict.high, why,
    )  # fmt: skip


def _answer(check: Check, found: Mapping[str, Any]) -> tuple[Interval, Verdict, str]:
    try:
        model = check.estimate(found)
    except NearZeroError as error:
        return NOTHING, Verdict("not testable"), f"No ratio: {error}."
    why = check.why(found)
    if check.untestable:
        return model, Verdict("not testable"), f"{check.untestable} {why}".strip()
    if check.direction:
        return model, judge_direction(check.direction, model), why
    return model, judge(check.value, check.measured_in, model), why
