"""Loading a saved result whose kind its folder tells."""

from __future__ import annotations

import json
from pathlib import Path

from sim.outcomes.coding import class_of
from sim.outcomes.result import CLASS, KIND, Result, ResultError
from sim.outcomes.results import MANIFEST, Study


def load(folder: str | Path, kind: str | None = None) -> Result:
    """Load a saved result of any kind.

    Parameters
    ----------
    folder : where a result was saved.
    kind : "study", "choose", "explain" and so on; necessary only where a folder holds several results. Where one is a
        study and the others are about it, the study is loaded.

    Returns
    -------
    Study, Choice, Explanation, Fit or whatever was saved; equal to it.

    Raises
    ------
    FileNotFoundError : when the folder holds no result, or none of this kind.
    ResultError : when it holds several and none is a study, when a file is damaged, or when it was saved by a version
        that could not load results.

    Examples
    --------
    >>> import sim, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> line = sim.queue(agents=2, calls_per_hour=10, handling="exponential mean 6 min", replications=2)
    >>> sim.load(line.save(folder)) == line
    True
    """
    folder = Path(folder)
    known = kinds(folder)
    if kind is None:
        kind = _only(folder, known)
    if kind not in known:
        told = f"it holds {', '.join(known)}" if known else _absent(folder)
        raise FileNotFoundError(f"{folder} holds no saved result of {kind}; {told}.")
    if known[kind] is None:
        raise ResultError(
            f"{folder / f'{kind}.json'} was saved by a cxsim that could not load it again; its tables are still "
            "readable, and a new run can be loaded."
        )
    return known[kind].load(folder)  # type: ignore[union-attr]


def kinds(folder: Path) -> dict[str, type[Result] | None]:
    """Return the kinds of results in a folder with their classes, the study first; None for those of old versions."""
    found: dict[str, type[Result] | None] = {"study": Study} if (folder / MANIFEST).is_file() else {}
    for path in sorted(folder.glob("*.json")):
        kind, name = _said(path)
        if kind:
            found[kind] = _class(name) if name else None
    return found


def _said(path: Path) -> tuple[str, str]:
    """Return the kind and the class that a manifest names; empty where it is none of ours."""
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "", ""
    if not isinstance(made, dict) or path.name == MANIFEST:
        return "", ""
    if made.get(KIND) == path.stem and isinstance(made.get(CLASS), str):
        return path.stem, made[CLASS]
    return (path.stem if "cxsim" in made and "versions" in made else ""), ""


def _class(name: str) -> type[Result]:
    found = class_of(name)
    if not issubclass(found, Result):
        raise ResultError(f"{name} is no result of cxsim; take a fresh copy of the folder")
    return found


def _only(folder: Path, known: dict[str, type[Result] | None]) -> str:
    """Return which result is meant where none is named."""
    if not known:
        raise FileNotFoundError(f"{folder} holds no saved result; {_absent(folder)}.")
    if len(known) > 1 and "study" not in known:
        raise ResultError(
            f'{folder} holds several results; say which: kind="{next(iter(known))}" ({", ".join(known)}).'
        )
    return next(iter(known))


def _absent(folder: Path) -> str:
    return "give the folder that a result was saved in" if folder.is_dir() else "there is no such folder"
