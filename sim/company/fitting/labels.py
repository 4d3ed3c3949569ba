"""What estimates are called in tables: labels.toml, loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def labels() -> Mapping[str, str]:
    """Return every label by the name of its estimate."""
    return dict(tomllib.loads((files("sim.company.fitting") / "labels.toml").read_text("utf-8")))


def called(name: str) -> str | None:
    """Return what an estimate is called, or None for one that tables leave to the files.

    >>> called("abandonment"), called("handling_sigma_by_type")
    ('Abandonment', None)
    """
    return labels().get(name)
