"""Where a result comes from: what every manifest says of the program, the machine and the model that made it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

from sim.engines import replacement

LIBRARIES = ("numpy", "scipy", "statsmodels", "pandas", "pyarrow", "simpy", "numba")
"""Libraries whose version can change a number, as recorded in a manifest."""


def made_here(created: datetime | None = None) -> dict[str, Any]:
    """Return the beginning of the manifest of a result made here and now: cxsim, versions, platform, model, created.

    Parameters
    ----------
    created : time of the result, now unless given.

    Examples
    --------
    >>> list(made_here())
    ['cxsim', 'versions', 'platform', 'model', 'created']
    """
    versions = software()
    return {
        "cxsim": versions.pop("cxsim"),
        "versions": versions,
        "platform": platform.platform(),
        "model": replacement.about(),
        "created": (created or datetime.now(UTC)).isoformat(timespec="seconds"),
    }


def software() -> dict[str, str]:
    """Return the versions of cxsim, Python and the libraries that can change a number, by name."""
    names = {"cxsim": _version("cxsim"), "python": platform.python_version()}
    return names | {name: _version(name) for name in LIBRARIES}


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
