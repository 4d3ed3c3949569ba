"""What every result can do: say what it found, show it as frames and charts, be saved, loaded and compared.

A result is a frozen dataclass: what came out, and a ``manifest`` that says how it was made. A class of results states
its own sentences, frames and figures. Saving, loading, comparing, printing and the picture in a notebook are here, once
for all.

In a folder a result of kind ``choose`` is

==========================  ========================================================================================
``choose.json``             the manifest and all that is not a table (see `sim.outcomes.coding`)
``choose-NAME.parquet``     each table
``choose.csv``              the main frame, to be read by people and spreadsheets
``choose-NAME.csv``         each other frame
``choose.txt``              the text
``charts/``                 the charts, where they were asked for
==========================  ========================================================================================

so that results of several kinds may lie in one folder; `sim.load` reads any of them. A study has a layout of its own
(`sim.outcomes.results`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import html
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim.errors import InputError
from sim.outcomes.coding import decode, encode, name_of
from sim.outcomes.saved import check_files, csv_of, write_together
from sim.wording import counted, listed

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Axes, Figure

FORMAT = 1
"""Version of the layout; raised when a change would make an older reader misunderstand a folder."""
ENOUGH = 10
"""Replications; fewer are a first look, and charts say so."""
NAMED = 2
"""Scenarios that a source line names; a study may have many."""
KIND, CLASS, LAYOUT, TABLES, FIELDS, FILES = "result", "class", "format", "tables", "fields", "files"
"""Entries that saving adds to a manifest."""
CHARTS = "charts"
"""Folder of the charts beside a saved result."""


class ResultError(InputError):
    """A saved result that cannot be read: the message says why and how to put it right."""


class Result(ABC):
    """A result: a headline, a text, frames, figures, a manifest.

    Class attributes
    ----------------
    kind : the verb that it answers, and the beginning of its files' names.
    renamed : names of earlier versions, and what to write instead.
    """

    kind: ClassVar[str]
    renamed: ClassVar[Mapping[str, str]] = {}
    manifest: Mapping[str, Any]

    @property
    @abstractmethod
    def headline(self) -> str:
        """What was found, in one sentence with its number and interval."""

    @abstractmethod
    def text(self) -> str:
        """Return the answer in paragraphs: what ``print`` shows."""

    @abstractmethod
    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all that came out, by name; the main frame is the first."""

    @abstractmethod
    def figures(self) -> dict[str, Figure]:
        """Draw all charts, by the name of their file."""

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the main chart, into ``ax`` or a figure of its own, and return its axes."""

    @property
    def source(self) -> str:
        """Where the figures come from, in a line: scenario, reading, seed."""
        return source_line(self.manifest)

    def to_frame(self) -> pd.DataFrame:
        """Return the main frame; ``attrs`` has its units and definitions."""
        return next(iter(self.frames().values()))

    def files(self) -> dict[str, str | bytes]:
        """What else belongs into the folder, by file name."""
        return {}

    @classmethod
    def check_folder(cls, folder: str | Path, overwrite: bool = False) -> Path:
        """Check that a result can be saved in ``folder``, before it is made; leave nothing behind.

        Raises
        ------
        FileExistsError : when there is one of this kind already, unless ``overwrite`` is true.
        OSError : when the folder cannot be made or written to.
        """
        return check_files(folder, [f"{cls.kind}.{end}" for end in ("json", "csv", "txt")], overwrite)

    def save(self, folder: str | Path, overwrite: bool = False, charts: bool = False) -> Path:
        """Write the result into a folder, made if need be, and return its path; files of others stay.

        Parameters
        ----------
        overwrite : replace a result of this kind, with its charts.
        charts : also draw `figures` into the folder's ``charts``, as PNG and SVG.

        Raises
        ------
        FileExistsError : when there is one of this kind already, unless ``overwrite`` is true.
        OSError : when writing fails; what was there before stays.
        """
        self.check_folder(folder, overwrite)
        files = self._contents(self.pictures() if charts else {})
        stale = _written(Path(folder) / f"{self.kind}.json") - set(files)
        folder = write_together(folder, files, overwrite=True)
        for name in stale:  # of the result that was replaced
            (folder / name).unlink(missing_ok=True)
        return folder

    def pictures(self) -> dict[str, str | bytes]:
        """Return the charts as files: PNG and SVG, by their path in the folder of the result."""
        from sim.charts import drawn

        return {f"{CHARTS}/{name}": content for name, content in drawn(self.figures()).items()}

    def _contents(self, charts: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
        """Everything that is saved, by file name."""
        tables: dict[str, pd.DataFrame] = {}
        fields = {name: encode(getattr(self, name), tables, name) for name in self._own()}
        found: dict[str, str | bytes] = {self._table(name): _parquet(table) for name, table in tables.items()}
        main, *others = self.frames().items()
        found |= {f"{self.kind}.csv": _csv(main[1])} | {
            f"{self.kind}-{name}.csv": _csv(frame) for name, frame in others
        }
        found |= {f"{self.kind}.txt": self.text() + "\n"} | self.files() | dict(charts)
        made: dict[str, Any] = {KIND: self.kind, CLASS: name_of(type(self)), LAYOUT: FORMAT}
        made |= {TABLES: {name: digest(table) for name, table in tables.items()}, FILES: sorted(found)}
        return found | {f"{self.kind}.json": _json({**self.manifest, **made, FIELDS: fields})}

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote, and check that it is what was saved.

        Raises
        ------
        FileNotFoundError : when the folder holds no such result, or one of its files is missing.
        ResultError : when a file is damaged, or of another version.
        """
        folder = Path(folder)
        manifest = read_manifest(folder / f"{cls.kind}.json", cls.kind)
        known, fields = manifest.pop(TABLES), manifest.pop(FIELDS)
        tables = {name: _read_table(folder / cls._table(name), value) for name, value in known.items()}
        for entry in (KIND, CLASS, LAYOUT, FILES):
            manifest.pop(entry, None)
        return cls(**{name: decode(value, tables) for name, value in fields.items()}, manifest=manifest)  # type: ignore[call-arg]

    @classmethod
    def _table(cls, name: str) -> str:
        return f"{cls.kind}-{name}.parquet"

    @classmethod
    def _own(cls) -> list[str]:
        """Names of the fields besides the manifest."""
        return [one.name for one in dataclasses.fields(cls) if one.name != "manifest"]  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        """Whether the same came out; how and when it was made does not count."""
        if not isinstance(other, Result) or self.kind != other.kind:
            return NotImplemented
        mine, others = self.frames(), other.frames()
        return mine.keys() == others.keys() and all(digest(mine[name]) == digest(others[name]) for name in mine)

    def __hash__(self) -> int:
        return hash((self.kind, tuple(digest(frame) for frame in self.frames().values())))

    def __str__(self) -> str:
        return self.text()

    def __getattr__(self, name: str) -> Any:
        if hasattr(type(self), name):  # what is there failed itself: let it say why
            return object.__getattribute__(self, name)
        new = type(self).renamed.get(name)
        told = f"; write {new}" if new else ""
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{told}")

    def _repr_html_(self) -> str:
        """Show headline, text, main chart and main frame with its units, in a notebook."""
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in self.text().splitlines() if line.strip())
        return f"<h4>{html.escape(self.headline)}</h4>{paragraphs}{picture(self)}{table(self.to_frame())}" + (
            f"<p><small>Source: {html.escape(self.source)}</small></p>"
        )


