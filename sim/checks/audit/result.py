"""What the audit says: a row for each figure that is set beside a claim, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.checks.audit.checks import Check
from sim.checks.audit.replication import Sample
from sim.checks.audit.verdict import NOTHING, Verdict, judge, judge_direction
from sim.inputs import evidence
from sim.outcomes.result import Result
from sim.outcomes.statistics import Interval, NearZeroError
from sim.wording import counted, estimate, number

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

DEFINITIONS = {
    "published": "the published figure, or the lower end of a published range",
    "published_high": "the published figure, or the upper end of the range",
    "mean": "the model's mean over replications",
    "ci_low": "lower end of its interval",
    "ci_high": "upper end of its interval",
    "mean_difference": "model less published",
    "ci_low_difference": "lower end of its interval",
    "ci_high_difference": "upper end of its interval",
    "n": "replications",
    "verdict": "reproduced, differs, undecided or not testable",
}


@dataclass(frozen=True)
class Row:
    """One figure beside one claim; shares are 0-1, money is whole units, NaN is what is not defined.

    Attributes
    ----------
    claim, document, grade, role : of the claim (`sim.evidence`).
    text : the claim in this project's words; figure : what is compared.
    unit : of all numbers of the row.
    published, published_high : the published figure, or the ends of a range; NaN for a direction.
    mean, ci_low, ci_high : the model's mean and its 95 % interval over ``n`` replications.
    verdict : reproduced, differs, undecided or not testable.
    mean_difference, ci_low_difference, ci_high_difference : model less published, with its interval.
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
    mean: float
    ci_low: float
    ci_high: float
    n: int
    verdict: str
    mean_difference: float
    ci_low_difference: float
    ci_high_difference: float
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Result):
    """The documents' figures beside the model's, what its replications came to, and how it was made.

    Attributes
    ----------
    claims : one row a figure, columns as in `Row`.
    values : columns replication, figure, value: what the intervals rest on.
    manifest : scenario, seed, reading, versions, replications planned and finished.
    """

    kind: ClassVar[str] = "audit"
    renamed: ClassVar[Mapping[str, str]] = {"table": "to_frame()"}

    claims: pd.DataFrame
    values: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Audit({self.counts})"

    @property
    def counts(self) -> str:
        """How many figures of how many claims have which verdict."""
        said = ", ".join(f"{number} {word}" for word, number in self.claims["verdict"].value_counts().items())
        return f"{counted(len(self.claims), 'figure')} of {counted(self.claims['claim'].nunique(), 'claim')}: {said}"

    @property
    def headline(self) -> str:
        """How many of the figures the model reproduces."""
        counts = self.claims["verdict"].value_counts()
        tried = len(self.claims) - int(counts.get("not testable", 0))
        figures = counted(tried, "figure")
        return f"The model reproduces {counts.get('reproduced', 0)} of {figures} in the documents that it can test"

    def text(self) -> str:
        """Say each figure with its claim and verdict, and what the intervals rest on."""
        return "\n".join(
            [f"{self.headline}.", *(f"{_sentence(row)}." for _, row in self.claims.iterrows()), self.basis()]
        )

    def basis(self) -> str:
        """Say what the intervals rest on."""
        about = self.manifest
        return (
            f"{self.counts}. {about['baseline']}, reading {about['reading']}, "
            f"{counted(about['finished'], 'replication')} of {counted(about['years'], 'year')}, seed {about['seed']}."
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the claims with the model's figures, and the replications."""
        units = dict(zip(self.claims["figure"], self.claims["unit"], strict=True))
        claims = self.claims.copy(deep=False)
        claims.attrs = {"units": units, "definitions": DEFINITIONS}
        return {"claims": claims, "values": self.values}

    def figures(self) -> dict[str, Figure]:
        """Draw each published figure beside the model's interval."""
        from sim.checks.audit import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each published figure beside the model's interval."""
        from sim.checks.audit import pictures

        return pictures.plot(self, ax)


def _sentence(row: pd.Series) -> str:
    """Say what the model shows of a figure, what was published, and the verdict."""
    model = estimate(row["mean"], row["ci_low"], row["ci_high"], row["unit"])
    ends = [number(row[name], row["unit"]) for name in ("published", "published_high")]
    claimed = "" if math.isnan(row["published"]) else f", published {' to '.join(dict.fromkeys(ends))}"
    return f"{row['claim']}, {row['figure']}: {model}{claimed}: {row['verdict']}"


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
