"""What was found: in a frame, in words, and in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.saved import check_files, write_together
from sim.studies.sensitivity import words
from sim.studies.sensitivity.design import Design

TABLE, TURNS, VALUES, MANIFEST = "sensitivity.csv", "turns.csv", "values.csv", "sensitivity.json"
FILES = (TABLE, TURNS, VALUES, MANIFEST)
TOP = 15
"""Parameters that a chart shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Which parameters decide a measure, or what a policy changes of it.

    Parameters
    ----------
    frame : a row a bar, a parameter or an index; the columns are those of `Tornado.analyse`, `Morris.analyse` or
        `Sobol.analyse`, in the unit of the measure (indices of Sobol: shares of its variance).
    turns : where the sign of what is explained turns, see `Tornado.turns`; empty for other methods.
    values : what was explained at every point (row) in every replication (column).
    design : the points.
    manifest : scenario, policy, seed, versions, ranges, number of runs and so on, as plain data.
    """

    frame: pd.DataFrame
    turns: pd.DataFrame
    values: pd.DataFrame
    design: Design
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        about, policy = self.manifest, self.manifest["policy"]
        of = about["measure"] if policy is None else f"{policy!r} on {about['measure']}"
        return f"Sensitivity({about['method']} of {of}, {len(self.design.found)} parameters, {about['runs']} runs)"

    @property
    def infeasible(self) -> pd.DataFrame:
        """Points that cannot be: columns point, parameters (that contradict each other there) and why."""
        rows = [(one.point, ", ".join(one.parameters), one.why) for one in self.design.infeasible]
        return pd.DataFrame(rows, columns=["point", "parameters", "why"])

    @property
    def about(self) -> Measure:
        """The measure."""
        return CATALOGUE[self.manifest["measure"]]

    def text(self) -> str:
        """Say in plain words what decides, how sure that is, and what it rests on."""
        return words.text(self)

    def title(self) -> str:
        """Say what decides most, in one sentence."""
        return words.title(self)

    def top(self, count: int = TOP) -> pd.DataFrame:
        """Return the rows of the parameters that matter most."""
        return self.frame[self.frame["rank"] <= count]

    def points(self) -> pd.DataFrame:
        """Return the points: values of the parameters, then the mean of what is explained."""
        return self.design.settings.assign(mean=self.values.mean(axis=1))

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the result into a folder, made if need be; return its path.

        sensitivity.csv is the frame, turns.csv the turns of a tornado, values.csv the points and their values,
        sensitivity.json how it was made.

        Raises
        ------
        FileExistsError : when there is such a result already, unless ``overwrite`` is true.
        """
        check_folder(folder, overwrite)
        folder = write_together(folder, self._files(), overwrite)
        if TURNS not in self._files():
            (folder / TURNS).unlink(missing_ok=True)  # it told of the figures that were replaced
        return folder

    def _files(self) -> dict[str, str]:
        values = self.design.settings.join(self.values.add_prefix("replication "))
        frames = {TABLE: self.frame, VALUES: values.rename_axis("point").reset_index()}
        if len(self.turns.columns):
            frames[TURNS] = self.turns
        files = {name: frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
        return files | {MANIFEST: json.dumps(dict(self.manifest), indent=1, ensure_ascii=False, default=float) + "\n"}


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that a result can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Sensitivity.save`.
    """
    return check_files(folder, FILES, overwrite)