def source_line(made: Mapping[str, Any], scenario: str = "") -> str:
    """Say in a line where figures come from: scenario (the manifest's own unless given), reading, seed, replaced rules.

    >>> source_line({"seed": 1, "model": {"replaced": [{"rule": "sim.model.rules.market.join_chance"}]}})
    'cxsim, seed 1, market.join_chance replaced.'
    """
    own = made.get("scenario", "")
    name = scenario or (own.get("name") or listed(list(own), most=NAMED) if isinstance(own, Mapping) else own)
    about = [f"scenario {name}" if name else "", f"reading {made['reading']}" if made.get("reading") else ""]
    about.append(f"seed {made['seed']}" if "seed" in made else "")
    rules = [each["rule"].split(".", 3)[-1] for each in made.get("model", {}).get("replaced", ())]
    about.append(f"{' and '.join(rules)} replaced" if rules else "")
    return f"{', '.join(['cxsim', *filter(None, about)])}."


def first_look(made: Mapping[str, Any]) -> str:
    """Say that so few replications are a first look, from which nothing is concluded; nothing where there are enough.

    >>> first_look({"finished": 3, "years": 1.0})
    'First look, no conclusion: 3 replications of 1 year'
    """
    count = made.get("finished", ENOUGH)
    if count >= ENOUGH:
        return ""
    own = made.get("scenario", {})
    years = made.get("years", own.get("years") if isinstance(own, Mapping) else None)
    length = f" of {counted(years, 'year')}" if years else ""
    return f"First look, no conclusion: {counted(count, 'replication')}{length}"


