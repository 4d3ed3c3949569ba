"""Writing a result's files: first whether it can be done, then all of them or none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import finding_room

if TYPE_CHECKING:
    import pandas as pd


FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would take for a formula."""


def csv_of(frame: pd.DataFrame, *, index: bool = False, header: bool = True) -> str:
    r"""Return a frame as CSV; a text that a spreadsheet would take for a formula has an apostrophe before it.

    >>> import pandas as pd
    >>> csv_of(pd.DataFrame({"policy": ["=1+1", "training"], "mean": [-1.5, 2.0]}))
    "policy,mean\n'=1+1,-1.5\ntraining,2.0\n"
    """
    texts = {name: frame[name].map(_as_text) for name in frame if frame[name].dtype.kind not in "biufcmM"}
    return str(frame.assign(**texts).to_csv(index=index, header=header, lineterminator="\n"))


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_writable(folder: Path, place: Path) -> Path:
    """Check that files can be written in ``place``, which may be still to be made; return ``folder``, meant by errors.

    Raises
    ------
    OSError : when they cannot.
    """
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return folder
    except OSError as error:
        raise OSError(f"{folder} cannot be written ({error.strerror}); choose another folder") from error


def check_files(folder: str | Path, names: Sequence[str], overwrite: bool = False) -> Path:
    """Check that files can be written into ``folder`` beside others, before they are made; leave nothing behind.

    Raises
    ------
    FileExistsError : when one of them is there, unless ``overwrite`` is true, or the folder is a file.
    OSError : when the folder cannot be made or written to.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; choose another folder")
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise FileExistsError(
            f"{folder} already holds {', '.join(there)}; choose another folder or save with overwrite=True"
        )
    return check_writable(folder, folder.absolute())


def write_together(folder: str | Path, texts: Mapping[str, str | bytes], overwrite: bool = False) -> Path:
    """Write texts into ``folder``, made if need be, under the names that are their keys; other files stay.

    A name may have a folder before it. All are written as drafts first and renamed when all are complete: what fails
    before leaves the old files as they were.

    Raises
    ------
    FileExistsError, OSError : as `check_files`, or when writing fails.
    """
    folder = check_files(folder, list(texts), overwrite)
    places = {name: folder / name for name in texts}
    drafts = {name: place.with_name(f".{place.name}.partial") for name, place in places.items()}
    made = [place for place in _folders(places.values()) if not place.exists()]
    done = False
    contents = {name: text if isinstance(text, bytes) else text.encode() for name, text in texts.items()}
    try:
        with finding_room(folder, sum(map(len, contents.values()))):
            for place in made:
                place.mkdir(parents=True, exist_ok=True)
            for name, draft in drafts.items():
                draft.write_bytes(contents[name])
            for name, draft in drafts.items():
                draft.replace(places[name])
        done = True
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        for place in [] if done else reversed(made):
            with suppress(OSError):  # somebody else has put something there
                place.rmdir()
    return folder


def _folders(places: Iterable[Path]) -> list[Path]:
    """Folders that files lie in, and those above them, the outer ones first."""
    return sorted({parent for place in places for parent in place.parents}, key=lambda parent: len(parent.parts))
