"""The EMA Workbench, which is installed only by who wants it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sim.studies.futures.error import FuturesError

LIBRARY = "ema_workbench"
INSTALL = "pip install 'cxsim[futures]'"


def installed() -> bool:
    """Whether the EMA Workbench is."""
    return find_spec(LIBRARY) is not None


@contextmanager
def quietly() -> Iterator[None]:
    """Keep from the caller what the workbench's own use of its libraries brings warnings about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def workbench(module: str = "") -> Any:
    """Return the EMA Workbench, or a module of it such as "analysis.prim".

    What it says while it is imported is about extras of its own, and is not passed on.

    Raises
    ------
    FuturesError : it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(f"{LIBRARY}.{module}" if module else LIBRARY)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != LIBRARY:
            raise
        raise FuturesError(f"scenario discovery needs the EMA Workbench; install it with: {INSTALL}") from error
