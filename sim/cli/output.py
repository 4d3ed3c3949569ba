"""What every study of the command ends with: its result saved with charts, and an exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sim.cli import tables
from sim.cli.codes import STOPPED

if TYPE_CHECKING:
    from sim.charts import Figure
    from sim.cli.options import Saving


class Savable(Protocol):
    """A result."""

    def save(self, folder: str | Path, overwrite: bool = False) -> object:
        """Write it into a folder."""


def keep(
    found: Savable, saving: Saving, figures: Callable[[Any], Mapping[str, Figure]], *, beside: str | None = None
) -> None:
    """Save a result and its charts, where a folder was given, and say where.

    Parameters
    ----------
    figures : draws the charts of the result.
    beside : folder of the charts within that of the result; "charts" unless given.
    """
    from sim.outcomes.results import CHARTS

    if saving.out is None:
        return
    found.save(saving.out, saving.overwrite)
    if saving.charts:
        _draw(found, saving.out, saving.out / (CHARTS if beside is None else beside), figures)
    tables.remark(f"saved in {saving.out}")


def _draw(found: Savable, out: Path, charts: Path, figures: Callable[[Any], Mapping[str, Figure]]) -> None:
    from sim.charts import save_all

    try:
        save_all(figures(found), charts)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; the result is saved in {out}, but not all of its charts.") from None


def warn(sentences: Iterable[str]) -> None:
    """Print each sentence once, beside the result."""
    for sentence in dict.fromkeys(sentences):
        tables.remark(sentence)


def finished(manifest: Mapping[str, Any]) -> int:
    """Return the exit status of a study: whether everything that was planned was run."""
    return STOPPED if manifest["finished"] < manifest["planned"] else 0
