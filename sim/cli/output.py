"""What every study of the command ends with: its result saved with charts, and an exit status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sim.cli import arguments, tables
from sim.cli.codes import STOPPED

if TYPE_CHECKING:
    from sim.cli.options import Saving
    from sim.outcomes.result import Result


def check(kind: type[Result], saving: Saving) -> None:
    """Say before a long run that its result could not be saved, and what to add to the command.

    Raises
    ------
    FileExistsError, OSError : as `Result.check_folder`.
    """
    arguments.check_folder(saving.out, saving.overwrite, kind.check_folder)


def keep(found: Result, saving: Saving) -> None:
    """Save a result, with its charts unless they are not wanted, where a folder was given; and say where."""
    if saving.out is None:
        return
    try:
        found.save(saving.out, saving.overwrite, charts=saving.charts)
    except KeyboardInterrupt:
        found.save(saving.out, saving.overwrite)
        raise KeyboardInterrupt(
            f"stopped; the result is saved in {saving.out}, without its charts: cxsim plot {saving.out} draws them."
        ) from None
    tables.remark(f"saved in {saving.out}")


def warn(sentences: Iterable[str]) -> None:
    """Print each sentence once, beside the result."""
    for sentence in dict.fromkeys(sentences):
        tables.remark(sentence)


def finished(manifest: Mapping[str, Any]) -> int:
    """Return the exit status of a study: whether everything that was planned was run."""
    return STOPPED if manifest["finished"] < manifest["planned"] else 0
