"""What a fit of records gives: estimates, what was left out, and the numbers and parameters that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.company import company_toml
from sim.company.fitting.estimate import COLUMNS
from sim.company.fitting.labels import called
from sim.outcomes.result import Result, described
from sim.wording import counted, lower, number, span

if TYPE_CHECKING:
    from sim.charts import Axes, Figure
    from sim.company.fitting.kind_fit import Holdout, KindFit

COMPANY = "my.toml"
DEFINITIONS = {
    "mean": "the fitted number, in the unit of its row",
    "ci_low": "lower end of its interval; undefined where there is none",
    "ci_high": "upper end of its interval",
    "n": "records behind it",
    "goodness": "how well the form fits the records, or how the number was found",
    "parameter": "the model's parameter that takes the value",
}
ROW, CELL = "row", "cell"


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Result):
    """What the records of a company say. Nothing in it names anybody.

    Parameters
    ----------
    estimates : a row a fitted number: kind (of record), subject, name, key, n, mean, ci_low, ci_high, unit, goodness
        and parameter, as in `sim.company.fitting.estimate.Estimate`.
    dropped : a row a reason: kind, what ("row" that is left out, or "cell" that is not used), reason, rows, share (of
        the rows read).
    columns : a row a concept: kind, concept, what, column, how (it was understood), guessed.
    read : a row a kind: kind, files, read, kept (rows).
    parts : what each kind of record gave.
    numbers : plain numbers of the company, for `cxsim calibrate`.
    parameters, ranges : overrides of a scenario, and the interval of those that are single numbers.
    remarks : what should be known, a sentence each.
    manifest : how it was made: versions, level, and a hash of the estimates.
    """

    kind: ClassVar[str] = "fit"
    renamed: ClassVar[Mapping[str, str]] = {"summary": "text()", "held": "holdouts"}

    estimates: pd.DataFrame
    dropped: pd.DataFrame
    columns: pd.DataFrame
    read: pd.DataFrame
    parts: Mapping[str, KindFit]
    numbers: Mapping[str, float | str]
    parameters: Mapping[str, Any]
    ranges: Mapping[str, tuple[float, float]]
    remarks: tuple[str, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        told = ", ".join(f"{row.kept:,} of {row.read:,} {row.kind}" for row in self.read.itertuples())
        return f"Fit({told}: {len(self.estimates)} estimates)"

    @property
    def curves(self) -> dict[str, Mapping[str, pd.DataFrame]]:
        """Frames of the check-fit plots, by kind and name."""
        return {kind: part.curves for kind, part in self.parts.items()}

    @property
    def holdouts(self) -> dict[str, Holdout]:
        """Forecasts beside what happened, by kind."""
        return {kind: part.holdout for kind, part in self.parts.items() if part.holdout is not None}

    @property
    def months(self) -> pd.DataFrame:
        """Figures of whole calendar months, for `sim.overlay`: columns month, measure, value."""
        frames = [part.curves["months"] for part in self.parts.values() if "months" in part.curves]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["month", "measure", "value"])

    @property
    def forecast(self) -> pd.DataFrame:
        """The course of every forecast, as in `Holdout`, with the kind of record before it."""
        return _stacked({kind: holdout.course for kind, holdout in self.holdouts.items()})

    @property
    def forecast_errors(self) -> pd.DataFrame:
        """Errors of every forecast, as in `Holdout`, with the kind of record before them."""
        return _stacked({kind: holdout.errors for kind, holdout in self.holdouts.items()})

    @property
    def headline(self) -> str:
        """How many records were used, and what they say first."""
        read, first = self.read, main(self.estimates)
        used = f"{int(read['kept'].sum()):,} of {int(read['read'].sum()):,} records used"
        told = f"; {lower(sentence(first.iloc[0]))}" if len(first) else ""
        return f"{used}, {counted(len(self.estimates), 'number')} estimated{told}"

    @property
    def source(self) -> str:
        """Which files the figures come from."""
        return f"cxsim, {', '.join(self.read['files'])}."

    def text(self) -> str:
        """Say what was read, what was found and what should be known, a line each."""
        read = [f"{row.files}: {row.kept:,} of {row.read:,} {row.kind} used." for row in self.read.itertuples()]
        found = [f"{sentence(row)}." for _, row in main(self.estimates).iterrows()]
        return "\n".join([*read, *found, *self.remarks])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the estimates, what was left out, how columns were understood, and months and forecasts if any."""
        found = {"estimates": described(self.estimates, {"n": "records"}, DEFINITIONS)}
        more = {"dropped": self.dropped, "columns": self.columns, "read": self.read, "months": self.months}
        more |= {"forecast": self.forecast, "forecast_errors": self.forecast_errors}
        return found | {name: frame for name, frame in more.items() if len(frame)}

    def files(self) -> dict[str, str | bytes]:
        """Return the file for `cxsim calibrate`."""
        return {COMPANY: self.to_toml()}

    def figures(self) -> dict[str, Figure]:
        """Draw every check of the fit that the records allow."""
        from sim.company.fitting import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first check of the fit, of the kind of record that was given first."""
        from sim.company.fitting import pictures

        return pictures.plot(self, ax)

    def to_toml(self) -> str:
        """Return the file for `cxsim calibrate`: plain numbers, parameters and ranges, with where each came from."""
        return company_toml(self)


def _stacked(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame()
    return pd.concat(
        [frame.assign(kind=kind)[["kind", *frame.columns]] for kind, frame in frames.items()], ignore_index=True
    )


# -- frames ----------------------------------------------------------------------------------------------------------


def estimates_frame(parts: Mapping[str, KindFit]) -> pd.DataFrame:
    """Every estimate, a row each."""
    rows = [(kind, *astuple(one)) for kind, part in parts.items() for one in part.estimates]
    return pd.DataFrame(rows, columns=["kind", *COLUMNS])


def dropped_frame(cleans: Iterable[Clean]) -> pd.DataFrame:
    """What was left out, a row a reason."""
    rows = [
        (clean.kind, what, one.reason, one.rows, one.rows / clean.read)
        for clean in cleans
        for what, of in ((ROW, clean.dropped), (CELL, clean.unused))
        for one in of
    ]
    return pd.DataFrame(rows, columns=["kind", "what", "reason", "rows", "share"])


def columns_frame(cleans: Iterable[Clean]) -> pd.DataFrame:
    """How columns were understood, a row a concept."""
    rows = [{"kind": clean.kind, **asdict(line)} for clean in cleans for line in clean.lines]
    return pd.DataFrame(rows, columns=["kind", "concept", "what", "column", "how", "guessed"])


def main(estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates that a planner looks at first: single numbers that have a label, and those by group."""
    named = estimates["name"].map(called).notna() & ~estimates["name"].isin(["weekday_weight"])
    return estimates[named]


def sentence(row: pd.Series) -> str:
    """Say one estimate with its interval.

    >>> row = {"name": "abandonment", "key": "", "mean": 0.13, "ci_low": 0.11, "ci_high": 0.15, "unit": "share"}
    >>> sentence(pd.Series(row))
    'Abandonment: 13.0 % (11.0 to 15.0)'
    """
    label = called(row["name"]) or row["name"]
    of = f", {row['key']}" if row["key"] else ""
    interval = span(row["ci_low"], row["ci_high"], row["unit"])
    return f"{label}{of}: {number(row['mean'], row['unit'])}{_unit(row['unit'])} ({interval})"


def _unit(unit: str) -> str:
    return "" if unit in ("share", "ratio", "mean full day = 1", "correlation") else f" {unit}"
