"""``import cxsim``: this package for those who have another ``sim`` in their way.

It is installed as the module ``cxsim`` beside the package, and finds the package by its files, not by who comes first
on the path: ``cxsim.compare`` is ``sim.compare``, and ``python -m cxsim`` is the command. The modules of the package
keep their names: after ``import cxsim``, ``import sim.outcomes.results`` is ours.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import *  # noqa: F403

MARK = Path("cli", "diff_engines.py")
"""A file that only our ``sim`` has."""


def _is_ours(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _home() -> Path:
    """Return the folder that our package lies in: that of this file, or another one on the path."""
    here = Path(__file__).resolve().parent
    places = [here, here.parent, *(Path(place or ".").resolve() for place in sys.path)]
    for place in places:
        if _is_ours(place / "sim"):
            return place
    raise ImportError(f"cxsim: there is no package sim in {here} or on the path; install cxsim again.")


def _package() -> ModuleType:
    """Return our package ``sim``, imported if need be.

    Raises
    ------
    ImportError : another ``sim`` was imported before: one program has one module of a name.
    """
    found = sys.modules.get("sim")
    if found is None:
        return _imported(_home())
    where = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", [])), "")
    if not _is_ours(Path(where).parent) and not _is_ours(Path(where)):
        raise ImportError(
            f"cxsim: this program has already imported another module named sim ({where}), and Python keeps one module "
            "of a name; rename yours, or use cxsim in a program of its own."
        )
    return found


def _imported(home: Path) -> ModuleType:
    """Import ``sim`` from a folder, which goes first on the path where another ``sim`` would come first.

    Worker processes take over the path, and have to find the same package.
    """
    spec = importlib.util.find_spec("sim")
    if spec is None or spec.origin is None or not _is_ours(Path(spec.origin).parent):
        sys.path.insert(0, str(home))
        importlib.invalidate_caches()
    return importlib.import_module("sim")


_sim = _package()
__all__ = _sim.__all__
__version__ = _sim.__version__


def __getattr__(name: str) -> Any:
    return getattr(_sim, name)


def __dir__() -> list[str]:
    return dir(_sim)


def main() -> None:
    """Run the command."""
    from sim.cli import main as command

    command()


if __name__ == "__main__":
    main()
