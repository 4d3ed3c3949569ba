"""Writing a result's files: first whether it can be done, then all of them or none."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path


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

    All are written as drafts first and renamed when all are complete: what fails before leaves the old files as they
    were.

    Raises
    ------
    FileExistsError, OSError : as `check_files`, or when writing fails.
    """
    folder = check_files(folder, list(texts), overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.partial" for name in texts}
    try:
        for name, draft in drafts.items():
            text = texts[name]
            draft.write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    return folder
