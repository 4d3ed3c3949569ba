"""Results of a study: tidy frames and how they were made.

A saved study can be read, compared and drawn again without running. Its folder holds

==========================  ==================================================================================
``summary.csv``             every mean and its difference from the baseline, each with its interval
``replications.parquet``    the figures themselves, one row a figure
``cohorts.parquet``         retention: how many of the customers at the start never left, by month
``months.parquet``          the course: measures of `sim.outcomes.months` by month; missing when no month is whole
``segments.parquet``        measures of `sim.outcomes.segments` by customer segment; missing in studies without
``manifest.json``           scenario, seed, reading, versions, replications planned and finished, content hash
``charts/``                 pictures, written by `sim.charts`
==========================  ==================================================================================

`summary.csv` is for reading and follows from the frames; loading trusts the frames only, and checks their
hash.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from sim.errors import InputError, finding_room, unknown
from sim.outcomes import sentences, statistics
from sim.outcomes.measures import CATALOGUE, RENAMED
from sim.outcomes.origin import made_here
from sim.outcomes.result import CHARTS, Result, described
from sim.outcomes.saved import check_writable, csv_of, write_together
from sim.outcomes.segments import SEGMENT_MEASURES

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

REPLICATION_COLUMNS = {
    "scenario": "str",
    "policy": "str",
    "replication": "int64",
    "period": "str",
    "measure": "str",
    "value": "float64",
}
COHORT_COLUMNS = {
    "scenario": "str",
    "policy": "str",
    "replication": "int64",
    "month": "int64",
    "at_risk": "float64",
    "stayed": "float64",
}
MONTH_COLUMNS = {
    "scenario": "str",
    "policy": "str",
    "replication": "int64",
    "month": "int64",
    "measure": "str",
    "value": "float64",
}
SEGMENT_COLUMNS = {
    "scenario": "str",
    "policy": "str",
    "replication": "int64",
    "period": "str",
    "segment": "str",
    "measure": "str",
    "value": "float64",
}
FIGURES = {"value", "at_risk", "stayed"}
"""The columns that hold figures; the others say what a row is about and together are unique."""

FORMAT = 1
"""Version of the folder's layout; raised when a change would make an older reader misunderstand a folder."""

REPLICATIONS, COHORTS, MONTHS, SEGMENTS, SUMMARY, MANIFEST = (
    "replications.parquet",
    "cohorts.parquet",
    "months.parquet",
    "segments.parquet",
    "summary.csv",
    "manifest.json",
)
HASH, MONTHS_HASH, SEGMENTS_HASH = "content_hash", "months_hash", "segments_hash"
"""Entries of a manifest. Months and segments have one of their own: who reads a folder without need not know of it."""
COMPARISON = "comparison"
ADDED = {"format", HASH, MONTHS_HASH, SEGMENTS_HASH, COMPARISON}
"""Entries that saving adds to a manifest."""
OWN_ENTRIES = {REPLICATIONS, COHORTS, MONTHS, SEGMENTS, SUMMARY, MANIFEST, CHARTS}
ABOUT_STUDY = ("explain", "overlay", "rankings")
"""Kinds of results that are about the study in their folder, and go when it is replaced; others stay."""
NEEDED_IN_MANIFEST = ("baseline", "seed", "scenario", "planned", "finished")


class StudyError(InputError):
    """A study that cannot be read, or frames that are not a study."""