def as_told(drawn: Mapping[str, Figure], made: Mapping[str, Any]) -> dict[str, Figure]:
    """Return figures with the titles that so many replications allow: a first look draws no conclusion."""
    from sim.charts import entitle

    title = first_look(made)
    return {name: entitle(figure, title) if title else figure for name, figure in drawn.items()}


def picture(result: Result) -> str:
    """Return the main chart of a result as inline SVG, described by its headline; nothing where there is none."""
    figures = result.figures()
    if not figures:
        return ""
    from sim.charts import svg

    return svg(next(iter(figures.values())), description=result.headline)


def table(frame: pd.DataFrame, rows: int = 30) -> str:
    """Return a frame as HTML, the first ``rows`` of it, with the units and definitions that its ``attrs`` hold."""
    shown = frame.head(rows).to_html(index=False, float_format="%.4g", na_rep="–", border=0)
    more = f"<p><small>{len(frame) - rows:,} more rows.</small></p>" if len(frame) > rows else ""
    about = {**frame.attrs.get("units", {})}
    told = "; ".join(f"{html.escape(str(name))}: {html.escape(str(unit))}" for name, unit in about.items())
    return shown + more + (f"<p><small>Units: {told}.</small></p>" if told else "")


def digest(frame: pd.DataFrame) -> str:
    """Return the sha256 of a frame's columns and values, as they are before and after saving.

    >>> import pandas as pd
    >>> digest(pd.DataFrame({"a": [1.0]})) == digest(pd.DataFrame({"a": [2.0]}))
    False
    """
    found = hashlib.sha256()
    frame = frame if _is_counted(frame) else frame.reset_index()
    for column in frame.columns:
        values = frame[column]
        found.update(f"{column}\n".encode())
        if values.dtype.kind == "f":
            found.update(values.to_numpy(dtype="<f8", na_value=float("nan")).tobytes())
        else:
            missing = values.isna().tolist()
            found.update(repr([None if gone else str(one) for one, gone in zip(values, missing, strict=True)]).encode())
    return found.hexdigest()


def _is_counted(frame: pd.DataFrame) -> bool:
    """Whether the index only counts the rows."""
    import pandas as pd

    return frame.index.equals(pd.RangeIndex(len(frame)))


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """Read a manifest that `Result.save` wrote.

    Raises
    ------
    FileNotFoundError, ResultError : as `Result.load`.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.parent} holds no saved result of {kind}: {path.name} is missing")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultError(f"{path} is damaged: {error}; take a fresh copy of the folder") from error
    if not isinstance(manifest, dict) or manifest.get(KIND) != kind or manifest.get(LAYOUT) != FORMAT:
        raise ResultError(
            f"{path} was saved by a cxsim with another layout; load it with that version, or run the study again"
        )
    return manifest


def described(frame: pd.DataFrame, units: Mapping[str, str], definitions: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame whose ``attrs`` say the unit and the definition of its columns, or of its measures."""
    told = frame.copy(deep=False)
    told.attrs = {"units": dict(units), "definitions": dict(definitions)}
    return told


def _read_table(path: Path, known: str) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; take a fresh copy of the folder")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        raise ResultError(f"{path} is damaged: {error}; take a fresh copy of the folder") from error
    if digest(table) != known:
        raise ResultError(f"{path} is not what was saved; take a fresh copy of the folder")
    return table


def _written(path: Path) -> set[str]:
    """Names of the files that an earlier result of this kind wrote, its charts among them; none where there is none."""
    try:
        return set(json.loads(path.read_text(encoding="utf-8"))[FILES])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _csv(frame: pd.DataFrame) -> str:
    return csv_of(frame, index=not _is_counted(frame))


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    """Turn a NumPy value into one that JSON knows."""
    import numpy as np

    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} of type {type(value).__name__} is no plain data")


def _parquet(frame: pd.DataFrame) -> bytes:
    held = BytesIO()
    frame.to_parquet(held)
    return held.getvalue()
