"""What a fit of records gives: estimates, what was left out, and the numbers and parameters that follow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.company.fitting.clean import Clean
from sim.company.fitting.company import company_toml
from sim.company.fitting.labels import called
from sim.outcomes.results import CHARTS
from sim.outcomes.saved import check_files, write_together
from sim.wording import number, span

if TYPE_CHECKING:
    from sim.company.fitting.part import Held, Part

FITS, DROPPED, COLUMNS, COMPANY, MANIFEST = "fits.csv", "dropped.csv", "columns.csv", "my.toml", "fit.json"
MONTHS, FORECAST, ERRORS = "months.csv", "forecast.csv", "forecast_errors.csv"
ROW, CELL = "row", "cell"


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """What the records of a company say. Nothing in it names anybody.

    Parameters
    ----------
    estimates : a row a fitted number: kind (of record), subject, name, key, n, value, low, high, unit, goodness and
        parameter, as in `sim.company.fitting.estimate.Estimate`.
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

    estimates: pd.DataFrame
    dropped: pd.DataFrame
    columns: pd.DataFrame
    read: pd.DataFrame
    parts: Mapping[str, Part]
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
    def held(self) -> dict[str, Held]:
        """Forecasts beside what happened, by kind."""
        return {kind: part.held for kind, part in self.parts.items() if part.held is not None}

    @property
    def months(self) -> pd.DataFrame:
        """Figures of whole calendar months, for `sim.overlay`: columns month, measure, value."""
        frames = [part.curves["months"] for part in self.parts.values() if "months" in part.curves]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["month", "measure", "value"])

    @property
    def forecast(self) -> pd.DataFrame:
        """The course of every forecast, as in `sim.company.fitting.part.Held`, with the kind of record before it."""
        return _stacked({kind: held.course for kind, held in self.held.items()})

    @property
    def forecast_errors(self) -> pd.DataFrame:
        """Errors of every forecast, as in `sim.company.fitting.part.Held`, with the kind of record before them."""
        return _stacked({kind: held.errors for kind, held in self.held.items()})

    def summary(self) -> str:
        """Say what was read, what was found and what should be known, a line each."""
        read = [f"{row.files}: {row.kept:,} of {row.read:,} {row.kind} used." for row in self.read.itertuples()]
        found = [f"{sentence(row)}." for _, row in main(self.estimates).iterrows()]
        return "\n".join([*read, *found, *self.remarks])

    def to_toml(self) -> str:
        """Return the file for `cxsim calibrate`: plain numbers, parameters and ranges, with where each came from."""
        return company_toml(self)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the tables, my.toml for `cxsim calibrate`, and how it was made, into a folder, made if need be.

        That is fits.csv, dropped.csv, columns.csv, my.toml and fit.json, and where there are any months.csv,
        forecast.csv and forecast_errors.csv.

        Raises
        ------
        FileExistsError : when they are there already, unless ``overwrite`` is true.
        """
        frames = {FITS: self.estimates, DROPPED: self.dropped, COLUMNS: self.columns}
        frames |= {
            name: frame
            for name, frame in ((MONTHS, self.months), (FORECAST, self.forecast), (ERRORS, self.forecast_errors))
            if len(frame)
        }
        texts = {name: frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
        made = json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n"
        written = write_together(folder, {**texts, COMPANY: self.to_toml(), MANIFEST: made}, overwrite)
        for name in {MONTHS, FORECAST, ERRORS} - set(texts):
            (written / name).unlink(missing_ok=True)  # of an earlier fit
        return written


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that a fit can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Fit.save`.
    """
    names = (FITS, DROPPED, COLUMNS, COMPANY, MANIFEST, MONTHS, FORECAST, ERRORS, CHARTS)
    return check_files(folder, names, overwrite)


def _stacked(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame()
    return pd.concat(
        [frame.assign(kind=kind)[["kind", *frame.columns]] for kind, frame in frames.items()], ignore_index=True
    )


# -- frames ----------------------------------------------------------------------------------------------------------


def estimates_frame(parts: Mapping[str, Part]) -> pd.DataFrame:
    """Every estimate, a row each."""
    columns = ["kind", "subject", "name", "key", "n", "value", "low", "high", "unit", "goodness", "parameter"]
    rows = [{"kind": kind, **asdict(one)} for kind, part in parts.items() for one in part.estimates]
    return pd.DataFrame(rows, columns=columns)


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

    >>> row = pd.Series({"name": "abandonment", "key": "", "value": 0.13, "low": 0.11, "high": 0.15, "unit": "share"})
    >>> sentence(row)
    'Abandonment: 13.0 % (11.0 to 15.0)'
    """
    label = called(row["name"]) or row["name"]
    of = f", {row['key']}" if row["key"] else ""
    interval = span(row["low"], row["high"], row["unit"])
    return f"{label}{of}: {number(row['value'], row['unit'])}{_unit(row['unit'])} ({interval})"


def _unit(unit: str) -> str:
    return "" if unit in ("share", "ratio", "mean full day = 1", "correlation") else f" {unit}"
