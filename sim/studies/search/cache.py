"""Figures that are known already, in memory or in a file, so that nothing is run twice and a search can go on.

The file is an Optuna study in SQLite: one of its trials for each time a point was run, with the figures of the point
and of the baseline. A search that goes on makes all its steps again and finds its figures there, so what comes out
does not depend on whether and where it was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import FullDiskError, is_full, no_room
from sim.studies.levers import Point, Space
from sim.studies.search.pairs import Pairs
from sim.studies.search.sampler import distributions, quiet
from sim.studies.search.source import BASELINE, Source
from sim.studies.search.terms import SearchError, Terms

if TYPE_CHECKING:
    import optuna

STUDY = "cxsim search"
ABOUT = "asked"
Row = NDArray[np.float64]
Key = tuple[int, tuple[tuple[str, float], ...] | None]
"""Seed, and the point (None for the baseline)."""


class StoppedError(Exception):
    """The user stopped it; what was finished is held."""


class UndefinedError(SearchError):
    """A figure that is undefined, and so cannot be searched by."""


class Cache:
    """Figures by seed, point and replication, from a source and from what is known already.

    Parameters
    ----------
    source : of what is not known.
    file : where figures are kept too; None for this process only.
    """

    def __init__(self, source: Source, file: StudyFile | None = None) -> None:
        self.source, self._file = source, file
        self._rows: dict[Key, dict[int, Row]] = {}
        self.recalled = 0
        for key, number, row in file.rows() if file else ():
            self._rows.setdefault(key, {})[number] = row
            self.recalled += key[1] is not None

    def pairs(self, points: Sequence[Point], replications: range, seed: int) -> list[Pairs]:
        """Return points beside the baseline, in the order given.

        Raises
        ------
        StoppedError : the user stopped it before all were there.
        UndefinedError : a figure is undefined.
        """
        for wanted, group in self._missing([None, *points], replications, seed).items():
            self._fetch(group, wanted, seed)
        base = self._table(None, replications, seed)
        found = [Pairs(self.source.measures, self._table(one, replications, seed), base) for one in points]
        _refuse_undefined(found, points)
        return found

    def _missing(
        self, points: Sequence[Point | None], replications: range, seed: int
    ) -> dict[range, dict[Key, Point | None]]:
        """Group what is not known by the replications that are missing."""
        groups: dict[range, dict[Key, Point | None]] = {}
        for point in points:
            known = self._rows.get(_key(point, seed), {})
            first = next((number for number in replications if number not in known), None)
            if first is not None:
                groups.setdefault(range(first, replications.stop), {})[_key(point, seed)] = point
        return groups

    def _fetch(self, group: Mapping[Key, Point | None], wanted: range, seed: int) -> None:
        """Have the source find what is missing, and keep it; nothing more once the user has stopped it."""
        if self.source.stopped:
            raise StoppedError
        names = {
            BASELINE if point is None else f"point {place}": key for place, (key, point) in enumerate(group.items())
        }
        found = self.source.figures({name: group[key] for name, key in names.items()}, wanted, seed)
        done = min(len(rows) for rows in found.values())
        for name, key in names.items():
            self._rows.setdefault(key, {}).update(zip(wanted[:done], found[name], strict=False))
        if self._file is not None and done:
            for name, key in names.items():
                self._file.add(group[key], seed, wanted.start, found[name][:done], self._base(wanted[:done], seed))
        if done < len(wanted):
            raise StoppedError

    def _base(self, replications: range, seed: int) -> NDArray[np.float64] | None:
        """Return the baseline of the same replications, where it is known."""
        known = self._rows.get(_key(None, seed), {})
        return np.array([known[n] for n in replications]) if all(n in known for n in replications) else None

    def _table(self, point: Point | None, replications: range, seed: int) -> NDArray[np.float64]:
        known = self._rows[_key(point, seed)]
        return np.array([known[number] for number in replications])


class StudyFile:
    """A study file of Optuna, in which figures of one search are kept.

    Parameters
    ----------
    path : of the file, made if need be.
    space, terms, about : what the search is; a file of another search is refused.

    Raises
    ------
    SearchError : it cannot be read or written, or holds another search.
    """

    def __init__(self, path: Path, space: Space, terms: Terms, about: Mapping[str, Any]) -> None:
        self.path, self._space, self._terms = path, space, terms
        self._study, self._storage = _opened(path, len(terms.goals))
        _refuse_other(self._study, path, about)

    def rows(self) -> list[tuple[Key, int, Row]]:
        """Return everything that is kept."""
        found = []
        for trial in self._study.get_trials(deepcopy=False):
            kept = trial.user_attrs
            point = trial.params or None
            for place, row in enumerate(kept["figures"]):
                found.append((_key(point, kept["seed"]), kept["first"] + place, np.array(row, dtype=float)))
        return found

    def add(
        self, point: Point | None, seed: int, first: int, rows: NDArray[np.float64], base: NDArray[np.float64] | None
    ) -> None:
        """Keep figures of a point, in one piece or not at all."""
        from optuna.trial import create_trial

        gains = [0.0] * len(self._terms.goals)
        if point is not None and base is not None:
            pairs = Pairs(self._terms.measures, rows, base)
            gains = [float(value) for value in np.nan_to_num(self._terms.gains(pairs).mean(axis=1))]
        kept = {"seed": seed, "first": first, "figures": rows.tolist()}
        with quiet():
            self._study.add_trial(
                create_trial(
                    params=dict(point or {}),
                    distributions=distributions(self._space) if point else {},
                    values=gains,
                    user_attrs=kept,
                )
            )

    def close(self) -> None:
        """Let go of the file."""
        self._storage.remove_session()
        self._storage.engine.dispose()


def _key(point: Point | None, seed: int) -> Key:
    return seed, None if point is None else tuple(sorted(point.items()))


def _opened(path: Path, goals: int) -> tuple[optuna.Study, optuna.storages.RDBStorage]:
    import optuna
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    if path.is_dir():
        raise SearchError(f"study = {str(path)!r} is a folder; give the path of a file in it.")
    new = not path.exists()
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with quiet():
            storage = optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"poolclass": NullPool})
            study = optuna.create_study(
                storage=storage, study_name=STUDY, directions=["maximize"] * goals, load_if_exists=True
            )
            return study, storage
    except (SQLAlchemyError, OSError, RuntimeError) as error:
        if is_full(error):
            if new:
                path.unlink(missing_ok=True)  # it holds nothing yet
            raise FullDiskError(no_room(path)) from error
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise SearchError(f"study = {str(path)!r} cannot be used ({why}); give another path.") from error


def _refuse_other(study: optuna.Study, path: Path, about: Mapping[str, Any]) -> None:
    """Refuse a file of another search; a new one is told what it is of."""
    now = json.loads(json.dumps(about, default=str))
    cache = study.user_attrs.get(ABOUT)
    if cache is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(ABOUT, now)
        return
    differing = [name for name in now if (cache or {}).get(name) != now[name]]
    if differing:
        raise SearchError(
            f"study = {str(path)!r} is of another search: it differs in {', '.join(differing)}; give another path, or "
            "ask the same as before."
        )


def _refuse_undefined(found: Sequence[Pairs], points: Sequence[Point]) -> None:
    for pairs, point in zip(found, points, strict=True):
        for values in (pairs.policy, pairs.baseline):
            undefined = np.argwhere(np.isnan(values))
            if undefined.size:
                raise UndefinedError(
                    f"{pairs.measures[undefined[0][1]]} is undefined in replication {undefined[0][0]} at "
                    f"{dict(point)} (retention, for one, needs a whole year); run longer, or search by another measure."
                )