@dataclass(frozen=True, eq=False, repr=False)
class Study(Result):
    """Figures of every replication, the cohorts, the course by month, and how they were made.

    Parameters
    ----------
    replications : columns scenario, policy, replication, period ("all", "year 1", ...), measure, value (unit
        of the measure, see `sim.measures`); one row each, NaN where a measure is undefined.
    cohorts : columns scenario, policy, replication, month (since the measured period began), at_risk
        (customers still followed), stayed (share of the customers at the start who never left by that month,
        0-1). May be empty.
    manifest : what `describe` returns; must be plain data that JSON can hold.
    months : columns scenario, policy, replication, month (0 is the first whole month of the measured period), measure
        (those of `sim.outcomes.months.MONTHLY`), value. Empty when no month is whole, and in studies saved before
        there were months.
    segments : columns scenario, policy, replication, period, segment, measure (those of
        `sim.outcomes.segments.SEGMENT_MEASURES`), value. Empty in studies saved before there were segments.

    Raises
    ------
    StudyError
        When a column is missing, unknown or of the wrong kind, a row appears twice, or the manifest lacks a
        key.
    """

    kind: ClassVar[str] = "study"
    renamed: ClassVar[Mapping[str, str]] = {"summary": "means() or to_frame()", "overview": "to_frame()"}

    replications: pd.DataFrame
    cohorts: pd.DataFrame
    manifest: Mapping[str, Any]
    months: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MONTH_COLUMNS)))
    segments: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SEGMENT_COLUMNS)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "replications", _tidy(self.replications, REPLICATION_COLUMNS, "replications"))
        object.__setattr__(self, "cohorts", _tidy(self.cohorts, COHORT_COLUMNS, "cohorts"))
        object.__setattr__(self, "months", _tidy(self.months, MONTH_COLUMNS, "months"))
        object.__setattr__(self, "segments", _tidy(self.segments, SEGMENT_COLUMNS, "segments"))
        object.__setattr__(self, "manifest", json.loads(_to_json(self.manifest)))
        missing = [key for key in NEEDED_IN_MANIFEST if key not in self.manifest]
        if missing:
            raise StudyError(
                f"the manifest lacks {', '.join(missing)}; make it with sim.outcomes.results.describe(...)"
            )

    def __repr__(self) -> str:
        policies = self.replications["policy"].nunique()
        return (
            f"Study({policies} policies, {self.manifest['finished']} of {self.manifest['planned']} "
            f"replications, baseline {self.baseline!r}, seed {self.manifest['seed']})"
        )

    @property
    def baseline(self) -> str:
        """Name of the policy that every comparison starts from."""
        return str(self.manifest["baseline"])

    @property
    def content_hash(self) -> str:
        """Sha256 of replications and cohorts; the order of their rows does not matter."""
        return _digest((self.replications, REPLICATION_COLUMNS), (self.cohorts, COHORT_COLUMNS))

    @property
    def months_hash(self) -> str | None:
        """Sha256 of the months; None when there are none."""
        return _digest((self.months, MONTH_COLUMNS)) if len(self.months) else None

    @property
    def segments_hash(self) -> str | None:
        """Sha256 of the figures by segment; None when there are none."""
        return _digest((self.segments, SEGMENT_COLUMNS)) if len(self.segments) else None

    @property
    def hashes(self) -> tuple[str | None, ...]:
        """Sha256 of what came out: replications and cohorts, months, segments."""
        return self.content_hash, self.months_hash, self.segments_hash

    @property
    def headline(self) -> str:
        """What the best policy changes, with its interval; of a single company, how it does."""
        return sentences.headline(self)

    def text(self) -> str:
        """Say what every policy changes, and what the figures rest on."""
        return sentences.text(self)

    def means(self, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
        """Mean and interval of every measure: see `statistics.summarise`."""
        return statistics.summarise(self.replications, level)

    def compare(
        self,
        measures: str | Sequence[str] | None = None,
        *,
        level: float = statistics.DEFAULT_LEVEL,
        better: Mapping[str, str] | None = None,
        correction: str = statistics.DEFAULT_CORRECTION,
    ) -> pd.DataFrame:
        """Paired differences of all measures, or of those named, from the baseline.

        Columns and `correction`: see `statistics.paired_differences`. `better` (measure -> "higher" or "lower")
        says which way `probability_gain` counts.
        """
        frame = self.replications
        if measures is not None:
            names = [measures] if isinstance(measures, str) else list(measures)
            known = list(dict.fromkeys(frame["measure"]))
            for name in names:
                if name not in known:
                    raise StudyError(
                        f"this study has no such measure: {unknown('measure', name, known, renamed=RENAMED)}"
                    )
            frame = frame[frame["measure"].isin(names)]
        return statistics.paired_differences(frame, self.baseline, level, better, correction)

    def to_frame(self, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
        """Table of `summary.csv`: `means` beside `compare`; no differences in the baseline's own rows.

        ``attrs`` has the units and definitions of the measures.
        """
        frame = _beside(self.replications, self.baseline, level)
        return described(frame, *about(frame["measure"]))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the summary, and the figures of replications, cohorts, months and segments."""
        found = {"summary": self.to_frame(), "replications": self.replications, "cohorts": self.cohorts}
        more = {"months": self.months, "segments": self.segments}
        return found | {name: frame for name, frame in more.items() if len(frame)}

    def figures(self) -> dict[str, Figure]:
        """Draw all charts, by the name of their file."""
        from sim.outcomes import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw profit a year by policy; of a single company, how many of its customers stay."""
        from sim.outcomes import pictures

        return pictures.plot(self, ax)

    def to_xarray(self) -> Any:
        """Return replications, months and cohorts as an `xarray.Dataset`.

        Dimensions scenario, policy, replication, with period or month; a variable a measure. It needs
        ``pip install "cxsim[xarray]"``.
        """
        return dataset(self.replications, self.months)

    def __eq__(self, other: object) -> bool:
        """Whether the same figures came out; when and how they were made does not count."""
        if not isinstance(other, Study):
            return NotImplemented
        mine, theirs = ((*one.hashes, one.baseline) for one in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((*self.hashes, self.baseline))

    @classmethod
    def check_folder(cls, folder: str | Path, overwrite: bool = False) -> Path:
        """Check that a study can be saved in ``folder``, before hours are spent on making one; leave nothing behind.

        Raises
        ------
        FileExistsError : as `Study.save`.
        OSError : when the folder cannot be made or written to.
        """
        return check_folder(folder, overwrite)

    def by(
        self, what: str, measures: str | Sequence[str] | None = None, level: float = statistics.DEFAULT_LEVEL
    ) -> pd.DataFrame:
        """Outcomes by customer segment: every mean and its paired difference from the baseline, each with its interval.

        Parameters
        ----------
        what : "segment".
        measures : those of `sim.outcomes.segments.SEGMENT_MEASURES`; all unless given.
        level : confidence of each interval. Simultaneous intervals hold together over the policies of a segment.

        Returns
        -------
        One row a scenario, policy, period, segment and measure; other columns as of `to_frame`. A measure that is
        undefined in a segment, as where nobody called, is NaN.

        Raises
        ------
        StudyError
            When the study has no figures by segment, or a measure has none; the message lists those that have.

        Examples
        --------
        >>> study.by("segment", ["retention_12m", "abandonment"])  # doctest: +SKIP
        """
        if what != "segment":
            raise StudyError(f'a study has no figures by {what!r}; write by("segment")')
        frame = _with_measures(self.segments, measures)
        parts = [
            _beside(part.drop(columns="segment"), self.baseline, level).assign(segment=segment)
            for segment, part in frame.groupby("segment", sort=False)
        ]
        found = pd.concat(parts, ignore_index=True)
        found.insert(found.columns.get_loc("measure"), "segment", found.pop("segment"))
        return described(found, *about(found["measure"]))

    def save(self, folder: str | Path, overwrite: bool = False, charts: bool = False) -> Path:
        """Write the study's folder and return its path. Either the whole folder appears, or nothing does.

        The files are written beside `folder` under a temporary name, which is renamed at the end. A run that
        was stopped is saved as well: figures without a partner in the baseline leave the differences in
        summary.csv out, and the manifest says so under "comparison".

        Raises
        ------
        FileExistsError
            When `folder` holds anything, unless it holds a study and `overwrite` is true. Overwriting
            replaces the study's own files and its charts, which would show the old figures; other files stay.
        """
        folder = Path(folder)
        _refuse_to_overwrite(folder, overwrite)
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = folder.with_name(f".{folder.name}.partial-{uuid.uuid4().hex}")
        try:
            with finding_room(folder):
                draft.mkdir()
                self._write(draft)
                if charts:
                    write_together(draft, self.pictures())
                _put_in_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return folder

    def _write(self, folder: Path) -> None:
        manifest = {key: value for key, value in self.manifest.items() if key not in ADDED}
        manifest |= {"format": FORMAT, HASH: self.content_hash}
        if len(self.months):
            manifest[MONTHS_HASH] = self.months_hash
            self.months.to_parquet(folder / MONTHS, index=False)
        if len(self.segments):
            manifest[SEGMENTS_HASH] = self.segments_hash
            self.segments.to_parquet(folder / SEGMENTS, index=False)
        try:
            self.compare()
            manifest[COMPARISON] = "complete"
        except statistics.UnpairedError as error:
            manifest[COMPARISON] = f"left out of {SUMMARY}: {error}"
        (folder / SUMMARY).write_text(csv_of(self.to_frame()), encoding="utf-8", newline="")
        self.replications.to_parquet(folder / REPLICATIONS, index=False)
        self.cohorts.to_parquet(folder / COHORTS, index=False)
        (folder / MANIFEST).write_text(_to_json(manifest) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a folder that `save` wrote, and check that its figures are the ones that were saved.

        Raises
        ------
        FileNotFoundError
            When the folder or one of its files is missing.
        StudyError
            When a file cannot be read, or the figures do not match the manifest's content hash.
        """
        folder = Path(folder)
        _check_there(folder, (MANIFEST, REPLICATIONS, COHORTS))
        manifest, frames = _read_manifest(folder / MANIFEST), {}
        if MONTHS_HASH in manifest:
            _check_there(folder, (MONTHS,))
            frames["months"] = _read_frame(folder / MONTHS)
        if SEGMENTS_HASH in manifest:
            _check_there(folder, (SEGMENTS,))
            frames["segments"] = _read_frame(folder / SEGMENTS)
        study = cls(_read_frame(folder / REPLICATIONS), _read_frame(folder / COHORTS), manifest, **frames)
        if study.hashes != tuple(manifest.get(name) for name in (HASH, MONTHS_HASH, SEGMENTS_HASH)):
            raise StudyError(
                f"{folder}: the figures are not the ones that were saved (their hash is not the manifest's "
                "content_hash); take a fresh copy of the folder, or run the study again"
            )
        return study._with_new_names()

    def _with_new_names(self) -> Self:
        """Return the study with measures named as they are now; one of an earlier version may have old names."""
        if not self.replications["measure"].isin(RENAMED).any():
            return self
        return replace(self, replications=self.replications.replace({"measure": dict(RENAMED)}))


def about(measures: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the units and the definitions of measures, by name; those of an observer have none."""
    known = {one.name: one for one in (*CATALOGUE.values(), *SEGMENT_MEASURES)}
    found = [known[name] for name in dict.fromkeys(measures) if name in known]
    return {one.name: one.unit for one in found}, {one.name: one.formula for one in found}


def dataset(replications: pd.DataFrame, months: pd.DataFrame) -> Any:
    """Put figures of replications and of months into an `xarray.Dataset`.

    Raises
    ------
    StudyError : when xarray is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise StudyError('to_xarray needs xarray; write pip install "cxsim[xarray]".') from error
    keys = ["scenario", "policy", "replication"]
    by_period = replications.set_index([*keys, "period", "measure"])["value"].unstack("measure")
    found = xarray.Dataset.from_dataframe(by_period)
    if len(months):
        by_month = months.set_index([*keys, "month", "measure"])["value"].unstack("measure").add_prefix("monthly_")
        found = found.merge(xarray.Dataset.from_dataframe(by_month))
    for name in found:
        measure = CATALOGUE.get(str(name).removeprefix("monthly_"))
        found[name].attrs = {"units": measure.unit, "long_name": measure.label} if measure else {}
    return found


def describe(
    *,
    scenario: Mapping[str, Any],
    seed: int,
    reading: str,
    baseline: str,
    planned: int,
    finished: int,
    created: datetime | None = None,
) -> dict[str, Any]:
    """Manifest of a study made here and now.

    Parameters
    ----------
    scenario : the whole scenario as plain data, so that the study can be run again.
    reading : name of the evidence reading.
    baseline : name of the policy that the others are compared with.
    planned, finished : replications of each policy asked for, and done.
    created : time of the study, now unless given.
    """
    return {
        **made_here(created),
        "scenario": dict(scenario),
        "seed": seed,
        "reading": reading,
        "baseline": baseline,
        "planned": planned,
        "finished": finished,
    }


def _beside(frame: pd.DataFrame, baseline: str, level: float) -> pd.DataFrame:
    """Means of figures beside their paired differences from the baseline; none in the baseline's own rows."""
    keys = statistics.GROUP
    columns = [
        *keys,
        "mean_baseline",
        "mean_difference",
        "ci_low_difference",
        "ci_high_difference",
        "ci_low_simultaneous",
        "ci_high_simultaneous",
        "p_value",
        "p_adjusted",
        "correction",
        "probability_gain",
    ]
    means = statistics.summarise(frame, level)
    try:
        differences = statistics.paired_differences(frame, baseline, level)[columns]
    except statistics.UnpairedError:  # a study that was stopped
        return means
    return means.merge(differences, on=keys, how="left")


def _with_measures(segments: pd.DataFrame, measures: str | Sequence[str] | None) -> pd.DataFrame:
    """Figures by segment of these measures, which must all have some."""
    if segments.empty:
        raise StudyError(
            "this study has no figures by segment: it was saved before there were any, or kept some measures only; "
            "run it again"
        )
    if measures is None:
        return segments
    measures = [measures] if isinstance(measures, str) else measures
    known = list(dict.fromkeys(segments["measure"]))
    absent = [name for name in measures if name not in known]
    if absent:
        raise StudyError(
            f"{', '.join(absent)}: no figures by segment, as segments share it or there is no such measure; "
            f"choose among {', '.join(known)}"
        )
    return segments[segments["measure"].isin(list(measures))]


def _tidy(frame: pd.DataFrame, columns: Mapping[str, str], name: str) -> pd.DataFrame:
    """Copy of the frame with its columns in order and of the right kind."""
    if set(frame.columns) != set(columns):
        raise StudyError(
            f"{name} needs exactly the columns {', '.join(columns)}; it has {', '.join(map(str, frame.columns))}"
        )
    keys = [column for column in columns if column not in FIGURES]
    if frame[keys].isna().any(axis=None):
        raise StudyError(f"{name} has rows without a {' or '.join(frame[keys].columns[frame[keys].isna().any()])}")
    try:
        tidy = frame[list(columns)].astype(dict(columns)).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise StudyError(f"{name} has a column of the wrong kind ({error}); expected {dict(columns)}") from error
    twice = tidy[tidy.duplicated(keys)]
    if len(twice):
        raise StudyError(
            f"{name} records {len(twice)} rows twice, first {twice[keys].iloc[0].to_dict()}; "
            "each replication may be recorded once"
        )
    return tidy


def _digest(*frames: tuple[pd.DataFrame, Mapping[str, str]]) -> str:
    digest = hashlib.sha256()
    for frame, columns in frames:
        _feed(digest, frame, columns)
    return digest.hexdigest()


def _feed(digest: Any, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Hash names and raw little-endian columns, whatever the row order, library versions and file format."""
    ordered = frame.sort_values([column for column in columns if column not in FIGURES], kind="stable")
    digest.update(json.dumps([list(columns.items()), len(frame)]).encode())
    for column, kind in columns.items():
        if kind == "str":
            codes, names = pd.factorize(ordered[column].to_numpy(dtype=object), sort=True)
            digest.update(json.dumps([str(name) for name in names]).encode())
            digest.update(codes.astype("<i8").tobytes())
        else:
            numbers = ordered[column].to_numpy()
            if kind == "float64":  # one bit pattern for every "undefined"
                numbers = np.where(np.isnan(numbers), np.nan, numbers)
            digest.update(numbers.astype("<" + numbers.dtype.str[1:]).tobytes())


def _to_json(manifest: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(manifest), indent=1, default=_plain, ensure_ascii=False)
    except TypeError as error:
        raise StudyError(
            f"the manifest holds something that JSON cannot: {error}; give plain numbers, texts, lists and dicts"
        ) from error


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} of type {type(value).__name__}")


def _check_there(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} is not a study: {name} is missing; give a folder that Study.save wrote")


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StudyError(f"{path} is damaged: {error}; take a fresh copy of the folder") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        written = manifest.get("format") if isinstance(manifest, dict) else None
        raise StudyError(f"{path} has format {written}, this cxsim reads {FORMAT}; use the version that wrote it")
    return manifest


def _read_frame(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        raise StudyError(
            f"{path} is damaged: {error}; take a fresh copy of the folder, or run the study again"
        ) from error


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that a study can be saved in `folder`, before hours are spent on making one; leave nothing behind.

    Raises
    ------
    FileExistsError : as `Study.save`.
    OSError : when the folder cannot be made or written to.
    """
    folder = Path(folder)
    _refuse_to_overwrite(folder, overwrite)
    return check_writable(folder, folder.absolute().parent)


def _refuse_to_overwrite(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MANIFEST).is_file():
        raise FileExistsError(f"{folder} exists and is not a study; choose another folder, nothing was written")
    if not overwrite:
        raise FileExistsError(f"{folder} already holds a study; choose another folder or save with overwrite=True")


def _put_in_place(draft: Path, folder: Path) -> None:
    """Rename the finished draft to its place; what stood there comes back when that fails."""
    if not folder.exists():
        draft.rename(folder)
        return
    previous = folder.with_name(f".{folder.name}.previous-{uuid.uuid4().hex}")
    folder.rename(previous)
    try:
        draft.rename(folder)
    except OSError:
        previous.rename(folder)
        raise
    for entry in previous.iterdir():
        if not _is_own(entry.name):
            with suppress(OSError):
                entry.rename(folder / entry.name)
    _remove_own(previous)


def _is_own(name: str) -> bool:
    """Whether a file or folder is the study's, or of a result about it."""
    return name in OWN_ENTRIES or name.startswith(tuple(f"{kind}{mark}" for kind in ABOUT_STUDY for mark in ".-"))


def _remove_own(folder: Path) -> None:
    """Remove what a study wrote; a file that could not be moved keeps its folder rather than being lost."""
    for path in [entry for entry in folder.iterdir() if _is_own(entry.name)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with suppress(OSError):
        folder.rmdir()
